"""The hub methods that read what is in builds: RPMs, archives, signatures."""
from __future__ import annotations

import hashlib
from base64 import b64decode
from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.files.paths import rpm_path, task_folder
from txkoji.testing.calls import export
from txkoji.testing.lookups import (
    crash,
    number,
    rpm_row,
    strict_build,
    strict_tag,
)
from txkoji.testing.methods.builds import BuildMethods
from txkoji.testing.queries import among, query, unanswered
from txkoji.testing.rows import build as joined, nvr, tagged_build
from txkoji.testing.rpmfile import RPMFile
from txkoji.testing.tables import Row

#: The columns of RPMs that lists of a tag do not have.
HIDDEN = ('external_repo_id', 'external_repo_name')


class ContentsMethods(BuildMethods):
    """What is in builds."""

    @export('get_rpm')
    def getRPM(self, rpminfo: Any, strict: bool = False, multi: bool = False
               ) -> Any:
        unanswered('getRPM', multi=multi)
        found = rpm_row(self.tables, rpminfo, strict)
        return found and dict(found)

    @export('list_rpms')
    def listRPMs(self, buildID: Any = None, buildrootID: Any = None,
                 imageID: Any = None, componentBuildrootID: Any = None,
                 hostID: Any = None, arches: Any = None,
                 queryOpts: Any = None, draft: Any = None) -> Any:
        unanswered('listRPMs', imageID=imageID, hostID=hostID,
                   componentBuildrootID=componentBuildrootID)
        rows: Iterable[Row] = self.tables.rpms
        for column, value in [('build_id', buildID),
                              ('buildroot_id', buildrootID),
                              ('arch', arches), ('draft', draft)]:
            if value is not None:
                rows = among(rows, column, value)
        return query([{**row, 'nvr': nvr(row)} for row in rows], queryOpts)

    @export()
    def listBuildRPMs(self, build: Any) -> Any:
        return self.listRPMs(strict_build(self.tables, build)['id'])

    @export()
    def listTaggedRPMS(self, tag: Any, event: Any = None,
                       inherit: bool = False, latest: Any = False,
                       package: Any = None, arch: Any = None,
                       rpmsigs: bool = False, owner: Any = None,
                       type: Any = None, strict: bool = True,
                       extra: bool = True, draft: Any = None) -> Any:
        place = strict_tag(self.tables, tag, event)
        known = None if type is None else self.types(type)
        found = self.tagged(place['id'], event, inherit, latest,
                            package=package, owner=owner, draft=draft,
                            known=known)
        builds = [tagged_build(self.tables, build, tagging, False)
                  for build, tagging in found]
        arches = [arch] if isinstance(arch, str) else arch
        rpms = [self._listed(row, extra) for build, _ in found
                for row in self.tables.where('rpms', 'build_id', build['id'])
                if arches is None or row['arch'] in arches]
        if rpmsigs:
            rpms = [{**row, 'sigkey': sig['sigkey']} for row in rpms
                    for sig in self.tables.where('rpmsigs', 'rpm_id',
                                                 row['id'])
                    or [{'sigkey': None}]]
        return [rpms, builds]

    def _listed(self, row: Row, extra: bool) -> Row:
        return {name: value for name, value in row.items()
                if name not in HIDDEN and (extra or name != 'extra')}

    @export()
    def getLatestRPMS(self, tag: Any, package: Any = None, arch: Any = None,
                      event: Any = None, rpmsigs: bool = False,
                      type: Any = None, draft: Any = None) -> Any:
        return self.listTaggedRPMS(
            tag, event, inherit=True, latest=True, package=package,
            arch=arch, rpmsigs=rpmsigs, type=type, draft=draft)

    @export()
    def listTaggedArchives(self, tag: Any, event: Any = None,
                           inherit: bool = False, latest: Any = False,
                           package: Any = None, type: Any = None,
                           strict: bool = True, extra: bool = True) -> Any:
        place = strict_tag(self.tables, tag, event)
        known = None if type is None else self.types(type)
        found = self.tagged(place['id'], event, inherit, latest,
                            package=package, known=known)
        builds = [tagged_build(self.tables, build, tagging, False)
                  for build, tagging in found]
        return [[dict(row) for build, _ in found for row in
                 self.tables.where('archives', 'build_id', build['id'])],
                builds]

    @export('get_archive')
    def getArchive(self, archive_id: Any, strict: bool = False) -> Any:
        found = self.tables.by_id('archives').get(number(archive_id))
        if found is None and strict:
            raise GenericError(f'No such archive: {archive_id}')
        return found and dict(found)

    @export('list_archives')
    def listArchives(self, buildID: Any = None, buildrootID: Any = None,
                     componentBuildrootID: Any = None, hostID: Any = None,
                     type: Any = None, filename: Any = None, size: Any = None,
                     checksum: Any = None, checksum_type: Any = None,
                     typeInfo: Any = None, queryOpts: Any = None,
                     imageID: Any = None, archiveID: Any = None,
                     strict: bool = False) -> Any:
        unanswered('listArchives', hostID=hostID, typeInfo=typeInfo,
                   imageID=imageID, componentBuildrootID=componentBuildrootID)
        rows: Iterable[Row] = self.tables.archives
        for column, value in [('build_id', buildID), ('btype', type),
                              ('buildroot_id', buildrootID),
                              ('filename', filename), ('size', size),
                              ('checksum', checksum), ('id', archiveID),
                              ('checksum_type', checksum_type)]:
            if value is not None:
                rows = among(rows, column, value)
        found = query([dict(row) for row in rows], queryOpts)
        if strict and not found:
            raise GenericError('No archives found.')
        return found

    @export('get_archive_types')
    def getArchiveTypes(self) -> Any:
        return [dict(row) for row in self.tables.archive_types]

    @export('get_archive_type')
    def getArchiveType(self, filename: Any = None, type_name: Any = None,
                       type_id: Any = None, strict: bool = False) -> Any:
        for row in self.tables.archive_types:
            endings = tuple('.' + each for each in row['extensions'].split())
            if (type_id == row['id'] or type_name == row['name']
                    or (filename and filename.endswith(endings))):
                return dict(row)
        if strict:
            raise GenericError('archive type not found')
        return None

    # Files

    @export('get_rpm_headers')
    def getRPMHeaders(self, rpmID: Any = None, taskID: Any = None,
                      filepath: Any = None, headers: Any = None,
                      strict: bool = False) -> Any:
        wanted = [] if headers is None else headers
        path = None
        if rpmID is not None:
            row = rpm_row(self.tables, rpmID, strict)
            if row is None:
                return {}
            build = joined(self.tables, strict_build(
                self.tables, row['build_id']))
            path = rpm_path(build, row)
        elif taskID is not None:
            if not filepath:
                raise GenericError('filepath must be specified with taskID')
            if filepath.startswith('/') or '../' in filepath:
                raise GenericError(f'Invalid filepath: {filepath}')
            path = f'work/{task_folder(taskID)}/{filepath}'
        else:
            raise GenericError('either rpmID or taskID and filepath must be'
                               ' specified')
        if self.world.files.size(path) is None:
            if strict:
                raise GenericError(f'Missing rpm file: /mnt/koji/{path}')
            return {}
        found = RPMFile(self.world.files.read(path)).headers
        return {name: found.get(name.upper()) for name in wanted}

    # Signatures

    @export('list_rpm_files')
    def listRPMFiles(self, rpmID: Any, queryOpts: Any = None) -> Any:
        # The hub reads the files of an RPM from its package. Packages on a
        # FakeHub are empty, and one that is not there has none either.
        rpm_row(self.tables, rpmID)
        return query([], queryOpts)

    @export('query_rpm_sigs')
    def queryRPMSigs(self, rpm_id: Any = None, sigkey: Any = None,
                     queryOpts: Any = None) -> Any:
        rows = [{name: row[name] for name in ('rpm_id', 'sigkey', 'sighash')}
                for row in self.tables.rpmsigs]
        if rpm_id is not None:
            found = rpm_row(self.tables, rpm_id)
            rows = [row for row in rows
                    if found and row['rpm_id'] == found['id']]
        if sigkey is not None:
            rows = [row for row in rows if row['sigkey'] == sigkey]
        return query(rows, queryOpts)

    @export('write_signed_rpm', perm='sign')
    def writeSignedRPM(self, an_rpm: Any, sigkey: Any, force: bool = False
                       ) -> None:
        row = self._rpm(an_rpm)
        if not self._signatures(row, sigkey):
            raise GenericError('No cached signature for package'
                               f' {self._nvra(row)}, key {sigkey}')
        build = joined(self.tables, strict_build(self.tables,
                                                 row['build_id']))
        path = rpm_path(build, row)
        if self.world.files.size(path) is not None:
            self.world.files.copy(path, rpm_path(build, row, sigkey))

    @export(perm='sign')
    def addRPMSig(self, an_rpm: Any, data: Any) -> None:
        row = self._rpm(an_rpm)
        try:
            header = b64decode(data)
        except ValueError as error:
            raise crash(f"<class 'binascii.Error'>: {error}") from error
        key = hashlib.sha256(header).hexdigest()[:8]
        self.sign(row, key, hashlib.md5(header).hexdigest())

    def sign(self, row: Row, sigkey: str, sighash: str) -> None:
        """Note a signature of an RPM."""
        self.world.add('rpmsigs', {'id': None, 'rpm_id': row['id'],
                                   'sigkey': sigkey, 'sighash': sighash})
        self.world.announce(
            'RPMSign', sigkey=sigkey, sighash=sighash, rpm=dict(row),
            build=joined(self.tables, strict_build(self.tables,
                                                   row['build_id'])))

    @export('delete_rpm_sig', perm='admin')
    def deleteRPMSig(self, rpminfo: Any, sigkey: Any = None,
                     all_sigs: bool = False) -> None:
        row = self._rpm(rpminfo)
        if all_sigs:
            sigkey = None
        elif sigkey is None:
            raise GenericError('No signature specified')
        found = self._signatures(row, sigkey)
        if not found:
            raise GenericError(f'{self._nvra(row)} has no matching signatures'
                               ' to delete')
        for each in found:
            self.world.remove('rpmsigs', each)

    def _rpm(self, info: Any) -> Row:
        row = rpm_row(self.tables, info, strict=True)
        assert row is not None
        return row

    def _signatures(self, row: Row, sigkey: Any) -> list[Row]:
        return [each for each in self.tables.where('rpmsigs', 'rpm_id',
                                                   row['id'])
                if sigkey in (None, each['sigkey'])]

    def _nvra(self, row: Row) -> str:
        return f'{nvr(row)}.{row["arch"]}'
