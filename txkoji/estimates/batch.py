"""Many small calls in few requests."""
from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from txkoji.call import with_defaults
from txkoji.estimates.pacing import Pacer
from txkoji.exceptions import GenericError
from txkoji.resource import Hub

#: The number of concurrent requests (our choice).
CONCURRENCY = 4

#: Takes the result of a call, or the fault of the call and None as the result.
Taker = Callable[[Any, GenericError | None], None]


class Batch:
    """
    Calls that are collected, and sent as few multicalls.

    :param hub: the connection.
    :param size: the maximum number of calls in a request.
    """

    def __init__(self, hub: Hub, size: int = 100) -> None:
        self._hub = hub
        self._size = size
        self._calls: list[tuple[Taker, str, Any, Any]] = []

    def ask(self, take: Taker, method: str, *args: Any, **kwargs: Any
            ) -> None:
        """
        Store a call.

        :param take: is called with the result or the fault.
        :param method: the hub method. Further arguments are its own.
        """
        args, kwargs = with_defaults(method, args, kwargs)
        self._calls.append((take, method, args, kwargs))

    async def send(self) -> None:
        """
        Send the stored calls, and pass their results on.

        :raises KojiException: if a request fails as a whole.
        """
        calls, self._calls = self._calls, []
        if not calls:
            return
        multicall = self._hub.MultiCall(batch=self._size,
                                        concurrency=CONCURRENCY)
        pacer = Pacer(self._hub.client.reactor)
        stored = await pacer.collect(
            multicall.call(method, *args, **kwargs)
            for _, method, args, kwargs in calls)

        def take_all() -> Iterator[None]:
            for (take, *_), call in zip(calls, stored):
                error = call.error
                if error is None:
                    take(call.result, None)
                elif (isinstance(error, GenericError)
                        and error.method == call.method):
                    take(None, error)
                else:
                    # The request has failed as a whole.
                    raise error
                yield

        await multicall()
        await pacer.run(take_all())
