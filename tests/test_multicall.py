"""Many calls as one request."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError
from twisted.web.resource import Resource

from tests.support import FailingNetwork, HubTestCase, Odd
from txkoji import Connection, KojiLoginException, Profile
from txkoji.build import Build
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
    HTTPError,
    KojiException,
    NotSent,
    ServerOffline,
)
from txkoji.hub.codec.xmlrpc import encode_answer
from txkoji.multicall import (
    MAX_REQUEST,
    KojiMultiCallIterator,
    MultiCallResults,
)
from txkoji.task import Task
from txkoji.testing import FakeHub
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource


class MultiCallTestCase(HubTestCase):
    """With a multicall, and what it takes to look at its requests."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.many = self.koji.MultiCall()
        self.sizes: list[int] = []
        render = HubResource.render

        def rendered(resource: Any, request: Any) -> Any:
            self.sizes.append(int(request.getHeader('Content-Length')))
            return render(resource, request)

        self.patch(HubResource, 'render', rendered)

    def trouble_in(self, number: int, kind: str) -> None:
        """Let one of the next requests meet some trouble."""
        answer = FakeHub.answer
        count = [0]

        async def answered(*args: Any) -> bytes:
            count[0] += 1
            if count[0] == number:
                self.hub.misbehave(kind, times=1)
            return await answer(self.hub, *args)

        self.patch(self.hub, 'answer', answered)

    def numbers(self, count: int, **kwargs: Any) -> Any:
        """Ask for some tags; gives what calling it gave."""
        many = self.koji.MultiCall(**kwargs)
        self.stored = [many.getTag(number % 50 + 1)
                       for number in range(count)]
        return many()


class InterfaceTests(MultiCallTestCase):
    """How it is used."""

    def test_results(self) -> None:
        """Calls are made in order, and their results come so, typed."""
        self.many.getBuild(5356)
        self.many.getTaskInfo(6474)
        self.many.getTag('f44')
        results = self.get(self.many())
        build, task, tag = results
        self.assertIsInstance(build, Build)
        self.assertIs(build.connection, self.koji)
        self.assertIsInstance(task, Task)
        self.assertEqual(tag.name, 'f44')
        self.assertEqual(self.hub.requests, 1)

    def test_like_single_calls(self) -> None:
        """Each result equals that of a single call, and is of its type."""
        calls = [('getTaskInfo', 6474), ('getTaskDescendents', 6474),
                 ('getTaskChildren', 6474), ('getBuild', 5356),
                 ('getAverageBuildDuration', 'ceph'), ('getChannel', 1),
                 ('getPackage', 'ceph'), ('listTasks', {'method': 'build'}),
                 ('getLatestBuilds', 'f44'), ('getBuild', 'no-such-1'),
                 ('listChannels',), ('getAPIVersion',)]
        for method, *args in calls:
            getattr(self.many, method)(*args)
        results = self.get(self.many())
        for (method, *args), result in zip(calls, results):
            single = self.get(getattr(self.koji, method)(*args))
            self.assertEqual(result, single, method)
            self.assertIs(type(result), type(single), method)
            if isinstance(result, list):
                self.assertEqual([type(item) for item in result],
                                 [type(item) for item in single], method)

    def test_faults(self) -> None:
        """One that failed raises when it is reached, and only then."""
        self.many.getTag('f44')
        self.many.getTag('nosuch', strict=True)
        self.many.nosuch()
        self.many.getTag('f43')
        results = self.get(self.many())
        found = iter(results)
        self.assertEqual(next(found).name, 'f44')
        with self.assertRaises(GenericError) as caught:
            next(found)
        self.assertEqual(str(caught.exception), "No such tagInfo: 'nosuch'")
        self.assertEqual(caught.exception.method, 'getTag')
        self.assertRaises(GenericError, next, found)
        self.assertEqual(next(found).name, 'f43')
        self.assertRaises(StopIteration, next, found)
        self.assertEqual([str(fault) for fault in results.faults], [
            "No such tagInfo: 'nosuch'", 'Invalid method: nosuch'])

    def test_older_programs(self) -> None:
        """The results are an iterator, too."""
        self.assertIs(KojiMultiCallIterator, MultiCallResults)
        results = self.get(self.numbers(3))
        self.assertIsInstance(results, KojiMultiCallIterator)
        self.assertEqual([next(results).id for _ in range(3)], [1, 2, 3])
        self.assertRaises(StopIteration, next, results)
        self.assertEqual([tag.id for tag in results], [1, 2, 3])

    def test_sequence(self) -> None:
        """They have a length, and can be indexed and cut."""
        results = self.get(self.numbers(5))
        self.assertEqual(len(results), 5)
        self.assertEqual((results[1].id, results[-1].id), (2, 5))
        self.assertEqual([tag.id for tag in results[1:3]], [2, 3])
        self.assertRaises(IndexError, results.__getitem__, 5)
        self.assertIn('5 results, 0 faults', repr(results))

    def test_reset(self) -> None:
        """After it was called it has no calls."""
        self.many.getTag(1)
        self.assertEqual(len(self.many), 1)
        self.get(self.many())
        self.assertEqual(len(self.many), 0)
        self.many.getTag(2)
        [tag] = self.get(self.many())
        self.assertEqual(tag.id, 2)

    def test_empty(self) -> None:
        """Without calls nothing is sent."""
        self.assertTrue(self.many)
        self.assertEqual(list(self.get(self.many())), [])
        self.assertEqual(self.hub.requests, 0)

    def test_names(self) -> None:
        """Dotted methods, named arguments, and names of ours."""
        self.hub.respond('repo.get', lambda number, best: [number, best])
        self.hub.respond('call', lambda: 5, anonymous=True, plugin=True)
        self.many.repo.get(1, best=True)
        self.many.call('call')
        self.assertEqual(list(self.get(self.many())), [[1, True], 5])
        self.assertRaises(AttributeError, getattr, self.many, '_x')

    def test_placeholder(self) -> None:
        """Each call gives a thing that has its result afterwards."""
        good, bad = self.many.getTag(1), self.many.nosuch()
        self.assertEqual(repr(good), '<StoredCall getTag>')
        with self.assertRaises(NotSent) as caught:
            good.result
        self.assertIn('getTag has no result yet', str(caught.exception))
        self.get(self.many())
        self.assertEqual(good.result.id, 1)
        with self.assertRaises(GenericError):
            bad.result

    def test_refused(self) -> None:
        """What cannot be sent is refused when it is written down."""
        self.assertRaises(TypeError, self.many.getTag, object())
        self.assertRaises(KojiLoginException, self.many.sslLogin)
        self.assertEqual(len(self.many), 0)
        self.many.getTag(1)
        for wrong in [{'batch': 0}, {'concurrency': -1}, {'batch': 2.5},
                      {'concurrency': 1.5}, {'batch': '5'}]:
            self.fail_of(self.many(**wrong), ConfigurationError)
        self.assertEqual(len(self.many), 1)

    def test_own_exceptions(self) -> None:
        """Who asks for a result that is none gets an exception of its own."""
        bad = self.many.nosuch()
        results = self.get(self.many())
        errors = []
        for _ in range(3):
            for ask in (lambda: bad.result, lambda: results[0]):
                with self.assertRaises(GenericError) as caught:
                    ask()
                errors.append(caught.exception)
        self.assertEqual(len({id(error) for error in errors}), 6)

    def test_strange_values(self) -> None:
        """A value that is none is one call's trouble."""
        for number in (1e300, float('inf'), float('nan')):
            self.hub.respond('getAverageBuildDuration', number)
            self.many.getAverageBuildDuration(1)
            tag = self.many.getTag(1)
            self.get(self.many())
            self.assertEqual(tag.result.id, 1)

    def test_strict(self) -> None:
        """If it is strict, it fails with the first fault."""
        for many in (self.koji.MultiCall(strict=True), self.many):
            many.getTag(1)
            many.getTag('nosuch', strict=True)
            many.nosuch()
            strict = None if many is not self.many else True
            error = self.fail_of(many(strict=strict), GenericError)
            self.assertEqual(str(error), "No such tagInfo: 'nosuch'")

    def test_strict_ends(self) -> None:
        """And nothing is sent after it."""
        many = self.koji.MultiCall(strict=True, batch=1)
        stored = [many.getTag(1), many.nosuch(), many.getTag(2)]
        self.fail_of(many(), GenericError)
        self.assertEqual(self.hub.requests, 2)
        self.assertEqual(stored[0].result.id, 1)
        self.assertIsInstance(stored[2].error, NotSent)

    def test_options(self) -> None:
        """What with_options says counts for it, too."""
        self.hub.misbehave('slow', seconds=60)
        many = self.koji.with_options(timeout=5).MultiCall()
        many.getTag(1)
        done = many()
        self.hub.clock.advance(5)
        [error] = self.get(done).faults
        self.assertIn('within 5 seconds', str(error))


class RequestsTests(MultiCallTestCase):
    """How calls are cut into requests."""

    def test_count(self) -> None:
        """So many calls in each, in order."""
        results = self.get(self.numbers(250))
        self.assertEqual(self.hub.requests, 3)
        self.assertEqual([tag.id for tag in results],
                         [number % 50 + 1 for number in range(250)])
        self.get(self.numbers(250, batch=50))
        self.assertEqual(self.hub.requests, 8)

    def test_size(self) -> None:
        """None is too large for a hub, however large the arguments are."""
        texts = [f'{number:04}' + 'x' * 5000 for number in range(2000)]
        for text in texts:
            self.many.echo(text)
        results = self.get(self.many(batch=1000))
        self.assertEqual([result[0] for result in results], texts)
        self.assertGreater(len(self.sizes), 9)
        self.assertLess(max(self.sizes), MAX_REQUEST + 1000)

    def test_too_large(self) -> None:
        """One that is too large by itself fails, and no other does."""
        self.many.echo('a')
        self.many.echo('x' * 4194304)
        self.many.echo('b')
        results = self.get(self.many())
        self.assertEqual((results[0], results[2]), (['a'], ['b']))
        [error] = results.faults
        self.assertIsInstance(error, HTTPError)
        self.assertIn('Request too long', str(error))

    def test_side_by_side(self) -> None:
        """Reads may go out side by side; else one after the other."""
        self.hub.misbehave('slow', seconds=5)
        for concurrency, expected in [(1, 1), (3, 3), (10, 5)]:
            done = self.numbers(50, batch=10, concurrency=concurrency)
            self.assertEqual(self.koji.stats.in_flight, expected)
            self.hub.clock.pump([5] * 5)
            self.assertEqual([tag.id for tag in self.get(done)],
                             list(range(1, 51)))

    def test_progress(self) -> None:
        """Who wants to know is told how far it has come."""
        told: list[Any] = []
        many = self.koji.with_options(
            progress=lambda *args: told.append(args)).MultiCall(batch=10)
        for number in range(1, 26):
            many.getTag(number)
        self.get(many())
        self.assertEqual([items for items, _, _ in told], [10, 20, 25])
        self.assertEqual({total for _, _, total in told}, {25})
        sizes = [size for _, size, _ in told]
        self.assertEqual(sorted(set(sizes)), sizes)
        self.assertGreater(sizes[0], 1000)

    def test_bad_progress(self) -> None:
        """One who fails to listen fails nobody else."""
        many = self.koji.with_options(progress=lambda: None).MultiCall()
        many.getTag(1)
        [tag] = self.get(many())
        self.assertEqual(tag.id, 1)
        self.assertEqual(len(self.flushLoggedErrors(TypeError)), 1)


class TroubleTests(MultiCallTestCase):
    """Requests that fail."""

    def check_middle(self, kind: Any) -> None:
        """The calls of the second of three requests have this error."""
        results = self.get(self.numbers(30, batch=10))
        self.assertEqual(len(results.faults), 10)
        for number in range(30):
            if 10 <= number < 20:
                with self.assertRaises(kind):
                    results[number]
                with self.assertRaises(kind):
                    self.stored[number].result
            else:
                self.assertEqual(results[number].id, number + 1)
        errors = [stored.error for stored in self.stored[10:20]]
        self.assertEqual(len({id(error) for error in errors}), 10)

    def test_fault(self) -> None:
        """A fault of a whole request is that of the calls in it."""
        self.trouble_in(2, 'offline')
        self.check_middle(ServerOffline)

    def test_lost(self) -> None:
        """So is a connection that breaks in the middle of an answer."""
        self.trouble_in(2, 'truncated')
        self.check_middle(ConnectionFailed)

    def test_lies(self) -> None:
        """An answer that has not a result for each call is none."""
        class Liar(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                return encode_answer(answer)

        koji = Connection(Profile('p', server='http://h/hub', max_retries=0),
                          network=MemoryNetwork(Liar(), self.hub.clock),
                          reactor=self.hub.clock)
        for answer in [[[1]], None, 5, [[1], [2], [3]]]:
            many = koji.MultiCall()
            many.a(), many.b()
            errors = self.get(many()).faults
            self.assertEqual([type(error) for error in errors],
                             [AnswerError] * 2)
        for entry in [5, [], [1, 2], {}, {'faultCode': 'x'},
                      {'faultCode': 1, 'faultString': 5}]:
            answer = [[1], entry]
            many = koji.MultiCall()
            many.a(), many.b()
            results = self.get(many())
            self.assertEqual(results[0], 1)
            self.assertEqual([type(error) for error in results.faults],
                             [AnswerError])

    def test_odd_exception(self) -> None:
        """Whatever an agent fails with, that is what is said."""
        koji = Connection(Profile('p', server='http://h/hub', max_retries=0),
                          network=FailingNetwork(Odd(1, 2)),
                          reactor=self.hub.clock)
        many = koji.MultiCall()
        call = many.getTag(1)
        self.fail_of(many(), Odd)
        self.assertIsInstance(call.error, Odd)
        batched = koji.batched()
        calls = [batched.getTag(number) for number in range(3)]
        self.hub.clock.advance(0)
        for call in calls:
            self.fail_of(call, Odd)

    def test_cancelled(self) -> None:
        """Cancelling it sends no more, and says so."""
        self.hub.misbehave('slow', seconds=5)
        done = self.numbers(30, batch=10)
        self.hub.clock.advance(5)
        done.cancel()
        self.fail_of(done, CancelledError)
        self.assertEqual(self.stored[0].result.id, 1)
        self.assertIsInstance(self.stored[10].error, CancelledError)
        self.assertIsInstance(self.stored[20].error, NotSent)
        self.hub.clock.pump([5] * 3)
        self.assertEqual(self.hub.requests, 2)

    def test_closed(self) -> None:
        """Closing the Connection fails what is not answered."""
        self.hub.misbehave('slow', seconds=5)
        done = self.numbers(30, batch=10)
        self.hub.clock.advance(5)
        self.get(self.koji.close())
        results = self.get(done)
        self.assertEqual(results[9].id, 10)
        self.assertEqual(len(results.faults), 20)
        for error in results.faults:
            self.assertIsInstance(error, ConnectionClosed)


class WritesTests(MultiCallTestCase):
    """Reads are sent as reads, and writes as writes."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.get(self.koji.login())
        self.hub.respond('createTag', lambda name: name)
        self.hub.requests = 0

    def test_reads(self) -> None:
        """Nothing but reads needs no callnum, and holds up nobody."""
        self.get(self.numbers(250))
        self.assertEqual(self.koji.callnum, 0)
        self.assertEqual(self.hub.sessions.rows[0].callnum, None)

    def test_writes(self) -> None:
        """With a write in it, each request has a callnum."""
        for number in range(25):
            self.many.getTag(1)
            self.many.createTag(number)
        results = self.get(self.many(batch=10, concurrency=5))
        self.assertEqual(results[1::2], list(range(25)))
        self.assertEqual(self.koji.callnum, 5)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 4)

    def test_stops(self) -> None:
        """When a request fails as a whole, none is sent after it."""
        for kind in ('dropped-after', 'truncated'):
            stored = [self.many.createTag(number) for number in range(30)]
            if self.koji.client._calls._writer is None:
                # The first request is for the session to write in.
                self.trouble_in(3, kind)
            else:
                self.trouble_in(2, kind)
            results = self.get(self.many(batch=10))
            self.assertEqual(results[:10], list(range(10)))
            self.assertEqual([type(call.error) for call in stored[10:]],
                             [ConnectionFailed] * 10 + [NotSent] * 10)
            self.assertIn('a request before it failed', str(stored[20].error))
            self.assertNotIn(('createTag', (20,), {}), self.hub.calls)

    def test_faults_do_not_stop(self) -> None:
        """A fault of one call is its own."""
        def create(number: int) -> int:
            if number % 2:
                raise KojiException('odd', faultCode=1000)
            return number

        self.hub.respond('createTag', create)
        for number in range(30):
            self.many.createTag(number)
        results = self.get(self.many(batch=10))
        self.assertEqual(results[::2], list(range(0, 30, 2)))
        self.assertEqual(len(results.faults), 15)

    def test_said(self) -> None:
        """One may say that what we do not know is a read."""
        self.hub.respond('plugin.query', 5, plugin=True)
        many = self.koji.with_options(write=False).MultiCall()
        many.plugin.query()
        self.get(many())
        self.assertEqual(self.koji.callnum, 0)
