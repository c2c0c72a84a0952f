"""`Consumer`: one connection to a broker of AMQP 0-9-1, and its life."""
from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from enum import Enum
from typing import Any, NamedTuple

from twisted.internet.defer import CancelledError, Deferred

from txkoji.messages.amqp_connector import handshake_refusal, refusal
from txkoji.messages.listening import Feed, deliver

#: Seconds for the login, and the declaration of the queue.
HANDSHAKE = 30

#: Seconds that a broker has to close a connection.
CLOSE = 5


class State(Enum):
    """
    The states of a `Consumer`.

    A canceled consumer passes all states in this order. A lost connection
    leads from OPENING or CONSUMING to CLOSING. `Consumer.abort` leads from
    any state to CLOSING.
    """

    #: The login, and the declaration of the queue, are in progress.
    OPENING = 'opening'
    #: The broker delivers messages.
    CONSUMING = 'consuming'
    #: `Consumer.cancel` sent basic.cancel. The broker may still deliver.
    CANCELING = 'canceling'
    #: The broker delivers nothing more. Messages in progress remain.
    DRAINING = 'draining'
    #: The connection is being closed.
    CLOSING = 'closing'
    #: The connection is closed.
    CLOSED = 'closed'


class Options(NamedTuple):
    """How to declare the queue, and to consume. See `AMQPListener`."""

    queue: str
    topics: Sequence[str]
    exchange: str
    arguments: Mapping[str, Any] | None
    passive: bool
    prefetch: int
    requeue: bool


class InProgress:
    """The messages that subscribers have not yet handled."""

    def __init__(self) -> None:
        self._count = 0
        self._waiting: Deferred[None] | None = None

    def __bool__(self) -> bool:
        return self._count > 0

    def add(self) -> None:
        """Count a message."""
        self._count += 1

    def remove(self) -> None:
        """Remove a handled message from the count."""
        self._count -= 1
        if not self._count and self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.callback(None)

    def wait(self) -> Deferred[None]:
        """
        Wait until all messages are handled. One caller may wait at a time.

        :returns: a Deferred that fires with None.
        """
        self._waiting = Deferred(self._forget)
        return self._waiting

    def _forget(self, _: Any) -> None:
        self._waiting = None


class Consumer:
    """
    One connection to a broker, on which one queue is consumed.

    :param protocol: the connection, by `Connector.connect`.
    :param address: the address of the broker, for error texts.
    :param options: how to declare the queue.
    :param feed: takes each message.
    :param in_progress: counts the messages of this connection and of earlier
                        connections.
    :param reactor: limits the time of the handshake and of the closing.

    :ivar state: the `State`.
    """

    def __init__(self, protocol: Any, address: str, options: Options,
                 feed: Feed, in_progress: InProgress, reactor: Any) -> None:
        self.state: State = State.OPENING
        self._protocol = protocol
        self._address = address
        self._options = options
        self._feed = feed
        self._in_progress = in_progress
        self._reactor = reactor
        #: Sends basic.cancel. Set when the consumer is open.
        self._send_cancel: Callable[[], Deferred[Any]]
        #: Fires when no message is in progress. Set while DRAINING.
        self._drained: Deferred[None] | None = None

    def __repr__(self) -> str:
        return f'<Consumer {self._address} {self.state.value}>'

    async def run(self, opened: Callable[[], None]) -> None:
        """
        Consume until the consumer is canceled or the connection is lost.

        The connection is closed when the coroutine ends.

        :param opened: a function to call when the broker delivers messages.
        :raises ListenError: if the broker refuses the login or the queue, and
                             would do so again.
        :raises Exception: if the connection was lost without `cancel` or
                           `abort`.
        """
        try:
            messages = await self._open()
            self.state = State.CONSUMING
            opened()
            while True:
                self._handle(*await messages.get())
        except Exception as error:
            refused = refusal(self._address, error)
            if refused is not None:
                raise refused from error
            if self.state in (State.OPENING, State.CONSUMING):
                raise
        finally:
            try:
                if self.state is State.CANCELING:
                    await self._drain()
            finally:
                await self._close()

    def cancel(self) -> None:
        """
        Cancel the consumer on the broker, and close after the last message.

        A consumer that is not yet open is aborted. In later states the call
        does nothing.
        """
        if self.state is State.OPENING:
            self.abort()
        elif self.state is State.CONSUMING:
            self.state = State.CANCELING
            self._send_cancel().addErrback(lambda _: None)

    def abort(self) -> None:
        """
        Close the connection at once.

        The broker delivers messages in progress again, to another consumer.
        """
        if self.state is not State.CLOSED:
            self.state = State.CLOSING
        # Deferreds of pika fail when the connection is lost. Canceling them
        # would confuse pika.
        self._protocol.transport.abortConnection()
        if self._drained is not None:
            self._drained.cancel()

    async def _open(self) -> Any:
        """
        Log in, declare the queue, and begin to consume.

        :returns: pika's queue of delivered messages.
        """
        limit = self._reactor.callLater(
            HANDSHAKE, self._protocol.transport.abortConnection)
        try:
            try:
                await self._protocol.open
            except Exception as error:
                refused = handshake_refusal(self._address, error)
                if refused is None:
                    raise
                raise refused from error
            channel = await self._protocol.channel()
            await channel.basic_qos(prefetch_count=self._options.prefetch)
            messages, tag = await channel.basic_consume(
                await self._declare(channel))
        finally:
            if limit.active():
                limit.cancel()
        self._send_cancel = lambda: channel.basic_cancel(tag)
        return messages

    async def _declare(self, channel: Any) -> str:
        """
        Declare the queue, and bind it to the topics.

        :returns: the name of the queue, which the broker may have chosen.
        """
        options = self._options
        if options.passive:
            return options.queue
        declared = await channel.queue_declare(
            options.queue, durable=bool(options.queue),
            exclusive=not options.queue, auto_delete=not options.queue,
            arguments=options.arguments)
        name: str = declared.method.queue
        for topic in options.topics:
            await channel.queue_bind(name, options.exchange, topic)
        return name

    def _handle(self, channel: Any, method: Any, properties: Any, body: bytes
                ) -> None:
        """Feed a message, and settle it with the broker afterwards."""
        def settle(succeeded: bool | None) -> None:
            if not channel.is_open:
                # The broker delivers the message again.
                return
            if succeeded is None or (not succeeded and self._options.requeue):
                channel.basic_nack(method.delivery_tag, requeue=True)
            else:
                channel.basic_ack(method.delivery_tag)

        def end(result: Any) -> Any:
            self._in_progress.remove()
            return result

        self._in_progress.add()
        handled = deliver(self._feed, (method, properties, body))
        handled.addCallback(settle).addBoth(end)

    async def _drain(self) -> None:
        """Wait for messages in progress, until `abort`."""
        self.state = State.DRAINING
        if self._in_progress:
            self._drained = self._in_progress.wait()
            with suppress(CancelledError):
                await self._drained
            self._drained = None

    async def _close(self) -> None:
        """Close the connection, and wait until it is closed."""
        self.state = State.CLOSING
        self._protocol.transport.loseConnection()
        limit = self._reactor.callLater(
            CLOSE, self._protocol.transport.abortConnection)
        try:
            await self._protocol.lost
        finally:
            if limit.active():
                limit.cancel()
            self.state = State.CLOSED
