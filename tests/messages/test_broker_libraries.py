"""Messages that real libraries publish, through a real broker."""
from __future__ import annotations

import json
from typing import Any

import stomp
from fedora_messaging.message import Message as FedoraMessage
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.threads import deferToThread

from tests.brokers import BrokerTestCase
from tests.messages.samples import recorded
from tests.programs import Program
from txkoji import messages

try:
    import proton
    import proton.utils
except ImportError:
    proton = None

#: A program that listens with fedora-messaging, in a reactor of any kind, and
#: prints the values of each message. Its subscriber fails for one message.
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
    listener = await koji.events.listen_fedora_messaging(
        requeue=True, catch_up=True)
    print('hearing', flush=True)
    await threads.deferToThread(sys.stdin.readline)
    await koji.close()
    print('closed', flush=True)

assert 'Select' in type(reactor).__name__ or 'Poll' in type(reactor).__name__
task.react(lambda reactor: defer.Deferred.fromCoroutine(main(reactor)))
'''

#: The configuration of fedora-messaging.
FEDORA_CONFIG = '''
amqp_url = "{url}"
[[bindings]]
queue = "{queue}"
exchange = "amq.topic"
routing_keys = ["#"]
[queues.{queue}]
durable = true
auto_delete = false
exclusive = false
arguments = {{}}
'''


def seen(event: Any) -> tuple[Any, ...]:
    """List the values of a message that do not depend on the library."""
    return (type(event), event.kind, event.event, event.old, event.new,
            event.url, event.package, event.body)


class LibrariesTests(BrokerTestCase):
    """Messages of each library, published and consumed."""

    @inlineCallbacks
    def test_amqp(self) -> Any:
        """All recorded messages arrive equal over AMQP 0-9-1."""
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
        """All recorded messages arrive equal over AMQP 1.0."""
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
        """Messages arrive equal over STOMP, in both directions."""
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


class FedoraMessagingTests(BrokerTestCase):
    """Listening with fedora-messaging, in a program of its own."""

    def start(self, queue: str) -> Program:
        """Start the program, which consumes a queue."""
        path = f'{self.folder}/{queue}.toml'
        with open(path, 'w') as file:
            file.write(FEDORA_CONFIG.format(url=self.broker.url(),
                                            queue=queue))
        return Program(self, '-c', FEDORA, FEDORA_MESSAGING_CONF=path)

    @inlineCallbacks
    def end(self, program: Program) -> Any:
        """End the program, and wait until its listener has stopped."""
        program.process.write(b'\n')
        while program.lines[-1] != 'closed':
            yield program.wait(len(program.lines) + 1)

    def values(self, topic: str, headers: Any, body: Any, key: str) -> str:
        """Make the line that the program prints for a message."""
        message = FedoraMessage(topic=topic, body=body, headers=headers)
        message.id = key
        event = messages.parse(message, self.koji)
        return 'heard ' + json.dumps([
            event.kind, event.event, event.old, event.new, event.url,
            event.package, event.id])

    @inlineCallbacks
    def test_messages(self) -> Any:
        """All messages arrive equal, and one that failed is requeued."""
        program = self.start('fedora')
        yield program.wait(1)
        failing = {'build_id': 1, 'name': 'fail', 'version': '1',
                   'release': '1', 'tag': 'x', 'user': 'u', 'owner': 'o'}
        published: list[Any] = [('x.buildsys.tag', {}, failing, 'again')]
        published += [
            (one['address'].split('/')[-1], {}, one['body'], str(number))
            for number, one in enumerate(
                one for one in recorded() if one['event'] != 'task.free')]
        published += [
            (one['topic'], one['headers'], one['body'], one['id'])
            for one in recorded('fedora-messaging')]
        yield self.publish(published)
        yield program.wait(len(published) + 1)
        yield self.end(program)
        self.assertCountEqual(
            program.lines[1:-1], [self.values(*one) for one in published])

    @inlineCallbacks
    def test_deleted(self) -> Any:
        """A deleted queue is declared and consumed again."""
        program = self.start('deleted')
        yield program.wait(1)
        yield self.delete('deleted')
        number = 0
        while len(program.lines) == 1:
            number += 1
            yield self.publish([('koji.x', {}, {'number': number},
                                 f'x{number}')])
        yield self.end(program)
