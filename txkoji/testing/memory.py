"""`MemoryNetwork`: connections over memory to a real Twisted Web site."""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Any

from twisted.internet.address import IPv4Address
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionDone, ConnectionLost
from twisted.internet.interfaces import (
    IConsumer,
    IProtocol,
    IProtocolFactory,
    IPushProducer,
    IStreamClientEndpoint,
    ITransport,
)
from twisted.python.failure import Failure
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

#: Bytes that wait to be read; with more, a producer is paused.
WAITING = 65536


class MemoryNetwork:
    """
    Connect over memory to a site, whatever the host and the port.

    What one side writes is read by the other within the call. Nothing waits
    for a reactor, and nothing is left in one.

    :param resource: what the site serves.
    :param reactor: for requests that wait.
    """

    #: The bytes stay in the process.
    needs_tls = False
    #: A new connection costs nothing.
    keep_alive = False

    def __init__(self, resource: Resource, reactor: Any) -> None:
        self._site = Site(resource, timeout=None, reactor=reactor)
        self._pipe = _Pipe()

    def endpoint(self, host: str, port: int) -> IStreamClientEndpoint:
        """Get an endpoint, which connects over memory."""
        return _Endpoint(self._site, self._pipe)

    def writing(self) -> AbstractContextManager[Any]:
        """Collect what is written, to deliver it as one."""
        return self._pipe.held()


@implementer(IStreamClientEndpoint)
class _Endpoint:
    def __init__(self, site: Site, pipe: _Pipe) -> None:
        self._site = site
        self._pipe = pipe

    def connect(self, protocolFactory: IProtocolFactory
                ) -> Deferred[IProtocol]:
        address = IPv4Address('TCP', '127.0.0.1', 443)
        server: Any = self._site.buildProtocol(address)
        client: Any = protocolFactory.buildProtocol(address)
        ours = End(self._pipe, client, False)
        theirs = End(self._pipe, server, True)
        ours.peer, theirs.peer = theirs, ours
        server.makeConnection(theirs)
        client.makeConnection(ours)
        return succeed(client)


class _Pipe:
    """
    A queue that does one thing after the other.

    Things that are asked for meanwhile are done afterwards.
    """

    def __init__(self) -> None:
        self._waiting: deque[Callable[[], Any]] = deque()
        self._running = False
        self._held = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Do what is asked for behind a block."""
        self._held += 1
        try:
            yield
        finally:
            self._held -= 1
            self.run(int)

    def run(self, thing: Callable[[], Any]) -> None:
        """Do something now, or after what is just done."""
        self._waiting.append(thing)
        if self._running or self._held:
            return
        self._running = True
        try:
            while self._waiting:
                self._waiting.popleft()()
        finally:
            self._running = False


@implementer(ITransport, IConsumer, IPushProducer)
class End:
    """
    One end of a connection over memory: a transport.

    :ivar peer: the other end.
    """

    peer: End
    #: Whether the end is being closed.
    disconnecting: bool = False

    def __init__(self, pipe: _Pipe, protocol: Any, is_server: bool) -> None:
        self._is_server = is_server
        self._pipe = pipe
        self._protocol = protocol
        self._inbox: deque[bytes] = deque()
        self._paused = False
        self._open = True
        #: Why no more comes, behind what is in the inbox.
        self._end: Failure | None = None
        self._producer: Any = None
        self._streaming = self._producer_paused = self._writing = False

    # What its protocol does

    def write(self, data: bytes) -> None:
        """Write bytes."""
        self._hear()
        if data and self._open and not self.disconnecting:
            self._writing = self._is_server
            try:
                self.peer._receive(data)
            finally:
                self._writing = False

    def writeSequence(self, data: Any) -> None:
        """Write several pieces of bytes."""
        self.write(b''.join(data))

    def loseConnection(self) -> None:
        """Close the connection after the written bytes."""
        self._hear()
        if self._open and not self.disconnecting:
            self.disconnecting = True
            if self._producer is None or (self._streaming
                                          and not self._producer_paused):
                self._close(Failure(ConnectionDone()))

    def abortConnection(self) -> None:
        """Close the connection at once."""
        self.disconnecting = True
        self._inbox.clear()
        self.peer._inbox.clear()
        self._close(Failure(ConnectionLost()))

    def getPeer(self) -> IPv4Address:
        """Get the address of the other side."""
        return IPv4Address('TCP', '127.0.0.1', 443)

    #: Both ends have one address.
    getHost = getPeer

    def setTcpNoDelay(self, enabled: bool) -> None:
        """There are no packets."""

    # Its protocol reads

    def pauseProducing(self) -> None:
        """Pause the reading."""
        self._paused = True

    def resumeProducing(self) -> None:
        """Resume the reading."""
        self._hear()
        self._paused = False
        self._pipe.run(self._deliver)

    def stopProducing(self) -> None:
        """Stop the reading."""
        self.loseConnection()

    def _receive(self, data: bytes) -> None:
        self._inbox.append(data)
        self._pipe.run(self._deliver)

    def _deliver(self) -> None:
        while self._inbox and self._open and not self._paused:
            self._protocol.dataReceived(self._inbox.popleft())
        self.peer._pace()
        if self._end is not None and self._open and not self._inbox:
            self._open = False
            producer, self._producer = self._producer, None
            if producer is not None:
                producer.stopProducing()
            self._protocol.connectionLost(self._end)

    def _close(self, reason: Failure) -> None:
        """Let both protocols hear of the end, behind what was written."""
        for end in (self.peer, self):
            end._end = end._end or reason
            if not end._writing:
                self._pipe.run(end._deliver)

    def _hear(self) -> None:
        """
        Deliver the end of the connection after a write of the server.

        Over a socket, a server does not learn of the end within its own write.
        """
        if self._end is not None and not self._writing:
            self._pipe.run(self._deliver)

    # Its protocol writes no faster than it is read

    def registerProducer(self, producer: Any, streaming: bool) -> None:
        """Register a producer of bytes."""
        self._producer, self._streaming = producer, streaming
        self._producer_paused = False
        if not streaming:
            self._pipe.run(self._pace)

    def unregisterProducer(self) -> None:
        """Unregister the producer."""
        self._producer = None
        if self.disconnecting:
            self._close(Failure(ConnectionDone()))

    def _pace(self) -> None:
        """Let the producer go on, or not."""
        if self._producer is None or not self._open:
            return
        waiting = sum(map(len, self.peer._inbox))
        if not self._streaming:
            if not waiting:
                self._producer.resumeProducing()
        elif waiting > WAITING and not self._producer_paused:
            self._producer_paused = True
            self._producer.pauseProducing()
        elif not waiting and self._producer_paused:
            self._producer_paused = False
            self._producer.resumeProducing()
