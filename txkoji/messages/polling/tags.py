"""`TagChanges`: polls the history of tags."""
from __future__ import annotations

from typing import Any

from twisted.internet.task import deferLater

from txkoji.client import HubClient
from txkoji.exceptions import KojiException
from txkoji.messages.polling.changes import Change, Message, Rows, Since
from txkoji.messages.polling.filters import Filters
from txkoji.messages.tags import PackageListChange, TagUntag
from txkoji.multicall import MultiCall
from txkoji.stored_call import StoredCall

#: The table of the owners of packages. Older hubs do not have it.
OWNERS = 'tag_package_owners'

#: The tables of the history that have the builds and packages of tags.
TABLES = ['tag_listing', 'tag_packages', OWNERS]

#: Events in one request, about 1.5 kB each. The next request has more.
EVENTS = 5000

#: Rows that are looked at in one turn of the reactor.
ROWS = 500

#: What was handed on: the kind, the build or package, the tag, and the event.
Key = tuple[str, int, int, int]

#: What a broker has delivered: a kind, a build or package, and a tag.
Heard = tuple[str, int | str | None, str | None]

#: A change, and as what it may have been handed on or delivered.
Found = tuple[Change, Key, Heard]

#: The beginning and the end of a row, and the names of their members.
ENDS = [('Tag', 'create', 'creator'), ('Untag', 'revoke', 'revoker')]


class TagChanges:
    """
    The builds that are tagged and untagged, and the lists of packages.

    :param client: asks the hub.
    :param filters: chooses the packages.

    :ivar tags: the ids of the wanted tags; None for all.
    :ivar latest: the time of the last event, in seconds since 1970.
    :ivar behind: the event up to which a round has come that could not read
                  all. None if all is read.
    :ivar reached: that of the round under way, until all of it is handed on.
    """

    def __init__(self, client: HubClient, filters: Filters) -> None:
        self._client = client
        self._filters = filters
        self.tags: list[int] | None = None
        self._handed: set[Key] = set()
        #: The events of a round: those after the first, up to the second.
        self._after, self._to = 0, 0
        self._last: StoredCall[Any]
        self._calls: list[StoredCall[Any]] = []
        self._tables = TABLES
        #: What a broker has delivered since the last round, and each time. Its
        #: messages have no event.
        self._heard: dict[Heard, list[float]] = {}
        self.latest: float = 0
        self.behind: int | None = None
        self.reached: int | None = None

    def ask(self, many: MultiCall, since: Since) -> None:
        """Add the calls of a round: one, or one a tag."""
        self._after = since.event if self.behind is None else self.behind
        self._to = self._after + EVENTS
        self._last = many.call('getLastEvent', strict=False)
        self._calls = [many.call('queryHistory', self._tables, **which)
                       for which in self._parts()]

    def _parts(self) -> list[dict[str, Any]]:
        """List the parts of the history to ask for."""
        return [{'afterEvent': self._after, 'beforeEvent': self._to + 1,
                 **which} for which in ([{}] if self.tags is None else [
                     {'tag': tag} for tag in self.tags])]

    async def _results(self) -> list[Any]:
        try:
            return [call.result for call in self._calls]
        except KojiException as error:
            if OWNERS not in self._tables or OWNERS not in str(error):
                raise
            self._tables = TABLES[:-1]
            return [await self._client.call('queryHistory', self._tables,
                                            **which)
                    for which in self._parts()]

    async def collect(self) -> list[Change]:
        """Find what has changed in tags."""
        last = self._last.result
        # A new hub has no event.
        number, self.latest = (0, 0) if last is None else (last.id, last.ts)
        found: list[Found] = []
        for tables in await self._results():
            for count, row in enumerate(tables.get('tag_listing', ())):
                await self._give_way(count)
                found += self._taggings(row)
            found += await self._lists_of_packages(
                tables.get('tag_packages', ()), tables.get(OWNERS, ()))
        self.reached = self._to if number > self._to else None
        # The answers are not kept until the next round.
        self._calls.clear()
        # A broker has delivered the first of events that look alike. A build
        # that is tagged again is untagged first, in the same event.
        found.sort(key=lambda each: (each[0].event, each[1][0] == 'Tag'))
        changes = [change for change, key, heard in found
                   if self._is_new(key, heard)]
        if self.reached is None:
            self._heard.clear()
        return changes

    def move_on(self) -> None:
        """End a round whose changes are all handed on."""
        self.behind = self.reached

    def _is_known(self, key: Key) -> bool:
        return not self._after < key[-1] <= self._to or key in self._handed

    def _is_new(self, key: Key, heard: Heard) -> bool:
        if key in self._handed:
            return False
        times = self._heard.get(heard)
        if not times:
            return True
        del times[0]
        self._handed.add(key)
        return False

    async def _give_way(self, count: int) -> None:
        """Let the reactor do other work, after each `ROWS` rows."""
        if count % ROWS == ROWS - 1:
            await deferLater(self._client.reactor, 0)

    def _taggings(self, row: Any) -> list[Found]:
        """Find when a build was tagged and untagged, in a row."""
        if not self._filters.wants_package(row['name']):
            return []
        found = []
        for kind, end, who in ENDS:
            event = row[f'{end}_event']
            if event is None:
                continue
            key = (kind, row['build_id'], row['tag_id'], event)
            if not self._is_known(key):
                found.append((self._tagging(kind, row, row[f'{end}_ts'] or 0, {
                    'id': row[f'{who}_id'], 'name': row[f'{who}_name']}, key),
                    key, (kind, row['build_id'], row['tag.name'])))
        return found

    def _tagging(self, kind: str, row: Any, time: float, user: dict[str, Any],
                 key: Key) -> Change:
        def message(rows: Rows) -> Message:
            build = rows.builds.get(row['build_id'])
            nvr = {name: row[name] for name in (
                'name', 'version', 'release')}
            tag = {'id': row['tag_id'], 'name': row['tag.name']}
            return {
                'id': _id_of(key),
                'properties': {'type': kind, 'tag': tag['name'],
                               'user': user['name'], **nvr},
                'body': {'tag': tag, 'user': user, 'build': (
                    {'id': row['build_id'], 'build_id': row['build_id'],
                     'epoch': row['epoch'], **nvr,
                     'nvr': '{name}-{version}-{release}'.format(**nvr)}
                    if build is None else dict(build))}}

        return Change(time, ('build', row['build_id']), message,
                      self._remember(key), build_id=row['build_id'],
                      event=key[-1])

    def _remember(self, key: Key) -> Any:
        return lambda rows: self._handed.add(key)

    async def _lists_of_packages(self, packages: Any, owners: Any
                                 ) -> list[Found]:
        """Find what changed in the lists of packages of tags."""
        begun, ended, owned = (
            {_package_key(row, end): row for row in rows
             if row[f'{end}_event'] is not None}
            for rows, end in [(packages, 'create'), (packages, 'revoke'),
                              (owners, 'create')])
        found = []
        for count, key in enumerate({**begun, **ended, **owned}):
            await self._give_way(count)
            new, old = begun.get(key), ended.get(key)
            owner = owned.get(key)
            row: Any = new or old or owner
            name = row['package.name']
            if self._filters.wants_package(name) and not self._is_known(key):
                found.append((self._package_change(
                    row, _action(new, old), key, 'create'
                    if new or not old else 'revoke', owner),
                    key, ('Package', name, row['tag.name'])))
        return found

    def _package_change(self, row: Any, action: str, key: Key, end: str,
                        owner: Any) -> Change:
        who = 'creator' if end == 'create' else 'revoker'
        user = {'id': row[f'{who}_id'], 'name': row[f'{who}_name']}
        tag = {'id': row['tag_id'], 'name': row['tag.name']}
        package = {'id': row['package_id'], 'name': row['package.name']}

        def message(rows: Rows) -> Message:
            return {
                'id': _id_of(key),
                'properties': {
                    'type': 'PackageListChange', 'tag': tag['name'],
                    'package': package['name'], 'action': action,
                    'user': user['name']},
                'body': {
                    'action': action, 'tag': tag, 'package': package,
                    'user': user, 'owner': owner and owner['owner'],
                    'block': row.get('blocked'),
                    'extra_arches': row.get('extra_arches')}}

        return Change(row[f'{end}_ts'] or 0, ('package', key[1:3]), message,
                      self._remember(key), event=key[-1])

    def hear(self, event: Any) -> None:
        """Remember an event that a broker has delivered."""
        if isinstance(event, TagUntag):
            heard: Heard = (event.kind, event.build.id, event.tag)
        elif isinstance(event, PackageListChange):
            heard = ('Package', event.package, event.tag)
        else:
            return
        self._heard.setdefault(heard, []).append(
            self._client.now().timestamp())

    def forget(self, since: Since) -> None:
        """Forget what was handed on before the window."""
        self.forget_keys(since)
        self._heard = {
            heard: recent for heard, times in self._heard.items()
            if (recent := [time for time in times if time > since.time])}

    def forget_keys(self, since: Since) -> None:
        """Forget what was handed on before an event."""
        self._handed = {key for key in self._handed
                        if key[-1] > since.event}

    def state(self) -> Any:
        """Get what was handed on, for the state file."""
        return list(self._handed)

    def restore(self, state: Any) -> None:
        """Take what was handed on from the state file."""
        self._handed = {(str(kind), int(thing), int(tag), int(event))
                        for kind, thing, tag, event in state}


def _package_key(row: Any, end: str) -> Key:
    return ('Package', row['package_id'], row['tag_id'], row[f'{end}_event'])


def _id_of(key: Key) -> str:
    return '-'.join(map(str, key))


def _action(new: Any, old: Any) -> str:
    """
    Infer what was done to the list of packages of a tag.

    :param new: the row that began at the event, or None.
    :param old: the row that ended at it, or None.
    """
    if new is None and old is None:
        # Only the owner is another.
        return 'update'
    if new is None:
        return 'unblock' if old['blocked'] else 'remove'
    if new['blocked']:
        return 'update' if old is not None and old['blocked'] else 'block'
    if old is None:
        return 'add'
    return 'unblock' if old['blocked'] else 'update'
