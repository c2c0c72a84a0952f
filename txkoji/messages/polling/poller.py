"""`HubPoller`: hands on the events that it finds by polling."""
from __future__ import annotations

from contextlib import suppress
from datetime import datetime
from math import inf
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, TimeoutError
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.client import HubClient
from txkoji.exceptions import ConfigurationError, KojiException
from txkoji.messages import listening
from txkoji.messages.listening import Feed
from txkoji.messages.polling.deliverer import Deliverer
from txkoji.messages.polling.filters import Filters, Wanted
from txkoji.messages.polling.rounds import Rounds
from txkoji.waiting.polling import OutageBudget


class HubPoller:
    """
    A listener that asks the hub what has happened.

    `Events.poll` makes it. `txkoji.messages.polling` says what it finds.

    :param client: asks the hub.
    :param feed: `Events.feed`.
    :param interval: the seconds from one round to the next.
    :param tags: names of tags: only their taggings, packages and repositories.
    :param packages: names of packages: only their builds, and their changes
                     in tags.
    :param owners: names of users: only their tasks and builds.
    :param methods: names of methods: only such tasks.
    :param state: the path of the state file; None for none.
    :param window: the seconds that a round looks back.

    :ivar last_round: when the last round ended that found all, as an aware
                      datetime in UTC; None before the first.
    :ivar reconnects: 0, since there is no broker.
    """

    _log = Logger()
    reconnects: int = 0

    def __init__(self, client: HubClient, feed: Feed, interval: float = 60, *,
                 tags: Wanted = None, packages: Wanted = None,
                 owners: Wanted = None, methods: Wanted = None,
                 state: str | None = None, window: float = 600) -> None:
        for name, value, least in [('interval', interval, 0.1),
                                   ('window', window, 0)]:
            if not isinstance(value, (int, float)) or not (
                    least <= value < inf):
                raise ConfigurationError(
                    f'poll: {name} is a number of seconds of at least'
                    f' {least}, not {value!r}')
        self._client = client
        self._interval = interval
        self._deliverer = Deliverer(client, feed, Rounds(client, Filters.of(
            tags=tags, packages=packages, owners=owners, methods=methods),
            window), state)
        #: Fires when the first round is over.
        self._started: Deferred[HubPoller] = Deferred(self._give_up)
        #: Fires when the poll has ended. None before the start.
        self._running: Deferred[None] | None = None
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
        deliverer, budget = self._deliverer, OutageBudget()
        reactor = self._client.reactor
        began = reactor.seconds()
        prepared = False
        while not deliverer.stopping:
            try:
                if not prepared:
                    await deliverer.interruptible(deliverer.load())
                    await deliverer.interruptible(deliverer.prepare())
                    prepared = True
                await deliverer.round()
                budget.reset()
                self.last_round = self._client.now()
                if not self._started.called:
                    self._started.callback(self)
            except CancelledError:
                if not deliverer.stopping:
                    raise
            except Exception as error:
                if not self._started.called and not (
                        isinstance(error, KojiException)
                        and budget.allows(error)):
                    raise
                deliverer.report(error)
            now = reactor.seconds()
            began = max(began + self._interval, now)
            with suppress(CancelledError):
                await deliverer.interruptible(deferLater(reactor, began - now))

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
        self._deliverer.stop()
        running = self._running
        if running is None or running.called:
            return
        ended: Deferred[None] = Deferred()
        running.addBoth(lambda _: ended.callback(None))
        try:
            await ended.addTimeout(listening.GRACE, self._client.reactor)
        except TimeoutError:
            # Subscribers are not canceled, but their events count as not
            # handed on.
            await self._deliverer.abandon()

    def _give_up(self, _: Any) -> None:
        """Stop, since the program canceled the start."""
        self._deliverer.stop()
        if self._running is not None:
            self._running.cancel()
