"""Estimates of waiting tasks, compared with a simulated channel."""
from __future__ import annotations

from statistics import median

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation import Ending, Sample, calibrate, measure


class FullChannelTests(SynchronousTestCase):
    """Tests of a channel with more tasks than its hosts can run."""

    def check(self, scheduler: bool) -> None:
        """Compare estimates in 20 simulations with the simple rule."""
        samples: list[Sample] = []
        for seed in range(20):
            samples += measure(seed, scheduler=scheduler, times=(1200, 6000),
                               tasks=3)
        self.assertGreater(len(samples), 80)
        error = median(abs(sample.error) for sample in samples)
        simple = median(abs(sample.simple) for sample in samples)
        self.assertLess(error, simple / 3)
        # About as many estimates are too early as are too late.
        bias = median(sample.error for sample in samples)
        self.assertLess(abs(bias), simple / 6)

    def test_hub_assigns(self) -> None:
        """Estimates are good if the hub assigns tasks every 60 seconds."""
        self.check(scheduler=True)

    def test_hosts_take(self) -> None:
        """Estimates are good if hosts take tasks every 15 seconds."""
        self.check(scheduler=False)


class IntervalTests(SynchronousTestCase):
    """Tests of the intervals of estimates in full channels."""

    def test_calibration(self) -> None:
        """
        Eight of ten builds end within their intervals.

        The benchmark estimates thousands of builds. Of these 500, the number
        is 400, give or take three standard deviations of a binomial
        distribution (9).
        """
        endings: list[Ending] = []
        for seed in range(12):
            endings += calibrate(seed, scheduler=seed % 2 == 0,
                                 times=(1200, 3600, 6000, 9000, 14400),
                                 builds=10)
        del endings[500:]
        self.assertEqual(len(endings), 500)
        self.assertTrue(400 - 27 <= sum(
            ending.is_within for ending in endings) <= 400 + 27)
