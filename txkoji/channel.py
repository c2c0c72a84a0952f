"""A channel of builders, as `getChannel` and `listChannels` give it."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from txkoji.resource import Resource


class Channel(Resource):
    """
    A channel: the tasks in it are done by the hosts in it. That of
    `Task.channel` knows its id, and not the rest: ``koji.getChannel(id)``
    asks for that.
    """

    __slots__ = ()

    members = frozenset(['id', 'name', 'description', 'enabled', 'comment'])
    page = 'channelinfo?channelID'

    def hosts(self, **kwargs: Any) -> Deferred[Any]:
        """
        The builders of this channel.

        :param kwargs: more arguments of the hub's ``listHosts``, such as
                       ``enabled=True``.
        :returns: a Deferred that fires with a list of `Host`.
        """
        return self._koji.listHosts(channelID=self._key, **kwargs)

    def tasks(self, **kwargs: Any) -> Deferred[Any]:
        """
        The tasks of this channel.

        :param kwargs: options of the hub's ``listTasks``, such as
                       ``state=[task_states.OPEN]``.
        :returns: a Deferred that fires with a list of `Task`.
        """
        return self._koji.listTasks(
            opts={**kwargs, 'channel_id': self._key})

    def total_capacity(self, by_arch: bool = False) -> Deferred[Any]:
        """
        What the builders of this channel can do at once: the sum of the
        capacities of those that are enabled, ready, and not silent (see
        `Host.is_available`). The weights of the tasks that they work on add
        up to their load.

        :param by_arch: whether to tell it for each architecture; a builder
                        of two counts for both.
        :returns: a Deferred that fires with a float, or with a dictionary of
                  these.
        """
        def add_up(hosts: list[Any]) -> Any:
            hosts = [host for host in hosts if host.is_available]
            if not by_arch:
                return sum(map(_capacity, hosts), 0.0)
            total: dict[str, float] = {}
            for host in hosts:
                for arch in (host.get('arches') or '').split():
                    total[arch] = total.get(arch, 0.0) + _capacity(host)
            return total

        return self.hosts(enabled=True, ready=True).addCallback(add_up)


def _capacity(host: Any) -> float:
    return host.get('capacity') or 0.0
