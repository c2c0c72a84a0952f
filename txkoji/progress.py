"""Progress of transfers, and its listeners."""
from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import Logger
from twisted.python.failure import Failure

T = TypeVar('T')

#: Called with the number of items, the number of bytes, and the total number
#: of items, or None if that is unknown.
Listener = Callable[[int, int, int | None], Any]

#: Called with the transferred bytes of a file and the total, or None if that
#: is unknown. An exception of a ByteListener ends the transfer.
ByteListener = Callable[[int, int | None], Any]


class Progress:
    """
    A counter of the items and bytes of an answer.

    :param listener: a function to report progress to, or None. Its exceptions
                     are logged.
    :param total: the total number of items, or None if that is unknown.

    :ivar items: the number of items that have arrived.
    """

    _log = Logger()

    def __init__(self, listener: Listener | None,
                 total: int | None = None) -> None:
        self._listener = listener
        self._total = total
        self._bytes = 0
        self.items = 0

    def count(self, size: int) -> None:
        """Count bytes that have arrived."""
        self._bytes += size

    def add_items(self, items: int) -> None:
        """Count items that have arrived, and call the listener."""
        self.items += items
        if self._listener is not None:
            try:
                self._listener(self.items, self._bytes, self._total)
            except Exception:
                self._log.failure('the progress listener failed')


def transfer(listener: ByteListener | None,
             start: Callable[[ByteListener], Coroutine[Any, Any, T]]
             ) -> Deferred[T]:
    """
    Run a transfer of bytes.

    :param listener: a function to report progress to, or None. It may cancel
                     the transfer.
    :param start: makes the coroutine of the transfer. It is called with the
                  function that the coroutine has to report progress to.
    :returns: a Deferred that fires with the result of the coroutine.
    """
    running = _Transfer(listener)
    return Deferred.fromCoroutine(running.run(start(running.report)))


class _Transfer:
    """
    A transfer of bytes whose listener may cancel the transfer.

    The coroutine runs while it calls the listener, and Twisted ignores the
    cancellation of a running coroutine. Therefore `report` raises
    CancelledError when the listener has returned.

    :param listener: a function to report progress to, or None.
    """

    def __init__(self, listener: ByteListener | None) -> None:
        self._listener = listener
        self._canceled = False

    def report(self, done: int, total: int | None) -> None:
        """
        Call the listener.

        :raises CancelledError: if the transfer was canceled.
        """
        if self._listener is not None:
            self._listener(done, total)
        if self._canceled:
            raise CancelledError

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Run the coroutine to its end, also after a cancellation."""
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
                self._canceled = True
                running.cancel()
        if isinstance(results[0], Failure):
            results[0].raiseException()
        found: T = results[0]
        return found
