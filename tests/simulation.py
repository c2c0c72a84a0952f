"""
A channel of a Koji hub, simulated: builds that come, a scheduler that gives
tasks to hosts, and hosts that work on them, with all the chance that a real
one has. It is what estimates are measured by, so it shares nothing with them
(`measure`).

A hub's scheduler of today looks every 60 seconds for tasks that are free and
assigns them (kojihub/scheduler.py); with an older hub each host looks every
15 seconds, and takes one (builder/kojid). Either is done here.
"""
from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import datetime, timezone
from heapq import heappop, heappush
from itertools import count
from math import exp
from random import Random
from typing import Any, NamedTuple

from twisted.internet.task import Clock

from txkoji.testing import FakeHub

FREE, OPEN, CLOSED, CANCELED, ASSIGNED = 0, 1, 2, 3, 4

#: How much longer than on the fastest something takes, by architecture.
SLOWNESS = {'x86_64': 1.0, 'aarch64': 1.3, 'ppc64le': 1.2, 's390x': 1.7}

ARCHES = list(SLOWNESS)

#: arches, capacity and number of hosts.
HOSTS = [('x86_64 i386', 6.0, 3), ('aarch64', 6.0, 2), ('ppc64le', 8.0, 1),
         ('s390x', 4.0, 2)]

CHANNEL = 1

Row = dict[str, Any]


class Simulation:
    """
    A channel, which starts full: some builds are waiting already.

    :param seed: of what is left to chance.
    :param scheduler: whether the hub assigns tasks; else hosts take them.
    :param builds: how many builds are there in the beginning.
    :param interval: seconds from one of those that come later to the next,
                     on average.
    :param scatter: sigma of the log-normal distribution of how long a task
                    takes.
    """

    def __init__(self, seed: int, *, scheduler: bool = True,
                 builds: int = 40, interval: float = 300,
                 scatter: float = 0.35) -> None:
        self.random = Random(seed)
        self.scatter = scatter
        self.interval = interval
        self.now = 0.0
        self.tasks: dict[int, Row] = {}
        self._active: dict[int, Row] = {}
        self.hosts: list[Row] = []
        self._events: list[tuple[float, int, Callable[[], Any]]] = []
        self._numbers = count(1)
        #: id of a task -> which of its turns at a host this is.
        self._turns: dict[int, int] = {}
        self.packages = {f'package{number}': 600 * exp(
            self.random.gauss(0, 0.9)) for number in range(60)}
        self.averages = {name: self._average(name) for name in self.packages}
        for arches, capacity, number in HOSTS:
            for _ in range(number):
                host = {'id': len(self.hosts) + 1, 'arches': arches.split(),
                        'capacity': capacity * self.random.uniform(0.8, 1.2)}
                self.hosts.append(host)
                self._every(15, self.random.uniform(0, 15),
                            lambda host=host: self._check_in(host, scheduler))
        if scheduler:
            self._every(60, 0, self._assign)
        for _ in range(25):
            self._old_build()
        for _ in range(builds):
            self._at(self.random.uniform(0, 600), self._new_build)
        self._arrive()
        self._every(400, 200, self._free_one)
        self._every(900, 450, self._cancel_one)

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
        """Let time go by."""
        while self._events and self._events[0][0] <= until:
            self.now, _, event = heappop(self._events)
            event()
        self.now = until

    # Chance

    def _about(self, seconds: float) -> float:
        return seconds * exp(self.random.gauss(0, self.scatter))

    def _build_seconds(self, package: str, arch: str) -> float:
        return self._about(self.packages[package] * SLOWNESS[arch])

    def _average(self, package: str) -> float:
        """What the hub knows of earlier builds: the longest, and import."""
        return sum(max(self._build_seconds(package, arch) for arch in ARCHES)
                   + self._about(60) for _ in range(12)) / 12

    # What comes

    def _arrive(self) -> None:
        self._at(self.now + self.random.expovariate(1 / self.interval),
                 lambda: (self._new_build(), self._arrive()))

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

    def _old_build(self) -> None:
        """One that was done before."""
        package = self.random.choice(list(self.packages))
        old = [(self._new_srpm(package, None), self._about(100))]
        old += [(self._new_arch(package, arch, None),
                 self._build_seconds(package, arch)) for arch in ARCHES]
        for task, seconds in old:
            self._end(task, CLOSED)
            task['completed'] = -self.random.uniform(0, 9000)
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

    # What hosts do

    def _load(self, host: Row) -> tuple[float, int]:
        own = [task for task in self._active.values()
               if task['host_id'] == host['id']
               and task['state'] in (OPEN, ASSIGNED)]
        return (sum(task['weight'] for task in own if not task['waiting']),
                sum(not task['waiting'] for task in own))

    def _room(self, host: Row) -> float:
        """
        What is left on a host. Tasks that wait count neither for its load
        nor for the 15 that it may have.
        """
        load, number = self._load(host)
        return host['capacity'] - load if number < 15 else 0.0

    def _queue(self) -> list[Row]:
        return sorted((task for task in self._active.values()
                       if task['state'] == FREE),
                      key=lambda task: (task['priority'], task['created']))

    def _assign(self) -> None:
        for task in self._queue():
            room, host = max(((self._room(host), host) for host in self.hosts
                              if can(host, task)), key=lambda pair: pair[0])
            if room > max(0, task['weight'] - 5):
                task['state'], task['host_id'] = ASSIGNED, host['id']

    def _check_in(self, host: Row, scheduler: bool) -> None:
        if scheduler:
            for task in list(self._active.values()):
                if task['state'] == ASSIGNED and task['host_id'] == host['id']:
                    self._open(task, host)
            return
        room = self._room(host)
        for task in self._queue() if room > 0 else ():
            if can(host, task) and room > max(0, task['weight'] - 5):
                self._open(task, host)
                return

    def _open(self, task: Row, host: Row) -> None:
        task.update(state=OPEN, host_id=host['id'], started=self.now)
        method, number = task['method'], task['id']
        turn = self._turns[number] = self._turns.get(number, 0) + 1

        def then(seconds: float, event: Callable[[Row], Any]) -> None:
            def unless_over() -> None:
                if task['state'] == OPEN and self._turns[number] == turn:
                    event(task)
            self._at(self.now + seconds, unless_over)

        if method == 'build':
            task['weight'] = 0.2
            then(5, self._make_srpm)
        elif method == 'buildSRPMFromSCM':
            then(self._about(100), self._close)
        elif method == 'buildArch':
            package = package_of(task)
            task['weight'] = 1.5 + min(18, self.averages[package] / 4800)
            then(self._build_seconds(package, task['arch']), self._close)
        else:
            then(self._about(40), self._close)

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
        elif all(other['state'] == CLOSED for other in self._children(build)):
            build['waiting'] = None
            self._at(self.now + self._about(60), lambda: (
                build['state'] == OPEN and self._close(build)))

    def _children(self, build: Row) -> list[Row]:
        return [task for task in self.tasks.values()
                if task['parent'] == build['id']]

    # What goes wrong

    def _free_one(self) -> None:
        """A host is lost sight of, and one of its tasks is done anew."""
        working = [task for task in self._active.values()
                   if task['state'] == OPEN and task['method'] == 'buildArch']
        if working:
            self.random.choice(working).update(
                state=FREE, host_id=None, started=None, weight=1.0)

    def _cancel_one(self) -> None:
        """Somebody has second thoughts about a build."""
        builds = [task for task in self._active.values()
                  if task['method'] == 'build']
        if builds:
            build = self.random.choice(builds)
            for task in [build, *self._children(build)]:
                if task['id'] in self._active:
                    self._end(task, CANCELED)

    # What a hub says of it

    def show(self, hub: FakeHub) -> float:
        """
        Let a hub show it as it is, as if its time was that of the hub.

        :returns: when it began then, in seconds since 1970.
        """
        today = hub.now() - self.now

        def text(time: float | None) -> str | None:
            return None if time is None else str(
                datetime.fromtimestamp(today + time, timezone.utc))

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
        return today


class Sample(NamedTuple):
    """
    A task that was free, and what was expected.

    :ivar row: it, as it ended.
    :ivar wait: seconds until it was done.
    :ivar error: seconds that the estimate was too late by; too early below 0.
    :ivar simple: the same of the simple rule: when it was made, 45 seconds,
                  and the average of its package.
    """

    row: Row
    wait: float
    error: float
    simple: float


def measure(seed: int, *, scheduler: bool, times: Sequence[float],
            tasks: int) -> list[Sample]:
    """
    Compare estimates of tasks that wait in a full channel with what happens.

    :param times: when to look, in seconds.
    :param tasks: how many tasks to look at each time.
    :returns: those that were done; others were canceled.
    """
    simulation = Simulation(seed, scheduler=scheduler)
    hub = FakeHub(clock=Clock())
    koji = hub.connection()
    looks: list[tuple[Row, float, float]] = []
    for time in times:
        simulation.run(time)
        today = simulation.show(hub)
        free = [row for row in simulation.tasks.values()
                if row['state'] == FREE
                and row['method'] in ('build', 'buildArch')]
        for row in simulation.random.sample(free, min(tasks, len(free))):
            found: list[Any] = []
            koji.getTaskInfo(row['id']).addCallback(
                lambda task: task.estimate_completion()).addBoth(found.append)
            looks.append((row, time, found[0].timestamp() - today))
    while any(row['completed'] is None for row, _, _ in looks):
        simulation.run(simulation.now + 3600)
    return [Sample(row, row['completed'] - time, estimate - row['completed'],
                   row['created'] + 45 + simulation.averages[package_of(row)]
                   - row['completed'])
            for row, time, estimate in looks if row['state'] == CLOSED]


def can(host: Row, task: Row) -> bool:
    """Whether a host has the architecture that a task needs."""
    return task['arch'] in ('noarch', *host['arches'])


def _source(package: str) -> str:
    return f'git+https://src.example.test/rpms/{package}.git#0a1b2c3d'


def package_of(task: Row) -> str:
    """The package of a task for one."""
    found = re.search(r'([a-z]+[0-9]+)(\.git|-1-1)', task['request'][0])
    assert found is not None
    return found.group(1)
