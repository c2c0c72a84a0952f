"""
The metadata of a content generator's build, and the files that it describes.

The metadata is that of Koji's documentation, "Content Generator Metadata".
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

Path = str | os.PathLike[str]

#: The files, by their names in the metadata, or each with its own name.
Files = Mapping[str, Path] | Iterable[Path]

#: Bytes that are read at once.
PIECE = 2**20


class Output(NamedTuple):
    """A file that the metadata describes."""

    folder: str
    name: str
    local: str
    size: int
    kind: Any
    checksum: Any


def read_metadata(metadata: Any) -> dict[str, Any]:
    """The metadata, as a copy of our own, if it has what it needs."""
    if isinstance(metadata, (str, bytes)):
        try:
            metadata = json.loads(metadata)
        except ValueError as error:
            raise KojiImportError(f'the metadata is no JSON: {error}'
                                  ) from None
    if not isinstance(metadata, Mapping):
        raise KojiImportError('the metadata is no dictionary, nor its JSON')
    found = copy.deepcopy(dict(metadata))
    for name, kind in [('build', dict), ('buildroots', list),
                       ('output', list)]:
        if not isinstance(found.get(name), kind):
            raise KojiImportError(f'the metadata has no {name!r}, or not as a'
                                  f' {kind.__name__}')
    for name in ('name', 'version', 'release'):
        if not isinstance(found['build'].get(name), str):
            raise KojiImportError(f'the build of the metadata has no {name}')
    return found


def find_generator(metadata: dict[str, Any]) -> str:
    """The content generator that made the build, if it was one."""
    names = set()
    for root in metadata['buildroots']:
        generator = root.get('content_generator') if isinstance(
            root, dict) else None
        if isinstance(generator, dict):
            names.add(generator.get('name'))
    if len(names) != 1 or None in names:
        raise KojiImportError(
            'which content generator it is has to be said: the buildroots of'
            f' the metadata name {sorted(map(str, names)) or "none"}')
    [name] = names
    return str(name)


def nvr_of(build: dict[str, Any]) -> str:
    return f'{build["name"]}-{build["version"]}-{build["release"]}'


def find_outputs(metadata: dict[str, Any], files: Files) -> list[Output]:
    """The files that are to be uploaded: each that is named, and no other."""
    if isinstance(files, (str, bytes)):
        raise KojiImportError('files are a list, or a dictionary by name')
    given: dict[str, Path] = {}
    for name, path in (files.items() if isinstance(files, Mapping) else
                       [(os.path.basename(path), path) for path in files]):
        if name in given:
            raise KojiImportError(f'there are two files {name!r}: give a'
                                  ' dictionary, by their names in the'
                                  ' metadata')
        given[name] = path
    unnamed = set(given)
    outputs = []
    places = set()
    for row in metadata['output']:
        if not isinstance(row, dict) or not isinstance(row.get('filename'),
                                                       str):
            raise KojiImportError('an output of the metadata has no filename')
        folder, name = str(row.get('relpath') or ''), row['filename']
        if row.get('metadata_only'):
            unnamed -= {name, posixpath.join(folder, name)}
            continue
        if '..' in folder.split('/') or folder.startswith('/') or (
                '/' in name or name in ('', '.', '..')):
            raise KojiImportError(f'{posixpath.join(folder, name)!r} is no'
                                  ' place for a file')
        keys = [key for key in (posixpath.join(folder, name), name)
                if key in given]
        if not keys:
            raise KojiImportError(f'the file {name!r} of the metadata is not'
                                  ' given')
        unnamed.discard(keys[0])
        if (folder, name) in places:
            raise KojiImportError('the metadata names'
                                  f' {posixpath.join(folder, name)!r} twice')
        places.add((folder, name))
        outputs.append(Output(
            folder, name, os.fspath(given[keys[0]]), row.get('filesize', 0),
            row.get('checksum_type'), row.get('checksum')))
    if unnamed:
        raise KojiImportError('the metadata does not name the file'
                              f' {min(unnamed)!r}')
    return outputs


def compare(outputs: Iterable[Output]) -> None:
    """
    Compare files with what the metadata says of them.

    :raises OSError: if one cannot be read.
    :raises KojiImportError: if one differs.
    """
    for output in outputs:
        stat = os.stat(output.local)
        if not S_ISREG(stat.st_mode):
            # Others may have no end.
            raise KojiImportError(f'{output.local!r} is no file')
        with open(output.local, 'rb') as file:
            if stat.st_size != output.size:
                raise KojiImportError(
                    f'{output.local} has {stat.st_size} bytes; the metadata'
                    f' says {output.size}')
            digest = _digest(output.kind, file)
            if digest is not None and digest != output.checksum:
                raise KojiImportError(
                    f'the {output.kind} checksum of {output.local} is'
                    f' {digest}; the metadata says {output.checksum}')


def _digest(kind: Any, file: Any) -> str | None:
    """The checksum of a file; None for a kind that is the hub's to judge."""
    if kind not in ('md5', 'sha256', 'adler32'):
        return None
    made = new_hash(kind)
    while True:
        data = file.read(PIECE)
        if not data:
            return str(made.hexdigest())
        made.update(data)
