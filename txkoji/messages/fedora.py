"""
`FedoraListener`: listen with fedora-messaging.

fedora-messaging is imported when a listener starts: it is optional, and
imports the reactor.
"""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    TimeoutError,
)
from twisted.internet.task import LoopingCall
from twisted.internet.threads import blockingCallFromThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError
from txkoji.messages import listening
from txkoji.messages.listening import Backoff, CatchingUp, Feed, deliver
from txkoji.messages.message import Message
from txkoji.messages.tasks import TaskStateChange

#: Seconds after which the hub is asked for what was not delivered.
CATCH_UP_EVERY = 600


def is_sent(event: Message) -> bool:
    """
    Tell whether koji-fedoramessaging sends messages of an event.

    Of tasks, it sends those of scratch builds only, from their start on.
    """
    return not isinstance(event, TaskStateChange) or bool(
        event.task.is_scratch and event.task.parent is None
        and event.new != 'FREE')


class FedoraListener:
    """
    A listener that consumes queues with fedora-messaging.

    `Events.listen_fedora_messaging` makes the listener. Its ``options`` are
    the keyword arguments. A process may consume a queue once with
    fedora-messaging: two listeners need two queues.

    :param feed: `Events.feed`.
    :param bindings: the bindings, as in the configuration of
                     fedora-messaging, such as ``[{'exchange': 'amq.topic',
                     'queue': NAME, 'routing_keys': ['#.buildsys.#']}]``. None
                     means those of the configuration.
    :param queues: the queues, as in the configuration of fedora-messaging:
                   ``{NAME: {'durable': True, ...}}``. None means those of the
                   configuration.
    :param requeue: whether a message returns to the queue if a subscriber
                    failed. The broker then delivers the message again at
                    once.
    :param catch_up: asks the hub for what the broker did not deliver; None
                     for nobody. fedora-messaging does not tell when it
                     connects again, so that the hub is asked every ten
                     minutes.

    :ivar reconnects: how often lost consumers were replaced.
                      fedora-messaging does not tell when it connects again.
    """

    _log = Logger()

    def __init__(self, feed: Feed, *,
                 bindings: Sequence[Mapping[str, Any]] | None = None,
                 queues: dict[str, Mapping[str, Any]] | None = None,
                 requeue: bool = False,
                 catch_up: CatchingUp | None = None) -> None:
        self._feed: Feed = feed if catch_up is None else catch_up.feed
        self._catch_up = catch_up
        self._catching_up: LoopingCall | None = None
        self._bindings = bindings
        self._queues = queues
        self._requeue = requeue
        self._consumers: list[Any] = []
        self._stopping = False
        self.reconnects: int = 0
        #: Fires when lost consumers are replaced. None if none is lost.
        self._restarting: Deferred[None] | None = None

    def start(self) -> Deferred[FedoraListener]:
        """
        Start listening.

        :returns: a Deferred that fires with the listener when the listener
                  consumes.
        :raises ListenError: see `Events.listen_fedora_messaging`.
        """
        return Deferred.fromCoroutine(self._begin())

    async def _begin(self) -> FedoraListener:
        if self._catch_up is None:
            return await self._start()
        await self._catch_up.load()
        await self._start()
        self._catching_up = LoopingCall(self._catch_up.connected)
        self._catching_up.start(CATCH_UP_EVERY)
        return self

    async def _start(self) -> FedoraListener:
        try:
            from fedora_messaging import api, exceptions
        except ImportError:
            raise ListenError("listening with fedora-messaging needs the"
                              " library: pip install"
                              " 'txkoji[fedora-messaging]'") from None
        try:
            self._consumers = await api.twisted_consume(
                self._callback, self._bindings, self._queues)
        except (exceptions.BaseException, ValueError) as error:
            raise ListenError(f'fedora-messaging failed: {error}') from error
        for consumer in self._consumers:
            consumer.result.addErrback(self._consumer_lost)
        if self._stopping:
            await self._cancel_consumers()
            raise CancelledError
        return self

    def _callback(self, message: Any) -> None:
        """
        Feed a message, in a thread of fedora-messaging.

        :raises Nack: if the message is to return to the queue: since a
                      subscriber failed, or listening ends.
        """
        from fedora_messaging.exceptions import Nack
        from twisted.internet import reactor

        def handle() -> Deferred[Any]:
            return deliver(self._feed, message)

        threads: Any = reactor
        succeeded: Any = blockingCallFromThread(threads, handle)
        if succeeded is None or self._requeue and not succeeded:
            raise Nack()

    def _consumer_lost(self, failure: Failure) -> None:
        """Replace the consumers: somebody deleted the queue, for example."""
        if self._stopping or self._restarting is not None:
            return
        self._log.warn('lost a consumer: {error}; consuming again',
                       error=failure.value)
        self._restarting = Deferred.fromCoroutine(self._restart())
        self._restarting.addErrback(
            lambda failure: failure.trap(CancelledError))

    async def _restart(self) -> None:
        """Replace the consumers, again and again until that succeeds."""
        from twisted.internet import reactor

        backoff = Backoff(reactor)
        while not self._stopping:
            await backoff.wait()
            # Nobody waits for the cancellation: it may never end if the
            # queue or the connection is gone.
            for consumer in self._consumers:
                consumer.cancel().addErrback(lambda _: None)
            try:
                await self._start()
            except ListenError as error:
                self._log.warn('consuming failed: {error}; trying again',
                               error=error)
                continue
            self._restarting = None
            self.reconnects += 1
            if self._catch_up is not None:
                self._catch_up.connected()
            return

    async def _cancel_consumers(self) -> None:
        """
        Cancel the consumers, and wait for messages in progress.

        The cancellation may never end if the queue or the connection is gone.
        After `GRACE` seconds nobody waits longer.
        """
        from twisted.internet import reactor

        consumers, self._consumers = self._consumers, []
        ending = [consumer.cancel().addErrback(lambda _: None)
                  for consumer in consumers]
        with suppress(TimeoutError):
            await DeferredList(ending).addTimeout(listening.GRACE, reactor)

    def stop(self) -> Deferred[None]:
        """
        Stop listening. fedora-messaging keeps its connection.

        :returns: a Deferred that fires with None when the message in progress
                  is handled, or `GRACE` seconds are over.
        """
        self._stopping = True
        if self._restarting is not None:
            self._restarting.cancel()
        if self._catching_up is not None and self._catching_up.running:
            self._catching_up.stop()
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        if self._catch_up is not None:
            self._catch_up.stop()
        await self._cancel_consumers()
        if self._catch_up is not None:
            await self._catch_up.close()
