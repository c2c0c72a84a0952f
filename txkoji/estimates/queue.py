"""
A simulation of the task queues of channels.

The rules are those of Koji's scheduler (kojihub/scheduler.py). This module
calls no hub: all of its input is numbers.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

#: The most tasks that run on a host at once (``maxjobs`` of
#: kojihub/scheduler.py).
MAX_TASKS = 15

#: Estimated seconds from the time when a host has capacity for a task to the
#: start of the task. The hub assigns tasks every 60 seconds or more often
#: (``RunInterval`` of kojihub/scheduler.py). Hosts look for tasks every 15
#: seconds (``sleeptime`` of kojid).
DELAY = 20.0

#: The channel and the architecture that a task requires of its host.
Requirement = tuple[int, str]

#: Priority, time of creation in seconds since 1970, and id. The task with the
#: lowest tuple is next.
Priority = tuple[int, float, int]


@dataclass(eq=False)
class HostSlots:
    """
    The capacity of a host, and the load of its running tasks.

    :ivar capacity: the limit of the load.
    :ivar provides: the channels and architectures of the host.
    :ivar load: the sum of the weights of the running tasks.
    :ivar task_count: the number of the running tasks.
    """

    capacity: float
    provides: frozenset[Requirement]
    load: float = 0.0
    task_count: int = 0

    @property
    def free_capacity(self) -> float:
        """
        The capacity without the load; 0 for a host with `MAX_TASKS` tasks.

        A host starts the next task if this is above 0, whatever the task
        weighs. The hub knows the real weight only after the start: a waiting
        task weighs 1.
        """
        if self.task_count >= MAX_TASKS:
            return 0.0
        return self.capacity - self.load


@dataclass(eq=False)
class QueuedTask:
    """
    A task that waits, runs or will be created.

    :ivar requirement: the channel and the architecture of the task.
    :ivar weight: the load that the running task adds to its host.
    :ivar seconds: the duration of the task.
    :ivar priority: the position of the task in the queue.
    :ivar successors: the tasks that are created at the end of this task.
    :ivar end_time: the end of the task, in seconds since 1970; None if
                    unknown.
    """

    requirement: Requirement
    weight: float
    seconds: float
    priority: Priority
    successors: list[QueuedTask] = field(default_factory=list)
    end_time: float | None = None


class ChannelQueue:
    """
    The waiting tasks of channels, and the running tasks of their hosts.

    :param hosts: the hosts of the channels.
    :param now: the current time, in seconds since 1970.
    """

    def __init__(self, hosts: Iterable[HostSlots], now: float) -> None:
        self._hosts: dict[Requirement, list[HostSlots]] = {}
        for host in hosts:
            for requirement in host.provides:
                self._hosts.setdefault(requirement, []).append(host)
        #: The number of hosts with free capacity, by requirement.
        self._free_hosts = Counter({
            requirement: sum(host.free_capacity > 0 for host in suitable)
            for requirement, suitable in self._hosts.items()})
        self._now = now
        #: The waiting tasks, a heap for each requirement. All tasks of a heap
        #: have the same suitable hosts, so only its first task can be next.
        self._waiting: dict[
            Requirement, list[tuple[Priority, int, QueuedTask]]] = {}
        #: The running tasks with their hosts, a heap by the time of the end.
        self._running: list[tuple[
            float, int, QueuedTask, HostSlots | None]] = []
        self._numbers = count()

    def start(self, task: QueuedTask, host: HostSlots | None, end_time: float
              ) -> None:
        """
        Add a running task.

        :param host: the host of the task; None if the task uses no capacity of
                     the hosts.
        :param end_time: the end of the task, in seconds since 1970.
        """
        if host is not None:
            self._change_load(host, task.weight, 1)
        task.end_time = end_time
        heappush(self._running, (end_time, next(self._numbers), task, host))

    def _change_load(self, host: HostSlots, weight: float, tasks: int
                     ) -> None:
        before = host.free_capacity > 0
        host.load += weight
        host.task_count += tasks
        change = (host.free_capacity > 0) - before
        if change:
            for requirement in host.provides:
                self._free_hosts[requirement] += change

    def add(self, task: QueuedTask) -> None:
        """
        Add a waiting task, which starts now if a host has free capacity.

        Add the task with the lowest priority tuple first.
        """
        waiting = self._waiting.setdefault(task.requirement, [])
        if waiting or self._free_hosts[task.requirement] <= 0:
            heappush(waiting, (task.priority, next(self._numbers), task))
        else:
            self._start_now(task, max(self._hosts[task.requirement],
                                      key=lambda host: host.free_capacity))

    def run(self, until: Iterable[QueuedTask] = ()) -> None:
        """
        Advance the time, and set the end of each task.

        A task without a suitable host gets no end.

        :param until: stop after the end of these tasks; empty for all tasks.
        """
        wanted = set(until)
        run_all = not wanted
        while self._running and (wanted or run_all):
            self._now, _, task, host = heappop(self._running)
            wanted.discard(task)
            if host is not None:
                self._change_load(host, -task.weight, -1)
            for successor in task.successors:
                level, _, number = successor.priority
                successor.priority = level, self._now, number
                self.add(successor)
            if host is not None:
                self._fill(host)

    def _fill(self, host: HostSlots) -> None:
        """Start the next tasks on a host until its capacity is in use."""
        while host.free_capacity > 0:
            queues = [self._waiting[requirement]
                      for requirement in host.provides
                      if self._waiting.get(requirement)]
            if not queues:
                return
            *_, task = heappop(min(queues, key=lambda queue: queue[0]))
            self._start_now(task, host)

    def _start_now(self, task: QueuedTask, host: HostSlots) -> None:
        self.start(task, host, self._now + DELAY + task.seconds)
