"""
Checksums, as Koji knows them of its files.
"""
from __future__ import annotations

import hashlib
from typing import Any, NamedTuple, Optional
from zlib import adler32

from txkoji.exceptions import DownloadError

#: What a hub's numbers for the kinds mean (koji, ``CHECKSUM_TYPES``).
KINDS = ('md5', 'sha1', 'sha256')

#: Bytes at the beginning of an RPM package, before its first header.
LEAD = 96

#: How a header in it begins, and how long that beginning is.
MAGIC = b'\x8e\xad\xe8\x01'
INTRO = 16

#: The longest header there may be, in bytes.
LONGEST = 2**26


class Checksum(NamedTuple):
    """
    What is known of the contents of a file.

    :ivar kind: "md5", "sha1" or "sha256"; or "sigmd5", which is that of an
                RPM package without its signatures, and the same for each of
                its signed copies.
    :ivar digest: in hexadecimal digits.
    """

    kind: str
    digest: str


def checksum_of(kind: Any, digest: Any) -> Optional[Checksum]:
    """
    Read what a hub says of a file.

    :param kind: the kind, by name or by Koji's number.
    :param digest: the checksum.
    :returns: None if it says none, or one of a kind that we do not know.
    """
    if isinstance(kind, int) and 0 <= kind < len(KINDS):
        kind = KINDS[kind]
    if kind not in KINDS or not isinstance(digest, str):
        return None
    return Checksum(kind, digest.lower())


def new_hash(kind: str) -> Any:
    """
    What makes a checksum of a kind: it has ``update`` and ``hexdigest``.

    :param kind: as of a `Checksum`, or "adler32".
    """
    if kind == 'sigmd5':
        return _SigMD5()
    if kind == 'adler32':
        return Adler32()
    return hashlib.new(kind, usedforsecurity=False)


class Adler32:
    """The checksum that hubs make of what is uploaded."""

    def __init__(self) -> None:
        self._sum = 1

    def update(self, data: bytes) -> None:
        """Take the next bytes."""
        self._sum = adler32(data, self._sum)

    def hexdigest(self) -> str:
        """The checksum, as eight hexadecimal digits."""
        return f'{self._sum & 0xffffffff:08x}'


class _SigMD5:
    """
    The MD5 of an RPM package behind the header with its signatures, which
    Koji keeps as its ``payloadhash``.
    """

    def __init__(self) -> None:
        self._md5 = hashlib.new('md5', usedforsecurity=False)
        #: What came of the package before it is known where to begin.
        self._head: Optional[bytes] = b''

    def update(self, data: bytes) -> None:
        """
        Take the next bytes.

        :raises DownloadError: if they are of no RPM package.
        """
        if self._head is None:
            self._md5.update(data)
            return
        self._head += data
        if len(self._head) < LEAD + INTRO:
            return
        intro = self._head[LEAD:LEAD + INTRO]
        entries = int.from_bytes(intro[8:12], 'big')
        size = INTRO + 16 * entries + int.from_bytes(intro[12:16], 'big')
        if not intro.startswith(MAGIC) or size > LONGEST:
            raise DownloadError('it is no RPM package')
        begin = LEAD + size + -size % 8
        if len(self._head) >= begin:
            self._md5.update(self._head[begin:])
            self._head = None

    def hexdigest(self) -> str:
        """The checksum; an empty text if the package ended too early."""
        return self._md5.hexdigest() if self._head is None else ''
