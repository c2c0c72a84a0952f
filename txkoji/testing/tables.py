"""
What a FakeHub knows: tables, as the hub's database has them, and how the
hub's answers are joined and queried from them.
"""
from __future__ import annotations

import json
import os
from datetime import datetime
from functools import cache
from typing import Any

from txkoji.exceptions import ParameterError

SAMPLE = os.path.join(os.path.dirname(__file__), 'sample')

#: When the sample was recorded, in seconds since 1970.
RECORDED = 1795331086.0

Row = dict[str, Any]

NAMES = ('archives', 'build_types', 'builds', 'cgs', 'channels', 'events',
         'host_channels', 'hosts', 'inheritance', 'packages',
         'repo_requests', 'repos', 'rpms', 'tag_packages', 'tag_updates',
         'taggings', 'tags', 'targets', 'tasks', 'users', 'volumes')

#: The columns that say from which event on a row of a versioned table holds
#: (without: from the first), and from which on it does not (without: it
#: does). Rows of the sample hold, so that most have neither.
VERSION = ('create_event', 'revoke_event')


class Tables:
    """
    The tables of a hub. Each is an attribute, a list of rows, which a test
    may change: `builds`, `tasks`, `tags`, `taggings`, `inheritance`,
    `packages`, `tag_packages`, `targets`, `users`, `hosts`, `channels`,
    `host_channels`, `cgs`, `build_types`, `rpms`, `archives`, `volumes`,
    `events`, `tag_updates`, `repos`, `repo_requests`. The files in ``sample``
    show their columns; of a row that a test adds, those that are left out are
    None. A row of `taggings`, `tag_packages`, `inheritance`, `targets` or
    `host_channels` with a ``revoke_event`` holds no longer, but did at the
    events from its ``create_event`` on until then.

    The sample is a part of a hub: it has every build of the tag f43-updates
    and the last 500 tasks, but not the packages of each tag (a build may be
    in a tag that does not list its package; only a package that is blocked
    there is left out).

    :param sample: whether to begin with the sample data, or empty.
    """

    def __init__(self, sample: bool = True) -> None:
        self._sample = sample
        self._names: dict[str, dict[int, str]] = {}

    def __getattr__(self, name: str) -> list[Row]:
        # Each table is read when it is first asked for: most tests need few.
        if name not in NAMES:
            raise AttributeError(f'there is no table {name!r}')
        rows: list[Row] = []
        if self._sample:
            rows = read_sample(name)
        elif name == 'events':
            # A hub's database begins with one.
            rows = [{'id': 1, 'ts': 0.0}]
        setattr(self, name, rows)
        return rows

    def find(self, table: str, key: Any) -> Row | None:
        """
        The row with an id, or a name.

        :raises ParameterError: if it is neither.
        """
        if isinstance(key, int):
            column = 'id'
        elif isinstance(key, str):
            column = 'name'
        else:
            raise ParameterError(f'Invalid name or id value: {key!r}')
        for row in getattr(self, table):
            if row[column] == key:
                return dict(row)
        return None

    def name(self, table: str, key: int | None) -> str | None:
        """The name that goes with an id; None with None."""
        if table not in self._names:
            self._names[table] = {row['id']: row['name']
                                  for row in getattr(self, table)}
        return None if key is None else self._names[table].get(key)

    def active(self, name: str, event: int | None = None) -> list[Row]:
        """
        The rows of a versioned table that hold.

        :param event: at which event; None for now.
        """
        return [row for row in getattr(self, name) if holds(row, event)]

    def refresh(self) -> None:
        """Tables may have changed: names do, and rows lack columns."""
        self._names.clear()
        for name in NAMES:
            for row in vars(self).get(name, ()):
                if len(row) < len(columns(name)):
                    for column in columns(name):
                        row.setdefault(column, None)

    # Rows as the hub's methods give them

    def build(self, row: Row) -> Row:
        """A build, as `getBuild` has it."""
        package = self.name('packages', row['package_id'])
        nvr = f'{package}-{row["version"]}-{row["release"]}'
        joined = {
            'build_id': row['id'], 'id': row['id'],
            'name': package, 'package_name': package, 'nvr': nvr,
            'owner_name': self.name('users', row['owner_id']),
            'promoter_name': self.name('users', row['promoter_id']),
            'volume_name': self.name('volumes', row['volume_id']),
            'cg_name': self.name('cgs', row['cg_id']),
        }
        for column in ('package_id', 'version', 'release', 'epoch', 'state',
                       'task_id', 'owner_id', 'creation_event_id',
                       'volume_id', 'cg_id', 'promoter_id', 'source',
                       'extra'):
            joined[column] = row.get(column)
        joined['draft'] = bool(row['draft'])
        for name in ('creation', 'start', 'completion', 'promotion'):
            put_time(joined, name, row[f'{name}_time'])
        return joined

    def listed_build(self, row: Row) -> Row:
        """A build, as `listBuilds` has it."""
        joined = self.build(row)
        for name in ('id', 'cg_id', 'cg_name'):
            del joined[name]
        return joined

    def tagged_build(self, row: Row, tagging: Row, extra: bool) -> Row:
        """A build, as `listTagged` has it."""
        joined = self.build(row)
        for name in ('cg_id', 'cg_name', 'source', 'creation_ts', 'start_ts',
                     'completion_ts', 'promotion_ts'):
            del joined[name]
        if not extra:
            del joined['extra']
        joined['tag_id'] = tagging['tag_id']
        joined['tag_name'] = self.name('tags', tagging['tag_id'])
        joined['create_event'] = tagging['create_event']
        return joined

    def task(self, row: Row, request: bool = False) -> Row:
        """A task, as `getTaskInfo` has it."""
        joined = {column: row.get(column) for column in (
            'id', 'method', 'state', 'arch', 'label', 'parent', 'channel_id',
            'host_id', 'owner', 'priority', 'weight', 'waiting', 'awaited')}
        for name in ('create', 'start', 'completion'):
            put_time(joined, name, row[f'{name}_time'])
        if request:
            joined['request'] = row['request']
        return joined

    def target(self, row: Row) -> Row:
        """A target, as `getBuildTarget` has it."""
        return {**unversioned(row),
                'build_tag_name': self.name('tags', row['build_tag']),
                'dest_tag_name': self.name('tags', row['dest_tag'])}


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
    """A row without its events."""
    return {name: row[name] for name in row if name not in VERSION}


def read_sample(name: str) -> list[Row]:
    """The rows of a table of the sample, new each time."""
    rows = json.loads(_text(name))['rows']
    return [dict(zip(columns(name), row)) for row in rows]


@cache
def columns(name: str) -> list[str]:
    """The columns of a table."""
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
    """The text of a time as seconds since 1970."""
    return None if text is None else datetime.fromisoformat(text).timestamp()
