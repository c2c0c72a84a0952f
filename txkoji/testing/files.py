"""
The files of a FakeHub, and how they come to it.
"""
from __future__ import annotations

import hashlib
import os
import re
from typing import Any, Dict, List, Optional
from zlib import adler32

from txkoji.exceptions import GenericError

#: The volume that is meant where none is named.
DEFAULT = 'DEFAULT'


class Files:
    """
    Files by volume, folder and name, in memory or in a folder.

    :param folder: where they are kept; None for in memory.
    """

    def __init__(self, folder: Optional[str] = None) -> None:
        self._folder = folder
        self._memory: Dict[str, bytearray] = {}

    def size(self, path: str, volume: Optional[str] = None
             ) -> Optional[int]:
        """How large a file is; None if there is none."""
        key = _key(path, volume)
        if self._folder is not None:
            try:
                return os.stat(os.path.join(self._folder, key)).st_size
            except OSError:
                return None
        found = self._memory.get(key)
        return None if found is None else len(found)

    def read(self, path: str, volume: Optional[str] = None, offset: int = 0,
             size: int = -1) -> bytes:
        """
        Read a part of a file.

        :raises KeyError: if there is none.
        """
        key = _key(path, volume)
        if self._folder is not None:
            try:
                with open(os.path.join(self._folder, key), 'rb') as file:
                    file.seek(offset)
                    return file.read(size)
            except OSError:
                raise KeyError(key) from None
        found = self._memory[key]
        end = len(found) if size < 0 else offset + size
        return bytes(found[offset:end])

    def write(self, path: str, data: bytes, volume: Optional[str] = None,
              offset: int = 0) -> None:
        """Write a part of a file, and cut off what comes after it."""
        key = _key(path, volume)
        if self._folder is None:
            found = self._memory.setdefault(key, bytearray())
            found[offset:] = b''
            found.extend(bytes(offset - len(found)) + data)
            return
        full = os.path.join(self._folder, key)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'r+b' if os.path.exists(full) else 'w+b') as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(data)

    def names(self, path: str, volume: Optional[str] = None) -> List[str]:
        """The files in a folder and below it, by their names from there."""
        start = _key(path, volume) + '/'
        if self._folder is None:
            keys = list(self._memory)
        else:
            keys = [os.path.relpath(os.path.join(place, name), self._folder)
                    for place, _, names in os.walk(self._folder)
                    for name in names]
        return sorted(key[len(start):] for key in keys
                      if key.startswith(start))


def _key(path: str, volume: Optional[str]) -> str:
    """
    Where a file is kept.

    :raises GenericError: if it would be elsewhere.
    """
    parts = path.strip('/').split('/')
    if '..' in parts or not re.fullmatch(r'[\w.-]+', volume or DEFAULT):
        raise GenericError(f'Invalid upload directory: {path}')
    return '/'.join([volume or DEFAULT, *parts])


def task_folder(task_id: int) -> str:
    """Where the files of a task are (koji, ``PathInfo.taskrelpath``)."""
    return f'tasks/{task_id % 10000}/{task_id}'


def checksum(kind: str, data: bytes) -> str:
    """
    The checksum that a hub makes of an upload.

    :raises GenericError: if it does not know that kind.
    """
    if kind == 'adler32':
        return f'{adler32(data) & 0xffffffff:08x}'
    if kind in ('md5', 'sha1', 'sha256'):
        return hashlib.new(kind, data).hexdigest()
    raise GenericError(f'Unsupported verify type: {kind}')


def take_upload(files: Files, fields: Dict[str, str], data: bytes
                ) -> Dict[str, Any]:
    """
    Take a piece of a file that comes as it is, not in XML.

    :param fields: what the URL says of it.
    :returns: what the hub answers.
    :raises GenericError: if it does not take it.
    """
    offset = int(fields.get('offset', '0'))
    whole = f'{fields.get("filepath", "")}/{fields["filename"]}'
    volume = fields.get('volume')
    size = files.size(whole, volume)
    if offset == 0 and size is not None and not fields.get('overwrite'):
        raise GenericError(f'upload path exists: {whole}')
    if offset == -1:
        offset = size or 0
    files.write(whole, data, volume, offset)
    answer: Dict[str, Any] = {'size': len(data), 'offset': offset,
                              'fileverify': fields.get('fileverify', '')}
    if fields.get('fileverify'):
        answer['hexdigest'] = checksum(fields['fileverify'], data)
    return answer
