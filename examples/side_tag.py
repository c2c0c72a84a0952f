"""
Use a side tag for a while.

The argument is the base tag. With ``--source URL``, a package is built in the
side tag. At the end the side tag is removed, also after an error or Ctrl-C.
"""
from __future__ import annotations

from argparse import Namespace

from embedded import run

from txkoji import Connection
from txkoji.exceptions import TaskFailed
from txkoji.testing import FakeHub


async def use(koji: Connection, options: Namespace) -> None:
    """Make a side tag, and use it."""
    await koji.login()
    print('Waiting for a side tag of', options.base, 'and its repository')
    try:
        async with koji.side_tag(options.base, timeout=3600) as tag:
            repo = await koji.getRepo(tag.id)
            if repo is not None:
                print(f'{tag.name} has repository {repo.id} of event'
                      f' {repo.create_event}')
            if options.source:
                submission = await koji.submit_build(options.source, tag.name)
                built = await submission.done()
                print('Built:', built.nvr)
            builds = await koji.listTagged(tag.id, inherit=True, latest=True)
            print(len(builds), 'packages can be built with, and',
                  sum(build.tag_id == tag.id for build in builds), 'of them'
                  ' are in it')
        print(tag.name, 'is removed')
    except TaskFailed as error:
        failure = await error.failure()
        print(await failure.summary() if failure else error)


def prepare(hub: FakeHub) -> None:
    """Let the embedded hub make repositories and builds in a second."""
    hub.builders.start(duration=1)


run(use, __doc__, prepare=prepare, user='releng',
    arguments={'base': ('f44-build', 'the base tag')},
    flags={'--source': 'the URL of a source to build'})
