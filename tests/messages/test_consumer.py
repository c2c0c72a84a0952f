"""`Consumer`: its states, over a channel in memory."""
from __future__ import annotations

from collections import namedtuple
from typing import Any

from pika.adapters.twisted_connection import ClosableDeferredQueue
from pika.exceptions import ChannelClosedByBroker, ConsumerCancelled
from pika.spec import Basic
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txkoji.exceptions import ListenError
from txkoji.messages import amqp_consumer
from txkoji.messages.amqp_consumer import Consumer, InProgress, Options, State

Declared = namedtuple('Declared', 'method')
Named = namedtuple('Named', 'queue')


class Channel:
    """
    A channel that consumes at once.

    :ivar calls: the calls with effects, and their first arguments.
    """

    is_open = True

    def __init__(self) -> None:
        self.calls: list[tuple[str, Any]] = []
        self.messages = ClosableDeferredQueue()

    def basic_qos(self, prefetch_count: int) -> Deferred[None]:
        """Set the limit for messages in progress."""
        return succeed(None)

    def queue_declare(self, name: str, **kwargs: Any) -> Deferred[Declared]:
        """Declare a queue."""
        self.calls.append(('declare', name))
        return succeed(Declared(Named(name or 'amq.gen-1')))

    def queue_bind(self, name: str, exchange: str, topic: str
                   ) -> Deferred[None]:
        """Bind a queue."""
        self.calls.append(('bind', topic))
        return succeed(None)

    def basic_consume(self, name: str) -> Deferred[Any]:
        """Consume a queue."""
        self.calls.append(('consume', name))
        return succeed((self.messages, 'tag'))

    def basic_cancel(self, tag: str) -> Deferred[None]:
        """Cancel a consumer. A test answers."""
        self.calls.append(('cancel', tag))
        return Deferred()

    def basic_ack(self, tag: int) -> None:
        """Acknowledge a message."""
        self.calls.append(('ack', tag))

    def basic_nack(self, tag: int, requeue: bool) -> None:
        """Return a message to the queue."""
        self.calls.append(('nack', tag))

    def deliver(self, tag: int) -> None:
        """Deliver a message to the consumer."""
        self.messages.put((self, Basic.Deliver(delivery_tag=tag), None, b''))


class BrokerConnection:
    """The protocol of a connection, and its transport."""

    def __init__(self) -> None:
        self.transport = self
        self.open: Deferred[None] = Deferred()
        self.lost: Deferred[None] = Deferred()
        self.opened = Channel()
        self.closing: list[str] = []

    def channel(self) -> Deferred[Channel]:
        """Open a channel."""
        return succeed(self.opened)

    def loseConnection(self) -> None:
        """Record the call, and send nothing afterwards."""
        self.opened.is_open = False
        self.closing.append('lose')

    def abortConnection(self) -> None:
        """Record the call."""
        self.closing.append('abort')

    def fail(self, error: Exception) -> None:
        """Lose the connection, as pika reports it."""
        self.opened.is_open = False
        if not self.open.called:
            self.open.errback(error)
        self.opened.messages.close(error)
        self.lost.callback(None)


class ConsumerTests(SynchronousTestCase):
    """The life of a consumer."""

    def setUp(self) -> None:
        """Start a consumer."""
        self.start()

    def start(self, queue: str = 'q', **options: Any) -> None:
        """Start a consumer on a connection that is not yet open."""
        self.connection = BrokerConnection()
        self.channel = self.connection.opened
        self.clock = Clock()
        self.handling: list[Deferred[bool]] = []
        self.opened: list[None] = []
        defaults = Options(queue, ['#'], 'amq.topic', None, False, 5, False)
        self.consumer = Consumer(
            self.connection, 'h:5672/', defaults._replace(**options),
            self.feed, InProgress(), self.clock)
        self.running = Deferred.fromCoroutine(
            self.consumer.run(lambda: self.opened.append(None)))
        self.addCleanup(self.end, self.connection, self.consumer,
                        self.running)

    def end(self, connection: BrokerConnection, consumer: Consumer,
            running: Deferred[None]) -> None:
        """Lose the connection of a consumer that is not closed."""
        running.addErrback(lambda _: None)
        if consumer.state is not State.CLOSED:
            consumer.abort()
            connection.fail(ConnectionLost())
        self.assertIs(consumer.state, State.CLOSED)

    def feed(self, message: Any) -> Deferred[bool]:
        """Handle a message for as long as a test wants."""
        self.handling.append(Deferred())
        return self.handling[-1]

    def test_states(self) -> None:
        """A canceled consumer passes all states in their order."""
        states = [self.consumer.state]
        self.connection.open.callback(None)
        states.append(self.consumer.state)
        self.channel.deliver(1)
        self.consumer.cancel()
        states.append(self.consumer.state)
        self.channel.deliver(2)
        self.channel.messages.close(ConsumerCancelled())
        states.append(self.consumer.state)
        self.handling[0].callback(True)
        self.assertEqual(self.connection.closing, [])
        self.handling[1].callback(True)
        states.append(self.consumer.state)
        self.connection.lost.callback(None)
        states.append(self.consumer.state)
        self.assertEqual(states, list(State))
        self.assertEqual(self.channel.calls, [
            ('declare', 'q'), ('bind', '#'), ('consume', 'q'),
            ('cancel', 'tag'), ('ack', 1), ('ack', 2)])
        self.assertEqual((self.opened, self.connection.closing),
                         ([None], ['lose']))
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(self.clock.getDelayedCalls(), [])

    def test_cancel_twice(self) -> None:
        """A second cancel sends nothing."""
        self.connection.open.callback(None)
        self.consumer.cancel()
        self.consumer.cancel()
        self.assertEqual(self.channel.calls[-1:], [('cancel', 'tag')])
        self.assertEqual(self.channel.calls.count(('cancel', 'tag')), 1)

    def test_cancel_opening(self) -> None:
        """A cancel during the login aborts the connection."""
        self.consumer.cancel()
        self.assertEqual((self.consumer.state, self.connection.closing),
                         (State.CLOSING, ['abort']))
        self.connection.fail(ConnectionLost())
        self.assertIsNone(self.successResultOf(self.running))
        self.assertEqual(self.opened, [])

    def test_abort(self) -> None:
        """An abort does not wait for messages in progress."""
        self.connection.open.callback(None)
        self.channel.deliver(1)
        self.consumer.cancel()
        self.channel.messages.close(ConsumerCancelled())
        self.assertIs(self.consumer.state, State.DRAINING)
        self.consumer.abort()
        self.assertEqual((self.consumer.state, self.connection.closing[0]),
                         (State.CLOSING, 'abort'))
        self.connection.fail(ConnectionLost())
        self.assertIsNone(self.successResultOf(self.running))
        self.handling[0].callback(True)
        self.assertNotIn(('ack', 1), self.channel.calls)

    def test_lost(self) -> None:
        """A lost connection is an error, and does not wait for messages."""
        self.connection.open.callback(None)
        self.channel.deliver(1)
        self.connection.fail(ConnectionLost())
        self.failureResultOf(self.running, ConnectionLost)
        self.assertIs(self.consumer.state, State.CLOSED)

    def test_slow(self) -> None:
        """A slow login, and a slow close, are aborted."""
        self.clock.advance(amqp_consumer.HANDSHAKE)
        self.assertEqual(self.connection.closing, ['abort'])
        self.connection.open.errback(ConnectionLost())
        self.assertEqual(self.connection.closing, ['abort', 'lose'])
        self.clock.advance(amqp_consumer.CLOSE)
        self.assertEqual(self.connection.closing, ['abort', 'lose', 'abort'])
        self.assertNoResult(self.running)
        self.connection.lost.callback(None)
        self.failureResultOf(self.running, ConnectionLost)

    def test_refused(self) -> None:
        """A refusal is a ListenError that names the broker and the reason."""
        self.connection.fail(ConnectionDone())
        error = self.failureResultOf(self.running, ListenError).value
        self.assertIn('h:5672/', str(error))
        self.assertIn('password', str(error))
        self.start()
        self.connection.open.callback(None)
        self.connection.fail(ChannelClosedByBroker(404, 'no queue'))
        error = self.failureResultOf(self.running, ListenError).value
        self.assertEqual(str(error), 'the broker h:5672/ refused: no queue')

    def test_requeue(self) -> None:
        """A failed message is acknowledged, or requeued on demand."""
        for requeue, settled in [(False, 'ack'), (True, 'nack')]:
            self.start(requeue=requeue)
            self.connection.open.callback(None)
            self.channel.deliver(7)
            self.handling[0].callback(False)
            self.assertEqual(self.channel.calls[-1], (settled, 7))

    def test_queues(self) -> None:
        """A passive consumer declares nothing, and the broker may name."""
        for queue, passive, calls in [
                ('q', True, [('consume', 'q')]),
                ('', False, [('declare', ''), ('bind', '#'),
                             ('consume', 'amq.gen-1')])]:
            self.start(queue, passive=passive)
            self.connection.open.callback(None)
            self.assertEqual(self.channel.calls, calls)

    def test_repr(self) -> None:
        """The repr says the broker and the state."""
        self.assertEqual(repr(self.consumer), '<Consumer h:5672/ opening>')
