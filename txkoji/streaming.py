"""
Lists too long for memory: item by item while they arrive, or page by page.
"""
from __future__ import annotations

from abc import ABC, abstractmethod
from collections import deque
from threading import get_ident
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError, Deferred, fail, succeed
from twisted.internet.interfaces import IReactorFromThreads
from twisted.python.failure import Failure

from txkoji.call import with_defaults
from txkoji.exceptions import AnswerError, ConfigurationError
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.reads import check_call
from txkoji.progress import Progress
from txkoji.results import row_maker, typed

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: So many items wait for who wants them; with more, no more is read.
WAITING = 200


class Listing(NamedTuple):
    """
    How the list that a hub method gives is taken apart into pages.

    :ivar key: the member to order it by. No two rows have the same one,
               unless all pages are of one event. None for the hub's order.
    :ivar options: whether the method takes ``queryOpts``; of the others, the
                   hub's ``filterResults`` gives a part, by one key at most.
    :ivar event: the position of its argument ``event``, or None.
    :ivar filters: the names of its first arguments, of which one must be
                   given for the event to count; empty if it always does.
    """

    key: str | None
    options: bool = True
    event: int | None = None
    filters: tuple[str, ...] = ()


LISTINGS: dict[str, Listing] = {
    'getBuildTargets': Listing('id', event=1),
    'getExternalRepoList': Listing(None, options=False, event=1),
    'getFullInheritance': Listing(None, options=False, event=1),
    'getInheritanceData': Listing(None, options=False, event=1),
    'getLatestBuilds': Listing('build_id', options=False, event=1),
    'getLatestMavenArchives': Listing('id', options=False, event=1),
    'getTagExternalRepos': Listing(None, options=False, event=2),
    'getTagGroups': Listing('name', options=False, event=1),
    'listArchives': Listing('id'),
    'listBTypes': Listing('id'),
    'listBuilds': Listing('build_id'),
    'listBuildroots': Listing('id'),
    'listChannels': Listing('id', options=False, event=1,
                            filters=('hostID',)),
    'listExternalRepos': Listing('id', event=2),
    'listHosts': Listing('id', options=False),
    'listPackages': Listing('package_id', event=6,
                            filters=('tagID', 'userID', 'pkgID')),
    'listPackagesSimple': Listing('package_id'),
    'listRPMs': Listing('id'),
    'listSideTags': Listing('id'),
    'listTagged': Listing('build_id', options=False, event=1),
    'listTags': Listing('id'),
    'listTasks': Listing('id'),
    'listUsers': Listing('id'),
    'untaggedBuilds': Listing('id'),
}

#: Methods whose answers are two lists, each row of one belonging to the other.
PAIRS = ('getLatestRPMS', 'listTaggedArchives', 'listTaggedRPMS')

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
        self._found: deque[Any] = deque()
        #: Whether nothing more can be found.
        self._over = False
        self._turns = FairSemaphore(1)
        self._looking: Deferred[Any] | None = None

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
    :raises ValueError: if ``queryOpts`` ask for a count.
    """

    def __init__(self, koji: Connection, method: str, args: Any, kwargs: Any
                 ) -> None:
        # First, since this is also destroyed if the next lines raise.
        self._source = _Source()
        self._method = check_call(method, args, kwargs)
        refuse_count(self._method, args, kwargs)
        self._koji = koji
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

    def ask(self, koji: Connection, method: str, body: bytes, read: bool
            ) -> None:
        """Begin."""
        if self._end is not None:
            self.request = succeed(None)
            return
        owner = koji._owner
        self._reactor = koji._transport.reactor
        self._thread = get_ident()
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


class Pages(AsyncItems):
    """
    The pages of a long list, each a list of items that are typed as in a
    call, and asked for when it is wanted::

        async for builds in koji.pages('listBuilds', state=1):
            print(len(builds))

    For methods with ``queryOpts`` the hub gives a page (``limit`` and
    ``offset``); of the results of others it gives a part
    (``filterResults``), which is as much work for the hub as the whole. A
    ``limit`` and an ``offset`` in ``queryOpts`` are for all pages together.

    The list may change between two pages:

    * Methods that take an ``event`` (listTagged, getLatestBuilds,
      listPackages of a tag, listChannels of a host, getBuildTargets,
      inheritance, groups, external repositories) are asked as of one event
      for all pages: that of the caller, or else the hub's last one, which is
      asked for first. The pages are the list as it was then.
    * Other lists are ordered by the id of their rows (an ``order`` of "-id"
      turns that round). A row that is in the list all the time is in exactly
      one page, whatever comes or goes; none is in two.
    * With another ``order``, no row is in two pages, but rows may be left out
      if others before them leave the list meanwhile.

    A page may have fewer items than were asked for, but always has one.

    :param koji: the Connection.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments; ``queryOpts`` must be among these.
    :raises ConfigurationError: if it is not known how to order the results
                                of the method, and ``queryOpts`` do not say;
                                or if they are no list of rows.
    :raises ValueError: if ``queryOpts`` ask for a count.
    """

    def __init__(self, koji: Connection, method: str, args: tuple[Any, ...],
                 kwargs: dict[str, Any]) -> None:
        method = check_call(method, args, kwargs)
        refuse_count(method, args, kwargs)
        self._progress = Progress(koji._options.progress)
        self._koji = koji._counting(self._progress.count)
        self._size = koji._options.page_size
        self._over = False
        self._turns = FairSemaphore(1)
        self._asking: Deferred[Any] | None = None
        kwargs = dict(kwargs)
        options = dict(kwargs.pop('queryOpts', None) or {})
        self._left: int | None = options.pop('limit', None) or None
        self._walk = _walk(_Query(self._koji, method, args, kwargs, options))

    def next_item(self) -> Deferred[Any]:
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> Any:
        await self._turns.acquire()
        try:
            if self._over:
                raise StopAsyncIteration
            size = self._size
            if self._left is not None:
                size = min(size, self._left)
            self._asking = Deferred.fromCoroutine(self._walk.page(size))
            try:
                rows = await self._asking
            except CancelledError:
                if self._over:
                    raise StopAsyncIteration from None
                raise
            if self._left is not None:
                self._left -= len(rows)
            self._over = self._walk.over or self._left == 0
            if not rows:
                raise StopAsyncIteration
            self._progress.add_items(len(rows))
            return rows
        finally:
            self._asking = None
            self._turns.release()

    def _stop(self) -> None:
        self._over = True
        if self._asking is not None:
            self._asking.cancel()


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


class _Query:
    """
    A list on the hub, of which parts are asked for.

    :ivar listing: how to take it apart, or None if that is not known.
    :ivar order: the order that the caller wants, or None.
    :ivar offset: where the caller wants to begin.
    :ivar as_list: whether its rows are lists, without names.
    """

    def __init__(self, koji: Connection, method: str, args: tuple[Any, ...],
                 kwargs: dict[str, Any], options: dict[str, Any]) -> None:
        self.method = method
        self._koji = koji
        self._args = args
        self._kwargs = kwargs
        self.order: str | None = options.pop('order', None) or None
        self.offset: int = options.pop('offset', None) or 0
        self.as_list = bool(options.get('asList'))
        self._options = options
        self.listing = LISTINGS.get(method)
        if method in PAIRS:
            raise ConfigurationError(
                f'pages of {method}: its answer is a pair of lists, of which'
                ' there are no parts to ask for; call it for a part of the'
                ' tag, as by package')
        if self.listing is None and self.order is None:
            raise ConfigurationError(
                f'pages of {method}: say what to order them by, as'
                " queryOpts={'order': 'id'}")

    @property
    def takes_event(self) -> bool:
        """Whether the hub gives this list as it was at an event."""
        listing = self.listing
        if listing is None or listing.event is None:
            return False
        given = [*self._args[:len(listing.filters)],
                 *(self._kwargs.get(name) for name in listing.filters)]
        return not listing.filters or any(
            value is not None for value in given)

    @property
    def full_order(self) -> str | None:
        """The order of the caller, if there is one, and what else it takes."""
        listing = self.listing
        if listing is None or not self.order:
            return self.order if listing is None else listing.key
        in_python = not listing.options or (
            bool(listing.filters) and self.takes_event)
        if in_python or listing.key is None:
            # There, one key is all that the hub takes; rows that have the
            # same one stay in their order.
            return self.order
        # Of rows that are alike, a database gives now this one first, now
        # another.
        return f'{self.order},{listing.key}'

    async def pin(self) -> None:
        """Ask for all parts as of one event, if the caller names none."""
        assert self.listing is not None and self.listing.event is not None
        position, args = self.listing.event, self._args
        given = self._kwargs.get('event')
        if len(args) > position:
            given = args[position]
        if given is not None:
            return
        last = await self._koji.call('getLastEvent')
        if len(args) > position:
            self._args = (*args[:position], last['id'], *args[position + 1:])
        else:
            self._kwargs = {**self._kwargs, 'event': last['id']}

    async def part(self, order: str | None, offset: int, limit: int
                   ) -> list[Any]:
        """Ask for a part of the list."""
        koji, method = self._koji, self.method
        options = {**self._options, 'limit': limit, 'offset': offset}
        if order is not None:
            options['order'] = order
        if self.listing is None or not self.listing.options:
            rows = typed(method, await koji.call(
                'filterResults', method, *self._args, **self._kwargs,
                filterOpts=options), koji._owner)
        else:
            args, kwargs = with_defaults(method, self._args, self._kwargs)
            rows = await koji.call(method, *args, **kwargs,
                                   queryOpts=options)
        if not isinstance(rows, list):
            raise AnswerError(f'{method}: the answer is no list',
                              method=method)
        return rows


class _Walk(ABC):
    """
    A way through a list, whose next page can be asked for again when it
    failed.

    :param query: the list.
    :ivar over: whether there is no more.
    """

    def __init__(self, query: _Query) -> None:
        self._query = query
        self._offset = query.offset
        self.over = False

    @abstractmethod
    async def page(self, size: int) -> list[Any]:
        """
        Ask for the next rows.

        :param size: how many.
        :returns: them; fewer if so many are not there, and none only at the
                  end.
        """


class _EventWalk(_Walk):
    """Through a list as it was at an event, so that offsets stay right."""

    _pinned = False

    async def page(self, size: int) -> list[Any]:
        query = self._query
        if not self._pinned:
            await query.pin()
            self._pinned = True
        rows = await query.part(query.full_order, self._offset, size)
        self._offset += len(rows)
        # A hub that gives more does not look at limits.
        self.over = len(rows) != size
        return rows


class _KeyWalk(_Walk):
    """
    Through a list that changes meanwhile, in the order of a key that no two
    rows have in common. The page after the first begins with the last row
    that was seen, or one before it. When rows before that have left the list,
    it is asked for again, from further ahead, so that no row is missed.

    :param key: the member to order by, with "-" before it for backwards.
    """

    def __init__(self, query: _Query, key: str) -> None:
        super().__init__(query)
        self._order = key
        self._key = key.lstrip('-')
        self._sign = -1 if key.startswith('-') else 1
        self._last: int | None = None
        #: How many rows to begin early: more in a list that shrinks fast.
        self._early = 1

    async def page(self, size: int) -> list[Any]:
        last = self._last
        early = 0 if last is None else self._early
        position = self._offset
        while True:
            offset = max(0, position - early)
            limit = position - offset + size
            rows = await self._query.part(self._order, offset, limit)
            # A hub that gives more does not look at limits.
            whole = len(rows) > limit
            if not whole and offset and last is not None and (
                    not rows or self._rank(rows[0]) > last):
                # Those that follow the last one seen are further ahead now.
                position, early = offset, size
                continue
            seen = 0
            if last is not None:
                seen = sum(self._rank(row) <= last for row in rows)
            new = rows[seen:] if whole else rows[seen:seen + size]
            position = offset + seen + len(new)
            self.over = whole or (len(rows) < limit
                                  and position == offset + len(rows))
            if new or self.over:
                break
        if new and not whole:
            moved = self._offset - (offset + seen)
            self._early = min(max(self._early, 2 * moved), size)
            self._offset = position
            self._last = self._rank(new[-1])
        return new

    def _rank(self, row: Any) -> int:
        key = row.get(self._key) if isinstance(row, dict) else None
        if not isinstance(key, int):
            raise AnswerError(f'{self._query.method}: a row has no number'
                              f' {self._key!r}', method=self._query.method)
        return self._sign * key


class _OrderWalk(_Walk):
    """
    Through a list in an order of the caller's, without the rows that were
    seen already.
    """

    def __init__(self, query: _Query) -> None:
        super().__init__(query)
        self._seen: set[Any] = set()
        listing = query.listing
        self._key = None
        if listing is not None and not query.as_list:
            self._key = listing.key

    async def page(self, size: int) -> list[Any]:
        new: list[Any] = []
        while not new and not self.over:
            rows = await self._query.part(self._query.full_order,
                                          self._offset, size)
            self._offset += len(rows)
            self.over = len(rows) != size
            new = [row for row in rows if self._first_time(row)]
        return new

    def _first_time(self, row: Any) -> bool:
        key = repr(row)
        if self._key is not None and isinstance(row, dict):
            key = row.get(self._key, key)
        if key in self._seen:
            return False
        self._seen.add(key)
        return True


def _walk(query: _Query) -> _Walk:
    """How to go through a list."""
    if query.takes_event:
        return _EventWalk(query)
    listing = query.listing
    if listing is not None and listing.key and not query.as_list:
        order = query.order or listing.key
        if order.lstrip('-') == listing.key:
            return _KeyWalk(query, order)
    return _OrderWalk(query)
