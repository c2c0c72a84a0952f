"""The README and the manual, executed."""
from __future__ import annotations

import ast
import glob
import inspect
import os
import re
import unittest
from textwrap import dedent
from types import FunctionType
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

import txkoji.connection
from tests.programs import Program
from tests.support import folder, write
from txkoji.testing import FakeHub, run
from txkoji.testing.methods import known_methods

ROOT = os.path.dirname(os.path.dirname(__file__))

#: The lines of a block of code, which are indented.
BLOCK = r'((?:    .*\n|\n)+)'


def read(name: str) -> str:
    """Read a file of the project."""
    with open(os.path.join(ROOT, name), encoding='utf-8') as file:
        return file.read()


def path_of(module: str) -> str:
    """The path of a module's source in the project."""
    path = module.replace('.', '/')
    package = f'{path}/__init__.py'
    return (package if os.path.exists(os.path.join(ROOT, package))
            else f'{path}.py')


def docstring(module: str) -> str:
    """The docstring of a module, which is not imported."""
    return (ast.get_docstring(ast.parse(read(path_of(module)))) or '') + '\n'


def chapters() -> dict[str, str]:
    """The chapters of the manual, as its contents list them."""
    return {name: docstring(name) for name in re.findall(
        r'^\* `[^<`]+<([\w.]+)>`:', docstring('txkoji'), re.MULTILINE)}


def pieces(text: str) -> list[str]:
    """The Python code in a reStructuredText document, but for programs."""
    return [dedent(piece) for piece in re.findall(
        r'\.\. code-block:: python\n\n' + BLOCK, text)]


def programs(text: str) -> dict[str, str]:
    """The programs in a reStructuredText document, by name."""
    return {name: dedent(program) for name, program in re.findall(
        r'\.\. code-block:: python\n    :name: ([\w.]+)\n\n' + BLOCK, text)}


def documents() -> dict[str, str]:
    """The README and the chapters of the manual."""
    return {'README.rst': read('README.rst'), **chapters()}


def said(piece: str, node: ast.stmt) -> str | None:
    """What a comment says about the value of a statement, if one does."""
    lines = [*piece.split('\n'), '']
    _, comment, value = lines[(node.end_lineno or 0) - 1].partition('  # ')
    if comment:
        return value.strip()
    # A long value is in a line of its own.
    below = lines[node.end_lineno or 0]
    if isinstance(node, ast.Expr) and below.startswith('# '):
        return below[2:].strip()
    return None


class Chapter:
    """
    A document whose code is executed.

    :param test: the test that this is for.
    :param name: the name of the document.
    """

    def __init__(self, test: SynchronousTestCase, name: str) -> None:
        self._test = test
        self._name = name
        self.hub: Any = FakeHub(clock=Clock())
        self.names: dict[str, Any] = {
            '__name__': name, 'hub': self.hub, 'koji': self.hub.connection()}

    def execute(self, node: Any) -> Any:
        """Execute a statement, which may await; gives its value."""
        flags = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT
        if isinstance(node, ast.Expr):
            code = compile(ast.Expression(node.value), self._name, 'eval',
                           flags)
        else:
            code = compile(ast.Module([node], []), self._name, 'exec', flags)
        value = FunctionType(code, self.names)()
        if code.co_flags & inspect.CO_COROUTINE:
            waiting = Deferred.fromCoroutine(value)
            # What waits for the next turns of the reactor.
            self.names['hub'].clock.pump([0] * 10)
            value = self._test.successResultOf(waiting)
        return value

    def run_tests(self) -> int:
        """Run the tests that the document has defined; gives their number."""
        result = unittest.TestResult()
        functions = 0
        for name, value in list(self.names.items()):
            if isinstance(value, type) and name.endswith('Tests'):
                unittest.defaultTestLoader.loadTestsFromTestCase(
                    value).run(result)
            elif name.startswith('test_'):
                hub = FakeHub(clock=Clock())
                work = value(hub, hub.connection())
                if inspect.iscoroutine(work):
                    run(work, hub)
                functions += 1
        self._test.assertTrue(result.wasSuccessful(),
                              result.errors + result.failures)
        return result.testsRun + functions


class PiecesTests(SynchronousTestCase):
    """The pieces of code in the README and the manual."""

    def test_pieces(self) -> None:
        """Every piece runs; where a comment says what comes, it does."""
        path = write(folder(self) + '/koji.conf',
                     '[fedora]\nserver = https://koji.example.com/hub\n')
        self.patch(txkoji.connection, 'PROFILES', [path])
        told = tests = 0
        for name, text in documents().items():
            chapter = Chapter(self, name)
            for piece in pieces(text):
                for node in ast.parse(piece).body:
                    value = chapter.execute(node)
                    wanted = said(piece, node)
                    if wanted is not None:
                        self.assertEqual(str(value), wanted,
                                         f'{name}: {ast.unparse(node)}')
                        told += 1
            tests += chapter.run_tests()
        self.assertGreater(told, 60)
        self.assertEqual(tests, 5)

    def test_said(self) -> None:
        """A comment is read at the end of a line, and below a value."""
        piece = 'a  # 1\nb\n# 2\nc\nd = 1\n# not a value\n'
        self.assertEqual(
            [said(piece, node) for node in ast.parse(piece).body],
            ['1', '2', None, None])


class ContentsTests(SynchronousTestCase):
    """What the README and the contents of the manual list."""

    def test_chapters(self) -> None:
        """Every document with code that runs, and all of manual, is listed."""
        listed = chapters()
        for path in glob.glob(f'{ROOT}/txkoji/**/*.py', recursive=True):
            name = os.path.relpath(path, ROOT)[:-3].replace(os.sep, '.')
            name = name.removesuffix('.__init__')
            if name != 'txkoji.manual' and (
                    '.. code-block:: python\n' in docstring(name)
                    or name.startswith('txkoji.manual.')):
                self.assertIn(name, listed)
        for name, text in listed.items():
            self.assertIn('\n---', text, f'{name} has no sections')

    def test_links(self) -> None:
        """The README links to files that exist, and to every chapter."""
        linked = re.findall(r'<([\w./]+)>`_', read('README.rst'))
        for path in linked:
            self.assertTrue(os.path.exists(os.path.join(ROOT, path)), path)
        for name in chapters():
            self.assertIn(path_of(name), linked)

    def test_examples_listed(self) -> None:
        """The README lists every example, and what it lists is there."""
        listed = set(re.findall(r'<(examples/\w+\.py)>`_',
                                read('README.rst')))
        there = {os.path.relpath(path, ROOT)
                 for path in glob.glob(os.path.join(ROOT, 'examples/*.py'))}
        self.assertEqual(
            listed | {'examples/downloads.py', 'examples/tree.py'}, there)

    def test_length(self) -> None:
        """The README is two screens long."""
        self.assertLessEqual(read('README.rst').count('\n'), 135)

    def test_unanswered_listed(self) -> None:
        """The hub methods that FakeHub does not answer are listed."""
        listed = set(re.findall(r'``([\w.]+)``', docstring('txkoji.testing')))
        koji = FakeHub(clock=Clock()).connection()
        for name in known_methods():
            if not name.startswith(('host.', 'scheduler.', 'log')):
                errors: list[Any] = []
                koji.call(name).addErrback(errors.append)
                text = str(errors[0].value) if errors else ''
                if 'has no answer' in text:
                    self.assertIn(name, listed)


class ProgramsTests(TestCase):
    """The programs in the documents, with a hub of their own."""

    timeout = 60

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.home = folder(self)
        self.programs = {name: program for text in documents().values()
                         for name, program in programs(text).items()}
        hub = FakeHub(reactor=reactor)
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        write(self.home + '/.koji/config', f'[mykoji]\nserver = {server}\n')

    def program(self, name: str, *before: str) -> Program:
        """Run one, with what comes before its name."""
        path = write(f'{self.home}/{name}', self.programs[name])
        return Program(self, *before, path, HOME=self.home)

    def test_all(self) -> None:
        """Each program has a test below."""
        self.assertEqual(set(self.programs), {
            'first.py', 'first_inline.py', 'on_asyncio.py', 'in_threads.py',
            'under_twistd.py'})

    @inlineCallbacks
    def test_first(self) -> Any:
        """The first programs print a build, and have ten lines at most."""
        for name in ('first.py', 'first_inline.py'):
            program = self.program(name)
            yield program.ended
            self.assertEqual(
                program.lines,
                ['ceph-9.22.53-11.fc43 COMPLETE 1:39:22.246546'])
            lines = [line for line in self.programs[name].split('\n') if line]
            self.assertLessEqual(len(lines), 10)

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
