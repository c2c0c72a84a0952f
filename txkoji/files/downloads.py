"""Downloads of task output, in chunks, by calls of ``downloadTaskOutput``."""
from __future__ import annotations

from base64 import b64decode
from binascii import Error as Base64Error
from typing import Any

from txkoji.client import HubClient
from txkoji.exceptions import AnswerError
from txkoji.files.base_download import BaseDownload
from txkoji.files.listings import read_listing
from txkoji.files.paths import DEFAULT
from txkoji.hub.deferreds import in_thread, shield
from txkoji.progress import ByteListener

#: Bytes of a chunk.
CHUNK_SIZE = 2**20


class Download(BaseDownload):
    """
    A download from a task's output; see `Connection.download_task_output`.

    :param client: the client that calls the hub.
    """

    def __init__(self, client: HubClient, task_id: int, name: str, *,
                 offset: int, volume: str | None,
                 progress: ByteListener) -> None:
        super().__init__(client.reactor, f'{name} of task {task_id}', offset,
                         progress)
        self._client = client
        self._task_id = task_id
        self._file_name = name
        self._volume = {} if volume is None else {'volume': volume}

    async def fetch(self, output: Any) -> None:
        """
        Download the file into an open file.

        :raises DownloadError: if the file ends too early.
        """
        self.total = await self._find_size()
        if self.total is not None and self.offset > self.total:
            raise self.past_end()
        while True:
            data = await read_piece(
                self._client, self._task_id, self._file_name, self.offset,
                CHUNK_SIZE, **self._volume)
            if not data:
                break
            await shield(in_thread(self._client.reactor, output.write, data))
            self.offset += len(data)
            if self.total is not None:
                # The log of a running task grows during the download.
                self.total = max(self.total, self.offset)
            self.report()
            if len(data) < CHUNK_SIZE and self.offset >= (self.total or 0):
                break
        self.check_complete()

    async def _find_size(self) -> int | None:
        """Find the current size of the file; None if it is not listed."""
        listing = await self._client.listTaskOutput(
            self._task_id, stat=True, all_volumes=True)
        volume = self._volume.get('volume', DEFAULT)
        sizes = [output.size for output in read_listing(listing)
                 if (output.name, output.volume) == (self._file_name, volume)]
        return sizes[0] if sizes else None


async def read_piece(client: HubClient, task_id: int, name: str, offset: int,
                     size: int, **volume: str) -> bytes:
    """
    Read a chunk of an output file (kojihub, ``downloadTaskOutput``).

    :param size: the most bytes to read.
    :param volume: ``volume``, the name of the volume, unless it is the default
                   one.
    :raises AnswerError: if the answer is not base64, or is too long.
    """
    answer = await client.call('downloadTaskOutput', task_id, name,
                               offset=offset, size=size, **volume)
    try:
        data = answer if isinstance(answer, bytes) else b64decode(
            ''.join(answer.split()), validate=True)
    except (AttributeError, Base64Error, ValueError):
        raise AnswerError(
            f'downloadTaskOutput: the answer with {name} of task {task_id} is'
            ' not base64', method='downloadTaskOutput') from None
    if len(data) > size:
        raise AnswerError(
            f'downloadTaskOutput: the hub sent {len(data)} bytes of {name};'
            f' {size} bytes were requested', method='downloadTaskOutput')
    return data
