"""`Build`, as ``getBuild``, ``listBuilds`` and others give it."""
from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred, succeed

from txkoji import build_states
from txkoji.estimates.averages import average_build_duration, not_past
from txkoji.files.checksums import checksum_of
from txkoji.files.file import File
from txkoji.files.paths import archive_path
from txkoji.resource import Timed, hub_of, id_of, now_for, time_of

#: The commit at the end of the URL of a git repository.
_COMMIT = re.compile('^(?!svn|cvs).*#([0-9a-f]{7,64})$', re.IGNORECASE)


class Build(Timed):
    """A build of a package."""

    __slots__ = ()

    members = frozenset([
        'cg_id', 'cg_name', 'completion_time', 'completion_ts',
        'creation_event_id', 'creation_time', 'creation_ts', 'draft', 'epoch',
        'extra', 'nvr', 'owner_id', 'owner_name', 'package_id',
        'promoter_id', 'promoter_name', 'promotion_time', 'promotion_ts',
        'release', 'source', 'start_time', 'start_ts', 'state', 'version',
        'volume_id', 'volume_name'])
    aliases = {'id': 'build_id', 'build_id': 'id',
               'name': 'package_name', 'package_name': 'name'}
    page = 'buildinfo?buildID'
    states = build_states.NAMES
    running = build_states.BUILDING

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
        if self.name is None:
            return succeed(None)
        return average_build_duration(hub_of(self), self.name)

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
        many.listRPMs(buildID=number)
        many.listArchives(buildID=number)
        many.getBuildLogs(number)
        rpms, archives, logs = await many()
        # Their paths need members that come with their own type only.
        special = sorted({row.btype for row in archives} & {'maven', 'win'})
        many = koji.MultiCall(strict=True)
        for kind in special:
            many.listArchives(buildID=number, type=kind)
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

    def tags(self) -> Deferred[Any]:
        """
        List the tags that contain the build.

        :returns: a Deferred that fires with a list of `Tag`, as of
                  ``listTags``.
        """
        return hub_of(self).listTags(id_of(self))

    def task(self) -> Deferred[Any]:
        """
        Get the task of the build.

        :returns: a Deferred that fires with a `Task`, or None.
        """
        if self.task_id is None:
            return succeed(None)
        return hub_of(self).getTaskInfo(self.task_id)

    def target(self) -> Deferred[Any]:
        """
        Get the name of the target of the build.

        :returns: a Deferred that fires with the name, or None.
        """
        return self.task().addCallback(lambda task: task and task.target)

    def failure(self) -> Deferred[Any]:
        """
        Find out why the build failed.

        :returns: a Deferred that fires with a
                  `txkoji.submissions.failure.TaskFailure`; with None if the
                  build has no task, or has not failed.
        """
        if self.task_id is None or self.state == build_states.COMPLETE:
            return succeed(None)
        return hub_of(self).find_failure(self.task_id)


def _within(value: Any, *names: str) -> Any:
    """Get a member of nested dictionaries, or None."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value
