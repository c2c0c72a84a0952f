"""How far something has come, and who wants to know."""
from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

T = TypeVar('T')

#: Told how many items and bytes have come, and of how many items, or None.
Listener = Callable[[int, int, int | None], Any]

#: Told how many bytes of a file have passed, and of how many, or None. (What
#: it raises ends the transfer.)
ByteListener = Callable[[int, int | None], Any]


class Progress:
    """
    Counts what comes.

    :param listener: is told of it; None for nobody.
    :param total: how many items there will be, where that is known.
    :ivar items: how many have come.
    """

    _log = Logger()

    def __init__(self, listener: Listener | None,
                 total: int | None = None) -> None:
        self._listener = listener
        self._total = total
        self._bytes = 0
        self.items = 0

    def count(self, size: int) -> None:
        """So many bytes have come."""
        self._bytes += size

    def add_items(self, items: int) -> None:
        """So many items have come: tell it."""
        self.items += items
        if self._listener is not None:
            try:
                self._listener(self.items, self._bytes, self._total)
            except Exception:
                self._log.failure('the function that is told the progress'
                                  ' failed')


def transfer(listener: ByteListener | None,
             start: Callable[[ByteListener], Coroutine[Any, Any, T]]
             ) -> Deferred[T]:
    """
    Run a transfer of bytes.

    :param listener: a function to report progress to, or None. It may cancel
                     the transfer.
    :param start: makes the coroutine of the transfer, given the function that
                  this is to report to.
    :returns: a Deferred that fires with the result of the coroutine.
    """
    running = _Transfer(listener)
    return Deferred.fromCoroutine(running.run(start(running.report)))


class _Transfer:
    """
    A transfer of bytes whose listener may cancel it. (Twisted forgets that a
    coroutine was canceled while it runs, as when it calls a listener.)

    :param listener: a function to report progress to, or None.
    """

    def __init__(self, listener: ByteListener | None) -> None:
        self._listener = listener
        self._cancelled = False

    def report(self, done: int, total: int | None) -> None:
        """
        Tell the listener.

        :raises CancelledError: if the transfer was cancelled.
        """
        if self._listener is not None:
            self._listener(done, total)
        if self._cancelled:
            raise CancelledError

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine, which calls `report`, to its end."""
        results: list[Any] = []
        waiting: Deferred[None] | None = None

        def end(result: Any) -> None:
            results.append(result)
            if waiting is not None and not waiting.called:
                waiting.callback(None)

        running: Deferred[Any] = Deferred.fromCoroutine(work)
        running.addBoth(end)
        while not results:
            waiting = Deferred()
            try:
                await waiting
            except CancelledError:
                self._cancelled = True
                running.cancel()
        if isinstance(results[0], Failure):
            results[0].raiseException()
        found: T = results[0]
        return found
