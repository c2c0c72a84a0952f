"""
One request, of a call to a hub or of a file, and its answer, within a time
limit.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Callable, Dict, List, Mapping, Optional, TypeVar

from twisted.internet.defer import CancelledError, Deferred, succeed
from twisted.logger import Logger
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IBodyProducer, IResponse
from zope.interface import implementer

from txkoji.exceptions import (AnswerError, CallTimeout, ConnectionFailed,
                               HTTPError, KojiException, TLSError,
                               TransportError)
from txkoji.hub.body import Sink, deliver, discard
from txkoji.hub.explain import explain
from txkoji.hub.outcome import Outcome
from txkoji.hub.pool import Pool, Wire
from txkoji.hub.profile import without_secrets
from txkoji.hub.stats import Stats

T = TypeVar('T')

#: So much of an answer that cannot be read is shown in the error's text.
EXCERPT = 200

#: What every request has: calls, and those for a file.
HEADERS = {b'Content-Type': b'text/xml', b'Accept-Encoding': b'gzip',
           b'User-Agent': b'txkoji/1'}
FILE_HEADERS = {b'Accept-Encoding': b'identity', b'User-Agent': b'txkoji/1'}

#: So many bytes are read of an answer with a status other than 200.
MAX_ERROR_BODY = 65536


@dataclass(eq=False)
class Request:
    """
    A call, as it is to be sent.

    :ivar method: the hub method.
    :ivar body: the XML; or a piece of a file, with a `query` in the URL that
                says which.
    :ivar new_sink: makes what takes an answer.
    :ivar read: whether the call changes nothing on the hub, or at least does
                no harm if it is made twice.
    :ivar timeout: seconds for one attempt: connecting, headers and body.
    :ivar deadline: seconds for all of them, and the waiting between.
    :ivar secret: whether the answer holds what no error may show.
    :ivar streamed: whether the answer is not kept, and so may be of any size.
    :ivar count: is told how many bytes of the answer have come, each time.
    :ivar begun: whether somebody has got a part of the answer, so that it
                 cannot be asked for again.
    :ivar shown: makes it a GET of a file, of whatever length; is shown the
                 response before its bytes, which are given as they come. The
                 `timeout` is for each silence of the server.
    :ivar outcome: what is known of its attempts.
    """

    method: str
    body: bytes = field(repr=False)
    new_sink: Callable[[], Sink]
    read: bool
    timeout: float
    deadline: float
    query: str = ''
    secret: bool = False
    streamed: bool = False
    count: Callable[[int], Any] = int
    begun: Callable[[], bool] = lambda: False
    shown: Optional[Callable[[IResponse], Any]] = None
    outcome: Outcome = field(default_factory=Outcome)


class Alike:
    """
    The headers of requests as Twisted's, which takes time to make them: made
    once for those in a row that have the same.
    """

    def __init__(self) -> None:
        self._last: Dict[bytes, bytes] = {}
        self._made = Headers()

    def headers(self, headers: Dict[bytes, bytes]) -> Headers:
        """Twisted's headers, which nobody is to change."""
        if headers != self._last:
            self._last = headers
            self._made = Headers({name: [value]
                                  for name, value in headers.items()})
        return self._made


class Attempt:
    """
    One request, and its answer.

    :param request: the call.
    :param address: the URL.
    :param headers: what to send beside the usual ones.
    :param agent: posts it.
    :param pool: the agent's, if that is of our own.
    :param max_body: bytes of an answer, inflated.
    :param stats: counts what has to be sent again.
    :param alike: makes the headers.
    :param seen: gets the response, before its body.
    """

    _log = Logger()

    def __init__(self, request: Request, address: str,
                 headers: Optional[Mapping[bytes, bytes]], *,
                 agent: IAgent, pool: Optional[Pool], reactor: Any,
                 max_body: float, stats: Stats, alike: Alike,
                 seen: Callable[[IResponse], None]) -> None:
        self._request = request
        self._address = address
        self._file = request.shown is not None
        self._headers = {**(FILE_HEADERS if self._file else HEADERS),
                         **(headers or {}),
                         # Else the agent makes a copy, to put it in.
                         b'Host': _host(address)}
        if request.query:
            self._address += ('&' if '?' in address else '?') + request.query
            self._headers[b'Content-Type'] = b'application/octet-stream'
        self._agent = agent
        self._pool = pool
        self._reactor = reactor
        self._max_body = max_body
        self._stats = stats
        self._alike = alike
        self._seen = seen
        self._limit = _Limit(reactor, request.timeout)
        #: What must not be seen in what is shown of an answer.
        self._key = self._headers.get(b'Koji-Session-Key', b'')[:8]

    async def in_time(self, again: bool) -> Any:
        """Make it, and give up when its time is over."""
        self._limit.hold(False)
        try:
            return await self._make(again)
        except CancelledError:
            if not self._limit.over:
                raise
            raise self._error(
                CallTimeout, 'no whole answer within'
                f' {self._request.timeout:g} seconds') from None
        finally:
            self._limit.hold(True)

    async def _make(self, again: bool) -> Any:
        """Post it; a second time if a kept connection was dead already."""
        used: List[Wire] = []
        try:
            return await self._exchange(used)
        except ConnectionFailed as error:
            if self._pool is None or not used or used[0].received:
                raise
            # Those that were kept as long are dead, too.
            self._pool.forget_idle()
            if not again:
                raise
            self._stats.retries += 1
            self._log.info('sending it again, over a new connection: {error}',
                           error=str(error))
        return await self._exchange([])

    async def _exchange(self, used: List[Wire]) -> Any:
        """
        Post it, and read the answer.

        :param used: gets the connection, if it is one that was kept.
        """
        sink = self._request.new_sink()
        excerpt = _Excerpt(sink, self._limit.renew if self._file
                           else self._request.count)
        try:
            asked = self._agent.request(
                b'GET' if self._file else b'POST',
                self._address.encode('ascii'),
                self._alike.headers(self._headers),
                None if self._file else _Body(self._request))
            if self._pool is not None:
                used += self._pool.kept_connection()
            response = await self._limit.on(_cancelled_for_good(asked))
            if self._request.shown is None:
                self._seen(response)
            elif response.code in (200, 206, 416):
                self._show(response, self._request.shown)
            if response.code != 200 and not (self._file
                                             and response.code == 206):
                raise await self._status(response)
            await self._limit.on(deliver(
                response, excerpt, self._reactor, self._max_body,
                self._limit.hold, raw=self._file))
            return sink.close()
        except AnswerError as found:
            if self._pool is not None:
                # What it says next over this connection is no better.
                self._pool.forget_idle()
            text = 'the answer cannot be read'
            if not self._may_show(excerpt):
                # Its text may have a part of the answer in it.
                raise self._error(AnswerError, text) from None
            text += f': {found}; it begins with {excerpt}'
            raise self._error(AnswerError, text) from found
        except (TransportError, CancelledError):
            raise
        except KojiException as fault:
            fault.method = self._request.method
            fault.url = without_secrets(self._address)
            raise
        except Exception as found:
            kind, text = explain(found)
            if kind is None:
                raise
            if kind is TLSError:
                # There was no agreement whom to send it to.
                self._request.outcome.sent = False
            raise self._error(kind, text) from found

    def _show(self, response: IResponse, shown: Callable[[IResponse], Any]
              ) -> None:
        """Show a response to who asked for a file, and may not want it."""
        try:
            shown(response)
        except BaseException:
            discard(response)
            raise

    def _may_show(self, excerpt: _Excerpt) -> bool:
        """
        Whether an answer has no secret in it; front servers like to say what
        they were asked.
        """
        return not (self._request.secret or '?' in self._address
                    or (self._key and self._key in excerpt.data))

    def _error(self, kind: Callable[..., KojiException], text: str,
               **fields: Any) -> KojiException:
        url = without_secrets(self._address)
        return kind(f'{self._request.method} at {url}: {text}',
                    method=self._request.method, url=url, **fields)

    async def _status(self, response: IResponse) -> KojiException:
        """The error for a status other than 200."""
        excerpt = _Excerpt(None)
        try:
            await self._limit.on(deliver(response, excerpt, self._reactor,
                                         MAX_ERROR_BODY))
        except AnswerError:
            # Its first words are all that is wanted.
            pass
        phrase = response.phrase.decode('latin-1')
        text = f'HTTP status {response.code} {phrase}'
        location = ''
        if 300 <= response.code < 400:
            places = response.headers.getRawHeaders(b'location') or [b'']
            location = places[0].decode('latin-1')
            to = without_secrets(location)
            text += (f' to {to[:EXCERPT] or "nowhere"}; is the'
                     f' {"topurl" if self._file else "server"} of the profile'
                     ' right?')
        elif excerpt.data and self._may_show(excerpt):
            text += f': {excerpt}'
        return self._error(HTTPError, text, status=response.code,
                           location=location if self._file else '')


def _host(address: str) -> bytes:
    """The host of a URL, with its port if it names one."""
    return address.split('/', 3)[2].rpartition('@')[2].encode('ascii')


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


class _Limit:
    """
    A time limit, which runs only while we wait for the hub.

    :ivar over: whether the time is over.
    """

    def __init__(self, reactor: Any, seconds: float) -> None:
        self._reactor = reactor
        self._seconds = self._left = seconds
        self._timer: Any = None
        self._limited: Optional[Deferred[Any]] = None
        self.over = False

    def on(self, waiting: Deferred[T]) -> Deferred[T]:
        """
        Set it on something, which is cancelled when the time is over.

        :returns: the same.
        """
        self._limited = waiting
        return waiting

    def hold(self, held: bool) -> None:
        """Let it stand still, or run."""
        if held and self._timer is not None:
            self._left = max(0, self._timer.getTime()
                             - self._reactor.seconds())
            self._timer.cancel()
            self._timer = None
        elif not held and self._timer is None:
            self._timer = self._reactor.callLater(self._left, self._end)

    def renew(self, received: int = 0) -> None:
        """Let it begin anew."""
        self._left = self._seconds
        if self._timer is not None:
            self._timer.reset(self._seconds)

    def _end(self) -> None:
        self._timer = None
        self.over = True
        if self._limited is not None:
            self._limited.cancel()


class _Excerpt:
    """Pass bytes on, count them, and keep a few to be shown in an error."""

    def __init__(self, sink: Optional[Sink], count: Callable[[int], Any] = int
                 ) -> None:
        self._sink = sink
        self._count = count
        self.data = b''

    def feed(self, data: bytes) -> Optional[Deferred[None]]:
        if len(self.data) < EXCERPT:
            self.data = (self.data + data[:EXCERPT])[:EXCERPT]
        self._count(len(data))
        return None if self._sink is None else self._sink.feed(data)

    def close(self) -> None:
        """Nothing is made of it."""

    def __str__(self) -> str:
        text = repr(self.data.decode('utf-8', 'replace'))
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "...'"


@implementer(IBodyProducer)
class _Body:
    """The body of a request, there as a whole."""

    def __init__(self, request: Request) -> None:
        self._request = request
        self.length = len(request.body)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        self._request.outcome.sent = True
        consumer.write(self._request.body)
        return succeed(None)

    def pauseProducing(self) -> None:
        """Everything is written already."""

    def resumeProducing(self) -> None:
        """Everything is written already."""

    def stopProducing(self) -> None:
        """Everything is written already."""
