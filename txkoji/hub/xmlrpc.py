"""
Python values to bytes and back, as Koji's hub and its own client write them.

`encode_call` makes a request. Answers are decoded while they arrive, by the
`Decoder` of `txkoji.hub.decoder`; `decode_answer` is for those that are there
as a whole.

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
from typing import (Any, Callable, Dict, Iterable, List, Mapping, Optional,
                    Sequence, Tuple)

from txkoji.hub.decoder import Decoder
from txkoji.hub.expat import ExpatDecoder

_HEAD = "<?xml version='1.0'?>\n"

#: The names of the hub method that takes many calls at once.
MULTICALL = ('system.multicall', 'multiCall')


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
    document = [_HEAD, '<methodCall>\n<methodName>', _escape(method),
                '</methodName>\n<params>\n']
    params = join_arguments(args, kwargs or {})
    try:
        many = method in MULTICALL and [*map(type, params)] == [list]
        encoder: Callable[[Any], str] = _calls if many else _encode
        for value in params:
            document += '<param>\n', encoder(value), '</param>\n'
    except RecursionError:
        raise TypeError(f'an argument of {method} contains itself, or is'
                        ' nested too deeply for XML-RPC') from None
    document.append('</params>\n</methodCall>\n')
    return ''.join(document).encode()


class EntryEncoder:
    """
    Encode calls that are to go as one, each as soon as it is known.

    What one call has in common with the one before it is not written anew.
    """

    def __init__(self) -> None:
        self._before: List[Any] = [None, '', []]

    def encode(self, method: str, args: Sequence[Any] = (),
               kwargs: Optional[Mapping[str, Any]] = None) -> bytes:
        """
        Encode a call, for `encode_multicall`. The arguments, and what is
        raised, are those of `encode_call`.
        """
        if not isinstance(method, str):
            raise TypeError(f'a hub method has a name, not {method!r}')
        encoded = [_CALLS[method]]
        params = [*args, {**kwargs, '__starstar': True}] if kwargs else args
        before = self._before
        form = before[0]
        try:
            _put_all(params, encoded.append, before)
        except RecursionError:
            raise TypeError(f'an argument of {method} contains itself, or is'
                            ' nested too deeply for XML-RPC') from None
        encoded.append(_CALL_END)
        if before[0] is not form and not _FIXED.issuperset(
                map(type, before[2])):
            # What is in it may be another thing at the next call.
            before[0] = None
        return ''.join(encoded).encode()


def encode_multicall(entries: Iterable[bytes]) -> bytes:
    """Encode a call that is many, of which each is encoded already."""
    return _MANY[0] + b''.join(entries) + _MANY[1]


def encode_answer(value: Any) -> bytes:
    """Encode what a hub method returned, as the hub does."""
    return (f'{_HEAD}<methodResponse>\n<params>\n<param>\n{_encode(value)}'
            '</param>\n</params>\n</methodResponse>\n').encode()


def encode_fault(code: int, text: str) -> bytes:
    """Encode a fault, as the hub does."""
    value = _encode({'faultCode': code, 'faultString': text})
    return (f'{_HEAD}<methodResponse>\n<fault>\n{value}</fault>\n'
            '</methodResponse>\n').encode()


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


#: What is not written as it is, and of that what XML 1.0 cannot write at all.
_SPECIAL = re.compile('[&<>\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff'
                      '\ufffe\uffff]')


def _escape(text: str) -> str:
    if not _SPECIAL.search(text):
        return text
    for character in _SPECIAL.findall(text):
        if character not in '&<>':
            raise TypeError('XML-RPC cannot carry the character'
                            f' {character!r} in {text[:60]!r}')
    return (text.replace('&', '&amp;').replace('<', '&lt;')
            .replace('>', '&gt;'))


class _Kept(Dict[str, str]):
    """
    What names are written as. In a request of many calls the same names of
    members and methods come again and again: short ones are kept.
    """

    def __init__(self, write: Callable[[str], str]) -> None:
        self._write = write

    def __missing__(self, text: str) -> str:
        written = self._write(text)
        if len(text) < 100 and len(self) < 1000:
            self[text] = written
        return written


def _name(name: str) -> str:
    if not isinstance(name, str):
        raise TypeError('XML-RPC has only names as keys, not '
                        + reprlib.repr(name))
    return f'<member>\n<name>{_escape(name)}</name>\n'


def _str(value: str) -> str:
    return f'<value><string>{_escape(value)}</string></value>\n'


_NAMES = _Kept(_name)


def _encode(value: Any) -> str:
    """The value's element, with the line end that the hub puts behind it."""
    encoder = _ENCODERS.get(type(value))
    if encoder is None:
        for kind, encoder in _ENCODERS.items():
            if isinstance(value, kind):
                break
        else:
            raise TypeError('XML-RPC cannot carry a value of type '
                            f'{type(value).__name__}: {reprlib.repr(value)}')
    return encoder(value)


def _none(value: None) -> str:
    # No line end here: this is how the hub, and Python's library, write it.
    return '<value><nil/></value>'


def _bool(value: bool) -> str:
    return f'<value><boolean>{value:d}</boolean></value>\n'


def _int(value: int) -> str:
    if -2147483648 <= value < 2147483648:
        return f'<value><int>{value:d}</int></value>\n'
    if -2**63 <= value < 2**63:
        return f'<value><i8>{value:d}</i8></value>\n'
    raise OverflowError('XML-RPC carries ints of 64 bits, not of'
                        f' {value.bit_length() + 1}')


def _float(value: float) -> str:
    return f'<value><double>{float.__repr__(value)}</double></value>\n'


def _bytes(value: bytes) -> str:
    # In lines of 76 characters, as MIME has them.
    lines = [binascii.b2a_base64(value[start:start + 57]).decode()
             for start in range(0, len(value), 57)]
    return f'<value><base64>\n{"".join(lines)}</base64></value>\n'


def _datetime(value: datetime) -> str:
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc)
    return ('<value><dateTime.iso8601>%04d%02d%02dT%02d:%02d:%02d'
            '</dateTime.iso8601></value>\n' % value.timetuple()[:6])


def _list(value: Iterable[Any]) -> str:
    items: List[str] = []
    _put_all(value, items.append, [None, ''])
    return ('<value><array><data>\n' + ''.join(items)
            + '</data></array></value>\n')


def _dict(value: Mapping[str, Any]) -> str:
    items: List[str] = []
    _put_all(value.values(), items.append, [None, ''])
    return '<value><struct>\n' + ''.join([
        f'{name}{item}</member>\n' for name, item
        in zip(map(_NAMES.__getitem__, value), items)
    ]) + '</struct></value>\n'


def _calls(calls: Iterable[Any]) -> str:
    """The calls of a multicall: thousands, and all of one form."""
    encoded = ['<value><array><data>\n']
    put, put_all, end = encoded.append, _put_all, _CALL_END
    before: List[Any] = [None, '']
    for call in calls:
        if (type(call) is dict and [*call] == _CALL_NAMES
                and type(call['methodName']) is str
                and type(call['params']) is list):
            put(_CALLS[call['methodName']])
            put_all(call['params'], put, before)
            put(end)
        else:
            put(_encode(call))
    put('</data></array></value>\n')
    return ''.join(encoded)


def _call_begin(method: str) -> str:
    return ('<value><struct>\n' + _name('methodName') + _encode(method)
            + '</member>\n' + _name('params') + '<value><array><data>\n')


_CALL_NAMES = ['methodName', 'params']
_CALLS = _Kept(_call_begin)
_CALL_END = '</data></array></value>\n</member>\n</struct></value>\n'

#: Types whose values do not change.
_FIXED = frozenset([type(None), bool, int, float, str, bytes, datetime])

#: What stands before and behind the entries of a multicall.
_MANY = ((f'{_HEAD}<methodCall>\n<methodName>{MULTICALL[0]}</methodName>\n'
          '<params>\n<param>\n<value><array><data>\n').encode(),
         b'</data></array></value>\n</param>\n</params>\n</methodCall>\n')


def _put_all(values: Iterable[Any], put: Callable[[str], None],
             before: List[Any]) -> None:
    """
    Encode some values, one after the other. Most are of four types: for
    these it saves the calls; and of structs many are like the one before.

    :param before: what tells whether it is, how that one is written, and its
                   values, which must live on for as long, or others could
                   have the same identity.
    """
    search = _SPECIAL.search
    for value in values:
        kind = type(value)
        if kind is str:
            if search(value):
                value = _escape(value)
            put(f'<value><string>{value}</string></value>\n')
        elif kind is int and -2147483648 <= value < 2147483648:
            put(f'<value><int>{value}</int></value>\n')
        elif kind is bool:
            put('<value><boolean>1</boolean></value>\n' if value
                else '<value><boolean>0</boolean></value>\n')
        elif kind is dict:
            # The same objects: equal ones, such as 1 and True, will not do.
            form = [*value, *map(id, value.values())]
            if form != before[0]:
                before[:] = form, _dict(value), [*value.values()]
            put(before[1])
        else:
            put(_encode(value))


#: Exact types are looked up; of others the first that fits, so bool is first.
_ENCODERS: Dict[type, Callable[[Any], str]] = {
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
