"""
When a task will be done, and what is before it in the queue of its channel.

    python examples/estimate.py [TASK] [--profile NAME]
"""
from argparse import Namespace

from embedded import run

from txkoji import Connection, task_states
from txkoji.task import Task

ORDER = 'priority,create_time'


async def show(koji: Connection, options: Namespace) -> None:
    """Print the estimates."""
    if not options.task.isdecimal():
        print('A task is a number, and not', options.task)
        return
    task = await koji.getTaskInfo(int(options.task))
    if task is None:
        print('There is no task', options.task)
        return
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


run(show, __doc__, task='6480')
