"""
Who am I? Log in as the profile says, ask the hub who that is, and log out.

    python examples/whoami.py [--profile NAME]
"""
from embedded import run

from txkoji.exceptions import AuthError, KojiLoginException


async def show(koji, options):
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
    me = await koji.whoami()
    print('We are', me.name, 'in session', koji.session_id)
    print('Permissions:', ', '.join(sorted(me.permissions)) or 'none')
    await koji.logout()


run(show, __doc__)
