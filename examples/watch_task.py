"""
Watch a task and its descendents.

They are shown as a tree, which is updated until the task has finished. If the
output is no terminal, each change is a line.
"""
from embedded import run
from tree import Tree

from txkoji.exceptions import GenericError, TaskFailed


async def show(koji, options):
    """Print the changes."""
    tree = Tree()
    try:
        async for change in koji.watch(int(options.task)):
            tree.update(change)
        task = await koji.wait(int(options.task))
        print('Its result is', await task.get_result())
    except TaskFailed as error:
        print(error)
    except (GenericError, ValueError) as error:
        print('It cannot be watched:', error)


run(show, __doc__, task='6474')
