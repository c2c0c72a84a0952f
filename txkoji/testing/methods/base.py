"""
What the hub methods of a FakeHub have in common.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from txkoji.exceptions import GenericError, KojiException, ParameterError
from txkoji.testing.tables import Row, Tables

#: What the hub says when there is none of a kind, before the name.
_MISSING = {
    'cgs': 'No such content generator',
    'channels': 'No such channel',
    'hosts': 'No such host',
    'packages': 'No such package',
    'tags': 'No such tagInfo',
    'targets': 'No such build target',
    'users': 'No such user',
    'volumes': 'No such volume',
}


class Methods:
    """
    Some hub methods.

    :param tables: what they know.
    :param now: gives the hub's time, in seconds since 1970.
    """

    def __init__(self, tables: Tables, now: Callable[[], float]) -> None:
        self._tables = tables
        self._now = now

    def _id(self, table: str, key: Any) -> int:
        """
        The id of what must be there.

        :raises GenericError: in the hub's words, if it is not.
        """
        found = self._tables.find(table, key)
        if found is None:
            raise GenericError(f'{_MISSING[table]}: {key!r}')
        return int(found['id'])

    def _find_build(self, info: Any, strict: bool = False
                    ) -> Row | None:
        """
        The build with an id, an NVR, or a dictionary of either.

        :raises GenericError: if `strict`, and there is none.
        """
        wanted = self._wanted_build(info)
        for row in self._tables.builds:
            if wanted and all(row[column] == wanted[column]
                              for column in wanted):
                return row
        if strict:
            raise GenericError(f'No such build: {info!r}')
        return None

    def _wanted_build(self, info: Any) -> Row | None:
        if isinstance(info, dict):
            if 'id' in info:
                info = info['id']
            elif not {'name', 'version', 'release'} <= set(info):
                raise GenericError('did not provide name, version, and'
                                   ' release')
            else:
                info = nvr(info)
        if isinstance(info, int):
            return {'id': info}
        if not isinstance(info, str):
            raise ParameterError(f'Invalid type for buildInfo: {info!r}')
        if info.count('-') < 2:
            raise GenericError(f'invalid format: {info}')
        name, version, release = info.rsplit('-', 2)
        package = self._tables.find('packages', name)
        return package and {'package_id': package['id'], 'version': version,
                            'release': release}


def nvr(row: Row) -> str:
    """The name, version and release of a row that has them."""
    return f'{row["name"]}-{row["version"]}-{row["release"]}'


def unknown(method: str, **arguments: Any) -> None:
    """
    Refuse arguments that a hub knows and the tables cannot answer.

    :raises KojiException: as for a method that there is no answer for.
    """
    for name, value in arguments.items():
        if value is not None and value is not False:
            raise KojiException(
                f'this fake hub has no answer for {method}({name}=): teach it'
                ' one with respond()', faultCode=1)
