"""`Fields`: the fields of a message, in the forms of all plugins of Koji."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeVar

from munch import Munch

from txkoji.build import Build
from txkoji.messages.frames import Frame
from txkoji.resource import Hub, Resource

Rich = TypeVar('Rich', bound=Resource)

#: Members of a build that koji-fedoramessaging puts into the body itself,
#: among other members.
FLAT_BUILD = ('build_id', 'name', 'version', 'release', 'epoch', 'task_id',
              'creation_time', 'completion_time')


class Fields:
    """
    The fields of a message: the members of its body, and its properties.

    :param frame: the message.
    :param connection: the Connection that rich objects get, or None.
    """

    def __init__(self, frame: Frame, connection: Hub | None) -> None:
        self._body = frame.body
        self._properties = frame.properties
        self._connection = connection

    def get(self, name: str) -> Any:
        """Get a member of the body, or else the property of that name."""
        return self._body.get(name, self._properties.get(name))

    def row(self, name: str) -> Munch:
        """
        Get a member of the body that must be an object.

        :raises ValueError: if the body has no such object.
        """
        row = self._body.get(name)
        if not isinstance(row, Munch):
            raise ValueError(f'the body has no {name!r} object')
        return row

    def name(self, name: str) -> str | None:
        """
        Get a name: a text, or the name of an object in the body.

        :returns: the name. None if neither the body nor the properties have
                  one.
        """
        for value in (self._body.get(name), self._properties.get(name)):
            if isinstance(value, Munch):
                value = value.get('name')
            if isinstance(value, str):
                return value
        return None

    def states(self, names: Mapping[int, str]
               ) -> tuple[str | None, str | None]:
        """
        Get the names of the states before and after a change.

        :param names: number of a state -> its name.
        """
        return (_state_name(self.get('old'), names),
                _state_name(self.get('new'), names))

    def attach(self, cls: type[Rich], row: Mapping[str, Any]) -> Rich:
        """
        Make a rich object of a row.

        koji-fedoramessaging has numbers in members that end with ``_time``,
        which are texts elsewhere. The rich object has these numbers as the
        members that end with ``_ts``.
        """
        numbers = {f'{key[:-5]}_ts': value for key, value in row.items()
                   if key.endswith('_time')
                   and isinstance(value, (int, float))}
        if numbers:
            row = {key: value for key, value in {**row, **numbers}.items()
                   if f'{key[:-5]}_ts' not in numbers}
        return cls.attached(dict(row), self._connection)

    def build(self, name: str) -> Build | None:
        """
        Find the build that the message is about.

        :param name: the member of the body that describes the build.
        :returns: the build. Only its id is known if the message describes
                  just an RPM or an archive of the build. None if the message
                  identifies no build.
        """
        body = self._body
        if isinstance(body.get(name), Munch):
            return self.attach(Build, body[name])
        if isinstance(body.get('build_id'), int):
            return self._flat_build()
        for member in ('rpm', 'archive'):
            row = body.get(member)
            if isinstance(row, Munch) and isinstance(
                    row.get('build_id'), int):
                return self.attach(Build, {'build_id': row['build_id']})
        return None

    def _flat_build(self) -> Build:
        """Make a build of the members that koji-fedoramessaging sends."""
        body = self._body
        row = {key: body[key] for key in FLAT_BUILD if key in body}
        if all(row.get(key) for key in ('name', 'version', 'release')):
            row['nvr'] = '{name}-{version}-{release}'.format(**row)
        if 'owner' in body:
            row['owner_name'] = body['owner']
        if isinstance(body.get('new'), int):
            row['state'] = body['new']
        return self.attach(Build, row)


def text_or_none(value: Any) -> str | None:
    """Return a value that is a text, and None for any other value."""
    return value if isinstance(value, str) else None


def _state_name(value: Any, names: Mapping[int, str]) -> str | None:
    """Find the name of a state, which may be a number as text."""
    if isinstance(value, str) and value.isdecimal():
        value = int(value)
    if isinstance(value, int):
        return names.get(value)
    return text_or_none(value)
