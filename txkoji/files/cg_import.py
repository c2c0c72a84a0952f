"""
Importing builds that a content generator has made.

The metadata is that of Koji's documentation, "Content Generator Metadata".
"""
from __future__ import annotations

import copy
import json
import os
import posixpath
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable, Mapping
from io import BytesIO
from stat import S_ISREG
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji import build_states
from txkoji.exceptions import (
    GenericError,
    KojiException,
    KojiImportError,
    RetryError,
    TransportError,
    UploadError,
)
from txkoji.files.checksums import new_hash
from txkoji.files.paths import upload_path
from txkoji.files.uploads import check_login
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.deferreds import gather, in_thread, shield
from txkoji.progress import ByteListener

if TYPE_CHECKING:
    from txkoji.build import Build
    from txkoji.connection import Connection

T = TypeVar('T')

Path = str | os.PathLike[str]

#: The files, by their names in the metadata, or each with its own name.
Files = Mapping[str, Path] | Iterable[Path]

#: In the faults of hubs whose network file system does not show yet, in one
#: place, what was written in another: of a file that is shorter, and of one
#: that is not there (with code 1).
SHORTER = 'Corrupted upload?'
MISSING = 'FileNotFoundError'

#: Seconds to wait before importing again after that.
DELAYS = (5, 10, 20, 40)

#: What of a build's metadata a reservation is made with.
RESERVED = ('name', 'version', 'release', 'epoch', 'draft', 'owner')

#: Seconds in which to give back a reservation, or to end a session.
CLEANING = 60

#: Bytes that are read at once.
PIECE = 2**20

#: Bytes of the XML of a request that a hub takes (kojihub's
#: ``MaxRequestLength``), and of those what the id and the token of a
#: reservation may need.
MAX_REQUEST = 2**22
RESERVATION = 2**10


class _Output(NamedTuple):
    """A file that the metadata describes."""

    folder: str
    name: str
    local: str
    size: int
    kind: Any
    checksum: Any


class Import:
    """
    An import; see `Connection.cg_import`.

    :param koji: the Connection.
    :raises KojiImportError: if the metadata does not say what it should, or
                             the files are not those that it names.
    """

    _log = Logger()

    def __init__(self, koji: Connection, metadata: Any, files: Files, *,
                 cg: str | None, token: str | None, reserve: bool,
                 directory: str | None, concurrency: int,
                 progress: ByteListener) -> None:
        self._koji = koji
        self._metadata = _read(metadata)
        self._build = self._metadata['build']
        self._outputs = _outputs(self._metadata, files)
        self._reserve = reserve and 'build_id' not in self._build
        self._cg = cg
        if cg is None and self._reserve:
            self._cg = _generator(self._metadata)
        self._token = token
        # As those of Koji's own clients: nobody else's.
        self._directory = _directory(directory or (
            f'cg-import/{time.time():.6f}.{secrets.token_hex(4)}'))
        if concurrency < 1:
            raise ValueError(f'concurrency must be more than 0, not'
                             f' {concurrency}')
        self._concurrency = concurrency
        self._progress = progress
        self._sent: dict[str, int] = {}
        #: Whether the metadata is too long for a call.
        self._long = False

    async def run(self) -> Build:
        """Do it."""
        check_login(self._koji, 'cg_import')
        await self._in_thread(_compare, self._outputs)
        self._long = await self._in_thread(self._is_long)
        if not self._reserve:
            return await self._import()
        try:
            # What is under way may be done: it is waited for.
            await shield(self._koji.CGInitBuild(self._cg, {
                'epoch': None, **{name: self._build[name]
                                  for name in RESERVED if name in self._build}
            }).addCallback(self._reserved))
            return await self._import()
        except CancelledError:
            await self._clean_up(self._refund(build_states.CANCELED))
            raise
        except Exception:
            await self._clean_up(self._refund(build_states.FAILED))
            raise

    def _is_long(self) -> bool:
        """
        Whether the metadata is too long for a call.

        :raises TypeError: if XML-RPC cannot carry it.
        :raises KojiImportError: if it is too long, and no JSON either.
        """
        body = encode_call('CGImport', (self._metadata, self._directory))
        if len(body) + RESERVATION <= MAX_REQUEST:
            return False
        self._as_json()
        return True

    def _as_json(self) -> bytes:
        try:
            return json.dumps(self._metadata).encode()
        except (TypeError, ValueError) as error:
            raise KojiImportError(
                'the metadata is too long for a call, and cannot be sent as'
                f' JSON: {error}') from None

    def _reserved(self, answer: Any) -> None:
        self._build['build_id'] = answer['build_id']
        self._token = answer['token']

    async def _refund(self, state: int) -> None:
        """Give the reservation back (kojihub, ``CGRefundBuild``)."""
        if self._token is None:
            # It was refused, or the answer was lost.
            self._log.info('{build} may be reserved', build=_nvr(self._build))
            return
        try:
            await self._koji.with_options(deadline=CLEANING).CGRefundBuild(
                self._cg, self._build['build_id'], self._token, state)
        except KojiException as error:
            self._log.warn('build {build} was not given back: {error}',
                           build=self._build['build_id'], error=str(error))

    async def _import(self) -> Build:
        await self._upload()
        metadata: Any = self._metadata
        if self._long:
            metadata = await self._upload_metadata()
        for delay in DELAYS:
            try:
                return await self._call(metadata)
            except KojiException as error:
                if not _may_show_later(error):
                    raise
                self._log.warn('importing again in {delay} seconds: {error}',
                               delay=delay, error=str(error))
            await deferLater(self._koji._transport.reactor, delay)
        return await self._call(metadata)

    async def _call(self, metadata: Any) -> Build:
        build: Any
        try:
            # It may take the hub as long as it wants.
            build = await self._koji.with_options(
                timeout=self._koji._options.deadline).CGImport(
                    metadata, self._directory, self._token)
        except (RetryError, TransportError) as error:
            if self._token is None and not isinstance(error, RetryError):
                # A build of that name may be another.
                raise
            # It may be done, and the answer lost.
            self._log.info('looking whether it was imported: {error}',
                           error=str(error))
            build = await self._koji.getBuild(
                self._build.get('build_id') or _nvr(self._build))
            if build is None or build.state != build_states.COMPLETE:
                raise
        found: Build = build
        return found

    async def _upload(self) -> None:
        """
        Upload the files, some of them side by side: each in a session of its
        own, since the hub takes the writes of one after the other.
        """
        waiting = deque(self._outputs)
        sessions: list[Connection] = []
        try:
            for _ in range(min(self._concurrency, len(waiting)) - 1):
                try:
                    # One that the hub is about to give is to be ended, too.
                    await shield(self._koji.new_session().addCallback(
                        sessions.append))
                except GenericError as error:
                    self._log.warn('the hub gives no more sessions: {error}',
                                   error=str(error))
                    break
            await gather([
                Deferred.fromCoroutine(self._upload_some(koji, waiting))
                for koji in [self._koji, *sessions]])
        finally:
            await self._clean_up(self._end_all(sessions))

    async def _clean_up(self, work: Coroutine[Any, Any, None]) -> None:
        """
        Do what is to be done in any case.

        :raises CancelledError: if it was cancelled meanwhile, when it has
                                ended.
        """
        await shield(Deferred.fromCoroutine(work))

    async def _end_all(self, sessions: Iterable[Connection]) -> None:
        await gather([Deferred.fromCoroutine(self._end(session))
                        for session in sessions])

    async def _end(self, session: Connection) -> None:
        """End a session; in the worst case, the hub does that itself."""
        try:
            await session.with_options(deadline=CLEANING).logout()
        except KojiException as error:
            self._log.info('a session was not ended: {error}',
                           error=str(error))
        await session.close()

    async def _upload_some(self, koji: Connection, waiting: deque[_Output]
                           ) -> None:
        while waiting:
            output = waiting.popleft()
            place = posixpath.join(self._directory, output.folder)

            def tell(sent: int, total: int | None) -> None:
                self._sent[posixpath.join(place, output.name)] = sent
                self._progress(sum(self._sent.values()),
                               sum(each.size for each in self._outputs))

            await koji.upload(output.local, place, output.name,
                              progress=tell)

    async def _upload_metadata(self) -> str:
        """
        Upload the metadata to where the files are.

        :returns: its name there, which the hub takes in its place.
        """
        name = 'metadata.json'
        while name in {output.name for output in self._outputs}:
            name = '_' + name
        data = await self._in_thread(self._as_json)
        await self._koji.upload(BytesIO(data), self._directory, name)
        return name

    def _in_thread(self, function: Callable[..., T], *args: Any
                   ) -> Deferred[T]:
        return in_thread(self._koji._transport.reactor, function, *args)


def _directory(path: str) -> str:
    """
    The folder of the uploads.

    :raises KojiImportError: if it is not below the hub's folder for uploads.
    """
    try:
        return upload_path(path)
    except UploadError as error:
        raise KojiImportError(f'directory: {error}') from None


def _may_show_later(error: KojiException) -> bool:
    """Whether the hub may only not see yet what was uploaded."""
    return SHORTER in str(error) or (error.faultCode == 1
                                     and MISSING in str(error))


def _read(metadata: Any) -> dict[str, Any]:
    """The metadata, as a copy of our own, if it has what it needs."""
    if isinstance(metadata, (str, bytes)):
        try:
            metadata = json.loads(metadata)
        except ValueError as error:
            raise KojiImportError(f'the metadata is no JSON: {error}'
                                  ) from None
    if not isinstance(metadata, Mapping):
        raise KojiImportError('the metadata is no dictionary, nor its JSON')
    found = copy.deepcopy(dict(metadata))
    for name, kind in [('build', dict), ('buildroots', list),
                       ('output', list)]:
        if not isinstance(found.get(name), kind):
            raise KojiImportError(f'the metadata has no {name!r}, or not as a'
                                  f' {kind.__name__}')
    for name in ('name', 'version', 'release'):
        if not isinstance(found['build'].get(name), str):
            raise KojiImportError(f'the build of the metadata has no {name}')
    return found


def _generator(metadata: dict[str, Any]) -> str:
    """The content generator that made the build, if it was one."""
    names = set()
    for root in metadata['buildroots']:
        generator = root.get('content_generator') if isinstance(
            root, dict) else None
        if isinstance(generator, dict):
            names.add(generator.get('name'))
    if len(names) != 1 or None in names:
        raise KojiImportError(
            'which content generator it is has to be said: the buildroots of'
            f' the metadata name {sorted(map(str, names)) or "none"}')
    [name] = names
    return str(name)


def _nvr(build: dict[str, Any]) -> str:
    return f'{build["name"]}-{build["version"]}-{build["release"]}'


def _outputs(metadata: dict[str, Any], files: Files) -> list[_Output]:
    """The files that are to be uploaded: each that is named, and no other."""
    if isinstance(files, (str, bytes)):
        raise KojiImportError('files are a list, or a dictionary by name')
    given: dict[str, Path] = {}
    for name, path in (files.items() if isinstance(files, Mapping) else
                       [(os.path.basename(path), path) for path in files]):
        if name in given:
            raise KojiImportError(f'there are two files {name!r}: give a'
                                  ' dictionary, by their names in the'
                                  ' metadata')
        given[name] = path
    unnamed = set(given)
    outputs = []
    places = set()
    for row in metadata['output']:
        if not isinstance(row, dict) or not isinstance(row.get('filename'),
                                                       str):
            raise KojiImportError('an output of the metadata has no filename')
        folder, name = str(row.get('relpath') or ''), row['filename']
        if row.get('metadata_only'):
            unnamed -= {name, posixpath.join(folder, name)}
            continue
        if '..' in folder.split('/') or folder.startswith('/') or (
                '/' in name or name in ('', '.', '..')):
            raise KojiImportError(f'{posixpath.join(folder, name)!r} is no'
                                  ' place for a file')
        keys = [key for key in (posixpath.join(folder, name), name)
                if key in given]
        if not keys:
            raise KojiImportError(f'the file {name!r} of the metadata is not'
                                  ' given')
        unnamed.discard(keys[0])
        if (folder, name) in places:
            raise KojiImportError('the metadata names'
                                  f' {posixpath.join(folder, name)!r} twice')
        places.add((folder, name))
        outputs.append(_Output(
            folder, name, os.fspath(given[keys[0]]), row.get('filesize', 0),
            row.get('checksum_type'), row.get('checksum')))
    if unnamed:
        raise KojiImportError('the metadata does not name the file'
                              f' {min(unnamed)!r}')
    return outputs


def _compare(outputs: Iterable[_Output]) -> None:
    """
    Compare files with what the metadata says of them.

    :raises OSError: if one cannot be read.
    :raises KojiImportError: if one differs.
    """
    for output in outputs:
        stat = os.stat(output.local)
        if not S_ISREG(stat.st_mode):
            # Others may have no end.
            raise KojiImportError(f'{output.local!r} is no file')
        with open(output.local, 'rb') as file:
            if stat.st_size != output.size:
                raise KojiImportError(
                    f'{output.local} has {stat.st_size} bytes; the metadata'
                    f' says {output.size}')
            digest = _digest(output.kind, file)
            if digest is not None and digest != output.checksum:
                raise KojiImportError(
                    f'the {output.kind} checksum of {output.local} is'
                    f' {digest}; the metadata says {output.checksum}')


def _digest(kind: Any, file: Any) -> str | None:
    """The checksum of a file; None for a kind that is the hub's to judge."""
    if kind not in ('md5', 'sha256', 'adler32'):
        return None
    made = new_hash(kind)
    while True:
        data = file.read(PIECE)
        if not data:
            return str(made.hexdigest())
        made.update(data)
