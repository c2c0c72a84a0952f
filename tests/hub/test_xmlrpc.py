"""Encoding and decoding: the hub's layout, Python's values, and refusals."""
from __future__ import annotations

import enum
import math
from collections import OrderedDict, namedtuple
from datetime import datetime, timedelta, timezone
from typing import Any
from xmlrpc import client

import koji.xmlrpcplus
from defusedxml import EntitiesForbidden
from hypothesis import given, settings, strategies as st
from munch import Munch, unmunchify
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import recordings
from txkoji.exceptions import AnswerError, GenericError, KojiException
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import MAX_DEPTH
from txkoji.hub.codec.xmlrpc import (
    decode_answer,
    decode_call,
    encode_answer,
    encode_call,
    encode_entry,
    encode_fault,
    join_arguments,
    split_arguments,
)


def answer(value: str) -> bytes:
    """An answer with a value element."""
    return ('<methodResponse><params><param>' + value
            + '</param></params></methodResponse>').encode()


def in_pieces(data: bytes, size: int) -> Any:
    """Decode an answer in pieces of a size."""
    decoder = Decoder()
    for start in range(0, len(data), size):
        decoder.feed(data[start:start + size])
    return decoder.close()


class Text(str):
    """A str whose text and format are another text."""

    def __str__(self) -> str:
        return 'odd'

    __repr__ = __str__

    def __format__(self, spec: str) -> str:
        return 'odd'


class Word(str, enum.Enum):
    """An enum of str."""

    SCRATCH = 'scratch'
    ONCE = 'once'


class Number(enum.IntEnum):
    """An enum of int."""

    ONE = 1


class Flag(int, enum.Enum):
    """An enum that inherits from int."""

    TWO = 2


class Large(int, enum.Enum):
    """An enum with an int of more than 32 bits."""

    BIG = 2**40


class Ratio(float, enum.Enum):
    """An enum of float."""

    HALF = 0.5


class Data(bytes, enum.Enum):
    """An enum of bytes."""

    BYTES = b'x' * 100


class Whole(int):
    """An int whose text and format are another text."""

    def __format__(self, spec: str) -> str:
        return 'odd'

    __str__ = __repr__ = lambda self: 'odd'     # type: ignore[assignment]


class Real(float):
    """A float whose text is another text."""

    __str__ = __repr__ = lambda self: 'odd'     # type: ignore[assignment]


class Raw(bytes):
    """A bytes whose slices are other bytes."""

    def __getitem__(self, key: Any) -> Any:
        return b'odd'


Pair = namedtuple('Pair', 'a b')


class EncodingTests(SynchronousTestCase):
    """Values that are encoded."""

    def check(self, *params: Any) -> None:
        """Compare our encoding with Python's library and with Koji's."""
        ours = encode_call('echo', params)
        plain = tuple(unmunchify(list(params)))
        self.assertEqual(ours, koji.xmlrpcplus.dumps(plain, 'echo').encode())
        if all(not isinstance(param, int) or -2**31 <= param < 2**31
               for param in plain):
            self.assertEqual(ours, client.dumps(
                plain, 'echo', allow_none=True).encode())

    def test_values(self) -> None:
        """Each type of XML-RPC is encoded as by the other libraries."""
        for value in [
                None, True, False, 0, -1, 2**31 - 1, -2**31, 2**31, 2**63 - 1,
                -2**63, 0.0, -0.0, 1.5, 1e300, '', 'a', '<&>"\'',
                'h\xe9 \u4e16 \U0001f600', 'a\tb\nc', b'', b'\x00\xff' * 100,
                datetime(2026, 11, 22, 6, 31), [], [[], [1, [2]]], (), (1,),
                {}, {'a': None, '<b>': {'c': [1]}}, Munch(a=Munch(b=1))]:
            self.check(value)
        self.check()
        self.check(1, 'two', [3])

    def test_subclasses(self) -> None:
        """A value of a subclass is encoded as its plain value."""
        for value, plain in [
                (Text('<x>'), '<x>'), (Word.SCRATCH, 'scratch'),
                (Number.ONE, 1), (Flag.TWO, 2), (Large.BIG, 2**40),
                (Ratio.HALF, 0.5), (Data.BYTES, b'x' * 100), (Whole(3), 3),
                (Real(1.5), 1.5), (Raw(b'x'), b'x'), (Pair(1, 2), [1, 2]),
                (bytearray(b'x'), b'x'), (OrderedDict(a=1), {'a': 1}),
                ({Word.SCRATCH: True}, {'scratch': True}),
                ({Text('<x>'): 1}, {'<x>': 1})]:
            for wrapped, expected in [(value, plain), ([value], [plain]),
                                      ({'a': value}, {'a': plain})]:
                self.assertEqual(encode_call('echo', [wrapped]),
                                 encode_call('echo', [expected]))
                self.assertEqual(encode_entry('echo', [wrapped]),
                                 encode_entry('echo', [expected]))

    def test_names_of_subclasses(self) -> None:
        """A name of a subclass of str is encoded as its plain text."""
        for encode in (encode_call, encode_entry):
            self.assertEqual(encode(Word.SCRATCH, [], {Text('a'): 1}),
                             encode('scratch', [], {'a': 1}))

    def test_subclasses_leave_nothing(self) -> None:
        """A call with an enum does not change the calls after it."""
        encode_call('echo', [{Word.ONCE: Word.ONCE}])
        encode_entry(Word.ONCE, [{Word.ONCE: Word.ONCE}])
        for encode in (encode_call, encode_entry):
            data = encode('once', [{'once': 'once'}])
            self.assertEqual(data.count(b'>once<'), 3)

    def test_carriage_return(self) -> None:
        """A carriage return in a call is decoded as a carriage return."""
        value = ['a\rb\r\nc', {'\r': '\r'}]
        for encode in (encode_call, encode_entry):
            self.assertNotIn(b'\r', encode('echo', [value]))
        data = encode_call('echo', value)
        self.assertEqual(decode_call(data)[1], value)
        self.assertEqual(client.loads(data)[0], tuple(value))

    def test_carriage_return_of_a_hub(self) -> None:
        """A carriage return in an answer is not escaped, as by a hub."""
        value = 'a\rb&#13;'
        self.assertEqual(
            encode_answer(value).partition(b'<value>')[2].partition(b'\n')[0],
            koji.xmlrpcplus.dumps((value,), methodresponse=True).encode()
            .partition(b'<value>')[2].partition(b'\n')[0])
        self.assertEqual(decode_answer(encode_answer(value)), 'a\nb&#13;')

    def test_year(self) -> None:
        """A year is encoded with four digits."""
        self.assertIn(b'>09990102T03:04:05<',
                      encode_answer(datetime(999, 1, 2, 3, 4, 5)))

    def test_aware_datetime(self) -> None:
        """An aware datetime is encoded in UTC."""
        zone = timezone(timedelta(hours=2))
        time = datetime(2026, 11, 22, 6, 31, tzinfo=zone)
        self.assertIn(b'>20261122T04:31:00<', encode_answer(time))

    def test_too_large(self) -> None:
        """An int of more than 64 bits raises OverflowError."""
        for value in [2**63, -2**63 - 1, 10**5000]:
            error = self.assertRaises(OverflowError, encode_call, 'echo',
                                      [[value]])
            self.assertIn('echo: ', str(error))

    def test_not_to_be_carried(self) -> None:
        """A value that XML-RPC cannot carry is named, with the method."""
        for value, name in [
                (object, "<class 'object'>"), ({1, 2}, '{1, 2}'),
                ({'a': 1j}, '1j'), ({1: 2}, '1'), (range(3), 'range'),
                ('a\x00b', r"'\x00'"), ('\ud800', r"'\ud800'"),
                ({'a\x07': 1}, r"'\x07'"), (set(range(1000)), '...')]:
            for encode in encode_call, encode_entry:
                error = self.assertRaises(TypeError, encode, 'echo', [value])
                self.assertRegex(str(error), '^echo: .*XML-RPC')
                self.assertIn(name, str(error))
                self.assertLess(len(str(error)), 200)

    def test_circle(self) -> None:
        """A list that contains itself raises TypeError."""
        circle: list[Any] = []
        circle.append(circle)
        error = self.assertRaises(TypeError, encode_call, 'm', [circle])
        self.assertRegex(str(error), '^m: .* contains itself')

    def test_named_arguments(self) -> None:
        """Named arguments are encoded as by Koji's client, and decoded."""
        expected = koji.xmlrpcplus.dumps(
            koji.encode_args(1, strict=True), 'getBuild').encode()
        self.assertEqual(encode_call('getBuild', [1], {'strict': True}),
                         expected)
        self.assertEqual(split_arguments(decode_call(expected)[1]),
                         ([1], {'strict': True}))
        self.assertEqual(join_arguments([1], {}), [1])
        self.assertEqual(split_arguments([{'a': 1}]), ([{'a': 1}], {}))
        self.assertEqual(split_arguments([]), ([], {}))


class RecordedTests(SynchronousTestCase):
    """The recorded bytes of a hub and of Koji's client."""

    def test_requests(self) -> None:
        """Requests are the same bytes as those of Koji's client."""
        same = 0
        for recording in recordings().values():
            if recording.call is None:
                continue
            method, params = decode_call(recording.request)
            ours = encode_call(method, *split_arguments(params))
            if recording.name == 'echo.untyped-and-i4':
                # Written by hand, with elements that no client writes.
                continue
            self.assertEqual(ours, recording.request, recording.name)
            same += 1
        self.assertGreater(same, 200)

    def test_answers(self) -> None:
        """Recorded answers are decoded and encoded as by other libraries."""
        for recording in recordings().values():
            expected = recording.answer
            if recording.meta['http_status'] != 200 or expected is None:
                continue
            if isinstance(expected, client.Fault):
                error = self.assertRaises(KojiException, decode_answer,
                                          recording.response)
                self.assertEqual((error.faultCode, str(error)),
                                 (expected.faultCode, expected.faultString))
                self.assertEqual(
                    encode_fault(error.faultCode, str(error)),
                    recording.response)
                continue
            value = decode_answer(recording.response)
            self.assertEqual(value, expected, recording.name)
            self.assertEqual(encode_answer(value), recording.response)

    def test_in_pieces(self) -> None:
        """The size of the pieces does not change the value."""
        data = recordings()['getTaskInfo.bigint-nonascii'].response
        whole = decode_answer(data)
        for size in [1, 2, 3, 7, 64, 1000]:
            self.assertEqual(in_pieces(data, size), whole)

    def test_munch(self) -> None:
        """Structs are Munch at every level."""
        build = decode_answer(recordings()['getBuild.osbs'].response)
        self.assertIs(type(build), Munch)
        self.assertEqual(build.extra.osbs_build.engine, 'podman')


class DecodingTests(SynchronousTestCase):
    """Documents that no recording has."""

    def test_faults(self) -> None:
        """A fault raises the exception class of its code."""
        error = self.assertRaises(GenericError, decode_answer,
                                  encode_fault(1000, 'No such tag: \xe9'))
        self.assertEqual(str(error), 'No such tag: \xe9')

    def test_all_elements(self) -> None:
        """Every element that Python's library knows gives the same value."""
        for text in [
                '<i1>1</i1>', '<i2>-2</i2>', '<i4> 4 </i4>', '<i8>8</i8>',
                '<biginteger>123456789012345678901</biginteger>',
                '<float>1.5</float>', '<double>-inf</double>',
                '<bigdecimal>1.10</bigdecimal>', '<nil></nil>', '<nil> </nil>',
                '<ex:nil/>', '<ex:i8>1</ex:i8>', '<string/>', '', ' text ',
                '<boolean>1</boolean>', '<base64>AP8=</base64>',
                '<base64>\n AP8g\n YmluYXJ5\n</base64>',
                '<dateTime.iso8601>20261122T06:31:00</dateTime.iso8601>',
                '<array><data/></array>', '<struct/>', ' <int>1</int> ',
                '<struct> <member> <name>a</name> <value>1</value> </member>'
                '<member><name>a</name><value>2</value></member></struct>']:
            data = answer('<value>' + text + '</value>').replace(
                b'<methodResponse>', b'<methodResponse xmlns:ex="x">')
            self.assertEqual(decode_answer(data),
                             client.loads(data, use_builtin_types=True)[0][0])

    def test_encoding(self) -> None:
        """A document may name another encoding."""
        data = ("<?xml version='1.0' encoding='iso-8859-1'?>"
                + answer('<value>\xe9</value>').decode()).encode('latin-1')
        self.assertEqual(decode_answer(data), '\xe9')

    def test_depth(self) -> None:
        """Nesting is allowed up to the limit, and deeper it is refused."""
        def nested(depth: int) -> bytes:
            return answer('<value><array><data>' * depth
                          + '</data></array></value>' * depth)
        decode_answer(nested(MAX_DEPTH))
        error = self.assertRaises(AnswerError, decode_answer,
                                  nested(MAX_DEPTH + 1))
        self.assertIn('levels', str(error))
        self.assertRaises(AnswerError, decode_answer, nested(200000))


#: What is refused, and a word of the reason. The first list holds all that
#: Python's library would take; the second what it refuses as well.
FORGIVEN_ELSEWHERE = [
    ('<!DOCTYPE a>' + answer('<value>1</value>').decode(), 'document type'),
    ('<!DOCTYPE a [<!ENTITY b "c">]>' + answer('<value>&b;</value>').decode(),
     'document type'),
    (answer('<value><int>1</int><int>2</int></value>'), 'two values'),
    (answer('<value>a<int>1</int></value>'), "text in a 'value'"),
    (answer('<value><int>1</int>a</value>'), "text in a 'value'"),
    (answer('<value><int>1</int></value>text'), "text in a 'param'"),
    (answer('<value><array>text<data></data></array></value>'),
     "text in a 'array'"),
    (answer('<value><array><data></data>text</array></value>'),
     "text in a 'array'"),
    (answer('<value>1</value><value>2</value>'), "'param' with"),
    (answer('<value><array></array></value>'), 'without data'),
    (answer('<value><array><data></data><data></data></array></value>'),
     "'array' with"),
    (answer('<value><string>a<int>1</int></string></value>'),
     "'int' in a 'string'"),
    (answer('<value><nil>1</nil></value>'), 'nil has no content'),
    (answer('<value><struct><member><value>1</value><name>a</name></member>'
            '</struct></value>'), 'not a name and a'),
    ('<methodResponse><params/></methodResponse>', '0 values'),
    ('<methodResponse><params><param><value>1</value></param><param><value>2'
     '</value></param></params></methodResponse>', '2 values'),
    (encode_call('getBuild', [1]), "'methodCall'"),
    ('<params><param><value>1</value></param></params>', "'params'"),
]

REFUSED_ELSEWHERE = [
    ('<methodResponse></methodResponse>', '0 values'),
    (answer('<value><foo>1</foo></value>'), "'foo' in a 'value'"),
    ('', 'no element'), ('hello', 'well-formed'), ('{"a": 1}', 'well-formed'),
    ('<html><body>502</body></html>', "'html'"),
    (b'\xff\xfe\x00', 'well-formed'),
    (answer('<value>\x00</value>'), 'well-formed'),
    (answer('<value><int>1</value></int>'), 'well-formed'),
    (answer('<value>1</value>') * 2, 'well-formed'),
    (answer('<value>1</value>')[:-3], 'well-formed'),
    (answer('<value>&b;</value>'), 'well-formed'),
    (answer('<value><int>one</int></value>'), "bad 'int'"),
    (answer('<value><int></int></value>'), "bad 'int'"),
    (answer('<value><int>' + '1' * 10**6 + '</int></value>'), "bad 'int'"),
    (answer('<value><boolean>2</boolean></value>'), "bad 'boolean'"),
    (answer('<value><double>x</double></value>'), "bad 'double'"),
    (answer('<value><bigdecimal>x</bigdecimal></value>'), "bad 'bigdec"),
    (answer('<value><base64>A</base64></value>'), "bad 'base64'"),
    (answer('<value><dateTime.iso8601>now</dateTime.iso8601></value>'),
     "bad 'dateTime"),
    (answer('<value><struct><member><name>a</name></member></struct></value>'),
     'without a value'),
    ('<methodResponse><params><param></param></params></methodResponse>',
     'without a value'),
    ('<methodResponse><fault><value>1</value></fault></methodResponse>',
     'no faultCode'),
    ('<methodResponse><fault></fault></methodResponse>', 'without a value'),
]


class RefusalTests(SynchronousTestCase):
    """Documents that are refused with an AnswerError that says why."""

    def test_refused(self) -> None:
        """Each document of the two lists is refused, whole and in pieces."""
        for data, why in FORGIVEN_ELSEWHERE + REFUSED_ELSEWHERE:
            if isinstance(data, str):
                data = data.encode()
            for size in [len(data) or 1, 1 if len(data) < 1000 else 999]:
                error = self.assertRaises(AnswerError, in_pieces, data, size)
                self.assertIn(why, str(error))
                self.assertLess(len(str(error)), 300)

    def test_differences(self) -> None:
        """Python's library decodes the documents of the first list."""
        for data, why in FORGIVEN_ELSEWHERE:
            try:
                client.loads(data)
            except EntitiesForbidden:
                # Koji's client hardens Python's library once it is imported.
                self.assertIn('document type', why)

    def test_no_method(self) -> None:
        """A request without a method is refused."""
        for data in [b'<methodCall></methodCall>',
                     b'<methodCall><params/><methodName>a</methodName>'
                     b'</methodCall>',
                     b'<methodCall><methodName>a</methodName><params/>'
                     b'<params/></methodCall>']:
            self.assertRaises(AnswerError, decode_call, data)


#: Characters that XML keeps as they are (it makes a line feed of "\r").
TEXT = st.text(st.characters(
    blacklist_categories=['Cs'], blacklist_characters='\r\ufffe\uffff',
    min_codepoint=32) | st.sampled_from('\t\n'))

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-2**63, 2**63 - 1)
    | st.floats(allow_nan=False) | TEXT | st.binary()
    | st.datetimes(datetime(1000, 1, 1)).map(
        lambda time: time.replace(microsecond=0)),
    lambda inner: st.lists(inner) | st.dictionaries(TEXT, inner),
    max_leaves=20)


#: Calls of a multicall: many with the same options, or almost the same; and
#: some that are none.
OPTIONS = st.sampled_from([
    {'request': True, '__starstar': True}, {'request': 1, '__starstar': True},
    {'__starstar': True, 'request': True}, {'request': 1.0, 'x': [True]},
    {'a': 0.0}, {'a': -0.0}, {'a': []}, {'a': {'b': None}}, {}])
CALLS = st.builds(
    lambda method, args, named: {'methodName': method,
                                 'params': args + named},
    TEXT, st.lists(VALUES, max_size=3), st.lists(OPTIONS, max_size=2)
) | VALUES | st.builds(
    lambda method: {'methodName': method, 'params': [1]}, VALUES
) | st.just({'params': [], 'methodName': 'x'}) | st.just(
    {'methodName': 'x', 'params': (1, {'a': 1})})


class PropertyTests(SynchronousTestCase):
    """Any value, cut anywhere."""

    @settings(derandomize=True, deadline=None)
    @given(VALUES, st.integers(1, 50))
    def test_there_and_back(self, value: Any, size: int) -> None:
        """An encoded value is decoded to itself, by Python's library too."""
        data = encode_answer(value)
        self.assertEqual(in_pieces(data, size), value)
        self.assertEqual(client.loads(data, use_builtin_types=True)[0][0],
                         value)
        self.assertEqual(encode_call('m', [value]),
                         koji.xmlrpcplus.dumps((value,), 'm').encode())

    @settings(derandomize=True, deadline=None)
    @given(st.lists(CALLS, max_size=8))
    def test_multicall(self, calls: Any) -> None:
        """A multicall is the same bytes as that of Koji's client."""
        for method in ('system.multicall', 'multiCall'):
            self.assertEqual(
                encode_call(method, [calls]),
                koji.xmlrpcplus.dumps((calls,), method).encode())

    @settings(derandomize=True, deadline=None)
    @given(VALUES, st.data())
    def test_truncated(self, value: Any, data: st.DataObject) -> None:
        """A truncated answer is refused."""
        whole = encode_answer(value).rstrip()
        cut = data.draw(st.integers(0, len(whole) - 1))
        self.assertRaises(AnswerError, decode_answer, whole[:cut])

    def test_not_a_number(self) -> None:
        """NaN is encoded and decoded."""
        self.assertTrue(math.isnan(decode_answer(encode_answer(math.nan))))
