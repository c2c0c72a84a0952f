"""Rich objects as arguments of hub methods: their ids are sent."""
from __future__ import annotations

from typing import Any

from txkoji.hub.codec.xmlrpc import argument_error
from txkoji.resource import Resource


def with_ids(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
             ) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """
    Replace rich objects in arguments, and in lists, by their ids.

    A plain dictionary, such as ``dict(build)``, stays a struct.

    :param method: the name of the hub method, for errors.
    :returns: the positional and the named arguments.
    :raises TypeError: if a rich object has no id, or a list contains itself.
    """
    try:
        if any(isinstance(value, (Resource, list, tuple)) for value in args):
            args = tuple(map(_with_id, args))
        if kwargs and any(isinstance(value, (Resource, list, tuple))
                          for value in kwargs.values()):
            kwargs = {name: _with_id(value) for name, value in kwargs.items()}
    except (RecursionError, TypeError) as error:
        raise argument_error(method, error) from None
    return args, kwargs


def _with_id(value: Any) -> Any:
    if isinstance(value, (list, tuple)):
        return [_with_id(item) for item in value]
    if not isinstance(value, Resource):
        return value
    if value.id is None:
        raise TypeError(
            f'a {type(value).__name__} without an id cannot be an argument;'
            ' pass dict(...) of it to send its members')
    return value.id
