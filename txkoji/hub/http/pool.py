"""
The pool of connections: those that are kept for the next request, and all
that are open.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import wrapClientTLS
from twisted.internet.interfaces import IAddress, IStreamClientEndpoint
from twisted.internet.protocol import Factory

from txkoji.exceptions import ConfigurationError
from txkoji.hub.http.connection import HTTPConnection
from txkoji.hub.http.network import Network, Route
from txkoji.hub.http.proxy import Proxies, Proxy, TunnelEndpoint
from txkoji.hub.profile import Profile, good_host

if TYPE_CHECKING:
    from txkoji.hub.http.tls import ClientCertificate, HubPolicy

#: Seconds. Apache lets go of an idle connection after 5: be gone before.
IDLE_TIMEOUT = 3


class Pool:
    """
    Connections by route. The connection that was used last is used first, so
    that the others grow old, and are closed.

    :param settings: whom to trust.
    :param network: opens the connections.
    :param proxies: the proxies to go through.
    :param max_idle: how many connections to keep.
    """

    def __init__(self, reactor: Any, settings: Profile, network: Network,
                 proxies: Proxies, max_idle: int) -> None:
        self._reactor = reactor
        self._settings = settings
        self._network = network
        self._proxies = proxies
        self._max_idle = max_idle
        self._shown: ClientCertificate | None = None
        #: By whether nothing newer than TLS 1.2 is spoken.
        self._policies: dict[bool, HubPolicy] = {}
        self._idle: list[_Idle] = []
        self._sweeping: Any = None
        self._open: set[HTTPConnection] = set()
        self._closed = False
        self._all_closed: list[Deferred[None]] = []

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def show_certificate(self, shown: ClientCertificate) -> None:
        """Show a certificate to a hub that asks for one, from now on."""
        if shown != self._shown:
            self._shown = shown
            self._policies.clear()
            self.forget_idle()

    # Connections for requests

    def take(self, route: Route) -> HTTPConnection | None:
        """Take a connection that was kept, or None."""
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index].route == route:
                return self._idle.pop(index).connection
        return None

    def connect(self, route: Route, *, tls_1_2: bool = False
                ) -> Deferred[HTTPConnection]:
        """
        Make a new connection.

        :param tls_1_2: whether to speak nothing newer than TLS 1.2.
        :returns: a Deferred that fires with it when it can carry a request.
                  Cancelling it closes the connection.
        :raises ConfigurationError: if the profile's certificates, or the
                                    proxy, cannot be used.
        """
        secure = route.secure and self._network.needs_tls
        endpoint = self.endpoint(route, tls_1_2=tls_1_2)
        connecting: Any = endpoint.connect(_Connections(self, secure))
        ready: Deferred[HTTPConnection] = connecting.addCallback(
            lambda connection: connection.ready)
        return ready

    def endpoint(self, route: Route, *, tls_1_2: bool = False
                 ) -> IStreamClientEndpoint:
        """
        Get what connects to a host, through a proxy and with TLS as needed.

        :raises ConfigurationError: see `connect`.
        """
        proxy = self._proxies.find(route)
        if proxy is None:
            endpoint = self._network.endpoint(route.host, route.port)
        else:
            endpoint = self._network.endpoint(proxy.host, proxy.port)
            if route.secure:
                endpoint = TunnelEndpoint(endpoint, proxy, route)
        if route.secure and self._network.needs_tls:
            endpoint = wrapClientTLS(
                self._policy(tls_1_2).creatorForNetloc(
                    route.host.encode('ascii'), route.port), endpoint)
        return endpoint

    def check_host(self, route: Route) -> None:
        """
        Refuse a host that Twisted cannot connect to. That of the hub was
        checked with the profile; this is for those of files.

        :raises ConfigurationError: if it is no host name.
        """
        if not good_host(route.host.lower()):
            raise ConfigurationError(
                f'profile {self._settings.name!r}: {route.host!r} is no host'
                ' name: these have letters, digits and hyphens')

    def proxy(self, route: Route) -> Proxy | None:
        """Get the proxy of a route, or None."""
        return self._proxies.find(route)

    def _policy(self, tls_1_2: bool) -> HubPolicy:
        if tls_1_2 not in self._policies:
            from txkoji.hub.http.tls import HubPolicy
            self._policies[tls_1_2] = HubPolicy(self._settings, self._shown,
                                                tls_1_2=tls_1_2)
        return self._policies[tls_1_2]

    def reason(self, tls: Any) -> str | None:
        """
        Say why a server was not trusted.

        :param tls: pyOpenSSL's connection.
        :returns: None where that is not known.
        """
        for policy in self._policies.values():
            reason = policy.reason(tls)
            if reason is not None:
                return reason
        return None

    # Connections that are kept

    def keep(self, route: Route, connection: HTTPConnection) -> None:
        """Keep a connection for the next request, or close it."""
        if not self._network.keeps or len(self._idle) >= self._max_idle \
                or self._closed:
            connection.abort()
            return
        self._idle.append(_Idle(route, connection, self._reactor.seconds()))
        if self._sweeping is None:
            self._sweeping = self._reactor.callLater(IDLE_TIMEOUT,
                                                     self._sweep)

    def forget_idle(self) -> None:
        """Close all connections that wait for a request."""
        idle, self._idle = self._idle, []
        for each in idle:
            each.connection.abort()

    def _sweep(self) -> None:
        """Close those that have been idle for long."""
        self._sweeping = None
        oldest = self._reactor.seconds() - IDLE_TIMEOUT
        while self._idle and self._idle[0].since <= oldest:
            self._idle.pop(0).connection.abort()
        if self._idle:
            self._sweeping = self._reactor.callLater(
                self._idle[0].since - oldest, self._sweep)

    # Connections that are open

    def opened(self, connection: HTTPConnection) -> None:
        """Take note of a new connection."""
        self._open.add(connection)

    def lost(self, connection: HTTPConnection) -> None:
        """Take note that a connection is gone."""
        self._open.discard(connection)
        for index, each in enumerate(self._idle):
            if each.connection is connection:
                del self._idle[index]
                break
        self._check()

    def close(self) -> Deferred[None]:
        """
        Close all connections, also those in use.

        :returns: a Deferred that fires with None when none is open.
        """
        self._closed = True
        closed: Deferred[None] = Deferred()
        self._all_closed.append(closed)
        self.forget_idle()
        for connection in list(self._open):
            connection.abort()
        self._check()
        return closed

    def _check(self) -> None:
        if not self._open:
            if self._sweeping is not None:
                self._sweeping.cancel()
                self._sweeping = None
            waiting, self._all_closed = self._all_closed, []
            for closed in waiting:
                closed.callback(None)


class _Idle:
    """A connection that is kept."""

    __slots__ = ('route', 'connection', 'since')

    def __init__(self, route: Route, connection: HTTPConnection, since: float
                 ) -> None:
        self.route = route
        self.connection = connection
        self.since = since


class _Connections(Factory):
    noisy = False

    def __init__(self, pool: Pool, secure: bool) -> None:
        self._pool = pool
        self._secure = secure

    def buildProtocol(self, addr: IAddress | None) -> HTTPConnection:
        return HTTPConnection(self._pool, self._secure)
