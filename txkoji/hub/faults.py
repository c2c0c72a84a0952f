"""
Whose a fault is: one table, for renewing a session, for waiting until a hub
is back, for batches, and for what a fault says of an attempt before it.

The hub checks the session, its expiry and the callnum, and only then calls
the method (kojihub/auth.py, kojihub/kojixmlrpc.py).
"""
from __future__ import annotations

import re
from enum import Enum

from txkoji.exceptions import AuthError, AuthExpired, KojiException


class Source(Enum):
    """What gives a fault."""

    HUB = 'the hub, which is offline'
    SESSION = 'the check of the session'
    METHOD = 'the method'
    UNKNOWN = 'any of these'


#: By the code of the fault; all others are the method's.
_SOURCES = {
    # Any exception of Python's, wherever it is raised.
    1: Source.UNKNOWN,
    1002: Source.SESSION,
    1006: Source.SESSION,
    1007: Source.SESSION,
    1008: Source.SESSION,
    1009: Source.SESSION,
    1014: Source.HUB,
}

#: Methods that raise the fault that a task failed with, whatever its code.
_TASK_FAULTS = frozenset(['getTaskResult'])


def source_of(error: KojiException, method: str) -> Source:
    """
    Say what gave a fault.

    :param method: the hub method that was called.
    :returns: `Source.UNKNOWN` if the error is no fault.
    """
    if error.faultCode is None:
        return Source.UNKNOWN
    source = _SOURCES.get(error.faultCode, Source.METHOD)
    if source is not Source.METHOD and method in _TASK_FAULTS:
        return Source.UNKNOWN
    return source


def is_session_gone(error: AuthError) -> bool:
    """
    Whether a fault's code and text are those of a session that has expired,
    or that the hub does not know.
    """
    return isinstance(error, AuthExpired) or (
        type(error) is AuthError
        and re.search('session|not logged in', str(error), re.I) is not None)
