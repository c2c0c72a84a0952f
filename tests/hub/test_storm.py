"""A hub that is slow, and loses connections at random."""
from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import DeferredList, inlineCallbacks
from twisted.trial.unittest import TestCase

from txkoji import Connection, Profile
from txkoji.exceptions import ConnectionFailed, RetryError, SequenceError
from txkoji.testing import FakeHub

#: The number of concurrent writes, and of reads.
COUNT = 200


class StormTestCase(TestCase):
    """A session over real sockets."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start a hub, and log in."""
        self.hub = FakeHub(reactor=reactor)
        self.hub.sessions.passwords['bob'] = 'x'
        server = yield self.hub.listen()
        self.addCleanup(self.hub.stop)
        self.koji = Connection(Profile('test', server=server,
                                       retry_interval=0.05))
        self.addCleanup(self.koji.close)
        yield self.koji.login('password', user='bob', password='x',
                              allow_http=True)
        self.done: Counter[int] = Counter()
        self.hub.respond('createTag', self.write)

    def write(self, number: int) -> int:
        """Count a write that must be carried out once."""
        self.done[number] += 1
        return number * 10

    @inlineCallbacks
    def lose(self, ending: Any) -> Any:
        """Lose the answer to a write and then the session."""
        yield self.koji.createTag(1)
        self.hub.respond('createTag', lambda number: (
            self.write(number), ending())[0])
        self.hub.misbehave('dropped-after', method='createTag', times=1)
        error = yield self.assertFailure(self.koji.createTag(2),
                                         RetryError, ConnectionFailed)
        self.assertEqual(self.done, {1: 1, 2: 1})
        return type(error)

    def write_and_expire(self, number: int) -> int:
        """Carry out a write; let all sessions expire at times."""
        if number % 50 == 25:
            self.hub.sessions.expire()
        return self.write(number)

    def raise_a_storm(self, seed: int) -> None:
        """Delay answers, and drop a seventh of the connections."""
        random = Random(seed)
        self.hub.misbehave('slow', seconds=lambda: random.uniform(0, 0.004))
        # Together a seventh of all requests.
        for kind in ('dropped-before', 'dropped-after'):
            self.hub.misbehave(kind, chance=1 / 14, random=random)

    @inlineCallbacks
    def ask(self) -> Any:
        """Make all calls, and return the results of writes and reads."""
        calls: list[Any] = []
        for number in range(COUNT):
            calls += [self.koji.createTag(number),
                      self.koji.getTag(number % 50 + 1)]
        outcomes: list[tuple[bool, Any]] = yield DeferredList(
            calls, consumeErrors=True)
        return outcomes[::2], outcomes[1::2]

    def check(self, writes: Any, reads: Any) -> int:
        """Check all results, and return the number of RetryErrors."""
        lost = 0
        for number, (good, result) in enumerate(writes):
            if good:
                self.assertEqual(result, number * 10)
            else:
                self.assertIsNot(result.type, SequenceError)
                self.assertIs(result.type, RetryError, result.getTraceback())
                lost += 1
            self.assertEqual(self.done[number], 1, number)
        for number, (good, result) in enumerate(reads):
            self.assertTrue(good, result)
            self.assertEqual(result.id, number % 50 + 1)
        return lost


class LostTests(StormTestCase):
    """A lost answer over a pooled connection."""

    @inlineCallbacks
    def test_expired(self) -> Any:
        """After a renewal the hub tells that the write was done."""
        found = yield self.lose(self.hub.sessions.expire)
        self.assertIs(found, RetryError)

    @inlineCallbacks
    def test_gone(self) -> Any:
        """In a new session the outcome of the write is unknown."""
        def forget() -> None:
            for row in self.hub.sessions.rows:
                row.closed = True

        found = yield self.lose(forget)
        self.assertIs(found, ConnectionFailed)

    @inlineCallbacks
    def test_logout(self) -> Any:
        """A lost logout is sent again over another connection."""
        self.hub.misbehave('dropped-before', method='logout', times=1)
        yield self.koji.logout()
        self.assertTrue(self.hub.sessions.rows[0].closed)


class StormTests(StormTestCase):
    """Random outages with a fixed seed."""

    @inlineCallbacks
    def check_storm(self, seed: int) -> Any:
        """Check the calls during outages with a seed."""
        self.raise_a_storm(seed)
        writes, reads = yield self.ask()
        # Some answers to writes were lost.
        self.assertGreater(self.check(writes, reads), 0)
        self.assertGreater(self.koji.stats.retries, 10)
        self.assertEqual(self.koji.callnum, COUNT)

    def test_first(self) -> Any:
        """Every write is carried out once, and every call is answered."""
        return self.check_storm(1)

    def test_second(self) -> Any:
        """The same is true with a second seed."""
        return self.check_storm(2)

    def test_third(self) -> Any:
        """The same is true with a third seed."""
        return self.check_storm(3)

    @inlineCallbacks
    def test_expiry(self) -> Any:
        """The same is true while sessions expire."""
        self.raise_a_storm(4)
        self.hub.respond('createTag', self.write_and_expire)
        writes, reads = yield self.ask()
        self.check(writes, reads)
        self.assertGreater(self.koji.stats.renewals, 0)
