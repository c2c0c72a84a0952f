"""Show a user, and the builds of the user that are under way."""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection, task_states


async def show(koji: Connection, options: Namespace) -> None:
    """Print the user."""
    user = await koji.getUser(options.name)
    if user is None:
        sys.exit(f'There is no user {options.name}.')
    print(user.name, 'is user', user.id, 'and logs in as',
          ', '.join(user.krb_principals or ()))
    tasks = await koji.listTasks({
        'owner': user.id, 'method': 'build', 'state': [task_states.OPEN]})
    for task in tasks:
        print(' ', task.package, 'for', task.target, 'since', task.started)
        print('   ', task.url)


run(show, __doc__, arguments={'name': ('alice', 'the name of a user')})
