"""A hub in the time of today, its work, and the truth about its events."""
from __future__ import annotations

import time
from collections import Counter
from collections.abc import Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater

from txkoji import Connection
from txkoji.testing import FakeHub
from txkoji.testing.tables import time_text

#: The states of tasks and builds that are final: no poll may miss them.
FINAL = ('CLOSED', 'CANCELED', 'FAILED', 'COMPLETE')

#: Seconds that the hub keeps rows: more than polls look back.
KEPT = 1200

#: What an event is about, and what happened.
Key = tuple[str, Any, str]


class TodaysHub(FakeHub):
    """A hub whose time is that of the machine, so that lags are true."""

    def now(self) -> float:
        """Tell the time, in seconds since 1970."""
        moment = self.builders.moment
        return time.time() if moment is None else moment


def key_of(kind: str, body: Mapping[str, Any]) -> Key | None:
    """Tell what an event is about, and what happened; None for others."""
    if kind == 'TaskStateChange':
        return kind, body['info']['id'], body['new']
    if kind == 'BuildStateChange':
        return kind, body['info']['id'], str(body['new'])
    if kind in ('Tag', 'Untag'):
        return kind, body['build'].get('id') or body['build']['build_id'], (
            body['tag']['name'])
    return None


class World:
    """
    A hub with builders, and users who let them build.

    :param reactor: the reactor.

    :ivar truth: how often each event happened.
    :ivar needed: the events that no daemon may miss -> when the hub told of
                  them, in seconds since 1970.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.hub = TodaysHub(sample=False, reactor=reactor)
        self.truth: Counter[Key] = Counter()
        self.needed: dict[Key, float] = {}
        self._koji: Connection = self.hub.connection()
        self._number = 0
        hub = self.hub
        hub.add_tag('build', arches='x86_64 aarch64')
        hub.add_tag('dest', packages=['bash', 'zsh', 'ceph'])
        hub.add_target('candidate', 'build', 'dest')
        hub.add_host('builder', arches='x86_64 aarch64')
        hub.builders.start(duration=4)
        hub.builders.fail('ceph', 'aarch64')

    def hear(self) -> None:
        """Note from now on what happens."""
        self.hub.publish_to(self._note)

    def _note(self, message: Mapping[str, Any]) -> None:
        kind = message['properties']['type']
        key = key_of(kind, message['body'])
        if key is None:
            return
        self.truth[key] += 1
        if kind in ('Tag', 'Untag') or message['properties']['new'] in FINAL:
            self.needed.setdefault(key, time.time())

    async def submit(self) -> None:
        """Let a user submit a build, and cancel one of them at times."""
        if self._koji.session_id is None:
            await self._koji.login()
        self._number += 1
        number = self._number
        name = ('bash', 'zsh', 'ceph')[number % 3]
        task = await self._koji.build(
            f'git+https://src.example.com/rpms/{name}#{number}', 'candidate')
        if number % 10 == 0:
            await self._koji.cancelTask(task)
        if number % 50 == 0:
            self._forget()

    def _forget(self) -> None:
        """
        Let the hub forget what is old, so that its pace stays the same.

        A hub looks at each row at each request.
        """
        hub, tables = self.hub, self.hub.tables
        hub.calls.clear()
        hub.messages.clear()
        tables.events[1:] = [row for row in tables.events[1:]
                             if row['ts'] > hub.now() - KEPT]
        first = tables.events[1]['id']
        tables.builds[:] = [row for row in tables.builds
                            if row['creation_event_id'] >= first]
        builds = {row['id'] for row in tables.builds}
        tables.rpms[:] = [row for row in tables.rpms
                          if row['build_id'] in builds]
        rpms = {row['id'] for row in tables.rpms}
        tables.rpmsigs[:] = [row for row in tables.rpmsigs
                             if row['rpm_id'] in rpms]
        tables.taggings[:] = [row for row in tables.taggings
                              if row['build_id'] in builds]
        oldest = time_text(hub.now() - KEPT)
        tables.tasks[:] = [row for row in tables.tasks
                           if row['create_time'] > oldest]
        tables.forget()

    async def restart(self, port: int, seconds: float) -> None:
        """Serve no longer, and again after a while."""
        await self.hub.stop()
        await deferLater(self._reactor, seconds)
        await self.hub.listen(port, reactor=self._reactor)

    def open_tasks(self) -> int:
        """Count the tasks that have not ended."""
        return sum(row['state'] in (0, 1, 4) for row in self.hub.tables.tasks)

    def close(self) -> Deferred[None]:
        """End the work."""
        return self._koji.close()
