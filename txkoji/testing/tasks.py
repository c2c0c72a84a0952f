"""The tasks of a FakeHub: how they are made, and what becomes of them."""
from __future__ import annotations

from typing import Any

from txkoji import task_states
from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing import rows
from txkoji.testing.lookups import crash, strict_task
from txkoji.testing.tables import Row
from txkoji.testing.world import World

#: The priority of a task that names none, and of a subtask below its
#: parent's.
PRIORITY = 20

#: The channel of tasks that name none.
DEFAULT = 'default'


class Tasks:
    """
    The tasks of a hub, with the rules of kojihub/kojihub.py.

    :param world: where they are.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables

    def make(self, method: str, request: list[Any], owner: int | None, *,
             parent: int | None = None, label: str | None = None,
             channel: Any = None, priority: Any = None,
             arch: str = 'noarch', assign: Any = None) -> int:
        """
        Make a task.

        :param owner: the id of the user whose it is; that of a subtask is
                      its parent's.
        :param assign: the id of a host that is to take it.
        :returns: its id.
        :raises GenericError: if it cannot be made.
        """
        row: Row = {
            'method': method, 'state': task_states.FREE, 'arch': arch,
            'label': None, 'parent': parent, 'host_id': None, 'owner': owner,
            'priority': PRIORITY if priority is None else priority,
            'weight': 1.0, 'waiting': None, 'awaited': None}
        if parent is not None:
            above = self._parent(parent)
            row.update(label=label, owner=above['owner'],
                       channel_id=above['channel_id'])
            if priority is None:
                row['priority'] = above['priority'] - 1
        elif owner is None:
            raise GenericError('task must have an owner')
        if channel is not None or parent is None:
            row['channel_id'] = self._channel(channel or DEFAULT)
        if assign is not None:
            if assign not in self._tables.by_id('hosts'):
                raise crash("<class 'psycopg2.errors.ForeignKeyViolation'>:"
                            ' insert or update on table "task" violates'
                            ' foreign key constraint "task_host_id_fkey"\n')
            row.update(state=task_states.ASSIGNED, host_id=assign)
        row.update(create_time=self._world.moment(), start_time=None,
                   completion_time=None, request=list(request), result=None)
        made = self._world.add('tasks', row)
        self._say(made, None)
        return int(made['id'])

    def _parent(self, number: int) -> Row:
        row = self._tables.by_id('tasks').get(number)
        if row is None:
            raise GenericError(f'Invalid parent task: {number}')
        if row['state'] != task_states.OPEN:
            raise GenericError(f'Parent task (id {number}) is not open')
        return row

    def _channel(self, info: Any) -> int:
        row = self._tables.find('channels', info)
        if row is None:
            if info == DEFAULT and not self._tables.channels:
                return 1
            raise GenericError(f'No such channel: {info}')
        if not row['enabled']:
            raise GenericError(f'Channel {row["name"]} is disabled.')
        return int(row['id'])

    # Changes

    def open(self, row: Row, host_id: int) -> bool:
        """
        Let a host take a task.

        :returns: whether it may.
        """
        if row['state'] == task_states.ASSIGNED:
            if row['host_id'] != host_id:
                return False
        elif row['state'] != task_states.FREE:
            return False
        self._set(row, task_states.OPEN, host_id=host_id,
                  start_time=self._world.moment())
        return True

    def assign(self, row: Row, host_id: int, force: bool = False) -> bool:
        """Give a task to a host, if it is free, or ``force``."""
        if row['state'] != task_states.FREE and not (
                force and row['state'] in (task_states.OPEN,
                                           task_states.ASSIGNED)):
            return False
        self._set(row, task_states.ASSIGNED, host_id=host_id)
        return True

    def free(self, row: Row) -> None:
        """
        Take a task from its host.

        :raises GenericError: if it has ended.
        """
        if row['state'] in task_states.DONE_GROUP:
            name = task_states.to_str(row['state'])
            raise GenericError(f'Cannot free task {row["id"]}, state is'
                               f' {name}')
        self._set(row, task_states.FREE, host_id=None)

    def end(self, row: Row, state: int, result: Any) -> None:
        """
        End an open task.

        :param result: a list of the value, or a dictionary of a fault.
        """
        self._set(row, state, result=result,
                  completion_time=self._world.moment())

    def cancel(self, row: Row, recurse: bool = True) -> bool:
        """
        Cancel a task, what it builds, and its subtasks.

        :returns: whether it is canceled then.
        """
        if row['state'] in task_states.DONE_GROUP:
            return bool(row['state'] == task_states.CANCELED)
        self._set(row, task_states.CANCELED,
                  completion_time=self._world.moment())
        if recurse:
            for child in self.children(row['id']):
                self.cancel(child)
        return True

    def children(self, number: int) -> list[Row]:
        """Get the subtasks of a task."""
        return list(self._tables.where('tasks', 'parent', number))

    def set_priority(self, row: Row, priority: int, recurse: bool) -> None:
        """
        Change the priority of a task that has not ended.

        :raises GenericError: if it has.
        """
        if row['state'] in task_states.DONE_GROUP:
            raise GenericError("Finished task's priority can't be updated")
        self._world.change(row, priority=priority)
        if recurse:
            for child in self.children(row['id']):
                if child['state'] not in task_states.DONE_GROUP:
                    self.set_priority(child, priority, recurse)

    def of_host(self, number: Any, host_id: int) -> Row:
        """
        Get a task that a host works on.

        :raises ActionNotAllowed: if it does not.
        """
        row = strict_task(self._tables, number)
        if row['state'] != task_states.OPEN or row['host_id'] != host_id:
            raise ActionNotAllowed(
                f'host {host_id} does not own task {row["id"]}')
        return row

    def wait(self, row: Row, numbers: list[int] | None) -> None:
        """Let a task wait for some of its subtasks, or for all."""
        self._world.change(row, waiting=True)
        for child in self.children(row['id']):
            if numbers is None or child['id'] in numbers:
                self._world.change(child, awaited=True)

    def awaited(self, row: Row) -> tuple[list[int], list[int]]:
        """Get the subtasks that a task waits for: ended ones, and others."""
        ended: list[int] = []
        others: list[int] = []
        for child in self.children(row['id']):
            if child['awaited']:
                done = child['state'] in task_states.DONE_GROUP
                (ended if done else others).append(child['id'])
        if ended:
            for child in self.children(row['id']):
                if child['id'] in ended:
                    self._world.change(child, awaited=False)
            self._world.change(row, waiting=False)
        return ended, others

    def _set(self, row: Row, state: int, **values: Any) -> None:
        old = row['state']
        self._world.change(row, state=state, **values)
        self._say(row, old)

    def _say(self, row: Row, old: int | None) -> None:
        self._world.announce(
            'TaskStateChange', attribute='state',
            old=None if old is None else task_states.to_str(old),
            new=task_states.to_str(row['state']),
            info=rows.task(row, request=True))
