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
from twisted.internet.threads import blockingCallFromThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError
from txkoji.messages import listening
from txkoji.messages.listening import Backoff, Feed, deliver


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
    """

    _log = Logger()

    def __init__(self, feed: Feed, *,
                 bindings: Sequence[Mapping[str, Any]] | None = None,
                 queues: dict[str, Mapping[str, Any]] | None = None,
                 requeue: bool = False) -> None:
        self._feed = feed
        self._bindings = bindings
        self._queues = queues
        self._requeue = requeue
        self._consumers: list[Any] = []
        self._stopping = False
        #: Fires when lost consumers are replaced. None if none is lost.
        self._restarting: Deferred[None] | None = None

    def start(self) -> Deferred[FedoraListener]:
        """
        Start listening.

        :returns: a Deferred that fires with the listener when the listener
                  consumes.
        :raises ListenError: see `Events.listen_fedora_messaging`.
        """
        return Deferred.fromCoroutine(self._start())

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

        :raises Nack: if a subscriber failed, and the message is to return to
                      the queue.
        """
        from fedora_messaging.exceptions import Nack
        from twisted.internet import reactor

        def handle() -> Deferred[Any]:
            return deliver(self._feed, message)

        threads: Any = reactor
        succeeded: Any = blockingCallFromThread(threads, handle)
        if self._requeue and not succeeded:
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
        return Deferred.fromCoroutine(self._cancel_consumers())
