"""The changes of a tag, from the history of the hub."""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from operator import attrgetter
from typing import Any, NamedTuple

from twisted.internet.task import deferLater

from txkoji.client import HubClient
from txkoji.exceptions import AnswerError
from txkoji.multicall import MultiCall
from txkoji.resource import from_timestamp

#: The tables of the hub's history that belong to a tag.
TABLES = ('tag_listing', 'tag_packages', 'tag_package_owners',
          'tag_inheritance', 'tag_config', 'tag_extra', 'tag_external_repos',
          'group_config', 'group_package_listing', 'group_req_listing')

#: Number of tags whose history is asked for in one request. The hub makes the
#: whole answer in memory, at about 1.5 kB a row.
TAGS = 10

#: Number of rows that are read in one turn of the reactor.
ROWS = 500


class TagChange(NamedTuple):
    """
    A change of a tag: a row of the hub's history, which begins or ends.

    :ivar event: the id of the event.
    :ivar time: its time, in UTC; None if unknown.
    :ivar user: the name of the user who made the change; None if unknown.
    :ivar tag: the name of the changed tag: the tag itself, or a parent of it.
    :ivar table: the table, such as "tag_listing", which has the builds.
    :ivar begins: True if the row begins, as when a build is tagged; False if
                  it ends, as when a build is untagged. A value that changes is
                  a row that ends and another one that begins, at one event.
    :ivar row: the row, as ``queryHistory`` gives it.
    """

    event: int
    time: datetime | None
    user: str | None
    tag: str
    table: str
    begins: bool
    row: dict[str, Any]

    @property
    def nvr(self) -> str | None:
        """The name-version-release of a tagged or untagged build, or None."""
        if self.table != 'tag_listing':
            return None
        row = self.row
        return f'{row["name"]}-{row["version"]}-{row["release"]}'

    @property
    def package(self) -> str | None:
        """The name of the package that the change is about, or None."""
        if self.table == 'tag_listing':
            return str(self.row['name'])
        found: str | None = self.row.get('package.name')
        return found


async def list_changes(client: HubClient, tag: int | str,
                       since: int | datetime, inherit: bool,
                       tables: Sequence[str] | None) -> list[TagChange]:
    """List the changes of a tag; see `Connection.changes`."""
    start = _start(since)
    tags = [await _id_of(client, tag)]
    if inherit:
        tags += await _parents(client, tags[0], since)
    many = MultiCall(client, strict=True, batch=TAGS)
    for number in tags:
        many.queryHistory(tables=list(tables or TABLES), tag=number, **start)
    changes: list[TagChange] = []
    seen = 0
    for number, history in zip(tags, await many()):
        for table, row in _rows(history):
            seen += 1
            if seen % ROWS == 0:
                # Thousands of rows would hold the reactor.
                await deferLater(client.reactor, 0)
            # A row of inheritance is also in the history of the parent.
            if row.get('tag_id') == number:
                changes += _changes(table, row, since)
    changes.sort(key=attrgetter('event', 'begins'))
    return changes


def _start(since: int | datetime) -> dict[str, Any]:
    """
    Make the filter of the hub method.

    :raises ValueError: if a datetime has no timezone.
    :raises TypeError: if it is neither an event nor a datetime.
    """
    if isinstance(since, datetime):
        if since.tzinfo is None:
            raise ValueError('changes: since has no timezone; use an aware'
                             ' datetime')
        return {'after': since.timestamp()}
    if type(since) is not int:
        raise TypeError('changes: since is the id of an event, or an aware'
                        f' datetime, not {since!r}')
    return {'afterEvent': since}


async def _id_of(client: HubClient, tag: int | str) -> int:
    """
    Find the id of a tag.

    :raises GenericError: if there is no such tag.
    """
    found = await client.getTag(tag, strict=True)
    number: int = found.id
    return number


async def _parents(client: HubClient, tag: int, since: int | datetime
                   ) -> list[int]:
    """Find the tags that a tag inherits from, now or at the beginning."""
    many = MultiCall(client, strict=True)
    many.getFullInheritance(tag)
    if isinstance(since, datetime):
        event = await client.getLastEvent(before=since.timestamp(),
                                          strict=False)
        since = 0 if event is None else event.id
    if since > 0:
        many.getFullInheritance(tag, event=since)
    found = {row['parent_id']: None for rows in await many() for row in rows}
    return list(found)


def _rows(history: Any) -> Iterator[tuple[str, dict[str, Any]]]:
    """
    Iterate over the rows of a history.

    :raises AnswerError: if it is no dictionary of lists.
    """
    if not isinstance(history, dict):
        raise AnswerError('queryHistory: the answer has no tables',
                          method='queryHistory')
    for table, rows in history.items():
        for row in rows:
            yield table, row


def _changes(table: str, row: dict[str, Any], since: int | datetime
             ) -> Iterator[TagChange]:
    """Make the changes of a row: its beginning, its end, or both."""
    for begins, event, who in [(True, 'create', 'creator'),
                               (False, 'revoke', 'revoker')]:
        number, seconds = row[f'{event}_event'], row[f'{event}_ts']
        if number is None:
            continue
        time = None if seconds is None else from_timestamp(seconds)
        if isinstance(since, int):
            is_new = number > since
        else:
            is_new = time is not None and time > since
        if is_new:
            yield TagChange(number, time, row.get(f'{who}_name'),
                            row['tag.name'], table, begins, row)
