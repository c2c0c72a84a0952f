"""`TaskChanges`: polls the states of tasks."""
from __future__ import annotations

from bisect import bisect_right
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.client import HubClient
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
from txkoji.messages.tasks import TaskStateChange
from txkoji.multicall import MultiCall
from txkoji.stored_call import StoredCall

#: Open tasks that a round asks for, 1.5 kB each. More take turns.
OPEN_TASKS = 1000

#: The states of unfinished tasks, in their order. A host that is lost, or
#: refuses a task, leads back.
ORDER = (task_states.FREE, task_states.ASSIGNED, task_states.OPEN)


class Known(NamedTuple):
    """
    A known task.

    :ivar state: the state that was handed on.
    :ivar created: when the task was made, in seconds since 1970.
    :ivar freed: how often it was seen to go back to an earlier state.
    """

    state: int
    created: float
    freed: int = 0

    def becomes(self, state: int) -> Known:
        """Get what is known after a change of the state."""
        back = state in ORDER[:ORDER.index(self.state)] if (
            self.state in ORDER) else state in ORDER
        return self._replace(state=state, freed=self.freed + back)


class TaskChanges:
    """
    The states of tasks.

    New tasks are read from the highest id back into the window, and those
    that are known to be open by their ids. (The hub has no index on the times
    of tasks.)

    :param client: asks the hub.
    :param filters: chooses the tasks, by method and owner.

    :ivar owners: the ids of the users whose tasks are wanted; None for all.
    :ivar latest: the latest time seen in a row, in seconds since 1970.
    """

    def __init__(self, client: HubClient, filters: Filters) -> None:
        self._client = client
        self._filters = filters
        self.owners: list[int] | None = None
        self._known: dict[int, Known] = {}
        self._since = Since(0, 0)
        #: The last open task that was asked for, when they take turns.
        self._turn = 0
        self._newest = Newest(self._is_old)
        self._first: StoredCall[Any] | None = None
        self._open: StoredCall[Any] | None = None
        #: The open tasks that this asks for.
        self._asked: list[int] = []
        self.latest: float = 0

    def ask(self, many: MultiCall, since: Since) -> None:
        """Add the calls of a round."""
        self._since = since
        if self._wants_none:
            return
        self._first = many.call('listTasks', self._options,
                                 {'order': '-id', **self._newest.first})
        self._asked = self._next_open()
        self._open = (many.call('getTaskInfo', self._asked)
                      if self._asked else None)

    @property
    def _wants_none(self) -> bool:
        """Whether no task is asked for: the hub refuses empty lists."""
        return self.owners == [] or self._filters.methods == frozenset()

    @property
    def _options(self) -> dict[str, Any]:
        """The options of ``listTasks`` that choose the tasks."""
        options: dict[str, Any] = {}
        if self.owners is not None:
            options['owner'] = self.owners
        methods = self._filters.methods
        if methods is not None and len(methods) == 1:
            # The hub takes one. Of several, it is asked for all tasks.
            [options['method']] = methods
        return options

    def _next_open(self) -> list[int]:
        """Choose the open tasks that a round asks for."""
        numbers = sorted(number for number, known in self._known.items()
                         if known.state in task_states.ACTIVE_GROUP)
        if len(numbers) > OPEN_TASKS:
            place = bisect_right(numbers, self._turn)
            numbers = (numbers[place:] + numbers[:place])[:OPEN_TASKS]
            self._turn = numbers[-1]
        return numbers

    async def find_unfinished(self, since: Since) -> list[Change]:
        """Find open tasks that are older than a round looks for."""
        self._since = since
        found: dict[int, Change] = {}

        def take(rows: list[Any]) -> None:
            found.update((row.id, self._change(row)) for row in rows
                         if row.id not in self._known and self._is_old(row)
                         and self._wants(row))

        def more(part: dict[str, int]) -> Deferred[list[Any]]:
            return self._client.call('listTasks', {
                **self._options, 'state': list(task_states.ACTIVE_GROUP)},
                {'order': '-id', **part})

        if not self._wants_none:
            await read_all(await more({'limit': MAX_PAGE, 'offset': 0}), take,
                           more, lambda row: -row.id)
        return list(found.values())

    async def collect(self) -> list[Change]:
        """Find the tasks that are new, or have changed."""
        found: dict[int, Change] = {}

        def take(rows: list[Any]) -> None:
            self._compare(rows, found)

        def more(part: dict[str, int]) -> Deferred[list[Any]]:
            return self._client.call('listTasks', self._options,
                                     {'order': '-id', **part})

        if self._first is not None:
            await self._newest.read(self._first.result, take, more)
        if self._open is not None:
            rows = self._open.result
            take([row for row in rows if row is not None])
            for number, row in zip(self._asked, rows):
                if row is None:
                    # The hub does not know it any more.
                    self._known.pop(number, None)
        # The answers are not kept until the next round.
        self._first = self._open = None
        return list(found.values())

    def _is_old(self, row: Any) -> bool:
        return (seconds_of(row, 'create') or 0) <= self._since.time

    def _compare(self, rows: list[Any], found: dict[int, Change]) -> None:
        """Compare rows with what is known."""
        for row in rows:
            for name in ('create', 'start', 'completion'):
                self.latest = max(self.latest, seconds_of(row, name) or 0)
            known = self._known.get(row.id)
            if not self._wants(row):
                # Another process may have had other filters.
                self._known.pop(row.id, None)
            elif (not self._is_old(row) if known is None
                    else known.state != row.state):
                found[row.id] = self._change(row)

    def _wants(self, row: Any) -> bool:
        return self._filters.wants_method(row.method) and (
            self.owners is None or row.owner in self.owners)

    def _change(self, row: Any) -> Change:
        number, state = row.id, row.state
        known = self._known.get(number)
        created = seconds_of(row, 'create') or 0

        def current(rows: Rows) -> Any:
            """Get the row, which may have changed again since."""
            return rows.tasks.get(number)

        def message(rows: Rows) -> Message | None:
            task = current(rows)
            if task is None or known is not None and (
                    task.state == known.state):
                return None
            return _message(dict(task), None if known is None
                            else known.state, changed(task.state).freed)

        def changed(state: int) -> Known:
            return (Known(state, created) if known is None
                    else known.becomes(state))

        def remember(rows: Rows) -> None:
            task = current(rows)
            self._known[number] = changed(
                state if task is None else task.state)

        return Change(_changed_at(row) or created, ('task', number), message,
                      remember, task_id=number)

    def hear(self, event: Any) -> None:
        """Remember an event that a broker has delivered."""
        if not isinstance(event, TaskStateChange):
            return
        task = event.task
        if isinstance(task.id, int) and task.state is not None:
            known = self._known.get(task.id) or Known(
                task.state, self._client.now().timestamp())
            self._known[task.id] = known.becomes(task.state)._replace(
                created=seconds_of(task, 'create') or known.created)

    def forget(self, since: Since) -> None:
        """Forget finished tasks that were made before the window."""
        self._known = {
            number: known for number, known in self._known.items()
            if known.created > since.time
            or known.state in task_states.ACTIVE_GROUP}

    def state(self) -> Any:
        """Get what is known of tasks, for the state file."""
        return list(self._known.items())

    def restore(self, state: Any) -> None:
        """Take what is known of tasks from the state file."""
        self._known = {
            int(number): Known(int(state), float(created), int(freed))
            for number, (state, created, freed) in state}


def _changed_at(row: Any) -> float | None:
    """Get the time when a task got its state."""
    if row.state in task_states.DONE_GROUP:
        return seconds_of(row, 'completion')
    if row.state == task_states.OPEN:
        return seconds_of(row, 'start')
    return seconds_of(row, 'create')


def _message(info: dict[str, Any], old: int | None, freed: int) -> Message:
    change = {'attribute': 'state', 'new': task_states.to_str(info['state']),
              'old': None if old is None else task_states.to_str(old)}
    return {'id': 'task-{id}-{state}-{freed}'.format(**info, freed=freed),
            'properties': {'type': 'TaskStateChange', **change, **{
                name: info[name] for name in ('id', 'parent', 'method')}},
            'body': {**change, 'info': info}}
