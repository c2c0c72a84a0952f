"""
Small tools for Deferreds: `FairSemaphore`, `SingleFlight`, `gather`, `shield`
and `in_thread`.
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
    maybeDeferred,
)
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure

from txkoji.exceptions import copy_of

T = TypeVar('T')


class FairSemaphore:
    """
    A semaphore that serves its waiters in the order of their arrival.

    Twisted's `DeferredSemaphore` calls the next waiter from within
    `release()`. With hundreds of short tasks, these calls nest deeper than
    Python's stack allows. This class calls one waiter after the other.

    :param slots: how many may be acquired at once.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiting: deque[Deferred[None]] = deque()
        self._serving = False

    def acquire(self) -> Deferred[None]:
        """
        Acquire a slot; wait for one if none is free.

        :returns: a Deferred that fires with None when the slot is acquired.
                  Cancelling it leaves the queue.
        """
        acquired: Deferred[None] = Deferred(self._waiting.remove)
        self._waiting.append(acquired)
        self._serve()
        return acquired

    def try_acquire(self) -> bool:
        """Acquire a slot, if one is free and the queue is empty."""
        if self._free and not self._waiting:
            self._free -= 1
            return True
        return False

    def release(self) -> None:
        """Release a slot."""
        self._free += 1
        self._serve()

    def _serve(self) -> None:
        if self._serving:
            return
        self._serving = True
        try:
            while self._free and self._waiting:
                self._free -= 1
                self._waiting.popleft().callback(None)
        finally:
            self._serving = False


class SingleFlight(Generic[T]):
    """
    An operation that runs once for all callers that ask while it runs. Each
    caller has a Deferred of its own. When the last of these is canceled, the
    operation is canceled.
    """

    def __init__(self) -> None:
        self._current: _Flight[T] | None = None

    @property
    def busy(self) -> bool:
        """Whether the operation is running."""
        return self._current is not None

    def wait(self) -> Deferred[T]:
        """
        Wait for the running operation.

        :returns: a Deferred that fires with the result of the operation.
        """
        assert self._current is not None
        return self._current.wait()

    def run(self, start: Callable[[], Coroutine[Any, Any, T]]
            ) -> Deferred[T]:
        """
        Start the operation, unless it is running, and wait for it.

        :param start: makes the coroutine of the operation.
        :returns: a Deferred that fires with the result of the operation.
        """
        if self._current is not None:
            return self.wait()
        flight: _Flight[T] = _Flight(self._ended)
        self._current = flight
        waiting = flight.wait()
        flight.begin(start())
        return waiting

    def _ended(self, flight: _Flight[T]) -> None:
        if self._current is flight:
            self._current = None


class _Flight(Generic[T]):
    """One run of an operation, and the callers that wait for it."""

    _running: Deferred[Any] | None = None

    def __init__(self, ended: Callable[[_Flight[T]], None]) -> None:
        self._ended = ended
        self._waiting: deque[Deferred[T]] = deque()

    def begin(self, operation: Coroutine[Any, Any, T]) -> None:
        self._running = Deferred.fromCoroutine(operation)
        self._running.addBoth(self._done)

    def wait(self) -> Deferred[T]:
        waiting: Deferred[T] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def _done(self, result: Any) -> None:
        self._ended(self)
        self._running = None
        # A callback may cancel other waiters: look at the queue each time.
        while self._waiting:
            waiting = self._waiting.popleft()
            if isinstance(result, Failure):
                waiting.errback(copy_of(result.value))
            else:
                waiting.callback(result)

    def _leave(self, waiting: Deferred[T]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting and self._running is not None:
            self._ended(self)
            self._running.cancel()


async def gather(calls: Sequence[Deferred[T]]) -> list[T]:
    """
    Wait for several Deferreds.

    :returns: their results, in the same order.
    :raises Exception: the first error. The other Deferreds are canceled then.
    """
    try:
        return await gatherResults(calls, consumeErrors=True)
    except FirstError as error:
        for call in calls:
            call.cancel()
        error.subFailure.raiseException()


async def shield(work: Deferred[T]) -> T:
    """
    Wait for a Deferred without canceling it when the caller is canceled.

    :returns: its result.
    :raises CancelledError: if the caller was canceled. It is raised when
                            `work` has fired.
    """
    results: list[Any] = []
    ended: list[Deferred[None]] = []
    canceled: list[CancelledError] = []

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
            canceled.append(error)
    if canceled:
        raise canceled[0]
    if isinstance(results[0], Failure):
        results[0].raiseException()
    found: T = results[0]
    return found


def in_thread(reactor: Any, function: Callable[..., Any], *args: Any
              ) -> Deferred[Any]:
    """
    Call a function in a thread of the reactor's pool. A reactor without
    threads, such as a test's `Clock`, calls it at once.

    :returns: a Deferred that fires with the result of the function.
    """
    if not IReactorThreads.providedBy(reactor):
        return maybeDeferred(function, *args)
    return deferToThreadPool(reactor, reactor.getThreadPool(), function,
                             *args)
