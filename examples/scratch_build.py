"""
Build a source package, and download the files that come of it.

It is a scratch build, which is not kept. The tasks are shown as a tree, with
the last lines of the logs below it. The arguments are the package, a build
target, and a folder for the files. On the embedded hub, without arguments, the
example makes up a package, and the hub a build.
"""
import os
import tempfile

from embedded import run
from tree import Tree
from twisted.internet.defer import Deferred, gatherResults

from txkoji import task_states
from txkoji.exceptions import KojiException, TaskFailed
from txkoji.files.paths import scratch_path


async def build(koji, options):
    """Submit the build, and see it through."""
    package = options.srpm or make_up()
    try:
        await koji.login()
        submission = await koji.submit_build(
            None, options.target, srpm=package, scratch=True)
        print('Submitted:', submission.task.url)
        tree = Tree(lines=8)
        await gatherResults([
            Deferred.fromCoroutine(show_changes(submission, tree)),
            Deferred.fromCoroutine(show_logs(submission, tree))])
        files = await submission.done()
    except TaskFailed as error:
        failure = await error.failure()
        print(await failure.summary() if failure else error)
    except (KojiException, ValueError, OSError) as error:
        print('It was not built:', error)
    else:
        folder = options.folder or tempfile.mkdtemp()
        await gatherResults([download(file, folder) for file in files])


async def show_changes(submission, tree):
    """Show the tasks."""
    async for change in submission.changes():
        tree.update(change)


async def show_logs(submission, tree):
    """Show the lines of the logs."""
    async for line in submission.logs():
        tree.say(f'{line.task_id} {line.name}: {line.text}')


async def save(file, folder):
    """Download a file, unless it is the log of a task, seen before."""
    path = os.path.join(folder, *file.path.split('/')[3:])
    os.makedirs(os.path.dirname(path), exist_ok=True)
    print(f'{await file.download(path):12,} bytes  {path}')


def download(file, folder):
    """Download a file; an error of one leaves the others alone."""
    return Deferred.fromCoroutine(save(file, folder)).addErrback(
        lambda failure: print(f'{file.path}: {failure.value}'))


def make_up():
    """Make up a package; gives its path."""
    path = os.path.join(tempfile.mkdtemp(), 'hello-1.0-1.fc44.src.rpm')
    with open(path, 'wb') as file:
        file.write(b'no real package\n' * 1000)
    return path


def prepare(hub):
    """Let the embedded hub take builds, and build them in a second."""
    tasks = hub.tables.tasks

    def add(method, request, **columns):
        row = {'id': 1 + max(row['id'] for row in tasks), 'method': method,
               'request': request, 'state': task_states.FREE, 'owner': 2,
               'arch': 'noarch', **columns}
        tasks.append(row)
        return row

    def submit(src, target, opts=None, priority=None, channel=None):
        task = add('build', [src, target, opts])
        later(0.2, start, task, src)
        return task['id']

    def start(task, src):
        task['state'] = task_states.OPEN
        step = add('buildArch', [src, 40, 'x86_64', True, {}],
                   parent=task['id'], label='x86_64', arch='x86_64',
                   state=task_states.OPEN)
        hub.put_out(step['id'], 'build.log', b'+ make\n+ make install\n')
        later(0.6, end, task, step)

    def end(task, step):
        hub.put_out(step['id'], 'build.log', b'+ exit 0\n')
        names = 'hello-1.0-1.fc44.x86_64.rpm', 'logs/x86_64/build.log'
        for name in names:
            hub.files.write(scratch_path('alice', task['id'], name),
                            b'a file\n' * 100)
        step.update(state=task_states.CLOSED, result=[
            {'rpms': [names[0]], 'srpms': [], 'logs': ['build.log']}])
        task.update(state=task_states.CLOSED, result=[None])

    def later(seconds, function, *args):
        hub.clock.callLater(seconds, function, *args)

    hub.respond('build', submit)


run(build, __doc__, prepare=prepare, srpm=None, target='f44-candidate',
    folder=None)
