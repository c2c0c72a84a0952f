"""
The hub methods that a FakeHub answers by itself, from its tables. Their
parameters, results and complaints are those of kojihub/kojihub.py.
"""
from __future__ import annotations

import inspect
from collections.abc import Awaitable, Callable, Sequence
from typing import Any

from txkoji.exceptions import GenericError, ParameterError
from txkoji.testing.files import Files
from txkoji.testing.methods.builds import BuildMethods
from txkoji.testing.methods.files import FileMethods
from txkoji.testing.methods.people import PeopleMethods
from txkoji.testing.methods.repos import RepoMethods
from txkoji.testing.methods.tags import TagMethods
from txkoji.testing.methods.tasks import TaskMethods
from txkoji.testing.queries import part
from txkoji.testing.repos import Repos
from txkoji.testing.tables import Tables


class RootExports(BuildMethods, TaskMethods, TagMethods, PeopleMethods,
                  RepoMethods, FileMethods):
    """
    The methods of a hub, by the names that it exports them under: what is
    public here can be called. What each does is told in the class of that
    name in kojihub/kojihub.py.

    :param tables: what they know.
    :param now: gives the hub's time, in seconds since 1970.
    :param dispatch: calls a method by its name, for methods that call others.
    :param files: what was uploaded.
    :param repos: the repositories.
    """

    def __init__(self, tables: Tables, now: Callable[[], float],
                 dispatch: Callable[..., Awaitable[Any]], files: Files,
                 repos: Repos) -> None:
        super().__init__(tables, now)
        self._dispatch = dispatch
        self._files = files
        self._repos = repos

    def getAPIVersion(self) -> int:
        return 1

    def echo(self, *args: Any) -> Any:
        return list(args)

    def error(self) -> None:
        raise GenericError('test error')

    def getLastEvent(self, before: Any = None, strict: bool = True) -> Any:
        found = [row for row in self._tables.events
                 if before is None or row['ts'] < before]
        if not found:
            if strict:
                raise GenericError('query returned no rows')
            return None
        return max(found, key=lambda row: int(row['id']))

    async def count(self, methodName: str, *args: Any, **kw: Any) -> Any:
        return len(await self._dispatch(methodName, args, kw))

    async def filterResults(self, methodName: str, *args: Any, **kw: Any
                            ) -> Any:
        return (await self.countAndFilterResults(methodName, *args, **kw))[1]

    async def countAndFilterResults(self, methodName: str, *args: Any,
                                    **kw: Any) -> Any:
        options = kw.pop('filterOpts', None) or {}
        found = await self._dispatch(methodName, args, kw)
        return [len(found), part(found, options)]


for _name in dir(RootExports):
    if not _name.startswith('_'):
        # Python's complaint about wrong arguments names the function; on the
        # hub one of them stands outside of the class.
        getattr(RootExports, _name).__qualname__ = (
            'get_build' if _name == 'getBuild' else f'RootExports.{_name}')


def call(function: Callable[..., Any], args: Sequence[Any],
         kwargs: dict[str, Any]) -> Any:
    """
    Call a function as the hub calls its methods.

    :raises ParameterError: if it does not take these arguments.
    """
    try:
        inspect.signature(function).bind(*args, **kwargs)
    except TypeError:
        try:
            # For Python's own words about it, which are the hub's, too.
            return function(*args, **kwargs)
        except TypeError as error:
            raise ParameterError(str(error)) from error
    return function(*args, **kwargs)
