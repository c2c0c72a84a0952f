"""The current queues and hosts of channels."""
from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence, Set
from functools import partial
from itertools import chain
from math import inf
from typing import Any

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.estimates.batch import Batch
from txkoji.estimates.durations import PastDurations
from txkoji.estimates.pacing import Pacer
from txkoji.estimates.queue import HostSlots, Priority, Requirement
from txkoji.estimates.tasks import NOARCH, HubTask, hub_task, priority_of
from txkoji.exceptions import GenericError
from txkoji.hub.deferreds import gather
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow
from txkoji.task_requests.subjects import canonical_arch

#: The number of waiting tasks that the hub's scheduler considers
#: (``get_tasks`` of kojihub/scheduler.py).
MAX_WAITING = 1000

#: The first version of the hub that assigns tasks to hosts.
SCHEDULER = (1, 34)


class Snapshot:
    """
    The tasks and hosts that decide when some tasks end.

    :param hub: the connection.
    :param past: gets the keys of all tasks. The durations are loaded
                 separately.

    :ivar tasks: the waiting and running tasks, by id.
    :ivar hosts: the hosts, by id.
    :ivar names: the names of channels, by id.
    :ivar is_assigned: True if the hub assigns tasks to hosts, as hubs do since
                       1.34; False if hosts take them.
    """

    def __init__(self, hub: Hub, past: PastDurations) -> None:
        self._hub = hub
        self._past = past
        self.tasks: dict[int, HubTask] = {}
        self.hosts: dict[int, HostSlots] = {}
        self.names: dict[int, str] = {}
        self.is_assigned: bool = False
        #: channel -> its enabled hosts.
        self._members: dict[int, list[Any]] = {}
        self._disabled: set[int] = set()
        #: channel -> the priorities of its waiting tasks, in order.
        self._positions: dict[int, list[Priority]] = {}

    async def load(self, wanted: Sequence[TaskRow],
                   children: Iterable[TaskRow]) -> None:
        """
        Get the waiting tasks, the hosts and the running tasks from the hub.

        :param wanted: the tasks with an unknown end, each with a channel.
        :param children: further tasks, which may have ended.
        """
        channels = {row.channel_id for row in wanted
                    if row.channel_id is not None}
        running: list[TaskRow] = []
        pacer = Pacer(self._hub.client.reactor)
        last = max(await pacer.collect(map(_last_priority, wanted)))
        await gather([Deferred.fromCoroutine(load) for load in (
            self._load_queue(last, channels), self._load_running(running))])
        await pacer.run(self._choose_hosts(channels))
        await pacer.run(self._add_running(running))
        await pacer.run(self._add_known(chain(wanted, children)))

    def _add_running(self, running: Iterable[TaskRow]) -> Iterator[None]:
        """Add the tasks that load the hosts, in steps."""
        channels = {channel for host in self.hosts.values()
                    for channel, _ in host.provides}
        for row in running:
            if row.host_id in self.hosts or row.channel_id in channels:
                self._add(row)
            yield

    def _add_known(self, rows: Iterable[TaskRow]) -> Iterator[None]:
        """Add active tasks, unless the lists of the hub had them, in steps."""
        for row in rows:
            if row.state not in task_states.DONE_GROUP:
                known = self.tasks.get(row.id)
                if known is None or not known.keys:
                    self._add(row)
            yield

    def _add(self, row: TaskRow) -> None:
        self.tasks[row.id] = hub_task(row, self._past.keys(row))

    async def _load_queue(self, last: Priority, wanted: Set[int]) -> None:
        """
        Get the waiting tasks, and the hosts that may start them.

        :param last: the position in the queue of the last task.
        :param wanted: the ids of the channels.
        """
        # A large hub has thousands of tasks, so each is read as it arrives.
        async with self._hub.iterate(
                'listTasks', {'state': [task_states.FREE]},
                queryOpts={'order': 'priority,create_time',
                           'limit': MAX_WAITING}) as rows:
            async for row in rows:
                if priority_of(row) <= last and row.channel_id is not None:
                    self._add(row)
        await self._load_hosts({*wanted, *(
            task.requirement[0] for task in self.tasks.values())})

    async def _load_running(self, running: list[TaskRow]) -> None:
        """Get the running and assigned tasks of all hosts."""
        async with self._hub.iterate('listTasks', {'state': [
                task_states.OPEN, task_states.ASSIGNED]}) as rows:
            async for row in rows:
                running.append(row)

    async def _load_hosts(self, channels: Iterable[int]) -> None:
        """Get some channels, and the enabled hosts of each."""
        batch = Batch(self._hub)
        batch.ask(self._take_version, 'getKojiVersion')
        for channel in channels:
            batch.ask(partial(self._take_channel, channel), 'getChannel',
                      channel)
            batch.ask(partial(self._take_hosts, channel), 'listHosts',
                      channelID=channel, enabled=True)
        await batch.send()

    def _take_version(self, version: Any, fault: GenericError | None) -> None:
        # Hubs before 1.23 do not tell their version.
        numbers = [int(part) for part in str(version or '').split('.')[:2]
                   if part.isdigit()]
        self.is_assigned = tuple(numbers) >= SCHEDULER

    def count_before(self, row: TaskRow) -> int:
        """Count the waiting tasks of the same channel before a task."""
        if not self._positions:
            for task in self.tasks.values():
                if task.row.state == task_states.FREE:
                    self._positions.setdefault(
                        task.requirement[0], []).append(task.priority)
            for positions in self._positions.values():
                positions.sort()
        return bisect_left(self._positions.get(row.channel_id or 0, []),
                           priority_of(row))

    def _take_channel(self, channel: int, row: Any,
                      fault: GenericError | None) -> None:
        if row is None:
            return
        # The scheduler assigns no host to a disabled channel.
        if row.enabled is False:
            self._disabled.add(channel)
        if row.name is not None:
            self.names[channel] = row.name

    def _take_hosts(self, channel: int, hosts: Sequence[Any] | None,
                    fault: GenericError | None) -> None:
        self._members[channel] = [host for host in hosts or ()
                                  if host.is_available]

    def _choose_hosts(self, wanted: Set[int]) -> Iterator[None]:
        """
        Choose the hosts of channels and of those that share them, in steps.

        :param wanted: the ids of the channels.
        """
        hosts = {channel: members for channel, members
                 in self._members.items() if channel not in self._disabled}
        wanted_hosts = {host.id for channel in wanted
                        for host in hosts.get(channel, ())}
        arches: dict[int, set[str]] = {}
        provides: dict[int, set[Requirement]] = {}
        capacities: dict[int, float] = {}
        for channel, members in hosts.items():
            if wanted_hosts.isdisjoint(host.id for host in members):
                continue
            for host in members:
                number = host.id
                if number not in arches:
                    arches[number] = {canonical_arch(arch) for arch in (
                        NOARCH, *(host.get('arches') or '').split())}
                    capacities[number] = float(host.get('capacity') or 0.0)
                    provides[number] = set()
                provides[number].update(
                    (channel, arch) for arch in arches[number])
                yield
        for number, capacity in capacities.items():
            self.hosts[number] = HostSlots(capacity,
                                           frozenset(provides[number]))
            yield


def _last_priority(row: TaskRow) -> Priority:
    """
    Return the last position in the queue that can delay a wanted task.

    A wanted build creates its ``buildArch`` tasks later, so all tasks with the
    priority of a build are included.
    """
    priority = priority_of(row)
    return (priority[0], inf, 0) if row.method == 'build' else priority
