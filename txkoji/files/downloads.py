"""
Getting what tasks have put out, a piece at a time.
"""
from __future__ import annotations

import os
import secrets
from base64 import b64decode
from binascii import Error as NoBase64
from collections.abc import Awaitable, Callable
from contextlib import suppress
from errno import ENOENT
from typing import TYPE_CHECKING, Any, BinaryIO, NamedTuple

from txkoji.exceptions import AnswerError, DownloadError
from txkoji.files.paths import DEFAULT
from txkoji.hub.deferreds import in_thread, shield
from txkoji.progress import ByteListener

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: Where it goes: the name of a file, or one that is open.
Destination = str | os.PathLike[str] | BinaryIO

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


def read_listing(answer: Any) -> list[Output]:
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
                 offset: int, volume: str | None,
                 progress: ByteListener) -> None:
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
        if self._start < 0:
            raise ValueError(f'offset must be at least 0, not {self._start}')
        await save(self._koji._transport.reactor, destination, self._get)
        return self._offset - self._start

    async def _get(self, file: Any) -> None:
        total = await self._size()
        if total is not None and self._offset > total:
            raise DownloadError(f'{self._name} of task {self._task_id} has no'
                                f' byte {self._offset}')
        while True:
            data = await read_piece(self._koji, self._task_id, self._name,
                                    self._offset, PIECE, **self._volume)
            if not data:
                break
            await shield(in_thread(self._koji._transport.reactor,
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
        found = await self._koji.listTaskOutput(
            self._task_id, stat=True, all_volumes=True)
        volume = self._volume.get('volume', DEFAULT)
        sizes = [output.size for output in read_listing(found)
                 if (output.name, output.volume) == (self._name, volume)]
        return sizes[0] if sizes else None


async def save(reactor: Any, destination: Destination,
               get: Callable[[Any], Awaitable[None]]) -> None:
    """
    Get a file to where it is wanted; under the name of a file only when all
    of it is there.

    :param get: writes it to an open file, and has ended with that when it
                fails, also when it is cancelled.
    """
    if not isinstance(destination, (str, os.PathLike)):
        if not hasattr(destination, 'write'):
            raise TypeError('the destination has to be the name of a file, or'
                            f' an open one, not {destination!r}')
        await get(destination)
        return
    part = _Part(os.fspath(destination))
    try:
        # Complain before anything is asked for.
        await shield(in_thread(reactor, part.open))
        await get(part.file)
        await shield(in_thread(reactor, part.finish))
    except Exception:
        await shield(in_thread(reactor, part.drop))
        raise


class _Part:
    """
    A file that has another name while it is not whole. What there is of its
    name is kept where that is a link, a device or a pipe.

    :param path: the name.

    :ivar file: it, open.
    """

    file: Any = None

    def __init__(self, path: str) -> None:
        self._path = os.path.realpath(path)
        self._name: str | None = None

    def open(self) -> None:
        """
        Open it.

        :raises OSError: if it cannot be written, or is a folder.
        """
        if os.path.isdir(self._path):
            raise IsADirectoryError(f'{self._path} is a folder')
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            self.file = open(self._path, 'wb')
            return
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(ENOENT, 'There is no such folder', folder)
        name = os.path.join(folder, f'.{secrets.token_hex(8)}.part')
        self.file = open(name, 'xb')
        self._name = name

    def finish(self) -> None:
        """It is whole: give it its name."""
        self.file.close()
        if self._name is not None:
            os.replace(self._name, self._path)
            self._name = None

    def drop(self) -> None:
        """It is not to be kept."""
        if self.file is not None:
            with suppress(OSError):
                self.file.close()
        if self._name is not None:
            with suppress(OSError):
                os.unlink(self._name)


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
