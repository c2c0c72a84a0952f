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


class Archive(Resource):
    """
    An archive of a build: an image, a jar, or another file.

    Archives of Maven, Windows and image builds have further columns if
    ``listArchives`` is asked for their type.
    """

    __slots__ = ()

    members = frozenset([
        'artifact_id', 'btype', 'btype_id', 'build_id', 'buildroot_id',
        'checksum', 'checksum_type', 'compression_type', 'extra', 'filename',
        'flags', 'group_id', 'id', 'metadata_only', 'platforms', 'relpath',
        'rootid', 'size', 'type_description', 'type_extensions', 'type_id',
        'type_name', 'version'])
    page = 'archiveinfo?archiveID'

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


async def archives_of(hub: Hub, build_id: int) -> list[Archive]:
    """
    List the archives of a build.

    :param hub: the connection.
    :param build_id: the build's id.
    """
    return await with_columns(
        hub, build_id, await hub.listArchives(buildID=build_id))


async def with_columns(hub: Hub, build_id: int, rows: list[Archive]
                       ) -> list[Archive]:
    """
    Ask for all columns of archives.

    :param hub: the connection.
    :param build_id: the id of the build.
    :param rows: the archives, as of ``listArchives``.
    :returns: the archives, with all columns.
    """
    special = sorted({row.btype for row in rows} & _SPECIAL)
    if not special:
        return rows
    many = hub.MultiCall(strict=True)
    for kind in special:
        many.listArchives(buildID=build_id, type=kind)
    return [*(row for row in rows if row.btype not in special),
            *(row for more in await many() for row in more)]
