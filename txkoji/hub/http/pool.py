"""The pool of connections: the idle ones, and all open ones."""
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

#: Seconds after which an idle connection is closed. Apache closes an idle
#: connection after 5 seconds; close it before Apache does.
IDLE_TIMEOUT = 3


class Pool:
    """
    A pool of connections, by route.

    A request gets the idle connection that was used last. So connections that
    are not needed grow old, and are closed.

    :param settings: the profile, with the certificates to trust.
    :param network: opens the connections.
    :param proxies: the proxies of the Connection.
    :param max_idle: the most idle connections.
    """

    def __init__(self, reactor: Any, settings: Profile, network: Network,
                 proxies: Proxies, max_idle: int) -> None:
        self._reactor = reactor
        self._settings = settings
        self._network = network
        self._proxies = proxies
        self._max_idle = max_idle
        self._certificate: ClientCertificate | None = None
        #: The TLS policies, by whether they are limited to TLS 1.2.
        self._policies: dict[bool, HubPolicy] = {}
        self._idle: list[_IdleConnection] = []
        self._expiry_timer: Any = None
        self._open: set[HTTPConnection] = set()
        self._closed = False
        self._all_closed: list[Deferred[None]] = []

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return len(self._open)

    def show_certificate(self, certificate: ClientCertificate) -> None:
        """Show a certificate to a hub that asks for one, from now on."""
        if certificate != self._certificate:
            self._certificate = certificate
            self._policies.clear()
            self.close_idle()

    # Connections for requests

    def take_idle(self, route: Route) -> HTTPConnection | None:
        """Take an idle connection of a route, or None if there is none."""
        for index in range(len(self._idle) - 1, -1, -1):
            if self._idle[index].route == route:
                return self._idle.pop(index).connection
        return None

    def connect(self, route: Route, *, tls_1_2: bool = False
                ) -> Deferred[HTTPConnection]:
        """
        Open a new connection.

        :param tls_1_2: whether to limit TLS to version 1.2.
        :returns: a Deferred that fires with the connection when it can carry
                  a request. Canceling the Deferred closes the connection.
        :raises ConfigurationError: if the certificates of the profile, or the
                                    proxy, cannot be used.
        """
        secure = route.secure and self._network.needs_tls
        endpoint = self.endpoint(route, tls_1_2=tls_1_2)
        connecting: Any = endpoint.connect(_ConnectionFactory(self, secure))
        ready: Deferred[HTTPConnection] = connecting.addCallback(
            lambda connection: connection.ready)
        return ready

    def endpoint(self, route: Route, *, tls_1_2: bool = False
                 ) -> IStreamClientEndpoint:
        """
        Get an endpoint for a route, with the proxy and TLS that it needs.

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
        Refuse a host name that Twisted cannot connect to.

        The profile has checked the host of the hub already. This check is for
        the hosts of files.

        :raises ConfigurationError: if the host name is not valid.
        """
        if not good_host(route.host.lower()):
            raise ConfigurationError(
                f'profile {self._settings.name!r}: {route.host!r} is not a'
                ' valid host name: a host name has letters, digits and'
                ' hyphens')

    def find_proxy(self, route: Route) -> Proxy | None:
        """Find the proxy for a route, or None if there is none."""
        return self._proxies.find(route)

    def _policy(self, tls_1_2: bool) -> HubPolicy:
        if tls_1_2 not in self._policies:
            from txkoji.hub.http.tls import HubPolicy
            self._policies[tls_1_2] = HubPolicy(
                self._settings, self._certificate, tls_1_2=tls_1_2)
        return self._policies[tls_1_2]

    def verify_error(self, tls: Any) -> str | None:
        """
        Say why the verification of a server failed.

        :param tls: pyOpenSSL's connection.
        :returns: the text of the error, or None if it is not known.
        """
        for policy in self._policies.values():
            error = policy.verify_error(tls)
            if error is not None:
                return error
        return None

    # Idle connections

    def keep_idle(self, route: Route, connection: HTTPConnection) -> None:
        """Keep an idle connection for the next request, or close it."""
        if not self._network.keep_alive or len(self._idle) >= self._max_idle \
                or self._closed:
            connection.abort()
            return
        self._idle.append(_IdleConnection(route, connection,
                                          self._reactor.seconds()))
        if self._expiry_timer is None:
            self._expiry_timer = self._reactor.callLater(
                IDLE_TIMEOUT, self._close_expired)

    def close_idle(self) -> None:
        """Close all idle connections."""
        idle, self._idle = self._idle, []
        for each in idle:
            each.connection.abort()

    def _close_expired(self) -> None:
        """Close the connections that have been idle for too long."""
        self._expiry_timer = None
        oldest = self._reactor.seconds() - IDLE_TIMEOUT
        while self._idle and self._idle[0].since <= oldest:
            self._idle.pop(0).connection.abort()
        if self._idle:
            self._expiry_timer = self._reactor.callLater(
                self._idle[0].since - oldest, self._close_expired)

    # Open connections

    def connection_made(self, connection: HTTPConnection) -> None:
        """Note that a connection is open."""
        self._open.add(connection)

    def connection_lost(self, connection: HTTPConnection) -> None:
        """Note that a connection is closed."""
        self._open.discard(connection)
        for index, each in enumerate(self._idle):
            if each.connection is connection:
                del self._idle[index]
                break
        self._check_all_closed()

    def close(self) -> Deferred[None]:
        """
        Close all connections, including the active ones.

        :returns: a Deferred that fires with None when no connection is open.
        """
        self._closed = True
        closed: Deferred[None] = Deferred()
        self._all_closed.append(closed)
        self.close_idle()
        for connection in list(self._open):
            connection.abort()
        self._check_all_closed()
        return closed

    def _check_all_closed(self) -> None:
        """Fire the Deferreds of `close`, if no connection is open."""
        if not self._open:
            if self._expiry_timer is not None:
                self._expiry_timer.cancel()
                self._expiry_timer = None
            waiting, self._all_closed = self._all_closed, []
            for closed in waiting:
                closed.callback(None)


class _IdleConnection:
    """An idle connection, and the time when it became idle."""

    __slots__ = ('route', 'connection', 'since')

    def __init__(self, route: Route, connection: HTTPConnection, since: float
                 ) -> None:
        self.route = route
        self.connection = connection
        self.since = since


class _ConnectionFactory(Factory):
    """A factory of connections that belong to a pool."""

    noisy = False

    def __init__(self, pool: Pool, secure: bool) -> None:
        self._pool = pool
        self._secure = secure

    def buildProtocol(self, addr: IAddress | None) -> HTTPConnection:
        """Make a connection."""
        return HTTPConnection(self._pool, self._secure)
