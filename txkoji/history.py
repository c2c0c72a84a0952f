"""`HistoryView`: a hub as it was at an event."""
from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred, fail, succeed

from txkoji.client import HubClient
from txkoji.exceptions import ConfigurationError, GenericError
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.deferreds import SingleFlight
from txkoji.resource import from_timestamp

if TYPE_CHECKING:
    from txkoji.methods import DeferredMethods
else:
    from txkoji.hub_methods import DescribedMethods as DeferredMethods

#: The reads with an event, and the place of the argument. Not here: getRepo,
#: whose ``event`` is that of the repository; repo.get, repo.request and
#: tagChangedSinceEvent, likewise; and the writes newRepo, snapshotTag,
#: snapshotTagModify and host.repoInit.
EVENT = {
    'getBuildConfig': 1,
    'getBuildTarget': 1,
    'getBuildTargets': 1,
    'getExternalRepo': 2,
    'getExternalRepoList': 1,
    'getFullInheritance': 1,
    'getHost': 2,
    'getInheritanceData': 1,
    'getLatestBuilds': 1,
    'getLatestMavenArchives': 1,
    'getLatestRPMS': 3,
    'getPackageConfig': 2,
    'getTag': 2,
    'getTagExternalRepos': 2,
    'getTagGroups': 1,
    'listChannels': 1,
    'listExternalRepos': 2,
    'listPackages': 6,
    'listTagged': 1,
    'listTaggedArchives': 1,
    'listTaggedRPMS': 1,
}

#: Methods that use the event only with another argument, which comes first.
#: Without it, they answer from the present.
NEEDED = {'listChannels': 'hostID', 'listPackages': 'tagID'}

#: The age of an event whose answers are kept. A hub numbers an event before
#: it commits it, so that older ids may still appear.
SETTLED = timedelta(minutes=10)

#: Maximum number of answers that a view keeps.
KEPT = 500


class Event(NamedTuple):
    """
    An event of a hub.

    :ivar id: its id.
    :ivar time: its time, in UTC; None if unknown.
    """

    id: int
    time: datetime | None


class HistoryView(DeferredMethods):
    """
    A view of a hub as it was at an event.

    For example::

        before = koji.at(13423)
        builds = await before.listTagged('f43-updates')

    The reads that take an ``event`` are its methods; they are in
    `txkoji.history.EVENT`. It refuses all others, which would answer from the
    present.

    An answer is kept, and given again to the same call: its rows are shared,
    so do not change them. The last `KEPT` answers are kept, if the event is
    older than ten minutes. (Events of the last minutes may still get company:
    a hub numbers an event before it commits it.)

    Some members of rows are of the present all the same: the states and
    volumes of builds, promotions of drafts, and the names of tags, packages
    and users. A deleted build is not in the lists of the past, either.

    :param client: makes the calls.
    :param when: the id of the event, or an aware datetime.
    :raises ValueError: if the datetime has no timezone, or is in the future.
    :raises TypeError: if ``when`` is neither an id nor a datetime.
    """

    def __init__(self, client: HubClient, when: int | datetime) -> None:
        if isinstance(when, datetime):
            if when.tzinfo is None:
                raise ValueError(f'at: {when} has no timezone; use an aware'
                                 ' datetime')
            if when > client.now():
                raise ValueError(f'at: {when} is in the future')
        elif type(when) is not int:
            raise TypeError('at: use the id of an event, or an aware'
                            f' datetime, not {when!r}')
        self._client = client
        self._when = when
        self._event: Event | None = None
        self._finding: SingleFlight[Event] = SingleFlight()
        self._asking: dict[bytes, SingleFlight[Any]] = {}
        self._answers: OrderedDict[bytes, Any] = OrderedDict()

    def __repr__(self) -> str:
        return f'<HistoryView of {self._client.owner!r} at {self._when}>'

    def find_event(self) -> Deferred[Event]:
        """
        Find the event of the view.

        For a datetime, it is the last event before it.

        :returns: a Deferred that fires with an `Event`.
        :raises GenericError: if there is no such event, or none before the
                              datetime.
        """
        if self._event is not None:
            return succeed(self._event)
        return self._finding.run(self._find_event)

    async def _find_event(self) -> Event:
        client, when = self._client, self._when
        if isinstance(when, datetime):
            row = await client.getLastEvent(before=when.timestamp(),
                                            strict=False)
        else:
            # A hub would answer for an event of the future, from the present.
            row = await client.getEvent(when, strict=False)
        if row is None:
            before = '' if isinstance(when, int) else 'before '
            raise GenericError(f'at: the hub has no event {before}{when}',
                               method='getEvent')
        self._event = Event(row.id, from_timestamp(row.ts))
        return self._event

    def call(self, method: str, /, *args: Any, **kwargs: Any
             ) -> Deferred[Any]:
        """
        Call a hub method, for the event.

        :param method: a method in `EVENT`. The arguments are those of the hub
                       method, without ``event``.
        :returns: a Deferred that fires with the result.
        :raises ConfigurationError: (a ValueError) if the method takes no
                                    event, or if the arguments have one.
        """
        try:
            arguments = _checked(method, args, kwargs)
            key = encode_call(method, args, kwargs)
        except Exception:
            return fail()
        return Deferred.fromCoroutine(
            self._call(method, arguments, kwargs, key))

    async def _call(self, method: str, args: list[Any],
                    kwargs: dict[str, Any], key: bytes) -> Any:
        if key in self._answers:
            self._answers.move_to_end(key)
            return _shared(self._answers[key])

        async def ask() -> Any:
            event = await self.find_event()
            place = EVENT[method]
            try:
                if len(args) > place:
                    answer = await self._client.call(
                        method, *args[:place], event.id, *args[place + 1:],
                        **kwargs)
                else:
                    answer = await self._client.call(
                        method, *args, event=event.id, **kwargs)
            finally:
                self._asking.pop(key, None)
            self._keep(event, key, answer)
            return answer

        return _shared(await self._asking.setdefault(
            key, SingleFlight()).run(ask))

    def _keep(self, event: Event, key: bytes, answer: Any) -> None:
        """Keep an answer, if it cannot change any more."""
        if event.time is None or self._client.now() - event.time < SETTLED:
            return
        self._answers[key] = answer
        if len(self._answers) > KEPT:
            self._answers.popitem(last=False)


def _shared(answer: Any) -> Any:
    """Make a list of the caller's own, of the same rows."""
    return list(answer) if isinstance(answer, list) else answer


def _checked(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
                ) -> list[Any]:
    """
    Check the arguments of a call.

    :returns: the positional arguments.
    :raises ConfigurationError: if the view cannot make the call.
    """
    place = EVENT.get(method)
    if place is None:
        raise ConfigurationError(
            f'{method} takes no event of the past: call it on the Connection,'
            ' for the present', method=method)
    if 'event' in kwargs or args[place:place + 1] not in ((), (None,)):
        raise ConfigurationError(
            f'{method}: the view has an event already; leave event out',
            method=method)
    needed = NEEDED.get(method)
    if needed is not None and (args[0] if args else kwargs.get(needed)
                               ) is None:
        raise ConfigurationError(
            f'{method} answers from the present, unless it has a {needed}',
            method=method)
    return list(args)
