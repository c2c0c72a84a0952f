"""The body of an answer: decompressed in steps, and limited in size."""
from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from txkoji.exceptions import AnswerError
from txkoji.hub.http.connection import HTTPConnection

#: The most bytes that one turn of the reactor decompresses to.
STEP = 65536


class Sink(Protocol):
    """A consumer of the bytes of an answer, which makes a value of them."""

    def feed(self, data: bytes) -> Deferred[None] | None:
        """
        Take the next bytes.

        :returns: None, or a Deferred that fires with None when the sink is
                  ready for more bytes. Until then, nothing is read from the
                  socket.
        """

    def close(self) -> Any:
        """
        Finish, after the last bytes.

        :returns: the value.
        """


class Body:
    """
    A body that arrives in pieces, and that is passed on to a sink.

    Twisted's own gzip decoder has no limit, and decompresses a megabyte of
    zeros at once. This class decompresses one step in each turn of the
    reactor. It pauses the connection while compressed bytes are left, and
    while the sink is not ready.

    :param connection: the connection that the body arrives over.
    :param coding: the Content-Encoding of the body.
    :param limit: the most bytes of the body, after decompression.
    :param on_pause: is called with True when the sink pauses the reading, and
                     with False when the sink is ready again.
    :param on_end: is called at most once: with None after the last bytes, or
                   with the error that ended the body.
    :raises AnswerError: if the Content-Encoding is not known.
    """

    def __init__(self, sink: Sink, connection: HTTPConnection, reactor: Any,
                 *, coding: str, limit: float,
                 on_pause: Callable[[bool], Any],
                 on_end: Callable[[Exception | None], Any]) -> None:
        self._sink = sink
        #: None when the connection has no more bytes of this body.
        self._connection: HTTPConnection | None = connection
        self._reactor = reactor
        self._remaining = self._limit = limit
        self._on_pause = on_pause
        self._on_end = on_end
        #: The number of the sink's Deferreds that have not fired yet.
        self._pauses = 0
        self._decompressor: Any = None
        self._compressed = b''
        #: Whether the decompressor holds back bytes, since a step was full.
        self._step_was_full = False
        self._next_step: Any = None
        #: Whether the last bytes have arrived.
        self._complete = False
        self._stopped = False
        if coding in ('gzip', 'x-gzip'):
            self._decompressor = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding not in ('', 'identity'):
            raise AnswerError(f'it is coded as {coding[:60]!r}')

    def feed(self, data: bytes) -> None:
        """Take the next bytes, as they arrive."""
        if self._stopped:
            return
        if self._decompressor is None:
            self._feed_sink(data)
            return
        self._compressed += data
        if self._next_step is None and not self._pauses:
            self._decompress()

    def complete(self) -> None:
        """Note that the last bytes have arrived, and leave the connection."""
        self._complete = True
        self._connection = None
        if not (self._stopped or self._pauses or self._next_step):
            self._continue()

    def stop(self) -> None:
        """Stop feeding the sink, without a call of ``on_end``."""
        self._stopped = True
        self._connection = None
        if self._next_step is not None:
            self._next_step.cancel()
            self._next_step = None

    def _decompress(self) -> None:
        """Decompress one step, and schedule the next one."""
        self._next_step = None
        try:
            data = self._decompressor.decompress(self._compressed, STEP)
        except zlib.error as error:
            self._end(AnswerError(f'its gzip is broken: {error}'))
            return
        self._compressed = self._decompressor.unconsumed_tail
        if self._decompressor.unused_data:
            self._end(AnswerError('there are more bytes after its gzip'))
            return
        self._step_was_full = len(data) == STEP
        self._feed_sink(data)
        if not self._stopped and not self._pauses:
            self._continue()

    def _continue(self) -> None:
        """Schedule the next step, read more from the connection, or end."""
        if self._compressed or self._step_was_full:
            self._pause_connection()
            self._next_step = self._reactor.callLater(0, self._decompress)
        elif not self._complete:
            if self._connection is not None:
                self._connection.resume()
        elif self._decompressor is not None and not self._decompressor.eof:
            self._end(AnswerError('its gzip ends too soon'))
        else:
            self._end(None)

    def _pause_connection(self) -> None:
        if self._connection is not None:
            self._connection.pause()

    def _feed_sink(self, data: bytes) -> None:
        """Feed the sink, and pause the connection if the sink is not ready."""
        self._remaining -= len(data)
        try:
            if self._remaining < 0:
                raise AnswerError('it is larger than'
                                  f' {self._limit / 2**20:g} MiB')
            ready = self._sink.feed(data)
        except Exception as error:
            self._end(error)
            return
        if ready is not None and not self._stopped:
            self._pauses += 1
            if self._pauses == 1:
                self._on_pause(True)
                self._pause_connection()
            ready.addCallback(self._sink_ready)

    def _sink_ready(self, _: None) -> None:
        """Continue, unless the sink has another pause."""
        self._pauses -= 1
        if not self._pauses and not self._stopped:
            self._on_pause(False)
            self._continue()

    def _end(self, error: Exception | None) -> None:
        if not self._stopped:
            self.stop()
            self._on_end(error)
