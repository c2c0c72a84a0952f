"""The house: who may import whom, and what the rooms show."""
from __future__ import annotations

import ast
import os
import subprocess
import sys
from collections.abc import Iterator

from twisted.trial.unittest import SynchronousTestCase

import txkoji
import txkoji.connection

ROOT = os.path.dirname(txkoji.__file__)

#: The floors of the house, from the ground up: a module imports from lower
#: floors, and from its own. The longest prefix of a module's name counts.
FLOORS = [
    ['exceptions', 'build_states', 'task_states', 'call', 'iterators', 'nvr',
     'progress', 'estimates.queue', 'estimates.scatter',
     'estimates.estimate', 'estimates.architectures',
     'messages.amqp1', 'files.listings'],
    ['hub'],
    ['resource', 'estimates.pacing', 'files.paths', 'files.places',
     'files.checksums', 'files.destinations',
     'files.cg_metadata', 'messages.frames', 'messages.kinds',
     'messages.listening', 'messages.amqp', 'messages.amqp_connector',
     'messages.amqp_consumer', 'name_files'],
    ['task_requests', 'files', 'rows', 'package', 'rpm', 'cache', 'web',
     'builds', 'links', 'whoami', 'tags.diff'],
    ['estimates.averages', 'estimates.batch'], ['estimates.durations'],
    ['estimates.tasks'], ['estimates.snapshot', 'estimates.history'],
    ['estimates.expected'], ['estimates.forecast'], ['estimates.subjects'],
    ['estimates.reasons', 'estimates.samples'],
    ['estimates', 'files.task_output'],
    ['task', 'build', 'builds.of_tasks', 'repo'],
    ['channel', 'results', 'messages'],
    ['stored_call', 'structs'],
    ['methods', 'stored_methods'],
    ['hub_methods'],
    ['arguments', 'options', 'client'],
    ['multicall', 'batching', 'streaming', 'paging', 'files.downloads',
     'files.topurl', 'files.uploads', 'files.cg_import', 'undo', 'history'],
    ['list_methods', 'waiting', 'files.follow', 'submissions', 'tags',
     'messages.polling', 'messages.stream', 'messages.dispatcher'],
    ['connection'],
    ['compare', 'metrics'],
    [''],
    ['testing'],
    # Nothing imports the chapters.
    ['manual'],
]

#: Names that begin with an underscore, and are public: those of NamedTuple.
NAMED_TUPLE = {'_asdict', '_fields', '_make', '_replace'}


def modules() -> Iterator[tuple[str, str]]:
    """The name and the path of every module."""
    for folder, _, names in os.walk(ROOT):
        for name in names:
            if name.endswith('.py'):
                path = os.path.join(folder, name)
                dotted = os.path.relpath(path, os.path.dirname(ROOT))[:-3]
                yield (dotted.replace(os.sep, '.').replace('.__init__', ''),
                       path)


def parsed(path: str) -> ast.Module:
    """The code of a module."""
    with open(path, encoding='utf-8') as file:
        return ast.parse(file.read())


def imports(path: str) -> set[str]:
    """Our modules that a module imports, also those for types only."""
    known = {name for name, _ in modules()}
    found = set()
    for node in ast.walk(parsed(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: import by full names'
            for alias in node.names:
                full = f'{node.module}.{alias.name}'
                found.add(full if full in known else str(node.module))
    return found & known


def circles(graph: dict[str, set[str]]) -> list[str]:
    """The modules that import themselves, by way of others."""
    reached = {name: set(wanted) for name, wanted in graph.items()}
    for between in reached:
        for wanted in reached.values():
            if between in wanted:
                wanted |= reached[between]
    return sorted(name for name in reached if name in reached[name])


def private_uses(tree: ast.Module) -> list[str]:
    """The private names of other modules that a module uses."""
    own = {node.name for node in ast.walk(tree) if isinstance(
        node, (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef))}
    used = []
    for node in ast.walk(tree):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            own.add(node.id)
        elif isinstance(node, ast.Attribute) and isinstance(
                node.ctx, ast.Store) and isinstance(
                node.value, ast.Name) and node.value.id in ('self', 'cls'):
            own.add(node.attr)
        elif isinstance(node, ast.Constant) and isinstance(node.value, str):
            # As in __slots__.
            own.add(node.value)
    for node in ast.walk(tree):
        if isinstance(node, ast.Attribute):
            used.append(node.attr)
        elif isinstance(node, ast.ImportFrom):
            used += [alias.name for alias in node.names]
    return sorted(name for name in used
                  if name.startswith('_') and not name.startswith('__')
                  and name not in own and name not in NAMED_TUPLE)


def floor_of(name: str) -> int:
    """The number of a module's floor."""
    rooms = {('txkoji.' + room).rstrip('.'): number
             for number, floor in enumerate(FLOORS) for room in floor}
    while name not in rooms:
        name = name.rpartition('.')[0]
    return rooms[name]


class LayersTests(SynchronousTestCase):
    """Imports point downwards."""

    def test_imports(self) -> None:
        """No module imports one of a higher floor."""
        for name, path in modules():
            for wanted in imports(path):
                self.assertLessEqual(floor_of(wanted), floor_of(name),
                                     f'{name} imports {wanted}')

    def test_circles(self) -> None:
        """No module imports itself by way of others, not even for types."""
        self.assertEqual(circles(
            {name: imports(path) for name, path in modules()}), [])
        # This test can fail.
        self.assertEqual(circles({'a': {'b'}, 'b': {'c'}, 'c': {'a'},
                                  'd': {'a'}}), ['a', 'b', 'c'])

    def test_private(self) -> None:
        """No module uses a private name of another one."""
        for name, path in modules():
            self.assertEqual(private_uses(parsed(path)), [], name)
        # This test can fail.
        for code in ['koji._calls.run()', 'from txkoji.call import _x',
                     'def f(task): return task._koji']:
            self.assertEqual(len(private_uses(ast.parse(code))), 1, code)

    def test_twisted(self) -> None:
        """No private name of Twisted's, and no override of what it does."""
        for name, path in modules():
            if name.startswith('txkoji.testing'):
                continue
            tree = parsed(path)
            known = {}
            for node in ast.walk(tree):
                if isinstance(node, ast.ImportFrom) and (
                        node.module or '').split('.')[0] == 'twisted':
                    for alias in node.names:
                        full = f'{node.module}.{alias.name}'
                        self.assertNotIn('._', full, name)
                        known[alias.asname or alias.name] = full
                elif isinstance(node, ast.Import):
                    for alias in node.names:
                        if alias.name.split('.')[0] == 'twisted':
                            self.assertNotIn('._', alias.name, name)
            for node in ast.walk(tree):
                if isinstance(node, ast.ClassDef):
                    for base in node.bases:
                        full = known.get(getattr(base, 'id', ''))
                        self.assertIn(full, {
                            None, 'twisted.internet.protocol.Factory',
                            'twisted.internet.protocol.Protocol',
                            'twisted.internet.defer.CancelledError'}, name)
                elif isinstance(node, ast.Attribute) and isinstance(
                        node.value, ast.Name) and node.value.id in known:
                    self.assertFalse(node.attr.startswith('_'), name)

    def test_imported(self) -> None:
        """Importing any module installs no reactor; the library, no treq."""
        names = [name for name, _ in modules()
                 if not name.endswith('__main__')]
        done = subprocess.run([sys.executable, '-c', f"""
import sys, txkoji
assert 'treq' not in sys.modules
for name in {names}:
    __import__(name)
    assert 'twisted.internet.reactor' not in sys.modules, name
"""], stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))

    def test_top_level(self) -> None:
        """The top of the tree has what it should, and nothing else."""
        top = os.path.dirname(ROOT)
        names = subprocess.run(['git', 'ls-files'], cwd=top, text=True,
                               stdout=subprocess.PIPE).stdout.split('\n')
        if names == ['']:
            self.skipTest('git, or a checkout by git, is missing')
        shown = {name.split('/')[0] for name in names if name}
        self.assertEqual(
            {name for name in shown if not name.startswith('.')},
            {'txkoji', 'tests', 'examples', 'setup.py', 'README.rst',
             'tox.ini', 'LICENSE', 'CHANGELOG.rst', 'MANIFEST.in'})


class SurfaceTests(SynchronousTestCase):
    """What is public."""

    def test_package(self) -> None:
        """The package shows what most programs need."""
        self.assertEqual(sorted(txkoji.__all__), [
            'Connection', 'KojiException', 'KojiLoginException', 'Profile'])

    def test_connection(self) -> None:
        """A Connection's own names are few: the others are the hub's."""
        koji = txkoji.Connection(
            txkoji.Profile('x', server='http://localhost/hub'))
        shown = {name for name in object.__dir__(koji)
                 if not name.startswith('_')}
        self.assertEqual(shown, {
            'MultiCall', 'at', 'batched', 'cache', 'call', 'callnum',
            'cg_import', 'changes', 'client', 'close',
            'connect_from_web', 'download', 'download_task_output',
            'estimate', 'events',
            'file_exists', 'find_failure', 'find_links', 'follow', 'from_web',
            'getTaskChildren', 'getTaskDescendents', 'getTaskInfo',
            'hub_version', 'iterate', 'listBuilds', 'listTasks', 'login',
            'logout', 'lookup', 'new_session', 'now', 'pages', 'profile',
            'reactor', 'serverca', 'session_id', 'session_key', 'settings',
            'side_tag', 'side_tags', 'stats', 'submit_build', 'submit_chain',
            'task_changed', 'upload', 'url', 'wait', 'wait_repo',
            'wait_tagged', 'watch', 'weburl', 'whoami', 'with_options'})
