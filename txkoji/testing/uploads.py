"""How files are uploaded to a FakeHub."""
from __future__ import annotations

from base64 import b64decode
from typing import Any

from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing.files import VOLUMES, checksum, hash_of
from txkoji.testing.tables import Row
from txkoji.testing.world import World

#: The topdir of the hub, as it shows in the texts of its faults.
TOPDIR = '/mnt/koji'


class Uploads:
    """
    The hub methods about uploads, and raw uploads.

    They take the id of the caller before the hub's own parameters; None for an
    anonymous call.

    :param world: what is uploaded goes to its files, below ``work``.
    """

    def __init__(self, world: World) -> None:
        self._tables = world.tables
        self._files = world.files
        self._now = world.now
        self._version = world.version
        self._owners = world.owners

    def take(self, user_id: int | None, fields: dict[str, str],
             data: bytes) -> Row:
        """
        Take a raw upload: a piece of a file as it is, not in XML.

        :param fields: the query of the URL.
        :returns: the hub's answer.
        :raises GenericError: if the hub refuses it.
        """
        if user_id is None:
            raise ActionNotAllowed('you must be logged-in to upload a file')
        offset = int(fields.get('offset', '0'))
        volume = fields.get('volume')
        path = self._place(fields.get('filepath', ''), fields['filename'],
                           volume)
        self._own(user_id, fields.get('filepath', ''), volume)
        size = self._files.size(path, volume)
        if offset == 0 and size is not None and not fields.get('overwrite'):
            raise GenericError(f'upload path exists: {TOPDIR}/{path}')
        if offset == -1:
            offset = size or 0
        end = offset + len(data)
        if size is not None and end < size and not fields.get('overwrite') \
                and self._version() >= (1, 36):
            data_after = self._files.read(path, volume, end)
            self._files.write(path, data + data_after, volume, offset)
            raise GenericError('Incorrect upload length')
        self._files.write(path, data, volume, offset)
        answer: Row = {'size': len(data), 'offset': offset,
                       'fileverify': fields.get('fileverify', '')}
        if fields.get('fileverify'):
            answer['hexdigest'] = checksum(fields['fileverify'], data)
        return answer

    def uploadFile(self, user_id: int | None, path: str, name: str,
                   size: int | str, md5sum: Any,
                   offset: int | str, data: str,
                   volume: str | None = None, checksum: Any = None
                   ) -> bool:
        """Take a chunk of a file."""
        if user_id is None:
            raise ActionNotAllowed('you must be logged in for this operation')
        whole = self._place(path, name, volume)
        self._own(user_id, path, volume)
        contents, length, start = b64decode(data), int(size), int(offset)
        kind, digest = _verification(md5sum if checksum is None else checksum)
        if start == -1:
            return self._end(whole, volume, contents, length, kind, digest)
        if length != len(contents) or digest != _digest(kind, contents):
            return False
        if (start == 0 and self._files.size(whole, volume) is not None
                and not name.endswith('.log')):
            raise GenericError(f'file already exists: {TOPDIR}/{whole}')
        self._files.write(whole, contents, volume, start)
        return True

    def _end(self, path: str, volume: str | None, data: bytes, size: int,
             kind: str, digest: Any) -> bool:
        """Append, cut the file to its size, and only then compare it."""
        there = self._files.size(path, volume) or 0
        self._files.write(path, data, volume, there)
        if size < there + len(data):
            self._files.write(path, b'', volume, size)
        found = self._files.checksum(kind, path, volume) if kind else None
        return self._files.size(path, volume) == size and digest == found

    def checkUpload(self, user_id: int | None, path: str, name: str,
                    verify: str | None = None, tail: int | None = None,
                    volume: str | None = None) -> Row | None:
        """Tell size and checksum of an uploaded file."""
        whole = self._place(path, name, volume)
        size = self._files.size(whole, volume)
        if size is None:
            return None
        answer: Row = {'size': size, 'mtime': self._now()}
        if verify:
            hash_of(verify)
            if tail is not None and tail < 0:
                raise GenericError(f'Invalid tail value: {tail}')
            start = 0 if tail is None else max(0, size - tail)
            answer['sumlength'] = size - start
            answer['hexdigest'] = self._files.checksum(verify, whole, volume,
                                                       start)
        return answer

    def _place(self, path: str, name: str, volume: str | None) -> str:
        """
        Get the path of an upload.

        :raises GenericError: if it is not below the folder of uploads, or
                              there is no such volume.
        """
        if not path or '..' in path.split('/') or path.startswith('/'):
            raise GenericError(f'Invalid upload directory: {path}')
        if volume is not None and volume not in VOLUMES and (
                self._tables.find('volumes', volume) is None):
            raise GenericError(f'No such entry in table volume: {volume}')
        return f'work/{path}/{name}'

    def _own(self, user_id: int, path: str, volume: str | None) -> None:
        """
        Let a folder be a user's.

        :raises GenericError: if it is somebody else's.
        """
        folder = '/'.join(part for part in path.split('/')
                          if part not in ('', '.'))
        if self._owners.setdefault((volume, folder), user_id) != user_id:
            raise GenericError(
                f'Invalid upload directory, not owner: {path}')


def _verification(given: Any) -> tuple[str, Any]:
    """Get the kind of a checksum and its digest; empty for None."""
    if given is None:
        return '', None
    if isinstance(given, str):
        return 'md5', given
    kind, digest = given
    return kind, digest


def _digest(kind: str, data: bytes) -> str | None:
    return checksum(kind, data) if kind else None

