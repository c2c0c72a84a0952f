"""
Checksums, as Koji knows them of its files.
"""
from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple
from zlib import adler32

from txkoji.exceptions import DownloadError

#: What a hub's numbers for the kinds mean (koji, ``CHECKSUM_TYPES``).
KINDS = ('md5', 'sha1', 'sha256')

#: The beginning of a kind that is of the main header of an RPM package.
HEADER = 'header-'

#: Digests of the main header of an RPM package, as hubs name them (koji 1.36),
#: and as Python does.
HEADER_DIGESTS = {'sha1': 'sha1', 'sha256': 'sha256', 'sha3-256': 'sha3_256'}

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

    :ivar kind: "md5", "sha1" or "sha256"; or, of an RPM package, "sigmd5",
                which is the MD5 of all but its signatures, or "header-sha1",
                "header-sha256" or "header-sha3-256", which are of its main
                header only. Those of a package are the same for each of its
                signed copies.
    :ivar digest: in hexadecimal digits.
    """

    kind: str
    digest: str


def checksum_of(kind: Any, digest: Any) -> Checksum | None:
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


def package_checksum(payloadhash: Any) -> Checksum | None:
    """
    Read what a hub says of an RPM package.

    :param payloadhash: an MD5, or, of packages of RPM's version 6, a kind and
                        a digest of the main header, such as "sha256::0123".
    :returns: None if it says none, or one of a kind that we do not know.
    """
    found = re.fullmatch('(?:([a-z0-9-]+)::)?([0-9a-f]+)',
                         str(payloadhash).lower())
    if not isinstance(payloadhash, str) or found is None:
        return None
    kind, digest = found.groups()
    if kind is None:
        return Checksum('sigmd5', digest) if len(digest) == 32 else None
    return Checksum(HEADER + kind, digest) if kind in HEADER_DIGESTS else None


def new_hash(kind: str) -> Any:
    """
    What makes a checksum of a kind: it has ``update`` and ``hexdigest``.

    :param kind: as of a `Checksum`, or "adler32".
    """
    if kind == 'sigmd5':
        return _PackageHash('md5', header_only=False)
    if kind.startswith(HEADER):
        return _PackageHash(HEADER_DIGESTS[kind[len(HEADER):]],
                            header_only=True)
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


class _PackageHash:
    """
    A digest of an RPM package behind the header with its signatures: to its
    end (Koji's ``payloadhash`` of old), or of the main header only.

    :param kind: the digest's, as Python names it.
    """

    def __init__(self, kind: str, *, header_only: bool) -> None:
        self._hash = hashlib.new(kind, usedforsecurity=False)
        self._header_only = header_only
        #: What came of the package before it is known where to begin.
        self._head: bytes | None = b''
        #: The main header, as far as it came; None once it is complete.
        self._main: bytes | None = b'' if header_only else None

    def update(self, data: bytes) -> None:
        """
        Take the next bytes.

        :raises DownloadError: if they are of no RPM package.
        """
        if self._head is None:
            self._add(data)
            return
        self._head += data
        size = _header_size(self._head[LEAD:])
        if size is None:
            return
        begin = LEAD + size + -size % 8
        if len(self._head) >= begin:
            data, self._head = self._head[begin:], None
            self._add(data)

    def _add(self, data: bytes) -> None:
        """Take bytes that come behind the signatures."""
        if not self._header_only:
            self._hash.update(data)
        elif self._main is not None:
            self._main += data
            size = _header_size(self._main)
            if size is not None and len(self._main) >= size:
                self._hash.update(self._main[:size])
                self._main = None

    def hexdigest(self) -> str:
        """The checksum; an empty text if the package ended too early."""
        whole = self._head is None and self._main is None
        return str(self._hash.hexdigest()) if whole else ''


def _header_size(data: bytes) -> int | None:
    """
    The bytes of a header of an RPM package, without what fills it up.

    :param data: the package from there, as far as it came.
    :returns: None if too little came.
    :raises DownloadError: if it is no header.
    """
    if len(data) < INTRO:
        return None
    entries = int.from_bytes(data[8:12], 'big')
    size = INTRO + 16 * entries + int.from_bytes(data[12:16], 'big')
    if not data.startswith(MAGIC) or size > LONGEST:
        raise DownloadError('it is no RPM package')
    return size
