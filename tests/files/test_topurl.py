"""Tests of the files under the topurl."""
from __future__ import annotations

import hashlib
import io
import os
from functools import partial
from random import Random
from types import SimpleNamespace
from typing import Any
from unittest.mock import Mock

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET
from twisted.web.util import Redirect

from tests.files.support import FilesTestCase, package
from tests.support import folder
from txkoji import Connection, Profile
from txkoji.exceptions import (
    ConfigurationError,
    ConnectionFailed,
    DownloadError,
    GenericError,
    HTTPError,
)
from txkoji.files.checksums import Checksum
from txkoji.files.downloads import CHUNK_SIZE
from txkoji.files.topurl import File
from txkoji.hub.http import tls
from txkoji.testing import FakeHub, files as served
from txkoji.testing.memory import MemoryNetwork


class DownloadTests(FilesTestCase):
    """A file under the topurl is downloaded."""

    def test_whole(self) -> None:
        """The whole file arrives, and is compared."""
        seen: list[tuple[int, Any]] = []
        file = self.file(size=len(self.data), checksum=Checksum(
            'sha256', hashlib.sha256(self.data).hexdigest()))
        self.assertEqual(self.get(file.download(
            self.path, progress=lambda *each: seen.append(each))),
            len(self.data))
        self.assertEqual(self.here(), self.data)
        self.assertEqual(os.listdir(self.folder), ['here'])
        self.assertEqual(seen[-1], (len(self.data), len(self.data)))

    def test_writer(self) -> None:
        """Open files and offsets work."""
        for offset in (0, 500, len(self.data)):
            for size in (None, len(self.data)):
                output = io.BytesIO()
                getting = self.file(size=size).download(output, offset=offset)
                self.assertEqual(self.get(getting), len(self.data) - offset)
                self.assertEqual(output.getvalue(), self.data[offset:])
        getting = self.file().download(io.BytesIO(), offset=len(self.data) + 1)
        self.assertIn('has no byte', str(self.fail_of(getting,
                                                      DownloadError)))
        for koji_file in (self.file(), self.file(size=9)):
            self.fail_of(koji_file.download(self.path, offset=-1), ValueError)
        self.fail_of(self.file().download(b'/x'),  # type: ignore[arg-type]
                     TypeError)

    def test_empty(self) -> None:
        """An empty file is created; a missing file is an error."""
        self.fail_of(self.file('x/empty', size=0).download(self.path),
                     HTTPError)
        self.hub.files.write('x/empty', b'')
        self.assertEqual(self.get(self.file('x/empty').download(self.path)),
                         0)
        self.assertEqual(self.here(), b'')

    def test_broken(self) -> None:
        """After a broken connection, the download resumes."""
        self.koji = self.hub.connection(max_retries=1)
        self.hub.misbehave('truncated', method='GET', times=5)
        self.hub.misbehave('dropped-before', method='GET', times=1)
        getting = self.file(checksum=Checksum(
            'md5', hashlib.md5(self.data).hexdigest())).download(self.path)
        # After a short response, the download waits a little.
        self.assertNoResult(getting)
        self.hub.clock.pump([0.5] * 5)
        self.get(getting)
        self.assertEqual(self.here(), self.data)
        self.assertEqual(len(self.hub.calls), 7)

    def test_gone(self) -> None:
        """A server that stays away is an error; no file is left."""
        self.koji = self.hub.connection(max_retries=1)
        self.hub.misbehave('truncated', method='GET', times=1)
        self.hub.misbehave('dropped-before', method='GET')
        self.fail_of(self.file().download(self.path), ConnectionFailed)
        self.assertEqual(os.listdir(self.folder), [])

    def test_nothing(self) -> None:
        """A missing file is an HTTPError with status 404."""
        error = self.fail_of(self.file('x/none').download(self.path),
                             HTTPError)
        self.assertEqual(error.status, 404)
        self.assertIn('kojifiles/x/none', str(error))
        self.assertEqual(os.listdir(self.folder), [])

    def test_no_topurl(self) -> None:
        """Without a topurl, files have no URL."""
        self.koji = self.hub.connection(topurl=None)
        self.assertIsNone(self.file().url)
        error = self.fail_of(self.file().download(self.path),
                             ConfigurationError)
        self.assertIn('topurl', str(error))

    def test_other_contents(self) -> None:
        """A difference from the hub's data is an error."""
        for known, text in [
                ({'size': 5}, 'not the 5 that the hub knows'),
                ({'checksum': Checksum('md5', '0' * 32)}, 'md5 checksum'),
                ({'checksum': Checksum('sigmd5', '0' * 32)},
                 'not an RPM package')]:
            error = self.fail_of(self.file(**known).download(self.path),
                                 DownloadError)
            self.assertIn(text, str(error))
            self.assertEqual(os.listdir(self.folder), [])

    def test_changed(self) -> None:
        """A file that changes during the download is an error."""
        def change(*progress: Any) -> None:
            self.hub.files.write('x/file.bin', b'other')
            self.hub.behave()

        self.hub.misbehave('truncated', method='GET', times=1)
        self.koji = self.hub.connection(max_retries=1)
        error = self.fail_of(self.file().download(
            self.path, progress=change))
        self.assertIsInstance(error, (DownloadError, HTTPError))
        self.assertEqual(os.listdir(self.folder), [])

    def test_full_disk(self) -> None:
        """An error of the destination ends the download at once."""
        class Full(io.BytesIO):
            def write(self, data: Any) -> int:
                raise OSError(28, 'No space left on device')

        error = self.fail_of(self.file().download(Full()), OSError)
        self.assertIn('No space', str(error))
        self.fail_of(self.file().download(self.folder), IsADirectoryError)
        self.fail_of(self.file().download(self.folder + '/no/where'),
                     FileNotFoundError)

    def test_progress_cancels(self) -> None:
        """A progress listener can cancel the download."""
        self.hub.put_out(6476, 'x', bytes(2 * CHUNK_SIZE + 1))
        for get in (self.file().download,
                    partial(self.koji.download_task_output, 6476, 'x')):
            seen: list[int] = []

            def cancel(here: int, total: Any) -> None:
                seen.append(here)
                getting.cancel()

            self.hub.misbehave('slow', seconds=1)
            getting = get(self.path, progress=cancel)
            self.hub.clock.pump([1] * 10)
            self.fail_of(getting, CancelledError)
            self.assertEqual(len(seen), 1)
            self.assertEqual(os.listdir(self.folder), [])

    def test_shrinks(self) -> None:
        """A file that shrinks during the download is an error."""
        def shrink(here: int, total: Any) -> None:
            self.hub.files.write('x/file.bin', self.data[:here])
            self.hub.behave()

        self.hub.misbehave('truncated', method='GET', times=1)
        error = self.fail_of(self.file().download(
            self.path, progress=shrink), DownloadError)
        self.assertIn('was changed', str(error))

    def test_progress_fails(self) -> None:
        """An error of the progress listener fails the download."""
        def fail(*progress: Any) -> None:
            raise LookupError('mine')

        self.fail_of(self.file().download(self.path, progress=fail),
                     LookupError)
        self.assertEqual(os.listdir(self.folder), [])

    def test_cancelled(self) -> None:
        """A canceled download leaves no file."""
        self.hub.misbehave('slow', method='GET')
        getting = self.file().download(self.path)
        getting.cancel()
        self.fail_of(getting, CancelledError)
        self.assertEqual(os.listdir(self.folder), [])

    def test_silence(self) -> None:
        """The timeout ends a download from a silent server."""
        self.koji = self.hub.connection(timeout=30)
        self.hub.misbehave('slow', method='GET', seconds=31)
        getting = self.file().download(self.path)
        self.hub.clock.advance(29)
        self.assertNoResult(getting)
        self.hub.clock.advance(1)
        self.assertIn('30 seconds', str(self.fail_of(getting)))

    def test_slow(self) -> None:
        """The timeout begins anew with each byte."""
        clock = self.hub.clock

        class Slow(Resource):
            isLeaf = True

            def render_GET(self, request: Any) -> Any:
                def write(left: int) -> None:
                    request.write(b'x')
                    if left:
                        clock.callLater(20, write, left - 1)
                    else:
                        request.finish()

                request.setHeader('Content-Length', '5')
                clock.callLater(20, write, 4)
                return NOT_DONE_YET

        self.koji = self.hub.connection(
            timeout=30, network=MemoryNetwork(Slow(), clock))
        getting = self.file().download(self.path)
        clock.pump([20] * 5)
        self.assertEqual(self.get(getting), 5)

    def test_certificate(self) -> None:
        """Only the hub's own host sees the client certificate."""
        made: list[Any] = []

        def note(trustRoot: Any, **options: Any) -> Mock:
            made.append(options)
            return Mock()

        self.patch(tls, 'CertificateOptions', note)
        shown: Any = SimpleNamespace(options={'certificate': 'ours'})
        policy = tls.HubPolicy(self.koji.settings, shown)
        for host, options in [
                ('hub.example.test', [shown.options]),
                ('files.example.test', [shown.options, {}]),
                ('other.example.test', [shown.options, {}])]:
            policy.creatorForNetloc(host.encode(), 443)
            self.assertEqual(made, options)

    def test_names(self) -> None:
        """Links and devices stay; the file mode is the usual one."""
        os.symlink(self.path, self.folder + '/link')
        os.mkfifo(self.folder + '/pipe')
        old = os.umask(0o027)
        self.addCleanup(os.umask, old)
        self.get(self.file().download(self.folder + '/link'))
        self.assertEqual(self.here(), self.data)
        self.assertTrue(os.path.islink(self.folder + '/link'))
        self.assertEqual(os.stat(self.path).st_mode & 0o777, 0o640)
        self.get(self.file().download('/dev/null'))
        self.assertFalse(os.path.isfile('/dev/null'))
        self.get(self.file().download(self.folder + '/' + 250 * 'x'))

    def test_bad_topurl(self) -> None:
        """The error of an invalid topurl shows no password."""
        for top in ('/mnt/koji', 'file:///mnt/koji', 'http://u:pw@host/x',
                    'http://h\xf6st/x', 'http://host:x/'):
            self.koji = self.hub.connection(topurl=top)
            error = self.fail_of(self.file().download(self.path),
                                 ConfigurationError)
            self.assertIn('topurl', str(error))
            self.assertNotIn('pw', str(error))


class SocketTests(TestCase):
    """Files come over sockets, from a server beside the hub's."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start a hub on a port."""
        self.hub = FakeHub(reactor=reactor)
        url = yield self.hub.listen(reactor=reactor)
        self.addCleanup(self.hub.stop)
        self.top = url.replace('/kojihub', '/kojifiles')
        self.path = folder(self) + '/here'
        self.koji = self.new(self.top)

    def new(self, top: str) -> Connection:
        """Connect, with a topurl."""
        koji = Connection(Profile('x', server=self.top.replace(
            'files', 'hub'), topurl=top, max_retries=3, retry_interval=0))
        self.addCleanup(koji.close)
        return koji

    @inlineCallbacks
    def test_package(self) -> Any:
        """The size and the checksum of an RPM are compared."""
        data = package(Random(1).randbytes(3 * 2**20))
        [row] = [row for row in self.hub.tables.rpms if row['id'] == 13]
        row['size'] = len(data)
        row['payloadhash'] = hashlib.md5(data[184:]).hexdigest()
        rpm = yield self.koji.getRPM(13)
        file = yield rpm.file()
        self.hub.files.write(file.path, data)
        self.hub.misbehave('truncated', method='GET', chance=0.5)
        got = yield file.download(self.path)
        self.assertEqual(got, len(data))
        main = hashlib.sha256(data[184:184 + 16 + 2 * 16 + 33]).hexdigest()
        for wrong, right in [('0' * 32, None), ('sha256::' + '0' * 64, None),
                             ('sha256::' + main, len(data))]:
            row['payloadhash'] = wrong
            rpm = yield self.koji.getRPM(13)
            file = yield rpm.file()
            if right is None:
                with self.assertRaises(DownloadError):
                    yield file.download(self.path + '2')
                self.assertFalse(os.path.exists(self.path + '2'))
            else:
                got = yield file.download(self.path + '2')
                self.assertEqual(got, right)

    @inlineCallbacks
    def test_redirect(self) -> Any:
        """Redirects are followed, but not for ever, and not to files."""
        self.hub.files.write('a/b', b'found')
        moved = Resource()
        moved.putChild(b'b', Redirect(f'{self.top}/a/b'.encode()))
        around = Redirect(f'{self.top[:-5]}moved/c'.encode())
        moved.putChild(b'c', around)
        moved.putChild(b'd', Redirect(b'file:///etc/passwd'))
        moved.putChild(b'e', Redirect(b'/moved/e/'))
        self.hub.resource.putChild(b'moved', moved)
        koji = self.new(self.top.replace('kojifiles', 'moved'))
        around.url = f'{self.top.replace("kojifiles", "moved")}/c'.encode()
        yield File(koji, 'b').download(self.path)
        with open(self.path) as file:
            self.assertEqual(file.read(), 'found')
        for name in ('c', 'd'):
            with self.assertRaises(HTTPError):
                yield File(koji, name).download(self.path)

        with self.assertRaises(DownloadError) as caught:
            yield File(koji, 'e').download(self.path)
        self.assertIn('is a folder', str(caught.exception))

    @inlineCallbacks
    def test_cancelled(self) -> Any:
        """Cancellation leaves no file, though threads are running."""
        self.hub.files.write('a/b', bytes(2**20))
        self.hub.put_out(6476, 'x', bytes(2**20))
        for get in (File(self.koji, 'a/b').download,
                    lambda path: self.koji.download_task_output(
                        6476, 'x', path)):
            getting = get(self.path)
            getting.cancel()
            with self.assertRaises(CancelledError):
                yield getting
            self.assertEqual(os.listdir(os.path.dirname(self.path)), [])

    @inlineCallbacks
    def test_no_ranges(self) -> Any:
        """A server without ranges suffices to resume."""
        data = Random(1).randbytes(2**20)
        self.hub.files.write('a/b', data)
        self.patch(served, 'first_byte', lambda request: 0)
        self.hub.misbehave('truncated', method='GET', times=1)
        yield File(self.koji, 'a/b').download(self.path)
        with open(self.path, 'rb') as file:
            self.assertEqual(file.read(), data)

    @inlineCallbacks
    def test_no_sizes(self) -> Any:
        """Without a known size, an offset behind the end is an error."""
        class Chunked(Resource):
            isLeaf = True

            def render_GET(self, request: Any) -> Any:
                request.write(b'01234')
                request.finish()
                return NOT_DONE_YET

        self.hub.resource.putChild(b'chunked', Chunked())
        file = File(self.new(self.top.replace('kojifiles', 'chunked')), 'x')
        for offset, got in [(0, 5), (3, 2), (5, 0)]:
            found = yield file.download(self.path, offset=offset)
            self.assertEqual(found, got)
        with self.assertRaises(DownloadError) as caught:
            yield file.download(self.path, offset=6)
        self.assertIn('no byte 6', str(caught.exception))

    @inlineCallbacks
    def test_odd_servers(self) -> Any:
        """The error of a wrong response tells what was wrong."""
        class Odd(Resource):
            isLeaf = True
            code = 206

            def render_GET(self, request: Any) -> bytes:
                request.setResponseCode(self.code)
                for name, value in self.headers.items():
                    request.setHeader(name, value)
                # The range 5-4 is empty.
                return b'' if '5-4' in str(self.headers) else b'0123456789'

        odd = Odd()
        self.hub.resource.putChild(b'odd', odd)
        koji = self.new(self.top.replace('kojifiles', 'odd'))
        for code, headers, name, text in [
                (206, {}, 'x', 'without a valid Content-Range'),
                (206, {'Content-Range': 'bytes 9-18/19'}, 'x',
                 'from 9 on, not from 5 on'),
                (206, {'Content-Range': 'bytes 5-4/19'}, 'x', 'of 19 bytes'),
                (200, {'Content-Encoding': 'gzip'}, 'x',
                 "Content-Encoding 'gzip'"),
                (416, {'Content-Range': 'bytes */3'}, 'x', 'no byte 5')]:
            odd.code, odd.headers = code, headers
            with self.assertRaises(DownloadError) as caught:
                yield File(koji, name).download(self.path, offset=5)
            self.assertIn(text, str(caught.exception))
            self.assertEqual(os.listdir(os.path.dirname(self.path)), [])
        odd.code, odd.headers = 200, {'Content-Encoding': 'x-gzip'}
        output = io.BytesIO()
        yield File(koji, 'x.tar.gz').download(output)
        self.assertEqual(output.getvalue(), b'0123456789')

    @inlineCallbacks
    def test_bare_hub(self) -> Any:
        """The file server gets no session of the hub."""
        seen: list[Any] = []

        class Watching(Resource):
            isLeaf = True

            def render_GET(self, request: Any) -> bytes:
                seen.append(dict(request.requestHeaders.getAllRawHeaders()))
                return b'x'

        self.hub.resource.putChild(b'other', Watching())
        koji = self.new(self.top.replace('kojifiles', 'other'))
        yield File(koji, 'b').download(self.path)
        [headers] = seen
        self.assertEqual(sorted(headers), [
            b'Accept-Encoding', b'Host', b'User-Agent'])
        with self.assertRaises(GenericError):
            yield koji.getTag('no', strict=True)
