"""
An Agent over kept and verified connections, which knows which are open.
"""
from __future__ import annotations

from typing import Any, Awaitable, List, Set

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import Factory
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web.client import URI, Agent, HTTPConnectionPool
from twisted.web.iweb import IAgentEndpointFactory
from zope.interface import implementer

from txkoji.hub.profile import Profile

#: Seconds. Apache lets go of an idle connection after 5: be gone before.
IDLE_TIMEOUT = 3


@implementer(IAgentEndpointFactory)
class Pool:
    """
    An Agent over kept connections, which knows which of them are open.

    `HTTPConnectionPool` only knows the idle ones; so that closing can say
    that nothing is left, each connection is made through a factory that
    counts.

    :param settings: whom to trust.
    :param max_connections: how many to keep.
    """

    def __init__(self, reactor: Any, settings: Profile,
                 max_connections: int) -> None:
        self._reactor = reactor
        self._settings = settings
        self._policy: Any = None
        self._open: Set[ProtocolWrapper] = set()
        self._all_closed: List[Deferred[None]] = []
        self._pool = HTTPConnectionPool(reactor)
        self._pool.maxPersistentPerHost = max_connections
        self._pool.cachedConnectionTimeout = IDLE_TIMEOUT
        self.agent = Agent.usingEndpointFactory(reactor, self, self._pool)

    def endpointForURI(self, uri: URI) -> _Endpoint:
        endpoint: Any = HostnameEndpoint(self._reactor, uri.host, uri.port)
        if uri.scheme == b'https':
            if self._policy is None:
                from txkoji.hub.tls import HubPolicy
                self._policy = HubPolicy(self._settings)
            endpoint = wrapClientTLS(
                self._policy.creatorForNetloc(uri.host, uri.port), endpoint)
        return _Endpoint(self, endpoint)

    def opened(self, connection: ProtocolWrapper) -> None:
        self._open.add(connection)

    def lost(self, connection: ProtocolWrapper) -> None:
        self._open.discard(connection)
        self._check()

    def close(self) -> Deferred[None]:
        closed: Deferred[None] = Deferred()
        self._all_closed.append(closed)
        # Also ends the timers of the idle ones.
        self._pool.closeCachedConnections()
        for connection in list(self._open):
            connection.transport.abortConnection()  # type: ignore
        self._check()
        return closed

    def _check(self) -> None:
        if not self._open:
            waiting, self._all_closed = self._all_closed, []
            for closed in waiting:
                closed.callback(None)


class _Endpoint:
    """An endpoint whose connections the pool hears of."""

    def __init__(self, pool: Pool, endpoint: Any) -> None:
        self._pool = pool
        self._endpoint = endpoint

    def connect(self, factory: Factory) -> Awaitable[Any]:
        counting = _Counting(self._pool, factory)
        connecting: Deferred[ProtocolWrapper] = self._endpoint.connect(
            counting)
        return connecting.addCallback(
            lambda connection: connection.wrappedProtocol)


class _Counting(WrappingFactory):
    noisy = False

    def __init__(self, pool: Pool, factory: IProtocolFactory) -> None:
        super().__init__(factory)  # type: ignore[no-untyped-call]
        self._pool = pool

    def registerProtocol(self, connection: ProtocolWrapper) -> None:
        self._pool.opened(connection)

    def unregisterProtocol(self, connection: ProtocolWrapper) -> None:
        self._pool.lost(connection)
