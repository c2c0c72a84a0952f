"""`RPM`, as ``getRPM``, ``listRPMs`` and others give it."""
from __future__ import annotations

from typing import Any, TypeVar

from twisted.internet.defer import Deferred

from txkoji.exceptions import DownloadError
from txkoji.files.checksums import package_checksum
from txkoji.files.file import File
from txkoji.files.paths import file_url, rpm_path
from txkoji.resource import Resource, hub_of

Self = TypeVar('Self', bound='RPM')


class RPM(Resource):
    """
    An RPM package of a build.

    :ivar build: the row of its build, if known; else None.
    """

    __slots__ = ('build',)


    build: dict[str, Any] | None

    #: The architecture; "src" for a source package.
    arch: str
    #: The id of its build.
    build_id: int | None
    #: The id of the buildroot that it was built in.
    buildroot_id: int | None
    #: The time of the build in seconds since 1970.
    buildtime: int | None
    #: The buildroot it is in, in lists of these.
    component_buildroot_id: int | None
    #: Whether its build is a draft.
    draft: bool | None
    #: The epoch of its version.
    epoch: int | None
    #: The id of its external repository; 0 for none.
    external_repo_id: int | None
    #: The name of that; "INTERNAL" for none.
    external_repo_name: str | None
    #: Data of the builder or of the content generator.
    extra: dict[str, Any] | None
    #: The id.
    id: int
    #: Whether it was updated, in lists of buildroots.
    is_update: bool | None
    #: Whether the hub does not have the file.
    metadata_only: bool | None
    #: The name.
    name: str
    #: Name, version and release.
    nvr: str | None
    #: A checksum: of the header and payload.
    payloadhash: str | None
    #: The release.
    release: str
    #: The key of its signature, in lists with signatures.
    sigkey: str | None
    #: The size in bytes.
    size: int | None
    #: The version.
    version: str

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        object.__setattr__(self, 'build', None)

    def of(self: Self, build: dict[str, Any] | None) -> Self:
        """
        Set the build of the RPM.

        :param build: a row of the build, such as a `Build`.
        :returns: the RPM itself.
        """
        object.__setattr__(self, 'build', build)
        return self

    def copy(self: Self) -> Self:
        """Make a shallow copy, with the same connection and build."""
        return super().copy().of(self.build)

    __copy__ = copy

    def __deepcopy__(self: Self, memo: dict[int, Any]) -> Self:
        return super().__deepcopy__(memo).of(self.build)

    @property
    def url(self) -> str | None:
        """
        The URL of its file under the topurl of the profile, or None.

        It is None without a topurl, for an RPM that is not on the hub, and if
        `build` is not known, whose name is in the URL. RPMs of
        ``build.files()`` know it, and `file` asks for it.
        """
        if self.build is None or self.is_elsewhere:
            return None
        return file_url(self.connection, rpm_path(self.build, self))

    @property
    def is_elsewhere(self) -> bool:
        """Whether the hub has a description of the RPM, but not its file."""
        return bool(self.metadata_only or self.external_repo_id)

    def file(self, sigkey: str | None = None) -> Deferred[File]:
        """
        Find its file, or a copy that is signed with a key.

        :param sigkey: the id of a key, as in ``queryRPMSigs``, such as
                       "a15b79cc"; None or '' for the unsigned package.
        :returns: a Deferred that fires with a `txkoji.files.File`.
        :raises DownloadError: if the hub does not have the file: the RPM is of
                               an external repository, or only described.
        """
        return Deferred.fromCoroutine(self._file(sigkey))

    async def _file(self, sigkey: str | None) -> File:
        koji = hub_of(self)
        if self.is_elsewhere or self.build_id is None:
            raise DownloadError(f'the hub has no file of {self.name}, only'
                                ' its description')
        if self.build is None:
            self.of(await koji.call('getBuild', self.build_id, strict=True))
        return self.file_of(self.build, sigkey)

    def file_of(self, build: Any, sigkey: str | None = None) -> File:
        """Make its `txkoji.files.File`, given the row of its build."""
        return File(
            hub_of(self), rpm_path(build, self, sigkey),
            # Signed copies are longer.
            size=None if sigkey else self.size,
            checksum=package_checksum(self.payloadhash),
            about=self)
