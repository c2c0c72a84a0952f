"""How long builds take."""
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
    """Averages of builds that were made before."""

    def last(self, *durations: Any) -> None:
        """Teach the hub how long the last builds took."""
        self.hub.respond('getPackageID', 5)
        self.hub.respond('listBuilds', lambda *args, **kwargs: [
            {'start_ts': 1000.0, 'state': build_states.COMPLETE,
             'completion_ts': None if seconds is None else 1000.0 + seconds}
            for seconds in durations])

    def test_package(self) -> None:
        """Of a package it is the hub's own average."""
        self.assertEqual(
            self.get(average_build_duration(self.koji, 'ceph')),
            self.get(self.koji.getAverageBuildDuration('ceph')))
        self.assertIsNone(self.get(average_build_duration(self.koji, 'x')))

    def test_negative(self) -> None:
        """One below zero is none; zero is one."""
        for seconds, expected in [(-5.0, None), (0.0, timedelta()),
                                  (None, None), (60, timedelta(minutes=1))]:
            self.hub.respond('getAverageBuildDuration', seconds)
            self.assertEqual(
                self.get(average_build_duration(self.koji, 'ceph')), expected)

    def test_container(self) -> None:
        """Of a container it is that of the last builds."""
        self.last(60, 120, 180)
        self.assertEqual(
            self.get(average_build_duration(self.koji, 'rhceph-container')),
            timedelta(minutes=2))
        self.assertEqual(self.hub.calls[-1], ('listBuilds', (5,), {
            'state': 1, 'queryOpts': {'limit': 5,
                                      'order': '-completion_time'}}))

    def test_last_builds(self) -> None:
        """Builds of which no duration is known do not count."""
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
        """Packages and containers may be asked for together, in order."""
        self.last(60)
        self.hub.respond('getAverageBuildDuration', lambda name: {
            'a': 10.0, 'b': 20.0}.get(name))
        self.assertEqual(
            self.get(average_build_durations(
                self.koji, ['b', 'x-container', 'a', 'c'])),
            [timedelta(seconds=20), timedelta(seconds=60),
             timedelta(seconds=10), None])
        self.assertEqual(self.get(average_build_durations(self.koji, [])),
                         [])

    def test_trouble(self) -> None:
        """What the hub complains of is the error."""
        self.hub.fault('getAverageBuildDuration', 1000, 'no')
        self.fail_of(average_build_durations(self.koji, ['a', 'b']),
                     GenericError)
