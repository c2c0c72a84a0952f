"""The hub methods about build targets."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    check_name,
    entry,
    event_number,
    key_of,
    tag as find_tag,
)
from txkoji.testing.queries import among, query
from txkoji.testing.rows import target as joined
from txkoji.testing.tables import Row


class TargetMethods(Methods):
    """Build targets."""

    @export('get_build_target')
    def getBuildTarget(self, info: Any, event: Any = None,
                       strict: bool = False) -> Any:
        found = self.getBuildTargets(info, event)
        if len(found) == 1:
            return found[0]
        if strict:
            raise GenericError(f'No such build target: {info}')
        return None

    @export('get_build_targets')
    def getBuildTargets(self, info: Any = None, event: Any = None,
                        buildTagID: Any = None, destTagID: Any = None,
                        queryOpts: Any = None) -> Any:
        event_number(self.tables, event)
        rows: Iterable[Row] = self.tables.active('targets', event)
        if info:
            key = key_of(info)
            self.tables.find('targets', key)
            rows = among(rows, 'id' if isinstance(key, int) else 'name', key)
        for column, tag in [('build_tag', buildTagID),
                            ('dest_tag', destTagID)]:
            if isinstance(tag, (str, dict)):
                found = entry(self.tables, 'tags', tag, strict=False)
                tag = found and found['id']
                rows = among(rows, column, tag, null=True)
            elif tag is not None:
                rows = among(rows, column, tag)
        return query([joined(self.tables, row) for row in rows], queryOpts)

    @export('create_build_target', perm='target')
    def createBuildTarget(self, name: Any, build_tag: Any, dest_tag: Any
                          ) -> None:
        check_name(name)
        build, dest = self._tags(build_tag, dest_tag)
        if name in self.tables.by_name('targets'):
            raise GenericError(f"A build target with the name '{name}'"
                               ' already exists')
        old = entry(self.tables, 'targets', name, strict=False)
        number = old['id'] if old else 1 + max(
            (row['id'] for row in self.tables.targets), default=0)
        self.world.create('targets', {
            'id': number, 'name': name, 'build_tag': build,
            'dest_tag': dest}, self.caller.user_id)

    @export('edit_build_target', perm='target')
    def editBuildTarget(self, buildTargetInfo: Any, name: Any,
                        build_tag: Any, dest_tag: Any) -> None:
        check_name(name)
        target = self._target(buildTargetInfo)
        build, dest = self._tags(build_tag, dest_tag)
        if name != target['name']:
            taken = entry(self.tables, 'targets', name, strict=False)
            if taken is not None:
                raise GenericError(f'name "{name}" is already taken by build'
                                   f' target {taken["id"]}')
            for row in list(self.tables.where('targets', 'id',
                                              target['id'])):
                self.world.change(row, name=name)
        old = self.tables.by_id('targets').get(target['id'])
        changes = {'name': name, 'build_tag': build, 'dest_tag': dest}
        if old is None:
            self.world.create('targets', {'id': target['id'], **changes},
                              self.caller.user_id)
        else:
            self.world.replace('targets', old, self.caller.user_id,
                               **changes)

    @export('delete_build_target', perm='target')
    def deleteBuildTarget(self, buildTargetInfo: Any) -> None:
        target = self._target(buildTargetInfo)
        row = self.tables.by_id('targets').get(target['id'])
        if row is not None:
            self.world.revoke(row, self.caller.user_id)

    def _target(self, info: Any) -> Row:
        found = entry(self.tables, 'targets', info, strict=False)
        if found is None:
            raise GenericError(f'No such build target: {info}')
        return found

    def _tags(self, build: Any, dest: Any) -> list[int]:
        found = []
        for what, info in [('build', build), ('destination', dest)]:
            tag = find_tag(self.tables, info)
            if tag is None:
                raise GenericError(f"{what} tag '{info}' does not exist")
            found.append(int(tag['id']))
        return found
