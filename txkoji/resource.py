"""The base of rich objects: `Resource`, and `Hub`, their connection."""
from __future__ import annotations

import copy
from collections.abc import Awaitable, Sequence
from datetime import datetime, timedelta, timezone
from inspect import get_annotations
from typing import TYPE_CHECKING, Any, ClassVar, Protocol, TypeVar, overload

from munch import munchify
from twisted.internet.defer import Deferred

from txkoji.call import Caller
from txkoji.exceptions import GenericError
from txkoji.hub.profile import Profile
from txkoji.iterators import AsyncItems

Self = TypeVar('Self', bound='Resource')
Item = TypeVar('Item')

if TYPE_CHECKING:
    # Munch has no types: every attribute of a row would pass.
    _Row = dict[str, Any]
else:
    from munch import Munch as _Row


class Names(Protocol):
    """A cache of names, as `txkoji.cache.Cache` is one."""

    def user_name(self, id_: int) -> Deferred[str | None]:
        """Get the name of a user."""

    def tag_name(self, id_: int) -> Deferred[str | None]:
        """Get the name of a tag."""


class CallCollector(Protocol):
    """Calls that are collected, as a `txkoji.multicall.MultiCall` does."""

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Any:
        """Store a call of a hub method by its name."""

    def __call__(self) -> Awaitable[Sequence[Any]]:
        """Send the collected calls."""


class HasReactor(Protocol):
    """A client, as `txkoji.client.HubClient` is one."""

    @property
    def reactor(self) -> Any:
        """The reactor, for timers and threads."""


class Hub(Protocol):
    """
    What a rich object needs of its connection.

    `txkoji.Connection` and `txkoji.client.HubClient` have it.
    """

    @property
    def profile(self) -> str:
        """The name of the profile."""

    @property
    def settings(self) -> Profile:
        """The profile."""

    @property
    def weburl(self) -> str | None:
        """The address of kojiweb, or None."""

    @property
    def client(self) -> HasReactor:
        """The client that features stand on."""

    @property
    def cache(self) -> Names:
        """The names of users and tags, by id."""

    @property
    def reactor(self) -> Any:
        """The reactor, for timers."""

    def now(self) -> datetime:
        """Tell the time, as an aware datetime in UTC."""

    def call(self, method: str, /, *args: Any, **kwargs: Any
             ) -> Deferred[Any]:
        """Call a hub method by its name."""

    def getTaskInfo(self, task_id: int, /) -> Deferred[Any]:
        """Get a task, with its request."""

    def getTaskChildren(self, task_id: int, /) -> Deferred[Any]:
        """Get the tasks that a task has started, with their requests."""

    def getTaskDescendents(self, task_id: int, /) -> Deferred[Any]:
        """Get the tasks below a task, with their requests."""

    def listTasks(self, opts: dict[str, Any], /, *,
                  queryOpts: dict[str, Any] | None = ...) -> Deferred[Any]:
        """List tasks, with their requests."""

    def listBuilds(self, packageID: str, /, *, state: int,
                   queryOpts: dict[str, Any]) -> Deferred[Any]:
        """List the builds of a package by its name."""

    def MultiCall(self, *, strict: bool = ..., batch: int = ...,
                  concurrency: int = ...
                  ) -> CallCollector:
        """Collect calls, to send them as one."""

    def batched(self) -> Caller[Deferred[Any]]:
        """Give a view on which calls of one turn go out together."""

    def iterate(self, method: str, /, *args: Any, **kwargs: Any
                ) -> AsyncItems[Any]:
        """Iterate over a long list while it arrives."""

    def wait(self, tasks: Any, timeout: float | None = None
             ) -> Deferred[Any]:
        """Wait until tasks are finished."""

    def download(self, file: Any, destination: Any, *, offset: int = ...,
                 progress: Any = ...) -> Deferred[int]:
        """Download a file below the topurl."""

    def file_exists(self, file: Any) -> Deferred[bool]:
        """Ask the file server whether a file is there."""
    def find_failure(self, task: Any) -> Deferred[Any]:
        """Find out why a task failed."""



class Resource(_Row):
    """
    The base class of rich objects: a dictionary of what the hub sent.

    Its members are attributes, too. Properties of ours, and the connection,
    are not in the dictionary: comparison, ``repr``, copies to `dict` and JSON
    have the hub's data only. Nested dictionaries are plain Munch.

    Hub methods differ in the members of their rows. A member that this kind of
    row may have (each has an annotation), and that is missing, is None. A
    member that hubs with plugins add is there by its name: ``row['name']``.

    :ivar connection: the connection of the object, or None.
    """

    __slots__ = ('connection',)

    connection: Hub | None

    #: The names of the members, which hub methods may leave out: those with
    #: an annotation.
    members: ClassVar[frozenset[str]] = frozenset()

    #: member -> its name in rows of other methods.
    aliases: ClassVar[dict[str, str]] = {}

    #: Its page on kojiweb, with the parameter for its id.
    page: ClassVar[str] = ''

    #: The id.
    id: int

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        cls.members |= {
            name for name, kind in get_annotations(cls).items()
            if name not in cls.__slots__ and 'ClassVar' not in str(kind)}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        # Munch's own constructor loops over the members in Python.
        dict.__init__(self, *args, **kwargs)
        object.__setattr__(self, 'connection', None)

    @classmethod
    def attached(cls: type[Self], data: dict[str, Any],
                 connection: Hub | None) -> Self:
        """Make an object from a row of the hub, with its connection."""
        new = cls(data)
        object.__setattr__(new, 'connection', connection)
        return new

    @overload
    @classmethod
    def fromDict(cls: type[Self], data: dict[str, Any]) -> Self: ...

    @overload
    @classmethod
    def fromDict(cls: type[Self], data: None) -> None: ...

    @classmethod
    def fromDict(cls: type[Self], data: dict[str, Any] | None
                 ) -> Self | None:
        """
        Make an object from a dictionary; nested dictionaries become Munch.

        None stays None: this is how a hub says that there is no such object.
        """
        return None if data is None else cls(munchify(data))

    # A type checker is to know the members, and no others.
    if not TYPE_CHECKING:

        def __getattr__(self, name):
            try:
                return self[name]
            except KeyError:
                return self._missing(name)

        def __setattr__(self, name, value):
            if name == 'connection':
                object.__setattr__(self, name, value)
            elif hasattr(type(self), name):
                raise AttributeError(
                    f'{type(self).__name__}.{name} cannot be set; a member of'
                    f' that name can: [{name!r}]')
            else:
                self[name] = value

    def _missing(self, name: str) -> Any:
        """Give an attribute that is no key of the dictionary."""
        kind = type(self)
        found = getattr(kind, name, None)
        if isinstance(found, property) and found.fget is not None:
            # Python also comes here if a property raises AttributeError.
            # That is a bug, not a missing member.
            try:
                return found.fget(self)
            except AttributeError as error:
                raise RuntimeError(
                    f'{kind.__name__}.{name} failed: {error}') from error
        alias = kind.aliases.get(name)
        if alias is not None and alias in self:
            return self[alias]
        if alias is not None or name in kind.members:
            return None
        raise AttributeError(f'this {kind.__name__} has no {name!r}')

    def __dir__(self) -> list[str]:
        return sorted({*object.__dir__(self), *self})

    def copy(self: Self) -> Self:
        """Make a shallow copy, with the same type and connection."""
        return self.attached(self, self.connection)

    __copy__ = copy

    def __deepcopy__(self: Self, memo: dict[int, Any]) -> Self:
        return self.attached(copy.deepcopy(dict(self), memo),
                             self.connection)

    def __reduce__(self) -> Any:
        return type(self), (dict(self),)

    @property
    def url(self) -> str | None:
        """
        The URL of its page on kojiweb.

        None if the profile has no weburl, or if the object has no id.
        """
        weburl = getattr(self.connection, 'weburl', None)
        number = known_id(self)
        if not weburl or number is None:
            return None
        return f'{weburl.rstrip("/")}/{self.page}={number}'


class Timed(Resource):
    """An object with a duration: a build or a task."""

    __slots__ = ()

    #: The names of its states, and the state while it runs.
    states: ClassVar[dict[int, str]]
    running: ClassVar[int]

    @property
    def state_name(self) -> str | None:
        """The name of the state, such as "FAILED", or None."""
        state = self.get('state')
        return self.states.get(state) if isinstance(state, int) else None

    @property
    def started(self) -> datetime | None:
        """The time of the start, in UTC, or None before it."""
        return time_of(self, 'start')

    @property
    def completed(self) -> datetime | None:
        """The time of the end, however it ended, in UTC, or None before."""
        return time_of(self, 'completion')

    @property
    def duration(self) -> timedelta | None:
        """
        The duration, or the time since the start; None if unknown.

        The duration is never negative. If our clock is behind the hub's, a
        running task or build has just begun. If an imported build ended before
        it began, its duration is unknown.
        """
        started, completed = self.started, self.completed
        if started is None:
            return None
        if completed is None and self.get('state') == self.running:
            return max(now_for(self) - started, timedelta())
        if completed is None or completed < started:
            return None
        return completed - started


def hub_of(row: Resource) -> Hub:
    """
    Get the connection of a rich object, to call hub methods with.

    :raises ValueError: if the object has none.
    """
    if row.connection is None:
        raise ValueError(f'this {type(row).__name__} came without a'
                         ' connection: set its .connection first')
    return row.connection


def known_id(row: Resource) -> int | None:
    """Get the id of a rich object; None if the row has none."""
    return getattr(row, 'id', None)


def id_of(row: Resource) -> int:
    """
    Get the id of a rich object, as an argument of a hub method.

    :raises ValueError: if the object has none. (For some hub methods, None
                        means all objects.)
    """
    number = known_id(row)
    if number is None:
        raise ValueError(f'this {type(row).__name__} has no id')
    return number


def now_for(row: Resource) -> datetime:
    """Tell the time by the clock of an object's connection."""
    return system_time() if row.connection is None else row.connection.now()


def time_of(row: Resource, name: str) -> datetime | None:
    """
    Get a time of a rich object, as an aware datetime in UTC.

    :param name: the beginning of the names of its members: ``NAME_ts`` has
                 seconds since 1970, ``NAME_time`` has text, which is without
                 a zone on older hubs.
    """
    seconds = row.get(f'{name}_ts')
    if seconds is not None:
        return from_timestamp(seconds)
    text = row.get(f'{name}_time')
    if text is not None:
        return from_text(text)
    return None


def system_time() -> datetime:
    """Tell the time of the system's clock, as an aware datetime in UTC."""
    return datetime.now(timezone.utc)


def existing(row: Any, kind: str, key: Any) -> Any:
    """
    Return a row, unless it is None.

    (In ``getTaskInfo``, hubs before 1.17 have no ``strict``.)

    :param row: the row, or None.
    :param kind: the kind of the object, such as "task".
    :param key: its id or its name.
    :raises GenericError: if the row is None.
    """
    if row is None:
        raise GenericError(f'No such {kind}: {key!r}')
    return row


def from_timestamp(seconds: float) -> datetime | None:
    """Convert seconds since 1970 to an aware datetime; None if invalid."""
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def from_text(text: Any) -> datetime | None:
    """
    Convert the text of a time of the hub to an aware datetime in UTC.

    The format is ``2026-11-12 14:18:03.938854+00:00``. A text that cannot be
    read becomes None.
    """
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is None:
            return time.replace(tzinfo=timezone.utc)
        return time.astimezone(timezone.utc)
    except (TypeError, ValueError, OverflowError):
        return None
