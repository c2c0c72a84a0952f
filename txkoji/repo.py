"""A repository of a tag, as `getRepo` and `repoInfo` give it."""
from __future__ import annotations

from datetime import datetime

from twisted.internet.defer import Deferred

from txkoji.files.file import File
from txkoji.files.paths import normalize_path, repo_path
from txkoji.resource import Resource, hub_of, id_of, time_of


class Repo(Resource):
    """A repository that packages are built with."""

    __slots__ = ()

    members = frozenset([
        'begin_event', 'begin_ts', 'create_event', 'create_ts',
        'creation_time', 'creation_ts', 'custom_opts', 'dist', 'end_event',
        'end_ts', 'id', 'opts', 'state', 'state_time', 'state_ts', 'tag_id',
        'tag_name', 'task_id', 'task_state'])
    page = 'repoinfo?repoID'

    @property
    def created(self) -> datetime | None:
        """When it was made, in UTC, or None."""
        return time_of(self, 'creation')

    def file(self, name: str) -> Deferred[File]:
        """
        A file of it.

        :param name: its path there, such as "x86_64/repodata/repomd.xml".
        :returns: a Deferred that fires with a `txkoji.files.File`.
        :raises DownloadError: if the path climbs out of the repository.
        """
        return Deferred.fromCoroutine(self._file(name))

    async def _file(self, name: str) -> File:
        tag, dist = self.tag_name, self.dist
        if tag is None:
            # Not all hub methods tell.
            whole = await hub_of(self).repoInfo(id_of(self), strict=True)
            tag, dist = whole.tag_name, whole.dist
        folder = repo_path(tag, id_of(self), bool(dist))
        return File(hub_of(self), f'{folder}/{normalize_path(name)}')
