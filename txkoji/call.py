"""Hub methods as attributes of what calls them."""
from __future__ import annotations

from abc import ABC, abstractmethod
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


class HubMethods(ABC, Generic[Result]):
    """
    What hub methods can be called on, as attributes: a connection, or many
    calls that are to be one. Some are asked in a way of our own; `call` asks
    in the hub's.
    """

    @abstractmethod
    def call(self, method: str, /, *args: Any, **kwargs: Any) -> Result:
        """Call a hub method by its name."""

    def __getattr__(self, name: str) -> Call[Result]:
        check_public(self, name)
        return Call(self, name)

    def getTaskInfo(self, task_id: int | list[int], *args: Any,
                    **kwargs: Any) -> Result:
        """
        Get a task, with its request.

        :param task_id: its id, or a list of ids.
        :param args: ``request`` and ``strict``, see the hub's method.
        :returns: gives a `Task` or None, or a list of them.
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
        Get the tasks that a task has started, those that they have started,
        and so on, with their requests.

        :returns: gives one flat list of `Task`, in which each knows its
                  ``parent``.
        """
        args, kwargs = with_defaults(
            'getTaskDescendents', (task_id, *args), kwargs)
        return self.call('getTaskDescendents', *args, **kwargs)

    def listTasks(self, opts: Any = None, *args: Any, **kwargs: Any
                  ) -> Result:
        """
        List tasks, with their requests decoded.

        :param opts: what tasks: ``{'method': 'build', 'state': [0, 1]}``;
                     see the hub's method for more.
        :param kwargs: ``queryOpts``: ``{'limit': 10, 'order': '-id'}``.
        :returns: gives a list of `Task`.
        """
        args, kwargs = with_defaults('listTasks', (opts, *args), kwargs)
        return self.call('listTasks', *args, **kwargs)


def with_defaults(method: str, args: tuple[Any, ...], kwargs: dict[str, Any]
          ) -> tuple[tuple[Any, ...], dict[str, Any]]:
    """
    Ask for what the rich objects need, where the caller does not say: the
    requests of tasks, and those decoded.

    :returns: the arguments, positional and named.
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
