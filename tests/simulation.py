"""
A random simulation of a channel of a Koji hub, to measure estimates with.

Builds arrive, and hosts run their tasks. The simulation shares no code with
the estimates, so that an error in one is not hidden by the other.

Since Koji 1.34, the scheduler of the hub assigns free tasks to hosts every 60
seconds (kojihub/scheduler.py). With an older hub, each host takes a free task
every 15 seconds (builder/kojid). The simulation can do both.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import exp
from random import Random
from statistics import fmean
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock

from txkoji import Connection
from txkoji.testing import FakeHub

FREE, OPEN, CLOSED, CANCELED, ASSIGNED = 0, 1, 2, 3, 4

#: architecture -> duration of its tasks, as a multiple of that on x86_64 (our
#: choice).
SLOWNESS = {'x86_64': 1.0, 'aarch64': 1.3, 'ppc64le': 1.2, 's390x': 1.7}

ARCHES = list(SLOWNESS)

#: The architectures, the capacity and the number of hosts (our choice).
HOSTS = [('x86_64 i386', 6.0, 3), ('aarch64', 6.0, 2), ('ppc64le', 8.0, 1),
         ('s390x', 4.0, 2)]

#: The id of the channel.
CHANNEL = 1

#: The weight of a task may exceed the free capacity of its host by so much
#: (``CapacityOvercommit`` of kojihub/scheduler.py).
OVERCOMMIT = 5

#: A build is canceled every so many seconds (our choice). About so many
#: ``buildArch`` tasks run at a time.
CANCELED_EVERY, RUNNING = 900, 25

#: The seconds of the past that the tables have tasks of (our choice).
HISTORY = 9000

#: A row of a table of the hub.
Row = dict[str, Any]


class Simulation:
    """
    A channel that starts with many waiting builds.

    :param seed: the seed of the random numbers.
    :param scheduler: True if the hub assigns tasks; False if hosts take them.
    :param builds: the number of builds at the start.
    :param interval: the mean seconds between the later builds.
    :param scatter: the sigma of the log-normal distribution of the durations.
    :param freed: the seconds between two ``buildArch`` tasks that are freed.
    """

    def __init__(self, seed: int, *, scheduler: bool = True,
                 builds: int = 40, interval: float = 300,
                 scatter: float = 0.35, freed: float = 3600) -> None:
        self.random = Random(seed)
        self.scatter = scatter
        self.interval = interval
        self.freed = freed
        self.now = 0.0
        self.tasks: dict[int, Row] = {}
        self._active: dict[int, Row] = {}
        self.hosts: list[Row] = []
        self._events: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = count(1)
        #: id of a task -> the number of its starts.
        self._starts: dict[int, int] = {}
        self.packages = {f'package{number}': 600 * exp(
            self.random.gauss(0, 0.9)) for number in range(60)}
        #: package -> the durations of its earlier builds.
        self.earlier = {name: self._earlier_builds(name, number)
                        for number, name in enumerate(self.packages)}
        self.averages = {name: fmean(durations)
                         for name, durations in self.earlier.items()}
        self._add_hosts(scheduler)
        if scheduler:
            self._every(60, 0, self._assign)
        for _ in range(125):
            self._old_build()
        for _ in range(HISTORY // CANCELED_EVERY):
            self._old_build(CANCELED)
        for _ in range(builds):
            self._at(self.random.uniform(0, 600), self._new_build)
        self._arrive()
        self._every(freed, 200, self._free_one)
        self._every(CANCELED_EVERY, 450, self._cancel_one)

    def _add_hosts(self, scheduler: bool) -> None:
        for arches, capacity, number in HOSTS:
            for _ in range(number):
                host = {'id': len(self.hosts) + 1, 'arches': arches.split(),
                        'capacity': capacity * self.random.uniform(0.8, 1.2)}
                self.hosts.append(host)
                self._every(15, self.random.uniform(0, 15),
                            partial(self._check_in, host, scheduler))

    # Time

    def _at(self, time: float, event: Callable[[], Any]) -> None:
        heappush(self._events, (time, next(self._numbers), event))

    def _every(self, seconds: float, first: float, event: Callable[[], Any]
               ) -> None:
        def again() -> None:
            event()
            self._every(seconds, self.now + seconds, event)
        self._at(first, again)

    def run(self, until: float) -> None:
        """Advance the time, in seconds since the start."""
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heappop(self._events)
            event()
        self.now = until

    # Random durations

    def _scattered(self, seconds: float) -> float:
        """Return a random duration around a given one, in seconds."""
        return seconds * exp(self.random.gauss(0, self.scatter))

    def _build_seconds(self, package: str, arch: str) -> float:
        return self._scattered(self.packages[package] * SLOWNESS[arch])

    def _earlier_builds(self, package: str, number: int) -> list[float]:
        """
        Make the durations of the earlier builds of a package.

        A build lasts from the start of its ``buildArch`` tasks to the end of
        the import, and none of these tasks waited. Every tenth package is
        young: it has four builds.
        """
        return [max(self._with_restarts(self._build_seconds(package, arch))
                    for arch in ARCHES) + self._scattered(60)
                for _ in range(20 if number % 10 else 4)]

    def _with_restarts(self, seconds: float) -> float:
        """Add the time that a task loses if it is freed, as by `_free_one`."""
        lost = 0.0
        while True:
            run = self.random.expovariate(1 / (self.freed * RUNNING))
            if run >= seconds:
                return lost + seconds
            lost += run

    # New tasks

    def _arrive(self) -> None:
        def arrive() -> None:
            self._new_build()
            self._arrive()

        self._at(self.now + self.random.expovariate(1 / self.interval),
                 arrive)

    def _new_task(self, method: str, request: list[Any], *, arch: str,
                  parent: int | None = None, priority: int = 20) -> Row:
        number = next(self._numbers)
        self.tasks[number] = self._active[number] = {
            'id': number, 'method': method, 'request': request, 'arch': arch,
            'parent': parent, 'priority': priority, 'state': FREE,
            'channel_id': CHANNEL, 'host_id': None, 'created': self.now,
            'started': None, 'completed': None, 'weight': 1.0,
            'waiting': None, 'owner': 1, 'label': None, 'awaited': None,
            'result': None}
        return self.tasks[number]

    def _new_build(self) -> None:
        package = self.random.choice(list(self.packages))
        self._new_task('build', [_source(package), 'f44-candidate', {}],
                       arch='noarch')
        if self.random.random() < 0.2:
            self._new_task('tagBuild', [36, 4994, False, None],
                           arch='noarch', priority=10)

    def _old_build(self, state: int = CLOSED) -> None:
        """Add the tasks of an earlier build."""
        package = self.random.choice(list(self.packages))
        build = next(self._numbers)
        ended = -self.random.uniform(0, HISTORY)
        old = [(self._new_srpm(package, build), self._scattered(100))]
        old += [(self._new_arch(package, arch, build),
                 self._build_seconds(package, arch)) for arch in ARCHES]
        for task, seconds in old:
            self._end(task, state)
            task['completed'] = ended
            task['started'] = task['completed'] - seconds

    def _new_srpm(self, package: str, parent: int | None) -> Row:
        return self._new_task(
            'buildSRPMFromSCM', [_source(package), 40, {}], arch='noarch',
            parent=parent, priority=19)

    def _new_arch(self, package: str, arch: str, parent: int | None
                  ) -> Row:
        return self._new_task(
            'buildArch', [f'tasks/1/1/{package}-1-1.fc44.src.rpm', 40, arch,
                          True, {}], arch=arch, parent=parent, priority=19)

    # Hosts

    def _load(self, host: Row) -> tuple[float, int]:
        """Return the load of a host, and the number of its tasks."""
        own = [task for task in self._active.values()
               if task['host_id'] == host['id']
               and task['state'] in (OPEN, ASSIGNED)]
        return (sum(task['weight'] for task in own if not task['waiting']),
                sum(not task['waiting'] for task in own))

    def _free_capacity(self, host: Row) -> float:
        """
        Return the free capacity of a host; 0 with 15 or more tasks.

        (15 is ``maxjobs`` of kojihub/scheduler.py.) Tasks that wait for their
        children count neither for the load nor for the number.
        """
        load, number = self._load(host)
        return host['capacity'] - load if number < 15 else 0.0

    def _queue(self) -> list[Row]:
        return sorted((task for task in self._active.values()
                       if task['state'] == FREE),
                      key=lambda task: (task['priority'], task['created']))

    def _assign(self) -> None:
        for task in self._queue():
            free, host = max(((self._free_capacity(host), host)
                              for host in self.hosts if can(host, task)),
                             key=lambda pair: pair[0])
            if free > max(0, task['weight'] - OVERCOMMIT):
                task['state'], task['host_id'] = ASSIGNED, host['id']

    def _check_in(self, host: Row, scheduler: bool) -> None:
        if scheduler:
            for task in list(self._active.values()):
                if task['state'] == ASSIGNED and task['host_id'] == host['id']:
                    self._open(task, host)
            return
        free = self._free_capacity(host)
        for task in self._queue() if free > 0 else ():
            if can(host, task) and free > max(0, task['weight'] - OVERCOMMIT):
                self._open(task, host)
                return

    def _open(self, task: Row, host: Row) -> None:
        task.update(state=OPEN, host_id=host['id'], started=self.now)
        method, number = task['method'], task['id']
        start = self._starts[number] = self._starts.get(number, 0) + 1

        def later(seconds: float, event: Callable[[Row], Any]) -> None:
            def if_running() -> None:
                if task['state'] == OPEN and self._starts[number] == start:
                    event(task)
            self._at(self.now + seconds, if_running)

        if method == 'build':
            task['weight'] = 0.2
            later(5, self._make_srpm)
        elif method == 'buildSRPMFromSCM':
            later(self._scattered(100), self._close)
        elif method == 'buildArch':
            package = package_of(task)
            task['weight'] = 1.5 + min(18, self.averages[package] / 4800)
            later(self._build_seconds(package, task['arch']), self._close)
        else:
            later(self._scattered(40), self._close)

    def _make_srpm(self, build: Row) -> None:
        build['waiting'] = True
        self._new_srpm(package_of(build), build['id'])

    def _end(self, task: Row, state: int) -> None:
        task.update(state=state, completed=self.now)
        del self._active[task['id']]

    def _close(self, task: Row) -> None:
        self._end(task, CLOSED)
        build = self.tasks.get(task['parent'] or 0)
        if build is None or build['state'] != OPEN:
            return
        if task['method'] == 'buildSRPMFromSCM':
            for arch in ARCHES:
                self._new_arch(package_of(build), arch, build['id'])
        elif all(other['state'] == CLOSED for other in self.children(build)):
            build['waiting'] = None
            self._at(self.now + self._scattered(60),
                     lambda: self._close_open(build))

    def _close_open(self, build: Row) -> None:
        """Close a build, unless it has ended otherwise."""
        if build['state'] == OPEN:
            self._close(build)

    def children(self, build: Row) -> list[Row]:
        """List the children of a build."""
        return [task for task in self.tasks.values()
                if task['parent'] == build['id']]

    # Failures

    def _free_one(self) -> None:
        """Free a random ``buildArch`` task, as if its host were lost."""
        working = [task for task in self._active.values()
                   if task['state'] == OPEN and task['method'] == 'buildArch']
        if working:
            self.random.choice(working).update(
                state=FREE, host_id=None, started=None, weight=1.0)

    def _cancel_one(self) -> None:
        """Cancel a random build with its children."""
        builds = [task for task in self._active.values()
                  if task['method'] == 'build']
        if builds:
            build = self.random.choice(builds)
            for task in [build, *self.children(build)]:
                if task['id'] in self._active:
                    self._end(task, CANCELED)

    # The hub

    def show(self, hub: FakeHub) -> float:
        """
        Copy the current tasks and hosts to the tables of a hub.

        :returns: the start of the simulation by the clock of the hub, in
                  seconds since 1970.
        """
        start = hub.now() - self.now

        def text(time: float | None) -> str | None:
            return None if time is None else str(
                datetime.fromtimestamp(start + time, timezone.utc))

        hub.tables.tasks[:] = [
            {**task, 'create_time': text(task['created']),
             'start_time': text(task['started']),
             'completion_time': text(task['completed'])}
            for task in self.tasks.values()]
        hub.tables.hosts[:] = [
            {'id': host['id'], 'name': f'builder{host["id"]}', 'user_id': 1,
             'arches': ' '.join(host['arches']), 'enabled': True,
             'ready': True, 'capacity': host['capacity'],
             'task_load': self._load(host)[0]} for host in self.hosts]
        hub.tables.host_channels[:] = [
            {'host_id': host['id'], 'channel_id': CHANNEL}
            for host in self.hosts]
        hub.respond('getAverageBuildDuration', self.averages.get)
        names = dict(enumerate(self.packages, 1))
        numbers = {name: number for number, name in names.items()}
        hub.respond('getPackageID', numbers.get)
        hub.respond('listBuilds', lambda number, **_: [
            {'state': 1, 'task_id': 1, 'start_ts': start - 1e6,
             'completion_ts': start - 1e6 + duration}
            for duration in self.earlier[names[number]]])
        return start


class Sample(NamedTuple):
    """
    A task that was free, with the errors of two estimates of its end.

    :ivar row: the row of the task after its end.
    :ivar wait: the seconds from the estimate to the end.
    :ivar error: the seconds from the end to the estimated end; below 0 if the
                 estimate is too early.
    :ivar simple: the error of the simple rule, in seconds. By this rule, a
                  task ends 45 seconds and the average of its package after its
                  creation.
    """

    row: Row
    wait: float
    error: float
    simple: float


async def _estimate(koji: Connection, task_id: int) -> Any:
    task = await koji.getTaskInfo(task_id, strict=True)
    return await task.estimate_completion()


def measure(seed: int, *, scheduler: bool, times: Sequence[float],
            tasks: int) -> list[Sample]:
    """
    Compare estimates of waiting tasks in a full channel with their ends.

    :param seed: the seed of the simulation.
    :param scheduler: True if the hub assigns tasks; False if hosts take them.
    :param times: the times of the estimates, in seconds since the start.
    :param tasks: the number of tasks to estimate at each time.
    :returns: the tasks that were closed, without canceled ones.
    """
    simulation = Simulation(seed, scheduler=scheduler)
    hub = FakeHub(clock=Clock(), version='1.35.0' if scheduler else '1.33.1')
    koji = hub.connection()
    estimates: list[tuple[Row, float, float]] = []
    for time in times:
        simulation.run(time)
        start = simulation.show(hub)
        free = [row for row in simulation.tasks.values()
                if row['state'] == FREE
                and row['method'] in ('build', 'buildArch')]
        for row in simulation.random.sample(free, min(tasks, len(free))):
            found: list[Any] = []
            estimate: Any = Deferred.fromCoroutine(_estimate(koji, row['id']))
            estimate.addBoth(found.append)
            estimates.append((row, time, found[0].timestamp() - start))
    while any(row['completed'] is None for row, _, _ in estimates):
        simulation.run(simulation.now + 3600)
    return [Sample(row, row['completed'] - time, estimate - row['completed'],
                   row['created'] + 45 + simulation.averages[package_of(row)]
                   - row['completed'])
            for row, time, estimate in estimates if row['state'] == CLOSED]


class Ending(NamedTuple):
    """
    A build that had not ended, with its estimate.

    :ivar earliest: the seconds from the end to the earliest estimated end.
    :ivar latest: the same of the latest one. The build has ended within the
                  interval if this is not below 0, and the earliest not above.
    :ivar state: the state at the time of the estimate: "free", "source" before
                 the ``buildArch`` tasks, "queued" if some of these wait,
                 "running" if some run, or "import".
    """

    earliest: float
    latest: float
    state: str

    @property
    def is_within(self) -> bool:
        """Whether the build has ended within the interval."""
        return self.earliest <= 0 <= self.latest


def _state(simulation: Simulation, build: Row) -> str:
    """Tell how far a build is."""
    if build['state'] in (FREE, ASSIGNED):
        return 'free'
    arches = [task['state'] for task in simulation.children(build)
              if task['method'] == 'buildArch']
    if not arches:
        return 'source'
    for state, text in ((FREE, 'queued'), (ASSIGNED, 'queued'),
                        (OPEN, 'running')):
        if state in arches:
            return text
    return 'import'


def calibrate(seed: int, *, scheduler: bool, times: Sequence[float],
              builds: int, freed: float = 3600) -> list[Ending]:
    """
    Compare the intervals of estimates in a full channel with the ends.

    :param seed: the seed of the simulation.
    :param scheduler: True if the hub assigns tasks; False if hosts take them.
    :param times: the times of the estimates, in seconds since the start.
    :param builds: the number of builds to estimate at each time.
    :param freed: see `Simulation`.
    :returns: the builds that were closed, without canceled ones.
    """
    simulation = Simulation(seed, scheduler=scheduler, freed=freed)
    hub = FakeHub(clock=Clock(), version='1.35.0' if scheduler else '1.33.1')
    koji = hub.connection()
    found: list[tuple[Row, str, float, float]] = []
    for time in times:
        simulation.run(time)
        start = simulation.show(hub)
        rows = [row for row in simulation.tasks.values()
                if row['method'] == 'build' and row['completed'] is None]
        rows = simulation.random.sample(rows, min(builds, len(rows)))
        results: list[Any] = []
        estimates: Any = Deferred.fromCoroutine(_estimate_all(
            koji, [row['id'] for row in rows]))
        estimates.addBoth(results.extend)
        for row, estimate in zip(rows, results):
            # The end is unknown if nearly all plays cancel the build.
            if estimate is not None and estimate.earliest is not None:
                found.append((row, _state(simulation, row),
                              estimate.earliest.timestamp() - start,
                              estimate.latest.timestamp() - start))
    while any(row['completed'] is None for row, *_ in found):
        simulation.run(simulation.now + 3600)
    return [Ending(earliest - row['completed'], latest - row['completed'],
                   state)
            for row, state, earliest, latest in found
            if row['state'] == CLOSED]


async def _estimate_all(koji: Connection, task_ids: Sequence[int]) -> Any:
    return await koji.estimate([await koji.getTaskInfo(number, strict=True)
                                for number in task_ids])


def can(host: Row, task: Row) -> bool:
    """Tell whether a host has the architecture of a task."""
    return task['arch'] in ('noarch', *host['arches'])


def _source(package: str) -> str:
    return f'git+https://src.example.test/rpms/{package}.git#0a1b2c3d'


def package_of(task: Row) -> str:
    """Return the package of a ``build`` or ``buildArch`` task."""
    found = re.search(r'([a-z]+[0-9]+)(\.git|-1-1)', task['request'][0])
    assert found is not None
    return found.group(1)
