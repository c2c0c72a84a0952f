"""Single calls that go out as few requests."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred, gatherResults
from twisted.web.resource import Resource

from tests.support import HubTestCase
from txkoji import batching as batched_module
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
    HTTPError,
    KojiException,
    ServerOffline,
)
from txkoji.task import Task
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource


class Uncopied(str):
    """A text that cannot be copied."""

    def __deepcopy__(self, memo: Any) -> Any:
        raise ZeroDivisionError('no copies')


class BatchedTestCase(HubTestCase):
    """With a view that batches."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.batched = self.koji.batched()

    def turn(self, seconds: float = 0) -> None:
        """Let the reactor turn."""
        self.hub.clock.advance(seconds)

    def asked(self) -> list[str]:
        """The methods of the requests that the hub got."""
        methods = []
        left = 0
        for method, args, _ in self.hub.calls:
            if left:
                left -= 1
                continue
            methods.append(method)
            if method == 'system.multicall':
                left = len(args[0])
        return methods


class BatchingTests(BatchedTestCase):
    """What goes together."""

    def test_few_requests(self) -> None:
        """Five hundred reads are five requests."""
        calls = gatherResults(
            [self.batched.getTag(number % 50 + 1) if number % 2 else
             self.batched.getTaskInfo(6000 + number)
             for number in range(500)])
        self.assertEqual(self.hub.requests, 0)
        self.turn()
        self.assertEqual(self.hub.requests, 3)
        results = self.get(calls)
        for number, result in enumerate(results):
            if number % 2:
                self.assertEqual(result.id, number % 50 + 1)
            else:
                self.assertTrue(result is None or result.id == 6000 + number)

    def test_thousand(self) -> None:
        """A thousand tasks are ten requests, and as single calls gave them."""
        ids = list(range(5500, 6500))
        calls = [self.batched.getTaskInfo(number) for number in ids]
        self.turn()
        self.assertEqual(self.hub.requests, 10)
        found = 0
        for number, call in zip(ids, calls):
            task = self.get(call)
            single = self.get(self.koji.getTaskInfo(number))
            self.assertEqual(task, single)
            self.assertIs(type(task), type(single))
            if task is not None:
                self.assertIsInstance(task, Task)
                self.assertIs(task.connection, self.koji)
                found += 1
        self.assertGreater(found, 50)

    def test_each_its_own(self) -> None:
        """Good calls, faults and unknown methods: each caller gets its own."""
        calls: list[Any] = []
        for number in range(1, 31):
            calls += [self.batched.getTag(number),
                      self.batched.getTag(f'nosuch{number}', strict=True),
                      self.batched.getNothing(number)]
        self.turn()
        self.assertEqual(self.hub.requests, 1)
        for number, (good, bad, unknown) in enumerate(
                zip(calls[::3], calls[1::3], calls[2::3]), 1):
            self.assertEqual(self.get(good).id, number)
            self.assertEqual(str(self.fail_of(bad, GenericError)),
                             f"No such tagInfo: 'nosuch{number}'")
            self.assertEqual(str(self.fail_of(unknown, GenericError)),
                             'Invalid method: getNothing')

    def test_equal(self) -> None:
        """Equal reads are asked once, and answered with separate objects."""
        calls = [self.batched.getBuild(5356) for _ in range(3)]
        other = self.batched.getBuild(5355)
        self.turn()
        builds = [self.get(call) for call in calls]
        self.get(other)
        self.assertEqual(len(self.hub.calls), 3)
        builds[0]['extra'] = 'changed'
        self.assertEqual(builds[1], builds[2])
        self.assertNotEqual(builds[0], builds[1])
        self.assertEqual({type(build) for build in builds},
                         {type(builds[0])})
        calls = [self.batched.getTag('nosuch', strict=True)
                 for _ in range(3)]
        self.turn()
        errors = [self.fail_of(call, GenericError) for call in calls]
        self.assertEqual(len({id(error) for error in errors}), 3)

    def test_changed_by_the_first(self) -> None:
        """What one caller makes of its object is no concern of the others."""
        calls = [self.batched.getTag(1) for _ in range(2)]
        calls[0].addCallback(lambda tag: tag.clear())
        self.turn()
        self.get(calls[0])
        self.assertEqual(self.get(calls[1]).id, 1)

    def test_cancelled_by_the_first(self) -> None:
        """Who is answered may cancel for others who asked the same."""
        for method in ('getTag', 'getNothing'):
            calls = [getattr(self.batched, method)(1) for _ in range(3)]
            other = self.batched.getTag(2)
            calls[0].addBoth(lambda _: calls[1].cancel())
            self.turn()
            self.get(calls[0])
            self.fail_of(calls[1], CancelledError)
            self.get(other)
            calls[2].addErrback(lambda _: None)
            self.get(calls[2])

    def test_many_equal(self) -> None:
        """Many who ask the same are answered in several turns."""
        self.patch(batched_module, 'SLICE', 0)
        calls = [self.batched.getTag(1) for _ in range(5)]
        turns = 0
        while not calls[-1].called:
            self.hub.clock.advance(0)
            turns += 1
            self.assertLess(turns, 10)
        for call in calls:
            self.assertEqual(self.get(call).id, 1)

    def test_arguments(self) -> None:
        """A call is what it was when it was made."""
        ids = [1]
        first = self.batched.echo(ids)
        ids[0] = 2
        self.turn()
        self.assertEqual(self.get(first), [[1]])
        ids = [1]
        calls = [self.batched.echo(ids)]
        ids[0] = 2
        calls.append(self.batched.echo(ids))
        self.hub.misbehave('garbage', times=1)
        self.turn()
        self.assertEqual([self.get(call) for call in calls],
                         [[[1]], [[2]]])

    def test_one(self) -> None:
        """A batch of one is a plain call."""
        call = self.batched.getTag(1)
        self.turn()
        self.assertEqual(self.get(call).id, 1)
        self.assertEqual(self.asked(), ['getTag'])

    def test_alone(self) -> None:
        """Writes, and reads of any length, go out alone and at once."""
        self.hub.respond('createTag', 5, anonymous=True)
        calls = [self.batched.createTag('x'),
                 self.batched.listTagged('f44'),
                 self.batched.listTasks({'method': 'build'}),
                 self.batched.listBuilds(state=1),
                 self.batched.getLatestBuilds('f44'),
                 self.batched.filterResults('listTags')]
        for call in calls:
            self.get(call)
        self.assertEqual(self.asked(), ['createTag', 'listTagged',
                                        'listTasks', 'listBuilds',
                                        'getLatestBuilds', 'filterResults',
                                        'listTags'])

    def test_builds_by_name(self) -> None:
        """The builds of a package are asked for as by a Connection."""
        builds = self.get(self.batched.listBuilds('ceph'))
        self.assertEqual(builds, self.get(self.koji.listBuilds('ceph')))

    def test_limited(self) -> None:
        """With a limit they go with the others."""
        calls = [self.batched.listBuilds(state=1, queryOpts={'limit': 2}),
                 self.batched.listTasks({'method': 'build'}, {'limit': 2}),
                 self.batched.listTasks(queryOpts={'countOnly': True}),
                 self.batched.getLatestBuilds('f44', package='bash')]
        self.turn()
        self.assertEqual([len(self.get(call)) for call in calls[:2]], [2, 2])
        self.get(calls[2])
        self.get(calls[3])
        self.assertEqual(self.asked(), ['system.multicall'])
        self.get(self.batched.listBuilds(queryOpts={'limit': 10**6}))

    def test_window(self) -> None:
        """More may be waited for."""
        batched = self.koji.batched(window=0.5)
        calls = [batched.getTag(1)]
        self.turn(0.4)
        calls.append(batched.getTag(2))
        self.assertEqual(self.hub.requests, 0)
        self.turn(0.1)
        self.assertEqual([self.get(call).id for call in calls], [1, 2])
        self.assertEqual(self.hub.requests, 1)
        for wrong in (-1, float('nan')):
            self.assertRaises(ConfigurationError, self.koji.batched, wrong)

    def test_turns(self) -> None:
        """Each turn has its own batch, also one that begins in an answer."""
        first = self.batched.getTag(1)
        second: Deferred[Any] = Deferred()
        first.addCallback(
            lambda tag: self.batched.getTag(2).chainDeferred(second))
        self.batched.getTag(3)
        self.turn()
        self.assertEqual(self.get(second).id, 2)
        self.assertEqual(self.asked(), ['system.multicall', 'getTag'])

    def test_not_encoded(self) -> None:
        """What cannot be sent fails its caller alone."""
        good = self.batched.getTag(1)
        self.fail_of(self.batched.getTag(object()), TypeError)
        self.fail_of(self.batched.getTag(Uncopied('f44')), ZeroDivisionError)
        self.fail_of(self.batched.call(5), TypeError)
        self.turn()
        self.assertEqual(self.get(good).id, 1)


class CancelTests(BatchedTestCase):
    """Callers who do not wait for their answer."""

    def test_one_of_many(self) -> None:
        """Cancelling one leaves the others, before and after it is sent."""
        self.hub.misbehave('slow', seconds=5)
        calls = [self.batched.getTag(number) for number in range(1, 6)]
        calls[0].cancel()
        self.turn()
        calls[1].cancel()
        self.turn(5)
        for call in calls[:2]:
            self.fail_of(call, CancelledError)
        self.assertEqual([self.get(call).id for call in calls[2:]],
                         [3, 4, 5])
        self.assertEqual(len(self.hub.calls[0][1][0]), 4)

    def test_all(self) -> None:
        """If nobody waits any longer, the request ends."""
        self.hub.misbehave('slow', seconds=5)
        calls = [self.batched.getTag(number) for number in range(1, 6)]
        self.turn()
        self.assertEqual(self.koji.stats.in_flight, 1)
        for call in calls:
            call.cancel()
            self.fail_of(call, CancelledError)
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_plain(self) -> None:
        """So does one that is a plain call."""
        self.hub.misbehave('slow', seconds=5)
        call = self.batched.getTag(1)
        self.turn()
        call.cancel()
        self.fail_of(call, CancelledError)
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_none_left(self) -> None:
        """If all are cancelled before, nothing is sent."""
        calls = [self.batched.getTag(number) for number in range(1, 6)]
        for call in calls:
            call.cancel()
            self.fail_of(call, CancelledError)
        self.turn()
        self.assertEqual(self.hub.requests, 0)
        call = self.koji.batched(window=60).getTag(1)
        call.cancel()
        self.fail_of(call, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        self.assertEqual(self.koji.stats.waiting, 0)

    def test_one_of_two(self) -> None:
        """Of two who asked the same, one may go."""
        calls = [self.batched.getTag(1), self.batched.getTag(1),
                 self.batched.getTag(2)]
        calls[0].cancel()
        self.turn()
        self.fail_of(calls[0], CancelledError)
        self.assertEqual(self.get(calls[1]).id, 1)


class TroubleTests(BatchedTestCase):
    """Requests that fail as a whole."""

    def check_singly(self, kind: Any, bad: Any, **settings: Any) -> None:
        """One bad call fails alone; the others are asked once more."""
        koji = self.hub.connection(**settings)
        batched = koji.batched()
        calls = [batched.getTag(number) for number in range(1, 6)]
        calls.insert(2, bad(batched))
        self.turn()
        self.fail_of(calls.pop(2), kind)
        self.assertEqual([self.get(call).id for call in calls],
                         [1, 2, 3, 4, 5])
        # One for all of them, and one for each; of some the hub never hears.
        self.assertEqual(self.hub.requests, 5 if kind is HTTPError else 7)

    def test_fault(self) -> None:
        """A fault of the whole may be that of one call."""
        def lazy() -> Any:
            # The hub finds out when it writes the answer.
            return object()

        self.hub.respond('getOdd', lazy, plugin=True)
        self.check_singly(KojiException, lambda batched: batched.getOdd())
        self.flushLoggedErrors(TypeError)

    def test_refused(self) -> None:
        """So may be a request that the hub does not read."""
        class Picky(HubResource):
            def render(self, request: Any) -> Any:
                if b'poison' in request.content.getvalue():
                    request.setResponseCode(status)
                    return b'no'
                return super().render(request)

        for status in (400, 413):
            self.hub.requests = 0
            root = Resource()
            root.putChild(b'kojihub', Picky(self.hub))
            self.check_singly(HTTPError,
                              lambda batched: batched.getTag('poison'),
                              network=MemoryNetwork(root, self.hub.clock))

    def test_too_large(self) -> None:
        """And an answer that is too large."""
        self.hub.respond('getMuch', 'x' * 50000, plugin=True)
        self.check_singly(AnswerError, lambda batched: batched.getMuch(),
                          max_body=40000)

    def check_all(self, kind: Any, trouble: str) -> None:
        """All fail, each with an error of its own, and none is repeated."""
        self.hub.misbehave(trouble)
        calls = [self.batched.getTag(number) for number in range(1, 6)]
        self.turn()
        errors = [self.fail_of(call, kind) for call in calls]
        self.assertEqual(len({id(error) for error in errors}), 5)
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_lost(self) -> None:
        """A connection that breaks is the trouble of all."""
        self.check_all(ConnectionFailed, 'dropped-after')

    def test_truncated(self) -> None:
        """Also in the middle of the answer."""
        self.check_all(ConnectionFailed, 'truncated')

    def test_offline(self) -> None:
        """So is a hub that is offline."""
        self.check_all(ServerOffline, 'offline')
        self.assertEqual(self.hub.requests, 1)

    def test_closed(self) -> None:
        """Closing fails those that wait, and those on their way."""
        self.hub.misbehave('slow', seconds=5)
        calls = [self.batched.getTag(number) for number in range(1, 6)]
        self.turn()
        window = self.koji.batched(window=60)
        calls += [window.getTag(number) for number in range(1, 6)]
        self.get(self.koji.close())
        for call in calls:
            self.fail_of(call, ConnectionClosed)
        self.fail_of(self.batched.getTag(1), ConnectionClosed)
        # The hub is still at it; nobody else is.
        self.assertEqual([call for call in self.hub.clock.getDelayedCalls()
                          if call.getTime() > 5], [])
