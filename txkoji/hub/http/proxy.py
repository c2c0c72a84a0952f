"""
Forward proxies: the one that is named, or those of the environment.

Koji's client takes proxies from the same variables, through requests.
"""
from __future__ import annotations

import base64
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import unquote, urlsplit
from urllib.request import getproxies_environment, proxy_bypass_environment  # type: ignore[attr-defined]

import httptools
from twisted.internet.defer import Deferred
from twisted.internet.interfaces import (
    IAddress,
    IProtocol,
    IProtocolFactory,
    IStreamClientEndpoint,
)
from twisted.internet.protocol import (
    Factory,
    Protocol as TwistedProtocol,
    connectionDone,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from txkoji.exceptions import ConfigurationError, ProxyError
from txkoji.hub.http.network import Route
from txkoji.hub.http.parser import MAX_HEAD
from txkoji.hub.profile import good_host


@dataclass(frozen=True)
class Proxy:
    """
    A forward proxy.

    :ivar host: the name or the address of the host.
    :ivar port: the port number.
    :ivar authorization: the value of ``Proxy-Authorization``, which is a
                         secret; or empty.
    """

    host: str
    port: int
    authorization: bytes = field(default=b'', repr=False)

    def __str__(self) -> str:
        return f'http://{self.host}:{self.port}'


def parse_proxy(url: str) -> Proxy:
    """
    Parse the URL of a proxy.

    :param url: a URL like "http://user:password@proxy.example.com:3128". The
                scheme may be left out.
    :raises ConfigurationError: if the URL is not that of an HTTP proxy. The
                                text does not show the password.
    """
    if '://' not in url:
        url = f'http://{url}'
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise ConfigurationError('the URL of the proxy cannot be parsed; is'
                                 ' its port a number?') from None
    shown = f'{parts.scheme}://{parts.hostname or ""}'
    if parts.scheme != 'http':
        raise ConfigurationError(
            f'the proxy {shown} cannot be used: only proxies whose URL begins'
            ' with http:// are supported (they carry https, too)')
    host = parts.hostname or ''
    if not url.isascii() or not good_host(host):
        raise ConfigurationError(f'the proxy {shown} has no valid host name')
    authorization = b''
    if parts.username is not None:
        user = f'{unquote(parts.username)}:{unquote(parts.password or "")}'
        authorization = b'Basic ' + base64.b64encode(user.encode())
    return Proxy(host, port, authorization)


class Proxies:
    """
    The proxies of a Connection.

    :param named: the URL of a proxy for all hosts. An empty text means no
                  proxy. None means the proxies of the environment:
                  ``https_proxy``, ``http_proxy`` and ``all_proxy``, except for
                  the hosts of ``no_proxy``. The names of these variables may
                  be in upper case.
    :raises ConfigurationError: if ``named`` is not the URL of an HTTP proxy.
    """

    def __init__(self, named: str | None) -> None:
        self._named: Proxy | None = parse_proxy(named) if named else None
        self._from_environment = named is None
        self._known: dict[Route, Proxy | None] = {}

    def find(self, route: Route) -> Proxy | None:
        """
        Find the proxy for a route.

        :returns: the proxy, or None if there is none.
        :raises ConfigurationError: if the environment names a proxy that
                                    cannot be used.
        """
        if not self._from_environment:
            return self._named
        if route not in self._known:
            self._known[route] = _find_in_environment(route)
        return self._known[route]


def _find_in_environment(route: Route) -> Proxy | None:
    if proxy_bypass_environment(f'{route.host}:{route.port}'):
        return None
    proxies = getproxies_environment()
    scheme = 'https' if route.secure else 'http'
    for name in (scheme, 'all'):
        if proxies.get(name):
            return parse_proxy(proxies[name])
    return None


@implementer(IStreamClientEndpoint)
class TunnelEndpoint:
    """
    An endpoint that connects through a proxy, by ``CONNECT``.

    :param endpoint: connects to the proxy.
    :param proxy: the proxy.
    :param route: the server at the other end of the tunnel.
    """

    def __init__(self, endpoint: IStreamClientEndpoint, proxy: Proxy,
                 route: Route) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._route = route

    def connect(self, protocolFactory: IProtocolFactory
                ) -> Deferred[IProtocol]:
        """
        Connect to the server.

        :returns: a Deferred that fires with the protocol when the tunnel is
                  open. Canceling the Deferred closes the connection.
        :raises ProxyError: if the proxy refuses, or closes the connection.
        """
        tunnel = _Tunnel(self._proxy, self._route, protocolFactory)
        connecting: Any = self._endpoint.connect(_SingleFactory(tunnel))
        opened: Deferred[IProtocol] = connecting.addCallback(
            lambda _: tunnel.opened)
        return opened


class _SingleFactory(Factory):
    """A factory that returns the one protocol it was made for."""

    noisy = False

    def __init__(self, protocol: TwistedProtocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:
        """Return the protocol."""
        return self._protocol


class _Tunnel(TwistedProtocol):
    """
    A connection to a proxy, and through the proxy to a server.

    :ivar opened: fires with the protocol of the client when the tunnel is
                  open. Canceling the Deferred closes the connection.
    """

    def __init__(self, proxy: Proxy, route: Route, factory: IProtocolFactory
                 ) -> None:
        self._proxy = proxy
        self._route = route
        self._factory = factory
        self._head = b''
        self._inner: Any | None = None
        self.opened: Deferred[IProtocol] = Deferred(
            lambda opened: self._close())

    def connectionMade(self) -> None:
        """Ask the proxy for a tunnel."""
        host = self._route.host
        target = b'%b:%d' % ((f'[{host}]' if ':' in host else host).encode(),
                            self._route.port)
        lines = [b'CONNECT %b HTTP/1.1' % target, b'Host: ' + target,
                 b'User-Agent: txkoji/1']
        if self._proxy.authorization:
            lines.append(b'Proxy-Authorization: ' + self._proxy.authorization)
        self.transport.write(  # type: ignore[union-attr]
            b'\r\n'.join(lines) + b'\r\n\r\n')

    def dataReceived(self, data: bytes) -> None:
        """Collect the head of the proxy's answer, then pass bytes on."""
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        if self.opened.called:
            return
        self._head += data
        head, end, rest = self._head.partition(b'\r\n\r\n')
        if end:
            self._head_received(head + end, rest)
        elif len(self._head) > MAX_HEAD or not self._head.startswith(
                b'HTTP/1.'[:len(self._head)]):
            self._refuse('its answer is not HTTP')

    def _head_received(self, head: bytes, rest: bytes) -> None:
        """Open the tunnel, or fail with the status that the proxy sent."""
        parser = httptools.HttpResponseParser(self)
        try:
            parser.feed_data(head)
        except httptools.HttpParserError as error:
            self._refuse(f'its answer is not HTTP: {error}')
            return
        status = parser.get_status_code()
        if not 200 <= status < 300:
            reason = head.split(b'\r\n', 1)[0].decode('latin-1')[9:209]
            text = f'it refused the connection with status {reason}'
            if status in (401, 407):
                text += ('; it wants a user and a password: put them into its'
                         ' URL' if not self._proxy.authorization else
                         '; are its user and its password right?')
            self._refuse(text, status)
            return
        transport: Any = self.transport
        inner: Any = self._factory.buildProtocol(transport.getPeer())
        self._inner = inner
        inner.makeConnection(transport)
        self.opened.callback(inner)
        if rest:
            inner.dataReceived(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the client's protocol, or fail if there is no tunnel yet."""
        if self._inner is not None:
            self._inner.connectionLost(reason)
        elif not self.opened.called:
            self._refuse('it closed the connection')

    def _refuse(self, text: str, status: int | None = None) -> None:
        """Fail with a ProxyError, and close the connection."""
        self.opened.errback(ProxyError(f'the proxy {self._proxy}: {text}',
                                     status=status))
        self._close()

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]
