"""
A decoder for the layout of Koji's hub, built on one regular expression.

The hub writes each element in one way only, down to the line ends. So one
expression can match a whole member, and another one a whole row of a long list
(`txkoji.hub.codec.rows`). Decoding 7 MB of builds takes less than an eleventh
of the time of Python's library.

If the bytes leave this layout, expat (`txkoji.hub.codec.expat`) reads on. The
decoder hands over its open arrays and structs, so that no byte is read twice.
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
    nesting_error,
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

#: A token: a value, alone or in a member; the start of an array or a struct,
#: alone or in a member; the end of an array, a struct or a member; or all of
#: the text that is left, if it does not start with a whole token.
_TOKEN = re.compile(
    rf'(?:<member>\n<name>([^<>&{CONTROL}]+)</name>\n)?<value><(?:'
    rf'(?:(string|int|i8|boolean|double)>([^<>{CONTROL}]*)</\2></value>\n'
    r'|nil/></value>)(?(1)</member>\n)'
    r'|(struct>|array><data>)\n)'
    r'|(</struct></value>\n|</data></array></value>\n|</member>\n)'
    r'|([\s\S]+)')

_PROLOG = "<?xml version='1.0'?>\n<methodResponse>\n"

#: The text before and after the value: of an answer, and of a fault.
_ANSWER = (_PROLOG + '<params>\n<param>\n',
           '</param>\n</params>\n</methodResponse>\n')
_FAULT = (_PROLOG + '<fault>\n', '</fault>\n</methodResponse>\n')

#: The most characters that may be unread because their token is not whole
#: yet. If there are more, expat reads on.
MAX_REST = 65536


class _UnexpectedToken(Exception):
    """A token that is not allowed at its place."""


class Decoder:
    """
    A decoder for one answer of a hub, fed while the bytes arrive.

    :param row: makes an empty dictionary for a struct that is the value
                itself, or an item of a list that is the value. None means
                Munch. Structs that are nested deeper are always Munch.
    :param learn_after: the number of rows of a list that are read by tokens,
                        before rows are matched as a whole.
    """

    def __init__(self, row: Callable[[], Any] | None = None, *,
                 learn_after: int = LEARN_AFTER) -> None:
        self._row = row
        self._learn_after = learn_after
        self._expat: ExpatDecoder | None = None
        self._utf8 = codecs.getincrementaldecoder('utf-8')()
        self._unread = ''
        self._envelope: tuple[str, str] | None = None
        # The list of the answer's values, and each open array and struct;
        # the names of the open members; and the finished container in a
        # member that is not closed yet.
        self._containers: list[Any] = [[]]
        self._names: list[str] = []
        self._member_value: Any = None
        # One string object for each member name, however often it comes.
        self._interned: dict[str, str] = {}
        self._rows: RowReader | None = None
        self._observed = 0

    @property
    def fast(self) -> bool:
        """Whether the answer was read without expat so far."""
        return self._expat is None

    @property
    def learned(self) -> bool:
        """Whether the rows of a list are matched as a whole now."""
        return self._rows is not None and self._rows.active

    def feed(self, data: bytes) -> None:
        """
        Decode the next bytes.

        :raises AnswerError: as soon as the bytes cannot be an answer.
        """
        if self._expat is not None:
            self._expat.feed(data)
            return
        partial_character = self._utf8.getstate()[0]
        try:
            text = self._unread + self._utf8.decode(data)
        except UnicodeDecodeError:
            self._utf8.reset()
            self._read_pending_row()
            self._switch_to_expat(self._unread, partial_character + data)
            return
        if self._envelope is None:
            for envelope in (_ANSWER, _FAULT):
                if text.startswith(envelope[0]):
                    self._envelope = envelope
                    text = text[len(envelope[0]):]
        if self._envelope is None:
            self._unread = text
            if not (_ANSWER[0].startswith(text) or _FAULT[0].startswith(text)):
                self._switch_to_expat(text)
            return
        rows = self._rows
        if rows is not None and len(text) > rows.min_length:
            self._read_rows(text, rows)
        else:
            self._read_tokens(text)
        if len(self._containers) > 1 and (rows is None or rows.learning):
            self._learn()
        if len(self._unread) > MAX_REST:
            self._switch_to_expat(self._unread)

    def take(self) -> list[Any]:
        """
        Take the items that are finished, if the value is a list.

        The decoder forgets these items. The list that `close` returns does
        not have them.

        :returns: the new items; an empty list if there are none, if the value
                  is not a list, or if the answer is a fault.
        """
        if self._expat is None:
            values, fault = self._containers, self._envelope is _FAULT
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
        Finish decoding, after the last bytes.

        :returns: the value of the answer.
        :raises KojiException: if the answer is a fault. The class depends on
                               the fault's code.
        :raises AnswerError: if the answer is not complete.
        """
        self._read_pending_row()
        if self._expat is None and not (
                self._envelope is not None
                and self._unread == self._envelope[1]
                and len(self._containers) == 1
                and len(self._containers[0]) == 1
                and not self._utf8.getstate()[0]):
            self._switch_to_expat(self._unread)
        if self._expat is not None:
            return self._expat.close()
        return value_or_fault(self._containers[0][0], self._envelope is _FAULT)

    @property
    def _top_items(self) -> list[Any]:
        """The items read so far, if the value is a list."""
        values = self._containers
        return values[1] if len(values) > 1 and type(values[1]) is list else []

    @property
    def _is_at_item(self) -> bool:
        """Whether the next token is an item of the top list, or its end."""
        return len(self._containers) == 2 and type(self._containers[1]) is list

    def _learn(self) -> None:
        """Let a `RowReader` learn from the newest items of a list."""
        items = self._top_items
        if len(items) > self._observed:
            if self._rows is None:
                self._rows = RowReader(
                    self._row or partial(Munch.__new__, Munch),
                    self._learn_after)
            self._rows.observe(items[self._observed:])
            self._observed = len(items)

    def _read_rows(self, text: str, rows: RowReader) -> None:
        """
        Read rows as a whole, and everything else by tokens.

        Tokens read the rest of a row that is open already, a row of another
        layout, and the text after the last row.
        """
        while rows.active:
            begins = self._is_at_item
            if begins:
                try:
                    found, text = rows.read(text)
                except ValueError:
                    break
                self._containers[1] += found
            end = text.find(ROW_END) + len(ROW_END)
            if end < len(ROW_END):
                if (begins and len(text) <= rows.min_length
                        and text.startswith(ROW_BEGIN)):
                    self._unread = text
                    return
                break
            before = len(self._top_items)
            self._read_tokens(text[:end], text[end:])
            if self._expat is not None:
                return
            if begins:
                rows.reject(self._top_items[before:])
            text = self._unread + text[end:]
            if self._unread or not self._is_at_item:
                break
        self._read_tokens(text)

    def _read_pending_row(self) -> None:
        """Read by tokens the unfinished row that `_read_rows` put aside."""
        if self._expat is None and len(self._containers) > 1:
            self._read_tokens(self._unread)

    def _read_tokens(self, text: str, behind: str = '') -> None:
        """
        Read a text by tokens.

        :param behind: the text after it, for expat if it has to read on.
        """
        self._unread = ''
        tokens = _TOKEN.findall(text)
        unread = iter(tokens)
        try:
            self._apply(unread)
        except (_UnexpectedToken, TypeError, ValueError):
            count = len(tokens) - operator.length_hint(unread) - 1
            self._switch_to_expat(_skip(text, count) + behind)

    def _apply(self, tokens: Any) -> None:
        """
        Add the values of tokens to the open containers.

        A token at a wrong place raises TypeError or `_UnexpectedToken`.
        """
        known = self._interned
        current: Any = (None if self._member_value is not None
                        else self._containers[-1])
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
                    self._unread = rest
                elif begin:
                    current = self._open(current, name, begin)
                else:
                    current = self._close(current, end)
                continue
            else:
                value = None
            if name:
                current[known.setdefault(name, name)] = value
            elif type(current) is list:
                current.append(value)
            else:
                raise _UnexpectedToken

    def _open(self, current: Any, name: str, kind: str) -> Any:
        """Open an array or a struct, and return its container."""
        if (not name) != (type(current) is list) or current is None:
            raise _UnexpectedToken
        depth = len(self._containers)
        if depth > MAX_DEPTH:
            raise nesting_error()
        new: Any = []
        if kind == 'struct>':
            if self._row is not None and (depth == 1 or (
                    depth == 2 and type(current) is list)):
                new = self._row()
            else:
                new = Munch.__new__(Munch)
        if name:
            self._names.append(name)
        self._containers.append(new)
        return new

    def _close(self, current: Any, kind: str) -> Any:
        """
        Close an array, a struct or a member.

        :returns: the container that is open then; None before the end of a
                  member.
        """
        if kind == '</member>\n':
            if self._member_value is None:
                raise _UnexpectedToken
            self._containers[-1][self._names.pop()] = self._member_value
            self._member_value = None
            return self._containers[-1]
        if current is None or len(self._containers) == 1 or (
                (type(current) is list) != (kind[2] == 'd')):
            raise _UnexpectedToken
        done = self._containers.pop()
        outer = self._containers[-1]
        if type(outer) is list:
            outer.append(done)
            return outer
        self._member_value = done
        return None

    def _switch_to_expat(self, text: str, more: bytes = b'') -> None:
        """
        Let expat read on.

        :param text: the text that is not read yet.
        :param more: the bytes after it.
        """
        # The first bytes of a character that is not whole yet come before.
        more = self._utf8.getstate()[0] + more
        self._unread = ''
        if self._expat is None:
            self._expat = ExpatDecoder(
                row=self._row
            ) if self._envelope is None else ExpatDecoder.resumed(
                self._envelope is _FAULT, self._containers, self._names,
                self._member_value, row=self._row)
        self._expat.feed(text.encode() + more)


def _skip(text: str, count: int) -> str:
    """Return the rest of a text after a number of tokens."""
    for number, token in enumerate(_TOKEN.finditer(text)):
        if number == count:
            return text[token.start():]
    return ''
