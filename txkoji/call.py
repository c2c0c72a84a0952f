"""Hub methods as attributes."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

Result = TypeVar('Result', covariant=True)


class Caller(Protocol[Result]):
    """An object that hub methods can be called on, such as a connection."""

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Result:
        """Call a hub method by its name."""


class Call(Generic[Result]):
    """
    A hub method, such as "getTag", to be called.

    Its attributes are hub methods with dotted names, such as "repo.get".

    :ivar method: the name of the hub method.
    """

    def __init__(self, caller: Caller[Result], method: str) -> None:
        self._caller = caller
        self.method = method

    def __call__(self, /, *args: Any, **kwargs: Any) -> Result:
        """Call the hub method."""
        return self._caller.call(self.method, *args, **kwargs)

    # A type checker is to know the hub methods, and no others.
    if not TYPE_CHECKING:

        def __getattr__(self, name):
            check_public(self, name)
            return type(self)(self._caller, f'{self.method}.{name}')

    def __repr__(self) -> str:
        return f'<{self.method} of {self._caller!r}>'


def check_public(owner: object, name: str) -> None:
    """
    Refuse private names: hub methods have none, Python asks for many.

    :raises AttributeError: if the name begins with an underscore.
    """
    if name.startswith('_'):
        raise AttributeError(
            f'{type(owner).__name__!r} object has no attribute {name!r}')


class HubMethods(ABC, Generic[Result]):
    """
    The base of objects with hub methods as attributes.

    Some methods have additions of ours; `call` calls the hub's own.
    """

    @abstractmethod
    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Result:
        """Call a hub method by its name."""

    # A type checker is to know the hub methods, and no others.
    if not TYPE_CHECKING:

        def __getattr__(self, name):
            check_public(self, name)
            return Call(self, name)

    def getTaskInfo(self, task_id: int | list[int], *args: Any,
                    **kwargs: Any) -> Result:
        """
        Get a task, with its request.

        :param task_id: its id, or a list of ids.
        :param args: ``request`` and ``strict``, as of the hub method.
        :returns: gives a `Task` or None, or a list of these.
        """
        args, kwargs = with_defaults('getTaskInfo', (task_id, *args), kwargs)
        return self.call('getTaskInfo', *args, **kwargs)

    def getTaskChildren(self, task_id: int, *args: Any, **kwargs: Any
                        ) -> Result:
        """
        Get the tasks that a task has started, with their requests.

        :returns: gives a list of `Task`.
        """
        args, kwargs = with_defaults(
            'getTaskChildren', (task_id, *args), kwargs)
        return self.call('getTaskChildren', *args, **kwargs)

    def getTaskDescendents(self, task_id: int, *args: Any, **kwargs: Any
                           ) -> Result:
        """
        Get the tasks that a task has started, directly or indirectly.

        They have their requests.

        :returns: gives one flat list of `Task`, each with its ``parent``.
        """
        args, kwargs = with_defaults(
            'getTaskDescendents', (task_id, *args), kwargs)
        return self.call('getTaskDescendents', *args, **kwargs)

    def listTasks(self, opts: Any = None, *args: Any, **kwargs: Any
                  ) -> Result:
        """
        List tasks, with their decoded requests.

        :param opts: a filter, such as ``{'method': 'build', 'state': [0,
                     1]}``; see the hub method.
        :param kwargs: ``queryOpts``, such as ``{'limit': 10, 'order':
                       '-id'}``.
        :returns: gives a list of `Task`.
        """
        args, kwargs = with_defaults('listTasks', (opts, *args), kwargs)
        return self.call('listTasks', *args, **kwargs)


def with_defaults(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
          ) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """
    Add arguments that rich objects need, unless the caller gives them.

    Tasks need their requests, and these decoded.

    :returns: the positional and the named arguments.
    """
    if method in ('getTaskInfo', 'getTaskChildren', 'getTaskDescendents'):
        if len(args) == 1:
            kwargs = {'request': True, **kwargs}
    elif method == 'listTasks':
        opts = args[0] if args else kwargs.get('opts')
        if opts is None or isinstance(opts, dict):
            opts = {'decode': True, **(opts or {})}
            args = (opts, *args[1:])
            kwargs = {name: value for name, value in kwargs.items()
                      if name != 'opts'}
    return args, kwargs
