"""
Watch a task and its descendents.

They are shown as a tree, which is updated until the task has finished. If the
output is no terminal, each change is a line.
"""
import shutil
import sys
from argparse import Namespace
from collections.abc import Iterator

from embedded import run

from txkoji import Connection
from txkoji.exceptions import GenericError, TaskFailed
from txkoji.task import Task


async def show(koji: Connection, options: Namespace) -> None:
    """Print the changes."""
    tree = Tree()
    try:
        async for change in koji.watch(int(options.task)):
            if sys.stdout.isatty():
                tree.update(change.task)
            else:
                print(f'{change.task.id:8}  {change.old or "":8} ->'
                      f' {change.new:8}  {change.task.title}')
        task = await koji.wait(int(options.task))
        print('Its result is', await task.get_result())
    except TaskFailed as error:
        print(error)
    except (GenericError, ValueError) as error:
        print('It cannot be watched:', error)


class Tree:
    """Draws tasks, each time over what it drew before."""

    def __init__(self) -> None:
        self.tasks: dict[int, Task] = {}
        self.drawn = 0

    def update(self, task: Task) -> None:
        """Take the current state of a task."""
        self.tasks[task.id] = task
        width, height = shutil.get_terminal_size()
        # What is above the first line cannot be drawn over. (A size may be
        # unknown, and is 0 then.)
        lines = [line[:width or None] for line in self.below(None)]
        lines = lines[1 - height:] if height > 1 else lines
        # Up to the first line, and erase from there.
        print(f'\x1b[{self.drawn}A\x1b[J' if self.drawn else '', end='')
        print('\n'.join(lines), flush=True)
        self.drawn = len(lines)

    def below(self, parent: int | None, indent: str = '') -> Iterator[str]:
        """Make the lines of the descendents."""
        for task in self.tasks.values():
            above = task.parent if task.parent in self.tasks else None
            if above == parent:
                yield f'{indent}{task.id} {task.state_name:9} {task.title}'
                yield from self.below(task.id, indent + '  ')


run(show, __doc__, task='6474')
