"""
When a task will be done: one that goes on, by how long such tasks take; one
that waits, by playing the queue of its channel forward.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import inf
from operator import attrgetter
from statistics import median
from typing import Any

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.estimates.averages import (
    METHOD,
    AverageDurations,
    DurationKey,
    average_build_duration,
    not_past,
    task_durations,
    without_faults,
)
from txkoji.estimates.queue import (
    DELAY,
    ChannelQueue,
    HostSlots,
    Priority,
    QueuedTask,
)
from txkoji.exceptions import AnswerError, KojiException
from txkoji.hub.deferreds import gather
from txkoji.resource import from_timestamp, hub_of, id_of, now_for
from txkoji.task_requests.row import TaskRow, package_of
from txkoji.task_requests.subjects import canonical_arch

#: What a task adds to the load of its host, by its method (kojid,
#: ``_taskWeight``); 1 for others. The hub has it only of tasks that were
#: begun.
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

#: So many tasks that wait are looked at, as by the scheduler.
LONGEST = 1000

#: So many ``buildArch`` tasks that are done are looked at, for how slow
#: architectures are, and for packages that have none.
SAMPLE = 500

#: How much of the average of its package a ``buildArch`` may take.
SLOWEST, FASTEST = 3.0, 0.1

#: So many samples count as much as what is usual without them.
FEW = 10

#: What any host can do.
NOARCH = 'noarch'

#: Of a task that takes longer than it should, this part of the usual time is
#: still to come.
OVERDUE = 0.1

#: How long a task took, and how long it takes on average.
_Sample = tuple[timedelta, timedelta]

SRPM_METHODS = ('buildSRPMFromSCM', 'rebuildSRPM')
WAITING = (task_states.FREE, task_states.ASSIGNED)
ENDED_BADLY = (task_states.FAILED, task_states.CANCELED)


async def task_completion(task: TaskRow) -> datetime | None:
    """
    When a task will be done; see `Task.estimate_completion`.

    :raises AnswerError: if what the hub says of others makes no sense.
    """
    if task.state in task_states.DONE_GROUP:
        return task.completed
    koji = hub_of(task)
    with _sense():
        if task.method == 'build':
            return await _build_completion(
                task, await koji.getTaskChildren(id_of(task)))
        if task.state in WAITING:
            return await _waiting_completion(task, [task])
        [duration] = await task_durations(koji, [task])
        return _running_completion(task, duration)


async def descendents_completion(task: TaskRow) -> datetime | None:
    """
    When what a task has started will be done; see
    `Task.estimate_descendents`.

    :raises LookupError: if it has started nothing.
    """
    children = await hub_of(task).getTaskChildren(id_of(task))
    if not children:
        raise LookupError
    if task.state not in task_states.DONE_GROUP and any(
            child.method == 'buildArch' for child in children):
        with _sense():
            return await _build_completion(task, children)
    waiting = [child for child in children if child.state in WAITING]
    ends = await gather([Deferred.fromCoroutine(task_completion(child))
                           for child in children if child not in waiting])
    if waiting:
        with _sense():
            ends.append(await _waiting_completion(task, waiting))
    return _latest(ends)


@contextmanager
def _sense() -> Iterator[None]:
    """Take what cannot be made sense of for an error of the hub's."""
    try:
        yield
    except KojiException:
        raise
    except (TypeError, ValueError, AttributeError, LookupError,
            OverflowError) as error:
        raise AnswerError('what the hub says of hosts and tasks makes no'
                          f' sense: {error!r}') from error


async def _waiting_completion(task: TaskRow, waiting: Sequence[TaskRow]
                              ) -> datetime | None:
    """When tasks that wait will be done."""
    if None in await task_durations(hub_of(task), waiting):
        return None
    return await _Forecast(task).completion(waiting)


async def _build_completion(task: TaskRow, children: Sequence[TaskRow]
                            ) -> datetime | None:
    package = package_of(task)
    if package is None or task.state not in (task_states.OPEN, *WAITING) or (
            task.state == task_states.OPEN and task.started is None):
        return None
    duration = await average_build_duration(hub_of(task), package)
    if duration is None:
        return None
    if any(child.state in ENDED_BADLY for child in children):
        # It fails, too: at once, and cancels the others, or, on hubs with
        # build_arch_can_fail, when they have ended.
        children = [child for child in children
                    if child.state not in task_states.DONE_GROUP]
        if not children:
            return now_for(task)
    arches = [child for child in children if child.method == 'buildArch']
    waiting = [child for child in arches if child.state in WAITING]
    # The average is that of the longest with the import after it, so this is
    # the end of the import, also when they are done.
    ends = [_running_completion(child, duration) for child in arches
            if child not in waiting]
    if waiting or not arches:
        ends.append(await _Forecast(task).completion(waiting or [task],
                                                     children))
    return _latest(ends)


def _running_completion(task: TaskRow, duration: timedelta | None
                        ) -> datetime | None:
    """When a task will be done, or should have been, that has begun."""
    started = task.started
    if duration is None or started is None or task.state in WAITING:
        return None
    return not_past(started, duration, now_for(task))


def _latest(ends: Sequence[datetime | None]) -> datetime | None:
    """The last; None if one of them is unknown, or there is none."""
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


@dataclass(eq=False)
class _Job(QueuedTask):
    """
    A task that the hub knows, or will know.

    :ivar task: it; None for one to come.
    :ivar questions: what tells how long it takes.
    :ivar package: what it is about.
    :ivar arch: what a ``buildArch`` is for.
    :ivar target: what a ``build`` is for, and the `arches`, if it says so.
    """

    method: str = ''
    task: TaskRow | None = None
    questions: Sequence[DurationKey] = ()
    package: str | None = None
    arch: str | None = None
    target: str | None = None
    arches: list[str] | None = None

    @property
    def state(self) -> int | None:
        return task_states.FREE if self.task is None else self.task.state

    @property
    def parent(self) -> int | None:
        return None if self.task is None else self.task.parent


class _Forecast:
    """
    What will happen in the channel of a task, and in those that share hosts
    with it, by how they look now.

    :param task: the task, with a connection.
    """

    def __init__(self, task: TaskRow) -> None:
        self._koji: Any = hub_of(task)
        self._task = task
        self._now = now_for(task).timestamp()
        self._usual = AverageDurations(hub_of(task))
        self._seats: dict[int, HostSlots] = {}
        #: The jobs, by the ids of their tasks.
        self._jobs: dict[int, _Job] = {}
        #: The id of a ``build`` -> its ``buildArch`` jobs that are to come,
        #: and all that is to come.
        self._last: dict[int, list[_Job]] = {}
        self._to_come: list[_Job] = []
        #: How long a ``buildArch`` takes by its architecture, as a part of
        #: the average; and packages: whether they are built for none.
        self._slowness: dict[str | None, float] = {}
        self._noarch: dict[str | None, bool] = {}

    async def completion(self, wanted: Sequence[TaskRow],
                         children: Sequence[TaskRow] = ()
                         ) -> datetime | None:
        """
        Play until some tasks are done.

        :param wanted: those; of a ``build``, what it will start is meant.
        :param children: what the task has started.
        :returns: when; None if no host will ever do them, as things are.
        """
        if any(task.channel_id is None for task in wanted):
            return None
        await self._look(wanted)
        for task in (*wanted, *children):
            if task.state not in task_states.DONE_GROUP:
                known = self._jobs.get(task.id)
                if known is None or not known.questions:
                    self._jobs[task.id] = self._job(task)
        await self._look_back()
        await self._plan({child.method for child in children})
        await self._usual.ask()
        goal = [job for task in wanted for job in self._last.get(
            task.id, [self._jobs[task.id]])]
        self._weigh(goal)
        return self._play(goal)

    async def _look(self, wanted: Sequence[TaskRow]) -> None:
        """
        Ask for what waits, for the hosts that may do it, and for what these
        do now.
        """
        # What comes after the wanted ones does not hold them up; but what a
        # build will start is made later.
        last = max(map(_rank, wanted))
        if any(task.method == 'build' for task in wanted):
            last = (last[0], inf, 0)
        # One by one, as they arrive: of a large hub these are thousands.
        async with self._koji.iterate(
                'listTasks', {'state': [task_states.FREE]},
                queryOpts={'order': 'priority,create_time',
                           'limit': LONGEST}) as waiting:
            async for task in waiting:
                if _rank(task) <= last and task.channel_id is not None:
                    self._jobs[task.id] = self._job(task)
        channels = await self._look_for_hosts(
            {task.channel_id for task in wanted})
        async with self._koji.iterate('listTasks', {'state': [
                task_states.OPEN, task_states.ASSIGNED]}) as working:
            async for task in working:
                if task.host_id in self._seats or task.channel_id in channels:
                    self._jobs[task.id] = self._job(task)

    async def _look_for_hosts(self, wanted: Set[Any]) -> set[Any]:
        """
        Ask for the hosts of channels, and of all that share these.

        :param wanted: the ids of the channels.
        :returns: those of all.
        """
        channels = list({*wanted, *(job.need[0]
                                    for job in self._jobs.values())})
        many = self._koji.MultiCall()
        for channel in channels:
            many.getChannel(channel)
            many.listHosts(channelID=channel, enabled=True)
        found = without_faults(await many())
        hosts = {channel: [host for host in its or () if host.is_available]
                 # One that is disabled gets no host.
                 if row is None or row.enabled is not False else []
                 for channel, row, its in zip(channels, found[::2],
                                              found[1::2])}
        ours = {host.id for channel in wanted for host in hosts[channel]}
        offers: dict[int, set[Any]] = {}
        for channel, its in hosts.items():
            if channel in wanted or any(host.id in ours for host in its):
                for host in its:
                    offers.setdefault(host.id, set()).update(
                        (channel, canonical_arch(arch)) for arch in (
                            NOARCH, *(host.get('arches') or '').split()))
                    self._seats[host.id] = HostSlots(
                        host.get('capacity') or 0.0, frozenset())
        for number, seat in self._seats.items():
            seat.offers = frozenset(offers[number])
        return {channel for each in offers.values() for channel, _ in each}

    def _job(self, task: TaskRow) -> _Job:
        questions = self._usual.questions(task)
        arch = canonical_arch(task.get('arch') or NOARCH)
        job = _Job((task.channel_id or 0, arch), 0.0, 0.0, _rank(task),
                   method=task.method or '', task=task, questions=questions)
        if job.method in ('build', 'buildArch') and questions:
            job.package = questions[0].name
        if job.method == 'buildArch':
            job.arch = _canonical(task.arch)
        elif job.method == 'build':
            job.target = task.target
            # Others are for all architectures of their tags.
            job.arches = task.arches if task.is_scratch else None
        return job

    async def _look_back(self) -> None:
        """Ask how long ``buildArch`` tasks took, and what they were for."""
        recent: list[TaskRow] = []
        usual = AverageDurations(self._koji)
        questions = []
        async with self._koji.iterate(
                'listTasks',
                {'method': 'buildArch', 'state': [task_states.CLOSED]},
                queryOpts={'limit': SAMPLE, 'order': '-completion_time'}
                ) as found:
            async for task in found:
                recent.append(task)
                questions.append(usual.questions(task))
                if questions[-1]:
                    self._noarch[questions[-1][0].name] = task.arch == NOARCH
        await usual.ask()
        samples: dict[str | None, list[_Sample]] = {}
        for task, question in zip(recent, questions):
            duration, real = usual.duration(question), task.duration
            if duration and real:
                samples.setdefault(_canonical(task.arch), []).append(
                    (real, duration))
        for arch, its in samples.items():
            others = [sample for other in samples if other != arch
                      for sample in samples[other]]
            self._slowness[arch] = _slowness(its, _slowness(others, 1.0))

    async def _plan(self, begun: Set[str | None]) -> None:
        """
        Tell what the builds will start.

        :param begun: the methods of what the task has started.
        """
        srpms = {job.parent: job for job in self._jobs.values()
                 if job.method in SRPM_METHODS}
        split = {job.parent for job in self._jobs.values()
                 if job.method == 'buildArch'}
        builds = {
            number: job for number, job in self._jobs.items()
            if job.method == 'build' and number not in split and (
                job.state in WAITING or number in srpms
                or number == self._task.id and 'buildArch' not in begun)}
        arches = await self._target_arches(
            {job.target for job in builds.values() if not job.arches})
        noarch = self._whether_noarch()
        for number, build in sorted(builds.items(),
                                    key=lambda item: item[1].rank):
            step = srpms.get(number, build)
            for question in build.questions[1:]:
                if step is build and not (number == self._task.id
                                          and question.name in begun):
                    step = self._after(build, build, question, NOARCH)
            needed = list(dict.fromkeys(map(canonical_arch, (
                build.arches or arches.get(build.target) or [NOARCH]))))
            if (self._noarch.get(build.package)
                    if number == self._task.id else noarch(build.package)):
                needed = [NOARCH]
            self._last[number] = [
                self._after(step, build, question, arch)
                for question in build.questions[:1] for arch in needed]

    def _whether_noarch(self) -> Any:
        """
        Tell of packages whether they are built for no architecture: of those
        that were not seen, as many as of those that were, if these were not
        few.
        """
        share = sum(self._noarch.values()) / (len(self._noarch) + FEW)
        owed = 0.0

        def noarch(package: str | None) -> bool:
            nonlocal owed
            if package in self._noarch:
                return self._noarch[package]
            owed += share
            if owed < 1:
                return False
            owed -= 1
            return True

        return noarch

    def _after(self, step: _Job, build: _Job, question: DurationKey, arch: str
               ) -> _Job:
        """Add a job of a build that is to come after another one."""
        priority, created, _ = build.rank
        self._to_come.append(_Job(
            (build.need[0], arch), 0.0, 0.0,
            (priority - 1, created, len(self._to_come)),
            method=(question.name if question.kind == METHOD
                    else 'buildArch'), questions=[question], arch=arch))
        step.then.append(self._to_come[-1])
        return self._to_come[-1]

    async def _target_arches(self, names: Set[str | None]
                             ) -> dict[str | None, list[str]]:
        """
        The architectures of the tags that targets build in. (With a
        repository that is given, the target may be a tag itself.)
        """
        many = self._koji.MultiCall()
        for name in names:
            many.getBuildTarget(name or '')
        targets = without_faults(await many())
        for name, target in zip(names, targets):
            many.getTag(target.build_tag if target else name or '')
        return {name: tag.arches.split()
                for name, tag in zip(names, without_faults(await many()))
                if tag and tag.arches}

    def _weigh(self, goal: Sequence[_Job]) -> None:
        """
        Tell how long each job takes, and what it adds to the load of a host.

        :param goal: those that take the plain average, so that the estimate
                     stays the same when they have begun.
        """
        known: dict[str, list[float]] = {}
        unknown = []
        for job in self._all():
            duration = self._usual.duration(job.questions)
            if job.method == 'build':
                # It takes as long as what it starts.
                pass
            elif duration is None:
                unknown.append(job)
            else:
                job.seconds = duration.total_seconds()
                if job.method == 'buildArch' and job not in goal:
                    job.seconds *= self._slowness.get(job.arch, 1.0)
                for kind in (job.method, ''):
                    known.setdefault(kind, []).append(job.seconds)
        usual = {kind: median(seconds) for kind, seconds in known.items()}
        for job in unknown:
            if job.method in SRPM_METHODS:
                # As in `AverageDurations.duration`.
                job.seconds = 0.0
            else:
                job.seconds = usual.get(job.method, usual.get('', 0.0))
        for job in self._all():
            job.weight = _weight(job)

    def _all(self) -> Iterator[_Job]:
        yield from self._jobs.values()
        yield from self._to_come

    def _play(self, goal: Sequence[_Job]) -> datetime | None:
        queue = ChannelQueue(self._seats.values(), self._now)
        free = []
        for job in self._jobs.values():
            task = job.task
            assert task is not None
            seat = self._seats.get(task.host_id or 0)
            if task.state == task_states.FREE:
                free.append(job)
            elif task.state == task_states.ASSIGNED:
                queue.work(job, seat, self._now + DELAY + job.seconds)
            elif job.method == 'build':
                if job.then:
                    # It goes on at once with what it has not started.
                    queue.work(job, None, self._now)
            elif not task.waiting:
                # Our clock may be behind the hub's.
                elapsed = max(0, self._now - (task.get('start_ts')
                                              or self._now))
                queue.work(job, seat, self._now + max(
                    job.seconds - elapsed, job.seconds * OVERDUE))
        for job in sorted(free, key=attrgetter('rank')):
            queue.add(job)
        queue.play(goal)
        ends = [job.ends for job in goal if job.ends is not None]
        if not ends or len(ends) < len(goal):
            return None
        return from_timestamp(max(self._now, *ends))


def _slowness(samples: Sequence[_Sample], usual: float) -> float:
    """
    How long ``buildArch`` tasks take, as a part of the average of their
    packages. A few samples do not outweigh the usual.

    :param usual: what it is without any samples.
    """
    if not samples:
        return usual
    took, average = (sum(times, timedelta()) for times in zip(*samples))
    slowness = min(max(took / average, FASTEST), SLOWEST)
    return (slowness * len(samples) + usual * FEW) / (len(samples) + FEW)


def _canonical(arch: str | None) -> str | None:
    return None if arch is None else canonical_arch(arch)


def _weight(job: _Job) -> float:
    """What a job adds to the load of its host."""
    if job.task is not None and job.state == task_states.OPEN:
        return job.task.get('weight') or 0.0
    weight = WEIGHTS.get(job.method, 1.0)
    if job.method == 'buildArch':
        weight += min(18.0, job.seconds / 4800)
    return weight


def _rank(task: TaskRow) -> Priority:
    """
    What decides who is next: the lower one. (A message of a task that is new
    does not say when it was made.)
    """
    priority, created = task.get('priority'), task.get('create_ts')
    return (20 if priority is None else priority,
            inf if created is None else created, task.id)
