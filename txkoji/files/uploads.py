"""Uploads of files to a hub, in chunks."""
from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from typing import Any, BinaryIO, NamedTuple
from urllib.parse import urlencode

from twisted.internet.defer import CancelledError
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import (
    ActionNotAllowed,
    AnswerError,
    GenericError,
    HTTPError,
    KojiException,
    LockError,
    RetryError,
    TransportError,
    UploadCanceled,
    UploadError,
)
from txkoji.files.checksums import Adler32
from txkoji.files.local_file import LocalFile
from txkoji.files.paths import upload_path
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.deferreds import in_thread, shield
from txkoji.hub.retries import outage
from txkoji.progress import ByteListener

#: The name of a local file, or an open file.
Local = str | os.PathLike[str] | BinaryIO

#: How often a chunk is sent as a raw upload, if it arrives damaged.
RAW_ATTEMPTS = 3

#: Bytes of a chunk that is sent as a call of ``uploadFile``.
CALL_CHUNK_SIZE = 2**18

#: Seconds for a call of ``checkUpload``: the hub reads the whole file.
CHECK_DEADLINE = 600

#: Seconds to wait before asking the hub again, about a minute in total. One of
#: the hub's servers may not see the writes of another server yet, or may still
#: hold the lock of an interrupted upload.
RETRY_DELAYS = (1, 2, 4, 8, 15, 30)


class Uploaded(NamedTuple):
    """
    An uploaded file.

    :ivar path: the folder, below the hub's folder for uploads.
    :ivar name: the name on the hub.
    :ivar size: bytes.
    :ivar adler32: the Adler-32 checksum, as eight hexadecimal digits.
    """

    path: str
    name: str
    size: int
    adler32: str


async def upload(client: HubClient, local: Local, path: str,
                 name: str | None = None, *, overwrite: bool = False,
                 volume: str | None = None,
                 progress: ByteListener = lambda sent, total: None
                 ) -> Uploaded:
    """Upload a file; see `Connection.upload`."""
    if name is None:
        local_name: Any = getattr(local, 'name', local)
        if not isinstance(local_name, (str, os.PathLike)):
            raise UploadError('the open file has no name: give upload() a'
                              ' name for the file on the hub')
        name = os.path.basename(local_name)
    return await Upload(client, path, name, overwrite=overwrite,
                        volume=volume, progress=progress).run(local)


def check_login(client: HubClient, method: str) -> None:
    """
    Check that the client is logged in.

    :param method: the name of the caller's method, for the error's text.
    :raises ActionNotAllowed: if the client is not logged in.
    """
    if not client.is_logged_in:
        raise ActionNotAllowed(f'{method}: not logged in; login() first',
                               method=method)


class Upload:
    """
    An upload of one file; see `Connection.upload`.

    :param client: the client that sends the chunks.
    """

    _log = Logger()

    def __init__(self, client: HubClient, path: str, name: str, *,
                 overwrite: bool, volume: str | None,
                 progress: ByteListener) -> None:
        self._client = client
        self._folder = upload_path(path)
        self._name = name
        self._path = f'{self._folder}/{name}'
        self._overwrite = overwrite
        self._volume = {} if volume is None else {'volume': volume}
        self._progress = progress
        #: Whether chunks are sent as raw uploads.
        self._is_raw = client.settings.use_fast_upload
        #: Bytes on the hub.
        self._uploaded = 0
        #: The checksum of these bytes, and of the chunk that is being sent.
        self._checksum = Adler32()
        if '/' in name or name in ('', '.', '..'):
            raise UploadError(f'{name!r} is not a name of a file: it must not'
                              ' be empty, ".", "..", or have a "/"',
                              uploaded=0)

    async def run(self, local: Local) -> Uploaded:
        """
        Upload the file.

        :param local: the name of the local file, or an open file.
        """
        check_login(self._client, 'upload')
        if not self._is_raw:
            self._refuse_overwrite()
        try:
            if isinstance(local, (str, os.PathLike)):
                file = LocalFile(local)
                try:
                    await self._in_thread(file.open)
                    return await self._send(file.file, file)
                finally:
                    await self._in_thread(file.close)
            return await self._send(local, None)
        except CancelledError:
            raise UploadCanceled(
                f'upload canceled: {self._uploaded} bytes are on the hub, in'
                f' {self._path}', uploaded=self._uploaded) from None

    async def _send(self, file: BinaryIO, local: LocalFile | None
                    ) -> Uploaded:
        """
        Send all chunks of the file, and verify the whole.

        :param local: the local file; None if the caller has opened it.
        """
        total = None if local is None else local.size
        data = await self._read(file)
        while True:
            if total is not None and self._uploaded + len(data) > total:
                raise self._changed()
            # An empty file has one chunk, which is empty.
            await self._send_chunk(data)
            self._progress(self._uploaded, total)
            data = await self._read(file)
            if not data:
                break
        if local is not None and (local.is_changed()
                                  or self._uploaded != total):
            raise self._changed()
        return await self._verify()

    async def _read(self, file: BinaryIO) -> bytes:
        data: Any = await self._in_thread(
            file.read, self._client.settings.upload_blocksize)
        if not isinstance(data, bytes):
            raise UploadError(f'the local file of {self._path} is open in text'
                              ' mode: open it in binary mode',
                              uploaded=self._uploaded)
        return data

    def _changed(self) -> UploadError:
        return UploadError(f'the local file of {self._path} was changed during'
                           ' the upload', uploaded=self._uploaded)

    # Sending

    async def _send_chunk(self, data: bytes) -> None:
        """Send a chunk as a raw upload, or else in calls."""
        if self._is_raw:
            self._checksum.update(data)
            try:
                await self._send_and_confirm(self._send_raw, data)
                return
            except (HTTPError, AnswerError) as error:
                if self._uploaded or not _refuses_raw(error):
                    raise
                self._refuse_overwrite()
                self._is_raw = False
                self._checksum = Adler32()
        if not self._uploaded:
            await self._refuse_existing()
        # Calls have smaller chunks, since base64 and XML block the reactor.
        for start in range(0, max(1, len(data)), CALL_CHUNK_SIZE):
            part = data[start:start + CALL_CHUNK_SIZE]
            self._checksum.update(part)
            await self._send_and_confirm(self._send_call, part)

    async def _send_and_confirm(
            self, send: Callable[[bytes], Awaitable[None]], data: bytes
            ) -> None:
        """
        Send a chunk. If the answer is lost, check whether the chunk arrived.

        :param send: sends the chunk.
        """
        size = self._uploaded + len(data)
        try:
            await self._retry_locked(send, data)
        except (RetryError, TransportError) as error:
            # A RetryError tells that the hub has the chunk, though the hub's
            # other servers may not see the chunk yet.
            delays = RETRY_DELAYS if isinstance(error, RetryError) else ()
            found = None
            with suppress(KojiException):
                found = await self._poll_upload(size, delays)
            if not self._matches(found, size):
                raise
        self._uploaded = size

    async def _retry_locked(self, send: Callable[[bytes], Awaitable[None]],
                            data: bytes) -> None:
        """Send a chunk, again while the hub has locked the file."""
        for delay in RETRY_DELAYS:
            try:
                return await send(data)
            except LockError as error:
                self._log.warn('upload of {path}: trying again in {delay}'
                               ' seconds, after {error}', path=self._path,
                               delay=delay, error=str(error))
            await self._sleep(delay)
        await send(data)

    async def _send_raw(self, data: bytes) -> None:
        """Send a chunk as raw bytes (kojihub, ``handle_upload``)."""
        fields: dict[str, Any] = {
            'filename': self._name, 'filepath': self._folder,
            'fileverify': 'adler32', 'offset': self._uploaded, **self._volume}
        expected = Adler32()
        expected.update(data)
        for attempt in range(RAW_ATTEMPTS):
            # If the first chunk arrived damaged, the hub took it, so the file
            # is ours, and may be overwritten.
            if self._overwrite or (attempt and not self._uploaded):
                fields['overwrite'] = 1
            answer = await self._client.send(
                'upload', data, Decoder, read=False, query=urlencode(fields))
            if isinstance(answer, dict) and (
                    str(answer.get('size')), answer.get('hexdigest')) == (
                    str(len(data)), expected.hexdigest()):
                return
        raise self._damaged(data)

    async def _send_call(self, data: bytes) -> None:
        """
        Send a chunk as a call (kojihub, ``uploadFile``).

        The offset is never -1, with which the hub would truncate the file.
        """
        good = await self._client.call(
            'uploadFile', self._folder, self._name, len(data),
            ('sha256', sha256(data).hexdigest()), self._uploaded,
            b64encode(data).decode(), **self._volume)
        if not good:
            raise self._damaged(data)

    def _damaged(self, data: bytes) -> UploadError:
        return UploadError(
            f'{self._path}: {len(data)} bytes at offset {self._uploaded} did'
            ' not arrive as they were sent', uploaded=self._uploaded)

    # Existing files

    def _refuse_overwrite(self) -> None:
        """
        Refuse to replace a file by calls, which have no such option.

        :raises UploadError: if the file is to be replaced.
        """
        if self._overwrite:
            reason = ('use_fast_upload is off in profile'
                      f' {self._client.profile!r}' if not self._is_raw
                      else 'the hub takes no raw uploads')
            raise UploadError(
                f'{self._path} cannot be uploaded with overwrite=True:'
                f' {reason}, and the hub method uploadFile cannot replace a'
                ' file', uploaded=0)

    async def _refuse_existing(self) -> None:
        """
        Refuse to replace an existing file by calls.

        The hub itself lets ``uploadFile`` replace files named ``*.log``.

        :raises GenericError: if the file exists on the hub.
        """
        if await self._check_upload() is not None:
            raise GenericError(f'file already exists: {self._path} is on the'
                               ' hub', method='upload')

    # Verification

    async def _check_upload(self) -> Any:
        """Ask the hub for the size and the checksum; None without a file."""
        return await self._client.with_options(
            deadline=CHECK_DEADLINE).call(
                'checkUpload', self._folder, self._name, verify='adler32',
                **self._volume)

    async def _poll_upload(self, size: int, delays: Sequence[float]) -> Any:
        """
        Ask the hub for the size and the checksum until they match ours.

        :param size: bytes that the hub should have.
        :param delays: seconds to wait before asking again.
        :returns: the last answer of the hub.
        """
        for delay in delays:
            found = await self._check_upload()
            if self._matches(found, size):
                return found
            self._log.info('upload of {path}: the hub has {found}, asking'
                           ' again in {delay} seconds', path=self._path,
                           found=found, delay=delay)
            await self._sleep(delay)
        return await self._check_upload()

    def _matches(self, found: Any, size: int) -> bool:
        """
        Check whether the hub has the bytes that were sent so far.

        :param found: an answer of ``checkUpload``.
        """
        return isinstance(found, dict) and (
            found.get('size'), found.get('hexdigest')) == (
            size, self._checksum.hexdigest())

    async def _verify(self) -> Uploaded:
        """Compare the whole file with the file on the hub."""
        found = await self._poll_upload(self._uploaded, RETRY_DELAYS)
        if not self._matches(found, self._uploaded):
            raise UploadError(self._difference(found),
                              uploaded=self._uploaded)
        return Uploaded(self._folder, self._name, self._uploaded,
                        self._checksum.hexdigest())

    def _difference(self, found: Any) -> str:
        if found is None:
            return (f'the hub has no such file: {self._path},'
                    f' {sum(RETRY_DELAYS)} seconds after the upload')
        size = found.get('size') if isinstance(found, dict) else found
        if size != self._uploaded:
            return (f'the hub has {size} bytes in {self._path};'
                    f' {self._uploaded} bytes were sent')
        return (f'the checksum of {self._path} on the hub is not that of the'
                ' bytes that were sent')

    def _sleep(self, seconds: float) -> Any:
        return deferLater(self._client.reactor, seconds)

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return shield(in_thread(self._client.reactor, function, *args))


def _refuses_raw(error: HTTPError | AnswerError) -> bool:
    """
    Check whether an error may tell that raw uploads are not possible.

    The hub may accept XML only, or a front server may limit the size of
    requests.
    """
    return isinstance(error, AnswerError) or (
        not outage(error) and 400 <= (error.status or 0) < 500)
