"""
Watch a task and its descendents until the task has finished.

On a terminal they are shown as a tree that moves, if rich is
installed: pip install 'txkoji[progress]'. Otherwise each change
is a line.
"""
from __future__ import annotations

import sys
from argparse import Namespace
from collections.abc import Iterator
from typing import Any

from embedded import run
from twisted.internet.task import LoopingCall

from txkoji import Connection, task_states
from txkoji.exceptions import TaskFailed
from txkoji.task import Task
from txkoji.testing import FakeHub

#: The colors of states.
COLORS = {'OPEN': 'yellow', 'CLOSED': 'green', 'FAILED': 'red',
          'CANCELED': 'red'}


async def show(koji: Connection, options: Namespace) -> None:
    """Show the changes."""
    with tree() as shown:
        async for change in koji.watch(options.task):
            shown.update(change.task, change.old)
    try:
        task = await koji.wait(options.task)
    except TaskFailed as error:
        sys.exit(str(error))
    print('Its result is', await task.get_result())


def tree() -> Lines:
    """Get a tree if the output is a terminal and rich is there, or lines."""
    if sys.stdout is not None and sys.stdout.isatty():
        try:
            import rich  # noqa: F401
        except ImportError:
            print("pip install 'txkoji[progress]' for a tree",
                  file=sys.stderr)
        else:
            return Tree()
    return Lines()


class Lines:
    """Prints each change as a line."""

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *error: object) -> None:
        """Print nothing more."""

    def update(self, task: Task, old: str | None) -> None:
        """Take the current state of a task."""
        print(f'{task.id:8}  {old or "":8} -> {task.state_name:8}'
              f'  {task.title}', flush=True)


class Tree(Lines):
    """Shows tasks as a tree, in which open tasks move."""

    def __init__(self) -> None:
        from rich.live import Live
        from rich.spinner import Spinner
        self.tasks: dict[int, Task] = {}
        self.spinner = Spinner('dots')
        self.live = Live(get_renderable=self.draw, refresh_per_second=10,
                         vertical_overflow='crop')

    def __enter__(self) -> Tree:
        self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def update(self, task: Task, old: str | None) -> None:
        """Take the current state of a task."""
        self.tasks[task.id] = task

    def draw(self) -> Any:
        """Draw the tree."""
        from rich.console import Group
        from rich.text import Text
        return Group(*(
            Text.assemble(
                '  ' * depth, self.mark(task), f' {task.id} ',
                (f'{task.state_name:9} ',
                 COLORS.get(str(task.state_name), '')),
                str(task.title), no_wrap=True, overflow='ellipsis')
            for depth, task in self.below(None)))

    def mark(self, task: Task) -> Any:
        """Get the mark of a task, which moves while the task is open."""
        if task.state == task_states.OPEN:
            return self.spinner.render(self.live.console.get_time())
        return {task_states.CLOSED: '✔', task_states.FREE: '·'}.get(
            task.state, '✘')

    def below(self, parent: int | None, depth: int = 0
              ) -> Iterator[tuple[int, Task]]:
        """Get the descendents, with their depths."""
        for task in list(self.tasks.values()):
            above = task.parent if task.parent in self.tasks else None
            if above == parent:
                yield depth, task
                yield from self.below(task.id, depth + 1)


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
