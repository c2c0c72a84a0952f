"""
Small tools for Deferreds.

`FairSemaphore`, `SingleFlight`, `gather`, `shield` and `in_thread`.
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

    Twisted's ``DeferredSemaphore`` calls the next waiter from within
    `release()`. With hundreds of short tasks, these calls nest deeper than
    Python's stack allows. This class calls one waiter after the other.

    :param slots: the number of slots that may be acquired at once.
    """

    def __init__(self, slots: int) -> None:
        self._free = slots
        self._waiters: deque[Deferred[None]] = deque()
        self._serving = False

    def acquire(self) -> Deferred[None]:
        """
        Acquire a slot. Wait if no slot is free.

        :returns: a Deferred that fires with None when the slot is acquired.
                  Canceling the Deferred leaves the queue.
        """
        acquired: Deferred[None] = Deferred(self._waiters.remove)
        self._waiters.append(acquired)
        self._serve()
        return acquired

    def try_acquire(self) -> bool:
        """
        Acquire a slot, if one is free and the queue is empty.

        :returns: whether a slot was acquired.
        """
        if self._free and not self._waiters:
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
            while self._free and self._waiters:
                self._free -= 1
                self._waiters.popleft().callback(None)
        finally:
            self._serving = False


class SingleFlight(Generic[T]):
    """
    An operation that runs once for all concurrent callers.

    Each caller has its own Deferred. When the last of the Deferreds is
    canceled, the operation is canceled.
    """

    def __init__(self) -> None:
        self._current: _Flight[T] | None = None

    @property
    def busy(self) -> bool:
        """Whether the operation is running."""
        return self._current is not None

    def wait(self) -> Deferred[T]:
        """
        Wait for the operation, which has to be running.

        :returns: a Deferred that fires with the result of the operation.
        """
        assert self._current is not None
        return self._current.wait()

    def run(self, start: Callable[[], Coroutine[Any, Any, T]]
            ) -> Deferred[T]:
        """
        Start the operation, unless it is running, and wait for the result.

        :param start: makes the coroutine of the operation.
        :returns: a Deferred that fires with the result of the operation.
        """
        if self._current is not None:
            return self.wait()
        flight: _Flight[T] = _Flight(self._forget)
        self._current = flight
        waiter = flight.wait()
        flight.start(start())
        return waiter

    def _forget(self, flight: _Flight[T]) -> None:
        if self._current is flight:
            self._current = None


class _Flight(Generic[T]):
    """
    One run of an operation, and the callers that wait for the result.

    :param on_end: is called with the flight when the run has ended, or when
                   no caller waits any longer.
    """

    _running: Deferred[Any] | None = None

    def __init__(self, on_end: Callable[[_Flight[T]], None]) -> None:
        self._on_end = on_end
        self._waiters: deque[Deferred[T]] = deque()

    def start(self, operation: Coroutine[Any, Any, T]) -> None:
        """Start the operation."""
        self._running = Deferred.fromCoroutine(operation)
        self._running.addBoth(self._finish)

    def wait(self) -> Deferred[T]:
        """Get a new Deferred that fires with the result."""
        waiter: Deferred[T] = Deferred(self._cancel)
        self._waiters.append(waiter)
        return waiter

    def _finish(self, result: Any) -> None:
        self._on_end(self)
        self._running = None
        # A callback may cancel other waiters: look at the queue each time.
        while self._waiters:
            waiter = self._waiters.popleft()
            if isinstance(result, Failure):
                waiter.errback(copy_of(result.value))
            else:
                waiter.callback(result)

    def _cancel(self, waiter: Deferred[T]) -> None:
        self._waiters.remove(waiter)
        if not self._waiters and self._running is not None:
            self._on_end(self)
            self._running.cancel()


async def gather(deferreds: Sequence[Deferred[T]]) -> list[T]:
    """
    Wait for several Deferreds.

    :returns: the results, in the order of the Deferreds.
    :raises Exception: the first error. The other Deferreds are canceled then.
    """
    try:
        return await gatherResults(deferreds, consumeErrors=True)
    except FirstError as error:
        for deferred in deferreds:
            deferred.cancel()
        error.subFailure.raiseException()


async def shield(work: Deferred[T]) -> T:
    """
    Wait for a Deferred without canceling it when the caller is canceled.

    :returns: the result of ``work``.
    :raises CancelledError: if the caller was canceled. The error is raised
                            when ``work`` has fired.
    """
    results: list[Any] = []
    waiters: list[Deferred[None]] = []
    canceled: list[CancelledError] = []

    def end(result: Any) -> None:
        results.append(result)
        for waiter in waiters:
            waiter.callback(None)
        waiters.clear()

    work.addBoth(end)
    while not results:
        waiter: Deferred[None] = Deferred(waiters.remove)
        waiters.append(waiter)
        try:
            await waiter
        except CancelledError as error:
            canceled.append(error)
    if canceled:
        raise canceled[0]
    if isinstance(results[0], Failure):
        results[0].raiseException()
    value: T = results[0]
    return value


def in_thread(reactor: Any, function: Callable[..., Any], *args: Any
              ) -> Deferred[Any]:
    """
    Call a function in a thread of the reactor's pool.

    A reactor without threads, such as a test's ``Clock``, calls the function
    at once.

    :returns: a Deferred that fires with the result of the function.
    """
    if not IReactorThreads.providedBy(reactor):
        return maybeDeferred(function, *args)
    return deferToThreadPool(reactor, reactor.getThreadPool(), function,
                             *args)
