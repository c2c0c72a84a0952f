"""Average durations of builds."""
from __future__ import annotations

from datetime import timedelta
from typing import Any

from tests.support import HubTestCase
from txkoji import build_states
from txkoji.estimates import (
    average_build_duration,
    average_build_durations,
    average_last_builds,
)
from txkoji.exceptions import GenericError


class AverageTests(HubTestCase):
    """Tests of the average durations of packages."""

    def last(self, *durations: Any) -> None:
        """Set the durations of the last builds, in seconds."""
        self.hub.respond('getPackageID', 5)
        self.hub.respond('listBuilds', lambda *args, **kwargs: [
            {'start_ts': 1000.0, 'state': build_states.COMPLETE,
             'completion_ts': None if seconds is None else 1000.0 + seconds}
            for seconds in durations])

    def test_package(self) -> None:
        """The average of a package is the hub's own average."""
        self.assertEqual(
            self.get(average_build_duration(self.koji, 'ceph')),
            self.get(self.koji.getAverageBuildDuration('ceph')))
        self.assertIsNone(self.get(average_build_duration(self.koji, 'x')))

    def test_negative(self) -> None:
        """An average below zero is unknown; an average of zero is known."""
        for seconds, expected in [(-5.0, None), (0.0, timedelta()),
                                  (None, None), (60, timedelta(minutes=1))]:
            self.hub.respond('getAverageBuildDuration', seconds)
            self.assertEqual(
                self.get(average_build_duration(self.koji, 'ceph')), expected)

    def test_container(self) -> None:
        """The average of a container is that of its last builds."""
        self.last(60, 120, 180)
        self.assertEqual(
            self.get(average_build_duration(self.koji, 'rhceph-container')),
            timedelta(minutes=2))
        self.assertEqual(self.hub.calls[-1], ('listBuilds', (5,), {
            'state': 1, 'queryOpts': {'limit': 5,
                                      'order': '-completion_time'}}))

    def test_last_builds(self) -> None:
        """A build with an unknown duration does not count."""
        self.last(60, None, -100, 120)
        self.assertEqual(
            self.get(average_last_builds(self.koji, 'x', limit=3)),
            timedelta(seconds=90))
        self.assertEqual(self.hub.calls[-1][2]['queryOpts']['limit'], 3)
        self.last(None)
        self.assertIsNone(self.get(average_last_builds(self.koji, 'x')))
        self.hub.respond('getPackageID', None)
        self.assertIsNone(self.get(average_last_builds(self.koji, 'x')))

    def test_mixed(self) -> None:
        """Averages of packages and containers come in the given order."""
        self.last(60)
        self.hub.respond('getAverageBuildDuration', lambda name: {
            'a': 10.0, 'b': 20.0}.get(name))
        self.assertEqual(
            self.get(average_build_durations(
                self.koji, ['b', 'x-container', 'a', 'c'])),
            [timedelta(seconds=20), timedelta(seconds=60),
             timedelta(seconds=10), None])
        # A container needs no more builds than its average does.
        [options] = [kwargs['queryOpts'] for method, _, kwargs
                     in self.hub.calls if method == 'listBuilds']
        self.assertEqual(options['limit'], 5)
        self.assertEqual(self.get(average_build_durations(self.koji, [])),
                         [])

    def test_fault(self) -> None:
        """A fault of one package is the error."""
        self.hub.fault('getAverageBuildDuration', 1000, 'no')
        self.fail_of(average_build_durations(self.koji, ['a', 'b']),
                     GenericError)
