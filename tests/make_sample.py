"""
Make `txkoji/testing/sample` of the recordings: what FakeHub knows.

Run ``python -m tests.make_sample`` after a change here; a test holds that the
files are what this makes.
"""
from __future__ import annotations

import json
import os
from collections.abc import Iterable, Iterator
from typing import Any
from xmlrpc.client import loads

import txkoji.testing
from tests.recordings import Recording, recordings

FOLDER = os.path.join(os.path.dirname(txkoji.testing.__file__), 'sample')

COLUMNS = {
    'builds': ['id', 'package_id', 'version', 'release', 'epoch', 'state',
               'draft', 'task_id', 'owner_id', 'creation_event_id',
               'creation_time', 'start_time', 'completion_time', 'volume_id',
               'cg_id', 'promoter_id', 'promotion_time', 'source', 'extra'],
    'build_types': ['build_id', 'type', 'info'],
    'taggings': ['tag_id', 'build_id', 'create_event'],
    'tasks': ['id', 'method', 'state', 'arch', 'label', 'parent',
              'channel_id', 'host_id', 'owner', 'priority', 'weight',
              'waiting', 'awaited', 'create_time', 'start_time',
              'completion_time', 'request', 'result'],
    'tags': ['id', 'name', 'arches', 'locked', 'maven_include_all',
             'maven_support', 'perm', 'perm_id', 'extra'],
    'inheritance': ['child_id', 'parent_id', 'priority', 'maxdepth',
                    'intransitive', 'noconfig', 'pkg_filter'],
    'tag_packages': ['tag_id', 'package_id', 'owner_id', 'blocked',
                     'extra_arches'],
    'packages': ['id', 'name'],
    'targets': ['id', 'name', 'build_tag', 'dest_tag'],
    'users': ['id', 'name', 'status', 'usertype', 'krb_principals'],
    'hosts': ['id', 'name', 'user_id', 'arches', 'capacity', 'task_load',
              'enabled', 'ready', 'description', 'comment', 'update_ts'],
    'channels': ['id', 'name', 'description', 'enabled', 'comment'],
    'host_channels': ['host_id', 'channel_id'],
    'cgs': ['id', 'name', 'users'],
    'volumes': ['id', 'name'],
    'rpms': ['id', 'name', 'version', 'release', 'arch', 'epoch', 'draft',
             'payloadhash', 'size', 'buildtime', 'build_id', 'buildroot_id',
             'external_repo_id', 'external_repo_name', 'metadata_only',
             'extra'],
    'archives': None,
    'events': ['id', 'ts'],
    # Of these, the recordings have none.
    'tag_updates': ['tag_id', 'update_event'],
    'repos': ['id', 'tag_id', 'create_event', 'state', 'creation_time',
              'state_time', 'dist', 'opts', 'custom_opts', 'task_id'],
    'repo_requests': ['id', 'tag_id', 'owner', 'priority', 'min_event',
                      'at_event', 'opts', 'active', 'tries', 'task_id',
                      'repo_id', 'create_time', 'update_time'],
}

#: What the recordings show, but not in a row of their own: builds of these
#: tags are inherited in this order (listTagged.inherit).
INFERRED_LINKS = [(48, 47), (47, 42)]


def tables() -> dict[str, list[dict[str, Any]]]:
    """All tables: lists of rows, each a dictionary."""
    made: dict[str, dict[Any, dict[str, Any]]] = {
        name: {} for name in COLUMNS}

    def put(table: str, key: Any, row: dict[str, Any]) -> None:
        made[table].setdefault(key, {}).update(row)

    for recording in recordings().values():
        if recording.call is None or not recording.anonymous:
            continue
        method, args, kwargs = recording.call
        answer = recording.answer
        for row in rows_of(recording):
            if method in BUILDS:
                put_build(put, method, row, kwargs)
            elif method in TASKS:
                put('tasks', row['id'], row)
            elif method in SIMPLE:
                put(SIMPLE[method], row['id'], row)
            elif method == 'getInheritanceData':
                put('inheritance', (row['child_id'], row['parent_id']), row)
            elif method == 'getFullInheritance':
                put('inheritance', (row['child_id'], row['parent_id']), row)
            elif method in ('listPackages', 'listPackagesSimple'):
                put('packages', row['package_id'],
                    {'id': row['package_id'], 'name': row['package_name']})
                if 'tag_id' in row:
                    put('tag_packages', (row['tag_id'], row['package_id']),
                        row)
            elif method == 'listTags':
                put('tags', row['id'], row)
                if 'package' in kwargs:
                    key = (row['id'], package_ids()[kwargs['package']])
                    put('tag_packages', key, {
                        **row, 'tag_id': key[0], 'package_id': key[1]})
        if method == 'listHosts' and 'channelID' in kwargs:
            for row in answer:
                put_member(put, row['id'], kwargs['channelID'])
        elif method == 'listChannels' and args:
            for row in answer:
                put_member(put, args[0], row['id'])
        elif method == 'getTaskResult' and isinstance(answer, dict):
            put('tasks', args[0], {
                'result': answer if 'faultCode' in answer else [answer]})
        elif method == 'listCGs':
            for name, row in answer.items():
                put('cgs', row['id'], {'name': name, **row})
    for child, parent in INFERRED_LINKS:
        put('inheritance', (child, parent), {
            'child_id': child, 'parent_id': parent, 'priority': 0,
            'maxdepth': None, 'intransitive': False, 'noconfig': False,
            'pkg_filter': ''})
    for host in made['hosts'].values():
        put('users', host['user_id'], {
            'id': host['user_id'], 'name': host['name'], 'status': 0,
            'usertype': 1, 'krb_principals': []})
    return {name: [table[key] for key in sorted(table)]
            for name, table in made.items()}


BUILDS = ['getBuild', 'listBuilds', 'listTagged', 'getLatestBuilds']
TASKS = ['getTaskInfo', 'listTasks', 'getTaskChildren', 'getTaskDescendents']
SIMPLE = {
    'getTag': 'tags',
    'getBuildTarget': 'targets',
    'getBuildTargets': 'targets',
    'getUser': 'users',
    'listUsers': 'users',
    'getHost': 'hosts',
    'listHosts': 'hosts',
    'getChannel': 'channels',
    'listChannels': 'channels',
    'getPackage': 'packages',
    'getRPM': 'rpms',
    'listRPMs': 'rpms',
    'listBuildRPMs': 'rpms',
    'listArchives': 'archives',
    'getLastEvent': 'events',
}


def rows_of(recording: Recording) -> Iterator[dict[str, Any]]:
    """Every row of an answer."""
    method, _, kwargs = recording.call
    answer = recording.answer
    if method == 'getTaskDescendents':
        answer = [row for rows in answer.values() for row in rows]
    elif method == 'listTasks' and not kwargs['opts'].get('decode'):
        # Their requests and results are XML; none of these is a fault.
        answer = isinstance(answer, list) and [
            {**row, 'request': list(loads(row['request'])[0]),
             'result': row['result'] and list(loads(row['result'])[0])}
            for row in answer]
    rows: Iterable[Any] = answer if isinstance(answer, list) else [answer]
    for row in rows:
        if isinstance(row, dict):
            yield row


def package_ids() -> dict[str, int]:
    """The ids of all packages, by name."""
    return {row['package_name']: row['package_id']
            for row in recordings()['listPackagesSimple'].answer}


def put_build(put: Any, method: str, row: dict[str, Any],
              kwargs: dict[str, Any]) -> None:
    """Write a build, and what belongs to it."""
    number = row['build_id']
    put('builds', number, {**row, 'id': number})
    if kwargs.get('cgID') == 'osbs':
        # Its rows do not have the id.
        put('builds', number, {'cg_id': 1})
    put('packages', row['package_id'],
        {'id': row['package_id'], 'name': row['package_name']})
    put('volumes', row['volume_id'],
        {'id': row['volume_id'], 'name': row['volume_name']})
    if 'tag_id' in row:
        put('taggings', (row['tag_id'], number), row)
    if 'type' in kwargs:
        put('build_types', (number, kwargs['type']), {
            'build_id': number, 'type': kwargs['type'],
            'info': {name: row[name] for name in row
                     if name.startswith(kwargs['type'] + '_')}})


def put_member(put: Any, host: int, channel: int) -> None:
    """Write that a host is in a channel."""
    put('host_channels', (host, channel),
        {'host_id': host, 'channel_id': channel})


def written(rows: list[dict[str, Any]], columns: Any) -> str:
    """A table as text: its columns, then a row a line."""
    if columns is None:
        columns = list(rows[0])
    lines = [json.dumps([row.get(name) for name in columns],
                        separators=(',', ':'), ensure_ascii=False)
             for row in rows]
    return '{{"columns":{},\n"rows":[\n{}\n]}}\n'.format(
        json.dumps(columns), ',\n'.join(lines))


def methods() -> str:
    """The names of the hub's methods, a line each."""
    return '\n'.join(recordings()['system.listMethods'].answer) + '\n'


def sample() -> dict[str, str]:
    """The files of the sample, by their names."""
    made = {name + '.json': written(rows, COLUMNS[name])
            for name, rows in tables().items()}
    made['methods.txt'] = methods()
    return made


if __name__ == '__main__':
    for file_name, text in sample().items():
        with open(os.path.join(FOLDER, file_name), 'w',
                  encoding='utf-8') as file:
            file.write(text)
