"""Tests of imports of builds."""
from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from typing import Any
from zlib import adler32

from twisted.internet.defer import CancelledError

from tests.support import HubTestCase, folder, write
from txkoji import build_states
from txkoji.exceptions import (
    ActionNotAllowed,
    AuthError,
    ConnectionFailed,
    GenericError,
    KojiException,
    KojiImportError,
    UploadError,
)
from txkoji.files.cg_import import MAX_REQUEST
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.testing.caller import Caller
from txkoji.testing.methods import known_exports
from txkoji.testing.uploads import Uploads

#: Faults of hubs that do not see an upload yet.
NOT_THERE_YET = [
    (1000, "File size 0 for x (expected 8) doesn't match. Corrupted upload?"),
    (1, "<class 'FileNotFoundError'>: [Errno 2] No such file or directory:"
        " '/mnt/koji/work/cg-import/1.2.abc/x'")]

FILES = {'docker-image.tar.gz': b'an image', 'build.log': b'a log\n',
         'x86_64/x-1-1.x86_64.rpm': b'a package'}


class ImportTests(HubTestCase):
    """A container build has an image, a log and an RPM."""

    def setUp(self) -> None:
        """Log in as osbs, and write the files and their metadata."""
        super().setUp()
        self.koji = self.hub.connection(user='osbs')
        self.get(self.koji.login())
        self.folder = folder(self)
        self.paths = {name: write(f'{self.folder}/{name}', data)
                      for name, data in FILES.items()}
        self.metadata: dict[str, Any] = {
            'metadata_version': 0,
            'build': {'name': 'x-container', 'version': '1', 'release': '1',
                      'source': 'git://x#y', 'start_time': 1795000000,
                      'end_time': 1795000100, 'extra': {'image': {}}},
            'buildroots': [{
                'id': 1, 'host': {'os': 'rhel-9', 'arch': 'x86_64'},
                'content_generator': {'name': 'osbs', 'version': '1'},
                'container': {'type': 'docker', 'arch': 'x86_64'},
                'tools': [], 'components': []}],
            'output': [self.output('docker-image.tar.gz', 'tar', 'md5',
                                   extra={'typeinfo': {'image': {}}}),
                       self.output('build.log', 'log', 'adler32'),
                       self.output('x-1-1.x86_64.rpm', 'rpm', 'sha256',
                                   relpath='x86_64')]}

    def output(self, name: str, kind: str, checksum: str, **more: Any) -> Any:
        """Make an output of the metadata."""
        data = next(FILES[key] for key in FILES if key.endswith(name))
        digest = (f'{adler32(data):08x}' if checksum == 'adler32'
                  else hashlib.new(checksum, data).hexdigest())
        return {'buildroot_id': 1, 'filename': name, 'type': kind,
                'filesize': len(data), 'checksum_type': checksum,
                'checksum': digest, 'arch': 'x86_64', **more}

    def cg_import(self, **kwargs: Any) -> Any:
        """Import the build."""
        return self.koji.cg_import(self.metadata, self.paths.values(),
                                   **kwargs)

    def methods(self) -> list[str]:
        """List the calls of CG methods and uploads, without repeats."""
        found: list[str] = []
        for method, _, _ in self.hub.calls:
            if method.startswith('CG') or method == 'upload':
                found += [method] if found[-1:] != [method] else []
        return found

    def test_whole(self) -> None:
        """The build is reserved, uploaded, imported, and on the hub."""
        seen: list[Any] = []
        build = self.get(self.cg_import(
            progress=lambda *each: seen.append(each)))
        self.assertEqual((build.nvr, build.state, build.cg_name), (
            'x-container-1-1', build_states.COMPLETE, 'osbs'))
        self.assertEqual(self.methods(), ['CGInitBuild', 'upload',
                                          'CGImport'])
        self.assertEqual(seen[-1], (23, 23))
        again = self.get(self.koji.getBuild('x-container-1-1'))
        self.assertEqual(again, build)
        # The hub takes the times of a reserved build from its reservation.
        self.assertEqual(again.duration.total_seconds(), 0)
        files = self.get(again.files())
        self.assertEqual(
            sorted(file.name for file in files),
            ['build.log', 'docker-image.tar.gz', 'x-1-1.x86_64.rpm'])
        self.get(files[1].download(self.folder + '/back'))
        with open(self.folder + '/back', 'rb') as file:
            self.assertEqual(file.read(), b'an image')
        for method, args, _ in self.hub.calls:
            self.assertNotIn('//', str(method == 'upload' and args))

    def test_metadata(self) -> None:
        """JSON metadata, and files by name, are accepted."""
        before = json.dumps(self.metadata)
        self.get(self.koji.cg_import(before, {
            **self.paths, 'build.log': self.paths['build.log']}))
        self.assertEqual(json.dumps(self.metadata), before)

    def test_sessions(self) -> None:
        """Each simultaneous upload has a session of its own."""
        self.get(self.cg_import(concurrency=2))
        self.assertEqual([method for method, _, _ in self.hub.calls].count(
            'subsession'), 2)
        self.assertEqual([method for method, _, _ in self.hub.calls].count(
            'logout'), 1)

    def test_unreserved(self) -> None:
        """A build may be unreserved, or reserved by the caller."""
        build = self.get(self.cg_import(reserve=False))
        self.assertEqual(build.duration.total_seconds(), 100)
        self.assertEqual(self.methods(), ['upload', 'CGImport'])
        build = self.metadata['build']
        build['release'] = '2'
        reserved = self.get(self.koji.CGInitBuild('osbs', build))
        build['build_id'] = reserved.build_id
        self.assertEqual(self.get(self.cg_import(token=reserved.token)).id,
                         reserved.build_id)
        build.update(build_id=99999)
        self.fail_of(self.cg_import(), GenericError)
        self.assertNotIn('CGRefundBuild', self.methods())

    def test_metadata_only(self) -> None:
        """An output with metadata_only is not uploaded."""
        self.metadata['output'][0]['metadata_only'] = True
        for release in ('1', '2'):
            self.metadata['build']['release'] = release
            build = self.get(self.cg_import())
            self.assertEqual(len(self.get(build.files())), 2)
            # The file may be given or not.
            self.paths.pop('docker-image.tar.gz', None)

    def test_wrong(self) -> None:
        """A mismatch is an error, and nothing is sent."""
        changes: list[tuple[Callable[[], Any], str]] = [
            (lambda: self.output_of(0, filesize=5), 'says 5'),
            (lambda: self.output_of(1, checksum='0'), 'adler32 checksum'),
            (lambda: self.output_of(2, filename='y.rpm'), "'y.rpm' of"),
            (lambda: self.output_of(2, relpath='../..'), 'not a valid path'),
            (lambda: self.output_of(2, filename='a/b'), 'not a valid path'),
            (lambda: self.paths.update(a=self.folder + '/a'),
             "name the file 'a'"),
            (lambda: self.paths.update(a=self.folder + '/b',
                                       b=self.folder + '/b'), 'two files'),
            (lambda: self.metadata['output'].append(
                self.metadata['output'][0]), 'twice'),
            (lambda: self.metadata.update(output=7), "'output'"),
            (lambda: self.metadata['build'].update(name=None), 'no name'),
            (lambda: self.metadata.update(buildroots=[]), 'buildroots'),
        ]
        for change, text in changes:
            self.setUp()
            change()
            error = self.fail_of(self.cg_import(), KojiImportError)
            self.assertIn(text, str(error))
            self.assertEqual(self.methods(), [])
        self.metadata['output'] = []
        for given in ('no json', b'[]', None, {'build': {}}):
            self.fail_of(self.koji.cg_import(given, []), KojiImportError)
        self.fail_of(self.koji.cg_import(self.metadata, 'x'),
                     KojiImportError)
        error = self.fail_of(self.koji.cg_import(
            self.metadata, [], cg='osbs', directory='../x'), KojiImportError)
        self.assertIn("directory: '../x' is not a folder for an upload",
                      str(error))

    def output_of(self, number: int, **changed: Any) -> None:
        """Change an output of the metadata."""
        self.metadata['output'][number].update(changed)

    def test_no_file(self) -> None:
        """A missing or irregular file is an error; nothing is sent."""
        for path, kind in [('/none', OSError), ('', KojiImportError),
                           ('/../../../../dev/null', KojiImportError)]:
            self.paths['build.log'] = self.folder + path
            self.fail_of(self.koji.cg_import(self.metadata, self.paths), kind)
        self.assertEqual(self.methods(), [])

    def released(self) -> Any:
        """Check that the build was released; return its state."""
        self.assertEqual(self.methods()[-1], 'CGRefundBuild')
        return self.get(self.koji.getBuild('x-container-1-1')).state_name

    def test_refused(self) -> None:
        """If the hub refuses the import, the reservation is released."""
        self.hub.fault('CGImport', 1000, 'no such type')
        error = self.fail_of(self.cg_import(), GenericError)
        self.assertIn('no such type', str(error))
        self.assertEqual(self.released(), 'FAILED')
        self.hub.forget('CGImport')
        self.get(self.cg_import())

    def test_not_uploaded(self) -> None:
        """If a file does not arrive, the reservation is released."""
        self.hub.respond('checkUpload', None)
        importing = self.cg_import()
        self.hub.clock.pump([1] * 60)
        self.fail_of(importing, UploadError)
        self.assertEqual(self.released(), 'FAILED')

    def test_cancelled(self) -> None:
        """If the import is canceled, the reservation is released."""
        for method in ('upload', 'CGImport'):
            self.setUp()
            self.hub.misbehave('slow', method=method, times=1)
            importing = self.cg_import(concurrency=1)
            self.hub.clock.advance(1)
            importing.cancel()
            self.hub.clock.advance(60)
            self.fail_of(importing, CancelledError)
            if method == 'upload':
                self.assertEqual(self.released(), 'CANCELED')

    def test_not_released(self) -> None:
        """If the release fails too, the first error is raised."""
        self.hub.fault('CGImport', 1000, 'no such type')
        self.hub.fault('CGRefundBuild', 1000, 'no')
        error = self.fail_of(self.cg_import(), GenericError)
        self.assertIn('no such type', str(error))

    def test_while_sessions_end(self) -> None:
        """A cancellation while sessions end releases the reservation."""
        for times in (1, 2):
            self.setUp()
            self.hub.misbehave('slow', method='logout', seconds=5)
            importing = self.cg_import()
            for _ in range(times):
                importing.cancel()
            self.hub.clock.pump([1] * 60)
            self.fail_of(importing, CancelledError)
            self.assertNotIn('CGImport', self.methods())
            self.assertEqual(self.released(), 'CANCELED')
            self.assertEqual(self.open_sessions(), 2)

    def test_while_sessions_begin(self) -> None:
        """A cancellation while a session begins ends the session."""
        self.get(self.koji.CGInitBuild('osbs', self.metadata['build']))
        self.metadata['build']['release'] = '2'
        self.hub.misbehave('slow', method='subsession', seconds=5, times=1)
        importing = self.cg_import()
        importing.cancel()
        self.hub.clock.pump([1] * 60)
        self.fail_of(importing, CancelledError)
        self.assertNotIn('upload', self.methods())
        self.assertEqual(self.methods()[-1], 'CGRefundBuild')
        self.assertEqual(self.open_sessions(), 2)

    def test_cancelled_again(self) -> None:
        """A second cancellation does not prevent the release."""
        self.koji = self.hub.connection(user='osbs', max_retries=3)
        self.get(self.koji.login())
        self.hub.misbehave('slow', method='upload', times=1)
        self.hub.misbehave('dropped-before', method='CGRefundBuild', times=2)
        importing = self.cg_import(concurrency=1)
        for _ in range(2):
            importing.cancel()
        self.hub.clock.pump([1] * 60)
        self.fail_of(importing, CancelledError)
        self.assertEqual(self.released(), 'CANCELED')

    def test_listener_cancels(self) -> None:
        """A progress listener can cancel the import."""
        for concurrency in (1, 4):
            self.setUp()
            self.hub.misbehave('slow', method='upload', seconds=1)
            importing = self.cg_import(
                concurrency=concurrency,
                progress=lambda *each: importing.cancel())
            self.hub.clock.pump([1] * 60)
            self.fail_of(importing, CancelledError)
            self.assertNotIn('CGImport', self.methods())
            self.assertEqual(self.released(), 'CANCELED')

    def open_sessions(self) -> int:
        """Count the open sessions of the hub."""
        return len([row for row in self.hub.sessions.rows
                    if not row.closed])

    def test_not_visible_yet(self) -> None:
        """A hub that does not see the files yet is asked again."""
        for times, good in [(3, True), (5, False)]:
            for code, text in NOT_THERE_YET:
                self.setUp()
                self.refuse(times, code, text)
                importing = self.cg_import()
                self.hub.clock.pump([1] * 80)
                if good:
                    self.assertEqual(self.get(importing).state_name,
                                     'COMPLETE')
                else:
                    self.fail_of(importing, KojiException)
                    self.assertEqual(self.released(), 'FAILED')

    def test_other_faults(self) -> None:
        """After another fault, the hub is not asked again."""
        for code, text in [(1, "<class 'KeyError'>: 'host'"),
                           (1000, 'FileNotFoundError')]:
            self.setUp()
            self.refuse(1, code, text)
            self.fail_of(self.cg_import(), KojiException)

    def refuse(self, times: int, code: int, text: str) -> None:
        """Let the hub refuse CGImport for a number of times."""
        left = [times]
        user = next(row['id'] for row in self.hub.tables.users
                    if row['name'] == 'osbs')

        def refuse(*args: Any) -> Any:
            left[0] -= 1
            if not left[0]:
                self.hub.forget('CGImport')
            if left[0] >= 0:
                raise KojiException(text, faultCode=code)
            return known_exports()['CGImport'].call(
                self.hub.world, Caller(self.hub.tables, user), args, {})

        self.hub.respond('CGImport', refuse)

    def test_late_upload(self) -> None:
        """An upload that the hub sees late releases nothing."""
        late = [None, None]

        def check(*args: Any, **kwargs: Any) -> Any:
            if late:
                return late.pop()
            return Uploads(self.hub.world).checkUpload(
                None, *args, **kwargs)

        self.hub.respond('checkUpload', check)
        importing = self.cg_import()
        self.hub.clock.pump([1] * 10)
        self.assertEqual(self.get(importing).state_name, 'COMPLETE')
        self.assertNotIn('CGRefundBuild', self.methods())

    def test_long(self) -> None:
        """Metadata that is too long for a call is uploaded."""
        name = 'metadata.json'
        FILES[name] = b'a log of that name'
        self.addCleanup(FILES.pop, name)
        self.paths[name] = write(f'{self.folder}/{name}', FILES[name])
        self.metadata['output'].append(self.output(name, 'log', 'md5'))
        self.metadata['build']['extra']['long'] = 'x' * MAX_REQUEST
        seen: list[Any] = []
        build = self.get(self.cg_import(
            progress=lambda *each: seen.append(each)))
        self.assertEqual(build.state_name, 'COMPLETE')
        self.assertEqual(len(build.extra['long']), MAX_REQUEST)
        [args] = [args for method, args, _ in self.hub.calls
                  if method == 'CGImport']
        self.assertEqual(args[0], '_metadata.json')
        self.assertEqual(seen[-1], (41, 41))

    def test_nearly_long(self) -> None:
        """Metadata near the limit of a request is imported."""
        self.metadata['build']['extra']['long'] = ''
        rest = len(encode_call('CGImport', (self.metadata, 'x' * 40, 'x')))
        for size in (MAX_REQUEST - rest - 200, MAX_REQUEST - rest,
                     MAX_REQUEST - rest + 200):
            self.setUp()
            self.metadata['build']['extra']['long'] = 'x' * size
            self.assertEqual(self.get(self.cg_import()).state_name,
                             'COMPLETE')

    def test_not_to_be_sent(self) -> None:
        """If metadata cannot be sent, nothing is sent."""
        self.metadata['build']['extra']['odd'] = object()
        self.fail_of(self.cg_import(), TypeError)
        self.metadata['build']['extra'] = {'odd': b'', 'long': 'x' * 2**22}
        error = self.fail_of(self.cg_import(), KojiImportError)
        self.assertIn('cannot be sent as JSON', str(error))
        self.assertEqual(self.methods(), [])

    def test_lost_answer(self) -> None:
        """If the answer is lost, the import is not repeated."""
        self.hub.misbehave('dropped-after', method='CGImport', times=1)
        self.assertEqual(self.get(self.cg_import()).state_name, 'COMPLETE')
        self.setUp()
        self.koji = self.hub.connection(user='osbs', max_retries=2)
        self.get(self.koji.login())
        self.hub.misbehave('dropped-after', method='CGImport', times=1)
        self.assertEqual(self.get(self.cg_import()).state_name, 'COMPLETE')
        self.assertNotIn('CGRefundBuild', self.methods())

    def test_lost(self) -> None:
        """If the hub never got the call, the reservation is released."""
        self.hub.misbehave('dropped-before', method='CGImport', times=1)
        self.fail_of(self.cg_import(), ConnectionFailed)
        self.assertEqual(self.released(), 'FAILED')

    def test_somebody_elses(self) -> None:
        """An unreserved build of that name is not taken for ours."""
        self.get(self.cg_import())
        self.hub.misbehave('dropped-before', method='CGImport', times=1)
        self.fail_of(self.cg_import(reserve=False), ConnectionFailed)

    def test_reserving(self) -> None:
        """A reservation that is canceled on its way is released."""
        self.hub.misbehave('slow', method='CGInitBuild', times=1, seconds=5)
        importing = self.cg_import()
        importing.cancel()
        self.assertNoResult(importing)
        self.hub.clock.advance(5)
        self.fail_of(importing, CancelledError)
        self.assertEqual(self.released(), 'CANCELED')

    def test_takes_long(self) -> None:
        """An import may take longer than the timeout of calls."""
        self.koji = self.hub.connection(user='osbs', timeout=10)
        self.get(self.koji.login())
        self.hub.misbehave('slow', method='CGImport', times=1, seconds=100)
        importing = self.cg_import()
        self.hub.clock.advance(100)
        self.assertEqual(self.get(importing).state_name, 'COMPLETE')

    def test_no_sessions(self) -> None:
        """If the hub refuses more sessions, one session suffices."""
        self.hub.fault('subsession', 1000, 'no')
        self.assertEqual(self.get(self.cg_import()).state_name, 'COMPLETE')

    def test_not_allowed(self) -> None:
        """An import without login or permission fails."""
        self.koji = self.hub.connection()
        self.get(self.koji.login())
        self.fail_of(self.cg_import(), AuthError)
        self.koji = self.hub.connection()
        self.hub.calls.clear()
        error = self.fail_of(self.cg_import(), ActionNotAllowed)
        self.assertEqual(str(error), 'cg_import: not logged in; login() first')
        self.assertEqual(self.hub.calls, [])
        self.fail_of(self.cg_import(concurrency=0), ValueError)
