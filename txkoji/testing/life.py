"""How a test lets the tasks of a FakeHub be opened and end, step by step."""
from __future__ import annotations

from typing import Any

from txkoji import build_states, task_states
from txkoji.exceptions import KojiException
from txkoji.testing.builders import Builders, host_for
from txkoji.testing.builds import Builds, cancel_task
from txkoji.testing.dispatch import code_of
from txkoji.testing.tables import Row
from txkoji.testing.tagging import Tagging
from txkoji.testing.tasks import Tasks
from txkoji.testing.world import World


class Life:
    """
    Opens tasks and ends them. All of it is said on the bus.

    :ivar world: where they are.
    :ivar builders: do the same by themselves.
    """

    world: World
    builders: Builders

    def _begin(self, task_id: int) -> Row:
        self.builders.catch_up()
        self.world.tables.refresh()
        self.world.begin()
        row = self.world.tables.by_id('tasks').get(task_id)
        if row is None:
            raise ValueError(f'there is no task {task_id}')
        return row

    def open_task(self, task_id: int, host: int | str | None = None) -> None:
        """
        Let a host open a task.

        :param host: its id or name; None for one that may take it.
        :raises ValueError: if the task is open, or has ended.
        """
        row = self._begin(task_id)
        self._open(row, host)
        self.world.commit()

    def _open(self, row: Row, host: int | str | None = None) -> None:
        tables = self.world.tables
        if host is None:
            number = host_for(self.world, row) or min(
                tables.by_id('hosts'), default=1)
        else:
            found = tables.find('hosts', host)
            if found is None:
                raise ValueError(f'there is no host {host!r}')
            number = found['id']
        if row['state'] == task_states.ASSIGNED and row['host_id'] != number:
            Tasks(self.world).free(row)
        if not Tasks(self.world).open(row, number):
            raise ValueError(f'task {row["id"]} is'
                             f' {task_states.to_str(row["state"])}')

    def finish_task(self, task_id: int, result: Any = None) -> None:
        """
        Let a task be closed, and opened before if it is not.

        One that tags a build does that; one of a build completes it.

        :param result: its result.
        :raises ValueError: if it has ended.
        """
        row = self._begin(task_id)
        if row['state'] in (task_states.FREE, task_states.ASSIGNED):
            self._open(row)
        self._check_open(row)
        try:
            self._act(row)
        except KojiException as fault:
            self._fail(row, code_of(fault), str(fault))
        else:
            Tasks(self.world).end(row, task_states.CLOSED, [result])
        self.world.commit()

    def _check_open(self, row: Row) -> None:
        if row['state'] != task_states.OPEN:
            raise ValueError(f'task {row["id"]} is'
                             f' {task_states.to_str(row["state"])}')

    def _act(self, row: Row) -> None:
        if row['method'] == 'tagBuild':
            tag, build, *rest = row['request']
            force, source = [*rest, False, None][:2]
            rules = Tagging(self.world)
            if source:
                rules.untag(source, build, row['owner'], force=force)
            rules.tag(tag, build, row['owner'], force)
        for build in self._builds(row):
            Builds(self.world).set_state(build, build_states.COMPLETE)

    def _builds(self, row: Row) -> list[Row]:
        return [build for build in self.world.tables.where(
            'builds', 'task_id', row['id'])
            if build['state'] == build_states.BUILDING]

    def fail_task(self, task_id: int, fault: Any = 'it failed') -> None:
        """
        Let a task fail, opened before if it is not; and the build of it.

        :param fault: a `KojiException`, a pair of a code and a text, or a
                      text (of a BuildError).
        :raises ValueError: if it has ended.
        """
        if isinstance(fault, KojiException):
            code, text = code_of(fault), str(fault)
        elif isinstance(fault, str):
            code, text = 1005, fault
        else:
            code, text = fault
        row = self._begin(task_id)
        if row['state'] in (task_states.FREE, task_states.ASSIGNED):
            self._open(row)
        self._check_open(row)
        self._fail(row, code, text)
        self.world.commit()

    def _fail(self, row: Row, code: int, text: str) -> None:
        for build in self._builds(row):
            Builds(self.world).set_state(build, build_states.FAILED)
        Tasks(self.world).end(row, task_states.FAILED, {
            'faultCode': code, 'faultString': text})

    def cancel_task(self, task_id: int) -> None:
        """Let a task be canceled, with its subtasks and builds."""
        cancel_task(self.world, self._begin(task_id))
        self.world.commit()
