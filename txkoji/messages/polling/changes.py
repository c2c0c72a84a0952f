"""`Change`: something that a round of polling has found."""
from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple, Protocol

from txkoji.multicall import MultiCall
from txkoji.resource import Resource, time_of

#: Rows in the first request for new ones, and in further ones. (A task has
#: 2.3 kB, a build about 1 kB.)
PAGE, NEXT_PAGE = 50, 500

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
    The rows of changed tasks and builds, by id.

    The row of one that the hub does not know any more is None.
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
    """

    time: float
    thing: tuple[str, Any]
    message: Callable[[Rows], Message | None]
    remember: Callable[[Rows], None]
    task_id: int | None = None
    build_id: int | None = None


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
        """Get what is remembered, as values that JSON has."""

    def restore(self, state: Any) -> None:
        """Remember what another process has saved."""


def seconds_of(row: Resource, name: str) -> float | None:
    """
    Get a time of a row, in seconds since 1970.

    :param name: of the time, such as "create" or "completion".
    """
    found = time_of(row, name)
    return None if found is None else found.timestamp()


async def read_back(page: list[Any], take: Callable[[list[Any]], None],
                    more: Callable[[dict[str, Any]], Awaitable[list[Any]]],
                    is_old: Callable[[Any], bool]) -> None:
    """
    Read rows from the newest one back, until they are old.

    :param page: the first `PAGE` rows.
    :param take: is called with each page.
    :param more: asks for another page, by the ``limit`` and the ``offset`` of
                 its ``queryOpts``.
    :param is_old: tells whether a row is older than the window.
    """
    size, offset = PAGE, 0
    while True:
        take(page)
        offset += len(page)
        if len(page) < size or all(map(is_old, page[-OLD_ROWS:])):
            return
        size = NEXT_PAGE
        page = await more({'limit': size, 'offset': offset})
