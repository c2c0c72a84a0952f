"""The states of a task, as numbers (koji/__init__.py, ``TASK_STATES``)."""
from __future__ import annotations

FREE = 0
OPEN = 1
CLOSED = 2
CANCELED = 3
ASSIGNED = 4
FAILED = 5

#: States of unfinished tasks.
ACTIVE_GROUP = (FREE, OPEN, ASSIGNED)

#: States of finished tasks.
DONE_GROUP = (CLOSED, CANCELED, FAILED)

#: number -> name
NAMES = dict(enumerate([
    'FREE', 'OPEN', 'CLOSED', 'CANCELED', 'ASSIGNED', 'FAILED']))


def to_str(number: int) -> str:
    """
    Get the name of a state, such as "CLOSED".

    :returns: the name; "(unknown state 999)" for another number.
    """
    return NAMES.get(number, f'(unknown state {number})')
