"""
One piece of work that several wait for, one who waits for several, and work
that is not to be left halfway.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Callable, Coroutine, Sequence
from typing import Any, Generic, TypeVar

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    FirstError,
    gatherResults,
)
from twisted.python.failure import Failure

from txkoji.exceptions import another

T = TypeVar('T')


class Shared(Generic[T]):
    """
    Work that is done once for all who ask while it is under way. Each of them
    has a Deferred of their own; when the last of these is cancelled, so is
    the work.
    """

    def __init__(self) -> None:
        self._current: _Work[T] | None = None

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
        work: _Work[T] = _Work(self._ended)
        self._current = work
        waiting = work.wait()
        work.begin(start())
        return waiting

    def _ended(self, work: _Work[T]) -> None:
        if self._current is work:
            self._current = None


class _Work(Generic[T]):
    """Who waits for it."""

    _doing: Deferred[Any] | None = None

    def __init__(self, ended: Callable[[_Work[T]], None]) -> None:
        self._ended = ended
        self._waiting: deque[Deferred[T]] = deque()

    def begin(self, work: Coroutine[Any, Any, T]) -> None:
        self._doing = Deferred.fromCoroutine(work)
        self._doing.addBoth(self._done)

    def wait(self) -> Deferred[T]:
        waiting: Deferred[T] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def _done(self, result: Any) -> None:
        self._ended(self)
        self._doing = None
        # Who hears of it may cancel for the others.
        while self._waiting:
            waiting = self._waiting.popleft()
            if isinstance(result, Failure):
                waiting.errback(another(result.value))
            else:
                waiting.callback(result)

    def _leave(self, waiting: Deferred[T]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting and self._doing is not None:
            self._ended(self)
            self._doing.cancel()


async def to_the_end(work: Deferred[T]) -> T:
    """
    Wait for something that is not to be cancelled.

    :returns: what it gives.
    :raises CancelledError: if this was cancelled, but not before the work has
                            ended.
    """
    results: list[Any] = []
    ended: list[Deferred[None]] = []
    cancelled: list[CancelledError] = []

    def end(result: Any) -> None:
        results.append(result)
        for waiting in ended:
            waiting.callback(None)
        ended.clear()

    work.addBoth(end)
    while not results:
        waiting: Deferred[None] = Deferred(ended.remove)
        ended.append(waiting)
        try:
            await waiting
        except CancelledError as error:
            cancelled.append(error)
    if cancelled:
        raise cancelled[0]
    if isinstance(results[0], Failure):
        results[0].raiseException()
    found: T = results[0]
    return found


async def together(calls: Sequence[Deferred[T]]) -> list[T]:
    """
    Wait for several things.

    :returns: all of them, in their order. If one fails, so does this, and the
              others are cancelled.
    """
    try:
        return await gatherResults(calls, consumeErrors=True)
    except FirstError as error:
        for call in calls:
            call.cancel()
        error.subFailure.raiseException()
