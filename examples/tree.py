"""
A live tree of tasks for examples, with lines of text below it.

On a terminal it moves, if rich is installed. Otherwise each change is a line.
"""
from __future__ import annotations

import sys
from collections import deque
from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import Deferred, gatherResults

from txkoji import task_states
from txkoji.submissions.submit import Submission
from txkoji.task import Task
from txkoji.waiting.changes import TaskChange

#: The colors of states.
COLORS = {'OPEN': 'yellow', 'CLOSED': 'green', 'FAILED': 'red',
          'CANCELED': 'red'}


def tree(lines: int = 0) -> Lines:
    """
    Get a tree if the output is a terminal and rich is there, or lines.

    :param lines: the number of lines of text to show below the tree.
    """
    if sys.stdout is not None and sys.stdout.isatty():
        try:
            import rich  # noqa: F401
        except ImportError:
            print("pip install 'txkoji[progress]' for a tree",
                  file=sys.stderr)
        else:
            return Tree(lines)
    return Lines()


class Lines:
    """Prints each change as a line."""

    def __enter__(self) -> Lines:
        return self

    def __exit__(self, *error: object) -> None:
        """Print nothing more."""

    async def follow(self, submission: Submission[Any]) -> None:
        """Show the tasks and the logs of a submission to their end."""
        async def changes() -> None:
            async for change in submission.changes():
                self.update(change)

        async def logs() -> None:
            async for line in submission.logs():
                self.say(f'{line.task_id} {line.name}: {line.text}')

        await gatherResults([Deferred.fromCoroutine(changes()),
                             Deferred.fromCoroutine(logs())],
                            consumeErrors=True)

    def update(self, change: TaskChange) -> None:
        """Take a change of the state of a task."""
        print(f'{change.task.id:8}  {change.old or "":8} -> {change.new:8}'
              f'  {change.task.title}', flush=True)

    def say(self, text: str) -> None:
        """Take a line of text."""
        print(text, flush=True)


class Tree(Lines):
    """Shows tasks as a tree, in which open tasks move."""

    def __init__(self, lines: int) -> None:
        from rich.live import Live
        from rich.spinner import Spinner
        self.tasks: dict[int, Task] = {}
        self.text: deque[str] = deque(maxlen=lines)
        self.spinner = Spinner('dots')
        self.live = Live(get_renderable=self.draw, refresh_per_second=10,
                         vertical_overflow='crop')

    def __enter__(self) -> Tree:
        self.live.start()
        return self

    def __exit__(self, *error: object) -> None:
        self.live.stop()

    def update(self, change: TaskChange) -> None:
        """Take a change of the state of a task."""
        self.tasks[change.task.id] = change.task

    def say(self, text: str) -> None:
        """Take a line of text."""
        self.text.append(text)

    def draw(self) -> Any:
        """Draw the tree, and the text below it."""
        from rich.console import Group
        from rich.text import Text
        options: Any = {'no_wrap': True, 'overflow': 'ellipsis'}
        return Group(*(
            Text.assemble(
                '  ' * depth, self.mark(task), f' {task.id} ',
                (f'{task.state_name:9} ',
                 COLORS.get(str(task.state_name), '')),
                str(task.title), **options)
            for depth, task in self.below(None)), *(
                Text(line, **options) for line in self.text))

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
