"""
The body of an answer: inflated, limited, and never so much of it in one turn
of the reactor that others would wait.
"""
from __future__ import annotations

import zlib
from collections.abc import Callable
from typing import Any, Protocol

from twisted.internet.defer import Deferred

from txkoji.exceptions import AnswerError
from txkoji.hub.http.connection import HTTPConnection

#: Bytes that are inflated in one turn of the reactor.
STEP = 65536


class Sink(Protocol):
    """What takes the bytes of an answer, and makes a value of them."""

    def feed(self, data: bytes) -> Deferred[None] | None:
        """
        Take the next bytes.

        :returns: None, or a Deferred that fires when more are wanted; until
                  then nothing is read from the socket.
        """

    def close(self) -> Any:
        """There are no more: give the value."""


class Body:
    """
    Feed a sink with a body that arrives in pieces.

    Twisted's own gzip decoder has no limit, and gives a megabyte of zeros in
    one piece; this one inflates a step a turn, and reads nothing from the
    connection while it is behind, or while the sink wants no more.

    :param connection: what the body comes over, to be paused.
    :param coding: its Content-Encoding.
    :param limit: bytes of the inflated body.
    :param held: is told when the sink holds up the reading, and when it no
                 longer does.
    :param ended: is called when all was fed, with None, or with the error
                  that ended it; at most once.
    :raises AnswerError: if nobody can decode it.
    """

    def __init__(self, sink: Sink, connection: HTTPConnection, reactor: Any,
                 *, coding: str, limit: float, held: Callable[[bool], Any],
                 ended: Callable[[Exception | None], Any]) -> None:
        self._sink = sink
        self._connection: HTTPConnection | None = connection
        self._reactor = reactor
        self._left = self._limit = limit
        self._tell_held = held
        self._tell_ended = ended
        self._held = 0
        self._inflater: Any = None
        self._compressed = b''
        #: Whether the inflater has more than it gave.
        self._more = False
        self._next: Any = None
        #: Whether no more will come.
        self._complete = False
        self._over = False
        if coding in ('gzip', 'x-gzip'):
            self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif coding not in ('', 'identity'):
            raise AnswerError(f'it is coded as {coding[:60]!r}')

    def feed(self, data: bytes) -> None:
        """Take the next bytes, as they come."""
        if self._over:
            return
        if self._inflater is None:
            self._take(data)
            return
        self._compressed += data
        if self._next is None and not self._held:
            self._step()

    def complete(self) -> None:
        """Take the end: the connection is not ours any longer."""
        self._complete = True
        self._connection = None
        if not (self._over or self._held or self._next):
            self._go_on()

    def stop(self) -> None:
        """Feed the sink no more, and tell nobody."""
        self._over = True
        self._connection = None
        if self._next is not None:
            self._next.cancel()
            self._next = None

    def _step(self) -> None:
        """Inflate a little; if there is more, go on in the next turn."""
        self._next = None
        try:
            data = self._inflater.decompress(self._compressed, STEP)
        except zlib.error as error:
            self._end(AnswerError(f'its gzip is broken: {error}'))
            return
        self._compressed = self._inflater.unconsumed_tail
        if self._inflater.unused_data:
            self._end(AnswerError('there is more behind its gzip'))
            return
        self._more = len(data) == STEP
        self._take(data)
        if not self._over and not self._held:
            self._go_on()

    def _go_on(self) -> None:
        """Read on, where there is something left to be read."""
        if self._compressed or self._more:
            self._pause()
            self._next = self._reactor.callLater(0, self._step)
        elif not self._complete:
            if self._connection is not None:
                self._connection.resume()
        elif self._inflater is not None and not self._inflater.eof:
            self._end(AnswerError('its gzip ends too soon'))
        else:
            self._end(None)

    def _pause(self) -> None:
        if self._connection is not None:
            self._connection.pause()

    def _take(self, data: bytes) -> None:
        self._left -= len(data)
        try:
            if self._left < 0:
                raise AnswerError('it is larger than'
                                  f' {self._limit / 2**20:g} MiB')
            wanted = self._sink.feed(data)
        except Exception as error:
            self._end(error)
            return
        if wanted is not None and not self._over:
            self._held += 1
            if self._held == 1:
                self._tell_held(True)
                self._pause()
            wanted.addCallback(self._release)

    def _release(self, result: None) -> None:
        """The sink wants more."""
        self._held -= 1
        if not self._held and not self._over:
            self._tell_held(False)
            self._go_on()

    def _end(self, error: Exception | None) -> None:
        if not self._over:
            self.stop()
            self._tell_ended(error)
