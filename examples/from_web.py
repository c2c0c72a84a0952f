"""
Show the object of a link to kojiweb.

A program that does not know the hub of a link asks
``Connection.connect_from_web(link)`` for a Connection.
"""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection


async def show(koji: Connection, options: Namespace) -> None:
    """Print the object of a link."""
    link = options.link or f'{koji.weburl}/taskinfo?taskID=6474'
    found = await koji.from_web(link)
    if found is None:
        sys.exit(f'{koji} knows nothing of this link: {link}')
    print(type(found).__name__, 'with')
    for name in sorted(found):
        print(f'  {name:17} {found[name]}')


run(show, __doc__, arguments={
    'link': (None, 'the URL of a page (default: that of a task)')})
