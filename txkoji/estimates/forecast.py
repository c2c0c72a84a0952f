"""
A forecast for waiting tasks, by repeated play of their queues.

The steps are a module each: `snapshot` and `history` ask the hub, `expected`
adds future tasks and durations, and `queue` plays the queues forward.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from itertools import chain, islice
from math import exp, inf
from operator import attrgetter
from random import Random

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.estimates.architectures import ArchScatter
from txkoji.estimates.batch import Batch
from txkoji.estimates.durations import PACKAGES, PastDurations
from txkoji.estimates.expected import ExpectedTasks, set_durations, set_weights
from txkoji.estimates.history import RecentTasks
from txkoji.estimates.pacing import Pacer
from txkoji.estimates.queue import DELAY, ChannelQueue, HostSlots
from txkoji.estimates.scatter import Scatter, scatter_of
from txkoji.estimates.snapshot import Snapshot
from txkoji.estimates.tasks import ForecastTask, HubTask
from txkoji.hub.deferreds import gather
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow

#: The least remaining time of a running task, as a fraction of its average
#: duration (our choice).
OVERDUE = 0.1

#: The number of tasks or steps between two looks at the clock (our choice).
STEPS = 30

#: task -> the start of the task in a play, in seconds since 1970. A task that
#: gets no host has none.
Starts = dict[ForecastTask, float]

#: A running or assigned task, its host, and its start in seconds since 1970;
#: None before the start.
_Running = tuple[HubTask, HostSlots | None, float | None]


class Forecast:
    """
    The queues of a hub, as far as some tasks depend on them.

    :param hub: the connection.
    :param past: the durations of earlier builds and tasks. `load` loads all of
                 them.
    :param pacer: paces the computation.

    :ivar snapshot: the tasks and hosts.
    :ivar pooled: the scatter of the builds of all packages, as a fraction of
                  the averages; None if unknown.
    :ivar arch_scatter: the scatter of single architectures; None if unknown.
    """

    def __init__(self, hub: Hub, past: PastDurations, pacer: Pacer) -> None:
        self._hub = hub
        self._pacer = pacer
        self._past = past
        self.snapshot: Snapshot = Snapshot(hub, past)
        self.pooled: Scatter | None = None
        self.arch_scatter: ArchScatter | None = None
        self._recent = RecentTasks(hub, past)
        self._expected: ExpectedTasks | None = None
        self._plays: _Plays | None = None
        #: id of a build -> its ``buildArch`` tasks.
        self._children: dict[int, list[ForecastTask]] = {}

    async def load(self, wanted: Sequence[TaskRow],
                   children: Mapping[int, Sequence[TaskRow]], *,
                   scatter: bool) -> None:
        """
        Get everything from the hub that a play needs.

        :param wanted: the waiting tasks; if there are none, only durations are
                       loaded.
        :param children: id of a build -> its children.
        :param scatter: True to get the scatter of durations.
        """
        loads = []
        if wanted:
            loads.append(self.snapshot.load(
                wanted, chain.from_iterable(children.values())))
        if wanted or scatter:
            loads.append(self._recent.load())
        await gather([Deferred.fromCoroutine(load) for load in loads])
        first, second = Batch(self._hub), Batch(self._hub, PACKAGES)
        if wanted:
            self._expected = ExpectedTasks(self.snapshot, children)
            self._expected.ask(first, second)
        await self._pacer.run(self._past.ask(first, second))
        await first.send()
        await second.send()
        await self._prepare()

    async def _prepare(self) -> None:
        """Make the tasks of the plays."""
        pacer = self._pacer
        await pacer.run(self._recent.compare())
        history = self._recent.statistics()
        self.pooled = scatter_of(await pacer.collect(chain(
            self._past.build_ratios(), history.build_ratios)))
        tasks = scatter_of(history.task_ratios)
        if tasks is not None:
            self.arch_scatter = ArchScatter(tasks, history.slowness)
        if self._expected is None:
            return
        await pacer.run(self._expected.add(self._recent.noarch))
        queued = [*self.snapshot.tasks.values(), *self._expected.tasks]
        await pacer.run(set_durations(queued, self._past, history))
        await pacer.run(set_weights(queued))
        for task in self.snapshot.tasks.values():
            if task.method == 'buildArch' and task.row.parent is not None:
                self._children.setdefault(task.row.parent, []).append(task)
        now = self._hub.now()
        self._plays = plays = _Plays(pacer, self.snapshot, history.errors,
                                     now.timestamp())
        await pacer.run(plays.add(queued))
        plays.cancellations = self._recent.cancellations(
            len(plays.builds), now)

    def legs(self, row: TaskRow) -> list[ForecastTask]:
        """
        List the tasks of the plays that a waiting task ends with.

        :returns: the task itself; of a ``build``, its ``buildArch`` tasks.
        """
        tasks = self.snapshot.tasks
        if self._expected is not None and row.id in self._expected.by_build:
            return self._expected.by_build[row.id]
        if row.method == 'build' and row.id in self._children:
            # They were created after the first look at the build.
            return self._children[row.id]
        return [tasks[row.id]]

    async def play(self, goal: Sequence[ForecastTask],
                   random: Random | None = None) -> Starts:
        """
        Play the queues until some tasks have started.

        :param goal: the tasks.
        :param random: draws the durations; None for average durations.
        """
        if self._plays is None:
            return {}
        return await self._plays.play(goal, random)

    def release(self) -> Iterator[None]:
        """
        Forget all tasks, in steps.

        To free thousands of tasks at once would hold the reactor.
        """
        self._plays = self._expected = None
        self._children.clear()
        while self.snapshot.tasks:
            self.snapshot.tasks.popitem()
            yield


class _Plays:
    """
    The start of all plays: the running and the waiting tasks.

    :param pacer: paces the plays.
    :param snapshot: the hosts.
    :param errors: see `BuildHistory`.
    :param now: the current time, in seconds since 1970.

    :ivar builds: id of a build -> its tasks.
    :ivar cancellations: the rate of cancellations, see
                         `RecentTasks.cancellations`.
    """

    def __init__(self, pacer: Pacer, snapshot: Snapshot,
                 errors: Mapping[str | None, float], now: float) -> None:
        self._pacer = pacer
        self._hosts = snapshot.hosts
        self._now = now
        self._queue = ChannelQueue(snapshot.hosts.values(), now,
                                   is_assigned=snapshot.is_assigned)
        self._active: list[_Running] = []
        self._free: list[HubTask] = []
        self._errors = errors
        self.cancellations: tuple[int, float] = (0, 0.0)
        self.builds: dict[int, list[ForecastTask]] = {}
        #: The tasks that start at some time of a play.
        self._later: list[ForecastTask] = []

    def add(self, tasks: Iterable[ForecastTask]) -> Iterator[None]:
        """Add all tasks, in steps."""
        for task in tasks:
            if task.build is not None:
                self.builds.setdefault(task.build, []).append(task)
            if isinstance(task, HubTask):
                if task.row.state == task_states.FREE:
                    self._free.append(task)
                else:
                    running = _running_task(task, self._hosts, self._now)
                    if running is not None:
                        self._active.append(running)
            if (not isinstance(task, HubTask)
                    or task.row.state != task_states.OPEN):
                self._later.append(task)
            yield
        self._free.sort(key=attrgetter('priority'))
        yield

    async def play(self, goal: Sequence[ForecastTask], random: Random | None
                   ) -> Starts:
        """Play the queues; see `Forecast.play`."""
        steps = self._play(goal, random)
        # A look at the clock takes as long as a step.
        await self._pacer.run(islice(steps, 0, None, STEPS))
        # A play that cancels a task tells nothing of its end.
        return {task: task.end_time - task.seconds for task in goal
                if task.end_time is not None
                and task.end_time < task.cancel_time}

    def _play(self, goal: Sequence[ForecastTask], random: Random | None
              ) -> Iterator[None]:
        """Play the queues in small steps."""
        queue = self._queue
        queue.reset()
        # An architecture may be slower for all tasks than it seemed to be.
        factors = {arch: exp(random.gauss(0, error))
                   for arch, error in self._errors.items()} if random else {}
        for task in self._later:
            task.end_time = None
            task.seconds = task.average
            if random is not None and task.scatter is not None:
                task.seconds *= (task.scatter.quantile(random.random())
                                 * factors.get(task.arch, 1.0))
            yield
        yield from self._cancel(random)
        for running in self._active:
            self._start(running, random)
            yield
        for free in self._free:
            queue.add(free)
            yield
        left = list(goal)
        while True:
            while left and left[-1].end_time is not None:
                left.pop()
            if not left or not queue.step():
                return
            yield

    def _cancel(self, random: Random | None) -> Iterator[None]:
        """Draw the times when builds are canceled, in steps."""
        number, seconds = self.cancellations
        # The few cancellations do not tell their rate exactly.
        rate = (random.gammavariate(number, 1) / seconds
                if random is not None and number else 0.0)
        for tasks in self.builds.values():
            time = inf
            if random is not None and rate:
                time = self._now + random.expovariate(rate)
            for task in tasks:
                task.cancel_time = time
            yield

    def _start(self, running: _Running, random: Random | None) -> None:
        """Add a running or assigned task to the queue."""
        task, host, start = running
        if start is not None:
            task.seconds = _duration(task, self._now - start, random)
            self._queue.start(task, host, start + task.seconds)
        elif task.method == 'build' and host is None:
            # The tasks that the build has not started yet come at once.
            self._queue.start(task, None, self._now)
        else:
            self._queue.start(task, host, self._now + DELAY + task.seconds)


def _running_task(task: HubTask, hosts: Mapping[int, HostSlots], now: float
                  ) -> _Running | None:
    """Tell how a task runs; None if it ends with tasks that it has started."""
    row = task.row
    host = hosts.get(row.host_id or 0)
    if row.state == task_states.ASSIGNED:
        return task, host, None
    if row.state == task_states.OPEN and task.method == 'build':
        # A build ends with the tasks that it starts.
        return (task, None, None) if task.successors else None
    if row.state == task_states.OPEN:
        # A task that waits for others is no load for its host. If our clock
        # is behind the hub's, the task has just started.
        started = row.started
        return (task, None if row.waiting else host,
                now if started is None else min(started.timestamp(), now))
    return None


def _duration(task: ForecastTask, elapsed: float, random: Random | None
              ) -> float:
    """Estimate the seconds of a running task, from its start to its end."""
    if random is not None and task.scatter is not None and task.average:
        return task.average * task.scatter.quantile_above(
            elapsed / task.average, random.random())
    return max(task.average, elapsed + task.average * OVERDUE)
