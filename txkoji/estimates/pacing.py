"""Long computations that give way to the reactor."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred

#: Seconds of computation between two turns of the reactor (our choice).
SLICE = 0.005


class Pacer:
    """
    Tells a computation when to pause, so that it never holds the reactor.

    The time is that of the reactor. Time by a ``Clock`` stands still during a
    computation, which then needs no turn of the reactor.

    :param reactor: the reactor.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._start: float = reactor.seconds()

    @property
    def is_due(self) -> bool:
        """Whether the computation has run for `SLICE` seconds."""
        return bool(self._reactor.seconds() - self._start >= SLICE)

    async def run(self, steps: Iterable[object]) -> None:
        """
        Run a computation, with pauses.

        :param steps: computes a small step for each item.
        """
        for _ in steps:
            if self.is_due:
                await self.pause()

    async def pause(self) -> None:
        """Let the reactor do its work."""
        turn: Deferred[None] = Deferred(lambda _: call.cancel())
        call = self._reactor.callLater(0, turn.callback, None)
        await turn
        self._start = self._reactor.seconds()
