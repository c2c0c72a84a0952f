"""The content of builds: files of builders and of content generators."""
from __future__ import annotations

import json
import posixpath
import secrets
from typing import Any

from txkoji import build_states
from txkoji.exceptions import GenericError, KojiException
from txkoji.files.checksums import KINDS
from txkoji.files.paths import archive_path, build_path, rpm_path
from txkoji.testing.builds import AGAIN, Builds
from txkoji.testing.lookups import build_of, crash, strict_user
from txkoji.testing.rows import build as joined, nvr
from txkoji.testing.rpmfile import RPMFile
from txkoji.testing.tables import Row, time_text
from txkoji.testing.uploads import TOPDIR
from txkoji.testing.world import World


class Content:
    """
    What is in the builds of a hub.

    :param world: where they are.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables
        self._files = world.files

    # By builders

    def import_rpm(self, build: Row, path: str, buildroot: Any = None
                   ) -> Row:
        """
        Make an uploaded RPM a part of a build.

        :raises GenericError: if it is none, or not there.
        """
        place = f'work/{path}'
        if self._files.size(place) is None:
            raise GenericError(f'No such file: {TOPDIR}/{place}')
        data = self._files.read(place)
        rpm = RPMFile(data)
        row = self._world.add('rpms', {
            'name': rpm.headers['NAME'], 'version': rpm.headers['VERSION'],
            'release': rpm.headers['RELEASE'], 'arch': rpm.arch,
            'epoch': rpm.headers.get('EPOCH'), 'draft': build['draft'],
            'payloadhash': rpm.payloadhash, 'size': len(data),
            'buildtime': rpm.headers['BUILDTIME'], 'build_id': build['id'],
            'buildroot_id': buildroot, 'external_repo_id': 0,
            'external_repo_name': 'INTERNAL', 'metadata_only': False,
            'extra': None})
        self._world.add('rpmsigs', {
            'id': None, 'rpm_id': row['id'], 'sigkey': '',
            'sighash': rpm.sighash})
        self._files.copy(place, rpm_path(build, row))
        return row

    def import_logs(self, build: Row, logs: Row) -> None:
        """Make uploaded logs a part of a build, by architecture."""
        for arch, paths in logs.items():
            for path in paths:
                name = posixpath.basename(path)
                self._files.copy(f'work/{path}', f'{build_path(build)}'
                                 f'/data/logs/{arch}/{name}')

    # By content generators

    def reserve(self, generator: Row, data: Row, user_id: int | None) -> Row:
        """Reserve a build; fails as `Builds.begin`."""
        for name in ('name', 'version', 'release'):
            member(data, name)
        old = build_of(self._tables, data['name'], data['version'],
                       data['release'])
        if old is not None and old['state'] == build_states.BUILDING \
                and not data.get('draft'):
            raise GenericError('Build is already reserved')
        row = Builds(self._world).begin({
            **{name: value for name, value in data.items()
               if name not in ('owner', 'state')},
            'owner': user_id, 'state': build_states.BUILDING,
            'cg_id': generator['id']}, user_id)
        token = secrets.token_hex(16)
        self._world.change(row, token=token)
        return {'build_id': row['id'], 'token': token}

    def refund(self, generator: Row, build_id: Any, token: Any, state: Any
               ) -> None:
        """Give a reserved build back."""
        row = self.reserved(build_id, token)
        if row['cg_id'] != generator['id']:
            raise GenericError(
                f'Build ID {build_id} is not reserved by this CG')
        if state not in AGAIN:
            raise GenericError('Only FAILED/CANCELED build states are allowed')
        self._world.change(row, token=None)
        Builds(self._world).set_state(row, state)

    def reserved(self, build_id: Any, token: Any) -> Row:
        """
        Get a build that is reserved.

        :raises GenericError: if it is not, or with another token.
        """
        row = self._tables.by_id('builds').get(build_id)
        if row is None:
            raise GenericError(f'No such build: {build_id}')
        if row['state'] != build_states.BUILDING:
            raise GenericError(f'Build ID {build_id} is not in BUILDING state')
        if token is None or row.get('token') != token:
            raise GenericError(f"Token doesn't match build ID {build_id}")
        return row

    def metadata(self, metadata: Any, directory: str) -> Row:
        """Get the metadata: itself, its JSON, or that in an uploaded file."""
        if isinstance(metadata, str) and metadata.endswith('.json'):
            path = posixpath.join('work', directory, metadata)
            if self._files.size(path) is None:
                raise _not_found(path)
            metadata = self._files.read(path).decode()
        if isinstance(metadata, str):
            metadata = json.loads(metadata)
        found: Row = metadata
        return found

    def import_build(self, metadata: Row, directory: str, token: Any,
                     generator: Row | None, user_id: int | None) -> Row:
        """
        Import a build.

        :raises GenericError: if its metadata or files are not right.
        """
        data = metadata['build']
        if not {'name', 'version', 'release'} <= set(data):
            raise GenericError('did not provide name, version, and release')
        roots = {root['id'] for root in metadata['buildroots']}
        for output in metadata['output']:
            if output['buildroot_id'] not in roots:
                raise GenericError('Missing buildroot metadata for id'
                                   f' {output["buildroot_id"]}')
            self._check(output, directory)
        begun: Row | None
        if data.get('build_id') is not None:
            row = self.reserved(data['build_id'], token)
            known = joined(self._tables, row)
            if nvr(known) != nvr(data):
                raise GenericError(f'Build ({row["id"]}) NVR is different')
            if known['epoch'] != data.get('epoch', known['epoch']):
                raise GenericError(f'Build ({row["id"]}) epoch is different')
            begun = {'completion_time': self._world.moment()}
        elif token is not None:
            raise GenericError('Reservation token given, but no build_id in'
                               ' metadata')
        else:
            row, begun = self._imported(user_id, generator, data)
        begun.update(source=data.get('source'), extra=_extra(data),
                     token=None)
        Builds(self._world).set_state(row, build_states.COMPLETE, **begun)
        build = joined(self._tables, row)
        for output in metadata['output']:
            self._keep(build, output, directory)
        self._world.announce('Import', type='cg', build=build,
                             metadata=metadata, directory=directory)
        return build

    def _imported(self, user_id: int | None, generator: Row | None,
                  data: Row) -> tuple[Row, Row]:
        """Get a new build, which nobody has reserved, and its times."""
        found = build_of(self._tables, data['name'], data['version'],
                         data['release'])
        if found is not None and found['state'] not in AGAIN:
            if self._world.version() < (1, 36):
                raise GenericError(
                    f'Build already exists: {joined(self._tables, found)!r}')
            raise GenericError(f'Build already exists: {nvr(data)}'
                               f' (id={found["id"]})')
        owner = user_id
        if data.get('owner') is not None:
            owner = strict_user(self._tables, data['owner'])['id']
        begun = {'start_time': time_text(member(data, 'start_time')),
                 'completion_time': time_text(member(data, 'end_time'))}
        row = Builds(self._world).begin({
            'name': data['name'], 'version': data['version'],
            'release': data['release'], 'epoch': data.get('epoch'),
            'task_id': data.get('task_id'), 'draft': data.get('draft'),
            'state': build_states.BUILDING, 'owner': owner,
            'cg_id': generator and generator['id']}, user_id)
        return row, begun

    def _check(self, output: Row, directory: str) -> None:
        if output.get('metadata_only'):
            return
        path, name = _place(output, directory), output['filename']
        size = self._files.size(path)
        if size is None:
            raise _not_found(path)
        if size != output['filesize']:
            raise GenericError(
                f'File size {size} for {name} (expected'
                f" {output['filesize']}) doesn't match. Corrupted upload?")
        found = self._files.checksum(output['checksum_type'], path)
        if found != output['checksum']:
            raise GenericError(f'File checksum mismatch for {name}:'
                               f' {output["checksum"]} != {found}')

    def _keep(self, build: Row, output: Row, directory: str) -> None:
        """Move a file to where it stays, and note what it is."""
        name, only = output['filename'], bool(output.get('metadata_only'))
        if output['type'] == 'log':
            path = f'{build_path(build)}/data/logs/./{name}'
        elif output['type'] == 'rpm':
            path = rpm_path(build, self._rpm(build, output))
        else:
            path = archive_path(build, self._archive(build, output))
        if not only:
            # The upload stays, too.
            self._files.copy(_place(output, directory), path)

    def _rpm(self, build: Row, output: Row) -> Row:
        package, arch, _ = output['filename'].rsplit('.', 2)
        parts = dict(zip(('name', 'version', 'release'),
                         package.rsplit('-', 2)), arch=arch)
        return self._world.add('rpms', {
            **parts, 'build_id': build['id'], 'size': output['filesize'],
            'payloadhash': output.get('payload_hash'),
            'draft': build['draft'], 'buildtime': None, 'buildroot_id': None,
            'external_repo_id': 0, 'external_repo_name': 'INTERNAL',
            'metadata_only': bool(output.get('metadata_only')),
            'epoch': output.get('epoch'), 'extra': output.get('extra')})

    def _archive(self, build: Row, output: Row) -> Row:
        extra = output.get('extra') or {}
        infos: Row = extra.get('typeinfo') or {
            name: extra[name] for name in self._tables.by_name('btypes')
            if name in extra} or {'image': None}
        kind = next(iter(infos))
        checksum = output['checksum_type']
        btype = self._tables.by_name('btypes').get(kind)
        known = [row for row in self._tables.where(
            'build_types', 'build_id', build['id']) if row['type'] == kind]
        if not known:
            self._world.add('build_types', {
                'id': None, 'build_id': build['id'], 'type': kind,
                'info': {}})
        return self._world.add('archives', {
            **self._type(output), 'btype': kind,
            'btype_id': btype and btype['id'], 'build_id': build['id'],
            'filename': output['filename'],
            'buildroot_id': output['buildroot_id'],
            'arch': output.get('arch'), 'checksum': output['checksum'],
            'size': output['filesize'],
            'checksum_type': (KINDS.index(checksum) if checksum in KINDS
                              else None),
            'extra': output.get('extra'),
            'metadata_only': bool(output.get('metadata_only')),
            **(infos[kind] or {})})

    def _type(self, output: Row) -> Row:
        """Get the type of an archive, by the end of its name."""
        for row in self._tables.archive_types:
            endings = str(row['extensions']).split()
            if output['filename'].endswith(
                    tuple('.' + ending for ending in endings)):
                return {'type_id': row['id'], 'type_name': row['name'],
                        'type_description': row['description'],
                        'type_extensions': row['extensions'],
                        'compression_type': row['compression_type']}
        return {'type_name': output['type'], 'type_id': None,
                'type_description': None, 'type_extensions': None,
                'compression_type': None}


def _place(output: Row, directory: str) -> str:
    """Where a file of an import was uploaded to."""
    return posixpath.join('work', directory, output.get('relpath') or '.',
                          output['filename'])


def _extra(data: Row) -> Any:
    """Get the extra of a build; that of an image has its type twice."""
    extra = data.get('extra')
    if extra and 'image' in extra:
        extra = {**extra, 'typeinfo': {'image': {},
                                       **(extra.get('typeinfo') or {})}}
    return extra


def member(data: Row, name: str) -> Any:
    """
    Get a member that the hub takes for granted.

    :raises KojiException: Python's error on the hub, if it is not there.
    """
    if name not in data:
        raise crash(f"<class 'KeyError'>: {name!r}")
    return data[name]


def _not_found(path: str) -> KojiException:
    """Python's error on the hub about a file that is not there."""
    return crash("<class 'FileNotFoundError'>: [Errno 2] No such file"
                 f" or directory: '{TOPDIR}/{path}'")
