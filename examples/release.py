"""
Tag the builds of one tag that are newer than those of a release.

Without --tag they are only listed. Versions are compared as rpm does.
"""
from argparse import Namespace

from embedded import run

from txkoji import Connection


async def release(koji: Connection, options: Namespace) -> None:
    """List the builds, and tag them."""
    ready, released = [
        {build.package_name: build
         for build in await koji.listTagged(tag, latest=True)}
        for tag in (options.ready, options.release)]
    newer = [build for name, build in sorted(ready.items())
             if name not in released
             or build.version_key > released[name].version_key]
    for build in newer:
        old = released.get(build.package_name)
        print(f'{build.nvr:32} {old.nvr if old else "(new)"}')
    if options.tag and newer:
        await koji.login()
        many = koji.MultiCall()
        for build in newer:
            many.tagBuild(options.release, build)
        for task in await koji.wait(list(await many())):
            await task.get_result()
        print(len(newer), 'builds are tagged')


run(release, __doc__, user='releng', switches={'--tag': 'tag the builds'},
    prepare=lambda hub: hub.builders.start(duration=1), arguments={
        'ready': ('f44-updates-testing', 'the tag of the new builds'),
        'release': ('f43-updates', 'the tag of the release')})
