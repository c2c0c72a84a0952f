"""`Estimate`: when a task or a build ends, and how sure that is."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

#: Units of durations: their names, seconds, and the seconds from which a
#: duration is in this unit.
_UNITS = [('h', 3600, 3 * 3600), ('min', 60, 120), ('s', 1, 0)]


@dataclass(frozen=True)
class Estimate:
    """
    The estimated end of a task or a build.

    Eight of ten tasks end between `earliest` and `latest`; one of ten ends
    before, and one after. All times are aware datetimes in UTC, and not before
    now, unless the task has ended: then all three are its real end.

    :ivar when: the expected end, as of ``estimate_completion()``.
    :ivar earliest: the 10th percentile of the end; None if too few earlier
                    builds or tasks are known to tell it.
    :ivar latest: the 90th percentile of the end, or None.
    :ivar why: what the estimate rests on, for people. A program should not
               read it.
    """

    when: datetime
    earliest: datetime | None
    latest: datetime | None
    why: str


def range_text(durations: Sequence[float]) -> str:
    """
    Write a range of durations, such as "40 to 55 min".

    :param durations: seconds, at least one duration.
    """
    least, most = min(durations), max(durations)
    for unit, seconds, start in _UNITS:
        if most >= start:
            break
    low, high = round(least / seconds), round(most / seconds)
    return f'{low} to {high} {unit}' if low < high else f'{high} {unit}'


def count_text(number: int, noun: str) -> str:
    """Write a number of things, such as "1 task" or "3 tasks"."""
    return f'{number} {noun}' if number == 1 else f'{number} {noun}s'
