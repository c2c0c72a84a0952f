"""
One request and its answer, within a time limit.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    ConnectionFailed,
    HTTPError,
    KojiException,
    ProxyError,
)
from txkoji.hub.http.body import Body, Sink
from txkoji.hub.http.connection import Head, HTTPConnection
from txkoji.hub.http.explain import explain
from txkoji.hub.http.pool import Pool
from txkoji.hub.http.request import (
    Headers,
    Request,
    encode_request,
    parse_target,
)
from txkoji.hub.profile import without_secrets
from txkoji.hub.stats import Stats

#: Characters of an answer that cannot be read, to be shown in an error.
EXCERPT = 200

#: Seconds for connecting: name, TCP, proxy and TLS.
CONNECT_TIMEOUT = 30

#: Bytes and seconds for the page behind a status other than 200.
MAX_ERROR_BODY = 65536
ERROR_BODY_TIMEOUT = 5


class Exchange:
    """
    One request, and its answer. All ways out lead through `_end`.

    :param request: the call.
    :param address: the URL.
    :param headers: what to send beside the usual ones, and the request's.
    :param again: whether to send it once more over a new connection, where a
                  kept one turns out to be dead.
    :param max_body: bytes of an answer, inflated.
    :param stats: counts what is sent again.
    :param take_head: takes the head of the answer.
    :param held: is told when what takes the answer holds it up.

    :ivar address: the URL.
    """

    _log = Logger()

    def __init__(self, request: Request, address: str, headers: Headers, *,
                 pool: Pool, reactor: Any, again: bool, max_body: float,
                 stats: Stats, take_head: Callable[[Head], None],
                 held: Callable[[], None]) -> None:
        self._request = request
        self.address = address
        self._headers = headers
        self._pool = pool
        self._reactor = reactor
        self._again = again
        self._max_body = max_body
        self._stats = stats
        self._take_head = take_head
        self._held = held
        self._target = parse_target(address)
        self._route = self._target.route
        #: None when it is over.
        self._done: Deferred[Any] | None = None
        self._connecting: Deferred[HTTPConnection] | None = None
        self._connection: HTTPConnection | None = None
        self._kept = False
        self._body: Body | None = None
        self._excerpt: _Excerpt | None = None
        #: The error for a status other than 200.
        self._status: HTTPError | None = None
        self._until_closed = False
        self._timer: Any = None
        self._left = request.timeout

    @property
    def method(self) -> str:
        """The hub method that is called."""
        return self._request.method

    def start(self) -> Deferred[Any]:
        """
        Make it.

        :returns: a Deferred that fires with what the sink makes of the
                  answer. Cancelling it closes the connection.
        :raises TransportError: if there is no good answer.
        :raises KojiException: if the answer is a fault.
        """
        done: Deferred[Any] = Deferred(self._cancel)
        self._done = done
        kept = None if self._request.alone else self._pool.take(self._route)
        if kept is None:
            self._connect()
        else:
            self._kept = True
            self._set_timer(self._left)
            self._send(kept)
        return done

    # Connecting

    def _connect(self) -> None:
        self._kept = False
        self._set_timer(min(CONNECT_TIMEOUT, self._left))
        try:
            connecting = self._pool.connect(self._route,
                                            tls_1_2=self._request.tls_1_2)
        except Exception as error:
            self._fail(error)
            return
        self._connecting = connecting
        connecting.addCallbacks(self._connected, self._not_connected)

    def _connected(self, connection: HTTPConnection) -> None:
        if self._done is None:
            connection.abort()
            return
        self._connecting = None
        self._set_timer(self._left)
        self._send(connection)

    def _not_connected(self, failure: Failure) -> None:
        if self._done is not None:
            self._connecting = None
            self._fail_with(failure.value)

    def _send(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._excerpt = self._body = self._status = None
        self._request.outcome.sent = True
        proxy = None if self._route.secure else self._pool.proxy(self._route)
        connection.send(encode_request(self._request, self._target,
                                       self._headers, proxy), self)

    # The answer

    def take_head(self, head: Head) -> None:
        """Take the head; see `txkoji.hub.http.connection.Receiver`."""
        self._take_head(head)
        sink: Sink
        if head.status == 200:
            self._request.take_head(head)
            sink = self._excerpt = _Excerpt(self._request.new_sink(),
                                            self._request.count)
            limit = (float('inf') if self._request.streamed
                     else self._max_body)
        else:
            self._status = self._status_error(head)
            self._set_timer(min(ERROR_BODY_TIMEOUT, self._left))
            sink = self._excerpt = _Excerpt()
            limit = MAX_ERROR_BODY
        assert self._connection is not None
        try:
            self._body = Body(sink, self._connection, self._reactor,
                              coding=head.get(b'content-encoding').lower(),
                              limit=limit, held=self._hold,
                              ended=self._body_ended)
        except AnswerError as error:
            self._fail_with(error)

    def take_data(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if self._body is not None:
            self._body.feed(data)

    def take_end(self, reusable: bool, closed: bool) -> None:
        """Take the end of the answer."""
        connection, self._connection = self._connection, None
        self._until_closed = closed
        if connection is not None and not closed:
            if reusable and not self._request.alone:
                self._pool.keep(self._route, connection)
            else:
                connection.abort()
        if self._body is not None:
            self._body.complete()

    def take_failure(self, reason: Failure) -> None:
        """Take the reason why there is no more."""
        connection, self._connection = self._connection, None
        if self._kept and connection is not None and not connection.received:
            # Those that were kept as long are dead, too.
            self._pool.forget_idle()
            if self._again:
                self._stats.retries += 1
                self._log.info('{method}: sending it again over a new'
                               ' connection, since a kept one was closed',
                               method=self._request.method)
                self._request.outcome.sent = False
                self._connect()
                return
        self._fail_with(reason.value)

    def _body_ended(self, error: Exception | None) -> None:
        if self._status is not None:
            self._fail(self._status)
            return
        if error is None:
            assert self._excerpt is not None
            try:
                value = self._excerpt.finish()
            except AnswerError as found:
                if self._until_closed:
                    # Nothing but the answer says how long it is.
                    self._fail(self._error(
                        ConnectionFailed, 'the connection broke before the'
                        ' whole answer was there'))
                    return
                error = found
            except Exception as found:
                error = found
            else:
                self._end(value)
                return
        self._fail_with(error)

    # Errors

    def _fail_with(self, error: Any) -> None:
        """End it with an exception of Twisted's, of a sink, or of ours."""
        if self._status is not None:
            # What it is about is known, whatever became of its page.
            self._fail(self._status)
        elif isinstance(error, AnswerError):
            # What it says next over other connections is no better.
            self._pool.forget_idle()
            text = 'the answer cannot be read'
            if not self._may_show():
                # Its text may have a part of the answer in it.
                self._fail(self._error(AnswerError, text))
                return
            text += f': {error}'
            if self._excerpt is not None:
                text += f'; it begins with {self._excerpt}'
            self._fail(self._error(AnswerError, text), error)
        elif isinstance(error, ProxyError):
            self._fail(self._error(ProxyError, str(error),
                                   status=error.status))
        elif isinstance(error, KojiException):
            error.method = self._request.method
            error.url = without_secrets(self.address)
            self._fail(error)
        else:
            kind, text = explain(error, self._request.outcome.sent)
            if kind is None:
                self._fail(error)
            else:
                self._fail(self._error(kind, text), error)

    def _status_error(self, head: Head) -> HTTPError:
        text = f'HTTP status {head.status} {head.reason}'.rstrip()
        location = ''
        if 300 <= head.status < 400:
            location = head.get(b'location')
            to = without_secrets(location)
            text += (f' to {to[:EXCERPT] or "nowhere"}; is the server of the'
                     ' profile right?')
        elif head.status == 407:
            text += f' of the proxy {self._pool.proxy(self._route)}'
        error = self._error(HTTPError, text, status=head.status,
                            location=location, retry_after=_retry_after(head))
        assert isinstance(error, HTTPError)
        return error

    def _error(self, kind: Callable[..., KojiException], text: str,
               **fields: Any) -> KojiException:
        url = without_secrets(self.address)
        return kind(f'{self._request.method} at {url}: {text}',
                    method=self._request.method, url=url, **fields)

    def _may_show(self) -> bool:
        """
        Whether an answer has no secret in it; front servers like to say what
        they were asked.
        """
        if self._request.secret or '?' in self.address:
            return False
        seen = b'' if self._excerpt is None else self._excerpt.data
        return not any(value[:8] in seen for name, value in self._headers
                       if name == b'Koji-Session-Key')

    # Time

    def _set_timer(self, seconds: float) -> None:
        """Give it so long from now on."""
        self._stop_timer()
        self._begun = self._reactor.seconds()
        self._timer = self._reactor.callLater(seconds, self._late)

    def _stop_timer(self) -> None:
        if self._timer is not None:
            self._left = max(0, self._left - (self._reactor.seconds()
                                              - self._begun))
            self._timer.cancel()
            self._timer = None

    def _hold(self, held: bool) -> None:
        """Let the time stand still while the sink wants no more."""
        if held:
            self._stop_timer()
            self._held()
        else:
            self._set_timer(self._left)

    def _late(self) -> None:
        self._timer = None
        request = self._request
        if self._connecting is not None:
            seconds = min(CONNECT_TIMEOUT, request.timeout)
            text = f'no connection within {seconds:g} seconds'
            proxy = self._pool.proxy(self._route)
            if proxy is not None:
                text += f' through the proxy {proxy}'
            self._fail(self._error(ConnectionFailed, text))
        else:
            self._fail(self._status or self._error(
                CallTimeout, f'no whole answer within {request.timeout:g}'
                ' seconds'))

    # The end

    def abort(self, error: KojiException) -> None:
        """
        Close the connection, or stop connecting.

        :param error: what it fails with.
        """
        self._fail(error)

    def _cancel(self, done: Deferred[Any]) -> None:
        self._fail(CancelledError())

    def _fail(self, error: Exception, cause: Exception | None = None
              ) -> None:
        if error is self._status and self._excerpt is not None \
                and self._excerpt.data and self._may_show():
            if not 300 <= (self._status.status or 0) < 400:
                error.args = (f'{error}: {self._excerpt}',)
        if cause is not None:
            error.__cause__ = cause
        self._end(Failure(error))

    def _end(self, result: Any) -> None:
        """Let go of everything, and say what came of it."""
        self._stop_timer()
        if self._body is not None:
            self._body.stop()
            self._body = None
        connecting, self._connecting = self._connecting, None
        connection, self._connection = self._connection, None
        done, self._done = self._done, None
        if connecting is not None:
            connecting.cancel()
        if connection is not None:
            connection.abort()
        if done is not None and not done.called:
            done.callback(result)


def _retry_after(head: Head) -> float | None:
    """The seconds that a server says, as a number or as a date."""
    text = head.get(b'retry-after')
    if not text:
        return None
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        # By its own clock, if it says what that shows.
        date = head.get(b'date')
        now = (parsedate_to_datetime(date) if date
               else datetime.now(timezone.utc))
        return max(0.0, (then - now).total_seconds())
    except (TypeError, ValueError):
        return None


class _Excerpt:
    """
    Pass bytes on, count them, and keep a few to be shown in an error.

    :param sink: takes them; None if nobody wants them.
    :param count: is told how many have come.
    """

    def __init__(self, sink: Sink | None = None,
                 count: Callable[[int], Any] = int) -> None:
        self._sink = sink
        self._count = count
        self.data = b''

    def feed(self, data: bytes) -> Deferred[None] | None:
        if len(self.data) < EXCERPT:
            self.data = (self.data + data[:EXCERPT])[:EXCERPT]
        self._count(len(data))
        return None if self._sink is None else self._sink.feed(data)

    def close(self) -> Any:
        return None if self._sink is None else self._sink.close()

    finish = close

    def __str__(self) -> str:
        text = repr(self.data.decode('utf-8', 'replace'))
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "...'"
