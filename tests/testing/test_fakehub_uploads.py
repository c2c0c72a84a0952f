"""What FakeHub says of uploads and imports: as a real hub did."""
from __future__ import annotations

import copy
from typing import Any
from urllib.parse import urlencode

from tests.support import HubTestCase
from txkoji.exceptions import KojiException
from txkoji.hub.codec.decoder import Decoder

Fault = tuple[int, str]

MD5 = '781e5e245d69b566979b86e28d23f2c7'
DIGITS = 'MDEyMzQ1Njc4OQ=='
LETTERS = 'YWJjZGU='
MD5_LETTERS = 'ab56b4d92b40713acc5af89985d4b786'
MD5_NONE = 'd41d8cd98f00b204e9800998ecf8427e'

#: Who calls which method, with what, and the answer: a fault is a pair of
#: code and text, and of a struct those members are compared that are here.
UPLOADS: list[tuple[Any, str, Any, Any]] = [
    (None, 'uploadFile', ('t', 'f', 10, MD5, 0, DIGITS),
     (1004, 'you must be logged in for this operation')),
    ('alice', 'uploadFile', ('t', 'f', 10, MD5, 0, DIGITS), True),
    ('alice', 'checkUpload', ('t', 'f', 'md5'),
     {'size': 10, 'sumlength': 10, 'hexdigest': MD5}),
    ('alice', 'uploadFile', ('t', 'f', 10, MD5, 0, DIGITS),
     (1000, 'file already exists: /mnt/koji/work/t/f')),
    ('alice', 'uploadFile', ('t', 'f', 5, MD5_LETTERS, 10, LETTERS), True),
    ('alice', 'uploadFile', ('t', 'f', 5, '0' * 32, 10, LETTERS), False),
    ('alice', 'uploadFile', ('t', 'f', 4, MD5_LETTERS, 10, LETTERS), False),
    ('alice', 'uploadFile',
     ('t', 'f', 15, '32a120cc6c02e2be926b4c785c440cd8', -1, ''), True),
    ('alice', 'uploadFile', ('t', 'f', 15, '0' * 32, -1, ''), False),
    # The whole at the end replaces it.
    ('alice', 'uploadFile', ('t', 'f', 10, MD5, -1, DIGITS), True),
    ('alice', 'checkUpload', ('t', 'f', 'md5'),
     {'size': 10, 'hexdigest': MD5}),
    # It is appended, then cut, then compared.
    ('alice', 'uploadFile', ('t', 'f', 12, MD5_LETTERS, -1, LETTERS), False),
    ('alice', 'checkUpload', ('t', 'f', 'md5'),
     {'size': 12, 'hexdigest': 'b60c52bf4849067f0b57c8bd30985466'}),
    ('alice', 'uploadFile', ('t', 'x.log', 10, MD5, 0, DIGITS), True),
    ('alice', 'uploadFile', ('t', 'x.log', 5, MD5_LETTERS, 0, LETTERS), True),
    ('alice', 'checkUpload', ('t', 'x.log'), {'size': 5}),
    ('alice', 'uploadFile', ('t', 'empty', 0, MD5_NONE, 0, ''), True),
    ('alice', 'uploadFile', ('t', 'e2', 0, MD5_NONE, -1, ''), True),
    ('alice', 'checkUpload', ('t', 'e2'), {'size': 0}),
    ('alice', 'uploadFile', ('t', 'h', 10, ('adler32', '0'), '0', DIGITS),
     False),
    ('alice', 'uploadFile', ('t', 'h2', '10', None, '0', DIGITS), True),
    ('alice', 'uploadFile', ('t', 'i', 10, None, 0, '***'), False),
    ('alice', 'uploadFile', ('t',), (1019, (
        'RootExports.uploadFile() missing 5 required positional arguments:'
        " 'name', 'size', 'md5sum', 'offset', and 'data'"))),
    ('bob', 'uploadFile', ('t', 'b', 10, MD5, 0, DIGITS),
     (1000, 'Invalid upload directory, not owner: t')),
    ('alice', 'checkUpload', ('t', 'none'), None),
    (None, 'checkUpload', ('t', 'f'), {'size': 12}),
    ('alice', 'checkUpload', ('t', 'f', 'crc'),
     (1000, 'Unsupported verify type: crc')),
    ('alice', 'checkUpload', ('t', 'f', 'sha1'),
     (1000, 'Unsupported verify type: sha1')),
    ('alice', 'checkUpload', ('t', 'f', 'md5', 4),
     {'sumlength': 4, 'hexdigest': 'b57cc9b07f9303fa8bc3ca650d9c7c4b'}),
    ('alice', 'checkUpload', ('t', 'f', 'md5', -4),
     (1000, 'Invalid tail value: -4')),
    ('alice', 'checkUpload', ('..', 'f'),
     (1000, 'Invalid upload directory: ..')),
    ('alice', 'checkUpload', ('t', 'f', None, None, 'no'),
     (1000, 'No such entry in table volume: no'))]

LOG = 'e9024f1a07d29d52ad3aa5e1a18e94db1f3a9fd32b89e39d47c472cd99071e13'

METADATA: dict[str, Any] = {
    'metadata_version': 0,
    'build': {'name': 'tr', 'version': '1.0', 'release': '1',
              'source': 'git://x#1', 'start_time': 1795330000,
              'end_time': 1795330100.5, 'owner': 'alice',
              'extra': {'image': {}}},
    'buildroots': [{
        'id': 1, 'host': {'os': 'rhel-9', 'arch': 'x86_64'},
        'content_generator': {'name': 'osbs', 'version': '1'},
        'container': {'type': 'docker', 'arch': 'x86_64'}}],
    'output': [{'buildroot_id': 1, 'filename': 'build.log', 'filesize': 18,
                'arch': 'noarch', 'type': 'log', 'checksum_type': 'sha256',
                'checksum': LOG}]}

NOBODY = (1002, 'Not logged-in')
OTHERS = (1002, 'Content generator access required (osbs)')

#: What is changed in the metadata, and the fault.
WRONG: list[tuple[tuple[Any, ...], Any, Fault]] = [
    (('output', 0, 'checksum'), '0', (1000, (
        f'File checksum mismatch for build.log: 0 != {LOG}'))),
    (('output', 0, 'filesize'), 5, (1000, (
        "File size 18 for build.log (expected 5) doesn't match. Corrupted"
        ' upload?'))),
    (('output', 0, 'buildroot_id'), 9,
     (1000, 'Missing buildroot metadata for id 9')),
    (('buildroots', 0, 'content_generator'), {'name': 'no', 'version': '1'},
     (1000, 'No such entry in table content_generator: no')),
    (('buildroots', 0, 'host'), {}, (1, "<class 'KeyError'>: 'os'")),
    (('buildroots', 0, 'container'), {}, (1, "<class 'KeyError'>: 'type'")),
    (('build',), {'name': 'tr', 'release': '1'},
     (1000, 'did not provide name, version, and release')),
    (('metadata_version',), 1, (1000, 'No such metadata version: 1'))]


class FakeHubUploadTests(HubTestCase):
    """The same answers, in the same order."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.connections: dict[Any, Any] = {}

    def call(self, user: Any, method: str, *args: Any) -> Any:
        """The answer to a call; of a fault, its code and text."""
        return self.outcome(self.of(user).call(method, *args))

    def of(self, user: Any) -> Any:
        """Get a Connection of a user."""
        if user not in self.connections:
            self.connections[user] = self.hub.connection(user=user)
            if user is not None:
                self.get(self.connections[user].login())
        return self.connections[user]

    def outcome(self, call: Any) -> Any:
        """Get the result or the fault of a call."""
        return self.get(call.addErrback(lambda failure: (
            failure.trap(KojiException) and failure.value.faultCode,
            str(failure.value))))

    def raw(self, user: Any, data: bytes, **fields: Any) -> Any:
        """The answer to a raw upload."""
        return self.outcome(self.of(user).client.send(
            'upload', data, Decoder, read=False, query=urlencode({
                'filepath': 't', 'fileverify': 'adler32', **fields})))

    def same(self, found: Any, expected: Any, what: Any) -> None:
        """Check that two answers are equal."""
        if isinstance(expected, dict):
            found = {name: found.get(name) for name in expected}
        self.assertEqual(found, expected, what)

    def test_calls(self) -> None:
        """Uploads in calls."""
        for user, method, args, expected in UPLOADS:
            self.same(self.call(user, method, *args), expected,
                      (method, args))

    def test_raw(self) -> None:
        """Uploads as they are, also of nothing."""
        self.assertEqual(self.raw('alice', b'ab', filename='f', offset=0), {
            'size': 2, 'fileverify': 'adler32', 'offset': 0,
            'hexdigest': '012600c4'})
        for data in (b'', b'x'):
            self.assertEqual(
                self.raw('alice', data, filename='f', offset=0),
                (1000, 'upload path exists: /mnt/koji/work/t/f'))
        self.assertEqual(self.raw('alice', b'', filename='e', offset=0), {
            'size': 0, 'fileverify': 'adler32', 'offset': 0,
            'hexdigest': '00000001'})
        self.assertEqual(
            self.raw('alice', b'c', filename='f', offset=-1)['offset'], 2)
        self.assertEqual(self.hub.files.read('work/t/f'), b'abc')
        self.raw('alice', b'', filename='f', offset=0, overwrite=1)
        self.assertEqual(self.hub.files.read('work/t/f'), b'')
        self.assertEqual(self.raw('bob', b'x', filename='g', offset=0), (
            1000, 'Invalid upload directory, not owner: t'))

    def test_raw_by_nobody(self) -> None:
        """Without a session, by the way in which it may be given."""
        self.assertEqual(self.raw(None, b'x', filename='f', offset=0), (
            1002, "'session-id' not specified in session args"))
        self.hub.sessions.url_sessions = False
        self.assertEqual(self.raw(None, b'x', filename='f', offset=0), (
            1004, 'you must be logged-in to upload a file'))

    def test_import(self) -> None:
        """An import: refused for each reason, good, and again."""
        self.raw('osbs', b'line one\nline two\n', filename='build.log',
                 offset=0)
        self.assertEqual(self.call(None, 'CGImport', METADATA, 't'), NOBODY)
        self.assertEqual(self.call('alice', 'CGImport', METADATA, 't'),
                         OTHERS)
        self.assertEqual(self.call('osbs', 'CGImport', METADATA, 'no'), (
            1, "<class 'FileNotFoundError'>: [Errno 2] No such file or"
               " directory: '/mnt/koji/work/no/./build.log'"))
        for path, value, fault in WRONG:
            metadata = copy.deepcopy(METADATA)
            place: Any = metadata
            for name in path[:-1]:
                place = place[name]
            place[path[-1]] = value
            self.assertEqual(self.call('osbs', 'CGImport', metadata, 't'),
                             fault)
        self.assertIsNone(self.call(None, 'getBuild', 'tr-1.0-1'))
        build = self.call('osbs', 'CGImport', METADATA, 't')
        self.same(build, {
            'completion_ts': 1795330100.5, 'start_ts': 1795330000.0,
            'extra': {'image': {}, 'typeinfo': {'image': {}}},
            'owner_name': 'alice', 'state': 1, 'cg_name': 'osbs'}, build)
        self.assertEqual(self.call(None, 'getBuildLogs', 'tr-1.0-1'), [{
            'name': 'build.log', 'dir': '.',
            'path': 'packages/tr/1.0/1/data/logs/./build.log'}])
        self.same(self.call('osbs', 'checkUpload', 't', 'build.log'),
                  {'size': 18}, 'It stays.')
        self.assertEqual(self.call('osbs', 'CGImport', METADATA, 't'), (
            1000, f'Build already exists: tr-1.0-1 (id={build["id"]})'))

    def test_reservation(self) -> None:
        """A reservation: refused, given, given back, and its id again."""
        data = {'name': 'tr', 'version': '1', 'release': '1', 'epoch': None}
        for user, cg, fault in [
                (None, 'osbs', NOBODY), ('alice', 'osbs', OTHERS),
                ('osbs', 'no',
                 (1000, 'No such entry in table content_generator: no'))]:
            self.assertEqual(self.call(user, 'CGInitBuild', cg, data), fault)
        self.assertEqual(self.call('osbs', 'CGInitBuild', 'osbs', {
            'name': 'x'}), (1, "<class 'KeyError'>: 'version'"))
        reserved = self.call('osbs', 'CGInitBuild', 'osbs', data)
        number, token = reserved['build_id'], reserved['token']
        self.assertEqual(self.call('osbs', 'CGInitBuild', 'osbs', data),
                         (1000, 'Build is already reserved'))
        for args, text in [
                (('osbs', number, 'wrong'),
                 f"Token doesn't match build ID {number}"),
                (('mbs', number, token),
                 f'Build ID {number} is not reserved by this CG'),
                (('osbs', number, token, 1),
                 'Only FAILED/CANCELED build states are allowed'),
                (('osbs', 99999999, token), 'No such build: 99999999'),
                (('osbs', 1442, 'x'),
                 'Build ID 1442 is not in BUILDING state')]:
            self.assertEqual(self.call('osbs', 'CGRefundBuild', *args),
                             (1000, text))
        self.assertIsNone(self.call('osbs', 'CGRefundBuild', 'osbs', number,
                                    token, 4))
        self.same(self.call(None, 'getBuild', number), {
            'state': 4, 'owner_name': 'osbs', 'source': None}, 'given back')
        again = self.call('osbs', 'CGInitBuild', 'osbs', {
            **data, 'owner': 'bob', 'state': 1, 'task_id': 5})
        self.assertEqual(again['build_id'], number)
        self.same(self.call(None, 'getBuild', number), {
            'state': 0, 'owner_name': 'osbs', 'task_id': 5,
            'completion_ts': None}, 'again')

    def test_exists(self) -> None:
        """A complete build cannot be reserved."""
        self.assertEqual(self.call('osbs', 'CGInitBuild', 'osbs', {
            'name': 'zsh', 'version': '2.0.1', 'release': '2.fc43'}), (1000, (
                "Build already exists (id=1442, state=COMPLETE): {'name':"
                " 'zsh', 'version': '2.0.1', 'release': '2.fc43', 'owner': 13,"
                " 'state': 0, 'completion_time': None, 'cg_id': 1, 'epoch':"
                " None, 'pkg_id': 87, 'extra': None, 'start_time': 'NOW',"
                " 'source': None, 'task_id': None, 'volume_id': 0, 'draft':"
                ' False}')))

    def test_limit(self) -> None:
        """Pieces that come as they are may be longer than a call."""
        size = 2**22 + 1
        self.assertEqual(self.raw('alice', bytes(size), filename='f',
                                  offset=0)['size'], size)
        found = self.call('alice', 'uploadFile', 't', 'g', 0, None, 0,
                          'x' * size)
        self.assertEqual(found[0], None)
        self.assertIn('Request too long', found[1])
