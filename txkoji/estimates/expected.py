"""The tasks that builds will start, and the durations of all tasks."""
from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Set
from statistics import median

from txkoji import task_states
from txkoji.estimates.averages import METHOD, AverageDurations, DurationKey
from txkoji.estimates.history import NoarchGuess
from txkoji.estimates.snapshot import Snapshot, target_arches
from txkoji.estimates.tasks import NOARCH, WAITING, ForecastTask, HubTask
from txkoji.resource import Hub
from txkoji.task_requests.row import TaskRow
from txkoji.task_requests.subjects import canonical_arch

#: The methods of tasks that create the source package of a build.
SRPM_METHODS = ('buildSRPMFromSCM', 'rebuildSRPM')

#: method -> weight of a running task (``_taskWeight`` of kojid).
WEIGHTS = {
    **dict.fromkeys(['chainbuild', 'newRepo', 'distRepo', 'tagNotification',
                     'buildNotification', 'restart', 'restartVerify',
                     'restartHosts'], 0.1),
    **dict.fromkeys(['build', 'maven', 'chainmaven', 'waitrepo',
                     'osbuildImage'], 0.2),
    **dict.fromkeys(['buildArch', 'buildMaven', 'wrapperRPM',
                     'createAppliance', 'createLiveCD', 'createLiveMedia',
                     'createrepo', 'createdistrepo'], 1.5),
    **dict.fromkeys(['createImage', 'runroot', 'createKiwiImage',
                     'buildContainer', 'buildSourceContainer'], 2.0),
    **dict.fromkeys(['vmExec', 'saveFailedTree'], 3.0),
    'kiwiBuild': 4.0,
}

#: The weight of a running task of another method (``_taskWeight`` of kojid).
DEFAULT_WEIGHT = 1.0

#: A ``buildArch`` task gains one unit of weight for so many seconds of the
#: average of its package, up to the maximum (kojid).
SECONDS_PER_WEIGHT, MAX_EXTRA_WEIGHT = 4800, 18.0


class ExpectedTasks:
    """
    The tasks that the builds of a snapshot will start.

    :param hub: the connection.
    :param snapshot: the tasks of the hub.
    :param noarch: the known packages, see `BuildHistory.noarch`.

    :ivar tasks: all expected tasks.
    :ivar by_build: id of a build -> its expected ``buildArch`` tasks.
    """

    def __init__(self, hub: Hub, snapshot: Snapshot,
                 noarch: Mapping[str | None, bool]) -> None:
        self._hub = hub
        self._hub_tasks = snapshot.tasks
        self._noarch = noarch
        self.tasks: list[ForecastTask] = []
        self.by_build: dict[int, list[ForecastTask]] = {}

    async def load(self, own: TaskRow, started: Set[str | None]) -> None:
        """
        Add the expected tasks to the builds that will start them.

        :param own: the task of the forecast. Its children are known even if
                    they have ended.
        :param started: the methods of these children.
        """
        srpms = {task.row.parent: task for task in self._hub_tasks.values()
                 if task.method in SRPM_METHODS}
        builds = self._incomplete_builds(own, started, srpms)
        arches = await target_arches(
            self._hub,
            {build.target for build in builds.values() if not build.arches})
        guess = NoarchGuess(self._noarch)
        for number, build in sorted(builds.items(),
                                    key=lambda item: item[1].priority):
            last: ForecastTask = srpms.get(number, build)
            for key in build.keys[1:]:
                if last is build and not (number == own.id
                                          and key.name in started):
                    last = self._expect(build, build, key, NOARCH)
            required = list(dict.fromkeys(map(canonical_arch, (
                build.arches or arches.get(build.target) or [NOARCH]))))
            if (self._noarch.get(build.package) if number == own.id
                    else guess.is_noarch(build.package)):
                required = [NOARCH]
            self.by_build[number] = [
                self._expect(last, build, key, arch)
                for key in build.keys[:1] for arch in required]

    def _incomplete_builds(self, own: TaskRow, started: Set[str | None],
                           srpms: Collection[int | None]
                           ) -> dict[int, HubTask]:
        """
        Find the builds that will start ``buildArch`` tasks.

        A running build without children in the snapshot may be about to end:
        its children may have ended. Only those of the own task are known.
        """
        split = {task.row.parent for task in self._hub_tasks.values()
                 if task.method == 'buildArch'}
        return {
            number: task for number, task in self._hub_tasks.items()
            if task.method == 'build' and number not in split and (
                task.row.state in WAITING or number in srpms
                or number == own.id and 'buildArch' not in started)}

    def _expect(self, predecessor: ForecastTask, build: HubTask,
                key: DurationKey, arch: str) -> ForecastTask:
        """Add a task of a build, to be created after another task."""
        priority, created, _ = build.priority
        task = ForecastTask(
            requirement=(build.requirement[0], arch), weight=0.0, seconds=0.0,
            # The hub subtracts 1 from the priority of the parent.
            priority=(priority - 1, created, len(self.tasks)),
            method=key.name if key.kind == METHOD else 'buildArch',
            keys=[key], arch=arch)
        self.tasks.append(task)
        predecessor.successors.append(task)
        return task


def set_durations(tasks: Iterable[ForecastTask], averages: AverageDurations,
                  slowness: Mapping[str | None, float],
                  wanted: Collection[ForecastTask]) -> None:
    """
    Set the duration of each task.

    A task without an average gets the median of its method, or else the median
    of all tasks. A ``build`` task gets none: it ends with the tasks that it
    starts.

    :param slowness: see `BuildHistory.slowness`.
    :param wanted: tasks that get the plain average, as running tasks do.
                   So their estimate stays the same when they start.
    """
    known: dict[str, list[float]] = {}
    unknown = []
    for task in tasks:
        if task.method == 'build':
            continue
        duration = averages.duration(task.keys)
        if duration is None:
            unknown.append(task)
            continue
        task.seconds = duration.total_seconds()
        if task.method == 'buildArch' and task not in wanted:
            task.seconds *= slowness.get(task.arch, 1.0)
        for method in (task.method, ''):
            known.setdefault(method, []).append(task.seconds)
    medians = {method: median(seconds) for method, seconds in known.items()}
    for task in unknown:
        if task.method in SRPM_METHODS:
            # `AverageDurations.duration` does the same.
            task.seconds = 0.0
        else:
            task.seconds = medians.get(task.method, medians.get('', 0.0))


def set_weights(tasks: Iterable[ForecastTask]) -> None:
    """Set the weight of each task, from its duration and method."""
    for task in tasks:
        if (isinstance(task, HubTask)
                and task.row.state == task_states.OPEN):
            task.weight = task.row.get('weight') or 0.0
            continue
        # The hub has the default weight of a task until its start.
        task.weight = WEIGHTS.get(task.method, DEFAULT_WEIGHT)
        if task.method == 'buildArch':
            task.weight += min(MAX_EXTRA_WEIGHT,
                               task.seconds / SECONDS_PER_WEIGHT)
