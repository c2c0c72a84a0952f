"""Rows of a FakeHub's tables as the hub's methods give them, joined."""
from __future__ import annotations

from txkoji.testing.tables import Row, Tables, holds, put_time, unversioned

#: The columns of a build that its answers have as they are.
BUILD = ('package_id', 'version', 'release', 'epoch', 'state', 'task_id',
         'owner_id', 'creation_event_id', 'volume_id', 'cg_id', 'promoter_id',
         'source', 'extra')

#: The same of a task.
TASK = ('id', 'method', 'state', 'arch', 'label', 'parent', 'channel_id',
        'host_id', 'owner', 'priority', 'weight', 'waiting', 'awaited')


def build(tables: Tables, row: Row) -> Row:
    """Get a build, as ``getBuild`` has it."""
    package = tables.name('packages', row['package_id'])
    joined = {
        'build_id': row['id'], 'id': row['id'],
        'name': package, 'package_name': package,
        'nvr': f'{package}-{row["version"]}-{row["release"]}',
        'owner_name': tables.name('users', row['owner_id']),
        'promoter_name': tables.name('users', row['promoter_id']),
        'volume_name': tables.name('volumes', row['volume_id']),
        'cg_name': tables.name('cgs', row['cg_id']),
    }
    for column in BUILD:
        joined[column] = row.get(column)
    joined['draft'] = bool(row['draft'])
    for name in ('creation', 'start', 'completion', 'promotion'):
        put_time(joined, name, row[f'{name}_time'])
    return joined


def listed_build(tables: Tables, row: Row) -> Row:
    """Get a build, as `listBuilds` has it."""
    joined = build(tables, row)
    for name in ('id', 'cg_id', 'cg_name'):
        del joined[name]
    return joined


def tagged_build(tables: Tables, row: Row, tagging: Row, extra: bool) -> Row:
    """Get a build, as ``listTagged`` has it."""
    joined = build(tables, row)
    for name in ('cg_id', 'cg_name', 'source', 'creation_ts', 'start_ts',
                 'completion_ts', 'promotion_ts'):
        del joined[name]
    if not extra:
        del joined['extra']
    joined['tag_id'] = tagging['tag_id']
    joined['tag_name'] = tables.name('tags', tagging['tag_id'])
    joined['create_event'] = tagging['create_event']
    return joined


def task(row: Row, request: bool = False) -> Row:
    """Get a task, as ``getTaskInfo`` has it."""
    joined = {column: row.get(column) for column in TASK}
    for name in ('create', 'start', 'completion'):
        put_time(joined, name, row[f'{name}_time'])
    if request:
        joined['request'] = row['request']
    return joined


def target(tables: Tables, row: Row) -> Row:
    """Get a target, as ``getBuildTarget`` has it."""
    return {**unversioned(row),
            'build_tag_name': tables.name('tags', row['build_tag']),
            'dest_tag_name': tables.name('tags', row['dest_tag'])}


def nvr(row: Row) -> str:
    """Get the name, version and release of a row that has them."""
    return f'{row["name"]}-{row["version"]}-{row["release"]}'


def package_entry(tables: Tables, row: Row, owner: int | None) -> Row:
    """Get a package of a tag, as ``listPackages`` has it."""
    return {'package_id': row['package_id'],
            'package_name': tables.name('packages', row['package_id']),
            'tag_id': row['tag_id'],
            'tag_name': tables.name('tags', row['tag_id']),
            'extra_arches': row['extra_arches'],
            'blocked': bool(row['blocked']),
            'owner_id': owner, 'owner_name': tables.name('users', owner)}


def tag_extra(tables: Tables, row: Row, event: int | None = None,
              blocked: bool = False) -> Row:
    """
    Get the extra of a tag itself.

    :param blocked: whether with what is blocked, each as a pair of whether
                    it is, and the value.
    """
    found = dict(row.get('extra') or {})
    if blocked:
        found = {name: [False, value] for name, value in found.items()}
    for each in tables.where('tag_extra', 'tag_id', row['id']):
        if holds(each, event):
            if blocked:
                found[each['key']] = [each['value'] is None,
                                      (each['value'] or [None])[0]]
            elif each['value'] is not None:
                found[each['key']] = each['value'][0]
    return found
