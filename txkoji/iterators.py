"""`AsyncItems`: the base of asynchronous iterators."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, Generic, TypeVar

from twisted.internet.defer import Deferred, succeed

Item = TypeVar('Item')
Self = TypeVar('Self', bound='AsyncItems[Any]')


class AsyncItems(ABC, Generic[Item]):
    """
    An asynchronous iterator, for ``async for``, or `next_item`.

    Leaving the loop ends the request under way. If another object still holds
    the iterator, call `aclose`, or use ``async with``.
    """

    @abstractmethod
    def next_item(self) -> Deferred[Item]:
        """
        Get the next item, for programs with inlineCallbacks.

        :returns: a Deferred that fires with the item. After the last item, it
                  fails with `StopAsyncIteration`. Canceling it loses no item.
        """

    @abstractmethod
    def stop(self) -> None:
        """End the request under way; there are no more items."""

    def aclose(self) -> Deferred[None]:
        """
        End the iteration, and close the connection that it uses.

        Both are done when this returns. It can be called again.

        :returns: a Deferred that has fired with None.
        """
        self.stop()
        return succeed(None)

    def __aiter__(self: Self) -> Self:
        return self

    def __anext__(self) -> Deferred[Item]:
        return self.next_item()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *error: object) -> None:
        self.stop()
