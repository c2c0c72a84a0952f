"""
Download the logs of a task and its descendents, or of a build.

Several files are downloaded simultaneously from the hub's topurl.
"""
import os
import tempfile
from argparse import Namespace

from embedded import run
from twisted.internet.defer import Deferred, gatherResults

from txkoji import Connection
from txkoji.exceptions import KojiException
from txkoji.files.file import File
from txkoji.testing import FakeHub


async def get(koji: Connection, options: Namespace) -> None:
    """Download the logs."""
    try:
        files = await find(koji, options.thing)
    except KojiException as error:
        print('Nothing was found:', error)
        return
    folder = options.folder or tempfile.mkdtemp()
    await gatherResults([download(file, folder) for file in files])
    print(len(files), 'logs are in', folder)


async def find(koji: Connection, thing: str) -> list[File]:
    """Find the logs of a task, by its id, or of a build, by its name."""
    if not thing.isdigit():
        build = await koji.getBuild(thing, strict=True)
        files = await build.files()
    else:
        task = await koji.getTaskInfo(int(thing), strict=True)
        outputs = await gatherResults([
            each.output() for each in [task, *await task.descendents()]])
        files = [file for output in outputs for file in output]
    return [file for file in files if file.name.endswith('.log')]


def download(file: File, folder: str) -> Deferred[None]:
    """Each into a folder of its own, since many logs have the same name."""
    place = os.path.join(folder, os.path.dirname(file.path))
    os.makedirs(place, exist_ok=True)
    done = file.download(os.path.join(place, file.name))
    return done.addCallbacks(
        lambda size: print(f'{size:12,} bytes  {file.path}'),
        lambda failure: print(f'{file.path}: {failure.value}'))


def prepare(hub: FakeHub) -> None:
    """Let a task of the embedded hub have logs."""
    for number in (6475, 6476):
        hub.put_out(number, 'build.log', b'+ make\n' * 1000)
        hub.put_out(number, 'root.log', b'DEBUG: Installed\n' * 100)


run(get, __doc__, prepare=prepare, thing='6474', folder=None)
