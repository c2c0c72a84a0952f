"""
A reader for long lists of flat rows, which matches a whole row at a time.

The hub writes the members of all rows of a list in the same order. A member
has the same type in each row, or is nil. The reader learns this layout from
the first rows. Then one regular expression matches a row, and the values of a
member are converted for many rows together. This takes half the time of
reading the rows by tokens. Rows of another layout are left to the tokens.
"""
from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

#: Characters that XML does not allow, or that a parser changes.
CONTROL = r'\x00-\x08\x0b-\x1f\ufffe\uffff'

#: The values of ``<boolean>``.
BOOLEANS = {'0': False, '1': True}

#: The bytes around a row, as text.
ROW_BEGIN = '<value><struct>\n'
ROW_END = '</struct></value>\n'

#: The rows of a list that are read by tokens first. Compiling the expression
#: takes as long as reading 100 rows by tokens. Python caches the expression,
#: so the next answer of this layout does not compile again.
LEARN_AFTER = 300

#: The last of these rows, from which the layout is learned.
SAMPLE = 40

#: The number of rows that tokens read as fast as the expression.
FEW = 4

#: Matching goes on while at most one row in this number has another layout.
TOLERANCE = 32

#: The most rows of another layout in sequence.
ALLOWANCE = 8

#: The most expressions that are compiled for one answer.
MAX_EXPRESSIONS = 3

#: The most members of a row. Compiling holds the reactor for 50 microseconds
#: a member.
MAX_MEMBERS = 64

#: The most characters of all member names of a row together.
MAX_NAMES = 2048

#: XML-RPC types -> the texts of their values that the expression matches.
#: Tokens read other texts, such as ``inf``.
_FORMS = {'string': '([^<]*)', 'int': '(-?[0-9]+)', 'i8': '(-?[0-9]+)',
          'double': '([-+.0-9e]+)', 'boolean': '([01])'}

_CONVERTERS: dict[str, Callable[[str], Any]] = {
    'int': int, 'i8': int, 'double': float, 'boolean': BOOLEANS.__getitem__}

_TYPES = {str: 'string', float: 'double', bool: 'boolean'}

#: The text between a member's name and its value, and between two members.
#: The expression has each as a group, and refers to this group from then on,
#: because a reference is compiled in less time than the text.
_BETWEEN = {'value': '</name>\n<value><',
            'next': '</member>\n<member>\n<name>'}

_REFUSED = re.compile(f'[>{CONTROL}]')
#: The entities that the hub writes; that of the ampersand comes last.
_ENTITIES = [('&lt;', '<'), ('&gt;', '>'), ('&amp;', '&')]


def unescape(text: str) -> str:
    """
    Replace the entities that the hub writes.

    :raises ValueError: if the text has another entity.
    """
    if text.count('&') != sum(text.count(entity) for entity, _ in _ENTITIES):
        raise ValueError('not an entity that the hub writes')
    for entity, character in _ENTITIES:
        text = text.replace(entity, character)
    return text


class RowReader:
    """
    A reader for the rows of one list.

    :param make: makes an empty row.
    :param learn_after: the number of rows to observe before learning is over.

    :ivar learning: whether `observe` still learns.
    :ivar active: whether the layout is known, so that `read` can be called.
    :ivar min_length: the characters from which on a text is worth a call of
                      `read`: those of a few rows. While the reader is not
                      active, more than any text has.
    """

    def __init__(self, make: Callable[[], Any],
                 learn_after: int = LEARN_AFTER) -> None:
        self.learning: bool = True
        self.active: bool = False
        self.min_length: int = sys.maxsize
        self._make = make
        self._learn_after = learn_after
        self._observed = 0
        self._expressions = 0
        self._allowed = 0.0
        # The members in their order -> the XML-RPC type of their values, or
        # '' while all values are nil.
        self._types: dict[str, str] = {}
        # The members that may be nil.
        self._nullable: set[str] = set()

    def observe(self, rows: Sequence[Any]) -> None:
        """Learn the layout from rows that were read by tokens."""
        self._observed += len(rows)
        if self._observed < self._learn_after - SAMPLE:
            return
        if not self._types and isinstance(rows[-1], dict):
            self._types = dict.fromkeys(rows[-1], '')
        if (not 0 < len(self._types) <= MAX_MEMBERS
                or sum(map(len, self._types)) > MAX_NAMES
                or not self._learn(rows[-SAMPLE:])):
            self.learning = False
        elif self._observed >= self._learn_after:
            self._start(self._write())

    def read(self, text: str) -> tuple[list[Any], str]:
        """
        Read the rows at the start of a text.

        :returns: the rows, and the rest of the text.
        :raises ValueError: if a value cannot be converted. The reader is not
                            active any longer then, since expat will read on.
        """
        if self._expression is None:
            self._compile()
        found = [match.groups() for match in self._expression.finditer(text)]
        rest = found.pop()[-1] if found and found[-1][-1] else ''
        try:
            rows = self._convert(found)
        except ValueError:
            self._stop()
            raise
        self._allowed = min(self._allowed + len(rows) / TOLERANCE, ALLOWANCE)
        return rows, rest

    def reject(self, rows: Sequence[Any]) -> None:
        """
        Learn from a row that `read` could not match.

        If there were too many of these rows, write another expression, or
        stop.

        :param rows: a list of this row.
        """
        self._learn(rows)
        self._allowed -= 1
        if self._allowed < 0:
            pattern = self._write()
            if pattern == self._pattern \
                    or self._expressions == MAX_EXPRESSIONS:
                self._stop()
            else:
                self._start(pattern)

    def _learn(self, rows: Sequence[Any]) -> bool:
        """
        Note the types of the members in some rows.

        :returns: whether the rows have the same members as the rows before,
                  and no list, struct or value of a rare type.
        """
        names = [*self._types]
        return all(isinstance(row, dict) and [*row] == names
                   for row in rows) and all(map(
                       self._note, names, zip(*(map(dict.values, rows)))))

    def _note(self, name: str, values: Sequence[Any]) -> bool:
        """Note the types of a member, and return whether all are common."""
        for value in {type(each): each for each in values}.values():
            kind = _TYPES.get(type(value), '')
            if type(value) is int:
                kind = 'int' if -2**31 <= value < 2**31 else 'i8'
            if value is None:
                self._nullable.add(name)
            elif not kind:
                return False
            else:
                self._types[name] = self._types[name] or kind
        return True

    def _write(self) -> str:
        """Write the pattern for a row; its last group is the unread rest."""
        members = []
        for name, kind in self._types.items():
            forms = []
            if kind:
                forms.append(f'{kind}>{_FORMS[kind]}</{kind}></value>\n')
            if name in self._nullable:
                forms.append('nil/></value>')
            members.append(f'{re.escape(name)}(?P=value)(?:{"|".join(forms)})')
        pattern = '(?P=next)'.join(members)
        for group, text in _BETWEEN.items():
            pattern = pattern.replace(f'(?P={group})',
                                      f'(?P<{group}>{text})', 1)
        return (f'{ROW_BEGIN}<member>\n<name>{pattern}</member>\n{ROW_END}'
                '|(?P<rest>[\\s\\S]+)')

    def _start(self, pattern: str) -> None:
        """Become active, with this pattern."""
        self._pattern = pattern
        self._kinds = [*self._types.values()]
        # `read` compiles the pattern, with the next bytes. Reading these
        # bytes by tokens has held the reactor already.
        self._expression: Any = None
        self._expressions += 1
        # The pattern is about as long as a row.
        self.min_length = FEW * len(pattern)
        self._allowed = ALLOWANCE
        self.learning = False
        self.active = True

    def _compile(self) -> None:
        self._expression = re.compile(self._pattern)
        named = self._expression.groupindex.values()
        self._groups = [number for number in range(self._expression.groups)
                        if number + 1 not in named]

    def _stop(self) -> None:
        self.active = False
        self.min_length = sys.maxsize

    def _convert(self, found: Sequence[tuple[str | None, ...]]
                 ) -> list[Any]:
        """
        Make rows from the matches of the expression.

        :param found: the groups of each match.
        :raises ValueError: if a value cannot be converted.
        """
        texts = [*zip(*found)]
        groups = iter(self._groups)
        columns = [_values(kind, texts[next(groups)]) if kind
                   else repeat(None, len(found))
                   for kind in self._kinds] if found else []
        rows = []
        for values in zip(*columns):
            row = self._make()
            # Munch.update takes three times as long.
            dict.update(row, zip(self._types, values))
            rows.append(row)
        return rows


def _values(kind: str, texts: Sequence[str | None]) -> Iterable[Any]:
    """
    Convert the values of a member in many rows.

    :param kind: the XML-RPC type of the member.
    :param texts: the matched texts; None for nil.
    :raises ValueError: if a text is not a value of this type.
    """
    if kind == 'string':
        return _strings(texts)
    convert: Any = _CONVERTERS[kind]
    if None in texts:
        return [None if text is None else convert(text) for text in texts]
    return list(map(convert, texts))


def _strings(texts: Sequence[str | None]) -> Iterable[str | None]:
    """
    Convert the strings of a member, with one check for all of them.

    :raises ValueError: if a string has a character that is left to expat.
    """
    joined = ''.join(filter(None, texts))
    # Every refused character but ">" is not printable.
    if ('>' in joined or not joined.isprintable()) \
            and _REFUSED.search(joined):
        raise ValueError('a character that is for expat')
    if '&' in joined:
        return [unescape(text) if text and '&' in text else text
                for text in texts]
    return texts
