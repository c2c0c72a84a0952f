"""The hub methods that read builds."""
from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from glob import escape as glob_escape
from typing import Any

from txkoji import build_states
from txkoji.exceptions import GenericError
from txkoji.testing import inheritance, rows as joins
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    build_row,
    entry,
    event_number,
    strict_build,
    tag as find_tag,
    user as find_user,
)
from txkoji.testing.queries import (
    among,
    between,
    integers,
    query,
    query as cut_rows,
    unanswered,
)
from txkoji.testing.tables import Row, seconds

#: "2 months" to the hub's database, in seconds for one.
MONTH = 30.44 * 86400


class BuildMethods(Methods):
    """Builds."""

    @export('get_build')
    def getBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        found = build_row(self.tables, buildInfo, strict)
        return found and joins.build(self.tables, found)

    @export('find_build_id')
    def findBuildID(self, X: Any, strict: bool = False) -> Any:
        found = build_row(self.tables, X, strict)
        return found and found['id']

    @export(lazy=True)
    def listBuilds(self, packageID: Any = None, userID: Any = None,
                   taskID: Any = None, prefix: Any = None, state: Any = None,
                   volumeID: Any = None, source: Any = None,
                   createdBefore: Any = None, createdAfter: Any = None,
                   completeBefore: Any = None, completeAfter: Any = None,
                   type: Any = None, typeInfo: Any = None,
                   queryOpts: Any = None, pattern: Any = None,
                   cgID: Any = None, draft: Any = None,
                   promotedBefore: Any = None, promotedAfter: Any = None,
                   promoter: Any = None) -> Any:
        unanswered('listBuilds', typeInfo=typeInfo)
        tables = self.tables
        rows: Iterable[Row] = tables.builds
        for column, table, key in [('package_id', 'packages', packageID),
                                   ('owner_id', 'users', userID),
                                   ('promoter_id', 'users', promoter),
                                   ('volume_id', 'volumes', volumeID),
                                   ('cg_id', 'cgs', cgID)]:
            if key is not None:
                found = (find_user(tables, key) if table == 'users'
                         else entry(tables, table, key, strict=False))
                if found is None:
                    return query([], queryOpts)
                rows = among(rows, column, found['id'])
        if taskID == -1:
            rows = [row for row in rows if row['task_id'] is not None]
        elif taskID is not None:
            rows = among(rows, 'task_id', integers(taskID))
        rows = among(rows, 'state', integers(state))
        if draft is not None:
            rows = [row for row in rows if bool(row['draft']) == draft]
        rows = between(rows, 'creation_time', createdAfter, createdBefore)
        rows = between(rows, 'completion_time', completeAfter,
                       completeBefore)
        rows = between(rows, 'promotion_time', promotedAfter,
                       promotedBefore)
        whole = [joins.listed_build(tables, row)
                 for row in self._of_type(rows, type)]
        return query(_matching(whole, {
            'source': source, 'nvr': pattern,
            'name': prefix and glob_escape(prefix) + '*'}), queryOpts)

    def _of_type(self, rows: Iterable[Row], kind: Any) -> Iterator[Row]:
        known = {} if kind is None else self.types(kind)
        return (row for row in rows if kind is None or row['id'] in known)

    def types(self, kind: str) -> dict[int, Row]:
        """
        Get the information on builds of a type, by their ids.

        :raises GenericError: if there is no such type.
        """
        if entry(self.tables, 'btypes', kind, strict=False) is None:
            raise GenericError(f'unsupported build type: {kind}')
        return {row['build_id']: row['info']
                for row in self.tables.build_types if row['type'] == kind}

    @export()
    def listTagged(self, tag: Any, event: Any = None, inherit: bool = False,
                   prefix: Any = None, latest: Any = False,
                   package: Any = None, owner: Any = None, type: Any = None,
                   strict: bool = True, extra: bool = False,
                   draft: Any = None) -> Any:
        event_number(self.tables, event)
        place = find_tag(self.tables, tag, event)
        if place is None:
            if strict:
                raise GenericError(f'No such tagInfo: {tag!r}')
            return []
        known = {} if type is None else self.types(type)
        return [
            {**joins.tagged_build(self.tables, build, tagging, extra),
             **known.get(build['id'], {})}
            for build, tagging in self.tagged(
                place['id'], event, inherit, latest, package=package,
                prefix=prefix, owner=owner, draft=draft,
                known=None if type is None else known)]

    def tagged(self, tag: int, event: int | None, inherit: bool, latest: Any,
               *, package: Any = None, prefix: Any = None, owner: Any = None,
               draft: Any = None, known: Any = None
               ) -> list[tuple[Row, Row]]:
        """Get the builds in a tag, with their taggings."""
        names = self.tables.name
        found = owner and find_user(self.tables, owner)
        owner_id = None if owner is None else (found or {'id': -1})['id']

        def wanted(build: Row, tagging: Row) -> bool:
            name = names('packages', build['package_id']) or ''
            return (build['state'] == build_states.COMPLETE
                    and package in (None, name, build['package_id'])
                    and name.startswith(prefix or '')
                    and owner_id in (None, build['owner_id'])
                    and draft in (None, bool(build['draft']))
                    and (known is None or build['id'] in known))

        return inheritance.tagged(
            self.tables, tag, inherit=inherit, latest=int(latest or 0),
            wanted=wanted, event=event)

    @export()
    def getLatestBuilds(self, tag: Any, event: Any = None,
                        package: Any = None, type: Any = None,
                        draft: Any = None) -> Any:
        place = entry(self.tables, 'tags', tag)
        assert place is not None
        return self.listTagged(place['id'], event, inherit=True, latest=True,
                               package=package, type=type, draft=draft,
                               strict=False)

    @export()
    def getAverageBuildDuration(self, package: Any, age: Any = None) -> Any:
        found = self.tables.find('packages', package)
        if found is None:
            return None
        took = []
        for row in self.tables.where('builds', 'package_id', found['id']):
            made = (row['task_id'] is not None
                    or 'koji_task_id' in str(row['extra']))
            if made and row['state'] == build_states.COMPLETE:
                end = seconds(row['completion_time']) or 0
                if age is None or end > self.world.now() - age * MONTH:
                    took.append(end - (seconds(row['creation_time']) or 0))
        return round(sum(took) / len(took), 6) if took else None

    @export('get_build_type')
    def getBuildType(self, buildInfo: Any, strict: bool = False) -> Any:
        row = build_row(self.tables, buildInfo, strict)
        if row is None:
            return None
        found = {each['type']: {'build_id': row['id'], **each['info']}
                 for each in self.tables.where('build_types', 'build_id',
                                               row['id'])}
        if any(True for _ in self.tables.where('rpms', 'build_id',
                                               row['id'])):
            found['rpm'] = None  # type: ignore[assignment]
        return found

    @export()
    def listBTypes(self, query: Any = None, queryOpts: Any = None) -> Any:
        return cut_rows([dict(row) for row in self.tables.btypes
                    if (query or {}).items() <= row.items()], queryOpts)

    def _one_type(self, kind: str, info: Any, strict: bool) -> Any:
        row = build_row(self.tables, info, strict)
        if row is None:
            return None
        for each in self.tables.where('build_types', 'build_id', row['id']):
            if each['type'] == kind:
                return {'build_id': row['id'], **{
                    name.removeprefix('maven_'): value
                    for name, value in each['info'].items()}}
        if strict:
            raise GenericError(f'no such {kind} build: {info}')
        return None

    @export('get_maven_build')
    def getMavenBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        return self._one_type('maven', buildInfo, strict)

    @export('get_win_build')
    def getWinBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        return self._one_type('win', buildInfo, strict)

    @export('get_image_build')
    def getImageBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        return self._one_type('image', buildInfo, strict)

    @export('get_next_release')
    def getNextRelease(self, build_info: Any, incr: Any = 1) -> str:
        package = entry(self.tables, 'packages', build_info['name'],
                        strict=False)
        rows = [row for row in self.tables.where(
            'builds', 'package_id', package and package['id'])
            if row['version'] == build_info['version'] and row['state'] in (
                build_states.COMPLETE, build_states.BUILDING)]
        if not rows:
            return '1'
        release = max(rows, key=lambda row: int(row['id']))['release']
        first, dot, rest = release.partition('.')
        if first.isdigit():
            return f'{int(first) + incr}{dot}{rest}'
        raise GenericError('Unable to increment release value:'
                           f' {release}')

    @export()
    def buildReferences(self, build: Any, limit: Any = None,
                        lazy: bool = False) -> Any:
        row = strict_build(self.tables, build)
        tags = [{'tag_id': each['tag_id'],
                 'name': self.tables.name('tags', each['tag_id'])}
                for each in self.tables.where('taggings', 'build_id',
                                              row['id'])
                if each.get('revoke_event') is None]
        return {'tags': tags, 'rpms': [], 'archives': [], 'last_used': None,
                'component_rpms': [], 'component_archives': [],
                'images': []}


def _matching(rows: list[Row], globs: dict[str, Any]) -> list[Row]:
    """Get the rows whose columns match globs, where those are given."""
    for column, glob in globs.items():
        if glob is not None:
            rows = [row for row in rows if row[column] is not None
                    and fnmatch.fnmatchcase(row[column], glob)]
    return rows
