"""`Change`: something that a round of polling has found."""
from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

from txkoji.multicall import MultiCall
from txkoji.resource import Resource, time_of

#: Rows in a request for new ones: besides those that were new in the round
#: before, and at most. (A task has 2.3 kB, a build about 1 kB.)
PAGE, MAX_PAGE = 25, 500

#: The last rows of a page that all have to be old, to ask for no further one.
#: A transaction that takes long gives high ids to rows with early times.
OLD_ROWS = 10

#: A message in the form that Koji's plugin protonmsg sends.
Message = dict[str, Any]


class Since(NamedTuple):
    """
    The moment from which on a round looks.

    :ivar time: in seconds since 1970, in the hub's time.
    :ivar event: the id of the last event of the hub before it.
    """

    time: float
    event: int


class Rows(NamedTuple):
    """
    The rows of changed tasks and builds.

    The row of one that the hub does not know any more is None.

    :ivar tasks: the rows of tasks, by id.
    :ivar builds: the rows of builds, by id.
    """

    tasks: Mapping[int, Any]
    builds: Mapping[int, Any]


class Change(NamedTuple):
    """
    Something that a round has found.

    :ivar time: when it happened, in seconds since 1970, in the hub's time.
    :ivar thing: what has changed. Changes of a thing are handed on in order.
    :ivar message: makes the message; None if there is nothing to hand on.
    :ivar remember: is called when the change was handed on.
    :ivar task_id: the task whose row the message needs, if any.
    :ivar build_id: the build whose row the message needs, if any.
    :ivar event: the event in the history, if any. It puts changes of the same
                 time in order: a multicall is one transaction.
    """

    time: float
    thing: tuple[str, Any]
    message: Callable[[Rows], Message | None]
    remember: Callable[[Rows], None]
    task_id: int | None = None
    build_id: int | None = None
    event: int = 0


class Source(Protocol):
    """A part of the hub that is polled, such as the tasks."""

    def ask(self, many: MultiCall, since: Since) -> None:
        """Add the calls of a round."""

    async def collect(self) -> list[Change]:
        """
        Read the results of the calls, and find what has changed.

        :raises KojiException: the error of a call.
        """

    def hear(self, event: Any) -> None:
        """Remember an event that a broker has delivered."""

    def forget(self, since: Since) -> None:
        """Forget what a later round will not find again."""

    def state(self) -> Any:
        """Copy what is remembered, as values that JSON has."""

    def restore(self, state: Any) -> None:
        """Remember what another process has saved."""


def seconds_of(row: Resource, name: str) -> float | None:
    """
    Get a time of a row, in seconds since 1970.

    :param name: of the time, such as "create" or "completion".
    """
    found = time_of(row, name)
    return None if found is None else found.timestamp()


async def read_all(page: list[Any], take: Callable[[list[Any]], None],
                   more: Callable[[dict[str, int]], Awaitable[list[Any]]],
                   place: Callable[[Any], int]) -> None:
    """
    Read a list, of which rows may leave meanwhile, by `MAX_PAGE` rows.

    :param page: the first page.
    :param take: is called with each page.
    :param more: asks for another page, by a part of its ``queryOpts``.
    :param place: gives the number of a row, which grows along the list.
    """
    offset = reached = 0
    while True:
        if offset and (not page or place(page[0]) > reached):
            # Rows before this page have left the list. Others have taken
            # their places, and were not read.
            offset = max(0, offset - MAX_PAGE // 2)
        else:
            take(page)
            if len(page) < MAX_PAGE:
                break
            reached = place(page[-1])
            # The last row comes again, unless some have left.
            offset += len(page) - 1
        page = await more({'limit': MAX_PAGE, 'offset': offset})


class Newest:
    """
    The rows of a list, read from the newest one back until they are old.

    A page is as large as was needed last, so that one is enough in most
    rounds.

    :param is_old: tells whether a row is older than the window.
    """

    def __init__(self, is_old: Callable[[Any], bool]) -> None:
        self._is_old = is_old
        self._size = PAGE

    @property
    def first(self) -> dict[str, int]:
        """The part of the ``queryOpts`` for the first page."""
        return {'limit': self._size}

    async def read(self, page: list[Any], take: Callable[[list[Any]], None],
                   more: Callable[[dict[str, int]], Awaitable[list[Any]]]
                   ) -> None:
        """
        Read all that is not old.

        :param page: the first page.
        :param take: is called with each page.
        :param more: asks for another page, by a part of its ``queryOpts``.
        """
        size, offset, new = self._size, 0, 0
        while True:
            take(page)
            offset += len(page)
            new += sum(not self._is_old(row) for row in page)
            if len(page) < size or all(map(self._is_old, page[-OLD_ROWS:])):
                break
            size = min(MAX_PAGE, 2 * size)
            page = await more({'limit': size, 'offset': offset})
        self._size = min(MAX_PAGE, PAGE + new)
