"""
Estimates of the completion times of tasks.

A running task ends its average duration after its start. For a waiting task,
`txkoji.estimates.forecast` simulates the queue of its channel.
"""
from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.estimates.averages import (
    average_build_duration,
    not_past,
    task_durations,
)
from txkoji.estimates.forecast import queue_completion
from txkoji.estimates.tasks import WAITING
from txkoji.exceptions import AnswerError, KojiException
from txkoji.hub.deferreds import gather
from txkoji.resource import hub_of, id_of, now_for
from txkoji.task_requests.row import TaskRow, package_of

#: The states of tasks whose failure makes their build fail.
UNSUCCESSFUL = (task_states.FAILED, task_states.CANCELED)


async def task_completion(task: TaskRow) -> datetime | None:
    """
    Estimate the end of a task, see `Task.estimate_completion`.

    :raises AnswerError: if the answers of the hub about hosts and tasks are
                         malformed.
    """
    if task.state in task_states.DONE_GROUP:
        return task.completed
    hub = hub_of(task)
    with _answer_errors():
        if task.method == 'build':
            return await _build_completion(
                task, await hub.getTaskChildren(id_of(task)))
        if task.state in WAITING:
            return await _waiting_completion(task, [task])
        [duration] = await task_durations(hub, [task])
        return _running_completion(task, duration)


async def descendents_completion(task: TaskRow) -> datetime | None:
    """
    Estimate the end of the tasks that a task has started.

    See `Task.estimate_descendents`.

    :raises AnswerError: if the answers of the hub about hosts and tasks are
                         malformed.
    :raises LookupError: if the task has started none.
    """
    children = await hub_of(task).getTaskChildren(id_of(task))
    if not children:
        raise LookupError
    if task.state not in task_states.DONE_GROUP and any(
            child.method == 'buildArch' for child in children):
        with _answer_errors():
            return await _build_completion(task, children)
    waiting = [child for child in children if child.state in WAITING]
    ends = await gather([Deferred.fromCoroutine(task_completion(child))
                         for child in children if child not in waiting])
    if waiting:
        with _answer_errors():
            ends.append(await _waiting_completion(task, waiting))
    return _latest(ends)


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


async def _waiting_completion(task: TaskRow, waiting: Sequence[TaskRow]
                              ) -> datetime | None:
    """
    Estimate the end of the last of some waiting tasks.

    :param task: the task, or the parent of the waiting tasks.
    """
    if None in await task_durations(hub_of(task), waiting):
        return None
    return await queue_completion(task, waiting)


async def _build_completion(task: TaskRow, children: Sequence[TaskRow]
                            ) -> datetime | None:
    """Estimate the end of a ``build`` task, from its children."""
    package = package_of(task)
    if package is None or task.state not in (task_states.OPEN, *WAITING) or (
            task.state == task_states.OPEN and task.started is None):
        return None
    duration = await average_build_duration(hub_of(task), package)
    if duration is None:
        return None
    if any(child.state in UNSUCCESSFUL for child in children):
        # The build fails, too: at once, or, on hubs with build_arch_can_fail,
        # after the end of its last child.
        children = [child for child in children
                    if child.state not in task_states.DONE_GROUP]
        if not children:
            return now_for(task)
    arches = [child for child in children if child.method == 'buildArch']
    waiting = [child for child in arches if child.state in WAITING]
    # The average includes the import, so each sum is the end of the import,
    # even after the end of the buildArch tasks.
    ends = [_running_completion(child, duration) for child in arches
            if child not in waiting]
    if waiting or not arches:
        ends.append(await queue_completion(task, waiting or [task], children))
    return _latest(ends)


def _running_completion(task: TaskRow, duration: timedelta | None
                        ) -> datetime | None:
    """Estimate the end of a task that has started, but not before now."""
    started = task.started
    if duration is None or started is None or task.state in WAITING:
        return None
    return not_past(started, duration, now_for(task))


def _latest(ends: Sequence[datetime | None]) -> datetime | None:
    """Return the last end; None if one end is unknown, or if there is none."""
    known = [end for end in ends if end is not None]
    return max(known) if known and len(known) == len(ends) else None
