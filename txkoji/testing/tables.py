"""The tables of a FakeHub, as those of the hub's database, and their joins."""
from __future__ import annotations

import json
import os
from collections.abc import Iterable
from datetime import datetime, timezone
from functools import cache
from typing import Any

from txkoji.exceptions import KojiException, ParameterError
from txkoji.testing import schema

#: The folder of the sample.
SAMPLE = os.path.join(os.path.dirname(__file__), 'sample')

#: When the sample was recorded, in seconds since 1970.
RECORDED = 1795331086.0

#: A row of a table: column -> value.
Row = dict[str, Any]

#: The tables whose rows the sample has.
RECORDED_TABLES = (
    'archives', 'build_types', 'builds', 'cgs', 'channels', 'events',
    'host_channels', 'hosts', 'inheritance', 'packages', 'repo_requests',
    'repos', 'rpms', 'tag_packages', 'tag_updates', 'taggings', 'tags',
    'targets', 'tasks', 'users', 'volumes')

#: The names of all tables.
NAMES = (*RECORDED_TABLES,
         'archive_types', 'btypes', 'buildroots', 'external_repos',
         'group_packages', 'group_reqs', 'groups', 'notification_blocks',
         'notifications', 'permissions', 'refusals', 'rpmsigs',
         'tag_external_repos', 'tag_extra', 'tag_groups',
         'tag_package_owners', 'user_groups', 'user_perms')

#: The columns that say from which event on a row of a versioned table holds
#: (without: from the first), and from which on it does not (without: it
#: does), and who made and ended it. Rows of the sample hold, so that most
#: have none of these.
VERSION = ('create_event', 'revoke_event', 'creator_id', 'revoker_id')

#: The ids of RPMs of the sample's builds that were not recorded begin here.
MORE = 100000

#: Tables that are versioned, and have a row of each id at a time.
VERSIONED_IDS = ('tags', 'targets')


class Tables:
    """
    The tables of a hub.

    Each is an attribute, a list of rows, which a test may change: ``builds``,
    ``tasks``, ``tags``, ``taggings``, ``inheritance``, ``packages``,
    ``tag_packages``, ``targets``, ``users``, ``hosts``, ``channels``,
    ``host_channels``, ``cgs``, ``build_types``, ``rpms``, ``archives``,
    ``volumes``, ``events``, ``tag_updates``, ``repos``, ``repo_requests``, and
    others (`NAMES`). The files in ``sample`` show their columns; of a row that
    a test adds, those that are left out are None. A row of a versioned table
    (``taggings``, ``tag_packages``, ``inheritance``, ``tags``, ``targets``,
    ``host_channels``, ...) with a ``revoke_event`` holds no longer, but did at
    the events from its ``create_event`` on until then.

    The sample is a part of a hub: it has every build of the tag f43-updates
    and the last 500 tasks, but not the packages of each tag (a build may be
    in a tag of the sample that does not list its package; only a package that
    is blocked there is left out).

    :ivar sample: whether tables begin with the sample data, or empty.
    """

    def __init__(self, sample: bool = True) -> None:
        self.sample: bool = sample
        self._ids: dict[str, dict[int, Row]] = {}
        self._by_name: dict[str, dict[str, Row]] = {}
        self._groups: dict[tuple[str, str], dict[Any, list[Row]]] = {}

    def __getattr__(self, name: str) -> list[Row]:
        # Each table is read when it is first asked for: most tests need few.
        if name not in NAMES:
            raise AttributeError(f'there is no table {name!r}')
        rows: list[Row] = []
        if name not in RECORDED_TABLES:
            rows = schema.initial(name, self.sample)
        elif self.sample:
            rows = read_sample(name)
            if name == 'rpms':
                rows += self._more_rpms(rows)
        elif name == 'events':
            # A hub's database begins with one.
            rows = [{'id': 1, 'ts': 0.0}]
        setattr(self, name, rows)
        return rows

    def _more_rpms(self, known: list[Row]) -> list[Row]:
        """RPMs of a build in ten, none of which was recorded."""
        having = {row['build_id'] for row in known}
        builds = [row for row in self.builds
                  if row['id'] % 10 == 0 and row['state'] == 1
                  and row['cg_id'] is None and row['id'] not in having]
        names = self.by_id('packages')
        return [{
            **dict.fromkeys(columns('rpms')),
            'id': MORE + 10 * build['id'] + number, 'arch': arch,
            'name': names[build['package_id']]['name'],
            'version': build['version'], 'release': build['release'],
            'epoch': build['epoch'], 'draft': False, 'size': 6000 + number,
            'payloadhash': f'{10 * build["id"] + number:032x}',
            'buildtime': int(seconds(build['completion_time']) or 0),
            'build_id': build['id'], 'external_repo_id': 0,
            'external_repo_name': 'INTERNAL', 'metadata_only': False}
            for build in builds
            for number, arch in enumerate(('src', 'aarch64', 'x86_64'))]

    def take(self, other: Tables) -> None:
        """Take over the rows of other tables."""
        self.sample = other.sample
        for name, rows in other.loaded().items():
            setattr(self, name, rows)
        self.forget()

    def loaded(self) -> dict[str, list[Row]]:
        """Get the tables that were asked for so far."""
        return {name: rows for name, rows in vars(self).items()
                if name in NAMES}

    def by_id(self, table: str) -> dict[int, Row]:
        """Get the rows by id; of versioned ones, those that hold."""
        found = self._ids.get(table)
        if found is None:
            found = self._ids[table] = {
                row['id']: row for row in reversed(getattr(self, table))
                if row.get('revoke_event') is None}
        return found

    def by_name(self, table: str) -> dict[str, Row]:
        """Get the rows by name; of versioned ones, those that hold."""
        found = self._by_name.get(table)
        if found is None:
            found = self._by_name[table] = {
                row['name']: row for row in reversed(getattr(self, table))
                if row.get('revoke_event') is None}
        return found

    def where(self, table: str, column: str, value: Any) -> list[Row]:
        """Get the rows with a value in a column, revoked ones too."""
        key = (table, column)
        groups = self._groups.get(key)
        if groups is None:
            groups = self._groups[key] = {}
            for row in getattr(self, table):
                groups.setdefault(row.get(column), []).append(row)
        return groups.get(value, [])

    def regroup(self, changed: Iterable[str]) -> None:
        """Look rows up anew by columns that were changed."""
        names = set(changed)
        for key in [key for key in self._groups if key[1] in names]:
            del self._groups[key]

    def added(self, table: str, row: Row) -> None:
        """Take note of a row that was added at the end of a table."""
        if row.get('revoke_event') is None:
            if table in self._ids:
                self._ids[table].setdefault(row['id'], row)
            if table in self._by_name:
                self._by_name[table].setdefault(row['name'], row)
        for (name, column), groups in self._groups.items():
            if name == table:
                groups.setdefault(row.get(column), []).append(row)

    def find(self, table: str, key: Any) -> Row | None:
        """
        Get the row with an id, or a name.

        :raises ParameterError: if it is neither.
        """
        if isinstance(key, bool):
            raise KojiException(
                "<class 'psycopg2.errors.UndefinedFunction'>: operator does"
                ' not exist: integer = boolean\n', faultCode=1)
        if isinstance(key, int):
            found = self.by_id(table).get(key)
        elif isinstance(key, str):
            found = self.by_name(table).get(key)
        else:
            raise ParameterError(f'Invalid name or id value: {key!r}')
        return found and dict(found)

    def name(self, table: str, key: int | None) -> str | None:
        """Get the name that goes with an id; None with None."""
        if key is None:
            return None
        row = self.by_id(table).get(key)
        if row is None and table in VERSIONED_IDS:
            # What is deleted keeps its name.
            for row in self.where(table, 'id', key):
                return str(row['name'])
        return None if row is None else row['name']

    def active(self, name: str, event: int | None = None) -> list[Row]:
        """
        Get the rows of a versioned table that hold.

        :param event: at which event; None for now.
        """
        return [row for row in getattr(self, name) if holds(row, event)]

    def refresh(self) -> None:
        """Tables may have changed: names do, and rows lack columns."""
        self.forget()
        for name, rows in self.loaded().items():
            if name not in RECORDED_TABLES:
                continue
            width = len(columns(name))
            for row in rows:
                if len(row) < width:
                    for column in columns(name):
                        row.setdefault(column, None)

    def forget(self) -> None:
        """Look rows up anew."""
        self._ids.clear()
        self._by_name.clear()
        self._groups.clear()


def holds(row: Row, event: int | None = None) -> bool:
    """
    Whether a row of a versioned table holds.

    :param event: at which event; None for now.
    """
    revoked = row.get('revoke_event')
    if event is None:
        return revoked is None
    return ((row.get('create_event') or 0) <= event
            and (revoked is None or event < revoked))


def unversioned(row: Row) -> Row:
    """Get a row without its events."""
    return {name: row[name] for name in row if name not in VERSION}


def read_sample(name: str) -> list[Row]:
    """Get the rows of a table of the sample, new each time."""
    rows = json.loads(_text(name))['rows']
    return [dict(zip(columns(name), row)) for row in rows]


@cache
def columns(name: str) -> list[str]:
    """Get the columns of a table of the sample."""
    found: list[str] = json.loads(_text(name))['columns']
    return found


@cache
def _text(name: str) -> str:
    with open(os.path.join(SAMPLE, f'{name}.json'), encoding='utf-8') as file:
        return file.read()


def put_time(row: Row, name: str, text: str | None) -> None:
    """Put a time into a row in both ways that the hub has."""
    row[f'{name}_time'] = text
    row[f'{name}_ts'] = seconds(text)


def seconds(text: str | None) -> float | None:
    """Get the text of a time as seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()


def time_text(moment: float) -> str:
    """Seconds since 1970 as the hub's database gives a time."""
    return datetime.fromtimestamp(moment, timezone.utc).isoformat(' ')
