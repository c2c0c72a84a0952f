"""
Waiting for tasks.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji import task_states
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    GenericError,
    HTTPError,
    KojiException,
    ServerOffline,
    TransportError,
    copy_of,
)
from txkoji.hub.deferreds import gather
from txkoji.hub.retries import outage
from txkoji.resource import existing
from txkoji.streaming import Polled
from txkoji.task import Task

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: A task, or its id.
TaskOrId = Task | int

#: Seconds after a request, before which there is no early one.
EARLY = 1

#: So many errors in a row that may be an outage, or may be for good.
DOUBTFUL = 5

_log = Logger()


class Poller:
    """
    Asks for all tasks that somebody waits for in one call, again and again;
    and in between, for those that are new, or may have changed. It works, and
    knows a Connection, only while somebody waits.
    """

    def __init__(self) -> None:
        self._waiting: dict[int, list[Deferred[Task]]] = {}
        #: Those to be asked for before it is the turn of all.
        self._news: set[int] = set()
        self._earliest = 0.0
        self._polling: Deferred[None] | None = None
        self._asking: Deferred[Any] | None = None
        self._pause: Deferred[None] | None = None
        self._timer: Any = None
        self._reactor: Any = None

    def wait(self, koji: Connection, task_id: int) -> Deferred[Task]:
        """Wait for a task."""
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
            self._polling = koji._calls.run(
                self._poll(koji), 'getTaskInfo', None)
            self._polling.addBoth(self._ended)
        else:
            self.wake(task_id)
        return waiting

    def wake(self, task_id: int) -> None:
        """Ask soon, if somebody waits for this task."""
        if task_id in self._waiting:
            self._news.add(task_id)
            if self._timer is not None:
                now = self._reactor.seconds()
                soon = max(0, self._earliest - now)
                if self._timer.getTime() > now + soon:
                    self._timer.reset(soon)

    async def _poll(self, koji: Connection) -> None:
        reactor = self._reactor = koji._transport.reactor
        budget = OutageBudget()
        turn = self._earliest = reactor.seconds()
        while self._waiting:
            when = turn
            if self._news:
                when = min(when, self._earliest)
            # At least for this turn of the reactor, in which others may begin
            # to wait.
            await self._sleep(max(0, when - reactor.seconds()))
            ids = self._news.intersection(self._waiting)
            if reactor.seconds() >= turn:
                ids = set(self._waiting)
                turn = reactor.seconds() + koji.settings.poll_interval
            self._news.clear()
            if ids:
                self._earliest = reactor.seconds() + EARLY
                await self._ask(koji, sorted(ids), budget)

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
        """Nobody waits any longer."""
        if self._asking is not None:
            self._asking.cancel()
        elif self._pause is not None:
            self._pause.callback(None)

    async def _ask(self, koji: Connection, ids: list[int],
                   budget: OutageBudget) -> None:
        self._asking = koji.getTaskInfo(ids)
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
        self._tell([
            (number, GenericError(f'No such task: {number}')
             if task is None else task)
            for number, task in zip(ids, tasks)
            if task is None or task.state in task_states.DONE_GROUP])

    def _tell(self, outcomes: Iterable[tuple[int, Any]]) -> None:
        """
        Tell all who wait, each with an object of its own. Who hears of it
        may begin to wait again, or cancel for others.
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
            self._tell([(number, result.value) for number in self._waiting])


class OutageBudget:
    """
    What to bear while waiting: outages of the hub for ever, and what may be
    one, but may be for good, a few times in a row.
    """

    def __init__(self) -> None:
        self._left = DOUBTFUL

    def reset(self) -> None:
        """All is well."""
        self._left = DOUBTFUL

    def allows(self, error: KojiException) -> bool:
        """Whether to go on after an error."""
        if isinstance(error, (CallTimeout, ServerOffline)) or (
                isinstance(error, TransportError) and outage(error)):
            return True
        # A hub whose database restarts answers with fault 1, a front server
        # with a page for people, or 500.
        doubtful = (isinstance(error, AnswerError) or error.faultCode == 1
                    or (isinstance(error, HTTPError)
                        and error.status is not None and error.status >= 500))
        self._left -= 1
        return doubtful and self._left >= 0


def wait_for(koji: Connection, tasks: Any, timeout: float | None
             ) -> Deferred[Any]:
    """Wait until tasks are finished; see `Connection.wait`."""
    one = isinstance(tasks, (int, Task))

    if isinstance(tasks, (str, bytes)):
        return fail(TypeError(f'a task has a number, not {tasks!r}'))

    async def wait() -> Any:
        ids = [task_number(task) for task in ([tasks] if one else tasks)]
        poller = koji._owner._poller
        found = await gather([poller.wait(koji._owner, number)
                                for number in ids])
        return found[0] if one else found

    return koji._calls.run(wait(), 'the wait for tasks', timeout)


def task_number(task: TaskOrId) -> int:
    """
    The id of a task.

    :raises GenericError: if no task has such an id; TypeError if it is none.
    """
    number = task.id if isinstance(task, Task) else task
    if type(number) is not int:
        raise TypeError(f'a task has a number, not {number!r}')
    if not 0 < number < 2**31:
        # One that the hub cannot take would be everybody's error.
        raise GenericError(f'No such task: {number}')
    return number


async def poll(koji: Connection, look: Callable[[], Any]) -> Any:
    """
    Look for something every ``poll_interval`` seconds, also after an outage
    of the hub.

    :param look: gives an awaitable of it; of None while it is not there.
    :returns: what it found.
    """
    budget = OutageBudget()
    while True:
        try:
            found = await look()
            budget.reset()
        except KojiException as error:
            if not budget.allows(error):
                raise
            _log.warn('waiting goes on after {error}', error=str(error))
            found = None
        if found is not None:
            return found
        await deferLater(koji._transport.reactor, koji.settings.poll_interval)


class TaskChange(NamedTuple):
    """
    A change of a task.

    :ivar task: the `Task`, as it is now.
    :ivar old: the name of the state that it was in, or None if it is new.
    :ivar new: the name of the state that it is in.
    """

    task: Task
    old: str | None
    new: str | None


class Changes(Polled):
    """
    The changes of a task and its descendents, each a `TaskChange`, until the
    task is finished::

        async for change in koji.watch(6474):
            print(change.task.title, change.new)

    First comes each task as it is; parents before their children.

    :param koji: the Connection.
    :param task: the task, or its id.
    """

    def __init__(self, koji: Connection, task: TaskOrId) -> None:
        super().__init__(koji, 'getTaskDescendents')
        self._task_id = task_number(task)
        self._states: dict[int, str | None] = {}
        self._next_look = 0.0

    async def _look(self) -> None:
        """Look until something has changed."""
        koji = self._koji
        reactor = koji._transport.reactor
        wait = self._next_look - reactor.seconds()
        if wait > 0:
            await deferLater(reactor, wait)

        async def ask() -> Any:
            # In this order: when it is finished, so are its descendents.
            task = existing(await koji.getTaskInfo(self._task_id),
                            'task', self._task_id)
            return task, await koji.getTaskDescendents(self._task_id)

        task, descendents = await poll(koji, ask)
        self._next_look = reactor.seconds() + koji.settings.poll_interval
        for each in [task, *descendents]:
            new = each.state_name
            old = self._states.get(each.id)
            if each.id not in self._states or old != new:
                self._states[each.id] = new
                self._found.append(TaskChange(each, old, new))
        self._over = task.state in task_states.DONE_GROUP
