"""`BuildChanges`: polls the states of builds."""
from __future__ import annotations

from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji import build_states
from txkoji.client import HubClient
from txkoji.messages.builds import BuildStateChange
from txkoji.messages.polling.changes import (
    MAX_PAGE,
    Change,
    Message,
    Newest,
    Rows,
    Since,
    read_all,
    seconds_of,
)
from txkoji.messages.polling.filters import Filters
from txkoji.multicall import MultiCall
from txkoji.stored_call import StoredCall


class Known(NamedTuple):
    """
    A known build.

    :ivar state: the state that was handed on.
    :ivar event: the event of its creation. A failed build that is made again
                 keeps its id, and has a new event.
    :ivar until: when it was last changed, in seconds since 1970.
    :ivar again: how often it has changed after its end, with the same event.
    """

    state: int
    event: int | None
    until: float
    again: int = 0

    def is_of(self, row: Any) -> bool:
        """Tell whether a build is still as it was handed on."""
        # Messages of koji-fedoramessaging have no event.
        return self.state == row.state and self.event in (
            None, row.creation_event_id)


class BuildChanges:
    """
    The states of builds.

    New builds are read from the highest id back into the window, the builds
    that ended in the window by their time, and those that are being built by
    their state. A build whose time of completion is from elsewhere, such as
    an imported one, is in none of these when it ends: it is asked for by id.

    :param client: asks the hub.
    :param filters: chooses the builds, by package and owner.

    :ivar latest: the latest time seen in a row, in seconds since 1970.
    """

    def __init__(self, client: HubClient, filters: Filters) -> None:
        self._client = client
        self._filters = filters
        self._known: dict[int, Known] = {}
        self._since = Since(0, 0)
        self._newest = Newest(self._is_old)
        self._first: StoredCall[Any]
        self._completed: StoredCall[Any]
        self._building: StoredCall[Any]
        self.latest: float = 0

    def ask(self, many: MultiCall, since: Since) -> None:
        """Add the calls of a round."""
        self._since = since
        self._first = many.call('listBuilds', queryOpts={
            'order': '-build_id', **self._newest.first})
        self._completed = many.call(
            'listBuilds', completeAfter=since.time, queryOpts={
                'order': 'build_id', 'limit': MAX_PAGE})
        self._building = many.call('listBuilds', state=build_states.BUILDING)

    async def collect(self) -> list[Change]:
        """Find the builds that are new, or have changed."""
        found: dict[int, Change] = {}
        seen: set[int] = set()

        def take(rows: list[Any]) -> None:
            self._compare([row for row in rows if not self._is_old(row)],
                          found, seen)

        def more(part: dict[str, int]) -> Deferred[list[Any]]:
            return self._client.call('listBuilds', queryOpts={
                'order': '-build_id', **part})

        def take_completed(rows: list[Any]) -> None:
            self._compare(rows, found, seen)

        def more_completed(part: dict[str, int]) -> Deferred[list[Any]]:
            return self._client.call(
                'listBuilds', completeAfter=self._since.time, queryOpts={
                    'order': 'build_id', **part})

        await self._newest.read(self._first.result, take, more)
        await read_all(self._completed.result, take_completed, more_completed,
                       lambda row: int(row.build_id))
        self._compare(self._building.result, found, seen)
        for number, known in self._known.items():
            if known.state == build_states.BUILDING and number not in seen:
                found[number] = self._change(number, known.until, None)
        # The answers are not kept until the next round.
        del self._first, self._completed, self._building
        return list(found.values())

    def _is_old(self, row: Any) -> bool:
        return (seconds_of(row, 'creation') or 0) <= self._since.time

    def _compare(self, rows: list[Any], found: dict[int, Change],
                 seen: set[int]) -> None:
        """Compare rows with what is known."""
        for row in rows:
            seen.add(row.build_id)
            created = seconds_of(row, 'creation') or 0
            self.latest = max(self.latest, created)
            known = self._known.get(row.build_id)
            if not self._wants(row):
                # Another process may have had other filters.
                self._known.pop(row.build_id, None)
            elif row.state != build_states.DELETED and (
                    known is None or not known.is_of(row)):
                found[row.build_id] = self._change(
                    row.build_id, _changed_at(row), _known_of(row, known))

    def _wants(self, row: Any) -> bool:
        filters = self._filters
        return (filters.wants_package(row.package_name)
                and filters.wants_owner(row.owner_name))

    def _change(self, number: int, time: float, seen: Known | None
                ) -> Change:
        known = self._known.get(number)

        def message(rows: Rows) -> Message | None:
            build = rows.builds.get(number)
            if build is None or build.state == build_states.DELETED or (
                    not self._wants(build)) or (
                    known is not None and known.is_of(build)):
                return None
            return _message(dict(build), None if known is None
                            else known.state, _known_of(build, known).again)

        def remember(rows: Rows) -> None:
            build = rows.builds.get(number)
            now = seen if build is None else _known_of(build, known)
            if now is None:
                self._known.pop(number, None)
            else:
                self._known[number] = now

        return Change(time, ('build', number), message, remember,
                      build_id=number)

    def hear(self, event: Any) -> None:
        """Remember an event that a broker has delivered."""
        if isinstance(event, BuildStateChange) and event.build.id is not None:
            known = _known_of(event.build, self._known.get(event.build.id))
            self._known[event.build.id] = known._replace(until=max(
                known.until, self._client.now().timestamp()))

    def forget(self, since: Since) -> None:
        """Forget finished builds that have not changed in the window."""
        self._known = {
            number: known for number, known in self._known.items()
            if known.until > since.time
            or known.state == build_states.BUILDING}

    def state(self) -> Any:
        """Get what is known of builds, for the state file."""
        return list(self._known.items())

    def restore(self, state: Any) -> None:
        """Take what is known of builds from the state file."""
        self._known = {
            int(number): Known(int(state), event and int(event), float(until),
                               int(again))
            for number, (state, event, until, again) in state}


def _known_of(row: Any, known: Known | None) -> Known:
    """
    Get what is known after a row.

    :param known: what was known before it.
    """
    event, again = row.get('creation_event_id'), 0
    if known is not None and event in (None, known.event):
        again = known.again + (known.state not in (
            row.state, build_states.BUILDING))
    return Known(row.state, event, max(
        _changed_at(row), seconds_of(row, 'creation') or 0), again)


def _changed_at(row: Any) -> float:
    """Get the time when a build got its state; 0 if unknown."""
    if row.state == build_states.BUILDING:
        return seconds_of(row, 'creation') or 0
    return (seconds_of(row, 'completion') or seconds_of(row, 'creation')
            or 0)


def _message(info: dict[str, Any], old: int | None, again: int) -> Message:
    new = info['state']
    return {
        'id': 'build-{build_id}-{creation_event_id}-{again}-{state}'.format(
            **info, again=again),
        'properties': {
            'type': 'BuildStateChange', 'attribute': 'state',
            'old': None if old is None else build_states.to_str(old),
            'new': build_states.to_str(new),
            **{name: info[name] for name in ('name', 'version', 'release')}},
        'body': {'attribute': 'state', 'old': old, 'new': new, 'info': info}}
