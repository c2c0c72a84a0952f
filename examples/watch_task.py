"""
A task and its descendents: what they are about, and each change of their
states, until the task is finished.

    python examples/watch_task.py [TASK] [--profile NAME]
"""
from embedded import run

from txkoji.exceptions import GenericError, TaskFailed


async def show(koji, options):
    try:
        async for change in koji.watch(int(options.task)):
            print(f'{change.task.id:8}  {change.old or "":8} ->'
                  f' {change.new:8}  {change.task.title}')
        task = await koji.wait(int(options.task))
        print('Its result is', await task.get_result())
    except TaskFailed as error:
        print(error)
    except (GenericError, ValueError) as error:
        print('It cannot be watched:', error)


run(show, __doc__, task='6474')
