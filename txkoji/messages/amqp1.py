"""
The encoding of AMQP 1.0 (OASIS, part 1: types; 3.2: message format), as far
as Koji's messages need it. RabbitMQ hands such messages on to consumers of
AMQP 0-9-1 and STOMP without decoding them.
"""
from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

#: What sections of a message begin with: a described type, its descriptor
#: a small ulong: application-properties, data, amqp-value.
APPLICATION_PROPERTIES = b'\x00St'
DATA = b'\x00Su'
VALUE = b'\x00Sw'

#: Types within types are read down to this depth.
DEPTH = 16


def _text(data: bytes) -> str:
    return data.decode('utf-8')


#: Code -> the value that it stands for.
_CONSTANTS: dict[int, Any] = {
    0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}

#: Code -> how a value of fixed width is packed.
_FIXED: dict[int, struct.Struct] = {
    code: struct.Struct('>' + letter) for code, letter in {
        0x50: 'B', 0x51: 'b', 0x52: 'B', 0x53: 'B', 0x54: 'b', 0x55: 'b',
        0x56: '?', 0x60: 'H', 0x61: 'h', 0x70: 'I', 0x71: 'i', 0x72: 'f',
        0x73: 'I', 0x80: 'Q', 0x81: 'q', 0x82: 'd', 0x83: 'q',
        0x98: '16s'}.items()}

#: Code -> how its length is packed, and what is made of the bytes.
_MAKE: dict[int, Callable[[bytes], Any]] = {
    0xa0: bytes, 0xa1: _text, 0xa3: _text}
_VARIABLE = {
    code + wide: (struct.Struct('>I' if wide else '>B'), make)
    for code, make in _MAKE.items() for wide in (0, 0x10)}

#: Code -> how size and number of items are packed, of lists and maps.
_LISTS = {0xc0: struct.Struct('>BB'), 0xd0: struct.Struct('>II')}
_MAPS = {code + 1: packed for code, packed in _LISTS.items()}


def decode_section(data: bytes) -> Any:
    """
    Decode one section of a message: that is all there is in one.

    :returns: the value: a dictionary of application properties, or the body.
    :raises ValueError: if it is none of the sections that are known here, or
                        is malformed.
    """
    if data[:3] not in (APPLICATION_PROPERTIES, DATA, VALUE):
        raise ValueError('not a section of an AMQP 1.0 message')
    try:
        value, end = _decode(data, 3, 0)
    except (IndexError, struct.error):
        raise ValueError('a section that is cut off') from None
    if end != len(data):
        raise ValueError('a section with something after it')
    return value


def _decode(data: bytes, start: int, depth: int) -> tuple[Any, int]:
    """Decode a value: that, and where the next one begins."""
    code = data[start]
    start += 1
    if code in _CONSTANTS:
        return _CONSTANTS[code], start
    if code == 0x45:
        return [], start
    if code in _FIXED:
        [value] = _FIXED[code].unpack_from(data, start)
        return value, start + _FIXED[code].size
    if code in _VARIABLE:
        packed, make = _VARIABLE[code]
        [length] = packed.unpack_from(data, start)
        start += packed.size
        if start + length > len(data):
            raise IndexError
        return make(data[start:start + length]), start + length
    packed = _LISTS.get(code) or _MAPS.get(code) or struct.Struct('')
    if not packed.size or depth > DEPTH:
        raise ValueError(f'type {code:#x} is not expected here')
    _, number = packed.unpack_from(data, start)
    start += packed.size
    items: list[Any] = []
    for _ in range(number):
        item, start = _decode(data, start, depth + 1)
        items.append(item)
    if code in _LISTS:
        return items, start
    if number % 2 or not all(isinstance(key, (str, int))
                             for key in items[::2]):
        raise ValueError('a map with keys that are none')
    return dict(zip(items[::2], items[1::2])), start
