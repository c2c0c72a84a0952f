"""`Changes`: watching a task and its descendents."""
from __future__ import annotations

from typing import Any, NamedTuple

from twisted.internet.task import deferLater

from txkoji import task_states
from txkoji.client import HubClient
from txkoji.resource import existing
from txkoji.task import Task
from txkoji.waiting.polling import Polled, poll
from txkoji.waiting.tasks import TaskOrId, task_number


class TaskChange(NamedTuple):
    """
    A change of a task's state.

    :ivar task: the `Task`, as it is now.
    :ivar old: the name of the previous state, or None for a new task.
    :ivar new: the name of the current state.
    """

    task: Task
    old: str | None
    new: str | None


class Changes(Polled[TaskChange]):
    """
    The state changes of a task and its descendents, as `TaskChange`.

    The iteration ends when the task has finished::

        async for change in koji.watch(6474):
            print(change.task.title, change.new)

    At first, each task comes with its current state, parents before their
    children.

    :param client: asks the hub.
    :param task: the task, or its id.
    """

    def __init__(self, client: HubClient, task: TaskOrId) -> None:
        super().__init__(client, 'getTaskDescendents')
        self._task_id = task_number(task)
        self._states: dict[int, str | None] = {}
        self._next_look = 0.0

    async def look(self) -> None:
        """Poll until a state has changed."""
        client = self.client
        reactor = client.reactor
        wait = self._next_look - reactor.seconds()
        if wait > 0:
            await deferLater(reactor, wait)

        async def ask() -> Any:
            # In this order: after the end of a task, its descendents do not
            # change.
            task = existing(await client.getTaskInfo(self._task_id),
                            'task', self._task_id)
            return task, await client.getTaskDescendents(self._task_id)

        task, descendents = await poll(client, ask)
        self._next_look = reactor.seconds() + client.settings.poll_interval
        for each in [task, *descendents]:
            new = each.state_name
            old = self._states.get(each.id)
            if each.id not in self._states or old != new:
                self._states[each.id] = new
                self.found.append(TaskChange(each, old, new))
        self.over = task.state in task_states.DONE_GROUP
