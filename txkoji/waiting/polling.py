"""Polling: looking again and again, also through outages of the hub."""
from __future__ import annotations

from abc import abstractmethod
from collections import deque
from collections.abc import Callable
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    HTTPError,
    KojiException,
    ServerOffline,
    TransportError,
)
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.retries import outage
from txkoji.iterators import AsyncItems

#: Maximum number of successive errors that may, or may not, be an outage.
DOUBTFUL = 5

_log = Logger()


class OutageBudget:
    """
    A limit for the errors that polling survives.

    It survives outages of the hub without limit, and errors that may be an
    outage a few times in a row.
    """

    def __init__(self) -> None:
        self._left = DOUBTFUL

    def reset(self) -> None:
        """Reset the limit, after a successful call."""
        self._left = DOUBTFUL

    def allows(self, error: KojiException) -> bool:
        """Tell whether polling goes on after an error."""
        if isinstance(error, (CallTimeout, ServerOffline)) or (
                isinstance(error, TransportError) and outage(error)):
            return True
        # While its database restarts, a hub answers with fault 1. Front
        # servers answer with a page for people, or with status 500.
        doubtful = (isinstance(error, AnswerError) or error.faultCode == 1
                    or (isinstance(error, HTTPError)
                        and error.status is not None and error.status >= 500))
        self._left -= 1
        return doubtful and self._left >= 0


async def poll(client: HubClient, look: Callable[[], Any]) -> Any:
    """
    Look for an object every ``poll_interval`` seconds, until it is there.

    This goes on through outages of the hub.

    :param look: looks once, and returns an awaitable of the object or None.
    :returns: the object.
    """
    budget = OutageBudget()
    while True:
        try:
            found = await look()
            budget.reset()
        except KojiException as error:
            if not budget.allows(error):
                raise
            _log.warn('waiting goes on after {error}', error=str(error))
            found = None
        if found is not None:
            return found
        await deferLater(client.reactor, client.settings.poll_interval)


def key_of(thing: Any) -> Any:
    """Get the id or the NVR of a row of the hub; anything else stays."""
    if not isinstance(thing, dict):
        return thing
    number = thing.get('build_id', thing.get('id'))
    return thing.get('nvr') if number is None else number


Item = TypeVar('Item')


class Polled(AsyncItems[Item]):
    """
    Items that are found by polling, one look at a time.

    :param client: asks the hub.
    :param name: of the work, for the texts of errors.

    :ivar client: asks the hub.
    :ivar found: items that were found, and not yet given.
    :ivar over: whether no more can be found.
    """

    def __init__(self, client: HubClient, name: str) -> None:
        self.client = client
        self._name = name
        self.found: deque[Item] = deque()
        self.over = False
        self._lock = FairSemaphore(1)
        self._looking: Deferred[Any] | None = None

    @abstractmethod
    async def look(self) -> None:
        """Poll until an item is found, or the iteration is over."""

    def next_item(self) -> Deferred[Item]:
        """Get the next item; see `AsyncItems.next_item`."""
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> Item:
        await self._lock.acquire()
        try:
            while not self.found and not self.over:
                self._looking = self.client.run(
                    self.look(), self._name, None)
                try:
                    await self._looking
                except CancelledError:
                    if not self.over:
                        raise
            if self.found:
                return self.found.popleft()
            raise StopAsyncIteration
        finally:
            self._looking = None
            self._lock.release()

    def stop(self) -> None:
        """End the polling; there are no more items."""
        self.over = True
        self.found.clear()
        if self._looking is not None:
            self._looking.cancel()
