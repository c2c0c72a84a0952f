"""The repositories of a FakeHub, and the requests for these."""
from __future__ import annotations

from typing import Any

from txkoji import task_states
from txkoji.exceptions import GenericError
from txkoji.testing import rows as joins
from txkoji.testing.history import History
from txkoji.testing.tables import Row, put_time
from txkoji.testing.tasks import Tasks
from txkoji.testing.world import World

#: The states of a repository (koji.REPO_STATES), and their names.
INIT, READY, EXPIRED, DELETED, PROBLEM = range(5)
STATES = ('INIT', 'READY', 'EXPIRED', 'DELETED', 'PROBLEM')

#: Seconds by which a repository may lag where a request names no event
#: (``RepoLag`` of the hub), and where nobody asks (``RepoAutoLag``). Both
#: are rounded down (``RepoLagWindow``).
LAG = 3600
AUTO_LAG = 7200
WINDOW = 600

#: The priority of a request that names none, and of one of nobody below it.
PRIORITY = 20
AUTO_PRIORITY = 5

#: Tries of a request before it is given up (``RepoRetries``).
RETRIES = 3

#: Whose the tasks of requests are (``RepoQueueUser``).
QUEUE_USER = 'kojira'

#: What a repository is made with, unless a request says otherwise.
OPTIONS = {'src': False, 'debuginfo': False, 'separate_src': False,
           'maven': False}


class Repos:
    """
    Repositories and requests for them, with the rules of kojihub/repos.py.

    Nobody makes repositories by itself: a test does, with `make`, or the hub's
    builders.

    :param world: where they are: ``repos`` and ``repo_requests``.

    :ivar history: the hub's events.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables
        self.history: History = History(world)

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
        if event is None:
            event = self.history.event()
        number, _ = self.begin(tag_id, event, opts=opts or {},
                               task_id=task_id)
        self.done(number)
        return number

    def begin(self, tag_id: int, event: int | None = None, *,
              opts: Row, task_id: int | None, dist: bool = False
              ) -> list[int]:
        """
        Begin to make a repository.

        :returns: its id, and its event.
        """
        if event is None:
            event = self._world.event()
        whole, custom = self._options(tag_id, opts)
        moment = self._world.moment()
        row = self._world.add('repos', {
            'tag_id': tag_id, 'create_event': event, 'state': INIT,
            'creation_time': moment, 'state_time': moment, 'dist': dist,
            'opts': None if dist else whole,
            'custom_opts': None if dist else custom, 'task_id': task_id})
        self._world.announce(
            'RepoInit', tag=self._tables.find('tags', tag_id), event=event,
            repo_id=row['id'], task_id=task_id)
        return [int(row['id']), event]

    def _options(self, tag_id: int, wanted: Row) -> tuple[Row, Row]:
        """Get the options of a repository, and those other than default."""
        whole: Row = dict(OPTIONS)
        tag = self._tables.by_id('tags').get(tag_id)
        if tag is not None and tag.get('maven_support'):
            whole['maven'] = True
        custom = {name: value for name, value in wanted.items()
                  if value != whole[name]}
        return {**whole, **custom}, custom

    def done(self, number: int, expire: bool = False) -> None:
        """Let a repository be ready, and fulfill requests by it."""
        row = self.row(number)
        if row['state'] != INIT:
            raise GenericError(f'Repo {number} not in INIT state (got'
                               f' {STATES[row["state"]]})')
        self._world.change(row, state=EXPIRED if expire else READY,
                           state_time=self._world.moment())
        for request in self._tables.repo_requests:
            if request['active'] and row in self._enough_for(
                    tag_id=request['tag_id'], opts=request['opts'],
                    min_event=request['min_event'],
                    at_event=request['at_event']):
                self._world.change(request, active=False, repo_id=number,
                                   update_time=self._world.moment())
        self._world.announce('RepoDone', repo=self.find(number), data={},
                             expire=expire)

    def row(self, number: int) -> Row:
        """
        Get the row of a repository.

        :raises GenericError: if there is none.
        """
        found = self._tables.by_id('repos').get(number)
        if found is None:
            raise GenericError('query returned no rows')
        return found

    def set_state(self, row: Row, state: int) -> None:
        """Let a repository be expired, deleted, or a problem."""
        self._world.change(row, state=state, state_time=self._world.moment())

    def find(self, repo_id: int) -> Row | None:
        """Get a repository, as ``repoInfo`` has it, or None."""
        row = self._tables.by_id('repos').get(repo_id)
        return row and self.joined(row)

    def newest(self, tag_id: int, *, state: int | None = READY,
               dist: bool = False, min_event: int | None = None,
               event: int | None = None) -> Row | None:
        """
        Get the newest one of a tag, whatever it is made with, or None.

        :param event: only one of at most this event, in whatever state.
        """
        found = [row for row in self._tables.where('repos', 'tag_id', tag_id)
                 if bool(row['dist']) == dist
                 and row['create_event'] >= (min_event or 0)
                 and (row['create_event'] <= event if event
                      else row['state'] == state)]
        return self._newest(found)

    def get(self, tag_id: int, min_event: int | None = None,
            at_event: int | None = None,
            opts: dict[str, bool] | None = None) -> Row | None:
        """Get the newest one that a request would be content with, or None."""
        return self._newest(self._enough_for(
            tag_id=tag_id, min_event=min_event, at_event=at_event,
            opts=opts or {}))

    def request(self, tag_id: int, owner: int, *, min_event: Any,
                at_event: int | None, opts: dict[str, bool],
                priority: int, force: bool) -> Row:
        """
        Ask for one.

        :param min_event: an event, "last", or None, which lets it lag.
        :returns: what ``repo.request`` gives.
        """
        if at_event is None:
            min_event = self._min_event(tag_id, min_event)
        if not force:
            repo = self.get(tag_id, min_event, at_event, opts)
            if repo is not None:
                return {'repo': repo, 'request': None, 'duplicate': False}
        for row in sorted(self._tables.repo_requests,
                          key=lambda row: (row['priority'], row['id'])):
            if (row['active'] and row['tag_id'] == tag_id
                    and row['opts'] == opts and row['at_event'] == at_event
                    and (row['min_event'] or 0) >= (min_event or 0)):
                if row['priority'] > PRIORITY + priority:
                    self._world.change(row, priority=PRIORITY + priority)
                return {'repo': None, 'request': self.joined_request(row),
                        'duplicate': True}
        moment = self._world.moment()
        row = self._world.add('repo_requests', {
            'tag_id': tag_id, 'owner': owner, 'priority': PRIORITY + priority,
            'min_event': min_event, 'at_event': at_event, 'opts': opts,
            'active': True, 'tries': 0, 'task_id': None, 'repo_id': None,
            'create_time': moment, 'update_time': moment})
        return {'repo': None, 'request': self.joined_request(row),
                'duplicate': False}

    def check(self, request_id: int) -> Row | None:
        """Get a request and its outcome, as ``repo.checkRequest`` does."""
        row = self._tables.by_id('repo_requests').get(request_id)
        if row is None:
            return None
        found = {'request': self.joined_request(row), 'repo': None}
        if row['repo_id'] is not None:
            found['repo'] = self.find(row['repo_id'])
        elif row['task_id'] is not None:
            found['task'] = self._task(row['task_id'])
        return found

    # As kojira does

    def check_queue(self) -> None:
        """Make tasks for the requests that wait."""
        tasks = self._tables.by_id('tasks')
        user = self._tables.by_name('users').get(QUEUE_USER)
        for row in self._tables.repo_requests:
            if not row['active'] or row['repo_id'] is not None:
                continue
            task = tasks.get(row['task_id'])
            if task is not None and task['state'] not in (
                    task_states.CANCELED, task_states.FAILED,
                    task_states.CLOSED):
                continue
            if task is not None and row['tries'] > RETRIES:
                self._world.change(row, active=False,
                                   update_time=self._world.moment())
                continue
            opts: Row = {'opts': row['opts'], '__starstar': True}
            if row['at_event'] is not None:
                opts['event'] = row['at_event']
            tag = {'id': row['tag_id'],
                   'name': self._tables.name('tags', row['tag_id'])}
            number = Tasks(self._world).make(
                'newRepo', [tag, opts], user['id'] if user else row['owner'],
                priority=15, channel='createrepo')
            self._world.change(row, task_id=number, tries=row['tries'] + 1,
                               update_time=self._world.moment())

    def auto_requests(self, owner: int) -> None:
        """Ask for repositories of the tags that want that."""
        for row in list(self._tables.active('tags')):
            extra = joins.tag_extra(self._tables, row)
            if not extra.get('repo.auto'):
                continue
            last = self.history.last_change(row['id'])
            lag = extra.get('repo.lag', AUTO_LAG)
            base = self._event_before(lag)
            wanted = min(base, last) if base and last else base or last
            self.request(row['id'], owner, min_event=wanted, at_event=None,
                         opts={}, priority=AUTO_PRIORITY, force=False)

    def _event_before(self, lag: int) -> int | None:
        """Get the last event before a time that is so long ago."""
        moment = (self._world.now() - lag) // WINDOW * WINDOW
        return max((int(row['id']) for row in self._tables.events
                    if row['ts'] < moment), default=None)

    def _min_event(self, tag_id: int, wanted: Any) -> int | None:
        """Whatever a request names as its event, as an event."""
        if wanted not in (None, 'last'):
            return int(wanted)
        last = self.history.last_change(tag_id)
        if wanted is None and last is not None:
            old = self._event_before(LAG)
            last = min(last, last if old is None else old)
        return last

    def _enough_for(self, *, tag_id: int, min_event: int | None,
                    at_event: int | None, opts: dict[str, bool]
                    ) -> list[Row]:
        return [row for row in self._tables.where('repos', 'tag_id', tag_id)
                if (row['state'] == READY and not row['dist']
                    and opts.items() <= (row['opts'] or {}).items()
                    and (row['custom_opts'] or {}).items() <= opts.items()
                    and row['create_event'] >= (min_event or 0)
                    and at_event in (None, row['create_event']))]

    def _newest(self, rows: list[Row]) -> Row | None:
        if not rows:
            return None
        return self.joined(max(rows, key=lambda row: (
            row['create_event'], row['id'])))

    def joined(self, row: Row) -> Row:
        """Get a repository with all that the hub tells of it."""
        joined = {name: row[name] for name in (
            'id', 'tag_id', 'create_event', 'state', 'dist', 'opts',
            'custom_opts', 'task_id')}
        joined['tag_name'] = self._tables.name('tags', row['tag_id'])
        joined['task_state'] = (self._task(row['task_id']) or {}).get('state')
        put_time(joined, 'creation', row['creation_time'])
        put_time(joined, 'state', row['state_time'])
        joined['begin_event'] = joined['end_event'] = None
        if not row['dist']:
            joined['begin_event'] = self.history.last_change(
                row['tag_id'], before=row['create_event'])
            joined['end_event'] = self.history.first_change(
                row['tag_id'], after=row['create_event'])
        for name in ('create', 'begin', 'end'):
            joined[f'{name}_ts'] = self._world.event_time(
                joined[f'{name}_event'])
        return joined

    def joined_request(self, row: Row) -> Row:
        """Get a request with all that the hub tells of it."""
        joined = dict(row)
        joined['owner_name'] = self._tables.name('users', row['owner'])
        joined['tag_name'] = self._tables.name('tags', row['tag_id'])
        joined['task_state'] = (self._task(row['task_id']) or {}).get('state')
        put_time(joined, 'create', row['create_time'])
        put_time(joined, 'update', row['update_time'])
        return joined

    def _task(self, task_id: int | None) -> Row | None:
        row = None if task_id is None else self._tables.by_id('tasks').get(
            task_id)
        return row and joins.task(row)
