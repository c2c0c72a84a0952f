"""All examples where something is missing, or ends early."""
from __future__ import annotations

import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from socket import create_server

from tests.example_runs import ENDLESS, NAMES, ROOT, ExamplesCase, frames
from tests.support import folder, write

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
    'why_failed': [('x', 'invalid format: x'), ('1', 'No such task: 1')],
    'with_asyncio': [('x', "No such tagInfo: 'x'"),
                     ('f44,x,y', "No such tagInfo: 'x'")],
    'with_crochet': [('f44,x', "No such tagInfo: 'x'")],
}

#: The service logs its first count before it can be interrupted, unless the
#: hub does not run.
AT_AWAY = {'service': ['--profile', 'away']}

#: The examples that wait until a hub is there again, and what they say.
WAITING = {
    'daemon': 'getLastEvent at http://127.0.0.1:1/x: ',
    'follow_log': 'getTaskInfo at http://127.0.0.1:1/x: ',
    'watch_task': 'getTaskInfo at http://127.0.0.1:1/x: '}

#: A profile of a server that accepts connections, and says nothing.
SILENT = """[silent]
server = https://127.0.0.1:{port}/kojihub
weburl = https://127.0.0.1:{port}/koji
authtype = ssl
cert = ~/alice.pem
"""

#: What Python says of a file that Twisted keeps open while it listens.
RESERVED = re.compile("Exception ignored in: <_io.FileIO name='/dev/null'.*\n"
                      'ResourceWarning: unclosed file .*\n')

#: What is in the drawings of rich, which are drawn again and again.
DRAWN = re.compile('[━✔✘⠀-⣿]')


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
            if name == 'daemon':
                # It ends in order; see test_daemon.
                return
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
            self.assertEqual((process.returncode, RESERVED.sub('', errors)),
                             (1, ''), name)

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
        """So is a profile, in those that take no other name, and some."""
        def test(name: str) -> None:
            if name not in NO_SUCH or name in ('gate', 'with_crochet'):
                self.assertIn("no configuration for profile 'nosuch'",
                              self.refuse(name, '--profile', 'nosuch'))

        self.for_each(test)

    def test_no_hub(self) -> None:
        """So is a hub that cannot be reached, unless they wait for it."""
        home = self.away()

        def test(name: str) -> None:
            if name in WAITING:
                process = self.start(name, '--profile', 'away',
                                     environ={'HOME': home})
                assert process.stderr is not None
                self.assertRegex(process.stderr.readline(),
                                 f' goes? on after {WAITING[name]}')
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
