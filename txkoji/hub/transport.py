"""
A POST to the hub and its answer, over kept and verified connections, within
a time limit.
"""
from __future__ import annotations

from typing import Any, Callable, Iterator, List, Optional, Set

from twisted.internet import defer, error
from twisted.internet.defer import (CancelledError, Deferred,
                                    DeferredSemaphore, succeed)
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from txkoji.exceptions import (AnswerError, CallTimeout, ConnectionClosed,
                               ConnectionFailed, HTTPError, KojiException,
                               TLSError, TransportError)
from txkoji.hub.body import Sink, deliver
from txkoji.hub.pool import Connection, EndlessHead, Pool
from txkoji.hub.profile import Profile, without_secrets

#: So much of an answer that cannot be read is shown in the error's text.
EXCERPT = 200

#: So many bytes are read of an answer with a status other than 200.
MAX_ERROR_BODY = 65536


class Transport:
    """
    Post requests to one hub.

    :param settings: whose hub, and whom to trust there.
    :param reactor: for connections and time limits.
    :param agent: posts the requests. None for one of our own, with a pool of
                  kept connections; who passes one in closes it, too.
    :param timeout: seconds for one request: connecting, headers and body.
    :param max_connections: how many requests may be under way at once; the
                            others wait their turn.
    :param max_body: bytes of an answer, inflated.
    """

    def __init__(self, settings: Profile, *, reactor: Any,
                 agent: Optional[IAgent] = None, timeout: float,
                 max_connections: int, max_body: int) -> None:
        self.url = without_secrets(settings.server)
        self._address = settings.server.encode('ascii')
        self._reactor = reactor
        self._timeout = timeout
        self._max_body = max_body
        self._places = DeferredSemaphore(max_connections)
        self._posts: Set[Deferred[Any]] = set()
        self._closed = False
        self._pool: Optional[Pool] = None
        if agent is None:
            self._pool = Pool(reactor, settings, max_connections)
            agent = self._pool.agent
        self._agent = agent

    def post(self, method: str, body: bytes, sink: Sink, *, again: bool
             ) -> Deferred[Any]:
        """
        Post a request, and feed `sink` with the answer while it arrives.

        :param method: the hub method, for the text of errors.
        :param again: whether the request may be sent once more where a kept
                      connection turns out to be dead.
        :returns: a Deferred that fires with what the sink makes of it.
                  Cancelling it closes the connection.
        :raises TransportError: if there is no good answer.
        :raises ConnectionClosed: if `close()` was, or is, called.
        """
        post = Deferred.fromCoroutine(self._post(method, body, sink, again))
        if not post.called:
            self._posts.add(post)
            post.addBoth(self._done, post)
        return post

    def close(self) -> Deferred[None]:
        """
        Let go of everything: requests under way fail with ConnectionClosed.

        :returns: a Deferred that fires when no connection of ours is open.
        """
        self._closed = True
        for post in list(self._posts):
            post.cancel()
        if self._pool is None:
            return succeed(None)
        return self._pool.close()

    def _done(self, result: Any, post: Deferred[Any]) -> Any:
        self._posts.discard(post)
        return result

    async def _post(self, method: str, body: bytes, sink: Sink, again: bool
                    ) -> Any:
        try:
            if self._closed:
                raise CancelledError()
            await self._places.acquire()
            try:
                return await self._in_time(
                    method, self._attempt(method, body, sink, again))
            finally:
                self._places.release()
        except CancelledError:
            if not self._closed:
                raise
            raise ConnectionClosed(
                f'{method}: the connection to {self.url} was closed',
                method=method, url=self.url) from None

    async def _in_time(self, method: str, attempt: Any) -> Any:
        """Wait for an attempt, and cancel it when its time is up."""
        waiting: Deferred[Any] = Deferred.fromCoroutine(attempt)
        waiting.addTimeout(self._timeout, self._reactor)
        try:
            return await waiting
        except defer.TimeoutError:
            raise self._error(
                CallTimeout, method,
                f'no whole answer within {self._timeout:g} seconds') from None

    async def _attempt(self, method: str, body: bytes, sink: Sink,
                       again: bool) -> Any:
        """Post it; a second time if a kept connection was dead already."""
        used: List[Connection] = []
        try:
            return await self._exchange(method, body, sink, used)
        except ConnectionFailed:
            if not (again and used and not used[0].received):
                raise
        assert self._pool is not None
        # Those that were kept as long are dead, too.
        self._pool.forget_idle()
        return await self._exchange(method, body, sink, [])

    async def _exchange(self, method: str, body: bytes, sink: Sink,
                        used: List[Connection]) -> Any:
        """
        Post it, and read the answer.

        :param used: gets the connection, if it is one that was kept.
        """
        headers = Headers({b'Content-Type': [b'text/xml'],
                           b'Accept-Encoding': [b'gzip'],
                           b'User-Agent': [b'txkoji/1']})
        excerpt = _Excerpt(sink)
        try:
            request = self._agent.request(b'POST', self._address, headers,
                                          _Body(body))
            if self._pool is not None:
                used += self._pool.kept_connection()
            response = await _cancelled_for_good(request)
            if response.code != 200:
                raise await self._status(method, response)
            await deliver(response, excerpt, self._reactor, self._max_body)
            return sink.close()
        except AnswerError as found:
            if self._pool is not None:
                # What it says next over this connection is no better.
                self._pool.forget_idle()
            raise self._error(
                AnswerError, method,
                f'the answer cannot be read: {found}; it begins with'
                f' {excerpt}') from found
        except (TransportError, CancelledError):
            raise
        except KojiException as fault:
            fault.method = method
            fault.url = self.url
            raise
        except Exception as found:
            kind, text = _explain(found)
            if kind is None:
                raise
            raise self._error(kind, method, text) from found

    def _error(self, kind: Callable[..., KojiException], method: str,
               text: str, **fields: Any) -> KojiException:
        return kind(f'{method} at {self.url}: {text}', method=method,
                    url=self.url, **fields)

    async def _status(self, method: str, response: IResponse
                      ) -> KojiException:
        """The error for a status other than 200."""
        excerpt = _Excerpt(None)
        try:
            await deliver(response, excerpt, self._reactor, MAX_ERROR_BODY)
        except AnswerError:
            # Its first words are all that is wanted.
            pass
        phrase = response.phrase.decode('latin-1')
        text = f'HTTP status {response.code} {phrase}'
        if 300 <= response.code < 400:
            places = response.headers.getRawHeaders(b'location') or [b'']
            to = without_secrets(places[0].decode('latin-1'))
            text += (f' to {to[:EXCERPT] or "nowhere"}; is the server of the'
                     ' profile right?')
        elif excerpt.data:
            text += f': {excerpt}'
        return self._error(HTTPError, method, text, status=response.code)


def _explain(found: Exception) -> Any:
    """
    Find what is behind an exception of Twisted's client.

    :returns: a class of ours and a text; None and '' for what is not about
              the connection.
    """
    from OpenSSL import SSL
    from service_identity import VerificationError
    causes = list(_causes(found))
    for kinds, kind, text in [
        ((EndlessHead,), AnswerError, 'the answer is not HTTP: {}'),
        ((VerificationError,), TLSError,
         'the certificate of the hub is for another host'),
        ((SSL.Error,), TLSError, 'TLS failed: {}'),
        ((error.TimeoutError,), CallTimeout, 'connecting took too long'),
        ((error.DNSLookupError,), ConnectionFailed, 'no such host'),
        ((error.ConnectError, OSError), ConnectionFailed,
         'no connection: {}'),
        ((error.ConnectionClosed,), ConnectionFailed,
         'the connection broke before the whole answer was there'),
    ]:
        for cause in causes:
            if isinstance(cause, kinds):
                return kind, text.format(_say(cause))
    if isinstance(found, ResponseFailed):
        return AnswerError, f'the answer is not HTTP: {_say(causes[0])}'
    return None, ''


def _causes(found: Any) -> Iterator[BaseException]:
    """What Twisted's client wrapped, inmost first, then the wrapping."""
    reasons: List[Failure] = getattr(found, 'reasons', [])
    for reason in reasons:
        yield from _causes(reason.value)
    yield found


def _say(cause: BaseException) -> str:
    from OpenSSL import SSL
    if isinstance(cause, SSL.Error):
        # It holds a list of (library, function, reason).
        reasons = cause.args[0] if cause.args else []
        return ', '.join(reason[-1] for reason in reasons)
    return str(cause).rstrip('.') or type(cause).__name__


def _cancelled_for_good(request: Deferred[IResponse]) -> Deferred[IResponse]:
    """
    A request that fails with CancelledError when it is cancelled, where
    Twisted's says something else in each phase ("no such host", for one).
    """
    def cancel(waiting: Deferred[IResponse]) -> None:
        waiting.errback(CancelledError())
        request.cancel()

    def pass_on(result: Any) -> None:
        if not waiting.called:
            waiting.callback(result)

    waiting: Deferred[IResponse] = Deferred(cancel)
    request.addBoth(pass_on)
    return waiting


class _Excerpt:
    """Pass bytes on, and keep the first few to be shown in an error."""

    def __init__(self, sink: Optional[Sink]) -> None:
        self._sink = sink
        self.data = b''

    def feed(self, data: bytes) -> None:
        if len(self.data) < EXCERPT:
            self.data = (self.data + data[:EXCERPT])[:EXCERPT]
        if self._sink is not None:
            self._sink.feed(data)

    def close(self) -> None:
        """Nothing is made of it."""

    def __str__(self) -> str:
        text = repr(self.data.decode('utf-8', 'replace'))
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "...'"


@implementer(IBodyProducer)
class _Body:
    """The body of a request, there as a whole."""

    def __init__(self, data: bytes) -> None:
        self._data = data
        self.length = len(data)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        consumer.write(self._data)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Everything is written already."""

    def resumeProducing(self) -> None:
        """Everything is written already."""

    def stopProducing(self) -> None:
        """Everything is written already."""
