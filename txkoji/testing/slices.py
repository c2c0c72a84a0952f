"""A slice of a real hub, for a FakeHub: some tags with all that is in them."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.testing.tables import Row, Tables, columns

#: Calls that go to the hub at once.
BATCH = 100


class Slice:
    """
    Reads a slice of a hub, with calls that need no login.

    :param koji: a Connection to it.

    :ivar tables: what it has read.
    """

    def __init__(self, koji: Any) -> None:
        self._koji = koji
        self.tables = Tables(sample=False)
        self._users: set[int] = set()
        self._seen: set[int] = set()

    async def read(self, tags: Iterable[str]) -> Tables:
        """Read tags, with those that they inherit from."""
        last = await self._koji.getLastEvent()
        self.tables.events[:] = [{'id': 1, 'ts': 0.0}, dict(last)]
        for name in tags:
            await self._tag(name)
        await self._targets()
        await self._builds()
        await self._people()
        self.tables.volumes.extend(
            dict(row) for row in await self._koji.listVolumes())
        self.tables.channels.extend(
            dict(row) for row in await self._koji.listChannels())
        self.tables.forget()
        return self.tables

    async def _many(self, method: str, arguments: list[Any]) -> list[Any]:
        """Call a method with each of some arguments."""
        found: list[Any] = []
        for first in range(0, len(arguments), BATCH):
            many = self._koji.MultiCall()
            for argument in arguments[first:first + BATCH]:
                many.call(method, argument)
            found += list(await many())
        return found

    async def _tag(self, name: Any) -> None:
        tag = await self._koji.getTag(name, strict=True)
        if tag.id in self._seen:
            return
        self._seen.add(tag.id)
        self.tables.tags.append({
            **{column: tag.get(column) for column in columns('tags')},
            'extra': dict(tag.extra or {})})
        for row in await self._koji.listPackages(tag.id):
            self._package(row.package_id, row.package_name)
            self._users.add(row.owner_id)
            self.tables.tag_packages.append(_some(row, 'tag_packages'))
        for row in await self._koji.listTagged(tag.id):
            self._package(row.package_id, row.package_name)
            self.tables.taggings.append({
                'tag_id': tag.id, 'build_id': row.build_id,
                'create_event': row.create_event})
        for link in await self._koji.getInheritanceData(tag.id):
            self.tables.inheritance.append({
                **_some(link, 'inheritance'), 'child_id': tag.id})
            await self._tag(link['parent_id'])

    def _package(self, number: int, name: str) -> None:
        packages = self.tables.by_id('packages')
        if number not in packages:
            self.tables.packages.append({'id': number, 'name': name})
            packages[number] = self.tables.packages[-1]

    async def _targets(self) -> None:
        for row in await self._koji.getBuildTargets():
            if {row.build_tag, row.dest_tag} <= self._seen:
                self.tables.targets.append(_some(row, 'targets'))

    async def _builds(self) -> None:
        numbers = sorted({row['build_id'] for row in self.tables.taggings})
        for build in await self._many('getBuild', numbers):
            row = _some(build, 'builds')
            self.tables.builds.append({**row, 'id': build['id']})
            self._users.update((build['owner_id'],))
        for rpms in await self._many('listBuildRPMs', numbers):
            self.tables.rpms.extend(_some(rpm, 'rpms') for rpm in rpms)

    async def _people(self) -> None:
        self._users.discard(0)
        for user in await self._many('getUser', sorted(self._users)):
            self.tables.users.append(_some(user, 'users'))


def _some(row: Any, table: str) -> Row:
    """Get the columns of a table in a row of a hub."""
    return {column: row.get(column) for column in columns(table)}
