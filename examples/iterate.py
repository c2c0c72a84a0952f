"""
Count the complete builds of each user.

There may be more builds than fit in memory. They are counted twice: item by
item while they arrive, and page by page.
"""
from __future__ import annotations

from argparse import Namespace
from collections import Counter

from embedded import progress, run

from txkoji import Connection, build_states


async def show(koji: Connection, options: Namespace) -> None:
    """Print the counts."""
    builders: Counter[str] = Counter()
    with progress() as bars:
        bar = bars.add_task('builds')
        telling = koji.with_options(
            progress=lambda builds, size, total: bars.update(
                bar, completed=size, total=total))
        async for build in telling.iterate(
                'listBuilds', state=build_states.COMPLETE):
            builders[build.owner_name] += 1
    for name, count in builders.most_common(5):
        print(f'{count:7} {name}')
    print(sum(builders.values()), 'builds, of', len(builders), 'people')

    pages = 0
    async for builds in koji.pages('listBuilds', state=build_states.FAILED):
        pages += 1
        print('page', pages, 'of failed builds begins with', builds[0].nvr)


run(show, __doc__)
