"""How long builds take, by those that were made before."""
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Iterable, List, Optional

from twisted.internet.defer import Deferred

from txkoji import build_states
from txkoji.hub.shared import together

if TYPE_CHECKING:
    from txkoji.connection import Connection


def average_build_duration(connection: Connection, package: str
                           ) -> Deferred[Optional[timedelta]]:
    """
    How long builds of a package take on average.

    This is the hub's own average of all complete builds
    (``getAverageBuildDuration``): from the beginning of a build, which is
    when its source package is there, to its end. So it holds the longest
    ``buildArch`` and the import, and neither the queue nor the making of the
    source package. Builds of containers are imported with times of their own,
    of which the hub makes nothing useful; for these it is
    `average_last_builds`.

    :param package: the name of the package.
    :returns: a Deferred that fires with a timedelta; with None if there are
              no builds, or the average is no duration (below zero).
    """
    if is_container(package):
        return average_last_builds(connection, package)
    average: Deferred[Any] = connection.getAverageBuildDuration(package)
    return average.addCallback(_duration)


def average_build_durations(connection: Connection, packages: Iterable[str]
                            ) -> Deferred[List[Optional[timedelta]]]:
    """
    The same for several packages, containers and others.

    :returns: a Deferred that fires with a list of what
              `average_build_duration` gives, in the given order.
    """
    return Deferred.fromCoroutine(_each(connection, list(packages)))


async def _each(connection: Connection, packages: List[str]
                ) -> List[Optional[timedelta]]:
    return await together([average_build_duration(connection, package)
                           for package in packages])


def average_last_builds(connection: Connection, package: str, limit: int = 5
                        ) -> Deferred[Optional[timedelta]]:
    """
    How long the last builds of a package took on average, from start to
    completion.

    :param package: the name of the package.
    :param limit: how many builds.
    :returns: a Deferred that fires with a timedelta, or with None if there
              are no complete builds of which that is known.
    """
    def average(builds: List[Any]) -> Optional[timedelta]:
        durations = [duration for duration in (
            _duration(build.duration) for build in builds)
            if duration is not None]
        if not durations:
            return None
        return sum(durations, timedelta()) / len(durations)

    builds: Deferred[List[Any]] = connection.listBuilds(
        package, state=build_states.COMPLETE,
        queryOpts={'limit': limit, 'order': '-completion_time'})
    return builds.addCallback(average)


def is_container(package: str) -> bool:
    """Whether a package is a container, by what these are called."""
    return package.endswith(('-container', '-docker'))


def _duration(value: Optional[timedelta]) -> Optional[timedelta]:
    """A time that something can take, or None."""
    return None if value is None or value < timedelta() else value
