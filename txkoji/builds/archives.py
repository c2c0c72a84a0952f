"""Archives of builds: images, jars, tarballs and other files."""
from __future__ import annotations

from typing import Any

from txkoji.builds.extra import text_of, within
from txkoji.builds.images import ArchImage, arch_image_of
from txkoji.exceptions import DownloadError
from txkoji.files.checksums import checksum_of
from txkoji.files.file import File
from txkoji.files.paths import archive_path
from txkoji.resource import Hub, Resource, hub_of

#: Types of builds whose archives have more columns if these are asked for by
#: their type; the paths of the files need these columns.
_SPECIAL = frozenset(['maven', 'win'])


class BuildArchive(Resource):
    """
    An archive of a build: an image, a jar, or another file.

    Archives of Maven, Windows and image builds have further columns if
    ``listArchives`` is asked for their type.
    """

    __slots__ = ()

    page = 'archiveinfo?archiveID'

    #: The id of the artifact, of Maven archives.
    artifact_id: str | None
    #: The type of the build, such as "image", "maven" or "win".
    btype: str
    #: The id of that.
    btype_id: int
    #: The id of its build.
    build_id: int
    #: The id of the buildroot that it was built in.
    buildroot_id: int | None
    #: The checksum of the file.
    checksum: str
    #: The number of the kind of checksum: 0 md5, 1 sha1, 2 sha256.
    checksum_type: int
    #: The kind of compression, such as "tar" or "zip".
    compression_type: str | None
    #: Data of the content generator.
    extra: dict[str, Any] | None
    #: The name of the file.
    filename: str
    #: The flags, of Windows archives.
    flags: str | None
    #: The id of the group, of Maven archives.
    group_id: str | None
    #: The id.
    id: int
    #: Whether the hub does not have the file.
    metadata_only: bool | None
    #: The platforms, of Windows archives.
    platforms: str | None
    #: The folder of the file, of Windows archives.
    relpath: str | None
    #: Whether the image is a root file system, of images.
    rootid: bool | None
    #: The size in bytes.
    size: int
    #: The description of the type of file.
    type_description: str | None
    #: The endings of names of such files.
    type_extensions: str | None
    #: The id of the type of file.
    type_id: int
    #: The type of file, such as "tar".
    type_name: str
    #: The version of the artifact, of Maven archives.
    version: str | None

    @property
    def arch(self) -> str | None:
        """The architecture of an image, or None."""
        return (text_of(self.get('arch'))
                or text_of(within(self.get('extra'), 'image', 'arch')))

    @property
    def image(self) -> ArchImage | None:
        """The container image, or None for other archives."""
        return arch_image_of(self.get('extra'))

    def file_of(self, build: dict[str, Any]) -> File:
        """
        Give the file of the archive.

        :param build: the row of its build, such as a `Build`.
        :raises DownloadError: if the hub has only the description of the
                               archive.
        """
        if self.metadata_only:
            raise DownloadError(f'the hub has no file of {self.filename}, only'
                                ' its description')
        return File(hub_of(self), archive_path(build, self), size=self.size,
                    checksum=checksum_of(self.checksum_type, self.checksum),
                    about=self)


async def archives_of(hub: Hub, build_id: int) -> list[BuildArchive]:
    """
    List the archives of a build.

    :param hub: the connection.
    :param build_id: the build's id.
    """
    return await with_columns(
        hub, build_id, await hub.call('listArchives', buildID=build_id))


async def with_columns(hub: Hub, build_id: int, rows: list[Any]
                       ) -> list[BuildArchive]:
    """
    Ask for all columns of archives.

    :param hub: the connection.
    :param build_id: the id of the build.
    :param rows: the rows of ``listArchives``.
    :returns: the archives, with all columns.
    """
    special = sorted({row.btype for row in rows} & _SPECIAL)
    if special:
        many = hub.MultiCall(strict=True)
        for kind in special:
            many.call('listArchives', buildID=build_id, type=kind)
        rows = [*(row for row in rows if row.btype not in special),
                *(row for more in await many() for row in more)]
    return [BuildArchive.attached(row, hub) for row in rows]
