"""Forward proxies: Debian's tinyproxy, and proxies that fail."""
from __future__ import annotations

import io
import os
from collections.abc import Callable
from typing import Any
from unittest import mock

from requests.utils import get_environ_proxies, select_proxy
from twisted.internet import reactor
from twisted.internet.defer import gatherResults, inlineCallbacks
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.hub.test_wire import WireTestCase
from tests.servers import (
    Authority,
    Tinyproxy,
    missing_tinyproxy,
    server_context,
)
from tests.support import folder
from txkoji import Connection, Profile
from txkoji.exceptions import (
    ConfigurationError,
    ConnectionFailed,
    HTTPError,
    NotSent,
    ProxyError,
)
from txkoji.hub.http.network import Route
from txkoji.hub.http.proxy import Proxies, parse_proxy
from txkoji.testing import FakeHub

#: What a hub is reached at, with and without TLS.
ROUTES = {'https://hub.example.com/kojihub': Route(True, 'hub.example.com',
                                                   443),
          'http://hub.example.com:8080/kojihub': Route(
              False, 'hub.example.com', 8080)}


class EnvironmentTests(SynchronousTestCase):
    """The proxies that the environment names."""

    def check(self, **environment: str) -> list[str | None]:
        """
        Compare the proxies for `ROUTES` with those of requests.

        :returns: the URLs of the proxies.
        """
        found = []
        with mock.patch.dict(os.environ, environment, clear=True):
            for url, route in ROUTES.items():
                expected = select_proxy(url, get_environ_proxies(url))
                proxy = Proxies(None).find(route)
                self.assertEqual(None if proxy is None else str(proxy),
                                 expected)
                found.append(expected)
        return found

    def test_environment(self) -> None:
        """The variables and their order are those of requests."""
        one, two = 'http://one.example.com:3128', 'http://two.example.com:99'
        self.assertEqual(self.check(), [None, None])
        self.assertEqual(self.check(https_proxy=one), [one, None])
        self.assertEqual(self.check(HTTPS_PROXY=one), [one, None])
        self.assertEqual(self.check(http_proxy=one), [None, one])
        self.assertEqual(self.check(all_proxy=one), [one, one])
        self.assertEqual(self.check(ALL_PROXY=one, https_proxy=two),
                         [two, one])
        self.assertEqual(self.check(https_proxy=one, HTTPS_PROXY=two),
                         [one, None])
        self.assertEqual(self.check(https_proxy=''), [None, None])
        for hosts in ('hub.example.com', 'example.com', '.example.com', '*',
                      'x.org, hub.example.com'):
            self.assertEqual(self.check(all_proxy=one, no_proxy=hosts),
                             [None, None])
            self.assertEqual(self.check(all_proxy=one, NO_PROXY=hosts),
                             [None, None])
        self.assertEqual(self.check(all_proxy=one,
                                    no_proxy='hub.example.com:8080'),
                         [one, None])
        self.assertEqual(self.check(all_proxy=one, no_proxy='ample.com'),
                         [one, one])

    def test_named(self) -> None:
        """A named proxy has precedence, and an empty text means no proxy."""
        with mock.patch.dict(os.environ, {'all_proxy': 'http://one:1'}):
            for route in ROUTES.values():
                self.assertEqual(str(Proxies('two:2').find(route)),
                                 'http://two:2')
                self.assertIsNone(Proxies('').find(route))

    def test_memory(self) -> None:
        """A given network uses no proxy of the environment."""
        with mock.patch.dict(os.environ, {'all_proxy': 'http://one:1'}):
            koji = FakeHub(clock=Clock()).connection()
            self.assertEqual(self.successResultOf(koji.getTag('f44')).id, 33)

    def test_authorization(self) -> None:
        """The user and the password are in the header, and in no repr."""
        proxy = parse_proxy('http://al%3Ace:p%40ss@proxy.example.com:3128/')
        self.assertEqual((proxy.host, proxy.port),
                         ('proxy.example.com', 3128))
        self.assertEqual(proxy.authorization, b'Basic YWw6Y2U6cEBzcw==')
        self.assertNotIn('YWw6', repr(proxy))
        self.assertEqual(str(proxy), 'http://proxy.example.com:3128')
        self.assertEqual(parse_proxy('proxy').port, 80)

    def test_not_usable(self) -> None:
        """An unusable URL is an error, which does not show the password."""
        for url in ['socks5://bot:secret@proxy:1080', 'socks4://h',
                    'https://bot:secret@proxy', 'http://bot:secret@:80',
                    'http://bot:secret@proxy:port', 'http://pr\xf6xy',
                    'http://bot:secret@[x/', 'http://my_proxy:80']:
            error = self.assertRaises(ConfigurationError, Connection,
                                      Profile('p', server='https://h'),
                                      proxy=url)
            self.assertIn('proxy', str(error))
            self.assertNotIn('secret', str(error))
        with mock.patch.dict(os.environ, {'https_proxy': 'socks5h://h:1'},
                             clear=True):
            koji = Connection(Profile('p', server='https://h'))
            error = self.failureResultOf(koji.getAPIVersion(),
                                         ConfigurationError).value
        self.assertIn('socks5h://h', str(error))


class ProxyTestCase(WireTestCase):
    """A hub behind TLS, and Connections through proxies."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start a hub behind TLS."""
        self.folder = folder(self)
        self.authority = Authority(self.folder)
        self.hub = FakeHub(reactor=reactor, front=True)
        context = server_context(self.authority.authority, 'localhost')
        self.server = yield self.hub.listen(tls=context)
        self.addCleanup(self.hub.stop)
        self.topurl = self.server.replace('kojihub', 'kojifiles')

    def through(self, proxy: str, **kwargs: Any) -> Connection:
        """A Connection through a proxy."""
        return self.connect(**{
            'server': self.server, 'serverca': self.authority.path,
            'topurl': self.topurl, 'proxy': proxy, **kwargs})


class TinyproxyTests(ProxyTestCase):
    """Debian's tinyproxy."""

    skip = missing_tinyproxy()

    def start(self, *args: Any, **kwargs: Any) -> Tinyproxy:
        """Start a tinyproxy."""
        proxy = Tinyproxy(self.folder, *args, **kwargs)
        proxy.start()
        self.addCleanup(proxy.stop)
        return proxy

    @inlineCallbacks
    def check_download(self, koji: Connection) -> Any:
        """A file below the topurl is downloaded through the proxy."""
        build = yield koji.getBuild('rhceph-container-8-40')
        [log] = [file for file in (yield build.files())
                 if file.name == 'orchestrator.log']
        output = io.BytesIO()
        yield log.download(output)
        self.assertEqual(output.getvalue(), b'It was built.\n')

    @inlineCallbacks
    def test_calls(self) -> Any:
        """Fifty calls at once use max_connections tunnels."""
        proxy = self.start()
        koji = self.through(proxy.url, max_connections=3)
        tags = yield gatherResults(
            [koji.getTag(number) for number in range(1, 51)])
        self.assertEqual([tag.id for tag in tags], list(range(1, 51)))
        self.assertEqual(koji.stats.connections, 3)
        yield self.check_download(koji)

    @inlineCallbacks
    def test_plain(self) -> Any:
        """Calls and downloads over http use the proxy without a tunnel."""
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        for user in (None, 'bot'):
            proxy = self.start(user, 'secret')
            url = proxy.url
            if user is not None:
                url = url.replace('//', '//bot:secret@')
            koji = self.through(url, server=server, topurl=server.replace(
                'kojihub', 'kojifiles'))
            self.assertEqual((yield koji.getTag('f44')).id, 33)
            self.assertEqual((yield koji.getTag('f43')).name, 'f43')
            yield self.check_download(koji)

    @inlineCallbacks
    def test_environment(self) -> Any:
        """A proxy that the environment names is used."""
        proxy = self.start()
        with mock.patch.dict(os.environ, {'https_proxy': proxy.url},
                             clear=True):
            koji = self.connect(self.server, serverca=self.authority.path)
            self.assertEqual((yield koji.getTag('f44')).id, 33)
        self.assertIn('CONNECT localhost', proxy.stop())

    @inlineCallbacks
    def test_password(self) -> Any:
        """A proxy with a password refuses calls without the right one."""
        proxy = self.start('bot', 'secret')
        koji = self.through(proxy.url.replace('//', '//bot:secret@'))
        self.assertEqual((yield koji.getTag('f44')).id, 33)
        for user, advice in [('', 'wants a user'),
                             ('bot:wrong-secret@', 'right?')]:
            koji = self.through(proxy.url.replace('//', '//' + user),
                                max_retries=5)
            error = yield self.assertFailure(koji.build('x'), ProxyError)
            self.assertIn(f'the proxy {proxy.url}', str(error))
            self.assertIn(advice, str(error))
            self.assertNotIn('secret', str(error))
            self.assertIn(error.status, (401, 407))
            self.assertIsInstance(error, NotSent)
            self.assertEqual(koji.stats.retries, 0)

    @inlineCallbacks
    def test_forbidden(self) -> Any:
        """A proxy that forbids the hub's port is a ProxyError."""
        proxy = self.start(connect_port=1)
        error = yield self.assertFailure(
            self.through(proxy.url).getAPIVersion(), ProxyError)
        self.assertEqual(error.status, 403)
        self.assertIn(f'the proxy {proxy.url}', str(error))

    @inlineCallbacks
    def test_hub_away(self) -> Any:
        """A proxy that cannot reach the hub is tried again."""
        proxy = self.start()
        yield self.hub.stop()
        koji = self.through(proxy.url, max_retries=2, retry_interval=0)
        error = yield self.assertFailure(koji.getAPIVersion(), ProxyError)
        self.assertIn(error.status, (500, 502, 503, 504))
        self.assertIn('attempts', str(error))

    @inlineCallbacks
    def test_certificate(self) -> Any:
        """A login with a client certificate works through a tunnel."""
        context = server_context(self.authority.authority, 'localhost')
        context = type(context)(
            privateKey=context.privateKey, certificate=context.certificate,
            trustRoot=self.trust())
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen(tls=context)
        self.addCleanup(hub.stop)
        koji = self.through(
            self.start().url, server=server, authtype='ssl',
            cert=self.authority.issue('alice', common_name='alice'))
        yield koji.login()
        user = yield koji.getLoggedInUser()
        self.assertEqual(user.name, 'alice')
        yield koji.logout()

    def trust(self) -> Any:
        """The test's CA, as Twisted trusts it."""
        from twisted.internet.ssl import Certificate, trustRootFromCertificates
        with open(self.authority.path) as file:
            return trustRootFromCertificates([Certificate.loadPEM(
                file.read())])


class Script(Protocol):
    """A proxy that acts as its factory says."""

    def dataReceived(self, data: bytes) -> None:
        """Call the factory's `act`."""
        self.factory.act(self.transport)


class LyingProxyTests(ProxyTestCase):
    """Proxies that stall, and proxies with false answers."""

    @inlineCallbacks
    def check(self, act: Callable[[Any], Any], text: str, **kwargs: Any
              ) -> Any:
        """The call fails, and was not sent."""
        factory = Factory.forProtocol(Script)
        factory.noisy = False
        factory.act = act
        port = yield self.serve(factory)
        koji = self.through(f'http://bot:secret@127.0.0.1:{port}', **kwargs)
        error = yield self.assertFailure(koji.build('x'), ConnectionFailed)
        self.assertIn(text, str(error))
        self.assertIn(f'the proxy http://127.0.0.1:{port}', str(error))
        self.assertNotIn('secret', str(error))
        self.assertIsInstance(error, NotSent)
        self.assertEqual(self.hub.calls, [])
        yield koji.close()
        return error

    @inlineCallbacks
    def test_lies(self) -> Any:
        """An answer that does not open a tunnel is an error."""
        for data, text in [
                (b'SSH-2.0-OpenSSH_9.2\r\n', 'not HTTP'),
                (b'HTTP/1.1 abc\r\n\r\n', 'not HTTP'),
                (b'HTTP/1.1 200 OK\r\nX: ' + b'x' * 70000, 'not HTTP'),
                (b'HTTP/1.1 302 Found\r\nLocation: http://x/\r\n\r\n', '302'),
                (b'HTTP/1.1 503 Busy\r\nContent-Length: 4\r\n\r\nbusy',
                 '503 Busy')]:
            yield self.check(lambda transport, data=data: transport.write(
                data), text)

    @inlineCallbacks
    def test_closed(self) -> Any:
        """A proxy that closes the connection is an error."""
        yield self.check(lambda transport: transport.loseConnection(),
                         'it closed the connection')

    @inlineCallbacks
    def test_stalled(self) -> Any:
        """A proxy that does not answer has a time limit."""
        yield self.check(lambda transport: None,
                         'no connection within 0.05 seconds through the proxy',
                         timeout=0.05)

    @inlineCallbacks
    def test_no_proxy(self) -> Any:
        """A proxy that cannot be connected to is a ConnectionFailed."""
        with mock.patch.dict(os.environ, {}):
            koji = self.through('http://127.0.0.1:1')
            yield self.assertFailure(koji.getAPIVersion(), ConnectionFailed)

    @inlineCallbacks
    def test_plain_407(self) -> Any:
        """A 407 to a request over http names the proxy."""
        def act(transport: Any) -> None:
            transport.write(b'HTTP/1.1 407 Proxy Authentication Required\r\n'
                            b'Content-Length: 2\r\n\r\nno')

        factory = Factory.forProtocol(Script)
        factory.noisy = False
        factory.act = act
        port = yield self.serve(factory)
        koji = self.through(f'http://127.0.0.1:{port}',
                            server='http://hub.example.test/kojihub')
        error = yield self.assertFailure(koji.getAPIVersion(), HTTPError)
        self.assertEqual(error.status, 407)
        self.assertIn(f'of the proxy http://127.0.0.1:{port}', str(error))
