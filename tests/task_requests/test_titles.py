"""What tasks are about, beside what Koji's own library makes of them."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import koji
import koji.tasks
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import recordings
from tests.support import HubTestCase
from txkoji.task import Task
from txkoji.task_requests import layouts as task_methods, subjects

#: Requests beside the recorded ones: method and parameters.
OTHERS: list[tuple[str, Any]] = [
    ('build', ['git+https://h/rpms/x.git#abc', None, {}]),
    ('build', ['cli-build/1.2/x-1-1.src.rpm', 'f44', {}]),
    ('build', ['git://h/rpms/x?sub#ref', 'f44', {}]),
    ('build', ['x', 'f44', {}]),
    ('build', [{'__starstar': True, 'src': 'git://h/x#y', 'target': 'f44'}]),
    ('build', ['git://h/rpms/x/?#ref', 'f44']),
    ('build', ['git://h#ref', 'f44']),
    ('build', ['git+ssh://u@h:22/rpms/x#', 'f44']),
    ('waitrepo', ['f44-build', None, ['a-1-1', 'b-1-1']]),
    ('waitrepo', [{'id': 1, 'name': 'n'}, None, ['a-1-1']]),
    ('waitrepo', ['f44', 5]), ('waitrepo', [5]),
    ('newRepo', [{'id': 5, 'name': 'x'}]), ('newRepo', [5]),
    ('distRepo', [5, 6, [], {}]),
    ('buildArch', ['tasks/x-1-1.src.rpm', 40, 'x86_64', True]),
    ('buildArch', [{'name': 'x'}, 40, 'x86_64', True, {}]),
    ('chainbuild', [[], None]), ('chainmaven', [{}, 'x']),
    ('wrapperRPM', ['u', {'name': 't'}, None, None]),
    ('wrapperRPM', ['u', {'name': 't'}, {'name': 'n', 'version': 'v',
                                         'release': 'r'}, None]),
    ('buildNotification', [[], {'name': 'n', 'version': 'v',
                                'release': 'r'}, None, 'w']),
    ('createrepo', [1, 'x86_64', None]), ('createrepo', [1, None, None]),
    ('createdistrepo', ['t', 1, 'x', [], {}]),
    ('dependantTask', [[1], [['a', []], ['b', [], {}]]]),
    ('dependantTask', [[1], []]),
    ('image', ['n', 'v', ['x', 'y'], 't', 'https://i', {}]),
    ('image', ['n', 'v', 'x y', 't', 'https://i', {}]),
    ('livemedia', ['n', 'v', ['x'], 't', 'dir/ks.ks', {}]),
    ('livecd', ['n', None, 'x', 't', None, {}]),
    ('createImage', ['n', 'v', 'r', 'x', {'name': 't'}, 5, {}, 'i', {}]),
    ('createLiveCD', ['n', 'v', 'r', 'x', {'name': 't'}, 5, {}, 'k', {}]),
    ('restartVerify', [5, {'name': 'h'}]),
    ('vmExec', ['n', [1, 2, 3], {}]),
    ('runroot', ['r', 'a', 'c']), ('nosuch', [1]), ('sleep', [1]),
    ('kiwiBuild', ['t', ['a'], 'u', 'p']),
    ('indirectionimage', [{'name': 'n', 'version': '7', 'release': '3'}]),
    ('buildNotification', [[], {'package_name': 'n', 'version': '1',
                                'release': '2'}, None, 'w']),
    ('buildNotification', [[], {'package_name': 'n', 'name': 'm',
                                'version': '1', 'release': 2}, None, 'w']),
    ('wrapperRPM', ['u', {'name': 't'}, {'package_name': 'n', 'version': '1',
                                         'release': '2'}, None]),
    ('wrapperRPM', ['u', {'name': 't'}, {}, None]),
    ('restartHosts', []), ('restartHosts', [{'channel': 'x'}]),
    # Parameters that are missing, too many, unknown, or there twice.
    ('build', []), ('build', ['s']), ('build', ['s', 't', {}, 5]),
    ('build', ['s', 't', {'x': 1, '__starstar': True}]),
    ('build', ['s', 't', {'target': 'u', '__starstar': True}]),
    ('build', ['s', {'target': 'u', '__starstar': True}]),
    ('build', [{'src': 's', 'target': 't', '__method__': 'build'}]),
    ('build', [{'src': 's', '__method__': 'build'}]),
    ('tagBuild', []), ('tagBuild', [1, 2]), ('indirectionimage', []),
    ('runroot', ['r', 'a']), ('createrepo', [5]), ('newRepo', []),
    ('newRepo', [5, None, False, False, False, {}]),
    ('newRepo', [5, {'opts': {}, 'event': 7, '__starstar': True}]),
    ('waitrepo', ['f44', None, [], 5, 6]), ('winbuild', ['n', 'u', 't']),
]


def requests() -> Iterator[dict[str, Any]]:
    """Tasks with requests: recorded ones, and others."""
    for name, recording in recordings().items():
        task = recording.answer
        if name.startswith('getTaskInfo.') and isinstance(task, dict) \
                and isinstance(task.get('request'), list):
            yield task
    for method, request in OTHERS:
        yield {'method': method, 'arch': 'noarch', 'request': request}


class PeerTests(SynchronousTestCase):
    """The same tasks, read by both."""

    def test_titles(self) -> None:
        """The line of a task is that of Koji's own tools."""
        count = 0
        for task in requests():
            theirs = koji.taskLabel(dict(task))
            if theirs == 'malformed task':
                # An image whose release is not decided yet.
                theirs = 'indirectionimage (toolbox, 44)'
            self.assertEqual(Task.fromDict(task).title, theirs, task)
            count += 1
        self.assertGreater(count, 100)

    def test_parameters(self) -> None:
        """The parameters have the names that Koji has for them."""
        methods = set()
        for task in requests():
            method = task['method']
            layout = task_methods.METHODS.get(method)
            if layout is None:
                continue
            ours = task_methods.parameters(layout, task['request'])
            fits = task_methods.fits(layout, task['request'])
            try:
                theirs = koji.tasks.parse_task_params(method,
                                                      task['request'])
            except koji.ParameterError:
                self.assertFalse(fits, task)
                continue
            except TypeError:
                # Methods of plugins, which it does not know.
                self.assertNotIn(method, koji.tasks.LEGACY_SIGNATURES)
                continue
            self.assertTrue(fits, task)
            methods.add(method)
            for name, value in theirs.items():
                if name in ours:
                    self.assertEqual(ours[name], value, (method, name))
                else:
                    # What was not given has Koji's default.
                    self.assertIn(value, (None, False, {}, '', []),
                                  (method, name))
            self.assertLessEqual(set(ours) - set(theirs),
                                 {'__method__'}, method)
        self.assertGreater(len(methods), 25)

    def test_arches(self) -> None:
        """Architectures have the canonical form that they have for Koji."""
        for arch in ('noarch src x86_64 x86_64_v2 amd64 ia32e i386 i486 i586'
                     ' i686 i86 i6861 athlon athlonx geode ia64 ppc ppc64'
                     ' ppc64p7 ppc64le ppc64lex ppc64iseries ppciseries'
                     ' powerpc64 s390 s390x aarch64 arm arm64 armv5tel armv6hl'
                     ' armv7l armv7hl armv7hnl armv8hl armhfp armhf alphaev6'
                     ' sparc sparcv8 sparcv9v2 sparc64 sparc64v sh4 riscv64'
                     ' mips64el ARM I686 image').split():
            self.assertEqual(subjects.canonical_arch(arch),
                             koji.canonArch(arch), arch)


class PropertiesTests(HubTestCase):
    """Other things that a task knows."""

    def test_source(self) -> None:
        """Source, name-version-release and options, from a request."""
        for method, request, source, nvr, options in [
                ('build', ['git://h/rpms/x#y', 'f44', {'scratch': True}],
                 'git://h/rpms/x#y', None, {'scratch': True}),
                ('build', ['cli-build/1.2/x-1-2.fc44.src.rpm', 'f44'],
                 'cli-build/1.2/x-1-2.fc44.src.rpm', 'x-1-2.fc44', {}),
                ('buildArch', ['tasks/1/2/a-b-1-2.src.rpm', 5, 'x86_64',
                               False, {'repo_id': 5}],
                 'tasks/1/2/a-b-1-2.src.rpm', 'a-b-1-2', {'repo_id': 5}),
                ('createImage', ['n', '1', '2', 'x86_64', {}, 5, {}, 'i'],
                 None, 'n-1-2', {}),
                ('buildNotification', [[], {'name': 'n', 'version': '1',
                                            'release': '2', 'id': 5}, None,
                                       'w'], None, 'n-1-2', {}),
                ('distRepo', ['t', 5, [], {'arch': ['x']}], None, None,
                 {'arch': ['x']}),
                ('buildNotification', [[], {
                    'package_name': 'n', 'version': '1', 'release': '2',
                    'id': 5}, None, 'w'], None, 'n-1-2', {}),
                ('tagNotification', [[], True, 5, None, {
                    'package_name': 'n', 'version': '1', 'release': '2'},
                                     2], None, 'n-1-2', {}),
                ('wrapperRPM', ['git://h/spec#1', {'name': 't'}, None, None],
                 'git://h/spec#1', None, {}),
                ('image', ['n', '1', ['x'], 't', 'i', {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('livecd', ['n', '1', 'x', 't', 'k', {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('livemedia', ['n', '1', ['x'], 't', 'k', {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('appliance', ['n', '1', 'x', 't', 'k', {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('osbuildImage', ['n', '1', 'd', ['i'], 't', ['x'],
                                  {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('dudBuild', ['n', '1', ['x'], 't', [], {'release': '2'}],
                 None, 'n-1-2', {'release': '2'}),
                ('image', ['n', '1', ['x'], 't', 'i', {'release': None}],
                 None, None, {'release': None}),
                ('createDudIso', ['n', '1', '2', 'x', {'name': 't'}, 4],
                 None, 'n-1-2', {}),
                ('tagBuild', [5, 6], None, None, {}),
                ('nosuch', [5], None, None, None),
                ('build', None, None, None, None)]:
            task = Task.fromDict({'method': method, 'request': request,
                                  'arch': 'noarch'})
            self.assertEqual((task.source, task.nvr, task.options),
                             (source, nvr, options), request)

    def test_named(self) -> None:
        """Named parameters are as good as others."""
        for request in [['s', 't', {'opts': {'scratch': True},
                                    '__starstar': True}],
                        [{'src': 's', 'target': 't', '__starstar': True,
                          'opts': {'scratch': True}}],
                        [{'src': 's', 'target': 't', '__method__': 'build',
                          'opts': {'scratch': True}}]]:
            task = Task.fromDict({'method': 'build', 'request': request})
            self.assertEqual((task.options, task.is_scratch, task.target),
                             ({'scratch': True}, True, 't'))

    def test_odd(self) -> None:
        """Other things that requests have."""
        task = Task.fromDict({'method': 'build', 'request': [
            's', 't', {'arch_override': 'x86_64,aarch64 s390x'}]})
        self.assertEqual(task.arches, ['x86_64', 'aarch64', 's390x'])
        task = Task.fromDict({'method': 'indirectionimage', 'request': [
            {'name': 'n', 'version': '1', 'release': '2'}]})
        self.assertEqual(task.nvr, 'n-1-2')
        task = Task.fromDict({'method': ['x'], 'request': []})
        self.assertEqual((task.package, task.title), (None, None))
        task = Task.fromDict({'method': 'tagBuild', 'request': [1, True]})
        self.assertIsNone(task.build_id)

    def test_text(self) -> None:
        """A request may be text, as listTasks gives it."""
        [raw] = self.get(self.koji.call(
            'listTasks', {'method': 'build', 'id': 6474}))[:1]
        task = self.get(self.koji.getTaskInfo(raw.id))
        self.assertIsInstance(raw['request'], str)
        self.assertEqual((raw.title, raw.source, raw.options),
                         (task.title, task.source, task.options))

    def test_malformed(self) -> None:
        """What cannot be read is shown with its method and arch."""
        for method, arch in [
                ('build', 'noarch'), ('buildArch', 'x86_64'),
                ('maven', 'noarch'), ('appliance', 'noarch'),
                ('createImage', 'x86_64'), ('livemedia', 'noarch'),
                ('newRepo', 'noarch'), ('waitrepo', 'noarch'),
                ('winbuild', 'noarch'), ('createdistrepo', 'noarch')]:
            task = Task(method=method, arch=arch, state=1)
            self.assertEqual(task.title, f'{method} ({arch})')
        for request in ([5, 't'], [None, 't'], [], ['s', 't', {}, 5]):
            task = Task(method='build', arch='noarch', request=request)
            self.assertEqual(task.title, 'build (noarch, unknown args)')
        for request in (None, 5, 'xml', [], [5], [None] * 20, [{}], [[]]):
            for method in task_methods.METHODS:
                task = Task.fromDict({'method': method, 'arch': 'noarch',
                                      'request': request})
                self.assertTrue(task.title.startswith(method + ' ('))
                self.assertIsNone(task.source)
                task.nvr, task.options
        self.assertIsNone(Task.fromDict({}).title)

    def test_children(self) -> None:
        """The tasks that it started itself."""
        task = self.get(self.koji.getTaskInfo(6474))
        children = self.get(task.get_children())
        self.assertEqual({child.parent for child in children}, {6474})
        self.assertIsInstance(children[0], Task)
