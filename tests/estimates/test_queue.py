"""The simulation of the queues of channels."""
from __future__ import annotations

from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from txkoji.estimates.queue import (
    DELAY,
    MAX_TASKS,
    ChannelQueue,
    HostSlots,
    QueuedTask,
)

#: The time at the start of a simulation, in seconds since 1970.
NOW = 5000.0


def make_host(*arches: str, capacity: float = 2.0) -> HostSlots:
    """Make a host of channel 1."""
    return HostSlots(capacity, frozenset(
        (1, arch) for arch in (*arches, 'noarch')))


def make_task(seconds: float = 100.0, *, arch: str = 'x86_64',
              weight: float = 1.5, priority: int = 20, created: float = 0.0,
              successors: Any = ()) -> QueuedTask:
    """Make a task of channel 1."""
    return QueuedTask((1, arch), weight, seconds, (priority, created, 1),
                      successors=list(successors))


def run(queue: ChannelQueue) -> None:
    """Advance the time until all tasks have ended."""
    while queue.step():
        pass


class QueueTests(SynchronousTestCase):
    """Tests of `ChannelQueue`."""

    def check(self, hosts: list[HostSlots], tasks: list[QueuedTask],
              *ends: float | None) -> None:
        """
        Check the ends of tasks that all wait at first.

        :param ends: seconds from `NOW`, or None, for each task.
        """
        queue = ChannelQueue(hosts, NOW)
        for task in tasks:
            queue.add(task)
        run(queue)
        self.assertEqual(
            [None if task.end_time is None else task.end_time - NOW
             for task in tasks], list(ends))

    def test_idle(self) -> None:
        """A host with free capacity starts a task after the delay."""
        self.check([make_host('x86_64')], [make_task(100)], DELAY + 100)

    def test_capacity(self) -> None:
        """A host starts tasks while its load is below its capacity."""
        self.check([make_host('x86_64')],
                   [make_task(100), make_task(300), make_task(50)],
                   DELAY + 100, DELAY + 300, DELAY + 100 + DELAY + 50)

    def test_heavy(self) -> None:
        """An idle host starts a task that is heavier than its capacity."""
        self.check([make_host('x86_64')],
                   [make_task(weight=19.5), make_task()],
                   DELAY + 100, 2 * (DELAY + 100))

    def test_number(self) -> None:
        """A host runs no more than MAX_TASKS tasks at once."""
        tasks = [make_task(weight=0.1) for _ in range(MAX_TASKS + 1)]
        self.check([make_host('x86_64', capacity=40)], tasks,
                   *[DELAY + 100] * MAX_TASKS, 2 * (DELAY + 100))

    def test_arches(self) -> None:
        """A task runs on a host of its architecture; noarch, on any host."""
        self.check([make_host('aarch64', capacity=1),
                    make_host('s390x', capacity=1)],
                   [make_task(100, arch='aarch64'),
                    make_task(100, arch='aarch64'),
                    make_task(70, arch='noarch'),
                    make_task(50, arch='noarch'),
                    make_task(arch='ppc64le')],
                   DELAY + 100, 2 * DELAY + 200, DELAY + 70, 2 * DELAY + 120,
                   None)

    def test_order(self) -> None:
        """The task with the lowest priority, then the oldest, starts first."""
        first, last, urgent, old = (
            make_task(), make_task(created=2),
            make_task(priority=19, created=3), make_task(created=1))
        self.check([make_host('x86_64', capacity=1)],
                   [first, last, urgent, old],
                   DELAY + 100, 4 * (DELAY + 100), 2 * (DELAY + 100),
                   3 * (DELAY + 100))

    def test_best_host(self) -> None:
        """The host with the most free capacity starts a task."""
        large, small = make_host('x86_64', capacity=9), make_host('x86_64')
        queue = ChannelQueue([small, large], NOW)
        queue.add(make_task())
        self.assertEqual((small.task_count, large.task_count), (0, 1))

    def test_channels(self) -> None:
        """A host of two channels starts their tasks in one common order."""
        host = HostSlots(1.0, frozenset([(1, 'x86_64'), (2, 'x86_64')]))
        middle, last, first = make_task(), make_task(), make_task()
        middle.priority = (20, 2, 1)
        last.priority = (20, 3, 2)
        first.priority = (20, 1, 3)
        last.requirement = first.requirement = (2, 'x86_64')
        queue = ChannelQueue([host], NOW)
        queue.start(make_task(), host, NOW)
        for task in (middle, last, first):
            queue.add(task)
        run(queue)
        self.assertEqual([task.end_time for task in (first, middle, last)],
                         [NOW + turn * (DELAY + 100) for turn in (1, 2, 3)])

    def test_created_together(self) -> None:
        """Tasks that are created at once start in the order of their ids."""
        created = [make_task() for _ in range(3)]
        for number, task in enumerate(created):
            task.priority = (20, 0.0, number)
        queue = ChannelQueue([make_host('x86_64', capacity=1)], NOW)
        queue.start(make_task(successors=created), None, NOW)
        run(queue)
        self.assertEqual([task.end_time for task in created],
                         [NOW + turn * (DELAY + 100) for turn in (1, 2, 3)])

    def test_successors(self) -> None:
        """A successor waits in the queue after the end of its task."""
        child = make_task(50, priority=19)
        other = make_task(100)
        queue = ChannelQueue([make_host('x86_64', capacity=1)], NOW)
        for task in (make_task(10, weight=1.5, successors=[child]), other):
            queue.add(task)
        run(queue)
        self.assertEqual(child.end_time, NOW + 2 * DELAY + 60)
        self.assertEqual(other.end_time, NOW + 3 * DELAY + 160)

    def test_running(self) -> None:
        """A running task delays the waiting tasks of its own host only."""
        host = make_host('x86_64', capacity=1)
        queue = ChannelQueue([host], NOW)
        waiting, successor = make_task(), make_task(10)
        queue.start(make_task(), host, NOW + 30)
        queue.start(make_task(successors=[successor]), None, NOW + 5)
        queue.add(waiting)
        run(queue)
        self.assertEqual(waiting.end_time, NOW + 30 + DELAY + 100)
        self.assertEqual(successor.end_time, NOW + 30 + 2 * DELAY + 110)

    def test_step(self) -> None:
        """A step advances the time to the end of one task."""
        first, second = make_task(), make_task()
        queue = ChannelQueue([make_host('x86_64', capacity=1)], NOW)
        for task in (first, second):
            queue.add(task)
        self.assertIsNone(second.end_time)
        self.assertTrue(queue.step())
        self.assertEqual(second.end_time, NOW + 2 * (DELAY + 100))
        self.assertTrue(queue.step())
        self.assertFalse(queue.step())

    def test_again(self) -> None:
        """After a reset, the same tasks can be played again."""
        host = make_host('x86_64', capacity=1)
        queue = ChannelQueue([host], NOW)
        child = make_task(7, priority=19)
        tasks = [make_task(), make_task(50, successors=[child])]
        ends = []
        for _ in range(2):
            queue.reset()
            self.assertEqual(host.task_count, 0)
            for task in tasks:
                queue.add(task)
            run(queue)
            ends.append([task.end_time for task in (*tasks, child)])
            # A play that ends early leaves nothing behind.
            queue.add(tasks[0])
        self.assertEqual(ends[0], ends[1])
