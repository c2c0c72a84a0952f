"""
The latest builds in a tag, as a table; how far it has come is told meanwhile.

    python examples/tagged.py [TAG] [--profile NAME]
"""
import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection


def tell(builds: int, size: int, total: int | None) -> None:
    """Print the progress."""
    if sys.stderr.isatty():
        print(f'\r{builds} builds, {size / 1e6:.1f} MB', end='',
              file=sys.stderr, flush=True)


async def show(koji: Connection, options: Namespace) -> None:
    """Print the builds."""
    lines = []
    telling = koji.with_options(progress=tell)
    async for build in telling.iterate('listTagged', options.tag,
                                       latest=True):
        lines.append((build.nvr, f'{build.completed:%Y-%m-%d %H:%M}'
                      f'  {str(build.duration).partition(".")[0]:>8}'
                      f'  {build.owner_name}'))
    tell(len(lines), 0, len(lines))
    print('\r' if sys.stderr.isatty() else '', end='', file=sys.stderr)
    width = max((len(nvr) for nvr, _ in lines), default=0)
    for nvr, line in sorted(lines):
        print(f'{nvr:{width}}  {line}')
    print(len(lines), 'packages in', options.tag)


run(show, __doc__, tag='f44-updates-testing')
