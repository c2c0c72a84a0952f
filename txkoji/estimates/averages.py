"""How long builds and tasks take, by those that were made before."""
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

#: Tasks that only wait for others: there is no telling how long.
OPEN_ENDED = frozenset(['chainbuild', 'chainmaven', 'dependantTask',
                        'waitrepo'])

#: So many tasks of a method are looked at.
RECENT = 50

#: Nothing takes as long.
AGES = timedelta(days=3650)

#: So many requests may be under way at once, when there is much to ask.
SENDERS = 4

#: Whose builds say themselves how long they took.
CONTAINERS = ('buildContainer', 'buildSourceContainer')

#: What tells how long something takes: the average of a package, its last
#: builds, or the last tasks of a method.
PACKAGE, LAST, METHOD = 'package', 'last builds', 'method'


class DurationKey(NamedTuple):
    """
    What tells how long something takes.

    :ivar kind: `PACKAGE`, `LAST` or `METHOD`.
    :ivar name: of the package, or the method.
    :ivar about: what a task of this method is about.
    """

    kind: str
    name: str
    about: Any = None


def average_build_duration(connection: Hub, package: str
                           ) -> Deferred[timedelta | None]:
    """
    How long builds of a package take on average.

    This is the hub's own average of all complete builds
    (``getAverageBuildDuration``): from the beginning of a build, which is
    when its source package is there, to its end. So it holds the longest
    ``buildArch`` and the import, and neither the queue nor the making of the
    source package. Builds of containers are imported with times of their own,
    of which the hub makes nothing useful; for these, which are known by names
    that end in ``-container`` or ``-docker``, it is `average_last_builds`.

    :param package: the name of the package.
    :returns: a Deferred that fires with a timedelta; with None if there are
              no builds, or the average is no duration (below zero).
    """
    if is_container(package):
        return average_last_builds(connection, package)
    return connection.call('getAverageBuildDuration', package).addCallback(
        _duration)


def average_build_durations(connection: Hub, packages: Iterable[str]
                            ) -> Deferred[list[timedelta | None]]:
    """
    The same for several packages, containers and others.

    :returns: a Deferred that fires with a list of what
              `average_build_duration` gives, in the given order.
    """
    return Deferred.fromCoroutine(
        _averages(connection, list(packages), strict=True))


async def _averages(connection: Hub, packages: list[str],
                    strict: bool) -> list[timedelta | None]:
    """
    See `average_build_durations`.

    :param strict: whether a complaint of the hub's about one package is an
                   error; else its average is None.
    """
    names = list(dict.fromkeys(packages))
    many = connection.MultiCall(strict=strict, concurrency=SENDERS)
    plain = [name for name in names if not is_container(name)]
    if len(plain) > 1:
        for name in plain:
            many.call('getAverageBuildDuration', name)
        averages = dict(zip(plain, map(
            _duration, without_faults(await many()))))
    else:
        averages = {}
    others = [name for name in names if name not in averages]
    averages.update(zip(others, await gather(
        [average_build_duration(connection, name) for name in others])))
    return [averages[name] for name in packages]


def average_last_builds(connection: Hub, package: str, limit: int = 5
                        ) -> Deferred[timedelta | None]:
    """
    How long the last builds of a package took on average, from start to
    completion.

    :param package: the name of the package.
    :param limit: how many builds.
    :returns: a Deferred that fires with a timedelta, or with None if there
              are no complete builds of which that is known.
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
    How long tasks take, each from its start to its end, once it has started.

    For ``buildArch`` it is the `average_build_duration` of the package, which
    holds the import, too, and is that of the slowest architecture. For
    ``build`` it is the same, and the making of the source package before it,
    if anything is known of that. For ``buildContainer`` and
    ``buildSourceContainer`` it is the `average_last_builds`. For all others it
    is the median of the last tasks of the same method: of those that were
    about the same thing (package or tag, and architecture), if there are any
    among the last 50, or else of all. Tasks that only wait for others, such as
    ``waitrepo``, take as long as those do, which nobody can tell.

    :param tasks: of any state; what a finished one took does not count.
    :returns: a Deferred that fires with a list of timedeltas, in the given
              order; None for each of which nothing is known.
    """
    return Deferred.fromCoroutine(_task_durations(connection, list(tasks)))


async def _task_durations(connection: Hub, tasks: list[TaskRow]
                          ) -> list[timedelta | None]:
    usual = AverageDurations(connection)
    questions = [usual.questions(task) for task in tasks]
    await usual.ask()
    return [usual.duration(each) for each in questions]


class AverageDurations:
    """
    How long tasks usually take: collects what there is to be asked, asks all
    of it at once, and tells then.
    """

    def __init__(self, connection: Hub) -> None:
        self._connection = connection
        self._names: dict[str, dict[str, Any]] = {
            PACKAGE: {}, LAST: {}, METHOD: {}}

    def questions(self, task: TaskRow) -> list[DurationKey]:
        """
        Tell what is to be asked about a task.

        :returns: a question for its main step, and one for that before it;
                  none where there is no telling.
        """
        method = task.get('method')
        if not isinstance(method, str) or method in OPEN_ENDED:
            return []
        package = package_of(task)
        if method in ('build', 'buildArch', *CONTAINERS):
            if package is None:
                return []
            kind = LAST if method in CONTAINERS else PACKAGE
            questions = [DurationKey(kind, package)]
            srpm = srpm_method(task)
            if srpm is not None:
                questions.append(DurationKey(METHOD, srpm, (package, None)))
        else:
            questions = [DurationKey(METHOD, method, _about(task, package))]
        for kind, name, _ in questions:
            self._names[kind][name] = None
        return questions

    async def ask(self) -> None:
        """Ask all of it."""
        connection = self._connection
        packages, last, methods = self._names.values()
        packages.update(zip(packages, await _averages(
            connection, list(packages), strict=False)))
        last.update(zip(last, await gather(
            [average_last_builds(connection, name) for name in last])))
        methods.update(zip(methods, map(_by_subject, await gather(
            [_recent_tasks(connection, name) for name in methods]))))

    def duration(self, questions: Sequence[DurationKey]) -> timedelta | None:
        """
        Tell how long what was asked about takes.

        :returns: that; None if it is not known of the main step. (Another
                  that is not known takes no time.)
        """
        steps = [self._duration(*question) for question in questions]
        if not steps or steps[0] is None:
            return None
        return sum((step for step in steps if step), timedelta())

    def _duration(self, kind: str, name: str, about: Any
                  ) -> timedelta | None:
        found = self._names[kind][name]
        if kind == METHOD:
            durations = found.get(about) or found[None]
            return median(durations) if durations else None
        return found  # type: ignore[no-any-return]


def srpm_method(task: TaskRow) -> str | None:
    """
    The method of the task that makes the source package of a ``build``. One
    that was uploaded is made anew, unless the options say the contrary.
    """
    if task.get('method') != 'build':
        return None
    if not (task.source or '').endswith('.src.rpm'):
        return 'buildSRPMFromSCM'
    rebuild = (task.options or {}).get('rebuild_srpm', True)
    return 'rebuildSRPM' if rebuild else None


def _recent_tasks(connection: Hub, method: str) -> Deferred[list[TaskRow]]:
    """The last tasks of a method that went well."""
    recent: Deferred[list[TaskRow]] = connection.listTasks(
        {'method': method, 'state': [task_states.CLOSED]},
        queryOpts={'limit': RECENT, 'order': '-completion_time'})
    return recent


def _by_subject(tasks: Iterable[TaskRow]) -> dict[Any, list[timedelta]]:
    """How long tasks took, by what they were about; all of them at None."""
    found: dict[Any, list[timedelta]] = {None: []}
    for task in tasks:
        duration = _duration(task.duration)
        if duration is not None:
            about = _about(task, package_of(task))
            found.setdefault(about, []).append(duration)
            found[None].append(duration)
    return found


def _about(task: TaskRow, package: str | None) -> tuple[Any, ...]:
    """What a task is about, to compare it with others of its method."""
    return package or task.tag, task.arch


def not_past(started: datetime, duration: timedelta, now: datetime
             ) -> datetime | None:
    """
    When something ends that has started, and has not ended yet; None if there
    is no such time.
    """
    try:
        return max(started + duration, now)
    except OverflowError:
        return None


def without_faults(results: Any) -> list[Any]:
    """
    The results of a multicall about others: None where the hub has a
    complaint.

    :param results: `MultiCallResults`.
    :raises KojiException: what went wrong with all of it.
    """
    found = []
    for error in results.faults:
        if not isinstance(error, GenericError):
            raise error
    results = iter(results)
    while True:
        try:
            found.append(next(results))
        except GenericError:
            found.append(None)
        except StopIteration:
            return found


def is_container(package: str) -> bool:
    """Whether a package is a container, by what these are called."""
    return str(package).endswith(('-container', '-docker'))


def _duration(value: timedelta | None) -> timedelta | None:
    """A time that something can take, or None."""
    if value is None or not timedelta() <= value < AGES:
        return None
    return value
