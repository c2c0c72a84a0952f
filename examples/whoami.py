"""Log in as the profile says, ask the hub who that is, and log out."""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection


async def show(koji: Connection, options: Namespace) -> None:
    """Print the user."""
    print('The hub is', koji.url, 'and runs Koji', await koji.hub_version())
    if not await koji.login():
        sys.exit('The profile says not to log in.')
    me = await koji.whoami()
    print('We are', me.name, 'in session', koji.session_id)
    print('Permissions:', ', '.join(sorted(me.permissions)) or 'none')
    await koji.logout()


run(show, __doc__)
