"""Take a first look at a build, a task and its children, and more."""
from __future__ import annotations

from argparse import Namespace

from embedded import run

from txkoji import Connection
from txkoji.exceptions import GenericError


async def tour(koji: Connection, options: Namespace) -> None:
    """Print what the hub says."""
    print('This is', koji)

    [build] = await koji.listBuilds(state=1, queryOpts={
        'order': '-build_id', 'limit': 1})
    print('The newest build is', build.nvr)
    print('  of', build.owner_name, 'on', build.completed)
    print('  at', build.url)

    [part] = await koji.listTasks({'method': 'buildArch', 'state': [2, 5]},
                                  {'order': '-id', 'limit': 1})
    assert part.parent is not None
    task = await koji.getTaskInfo(part.parent, strict=True)
    print('The last task that was built on several architectures is', task.id)
    print('  for package', task.package, 'and target', task.target)
    print('  it is', task.state_name, 'after', task.duration)
    for child in await task.descendents():
        print('   ', child.method, child.arch or '', child.state_name)

    assert task.channel_id is not None
    channel = await koji.getChannel(task.channel_id, strict=True)
    hosts = await channel.hosts(enabled=True)
    print('Its channel is', channel.name, 'and has', len(hosts), 'builders')

    for package in await koji.listPackages(prefix='cep'):
        duration = await koji.getAverageBuildDuration(package.name)
        print('To build', package.name, 'takes', duration)

    found = await koji.from_web(str(task.url))
    print(task.url, 'is', type(found).__name__, found and found['id'])

    try:
        await koji.getTag('no-such-tag', strict=True)
    except GenericError as error:
        print(f'And this is fault {error.faultCode}: {error}')


run(tour, __doc__)
