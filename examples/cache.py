"""
Who works on what: open tasks, with the names of their owners, which are kept
in files for a day, so that they are asked for once.

    python examples/cache.py [--profile NAME]
"""
from embedded import run

from txkoji import task_states


async def show(koji, options):
    tasks = await koji.listTasks(
        {'state': [task_states.OPEN]}, {'order': '-id', 'limit': 20})
    names = await koji.cache.many('user', [task.owner for task in tasks])
    for task in tasks:
        print(f'{names[task.owner] or "nobody":10} {task.title}')
    print(len(tasks), 'tasks, and', len(names), 'names, which are kept in',
          koji.cache.filename('user', 'ID'))


run(show, __doc__)
