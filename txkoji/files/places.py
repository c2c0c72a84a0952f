"""
Reading paths below the topurl: what a file or folder there belongs to.

The paths are those of `txkoji.files.paths`, read backwards.
"""
from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, NamedTuple

from txkoji.exceptions import DownloadError
from txkoji.files.paths import normalize_path, on_volume, task_folder
from txkoji.nvr import NVRA

#: A folder of a package, a build, a task or a repository, with the folders in
#: it; a package's file; or another file of a build or task.
Kind = Literal['package', 'build', 'rpm', 'log', 'archive', 'task', 'output',
               'repo']

#: The folders of a build that hold its archives.
ARCHIVES = ('images', 'maven', 'win', 'files')

#: Koji's ids are 32-bit columns.
MAX_ID = 2**31 - 1

#: The name of the link to the newest repository of a tag.
LATEST = 'latest'


class Place(NamedTuple):
    """
    A file or folder below the topurl.

    :ivar kind: what it is.
    :ivar path: its path, without the volume.
    :ivar volume: the name of its volume; None for the default.
    :ivar name: the name of the package, or of the tag.
    :ivar build: the name-version-release of the build.
    :ivar rpm: the name of the RPM.
    :ivar number: the id of the task or repository; None for the latest
                  repository.
    :ivar dist: whether the repository is a dist repository.
    """

    kind: Kind
    path: str
    volume: str | None = None
    name: str | None = None
    build: str | None = None
    rpm: NVRA | None = None
    number: int | None = None
    dist: bool = False

    @property
    def full_path(self) -> str:
        """The path with the volume."""
        return on_volume(self.volume, self.path)


def read_path(path: str) -> Place | None:
    """
    Read a path below the topurl.

    :param path: the path, with or without a slash at its end.
    :returns: a `Place`; None if Koji has no such path.
    """
    try:
        parts = normalize_path(path).split('/')
    except DownloadError:
        return None
    volume = None
    if parts[0] == 'vol' and len(parts) > 2:
        volume, parts = parts[1], parts[2:]
    read = _READERS.get(parts[0])
    place = None if read is None else read(parts, '/'.join(parts))
    return place if place is None else place._replace(volume=volume)


def _packages(parts: Sequence[str], path: str) -> Place | None:
    if len(parts) < 2:
        return None
    name = parts[1]
    if len(parts) < 4:
        return Place('package', path, name=name)
    place = Place('build', path, name=name, build='-'.join(parts[1:4]))
    rest = parts[4:]
    if rest[:2] == ['data', 'signed']:
        # The name of a key's folder is its id.
        rest = rest[3:]
    if len(rest) == 2 and rest[1].endswith('.rpm'):
        try:
            rpm = NVRA.parse(rest[1])
        except ValueError:
            return place
        return place._replace(kind='rpm', rpm=rpm)
    if not rest or '.' not in rest[-1]:
        return place
    if rest[:2] == ['data', 'logs']:
        return place._replace(kind='log')
    if rest[0] in ARCHIVES and len(rest) > 1:
        return place._replace(kind='archive')
    return place


def _work(parts: Sequence[str], path: str) -> Place | None:
    number = _number(parts[3]) if len(parts) > 3 else None
    if number is None or '/'.join(parts[1:4]) != task_folder(number):
        return None
    return Place('output' if len(parts) > 4 else 'task', path, number=number)


def _scratch(parts: Sequence[str], path: str) -> Place | None:
    number = (_number(parts[2].removeprefix('task_'))
              if len(parts) > 2 and parts[2].startswith('task_') else None)
    if number is None:
        return None
    return Place('output' if len(parts) > 3 else 'task', path, number=number)


def _repos(parts: Sequence[str], path: str) -> Place | None:
    if len(parts) < 3:
        return None
    number = _number(parts[2])
    if number is None and parts[2] != LATEST:
        return None
    return Place('repo', path, name=parts[1], number=number,
                 dist=parts[0] == 'repos-dist')


def _number(text: str) -> int | None:
    """Read an id; None for anything else."""
    if not (text.isascii() and text.isdecimal() and len(text) <= 10):
        return None
    return int(text) if int(text) <= MAX_ID else None


_READERS = {'packages': _packages, 'work': _work, 'scratch': _scratch,
            'repos': _repos, 'repos-dist': _repos}
