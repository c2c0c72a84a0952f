"""
Downloads of files over plain HTTP, with treq.

treq's redirects leave sockets open, so the caller follows redirects. Canceling
treq's collectors stops nothing, so `_Reader` reads the bodies.
"""
from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import (
    Protocol as TwistedProtocol,
    connectionDone,
)
from twisted.python.failure import Failure
from twisted.web.client import URI, HTTPConnectionPool, ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import UNKNOWN_LENGTH, IResponse

from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    HTTPError,
    KojiException,
)
from txkoji.hub.http.agent import FileAgent, coding_of, route_of
from txkoji.hub.http.body import Sink
from txkoji.hub.http.errors import redirect_text, translate_error
from txkoji.hub.http.network import Network
from txkoji.hub.http.pool import IDLE_TIMEOUT, Pool
from txkoji.hub.profile import without_secrets

if TYPE_CHECKING:
    from treq.client import HTTPClient


@dataclass
class FileHead:
    """
    The head of a response with a file, or with a part of it.

    :ivar status: 200, 206 or 416.
    :ivar length: the bytes of the body, or None if they are not known.
    :ivar coding: the Content-Encoding, or an empty text.
    """

    status: int
    length: int | None
    coding: str
    _headers: Headers

    def get(self, name: bytes) -> bytes:
        """Get the value of a header; empty if there is none."""
        values = self._headers.getRawHeaders(name) or []
        return values[0] if values else b''


class FileClient:
    """
    A client that downloads files.

    :param pool: has the TLS policies and the proxies.
    :param network: opens the connections.
    """

    def __init__(self, reactor: Any, pool: Pool, network: Network) -> None:
        self._reactor = reactor
        self._pool = pool
        self._connections = HTTPConnectionPool(reactor, network.keep_alive)
        self._connections.cachedConnectionTimeout = IDLE_TIMEOUT
        self._connections.retryAutomatically = False
        self._agent = FileAgent(reactor, pool, network, self._connections)
        self._client: HTTPClient | None = None

    def close(self) -> Deferred[None]:
        """
        Close the idle connections.

        :returns: a Deferred that fires with None when they are closed.
        """
        closing: Any = self._connections.closeCachedConnections()
        closed: Deferred[None] = closing.addCallback(lambda _: None)
        return closed

    async def get(self, url: str, headers: Any, *, timeout: float,
                  on_head: Callable[[FileHead], Any], sink: Sink,
                  method: str = 'GET') -> None:
        """
        Get a file, a part of a file, or only its head.

        :param headers: additional headers, such as a ``Range``.
        :param timeout: the most seconds without a byte from the server. While
                        the sink is not ready, no time passes.
        :param on_head: is called with the head, and may raise.
        :param sink: takes the bytes, as they arrive.
        :param method: "GET", or "HEAD" for the head only.
        :raises HTTPError: on a status other than 200, 206 and 416.
        :raises TransportError: if the file does not arrive completely.
        """
        if self._client is None:
            from treq.client import HTTPClient
            self._client = HTTPClient(self._agent)
        self._pool.check_host(route_of(URI.fromBytes(url.encode('ascii'))))
        limit = _SilenceLimit(self._reactor, timeout)
        try:
            response = await limit.apply(self._client.request(
                method, url, headers=headers, allow_redirects=False,
                unbuffered=True))
            self._accept(response, method, url, on_head)
            reader = _Reader(sink, limit)
            response.deliverBody(reader)
            await limit.apply(reader.ended)
        except CancelledError:
            if not limit.exceeded:
                raise
            raise _error(CallTimeout, method, url, 'nothing came for'
                         f' {timeout:g} seconds') from None
        except KojiException:
            raise
        except Exception as found:
            _raise_translated(found, method, url)
            raise
        finally:
            limit.stop()

    def _accept(self, response: IResponse, method: str, url: str,
                on_head: Callable[[FileHead], Any]) -> None:
        """Check the head and pass it on; if that fails, drop the body."""
        try:
            self._check(response, method, url)
            on_head(FileHead(response.code, _length(response),
                             coding_of(response), response.headers))
        except BaseException:
            # A head has no body, and its connection can be kept.
            response.deliverBody(
                TwistedProtocol() if method == 'HEAD' else _Discard())
            raise

    def _check(self, response: IResponse, method: str, url: str) -> None:
        """Raise HTTPError on a status that is not that of a file."""
        if response.code in (200, 206, 416):
            return
        phrase = response.phrase.decode('latin-1')
        text = f'HTTP status {response.code} {phrase}'
        location = ''
        if 300 <= response.code < 400:
            values = response.headers.getRawHeaders(b'location') or [b'']
            location = values[0].decode('latin-1')
            text += redirect_text(location, 'topurl')
        raise _error(HTTPError, method, url, text, status=response.code,
                     location=location)


def _length(response: IResponse) -> int | None:
    return (None if response.length is UNKNOWN_LENGTH
            else int(response.length))


def _error(kind: Callable[..., KojiException], method: str, url: str,
           text: str, **fields: Any) -> KojiException:
    url = without_secrets(url)
    return kind(f'{method} at {url}: {text}', method=method, url=url, **fields)


def _raise_translated(found: Exception, method: str, url: str) -> None:
    """Raise a KojiException for an exception of Twisted's client."""
    for cause in _causes(found):
        kind, text = translate_error(cause)
        if kind is not None:
            raise _error(kind, method, url, text) from found
    if hasattr(found, 'reasons'):
        raise _error(AnswerError, method, url,
                     f'the answer is not HTTP: {found}') from found


def _causes(found: Any) -> Iterator[Exception]:
    """Iterate over an exception and those in it, the innermost first."""
    for reason in getattr(found, 'reasons', []):
        yield from _causes(reason.value)
    yield found


class _Discard(TwistedProtocol):
    """A receiver that closes the connection instead of reading a body."""

    def connectionMade(self) -> None:
        """Close the connection."""
        self.transport.stopProducing()  # type: ignore[union-attr]


class _SilenceLimit:
    """
    A limit for each silence of a server, which can be suspended.

    :ivar exceeded: whether a silence was too long.
    """

    def __init__(self, reactor: Any, seconds: float) -> None:
        self._seconds = seconds
        self._reactor = reactor
        self._timer: Any = None
        self._limited: Deferred[Any] | None = None
        self.exceeded = False

    def apply(self, waiting: Deferred[Any]) -> Deferred[Any]:
        """
        Limit the silence while a Deferred has not fired.

        :returns: a Deferred that fires with the same result, and that is
                  canceled if a silence is too long.
        """
        self._limited = _cancelable(waiting)
        self.restart()
        return self._limited

    def restart(self) -> None:
        """Start measuring a silence."""
        if self._timer is None:
            self._timer = self._reactor.callLater(self._seconds, self._exceed)
        else:
            self._timer.reset(self._seconds)

    def stop(self) -> None:
        """Stop measuring, until `restart` is called."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _exceed(self) -> None:
        self._timer = None
        self.exceeded = True
        if self._limited is not None:
            self._limited.cancel()


def _cancelable(inner: Deferred[Any]) -> Deferred[Any]:
    """
    Make a Deferred that fails with CancelledError when it is canceled.

    The Deferreds of Twisted's client fail with another error in each phase,
    such as "no such host".

    :param inner: gives the result, and is canceled as well.
    """
    def cancel(outer: Deferred[Any]) -> None:
        outer.errback(CancelledError())
        inner.cancel()

    def pass_on(result: Any) -> None:
        if not outer.called:
            outer.callback(result)

    outer: Deferred[Any] = Deferred(cancel)
    inner.addBoth(pass_on)
    return outer


class _Reader(TwistedProtocol):
    """
    A receiver of a body, which feeds a sink and waits while it is not ready.

    :ivar ended: fires with None after the last bytes. Canceling the Deferred
                 closes the connection.
    """

    def __init__(self, sink: Sink, limit: _SilenceLimit) -> None:
        self._sink = sink
        self._limit = limit
        #: The number of the sink's Deferreds that have not fired yet.
        self._pauses = 0
        #: The reason why the connection has ended; None while it is open.
        self._lost: Failure | None = None
        self.ended: Deferred[None] = Deferred(lambda ended: self._stop())

    def dataReceived(self, data: bytes) -> None:
        """Feed the sink, and stop reading while it is not ready."""
        if self.ended.called:
            return
        try:
            ready = self._sink.feed(data)
        except Exception:
            self.ended.errback(Failure())
            self._stop()
            return
        self._limit.restart()
        if ready is not None:
            self._pauses += 1
            if self._lost is None:
                self.transport.pauseProducing()  # type: ignore[union-attr]
            self._limit.stop()
            ready.addCallback(self._sink_ready)

    def _sink_ready(self, _: None) -> None:
        self._pauses -= 1
        if self._pauses or self.ended.called:
            return
        if self._lost is None:
            self._limit.restart()
            self.transport.resumeProducing()  # type: ignore[union-attr]
        else:
            self._end(self._lost)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        """End the body, unless the sink still has bytes to work on."""
        self._lost = reason
        if not self._pauses and not self.ended.called:
            self._end(reason)

    def _end(self, reason: Failure) -> None:
        if reason.check(ResponseDone):
            self.ended.callback(None)
        elif reason.check(PotentialDataLoss):
            self.ended.errback(AnswerError(
                'the answer has no length, so the file may be incomplete'))
        else:
            self.ended.errback(reason)

    def _stop(self) -> None:
        if self._lost is None:
            self.transport.stopProducing()  # type: ignore[union-attr]
