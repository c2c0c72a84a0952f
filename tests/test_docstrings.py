"""Every public name of the library has a docstring or a comment."""
from __future__ import annotations

import ast
import re
from collections.abc import Iterator, Mapping

from twisted.trial.unittest import SynchronousTestCase

from tests.test_house import modules

#: Modules whose methods are the hub's own. `txkoji.methods` describes them,
#: but for those that only builders and logins use.
HUB_METHODS = 'txkoji.testing.methods.'

#: Names that another docstring describes: the options are the parameters of
#: `AMQPListener`, and the build is in each class of messages about builds.
ELSEWHERE = {'txkoji.messages.builds.BuildMessage.build', *(
    f'txkoji.messages.amqp_consumer.Options.{name}' for name in (
        'queue', 'topics', 'exchange', 'arguments', 'passive', 'prefetch',
        'requeue'))}

#: A class, or a module.
Scope = ast.ClassDef | ast.Module

#: Modules whose classes have the members of the hub's rows: the names are the
#: hub's, and a line says what a row is.
ROWS = {'txkoji.structs'}


def functions(scope: Scope) -> Iterator[
        ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef]:
    """The functions, methods, properties and classes, but for overloads."""
    for node in flat(scope.body):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef,
                             ast.ClassDef)) and not any(
                'overload' in ast.unparse(each) or '.setter' in
                ast.unparse(each) for each in node.decorator_list):
            yield node


def flat(body: list[ast.stmt]) -> Iterator[ast.stmt]:
    """The statements, also those under an ``if``."""
    for node in body:
        if isinstance(node, ast.If):
            yield from flat(node.body)
            yield from flat(node.orelse)
        else:
            yield node


def is_type_variable(value: ast.expr | None) -> bool:
    """Whether a value is of use to type checkers only."""
    return isinstance(value, ast.Call) and ast.unparse(value.func) == 'TypeVar'


def assigned(scope: Scope) -> Iterator[tuple[str, int, ast.stmt | None]]:
    """The names that are assigned: name, line, the statement behind."""
    body = list(flat(scope.body))
    for node, behind in zip(body, [*body[1:], None]):
        if isinstance(node, ast.Assign):
            targets = node.targets
        elif isinstance(node, ast.AnnAssign):
            targets = [node.target]
        else:
            continue
        if not is_type_variable(node.value):
            for target in targets:
                if isinstance(target, ast.Name):
                    yield target.id, node.lineno, behind


def has_text(behind: ast.stmt | None) -> bool:
    """Whether a statement is a docstring of the name before it."""
    return isinstance(behind, ast.Expr) and isinstance(
        behind.value, ast.Constant) and isinstance(behind.value.value, str)


class Names:
    """
    The public names of modules, and those without a docstring.

    :param sources: the code of each module.

    :ivar missing: the names without one.
    :ivar number: the number of names.
    """

    def __init__(self, sources: Mapping[str, str]) -> None:
        self.missing: list[str] = []
        self.number = 0
        self._lines = {name: source.split('\n')
                       for name, source in sources.items()}
        trees = {name: ast.parse(source) for name, source in sources.items()}
        self._classes = {
            node.name: (name, node) for name, tree in trees.items()
            for node in ast.walk(tree) if isinstance(node, ast.ClassDef)}
        for name, tree in trees.items():
            self._count(name, ast.get_docstring(tree) is not None)
            self._walk(name, name, tree)

    def _count(self, name: str, told: bool) -> None:
        self.number += 1
        if not told and name not in ELSEWHERE:
            self.missing.append(name)

    def _walk(self, module: str, name: str, scope: Scope) -> None:
        for node in functions(scope):
            full = f'{name}.{node.name}'
            if not node.name.startswith('_'):
                self._count(full, ast.get_docstring(node) is not None
                            or module.startswith(HUB_METHODS)
                            or self._is_told(scope, node.name))
                if isinstance(node, ast.ClassDef):
                    self._walk(module, full, node)
        if module not in ROWS:
            for each, line, behind in assigned(scope):
                if not each.startswith('_'):
                    self._count(f'{name}.{each}', has_text(behind)
                                or self._has_comment(module, line)
                                or self._is_told(scope, each))

    def _has_comment(self, module: str, line: int) -> bool:
        """Whether a comment is above, or above the lines that are above."""
        above = self._lines[module][:line - 1]
        while above and above[-1].strip():
            if above.pop().lstrip().startswith('#:'):
                return True
        return False

    def _is_told(self, scope: Scope, name: str) -> bool:
        """Whether a class, or a base class, describes a member."""
        if isinstance(scope, ast.Module):
            return False
        if re.search(rf':(ivar|cvar|param) {name}:',
                     ast.get_docstring(scope) or ''):
            return True
        for base in scope.bases:
            module, found = self._classes.get(
                ast.unparse(base).split('[')[0].split('.')[-1], ('', None))
            if found is not None:
                if any(node.name == name and ast.get_docstring(node)
                       for node in functions(found)):
                    return True
                if any(each == name and self._has_comment(module, line)
                       for each, line, _ in assigned(found)):
                    return True
                if self._is_told(found, name):
                    return True
        return False


BARE = '''
CONSTANT = 1

def function():
    pass

class Class:
    member: int

    def method(self):
        pass
'''

TOLD = '''"""A module."""
from typing import TypeVar

T = TypeVar('T')

#: Two constants.
FIRST = 1
SECOND = 2

class Class:
    """
    A class.

    :ivar member: a number.
    """

    member: int

    @property
    def other(self):
        """Another number."""

class Derived(Class):
    """A class."""

    other = 1
'''


class DocstringTests(SynchronousTestCase):
    """The docstrings of the library."""

    def test_public(self) -> None:
        """No public name is without a docstring, or a comment (``#:``)."""
        sources = {}
        for name, path in modules():
            with open(path, encoding='utf-8') as file:
                sources[name] = file.read()
        names = Names(sources)
        self.assertGreater(names.number, 2000)
        self.assertEqual(names.missing, [])

    def test_missing(self) -> None:
        """A name without one is found, of each kind."""
        self.assertEqual(Names({'bare': BARE, 'told': TOLD}).missing, [
            'bare', 'bare.function', 'bare.Class', 'bare.Class.method',
            'bare.Class.member', 'bare.CONSTANT'])
