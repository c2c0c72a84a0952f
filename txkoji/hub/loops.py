"""Checking that Twisted's reactor runs, where asyncio runs the program."""
from __future__ import annotations

import sys
from typing import Any

from twisted.internet.interfaces import IReactorCore


def check_loop(reactor: Any) -> None:
    """
    Check that a reactor is not idle while a loop of asyncio runs.

    :param reactor: the reactor, or a test's clock, which needs no loop.
    :raises RuntimeError: if asyncio runs the caller, and the reactor neither
                          runs nor uses asyncio. A call would never end.
    """
    asyncio = sys.modules.get('asyncio')
    if asyncio is None or not IReactorCore.providedBy(reactor):
        return
    try:
        asyncio.get_running_loop()
    except RuntimeError:
        return
    core: Any = reactor
    if core.running:
        return
    from twisted.internet.asyncioreactor import AsyncioSelectorReactor
    if not isinstance(reactor, AsyncioSelectorReactor):
        raise RuntimeError(
            "txkoji needs Twisted's reactor, and asyncio.run() does not run"
            ' it. First thing in the program, call'
            ' twisted.internet.asyncioreactor.install(). Replace'
            ' asyncio.run(main()) by twisted.internet.task.react(lambda'
            ' reactor: Deferred.fromFuture(asyncio.ensure_future(main()))).'
            ' Within main(), await koji.getTag(...).asFuture('
            'asyncio.get_running_loop())')
