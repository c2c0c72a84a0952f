"""Estimates of the completion times of tasks and builds."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support import HubTestCase
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.exceptions import AnswerError, GenericError
from txkoji.task import NoDescendentsError, Task

MINUTE = 60.0

#: Seconds that an estimate of a waiting task may be late. The simulation adds
#: a delay of 20 seconds to each step.
SOON = 90.0


class ForecastTestCase(HubTestCase):
    """A hub with two hosts, two packages with averages, and no tasks."""

    def setUp(self) -> None:
        """Make the hosts, the architectures of a tag, and the averages."""
        super().setUp()
        tables = self.hub.tables
        tables.tasks[:] = []
        tables.hosts[:] = [
            {'id': number, 'name': f'builder{number}', 'arches': arch,
             'capacity': 2.0, 'enabled': True, 'ready': True}
            for number, arch in [(1, 'x86_64'), (2, 'aarch64')]]
        tables.host_channels[:] = [{'host_id': number, 'channel_id': 1}
                                   for number in (1, 2)]
        [tag] = [row for row in tables.tags if row['name'] == 'f44-build']
        tag['arches'] = 'x86_64 aarch64'
        self.averages: dict[str, float | None] = {'bash': 60 * MINUTE,
                                                     'zsh': 30 * MINUTE}
        self.hub.respond('getAverageBuildDuration', self.averages.get)
        # Its hosts take one task after the other.
        self.hub.respond('getKojiVersion', '1.33.1')
        self.now = self.koji.now()

    def time(self, minutes: float | None) -> str | None:
        """Format a time some minutes before now as the hub does."""
        if minutes is None:
            return None
        return str(self.now - timedelta(minutes=minutes))

    def add(self, method: str, state: int, *request: Any,
            created: float = 100, started: float | None = None,
            completed: float | None = None, **columns: Any) -> int:
        """
        Add a task.

        :param request: the parameters of its request.
        :param created: minutes before now; so are `started` and `completed`.
        :param columns: further members of its row.
        :returns: the id of the task.
        """
        tasks = self.hub.tables.tasks
        tasks.append({
            'id': len(tasks) + 1, 'method': method, 'state': state,
            'request': list(request), 'arch': 'noarch', 'channel_id': 1,
            'priority': 20, 'weight': 1.0, 'parent': None,
            'create_time': self.time(created),
            'start_time': self.time(started),
            'completion_time': self.time(completed), **columns})
        return len(tasks)

    def build(self, state: int, package: str = 'bash', opts: Any = None,
              **columns: Any) -> int:
        """Add a ``build`` task."""
        source = f'git+https://src.example.test/rpms/{package}.git#0a1b2c3d'
        return self.add('build', state, source, 'f44-candidate', opts or {},
                        **columns)

    def build_arch(self, state: int, arch: str = 'x86_64',
                   package: str = 'bash', **columns: Any) -> int:
        """Add a ``buildArch`` task."""
        return self.add('buildArch', state,
                        f'tasks/1/1/{package}-1-1.fc44.src.rpm', 40, arch,
                        True, {}, arch=arch, **columns)

    def srpm(self, state: int, package: str = 'bash', **columns: Any) -> int:
        """Add a ``buildSRPMFromSCM`` task."""
        source = f'git+https://src.example.test/rpms/{package}.git#0a1b2c3d'
        return self.add('buildSRPMFromSCM', state, source, 40, {}, **columns)

    def task(self, number: int) -> Task:
        """Get a task from the hub."""
        found: Task = self.get(self.koji.getTaskInfo(number))
        return found

    def completion(self, number: int) -> Any:
        """Estimate the completion time of a task."""
        return self.get(self.task(number).estimate_completion())

    def check(self, number: int, minutes: float | None,
              soon: float = SOON) -> None:
        """
        Check the estimated completion time of a task.

        :param minutes: minutes from now; None for an unknown time.
        :param soon: seconds that the estimate may be later.
        """
        estimate = self.completion(number)
        if minutes is None:
            self.assertIsNone(estimate)
            return
        late = (estimate - self.now).total_seconds() - minutes * MINUTE
        self.assertTrue(-0.001 <= late <= soon, late)


class RunningTests(ForecastTestCase):
    """Tests of tasks that run or have ended."""

    def test_done(self) -> None:
        """A task in any final state has its real completion time."""
        for state in task_states.DONE_GROUP:
            number = self.build_arch(state, started=70, completed=50)
            self.check(number, -50, 0)
            self.assertEqual(self.get(self.task(number).estimate_duration()),
                             timedelta(minutes=20))
        self.assertIsNone(self.completion(
            self.build_arch(task_states.CANCELED)))

    def test_open(self) -> None:
        """A running task ends its average duration after its start."""
        number = self.build_arch(task_states.OPEN, started=20)
        self.check(number, 40, 0)
        self.assertEqual(self.get(self.task(number).estimate_duration()),
                         timedelta(minutes=60))

    def test_overdue(self) -> None:
        """A running task that exceeds its average ends now."""
        self.check(self.build_arch(task_states.OPEN, started=500), 0, 10)

    def test_unknown(self) -> None:
        """The estimate is None if the average or the start is unknown."""
        for average in (None, -5.0):
            self.averages['bash'] = average
            for state, started in [(task_states.OPEN, 10),
                                   (task_states.FREE, None)]:
                for number in (self.build_arch(state, started=started),
                               self.build(state, started=started)):
                    self.check(number, None)
                    self.assertIsNone(self.get(
                        self.task(number).estimate_duration()))
        self.averages['bash'] = 600.0
        self.check(self.build_arch(task_states.OPEN), None)
        self.check(self.build(task_states.OPEN), None)
        for method, *request in [
                ('build', 'no source', 'f44', {}), ('build',),
                ('waitrepo', 'f44-build'), ('chainbuild', [], 'f44'),
                ('noSuchMethod',), ('newRepo', 40)]:
            for state, started in [(task_states.OPEN, 10),
                                   (task_states.FREE, None)]:
                self.check(self.add(method, state, *request, started=started),
                           None)

    def test_methods(self) -> None:
        """Tasks of other methods take the median of the last similar tasks."""
        for minutes in (1, 2, 9):
            self.add('newRepo', task_states.CLOSED, 'f43-build',
                     started=50, completed=50 - minutes)
        number = self.add('newRepo', task_states.OPEN, 'f44-build', started=1)
        self.check(number, 1, 0)
        self.add('newRepo', task_states.CLOSED, 'f44-build',
                 started=50, completed=40)
        self.add('newRepo', task_states.FAILED, 'f44-build',
                 started=50, completed=49)
        # One of the recent tasks has the same tag now.
        self.check(number, 9, 0)

    def test_container(self) -> None:
        """A container takes the average duration of its last builds."""
        self.hub.respond('getPackageID', lambda name: {
            'rhceph-container': 7}.get(name))
        self.hub.respond('listBuilds', [
            {'start_ts': 1000.0, 'completion_ts': 1000.0 + 20 * MINUTE,
             'state': build_states.COMPLETE}])
        self.check(self.add(
            'buildContainer', task_states.OPEN,
            'git+https://src.example.test/containers/rhceph#0a', 'ceph', {},
            started=5), 15, 0)

    def test_fault(self) -> None:
        """A fault about the task itself is the error."""
        number = self.build_arch(task_states.OPEN, started=20)
        task = self.task(number)
        self.hub.fault('getAverageBuildDuration', 1000, 'no')
        self.fail_of(task.estimate_completion(), GenericError)
        self.fail_of(task.estimate_duration(), GenericError)


class BuildTaskTests(ForecastTestCase):
    """Tests of ``build`` tasks, which end with their children."""

    def test_duration(self) -> None:
        """A build takes the time of its source package and its average."""
        self.srpm(task_states.CLOSED, 'other', started=90, completed=87)
        task = self.task(self.build(task_states.FREE))
        self.assertEqual(self.get(task.estimate_duration()),
                         timedelta(minutes=63))
        uploaded = self.add('build', task_states.FREE,
                            'cli-build/1/bash-5-1.src.rpm', 'f44-candidate',
                            {'rebuild_srpm': False})
        self.assertEqual(
            self.get(self.task(uploaded).estimate_duration()),
            timedelta(minutes=60))

    def test_arches(self) -> None:
        """A build ends with its last architecture and the import."""
        number = self.build(task_states.OPEN, started=50, waiting=True)
        self.srpm(task_states.CLOSED, started=49, completed=45,
                  parent=number)
        self.build_arch(task_states.OPEN, started=40, parent=number)
        self.build_arch(task_states.CLOSED, 'aarch64', started=35,
                        completed=20, parent=number)
        self.check(number, 25, 0)
        self.assertEqual(
            self.get(self.task(number).estimate_descendents()),
            self.completion(number))

    def test_done_descendents(self) -> None:
        """The descendents of a closed build have their real end."""
        number = self.build(task_states.CLOSED, started=50, completed=20)
        self.build_arch(task_states.CLOSED, started=40, completed=22,
                        parent=number)
        self.assertEqual(self.get(self.task(number).estimate_descendents()),
                         self.now - timedelta(minutes=22))

    def test_many_descendents(self) -> None:
        """Many waiting children are estimated in a single simulation."""
        number = self.add('chainbuild', task_states.OPEN, [], 'f44',
                          started=50)
        for _ in range(10):
            self.build(task_states.FREE, 'zsh', parent=number, opts={
                'scratch': True, 'arch_override': 'x86_64'})
        self.hub.tables.hosts[0]['capacity'] = 1.0
        task = self.task(number)
        before = self.hub.requests
        late = self.get(task.estimate_descendents()) - self.now
        self.assertTrue(timedelta(minutes=300) < late
                        < timedelta(minutes=310))
        self.assertLess(self.hub.requests - before, 20)

    def test_import(self) -> None:
        """After the last architecture, the rest of the average remains."""
        number = self.build(task_states.OPEN, started=65, waiting=True)
        self.build_arch(task_states.CLOSED, started=55, completed=1,
                        parent=number)
        self.check(number, 5, 0)

    def test_failed(self) -> None:
        """A build with a failed child and no running ones fails now."""
        for child in (self.build_arch, self.srpm):
            number = self.build(task_states.OPEN, started=65, waiting=True)
            for state in (task_states.CLOSED, task_states.CANCELED):
                self.build_arch(state, started=50, completed=2,
                                parent=number)
            child(task_states.FAILED, started=30, completed=1, parent=number)
            self.check(number, 0, 0)

    def test_partly_failed(self) -> None:
        """A build with a failed child ends with its last active child."""
        number = self.build(task_states.OPEN, started=65, waiting=True)
        for state, arch, started, completed in [
                (task_states.FAILED, 'x86_64', 55, 1),
                (task_states.CLOSED, 'ppc64le', 5, 1),
                (task_states.OPEN, 'aarch64', 50, None)]:
            self.build_arch(state, arch, started=started,
                            completed=completed, parent=number)
        self.check(number, 10, 0)
        self.build_arch(task_states.OPEN, 's390x', started=20, parent=number)
        self.check(number, 40, 0)
        self.build_arch(task_states.FREE, 'aarch64', parent=number)
        self.check(number, 60)
        self.assertEqual(
            self.get(self.task(number).estimate_descendents()),
            self.completion(number))

    def test_no_start(self) -> None:
        """The end is unknown if an open child has no start time."""
        number = self.build(task_states.OPEN, started=50, waiting=True)
        self.build_arch(task_states.CLOSED, started=40, completed=20,
                        parent=number)
        self.build_arch(task_states.OPEN, parent=number)
        self.check(number, None)

    def test_freed(self) -> None:
        """A build that was freed keeps its running children."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        number = self.build(task_states.FREE, created=200)
        self.build_arch(task_states.OPEN, started=50, parent=number,
                        host_id=1)
        self.check(number, 10, 0)
        self.check(self.build_arch(task_states.FREE, package='zsh'), 10 + 30)

    def test_waiting_arch(self) -> None:
        """A build ends with its last architecture, which waits for a host."""
        number = self.build(task_states.OPEN, started=50, waiting=True)
        self.build_arch(task_states.CLOSED, started=40, completed=20,
                        parent=number)
        self.build_arch(task_states.OPEN, 'aarch64', 'zsh', started=20,
                        weight=3.0, host_id=2)
        self.build_arch(task_states.FREE, 'aarch64', parent=number)
        # The host is free in 10 minutes. The task takes 60 minutes.
        self.check(number, 70)

    def test_srpm(self) -> None:
        """The source package of a build comes before its architectures."""
        self.srpm(task_states.CLOSED, 'other', started=90, completed=80)
        number = self.build(task_states.OPEN, started=5)
        self.check(number, 70)
        self.srpm(task_states.OPEN, started=4, parent=number, host_id=1)
        self.check(number, 66)
        self.hub.tables.tasks[-1].update(
            state=task_states.CLOSED, completion_time=self.time(0))
        self.check(number, 60)

    def test_free(self) -> None:
        """A free build creates its source package first."""
        self.srpm(task_states.CLOSED, 'other', started=90, completed=80)
        self.check(self.build(task_states.FREE), 70)

    def test_only_some(self) -> None:
        """Only a scratch build can override its architectures."""
        # No host is available for aarch64.
        self.hub.tables.hosts[1]['enabled'] = False
        self.check(self.build(task_states.FREE), None)
        self.hub.tables.tasks.clear()
        self.check(self.build(task_states.FREE,
                              opts={'arch_override': 'x86_64',
                                    'scratch': True}), 60)
        self.hub.tables.tasks.clear()
        # The hub ignores the override in other builds.
        self.check(self.build(task_states.FREE,
                              opts={'arch_override': 'x86_64'}), None)

    def test_no_target(self) -> None:
        """A build with an unknown target needs any host."""
        number = self.add(
            'build', task_states.FREE, 'git+https://x/rpms/bash#1',
            'no-such-target', {})
        self.check(number, 60)
        self.hub.tables.tasks.clear()
        self.check(self.add('build', task_states.FREE,
                            'git+https://x/rpms/bash#1', None,
                            {'repo_id': 1}), 60)

    def test_descendents(self) -> None:
        """The descendents of a task end with its last child."""
        number = self.add('chainbuild', task_states.OPEN, [], 'f44',
                          started=50)
        self.fail_of(self.task(number).estimate_descendents(),
                     NoDescendentsError)
        child = self.build(task_states.OPEN, started=50, parent=number)
        self.build_arch(task_states.OPEN, started=40, parent=child)
        self.assertEqual(self.get(self.task(number).estimate_descendents()),
                         self.completion(child))
        self.add('waitrepo', task_states.OPEN, 'f44-build', parent=number,
                 started=1)
        self.assertIsNone(self.get(
            self.task(number).estimate_descendents()))


class QueueTests(ForecastTestCase):
    """Tests of tasks that wait for a host."""

    def fill(self, package: str = 'zsh', started: float = 20) -> None:
        """Add a task that uses the whole capacity of the first host."""
        self.build_arch(task_states.OPEN, package=package, started=started,
                        weight=3.0, host_id=1)

    def test_idle(self) -> None:
        """A task of an idle channel starts soon."""
        self.check(self.build_arch(task_states.FREE), 60)

    def test_assigned(self) -> None:
        """An assigned task starts soon, even if its host is full."""
        self.fill()
        self.check(self.build_arch(task_states.ASSIGNED, host_id=1), 60)

    def test_full(self) -> None:
        """A task of a full host waits for the end of the running task."""
        self.fill()
        self.check(self.build_arch(task_states.FREE), 10 + 60)
        self.check(self.build_arch(task_states.FREE, 'aarch64'), 60)

    def test_order(self) -> None:
        """The tasks before a task in the queue delay it; others do not."""
        self.fill()
        self.hub.tables.hosts[0]['capacity'] = 1.0
        number = self.build_arch(task_states.FREE, created=50)
        self.build_arch(task_states.FREE, package='zsh', created=60)
        self.build_arch(task_states.FREE, package='zsh', created=40)
        self.build_arch(task_states.FREE, package='zsh', created=30,
                        priority=15)
        self.check(number, 10 + 30 + 30 + 60, 2 * SOON)

    def test_overdue(self) -> None:
        """A running task that exceeds its average ends a little later."""
        self.fill(started=500)
        number = self.build_arch(task_states.FREE)
        wait = self.completion(number) - self.now - timedelta(hours=1)
        self.assertTrue(timedelta(minutes=1) < wait < timedelta(minutes=15))

    def test_builds_before(self) -> None:
        """The future tasks of earlier builds go first."""
        self.srpm(task_states.CLOSED, 'other', started=90, completed=80)
        self.hub.tables.hosts[0]['capacity'] = 1.0
        build = self.build(task_states.OPEN, 'zsh', waiting=True)
        self.srpm(task_states.OPEN, 'zsh', started=4, parent=build,
                  host_id=1)
        self.check(self.build_arch(task_states.FREE), 6 + 30 + 60)

    def test_waiting_parents(self) -> None:
        """A parent that waits for its children is no load for its host."""
        self.build(task_states.OPEN, started=20, weight=3.0, waiting=True,
                   host_id=1)
        self.add('image', task_states.OPEN, 'x', '44', ['x86_64'], 'f44', '',
                 {}, started=20, weight=3.0, waiting=True, host_id=1)
        self.check(self.build_arch(task_states.FREE), 60)

    def test_other_channels(self) -> None:
        """Tasks of other channels count if they share hosts."""
        self.build_arch(task_states.OPEN, package='zsh', started=20,
                        weight=3.0, host_id=1, channel_id=2)
        # A channel without shared hosts delays nothing.
        self.build_arch(task_states.FREE, channel_id=2, created=500)
        self.check(self.build_arch(task_states.FREE), 10 + 60)
        self.hub.tables.tasks.pop()
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.hub.tables.host_channels.append({'host_id': 1, 'channel_id': 2})
        self.check(self.build_arch(task_states.FREE), 10 + 60 + 60)

    def test_child_elsewhere(self) -> None:
        """A child of a build may be in another channel."""
        self.hub.tables.host_channels[1]['channel_id'] = 2
        number = self.build(task_states.OPEN, started=50, waiting=True)
        self.build_arch(task_states.FREE, 'aarch64', channel_id=2,
                        parent=number)
        self.check(number, 60)

    def test_noarch(self) -> None:
        """A package with a recent noarch build is noarch again."""
        self.hub.tables.hosts[1]['enabled'] = False
        self.check(self.build(task_states.FREE), None)
        self.build_arch(task_states.CLOSED, 'noarch', started=90,
                        completed=30)
        self.check(self.build(task_states.FREE), 2 * 60)

    def test_some_noarch(self) -> None:
        """The share of noarch packages is that among the recent ones."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.hub.tables.hosts[1]['capacity'] = 100.0
        for number in range(40):
            self.build_arch(task_states.CLOSED,
                            'noarch' if number < 30 else 'x86_64',
                            f'a{number}', started=90, completed=30)
        for number in range(4):
            self.build(task_states.FREE, f'c{number}', created=300 - number)
            self.averages[f'c{number}'] = 60 * MINUTE
        # Two of the four builds are noarch, and do not need the first host.
        self.averages['d'] = 60 * MINUTE
        self.check(self.build(task_states.FREE, 'd', opts={
            'scratch': True, 'arch_override': 'x86_64'}), 3 * 60, 5 * SOON)

    def test_few_noarch(self) -> None:
        """A single noarch package does not make the others noarch."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.hub.tables.hosts[1]['capacity'] = 100.0
        self.build_arch(task_states.CLOSED, 'noarch', 'a', started=90,
                        completed=30)
        self.averages['c'] = 60 * MINUTE
        self.build(task_states.FREE, 'c', created=300)
        self.check(self.build(task_states.FREE, opts={
            'scratch': True, 'arch_override': 'x86_64'}), 2 * 60, 3 * SOON)

    def test_together(self) -> None:
        """Builds that start together end in the order of their creation."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        builds = [self.build(task_states.FREE, 'zsh', created=200 - number,
                             opts={'arch_override': 'x86_64',
                                   'scratch': True}) for number in range(4)]
        for turn, number in enumerate(builds, 1):
            self.check(number, turn * 30, (turn + 1) * SOON)

    def test_slow_srpm(self) -> None:
        """Later builds with a faster source package can go first."""
        for package, minutes in [('bash', 60), ('zsh', 1)]:
            self.srpm(task_states.CLOSED, package, started=90,
                      completed=90 - minutes)
        self.hub.tables.hosts[0]['capacity'] = 1.0
        opts = {'arch_override': 'x86_64', 'scratch': True}
        number = self.build(task_states.FREE, created=200, opts=opts)
        for _ in range(3):
            self.build(task_states.FREE, 'zsh', opts=opts)
        self.check(number, 1 + 3 * 30 + 60, 5 * SOON)

    def test_odd_rows(self) -> None:
        """Malformed rows are ignored, or are an AnswerError."""
        number = self.build_arch(task_states.FREE)
        self.averages['zsh'] = 1.0
        for started, completed in [(80, 7000), (7000, 80)]:
            self.build_arch(task_states.CLOSED, package='zsh',
                            started=started, completed=completed)
            self.fill('bash', started=20)
            self.check(number, 40 + 60, 2 * 3600 + SOON)
            self.hub.tables.tasks.pop()
        self.add('newRepo', task_states.OPEN, ['a'], started=3)
        self.check(number, 60)
        for method, answer in [('listHosts', [{'id': 1, 'arches': 5}]),
                               ('listHosts', [None]),
                               ('listHosts', [{'id': 1, 'capacity': 'x'}])]:
            self.hub.respond(method, answer)
            self.fail_of(self.task(number).estimate_completion(),
                         AnswerError)

    def test_no_state(self) -> None:
        """A missing state, or a time beyond all dates, is an unknown end."""
        self.assertIsNone(self.get(Task.attached(
            {'id': 1, 'method': 'buildArch', 'state': None,
             'request': ['x-1-1.src.rpm', 40, 'x86_64']},
            self.koji).estimate_completion()))
        self.averages['bash'] = 1e12
        self.check(self.build_arch(task_states.OPEN, started=20), None)

    def test_neighbours_fault(self) -> None:
        """A fault about another task is not an error."""
        def average(package: str) -> Any:
            if package == 'zsh':
                raise GenericError('no')
            return self.averages[package]

        self.hub.respond('getAverageBuildDuration', average)
        self.hub.fault('getBuildTarget', 1000, 'no')
        self.fill()
        self.build(task_states.FREE, 'zsh', created=200)
        self.check(self.build_arch(task_states.FREE), 40 + 60)

    def test_no_connection(self) -> None:
        """A task without a connection is a ValueError."""
        task = self.task(self.build_arch(task_states.FREE))
        task.connection = None
        self.fail_of(task.estimate_completion(), ValueError)

    def test_hosts(self) -> None:
        """A host that is disabled or not ready starts no task."""
        number = self.build_arch(task_states.FREE)
        for member in ('enabled', 'ready'):
            self.hub.tables.hosts[0][member] = False
            self.check(number, None)
            self.hub.tables.hosts[0][member] = True
        self.check(number, 60)
        self.hub.tables.tasks[-1]['channel_id'] = None
        self.check(number, None)

    def test_silent_host(self) -> None:
        """A host without recent updates starts no task, even if ready."""
        number = self.build_arch(task_states.FREE)
        host = self.hub.tables.hosts[0]
        for seconds, minutes in [(3600, None), (86400, None), (20, 60),
                                 # Our clock is behind the clock of the hub.
                                 (-600, 60)]:
            host['update_ts'] = self.hub.now() - seconds
            self.check(number, minutes)
        # The host goes on with its updates.
        self.hub.clock.advance(7200)
        self.now = self.koji.now()
        self.check(number, 60)

    def test_disabled_channel(self) -> None:
        """A free task of a disabled channel gets no host."""
        number = self.build_arch(task_states.FREE)
        build = self.build(task_states.FREE)
        [channel] = [row for row in self.hub.tables.channels
                     if row['id'] == 1]
        channel['enabled'] = False
        self.check(number, None)
        self.check(build, None)
        self.check(self.build_arch(task_states.OPEN, started=20), 40, 0)
        # Its free tasks do not delay the tasks of other channels.
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.hub.tables.host_channels.append({'host_id': 1, 'channel_id': 2})
        self.check(self.build_arch(task_states.FREE, channel_id=2), 60)
        # Older hubs have no ``enabled``: all of their channels are enabled.
        self.hub.respond('getChannel', {'id': 1, 'name': 'default'})
        self.check(number, 60)

    def test_canonical_arches(self) -> None:
        """A host starts tasks of all equivalent architectures."""
        [tag] = [row for row in self.hub.tables.tags
                 if row['name'] == 'f44-build']
        for offered, wanted in [('armhfp', 'armv7hl'), ('armv7hl', 'armhfp'),
                                ('i386', 'i686'), ('i686', 'athlon'),
                                ('ppc64', 'ppc64p7'), ('ppc64le', 'ppc64le')]:
            self.hub.tables.hosts[0]['arches'] = offered
            self.hub.tables.tasks.clear()
            self.check(self.build_arch(task_states.FREE, wanted), 60)
            self.hub.tables.tasks.clear()
            tag['arches'] = f'{wanted} {offered}'
            self.check(self.build(task_states.FREE), 60)
        self.hub.tables.hosts[0]['arches'] = 'ppc64'
        self.check(self.build_arch(task_states.FREE, 'ppc64le'), None)

    def test_behind(self) -> None:
        """If our clock is behind the hub's, no elapsed time is negative."""
        self.koji = self.hub.connection(
            now=lambda: self.now - timedelta(minutes=10))
        number = self.build_arch(task_states.OPEN, package='zsh', started=5,
                                 weight=3.0, host_id=1)
        task = self.task(number)
        self.assertEqual(task.duration, timedelta())
        self.check(number, 25, 0)
        # Our clock is 10 minutes late. By our clock, the host is free in 30
        # minutes, and the task takes 60 minutes.
        self.check(self.build_arch(task_states.FREE), 20 + 60)

    def test_begun_meanwhile(self) -> None:
        """A task that has started since its row was read is running."""
        task = self.task(self.build_arch(task_states.FREE))
        self.hub.tables.tasks[-1].update(
            state=task_states.OPEN, start_time=self.time(20), host_id=1)
        self.assertEqual(self.get(task.estimate_completion()),
                         self.now + timedelta(minutes=40))

        build = self.task(self.build(task_states.FREE))
        self.hub.tables.tasks[-1].update(
            state=task_states.OPEN, start_time=self.time(30), host_id=1)
        self.build_arch(task_states.OPEN, started=20, host_id=1,
                        parent=build.id)
        self.assertEqual(self.get(build.estimate_completion()),
                         self.now + timedelta(minutes=40))

    def test_new(self) -> None:
        """A task without a creation time is the last of the queue."""
        self.fill()
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.build_arch(task_states.FREE, package='zsh')
        task = self.task(self.build_arch(task_states.FREE))
        del task['create_ts']
        late = self.get(task.estimate_completion()) - self.now
        self.assertTrue(timedelta(minutes=100) <= late
                        <= timedelta(minutes=103))

    def test_unknown_neighbours(self) -> None:
        """A task without an average takes the median of the others."""
        self.fill(package='unknown')
        self.check(self.build_arch(task_states.FREE), 40 + 60)

    def test_slowness(self) -> None:
        """Other tasks take as long as recent ones of their architecture."""
        for minutes in 20 * (10, 20):
            self.build_arch(task_states.CLOSED, package='zsh',
                            started=90, completed=90 - minutes)
        self.fill(started=5)
        # 40 samples say half of the average. The default, which counts as 10
        # samples, says all of it: (40 * 0.5 + 10) / 50 * 30 minutes = 18.
        self.check(self.build_arch(task_states.FREE), 18 - 5 + 60)

    def test_few_samples(self) -> None:
        """A few samples change the estimate only a little."""
        self.fill(started=5)
        number = self.build_arch(task_states.FREE)
        self.check(number, 25 + 60)
        # Each sample says a thirtieth of the average, limited to a tenth. With
        # one sample, 9/10 of the average remain; with five, 7/10.
        for samples, least in [(1, 27 - 5), (4, 15 - 5)]:
            for _ in range(samples):
                self.build_arch(task_states.CLOSED, package='zsh',
                                started=90, completed=89)
            late = (self.completion(number) - self.now) / timedelta(minutes=1)
            self.assertGreater(late, least + 60)

    def test_heavy_packages(self) -> None:
        """A task of many hours weighs more, and fills its host."""
        self.averages['gcc'] = 48000.0
        self.hub.tables.hosts[0]['capacity'] = 4.0
        self.build_arch(task_states.FREE, package='gcc', created=200)
        self.check(self.build_arch(task_states.FREE), 800 + 60)

    def test_unknown_weights(self) -> None:
        """A hub that assigns tasks does not know their weights before."""
        self.averages['gcc'] = 48000.0
        for _ in range(2):
            self.build_arch(task_states.FREE, package='gcc', created=200)
        number = self.build_arch(task_states.FREE)
        for version, minutes in [('1.33.1', 1600 + 60), (None, 1600 + 60),
                                 ('1.34.0', 800 + 60), ('2.0', 800 + 60)]:
            self.hub.respond('getKojiVersion', version)
            self.check(number, minutes)

    def test_cancel(self) -> None:
        """An estimate can be canceled at any time, with its calls."""
        task = self.task(self.build_arch(task_states.FREE))
        for method in ('listTasks', 'system.multicall'):
            self.hub.misbehave('slow', method=method, seconds=1000)
            waiting = task.estimate_completion()
            self.assertNoResult(waiting)
            self.assertGreater(self.koji.stats.in_flight, 0)
            waiting.cancel()
            self.failureResultOf(waiting)
            self.assertEqual(self.koji.stats.in_flight, 0)
            self.hub.behave()


class BuildTests(ForecastTestCase):
    """Tests of `Build`."""

    def row(self, state: int, started: float | None = 20,
            completed: float | None = None) -> Build:
        """Make a build of "bash", with times in minutes before now."""
        return Build.attached({
            'build_id': 1, 'name': 'bash', 'state': state,
            'start_time': self.time(started),
            'completion_time': self.time(completed)}, self.koji)

    def test_building(self) -> None:
        """A running build ends its average duration after its start."""
        build = self.row(build_states.BUILDING)
        self.assertEqual(self.get(build.estimate_completion()),
                         self.now + timedelta(minutes=40))
        self.assertEqual(self.get(build.estimate_duration()),
                         timedelta(minutes=60))
        late = self.get(self.row(
            build_states.BUILDING, 500).estimate_completion())
        self.assertGreaterEqual(late, self.now)

    def test_done(self) -> None:
        """A finished build has its real completion time, without a call."""
        for state in (build_states.COMPLETE, build_states.FAILED,
                      build_states.CANCELED, build_states.DELETED):
            build = self.row(state, 20, 5)
            self.assertEqual(self.get(build.estimate_completion()),
                             self.now - timedelta(minutes=5))
            self.assertEqual(self.get(build.estimate_duration()),
                             timedelta(minutes=15))
        self.assertEqual(self.hub.calls, [])

    def test_unknown(self) -> None:
        """The estimate is None if the start or the average is unknown."""
        self.assertIsNone(self.get(self.row(
            build_states.BUILDING, None).estimate_completion()))
        self.averages['bash'] = None
        nameless = Build.attached({'state': 0, 'start_ts': 5.0}, self.koji)
        for build in (self.row(build_states.BUILDING), nameless):
            self.assertIsNone(self.get(build.estimate_completion()))
            self.assertIsNone(self.get(build.estimate_duration()))
