"""`Build`, as ``getBuild``, ``listBuilds`` and others give it."""
from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, succeed

from txkoji import build_states
from txkoji.estimates.averages import average_build_duration, not_past
from txkoji.files.checksums import checksum_of
from txkoji.files.file import File
from txkoji.files.paths import archive_path
from txkoji.resource import Timed, hub_of, id_of, now_for, time_of
from txkoji.rows import Tag
from txkoji.task import Task

#: The commit at the end of the URL of a git repository.
_COMMIT = re.compile('^(?!svn|cvs).*#([0-9a-f]{7,64})$', re.IGNORECASE)


class Build(Timed):
    """A build of a package."""

    __slots__ = ()

    aliases: ClassVar[dict[str, str]] = {
        'id': 'build_id', 'build_id': 'id',
        'name': 'package_name', 'package_name': 'name'}
    page = 'buildinfo?buildID'
    states: ClassVar[dict[int, str]] = build_states.NAMES
    running = build_states.BUILDING

    #: The id, as `id`.
    build_id: int
    #: The id of the content generator that imported it.
    cg_id: int | None
    #: The name of that content generator.
    cg_name: str | None
    #: The text of `completed`.
    completion_time: str | None
    #: `completed` in seconds since 1970.
    completion_ts: float | None
    #: The event of the tagging, in the builds of a tag.
    create_event: int | None
    #: The event of its creation.
    creation_event_id: int | None
    #: The text of `created`.
    creation_time: str | None
    #: `created` in seconds since 1970.
    creation_ts: float | None
    #: Whether it is a draft.
    draft: bool | None
    #: The epoch of its version.
    epoch: int | None
    #: Data of the builder or of the content generator.
    extra: dict[str, Any] | None
    #: The id.
    id: int
    #: The artifact, in lists of Maven builds.
    maven_artifact_id: str | None
    #: The group, in lists of Maven builds.
    maven_group_id: str | None
    #: The version, in lists of Maven builds.
    maven_version: str | None
    #: The name of its package.
    name: str
    #: Name, version and release.
    nvr: str
    #: The id of its owner.
    owner_id: int
    #: The name of its owner.
    owner_name: str
    #: The id of its package.
    package_id: int
    #: The name of its package, as `name`.
    package_name: str
    #: The platform, in lists of Windows builds.
    platform: str | None
    #: The id of the user who promoted the draft.
    promoter_id: int | None
    #: The name of that user.
    promoter_name: str | None
    #: The text of `promoted`.
    promotion_time: str | None
    #: `promoted` in seconds since 1970.
    promotion_ts: float | None
    #: The release.
    release: str
    #: The source, with the commit.
    source: str | None
    #: The text of `started`.
    start_time: str | None
    #: `started` in seconds since 1970.
    start_ts: float | None
    #: The state; see `txkoji.build_states`.
    state: int
    #: The id of the tag, in the builds of a tag.
    tag_id: int | None
    #: The name of the tag, in the builds of a tag.
    tag_name: str | None
    #: The version.
    version: str
    #: The id of the volume with its files.
    volume_id: int
    #: The name of the volume with its files.
    volume_name: str

    @property
    def task_id(self) -> int | None:
        """
        The id of its task, or None for an imported build.

        The build of a container may have it in ``extra`` only.
        """
        extra = self.get('extra')
        for number in (self.get('task_id'),
                       _within(extra, 'container_koji_task_id'),
                       _within(extra, 'osbs_build', 'koji_task_id')):
            if isinstance(number, int):
                return number
        return None

    @property
    def created(self) -> datetime | None:
        """
        The time of its record on the hub, in UTC, or None.

        An imported build may have started and ended long before.
        """
        return time_of(self, 'creation')

    @property
    def promoted(self) -> datetime | None:
        """The time when a draft became a regular build, in UTC, or None."""
        return time_of(self, 'promotion')

    @property
    def gitbuildhash(self) -> str | None:
        """
        The git commit of its source, in lower case, or None if unknown.

        A revision of Subversion or CVS is not a git commit.
        """
        original = _within(self.get('extra'), 'source', 'original_url')
        for source in (self.get('source'), original):
            found = _COMMIT.search(str(source).strip())
            if found:
                return found.group(1).lower()
        return None

    def estimate_duration(self) -> Deferred[timedelta | None]:
        """
        Estimate the duration, or tell it.

        See `txkoji.estimates.average_build_duration`: the duration begins when
        the source package is there.

        :returns: a Deferred that fires with a timedelta; with None if the hub
                  knows no builds of the package.
        """
        if self.completed is not None:
            return succeed(self.duration)
        package: str | None = getattr(self, 'name', None)
        if package is None:
            return succeed(None)
        return average_build_duration(hub_of(self), package)

    def estimate_completion(self) -> Deferred[datetime | None]:
        """
        Estimate the time of the end, or tell it.

        A build takes as long as the average build of its package. If that time
        has passed, the estimate is now. (Only its `task` knows whether tasks
        still wait for a host.)

        :returns: a Deferred that fires with an aware datetime in UTC; with
                  None if the hub knows no builds of the package, or no start
                  of the build.
        """
        return Deferred.fromCoroutine(self._estimate_completion())

    async def _estimate_completion(self) -> datetime | None:
        started = self.started
        if self.state != build_states.BUILDING or started is None:
            return self.completed
        duration = await self.estimate_duration()
        if duration is None:
            return None
        return not_past(started, duration, now_for(self))

    def files(self) -> Deferred[list[File]]:
        """
        List the files of the build, for download: RPMs, archives and logs.

        :returns: a Deferred that fires with a list of `txkoji.files.File`.
                  Files without content on the hub, only with a description,
                  are left out.
        """
        return Deferred.fromCoroutine(self._files())

    async def _files(self) -> list[File]:
        koji, number = hub_of(self), id_of(self)
        many = koji.MultiCall(strict=True)
        many.call('listRPMs', buildID=number)
        many.call('listArchives', buildID=number)
        many.call('getBuildLogs', number)
        rpms, archives, logs = await many()
        # Their paths need members that come with their own type only.
        special = sorted({row.btype for row in archives} & {'maven', 'win'})
        many = koji.MultiCall(strict=True)
        for kind in special:
            many.call('listArchives', buildID=number, type=kind)
        more = await many() if special else []
        archives = [row for row in archives if row.btype not in special
                    ] + [row for rows in more for row in rows]
        return [
            *(rpm.file_of(self) for rpm in rpms
              if not rpm.of(self).is_elsewhere),
            *(File(koji, archive_path(self, row), size=row.size,
                   checksum=checksum_of(row.checksum_type, row.checksum),
                   about=row)
              for row in archives if not row.get('metadata_only')),
            *(File(koji, log.path) for log in logs)]

    def tags(self) -> Deferred[list[Tag]]:
        """
        List the tags that contain the build.

        :returns: a Deferred that fires with a list of `Tag`, as of
                  ``listTags``.
        """
        return hub_of(self).call('listTags', id_of(self))

    def task(self) -> Deferred[Task | None]:
        """
        Get the task of the build.

        :returns: a Deferred that fires with a `Task`, or None.
        """
        if self.task_id is None:
            return succeed(None)
        return hub_of(self).getTaskInfo(self.task_id)

    def target(self) -> Deferred[str | None]:
        """
        Get the name of the target of the build.

        :returns: a Deferred that fires with the name, or None.
        """
        def target_of(task: Task | None) -> str | None:
            return None if task is None else task.target

        return self.task().addCallback(target_of)


def _within(value: Any, *names: str) -> Any:
    """Get a member of nested dictionaries, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
