"""Long lists from a hub, item by item while they arrive."""
from __future__ import annotations

from collections import deque
from threading import get_ident
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from txkoji.arguments import with_ids
from txkoji.call import with_defaults
from txkoji.client import HubClient
from txkoji.exceptions import AnswerError
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.reads import check_call
from txkoji.hub_methods import add_hint
from txkoji.iterators import AsyncItems
from txkoji.progress import Progress
from txkoji.results import row_maker

#: Number of buffered items at which reading from the hub pauses.
WAITING = 200

Item = TypeVar('Item')


class Items(AsyncItems[Item]):
    """
    The items of a long answer, typed as in a call, while it arrives.

    For example::

        async for build in koji.iterate('listTagged', 'f43'):
            print(build.nvr)

    The call is sent when the program asks for the first item. An error is
    raised after the items that arrived before it; the call is not sent again.

    A program that is slow with an item pauses the reading from the hub, so
    that memory stays bounded: an answer may exceed the ``max_body`` of the
    connection. The time limits pause, too. But front servers drop clients that
    read nothing for minutes (Apache: 60 seconds by default), and the answer
    occupies one of the ``max_connections``. For slow items, `Pages` are
    better.

    :param client: sends the call.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    :raises ValueError: if ``queryOpts`` ask for a count.
    """

    def __init__(self, client: HubClient, method: str, args: Any,
                 kwargs: Any) -> None:
        # First: __del__ needs it, also if the next lines raise.
        self._source = _Source()
        args, kwargs = with_ids(method, args, kwargs)
        self._method = check_call(method, args, kwargs)
        refuse_count(self._method, args, kwargs)
        self._client = client
        self._args = args
        self._kwargs = kwargs

    def next_item(self) -> Deferred[Item]:
        """Get the next item; see `AsyncItems.next_item`."""
        if self._source.request is None:
            args, kwargs = with_defaults(self._method, self._args,
                                         self._kwargs)
            try:
                body = encode_call(self._method, args, kwargs)
            except Exception:
                return fail(Failure())
            self._source.ask(self._client, self._method, body,
                             self._client.is_read(self._method, self._args,
                                                  self._kwargs))
        # The Deferred references this object, so that it is not destroyed.
        return self._source.next().addBoth(self._pass_on)

    def _pass_on(self, result: Any) -> Any:
        return result

    def stop(self) -> None:
        """Close the connection; there are no more items."""
        self._source.stop()

    def __del__(self) -> None:
        self._source.forget()


class _Source:
    """
    The items between the hub and the program.

    It does not reference the `Items`, which can be destroyed while the answer
    arrives.
    """

    def __init__(self) -> None:
        self.request: Deferred[Any] | None = None
        self._items: deque[Any] = deque()
        self._wanting: deque[Deferred[Any]] = deque()
        self._held: Deferred[None] | None = None
        self._end: Exception | None = None
        self._progress = Progress(None)
        self._reactor: Any = None
        self._thread: int | None = None

    def ask(self, client: HubClient, method: str, body: bytes, read: bool
            ) -> None:
        """Send the call."""
        if self._end is not None:
            self.request = succeed(None)
            return
        owner = client.owner
        self._reactor = client.reactor
        self._thread = get_ident()
        progress = self._progress = Progress(client.options.progress)
        self.request = client.counting(progress.count).send(
            method, body, lambda: _Sink(self, Decoder(
                row_maker(method, owner))), read=read,
            streamed=True, begun=lambda: progress.items > 0)
        self.request.addCallbacks(
            lambda _: self._ended(StopAsyncIteration()),
            lambda failure: self._failed(failure.value, method))

    def next(self) -> Deferred[Any]:
        """Get the next item, or the end."""
        if self._items:
            item = self._items.popleft()
            self._hold()
            return succeed(item)
        if self._end is not None:
            end, self._end = self._end, StopAsyncIteration()
            return fail(end)
        wanting: Deferred[Any] = Deferred(self._wanting.remove)
        self._wanting.append(wanting)
        return wanting

    def put(self, items: list[Any]) -> Deferred[None] | None:
        """
        Add items.

        :returns: None, or a Deferred that fires when the program wants more.
        """
        if self._end is None:
            self._items.extend(items)
            self._progress.add_items(len(items))
        while self._wanting and self._items:
            self._wanting.popleft().callback(self._items.popleft())
        return self._hold()

    def _hold(self) -> Deferred[None] | None:
        """Pause or resume the reading."""
        if len(self._items) > WAITING:
            if self._held is None:
                self._held = Deferred()
            return self._held
        if self._held is not None and not self._items:
            held, self._held = self._held, None
            held.callback(None)
        return None

    def _failed(self, error: Exception, method: str) -> None:
        add_hint(error, method)
        self._ended(error)

    def _ended(self, end: Exception) -> None:
        if self._end is None:
            self._end = end
        while self._wanting:
            end, self._end = self._end, StopAsyncIteration()
            self._wanting.popleft().errback(end)

    def forget(self) -> None:
        """
        End the call, since the `Items` were destroyed.

        Python destroys objects in any thread; Twisted may be used in the
        reactor's thread only.
        """
        if self.request is None or self.request.called:
            return
        if get_ident() == self._thread:
            self.stop()
            return
        threads = IReactorFromThreads(self._reactor, None)
        if threads is not None:
            threads.callFromThread(self.stop)

    def stop(self) -> None:
        """End the call, since the program wants no more items."""
        self._items.clear()
        self._end = StopAsyncIteration()
        if self.request is not None:
            self.request.cancel()
        self._ended(self._end)


class _Sink:
    """A consumer of bytes that passes decoded items on."""

    def __init__(self, source: _Source, decoder: Decoder) -> None:
        self._source = source
        self._decoder = decoder

    def feed(self, data: bytes) -> Deferred[None] | None:
        """Decode bytes, and pass on the items."""
        try:
            self._decoder.feed(data)
        finally:
            # Also the items before an invalid part.
            held = self._source.put(self._decoder.take())
        return held

    def close(self) -> None:
        """Pass on the last items."""
        try:
            rest = self._decoder.close()
        finally:
            self._source.put(self._decoder.take())
        if not isinstance(rest, list):
            raise AnswerError('it is no list')
        self._source.put(rest)


def refuse_count(method: str, args: Any, kwargs: dict[str, Any]) -> None:
    """
    Refuse ``countOnly``, whose answer is no list.

    :raises ValueError: if the arguments ask for a count.
    """
    for options in (*args, kwargs.get('queryOpts')):
        if isinstance(options, dict) and options.get('countOnly'):
            raise ValueError(
                f'{method}: with countOnly there are no rows to go through;'
                f' call {method} itself')
