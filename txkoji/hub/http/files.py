"""
Files over plain HTTP, with treq.

treq asks for gzip and unpacks it, so that checksums and ranges would be off;
its redirects leave sockets open, and cancelling what it collects stops
nothing. So there is an agent of ours under it, which asks for the bytes as
they are and hides how they are coded; redirects are the caller's; and a body
that nobody wants is stopped.
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
from twisted.web.client import (
    URI,
    Agent,
    HTTPConnectionPool,
    ProxyAgent,
    ResponseDone,
)
from twisted.web.http import PotentialDataLoss
from twisted.web.http_headers import Headers
from twisted.web.iweb import (
    UNKNOWN_LENGTH,
    IAgent,
    IAgentEndpointFactory,
    IResponse,
)
from zope.interface import implementer

from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    HTTPError,
    KojiException,
)
from txkoji.hub.http.body import Sink
from txkoji.hub.http.explain import explain
from txkoji.hub.http.network import Network, Route
from txkoji.hub.http.pool import IDLE_TIMEOUT, Pool
from txkoji.hub.profile import without_secrets

if TYPE_CHECKING:
    from treq.client import HTTPClient

#: Where our agent puts the Content-Encoding, which treq is not to see.
_CODING = b'x-txkoji-content-encoding'


@dataclass
class FileHead:
    """
    The head of a response with a file, or with a part of it.

    :ivar status: 200, 206 or 416.
    :ivar length: bytes of the body; None if that is not known.
    :ivar coding: how the body is coded, or an empty text.
    """

    status: int
    length: int | None
    coding: str
    _headers: Headers

    def get(self, name: bytes) -> bytes:
        """The value of a header, or nothing."""
        values = self._headers.getRawHeaders(name) or []
        return values[0] if values else b''


class FileClient:
    """
    Get files.

    :param pool: knows whom to trust, and the proxies.
    :param network: opens the connections.
    """

    def __init__(self, reactor: Any, pool: Pool, network: Network) -> None:
        self._reactor = reactor
        self._pool = pool
        self._connections = HTTPConnectionPool(reactor, network.keeps)
        self._connections.cachedConnectionTimeout = IDLE_TIMEOUT
        self._connections.retryAutomatically = False
        self._agent = _FileAgent(reactor, pool, network, self._connections)
        self._client: HTTPClient | None = None

    def close(self) -> Deferred[None]:
        """
        Close the connections that are kept.

        :returns: a Deferred that fires with None when none is open.
        """
        closing: Any = self._connections.closeCachedConnections()
        closed: Deferred[None] = closing.addCallback(lambda _: None)
        return closed

    async def get(self, url: str, headers: Any, *, timeout: float,
                  show: Callable[[FileHead], Any], sink: Sink) -> None:
        """
        Get a file, or a part of it.

        :param headers: what to send, such as a ``Range``.
        :param timeout: seconds for each silence of the server, while we wait
                        for it.
        :param show: is shown the head, and may raise.
        :param sink: takes the bytes as they come.
        :raises HTTPError: on a status other than 200, 206 and 416.
        :raises TransportError: if the file does not come as a whole.
        """
        if self._client is None:
            from treq.client import HTTPClient
            self._client = HTTPClient(self._agent)
        self._pool.check_host(_route(URI.fromBytes(url.encode('ascii'))))
        limit = _Silence(self._reactor, timeout)
        try:
            response = await limit.on(self._client.get(
                url, headers=headers, allow_redirects=False,
                unbuffered=True))
            try:
                self._check(response, url)
                show(FileHead(response.code, _length(response), _coding(
                    response), response.headers))
            except BaseException:
                _discard(response)
                raise
            reader = _Reader(sink, limit)
            response.deliverBody(reader)
            await limit.on(reader.ended)
        except CancelledError:
            if not limit.over:
                raise
            raise _error(CallTimeout, url, 'nothing came for'
                         f' {timeout:g} seconds') from None
        except KojiException:
            raise
        except Exception as found:
            for cause in _causes(found):
                kind, text = explain(cause)
                if kind is not None:
                    raise _error(kind, url, text) from found
            if not hasattr(found, 'reasons'):
                raise
            raise _error(AnswerError, url,
                         f'the answer is not HTTP: {found}') from found
        finally:
            limit.stop()

    def _check(self, response: IResponse, url: str) -> None:
        if response.code in (200, 206, 416):
            return
        phrase = response.phrase.decode('latin-1')
        text = f'HTTP status {response.code} {phrase}'
        location = ''
        if 300 <= response.code < 400:
            values = response.headers.getRawHeaders(b'location') or [b'']
            location = values[0].decode('latin-1')
            text += (f' to {without_secrets(location)[:200] or "nowhere"}; is'
                     ' the topurl of the profile right?')
        raise _error(HTTPError, url, text, status=response.code,
                     location=location)


@implementer(IAgent)
class _FileAgent:
    """Posts what treq asks for, and gives the bytes as they are."""

    def __init__(self, reactor: Any, pool: Pool, network: Network,
                 connections: HTTPConnectionPool) -> None:
        self._reactor = reactor
        self._pool = pool
        self._network = network
        self._connections = connections
        self._direct = Agent.usingEndpointFactory(
            reactor, _Endpoints(pool), connections)

    def request(self, method: bytes, uri: bytes,
                headers: Headers | None = None,
                bodyProducer: Any = None) -> Any:
        headers = Headers(dict((headers or Headers()).getAllRawHeaders()))
        headers.setRawHeaders(b'Accept-Encoding', [b'identity'])
        headers.setRawHeaders(b'User-Agent', [b'txkoji/1'])
        route = _route(URI.fromBytes(uri))
        proxy = None if route.secure else self._pool.proxy(route)
        agent: Any = self._direct
        if proxy is not None:
            agent = ProxyAgent(
                self._network.endpoint(proxy.host, proxy.port),
                self._reactor, self._connections)
            if proxy.authorization:
                headers.setRawHeaders(b'Proxy-Authorization',
                                      [proxy.authorization])
        with self._network.writing():
            asked = agent.request(method, uri, headers, bodyProducer)
        return asked.addCallback(_hide_coding)


@implementer(IAgentEndpointFactory)
class _Endpoints:
    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def endpointForURI(self, uri: URI) -> Any:
        return self._pool.endpoint(_route(uri))


def _route(uri: URI) -> Route:
    return Route(uri.scheme == b'https',
                 uri.host.decode('ascii').strip('[]'), uri.port)


def _hide_coding(response: IResponse) -> IResponse:
    values = response.headers.getRawHeaders(b'content-encoding')
    if values:
        response.headers.setRawHeaders(_CODING, values)
        response.headers.removeHeader(b'content-encoding')
    return response


def _coding(response: IResponse) -> str:
    values = response.headers.getRawHeaders(_CODING) or []
    return b','.join(values).decode('latin-1').strip().lower()


def _length(response: IResponse) -> int | None:
    return (None if response.length is UNKNOWN_LENGTH
            else int(response.length))


def _error(kind: Callable[..., KojiException], url: str, text: str,
           **fields: Any) -> KojiException:
    url = without_secrets(url)
    return kind(f'GET at {url}: {text}', method='GET', url=url, **fields)


def _causes(found: Any) -> Iterator[Exception]:
    """What Twisted's client wrapped, inmost first, then the wrapping."""
    for reason in getattr(found, 'reasons', []):
        yield from _causes(reason.value)
    yield found


def _discard(response: IResponse) -> None:
    """Close the connection of a response whose body nobody wants."""
    response.deliverBody(_Discard())


class _Discard(TwistedProtocol):
    """Take nothing."""

    def connectionMade(self) -> None:
        self.transport.stopProducing()  # type: ignore[union-attr]


class _Silence:
    """
    A time limit for each silence, which stands still while nobody reads.

    :ivar over: whether there was one that was too long.
    """

    def __init__(self, reactor: Any, seconds: float) -> None:
        self._seconds = seconds
        self._reactor = reactor
        self._timer: Any = None
        self._limited: Deferred[Any] | None = None
        self.over = False

    def on(self, waiting: Deferred[Any]) -> Deferred[Any]:
        """Cancel something when there is silence for too long."""
        self._limited = _cancelled_for_good(waiting)
        self.renew()
        return self._limited

    def renew(self) -> None:
        """Let it begin anew."""
        if self._timer is None:
            self._timer = self._reactor.callLater(self._seconds, self._end)
        else:
            self._timer.reset(self._seconds)

    def stop(self) -> None:
        """Let it stand still, or end."""
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _end(self) -> None:
        self._timer = None
        self.over = True
        if self._limited is not None:
            self._limited.cancel()


def _cancelled_for_good(asked: Deferred[Any]) -> Deferred[Any]:
    """
    Make a Deferred fail with CancelledError when it is cancelled, where
    Twisted's says something else in each phase ("no such host", for one).
    """
    def cancel(waiting: Deferred[Any]) -> None:
        waiting.errback(CancelledError())
        asked.cancel()

    def pass_on(result: Any) -> None:
        if not waiting.called:
            waiting.callback(result)

    waiting: Deferred[Any] = Deferred(cancel)
    asked.addBoth(pass_on)
    return waiting


class _Reader(TwistedProtocol):
    """
    Feed a sink with a body, no faster than it wants.

    :ivar ended: fires with None when all was fed. Cancelling it closes the
                 connection.
    """

    def __init__(self, sink: Sink, limit: _Silence) -> None:
        self._sink = sink
        self._limit = limit
        self._held = 0
        self._lost: Failure | None = None
        self.ended: Deferred[None] = Deferred(lambda ended: self._stop())

    def dataReceived(self, data: bytes) -> None:
        if self.ended.called:
            return
        try:
            wanted = self._sink.feed(data)
        except Exception:
            self.ended.errback(Failure())
            self._stop()
            return
        self._limit.renew()
        if wanted is not None:
            self._held += 1
            if self._lost is None:
                self.transport.pauseProducing()  # type: ignore[union-attr]
            self._limit.stop()
            wanted.addCallback(self._release)

    def _release(self, result: None) -> None:
        self._held -= 1
        if self._held or self.ended.called:
            return
        if self._lost is None:
            self._limit.renew()
            self.transport.resumeProducing()  # type: ignore[union-attr]
        else:
            self._end(self._lost)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self._lost = reason
        if not self._held and not self.ended.called:
            self._end(reason)

    def _end(self, reason: Failure) -> None:
        if reason.check(ResponseDone):
            self.ended.callback(None)
        elif reason.check(PotentialDataLoss):
            self.ended.errback(AnswerError('nothing says where it ends'))
        else:
            self.ended.errback(reason)

    def _stop(self) -> None:
        if self._lost is None:
            self.transport.stopProducing()  # type: ignore[union-attr]
