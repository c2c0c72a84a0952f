"""Long lists from a hub, page by page."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError, Deferred

from txkoji.arguments import with_ids
from txkoji.call import with_defaults
from txkoji.client import HubClient
from txkoji.exceptions import AnswerError, ConfigurationError
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.reads import check_call
from txkoji.iterators import AsyncItems
from txkoji.progress import Progress
from txkoji.results import typed
from txkoji.streaming import refuse_count

Item = TypeVar('Item')


class Listing(NamedTuple):
    """
    How to get pages of a hub method's list.

    :ivar key: the member to order by. It is unique, unless all pages are of
               one event. None for the hub's order.
    :ivar options: whether the method takes ``queryOpts``. For other methods,
                   ``filterResults`` gives parts, ordered by one key at most.
    :ivar event: the position of the argument ``event``, or None.
    :ivar filters: the names of the first arguments. The event counts only if
                   one of them is given; with an empty tuple it always does.
    """

    key: str | None
    options: bool = True
    event: int | None = None
    filters: tuple[str, ...] = ()


#: How to page the list of each hub method.
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

#: Methods whose answers are two lists that belong together.
PAIRS = ('getLatestRPMS', 'listTaggedArchives', 'listTaggedRPMS')


class Pages(AsyncItems[list[Item]]):
    """
    The pages of a long list, each a list of typed items.

    Each page is requested when the program asks for it::

        async for builds in koji.pages('listBuilds', state=1):
            print(len(builds))

    Methods with ``queryOpts`` return a page (``limit`` and ``offset``). For
    other methods the hub cuts a part from the whole result
    (``filterResults``), which costs the hub as much as the whole. A ``limit``
    and an ``offset`` in ``queryOpts`` count for all pages together.

    The list may change between two pages:

    * Methods that take an ``event`` (listTagged, getLatestBuilds,
      listPackages of a tag, listChannels of a host, getBuildTargets,
      inheritance, groups, external repositories) are called for one event:
      that of the caller, or the hub's last one. The pages are the list of
      that event.
    * Other lists are ordered by id (by an ``order`` of "-id", backwards). A
      row that stays in the list is in exactly one page; no row is in two.
    * With another ``order``, no row is in two pages, but rows can be left out
      if rows before them leave the list meanwhile.

    A page may have fewer items than requested, but has at least one.

    :param client: sends the calls.
    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments, with ``queryOpts`` among them.
    :raises ConfigurationError: if no order is known for the method, and
                                ``queryOpts`` have none; or if its result is no
                                list of rows.
    :raises ValueError: if ``queryOpts`` ask for a count.
    """

    def __init__(self, client: HubClient, method: str, args: tuple[Any, ...],
                 kwargs: dict[str, Any]) -> None:
        args, kwargs = with_ids(method, args, kwargs)
        method = check_call(method, args, kwargs)
        refuse_count(method, args, kwargs)
        self._progress = Progress(client.options.progress)
        self._client = client.counting(self._progress.count)
        self._size = client.options.page_size
        self._over = False
        self._turns = FairSemaphore(1)
        self._asking: Deferred[Any] | None = None
        kwargs = dict(kwargs)
        options = dict(kwargs.pop('queryOpts', None) or {})
        self._left: int | None = options.pop('limit', None) or None
        self._walk = _walk(_Query(self._client, method, args, kwargs, options))

    def next_item(self) -> Deferred[list[Item]]:
        """Get the next page; see `AsyncItems.next_item`."""
        return Deferred.fromCoroutine(self._next())

    async def _next(self) -> list[Item]:
        await self._turns.acquire()
        try:
            if self._over:
                raise StopAsyncIteration
            size = self._size
            if self._left is not None:
                size = min(size, self._left)
            self._asking = Deferred.fromCoroutine(self._walk.page(size))
            try:
                rows: list[Item] = await self._asking
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

    def stop(self) -> None:
        """End the request under way; there are no more pages."""
        self._over = True
        if self._asking is not None:
            self._asking.cancel()


class _Query:
    """
    A list on the hub, which is requested in parts.

    :ivar listing: how to get its pages, or None if unknown.
    :ivar order: the caller's order, or None.
    :ivar offset: the caller's offset.
    :ivar as_list: whether its rows are lists without names.
    """

    def __init__(self, client: HubClient, method: str, args: tuple[Any, ...],
                 kwargs: dict[str, Any], options: dict[str, Any]) -> None:
        self.method = method
        self._client = client
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
        """Whether the hub can give the list of an event."""
        listing = self.listing
        if listing is None or listing.event is None:
            return False
        given = [*self._args[:len(listing.filters)],
                 *(self._kwargs.get(name) for name in listing.filters)]
        return not listing.filters or any(
            value is not None for value in given)

    @property
    def full_order(self) -> str | None:
        """The caller's order, extended so that it is unique."""
        listing = self.listing
        if listing is None or not self.order:
            return self.order if listing is None else listing.key
        in_python = not listing.options or (
            bool(listing.filters) and self.takes_event)
        if in_python or listing.key is None:
            # Here the hub takes one key only. Its sorting is stable.
            return self.order
        # The database may give equal rows in a different order each time.
        return f'{self.order},{listing.key}'

    async def pin(self) -> None:
        """Request all parts for one event, unless the caller gave one."""
        assert self.listing is not None and self.listing.event is not None
        position, args = self.listing.event, self._args
        given = self._kwargs.get('event')
        if len(args) > position:
            given = args[position]
        if given is not None:
            return
        last = await self._client.call('getLastEvent')
        if len(args) > position:
            self._args = (*args[:position], last['id'], *args[position + 1:])
        else:
            self._kwargs = {**self._kwargs, 'event': last['id']}

    async def part(self, order: str | None, offset: int, limit: int
                   ) -> list[Any]:
        """Request a part of the list."""
        client, method = self._client, self.method
        options = {**self._options, 'limit': limit, 'offset': offset}
        if order is not None:
            options['order'] = order
        if self.listing is None or not self.listing.options:
            rows = typed(method, await client.call(
                'filterResults', method, *self._args, **self._kwargs,
                filterOpts=options), client.owner)
        else:
            args, kwargs = with_defaults(method, self._args, self._kwargs)
            rows = await client.call(method, *args, **kwargs,
                                   queryOpts=options)
        if not isinstance(rows, list):
            raise AnswerError(f'{method}: the answer is no list',
                              method=method)
        return rows


class _Walk(ABC):
    """
    A walk through a list; a failed page can be requested again.

    :param query: the list.
    :ivar over: whether the walk has ended.
    """

    def __init__(self, query: _Query) -> None:
        self._query = query
        self._offset = query.offset
        self.over = False

    @abstractmethod
    async def page(self, size: int) -> list[Any]:
        """
        Request the next rows.

        :param size: number of rows.
        :returns: the rows; fewer if there are no more, and none at the end
                  only.
        """


class _EventWalk(_Walk):
    """A walk through the list of one event, where offsets stay right."""

    _pinned = False

    async def page(self, size: int) -> list[Any]:
        """Request the next rows; see `_Walk.page`."""
        query = self._query
        if not self._pinned:
            await query.pin()
            self._pinned = True
        rows = await query.part(query.full_order, self._offset, size)
        self._offset += len(rows)
        # A hub that returns more rows ignores limits.
        self.over = len(rows) != size
        return rows


class _KeyWalk(_Walk):
    """
    A walk in the order of a unique key, through a list that changes.

    The next page begins with the last seen row, or one before it. If earlier
    rows have left the list, it is requested again from a smaller offset, so
    that no row is missed.

    :param key: the member to order by, with "-" before it for backwards.
    """

    def __init__(self, query: _Query, key: str) -> None:
        super().__init__(query)
        self._order = key
        self._key = key.lstrip('-')
        self._sign = -1 if key.startswith('-') else 1
        self._last: int | None = None
        #: Rows to overlap: more in a list that shrinks fast.
        self._early = 1

    async def page(self, size: int) -> list[Any]:
        """Request the next rows; see `_Walk.page`."""
        last = self._last
        early = 0 if last is None else self._early
        position = self._offset
        while True:
            offset = max(0, position - early)
            limit = position - offset + size
            rows = await self._query.part(self._order, offset, limit)
            # A hub that returns more rows ignores limits.
            whole = len(rows) > limit
            if not whole and offset and last is not None and (
                    not rows or self._rank(rows[0]) > last):
                # The rows after the last seen one have moved forward.
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
    """A walk in the caller's order, without rows that were seen before."""

    def __init__(self, query: _Query) -> None:
        super().__init__(query)
        self._seen: set[Any] = set()
        listing = query.listing
        self._key = None
        if listing is not None and not query.as_list:
            self._key = listing.key

    async def page(self, size: int) -> list[Any]:
        """Request the next rows; see `_Walk.page`."""
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
    """Choose how to walk through a list."""
    if query.takes_event:
        return _EventWalk(query)
    listing = query.listing
    if listing is not None and listing.key and not query.as_list:
        order = query.order or listing.key
        if order.lstrip('-') == listing.key:
            return _KeyWalk(query, order)
    return _OrderWalk(query)
