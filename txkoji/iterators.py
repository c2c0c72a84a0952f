"""
`AsyncItems`: the base of what `iterate`, `pages`, `watch` and `follow` give.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, succeed

Self = TypeVar('Self', bound='AsyncItems')


class AsyncItems(ABC):
    """
    What can be gone through with ``async for``; or, in programs of
    inlineCallbacks, with `next_item`.

    Leaving the loop ends what is under way. Where something else still holds
    the iterator, `aclose` does, or using it in an ``async with``.
    """

    @abstractmethod
    def next_item(self) -> Deferred[Any]:
        """
        Get the next one.

        :returns: a Deferred that fires with it, and fails with
                  `StopAsyncIteration` after the last one. Cancelling it loses
                  none.
        """

    @abstractmethod
    def stop(self) -> None:
        """End what is under way; there are no more items."""

    def aclose(self) -> Deferred[None]:
        """
        End it, and close the connection that it uses. That is done when this
        returns, and can be done again.

        :returns: a Deferred that has fired.
        """
        self.stop()
        return succeed(None)

    def __aiter__(self: Self) -> Self:
        return self

    def __anext__(self) -> Deferred[Any]:
        return self.next_item()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *error: Any) -> None:
        self.stop()
