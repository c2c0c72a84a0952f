"""`Cache`: a read-through cache of the names of users and tags, by id."""
from __future__ import annotations

import inspect
import os
import time
from collections.abc import Callable, Iterable
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed

from txkoji.hub.deferreds import SingleFlight, gather, in_thread
from txkoji.name_files import NameFiles
from txkoji.resource import Hub

#: The most names in memory.
MAX_IN_MEMORY = 10000

#: Seconds after which the hub is asked for a name again: a day.
MAX_AGE = 24 * 3600.0

#: The types of objects: type -> the hub method that returns an object.
LOADERS = {'user': 'getUser', 'tag': 'getTag'}

#: The type and the id of an object.
Key = tuple[str, str]


class Cache:
    """
    A read-through cache of names, as ``koji.cache``.

    Messages and tasks have ids of users and tags only. The names seldom
    change. The cache keeps them in memory and in files,
    ``$XDG_CACHE_HOME/txkoji/PROFILE/TYPE/ID`` (``~/.cache`` if the variable is
    not set), which all programs of a user share. A file that cannot be read or
    written is logged, and the cache goes on without the file.

    Users and tags can be renamed. The cache asks the hub again for a name that
    is older than ``max_age``. `forget` removes names at once.

    :param connection: the connection that asks the hub.
    :param directory: the directory of the files ``PROFILE/TYPE/ID``; None for
                      ``$XDG_CACHE_HOME/txkoji``.
    :param max_age: seconds after which the hub is asked for a name again; None
                    for never.
    :param now: returns the seconds since 1970, also for the times of files.
    :param reactor: the reactor, for threads; None for Twisted's own.
    """

    def __init__(self, connection: Hub,
                 directory: None | str | os.PathLike[str] = None, *,
                 max_age: float | None = MAX_AGE,
                 now: Callable[[], float] = time.time, reactor: Any = None
                 ) -> None:
        self._connection = connection
        self._files = NameFiles(
            connection.profile,
            None if directory is None else os.fspath(directory), now)
        self._max_age = max_age
        self._now = now
        self._reactor = reactor
        #: The number of calls of `forget`.
        self._forgotten = 0
        #: The names, with their times in seconds since 1970.
        self._memory: dict[Key, tuple[str, float]] = {}
        #: The names that are being loaded.
        self._loading: dict[Key, SingleFlight[str | None]] = {}
        self._batched: Any = None

    # Reading

    def user_name(self, id_: int) -> Deferred[str | None]:
        """
        Get the name of a user.

        :returns: a Deferred that fires with the name, or with None if the hub
                  has no such user.
        """
        return self._name('user', id_)

    def tag_name(self, id_: int) -> Deferred[str | None]:
        """
        Get the name of a tag.

        :returns: a Deferred that fires with the name, or with None if the hub
                  has no such tag.
        """
        return self._name('tag', id_)

    def many(self, type_: str, ids: Iterable[int]
             ) -> Deferred[dict[int, str | None]]:
        r"""
        Get many names, with one request for all unknown names.

        :param type\_: "user" or "tag".
        :param ids: the ids.
        :returns: a Deferred that fires with a dictionary of the names by id.
        :raises ValueError: if the type is another one.
        """
        return Deferred.fromCoroutine(self._many(type_, ids))

    async def _many(self, type_: str, ids: Iterable[int]
                    ) -> dict[int, str | None]:
        method = self._method(type_)
        names = {id_: self._recall(type_, id_) for id_ in ids}
        unknown = [id_ for id_, name in names.items()
                   if name is None and id_ is not None]
        names.update(await self._read_files(type_, unknown))
        unknown = [id_ for id_ in unknown if names[id_] is None]
        names.update(zip(unknown, await gather(
            [self._load_shared(type_, id_, method, False)
             for id_ in unknown])))
        return names

    def get_or_load_name(self, type_: str, id_: Any,
                         method: Callable[[Any], Any]
                         ) -> Deferred[str | None]:
        r"""
        Get a name from the cache, or else load it.

        Simultaneous calls for one name share the load.

        :param type\_: the type of the object, such as "user".
        :param id\_: the id of the object.
        :param method: is called with the id, and returns the object, or an
                       awaitable of it. The object has a ``name``, or is None.
        :returns: a Deferred that fires with the name, or with None.
        """
        return self._load_shared(type_, id_, method, True)

    def get_name(self, type_: str, id_: Any) -> str | None:
        """
        Get a name from memory or from its file, without a request.

        This reads the file in the current thread.

        :returns: the name; None if the cache has none, or only one that is too
                  old.
        """
        name = self._recall(type_, id_)
        if name is None:
            name = self._merge(type_, id_, self._files.read(type_, id_))
        return name

    # Writing

    def put_name(self, type_: str, id_: Any, name: str) -> None:
        """
        Put a name into memory and into its file.

        This writes the file in the current thread. A process that reads the
        file meanwhile gets the old name or the new one.

        :raises TypeError: if the name is not a text.
        """
        if not isinstance(name, str):
            raise TypeError(f'name must be a str, not {name!r}')
        self._remember(type_, id_, name, self._now())
        self._files.write(type_, id_, name)

    def forget(self, type_: str | None = None, id_: Any = None
               ) -> Deferred[None]:
        r"""
        Forget names, so that the hub is asked for them again.

        This forgets one name, the names of a type, or all names of the
        profile. Memory and files are cleared. The file of one name is removed
        in the current thread, several files in another thread. Names that are
        being loaded are not kept. Other processes keep the names in their
        memory until the names are too old.

        :param type\_: such as "user" or "tag"; None for all types.
        :param id\_: the id; None for all ids of the type.
        :returns: a Deferred that fires with None when the files are removed.
        :raises ValueError: if there is an id without a type.
        """
        if type_ is None and id_ is not None:
            return fail(ValueError(f'forget() needs a type for the id {id_!r},'
                                   ' such as "user"'))
        self._forgotten += 1
        self._memory = {key: entry for key, entry in self._memory.items()
                        if not _matches(key, type_, id_)}
        self._loading = {key: load for key, load in self._loading.items()
                         if not _matches(key, type_, id_)}
        if type_ is not None and id_ is not None:
            self._files.remove(type_, id_)
            return succeed(None)
        return self._in_thread(self._files.remove_all, type_)

    # Files

    @property
    def directory(self) -> str:
        """The directory of the files."""
        return self._files.directory

    def filename(self, type_: str, id_: Any) -> str:
        """Make the path of the file with a name."""
        return self._files.path(type_, id_)

    async def _read_files(self, type_: str, ids: list[Any]
                          ) -> dict[Any, str | None]:
        """Read files in another thread."""
        forgotten = self._forgotten
        entries = await self._in_thread(lambda: [
            self._files.read(type_, id_) for id_ in ids])
        if forgotten != self._forgotten:
            entries = [None] * len(ids)
        return {id_: self._merge(type_, id_, entry)
                for id_, entry in zip(ids, entries)}

    def _in_thread(self, function: Callable[..., Any], *args: Any
                   ) -> Deferred[Any]:
        """Call a function in a thread of the reactor, if it has threads."""
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        return in_thread(self._reactor, function, *args)

    # Memory

    def _recall(self, type_: str, id_: Any) -> str | None:
        name, since = self._memory.get((type_, str(id_)), (None, 0.0))
        return None if self._is_too_old(since) else name

    def _remember(self, type_: str, id_: Any, name: str, since: float
                  ) -> None:
        if len(self._memory) >= MAX_IN_MEMORY:
            self._memory.clear()
        self._memory[type_, str(id_)] = name, since

    def _merge(self, type_: str, id_: Any,
               entry: tuple[str, float] | None) -> str | None:
        """Remember the entry of a file, unless memory has a newer name."""
        name = self._recall(type_, id_)
        if name is not None:
            return name
        if entry is None or self._is_too_old(entry[1]):
            return None
        self._remember(type_, id_, *entry)
        return entry[0]

    def _is_too_old(self, since: float) -> bool:
        return (self._max_age is not None
                and not 0 <= self._now() - since <= self._max_age)

    # Loading

    def _name(self, type_: str, id_: int | None
              ) -> Deferred[str | None]:
        if id_ is None:
            # For the id None, the hub would return the user who asks.
            return succeed(None)
        return self.get_or_load_name(type_, id_, self._method(type_))

    def _method(self, type_: str) -> Callable[[Any], Any]:
        """
        Find the hub method that returns objects of a type.

        :raises ValueError: if the type is unknown.
        """
        if type_ not in LOADERS:
            raise ValueError(f'type must be one of {", ".join(LOADERS)}, not'
                             f' {type_!r}')
        if self._batched is None:
            # Calls of one turn of the reactor share a request.
            self._batched = self._connection.batched()
        method: Callable[[Any], Any] = getattr(self._batched, LOADERS[type_])
        return method

    def _load_shared(self, type_: str, id_: Any,
                     method: Callable[[Any], Any], use_file: bool
                     ) -> Deferred[str | None]:
        """Load a name, once for all simultaneous calls."""
        key = type_, str(id_)
        shared = self._loading.setdefault(key, SingleFlight())

        async def load() -> str | None:
            try:
                return await self._load(type_, id_, method, use_file)
            finally:
                if self._loading.get(key) is shared:
                    del self._loading[key]

        return shared.run(load)

    async def _load(self, type_: str, id_: Any, method: Callable[[Any], Any],
                    use_file: bool) -> str | None:
        """
        Load a name from its file or by a method, and keep the name.

        :param use_file: whether to look into the file first.
        """
        name = self._recall(type_, id_)
        if name is None and use_file:
            name = (await self._read_files(type_, [id_]))[id_]
        if name is not None:
            return name
        forgotten = self._forgotten
        found = method(id_)
        if inspect.isawaitable(found):
            found = await found
        name = getattr(found, 'name', None)
        if not isinstance(name, str):
            return None
        if forgotten == self._forgotten:
            self._remember(type_, id_, name, self._now())
            await self._in_thread(self._files.write, type_, id_, name)
            if forgotten != self._forgotten:
                # The file may have been written after the removal by forget().
                await self._in_thread(self._files.remove, type_, id_)
        return name


def _matches(key: Key, type_: str | None, id_: Any) -> bool:
    """Check whether `forget` with this type and this id forgets a name."""
    return type_ in (None, key[0]) and (id_ is None or str(id_) == key[1])
