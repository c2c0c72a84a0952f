"""
Bytes to Python values and back, in the layout that Koji's hub writes.

`encode_call` makes a request. A `Decoder` is fed with the chunks of an answer
as they arrive and has the value when the last one is in. It is built on expat
and believes nothing: what is not plain XML-RPC is an `AnswerError`.

======================  =====================================================
None                    ``<nil/>``
bool, int, float        ``<boolean>``, ``<int>`` (from 2**31: ``<i8>``),
                        ``<double>``
str                     ``<string>``
bytes, bytearray        ``<base64>``; comes back as bytes
datetime                ``<dateTime.iso8601>``, UTC if aware; comes back naive
list, tuple             ``<array>``; comes back as list
dict                    ``<struct>``; comes back as Munch
======================  =====================================================
"""
from __future__ import annotations

import binascii
import re
import reprlib
from datetime import datetime, timezone
from decimal import Decimal
from typing import (Any, Callable, Dict, FrozenSet, List, Mapping, NoReturn,
                    Optional, Sequence, Tuple)
from xml.parsers import expat

from munch import Munch

from txkoji.exceptions import AnswerError, from_fault

#: Arrays and structs within each other; nothing of Koji's comes near.
MAX_DEPTH = 256

_HEAD = "<?xml version='1.0'?>\n"


# Values to bytes

def encode_call(method: str, args: Sequence[Any] = (),
                kwargs: Optional[Mapping[str, Any]] = None) -> bytes:
    """
    Encode a call of a hub method.

    :param method: its name, dotted or not.
    :param args: positional arguments.
    :param kwargs: named arguments. XML-RPC has none: Koji's hub takes them
                   as a last argument, a struct marked with ``__starstar``
                   (koji/__init__.py, ``encode_args``).
    :raises TypeError: on a value that XML-RPC cannot carry.
    :raises OverflowError: on an int of more than 64 bits.
    """
    if not isinstance(method, str):
        raise TypeError(f'a hub method has a name, not {method!r}')
    out = [_HEAD, '<methodCall>\n<methodName>', _escape(method),
           '</methodName>\n<params>\n']
    params = join_arguments(args, kwargs or {})
    try:
        for value in params:
            out.append('<param>\n')
            _encode(value, out)
            out.append('</param>\n')
    except RecursionError:
        raise TypeError(f'an argument of {method} contains itself, or is'
                        ' nested too deeply for XML-RPC') from None
    out.append('</params>\n</methodCall>\n')
    return ''.join(out).encode()


def encode_answer(value: Any) -> bytes:
    """Encode what a hub method returned, as the hub does."""
    out = [_HEAD, '<methodResponse>\n<params>\n<param>\n']
    _encode(value, out)
    out.append('</param>\n</params>\n</methodResponse>\n')
    return ''.join(out).encode()


def encode_fault(code: int, text: str) -> bytes:
    """Encode a fault, as the hub does."""
    out = [_HEAD, '<methodResponse>\n<fault>\n']
    _encode({'faultCode': code, 'faultString': text}, out)
    out.append('</fault>\n</methodResponse>\n')
    return ''.join(out).encode()


def join_arguments(args: Sequence[Any],
                   kwargs: Mapping[str, Any]) -> List[Any]:
    """Put named arguments behind the positional ones, as Koji does."""
    if not kwargs:
        return list(args)
    return [*args, {**kwargs, '__starstar': True}]


def split_arguments(params: Sequence[Any]
                    ) -> Tuple[List[Any], Dict[str, Any]]:
    """The reverse of `join_arguments`."""
    args = list(params)
    if args and isinstance(args[-1], dict) and args[-1].get('__starstar'):
        named = args.pop()
        return args, {k: v for k, v in named.items() if k != '__starstar'}
    return args, {}


#: What XML 1.0 has no way to write, not even escaped.
_UNWRITABLE = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff'
                         '\ufffe\uffff]')


def _escape(text: str) -> str:
    bad = _UNWRITABLE.search(text)
    if bad:
        raise TypeError(f'XML-RPC cannot carry the character {bad.group()!r}'
                        f' in {text[:60]!r}')
    return (text.replace('&', '&amp;').replace('<', '&lt;')
            .replace('>', '&gt;'))


def _encode(value: Any, out: List[str]) -> None:
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        for kind, encoder in _ENCODERS.items():
            if isinstance(value, kind):
                break
        else:
            raise TypeError('XML-RPC cannot carry a value of type '
                            f'{type(value).__name__}: {reprlib.repr(value)}')
    encoder(value, out)


def _none(value: None, out: List[str]) -> None:
    # No line end here: this is how the hub, and Python's library, write it.
    out.append('<value><nil/></value>')


def _bool(value: bool, out: List[str]) -> None:
    out.append('<value><boolean>%d</boolean></value>\n' % value)


def _int(value: int, out: List[str]) -> None:
    if -2**31 <= value < 2**31:
        out.append('<value><int>%d</int></value>\n' % value)
    elif -2**63 <= value < 2**63:
        out.append('<value><i8>%d</i8></value>\n' % value)
    else:
        raise OverflowError('XML-RPC carries ints of 64 bits, not of'
                            f' {value.bit_length() + 1}')


def _float(value: float, out: List[str]) -> None:
    out.append('<value><double>%s</double></value>\n' % float.__repr__(value))


def _str(value: str, out: List[str]) -> None:
    out.append('<value><string>%s</string></value>\n' % _escape(value))


def _bytes(value: bytes, out: List[str]) -> None:
    out.append('<value><base64>\n')
    # In lines of 76 characters, as MIME has them.
    for start in range(0, len(value), 57):
        line = value[start:start + 57]
        out.append(binascii.b2a_base64(line).decode())
    out.append('</base64></value>\n')


def _datetime(value: datetime, out: List[str]) -> None:
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc)
    out.append('<value><dateTime.iso8601>%04d%02d%02dT%02d:%02d:%02d'
               '</dateTime.iso8601></value>\n' % value.timetuple()[:6])


def _list(value: Sequence[Any], out: List[str]) -> None:
    out.append('<value><array><data>\n')
    for item in value:
        _encode(item, out)
    out.append('</data></array></value>\n')


def _dict(value: Mapping[str, Any], out: List[str]) -> None:
    out.append('<value><struct>\n')
    for name, item in value.items():
        if not isinstance(name, str):
            raise TypeError('XML-RPC has only names as keys, not '
                            + reprlib.repr(name))
        out.append('<member>\n<name>%s</name>\n' % _escape(name))
        _encode(item, out)
        out.append('</member>\n')
    out.append('</struct></value>\n')


#: Exact types are looked up; of others the first that fits, so bool is first.
_ENCODERS: Dict[type, Callable[[Any, List[str]], None]] = {
    type(None): _none,
    bool: _bool,
    int: _int,
    float: _float,
    str: _str,
    bytes: _bytes,
    bytearray: _bytes,
    datetime: _datetime,
    list: _list,
    tuple: _list,
    dict: _dict,
}


# Bytes to values

def decode_call(data: bytes) -> Tuple[str, List[Any]]:
    """
    Decode a request: what FakeHub receives, and what the hub keeps as the
    request of a task.

    :returns: the method, and its parameters as they are sent: see
              `split_arguments`.
    :raises AnswerError: if it is none.
    """
    decoder = Decoder('methodCall')
    decoder.feed(data)
    params = decoder.close()
    return decoder.method, params


def decode_answer(data: bytes) -> Any:
    """
    Decode an answer that is there as a whole.

    :raises KojiException: if it is a fault; the class depends on its code.
    :raises AnswerError: if it is not an answer.
    """
    decoder = Decoder()
    decoder.feed(data)
    return decoder.close()


#: What may stand directly within what.
_CHILDREN: Dict[str, FrozenSet[str]] = {
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


_SCALARS: Dict[str, Callable[[str], Any]] = {
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


class Decoder:
    """
    Decode one XML-RPC document while its bytes arrive.

    What `xmlrpc.client.loads(..., use_builtin_types=True)` reads gives the
    same values here, with Munch for dict; but it forgives much that is
    refused here: document types and entities, unknown elements, elements
    where they do not belong, text between them, a ``<value>`` with two
    values, and nesting beyond `MAX_DEPTH`.

    :param root: ``methodResponse``, or ``methodCall`` to read a request.
    """

    def __init__(self, root: str = 'methodResponse') -> None:
        self.method = ''
        self._root = root
        self._open: List[str] = []
        self._seen: List[Optional[str]] = []
        self._containers: List[Any] = [[]]
        self._names: List[Optional[str]] = []
        self._text: List[str] = []
        self._value: Any = _NOTHING
        parser = expat.ParserCreate()
        parser.buffer_text = True
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._characters
        parser.StartDoctypeDeclHandler = self._doctype
        self._parser = parser

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
        params = self._containers[0]
        seen = self._seen[0]
        if self._root == 'methodCall':
            if not self.method:
                self._refuse('it names no method')
            return params
        if len(params) != 1:
            self._refuse(f'it has {len(params)} values, where one belongs')
        if seen == 'fault':
            raise self._fault(params[0])
        return params[0]

    def _parse(self, data: bytes, final: bool) -> None:
        try:
            self._parser.Parse(data, final)
        except expat.ExpatError as error:
            self._refuse(f'it is not well-formed XML: {error}')

    def _refuse(self, why: str) -> NoReturn:
        raise AnswerError(why)

    def _fault(self, value: Any) -> Exception:
        if (isinstance(value, dict)
                and type(value.get('faultCode')) is int
                and isinstance(value.get('faultString'), str)):
            return from_fault(value['faultCode'], value['faultString'])
        return AnswerError('its fault has no faultCode and faultString')

    # What expat calls. Everything between two elements is in _value, _text
    # and the stacks: _open and _seen have an entry for each open element
    # (_seen: which child was last), _containers for each open array and
    # struct, below them the list of parameters, and _names for each open
    # struct.

    def _doctype(self, *args: Any) -> NoReturn:
        self._refuse('it brings a document type, which no hub sends')

    def _start(self, tag: str, attributes: Dict[str, str]) -> None:
        tag = tag.rpartition(':')[2]
        if not self._open:
            if tag != self._root:
                self._refuse(f'it is a {tag[:60]!r}, not a {self._root!r}')
        else:
            self._child(self._open[-1], tag)
        self._open.append(tag)
        self._seen.append(None)
        self._text.clear()
        if tag == 'array':
            self._push([])
        elif tag == 'struct':
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
        if len(self._containers) > MAX_DEPTH:
            self._refuse(f'it is nested more than {MAX_DEPTH} levels deep')
        self._containers.append(container)

    def _characters(self, text: str) -> None:
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
        self._text.clear()

    def _end_value(self) -> None:
        value = self._value
        if value is _NOTHING:
            value = ''.join(self._text)
        elif not _blank(self._text):
            self._refuse("it has text in a 'value'")
        self._value = _NOTHING
        container = self._containers[-1]
        if type(container) is list:
            container.append(value)
        else:
            container[self._names[-1]] = value

    def _end_scalar(self, tag: str) -> None:
        try:
            self._value = _SCALARS[tag](''.join(self._text))
        except (ValueError, ArithmeticError) as error:
            self._refuse(f'it has a bad {tag!r}: {error}')

    def _end_container(self, tag: str, seen: Optional[str]) -> None:
        if tag == 'struct':
            self._names.pop()
        elif seen is None:
            self._refuse("it has an 'array' without data")
        self._value = self._containers.pop()


def _blank(text: List[str]) -> bool:
    return not text or not ''.join(text).strip()
