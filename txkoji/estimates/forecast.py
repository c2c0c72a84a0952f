"""
A forecast for waiting tasks, by a simulation of their queues.

The steps are a module each: `snapshot` and `history` ask the hub, `expected`
adds future tasks and durations, and `queue` simulates the queues.
"""
from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from operator import attrgetter

from txkoji import task_states
from txkoji.estimates.expected import ExpectedTasks, set_durations, set_weights
from txkoji.estimates.history import load_history
from txkoji.estimates.queue import DELAY, ChannelQueue, QueuedTask
from txkoji.estimates.snapshot import Snapshot
from txkoji.estimates.tasks import ForecastTask, HubTask
from txkoji.resource import from_timestamp, hub_of, now_for
from txkoji.task_requests.row import TaskRow

#: The least remaining time of a running task, as a fraction of its average
#: duration (our choice).
OVERDUE = 0.1


async def queue_completion(task: TaskRow, wanted: Sequence[TaskRow],
                           children: Sequence[TaskRow] = ()
                           ) -> datetime | None:
    """
    Simulate the queues of channels until some tasks end.

    :param task: the task of the forecast, with a connection.
    :param wanted: the task itself or some of its children. A ``build`` task
                   stands for the ``buildArch`` tasks that it will start.
    :param children: the children of the task.
    :returns: the end of the last wanted task; None if no host is available
              for one of them.
    """
    hub, now = hub_of(task), now_for(task).timestamp()
    if any(row.channel_id is None for row in wanted):
        return None
    snapshot = Snapshot(hub)
    await snapshot.load(wanted, children)
    history = await load_history(hub)
    expected = ExpectedTasks(hub, snapshot, history.noarch)
    await expected.load(task, {child.method for child in children})
    await snapshot.averages.load()
    goal = [each for row in wanted
            for each in expected.by_build.get(row.id,
                                              [snapshot.tasks[row.id]])]
    tasks: list[ForecastTask] = [*snapshot.tasks.values(), *expected.tasks]
    set_durations(tasks, snapshot.averages, history.slowness, goal)
    set_weights(tasks)
    _fill_queue(snapshot, now).run(goal)
    return _last_end(goal, now)


def _fill_queue(snapshot: Snapshot, now: float) -> ChannelQueue:
    """Make a queue of the running and waiting tasks of a snapshot."""
    queue = ChannelQueue(snapshot.hosts.values(), now)
    free = []
    for task in snapshot.tasks.values():
        host = snapshot.hosts.get(task.row.host_id or 0)
        if task.row.state == task_states.FREE:
            free.append(task)
        elif task.row.state == task_states.ASSIGNED:
            queue.start(task, host, now + DELAY + task.seconds)
        elif task.method == 'build':
            # A build that waits for its children is no load for its host.
            # Tasks that it has not started yet come at once.
            if task.successors:
                queue.start(task, None, now)
        elif not task.row.waiting:
            queue.start(task, host, now + _remaining(task, now))
    for task in sorted(free, key=attrgetter('priority')):
        queue.add(task)
    return queue


def _remaining(task: HubTask, now: float) -> float:
    """Estimate the remaining seconds of a running task."""
    # If our clock is behind the hub's, the task has just started.
    elapsed = max(0, now - (task.row.get('start_ts') or now))
    return max(task.seconds - elapsed, task.seconds * OVERDUE)


def _last_end(tasks: Sequence[QueuedTask], now: float) -> datetime | None:
    """Return the end of the last task; None if one end is unknown."""
    ends = [task.end_time for task in tasks if task.end_time is not None]
    if not ends or len(ends) < len(tasks):
        return None
    return from_timestamp(max(now, *ends))
