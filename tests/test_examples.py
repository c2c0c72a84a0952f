"""The examples, on the embedded hub."""
from __future__ import annotations

import fcntl
import glob
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder, write
from txkoji.files.paths import task_path

ROOT = os.path.dirname(os.path.dirname(__file__))

#: The examples; the others are what examples share.
NAMES = sorted({os.path.basename(path)[:-3] for path in glob.glob(
    os.path.join(ROOT, 'examples', '*.py'))} - {'embedded', 'tree'})

#: The colors and movements of a terminal.
ESCAPES = re.compile('\x1b\\[[0-9;?]*[a-zA-Z]')


def frames(text: str) -> list[list[str]]:
    """Split the output of a moving tree into the lines of each drawing."""
    # Each drawing begins by going back to the first line, and erasing.
    return [ESCAPES.sub('', frame).split('\r\n')
            for frame in re.split('\r(?:\x1b\\[2K|\x1b\\[1A)+', text)]


class ExamplesCase(SynchronousTestCase):
    """Runs examples."""

    def start(self, name: str, *arguments: str, environ: dict[str, str] = {},
              **options: Any) -> subprocess.Popen[str]:
        """Start an example, without a terminal."""
        env = {**os.environ, 'HOME': folder(self), 'PYTHONPATH': ROOT,
               'XDG_CACHE_HOME': '', **environ}
        process = subprocess.Popen(
            [sys.executable, '-W', 'error', f'examples/{name}.py',
             *arguments], cwd=ROOT, text=True, env=env, **{
                 'stdin': subprocess.DEVNULL, 'stdout': subprocess.PIPE,
                 'stderr': subprocess.PIPE, **options})
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    def run_example(self, name: str, *arguments: str, **options: Any) -> str:
        """Run an example; gives its output."""
        process = self.start(name, *arguments, **options)
        output, errors = process.communicate()
        self.assertEqual((process.returncode, errors), (0, ''))
        return output

    def refuse(self, name: str, *arguments: str) -> str:
        """Run an example that fails; gives its line on stderr."""
        process = self.start(name, *arguments)
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 1, errors)
        self.assertEqual(errors.count('\n'), 1, errors)
        return errors.strip()

    def run_on_terminal(self, columns: int, name: str, *arguments: str,
                        environ: dict[str, str] = {}) -> str:
        """Run an example on a terminal; gives what it wrote there."""
        ours, its = pty.openpty()
        fcntl.ioctl(its, termios.TIOCSWINSZ,
                    struct.pack('HHHH', 30, columns, 0, 0))
        process = self.start(
            name, *arguments, environ={
                'TERM': 'xterm', 'COLUMNS': str(columns), 'LINES': '30',
                **environ}, stdin=its, stdout=its, stderr=its)
        os.close(its)
        data = b''
        while True:
            try:
                data += os.read(ours, 10000)
            except OSError:
                # All programs have left the terminal.
                break
        os.close(ours)
        process.communicate()
        return data.decode()


class ExamplesTests(ExamplesCase):
    """What each example shows."""

    def test_tour(self) -> None:
        """The tour."""
        text = self.run_example('tour')
        self.assertIn('buildArch s390x', text)
        self.assertIn("fault 1000: No such tagInfo: 'no-such-tag'", text)

    def test_whoami(self) -> None:
        """Logging in and out."""
        self.assertIn('We are alice in session 1', self.run_example('whoami'))

    def test_helpers(self) -> None:
        """Failures, tags and builds."""
        self.assertIn('nothing provides libuv-devel',
                      self.run_example('why_failed'))
        self.assertIn('bash                     4.17.1',
                      self.run_example('tag_diff'))
        self.assertIn('-side-73 is removed', self.run_example('side_tag'))
        files = self.run_example('scratch_build').split(
            'CLOSED    build (')[1]
        self.assertIn('.src.rpm', files)
        self.assertIn('bytes', files.split('/logs/x86_64/build.log')[0])
        self.assertNotIn('404', files)

    def test_watch_task(self) -> None:
        """A task that fails, one that succeeds, and none."""
        process = self.start('watch_task')
        text, errors = process.communicate()
        self.assertIn('-> FAILED    buildArch (nodejs22-14.0-1.fc44.src.rpm,',
                      text)
        self.assertIn('task 6474 failed: BuildError', errors)
        self.assertEqual((process.returncode, errors.count('\n')), (1, 1))
        self.assertIn('Its result is', self.run_example('watch_task', '6475'))
        self.assertEqual(self.refuse('watch_task', '999999'),
                         'No such task: 999999')

    def test_watch_tree(self) -> None:
        """On a terminal it is a tree in which open tasks move."""
        text = self.run_on_terminal(60, 'watch_task')
        shown = frames(text)
        self.assertGreater(len(shown), 10)
        last = [line.split() for line in shown[-1] if line]
        self.assertEqual(last[0][:3], ['✘', '6474', 'FAILED'])
        self.assertEqual([line[:3] for line in last[1:6]], [
            ['✔', '6475', 'CLOSED'], ['✔', '6476', 'CLOSED'],
            ['✘', '6477', 'FAILED'], ['✔', '6478', 'CLOSED'],
            ['✔', '6479', 'CLOSED']])
        marks = {line[0] for frame in shown for line in frame
                 if '6474 OPEN' in line}
        self.assertGreater(len(marks), 3)

    def test_watch_plainly(self) -> None:
        """On a terminal without rich, each change is a line."""
        place = os.path.dirname(write(folder(self) + '/rich.py',
                                      'raise ImportError'))
        text = self.run_on_terminal(
            60, 'watch_task', environ={'PYTHONPATH': f'{place}:{ROOT}'})
        self.assertTrue(text.startswith("pip install 'txkoji[progress]'"))
        self.assertIn('OPEN     -> FAILED    build (f44-candidate', text)
        self.assertIn('task 6474 failed', text)

    def test_estimate(self) -> None:
        """A task that waits, one that is over, and none."""
        text = self.run_example('estimate')
        self.assertIn('nodejs22-14.0-1.fc44.src.rpm) is FREE', text)
        self.assertIn('it will be done at 20', text)
        self.assertIn('after 13 other tasks', text)
        self.assertIn('it will be done at 2026-11-21',
                      self.run_example('estimate', '6474'))
        self.assertEqual(self.refuse('estimate', '1'), 'There is no task 1.')

    def test_durations(self) -> None:
        """Builds, as a table and as a chart; and none."""
        path = folder(self) + '/chart.png'
        text = self.run_example('durations', '--plot', path)
        self.assertIn('14.4 min  bash-4.17.0-5.fc43', text)
        self.assertIn('6 builds of bash', text)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(4), b'\x89PNG')
        self.assertEqual(self.refuse('durations', 'x'),
                         'There is no build of x.')

    def test_container_tasks(self) -> None:
        """What builds containers."""
        text = self.run_example('container_tasks')
        self.assertIn('CLOSED    rhceph-container for ceph-8.0-rhel-9', text)
        self.assertIn('will be done at', text)

    def test_irc_bot(self) -> None:
        """A bot, which talks to itself where there is no server."""
        text = self.run_example('irc_bot')
        self.assertIn('<koji> ceph-100.0-1.fc44,draft_5423 of alice', text)
        self.assertIn('is FREE, done in about', text)
        self.assertIn('There is no build of no-such-thing.', text)

    def test_cache(self) -> None:
        """Names, which are kept."""
        text = self.run_example('cache')
        self.assertIn('alice', text)
        self.assertIn('.cache/txkoji/fakehub/user/ID', text)

    def test_user(self) -> None:
        """A user, and one that there is not."""
        self.assertIn('alice is user 2', self.run_example('user'))
        self.assertEqual(self.refuse('user', 'x'), 'There is no user x.')

    def test_latest_build(self) -> None:
        """A build, and none."""
        self.assertIn('bash-4.17.1', self.run_example('latest_build'))
        self.assertEqual(self.refuse('latest_build', 'x'),
                         'There is no build of x.')

    def test_from_web(self) -> None:
        """A link, and what is none."""
        self.assertIn('Task with', self.run_example('from_web'))
        self.assertIn('knows nothing of this link: x',
                      self.refuse('from_web', 'x'))

    def test_tagged(self) -> None:
        """A tag, an empty one, and none."""
        self.assertIn('30 packages in f44-updates-testing',
                      self.run_example('tagged'))
        self.assertIn('0 packages', self.run_example('tagged', 'empty-tag'))
        self.assertEqual(self.refuse('tagged', 'x'), "No such tagInfo: 'x'")

    def test_multicall(self) -> None:
        """Many calls as one."""
        text = self.run_example('multicall')
        self.assertIn('was built by', text)
        self.assertIn('20 packages, and 0 faults', text)
        self.assertEqual(self.refuse('multicall', 'x'), "No such tagInfo: 'x'")

    def test_iterate(self) -> None:
        """Long lists."""
        text = self.run_example('iterate')
        self.assertIn('people', text)
        self.assertIn('page 1 of failed builds', text)

    def test_download_logs(self) -> None:
        """Logs of a task, of a build, and of nothing."""
        path = folder(self)
        text = self.run_example('download_logs', '6474', path)
        self.assertIn('4 logs are in', text)
        with open(os.path.join(path, task_path(6476, 'root.log'))) as file:
            self.assertIn('Installed', file.read())
        self.assertIn('orchestrator.log', self.run_example(
            'download_logs', 'rhceph-container-8-40'))
        self.assertEqual(self.refuse('download_logs', 'x-1-1'),
                         "No such build: 'x-1-1'")
        self.assertEqual(self.refuse('download_logs', '1'),
                         'There is no task 1.')

    def test_follow_log(self) -> None:
        """A log, to its end, and none."""
        text = self.run_example('follow_log')
        self.assertIn('==> task 6385: build.log <==\nunpacking ...', text)
        self.assertIn('packing ...\nTask 6383 is CLOSED', text)
        self.assertEqual(self.refuse('follow_log', '1'), 'No such task: 1')

    def test_import_build(self) -> None:
        """A build that is made up, and none."""
        text = self.run_example('import_build')
        self.assertIn('example-image-1-1 is COMPLETE', text)
        self.assertIn('1/1/images/disk.tar.gz', text)
        self.assertIn('The build was not imported: ', self.refuse(
            'import_build', '/none', '/none'))


class RobustnessTests(ExamplesCase):
    """The examples where something is missing, or ends early."""

    def test_help(self) -> None:
        """--help keeps the lines, and shows each argument and its default."""
        for name in NAMES:
            with open(os.path.join(ROOT, 'examples', name + '.py')) as file:
                code = file.read()
            shown = self.run_example(name, '--help',
                                     environ={'COLUMNS': '80'})
            description = code.split('"""')[1].strip()
            self.assertIn(description, shown)
            arguments = re.search(r'^usage: (?:.+\n)+', shown)
            assert arguments is not None
            for argument in re.findall(r'\[(\w+)\]', arguments.group()):
                self.assertRegex(shown, rf'\n  {argument} +\w[^()]+'
                                 r'\(default: [^)]+\)')
        self.assertIn('\n    unwatch PACKAGE\n',
                      self.run_example('irc_bot', '--help'))

    def test_narrow_help(self) -> None:
        """On a terminal of 60 columns no line of --help is longer."""
        for name in ('irc_bot', 'import_build'):
            text = self.run_on_terminal(60, name, '--help')
            self.assertLessEqual(max(map(len, text.split('\r\n'))), 60)
            self.assertIn('Without', text.replace('\r\n', ' '))

    def test_narrow(self) -> None:
        """On a terminal of 60 columns no line of the tree is longer."""
        text = self.run_on_terminal(60, 'watch_task')
        lines = [line for line in frames(text)[-1] if 'nodejs22' in line]
        self.assertEqual([len(line) for line in lines[:6]], [60] * 6)
        self.assertEqual({line[-1] for line in lines[:6]}, {'…'})

    def test_progress(self) -> None:
        """A bar moves on a terminal, and is gone in the end."""
        for name in ('tagged', 'iterate', 'download_logs', 'import_build'):
            text = self.run_on_terminal(80, name)
            self.assertIn('━', text, name)
            self.assertNotIn('━', self.run_example(name))
        place = os.path.dirname(write(folder(self) + '/rich.py',
                                      'raise ImportError'))
        text = self.run_on_terminal(
            80, 'tagged', environ={'PYTHONPATH': f'{place}:{ROOT}'})
        self.assertTrue(text.endswith('30 packages in'
                                      ' f44-updates-testing\r\n'))

    def test_interrupted(self) -> None:
        """Ctrl-C ends an example with status 130, and without a word."""
        for name in ('follow_log', 'watch_task'):
            process = self.start(name)
            assert process.stdout is not None
            self.assertTrue(process.stdout.readline())
            process.send_signal(signal.SIGINT)
            _, errors = process.communicate()
            self.assertEqual((process.returncode, errors), (130, ''))

    def test_interrupted_tree(self) -> None:
        """Ctrl-C gives the cursor of the terminal back."""
        ours, its = pty.openpty()
        process = self.start('watch_task', stdout=its,
                             environ={'TERM': 'xterm'})
        os.close(its)
        data = b''
        while b'OPEN' not in data:
            data += os.read(ours, 10000)
        process.send_signal(signal.SIGINT)
        while b'\x1b[?25h' not in data:
            data += os.read(ours, 10000)
        _, errors = process.communicate()
        os.close(ours)
        self.assertEqual((process.returncode, errors), (130, ''))

    def test_closed_pipe(self) -> None:
        """An example whose output nobody reads ends without a word."""
        for name in ('follow_log', 'tour', 'tagged'):
            process = self.start(name)
            assert process.stdout is not None
            process.stdout.close()
            process.stdout = None
            _, errors = process.communicate()
            self.assertEqual((process.returncode, errors), (1, ''))

    def test_no_terminal(self) -> None:
        """Without a terminal, and without open files, examples run."""
        for name in ('tagged', 'watch_task'):
            process = subprocess.run(
                ['sh', '-c', f'exec {sys.executable} examples/{name}.py'
                             ' <&- >&- 2>&-'], cwd=ROOT,
                env={'HOME': folder(self), 'PYTHONPATH': ROOT},
                start_new_session=True)
            self.assertEqual(process.returncode, name == 'watch_task')

    def test_profile(self) -> None:
        """A profile that does not exist is one line on stderr."""
        self.assertIn("no configuration for profile 'nosuch'",
                      self.refuse('tour', '--profile', 'nosuch'))

    def test_hub_away(self) -> None:
        """A hub that cannot be reached: what is tried, and the error."""
        home = folder(self)
        write(home + '/.koji/config', '[away]\nserver = http://127.0.0.1:1/x\n'
                                      'max_retries = 1\n')
        process = self.start('user', '--profile', 'away',
                             environ={'HOME': home})
        _, errors = process.communicate()
        self.assertEqual(process.returncode, 1)
        retry, error = errors.strip().split('\n')
        self.assertIn('getUser: trying again, up to 1 times, ', retry)
        self.assertRegex(error, r'^getUser at http://127.0.0.1:1/x: .*'
                         r'Connection was refused.* \(2 attempts in')


class ProfileTests(ExamplesCase):
    """Builds and tags with ``--profile``, on a hub of another process."""

    def setUp(self) -> None:
        """Start the hub, and write its profile."""
        self.home = folder(self)
        hub = subprocess.Popen(
            [sys.executable, '-m', 'txkoji.testing', '--tls', '--builders',
             '--duration', '1', '--certificates', folder(self)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, 'PYTHONPATH': ROOT})
        self.addCleanup(hub.wait)
        self.addCleanup(hub.terminate)
        assert hub.stdout is not None
        self.addCleanup(hub.stdout.close)
        lines = []
        for line in hub.stdout:
            lines.append(line)
            if line.startswith('# Others'):
                break
        write(f'{self.home}/.koji/config',
              ''.join(lines) + 'poll_interval = 1\n')

    def run_here(self, name: str, *arguments: str) -> str:
        """Run an example with the profile."""
        return self.run_example(name, *arguments, '--profile', 'fakehub',
                                environ={'HOME': self.home})

    def test_tag_diff(self) -> None:
        """Two tags."""
        self.assertIn('bash                     4.17.1',
                      self.run_here('tag_diff'))

    def test_side_tag(self) -> None:
        """A side tag, with a build in it."""
        text = self.run_here('side_tag', '--source',
                             'git+https://src.example.test/rpms/zsh.git#1')
        self.assertIn('Built: zsh-1.0-1', text)
        self.assertIn('is removed', text)

    def test_scratch_build(self) -> None:
        """A package from the command line to its files."""
        place = folder(self)
        path = write(folder(self) + '/hello-2-1.src.rpm', b'a package')
        self.run_here('scratch_build', path, 'f44-candidate', place)
        self.assertLessEqual({'hello-2-1.src.rpm', 'hello-2-1.x86_64.rpm',
                              'logs'}, set(os.listdir(place)))
        self.assertEqual(sorted(os.listdir(place + '/logs/x86_64')),
                         ['build.log', 'root.log'])

    def test_why_failed(self) -> None:
        """The reasons of a failure, posted to a web hook."""
        posted = []

        class Hook(BaseHTTPRequestHandler):
            """Takes a post."""

            def do_POST(self) -> None:
                """Keep what is posted."""
                size = int(self.headers['Content-Length'])
                posted.append(json.loads(self.rfile.read(size)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        with HTTPServer(('127.0.0.1', 0), Hook) as server:
            thread = Thread(target=server.handle_request)
            thread.start()
            text = self.run_here(
                'why_failed', '6474', '--hook',
                f'http://127.0.0.1:{server.server_port}/')
            thread.join()
        self.assertIn('Task 6477 FAILED: buildArch (', text)
        self.assertIn('The hook says 204', text)
        self.assertEqual([post['text'] for post in posted],
                         [text.partition('The hook says')[0]])
