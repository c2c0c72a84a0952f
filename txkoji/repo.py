"""`Repo`, as ``getRepo`` and ``repoInfo`` give it."""
from __future__ import annotations

from datetime import datetime

from twisted.internet.defer import Deferred

from txkoji.files.file import File
from txkoji.files.paths import normalize_path, repo_path
from txkoji.resource import Resource, hub_of, id_of, time_of


class Repo(Resource):
    """A repository of a tag, which packages are built with."""

    __slots__ = ()

    members = frozenset([
        'begin_event', 'begin_ts', 'create_event', 'create_ts',
        'creation_time', 'creation_ts', 'custom_opts', 'dist', 'end_event',
        'end_ts', 'id', 'opts', 'state', 'state_time', 'state_ts', 'tag_id',
        'tag_name', 'task_id', 'task_state'])
    page = 'repoinfo?repoID'

    @property
    def created(self) -> datetime | None:
        """The time of its creation, in UTC, or None."""
        return time_of(self, 'creation')

    def file(self, name: str) -> Deferred[File]:
        """
        Find a file of the repository.

        :param name: a path in the repository, such as
                     "x86_64/repodata/repomd.xml".
        :returns: a Deferred that fires with a `txkoji.files.File`.
        :raises DownloadError: if the path leads out of the repository.
        """
        return Deferred.fromCoroutine(self._file(name))

    async def _file(self, name: str) -> File:
        tag, dist = self.tag_name, self.dist
        if tag is None:
            # Rows of some hub methods have no tag.
            whole = await hub_of(self).repoInfo(id_of(self), strict=True)
            tag, dist = whole.tag_name, whole.dist
        folder = repo_path(tag, id_of(self), bool(dist))
        return File(hub_of(self), f'{folder}/{normalize_path(name)}')
