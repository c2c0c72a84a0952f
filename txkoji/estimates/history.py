"""Statistics of the recent ``buildArch`` tasks of a hub."""
from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import fmean, stdev

from txkoji import task_states
from txkoji.estimates.durations import DurationKey, PastDurations
from txkoji.estimates.scatter import ENOUGH
from txkoji.estimates.tasks import NOARCH, arch_of
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow

#: The number of recent ``buildArch`` tasks in the statistics (our choice).
SAMPLE_SIZE = 500

#: The limits of the slowness of an architecture, as a fraction of the average
#: (our choice).
SLOWEST, FASTEST = 3.0, 0.1

#: In a mean, the default value counts as much as so many samples (our choice).
DEFAULT_SAMPLES = 10

#: The seconds of a ``buildArch`` task, and those of its package's average.
Durations = tuple[float, float]


@dataclass(frozen=True)
class BuildHistory:
    """
    Statistics of the recent ``buildArch`` tasks.

    :ivar slowness: architecture -> the duration of its tasks, as a fraction
                    of the averages of their packages.
    :ivar errors: architecture -> the standard error of its slowness, as a
                  fraction of the slowness.
    :ivar task_ratios: the durations of the tasks, as a fraction of the
                       averages of their packages, and of the slowness of their
                       architecture.
    :ivar build_ratios: the durations of the longest task of each build, as a
                        fraction of the average of the package.
    """

    slowness: Mapping[str | None, float]
    errors: Mapping[str | None, float]
    task_ratios: Sequence[float]
    build_ratios: Sequence[float]


class NoarchGuess:
    """
    A guess for each package whether its builds are ``noarch``.

    The share of ``noarch`` packages is the same among the unknown packages as
    among the known ones. With few known packages, the share is lower.

    :param known: the known packages, see `RecentTasks.noarch`.
    """

    def __init__(self, known: Mapping[str | None, bool]) -> None:
        self._known = known
        self._share = sum(known.values()) / (len(known) + DEFAULT_SAMPLES)
        #: The number of noarch packages that are due among the unknown ones.
        self._due = 0.0

    def is_noarch(self, package: str | None) -> bool:
        """Guess whether the next build is ``noarch``, from its package."""
        if package in self._known:
            return self._known[package]
        self._due += self._share
        if self._due < 1:
            return False
        self._due -= 1
        return True


class RecentTasks:
    """
    The recent ``buildArch`` tasks of a hub.

    :param hub: the connection.
    :param past: gets the keys of all tasks. The durations are loaded
                 separately.
    """

    def __init__(self, hub: Hub, past: PastDurations) -> None:
        self._hub = hub
        self._past = past
        self._rows: list[tuple[TaskRow, list[DurationKey]]] = []
        #: build -> the time of the first end of one of its tasks.
        self._ends: dict[int, datetime] = {}
        self._samples: dict[str | None, list[Durations]] = {}
        #: build -> its longest duration, as a fraction of the average.
        self._builds: dict[int, float] = {}
        #: The builds that have failed or were canceled.
        self._unsuccessful: set[int] = set()
        #: package -> True if its last task was ``noarch``.
        self.noarch: dict[str | None, bool] = {}

    async def load(self) -> None:
        """Get the recent tasks from the hub."""
        async with self._hub.iterate(
                'listTasks',
                {'method': 'buildArch', 'state': [*task_states.DONE_GROUP]},
                queryOpts={'limit': SAMPLE_SIZE, 'order': '-completion_time'}
                ) as rows:
            async for row in rows:
                if row.completed is not None:
                    self._ends[row.parent or -row.id] = row.completed
                if row.state != task_states.CLOSED:
                    self._unsuccessful.add(row.parent or -row.id)
                    continue
                keys = self._past.keys(row)
                self._rows.append((row, keys))
                if keys:
                    # The last task comes first.
                    self.noarch.setdefault(keys[0].name, row.arch == NOARCH)

    def cancellations(self, active: int, now: datetime) -> tuple[int, float]:
        """
        Count the builds that were canceled or have failed.

        :param active: the number of the builds that can be canceled at a time.
        :param now: the current time.
        :returns: the number, and the seconds of all builds in which they were
                  canceled.
        """
        seconds = (now - min(self._ends.values(), default=now)
                   ).total_seconds() * active
        return (len(self._unsuccessful) if seconds > 0 else 0), seconds

    def compare(self) -> Iterator[None]:
        """Compare the recent tasks with the averages, in steps."""
        for row, keys in self._rows:
            average, actual = self._past.duration(keys), row.duration
            if average and actual:
                self._samples.setdefault(arch_of(row), []).append(
                    (actual.total_seconds(), average.total_seconds()))
                # A build lasts as long as its slowest architecture.
                build = row.parent or -row.id
                self._builds[build] = max(self._builds.get(build, 0.0),
                                          actual / average)
            yield

    def statistics(self) -> BuildHistory:
        """Compute the statistics, after `compare`."""
        slowness = _slowness_by_arch(self._samples)
        return BuildHistory(
            slowness, {arch: _standard_error(own)
                       for arch, own in self._samples.items()},
            [actual / average / slowness[arch]
             for arch, own in self._samples.items()
             for actual, average in own],
            list(self._builds.values()))


def _slowness_by_arch(samples: Mapping[str | None, Sequence[Durations]]
                      ) -> dict[str | None, float]:
    """Compute the slowness of each architecture."""
    slowness = {}
    for arch, own in samples.items():
        others = [sample for other in samples if other != arch
                  for sample in samples[other]]
        slowness[arch] = _slowness(own, _slowness(others, 1.0))
    return slowness


def _slowness(samples: Sequence[Durations], default: float) -> float:
    """
    Compute the mean duration of tasks, as a fraction of their averages.

    :param default: the result without samples. It also counts as much as
                    `DEFAULT_SAMPLES` samples.
    """
    if not samples:
        return default
    actual, average = map(sum, zip(*samples))
    slowness = min(max(actual / average, FASTEST), SLOWEST)
    return ((slowness * len(samples) + default * DEFAULT_SAMPLES)
            / (len(samples) + DEFAULT_SAMPLES))


def _standard_error(samples: Sequence[Durations]) -> float:
    """Compute the standard error of a mean of ratios, as a fraction of it."""
    if len(samples) < ENOUGH:
        return 0.0
    ratios = [actual / average for actual, average in samples]
    error: float = stdev(ratios) / fmean(ratios) / len(ratios) ** 0.5
    return error
