"""Hubs that lie, stall, flood and hang up."""
from __future__ import annotations

import gzip
import os
import random
import socket
import zlib
from collections.abc import Callable
from typing import Any

import trustme
from twisted.internet import reactor
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    DeferredList,
    inlineCallbacks,
)
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import EncodingResourceWrapper
from twisted.web.server import GzipEncoderFactory, Site

from tests.hub.test_wire import CountingSite, WireTestCase
from tests.recordings import recordings
from tests.servers import server_context
from tests.support import folder
from txkoji import Connection
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    ConnectionFailed,
    HTTPError,
    KojiException,
    NotSent,
)
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_answer
from txkoji.hub.http import body as body_module
from txkoji.hub.reads import is_read
from txkoji.testing import FakeHub
from txkoji.testing.hub import MISBEHAVIOURS

GOOD = encode_answer(1)


def http(body: bytes, *headers: bytes, status: bytes = b'200 OK') -> bytes:
    """An HTTP answer with a Content-Length."""
    lines = [b'HTTP/1.1 ' + status, b'Content-Length: %d' % len(body),
             *headers]
    return b'\r\n'.join(lines) + b'\r\n\r\n' + body


def zipped(body: bytes) -> bytes:
    """An HTTP answer whose body is compressed."""
    return http(gzip.compress(body), b'Content-Encoding: gzip')


class Script(Protocol):
    """A server that answers each request with the next answer."""

    def connectionMade(self) -> None:
        """Count the connection."""
        self.factory.open.add(self)
        self.factory.made += 1
        self.served = 0

    def dataReceived(self, data: bytes) -> None:
        """Send the next answer, or a good one."""
        if not data.endswith(b'</methodCall>\n'):
            return
        self.factory.asked += 1
        self.factory.heard = data
        answer = self.factory.answers.pop(0) if self.factory.answers \
            else http(GOOD)
        if callable(answer):
            answer(self)
        else:
            self.transport.write(answer)

    def connectionLost(self, reason: Any = None) -> None:
        """Note that the connection is closed."""
        self.factory.open.discard(self)
        waiting, self.factory.waiting = self.factory.waiting, []
        for each in waiting:
            each.callback(None)


def hang_up(after: bytes) -> Callable[[Any], None]:
    """Send bytes, and close the connection."""
    def answer(protocol: Any) -> None:
        protocol.transport.write(after)
        protocol.transport.loseConnection()
    return answer


class Flood:
    """Headers without an end."""

    def __init__(self, protocol: Any) -> None:
        self._transport = protocol.transport
        self._transport.write(b'HTTP/1.1 200 OK\r\n')
        self._transport.registerProducer(self, False)

    def resumeProducing(self) -> None:
        """Send more headers."""
        self._transport.write(b'X-More: %s\r\n' % (b'x' * 900) * 20)

    def stopProducing(self) -> None:
        """Do nothing."""


class HostileTestCase(WireTestCase):
    """A server with a list of answers."""

    @inlineCallbacks
    def script(self, *answers: Any, context: Any = None, **kwargs: Any
               ) -> Any:
        """Serve some answers, and return a Connection."""
        self.factory = Factory.forProtocol(Script)
        self.factory.noisy = False
        self.factory.answers = list(answers)
        self.factory.open = set()
        self.factory.waiting = []
        self.factory.made = self.factory.asked = 0
        port = yield self.serve(self.factory, context)
        scheme = 'https' if context else 'http'
        return self.connect(f'{scheme}://localhost:{port}/kojihub', **kwargs)

    @inlineCallbacks
    def all_lost(self) -> Any:
        """Wait until the server has no open connection."""
        while self.factory.open:
            lost: Deferred[None] = Deferred()
            self.factory.waiting.append(lost)
            yield lost


class AnswersTests(HostileTestCase):
    """Answers that are not valid, and unusual ones that are."""

    @inlineCallbacks
    def check(self, answer: Any, kind: Any, text: str = '', **kwargs: Any
              ) -> Any:
        """The call fails, and the next call of the Connection works."""
        koji = yield self.script(answer, **kwargs)
        error = yield self.assertFailure(koji.tagBuild(1, 2), kind)
        self.assertIn(text, str(error))
        self.assertLess(len(str(error)), 800)
        # A write, which is not sent again over another connection.
        yield deferLater(reactor, 0, lambda: None)
        self.assertEqual((yield koji.tagBuild(1, 2)), 1)
        self.assertEqual(self.factory.asked, 2)
        yield koji.close()
        yield self.all_lost()

    @inlineCallbacks
    def test_bodies(self) -> Any:
        """A body that is no answer is an AnswerError."""
        big = b'1' * 10**6
        for body in [
                b'', b'words', b'<html></html>', b'{"a": 1}', GOOD[:-30],
                GOOD * 2, GOOD.replace(b'1', big), b'\xff' * 1000,
                *[GOOD.replace(b"'1.0'", b"'1.0' encoding='%s'" % coding)
                  for coding in (b'odd', b'rot13', b'utf-16', b'idna')],
                b'\x00' * 10**6,
                GOOD.replace(b'int', b'thing'), b'<a>' * 200000,
                b'<methodResponse><params><param>'
                + b'<value><array><data>' * 200000,
                b'<!DOCTYPE a [<!ENTITY a "b">]>' + GOOD,
                b'<!DOCTYPE a [<!ENTITY a "' + b'x' * 10000 + b'"><!ENTITY b "'
                + b'&a;' * 10000 + b'">]><methodResponse>&b;',
                b'<!DOCTYPE a [<!ENTITY a SYSTEM "file:///etc/passwd">]>'
                + GOOD.replace(b'1', b'&a;')]:
            yield self.check(http(body), AnswerError, 'cannot be read')

    @inlineCallbacks
    def test_gzip(self) -> Any:
        """Broken, truncated, doubled and unknown codings are refused."""
        good = gzip.compress(GOOD)
        coded = b'Content-Encoding: gzip'
        for body, header, text in [
                (b'not gzip', coded, 'gzip is broken'),
                (good[:-12], coded, 'gzip ends too soon'),
                (b'', coded, 'gzip ends too soon'),
                (good + b'more', coded, 'more bytes after its gzip'),
                (good * 2, coded, 'more bytes after its gzip'),
                (good, b'Content-Encoding: br', "coded as 'br'"),
                (good, b'Content-Encoding: gzip, gzip', 'coded as'),
                (gzip.compress(b'words'), coded, "begins with 'words'")]:
            yield self.check(http(body, header), AnswerError, text)

    @inlineCallbacks
    def test_bomb(self) -> Any:
        """A gzip bomb is decompressed in steps, up to the limit."""
        packer = zlib.compressobj(9, zlib.DEFLATED, 31)
        bomb = packer.compress(GOOD[:90]) + b''.join(
            packer.compress(b' ' * 2**20) for _ in range(64)) + packer.flush()
        self.assertLess(len(bomb), 100000)
        sizes: list[int] = []

        feed = Decoder.feed

        def watched(decoder: Any, data: bytes) -> None:
            sizes.append(len(data))
            feed(decoder, data)

        self.patch(Decoder, 'feed', watched)
        yield self.check(http(bomb, b'Content-Encoding: gzip'), AnswerError,
                         'larger than 8 MiB', max_body=8 * 2**20)
        self.assertLessEqual(max(sizes), body_module.STEP)

    @inlineCallbacks
    def test_too_large(self) -> Any:
        """A plain body has the same limit."""
        yield self.check(http(encode_answer(['x' * 1000] * 2000)),
                         AnswerError, 'larger than 1 MiB', max_body=2**20)

    @inlineCallbacks
    def test_good_gzip(self) -> Any:
        """Compressed answers of 7 MB and of a few bytes are decoded."""
        data = recordings()['listTagged.big'].response
        koji = yield self.script(zipped(data), zipped(GOOD))
        builds = yield koji.listTagged('f43-updates')
        self.assertEqual(len(builds), 3350)
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(self.factory.made, 1)

    @inlineCallbacks
    def test_gzip_of_twisted(self) -> Any:
        """An answer that twisted.web compresses is decoded."""
        hub = FakeHub(clock=Clock())
        resource = EncodingResourceWrapper(
            hub.resource.children[b'kojihub'], [GzipEncoderFactory()])
        port = yield self.serve(Site(resource, reactor=reactor))
        koji = self.connect(f'http://localhost:{port}/kojihub')
        self.assertEqual((yield koji.getTag('f44')).id, 33)

    @inlineCallbacks
    def test_heads(self) -> Any:
        """Heads that are not HTTP, too long, or endless are refused."""
        for answer in [b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 2**16 + b'\r\n',
                       b'\r\n' * 20 + b'GET / HTTP/1.1\r\n\r\n']:
            yield self.check(hang_up(answer), KojiException)
        yield self.check(Flood, AnswerError, 'headers of more than')

    @inlineCallbacks
    def test_lengths(self) -> Any:
        """A wrong, invalid or doubled length is an error."""
        head = b'HTTP/1.1 200 OK\r\n'
        for length, kind in [
                (b'Content-Length: 9999\r\n', ConnectionFailed),
                (b'Content-Length: 10\r\n', AnswerError),
                (b'Content-Length: x\r\n', KojiException),
                (b'Content-Length: -5\r\n', KojiException),
                (b'Content-Length: 5\r\nContent-Length: 6\r\n', KojiException),
                (b'Transfer-Encoding: chunked\r\n', KojiException)]:
            yield self.check(hang_up(head + length + b'\r\n' + GOOD), kind)

    @inlineCallbacks
    def test_statuses(self) -> Any:
        """Every status but 200 is an HTTPError with the number."""
        koji = yield self.script()
        for status in range(201, 600):
            body = b'' if status in (204, 304) else b'why'
            self.factory.answers.append(http(body, status=b'%d Odd' % status))
            error = yield self.assertFailure(koji.getAPIVersion(), HTTPError)
            self.assertEqual(error.status, status)
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(self.factory.made, 1)

    @inlineCallbacks
    def test_long_page(self) -> Any:
        """Only the first bytes of a long error page are read."""
        yield self.check(http(b'why' * 10**6, status=b'502 Bad Gateway'),
                         HTTPError, "502 Bad Gateway: 'whywhy")

    @inlineCallbacks
    def test_troubles(self) -> Any:
        """After each misbehavior of FakeHub, the next call works."""
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        hub.respond('tagBuild', 1, anonymous=True)
        koji = self.connect(server, timeout=1)
        for kind in MISBEHAVIOURS:
            for turns in (0, 1, 2):
                hub.misbehave(kind, times=1, seconds=0.001)
                call = koji.getTag('f44')
                yield call.addErrback(lambda failure: failure.trap(
                    KojiException))
                for _ in range(turns):
                    yield deferLater(reactor, 0, lambda: None)
                self.assertEqual((yield koji.tagBuild(1, 2)), 1)

    @inlineCallbacks
    def test_closed_at_once(self) -> Any:
        """close() right after an answer leaves no connection."""
        for body in (b'words', GOOD):
            koji = yield self.script(http(body))
            call = koji.getAPIVersion()
            call.addBoth(lambda result, koji=koji: koji.close())
            yield call
            yield self.all_lost()


class ByteByByte(Protocol):
    """A server that sends one byte of its answer in each turn."""

    def dataReceived(self, data: bytes) -> None:
        """Start to send the answer."""
        self.send(http(encode_answer([{'a': 1, 'b': ['\xe9', None]}] * 5)))

    def send(self, rest: bytes) -> None:
        """Send the next byte."""
        self.transport.write(rest[:1])
        if rest[1:] and self.connected:
            reactor.callLater(0, self.send, rest[1:])


class PhasesTests(HostileTestCase):
    """Canceling, time limits and hang-ups in every phase."""

    @inlineCallbacks
    def test_slowly(self) -> Any:
        """An answer that arrives byte by byte is decoded."""
        port = yield self.serve(Factory.forProtocol(ByteByByte))
        koji = self.connect(f'http://localhost:{port}/kojihub')
        value = yield koji.call('x')
        self.assertEqual(value, [{'a': 1, 'b': ['\xe9', None]}] * 5)

    @inlineCallbacks
    def check_tls(self, end: Callable[[Any, Any], Any]) -> Any:
        """A TLS server that stalls in the body sees the connection close."""
        authority = trustme.CA()
        path = os.path.join(folder(self), 'ca.pem')
        authority.cert_pem.write_to_path(path)
        stalled: Deferred[None] = Deferred()

        def stall(protocol: Any) -> None:
            protocol.transport.write(http(GOOD)[:-20])
            # From here on it neither reads nor answers.
            protocol.transport.pauseProducing()
            reactor.callLater(0, stalled.callback, None)

        koji = yield self.script(
            stall, context=server_context(authority, 'localhost'),
            serverca=path, timeout=0.2)
        call = koji.getAPIVersion()
        yield stalled
        for _ in range(10):
            yield deferLater(reactor, 0, lambda: None)
        yield end(koji, call)
        for protocol in self.factory.open:
            # A socket that is not read does not tell of its end.
            protocol.transport.resumeProducing()
        yield self.all_lost()

    @inlineCallbacks
    def test_tls_cancelled(self) -> Any:
        """Canceling closes a stalled TLS connection."""
        def end(koji: Connection, call: Any) -> Any:
            call.cancel()
            return self.assertFailure(call, CancelledError)
        yield self.check_tls(end)

    @inlineCallbacks
    def test_tls_limit(self) -> Any:
        """The time limit closes a stalled TLS connection."""
        yield self.check_tls(lambda koji, call: self.assertFailure(
            call, CallTimeout))

    @inlineCallbacks
    def test_tls_closed(self) -> Any:
        """close() closes a stalled TLS connection."""
        def end(koji: Connection, call: Any) -> Any:
            call.addErrback(lambda failure: failure.trap(KojiException))
            return koji.close()
        yield self.check_tls(end)

    @inlineCallbacks
    def test_connecting(self) -> Any:
        """Connecting has a time limit, and can be canceled."""
        with socket.socket() as full:
            full.bind(('127.0.0.1', 0))
            full.listen(0)
            port = full.getsockname()[1]
            filling = []
            for _ in range(4):
                other = socket.socket()
                self.addCleanup(other.close)
                other.setblocking(False)
                other.connect_ex(('127.0.0.1', port))
                filling.append(other)
            server = f'http://127.0.0.1:{port}/kojihub'
            koji = self.connect(server, timeout=0.05)
            error = yield self.assertFailure(koji.getAPIVersion(),
                                             ConnectionFailed)
            self.assertIn('no connection within 0.05 seconds', str(error))
            error = yield self.assertFailure(koji.tagBuild(1, 2),
                                             ConnectionFailed)
            self.assertIsInstance(error, NotSent)
            koji = self.connect(server)
            call = koji.getAPIVersion()
            reactor.callLater(0, call.cancel)
            yield self.assertFailure(call, CancelledError)

    @inlineCallbacks
    def test_handshake(self) -> Any:
        """A TLS handshake that stalls has a time limit."""
        koji = yield self.script(timeout=0.05)
        koji = self.connect(koji.url.replace('http:', 'https:'), timeout=0.05)
        for call in (koji.getAPIVersion, koji.tagBuild):
            error = yield self.assertFailure(call(), ConnectionFailed)
            self.assertIn('no connection within', str(error))
        self.assertIsInstance(error, NotSent)
        yield self.all_lost()

    @inlineCallbacks
    def test_two_hundred(self) -> Any:
        """Canceled calls disturb no other call, and leave no connection."""
        rng = random.Random(7)
        hub = FakeHub(reactor=reactor)
        hub.misbehave('slow', seconds=0)
        site = CountingSite(hub.resource, reactor=reactor)
        port = yield self.serve(site)
        koji = self.connect(f'http://localhost:{port}/kojihub',
                            max_connections=10)
        calls = [koji.getTag(number % 70 + 1) for number in range(200)]
        victims = rng.sample(range(200), 50)
        waiting = [calls[victim] for victim in victims]

        def one_less(result: Any) -> Any:
            # Whenever one is answered, one is cancelled, wherever it is.
            if waiting:
                waiting.pop().cancel()
            return result

        for number, call in enumerate(calls):
            if number not in victims:
                call.addCallback(one_less)
        outcomes = yield DeferredList(calls, consumeErrors=True)
        cancelled = 0
        for number, (success, value) in enumerate(outcomes):
            if success:
                self.assertEqual(value.id, number % 70 + 1)
            else:
                self.assertIn(number, victims)
                value.trap(CancelledError)
                cancelled += 1
        self.assertGreater(cancelled, 10)
        # What was cancelled is closed; what was answered may be kept.
        for _ in range(10):
            yield deferLater(reactor, 0, lambda: None)
        self.assertLessEqual(site.open, 10)
        yield koji.close()
        yield site.all_lost()
        self.assertEqual(koji.client._transport._slots._free, 10)


class RequestTests(HostileTestCase):
    """The requests that a server receives."""

    @inlineCallbacks
    def test_headers(self) -> Any:
        """A request has the headers that a hub needs."""
        koji = yield self.script()
        yield koji.getAPIVersion()
        head, _, body = self.factory.heard.partition(b'\r\n\r\n')
        lines = head.lower().split(b'\r\n')
        self.assertEqual(lines[0], b'post /kojihub http/1.1')
        for line in [b'content-type: text/xml', b'accept-encoding: gzip',
                     b'user-agent: txkoji/1',
                     b'content-length: %d' % len(body)]:
            self.assertIn(line, lines)


class KeptConnectionsTests(HostileTestCase):
    """Idle connections that the server has closed."""

    @inlineCallbacks
    def dead(self, *answers: Any) -> Any:
        """A Connection with an idle connection that the server will drop."""
        koji = yield self.script(http(GOOD), *answers)
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(self.factory.made, 1)
        return koji

    @inlineCallbacks
    def test_read(self) -> Any:
        """A read is sent once more over a new connection."""
        koji = yield self.dead(hang_up(b''))
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual((self.factory.made, self.factory.asked), (2, 3))

    @inlineCallbacks
    def test_only_once(self) -> Any:
        """A read is not sent a third time."""
        koji = yield self.dead(hang_up(b''), hang_up(b''))
        yield self.assertFailure(koji.getAPIVersion(), ConnectionFailed)
        self.assertEqual((self.factory.made, self.factory.asked), (2, 3))

    @inlineCallbacks
    def test_write(self) -> Any:
        """A write is not sent again, since the hub may have carried it out."""
        koji = yield self.dead(hang_up(b''))
        yield self.assertFailure(koji.tagBuild(1, 2), ConnectionFailed)
        self.assertEqual(self.factory.asked, 2)

    @inlineCallbacks
    def test_a_byte(self) -> Any:
        """A read is not sent again if a byte of the answer has arrived."""
        koji = yield self.dead(hang_up(b'H'))
        yield self.assertFailure(koji.getAPIVersion(), ConnectionFailed)
        self.assertEqual(self.factory.asked, 2)

    @inlineCallbacks
    def test_new_connection(self) -> Any:
        """A read over a new connection is not sent again."""
        koji = yield self.script(hang_up(b''))
        yield self.assertFailure(koji.getAPIVersion(), ConnectionFailed)
        self.assertEqual(self.factory.asked, 1)

    @inlineCallbacks
    def test_idle(self) -> Any:
        """An idle connection is closed after a while."""
        from txkoji.hub.http import pool
        self.patch(pool, 'IDLE_TIMEOUT', 0.01)
        koji = yield self.script()
        self.assertEqual((yield koji.getAPIVersion()), 1)
        yield self.all_lost()
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(self.factory.made, 2)


class BackPressureTests(SynchronousTestCase):
    """Sinks that pause the reading."""

    def test_paused(self) -> None:
        """The connection is paused while compressed bytes are left."""
        events: list[Any] = []

        class Reading:
            def pause(self) -> None:
                events.append('pause')

            def resume(self) -> None:
                events.append('resume')

        class Sink:
            def feed(self, data: bytes) -> None:
                events.append(len(data))

            def close(self) -> None:
                """Not asked."""

        clock = Clock()
        body = body_module.Body(
            Sink(), Reading(),  # type: ignore[arg-type]
            clock, coding='gzip', limit=2**20, on_pause=events.append,
            on_end=events.append)
        body.feed(gzip.compress(b'x' * (2 * 65536 + 5)))
        self.assertEqual(events, [65536, 'pause'])
        clock.advance(0)
        clock.advance(0)
        self.assertEqual(events, [65536, 'pause', 65536, 'pause', 5,
                                  'resume'])
        body.complete()
        self.assertEqual(events[6:], [None])
        self.assertEqual(clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """stop() cancels the next step, and feeds nothing more."""
        clock = Clock()

        class Reading:
            def pause(self) -> None:
                """As usual."""

        class Sink:
            def feed(self, data: bytes) -> None:
                """Whatever it is."""

            def close(self) -> None:
                """Not asked."""

        ended: list[Any] = []
        body = body_module.Body(
            Sink(), Reading(),  # type: ignore[arg-type]
            clock, coding='gzip', limit=2**20, on_pause=bool,
            on_end=ended.append)
        body.feed(gzip.compress(b'x' * 200000))
        body.stop()
        self.assertEqual(clock.getDelayedCalls(), [])
        body.feed(b'late')
        body.complete()
        self.assertEqual(ended, [])


class ReadsTests(SynchronousTestCase):
    """The hub methods that are reads."""

    #: All methods of the recorded hub that change nothing, looked at one by
    #: one, but for those named get*, list* and query* without a dot.
    OTHERS = set('''
        _listapi buildReferences checkTagAccess checkTagPackage checkUpload
        downloadTaskOutput echo error evalPolicy fault findBuildID hasPerm
        hello mavenEnabled repo.checkRequest repo.get
        repo.getExternalRepoData repo.query repo.queryQueue repo.references
        repoInfo scheduler.getHostData scheduler.getLogMessages
        scheduler.getTaskRefusals scheduler.getTaskRuns search showOpts
        showSession system.listMethods system.methodHelp
        system.methodSignature tagChangedSinceEvent tagFirstChangeEvent
        tagLastChangeEvent taskFinished untaggedBuilds winEnabled
        '''.split())

    def test_every_method(self) -> None:
        """Every recorded hub method is a read or a write as it should be."""
        names = [row['name'] for row in recordings()['_listapi'].answer]
        self.assertGreater(len(names), 300)
        for name in names:
            expected = name in self.OTHERS or (
                '.' not in name and name.startswith(('get', 'list', 'query')))
            if name in ('count', 'filterResults', 'countAndFilterResults'):
                continue
            self.assertEqual(is_read(name), expected, name)

    def test_named(self) -> None:
        """A method that calls another one is a read if that one is a read."""
        for method in ('count', 'filterResults', 'countAndFilterResults'):
            self.assertTrue(is_read(method, ['listTags']))
            self.assertTrue(is_read(method, [], {'methodName': 'listTags'}))
            for args in [['tagBuild', 1], [], [5], [method, 'listTags']]:
                self.assertFalse(is_read(method, args))

    def test_create(self) -> None:
        """With `create`, the methods getPackage and getTagID are writes."""
        for method in ('getPackage', 'getTagID'):
            self.assertTrue(is_read(method, ['x', True]))
            self.assertTrue(is_read(method, ['x'], {'create': False}))
            self.assertFalse(is_read(method, ['x', False, True]))
            self.assertFalse(is_read(method, ['x'], {'create': True}))

    def test_unknown(self) -> None:
        """An unknown method is a write."""
        for method in ['host.getTask', 'repo.getAll', 'cancelBuild', 'x',
                       'plugin.listThings', '', 'get.x']:
            self.assertFalse(is_read(method))
