"""
Programs of users under two type checkers, mypy and pyright.

The programs are in ``tests/typed``. A checker that is not installed is left
out; ``tox -e typing`` has both.
"""
from __future__ import annotations

import glob
import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec
from textwrap import indent

from twisted.trial.unittest import SkipTest, SynchronousTestCase

from tests.support import folder, write
from tests.test_documents import chapters, documents, pieces, programs, read

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))


def program(name: str) -> str:
    """The path of a program."""
    return os.path.join(ROOT, 'tests', 'typed', f'{name}.py')


def run(command: list[str]) -> str:
    """Run a checker in the root of the project, and give what it prints."""
    environment = {**os.environ, 'PYTHONPATH': ROOT}
    return subprocess.run(command, cwd=ROOT, env=environment, text=True,
                          stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT).stdout


@cache
def mypy(*paths: str) -> str:
    """Check programs with mypy, as a user does who has txkoji installed."""
    if find_spec('mypy') is None:
        raise SkipTest('mypy is not installed')
    return run([sys.executable, '-m', 'mypy', '--strict', '--config-file=',
                '--follow-imports=silent', '--no-error-summary',
                '--show-error-codes', *paths])


@cache
def pyright(*paths: str) -> str:
    """Check programs with pyright."""
    command = shutil.which('pyright', path=os.pathsep.join(
        [os.path.dirname(sys.executable), os.environ.get('PATH', '')]))
    if command is None:
        raise SkipTest('pyright is not installed')
    return run([command, '--pythonpath', sys.executable, *paths])


#: The names that the pieces of the manual use as they come.
HEAD = '''from txkoji import Connection
from txkoji.testing import FakeHub

'''

CHECKERS = {'mypy': mypy, 'pyright': pyright}


def error_lines(printed: str) -> set[int]:
    """The numbers of the lines with an error."""
    return {int(number) for number in re.findall(
        r'\.py:(\d+):(?:\d+ -)? error:', printed)}


def revealed(printed: str) -> dict[int, str]:
    """The types that were asked for by line, without names of modules."""
    found = re.findall(r'\.py:(\d+):.* (?:Revealed type|Type of ".*") is'
                       r' "(.*)"', printed)
    return {int(number): re.sub(
        r'^tuple\[.*, fallback=(\w+)\]$', r'\1',
        re.sub(r'(?:\w+\.)+(\w+)', r'\1', kind)) for number, kind in found}


class _CheckerTests:
    """What must be true of each checker."""

    checker: str

    def check(self, name: str) -> str:
        """Check a program."""
        return CHECKERS[self.checker](program(name))

    def test_program(self) -> None:
        """A program without mistakes has none."""
        self.assertEqual(error_lines(self.check('program')), set())

    def test_reveals(self) -> None:
        """The types at many places are those in the comments."""
        with open(program('reveals'), encoding='utf-8') as file:
            wanted = {number: line.split('  # ')[1].strip()
                      for number, line in enumerate(file, 1)
                      if 'reveal_type' in line}
        self.assertGreaterEqual(len(wanted), 40)
        self.assertEqual(revealed(self.check('reveals')), wanted)

    def test_mistakes(self) -> None:
        """Each mistake is found, and nothing else."""
        with open(program('mistakes'), encoding='utf-8') as file:
            wanted = {number for number, line in enumerate(file, 1)
                      if line.endswith('# wrong\n')}
        self.assertGreaterEqual(len(wanted), 40)
        self.assertEqual(error_lines(self.check('mistakes')), wanted)


class MypyTests(_CheckerTests, SynchronousTestCase):
    """Under mypy."""

    checker = 'mypy'

    def check_text(self, text: str) -> str:
        """Check code that has functions without annotations."""
        path = write(f'{folder(self)}/checked.py', text)
        return mypy('--allow-untyped-defs', '--allow-untyped-calls',
                    '--allow-redefinition', path)

    def test_manual(self) -> None:
        """The pieces of the manual have no mistake in their types."""
        text = HEAD + '\n'.join(
            f'async def chapter_{number}(koji: Connection, hub: FakeHub)'
            ' -> None:\n'
            + indent('\n'.join(pieces(chapter)) or 'pass', '    ')
            for number, chapter in enumerate(chapters().values()))
        self.assertEqual(self.check_text(text), '')
        # This test can fail.
        self.assertIn('no attribute "nam"', self.check_text(
            HEAD + 'async def chapter(koji: Connection) -> None:\n'
            "    (await koji.getTag(1, strict=True)).nam"))

    def test_programs(self) -> None:
        """Nor have the programs, but for Twisted's reactor in threads."""
        for document in documents().values():
            for name, text in programs(document).items():
                if name != 'in_threads.py':
                    self.assertEqual(self.check_text(text), '', name)

    def test_examples(self) -> None:
        """The examples are checked strictly, without an ignore for us."""
        if find_spec('mypy_zope') is None:
            raise SkipTest('mypy-zope is not installed')
        self.assertEqual(run([
            sys.executable, '-m', 'mypy', '--config-file', 'tox.ini',
            '--no-error-summary', 'examples']), '')
        for path in glob.glob(f'{ROOT}/examples/*.py'):
            ignored = [line for line in read(path).splitlines()
                       if 'type: ignore' in line or 'cast(' in line]
            self.assertEqual(
                [line.split()[0] for line in ignored],
                ['lineRate'] if path.endswith('irc_bot.py') else [], path)


class PyrightTests(_CheckerTests, SynchronousTestCase):
    """Under pyright."""

    checker = 'pyright'


class CompletionTests(SynchronousTestCase):
    """Completion in an editor, by jedi."""

    def complete(self, code: str) -> list[str]:
        """The names that may follow some code, in a program of a user."""
        if find_spec('jedi') is None:
            raise SkipTest('jedi is not installed')
        import jedi

        lines = ['from txkoji import Connection',
                 'async def main(koji: Connection):',
                 *(f'    {line}' for line in code.split('\n'))]
        script = jedi.Script('\n'.join(lines), project=jedi.Project(
            ROOT, sys_path=[ROOT, *sys.path]))
        return [found.name for found
                in script.complete(len(lines), len(lines[-1]))]

    def test_completion(self) -> None:
        """Names of methods, of parameters and of members are completed."""
        for code, wanted in [
                ('koji.getBui', 'getBuild'),
                ('koji.repo.', 'request'),
                ('koji.wai', 'wait_repo'),
                ('koji.batched().getTa', 'getTag'),
                ('koji.MultiCall().getTa', 'getTag'),
                ("koji.getBuild('x', str", 'strict='),
                ("(await koji.getTag('x')).arc", 'arches'),
                ("build = await koji.getBuild('x')\nbuild.owner",
                 'owner_name'),
                ('tags = await koji.listTags()\nfor tag in tags:\n    tag.arc',
                 'arches'),
                ('found = await koji.listArchives()\nfound[0].filen',
                 'filename'),
                ("many = koji.MultiCall()\nmany.getTag('x').result.arc",
                 'arches'),
                ("answer = await koji.repo.request('x')\nanswer.dup",
                 'duplicate'),
                ('async for change in koji.watch(1):\n    change.n', 'new'),
                ("build = await koji.getBuild('x')\n"
                 '(await build.tags())[0].perm', 'perm_id')]:
            self.assertIn(wanted, self.complete(code), code)
