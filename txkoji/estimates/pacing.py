"""Long computations that give way to the reactor."""
from __future__ import annotations

from collections.abc import Iterable
from math import inf
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from txkoji.hub.deferreds import FairSemaphore

Item = TypeVar('Item')

#: Seconds of computation between two turns of the reactor (our choice).
SLICE = 0.005


class _Turns:
    """
    The turns of a reactor, which all computations share.

    :ivar slot: is acquired by the one that computes.
    :ivar end: when the computation of this turn has to end.
    """

    def __init__(self) -> None:
        self.slot: FairSemaphore = FairSemaphore(1)
        self.end = -inf


#: reactor -> its turns.
_TURNS: WeakKeyDictionary[Any, _Turns] = WeakKeyDictionary()


class Pacer:
    """
    Runs computations with pauses, so that they never hold the reactor.

    In each turn of a reactor, one computation runs for `SLICE` seconds. The
    time is that of the reactor. Time by a ``Clock`` stands still during a
    computation, which then needs no turn of the reactor.

    :param reactor: the reactor.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._turns = _TURNS.setdefault(reactor, _Turns())

    async def run(self, steps: Iterable[object]) -> None:
        """
        Run a computation, with pauses.

        :param steps: computes a small step for each item.
        """
        seconds, turns = self._reactor.seconds, self._turns
        await turns.slot.acquire()
        is_held = True
        try:
            if abs(seconds() - turns.end) > SLICE:
                # Nobody has computed in this turn, or the clock was set back.
                turns.end = seconds() + SLICE
            for _ in steps:
                if seconds() >= turns.end:
                    # The reactor's other work comes first, and then the next
                    # computation.
                    is_held = False
                    await self._pause()
                    is_held = True
        finally:
            if is_held:
                turns.slot.release()

    async def collect(self, items: Iterable[Item]) -> list[Item]:
        """
        Make a list, with pauses.

        :param items: computes each item.
        """
        found: list[Item] = []
        await self.run(map(found.append, items))
        return found

    async def _pause(self) -> None:
        call = self._reactor.callLater(0, self._begin_turn)
        try:
            await self._turns.slot.acquire()
        finally:
            # The wait may be canceled.
            if call.active():
                call.cancel()
                self._turns.slot.release()

    def _begin_turn(self) -> None:
        self._turns.end = self._reactor.seconds() + SLICE
        self._turns.slot.release()
