"""Estimates of what waits, by what happens then in a simulated channel."""
from __future__ import annotations

from statistics import median

from twisted.trial.unittest import SynchronousTestCase

from tests.simulation import Sample, measure


class FullChannelTests(SynchronousTestCase):
    """A channel with more to do than its hosts can."""

    def check(self, scheduler: bool) -> None:
        """Play 20 times, and compare with the simple rule."""
        samples: list[Sample] = []
        for seed in range(20):
            samples += measure(seed, scheduler=scheduler, times=(1200, 6000),
                               tasks=3)
        self.assertGreater(len(samples), 80)
        error = median(abs(sample.error) for sample in samples)
        simple = median(abs(sample.simple) for sample in samples)
        self.assertLess(error, simple / 3)
        # As many are too early as are too late, or nearly so.
        bias = median(sample.error for sample in samples)
        self.assertLess(abs(bias), simple / 6)

    def test_hub_assigns(self) -> None:
        """With a hub that assigns tasks every minute they are good."""
        self.check(scheduler=True)

    def test_hosts_take(self) -> None:
        """With hosts that take tasks every 15 seconds they are good, too."""
        self.check(scheduler=False)
