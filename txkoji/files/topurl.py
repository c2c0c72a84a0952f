"""
Getting files that a hub serves under its topurl.
"""
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
from txkoji.files.checksums import new_hash
from txkoji.files.destinations import Destination, save
from txkoji.files.file import File
from txkoji.hub.backoff import DELAY
from txkoji.hub.deferreds import FairSemaphore, in_thread, shield
from txkoji.hub.http.files import FileHead
from txkoji.hub.retries import outage
from txkoji.progress import ByteListener

#: So many bytes are written at once; until they are, no more are read.
BLOCK = 2**18

#: So often a server may refer to another place.
REDIRECTS = 5


class FileDownload:
    """
    A file on its way, and the sink of its bytes.

    :param client: gets it.
    :param offset: where to begin.
    """

    def __init__(self, client: HubClient, file: File, offset: int,
                 progress: ByteListener) -> None:
        self._client = client
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
        _check_address(self._client, self._file.url)
        if self._start < 0:
            raise ValueError(f'offset must be at least 0, not {self._start}')
        await save(self._client.reactor, destination, self._get)
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
                await deferLater(self._client.reactor, DELAY)

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
        begin = self._offset
        # While the size is not known, from a byte that is here already: where
        # there are no others, servers do not say whether that is its end.
        first = begin - 1 if begin and self._total is None else begin
        headers = {b'Range': b'bytes=%d-' % first} if first else {}
        self._asking = self._client.get(
            address, headers, on_head=self._show, sink=self,
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
                await shield(in_thread(self._client.reactor,
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


def _check_address(client: HubClient, address: str | None) -> None:
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
        raise ConfigurationError(f'profile {client.profile!r}: topurl:'
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


class _NoBody:
    """The sink for the body of a head, which has none."""

    def feed(self, data: bytes) -> None:
        """Drop the bytes."""

    def close(self) -> None:
        """Do nothing."""


async def file_exists(client: HubClient, file: File) -> bool:
    """Ask whether a file is there; see `Connection.file_exists`."""
    _check_address(client, file.url)
    place: Any = file.url
    for _ in range(REDIRECTS + 1):
        try:
            await client.get(
                place, {}, on_head=lambda head: None, sink=_NoBody(),
                has_started=lambda: False, method='HEAD')
            return True
        except HTTPError as error:
            if error.status in (404, 410):
                return False
            elsewhere = _elsewhere(place, error)
            if elsewhere is None:
                raise
            place = elsewhere
    raise DownloadError(f'{file.path}: more than {REDIRECTS} redirects')
