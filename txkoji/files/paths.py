"""
Where Koji keeps its files below the topurl (koji, ``PathInfo``).
"""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from txkoji.exceptions import DownloadError, UploadError

#: The volume whose name is not in the paths of its files.
DEFAULT = 'DEFAULT'


def below(path: str) -> str:
    """
    A path without what means nothing in it.

    :raises DownloadError: if it climbs out of its folder, or is none.
    """
    parts = [part for part in path.split('/') if part not in ('', '.')]
    if '..' in parts or not parts or any(
            ord(each) < 32 or each == '\x7f' for each in path):
        raise DownloadError(f'{path!r} is no path below the topurl')
    return '/'.join(parts)


def upload_path(path: str) -> str:
    """
    A folder of uploads, without what means nothing in its path.

    :raises UploadError: if it is not below the hub's folder for uploads.
    """
    parts = [part for part in path.split('/') if part not in ('', '.')]
    if '..' in parts or not parts or path.startswith('/'):
        raise UploadError(
            f'{path!r} is no place on the hub: it has to be relative, and'
            ' without ".."', uploaded=0)
    return '/'.join(parts)


def address(connection: Any, path: str) -> str | None:
    """
    The address of a file.

    :param path: where it is below the topurl.
    :returns: None if the profile has no topurl.
    """
    topurl = getattr(connection, 'settings', None) and (
        connection.settings.topurl)
    return f'{topurl.rstrip("/")}/{quote(path)}' if topurl else None


def on_volume(volume: str | None, path: str) -> str:
    """The path of what is on a volume."""
    return path if volume in (None, DEFAULT) else f'vol/{volume}/{path}'


def build_path(build: dict[str, Any]) -> str:
    """The folder of a build, by a row that says which it is."""
    name = build.get('package_name') or build.get('name')
    return on_volume(
        build.get('volume_name'),
        f'packages/{name}/{build["version"]}/{build["release"]}')


def rpm_path(build: dict[str, Any], rpm: dict[str, Any],
             sigkey: str | None = None) -> str:
    """
    The path of an RPM, or of its copy that is signed with a key, whose id is
    in the path as the hub has it.
    """
    arch = rpm['arch']
    signed = f'data/signed/{sigkey}/' if sigkey else ''
    return (f'{build_path(build)}/{signed}{arch}/{rpm["name"]}-'
            f'{rpm["version"]}-{rpm["release"]}.{arch}.rpm')


def archive_path(build: dict[str, Any], archive: dict[str, Any]) -> str:
    """The path of an archive, by a row that has what its type needs."""
    kind = archive['btype']
    folder = {'maven': 'maven', 'win': 'win', 'image': 'images'}.get(
        kind, f'files/{kind}')
    if kind == 'maven':
        group = archive['group_id'].replace('.', '/')
        folder += f'/{group}/{archive["artifact_id"]}/{archive["version"]}'
    elif kind == 'win' and archive.get('relpath'):
        folder += f'/{archive["relpath"]}'
    return f'{build_path(build)}/{folder}/{archive["filename"]}'


def task_path(task_id: int, name: str, volume: str | None = None) -> str:
    """The path of a file that a task has put out."""
    return on_volume(volume, f'work/{task_folder(task_id)}/{name}')


def task_folder(task_id: int) -> str:
    """The folder of a task's files, below that of what is worked on."""
    return f'tasks/{task_id % 10000}/{task_id}'


def scratch_path(user: str, task_id: int, name: str) -> str:
    """The path of a file of a scratch build."""
    return f'scratch/{user}/task_{task_id}/{name}'


def repo_path(tag: str, repo_id: int, dist: bool) -> str:
    """The folder of a repository."""
    return f'repos{"-dist" if dist else ""}/{tag}/{repo_id}'
