"""The queue of a channel, played forward."""
from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from txkoji.estimates.queue import (
    DELAY,
    MAX_JOBS,
    ChannelQueue,
    HostSlots,
    QueuedTask,
)

NOW = 5000.0


def seat(*arches: str, capacity: float = 2.0) -> HostSlots:
    return HostSlots(capacity, frozenset(
        (1, arch) for arch in (*arches, 'noarch')))


def job(seconds: float = 100.0, *, arch: str = 'x86_64', weight: float = 1.5,
        priority: int = 20, created: float = 0.0, then: Any = ()
        ) -> QueuedTask:
    return QueuedTask((1, arch), weight, seconds, (priority, created, 1),
               then=list(then))


class PlayTests(SynchronousTestCase):
    """Who is done when."""

    def check(self, seats: list[HostSlots], jobs: list[QueuedTask],
              *ends: float | None) -> None:
        """
        Let all jobs wait, and play.

        :param ends: seconds from now, for each.
        """
        queue = ChannelQueue(seats, NOW)
        for each in jobs:
            queue.add(each)
        queue.play()
        self.assertEqual([None if each.ends is None else each.ends - NOW
                          for each in jobs], list(ends))

    def test_idle(self) -> None:
        """A host with room begins soon."""
        self.check([seat('x86_64')], [job(100)], DELAY + 100)

    def test_capacity(self) -> None:
        """A host takes tasks while its load is below its capacity."""
        self.check([seat('x86_64')], [job(100), job(300), job(50)],
                   DELAY + 100, DELAY + 300, DELAY + 100 + DELAY + 50)

    def test_heavy(self) -> None:
        """One that is heavier than all capacity can be done, too."""
        self.check([seat('x86_64')], [job(weight=19.5), job()],
                   DELAY + 100, 2 * (DELAY + 100))

    def test_number(self) -> None:
        """A host works on no more than its number at once."""
        jobs = [job(weight=0.1) for _ in range(MAX_JOBS + 1)]
        self.check([seat('x86_64', capacity=40)], jobs,
                   *[DELAY + 100] * MAX_JOBS, 2 * (DELAY + 100))

    def test_arches(self) -> None:
        """Only a host of the architecture can do it; any does noarch."""
        self.check([seat('aarch64', capacity=1), seat('s390x', capacity=1)],
                   [job(100, arch='aarch64'), job(100, arch='aarch64'),
                    job(70, arch='noarch'), job(50, arch='noarch'),
                    job(arch='ppc64le')],
                   DELAY + 100, 2 * DELAY + 200, DELAY + 70, 2 * DELAY + 120,
                   None)

    def test_order(self) -> None:
        """What is more urgent goes first, and of equals the older."""
        first, last, urgent, old = (
            job(), job(created=2), job(priority=19, created=3),
            job(created=1))
        self.check([seat('x86_64', capacity=1)], [first, last, urgent, old],
                   DELAY + 100, 4 * (DELAY + 100), 2 * (DELAY + 100),
                   3 * (DELAY + 100))

    def test_best_host(self) -> None:
        """The host with the most room takes it."""
        large, small = seat('x86_64', capacity=9), seat('x86_64')
        queue = ChannelQueue([small, large], NOW)
        queue.add(job())
        self.assertEqual((small.jobs, large.jobs), (0, 1))

    def test_channels(self) -> None:
        """A host does what its channels have, in the order of all."""
        host = HostSlots(1.0, frozenset([(1, 'x86_64'), (2, 'x86_64')]))
        ours, other, older = job(), job(), job()
        ours.rank, other.rank, older.rank = (20, 2, 1), (20, 3, 2), (20, 1, 3)
        other.need = older.need = (2, 'x86_64')
        queue = ChannelQueue([host], NOW)
        queue.work(job(), host, NOW)
        for each in (ours, other, older):
            queue.add(each)
        queue.play()
        self.assertEqual([each.ends for each in (older, ours, other)],
                         [NOW + turn * (DELAY + 100) for turn in (1, 2, 3)])

    def test_made_together(self) -> None:
        """What is made at the same time goes in the order of its numbers."""
        made = [job() for _ in range(3)]
        for number, each in enumerate(made):
            each.rank = (20, 0.0, number)
        queue = ChannelQueue([seat('x86_64', capacity=1)], NOW)
        queue.work(job(then=made), None, NOW)
        queue.play()
        self.assertEqual([each.ends for each in made],
                         [NOW + turn * (DELAY + 100) for turn in (1, 2, 3)])

    def test_then(self) -> None:
        """What is to come waits, too, when its time has come."""
        child = job(50, priority=19)
        other = job(100)
        queue = ChannelQueue([seat('x86_64', capacity=1)], NOW)
        for each in (job(10, weight=1.5, then=[child]), other):
            queue.add(each)
        queue.play()
        self.assertEqual(child.ends, NOW + 2 * DELAY + 60)
        self.assertEqual(other.ends, NOW + 3 * DELAY + 160)

    def test_working(self) -> None:
        """What is worked on holds up the rest; that of others does not."""
        host = seat('x86_64', capacity=1)
        queue = ChannelQueue([host], NOW)
        waiting, after = job(), job(10)
        queue.work(job(), host, NOW + 30)
        queue.work(job(then=[after]), None, NOW + 5)
        queue.add(waiting)
        queue.play()
        self.assertEqual(waiting.ends, NOW + 30 + DELAY + 100)
        self.assertEqual(after.ends, NOW + 30 + 2 * DELAY + 110)

    def test_until(self) -> None:
        """It stops when those that are asked for are done."""
        first, second, third = job(), job(), job()
        queue = ChannelQueue([seat('x86_64', capacity=1)], NOW)
        for each in (first, second, third):
            queue.add(each)
        queue.play([first])
        self.assertIsNone(third.ends)
        queue.play([third])
        self.assertEqual(third.ends, NOW + 3 * (DELAY + 100))
