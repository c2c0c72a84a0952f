"""
`HTTPConnection`: one connection, with httptools for the parser.

httptools has no limit on heads, gives a 1xx as a whole answer, takes HTTP/2.0,
RTSP and status 099, goes on with the callbacks of one answer in those of the
next, wraps what a callback raises, and has no call for the end of the stream.
All of that is made up for here.
"""
from __future__ import annotations

from enum import Enum
from typing import Any, Protocol

import httptools
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

#: Bytes of the status line and the headers of an answer.
MAX_HEAD = 65536

#: Bytes that are written at once; a transport tells when more has gone out.
LARGE = 65536

_VERSIONS = (b'HTTP/1.0', b'HTTP/1.1')


class Head:
    """
    The status line and the headers of an answer.

    :ivar status: the number.
    :ivar reason: the words behind it.
    :ivar headers: names, in lower case, and values.
    """

    __slots__ = ('status', 'reason', 'headers')

    def __init__(self, status: int, reason: str,
                 headers: list[tuple[bytes, bytes]]) -> None:
        self.status = status
        self.reason = reason
        self.headers = headers

    def get(self, name: bytes) -> str:
        """
        Get a header; several of one name are joined with commas.

        :param name: in lower case.
        :returns: its value, or an empty text.
        """
        values = [value for found, value in self.headers if found == name]
        return b', '.join(values).decode('latin-1').strip()


class Receiver(Protocol):
    """What takes an answer. It must not raise."""

    def take_head(self, head: Head) -> None:
        """Take the head."""

    def take_data(self, data: bytes) -> None:
        """Take the next bytes of the body, as they come."""

    def take_end(self, reusable: bool, closed: bool) -> None:
        """
        Take the end of the answer.

        :param reusable: whether the connection can carry another request.
        :param closed: whether only the end of the connection says that this
                       was all.
        """

    def take_failure(self, reason: Failure) -> None:
        """Take the reason why there is no more; the connection is closed."""


class State(Enum):
    """The life of a connection."""

    NEW = 'new'
    IDLE = 'idle'
    ACTIVE = 'active'
    CLOSED = 'closed'


class Owner(Protocol):
    """What has to know which connections are open."""

    def opened(self, connection: HTTPConnection) -> None:
        """A connection was made."""

    def lost(self, connection: HTTPConnection) -> None:
        """A connection is gone."""

    def reason(self, tls: Any) -> str | None:
        """Why a server was not trusted, or None where that is not known."""


class NotTrusted(Exception):
    """A server could not prove who it is."""


@implementer(IHandshakeListener)
class HTTPConnection(TwistedProtocol):
    """
    A connection, which carries one request after another.

    :param owner: hears when it opens and closes.
    :param secure: whether it is over TLS.

    :ivar state: see `State`.
    :ivar ready: fires with the connection when it can carry requests: when it
                 is made or, over TLS, when the server was verified. Cancelling
                 it closes the connection.
    :ivar received: bytes that have come since the last request.
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
        self._sending: _Sending | None = None
        self._paused = False
        self._parser: Any = None

    def __repr__(self) -> str:
        return f'<{type(self).__name__}: {self.state.value}>'

    # Made, verified, lost

    def connectionMade(self) -> None:
        self._owner.opened(self)
        if self._secure:
            transport: Any = self.transport
            self.tls = transport.getHandle()
        else:
            self._become_ready()

    def handshakeCompleted(self) -> None:
        # It comes also where the verification has failed meanwhile.
        if self.state is State.NEW and not self._aborted:
            self._become_ready()

    #: Whether we have closed it.
    _aborted = False

    def _become_ready(self) -> None:
        self.state = State.IDLE
        self.ready.callback(self)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.state = State.CLOSED
        self._parser = None
        self._owner.lost(self)
        if not self.ready.called:
            why = self.tls and self._owner.reason(self.tls)
            self.ready.errback(Failure(NotTrusted(why)) if why else reason)
        receiver = self._leave()
        if receiver is None:
            return
        if self._endless and reason.check(ConnectionDone):
            receiver.take_end(reusable=False, closed=True)
        else:
            receiver.take_failure(reason)

    def abort(self) -> None:
        """Close it at once, also where the peer stalls."""
        self._leave()
        self._aborted = True
        if self.state is not State.CLOSED and self.transport is not None:
            self.transport.abortConnection()  # type: ignore[attr-defined]

    def _leave(self) -> Receiver | None:
        """Let go of who waits for an answer."""
        receiver, self._receiver = self._receiver, None
        if self._sending is not None:
            self._sending.stop()
            self._sending = None
        return receiver

    # A request

    def send(self, request: bytes, receiver: Receiver) -> None:
        """
        Send a request.

        :param request: all of it, head and body.
        :param receiver: takes the answer.
        """
        self.state = State.ACTIVE
        self.received = 0
        self._receiver = receiver
        self._parser = httptools.HttpResponseParser(self)
        self._start = b''
        self._head: Head | None = None
        self._head_size = 0
        self._reason = ''
        self._headers: list[tuple[bytes, bytes]] = []
        self._chunks: list[bytes] = []
        self._refusal = ''
        self._complete = self._keep_alive = self._endless = False
        transport: Any = self.transport
        if len(request) > LARGE:
            self._sending = _Sending(transport)
        transport.write(request)

    # These only go when a request has been sent.
    _endless = False

    # The answer

    def dataReceived(self, data: bytes) -> None:
        receiver = self._receiver
        if receiver is None:
            # It was not asked for.
            self.abort()
            return
        self.received += len(data)
        failure = self._parse(data)
        head, self._head = self._head, None
        if head is not None:
            receiver.take_head(head)
        chunks, self._chunks = self._chunks, []
        for chunk in chunks:
            # It may want no more.
            if self._receiver is receiver:
                receiver.take_data(chunk)
        if self._receiver is not receiver:
            return
        if failure:
            self.abort()
            receiver.take_failure(Failure(AnswerError(failure)))
        elif self._complete:
            sent = self._sending is None or self._sending.done
            self._leave()
            self._parser = None
            self.resume()
            self.state = State.IDLE
            receiver.take_end(reusable=self._keep_alive and sent,
                              closed=False)

    def _parse(self, data: bytes) -> str:
        """
        Parse the next bytes.

        :returns: why they are no answer, or an empty text.
        """
        if len(self._start) < 8:
            self._start += data[:8 - len(self._start)]
            if not any(version.startswith(self._start)
                       for version in _VERSIONS):
                if self._start[:1] in (b'\x15', b'\x16'):
                    return ('the server speaks TLS: its URL is to begin with'
                            ' https')
                return 'the answer is not HTTP/1.1'
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            return 'the server changes the protocol, which was not asked for'
        except httptools.HttpParserError as error:
            return f'the answer is not HTTP: {error}'
        if self._head_size >= 0:
            self._head_size += len(data)
            if self._head_size > MAX_HEAD:
                return f'headers of more than {MAX_HEAD} bytes'
        return self._refusal

    # Callbacks of the parser, which must not raise

    def on_message_begin(self) -> None:
        if self._complete:
            self._refusal = 'there is more behind the answer'

    def on_status(self, reason: bytes) -> None:
        self._reason += reason.decode('latin-1')

    def on_header(self, name: bytes, value: bytes) -> None:
        # Those behind a chunked body say nothing that we need.
        if self._head_size >= 0:
            if b'\0' in value:
                self._refusal = 'a header with a NUL'
            self._headers.append((name.lower(), value))

    def on_headers_complete(self) -> None:
        status = self._parser.get_status_code()
        if self._parser.get_http_version() not in ('1.0', '1.1') \
                or not 100 <= status <= 599:
            self._refusal = 'the answer is not HTTP/1.1'
        elif status >= 200 and not self._complete:
            self._take_head(status)

    def _take_head(self, status: int) -> None:
        head = self._head = Head(status, self._reason, self._headers)
        self._head_size = -1
        names = [name for name, _ in self._headers]
        lengths = names.count(b'content-length')
        chunked = head.get(b'transfer-encoding')
        if lengths > 1 or lengths and chunked:
            self._refusal = 'a head with two lengths'
        elif chunked and chunked.lower() != 'chunked':
            self._refusal = f'the transfer coding {chunked[:60]!r}'
        self._endless = not (lengths or chunked)

    def on_body(self, data: bytes) -> None:
        if not self._complete:
            self._chunks.append(data)

    def on_message_complete(self) -> None:
        if self._head_size >= 0:
            # It was a 1xx: the answer comes behind it.
            self._reason, self._headers = '', []
        elif not self._complete:
            self._complete = True
            self._keep_alive = self._parser.should_keep_alive()

    # Back-pressure

    def pause(self) -> None:
        """Read no more for now."""
        if not self._paused and self.state is not State.CLOSED:
            self._paused = True
            self.transport.pauseProducing()  # type: ignore[union-attr]

    def resume(self) -> None:
        """Read on."""
        if self._paused and self.state is not State.CLOSED:
            self._paused = False
            self.transport.resumeProducing()  # type: ignore[union-attr]


@implementer(IPushProducer)
class _Sending:
    """
    A large request on its way.

    :ivar done: whether the transport has passed all of it on.
    """

    def __init__(self, transport: Any) -> None:
        self._transport = transport
        self.done = True
        transport.registerProducer(self, True)

    def stop(self) -> None:
        """Hear no more of it."""
        self._transport.unregisterProducer()

    def pauseProducing(self) -> None:
        self.done = False

    def resumeProducing(self) -> None:
        self.done = True

    def stopProducing(self) -> None:
        """The connection is lost, which is heard in another way."""
