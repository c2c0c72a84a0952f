"""Tools of the tests of downloads."""
from __future__ import annotations

import struct
from random import Random
from typing import Any

from tests.support import HubTestCase, folder
from txkoji.files.topurl import BLOCK_SIZE, File


def package(payload: bytes = b'the payload', entries: int = 3,
            store: int = 21) -> bytes:
    """Make the lead, the headers and the payload of an RPM package."""
    def header(entries: int, data: bytes) -> bytes:
        return (b'\x8e\xad\xe8\x01' + bytes(4)
                + struct.pack('>II', entries, len(data))
                + bytes(16 * entries) + data)

    signatures = header(entries, b's' * store)
    signatures += bytes(-len(signatures) % 8)
    return (b'\xed\xab\xee\xdb' + bytes(92) + signatures
            + header(2, b'h' * 33) + payload)


class FilesTestCase(HubTestCase):
    """The hub serves a file of two and a bit blocks."""

    def setUp(self) -> None:
        """Write the file."""
        super().setUp()
        self.folder = folder(self)
        self.path = self.folder + '/here'
        self.data = Random(1).randbytes(2 * BLOCK_SIZE + 500)
        self.hub.files.write('x/file.bin', self.data)

    def here(self) -> bytes:
        """Read the downloaded file."""
        with open(self.path, 'rb') as file:
            return file.read()

    def file(self, path: str = 'x/file.bin', **known: Any) -> File:
        """Make a File."""
        return File(self.koji, path, **known)
