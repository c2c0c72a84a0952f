"""
Download the logs of a task and its descendents, or of a build.

Several files are downloaded simultaneously from the hub's topurl.
"""
from __future__ import annotations

import sys
import tempfile
from argparse import Namespace

from downloads import download
from embedded import run
from twisted.internet.defer import gatherResults

from txkoji import Connection
from txkoji.files import File
from txkoji.testing import FakeHub


async def get(koji: Connection, options: Namespace) -> None:
    """Download the logs."""
    files = await find(koji, options.thing)
    sys.exit(await download(files, options.folder or tempfile.mkdtemp()))


async def find(koji: Connection, thing: str) -> list[File]:
    """Find the logs of a task, by its id, or of a build, by its name."""
    if not thing.isdigit():
        build = await koji.getBuild(thing, strict=True)
        files = await build.files()
    else:
        task = await koji.getTaskInfo(int(thing))
        if task is None:
            sys.exit(f'There is no task {thing}.')
        outputs = await gatherResults([
            each.output() for each in [task, *await task.descendents()]],
            consumeErrors=True)
        files = [file for output in outputs for file in output]
    return [file for file in files if file.name.endswith('.log')]


def prepare(hub: FakeHub) -> None:
    """Let a task of the embedded hub have logs."""
    for number in (6475, 6476):
        hub.put_out(number, 'build.log', b'+ make\n' * 1000)
        hub.put_out(number, 'root.log', b'DEBUG: Installed\n' * 100)


run(get, __doc__, prepare=prepare, arguments={
    'thing': ('6474', 'the id of a task, or the name of a build'),
    'folder': (None, 'the folder for the logs (default: a new one)')})
