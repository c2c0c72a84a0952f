"""
`File`: a file that a hub serves under its topurl.
"""
from __future__ import annotations

import posixpath
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.files.checksums import Checksum
from txkoji.files.destinations import Destination
from txkoji.files.paths import address, below
from txkoji.progress import ByteListener
from txkoji.resource import Hub


class File:
    """
    A file that a hub serves under its topurl.

    :param hub: the connection to download it with.
    :param path: where it is below the topurl.

    :ivar path: the same.
    :ivar size: in bytes; None if that is not known.
    :ivar checksum: a `Checksum`, or None if there is none.
    :ivar about: what the hub says of it: an `RPM`, or the row of an archive;
                 None for logs and other files.
    :raises DownloadError: if the path climbs out of its folder.
    """

    def __init__(self, hub: Hub, path: str, *,
                 size: int | None = None,
                 checksum: Checksum | None = None,
                 about: Any = None) -> None:
        self.path = below(path)
        self.size = size
        self.checksum = checksum
        self.about = about
        self._hub = hub

    def __repr__(self) -> str:
        return f'<File {self.path}>'

    @property
    def name(self) -> str:
        """Its name, without the folders that it is in."""
        return posixpath.basename(self.path)

    @property
    def url(self) -> str | None:
        """Its address; None if the profile has no topurl."""
        return address(self._hub, self.path)

    def download(self, destination: Destination, *, offset: int = 0,
                 progress: ByteListener | None = None) -> Deferred[int]:
        """
        Get it, never the whole in memory. Where a connection breaks, it goes
        on behind what has come; what is known of its size and contents is
        compared with what came.

        :param destination: the name of a file, which is there when all of it
            is, and takes the place of one that is there; or one that is open
            in binary mode, to which the bytes are written as they come, in
            another thread.
        :param offset: where to begin, in bytes. Then the contents are not
                       compared.
        :param progress: is told now and then how many bytes are here, and of
                         how many, or None.
        :returns: a Deferred that fires with how many bytes that were.
                  Cancelling it closes the connection.
        :raises HTTPError: if there is no such file, with a `status` of 404.
        :raises DownloadError: if what comes is not what was to come, is
                               changed meanwhile, is a folder, or ends before
                               `offset`.
        :raises TransportError: if the server cannot be reached any longer.
        :raises ConfigurationError: if the profile has no topurl, or none
                                    that is one; OSError if it cannot be
                                    written; ValueError if `offset` is less
                                    than 0.
        """
        return self._hub.download(self, destination, offset=offset,
                                  progress=progress)

    def exists(self) -> Deferred[bool]:
        """
        Ask the file server whether the file is there; see
        `Connection.file_exists`.
        """
        return self._hub.file_exists(self)
