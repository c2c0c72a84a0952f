"""`Rounds`: asks a hub what has happened, round by round."""
from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from twisted.internet.task import deferLater

from txkoji.client import HubClient
from txkoji.exceptions import ConfigurationError
from txkoji.messages.message import Message
from txkoji.messages.polling.builds import BuildChanges
from txkoji.messages.polling.changes import Change, Rows, Since, Source
from txkoji.messages.polling.filters import Filters
from txkoji.messages.polling.repositories import RepoChanges
from txkoji.messages.polling.tags import TagChanges
from txkoji.messages.polling.tasks import TaskChanges
from txkoji.multicall import MultiCall

#: Rows of tasks in one call, about 2 kB each.
ROWS = 500


class Rounds:
    """
    The rounds of a poll, and what they remember from one to the next.

    :param client: asks the hub.
    :param filters: what to ask for.
    :param window: how far a round looks back, in seconds.
    """

    def __init__(self, client: HubClient, filters: Filters, window: float
                 ) -> None:
        self._client = client
        self._filters = filters
        self._window = window
        self._tasks = TaskChanges(client, filters)
        self._builds = BuildChanges(client, filters)
        self._tags = TagChanges(client, filters)
        self._sources: dict[str, Source] = {
            'tasks': self._tasks, 'builds': self._builds, 'tags': self._tags,
            'repositories': RepoChanges(client, filters)}
        #: From when on the next round looks. None before the first one.
        self.since: Since | None = None
        #: That of the round after it.
        self._next: Since | None = None

    async def prepare(self) -> None:
        """
        Look up the names of the filters.

        :raises GenericError: if the hub does not know one.
        """
        filters = self._filters
        many = MultiCall(self._client, strict=True)
        owners = [many.call('getUser', name, strict=True)
                  for name in sorted(filters.owners or ())]
        for name in sorted(filters.tags or ()):
            many.call('getTag', name, strict=True)
        if len(many):
            await many()
        if filters.owners is not None:
            self._tasks.owners = [call.result.id for call in owners]

    async def begin(self) -> None:
        """Take what there is now as known, without handing it on."""
        client = self._client
        last = await client.call('getLastEvent')
        time = last.ts - self._window
        event = await client.call('getLastEvent', before=time, strict=False)
        self.since = Since(time, event.id if event else 0)
        nothing = Rows({}, {})
        for change in await self._tasks.find_open():
            change.remember(nothing)
        while True:
            for change in await self.look():
                change.remember(nothing)
            self.move_on()
            if not self.behind:
                break

    def hear(self, event: Message) -> None:
        """Remember an event that a broker has delivered."""
        for source in self._sources.values():
            source.hear(event)

    async def look_back(self, time: float) -> None:
        """
        Let the next round look from a time on, and forget what was before.

        :param time: in seconds since 1970, in the hub's time.
        :raises KojiException: if the hub cannot be asked.
        """
        event = await self._client.call('getLastEvent', before=time,
                                        strict=False)
        self.since = Since(time, event.id if event else 0)
        for source in self._sources.values():
            source.forget(self.since)

    async def look(self) -> list[Change]:
        """
        Ask what has happened.

        While `behind`, only the rest of the history is asked for.

        :returns: the changes, the oldest first.
        :raises KojiException: if the hub cannot be asked.
        """
        assert self.since is not None
        whole = not self.behind
        sources = self._sources.values() if whole else [self._tags]
        many = MultiCall(self._client)
        before = many.call('getLastEvent', before=self.since.time,
                           strict=False)
        for source in sources:
            source.ask(many, self.since)
        await many()
        changes: list[Change] = []
        for source in sources:
            changes += await source.collect()
            # Thousands of rows would hold the reactor.
            await deferLater(self._client.reactor, 0)
        if whole:
            now = max(self._tags.latest, self._tasks.latest,
                      self._builds.latest)
            event = before.result.id if before.result else 0
            self._next = Since(max(self.since.time, now - self._window),
                               max(self.since.event, event))
        return sorted(changes, key=lambda change: (change.time, change.thing))

    async def rows(self, changes: Sequence[Change]) -> Rows:
        """Get the rows that the messages of some changes need."""
        tasks = sorted({change.task_id for change in changes
                        if change.task_id is not None})
        builds = sorted({change.build_id for change in changes
                         if change.build_id is not None})
        many = MultiCall(self._client, batch=ROWS)
        parts = [tasks[start:start + ROWS]
                 for start in range(0, len(tasks), ROWS)]
        found = [many.call('getTaskInfo', part, request=True)
                 for part in parts]
        calls = [many.call('getBuild', number) for number in builds]
        if len(many):
            await many()
        return Rows({number: row for part, call in zip(parts, found)
                     for number, row in zip(part, call.result)},
                    {number: call.result
                     for number, call in zip(builds, calls)})

    def move_on(self) -> None:
        """End a round whose changes are all handed on."""
        self._tags.move_on()
        if self.behind or self._next is None:
            return
        self.since, self._next = self._next, None
        for source in self._sources.values():
            source.forget(self.since)

    @property
    def time(self) -> float:
        """The time from which on the next round looks."""
        return 0.0 if self.since is None else self.since.time

    @property
    def behind(self) -> bool:
        """Whether there is more than a round reads."""
        return self._tags.behind is not None

    # The state file

    def state(self) -> dict[str, Any]:
        """Get what is remembered, as values that JSON has."""
        return {'since': self.since,
                **{name: source.state()
                   for name, source in self._sources.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """
        Go on from what another process has remembered.

        :raises ConfigurationError: if the state is malformed.
        """
        try:
            self.since = Since(*state['since'])
            for name, source in self._sources.items():
                source.restore(state[name])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f'poll: the state file is malformed ({error!r}); remove it to'
                ' begin anew') from error
