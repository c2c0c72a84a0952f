"""`HubPoller`: hands on the events that it finds by polling."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.client import HubClient
from txkoji.exceptions import ConfigurationError, KojiException
from txkoji.hub.deferreds import gather, in_thread
from txkoji.messages import listening
from txkoji.messages.listening import Feed, deliver
from txkoji.messages.polling import state as state_file
from txkoji.messages.polling.changes import Change, Rows
from txkoji.messages.polling.filters import Filters, Wanted
from txkoji.messages.polling.rounds import Rounds
from txkoji.waiting.polling import OutageBudget

#: Changes whose rows are asked for, and that are handed on, at once.
PART = 500

#: Things whose events are handed on side by side.
PARALLEL = 20

#: Seconds until subscribers are called slow, in the log.
SLOW = 300

#: Seconds, in the hub's time, after which the state is saved without events.
SAVED_EVERY = 60


class HubPoller:
    """
    A listener that asks the hub what has happened.

    `Events.poll` makes it. `txkoji.messages.polling` says what it finds.

    :param client: asks the hub.
    :param feed: `Events.feed`.
    :param interval: the seconds from one round to the next.
    :param tags: names of tags: only their builds, packages and repositories.
    :param packages: names of packages: only their builds, and their changes
                     in tags.
    :param owners: names of users: only their tasks and builds.
    :param methods: names of methods: only such tasks.
    :param state: the path of the state file; None for none.
    :param window: the seconds that a round looks back.

    :ivar last_round: when the last round ended that found all, as an aware
                      datetime in UTC; None before the first.
    """

    _log = Logger()

    def __init__(self, client: HubClient, feed: Feed, interval: float = 60, *,
                 tags: Wanted = None, packages: Wanted = None,
                 owners: Wanted = None, methods: Wanted = None,
                 state: str | None = None, window: float = 600) -> None:
        for name, value, least in [('interval', interval, 0.1),
                                   ('window', window, 0)]:
            if not isinstance(value, (int, float)) or not value >= least:
                raise ConfigurationError(
                    f'poll: {name} is a number of seconds of at least'
                    f' {least}, not {value!r}')
        self._client = client
        self._feed = feed
        self._interval = interval
        self._path = state
        self._rounds = Rounds(client, Filters.of(
            tags=tags, packages=packages, owners=owners, methods=methods),
            window)
        #: Fires when the first round is over.
        self._started: Deferred[HubPoller] = Deferred(self._give_up)
        #: Fires when the poll has ended. None before the start.
        self._running: Deferred[None] | None = None
        #: What can be canceled without losing an event.
        self._interruptible: Deferred[Any] | None = None
        self._stopping = False
        self._saved_at = 0.0
        #: The timer of the warning about slow subscribers.
        self._warning: Any = None
        self.last_round: datetime | None = None

    def start(self) -> Deferred[HubPoller]:
        """
        Start polling.

        :returns: a Deferred that fires with the poller when the first round
                  is over. Canceling the Deferred stops the poller.
        :raises KojiException: see `Events.poll`.
        """
        self._running = Deferred.fromCoroutine(self._run())
        self._running.addBoth(self._ended)
        return self._started

    async def _run(self) -> None:
        budget = OutageBudget()
        reactor = self._client.reactor
        began = reactor.seconds()
        prepared = False
        while not self._stopping:
            try:
                if not prepared:
                    await self._interrupt(self._prepare())
                    prepared = True
                await self._round()
                while self._rounds.behind and not self._stopping:
                    await self._round()
                budget.reset()
                self.last_round = self._client.now()
                if not self._started.called:
                    self._started.callback(self)
            except CancelledError:
                if not self._stopping:
                    raise
            except Exception as error:
                if not self._started.called and not (
                        isinstance(error, KojiException)
                        and budget.allows(error)):
                    raise
                self._report(error)
            if not self._stopping:
                began = max(began + self._interval, reactor.seconds())
                await self._pause(began - reactor.seconds())

    def _report(self, error: Exception) -> None:
        """Log the error of a round; the next round asks again."""
        if isinstance(error, (KojiException, OSError)):
            self._log.warn('polling goes on after {error}', error=str(error))
        else:
            self._log.failure('polling goes on after an error')

    async def _pause(self, seconds: float) -> None:
        try:
            await self._interrupt(deferLater(self._client.reactor, seconds))
        except CancelledError:
            if not self._stopping:
                raise

    async def _interrupt(self, work: Any) -> Any:
        """Do something that `stop` cancels."""
        if self._stopping:
            raise CancelledError
        self._interruptible = Deferred.fromCoroutine(work) if not isinstance(
            work, Deferred) else work
        try:
            return await self._interruptible
        finally:
            self._interruptible = None

    async def _prepare(self) -> None:
        """
        Begin, or go on where the last process has ended.

        :raises KojiException: if the hub, or the state file, refuses.
        """
        saved = None
        if self._path is not None:
            saved = await in_thread(self._client.reactor, state_file.load,
                                    self._path, self._client.settings.server)
        await self._rounds.prepare()
        if saved is not None:
            self._rounds.restore(saved)
        else:
            await self._rounds.begin()
            await self._save()

    # A round

    async def _round(self) -> None:
        """Ask what has happened, and hand it on."""
        rounds = self._rounds
        changes = await self._interrupt(rounds.look())
        for start in range(0, len(changes), PART):
            part = changes[start:start + PART]
            rows = await self._interrupt(rounds.rows(part))
            try:
                await self._hand_on(part, rows)
            finally:
                await self._save()
            if self._stopping:
                return
        rounds.move_on()
        if rounds.since is not None and (
                rounds.since.time - self._saved_at > SAVED_EVERY):
            await self._save()

    async def _hand_on(self, changes: list[Change], rows: Rows) -> None:
        """Hand on changes: those of a thing one after the other."""
        things: dict[Any, list[Change]] = {}
        for change in changes:
            things.setdefault(change.thing, []).append(change)
        waiting = iter(things.values())
        self._warning = self._client.reactor.callLater(SLOW, self._warn)
        try:
            await gather([Deferred.fromCoroutine(
                self._hand_on_some(waiting, rows)) for _ in range(PARALLEL)])
        finally:
            self._end_warning()

    def _end_warning(self) -> None:
        if self._warning is not None and self._warning.active():
            self._warning.cancel()

    def _warn(self) -> None:
        self._log.warn('subscribers have worked for {seconds} s on the events'
                       ' of a round; polling waits for them', seconds=SLOW)

    async def _hand_on_some(self, waiting: Iterator[list[Change]], rows: Rows
                            ) -> None:
        for changes in waiting:
            for change in changes:
                if self._stopping:
                    return
                await self._hand_on_one(change, rows)
            # Other work of the reactor comes in between.
            await deferLater(self._client.reactor, 0)

    async def _hand_on_one(self, change: Change, rows: Rows) -> None:
        try:
            message = change.message(rows)
        except Exception:
            # The others must not wait for one that nobody can read.
            self._log.failure('dropped a change of {thing}',
                              thing=change.thing)
            message = None
        if message is not None:
            await deliver(self._feed, message)
        change.remember(rows)

    async def _save(self) -> None:
        if self._path is None:
            return
        if self._rounds.since is not None:
            self._saved_at = self._rounds.since.time
        await in_thread(self._client.reactor, state_file.save, self._path,
                        self._client.settings.server, self._rounds.state())

    # The end

    def _ended(self, result: Any) -> None:
        """Report the end of the poll."""
        if not self._started.called:
            self._started.errback(result if isinstance(result, Failure)
                                  else CancelledError())
        elif isinstance(result, Failure) and not result.check(CancelledError):
            self._log.failure('polling ended', failure=result)

    def stop(self) -> Deferred[None]:
        """
        Stop polling, and wait for events in progress.

        After `GRACE` seconds the poller waits no longer.

        :returns: a Deferred that fires with None when the state is saved.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._stopping = True
        running = self._running
        if running is None or running.called:
            return
        ended: Deferred[None] = Deferred()
        running.addBoth(lambda _: ended.callback(None))
        if self._interruptible is not None:
            self._interruptible.cancel()
        try:
            await ended.addTimeout(listening.GRACE, self._client.reactor)
        except TimeoutError:
            # Subscribers are not canceled, but their events are not handed
            # on. Another process may have the state file from now on.
            self._end_warning()
            await self._save()
            self._path = None

    def _give_up(self, _: Any) -> None:
        """Stop, since the program canceled the start."""
        self._stopping = True
        if self._running is not None:
            self._running.cancel()
