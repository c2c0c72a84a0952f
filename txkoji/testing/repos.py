"""
The repositories of a FakeHub, and the requests for these.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from txkoji.testing.history import History
from txkoji.testing.tables import Row, Tables, put_time

#: The states of a repository (koji.REPO_STATES).
INIT, READY, EXPIRED, DELETED, PROBLEM = range(5)

#: Seconds by which a repository may lag where a request names no event
#: (``RepoLag`` of the hub).
LAG = 3600

#: The priority of a request that names none.
PRIORITY = 20

#: What a repository is made with, unless a request says otherwise.
OPTIONS = {'src': False, 'debuginfo': False, 'separate_src': False,
           'maven': False}


class Repos:
    """
    Repositories and requests for them, with the rules of kojihub/repos.py.
    Nobody makes repositories by itself: a test does, with `make`.

    :param tables: where they are: `repos` and `repo_requests`.
    :param now: gives the hub's time, in seconds since 1970.

    :ivar history: the hub's events.
    """

    def __init__(self, tables: Tables, now: Callable[[], float],
                 history: History) -> None:
        self._tables = tables
        self._now = now
        self.history = history

    def make(self, tag_id: int, event: int | None = None, *,
             opts: dict[str, bool] | None = None,
             task_id: int | None = None) -> int:
        """
        Make a repository, which fulfills the requests that it is enough for.

        :param tag_id: the id of the tag.
        :param event: the event that it shows the tag at; None for a new one.
        :param opts: what it is made with, other than usual.
        :param task_id: the task that makes it.
        :returns: its id.
        """
        opts = opts or {}
        number = 1 + len(self._tables.repos)
        self._tables.repos.append({
            'id': number, 'tag_id': tag_id, 'state': READY, 'dist': False,
            'create_event': self.history.event() if event is None else event,
            'creation_time': self._time(), 'state_time': self._time(),
            'opts': {**OPTIONS, **opts}, 'custom_opts': opts,
            'task_id': task_id})
        for request in self._tables.repo_requests:
            if request['active'] and number in [
                    row['id'] for row in self._enough_for(
                        tag_id=request['tag_id'], opts=request['opts'],
                        min_event=request['min_event'],
                        at_event=request['at_event'])]:
                request.update(active=False, repo_id=number,
                               update_time=self._time())
        return number

    def find(self, repo_id: int) -> Row | None:
        """A repository, as `repoInfo` has it, or None."""
        return self._row([row for row in self._tables.repos
                          if row['id'] == repo_id])

    def newest(self, tag_id: int, *, state: int = READY, dist: bool = False,
               min_event: int | None = None) -> Row | None:
        """The newest one of a tag, whatever it is made with, or None."""
        return self._row([row for row in self._tables.repos if (
            row['tag_id'] == tag_id and row['state'] == state
            and bool(row['dist']) == dist
            and row['create_event'] >= (min_event or 0))])

    def get(self, tag_id: int, min_event: int | None = None,
            at_event: int | None = None,
            opts: dict[str, bool] | None = None) -> Row | None:
        """The newest one that a request would be content with, or None."""
        return self._row(self._enough_for(
            tag_id=tag_id, min_event=min_event, at_event=at_event,
            opts=opts or {}))

    def request(self, tag_id: int, owner: int, *, min_event: Any,
                at_event: int | None, opts: dict[str, bool],
                priority: int, force: bool) -> Row:
        """
        Ask for one.

        :param min_event: an event, "last", or None, which lets it lag.
        :returns: what `repo.request` gives.
        """
        if at_event is None:
            min_event = self._min_event(tag_id, min_event)
        if not force:
            repo = self.get(tag_id, min_event, at_event, opts)
            if repo is not None:
                return {'repo': repo, 'request': None, 'duplicate': False}
        for row in self._tables.repo_requests:
            if (row['active'] and row['tag_id'] == tag_id
                    and row['opts'] == opts and row['at_event'] == at_event
                    and (row['min_event'] or 0) >= (min_event or 0)):
                row['priority'] = min(row['priority'], PRIORITY + priority)
                return {'repo': None, 'request': self._request(row),
                        'duplicate': True}
        row = {'id': 1 + len(self._tables.repo_requests), 'tag_id': tag_id,
               'owner': owner, 'priority': PRIORITY + priority,
               'min_event': min_event, 'at_event': at_event, 'opts': opts,
               'active': True, 'tries': 0, 'task_id': None, 'repo_id': None,
               'create_time': self._time(), 'update_time': self._time()}
        self._tables.repo_requests.append(row)
        return {'repo': None, 'request': self._request(row),
                'duplicate': False}

    def check(self, request_id: int) -> Row | None:
        """A request and what became of it, as `repo.checkRequest` has it."""
        for row in self._tables.repo_requests:
            if row['id'] == request_id:
                found = {'request': self._request(row), 'repo': None}
                if row['repo_id'] is not None:
                    found['repo'] = self.find(row['repo_id'])
                elif row['task_id'] is not None:
                    found['task'] = self._task(row['task_id'])
                return found
        return None

    def _min_event(self, tag_id: int, wanted: Any) -> int | None:
        """Whatever a request names as its event, as an event."""
        if wanted not in (None, 'last'):
            return int(wanted)
        last = self.history.last_change(tag_id)
        if wanted is None and last is not None:
            old = [int(row['id']) for row in self._tables.events
                   if row['ts'] < self._now() - LAG]
            last = min(last, max(old, default=last))
        return last

    def _enough_for(self, *, tag_id: int, min_event: int | None,
                    at_event: int | None, opts: dict[str, bool]
                    ) -> list[Row]:
        return [row for row in self._tables.repos if (
            row['tag_id'] == tag_id and row['state'] == READY
            and not row['dist'] and row['custom_opts'] == opts
            and row['create_event'] >= (min_event or 0)
            and at_event in (None, row['create_event']))]

    def _row(self, rows: list[Row]) -> Row | None:
        """The newest of some, joined with what else the hub tells."""
        if not rows:
            return None
        row = max(rows, key=lambda row: (row['create_event'], row['id']))
        joined = {name: row[name] for name in (
            'id', 'tag_id', 'create_event', 'state', 'dist', 'opts',
            'custom_opts', 'task_id')}
        joined['tag_name'] = self._tables.name('tags', row['tag_id'])
        joined['task_state'] = (self._task(row['task_id']) or {}).get('state')
        put_time(joined, 'creation', row['creation_time'])
        put_time(joined, 'state', row['state_time'])
        joined['begin_event'] = self.history.last_change(
            row['tag_id'], before=row['create_event'])
        joined['end_event'] = self.history.first_change(
            row['tag_id'], after=row['create_event'])
        times = {each['id']: each['ts'] for each in self._tables.events}
        for name in ('create', 'begin', 'end'):
            joined[f'{name}_ts'] = times.get(joined[f'{name}_event'])
        return joined

    def _request(self, row: Row) -> Row:
        joined = dict(row)
        joined['owner_name'] = self._tables.name('users', row['owner'])
        joined['tag_name'] = self._tables.name('tags', row['tag_id'])
        joined['task_state'] = (self._task(row['task_id']) or {}).get('state')
        put_time(joined, 'create', row['create_time'])
        put_time(joined, 'update', row['update_time'])
        return joined

    def _task(self, task_id: int | None) -> Row | None:
        for row in self._tables.tasks:
            if row['id'] == task_id:
                return self._tables.task(row)
        return None

    def _time(self) -> str:
        return datetime.fromtimestamp(self._now(), timezone.utc).isoformat(
            ' ', 'microseconds')
