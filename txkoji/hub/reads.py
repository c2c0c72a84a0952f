"""
Which hub methods only read: one table of patterns. What it does not know is a
write. And which are not to be called at all.

A read may be asked again when its answer was lost; a write may not, since the
hub could do it twice.
"""
from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any

from txkoji.exceptions import KojiLoginException

#: Patterns for names without a dot; names with one, and single methods, stand
#: one by one, since many a ``check`` or ``get`` of these changes something.
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

#: Hub methods that would go round our session, and what to do instead.
REFUSED = {
    'logout': 'use logout() of the Connection',
    'login': 'use login() of the Connection',
    'sslLogin': 'use login() of the Connection',
    'subsession': 'use new_session() of the Connection',
    'exclusiveSession': "it is for Koji's own daemons, and shuts out every"
                        ' other session of the user',
}

#: These do what the method does whose name is their first argument.
NAMED = ('count', 'countAndFilterResults', 'filterResults')

#: These make what is not there, if their third argument, ``create``, says so.
CREATE = ('getPackage', 'getTagID')

#: The names of the hub method that takes many calls at once.
MULTICALL = ('system.multicall', 'multiCall')

#: A star is for anything but a dot.
_READ = re.compile('|'.join(re.escape(pattern).replace(r'\*', '[^.]*')
                            for pattern in READS))


def is_read(method: str, args: Sequence[Any] = (),
            kwargs: Mapping[str, Any] = {}) -> bool:
    """
    Whether a call changes nothing on the hub.

    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    """
    if method in NAMED:
        named = args[0] if args else kwargs.get('methodName')
        return isinstance(named, str) and named not in NAMED and is_read(
            named, args[1:], kwargs)
    if method in CREATE and (kwargs.get('create') or any(args[2:3])):
        return False
    return _is_read(method)


@lru_cache(maxsize=500)
def _is_read(method: str) -> bool:
    return _READ.fullmatch(method) is not None


def check_call(method: str, args: Sequence[Any] = (),
               kwargs: Mapping[str, Any] = {}) -> str:
    """
    Refuse hub methods that would change the session behind our back, also
    within a multicall and by the name of another method.

    :param method: the hub method.
    :param args: its positional arguments.
    :param kwargs: its named arguments.
    :returns: the method's name, as a plain str.
    :raises KojiLoginException: with the method to use.
    :raises TypeError: if the name is no str.
    """
    if not isinstance(method, str):
        raise TypeError(f'a hub method has a name, not {method!r}')
    # Of a subclass, such as an enum, the value is what the hub will see.
    method = str.__str__(method)
    if method in REFUSED:
        raise KojiLoginException(
            f'{method} cannot be called like this: {REFUSED[method]}',
            method=method)
    if method in NAMED:
        named = args[0] if args else kwargs.get('methodName')
        if isinstance(named, str):
            check_call(named, args[1:], kwargs)
    elif method in MULTICALL:
        for entry in _entries(args, kwargs):
            check_call(entry['methodName'], entry.get('params') or ())
    return method


def _entries(args: Sequence[Any], kwargs: Mapping[str, Any]
             ) -> Iterator[Mapping[str, Any]]:
    """The calls in a multicall, as far as they can be read."""
    calls = args[0] if args else kwargs.get('calls')
    if isinstance(calls, (list, tuple)):
        for entry in calls:
            if isinstance(entry, dict) and isinstance(
                    entry.get('methodName'), str):
                yield entry
