"""
Download the logs of a task and its descendents, or of a build.

Several files are downloaded simultaneously from the hub's topurl.
"""
from __future__ import annotations

import os
import sys
import tempfile
from argparse import Namespace
from typing import Any

from embedded import progress, run
from twisted.internet.defer import Deferred, gatherResults

from txkoji import Connection
from txkoji.exceptions import KojiException
from txkoji.files.file import File
from txkoji.testing import FakeHub


async def get(koji: Connection, options: Namespace) -> None:
    """Download the logs."""
    files = await find(koji, options.thing)
    folder = options.folder or tempfile.mkdtemp()
    with progress() as bars:
        errors = [error for error in await gatherResults(
            [download(file, folder, bars) for file in files]) if error]
    for file in files:
        print(file.path)
    print(len(files) - len(errors), 'logs are in', folder)
    if errors:
        sys.exit(f'{len(errors)} are missing: {errors[0]}')


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
            each.output() for each in [task, *await task.descendents()]])
        files = [file for output in outputs for file in output]
    return [file for file in files if file.name.endswith('.log')]


def download(file: File, folder: str, bars: Any
             ) -> Deferred[KojiException | None]:
    """
    Download a log into a folder of its own, since many have the same name.

    :returns: a Deferred that fires with the error, or with None.
    """
    place = os.path.join(folder, os.path.dirname(file.path))
    os.makedirs(place, exist_ok=True)
    bar = bars.add_task(file.name)

    def move(size: int, total: int | None) -> None:
        bars.update(bar, completed=size, total=total)

    async def get() -> KojiException | None:
        try:
            await file.download(os.path.join(place, file.name), progress=move)
        except KojiException as error:
            return error
        return None

    return Deferred.fromCoroutine(get())


def prepare(hub: FakeHub) -> None:
    """Let a task of the embedded hub have logs."""
    for number in (6475, 6476):
        hub.put_out(number, 'build.log', b'+ make\n' * 1000)
        hub.put_out(number, 'root.log', b'DEBUG: Installed\n' * 100)


run(get, __doc__, prepare=prepare, arguments={
    'thing': ('6474', 'the id of a task, or the name of a build'),
    'folder': (None, 'the folder for the logs (default: a new one)')})
