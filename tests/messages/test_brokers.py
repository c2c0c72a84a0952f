"""`AMQPListener` with a real broker: outages, refusals, the stop."""
from __future__ import annotations

from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, optionsForClientTLS

from tests.brokers import BrokerTestCase
from tests.programs import Program
from txkoji.exceptions import ListenError
from txkoji.messages import amqp_consumer, listening
from txkoji.messages.amqp_consumer import State

#: A program that listens to a queue, and prints the number of each message.
LISTENER = '''
import sys
from twisted.internet import defer, task
from txkoji.testing import FakeHub

async def main(reactor, url, queue):
    koji = FakeHub(reactor=reactor).connection()

    def hear(event):
        print('heard', event.body.number, flush=True)
        return task.deferLater(reactor, 0.05)

    koji.events.subscribe(hear)
    await koji.events.listen_amqp(url, queue, ['#'], prefetch=2)
    print('hearing', flush=True)
    await defer.Deferred()

task.react(lambda *args: defer.Deferred.fromCoroutine(main(*args)),
           sys.argv[1:])
'''


def numbered(count: int, name: str = '') -> list[Any]:
    """Make numbered messages."""
    return [('koji.commit', {'type': 'Commit'}, {'number': number},
             f'{name}{number}') for number in range(count)]


class OutageTests(BrokerTestCase):
    """Outages of the broker."""

    @inlineCallbacks
    def test_restart(self) -> Any:
        """No message is lost or handled twice in an outage."""
        released: Deferred[None] = Deferred()
        stopped: list[int] = []

        def slow(event: Any) -> Any:
            if event.body.number < 40:
                return None
            # Five messages are in progress when the broker is stopped.
            stopped.append(event.body.number)
            if len(stopped) == 5:
                reactor.callLater(0, released.callback, None)
            waiting: Deferred[None] = Deferred()
            again.append(waiting)
            return waiting

        again: list[Deferred[None]] = []
        subscription = self.koji.events.subscribe(slow)
        yield self.publish(numbered(100), 'kept')
        listener = yield self.listen('kept', prefetch=5)
        yield released
        self.broker.stop()
        # They are handled while the broker is away.
        subscription.cancel()
        for waiting in again:
            waiting.callback(None)
        self.broker.start()
        yield self.until(100)
        self.assertEqual(sorted(event.body.number for event in self.heard),
                         list(range(100)))
        yield listener.stop()
        self.assertEqual((yield self.waiting('kept')), 0)
        self.assertIs(listener.hearing, False)

    @inlineCallbacks
    def test_catch_up(self) -> Any:
        """What the hub did in an outage is heard, before what follows."""
        hub = self.hub
        listener = yield self.listen(catch_up=True)
        yield self.publish(numbered(1))
        yield self.until(1)
        self.broker.stop()
        # The queue of this listener ends with the broker.
        task = hub.add_task()
        self.broker.start()
        yield self.until(2)
        self.assertEqual(self.heard[1].task.id, task)
        yield self.publish(numbered(1, 'after'))
        yield self.until(3)
        self.assertEqual(self.heard[2].kind, 'Message')
        yield listener.stop()

    @inlineCallbacks
    def test_stopped_meanwhile(self) -> Any:
        """A listener that is stopped in an outage does not connect again."""
        self.koji.events.subscribe(lambda event: Deferred())
        paused = self.paused()
        listener = yield self.listen('stopped')
        yield self.publish(numbered(1))
        yield self.until(1)
        self.broker.stop()
        yield paused
        yield listener.stop()
        self.broker.start()
        yield self.until_waiting('stopped', 1)
        self.assertIs(listener.hearing, False)

    @inlineCallbacks
    def test_unacknowledged(self) -> Any:
        """A redelivered message in progress is not acknowledged early."""
        working: Deferred[None] = Deferred()
        self.koji.events.subscribe(lambda event: working)
        paused = self.paused()
        yield self.listen('unacknowledged')
        yield self.publish(numbered(1))
        yield self.until(1)
        listener = self.koji.events._listeners[-1]
        listener._consumer._protocol.transport.abortConnection()
        yield paused
        while not listener.hearing:
            yield self.waiting('unacknowledged')
        yield listener.stop()
        working.callback(None)
        yield self.until_waiting('unacknowledged', 1)

    @inlineCallbacks
    def test_away(self) -> Any:
        """A listener waits for a broker that is away at the start."""
        self.broker.stop()
        starting = self.listen('late')
        given_up = self.listen('never')
        given_up.cancel()
        yield self.assertFailure(given_up, Exception)
        self.broker.start()
        yield starting
        yield self.publish(numbered(1))
        yield self.until(1)

    @inlineCallbacks
    def test_deleted(self) -> Any:
        """A deleted queue is declared again."""
        yield self.listen('deleted')

        yield self.delete('deleted')
        number = 0
        while not self.heard:
            number += 1
            yield self.publish([('koji.x', {}, {'number': number},
                                 str(number))])


class SharedTests(BrokerTestCase):
    """Processes that share a queue."""

    @inlineCallbacks
    def test_two(self) -> Any:
        """Messages of a killed process are delivered to the other process."""
        yield self.publish([], 'shared')
        first, second = [
            Program(self, '-c', LISTENER, self.broker.url(), 'shared')
            for _ in range(2)]
        yield first.wait(1)
        yield second.wait(1)
        yield self.publish(numbered(40))
        yield first.wait(8)
        first.process.signalProcess('KILL')
        yield first.ended

        def heard(program: Program) -> set[int]:
            return {int(line.split()[1]) for line in program.lines[1:]}

        while len(heard(first) | heard(second)) < 40:
            yield second.wait(len(second.lines) + 1)
        # Only messages without acknowledgement were delivered twice.
        self.assertLessEqual(len(heard(first) & heard(second)), 2)


class RefusedTests(BrokerTestCase):
    """Refusals, which are errors at once."""

    @inlineCallbacks
    def test_not_let_in(self) -> Any:
        """A wrong password and an unknown virtual host are errors."""
        for url in (self.broker.url(user='guest:secret'),
                    self.broker.url(path='/none')):
            error = yield self.assertFailure(
                self.koji.events.listen_amqp(url), ListenError)
            self.assertIn('closed the connection during the login', str(error))
            self.assertNotIn('secret', str(error))

    @inlineCallbacks
    def test_queues(self) -> Any:
        """A queue that the broker refuses is an error with its reason."""
        yield self.listen('mine')
        for kwargs, reason in [
                ({'queue': 'mine', 'arguments': {'x-max-length': 5}},
                 'inequivalent arg'),
                ({'queue': 'none', 'passive': True}, 'no queue'),
                ({'queue': 'amq.x'}, 'reserved prefix'),
                ({'exchange': 'none'}, 'no exchange')]:
            error = yield self.assertFailure(self.listen(**kwargs),
                                             ListenError)
            self.assertIn(reason, str(error))
        listener = yield self.listen('mine', passive=True)
        self.assertIs(listener.hearing, True)

    @inlineCallbacks
    def test_tls(self) -> Any:
        """A certificate of the broker that is not trusted is an error."""
        url = self.broker.url(scheme='amqps')
        error = yield self.assertFailure(
            self.koji.events.listen_amqp(url), ListenError)
        self.assertIn('TLS', str(error))
        with open(self.authority.path) as file:
            trusted = Certificate.loadPEM(file.read())
        wrong = optionsForClientTLS('other.example.test', trusted)
        error = yield self.assertFailure(
            self.koji.events.listen_amqp(url, tls=wrong), ListenError)
        listener = yield self.koji.events.listen_amqp(
            url, tls=optionsForClientTLS('localhost', trusted))
        self.assertIs(listener.hearing, True)


class StopTests(BrokerTestCase):
    """The stop of a listener, and messages in progress."""

    @inlineCallbacks
    def test_stop(self) -> Any:
        """A stop waits for messages in progress; others stay in the queue."""
        working: list[Deferred[None]] = []

        def work(event: Any) -> Deferred[None]:
            working.append(Deferred())
            if len(working) == 3:
                reactor.callLater(0, begun.callback, None)
            return working[-1]

        begun: Deferred[None] = Deferred()

        self.koji.events.subscribe(work)
        yield self.publish(numbered(10), 'rest')
        listener = yield self.listen('rest', prefetch=3)
        yield begun
        stopping = listener.stop()
        self.assertNoResult(stopping)
        while listener.hearing:
            yield self.waiting('rest')
        self.assertIs(listener._consumer.state, State.DRAINING)
        for each in list(working):
            each.callback(None)
        yield stopping
        self.assertEqual(len(self.heard), 3)
        self.assertEqual((yield self.waiting('rest')), 7)
        yield listener.stop()

    @inlineCallbacks
    def test_endless(self) -> Any:
        """A stop waits for an endless subscriber only for the grace time."""
        self.patch(listening, 'GRACE', 0.2)
        self.koji.events.subscribe(lambda event: Deferred())
        listener = yield self.listen('endless')
        yield self.publish(numbered(1))
        yield self.until(1)
        yield listener.stop()
        yield self.until_waiting('endless', 1)

    @inlineCallbacks
    def test_silent(self) -> Any:
        """A silent server is tried again after the handshake limit."""
        self.patch(amqp_consumer, 'HANDSHAKE', 0.05)
        met: list[Any] = []
        enough: Deferred[None] = Deferred()

        class Silent(Protocol):
            def connectionMade(self) -> None:
                met.append(self)
                if len(met) == 2:
                    enough.callback(None)

        silent = yield TCP4ServerEndpoint(
            reactor, 0, interface='127.0.0.1').listen(
                Factory.forProtocol(Silent))
        self.addCleanup(silent.stopListening)
        starting = self.koji.events.listen_amqp(
            f'amqp://guest:guest@127.0.0.1:{silent.getHost().port}/')
        yield enough
        yield self.koji.close()
        yield self.assertFailure(starting, CancelledError)

    @inlineCallbacks
    def test_phases(self) -> Any:
        """A listener can be stopped in the handshake and in a pause."""
        met: Deferred[None] = Deferred()

        class Silent(Protocol):
            def connectionMade(self) -> None:
                met.callback(None)

        silent = yield TCP4ServerEndpoint(
            reactor, 0, interface='127.0.0.1').listen(
                Factory.forProtocol(Silent))
        self.addCleanup(silent.stopListening)
        for port, phase in [(silent.getHost().port, met),
                            (1, self.paused())]:
            starting = self.koji.events.listen_amqp(
                f'amqp://guest:guest@127.0.0.1:{port}/')
            listener = self.koji.events._listeners[-1]
            yield phase
            yield listener.stop()
            yield listener.stop()
            yield self.assertFailure(starting, CancelledError)

    @inlineCallbacks
    def test_close(self) -> Any:
        """Closing the Connection stops the listener."""
        yield self.listen('closed')
        yield self.koji.close()
        yield self.publish(numbered(1))
        self.assertEqual((yield self.waiting('closed')), 1)
        self.assertEqual(self.heard, [])

    @inlineCallbacks
    def test_failing(self) -> Any:
        """A message that failed is acknowledged, or requeued on demand."""
        def fail(event: Any) -> None:
            if len(self.heard) < 3:
                raise ValueError

        self.koji.events.subscribe(fail)
        listener = yield self.listen('failing', requeue=True)
        yield self.publish(numbered(1, 'a'))
        yield self.until(3)
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 2)
        yield listener.stop()
        self.heard.clear()
        listener = yield self.listen('failing')
        yield self.publish(numbered(1, 'b'))
        yield self.until(1)
        yield listener.stop()
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual((yield self.waiting('failing')), 0)
