"""`NameFiles`: the files of the cache of names."""
from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from twisted.logger import Logger

#: The most characters of a name. Koji's limits are lower.
MAX_NAME = 1024

#: Seconds after which a temporary file is taken for abandoned.
ABANDONED_AGE = 3600


class NameFiles:
    """
    Files with the names of users, tags and other objects, by type and id.

    The path of a file is ``DIRECTORY/PROFILE/TYPE/ID``. All programs of a user
    share the files. Errors of the file system are logged, not raised.

    :param profile: the name of the profile.
    :param directory: DIRECTORY; None for ``$XDG_CACHE_HOME/txkoji``, or
                      ``~/.cache/txkoji`` if that variable is not set.
    :param now: returns the seconds since 1970, as the time of new files.
    """

    _log = Logger()

    def __init__(self, profile: str, directory: str | None,
                 now: Callable[[], float]) -> None:
        self._profile = profile
        self._directory = directory
        self._now = now
        #: Folders whose abandoned files have been removed.
        self._tidied: set[str] = set()

    @property
    def directory(self) -> str:
        """The directory of all profiles."""
        if self._directory is not None:
            return self._directory
        top = os.environ.get('XDG_CACHE_HOME')
        if not top or not os.path.isabs(top):
            top = os.path.expanduser('~/.cache')
        return os.path.join(top, 'txkoji')

    def path(self, type_: str, id_: Any) -> str:
        """Make the path of the file with a name."""
        return self._join(type_, str(id_))

    def _join(self, *names: str) -> str:
        """Make the path of a file or a folder of the profile."""
        return os.path.join(self.directory, *map(
            _quote, (self._profile, *names)))

    def read(self, type_: str, id_: Any) -> tuple[str, float] | None:
        """
        Read the name in a file.

        :returns: the name, and the time of the file in seconds since 1970;
                  None if there is no usable file.
        """
        path = self.path(type_, id_)
        try:
            with open(path, encoding='utf-8') as file:
                since = os.fstat(file.fileno()).st_mtime
                name = file.read(MAX_NAME + 1).rstrip('\n')
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._log.warn('{path} cannot be read: {error}', path=path,
                           error=str(error))
            return None
        if not _is_name(name):
            self._log.warn('{path} holds no name', path=path)
            return None
        return name, since

    def write(self, type_: str, id_: Any, name: str) -> None:
        """
        Write a name to its file, if it is printable and not too long.

        A process that reads the file meanwhile gets the old name or the new
        one.
        """
        path = self.path(type_, id_)
        folder = os.path.dirname(path)
        if not _is_name(name):
            return
        try:
            os.makedirs(folder, exist_ok=True)
            if folder not in self._tidied:
                self._tidied.add(folder)
                _remove_abandoned(folder)
            descriptor, temporary_path = tempfile.mkstemp(
                prefix='.', dir=folder)
            try:
                with open(descriptor, 'w', encoding='utf-8') as file:
                    file.write(name)
                now = self._now()
                os.utime(temporary_path, (now, now))
                os.replace(temporary_path, path)
            except BaseException:
                os.unlink(temporary_path)
                raise
        except (OSError, ValueError) as error:
            self._log.warn('{path} cannot be written: {error}', path=path,
                           error=str(error))

    def remove(self, type_: str, id_: Any) -> None:
        """Remove the file with a name, if there is one."""
        self._unlink(self.path(type_, id_))

    def remove_all(self, type_: str | None) -> None:
        """Remove the files of a type; None for all types of the profile."""
        folders = ([entry.path for entry in self._list(self._join())]
                   if type_ is None else [self._join(type_)])
        for folder in folders:
            for entry in self._list(folder):
                # Leave temporary files: other processes are writing them.
                if not entry.name.startswith('.'):
                    self._unlink(entry.path)

    def _unlink(self, path: str) -> None:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._log.warn('{path} cannot be removed: {error}', path=path,
                           error=str(error))

    def _list(self, folder: str) -> list[os.DirEntry[str]]:
        """List a folder; a missing folder is empty."""
        try:
            with os.scandir(folder) as entries:
                return [*entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self._log.warn('{path} cannot be read: {error}', path=folder,
                           error=str(error))
            return []


def _remove_abandoned(folder: str) -> None:
    """Remove the temporary files of processes that were killed."""
    for entry in os.scandir(folder):
        # Another process may remove the file first.
        with suppress(OSError):
            if entry.name.startswith('.') and \
                    entry.stat().st_mtime < time.time() - ABANDONED_AGE:
                os.unlink(entry.path)


def _is_name(text: str) -> bool:
    """Check whether a text can be a name."""
    return text.isprintable() and 0 < len(text) <= MAX_NAME


def _quote(name: str) -> str:
    """Quote a text, so that it is one component of a path."""
    quoted = quote(name, errors='surrogatepass',
                   safe=" !#$&'()+,;=@[]^_`{}~")
    if set(quoted) <= {'.'}:
        # An empty component, or "." and "..", which are folders.
        return quoted.replace('.', '%2E') or '%'
    return quoted
