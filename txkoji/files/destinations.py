"""Destinations of downloads: open files, and names of files."""
from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from errno import ENOENT
from typing import Any, BinaryIO

from txkoji.hub.deferreds import in_thread, shield

#: The name of a file, or an open file.
Destination = str | os.PathLike[str] | BinaryIO


async def save(reactor: Any, destination: Destination,
               write: Callable[[Any], Awaitable[None]]) -> None:
    """
    Save a download in its destination.

    A file that is given by its name is created, or replaced, when all bytes
    have been written.

    :param write: writes all bytes to an open file, and returns an awaitable.
                  When the awaitable has ended, also by a failure or a
                  cancellation, the file must no longer be used.
    :raises TypeError: if the destination is neither a name nor an open file.
    :raises OSError: if the file cannot be written.
    """
    if not isinstance(destination, (str, os.PathLike)):
        if not hasattr(destination, 'write'):
            raise TypeError('destination must be the name of a file or an open'
                            f' file, not {destination!r}')
        await write(destination)
        return
    partial = _PartialFile(os.fspath(destination))
    try:
        # Open the file first, so that an error comes before any request.
        await shield(in_thread(reactor, partial.open))
        await write(partial.file)
        await shield(in_thread(reactor, partial.commit))
    except Exception:
        await shield(in_thread(reactor, partial.discard))
        raise


class _PartialFile:
    """
    A file with a temporary name, which gets its own name when complete.

    A link stays a link: the file that it points to is replaced. A device or a
    pipe is written directly.

    :param path: the path of the complete file.

    :ivar file: the open file.
    """

    file: Any = None

    def __init__(self, path: str) -> None:
        self._path = os.path.realpath(path)
        self._temporary_path: str | None = None

    def open(self) -> None:
        """
        Open the file for writing.

        :raises OSError: if the file cannot be written, or is a folder.
        """
        if os.path.isdir(self._path):
            raise IsADirectoryError(f'{self._path} is a folder')
        if os.path.exists(self._path) and not os.path.isfile(self._path):
            self.file = open(self._path, 'wb')
            return
        folder = os.path.dirname(self._path)
        if not os.path.isdir(folder):
            raise FileNotFoundError(ENOENT, 'There is no such folder', folder)
        path = os.path.join(folder, f'.{secrets.token_hex(8)}.part')
        self.file = open(path, 'xb')
        self._temporary_path = path

    def commit(self) -> None:
        """Close the file, and give it its own name."""
        self.file.close()
        if self._temporary_path is not None:
            os.replace(self._temporary_path, self._path)
            self._temporary_path = None

    def discard(self) -> None:
        """Close and remove the file."""
        if self.file is not None:
            with suppress(OSError):
                self.file.close()
        if self._temporary_path is not None:
            with suppress(OSError):
                os.unlink(self._temporary_path)
