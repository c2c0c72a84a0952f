"""The states of a task, as numbers (koji/__init__.py, ``TASK_STATES``)."""
from __future__ import annotations

FREE = 0
OPEN = 1
CLOSED = 2
CANCELED = 3
ASSIGNED = 4
FAILED = 5

#: Tasks that are not over.
ACTIVE_GROUP = (FREE, OPEN, ASSIGNED)

#: Tasks that are over.
DONE_GROUP = (CLOSED, CANCELED, FAILED)

#: number -> name
NAMES = dict(enumerate([
    'FREE', 'OPEN', 'CLOSED', 'CANCELED', 'ASSIGNED', 'FAILED']))


def to_str(number: int) -> str:
    """
    Give the name of a task state, such as "FREE"; of another number
    "(unknown state 999)".
    """
    return NAMES.get(number, f'(unknown state {number})')
