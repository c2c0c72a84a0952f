"""
List open tasks with the names of their owners.

The names are kept in files for a day, so that each is asked for once.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import run

from txkoji import Connection, task_states


async def show(koji: Connection, options: Namespace) -> None:
    """Print the open tasks."""
    tasks = await koji.listTasks(
        {'state': [task_states.OPEN]}, {'order': '-id', 'limit': 20})
    names = await koji.cache.many('user', [task.owner for task in tasks])
    for task in tasks:
        print(f'{names[task.owner] or "nobody":10} {task.title}')
    print(len(tasks), 'tasks, and', len(names), 'names, which are kept in',
          koji.cache.filename('user', 'ID'))


run(show, __doc__)
