"""One hub method, bound to what calls it."""
from __future__ import annotations

from typing import Any, Generic, Protocol, TypeVar

Result = TypeVar('Result', covariant=True)


class Caller(Protocol[Result]):
    """What hub methods can be called on: a connection, for one."""

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Result:
        """Call a hub method by its name."""


class Call(Generic[Result]):
    """
    A hub method, such as "getTag": call it. Its attributes are the methods
    with dotted names, such as "repo.get".
    """

    def __init__(self, caller: Caller[Result], method: str) -> None:
        self._caller = caller
        self._method = method

    def __call__(self, /, *args: Any, **kwargs: Any) -> Result:
        return self._caller.call(self._method, *args, **kwargs)

    def __getattr__(self, name: str) -> Call[Result]:
        check_public(self, name)
        return Call(self._caller, f'{self._method}.{name}')

    def __repr__(self) -> str:
        return f'<{self._method} of {self._caller!r}>'


def check_public(owner: object, name: str) -> None:
    """
    Hub methods have no private names; Python and its libraries ask for many.

    :raises AttributeError: if the name begins with an underscore.
    """
    if name.startswith('_'):
        raise AttributeError(
            f'{type(owner).__name__!r} object has no attribute {name!r}')
