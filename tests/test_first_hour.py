"""The errors of the first hour, whose texts say what to do."""
from __future__ import annotations

import re
import subprocess
import sys
from typing import Any

from twisted.internet.error import ConnectionRefusedError, DNSLookupError
from twisted.internet.testing import MemoryReactorClock

import txkoji.connection
from tests.support import FailingNetwork, HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import (
    ActionNotAllowed,
    AuthError,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
    GSSAPIAuthError,
    ParameterError,
)
from txkoji.hub.session.kerberos import advice

#: Awaits a call under asyncio.run().
UNDER_ASYNCIO = '''
import asyncio
from txkoji import Connection, Profile

async def main():
    koji = Connection(Profile('x', server='http://127.0.0.1:1/'))
    try:
        await koji.getTag('f44')
    except RuntimeError as error:
        print(error)
    await koji.close()

asyncio.run(main())
'''

#: Does what the error says.
ON_ASYNCIO = '''
from twisted.internet import asyncioreactor
asyncioreactor.install()
import asyncio
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from txkoji.testing import FakeHub

async def main():
    koji = FakeHub().connection()
    tag = await koji.getTag('f44').asFuture(asyncio.get_running_loop())
    print(tag.name)

react(lambda reactor: Deferred.fromFuture(asyncio.ensure_future(main())))
'''

#: Does so without asyncio's reactor.
NOT_INSTALLED = '''
import asyncio
from txkoji import Connection, Profile

async def main():
    koji = Connection(Profile('x', server='http://127.0.0.1:1/'))
    tag = koji.getTag('f44').asFuture(asyncio.get_running_loop())
    await asyncio.wait_for(tag, 5)

try:
    asyncio.run(main())
except RuntimeError as error:
    print(error)
'''


class ConfigurationTests(HubTestCase):
    """Profiles and files."""

    def use(self, text: str) -> str:
        """Let a text be the configuration; gives the path of its file."""
        path = write(folder(self) + '/koji.conf', text)
        self.patch(txkoji.connection, 'PROFILES', [path])
        return path

    def test_profile(self) -> None:
        """A misspelt profile: which there are, and where they are from."""
        path = self.use('[fedora]\nserver = https://x\n[stage]\n')
        error = self.assertRaises(ConfigurationError, Connection, 'fedroa')
        self.assertEqual(
            str(error), "no configuration for profile 'fedroa'; there are:"
                        f' fedora, stage (searched: {path})')

    def test_no_profiles(self) -> None:
        """No configuration at all: where one is searched."""
        self.use('')
        error = self.assertRaises(ConfigurationError, Connection, 'fedora')
        self.assertRegex(str(error), '; there are no profiles .searched: /')

    def test_malformed(self) -> None:
        """A malformed file: its path and the line."""
        path = self.use('server = https://x\n')
        error = self.assertRaises(ConfigurationError, Connection, 'x')
        self.assertIn(f'{path}, line 1: ', str(error))

    def test_no_certificate(self) -> None:
        """A certificate that is not there: the setting and the path."""
        for setting in ('cert', 'serverca'):
            koji = Connection(Profile(
                'x', server='https://localhost/', authtype='ssl',
                **{setting: '/none/x.pem'}), reactor=MemoryReactorClock())
            call = koji.login() if setting == 'cert' else koji.getTag('f44')
            error = self.fail_of(call, ConfigurationError)
            self.assertEqual(str(error), f"profile 'x': {setting} /none/x.pem"
                                         ' cannot be read: No such file or'
                                         ' directory')

    def test_no_file(self) -> None:
        """A file to upload that is not there is an OSError with its path."""
        self.get(self.koji.login())
        error = self.fail_of(self.koji.upload('/none/x', 'cli-build/x'),
                             FileNotFoundError)
        self.assertIn('/none/x', str(error))


class CallTests(HubTestCase):
    """Calls."""

    def test_method(self) -> None:
        """A misspelt method: the method that was meant."""
        error = self.fail_of(self.koji.getBuld(1), GenericError)
        self.assertEqual((str(error), error.hint), (
            'Invalid method: getBuld', 'did you mean getBuild?'))

    def test_argument(self) -> None:
        """A misspelt argument: those that there are."""
        error = self.fail_of(self.koji.getBuild(1, strickt=True),
                             ParameterError)
        self.assertIn("unexpected keyword argument 'strickt'", str(error))
        self.assertIn('strict=False', error.hint)

    def test_forgotten_await(self) -> None:
        """A forgotten await: a Deferred is not its result."""
        error = self.assertRaises(
            AttributeError, lambda: self.koji.getTag('f44').name)
        self.assertIn("'Deferred' object", str(error))
        error = self.fail_of(self.koji.getTag(self.koji.getTag('f44')),
                             TypeError)
        self.assertRegex(str(error),
                         '^getTag: .* of type Deferred.*; await it first$')

    def test_no_login(self) -> None:
        """A write without a login, and one without a permission."""
        error = self.fail_of(self.koji.tagBuild('f44', 'bash-5-1'),
                             ActionNotAllowed)
        self.assertEqual((str(error), error.hint), (
            'you must be logged in for this operation',
            'call login() before tagBuild'))
        error = self.fail_of(self.koji.upload(__file__, 'cli-build/x'),
                             ActionNotAllowed)
        self.assertEqual(str(error), 'upload: not logged in; login() first')
        error = self.fail_of(self.hub.connection(user=None).login(), AuthError)
        self.assertIn('could not verify client', str(error))

    def test_closed(self) -> None:
        """A call after close: to which hub, and what to do."""
        self.get(self.koji.close())
        for name in ('getTag', 'login'):
            error = self.fail_of(getattr(self.koji, name)(), ConnectionClosed)
            self.assertRegex(str(error), f'^{name}: the connection to'
                             ' https://hub.example.test/kojihub was closed;'
                             ' make a new one')


class UnreachableTests(HubTestCase):
    """A hub that cannot be reached."""

    def connect(self, error: Exception, **settings: Any) -> Connection:
        """Get a connection in a network that fails."""
        return self.hub.connection(network=FailingNetwork(error), **settings)

    def test_once(self) -> None:
        """What was called, at which hub, and what is wrong."""
        for found, text in [
                (ConnectionRefusedError(), 'no connection: Connection was'
                                           ' refused by other side'),
                (DNSLookupError(), 'no such host')]:
            error = self.fail_of(self.connect(found).getTag('f44'),
                                 ConnectionFailed)
            self.assertEqual(str(error), 'getTag at'
                             f' https://hub.example.test/kojihub: {text}')

    def test_long(self) -> None:
        """After retries: how many attempts, in how many seconds."""
        koji = self.connect(ConnectionRefusedError(), max_retries=3)
        call = koji.getTag('f44')
        self.hub.clock.pump([1] * 60)
        error = self.fail_of(call, ConnectionFailed)
        self.assertRegex(str(error), r' \(4 attempts in \d+ seconds\)$')


class KerberosTests(HubTestCase):
    """Logins with Kerberos."""

    def test_no_ticket(self) -> None:
        """Without a ticket, or with an old one: kinit."""
        for text in ('No Kerberos credentials available (default cache:'
                     ' FILE:/tmp/krb5cc_0)', 'Ticket expired'):
            self.assertIn('run kinit', advice(text, None))

    def test_no_library(self) -> None:
        """Without the library: what to install, and what it needs."""
        for name in ('gssapi', 'requests_gssapi'):
            self.patch_module(name)
        error = self.fail_of(self.hub.connection(
            authtype='kerberos').login(), GSSAPIAuthError)
        self.assertRegex(str(error), r'install txkoji\[gssapi\].*libkrb5-dev')

    def patch_module(self, name: str) -> None:
        """Let a module be missing in this test."""
        before = sys.modules.get(name)
        sys.modules[name] = None  # type: ignore[assignment]

        def restore() -> None:
            del sys.modules[name]
            if before is not None:
                sys.modules[name] = before

        self.addCleanup(restore)


class AsyncioTests(HubTestCase):
    """Programs on asyncio."""

    def run_program(self, text: str) -> str:
        """Run a program; gives its output."""
        done = subprocess.run([sys.executable, '-W', 'error', '-c', text],
                              capture_output=True, text=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        return done.stdout.strip()

    def test_run(self) -> None:
        """A call under asyncio.run() fails at once, and says what to do."""
        text = self.run_program(UNDER_ASYNCIO)
        for line in re.findall('.*(?:install|react|asFuture).*', ON_ASYNCIO):
            for piece in re.findall(r'[\w.]+\(', line):
                self.assertIn(piece.replace('koji.getTag(', 'getTag('), text)

    def test_advice(self) -> None:
        """A program that does so works."""
        self.assertEqual(self.run_program(ON_ASYNCIO), 'f44')

    def test_not_installed(self) -> None:
        """Without asyncio's reactor a future fails, instead of hanging."""
        self.assertIn('asyncioreactor.install()',
                      self.run_program(NOT_INSTALLED))

    def test_memory(self) -> None:
        """A hub in memory answers under asyncio.run(), too."""
        self.assertEqual(self.run_program('''
import asyncio
from txkoji.testing import FakeHub

async def main():
    print((await FakeHub().connection().getTag('f44')).name)

asyncio.run(main())
'''), 'f44')
