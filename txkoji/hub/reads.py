"""
The hub methods that only read, and those that must not be called.

All other methods count as writes. A read may be sent again when its answer
was lost. A write may not, because the hub could carry it out twice.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from txkoji.exceptions import KojiLoginException

#: The reads, as names or patterns. A star matches no dot: methods with a dot
#: are listed by their full names, because some of them change something and
#: are called ``check`` or ``get`` all the same.
READS = (
    'count', 'countAndFilterResults', 'echo', 'filterResults',
    'checkTagAccess', 'checkTagPackage', 'checkUpload',
    'find*', 'get*', 'has*', 'hello', 'list*', 'query*', 'search', 'show*',
    'buildReferences', 'downloadTaskOutput', 'error', 'evalPolicy', 'fault',
    'mavenEnabled', 'repoInfo', 'tagChangedSinceEvent', 'tagFirstChangeEvent',
    'tagLastChangeEvent', 'taskFinished', 'untaggedBuilds', 'winEnabled',
    '_listapi',
    'repo.checkRequest', 'repo.get', 'repo.getExternalRepoData', 'repo.query',
    'repo.queryQueue', 'repo.references',
    'scheduler.getHostData', 'scheduler.getLogMessages',
    'scheduler.getTaskRefusals', 'scheduler.getTaskRuns',
    'system.listMethods', 'system.methodHelp', 'system.methodSignature',
)

#: Hub methods that begin or end sessions, and what to use instead.
REFUSED = {
    'logout': 'use logout() of the Connection',
    'login': 'use login() of the Connection',
    'sslLogin': 'use login() of the Connection',
    'subsession': 'use new_session() of the Connection',
    'exclusiveSession': "it is for Koji's own daemons, and shuts out every"
                        ' other session of the user',
}

#: Methods that call another method, which is named by the first argument.
WRAPPERS = ('count', 'countAndFilterResults', 'filterResults')

#: Methods that write if the third argument, ``create``, is true.
CREATORS = ('getPackage', 'getTagID')

#: The names of the hub method that makes many calls.
MULTICALL = ('system.multicall', 'multiCall')

_READ_PATTERN = re.compile('|'.join(
    re.escape(pattern).replace(r'\*', '[^.]*') for pattern in READS))


def is_read(method: str, args: Sequence[Any] = (),
            kwargs: Mapping[str, Any] = {}) -> bool:
    """
    Check whether a call changes nothing on the hub.

    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    """
    if method in WRAPPERS:
        wrapped = args[0] if args else kwargs.get('methodName')
        return isinstance(wrapped, str) and wrapped not in WRAPPERS and (
            is_read(wrapped, args[1:], kwargs))
    if method in CREATORS and (kwargs.get('create') or any(args[2:3])):
        return False
    return _matches(method)


@lru_cache(maxsize=500)
def _matches(method: str) -> bool:
    return _READ_PATTERN.fullmatch(method) is not None


def check_call(method: str, args: Sequence[Any] = (),
               kwargs: Mapping[str, Any] = {}) -> str:
    """
    Check that a call does not begin or end sessions.

    Calls in a multicall and calls of a wrapper method are checked, too.

    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    :returns: the method's name, as a plain str.
    :raises KojiLoginException: if the call is refused. The text says what to
                                use instead.
    :raises TypeError: if ``method`` is not a str.
    """
    if not isinstance(method, str):
        raise TypeError(f'the name of a hub method is a str, not {method!r}')
    # A member of an enum that is a str has another str() than its value.
    method = str.__str__(method)
    if method in REFUSED:
        raise KojiLoginException(
            f'{method} cannot be called directly: {REFUSED[method]}',
            method=method)
    if method in WRAPPERS:
        wrapped = args[0] if args else kwargs.get('methodName')
        if isinstance(wrapped, str):
            check_call(wrapped, args[1:], kwargs)
    elif method in MULTICALL:
        for entry in _multicall_entries(args, kwargs):
            check_call(entry['methodName'], entry.get('params') or ())
    return method


def _multicall_entries(args: Sequence[Any], kwargs: Mapping[str, Any]
                       ) -> Iterator[Mapping[str, Any]]:
    """Iterate over the well-formed calls of a multicall."""
    calls = args[0] if args else kwargs.get('calls')
    if isinstance(calls, (list, tuple)):
        for entry in calls:
            if isinstance(entry, dict) and isinstance(
                    entry.get('methodName'), str):
                yield entry
