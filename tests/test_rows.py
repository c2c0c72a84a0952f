"""Rows that are read as a whole: the same as by tokens, whatever comes."""
from __future__ import annotations

from typing import Any, List, Tuple

from hypothesis import given, settings
from hypothesis import strategies as st
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import recordings
from txkoji.exceptions import AnswerError, KojiException
from txkoji.hub import rows as rows_module
from txkoji.hub.decoder import Decoder
from txkoji.hub.expat import ExpatDecoder
from txkoji.hub.xmlrpc import encode_answer


def outcome(decoder: Any, data: bytes, size: int) -> Tuple[Any, Any]:
    """The value of an answer in pieces, or the class of its error."""
    try:
        for start in range(0, len(data), size):
            decoder.feed(data[start:start + size])
        return 'value', decoder.close()
    except KojiException as error:
        return type(error), None


def same(found: Any, expected: Any) -> bool:
    """Whether two values are equal, and of the same types and order."""
    if type(found) is not type(expected):
        return False
    if isinstance(found, dict):
        return [*found] == [*expected] and all(
            same(found[name], expected[name]) for name in found)
    if isinstance(found, list):
        return len(found) == len(expected) and all(map(same, found, expected))
    return repr(found) == repr(expected)


class RowsTestCase(SynchronousTestCase):
    """With rows that are learned early."""

    def setUp(self) -> None:
        self.patch(rows_module, 'LEARNED_AFTER', 6)
        self.patch(rows_module, 'SAMPLE', 3)

    def check(self, data: bytes, size: int) -> Any:
        """What expat makes of an answer, and no other, comes of it."""
        expected = outcome(ExpatDecoder(), data, 2**20)
        found = outcome(Decoder(), data, size)
        self.assertEqual(found[0], expected[0], data)
        self.assertTrue(same(found[1], expected[1]), data)
        return found[1]


def row(number: int) -> Any:
    return {'id': number, 'name': f'package {number}', 'size': number / 4,
            'big': 2**40 + number, 'draft': number % 2 == 0,
            'epoch': None if number % 3 else number}


class RecordedTests(SynchronousTestCase):
    """Real answers."""

    def test_recordings(self) -> None:
        """Each has the value that expat gives it, in pieces of any size."""
        for name, recording in recordings().items():
            data = recording.response
            if not data.startswith(b'<?xml'):
                continue
            expected = outcome(ExpatDecoder(), data, len(data))
            for size in ((7, 1000) if len(data) < 20000 else ()) + (
                    65536, len(data)):
                found = outcome(Decoder(), data, size)
                self.assertEqual(found[0], expected[0], name)
                self.assertTrue(same(found[1], expected[1]), name)

    def test_learned(self) -> None:
        """Most rows of a long list are read as a whole."""
        read: List[int] = []
        convert = rows_module.RowReader._convert

        def converted(reader: Any, found: Any) -> Any:
            read.append(len(found))
            return convert(reader, found)

        self.patch(rows_module.RowReader, '_convert', converted)
        data = recordings()['listTagged.big'].response
        decoder = Decoder()
        for start in range(0, len(data), 65536):
            decoder.feed(data[start:start + 65536])
        self.assertEqual(len(decoder.close()), 3350)
        self.assertTrue(decoder.fast)
        self.assertGreater(sum(read), 2500)


class ValuesTests(RowsTestCase):
    """What a value may be, in a row that is learned."""

    def test_rows(self) -> None:
        """Rows of all types are the same, cut at every place."""
        data = encode_answer([row(number) for number in range(20)])
        for size in range(1, 400, 7):
            self.check(data, size)

    def test_odd_values(self) -> None:
        """A value that is written otherwise is what it is by tokens."""
        for before, values in [
                (b'<int>15</int>', [
                    b'<int>007</int>', b'<int> 5</int>', b'<int>1_0</int>',
                    '<int>\u0663</int>'.encode(), b'<int>-0</int>',
                    b'<int>+5</int>', b'<int></int>', b'<int>x</int>',
                    b'<i4>5</i4>', b'<i8>99999999999</i8>', b'<nil/>',
                    b'<int>99999999999999999999</int>', b'<boolean>1'
                    b'</boolean>', b'<string>15</string>', b'15',
                    b'<double>1</double>', b'<base64>YQ==</base64>']),
                (b'<double>3.75</double>', [
                    b'<double>nan</double>', b'<double>inf</double>',
                    b'<double>-0</double>', b'<double>1e9</double>',
                    b'<double>1e</double>', b'<double>..</double>',
                    b'<double>1_0</double>', b'<double></double>']),
                (b'<boolean>0</boolean></value>\n</member>\n<member>\n<name>'
                 b'epoch</name>\n<value><int>15', [
                    b'<boolean>2</boolean></value>\n</member>\n<member>\n'
                    b'<name>epoch</name>\n<value><int>15',
                    b'<boolean></boolean></value>\n</member>\n<member>\n'
                    b'<name>epoch</name>\n<value><int>15']),
                (b'<string>package 15</string>', [
                    b'<string></string>', b'<string>a&amp;&lt;b&gt;</string>',
                    b'<string>a&#13;b</string>', b'<string>&odd;</string>',
                    b'<string>&</string>', b'<string>a>b</string>',
                    b'<string>a\r\nb</string>', b'<string>a\tb\n</string>',
                    b'<string>a\x01b</string>', b'<string>a<b</string>',
                    b'<string>\xc3\xa9\xe4\xb8\x96\xf0\x9f\x98\x80</string>',
                    b'<string>\xff</string>', b'<string>]]></string>',
                    b'<string>\xef\xbf\xbf</string>',
                    b'<string>\xc2\x85\xe2\x80\xa8</string>',
                    b'<struct>\n</struct>',
                    b'<array><data>\n</data></array>'])]:
            data = encode_answer([row(number) for number in range(20)])
            self.assertIn(before, data)
            for value in values:
                odd = data.replace(before, value, 1)
                for size in (1, 13, 1000, len(odd)):
                    self.check(odd, size)

    def test_odd_rows(self) -> None:
        """Rows of other members, other items, and an end that is none."""
        good = [row(number) for number in range(20)]
        for odd in [None, 5, 'x', [], {}, {'id': 1}, {**row(1), 'more': 1},
                    dict(reversed(row(1).items())), {**row(1), 'id': 'x'},
                    {**row(1), 'name': {'a': [1]}}, {**row(1), 'name': []},
                    {**row(1), 'id': None}, [row(1)]]:
            for many in (1, 40):
                data = encode_answer(good + [odd] * many + good)
                for size in (1, 50, len(data)):
                    self.check(data, size)
        data = encode_answer(good)
        for cut in range(0, len(data), 31):
            self.check(data[:cut], 64)
            self.check(data[:cut] + b'<junk>' + data[cut:], 64)
        self.check(encode_answer(good)[:-60] + b'</data>', 64)

    def test_streamed(self) -> None:
        """Taking items while they arrive gives all of them, in order."""
        data = encode_answer([row(number) for number in range(100)])
        for size in (10, 100, 1000, len(data)):
            decoder, found = Decoder(), []
            for start in range(0, len(data), size):
                decoder.feed(data[start:start + size])
                found += decoder.take()
            found += decoder.close()
            self.assertEqual([each.id for each in found], list(range(100)))
            self.assertEqual(found[99], row(99))

    def test_nested(self) -> None:
        """Lists within a struct, or within a list, are left to the tokens."""
        rows = [row(number) for number in range(20)]
        for value in ({'rows': rows}, [rows, rows], [[rows]], [rows[:3], 5]):
            data = encode_answer(value)
            for size in (50, len(data)):
                self.check(data, size)


NAMES = st.sampled_from(['id', 'a', 'b b', 'c.d', '(?P<next>', 'e$', '\\f'])
VALUES = st.one_of(
    st.none(), st.booleans(), st.integers(-2**40, 2**40),
    st.floats(allow_nan=False), st.text(
        st.characters(exclude_characters='\r', exclude_categories=['Cs'])
    ).filter(lambda text: all(ord(each) > 31 or each in '\t\n'
                              for each in text)
             and not {'\ufffe', '\uffff'} & set(text)))


class PropertyTests(RowsTestCase):
    """Any rows, cut anywhere."""

    @settings(derandomize=True, deadline=None, max_examples=200)
    @given(st.lists(st.tuples(NAMES, st.lists(VALUES, min_size=1, max_size=3)),
                    min_size=1, max_size=6),
           st.lists(st.dictionaries(NAMES, VALUES), max_size=3),
           st.integers(1, 300), st.randoms(use_true_random=False))
    def test_any(self, columns: Any, others: Any, size: int, random: Any
                 ) -> None:
        """They are the same as by expat."""
        rows: List[Any] = [{name: random.choice(values)
                            for name, values in columns} for _ in range(30)]
        for other in others:
            rows.insert(random.randrange(len(rows)), other)
        data = encode_answer(rows)
        self.check(data, size)
        cut = random.randrange(len(data))
        self.assertRaises(AnswerError, self.fed, data.rstrip()[:cut], size)

    def fed(self, data: bytes, size: int) -> None:
        decoder = Decoder()
        for start in range(0, len(data), size):
            decoder.feed(data[start:start + size])
        decoder.close()
