"""
How content generators import builds into a FakeHub.
"""
from __future__ import annotations

import json
import posixpath
import secrets
from collections.abc import Callable
from datetime import datetime, timezone
from typing import Any

from txkoji import build_states
from txkoji.exceptions import AuthError, GenericError, KojiException
from txkoji.files.checksums import KINDS
from txkoji.files.paths import archive_path, build_path, rpm_path
from txkoji.testing.files import Files
from txkoji.testing.methods.base import nvr
from txkoji.testing.tables import Row, Tables, columns
from txkoji.testing.uploads import TOPDIR

#: The states of builds that may be made again, under the same id.
FREE = (build_states.FAILED, build_states.CANCELED)


class Imports:
    """
    The hub methods about content generators. They need to know whose call it
    is, and so take the id of that user before the hub's own parameters.

    :param tables: what they know.
    :param files: where what was uploaded is, and what is imported goes.
    :param now: gives the hub's time.
    """

    NAMES = ('CGImport', 'CGInitBuild', 'CGRefundBuild')

    def __init__(self, tables: Tables, files: Files, now: Callable[[], float]
                 ) -> None:
        self._tables = tables
        self._files = files
        self._now = now
        self._tokens: dict[int, str] = {}

    def CGInitBuild(self, user_id: int | None, cg: int | str,
                    data: Row) -> Row:
        generator = self._generator(user_id, cg)
        for name in ('name', 'version', 'release'):
            _member(data, name)
        found = self._existing(data)
        if found is not None and found['state'] == build_states.BUILDING:
            raise GenericError('Build is already reserved')
        row = self._new_build(user_id, generator, data)
        token = self._tokens[row['id']] = secrets.token_hex(16)
        return {'build_id': row['id'], 'token': token}

    def CGRefundBuild(self, user_id: int | None, cg: int | str,
                      build_id: int, token: str,
                      state: int = build_states.FAILED) -> None:
        generator = self._generator(user_id, cg)
        row = self._reserved(build_id, token)
        if row['cg_id'] != generator['id']:
            raise GenericError(
                f'Build ID {build_id} is not reserved by this CG')
        if state not in (build_states.FAILED, build_states.CANCELED):
            raise GenericError('Only FAILED/CANCELED build states are allowed')
        row['state'] = state
        row['completion_time'] = self._time()
        del self._tokens[build_id]

    def CGImport(self, user_id: int | None, metadata: Any, directory: str,
                 token: str | None = None) -> Row:
        _check_user(user_id)
        metadata = self._metadata(metadata, directory)
        data = metadata['build']
        if metadata.get('metadata_version') != 0:
            raise GenericError('No such metadata version: '
                               f'{metadata.get("metadata_version")}')
        if not {'name', 'version', 'release'} <= set(data):
            raise GenericError('did not provide name, version, and release')
        generators = [self._buildroot(user_id, root)
                      for root in metadata['buildroots']]
        roots = {root['id'] for root in metadata['buildroots']}
        for output in metadata['output']:
            if output['buildroot_id'] not in roots:
                raise GenericError('Missing buildroot metadata for id'
                                   f' {output["buildroot_id"]}')
            self._check(output, directory)
        if data.get('build_id') is not None:
            row = self._reserved(data['build_id'], token)
            row['completion_time'] = self._time()
        else:
            row = self._imported(user_id, generators[0], data)
        self._tokens.pop(row['id'], None)
        row['state'] = build_states.COMPLETE
        row['source'], row['extra'] = data.get('source'), _extra(data)
        build = self._tables.build(row)
        for output in metadata['output']:
            self._keep(build, output, directory)
        return build

    def _metadata(self, metadata: Any, directory: str) -> Row:
        """The metadata: itself, its JSON, or that in an uploaded file."""
        if isinstance(metadata, str) and metadata.endswith('.json'):
            path = posixpath.join('work', directory, metadata)
            if self._files.size(path) is None:
                raise _not_found(path)
            metadata = self._files.read(path).decode()
        if isinstance(metadata, str):
            metadata = json.loads(metadata)
        found: Row = metadata
        return found

    def _buildroot(self, user_id: int | None, root: Row) -> Row:
        """The content generator of a buildroot, which has to be described."""
        generator = _member(root, 'content_generator')
        found = self._generator(user_id, _member(generator, 'name'))
        _member(generator, 'version')
        for kind, names in [('host', ('os', 'arch')),
                            ('container', ('type', 'arch'))]:
            described = _member(root, kind)
            for name in names:
                _member(described, name)
        return found

    def _imported(self, user_id: int | None, generator: Row, data: Row
                  ) -> Row:
        """A new build, which nobody has reserved."""
        found = self._existing(data)
        if found is not None and found['state'] not in FREE:
            raise GenericError(f'Build already exists: {nvr(data)}'
                               f' (id={found["id"]})')
        row = self._new_build(user_id, generator, data)
        if data.get('owner') is not None:
            owner = self._tables.find('users', data['owner'])
            if owner is None:
                raise GenericError(f'No such user: {data["owner"]!r}')
            row['owner_id'] = owner['id']
        row['start_time'] = self._time(_member(data, 'start_time'))
        row['completion_time'] = self._time(_member(data, 'end_time'))
        return row

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
            path = f'{build_path(build)}/data/logs/{name}'
        elif output['type'] == 'rpm':
            package, arch, _ = name.rsplit('.', 2)
            row = dict(zip(('name', 'version', 'release'),
                           package.rsplit('-', 2)), arch=arch)
            path = rpm_path(build, row)
            self._add('rpms', {
                **row, 'build_id': build['id'], 'size': output['filesize'],
                'payloadhash': output.get('payload_hash'), 'draft': False,
                'external_repo_id': 0, 'external_repo_name': 'INTERNAL',
                'metadata_only': only, 'epoch': output.get('epoch')})
        else:
            kinds: list[str] = list((output.get('extra') or {}).get(
                'typeinfo', {'image': None}))
            kind = output['checksum_type']
            row = {
                **self._type(kinds[0], output),
                'btype': kinds[0], 'build_id': build['id'], 'filename': name,
                'buildroot_id': output['buildroot_id'],
                'arch': output.get('arch'),
                'checksum': output['checksum'], 'size': output['filesize'],
                'checksum_type': KINDS.index(kind) if kind in KINDS else None,
                'extra': output.get('extra'), 'metadata_only': only, **(
                    (output.get('extra') or {}).get('typeinfo', {}).get(
                        kinds[0]) or {})}
            path = archive_path(build, row)
            self._add('archives', row)
        if not only:
            # The upload stays, too.
            self._files.copy(_place(output, directory), path)

    def _type(self, kind: str, output: Row) -> Row:
        """
        What is said of the type of an archive, which the hub knows by the
        end of its name: as of another archive of the same.
        """
        for row in self._tables.archives:
            endings = str(row.get('type_extensions') or '').split()
            if row['btype'] == kind and output['filename'].endswith(
                    tuple('.' + ending for ending in endings)):
                return {name: row[name] for name in (
                    'btype_id', 'compression_type', 'type_description',
                    'type_extensions', 'type_id', 'type_name')}
        return {'type_name': output['type']}

    def _generator(self, user_id: int | None, cg: int | str) -> Row:
        """The content generator, if the user may act as that."""
        _check_user(user_id)
        found = self._tables.find('cgs', cg)
        if found is None:
            raise GenericError('No such entry in table content_generator:'
                               f' {cg}')
        if self._tables.name('users', user_id) not in found['users']:
            raise AuthError(f'Content generator access required ({cg})')
        return found

    def _reserved(self, build_id: int, token: str | None) -> Row:
        """
        A build that is reserved.

        :raises GenericError: if it is not, or with another token.
        """
        rows = [row for row in self._tables.builds if row['id'] == build_id]
        if not rows:
            raise GenericError(f'No such build: {build_id}')
        if rows[0]['state'] != build_states.BUILDING:
            raise GenericError(f'Build ID {build_id} is not in BUILDING state')
        if token is None or self._tokens.get(build_id) != token:
            raise GenericError(f"Token doesn't match build ID {build_id}")
        return rows[0]

    def _existing(self, data: Row) -> Row | None:
        """The build of a name, version and release, if there is one."""
        package = self._tables.find('packages', data['name'])
        for row in self._tables.builds:
            if package is not None and (
                    row['package_id'], row['version'], row['release']) == (
                    package['id'], data['version'], data['release']):
                return row
        return None

    def _new_build(self, user_id: int | None, generator: Row, data: Row
                   ) -> Row:
        """
        Begin a build, anew if it has failed before.

        :raises GenericError: if there is one that has not.
        """
        package = self._tables.find('packages', data['name'])
        if package is None:
            package = self._add('packages', {'name': data['name']})
        old = self._existing(data)
        if old is not None and old['state'] not in FREE:
            said = {**data, 'owner': user_id, 'state': build_states.BUILDING,
                    'completion_time': None, 'cg_id': generator['id'],
                    'epoch': data.get('epoch'), 'pkg_id': package['id'],
                    'extra': None, 'start_time': 'NOW', 'source': None,
                    'task_id': data.get('task_id'), 'volume_id': 0,
                    'draft': bool(data.get('draft'))}
            raise GenericError(
                f'Build already exists (id={old["id"]},'
                f' state={build_states.to_str(old["state"])}): {said!r}')
        now = self._time()
        event = self._add('events', {'ts': self._now()})
        begun = {
            'package_id': package['id'], 'version': data['version'],
            'release': data['release'], 'epoch': data.get('epoch'),
            'state': build_states.BUILDING, 'draft': bool(data.get('draft')),
            'owner_id': user_id, 'creation_event_id': event['id'],
            'creation_time': now, 'start_time': now, 'completion_time': None,
            'volume_id': 0, 'cg_id': generator['id'],
            'task_id': data.get('task_id')}
        if old is not None:
            # It keeps its id.
            old.update(begun)
            return old
        return self._add('builds', begun)

    def _add(self, table: str, row: Row) -> Row:
        """Add a row, with all columns and an id of its own."""
        rows = getattr(self._tables, table)
        number = max((each['id'] for each in rows), default=0) + 1
        whole = {**dict.fromkeys(columns(table)), **row, 'id': number}
        rows.append(whole)
        self._tables.refresh()
        return whole

    def _time(self, seconds: float | None = None) -> str:
        """A time as the hub's database gives it; None for now."""
        return datetime.fromtimestamp(
            self._now() if seconds is None else seconds,
            timezone.utc).isoformat(' ')


def _place(output: Row, directory: str) -> str:
    """Where a file of an import was uploaded to."""
    return posixpath.join('work', directory, output.get('relpath') or '.',
                          output['filename'])


def _extra(data: Row) -> Any:
    """The extra of a build; of an image, its type is in it in both ways."""
    extra = data.get('extra')
    if extra and 'image' in extra:
        extra = {**extra, 'typeinfo': {'image': {},
                                       **(extra.get('typeinfo') or {})}}
    return extra


def _check_user(user_id: int | None) -> None:
    """
    Refuse anonymous calls.

    :raises AuthError: if it is one.
    """
    if user_id is None:
        raise AuthError('Not logged-in')


def _member(data: Row, name: str) -> Any:
    """
    A member that the hub takes for granted.

    :raises KojiException: Python's error on the hub, if it is not there.
    """
    if name not in data:
        raise KojiException(f"<class 'KeyError'>: {name!r}", faultCode=1)
    return data[name]


def _not_found(path: str) -> KojiException:
    """Python's error on the hub about a file that is not there."""
    return KojiException("<class 'FileNotFoundError'>: [Errno 2] No such file"
                         f" or directory: '{TOPDIR}/{path}'", faultCode=1)
