"""
A live tree of tasks, for terminals.

If the output is no terminal, each change is a line.
"""
from __future__ import annotations

import shutil
import sys
from collections import deque
from collections.abc import Iterator

from txkoji.task import Task
from txkoji.waiting.changes import TaskChange


class Tree:
    """
    A tree of tasks, which is drawn over itself.

    :param lines: number of lines of text to show below the tree.
    """

    def __init__(self, lines: int = 0) -> None:
        self.tasks: dict[int, Task] = {}
        self.drawn = 0
        self.text: deque[str] = deque(maxlen=lines)

    def update(self, change: TaskChange) -> None:
        """Take a change of a task's state."""
        task = change.task
        self.tasks[task.id] = task
        if sys.stdout.isatty():
            self.draw()
        else:
            print(f'{task.id:8}  {change.old or "":8} -> {change.new:8}'
                  f'  {task.title}', flush=True)

    def say(self, text: str) -> None:
        """Take a line of text."""
        self.text.append(text)
        if sys.stdout.isatty():
            self.draw()
        else:
            print(text, flush=True)

    def draw(self) -> None:
        """Draw the tree, and the text below it."""
        width, height = shutil.get_terminal_size()
        # Lines above the first one cannot be drawn over. (An unknown size is
        # 0.)
        lines = [line[:width or None]
                 for line in [*self.below(None), *self.text]]
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
