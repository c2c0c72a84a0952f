"""
Functions that encode Python values to XML-RPC, and decode whole documents.

The bytes are those that Koji's hub and Koji's own client write. To decode an
answer while its bytes arrive, use `txkoji.hub.codec.decoder.Decoder`.

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
import inspect
import re
import reprlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timezone
from typing import Any

from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import ExpatDecoder
from txkoji.hub.reads import MULTICALL

_HEAD = "<?xml version='1.0'?>\n"

#: The bytes before and after the entries of a multicall.
_MULTICALL = (
    (f'{_HEAD}<methodCall>\n<methodName>{MULTICALL[0]}</methodName>\n'
     '<params>\n<param>\n<value><array><data>\n').encode(),
    b'</data></array></value>\n</param>\n</params>\n</methodCall>\n')


# Values to bytes

def encode_call(method: str, args: Sequence[Any] = (),
                kwargs: Mapping[str, Any] | None = None) -> bytes:
    """
    Encode a call of a hub method.

    :param method: the name of the method, dotted or not.
    :param args: the positional arguments.
    :param kwargs: the named arguments. XML-RPC has no named arguments, so
                   Koji's hub takes them as the last positional argument, a
                   struct with the member ``__starstar`` (koji/__init__.py,
                   ``encode_args``).
    :raises TypeError: if XML-RPC cannot carry a value.
    :raises OverflowError: if an int has more than 64 bits.
    """
    try:
        params = ''.join([f'<param>\n{_encode(value)}</param>\n'
                          for value in join_arguments(args, kwargs or {})])
    except (RecursionError, TypeError, OverflowError) as error:
        raise argument_error(method, error) from None
    return (f'{_HEAD}<methodCall>\n<methodName>{_method_name(method)}'
            '</methodName>\n'
            f'<params>\n{params}</params>\n</methodCall>\n').encode()


def encode_entry(method: str, args: Sequence[Any] = (),
                 kwargs: Mapping[str, Any] | None = None) -> bytes:
    """
    Encode a call as an entry for `encode_multicall`.

    The parameters and the exceptions are the same as those of `encode_call`.
    """
    try:
        params = _list(join_arguments(args, kwargs or {}))
    except (RecursionError, TypeError, OverflowError) as error:
        raise argument_error(method, error) from None
    return ('<value><struct>\n<member>\n<name>methodName</name>\n'
            f'<value><string>{_method_name(method)}</string></value>\n</member>\n'
            f'<member>\n<name>params</name>\n{params}</member>\n'
            '</struct></value>\n').encode()


def _method_name(method: str) -> str:
    if not isinstance(method, str):
        raise TypeError('the name of a hub method must be a str, not'
                        f' {method!r}')
    return _escape(method)


def argument_error(method: str, error: Exception) -> Exception:
    """
    Make the error of an argument that XML-RPC cannot carry.

    :param method: the hub method that it was for.
    :param error: what was raised.
    :returns: an error that names the method.
    """
    if isinstance(error, RecursionError):
        return TypeError(f'{method}: an argument contains itself, or is nested'
                         ' too deeply for XML-RPC')
    return type(error)(f'{method}: {error}')


def encode_multicall(entries: Iterable[bytes]) -> bytes:
    """Encode a multicall from entries that `encode_entry` encoded."""
    before, after = _MULTICALL
    return before + b''.join(entries) + after


def encode_answer(value: Any) -> bytes:
    """Encode the result of a hub method, as the hub does."""
    return _answer(
        f'<params>\n<param>\n{_encode(value)}</param>\n</params>\n')


def encode_fault(code: int, text: str) -> bytes:
    """Encode a fault, as the hub does."""
    value = _encode({'faultCode': code, 'faultString': text})
    return _answer(f'<fault>\n{value}</fault>\n')


def _answer(value: str) -> bytes:
    # The hub escapes markup only: a carriage return goes out as it is.
    value = value.replace(_ESCAPES['\r'], '\r')
    return f'{_HEAD}<methodResponse>\n{value}</methodResponse>\n'.encode()


def join_arguments(args: Sequence[Any],
                   kwargs: Mapping[str, Any]) -> list[Any]:
    """Append named arguments to the positional ones, as Koji does."""
    if not kwargs:
        return list(args)
    return [*args, {**kwargs, '__starstar': True}]


def split_arguments(params: Sequence[Any]
                    ) -> tuple[list[Any], dict[str, Any]]:
    """Split parameters into positional and named arguments."""
    args = list(params)
    if args and isinstance(args[-1], dict) and args[-1].get('__starstar'):
        named = args.pop()
        return args, {k: v for k, v in named.items() if k != '__starstar'}
    return args, {}


#: Characters that are escaped: those of markup, and the carriage return,
#: which an XML parser reads as a line feed.
_ESCAPES = {'&': '&amp;', '<': '&lt;', '>': '&gt;', '\r': '&#13;'}

#: Characters that XML 1.0 does not allow.
_FORBIDDEN = re.compile(
    '[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]')

#: Characters that cannot be written literally.
_SPECIAL = re.compile('[&<>\x00-\x08\x0b-\x1f\ud800-\udfff\ufffe\uffff]')


def _escape(text: str) -> str:
    """Escape a text. A subclass of str is written as its plain value."""
    text = str.__str__(text)
    forbidden = _FORBIDDEN.search(text)
    if forbidden is not None:
        raise TypeError('XML-RPC cannot carry the character'
                        f' {forbidden[0]!r} in {text[:60]!r}')
    for character, escape in _ESCAPES.items():
        text = text.replace(character, escape)
    return text


def _encode(value: Any) -> str:
    """Write the element of a value, with the line end of the hub's layout."""
    return _ENCODERS.get(type(value), _encode_subclass)(value)


def _encode_subclass(value: Any) -> str:
    """Write the element of a value of a subclass of a known type."""
    for kind, encoder in _ENCODERS.items():
        if isinstance(value, kind):
            return encoder(value)
    advice = '; await it first' if inspect.isawaitable(value) else ''
    raise TypeError('XML-RPC cannot carry a value of type '
                    f'{type(value).__name__}: {reprlib.repr(value)}{advice}')


def _none(value: None) -> str:
    # Neither the hub nor Python's library writes a line end here.
    return '<value><nil/></value>'


def _bool(value: bool) -> str:
    return ('<value><boolean>1</boolean></value>\n' if value
            else '<value><boolean>0</boolean></value>\n')


def _str(value: str) -> str:
    if type(value) is not str or _SPECIAL.search(value):
        value = _escape(value)
    return f'<value><string>{value}</string></value>\n'


# A subclass of int or float, such as an enum, may have its own text and
# format. So the methods of the base class write its value.

def _int(value: int) -> str:
    if type(value) is not int:
        value = int.__int__(value)
    if -2147483648 <= value < 2147483648:
        return f'<value><int>{value}</int></value>\n'
    if -2**63 <= value < 2**63:
        return f'<value><i8>{value}</i8></value>\n'
    raise OverflowError('XML-RPC carries ints of at most 64 bits, not of'
                        f' {value.bit_length() + 1}')


def _float(value: float) -> str:
    return f'<value><double>{float.__repr__(value)}</double></value>\n'


def _bytes(value: bytes | bytearray) -> str:
    # 57 bytes make a line of 76 characters, as in MIME.
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
    items = ''.join([encoder(type(item), _encode_subclass)(item)
                     for item in value])
    return f'<value><array><data>\n{items}</data></array></value>\n'


def _dict(value: Mapping[str, Any]) -> str:
    encoder = _ENCODERS.get
    # Most names are identifiers, which need no escapes.
    members = ''.join([
        '<member>\n<name>'
        f'{name if type(name) is str and name.isidentifier() else _name(name)}'
        f'</name>\n{encoder(type(item), _encode_subclass)(item)}</member>\n'
        for name, item in value.items()])
    return f'<value><struct>\n{members}</struct></value>\n'


def _name(name: Any) -> str:
    if not isinstance(name, str):
        raise TypeError('a key of an XML-RPC struct must be a str, not '
                        + reprlib.repr(name))
    return _escape(name)


#: Types -> their encoders. A value of a subclass gets the encoder of its first
#: base class here, so bool is before int.
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
    Decode a request.

    `FakeHub` receives requests, and the hub stores one with each task.

    :returns: the name of the method, and the parameters. To find the named
              arguments, use `split_arguments`.
    :raises AnswerError: if the bytes are not a request.
    """
    decoder = ExpatDecoder('methodCall')
    decoder.feed(data)
    params = decoder.close()
    return decoder.method, params


def decode_answer(data: bytes) -> Any:
    """
    Decode a whole answer.

    :returns: the value of the answer.
    :raises KojiException: if the answer is a fault. The class depends on the
                           fault's code.
    :raises AnswerError: if the bytes are not an answer.
    """
    decoder = Decoder()
    decoder.feed(data)
    return decoder.close()
