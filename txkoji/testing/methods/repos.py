"""
The hub methods about repositories, and when tags change.
"""
from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from txkoji.exceptions import ActionNotAllowed, GenericError, ParameterError
from txkoji.testing.methods.base import Methods, unknown
from txkoji.testing.queries import crash
from txkoji.testing.repos import OPTIONS, READY, Repos
from txkoji.testing.tables import Tables


class RepoMethods(Methods):
    """Repositories of tags, and when tags change."""

    _repos: Repos

    def getRepo(self, tag: Any, state: Any = None, event: Any = None,
                dist: bool = False, min_event: Any = None) -> Any:
        unknown('getRepo', event=event)
        found = self._tables.find('tags', tag)
        if found is None:
            raise GenericError(f'No such entry in table tag: {tag}')
        return self._repos.newest(
            found['id'], state=READY if state is None else state, dist=dist,
            min_event=min_event)

    def repoInfo(self, repo_id: Any, strict: bool = False) -> Any:
        found = self._repos.find(repo_id)
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    def tagLastChangeEvent(self, tag: Any, before: Any = None,
                           inherit: bool = True) -> Any:
        return self._repos.history.last_change(self._id('tags', tag), before,
                                               inherit)

    def tagFirstChangeEvent(self, tag: Any, after: Any = None,
                            inherit: bool = True) -> Any:
        return self._repos.history.first_change(self._id('tags', tag), after,
                                                inherit)

    def tagChangedSinceEvent(self, event: Any, taglist: list[int]) -> Any:
        if not taglist:
            raise crash("<class 'psycopg2.errors.SyntaxError'>: syntax error"
                        ' at or near ")"\n')
        return self._repos.history.changed_since(event, taglist)


class RepoExports(Methods):
    """
    The methods whose names begin with ``repo.``.

    :param tables: what they know.
    :param now: gives the hub's time, in seconds since 1970.
    :param repos: the repositories.
    """

    def __init__(self, tables: Tables, now: Callable[[], float],
                 repos: Repos) -> None:
        super().__init__(tables, now)
        self._repos = repos

    def function(self, method: str, user: int | None
                 ) -> Callable[..., Any] | None:
        """
        Find what carries out a method.

        :param method: its name.
        :param user: the id of who calls, or None.
        """
        if method == 'repo.request':
            return partial(self._request, user)
        names: dict[str, Callable[..., Any]] = {
            'repo.get': self._get, 'repo.checkRequest': self._check_request}
        return names.get(method)

    def _get(self, tag: Any, min_event: Any = None, at_event: Any = None,
             opts: Any = None) -> Any:
        number = self._id('tags', tag)
        for event in (min_event, at_event):
            _check_number(event, null=True)
        return self._repos.get(number, min_event, at_event, opts)

    def _check_request(self, req_id: Any) -> Any:
        _check_number(req_id)
        found = self._repos.check(req_id)
        if found is None:
            raise GenericError('No such request')
        return found

    def _request(self, user: int | None, tag: Any, min_event: Any = None,
                 at_event: Any = None, opts: Any = None, priority: Any = None,
                 force: bool = False) -> Any:
        if user is None:
            raise ActionNotAllowed('you must be logged in for this operation')
        if (priority or 0) < 0:
            raise ActionNotAllowed('only admins may create high-priority'
                                   ' requests')
        number = self._id('tags', tag)
        if None not in (min_event, at_event):
            raise ParameterError('The min_event and at_event options'
                                 ' conflict')
        for event in (at_event, None if min_event == 'last' else min_event):
            self._check_event(event)
        if opts is not None and not isinstance(opts, dict):
            raise ParameterError('Repo opts must be a dictionary')
        for name in opts or {}:
            if name not in OPTIONS:
                raise ParameterError(f'Invalid repo option: {name}')
        return self._repos.request(
            number, user, min_event=min_event, at_event=at_event,
            opts=opts or {}, priority=priority or 0, force=force)

    _request.__qualname__ = 'request_repo'

    def _check_event(self, event: Any) -> None:
        _check_number(event, null=True)
        # Of the events before, the sample has none.
        if event is not None and event > max(
                row['id'] for row in self._tables.events):
            raise ParameterError(f'Invalid event: {event}')


def _check_number(value: Any, null: bool = False) -> None:
    """
    Refuse an argument that must be a number.

    :raises ParameterError: in the hub's words.
    """
    if isinstance(value, int) or (null and value is None):
        return
    told = '' if value is None else f' for value {value!r}: {type(value)}'
    raise ParameterError(f"Invalid type{told}, expected type <class 'int'>")
