"""
The hub methods about builds, and what is in them.
"""
from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Iterator
from glob import escape as glob_escape
from typing import Any

from txkoji import build_states
from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.methods.base import Methods, nvr, unknown
from txkoji.testing.queries import among, between, query
from txkoji.testing.tables import Row, seconds

#: "2 months" to the hub's database, in seconds for one.
MONTH = 30.44 * 86400


class BuildMethods(Methods):
    """Builds, packages and archives."""

    def getBuild(self, buildInfo: Any, strict: bool = False) -> Any:
        found = self._find_build(buildInfo, strict)
        return found and self._tables.build(found)

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
        unknown('listBuilds', typeInfo=typeInfo)
        tables = self._tables
        rows: Iterable[Row] = tables.builds
        for column, table, key in [('package_id', 'packages', packageID),
                                   ('owner_id', 'users', userID),
                                   ('promoter_id', 'users', promoter),
                                   ('volume_id', 'volumes', volumeID),
                                   ('cg_id', 'cgs', cgID)]:
            if key is not None:
                rows = among(rows, column, self._id(table, key))
        if taskID == -1:
            rows = [row for row in rows if row['task_id'] is not None]
        elif taskID is not None:
            rows = among(rows, 'task_id', taskID)
        rows = among(rows, 'state', state)
        if draft is not None:
            rows = [row for row in rows if bool(row['draft']) == draft]
        rows = between(rows, 'creation_time', createdAfter, createdBefore)
        rows = between(rows, 'completion_time', completeAfter,
                       completeBefore)
        rows = between(rows, 'promotion_time', promotedAfter,
                       promotedBefore)
        found = [tables.listed_build(row) for row in self._of_type(rows, type)]
        for column, glob in [
                ('source', source), ('nvr', pattern),
                ('name', prefix and glob_escape(prefix) + '*')]:
            if glob is not None:
                found = [row for row in found if row[column] is not None
                         and fnmatch.fnmatchcase(row[column], glob)]
        return query(found, queryOpts)

    def listTagged(self, tag: Any, event: Any = None, inherit: bool = False,
                   prefix: Any = None, latest: Any = False,
                   package: Any = None, owner: Any = None, type: Any = None,
                   strict: bool = True, extra: bool = False,
                   draft: Any = None) -> Any:
        place = self._tables.find('tags', tag)
        if place is None:
            if strict:
                raise GenericError(f'No such tagInfo: {tag!r}')
            return []
        tables = self._tables
        owner_id = None if owner is None else self._id('users', owner)
        known = {} if type is None else self._types(type)

        def wanted(build: Row, tagging: Row) -> bool:
            name = tables.name('packages', build['package_id']) or ''
            return (build['state'] == build_states.COMPLETE
                    and package in (None, name)
                    and name.startswith(prefix or '')
                    and owner_id in (None, build['owner_id'])
                    and draft in (None, bool(build['draft']))
                    and (type is None or build['id'] in known))

        return [
            {**tables.tagged_build(build, tagging, extra),
             **known.get(build['id'], {})}
            for build, tagging in inheritance.tagged(
                tables, place['id'], inherit=inherit,
                latest=int(latest or 0), wanted=wanted, event=event)]

    def getLatestBuilds(self, tag: Any, event: Any = None,
                        package: Any = None, type: Any = None,
                        draft: Any = None) -> Any:
        return self.listTagged(tag, event, inherit=True, latest=True,
                               package=package, type=type, draft=draft)

    def getAverageBuildDuration(self, package: Any, age: Any = None) -> Any:
        number = self._tables.find('packages', package)
        if number is None:
            return None
        took = []
        for row in self._tables.builds:
            made = (row['task_id'] is not None
                    or 'koji_task_id' in str(row['extra']))
            if (row['package_id'] == number['id'] and made
                    and row['state'] == build_states.COMPLETE):
                end = seconds(row['completion_time']) or 0
                if age is None or end > self._now() - age * MONTH:
                    took.append(end - (seconds(row['creation_time']) or 0))
        return round(sum(took) / len(took), 6) if took else None

    def getRPM(self, rpminfo: Any, strict: bool = False, multi: bool = False
               ) -> Any:
        unknown('getRPM', multi=multi)
        for row in self._tables.rpms:
            nvra = f'{nvr(row)}.{row["arch"]}'
            if rpminfo in (row['id'], nvra, nvra + '.rpm'):
                return dict(row)
        if strict:
            raise GenericError(f'No such rpm: {rpminfo!r}')
        return None

    def listRPMs(self, buildID: Any = None, buildrootID: Any = None,
                 imageID: Any = None, componentBuildrootID: Any = None,
                 hostID: Any = None, arches: Any = None,
                 queryOpts: Any = None, draft: Any = None) -> Any:
        unknown('listRPMs', imageID=imageID, hostID=hostID, draft=draft,
                componentBuildrootID=componentBuildrootID)
        rows: Iterable[Row] = self._tables.rpms
        for column, value in [('build_id', buildID),
                              ('buildroot_id', buildrootID),
                              ('arch', arches)]:
            if value is not None:
                rows = among(rows, column, value)
        return query([{**row, 'nvr': nvr(row)} for row in rows], queryOpts)

    def listBuildRPMs(self, build: Any) -> Any:
        found = self._find_build(build, strict=True)
        return found and self.listRPMs(found['id'])

    def getArchive(self, archive_id: Any, strict: bool = False) -> Any:
        found = [row for row in self._tables.archives
                 if row['id'] == archive_id]
        if not found and strict:
            raise GenericError(f'No such archive: {archive_id!r}')
        return found[0] if found else None

    def listArchives(self, buildID: Any = None, buildrootID: Any = None,
                     componentBuildrootID: Any = None, hostID: Any = None,
                     type: Any = None, filename: Any = None, size: Any = None,
                     checksum: Any = None, checksum_type: Any = None,
                     typeInfo: Any = None, queryOpts: Any = None,
                     imageID: Any = None, archiveID: Any = None,
                     strict: bool = False) -> Any:
        unknown('listArchives', hostID=hostID, typeInfo=typeInfo,
                imageID=imageID, componentBuildrootID=componentBuildrootID)
        rows: Iterable[Row] = self._tables.archives
        for column, value in [('build_id', buildID), ('btype', type),
                              ('buildroot_id', buildrootID),
                              ('filename', filename), ('size', size),
                              ('checksum', checksum), ('id', archiveID),
                              ('checksum_type', checksum_type)]:
            if value is not None:
                rows = among(rows, column, value)
        return query([dict(row) for row in rows], queryOpts)

    def _types(self, kind: str) -> dict[int, Row]:
        return {row['build_id']: row['info']
                for row in self._tables.build_types if row['type'] == kind}

    def _of_type(self, rows: Iterable[Row], kind: Any) -> Iterator[Row]:
        known = {} if kind is None else self._types(kind)
        return (row for row in rows if kind is None or row['id'] in known)
