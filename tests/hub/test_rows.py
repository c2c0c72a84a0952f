"""Long lists that are read by rows, compared with tokens and expat."""
from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

from hypothesis import given, settings, strategies as st
from munch import Munch
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import recordings
from txkoji import Connection, Profile
from txkoji.build import Build
from txkoji.exceptions import AnswerError, KojiException
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import ExpatDecoder
from txkoji.hub.codec.rows import (
    ALLOWANCE,
    LEARN_AFTER,
    MAX_EXPRESSIONS,
    MAX_MEMBERS,
    MAX_NAMES,
)
from txkoji.hub.codec.xmlrpc import encode_answer, encode_fault
from txkoji.results import row_maker

ROW_END = b'</struct></value>\n'

#: A row with a member of each type.
ROW = {'id': 5, 'name': 'bash', 'size': 2**40, 'epoch': None, 'ts': 1.5,
       'draft': False}


def result(decoder: Any, feeds: Iterable[Any]) -> str:
    """
    Feed a decoder and close it.

    :returns: a text with the value, the fault, or the reason of a refusal.
    """
    try:
        for _ in feeds:
            pass
        return repr(decoder.close())
    except AnswerError as error:
        return f'refused: {error}'
    except KojiException as fault:
        return f'fault {fault.faultCode}: {fault}'


def outcome(decoder: Decoder, data: bytes, cuts: Sequence[int],
            stream: bool = False) -> tuple[str, str]:
    """
    Decode bytes that are cut at some places.

    :param stream: whether to take the items after each piece.
    :returns: the text of `result`, and that of the items that were taken.
    """
    taken: list[Any] = []

    def feeds() -> Iterator[None]:
        for start, end in zip([0, *cuts], [*cuts, len(data)]):
            decoder.feed(data[start:end])
            if stream:
                taken.append(decoder.take())
            yield

    found = result(decoder, feeds())
    if found.startswith('refused'):
        # One may notice that a piece later than the other.
        return found, repr(sum([*taken, decoder.take()], []))
    return found, repr(taken)


def by_expat(data: bytes) -> str:
    """Decode bytes by expat alone, as `result` does."""
    decoder = ExpatDecoder()
    return result(decoder, map(decoder.feed, [data]))


def tokens() -> Decoder:
    """A decoder that never learns rows."""
    return Decoder(learn_after=sys.maxsize)


def pieces(data: bytes, size: int) -> list[int]:
    """The places to cut bytes into pieces of a size."""
    return list(range(size, len(data), size))


def changed(rows: list[Any], number: int, old: str, new: str) -> bytes:
    """An answer of rows, with a text in one of them replaced."""
    data = encode_answer(rows).split(ROW_END)
    assert old.encode() in data[number]
    data[number] = data[number].replace(old.encode(), new.encode(), 1)
    return ROW_END.join(data)


class RowsTestCase(SynchronousTestCase):
    """A comparison of rows, tokens and expat."""

    def check(self, data: bytes, cuts: Sequence[int] = (),
              learn_after: int = 4) -> Decoder:
        """
        Compare the three on bytes that are cut at some places.

        :returns: the decoder that learns rows.
        """
        expected, found = by_expat(data), outcome(tokens(), data, [])[0]
        if expected.startswith('refused: '):
            # Where that is in the text depends on where expat began.
            expected, found = expected[:9], found[:9]
        self.assertEqual(found, expected)
        for stream in (False, True):
            plain, rows = tokens(), Decoder(learn_after=learn_after)
            self.assertEqual(outcome(rows, data, cuts, stream),
                             outcome(plain, data, cuts, stream))
            self.assertEqual(rows.fast, plain.fast)
        return rows

    def check_sizes(self, data: bytes, learn_after: int = 4) -> bool:
        """
        Compare the three on pieces of several sizes.

        :returns: whether rows were learned with one of the sizes.
        """
        return any([self.check(data, pieces(data, size), learn_after).learned
                    for size in (64, 1000, 2500, 8192, 65536)])


class LearnedTests(RowsTestCase):
    """Lists that are read by rows."""

    def test_types(self) -> None:
        """Rows with values of every type, and with nil, are learned."""
        rows: list[Any] = [dict(ROW) for _ in range(60)]
        for number, name in enumerate(ROW):
            rows[number][name] = None
            rows[number + 30][name] = None
        rows[50].update(name='', id=-2**31, size=-2**63, ts=-1e-300,
                        draft=True)
        self.assertTrue(self.check_sizes(encode_answer(rows), 20))

    def test_texts(self) -> None:
        """Rows with any characters that the hub writes are learned."""
        for text in ['', ' ', '\t\n', 'a & b <c@d> &amp; &lt;', '\xe9 \u4e2d',
                     '\U0001f600', '\x7f\x85\xa0\u2028', '\ufffd\ue000']:
            rows = [{**ROW, 'name': text, 'other': f'{text}{number}{text}'}
                    for number in range(40)]
            self.assertTrue(self.check_sizes(encode_answer(rows)), repr(text))

    def test_names(self) -> None:
        """Names with special characters of regular expressions are learned."""
        for name in ['.*', '(', '[a', 'a b', '\\d', '(?P=next)', '\u4e2d',
                     '{0}', '%s', '\n', '|', "'"]:
            rows = [{name: number, 'b': 'x'} for number in range(40)]
            self.assertTrue(self.check_sizes(encode_answer(rows)), name)
        self.assertTrue(self.check_sizes(encode_answer([{'a': 1}] * 60)))

    def test_nothing_but_nil(self) -> None:
        """Rows of nothing but nil are learned."""
        for row in ({'a': None}, {'a': None, 'b': None}):
            self.assertTrue(self.check_sizes(encode_answer([row] * 80)))

    def test_rich(self) -> None:
        """`row` makes the rows that are read as a whole, too."""
        koji = Connection(Profile('test', server='http://localhost/'))
        data = recordings()['listTagged.big'].response
        decoder = Decoder(row_maker('listTagged', koji))
        for start in range(0, len(data), 65536):
            decoder.feed(data[start:start + 65536])
        self.assertTrue(decoder.learned)
        builds = decoder.close()
        self.assertEqual({type(build) for build in builds}, {Build})
        self.assertTrue(all(build.connection is koji for build in builds))
        self.assertEqual(builds, recordings()['listTagged.big'].answer)
        self.assertEqual([type(value) for value in builds[-1].values()],
                         [type(value) for value in builds[0].values()])
        # Each name is kept once.
        self.assertEqual({id(name) for build in builds for name in build},
                         {id(name) for name in builds[0]})

    def test_munch(self) -> None:
        """Rows are Munch, unless `row` makes them."""
        data = encode_answer([ROW] * 60)
        decoder = Decoder(learn_after=4)
        decoder.feed(data[:5000])
        decoder.feed(data[5000:])
        self.assertTrue(decoder.learned)
        self.assertEqual({type(row) for row in decoder.close()}, {Munch})

    def test_every_cut(self) -> None:
        """An answer that is cut at any byte gives the same."""
        rows = [{'id': number, 'name': '\u4e2d&\U0001f600' * (number % 3),
                 'epoch': None} for number in range(40)]
        data = encode_answer([*rows, {'id': [1], 'name': 'x', 'epoch': None},
                              *rows[:3], 5, *rows[:2]])
        expected = outcome(tokens(), data, [])
        learned = 0
        for cut in range(len(data)):
            decoder = Decoder(learn_after=4)
            self.assertEqual(outcome(decoder, data, [cut]), expected)
            learned += decoder.learned
        self.assertGreater(learned, len(data) * 2 // 3)

    def test_two_cuts(self) -> None:
        """A row that arrives in three pieces is read, wherever it is cut."""
        data = encode_answer([ROW] * 30)
        size = len(data) // 30
        expected = outcome(tokens(), data, [])
        for first in range(14 * size, 15 * size, 7):
            for second in range(first, first + 2 * size, 5):
                self.assertEqual(outcome(
                    Decoder(learn_after=4), data, [first, second]), expected)

    def test_long_row(self) -> None:
        """A row that is longer than the limit of a token is read."""
        row = {'a': 'x', 'b': 'y', 'c': None}
        long = {'a': 'x' * 40000, 'b': 'y' * 40000, 'c': None}
        data = encode_answer([row] * 60 + [long] + [row] * 60)
        for size in (5000, 20000, 30000):
            self.assertTrue(self.check(data, pieces(data, size)).fast)

    def test_recordings(self) -> None:
        """Every recorded answer gives the same, and long lists are learned."""
        learned = set()
        for name, recording in recordings().items():
            data = recording.response
            sizes = [1, 61, 1000, 4096] if len(data) < 4000 else [
                4096, 16384, 65536] if len(data) > 100000 else [999, 4096]
            for size in sizes:
                if self.check(data, pieces(data, size), learn_after=2).learned:
                    learned.add(name)
        self.assertLessEqual({'listTagged.big', 'listPackages.tag',
                              'listBuildRPMs', 'listTags'}, learned)

    def test_recordings_to_bytes(self) -> None:
        """A recorded list that arrives byte by byte gives the same."""
        data = recordings()['listTagged.small-latest'].response
        self.check(data, pieces(data, 1))
        self.check(data, [len(data) // 2, *range(len(data) // 2 + 8000,
                                                 len(data))])


class UnlikeTests(RowsTestCase):
    """Rows that are left to the tokens, or to expat."""

    def test_forms(self) -> None:
        """An unusual form of a value gives the same."""
        rows = [ROW] * 60
        for kind, old, forms in [
                ('int', '5', ['007', ' 5', '5 ', '1_000', '\u0663', '-0', '+5',
                              '', '-', '5\x1f', '\n5', '2147483648', '9' * 30,
                              '9' * 5000, '0x5', '5.0', '&amp;', 'x']),
                ('i8', str(2**40), ['5', '007', ' 5', '-0', '\u0663', '',
                                    '9' * 30, '9' * 5000, '1_0']),
                ('double', '1.5', ['nan', 'inf', '-inf', 'NaN', '1', '-0',
                                   '1e5', '1E5', '+1.5', ' 1.5', '1_0.5', '',
                                   '.', '1e', '--1', '\u0663.5', '1.5\x1f',
                                   '1e400', '1..5', '1.5\n']),
                ('boolean', '0', ['1', '2', '', ' 1', '-0', '01', 'true',
                                  'False', '\u0661']),
                ('string', 'bash', ['', '&amp;', '&quot;', '&#65;', '&no;',
                                    '&', 'a>b', ']]>', '\x01', '\x1f', '\r',
                                    '\ufffe', '\uffff', '\x00', '\n', '\x7f',
                                    '<![CDATA[x]]>', '<!-- x -->', '&amp',
                                    'x' * 70000])]:
            for form in forms:
                for number in (31, 58):
                    data = changed(rows, number, f'<{kind}>{old}<',
                                   f'<{kind}>{form}<')
                    size = len(data) // 2 + number
                    self.check(data, pieces(data, size))
                    self.check(data, pieces(data, 3000))
                    # In a row that is open when rows are learned.
                    begin = len(ROW_END.join(data.split(ROW_END)[:number]))
                    self.check(data, [begin + 60])

    def test_other_layouts(self) -> None:
        """A row in another layout gives the same."""
        for old, new in [
                ('<string>bash</string>', '<i4>5</i4>'),
                ('<string>bash</string>', 'bash'),
                ('<string>bash</string>', '<base64>eA==</base64>'),
                ('<string>bash</string>', '<string/>'),
                ('<string>bash</string>', '<string>bash</int>'),
                ('<int>5</int>', '<i8>5</i8>'), ('<int>', '<i8>'),
                ('<int>5</int>', '<string>5</string>'),
                ('<int>5</int>', '<double>5</double>'),
                ('<int>5</int>', '<boolean>1</boolean>'),
                ('<int>5</int>', '<nil/>'), ('<nil/>', '<int>5</int>'),
                ('<nil/></value>', '<nil/></value>\n'),
                ('<nil/>', '<nil></nil>'), ('<nil/>', ''),
                ('<name>epoch</name>', '<name>Epoch</name>'),
                ('<name>epoch</name>', '<name>id</name>'),
                ('<name>epoch</name>', '<name></name>'),
                ('<name>epoch</name>', '<name>&amp;</name>'),
                ('<name>epoch</name>\n', ''), ('</member>\n', ''),
                ('</member>\n<member>', '</member><member>'),
                ('<member>', '<member >'), ('<struct>\n', '<struct>'),
                ('<struct>\n', '<struct>\n\n'), ('<value>', '<value> '),
                ('<struct>\n', '<struct>\n<member>\n<name>a</name>\n<value>'
                               '<struct>\n</struct></value>\n</member>\n'),
                ('<struct>\n', '<array><data>\n'),
                ('<value><struct>\n', '<value><int>5</int></value>\n'
                                      '<value><struct>\n'),
                ('<value><struct>\n', '<value><nil/></value>'
                                      '<value><struct>\n'),
                ('<value><struct>\n', '<value><struct>\n</struct></value>\n'
                                      '<value><struct>\n'),
                ('<value><struct>\n', '</data></array></value>\n'
                                      '<value><struct>\n'),
                ('<value><struct>\n', '</data></array></value>\n'
                                      '<value><array><data>\n'
                                      '<value><struct>\n'),
                ('<value><struct>\n', '</struct></value>\n<value><struct>\n'),
                ('<value><struct>\n', 'junk<value><struct>\n'),
                ('<value><struct>\n', '<!-- x --><value><struct>\n')]:
            for number in (31, 58):
                data = changed([ROW] * 60, number, old, new)
                for size in (len(data) // 2 + number, 3000, 5000):
                    self.check(data, pieces(data, size))

    def test_expat_goes_on(self) -> None:
        """Expat reads on from a row that only expat reads."""
        for number in (31, 58):
            data = changed([{**ROW, 'id': '|', 'name': '|'}] * 60, number,
                           '<string>|</string>', '<int>7</int>')
            data = data.replace(b'<int>7', b'<int>007', 1)
            at = data.index(b'007')
            data = data[:at] + data[at:].replace(b'|', b'&quot;', 1)
            self.assertIn("""'name': '"'""", by_expat(data))
            for size in (len(data) // 3, len(data) // 2, 3000):
                decoder = self.check(data, pieces(data, size))
                self.assertFalse(decoder.fast)

    def test_nested(self) -> None:
        """After a row with a list or a struct, rows are matched again."""
        for value in ([], [1], {}, {'a': {'b': [ROW] * 20}}, [ROW] * 40):
            rows = [ROW] * 50 + [{**ROW, 'epoch': value}] + [ROW] * 50
            self.assertTrue(self.check_sizes(encode_answer(rows)))
            self.assertTrue(self.check_sizes(encode_answer([*rows, value,
                                                            *rows])))

    def test_truncated(self) -> None:
        """A truncated answer is refused with the same text."""
        data = encode_answer([ROW] * 20)
        for end in range(len(data) - 1000, len(data)):
            self.check(data[:end], [len(data) // 3])
        for junk in (b'x', ROW_END, data):
            self.check(data + junk, [len(data) // 3])

    def test_bytes(self) -> None:
        """Bytes that are not UTF-8 are refused in any row."""
        data = encode_answer([ROW] * 60)
        for place in (len(data) // 2, len(data) - 2000):
            at = data.index(b'bash', place)
            for bad in (b'\xff', b'\xed\xa0\x80', b'\xc3', b'\xe4\xb8'):
                for size in (len(data) // 3, 3000, len(data)):
                    self.check(data[:at] + bad + data[at:],
                               pieces(data, size))

    def test_two_values(self) -> None:
        """A second value after a list of rows is refused."""
        data = encode_answer([ROW] * 40)
        rows = data[data.index(b'<value><struct>'):data.rindex(b'</data>')]
        end = b'</param>\n'
        for second in (rows, b'<value><struct>\n' + rows + ROW_END,
                       b'<value><array><data>\n' + rows
                       + b'</data></array></value>\n'):
            self.check_sizes(data.replace(end, second + end))

    def test_faults(self) -> None:
        """A fault that is a list of rows is refused."""
        data = encode_answer([ROW] * 40)
        fault = encode_fault(1000, 'x')
        self.check_sizes(
            fault[:fault.index(b'<value>')]
            + data[data.index(b'<value>'):data.index(b'</param>')]
            + fault[fault.index(b'</fault>'):])


class LearningTests(RowsTestCase):
    """The conditions under which rows are learned."""

    def learns(self, rows: list[Any], size: int = 65536,
               learn_after: int | None = None) -> bool:
        """
        Compare with tokens.

        :returns: whether the rows of a list are read as a whole at its end.
        """
        data = encode_answer(rows)
        decoder = Decoder(learn_after=learn_after or LEARN_AFTER)
        expected = outcome(tokens(), data, pieces(data, size))
        self.assertEqual(outcome(decoder, data, pieces(data, size)), expected)
        return decoder.learned

    def test_long(self) -> None:
        """Rows of long lists are learned, those of short lists are not."""
        row = {**ROW, 'text': 'x' * 500}
        self.assertTrue(self.learns([row] * (LEARN_AFTER + 300)))
        self.assertFalse(self.learns([row] * LEARN_AFTER))
        self.assertFalse(self.learns([row] * LEARN_AFTER, 1000))
        # Of what came as a whole nothing is left to be read.
        self.assertFalse(self.learns([row] * LEARN_AFTER * 2, sys.maxsize))
        # A few rows in a piece are read as fast by tokens.
        self.assertEqual(self.learns([row] * LEARN_AFTER * 2, 1500), True)

    def test_taken(self) -> None:
        """Taking items does not change when rows are learned."""
        data = encode_answer([ROW] * 2000)
        learned: list[list[bool]] = [[], []]
        for stream in (False, True):
            decoder = Decoder()
            for start in range(0, len(data), 8192):
                decoder.feed(data[start:start + 8192])
                if stream:
                    decoder.take()
                learned[stream].append(decoder.learned)
        self.assertEqual(learned[0], learned[1])
        rows_a_piece = 2000 / len(learned[0])
        self.assertEqual(learned[0].index(True),
                         int(LEARN_AFTER / rows_a_piece))

    def test_other_lists(self) -> None:
        """Lists of other items, or with too wide rows, are not learned."""
        count = LEARN_AFTER * 2
        for item in (5, 'x' * 200, [ROW], {}, {'a': ROW}, {'a': [1]},
                     {**ROW, 'a': []},
                     {f'm{number}': 1 for number in range(MAX_MEMBERS + 1)},
                     {'x' * (MAX_NAMES + 1): 1}):
            self.assertFalse(self.learns([item] * count), str(item)[:60])
        self.assertTrue(self.learns(
            [{f'm{number}': 1 for number in range(MAX_MEMBERS)}] * count))
        self.assertTrue(self.learns([{'x' * MAX_NAMES: 1}] * count))
        self.assertFalse(self.learns([{'a': 1}, {'b': 1}] * count))
        self.assertFalse(self.learns([{'a': 1, 'b': 2}, {'b': 1, 'a': 2}]
                                     * count))

    def test_odd_sample(self) -> None:
        """Rows are not learned from a sample with another order of members."""
        odd = dict(reversed(ROW.items()))
        self.assertFalse(self.learns([ROW] * 20 + [odd] + [ROW] * 60, 3000,
                                     learn_after=30))
        self.assertTrue(self.learns([ROW] * 40 + [odd] + [ROW] * 60, 3000,
                                    learn_after=30))

    def test_unreadable(self) -> None:
        """Rows are no longer matched after a value that only expat reads."""
        for text in ('a>b', '&quot;'):
            data = changed([ROW] * 60, 40, 'bash', text)
            self.assertFalse(self.check(data, pieces(data, 3000)).learned)

    def test_a_few_unlike(self) -> None:
        """A few rows of another layout do not end the matching."""
        other = {'id': 'x'}
        for rows in ([ROW] * 20 + [other] * ALLOWANCE + [ROW] * 20,
                     ([ROW] * 40 + [other]) * 20):
            self.assertTrue(self.learns(rows, 2000, learn_after=8))

    def test_many_unlike(self) -> None:
        """Many rows of another layout end the matching."""
        other = {'id': 'x'}
        for rows in ([ROW] * 20 + [other] * (ALLOWANCE + 1) + [ROW] * 20,
                     [ROW] * 2000 + [other] * (ALLOWANCE + 1) + [ROW] * 20,
                     [ROW] * 20 + ([ROW] * 10 + [other]) * 40):
            self.assertFalse(self.learns(rows, 2000, learn_after=8))

    def test_new_types(self) -> None:
        """A new type, or a first nil, of a member is learned later."""
        nil = dict.fromkeys(ROW)
        for first, then in ((ROW, nil), (nil, ROW)):
            rows = [first] * 100 + [then] * 300
            self.assertTrue(self.learns(rows, 3000, learn_after=8))

    def test_often(self) -> None:
        """The number of expressions for one answer is limited."""
        rows: list[Any] = []
        row: Any = dict.fromkeys(ROW)
        for name, value in ROW.items():
            rows += [dict(row)] * 50
            row[name] = value
        self.assertGreater(len(ROW), MAX_EXPRESSIONS)
        self.assertFalse(self.learns([*rows, *[row] * 100], 3000, 8))

    def test_another_type(self) -> None:
        """The first type of a member is the one that is learned."""
        rows = [ROW] * 50 + ([{**ROW, 'id': 2**40}] + [ROW] * 50) * 5
        self.assertTrue(self.learns(rows, 3000, learn_after=8))
        self.assertFalse(self.learns(rows + [{**ROW, 'id': 2**40}] * 50, 3000,
                                     learn_after=8))


#: Members' names; the type and the usual texts of values; and odd ones.
NAMES = st.sampled_from(['id', 'name', 'a.b', '(x)', '\u4e2d', 'epoch', 'ts'])
KINDS = {
    'int': ['5', '-1', '0', '2147483647'],
    'i8': ['1099511627776', '-9223372036854775808'],
    'double': ['1.5', '-0.0', '1e-05', '1763041527.46966'],
    'boolean': ['0', '1'],
    'string': ['', 'bash', 'a &amp; b', '&lt;x@y&gt;', '\xe9\u4e2d\U0001f600',
               'two\nlines', 'x' * 300]}
ODD = ['007', ' 5', '1_000', '\u0663', '-0', '+1', 'nan', 'inf', '1E5', '2',
       '', 'x', '&quot;', '&#65;', '&', 'a>b', ']]>', '\x01', '\r', '\ufffe',
       '9' * 5000, '\x7f\xa0', '\ud7ff', '5\x1f', 'true']


def member(name: str, kind: str, text: str) -> str:
    """A member in the hub's layout."""
    value = f'<{kind}>{text}</{kind}></value>\n'
    if kind == 'nil':
        value = '<nil/></value>'
    elif kind in ('struct', 'array'):
        inner = '<array><data>\n' if kind == 'array' else '<struct>\n'
        ends = '</data></array>' if kind == 'array' else '</struct>'
        value = f'{inner}{ends}</value>\n'
    return f'<member>\n<name>{name}</name>\n<value>{value}</member>\n'


@st.composite
def lists(draw: Callable[..., Any]) -> tuple[bytes, list[int]]:
    """A list of rows, some of another layout, and the places to cut it."""
    names = draw(st.lists(NAMES, min_size=1, max_size=5, unique=True))
    kinds = [draw(st.sampled_from([*KINDS, 'nil'])) for _ in names]
    nullable = [draw(st.booleans()) for _ in names]
    count = draw(st.integers(20, 60))
    unlike = draw(st.dictionaries(
        st.integers(4, count - 1), st.sampled_from([
            'form', 'type', 'nil', 'order', 'less', 'more', 'nested', 'bytes',
            'item', 'junk']), max_size=3))
    rows = []
    for number in range(count):
        members = []
        for name, kind, may in zip(names, kinds, nullable):
            if kind == 'nil' or may and (number + len(name)) % 4 == 0:
                members.append([name, 'nil', ''])
            else:
                texts = KINDS[kind]
                members.append([name, kind, texts[number % len(texts)]])
        change = unlike.get(number)
        which = draw(st.integers(0, len(names) - 1)) if change else 0
        if change == 'form':
            members[which][2] = draw(st.sampled_from(ODD))
        elif change == 'type':
            members[which][1] = draw(st.sampled_from([*KINDS, 'i4', 'base64']))
        elif change in ('nil', 'nested'):
            members[which][1] = 'nil' if change == 'nil' else draw(
                st.sampled_from(['struct', 'array']))
        elif change == 'order':
            members.reverse()
        elif change == 'less':
            del members[which]
        elif change == 'more':
            members.insert(which, ['more', 'int', '1'])
        row = ''.join(member(*each) for each in members)
        row = f'<value><struct>\n{row}</struct></value>\n'
        if change == 'item':
            row += draw(st.sampled_from(['<value><int>1</int></value>\n',
                                         '<value><nil/></value>', '\n', 'x']))
        data = row.encode()
        if change in ('bytes', 'junk'):
            place = draw(st.integers(0, len(data)))
            data = data[:place] + draw(st.sampled_from(
                [b'\xff', b'\xe4\xb8', b'<', b'</value>\n', b'']
            )) + data[place + (change == 'junk') * 9:]
        rows.append(data)
    head, _, tail = encode_answer(['|']).partition(
        b'<value><string>|</string></value>\n')
    data = head + b''.join(rows) + tail
    if draw(st.integers(0, 3)) == 0:
        data = data[:draw(st.integers(len(data) // 2, len(data)))]
    cuts = draw(st.one_of(
        st.lists(st.integers(0, len(data)), max_size=6).map(sorted),
        st.sampled_from([64, 700, 1500, 4096]).map(
            lambda size: pieces(data, size))))
    return data, cuts


class PropertyTests(RowsTestCase):
    """Any list of rows, cut anywhere."""

    @settings(derandomize=True, deadline=None, max_examples=600)
    @given(lists())
    def test_alike(self, case: tuple[bytes, list[int]]) -> None:
        """Rows, tokens and expat give the same."""
        self.check(*case, learn_after=3)
