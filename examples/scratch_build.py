"""
Make a scratch build of a source package, and download its files.

The tasks are shown as a tree, with the last lines of the logs below it.
"""
import sys
import tempfile
from argparse import Namespace

from downloads import download
from embedded import run, source_package
from tree import tree

from txkoji import Connection
from txkoji.exceptions import TaskFailed


async def build(koji: Connection, options: Namespace) -> None:
    """Submit the build, show its tasks, and download its files."""
    await koji.login()
    submission = await koji.submit_build(
        None, options.target, srpm=options.srpm or source_package(),
        scratch=True)
    print('Submitted:', submission.task.url, flush=True)
    with tree(lines=8) as shown:
        await shown.follow(submission)
    try:
        done = await submission.done()
    except TaskFailed as error:
        failure = await error.failure()
        sys.exit(await failure.summary() if failure else str(error))
    sys.exit(await download(done,
                            options.folder or tempfile.mkdtemp()))


run(build, __doc__, prepare=lambda hub: hub.builders.start(duration=1),
    arguments={'srpm': (None, 'the source package (default: a made up one)'),
               'target': ('f44-candidate', 'the build target'),
               'folder': (None, 'for the files (default: a new one)')})
