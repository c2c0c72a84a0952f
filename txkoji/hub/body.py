"""
The body of a response: inflated, limited, and never so much of it in one turn
of the reactor that others would wait.
"""
from __future__ import annotations

import zlib
from typing import Any, Callable, Optional, Protocol

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.protocol import Protocol as TwistedProtocol
from twisted.python.failure import Failure
from twisted.web.client import ResponseDone
from twisted.web.http import PotentialDataLoss
from twisted.web.iweb import IResponse

from txkoji.exceptions import AnswerError

#: So many bytes are inflated in one turn of the reactor.
STEP = 65536


class Sink(Protocol):
    """What takes the bytes of an answer, and makes a value of them."""

    def feed(self, data: bytes) -> Optional[Deferred[None]]:
        """
        Take the next bytes.

        :returns: None, or a Deferred that fires when more are wanted; until
                  then nothing is read from the socket.
        """

    def close(self) -> Any:
        """There are no more: give the value."""


def deliver(response: IResponse, sink: Sink, reactor: Any, limit: float,
            held: Callable[[bool], Any] = bool, *, raw: bool = False
            ) -> Deferred[None]:
    """
    Feed a sink with the body of a response while it arrives.

    :param limit: bytes of the inflated body.
    :param held: is told when the sink holds up the reading, and when it no
                 longer does.
    :param raw: whether it is wanted as it comes, also if it is compressed;
                and not at all if nothing says where it ends.
    :returns: a Deferred that fires when it has ended. Cancelling it closes
              the connection (which cancelling Twisted's `readBody`, or
              treq's `content`, does not).
    :raises AnswerError: if it is larger than the limit, is not compressed as
                         it says, or the sink refuses it.
    """
    coding = b'' if raw else coding_of(response)
    reader = _Reader(sink, reactor, limit, coding, held, endless=not raw)
    response.deliverBody(reader)
    return reader.ended


def coding_of(response: IResponse) -> bytes:
    """How the body of a response is compressed; empty for not at all."""
    codings = response.headers.getRawHeaders(b'content-encoding') or []
    return b','.join(codings).strip().lower()


def discard(response: IResponse) -> None:
    """Close the connection of a response whose body nobody wants."""
    response.deliverBody(_Discard())


class _Discard(TwistedProtocol):
    """Take nothing."""

    def connectionMade(self) -> None:
        self.transport.stopProducing()  # type: ignore[union-attr]


class _Reader(TwistedProtocol):
    """
    Twisted's own gzip decoder has no limit, and gives a megabyte of zeros in
    one piece; this one takes a step a turn, and while it is behind it stops
    the reading.
    """

    def __init__(self, sink: Sink, reactor: Any, limit: float, coding: bytes,
                 held: Callable[[bool], Any] = bool, *, endless: bool = True
                 ) -> None:
        self._endless = endless
        self._sink = sink
        self._tell_held = held
        self._held = 0
        self._reactor = reactor
        self._left = self._limit = limit
        self._coding = coding
        self._inflater: Any = None
        self._compressed = b''
        #: Whether the inflater has more than it gave.
        self._more = False
        self._next: Any = None
        self._lost: Optional[Failure] = None
        self.ended: Deferred[None] = Deferred(self._cancel)

    def connectionMade(self) -> None:
        if self._coding in (b'gzip', b'x-gzip'):
            self._inflater = zlib.decompressobj(16 + zlib.MAX_WBITS)
        elif self._coding not in (b'', b'identity'):
            coding = self._coding.decode('latin-1')[:60]
            self._fail(Failure(AnswerError(f'it is coded as {coding!r}')))

    def dataReceived(self, data: bytes) -> None:
        if self.ended.called:
            return
        if self._held or self._next is not None:
            # Twisted lets it go on after what has come before we did.
            self._pause()
        if self._inflater is None:
            self._take(data)
            return
        self._compressed += data
        if self._next is None and not self._held:
            self._step()

    def connectionLost(self, reason: Failure = Failure(ResponseDone())
                       ) -> None:
        self._lost = reason
        if self._next is None and not self._held and not self.ended.called:
            self._end()

    def _step(self) -> None:
        """Inflate a little; if there is more, go on in the next turn."""
        self._next = None
        try:
            data = self._inflater.decompress(self._compressed, STEP)
        except zlib.error as error:
            self._fail(Failure(AnswerError(f'its gzip is broken: {error}')))
            return
        self._compressed = self._inflater.unconsumed_tail
        if self._inflater.unused_data:
            self._fail(Failure(AnswerError('there is more behind its gzip')))
            return
        self._more = len(data) == STEP
        self._take(data)
        if not self.ended.called and not self._held:
            self._go_on()

    def _go_on(self) -> None:
        """Read on, where there is something left to be read."""
        if self._compressed or self._more:
            self._pause()
            self._next = self._reactor.callLater(0, self._step)
        elif self._lost is not None:
            self._end()
        else:
            self.transport.resumeProducing()  # type: ignore[union-attr]

    def _release(self, result: None) -> None:
        """The sink wants more."""
        self._held -= 1
        if not self._held and not self.ended.called:
            self._tell_held(False)
            self._go_on()

    def _pause(self) -> None:
        if self._lost is None:
            self.transport.pauseProducing()  # type: ignore[union-attr]

    def _take(self, data: bytes) -> None:
        self._left -= len(data)
        try:
            if self._left < 0:
                raise AnswerError('it is larger than'
                                  f' {self._limit / 2**20:g} MiB')
            wanted = self._sink.feed(data)
        except Exception:
            self._fail(Failure())
            return
        if wanted is not None and not self.ended.called:
            if not self._held:
                self._tell_held(True)
                self._pause()
            self._held += 1
            wanted.addCallback(self._release)

    def _end(self) -> None:
        # Without a length the body ends with the connection; whether that
        # was all of it is for the sink to say.
        assert self._lost is not None
        if not self._lost.check(ResponseDone, PotentialDataLoss):
            self.ended.errback(self._lost)
        elif self._lost.check(PotentialDataLoss) and not self._endless:
            self.ended.errback(AnswerError('nothing says where it ends'))
        elif self._inflater is not None and not self._inflater.eof:
            self.ended.errback(AnswerError('its gzip ends too soon'))
        else:
            self.ended.callback(None)

    def _cancel(self, ended: Deferred[None]) -> None:
        self._fail(Failure(CancelledError()))

    def _fail(self, failure: Failure) -> None:
        self.ended.errback(failure)
        if self._next is not None:
            self._next.cancel()
            self._next = None
        if self._lost is None:
            # Not loseConnection(), which would wait for a peer that stalls.
            self.transport.stopProducing()  # type: ignore[union-attr]
