"""A session on a hub that is slow, and loses connections, at random."""
from __future__ import annotations

from collections import Counter
from random import Random
from typing import Any, List, Tuple

from twisted.internet import reactor
from twisted.internet.defer import DeferredList, inlineCallbacks
from twisted.trial.unittest import TestCase

from txkoji import Connection, Profile
from txkoji.exceptions import RetryError, SequenceError
from txkoji.testing import FakeHub

#: How many of each there are at once.
COUNT = 200


class StormTests(TestCase):
    """Real sockets; what happens is random, but the same each time."""

    @inlineCallbacks
    def setUp(self) -> Any:
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
        """What is to be done once."""
        self.done[number] += 1
        return number * 10

    def write_and_expire(self, number: int) -> int:
        """The same, and now and then all sessions are too old."""
        if number % 50 == 25:
            self.hub.sessions.expire()
        return self.write(number)

    def raise_a_storm(self, seed: int) -> None:
        random = Random(seed)
        self.hub.misbehave('slow', seconds=lambda: random.uniform(0, 0.004))
        # A seventh of all connections.
        for kind in ('dropped-before', 'dropped-after'):
            self.hub.misbehave(kind, chance=1 / 14, random=random)

    @inlineCallbacks
    def ask(self) -> Any:
        """All at once; what became of writes and reads."""
        calls: List[Any] = []
        for number in range(COUNT):
            calls += [self.koji.createTag(number),
                      self.koji.getTag(number % 50 + 1)]
        outcomes: List[Tuple[bool, Any]] = yield DeferredList(
            calls, consumeErrors=True)
        return outcomes[::2], outcomes[1::2]

    def check(self, writes: Any, reads: Any) -> int:
        """Everybody got the right answer; gives how many a RetryError."""
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

    @inlineCallbacks
    def check_storm(self, seed: int) -> Any:
        self.raise_a_storm(seed)
        writes, reads = yield self.ask()
        # There was a storm.
        self.assertGreater(self.check(writes, reads), 0)
        self.assertGreater(self.koji.stats.retries, 10)
        self.assertEqual(self.koji.callnum, COUNT)

    def test_first(self) -> Any:
        """Nothing is done twice, and nobody is left without an answer."""
        return self.check_storm(1)

    def test_second(self) -> Any:
        """The same, in another storm."""
        return self.check_storm(2)

    def test_third(self) -> Any:
        """And in a third one."""
        return self.check_storm(3)

    @inlineCallbacks
    def test_expiry(self) -> Any:
        """The same, while all sessions expire."""
        self.raise_a_storm(4)
        self.hub.respond('createTag', self.write_and_expire)
        writes, reads = yield self.ask()
        self.check(writes, reads)
        self.assertGreater(self.koji.stats.renewals, 0)
