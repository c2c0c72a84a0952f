"""The hub methods about events, and what changed at them."""
from __future__ import annotations

import json
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import entry, number, strict_build, strict_user
from txkoji.testing.queries import query
from txkoji.testing.tables import Row, holds, seconds

#: The hub's versioned tables: ours, and their columns.
TABLES: dict[str, tuple[str, tuple[str, ...]]] = {
    'user_perms': ('user_perms', ('user_id', 'perm_id')),
    'user_groups': ('user_groups', ('user_id', 'group_id')),
    'cg_users': ('', ('user_id', 'cg_id')),
    'tag_inheritance': ('inheritance', (
        'tag_id', 'parent_id', 'priority', 'maxdepth', 'intransitive',
        'noconfig', 'pkg_filter')),
    'tag_config': ('tags', (
        'tag_id', 'arches', 'perm_id', 'locked', 'maven_support',
        'maven_include_all')),
    'tag_extra': ('tag_extra', ('tag_id', 'key', 'value')),
    'build_target_config': ('targets', (
        'build_target_id', 'build_tag', 'dest_tag')),
    'external_repo_config': ('external_repos', ('external_repo_id', 'url')),
    'host_config': ('', ('host_id', 'arches', 'capacity', 'description',
                         'comment', 'enabled')),
    'host_channels': ('host_channels', ('host_id', 'channel_id')),
    'tag_external_repos': ('tag_external_repos', (
        'tag_id', 'external_repo_id', 'priority', 'merge_mode')),
    'tag_listing': ('taggings', ('build_id', 'tag_id')),
    'tag_packages': ('tag_packages', (
        'package_id', 'tag_id', 'blocked', 'extra_arches')),
    'tag_package_owners': ('tag_package_owners', (
        'package_id', 'tag_id', 'owner')),
    'group_config': ('tag_groups', (
        'group_id', 'tag_id', 'blocked', 'exported', 'display_name',
        'is_default', 'uservisible', 'description', 'langonly',
        'biarchonly')),
    'group_req_listing': ('group_reqs', (
        'group_id', 'tag_id', 'req_id', 'blocked', 'type', 'is_metapkg')),
    'group_package_listing': ('group_packages', (
        'group_id', 'tag_id', 'package', 'blocked', 'type', 'basearchonly',
        'requires')),
}

#: Columns of ours with other names than the hub's, by table of ours.
OURS = {'inheritance': {'tag_id': 'child_id'}, 'tags': {'tag_id': 'id'},
        'targets': {'build_target_id': 'id'},
        'external_repos': {'external_repo_id': 'id'}}

#: Columns that refer to rows: the table of these, and the member with the
#: name.
NAMED = {'user_id': ('users', 'user.name'),
         'perm_id': ('permissions', 'permission.name'),
         'tag_id': ('tags', 'tag.name'), 'parent_id': ('tags', 'parent.name'),
         'build_target_id': ('targets', 'build_target.name'),
         'build_tag': ('tags', 'build_tag.name'),
         'dest_tag': ('tags', 'dest_tag.name'),
         'external_repo_id': ('external_repos', 'external_repo.name'),
         'package_id': ('packages', 'package.name'),
         'owner': ('users', 'owner.name'), 'host_id': ('hosts', 'host.name'),
         'channel_id': ('channels', 'channels.name'),
         'req_id': ('groups', 'req.name')}

#: The arguments that name rows, with the column that they are about, and
#: the table in which they are looked up.
ABOUT = {'tag': ('tag_id', 'tags'), 'package': ('package_id', 'packages'),
         'build_target': ('build_target_id', 'targets'),
         'permission': ('perm_id', 'permissions'),
         'external_repo': ('external_repo_id', 'external_repos'),
         'group': ('group_id', 'groups'), 'host': ('host_id', 'hosts'),
         'channel': ('channel_id', 'channels')}

#: The arguments about times, and how the members that say it are called.
TIMES = {'after': ('_created_after', '_revoked_after'),
         'before': ('_created_before', '_revoked_before'),
         'afterEvent': ('_created_after_event', '_revoked_after_event'),
         'beforeEvent': ('_created_before_event', '_revoked_before_event')}


class HistoryMethods(Methods):
    """Events."""

    @export()
    def getEvent(self, id: Any, strict: bool = True) -> Any:
        found = self.tables.by_id('events').get(number(id))
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    @export()
    def getLastEvent(self, before: Any = None, strict: bool = True) -> Any:
        if before is not None and (isinstance(before, bool)
                                   or not isinstance(before, (int, float))):
            raise GenericError(f'Invalid type for before: {type(before)}')
        found = [row for row in self.tables.events
                 if before is None or row['ts'] < before]
        if not found:
            if strict:
                raise GenericError('query returned no rows')
            return None
        return max(found, key=lambda row: int(row['id']))

    @export('query_history', lazy=True)
    def queryHistory(self, tables: Any = None, **kwargs: Any) -> Any:
        if tables is None:
            tables = sorted(TABLES)
        for table in tables:
            if table not in TABLES:
                raise GenericError(f'No such history table: {table}')
        options = kwargs.pop('queryOpts', None)
        found = {}
        for table in tables:
            rows = self._of_table(table, kwargs)
            if rows is not None:
                found[table] = query(rows, options)
        return found

    def _of_table(self, table: str, wanted: Row) -> list[Row] | None:
        """Get the fitting rows of a table; None if it lacks an argument."""
        ours, columns = TABLES[table]
        checks = []
        for name, value in wanted.items():
            check = self._check(table, columns, name, value)
            if check is None:
                return None
            checks.append(check)
        found = []
        for row in getattr(self.tables, ours) if ours else ():
            joined = self._joined(ours, columns, row)
            if all(check(joined) for check in checks):
                found.append(joined)
        return found

    def _check(self, table: str, columns: tuple[str, ...], name: str,
               value: Any) -> Any:
        """Make a function that tells whether a row fits, or None."""
        if name == 'active':
            return lambda row: value is None or bool(row['active']) == value
        if name == 'editor':
            user = strict_user(self.tables, value)['id']
            return self._editor(user)
        if name in TIMES:
            return self._time(name, value)
        if name == 'build':
            return self._column(columns, 'build_id', strict_build(
                self.tables, value)['id'] if 'build_id' in columns else 0)
        if name == 'user':
            column = 'user_id' if 'user_id' in columns else 'owner'
            return self._column(columns, column, strict_user(
                self.tables, value)['id'])
        if name == 'xkey':
            return self._column(columns, 'key', str(value))
        if name == 'cg':
            entry(self.tables, 'cgs', value)
            return None if 'cg_id' not in columns else lambda row: False
        if name == 'package' and 'package' in columns:
            return self._column(columns, 'package', str(value))
        if name not in ABOUT:
            return None
        column, place = ABOUT[name]
        if name == 'tag' and column not in columns:
            return None
        if column not in columns:
            return None
        strict = name not in ('host', 'channel')
        found = entry(self.tables, place, value, strict=strict)
        known = found and found['id']
        if table == 'tag_inheritance':
            return lambda row: known in (row['tag_id'], row['parent_id'])
        return self._column(columns, column, known)

    def _column(self, columns: tuple[str, ...], column: str, value: Any
                ) -> Any:
        if column not in columns:
            return None
        return lambda row: row[column] == value

    def _editor(self, user: int) -> Any:
        def check(row: Row) -> bool:
            row['_created_by'] = row['creator_id'] == user
            row['_revoked_by'] = (None if row['revoker_id'] is None
                                  else row['revoker_id'] == user)
            return bool(row['_created_by'] or row['_revoked_by'])
        return check

    def _time(self, name: str, value: Any) -> Any:
        members = TIMES[name]
        by_event = name.endswith('Event')
        if not by_event and isinstance(value, str):
            value = seconds(value)
        sign = 1 if name.startswith('after') else -1

        def check(row: Row) -> bool:
            for member, which in zip(members, ('create', 'revoke')):
                at = row[f'{which}_event' if by_event else f'{which}_ts']
                row[member] = None if at is None else (at - value) * sign > 0
            return any(row[member] for member in members)
        return check

    def _joined(self, ours: str, columns: tuple[str, ...], row: Row) -> Row:
        renamed = OURS.get(ours, {})
        joined: Row = {'active': True if holds(row) else None}
        for which, who in [('create', 'creator'), ('revoke', 'revoker')]:
            event, user = row.get(f'{which}_event'), row.get(f'{who}_id')
            joined[f'{which}_event'] = event
            joined[f'{which}_ts'] = self.world.event_time(event)
            joined[f'{who}_id'] = user
            joined[f'{who}_name'] = self.tables.name('users', user)
        for column in columns:
            value = row.get(renamed.get(column, column))
            joined[column] = value
            if column == 'value' and isinstance(value, list):
                joined[column] = json.dumps(value[0])
            if column in NAMED:
                table, member = NAMED[column]
                joined[member] = self.tables.name(table, value)
            elif column == 'group_id':
                table = 'users' if 'user_id' in columns else 'groups'
                joined['group.name'] = self.tables.name(table, value)
            elif column == 'build_id' and value is not None:
                self._join_build(joined, value)
        return joined

    def _join_build(self, joined: Row, number: int) -> None:
        build = self.tables.by_id('builds')[number]
        joined['name'] = self.tables.name('packages', build['package_id'])
        joined['build.state'] = build['state']
        for name in ('version', 'release', 'epoch'):
            joined[name] = build[name]

