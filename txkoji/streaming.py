"""
Lists too long for memory: item by item while they arrive, or page by page.
"""
from __future__ import annotations

from collections import deque
from threading import get_ident
from typing import Any

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from txkoji.call import with_defaults
from txkoji.client import HubClient
from txkoji.exceptions import AnswerError
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.reads import check_call
from txkoji.iterators import AsyncItems
from txkoji.progress import Progress
from txkoji.results import row_maker

#: So many items wait for who wants them; with more, no more is read.
WAITING = 200


class Items(AsyncItems):
    """
    The items of a long answer, each typed as in a call, and given while the
    answer is still arriving::

        async for build in koji.iterate('listTagged', 'f43'):
            print(build.nvr)

    The call is made when the first item is wanted. What goes wrong is raised
    after the items that came before it; then it is not tried again.

    Who takes long with an item holds up the reading from the hub, so that
    memory does not fill up: an answer may be larger than the ``max_body`` of
    the Connection. The time limits do not run meanwhile; but a front
    server gives up, too, on a client that reads nothing for minutes (Apache:
    60 seconds, unless its ``Timeout`` says otherwise), and the connection is
    one of the ``max_connections``. Where each item takes long, `Pages` are
    better.

    :param client: sends the call.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    :raises ValueError: if ``queryOpts`` ask for a count.
    """

    def __init__(self, client: HubClient, method: str, args: Any,
                 kwargs: Any) -> None:
        # First, since this is also destroyed if the next lines raise.
        self._source = _Source()
        self._method = check_call(method, args, kwargs)
        refuse_count(self._method, args, kwargs)
        self._client = client
        self._args = args
        self._kwargs = kwargs

    def next_item(self) -> Deferred[Any]:
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
        # Who waits for one item holds the others.
        return self._source.next().addBoth(self._pass_on)

    def _pass_on(self, result: Any) -> Any:
        return result

    def stop(self) -> None:
        self._source.stop()

    def __del__(self) -> None:
        self._source.forget()


class _Source:
    """
    Items on their way from a hub to who wants them. It knows nothing of the
    `Items`, which so can be destroyed while the answer arrives.
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
        """Begin."""
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
            lambda failure: self._ended(failure.value))

    def next(self) -> Deferred[Any]:
        """The next item, or the end."""
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
        Take more items.

        :returns: None, or a Deferred that fires when more are wanted.
        """
        if self._end is None:
            self._items.extend(items)
            self._progress.add_items(len(items))
        while self._wanting and self._items:
            self._wanting.popleft().callback(self._items.popleft())
        return self._hold()

    def _hold(self) -> Deferred[None] | None:
        """Hold up the reading, or let it go on."""
        if len(self._items) > WAITING:
            if self._held is None:
                self._held = Deferred()
            return self._held
        if self._held is not None and not self._items:
            held, self._held = self._held, None
            held.callback(None)
        return None

    def _ended(self, end: Exception) -> None:
        if self._end is None:
            self._end = end
        while self._wanting:
            end, self._end = self._end, StopAsyncIteration()
            self._wanting.popleft().errback(end)

    def forget(self) -> None:
        """
        Nobody holds the items any longer. Python says so in whatever thread
        that happens, or its garbage collector runs; Twisted is to be used in
        the reactor's only.
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
        """Nobody wants more."""
        self._items.clear()
        self._end = StopAsyncIteration()
        if self.request is not None:
            self.request.cancel()
        self._ended(self._end)


class _Sink:
    """Hands on what a decoder has made."""

    def __init__(self, source: _Source, decoder: Decoder) -> None:
        self._source = source
        self._decoder = decoder

    def feed(self, data: bytes) -> Deferred[None] | None:
        try:
            self._decoder.feed(data)
        finally:
            # Also what came before nonsense.
            held = self._source.put(self._decoder.take())
        return held

    def close(self) -> None:
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

    :raises ValueError: if it is asked for.
    """
    for options in (*args, kwargs.get('queryOpts')):
        if isinstance(options, dict) and options.get('countOnly'):
            raise ValueError(
                f'{method}: with countOnly there are no rows to go through;'
                f' call {method} itself')
