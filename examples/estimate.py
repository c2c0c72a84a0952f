"""
Estimate when a task will be done.

For a task that waits, the tasks ahead in the queue of its
channel are listed.
"""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection, task_states
from txkoji.task import Task

ORDER = 'priority,create_time'


async def show(koji: Connection, options: Namespace) -> None:
    """Print the estimates."""
    task = await koji.getTaskInfo(options.task)
    if task is None:
        sys.exit(f'There is no task {options.task}.')
    print(task.id, task.title, 'is', task.state_name)
    print('  such a task takes', await task.estimate_duration() or 'unknown')
    print('  it will be done at',
          await task.estimate_completion() or 'an unknown time')

    if task.state != task_states.FREE or task.channel_id is None:
        return
    channel = await koji.getChannel(task.channel_id, strict=True)
    capacity = await channel.total_capacity(by_arch=True)
    print('  it waits in channel', channel.name, 'for hosts with', ', '.join(
        f'{arch} {number:.1f}' for arch, number in sorted(capacity.items())))
    waiting = await koji.listTasks(
        {'channel_id': channel.id, 'state': [task_states.FREE]},
        {'order': ORDER, 'limit': 1000})
    before = [other for other in waiting if place(other) < place(task)]
    print('  after', len(before), 'other tasks')
    for other in before[-10:]:
        print(f'   {other.priority:4} {other.created:%d %b %H:%M} '
              f' {other.title}')


def place(task: Task) -> tuple[int, float]:
    """Describe the place of a task in its queue."""
    return task.priority, task.create_ts or 0


run(show, __doc__, arguments={'task': (6480, 'the id of a task')})
