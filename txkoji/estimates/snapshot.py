"""The current queues and hosts of channels, and the targets of builds."""
from __future__ import annotations

from collections.abc import Iterable, Sequence, Set
from math import inf
from typing import Any

from txkoji import task_states
from txkoji.estimates.averages import AverageDurations, without_faults
from txkoji.estimates.queue import HostSlots, Priority, Requirement
from txkoji.estimates.tasks import NOARCH, HubTask, hub_task, priority_of
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow
from txkoji.task_requests.subjects import canonical_arch

#: The number of waiting tasks that the hub's scheduler considers
#: (``get_tasks`` of kojihub/scheduler.py).
MAX_WAITING = 1000


class Snapshot:
    """
    The tasks and hosts that decide when some tasks end.

    :param hub: the connection.

    :ivar averages: the average durations, with the keys of all tasks. They are
                    loaded separately.
    :ivar tasks: the waiting and running tasks, by id.
    :ivar hosts: the hosts, by id.
    """

    def __init__(self, hub: Hub) -> None:
        self._hub = hub
        self.averages = AverageDurations(hub)
        self.tasks: dict[int, HubTask] = {}
        self.hosts: dict[int, HostSlots] = {}

    async def load(self, wanted: Sequence[TaskRow],
                   children: Sequence[TaskRow]) -> None:
        """
        Get the waiting tasks, the hosts and the running tasks from the hub.

        :param wanted: the tasks with an unknown end, each with a channel.
        :param children: further tasks, which may have ended.
        """
        await self._load_waiting(_last_priority(wanted))
        channels = await self._load_hosts(
            {row.channel_id for row in wanted
             if row.channel_id is not None})
        await self._load_running(channels)
        for row in (*wanted, *children):
            if row.state not in task_states.DONE_GROUP:
                known = self.tasks.get(row.id)
                if known is None or not known.keys:
                    self._add(row)

    def _add(self, row: TaskRow) -> None:
        self.tasks[row.id] = hub_task(row, self.averages.keys(row))

    async def _load_waiting(self, last: Priority) -> None:
        """Get the waiting tasks up to a position in the queue."""
        # A large hub has thousands of tasks, so each is read as it arrives.
        async with self._hub.iterate(
                'listTasks', {'state': [task_states.FREE]},
                queryOpts={'order': 'priority,create_time',
                           'limit': MAX_WAITING}) as rows:
            async for row in rows:
                if priority_of(row) <= last and row.channel_id is not None:
                    self._add(row)

    async def _load_running(self, channels: Set[int]) -> None:
        """Get the running and assigned tasks of the hosts and channels."""
        async with self._hub.iterate('listTasks', {'state': [
                task_states.OPEN, task_states.ASSIGNED]}) as rows:
            async for row in rows:
                if row.host_id in self.hosts or row.channel_id in channels:
                    self._add(row)

    async def _load_hosts(self, wanted: Set[int]) -> set[int]:
        """
        Get the hosts of some channels, and of all channels that share hosts.

        :param wanted: the ids of the channels.
        :returns: the ids of all channels with hosts in the snapshot.
        """
        channels = list({*wanted, *(task.requirement[0]
                                    for task in self.tasks.values())})
        hosts = await self._available_hosts(channels)
        wanted_hosts = {host.id for channel in wanted
                        for host in hosts[channel]}
        capacities: dict[int, float] = {}
        provides: dict[int, set[Requirement]] = {}
        for channel, members in hosts.items():
            if channel in wanted or any(host.id in wanted_hosts
                                        for host in members):
                for host in members:
                    capacities[host.id] = host.get('capacity') or 0.0
                    provides.setdefault(host.id, set()).update(
                        (channel, canonical_arch(arch)) for arch in (
                            NOARCH, *(host.get('arches') or '').split()))
        self.hosts = {number: HostSlots(capacity, frozenset(provides[number]))
                      for number, capacity in capacities.items()}
        return {channel for requirements in provides.values()
                for channel, _ in requirements}

    async def _available_hosts(self, channels: Sequence[int]
                               ) -> dict[int, list[Any]]:
        """List the available hosts of each channel."""
        multicall = self._hub.MultiCall()
        for channel in channels:
            multicall.call('getChannel', channel)
            multicall.call('listHosts', channelID=channel, enabled=True)
        found = without_faults(await multicall())
        return {
            channel: [host for host in hosts or () if host.is_available]
            # The scheduler assigns no host to a disabled channel.
            if row is None or row.enabled is not False else []
            for channel, row, hosts in zip(channels, found[::2], found[1::2])}


def _last_priority(wanted: Iterable[TaskRow]) -> Priority:
    """
    Return the last position in the queue that can delay the wanted tasks.

    A wanted build creates its ``buildArch`` tasks later, so all tasks with the
    priority of the build are included.
    """
    last = max(map(priority_of, wanted))
    if any(row.method == 'build' for row in wanted):
        return last[0], inf, 0
    return last


async def target_arches(hub: Hub, names: Set[str | None]
                        ) -> dict[str | None, list[str]]:
    """
    Get the architectures of the build tags of targets.

    In a build with a given repository, the target may be the name of a tag.

    :param names: the names of the targets or tags.
    :returns: the architectures by name, without unknown targets.
    """
    multicall = hub.MultiCall()
    for name in names:
        multicall.call('getBuildTarget', name or '')
    targets = without_faults(await multicall())
    for name, target in zip(names, targets):
        multicall.call('getTag', target.build_tag if target else name or '')
    return {name: tag.arches.split()
            for name, tag in zip(names, without_faults(await multicall()))
            if tag and tag.arches}
