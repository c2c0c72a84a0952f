"""Tests of `run`, `HubTestCase` and the plugin of pytest."""
from __future__ import annotations

import os
import subprocess
import sys
import unittest
from importlib.metadata import distributions

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock, deferLater
from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder, write
from txkoji.exceptions import GenericError
from txkoji.testing import FakeHub, HubTestCase, run

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

#: Tests of somebody who has txkoji.
TESTS = '''
import pytest
from txkoji.exceptions import GenericError
from txkoji.testing import run

def test_plain(fakehub, fakehub_connection):
    assert run(fakehub_connection.getTag('f44'), fakehub).name == 'f44'
    assert fakehub.calls == [('getTag', ('f44',), {})]

@pytest.mark.fakehub
async def test_marked(fakehub_connection, tmp_path):
    assert tmp_path.is_dir()
    with pytest.raises(GenericError):
        await fakehub_connection.getTag('no-such', strict=True)

@pytest.mark.fakehub
async def test_waits(fakehub, fakehub_connection):
    fakehub.builders.start(duration=3600)
    await fakehub_connection.login()
    task = await fakehub_connection.build(
        'git+https://src.example.test/rpms/zsh.git#1', 'f44-candidate')
    await fakehub_connection.wait(task)
    assert fakehub.clock.seconds() > 3600
'''

#: Tests that fail.
FAILURES = '''
import pytest

@pytest.mark.fakehub
async def test_wrong(fakehub_connection):
    assert (await fakehub_connection.getTag('f44')).name == 'f43'

@pytest.mark.fakehub
async def test_without():
    pass
'''


class RunTests(SynchronousTestCase):
    """The function `run`."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection()

    def test_result(self) -> None:
        """It gives the result of a coroutine, or of a call."""
        async def name() -> str:
            tag = await self.koji.getTag('f44')
            return str(tag.name)

        self.assertEqual(run(name(), self.hub), 'f44')
        self.assertEqual(run(self.koji.getTag('f44'), self.hub).name, 'f44')

    def test_error(self) -> None:
        """It raises the exception of the coroutine."""
        error = self.assertRaises(
            GenericError, run, self.koji.getTag('x', strict=True), self.hub)
        self.assertEqual(str(error), "No such tagInfo: 'x'")

    def test_time(self) -> None:
        """It moves the clock from timer to timer, and no further."""
        moments = []

        async def wait() -> None:
            for seconds in (0, 5, 3600):
                await deferLater(self.hub.clock, seconds)
                moments.append(self.hub.clock.seconds())

        run(wait(), self.hub)
        self.assertEqual(moments, [0, 5, 3605])
        self.assertEqual(self.hub.clock.seconds(), 3605)

    def test_never(self) -> None:
        """What waits for nothing, or for too long, is canceled."""
        never: Deferred[None] = Deferred()
        error = self.assertRaises(AssertionError, run, never, self.hub)
        self.assertIn('waits for something that never happens', str(error))
        error = self.assertRaises(
            AssertionError, run, deferLater(self.hub.clock, 20), self.hub,
            seconds=10)
        self.assertIn('still waits after 10 seconds', str(error))
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_canceled(self) -> None:
        """A coroutine that is canceled can clean up."""
        ended = []

        async def wait() -> None:
            try:
                await Deferred()
            except CancelledError:
                ended.append(True)
                raise

        self.assertRaises(AssertionError, run, wait(), self.hub)
        self.assertEqual(ended, [True])

    def test_reactor(self) -> None:
        """A hub without a clock to move is refused, with the remedy."""
        error = self.assertRaises(TypeError, run, Deferred(), FakeHub())
        self.assertIn('FakeHub(clock=Clock())', str(error))


class Case(HubTestCase):
    """A test case of somebody."""

    async def test_coroutine(self) -> None:
        """A coroutine function waits by the clock."""
        await deferLater(self.hub.clock, 3600)
        tag = await self.koji.getTag('f44')
        self.assertEqual(tag.name, 'f44')

    def test_function(self) -> None:
        """A function gets results."""
        self.assertEqual(self.get(self.koji.getTag('f44')).name, 'f44')
        with self.assertRaises(GenericError):
            self.get(self.koji.getTag('x', strict=True))

    async def fails(self) -> None:
        """A coroutine function that fails, as a test, below."""
        await deferLater(self.hub.clock, 1)
        self.assertEqual(1, 2)


class CaseTests(SynchronousTestCase):
    """`HubTestCase`."""

    def test_failure(self) -> None:
        """A coroutine function that fails is a failure, and none an error."""
        result = unittest.TestResult()
        case = Case('fails')
        case.run(result)
        self.assertEqual((len(result.failures), result.errors), (1, []))
        self.assertIn('1 != 2', result.failures[0][1].replace('not equal:\n'
                      'a = 1\nb = 2', '1 != 2'))

    def test_closed(self) -> None:
        """The connection is closed after the test."""
        case = Case('test_function')
        result = unittest.TestResult()
        case.run(result)
        self.assertTrue(result.wasSuccessful(), result.errors)
        self.failureResultOf(case.koji.getTag('f44'))


class PluginTests(SynchronousTestCase):
    """The plugin of pytest."""

    def run_pytest(self, text: str, *options: str) -> str:
        """Run a file of tests; gives the output."""
        path = write(folder(self) + '/test_it.py', text)
        done = subprocess.run(
            [sys.executable, '-m', 'pytest', '-q', '-p', 'no:twisted', '-p',
             'no:txkoji', '-p', 'txkoji.testing.pytest_plugin',
             '--strict-markers', '-W', 'error', '-p', 'no:cacheprovider',
             *options, path],
            cwd=os.path.dirname(path), capture_output=True, text=True,
            env={**os.environ, 'PYTHONPATH': ROOT})
        self.assertEqual(done.stderr, '')
        return done.stdout

    def test_fixtures(self) -> None:
        """Functions and coroutine functions run with the fixtures."""
        self.assertIn('3 passed', self.run_pytest(TESTS))

    def test_failures(self) -> None:
        """Failures are shown as such."""
        text = self.run_pytest(FAILURES)
        self.assertIn('2 failed', text)
        self.assertRegex(text, "E +AssertionError: assert 'f44' == 'f43'")
        self.assertIn('the marker fakehub needs the fixture', text)

    def test_help(self) -> None:
        """Pytest describes the fixtures and the marker."""
        text = self.run_pytest(TESTS, '--fixtures')
        self.assertIn('Give a Koji hub in memory', text)
        self.assertIn('Give a connection to the hub', text)
        self.assertIn('@pytest.mark.fakehub:',
                      self.run_pytest(TESTS, '--markers'))

    def test_no_reactor(self) -> None:
        """The plugin imports no reactor, nor do tests with a clock."""
        self.assertIn('1 passed', self.run_pytest('''
import sys
import pytest

@pytest.mark.fakehub
async def test_it(fakehub_connection):
    await fakehub_connection.getTag('f44')
    assert 'twisted.internet.reactor' not in sys.modules
'''))

    def test_found(self) -> None:
        """An installed txkoji is found by pytest."""
        installed = list(distributions(name='txkoji'))
        if not installed:
            self.skipTest('txkoji is not installed, but imported from here')
        self.assertIn(
            ('pytest11', 'txkoji', 'txkoji.testing.pytest_plugin'),
            [(point.group, point.name, point.value) for found in installed
             for point in found.entry_points])
