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
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, HTTPServer
from socket import create_server
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from trustme import CA
from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder, write
from txkoji.files.paths import task_path

ROOT = os.path.dirname(os.path.dirname(__file__))

#: The examples; the others are what examples share.
NAMES = sorted({os.path.basename(path)[:-3] for path in glob.glob(
    os.path.join(ROOT, 'examples', '*.py'))} - {
        'downloads', 'embedded', 'tree', 'test_with_pytest',
        'test_with_trial'})

#: The examples that run until they are ended -> what the line of their output
#: says by which they are under way.
ENDLESS = {'chat_bot': '', 'gate': '', 'klein_page': '',
           'service': 'no count: listTasks at'}

#: What people write -> a program of that kind, of at most 40 lines.
PROGRAMS = {
    'script': 'latest_build', 'service': 'service', 'asyncio': 'with_asyncio',
    'crochet': 'with_crochet', 'page': 'klein_page', 'bot': 'chat_bot',
    'pytest': 'test_with_pytest', 'trial': 'test_with_trial',
    'release script': 'release', 'scratch build': 'scratch_build',
    'daemon': 'gate'}

#: Example -> arguments of which one does not exist, and what the error says.
NO_SUCH = {
    'chat_bot': [('--profile away', "no configuration for profile 'away'")],
    'download_logs': [('x-1-1', "No such build: 'x-1-1'"),
                      ('1', 'There is no task 1.')],
    'durations': [('x', 'There is no build of x.'),
                  ('bash --plot /none/x.png', '/none/x.png')],
    'estimate': [('1', 'There is no task 1.')],
    'follow_log': [('1', 'No such task: 1')],
    'from_web': [('x', 'knows nothing of this link: x')],
    'gate': [('x', "No such tagInfo: 'x'")],
    'import_build': [('/none', "'/none'"), ('/none /none', "'/none'")],
    'irc_bot': [('x', "Unknown endpoint type: 'x'")],
    'klein_page': [('x', "Unknown endpoint type: 'x'")],
    'latest_build': [('x', 'There is no build of x.')],
    'multicall': [('x', "No such tagInfo: 'x'")],
    'release': [('x', "No such tagInfo: 'x'"),
                ('f44 x', "No such tagInfo: 'x'")],
    'scratch_build': [('/none', "'/none' is no source package"),
                      ('/none-1-1.src.rpm', "'/none-1-1.src.rpm'"),
                      ('/none-1-1.src.rpm x', 'x')],
    'side_tag': [('x', "No such tagInfo: 'x'")],
    'tag_diff': [('x', "No such tagInfo: 'x'"),
                 ('f44 x', "No such tagInfo: 'x'")],
    'tagged': [('x', "No such tagInfo: 'x'")],
    'user': [('x', 'There is no user x.')],
    'watch_task': [('1', 'No such task: 1')],
    'why_failed': [('x', "No such build: 'x'"), ('1', 'No such task: 1')],
    'with_asyncio': [('x', "No such tagInfo: 'x'"),
                     ('f44,x,y', "No such tagInfo: 'x'")],
    'with_crochet': [('f44,x', "No such tagInfo: 'x'")],
}

#: The examples that wait until a hub is there again.
WAITING = {'follow_log', 'watch_task'}

#: The service logs its first count before it can be interrupted, unless the
#: hub does not run.
AT_AWAY = {'service': ['--profile', 'away']}

#: A profile of a hub that does not run.
AWAY = """[away]
server = http://127.0.0.1:1/x
weburl = http://127.0.0.1:1/web
authtype = ssl
cert = ~/alice.pem
max_retries = 0
anon_retry = false
"""

#: A profile of a server that accepts connections, and says nothing.
SILENT = """[silent]
server = https://127.0.0.1:{port}/kojihub
weburl = https://127.0.0.1:{port}/koji
authtype = ssl
cert = ~/alice.pem
"""

#: What is in the drawings of rich, which are drawn again and again.
DRAWN = re.compile('[━✔✘⠀-⣿]')

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
        return self.start_process(f'examples/{name}.py', *arguments,
                                  environ=environ, **options)

    def start_process(self, *arguments: str, environ: dict[str, str] = {},
                      **options: Any) -> subprocess.Popen[str]:
        """Start Python, without a terminal."""
        env = {**os.environ, 'HOME': folder(self), 'PYTHONPATH': ROOT,
               'XDG_CACHE_HOME': '', **environ}
        process = subprocess.Popen(
            # crochet 2.1 calls isSet() of threading.Event.
            [sys.executable, '-W', 'error', '-W', 'ignore:isSet', *arguments],
            text=True, env=env, **{
                'cwd': ROOT, 'stdin': subprocess.DEVNULL,
                'stdout': subprocess.PIPE, 'stderr': subprocess.PIPE,
                **options})
        self.addCleanup(self.end, process)
        return process

    def end(self, process: subprocess.Popen[str]) -> None:
        """Kill a program, and close what leads to it."""
        process.kill()
        process.wait()
        for stream in (process.stdout, process.stderr):
            if stream is not None:
                stream.close()

    def run_example(self, name: str, *arguments: str, **options: Any) -> str:
        """Run an example; gives its output."""
        process = self.start(name, *arguments, **options)
        output, errors = process.communicate()
        self.assertEqual((process.returncode, errors), (0, ''))
        return output

    def refuse(self, name: str, *arguments: str, **options: Any) -> str:
        """Run an example that fails; gives its line on stderr."""
        process = self.start(name, *arguments, **options)
        output, errors = process.communicate()
        self.assertEqual(process.returncode, 1, (name, errors))
        self.assertEqual(errors.count('\n'), 1, (name, errors))
        return errors.strip()

    def start_endless(self, name: str, *arguments: str, **options: Any
                      ) -> subprocess.Popen[str]:
        """Start an example that does not end, and wait for its first line."""
        process = self.start(name, *arguments, **options)
        self.line = self.read_until(process, ENDLESS[name])
        return process

    def read_until(self, process: subprocess.Popen[str], text: str) -> str:
        """Read the output up to a line with a text."""
        assert process.stdout is not None
        for line in process.stdout:
            if text in line:
                return line.strip()
        self.fail(f'no {text!r} in the output of {process.args}')

    def interrupt(self, process: subprocess.Popen[str]) -> None:
        """Press Ctrl-C, which ends an example without a word."""
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        # A shell says 130 for a program that SIGINT has ended.
        status = 130 if process.returncode == -signal.SIGINT else \
            process.returncode
        self.assertEqual((status, errors or ''), (130, ''), process.args)

    def away(self) -> str:
        """Get a home with a profile of a hub that does not run."""
        return self.home(AWAY)

    def home(self, config: str) -> str:
        """Get a home with a configuration and a client certificate."""
        home = folder(self)
        write(home + '/.koji/config', config)
        CA().issue_cert('alice').private_key_and_cert_chain_pem.write_to_path(
            home + '/alice.pem')
        return home

    def run_on_terminal(self, columns: int, name: str, *arguments: str,
                        environ: dict[str, str] = {}) -> str:
        """Run an example on a terminal; gives what it wrote there."""
        return self.run_on_terminal_of(columns, name, *arguments,
                                       environ=environ)[1]

    def run_on_terminal_of(self, columns: int, name: str, *arguments: str,
                           environ: dict[str, str] = {}) -> tuple[int, str]:
        """Run an example on a terminal; gives its status and its output."""
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
            if name in ENDLESS and re.search(
                    f'{ENDLESS[name]}.*\n', data.decode()):
                process.send_signal(signal.SIGINT)
        os.close(ours)
        process.communicate()
        status = process.returncode
        return 130 if status == -signal.SIGINT else status, data.decode()


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
        self.assertIn('.rpm', self.run_example('scratch_build').split(
            'CLOSED    build (')[1])

    def test_watch_task(self) -> None:
        """A task that fails, and one that succeeds."""
        process = self.start('watch_task')
        text, errors = process.communicate()
        self.assertIn('-> FAILED    buildArch (nodejs22-14.0-1.fc44.src.rpm,',
                      text)
        self.assertIn('task 6474 failed: BuildError', errors)
        self.assertEqual((process.returncode, errors.count('\n')), (1, 1))
        self.assertIn('Its result is', self.run_example('watch_task', '6475'))

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
        """A task that waits, and one that is over."""
        text = self.run_example('estimate')
        self.assertIn('nodejs22-14.0-1.fc44.src.rpm) is FREE', text)
        self.assertIn('it will be done at 20', text)
        self.assertIn('after 13 other tasks', text)
        self.assertIn('it will be done at 2026-11-21',
                      self.run_example('estimate', '6474'))

    def test_durations(self) -> None:
        """Builds, as a table and as a chart."""
        path = folder(self) + '/chart.png'
        text = self.run_example('durations', '--plot', path)
        self.assertIn('14.4 min  bash-4.17.0-5.fc43', text)
        self.assertIn('6 builds of bash', text)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(4), b'\x89PNG')

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
        """A user."""
        self.assertIn('alice is user 2', self.run_example('user'))

    def test_latest_build(self) -> None:
        """A build."""
        self.assertIn('bash-4.17.1', self.run_example('latest_build'))

    def test_from_web(self) -> None:
        """A link."""
        self.assertIn('Task with', self.run_example('from_web'))

    def test_tagged(self) -> None:
        """A tag, and an empty one."""
        self.assertIn('30 packages in f44-updates-testing',
                      self.run_example('tagged'))
        self.assertIn('0 packages', self.run_example('tagged', 'empty-tag'))

    def test_multicall(self) -> None:
        """Many calls as one."""
        text = self.run_example('multicall')
        self.assertIn('was built by', text)
        self.assertIn('20 packages, and 0 faults', text)

    def test_iterate(self) -> None:
        """Long lists."""
        text = self.run_example('iterate')
        self.assertIn('people', text)
        self.assertIn('page 1 of failed builds', text)

    def test_download_logs(self) -> None:
        """Logs of a task, and of a build."""
        path = folder(self)
        text = self.run_example('download_logs', '6474', path)
        self.assertIn('4 files are in', text)
        with open(os.path.join(path, task_path(6476, 'root.log'))) as file:
            self.assertIn('Installed', file.read())
        self.assertIn('orchestrator.log', self.run_example(
            'download_logs', 'rhceph-container-8-40'))

    def test_follow_log(self) -> None:
        """A log, to its end."""
        text = self.run_example('follow_log')
        self.assertIn('==> task 6385: build.log <==\nunpacking ...', text)
        self.assertIn('packing ...\nTask 6383 is CLOSED', text)

    def test_import_build(self) -> None:
        """A build that is made up."""
        text = self.run_example('import_build')
        self.assertIn('example-image-1-1 is COMPLETE', text)
        self.assertIn('1/1/images/disk.tar.gz', text)


class ProgramsTests(ExamplesCase):
    """The short programs, by the kinds of programs that people write."""

    def test_short(self) -> None:
        """There is one of each kind, of at most 40 lines."""
        for kind, name in PROGRAMS.items():
            with open(f'{ROOT}/examples/{name}.py') as file:
                self.assertLessEqual(len(file.readlines()), 40, (kind, name))

    def test_asyncio(self) -> None:
        """A program of asyncio, and one that blocks, get the same tags."""
        for name in ('with_asyncio', 'with_crochet'):
            self.assertEqual(self.run_example(name),
                             'f43 is 25\nf44 is 33\n', name)

    def test_klein_page(self) -> None:
        """A page lists builds; one of a hub that is away says so."""
        process = self.start_endless('klein_page')
        with urlopen(self.line) as answer:
            self.assertIn('<li>bash-4.17.1-1.el9 is COMPLETE</li>',
                          answer.read().decode())
        self.interrupt(process)
        self.start_endless('klein_page', '--profile', 'away',
                           environ={'HOME': self.away()})
        error = self.assertRaises(HTTPError, urlopen, self.line)
        self.assertEqual(error.code, 502)
        self.assertIn('Koji does not answer: getPackageID at',
                      error.read().decode())
        error.close()

    def test_service(self) -> None:
        """A service runs under twistd, which ends it in order."""
        self.read_until(self.start('service'), '50 tasks are open')
        process = self.start_process(
            '-c', 'from twisted.scripts.twistd import run; run()',
            '-noy', 'service.py', '--pidfile=', cwd=f'{ROOT}/examples',
            environ={'HOME': self.away(), 'KOJI_PROFILE': 'away'})
        self.read_until(process, 'no count: listTasks at http://127.0.0.1')
        process.send_signal(signal.SIGTERM)
        output, errors = process.communicate()
        self.assertIn('Server Shut Down', output)
        self.assertNotIn('Traceback', output + errors)

    def test_gate(self) -> None:
        """A daemon moves the builds that the bus tells of."""
        process = self.start_endless('gate')
        self.assertEqual(self.line, 'nspr-1.0-1.fc44 is in f44')
        self.interrupt(process)
        process = self.start_endless('gate', 'f44-updates-candidate',
                                     'f44-updates-testing')
        self.assertEqual(self.line, 'nspr-1.0-1.fc44 was not moved: Package'
                         ' nspr not in list for f44-updates-testing')

    def test_chat_bot(self) -> None:
        """A bot posts to a web hook, and goes on where there is none."""
        posts = []

        class Hook(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                posts.append(self.rfile.read(
                    int(self.headers['Content-Length'])))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: object) -> None:
                """Be silent."""

        with HTTPServer(('127.0.0.1', 0), Hook) as server:
            process = self.start_endless(
                'chat_bot', '--hook', f'http://127.0.0.1:{server.server_port}')
            server.handle_request()
        self.assertEqual(json.loads(posts[0]), {'text': self.line})
        self.assertEqual(self.line, 'nspr-1.0-1.fc44 of alice is COMPLETE')
        self.read_until(process, 'The hook is away: Connection was refused')

    def test_release(self) -> None:
        """A script tags what is newer, if it is told to."""
        text = self.run_example('release')
        self.assertEqual(text.count('\n'), 3)
        self.assertIn('rpm-11.19.3-1.fc44               rpm-11.19.3~rc1-5.fc43'
                      '\n', text)
        self.assertTrue(self.run_example('release', '--tag').endswith(
            '\n3 builds are tagged\n'))

    def test_scratch_build(self) -> None:
        """A scratch build, from a source package to all files."""
        path = folder(self)
        name = write(f'{path}/zsh-1-1.src.rpm', 'no real package')
        text = self.run_example('scratch_build', name, 'f44-candidate', path)
        self.assertIn('CLOSED    build (f44-candidate, zsh-1-1', text)
        self.assertTrue(text.endswith(f'\n13 files are in {path}\n'), text)
        [log] = glob.glob(f'{path}/scratch/*/*/logs/s390x/build.log')
        self.assertTrue(os.path.getsize(log))

    def test_tests(self) -> None:
        """The tests run with pytest and, those of trial, with trial."""
        for command, name, said in [
                (('pytest', '-q', '-p', 'no:twisted', '-p', 'no:txkoji', '-p',
                  'txkoji.testing.pytest_plugin', '-p', 'no:cacheprovider'),
                 'test_with_pytest.py', '2 passed'),
                (('pytest', '-q', '-p', 'no:twisted', '-p',
                  'no:cacheprovider'), 'test_with_trial.py', '3 passed'),
                (('twisted.trial', '--temp-directory', folder(self) + '/t'),
                 'test_with_trial', 'PASSED (successes=3)')]:
            process = self.start_process('-m', *command, name,
                                         cwd=f'{ROOT}/examples')
            output, errors = process.communicate()
            self.assertIn(said, output, errors)


class RobustnessTests(ExamplesCase):
    """All examples, where something is missing, or ends early."""

    def for_each(self, test: Callable[[str], None]) -> None:
        """Do something with each example, some at a time."""
        with ThreadPoolExecutor(3) as pool:
            list(pool.map(test, NAMES))

    def test_help(self) -> None:
        """--help keeps the lines, and shows each argument and its default."""
        def test(name: str) -> None:
            with open(os.path.join(ROOT, 'examples', name + '.py')) as file:
                code = file.read()
            shown = self.run_example(name, '--help',
                                     environ={'COLUMNS': '80'})
            self.assertIn(code.split('"""')[1].strip(), shown)
            arguments = re.search(r'^usage: (?:.+\n)+', shown)
            assert arguments is not None
            for argument in re.findall(r'\[(\w+)\]', arguments.group()):
                self.assertRegex(shown, rf'\n  {argument} +\w[^()]+'
                                 r'\(default: [^)]+\)', name)
            self.assertIn('(default: the embedded hub)',
                          ' '.join(shown.split()))

        self.for_each(test)
        self.assertIn('\n    unwatch PACKAGE\n',
                      self.run_example('irc_bot', '--help'))

    def test_narrow_help(self) -> None:
        """On a terminal of 60 columns no line of --help is longer."""
        def test(name: str) -> None:
            shown = self.run_example(name, '--help',
                                     environ={'COLUMNS': '60'})
            self.assertLessEqual(max(map(len, shown.split('\n'))), 60, name)

        self.for_each(test)

    def test_narrow(self) -> None:
        """They run on a terminal of 60 columns, which drawings fit into."""
        environ = {'HOME': self.away()}

        def test(name: str) -> None:
            status, text = self.run_on_terminal_of(
                60, name, *AT_AWAY.get(name, []), environ=environ)
            self.assertEqual(status, 130 if name in ENDLESS
                             else name == 'watch_task', (name, text))
            drawn = [line for frame in frames(text) for line in frame
                     if DRAWN.search(line)]
            self.assertLessEqual(max(map(len, drawn), default=0), 60, name)

        self.for_each(test)
        text = self.run_on_terminal(60, 'watch_task')
        lines = [line for line in frames(text)[-1] if 'nodejs22' in line]
        self.assertEqual([len(line) for line in lines[:6]], [60] * 6)
        self.assertEqual({line[-1] for line in lines[:6]}, {'…'})

    def test_progress(self) -> None:
        """A bar moves on a terminal, and is gone in the end."""
        for name in ('tagged', 'iterate', 'download_logs', 'import_build',
                     'scratch_build'):
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
        """Ctrl-C ends each of them with status 130, and without a word."""
        def test(name: str) -> None:
            if name == 'klein_page':
                # It asks the hub when it is asked.
                self.interrupt(self.start_endless(name))
                return
            with create_server(('127.0.0.1', 0)) as server:
                # It accepts connections, and says nothing.
                port = server.getsockname()[1]
                process = self.start(
                    name, '--profile', 'silent', *(
                        ['--amqp', f'amqp://guest:guest@127.0.0.1:{port}/']
                        if name in ('chat_bot', 'gate') else []),
                    environ={'HOME': self.home(SILENT.format(port=port))})
                server.settimeout(60)
                connection, _ = server.accept()
                with connection:
                    self.interrupt(process)

        self.for_each(test)

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
        """One whose output nobody reads ends without a word."""
        def test(name: str) -> None:
            process = self.start(name)
            assert process.stdout is not None
            process.stdout.close()
            process.stdout = None
            if name == 'service':
                # A log that nobody reads does not end a service.
                process.send_signal(signal.SIGTERM)
                process.communicate()
                return
            _, errors = process.communicate()
            self.assertEqual((process.returncode, errors), (1, ''), name)

        self.for_each(test)

    def test_no_terminal(self) -> None:
        """They run without a terminal, and without open files."""
        home = self.away()

        def test(name: str) -> None:
            # Those that do not end by themselves say when they have begun.
            closed = '<&- 2>&-' + (' >&-' if name not in ENDLESS else '')
            process = subprocess.Popen(
                ['sh', '-c', ' '.join([
                    'exec', sys.executable, f'examples/{name}.py',
                    *AT_AWAY.get(name, []), closed])], cwd=ROOT, text=True,
                env={'HOME': home, 'PYTHONPATH': ROOT},
                stdout=subprocess.PIPE, start_new_session=True)
            self.addCleanup(self.end, process)
            if name in ENDLESS:
                self.read_until(process, ENDLESS[name])
                self.interrupt(process)
            else:
                process.communicate()
                self.assertEqual(process.returncode, name == 'watch_task',
                                 name)

        self.for_each(test)

    def test_no_such_name(self) -> None:
        """A name that does not exist is one line on stderr, and status 1."""
        def test(name: str) -> None:
            for arguments, said in NO_SUCH.get(name, []):
                self.assertIn(said, self.refuse(name, *arguments.split()))

        self.for_each(test)

    def test_no_such_profile(self) -> None:
        """So is a profile that does not exist."""
        self.for_each(lambda name: self.assertIn(
            "no configuration for profile 'nosuch'",
            self.refuse(name, '--profile', 'nosuch')))

    def test_no_hub(self) -> None:
        """So is a hub that cannot be reached, unless they wait for it."""
        home = self.away()

        def test(name: str) -> None:
            if name in WAITING:
                process = self.start(name, '--profile', 'away',
                                     environ={'HOME': home})
                assert process.stderr is not None
                self.assertRegex(process.stderr.readline(), r' goes? on after'
                                 ' getTaskInfo at http://127.0.0.1:1/x: ')
            elif name not in ENDLESS:
                self.assertRegex(
                    self.refuse(name, '--profile', 'away',
                                environ={'HOME': home}),
                    r' at https?://127.0.0.1:1/x.*Connection was refused')

        self.for_each(test)

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
