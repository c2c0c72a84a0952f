"""Builds, tasks, channels and packages: what they know."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from io import BytesIO
from typing import Any

from munch import Munch

import txkoji
import txkoji.task
from tests.recordings import recordings
from tests.support import HubTestCase
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.channel import Channel
from txkoji.exceptions import GenericError, ParameterError
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.package import Package
from txkoji.rows import BuildTarget, Host, Tag, User
from txkoji.task import Task
from txkoji.task_requests.subjects import source_package

WEB = 'http://hub.example.test/koji/'

#: What each recorded task is about: package, target, tag, arch, arches,
#: build_id, is_scratch. Written from Koji's documentation of the methods,
#: looking at the recorded requests.
TASKS = {
    'appliance': ('Fedora-appliance', 'f44', None, 'x86_64', ['x86_64'],
                  None, False),
    'bigint-nonascii': (None, None, None, None, None, None, False),
    'build': ('nodejs22', 'f44', None, None, None, None, False),
    'buildArch': ('nodejs22', None, 40, 's390x', ['s390x'], None, None),
    'buildContainer': ('rhceph-container',
                       'ceph-8.0-rhel-9-containers-candidate', None, None,
                       None, None, True),
    'buildMaven': ('core', None, 'f43-maven-build', None, None, None, False),
    'buildNotification': ('emacs', 'f44-candidate', None, None, None, 4474,
                          False),
    'buildSRPMFromSCM': ('nodejs22', None, 40, None, None, None, False),
    'buildSourceContainer': ('rust-log-source',
                             'ceph-8.0-rhel-9-containers-candidate', None,
                             None, None, None, True),
    'chainbuild': (None, 'f44', None, None, None, None, False),
    'chainmaven': (None, 'f43-maven', None, None, None, None, False),
    'createAppliance': ('Fedora-appliance', 'f44', 40, 'x86_64', ['x86_64'],
                        None, False),
    'createContainer': ('rhceph-container',
                        'ceph-8.0-rhel-9-containers-candidate', None, None,
                        ['x86_64', 's390x'], None, False),
    'createImage': ('Fedora-Cloud-Base', 'f44', 40, 'aarch64', ['aarch64'],
                    None, False),
    'createKiwiImage': ('Fedora', 'f44', 'f44-build', 'aarch64', ['aarch64'],
                        None, False),
    'createLiveCD': ('Fedora-livecd', 'f44', 40, 'x86_64', ['x86_64'], None,
                     False),
    'createLiveMedia': ('Fedora-livemedia', 'f44', 40, 'aarch64',
                        ['aarch64'], None, False),
    'createdistrepo': (None, None, 'dist-repo-f43', 'aarch64', ['aarch64'],
                       None, False),
    'createrepo': (None, None, None, 'aarch64', ['aarch64'], None, False),
    'dependantTask': (None, None, None, None, None, None, False),
    'distRepo': (None, None, 'dist-repo-f43', None, ['x86_64', 'aarch64'],
                 None, False),
    'dudBuild': ('dud', 'f44', None, None, ['x86_64'], None, True),
    'image': ('Fedora-Cloud-Base', 'f44', None, None, ['x86_64', 'aarch64'],
              None, False),
    'indirectionimage': ('toolbox', 'f44', None, 'x86_64', ['x86_64'], None,
                         False),
    'kiwiBuild': (None, 'f44', None, None, ['x86_64', 'aarch64'], None,
                  False),
    'livecd': ('Fedora-livecd', 'f44', None, 'x86_64', ['x86_64'], None,
               False),
    'livemedia': ('Fedora-livemedia', 'f44', None, None,
                  ['x86_64', 'aarch64'], None, False),
    'maven': ('core', 'f43-maven', None, None, None, None, False),
    'newRepo': (None, None, 'f44-build', None, None, None, False),
    'newRepo-new-style': (None, None, 'f44-build', None, None, None, False),
    'norequest': (None, None, None, None, None, None, None),
    'osbuildImage': ('Fedora-IoT', 'f44', None, None, ['x86_64', 'aarch64'],
                     None, False),
    'rebuildSRPM': ('tmux', None, 32, None, None, None, True),
    'restart': (None, None, None, None, None, None, False),
    'restartHosts': (None, None, None, None, None, None, False),
    'runroot': (None, None, 'f44-build', 'aarch64', ['aarch64'], None,
                False),
    'saveFailedTree': (None, None, None, None, None, None, False),
    'sleep': (None, None, None, None, None, None, False),
    'someMethod': (None, None, None, None, None, None, False),
    'state-assigned': ('libtool', 'f44-candidate', None, None, None, None,
                       False),
    'state-canceled': ('zsh', 'f44-candidate', None, None, None, None, False),
    'state-closed': ('tmux', 'f44-candidate', None, None, None, None, False),
    'state-failed': ('zsh', 'f44-candidate', None, None, None, None, False),
    'state-free': ('nodejs22', 'f43-candidate', None, None,
                   ['x86_64', 'aarch64'], None, True),
    'state-open': ('zsh', 'f44-candidate', None, None, None, None, False),
    'tagBuild': (None, None, 38, None, None, 4472, False),
    'tagNotification': (None, None, 34, None, None, 4472, False),
    'vmExec': ('virtio-win', None, 'win-build', None, None, None, None),
    'waitrepo': (None, None, 'f44-build', None, None, None, False),
    'winbuild': ('virtio-win', 'win-target', None, None, None, None, True),
    'wrapperRPM': ('rust-log', 'f43-maven', 'f43-maven-build', None, None,
                   5049, False),
}

#: Of these: which parameters are the source and the options, and the
#: name-version-release. Others have no source, no such name, and no options
#: (or are of a method that nothing is known of, and then that is None).
SOURCES = {
    'appliance': (None, 5, None),
    'build': (0, 2, None),
    'buildArch': (0, 4, 'nodejs22-14.0-1.fc44'),
    'buildContainer': (0, 2, None),
    'buildMaven': (0, 2, None),
    'buildNotification': (None, None, 'emacs-13.26.3-8.fc44'),
    'buildSRPMFromSCM': (0, 2, None),
    'buildSourceContainer': (None, 1, None),
    'chainbuild': (None, 2, None),
    'chainmaven': (None, 2, None),
    'createAppliance': (None, 8, 'Fedora-appliance-Rawhide-1.13'),
    'createContainer': (0, 3, None),
    'createImage': (None, 8, 'Fedora-Cloud-Base-44-1.12'),
    'createKiwiImage': (None, 9, 'Fedora-44-0.10'),
    'createLiveCD': (None, 8, 'Fedora-livecd-Rawhide-1.12'),
    'createLiveMedia': (None, 8, 'Fedora-livemedia-Rawhide-1.13'),
    'createdistrepo': (None, 4, None),
    'distRepo': (None, 3, None),
    'dudBuild': (None, 5, None),
    'image': (None, 5, None),
    'indirectionimage': (None, 0, None),
    'kiwiBuild': (None, 4, None),
    'livecd': (None, 5, None),
    'livemedia': (None, 5, 'Fedora-livemedia-Rawhide-20260013.n.0'),
    'maven': (0, 2, None),
    'osbuildImage': (None, 6, 'Fedora-IoT-44-1.13'),
    'rebuildSRPM': (0, 2, 'tmux-13.0-1.fc44'),
    'restartHosts': (None, 0, None),
    'state-assigned': (0, 2, None),
    'state-canceled': (0, 2, None),
    'state-closed': (0, 2, None),
    'state-failed': (0, 2, None),
    'state-free': (0, 2, 'nodejs22-14.0-1.fc44'),
    'state-open': (0, 2, None),
    'vmExec': ((1, 0), 2, None),
    'winbuild': (1, 3, None),
    'wrapperRPM': (0, 4, 'rust-log-11.13.5-1.fc44'),
}

#: Recorded, and of methods that no documentation lays out, or without a
#: request.
UNKNOWN = {'bigint-nonascii', 'norequest', 'sleep', 'someMethod'}


def about(task: Task) -> Any:
    """Tell the subject of a task."""
    return (task.package, task.target, task.tag, task.arch, task.arches,
            task.build_id, task.is_scratch)


class TaskTests(HubTestCase):
    """Tasks."""

    def test_recorded(self) -> None:
        """Every recorded task knows what it is about."""
        seen = set()
        for name, recording in recordings().items():
            kind, _, variant = name.partition('.')
            if kind == 'getTaskInfo' and isinstance(recording.answer, dict):
                self.assertEqual(about(Task(recording.answer)),
                                 TASKS[variant], variant)
                seen.add(variant)
        self.assertEqual(seen, set(TASKS))

    def test_recorded_sources(self) -> None:
        """And what it is made from, with which options."""
        for variant in TASKS:
            task = Task(recordings()[f'getTaskInfo.{variant}'].answer)
            request = task.get('request')
            source, options, nvr = SOURCES.get(variant, (None, None, None))
            if isinstance(source, tuple):
                self.assertEqual(task.source, request[1][0])
            else:
                self.assertEqual(
                    task.source, None if source is None else request[source],
                    variant)
            expected = {} if options is None else request[options]
            self.assertEqual(
                task.options, None if variant in UNKNOWN else expected,
                variant)
            self.assertEqual(task.nvr, nvr, variant)

    def test_xml(self) -> None:
        """A request may be there as XML."""
        for name, recording in recordings().items():
            if name.startswith('getTaskInfo.') and isinstance(
                    recording.answer, dict) and 'request' in recording.answer:
                task = Task(recording.answer)
                decoded = about(task)
                task.request = encode_call(task.method,
                                           task.request).decode()
                self.assertEqual(about(task), decoded, name)
        task = Task(recordings()['getTaskInfo.build'].answer)
        self.assertEqual(task.params, task.request)

    def test_other_layouts(self) -> None:
        """What no recording shows."""
        build = {'id': 7, 'name': 'x', 'package_name': 'x'}
        for method, request, expected in [
                ('build', [None, None], (None,) * 6 + (False,)),
                ('build', ['git://h/rpms/a/?sub#1', 't',
                           {'arch_override': 'x86_64 s390x'}],
                 ('sub', 't', None, None, ['x86_64', 's390x'], None, False)),
                ('build', [{'__method__': 'build', 'src': 'a-1-1.src.rpm',
                            'target': 't', 'opts': {'scratch': True}}],
                 ('a', 't', None, None, None, None, True)),
                ('newRepo', [{'id': 4, 'name': 't4'}],
                 (None, None, 't4', None, None, None, False)),
                ('buildArch', [{'name': 'a'}, 4, 'x86_64', True],
                 ('a', None, 4, 'x86_64', ['x86_64'], None, None)),
                ('buildNotification', [[], build, None, ''],
                 ('x', None, None, None, None, 7, False)),
                ('buildNotification', [[], {'build_id': 8,
                                            'package_name': 'y'}, None, ''],
                 ('y', None, None, None, None, 8, False)),
                ('tagNotification',
                 [[], True, {'id': 4, 'name': 't'}, None, build, {}],
                 ('x', None, 't', None, None, 7, False)),
                ('tagNotification', [[], True, 4, None, 7, 2],
                 (None, None, 4, None, None, 7, False)),
                ('wrapperRPM', ['git://h/spec#1', {
                    'name': 't', 'build_tag': 4}, None, None, {}],
                 (None, 't', 4, None, None, None, False)),
                ('indirectionimage', [{'name': 'n', 'target': 't',
                                       'arches': ['x86_64', 's390x']}],
                 ('n', 't', None, None, ['x86_64', 's390x'], None, False)),
                ('buildContainer', ['git://h/flatpaks/a#1', 't',
                                    {'flatpak': True}],
                 ('a', 't', None, None, None, None, False)),
                ('createContainer', ['git://h/flatpaks/a#1', {'name': 't'},
                                     ['x86_64'], {'flatpak': True}],
                 ('a', 't', None, None, ['x86_64'], None, False)),
                ('buildContainer', ['git://h/containers/a#1', 't',
                                    {'flatpak': False}],
                 ('a-container', 't', None, None, None, None, False)),
                ('imageBuilderBuild',
                 ['t', ['x86_64'], ['qcow2'], 'n', '1', {}],
                 ('n', 't', None, None, ['x86_64'], None, False)),
                ('imageBuilderBuildArch',
                 ['n', '1', '2', 's390x', [], {'name': 't'}, {}, {}, {}],
                 ('n', 't', None, 's390x', ['s390x'], None, False)),
                ('createDudIso', ['n', '1', '2', 's390x', {'name': 't'}, 4],
                 ('n', 't', 4, 's390x', ['s390x'], None, False)),
                ('buildSourceContainer', ['t', {'koji_build_id': 4}],
                 (None, 't', None, None, None, None, False)),
                ('vmExec', ['vm', []], (None,) * 7),
                ('newRepo', [], (None,) * 6 + (False,)),
                ('newRepo', 'nonsense', (None,) * 7),
                ('newRepo', '<methodCall>', (None,) * 7),
                ('newRepo', '\ud800', (None,) * 7),
                ('newRepo', None, (None,) * 7),
                ('newRepo', {'tag': 't'}, (None,) * 7)]:
            task = Task(method=method, request=request)
            self.assertEqual(about(task), expected, (method, request))
        self.assertEqual(about(Task()), (None,) * 7)

    def test_result(self) -> None:
        """Tasks that say in their result what build they made."""
        for result, number in [
                ({'koji_builds': ['77'], 'repositories': []}, 77),
                ({'koji_builds': []}, None),
                ({'composer': {}, 'koji': {'build': 78}}, 78),
                ([{'koji_builds': ['79'], 'repositories': []}], 79),
                ([], None), (None, None), ({'koji_builds': ['x']}, None)]:
            self.assertEqual(
                Task(method='buildContainer', result=result).build_id, number)

    def test_sources(self) -> None:
        """The package of every kind of source."""
        for source, package in [
                ('tasks/1/1/python-foo-1.0-1.fc44.src.rpm', 'python-foo'),
                ('cli-build/17.1.abc/a-b-c-2:1.0-1.src.rpm', 'a-b-c'),
                ('x-1-1.nosrc.rpm', 'x'),
                ('git+https://src.example.com/rpms/foo.git#abc', 'foo'),
                ('git+https://src.example.com/rpms/foo#main', 'foo'),
                ('git+ssh://bot@src.example.com/rpms/foo.git/#abc', 'foo'),
                ('git://src.example.com/foo', 'foo'),
                ('git://src.example.com/all?packages/foo#abc', 'foo'),
                ('https://src.example.com/foo-1-1.src.rpm', 'foo'),
                # The forms of CVS and Subversion, with a branch.
                ('cvs://scm.example.org/cvsisdead?rpms/foo/EL3#tag', 'foo'),
                ('svn+ssh://git@scm.example.org/dist?rpms/foo/EL3#5', 'foo'),
                ('svn://scm.example.org/dist?rpms/foo#5', 'foo'),
                ('svn://scm.example.org/dist/rpms/foo/EL3', 'EL3'),
                ('git+https://scm.example.org/rpms/foo.git?#e585', 'foo'),
                ('git+https://scm.example.org/rpms/', 'rpms'),
                ('git+ssh://git@scm.example.org:80/foo.git#bab0', 'foo'),
                ('git://scm.example.org/goodpath/..//badpath/a#1', 'a')]:
            self.assertEqual(source_package(source), package)

    def test_unreadable_source(self) -> None:
        """A build's source that cannot be read is a ValueError."""
        for source in ['', 'foo', 'git://', 'git://host', 'foo.tar.gz',
                       'git+https://,', 'git+https://host/', 'git://h#x',
                       'git://host/#abc', 'git://host/.git#abc']:
            task = Task(method='build', request=[source, 'f44', {}])
            error = self.assertRaises(ValueError, lambda: task.package)
            self.assertIn(repr(source), str(error))
            self.assertEqual(task.target, 'f44')

    def test_times(self) -> None:
        """Times, duration, state and page."""
        task = self.get(self.koji.getTaskInfo(6475))
        self.assertEqual(task.url, WEB + 'taskinfo?taskID=6475')
        self.assertEqual(task.state_name, 'CLOSED')
        self.assertEqual(task.created, datetime(
            2026, 11, 21, 18, 55, 40, 422864, timezone.utc))
        self.assertEqual(task.started - task.created,
                         timedelta(seconds=3.25))
        self.assertEqual(task.duration, task.completed - task.started)
        free = Task(recordings()['getTaskInfo.state-free'].answer)
        self.assertEqual((free.state_name, free.started, free.completed,
                          free.duration), ('FREE', None, None, None))
        running = Task(recordings()['getTaskInfo.state-open'].answer)
        self.assertIsInstance(running.duration, timedelta)
        self.assertIsNone(Task(state=77).state_name)
        self.assertIsNone(Task(state=[]).state_name)

    def test_channel(self) -> None:
        """Its channel is there without asking, and can be asked."""
        task = self.get(self.koji.getTaskInfo(6475))
        asked = self.hub.requests
        channel = task.channel
        self.assertEqual(self.hub.requests, asked)
        self.assertIsInstance(channel, Channel)
        self.assertEqual(channel, {'id': 1})
        self.assertEqual(channel.url, WEB + 'channelinfo?channelID=1')
        self.assertEqual(self.get(channel.total_capacity()), 69.5)
        self.assertIsNone(channel.name)
        named = Task(channel_id=2, channel_name='createrepo').channel
        self.assertEqual((named.id, named.name), (2, 'createrepo'))
        self.assertIsNone(Task(channel_id=None).channel)
        self.assertIsNone(Task().channel)

    def test_scratch(self) -> None:
        """Where its own request does not say it, its parent's does."""
        spec = ['git://h/spec#1', {'name': 't'}, None, None]
        for parent, expected in [(['n', '1', {'scratch': True}], True),
                                 (['n', '1'], False), (None, None)]:
            for row, own in [
                    ({'method': 'buildArch',
                      'request': ['x-1-1.src.rpm', 4, 'x86_64', True,
                                  {'repo_id': 1}]}, None),
                    ({'method': 'vmExec', 'request': ['vm', [], {}]}, None),
                    ({'method': 'wrapperRPM', 'request': spec}, None),
                    ({'method': 'wrapperRPM',
                      'request': [*spec, {'scratch': True}]}, True),
                    ({'method': 'wrapperRPM',
                      'request': [*spec, {'scratch': False}]}, False),
                    ({'method': 'createImage', 'request': ['n']}, False)]:
                top = self.hub.add_task('image', [], state='OPEN')
                self.hub.tables.tasks[-1]['request'] = parent
                step = self.hub.add_task('wrapperRPM', spec, parent=top)
                task = Task.attached({'id': 7, 'parent': step, **row},
                                     self.koji)
                self.assertIs(task.is_scratch, own, row)
                found = self.get(task.find_scratch())
                self.assertIs(found, expected if own is None else own, row)

    def test_odd_parents(self) -> None:
        """Without a request it is asked for; no parent is endless."""
        row = {'id': 7, 'method': 'vmExec', 'parent': 7,
               'request': ['vm', [], {}]}
        task = Task.attached({'id': 7, 'method': 'vmExec'}, self.koji)
        self.hub.respond('getTaskInfo', lambda number, request: row)
        self.assertIsNone(self.get(task.find_scratch()))
        self.hub.respond('getTaskInfo', lambda number, request: None)
        self.assertIsNone(self.get(task.find_scratch()))
        self.hub.respond('getTaskInfo', lambda number, request: {
            'id': 7, 'method': 'build', 'parent': None,
            'request': ['s', 't', {'scratch': True}]})
        self.assertIs(self.get(task.find_scratch()), True)

    def test_old_hub(self) -> None:
        """A hub before 1.17, which has no strict in getTaskInfo, will do."""
        self.hub.version = '1.15.0'
        error = self.fail_of(self.koji.getTaskInfo(6475, strict=True),
                             ParameterError)
        self.assertIn("argument 'strict'", str(error))
        self.hub.put_out(6475, 'build.log', b'one\n')
        task = self.get(self.koji.getTaskInfo(6475))
        [row] = [row for row in self.hub.tables.tasks if row['id'] == 6475]
        self.assertEqual(self.get(task.get_result()), row['result'][0])
        self.assertEqual([file.name for file in self.get(task.output())],
                         ['build.log'])
        self.assertEqual(self.get(self.koji.download_task_output(
            6475, 'build.log', BytesIO())), 4)
        line = self.koji.follow(6475).next_item()
        change = self.koji.watch(6475).next_item()
        self.hub.clock.pump([0] * 5)
        self.assertEqual(self.get(line).text, 'one')
        self.assertEqual(self.get(change).new, 'CLOSED')
        for asked in [lambda: Task.attached(
                          {'id': 77}, self.koji).get_result(),
                      lambda: Task.attached({'id': 77}, self.koji).output(),
                      lambda: self.koji.follow(77).next_item(),
                      lambda: self.koji.watch(77).next_item()]:
            waiting = asked()
            self.hub.clock.pump([0] * 5)
            self.assertEqual(str(self.fail_of(waiting, GenericError)),
                             'No such task: 77')

    def test_descendents(self) -> None:
        """Its descendents, at any depth, by method and state."""
        for number, parent in [(7001, 6476), (7002, 7001)]:
            self.hub.tables.tasks.append({
                **self.hub.tables.tasks[-1], 'id': number, 'parent': parent,
                'method': 'createrepo', 'state': task_states.FREE})
        task = self.get(self.koji.getTaskInfo(6474))
        found = self.get(task.descendents())
        self.assertEqual([(child.id, child.parent) for child in found],
                         [(6475, 6474), (6476, 6474), (7001, 6476),
                          (7002, 7001), (6477, 6474), (6478, 6474),
                          (6479, 6474)])
        self.assertEqual(found[1].arch, 'x86_64')
        for wanted, numbers in [
                (dict(method='buildArch'), [6476, 6477, 6478, 6479]),
                (dict(method='buildArch', state=task_states.FAILED), [6477]),
                (dict(state=task_states.FREE), [7001, 7002]),
                (dict(method='tagBuild'), [])]:
            found = self.get(task.descendents(**wanted))
            self.assertEqual([child.id for child in found], numbers)

    def test_old_names(self) -> None:
        """What programs import is there."""
        self.assertTrue(issubclass(txkoji.task.NoDescendentsError, Exception))


class BuildTests(HubTestCase):
    """Builds."""

    def test_rows(self) -> None:
        """Rows of all methods that give builds are alike to a program."""
        rows = [self.get(self.koji.getBuild(5356)),
                self.get(self.koji.listBuilds(taskID=5641))[0],
                self.get(self.koji.listTagged('f43-updates', latest=True,
                                              package='ceph'))[0],
                self.get(self.koji.getLatestBuilds('f43-updates',
                                                   package='ceph'))[0]]
        self.assertNotIn('id', rows[1])
        self.assertNotIn('start_ts', rows[2])
        for build in rows:
            self.assertIsInstance(build, Build)
            self.assertEqual((build.id, build.build_id), (5356, 5356))
            self.assertEqual((build.name, build.package_name),
                             ('ceph', 'ceph'))
            self.assertEqual(build.nvr, 'ceph-9.22.53-11.fc43')
            self.assertEqual(build.state_name, 'COMPLETE')
            self.assertEqual(build.url, WEB + 'buildinfo?buildID=5356')
            self.assertEqual(build.started, datetime(
                2026, 11, 12, 12, 38, 41, 692308, timezone.utc))
            self.assertEqual(build.completed, datetime(
                2026, 11, 12, 14, 18, 3, 938854, timezone.utc))
            self.assertEqual(build.duration,
                             build.completed - build.started)
            self.assertIsNone(build.cg_name)
            self.assertIsNone(build.promotion_ts)

    def test_hash(self) -> None:
        """The commit, from the source, or else from extra."""
        commit = '465d0782e98485df1da35bb42661734a3d23d5aa'
        build = self.get(self.koji.getBuild(5356))
        self.assertEqual(build.gitbuildhash, commit)
        build.source = None
        self.assertEqual(build.gitbuildhash, commit)
        for other in [Build(), Build(source='git://h/x#main', extra=None),
                      Build(source='x-1-1.src.rpm', extra={'source': None}),
                      Build(source=None, extra={'source': 'x'}),
                      Build(extra={'source': {'original_url': None}})]:
            self.assertIsNone(other.gitbuildhash)
        for source, right in [
                (f'git+https://h/rpms/t.git#{commit}', commit),
                (f'git+https://h/rpms/t.git?#{commit}', commit),
                (f'git+https://h/rpms/t?sub#{commit}', commit),
                (f'git+https://h/rpms/t#{commit.upper()}', commit),
                (f'git+https://h/rpms/t#{commit}  ', commit),
                (f'https://h/rpms/t.git#{commit}', commit),
                ('git://h/rpms/t#deadbee', 'deadbee'),
                ('git://h/rpms/t#refs/heads/main', None),
                ('git://h/rpms/t#v1.2.3', None),
                ('svn://h/repo/trunk#12345678', None),
                ('svn+ssh://h/repo/trunk#12345678', None),
                ('cvs://h/repo?rpms/t/EL3#12345678', None),
                (commit, None), ('', None)]:
            for build in (Build(source=source), Build(
                    source='t-1-1.src.rpm',
                    extra={'source': {'original_url': source}})):
                self.assertEqual(build.gitbuildhash, right, source)

    def test_record(self) -> None:
        """When the hub made its record, and when a draft was promoted."""
        build = self.get(self.koji.getBuild(5356))
        self.assertEqual(build.created, datetime.fromtimestamp(
            build.creation_ts, timezone.utc))
        self.assertIsNone(build.promoted)
        [listed] = self.get(self.koji.listTagged('f43-updates', latest=True,
                                                 package='ceph'))
        self.assertEqual(listed.created, build.created)
        self.assertEqual(
            Build(promotion_time='2026-11-12 14:18:03+00:00').promoted,
            datetime(2026, 11, 12, 14, 18, 3, tzinfo=timezone.utc))

    def test_task(self) -> None:
        """Its task, for containers, too; and the target of that."""
        for nvr, number, method in [
                ('nginx-container-1.26-41', 6166, 'buildContainer'),
                ('rhceph-container-8-40', 6073, 'buildContainer'),
                ('zsh-200.6-1.fc44', 6528, 'build')]:
            build = self.get(self.koji.getBuild(nvr))
            self.assertEqual(build.task_id, number)
            self.assertEqual(self.hub.calls[-1][0], 'getBuild')
            [row] = [row for row in self.hub.tables.tasks
                     if row['id'] == number]
            self.assertEqual(row['method'], method)
            row['request'] = ['git://h/x#1', 'some-target', {}]
            task = self.get(build.task())
            self.assertIsInstance(task, Task)
            self.assertEqual(task.id, number)
            self.assertEqual(self.get(build.target()), 'some-target')

    def test_no_task(self) -> None:
        """An imported build has no task, and no target."""
        build = self.get(self.koji.getBuild(5420))
        self.assertIsNone(build.task_id)
        self.assertIsNone(self.get(build.task()))
        self.assertIsNone(self.get(build.target()))
        self.assertEqual(
            Build(extra={'osbs_build': {'koji_task_id': 5}}).task_id, 5)

    def test_tags(self) -> None:
        """The tags that it is in."""
        build = self.get(self.koji.getBuild(5356))
        tags = self.get(build.tags())
        self.assertEqual([tag.name for tag in tags], ['f43-updates'])

    def test_running(self) -> None:
        """A build that is not over has a duration, and no end."""
        build = self.get(self.koji.getBuild(5430))
        self.assertEqual(build.state, build_states.BUILDING)
        self.assertIsNone(build.completed)
        self.assertIsInstance(build.duration, timedelta)


class ChannelTests(HubTestCase):
    """Channels."""

    def test_channel(self) -> None:
        """Its hosts, tasks, capacity and page."""
        channel = self.get(self.koji.getChannel('container'))
        self.assertEqual(channel.url, WEB + 'channelinfo?channelID=9')
        hosts = self.get(channel.hosts(enabled=True))
        self.assertEqual([host.name for host in hosts],
                         ['osbs-x86-01.example.test'])
        tasks = self.get(channel.tasks(state=[task_states.OPEN]))
        self.assertTrue(tasks)
        for task in tasks:
            self.assertIsInstance(task, Task)
            self.assertEqual((task.channel_id, task.state), (9, 1))
        self.assertEqual(self.get(channel.total_capacity()), 40.0)

    def test_capacity(self) -> None:
        """Only hosts that are enabled and ready count."""
        default = self.get(self.koji.getChannel('default'))
        ready = [host for host in self.hub.tables.hosts
                 if host['enabled'] and host['ready']]
        self.assertEqual(self.get(default.total_capacity()),
                         sum(host['capacity'] for host in ready))
        empty = self.get(self.koji.getChannel('secure-boot'))
        self.assertEqual(self.get(empty.total_capacity()), 0.0)

    def test_by_arch(self) -> None:
        """It can be told for each architecture."""
        default = self.get(self.koji.getChannel('default'))
        hosts = self.get(default.hosts(enabled=True, ready=True))
        found = self.get(default.total_capacity(by_arch=True))
        self.assertEqual(set(found), {
            arch for host in hosts for arch in host.arches.split()})
        self.assertEqual(found['s390x'], sum(
            host.capacity for host in hosts
            if 's390x' in host.arches.split()))

    def test_silent(self) -> None:
        """A host that was not heard of for long does nothing, though ready."""
        default = self.get(self.koji.getChannel('default'))
        before = self.get(default.total_capacity())
        [host] = [row for row in self.hub.tables.hosts if row['id'] == 6]
        host['update_ts'] = self.hub.now() - 3600
        self.assertEqual(self.get(default.total_capacity()),
                         before - host['capacity'])
        self.assertIs(self.get(self.koji.getHost(6)).is_available, False)
        self.assertIs(self.get(self.koji.getHost(7)).is_available, True)
        for row, available in [({}, True), ({'ready': False}, False),
                               ({'enabled': False}, False)]:
            self.assertIs(Host(row).is_available, available)

    def test_odd_hosts(self) -> None:
        """Hosts of which no capacity is known count for nothing."""
        self.hub.respond('listHosts', [{'id': 1}, {'capacity': None},
                                       {'capacity': 2.5}])
        channel = Channel(id=1)
        channel.connection = self.koji
        self.assertEqual(self.get(channel.total_capacity()), 2.5)

    def test_no_id(self) -> None:
        """Without an id nothing is asked: the hub would take it for all."""
        for made, name in [(Build(), 'tags'), (Task(), 'descendents'),
                           (Channel(), 'hosts'), (Channel(), 'tasks')]:
            made.connection = self.koji
            error = self.assertRaises(ValueError, getattr(made, name))
            self.assertIn('has no id', str(error))
        self.assertEqual(self.hub.calls, [])

    def test_list(self) -> None:
        """All channels."""
        channels = self.get(self.koji.listChannels())
        self.assertEqual(len(channels), 13)
        self.assertEqual({type(channel) for channel in channels}, {Channel})
        old = Channel(id=1, name='default')
        self.assertIsNone(old.enabled)


class PackageTests(HubTestCase):
    """Packages."""

    def test_package(self) -> None:
        """Rows of all methods that give packages are alike."""
        rows = [self.get(self.koji.getPackage('ceph')),
                self.get(self.koji.listPackages(prefix='ceph'))[0],
                self.get(self.koji.listPackages('f44', pkgID='ceph'))[0]]
        for package in rows:
            self.assertIsInstance(package, Package)
            self.assertEqual((package.id, package.package_id), (1, 1))
            self.assertEqual((package.name, package.package_name),
                             ('ceph', 'ceph'))
            self.assertEqual(package.url, WEB + 'packageinfo?packageID=1')
        self.assertEqual(rows[2].owner_name, 'alice')


class SmallTests(HubTestCase):
    """Hosts, tags, users and build targets."""

    def test_pages(self) -> None:
        """Each knows its page, from every method that gives it."""
        for method, args, kind, page in [
                ('getHost', [1], Host, 'hostinfo?hostID=1'),
                ('listHosts', [], Host, 'hostinfo?hostID=1'),
                ('getTag', [1], Tag, 'taginfo?tagID=1'),
                ('listTags', [], Tag, 'taginfo?tagID=1'),
                ('getUser', [1], User, 'userinfo?userID=1'),
                ('listUsers', [], User, 'userinfo?userID=1'),
                ('getBuildTarget', [1], BuildTarget,
                 'buildtargetinfo?targetID=1'),
                ('getBuildTargets', [], BuildTarget,
                 'buildtargetinfo?targetID=1')]:
            found = self.get(self.koji.call(method, *args))
            if isinstance(found, list):
                [found] = [row for row in found if row.id == 1]
            self.assertIs(type(found), kind)
            self.assertEqual(found.url, WEB + page)
            self.assertEqual(self.get(self.koji.from_web(found.url)).id, 1)

    def test_plain(self) -> None:
        """They equal what the hub sent, and nothing is added to that."""
        user = self.get(self.koji.getUser('alice'))
        row = {'id': 2, 'name': 'alice', 'status': 0, 'usertype': 0,
               'krb_principals': ['alice@EXAMPLE.TEST']}
        self.assertEqual(user, row)
        self.assertEqual(user, Munch(row))
        self.assertEqual(dict(user), row)
        self.assertIsNone(user.authtype)
        self.assertIsNone(self.get(self.koji.getTag(1)).blocked)
        self.get(self.koji.login())
        self.assertEqual(self.get(self.koji.getLoggedInUser()).url, user.url)

    def test_times(self) -> None:
        """A host was last heard of at some time."""
        host = self.get(self.koji.getHost(1))
        assert host.updated is not None
        self.assertEqual(host.updated.timestamp(), host.update_ts)
        self.assertIsNone(Host(id=1).updated)
