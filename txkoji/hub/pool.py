"""
An Agent over kept and verified connections, which knows which are open.
"""
from __future__ import annotations

from typing import (TYPE_CHECKING, Any, Awaitable, Dict, List, Optional,
                    Set, Tuple)

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IProtocolFactory
from twisted.internet.protocol import Factory, connectionDone
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.python.failure import Failure
from twisted.web.client import URI, Agent, HTTPConnectionPool
from twisted.web.iweb import IAgent, IAgentEndpointFactory
from zope.interface import implementer

from txkoji.exceptions import ConfigurationError
from txkoji.hub.profile import Profile, good_host

if TYPE_CHECKING:
    from txkoji.hub.tls import ClientCertificate, HubPolicy

#: Seconds. Apache lets go of an idle connection after 5: be gone before.
IDLE_TIMEOUT = 3

#: Bytes of the headers of an answer.
MAX_HEAD = 262144


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
        self._shown: Optional[ClientCertificate] = None
        self._factory = _Endpoints(self)
        self._open: Set[Wire] = set()
        self._all_closed: List[Deferred[None]] = []
        self._pool = _Connections(reactor)
        self._pool.maxPersistentPerHost = max_connections
        self._pool.cachedConnectionTimeout = IDLE_TIMEOUT
        self.agent = _Agent.usingEndpointFactory(reactor, self._factory,
                                                 self._pool)

    @property
    def connections(self) -> int:
        """How many are open."""
        return len(self._open)

    def show_certificate(self, shown: ClientCertificate) -> None:
        """Show a certificate to servers that ask for one, from now on."""
        if shown != self._shown:
            self._shown = shown
            self._factory.forget()
            self.forget_idle()

    def one_time_agent(self, tls_1_2: bool) -> IAgent:
        """
        An agent whose connections are not kept.

        :param tls_1_2: whether to speak nothing newer than TLS 1.2.
        """
        agent: IAgent = Agent.usingEndpointFactory(
            self._reactor, _Endpoints(self, tls_1_2),
            HTTPConnectionPool(self._reactor, persistent=False))
        return agent

    def endpoint(self, uri: URI, policy: Optional[HubPolicy]) -> _Endpoint:
        """
        Where to connect to.

        :raises ConfigurationError: if Twisted can connect to no such host.
            (The server of a profile was checked before, but not its topurl,
            nor where a server of files refers to.)
        """
        host = uri.host.decode('ascii')
        if not good_host(host.lower()):
            raise ConfigurationError(
                f'profile {self._settings.name!r}: {host!r} is no host name:'
                ' these have letters, digits and hyphens')
        endpoint: Any = HostnameEndpoint(self._reactor, uri.host, uri.port)
        if policy is not None:
            endpoint = wrapClientTLS(
                policy.creatorForNetloc(uri.host, uri.port), endpoint)
        return _Endpoint(self, endpoint, policy)

    def new_policy(self, tls_1_2: bool) -> HubPolicy:
        """Whom to trust, and what to show."""
        from txkoji.hub.tls import HubPolicy
        return HubPolicy(self._settings, self._shown, tls_1_2=tls_1_2)

    def kept_connection(self) -> List[Wire]:
        """
        To be asked right after `agent` was: the connection that it took, if
        that was a kept one, in a list.
        """
        return self._pool.handed

    def forget_idle(self) -> None:
        """Keep none of those that wait for a request."""
        self._pool.closeCachedConnections()

    def opened(self, connection: Wire) -> None:
        """A connection was made."""
        self._open.add(connection)

    def lost(self, connection: Wire) -> None:
        """A connection is gone."""
        self._open.discard(connection)
        self._check()

    def close(self) -> Deferred[None]:
        """
        Close all connections, also those in use.

        :returns: a Deferred that fires when none is open.
        """
        closed: Deferred[None] = Deferred()
        self._all_closed.append(closed)
        # Also ends the timers of the idle ones.
        self._pool.closeCachedConnections()
        for connection in list(self._open):
            connection.stopProducing()
        self._check()
        return closed

    def _check(self) -> None:
        if not self._open:
            waiting, self._all_closed = self._all_closed, []
            for closed in waiting:
                closed.callback(None)


@implementer(IAgentEndpointFactory)
class _Endpoints:
    """
    Where an agent connects to, with TLS where the URL says so. It asks for
    each request, also where a connection is kept, so each is made once.
    """

    def __init__(self, pool: Pool, tls_1_2: bool = False) -> None:
        self._pool = pool
        self._tls_1_2 = tls_1_2
        self.forget()

    def forget(self) -> None:
        """Make them anew."""
        self._policy: Optional[HubPolicy] = None
        self._known: Dict[Any, _Endpoint] = {}

    def endpointForURI(self, uri: URI) -> _Endpoint:
        key = uri.scheme, uri.host, uri.port
        found = self._known.get(key)
        if found is None:
            if uri.scheme == b'https' and self._policy is None:
                self._policy = self._pool.new_policy(self._tls_1_2)
            found = self._known[key] = self._pool.endpoint(
                uri, self._policy if uri.scheme == b'https' else None)
        return found


class _Endpoint:
    """An endpoint whose connections the pool hears of."""

    def __init__(self, pool: Pool, endpoint: Any,
                 policy: Optional[HubPolicy]) -> None:
        self._pool = pool
        self._endpoint = endpoint
        self._policy = policy

    def connect(self, factory: Factory) -> Awaitable[Any]:
        counting = _Counting(self._pool, factory, self._policy)
        connecting: Deferred[ProtocolWrapper] = self._endpoint.connect(
            counting)
        return connecting.addCallback(
            lambda connection: connection.wrappedProtocol)


class NotTrusted(Exception):
    """A server could not prove who it is."""


class EndlessHead(Exception):
    """A server sends headers, and no end of them."""


class Wire(ProtocolWrapper):
    """
    One connection, which the pool hears of when it opens and closes.

    :ivar received: bytes of the answer to the last request, or part of it.
    """

    def __init__(self, factory: Any, wrapped: Any) -> None:
        super().__init__(factory, wrapped)
        self._given_up = False
        self.begin()

    def begin(self) -> None:
        """The next request is to be sent over it."""
        self.received = 0
        self._head: Optional[bytes] = b''

    def dataReceived(self, data: bytes) -> None:
        if self._given_up:
            return
        self.received += len(data)
        if self._head is not None:
            # The end may come in two pieces.
            head = self._head + data
            self._head = head[-3:]
            if b'\r\n\r\n' in head or b'\n\n' in head:
                self._head = None
            elif self.received > MAX_HEAD:
                self._give_up()
                return
        super().dataReceived(data)

    def makeConnection(self, transport: Any) -> None:
        # To ask why, when it is lost in the handshake.
        self._tls = None
        if self.factory.policy is not None:
            self._tls = transport.getHandle()
        super().makeConnection(transport)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        if self._given_up:
            self.factory.unregisterProtocol(self)
            return
        if self._tls is not None and not self.received:
            why = self.factory.policy.reason(self._tls)
            if why is not None:
                reason = Failure(NotTrusted(why))
        super().connectionLost(reason)

    def stopProducing(self) -> None:
        """Close it at once, also where the peer stalls."""
        self.disconnecting = True
        self.transport.abortConnection()  # type: ignore[union-attr]

    def _give_up(self) -> None:
        # Twisted limits a line of the headers, but not how many there are.
        self._given_up = True
        self.wrappedProtocol.connectionLost(Failure(EndlessHead(
            f'headers of more than {MAX_HEAD} bytes')))
        self.transport.abortConnection()  # type: ignore[union-attr]


class _Agent(Agent):
    """
    An agent that takes the URL apart once, of many requests in a row to the
    same: that is a tenth of what a small call takes.
    """

    _last: Tuple[bytes, Any, bytes] = b'', None, b''

    def request(self, method: bytes, uri: bytes, headers: Any = None,
                bodyProducer: Any = None) -> Any:
        last, parsed, path = self._last
        if uri != last:
            # Which also refuses what is no URL.
            asked = super().request(method, uri, headers, bodyProducer)
            parsed = URI.fromBytes(uri)
            self._last = uri, parsed, parsed.originForm
            return asked
        return self._requestWithEndpoint(
            (parsed.scheme, parsed.host, parsed.port),
            self._getEndpoint(parsed), method, parsed, headers, bodyProducer,
            path)


class _Connections(HTTPConnectionPool):
    """Kept connections, which say which of them was handed out last."""

    retryAutomatically = False

    def getConnection(self, key: Any, endpoint: Any) -> Any:
        self.handed: List[Wire] = []
        found = super().getConnection(key, endpoint)
        if found.called:
            # It was there already: a kept one.
            found.addCallback(self._hand)
        return found

    def _putConnection(self, key: Any, connection: Any) -> None:
        # Twisted would keep, with a timer, one that was closed while its
        # answer was read.
        if connection.transport.disconnecting:
            connection.transport.stopProducing()
        else:
            super()._putConnection(key, connection)

    def _hand(self, protocol: Any) -> Any:
        protocol.transport.begin()
        self.handed.append(protocol.transport)
        return protocol


class _Counting(WrappingFactory):
    noisy = False
    protocol = Wire

    def __init__(self, pool: Pool, factory: IProtocolFactory,
                 policy: Optional[HubPolicy]) -> None:
        super().__init__(factory)
        self._pool = pool
        self.policy = policy

    def registerProtocol(self, connection: Any) -> None:
        self._pool.opened(connection)

    def unregisterProtocol(self, connection: Any) -> None:
        self._pool.lost(connection)
