"""Show the latest build of a package, and how long it took."""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection, build_states


async def show(koji: Connection, options: Namespace) -> None:
    """Print the latest build."""
    builds = await koji.listBuilds(
        options.package, state=build_states.COMPLETE,
        queryOpts={'order': '-build_id', 'limit': 1})
    for build in builds:
        print(build.nvr, 'by', build.owner_name)
        print('  built on', build.completed, 'in', build.duration)
        print('  from', build.gitbuildhash)
        print('  tagged', [tag.name for tag in await build.tags()])
        print(' ', build.url)
    if not builds:
        sys.exit(f'There is no build of {options.package}.')


run(show, __doc__, arguments={'package': ('bash', 'the name of a package')})
