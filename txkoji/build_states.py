"""The states of a build, as numbers (koji/__init__.py, ``BUILD_STATES``)."""
from __future__ import annotations

#: The build is under way.
BUILDING = 0
#: The build has succeeded.
COMPLETE = 1
#: The build was deleted.
DELETED = 2
#: The build has failed.
FAILED = 3
#: The build was canceled.
CANCELED = 4

#: number -> name
NAMES = dict(enumerate([
    'BUILDING', 'COMPLETE', 'DELETED', 'FAILED', 'CANCELED']))


def to_str(number: int) -> str:
    """
    Get the name of a state, such as "COMPLETE".

    :returns: the name; "(unknown state 999)" for another number.
    """
    return NAMES.get(number, f'(unknown state {number})')
