"""
Who am I? Log in as the profile says, ask the hub who that is, and log out.

    python examples/whoami.py [--profile NAME]
"""
from argparse import Namespace

from embedded import run

from txkoji import Connection
from txkoji.exceptions import AuthError, KojiLoginException


async def show(koji: Connection, options: Namespace) -> None:
    """Print the user."""
    print('The hub is', koji.url, 'and runs Koji', await koji.hub_version())
    try:
        known = await koji.login()
    except (AuthError, KojiLoginException) as error:
        print('It does not let us in:', error)
        return
    if not known:
        print('The profile says not to log in.')
        return
    user = await koji.getLoggedInUser()
    print('We are', user and user.name, 'in session', koji.session_id)
    await koji.logout()


run(show, __doc__)
