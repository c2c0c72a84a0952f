"""The short programs among the examples, and their tests."""
from __future__ import annotations

import glob
import json
import os
import signal
from http.server import BaseHTTPRequestHandler, HTTPServer
from urllib.error import HTTPError
from urllib.request import urlopen

from tests.example_runs import ROOT, ExamplesCase
from tests.support import folder, write

#: What people write -> a program of that kind, of at most 40 lines.
PROGRAMS = {
    'script': 'latest_build', 'service': 'service', 'asyncio': 'with_asyncio',
    'crochet': 'with_crochet', 'page': 'klein_page', 'bot': 'chat_bot',
    'pytest': 'test_with_pytest', 'trial': 'test_with_trial',
    'release script': 'release', 'scratch build': 'scratch_build',
    'daemon': 'gate'}


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
