"""
Getting files that a hub serves under its topurl.
"""
from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from txkoji.exceptions import (
    CallTimeout,
    ConfigurationError,
    DownloadError,
    HTTPError,
    TransportError,
)
from txkoji.files.checksums import Checksum, new_hash
from txkoji.files.downloads import Destination, save
from txkoji.files.paths import address, below
from txkoji.hub.backoff import DELAY
from txkoji.hub.deferreds import FairSemaphore, in_thread, shield
from txkoji.hub.retries import outage
from txkoji.progress import ByteListener, Transfer

if TYPE_CHECKING:
    from txkoji.connection import Connection
    from txkoji.hub.http.files import FileHead

#: So many bytes are written at once; until they are, no more are read.
BLOCK = 2**18

#: So often a server may refer to another place.
REDIRECTS = 5


class File:
    """
    A file that a hub serves under its topurl.

    :param connection: the Connection.
    :param path: where it is below the topurl.

    :ivar path: the same.
    :ivar size: in bytes; None if that is not known.
    :ivar checksum: a `Checksum`, or None if there is none.
    :ivar about: what the hub says of it: an `RPM`, or the row of an archive;
                 None for logs and other files.
    :raises DownloadError: if the path climbs out of its folder.
    """

    def __init__(self, connection: Connection, path: str, *,
                 size: int | None = None,
                 checksum: Checksum | None = None,
                 about: Any = None) -> None:
        self.path = below(path)
        self.size = size
        self.checksum = checksum
        self.about = about
        self._koji = connection

    def __repr__(self) -> str:
        return f'<File {self.path}>'

    @property
    def name(self) -> str:
        """Its name, without the folders that it is in."""
        return posixpath.basename(self.path)

    @property
    def url(self) -> str | None:
        """Its address; None if the profile has no topurl."""
        return address(self._koji, self.path)

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
        transfer = Transfer(progress)
        return transfer.run(_Download(
            self._koji, self, offset, transfer.report).run(destination))


class _Download:
    """
    A file on its way, and the sink of its bytes.

    :param koji: the Connection.
    :param offset: where to begin.
    """

    def __init__(self, koji: Connection, file: File, offset: int,
                 progress: ByteListener) -> None:
        self._koji = koji
        self._file = file
        self._start = self._offset = offset
        self._progress = progress
        self._expected = None if offset else file.checksum
        self._hash = None if self._expected is None else new_hash(
            self._expected.kind)
        #: What is to be written to, and what waits for that.
        self._output: Any = None
        self._block: list[bytes] = []
        self._length = 0
        self._writing = FairSemaphore(1)
        self._error: Exception | None = None
        #: Bytes of an answer that we have already.
        self._skip = 0
        self._total = file.size
        self._version: Any = None
        self._asking: Deferred[Any] | None = None

    async def run(self, destination: Destination) -> int:
        """
        Get it.

        :returns: how many bytes that was.
        """
        _check_address(self._koji, self._file.url)
        if self._start < 0:
            raise ValueError(f'offset must be at least 0, not {self._start}')
        await save(self._koji._transport.reactor, destination, self._get)
        return self._offset - self._start

    async def _get(self, output: Any) -> None:
        self._output = output
        try:
            # Of an empty one, at least whether it is there.
            if not self._offset or self._offset != self._total:
                await self._parts()
            await self.flush()
        finally:
            # Nothing is written any longer when this has ended.
            await shield(self._writing.acquire())
        if self._error is not None:
            raise self._error
        if self._skip:
            raise self._no_byte()
        if self._total not in (None, self._offset):
            raise DownloadError(f'{self._file.path} ended after'
                                f' {self._offset} of {self._total} bytes')
        if self._hash is not None and self._expected is not None and (
                self._hash.hexdigest() != self._expected.digest):
            raise DownloadError(f'{self._file.path} does not have the'
                                f' {self._expected.kind} checksum that the'
                                ' hub knows')

    async def _parts(self) -> None:
        """Get the rest of it, however often the connection breaks."""
        while True:
            before = self._offset
            try:
                await self._part()
                if self._total in (None, self._offset):
                    return
            except TransportError as error:
                if self._offset == before or not (
                        outage(error) or isinstance(error, CallTimeout)):
                    raise
            if self._offset == before:
                return
            # More of it is here than before: go on behind that.
            await self.flush()
            if self._error is not None:
                return
            if self._offset - before < BLOCK:
                await deferLater(self._koji._transport.reactor, DELAY)

    async def _part(self) -> None:
        """Get as much of the rest as comes, from wherever it is."""
        place: Any = self._file.url
        for _ in range(REDIRECTS):
            try:
                return await self._ask(place)
            except HTTPError as error:
                place = _elsewhere(place, error)
                if place is None:
                    raise
        await self._ask(place)

    async def _ask(self, address: str) -> None:
        koji = self._koji
        begin = self._offset
        # While the size is not known, from a byte that is here already: where
        # there are no others, servers do not say whether that is its end.
        first = begin - 1 if begin and self._total is None else begin
        headers = {b'Range': b'bytes=%d-' % first} if first else {}
        self._asking = koji._calls.get(
            address, headers, timeout=koji._options.timeout,
            deadline=koji._options.deadline, on_head=self._show, sink=self,
            has_started=lambda: self._offset > begin)
        try:
            await self._asking
        except CancelledError:
            if self._error is None:
                raise
            raise self._error from None
        finally:
            self._asking = None

    def _show(self, head: FileHead) -> None:
        """
        See what a server is going to send.

        :raises DownloadError: if that is not what we want.
        """
        header, path = head.get, self._file.path
        if head.coding not in ('', 'identity') and not path.endswith(
                ('gz', '.Z')):
            raise DownloadError(f'{path} comes as {head.coding[:60]!r}, which'
                                ' was not asked for')
        begin, size = 0, head.length
        if head.status == 416:
            if self._total is not None and self._offset < self._total:
                raise self._changed()
            raise self._no_byte()
        if head.status == 206:
            found = re.fullmatch(rb'bytes (\d{1,19})-\d+/(\d{1,19})',
                                 header(b'content-range'))
            if found is None:
                raise DownloadError(f'{path}: a part of it comes, and which'
                                    ' one is not said')
            begin, size = int(found[1]), int(found[2])
        self._skip = self._offset - begin
        if self._skip < 0:
            raise DownloadError(f'{path} comes from byte {begin} on, not from'
                                f' {self._offset}')
        version = (header(b'etag'), header(b'last-modified'))
        if size is None:
            size = self._total
        elif self._file.size not in (None, size):
            raise DownloadError(f'{path} has {size} bytes, not the'
                                f' {self._file.size} that the hub knows')
        if self._total not in (None, size) or (
                # What is known of its contents tells more.
                self._expected is None
                and self._version not in (None, version)):
            raise self._changed()
        if size is not None and size < self._offset:
            raise self._no_byte()
        self._total, self._version = size, version

    def _no_byte(self) -> DownloadError:
        return DownloadError(f'{self._file.path} has no byte {self._offset}')

    def _changed(self) -> DownloadError:
        return DownloadError(f'{self._file.path} was changed while it was'
                             ' downloaded')

    def feed(self, data: bytes) -> Deferred[None] | None:
        """Take the next bytes."""
        if self._error is not None:
            return None
        if self._skip:
            skipped, data = data[:self._skip], data[self._skip:]
            self._skip -= len(skipped)
        self._block.append(data)
        self._offset += len(data)
        self._length += len(data)
        if self._length < BLOCK:
            return None
        return Deferred.fromCoroutine(self.flush())

    def close(self) -> None:
        """There are no more of this answer."""

    async def flush(self) -> None:
        """Write what has come."""
        await self._writing.acquire()
        try:
            data = b''.join(self._block)
            self._block.clear()
            self._length = 0
            if not data or self._error is not None:
                return
            try:
                await shield(in_thread(self._koji._transport.reactor,
                                           self._write, data))
                self._progress(
                    self._offset - self._start, None
                    if self._total is None else self._total - self._start)
            except Exception as error:
                self._error = error
                if self._asking is not None:
                    self._asking.cancel()
        finally:
            self._writing.release()

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        if self._hash is not None:
            try:
                self._hash.update(data)
            except DownloadError as error:
                raise DownloadError(f'{self._file.path}: {error}') from None


def _check_address(koji: Connection, address: str | None) -> None:
    """
    Refuse what is no address of a file.

    :raises ConfigurationError: if the topurl of the profile is at fault.
    """
    problem = None
    if address is None:
        problem = 'it is needed, since the hub serves its files under it'
    else:
        try:
            parts = urlsplit(address)
            parts.port
            if parts.scheme not in ('http', 'https') or not parts.hostname:
                problem = 'it is no http or https URL'
            elif parts.username is not None:
                problem = 'it holds a user, which is not sent'
            elif not address.isascii():
                problem = 'it has characters beyond ASCII'
        except ValueError:
            problem = 'it is no URL'
    if problem is not None:
        raise ConfigurationError(f'profile {koji.profile!r}: topurl:'
                                 f' {problem}')


def _elsewhere(address: str, error: HTTPError) -> str | None:
    """
    Where a server refers to; None if it does not, or not securely.

    :raises DownloadError: if that says that it is a folder.
    """
    if error.status not in (301, 302, 303, 307, 308) or not error.location:
        return None
    try:
        found = urljoin(address, error.location)
        scheme = urlsplit(found).scheme
        found.encode('ascii')
    except ValueError:
        return None
    if urlsplit(found).path == urlsplit(address).path + '/':
        raise DownloadError(f'{address} is a folder')
    secure = urlsplit(address).scheme == 'https'
    return found if scheme == 'https' or (
        scheme == 'http' and not secure) else None
