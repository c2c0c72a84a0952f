"""
Getting what tasks have put out, a piece at a time.
"""
from __future__ import annotations

from base64 import b64decode
from binascii import Error as NoBase64
from typing import Any

from txkoji.client import HubClient
from txkoji.exceptions import AnswerError, DownloadError
from txkoji.files.destinations import Destination, save
from txkoji.files.listings import read_listing
from txkoji.files.paths import DEFAULT
from txkoji.hub.deferreds import in_thread, shield
from txkoji.progress import ByteListener

#: Bytes of a piece.
PIECE = 2**20


class Download:
    """
    A file of a task on its way; see `Connection.download_task_output`.

    :param client: asks the hub.
    """

    def __init__(self, client: HubClient, task_id: int, name: str, *,
                 offset: int, volume: str | None,
                 progress: ByteListener) -> None:
        self._client = client
        self._task_id = task_id
        self._name = name
        self._start = self._offset = offset
        self._volume = {} if volume is None else {'volume': volume}
        self._progress = progress

    async def run(self, destination: Destination) -> int:
        """
        Get it.

        :returns: how many bytes that was.
        """
        if self._start < 0:
            raise ValueError(f'offset must be at least 0, not {self._start}')
        await save(self._client.reactor, destination, self._get)
        return self._offset - self._start

    async def _get(self, file: Any) -> None:
        total = await self._size()
        if total is not None and self._offset > total:
            raise DownloadError(f'{self._name} of task {self._task_id} has no'
                                f' byte {self._offset}')
        while True:
            data = await read_piece(self._client, self._task_id, self._name,
                                    self._offset, PIECE, **self._volume)
            if not data:
                break
            await shield(in_thread(self._client.reactor,
                                       file.write, data))
            self._offset += len(data)
            self._progress(self._offset - self._start,
                           None if total is None
                           else max(total, self._offset) - self._start)
            if len(data) < PIECE and self._offset >= (total or 0):
                break
        if total is not None and self._offset < total:
            raise DownloadError(f'{self._name} of task {self._task_id} ended'
                                f' after {self._offset} of {total} bytes')

    async def _size(self) -> int | None:
        """How large it is just now, where the hub says so."""
        found = await self._client.listTaskOutput(
            self._task_id, stat=True, all_volumes=True)
        volume = self._volume.get('volume', DEFAULT)
        sizes = [output.size for output in read_listing(found)
                 if (output.name, output.volume) == (self._name, volume)]
        return sizes[0] if sizes else None


async def read_piece(client: HubClient, task_id: int, name: str, offset: int,
                     size: int, **volume: str) -> bytes:
    """
    Get a piece of a file of a task (kojihub/kojihub.py,
    ``downloadTaskOutput``).

    :raises AnswerError: if it is no base64, or too long.
    """
    answer = await client.call('downloadTaskOutput', task_id, name,
                               offset=offset, size=size, **volume)
    try:
        data = answer if isinstance(answer, bytes) else b64decode(
            ''.join(answer.split()), validate=True)
    except (AttributeError, NoBase64, ValueError):
        raise AnswerError(f'downloadTaskOutput: {name} of task {task_id} is'
                          ' not in base64', method='downloadTaskOutput'
                          ) from None
    if len(data) > size:
        raise AnswerError(f'downloadTaskOutput: {len(data)} bytes of {name},'
                          f' where {size} were asked for',
                          method='downloadTaskOutput')
    return data
