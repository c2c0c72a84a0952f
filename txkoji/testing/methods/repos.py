"""The hub methods about repositories."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import ActionNotAllowed, GenericError, ParameterError
from txkoji.testing.calls import Methods, export
from txkoji.testing.clauses import view
from txkoji.testing.lookups import crash, entry_id, number, strict_tag
from txkoji.testing.repos import (
    DELETED,
    EXPIRED,
    OPTIONS,
    PROBLEM,
    READY,
    STATES,
    Repos,
)
from txkoji.testing.tables import Row
from txkoji.testing.tasks import Tasks

#: The fields of a repository that a query gives unless it names others.
DEFAULT = ('id', 'tag_id', 'create_event', 'state', 'dist', 'task_id',
           'opts', 'custom_opts')

#: Those that a query gives for "*": the columns of the table.
COLUMNS = DEFAULT + ('creation_time', 'creation_ts', 'state_time', 'state_ts',
                     'begin_event', 'end_event')

#: All fields of repositories, and of requests.
FIELDS = (*COLUMNS, 'create_ts', 'begin_ts', 'end_ts', 'task_state',
          'tag_name')
QUEUE_FIELDS = ('id', 'create_time', 'create_ts', 'owner', 'owner_name',
                'priority', 'tag_id', 'tag_name', 'at_event', 'min_event',
                'opts', 'update_time', 'update_ts', 'active', 'task_id',
                'task_state', 'tries', 'repo_id')

#: The same for requests.
QUEUE = ('id', 'tag_id', 'at_event', 'min_event', 'create_ts', 'task_id',
         'tries', 'repo_id', 'opts', 'active', 'update_ts')

class RepoMethods(Methods):
    """Repositories of tags."""

    @export('old_get_repo')
    def getRepo(self, tag: Any, state: Any = None, event: Any = None,
                dist: bool = False, min_event: Any = None) -> Any:
        place = entry_id(self.tables, 'tags', tag)
        state, event = number(state, null=True), number(event, null=True)
        return Repos(self.world).newest(
            place, state=READY if state is None else state, dist=bool(dist),
            min_event=number(min_event, null=True), event=event)

    @export('repo_info')
    def repoInfo(self, repo_id: Any, strict: bool = False) -> Any:
        found = Repos(self.world).find(number(repo_id))
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    @export()
    def getActiveRepos(self) -> Any:
        return [{name: joined[name] for name in (
            'id', 'state', 'create_event', 'create_ts', 'dist', 'task_id',
            'tag_id', 'tag_name')} for joined in map(
                Repos(self.world).joined, self.tables.repos)
            if joined['state'] != DELETED]

    @export('repo_expire', perm='repo')
    def repoExpire(self, repo_id: Any) -> None:
        self._set(repo_id, EXPIRED)

    @export('repo_problem', perm='repo')
    def repoProblem(self, repo_id: Any) -> None:
        self._set(repo_id, PROBLEM)

    @export('repo_delete', perm='repo')
    def repoDelete(self, repo_id: Any) -> int:
        self._set(repo_id, DELETED)
        return 0

    def _set(self, info: Any, state: int) -> None:
        rules = Repos(self.world)
        rules.set_state(rules.row(number(info)), state)

    @export('dist_repo')
    def distRepo(self, tag: Any, keys: Any, **task_opts: Any) -> int:
        if 'arch' not in task_opts:
            raise crash("<class 'KeyError'>: 'arch'")
        found = strict_tag(self.tables, tag)
        if self.caller.user_id is None:
            raise GenericError('task must have an owner')
        repo, event = Repos(self.world).begin(
            found['id'], task_opts.get('event'), opts={}, task_id=None,
            dist=True)
        return Tasks(self.world).make(
            'distRepo', [tag, repo, keys, {**task_opts, 'event': event}],
            self.caller.user_id, priority=15, channel='createrepo')


class RepoExports(Methods):
    """The methods whose names begin with ``repo.``."""

    prefix = 'repo.'
    says = 'RepoExports'

    @export('get_repo')
    def get(self, tag: Any, min_event: Any = None, at_event: Any = None,
            opts: Any = None) -> Any:
        place = entry_id(self.tables, 'tags', tag)
        return Repos(self.world).get(
            place, number(min_event, null=True), number(at_event, null=True),
            _options(opts))

    @export('check_repo_request')
    def checkRequest(self, req_id: Any) -> Any:
        found = Repos(self.world).check(number(req_id))
        if found is None:
            raise GenericError('No such request')
        return found

    @export('request_repo')
    def request(self, tag: Any, min_event: Any = None, at_event: Any = None,
                opts: Any = None, priority: Any = None, force: bool = False
                ) -> Any:
        user = self.caller.login()
        place = strict_tag(self.tables, tag)
        wanted = _options(opts)
        if at_event is not None:
            if min_event is not None:
                raise ParameterError('The min_event and at_event options'
                                     ' conflict')
            at_event = self._event(at_event)
        elif min_event not in (None, 'last'):
            min_event = self._event(min_event)
        relative = number(priority or 0)
        if relative < 0 and not self.caller.has('admin'):
            raise ActionNotAllowed('only admins may create high-priority'
                                   ' requests')
        return Repos(self.world).request(
            place['id'], user, min_event=min_event, at_event=at_event,
            opts=wanted, priority=relative, force=force)

    def _event(self, info: Any) -> int:
        event: int = number(info)
        # Of the events before its last, the sample has none.
        if event > max(row['id'] for row in self.tables.events):
            raise ParameterError(f'Invalid event: {event}')
        return event

    @export('set_request_priority', perm='admin')
    def setRequestPriority(self, req_id: Any, priority: Any) -> None:
        row = self.tables.by_id('repo_requests').get(number(req_id))
        if row is None:
            raise GenericError('query returned no rows')
        self.world.change(row, priority=number(priority))

    @export('check_repo_queue', perm='repo')
    def checkQueue(self) -> None:
        Repos(self.world).check_queue()

    @export('do_auto_requests', perm='repo')
    def autoRequests(self) -> None:
        Repos(self.world).auto_requests(self.caller.login())

    @export('update_end_events', perm='repo')
    def updateEndEvents(self) -> None:
        """Get the events at which repositories end are always as of now."""

    @export('repo_set_state', perm='repo')
    def setState(self, repo_id: Any, state: Any, check: bool = True) -> None:
        rules = Repos(self.world)
        row, wanted = rules.row(number(repo_id)), number(state)
        if check and row['state'] not in (wanted, 0, READY, EXPIRED) or (
                check and wanted < row['state']):
            raise GenericError(
                f'Invalid repo state transition for repo {row["id"]}:'
                f' {STATES[row["state"]]} -> {STATES[wanted]}')
        rules.set_state(row, wanted)

    @export('repo_references')
    def references(self, repo_id: Any) -> Any:
        return [row for row in self.tables.buildroots
                if row.get('repo_id') == number(repo_id)]

    @export(lazy=True)
    def query(self, clauses: Any, fields: Any = None, opts: Any = None
              ) -> Any:
        rows = map(Repos(self.world).joined, self.tables.repos)
        return view(rows, clauses, fields, opts, DEFAULT, COLUMNS, FIELDS)

    @export(lazy=True)
    def queryQueue(self, clauses: Any = None, fields: Any = None,
                   opts: Any = None) -> Any:
        rows = map(Repos(self.world).joined_request,
                   self.tables.repo_requests)
        return view(rows, clauses or [], fields, opts, QUEUE,
                     QUEUE_FIELDS, QUEUE_FIELDS)


def _options(opts: Any) -> Row:
    """
    Get the options of a request.

    :raises ParameterError: if it has others.
    """
    if opts is None:
        return {}
    if not isinstance(opts, dict):
        raise ParameterError('Repo opts must be a dictionary')
    for name in opts:
        if name not in OPTIONS:
            raise ParameterError(f'Invalid repo option: {name}')
    return {name: bool(value) for name, value in opts.items()
            if value is not None}
