"""
Python values to bytes and back, as Koji's hub and its own client write them.

`encode_call` makes a request. Answers are decoded while they arrive, by the
`Decoder` of `txkoji.hub.codec.decoder`; `decode_answer` is for those that are
there as a whole.

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
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import ExpatDecoder
from txkoji.hub.reads import MULTICALL

_HEAD = "<?xml version='1.0'?>\n"

#: What stands before and behind the entries of a multicall.
_MANY = ((f'{_HEAD}<methodCall>\n<methodName>{MULTICALL[0]}</methodName>\n'
          '<params>\n<param>\n<value><array><data>\n').encode(),
         b'</data></array></value>\n</param>\n</params>\n</methodCall>\n')


# Values to bytes

def encode_call(method: str, args: Sequence[Any] = (),
                kwargs: Mapping[str, Any] | None = None) -> bytes:
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
    try:
        params = ''.join([f'<param>\n{_encode(value)}</param>\n'
                          for value in join_arguments(args, kwargs or {})])
    except RecursionError:
        raise _too_deep(method) from None
    return (f'{_HEAD}<methodCall>\n<methodName>{_method(method)}'
            '</methodName>\n'
            f'<params>\n{params}</params>\n</methodCall>\n').encode()


def encode_entry(method: str, args: Sequence[Any] = (),
                 kwargs: Mapping[str, Any] | None = None) -> bytes:
    """
    Encode a call that goes as one of many, for `encode_multicall`.

    The arguments, and what is raised, are those of `encode_call`.
    """
    try:
        params = _list(join_arguments(args, kwargs or {}))
    except RecursionError:
        raise _too_deep(method) from None
    return ('<value><struct>\n<member>\n<name>methodName</name>\n'
            f'<value><string>{_method(method)}</string></value>\n</member>\n'
            f'<member>\n<name>params</name>\n{params}</member>\n'
            '</struct></value>\n').encode()


def _method(method: str) -> str:
    if not isinstance(method, str):
        raise TypeError(f'a hub method has a name, not {method!r}')
    return _escape(method)


def _too_deep(method: str) -> TypeError:
    return TypeError(f'an argument of {method} contains itself, or is nested'
                     ' too deeply for XML-RPC')


def encode_multicall(entries: Iterable[bytes]) -> bytes:
    """Encode a call that is many, of which each is encoded already."""
    before, behind = _MANY
    return before + b''.join(entries) + behind


def encode_answer(value: Any) -> bytes:
    """Encode what a hub method returned, as the hub does."""
    return _answer(
        f'<params>\n<param>\n{_encode(value)}</param>\n</params>\n')


def encode_fault(code: int, text: str) -> bytes:
    """Encode a fault, as the hub does."""
    value = _encode({'faultCode': code, 'faultString': text})
    return _answer(f'<fault>\n{value}</fault>\n')


def _answer(value: str) -> bytes:
    # The hub escapes markup only: a carriage return goes out as it is.
    value = value.replace(_WRITTEN['\r'], '\r')
    return f'{_HEAD}<methodResponse>\n{value}</methodResponse>\n'.encode()


def join_arguments(args: Sequence[Any],
                   kwargs: Mapping[str, Any]) -> list[Any]:
    """Put named arguments behind the positional ones, as Koji does."""
    if not kwargs:
        return list(args)
    return [*args, {**kwargs, '__starstar': True}]


def split_arguments(params: Sequence[Any]
                    ) -> tuple[list[Any], dict[str, Any]]:
    """The reverse of `join_arguments`."""
    args = list(params)
    if args and isinstance(args[-1], dict) and args[-1].get('__starstar'):
        named = args.pop()
        return args, {k: v for k, v in named.items() if k != '__starstar'}
    return args, {}


#: Characters that are not written as they are: those of markup, the carriage
#: return (an XML parser reads it as a line feed), and those that XML 1.0 does
#: not have at all.
_SPECIAL = re.compile('[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]')

_WRITTEN = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;'}


def _escape(text: str) -> str:
    """Write a text, of a subclass of str too, as the value that it is."""
    text = str.__str__(text)

    def write(found: re.Match[str]) -> str:
        character = found[0]
        if character not in _WRITTEN:
            raise TypeError('XML-RPC cannot carry the character'
                            f' {character!r} in {text[:60]!r}')
        return _WRITTEN[character]

    return _SPECIAL.sub(write, text)


def _encode(value: Any) -> str:
    """The value's element, with the line end that the hub puts behind it."""
    return _ENCODERS.get(type(value), _subclass)(value)


def _subclass(value: Any) -> str:
    """The element of a value of none of the exact types."""
    for kind, encoder in _ENCODERS.items():
        if isinstance(value, kind):
            return encoder(value)
    raise TypeError('XML-RPC cannot carry a value of type '
                    f'{type(value).__name__}: {reprlib.repr(value)}')


def _none(value: None) -> str:
    # No line end here: this is how the hub, and Python's library, write it.
    return '<value><nil/></value>'


def _bool(value: bool) -> str:
    return ('<value><boolean>1</boolean></value>\n' if value
            else '<value><boolean>0</boolean></value>\n')


def _str(value: str) -> str:
    if type(value) is not str or _SPECIAL.search(value):
        value = _escape(value)
    return f'<value><string>{value}</string></value>\n'


# Subclasses (of enums, for one) may have a text and a format of their own:
# the value is asked of the type that XML-RPC knows.

def _int(value: int) -> str:
    if type(value) is not int:
        value = int.__int__(value)
    if -2147483648 <= value < 2147483648:
        return f'<value><int>{value}</int></value>\n'
    if -2**63 <= value < 2**63:
        return f'<value><i8>{value}</i8></value>\n'
    raise OverflowError('XML-RPC carries ints of 64 bits, not of'
                        f' {value.bit_length() + 1}')


def _float(value: float) -> str:
    return f'<value><double>{float.__repr__(value)}</double></value>\n'


def _bytes(value: bytes | bytearray) -> str:
    # In lines of 76 characters, as MIME has them.
    data = memoryview(value)
    lines = [binascii.b2a_base64(data[start:start + 57]).decode()
             for start in range(0, len(data), 57)]
    return f'<value><base64>\n{"".join(lines)}</base64></value>\n'


def _datetime(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc)
    return ('<value><dateTime.iso8601>%04d%02d%02dT%02d:%02d:%02d'
            '</dateTime.iso8601></value>\n' % value.timetuple()[:6])


def _list(value: Iterable[Any]) -> str:
    encoder = _ENCODERS.get
    items = ''.join([encoder(type(item), _subclass)(item) for item in value])
    return f'<value><array><data>\n{items}</data></array></value>\n'


def _dict(value: Mapping[str, Any]) -> str:
    encoder = _ENCODERS.get
    # Most names are identifiers, in which nothing is to be escaped.
    members = ''.join([
        '<member>\n<name>'
        f'{name if type(name) is str and name.isidentifier() else _name(name)}'
        f'</name>\n{encoder(type(item), _subclass)(item)}</member>\n'
        for name, item in value.items()])
    return f'<value><struct>\n{members}</struct></value>\n'


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError('XML-RPC has only names as keys, not '
                        + reprlib.repr(name))
    return _escape(name)


#: Exact types are looked up; of others the first that fits, so bool is first.
_ENCODERS: dict[type, Callable[[Any], str]] = {
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

def decode_call(data: bytes) -> tuple[str, list[Any]]:
    """
    Decode a request: what FakeHub receives, and what the hub keeps as the
    request of a task.

    :returns: the method, and its parameters as they are sent: see
              `split_arguments`.
    :raises AnswerError: if it is none.
    """
    decoder = ExpatDecoder('methodCall')
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
