"""`Build`, as ``getBuild``, ``listBuilds`` and others give it."""
from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Any, ClassVar

from twisted.internet.defer import Deferred, succeed

from txkoji import build_states
from txkoji.builds.archives import BuildArchive, archives_of, with_columns
from txkoji.builds.images import Image, image_of
from txkoji.builds.modules import Module, module_of
from txkoji.builds.signatures import (
    Signatures,
    SignedCopies,
    WriteListener,
    signatures_of,
    signed_copies_of,
    write_signed_copies,
)
from txkoji.estimates.averages import average_build_duration
from txkoji.estimates.completion import completion
from txkoji.files.file import File
from txkoji.nvr import NVR, VersionKey
from txkoji.resource import Timed, hub_of, id_of, time_of
from txkoji.rows import Tag
from txkoji.rpm import RPM
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
    #: The text of ``completed``.
    completion_time: str | None
    #: ``completed`` in seconds since 1970.
    completion_ts: float | None
    #: The event of the tagging, in the builds of a tag.
    create_event: int | None
    #: The event of its creation.
    creation_event_id: int | None
    #: The text of ``created``.
    creation_time: str | None
    #: ``created`` in seconds since 1970.
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
    #: The text of ``started``.
    start_time: str | None
    #: ``started`` in seconds since 1970.
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
        return Deferred.fromCoroutine(completion(self))

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
        archives = await with_columns(koji, number, archives)
        return [
            *(rpm.file_of(self) for rpm in rpms
              if not rpm.of(self).is_elsewhere),
            *(archive.file_of(self) for archive in archives
              if not archive.metadata_only),
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

    @property
    def version_key(self) -> VersionKey:
        """
        A value to sort builds of a package by, in rpm's order of versions.

        A draft build is as new as the build that it is promoted to. See
        `txkoji.nvr.compare`.
        """
        return NVR(str(self.name), str(self.version or ''),
                   str(self.release or ''), self.epoch).version_key

    @property
    def image(self) -> Image | None:
        """
        The container image; None for other builds.

        It is from the build's ``extra``, which ``listTagged`` gives only with
        ``extra=True``. The images of single architectures are in `archives`.
        """
        return image_of(self.get('extra'))

    @property
    def module(self) -> Module | None:
        """
        The module; None for other builds.

        It is from the build's ``extra``, which ``listTagged`` gives only with
        ``extra=True``.
        """
        return module_of(self.get('extra'))

    def archives(self) -> Deferred[list[BuildArchive]]:
        """
        List the archives of the build, such as the image of each architecture.

        :returns: a Deferred that fires with a list of
                  `txkoji.builds.archives.BuildArchive`.
        """
        return Deferred.fromCoroutine(archives_of(hub_of(self), id_of(self)))

    def signatures(self) -> Deferred[Signatures]:
        """
        Ask for the keys that the build's RPMs are signed with.

        One multicall asks for all RPMs.

        :returns: a Deferred that fires with a
                  `txkoji.builds.signatures.Signatures`.
        """
        return Deferred.fromCoroutine(signatures_of(self))

    def signed_copies(self, key: str) -> Deferred[SignedCopies]:
        """
        Look for the signed copies of the build's RPMs under the topurl.

        The hub does not know whether they are there.

        :param key: the id of the key, as in `signatures`.
        :returns: a Deferred that fires with a
                  `txkoji.builds.signatures.SignedCopies`.
        :raises ValueError: if the key is empty.
        :raises HTTPError: if the file server does not tell.
        """
        return Deferred.fromCoroutine(signed_copies_of(self, key))

    def write_signed_copies(self, key: str, *, force: bool = False,
                            progress: WriteListener | None = None
                            ) -> Deferred[list[RPM]]:
        """
        Let the hub write signed copies of the build's RPMs.

        The copies are written one after the other. If one fails, or the
        Deferred is canceled, the copies before it stay, and calling this again
        is safe.

        :param key: the id of the key, as in `signatures`.
        :param force: whether to write copies again that are there.
        :param progress: is called after each copy, with the number of written
                         copies and the number of all. It may cancel the
                         Deferred.
        :returns: a Deferred that fires with the list of `RPM`.
        :raises ValueError: if the key is empty.
        :raises BuildError: if an RPM is not signed with the key. Nothing is
                            written then.
        :raises ActionNotAllowed: if we may not sign.
        """
        return write_signed_copies(self, key, force, progress)

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
