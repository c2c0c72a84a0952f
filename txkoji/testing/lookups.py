"""Lookups of arguments, and the faults if there is no such object."""
from __future__ import annotations

import re
from typing import Any

from txkoji.exceptions import GenericError, KojiException, ParameterError
from txkoji.testing.rows import nvr, tag_extra
from txkoji.testing.tables import Row, Tables, holds, unversioned

#: The names of tables in the hub's database, where faults say them.
ON_HUB = {
    'archive_types': 'archivetypes', 'btypes': 'btype',
    'cgs': 'content_generator', 'channels': 'channels',
    'external_repos': 'external_repo', 'group_names': 'groups',
    'hosts': 'host', 'packages': 'package', 'permissions': 'permissions',
    'tags': 'tag', 'targets': 'build_target', 'volumes': 'volume'}

#: What names may consist of (the hub's RegexNameInternal and
#: RegexUserName).
INTERNAL = re.compile(r'^[A-Za-z0-9/_.+-]+$')
USER = re.compile(r'^[A-Za-z0-9/_.@+-]+$')

#: What architectures may consist of.
ARCHES = re.compile(r'^[a-zA-Z0-9_\-, ]*$')

#: The longest name.
MAX_NAME = 256


def crash(text: str) -> KojiException:
    """Make the fault of an exception in the hub's own code, with code 1."""
    return KojiException(text, faultCode=1)


class PlainFault(KojiException):
    """A fault that the hub passes on, as of a task that failed."""


# Types

def number(value: Any, null: bool = False) -> Any:
    """
    Convert an argument that must be a number.

    :raises ParameterError: in the hub's words.
    """
    if value is None and null:
        return None
    try:
        return int(value)
    except (TypeError, ValueError):
        raise wrong_type(value, int) from None


def of_type(value: Any, kind: type, null: bool = False) -> Any:
    """
    Check the type of an argument.

    :raises ParameterError: in the hub's words.
    """
    if not isinstance(value, kind) and not (value is None and null):
        raise wrong_type(value, kind)
    return value


def wrong_type(value: Any, kind: type) -> ParameterError:
    """Make the fault for a value of a wrong type."""
    told = '' if value is None else f" for value '{value}': {type(value)}"
    return ParameterError(f'Invalid type{told}, expected type {kind}')


def event_number(tables: Tables, event: Any) -> int | None:
    """
    Get an event at which something is asked for.

    :raises GenericError: if it is no number.
    """
    if event is not None and not isinstance(event, int):
        raise GenericError(f'Invalid event: {event!r}')
    return event


# Names

def check_name(name: Any, pattern: re.Pattern[str] = INTERNAL) -> None:
    """
    Check a new name.

    :raises GenericError: if it may not be one.
    """
    if not isinstance(name, str):
        raise GenericError('Name should be string')
    if len(name) > MAX_NAME:
        raise GenericError(f'Name {name} is too long. Max length is'
                           f' {MAX_NAME} characters')
    if not pattern.match(name):
        which = 'RegexNameInternal' if pattern is INTERNAL else \
            'RegexUserName'
        raise GenericError(f'Name {name} does not match {which} value')


def arches_text(arches: Any) -> str | None:
    """
    Architectures, as the hub keeps them: with spaces between.

    :raises GenericError: if they may be none.
    """
    if arches is None:
        return None
    if isinstance(arches, (list, tuple)):
        arches = ' '.join(arches)
    if not ARCHES.match(arches):
        raise GenericError('Architecture can be only [a-zA-Z0-9_-]')
    return ' '.join(arches.replace(',', ' ').split())


def key_of(info: Any) -> Any:
    """
    Get the id or the name in an argument that may be a dictionary.

    :raises ParameterError: if there is neither.
    """
    if isinstance(info, dict):
        if 'id' in info:
            return number(info['id'])
        if 'name' not in info:
            raise ParameterError(f'Invalid name or id value: {info}')
        return info['name']
    return info


# Rows

def entry(tables: Tables, table: str, info: Any, strict: bool = True
          ) -> Row | None:
    """
    Get the row of a table with an id or a name, also of what is deleted.

    :raises GenericError: if ``strict``, and there is none.
    """
    key = key_of(info)
    found = tables.find(table, key)
    if found is None:
        column = 'id' if isinstance(key, int) else 'name'
        rows = tables.where(table, column, key)
        found = dict(rows[-1]) if rows else None
    if found is None and strict:
        raise GenericError(
            f'No such entry in table {ON_HUB.get(table, table)}: {info}')
    return found


def entry_id(tables: Tables, table: str, info: Any) -> int:
    """Get the id of what must be there; fails as `entry`."""
    found = entry(tables, table, info)
    assert found is not None
    return int(found['id'])


def tag(tables: Tables, info: Any, event: int | None = None,
        blocked: bool = False) -> Row | None:
    """Get a tag, as ``getTag`` has it, or None."""
    key = key_of(info)
    if event is None:
        row = tables.find('tags', key)
    else:
        of_type(event, int)
        tables.find('tags', key)
        column = 'id' if isinstance(key, int) else 'name'
        row = next((each for each in tables.where('tags', column, key)
                    if holds(each, event)), None)
    if row is None:
        return None
    found = {name: value for name, value in unversioned(row).items()}
    found['arches'] = found.get('arches')
    found['extra'] = tag_extra(tables, row, event, blocked)
    if event is not None:
        found['query_event'] = event
    return found


def strict_tag(tables: Tables, info: Any, event: int | None = None) -> Row:
    """
    Get a tag that must be there.

    :raises GenericError: if it is not.
    """
    found = tag(tables, info, event)
    if found is None:
        raise GenericError(f'No such tagInfo: {info!r}')
    return found


def build_row(tables: Tables, info: Any, strict: bool = False) -> Row | None:
    """
    Get the row of a build, by id, NVR, or a dictionary of either.

    :raises GenericError: if ``strict``, and there is none.
    """
    wanted = info
    if isinstance(info, dict):
        if 'id' in info:
            wanted = info['id']
        elif not {'name', 'version', 'release'} <= set(info):
            raise GenericError('did not provide name, version, and release')
        else:
            wanted = nvr(info)
    found = None
    if isinstance(wanted, int):
        found = tables.by_id('builds').get(wanted)
    elif not isinstance(wanted, str):
        raise GenericError(f'Invalid type for argument: {type(info)}')
    elif wanted.count('-') < 2:
        raise GenericError(f'invalid format: {wanted}')
    else:
        found = build_of(tables, *wanted.rsplit('-', 2))
    if found is None and strict:
        raise GenericError(f'No such build: {info!r}')
    return found


def strict_build(tables: Tables, info: Any) -> Row:
    """Get the row of a build that must be there; fails as `build_row`."""
    found = build_row(tables, info, strict=True)
    assert found is not None
    return found


def build_of(tables: Tables, name: str, version: str, release: str
             ) -> Row | None:
    """Get the row of a build with that name, version and release."""
    package = tables.by_name('packages').get(name)
    if package is None:
        return None
    for row in tables.where('builds', 'package_id', package['id']):
        if (row['version'], row['release']) == (version, release):
            return row
    return None


def user(tables: Tables, info: Any) -> Row | None:
    """
    Get a user by id, name, principal, or a dictionary of one of these.

    :raises GenericError: if it is of another type.
    """
    if isinstance(info, dict):
        info = info.get('id', info.get('name', info.get('krb_principal', 1)))
    if isinstance(info, bool) or not isinstance(info, (int, str)):
        raise GenericError(f'Invalid type for userInfo: {type(info)}')
    found = tables.find('users', info)
    if found is None:
        for row in tables.users:
            if info in (row['krb_principals'] or ()):
                return dict(row)
    return found


def strict_user(tables: Tables, info: Any) -> Row:
    """
    Get a user who must be there.

    :raises GenericError: if there is none.
    """
    found = user(tables, info)
    if found is None:
        raise GenericError(f'No such user: {info!r}')
    return found


def task_row(tables: Tables, info: Any,
             said: str | None = 'query returned no rows') -> Row | None:
    """
    Get the row of a task.

    :param said: what the hub says if there is none; None for nothing.
    :raises GenericError: if there is none.
    """
    found = tables.by_id('tasks').get(number(info))
    if found is None and said is not None:
        raise GenericError(said)
    return found


def strict_task(tables: Tables, info: Any,
                said: str = 'query returned no rows') -> Row:
    """Get the row of a task that must be there; fails as `task_row`."""
    found = task_row(tables, info, said)
    assert found is not None
    return found


def rpm_row(tables: Tables, info: Any, strict: bool = False) -> Row | None:
    """
    Get an RPM by id, by its file's name, or by a dictionary.

    :raises GenericError: if that names none in any way, or ``strict``.
    """
    wanted: Row
    if isinstance(info, int):
        wanted = {'id': info}
    elif isinstance(info, str):
        wanted = _nvra(info)
    elif isinstance(info, dict):
        wanted = info
    else:
        raise GenericError(f'Invalid type for rpminfo: {type(info)}')
    columns = [name for name in ('id', 'name', 'version', 'release', 'arch')
               if name in wanted]
    rows = [row for row in tables.rpms
            if all(row[name] == wanted[name] for name in columns)]
    if rows:
        return rows[0]
    if strict:
        raise GenericError(f'No such rpm: {wanted!r}')
    return None


def _nvra(text: str) -> Row:
    """Get the parts of the name of an RPM's file."""
    name = text.removesuffix('.rpm')
    whole, dot, arch = name.rpartition('.')
    if not dot or whole.count('-') < 2:
        raise GenericError(f'invalid format: {text}')
    name, version, release = whole.rsplit('-', 2)
    epoch, colon, rest = name.partition(':')
    return {'release': release, 'version': version,
            'name': rest if colon else name, 'epoch': epoch if colon else '',
            'arch': arch, 'src': arch in ('src', 'nosrc')}
