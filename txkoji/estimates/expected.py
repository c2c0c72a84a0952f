"""The tasks that builds will start, and the durations of all tasks."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import partial
from statistics import median
from typing import Any

from txkoji import task_states
from txkoji.estimates.batch import Batch
from txkoji.estimates.durations import METHOD, DurationKey, PastDurations
from txkoji.estimates.history import BuildHistory, NoarchGuess
from txkoji.estimates.scatter import Scatter, scatter_of
from txkoji.estimates.snapshot import Snapshot
from txkoji.estimates.tasks import (
    NOARCH,
    SRPM_METHODS,
    WAITING,
    ForecastTask,
    HubTask,
)
from txkoji.exceptions import GenericError
from txkoji.task_requests.row import TaskRow
from txkoji.task_requests.subjects import canonical_arch

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

    :param snapshot: the tasks of the hub.
    :param children: id of a build -> its children, also those that have
                     ended, for the builds whose children are known.

    :ivar tasks: all expected tasks.
    :ivar by_build: id of a build -> its expected ``buildArch`` tasks.
    """

    def __init__(self, snapshot: Snapshot,
                 children: Mapping[int, Sequence[TaskRow]]) -> None:
        #: id of a build -> the methods of its children, if known.
        self._started: dict[int, set[str | None]] = {
            number: {child.method for child in own}
            for number, own in children.items()}
        self._srpms = {
            task.row.parent: task for task in snapshot.tasks.values()
            if task.method in SRPM_METHODS}
        self._builds = self._incomplete_builds(snapshot)
        #: target -> the architectures of its build tag.
        self._arches: dict[str | None, list[str]] = {}
        self.tasks: list[ForecastTask] = []
        self.by_build: dict[int, list[ForecastTask]] = {}

    def _incomplete_builds(self, snapshot: Snapshot) -> dict[int, HubTask]:
        """
        Find the builds that will start ``buildArch`` tasks.

        A running build without children in the snapshot may be about to end:
        its children may have ended.
        """
        split = {task.row.parent for task in snapshot.tasks.values()
                 if task.method == 'buildArch'}
        return {
            number: task for number, task in snapshot.tasks.items()
            if task.method == 'build' and number not in split and (
                task.row.state in WAITING or number in self._srpms
                or 'buildArch' not in self._started.get(
                    number, {'buildArch'}))}

    def ask(self, first: Batch, second: Batch) -> None:
        """
        Store the calls for the architectures of the targets.

        In a build with a given repository, the target may be the name of a
        tag.

        :param first: is sent first. Its answers store calls in the second
                      batch.
        """
        for name in {build.target for build in self._builds.values()
                     if not build.arches}:
            first.ask(partial(self._take_target, second, name),
                      'getBuildTarget', name or '')

    def _take_target(self, batch: Batch, name: str | None, target: Any,
                     fault: GenericError | None) -> None:
        batch.ask(partial(self._take_tag, name), 'getTag',
                  target.build_tag if target else name or '')

    def _take_tag(self, name: str | None, tag: Any,
                  fault: GenericError | None) -> None:
        if tag and tag.arches:
            self._arches[name] = tag.arches.split()

    def add(self, noarch: Mapping[str | None, bool]) -> Iterator[None]:
        """
        Add the expected tasks to the builds that will start them, in steps.

        :param noarch: the known packages, see `RecentTasks.noarch`.
        """
        guess = NoarchGuess(noarch)
        for number, build in sorted(self._builds.items(),
                                    key=lambda item: item[1].priority):
            started = self._started.get(number, set())
            last: ForecastTask = self._srpms.get(number, build)
            if not build.keys:
                self.by_build[number] = []
                continue
            for key in build.keys[1:]:
                if last is build and key.name not in started:
                    last = self._expect(build, build, key, NOARCH)
            self.by_build[number] = self._expect_arches(
                number, build, last, guess, noarch.get(build.package))
            yield

    def _expect_arches(self, number: int, build: HubTask, last: ForecastTask,
                       guess: NoarchGuess, noarch: bool | None
                       ) -> list[ForecastTask]:
        """
        Add the ``buildArch`` tasks of a build.

        :param last: the task before them.
        :param noarch: True for a known ``noarch`` package.
        """
        guessed = guess.is_noarch(build.package)
        required = list(dict.fromkeys(map(canonical_arch, (
            build.arches or self._arches.get(build.target) or [NOARCH]))))
        key = build.keys[0]
        if noarch or guessed and number not in self._started:
            required = [NOARCH]
        tasks = [self._expect(last, build, key, arch) for arch in required]
        if guessed and not noarch and number in self._started:
            # The estimate of this build is for all architectures, but the
            # load of all builds together is as if it were noarch.
            for task in tasks:
                task.is_virtual = True
            self._expect(last, build, key, NOARCH)
        return tasks

    def _expect(self, predecessor: ForecastTask, build: HubTask,
                key: DurationKey, arch: str) -> ForecastTask:
        """Add a task of a build, to be created after another task."""
        priority, created, _ = build.priority
        method = key.name if key.kind == METHOD else 'buildArch'
        task = ForecastTask(
            requirement=(build.requirement[0], arch), weight=0.0, seconds=0.0,
            # The hub subtracts 1 from the priority of the parent.
            priority=(priority - 1, created, len(self.tasks)),
            method=method, keys=[key], build=build.build,
            arch=arch if method == 'buildArch' else None)
        self.tasks.append(task)
        predecessor.successors.append(task)
        return task


def set_durations(tasks: Iterable[ForecastTask], past: PastDurations,
                  history: BuildHistory) -> Iterator[None]:
    """
    Set the average duration of each task, and the scatter, in steps.

    A task without an average gets the median of its method, or else the median
    of all tasks. A ``build`` task gets none: it ends with the tasks that it
    starts. A virtual task gets none.
    """
    known: dict[str, list[float]] = {}
    unknown = []
    scatters: dict[str, Scatter | None] = {
        'buildArch': scatter_of(history.task_ratios)}
    for task in tasks:
        yield
        method = task.method
        if method == 'build' or task.is_virtual:
            continue
        if method not in scatters:
            scatters[method] = scatter_of(past.method_ratios(method))
        task.scatter = scatters[method]
        duration = past.duration(task.keys)
        if duration is None:
            unknown.append(task)
            continue
        task.average = task.package_average = duration.total_seconds()
        if method == 'buildArch':
            task.average *= history.slowness.get(task.arch, 1.0)
        for name in (method, ''):
            known.setdefault(name, []).append(task.average)
    medians = {method: median(seconds) for method, seconds in known.items()}
    for task in unknown:
        if task.method in SRPM_METHODS:
            # `PastDurations.duration` does the same.
            task.average = 0.0
        else:
            task.average = task.package_average = medians.get(
                task.method, medians.get('', 0.0))


def set_weights(tasks: Iterable[ForecastTask]) -> Iterator[None]:
    """Set the weight of each task, from its duration and method, in steps."""
    for task in tasks:
        yield
        if task.is_virtual:
            continue
        if (isinstance(task, HubTask)
                and task.row.state == task_states.OPEN):
            task.weight = task.row.get('weight') or 0.0
            continue
        # The hub has the default weight of a task until its start.
        task.weight = WEIGHTS.get(task.method, DEFAULT_WEIGHT)
        if task.method == 'buildArch':
            task.weight += min(MAX_EXTRA_WEIGHT,
                               task.package_average / SECONDS_PER_WEIGHT)
