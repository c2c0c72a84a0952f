"""Sections of AMQP 1.0 messages."""
from __future__ import annotations

from twisted.trial.unittest import SynchronousTestCase

from txkoji.messages import amqp1


class EncodingTests(SynchronousTestCase):
    """`decode_section`."""

    def test_types(self) -> None:
        """A value of each type is decoded."""
        for data, value in [
                (b'\x40', None), (b'\x41', True), (b'\x42', False),
                (b'\x56\x01', True), (b'\x43', 0), (b'\x44', 0),
                (b'\x50\xff', 255), (b'\x51\xff', -1), (b'\x52\x07', 7),
                (b'\x53\x07', 7), (b'\x54\xfe', -2), (b'\x55\xfe', -2),
                (b'\x60\x01\x00', 256), (b'\x61\xff\xff', -1),
                (b'\x70\0\0\x01\0', 256), (b'\x71\xff\xff\xff\xff', -1),
                (b'\x80' + b'\0' * 7 + b'\x05', 5),
                (b'\x81' + b'\xff' * 8, -1), (b'\x83' + b'\0' * 8, 0),
                (b'\x72\x3f\x80\0\0', 1.0),
                (b'\x82\x3f\xf0' + b'\0' * 6, 1.0),
                (b'\xa0\x02ab', b'ab'), (b'\xb0\0\0\0\x02ab', b'ab'),
                (b'\xa1\x02\xc3\xa4', 'ä'), (b'\xb1\0\0\0\x01a', 'a'),
                (b'\xa3\x01a', 'a'), (b'\x45', []),
                (b'\xc0\x03\x02\x41\x40', [True, None]),
                (b'\xd0\0\0\0\x05\0\0\0\x01\x41', [True]),
                (b'\xc1\x05\x02\xa1\x01a\x43', {'a': 0})]:
            self.assertEqual(amqp1.decode_section(b'\0Sw' + data), value)

    def test_bad(self) -> None:
        """Malformed and deeply nested sections are errors."""
        deep = b'\x45'
        for _ in range(amqp1.DEPTH + 2):
            deep = b'\xc0' + bytes([len(deep) + 1, 1]) + deep
        self.assertRaises(ValueError, amqp1.decode_section, b'\0Sw' + deep)
        for data in (b'', b'x', b'\0Sw', b'\0Sw\x99', b'\0Sw\x40\x40',
                     b'\0Sw\xf0\0\0\0\x05\xff\xff\xff\xff\x40',
                     b'\0Sw\xd0\0\0\0\x05\xff\xff\xff\xff\x40',
                     b'\0Sw\xc1\x03\x01\x40', b'\0Sw\xc1\x05\x02\x45\x40',
                     b'\0Sw\xa1\x01\xff', b'\0Sw' + b'\xc0\xff\x01' * 100):
            self.assertRaises(ValueError, amqp1.decode_section, data)
