"""`AMQPListener`: listen to a broker of AMQP 0-9-1, such as RabbitMQ."""
from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError
from txkoji.messages import listening
from txkoji.messages.amqp_connector import Connector
from txkoji.messages.amqp_consumer import Consumer, InProgress, Options, State
from txkoji.messages.listening import Backoff, CatchingUp, Feed

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator


class AMQPListener:
    """
    A listener that consumes a queue of a broker, with pika.

    `Events.listen_amqp` makes the listener. Its ``options`` are the keyword
    arguments. The listener has one `Consumer` after the other: a new one for
    each connection to the broker. Between two of them, the listener waits or
    connects.

    :param feed: `Events.feed`.
    :param url: the URL of the broker.
    :param queue: the name of the queue. The queue is declared durable, and
                  several programs may share it. An empty name declares an
                  exclusive queue, which ends with the connection.
    :param topics: the topics of the exchange to bind the queue to.
    :param exchange: the name of the exchange.
    :param arguments: more arguments for the declaration of the queue.
    :param passive: whether to use an existing queue, with its arguments and
                    bindings.
    :param prefetch: the limit for messages in progress.
    :param requeue: whether a message returns to the queue if a subscriber
                    failed. The broker then delivers the message again at
                    once.
    :param tls: for ``amqps``: the authorities to trust, and the client
                certificate, by Twisted's ``optionsForClientTLS``. None means
                the system's authorities, and no client certificate. With
                `tls`, and without a user in the URL, the client certificate
                identifies the user.
    :param reactor: None means Twisted's global reactor.
    :param catch_up: asks the hub for what the broker did not deliver; None
                     for nobody.

    :ivar reconnects: how often the listener has connected again.
    """

    _log = Logger()

    def __init__(self, feed: Feed, url: str,
                 queue: str = '', topics: Iterable[str] = ('#',), *,
                 exchange: str = 'amq.topic',
                 arguments: Mapping[str, Any] | None = None,
                 passive: bool = False, prefetch: int = 20,
                 requeue: bool = False,
                 tls: IOpenSSLClientConnectionCreator | None = None,
                 reactor: Any = None,
                 catch_up: CatchingUp | None = None) -> None:
        self._feed: Feed = feed if catch_up is None else catch_up.feed
        self._catch_up = catch_up
        self._url = url
        self._options = Options(
            queue, [topics] if isinstance(topics, str) else list(topics),
            exchange, arguments, passive, prefetch, requeue)
        self._tls = tls
        self._reactor = reactor
        self._in_progress = InProgress()
        #: The current connection. None while the listener waits or connects.
        self._consumer: Consumer | None = None
        #: Fires when the listener consumes for the first time.
        self._started: Deferred[AMQPListener] = Deferred(self._give_up)
        #: Fires when the listener has ended. None before the start.
        self._running: Deferred[None] | None = None
        #: Whether `stop` was called: there is no further connection.
        self._stopping = False
        self.reconnects: int = 0

    @property
    def hearing(self) -> bool:
        """Whether the broker delivers messages to the listener."""
        return self._consumer is not None and self._consumer.state in (
            State.CONSUMING, State.CANCELING)

    def start(self) -> Deferred[AMQPListener]:
        """
        Start listening.

        :returns: a Deferred that fires with the listener when the listener
                  consumes. Canceling the Deferred stops the listener.
        :raises ListenError: see `Events.listen_amqp`.
        """
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        try:
            connector = Connector(self._url, self._tls, self._reactor)
        except ListenError as error:
            self._started.errback(error)
            return self._started
        self._running = Deferred.fromCoroutine(self._run(connector))
        self._running.addBoth(self._ended)
        return self._started

    async def _run(self, connector: Connector) -> None:
        """
        Connect and consume, until the listener is stopped.

        :raises ListenError: if the first connection is refused.
        :raises ConfigurationError: if the state file cannot be used.
        """
        backoff = Backoff(self._reactor)
        if self._catch_up is not None:
            await self._catch_up.load()

        def opened() -> None:
            backoff.reset()
            if self._catch_up is not None:
                self._catch_up.connected()
            if not self._started.called:
                self._started.callback(self)
            else:
                self.reconnects += 1

        while True:
            try:
                self._consumer = Consumer(
                    await connector.connect(), connector.address,
                    self._options, self._feed, self._in_progress,
                    self._reactor)
                try:
                    await self._consumer.run(opened)
                finally:
                    self._consumer = None
            except CancelledError:
                raise
            except Exception as error:
                if not self._started.called and isinstance(error, ListenError):
                    raise
                if not self._stopping:
                    self._log.warn('lost the broker {address}: {kind}:'
                                   ' {error}; connecting again',
                                   address=connector.address,
                                   kind=type(error).__name__, error=error)
            if self._stopping:
                return
            await backoff.wait()

    def _ended(self, result: Any) -> None:
        """Report the end of the listener."""
        if self._catch_up is not None:
            self._catch_up.stop()
        if not self._started.called:
            self._started.errback(result if isinstance(result, Failure)
                                  else CancelledError())
        elif isinstance(result, Failure) and not result.check(CancelledError):
            self._log.failure('listening ended', failure=result)

    def stop(self) -> Deferred[None]:
        """
        Stop listening, and wait for messages in progress.

        After `GRACE` seconds the listener waits no longer. The broker keeps
        the messages that are not handled.

        :returns: a Deferred that fires with None when the connection is
                  closed.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._stopping = True
        running = self._running
        if running is None or running.called:
            return
        ended: Deferred[None] = Deferred()
        running.addBoth(lambda _: ended.callback(None))
        limit = self._reactor.callLater(listening.GRACE, self._abort)
        if self._consumer is None:
            self._abort()
        else:
            self._consumer.cancel()
        if self._catch_up is not None:
            self._catch_up.stop()
        await ended
        if limit.active():
            limit.cancel()
        if self._catch_up is not None:
            await self._catch_up.close()

    def _abort(self) -> None:
        """End the listener at once."""
        if self._consumer is not None:
            self._consumer.abort()
        elif self._running is not None:
            self._running.cancel()

    def _give_up(self, _: Any) -> None:
        """Stop, since the program canceled the start."""
        self._stopping = True
        self._abort()
