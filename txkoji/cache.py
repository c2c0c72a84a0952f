"""
Names of users and tags, by their ids, kept in files: such names seldom change,
and messages and tasks have ids only.
"""
from __future__ import annotations

import inspect
import os
import tempfile
import time
from collections.abc import Callable, Iterable
from contextlib import suppress
from typing import Any
from urllib.parse import quote

from twisted.internet.defer import Deferred, fail, succeed
from twisted.logger import Logger

from txkoji.hub.deferreds import SingleFlight, gather, in_thread
from txkoji.resource import Hub

#: So many names are kept in memory.
MEMORY = 10000

#: Characters of a name; Koji's are shorter, so a longer one is no name.
LONGEST = 1024

#: Seconds after which a file that was not finished will not be.
LEFT = 3600

#: Seconds after which a name is asked for anew: a day.
MAX_AGE = 24 * 3600.0

#: What there are names of -> the hub method that gives the thing.
LOADERS = {'user': 'getUser', 'tag': 'getTag'}

Key = tuple[str, str]


class Cache:
    """
    A read-through cache of names, as ``koji.cache``. The names are in files,
    ``$XDG_CACHE_HOME/txkoji/PROFILE/TYPE/ID`` (``~/.cache`` where that is not
    set), which all programs of a user share, and in a small memory before
    these. What cannot be read or written is logged, and done without.

    Users and tags can be renamed. A name that is older than `max_age` is asked
    for anew, so a new name is noticed after that time at the latest, and with
    `forget` at once.

    :param connection: the connection to ask with.
    :param directory: the place for the files, ``DIRECTORY/PROFILE/TYPE/ID``;
                      None for ``$XDG_CACHE_HOME/txkoji``.
    :param max_age: seconds after which a name is asked for anew; None for
                    never.
    :param now: gives the seconds since 1970; files get this time, too.
    :param reactor: None for Twisted's own.
    """

    _log = Logger()

    def __init__(self, connection: Hub,
                 directory: None | str | os.PathLike[str] = None, *,
                 max_age: float | None = MAX_AGE,
                 now: Callable[[], float] = time.time, reactor: Any = None
                 ) -> None:
        self._connection = connection
        self._directory = None if directory is None else os.fspath(directory)
        self._max_age = max_age
        self._now = now
        self._reactor = reactor
        #: How often names were forgotten.
        self._forgotten = 0
        self._memory: dict[Key, tuple[str, float]] = {}
        self._loading: dict[Key, SingleFlight[str | None]] = {}
        self._batched: Any = None
        self._tidied: set[str] = set()

    def user_name(self, id_: int) -> Deferred[str | None]:
        """
        Get the name of a user.

        :returns: a Deferred that fires with it, or with None if the hub knows
                  no such user.
        """
        return self._name('user', id_)

    def tag_name(self, id_: int) -> Deferred[str | None]:
        """
        Get the name of a tag.

        :returns: a Deferred that fires with it, or with None if the hub knows
                  no such tag.
        """
        return self._name('tag', id_)

    def many(self, type_: str, ids: Iterable[int]
             ) -> Deferred[dict[int, str | None]]:
        """
        Get many names, asking the hub once for all that are not known.

        :param type_: "user" or "tag".
        :param ids: their ids.
        :returns: a Deferred that fires with a dictionary of them.
        :raises ValueError: if it is another type.
        """
        return Deferred.fromCoroutine(self._many(type_, ids))

    async def _many(self, type_: str, ids: Iterable[int]
                    ) -> dict[int, str | None]:
        method = self._method(type_)
        names = {id_: self._remembered(type_, id_) for id_ in ids}
        unknown = [id_ for id_, name in names.items()
                   if name is None and id_ is not None]
        names.update(await self._read_all(type_, unknown))
        unknown = [id_ for id_ in unknown if names[id_] is None]
        names.update(zip(unknown, await gather(
            [self._shared(type_, id_, method, False) for id_ in unknown])))
        return names

    def get_or_load_name(self, type_: str, id_: Any,
                         method: Callable[[Any], Any]
                         ) -> Deferred[str | None]:
        """
        Get a name that is known, or else ask for it. Who asks for the same at
        the same time shares the asking.

        :param type_: what it is the name of, such as "user".
        :param id_: its id.
        :param method: is called with the id, and gives the thing (or a
                       Deferred of it), which has a ``name``; or None.
        :returns: a Deferred that fires with the name, or with None.
        """
        return self._shared(type_, id_, method, True)

    def get_name(self, type_: str, id_: Any) -> str | None:
        """
        Get a name from memory or from its file, and ask nobody. This reads a
        file, in this thread.

        :returns: the name, or None if it is not known, or too old.
        """
        name = self._remembered(type_, id_)
        if name is None:
            name = self._merge(type_, id_, self._read(type_, id_))
        return name

    def put_name(self, type_: str, id_: Any, name: str) -> None:
        """
        Keep a name. This writes a file, in this thread; whoever reads it
        meanwhile finds the old one or the new one, and nothing in between.

        :raises TypeError: if it is no text.
        """
        if not isinstance(name, str):
            raise TypeError(f'a name is text, not {name!r}')
        self._remember(type_, id_, name, self._now())
        self._write(type_, id_, name)

    def forget(self, type_: str | None = None, id_: Any = None
               ) -> Deferred[None]:
        """
        Forget names, so that they are asked for anew: all of this profile,
        those of one type, or one. The memory is cleared, and the files are
        removed: that of one name in this thread, several in another one. Names
        that are being asked for just now are not kept. (What other processes
        have in memory stays there until it is too old.)

        :param type_: such as "user" or "tag"; None for all.
        :param id_: the id; None for all of the type.
        :returns: a Deferred that fires with None when the files are gone.
        :raises ValueError: if there is an id without a type.
        """
        if type_ is None and id_ is not None:
            return fail(ValueError(f'what is {id_!r} the id of? Forget a type'
                                   ' and an id, a type, or all'))
        self._forgotten += 1
        self._memory = {key: kept for key, kept in self._memory.items()
                        if not _is_of(key, type_, id_)}
        self._loading = {key: shared for key, shared in self._loading.items()
                         if not _is_of(key, type_, id_)}
        if type_ is not None and id_ is not None:
            self._remove(self.filename(type_, id_))
            return succeed(None)
        return self._in_thread(self._remove_all, type_)

    @property
    def directory(self) -> str:
        """The place for the files."""
        if self._directory is not None:
            return self._directory
        top = os.environ.get('XDG_CACHE_HOME')
        if not top or not os.path.isabs(top):
            top = os.path.expanduser('~/.cache')
        return os.path.join(top, 'txkoji')

    def filename(self, type_: str, id_: Any) -> str:
        """Tell the path of the file with a name."""
        return self._path(type_, str(id_))

    def _path(self, *names: str) -> str:
        """The path of a file or a folder of this profile."""
        return os.path.join(self.directory, *map(
            _within, (self._connection.profile, *names)))

    def _name(self, type_: str, id_: int | None
              ) -> Deferred[str | None]:
        if id_ is None:
            # The hub would take it for whoever asks.
            return succeed(None)
        return self.get_or_load_name(type_, id_, self._method(type_))

    def _method(self, type_: str) -> Callable[[Any], Any]:
        """What asks the hub for a thing."""
        if type_ not in LOADERS:
            raise ValueError(f'names are of {", ".join(LOADERS)}, not of'
                             f' {type_!r}')
        if self._batched is None:
            # What is asked in one turn goes out as one request.
            self._batched = self._connection.batched()
        method: Callable[[Any], Any] = getattr(self._batched, LOADERS[type_])
        return method

    def _shared(self, type_: str, id_: Any, method: Callable[[Any], Any],
                files: bool) -> Deferred[str | None]:
        """Load a name, once for all who ask."""
        key = type_, str(id_)
        shared = self._loading.setdefault(key, SingleFlight())

        async def load() -> str | None:
            try:
                return await self._load(type_, id_, method, files)
            finally:
                if self._loading.get(key) is shared:
                    del self._loading[key]

        return shared.run(load)

    async def _load(self, type_: str, id_: Any, method: Callable[[Any], Any],
                    files: bool) -> str | None:
        """
        Load a name.

        :param files: whether it may be in a file.
        """
        name = self._remembered(type_, id_)
        if name is None and files:
            name = (await self._read_all(type_, [id_]))[id_]
        if name is not None:
            return name
        forgotten = self._forgotten
        thing = method(id_)
        if inspect.isawaitable(thing):
            thing = await thing
        found = getattr(thing, 'name', None)
        if not isinstance(found, str):
            return None
        if forgotten == self._forgotten:
            self._remember(type_, id_, found, self._now())
            await self._in_thread(self._write, type_, id_, found)
            if forgotten != self._forgotten:
                # Meanwhile, and the file may have been written after that.
                await self._in_thread(self._remove, self.filename(type_, id_))
        return found

    def _in_thread(self, function: Callable[..., Any], *args: Any
                   ) -> Deferred[Any]:
        """Off the reactor's thread, where the reactor has others."""
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        return in_thread(self._reactor, function, *args)

    def _remembered(self, type_: str, id_: Any) -> str | None:
        name, since = self._memory.get((type_, str(id_)), (None, 0.0))
        return None if self._too_old(since) else name

    def _remember(self, type_: str, id_: Any, name: str, since: float
                  ) -> None:
        if len(self._memory) >= MEMORY:
            self._memory.clear()
        self._memory[type_, str(id_)] = name, since

    def _too_old(self, since: float) -> bool:
        return (self._max_age is not None
                and not 0 <= self._now() - since <= self._max_age)

    async def _read_all(self, type_: str, ids: list[Any]
                        ) -> dict[Any, str | None]:
        """Read files, off the reactor's thread."""
        forgotten = self._forgotten
        found = await self._in_thread(lambda: [
            self._read(type_, id_) for id_ in ids])
        if forgotten != self._forgotten:
            found = [None] * len(ids)
        return {id_: self._merge(type_, id_, entry)
                for id_, entry in zip(ids, found)}

    def _merge(self, type_: str, id_: Any,
               entry: tuple[str, float] | None) -> str | None:
        """Remember what was in a file, unless something younger is known."""
        name = self._remembered(type_, id_)
        if name is not None:
            return name
        if entry is None or self._too_old(entry[1]):
            return None
        self._remember(type_, id_, *entry)
        return entry[0]

    def _read(self, type_: str, id_: Any) -> tuple[str, float] | None:
        """The name in a file, and since when it is there."""
        path = self.filename(type_, id_)
        try:
            with open(path, encoding='utf-8') as file:
                since = os.fstat(file.fileno()).st_mtime
                name = file.read(LONGEST + 1).rstrip('\n')
        except FileNotFoundError:
            return None
        except (OSError, ValueError) as error:
            self._log.warn('{path} is of no use: {error}', path=path,
                           error=str(error))
            return None
        if not _is_name(name):
            self._log.warn('{path} holds no name', path=path)
            return None
        return name, since

    def _write(self, type_: str, id_: Any, name: str) -> None:
        path = self.filename(type_, id_)
        folder = os.path.dirname(path)
        if not _is_name(name):
            return
        try:
            os.makedirs(folder, exist_ok=True)
            if folder not in self._tidied:
                self._tidied.add(folder)
                _tidy(folder)
            number, written = tempfile.mkstemp(prefix='.', dir=folder)
            try:
                with open(number, 'w', encoding='utf-8') as file:
                    file.write(name)
                now = self._now()
                os.utime(written, (now, now))
                os.replace(written, path)
            except BaseException:
                os.unlink(written)
                raise
        except (OSError, ValueError) as error:
            self._log.warn('{path} cannot be written: {error}', path=path,
                           error=str(error))

    def _remove(self, path: str) -> None:
        try:
            os.unlink(path)
        except FileNotFoundError:
            pass
        except OSError as error:
            self._log.warn('{path} cannot be removed: {error}', path=path,
                           error=str(error))

    def _remove_all(self, type_: str | None) -> None:
        """Remove the files of a type, or of all types."""
        folders = ([entry.path for entry in self._entries(self._path())]
                   if type_ is None else [self._path(type_)])
        for folder in folders:
            for entry in self._entries(folder):
                # Others are being written, by other processes, too.
                if not entry.name.startswith('.'):
                    self._remove(entry.path)

    def _entries(self, folder: str) -> list[os.DirEntry[str]]:
        """List a folder; one that is not there is empty."""
        try:
            with os.scandir(folder) as entries:
                return [*entries]
        except (FileNotFoundError, NotADirectoryError):
            return []
        except OSError as error:
            self._log.warn('{path} cannot be read: {error}', path=folder,
                           error=str(error))
            return []


def _is_of(key: Key, type_: str | None, id_: Any) -> bool:
    """Whether a name is the one, or of the type, or of any."""
    return type_ in (None, key[0]) and (id_ is None or str(id_) == key[1])


def _tidy(folder: str) -> None:
    """Remove what processes have left that were killed while writing."""
    for entry in os.scandir(folder):
        # Another process may be quicker.
        with suppress(OSError):
            if entry.name.startswith('.') and \
                    entry.stat().st_mtime < time.time() - LEFT:
                os.unlink(entry.path)


def _is_name(text: str) -> bool:
    """Whether it may be a name."""
    return text.isprintable() and 0 < len(text) <= LONGEST


def _within(name: str) -> str:
    """A name as that of a file, which stays where it is put."""
    quoted = quote(name, errors='surrogatepass',
                   safe=" !#$&'()+,;=@[]^_`{}~")
    if set(quoted) <= {'.'}:
        # None at all, or one with a meaning for file systems.
        return quoted.replace('.', '%2E') or '%'
    return quoted
