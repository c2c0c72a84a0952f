"""The durations of earlier builds and tasks, for estimates of many tasks."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from statistics import median
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji import build_states, task_states
from txkoji.estimates.averages import is_container, mean, plausible
from txkoji.estimates.batch import Batch
from txkoji.estimates.pacing import Pacer
from txkoji.estimates.scatter import Scatter, scatter_of
from txkoji.exceptions import GenericError
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow, package_of

#: Methods of tasks that only wait for other tasks: their duration is unknown.
OPEN_ENDED = frozenset(['chainbuild', 'chainmaven', 'dependantTask',
                        'waitrepo'])

#: The number of recent tasks of a method in a median (our choice).
RECENT = 50

#: The number of recent builds of a package whose scatter counts, and the
#: number of recent builds of a container in an average (our choice).
BUILDS, AVERAGED = 20, 5

#: The number of packages whose builds are in one answer (our choice). An
#: answer has 2 kB for each build.
PACKAGES = 5

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
    :raises GenericError: if there is one task, and the hub refuses the call
                          for its duration.
    """
    return Deferred.fromCoroutine(_task_durations(connection, list(tasks)))


async def _task_durations(connection: Hub, tasks: list[TaskRow]
                          ) -> list[timedelta | None]:
    past, pacer = PastDurations(connection), Pacer(connection.client.reactor)
    keys = await pacer.collect(past.keys(task) for task in tasks)
    await past.load()
    if len(tasks) == 1:
        past.check(keys[0][:1])
    return await pacer.collect(past.duration(steps) for steps in keys)


def average_build_durations(connection: Hub, packages: Iterable[str]
                            ) -> Deferred[list[timedelta | None]]:
    """
    Get the average durations of the builds of several packages.

    :param packages: names of packages, containers and others.
    :returns: a Deferred that fires with a list of the results of
              `average_build_duration`, in the order of the packages.
    :raises GenericError: if the hub refuses the call for a package.
    """
    return Deferred.fromCoroutine(
        _package_averages(connection, list(packages)))


async def _package_averages(hub: Hub, packages: list[str]
                            ) -> list[timedelta | None]:
    past, pacer = PastDurations(hub), Pacer(hub.client.reactor)
    keys = await pacer.collect(map(past.package_key, packages))
    await past.load()
    past.check(keys)
    return await pacer.collect(past.duration([key]) for key in keys)


class PastDurations:
    """
    The average durations of many tasks, and their scatter, in few calls.

    First get the `keys` of each task, then `load` all durations, then ask for
    each `duration` and `scatter`.

    :param hub: the connection.
    :param builds: the number of last builds of a package to load, if they are
                   asked for.
    """

    def __init__(self, hub: Hub, builds: int = AVERAGED) -> None:
        self._hub = hub
        self._limit = builds
        #: The averages of packages, whether from the hub or of last builds.
        self._averages: dict[DurationKey, timedelta | None] = {}
        #: The durations of the last builds of packages, of those that are
        #: asked for.
        self._builds: dict[DurationKey, list[timedelta]] = {}
        self._methods: dict[str, dict[Any, list[timedelta]]] = {}
        #: The faults of packages and methods.
        self._faults: dict[DurationKey, GenericError] = {}

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
            keys = [self.package_key(package, method in CONTAINERS)]
            srpm = _srpm_method(task)
            if srpm is not None:
                keys.append(DurationKey(METHOD, srpm, (package, None)))
        else:
            keys = [DurationKey(METHOD, method, _subject(task, package))]
        for key in keys:
            if key.kind == METHOD:
                self._methods.setdefault(key.name, {None: []})
        return keys

    def package_key(self, package: str, container: bool = False
                    ) -> DurationKey:
        """
        Make the key of a package, to be loaded.

        :param container: True if a container build reports its own times.
        """
        if container or is_container(package):
            key = DurationKey(LAST, package)
            self._builds.setdefault(key, [])
        else:
            key = DurationKey(PACKAGE, package)
            self._averages.setdefault(key, None)
        return key

    def want_scatter(self, key: DurationKey) -> None:
        """Load the last builds of a package, too."""
        if key.kind != METHOD:
            self._builds.setdefault(key, [])

    async def load(self) -> None:
        """Get the durations of all keys from the hub."""
        first, second = Batch(self._hub), Batch(self._hub, PACKAGES)
        await Pacer(self._hub.client.reactor).run(self.ask(first, second))
        await first.send()
        await second.send()

    def ask(self, first: Batch, second: Batch) -> Iterator[None]:
        """
        Store the calls for the durations of all keys, in steps.

        :param first: is sent first. Its answers store calls in the second
                      batch.
        """
        for key in self._builds:
            first.ask(self._taker(key, self._ask_builds, second),
                      'getPackageID', key.name)
            yield
        for key in self._averages:
            if key.kind == PACKAGE:
                first.ask(self._taker(key, self._take_average),
                          'getAverageBuildDuration', key.name)
            yield
        for method in self._methods:
            first.ask(self._taker(DurationKey(METHOD, method),
                                  self._take_tasks), 'listTasks',
                      {'method': method, 'state': [task_states.CLOSED]},
                      queryOpts={'limit': RECENT,
                                 'order': '-completion_time'})
            yield

    def _taker(self, key: DurationKey, take: Any, *args: Any) -> Any:
        def taker(value: Any, fault: GenericError | None) -> None:
            if fault is not None:
                self._faults[key] = fault
            elif value is not None:
                take(key, value, *args)
        return taker

    def _ask_builds(self, key: DurationKey, number: int, batch: Batch
                    ) -> None:
        batch.ask(self._taker(key, self._take_builds), 'listBuilds',
                  number, state=build_states.COMPLETE,
                  queryOpts={'limit': self._limit,
                             'order': '-completion_time'})

    def _take_average(self, key: DurationKey, average: timedelta) -> None:
        self._averages[key] = plausible(average)

    def _take_builds(self, key: DurationKey, builds: list[Any]) -> None:
        # An imported build has no task, and no duration. A content generator
        # may report the times of its builds, but not their tasks.
        durations = [plausible(build.duration) for build in builds
                     if key.kind == LAST or build.task_id is not None]
        self._builds[key] = [
            duration for duration in durations if duration is not None]
        if key.kind == LAST:
            self._averages[key] = mean(durations[:AVERAGED])

    def _take_tasks(self, key: DurationKey, tasks: list[TaskRow]) -> None:
        self._methods[key.name] = _by_subject(tasks)

    def check(self, keys: Iterable[DurationKey]) -> None:
        """
        Check that the hub refused no call about some keys.

        :raises GenericError: the fault of the hub.
        """
        for key in keys:
            fault = self._faults.get(key._replace(subject=None))
            if fault is not None:
                raise fault

    def duration(self, keys: Sequence[DurationKey]) -> timedelta | None:
        """
        Add up the durations of the steps of a task.

        :param keys: the keys of the steps, the main step first.
        :returns: the sum; None if the duration of the main step is unknown.
                  Any other unknown duration counts as zero.
        """
        steps = [self._step(key) for key in keys]
        if not steps or steps[0] is None:
            return None
        return sum((step for step in steps if step), timedelta())

    def _step(self, key: DurationKey) -> timedelta | None:
        if key.kind != METHOD:
            return self._averages.get(key)
        durations = self._tasks(key)
        return _middle(durations) if durations else None

    def _tasks(self, key: DurationKey) -> list[timedelta]:
        tasks = self._methods[key.name]
        return tasks.get(key.subject) or tasks[None]

    def earlier(self, key: DurationKey) -> list[float]:
        """
        List the seconds of earlier builds or tasks, the last one first.

        (Those of packages only after `want_scatter`.)
        """
        durations = (self._tasks(key) if key.kind == METHOD
                     else self._builds.get(key, []))
        return [duration.total_seconds() for duration in durations]

    def method_ratios(self, method: str) -> list[float]:
        """List the durations of tasks, as a fraction of their median."""
        durations = self._methods.get(method, {}).get(None)
        if not durations:
            return []
        middle = _middle(durations)
        return [duration / middle for duration in durations] if middle else []

    def build_ratios(self) -> Iterator[float]:
        """Compute the durations of builds, as a fraction of their averages."""
        for key, durations in self._builds.items():
            average = self._averages.get(key)
            if average:
                for duration in durations:
                    yield duration / average

    def scatter(self, key: DurationKey, pooled: Scatter | None
                ) -> Scatter | None:
        """
        Find the scatter of a duration.

        :param pooled: the scatter of the builds of all packages, as a fraction
                       of their averages. It is used with fewer than `ENOUGH`
                       builds of the package.
        :returns: the distribution in seconds; None if unknown.
        """
        own = scatter_of(self.earlier(key))
        if own is not None:
            return own
        if key.kind == METHOD:
            pooled = scatter_of(self.method_ratios(key.name))
        average = self._step(key)
        if pooled is None or average is None:
            return None
        return pooled.scaled(average.total_seconds())


def _middle(durations: Sequence[timedelta]) -> timedelta:
    """Return the median of some durations, at least one."""
    return timedelta(seconds=median(
        duration.total_seconds() for duration in durations))


def _srpm_method(task: TaskRow) -> str | None:
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


def _by_subject(tasks: Iterable[TaskRow]) -> dict[Any, list[timedelta]]:
    """Group the durations of tasks by subject; None has all durations."""
    durations: dict[Any, list[timedelta]] = {None: []}
    for task in tasks:
        duration = plausible(task.duration)
        if duration is not None:
            subject = _subject(task, package_of(task))
            durations.setdefault(subject, []).append(duration)
            durations[None].append(duration)
    return durations


def _subject(task: TaskRow, package: str | None) -> tuple[Any, ...]:
    """Return the subject of a task, to compare it with similar tasks."""
    return package or task.tag, task.arch
