"""Average durations of builds and tasks, from earlier builds and tasks."""
from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from statistics import median
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji import build_states, task_states
from txkoji.exceptions import GenericError
from txkoji.hub.deferreds import gather
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow, package_of

#: Methods of tasks that only wait for other tasks: their duration is unknown.
OPEN_ENDED = frozenset(['chainbuild', 'chainmaven', 'dependantTask',
                        'waitrepo'])

#: The number of recent tasks of a method in a median (our choice).
RECENT = 50

#: The upper limit of a plausible duration: ten years (our choice).
LONGEST = timedelta(days=3650)

#: The number of concurrent requests for many averages (our choice).
CONCURRENCY = 4

#: Methods of container builds, which report their own times to the hub.
CONTAINERS = ('buildContainer', 'buildSourceContainer')

#: Kinds of averages: the hub's average of a package, the average of the last
#: builds of a package, and the median of the last tasks of a method.
PACKAGE, LAST, METHOD = 'package', 'last builds', 'method'


class DurationKey(NamedTuple):
    """
    The key of an average duration.

    :ivar kind: `PACKAGE`, `LAST` or `METHOD`.
    :ivar name: the name of the package, or the method.
    :ivar subject: the subject of a task of the method.
    """

    kind: str
    name: str
    subject: Any = None


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
        _duration)


def average_build_durations(connection: Hub, packages: Iterable[str]
                            ) -> Deferred[list[timedelta | None]]:
    """
    Get the average durations of the builds of several packages.

    :param packages: names of packages, containers and others.
    :returns: a Deferred that fires with a list of the results of
              `average_build_duration`, in the order of the packages.
    """
    return Deferred.fromCoroutine(
        _package_averages(connection, list(packages), strict=True))


async def _package_averages(connection: Hub, packages: list[str],
                            strict: bool) -> list[timedelta | None]:
    """
    Get the average durations of the builds of several packages.

    :param strict: True if a fault of one package is an error. With False, the
                   average of a package with a fault is None.
    """
    names = list(dict.fromkeys(packages))
    multicall = connection.MultiCall(strict=strict, concurrency=CONCURRENCY)
    plain = [name for name in names if not is_container(name)]
    if len(plain) > 1:
        for name in plain:
            multicall.call('getAverageBuildDuration', name)
        averages = dict(zip(plain, map(
            _duration, without_faults(await multicall()))))
    else:
        averages = {}
    others = [name for name in names if name not in averages]
    averages.update(zip(others, await gather(
        [average_build_duration(connection, name) for name in others])))
    return [averages[name] for name in packages]


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
    def average(builds: list[Any]) -> timedelta | None:
        durations = [duration for duration in (
            _duration(build.duration) for build in builds)
            if duration is not None]
        if not durations:
            return None
        return sum(durations, timedelta()) / len(durations)

    builds: Deferred[list[Any]] = connection.listBuilds(
        package, state=build_states.COMPLETE,
        queryOpts={'limit': limit, 'order': '-completion_time'})
    return builds.addCallback(average)


def task_durations(connection: Hub, tasks: Iterable[TaskRow]
                   ) -> Deferred[list[timedelta | None]]:
    """
    Estimate the durations of tasks, each from its start to its end.

    The estimate depends on the method of the task:

    * ``buildArch``: the `average_build_duration` of the package. This average
      is that of the slowest architecture, and it includes the import.
    * ``build``: the same average, and the median of the source package before
      it, if known.
    * ``buildContainer`` and ``buildSourceContainer``: the
      `average_last_builds` of the package.
    * Other methods: the median of the last 50 closed tasks of the method. If
      some of the 50 tasks have the same package or tag, and the same
      architecture, only they count.
    * Methods that only wait for other tasks, such as ``waitrepo``: unknown.

    :param tasks: tasks in any state. The duration of a finished task is
                  estimated, too.
    :returns: a Deferred that fires with a list of timedeltas, in the order of
              the tasks. An unknown duration is None.
    """
    return Deferred.fromCoroutine(_task_durations(connection, list(tasks)))


async def _task_durations(connection: Hub, tasks: list[TaskRow]
                          ) -> list[timedelta | None]:
    averages = AverageDurations(connection)
    keys = [averages.keys(task) for task in tasks]
    await averages.load()
    return [averages.duration(steps) for steps in keys]


class AverageDurations:
    """
    The average durations of many tasks, in few calls.

    First get the `keys` of each task, then `load` all averages, then ask for
    each `duration`.
    """

    def __init__(self, connection: Hub) -> None:
        self._connection = connection
        #: kind -> name -> average, which is None before `load`.
        self._averages: dict[str, dict[str, Any]] = {
            PACKAGE: {}, LAST: {}, METHOD: {}}

    def keys(self, task: TaskRow) -> list[DurationKey]:
        """
        List the keys of the steps of a task, to be loaded.

        :returns: the key of the main step, and that of the source package, if
                  the task creates one. An empty list if the duration is
                  unknown.
        """
        method = task.get('method')
        if not isinstance(method, str) or method in OPEN_ENDED:
            return []
        package = package_of(task)
        if method in ('build', 'buildArch', *CONTAINERS):
            if package is None:
                return []
            kind = LAST if method in CONTAINERS else PACKAGE
            keys = [DurationKey(kind, package)]
            srpm = srpm_method(task)
            if srpm is not None:
                keys.append(DurationKey(METHOD, srpm, (package, None)))
        else:
            keys = [DurationKey(METHOD, method, _subject(task, package))]
        for kind, name, _ in keys:
            self._averages[kind][name] = None
        return keys

    async def load(self) -> None:
        """Get the averages of all keys from the hub."""
        connection = self._connection
        packages, last, methods = self._averages.values()
        packages.update(zip(packages, await _package_averages(
            connection, list(packages), strict=False)))
        last.update(zip(last, await gather(
            [average_last_builds(connection, name) for name in last])))
        methods.update(zip(methods, map(_by_subject, await gather(
            [_recent_tasks(connection, name) for name in methods]))))

    def duration(self, keys: Sequence[DurationKey]) -> timedelta | None:
        """
        Add up the durations of the steps of a task.

        :param keys: the keys of the steps, the main step first.
        :returns: the sum; None if the duration of the main step is unknown.
                  Any other unknown duration counts as zero.
        """
        steps = [self._step(*key) for key in keys]
        if not steps or steps[0] is None:
            return None
        return sum((step for step in steps if step), timedelta())

    def _step(self, kind: str, name: str, subject: Any) -> timedelta | None:
        average = self._averages[kind][name]
        if kind == METHOD:
            durations = average.get(subject) or average[None]
            return median(durations) if durations else None
        return average  # type: ignore[no-any-return]


def srpm_method(task: TaskRow) -> str | None:
    """
    Name the method of the task that creates the source package of a build.

    A source package that was uploaded is rebuilt, unless the options of the
    build say otherwise.

    :returns: the method; None if the task is no ``build``, or if the build
              uses the uploaded source package.
    """
    if task.get('method') != 'build':
        return None
    if not (task.source or '').endswith('.src.rpm'):
        return 'buildSRPMFromSCM'
    rebuild = (task.options or {}).get('rebuild_srpm', True)
    return 'rebuildSRPM' if rebuild else None


def _recent_tasks(connection: Hub, method: str) -> Deferred[list[TaskRow]]:
    """List the last closed tasks of a method."""
    recent: Deferred[list[TaskRow]] = connection.listTasks(
        {'method': method, 'state': [task_states.CLOSED]},
        queryOpts={'limit': RECENT, 'order': '-completion_time'})
    return recent


def _by_subject(tasks: Iterable[TaskRow]) -> dict[Any, list[timedelta]]:
    """Group the durations of tasks by subject; None has all durations."""
    durations: dict[Any, list[timedelta]] = {None: []}
    for task in tasks:
        duration = _duration(task.duration)
        if duration is not None:
            subject = _subject(task, package_of(task))
            durations.setdefault(subject, []).append(duration)
            durations[None].append(duration)
    return durations


def _subject(task: TaskRow, package: str | None) -> tuple[Any, ...]:
    """Return the subject of a task, to compare it with similar tasks."""
    return package or task.tag, task.arch


def not_past(started: datetime, duration: timedelta, now: datetime
             ) -> datetime | None:
    """
    Add a duration to the start of a running task or build.

    :returns: the time of the end, but not before now; None if the time is
              too large for a datetime.
    """
    try:
        return max(started + duration, now)
    except OverflowError:
        return None


def without_faults(results: Any) -> list[Any]:
    """
    List the results of a multicall, with None in place of faults.

    :param results: `MultiCallResults`.
    :raises KojiException: if the multicall itself failed.
    """
    for error in results.faults:
        if not isinstance(error, GenericError):
            raise error
    found = []
    results = iter(results)
    while True:
        try:
            found.append(next(results))
        except GenericError:
            found.append(None)
        except StopIteration:
            return found


def is_container(package: str) -> bool:
    """Tell whether a package is a container, from the end of its name."""
    return str(package).endswith(('-container', '-docker'))


def _duration(value: timedelta | None) -> timedelta | None:
    """Return a plausible duration, and None in place of another value."""
    if value is None or not timedelta() <= value < LONGEST:
        return None
    return value
