"""The scatter of durations."""
from __future__ import annotations

import tracemalloc
from math import log
from random import Random
from statistics import quantiles

from twisted.trial.unittest import SynchronousTestCase

from txkoji.estimates.architectures import ArchScatter
from txkoji.estimates.scatter import ENOUGH, Scatter


class ScatterTests(SynchronousTestCase):
    """Tests of `Scatter`."""

    def test_percentiles(self) -> None:
        """The 10th and 90th percentile are the exclusive ones."""
        random = Random(1)
        for count in (ENOUGH, 10, 20, 57):
            values = [random.lognormvariate(6, 0.5) for _ in range(count)]
            low, *_, high = quantiles(values, n=10, method='exclusive')
            scatter = Scatter(values)
            for ours, theirs in zip(scatter.decile_range, (low, high)):
                self.assertAlmostEqual(ours, theirs)
            # Every draw between is in order.
            drawn = [scatter.quantile(number / 100) for number in range(100)]
            self.assertEqual(drawn, sorted(drawn))
            # Half of what is above a quantile is above the next one.
            for number in range(20, 100):
                share = number / 100
                self.assertAlmostEqual(
                    scatter.quantile_above(scatter.quantile(share), 0.5),
                    scatter.quantile((1 + share) / 2))

    def test_few(self) -> None:
        """Too few values do not tell their scatter."""
        self.assertRaises(ValueError, Scatter, range(ENOUGH - 1))

    def test_above(self) -> None:
        """A task that has run for a while takes longer than that."""
        scatter = Scatter(range(100, 300, 10))
        for least in (0, 99, 100, 155, 290, 291, 5000):
            for share in (0.0, 0.3, 0.99):
                self.assertGreaterEqual(
                    scatter.quantile_above(least, share), least)
        self.assertEqual(scatter.quantile_above(0, 0.5),
                         scatter.quantile(0.5))
        # Half of the values above the median are above the third quartile.
        self.assertAlmostEqual(
            scatter.quantile_above(scatter.quantile(0.5), 0.5),
            scatter.quantile(0.75))
        # No share is too near to 1.
        for least in range(290, 1500):
            scatter.quantile_above(least, 1 - 2 ** -53)
        # Beyond all values, the rest does not depend on the past.
        self.assertAlmostEqual(scatter.quantile_above(5000, 0.5) - 5000,
                               scatter.quantile_above(9000, 0.5) - 9000)

    def test_equal(self) -> None:
        """Equal values have no scatter."""
        scatter = Scatter([60.0] * ENOUGH)
        for share in (0.0, 0.5, 0.999):
            self.assertEqual(scatter.quantile(share), 60)
            self.assertEqual(scatter.quantile_above(10, share), 60)
            self.assertEqual(scatter.quantile_above(60, share), 60)
            self.assertEqual(scatter.quantile_above(99, share), 99)

    def test_scaled(self) -> None:
        """A factor multiplies all values."""
        values = Scatter(range(10))
        for factor in (0, 0.5, 3):
            scaled = values.scaled(2).scaled(factor / 2)
            for share in (0.0, 0.05, 0.5, 0.99):
                self.assertAlmostEqual(scaled.quantile(share),
                                       factor * values.quantile(share))
                for least in (0, 5, 9, 99):
                    self.assertAlmostEqual(
                        scaled.quantile_above(factor * least, share),
                        factor * values.quantile_above(least, share))

    def test_memory(self) -> None:
        """The distributions of all packages share their values."""
        values = Scatter(range(10000))
        tracemalloc.start()
        self.addCleanup(tracemalloc.stop)
        packages = [values.scaled(number) for number in range(1000)]
        self.assertLess(tracemalloc.get_traced_memory()[0],
                        1000 * len(packages))


class ArchTests(SynchronousTestCase):
    """Tests of `ArchScatter`."""

    def test_fit(self) -> None:
        """The slowest of several tasks takes as long as the builds did."""
        random = Random(2)
        tasks = Scatter([random.lognormvariate(0, 0.35) for _ in range(400)])
        slowness = {'x86_64': 0.5, 's390x': 0.9}
        arches = ArchScatter(tasks, slowness)
        for spread in (0.05, 0.3, 0.9):
            builds = Scatter([random.lognormvariate(7, spread)
                              for _ in range(20)])
            for names in (['x86_64'], ['x86_64', 's390x'], ['x', 's390x']):
                fitted = arches.fit((spread, names[0]), builds, names)
                drawn = Scatter([max(
                    slowness.get(name, 1.0) * fitted.quantile(random.random())
                    for name in names) for _ in range(4000)])
                for ours, theirs in zip(drawn.decile_range,
                                        builds.decile_range):
                    self.assertLess(abs(log(ours / theirs)),
                                    0.05 + spread / 4)

    def test_outliers(self) -> None:
        """Tasks of nearly equal durations, with outliers, are no error."""
        tasks = Scatter([1 + number / 1e4 for number in range(100)]
                        + [0.001, 50.0])
        builds = Scatter([10.0 ** number for number in range(1, 11)])
        fitted = ArchScatter(tasks, {}).fit('x', builds, ['x86_64'] * 2)
        self.assertTrue(0 < fitted.quantile(0.5) < 1e12)

    def test_constant(self) -> None:
        """Tasks or builds without scatter are no error."""
        same = Scatter([1.0] * ENOUGH)
        apart = Scatter(range(10, 30))
        for tasks, builds in ((same, apart), (apart, same), (same, same),
                              (Scatter([0.0] * ENOUGH), apart)):
            fitted = ArchScatter(tasks, {}).fit('x', builds, ['x86_64'] * 3)
            self.assertGreaterEqual(fitted.quantile(0.5), 0.5)
