"""
The latest builds in a tag, as a table.

    python examples/tagged.py [TAG] [--profile NAME]
"""
from embedded import run


async def show(koji, options):
    builds = await koji.listTagged(options.tag, latest=True)
    width = max((len(build.nvr) for build in builds), default=0)
    for build in sorted(builds, key=lambda build: build.nvr):
        print('{:{}}  {:%Y-%m-%d %H:%M}  {:>8}  {}'.format(
            build.nvr, width, build.completed,
            str(build.duration).partition('.')[0], build.owner_name))
    print(len(builds), 'packages in', options.tag)


run(show, __doc__, tag='f44-updates-testing')
