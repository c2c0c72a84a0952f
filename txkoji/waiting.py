"""
Waiting for tasks, repositories and builds.
"""
from __future__ import annotations

import copy
from collections import deque
from typing import (TYPE_CHECKING, Any, Callable, Coroutine, Deque, Dict,
                    Iterable, List, NamedTuple, Optional, Union)

from twisted.internet.defer import (CancelledError, Deferred, FirstError,
                                    gatherResults)
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji import task_states
from txkoji.exceptions import (AnswerError, CallTimeout, GenericError,
                               KojiException, ServerOffline, TLSError,
                               TransportError)
from txkoji.hub.turns import Turns
from txkoji.items import AsyncItems
from txkoji.task import Task

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: A task, or its id.
TaskOrId = Union[Task, int]


class Poller:
    """
    Asks for all tasks that somebody waits for in one call, again and again.
    It works, and knows a Connection, only while somebody waits.
    """

    _log = Logger()

    def __init__(self) -> None:
        self._waiting: Dict[int, List[Deferred[Task]]] = {}
        self._polling: Optional[Deferred[None]] = None
        #: Whether to ask again without a pause, and that pause.
        self._soon = False
        self._pause: Optional[Deferred[None]] = None
        self._telling = False

    def wait(self, koji: Connection, task_id: int) -> Deferred[Task]:
        """Wait for a task."""
        def leave(waiting: Deferred[Task]) -> None:
            self._waiting[task_id].remove(waiting)
            if not self._waiting[task_id]:
                del self._waiting[task_id]
            if not (self._waiting or self._telling or self._polling is None):
                self._polling.cancel()

        waiting: Deferred[Task] = Deferred(leave)
        self._waiting.setdefault(task_id, []).append(waiting)
        if self._polling is None:
            self._polling = koji._calls.run(
                self._poll(koji), 'getTaskInfo', None)
            self._polling.addBoth(self._ended)
        else:
            self.changed(task_id)
        return waiting

    def changed(self, task_id: int) -> None:
        """Ask soon, if somebody waits for this task."""
        if task_id in self._waiting:
            self._soon = True
            if self._pause is not None:
                pause, self._pause = self._pause, None
                pause.cancel()

    async def _poll(self, koji: Connection) -> None:
        reactor = koji._transport.reactor
        while self._waiting:
            # Who else begins to wait in this turn is asked for at once, too.
            await deferLater(reactor, 0)
            self._soon = False
            await self._ask(koji)
            if self._waiting and not self._soon:
                pause = self._pause = deferLater(
                    reactor, koji.settings.poll_interval)
                try:
                    await pause
                except CancelledError:
                    if not self._soon:
                        raise
                self._pause = None

    async def _ask(self, koji: Connection) -> None:
        ids = sorted(self._waiting)
        try:
            tasks = await koji.getTaskInfo(ids)
        except KojiException as error:
            if not may_pass(error):
                raise
            self._log.warn('waiting for {count} tasks: {error}',
                           count=len(ids), error=str(error))
            return
        if not isinstance(tasks, list) or len(tasks) != len(ids):
            raise AnswerError(f'getTaskInfo: the answer is not one for each of'
                              f' {len(ids)} tasks', method='getTaskInfo')
        for number, task in zip(ids, tasks):
            if task is None:
                self._tell(number, GenericError(f'No such task: {number}'))
            elif task.state in task_states.DONE_GROUP:
                self._tell(number, task)

    def _tell(self, task_id: int, outcome: Any) -> None:
        """Tell all who wait, each with an object of its own."""
        self._telling = True
        while self._waiting.get(task_id):
            # Who hears of it may cancel for the others.
            waiting = self._waiting[task_id].pop(0)
            own = copy.deepcopy(outcome)
            if isinstance(own, Exception):
                waiting.errback(own)
            else:
                waiting.callback(own)
        self._waiting.pop(task_id, None)
        self._telling = False

    def _ended(self, result: Any) -> None:
        self._polling = self._pause = None
        if isinstance(result, Failure):
            for number in list(self._waiting):
                self._tell(number, result.value)


def may_pass(error: KojiException) -> bool:
    """Whether it is an outage of the hub, which one can wait out."""
    return isinstance(error, ServerOffline) or (
        isinstance(error, TransportError)
        and not isinstance(error, TLSError))


def wait_for(koji: Connection, tasks: Any, timeout: Optional[float]
             ) -> Deferred[Any]:
    """Wait until tasks are finished; see `Connection.wait`."""
    one = isinstance(tasks, (int, Task))

    async def wait() -> Any:
        ids = [_task_id(task) for task in ([tasks] if one else tasks)]
        poller = koji._owner._poller
        waiting = [poller.wait(koji._owner, number) for number in ids]
        try:
            found = await gatherResults(waiting, consumeErrors=True)
        except FirstError as error:
            for each in waiting:
                each.cancel()
            error.subFailure.raiseException()
        return found[0] if one else found

    return limited(koji, wait(), timeout, 'the end of tasks')


def _task_id(task: TaskOrId) -> int:
    number = task.id if isinstance(task, Task) else task
    if type(number) is not int:
        raise TypeError(f'a task has a number, not {number!r}')
    return number


def limited(koji: Connection, work: Coroutine[Any, Any, Any],
            timeout: Optional[float], what: str) -> Deferred[Any]:
    """
    Wait for something, but not longer than for some seconds.

    :param timeout: None for as long as it takes.
    :param what: what is waited for.
    :raises CallTimeout: when the time is over.
    """
    waiting: Deferred[Any] = Deferred.fromCoroutine(work)
    if timeout is None or waiting.called:
        return waiting

    def late(result: Any, seconds: float) -> Failure:
        return Failure(CallTimeout(
            f'waited for {what} for {seconds:g} seconds'))

    return waiting.addTimeout(timeout, koji._transport.reactor,
                              onTimeoutCancel=late)


async def poll(koji: Connection, look: Callable[[], Any]) -> Any:
    """
    Look for something every ``poll_interval`` seconds, also after an outage
    of the hub.

    :param look: gives a Deferred of it; of None while it is not there.
    :returns: what it found.
    """
    while True:
        try:
            found = await look()
        except KojiException as error:
            if not may_pass(error):
                raise
            _log.warn('waiting goes on after {error}', error=str(error))
            found = None
        if found is not None:
            return found
        await deferLater(koji._transport.reactor, koji.settings.poll_interval)


_log = Logger()


def wait_for_repo(koji: Connection, tag: Any, nvrs: Iterable[str],
                  after_event: Optional[int], timeout: Optional[float]
                  ) -> Deferred[Any]:
    """Wait for a repository; see `Connection.wait_repo`."""
    wanted = list(nvrs)

    async def look() -> Any:
        repo = await koji.getRepo(tag)
        if repo is None or (after_event is not None
                            and repo.create_event <= after_event):
            return None
        batched = koji.batched()
        latest = await _together([batched.getLatestBuilds(
            tag, event=repo.create_event, package=nvr.rsplit('-', 2)[0])
            for nvr in wanted])
        there = {build.nvr for builds in latest for build in builds}
        return repo if there.issuperset(wanted) else None

    return koji._calls.run(_within(koji, look, timeout, f'a repository of'
                                   f' {tag}'), 'getRepo', None)


def wait_until_tagged(koji: Connection, builds: Iterable[Any], tag: Any,
                      timeout: Optional[float]) -> Deferred[Any]:
    """Wait for builds to be in a tag; see `Connection.wait_tagged`."""
    wanted = [build.get('build_id', build.get('id'))
              if isinstance(build, dict) else build for build in builds]

    async def look() -> Any:
        batched = koji.batched()
        found = await _together([batched.getBuild(build, strict=isinstance(
            build, int)) for build in wanted])
        if None in found:
            # It is not even begun.
            return None
        tags = await _together([batched.listTags(build.id)
                                for build in found])
        if all(any(tag in (each.id, each.name) for each in its)
               for its in tags):
            return found
        return None

    return koji._calls.run(_within(koji, look, timeout, f'builds in {tag}'),
                           'listTags', None)


async def _within(koji: Connection, look: Callable[[], Any],
                  timeout: Optional[float], what: str) -> Any:
    return await limited(koji, poll(koji, look), timeout, what)


async def _together(calls: List[Deferred[Any]]) -> List[Any]:
    """The results of calls; if one fails, its error."""
    try:
        found: List[Any] = await gatherResults(calls, consumeErrors=True)
    except FirstError as error:
        error.subFailure.raiseException()
    return found


class TaskChange(NamedTuple):
    """
    A change of a task.

    :ivar task: the `Task`, as it is now.
    :ivar old: the name of the state that it was in, or None if it is new.
    :ivar new: the name of the state that it is in.
    """

    task: Task
    old: Optional[str]
    new: Optional[str]


class Changes(AsyncItems):
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
        self._koji = koji
        self._task_id = _task_id(task)
        self._states: Dict[int, Optional[str]] = {}
        self._changes: Deque[TaskChange] = deque()
        self._turns = Turns(1)
        self._looking: Optional[Deferred[Any]] = None
        self._looked = False
        self._over = False

    def next_item(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> TaskChange:
        await self._turns.acquire()
        try:
            while not self._changes and not self._over:
                self._looking = self._koji._calls.run(
                    self._look(), 'getTaskDescendents', None)
                try:
                    await self._looking
                except CancelledError:
                    if not self._over:
                        raise
            if self._changes:
                return self._changes.popleft()
            raise StopAsyncIteration
        finally:
            self._looking = None
            self._turns.release()

    async def _look(self) -> None:
        """Look until something has changed."""
        koji = self._koji
        if self._looked:
            await deferLater(koji._transport.reactor,
                             koji.settings.poll_interval)

        async def ask() -> Any:
            return await _together([
                koji.getTaskInfo(self._task_id, strict=True),
                koji.getTaskDescendents(self._task_id)])

        task, descendents = await poll(koji, ask)
        self._looked = True
        for each in [task, *descendents]:
            new = each.state_name
            old = self._states.get(each.id)
            if each.id not in self._states or old != new:
                self._states[each.id] = new
                self._changes.append(TaskChange(each, old, new))
        self._over = task.state in task_states.DONE_GROUP

    def _stop(self) -> None:
        self._over = True
        self._changes.clear()
        if self._looking is not None:
            self._looking.cancel()
