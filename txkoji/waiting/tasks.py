"""Waiting until tasks are finished."""
from __future__ import annotations

import copy
from collections.abc import Iterable
from math import inf
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji import task_states
from txkoji.client import HubClient
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    GenericError,
    KojiException,
    copy_of,
)
from txkoji.multicall import MultiCall
from txkoji.stored_call import StoredCall
from txkoji.task import Task
from txkoji.waiting.polling import OutageBudget

#: A task, or its id.
TaskOrId = Task | int

#: Minimum seconds between a request and an early one.
EARLY = 1

#: Up to so many tasks, each round gets the rows.
SMALL = 100

#: Tasks in a round of ``taskFinished``, which is about 1 MB, and one query of
#: the hub each.
LARGEST = 3000

#: Rows of finished tasks in one answer, about 2 kB each.
ROWS = 500

#: Rounds are so many times slower for some seconds after an event has woken a
#: waiter.
SLOWER = 5
TRUST_EVENTS = 300

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
        #: The last round of each task, and the number of rounds.
        self._asked: dict[int, int] = {}
        self._rounds = 0
        #: Maximum number of tasks in a round.
        self._limit = LARGEST
        #: The time when an event last woke a waiter.
        self._woken = -inf
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
            self._ask_early(task_id)
        return waiting

    def wake(self, task_id: int) -> None:
        """
        Ask for a task soon, if there is a waiter for it.

        While events wake waiters, rounds come less often.
        """
        if task_id in self._waiting and self._reactor is not None:
            self._woken = self._reactor.seconds()
            self._ask_early(task_id)

    def _ask_early(self, task_id: int) -> None:
        self._early.add(task_id)
        if self._timer is not None:
            now = self._reactor.seconds()
            soon = max(0, self._earliest - now)
            if self._timer.getTime() > now + soon:
                self._timer.reset(soon)

    @property
    def _interval(self) -> float:
        """Seconds between two rounds."""
        interval: float = self.client.settings.poll_interval
        if self._reactor.seconds() - self._woken < TRUST_EVENTS:
            return interval * SLOWER
        return interval

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
                next_round = reactor.seconds() + self._interval
            self._early.clear()
            if ids:
                self._earliest = reactor.seconds() + EARLY
                await self._ask(self._next_turns(ids), budget)

    def _next_turns(self, ids: set[int]) -> list[int]:
        """Choose the tasks of a round: those that have waited longest."""
        chosen = sorted(ids, key=lambda number: (
            self._asked.get(number, 0), number))[:self._limit]
        self._rounds += 1
        self._asked = {number: when for number, when in self._asked.items()
                       if number in self._waiting}
        self._asked.update(dict.fromkeys(chosen, self._rounds))
        return sorted(chosen)

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
        self._asking = Deferred.fromCoroutine(self._get_rows(ids))
        try:
            rows = await self._asking
        except KojiException as error:
            if isinstance(error, CallTimeout):
                self._limit = max(SMALL, self._limit // 2)
            if not budget.allows(error):
                raise
            _log.warn('waiting for {count} tasks: {error}',
                      count=len(ids), error=str(error))
            return
        finally:
            self._asking = None
        budget.reset()
        self._limit = min(LARGEST, self._limit + SMALL)
        for some, tasks in rows:
            if not isinstance(tasks, list) or len(tasks) != len(some):
                raise AnswerError(
                    'getTaskInfo: the answer is not one for each of'
                    f' {len(some)} tasks', method='getTaskInfo')
        self._fire([
            (number, GenericError(f'No such task: {number}')
             if task is None else task)
            for some, tasks in rows for number, task in zip(some, tasks)
            if task is None or task.state in task_states.DONE_GROUP])

    async def _get_rows(self, ids: list[int]) -> list[tuple[list[int], Any]]:
        """
        Get the rows of tasks; of many tasks, only of those that are finished.

        A request that times out is not sent again: the next is smaller.

        :returns: ids, and the answer of ``getTaskInfo`` to them.
        """
        client = self.client.with_options(retry_timeouts=False)
        if len(ids) > SMALL:
            many = MultiCall(client, batch=LARGEST)
            calls = [(number, many.taskFinished(number)) for number in ids]
            await many()
            ids = [number for number, call in calls if _may_be_finished(call)]
        return [(some, await client.getTaskInfo(some)) for some in (
            ids[start:start + ROWS] for start in range(0, len(ids), ROWS))]

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


def _may_be_finished(call: StoredCall[Any]) -> bool:
    """
    Read the result of ``taskFinished``.

    :returns: True also for a task that the hub does not know.
    :raises KojiException: if the request failed as a whole.
    """
    try:
        return bool(call.result)
    except GenericError as error:
        if type(error) is GenericError:
            return True
        raise


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
