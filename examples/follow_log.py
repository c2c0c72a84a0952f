"""
The logs of a task, and of its descendents, as they are written.

    python examples/follow_log.py [TASK] [--profile NAME]
"""
from argparse import Namespace

from embedded import run
from twisted.internet.task import LoopingCall

from txkoji import Connection, task_states
from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub


async def follow(koji: Connection, options: Namespace) -> None:
    """Print the lines of the logs."""
    last = None
    try:
        async for line in koji.follow(int(options.task), descendents=True):
            if last != (line.task_id, line.name):
                last = line.task_id, line.name
                print(f'==> task {line.task_id}: {line.name} <==')
            if line.restarted:
                print('(It began anew.)')
            print(line.text, flush=True)
        task = await koji.getTaskInfo(int(options.task), strict=True)
        print('Task', task.id, 'is', task.state_name)
    except (KojiException, ValueError) as error:
        print('It cannot be followed:', error)


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


run(follow, __doc__, prepare=prepare, task='6383')
