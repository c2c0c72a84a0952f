"""
Lists too long for memory: item by item while they arrive, or page by page.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from typing import (TYPE_CHECKING, Any, Deque, Dict, List, Optional, Tuple,
                    TypeVar)

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.python.failure import Failure

from txkoji.call import usual
from txkoji.exceptions import AnswerError, ConfigurationError
from txkoji.hub.decoder import Decoder
from txkoji.hub.reads import check_call
from txkoji.hub.turns import Turns
from txkoji.hub.xmlrpc import encode_call
from txkoji.progress import Progress
from txkoji.results import row_maker, typed

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: So many items wait for who wants them; with more, no more is read.
WAITING = 200

#: What the rows of methods can be ordered by, each row having another.
#: Methods that take ``queryOpts``:
ORDERS = {
    'getBuildTargets': 'id',
    'listArchives': 'id',
    'listBTypes': 'id',
    'listBuilds': 'build_id',
    'listBuildroots': 'id',
    'listPackages': 'package_id',
    'listPackagesSimple': 'package_id',
    'listRPMs': 'id',
    'listSideTags': 'id',
    'listTags': 'id',
    'listTasks': 'id',
    'listUsers': 'id',
    'untaggedBuilds': 'id',
}

#: And others, of which the hub's ``filterResults`` gives a part.
FILTERED = {
    'getLatestBuilds': 'build_id',
    'listChannels': 'id',
    'listHosts': 'id',
    'listTagged': 'build_id,tag_id',
}

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
    def _stop(self) -> None:
        """End what is under way; there are no more items."""

    def aclose(self) -> Deferred[None]:
        """
        End it, and close the connection that it uses. That is done when this
        returns, and can be done again.

        :returns: a Deferred that has fired.
        """
        self._stop()
        return succeed(None)

    def __aiter__(self: Self) -> Self:
        return self

    def __anext__(self) -> Deferred[Any]:
        return self.next_item()

    async def __aenter__(self: Self) -> Self:
        return self

    async def __aexit__(self, *error: Any) -> None:
        self._stop()


class Polled(AsyncItems):
    """
    What is found by looking again and again, one look at a time.

    :param koji: the Connection.
    :param what: for the texts of errors.
    """

    def __init__(self, koji: Connection, what: str) -> None:
        self._koji = koji
        self._what = what
        #: What was found, and nobody has got yet.
        self._found: Deque[Any] = deque()
        #: Whether nothing more can be found.
        self._over = False
        self._turns = Turns(1)
        self._looking: Optional[Deferred[Any]] = None

    @abstractmethod
    async def _look(self) -> None:
        """Look until something is found, or all is over."""

    def next_item(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> Any:
        await self._turns.acquire()
        try:
            while not self._found and not self._over:
                self._looking = self._koji._calls.run(
                    self._look(), self._what, None)
                try:
                    await self._looking
                except CancelledError:
                    if not self._over:
                        raise
            if self._found:
                return self._found.popleft()
            raise StopAsyncIteration
        finally:
            self._looking = None
            self._turns.release()

    def _stop(self) -> None:
        self._over = True
        self._found.clear()
        if self._looking is not None:
            self._looking.cancel()


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

    :param koji: the Connection.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    """

    def __init__(self, koji: Connection, method: str, args: Any, kwargs: Any
                 ) -> None:
        # First, since this is also destroyed if the next line raises.
        self._source = _Source()
        self._method = check_call(method, args, kwargs)
        self._koji = koji
        self._args = args
        self._kwargs = kwargs

    def next_item(self) -> Deferred[Any]:
        if self._source.request is None:
            args, kwargs = usual(self._method, self._args, self._kwargs)
            try:
                body = encode_call(self._method, args, kwargs)
            except Exception:
                return fail(Failure())
            self._source.ask(self._koji, self._method, body,
                             self._koji._is_read(self._method, self._args,
                                                 self._kwargs))
        # Who waits for one item holds the others.
        return self._source.next().addBoth(self._pass_on)

    def _pass_on(self, result: Any) -> Any:
        return result

    def _stop(self) -> None:
        self._source.stop()

    def __del__(self) -> None:
        self._source.stop()


class _Source:
    """
    Items on their way from a hub to who wants them. It knows nothing of the
    `Items`, which so can be destroyed while the answer arrives.
    """

    def __init__(self) -> None:
        self.request: Optional[Deferred[Any]] = None
        self._items: Deque[Any] = deque()
        self._wanting: Deque[Deferred[Any]] = deque()
        self._held: Optional[Deferred[None]] = None
        self._end: Optional[Exception] = None
        self._progress = Progress(None)

    def ask(self, koji: Connection, method: str, body: bytes, read: bool
            ) -> None:
        """Begin."""
        if self._end is not None:
            self.request = succeed(None)
            return
        owner = koji._owner
        progress = self._progress = Progress(koji._options.progress)
        self.request = koji._counting(progress.count)._send(
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

    def put(self, items: List[Any]) -> Optional[Deferred[None]]:
        """
        Take more items.

        :returns: None, or a Deferred that fires when more are wanted.
        """
        if self._end is None:
            self._items.extend(items)
            self._progress.came(len(items))
        while self._wanting and self._items:
            self._wanting.popleft().callback(self._items.popleft())
        return self._hold()

    def _hold(self) -> Optional[Deferred[None]]:
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

    def feed(self, data: bytes) -> Optional[Deferred[None]]:
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


class Pages(AsyncItems):
    """
    The pages of a long list, each a list of items that are typed as in a
    call, and asked for when it is wanted::

        async for builds in koji.pages('listBuilds', state=1):
            print(len(builds))

    For methods with ``queryOpts`` the hub gives a page (``limit`` and
    ``offset``); of the results of others it gives a part
    (``filterResults``), which is as much work for the hub as the whole.

    So that no item comes twice, and none is left out, they are ordered by what
    no two have in common; with an ``order`` in ``queryOpts``, by that first.
    A ``limit`` and an ``offset`` there are for all pages together.

    :param koji: the Connection.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments; ``queryOpts`` must be among these.
    :raises ConfigurationError: if it is not known how to order the results
                                of the method, and ``queryOpts`` do not say.
    """

    def __init__(self, koji: Connection, method: str, args: Tuple[Any, ...],
                 kwargs: Dict[str, Any]) -> None:
        self._progress = Progress(koji._options.progress)
        self._koji = koji._counting(self._progress.count)
        self._method = method
        self._args = args
        options = dict(kwargs.pop('queryOpts', None) or {})
        self._kwargs = kwargs
        order = ORDERS.get(method, FILTERED.get(method))
        if order is None and not options.get('order'):
            raise ConfigurationError(
                f'pages of {method}: say what to order them by, as'
                " queryOpts={'order': 'id'}")
        self._order = ','.join(filter(None, [options.pop('order', None),
                                             order]))
        self._offset: int = options.pop('offset', None) or 0
        self._left: Optional[int] = options.pop('limit', None) or None
        self._options = options
        self._over = False
        self._turns = Turns(1)
        self._asking: Optional[Deferred[Any]] = None

    def next_item(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> Any:
        await self._turns.acquire()
        try:
            if self._over:
                raise StopAsyncIteration
            size = self._koji._options.page_size
            if self._left is not None:
                size = min(size, self._left)
            self._asking = self._ask({
                **self._options, 'order': self._order, 'limit': size,
                'offset': self._offset})
            try:
                rows = await self._asking
            except CancelledError:
                if self._over:
                    raise StopAsyncIteration from None
                raise
            if not isinstance(rows, list):
                raise AnswerError(f'{self._method}: the answer is no list',
                                  method=self._method)
            self._offset += len(rows)
            if self._left is not None:
                self._left -= len(rows)
            # A hub that gives more does not look at limits.
            self._over = len(rows) != size or self._left == 0
            if not rows:
                raise StopAsyncIteration
            self._progress.came(len(rows))
            return rows
        finally:
            self._asking = None
            self._turns.release()

    def _ask(self, options: Dict[str, Any]) -> Deferred[Any]:
        koji = self._koji
        if self._method not in ORDERS:
            return koji.call(
                'filterResults', self._method, *self._args, **self._kwargs,
                filterOpts=options).addCallback(
                    lambda rows: typed(self._method, rows, koji._owner))
        args, kwargs = usual(self._method, self._args, self._kwargs)
        return koji.call(self._method, *args, **kwargs, queryOpts=options)

    def _stop(self) -> None:
        self._over = True
        if self._asking is not None:
            self._asking.cancel()
