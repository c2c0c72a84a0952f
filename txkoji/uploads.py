"""
Sending files to a hub, a piece at a time.
"""
from __future__ import annotations

import os
from base64 import b64encode
from contextlib import suppress
from hashlib import sha256
from stat import S_ISREG
from typing import (TYPE_CHECKING, Any, BinaryIO, Callable, Coroutine, Dict,
                    NamedTuple, Optional, Union)
from urllib.parse import urlencode

from twisted.internet.defer import CancelledError

from txkoji.checksums import Adler32
from txkoji.exceptions import (AnswerError, HTTPError, KojiException,
                               RetryError, TransportError, UploadCanceled,
                               UploadError)
from txkoji.hub.decoder import Decoder
from txkoji.hub.shared import to_the_end
from txkoji.hub.threads import in_thread
from txkoji.progress import ByteListener

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: What is sent: the name of a file, or one that is open.
Local = Union[str, 'os.PathLike[str]', BinaryIO]

#: So often a piece is sent that arrives otherwise than it was sent.
ATTEMPTS = 3

#: Bytes of a piece that is sent as a call.
SLOW = 2**18

#: Seconds in which the hub says what it has got.
CHECKING = 600


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


async def upload(koji: Connection, local: Local, path: str,
                 name: Optional[str], **options: Any) -> Uploaded:
    """Send a file; see `Connection.upload`."""
    if name is None:
        place: Any = getattr(local, 'name', local)
        if not isinstance(place, (str, os.PathLike)):
            raise UploadError('a file without a name needs one for the hub:'
                              ' give upload() a name')
        name = os.path.basename(place)
    return await Upload(koji, path, name, **options).run(local)


class Upload:
    """
    A file on its way; see `Connection.upload`.

    :param koji: the Connection.
    """

    def __init__(self, koji: Connection, path: str, name: str, *,
                 overwrite: bool, volume: Optional[str],
                 progress: Optional[ByteListener]) -> None:
        self._koji = koji
        self._path = path
        self._name = name
        self._overwrite = overwrite
        self._volume = {} if volume is None else {'volume': volume}
        self._progress = progress
        self._fast = koji.settings.use_fast_upload
        self._checksum = Adler32()
        self._sha256 = sha256()
        self._size = 0
        for each in (path, name):
            if not each or '..' in each.split('/') or each.startswith('/'):
                raise UploadError(
                    f'{each!r} is no place on the hub: it has to be relative,'
                    ' and without ".."', uploaded=0)
        if '/' in name:
            raise UploadError(f'{name!r} is no name of a file', uploaded=0)

    async def run(self, local: Local) -> Uploaded:
        """
        Send it.

        :param local: the file.
        """
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
                f' {self._path}/{self._name}', uploaded=self._size) from None

    async def _send(self, file: BinaryIO, before: Optional[os.stat_result]
                    ) -> Uploaded:
        total = None if before is None else before.st_size
        block = self._koji.settings.upload_blocksize
        while True:
            data = await self._in_thread(file.read, block)
            if not isinstance(data, bytes):
                raise UploadError('a file that is to be uploaded has to be'
                                  ' opened in binary mode',
                                  uploaded=self._size)
            if not data:
                break
            if total is not None and self._size + len(data) > total:
                raise self._changed()
            await self._piece(data)
            if self._progress is not None:
                self._progress(self._size, total)
        if before is not None:
            after = os.fstat(file.fileno())
            if (after.st_size, after.st_mtime_ns, self._size) != (
                    before.st_size, before.st_mtime_ns, before.st_size):
                raise self._changed()
        if not self._fast or not self._size:
            await self._sent(self._slow(b'', -1))
        return await self._check()

    def _changed(self) -> UploadError:
        return UploadError('the file was changed while it was read',
                           uploaded=self._size)

    async def _piece(self, data: bytes) -> None:
        if self._fast:
            self._checksum.update(data)
            try:
                await self._sent(self._quick(data), len(data))
                self._size += len(data)
                return
            except (HTTPError, AnswerError):
                if self._size:
                    raise
                # A hub that takes XML only.
                self._fast = False
                self._checksum = Adler32()
        # Smaller ones, since they are put into base64 and XML at once.
        for start in range(0, len(data), SLOW):
            part = data[start:start + SLOW]
            self._checksum.update(part)
            self._sha256.update(part)
            await self._sent(self._slow(part, self._size), len(part))
            self._size += len(part)

    async def _sent(self, sending: Coroutine[Any, Any, None], more: int = 0
                    ) -> None:
        """
        Send something, which may be there though no good answer is.

        :param more: how many bytes it has.
        """
        try:
            await sending
        except (RetryError, TransportError):
            with suppress(KojiException):
                if await self._is_there(self._size + more):
                    return
            raise

    async def _quick(self, data: bytes) -> None:
        """
        Send a piece as it is (kojihub/kojihub.py, ``handle_upload``).
        """
        fields: Dict[str, Any] = {
            'filename': self._name, 'filepath': self._path,
            'fileverify': 'adler32', 'offset': self._size, **self._volume}
        expected = Adler32()
        expected.update(data)
        for attempt in range(ATTEMPTS):
            if self._overwrite or (attempt and not self._size):
                fields['overwrite'] = 1
            answer = await self._koji._send(
                'upload', data, Decoder, read=False, query=urlencode(fields))
            if isinstance(answer, dict) and (
                    str(answer.get('size')), answer.get('hexdigest')) == (
                    str(len(data)), expected.hexdigest()):
                return
        raise self._wrong(data)

    def _wrong(self, data: bytes) -> UploadError:
        return UploadError(f'{len(data)} bytes at {self._size} did not arrive'
                           ' as they were sent', uploaded=self._size)

    async def _is_there(self, size: int) -> bool:
        """Whether the hub has what was sent, to here."""
        found = await self._koji.with_options(deadline=CHECKING).checkUpload(
            self._path, self._name, verify='adler32', **self._volume)
        return isinstance(found, dict) and (
            found.get('size'), found.get('hexdigest')) == (
            size, self._checksum.hexdigest())

    async def _slow(self, data: bytes, offset: int) -> None:
        """
        Send a piece as a call (kojihub/kojihub.py, ``uploadFile``).

        :param offset: -1 at the end, where all of it is compared.
        """
        digest = self._sha256 if offset == -1 else sha256(data)
        size = self._size if offset == -1 else len(data)
        good = await self._koji.call(
            'uploadFile', self._path, self._name, size,
            ('sha256', digest.hexdigest()), offset, b64encode(data).decode(),
            **self._volume)
        if not good:
            raise self._wrong(data)

    async def _check(self) -> Uploaded:
        """Compare the whole with what the hub has."""
        if not await self._is_there(self._size):
            raise UploadError(f'what the hub has in {self._path}/{self._name}'
                              ' is not what was sent', uploaded=self._size)
        return Uploaded(self._path, self._name, self._size,
                        self._checksum.hexdigest())

    def _in_thread(self, function: Callable[..., Any], *args: Any) -> Any:
        return to_the_end(in_thread(self._koji._transport.reactor, function,
                                    *args))


class _Local:
    """
    A file of this machine.

    :ivar file: it, open.
    :ivar stat: its size and times, when it was opened.
    """

    file: Any = None
    stat: os.stat_result

    def __init__(self, path: Union[str, 'os.PathLike[str]']) -> None:
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
