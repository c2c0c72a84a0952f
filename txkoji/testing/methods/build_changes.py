"""The hub methods that change builds."""
from __future__ import annotations

from typing import Any

from txkoji import build_states
from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing.builds import DRAFT, Builds
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    build_of,
    build_row,
    entry,
    strict_build,
    strict_user,
)
from txkoji.testing.queries import unanswered
from txkoji.testing.rows import build as joined
from txkoji.testing.tables import Row, holds, time_text


class BuildChanges(Methods):
    """Changes of builds."""

    @export(perm='login')
    def cancelBuild(self, buildID: Any, strict: bool = False) -> bool:
        row = build_row(self.tables, buildID, strict)
        if row is None:
            return False
        if row['owner_id'] != self.caller.user_id \
                and not self.caller.has('admin'):
            raise ActionNotAllowed('Cannot cancel build, not owner')
        return Builds(self.world).cancel(row)

    @export(perm='admin')
    def setBuildOwner(self, build: Any, user: Any) -> None:
        row = strict_build(self.tables, build)
        owner = strict_user(self.tables, user)
        old = row['owner_id']
        self.world.change(row, owner_id=owner['id'])
        self.world.announce('BuildStateChange', attribute='owner_id',
                            old=old, new=owner['id'],
                            info=joined(self.tables, row))

    @export(perm='admin')
    def setBuildTimestamp(self, build: Any, ts: Any) -> None:
        row = strict_build(self.tables, build)
        if not isinstance(ts, (int, float)):
            raise GenericError(f'Invalid type for timestamp: {type(ts)}')
        self.world.change(row, completion_time=time_text(ts))

    @export('delete_build', perm='admin')
    def deleteBuild(self, build: Any, strict: bool = True,
                    min_ref_age: Any = 604800) -> bool:
        row = strict_build(self.tables, build)
        tags = [{'name': self.tables.name('tags', each['tag_id']),
                 'tag_id': each['tag_id']}
                for each in self.tables.where('taggings', 'build_id',
                                              row['id']) if holds(each)]
        if tags:
            if strict:
                raise GenericError(f'Cannot delete build, tagged: {tags!r}')
            return False
        Builds(self.world).set_state(
            row, build_states.DELETED,
            completion_time=row['completion_time'])
        return True

    @export('reset_build', perm='admin')
    def resetBuild(self, build: Any) -> None:
        row = build_row(self.tables, build)
        if row is None:
            return
        for table in ('rpms', 'archives', 'build_types'):
            for each in list(self.tables.where(table, 'build_id',
                                               row['id'])):
                self.world.remove(table, each)
        for each in list(self.tables.where('taggings', 'build_id',
                                           row['id'])):
            self.world.remove('taggings', each)
        Builds(self.world).set_state(
            row, build_states.CANCELED, task_id=None, volume_id=0,
            completion_time=row['completion_time'])

    @export(perm='admin')
    def createEmptyBuild(self, name: Any, version: Any, release: Any,
                         epoch: Any, owner: Any = None) -> int:
        data = {'name': name, 'version': version, 'release': release,
                'epoch': epoch}
        if owner is not None:
            data['owner'] = owner
        return int(Builds(self.world).begin(
            data, self.caller.user_id)['id'])

    @export('change_build_volume', perm='admin')
    def changeBuildVolume(self, build: Any, volume: Any, strict: bool = True
                          ) -> None:
        place = entry(self.tables, 'volumes', volume)
        row = strict_build(self.tables, build)
        assert place is not None
        if row['volume_id'] == place['id']:
            if strict:
                name = joined(self.tables, row)['nvr']
                raise GenericError(f'Build {name} already on volume'
                                   f' {place["name"]}')
            return
        self.world.change(row, volume_id=place['id'])

    @export('add_volume', perm='admin')
    def addVolume(self, name: Any, strict: bool = True) -> Row:
        if strict and not self.world.files.names(f'vol/{name}'):
            raise GenericError('please create the volume directory first')
        if name in self.tables.by_name('volumes'):
            if strict:
                raise GenericError(f'volume {name} already exists')
            return self.tables.by_name('volumes')[name]
        return self.world.add('volumes', {'name': name})

    @export()
    def importArchive(self, filepath: Any, buildinfo: Any, type: Any,
                      typeInfo: Any) -> None:
        if type not in ('maven', 'win', 'image'):
            raise GenericError(f'unsupported archive type: {type}')
        self.caller.require(f'{type}-import')
        unanswered('importArchive', filepath=filepath)

    def _typed(self, info: Any, kind: str, about: Row) -> None:
        row = build_row(self.tables, info)
        if row is None:
            if not isinstance(info, dict):
                raise GenericError('Invalid type for build_info:'
                                   f' {type(info)}')
            for name in ('name', 'version', 'release', 'epoch'):
                if name not in info:
                    raise GenericError("Build info doesn't have mandatory"
                                       f" '{name}' key")
            row = Builds(self.world).begin(dict(info), self.caller.user_id)
        self.world.add('build_types', {'id': None, 'build_id': row['id'],
                                       'type': kind, 'info': about})

    @export(perm='maven-import')
    def createMavenBuild(self, build_info: Any, maven_info: Any) -> None:
        self._typed(build_info, 'maven', {
            f'maven_{name}': value for name, value in maven_info.items()})

    @export(perm='win-import')
    def createWinBuild(self, build_info: Any, win_info: Any) -> None:
        self._typed(build_info, 'win', dict(win_info))

    @export(perm='image-import')
    def createImageBuild(self, build_info: Any) -> None:
        self._typed(build_info, 'image', {})

    @export(perm='login')
    def promoteBuild(self, build: Any, force: bool = False) -> Row:
        row = strict_build(self.tables, build)
        user = self.caller.login()
        whole = joined(self.tables, row)
        if not (row['owner_id'] == user or self.caller.has('draft-promoter')
                or (force and self.caller.has('admin'))):
            raise ActionNotAllowed(
                'policy violation (draft_promotion): Only draft-promoter and'
                ' build owner can do this via default policy')
        why = f'Cannot promote build {whole["nvr"]}. Reason:'
        if not row['draft']:
            raise GenericError(f'{why} Not a draft build')
        release = row['release'].rpartition(DRAFT)[0]
        if not release:
            raise GenericError(f'draft release: {row["release"]} is not in'
                               ' valid format')
        if row['state'] != build_states.COMPLETE:
            raise GenericError(f'{why} Not in COMPLETE state'
                               f' ({build_states.to_str(row["state"])})')
        other = build_of(self.tables, whole['name'], row['version'], release)
        if other is not None:
            raise GenericError(f'{why} Target build already exists:'
                               f' {joined(self.tables, other)["nvr"]}')
        self.world.change(row, draft=False, release=release,
                          promoter_id=user,
                          promotion_time=self.world.moment())
        for each in self.tables.where('rpms', 'build_id', row['id']):
            self.world.change(each, draft=False)
        promoted = joined(self.tables, row)
        self.world.announce(
            'BuildPromote', build=promoted, draft_release=whole['release'],
            target_release=release, user=self.tables.find('users', user))
        return promoted
