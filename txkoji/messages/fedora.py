"""
Listening with fedora-messaging. It is not imported before somebody listens:
it imports the reactor.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from typing import Any

from twisted.application.internet import backoffPolicy
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    TimeoutError,
)
from twisted.internet.task import deferLater
from twisted.internet.threads import blockingCallFromThread
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError

#: Seconds that subscribers may take in the end.
GRACE = 30


class FedoraListener:
    """
    Hears what fedora-messaging hears. It is made by
    `Events.listen_fedora_messaging`, whose ``options`` are the keyword
    arguments. fedora-messaging knows each queue once in a process: two
    listeners need two queues.

    :param feed: what takes a message, and fires with whether that went well.
    :param bindings: as in fedora-messaging's configuration, such as
                     ``[{'exchange': 'amq.topic', 'queue': NAME,
                     'routing_keys': ['#.buildsys.#']}]``; None for what is
                     configured.
    :param queues: the same: ``{NAME: {'durable': True, ...}}``.
    :param requeue: whether a message goes back to the queue if a subscriber
                    failed: it comes again at once.
    """

    _log = Logger()

    def __init__(self, feed: Callable[[Any], Deferred[bool]], *,
                 bindings: Sequence[Mapping[str, Any]] | None = None,
                 queues: dict[str, Mapping[str, Any]] | None = None,
                 requeue: bool = False) -> None:
        self._feed = feed
        self._bindings = bindings
        self._queues = queues
        self._requeue = requeue
        self._consumers: list[Any] = []
        self._stopping = False
        self._again: Deferred[None] | None = None

    def start(self) -> Deferred[FedoraListener]:
        """
        Begin.

        :returns: a Deferred that fires when it hears.
        :raises ListenError: see `Events.listen_fedora_messaging`.
        """
        return Deferred.fromCoroutine(self._start())

    async def _start(self) -> FedoraListener:
        try:
            from fedora_messaging import api, exceptions
        except ImportError:
            raise ListenError("this needs fedora-messaging: pip install"
                              " 'txkoji[fedora-messaging]'") from None
        try:
            self._consumers = await api.twisted_consume(
                self._callback, self._bindings, self._queues)
        except (exceptions.BaseException, ValueError) as error:
            raise ListenError(f'fedora-messaging: {error}') from error
        for consumer in self._consumers:
            consumer.result.addErrback(self._lost)
        if self._stopping:
            await self._cancel()
            raise CancelledError
        return self

    def _callback(self, message: Any) -> None:
        """Take a message, in a thread of fedora-messaging's."""
        from fedora_messaging.exceptions import Nack
        from twisted.internet import reactor

        threads: Any = reactor
        good: Any = blockingCallFromThread(threads, self._take, message)
        if self._requeue and not good:
            raise Nack()

    def _take(self, message: Any) -> Deferred[Any]:
        def failed(failure: Failure) -> bool:
            self._log.failure('a message could not be taken',
                              failure=failure)
            return False

        return self._feed(message).addErrback(failed)

    def _lost(self, failure: Failure) -> None:
        """A consumer has ended: somebody deleted the queue, for one."""
        if self._stopping or self._again is not None:
            return
        self._log.warn('{error}; trying again', error=failure.value)
        self._again = Deferred.fromCoroutine(self._start_again())
        self._again.addErrback(lambda failure: failure.trap(CancelledError))

    async def _start_again(self) -> None:
        from twisted.internet import reactor

        pause = backoffPolicy()
        failures = 0
        while not self._stopping:
            failures += 1
            await deferLater(reactor, pause(failures))
            # They are gone already, or will be: nobody waits for them.
            for consumer in self._consumers:
                consumer.cancel().addErrback(lambda _: None)
            try:
                await self._start()
            except ListenError as error:
                self._log.warn('{error}; trying again', error=error)
                continue
            self._again = None
            return

    async def _cancel(self) -> None:
        """
        End the consumers. One whose queue or connection is gone may never
        say so; and nobody is waited for for ever.
        """
        from twisted.internet import reactor

        consumers, self._consumers = self._consumers, []
        ending = [consumer.cancel().addErrback(lambda _: None)
                  for consumer in consumers]
        with suppress(TimeoutError):
            await DeferredList(ending).addTimeout(GRACE, reactor)

    def stop(self) -> Deferred[None]:
        """
        Hear no more. The connection is fedora-messaging's, and stays.

        :returns: a Deferred that fires when the message that somebody works
                  on is done with, or `GRACE` seconds are over.
        """
        self._stopping = True
        if self._again is not None:
            self._again.cancel()
        return Deferred.fromCoroutine(self._cancel())
