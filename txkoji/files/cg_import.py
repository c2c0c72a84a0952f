"""
Imports of builds that a content generator has made.

Koji's documentation describes the metadata, in "Content Generator Metadata".
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
    check_files,
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

#: Texts in faults of a hub on a network file system that does not see the
#: uploaded files yet: a file is too short, or is missing (with fault code 1).
TOO_SHORT = 'Corrupted upload?'
MISSING = 'FileNotFoundError'

#: Seconds to wait before importing again after one of these faults.
RETRY_DELAYS = (5, 10, 20, 40)

#: Members of the metadata's build that ``CGInitBuild`` takes.
RESERVATION_MEMBERS = ('name', 'version', 'release', 'epoch', 'draft', 'owner')

#: Seconds to release a reservation, or to end a session.
CLEANUP_DEADLINE = 60

#: Bytes of a request that a hub takes (kojihub, ``MaxRequestLength``).
MAX_REQUEST = 2**22

#: Bytes of a request that are left for the id and the token of a reservation.
RESERVATION_SIZE = 2**10


async def import_build(client: HubClient, metadata: Any, files: Files,
                       **options: Any) -> Build:
    """Import a build; see `Connection.cg_import`."""
    return await Import(client, metadata, files, **options).run()


class Import:
    """
    An import of one build; see `Connection.cg_import`.

    :param client: the client that sends the calls.
    :raises KojiImportError: if the metadata is malformed, or does not match
                             the files.
    :raises ValueError: if ``concurrency`` is below 1.
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
        # A unique folder, named as by Koji's own client.
        self._directory = _check_directory(directory or (
            f'cg-import/{time.time():.6f}.{secrets.token_hex(4)}'))
        if concurrency < 1:
            raise ValueError('concurrency must be at least 1, not'
                             f' {concurrency}')
        self._concurrency = concurrency
        self._progress = progress
        #: Bytes on the hub, by the paths of the files.
        self._uploaded: dict[str, int] = {}
        #: Whether the metadata is too long for a call.
        self._is_long = False

    async def run(self) -> Build:
        """Import the build."""
        check_login(self._client, 'cg_import')
        await self._in_thread(check_files, self._outputs)
        self._is_long = await self._in_thread(self._exceeds_request)
        if not self._reserve:
            return await self._upload_and_import()
        try:
            # Wait for the answer even if the import is canceled, since the
            # reservation is released by the answer's token.
            await shield(self._client.call('CGInitBuild', self._cg, {
                'epoch': None, **{name: self._build[name]
                                  for name in RESERVATION_MEMBERS
                                  if name in self._build}
            }).addCallback(self._add_reservation))
            return await self._upload_and_import()
        except CancelledError:
            await self._clean_up(self._release(build_states.CANCELED))
            raise
        except Exception:
            await self._clean_up(self._release(build_states.FAILED))
            raise

    # The metadata

    def _exceeds_request(self) -> bool:
        """
        Check whether the metadata is too long for a call.

        :raises TypeError: if XML-RPC cannot carry the metadata.
        :raises KojiImportError: if the metadata is too long for a call, and
                                 JSON cannot carry the metadata.
        """
        body = encode_call('CGImport', (self._metadata, self._directory))
        if len(body) + RESERVATION_SIZE <= MAX_REQUEST:
            return False
        self._encode_json()
        return True

    def _encode_json(self) -> bytes:
        try:
            return json.dumps(self._metadata).encode()
        except (TypeError, ValueError) as error:
            raise KojiImportError(
                'the metadata is too long for a call, and cannot be sent as'
                f' JSON: {error}') from None

    async def _upload_metadata(self) -> str:
        """
        Upload the metadata to the folder of the files.

        :returns: the name of the file, which ``CGImport`` takes instead of the
                  metadata.
        """
        name = 'metadata.json'
        while name in {output.name for output in self._outputs}:
            name = '_' + name
        data = await self._in_thread(self._encode_json)
        await upload(self._client, BytesIO(data), self._directory, name)
        return name

    # The reservation

    def _add_reservation(self, answer: Any) -> None:
        """Add the reservation to the metadata, and keep its token."""
        self._build['build_id'] = answer['build_id']
        self._token = answer['token']

    async def _release(self, state: int) -> None:
        """
        Release the reservation, if there is one (hub: ``CGRefundBuild``).

        :param state: the state of the build.
        """
        if self._token is None:
            # The hub refused the reservation, or its answer was lost.
            self._log.info('{build} may be reserved',
                           build=nvr_of(self._build))
            return
        try:
            await self._client.with_options(
                deadline=CLEANUP_DEADLINE).call(
                    'CGRefundBuild', self._cg, self._build['build_id'],
                    self._token, state)
        except KojiException as error:
            self._log.warn('the reservation of build {build} was not released:'
                           ' {error}', build=self._build['build_id'],
                           error=str(error))

    # The import

    async def _upload_and_import(self) -> Build:
        await self._upload_files()
        metadata: Any = self._metadata
        if self._is_long:
            metadata = await self._upload_metadata()
        for delay in RETRY_DELAYS:
            try:
                return await self._import(metadata)
            except KojiException as error:
                if not _is_missing_upload(error):
                    raise
                self._log.warn('importing again in {delay} seconds, after'
                               ' {error}', delay=delay, error=str(error))
            await deferLater(self._client.reactor, delay)
        return await self._import(metadata)

    async def _import(self, metadata: Any) -> Build:
        """
        Import the uploaded build.

        :param metadata: the metadata, or the name of the uploaded metadata.
        """
        build: Any
        try:
            # A long import is no reason to time out: only the deadline counts.
            build = await self._client.with_options(
                timeout=self._client.options.deadline).CGImport(
                    metadata, self._directory, self._token)
        except (RetryError, TransportError) as error:
            if self._token is None and not isinstance(error, RetryError):
                # A build of this name may be from another import.
                raise
            # The answer may be lost, and the import done.
            self._log.info('checking whether the build was imported, after'
                           ' {error}', error=str(error))
            build = await self._client.getBuild(
                self._build.get('build_id') or nvr_of(self._build))
            if build is None or build.state != build_states.COMPLETE:
                raise
        found: Build = build
        return found

    # The files

    async def _upload_files(self) -> None:
        """
        Upload the files, several at a time.

        Each simultaneous upload has a session of its own, since the hub runs
        the writes of a session one after the other.
        """
        queue = deque(self._outputs)
        sessions: list[HubClient] = []
        try:
            for _ in range(min(self._concurrency, len(queue)) - 1):
                try:
                    # Wait for the session even if the import is canceled, so
                    # that the session is ended, too.
                    await shield(Deferred.fromCoroutine(
                        self._client.new_session(self._client.owner)
                    ).addCallback(sessions.append))
                except GenericError as error:
                    self._log.warn('the hub refuses another session: {error}',
                                   error=str(error))
                    break
            await gather([
                Deferred.fromCoroutine(self._upload_queue(client, queue))
                for client in [self._client, *sessions]])
        finally:
            await self._clean_up(self._end_sessions(sessions))

    async def _upload_queue(self, client: HubClient, queue: deque[Output]
                            ) -> None:
        """Upload queued files, one after the other, until none is left."""
        while queue:
            output = queue.popleft()
            folder = posixpath.join(self._directory, output.folder)

            def report(sent: int, total: int | None) -> None:
                self._uploaded[posixpath.join(folder, output.name)] = sent
                self._progress(sum(self._uploaded.values()),
                               sum(each.size for each in self._outputs))

            await upload(client, output.local, folder, output.name,
                         progress=report)

    async def _end_sessions(self, sessions: Iterable[HubClient]) -> None:
        await gather([Deferred.fromCoroutine(self._end_session(session))
                      for session in sessions])

    async def _end_session(self, session: HubClient) -> None:
        """End a session. If this fails, the session expires on the hub."""
        try:
            await session.with_options(deadline=CLEANUP_DEADLINE).logout()
        except KojiException as error:
            self._log.info('a session was not ended: {error}',
                           error=str(error))
        await session.close()

    async def _clean_up(self, work: Coroutine[Any, Any, None]) -> None:
        """
        Run a coroutine to its end, also if the import is canceled.

        :raises CancelledError: if the import was canceled meanwhile.
        """
        await shield(Deferred.fromCoroutine(work))

    def _in_thread(self, function: Callable[..., T], *args: Any
                   ) -> Deferred[T]:
        return in_thread(self._client.reactor, function, *args)


def _check_directory(path: str) -> str:
    """
    Normalize the path of the folder for the uploads.

    :raises KojiImportError: if the path leads out of the hub's folder for
                             uploads.
    """
    try:
        return upload_path(path)
    except UploadError as error:
        raise KojiImportError(f'directory: {error}') from None


def _is_missing_upload(error: KojiException) -> bool:
    """Check whether the hub may only not see the uploaded files yet."""
    return TOO_SHORT in str(error) or (error.faultCode == 1
                                       and MISSING in str(error))
