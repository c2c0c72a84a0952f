"""The house: who may import whom, and what the rooms show."""
from __future__ import annotations

import ast
import os
import subprocess
import sys
from typing import Iterator, Set, Tuple

from twisted.trial.unittest import SynchronousTestCase

import txkoji
import txkoji.connection

ROOT = os.path.dirname(txkoji.__file__)

#: Which rooms a room may import from; a room is the first name that matches.
ALLOWED = {
    'txkoji.hub': {'txkoji.hub', 'txkoji.exceptions'},
    'txkoji.testing': {'txkoji'},
    'txkoji.exceptions': set(),
    'txkoji.build_states': set(),
    'txkoji.task_states': set(),
    'txkoji.call': set(),
    'txkoji.web': set(),
    'txkoji.resource': {'txkoji.exceptions'},
    'txkoji.task_methods': {'txkoji.hub.xmlrpc'},
    'txkoji.paths': {'txkoji.exceptions'},
    'txkoji.checksums': {'txkoji.exceptions'},
    'txkoji.files': {'txkoji.checksums', 'txkoji.downloads',
                     'txkoji.exceptions', 'txkoji.hub', 'txkoji.paths',
                     'txkoji.progress'},
    'txkoji.build': {'txkoji.build_states', 'txkoji.checksums',
                     'txkoji.estimates', 'txkoji.files', 'txkoji.paths',
                     'txkoji.resource'},
    'txkoji.channel': {'txkoji.resource'},
    'txkoji.host': {'txkoji.resource'},
    'txkoji.package': {'txkoji.resource'},
    'txkoji.repo': {'txkoji.files', 'txkoji.paths', 'txkoji.resource'},
    'txkoji.rpm': {'txkoji.checksums', 'txkoji.exceptions', 'txkoji.files',
                   'txkoji.paths', 'txkoji.resource'},
    'txkoji.tag': {'txkoji.resource'},
    'txkoji.target': {'txkoji.resource'},
    'txkoji.user': {'txkoji.resource'},
    'txkoji.task_titles': {'txkoji.task_methods'},
    'txkoji.task_output': {'txkoji.downloads', 'txkoji.files',
                           'txkoji.paths', 'txkoji.resource',
                           'txkoji.task_states'},
    'txkoji.task': {'txkoji.channel', 'txkoji.estimates', 'txkoji.exceptions',
                    'txkoji.files', 'txkoji.forecast', 'txkoji.hub.xmlrpc',
                    'txkoji.resource', 'txkoji.task_methods',
                    'txkoji.task_output', 'txkoji.task_states',
                    'txkoji.task_titles'},
    'txkoji.results': {'txkoji.build', 'txkoji.channel', 'txkoji.host',
                       'txkoji.package', 'txkoji.repo', 'txkoji.resource',
                       'txkoji.rpm', 'txkoji.tag', 'txkoji.target',
                       'txkoji.task', 'txkoji.user'},
    'txkoji.amqp1': set(),
    'txkoji.frames': {'txkoji.amqp1', 'txkoji.exceptions'},
    'txkoji.messages': {'txkoji.build', 'txkoji.build_states',
                        'txkoji.exceptions', 'txkoji.frames',
                        'txkoji.package', 'txkoji.repo', 'txkoji.resource',
                        'txkoji.task', 'txkoji.task_methods',
                        'txkoji.task_states'},
    'txkoji.progress': set(),
    'txkoji.multicall': {'txkoji.call', 'txkoji.exceptions', 'txkoji.hub',
                         'txkoji.progress', 'txkoji.results'},
    'txkoji.batched': {'txkoji.call', 'txkoji.exceptions', 'txkoji.hub',
                       'txkoji.multicall'},
    'txkoji.items': {'txkoji.call', 'txkoji.exceptions', 'txkoji.hub',
                     'txkoji.progress', 'txkoji.results'},
    'txkoji.cache': {'txkoji.hub'},
    'txkoji.channel_queue': set(),
    'txkoji.estimates': {'txkoji.build_states', 'txkoji.exceptions',
                         'txkoji.hub.shared', 'txkoji.task_methods',
                         'txkoji.task_states'},
    'txkoji.forecast': {'txkoji.channel_queue', 'txkoji.estimates',
                        'txkoji.exceptions', 'txkoji.hub.shared',
                        'txkoji.resource', 'txkoji.task_methods',
                        'txkoji.task_states'},
    'txkoji.waiting_repos': {'txkoji.build_states', 'txkoji.exceptions',
                             'txkoji.hub.shared', 'txkoji.repo',
                             'txkoji.waiting'},
    'txkoji.waiting': {'txkoji.exceptions', 'txkoji.hub', 'txkoji.items',
                       'txkoji.resource', 'txkoji.task',
                       'txkoji.task_states'},
    'txkoji.downloads': {'txkoji.exceptions', 'txkoji.hub', 'txkoji.paths',
                         'txkoji.progress'},
    'txkoji.uploads': {'txkoji.checksums', 'txkoji.exceptions', 'txkoji.hub',
                       'txkoji.paths', 'txkoji.progress'},
    'txkoji.imports': {'txkoji.build_states', 'txkoji.checksums',
                       'txkoji.exceptions', 'txkoji.hub', 'txkoji.paths',
                       'txkoji.progress', 'txkoji.uploads'},
    'txkoji.follow': {'txkoji.downloads', 'txkoji.exceptions', 'txkoji.hub',
                      'txkoji.items', 'txkoji.paths', 'txkoji.resource',
                      'txkoji.task_states', 'txkoji.waiting'},
    'txkoji.listen_amqp': {'txkoji.exceptions'},
    'txkoji.listen_fedora': {'txkoji.exceptions'},
    'txkoji.subscription': {'txkoji.build_states', 'txkoji.messages',
                            'txkoji.task_states'},
    'txkoji.events': {'txkoji.exceptions', 'txkoji.hub.shared',
                      'txkoji.listen_amqp', 'txkoji.listen_fedora',
                      'txkoji.messages', 'txkoji.subscription'},
    'txkoji.connection': {'txkoji.batched', 'txkoji.cache', 'txkoji.call',
                          'txkoji.downloads',
                          'txkoji.events', 'txkoji.exceptions',
                          'txkoji.follow', 'txkoji.hub', 'txkoji.imports',
                          'txkoji.items', 'txkoji.multicall',
                          'txkoji.progress', 'txkoji.resource',
                          'txkoji.results', 'txkoji.uploads',
                          'txkoji.waiting', 'txkoji.waiting_repos',
                          'txkoji.web'},
    'txkoji': {'txkoji.connection', 'txkoji.exceptions', 'txkoji.hub'},
}


def modules() -> Iterator[Tuple[str, str]]:
    """The name and the path of every module."""
    for folder, _, names in os.walk(ROOT):
        for name in names:
            if name.endswith('.py'):
                path = os.path.join(folder, name)
                dotted = os.path.relpath(path, os.path.dirname(ROOT))[:-3]
                yield (dotted.replace(os.sep, '.').replace('.__init__', ''),
                       path)


def imports(path: str) -> Set[str]:
    """Our modules that a module imports, not counting those for types."""
    with open(path, encoding='utf-8') as file:
        tree = ast.parse(file.read())
    for node in ast.walk(tree):
        if isinstance(node, ast.If) and getattr(
                node.test, 'id', '') == 'TYPE_CHECKING':
            node.body = []
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f'{path}: import by full names'
            full = {f'{node.module}.{alias.name}' for alias in node.names}
            known = full & {name for name, _ in modules()}
            found |= known or {node.module}
    return {name for name in found if name.split('.')[0] == 'txkoji'}


def within(name: str, room: str) -> bool:
    return name == room or name.startswith(room + '.')


class LayersTests(SynchronousTestCase):
    """Imports point downwards."""

    def test_imports(self) -> None:
        """No module imports one that is not below it."""
        for name, path in modules():
            room = next(room for room in ALLOWED if within(name, room))
            for wanted in imports(path):
                self.assertTrue(
                    any(within(wanted, allowed) for allowed in ALLOWED[room]),
                    f'{name} imports {wanted}')

    def test_testing_is_not_needed(self) -> None:
        """Nothing but itself imports the testing package."""
        for name, path in modules():
            if not within(name, 'txkoji.testing'):
                for wanted in imports(path):
                    self.assertFalse(within(wanted, 'txkoji.testing'), name)

    def test_twisted(self) -> None:
        """No private name of Twisted's, and no override of what it does."""
        for name, path in modules():
            if within(name, 'txkoji.testing'):
                continue
            with open(path, encoding='utf-8') as file:
                tree = ast.parse(file.read())
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
        shown = {name for name in dir(koji) if not name.startswith('_')}
        self.assertEqual(shown, {
            'MultiCall', 'batched', 'cache', 'call', 'callnum', 'cg_import',
            'close',
            'connect_from_web', 'download_task_output', 'events', 'follow',
            'from_web',
            'getTaskChildren', 'getTaskDescendents', 'getTaskInfo',
            'hub_version', 'iterate', 'listBuilds', 'listTasks', 'login',
            'logout', 'lookup', 'new_session', 'now', 'pages', 'profile',
            'serverca', 'session_id', 'session_key', 'settings', 'stats',
            'task_changed', 'upload', 'url', 'wait', 'wait_repo',
            'wait_tagged', 'watch', 'weburl', 'with_options'})
