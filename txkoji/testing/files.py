"""The files of a FakeHub: how they are stored, and served as the topurl."""
from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from contextlib import suppress
from typing import Any
from urllib.parse import unquote

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import deferLater
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from zope.interface import implementer

from txkoji.exceptions import GenericError
from txkoji.files.checksums import new_hash
from txkoji.files.paths import DEFAULT, on_volume, scratch_path
from txkoji.testing.served import Served

#: So many bytes of a file are sent at once.
PIECE = 65536

#: Volumes on which tasks put something out.
VOLUMES = (DEFAULT, 'vol3')


class Files:
    """
    Files by volume, folder and name, as below the ``topdir`` of a hub.

    They are in memory or in a folder. Uploads are in ``work``.

    :param folder: the path of the folder; None for in memory.
    """

    def __init__(self, folder: str | None = None) -> None:
        self._folder = folder
        self._memory: dict[str, bytearray] = {}

    def size(self, path: str, volume: str | None = None
             ) -> int | None:
        """How large a file is; None if there is none."""
        key = _key(path, volume)
        if self._folder is not None:
            try:
                return os.stat(os.path.join(self._folder, key)).st_size
            except OSError:
                return None
        found = self._memory.get(key)
        return None if found is None else len(found)

    def read(self, path: str, volume: str | None = None, offset: int = 0,
             size: int = -1) -> bytes:
        """
        Read a part of a file.

        :raises KeyError: if there is none.
        """
        key = _key(path, volume)
        if self._folder is not None:
            try:
                with open(os.path.join(self._folder, key), 'rb') as file:
                    file.seek(offset)
                    return file.read(size)
            except OSError:
                raise KeyError(key) from None
        found = self._memory[key]
        end = len(found) if size < 0 else offset + size
        return bytes(found[offset:end])

    def write(self, path: str, data: bytes, volume: str | None = None,
              offset: int = 0) -> None:
        """Write a part of a file, and cut off what comes after it."""
        key = _key(path, volume)
        if self._folder is None:
            found = self._memory.setdefault(key, bytearray())
            found[offset:] = b''
            found.extend(bytes(offset - len(found)) + data)
            return
        full = os.path.join(self._folder, key)
        os.makedirs(os.path.dirname(full), exist_ok=True)
        with open(full, 'r+b' if os.path.exists(full) else 'w+b') as file:
            file.truncate(offset)
            file.seek(offset)
            file.write(data)

    def copy(self, old: str, new: str, volume: str | None = None) -> None:
        """Copy a file to another place, on the usual volume or another."""
        self.write(new, self.read(old), volume)

    def copy_to_scratch(self, owner: str | None, task_id: int,
                        paths: Iterable[str],
                        logs: Mapping[str, Iterable[str]]) -> None:
        """
        Copy the output of a scratch build to the folder of its owner.

        :param paths: paths of packages below ``work``.
        :param logs: architecture -> paths of logs below ``work``.
        """
        folders = [('', paths), *((f'logs/{arch}/' if arch else 'logs/', each)
                                  for arch, each in logs.items())]
        for folder, names in folders:
            for path in names:
                self.copy(f'work/{path}', scratch_path(
                    str(owner), task_id, folder + os.path.basename(path)))

    def remove(self, path: str, volume: str | None = None) -> None:
        """Remove a file; one that is not there already is."""
        key = _key(path, volume)
        self._memory.pop(key, None)
        if self._folder is not None:
            with suppress(FileNotFoundError):
                os.unlink(os.path.join(self._folder, key))

    def kept(self) -> dict[str, bytes]:
        """Get the files that are in memory, by their keys."""
        return {key: bytes(data) for key, data in self._memory.items()}

    def keep(self, key: str, data: bytes) -> None:
        """Put a file into memory by its key."""
        self._memory[key] = bytearray(data)

    def checksum(self, kind: str, path: str, volume: str | None = None,
                 offset: int = 0) -> str:
        """Get the checksum of a file from an offset on; fails as `hash_of`."""
        made = hash_of(kind)
        while True:
            data = self.read(path, volume, offset, PIECE)
            if not data:
                return str(made.hexdigest())
            made.update(data)
            offset += len(data)

    def names(self, path: str, volume: str | None = None) -> list[str]:
        """Get the files below a folder, by their names from there."""
        start = _key(path, volume) + '/'
        if self._folder is None:
            keys = list(self._memory)
        else:
            keys = [os.path.relpath(os.path.join(place, name), self._folder)
                    for place, _, names in os.walk(self._folder)
                    for name in names]
        return sorted(key[len(start):] for key in keys
                      if key.startswith(start))


def _key(path: str, volume: str | None) -> str:
    """
    Where a file is kept.

    :raises GenericError: if it would be elsewhere.
    """
    parts = [part for part in path.split('/') if part not in ('', '.')]
    if '..' in parts or not re.fullmatch(r'[\w.-]+', volume or DEFAULT):
        raise GenericError(f'Invalid upload directory: {path}')
    return on_volume(volume, '/'.join(parts))


def hash_of(kind: str) -> Any:
    """
    Make an object for a checksum.

    :raises GenericError: if the hub does not know the kind.
    """
    if kind not in ('adler32', 'md5', 'sha256'):
        raise GenericError(f'Unsupported verify type: {kind}')
    return new_hash(kind)


def checksum(kind: str, data: bytes) -> str:
    """Get the checksum of a piece; fails as `hash_of`."""
    made = hash_of(kind)
    made.update(data)
    return str(made.hexdigest())


class FilesResource(Resource):
    """What is served under the topurl."""

    #: All paths below are files.
    isLeaf = True

    def __init__(self, hub: Served) -> None:
        Resource.__init__(self)
        self._hub = hub

    def render_GET(self, request: Any) -> Any:
        """Answer a request."""
        served = Deferred.fromCoroutine(self._serve(request))
        if not served.called:
            self._hub.serving.add(served)
            request.notifyFinish().addErrback(lambda _: served.cancel())
            served.addErrback(lambda failure: failure.trap(CancelledError))
            served.addBoth(lambda _: self._ended(served))
        return NOT_DONE_YET

    def _ended(self, served: Deferred[None]) -> None:
        self._hub.serving.discard(served)

    async def _serve(self, request: Any) -> None:
        hub = self._hub
        path = unquote(request.path.decode('ascii')).split('/', 2)[2]
        hub.calls.append((request.method.decode('ascii'), (path,), {}))
        if hub.trouble('dropped-before', 'GET'):
            request.transport.abortConnection()
            return
        slow = hub.trouble('slow', 'GET')
        if slow:
            await deferLater(hub.clock, slow.seconds, lambda: None)
        if hub.trouble('offline', 'GET'):
            request.setResponseCode(503)
            request.finish()
            return
        try:
            size = hub.files.size(path)
        except GenericError:
            size = None
        if size is None:
            request.setResponseCode(404)
            request.finish()
            return
        begin = first_byte(request)
        if begin > size or begin == size > 0:
            # As Apache httpd says it: without the size.
            request.setResponseCode(416)
            request.finish()
            return
        if begin:
            request.setResponseCode(206)
            request.setHeader(b'Content-Range',
                              b'bytes %d-%d/%d' % (begin, size - 1, size))
        request.setHeader(b'Content-Type', b'application/octet-stream')
        request.setHeader(b'Content-Length', b'%d' % (size - begin))
        end = size
        if hub.trouble('truncated', 'GET') or hub.trouble('dropped-after',
                                                          'GET'):
            end = (begin + size) // 2
        garbage = hub.trouble('garbage', 'GET')
        _Producer(hub.files, path, begin, end, size, request,
                  garbage.data if garbage else b'').begin()


def first_byte(request: Any) -> int:
    """Get the byte that a request wants a file to begin with."""
    wanted = re.fullmatch(r'bytes=(\d+)-', request.getHeader('Range') or '')
    return int(wanted[1]) if wanted else 0


@implementer(IPushProducer)
class _Producer:
    """
    A part of a file, a piece at a time.

    :param end: where it ends; before the end of the file, the connection
                breaks there.
    :param garbage: what comes in the place of its first bytes.
    """

    def __init__(self, files: Files, path: str, begin: int, end: int,
                 size: int, request: Any, garbage: bytes) -> None:
        self._files = files
        self._path = path
        self._offset = begin
        self._end = end
        self._size = size
        self._request = request
        self._garbage = garbage
        self._paused = self._ended = False

    def begin(self) -> None:
        """Write it, as fast as it is read."""
        self._request.registerProducer(self, True)
        self.resumeProducing()

    def resumeProducing(self) -> None:
        self._paused = False
        while not self._paused and self._offset < self._end:
            data = self._files.read(self._path, None, self._offset,
                                    min(PIECE, self._end - self._offset))
            if not data:
                break
            if self._garbage:
                data = self._garbage[:len(data)] + data[len(self._garbage):]
                self._garbage = b''
            self._offset += len(data)
            self._request.write(data)
        if not self._paused and not self._ended:
            self._ended = True
            self._request.unregisterProducer()
            if self._offset < self._size:
                self._request.transport.loseConnection()
            else:
                self._request.finish()

    def pauseProducing(self) -> None:
        self._paused = True

    def stopProducing(self) -> None:
        self._paused = self._ended = True
