"""The decoders: the fast one for the layout of the hub, and expat."""
from __future__ import annotations

import re
from typing import Any
from xmlrpc import client

import koji.xmlrpcplus
from hypothesis import example, given, settings, strategies as st
from munch import Munch
from twisted.trial.unittest import SynchronousTestCase

from tests.hub.test_xmlrpc import (
    FORGIVEN_ELSEWHERE,
    REFUSED_ELSEWHERE,
    VALUES,
    answer,
)
from tests.recordings import recordings
from txkoji.exceptions import AnswerError, KojiException
from txkoji.hub.codec.decoder import MAX_REST, Decoder
from txkoji.hub.codec.expat import MAX_DEPTH, MAX_VALUE, ExpatDecoder
from txkoji.hub.codec.xmlrpc import decode_answer, encode_answer, encode_fault


def outcome(decoder: Any, data: bytes, cuts: list[int]) -> Any:
    """
    Decode bytes that are cut at some places.

    :returns: "value", "fault" or "refused", and the value or the fault.
    """
    try:
        for start, end in zip([0, *cuts], [*cuts, len(data)]):
            decoder.feed(data[start:end])
        return 'value', decoder.close()
    except AnswerError:
        # Where it noticed decides about the words.
        return 'refused', None
    except KojiException as fault:
        return 'fault', (fault.faultCode, str(fault))


def pieces(data: bytes, size: int) -> list[int]:
    """The places to cut bytes into pieces of a size."""
    return list(range(size, len(data), size))


class FastTests(SynchronousTestCase):
    """Answers in the hub's layout."""

    def test_split_characters(self) -> None:
        """A character that is cut in two is decoded, by expat as well."""
        text = '\u4e2d' * 20 + '\U0001f600'
        good = encode_answer([text, 'x'])
        for body in [good, good.replace(b"'1.0'", b'"1.0"'),
                     good.replace(b'x</string>', b'&quot;</string>'),
                     good.replace(b'<value><string>x',
                                  b'<value> <string>x')]:
            expected = decode_answer(body)
            for cut in range(len(body)):
                decoder = Decoder()
                decoder.feed(body[:cut])
                decoder.feed(body[cut:])
                self.assertEqual(decoder.close(), expected)
        body = encode_answer('a' + '\u4e2d' * 100000)
        for size in (65536, 65537, 65538):
            decoder = Decoder()
            for start in range(0, len(body), size):
                decoder.feed(body[start:start + size])
            self.assertEqual(decoder.close(), 'a' + '\u4e2d' * 100000)

    def test_recordings(self) -> None:
        """Expat reads only recorded answers with base64 or dates."""
        for name, recording in recordings().items():
            if recording.meta['http_status'] != 200 \
                    or recording.answer is None:
                continue
            data = recording.response
            whole = Decoder()
            expected = outcome(ExpatDecoder(), data, [])
            self.assertEqual(outcome(whole, data, []), expected, name)
            needs = b'<base64>' in data or b'<dateTime' in data
            self.assertEqual(whole.fast, not needs, name)
            for size in (1, 2, 3, 61) if len(data) < 20000 else (4096, 65536):
                cut = Decoder()
                self.assertEqual(outcome(cut, data, pieces(data, size)),
                                 expected, (name, size))
                self.assertEqual(cut.fast, not needs, name)

    def test_munch(self) -> None:
        """Structs are Munch, and each name is one string object."""
        decoder = Decoder()
        decoder.feed(encode_answer([{'a': {'b': 1}}, {'a': {'b': 2}}]))
        rows = decoder.close()
        self.assertIs(type(rows[0].a), Munch)
        self.assertIs([*rows[0]][0], [*rows[1]][0])

    def test_rows(self) -> None:
        """`row` makes the value, or the items of a list, and no others."""
        class Plain(Munch):
            pass

        inner = {'a': [{'b': {}}]}
        for value, found in [
                (inner, [Plain]), ([inner, None, inner], [Plain] * 2),
                ([[inner]], []), ([{}, 5], [Plain]), (5, [])]:
            for make in (Decoder, ExpatDecoder):
                decoder: Any = make(row=Plain)
                decoder.feed(encode_answer(value))
                result = decoder.close()
                self.assertEqual(result, value)
                rows = result if isinstance(result, list) else [result]
                self.assertEqual([type(row) for row in rows
                                  if type(row) is Plain], found)
                for row in rows:
                    if type(row) is Plain and row:
                        self.assertIs(type(row.a[0]), Munch)


class HandingOverTests(SynchronousTestCase):
    """Answers that leave the hub's layout, so that expat takes over."""

    def check(self, data: bytes, fast: bool | None = False) -> Any:
        """
        Compare both decoders on a document, whole and in pieces.

        :param fast: whether a value is decoded without expat; None for either.
        :returns: the outcome, as `outcome` does.
        """
        expected = outcome(ExpatDecoder(), data, [])
        for size in [len(data) or 1, 1, 5, 64]:
            if size == 1 and len(data) > 5000:
                continue
            decoder = Decoder()
            self.assertEqual(outcome(decoder, data, pieces(data, size)),
                             expected)
            if expected[0] == 'value' and fast is not None:
                self.assertEqual(decoder.fast, fast)
        return expected

    def test_in_the_middle(self) -> None:
        """Expat takes over at any depth, with the open arrays and structs."""
        odd = b'<value><string>x</string> </value>\n'
        value = [1, {'a': 'ODD', 'b': {'c': [[{'d': 'ODD'}], 2]}, 'e': None},
                 [], ['ODD', {'f': {}}], 'ODD']
        data = encode_answer(value)
        marks = [found.start() for found in
                 re.finditer(b'<value><string>ODD</string></value>\n', data)]
        self.assertEqual(len(marks), 4)
        for mark in marks:
            end = mark + len(b'<value><string>ODD</string></value>\n')
            kind, found = self.check(data[:mark] + odd + data[end:])
            self.assertEqual(kind, 'value')
            self.assertEqual(repr(found).count("'x'"), 1)

    def test_other_forms(self) -> None:
        """Valid XML-RPC in another layout is decoded by expat."""
        for data in [
                answer('<value>text</value>'),
                answer('<value><i4>4</i4></value>'),
                answer('<value><string>&#65;&quot;</string></value>'),
                encode_answer('a').replace(b'\n', b'\r\n'),
                encode_answer({'a': [1]}).replace(b'\n', b''),
                encode_answer({'a': '>'}).replace(b'&gt;', b'>'),
                encode_answer({'&': 1}), encode_answer({'': 1}),
                encode_answer({'a': b'bytes', 'b': [b'', {'c': b'x'}]}),
                encode_answer('\xe9').replace(
                    b"'1.0'", b"'1.0' encoding='latin-1'").replace(
                    b'\xc3\xa9', b'\xe9'),
                encode_fault(1000, 'a').replace(b'<int>', b'<i4>').replace(
                    b'</int>', b'</i4>'),
                b'<?xml version="1.0"?>\n' + encode_answer([1])[22:],
                encode_answer([1]) + b'\n<!-- end -->']:
            self.assertNotEqual(self.check(data)[0], 'refused', data[:200])

    def test_long_texts(self) -> None:
        """A text that is longer than the limit of a token is decoded."""
        for value in ['x' * (3 * MAX_REST), ['x' * MAX_REST, {'a': 'y' * 70000,
                                                              'b': [1]}]]:
            self.assertEqual(self.check(encode_answer(value), fast=None),
                             ('value', value))

    def test_almost(self) -> None:
        """Both decoders refuse documents that are almost valid."""
        good = encode_answer([{'a': 1, 'b': {'c': ['d']}}, True, 1.5])
        for old, new in [
                (b'<int>1', b'<int>x'), (b'<int>1', b'<int>'),
                (b'<boolean>1', b'<boolean>2'), (b'1.5', b'one'),
                (b'<member>\n<name>a</name>\n', b''),
                (b'</member>\n', b''), (b'</member>\n</struct>', b'</struct>'),
                (b'</struct></value>\n', b'</data></array></value>\n'),
                (b'</data></array></value>\n', b'</struct></value>\n'),
                (b'</data></array></value>\n', b''),
                (b'<params>', b'<fault>'), (b'd', b'\x01'), (b'd', b'&no;'),
                (b'd', b']]>'), (b'd', b'\xff'), (b'd', b'\xed\xa0\x80'),
                (b'd', b'\xef\xbf\xbf'), (b'</string>', b'</int>'),
                (b'</methodResponse>\n', b''),
                (b'</methodResponse>\n', b'</methodResponse>\nx'),
                (b'<value><double>', b'</member>\n<value><double>'),
                (b'<value><double>', b'</struct></value>\n<value><double>')]:
            self.assertIn(old, good)
            self.assertEqual(self.check(good.replace(old, new, 1))[0],
                             'refused', (old, new))
        self.check(good, fast=True)
        self.check(b'')

    def test_lists(self) -> None:
        """Both decoders refuse every document of the two lists."""
        for data, _ in FORGIVEN_ELSEWHERE + REFUSED_ELSEWHERE:
            if isinstance(data, str):
                data = data.encode()
            self.assertEqual(self.check(data)[0], 'refused')

    def test_two_values(self) -> None:
        """An answer with two values in the hub's layout is refused."""
        value = b'<value><int>1</int></value>\n'
        data = encode_answer(1).replace(value, value * 2)
        self.assertEqual(self.check(data)[0], 'refused')

    def test_depth(self) -> None:
        """Both decoders have the same limit of nesting."""
        value: Any = 1
        for _ in range(MAX_DEPTH):
            value = [value]
        self.assertEqual(self.check(encode_answer(value), fast=True)[0],
                         'value')
        self.assertEqual(self.check(encode_answer([value]))[0], 'refused')
        self.assertEqual(self.check(encode_answer({'a': value}))[0],
                         'refused')

    def test_huge_value(self) -> None:
        """A single value has a limit of 64 MiB."""
        decoder = Decoder()
        decoder.feed(b'<methodResponse><params><param><value><string>')
        piece = b'x' * 2**20
        error = None
        for count in range(2 + MAX_VALUE // len(piece)):
            try:
                decoder.feed(piece)
            except AnswerError as found:
                error = found
                break
        self.assertIn('64 MiB', str(error))
        self.assertGreaterEqual(count, MAX_VALUE // len(piece))


#: Why we refuse what Python's library takes (see FORGIVEN_ELSEWHERE).
RULES = [
    'a document type', 'two values', r"text in a '\w+'", 'without data',
    r"has a '[^']*' in a '[^']*'", r"with '\w+' and '\w+'", r'\d+ values',
    'not a name and a value', r"is a '[^']*', not a", 'nil has no content',
    'without a value', 'no faultCode and faultString', 'levels deep',
    # A number may be followed by what only their int() forgives.
    "bad 'base64'"]

#: Pieces of documents, of which nearly valid ones are made.
SCRAPS = st.sampled_from([
    b'<value>', b'</value>', b'</value>\n', b'<int>', b'</int>', b'1', b'-',
    b'<string>', b'</string>', b'x', b'&lt;', b'&', b'<', b'\n', b' ',
    b'<nil/>', b'<struct>\n', b'</struct>', b'<member>\n', b'</member>\n',
    b'<name>', b'</name>\n', b'<array><data>\n', b'</data></array>',
    b'<boolean>', b'<!DOCTYPE a>', b'\xff', b'\x00', b'</params>\n',
    b'<param>\n', b'<fault>\n', b'<value><int>1</int></value>\n',
    b'<value><nil/></value>'])


@st.composite
def documents(draw: Any) -> tuple[bytes, list[int]]:
    """A valid, nearly valid or mutated document, and the places to cut it."""
    value = draw(VALUES)
    data = draw(st.sampled_from([
        encode_answer(value),
        encode_fault(draw(st.integers(0, 2000)), str(value)[:50]
                     .encode('utf-8', 'ignore').decode())
        if str(value).isprintable() else encode_answer(value)]))
    for _ in range(draw(st.integers(0, 3))):
        first = draw(st.integers(0, len(data)))
        last = draw(st.integers(first, min(len(data), first + 20)))
        data = data[:first] + draw(SCRAPS | st.just(b'')) + data[last:]
    cuts = draw(st.lists(st.integers(0, len(data)), max_size=6))
    return data, sorted(cuts)


class PropertyTests(SynchronousTestCase):
    """Any document, cut anywhere."""

    @settings(derandomize=True, deadline=None, max_examples=600)
    @given(documents())
    @example((encode_answer([]), []))
    def test_alike(self, document: tuple[bytes, list[int]]) -> None:
        """Both decoders agree, and on valid documents others agree."""
        data, cuts = document
        expected = outcome(ExpatDecoder(), data, [])
        self.assertEqual(outcome(ExpatDecoder(), data, cuts), expected)
        self.assertEqual(outcome(Decoder(), data, cuts), expected)
        self.assertEqual(outcome(Decoder(), data, []), expected)
        if expected[0] == 'value':
            self.assertEqual(client.loads(data, use_builtin_types=True)[0][0],
                             expected[1])
            self.assertEqual(koji.xmlrpcplus.loads(
                data, use_builtin_types=True)[0][0], expected[1])
        elif expected[0] == 'refused':
            self.check_rule(data)
        elif expected[0] == 'fault':
            with self.assertRaises(client.Fault) as raised:
                client.loads(data)
            self.assertEqual((raised.exception.faultCode,
                              raised.exception.faultString), expected[1])

    def check_rule(self, data: bytes) -> None:
        """If only our decoder refuses a document, one of `RULES` says why."""
        try:
            client.loads(data, use_builtin_types=True)
        except client.Fault:
            pass
        except Exception:
            return
        decoder = ExpatDecoder()
        with self.assertRaises(AnswerError) as raised:
            decoder.feed(data)
            decoder.close()
        self.assertRegex(str(raised.exception), '|'.join(RULES))

    @settings(derandomize=True, deadline=None, max_examples=200)
    @given(st.lists(SCRAPS, max_size=30), st.integers(1, 40))
    def test_scraps(self, scraps: list[bytes], size: int) -> None:
        """Both decoders agree on scraps of documents."""
        data = encode_answer([])[:69] + b''.join(scraps)
        self.assertEqual(outcome(Decoder(), data, pieces(data, size)),
                         outcome(ExpatDecoder(), data, []))
