"""The README and the examples, executed."""
from __future__ import annotations

import ast
import glob
import inspect
import json
import os
import pty
import re
import signal
import subprocess
import sys
import unittest
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from types import FunctionType
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.trial.unittest import SynchronousTestCase, TestCase

import txkoji.connection
from tests.programs import Program
from tests.support import folder, write
from txkoji.files.paths import task_path
from txkoji.testing import FakeHub

ROOT = os.path.dirname(os.path.dirname(__file__))


def read(name: str) -> str:
    """Read a file of the project."""
    with open(os.path.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def pieces(text: str) -> list[str]:
    """The Python code in a reStructuredText document."""
    found = re.findall(r'\.\. code-block:: python\n\n((?:    .*\n|\n)+)', text)
    return [re.sub('^    ', '', piece, flags=re.MULTILINE)
            for piece in found]


class ReadmeTests(SynchronousTestCase):
    """The README."""

    def run_node(self, node: Any, names: dict[str, Any]) -> Any:
        """Execute a statement, which may await; gives its value."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if isinstance(node, ast.Expr):
            code = compile(ast.Expression(node.value), 'README', 'eval', flags)
        else:
            code = compile(ast.Module([node], []), 'README', 'exec', flags)
        value = FunctionType(code, names)()
        if code.co_flags & inspect.CO_COROUTINE:
            waiting = Deferred.fromCoroutine(value)
            if 'hub' in names:
                # What waits for the next turns of the reactor.
                names['hub'].clock.pump([0] * 10)
            value = self.successResultOf(waiting)
        return value

    def test_pieces(self) -> None:
        """Every piece runs; where a comment says what comes, it does."""
        path = write(folder(self) + '/koji.conf',
                     '[fedora]\nserver = https://koji.example.com/hub\n')
        self.patch(txkoji.connection, 'PROFILES', [path])
        names: dict[str, Any] = {'__name__': 'README'}
        told = 0
        for piece in pieces(read('README.rst')):
            lines = piece.split('\n')
            for node in ast.parse(piece).body:
                value = self.run_node(node, names)
                _, comment, said = lines[node.end_lineno - 1].partition('  # ')
                if comment:
                    self.assertEqual(str(value), said.strip(),
                                     lines[node.lineno - 1])
                    told += 1
        self.assertGreater(told, 20)
        result = unittest.TestResult()
        unittest.defaultTestLoader.loadTestsFromTestCase(
            names['BotTests']).run(result)
        self.assertEqual(result.testsRun, 1)
        self.assertTrue(result.wasSuccessful(), result.errors)

    def test_examples_listed(self) -> None:
        """Every example is listed, and what is listed is there."""
        listed = re.findall(r'\* ``(examples/\w+\.py)``', read('README.rst'))
        there = [os.path.relpath(path, ROOT)
                 for path in glob.glob(os.path.join(ROOT, 'examples/*.py'))]
        parts = ['examples/embedded.py', 'examples/tree.py']
        self.assertEqual(sorted(listed + parts), sorted(there))


class ProgramsTests(TestCase):
    """The programs in the README, with a hub of their own."""

    timeout = 60

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.home = folder(self)
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        write(self.home + '/.koji/config', f'[mykoji]\nserver = {server}\n')

    def program(self, name: str, *before: str) -> Program:
        """Run one, with what comes before its name."""
        [text] = re.findall(
            r'\.\. code-block:: python\n    :name: ' + name
            + r'\n\n((?:    .*\n|\n)+)', read('README.rst'))
        path = write(f'{self.home}/{name}',
                     re.sub('^    ', '', text, flags=re.MULTILINE))
        return Program(self, *before, path, HOME=self.home)

    @inlineCallbacks
    def test_first(self) -> Any:
        """The first programs print a build."""
        for name in ('first.py', 'first_inline.py'):
            program = self.program(name)
            yield program.ended
            self.assertEqual(
                program.lines,
                ['ceph-9.22.53-11.fc43 COMPLETE 1:39:22.246546'])

    @inlineCallbacks
    def test_asking(self) -> Any:
        """On asyncio, and in threads."""
        for name in ('on_asyncio.py', 'in_threads.py'):
            program = self.program(name)
            yield program.ended
            self.assertEqual(program.lines, ['f43 is 25', 'f44 is 33'])

    @inlineCallbacks
    def test_twistd(self) -> Any:
        """Under twistd, which ends it in order."""
        program = self.program(
            'under_twistd.py', '-c',
            'from twisted.scripts.twistd import run; run()',
            f'--pidfile={self.home}/pid', f'--rundir={self.home}', '-noy')
        while not any('tasks are open' in line for line in program.lines):
            yield program.wait(len(program.lines) + 1)
        program.process.signalProcess('TERM')
        yield program.ended
        self.assertIn('Server Shut Down', program.lines[-1])
        self.assertNotIn('Traceback', '\n'.join(program.lines))


class ExamplesTests(SynchronousTestCase):
    """The examples, on the embedded hub."""

    def run_example(self, name: str, *arguments: str) -> str:
        """Run an example."""
        done = subprocess.run(
            [sys.executable, '-W', 'error', f'examples/{name}.py',
             *arguments], cwd=ROOT, capture_output=True,
            text=True,
            env={**os.environ, 'HOME': folder(self), 'PYTHONPATH': ROOT,
                 'XDG_CACHE_HOME': ''})
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout

    def test_tour(self) -> None:
        """The tour."""
        text = self.run_example('tour')
        self.assertIn('buildArch s390x', text)
        self.assertIn("fault 1000: No such tagInfo: 'no-such-tag'", text)

    def test_whoami(self) -> None:
        """Logging in and out."""
        self.assertIn('We are alice in session 1', self.run_example('whoami'))

    def test_watch_task(self) -> None:
        """A task, and none."""
        text = self.run_example('watch_task')
        self.assertIn('-> FAILED    buildArch (nodejs22-14.0-1.fc44.src.rpm,',
                      text)
        self.assertIn('task 6474 failed: BuildError', text)
        self.assertIn('It cannot be watched', self.run_example('watch_task',
                                                               '999999'))

    def test_watch_tree(self) -> None:
        """On a terminal it is a tree, drawn over and over."""
        ours, its = pty.openpty()
        subprocess.run(
            [sys.executable, 'examples/watch_task.py'], cwd=ROOT, check=True,
            stdout=its, env={**os.environ, 'PYTHONPATH': ROOT,
                             'COLUMNS': '60'})
        os.close(its)
        text = b''
        while b'task 6474 failed' not in text:
            text += os.read(ours, 10000)
        os.close(ours)
        last = text.decode().split('\x1b[J')[-1].split('\r\n')
        self.assertEqual(last[0][:14], '6474 FAILED   ')
        self.assertEqual([line[:6] for line in last[1:6]], [
            f'  {number}' for number in range(6475, 6480)])
        self.assertEqual({len(line) for line in last[:6]}, {60})

    def test_estimate(self) -> None:
        """A task that waits, one that is over, and none."""
        text = self.run_example('estimate')
        self.assertIn('nodejs22-14.0-1.fc44.src.rpm) is FREE', text)
        self.assertIn('it will be done at 20', text)
        self.assertIn('after 13 other tasks', text)
        self.assertIn('it will be done at 2026-11-21',
                      self.run_example('estimate', '6474'))
        self.assertIn('There is no task 1', self.run_example('estimate', '1'))
        self.assertIn('not x', self.run_example('estimate', 'x'))

    def test_durations(self) -> None:
        """Builds, as a table and as a chart; and none."""
        path = folder(self) + '/chart.png'
        text = self.run_example('durations', '--plot', path)
        self.assertIn('14.4 min  bash-4.17.0-5.fc43', text)
        self.assertIn('6 builds of bash', text)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(4), b'\x89PNG')
        self.assertIn('0 builds of x', self.run_example('durations', 'x'))

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
        self.assertIn('There is no user x', self.run_example('user', 'x'))

    def test_latest_build(self) -> None:
        """A build, and none."""
        self.assertIn('bash-4.17.1', self.run_example('latest_build'))
        self.assertIn('no build of x', self.run_example('latest_build', 'x'))

    def test_from_web(self) -> None:
        """A link, and what is none."""
        self.assertIn('Task with', self.run_example('from_web'))
        self.assertIn('Nothing that', self.run_example('from_web', 'x'))

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
        """Logs of a task, of a build, and of nothing."""
        path = folder(self)
        text = self.run_example('download_logs', '6474', path)
        self.assertIn('4 logs are in', text)
        with open(os.path.join(path, task_path(6476, 'root.log'))) as file:
            self.assertIn('Installed', file.read())
        self.assertIn('14 bytes', self.run_example('download_logs',
                                                   'rhceph-container-8-40'))
        self.assertIn('Nothing was found: No such build',
                      self.run_example('download_logs', 'x-1-1'))

    def test_follow_log(self) -> None:
        """A log, to its end, and none."""
        text = self.run_example('follow_log')
        self.assertIn('==> task 6385: build.log <==\nunpacking ...', text)
        self.assertIn('packing ...\nTask 6383 is CLOSED', text)
        self.assertIn('It cannot be followed', self.run_example('follow_log',
                                                                'x'))

    def test_import_build(self) -> None:
        """A build that is made up, and none."""
        text = self.run_example('import_build')
        self.assertIn('8012 of 8012 bytes', text)
        self.assertIn('example-image-1-1 is COMPLETE', text)
        self.assertIn('1/1/images/disk.tar.gz', text)
        self.assertIn('It was not imported', self.run_example(
            'import_build', '/none', '/none'))

    def test_why_failed(self) -> None:
        """A task, a build, and a task that has not failed."""
        text = self.run_example('why_failed')
        self.assertIn('Task 6477 FAILED: buildArch (nodejs22', text)
        self.assertIn('    | ERROR: nothing provides libuv-devel\n', text)
        self.assertIn('has not failed', self.run_example('why_failed',
                                                         '6476'))
        self.assertIn('has not failed', self.run_example(
            'why_failed', 'bash-4.17.1^20250601gitaf72930-3.fc43'))
        self.assertIn('Nothing was found: No such build',
                      self.run_example('why_failed', 'x-1-1'))

    def test_hook(self) -> None:
        """A web hook gets the text."""
        posted: list[Any] = []

        class Hook(BaseHTTPRequestHandler):
            """Keeps what is posted."""

            def do_POST(self) -> None:
                size = int(self.headers['Content-Length'])
                posted.append(json.loads(self.rfile.read(size)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Log nothing."""

        server = HTTPServer(('127.0.0.1', 0), Hook)
        thread = Thread(target=server.handle_request, daemon=True)
        thread.start()
        self.addCleanup(server.server_close)
        text = self.run_example('why_failed', '--hook',
                                f'http://127.0.0.1:{server.server_port}/')
        thread.join()
        self.assertIn('The hook says 200', text)
        self.assertIn('libuv-devel', posted[0]['text'])

    def test_scratch_build(self) -> None:
        """A package that is made up, and none."""
        path = folder(self)
        text = self.run_example('scratch_build')
        self.assertIn('-> CLOSED    buildArch (hello-1.0-1.fc44.src.rpm,',
                      text)
        self.assertIn('build.log: + make install\n', text)
        self.assertIn('700 bytes  ', text)
        package = write(path + '/x-1-1.src.rpm', b'x')
        self.run_example('scratch_build', package, 'f44-candidate', path)
        self.assertTrue(os.path.exists(
            path + '/hello-1.0-1.fc44.x86_64.rpm'))
        self.assertIn('It was not built: submit_build: No such build target',
                      self.run_example('scratch_build', package, 'nosuch'))
        self.assertIn('It was not built', self.run_example('scratch_build',
                                                           'nosuch'))

    def test_side_tag(self) -> None:
        """A side tag, and one of no tag."""
        text = self.run_example('side_tag')
        self.assertIn('74 packages can be built with', text)
        self.assertIn('is removed', text)
        self.assertIn('It did not work', self.run_example('side_tag',
                                                          'nosuch'))

    def test_interrupted(self) -> None:
        """Control-C cancels an example, which cleans up."""
        with subprocess.Popen(
                [sys.executable, '-W', 'error', 'examples/side_tag.py'],
                cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
                text=True, env={**os.environ, 'PYTHONPATH': ROOT}) as process:
            assert process.stdout is not None
            process.stdout.readline()
            process.send_signal(signal.SIGINT)
            self.assertEqual(process.communicate(timeout=30)[0],
                             'The hub has no side tag left\n')

    def test_tag_diff(self) -> None:
        """Two tags, and a tag and none."""
        text = self.run_example('tag_diff')
        self.assertRegex(text, r'ansible +16\.0\.54-4\.fc43 +16\.0\.53-2')
        self.assertIn('They cannot be compared: No such tagInfo',
                      self.run_example('tag_diff', 'f43-updates', 'nosuch'))

    def test_profile(self) -> None:
        """With --profile they look for a profile."""
        done = subprocess.run(
            [sys.executable, 'examples/tour.py', '--profile', 'nosuch'],
            cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
            text=True, env={**os.environ, 'PYTHONPATH': ROOT})
        self.assertEqual(done.returncode, 2)
        self.assertNotIn('Traceback', done.stdout)
        self.assertIn("no configuration for profile 'nosuch'", done.stdout)
