"""`Options`: how calls are sent; see `Connection.with_options`."""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from txkoji.exceptions import ConfigurationError
from txkoji.hub.profile import number_problem
from txkoji.progress import Listener

#: Options and arguments that count things: integers.
_INTEGERS = ('max_connections', 'page_size')


@dataclass(frozen=True)
class Options:
    """
    Options of calls; see `Connection.with_options`.

    :ivar timeout: seconds for one attempt.
    :ivar deadline: seconds for a call with all its attempts.
    :ivar write: whether calls change something on the hub; None to go by the
                 hub method.
    :ivar progress: a function to report progress to, or None.
    :ivar page_size: items of a page.
    :ivar retry_timeouts: whether a read is sent again after its attempt timed
                          out. Only features of the library set it.
    """

    timeout: float
    deadline: float
    write: bool | None = None
    progress: Listener | None = None
    page_size: int = 1000
    retry_timeouts: bool = True

    def updated(self, *, write: bool | None = None,
                timeout: float | None = None, deadline: float | None = None,
                progress: Listener | None = None,
                page_size: int | None = None,
                retry_timeouts: bool | None = None) -> Options:
        """
        Copy the options, with other values for those that are not None.

        :raises ConfigurationError: if a number is none or not more than 0, or
                                    another value has the wrong type.
        """
        numbers: dict[str, Any] = {
            'timeout': timeout, 'deadline': deadline, 'page_size': page_size}
        for name, number in numbers.items():
            if number is not None:
                check_number(name, number)
        if write is not None and not isinstance(write, bool):
            raise ConfigurationError('write must be True, False or None, not'
                                     f' {write!r}')
        if progress is not None and not callable(progress):
            raise ConfigurationError('progress must be a function, not'
                                     f' {progress!r}')
        return replace(self, **{
            name: value for name, value in {
                **numbers, 'write': write, 'progress': progress,
                'retry_timeouts': retry_timeouts}.items()
            if value is not None})


def check_number(name: str, number: Any, place: str = '') -> None:
    """
    Check a limit.

    :param place: the beginning of the error's text.
    :raises ConfigurationError: if the limit is no number, or not more than 0.
    """
    problem = number_problem(number, whole=name in _INTEGERS)
    if problem is not None:
        raise ConfigurationError(f'{place}{name} {problem}')


