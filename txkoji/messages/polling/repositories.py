"""`RepoChanges`: polls the repositories of tags."""
from __future__ import annotations

from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji.client import HubClient
from txkoji.exceptions import GenericError
from txkoji.messages.polling.changes import (
    Change,
    Message,
    Newest,
    Rows,
    Since,
)
from txkoji.messages.repositories import RepoDone, RepoInit
from txkoji.multicall import MultiCall
from txkoji.stored_call import StoredCall

#: The states of repositories (koji/__init__.py, ``REPO_STATES``).
INIT, READY, EXPIRED = 0, 1, 2

#: What is asked of a repository. The event of one may be long past.
FIELDS = ['id', 'tag_id', 'tag_name', 'create_event', 'create_ts',
          'creation_ts', 'state', 'task_id', 'dist']


class Known(NamedTuple):
    """
    A known repository.

    :ivar state: the state that was handed on.
    :ivar created: when it was begun, in seconds since 1970; None if the hub
                   does not say.
    """

    state: int
    created: float | None


class RepoChanges:
    """
    The making of repositories.

    They are read from the highest id back into the window, and unfinished
    ones by their ids. Hubs before 1.35 have no ``repo.query``. They are asked
    for all active repositories.

    :param client: asks the hub.

    :ivar tags: the ids of the wanted tags; None for all.
    """

    def __init__(self, client: HubClient) -> None:
        self._client = client
        self.tags: list[int] | None = None
        self._known: dict[int, Known] = {}
        self._since = Since(0, 0)
        #: Whether the hub has no ``repo.query``.
        self._old = False
        self._newest = Newest(self._is_old)
        self._first: StoredCall[Any]
        self._pending: StoredCall[Any] | None = None

    async def find_unfinished(self, since: Since) -> list[Change]:
        """Find unfinished ones that are older than a round looks for."""
        self._since = since
        try:
            rows = await self._client.call(
                'repo.query', [['state', '=', INIT]], FIELDS)
        except GenericError as error:
            self._check_old(error)
            # All of them are read in each round.
            return []
        return [self._change('RepoInit', row) for row in rows
                if row['id'] not in self._known and self._is_old(row)
                and self._wants(row)]

    def _wants(self, row: Any) -> bool:
        return self.tags is None or row['tag_id'] in self.tags

    def _check_old(self, error: GenericError) -> None:
        """Hear that the hub has no ``repo.query``; other errors go on."""
        if self._old or 'Invalid method' not in str(error):
            raise error
        self._old = True

    def ask(self, many: MultiCall, since: Since) -> None:
        """Add the calls of a round."""
        self._since = since
        self._pending = None
        if self._old:
            self._first = many.call('getActiveRepos')
            return
        self._first = many.call('repo.query', [], FIELDS,
                                 {'order': '-id', **self._newest.first})
        pending = [number for number, known in self._known.items()
                   if known.state == INIT]
        if pending:
            self._pending = many.call('repo.query', [['id', 'IN', pending]],
                                      FIELDS)

    async def collect(self) -> list[Change]:
        """Find repositories that are begun, and those that are ready."""
        found: dict[int, list[Change]] = {}

        def take(rows: list[Any]) -> None:
            for row in rows:
                if self._wants(row):
                    found[row['id']] = self._changes(row)
                else:
                    # Another process may have had other filters.
                    self._known.pop(row['id'], None)

        def more(part: dict[str, int]) -> Deferred[list[Any]]:
            return self._client.call('repo.query', [], FIELDS,
                                     {'order': '-id', **part})

        try:
            page = self._first.result
        except GenericError as error:
            self._check_old(error)
            page = await self._client.call('getActiveRepos')
        if self._old:
            listed = {row['id'] for row in page}
            self._known = {number: known for number, known
                           in self._known.items() if number in listed}
            take(page)
        else:
            await self._newest.read(page, take, more)
            if self._pending is not None:
                take(self._pending.result)
        # The answers are not kept until the next round.
        del self._first
        self._pending = None
        return [change for changes in found.values() for change in changes]

    def _is_old(self, row: Any) -> bool:
        created: float | None = row.get('creation_ts')
        return created is not None and created <= self._since.time

    def _changes(self, row: Any) -> list[Change]:
        """Find what has happened to a repository."""
        known = self._known.get(row['id'])
        if known is None and self._is_old(row):
            return []
        changes = []
        if known is None:
            changes.append(self._change('RepoInit', row))
        if row['state'] in (READY, EXPIRED) and (
                known is None or known.state == INIT):
            changes.append(self._change('RepoDone', row))
        if known is not None and not changes:
            # It has failed, or has expired after a while.
            self._known[row['id']] = known._replace(state=row['state'])
        return changes

    def _change(self, kind: str, row: Any) -> Change:
        def message(rows: Rows) -> Message:
            body: dict[str, Any] = {
                'tag': {'id': row['tag_id'], 'name': row['tag_name']},
                'repo_id': row['id'], 'task_id': row['task_id'],
                'event': row['create_event']}
            if kind == 'RepoDone':
                body = {'repo': dict(row), 'expire': row['state'] == EXPIRED}
            return {'id': f'{kind}-{row["id"]}', 'properties': {
                'type': kind, 'tag': row['tag_name'], 'repo_id': row['id'],
                'task_id': row['task_id']}, 'body': body}

        def remember(rows: Rows) -> None:
            self._known[row['id']] = Known(
                INIT if kind == 'RepoInit' else row['state'],
                row.get('creation_ts'))

        time = row.get('creation_ts') or row['create_ts'] or 0
        return Change(time, ('repo', row['id']), message, remember)

    def hear(self, event: Any) -> None:
        """Remember an event that a broker has delivered."""
        if isinstance(event, RepoInit) and event.repo.id is not None:
            self._known[event.repo.id] = Known(
                (EXPIRED if event.expire else READY)
                if isinstance(event, RepoDone) else INIT,
                self._client.now().timestamp())

    def forget(self, since: Since) -> None:
        """Forget finished repositories that were begun before the window."""
        self._known = {
            number: known for number, known in self._known.items()
            if known.state == INIT or known.created is None
            or known.created > since.time}

    def state(self) -> Any:
        """Get what is known of repositories, for the state file."""
        return list(self._known.items())

    def restore(self, state: Any) -> None:
        """Take what is known of repositories from the state file."""
        self._known = {
            int(number): Known(int(state), created and float(created))
            for number, (state, created) in state}
