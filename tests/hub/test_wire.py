"""The transport over sockets and TLS, and hubs that fail."""
from __future__ import annotations

import gc
import io
import os
import socket
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

import trustme
from OpenSSL import SSL
from twisted.internet import reactor
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    gatherResults,
    inlineCallbacks,
    succeed,
)
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock, deferLater
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.servers import server_context
from tests.support import folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    HTTPError,
    NotSent,
    TLSError,
)
from txkoji.files.topurl import File
from txkoji.hub.codec import xmlrpc
from txkoji.hub.http.errors import translate_error
from txkoji.hub.http.exchange import Exchange
from txkoji.hub.http.network import Sockets
from txkoji.testing import FakeHub


class CountingSite(Site):
    """
    A Site that counts its connections.

    :ivar made: the number of connections that were made.
    :ivar open: the number of connections that are open.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.made = 0
        self.open = 0
        self.idle: list[Deferred[None]] = []

    def buildProtocol(self, addr: Any) -> Any:
        """Make a protocol, and count its connection."""
        protocol = super().buildProtocol(addr)
        lost = protocol.connectionLost
        self.made += 1
        self.open += 1

        def connection_lost(reason: Any) -> None:
            self.open -= 1
            lost(reason)
            if not self.open:
                waiting, self.idle = self.idle, []
                for each in waiting:
                    each.callback(None)

        protocol.connectionLost = connection_lost
        return protocol

    def all_lost(self) -> Deferred[None]:
        """Wait until no connection is open."""
        if not self.open:
            return succeed(None)
        waiting: Deferred[None] = Deferred()
        self.idle.append(waiting)
        return waiting


class Scripted(Protocol):
    """A server that sends the same bytes after each request."""

    def dataReceived(self, data: bytes) -> None:
        """Send the factory's answer."""
        if not self.factory.asked.called:
            self.factory.asked.callback(None)
        if self.factory.answer is not None:
            self.transport.write(self.factory.answer)
            if self.factory.hang_up:
                self.transport.loseConnection()

    def connectionLost(self, reason: Any = None) -> None:
        """Fire the factory's `lost`."""
        self.factory.lost.callback(None)


class WireTestCase(TestCase):
    """Servers on loopback ports, and Connections to them."""

    @inlineCallbacks
    def serve(self, factory: Any, context: Any = None) -> Any:
        """Serve on a free port, and return the port."""
        if context is None:
            endpoint: Any = TCP4ServerEndpoint(reactor, 0,
                                               interface='127.0.0.1')
        else:
            endpoint = SSL4ServerEndpoint(reactor, 0, context,
                                          interface='127.0.0.1')
        port = yield endpoint.listen(factory)
        self.addCleanup(port.stopListening)
        return port.getHost().port

    @inlineCallbacks
    def serve_script(self, answer: bytes | None, hang_up: bool = True
                     ) -> Any:
        """Serve a `Scripted`, and return its factory and port."""
        factory = Factory.forProtocol(Scripted)
        factory.noisy = False
        factory.answer = answer
        factory.hang_up = hang_up
        factory.asked = Deferred()
        factory.lost = Deferred()
        port = yield self.serve(factory)
        return factory, port

    def connect(self, server: str, **kwargs: Any) -> Connection:
        """Make a Connection that does not retry unless it is asked to."""
        settings = {name: kwargs.pop(name) for name in list(kwargs)
                    if name in Profile.__dataclass_fields__
                    and name != 'timeout'}
        # An error is wanted at once, where a test asks for no retries.
        settings.setdefault('max_retries', 0)
        koji = Connection(Profile('test', server=server, **settings),
                          **kwargs)
        self.addCleanup(koji.close)
        return koji


class TLSTests(WireTestCase):
    """A hub behind TLS."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start a hub behind TLS."""
        self.authority = trustme.CA()
        self.folder = folder(self)
        self.ca = self.pem('ca.pem', self.authority.cert_pem.bytes())
        self.hub = FakeHub(clock=Clock())
        self.site = CountingSite(self.hub.resource, reactor=reactor)
        self.server = yield self.serve_tls('localhost')

    def pem(self, name: str, data: bytes) -> str:
        """Write a PEM file, and return its path."""
        path = os.path.join(self.folder, name)
        with open(path, 'wb') as file:
            file.write(data)
        return path

    @inlineCallbacks
    def serve_tls(self, *names: str) -> Any:
        """Serve the hub with a certificate for some host names."""
        context = server_context(self.authority, *names)
        port = yield self.serve(self.site, context)
        return f'https://localhost:{port}/kojihub'

    @inlineCallbacks
    def test_one_connection(self) -> Any:
        """Fifty calls in sequence use one connection."""
        koji = self.connect(self.server, serverca=self.ca)
        for number in range(1, 51):
            tag = yield koji.getTag(number)
            self.assertEqual(tag.id, number)
        self.assertEqual(self.site.made, 1)
        yield koji.close()
        yield self.site.all_lost()

    @inlineCallbacks
    def test_many_at_once(self) -> Any:
        """Fifty calls at once use no more than max_connections."""
        koji = self.connect(self.server, serverca=self.ca, max_connections=3)
        tags = yield gatherResults(
            [koji.getTag(number) for number in range(1, 51)])
        self.assertEqual([tag.id for tag in tags], list(range(1, 51)))
        self.assertLessEqual(self.site.made, 3)

    @inlineCallbacks
    def test_bundle(self) -> Any:
        """Any certificate of a bundle can verify the hub."""
        other = trustme.CA().cert_pem.bytes()
        bundle = self.pem('bundle.pem',
                          other + self.authority.cert_pem.bytes())
        koji = self.connect(self.server, serverca=bundle)
        self.assertEqual((yield koji.getAPIVersion()), 1)

    @inlineCallbacks
    def check_refused(self, text: str, server: str, **kwargs: Any) -> Any:
        """The call fails with a TLSError, and the hub gets no request."""
        koji = self.connect(server, **kwargs)
        error = yield self.assertFailure(koji.getAPIVersion(), TLSError)
        self.assertIn(text, str(error))
        self.assertIn(server, str(error))
        self.assertEqual(error.url, server)
        self.assertEqual(error.method, 'getAPIVersion')
        self.assertEqual(self.hub.requests, 0)

    @inlineCallbacks
    def test_system_certificates(self) -> Any:
        """Without a serverca, the system's certificates verify the hub."""
        yield self.check_refused('certificate verify failed', self.server)

    @inlineCallbacks
    def test_wrong_ca(self) -> Any:
        """A serverca with another CA does not verify the hub."""
        wrong = self.pem('wrong.pem', trustme.CA().cert_pem.bytes())
        yield self.check_refused('certificate verify failed', self.server,
                                 serverca=wrong)

    @inlineCallbacks
    def test_wrong_host(self) -> Any:
        """A certificate for another host is refused."""
        server = yield self.serve_tls('other.example.com')
        yield self.check_refused('for another host', server,
                                 serverca=self.ca)

    @inlineCallbacks
    def test_no_ssl_verify(self) -> Any:
        """With a serverca, no_ssl_verify has no effect; else it is logged."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        koji = self.connect(self.server, no_ssl_verify=True)
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual((yield koji.getAPIVersion()), 1)
        warnings = [event for event in events
                    if event['log_level'] == LogLevel.warn]
        self.assertEqual(len(warnings), 1)
        self.hub.requests = 0
        wrong = self.pem('wrong.pem', trustme.CA().cert_pem.bytes())
        yield self.check_refused('certificate verify failed', self.server,
                                 serverca=wrong, no_ssl_verify=True)

    @inlineCallbacks
    def test_plain_server(self) -> Any:
        """A server that does not speak TLS is a TLSError."""
        factory, port = yield self.serve_script(b'HTTP/1.1 400 Bad\r\n\r\n')
        koji = self.connect(f'https://localhost:{port}/kojihub')
        error = yield self.assertFailure(koji.getAPIVersion(), TLSError)
        self.assertIn('TLS failed', str(error))

    @inlineCallbacks
    def test_unreadable_serverca(self) -> Any:
        """A serverca that cannot be read fails the call before it connects."""
        for path, why in [
                (os.path.join(self.folder, 'none.pem'), 'No such file'),
                (os.path.join(self.folder, 'none.d/'), 'No such file'),
                (self.folder, 'without hashed certificates'),
                (self.pem('empty.pem', b''), 'holds no certificate'),
                (self.pem('words.pem', b'no certificate'),
                 'holds no certificate')]:
            koji = self.connect(self.server, serverca=path)
            error = yield self.assertFailure(koji.getAPIVersion(),
                                             ConfigurationError)
            self.assertIn(path, str(error))
            self.assertIn(why, str(error))
        self.assertEqual(self.site.made, 0)


class FailureTests(WireTestCase):
    """Hubs that are away, or that fail."""

    @inlineCallbacks
    def fails(self, kind: Any, koji: Connection, text: str) -> Any:
        """The call fails with an error that has the text and the fields."""
        error = yield self.assertFailure(koji.getAPIVersion(), kind)
        self.assertIn(text, str(error))
        self.assertEqual(error.method, 'getAPIVersion')
        self.assertIsNone(error.faultCode)
        self.assertTrue(str(error).startswith(f'getAPIVersion at {koji.url}'),
                        str(error))
        return error

    @inlineCallbacks
    def test_refused(self) -> Any:
        """A refused connection is a ConnectionFailed, which is an IOError."""
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            port = taken.getsockname()[1]
            koji = self.connect(f'http://127.0.0.1:{port}/kojihub')
            error = yield self.fails(ConnectionFailed, koji, 'refused')
        self.assertIsInstance(error, IOError)
        self.assertIsNotNone(error.__cause__)

    @inlineCallbacks
    def test_unknown_host(self) -> Any:
        """An unknown host is a ConnectionFailed."""
        koji = self.connect('http://nosuch.invalid/kojihub')
        yield self.fails(ConnectionFailed, koji, 'no such host')

    @inlineCallbacks
    def check_script(self, answer: bytes, kind: Any, text: str) -> Any:
        """An answer of a `Scripted` fails the call."""
        factory, port = yield self.serve_script(answer)
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub')
        error = yield self.fails(kind, koji, text)
        yield koji.close()
        return error

    @inlineCallbacks
    def test_no_host_name(self) -> Any:
        """A topurl without a valid host name is a ConfigurationError."""
        for url in ['http://a_b.example/', 'https://a_b.example/']:
            koji = self.connect('http://localhost/kojihub', topurl=url)
            error = yield self.assertFailure(
                File(koji, 'x').download(io.BytesIO()),
                ConfigurationError)
            self.assertIn("'a_b.example' is not a valid host name",
                          str(error))

    @inlineCallbacks
    def test_dropped(self) -> Any:
        """A connection that breaks within the answer fails the call."""
        for answer in [b'', b'HTTP/1.1 200 OK\r\nContent-',
                       b'HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n<meth',
                       b'HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n'
                       b'\r\n20\r\n<meth']:
            yield self.check_script(answer, ConnectionFailed,
                                    'the connection broke')

    @inlineCallbacks
    def test_without_length(self) -> Any:
        """A body without a length is accepted if the answer is complete."""
        body = xmlrpc.encode_answer([1])
        head = b'HTTP/1.0 200 OK\r\n\r\n'
        factory, port = yield self.serve_script(head + body)
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub')
        self.assertEqual((yield koji.getAPIVersion()), [1])
        yield self.check_script(head + body[:-20], ConnectionFailed,
                                'broke before the whole answer')

    @inlineCallbacks
    def test_not_http(self) -> Any:
        """Bytes that are not HTTP are an AnswerError."""
        for answer in [b'SSH-2.0-OpenSSH_9.2\r\n', b'\x00' * 100 + b'\r\n',
                       b'HTTP/1.1 abc OK\r\n\r\n']:
            yield self.check_script(answer, AnswerError, 'not HTTP')

    @inlineCallbacks
    def test_not_xmlrpc(self) -> Any:
        """The error of an HTML page with status 200 shows its first bytes."""
        yield self.check_script(
            b'HTTP/1.1 200 OK\r\nContent-Length: 18\r\n\r\n'
            b'<html>Hello</html>', AnswerError, '<html>Hello')

    @inlineCallbacks
    def test_status(self) -> Any:
        """The error of another status has the number and the first bytes."""
        for status in [201, 204, 400, 401, 403, 404, 405, 500, 502, 503]:
            error = yield self.check_script(
                b'HTTP/1.1 %d Really\r\nContent-Length: 4\r\n\r\n'
                b'why?' % status, HTTPError, f'HTTP status {status} Really')
            self.assertEqual(error.status, status)
            if status != 204:
                self.assertIn('why?', str(error))

    @inlineCallbacks
    def test_redirect(self) -> Any:
        """Another redirect is an error with its target, without secrets."""
        for status in [301, 302, 303, 307, 308]:
            error = yield self.check_script(
                b'HTTP/1.1 %d Moved\r\nContent-Length: 0\r\n'
                b'Location: https://a:b@new.example/hub?session-key=1\r\n\r\n'
                % status, HTTPError, 'to https://new.example/hub;')
            self.assertEqual(error.status, status)

    @inlineCallbacks
    def test_moved(self) -> Any:
        """A 307 or 308 on the same host is followed, and only once."""
        seen: list[Any] = []

        class Moved(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> Any:
                seen.append((request.uri, request.content.read()))
                return redirectTo(to, request)

        def redirectTo(url: str, request: Any) -> bytes:
            request.setResponseCode(status)
            request.setHeader('Location', url)
            return b''

        hub = FakeHub(reactor=reactor)
        hub.resource.putChild(b'moved', Moved())
        authority = trustme.CA()
        path = write(folder(self) + '/ca.pem', authority.cert_pem.bytes())
        server = yield hub.listen()
        secure = yield hub.listen(tls=server_context(authority, 'localhost'))
        self.addCleanup(hub.stop)
        server = server.replace('127.0.0.1', 'localhost')
        for status in (307, 308):
            for to in ['/kojihub', server, secure]:
                seen.clear()
                koji = self.connect(server.replace('kojihub', 'moved'),
                                    serverca=path)
                self.assertEqual((yield koji.getTag('f44')).id, 33)
                self.assertEqual((yield koji.call('echo', 7)), [7])
                # The second time it is known.
                self.assertEqual(len(seen), 1)
        hub.respond('build', 7, anonymous=True)
        koji = self.connect(server.replace('kojihub', 'moved'), serverca=path)
        self.assertEqual((yield koji.build('x')), 7)
        hub.resource.putChild(b'loop', Moved())
        for status, to in [
                (307, '/loop'),
                (301, '/kojihub'), (302, '/kojihub'), (303, '/kojihub'),
                (307, '/moved'), (307, ''),
                (307, server.replace('localhost', '127.0.0.1')),
                (308, 'http://localhost:1/kojihub'),
                (308, server.replace('//', '//user:secret@')),
                (308, 'http://[x/'), (308, 'ftp://localhost/kojihub')]:
            koji = self.connect(server.replace('kojihub', 'moved'))
            error = yield self.assertFailure(koji.getTag('f44'), HTTPError)
            self.assertEqual(error.status, status)
            self.assertNotIn('secret', str(error))
        self.assertLess(len(seen), 20)

    @inlineCallbacks
    def check_silent(self, factory: Any, port: int) -> Any:
        """The call fails with CallTimeout, and the connection is closed."""
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub', timeout=0.01)
        error = yield self.fails(CallTimeout, koji, 'within 0.01 seconds')
        self.assertIsInstance(error, TimeoutError)
        yield factory.lost

    @inlineCallbacks
    def check_cancelled(self, factory: Any, port: int) -> Any:
        """A canceled call closes the connection."""
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub')
        call = koji.getAPIVersion()
        yield factory.asked
        # What the server wrote is there after a turn or two.
        for _ in range(10):
            yield deferLater(reactor, 0, lambda: None)
        call.cancel()
        yield self.assertFailure(call, CancelledError)
        yield factory.lost

    @inlineCallbacks
    def test_time_limit(self) -> Any:
        """A time limit on headers and body closes the connection."""
        for answer in [None, b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n',
                       b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<me']:
            yield self.check_silent(*(yield self.serve_script(answer, False)))

    @inlineCallbacks
    def test_cancel(self) -> Any:
        """Canceling closes the connection, before and in the body."""
        for answer in [None,
                       b'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n<me']:
            yield self.check_cancelled(
                *(yield self.serve_script(answer, False)))

    @inlineCallbacks
    def test_close(self) -> Any:
        """close() fails open calls, and fires when no connection is open."""
        factory, port = yield self.serve_script(None)
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub',
                            max_connections=1)
        calls = [koji.getAPIVersion() for _ in range(3)]
        yield factory.asked
        yield koji.close()
        for call in calls:
            yield self.assertFailure(call, ConnectionClosed)
        yield factory.lost
        yield self.assertFailure(koji.getAPIVersion(), ConnectionClosed)
        yield koji.close()

    @inlineCallbacks
    def test_network(self) -> Any:
        """The network of a program makes the connections."""
        class Noting(Sockets):
            def endpoint(self, host: str, port: int) -> Any:
                asked.append((host, port))
                return super().endpoint(host, port)

        asked: list[Any] = []
        hub = FakeHub(clock=Clock())
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        koji = self.connect(server, network=Noting(reactor))
        self.assertEqual((yield koji.getAPIVersion()), 1)
        self.assertEqual(asked, [('127.0.0.1', urlsplit(server).port)])
        yield koji.close()


class EarlyAnswer(Protocol):
    """A server that answers before it has read the request."""

    def connectionMade(self) -> None:
        """Note the transport."""
        self.factory.made.append(self.transport)

    def dataReceived(self, data: bytes) -> None:
        """Answer, and stop reading."""
        self.transport.pauseProducing()
        body = xmlrpc.encode_answer(1)
        self.transport.write(b'HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b'
                             % (len(body), body))


class TranslateErrorTests(SynchronousTestCase):
    """Errors of OpenSSL, before and after the request was sent."""

    def test_tls(self) -> None:
        """After the request, only a refused certificate is a TLSError."""
        for reason, before, after in [
                ('wrong version number', TLSError, ConnectionFailed),
                ('decryption failed or bad record mac', TLSError,
                 ConnectionFailed),
                ('sslv3 alert bad record mac', TLSError, ConnectionFailed),
                ('tlsv13 alert certificate required', TLSError, TLSError),
                ('tlsv1 alert unknown ca', TLSError, TLSError)]:
            error = SSL.Error([('SSL routines', '', reason)])
            self.assertEqual([translate_error(error, sent)[0]
                              for sent in (False, True)], [before, after])


class ConnectionTests(WireTestCase):
    """The use of connections, and leftovers of calls."""

    @inlineCallbacks
    def test_early_answer(self) -> Any:
        """A connection with an unsent part of a request is not used again."""
        factory = Factory.forProtocol(EarlyAnswer)
        factory.noisy = False
        factory.made = []
        port = yield self.serve(factory)
        koji = self.connect(f'http://127.0.0.1:{port}/kojihub')
        self.assertEqual((yield koji.echo(b'x' * 2**25)), 1)
        self.assertEqual((yield koji.echo(b'x' * 2**25)), 1)
        self.assertEqual(len(factory.made), 2)
        for transport in factory.made:
            transport.abortConnection()

    @inlineCallbacks
    def test_plain_port(self) -> Any:
        """An https URL of a server without TLS fails at once."""
        factory, port = yield self.serve_script(
            b'HTTP/1.1 400 Bad Request\r\nContent-Length: 0\r\n\r\n')
        koji = self.connect(f'https://127.0.0.1:{port}/kojihub')
        error = yield self.assertFailure(koji.build('x'), TLSError)
        self.assertIn('does the server speak plain http', str(error))
        self.assertIsInstance(error, NotSent)
        yield factory.lost

    @inlineCallbacks
    def test_no_cycles(self) -> Any:
        """A call leaves no reference cycle and no timer."""
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        memory = hub.connection()
        yield memory.getTag('f44')
        koji = self.connect(server)
        yield koji.getTag('f44')
        timers = len(reactor.getDelayedCalls())
        for _ in range(3):
            yield koji.getTag('f44')
        self.assertEqual(len(reactor.getDelayedCalls()), timers)
        yield memory.getTag('f44')
        self.assertEqual(len(reactor.getDelayedCalls()), timers)
        gc.collect()
        gc.disable()
        self.addCleanup(gc.enable)
        before = self.exchanges()
        for _ in range(10):
            yield koji.getTag('f44')
        # The last one may still be on its way out.
        self.assertLess(self.exchanges(), before + 2)

    def exchanges(self) -> int:
        """The number of Exchanges in memory."""
        return sum(isinstance(each, Exchange) for each in gc.get_objects())


class WaitingTests(SynchronousTestCase):
    """The queue of calls, over memory."""

    def slow(self) -> Callable[[], Deferred[Any]]:
        """A method of a hub that takes a second for each answer."""
        self.hub = FakeHub(clock=Clock())
        self.hub.misbehave('slow', seconds=1)
        self.koji = self.hub.connection(max_connections=1, timeout=10)
        return self.koji.getAPIVersion

    def test_turns(self) -> None:
        """Calls beyond max_connections are queued in order."""
        call = self.slow()
        first, second, third = call(), call(), call()
        self.assertEqual(len(self.hub.calls), 0)
        self.hub.clock.advance(1)
        self.assertEqual(self.successResultOf(first), 1)
        self.assertNoResult(second)
        self.hub.clock.advance(1)
        self.assertEqual(self.successResultOf(second), 1)
        self.hub.clock.advance(1)
        self.assertEqual(self.successResultOf(third), 1)

    def test_cancel_while_waiting(self) -> None:
        """A queued call can be canceled, and the next one is sent."""
        call = self.slow()
        first, second, third = call(), call(), call()
        second.cancel()
        self.failureResultOf(second, CancelledError)
        self.hub.clock.pump([1, 1])
        self.successResultOf(first)
        self.successResultOf(third)
        self.assertEqual(len(self.hub.calls), 2)

    def test_limit_is_for_the_attempt(self) -> None:
        """The time in the queue does not count for the timeout."""
        call = self.slow()
        self.hub.behave()
        self.hub.misbehave('slow', seconds=9)
        first, second = call(), call()
        self.hub.clock.pump([9, 9])
        self.successResultOf(first)
        self.successResultOf(second)

    def test_limit(self) -> None:
        """After a call has timed out, the next one is sent."""
        call = self.slow()
        self.hub.behave()
        self.hub.misbehave('slow', seconds=11, times=1)
        first, second = call(), call()
        self.hub.clock.advance(10)
        self.failureResultOf(first, CallTimeout)
        self.assertEqual(self.successResultOf(second), 1)
