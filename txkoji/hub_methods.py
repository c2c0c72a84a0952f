"""
Help on hub methods at run time: ``dir``, ``help``, signatures and hints.

The descriptions are in `txkoji.methods`, which is imported when somebody asks
for one. Any hub method can be called, with a description or without.
"""
from __future__ import annotations

from difflib import get_close_matches
from inspect import Parameter, Signature, signature
from types import FunctionType
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from txkoji.call import Call, HubMethods, check_public
from txkoji.exceptions import KojiException

Result = TypeVar('Result', covariant=True)


def description(method: str) -> Any:
    """
    Find the description of a hub method.

    :param method: its name, such as "getTag" or "repo.get"; or the first part
                   of a dotted name.
    :returns: a function with signature and docstring; a class for the first
              part of a dotted name; None if there is no description.
    """
    from txkoji import methods
    place: Any = methods.DeferredMethods
    for name in method.split('.'):
        place = None if name.startswith('_') else vars(place).get(name)
        if isinstance(place, property):
            place = vars(methods).get(
                f'DeferredMethods{name.capitalize()}')
        if place is None:
            return None
    return place


def names(prefix: str = '') -> list[str]:
    """
    List the names of the hub methods with a description.

    :param prefix: the first part of dotted names, such as "repo".
    :returns: their names without the prefix.
    """
    from txkoji import methods
    place = description(prefix) if prefix else methods.DeferredMethods
    if not isinstance(place, type):
        return []
    return sorted(name for name in vars(place)
                  if not name.startswith('_') and name != 'call')


def signature_of(method: str) -> Signature | None:
    """Get the signature of a hub method; None without a description."""
    found = description(method)
    if not isinstance(found, FunctionType):
        return None
    whole = signature(found)
    return Signature(
        [parameter.replace(annotation=_Plain(parameter.annotation))
         for parameter in list(whole.parameters.values())[1:]],
        return_annotation=_Plain(whole.return_annotation))


class _Plain(str):
    """An annotation that is shown without quotation marks."""

    __slots__ = ()

    __repr__ = str.__str__


def text_of(method: str) -> str | None:
    """Write the help on a hub method; None without a description."""
    found = description(method)
    if found is None:
        return None
    return f'{method}{signature_of(method) or ""}\n\n{found.__doc__}'


class _Described:
    """
    An attribute of hub methods, with another value for the class itself.

    :param read: gives the value, or None, for the name of a hub method.
    :param otherwise: the value for the class, or for a hub method without a
                      description; None for no such attribute.
    """

    def __init__(self, read: Any, otherwise: str | None) -> None:
        self._read = read
        self._otherwise = otherwise

    def __get__(self, call: Any, owner: type) -> Any:
        value = None if call is None else self._read(call.method)
        if value is None:
            value = self._otherwise
        if value is None:
            raise AttributeError('there is no description')
        return value


class DescribedCall(Call[Result]):
    """A hub method that knows its help."""

    __doc__ = _Described(text_of, __doc__)
    __signature__: _Described = _Described(signature_of, None)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *names(self.method)})


class DescribedMethods(HubMethods[Result], Generic[Result]):
    """The base of objects with hub methods that know their help."""

    if not TYPE_CHECKING:

        def __getattr__(self, name):
            check_public(self, name)
            return DescribedCall(self, name)

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *names()})


# Hints on faults

#: The beginning of the hub's text on a method that it does not have.
_NO_METHOD = 'Invalid method: '

#: The beginning of the hub's text on a write without a login.
_NO_LOGIN = 'you must be logged in'

#: Pieces of Python's and Koji's texts on arguments that do not fit.
_ARGUMENTS = ('unexpected keyword argument', 'positional argument',
              'Invalid type for', 'invalid type for', 'Too many args',
              'too many args', 'Unexpected keyword', 'missing a required',
              'multiple values for argument')


def hint(error: KojiException, method: str) -> str | None:
    """
    Write a hint on a fault about a method's name, arguments or login.

    :param error: the error of the call.
    :param method: the hub method that was called.
    :returns: None if there is nothing to say.
    """
    if error.faultCode is None:
        return None
    text = str(error)
    if text.startswith(_NO_METHOD):
        return _hint_on_name(method)
    if text.startswith(_NO_LOGIN):
        return f'call login() before {method}'
    if any(piece in text for piece in _ARGUMENTS):
        parameters = signature_of(method)
        if parameters is not None:
            return (f'the signature is {method}'
                    f'{_without_types(parameters)}')
    return None


def _hint_on_name(method: str) -> str | None:
    prefix, dot, name = method.rpartition('.')
    near = get_close_matches(name, names(prefix), n=1)
    if not near:
        return None
    if near[0] == name:
        return f'the hub has no {method}: it may be older than this method'
    return f'did you mean {prefix}{dot}{near[0]}?'


def _without_types(parameters: Signature) -> Signature:
    return Signature([
        parameter.replace(annotation=Parameter.empty)
        for parameter in parameters.parameters.values()])


def add_hint(error: object, method: str) -> None:
    """
    Give a fault its hint, which tracebacks show (Python 3.11 or later).

    :param error: the error of a call; only faults get a hint.
    :param method: the hub method that was called.
    """
    if isinstance(error, KojiException):
        error.hint = hint(error, method)
        if error.hint is not None and hasattr(error, 'add_note'):
            error.add_note(f'hint: {error.hint}')
