"""`CatchUp`: asks the hub for events that a broker did not deliver."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    TimeoutError,
    succeed,
)
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import KojiException
from txkoji.hub.deferreds import SingleFlight
from txkoji.messages import listening
from txkoji.messages.duplicates import Remembered
from txkoji.messages.message import Message
from txkoji.messages.polling.deliverer import Deliverer
from txkoji.messages.polling.filters import Filters
from txkoji.messages.polling.rounds import Rounds

#: Seconds before the last message, to look back to. No message has an event,
#: and the hub commits events late.
MARGIN = 600

#: Seconds after which what was heard is noted, and saved.
NOTED_EVERY = 60

#: Seconds until the hub is asked again after an error, or for events that
#: were not handled.
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
        #: Whether a look has found events that are not handed on yet.
        self._unfinished = False
        #: How often the broker was connected.
        self._connections = 0
        self._working: SingleFlight[None] = SingleFlight()
        #: When the last handled message came, by the reactor.
        self._heard_at: float | None = None
        #: The identifiers of messages that were heard.
        self._ids = Remembered()
        self._timer: Any = None
        self._stopped_at = 0.0

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
        arrived, looks = self._seconds(), self._rounds.looks
        try:
            await self._until_caught_up()
        except CancelledError:
            return None
        event = self._read(message)
        if event is None:
            return True
        succeeded = await self._dispatch(event)
        if succeeded is not None:
            # A look that ended since has told of it, too.
            self._hear(event, arrived, _is_redelivered(message)
                       or looks != self._rounds.looks)
        return succeeded

    def _seconds(self) -> float:
        return float(self._client.reactor.seconds())

    def _hear(self, event: Message, arrived: float, again: bool) -> None:
        """
        Note that an event was handled.

        :param arrived: when its message came.
        :param again: whether the event may have been handed on before. What
                      comes twice must not stand for two events.
        """
        if event.id is not None:
            again = again or event.id in self._ids
            self._ids.add(event.id)
        if not again:
            self._rounds.hear(event)
        self._heard_at = max(arrived, self._heard_at or arrived)
        if self._timer is None and not self._deliverer.stopping:
            self._timer = self._client.reactor.callLater(
                NOTED_EVERY, self._note_later)

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
            connections, finished = self._connections, False
            try:
                if not self._unfinished:
                    await deliverer.interruptible(self._look_back())
                self._unfinished = True
                finished = await deliverer.round()
            except CancelledError:
                raise
            except Exception as error:
                deliverer.report(error)
            if deliverer.stopping:
                raise CancelledError
            if finished:
                self._unfinished = False
                # The broker may have been lost again meanwhile.
                self._behind = connections != self._connections
            else:
                await deliverer.interruptible(
                    deferLater(self._client.reactor, AGAIN))

    async def _look_back(self) -> None:
        if not self._prepared:
            await self._deliverer.prepare()
            self._prepared = True
        elif self._heard_at is not None:
            await self._rounds.look_back(
                self._seconds() - self._heard_at + MARGIN)

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
        if not self._deliverer.stopping:
            self._stopped_at = self._seconds()
        self._deliverer.stop()
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    async def close(self) -> None:
        """
        Save what was heard, after the last message.

        `GRACE` seconds after `stop`, events in progress are not waited for.
        """
        if self._working.busy:
            try:
                await self._working.wait().addTimeout(max(
                    0, self._stopped_at + listening.GRACE - self._seconds()),
                    self._client.reactor)
            except (CancelledError, TimeoutError):
                pass
        if self._prepared:
            try:
                await self._deliverer.abandon()
            except KojiException as error:
                self._deliverer.report(error)


def _is_redelivered(message: Any) -> bool:
    """Tell whether a broker of AMQP may have delivered a message before."""
    return isinstance(message, tuple) and bool(
        getattr(message[0], 'redelivered', False))
