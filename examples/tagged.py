"""
Show the latest builds in a tag as a table.

While the builds arrive, a bar shows how many bytes have come.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import progress, run

from txkoji import Connection


async def show(koji: Connection, options: Namespace) -> None:
    """Print the builds."""
    lines = []
    with progress() as bars:
        bar = bars.add_task('builds')
        telling = koji.with_options(
            progress=lambda builds, size, total: bars.update(
                bar, completed=size, total=total))
        async for build in telling.iterate('listTagged', options.tag,
                                           latest=True):
            lines.append((build.nvr, '{:.16}  {:>8}  {}'.format(
                str(build.completed), str(build.duration).partition('.')[0],
                build.owner_name)))
    width = max((len(nvr) for nvr, _ in lines), default=0)
    for nvr, line in sorted(lines):
        print(f'{nvr:{width}}  {line}')
    print(len(lines), 'packages in', options.tag)


run(show, __doc__, arguments={
    'tag': ('f44-updates-testing', 'the name of a tag')})
