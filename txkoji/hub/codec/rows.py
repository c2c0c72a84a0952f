"""
Long lists of flat rows, read a whole row at a time.

The hub writes the members of each row of a list in the same order, each of
one type or nil. Once that is learned, one regular expression takes a row, and
the columns of many rows are converted together, in half the time that their
tokens take. Whatever is not as learned is for the tokens.
"""
from __future__ import annotations

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from itertools import repeat
from typing import Any

#: Characters that XML does not have, or not as they are.
CONTROL = '\x00-\x08\x0b-\x1f\ufffe\uffff'

BOOLEANS = {'0': False, '1': True}

ROW_BEGIN = '<value><struct>\n'
ROW_END = '</struct></value>\n'

#: So many rows are read by tokens first, and the last `SAMPLE` of these are
#: learned from. To compile the expression takes as long as the tokens of a
#: hundred rows; Python keeps it for the next answer.
LEARN_AFTER = 300
SAMPLE = 40

#: So few rows are read as fast by tokens.
FEW = 4

#: One row in so many may be unlike the others, and so many in sequence.
TOLERANCE = 32
ALLOWANCE = 8

#: How often an expression is compiled for one answer, and for how many
#: members at most, since each holds the reactor for 50 microseconds.
MAX_EXPRESSIONS = 3
MAX_MEMBERS = 64
MAX_NAMES = 2048

#: How values look. Those that look otherwise, such as ``inf``, are for the
#: tokens.
_FORMS = {'string': '([^<]*)', 'int': '(-?[0-9]+)', 'i8': '(-?[0-9]+)',
          'double': '([-+.0-9e]+)', 'boolean': '([01])'}

_CONVERTERS: dict[str, Callable[[str], Any]] = {
    'int': int, 'i8': int, 'double': float, 'boolean': BOOLEANS.__getitem__}

_TYPES = {str: 'string', float: 'double', bool: 'boolean'}

#: What stands between names and values. A reference to a group is compiled
#: in less time than its text.
_BETWEEN = {'value': '</name>\n<value><',
            'next': '</member>\n<member>\n<name>'}

_REFUSED = re.compile(f'[>{CONTROL}]')
_ENTITY = re.compile('&(?:(amp|lt|gt);)?')
_CHARACTERS = {'amp': '&', 'lt': '<', 'gt': '>'}


def unescape(text: str) -> str:
    """
    Replace the entities that the hub writes.

    :raises ValueError: if there are others.
    """
    return _ENTITY.sub(_character, text)


def _character(entity: re.Match[str]) -> str:
    if entity[1] is None:
        raise ValueError('not an entity that the hub writes')
    return _CHARACTERS[entity[1]]


class RowReader:
    """
    Read the rows of one list.

    :param make: makes an empty row.
    :param learn_after: how many rows `observe` gets before that.

    :ivar learning: whether it wants to observe rows.
    :ivar active: whether they are learned, so that `read` reads them.
    :ivar least: how long a text with more than a few rows is; as long as it
                 is not active, longer than any.
    """

    def __init__(self, make: Callable[[], Any],
                 learn_after: int = LEARN_AFTER) -> None:
        self.learning = True
        self.active = False
        self.least = sys.maxsize
        self._make = make
        self._learn_after = learn_after
        self._observed = 0
        self._expressions = 0
        self._allowed = 0.0
        # Of each member in its order: the XML-RPC type of its values, or ''
        # while all are nil; and those that may be nil.
        self._types: dict[str, str] = {}
        self._nullable: set[str] = set()

    def observe(self, rows: Sequence[Any]) -> None:
        """Learn from rows that were read by tokens."""
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
        Read the rows at the beginning of a text.

        :returns: these, and the rest of the text.
        :raises ValueError: if one of these has a value that is none; it is no
                            longer active then, since expat will read on.
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
        Learn from a row that `read` did not read. If there are too many, go
        on with another expression, or not at all.

        :param rows: this one.
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
        Note the types in some rows.

        :returns: whether they have the members that the others had, and no
                  list, struct or value of a rare type.
        """
        names = [*self._types]
        return all(isinstance(row, dict) and [*row] == names
                   for row in rows) and all(map(
                       self._note, names, zip(*(map(dict.values, rows)))))

    def _note(self, name: str, values: Sequence[Any]) -> bool:
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
        """
        Write what matches a row or, as its last group, all that is left.
        """
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
        self._pattern = pattern
        self._kinds = [*self._types.values()]
        # The time for that is the next piece's: this one had its tokens.
        self._expression: Any = None
        self._expressions += 1
        # It is about as long as a row.
        self.least = FEW * len(pattern)
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
        self.least = sys.maxsize

    def _convert(self, found: Sequence[tuple[str | None, ...]]
                 ) -> list[Any]:
        """
        Make rows of what the expression found in each.

        :raises ValueError: if there is a value that is none.
        """
        texts = [*zip(*found)]
        groups = iter(self._groups)
        columns = [_values(kind, texts[next(groups)]) if kind
                   else repeat(None, len(found))
                   for kind in self._kinds] if found else []
        rows = []
        for values in zip(*columns):
            row = self._make()
            # Munch's own update takes three times as long.
            dict.update(row, zip(self._types, values))
            rows.append(row)
        return rows


def _values(kind: str, texts: Sequence[str | None]) -> Iterable[Any]:
    """
    Convert what was found of a member in many rows; None is nil.

    :raises ValueError: if one of these is not a value of this type.
    """
    if kind == 'string':
        return _strings(texts)
    convert: Any = _CONVERTERS[kind]
    if None in texts:
        return [None if text is None else convert(text) for text in texts]
    return list(map(convert, texts))


def _strings(texts: Sequence[str | None]) -> Iterable[str | None]:
    together = ''.join(filter(None, texts))
    # All of the refused characters but one are not printable.
    if ('>' in together or not together.isprintable()) \
            and _REFUSED.search(together):
        raise ValueError('a character that is for expat')
    if '&' in together:
        return [unescape(text) if text and '&' in text else text
                for text in texts]
    return texts
