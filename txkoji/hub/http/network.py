"""The networks that open connections: the reactor's sockets, or others."""
from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint


class Route(NamedTuple):
    """
    The server that a request goes to.

    :ivar secure: whether the connection is over TLS.
    :ivar host: the name or the address of the host.
    :ivar port: the port number.
    """

    secure: bool
    host: str
    port: int


class Network(Protocol):
    """
    A network, which opens connections.

    :ivar needs_tls: whether a URL with https needs TLS. A network within the
                     process does not.
    :ivar keep_alive: whether to keep connections open for the next request.
    """

    needs_tls: bool
    keep_alive: bool

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """Get an endpoint that connects to a port of a host."""

    def writing(self) -> AbstractContextManager[Any]:
        """
        Get a context manager, in which Twisted's client writes a request.

        A network within the process can hold back the answer there.
        Twisted's client does not expect an answer while it writes.
        """


class Sockets:
    """
    The network of a reactor.

    :param reactor: Twisted's reactor.
    """

    #: A URL with https needs TLS over a socket.
    needs_tls = True
    #: A new connection takes a handshake.
    keep_alive = True

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """Get an endpoint that connects to a port of a host."""
        # The endpoint has the same time limit as `CONNECT_TIMEOUT`.
        return HostnameEndpoint(self._reactor, host.encode('ascii'), port)

    def writing(self) -> AbstractContextManager[Any]:
        """Get a context manager that does nothing."""
        return nullcontext()
