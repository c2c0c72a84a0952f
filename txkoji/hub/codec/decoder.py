"""
The layout that Koji's hub writes, decoded by one regular expression.

The hub writes each element in one way only, down to the line ends, so that an
expression can take whole members at once, and whole rows of long lists
(`txkoji.hub.codec.rows`). Of 7 MB of builds that reads more than eleven times
as fast as Python's library. Whatever does not fit is handed over to expat
(`txkoji.hub.codec.expat`), together with the arrays and structs that are open
at that point, so that nothing that was read is read again, or kept for it.
"""
from __future__ import annotations

import codecs
import operator
import re
from collections.abc import Callable
from functools import partial
from typing import Any

from munch import Munch

from txkoji.hub.codec.expat import (
    MAX_DEPTH,
    ExpatDecoder,
    too_deep,
    value_or_fault,
)
from txkoji.hub.codec.rows import (
    BOOLEANS,
    CONTROL,
    LEARN_AFTER,
    ROW_BEGIN,
    ROW_END,
    RowReader,
    unescape,
)

#: One of: a value, with a member around it or not; the beginning of an array
#: or a struct, likewise; the end of one of these three; all that is left.
_TOKEN = re.compile(
    rf'(?:<member>\n<name>([^<>&{CONTROL}]+)</name>\n)?<value><(?:'
    rf'(?:(string|int|i8|boolean|double)>([^<>{CONTROL}]*)</\2></value>\n'
    r'|nil/></value>)(?(1)</member>\n)'
    r'|(struct>|array><data>)\n)'
    r'|(</struct></value>\n|</data></array></value>\n|</member>\n)'
    r'|([\s\S]+)')

_XML = "<?xml version='1.0'?>\n<methodResponse>\n"
_VALUE = (_XML + '<params>\n<param>\n',
          '</param>\n</params>\n</methodResponse>\n')
_FAULT = (_XML + '<fault>\n', '</fault>\n</methodResponse>\n')

#: What does not become a token within so many characters is for expat.
MAX_REST = 65536


class _UnexpectedToken(Exception):
    """A token that does not belong there."""


class Decoder:
    """
    Decode one answer of a hub while its bytes arrive.

    :param row: makes the structs that are the value itself, or the items of a
                list that is; None for Munch, as all others are.
    :param learn_after: how many rows of a list are read by tokens before
                        they are read as a whole.

    :ivar fast: whether expat was not needed so far.
    :ivar learned: whether rows are read as a whole by now.
    """

    def __init__(self, row: Callable[[], Any] | None = None, *,
                 learn_after: int = LEARN_AFTER) -> None:
        self._row = row
        self._learn_after = learn_after
        self._expat: ExpatDecoder | None = None
        self._utf8 = codecs.getincrementaldecoder('utf-8')()
        self._rest = ''
        self._ends: tuple[str, str] | None = None
        # The list of the values, and each open array and struct; the names
        # of those that are in a struct; and what a struct gets at the end of
        # the member.
        self._open: list[Any] = [[]]
        self._names: list[str] = []
        self._member: Any = None
        # Each name once, however often it comes.
        self._known: dict[str, str] = {}
        self._rows: RowReader | None = None
        self._observed = 0

    @property
    def fast(self) -> bool:
        return self._expat is None

    @property
    def learned(self) -> bool:
        return self._rows is not None and self._rows.active

    def feed(self, data: bytes) -> None:
        """
        Take the next bytes.

        :raises AnswerError: as soon as it cannot become a good answer.
        """
        if self._expat is not None:
            self._expat.feed(data)
            return
        waiting = self._utf8.getstate()[0]
        try:
            text = self._rest + self._utf8.decode(data)
        except UnicodeDecodeError:
            self._utf8.reset()
            self._read_kept()
            self._hand_over(self._rest, waiting + data)
            return
        if self._ends is None:
            for ends in (_VALUE, _FAULT):
                if text.startswith(ends[0]):
                    self._ends = ends
                    text = text[len(ends[0]):]
        if self._ends is None:
            self._rest = text
            if not (_VALUE[0].startswith(text) or _FAULT[0].startswith(text)):
                self._hand_over(text)
            return
        rows = self._rows
        if rows is not None and len(text) > rows.least:
            self._read_rows(text, rows)
        else:
            self._read_tokens(text)
        if len(self._open) > 1 and (rows is None or rows.learning):
            self._observe()
        if len(self._rest) > MAX_REST:
            self._hand_over(self._rest)

    def take(self) -> list[Any]:
        """
        Get the items that are whole by now, of a value that is a list. They
        are gone here, and from what `close` gives.
        """
        if self._expat is None:
            values, fault = self._open, self._ends is _FAULT
        else:
            values, fault = self._expat.containers, self._expat.in_fault
        if fault or len(values) < 2 or type(values[1]) is not list:
            return []
        items = values[1][:]
        values[1].clear()
        self._observed = 0
        return items

    def close(self) -> Any:
        """
        Say that there are no more bytes, and get the value.

        :raises KojiException: if it is a fault; the class depends on its
                               code.
        :raises AnswerError: if it is not a whole answer.
        """
        self._read_kept()
        if self._expat is None and not (
                self._ends is not None and self._rest == self._ends[1]
                and len(self._open) == 1 and len(self._open[0]) == 1
                and not self._utf8.getstate()[0]):
            self._hand_over(self._rest)
        if self._expat is not None:
            return self._expat.close()
        return value_or_fault(self._open[0][0], self._ends is _FAULT)

    @property
    def _items(self) -> list[Any]:
        """The value as far as it was read, if it is a list."""
        values = self._open
        return values[1] if len(values) > 1 and type(values[1]) is list else []

    @property
    def _in_items(self) -> bool:
        """Whether an item of that list comes next, or its end."""
        return len(self._open) == 2 and type(self._open[1]) is list

    def _observe(self) -> None:
        """Let rows be learned from the newest items of a list."""
        items = self._items
        if len(items) > self._observed:
            if self._rows is None:
                self._rows = RowReader(
                    self._row or partial(Munch.__new__, Munch),
                    self._learn_after)
            self._rows.observe(items[self._observed:])
            self._observed = len(items)

    def _read_rows(self, text: str, rows: RowReader) -> None:
        """
        Read rows as they were learned; by tokens one that is open already,
        those that are otherwise, and what comes behind the last.
        """
        while rows.active:
            begins = self._in_items
            if begins:
                try:
                    found, text = rows.read(text)
                except ValueError:
                    break
                self._open[1] += found
            end = text.find(ROW_END) + len(ROW_END)
            if end < len(ROW_END):
                if (begins and len(text) <= rows.least
                        and text.startswith(ROW_BEGIN)):
                    self._rest = text
                    return
                break
            before = len(self._items)
            self._read_tokens(text[:end], text[end:])
            if self._expat is not None:
                return
            if begins:
                rows.reject(self._items[before:])
            text = self._rest + text[end:]
            if self._rest or not self._in_items:
                break
        self._read_tokens(text)

    def _read_kept(self) -> None:
        """Read by tokens the row that `_read_rows` kept, if it did."""
        if self._expat is None and len(self._open) > 1:
            self._read_tokens(self._rest)

    def _read_tokens(self, text: str, behind: str = '') -> None:
        """
        Read by tokens.

        :param behind: what comes behind that text, if expat reads on.
        """
        self._rest = ''
        tokens = _TOKEN.findall(text)
        unread = iter(tokens)
        try:
            self._read(unread)
        except (_UnexpectedToken, TypeError, ValueError):
            count = len(tokens) - operator.length_hint(unread) - 1
            self._hand_over(_after(text, count) + behind)

    def _read(self, tokens: Any) -> None:
        """
        Put what tokens say into the open containers.

        A struct takes items by name only and a list does not, so that a
        token that does not belong there is a TypeError.
        """
        known = self._known
        current = self._open[-1]
        if self._member is not None:
            current = None
        for name, kind, text, begin, end, rest in tokens:
            if kind:
                value: Any = text
                if kind == 'string':
                    if '&' in text:
                        value = unescape(text)
                elif kind == 'boolean':
                    value = BOOLEANS.get(text)
                    if value is None:
                        raise _UnexpectedToken
                elif kind == 'double':
                    value = float(text)
                else:
                    value = int(text)
            elif begin or end or rest:
                if rest:
                    self._rest = rest
                elif begin:
                    current = self._begin(current, name, begin)
                else:
                    current = self._end(current, end)
                continue
            else:
                value = None
            if name:
                current[known.setdefault(name, name)] = value
            elif type(current) is list:
                current.append(value)
            else:
                raise _UnexpectedToken

    def _begin(self, current: Any, name: str, kind: str) -> Any:
        """Open an array or a struct; gives it."""
        if (not name) != (type(current) is list) or current is None:
            raise _UnexpectedToken
        depth = len(self._open)
        if depth > MAX_DEPTH:
            raise too_deep()
        new: Any = []
        if kind == 'struct>':
            if self._row is not None and (depth == 1 or (
                    depth == 2 and type(current) is list)):
                new = self._row()
            else:
                new = Munch.__new__(Munch)
        if name:
            self._names.append(name)
        self._open.append(new)
        return new

    def _end(self, current: Any, kind: str) -> Any:
        """Close an array, a struct or a member; gives what is open then."""
        if kind == '</member>\n':
            if self._member is None:
                raise _UnexpectedToken
            self._open[-1][self._names.pop()] = self._member
            self._member = None
            return self._open[-1]
        if current is None or len(self._open) == 1 or (
                (type(current) is list) != (kind[2] == 'd')):
            raise _UnexpectedToken
        done = self._open.pop()
        outer = self._open[-1]
        if type(outer) is list:
            outer.append(done)
            return outer
        self._member = done
        return None

    def _hand_over(self, text: str, more: bytes = b'') -> None:
        """
        Let expat go on from here.

        :param text: what is not read yet.
        :param more: bytes behind it.
        """
        # Of a character that is not whole yet.
        more = self._utf8.getstate()[0] + more
        self._rest = ''
        if self._expat is None:
            self._expat = ExpatDecoder(
                row=self._row) if self._ends is None else ExpatDecoder.resumed(
                    self._ends is _FAULT, self._open, self._names,
                    self._member, row=self._row)
        self._expat.feed(text.encode() + more)


def _after(text: str, count: int) -> str:
    """What is left of a text after so many tokens."""
    for number, token in enumerate(_TOKEN.finditer(text)):
        if number == count:
            return text[token.start():]
    return ''
