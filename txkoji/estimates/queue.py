"""
A simulation of the task queues of channels.

The rules are those of Koji's scheduler (kojihub/scheduler.py). This module
calls no hub: all of its input is numbers.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count
from math import inf
from operator import attrgetter

#: The most tasks that run on a host at once (``maxjobs`` of
#: kojihub/scheduler.py).
MAX_TASKS = 15

#: Estimated seconds from the time when a host has capacity for a task to the
#: start of the task. The hub assigns tasks every 60 seconds or more often
#: (``RunInterval`` of kojihub/scheduler.py). Hosts look for tasks every 15
#: seconds (``sleeptime`` of kojid).
DELAY = 20.0

#: The weight of a task before its start (the default of the database).
UNKNOWN_WEIGHT = 1.0

#: The channel and the architecture that a task requires of its host.
Requirement = tuple[int, str]

#: Priority, time of creation in seconds since 1970, and id. The task with the
#: lowest tuple is next.
Priority = tuple[int, float, int]


@dataclass(eq=False, slots=True)
class HostSlots:
    """
    The capacity of a host, and the load of its running tasks.

    A host starts the next task while its free capacity is above 0, whatever
    the task weighs. The hub knows the real weight only after the start: a
    waiting task weighs 1.

    :ivar capacity: the limit of the load.
    :ivar provides: the channels and architectures of the host.
    :ivar task_count: the number of the running tasks.
    :ivar free_capacity: the capacity without the load; 0 for a host with
                         `MAX_TASKS` tasks.
    """

    capacity: float
    provides: frozenset[Requirement]
    task_count: int = 0
    free_capacity: float = field(init=False)
    _load: float = field(init=False)

    def __post_init__(self) -> None:
        self.clear()

    def clear(self) -> None:
        """Forget all running tasks."""
        self.task_count = 0
        self._load = 0.0
        self.free_capacity = self.capacity

    def change_load(self, weight: float, tasks: int) -> int:
        """
        Add or remove running tasks.

        :param weight: the sum of their weights, below 0 to remove tasks.
        :param tasks: their number, below 0 to remove tasks.
        :returns: 1 if the host has free capacity again, -1 if the host has no
                  free capacity any more, and 0 otherwise.
        """
        before = self.free_capacity > 0
        self._load += weight
        self.task_count += tasks
        self.free_capacity = (self.capacity - self._load
                              if self.task_count < MAX_TASKS else 0.0)
        return (self.free_capacity > 0) - before


@dataclass(eq=False)
class QueuedTask:
    """
    A task that waits, runs or will be created.

    :ivar requirement: the channel and the architecture of the task.
    :ivar weight: the load that the running task adds to its host.
    :ivar seconds: the duration of the task.
    :ivar priority: the position of the task in the queue.
    :ivar successors: the tasks that are created at the end of this task.
    :ivar cancel_time: the time from which the task does not start, and at
                       which the running task ends without successors.
    :ivar end_time: the end of the task, in seconds since 1970; None before
                    its start. Infinity means that the task does not start.
    """

    requirement: Requirement
    weight: float
    seconds: float
    priority: Priority
    successors: list[QueuedTask] = field(default_factory=list)
    cancel_time: float = inf
    end_time: float | None = None


class ChannelQueue:
    """
    The waiting tasks of channels, and the running tasks of their hosts.

    :param hosts: the hosts of the channels.
    :param now: the current time, in seconds since 1970.
    :param is_assigned: True if the hub assigns tasks to hosts. The hub knows
                        the weight of a task only after its start, and so may
                        assign too many tasks to a host. False if hosts take
                        one task after the other.
    """

    def __init__(self, hosts: Iterable[HostSlots], now: float, *,
                 is_assigned: bool = False) -> None:
        self._is_assigned = is_assigned
        self._all_hosts = list(hosts)
        self._hosts: dict[Requirement, list[HostSlots]] = {}
        for host in self._all_hosts:
            for requirement in host.provides:
                self._hosts.setdefault(requirement, []).append(host)
        self._first = now
        self.reset()

    def reset(self) -> None:
        """Remove all tasks, and go back to the start, to play again."""
        for host in self._all_hosts:
            host.clear()
        #: The number of hosts with free capacity, by requirement.
        self._free_hosts = {
            requirement: sum(host.free_capacity > 0 for host in suitable)
            for requirement, suitable in self._hosts.items()}
        self._now = self._first
        #: The waiting tasks, a heap for each requirement. All tasks of a heap
        #: have the same suitable hosts, so only its first task can be next.
        self._waiting: dict[
            Requirement, list[tuple[Priority, int, QueuedTask]]] = {}
        #: The running tasks with their hosts, a heap by the time of the end.
        self._running: list[tuple[
            float, int, QueuedTask, HostSlots | None]] = []
        #: The assigned tasks, whose weights are unknown, by time of the start.
        self._assigned: deque[tuple[float, QueuedTask, HostSlots]] = deque()
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
        end_time = min(end_time, task.cancel_time)
        task.end_time = end_time
        heappush(self._running, (end_time, next(self._numbers), task, host))

    def _change_load(self, host: HostSlots, weight: float, tasks: int
                     ) -> None:
        change = host.change_load(weight, tasks)
        if change:
            for requirement in host.provides:
                self._free_hosts[requirement] += change

    def add(self, task: QueuedTask) -> None:
        """
        Add a waiting task, which starts now if a host has free capacity.

        Add the task with the lowest priority tuple first.
        """
        task.end_time = None
        requirement = task.requirement
        waiting = self._waiting.get(requirement)
        if waiting or self._free_hosts.get(requirement, 0) <= 0:
            if waiting is None:
                waiting = self._waiting[requirement] = []
            heappush(waiting, (task.priority, next(self._numbers), task))
        else:
            self._start_now(task, max(self._hosts[requirement],
                                      key=attrgetter('free_capacity')))

    def step(self) -> bool:
        """
        Advance the time to the next start or end of a task.

        The tasks that start then get their ends. A task without a suitable
        host gets none.

        :returns: False if no task was running.
        """
        if not self._running:
            return False
        if self._assigned and self._assigned[0][0] <= self._running[0][0]:
            self._now, task, host = self._assigned.popleft()
            self._change_load(host, task.weight - UNKNOWN_WEIGHT, 0)
            self._fill(host)
            return True
        self._now, _, task, owner = heappop(self._running)
        if owner is not None:
            self._change_load(owner, -task.weight, -1)
        for successor in (task.successors if self._now < task.cancel_time
                          else ()):
            level, _, number = successor.priority
            successor.priority = level, self._now, number
            self.add(successor)
        if owner is not None:
            self._fill(owner)
        return True

    def _fill(self, host: HostSlots) -> None:
        """Start the next tasks on a host until its capacity is in use."""
        while host.free_capacity > 0:
            first = None
            for requirement in host.provides:
                waiting = self._waiting.get(requirement)
                if waiting and (first is None or waiting[0] < first[0]):
                    first = waiting
            if first is None:
                return
            *_, task = heappop(first)
            self._start_now(task, host)

    def _start_now(self, task: QueuedTask, host: HostSlots) -> None:
        if task.cancel_time <= self._now:
            task.end_time = inf
            return
        if self._is_assigned:
            start = self._now + DELAY
            # The weight counts from the start.
            self._change_load(host, UNKNOWN_WEIGHT - task.weight, 0)
            self._assigned.append((start, task, host))
        self.start(task, host, self._now + DELAY + task.seconds)
