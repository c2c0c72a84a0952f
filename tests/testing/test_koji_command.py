"""Koji's own command, and its library, against a FakeHub that is served."""
from __future__ import annotations

import os
import shutil
import signal
import ssl
import subprocess
import sys
from unittest import SkipTest

from twisted.internet.defer import inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.support import folder, write
from txkoji.testing import FakeHub
from txkoji.testing.rpmfile import make_rpm

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))
KOJI = os.path.join(os.path.dirname(sys.executable), 'koji')


class CommandTests(SynchronousTestCase):
    """The command ``koji``, over TLS, with a certificate."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        if not os.path.exists(KOJI) and not shutil.which('koji'):
            raise SkipTest('Koji\'s command is missing')
        self.home = folder(self)
        self.start()

    def start(self) -> None:
        """Start the hub."""
        self.server = subprocess.Popen(
            [sys.executable, '-m', 'txkoji.testing', '--tls', '--builders',
             '--duration', '1', '--state', self.home + '/state'],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, 'PYTHONPATH': ROOT})
        self.addCleanup(self.stop)
        lines = []
        for line in self.server.stdout:
            lines.append(line)
            if line.startswith('# Others'):
                break
        self.profile = ''.join(lines)
        self.user('alice')

    def user(self, name: str) -> None:
        """Write the configuration of a user."""
        write(f'{self.home}/.koji/config', self.profile.replace(
            'alice.pem', f'{name}.pem') + 'poll_interval = 1\n')

    def stop(self) -> None:
        """Stop the hub."""
        if self.server.poll() is None:
            self.server.send_signal(signal.SIGTERM)
            self.server.wait()
        self.server.stdout.close()

    def koji(self, *args: str, code: int = 0) -> str:
        """What the command says."""
        command = KOJI if os.path.exists(KOJI) else 'koji'
        done = subprocess.run(
            [command, '-p', 'fakehub', *args], stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, timeout=100, cwd=self.home,
            env={**os.environ, 'HOME': self.home})
        self.assertEqual(done.returncode, code, done.stdout)
        return done.stdout

    def test_command(self) -> None:
        """It logs in, builds, watches, tags, waits, and cancels."""
        self.assertIn('alice!', self.koji('hello'))
        self.assertIn('zsh-2.0.2-4.fc43', self.koji(
            'list-tagged', 'f43-updates', 'zsh'))
        write(self.home + '/zsh-9.9-1.fc44.src.rpm', make_rpm(
            'zsh', '9.9', '1.fc44', 'src', 1795331086))
        said = self.koji('build', '--scratch', '--wait', 'f44-candidate',
                         'zsh-9.9-1.fc44.src.rpm')
        self.assertIn('completed successfully', said)
        number = said.split('Created task: ')[1].split()[0]
        self.assertIn('closed', self.koji('watch-task', number))
        self.koji('download-logs', '-r', number)
        with open(_log(self.home)) as file:
            self.assertIn('Line 5 of 5.', file.read())
        self.user('releng')
        self.koji('add-pkg', '--owner', 'alice', 'f43-updates-candidate',
                  'zsh')
        said = self.koji('tag-build', '--wait', 'f43-updates-candidate',
                         'zsh-2.0.2-4.fc43')
        self.assertIn('completed successfully', said)
        self.assertIn('zsh-2.0.2-4.fc43', self.koji(
            'list-tagged', 'f43-updates-candidate'))
        self.assertIn('Got repo', self.koji(
            'wait-repo', '--request', '--timeout', '1', 'f44-build'))
        said = self.koji('build', '--nowait', 'f44-candidate',
                         'git+https://src.example.test/rpms/bash.git#1')
        number = said.split('Created task: ')[1].split()[0]
        self.koji('cancel', number)
        self.assertIn('State: canceled', self.koji('taskinfo', number))
        # What it knows stays, over another run.
        self.stop()
        self.start()
        self.assertIn('State: canceled', self.koji('taskinfo', number))
        self.assertIn('getBuild', self.koji('list-api'))


def _log(home: str) -> str:
    """A log that was downloaded: of an architecture."""
    return next(os.path.join(place, name)
                for place, _, names in os.walk(home + '/kojilogs')
                for name in names
                if name.startswith('build') and 'x86_64' in place + name)


class PortTests(TestCase):
    """A port."""

    timeout = 60

    @inlineCallbacks
    def test_tls_to_plain(self) -> None:
        """Who speaks TLS to a port of plain HTTP hears so at once."""
        hub = FakeHub()
        self.addCleanup(hub.stop)
        url = yield hub.listen()
        port = int(url.split(':')[2].split('/')[0])

        def speak() -> str:
            try:
                ssl.get_server_certificate(('127.0.0.1', port), timeout=30)
            except ssl.SSLError as error:
                return str(error)
            return ''

        said = yield deferToThread(speak)
        self.assertIn('WRONG_VERSION_NUMBER', said)
