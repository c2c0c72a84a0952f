"""What tests of the examples share: running them."""
from __future__ import annotations

import fcntl
import glob
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
from typing import Any

from trustme import CA
from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder, write

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

#: A profile of a hub that does not run.
AWAY = """[away]
server = http://127.0.0.1:1/x
weburl = http://127.0.0.1:1/web
authtype = ssl
cert = ~/alice.pem
max_retries = 0
anon_retry = false
"""

#: The colors and movements of a terminal.
ESCAPES = re.compile('\x1b\\[[0-9;?]*[a-zA-Z]')


def frames(text: str) -> list[list[str]]:
    """Split the output of a moving tree into the lines of each drawing."""
    # Each drawing begins by going back to the first line, and erasing.
    return [ESCAPES.sub('', frame).split('\r\n')
            for frame in re.split('\r(?:\x1b\\[2K|\x1b\\[1A)+', text)]


class ExamplesCase(SynchronousTestCase):
    """Runs examples."""

    def setUp(self) -> None:
        """Let programs heed Ctrl-C; those in a shell's background do not."""
        before = signal.signal(signal.SIGINT, signal.default_int_handler)
        self.addCleanup(signal.signal, signal.SIGINT, before)

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
