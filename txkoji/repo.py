"""`Repo`, as ``getRepo`` and ``repoInfo`` give it."""
from __future__ import annotations

from datetime import datetime
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.build import Build
from txkoji.files.file import File
from txkoji.files.paths import file_url, normalize_path, repo_path
from txkoji.resource import Resource, hub_of, id_of, time_of
from txkoji.task_requests.subjects import canonical_arch


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
        # Rows of some hub methods have no tag.
        whole = self if self.tag_name else await self._complete()
        folder = repo_path(str(whole.tag_name), id_of(self), bool(whole.dist))
        return File(hub_of(self), f'{folder}/{normalize_path(name)}')

    def arch_url(self, arch: str) -> str | None:
        """
        Give the URL of the repository of an architecture, for dnf.

        :param arch: an architecture of the tag. That of a package, such as
                     "i686", is converted to that of the repository, "i386".
        :returns: the URL; None if the profile has no topurl, or the row no
                  name of a tag.
        :raises DownloadError: if that is no architecture.
        """
        if self.tag_name is None:
            return None
        folder = repo_path(self.tag_name, id_of(self), bool(self.dist))
        name = normalize_path(canonical_arch(arch))
        return file_url(self.connection, f'{folder}/{name}/')

    def builds(self) -> Deferred[list[Build]]:
        """
        List the builds in the repository.

        Of a repository to build with, they are the latest builds in the tag
        and its parents, as of the repository's event. Of a dist repository,
        they are those that its task was asked for.

        :returns: a Deferred that fires with a list of `Build`.
        """
        return Deferred.fromCoroutine(self._builds())

    async def _builds(self) -> list[Build]:
        hub, whole, event = hub_of(self), self, self.create_event
        if event is None or self.dist is None:
            whole = await self._complete()
            event = whole.create_event
        inherit = latest = True
        if whole.dist and whole.task_id is not None:
            task = await hub.call(
                'getTaskInfo', whole.task_id, request=True, strict=True)
            opts = task.options or {}
            event = opts.get('event') or event
            # Where the request does not say, as Koji's own command has it.
            inherit = opts.get('inherit', True)
            latest = opts.get('latest', False)
        # A tag may have been renamed since; its id stays.
        tag = whole.tag_name if whole.tag_id is None else whole.tag_id
        builds: list[Build] = await hub.call(
            'listTagged', tag, event=event, inherit=inherit, latest=latest)
        return builds

    async def _complete(self) -> Repo:
        """Ask for the whole row."""
        row: Repo = await hub_of(self).call(
            'repoInfo', id_of(self), strict=True)
        return row
