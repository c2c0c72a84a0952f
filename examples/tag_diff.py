"""
Compare the builds of two tags.

Both lists are read while they arrive, so that the tags may have any number of
builds.
"""
from embedded import run

from txkoji.exceptions import KojiException


async def compare(koji, options):
    """Print the differences."""
    try:
        tag = await koji.getTag(options.here, strict=True)
        diff = await tag.diff(options.there, latest=True)
    except KojiException as error:
        print('They cannot be compared:', error)
        return
    print(f'{diff.same} packages have the same latest build in {options.here}'
          f' and {options.there}, {len(diff.packages)} do not:')
    for package in diff.packages:
        print(f'{package.package:24} {shown(package.here):16}'
              f' {shown(package.there)}')


def shown(builds):
    """Show the versions of builds, or that there is none."""
    return ', '.join(f'{build.version}-{build.release}'
                     for build in builds) or '-'


run(compare, __doc__, here='f43-updates', there='f44-updates-testing')
