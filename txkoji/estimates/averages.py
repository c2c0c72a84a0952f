"""Average durations of the builds of packages."""
from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred

from txkoji import build_states
from txkoji.resource import Hub

#: The upper limit of a plausible duration: ten years (our choice).
LONGEST = timedelta(days=3650)


def average_build_duration(connection: Hub, package: str
                           ) -> Deferred[timedelta | None]:
    """
    Get the average duration of the builds of a package.

    This is the hub's own average of all complete builds
    (``getAverageBuildDuration``). The hub creates a build after its source
    package is complete. So the average includes the longest ``buildArch`` task
    and the import, but neither the queue nor the creation of the source
    package.

    Container builds report their own times, and the hub's average of them is
    useless. Packages with names that end in ``-container`` or ``-docker``
    have the `average_last_builds` instead.

    :param package: the name of the package.
    :returns: a Deferred that fires with a timedelta; with None if there are
              no builds, or if the hub's average is below zero.
    """
    if is_container(package):
        return average_last_builds(connection, package)
    return connection.call('getAverageBuildDuration', package).addCallback(
        plausible)


def average_last_builds(connection: Hub, package: str, limit: int = 5
                        ) -> Deferred[timedelta | None]:
    """
    Get the average duration of the last builds of a package.

    A build lasts from its start to its completion.

    :param package: the name of the package.
    :param limit: the number of builds.
    :returns: a Deferred that fires with a timedelta; with None if there are
              no complete builds with a known duration.
    """
    builds: Deferred[list[Any]] = connection.listBuilds(
        package, state=build_states.COMPLETE,
        queryOpts={'limit': limit, 'order': '-completion_time'})
    return builds.addCallback(lambda builds: mean(
        plausible(build.duration) for build in builds))


def mean(durations: Iterable[timedelta | None]) -> timedelta | None:
    """Compute the mean of the known durations; None if there are none."""
    known = [duration for duration in durations if duration is not None]
    return sum(known, timedelta()) / len(known) if known else None


def is_container(package: str) -> bool:
    """Tell whether a package is a container, from the end of its name."""
    return str(package).endswith(('-container', '-docker'))


def plausible(value: timedelta | None) -> timedelta | None:
    """Return a plausible duration, and None in place of another value."""
    if value is None or not timedelta() <= value < LONGEST:
        return None
    return value
