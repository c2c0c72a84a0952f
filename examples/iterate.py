"""
Who built how much: through all complete builds, which may be too many for
memory. One by one while they arrive, and then a page at a time.

    python examples/iterate.py [--profile NAME]
"""
from collections import Counter

from embedded import run

from txkoji import build_states


async def show(koji, options):
    builders = Counter()
    async for build in koji.iterate('listBuilds', state=build_states.COMPLETE):
        builders[build.owner_name] += 1
    for name, count in builders.most_common(5):
        print(f'{count:7} {name}')
    print(sum(builders.values()), 'builds, of', len(builders), 'people')

    pages = 0
    async for builds in koji.pages('listBuilds', state=build_states.FAILED):
        pages += 1
        print('page', pages, 'of failed builds begins with', builds[0].nvr)


run(show, __doc__)
