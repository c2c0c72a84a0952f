"""
The scatter of durations.

This module calls no hub: all of its input is numbers.
"""
from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from copy import copy
from math import inf, log
from statistics import median

#: The least number of values that tell a 10th and a 90th percentile
#: (``statistics.quantiles`` extrapolates them from fewer).
ENOUGH = 9


class Scatter:
    """
    The distribution of a duration, from earlier durations.

    Between the least and the greatest value, the percentiles are those of
    ``statistics.quantiles`` with its method "exclusive": of n values, one more
    is below the least with a probability of 1/(n + 1). Nothing is below the
    least value here. Above the greatest value, the distribution is
    exponential. Its scale is such that the greatest of n exponential values is
    as far above their median as here.

    :param values: the earlier durations in seconds, or as a fraction of an
                   average.
    :raises ValueError: if there are fewer than `ENOUGH` values.
    """

    def __init__(self, values: Iterable[float]) -> None:
        self._values: list[float] = sorted(values)
        self._factor = 1.0
        count = len(self._values)
        if count < ENOUGH:
            raise ValueError(f'{count} values do not tell their scatter')
        self._tail = ((self._values[-1] - median(self._values))
                      / log((count + 1) / 2))

    @property
    def decile_range(self) -> tuple[float, float]:
        """The 10th and the 90th percentile."""
        return self.quantile(0.1), self.quantile(0.9)

    def quantile(self, share: float) -> float:
        """
        Return the value that a share of all values is below.

        :param share: a number from 0, and below 1.
        """
        values = self._values
        count = len(values)
        place = share * (count + 1)
        below = int(place)
        if below < 1:
            value = values[0]
        elif below >= count:
            value = values[-1] + self._tail * -log((1 - share) * (count + 1))
        else:
            value = values[below - 1] + (place - below) * (
                values[below] - values[below - 1])
        return self._factor * value

    def quantile_above(self, least: float, share: float) -> float:
        """
        Return the quantile of the values that are above a least value.

        This is the duration of a task that has run for some time.

        :param least: the least value.
        :param share: a number from 0, and below 1.
        """
        values, count = self._values, len(self._values)
        value = least / self._factor if self._factor else inf
        if value >= values[-1]:
            # An exponential distribution begins anew at any value.
            return least + self._factor * self._tail * -log(1 - share)
        below = 0.0
        index = bisect_right(values, value)
        if index > 0:
            step = values[index] - values[index - 1]
            below = (index + (value - values[index - 1]) / step) / (count + 1)
        return max(least, self.quantile(below + (1 - below) * share))

    def scaled(self, factor: float) -> Scatter:
        """Return the distribution of the values, multiplied by a factor."""
        # The builds of all packages are many values: they are not copied.
        other = copy(self)
        other._factor *= factor
        return other


def scatter_of(values: Sequence[float]) -> Scatter | None:
    """Make a distribution, if there are enough values."""
    return Scatter(values) if len(values) >= ENOUGH else None
