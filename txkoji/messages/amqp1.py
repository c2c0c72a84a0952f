"""
Decode sections of AMQP 1.0 messages, as far as Koji's messages need that.

The encoding is specified by OASIS AMQP 1.0, part 1 (types) and section 3.2
(message format). RabbitMQ passes messages of AMQP 1.0 on to consumers of AMQP
0-9-1 and STOMP without decoding them.
"""
from __future__ import annotations

import struct
from collections.abc import Callable
from typing import Any

#: The first bytes of the sections application-properties, data and
#: amqp-value: a described type, with a small ulong as descriptor.
APPLICATION_PROPERTIES = b'\x00St'
DATA = b'\x00Su'
VALUE = b'\x00Sw'

#: The limit for the nesting of lists and maps.
DEPTH = 16


def _decode_text(data: bytes) -> str:
    return data.decode('utf-8')


#: Type code -> the only value of the type.
_CONSTANTS: dict[int, Any] = {
    0x40: None, 0x41: True, 0x42: False, 0x43: 0, 0x44: 0}

#: Type code -> format of a value of fixed width.
_FIXED: dict[int, struct.Struct] = {
    code: struct.Struct('>' + letter) for code, letter in {
        0x50: 'B', 0x51: 'b', 0x52: 'B', 0x53: 'B', 0x54: 'b', 0x55: 'b',
        0x56: '?', 0x60: 'H', 0x61: 'h', 0x70: 'I', 0x71: 'i', 0x72: 'f',
        0x73: 'I', 0x80: 'Q', 0x81: 'q', 0x82: 'd', 0x83: 'q',
        0x98: '16s'}.items()}

#: Type code with a length of one byte -> decoder of the bytes. The code with a
#: length of four bytes is larger by 0x10.
_DECODERS: dict[int, Callable[[bytes], Any]] = {
    0xa0: bytes, 0xa1: _decode_text, 0xa3: _decode_text}
_VARIABLE = {
    code + wide: (struct.Struct('>I' if wide else '>B'), decode)
    for code, decode in _DECODERS.items() for wide in (0, 0x10)}

#: Type code of lists and maps -> format of their size and number of items.
_LISTS = {0xc0: struct.Struct('>BB'), 0xd0: struct.Struct('>II')}
_MAPS = {code + 1: packed for code, packed in _LISTS.items()}


def decode_section(data: bytes) -> Any:
    """
    Decode a section of a message.

    :param data: the bytes of the section, and no others.
    :returns: a dictionary of application properties, or the body.
    :raises ValueError: if the bytes are malformed, or are a section of
                        another type.
    """
    if data[:3] not in (APPLICATION_PROPERTIES, DATA, VALUE):
        raise ValueError('not a section of an AMQP 1.0 message')
    try:
        value, end = _decode(data, 3, 0)
    except (IndexError, struct.error):
        raise ValueError('the section of the AMQP 1.0 message is cut off'
                         ) from None
    if end != len(data):
        raise ValueError('the section of the AMQP 1.0 message has bytes after'
                         ' its end')
    return value


def _decode(data: bytes, start: int, depth: int) -> tuple[Any, int]:
    """
    Decode a value.

    :param start: the index of its type code.
    :param depth: how many lists and maps the value is in.
    :returns: the value, and the index of the byte after the value.
    """
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
        packed, decode = _VARIABLE[code]
        [length] = packed.unpack_from(data, start)
        start += packed.size
        if start + length > len(data):
            raise IndexError
        return decode(data[start:start + length]), start + length
    if code in _LISTS:
        return _decode_items(data, start, depth, _LISTS[code])
    if code in _MAPS:
        items, start = _decode_items(data, start, depth, _MAPS[code])
        return _to_map(items), start
    raise ValueError(f'unexpected type {code:#x} in an AMQP 1.0 message')


def _decode_items(data: bytes, start: int, depth: int, packed: struct.Struct
                  ) -> tuple[list[Any], int]:
    """
    Decode the items of a list or a map.

    :param start: the index of the size.
    :param packed: the format of the size and the number of items.
    :returns: the items, and the index of the byte after them.
    """
    if depth > DEPTH:
        raise ValueError('lists and maps of the AMQP 1.0 message are nested'
                         f' deeper than {DEPTH}')
    _, number = packed.unpack_from(data, start)
    start += packed.size
    items: list[Any] = []
    for _ in range(number):
        item, start = _decode(data, start, depth + 1)
        items.append(item)
    return items, start


def _to_map(items: list[Any]) -> dict[Any, Any]:
    """Make a map of its keys and values, which alternate."""
    keys = items[::2]
    if len(items) % 2 or not all(isinstance(key, (str, int)) for key in keys):
        raise ValueError('a map of the AMQP 1.0 message has a key without'
                         ' value, or a key that is not a text or an integer')
    return dict(zip(keys, items[1::2]))
