"""
When a task will be done: one that goes on, by how long such tasks take; one
that waits, by playing the queue of its channel forward.
"""
from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from math import inf
from operator import attrgetter
from statistics import median
from typing import (TYPE_CHECKING, AbstractSet, Any, Dict, List, Optional,
                    Sequence)

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.channel_queue import (DELAY, NOARCH, ChannelQueue, Job, Rank,
                                  Seat)
from txkoji.estimates import (METHOD, Question, Usual, average_build_duration,
                              not_past, package_of, task_durations)
from txkoji.hub.shared import together
from txkoji.resource import from_timestamp

if TYPE_CHECKING:
    from txkoji.task import Task

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

#: So many tasks that are done are looked at for how slow architectures are.
SAMPLE = 100

#: Of a task that takes longer than it should, this part of the usual time is
#: still to come.
OVERDUE = 0.1

SRPM_METHODS = ('buildSRPMFromSCM', 'rebuildSRPM')
WAITING = (task_states.FREE, task_states.ASSIGNED)
ENDED_BADLY = (task_states.FAILED, task_states.CANCELED)


async def task_completion(task: Task) -> Optional[datetime]:
    """When a task will be done; see `Task.estimate_completion`."""
    if task.state in task_states.DONE_GROUP:
        return task.completed
    started = task.started if task.state == task_states.OPEN else None
    if task.state == task_states.OPEN and started is None:
        return None
    if task.method == 'build':
        return await _build_completion(task, await task.get_children())
    [duration] = await task_durations(task._koji, [task])
    if duration is None:
        return None
    if started is not None:
        return not_past(started, duration)
    return await _Forecast(task).completion([task])


async def _build_completion(task: Task, children: Sequence[Task]
                            ) -> Optional[datetime]:
    package = package_of(task)
    if package is None:
        return None
    duration = await average_build_duration(task._koji, package)
    if duration is None:
        return None
    arches = [child for child in children if child.method == 'buildArch']
    # The average is that of the longest with the import after it, so this is
    # the end of the import, also when they are done. (With one that failed
    # the build fails, when the others are done.)
    ends: List[Optional[datetime]] = [
        not_past(child.started, duration
                 if child.state not in ENDED_BADLY else timedelta())
        for child in arches if child.started is not None]
    waiting = [child for child in arches if child.state in WAITING]
    if waiting or not arches:
        ends.append(await _Forecast(task).completion(waiting or [task],
                                                     children))
    return _latest(ends)


async def descendents_completion(task: Task) -> Optional[datetime]:
    """
    When what a task has started will be done; see
    `Task.estimate_descendents`.

    :raises LookupError: if it has started nothing.
    """
    children = await task.get_children()
    if not children:
        raise LookupError
    if any(child.method == 'buildArch' for child in children):
        return await _build_completion(task, children)
    return _latest(await together(
        [Deferred.fromCoroutine(task_completion(child))
         for child in children]))


def _latest(ends: Sequence[Optional[datetime]]) -> Optional[datetime]:
    """The last; None if one of them is unknown, or there is none."""
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None


@dataclass(eq=False)
class _Job(Job):
    """
    A task that the hub knows, or will know.

    :ivar task: it; None for one to come.
    :ivar questions: what tells how long it takes.
    :ivar target: what a ``build`` is for, and the `arches`, if it says so.
    """

    method: str = ''
    task: Optional[Task] = None
    questions: Sequence[Question] = ()
    target: Optional[str] = None
    arches: Optional[List[str]] = None

    @property
    def state(self) -> int:
        return task_states.FREE if self.task is None else self.task.state


class _Forecast:
    """
    What will happen in the channel of a task, by how it looks now.

    :param task: the task, with a connection.
    """

    def __init__(self, task: Task) -> None:
        self._koji: Any = task._koji
        self._task = task
        self._now = datetime.now(timezone.utc).timestamp()
        self._usual = Usual(task._koji)
        self._seats: Dict[int, Seat] = {}
        #: The jobs, by the ids of their tasks.
        self._jobs: Dict[int, _Job] = {}
        #: The id of a ``build`` -> its ``buildArch`` jobs that are to come,
        #: and all that is to come.
        self._arches: Dict[int, List[_Job]] = {}
        self._to_come: List[_Job] = []

    async def completion(self, wanted: Sequence[Task],
                         children: Sequence[Task] = ()
                         ) -> Optional[datetime]:
        """
        Play until some tasks are done.

        :param wanted: those; of a ``build``, what it will start is meant.
        :param children: what it has started.
        :returns: when; None if no host will ever do them, as things are.
        """
        channel = self._task.channel_id
        if channel is None:
            return None
        await self._look(channel, max(map(_rank, wanted)))
        for task in (*wanted, *children):
            if task.state not in task_states.DONE_GROUP:
                self._jobs.setdefault(task.id, self._job(task))
        await self._plan({child.method for child in children})
        await self._usual.ask()
        goal = [job for task in wanted for job in self._arches.get(
            task.id, [self._jobs[task.id]])]
        await self._weigh(goal)
        return self._play(goal)

    async def _look(self, channel: int, last: Rank) -> None:
        """
        Ask for the hosts of the channel, and what they do for others, too;
        and for what waits in it. What comes after the last wanted one does
        not hold it up.
        """
        for host in await self._koji.listHosts(channelID=channel,
                                               enabled=True):
            if host.get('ready') is not False:
                self._seats[host.id] = Seat(
                    host.get('capacity') or 0.0,
                    frozenset((host.get('arches') or '').split()))
        # One by one, as they arrive: of a large hub these are thousands.
        async with self._koji.iterate('listTasks', {'state': [
                task_states.OPEN, task_states.ASSIGNED]}) as working:
            async for task in working:
                if task.channel_id == channel or task.host_id in self._seats:
                    self._jobs[task.id] = self._job(task)
        async with self._koji.iterate(
                'listTasks',
                {'channel_id': channel, 'state': [task_states.FREE]},
                queryOpts={'order': 'priority,create_time',
                           'limit': LONGEST}) as waiting:
            async for task in waiting:
                if _rank(task) <= last:
                    self._jobs[task.id] = self._job(task)

    def _job(self, task: Task) -> _Job:
        job = _Job(task.get('arch') or NOARCH, 0.0, 0.0, _rank(task),
                   method=task.method or '', task=task,
                   questions=self._usual.questions(task))
        if job.method == 'build':
            job.target, job.arches = task.target, task.arches
        return job

    async def _plan(self, begun: AbstractSet[Optional[str]]) -> None:
        """
        Tell what the builds will start.

        :param begun: the methods of what the task has started.
        """
        srpms = {job.task.parent: job for job in self._jobs.values()
                 if job.method in SRPM_METHODS and job.task is not None}
        builds = {number: job for number, job in self._jobs.items()
                  if job.method == 'build' and (
                      job.state in WAITING or number in srpms
                      or number == self._task.id
                      and 'buildArch' not in begun)}
        arches = await self._target_arches(
            {job.target for job in builds.values() if job.arches is None})
        for number, build in builds.items():
            step = srpms.get(number, build)
            for question in build.questions[1:]:
                if step is build and not (number == self._task.id
                                          and question.name in begun):
                    step = self._after(build, build, question, NOARCH)
            self._arches[number] = [
                self._after(step, build, question, arch)
                for question in build.questions[:1]
                for arch in build.arches or arches.get(build.target, [NOARCH])]

    def _after(self, step: _Job, build: _Job, question: Question, arch: str
               ) -> _Job:
        """Add a job of a build that is to come after another one."""
        priority, created, _ = build.rank
        self._to_come.append(_Job(
            re.sub('^i[3-6]86$', 'i386', arch), 0.0, 0.0,
            (priority - 1, created, -len(self._to_come)),
            method=(question.name if question.kind == METHOD
                    else 'buildArch'), questions=[question]))
        step.then.append(self._to_come[-1])
        return self._to_come[-1]

    async def _target_arches(self, names: AbstractSet[Optional[str]]
                             ) -> Dict[Optional[str], List[str]]:
        """The architectures of the tags that targets build in."""
        many = self._koji.MultiCall(strict=True)
        for name in names:
            if name is not None:
                many.getBuildTarget(name)
        targets = [target for target in await many() if target is not None]
        for target in targets:
            many.getTag(target.build_tag)
        return {target.name: tag.arches.split()
                for target, tag in zip(targets, await many())
                if tag is not None and tag.arches}

    async def _weigh(self, goal: Sequence[_Job]) -> None:
        """
        Tell how long each job takes, and what it adds to the load of a host.

        :param goal: those that take the plain average, so that the estimate
                     stays the same when they have begun.
        """
        slowness = await self._slowness()
        known: Dict[str, List[float]] = {}
        unknown = []
        for job in (*self._jobs.values(), *self._to_come):
            duration = self._usual.duration(job.questions)
            if job.method == 'build':
                # It takes as long as what it starts.
                pass
            elif duration is None:
                unknown.append(job)
            else:
                job.seconds = duration.total_seconds()
                if job.method == 'buildArch' and job not in goal:
                    job.seconds *= slowness.get(job.arch, 1.0)
                for kind in (job.method, ''):
                    known.setdefault(kind, []).append(job.seconds)
        usual = {kind: median(seconds) for kind, seconds in known.items()}
        for job in unknown:
            if job.method in SRPM_METHODS:
                # As in `Usual.duration`.
                job.seconds = 0.0
            else:
                job.seconds = usual.get(job.method, usual.get('', 0.0))
        for job in (*self._jobs.values(), *self._to_come):
            job.weight = _weight(job)

    async def _slowness(self) -> Dict[Optional[str], float]:
        """
        How long ``buildArch`` tasks take by architecture, as parts of the
        average, which is that of the slowest.
        """
        recent = await self._koji.listTasks(
            {'method': 'buildArch', 'state': [task_states.CLOSED],
             'channel_id': self._task.channel_id},
            queryOpts={'limit': SAMPLE, 'order': '-completion_time'})
        took: Dict[Optional[str], timedelta] = {}
        usual: Dict[Optional[str], timedelta] = {}
        for task, duration in zip(recent, await task_durations(
                self._koji, recent)):
            if duration and task.duration:
                arch = task.get('arch')
                took[arch] = took.get(arch, timedelta()) + task.duration
                usual[arch] = usual.get(arch, timedelta()) + duration
        return {arch: took[arch] / usual[arch] for arch in took}

    def _play(self, goal: Sequence[_Job]) -> Optional[datetime]:
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
                elapsed = self._now - (task.get('start_ts') or self._now)
                queue.work(job, seat, self._now + max(
                    job.seconds - elapsed, job.seconds * OVERDUE))
        for job in sorted(free, key=attrgetter('rank')):
            queue.add(job)
        queue.play(goal)
        ends = [job.ends for job in goal if job.ends is not None]
        return from_timestamp(max(ends)) if len(ends) == len(goal) else None


def _weight(job: _Job) -> float:
    """What a job adds to the load of its host."""
    if job.task is not None and job.state == task_states.OPEN:
        return job.task.get('weight') or 0.0
    weight = WEIGHTS.get(job.method, 1.0)
    if job.method == 'buildArch':
        weight += min(18.0, job.seconds / 4800)
    return weight


def _rank(task: Task) -> Rank:
    """
    What decides who is next: the lower one. (A message of a task that is new
    does not say when it was made.)
    """
    priority, created = task.get('priority'), task.get('create_ts')
    return (20 if priority is None else priority,
            inf if created is None else created, task.id)
