"""What would hold up the reactor, in another thread."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred, maybeDeferred
from twisted.internet.interfaces import IReactorThreads
from twisted.internet.threads import deferToThreadPool


def in_thread(reactor: Any, function: Callable[..., Any], *args: Any
              ) -> Deferred[Any]:
    """
    Call a function in another thread, if the reactor has others, or else
    here.

    :returns: a Deferred that fires with what it gives.
    """
    if not IReactorThreads.providedBy(reactor):
        return maybeDeferred(function, *args)
    return deferToThreadPool(reactor, reactor.getThreadPool(), function,
                             *args)
