"""Estimates in rare situations."""
from __future__ import annotations

from tests.estimates.test_forecast import ForecastTestCase
from txkoji import task_states


class PackageTests(ForecastTestCase):
    """Tests of the packages of tasks."""

    def test_noarch_again(self) -> None:
        """The last build of a package says whether the next is noarch."""
        self.hub.tables.hosts[1]['enabled'] = False
        number = self.build(task_states.FREE)
        for first, second, minutes in [('x86_64', 'noarch', 60),
                                       ('noarch', 'x86_64', None)]:
            older = self.build_arch(task_states.CLOSED, first, started=900,
                                    completed=840)
            self.build_arch(task_states.CLOSED, second, started=90,
                            completed=30)
            self.check(number, minutes)
            del self.hub.tables.tasks[older - 1:]
