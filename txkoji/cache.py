"""
Names of users and tags, by their ids, kept in files: such names hardly ever
change, and messages and tasks have ids only.
"""
from __future__ import annotations

import inspect
import os
import tempfile
import time
from contextlib import suppress
from typing import (TYPE_CHECKING, Any, Callable, Dict, Iterable, List,
                    Optional, Set, Tuple)
from urllib.parse import quote

from twisted.internet.defer import Deferred, succeed
from twisted.logger import Logger


from txkoji.hub.shared import Shared, together
from txkoji.hub.threads import in_thread

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: So many names are kept in memory.
MEMORY = 10000

#: Characters of a name; Koji's are shorter, so a longer one is no name.
LONGEST = 1024

#: Seconds after which a file that was not finished will not be.
LEFT = 3600

#: What there are names of -> the hub method that gives the thing.
LOADERS = {'user': 'getUser', 'tag': 'getTag'}

Key = Tuple[str, str]


class Cache:
    """
    A read-through cache of names, as ``koji.cache``. The names are in files,
    ``$XDG_CACHE_HOME/txkoji/PROFILE/TYPE/ID`` (``~/.cache`` where that is not
    set), which all programs of a user share, and in a small memory before
    these. What cannot be read or written is logged, and done without.

    :param connection: whom to ask.
    :param max_age: seconds after which a name is asked for anew; None for
                    never.
    :param reactor: None for Twisted's own.
    """

    _log = Logger()

    def __init__(self, connection: Connection, *,
                 max_age: Optional[float] = None, reactor: Any = None
                 ) -> None:
        self._connection = connection
        self._max_age = max_age
        self._reactor = reactor
        self._memory: Dict[Key, Tuple[str, float]] = {}
        self._loading: Dict[Key, Shared[Optional[str]]] = {}
        self._batched: Any = None
        self._tidied: Set[str] = set()

    def user_name(self, id_: int) -> Deferred[Optional[str]]:
        """
        Get the name of a user.

        :returns: a Deferred that fires with it, or with None if the hub knows
                  no such user.
        """
        return self._name('user', id_)

    def tag_name(self, id_: int) -> Deferred[Optional[str]]:
        """
        Get the name of a tag.

        :returns: a Deferred that fires with it, or with None if the hub knows
                  no such tag.
        """
        return self._name('tag', id_)

    def many(self, type_: str, ids: Iterable[int]
             ) -> Deferred[Dict[int, Optional[str]]]:
        """
        Get many names, asking the hub once for all that are not known.

        :param type_: "user" or "tag".
        :param ids: their ids.
        :returns: a Deferred that fires with a dictionary of them.
        :raises ValueError: if it is another type.
        """
        return Deferred.fromCoroutine(self._many(type_, ids))

    async def _many(self, type_: str, ids: Iterable[int]
                    ) -> Dict[int, Optional[str]]:
        method = self._method(type_)
        names = {id_: self._remembered(type_, id_) for id_ in ids}
        unknown = [id_ for id_, name in names.items()
                   if name is None and id_ is not None]
        names.update(await self._read_all(type_, unknown))
        unknown = [id_ for id_ in unknown if names[id_] is None]
        names.update(zip(unknown, await together(
            [self._shared(type_, id_, method, False) for id_ in unknown])))
        return names

    def get_or_load_name(self, type_: str, id_: Any,
                         method: Callable[[Any], Any]
                         ) -> Deferred[Optional[str]]:
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

    def get_name(self, type_: str, id_: Any) -> Optional[str]:
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
        self._remember(type_, id_, name, time.time())
        self._write(type_, id_, name)

    def filename(self, type_: str, id_: Any) -> str:
        """The path of the file with a name."""
        top = os.environ.get('XDG_CACHE_HOME')
        if not top or not os.path.isabs(top):
            top = os.path.expanduser('~/.cache')
        return os.path.join(top, 'txkoji', *map(
            _within, (self._connection.profile, type_, str(id_))))

    def _name(self, type_: str, id_: Optional[int]
              ) -> Deferred[Optional[str]]:
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
                files: bool) -> Deferred[Optional[str]]:
        """Load a name, once for all who ask."""
        key = type_, str(id_)

        async def load() -> Optional[str]:
            try:
                return await self._load(type_, id_, method, files)
            finally:
                self._loading.pop(key, None)

        return self._loading.setdefault(key, Shared()).join(load)

    async def _load(self, type_: str, id_: Any, method: Callable[[Any], Any],
                    files: bool) -> Optional[str]:
        """
        Load a name.

        :param files: whether it may be in a file.
        """
        name = self._remembered(type_, id_)
        if name is None and files:
            name = (await self._read_all(type_, [id_]))[id_]
        if name is not None:
            return name
        thing = method(id_)
        if inspect.isawaitable(thing):
            thing = await thing
        found = getattr(thing, 'name', None)
        if not isinstance(found, str):
            return None
        self._remember(type_, id_, found, time.time())
        await self._in_thread(self._write, type_, id_, found)
        return found

    def _in_thread(self, function: Callable[..., Any], *args: Any
                   ) -> Deferred[Any]:
        """Off the reactor's thread, where the reactor has others."""
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        return in_thread(self._reactor, function, *args)

    def _remembered(self, type_: str, id_: Any) -> Optional[str]:
        name, since = self._memory.get((type_, str(id_)), (None, 0.0))
        return None if self._too_old(since) else name

    def _remember(self, type_: str, id_: Any, name: str, since: float
                  ) -> None:
        if len(self._memory) >= MEMORY:
            self._memory.clear()
        self._memory[type_, str(id_)] = name, since

    def _too_old(self, since: float) -> bool:
        return (self._max_age is not None
                and not 0 <= time.time() - since <= self._max_age)

    async def _read_all(self, type_: str, ids: List[Any]
                        ) -> Dict[Any, Optional[str]]:
        """Read files, off the reactor's thread."""
        found = await self._in_thread(lambda: [
            self._read(type_, id_) for id_ in ids])
        return {id_: self._merge(type_, id_, entry)
                for id_, entry in zip(ids, found)}

    def _merge(self, type_: str, id_: Any,
               entry: Optional[Tuple[str, float]]) -> Optional[str]:
        """Remember what was in a file, unless something younger is known."""
        name = self._remembered(type_, id_)
        if name is not None:
            return name
        if entry is None or self._too_old(entry[1]):
            return None
        self._remember(type_, id_, *entry)
        return entry[0]

    def _read(self, type_: str, id_: Any) -> Optional[Tuple[str, float]]:
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
                os.replace(written, path)
            except BaseException:
                os.unlink(written)
                raise
        except (OSError, ValueError) as error:
            self._log.warn('{path} cannot be written: {error}', path=path,
                           error=str(error))


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
