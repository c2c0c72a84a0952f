"""
Talk with people on IRC about Koji.

The bot answers to

    links to Koji's web pages
    last PACKAGE build
    what is USER building?
    watch PACKAGE
    unwatch PACKAGE

It announces builds and tags of watched packages, if it is told
the URL of a message broker. Without a server it talks to itself.
"""
from __future__ import annotations

import os
import re
from argparse import Namespace
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from embedded import run
from twisted.application.internet import ClientService
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.endpoints import clientFromString
from twisted.internet.protocol import Factory, connectionDone
from twisted.python.failure import Failure
from twisted.words.protocols.irc import IRCClient

from txkoji import Connection, build_states, task_states
from txkoji.build import Build
from txkoji.messages import BuildStateChange, TagUntag
from txkoji.task import Task

#: What people say may be anything: so long is what is read, and what is
#: said; so many questions are answered at once, and packages watched.
LONGEST, BUSY, WATCHED = 300, 5, 100

SHOW = ['last ceph build', 'what is bob building?', 'watch ceph',
        'http://hub.example.test/koji/taskinfo?taskID=6480',
        'http://hub.example.test/koji/buildinfo?buildID=5356',
        'last no-such-thing build', 'hello']


class Answers:
    """What the bot has to say; each answer is a list of lines."""

    def __init__(self, koji: Connection) -> None:
        # Nobody waits for an hour in a chat. None of these calls writes.
        self.koji = koji.with_options(timeout=30, deadline=60)
        self.watched: set[str] = set()
        self.questions: list[tuple[str, Callable[
            [str], Awaitable[list[str]]]]] = [
            (r'last ([\w.+-]+) build\W*', self.last_build),
            (r'what is ([\w./@-]+) building\W*', self.building),
            (r'watch ([\w.+-]+)', self.watch),
            (r'unwatch ([\w.+-]+)', self.unwatch)]

    async def answer(self, text: str) -> list[str]:
        """Answer a command."""
        text = text[:LONGEST].strip()
        found = re.search(r'https?://\S+', text)
        if found:
            return await self.link(found.group())
        for pattern, method in self.questions:
            found = re.fullmatch(pattern, text, re.IGNORECASE)
            if found:
                return await method(found.group(1))
        return []

    async def link(self, url: str) -> list[str]:
        """Describe the object of a link."""
        found = await self.koji.from_web(url)
        return [] if found is None else [await self.describe(found)]

    async def last_build(self, package: str) -> list[str]:
        """Tell the latest build of a package."""
        builds = await self.koji.listBuilds(
            package, state=build_states.COMPLETE,
            queryOpts={'order': '-build_id', 'limit': 1})
        if not builds:
            return [f'There is no build of {package}.']
        return [await self.describe(builds[0])]

    async def building(self, name: str) -> list[str]:
        """Tell the builds that are under way."""
        user = await self.koji.getUser(name)
        if user is None:
            return [f'I know no {name}.']
        tasks = await self.koji.listTasks(
            {'owner': user.id, 'method': 'build',
             'state': list(task_states.ACTIVE_GROUP)},
            {'order': '-id', 'limit': 3})
        if not tasks:
            return [f'{user.name} is building nothing.']
        return await gatherResults([Deferred.fromCoroutine(
            self.describe(task)) for task in tasks], consumeErrors=True)

    async def watch(self, package: str) -> list[str]:
        """Announce builds of a package from now on."""
        if len(self.watched) >= WATCHED:
            return ['I watch too many packages already.']
        self.watched.add(package)
        return [f'I will tell of builds and tags of {package}.']

    async def unwatch(self, package: str) -> list[str]:
        """Announce builds of a package no longer."""
        self.watched.discard(package)
        return [f'I no longer watch {package}.']

    async def describe(self, found: Any) -> str:
        """Describe an object of the hub."""
        if isinstance(found, Task):
            about = f'{found.title} is {found.state_name}'
            active = found.state in task_states.ACTIVE_GROUP
        elif isinstance(found, Build):
            about = f'{found.nvr} of {found.owner_name} is {found.state_name}'
            active = found.state == build_states.BUILDING
        else:
            return f'{type(found).__name__} {found.get("name", "")}'
        if active:
            when = await found.estimate_completion()
            about += f', {until(when, self.koji.now())}'
        return f'{about}: {found.url}'

    def news(self, event: BuildStateChange | TagUntag) -> list[str]:
        """Make lines about an event of the message bus."""
        if event.package not in self.watched:
            return []
        if event.kind in ('Tag', 'Untag'):
            verb = 'into' if event.kind == 'Tag' else 'out of'
            return [f'{event.build.nvr} went {verb} {event.tag}: {event.url}']
        return [f'{event.build.nvr} is {event.new}: {event.url}']


def until(when: datetime | None, now: datetime) -> str:
    """Tell how long it is until a time."""
    if when is None:
        return 'nobody knows for how long'
    minutes = (when - now).total_seconds() / 60
    if minutes < 1:
        return 'done at any moment, or overdue'
    return f'done in about {round(minutes)} minutes'


class Bot(IRCClient):
    """Reads and writes in a channel."""

    lineRate = 0.5  # type: ignore[assignment]  # Twisted's is None

    def __init__(self, reactor: Any, answers: Answers, bots: set[Bot],
                 options: Namespace) -> None:
        self.reactor = reactor
        self.answers = answers
        self.bots = bots
        self.nickname = options.nick
        self.place = options.channel
        self.busy = 0

    def lineReceived(self, line: bytes) -> None:
        """Receive a line of the server."""
        # It may be in any encoding.
        super().lineReceived(line.decode('utf-8', 'replace').encode())

    def ctcpQuery(self, user: str, channel: str, messages: Any) -> None:
        """There is nothing to say to these."""

    def signedOn(self) -> None:
        """Join the channel."""
        self.join(self.place)

    def joined(self, channel: str) -> None:
        """Begin to answer."""
        self.bots.add(self)

    def kickedFrom(self, channel: str, kicker: str, message: str) -> None:
        """Join the channel again."""
        self.bots.discard(self)
        self.reactor.callLater(60, self.join, channel)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Connect again."""
        self.bots.discard(self)
        super().connectionLost(reason)

    def privmsg(self, user: str, channel: str, message: str) -> None:
        """Receive a message."""
        nick = user.partition('!')[0]
        to = nick if channel == self.nickname else self.place
        if self.busy < BUSY:
            self.busy += 1
            answer = Deferred.fromCoroutine(self.answers.answer(re.sub(
                rf'^{re.escape(self.nickname)}\W+', '', message)))
            answer.addTimeout(90, self.reactor)
            answer.addErrback(lambda failure: [
                f'That did not work: {failure.value}'])
            answer.addCallback(self.say_to, to)

    def say_to(self, lines: Sequence[str], to: str) -> None:
        """Say lines."""
        self.tell(lines, to)
        self.reactor.callLater(len(lines) * self.lineRate, self.done)

    def done(self) -> None:
        """Leave."""
        self.busy -= 1

    def tell(self, lines: Sequence[str], to: str) -> None:
        """Say lines, a few at a time."""
        for line in lines:
            # No bot answers a notice, so that two do not talk for ever.
            self.notice(to, clean(line))


def clean(line: str) -> str:
    """No line, nor command, of its own making; and nothing but text."""
    line = line.encode('utf-8', 'ignore').decode()
    return re.sub(r'[\x00-\x1f\x7f]', ' ', line)[:LONGEST]


async def talk(koji: Connection, options: Namespace) -> None:
    """Connect to the server, and stay."""
    answers = Answers(koji)
    if options.server is None:
        for line in SHOW:
            print('<you>', line)
            for said in await answers.answer(line):
                print('<koji>', clean(said))
        return

    from twisted.internet import reactor
    bots: set[Bot] = set()
    ClientService(
        clientFromString(reactor, options.server),
        Factory.forProtocol(lambda: Bot(reactor, answers, bots, options))
    ).startService()

    def tell(event: BuildStateChange | TagUntag) -> None:
        for bot in bots:
            bot.tell(answers.news(event), options.channel)

    koji.events.subscribe(tell, kind='BuildStateChange',
                          new=['COMPLETE', 'FAILED'])
    koji.events.subscribe(tell, kind='TagUntag')
    broker = options.amqp or os.environ.get('AMQP_URL')
    if broker:
        await koji.events.listen_amqp(broker)
    await Deferred()


run(talk, __doc__, arguments={
    'server': (None, 'such as tcp:irc.example.com:6667 (default: none)'),
    'channel': ('#koji', 'the channel to join'),
    'nick': ('koji-bot', 'the nickname of the bot')}, flags={
    '--amqp': 'a message broker, amqps://USER:PASSWORD@HOST/ (default: that'
              ' of AMQP_URL in the environment)'})
