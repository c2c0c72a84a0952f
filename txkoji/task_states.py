"""The states of a task, as numbers (koji/__init__.py, ``TASK_STATES``)."""
from __future__ import annotations

#: The task waits for a builder.
FREE = 0
#: A builder works on the task.
OPEN = 1
#: The task has succeeded.
CLOSED = 2
#: The task was canceled.
CANCELED = 3
#: The task is assigned to a builder, which has not begun.
ASSIGNED = 4
#: The task has failed.
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
