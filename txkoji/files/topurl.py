"""Downloads of the files that a hub serves under its topurl."""
from __future__ import annotations

import re
from typing import Any
from urllib.parse import urljoin, urlsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater

from txkoji.client import HubClient
from txkoji.exceptions import (
    CallTimeout,
    ConfigurationError,
    DownloadError,
    HTTPError,
    TransportError,
)
from txkoji.files.base_download import BaseDownload
from txkoji.files.checksums import new_hash
from txkoji.files.destinations import Destination
from txkoji.files.file import File
from txkoji.hub.backoff import DELAY
from txkoji.hub.deferreds import FairSemaphore, in_thread, shield
from txkoji.hub.http.files import FileHead
from txkoji.hub.retries import outage
from txkoji.progress import ByteListener

#: Bytes that are written at once. Reading pauses during the write.
BLOCK_SIZE = 2**18

#: The most redirects that are followed.
MAX_REDIRECTS = 5


class FileDownload(BaseDownload):
    """
    A download of a `File`, and the sink of its bytes.

    :param client: the client that sends the requests.
    :param offset: the first byte to download.
    """

    def __init__(self, client: HubClient, file: File, offset: int,
                 progress: ByteListener) -> None:
        super().__init__(client.reactor, file.path, offset, progress)
        self.total = file.size
        self._client = client
        self._file = file
        self._expected = None if offset else file.checksum
        self._hash = None if self._expected is None else new_hash(
            self._expected.kind)
        self._output: Any = None
        #: The bytes that have arrived and have not been written.
        self._buffer: list[bytes] = []
        self._buffer_size = 0
        self._write_lock = FairSemaphore(1)
        self._write_error: Exception | None = None
        #: Bytes of the response that precede the next byte to download.
        self._skip = 0
        #: The ETag and the Last-Modified of the last response.
        self._validators: tuple[bytes, bytes] | None = None
        self._request: Deferred[Any] | None = None

    async def run(self, destination: Destination) -> int:
        """
        Download the file into its destination.

        :returns: the number of downloaded bytes.
        :raises ConfigurationError: if the topurl cannot be used.
        """
        _check_topurl(self._client, self._file.url)
        return await super().run(destination)

    async def fetch(self, output: Any) -> None:
        """
        Download the file into an open file.

        :raises DownloadError: if the file is incomplete or differs from its
                               description.
        """
        self._output = output
        try:
            # An empty file is requested too, since it may not exist.
            if not self.offset or self.offset != self.total:
                await self._fetch_with_resume()
            await self._flush()
        finally:
            # Wait for the last write. The lock prevents further ones.
            await shield(self._write_lock.acquire())
        if self._write_error is not None:
            raise self._write_error
        if self._skip:
            raise self.past_end()
        self.check_complete()
        if self._hash is not None and self._expected is not None and (
                self._hash.hexdigest() != self._expected.digest):
            raise DownloadError(f'{self._file.path} does not have the'
                                f' {self._expected.kind} checksum that the'
                                ' hub knows')

    async def _fetch_with_resume(self) -> None:
        """Request the rest of the file, repeatedly while bytes arrive."""
        while True:
            before = self.offset
            try:
                await self._fetch_with_redirects()
                if self.total in (None, self.offset):
                    return
            except TransportError as error:
                if self.offset == before or not (
                        outage(error) or isinstance(error, CallTimeout)):
                    raise
            if self.offset == before:
                return
            await self._flush()
            if self._write_error is not None:
                return
            if self.offset - before < BLOCK_SIZE:
                # Spare a server that closes each connection early.
                await deferLater(self._client.reactor, DELAY)

    async def _fetch_with_redirects(self) -> None:
        """Request the rest of the file once, and follow redirects."""
        url: Any = self._file.url
        for _ in range(MAX_REDIRECTS):
            try:
                return await self._fetch(url)
            except HTTPError as error:
                url = _redirect_target(url, error)
                if url is None:
                    raise
        await self._fetch(url)

    async def _fetch(self, url: str) -> None:
        """Request the rest of the file from a URL."""
        start = self.offset
        # While the total is unknown, request the previous byte, too. At the
        # end of the file, servers answer a request for the next byte with
        # 416, as they do behind the end.
        first = start - 1 if start and self.total is None else start
        headers = {b'Range': b'bytes=%d-' % first} if first else {}
        self._request = self._client.get(
            url, headers, on_head=self._check_head, sink=self,
            has_started=lambda: self.offset > start)
        try:
            await self._request
        except CancelledError:
            if self._write_error is None:
                raise
            raise self._write_error from None
        finally:
            self._request = None

    def _check_head(self, head: FileHead) -> None:
        """
        Check the head of a response, and note its first byte and its total.

        :raises DownloadError: if the body is not the rest of the same file.
        """
        path = self._file.path
        if head.coding not in ('', 'identity') and not path.endswith(
                ('gz', '.Z')):
            raise DownloadError(
                f'{path}: the server sent Content-Encoding'
                f' {head.coding[:60]!r}, which was not requested')
        first, total = self._read_range(head)
        self._skip = self.offset - first
        if self._skip < 0:
            raise DownloadError(f'{path}: the server sent the bytes from'
                                f' {first} on, not from {self.offset} on')
        validators = head.get(b'etag'), head.get(b'last-modified')
        if total is None:
            total = self.total
        elif self._file.size not in (None, total):
            raise DownloadError(f'{path} has {total} bytes, not the'
                                f' {self._file.size} that the hub knows')
        if self.total not in (None, total) or (
                # A checksum tells more than the validators.
                self._expected is None
                and self._validators not in (None, validators)):
            raise self._changed()
        if total is not None and total < self.offset:
            raise self.past_end()
        self.total, self._validators = total, validators

    def _read_range(self, head: FileHead) -> tuple[int, int | None]:
        """
        Read the range of a response.

        :returns: the first byte, and the bytes of the whole file or None.
        :raises DownloadError: if there is no such range, or the response does
                               not tell the range.
        """
        if head.status == 416:
            if self.total is not None and self.offset < self.total:
                raise self._changed()
            raise self.past_end()
        if head.status != 206:
            return 0, head.length
        found = re.fullmatch(rb'bytes (\d{1,19})-\d+/(\d{1,19})',
                             head.get(b'content-range'))
        if found is None:
            raise DownloadError(f'{self._file.path}: the server sent a part of'
                                ' the file without a valid Content-Range')
        return int(found[1]), int(found[2])

    def _changed(self) -> DownloadError:
        return DownloadError(f'{self._file.path} was changed during the'
                             ' download')

    def feed(self, data: bytes) -> Deferred[None] | None:
        """
        Take the next bytes of a response.

        :returns: None, or a Deferred that fires with None when the bytes have
                  been written, and more are wanted.
        """
        if self._write_error is not None:
            return None
        if self._skip:
            skipped, data = data[:self._skip], data[self._skip:]
            self._skip -= len(skipped)
        self._buffer.append(data)
        self.offset += len(data)
        self._buffer_size += len(data)
        if self._buffer_size < BLOCK_SIZE:
            return None
        return Deferred.fromCoroutine(self._flush())

    def close(self) -> None:
        """Take the end of a response."""

    async def _flush(self) -> None:
        """Write the buffered bytes; an error cancels the request."""
        await self._write_lock.acquire()
        try:
            data = b''.join(self._buffer)
            self._buffer.clear()
            self._buffer_size = 0
            if not data or self._write_error is not None:
                return
            try:
                await shield(in_thread(self._client.reactor, self._write,
                                       data))
                self.report()
            except Exception as error:
                self._write_error = error
                if self._request is not None:
                    self._request.cancel()
        finally:
            self._write_lock.release()

    def _write(self, data: bytes) -> None:
        self._output.write(data)
        if self._hash is not None:
            try:
                self._hash.update(data)
            except DownloadError as error:
                raise DownloadError(f'{self._file.path}: {error}') from None


def _check_topurl(client: HubClient, url: str | None) -> None:
    """
    Check that a file can be downloaded from the topurl of the profile.

    :param url: the URL of the file.
    :raises ConfigurationError: if the topurl cannot be used.
    """
    problem = None
    if url is None:
        problem = 'is not set, and downloads need it'
    else:
        try:
            parts = urlsplit(url)
            parts.port
            if parts.scheme not in ('http', 'https') or not parts.hostname:
                problem = 'is not an http or https URL'
            elif parts.username is not None:
                problem = 'has a user name, and downloads send none'
            elif not url.isascii():
                problem = 'has characters outside ASCII'
        except ValueError:
            problem = 'is not a URL'
    if problem is not None:
        raise ConfigurationError(f'profile {client.profile!r}: topurl'
                                 f' {problem}')


def _redirect_target(url: str, error: HTTPError) -> str | None:
    """
    Find the URL that a server redirects to.

    :param url: the URL of the request.
    :param error: the response.
    :returns: None if there is no redirect, or a redirect that leaves https.
    :raises DownloadError: if the redirect tells that the URL is a folder.
    """
    if error.status not in (301, 302, 303, 307, 308) or not error.location:
        return None
    try:
        target = urljoin(url, error.location)
        scheme = urlsplit(target).scheme
        target.encode('ascii')
    except ValueError:
        return None
    if urlsplit(target).path == urlsplit(url).path + '/':
        raise DownloadError(f'{url} is a folder')
    secure = urlsplit(url).scheme == 'https'
    return target if scheme == 'https' or (
        scheme == 'http' and not secure) else None


class _NoBody:
    """The sink for the body of a head, which has none."""

    def feed(self, data: bytes) -> None:
        """Drop the bytes."""

    def close(self) -> None:
        """Do nothing."""


async def file_exists(client: HubClient, file: File) -> bool:
    """Ask whether a file is there; see `Connection.file_exists`."""
    _check_topurl(client, file.url)
    url: Any = file.url
    for _ in range(MAX_REDIRECTS + 1):
        try:
            await client.get(
                url, {}, on_head=lambda head: None, sink=_NoBody(),
                has_started=lambda: False, method='HEAD')
            return True
        except HTTPError as error:
            if error.status in (404, 410):
                return False
            target = _redirect_target(url, error)
            if target is None:
                raise
            url = target
    raise DownloadError(f'{file.path}: more than {MAX_REDIRECTS} redirects')
