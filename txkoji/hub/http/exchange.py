"""One request and its answer, within a time limit."""
from __future__ import annotations

from collections.abc import Callable
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
from txkoji.hub.http.body import Body
from txkoji.hub.http.connection import HTTPConnection
from txkoji.hub.http.errors import (
    BROKEN,
    redirect_text,
    retry_after,
    translate_error,
)
from txkoji.hub.http.excerpt import ExcerptSink
from txkoji.hub.http.parser import Head
from txkoji.hub.http.pool import Pool
from txkoji.hub.http.request import (
    Headers,
    Request,
    encode_request,
    parse_target,
)
from txkoji.hub.profile import without_secrets
from txkoji.hub.stats import Stats

#: Seconds for connecting: name lookup, TCP, proxy and TLS together.
CONNECT_TIMEOUT = 30

#: The most bytes of a body with a status other than 200.
MAX_ERROR_BODY = 65536

#: Seconds for a body with a status other than 200.
ERROR_BODY_TIMEOUT = 5


class Exchange:
    """
    One request, and its answer. Every way to its end goes through `_end`.

    :param request: the call.
    :param address: the URL.
    :param headers: headers to send with those of the request.
    :param resend: whether to send the request once more over a new
                   connection, if a pooled connection turns out to be closed.
    :param max_body: the most bytes of an answer, after decompression.
    :param stats: counts the requests that are sent again.
    :param on_head: is called with the head of the answer.
    :param on_pause: is called when the sink pauses the reading.

    :ivar address: the URL.
    """

    _log = Logger()

    def __init__(self, request: Request, address: str, headers: Headers, *,
                 pool: Pool, reactor: Any, resend: bool, max_body: float,
                 stats: Stats, on_head: Callable[[Head], None],
                 on_pause: Callable[[], None]) -> None:
        self._request = request
        self.address = address
        self._headers = headers
        self._pool = pool
        self._reactor = reactor
        self._resend = resend
        self._max_body = max_body
        self._stats = stats
        self._on_head = on_head
        self._on_pause = on_pause
        self._target = parse_target(address)
        self._route = self._target.route
        #: The Deferred of `start`; None when the exchange has ended.
        self._done: Deferred[Any] | None = None
        self._connecting: Deferred[HTTPConnection] | None = None
        self._connection: HTTPConnection | None = None
        #: Whether the connection carried other requests before.
        self._pooled = False
        self._body: Body | None = None
        self._sink: ExcerptSink | None = None
        #: The error for a status other than 200.
        self._http_error: HTTPError | None = None
        #: Whether the answer ended because the connection was closed.
        self._until_closed = False
        self._timer: Any = None
        #: When the timer was set, in seconds of the reactor's clock.
        self._timer_set = 0.0
        #: The seconds of the request's timeout that were left then.
        self._time_left = request.timeout

    @property
    def method(self) -> str:
        """The hub method of the request."""
        return self._request.method

    def start(self) -> Deferred[Any]:
        """
        Send the request, over a pooled or a new connection.

        :returns: a Deferred that fires with the result of the sink. Canceling
                  the Deferred closes the connection.
        :raises TransportError: if there is no valid answer.
        :raises KojiException: if the answer is a fault.
        """
        done: Deferred[Any] = Deferred(self._cancel)
        self._done = done
        pooled = (None if self._request.own_connection
                  else self._pool.take_idle(self._route))
        if pooled is None:
            self._connect()
        else:
            self._pooled = True
            self._set_timer(self._time_left)
            self._send(pooled)
        return done

    # Connecting

    def _connect(self) -> None:
        """Open a new connection, then send the request."""
        self._pooled = False
        self._set_timer(min(CONNECT_TIMEOUT, self._time_left))
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
        self._set_timer(self._time_left)
        self._send(connection)

    def _not_connected(self, failure: Failure) -> None:
        if self._done is not None:
            self._connecting = None
            self._fail_with(failure.value)

    def _send(self, connection: HTTPConnection) -> None:
        self._connection = connection
        self._sink = self._body = self._http_error = None
        self._request.outcome.sent = True
        proxy = (None if self._route.secure
                 else self._pool.find_proxy(self._route))
        connection.send(encode_request(self._request, self._target,
                                       self._headers, proxy), self)

    # The answer

    def head_received(self, head: Head) -> None:
        """Take the head; see `txkoji.hub.http.connection.Receiver`."""
        self._on_head(head)
        if head.status == 200:
            self._request.on_head(head)
            self._sink = ExcerptSink(self._request.new_sink(),
                                     self._request.count)
            limit = (float('inf') if self._request.streamed
                     else self._max_body)
        else:
            self._http_error = self._new_http_error(head)
            self._set_timer(min(ERROR_BODY_TIMEOUT, self._time_left))
            self._sink = ExcerptSink()
            limit = MAX_ERROR_BODY
        assert self._connection is not None
        try:
            self._body = Body(self._sink, self._connection, self._reactor,
                              coding=head.get(b'content-encoding').lower(),
                              limit=limit, on_pause=self._sink_paused,
                              on_end=self._body_ended)
        except AnswerError as error:
            self._fail_with(error)

    def data_received(self, data: bytes) -> None:
        """Take the next bytes of the body."""
        if self._body is not None:
            self._body.feed(data)

    def end_received(self, reusable: bool, until_closed: bool) -> None:
        """Take the end of the answer."""
        connection, self._connection = self._connection, None
        self._until_closed = until_closed
        if connection is not None and not until_closed:
            if reusable and not self._request.own_connection:
                self._pool.keep_idle(self._route, connection)
            else:
                connection.abort()
        if self._body is not None:
            self._body.complete()

    def failed(self, reason: Failure) -> None:
        """Take the reason why the answer does not continue."""
        connection, self._connection = self._connection, None
        if self._pooled and connection is not None and not connection.received:
            # The other idle connections are likely to be closed as well.
            self._pool.close_idle()
            if self._resend:
                self._stats.retries += 1
                self._log.info('{method}: the server had closed a pooled'
                               ' connection; sending again over a new one',
                               method=self._request.method)
                self._request.outcome.sent = False
                self._connect()
                return
        self._fail_with(reason.value)

    def _body_ended(self, error: Exception | None) -> None:
        """Fire with the value of the sink, or fail."""
        if self._http_error is not None:
            self._fail(self._http_error)
            return
        if error is None:
            assert self._sink is not None
            try:
                value = self._sink.close()
            except AnswerError as found:
                if self._until_closed:
                    # The head has no length, so the answer may be cut off.
                    self._fail(self._new_error(ConnectionFailed, BROKEN))
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
        """Fail with an exception of Twisted, of the sink, or of txkoji."""
        if self._http_error is not None:
            # The status says more than the error of its body.
            self._fail(self._http_error)
        elif isinstance(error, AnswerError):
            # Do not use the other idle connections to this server either.
            self._pool.close_idle()
            text = 'the answer cannot be read'
            if not self._may_show():
                # The text of the error may quote the answer.
                self._fail(self._new_error(AnswerError, text))
                return
            text += f': {error}'
            if self._sink is not None:
                text += f'; it begins with {self._sink}'
            self._fail(self._new_error(AnswerError, text), error)
        elif isinstance(error, ProxyError):
            self._fail(self._new_error(ProxyError, str(error),
                                       status=error.status))
        elif isinstance(error, KojiException):
            error.method = self._request.method
            error.url = without_secrets(self.address)
            self._fail(error)
        else:
            kind, text = translate_error(error, self._request.outcome.sent)
            if kind is None:
                self._fail(error)
            else:
                self._fail(self._new_error(kind, text), error)

    def _new_http_error(self, head: Head) -> HTTPError:
        text = f'HTTP status {head.status} {head.reason}'.rstrip()
        location = ''
        if 300 <= head.status < 400:
            location = head.get(b'location')
            text += redirect_text(location, 'server')
        elif head.status == 407:
            text += f' of the proxy {self._pool.find_proxy(self._route)}'
        error = self._new_error(HTTPError, text, status=head.status,
                                location=location,
                                retry_after=retry_after(head))
        assert isinstance(error, HTTPError)
        return error

    def _new_error(self, kind: Callable[..., KojiException], text: str,
                   **fields: Any) -> KojiException:
        url = without_secrets(self.address)
        return kind(f'{self._request.method} at {url}: {text}',
                    method=self._request.method, url=url, **fields)

    def _may_show(self) -> bool:
        """
        Whether an error may show the first bytes of the answer.

        An answer may have a secret. A web server in front of the hub may
        quote the request with its session key.
        """
        if self._request.secret or '?' in self.address:
            return False
        seen = b'' if self._sink is None else self._sink.data
        return not any(value[:8] in seen for name, value in self._headers
                       if name == b'Koji-Session-Key')

    # Time

    def _set_timer(self, seconds: float) -> None:
        """Set the timer anew, and note the time that has passed."""
        self._stop_timer()
        self._timer_set = self._reactor.seconds()
        self._timer = self._reactor.callLater(seconds, self._timed_out)

    def _stop_timer(self) -> None:
        """Stop the timer, and note the time that has passed."""
        if self._timer is not None:
            passed = self._reactor.seconds() - self._timer_set
            self._time_left = max(0, self._time_left - passed)
            self._timer.cancel()
            self._timer = None

    def _sink_paused(self, paused: bool) -> None:
        """Stop the timer while the sink is not ready."""
        if paused:
            self._stop_timer()
            self._on_pause()
        else:
            self._set_timer(self._time_left)

    def _timed_out(self) -> None:
        self._timer = None
        request = self._request
        if self._connecting is not None:
            seconds = min(CONNECT_TIMEOUT, request.timeout)
            text = f'no connection within {seconds:g} seconds'
            proxy = self._pool.find_proxy(self._route)
            if proxy is not None:
                text += f' through the proxy {proxy}'
            self._fail(self._new_error(ConnectionFailed, text))
        else:
            self._fail(self._http_error or self._new_error(
                CallTimeout, f'no whole answer within {request.timeout:g}'
                ' seconds'))

    # The end

    def abort(self, error: KojiException) -> None:
        """
        Close the connection, or stop connecting.

        :param error: the error to fail with.
        """
        self._fail(error)

    def _cancel(self, done: Deferred[Any]) -> None:
        self._fail(CancelledError())

    def _fail(self, error: Exception, cause: Exception | None = None
              ) -> None:
        """Fail. An HTTPError shows the first bytes of the answer."""
        if error is self._http_error and self._sink is not None \
                and self._sink.data and self._may_show():
            if not 300 <= (self._http_error.status or 0) < 400:
                error.args = (f'{error}: {self._sink}',)
        if cause is not None:
            error.__cause__ = cause
        self._end(Failure(error))

    def _end(self, result: Any) -> None:
        """Release the timer, the body and the connection; fire `_done`."""
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
