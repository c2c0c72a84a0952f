"""What opens connections: the reactor's sockets, or memory in tests."""
from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from typing import Any, NamedTuple, Protocol

from twisted.internet.endpoints import HostnameEndpoint
from twisted.internet.interfaces import IStreamClientEndpoint


class Route(NamedTuple):
    """
    Where a request goes to.

    :ivar secure: whether over TLS.
    :ivar host: the name or the address of the host.
    :ivar port: the number of its port.
    """

    secure: bool
    host: str
    port: int


class Network(Protocol):
    """
    What opens connections.

    :ivar needs_tls: whether others could read along, so that TLS is spoken
                     where the URL says https.
    :ivar keeps: whether a connection is worth being kept for the next
                 request.
    """

    needs_tls: bool
    keeps: bool

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """Get what connects to a port of a host."""

    def writing(self) -> AbstractContextManager[Any]:
        """
        Get a context in which a request is written. Twisted's client does not
        expect the answer within its own writing.
        """


class Sockets:
    """
    The sockets of a reactor.

    :param reactor: Twisted's reactor.
    """

    needs_tls = True
    keeps = True

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        # Its own time limit is the same as ours (`CONNECT_TIMEOUT`).
        return HostnameEndpoint(self._reactor, host.encode('ascii'), port)

    def writing(self) -> AbstractContextManager[Any]:
        return nullcontext()
