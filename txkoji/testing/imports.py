"""
How content generators import builds into a FakeHub.
"""
from __future__ import annotations

import json
import posixpath
import secrets
from datetime import datetime, timezone
from typing import Any, Callable, Dict, List, Optional, Union

from txkoji import build_states
from txkoji.checksums import KINDS
from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.paths import archive_path, build_path, rpm_path
from txkoji.testing.files import Files
from txkoji.testing.tables import Row, Tables, columns


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
        self._tokens: Dict[int, str] = {}

    def CGInitBuild(self, user_id: Optional[int], cg: Union[int, str],
                    data: Row) -> Row:
        generator = self._generator(user_id, cg)
        row = self._new_build(user_id, generator, data)
        token = self._tokens[row['id']] = secrets.token_hex(16)
        return {'build_id': row['id'], 'token': token}

    def CGRefundBuild(self, user_id: Optional[int], cg: Union[int, str],
                      build_id: int, token: str,
                      state: int = build_states.FAILED) -> None:
        generator = self._generator(user_id, cg)
        row = self._reserved(build_id, token)
        if row['cg_id'] != generator['id'] or state not in (
                build_states.FAILED, build_states.CANCELED):
            raise GenericError(f'build {build_id} cannot be refunded so')
        row['state'] = state
        row['completion_time'] = self._time()
        del self._tokens[build_id]

    def CGImport(self, user_id: Optional[int], metadata: Any, directory: str,
                 token: Optional[str] = None) -> Row:
        if isinstance(metadata, str):
            metadata = json.loads(metadata)
        if metadata.get('metadata_version') != 0:
            raise GenericError('Unknown metadata version: '
                               f'{metadata.get("metadata_version")}')
        generators = [self._generator(
            user_id, root['content_generator']['name'])
            for root in metadata['buildroots']]
        for output in metadata['output']:
            self._check(output, directory)
        data = metadata['build']
        if data.get('build_id') is not None:
            row = self._reserved(data['build_id'], token)
        else:
            row = self._new_build(user_id, generators[0], data)
        self._tokens.pop(row['id'], None)
        row['state'] = build_states.COMPLETE
        row['start_time'] = self._time(data.get('start_time'))
        row['completion_time'] = self._time(data.get('end_time'))
        row['source'], row['extra'] = data.get('source'), data.get('extra')
        build = self._tables.build(row)
        for output in metadata['output']:
            self._keep(build, output, directory)
        return build

    def _check(self, output: Row, directory: str) -> None:
        if output.get('metadata_only'):
            return
        path, name = _place(output, directory), output['filename']
        size = self._files.size(path)
        if size is None:
            raise GenericError(f'No such file: {path}')
        if size != output['filesize']:
            raise GenericError(
                f'File size {size} for {name} (expected'
                f" {output['filesize']}) doesn't match. Corrupted upload?")
        found = self._files.checksum(output['checksum_type'], path)
        if found != output['checksum']:
            raise GenericError(f'File checksum mismatch for {name}:'
                               f' {found} != {output["checksum"]}')

    def _keep(self, build: Row, output: Row, directory: str) -> None:
        """Move a file to where it stays, and note what it is."""
        name, only = output['filename'], bool(output.get('metadata_only'))
        if output['type'] == 'log':
            path = f'{build_path(build)}/data/logs/{name}'
        elif output['type'] == 'rpm':
            nvr, arch, _ = name.rsplit('.', 2)
            row = dict(zip(('name', 'version', 'release'),
                           nvr.rsplit('-', 2)), arch=arch)
            path = rpm_path(build, row)
            self._add('rpms', {
                **row, 'build_id': build['id'], 'size': output['filesize'],
                'payloadhash': output.get('payload_hash'), 'draft': False,
                'external_repo_id': 0, 'external_repo_name': 'INTERNAL',
                'metadata_only': only, 'epoch': output.get('epoch')})
        else:
            kinds: List[str] = list((output.get('extra') or {}).get(
                'typeinfo', {'image': None}))
            kind = output['checksum_type']
            row = {
                'btype': kinds[0], 'build_id': build['id'], 'filename': name,
                'checksum': output['checksum'], 'size': output['filesize'],
                'checksum_type': KINDS.index(kind) if kind in KINDS else None,
                'extra': output.get('extra'), 'metadata_only': only,
                'type_name': output['type'], **(
                    (output.get('extra') or {}).get('typeinfo', {}).get(
                        kinds[0]) or {})}
            path = archive_path(build, row)
            self._add('archives', row)
        if not only:
            self._files.move(_place(output, directory), path)

    def _generator(self, user_id: Optional[int], cg: Union[int, str]) -> Row:
        """The content generator, if the user may act as that."""
        if user_id is None:
            raise ActionNotAllowed('you must be logged in for this operation')
        found = self._tables.find('cgs', cg)
        if found is None:
            raise GenericError(f'No such content generator: {cg!r}')
        name = self._tables.name('users', user_id)
        if name not in found['users']:
            raise ActionNotAllowed(f'{name} may not act as the content'
                                   f' generator {cg}')
        return found

    def _reserved(self, build_id: int, token: Optional[str]) -> Row:
        if token is None or self._tokens.get(build_id) != token:
            raise GenericError(f"Token doesn't match build ID {build_id}")
        return next(row for row in self._tables.builds
                    if row['id'] == build_id)

    def _new_build(self, user_id: Optional[int], generator: Row, data: Row
                   ) -> Row:
        package = self._tables.find('packages', data['name'])
        if package is None:
            package = self._add('packages', {'name': data['name']})
        for row in self._tables.builds:
            if (row['package_id'], row['version'], row['release']) == (
                    package['id'], data['version'], data['release']):
                if row['state'] not in (build_states.FAILED,
                                        build_states.CANCELED):
                    raise GenericError(
                        f'Build already exists (id={row["id"]},'
                        f' state={build_states.to_str(row["state"])}):'
                        f' {data!r}')
                self._tables.builds.remove(row)
                break
        now = self._time()
        event = self._add('events', {'ts': self._now()})
        return self._add('builds', {
            'package_id': package['id'], 'version': data['version'],
            'release': data['release'], 'epoch': data.get('epoch'),
            'state': build_states.BUILDING, 'draft': bool(data.get('draft')),
            'owner_id': user_id, 'creation_event_id': event['id'],
            'creation_time': now, 'start_time': now, 'volume_id': 0,
            'cg_id': generator['id']})

    def _add(self, table: str, row: Row) -> Row:
        """Add a row, with all columns and an id of its own."""
        rows = getattr(self._tables, table)
        number = max((each['id'] for each in rows), default=0) + 1
        whole = {**dict.fromkeys(columns(table)), **row, 'id': number}
        rows.append(whole)
        self._tables.refresh()
        return whole

    def _time(self, seconds: Optional[float] = None) -> str:
        """A time as the hub's database gives it; None for now."""
        return datetime.fromtimestamp(
            self._now() if seconds is None else seconds,
            timezone.utc).isoformat(' ')


def _place(output: Row, directory: str) -> str:
    """Where a file of an import was uploaded to."""
    return posixpath.join('work', directory, output.get('relpath') or '',
                          output['filename'])
