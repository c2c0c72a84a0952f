"""
Compare the builds of two tags.

Both lists are read while they arrive, so that the tags may have any number of
builds.
"""
from __future__ import annotations

from argparse import Namespace
from collections.abc import Iterable

from embedded import run

from txkoji import Connection
from txkoji.tags.diff import TaggedBuild


async def compare(koji: Connection, options: Namespace) -> None:
    """Print the differences."""
    tag = await koji.getTag(options.here, strict=True)
    diff = await tag.diff(options.there, latest=True)
    print(f'{diff.same} packages have the same latest build in {options.here}'
          f' and {options.there}, {len(diff.packages)} do not:')
    for package in diff.packages:
        print(f'{package.package:24} {shown(package.here):16}'
              f' {shown(package.there)}')


def shown(builds: Iterable[TaggedBuild]) -> str:
    """Show the versions of builds, or that there is none."""
    return ', '.join(f'{build.version}-{build.release}'
                     for build in builds) or '-'


run(compare, __doc__, arguments={
    'here': ('f43-updates', 'a tag'),
    'there': ('f44-updates-testing', 'another tag')})
