"""Checksums of files, in the forms that Koji stores."""
from __future__ import annotations

import hashlib
import re
from typing import Any, NamedTuple
from zlib import adler32

from txkoji.exceptions import DownloadError

#: The names of the kinds, by Koji's numbers (koji, ``CHECKSUM_TYPES``).
KINDS = ('md5', 'sha1', 'sha256')

#: The prefix of a kind that covers only the main header of an RPM package.
HEADER_PREFIX = 'header-'

#: Digests of the main header of an RPM package: hub's name -> Python's name
#: (koji 1.36).
HEADER_DIGESTS = {'sha1': 'sha1', 'sha256': 'sha256', 'sha3-256': 'sha3_256'}

#: Bytes of the lead, the first section of an RPM package.
LEAD_SIZE = 96

#: The first bytes of each header of an RPM package.
HEADER_MAGIC = b'\x8e\xad\xe8\x01'

#: Bytes of a header's intro: magic, reserved bytes, and two lengths.
INTRO_SIZE = 16

#: The most bytes of a header that are accepted.
MAX_HEADER_SIZE = 2**26


class Checksum(NamedTuple):
    """
    A checksum of a file.

    The kinds of RPM packages are the same for each signed copy: "sigmd5" is
    the MD5 of everything behind the signatures, and "header-sha1",
    "header-sha256" and "header-sha3-256" cover only the main header.

    :ivar kind: "md5", "sha1" or "sha256"; of an RPM package, "sigmd5",
                "header-sha1", "header-sha256" or "header-sha3-256".
    :ivar digest: hexadecimal digits.
    """

    kind: str
    digest: str


def checksum_of(kind: Any, digest: Any) -> Checksum | None:
    """
    Read the checksum in a row of the hub.

    :param kind: the kind, by name or by Koji's number.
    :param digest: hexadecimal digits.
    :returns: None if the row has no checksum, or an unknown kind.
    """
    if isinstance(kind, int) and 0 <= kind < len(KINDS):
        kind = KINDS[kind]
    if kind not in KINDS or not isinstance(digest, str):
        return None
    return Checksum(kind, digest.lower())


def package_checksum(payloadhash: Any) -> Checksum | None:
    """
    Read the ``payloadhash`` of an RPM package.

    :param payloadhash: an MD5; or, of packages of RPM's version 6, a kind and
                        a digest of the main header, such as "sha256::0123".
    :returns: None if there is no checksum, or an unknown kind.
    """
    found = re.fullmatch('(?:([a-z0-9-]+)::)?([0-9a-f]+)',
                         str(payloadhash).lower())
    if not isinstance(payloadhash, str) or found is None:
        return None
    kind, digest = found.groups()
    if kind is None:
        return Checksum('sigmd5', digest) if len(digest) == 32 else None
    return (Checksum(HEADER_PREFIX + kind, digest)
            if kind in HEADER_DIGESTS else None)


def new_hash(kind: str) -> Any:
    """
    Make a hash object, with the methods ``update`` and ``hexdigest``.

    :param kind: the kind of a `Checksum`, or "adler32".
    """
    if kind == 'sigmd5':
        return _PackageHash('md5', header_only=False)
    if kind.startswith(HEADER_PREFIX):
        return _PackageHash(HEADER_DIGESTS[kind.removeprefix(HEADER_PREFIX)],
                            header_only=True)
    if kind == 'adler32':
        return Adler32()
    return hashlib.new(kind, usedforsecurity=False)


class Adler32:
    """An Adler-32 hash, which hubs compute of uploaded files."""

    def __init__(self) -> None:
        self._sum = 1

    def update(self, data: bytes) -> None:
        """Add the next bytes."""
        self._sum = adler32(data, self._sum)

    def hexdigest(self) -> str:
        """Format the checksum as eight hexadecimal digits."""
        return f'{self._sum & 0xffffffff:08x}'


class _PackageHash:
    """
    A hash of an RPM package without its lead and its signature header.

    :param algorithm: the name of the digest in Python.
    :param header_only: whether to hash the main header alone, and not the
                        payload (as Koji's older ``payloadhash`` does).
    """

    def __init__(self, algorithm: str, *, header_only: bool) -> None:
        self._hash = hashlib.new(algorithm, usedforsecurity=False)
        self._header_only = header_only
        #: The bytes before the main header; None when all have arrived.
        self._preamble: bytes | None = b''
        #: The bytes of the main header; None when they need not be collected.
        self._header: bytes | None = b'' if header_only else None

    def update(self, data: bytes) -> None:
        """
        Add the next bytes.

        :raises DownloadError: if the file is not an RPM package.
        """
        if self._preamble is None:
            self._add(data)
            return
        self._preamble += data
        size = _header_size(self._preamble[LEAD_SIZE:])
        if size is None:
            return
        # The signature header is padded to a multiple of eight bytes.
        start = LEAD_SIZE + size + -size % 8
        if len(self._preamble) >= start:
            data, self._preamble = self._preamble[start:], None
            self._add(data)

    def _add(self, data: bytes) -> None:
        """Add bytes of the main header and the payload."""
        if not self._header_only:
            self._hash.update(data)
        elif self._header is not None:
            self._header += data
            size = _header_size(self._header)
            if size is not None and len(self._header) >= size:
                self._hash.update(self._header[:size])
                self._header = None

    def hexdigest(self) -> str:
        """Format the checksum; an empty text if the package is truncated."""
        complete = self._preamble is None and self._header is None
        return str(self._hash.hexdigest()) if complete else ''


def _header_size(data: bytes) -> int | None:
    """
    Compute the size of a header of an RPM package, without its padding.

    :param data: the package from the header on, as far as it has arrived.
    :returns: bytes; None if the intro has not arrived yet.
    :raises DownloadError: if the data do not begin with a header.
    """
    if len(data) < INTRO_SIZE:
        return None
    entries = int.from_bytes(data[8:12], 'big')
    size = INTRO_SIZE + 16 * entries + int.from_bytes(data[12:16], 'big')
    if not data.startswith(HEADER_MAGIC) or size > MAX_HEADER_SIZE:
        raise DownloadError('this is not an RPM package')
    return size
