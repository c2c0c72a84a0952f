"""
Calls of every kind through proxies that harm connections.

Each seed is a storm of its own, the same each time as far as the machine lets
it.
"""
from __future__ import annotations

import gc
import os
import resource
import subprocess
import sys
from collections import Counter
from collections.abc import Callable
from io import BytesIO
from random import Random
from typing import Any
from urllib.parse import urlsplit

import trustme
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.interfaces import IOpenSSLServerConnectionCreator
from twisted.internet.task import deferLater
from twisted.protocols.tls import TLSMemoryBIOFactory
from twisted.trial.unittest import TestCase
from zope.interface import implementer

from tests.chaos.proxy import FAULTS, Fault, Proxy
from tests.servers import server_context
from tests.support import folder
from txkoji import Connection, Profile, task_states
from txkoji.exceptions import (
    ConnectionClosed,
    KojiException,
    RetryError,
    SequenceError,
)
from txkoji.hub.deferreds import gather
from txkoji.testing import FakeHub

#: How many of each kind there are at once, and how often.
COUNT = 60
ROUNDS = 10

SEEDS = range(3)


class Servers:
    """A hub behind two proxies: one within TLS, and one around it."""

    def __init__(self, test: TestCase, seed: int) -> None:
        self.test = test
        self.random = Random(seed)
        self.calm = False
        self.hub = FakeHub(reactor=reactor)
        self.hub.sessions.passwords['bob'] = 'x'
        self.certificates = Certificates(folder(test))
        self.inner: Proxy
        self.outer: Proxy
        self.port = 0

    async def start(self) -> None:
        """Start the hub and the proxies."""
        self.port = urlsplit(await self.hub.listen()).port or 0
        self.inner = Proxy(reactor, self.port, lambda: self.choose(FAULTS))
        front = await self.inner.listen(wrapped=lambda factory: (
            TLSMemoryBIOFactory(self.certificates, False, factory)))
        # What breaks TLS itself, or makes it slow.
        self.outer = Proxy(reactor, front, lambda: self.choose(
            ('reset', 'close', 'stall', 'drip', 'corrupt', 'omit')))
        self.url = f'https://localhost:{await self.outer.listen()}/kojihub'

    async def stop(self) -> None:
        """Stop the proxies and the hub."""
        await self.outer.stop()
        await self.inner.stop()
        await self.hub.stop()

    async def restart_hub(self) -> None:
        """All connections are lost, and for a moment nobody is there."""
        await self.hub.stop()
        await deferLater(reactor, 0.05, lambda: None)
        await self.hub.listen(self.port)

    def choose(self, kinds: Any) -> Fault | None:
        """What is done to a new connection: often nothing."""
        if self.calm or self.random.random() < 0.4:
            return None
        return Fault(self.random.choice(kinds),
                     int(self.random.expovariate(1 / 6000)),
                     self.random.uniform(0.01, 0.2))

    def faults(self) -> Counter[str]:
        """Count the faults of both proxies."""
        return self.inner.done + self.outer.done


@implementer(IOpenSSLServerConnectionCreator)
class Certificates:
    """A server's certificate, which may be replaced by somebody else's."""

    def __init__(self, folder: str) -> None:
        authorities = [trustme.CA(), trustme.CA()]
        self._contexts = [
            server_context(authority, 'localhost').getContext()
            for authority in authorities]
        self.path = folder + '/ca.pem'
        authorities[0].cert_pem.write_to_path(self.path)
        self.replaced = False

    def serverConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """Make a TLS connection."""
        return SSL.Connection(self._contexts[self.replaced], None)


def sockets() -> list[str]:
    """The sockets of this process."""
    found = []
    for number in os.listdir('/proc/self/fd'):
        try:
            found.append(os.readlink(f'/proc/self/fd/{number}'))
        except OSError:
            # That of the listing itself.
            pass
    return [each for each in found if each.startswith('socket:')]


def left() -> dict[str, int]:
    """What there is that should be gone in the end."""
    gc.collect()
    return {
        'sockets': len(sockets()),
        'timers': len(reactor.getDelayedCalls()),
        'deferreds': sum(1 for each in gc.get_objects()
                         if isinstance(each, Deferred) and not each.called)}


class StormTestCase(TestCase):
    """With what is needed, and what is counted."""

    timeout = 400

    #: What is done in the storm.
    rage: Callable[[], Any]

    def storm(self, seed: int) -> Any:
        """Run a storm."""
        return Deferred.fromCoroutine(self.raise_storm(seed))

    async def raise_storm(self, seed: int) -> None:
        # After trial has begun to count the time.
        """Run a storm; afterwards nothing is left over."""
        await deferLater(reactor, 0, lambda: None)
        before = left()
        self.servers = Servers(self, seed)
        self.done: Counter[int] = Counter()
        self.outcomes: Counter[str] = Counter()
        self.servers.hub.respond('createTag', self.write)
        await self.servers.start()
        self.koji = self.new()
        try:
            await self.rage()
        finally:
            self.servers.calm = True
            await self.koji.close()
            await self.servers.stop()
        # What is lost is told in the next turns.
        await deferLater(reactor, 0.1, lambda: None)
        after = left()
        self.assertEqual(after, before)
        print('left over: no socket, timer or Deferred')

    def new(self, **settings: Any) -> Connection:
        """Make a Connection."""
        return Connection(
            Profile('chaos', server=self.servers.url,
                    serverca=self.servers.certificates.path, max_retries=12,
                    retry_interval=0.2, poll_interval=0.2,
                    upload_blocksize=20000, **settings),
            timeout=1, deadline=30, max_body=2**24)

    def write(self, number: int) -> int:
        """What is to be done once."""
        self.done[number] += 1
        return number * 10

    async def outcome(self, kind: str, work: Any, check: Callable[
            [Any], Any]) -> None:
        """Wait for something: it fires, and with what it should."""
        try:
            found = await work
        except KojiException as error:
            self.outcomes[f'{kind}: {type(error).__name__}'] += 1
            self.assertNotIsInstance(error, SequenceError)
        else:
            check(found)
            self.outcomes[kind] += 1


class KindsTests(StormTestCase):
    """Of every kind, many at once."""

    async def rage(self) -> None:
        """Make all kinds of calls, in rounds."""
        self.servers.calm = True
        await self.koji.login('password', user='bob', password='x')
        self.servers.calm = False
        for number in range(ROUNDS):
            if number == ROUNDS // 2:
                await self.servers.restart_hub()
            self.servers.certificates.replaced = number == ROUNDS - 2
            await gather([
                Deferred.fromCoroutine(each(number))
                for each in (self.reads, self.writes, self.batched,
                             self.multicalls, self.iterate, self.logins,
                             self.files)])
        twice = [number for number in self.done if self.done[number] > 1]
        self.assertEqual(twice, [])
        self.report()

    def report(self) -> None:
        """Print the numbers."""
        calls = sum(self.outcomes.values())
        good = sum(count for kind, count in self.outcomes.items()
                   if ':' not in kind)
        faults = self.servers.faults()
        self.assertGreater(good, calls / 3)
        self.assertGreater(sum(faults.values()), 50)
        print(f'\n{calls} calls, of which {good} had their answer;'
              f' {sum(faults.values())} faults injected: '
              f'{dict(faults.most_common())};'
              f' writes carried out: {len(self.done)}, of these twice: 0.'
              f' By kind: {dict(self.outcomes.most_common())}')

    async def many(self, works: Any) -> None:
        """Run several coroutines."""
        await gather([Deferred.fromCoroutine(work) for work in works])

    async def reads(self, number: int) -> None:
        """Make single reads."""
        def same(asked: Any) -> Any:
            return lambda found: self.assertEqual(found, [asked])

        await self.many(
            self.outcome('read', self.koji.echo(asked), same(asked))
            for asked in range(number * 1000, number * 1000 + COUNT))

    async def writes(self, number: int) -> None:
        """Make writes, each of which is done once at most."""
        async def write(key: int) -> None:
            try:
                found = await self.koji.createTag(key)
            except RetryError:
                self.outcomes['write: RetryError'] += 1
                self.assertEqual(self.done[key], 1)
            except KojiException as error:
                self.outcomes[f'write: {type(error).__name__}'] += 1
            else:
                self.outcomes['write'] += 1
                self.assertEqual((found, self.done[key]), (key * 10, 1))

        await self.many(write(key) for key in range(
            number * 1000, number * 1000 + COUNT))

    async def batched(self, number: int) -> None:
        """Make batched calls."""
        batched = self.koji.batched()
        await self.many(
            self.outcome('batched', batched.getTag(key),
                         lambda tag, key=key: self.assertEqual(tag.id, key))
            for key in range(1, COUNT + 1))

    async def multicalls(self, number: int) -> None:
        """Make multicalls."""
        async def ask(first: int) -> None:
            many = self.koji.MultiCall()
            keys = range(first, first + 10)
            for key in keys:
                many.echo(key)

            async def results() -> list[Any]:
                return list(await many())

            await self.outcome(
                'multicall', Deferred.fromCoroutine(results()),
                lambda found: self.assertEqual(found,
                                               [[key] for key in keys]))

        await self.many(ask(first * 100) for first in range(COUNT // 5))

    async def iterate(self, number: int) -> None:
        """Iterate over builds."""
        async def count() -> int:
            names = set()
            async for build in self.koji.iterate('listBuilds', userID=2):
                names.add(build.build_id)
            return len(names)

        rows = [row for row in self.servers.hub.tables.builds
                if row['owner_id'] == 2]
        await self.many(
            self.outcome('iterate', Deferred.fromCoroutine(count()),
                         lambda found: self.assertEqual(found, len(rows)))
            for _ in range(2))

    async def logins(self, number: int) -> None:
        """Log in, and log out."""
        async def visit() -> None:
            koji = self.new()
            try:
                await self.outcome(
                    'login', koji.login('password', user='bob', password='x'),
                    self.assertTrue)
                if koji.session_id is not None:
                    await self.outcome('who', koji.getLoggedInUser(),
                                       lambda user: self.assertEqual(
                                           user.name, 'bob'))
            finally:
                await koji.close(logout=True)

        await self.many(visit() for _ in range(3))

    async def files(self, number: int) -> None:
        """Upload a file, wait for its task, and follow a log."""
        hub = self.servers.hub
        data = Random(number).randbytes(90000)
        name = f'file{number}'

        async def upload() -> None:
            await self.outcome(
                'upload', self.koji.upload(BytesIO(data), 'cli-build/1',
                                           name),
                lambda found: self.assertEqual(
                    hub.files.read(f'work/cli-build/1/{name}'), data))

        task = next(row for row in hub.tables.tasks if row['id'] == 6476)
        task['state'] = task_states.OPEN
        hub.files.write('work/tasks/6476/6476/a.log', b'')

        async def follow() -> list[str]:
            return [line.text async for line in self.koji.follow(6476)]

        async def work() -> None:
            for step in range(5):
                hub.put_out(6476, 'a.log', b'step %d\n' % step)
                await deferLater(reactor, 0.1, lambda: None)
            task['state'] = task_states.CLOSED

        await self.many([
            upload(), work(),
            self.outcome('follow', Deferred.fromCoroutine(follow()),
                         lambda found: self.assertEqual(
                             found, [f'step {step}' for step in range(5)])),
            self.outcome('wait', self.koji.wait(6476), lambda task: (
                self.assertEqual(task.state, task_states.CLOSED)))])


def make(seed: int) -> Any:
    """Make a test for a seed."""
    def test(self: KindsTests) -> Any:
        return self.storm(seed)

    test.__doc__ = f'Storm number {seed}.'
    return test


for _seed in SEEDS:
    setattr(KindsTests, f'test_{_seed}', make(_seed))


class CloseTests(StormTestCase):
    """In the middle of it all the Connection is closed."""

    async def rage(self) -> None:
        """Raise the storm."""
        for number in range(10):
            koji = self.new()
            try:
                await koji.login('password', user='bob', password='x')
            except KojiException:
                await koji.close()
                continue
            batched = koji.batched()
            ended: list[Any] = []
            calls = [call for key in range(100) for call in (
                koji.echo(key), koji.createTag(number * 1000 + key),
                batched.getTag(key))] + [koji.wait(6522)]
            for call in calls:
                call.addBoth(ended.append)
            await deferLater(reactor, 0.03 * number, lambda: None)
            await koji.close(logout=number % 2 == 0)
            self.assertEqual(len(ended), len(calls))
            for each in ended:
                if not hasattr(each, 'type'):
                    continue
                self.assertTrue(issubclass(each.type, KojiException), each)
                self.outcomes[each.type.__name__] += 1
            self.assertEqual(koji.stats.connections, 0)
        self.assertGreater(self.outcomes[ConnectionClosed.__name__], 100)
        self.assertLessEqual(max(self.done.values(), default=1), 1)

    def test_close(self) -> Any:
        """All that was under way ends, and nothing is left."""
        return self.storm(100)


def resident() -> float:
    """How much memory this process has, in MiB."""
    with open('/proc/self/statm') as file:
        return int(file.read().split()[1]) * resource.getpagesize() / 2**20


class EnduranceTests(TestCase):
    """One Connection, for a long time."""

    timeout = 300

    @inlineCallbacks
    def test_calls(self) -> Any:
        """After 100,000 calls there is as much memory as after 10,000."""
        place = folder(self)
        server = subprocess.Popen(
            [sys.executable, '-m', 'tests.bench.calls', 'serve', place],
            stdout=subprocess.PIPE, text=True)
        self.addCleanup(server.communicate)
        self.addCleanup(server.terminate)
        assert server.stdout is not None
        koji = Connection(Profile(
            'endurance', server=server.stdout.readline().strip(),
            serverca=place + '/ca.pem'))
        self.addCleanup(koji.close)
        work = iter(range(100000))
        memory: dict[int, float] = {}
        descriptors: dict[int, int] = {}

        async def ask() -> None:
            for number in work:
                await koji.getTaskInfo(6474)
                if number % 10000 == 9999:
                    gc.collect()
                    memory[number + 1] = resident()
                    descriptors[number + 1] = len(sockets())

        yield Deferred.fromCoroutine(gather(
            [Deferred.fromCoroutine(ask()) for _ in range(20)]))
        print(f'\nmemory after so many calls, in MiB: {memory}')
        self.assertLess(memory[100000] - memory[10000], 4)
        self.assertEqual(descriptors[100000], descriptors[10000])


class DroppedTests(TestCase):
    """One Connection, a hub that drops connections, and many calls."""

    timeout = 600

    #: How many calls, of which 3 in 10 write.
    calls = 100000

    @inlineCallbacks
    def test_calls(self) -> Any:
        """Each has its own answer, no write is done twice, nothing is left."""
        # The next turn has trial's own timer.
        yield deferLater(reactor, 0, lambda: None)
        before = left()
        hub = FakeHub(reactor=reactor)
        hub.sessions.passwords['bob'] = 'x'
        done: Counter[int] = Counter()
        outcomes: Counter[str] = Counter()

        def create(number: int) -> int:
            done[number] += 1
            return number

        hub.respond('createTag', create)
        server = yield hub.listen()
        koji = Connection(Profile('dropped', server=server,
                                  retry_interval=0))
        yield koji.login('password', user='bob', password='x',
                         allow_http=True)
        random = Random(7)
        for kind in ('dropped-before', 'dropped-after'):
            hub.misbehave(kind, chance=1 / 14, random=random)
        work = iter(range(self.calls))

        async def ask() -> None:
            for number in work:
                # What it has heard is not kept.
                hub.calls.clear()
                try:
                    if number % 10 < 3:
                        answer = await koji.createTag(number)
                    else:
                        [answer] = await koji.echo(number)
                except RetryError:
                    outcomes['RetryError'] += 1
                    self.assertEqual(done[number], 1)
                else:
                    outcomes['answers'] += 1
                    self.assertEqual(answer, number)

        yield Deferred.fromCoroutine(gather(
            [Deferred.fromCoroutine(ask()) for _ in range(20)]))
        hub.behave()
        yield koji.logout()
        yield koji.close()
        yield hub.stop()
        print(f'\n{dict(outcomes)}; writes done: {len(done)}, of these twice:'
              f' {sum(count > 1 for count in done.values())};'
              f' sent again: {koji.stats.retries}')
        self.assertEqual(set(done.values()), {1})
        self.assertEqual(len(done), self.calls * 3 // 10)
        self.assertGreater(koji.stats.retries, self.calls // 14)
        self.assertEqual(left(), before)
