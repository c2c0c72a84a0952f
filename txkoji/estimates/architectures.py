"""
The durations of the ``buildArch`` tasks of a build.

This module calls no hub: all of its input is numbers.
"""
from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from math import log
from random import Random

from txkoji.estimates.scatter import Scatter

#: The number of values of a distribution, and of draws to fit it (our
#: choice).
VALUES = 99

#: The least duration of a task, as a fraction of its average: a task of no
#: duration has no logarithm (our choice).
LEAST = 0.001

#: The number of steps to fit a distribution (our choice). Each step changes
#: less than the one before.
STEPS = 3

#: The greatest power (our choice). With nearly equal values, another power
#: would be too large for a float.
MAX_POWER = 10.0


class ArchScatter:
    """
    The scatter of the durations of single architectures.

    The earlier builds of a package tell how long their slowest architecture
    took. Recent tasks of all packages tell how slow each architecture is, and
    how the durations of single tasks scatter. `fit` combines both.

    :param tasks: the scatter of single tasks, as a fraction of their average.
    :param slowness: see `BuildHistory.slowness`.
    """

    def __init__(self, tasks: Scatter,
                 slowness: Mapping[str | None, float]) -> None:
        self._slowness = slowness
        shares = [(number + 1) / (VALUES + 1) for number in range(VALUES)]
        self._values = [max(tasks.quantile(share), LEAST)
                        for share in shares]
        self._random = Random(VALUES)
        #: The order of the values of each architecture, in draws of a build.
        self._orders: list[list[int]] = []
        self._fitted: dict[Hashable, Scatter] = {}

    def slowness(self, arch: str | None) -> float:
        """Return the slowness of an architecture; 1 if it is unknown."""
        return self._slowness.get(arch, 1.0)

    def fit(self, key: Hashable, builds: Scatter, arches: Sequence[str | None]
            ) -> Scatter:
        """
        Find the scatter of the tasks of a package on an average architecture.

        The values of all packages are raised to a power, and multiplied by a
        factor, so that the slowest of tasks that start together has the 10th
        and the 90th percentile of the package's builds.

        :param key: the package.
        :param builds: the scatter of the package's builds.
        :param arches: the architectures of the build.
        """
        key = key, tuple(arches)
        if key not in self._fitted:
            self._fitted[key] = self._fit(builds, arches)
        return self._fitted[key]

    def _fit(self, builds: Scatter, arches: Sequence[str | None]) -> Scatter:
        low, high = (max(value, 1.0) for value in builds.decile_range)
        power = 1.0
        for _ in range(STEPS):
            least, most = self._longest(power, arches)
            if most <= least:
                # All durations are equal.
                break
            power = min(power * log(high / low) / log(most / least),
                        MAX_POWER)
        least, most = self._longest(power, arches)
        factor = (low * high / (least * most)) ** 0.5
        return Scatter(factor * value ** power for value in self._values)

    def _longest(self, power: float, arches: Sequence[str | None]
                 ) -> tuple[float, float]:
        """Draw the longest of several tasks; return two percentiles."""
        values = [value ** power for value in self._values]
        while len(self._orders) < len(arches):
            self._orders.append(self._random.sample(range(VALUES), VALUES))
        columns = [[self.slowness(arch) * values[place] for place in order]
                   for arch, order in zip(arches, self._orders)]
        return Scatter(map(max, *columns) if len(columns) > 1
                       else columns[0]).decile_range
