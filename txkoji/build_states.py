"""The states of a build, as numbers (koji/__init__.py, ``BUILD_STATES``)."""
from __future__ import annotations

BUILDING = 0
COMPLETE = 1
DELETED = 2
FAILED = 3
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
