"""
Estimates of the completion times of tasks and builds.

A running task ends its average duration after its start. For waiting tasks,
`txkoji.estimates.forecast` plays the queues of their channels: once with
average durations, and many times with durations from their scatter.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from functools import partial
from typing import Any

from txkoji import task_states
from txkoji.estimates.batch import Batch
from txkoji.estimates.durations import AVERAGED, BUILDS, PastDurations
from txkoji.estimates.estimate import Estimate
from txkoji.estimates.forecast import Forecast, Starts
from txkoji.estimates.pacing import Pacer
from txkoji.estimates.reasons import reason
from txkoji.estimates.samples import PLAYS, Samples
from txkoji.estimates.subjects import Subject, latest, subject_of
from txkoji.estimates.tasks import ForecastTask
from txkoji.exceptions import AnswerError, GenericError, KojiException
from txkoji.resource import Hub, Timed, hub_of, id_of
from txkoji.task_requests.row import TaskRow


async def estimate_all(hub: Hub, rows: Sequence[Timed]
                       ) -> list[Estimate | None]:
    """
    Estimate the ends of tasks and builds, see `Connection.estimate`.

    :raises AnswerError: if the answers of the hub about hosts and tasks are
                         malformed.
    """
    with _answer_errors():
        return await _Estimates(hub, rows, scatter=True).make()


async def completion(row: Timed) -> datetime | None:
    """
    Estimate the end of a task, see `Task.estimate_completion`.

    :raises AnswerError: if the answers of the hub about hosts and tasks are
                         malformed.
    """
    if _is_over(row):
        return row.completed
    [when] = await _completions(hub_of(row), [row])
    return when


async def descendents_completion(task: TaskRow) -> datetime | None:
    """
    Estimate the end of the tasks that a task has started.

    See `Task.estimate_descendents`.

    :raises AnswerError: if the answers of the hub about hosts and tasks are
                         malformed.
    :raises LookupError: if the task has started none.
    """
    hub = hub_of(task)
    children = await hub.getTaskChildren(id_of(task))
    if not children:
        raise LookupError
    if task.state not in task_states.DONE_GROUP and any(
            child.method == 'buildArch' for child in children):
        children = [task]
    return latest(await _completions(hub, children))


async def _completions(hub: Hub, rows: Sequence[Timed]
                       ) -> list[datetime | None]:
    """Estimate the ends of tasks, without their scatter."""
    with _answer_errors():
        estimates = await _Estimates(hub, rows, scatter=False).make()
    return [None if each is None else each.when for each in estimates]


@contextmanager
def _answer_errors() -> Iterator[None]:
    """Convert errors from malformed rows of the hub to `AnswerError`."""
    try:
        yield
    except KojiException:
        raise
    except (TypeError, ValueError, AttributeError, LookupError,
            OverflowError) as error:
        raise AnswerError('the answers of the hub about hosts and tasks are'
                          f' malformed: {error!r}') from error


def _is_over(row: Timed) -> bool:
    """Tell whether a task or a build has ended."""
    if isinstance(row, TaskRow):
        return row.state in task_states.DONE_GROUP
    return row.get('state') != row.running


class _Estimates:
    """
    The estimates of some tasks and builds, from one look at the hub.

    :param hub: the connection.
    :param rows: the tasks and builds.
    :param scatter: True to estimate the earliest and the latest end, too. A
                    fault of the hub about one of the tasks is an unknown end
                    then. Otherwise the fault is an error.
    """

    def __init__(self, hub: Hub, rows: Sequence[Timed], *, scatter: bool
                 ) -> None:
        self._hub = hub
        self._rows = rows
        self._scatter = scatter
        self._past = PastDurations(hub, BUILDS if scatter else AVERAGED)
        self._pacer = Pacer(hub.client.reactor)
        self._forecast = Forecast(hub, self._past, self._pacer)
        self._children: dict[int, Sequence[TaskRow]] = {}
        #: place in the list of rows -> what is known of the row.
        self._subjects: dict[int, Subject] = {}
        self._ends: dict[Subject, datetime] = {}

    async def make(self) -> list[Estimate | None]:
        """Estimate the ends, in the order of the rows."""
        await self._load_children()
        await self._pacer.run(self._find_subjects())
        if self._subjects:
            await self._load()
        samples = await self._play()
        estimates = await self._pacer.collect(self._finish(samples))
        await self._pacer.run(self._forecast.release())
        return estimates

    def _find_subjects(self) -> Iterator[None]:
        """Find the parts of all tasks, in steps."""
        for number, row in enumerate(self._rows):
            if not _is_over(row):
                subject = subject_of(row, self._children, self._past)
                # A waiting task without a channel has no queue.
                if subject is not None and all(
                        part.channel_id is not None
                        for part in subject.waiting):
                    self._subjects[number] = subject
            yield

    def _find_legs(self) -> Iterator[ForecastTask]:
        """Find the waiting parts of all tasks in the plays, in steps."""
        for subject in self._subjects.values():
            subject.legs = [leg for row in subject.waiting
                            for leg in self._forecast.legs(row)]
            yield from subject.legs

    def _find_ends(self, starts: Starts) -> Iterator[None]:
        """Estimate the ends from average durations, in steps."""
        now = self._hub.now()
        for subject in self._subjects.values():
            end = self._end(subject, starts, now)
            if end is not None:
                self._ends[subject] = end
            yield

    def _finish(self, samples: Samples) -> Iterator[Estimate | None]:
        """Make all estimates, in steps, and release what each was made of."""
        now = self._hub.now()
        for number, row in enumerate(self._rows):
            subject = self._subjects.pop(number, None)
            yield (_ended(row) if subject is None
                   else self._estimate(subject, samples, now))

    async def _load_children(self) -> None:
        """Get the children of the ``build`` tasks."""
        batch = Batch(self._hub)
        await self._pacer.run(self._ask_for_children(batch))
        await batch.send()

    def _ask_for_children(self, batch: Batch) -> Iterator[None]:
        for row in self._rows:
            if (isinstance(row, TaskRow) and row.method == 'build'
                    and not _is_over(row)):
                batch.ask(partial(self._take_children, id_of(row)),
                          'getTaskChildren', id_of(row))
            yield

    def _take_children(self, number: int, children: Any,
                       fault: GenericError | None) -> None:
        if fault is not None and not self._scatter:
            raise fault
        if children is not None:
            self._children[number] = children

    async def _load(self) -> None:
        """Get everything else from the hub."""
        waiting: list[TaskRow] = []
        children: dict[int, Sequence[TaskRow]] = {}
        await self._pacer.run(self._find_waiting(waiting, children))
        await self._forecast.load(waiting, children, scatter=self._scatter)
        if not self._scatter:
            for subject in self._subjects.values():
                self._past.check(subject.keys[:1])

    def _find_waiting(self, waiting: list[TaskRow],
                      children: dict[int, Sequence[TaskRow]]
                      ) -> Iterator[None]:
        """Find the waiting parts, and the children of builds, in steps."""
        for subject in self._subjects.values():
            yield
            if subject.has_failed:
                continue
            if self._scatter:
                self._past.want_scatter(subject.keys[0])
            waiting += subject.waiting
            if subject.row.get('method') == 'build':
                number = id_of(subject.row)
                children[number] = self._children[number]

    def _end(self, subject: Subject, starts: Starts, now: datetime
             ) -> datetime | None:
        """Estimate an end from average durations."""
        if subject.has_failed:
            return now
        duration = self._past.duration(subject.keys)
        return (None if duration is None
                else subject.end(duration, starts, now))

    async def _play(self) -> Samples:
        """Find the ends from average durations, and draw random ends."""
        goal = await self._pacer.collect(self._find_legs())
        starts = await self._forecast.play(goal)
        await self._pacer.run(self._find_ends(starts))
        samples = Samples(self._forecast.arch_scatter,
                          self._hub.now().timestamp())
        if self._scatter:
            await self._pacer.run(self._add_samples(samples))
            for number in range(PLAYS):
                starts = (await self._forecast.play(goal, samples.random)
                          if goal else {})
                await self._pacer.run(samples.draw(number, starts))
        return samples

    def _add_samples(self, samples: Samples) -> Iterator[None]:
        """Add the tasks whose scatter is known, in steps."""
        for subject in self._ends:
            scatter = (self._past.scatter(subject.keys[0],
                                          self._forecast.pooled)
                       if subject.keys else None)
            if scatter is not None:
                samples.add(subject, scatter)
            yield

    def _estimate(self, subject: Subject, samples: Samples, now: datetime
                  ) -> Estimate | None:
        """Make the estimate of a task or a build; None if unknown."""
        when = self._ends.pop(subject, None)
        if when is None:
            return None
        # The plays take time.
        when = max(when, now)
        why = (reason(subject, self._past, self._forecast.pooled,
                      self._forecast.snapshot, now) if self._scatter else '')
        if subject.has_failed:
            return Estimate(when, when, when, why)
        ends = samples.take_range(subject)
        if ends is None:
            return Estimate(when, None, None, why)
        # An import may end at any time.
        earliest = now if subject.is_over else min(ends[0], when)
        return Estimate(when, max(earliest, now), max(ends[1], when), why)


def _ended(row: Timed) -> Estimate | None:
    """Make the estimate of a task that has ended; None for other tasks."""
    end = row.completed if _is_over(row) else None
    return None if end is None else Estimate(end, end, end, 'it has ended')
