"""
Getting what tasks have put out, a piece at a time.
"""
from __future__ import annotations

import os
import tempfile
from base64 import b64decode
from binascii import Error as NoBase64
from contextlib import suppress
from typing import TYPE_CHECKING, Any, BinaryIO, Callable, Optional, Union

from txkoji.exceptions import AnswerError, DownloadError
from txkoji.hub.threads import in_thread

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: Where it goes: the name of a file, or one that is open.
Destination = Union[str, 'os.PathLike[str]', BinaryIO]

#: Told how many bytes there are, and of how many, or None.
Listener = Callable[[int, Optional[int]], Any]

#: Bytes of a piece.
PIECE = 2**20


class Download:
    """
    A file of a task on its way; see `Connection.download_task_output`.

    :param koji: the Connection.
    """

    def __init__(self, koji: Connection, task_id: int, name: str, *,
                 offset: int, volume: Optional[str],
                 progress: Optional[Listener]) -> None:
        self._koji = koji
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
        if not isinstance(destination, (str, os.PathLike)):
            await self._get(destination)
            return self._offset - self._start
        path = os.path.abspath(destination)
        # Complain before anything is asked for.
        file = await self._in_thread(_open, path)
        try:
            with file:
                await self._get(file)
                await self._in_thread(file.flush)
            await self._in_thread(os.replace, file.name, path)
        except BaseException:
            with suppress(OSError):
                os.unlink(file.name)
            raise
        return self._offset - self._start

    async def _get(self, file: Any) -> None:
        total = await self._size()
        while True:
            data = await read_piece(self._koji, self._task_id, self._name,
                                    self._offset, PIECE, **self._volume)
            if not data:
                break
            await self._in_thread(file.write, data)
            self._offset += len(data)
            if self._progress is not None:
                self._progress(self._offset - self._start,
                               None if total is None
                               else max(total, self._offset) - self._start)
            if len(data) < PIECE and self._offset >= (total or 0):
                break
        if total is not None and self._offset < total:
            raise DownloadError(f'{self._name} of task {self._task_id} ended'
                                f' after {self._offset} of {total} bytes')

    async def _size(self) -> Optional[int]:
        """How large it is just now, where the hub says so."""
        found = await self._koji.listTaskOutput(
            self._task_id, stat=True, all_volumes=True, strict=True)
        volumes = found.get(self._name) if isinstance(found, dict) else None
        if not isinstance(volumes, dict):
            return None
        stat = volumes.get(self._volume.get('volume', 'DEFAULT'))
        size = stat.get('st_size') if isinstance(stat, dict) else None
        # It is a text, since it may be too large for a number in XML-RPC.
        text = str(size)
        return int(text) if text.isdecimal() else None

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return in_thread(self._koji._transport.reactor, function, *args)


async def read_piece(koji: Connection, task_id: int, name: str, offset: int,
                     size: int, **volume: str) -> bytes:
    """
    Get a piece of a file of a task (kojihub/kojihub.py,
    ``downloadTaskOutput``).

    :raises AnswerError: if it is no base64, or too long.
    """
    answer = await koji.downloadTaskOutput(task_id, name, offset=offset,
                                           size=size, **volume)
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


def _open(path: str) -> Any:
    """
    Open a file beside the one that it will be.

    :raises OSError: if that cannot be written, or is a folder.
    """
    if os.path.isdir(path):
        raise IsADirectoryError(f'{path} is a folder')
    folder, name = os.path.split(path)
    return tempfile.NamedTemporaryFile(
        dir=folder, prefix=f'.{name}.', suffix='.part', delete=False)
