"""Tests of uploads."""
from __future__ import annotations

import gc
import io
import os
import warnings
from hashlib import sha256
from random import Random
from typing import Any
from zlib import adler32

import koji
from twisted.internet import reactor
from twisted.internet.defer import (
    CancelledError,
    gatherResults,
    inlineCallbacks,
)
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import (
    ActionNotAllowed,
    ConnectionFailed,
    GenericError,
    HTTPError,
    LockError,
    UploadCanceled,
    UploadError,
)
from txkoji.testing import FakeHub
from txkoji.testing.uploads import Uploads

KILO = 1024


class UploadTestCase(HubTestCase):
    """A file of two and a half chunks is to be uploaded."""

    def setUp(self) -> None:
        """Write the file, and log in."""
        super().setUp()
        self.folder = folder(self)
        self.data = Random(1).randbytes(2 * KILO + 500)
        self.path = write(self.folder + '/x.src.rpm', self.data)
        self.log_in()

    def log_in(self, **settings: Any) -> None:
        """Log in, with settings of the profile."""
        self.koji = self.hub.connection(upload_blocksize=KILO, **settings)
        self.get(self.koji.login())
        self.hub.calls.clear()

    def there(self, name: str = 'x.src.rpm') -> Any:
        """Read the file on the hub."""
        return self.hub.files.read(f'work/cli-build/1/{name}')

    def offsets(self) -> list[str]:
        """List the offsets of the raw uploads."""
        return [args[0]['offset'] for method, args, _ in self.hub.calls
                if method == 'upload']


class RawUploadTests(UploadTestCase):
    """Chunks are sent as raw uploads."""

    def test_whole(self) -> None:
        """The whole file arrives, and is compared."""
        seen: list[tuple[int, Any]] = []
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
        """Paths and open files are uploaded, under any name."""
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
        """An empty file is created on the hub."""
        empty = write(self.folder + '/empty', b'')
        for number, local in enumerate([empty, io.BytesIO()]):
            found = self.get(self.koji.upload(local, 'cli-build/1',
                                              str(number)))
            self.assertEqual((found.size, self.there(str(number))), (0, b''))

    def test_exists(self) -> None:
        """An existing file is replaced only with overwrite."""
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.fail_of(self.koji.upload(io.BytesIO(b'other'), 'cli-build/1',
                                      'x.src.rpm'), GenericError)
        self.assertEqual(self.there(), self.data)
        self.get(self.koji.upload(io.BytesIO(b'other'), 'cli-build/1',
                                  'x.src.rpm', overwrite=True))
        self.assertEqual(self.there(), b'other')

    def test_beginning_exists(self) -> None:
        """An existing file that equals our first chunk stays, too."""
        for _ in range(2):
            data = self.data[:KILO]
            uploading = self.koji.upload(io.BytesIO(data), 'cli-build/1', 'x')
            self.data = self.data[:2 * KILO]
        self.fail_of(uploading, GenericError)
        self.fail_of(self.koji.upload(io.BytesIO(self.data), 'cli-build/1',
                                      'x'), GenericError)
        self.assertEqual(self.there('x'), data)

    def test_lost_answers(self) -> None:
        """After a lost answer, a chunk goes to the same offset."""
        for kind in ('dropped-after', 'dropped-before', 'truncated'):
            self.log_in(max_retries=5, retry_interval=1)
            self.hub.misbehave(kind, method='upload', times=2)
            uploading = self.koji.upload(self.path, 'cli-build/1', kind)
            self.hub.clock.pump([1] * 10)
            self.assertEqual(self.get(uploading).size, 2548)
            self.assertEqual(self.there(kind), self.data)
            self.hub.behave()

    def test_no_retries(self) -> None:
        """Without retries, a lost connection fails the upload."""
        self.hub.misbehave('dropped-before', method='upload', times=1)
        self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                     ConnectionFailed)

    def test_damaged(self) -> None:
        """A damaged chunk is sent again, but not for ever."""
        for times, good in [(2, True), (3, False)]:
            damaged = [0]

            def damage(own: Any, user: Any, fields: Any, data: bytes) -> Any:
                damaged[0] += 1
                return take(own, user, fields,
                            data if damaged[0] > times else data[:-1] + b'!')

            take = Uploads.take
            self.patch(Uploads, 'take', damage)
            uploading = self.koji.upload(self.path, 'cli-build/1', str(times))
            if good:
                self.get(uploading)
                self.assertEqual(self.there(str(times)), self.data)
            else:
                error = self.fail_of(uploading, UploadError)
                self.assertIn('did not arrive', str(error))
            self.patch(Uploads, 'take', take)

    def test_changed_there(self) -> None:
        """Another size or checksum on the hub is an error."""
        for size, text in [(5, 'the hub has 5 bytes in cli-build/1/5; 2548'),
                           (2548, 'checksum of cli-build/1/2548 on the hub')]:
            self.hub.respond('checkUpload', {'size': size, 'hexdigest': 'x'})
            uploading = self.koji.upload(self.path, 'cli-build/1', str(size))
            self.hub.clock.pump([1] * 60)
            self.assertIn(text, str(self.fail_of(uploading, UploadError)))

    def test_changed_here(self) -> None:
        """A local file that changes during the upload is an error."""
        def change(sent: int, total: Any) -> None:
            with open(self.path, 'ab') as file:
                file.write(b'more')

        error = self.fail_of(self.koji.upload(
            self.path, 'cli-build/1', progress=change), UploadError)
        self.assertIn('was changed', str(error))

    def test_cancel(self) -> None:
        """The error of a canceled upload has the uploaded bytes."""
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
        """Invalid paths, names and files fail; nothing is sent."""
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
        """Without login, the error says so, and nothing is sent."""
        self.get(self.koji.logout())
        self.hub.calls.clear()
        for each in (self.hub.connection(), self.koji.with_options(timeout=9)):
            error = self.fail_of(each.upload(self.path, 'x'),
                                 ActionNotAllowed)
            self.assertEqual((str(error), error.method), (
                'upload: not logged in; login() first', 'upload'))
            self.assertEqual(self.hub.calls, [])

    def test_paths(self) -> None:
        """Paths on the hub are normalized."""
        for number, path in enumerate(['cli-build/1/', 'cli-build//1',
                                       './cli-build/./1']):
            found = self.get(self.koji.upload(self.path, path, str(number)))
            self.assertEqual(found.path, 'cli-build/1')
            self.assertEqual(self.there(str(number)), self.data)
        for args in self.hub.calls:
            self.assertNotIn('//', str(args))

    def test_old_sessions(self) -> None:
        """On old hubs, the session is in the URL."""
        self.hub = FakeHub(clock=Clock())
        self.hub.version = '1.30.0'
        self.log_in()
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)


class ExistingFileTests(UploadTestCase):
    """An existing file on the hub stays, without overwrite."""

    def refused(self, name: str) -> None:
        """Check that an upload leaves an existing file."""
        self.hub.files.write('work/cli-build/1/' + name, b'precious')
        for data in (b'', b'x'):
            self.fail_of(self.koji.upload(io.BytesIO(data), 'cli-build/1',
                                          name), GenericError)
            self.assertEqual(self.there(name), b'precious')

    def test_empty(self) -> None:
        """An empty upload replaces a file only with overwrite."""
        self.refused('x')
        self.refused('build.log')
        self.get(self.koji.upload(io.BytesIO(), 'cli-build/1', 'x',
                                  overwrite=True))
        self.assertEqual(self.there('x'), b'')

    def test_slow(self) -> None:
        """Uploads by calls replace no file, not even "*.log"."""
        self.log_in(use_fast_upload=False)
        self.refused('x')
        self.refused('build.log')

    def test_fallback(self) -> None:
        """Uploads that fall back to calls replace no file."""
        self.hub.takes_files = False
        self.refused('x')
        self.refused('build.log')

    def test_never_truncates(self) -> None:
        """No call has the offset -1, whatever the size."""
        self.log_in(use_fast_upload=False)
        for size in (0, 1, 1024, 2548):
            found = self.get(self.koji.upload(
                io.BytesIO(self.data[:size]), 'cli-build/1', str(size)))
            self.assertEqual((found.size, self.there(str(size))),
                             (size, self.data[:size]))
        self.assertNotIn(-1, [args[4] for method, args, _ in self.hub.calls
                              if method == 'uploadFile'])

    def test_no_overwrite(self) -> None:
        """With overwrite, uploads by calls fail at once."""
        self.log_in(use_fast_upload=False)
        error = self.fail_of(self.koji.upload(
            self.path, 'cli-build/1', overwrite=True), UploadError)
        self.assertIn("use_fast_upload is off in profile 'fakehub'",
                      str(error))
        self.assertEqual(self.hub.calls, [])
        self.log_in()
        self.hub.takes_files = False
        error = self.fail_of(self.koji.upload(
            self.path, 'cli-build/1', overwrite=True), UploadError)
        self.assertIn('takes no raw uploads', str(error))
        self.assertNotIn('uploadFile', str(self.hub.calls))

    def test_outage(self) -> None:
        """An outage is not taken for a hub without raw uploads."""
        send = self.koji.client.send

        def fail(method: str, *args: Any, **kwargs: Any) -> Any:
            if method == 'upload':
                raise HTTPError('bad gateway', status=502)
            return send(method, *args, **kwargs)

        self.patch(self.koji.client, 'send', fail)
        error = self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                             HTTPError)
        self.assertEqual(error.status, 502)
        self.assertNotIn('uploadFile', str(self.hub.calls))


class LateUploadTests(UploadTestCase):
    """A hub of several servers sees an upload late."""

    def see(self, *answers: Any) -> None:
        """Let the hub give other answers first."""
        late = list(answers)

        def check(*args: Any, **kwargs: Any) -> Any:
            if late:
                return late.pop(0)
            return Uploads(self.hub.world).checkUpload(
                None, *args, **kwargs)

        self.hub.respond('checkUpload', check)

    def test_seen_later(self) -> None:
        """The hub is asked again until it sees the file."""
        for name, late in [('1', [None]), ('2', [None] * 6), (
                '3', [{'size': 1024, 'hexdigest': '00000001'}])]:
            self.see(*late)
            uploading = self.koji.upload(self.path, 'cli-build/1', name)
            self.assertNoResult(uploading)
            self.hub.clock.pump([1] * 60)
            self.assertEqual(self.get(uploading).size, 2548)

    def test_never_seen(self) -> None:
        """After a minute, the error says that there is no file."""
        self.hub.respond('checkUpload', None)
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.hub.clock.pump([1] * 59)
        self.assertNoResult(uploading)
        self.hub.clock.advance(1)
        error = self.fail_of(uploading, UploadError)
        self.assertIn('the hub has no such file: cli-build/1/x.src.rpm',
                      str(error))
        self.assertEqual(error.uploaded, 2548)

    def test_done(self) -> None:
        """After a RetryError, the hub is asked whether it has the chunk."""
        self.log_in(max_retries=2)
        self.hub.misbehave('dropped-after', method='upload', times=1)
        self.see(None, None)
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.hub.clock.pump([1] * 10)
        self.assertEqual(self.get(uploading).size, 2548)
        self.assertEqual(self.there(), self.data)

    def test_lock(self) -> None:
        """A chunk is sent again while the hub has a lock."""
        for times, name, method in [
                (3, 'fast', 'take'), (3, 'slow', 'uploadFile'),
                (7, 'never', 'take')]:
            self.log_in(use_fast_upload=method == 'take')
            left, good = [times], getattr(Uploads, method)

            def lock(own: Any, *args: Any) -> Any:
                if left[0]:
                    left[0] -= 1
                    raise LockError('failed to acquire lock')
                return good(own, *args)

            self.patch(Uploads, method, lock)
            uploading = self.koji.upload(self.path, 'cli-build/1', name)
            self.assertNoResult(uploading)
            self.hub.clock.pump([1] * 60)
            if name == 'never':
                self.fail_of(uploading, LockError)
            else:
                self.get(uploading)
                self.assertEqual(self.there(name), self.data)

    def test_cancel(self) -> None:
        """Cancellation ends the wait between two checks."""
        self.hub.respond('checkUpload', None)
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.hub.clock.advance(1)
        uploading.cancel()
        self.assertEqual(self.fail_of(uploading, UploadCanceled).uploaded,
                         2548)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])


class ProgressTests(UploadTestCase):
    """A listener is told the progress."""

    def test_cancels(self) -> None:
        """A progress listener can cancel the upload."""
        self.hub.misbehave('slow', method='upload', seconds=1)

        def cancel(sent: int, total: Any) -> None:
            uploading.cancel()

        uploading = self.koji.upload(self.path, 'cli-build/1',
                                     progress=cancel)
        self.hub.clock.pump([1] * 5)
        error = self.fail_of(uploading, UploadCanceled)
        self.assertEqual(error.uploaded, 1024)
        self.assertEqual(self.offsets(), ['0'])


class CallUploadTests(UploadTestCase):
    """Chunks are sent as calls."""

    def test_falls_back(self) -> None:
        """A hub without raw uploads gets calls."""
        self.hub.takes_files = False
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)
        self.assertEqual([method for method, _, _ in self.hub.calls],
                         ['subsession', 'checkUpload', 'checkUpload']
                         + ['uploadFile'] * 3
                         + ['checkUpload'])

    def test_by_profile(self) -> None:
        """A profile can turn raw uploads off."""
        self.log_in(use_fast_upload=False)
        self.get(self.koji.upload(self.path, 'cli-build/1'))
        self.assertEqual(self.there(), self.data)
        self.assertEqual(self.offsets(), [])

    def test_lost(self) -> None:
        """A chunk whose answer is lost is written once."""
        self.log_in(use_fast_upload=False, max_retries=3)
        self.hub.misbehave('dropped-after', method='uploadFile', times=2)
        uploading = self.koji.upload(self.path, 'cli-build/1')
        self.hub.clock.pump([1] * 5)
        self.get(uploading)
        self.assertEqual(self.there(), self.data)

    def test_refused(self) -> None:
        """A chunk that arrives damaged is an error."""
        self.hub.takes_files = False
        self.hub.respond('uploadFile', False)
        error = self.fail_of(self.koji.upload(self.path, 'cli-build/1'),
                             UploadError)
        self.assertEqual(error.uploaded, 0)


class SocketTests(TestCase):
    """Uploads over sockets equal those of Koji's own client."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start a hub on a port, log in, and write a file."""
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
        """Compute the checksum of a file on the hub."""
        with open(os.path.join(self.folder, 'hub', 'work', 'cli-build', '1',
                               name), 'rb') as file:
            return sha256(file.read()).hexdigest()

    @inlineCallbacks
    def test_outages(self) -> Any:
        """Connections that break now and then damage no file."""
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
        """The requests, and the files, equal those of Koji's client."""
        place, task = 'cli-build/1', 'tasks/6476/6476'
        yield self.koji.upload(self.path, place, 'ours')
        # To the folder of a task only its builder uploads.
        self.hub.files.copy(f'work/{place}/ours', f'work/{task}/ours')

        def run() -> bytes:
            session = koji.ClientSession(self.server, {
                'user': 'bob', 'password': 'x', 'timeout': 30})
            session.login()
            with warnings.catch_warnings():
                # Koji's client leaves the file open.
                warnings.simplefilter('ignore', ResourceWarning)
                session.fastUpload(self.path, place, 'theirs')
            data = session.downloadTaskOutput(6476, 'ours')
            session.logout()
            session.rsession.close()
            return bytes(data)

        found = yield deferToThread(run)
        self.assertEqual(found, self.data)
        self.hub.files.copy(f'work/{place}/theirs', f'work/{task}/theirs')
        output = io.BytesIO()
        yield self.koji.download_task_output(6476, 'theirs', output)
        self.assertEqual(output.getvalue(), self.data)

        def uploads(name: str) -> Any:
            return [{**args[0], 'filename': ''}
                    for method, args, _ in self.hub.calls
                    if method == 'upload' and args[0]['filename'] == name]

        self.assertEqual(uploads('ours'), uploads('theirs'))
        self.assertEqual(len(uploads('ours')), 6)

    @inlineCallbacks
    def test_empty(self) -> Any:
        """An empty file is uploaded as by Koji's client."""
        empty = write(self.folder + '/empty', b'')

        def run() -> str:
            session = koji.ClientSession(self.server, {
                'user': 'bob', 'password': 'x', 'timeout': 30})
            with warnings.catch_warnings():
                warnings.simplefilter('ignore', ResourceWarning)
                with self.assertRaises(koji.ActionNotAllowed):
                    session.fastUpload(empty, 'a', 'theirs')
                session.login()
                session.fastUpload(empty, 'a', 'theirs')
                try:
                    session.fastUpload(empty, 'a', 'full')
                except koji.GenericError as error:
                    refusal = str(error)
                # Koji's client leaves the files open.
                gc.collect()
            session.logout()
            session.rsession.close()
            return refusal

        self.hub.files.write('work/a/full', b'precious')
        anonymous = Connection(Profile('test', server=self.server))
        self.addCleanup(anonymous.close)
        with self.assertRaises(ActionNotAllowed):
            yield anonymous.upload(empty, 'a', 'ours')
        theirs = yield deferToThread(run)
        yield self.koji.upload(empty, 'a', 'ours')
        with self.assertRaises(GenericError) as caught:
            yield self.koji.upload(empty, 'a', 'full')
        self.assertEqual(str(caught.exception), theirs)
        self.assertEqual(self.hub.files.read('work/a/full'), b'precious')
        sent = [(args[0]['offset'], args[0]['filename'])
                for method, args, _ in self.hub.calls if method == 'upload']
        self.assertEqual(sent, [('0', 'theirs'), ('0', 'full'),
                                ('0', 'ours'), ('0', 'full')])
