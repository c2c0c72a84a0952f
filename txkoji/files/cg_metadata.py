"""
The metadata of a content generator's build, and its output files.

Koji's documentation describes the format, in "Content Generator Metadata".
"""
from __future__ import annotations

import copy
import json
import os
import posixpath
from collections.abc import Iterable, Mapping
from stat import S_ISREG
from typing import Any, NamedTuple

from txkoji.exceptions import KojiImportError
from txkoji.files.checksums import new_hash

#: A path of a file.
Path = str | os.PathLike[str]

#: The files, by their names in the metadata, or each with its own name.
Files = Mapping[str, Path] | Iterable[Path]

#: The checksum types that are compared before the upload.
CHECKSUM_TYPES = ('md5', 'sha256', 'adler32')

#: Bytes that are read at once.
BLOCK_SIZE = 2**20


class Output(NamedTuple):
    """
    An output file of the metadata, and the local file to upload.

    :ivar folder: the ``relpath``, which may be empty.
    :ivar name: the ``filename``.
    :ivar local: the path of the local file.
    :ivar size: bytes of the file, by the metadata.
    :ivar checksum_type: the type of the checksum, by the metadata.
    :ivar checksum: the checksum, by the metadata.
    """

    folder: str
    name: str
    local: str
    size: int
    checksum_type: Any
    checksum: Any


def read_metadata(metadata: Any) -> dict[str, Any]:
    """
    Copy the metadata, and check the members that an import needs.

    :param metadata: a dictionary, or JSON.
    :raises KojiImportError: if the metadata is malformed.
    """
    if isinstance(metadata, (str, bytes)):
        try:
            metadata = json.loads(metadata)
        except ValueError as error:
            raise KojiImportError(f'the metadata is not valid JSON: {error}'
                                  ) from None
    if not isinstance(metadata, Mapping):
        raise KojiImportError('the metadata is neither a dictionary nor the'
                              ' JSON of one')
    found = copy.deepcopy(dict(metadata))
    for name, kind in [('build', dict), ('buildroots', list),
                       ('output', list)]:
        if not isinstance(found.get(name), kind):
            raise KojiImportError(f'the metadata needs {name!r}, as a'
                                  f' {kind.__name__}')
    for name in ('name', 'version', 'release'):
        if not isinstance(found['build'].get(name), str):
            raise KojiImportError(f'the build of the metadata has no {name}')
    return found


def find_generator(metadata: dict[str, Any]) -> str:
    """
    Find the content generator that made all buildroots of the build.

    :raises KojiImportError: if there is none, or more than one.
    """
    names = set()
    for root in metadata['buildroots']:
        generator = root.get('content_generator') if isinstance(
            root, dict) else None
        if isinstance(generator, dict):
            names.add(generator.get('name'))
    if len(names) != 1 or None in names:
        raise KojiImportError(
            'the content generator is not clear: the buildroots of the'
            f' metadata name {sorted(map(str, names)) or "none"}; give the cg'
            ' argument')
    [name] = names
    return str(name)


def nvr_of(build: dict[str, Any]) -> str:
    """Join the name, version and release of a build."""
    return f'{build["name"]}-{build["version"]}-{build["release"]}'


def find_outputs(metadata: dict[str, Any], files: Files) -> list[Output]:
    """
    Match the output files of the metadata with the given files.

    :returns: the files to upload.
    :raises KojiImportError: if a file is missing, is not named by the
                             metadata, or is named twice.
    """
    given = _by_name(files)
    unused = set(given)
    outputs: dict[tuple[str, str], Output] = {}
    for row in metadata['output']:
        if not isinstance(row, dict) or not isinstance(row.get('filename'),
                                                       str):
            raise KojiImportError('an output of the metadata has no filename')
        folder, name = str(row.get('relpath') or ''), row['filename']
        if row.get('metadata_only'):
            # The file may be given, but is not uploaded.
            unused -= {name, posixpath.join(folder, name)}
            continue
        key = _key_of(folder, name, given)
        unused.discard(key)
        if (folder, name) in outputs:
            raise KojiImportError('the metadata names'
                                  f' {posixpath.join(folder, name)!r} twice')
        outputs[folder, name] = Output(
            folder, name, os.fspath(given[key]), row.get('filesize', 0),
            row.get('checksum_type'), row.get('checksum'))
    if unused:
        raise KojiImportError('the metadata does not name the file'
                              f' {min(unused)!r}')
    return list(outputs.values())


def _by_name(files: Files) -> dict[str, Path]:
    """Make a dictionary of the given files, by their names."""
    if isinstance(files, (str, bytes)):
        raise KojiImportError('files must be a list or a dictionary, not a'
                              ' single name')
    given: dict[str, Path] = {}
    for name, path in (files.items() if isinstance(files, Mapping) else
                       [(os.path.basename(path), path) for path in files]):
        if name in given:
            raise KojiImportError(f'there are two files {name!r}: give a'
                                  ' dictionary, by their names in the'
                                  ' metadata')
        given[name] = path
    return given


def _key_of(folder: str, name: str, given: dict[str, Path]) -> str:
    """
    Find the key of an output file among the given files.

    :raises KojiImportError: if the file is not given, or its path leads out of
                             the folder of the upload.
    """
    path = posixpath.join(folder, name)
    if '..' in folder.split('/') or folder.startswith('/') or (
            '/' in name or name in ('', '.', '..')):
        raise KojiImportError(f'{path!r} is not a valid path of an output')
    for key in (path, name):
        if key in given:
            return key
    raise KojiImportError(f'the file {name!r} of the metadata is not given')


def check_files(outputs: Iterable[Output]) -> None:
    """
    Compare local files with the sizes and checksums of the metadata.

    :raises OSError: if a file cannot be read.
    :raises KojiImportError: if a file differs.
    """
    for output in outputs:
        stat = os.stat(output.local)
        if not S_ISREG(stat.st_mode):
            # A pipe or a device may have no end.
            raise KojiImportError(f'{output.local!r} is not a regular file')
        with open(output.local, 'rb') as file:
            if stat.st_size != output.size:
                raise KojiImportError(
                    f'{output.local} has {stat.st_size} bytes; the metadata'
                    f' says {output.size}')
            digest = _digest(output.checksum_type, file)
            if digest is not None and digest != output.checksum:
                raise KojiImportError(
                    f'the {output.checksum_type} checksum of {output.local} is'
                    f' {digest}; the metadata says {output.checksum}')


def _digest(checksum_type: Any, file: Any) -> str | None:
    """Compute the checksum of a file; None for a type that the hub checks."""
    if checksum_type not in CHECKSUM_TYPES:
        return None
    hasher = new_hash(checksum_type)
    while True:
        data = file.read(BLOCK_SIZE)
        if not data:
            return str(hasher.hexdigest())
        hasher.update(data)
