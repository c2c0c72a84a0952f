"""The headers of RPM files, as far as a hub reads them."""
from __future__ import annotations

import hashlib
import struct
from typing import Any

from txkoji.exceptions import GenericError

#: The lead of a file, and what a header begins with.
LEAD = 96
MAGIC = b'\x8e\xad\xe8\x01'

#: The tags of headers, by number.
TAGS = {1000: 'NAME', 1001: 'VERSION', 1002: 'RELEASE', 1003: 'EPOCH',
        1004: 'SUMMARY', 1005: 'DESCRIPTION', 1006: 'BUILDTIME',
        1007: 'BUILDHOST', 1014: 'LICENSE', 1015: 'PACKAGER', 1016: 'GROUP',
        1020: 'URL', 1022: 'ARCH', 1044: 'SOURCERPM', 1047: 'PROVIDENAME',
        1049: 'REQUIRENAME', 1064: 'RPMVERSION', 1080: 'CHANGELOGTIME',
        1081: 'CHANGELOGNAME', 1082: 'CHANGELOGTEXT', 1106: 'SOURCEPACKAGE'}

#: Tags of the header of signatures: an MD5 of header and payload, and those
#: of signatures.
SIGMD5 = 1004
SIGNATURES = (259, 261, 262, 267, 268, 1002, 1005)

#: The size of the numbers of a type of values.
NUMBERS = {2: 1, 3: 2, 4: 4, 5: 8}


class RPMFile:
    """
    What the headers of a file say.

    :param data: the file.
    :raises GenericError: if it is no RPM.
    """

    def __init__(self, data: bytes) -> None:
        if data[:4] != b'\xed\xab\xee\xdb':
            raise GenericError('not an RPM file')
        self._data = data
        signatures, end = self._header(LEAD)
        # With what fills it up to eight bytes.
        end += -end % 8
        self.signature_header: bytes = data[LEAD:end]
        self._signatures = signatures
        main, _ = self._header(end)
        self.headers: dict[str, Any] = {
            TAGS[tag]: value for tag, value in main.items() if tag in TAGS}

    @property
    def payloadhash(self) -> str:
        """The MD5 of header and payload, in hexadecimal digits."""
        return bytes(self._signatures[SIGMD5]).hex()

    @property
    def sighash(self) -> str:
        """The MD5 of the header of signatures."""
        return hashlib.md5(self.signature_header).hexdigest()

    @property
    def arch(self) -> str:
        """The architecture; "src" of a source package."""
        if 'SOURCERPM' not in self.headers:
            return 'src'
        return str(self.headers['ARCH'])

    def _header(self, start: int) -> tuple[dict[int, Any], int]:
        """Get the values of a header by tag, and where it ends."""
        if self._data[start:start + 4] != MAGIC:
            raise GenericError('not an RPM file')
        count, size = struct.unpack_from('>II', self._data, start + 8)
        store = start + 16 + 16 * count
        found = {}
        for number in range(count):
            tag, kind, offset, items = struct.unpack_from(
                '>IIII', self._data, start + 16 + 16 * number)
            found[tag] = self._value(kind, store + offset, items)
        return found, store + size

    def _value(self, kind: int, place: int, items: int) -> Any:
        data = self._data
        if kind in NUMBERS:
            size = NUMBERS[kind]
            values = [int.from_bytes(data[place + size * each:
                                          place + size * (each + 1)], 'big')
                      for each in range(items)]
            return values[0] if items == 1 else values
        if kind == 7:
            return data[place:place + items]
        texts = []
        for _ in range(items):
            end = data.index(b'\0', place)
            texts.append(data[place:end].decode('utf-8', 'replace'))
            place = end + 1
        return texts if kind == 8 else texts[0]


def make_rpm(name: str, version: str, release: str, arch: str,
             buildtime: int, epoch: int | None = None) -> bytes:
    """
    Make a file with the headers of an RPM, and nothing in it.

    :param arch: the architecture; "src" for a source package.
    :param buildtime: in seconds since 1970.
    """
    values: dict[int, Any] = {
        1000: name, 1001: version, 1002: release, 1004: f'The {name} program',
        1006: buildtime, 1014: 'MIT',
        1022: 'noarch' if arch == 'src' else arch}
    if epoch is not None:
        values[1003] = epoch
    if arch != 'src':
        values[1044] = f'{name}-{version}-{release}.src.rpm'
    main = _pack(values)
    digest = hashlib.md5(main).digest()
    signatures = _pack({1000: len(main), SIGMD5: digest})
    lead = b'\xed\xab\xee\xdb\x03\x00'.ljust(LEAD, b'\0')
    return lead + signatures + bytes(-len(signatures) % 8) + main


def _pack(values: dict[int, Any]) -> bytes:
    """Get a header with values by tag: texts, numbers and bytes."""
    index, store = b'', b''
    for tag in sorted(values):
        value = values[tag]
        if isinstance(value, int):
            store += bytes(-len(store) % 4)
            kind, data, count = 4, struct.pack('>I', value), 1
        elif isinstance(value, bytes):
            kind, data, count = 7, value, len(value)
        else:
            kind, data, count = 6, value.encode() + b'\0', 1
        index += struct.pack('>IIII', tag, kind, len(store), count)
        store += data
    return (MAGIC + bytes(4) + struct.pack('>II', len(values), len(store))
            + index + store)
