"""
The sources of faults: the hub, its check of the session, or the method.

The hub checks the session, the session's expiry and the callnum before it
calls the method (kojihub/auth.py, kojihub/kojixmlrpc.py).
"""
from __future__ import annotations

import re
from enum import Enum

from txkoji.exceptions import AuthError, AuthExpired, KojiException


class Source(Enum):
    """The source of a fault."""

    #: The hub, which is offline.
    HUB = 'the hub, which is offline'
    #: The check of the session, before the method.
    SESSION = 'the check of the session'
    #: The method.
    METHOD = 'the method'
    #: Any of these.
    UNKNOWN = 'unknown'


#: The source by the code of the fault. All other codes come from the method.
_SOURCES = {
    # Any Python exception, wherever the hub raised it.
    1: Source.UNKNOWN,
    1002: Source.SESSION,
    1006: Source.SESSION,
    1007: Source.SESSION,
    1008: Source.SESSION,
    1009: Source.SESSION,
    1014: Source.HUB,
}

#: Methods that raise the fault of a task, which may have any code.
_TASK_FAULT_METHODS = frozenset(['getTaskResult'])


def source_of(error: KojiException, method: str) -> Source:
    """
    Find the source of a fault.

    :param method: the hub method that was called.
    :returns: the source; `Source.UNKNOWN` if the error is not a fault.
    """
    if error.faultCode is None:
        return Source.UNKNOWN
    source = _SOURCES.get(error.faultCode, Source.METHOD)
    if source is not Source.METHOD and method in _TASK_FAULT_METHODS:
        return Source.UNKNOWN
    return source


def is_session_gone(error: AuthError) -> bool:
    """
    Check whether a fault says that the session is gone.

    A session is gone if it has expired, or if the hub does not know it. An
    unknown session has no fault code of its own, so the text is checked.
    """
    return isinstance(error, AuthExpired) or (
        type(error) is AuthError
        and re.search('session|not logged in', str(error), re.I) is not None)
