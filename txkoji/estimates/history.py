"""Statistics of the recent ``buildArch`` tasks of a hub."""
from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from txkoji import task_states
from txkoji.estimates.averages import AverageDurations
from txkoji.estimates.tasks import NOARCH, arch_of
from txkoji.resource import Hub

#: The number of recent ``buildArch`` tasks in the statistics (our choice).
SAMPLE_SIZE = 500

#: The limits of the slowness of an architecture, as a fraction of the average
#: (our choice).
SLOWEST, FASTEST = 3.0, 0.1

#: In a mean, the default value counts as much as so many samples (our choice).
DEFAULT_SAMPLES = 10

#: The duration of a ``buildArch`` task, and the average of its package.
Sample = tuple[timedelta, timedelta]


@dataclass(frozen=True)
class BuildHistory:
    """
    Statistics of the recent ``buildArch`` tasks.

    :ivar slowness: architecture -> the duration of its tasks, as a fraction
                    of the averages of their packages.
    :ivar noarch: package -> True if its recent tasks were ``noarch``.
    """

    slowness: Mapping[str | None, float]
    noarch: Mapping[str | None, bool]


class NoarchGuess:
    """
    A guess for each package whether its builds are ``noarch``.

    The share of ``noarch`` packages is the same among the unknown packages as
    among the known ones. With few known packages, the share is lower.

    :param known: the known packages, see `BuildHistory`.
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


async def load_history(hub: Hub) -> BuildHistory:
    """Get the recent ``buildArch`` tasks and their averages from the hub."""
    averages = AverageDurations(hub)
    recent = []
    noarch: dict[str | None, bool] = {}
    async with hub.iterate(
            'listTasks',
            {'method': 'buildArch', 'state': [task_states.CLOSED]},
            queryOpts={'limit': SAMPLE_SIZE, 'order': '-completion_time'}
            ) as rows:
        async for row in rows:
            keys = averages.keys(row)
            recent.append((row, keys))
            if keys:
                noarch[keys[0].name] = row.arch == NOARCH
    await averages.load()
    samples: dict[str | None, list[Sample]] = {}
    for row, keys in recent:
        average, actual = averages.duration(keys), row.duration
        if average and actual:
            samples.setdefault(arch_of(row), []).append((actual, average))
    return BuildHistory(_slowness_by_arch(samples), noarch)


def _slowness_by_arch(samples: Mapping[str | None, Sequence[Sample]]
                      ) -> dict[str | None, float]:
    """Compute the slowness of each architecture."""
    slowness = {}
    for arch, own in samples.items():
        others = [sample for other in samples if other != arch
                  for sample in samples[other]]
        slowness[arch] = _slowness(own, _slowness(others, 1.0))
    return slowness


def _slowness(samples: Sequence[Sample], default: float) -> float:
    """
    Compute the mean duration of tasks, as a fraction of their averages.

    :param default: the result without samples. It also counts as much as
                    `DEFAULT_SAMPLES` samples.
    """
    if not samples:
        return default
    actual, average = (sum(times, timedelta()) for times in zip(*samples))
    slowness = min(max(actual / average, FASTEST), SLOWEST)
    return ((slowness * len(samples) + default * DEFAULT_SAMPLES)
            / (len(samples) + DEFAULT_SAMPLES))
