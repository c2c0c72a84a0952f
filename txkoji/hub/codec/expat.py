"""
XML-RPC decoded by a hardened expat: whatever a hub may send.
"""
from __future__ import annotations

import binascii
from collections.abc import Callable
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn
from xml.parsers import expat

from munch import Munch

from txkoji.exceptions import AnswerError, from_fault

#: Arrays and structs within each other; nothing of Koji's comes near.
MAX_DEPTH = 256

#: Characters of a single value.
MAX_VALUE = 64 * 2**20

#: What may stand directly within what.
_CHILDREN: dict[str, frozenset[str]] = {
    'methodResponse': frozenset(['params', 'fault']),
    'methodCall': frozenset(['methodName', 'params']),
    'params': frozenset(['param']),
    'param': frozenset(['value']),
    'fault': frozenset(['value']),
    'array': frozenset(['data']),
    'data': frozenset(['value']),
    'struct': frozenset(['member']),
    'member': frozenset(['name', 'value']),
}

#: How often at most a child may stand there, where that is limited.
_ONCE = frozenset(['methodResponse', 'methodCall', 'param', 'fault', 'array'])


def _boolean(text: str) -> bool:
    if text not in ('0', '1'):
        raise ValueError(f'a boolean is 0 or 1, not {text[:60]!r}')
    return text == '1'


def _nil(text: str) -> None:
    if text.strip():
        raise ValueError(f'nil has no content, not {text[:60]!r}')


_SCALARS: dict[str, Callable[[str], Any]] = {
    'nil': _nil,
    'boolean': _boolean,
    'int': int,
    'i1': int,
    'i2': int,
    'i4': int,
    'i8': int,
    'biginteger': int,
    'double': float,
    'float': float,
    'bigdecimal': Decimal,
    'string': str,
    'base64': lambda text: binascii.a2b_base64(text.encode()),
    'dateTime.iso8601':
        lambda text: datetime.strptime(text, '%Y%m%dT%H:%M:%S'),
}

_CHILDREN['value'] = frozenset([*_SCALARS, 'array', 'struct'])

_NOTHING: Any = object()


class ExpatDecoder:
    """
    Decode one XML-RPC document while its bytes arrive.

    What `xmlrpc.client.loads(..., use_builtin_types=True)` reads gives the
    same values here, with Munch for dict; but it forgives much that is
    refused here: document types and entities, unknown elements, elements
    where they do not belong, text between them, a ``<value>`` with two
    values, and nesting beyond `MAX_DEPTH`.

    :param root: ``methodResponse``, or ``methodCall`` to read a request.
    :param row: makes the structs that are the value itself, or the items of a
                list that is; None for Munch, as all others are.

    :ivar method: the hub method that a request names.
    :ivar containers: the list of the values, and each open array and struct
                      within.
    """

    def __init__(self, root: str = 'methodResponse',
                 row: Callable[[], Any] | None = None) -> None:
        self.method = ''
        self._root = root
        self._row = row
        self._size = 0
        self._open: list[str] = []
        self._seen: list[str | None] = []
        self.containers: list[Any] = [[]]
        self._names: list[str | None] = []
        self._text: list[str] = []
        self._value: Any = _NOTHING
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

    @classmethod
    def resumed(cls, fault: bool, containers: list[Any], names: list[str],
                member: Any, row: Callable[[], Any] | None
                ) -> ExpatDecoder:
        """
        Go on in the middle of an answer.

        :param fault: whether it is one.
        :param containers: the list of the values, and each open array and
                           struct within.
        :param names: the names of those that are members of a struct.
        :param member: the value of a member that is not closed yet, or None.
        """
        decoder = cls(row=row)
        unread = iter(names)
        opened = '<methodResponse>' + (
            '<fault>' if fault else '<params><param>')
        opened += '<value/>' * len(containers[0])
        for outer, inner in zip(containers, containers[1:]):
            if isinstance(outer, dict):
                opened += f'<member><name>{next(unread)}</name>'
            opened += '<value>' + ('<struct>' if isinstance(inner, dict)
                                   else '<array><data>')
        if member is not None:
            opened += f'<member><name>{next(unread)}</name><value/>'
        decoder.feed(opened.encode())
        decoder.containers = containers
        if member is not None:
            containers[-1][names[-1]] = member
        return decoder

    @property
    def in_fault(self) -> bool:
        """Whether what comes is a fault."""
        return self._open[1:2] == ['fault']

    def feed(self, data: bytes) -> None:
        """
        Take the next bytes.

        :raises AnswerError: as soon as it cannot become a good document.
        """
        self._parse(data, False)

    def close(self) -> Any:
        """
        Say that there are no more bytes, and get the value; for a request,
        the list of its parameters.

        :raises KojiException: if it is a fault; the class depends on its
                               code.
        :raises AnswerError: if it is not a whole answer.
        """
        self._parse(b'', True)
        params = self.containers[0]
        seen = self._seen[0]
        if self._root == 'methodCall':
            if not self.method:
                self._refuse('it names no method')
            return params
        if len(params) != 1:
            self._refuse(f'it has {len(params)} values, where one belongs')
        return value_or_fault(params[0], seen == 'fault')

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            self._refuse(f'it is not well-formed XML: {error}')
        except (LookupError, ValueError) as error:
            # Of Python's codecs, which expat asks about other encodings.
            self._refuse(f'it is in an odd encoding: {error}')

    def _refuse(self, why: str) -> NoReturn:
        raise AnswerError(why)

    # What expat calls. Everything between two elements is in _value, _text
    # and the stacks: _open and _seen have an entry for each open element
    # (_seen: which child was last), containers for each open array and
    # struct, below them the list of parameters, and _names for each open
    # struct.

    def _doctype(self, *args: Any) -> NoReturn:
        self._refuse('it brings a document type, which no hub sends')

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        tag = tag.rpartition(':')[2]
        if not self._open:
            if tag != self._root:
                self._refuse(f'it is a {tag[:60]!r}, not a {self._root!r}')
        else:
            self._child(self._open[-1], tag)
        self._open.append(tag)
        self._seen.append(None)
        self._forget_text()
        if tag == 'array':
            self._push([])
        elif tag == 'struct':
            depth = len(self.containers)
            if self._row is not None and (depth == 1 or (
                    depth == 2 and type(self.containers[1]) is list)):
                self._push(self._row())
            else:
                self._push(Munch.__new__(Munch))
            self._names.append(None)

    def _child(self, parent: str, tag: str) -> None:
        seen = self._seen[-1]
        if tag not in _CHILDREN.get(parent, ()):
            self._refuse(f'it has a {tag[:60]!r} in a {parent!r}')
        if not _blank(self._text):
            self._refuse(f'it has text in a {parent!r}')
        if parent == 'value':
            if self._value is not _NOTHING:
                self._refuse("it has a 'value' with two values")
        elif parent == 'member':
            if (tag == 'name') != (seen is None) or seen == 'value':
                self._refuse("it has a 'member' that is not a name and a"
                             ' value')
        elif parent == 'methodCall':
            if (tag == 'methodName') != (seen is None) or seen == 'params':
                self._refuse("it has a 'methodCall' that is not a name and"
                             ' parameters')
        elif seen is not None and parent in _ONCE:
            self._refuse(f'it has a {parent!r} with {seen!r} and {tag!r}')
        self._seen[-1] = tag

    def _push(self, container: Any) -> None:
        if len(self.containers) > MAX_DEPTH:
            raise too_deep()
        self.containers.append(container)

    def _forget_text(self) -> None:
        self._text.clear()
        self._size = 0

    def _characters(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_VALUE:
            self._refuse(f'it has a value of more than {MAX_VALUE >> 20} MiB')
        self._text.append(text)

    def _end(self, tag: str) -> None:
        tag = self._open.pop()
        seen = self._seen.pop()
        if tag == 'value':
            self._end_value()
        elif tag in _SCALARS:
            self._end_scalar(tag)
        elif tag == 'name':
            self._names[-1] = ''.join(self._text)
        elif tag == 'methodName':
            self.method = ''.join(self._text)
        else:
            if not _blank(self._text):
                self._refuse(f'it has text in a {tag!r}')
            if tag in ('array', 'struct'):
                self._end_container(tag, seen)
            elif tag in ('member', 'param', 'fault') and seen != 'value':
                self._refuse(f'it has a {tag!r} without a value')
        if not self._open:
            self._seen.append(seen)
        self._forget_text()

    def _end_value(self) -> None:
        value = self._value
        if value is _NOTHING:
            value = ''.join(self._text)
        elif not _blank(self._text):
            self._refuse("it has text in a 'value'")
        self._value = _NOTHING
        container = self.containers[-1]
        if type(container) is list:
            container.append(value)
        else:
            container[self._names[-1]] = value

    def _end_scalar(self, tag: str) -> None:
        try:
            self._value = _SCALARS[tag](''.join(self._text))
        except (ValueError, ArithmeticError) as error:
            self._refuse(f'it has a bad {tag!r}: {error}')

    def _end_container(self, tag: str, seen: str | None) -> None:
        if tag == 'struct':
            self._names.pop()
        elif seen is None:
            self._refuse("it has an 'array' without data")
        self._value = self.containers.pop()


def _blank(text: list[str]) -> bool:
    return not text or not ''.join(text).strip()


def value_or_fault(value: Any, is_fault: bool) -> Any:
    """
    What an answer says.

    :raises KojiException: if it is a fault; the class depends on its code.
    :raises AnswerError: if it is a fault, and not a good one.
    """
    if not is_fault:
        return value
    if (isinstance(value, dict) and type(value.get('faultCode')) is int
            and isinstance(value.get('faultString'), str)):
        raise from_fault(value['faultCode'], value['faultString'])
    raise AnswerError('its fault has no faultCode and faultString')


def too_deep() -> AnswerError:
    """What is said of a document that is nested absurdly."""
    return AnswerError(f'it is nested more than {MAX_DEPTH} levels deep')
