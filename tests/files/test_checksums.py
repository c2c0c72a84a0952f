"""Tests of checksums."""
from __future__ import annotations

import hashlib

import koji as peer
from twisted.trial.unittest import SynchronousTestCase

from tests.files.support import package
from tests.support import folder, write
from txkoji.exceptions import DownloadError
from txkoji.files.checksums import checksum_of, new_hash, package_checksum


class RPMTests(SynchronousTestCase):
    """Checksums of RPM packages leave out the signatures."""

    def test_peer(self) -> None:
        """The end of the signatures is where Koji's client finds it."""
        path = folder(self) + '/x.rpm'
        for entries, store in [(0, 0), (3, 21), (7, 64)]:
            data = package(entries=entries, store=store)
            write(path, data)
            start, size = peer.find_rpm_sighdr(path)
            size += -size % 8
            expected = hashlib.md5(data[start + size:]).hexdigest()
            for step in (1, 7, 1000):
                made = new_hash('sigmd5')
                for begin in range(0, len(data), step):
                    made.update(data[begin:begin + step])
                self.assertEqual(made.hexdigest(), expected)

    def test_headers(self) -> None:
        """The checksum of RPM 6 covers the main header only."""
        for entries, store in [(0, 0), (3, 21)]:
            data = package(entries=entries, store=store)
            main = data[data.rindex(b'\x8e\xad\xe8\x01'):]
            main = main[:16 + 2 * 16 + 33]
            for kind, known in [('sha256', 'sha256'), ('sha1', 'sha1'),
                                ('sha3-256', 'sha3_256')]:
                digest = hashlib.new(known, main).hexdigest()
                checksum = package_checksum(f'{kind}::{digest.upper()}')
                assert checksum is not None
                self.assertEqual(checksum, (f'header-{kind}', digest))
                for step in (1, 7, 1000):
                    made = new_hash(checksum.kind)
                    for begin in range(0, len(data), step):
                        made.update(data[begin:begin + step])
                    self.assertEqual(made.hexdigest(), digest)
                made = new_hash(checksum.kind)
                made.update(data[:-20])
                self.assertEqual(made.hexdigest(), '')

    def test_payloadhash(self) -> None:
        """Only known forms of payloadhash are read."""
        self.assertEqual(package_checksum('AB' * 16),
                         ('sigmd5', 'ab' * 16))
        for given in (None, '', 5, 'ab', 'sha256::', 'sha256::x', '::ab',
                      'sha512::ab', 'sha256:ab', 'ab' * 32):
            self.assertIsNone(package_checksum(given))

    def test_no_package(self) -> None:
        """A truncated package has no checksum; other data fail."""
        made = new_hash('sigmd5')
        made.update(package()[:200])
        self.assertEqual(new_hash('sigmd5').hexdigest(), '')
        huge = package()
        for data in (bytes(200), huge[:104] + b'\xff' * 8 + huge[112:]):
            with self.assertRaises(DownloadError):
                new_hash('sigmd5').update(data)

    def test_kinds(self) -> None:
        """Checksum kinds are read by number and by name."""
        for kind, digest, expected in [
                (0, 'AB', ('md5', 'ab')), (1, 'ab', ('sha1', 'ab')),
                ('sha256', 'ab', ('sha256', 'ab')), (3, 'ab', None),
                (-1, 'ab', None), ('crc', 'ab', None), (0, None, None)]:
            self.assertEqual(checksum_of(kind, digest), expected)
