"""How a FakeHub finds the function of a hub method, and calls it."""
from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from typing import Any, TypeVar

from txkoji.exceptions import KojiException, ParameterError
from txkoji.testing.caller import Caller
from txkoji.testing.tables import Tables
from txkoji.testing.world import World

F = TypeVar('F', bound=Callable[..., Any])


class Methods:
    """
    Some hub methods, for one call.

    :ivar prefix: begins the hub's names of them.
    :ivar says: begins the name by which Python's complaint about wrong
                arguments calls them.

    :param world: what they know.
    :param caller: who calls.
    """

    prefix = ''
    says = 'RootExports'

    def __init__(self, world: World, caller: Caller) -> None:
        self.world = world
        self.tables: Tables = world.tables
        self.caller = caller


@dataclass(frozen=True)
class Rule:
    """
    How a function is a hub method.

    :ivar says: what Python's complaint about wrong arguments calls it.
    :ivar perm: the permission that it needs; "login" for a session only.
    :ivar lazy: whether its rows are read when an answer is encoded.
    :ivar crash: whether wrong arguments are a Python error on the hub.
    """

    says: str | None = None
    perm: str | None = None
    lazy: bool = False
    crash: bool = False


def export(says: str | None = None, *, perm: str | None = None,
           lazy: bool = False, crash: bool = False) -> Callable[[F], F]:
    """Let a function be a hub method, of its own name."""
    rule = Rule(says, perm, lazy, crash)

    def mark(function: F) -> F:
        function.rule = rule  # type: ignore[attr-defined]
        return function
    return mark


@dataclass(frozen=True)
class Export:
    """
    A hub method.

    :ivar name: the hub's.
    :ivar kind: the class that has it.
    """

    name: str
    kind: type[Methods]
    #: The function that answers.
    function: Callable[..., Any]
    #: How the function is a hub method.
    rule: Rule

    @cached_property
    def says(self) -> str:
        """The name in complaints about arguments."""
        return self.rule.says or f'{self.kind.says}.{self.function.__name__}'

    @cached_property
    def signature(self) -> inspect.Signature:
        """Its arguments, without ``self``."""
        whole = inspect.signature(self.function)
        return whole.replace(
            parameters=list(whole.parameters.values())[1:],
            return_annotation=inspect.Signature.empty)

    def call(self, world: World, caller: Caller, args: Sequence[Any],
             kwargs: dict[str, Any]) -> Any:
        """
        Call it as the hub does.

        :raises ParameterError: if it does not take these arguments.
        :raises ActionNotAllowed: if the caller may not.
        """
        self.check(args, kwargs)
        if self.rule.perm is not None:
            caller.require(self.rule.perm)
        return self.function(self.kind(world, caller), *args, **kwargs)

    def check(self, args: Sequence[Any], kwargs: dict[str, Any]) -> None:
        """
        Check arguments.

        :raises ParameterError: in Python's words.
        """
        try:
            self.signature.bind(*args, **kwargs)
        except TypeError:
            text = complaint(self.signature, self.says, args, kwargs)
            if self.rule.crash:
                raise KojiException(f"<class 'TypeError'>: {text}",
                                    faultCode=1) from None
            raise ParameterError(text) from None


def complaint(signature: inspect.Signature, name: str, args: Sequence[Any],
              kwargs: dict[str, Any]) -> str:
    """
    Python's words about arguments that a function does not take.

    :param name: the function's; that of a method has a dot.
    """
    try:
        if '.' in name:
            _stand_in(signature, name)(None, *args, **kwargs)
        else:
            _stand_in(signature, name)(*args, **kwargs)
    except TypeError as error:
        return str(error)
    return f'{name}() got wrong arguments'


@cache
def _stand_in(signature: inspect.Signature, name: str) -> Callable[..., Any]:
    """Get a function of that name that takes these arguments."""
    words = []
    for parameter in signature.parameters.values():
        stars = ('*' if parameter.kind is parameter.VAR_POSITIONAL else
                 '**' if parameter.kind is parameter.VAR_KEYWORD else '')
        default = '' if parameter.default is parameter.empty else '=None'
        if parameter.kind == parameter.KEYWORD_ONLY and '*' not in words:
            words.append('*')
        words.append(f'{stars}{parameter.name}{default}')
    if '.' in name:
        words.insert(0, 'self')
    made: dict[str, Any] = {}
    exec(f'def made({", ".join(words)}): pass', made)
    function: Callable[..., Any] = made['made']
    function.__qualname__ = name
    return function


def exports(kinds: Sequence[type[Methods]]) -> dict[str, Export]:
    """Get the hub methods of some classes, by the hub's names."""
    found = {}
    for kind in kinds:
        for cls in reversed(kind.__mro__):
            for name, function in vars(cls).items():
                rule = getattr(function, 'rule', None)
                if isinstance(rule, Rule):
                    whole = kind.prefix + name
                    found[whole] = Export(whole, kind, function, rule)
    return found
