"""The IRC bot of the examples, with a real IRC server and a real broker."""
from __future__ import annotations

import json
from collections import deque
from typing import Any

import pika
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.endpoints import clientFromString, connectProtocol
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from twisted.words.protocols.irc import IRCClient

from tests.brokers import Broker, missing_broker
from tests.programs import Program
from tests.recordings import files
from tests.servers import Authority, IRCServer, missing_irc
from tests.support import folder


class Somebody(IRCClient):
    """
    An IRC client that talks to the bot in a channel.

    :ivar here: a Deferred that fires when the client has joined the channel.
    :ivar gone: a Deferred that fires when the connection is lost.
    :ivar heard: the lines that nobody has read yet.
    """

    nickname = 'somebody'

    def __init__(self) -> None:
        self.here: Deferred[None] = Deferred()
        self.gone: Deferred[None] = Deferred()
        self.heard: deque[str] = deque()
        self._waiting: Deferred[str] | None = None

    def signedOn(self) -> None:
        """Join the channel."""
        self.join('#koji')

    def joined(self, channel: str) -> None:
        """Report that the channel is joined."""
        self.here.callback(None)

    def userJoined(self, user: str, channel: str) -> None:
        """Record that the bot joined the channel."""
        self.noticed(user, channel, 'joined')

    def latin(self) -> None:
        """Send a line that is not UTF-8."""
        self.transport.write(b'PRIVMSG #koji :caf\xe9\r\n')

    def noticed(self, user: str, channel: str, message: str) -> None:
        """Record a line."""
        self.heard.append(message)
        if self._waiting is not None:
            waiting, self._waiting = self._waiting, None
            waiting.callback(self.heard.popleft())

    def listen(self) -> Deferred[str]:
        """Wait for the next line."""
        waiting: Deferred[str] = Deferred()
        if self.heard:
            waiting.callback(self.heard.popleft())
        else:
            self._waiting = waiting
        return waiting

    def ask(self, text: str, to: str = '#koji') -> Deferred[str]:
        """Send a line, and wait for the next one."""
        self.msg(to, text)
        return self.listen()

    def connectionLost(self, reason: Any = None) -> None:
        """Report that the connection is lost."""
        super().connectionLost(reason)
        self.gone.callback(None)


class BotTests(TestCase):
    """The bot with the embedded hub."""

    skip = missing_irc() or missing_broker()
    timeout = 60

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start the servers and the bot, and join its channel."""
        path = folder(self)
        self.irc = IRCServer(path)
        self.irc.start()
        self.addCleanup(self.irc.stop)
        Authority(path).issue('server', 'localhost')
        self.broker = Broker(path)
        self.broker.start()
        self.addCleanup(self.broker.close)
        server = f'tcp:127.0.0.1:{self.irc.port}'
        self.us = yield connectProtocol(clientFromString(reactor, server),
                                        Somebody())
        self.addCleanup(lambda: self.us.gone)
        self.addCleanup(self.us.transport.loseConnection)
        yield self.us.here
        self.bot = Program(self, 'examples/irc_bot.py', server, '--amqp',
                           self.broker.url())
        self.assertEqual((yield self.us.listen()), 'joined')

    def publish(self, *events: str) -> Deferred[None]:
        """Publish recorded messages of events."""
        each = [json.loads(line) for line in
                files()['messages/events.jsonl'].splitlines()]
        chosen = [next(one for one in each if one['event'] == event)
                  for event in events]

        def run() -> None:
            with self.broker.channel() as channel:
                for one in chosen:
                    channel.basic_publish(
                        'amq.topic', one['address'].split('/')[-1],
                        json.dumps(one['body']).encode(),
                        pika.BasicProperties(headers=one['properties']))

        return deferToThread(run)

    @inlineCallbacks
    def test_talk(self) -> Any:
        """The bot answers questions, and announces events."""
        us = self.us
        link = 'http://hub.example.test/koji/'
        for question, answer in [
                ('last bash build', 'bash-4.17.1'),
                ('koji-bot: Last no-such build?', 'There is no build of no-s'),
                (f'look at {link}taskinfo?taskID=6474.',
                 'build (f44-candidate, /rpms/nodejs22.git:ea9ce952b875fe402'),
                (f'{link}buildinfo?buildID=5356', 'ceph-9.22.53-11.fc43 of'),
                ('what is nobody building?', 'I know no nobody'),
                ('what is gunnar building', 'gunnar is building nothing'),
                ('watch zsh', 'I will tell of builds and tags of zsh')]:
            said = yield us.ask(question)
            self.assertEqual(said[:len(answer)], answer, said)
        said = yield us.ask('what is bob building?')
        self.assertIn('is FREE, done in about', said)
        for _ in range(2):
            yield us.listen()
        # Somebody may ask in private, and is answered there.
        said = yield us.ask('last bash build', to='koji-bot')
        self.assertIn('bash-4.17.1', said)

        yield self.publish('task.closed', 'package.add', 'sign.rpm',
                           'build.complete', 'build.tag', 'build.untag')
        said = yield us.listen()
        self.assertIn('zsh-401.32444-1.fc44 is COMPLETE', said)
        said = yield us.listen()
        self.assertIn('went into f44-updates-candidate', said)
        said = yield us.listen()
        self.assertIn('went out of f44-updates-candidate', said)

    @inlineCallbacks
    def test_nonsense(self) -> Any:
        """The bot ignores other lines, and survives malformed ones."""
        for text in ('hello', 'last build', 'watch', 'last \x01x build',
                     'https://other.example.test/koji/taskinfo?taskID=1',
                     f'{"x" * 400} last bash build', 'what is a b building?',
                     'http://hub.example.test/koji/cancelbuild?buildID=5356',
                     'last ../../etc build', '%s %n'):
            self.us.msg('#koji', text)
        self.us.latin()
        self.us.ctcpMakeQuery('koji-bot', [('PING', '1'), ('TIME', None)])
        said = yield self.us.ask('watch x')
        self.assertEqual(said, 'I will tell of builds and tags of x.')
        said = yield self.us.ask('unwatch x')
        self.assertEqual(said, 'I no longer watch x.')

    @inlineCallbacks
    def test_reconnect(self) -> Any:
        """The bot connects again after the IRC server restarts."""
        self.irc.stop()
        yield self.us.gone
        self.irc.start()
        server = f'tcp:127.0.0.1:{self.irc.port}'
        us = yield connectProtocol(clientFromString(reactor, server),
                                   Somebody())
        yield us.here
        said = 'joined'
        while said == 'joined':
            said = yield us.ask('watch x')
        self.assertIn('I will tell', said)
        us.transport.loseConnection()
        yield us.gone
