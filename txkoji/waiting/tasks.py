"""Waiting until tasks are finished."""
from __future__ import annotations

import copy
from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji import task_states
from txkoji.client import HubClient
from txkoji.exceptions import AnswerError, GenericError, KojiException, copy_of
from txkoji.task import Task
from txkoji.waiting.polling import OutageBudget

#: A task, or its id.
TaskOrId = Task | int

#: Minimum seconds between a request and an early one.
EARLY = 1

_log = Logger()


class Poller:
    """
    The polling of all tasks that a connection waits for.

    One call asks for all of them every ``poll_interval`` seconds. In between,
    further calls ask for tasks that are new, or that may have changed. Without
    a waiter there is no polling.

    :param client: asks the hub.

    :ivar client: asks the hub.
    """

    def __init__(self, client: HubClient) -> None:
        self.client = client
        self._waiting: dict[int, list[Deferred[Task]]] = {}
        #: Tasks to ask for before the next round of all.
        self._early: set[int] = set()
        self._earliest = 0.0
        self._polling: Deferred[None] | None = None
        self._asking: Deferred[Any] | None = None
        self._pause: Deferred[None] | None = None
        self._timer: Any = None
        self._reactor: Any = None

    def wait(self, task_id: int) -> Deferred[Task]:
        """
        Wait until a task is finished.

        :returns: a Deferred that fires with the `Task`.
        """
        queue = self._waiting.setdefault(task_id, [])

        def leave(waiting: Deferred[Task]) -> None:
            queue.remove(waiting)
            if not queue and self._waiting.get(task_id) is queue:
                del self._waiting[task_id]
                if not self._waiting:
                    self._stop()

        waiting: Deferred[Task] = Deferred(leave)
        queue.append(waiting)
        if self._polling is None:
            self._polling = self.client.run(
                self._poll(), 'getTaskInfo', None)
            self._polling.addBoth(self._ended)
        else:
            self.wake(task_id)
        return waiting

    def wake(self, task_id: int) -> None:
        """Ask for a task soon, if there is a waiter for it."""
        if task_id in self._waiting:
            self._early.add(task_id)
            if self._timer is not None:
                now = self._reactor.seconds()
                soon = max(0, self._earliest - now)
                if self._timer.getTime() > now + soon:
                    self._timer.reset(soon)

    async def _poll(self) -> None:
        reactor = self._reactor = self.client.reactor
        budget = OutageBudget()
        next_round = self._earliest = reactor.seconds()
        while self._waiting:
            when = next_round
            if self._early:
                when = min(when, self._earliest)
            # At least until the next turn of the reactor: more waiters may
            # come in this one.
            await self._sleep(max(0, when - reactor.seconds()))
            ids = self._early.intersection(self._waiting)
            if reactor.seconds() >= next_round:
                ids = set(self._waiting)
                next_round = (reactor.seconds()
                              + self.client.settings.poll_interval)
            self._early.clear()
            if ids:
                self._earliest = reactor.seconds() + EARLY
                await self._ask(sorted(ids), budget)

    async def _sleep(self, seconds: float) -> None:
        self._pause = Deferred()
        self._timer = self._reactor.callLater(seconds, self._pause.callback,
                                              None)
        try:
            await self._pause
        finally:
            if self._timer.active():
                self._timer.cancel()
            self._pause = self._timer = None

    def _stop(self) -> None:
        """Stop polling: there are no waiters left."""
        if self._asking is not None:
            self._asking.cancel()
        elif self._pause is not None:
            self._pause.callback(None)

    async def _ask(self, ids: list[int], budget: OutageBudget) -> None:
        self._asking = self.client.getTaskInfo(ids)
        try:
            tasks = await self._asking
        except KojiException as error:
            if not budget.allows(error):
                raise
            _log.warn('waiting for {count} tasks: {error}',
                      count=len(ids), error=str(error))
            return
        finally:
            self._asking = None
        budget.reset()
        if not isinstance(tasks, list) or len(tasks) != len(ids):
            raise AnswerError(f'getTaskInfo: the answer is not one for each of'
                              f' {len(ids)} tasks', method='getTaskInfo')
        self._fire([
            (number, GenericError(f'No such task: {number}')
             if task is None else task)
            for number, task in zip(ids, tasks)
            if task is None or task.state in task_states.DONE_GROUP])

    def _fire(self, outcomes: Iterable[tuple[int, Any]]) -> None:
        """
        Fire the Deferreds of waiters, each with an object of its own.

        Their callbacks may wait again, or cancel other waiters.
        """
        for queue, outcome in [(self._waiting.pop(number, []), outcome)
                               for number, outcome in outcomes]:
            while queue:
                waiting = queue.pop(0)
                if isinstance(outcome, BaseException):
                    waiting.errback(copy_of(outcome))
                else:
                    waiting.callback(copy.deepcopy(outcome))

    def _ended(self, result: Any) -> None:
        self._polling = None
        if isinstance(result, Failure):
            self._fire([(number, result.value) for number in self._waiting])


def task_number(task: TaskOrId) -> int:
    """
    Get the id of a task.

    :raises TypeError: if the argument is neither a task nor an id.
    :raises GenericError: if no task can have this id.
    """
    number = task.id if isinstance(task, Task) else task
    if type(number) is not int:
        raise TypeError(f'a task has a number, not {number!r}')
    if not 0 < number < 2**31:
        # A number too large for the hub would fail the round of all waiters.
        raise GenericError(f'No such task: {number}')
    return number
