"""Listening to a real broker, with real libraries."""
from __future__ import annotations

import json
import os
import shutil
import tempfile
from typing import Any

import pika
import stomp
from fedora_messaging.message import Message as FedoraMessage
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import Certificate, optionsForClientTLS
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.brokers import Broker, missing_broker
from tests.programs import Program
from tests.recordings import files
from tests.servers import Authority
from txkoji import messages
from txkoji.exceptions import ListenError
from txkoji.messages import amqp_consumer, listening
from txkoji.testing import FakeHub

try:
    import proton
    import proton.utils
except ImportError:
    proton = None

#: A program that listens to a queue, and prints what it hears.
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

#: The same with fedora-messaging, which is configured by a file.
FEDORA = '''
import json, sys
from twisted.internet import defer, reactor, task, threads
from twisted.python import threadable
from txkoji.testing import FakeHub

async def main(reactor):
    koji = FakeHub(reactor=reactor).connection()

    def hear(event):
        assert threadable.isInIOThread()
        if event.package == 'fail' and not failed:
            failed.append(event)
            raise ValueError
        print('heard', json.dumps([event.kind, event.event, event.old,
                                   event.new, event.url, event.package,
                                   event.id]), flush=True)

    failed = []
    koji.events.subscribe(hear)
    listener = await koji.events.listen_fedora_messaging(requeue=True)
    print('hearing', flush=True)
    await threads.deferToThread(sys.stdin.readline)
    await koji.close()
    print('closed', flush=True)

assert 'Select' in type(reactor).__name__ or 'Poll' in type(reactor).__name__
task.react(lambda reactor: defer.Deferred.fromCoroutine(main(reactor)))
'''


def recorded(name: str = 'events') -> list[dict[str, Any]]:
    return [json.loads(line)
            for line in files()[f'messages/{name}.jsonl'].splitlines()]


def seen(event: Any) -> tuple[Any, ...]:
    """What is equal, however it came."""
    return (type(event), event.kind, event.event, event.old, event.new,
            event.url, event.package, event.body)


class BrokerTestCase(TestCase):
    """With a broker that is there for all tests of a class."""

    skip = missing_broker()
    timeout = 60

    broker: Broker
    folder: str

    @classmethod
    def setUpClass(cls) -> None:
        cls.folder = os.path.realpath(tempfile.mkdtemp())
        cls.authority = Authority(cls.folder)
        cls.authority.issue('server', 'localhost')
        cls.broker = Broker(cls.folder)
        cls.broker.start()

    @classmethod
    def tearDownClass(cls) -> None:
        cls.broker.close()
        shutil.rmtree(cls.folder)

    def setUp(self) -> None:
        self.hub = FakeHub(reactor=reactor)
        self.koji = self.hub.connection()
        self.patch(listening, 'GRACE', 1)
        self.addCleanup(self.koji.close)
        self.heard: list[Any] = []
        self._wanted = 0
        self._enough: Any = None
        self.koji.events.subscribe(self.hear)

    def hear(self, event: Any) -> Any:
        self.heard.append(event)
        if self._enough is not None and len(self.heard) >= self._wanted:
            enough, self._enough = self._enough, None
            enough.callback(None)

    def until(self, number: int) -> Deferred[None]:
        """Wait until so many events were heard."""
        self._wanted, self._enough = number, Deferred()
        enough: Deferred[None] = self._enough
        if len(self.heard) >= number:
            self._enough = None
            enough.callback(None)
        return enough

    def listen(self, queue: str = '', **kwargs: Any) -> Deferred[Any]:
        return self.koji.events.listen_amqp(self.broker.url(), queue,
                                            **kwargs)

    def publish(self, each: list[Any], queue: str = '') -> Deferred[None]:
        """
        Publish messages, which the broker is to keep.

        :param each: topic, properties and body of each, and its name.
        :param queue: is made before.
        """
        def run() -> None:
            with self.broker.channel() as channel:
                channel.confirm_delivery()
                if queue:
                    channel.queue_declare(queue, durable=True)
                    channel.queue_bind(queue, 'amq.topic', '#')
                for topic, properties, body, name in each:
                    channel.basic_publish(
                        'amq.topic', topic, json.dumps(body).encode(),
                        pika.BasicProperties(
                            headers=properties, message_id=name,
                            delivery_mode=2))

        return deferToThread(run)

    def paused(self) -> Deferred[None]:
        """Wait until a listener pauses, as after each loss."""
        pausing: Deferred[None] = Deferred()

        def pause(failures: int) -> float:
            if not pausing.called:
                reactor.callLater(0, pausing.callback, None)
            return 0.1

        self.patch(listening, 'backoffPolicy', lambda: pause)
        return pausing

    def delete(self, queue: str) -> Deferred[None]:
        """Delete a queue."""
        def run() -> None:
            with self.broker.channel() as channel:
                channel.queue_delete(queue)

        return deferToThread(run)

    def waiting(self, queue: str) -> Deferred[int]:
        """How many messages a queue has."""
        def run() -> int:
            with self.broker.channel() as channel:
                found = channel.queue_declare(queue, passive=True)
                return int(found.method.message_count)

        return deferToThread(run)


def numbered(count: int, name: str = '') -> list[Any]:
    """Messages with numbers."""
    return [('koji.commit', {'type': 'Commit'}, {'number': number},
             f'{name}{number}') for number in range(count)]


class LibrariesTests(BrokerTestCase):
    """What is published in one way is heard in every way."""

    @inlineCallbacks
    def test_amqp(self) -> Any:
        """All recorded messages over AMQP 0-9-1 are the same events."""
        yield self.listen()
        each = recorded()
        yield self.publish([(one['address'].split('/')[-1],
                             one['properties'], one['body'], str(number))
                            for number, one in enumerate(each)])
        yield self.until(len(each))
        self.assertEqual(
            [seen(event) for event in self.heard],
            [seen(messages.parse(one, self.koji)) for one in each])

    @inlineCallbacks
    def test_amqp1(self) -> Any:
        """So are they over AMQP 1.0, which RabbitMQ does not decode."""
        if proton is None:
            self.skipTest('the Python package python-qpid-proton is missing')
        yield self.listen()
        each = recorded()

        def run() -> None:
            connection = proton.utils.BlockingConnection(
                self.broker.url(path=''), sasl_enabled=True)
            senders: dict[str, Any] = {}
            for one in each:
                address = one['address']
                if address not in senders:
                    senders[address] = connection.create_sender(address)
                senders[address].send(proton.Message(
                    body=json.dumps(one['body']),
                    properties=one['properties']))
            connection.close()

        yield deferToThread(run)
        yield self.until(len(each))
        self.assertEqual(
            [seen(event) for event in self.heard],
            [seen(messages.parse(one, self.koji)) for one in each])

    @inlineCallbacks
    def test_stomp(self) -> Any:
        """And so are they over STOMP, in both directions."""
        yield self.listen()
        each = [one for one in recorded() if one['event'] in (
            'task.closed', 'build.complete', 'build.tag', 'repo.done')]
        frames: list[Any] = []
        arrived: Deferred[None] = Deferred()

        class Listener(stomp.ConnectionListener):  # type: ignore[misc]
            def on_message(self, frame: Any) -> None:
                frames.append(frame)
                if len(frames) == len(each):
                    reactor.callFromThread(arrived.callback, None)

        connection = stomp.Connection(
            [('127.0.0.1', self.broker.ports['stomp'])])

        def send() -> None:
            connection.connect('guest', 'guest', wait=True)
            connection.subscribe('/topic/#', id='1',
                                 headers={'receipt': 'there'})
            for one in each:
                connection.send(
                    one['address'], json.dumps(one['body']),
                    headers={name: '' if value is None else str(value)
                             for name, value in one['properties'].items()})

        connection.set_listener('', Listener())
        yield deferToThread(send)
        yield arrived
        yield self.until(len(each))
        yield deferToThread(connection.disconnect)
        expected = [seen(messages.parse(one, self.koji)) for one in each]
        self.assertEqual([seen(event) for event in self.heard], expected)
        self.assertEqual([seen(messages.parse(frame, self.koji))
                          for frame in frames], expected)

    @inlineCallbacks
    def test_fedora(self) -> Any:
        """
        fedora-messaging hears them, too, in the reactor's thread of a program
        with any reactor; one that went wrong comes again.
        """
        path = self.folder + '/fedora.toml'
        with open(path, 'w') as file:
            file.write(f'''
amqp_url = "{self.broker.url()}"
[[bindings]]
queue = "fedora"
exchange = "amq.topic"
routing_keys = ["#"]
[queues.fedora]
durable = true
auto_delete = false
exclusive = false
arguments = {{}}
''')
        program = Program(self, '-c', FEDORA, FEDORA_MESSAGING_CONF=path)
        yield program.wait(1)
        each = [one for one in recorded() if one['event'] != 'task.free']
        failing = {'build_id': 1, 'name': 'fail', 'version': '1',
                   'release': '1', 'tag': 'x', 'user': 'u', 'owner': 'o'}
        published = [
            (one['address'].split('/')[-1], {}, one['body'], str(number))
            for number, one in enumerate(each)
        ] + [(one['topic'], one['headers'], one['body'], one['id'])
             for one in recorded('fedora-messaging')]
        yield self.publish([('x.buildsys.tag', {}, failing, 'again'),
                            *published])
        yield program.wait(len(published) + 2)

        # Somebody deletes its queue: it is made anew, and heard.
        yield self.delete('fedora')
        number, before = 0, len(program.lines)
        while len(program.lines) == before:
            number += 1
            yield self.publish([('koji.x', {}, {'number': number},
                                 f'x{number}')])
        program.process.write(b'\n')
        while program.lines[-1] != 'closed':
            yield program.wait(len(program.lines) + 1)
        program.lines[before:] = ['closed']
        self.assertEqual(program.lines[-1], 'closed')
        heard = [json.loads(line[6:]) for line in program.lines[1:-1]]
        expected = []
        for topic, headers, body, name in [
                ('x.buildsys.tag', {}, failing, 'again'), *published]:
            message = FedoraMessage(topic=topic, body=body, headers=headers)
            message.id = name
            event = messages.parse(message, self.koji)
            expected.append([event.kind, event.event, event.old, event.new,
                             event.url, event.package, event.id])
        self.assertCountEqual(map(json.dumps, heard),
                              map(json.dumps, expected))


class OutageTests(BrokerTestCase):
    """A broker that goes away, and comes back."""

    @inlineCallbacks
    def test_restart(self) -> Any:
        """What was not acknowledged is not lost, and comes once."""
        released: Deferred[None] = Deferred()
        stopped: list[int] = []

        def slow(event: Any) -> Any:
            if event.body.number < 40:
                return None
            # Those that are under way when the broker is stopped.
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
        # They are done with while there is nobody to tell.
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
    def test_stopped_meanwhile(self) -> Any:
        """One that is stopped in an outage stays so."""
        self.koji.events.subscribe(lambda event: Deferred())
        paused = self.paused()
        listener = yield self.listen('stopped')
        yield self.publish(numbered(1))
        yield self.until(1)
        self.broker.stop()
        yield paused
        yield listener.stop()
        self.broker.start()
        self.assertEqual((yield self.waiting('stopped')), 1)
        self.assertIs(listener.hearing, False)

    @inlineCallbacks
    def test_unacknowledged(self) -> Any:
        """
        One that comes again while somebody still works on it is kept until
        that is done.
        """
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
        self.assertEqual((yield self.waiting('unacknowledged')), 1)

    @inlineCallbacks
    def test_away(self) -> Any:
        """One that is away in the beginning is waited for."""
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
        """A queue that somebody deletes is made anew."""
        yield self.listen('deleted')

        yield self.delete('deleted')
        number = 0
        while not self.heard:
            number += 1
            yield self.publish([('koji.x', {}, {'number': number},
                                 str(number))])


class SharedTests(BrokerTestCase):
    """Several that share a queue."""

    @inlineCallbacks
    def test_two(self) -> Any:
        """
        Each message is handled by one of two processes, and by the other, if
        that one is killed.
        """
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
        # Only what the first had not yet acknowledged came twice.
        self.assertLessEqual(len(heard(first) & heard(second)), 2)


class RefusedTests(BrokerTestCase):
    """What is not right, and says so at once."""

    @inlineCallbacks
    def test_not_let_in(self) -> Any:
        """A password or a virtual host that is not right."""
        for url in (self.broker.url(user='guest:secret'),
                    self.broker.url(path='/none')):
            error = yield self.assertFailure(
                self.koji.events.listen_amqp(url), ListenError)
            self.assertIn('closed the connection during the login', str(error))
            self.assertNotIn('secret', str(error))

    @inlineCallbacks
    def test_queues(self) -> Any:
        """A queue that is declared otherwise, is not there, or is taken."""
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
        """A broker whose certificate is not trusted is not spoken to."""
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
    """Ending, and what is under way."""

    @inlineCallbacks
    def test_stop(self) -> Any:
        """What somebody works on is done with; the rest stays."""
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
        for each in list(working):
            each.callback(None)
        yield stopping
        self.assertEqual(len(self.heard), 3)
        self.assertEqual((yield self.waiting('rest')), 7)
        yield listener.stop()

    @inlineCallbacks
    def test_endless(self) -> Any:
        """Somebody who never comes to an end is not waited for too long."""
        self.patch(listening, 'GRACE', 0.2)
        self.koji.events.subscribe(lambda event: Deferred())
        listener = yield self.listen('endless')
        yield self.publish(numbered(1))
        yield self.until(1)
        yield listener.stop()
        self.assertEqual((yield self.waiting('endless')), 1)

    @inlineCallbacks
    def test_silent(self) -> Any:
        """A server that says nothing is tried again after a while."""
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
        """It can be stopped at any time: a silent server, a pause."""
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
        """So it is when the Connection is closed."""
        yield self.listen('closed')
        yield self.koji.close()
        yield self.publish(numbered(1))
        self.assertEqual((yield self.waiting('closed')), 1)
        self.assertEqual(self.heard, [])

    @inlineCallbacks
    def test_failing(self) -> Any:
        """What failed is acknowledged, or comes again, if that is asked for.
        """
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
