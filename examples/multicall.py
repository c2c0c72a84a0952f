"""
Show owners and durations of the latest builds of packages.

Many calls are sent as one, in two ways.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import run
from twisted.internet.defer import gatherResults

from txkoji import Connection


async def show(koji: Connection, options: Namespace) -> None:
    """Print the builds."""
    builds = await koji.listTagged(options.tag, latest=True)
    names = sorted({build.package_name for build in builds})[:20]

    # Written down, and sent when it is called.
    many = koji.MultiCall()
    for name in names:
        many.getLatestBuilds(options.tag, package=name)
    found = await many()

    # As single calls, which go out together by themselves.
    batched = koji.batched()
    durations = await gatherResults(
        [batched.getAverageBuildDuration(name) for name in names],
        consumeErrors=True)

    for name, builds, duration in zip(names, found, durations):
        if builds:
            print(builds[0].nvr, 'was built by', builds[0].owner_name)
            print('   which takes', duration or 'an unknown time')
    print(len(names), 'packages, and', len(found.faults), 'faults')


run(show, __doc__, arguments={
    'tag': ('f44-updates-testing', 'the name of a tag')})
