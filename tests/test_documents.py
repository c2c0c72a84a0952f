"""The README, executed."""
from __future__ import annotations

import ast
import glob
import inspect
import os
import re
import unittest
from types import FunctionType
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

import txkoji.connection
from tests.programs import Program
from tests.support import folder, write
from txkoji.testing import FakeHub
from txkoji.testing.methods import known_methods

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
        for name in ('BotTests', 'LifeTests'):
            unittest.defaultTestLoader.loadTestsFromTestCase(
                names[name]).run(result)
        self.assertEqual(result.testsRun, 2)
        self.assertTrue(result.wasSuccessful(),
                        result.errors + result.failures)

    def test_unanswered_listed(self) -> None:
        """The hub methods that FakeHub does not answer are listed."""
        listed = set(re.findall(r'``([\w.]+)``', read('README.rst')))
        koji = FakeHub(clock=Clock()).connection()
        for name in known_methods():
            if not name.startswith(('host.', 'scheduler.', 'log')):
                errors: list[Any] = []
                koji.call(name).addErrback(errors.append)
                text = str(errors[0].value) if errors else ''
                if 'has no answer' in text:
                    self.assertIn(name, listed)

    def test_examples_listed(self) -> None:
        """Every example is listed, and what is listed is there."""
        listed = re.findall(r'``(examples/\w+\.py)``', read('README.rst'))
        there = [os.path.relpath(path, ROOT)
                 for path in glob.glob(os.path.join(ROOT, 'examples/*.py'))]
        parts = ['examples/downloads.py', 'examples/embedded.py',
                 'examples/tree.py']
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
