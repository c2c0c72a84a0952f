"""
Listening to a broker of AMQP 0-9-1, such as RabbitMQ, with pika. That is not
imported before somebody listens.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twisted.application.internet import backoffPolicy
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.error import ConnectionDone
from twisted.internet.protocol import Factory, connectionDone
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import ListenError

if TYPE_CHECKING:
    from twisted.internet.interfaces import IOpenSSLClientConnectionCreator

#: Codes with which a broker closes a channel or a connection, and which mean
#: that it would do so again: no permission, no such thing, in use by somebody
#: else, declared otherwise; no such virtual host.
FINAL = frozenset([402, 403, 404, 405, 406, 530])

#: Seconds that a broker may take to close a connection.
PATIENCE = 5

#: Seconds that it may take to let us in, and give us our queue.
HANDSHAKE = 30

#: Seconds that subscribers may take in the end.
GRACE = 30


class AMQPListener:
    """
    Hears what a broker has in a queue. It is made by `Events.listen_amqp`,
    whose ``options`` are the keyword arguments.

    :param feed: what takes a message, and fires with whether that went well.
    :param url: of the broker.
    :param queue: its name; it is made durable, for several to share. An empty
                  one is made for this connection alone, and ends with it.
    :param topics: what topics of the exchange the queue gets.
    :param exchange: the exchange.
    :param arguments: more of what the queue is declared with.
    :param passive: whether to use a queue that is there as it is, with the
                    topics that it has.
    :param prefetch: how many messages may be under way at once.
    :param requeue: whether a message goes back to the queue if a subscriber
                    failed: it comes again at once.
    :param tls: whom to trust, and the certificate to show, for ``amqps``: the
                result of Twisted's `optionsForClientTLS`; None for the
                system's certificates. With this, and no user in the URL, the
                certificate says who we are.
    :param reactor: None for Twisted's own.

    :ivar hearing: whether it is connected, and hears.
    """

    _log = Logger()

    def __init__(self, feed: Callable[[Any], Deferred[bool]], url: str,
                 queue: str = '', topics: Iterable[str] = ('#',), *,
                 exchange: str = 'amq.topic',
                 arguments: Mapping[str, Any] | None = None,
                 passive: bool = False, prefetch: int = 20,
                 requeue: bool = False,
                 tls: IOpenSSLClientConnectionCreator | None = None,
                 reactor: Any = None) -> None:
        self._feed = feed
        self._url = url
        self._queue = queue
        self._topics = [topics] if isinstance(topics, str) else list(topics)
        self._exchange = exchange
        self._arguments = arguments
        self._passive = passive
        self._prefetch = prefetch
        self._requeue = requeue
        self._tls = tls
        self._reactor = reactor
        self.hearing = False
        self._stopping = self._closing = self._hurry = False
        self._protocol: Any = None
        self._running: Deferred[None] | None = None
        self._started: Deferred[AMQPListener] = Deferred(self._give_up)
        #: Messages that somebody works on, who waits for the end of that,
        #: and what ends the consuming.
        self._working: set[Deferred[Any]] = set()
        self._idle: Deferred[None] | None = None
        self._cancel: Callable[[], Any] | None = None

    def start(self) -> Deferred[AMQPListener]:
        """
        Begin.

        :returns: a Deferred that fires when it hears. To cancel it is to give
                  up.
        :raises ListenError: see `Events.listen_amqp`.
        """
        try:
            connect = self._connector()
        except ListenError as error:
            self._started.errback(error)
            return self._started
        self._running = Deferred.fromCoroutine(self._run(connect))
        self._running.addBoth(self._ended)
        return self._started

    def _connector(self) -> Callable[[], Deferred[Any]]:
        """What connects."""
        try:
            import pika
        except ImportError:
            raise ListenError("listening to AMQP needs pika: pip install"
                              " 'txkoji[amqp]'") from None
        try:
            parts = urlsplit(self._url)
            if parts.scheme not in ('amqp', 'amqps') or not parts.hostname:
                raise ValueError
            parameters = pika.URLParameters(self._url)
        except Exception:
            # Anything, since pika evaluates options in it. They are not
            # shown, since there is a password in it, too.
            raise ListenError('this is no URL of a broker, which would be'
                              ' amqps://USER:PASSWORD@HOST/VHOST') from None
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        endpoint: Any = HostnameEndpoint(
            self._reactor, parameters.host, parameters.port)
        if parts.scheme == 'amqps':
            if self._tls is None:
                from twisted.internet.ssl import optionsForClientTLS
                self._tls = optionsForClientTLS(parameters.host)
            elif parts.username is None:
                # The certificate says who we are.
                parameters.credentials = pika.credentials.ExternalCredentials()
            endpoint = wrapClientTLS(self._tls, endpoint)
        factory = Factory.forProtocol(
            lambda: _protocol_class()(parameters, self._reactor))
        factory.noisy = False
        self._place = (f'{parameters.host}:{parameters.port}'
                       f'{parameters.virtual_host}')
        return lambda: endpoint.connect(factory)

    async def _run(self, connect: Callable[[], Deferred[Any]]) -> None:
        """Connect and hear, again and again."""
        pause = backoffPolicy()
        failures = 0
        while True:
            self._was_hearing = False
            try:
                await self._hear(await connect())
            except CancelledError:
                raise
            except Exception as error:
                if not self._started.called and isinstance(error, ListenError):
                    raise
                self._log.warn('{place}: {error}; trying again',
                               place=self._place, error=_reason(error))
            if self._stopping:
                return
            failures = 1 if self._was_hearing else failures + 1
            await deferLater(self._reactor, pause(failures))

    async def _hear(self, protocol: Any) -> None:
        """
        Hear, until the connection is lost.

        :raises ListenError: if the broker will not have us.
        """
        self._protocol = protocol
        patience = self._reactor.callLater(
            HANDSHAKE, protocol.transport.abortConnection)
        try:
            try:
                channel, messages = await self._consume(protocol)
            finally:
                if patience.active():
                    patience.cancel()
            self.hearing = self._was_hearing = True
            if not self._started.called:
                self._started.callback(self)
            while True:
                self._take(*await messages.get())
        except Exception as error:
            found = _understood(error)
            if found is not None:
                raise found from error
            if not self._stopping:
                raise
        finally:
            self.hearing = False
            self._cancel = None
            self._closing = True
            try:
                if self._stopping and self._working and not self._hurry:
                    self._idle = Deferred()
                    await self._idle
            finally:
                await self._close(protocol)
                self._closing = False
                self._protocol = None

    async def _close(self, protocol: Any) -> None:
        """Close a connection, and wait until it is."""
        protocol.transport.loseConnection()
        patience = self._reactor.callLater(
            PATIENCE, protocol.transport.abortConnection)
        try:
            await protocol.lost
        finally:
            if patience.active():
                patience.cancel()

    async def _consume(self, protocol: Any) -> Any:
        try:
            await protocol.open
        except Exception as error:
            found = _not_let_in(error)
            if found is None:
                raise
            raise found from error
        channel = await protocol.channel()
        await channel.basic_qos(prefetch_count=self._prefetch)
        name = self._queue
        if not self._passive:
            declared = await channel.queue_declare(
                name, durable=bool(name), exclusive=not name,
                auto_delete=not name, arguments=self._arguments)
            name = declared.method.queue
            for topic in self._topics:
                await channel.queue_bind(name, self._exchange, topic)
        messages, tag = await channel.basic_consume(name)
        self._cancel = lambda: channel.basic_cancel(tag)
        return channel, messages

    def _take(self, channel: Any, method: Any, properties: Any, body: bytes
              ) -> None:
        """Let somebody work on a message, and acknowledge it then."""
        def done(good: Any) -> None:
            self._working.discard(working)
            if self._idle is not None and not self._working:
                idle, self._idle = self._idle, None
                # After the acknowledgement.
                self._reactor.callLater(0, idle.callback, None)
            if not channel.is_open:
                # It comes again, and is known then.
                return
            if good is not True and self._requeue:
                channel.basic_nack(method.delivery_tag, requeue=True)
            else:
                channel.basic_ack(method.delivery_tag)

        working = self._feed((method, properties, body))
        self._working.add(working)
        working.addErrback(self._failed).addCallback(done)

    def _failed(self, failure: Failure) -> bool:
        self._log.failure('a message could not be taken', failure=failure)
        return False

    def stop(self) -> Deferred[None]:
        """
        Hear no more, when the messages that somebody works on are done with,
        or `GRACE` seconds are over: those come again. Others stay in the
        queue.

        :returns: a Deferred that fires when the connection is closed.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        self._stopping = True
        running = self._running
        if running is None or running.called:
            return
        ended: Deferred[None] = Deferred()
        running.addBoth(lambda _: ended.callback(None))
        limit = self._reactor.callLater(GRACE, self._stop_now)
        if self._cancel is not None:
            cancel, self._cancel = self._cancel, None
            cancel().addErrback(lambda _: None)
        elif not self.hearing and not self._closing:
            self._stop_now()
        await ended
        if limit.active():
            limit.cancel()

    def _stop_now(self) -> None:
        self._hurry = True
        if self._protocol is None:
            # It connects, or pauses.
            self._running.cancel()  # type: ignore[union-attr]
        else:
            # What it waits for is pika's, and fails with the connection.
            self._protocol.transport.abortConnection()
        if self._idle is not None:
            idle, self._idle = self._idle, None
            idle.callback(None)

    def _give_up(self, _: Any) -> None:
        self._stopping = True
        if self._running is not None:
            self._stop_now()

    def _ended(self, result: Any) -> None:
        if not self._started.called:
            self._started.errback(result if isinstance(result, Failure)
                                  else CancelledError())
        elif isinstance(result, Failure) and not result.check(CancelledError):
            self._log.failure('listening ended', failure=result)


def _protocol_class() -> Any:
    """pika's protocol, which tells why its connection was lost."""
    from pika.adapters.twisted_connection import TwistedProtocolConnection

    class Protocol(TwistedProtocolConnection):  # type: ignore[misc]
        def makeConnection(self, transport: Any) -> None:
            #: Whoever waits for these may give up, and pika does not notice.
            self.open: Deferred[None] = Deferred()
            self.lost: Deferred[None] = Deferred()
            self.ready.addErrback(lambda _: None)
            super().makeConnection(transport)

        def connectionReady(self) -> Any:
            self.open.callback(None)
            return super().connectionReady()

        def connectionLost(self, reason: Failure = connectionDone) -> None:
            try:
                super().connectionLost(reason)
            finally:
                if not self.open.called:
                    self.open.errback(reason)
                self.lost.callback(None)

    return Protocol


def _not_let_in(reason: Exception) -> ListenError | None:
    """
    Why the broker did not let us in, if there is no use in trying again. Of
    its own reason pika keeps only that the connection was closed.
    """
    from OpenSSL import SSL
    from service_identity import VerificationError

    if isinstance(reason, (SSL.Error, VerificationError)):
        return ListenError(f'TLS with the broker failed: {reason!r}')
    if isinstance(reason, ConnectionDone):
        return ListenError(
            'the broker does not let us in: the user, the password or the'
            ' virtual host is not right, or the port is not that of AMQP')
    return None


def _understood(error: Exception) -> ListenError | None:
    """Why the broker refuses, if it would do so again."""
    if getattr(error, 'reply_code', None) in FINAL:
        reason: Any = error
        return ListenError(f'the broker refuses: {reason.reply_text}')
    return None


def _reason(error: BaseException) -> str:
    return f'{type(error).__name__}: {error}'
