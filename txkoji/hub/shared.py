"""
One piece of work that several wait for.
"""
from __future__ import annotations

from typing import Any, Callable, Coroutine, Generic, List, Optional, TypeVar

from twisted.internet.defer import Deferred
from twisted.python.failure import Failure

T = TypeVar('T')


class Shared(Generic[T]):
    """
    Work that is done once for all who ask while it is under way. Each of them
    has a Deferred of their own; when the last of these is cancelled, so is
    the work.
    """

    def __init__(self) -> None:
        self._current: Optional[_Work[T]] = None

    @property
    def busy(self) -> bool:
        """Whether it is under way."""
        return self._current is not None

    def wait(self) -> Deferred[T]:
        """Wait for the work that is under way."""
        assert self._current is not None
        return self._current.wait()

    def join(self, start: Callable[[], Coroutine[Any, Any, T]]
             ) -> Deferred[T]:
        """
        Wait for the work.

        :param start: begins it, if it is not under way.
        :returns: a Deferred that fires with what it gives.
        """
        if self._current is not None:
            return self.wait()
        work: _Work[T] = _Work()
        waiting = work.wait()
        self._current = work

        def ended(result: Any) -> Any:
            if self._current is work:
                self._current = None
            return result

        def left() -> None:
            ended(None)
            doing.cancel()

        work.left = left
        doing = Deferred.fromCoroutine(start())
        doing.addBoth(ended).addBoth(work.done)
        return waiting


class _Work(Generic[T]):
    """Who waits for it."""

    left: Callable[[], None]

    def __init__(self) -> None:
        self._waiting: List[Deferred[T]] = []

    def wait(self) -> Deferred[T]:
        waiting: Deferred[T] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def done(self, result: Any) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            if isinstance(result, Failure):
                each.errback(result)
            else:
                each.callback(result)

    def _leave(self, waiting: Deferred[T]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting:
            self.left()
