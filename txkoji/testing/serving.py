"""How a FakeHub is reached: over memory, and on a port."""
from __future__ import annotations

from abc import ABC, abstractmethod
from datetime import datetime, timezone
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.task import deferLater
from twisted.protocols.policies import ProtocolWrapper, WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from txkoji.connection import Connection
from txkoji.hub.profile import Profile
from txkoji.testing.files import FilesResource
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource

#: The first byte that a client of TLS sends.
HANDSHAKE = b'\x16'


class Serving(ABC):
    """
    Serves a hub.

    :ivar clock: the hub's.
    :ivar serving: the requests that are under way.
    :ivar resource: a Twisted Web resource of the hub.
    """

    clock: Any
    serving: set[Deferred[None]]

    def __init__(self) -> None:
        self.serving = set()
        self.resource: Resource = self._site(None)
        self._ports: list[tuple[Any, Any, WrappingFactory]] = []

    @abstractmethod
    def now(self) -> float:
        """Its time, in seconds since 1970."""

    def on_port(self) -> None:
        """Hear that it is served on a port."""

    def connection(self, user: str | None = 'alice', **kwargs: Any
                   ) -> Connection:
        """
        Make a Connection to the hub over memory, without sockets.

        Its time limits go by ``clock``, and its durations and estimates by
        ``now``. It does not retry, unless ``max_retries`` is given, so that a
        test sees each error.

        :param user: the user that ``login()`` logs in; None for nobody.
        :param kwargs: arguments of the Connection, and settings of its
                       profile.
        """
        settings = {name: kwargs.pop(name) for name in list(kwargs)
                    if name in Profile.__dataclass_fields__
                    and name != 'timeout'}
        profile = Profile(**{
            'name': 'fakehub', 'server': 'https://hub.example.test/kojihub',
            'weburl': 'http://hub.example.test/koji',
            'topurl': 'https://hub.example.test/kojifiles', 'max_retries': 0,
            'authtype': 'ssl', **settings})
        kwargs.setdefault('reactor', self.clock)
        kwargs.setdefault('now', lambda: datetime.fromtimestamp(
            self.now(), timezone.utc))
        if 'network' not in kwargs:
            kwargs['network'] = MemoryNetwork(self._site(user), self.clock)
        return Connection(profile, **kwargs)

    def _site(self, user: str | None) -> Resource:
        """Make the site for a client with the certificate of a user."""
        root = Resource()
        # What else they need of it, FakeHub has.
        hub: Any = self
        root.putChild(b'kojihub', HubResource(hub, user))
        root.putChild(b'kojifiles', FilesResource(hub))
        return root

    def listen(self, port: int = 0, *, tls: Any = None, reactor: Any = None
               ) -> Deferred[str]:
        """
        Serve it on this machine.

        :param port: where; 0 for any port that is free.
        :param tls: a server's `CertificateOptions
                    <twisted.internet.ssl.CertificateOptions>`, to serve it
                    over https;
                    with ``trustRoot=`` clients log in by certificate.
        :param reactor: None for Twisted's own.
        :returns: a Deferred that fires with its URL.
        """
        if reactor is None:
            from twisted.internet import reactor
        factory: WrappingFactory = Listening(  # type: ignore[no-untyped-call]
            Site(self.resource, reactor=reactor))

        def serving(listening: Any) -> str:
            self._ports.append((reactor, listening, factory))
            self.on_port()
            place = 'http://127.0.0.1' if tls is None else 'https://localhost'
            return f'{place}:{listening.getHost().port}/kojihub'

        endpoint: Any = TCP4ServerEndpoint(reactor, port,
                                           interface='127.0.0.1')
        if tls is not None:
            endpoint = SSL4ServerEndpoint(reactor, port, tls,
                                          interface='127.0.0.1')
        listening: Deferred[Any] = endpoint.listen(factory)
        return listening.addCallback(serving)

    def stop(self) -> Deferred[None]:
        """
        Serve no longer: the port is closed, and all connections to it.

        :returns: a Deferred that fires when that is done.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        for served in list(self.serving):
            served.cancel()
        ports, self._ports = self._ports, []
        for reactor, listening, factory in ports:
            await listening.stopListening()
            for connection in list(factory.protocols):
                connection.transport.abortConnection()
            # Connections are lost in the next turn.
            await deferLater(reactor, 0, lambda: None)


class Spoken(ProtocolWrapper):
    """Tells clients that speak TLS where none is spoken."""

    _begun = False

    def dataReceived(self, data: bytes) -> None:
        """Pass bytes on, unless they are those of TLS."""
        begun, self._begun = self._begun, True
        if not begun and data[:1] == HANDSHAKE:
            self.transport.write(  # type: ignore[union-attr]
                b'HTTP/1.1 400 Bad Request\r\nConnection: close\r\n'
                b'Content-Type: text/plain\r\n\r\n'
                b'You speak TLS to a port of plain HTTP: use http://\n')
            self.transport.loseConnection()  # type: ignore[union-attr]
            return
        ProtocolWrapper.dataReceived(self, data)


@implementer(IProtocolNegotiationFactory)
class Listening(WrappingFactory):
    """Knows its connections, and tells those over TLS what it speaks."""

    #: Starts and ends are not logged.
    noisy = False
    #: The protocol of a connection.
    protocol: type[ProtocolWrapper] = Spoken

    def acceptableProtocols(self) -> list[bytes]:
        """Tell the protocols that are served."""
        return [b'http/1.1']
