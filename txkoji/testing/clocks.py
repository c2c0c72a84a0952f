"""The time of a FakeHub: Twisted's reactor, from the first wait on."""
from __future__ import annotations

import time
from typing import Any

from twisted.internet.interfaces import IReactorTime
from zope.interface import implementer


@implementer(IReactorTime)
class LazyReactor:
    """
    Twisted's reactor, imported at the first wait.

    Until then, a program can install another reactor.
    """

    def __init__(self) -> None:
        self._reactor: Any = None

    def seconds(self) -> float:
        """Tell the time, as Twisted's reactor does."""
        return time.time()

    def callLater(self, delay: float, callable: Any, *args: Any,
                  **kwargs: Any) -> Any:
        """Call something later."""
        return self._found().callLater(delay, callable, *args, **kwargs)

    def getDelayedCalls(self) -> Any:
        """Give what is to be called later."""
        return self._found().getDelayedCalls()

    def __getattr__(self, name: str) -> Any:
        if name.startswith('__'):
            raise AttributeError(name)
        return getattr(self._found(), name)

    def _found(self) -> Any:
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        return self._reactor
