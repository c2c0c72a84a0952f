"""`Repo`, as ``getRepo`` and ``repoInfo`` give it."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.files.file import File
from txkoji.files.paths import normalize_path, repo_path
from txkoji.resource import Resource, hub_of, id_of, time_of


class Repo(Resource):
    """A repository of a tag, which packages are built with."""

    __slots__ = ()

    page = 'repoinfo?repoID'

    #: The first event that its contents are of.
    begin_event: int | None
    #: The time of that event.
    begin_ts: float | None
    #: The event of its creation.
    create_event: int
    #: The time of that event.
    create_ts: float | None
    #: The text of `created`.
    creation_time: str | None
    #: `created` in seconds since 1970.
    creation_ts: float | None
    #: The options that differ from its tag's.
    custom_opts: dict[str, Any] | None
    #: Whether it is a repository to distribute.
    dist: bool | None
    #: The event that made it old.
    end_event: int | None
    #: The time of that event.
    end_ts: float | None
    #: The id.
    id: int
    #: The options that it was made with.
    opts: dict[str, Any] | None
    #: The state: 0 in the making, 1 ready, 2 expired, 3 deleted.
    state: int | None
    #: The text of the time of the last change of state.
    state_time: str | None
    #: That time in seconds since 1970.
    state_ts: float | None
    #: The id of its tag.
    tag_id: int | None
    #: The name of its tag.
    tag_name: str | None
    #: The id of the task that made it.
    task_id: int | None
    #: The state of that task.
    task_state: int | None

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
            whole = await hub_of(self).call('repoInfo', id_of(self),
                                             strict=True)
            tag, dist = whole.tag_name, whole.dist
        folder = repo_path(tag, id_of(self), bool(dist))
        return File(hub_of(self), f'{folder}/{normalize_path(name)}')
