"""Uploading files."""
from __future__ import annotations

import io
import os
import warnings
from hashlib import sha256
from random import Random
from typing import Any, List, Tuple
from zlib import adler32

import koji
from twisted.internet import reactor
from twisted.internet.defer import (CancelledError, gatherResults,
                                    inlineCallbacks)
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import (ActionNotAllowed, ConnectionFailed,
                               GenericError, UploadCanceled, UploadError)
from txkoji.testing import FakeHub
from txkoji.testing import hub as hub_module

KILO = 1024


class UploadTestCase(HubTestCase):
    """A hub that one is logged in to, and a file of two pieces and a half."""

    def setUp(self) -> None:
        super().setUp()
        self.folder = folder(self)
        self.data = Random(1).randbytes(2 * KILO + 500)
        self.path = write(self.folder + '/x.src.rpm', self.data)
        self.log_in()

    def log_in(self, **settings: Any) -> None:
        self.koji = self.hub.connection(upload_blocksize=KILO, **settings)
        self.get(self.koji.login())
        self.hub.calls.clear()

    def there(self, name: str = 'x.src.rpm') -> Any:
        return self.hub.files.read(f'work/cli-build/1/{name}')

    def offsets(self) -> List[str]:
        return [args[0]['offset'] for method, args, _ in self.hub.calls
                if method == 'upload']


class FastTests(UploadTestCase):
    """In pieces, as they are."""

    def test_whole(self) -> None:
        """All of it is there, and is compared."""
        seen: List[Tuple[int, Any]] = []
        found = self.get(self.koji.upload(
            self.path, 'cli-build/1', progress=lambda *each: seen.append(
                each)))
        self.assertEqual(self.there(), self.data)
        self.assertEqual(found, ('cli-build/1', 'x.src.rpm', 2548,
                                 f'{adler32(self.data):08x}'))
        self.assertEqual(self.offsets(), ['0', '1024', '2048'])
        self.assertEqual(seen, [(1024, 2548), (2048, 2548), (2548, 2548)])
        self.assertEqual(self.hub.calls[-1][0], 'checkUpload')

    def test_sources(self) -> None:
        """A path, or an open file, which stays open; under any name."""
        self.get(self.koji.upload(self.path, 'cli-build/1', 'y'))
        self.assertEqual(self.there('y'), self.data)
        with open(self.path, 'rb') as file:
            self.get(self.koji.upload(file, 'cli-build/1'))
            self.assertFalse(file.closed)
        self.assertEqual(self.there(), self.data)
        self.get(self.koji.upload(io.BytesIO(b'abc'), 'cli-build/1', 'z',
                                  volume='vol3'))
        self.assertEqual(
            self.hub.files.read('work/cli-build/1/z', 'vol3'), b'abc')

    def test_empty(self) -> None:
        """A file with nothing in it is there, too."""
        empty = write(self.folder + '/empty', b'')
        for number, local in enumerate([empty, io.BytesIO()]):
            found = self.get(self.koji.upload(local, 'cli-build/1',
                                              str(number)))
            self.assertEqual((found.size, self.there(str(number))), (0, b''))

    def test_exists(self) -> None:
        """What is there already is replaced only if that is asked for."""
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.fail_of(self.koji.upload(io.BytesIO(b'other'), 'cli-build/1',
                                      'x.src.rpm'), GenericError)
        self.assertEqual(self.there(), self.data)
        self.get(self.koji.upload(io.BytesIO(b'other'), 'cli-build/1',
                                  'x.src.rpm', overwrite=True))
        self.assertEqual(self.there(), b'other')

    def test_beginning_exists(self) -> None:
        """So it is where it happens to be our first piece."""
        for _ in range(2):
            data = self.data[:KILO]
            uploading = self.koji.upload(io.BytesIO(data), 'cli-build/1', 'x')
            self.data = self.data[:2 * KILO]
        self.fail_of(uploading, GenericError)
        self.fail_of(self.koji.upload(io.BytesIO(self.data), 'cli-build/1',
                                      'x'), GenericError)
        self.assertEqual(self.there('x'), data)

    def test_lost_answers(self) -> None:
        """A piece whose answer was lost goes to the same place again."""
        for kind in ('dropped-after', 'dropped-before', 'truncated'):
            self.log_in(max_retries=5, retry_interval=1)
            self.hub.misbehave(kind, method='upload', times=2)
            uploading = self.koji.upload(self.path, 'cli-build/1', kind)
            self.hub.clock.pump([1] * 10)
            self.assertEqual(self.get(uploading).size, 2548)
            self.assertEqual(self.there(kind), self.data)
            self.hub.behave()

    def test_no_retries(self) -> None:
        """Without retries it fails, as any call."""
        self.hub.misbehave('dropped-before', method='upload', times=1)
        self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                     ConnectionFailed)

    def test_damaged(self) -> None:
        """What arrives otherwise is sent again, or is an error."""
        for times, good in [(2, True), (3, False)]:
            damaged = [0]

            def damage(files: Any, fields: Any, data: bytes) -> Any:
                damaged[0] += 1
                return take(files, fields,
                            data if damaged[0] > times else data[:-1] + b'!')

            take = hub_module.take_upload
            self.patch(hub_module, 'take_upload', damage)
            uploading = self.koji.upload(self.path, 'cli-build/1', str(times))
            if good:
                self.get(uploading)
                self.assertEqual(self.there(str(times)), self.data)
            else:
                error = self.fail_of(uploading, UploadError)
                self.assertIn('did not arrive', str(error))
            self.patch(hub_module, 'take_upload', take)

    def test_changed_there(self) -> None:
        """If the hub has something else in the end, that is an error."""
        self.hub.respond('checkUpload', {'size': 5, 'hexdigest': 'x'})
        error = self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                             UploadError)
        self.assertIn('is not what was sent', str(error))

    def test_changed_here(self) -> None:
        """So it is if the file changes while it is read."""
        def change(sent: int, total: Any) -> None:
            with open(self.path, 'ab') as file:
                file.write(b'more')

        error = self.fail_of(self.koji.upload(
            self.path, 'cli-build/1', progress=change), UploadError)
        self.assertIn('was changed', str(error))

    def test_cancel(self) -> None:
        """It can be cancelled, and says what is there."""
        self.hub.misbehave('slow', method='upload')
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.assertNoResult(uploading)
        uploading.cancel()
        error = self.fail_of(uploading, UploadCanceled)
        self.assertIsInstance(error, CancelledError)
        self.assertEqual(error.uploaded, 0)
        self.assertIn('0 bytes are on the hub, in cli-build/1/x.src.rpm',
                      str(error))
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_places(self) -> None:
        """Names that climb out, folders, and what is no file at all."""
        for path, name in [('../x', None), ('/abs', None), ('', None),
                           ('x', 'a/b'), ('x', '..'), ('x', '')]:
            self.fail_of(self.koji.upload(self.path, path, name), UploadError)
        self.fail_of(self.koji.upload(self.folder, 'x'), IsADirectoryError)
        self.fail_of(self.koji.upload(self.folder + '/none', 'x'),
                     FileNotFoundError)
        os.mkfifo(self.folder + '/fifo')
        self.fail_of(self.koji.upload(self.folder + '/fifo', 'x'),
                     UploadError)
        self.fail_of(self.koji.upload(io.StringIO('text'), 'x', 'y'),
                     UploadError)
        self.fail_of(self.koji.upload(io.BytesIO(), 'x'), UploadError)
        self.assertEqual(self.hub.calls, [])

    def test_anonymous(self) -> None:
        """Nobody uploads without having logged in."""
        self.fail_of(self.hub.connection().upload(self.path, 'x'),
                     ActionNotAllowed)

    def test_old_sessions(self) -> None:
        """On old hubs the session is in the URL, beside the file."""
        self.hub = FakeHub()
        self.hub.version = '1.30.0'
        self.log_in()
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)


class SlowTests(UploadTestCase):
    """In calls, on hubs that take nothing else."""

    def test_falls_back(self) -> None:
        """A hub that takes no files gets them in calls."""
        self.hub.takes_files = False
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)
        self.assertEqual([method for method, _, _ in self.hub.calls],
                         ['subsession', 'checkUpload']
                         + ['uploadFile'] * 4
                         + ['checkUpload'])

    def test_by_profile(self) -> None:
        """So does one of which the profile says so."""
        self.log_in(use_fast_upload=False)
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)
        self.assertEqual(self.offsets(), [])

    def test_lost(self) -> None:
        """A piece whose answer was lost is not sent again, if it is there."""
        self.log_in(use_fast_upload=False, max_retries=3)
        self.hub.misbehave('dropped-after', method='uploadFile', times=2)
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.hub.clock.pump([1] * 5)
        self.get(uploading)
        self.assertEqual(self.there(), self.data)

    def test_refused(self) -> None:
        """A piece that does not arrive as it was sent is an error."""
        self.hub.takes_files = False
        self.hub.respond('uploadFile', False)
        error = self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                             UploadError)
        self.assertEqual(error.uploaded, 0)


class RealTests(TestCase):
    """Over sockets, with Koji's own client beside it."""

    @inlineCallbacks
    def setUp(self) -> Any:
        self.folder = folder(self)
        self.hub = FakeHub(reactor=reactor, folder=self.folder + '/hub')
        self.hub.sessions.passwords['bob'] = 'x'
        self.server = yield self.hub.listen()
        self.addCleanup(self.hub.stop)
        self.koji = Connection(Profile('test', server=self.server,
                                       retry_interval=0.01))
        self.addCleanup(self.koji.close)
        yield self.koji.login('password', user='bob', password='x',
                              allow_http=True)
        self.data = Random(1).randbytes(5 * 2**20 + 77)
        self.path = write(self.folder + '/big', self.data)

    def digest(self, name: str) -> str:
        with open(os.path.join(self.folder, 'hub', 'work', 'cli-build', '1',
                               name), 'rb') as file:
            return sha256(file.read()).hexdigest()

    @inlineCallbacks
    def test_outages(self) -> Any:
        """Connections that break now and then do no harm."""
        for kind in ('dropped-before', 'dropped-after', 'truncated'):
            self.hub.misbehave(kind, method='upload', chance=0.15,
                               random=Random(kind))
        files = yield gatherResults([
            self.koji.upload(self.path, 'cli-build/1', str(number))
            for number in range(4)])
        for each in files:
            self.assertEqual(self.digest(each.name),
                             sha256(self.data).hexdigest())

    @inlineCallbacks
    def test_peer(self) -> Any:
        """
        Koji's own client sends the same requests; each of us reads what the
        other wrote.
        """
        place = 'tasks/6476/6476'
        yield self.koji.upload(self.path, place, 'ours')

        def run() -> bytes:
            session = koji.ClientSession(self.server, {
                'user': 'bob', 'password': 'x', 'timeout': 30})
            session.login()
            with warnings.catch_warnings():
                # It leaves the file open.
                warnings.simplefilter('ignore', ResourceWarning)
                session.fastUpload(self.path, place, 'theirs')
            data = session.downloadTaskOutput(6476, 'ours')
            session.logout()
            session.rsession.close()
            return bytes(data)

        found = yield deferToThread(run)
        self.assertEqual(found, self.data)
        output = io.BytesIO()
        yield self.koji.download_task_output(6476, 'theirs', output)
        self.assertEqual(output.getvalue(), self.data)

        def uploads(name: str) -> Any:
            return [{**args[0], 'filename': ''}
                    for method, args, _ in self.hub.calls
                    if method == 'upload' and args[0]['filename'] == name]

        self.assertEqual(uploads('ours'), uploads('theirs'))
        self.assertEqual(len(uploads('ours')), 6)
