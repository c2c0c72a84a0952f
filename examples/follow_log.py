"""
Follow the logs of a task and its descendents.

The lines are printed as they are written, until the task has
finished.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import run
from twisted.internet.task import LoopingCall

from txkoji import Connection, task_states
from txkoji.testing import FakeHub


async def follow(koji: Connection, options: Namespace) -> None:
    """Print the lines of the logs."""
    last = None
    async for line in koji.follow(options.task, descendents=True):
        if last != (line.task_id, line.name):
            last = line.task_id, line.name
            print(f'==> task {line.task_id}: {line.name} <==')
        if line.restarted:
            print('(It began anew.)')
        print(line.text, flush=True)
    task = await koji.getTaskInfo(options.task, strict=True)
    print('Task', task.id, 'is', task.state_name)


def prepare(hub: FakeHub) -> None:
    """Let tasks of the embedded hub do something for a second or two."""
    tasks = [row for row in hub.tables.tasks if row['id'] in (6383, 6385)]
    steps = iter(['unpacking', 'compiling', 'linking', 'testing', 'packing'])

    def work() -> None:
        step = next(steps, None)
        if step is None:
            for row in tasks:
                row['state'] = task_states.CLOSED
            working.stop()
        else:
            hub.put_out(6385, 'build.log', f'{step} ...\n'.encode())

    working = LoopingCall(work)
    working.clock = hub.clock
    working.start(0.2)


run(follow, __doc__, prepare=prepare, arguments={
    'task': (6383, 'the id of a task')})
