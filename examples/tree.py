"""
A live tree of tasks, for terminals.

If the output is no terminal, each change is a line.
"""
import shutil
import sys
from collections import deque


class Tree:
    """
    Draws tasks, each time over what it drew before.

    :param lines: number of lines of text to show below the tree.
    """

    def __init__(self, lines=0):
        self.tasks = {}
        self.drawn = 0
        self.text = deque(maxlen=lines)

    def update(self, change):
        """Take a change of a task's state."""
        task = change.task
        self.tasks[task.id] = task
        if sys.stdout.isatty():
            self.draw()
        else:
            print(f'{task.id:8}  {change.old or "":8} -> {change.new:8}'
                  f'  {task.title}', flush=True)

    def say(self, text):
        """Take a line of text."""
        self.text.append(text)
        if sys.stdout.isatty():
            self.draw()
        else:
            print(text, flush=True)

    def draw(self):
        """Draw the tree, and the text below it."""
        width, height = shutil.get_terminal_size()
        # What is above the first line cannot be drawn over. (A size may be
        # unknown, and is 0 then.)
        lines = [line[:width or None]
                 for line in [*self.below(None), *self.text]]
        lines = lines[1 - height:] if height > 1 else lines
        # Up to the first line, and erase from there.
        print(f'\x1b[{self.drawn}A\x1b[J' if self.drawn else '', end='')
        print('\n'.join(lines), flush=True)
        self.drawn = len(lines)

    def below(self, parent, indent=''):
        """Make the lines of the descendents."""
        for task in self.tasks.values():
            above = task.parent if task.parent in self.tasks else None
            if above == parent:
                yield f'{indent}{task.id} {task.state_name:9} {task.title}'
                yield from self.below(task.id, indent + '  ')
