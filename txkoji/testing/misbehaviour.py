"""How a FakeHub misbehaves."""
from __future__ import annotations

from collections.abc import Callable
from random import Random

#: What `FakeHub.misbehave` knows.
MISBEHAVIOURS = ('offline', 'slow', 'dropped-before', 'dropped-after',
                 'truncated', 'garbage')


class Misbehaviour:
    """One way of misbehaving."""

    def __init__(self, kind: str, method: str | None,
                 times: int | None, chance: float,
                 seconds: float | Callable[[], float], text: str,
                 data: bytes, random: Random) -> None:
        self._kind = kind
        self._method = method
        self._times = times
        self._chance = chance
        self._random = random
        self._seconds = seconds
        self.text = text
        self.data = data

    @property
    def seconds(self) -> float:
        """How long this time."""
        if callable(self._seconds):
            return self._seconds()
        return self._seconds

    def strikes(self, kind: str, method: str) -> bool:
        """Tell whether a call is hit."""
        if (kind != self._kind or self._method not in (None, method)
                or self._times == 0):
            return False
        if self._chance < 1 and self._random.random() >= self._chance:
            return False
        if self._times is not None:
            self._times -= 1
        return True
