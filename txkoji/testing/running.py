"""`run`: the result of a coroutine, without waiting for a hub's clock."""
from __future__ import annotations

from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.python.failure import Failure

if TYPE_CHECKING:
    from txkoji.testing.hub import FakeHub

T = TypeVar('T')


def run(work: Coroutine[Any, Any, T] | Deferred[T], hub: FakeHub, *,
        seconds: float = 86400) -> T:
    """
    Run a coroutine with a hub in memory, and get the result.

    Whenever the coroutine waits, the clock of the hub moves to the next
    timer, so that hours pass in no time::

        hub = FakeHub(clock=Clock())
        assert run(hub.connection().getTag('f44'), hub).name == 'f44'

    :param work: a coroutine, or a Deferred.
    :param hub: a hub with a `Clock <twisted.internet.task.Clock>`.
    :param seconds: the most seconds by the clock of the hub.
    :raises Exception: that of the coroutine.
    :raises AssertionError: if the coroutine waits for longer, or for
                            something else than the clock. It is canceled.
    :raises TypeError: if the hub waits on a reactor.
    """
    clock: Any = hub.clock
    if not isinstance(clock, Clock):
        raise TypeError('run() moves the clock of the hub, and this hub has'
                        ' none: make it with FakeHub(clock=Clock())')
    running = (work if isinstance(work, Deferred)
               else Deferred.fromCoroutine(work))
    results: list[Any] = []
    running.addBoth(results.append)
    end = clock.seconds() + seconds
    while not results:
        timers = clock.getDelayedCalls()
        moment = min((timer.getTime() for timer in timers), default=None)
        if moment is None or moment > end:
            running.cancel()
            raise AssertionError(
                'the coroutine waits for something that never happens'
                if moment is None else
                f'the coroutine still waits after {seconds:g} seconds')
        clock.advance(max(0, moment - clock.seconds()))
    if isinstance(results[0], Failure):
        results[0].raiseException()
    result: T = results[0]
    return result
