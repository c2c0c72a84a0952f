"""
Build a source package, and download the files of the build.

It is a scratch build, which is not kept. The tasks are shown as a tree, with
the last lines of the logs below it. On the embedded hub, without arguments,
the example makes up a package, and the hub a build.
"""
from __future__ import annotations

import os
import tempfile
from argparse import Namespace
from typing import Any

from embedded import run
from tree import Tree
from twisted.internet.defer import Deferred, gatherResults

from txkoji import Connection
from txkoji.exceptions import TaskFailed
from txkoji.files import File
from txkoji.testing import FakeHub


async def build(koji: Connection, options: Namespace) -> None:
    """Submit the build, and see it through."""
    package = options.srpm or make_up()
    await koji.login()
    submission = await koji.submit_build(
        None, options.target, srpm=package, scratch=True)
    print('Submitted:', submission.task.url)
    tree = Tree(lines=8)
    try:
        await gatherResults([
            Deferred.fromCoroutine(show_changes(submission, tree)),
            Deferred.fromCoroutine(show_logs(submission, tree))])
        done = await submission.done()
    except TaskFailed as error:
        failure = await error.failure()
        print(await failure.summary() if failure else error)
    else:
        folder = options.folder or tempfile.mkdtemp()
        await gatherResults([download(file, folder) for file in done])


async def show_changes(submission: Any, tree: Tree) -> None:
    """Show the tasks."""
    async for change in submission.changes():
        tree.update(change)


async def show_logs(submission: Any, tree: Tree) -> None:
    """Show the lines of the logs."""
    async for line in submission.logs():
        tree.say(f'{line.task_id} {line.name}: {line.text}')


async def save(file: File, folder: str) -> None:
    """Download a file."""
    path = os.path.join(folder, *file.path.split('/')[3:])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    print(f'{await file.download(path):12,} bytes  {path}')


def download(file: File, folder: str) -> Deferred[None]:
    """Download a file; an error of one leaves the others alone."""
    return Deferred.fromCoroutine(save(file, folder)).addErrback(
        lambda failure: print(f'{file.path}: {failure.value}'))


def make_up() -> str:
    """Make up a package; get its path."""
    path = os.path.join(tempfile.mkdtemp(), 'hello-1.0-1.fc44.src.rpm')
    with open(path, 'wb') as file:
        file.write(b'no real package\n' * 1000)
    return path


def prepare(hub: FakeHub) -> None:
    """Let the embedded hub build in a second."""
    hub.builders.start(duration=1)


run(build, __doc__, prepare=prepare, arguments={
    'srpm': (None, 'the source package'),
    'target': ('f44-candidate', 'the build target'),
    'folder': (None, 'the folder for the files')})
