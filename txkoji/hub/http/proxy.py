"""
Forward proxies, as Koji's client has them through requests: from the
environment, or named.
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
from txkoji.hub.http.connection import MAX_HEAD
from txkoji.hub.http.network import Route
from txkoji.hub.profile import good_host


@dataclass(frozen=True)
class Proxy:
    """
    A forward proxy.

    :ivar host: the name or the address of its host.
    :ivar port: the number of its port.
    :ivar authorization: the value of ``Proxy-Authorization``, a secret, or
                         empty.
    """

    host: str
    port: int
    authorization: bytes = field(default=b'', repr=False)

    def __str__(self) -> str:
        return f'http://{self.host}:{self.port}'


def parse_proxy(url: str) -> Proxy:
    """
    Read the URL of a proxy.

    :param url: such as "http://user:password@proxy.example.com:3128"; the
                scheme may be left out.
    :raises ConfigurationError: if it is no URL of a proxy that speaks http.
                                The text does not show the password.
    """
    if '://' not in url:
        url = f'http://{url}'
    try:
        parts = urlsplit(url)
        port = parts.port or 80
    except ValueError:
        raise ConfigurationError('the URL of the proxy cannot be read: is its'
                                 ' port a number?') from None
    shown = f'{parts.scheme}://{parts.hostname or ""}'
    if parts.scheme != 'http':
        raise ConfigurationError(
            f'the proxy {shown} cannot be used: only proxies whose URL begins'
            ' with http:// are known (they carry https, too)')
    host = parts.hostname or ''
    if not url.isascii() or not good_host(host):
        raise ConfigurationError(f'the proxy {shown} has no host name that'
                                 ' can be used')
    authorization = b''
    if parts.username is not None:
        user = f'{unquote(parts.username)}:{unquote(parts.password or "")}'
        authorization = b'Basic ' + base64.b64encode(user.encode())
    return Proxy(host, port, authorization)


class Proxies:
    """
    The proxies of a Connection.

    :param named: the URL of a proxy for all hosts; empty for none; None for
                  those of the environment: ``https_proxy``, ``http_proxy``
                  and ``all_proxy``, but for the hosts of ``no_proxy``, each in
                  lower or in upper case.
    :raises ConfigurationError: if `named` is no URL of a proxy.
    """

    def __init__(self, named: str | None) -> None:
        self._all: Proxy | None = parse_proxy(named) if named else None
        self._from_environment = named is None
        self._known: dict[Route, Proxy | None] = {}

    def find(self, route: Route) -> Proxy | None:
        """
        Find the proxy for a route.

        :raises ConfigurationError: if the environment names one that cannot
                                    be used.
        """
        if not self._from_environment:
            return self._all
        if route not in self._known:
            self._known[route] = _of_environment(route)
        return self._known[route]


def _of_environment(route: Route) -> Proxy | None:
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
    Connect through a proxy, by ``CONNECT``.

    :param endpoint: connects to the proxy.
    :param proxy: the proxy.
    :param route: where the tunnel leads to.
    """

    def __init__(self, endpoint: IStreamClientEndpoint, proxy: Proxy,
                 route: Route) -> None:
        self._endpoint = endpoint
        self._proxy = proxy
        self._route = route

    def connect(self, protocolFactory: IProtocolFactory
                ) -> Deferred[IProtocol]:
        tunnel = _Tunnel(self._proxy, self._route, protocolFactory)
        connecting: Any = self._endpoint.connect(_Once(tunnel))
        made: Deferred[IProtocol] = connecting.addCallback(
            lambda _: tunnel.made)
        return made


class _Once(Factory):
    """Gives the one protocol that it was made for."""

    noisy = False

    def __init__(self, protocol: TwistedProtocol) -> None:
        self._protocol = protocol

    def buildProtocol(self, addr: IAddress | None) -> TwistedProtocol:
        return self._protocol


class _Tunnel(TwistedProtocol):
    """
    A connection to a proxy, and through it.

    :ivar made: fires with the protocol at our end when the tunnel is made.
                Cancelling it closes the connection.
    """

    def __init__(self, proxy: Proxy, route: Route, factory: IProtocolFactory
                 ) -> None:
        self._proxy = proxy
        self._route = route
        self._factory = factory
        self._head = b''
        self._inner: Any | None = None
        self.made: Deferred[IProtocol] = Deferred(lambda made: self._close())

    def connectionMade(self) -> None:
        host = self._route.host
        place = b'%b:%d' % ((f'[{host}]' if ':' in host else host).encode(),
                            self._route.port)
        lines = [b'CONNECT %b HTTP/1.1' % place, b'Host: ' + place,
                 b'User-Agent: txkoji/1']
        if self._proxy.authorization:
            lines.append(b'Proxy-Authorization: ' + self._proxy.authorization)
        self.transport.write(  # type: ignore[union-attr]
            b'\r\n'.join(lines) + b'\r\n\r\n')

    def dataReceived(self, data: bytes) -> None:
        if self._inner is not None:
            self._inner.dataReceived(data)
            return
        if self.made.called:
            return
        self._head += data
        head, end, rest = self._head.partition(b'\r\n\r\n')
        if end:
            self._answered(head + end, rest)
        elif len(self._head) > MAX_HEAD or not self._head.startswith(
                b'HTTP/1.'[:len(self._head)]):
            self._refuse('its answer is not HTTP')

    def _answered(self, head: bytes, rest: bytes) -> None:
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
                text += ('; it wants a user and a password, which go into its'
                         ' URL' if not self._proxy.authorization else
                         '; are its user and its password right?')
            self._refuse(text, status)
            return
        transport: Any = self.transport
        inner: Any = self._factory.buildProtocol(transport.getPeer())
        self._inner = inner
        inner.makeConnection(transport)
        self.made.callback(inner)
        if rest:
            inner.dataReceived(rest)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._inner is not None:
            self._inner.connectionLost(reason)
        elif not self.made.called:
            self._refuse('it closed the connection')

    def _refuse(self, text: str, status: int | None = None) -> None:
        self.made.errback(ProxyError(f'the proxy {self._proxy}: {text}',
                                     status=status))
        self._close()

    def _close(self) -> None:
        if self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]
