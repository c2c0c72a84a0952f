"""Paths of Koji's files below the topurl (koji, ``PathInfo``)."""
from __future__ import annotations

from typing import Any
from urllib.parse import quote

from txkoji.exceptions import DownloadError, UploadError

#: The volume whose name is not in the paths of its files.
DEFAULT = 'DEFAULT'


def normalize_path(path: str) -> str:
    """
    Remove empty and "." components from a path below the topurl.

    :raises DownloadError: if the path has a ".." component, has a control
                           character, or is empty.
    """
    parts = [part for part in path.split('/') if part not in ('', '.')]
    if '..' in parts or not parts or any(
            ord(each) < 32 or each == '\x7f' for each in path):
        raise DownloadError(f'{path!r} is not a path below the topurl')
    return '/'.join(parts)


def upload_path(path: str) -> str:
    """
    Remove empty and "." components from the path of a folder for an upload.

    :raises UploadError: if the path is absolute, has a ".." component, or is
                         empty.
    """
    parts = [part for part in path.split('/') if part not in ('', '.')]
    if '..' in parts or not parts or path.startswith('/'):
        raise UploadError(
            f'{path!r} is not a folder for an upload: the path must be'
            ' relative, without "..", and not empty', uploaded=0)
    return '/'.join(parts)


def file_url(connection: Any, path: str) -> str | None:
    """
    Make the URL of a file.

    :param path: the path below the topurl.
    :returns: None if the profile has no topurl.
    """
    topurl = getattr(connection, 'settings', None) and (
        connection.settings.topurl)
    return f'{topurl.rstrip("/")}/{quote(path)}' if topurl else None


def on_volume(volume: str | None, path: str) -> str:
    """
    Make the path of a file or a folder on a volume.

    :param volume: the name of the volume; None for the default one.
    :param path: the path on the default volume.
    """
    return path if volume in (None, DEFAULT) else f'vol/{volume}/{path}'


def build_path(build: dict[str, Any]) -> str:
    """
    Make the path of a build's folder.

    :param build: a row with the name, version, release and volume.
    """
    name = build.get('package_name') or build.get('name')
    return on_volume(
        build.get('volume_name'),
        f'packages/{name}/{build["version"]}/{build["release"]}')


def rpm_path(build: dict[str, Any], rpm: dict[str, Any],
             sigkey: str | None = None) -> str:
    """
    Make the path of an RPM.

    :param build: the row of the RPM's build.
    :param sigkey: the id of the key of a signed copy, as the hub spells the
                   id; None or "" for the unsigned RPM.
    """
    arch = rpm['arch']
    signed = f'data/signed/{sigkey}/' if sigkey else ''
    return (f'{build_path(build)}/{signed}{arch}/{rpm["name"]}-'
            f'{rpm["version"]}-{rpm["release"]}.{arch}.rpm')


def archive_path(build: dict[str, Any], archive: dict[str, Any]) -> str:
    """
    Make the path of an archive.

    :param build: the row of the archive's build.
    :param archive: a row of ``listArchives`` for one type of builds.
    """
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
    """Make the path of a file in the output of a task."""
    return on_volume(volume, f'work/{task_folder(task_id)}/{name}')


def task_folder(task_id: int) -> str:
    """Make the path of a task's folder, below the folder ``work``."""
    return f'tasks/{task_id % 10000}/{task_id}'


def scratch_path(user: str, task_id: int, name: str) -> str:
    """Make the path of a file of a scratch build."""
    return f'scratch/{user}/task_{task_id}/{name}'


def repo_path(tag: str, repo_id: int, dist: bool) -> str:
    """Make the path of a repository's folder."""
    return f'repos{"-dist" if dist else ""}/{tag}/{repo_id}'
