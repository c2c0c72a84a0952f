"""
Waiting for one's turn.
"""
from __future__ import annotations

from collections import deque

from twisted.internet.defer import Deferred


class Turns:
    """
    Places that are taken and given back; who comes when all are taken waits,
    and the first to come is the first to go on.

    Twisted's `DeferredSemaphore` lets the next one go on from within
    `release()`, which for hundreds that do little is more than Python's
    stack holds; this one does so one after the other.

    :param places: how many there are.
    """

    def __init__(self, places: int) -> None:
        self._free = places
        self._waiting: deque[Deferred[None]] = deque()
        self._handing_on = False

    def acquire(self) -> Deferred[None]:
        """
        Wait for a place.

        :returns: a Deferred that fires when it is taken. Cancelling it takes
                  none.
        """
        taken: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(taken)
        self._hand_on()
        return taken

    def take(self) -> bool:
        """Take a place, if one is free and nobody waits."""
        if self._free and not self._waiting:
            self._free -= 1
            return True
        return False

    def release(self) -> None:
        """Give a place back."""
        self._free += 1
        self._hand_on()

    def _hand_on(self) -> None:
        if self._handing_on:
            return
        self._handing_on = True
        try:
            while self._free and self._waiting:
                self._free -= 1
                self._waiting.popleft().callback(None)
        finally:
            self._handing_on = False
