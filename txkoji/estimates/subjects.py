"""The tasks and builds to estimate: how each of them ends."""
from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from txkoji import task_states
from txkoji.estimates.architectures import ArchScatter
from txkoji.estimates.durations import PACKAGE, DurationKey, PastDurations
from txkoji.estimates.forecast import Starts
from txkoji.estimates.scatter import Scatter
from txkoji.estimates.tasks import WAITING, ForecastTask, arch_of
from txkoji.resource import Timed, from_timestamp
from txkoji.task_requests.row import TaskRow, package_of

#: The states of tasks whose failure makes their build fail.
UNSUCCESSFUL = (task_states.FAILED, task_states.CANCELED)


@dataclass(eq=False)
class Subject:
    """
    A task or a build that has not ended, with the parts that end it.

    All parts take the same duration: the average of a package is that of its
    slowest architecture.

    :ivar row: the row of the task or the build.
    :ivar keys: the keys of its duration; empty if unknown.
    :ivar started: the parts that have started: the row itself or its children.
                   Some of them may have ended: the import comes after them.
    :ivar waiting: the parts that wait, or a build that will start them.
    :ivar has_failed: True if the build ends now, since a child has failed.
    :ivar legs: the waiting parts in the plays.
    """

    row: Timed
    keys: Sequence[DurationKey] = ()
    started: Sequence[Timed] = ()
    waiting: Sequence[TaskRow] = ()
    has_failed: bool = False
    legs: Sequence[ForecastTask] = ()

    def end(self, duration: timedelta, starts: Starts, now: datetime
            ) -> datetime | None:
        """
        Estimate the end.

        :param duration: the average duration of each part.
        :param starts: the starts of the waiting parts in a play.
        :returns: the end; None if the end of one part is unknown.
        """
        ends: list[datetime | None] = [
            None if part.started is None
            else _not_past(part.started, duration, now)
            for part in self.started]
        for leg in self.legs:
            start = from_timestamp(starts[leg]) if leg in starts else None
            ends.append(None if start is None
                        else _not_past(start, duration, now))
        return latest(ends)

    def draw_end(self, scatter: Scatter, share: float, starts: Starts,
                 now: float) -> float:
        """
        Draw an end from the scatter of the duration.

        :param scatter: the distribution of the duration in seconds.
        :param share: a random number from 0, and below 1.
        :param starts: the starts of all waiting parts in a play.
        :param now: the current time. It is in seconds since 1970, and so is
                    the result.
        """
        least = 0.0
        begun = [(part.started.timestamp(), part.completed)
                 for part in self.started if part.started is not None]
        for start, completed in begun:
            # No part takes longer than the duration.
            least = max(least, (now if completed is None
                                else completed.timestamp()) - start)
        running = [start for start, completed in begun if completed is None]
        if not running and not self.legs:
            # The import is left.
            running = [start for start, _ in begun]
            least = now - max(running)
        last = max([*running, *(starts[leg] for leg in self.legs)])
        return max(now, last + scatter.quantile_above(least, share))

    @property
    def arches(self) -> list[str | None]:
        """The architectures of all parts, if their package is built."""
        if self.keys[0].kind != PACKAGE:
            return []
        return [*(arch_of(part) for part in self.started
                  if isinstance(part, TaskRow)),
                *(leg.arch for leg in self.legs)]

    def begun(self, arches: ArchScatter, now: float
              ) -> list[tuple[float, float, float]]:
        """
        List the running parts of a build.

        :returns: for each part the start in seconds since 1970, the slowness
                  of its architecture, and the seconds that it has run, divided
                  by the slowness.
        """
        parts = []
        for part in self.started:
            if (isinstance(part, TaskRow) and part.started is not None
                    and part.completed is None):
                start = part.started.timestamp()
                slowness = arches.slowness(arch_of(part))
                parts.append((start, slowness,
                              max(0.0, now - start) / slowness))
        return parts

    @property
    def is_over(self) -> bool:
        """Whether all parts have ended: only an import is left."""
        return not self.waiting and all(
            part.completed is not None for part in self.started)


def subject_of(row: Timed, children: Mapping[int, Sequence[TaskRow]],
               past: PastDurations) -> Subject | None:
    """
    Find the parts that end a task or a build.

    :param row: a task or a build that has not ended.
    :param children: id of a ``build`` task -> its children, if known.
    :param past: gets the keys of the duration.
    :returns: the `Subject`; None if the end is unknown.
    """
    if not isinstance(row, TaskRow):
        package = row.get('name') or row.get('package_name')
        if row.started is None or not isinstance(package, str):
            return None
        return Subject(row, [past.package_key(package)], [row])
    if row.state not in (task_states.OPEN, *WAITING) or (
            row.state == task_states.OPEN and row.started is None):
        return None
    if row.method == 'build':
        return build_subject(row, children.get(row.id), past)
    keys = past.keys(row)
    if row.state in WAITING:
        return Subject(row, keys, waiting=[row]) if keys else None
    return Subject(row, keys, [row]) if keys else None


def build_subject(row: TaskRow, children: Sequence[TaskRow] | None,
                  past: PastDurations) -> Subject | None:
    """Find the parts that end a ``build`` task; None if unknown."""
    package = package_of(row)
    if package is None or children is None:
        return None
    if any(child.state in UNSUCCESSFUL for child in children):
        # The build fails, too: at once, or, on hubs with build_arch_can_fail,
        # after the end of its last buildArch task.
        children = [child for child in children if child.method == 'buildArch'
                    and child.state not in task_states.DONE_GROUP]
        if not children:
            return Subject(row, has_failed=True)
    subject = Subject(row, [past.package_key(package)])
    arches = [child for child in children if child.method == 'buildArch']
    waiting = [child for child in arches if child.state in WAITING]
    # The average includes the import, so each sum is the end of the import,
    # even after the end of the buildArch tasks.
    subject.started = [child for child in arches if child not in waiting]
    subject.waiting = waiting if arches else [row]
    return subject


def latest(ends: Iterable[datetime | None]) -> datetime | None:
    """Return the last end; None if one end is unknown, or if there is none."""
    known = []
    for end in ends:
        if end is None:
            return None
        known.append(end)
    return max(known, default=None)


def _not_past(started: datetime, duration: timedelta, now: datetime
              ) -> datetime | None:
    """
    Add a duration to the start of a part.

    :returns: the time of the end, but not before now; None if the time is
              too large for a datetime.
    """
    try:
        return max(started + duration, now)
    except OverflowError:
        return None
