"""Estimates of many tasks, with their intervals."""
from __future__ import annotations

from dataclasses import FrozenInstanceError
from typing import Any
from unittest import mock

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock

from tests.estimates.test_forecast import MINUTE, ForecastTestCase
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.estimates import Estimate
from txkoji.estimates.estimate import count_text, range_text
from txkoji.estimates.pacing import SLICE
from txkoji.exceptions import GenericError


class IntervalTestCase(ForecastTestCase):
    """A hub whose packages have earlier builds."""

    def setUp(self) -> None:
        """Make the builds: 40 to 78 minutes of bash, and 3 of zsh."""
        super().setUp()
        self.past: dict[str, list[float]] = {
            'bash': [40 + 2 * number for number in range(20)],
            'zsh': [30, 31, 32]}
        names = ['', 'bash', 'zsh']
        self.hub.respond('getPackageID', lambda name: (
            names.index(name) if name in names else None))
        self.hub.respond('listBuilds', lambda number, **options: [
            {'state': build_states.COMPLETE, 'task_id': 1,
             'start_ts': 1e9, 'completion_ts': 1e9 + minutes * MINUTE}
            for minutes in self.past[names[number]]])

    def estimate(self, *numbers: int) -> Any:
        """Estimate some tasks."""
        return self.get(self.koji.estimate(
            [self.task(number) for number in numbers]))

    def minutes(self, estimate: Estimate | None) -> list[float]:
        """Give the three times of an estimate, in minutes from now."""
        assert estimate is not None
        assert estimate.earliest is not None
        assert estimate.latest is not None
        return [round((time - self.now).total_seconds() / 60, 2) for time in (
            estimate.earliest, estimate.when, estimate.latest)]


class EstimateTests(IntervalTestCase):
    """Tests of `Connection.estimate`."""

    def test_running(self) -> None:
        """The interval of a running task is that of earlier builds."""
        number = self.build_arch(task_states.OPEN, started=0)
        [estimate] = self.estimate(number)
        # The 10th percentile is between the 2nd and the 3rd of 20 values.
        self.assertEqual(self.minutes(estimate), [42.2, 60, 75.8])
        self.assertEqual(estimate.why, '20 builds of bash took 40 to 78 min;'
                                       ' running for 0 s')
        self.assertEqual(estimate.when, self.completion(number))
        [later] = self.estimate(self.build_arch(task_states.OPEN, started=50))
        least, when, most = self.minutes(later)
        self.assertEqual(when, 10)
        self.assertTrue(0 < least < 10 < most < 28)

    def test_overdue(self) -> None:
        """A task that has run longer than all others may end at any time."""
        [estimate] = self.estimate(
            self.build_arch(task_states.OPEN, started=500))
        least, when, most = self.minutes(estimate)
        self.assertEqual((least, when), (0, 0))
        self.assertGreater(most, 1)

    def test_done(self) -> None:
        """A task that has ended has its real end, and needs no call."""
        number = self.build(task_states.CLOSED, started=70, completed=50)
        task = self.task(number)
        self.hub.calls.clear()
        [estimate] = self.get(self.koji.estimate([task]))
        self.assertEqual(self.minutes(estimate), [-50, -50, -50])
        self.assertEqual(self.hub.calls, [])
        self.assertEqual(self.get(self.koji.estimate([])), [])

    def test_builds(self) -> None:
        """Builds are estimated, too, and each in its place."""
        def build(state: int, name: str, completed: Any = None) -> Build:
            return Build.attached({
                'build_id': 1, 'name': name, 'state': state, 'task_id': 5,
                'start_time': self.time(0),
                'completion_time': self.time(completed)}, self.koji)

        rows = [build(build_states.BUILDING, 'bash'),
                build(build_states.COMPLETE, 'bash', 7),
                self.task(self.build_arch(task_states.OPEN, started=0)),
                build(build_states.BUILDING, 'none')]
        first, done, task, unknown = self.get(self.koji.estimate(rows))
        self.assertEqual(self.minutes(first), [42.2, 60, 75.8])
        self.assertEqual(self.minutes(done), [-7, -7, -7])
        self.assertEqual(first, task if task is None else Estimate(
            first.when, first.earliest, first.latest, task.why))
        self.assertIsNone(unknown)
        self.assertEqual(self.get(rows[0].estimate_completion()), first.when)

    def test_queue(self) -> None:
        """The waiting scatters as the tasks before a task do."""
        self.hub.tables.hosts[0]['capacity'] = 1.0
        for _ in range(20):
            self.build_arch(task_states.CLOSED, started=90, completed=60)
            self.build_arch(task_states.CLOSED, started=90, completed=0)
        numbers = [self.build_arch(task_states.FREE, created=50 - number)
                   for number in range(3)]
        estimates = self.estimate(*numbers)
        widths = []
        for estimate, number in zip(estimates, numbers):
            least, when, most = self.minutes(estimate)
            self.assertTrue(least <= when <= most)
            self.assertEqual(estimate.when, self.completion(number))
            widths.append(most - least)
        self.assertTrue(10 < widths[0] < widths[1] < widths[2], widths)
        self.assertEqual(
            [estimate.why.partition('; ')[2] for estimate in estimates],
            ['no task before it in channel default',
             '1 task before it in channel default',
             '2 tasks before it in channel default'])
        # The same queue has the same estimates.
        self.assertEqual(self.estimate(*numbers), estimates)

    def test_build(self) -> None:
        """A build takes as long as the slowest of its architectures."""
        number = self.build(task_states.OPEN, started=10, waiting=True)
        for arch in ('x86_64', 'aarch64'):
            self.build_arch(task_states.OPEN, arch, started=0, parent=number)
        for _ in range(5):
            self.build_arch(task_states.CLOSED, started=90, completed=50)
            self.build_arch(task_states.CLOSED, started=90, completed=10)
        [estimate] = self.estimate(number)
        least, when, most = self.minutes(estimate)
        self.assertEqual(when, 60)
        # With a random duration for each architecture, it is not exact.
        self.assertTrue(38 < least < 48 and 70 < most < 82, (least, most))

    def test_failed(self) -> None:
        """A build with a failed child ends now, for sure."""
        number = self.build(task_states.OPEN, started=65, waiting=True)
        self.build_arch(task_states.FAILED, started=30, completed=1,
                        parent=number)
        [estimate] = self.estimate(number)
        self.assertEqual(self.minutes(estimate), [0, 0, 0])
        self.assertEqual(estimate.why, 'a task of the build has failed')

    def test_import(self) -> None:
        """After the last architecture, a build may end at any time."""
        number = self.build(task_states.OPEN, started=65, waiting=True)
        self.build_arch(task_states.CLOSED, started=30, completed=1,
                        parent=number)
        [estimate] = self.estimate(number)
        least, when, most = self.minutes(estimate)
        self.assertEqual((least, when), (0, 30))
        self.assertGreater(most, 30)

    def test_no_scatter(self) -> None:
        """Without enough builds, the interval is unknown, or the pool's."""
        number = self.build_arch(task_states.OPEN, package='zsh', started=0)
        [estimate] = self.estimate(number)
        self.assertIsNone(estimate.earliest)
        self.assertIsNone(estimate.latest)
        self.assertEqual(estimate.when, self.completion(number))
        self.assertEqual(estimate.why, 'builds of zsh take 30 min on average;'
                                       ' running for 0 s')
        # With builds of another package, the pool is known.
        estimate, _ = self.estimate(
            number, self.build_arch(task_states.OPEN, started=0))
        least, when, most = self.minutes(estimate)
        self.assertTrue(15 < least < when == 30 < most < 45)
        self.assertIn('builds of all packages take', estimate.why)

    def test_methods(self) -> None:
        """Tasks of other methods scatter as the recent ones do."""
        number = self.add('newRepo', task_states.OPEN, 'f44', started=0)
        for minutes in range(1, 10):
            self.add('newRepo', task_states.CLOSED, 'f44', started=20,
                     completed=20 - minutes)
        [estimate] = self.estimate(number)
        self.assertEqual(self.minutes(estimate), [1, 5, 9])
        self.assertEqual(estimate.why,
                         '9 newRepo tasks took 1 to 9 min; running for 0 s')

    def test_unknown(self) -> None:
        """A task whose end is unknown has None, as the others have theirs."""
        known = self.build_arch(task_states.OPEN, started=0)
        odd = [self.add('waitrepo', task_states.OPEN, 'f44', started=1),
               self.build_arch(task_states.OPEN, package='none', started=1),
               self.build_arch(task_states.FREE, 's390x')]
        child = self.build(task_states.OPEN, started=50, waiting=True)
        self.build_arch(task_states.OPEN, parent=child)
        estimates = self.estimate(*odd, known, child)
        self.assertEqual(estimates[:3] + estimates[4:], [None] * 4)
        self.assertIsNotNone(estimates[3])

    def test_faults(self) -> None:
        """A fault about a task is an unknown end, not an error for all."""
        def average(package: str) -> Any:
            if package == 'zsh':
                raise GenericError('no')
            return self.averages[package]

        self.hub.respond('getAverageBuildDuration', average)
        first, second = self.estimate(
            self.build_arch(task_states.OPEN, package='zsh', started=0),
            self.build_arch(task_states.OPEN, started=0))
        self.assertIsNone(first)
        self.assertIsNotNone(second)

    def test_calls(self) -> None:
        """Many tasks take as many requests as one."""
        numbers = [self.build(task_states.FREE, created=number)
                   for number in range(30)]
        requests = []
        for count in (1, 30):
            tasks = [self.task(number) for number in numbers[:count]]
            self.hub.calls.clear()
            before = self.hub.requests
            self.get(self.koji.estimate(tasks))
            requests.append(self.hub.requests - before)
            lists = [args for method, args, _ in self.hub.calls
                     if method == 'listTasks' and 'method' not in args[0]]
            self.assertEqual(len(lists), 2)
        self.assertEqual(requests[0], requests[1])
        self.assertLess(requests[0], 10)

    def test_cancel(self) -> None:
        """Canceling ends the calls, and a failed call ends the others."""
        tasks = [self.task(self.build(task_states.FREE))]
        for method in ('listTasks', 'system.multicall'):
            self.hub.misbehave('slow', method=method, seconds=1000)
            waiting = self.koji.estimate(tasks)
            self.assertNoResult(waiting)
            waiting.cancel()
            self.failureResultOf(waiting)
            self.assertEqual(self.koji.stats.in_flight, 0)
            self.hub.behave()
        self.hub.fault('listTasks', 1000, 'no')
        self.fail_of(self.koji.estimate(tasks), GenericError)
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_frozen(self) -> None:
        """An estimate cannot be changed."""
        estimate = Estimate(self.now, None, None, '')
        with self.assertRaises(FrozenInstanceError):
            estimate.why = 'x'  # type: ignore[misc]

    def test_texts(self) -> None:
        """Durations have a fitting unit."""
        for durations, text in [
                ([40], '40 s'), ([119], '119 s'), ([120], '2 min'),
                ([2400, 3300], '40 to 55 min'), ([3600, 36000], '1 to 10 h'),
                ([61, 62, 130], '1 to 2 min'), ([0.0], '0 s')]:
            self.assertEqual(range_text(durations), text)
        self.assertEqual((count_text(1, 'task'), count_text(2, 'task')),
                         ('1 task', '2 tasks'))


class BusyClock(Clock):
    """
    A clock that goes on by a millisecond at each look.

    :ivar longest: the longest time from a turn to the next pause.
    """

    longest = 0.0

    def seconds(self) -> float:
        """Tell the time."""
        self.rightNow += 0.001
        return self.rightNow

    def turn(self) -> None:
        """Do what is due."""
        start = self.rightNow
        # Clock.advance() would go on with the calls that these make.
        due, self.calls = self.calls, []
        for call in due:
            call.called = 1
            call.func(*call.args, **call.kw)
        self.longest = max(self.longest, self.rightNow - start)


class PacingTestCase(IntervalTestCase):
    """A long queue, and a clock that goes on during a computation."""

    def setUp(self) -> None:
        """Make a long queue, and a clock for the computation only."""
        super().setUp()
        for number in range(40):
            self.build(task_states.FREE, created=number)
        self.tasks = [self.task(1)]
        self.clock = BusyClock()
        patch = mock.patch.object(type(self.koji.client), 'reactor',
                                  self.clock)
        patch.start()
        self.addCleanup(patch.stop)


class PacingTests(PacingTestCase):
    """Tests of the pauses."""

    def test_pauses(self) -> None:
        """The computation gives way to the reactor all the time."""
        waiting = self.koji.estimate(self.tasks)
        turns = 0
        while not waiting.called:
            self.clock.turn()
            turns += 1
        self.assertGreater(turns, 20)
        # Over memory, calls are answered in the same turn, so that several
        # computations follow each other. Each begins to count anew.
        self.assertLess(self.clock.longest, 8 * SLICE)
        [estimate] = self.get(waiting)
        self.assertIsNotNone(estimate.latest)

    def test_cancel(self) -> None:
        """An estimate that is canceled during a pause leaves nothing."""
        waiting = self.koji.estimate(self.tasks)
        for _ in range(9):
            self.clock.turn()
        self.assertEqual(len(self.clock.getDelayedCalls()), 1)
        waiting.cancel()
        self.failureResultOf(waiting, CancelledError)
        self.assertEqual(self.clock.getDelayedCalls(), [])
        self.assertEqual(self.koji.stats.in_flight, 0)
