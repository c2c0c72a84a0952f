"""How far something has come, and who wants to know."""
from __future__ import annotations

from typing import Any, Callable, Optional

from twisted.logger import Logger

#: Told how many items and bytes have come, and of how many items, or None.
Listener = Callable[[int, int, Optional[int]], Any]

#: Told how many bytes of a file have passed, and of how many, or None. (What
#: it raises ends the transfer.)
ByteListener = Callable[[int, Optional[int]], Any]


class Progress:
    """
    Counts what comes.

    :param listener: is told of it; None for nobody.
    :param total: how many items there will be, where that is known.
    :ivar items: how many have come.
    """

    _log = Logger()

    def __init__(self, listener: Optional[Listener],
                 total: Optional[int] = None) -> None:
        self._listener = listener
        self._total = total
        self._bytes = 0
        self.items = 0

    def count(self, size: int) -> None:
        """So many bytes have come."""
        self._bytes += size

    def came(self, items: int) -> None:
        """So many items have come: tell it."""
        self.items += items
        if self._listener is not None:
            try:
                self._listener(self.items, self._bytes, self._total)
            except Exception:
                self._log.failure('the function that is told the progress'
                                  ' failed')
