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

#: Seconds that a round looks back at least: several events may have the time
#: of the last one that was seen.
LEAST = 1.0

#: Rows of tasks in one call, about 2 kB each.
ROWS = 500


class Rounds:
    """
    The rounds of a poll, and what they remember from one to the next.

    :param client: asks the hub.
    :param filters: what to ask for.
    :param window: how far a round looks back, in seconds.

    :ivar begun: whether it is known what there was before the first round.
    :ivar looks: how often it was asked what has happened.
    """

    def __init__(self, client: HubClient, filters: Filters, window: float
                 ) -> None:
        self._client = client
        self._filters = filters
        self._window = max(window, LEAST)
        self._tasks = TaskChanges(client, filters)
        self._builds = BuildChanges(client, filters)
        self._tags = TagChanges(client, filters)
        self._repos = RepoChanges(client)
        #: The hub reads them one after the other. A build that ends, and is
        #: tagged, between two reads is then found as ended first.
        self._sources: dict[str, Source] = {
            'tags': self._tags, 'tasks': self._tasks, 'builds': self._builds,
            'repositories': self._repos}
        #: From when on the next round looks.
        self._since = Since(0, 0)
        #: That of the round after it.
        self._next = self._since
        #: The filters of the process that has saved the state.
        self._saved_filters: Any = None
        self.begun: bool = False
        self.looks: int = 0

    async def prepare(self) -> None:
        """
        Look up the names of the filters, and what a new filter adds.

        :raises GenericError: if the hub does not know one.
        """
        filters = self._filters
        many = MultiCall(self._client, strict=True)
        owners = [many.call('getUser', name, strict=True)
                  for name in sorted(filters.owners or ())]
        tags = [many.call('getTag', name, strict=True)
                for name in sorted(filters.tags or ())]
        if len(many):
            await many()
        if filters.owners is not None:
            self._tasks.owners = [call.result.id for call in owners]
        if filters.tags is not None:
            # A tag may be renamed.
            self._tags.tags = self._repos.tags = [
                call.result.id for call in tags]
        if self.begun and self._saved_filters != filters.state():
            await self._find_unfinished()
            self._saved_filters = filters.state()

    async def _find_unfinished(self) -> None:
        """Take old things that may still change as known."""
        nothing = Rows({}, {})
        for source in self._tasks, self._repos:
            for change in await source.find_unfinished(self._since):
                change.remember(nothing)

    async def begin(self) -> None:
        """Take what there is now as known, without handing it on."""
        last = await self._client.call('getLastEvent', strict=False)
        # A new hub has no event.
        self._since = (Since(0, 0) if last is None else
                       await self._event_before(last.ts - self._window))
        await self._find_unfinished()
        nothing = Rows({}, {})
        while True:
            for change in await self.look():
                change.remember(nothing)
            self.move_on()
            if not self.behind:
                break
        self.begun = True

    async def _event_before(self, time: float) -> Since:
        event = await self._client.call('getLastEvent', before=time,
                                        strict=False)
        return Since(time, event.id if event else 0)

    def hear(self, event: Message) -> None:
        """Remember an event that a broker has delivered."""
        for source in self._sources.values():
            source.hear(event)

    async def look_back(self, seconds: float) -> None:
        """
        Let the next round look back so far, and forget what was before.

        The hub's last event tells the time: the clock of this host may be
        wrong.

        :raises KojiException: if the hub cannot be asked.
        """
        last = await self._client.call('getLastEvent', strict=False)
        if last is not None and last.ts - seconds > self._since.time:
            self._since = await self._event_before(last.ts - seconds)
            self._forget()

    def _forget(self) -> None:
        for source in self._sources.values():
            source.forget(self._since)

    async def look(self) -> list[Change]:
        """
        Ask what has happened.

        While `behind`, only the rest of the history is asked for.

        :returns: the changes, the oldest first.
        :raises KojiException: if the hub cannot be asked.
        """
        since, whole = self._since, not self.behind
        sources = self._sources.values() if whole else [self._tags]
        many = MultiCall(self._client)
        before = many.call('getLastEvent', before=since.time, strict=False)
        for source in sources:
            source.ask(many, since)
        await many()
        changes: list[Change] = []
        for source in sources:
            changes += await source.collect()
            # Thousands of rows would hold the reactor.
            await deferLater(self._client.reactor, 0)
        self.looks += 1
        if whole:
            now = max(self._tags.latest, self._tasks.latest,
                      self._builds.latest)
            after = Since(max(since.time, now - self._window),
                          before.result.id if before.result else 0)
            if self._tags.reached is not None:
                # The next round does not read all of a long history again.
                after = await self._event_before(after.time)
            self._next = Since(after.time, max(since.event, after.event))
        return sorted(changes, key=lambda change: (
            change.time, change.event, change.thing))

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
        behind = self._tags.behind
        if behind is None:
            self._since = self._next
            self._forget()
        else:
            # Another process need not begin a long history anew.
            self._since = Since(self._since.time,
                                min(behind, self._next.event))
            self._tags.forget_keys(self._since)

    @property
    def time(self) -> float:
        """The time from which on the next round looks."""
        return self._since.time

    @property
    def behind(self) -> bool:
        """Whether there is more than a round reads."""
        return self._tags.behind is not None

    # The state file

    def state(self) -> dict[str, Any]:
        """Get what is remembered, as values that JSON has."""
        return {'since': self._since, 'filters': self._filters.state(),
                **{name: source.state()
                   for name, source in self._sources.items()}}

    def restore(self, state: dict[str, Any]) -> None:
        """
        Go on from what another process has remembered.

        :raises ConfigurationError: if the state is malformed.
        """
        try:
            time, event = state['since']
            self._since = self._next = Since(float(time), int(event))
            for name, source in self._sources.items():
                source.restore(state[name])
        except (KeyError, TypeError, ValueError) as error:
            raise ConfigurationError(
                f'poll: the state file is malformed ({error!r}); remove it to'
                ' begin anew') from error
        self._saved_filters = state.get('filters')
        self.begun = True
