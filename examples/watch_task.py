"""
Watch a task and its descendents until the task has finished.

On a terminal they are shown as a tree that moves, if rich is
installed: pip install 'txkoji[progress]'. Otherwise each change
is a line.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import run
from tree import tree
from twisted.internet.task import LoopingCall

from txkoji import Connection, task_states
from txkoji.testing import FakeHub


async def show(koji: Connection, options: Namespace) -> None:
    """Show the changes."""
    with tree() as shown:
        async for change in koji.watch(options.task):
            shown.update(change)
    task = await koji.wait(options.task)
    print('Its result is', await task.get_result())


def prepare(hub: FakeHub) -> None:
    """Let a task of the embedded hub and its children run for a while."""
    rows = {row['id']: row for row in hub.tables.tasks}
    children = [6475, 6476, 6478, 6479, 6477]
    ends = {number: rows[number]['state'] for number in [6474, *children]}
    for number in children:
        rows[number]['state'] = task_states.FREE
    rows[6474]['state'] = task_states.OPEN
    steps = iter([(number, state) for number in children
                  for state in (task_states.OPEN, ends[number])])

    def work() -> None:
        number, state = next(steps, (6474, ends[6474]))
        rows[number]['state'] = state
        if number == 6474:
            working.stop()

    working = LoopingCall(work)
    working.clock = hub.clock
    working.start(0.2, now=False)


run(show, __doc__, prepare=prepare, arguments={
    'task': (6474, 'the id of a task')})
