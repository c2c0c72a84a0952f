"""A proxy that harms connections as networks and front servers do."""
from __future__ import annotations

import gzip
from collections import Counter
from collections.abc import Callable
from random import Random
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ClientEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IPushProducer
from twisted.internet.protocol import Factory, Protocol, connectionDone
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from zope.interface import implementer

#: What may be done to a connection, once so many bytes have passed: break it,
#: or end it, or lose the next answer; pass nothing for a while; pass single
#: bytes; change one, repeat some, or leave some out; or answer in the place
#: of the hub.
FAULTS = ('reset', 'close', 'lose', 'stall', 'drip', 'corrupt', 'duplicate',
          'omit', 'html', 'bomb', 'length', 'junk')

#: Of these, those that only break things, and leave what passes as it was.
BREAKS = ('reset', 'close', 'lose')


def answers() -> dict[str, bytes]:
    """What the proxy says itself."""
    page = b'<html><body><h1>502 Bad Gateway</h1></body></html>'
    bomb = gzip.compress(b' ' * 2**26)
    head = b'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n'
    return {
        'html': b'HTTP/1.1 502 Bad Gateway\r\nContent-Type: text/html\r\n'
                b'Content-Length: %d\r\nConnection: close\r\n\r\n%s' % (
                    len(page), page),
        'bomb': head + b'Content-Encoding: gzip\r\nContent-Length: %d\r\n\r\n'
                       b'%s' % (len(bomb), bomb),
        'length': head + b'Content-Length: 100000\r\n\r\n<methodResponse>',
        'junk': b'\x00\xff SSH-2.0-x\r\n' * 20,
    }


ANSWERS = answers()


class Fault:
    """
    What is done to a connection.

    :param kind: one of `FAULTS`.
    :param after: when so many bytes have passed, in either direction.
    :param seconds: how long it stalls.
    """

    def __init__(self, kind: str, after: int, seconds: float = 0.2) -> None:
        self.kind = kind
        self.after = after
        self.seconds = seconds


class Proxy(Factory):
    """
    The proxy.

    :param port: where the hub is, on this machine.
    :param choose: gives the fault of each new connection, or None.

    :ivar done: how often what was done.
    :ivar made: how many connections there were.
    """

    noisy = False

    def __init__(self, reactor: Any, port: int,
                 choose: Callable[[], Fault | None]) -> None:
        self.reactor = reactor
        self.hub = TCP4ClientEndpoint(reactor, '127.0.0.1', port)
        self.choose = choose
        self.done: Counter[str] = Counter()
        self.made = 0
        self.open: list[_Front] = []
        self._port: Any = None

    def buildProtocol(self, addr: Any) -> Protocol:
        """Make a protocol."""
        self.made += 1
        return _Front(self)

    def listen(self, wrapped: Callable[[Any], Any] = lambda factory: factory
               ) -> Deferred[int]:
        """
        Serve.

        :param wrapped: puts the factory into another, such as one for TLS.
        :returns: a Deferred that fires with the port.
        """
        endpoint: Any = TCP4ServerEndpoint(self.reactor, 0,
                                           interface='127.0.0.1')

        def listening(port: Any) -> int:
            self._port = port
            return int(port.getHost().port)

        begun: Deferred[Any] = endpoint.listen(wrapped(self))
        return begun.addCallback(listening)

    def stop(self) -> Deferred[None]:
        """Serve no longer."""
        for front in list(self.open):
            front.end()
        self.choose = lambda: None
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        await self._port.stopListening()
        while self.open:
            for front in list(self.open):
                front.end()
            await deferLater(self.reactor, 0)


@implementer(IPushProducer)
class _Side(Protocol):
    """One side of a connection."""

    #: Whether it was lost.
    gone = False

    def pauseProducing(self) -> None:
        self.transport.pauseProducing()  # type: ignore[union-attr]

    def resumeProducing(self) -> None:
        self.transport.resumeProducing()  # type: ignore[union-attr]

    def stopProducing(self) -> None:
        """The other side is lost, and says so itself."""

    def end(self) -> None:
        if self.transport is not None and not self.gone:
            self.transport.abortConnection()  # type: ignore[attr-defined]


class _Back(_Side):
    """The side of the hub."""

    def __init__(self, front: _Front) -> None:
        self.front = front

    def dataReceived(self, data: bytes) -> None:
        self.front.answered(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone = True
        self.front.back = None
        self.front.end()


class _Front(_Side):
    """The side of the client, which decides what is done."""

    def __init__(self, proxy: Proxy) -> None:
        self.proxy = proxy
        self.fault = proxy.choose()
        self.back: _Back | None = None
        self._waiting: list[bytes] = []
        self._passed = 0
        self._held: list[bytes] = []
        self._holding: Any = None

    def connectionMade(self) -> None:
        self.proxy.open.append(self)
        factory = Factory.forProtocol(lambda: _Back(self))
        factory.noisy = False
        self.proxy.hub.connect(factory).addCallbacks(
            self._connected, lambda failure: self.end())

    def _connected(self, back: _Back) -> None:
        if self.gone:
            back.end()
            return
        self.back = back
        back.transport.registerProducer(  # type: ignore[union-attr]
            self, True)
        self.transport.registerProducer(back, True)  # type: ignore
        waiting, self._waiting = self._waiting, []
        for data in waiting:
            self._ask(data)

    def connectionLost(self, reason: Failure = connectionDone) -> None:
        self.gone = True
        self.proxy.open.remove(self)
        if self._holding is not None:
            self._holding.cancel()
        if self.back is not None:
            self.back.end()

    def dataReceived(self, data: bytes) -> None:
        if self.back is None:
            self._waiting.append(data)
        else:
            self._ask(data)

    def _ask(self, data: bytes) -> None:
        if self._strikes(data):
            assert self.fault is not None
            kind = self.fault.kind
            if kind in ANSWERS:
                self._note()
                self.transport.write(  # type: ignore[union-attr]
                    ANSWERS[kind])
                self.transport.loseConnection()  # type: ignore[union-attr]
                return
            if kind in BREAKS and kind != 'lose':
                # Some of it gets there.
                self._pass(self.back, data[:self._left(data)])
                self._break()
                return
        self._pass(self.back, data)

    def answered(self, data: bytes) -> None:
        if self._holding is not None:
            self._held.append(data)
            return
        if self._strikes(data) and self.fault is not None:
            kind, left = self.fault.kind, self._left(data)
            if kind in BREAKS:
                self._pass(self, b'' if kind == 'lose' else data[:left])
                self._break()
                return
            if kind in ('corrupt', 'duplicate', 'omit'):
                self._note()
                data = {
                    'corrupt': data[:left] + bytes(
                        [data[left] ^ 0x55]) + data[left + 1:],
                    'duplicate': data[:left + 1] + data[left // 2:],
                    'omit': data[:left] + data[left + 20:],
                }[kind]
                self.fault = None
            elif kind == 'stall':
                self._note()
                seconds = self.fault.seconds
                self.fault = None
                self._hold([data], seconds)
                return
            elif kind == 'drip':
                self._note()
                self.fault = None
                # So many bytes of it, each by itself.
                self._hold([data[number:number + 1] for number in range(
                    min(len(data), 300))] + [data[300:]], 0)
                return
        self._pass(self, data)

    def _hold(self, pieces: list[bytes], seconds: float) -> None:
        """Pass pieces later, one by one, and what comes after them."""
        self._held = pieces
        self._holding = self.proxy.reactor.callLater(seconds, self._release)

    def _release(self) -> None:
        self._pass(self, self._held.pop(0))
        self._holding = None
        if self._held:
            self._holding = self.proxy.reactor.callLater(0, self._release)

    def _strikes(self, data: bytes) -> bool:
        return self.fault is not None and (
            self._passed + len(data) > self.fault.after)

    def _left(self, data: bytes) -> int:
        """How much of it passes before the fault."""
        assert self.fault is not None
        return max(0, self.fault.after - self._passed)

    def _pass(self, side: _Side | None, data: bytes) -> None:
        self._passed += len(data)
        if side is not None and side.transport is not None and data:
            side.transport.write(data)

    def _note(self) -> None:
        assert self.fault is not None
        self.proxy.done[self.fault.kind] += 1

    def _break(self) -> None:
        self._note()
        assert self.fault is not None
        if self.fault.kind != 'close':
            self.end()
        else:
            self.transport.loseConnection()  # type: ignore[union-attr]
            if self.back is not None:
                self.back.transport.loseConnection()  # type: ignore


def cut(random: Random, one_in: float, size: int
        ) -> Callable[[], Fault | None]:
    """
    Make a choice of faults that cut connections in the middle of a piece.

    :param one_in: cut one of so many pieces.
    :param size: of a piece, in bytes.
    """
    return lambda: Fault(random.choice(BREAKS),
                         int(random.expovariate(1 / (one_in * size))))
