"""A connection to a hub, which carries one request after another."""
from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionDone
from twisted.internet.interfaces import IHandshakeListener, IPushProducer
from twisted.internet.protocol import (
    Protocol as TwistedProtocol,
    connectionDone,
)
from twisted.python.failure import Failure
from zope.interface import implementer

from txkoji.exceptions import AnswerError
from txkoji.hub.http.parser import AnswerParser, Head

#: A request of more bytes is large: the connection watches whether the
#: transport has passed on all of it.
LARGE = 65536


class State(Enum):
    """The states in the life of a connection."""

    #: Connecting, or in the TLS handshake.
    NEW = 'new'
    #: Ready for a request.
    IDLE = 'idle'
    #: Carrying a request and its answer.
    ACTIVE = 'active'
    CLOSED = 'closed'


class Receiver(Protocol):
    """A receiver of one answer. Its methods must not raise."""

    def head_received(self, head: Head) -> None:
        """Take the head."""

    def data_received(self, data: bytes) -> None:
        """Take the next bytes of the body, as they arrive."""

    def end_received(self, reusable: bool, until_closed: bool) -> None:
        """
        Take the end of the answer.

        :param reusable: whether the connection can carry another request.
        :param until_closed: whether the answer ended because the connection
                             was closed.
        """

    def failed(self, reason: Failure) -> None:
        """
        Take the reason why the answer does not continue.

        The connection is closed, or about to be closed.
        """


class Owner(Protocol):
    """An owner of connections, which knows the open ones."""

    def connection_made(self, connection: HTTPConnection) -> None:
        """Note that a connection is open."""

    def connection_lost(self, connection: HTTPConnection) -> None:
        """Note that a connection is closed."""

    def verify_error(self, tls: Any) -> str | None:
        """
        Say why the verification of a server failed.

        :param tls: pyOpenSSL's connection.
        :returns: the text of the error, or None if it is not known.
        """


class VerificationFailed(Exception):
    """The certificate of a server is not valid, or not trusted."""


@implementer(IHandshakeListener)
class HTTPConnection(TwistedProtocol):
    """
    A connection, which carries one request after another.

    :param owner: is told when the connection opens and closes.
    :param secure: whether the connection is over TLS.

    :ivar state: the state of the connection, which its `repr` shows.
    :ivar ready: fires with the connection when it can carry requests. Over
                 TLS, the server is verified then. Canceling the Deferred
                 closes the connection.
    :ivar received: the bytes that have arrived since the last request.
    :ivar tls: pyOpenSSL's connection, or None.
    """

    def __init__(self, owner: Owner, secure: bool) -> None:
        self._owner = owner
        self._secure = secure
        self.state = State.NEW
        self.ready: Deferred[HTTPConnection] = Deferred(
            lambda ready: self.abort())
        self.received = 0
        self.tls: Any = None
        self._receiver: Receiver | None = None
        self._parser: AnswerParser | None = None
        self._large_request: _LargeRequest | None = None
        self._paused = False
        #: Whether `abort` was called.
        self._aborted = False

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self.state.value}>'

    # Open and close

    def connectionMade(self) -> None:
        """Become ready, or wait for the end of the TLS handshake."""
        self._owner.connection_made(self)
        if self._secure:
            transport: Any = self.transport
            self.tls = transport.getHandle()
        else:
            self._become_ready()

    def handshakeCompleted(self) -> None:
        """Become ready, unless the verification of the server has failed."""
        if self.state is State.NEW and not self._aborted:
            self._become_ready()

    def _become_ready(self) -> None:
        self.state = State.IDLE
        self.ready.callback(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """Tell the owner, and end or fail the answer that is awaited."""
        self.state = State.CLOSED
        parser = self._close_parser()
        self._owner.connection_lost(self)
        if not self.ready.called:
            error = self.tls and self._owner.verify_error(self.tls)
            self.ready.errback(
                Failure(VerificationFailed(error)) if error else reason)
        receiver = self._detach()
        if receiver is None:
            return
        if parser and parser.until_closed and reason.check(ConnectionDone):
            receiver.end_received(reusable=False, until_closed=True)
        else:
            receiver.failed(reason)

    def abort(self) -> None:
        """Close the connection at once, even if the peer does not read."""
        self._detach()
        self._aborted = True
        if self.state is not State.CLOSED and self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def _detach(self) -> Receiver | None:
        """Forget the receiver of the answer, and return it."""
        receiver, self._receiver = self._receiver, None
        if self._large_request is not None:
            self._large_request.stop()
            self._large_request = None
        return receiver

    def _close_parser(self) -> AnswerParser | None:
        parser, self._parser = self._parser, None
        if parser is not None:
            parser.close()
        return parser

    # Request and answer

    def send(self, request: bytes, receiver: Receiver) -> None:
        """
        Send a request.

        :param request: the whole request, head and body.
        :param receiver: takes the answer.
        """
        self.state = State.ACTIVE
        self.received = 0
        self._receiver = receiver
        self._parser = AnswerParser()
        transport: Any = self.transport
        if len(request) > LARGE:
            self._large_request = _LargeRequest(transport)
        transport.write(request)

    def dataReceived(self, data: bytes) -> None:
        """Parse the next bytes, and pass them on to the receiver."""
        receiver, parser = self._receiver, self._parser
        if receiver is None or parser is None:
            # No request is open, so the server must not send anything.
            self.abort()
            return
        self.received += len(data)
        error = parser.feed(data)
        head = parser.take_head()
        if head is not None:
            receiver.head_received(head)
        for piece in parser.take_body():
            # The receiver may have aborted the connection.
            if self._receiver is receiver:
                receiver.data_received(piece)
        if self._receiver is not receiver:
            return
        if error:
            self.abort()
            receiver.failed(Failure(AnswerError(error)))
        elif parser.complete:
            sent = self._large_request is None or self._large_request.sent
            self._detach()
            self._close_parser()
            self.resume()
            self.state = State.IDLE
            receiver.end_received(reusable=parser.keep_alive and sent,
                                  until_closed=False)

    # Back-pressure

    def pause(self) -> None:
        """Stop reading from the socket."""
        if not self._paused and self.state is not State.CLOSED:
            self._paused = True
            self.transport.pauseProducing()  # type: ignore[union-attr]

    def resume(self) -> None:
        """Read from the socket again."""
        if self._paused and self.state is not State.CLOSED:
            self._paused = False
            self.transport.resumeProducing()  # type: ignore[union-attr]


@implementer(IPushProducer)
class _LargeRequest:
    """
    A large request that is being sent.

    :ivar sent: whether the transport has passed on all of its bytes.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.sent = True
        transport.registerProducer(self, True)

    def stop(self) -> None:
        """Stop watching the transport."""
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        """Note that the transport buffers a part of the request."""
        self.sent = False

    def resumeProducing(self) -> None:
        """Note that the buffer of the transport is empty."""
        self.sent = True

    def stopProducing(self) -> None:
        """Do nothing: `HTTPConnection.connectionLost` is called as well."""
