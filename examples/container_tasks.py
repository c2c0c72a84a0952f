"""List the last container builds: their source, result, and estimated end."""
from __future__ import annotations

from argparse import Namespace

from embedded import run
from twisted.internet.defer import gatherResults

from txkoji import Connection
from txkoji.task import Task

METHODS = ['buildContainer', 'buildSourceContainer']


async def show(koji: Connection, options: Namespace) -> None:
    """Print the tasks."""
    lists = await gatherResults(
        [koji.listTasks({'method': method}, {'order': '-id', 'limit': 10})
         for method in METHODS], consumeErrors=True)
    for task in sorted(sum(lists, []), key=lambda task: task.id):
        print(f'{task.id:8}  {task.state_name:9} {name(task)}'
              f' for {task.target}{" (scratch)" if task.is_scratch else ""}')
        if task.build_id is not None:
            build = await koji.getBuild(task.build_id)
            print(f'{"":20}{build.nvr if build else "a build that is gone"}')
        elif task.completed is None:
            print(f'{"":20}will be done at',
                  await task.estimate_completion() or 'an unknown time')


def name(task: Task) -> str | None:
    """Get the names of the builds of a task."""
    try:
        return task.package or 'something'
    except ValueError:
        return task.source


run(show, __doc__)
