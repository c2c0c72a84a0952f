"""
Destinations of downloads: open files, and names of files that exist only when
the whole content has arrived.
"""
from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable
from contextlib import suppress
from errno import ENOENT
from typing import Any, BinaryIO

from txkoji.hub.deferreds import in_thread, shield

#: The name of a file, or an open one.
Destination = str | os.PathLike[str] | BinaryIO


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
