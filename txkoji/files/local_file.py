"""`LocalFile`: a file of this machine that is to be uploaded."""
from __future__ import annotations

import os
from stat import S_ISREG
from typing import Any

from txkoji.exceptions import UploadError


class LocalFile:
    """
    A file of this machine, and its size and times when it was opened.

    :param path: the path of the file.

    :ivar file: the open file.
    :ivar size: bytes of the file when it was opened.
    """

    file: Any = None
    size: int

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path
        self._modified = 0

    def open(self) -> None:
        """
        Open the file.

        :raises OSError: if the file cannot be read, or is a folder.
        :raises UploadError: if the path is a device, a pipe or a socket.
        """
        path = self._path
        if not os.path.isdir(path) and not S_ISREG(os.stat(path).st_mode):
            raise UploadError(f'{os.fspath(path)!r} is not a regular file',
                              uploaded=0)
        self.file = open(path, 'rb')
        stat = os.fstat(self.file.fileno())
        self.size, self._modified = stat.st_size, stat.st_mtime_ns

    def is_changed(self) -> bool:
        """Check whether the file was changed since it was opened."""
        stat = os.fstat(self.file.fileno())
        return (stat.st_size, stat.st_mtime_ns) != (self.size, self._modified)

    def close(self) -> None:
        """Close the file, if it is open."""
        if self.file is not None:
            self.file.close()
