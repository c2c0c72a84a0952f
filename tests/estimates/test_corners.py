"""Estimates in rare situations."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any
from unittest import mock

from twisted.internet.defer import CancelledError

from tests.estimates.test_forecast import MINUTE, ForecastTestCase
from tests.estimates.test_intervals import IntervalTestCase, PacingTestCase
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.estimates import task_durations
from txkoji.exceptions import ConnectionClosed, GenericError, ServerOffline
from txkoji.task_requests.subjects import canonical_arch


class PackageTests(ForecastTestCase):
    """Tests of the packages of tasks."""

    def test_noarch_again(self) -> None:
        """The last build of a package says whether the next is noarch."""
        self.hub.tables.hosts[1]['enabled'] = False
        number = self.build(task_states.FREE)
        for first, second, minutes in [('x86_64', 'noarch', 60),
                                       ('noarch', 'x86_64', None)]:
            older = self.build_arch(task_states.CLOSED, first, started=900,
                                    completed=840)
            self.build_arch(task_states.CLOSED, second, started=90,
                            completed=30)
            self.check(number, minutes)
            del self.hub.tables.tasks[older - 1:]

    def test_flatpak(self) -> None:
        """A container and a package of the same name have two averages."""
        self.hub.respond('getPackageID', 7)
        self.hub.respond('listBuilds', [
            {'start_ts': 1000.0, 'completion_ts': 1000.0 + 20 * MINUTE,
             'state': build_states.COMPLETE}])
        package = self.task(self.build_arch(task_states.OPEN, started=0))
        container = self.task(self.add(
            'buildContainer', task_states.OPEN,
            'git+https://src.example.test/flatpaks/bash#0a', 'f44',
            {'flatpak': True}, started=0))
        for tasks in ([package, container], [container, package]):
            ends = self.get(self.koji.estimate(tasks))
            self.assertEqual(
                {each.when - self.now for each in ends if each},
                {timedelta(minutes=60), timedelta(minutes=20)})
            self.assertEqual(
                self.get(task_durations(self.koji, tasks)),
                [timedelta(minutes=60 if task is package else 20)
                 for task in tasks])

    def test_package_named_as_method(self) -> None:
        """A fault about a package is not one about a method of its name."""
        for minutes in (1, 2, 9):
            self.add('newRepo', task_states.CLOSED, 'f43-build',
                     started=50, completed=50 - minutes)
        self.build_arch(task_states.FREE, package='newRepo', created=200)
        self.hub.fault('getAverageBuildDuration', 1000, 'no')
        self.check(self.add('newRepo', task_states.FREE, 'f44-build'), 2)


class RefusalTests(IntervalTestCase):
    """Tests of a hub that refuses calls."""

    def test_children(self) -> None:
        """The end of a build is unknown if its children are unknown."""
        number = self.build(task_states.OPEN, started=50, waiting=True)
        self.build_arch(task_states.OPEN, started=40, parent=number)
        other = self.build_arch(task_states.OPEN, started=0)
        self.hub.fault('getTaskChildren', 1000, 'no')
        first, second = self.estimate(number, other)
        self.assertIsNone(first)
        self.assertIsNotNone(second)
        self.fail_of(self.task(number).estimate_completion(), GenericError)

    def test_offline(self) -> None:
        """If a hub refuses whole requests, the estimates are an error."""
        task = self.task(self.build(task_states.FREE))
        self.hub.fault('system.multicall', 1014, 'maintenance')
        self.fail_of(self.koji.estimate([task]), ServerOffline)


class StateTests(IntervalTestCase):
    """Tests of tasks that go on during an estimate."""

    def test_waiting_meanwhile(self) -> None:
        """A task that has started, and waits for others, has an end."""
        for minutes in (10, 10, 10):
            self.add('image', task_states.CLOSED, 'x', '44', ['x86_64'],
                     'f44', '', {}, started=50, completed=50 - minutes)
        task = self.task(self.add('image', task_states.FREE, 'x', '44',
                                  ['x86_64'], 'f44', '', {}))
        self.hub.tables.tasks[-1].update(
            state=task_states.OPEN, start_time=self.time(3), host_id=1,
            waiting=True)
        self.assertEqual(self.get(task.estimate_completion()),
                         self.now + timedelta(minutes=7))

    def test_ended_meanwhile(self) -> None:
        """A task that has ended since its row was read is estimated by it."""
        free = self.task(self.build_arch(task_states.FREE))
        started = self.task(self.build_arch(task_states.OPEN, started=20))
        build = self.task(self.build(task_states.OPEN, started=30))
        for row in self.hub.tables.tasks:
            row.update(state=task_states.CLOSED, start_time=self.time(20),
                       completion_time=self.time(0))
        ends = self.get(self.koji.estimate([free, started, build]))
        for end in ends:
            self.assertTrue(self.now < end.when)

    def test_twice(self) -> None:
        """A task that is given twice has the same estimate twice."""
        first, other, second = self.estimate(*[
            self.build_arch(task_states.FREE)] * 3)
        self.assertIsNotNone(first)
        self.assertEqual(first.when, second.when)
        self.assertEqual(other.when, second.when)

    def test_times_as_text(self) -> None:
        """A hub that tells times as text only has the same estimates."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        self.build_arch(task_states.OPEN, package='zsh', started=20,
                        weight=3.0, host_id=1)
        later = self.build_arch(task_states.FREE, created=40)
        first = self.build_arch(task_states.FREE, package='zsh', created=50)
        expected = self.estimate(later, first)
        tasks = [self.task(number) for number in (later, first)]
        rows = [{name: value for name, value in task.items()
                 if not name.endswith('_ts')} for task in self.get(
                     self.koji.listTasks({'state': [0, 1, 2, 3, 4, 5]}))]
        self.hub.respond('listTasks', lambda opts, **_: [
            row for row in rows if row['state'] in opts['state']
            and opts.get('method') in (None, row['method'])])
        for task in tasks:
            for name in ('create_ts', 'start_ts', 'completion_ts'):
                del task[name]
        self.assertEqual(self.get(self.koji.estimate(tasks)), expected)

    def test_failing_build(self) -> None:
        """A build with a failed child starts no buildArch tasks."""
        number = self.build(task_states.OPEN, started=65, waiting=True)
        self.build_arch(task_states.FAILED, started=50, completed=2,
                        parent=number)
        self.add('waitrepo', task_states.OPEN, 'f44-build', started=1,
                 parent=number)
        [estimate] = self.estimate(number)
        self.assertEqual(self.minutes(estimate), [0, 0, 0])

    def test_clock(self) -> None:
        """The three times are in order, and not before the answer."""
        def now() -> datetime:
            """Go on by a second at each look."""
            self.now += timedelta(seconds=1)
            return self.now

        numbers = [self.build_arch(task_states.OPEN, started=500),
                   self.build_arch(task_states.OPEN, started=60),
                   self.build_arch(task_states.FREE)]
        tasks = [self.task(number) for number in numbers]
        failing = self.build(task_states.OPEN, started=65, waiting=True)
        self.build_arch(task_states.FAILED, started=30, completed=1,
                        parent=failing)
        tasks.append(self.task(failing))
        tasks.append(Build.attached({
            'build_id': 1, 'name': 'bash', 'state': build_states.BUILDING,
            'start_time': self.time(500)}, self.koji))
        koji = self.hub.connection(now=now)
        for estimate in self.get(koji.estimate(tasks)):
            self.assertTrue(self.now <= estimate.earliest <= estimate.when
                            <= estimate.latest, estimate)


class HostTests(IntervalTestCase):
    """Tests of hosts that several channels share."""

    def test_channels(self) -> None:
        """Each host is looked at once, and not once for each channel."""
        self.hub.tables.host_channels[:] = [
            {'host_id': host, 'channel_id': channel}
            for host in (1, 2) for channel in (1, 2, 3, 4, 5)]
        numbers = [self.build_arch(task_states.FREE, channel_id=channel)
                   for channel in (1, 2, 3, 4, 5)]
        with mock.patch('txkoji.estimates.snapshot.canonical_arch',
                        wraps=canonical_arch) as canonical:
            estimates = self.estimate(*numbers)
        self.assertNotIn(None, estimates)
        # Each host has one architecture, and noarch.
        self.assertEqual(canonical.call_count, 2 * 2)


class MethodTests(IntervalTestCase):
    """Tests of tasks other than those of packages."""

    def test_method_interval(self) -> None:
        """The interval of a task of a method is that of earlier ones."""
        number = self.add('newRepo', task_states.OPEN, 'f44', started=0)
        for minutes in range(1, 10):
            self.add('newRepo', task_states.CLOSED, 'f44', started=20,
                     completed=20 - minutes)
        for minutes in range(40, 60):
            self.build_arch(task_states.CLOSED, started=90,
                            completed=90 - minutes)
        [estimate] = self.estimate(number)
        self.assertEqual(self.minutes(estimate), [1, 5, 9])

    def test_srpm_interval(self) -> None:
        """The durations of noarch tasks say nothing of source packages."""
        self.past['bash'] = [60] * 20
        for number in range(40):
            self.build_arch(task_states.CLOSED, 'noarch', 'zsh', started=90,
                            completed=90 - (1 if number % 8 else 600),
                            parent=1000 + number)
            self.srpm(task_states.CLOSED, started=90, completed=60)
        number = self.build(task_states.FREE, opts={
            'scratch': True, 'arch_override': 'x86_64'})
        [estimate] = self.estimate(number)
        least, when, most = self.minutes(estimate)
        self.assertTrue(90 <= least <= most <= 92, (least, when, most))


class TogetherTests(PacingTestCase):
    """Tests of two estimates that compute at the same time."""

    def turn_until(self, waiting: Any) -> Any:
        """Turn the reactor until an estimate is there."""
        while not waiting.called:
            self.clock.turn()
        return self.get(waiting)

    def test_canceled_neighbor(self) -> None:
        """An estimate is the same, whenever another one is canceled."""
        alone = self.turn_until(self.koji.estimate(self.tasks))
        for turns in range(0, 120, 7):
            first = self.koji.estimate([self.task(2)])
            second = self.koji.estimate(self.tasks)
            for _ in range(turns):
                self.clock.turn()
            first.cancel()
            self.failureResultOf(first, CancelledError)
            self.assertEqual(self.turn_until(second), alone)
            self.assertEqual(self.clock.getDelayedCalls(), [])
            self.assertEqual(self.koji.stats.in_flight, 0)

    def test_close(self) -> None:
        """Closing the connection ends an estimate that still has to ask."""
        self.hub.misbehave('slow', method='listTasks', seconds=1000)
        waiting = self.koji.estimate(self.tasks)
        for _ in range(20):
            self.clock.turn()
        self.get(self.koji.close())
        self.fail_of(waiting, ConnectionClosed)
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_clock_set_back(self) -> None:
        """A computation gives way even if the clock was set back."""
        self.turn_until(self.koji.estimate(self.tasks))
        self.clock.rightNow -= 3600
        waiting = self.koji.estimate(self.tasks)
        self.assertNoResult(waiting)
        self.clock.turn()
        self.assertNoResult(waiting)
        self.turn_until(waiting)
