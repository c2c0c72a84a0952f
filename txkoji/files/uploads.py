"""
Sending files to a hub, a piece at a time.
"""
from __future__ import annotations

import os
from base64 import b64encode
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from hashlib import sha256
from stat import S_ISREG
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
from txkoji.files.paths import upload_path
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.deferreds import in_thread, shield
from txkoji.hub.retries import outage
from txkoji.progress import ByteListener

#: What is sent: the name of a file, or one that is open.
Local = str | os.PathLike[str] | BinaryIO

#: So often a piece is sent that arrives otherwise than it was sent.
ATTEMPTS = 3

#: Bytes of a piece that is sent as a call.
SLOW = 2**18

#: Seconds in which the hub says what it has got.
CHECKING = 600

#: Seconds to wait before asking again a hub that does not see yet what was
#: uploaded through another of its servers, or that still holds the lock of a
#: broken upload: about a minute in all.
PAUSES = (1, 2, 4, 8, 15, 30)


class Uploaded(NamedTuple):
    """
    A file on the hub.

    :ivar path: the folder that it is in, below the hub's folder for uploads.
    :ivar name: its name there.
    :ivar size: in bytes.
    :ivar adler32: its checksum of that kind, as eight hexadecimal digits.
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
        place: Any = getattr(local, 'name', local)
        if not isinstance(place, (str, os.PathLike)):
            raise UploadError('a file without a name needs one for the hub:'
                              ' give upload() a name')
        name = os.path.basename(place)
    return await Upload(client, path, name, overwrite=overwrite,
                        volume=volume, progress=progress).run(local)


def check_login(client: HubClient, method: str) -> None:
    """
    Refuse to upload without a session, before anything is sent.

    :param method: what was called, for the error's text.
    :raises ActionNotAllowed: if we are not logged in.
    """
    if not client.is_logged_in:
        raise ActionNotAllowed(f'{method}: not logged in; login() first',
                               method=method)


class Upload:
    """
    A file on its way; see `Connection.upload`.

    :param client: sends it.
    """

    _log = Logger()

    def __init__(self, client: HubClient, path: str, name: str, *,
                 overwrite: bool, volume: str | None,
                 progress: ByteListener) -> None:
        self._client = client
        self._path = upload_path(path)
        self._name = name
        self._overwrite = overwrite
        self._volume = {} if volume is None else {'volume': volume}
        self._progress = progress
        self._fast = client.settings.use_fast_upload
        self._checksum = Adler32()
        self._size = 0
        if '/' in name or name in ('', '.', '..'):
            raise UploadError(f'{name!r} is no name of a file', uploaded=0)

    @property
    def _place(self) -> str:
        return f'{self._path}/{self._name}'

    async def run(self, local: Local) -> Uploaded:
        """
        Send it.

        :param local: the file.
        """
        check_login(self._client, 'upload')
        if not self._fast:
            self._check_new()
        try:
            if isinstance(local, (str, os.PathLike)):
                file = _Local(local)
                try:
                    await self._in_thread(file.open)
                    return await self._send(file.file, file.stat)
                finally:
                    await self._in_thread(file.close)
            return await self._send(local, None)
        except CancelledError:
            raise UploadCanceled(
                f'cancelled: {self._size} bytes are on the hub, in'
                f' {self._place}', uploaded=self._size) from None

    async def _send(self, file: BinaryIO, before: os.stat_result | None
                    ) -> Uploaded:
        total = None if before is None else before.st_size
        data = await self._read(file)
        while True:
            if total is not None and self._size + len(data) > total:
                raise self._changed()
            # An empty file has one piece, too.
            await self._piece(data)
            self._progress(self._size, total)
            data = await self._read(file)
            if not data:
                break
        if before is not None:
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns, self._size) != (
                    before.st_size, before.st_mtime_ns, before.st_size):
                raise self._changed()
        return await self._check()

    async def _read(self, file: BinaryIO) -> bytes:
        data: Any = await self._in_thread(
            file.read, self._client.settings.upload_blocksize)
        if not isinstance(data, bytes):
            raise UploadError('a file that is to be uploaded has to be opened'
                              ' in binary mode', uploaded=self._size)
        return data

    def _changed(self) -> UploadError:
        return UploadError('the file was changed while it was read',
                           uploaded=self._size)

    async def _piece(self, data: bytes) -> None:
        if self._fast:
            self._checksum.update(data)
            try:
                await self._sent(self._quick, data)
                return
            except (HTTPError, AnswerError) as error:
                if self._size or not _refuses_raw(error):
                    raise
                self._check_new()
                self._fast = False
                self._checksum = Adler32()
        if not self._size:
            await self._check_free()
        # Smaller ones, since they are put into base64 and XML at once.
        for start in range(0, max(1, len(data)), SLOW):
            part = data[start:start + SLOW]
            self._checksum.update(part)
            await self._sent(self._slow, part)

    async def _sent(self, send: Callable[[bytes], Awaitable[None]],
                    data: bytes) -> None:
        """
        Send a piece, which may be there though no good answer is.

        :param send: sends it.
        """
        size = self._size + len(data)
        try:
            await self._unlocked(send, data)
        except (RetryError, TransportError) as error:
            # With RetryError it is there, if perhaps not to be seen yet.
            pauses = PAUSES if isinstance(error, RetryError) else ()
            found = None
            with suppress(KojiException):
                found = await self._look(size, pauses)
            if not self._is_ours(found, size):
                raise
        self._size = size

    async def _unlocked(self, send: Callable[[bytes], Awaitable[None]],
                        data: bytes) -> None:
        """
        Send a piece, again while a broken upload still holds the hub's lock.
        """
        for pause in PAUSES:
            try:
                return await send(data)
            except LockError as error:
                self._log.warn('upload of {path}: trying again in {pause}'
                               ' seconds, after {error}', path=self._place,
                               pause=pause, error=str(error))
            await self._sleep(pause)
        await send(data)

    async def _quick(self, data: bytes) -> None:
        """
        Send a piece as it is (kojihub/kojihub.py, ``handle_upload``).
        """
        fields: dict[str, Any] = {
            'filename': self._name, 'filepath': self._path,
            'fileverify': 'adler32', 'offset': self._size, **self._volume}
        expected = Adler32()
        expected.update(data)
        for attempt in range(ATTEMPTS):
            # A damaged first piece was taken, so nothing else is there.
            if self._overwrite or (attempt and not self._size):
                fields['overwrite'] = 1
            answer = await self._client.send(
                'upload', data, Decoder, read=False, query=urlencode(fields))
            if isinstance(answer, dict) and (
                    str(answer.get('size')), answer.get('hexdigest')) == (
                    str(len(data)), expected.hexdigest()):
                return
        raise self._wrong(data)

    async def _slow(self, data: bytes) -> None:
        """
        Send a piece as a call (kojihub/kojihub.py, ``uploadFile``). Never
        with an offset of -1, which cuts what is there without asking.
        """
        good = await self._client.call(
            'uploadFile', self._path, self._name, len(data),
            ('sha256', sha256(data).hexdigest()), self._size,
            b64encode(data).decode(), **self._volume)
        if not good:
            raise self._wrong(data)

    def _wrong(self, data: bytes) -> UploadError:
        return UploadError(f'{len(data)} bytes at {self._size} did not arrive'
                           ' as they were sent', uploaded=self._size)

    def _check_new(self) -> None:
        """
        Refuse to replace a file in calls, which have no argument for that.

        :raises UploadError: if it was asked for.
        """
        if self._overwrite:
            why = ('use_fast_upload is off in profile'
                   f' {self._client.profile!r}' if not self._fast
                   else 'the hub takes no raw uploads')
            raise UploadError(
                f'{self._place} cannot be uploaded with overwrite=True:'
                f' {why}, and uploadFile() replaces nothing', uploaded=0)

    async def _check_free(self) -> None:
        """
        Refuse to replace a file: ``uploadFile`` does so for names that end in
        ".log".

        :raises GenericError: if there is one.
        """
        if await self._ask() is not None:
            raise GenericError(f'file already exists: {self._place} is on the'
                               ' hub', method='upload')

    async def _ask(self) -> Any:
        """What the hub has: size and checksum, or None."""
        return await self._client.with_options(deadline=CHECKING).call(
            'checkUpload', self._path, self._name, verify='adler32',
            **self._volume)

    async def _look(self, size: int, pauses: Sequence[float]) -> Any:
        """
        What the hub has, in the end.

        :param size: how many of our bytes it should have.
        :param pauses: seconds to wait before asking again.
        """
        for pause in pauses:
            found = await self._ask()
            if self._is_ours(found, size):
                return found
            self._log.info('upload of {path}: the hub has {found}, looking'
                           ' again in {pause} seconds', path=self._place,
                           found=found, pause=pause)
            await self._sleep(pause)
        return await self._ask()

    def _is_ours(self, found: Any, size: int) -> bool:
        """Whether what the hub has is what was sent, to here."""
        return isinstance(found, dict) and (
            found.get('size'), found.get('hexdigest')) == (
            size, self._checksum.hexdigest())

    async def _check(self) -> Uploaded:
        """Compare the whole with what the hub has."""
        found = await self._look(self._size, PAUSES)
        if not self._is_ours(found, self._size):
            raise UploadError(self._difference(found), uploaded=self._size)
        return Uploaded(self._path, self._name, self._size,
                        self._checksum.hexdigest())

    def _difference(self, found: Any) -> str:
        if found is None:
            return (f'the hub has no such file: {self._place}, {sum(PAUSES)}'
                    ' seconds after it was uploaded')
        size = found.get('size') if isinstance(found, dict) else found
        if size != self._size:
            return (f'the hub has {size} bytes in {self._place};'
                    f' {self._size} were sent')
        return f'{self._place} on the hub is not what was sent'

    def _sleep(self, seconds: float) -> Any:
        return deferLater(self._client.reactor, seconds)

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return shield(in_thread(self._client.reactor, function,
                                    *args))


def _refuses_raw(error: HTTPError | AnswerError) -> bool:
    """
    Whether an error may be that of a hub that takes XML only, or of a front
    server that takes no pieces as large.
    """
    return isinstance(error, AnswerError) or (
        not outage(error) and 400 <= (error.status or 0) < 500)


class _Local:
    """
    A file of this machine.

    :ivar file: it, open.
    :ivar stat: its size and times, when it was opened.
    """

    file: Any = None
    stat: os.stat_result

    def __init__(self, path: str | os.PathLike[str]) -> None:
        self._path = path

    def open(self) -> None:
        """
        Open it.

        :raises OSError: if it cannot be read, or is a folder.
        :raises UploadError: if it is something else.
        """
        path = self._path
        if not os.path.isdir(path) and not S_ISREG(os.stat(path).st_mode):
            raise UploadError(f'{os.fspath(path)!r} is no file', uploaded=0)
        self.file = open(path, 'rb')
        self.stat = os.fstat(self.file.fileno())

    def close(self) -> None:
        """Close it, if it is open."""
        if self.file is not None:
            self.file.close()
