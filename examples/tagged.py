"""
The latest builds in a tag, as a table; how far it has come is told meanwhile.

    python examples/tagged.py [TAG] [--profile NAME]
"""
import sys

from embedded import run


def tell(builds, size, total):
    """Print the progress."""
    if sys.stderr.isatty():
        print(f'\r{builds} builds, {size / 1e6:.1f} MB', end='',
              file=sys.stderr, flush=True)


async def show(koji, options):
    """Print the builds."""
    lines = []
    telling = koji.with_options(progress=tell)
    async for build in telling.iterate('listTagged', options.tag,
                                       latest=True):
        lines.append((build.nvr, '{:%Y-%m-%d %H:%M}  {:>8}  {}'.format(
            build.completed, str(build.duration).partition('.')[0],
            build.owner_name)))
    tell(len(lines), 0, len(lines))
    print('\r' if sys.stderr.isatty() else '', end='', file=sys.stderr)
    width = max((len(nvr) for nvr, _ in lines), default=0)
    for nvr, line in sorted(lines):
        print(f'{nvr:{width}}  {line}')
    print(len(lines), 'packages in', options.tag)


run(show, __doc__, tag='f44-updates-testing')
