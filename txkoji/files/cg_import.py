"""
Importing builds that a content generator has made.

The metadata is that of Koji's documentation, "Content Generator Metadata".
"""
from __future__ import annotations

import json
import posixpath
import secrets
import time
from collections import deque
from collections.abc import Callable, Coroutine, Iterable
from io import BytesIO
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji import build_states
from txkoji.build import Build
from txkoji.client import HubClient
from txkoji.exceptions import (
    GenericError,
    KojiException,
    KojiImportError,
    RetryError,
    TransportError,
    UploadError,
)
from txkoji.files.cg_metadata import (
    Files,
    Output,
    compare,
    find_generator,
    find_outputs,
    nvr_of,
    read_metadata,
)
from txkoji.files.paths import upload_path
from txkoji.files.uploads import check_login, upload
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.deferreds import gather, in_thread, shield
from txkoji.progress import ByteListener

T = TypeVar('T')

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

#: Bytes of the XML of a request that a hub takes (kojihub's
#: ``MaxRequestLength``), and of those what the id and the token of a
#: reservation may need.
MAX_REQUEST = 2**22
RESERVATION = 2**10


async def import_build(client: HubClient, metadata: Any, files: Files,
                       **options: Any) -> Build:
    """Import a build; see `Connection.cg_import`."""
    return await Import(client, metadata, files, **options).run()


class Import:
    """
    An import; see `Connection.cg_import`.

    :param client: sends the calls.
    :raises KojiImportError: if the metadata does not say what it should, or
                             the files are not those that it names.
    """

    _log = Logger()

    def __init__(self, client: HubClient, metadata: Any, files: Files, *,
                 cg: str | None, token: str | None, reserve: bool,
                 directory: str | None, concurrency: int,
                 progress: ByteListener) -> None:
        self._client = client
        self._metadata = read_metadata(metadata)
        self._build = self._metadata['build']
        self._outputs = find_outputs(self._metadata, files)
        self._reserve = reserve and 'build_id' not in self._build
        self._cg = cg
        if cg is None and self._reserve:
            self._cg = find_generator(self._metadata)
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
        check_login(self._client, 'cg_import')
        await self._in_thread(compare, self._outputs)
        self._long = await self._in_thread(self._is_long)
        if not self._reserve:
            return await self._import()
        try:
            # What is under way may be done: it is waited for.
            await shield(self._client.call('CGInitBuild', self._cg, {
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
            self._log.info('{build} may be reserved',
                           build=nvr_of(self._build))
            return
        try:
            await self._client.with_options(deadline=CLEANING).call(
                'CGRefundBuild', self._cg, self._build['build_id'], self._token, state)
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
            await deferLater(self._client.reactor, delay)
        return await self._call(metadata)

    async def _call(self, metadata: Any) -> Build:
        build: Any
        try:
            # It may take the hub as long as it wants.
            build = await self._client.with_options(
                timeout=self._client.options.deadline).CGImport(
                    metadata, self._directory, self._token)
        except (RetryError, TransportError) as error:
            if self._token is None and not isinstance(error, RetryError):
                # A build of that name may be another.
                raise
            # It may be done, and the answer lost.
            self._log.info('looking whether it was imported: {error}',
                           error=str(error))
            build = await self._client.getBuild(
                self._build.get('build_id') or nvr_of(self._build))
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
        sessions: list[HubClient] = []
        try:
            for _ in range(min(self._concurrency, len(waiting)) - 1):
                try:
                    # One that the hub is about to give is to be ended, too.
                    await shield(Deferred.fromCoroutine(
                        self._client.new_session(self._client.owner)
                    ).addCallback(sessions.append))
                except GenericError as error:
                    self._log.warn('the hub gives no more sessions: {error}',
                                   error=str(error))
                    break
            await gather([
                Deferred.fromCoroutine(self._upload_some(client, waiting))
                for client in [self._client, *sessions]])
        finally:
            await self._clean_up(self._end_all(sessions))

    async def _clean_up(self, work: Coroutine[Any, Any, None]) -> None:
        """
        Do what is to be done in any case.

        :raises CancelledError: if it was cancelled meanwhile, when it has
                                ended.
        """
        await shield(Deferred.fromCoroutine(work))

    async def _end_all(self, sessions: Iterable[HubClient]) -> None:
        await gather([Deferred.fromCoroutine(self._end(session))
                        for session in sessions])

    async def _end(self, session: HubClient) -> None:
        """End a session; in the worst case, the hub does that itself."""
        try:
            await session.with_options(deadline=CLEANING).logout()
        except KojiException as error:
            self._log.info('a session was not ended: {error}',
                           error=str(error))
        await session.close()

    async def _upload_some(self, client: HubClient, waiting: deque[Output]
                           ) -> None:
        while waiting:
            output = waiting.popleft()
            place = posixpath.join(self._directory, output.folder)

            def tell(sent: int, total: int | None) -> None:
                self._sent[posixpath.join(place, output.name)] = sent
                self._progress(sum(self._sent.values()),
                               sum(each.size for each in self._outputs))

            await upload(client, output.local, place, output.name,
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
        await upload(self._client, BytesIO(data), self._directory, name)
        return name

    def _in_thread(self, function: Callable[..., T], *args: Any
                   ) -> Deferred[T]:
        return in_thread(self._client.reactor, function, *args)


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
