"""
Getting what tasks have put out, a piece at a time.
"""
from __future__ import annotations

import os
import tempfile
from base64 import b64decode
from binascii import Error as NoBase64
from contextlib import suppress
from typing import (TYPE_CHECKING, Any, Awaitable, BinaryIO, Callable,
                    List, NamedTuple, Optional, Union)

from txkoji.exceptions import AnswerError, DownloadError
from txkoji.hub.threads import in_thread
from txkoji.paths import DEFAULT

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: Where it goes: the name of a file, or one that is open.
Destination = Union[str, 'os.PathLike[str]', BinaryIO]

#: Told how many bytes there are, and of how many, or None.
Listener = Callable[[int, Optional[int]], Any]

#: Bytes of a piece.
PIECE = 2**20


class Output(NamedTuple):
    """
    A file of a task, as ``listTaskOutput`` gives it.

    :ivar name: with the folders that it is in.
    :ivar volume: the volume that it is on.
    :ivar size: in bytes, just then.
    """

    name: str
    volume: str
    size: int


def read_listing(answer: Any) -> List[Output]:
    """
    Read what ``listTaskOutput`` gives with ``stat`` and ``all_volumes``;
    what makes no sense is left out.
    """
    outputs = []
    if isinstance(answer, dict):
        for name, volumes in answer.items():
            if not isinstance(volumes, dict):
                continue
            for volume, stat in volumes.items():
                size = stat.get('st_size') if isinstance(stat, dict) else None
                # It is a text, since it may be too large for XML-RPC.
                text = str(size)
                if text.isascii() and text.isdigit() and len(text) < 20:
                    outputs.append(Output(name, volume, int(text)))
    return outputs


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
        await save(self._koji._transport.reactor, destination, self._get)
        return self._offset - self._start

    async def _get(self, file: Any) -> None:
        total = await self._size()
        while True:
            data = await read_piece(self._koji, self._task_id, self._name,
                                    self._offset, PIECE, **self._volume)
            if not data:
                break
            await in_thread(self._koji._transport.reactor, file.write, data)
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
        volume = self._volume.get('volume', DEFAULT)
        sizes = [output.size for output in read_listing(found)
                 if (output.name, output.volume) == (self._name, volume)]
        return sizes[0] if sizes else None


async def save(reactor: Any, destination: Destination,
               get: Callable[[Any], Awaitable[None]]) -> None:
    """
    Get a file to where it is wanted; under the name of a file only when all
    of it is there.

    :param get: writes it to an open file.
    """
    if not isinstance(destination, (str, os.PathLike)):
        await get(destination)
        return
    path = os.path.abspath(destination)
    # Complain before anything is asked for.
    file = await in_thread(reactor, _open, path)
    try:
        with file:
            await get(file)
            await in_thread(reactor, file.flush)
        await in_thread(reactor, os.replace, file.name, path)
    except BaseException:
        with suppress(OSError):
            os.unlink(file.name)
        raise


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
