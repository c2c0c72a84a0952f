"""`CatchUp`: asks the hub for events that a broker did not deliver."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import KojiException
from txkoji.hub.deferreds import SingleFlight
from txkoji.messages.message import Message
from txkoji.messages.polling.deliverer import Deliverer
from txkoji.messages.polling.filters import Filters
from txkoji.messages.polling.rounds import Rounds

#: Seconds before the time of the last message, to look back to. No message
#: has an event, and the clocks of the hub and of this host may differ.
MARGIN = 600

#: Seconds after which what was heard is noted, and saved.
NOTED_EVERY = 60

#: Seconds until the hub is asked again after an error.
AGAIN = 30


class CatchUp:
    """
    Asks the hub what has happened since a listener last heard of something.

    A listener calls `connected` whenever its broker delivers messages, at the
    start and after an outage. Then the hub is asked once, as a poll does, and
    what is found is handed on before the messages of the broker: at least
    once, since it may have been heard before.

    :param client: asks the hub.
    :param read: reads a message; None if it is malformed.
    :param dispatch: hands on an event, `Events.dispatch`.
    :param wants: chooses the events to hand on of those that the hub tells:
                  a broker may not have all kinds.
    :param state: the path of a file that notes what was heard, through
                  restarts; None for none.
    """

    _log = Logger()

    def __init__(self, client: HubClient,
                 read: Callable[[Any], Message | None],
                 dispatch: Callable[[Message], Deferred[bool | None]],
                 wants: Callable[[Message], bool], state: str | None
                 ) -> None:
        self._client = client
        self._read = read
        self._dispatch = dispatch
        self._wants = wants
        self._rounds = Rounds(client, Filters(), MARGIN)
        self._deliverer = Deliverer(client, self._feed_missed,
                                    self._rounds, state)
        self._prepared = False
        #: Whether there may be events that the broker did not deliver.
        self._behind = True
        #: How often the broker was connected.
        self._connections = 0
        self._working: SingleFlight[None] = SingleFlight()
        #: When a message was last handled, in seconds since 1970.
        self._heard_at: float | None = None
        self._timer: Any = None

    async def load(self) -> None:
        """
        Go on where the last process has ended.

        :raises ConfigurationError: if the state file cannot be used.
        """
        await self._deliverer.load()

    def connected(self) -> None:
        """Ask the hub, now that the broker delivers messages."""
        self._behind = True
        self._connections += 1
        Deferred.fromCoroutine(self._until_caught_up()).addErrback(
            lambda failure: failure.trap(CancelledError))

    async def _until_caught_up(self) -> None:
        while self._behind:
            await self._working.run(self._catch_up)

    def feed(self, message: Any) -> Deferred[bool | None]:
        """
        Hand on a message of the broker, after what the hub was asked for.

        :returns: a Deferred that fires as that of `Events.feed`, or with None
                  if the message is not handled, since listening ends.
        """
        return Deferred.fromCoroutine(self._feed(message))

    async def _feed(self, message: Any) -> bool | None:
        try:
            await self._until_caught_up()
        except CancelledError:
            return None
        event = self._read(message)
        if event is None:
            return True
        succeeded = await self._dispatch(event)
        if succeeded is None:
            return None
        self._rounds.hear(event)
        self._heard_at = self._client.now().timestamp()
        if self._timer is None and not self._deliverer.stopping:
            self._timer = self._client.reactor.callLater(
                NOTED_EVERY, self._note_later)
        return succeeded

    def _feed_missed(self, message: Any) -> Deferred[bool | None]:
        """Hand on what the hub has told."""
        event = self._read(message)
        if event is None or not self._wants(event):
            return succeed(True)
        return self._dispatch(event)

    async def _catch_up(self) -> None:
        """Ask the hub until all is handed on."""
        deliverer = self._deliverer
        while self._behind:
            connections = self._connections
            try:
                await deliverer.interruptible(self._look_back())
                await deliverer.round()
            except CancelledError:
                raise
            except Exception as error:
                deliverer.report(error)
                await deliverer.interruptible(
                    deferLater(self._client.reactor, AGAIN))
                continue
            if deliverer.stopping:
                raise CancelledError
            # The broker may have been lost again meanwhile.
            self._behind = connections != self._connections

    async def _look_back(self) -> None:
        if not self._prepared:
            await self._deliverer.prepare()
            self._prepared = True
        elif self._heard_at is not None:
            await self._rounds.look_back(self._heard_at - MARGIN)

    # What was heard

    def _note_later(self) -> None:
        self._timer = None
        if not self._behind and not self._working.busy:
            self._working.run(self._note).addErrback(
                lambda failure: failure.trap(CancelledError))

    async def _note(self) -> None:
        """Forget what no later look needs, and save the rest."""
        try:
            await self._deliverer.interruptible(self._look_back())
            await self._deliverer.save()
        except KojiException as error:
            self._deliverer.report(error)

    def stop(self) -> None:
        """Begin no more; messages that wait are not handled."""
        self._deliverer.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def close(self) -> None:
        """Save what was heard, after the last message."""
        if self._prepared:
            try:
                await self._deliverer.save()
            except KojiException as error:
                self._deliverer.report(error)
