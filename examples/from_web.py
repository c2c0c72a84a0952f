"""
Show the object of a link to kojiweb.

    python examples/from_web.py [LINK] [--profile NAME]

Bots that do not know which hub a link belongs to ask
``Connection.connect_from_web(link)`` for a Connection.
"""
from argparse import Namespace

from embedded import run

from txkoji import Connection


async def show(koji: Connection, options: Namespace) -> None:
    """Print the object of a link."""
    link = options.link or f'{koji.weburl}/taskinfo?taskID=6474'
    found = await koji.from_web(link)
    if found is None:
        print('Nothing that', koji, 'knows')
        return
    print(type(found).__name__, 'with')
    for name in sorted(found):
        print(f'  {name:17} {found[name]}')


run(show, __doc__, link=None)
