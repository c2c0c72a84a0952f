"""
Programs of users under two type checkers, mypy and pyright.

The programs are in ``tests/typed``. A checker that is not installed is left
out; ``tox -e typing`` has both.
"""
from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from functools import cache
from importlib.util import find_spec

from twisted.trial.unittest import SkipTest, SynchronousTestCase

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

#: Where the imports in the pieces of the README are, and what they know.
HEAD = '''
from __future__ import annotations
from collections.abc import Generator
from typing import Any
from twisted.internet.defer import Deferred
from txkoji import Connection, Profile
'''


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


class PyrightTests(_CheckerTests, SynchronousTestCase):
    """Under pyright."""

    checker = 'pyright'
