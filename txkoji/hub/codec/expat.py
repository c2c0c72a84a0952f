"""
A decoder for any XML-RPC document, built on expat.

The decoder is hardened against hostile documents. Document types and entities
are refused. The depth of nesting and the size of a value are limited.
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

#: The most arrays and structs nested in each other. Koji's own answers stay
#: far below.
MAX_DEPTH = 256

#: The most characters of a single value.
MAX_VALUE = 64 * 2**20

#: The elements that are allowed directly in an element.
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

#: The elements that may have one child only.
_ONE_CHILD = frozenset(['methodResponse', 'methodCall', 'param', 'fault',
                        'array'])


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

_NO_VALUE: Any = object()


class ExpatDecoder:
    """
    A decoder for one XML-RPC document, fed while the bytes arrive.

    The values are the same as those of `xmlrpc.client.loads` with
    ``use_builtin_types=True``, with Munch for dict. This decoder is stricter.
    It refuses document types and entities, unknown elements, elements at a
    wrong place, text between elements, a ``<value>`` with two values, and
    nesting beyond `MAX_DEPTH`.

    :param root: the name of the root element: ``methodResponse`` to decode an
                 answer, ``methodCall`` to decode a request.
    :param row: makes an empty dictionary for a struct that is the value
                itself, or an item of a list that is the value. None means
                Munch. Structs that are nested deeper are always Munch.

    :ivar method: the hub method of a request.
    :ivar containers: the list of the document's values, and each open array
                      and struct.
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
        self._value: Any = _NO_VALUE
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
        Make a decoder that reads on in the middle of an answer.

        :param fault: whether the answer is a fault.
        :param containers: the list of the answer's values, and each open
                           array and struct.
        :param names: the names of the open members.
        :param member: the finished container in a member that is not closed
                       yet, or None.
        """
        decoder = cls(row=row)
        # Let expat read an outline of the open elements first.
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
        """Whether the answer is a fault."""
        return self._open[1:2] == ['fault']

    def feed(self, data: bytes) -> None:
        """
        Decode the next bytes.

        :raises AnswerError: as soon as the bytes cannot be a valid document.
        """
        self._parse(data, False)

    def close(self) -> Any:
        """
        Finish decoding, after the last bytes.

        :returns: the value of an answer, or the list of parameters of a
                  request.
        :raises KojiException: if the answer is a fault. The class depends on
                               the fault's code.
        :raises AnswerError: if the document is not complete.
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
            # Expat asks Python's codecs about other encodings.
            self._refuse(f'its encoding cannot be decoded: {error}')

    def _refuse(self, why: str) -> NoReturn:
        raise AnswerError(why)

    # Handlers, which expat calls. The state between two elements is in
    # _value, _text and four stacks. _open and _seen have an entry for each
    # open element: its name, and its last child. containers has the list of
    # the document's values, then an entry for each open array and struct.
    # _names has an entry for each open struct.

    def _doctype(self, *args: Any) -> NoReturn:
        self._refuse('it has a document type, which no hub sends')

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        """Open an element."""
        tag = tag.rpartition(':')[2]
        if not self._open:
            if tag != self._root:
                self._refuse(f'it is a {tag[:60]!r}, not a {self._root!r}')
        else:
            self._check_child(self._open[-1], tag)
        self._open.append(tag)
        self._seen.append(None)
        self._clear_text()
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

    def _check_child(self, parent: str, tag: str) -> None:
        """Refuse an element that is not allowed at its place."""
        seen = self._seen[-1]
        if tag not in _CHILDREN.get(parent, ()):
            self._refuse(f'it has a {tag[:60]!r} in a {parent!r}')
        if not _blank(self._text):
            self._refuse(f'it has text in a {parent!r}')
        if parent == 'value':
            if self._value is not _NO_VALUE:
                self._refuse("it has a 'value' with two values")
        elif parent == 'member':
            if (tag == 'name') != (seen is None) or seen == 'value':
                self._refuse("it has a 'member' that is not a name and a"
                             ' value')
        elif parent == 'methodCall':
            if (tag == 'methodName') != (seen is None) or seen == 'params':
                self._refuse("it has a 'methodCall' that is not a name and"
                             ' parameters')
        elif seen is not None and parent in _ONE_CHILD:
            self._refuse(f'it has a {parent!r} with {seen!r} and {tag!r}')
        self._seen[-1] = tag

    def _push(self, container: Any) -> None:
        if len(self.containers) > MAX_DEPTH:
            raise nesting_error()
        self.containers.append(container)

    def _clear_text(self) -> None:
        self._text.clear()
        self._size = 0

    def _characters(self, text: str) -> None:
        self._size += len(text)
        if self._size > MAX_VALUE:
            self._refuse(f'it has a value of more than {MAX_VALUE >> 20} MiB')
        self._text.append(text)

    def _end(self, tag: str) -> None:
        """Close an element, whose text is complete now."""
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
        self._clear_text()

    def _end_value(self) -> None:
        value = self._value
        if value is _NO_VALUE:
            value = ''.join(self._text)
        elif not _blank(self._text):
            self._refuse("it has text in a 'value'")
        self._value = _NO_VALUE
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
    """Whether pieces of text have nothing but white space."""
    return not text or not ''.join(text).strip()


def value_or_fault(value: Any, is_fault: bool) -> Any:
    """
    Return the value of an answer, or raise its fault.

    :raises KojiException: if the answer is a fault. The class depends on the
                           fault's code.
    :raises AnswerError: if the fault has no code or no text.
    """
    if not is_fault:
        return value
    if (isinstance(value, dict) and type(value.get('faultCode')) is int
            and isinstance(value.get('faultString'), str)):
        raise from_fault(value['faultCode'], value['faultString'])
    raise AnswerError('its fault has no faultCode and faultString')


def nesting_error() -> AnswerError:
    """Make the error for a document that is nested too deeply."""
    return AnswerError(f'it is nested more than {MAX_DEPTH} levels deep')
