"""`File`: a file that a hub serves under its topurl."""
from __future__ import annotations

import posixpath
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.files.checksums import Checksum
from txkoji.files.destinations import Destination
from txkoji.files.paths import file_url, normalize_path
from txkoji.progress import ByteListener
from txkoji.resource import Hub


class File:
    """
    A file that a hub serves under its topurl.

    :param hub: the connection that downloads the file.
    :param path: the path below the topurl.

    :ivar path: the path below the topurl.
    :ivar size: bytes; None if unknown.
    :ivar checksum: the `Checksum`; None if unknown.
    :ivar about: the `RPM`, or the row of an archive; None for logs and other
                 files.
    :raises DownloadError: if the path leads out of the topurl.
    """

    def __init__(self, hub: Hub, path: str, *,
                 size: int | None = None,
                 checksum: Checksum | None = None,
                 about: Any = None) -> None:
        self.path: str = normalize_path(path)
        self.size = size
        self.checksum = checksum
        self.about = about
        self._hub = hub

    def __repr__(self) -> str:
        return f'<File {self.path}>'

    @property
    def name(self) -> str:
        """The name of the file, without its folders."""
        return posixpath.basename(self.path)

    @property
    def url(self) -> str | None:
        """The URL of the file; None if the profile has no topurl."""
        return file_url(self._hub, self.path)

    def download(self, destination: Destination, *, offset: int = 0,
                 progress: ByteListener | None = None) -> Deferred[int]:
        """
        Download the file, without ever keeping all of it in memory.

        If a connection breaks, the download resumes at the next byte. A known
        size, and a known checksum, are compared with the downloaded bytes.

        :param destination: the name of a file, which is created or replaced
                            when all bytes have arrived; or a file that is open
                            in binary mode. The writes run in another thread.
        :param offset: the first byte to download. With an offset above 0, the
                       checksum is not compared.
        :param progress: called now and then with the downloaded bytes and the
                         total, or None if that is unknown.
        :returns: a Deferred that fires with the number of bytes. Canceling
                  the Deferred closes the connection.
        :raises HTTPError: if there is no such file, with a ``status`` of 404.
        :raises DownloadError: if the size or the checksum differs, the file
                               changes during the download, the path is a
                               folder, or ``offset`` is behind the end of the
                               file.
        :raises TransportError: if the server can no longer be reached.
        :raises ConfigurationError: if the profile has no topurl, or the topurl
                                    cannot be used.
        :raises OSError: if the destination cannot be written.
        :raises ValueError: if ``offset`` is below 0.
        """
        return self._hub.download(self, destination, offset=offset,
                                  progress=progress)

    def exists(self) -> Deferred[bool]:
        """
        Ask the file server whether the file is there.

        :returns: a Deferred that fires with True or False; see
                  `Connection.file_exists`.
        """
        return self._hub.file_exists(self)
