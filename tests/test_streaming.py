"""Long lists, item by item and page by page."""
from __future__ import annotations

import gc
import os
import random
import subprocess
import sys
import threading
from collections.abc import Callable
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, Deferred, inlineCallbacks
from twisted.internet.interfaces import IReactorFromThreads
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from tests.recordings import recordings
from tests.streams import StreamingHub
from tests.support import HubTestCase
from txkoji import Connection, KojiLoginException, Profile
from txkoji.build import Build
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
)
from txkoji.hub.codec.decoder import Decoder
from txkoji.streaming import WAITING
from txkoji.task import Task
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.queries import query

ROOT = os.path.dirname(os.path.dirname(__file__))


class ItemsTestCase(HubTestCase):
    """With what it takes to go through items."""

    def run_it(self, coroutine: Any) -> Any:
        """What a coroutine gives."""
        return self.get(Deferred.fromCoroutine(coroutine))

    async def collect(self, items: Any, found: list[Any]) -> None:
        """Collect the items."""
        async for item in items:
            found.append(item)

    def canned(self, body: bytes, **kwargs: Any) -> Connection:
        """A Connection to a hub that always says the same."""
        class Canned(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                return body

        return Connection(
            Profile('p', server='http://h/hub', max_retries=0),
            network=MemoryNetwork(Canned(), self.hub.clock),
            reactor=self.hub.clock, **kwargs)


class IterateTests(ItemsTestCase):
    """One by one."""

    def test_same(self) -> None:
        """The items are those of a call, and of their types."""
        for method, *args in [('listTagged', 'f43-updates'),
                              ('listBuilds',), ('listTags',), ('listUsers',),
                              ('listTasks', {'method': 'build'}),
                              ('listTagged', 'empty-tag')]:
            found: list[Any] = []
            self.run_it(self.collect(self.koji.iterate(method, *args), found))
            expected = self.get(getattr(self.koji, method)(*args))
            self.assertEqual(found, expected)
            self.assertEqual([type(item) for item in found],
                             [type(item) for item in expected])
        self.assertEqual(found, [])

    def test_recorded(self) -> None:
        """So it is with 3,350 recorded builds, in 7 MB."""
        body = recordings()['listTagged.big'].response
        koji = self.canned(body)
        found: list[Any] = []
        self.run_it(self.collect(koji.iterate('listTagged', 'x'), found))
        self.assertEqual(len(found), 3350)
        self.assertEqual(found, self.get(koji.listTagged('x')))
        self.assertIsInstance(found[0], Build)
        self.assertIs(found[0].connection, koji)

    def test_any_size(self) -> None:
        """It may be larger than what a call may give."""
        koji = self.canned(recordings()['listTagged.big'].response,
                           max_body=100000)
        self.fail_of(koji.listTagged('x'), AnswerError)
        found: list[Any] = []
        self.run_it(self.collect(koji.iterate('listTagged', 'x'), found))
        self.assertEqual(len(found), 3350)

    def test_other_layout(self) -> None:
        """And with answers in another layout."""
        body = recordings()['listTagged.big'].response.replace(
            b'<value><int>', b'<value> <int>', 1)
        koji = self.canned(body)
        found: list[Any] = []
        self.run_it(self.collect(koji.iterate('listTagged', 'x'), found))
        self.assertEqual(found, self.get(koji.listTagged('x')))
        decoder = Decoder()
        taken = []
        for start in range(0, len(body), 65536):
            decoder.feed(body[start:start + 65536])
            taken += decoder.take()
        self.assertFalse(decoder.fast)
        self.assertEqual(len(taken) + len(decoder.close()), 3350)

    def test_lazy(self) -> None:
        """Nothing is asked before the first is wanted."""
        items = self.koji.iterate('listTags')
        self.assertEqual(self.hub.requests, 0)
        self.get(items.next_item())
        self.assertEqual(self.hub.requests, 1)

    def test_inline_callbacks(self) -> None:
        """Programs of inlineCallbacks get one after the other."""
        @inlineCallbacks
        def program() -> Any:
            items = self.koji.iterate('listChannels')
            names = []
            while True:
                try:
                    channel = yield items.next_item()
                except StopAsyncIteration:
                    return names
                names.append(channel.name)

        names = self.get(program())
        self.assertEqual(names, [channel.name for channel in
                                 self.get(self.koji.listChannels())])

    def test_after_the_end(self) -> None:
        """After the last one there is none, however often one asks."""
        items = self.koji.iterate('listTagged', 'empty-tag')
        for _ in range(3):
            self.fail_of(items.next_item(), StopAsyncIteration)

    def test_fault_of_lists(self) -> None:
        """Lists in a fault are no items."""
        for body in [b'<?xml version="1.0"?><methodResponse><fault><value>'
                     b'<array><data><value><int>1</int></value>'
                     b'<value><int>2</int></value></data></array></value>'
                     b'</fault></methodResponse>',
                     b"<?xml version='1.0'?>\n<methodResponse>\n<fault>\n"
                     b'<value><array><data>\n<value><int>1</int></value>\n'
                     b'<value><int>2</int></value>\n</data></array></value>'
                     b'\n</fault>\n</methodResponse>\n']:
            for size in (len(body), 40):
                decoder = Decoder()
                for start in range(0, len(body), size):
                    decoder.feed(body[start:start + size])
                    self.assertEqual(decoder.take(), [])
                self.assertRaises(AnswerError, decoder.close)

    def test_no_list(self) -> None:
        """An answer that is no list is an error."""
        for method in ('getTag', 'getAPIVersion'):
            items = self.koji.iterate(method, *['f44'][:method == 'getTag'])
            self.fail_of(items.next_item(), AnswerError)
            self.fail_of(items.next_item(), StopAsyncIteration)

    def test_fault(self) -> None:
        """So is a fault, with its own type."""
        items = self.koji.iterate('listTagged', 'nosuch')
        error = self.fail_of(items.next_item(), GenericError)
        self.assertEqual(error.method, 'listTagged')

    def test_bad(self) -> None:
        """What cannot be asked is not asked."""
        self.assertRaises(KojiLoginException, self.koji.iterate, 'sslLogin')
        self.fail_of(self.koji.iterate('x', object()).next_item(), TypeError)

    def test_broken(self) -> None:
        """What goes wrong in the middle comes after the items before it."""
        body = recordings()['listTagged.big'].response
        for cut in (body[:1000000], body[:1000000] + b'\x00',
                    body[:1000000] + b'<nonsense/>' + body[1000000:]):
            found: list[Any] = []
            koji = self.canned(cut)
            done = Deferred.fromCoroutine(
                self.collect(koji.iterate('listTagged', 'x'), found))
            self.fail_of(done, AnswerError)
            self.assertGreater(len(found), 400)
            self.assertEqual(found, self.get(self.canned(
                body).listTagged('x'))[:len(found)])

    def test_session(self) -> None:
        """It is made as a user, and renews the session before it begins."""
        self.get(self.koji.login())
        self.hub.sessions.expire()
        found: list[Any] = []
        self.run_it(self.collect(self.koji.iterate('listTags'), found))
        self.assertEqual(found, self.get(self.koji.listTags()))
        self.assertEqual(self.koji.stats.renewals, 1)

    def test_retried(self) -> None:
        """Before the first item it is tried again, as any read."""
        koji = self.hub.connection(max_retries=2)
        self.hub.misbehave('dropped-after', times=1)
        found: list[Any] = []
        self.run_it(self.collect(koji.iterate('listTags'), found))
        self.assertGreater(len(found), 50)

    def test_not_retried(self) -> None:
        """After it, it is not: nobody gets an item twice."""
        koji = self.hub.connection(max_retries=2)
        self.hub.misbehave('truncated', times=1)
        found: list[Any] = []
        done = Deferred.fromCoroutine(
            self.collect(koji.iterate('listTagged', 'f43-updates'), found))
        self.fail_of(done, ConnectionFailed)
        self.assertEqual(len(found), len({build.id for build in found}))
        self.assertGreater(len(found), 0)
        self.assertEqual(self.hub.requests, 1)

    def test_progress(self) -> None:
        """Who wants to know is told how far it has come."""
        told: list[Any] = []
        body = recordings()['listTagged.big'].response
        koji = self.canned(body).with_options(
            progress=lambda *args: told.append(args))
        found: list[Any] = []
        self.run_it(self.collect(koji.iterate('listTagged', 'x'), found))
        self.assertEqual(told[-1], (3350, len(body), None))
        self.assertEqual(sorted(told), told)


class EndingTests(ItemsTestCase):
    """Who does not want all of them."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.misbehave('slow', seconds=5)

    def check_ended(self) -> None:
        """Check that no request is left."""
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_aclose(self) -> None:
        """aclose() ends the request at once, and can be called again."""
        items = self.koji.iterate('listTags')
        waiting = items.next_item()
        for _ in range(2):
            self.get(items.aclose())
            self.check_ended()
        self.fail_of(waiting, StopAsyncIteration)
        self.fail_of(items.next_item(), StopAsyncIteration)
        items = self.koji.iterate('listTags')
        self.get(items.aclose())
        self.fail_of(items.next_item(), StopAsyncIteration)
        self.assertEqual(self.hub.calls, [])

    def test_context(self) -> None:
        """So does the end of an async with."""
        async def leave() -> None:
            async with self.koji.iterate('listTags') as items:
                items.next_item().addErrback(lambda failure: None)
                self.assertEqual(self.koji.stats.in_flight, 1)
            self.check_ended()

        self.run_it(leave())

    def test_forgotten(self) -> None:
        """Who waits for an item gets it, though the others are forgotten."""
        waiting = self.koji.iterate('listTags').next_item()
        gc.collect()
        self.assertEqual(self.koji.stats.in_flight, 1)
        self.hub.clock.advance(5)
        self.assertEqual(self.get(waiting).id, 1)
        self.check_ended()

    def test_cancelled(self) -> None:
        """Who cancels the wait for an item loses none."""
        items = self.koji.iterate('listTags')
        waiting = items.next_item()
        waiting.cancel()
        self.fail_of(waiting, CancelledError)
        self.hub.clock.advance(5)
        self.assertEqual(self.get(items.next_item()).id, 1)

    def test_closed(self) -> None:
        """Closing the Connection ends it."""
        items = self.koji.iterate('listTags')
        waiting = items.next_item()
        self.get(self.koji.close())
        self.fail_of(waiting, ConnectionClosed)
        self.check_ended()

    def test_timeout(self) -> None:
        """The limits count while we wait for the hub."""
        view = self.koji.with_options(timeout=2)
        items = view.iterate('listTags')
        waiting = items.next_item()
        self.hub.clock.advance(2)
        self.fail_of(waiting, CallTimeout)


class SocketTests(TestCase):
    """Over real sockets, from a hub that streams."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        yield None
        self.ports: list[Any] = []

    def serve(self, count: int, break_after: int | None = None,
              **kwargs: Any) -> Any:
        """A hub, and a Connection to it."""
        hub = StreamingHub(reactor, count, break_after)
        port = reactor.listenTCP(0, Site(hub, reactor=reactor),
                                 interface='127.0.0.1')
        self.addCleanup(port.stopListening)
        koji = Connection(Profile(
            'p', server=f'http://127.0.0.1:{port.getHost().port}/kojihub'),
            **kwargs)
        self.addCleanup(koji.close)
        return hub, koji

    @inlineCallbacks
    def standstill(self, stream: Any) -> Any:
        """Wait until all that is between us and the hub is full, or done."""
        written = None
        while written != stream.written:
            written = stream.written
            for _ in range(200):
                yield deferLater(reactor, 0, lambda: None)

    @inlineCallbacks
    def test_back_pressure(self) -> Any:
        """A slow consumer stops the reading, and the clock of the limits."""
        hub, koji = self.serve(20000, timeout=2, deadline=2)
        items = koji.iterate('listTagged', 'f43')
        build = yield items.next_item()
        self.assertEqual(build.id, 0)
        [stream] = hub.streams
        yield self.standstill(stream)
        self.assertLess(stream.written, 20000)
        self.assertIsNotNone(items._source._held)
        self.assertLess(len(items._source._items), WAITING + 200)
        self.assertEqual([call for call in reactor.getDelayedCalls()
                          if 'Exchange' in call.func.__qualname__], [])
        for number in range(1, 20000):
            build = yield items.next_item()
            self.assertEqual(build.id, number)
        yield self.assertFailure(items.next_item(), StopAsyncIteration)

    @inlineCallbacks
    def test_calls_within(self) -> Any:
        """Loops that hold the reading take no slots from the calls in them."""
        hub, koji = self.serve(5000, max_connections=1)
        loops = [koji.iterate('listTagged', 'f43') for _ in range(20)]
        for items in loops:
            yield items.next_item()
            yield self.standstill(hub.streams[-1])
            self.assertIsNotNone(items._source._held)
            yield koji.getAPIVersion()
        self.assertEqual(len(hub.streams), 40)
        for items in loops:
            yield items.aclose()

    @inlineCallbacks
    def test_leaving(self) -> Any:
        """Leaving the loop closes the connection."""
        hub, koji = self.serve(10**9)

        async def loop() -> None:
            async for build in koji.iterate('listTagged', 'f43'):
                if build.id == 1000:
                    break

        gc.disable()
        self.addCleanup(gc.enable)
        yield Deferred.fromCoroutine(loop())
        self.assertEqual(koji.stats.in_flight, 0)
        yield hub.streams[0].lost
        self.assertEqual(koji.stats.connections, 0)

    @inlineCallbacks
    def test_lost(self) -> Any:
        """A connection that breaks: after the items, and not tried again."""
        hub, koji = self.serve(100000, break_after=5000)
        found = []

        async def loop() -> None:
            async for build in koji.iterate('listTagged', 'f43'):
                found.append(build.id)

        yield self.assertFailure(Deferred.fromCoroutine(loop()),
                                 ConnectionFailed)
        # What was on its way when it broke is lost with it.
        self.assertEqual(found, list(range(len(found))))
        self.assertGreater(len(found), 0)
        self.assertEqual(len(hub.streams), 1)

    @inlineCallbacks
    def test_two_at_once(self) -> Any:
        """Two lists can be gone through together."""
        hub, whole = self.serve(3000)
        told = []
        koji = whole.with_options(progress=lambda *args: told.append(args))
        first, second = [koji.iterate('listTagged', 'f43') for _ in range(2)]
        for number in range(3000):
            for items in (first, second):
                build = yield items.next_item()
                self.assertEqual(build.id, number)
        self.assertGreater(len(told), 20)

    def test_memory(self) -> None:
        """A hundred thousand builds take no more memory than a thousand."""
        peaks = []
        for count in (1000, 100000):
            done = subprocess.run(
                [sys.executable, '-m', 'tests.streams', str(count)], cwd=ROOT,
                stdout=subprocess.PIPE, text=True, check=True)
            total, peak = done.stdout.split()
            self.assertEqual(int(total), count)
            peaks.append(int(peak))
        self.assertLess(peaks[1] - peaks[0], 30 * 1024)


class PagesTests(ItemsTestCase):
    """Page by page."""

    def pages(self, koji: Any, method: str, *args: Any, **kwargs: Any
              ) -> list[Any]:
        """Collect the pages."""
        found: list[Any] = []
        self.run_it(self.collect(koji.pages(method, *args, **kwargs), found))
        return found

    def test_all(self) -> None:
        """The pages together are the list, in a fixed order, and typed."""
        koji = self.koji.with_options(page_size=200)
        for method, key, kind in [('listBuilds', 'build_id', Build),
                                  ('listTasks', 'id', Task),
                                  ('listTags', 'id', None),
                                  ('listTagged', 'build_id', Build)]:
            args = ['f43-updates'] if method == 'listTagged' else []
            pages = self.pages(koji, method, *args)
            found = [item for page in pages for item in page]
            everything = self.get(getattr(self.koji, method)(*args))
            self.assertEqual([item[key] for item in found],
                             sorted(item[key] for item in everything))
            self.assertLessEqual({len(page) for page in pages[:-1]}, {200})
            if kind is not None:
                self.assertEqual({type(item) for item in found}, {kind})

    def test_given(self) -> None:
        """Order, limit and offset are for all pages together."""
        koji = self.koji.with_options(page_size=3)
        pages = self.pages(koji, 'listTags', queryOpts={
            'order': '-name', 'offset': 2, 'limit': 8})
        expected = self.get(self.koji.listTags(queryOpts={
            'order': '-name', 'offset': 2, 'limit': 8}))
        self.assertEqual([len(page) for page in pages], [3, 3, 2])
        self.assertEqual([tag for page in pages for tag in page], expected)

    def test_requests(self) -> None:
        """A page is asked for when it is wanted, and no more than needed."""
        koji = self.koji.with_options(page_size=50)
        pages = koji.pages('listTags')
        self.assertEqual(self.hub.requests, 0)
        self.assertEqual(len(self.get(pages.next_item())), 50)
        self.assertEqual(self.hub.requests, 1)
        self.assertEqual(len(self.get(pages.next_item())), 22)
        self.fail_of(pages.next_item(), StopAsyncIteration)
        self.assertEqual(self.hub.requests, 2)

    def test_whole_pages(self) -> None:
        """There is no empty page at the end."""
        pages = self.pages(self.koji.with_options(page_size=36), 'listTags')
        self.assertEqual([len(page) for page in pages], [36, 36])
        self.assertEqual(self.pages(self.koji, 'listTagged', 'empty-tag'), [])

    def test_by_name(self) -> None:
        """The builds of a package can be asked for by its name."""
        pages = self.pages(self.koji, 'listBuilds', 'ceph')
        self.assertEqual({build.package_name for build in pages[0]},
                         {'ceph'})

    def test_other_methods(self) -> None:
        """Methods that we do not know must be told an order."""
        self.assertRaises(ConfigurationError, self.koji.pages, 'getThings')
        self.hub.respond('filterResults', lambda *args, **kwargs: [
            {'id': 1}] if kwargs['filterOpts']['offset'] == 0 else [])
        pages = self.pages(self.koji, 'getThings', 5, best=True,
                           queryOpts={'order': 'id'})
        self.assertEqual(pages, [[{'id': 1}]])
        self.assertEqual(self.hub.calls[-1], (
            'filterResults', ('getThings', 5), {
                'best': True, 'filterOpts': {'order': 'id', 'limit': 1000,
                                             'offset': 0}}))

    def test_trouble(self) -> None:
        """A page that fails can be asked for again."""
        pages = self.koji.with_options(page_size=50).pages('listTags')
        self.get(pages.next_item())
        self.hub.misbehave('dropped-after', times=1)
        self.fail_of(pages.next_item(), ConnectionFailed)
        self.assertEqual(len(self.get(pages.next_item())), 22)
        self.hub.respond('listTags', None)
        self.fail_of(self.koji.pages('listTags').next_item(), AnswerError)

    def test_aclose(self) -> None:
        """What is under way can be ended."""
        self.hub.misbehave('slow', seconds=5)
        pages = self.koji.pages('listTags')
        waiting = pages.next_item()
        self.get(pages.aclose())
        self.fail_of(waiting, StopAsyncIteration)
        self.fail_of(pages.next_item(), StopAsyncIteration)
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_two(self) -> None:
        """Two who ask at once get two pages."""
        self.hub.misbehave('slow', seconds=5)
        pages = self.koji.with_options(page_size=50).pages('listTags')
        waiting = [pages.next_item() for _ in range(3)]
        self.hub.clock.pump([5, 5, 5])
        self.assertEqual([len(self.get(each)) for each in waiting[:2]],
                         [50, 22])
        self.fail_of(waiting[2], StopAsyncIteration)

    def test_progress(self) -> None:
        """Who wants to know is told how far it has come."""
        told: list[Any] = []
        koji = self.koji.with_options(
            page_size=50, progress=lambda *args: told.append(args))
        self.pages(koji, 'listTags')
        self.assertEqual([(items, total) for items, _, total in told],
                         [(50, None), (72, None)])
        self.assertGreater(told[1][1], told[0][1])

    def test_no_limits(self) -> None:
        """A hub that does not look at limits is asked once."""
        self.hub.respond('listTags', lambda **kwargs: [1] * 100)
        pages = self.pages(self.koji.with_options(page_size=10), 'listTags',
                           queryOpts={'limit': 15})
        self.assertEqual(len(pages), 1)

    def test_one_key(self) -> None:
        """What the hub filters itself is ordered by one key, as it must be."""
        for method, args in [('listTagged', ['f43-updates']),
                             ('getLatestBuilds', ['f43-updates']),
                             ('listHosts', []), ('listChannels', []),
                             ('listChannels', [1])]:
            for order in (None, '-name'):
                koji = self.koji.with_options(page_size=7)
                options = {'queryOpts': {'order': order, 'limit': 30}}
                pages = self.pages(koji, method, *args, **options)
                found = [item for page in pages for item in page]
                whole = self.get(self.koji.call(method, *args))
                key = 'build_id' if 'build_id' in whole[0] else 'id'
                expected = sorted(whole, key=lambda row: row[key])
                if order:
                    expected = sorted(whole, key=lambda row: row['name'],
                                      reverse=True)
                self.assertEqual(found, expected[:30])

    def test_inherited(self) -> None:
        """A build in two tags is there twice, as in the list itself."""
        rows = [{'build_id': number, 'tag_id': tag} for number in (3, 1, 2)
                for tag in (40, 39)]
        self.hub.respond('listTagged', lambda *args, **kwargs: rows)
        for size in (1, 2, 4):
            pages = self.pages(self.koji.with_options(page_size=size),
                               'listTagged', 'f44-build', inherit=True)
            self.assertEqual(
                [(row['build_id'], row['tag_id']) for page in pages
                 for row in page],
                [(1, 40), (1, 39), (2, 40), (2, 39), (3, 40), (3, 39)])

    def test_event(self) -> None:
        """All pages are of the last event, or of the caller's own."""
        event = self.get(self.koji.getLastEvent()).id
        del self.hub.calls[:]
        koji = self.koji.with_options(page_size=1000)
        self.pages(koji, 'listTagged', 'f43-updates', latest=True)
        asked = [(method, kwargs.get('event'))
                 for method, _, kwargs in self.hub.calls
                 if method != 'listTagged']
        self.assertEqual(asked, [('getLastEvent', None)] + [
            ('filterResults', event)] * (len(asked) - 1))
        for args, kwargs in [(['f43-updates', 5000], {}),
                             (['f43-updates'], {'event': 5000})]:
            del self.hub.calls[:]
            pages = self.pages(koji, 'listTagged', *args, **kwargs)
            self.assertEqual(
                [build for page in pages for build in page],
                sorted(self.get(self.koji.listTagged('f43-updates', 5000)),
                       key=lambda build: int(build.id)))
            self.assertNotIn('getLastEvent',
                             [method for method, _, _ in self.hub.calls])
        del self.hub.calls[:]
        self.pages(koji, 'getLatestBuilds', 'f44-build', None, 'ceph')
        self.assertEqual(self.hub.calls[1][1],
                         ('getLatestBuilds', 'f44-build', event, 'ceph'))

    def test_which_take_an_event(self) -> None:
        """Where an event counts with some arguments only, it is looked at."""
        for method, args, kwargs, pinned in [
                ('listChannels', [], {}, False),
                ('listChannels', [1], {}, True),
                ('listChannels', [], {'hostID': 1}, True),
                ('listPackages', [], {}, False),
                ('listPackages', ['f44'], {}, True),
                ('listPackages', [None, 'alice'], {}, True),
                ('listPackages', [], {'tagID': 33}, True),
                ('getBuildTargets', [], {}, True),
                ('getInheritanceData', ['f44-build'], {}, True),
                ('getFullInheritance', ['f44-build'], {}, True),
                ('listTags', [], {}, False), ('listHosts', [], {}, False)]:
            del self.hub.calls[:]
            koji = self.koji.with_options(page_size=2)
            pages = self.pages(koji, method, *args, **kwargs)
            found = [row for page in pages for row in page]
            self.assertEqual(self.hub.calls[0][0] == 'getLastEvent', pinned)
            whole = self.get(self.koji.call(method, *args, **kwargs))
            self.assertEqual(len(found), len(whole))
            for row in whole:
                self.assertIn(row, found)
            if method.endswith('Inheritance') or 'Data' in method:
                self.assertEqual(found, whole)

    def test_count(self) -> None:
        """A count is no list: a ValueError at once, also of iterate()."""
        options = {'countOnly': True}
        for go in (self.koji.pages, self.koji.iterate):
            with self.assertRaises(ValueError) as caught:
                go('listTags', queryOpts=options)
            self.assertIn('call listTags itself', str(caught.exception))
            with self.assertRaises(ValueError):
                go('listTasks', {'method': 'build'}, options)
            go('listTasks', {'method': 'build'}, {'countOnly': False})
        self.assertEqual(self.hub.calls, [])

    def test_pairs(self) -> None:
        """Answers that are no list of rows have no pages."""
        for method in ('listTaggedRPMS', 'listTaggedArchives',
                       'getLatestRPMS'):
            error = self.assertRaises(ConfigurationError, self.koji.pages,
                                      method, 'f44')
            self.assertIn('pair of lists', str(error))

    def test_without_keys(self) -> None:
        """Rows that are lists come as they did; ones without id are odd."""
        koji = self.koji.with_options(page_size=50)
        pages = self.pages(koji, 'listTags', queryOpts={'asList': True})
        self.assertEqual([len(page) for page in pages], [50, 22])
        self.assertIsInstance(pages[0][0], list)
        self.hub.respond('listTags', lambda **kwargs: [{'name': 'x'}] * 50)
        error = self.fail_of(koji.pages('listTags').next_item(), AnswerError)
        self.assertIn("listTags: a row has no number 'id'", str(error))

    def test_size(self) -> None:
        """A page has at least one item."""
        for size in (0, -5):
            with self.assertRaises(ConfigurationError):
                self.koji.with_options(page_size=size)


class Churn:
    """
    A list of rows on a hub that changes between any two of its answers.

    :param seed: for what changes.
    :param count: how many rows there are at first.
    :param rate: how many rows come or go each time, at most.
    """

    def __init__(self, hub: Any, seed: int, count: int, rate: int) -> None:
        self.random = random.Random(seed)
        self.hub = hub
        self.rate = rate
        self.requests = 0
        self.ids: set[int] = set(self.random.sample(range(count * 2), count))
        self.next_id = count * 2
        #: Those that were there all the time.
        self.always = set(self.ids)
        hub.respond('listTasks', self.answer)

    def answer(self, opts: Any = None, queryOpts: Any = None) -> Any:
        """A page of it, after which rows come and go."""
        self.requests += 1
        rows = [{'id': number, 'priority': number % 7, 'method': 'build'}
                for number in sorted(self.ids)]
        found = query(rows, queryOpts)
        self.change()
        return found

    def change(self) -> None:
        """Change the list."""
        for _ in range(self.random.randint(0, self.rate)):
            choice = self.random.random()
            if choice < 0.5 and self.ids:
                gone = self.random.choice(sorted(self.ids))
                self.ids.discard(gone)
                self.always.discard(gone)
            elif choice < 0.75:
                # Such as a task that is free again.
                self.ids.add(self.random.randrange(self.next_id))
            else:
                self.ids.add(self.next_id)
                self.next_id += 1


class ChurnTests(ItemsTestCase):
    """Lists that change while somebody goes through their pages."""

    def walk(self, method: str, *args: Any, size: int = 50, **kwargs: Any
             ) -> list[Any]:
        """All rows of all pages."""
        found: list[Any] = []
        koji = self.koji.with_options(page_size=size)
        self.run_it(self.collect(koji.pages(method, *args, **kwargs), found))
        for page in found:
            self.assertTrue(0 < len(page) <= size)
        return [row for page in found for row in page]

    def test_none_lost(self) -> None:
        """By ids, none that stays is lost, none comes twice: both ways."""
        for order, rate in [(None, 10), (None, 60), ('id', 2), ('-id', 60)]:
            requests = 0
            for seed in range(15):
                churn = Churn(self.hub, seed, count=1000, rate=rate)
                options = {'queryOpts': {'order': order}} if order else {}
                found = [row['id'] for row in self.walk('listTasks',
                                                        **options)]
                self.assertEqual(found, sorted(set(found),
                                               reverse=order == '-id'))
                self.assertEqual(churn.always - set(found), set())
                requests += churn.requests
            # Of a list that stays as it is, there would be 21.
            self.assertLess(requests / 15, 26)

    def test_shrinking(self) -> None:
        """Also of a list most of which is gone before the next page."""
        for seed in range(20):
            churn = Churn(self.hub, seed, count=400, rate=0)
            pages = self.koji.with_options(page_size=100).pages('listTasks')
            found = self.get(pages.next_item()) + self.get(pages.next_item())
            for number in churn.random.sample(sorted(churn.ids), 350):
                churn.ids.discard(number)
            rest: list[Any] = []
            self.run_it(self.collect(pages, rest))
            numbers = [row['id'] for row in found] + [
                row['id'] for page in rest for row in page]
            self.assertEqual(numbers, sorted(set(numbers)))
            self.assertEqual(churn.ids - set(numbers), set())

    def test_quiet(self) -> None:
        """Of a list that stays as it is, no more is asked for than pages."""
        churn = Churn(self.hub, 1, count=1010, rate=0)
        self.assertEqual(len(self.walk('listTasks')), 1010)
        self.assertEqual(churn.requests, 21)
        limits = [kwargs['queryOpts'] for method, _, kwargs in self.hub.calls
                  if method == 'listTasks']
        self.assertEqual(limits[:2], [
            {'order': 'id', 'limit': 50, 'offset': 0},
            {'order': 'id', 'limit': 51, 'offset': 49}])

    def test_limits(self) -> None:
        """A limit and an offset of the caller's hold also then."""
        for seed in range(20):
            Churn(self.hub, seed, count=300, rate=40)
            found = self.walk('listTasks', size=30, queryOpts={
                'limit': 100, 'offset': 20})
            self.assertEqual(len(found), 100)
            numbers = [row['id'] for row in found]
            self.assertEqual(numbers, sorted(set(numbers)))

    def test_own_order(self) -> None:
        """In an order of the caller's, none comes twice."""
        for seed in range(20):
            Churn(self.hub, seed, count=300, rate=40)
            found = [row['id'] for row in self.walk(
                'listTasks', size=30, queryOpts={'order': '-priority'})]
            self.assertEqual(len(found), len(set(found)))
        self.assertEqual(self.hub.calls[-1][2]['queryOpts']['order'],
                         '-priority,id')

    def test_one_event(self) -> None:
        """By an event, the pages are the list as it was at the beginning."""
        tagged = self.hub.tables.taggings
        builds = [row['build_id'] for row in tagged if row['tag_id'] == 26]
        chosen = random.Random(1)
        koji = self.koji.with_options(page_size=500)
        expected = self.get(self.koji.listTagged('f43-updates'))
        pages = koji.pages('listTagged', 'f43-updates')
        found: list[Any] = []
        while len(found) < len(expected):
            found += self.get(pages.next_item())
            for number in chosen.sample(builds, 100):
                self.hub.history.untag_build(26, number)
                self.hub.history.tag_build(33, number)
        self.assertEqual(found, sorted(expected, key=lambda row: int(row.id)))
        self.fail_of(pages.next_item(), StopAsyncIteration)
        self.assertLess(len(self.get(self.koji.listTagged('f43-updates'))),
                        len(expected))

    def test_failed_page(self) -> None:
        """A page that fails in the middle is asked for again, and whole."""
        churn = Churn(self.hub, 5, count=300, rate=0)
        pages = self.koji.with_options(page_size=100).pages('listTasks')
        found = self.get(pages.next_item())
        for number in sorted(churn.ids)[:50]:
            churn.ids.discard(number)
        self.hub.misbehave('dropped-before', times=1)
        self.fail_of(pages.next_item(), ConnectionFailed)
        rest: list[Any] = []
        self.run_it(self.collect(pages, rest))
        numbers = [row['id'] for page in [found, *rest] for row in page]
        self.assertEqual(numbers, sorted(churn.always))


class ThreadTests(ItemsTestCase):
    """The last reference to a list may go away in any thread."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.misbehave('slow', seconds=5)

    def drop(self, koji: Connection) -> list[int]:
        """
        Let another thread drop the last reference to a list under way.

        :returns: the threads in which its request was cancelled.
        """
        threads: list[int] = []
        items = [koji.iterate('listTags')]
        waiting = items[0].next_item().addErrback(lambda failure: None)
        # Whoever waits for an item holds the others.
        waiting.cancel()
        del waiting
        request = items[0]._source.request
        canceller = request._canceller
        request._canceller = lambda deferred: (
            threads.append(threading.get_ident()), canceller(deferred))
        del request
        gc.collect()
        other = threading.Thread(target=items.clear)
        other.start()
        other.join()
        return threads

    def test_other_thread(self) -> None:
        """Then its request is cancelled in the reactor's thread."""
        @implementer(IReactorFromThreads)
        class Reactor(Clock):
            """Keeps what other threads hand over."""

            handed: list[Callable[[], None]] = []

            def callFromThread(self, function: Callable[[], None]) -> None:
                self.handed.append(function)

        clock = Reactor()
        self.hub.clock = clock
        koji = self.hub.connection(reactor=clock)
        threads = self.drop(koji)
        self.assertEqual(threads, [])
        self.assertEqual(koji.stats.in_flight, 1)
        for function in clock.handed:
            function()
        self.assertEqual(threads, [threading.get_ident()])
        self.assertEqual(koji.stats.in_flight, 0)

    def test_no_way(self) -> None:
        """Without a way to that thread, its time limits end the request."""
        threads = self.drop(self.koji)
        self.assertEqual(threads, [])
        self.assertEqual(self.koji.stats.in_flight, 1)
        self.hub.clock.advance(5)
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_not_needed(self) -> None:
        """Of one that is not begun, or has ended, nothing is handed over."""
        handed: list[Any] = []
        self.hub.behave()
        koji = self.hub.connection()
        items = [koji.iterate('listTags'), koji.iterate('listTags')]
        self.get(items[0].next_item())
        self.assertTrue(items[0]._source.request.called)
        for each in items:
            self.patch(each._source, 'stop', lambda: handed.append(1))
        other = threading.Thread(target=items.clear)
        del each
        other.start()
        other.join()
        self.assertEqual(handed, [])
