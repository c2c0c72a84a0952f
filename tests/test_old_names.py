"""A program for txkoji 0.10: every name such programs use, and its meaning."""
from __future__ import annotations

import os
from datetime import datetime, timedelta
from importlib import metadata
from typing import Any

from munch import Munch
from twisted.internet.defer import Deferred, inlineCallbacks

import txkoji
import txkoji.connection
from tests.support import HubTestCase, folder, write
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.cache import Cache
from txkoji.call import Call
from txkoji.channel import Channel
from txkoji.estimates import (
    average_build_duration,
    average_build_durations,
    average_last_builds,
)
from txkoji.exceptions import KojiException, KojiLoginException
from txkoji.multicall import KojiMultiCallIterator, MultiCall
from txkoji.package import Package
from txkoji.task import NoDescendentsError, Task


class OldNamesTests(HubTestCase):
    """Each name is there, and does what it did."""

    def do(self, program: Any) -> None:
        """Run a program, to its end."""
        done: Deferred[Any] = inlineCallbacks(program)()
        for _ in range(10):
            # For what it asks in a later turn of the reactor.
            self.hub.clock.advance(0)
        self.get(done)

    def test_connection(self) -> None:
        """A Connection is made of a profile's name."""
        path = write(folder(self) + '/koji.conf', (
            '[old]\nserver = https://hub.example.test/kojihub\n'
            'weburl = https://hub.example.test/koji\n'
            'serverca = /etc/ca.crt\n'))
        self.patch(txkoji.connection, 'PROFILES', [path])
        self.assertIs(txkoji.Connection, txkoji.connection.Connection)
        koji = txkoji.Connection('old')
        self.assertEqual(
            (koji.profile, koji.url, koji.weburl, koji.serverca),
            ('old', 'https://hub.example.test/kojihub',
             'https://hub.example.test/koji', '/etc/ca.crt'))
        self.assertEqual((koji.session_id, koji.session_key, koji.callnum),
                         (None, None, None))
        self.assertEqual(koji.lookup('old', 'weburl'), koji.weburl)
        self.assertIsNone(koji.lookup('old', 'cert'))
        self.assertIsInstance(koji.cache, Cache)
        self.assertRaises(ValueError, txkoji.Connection, 'other')
        link = koji.weburl + '/buildinfo?buildID=1'
        found = txkoji.Connection.connect_from_web(link)
        self.assertEqual(found and found.profile, 'old')

    def test_session(self) -> None:
        """Logging in gives a session."""
        def program() -> Any:
            yield self.koji.login()
            user = yield self.koji.getLoggedInUser()
            self.assertEqual(user.name, 'alice')
            self.assertIsInstance(self.koji.session_id, int)
            self.assertIsInstance(self.koji.session_key, str)
            yield self.koji.call('tagBuild', 'f44', 'zsh-99.2-1.fc44')
            self.assertIsInstance(self.koji.callnum, int)

        self.hub.respond('tagBuild', 1)
        self.do(program)

    def test_calls(self) -> None:
        """Hub methods are attributes, and give what they gave."""
        koji = self.koji

        def program() -> Any:
            build = yield koji.getBuild('ceph-9.22.53-11.fc43')
            self.assertIsInstance(build, Build)
            package = yield koji.getPackage('ceph')
            self.assertIsInstance(package, Package)
            self.assertEqual(package.url, f'{koji.weburl}/packageinfo'
                             f'?packageID={package.id}')
            channel = yield koji.getChannel('default')
            self.assertIsInstance(channel, Channel)
            channels = yield koji.listChannels()
            self.assertIn(channel, channels)
            average = yield koji.getAverageBuildDuration('ceph')
            self.assertIsInstance(average, timedelta)
            self.assertIsNone((yield koji.getAverageBuildDuration('none')))
            for key in ('ceph', package.id):
                builds = yield koji.listBuilds(key, state=1)
                self.assertEqual({each.name for each in builds}, {'ceph'})
            builds = yield koji.listTagged('f43-updates', package='ceph')
            self.assertIn('ceph-9.22.53-11.fc43',
                          [each.nvr for each in builds])
            tasks = yield koji.listTasks({'method': 'build'})
            self.assertIsInstance(tasks[0], Task)
            task = yield koji.getTaskInfo(6474)
            self.assertEqual(task.request, task.params)
            descendents = yield koji.getTaskDescendents(6474)
            self.assertEqual(len(descendents), 5)
            user = yield koji.getUser('alice')
            self.assertEqual(user, Munch((yield koji.call('getUser', 2))))
            self.assertEqual((yield koji.from_web(build.url)), build)
            self.assertIsNone((yield koji.from_web('https://x.test/')))

        self.do(program)
        self.assertIsInstance(koji.getTag, Call)
        error = self.fail_of(koji.getTag('x', strict=True))
        self.assertEqual(str(error), "No such tagInfo: 'x'")

    def test_build(self) -> None:
        """What a build knows."""
        def program() -> Any:
            build = yield self.koji.getBuild('ceph-9.22.53-11.fc43')
            self.assertEqual(build.completed - build.started, build.duration)
            self.assertEqual((yield build.estimate_completion()),
                             build.completed)
            self.assertEqual(build.url, f'{self.koji.weburl}/buildinfo'
                             f'?buildID={build.build_id}')
            self.assertRegex(build.gitbuildhash, '^[0-9a-f]{40}$')
            [tag] = yield build.tags()
            self.assertEqual(tag.name, 'f43-updates')
            row = yield self.koji.getBuild('nodejs22-14.0-1.fc44')
            for each in (build, row):
                if each is not None and each.task_id is not None:
                    task = yield each.task()
                    self.assertEqual(task and task.id, task and each.task_id)
                    self.assertEqual((yield each.target()),
                                     task and task.target)

        self.do(program)

    def test_task(self) -> None:
        """What a task knows."""
        def program() -> Any:
            task = yield self.koji.getTaskInfo(6474)
            self.assertEqual((task.package, task.target, task.state_name),
                             ('nodejs22', 'f44-candidate', 'FAILED'))
            self.assertEqual((task.arch, task.arches, task.tag,
                              task.build_id, task.is_scratch),
                             (None, None, None, None, False))
            self.assertLess(task.created, task.started)
            self.assertEqual(task.completed - task.started, task.duration)
            self.assertEqual(task.url,
                             f'{self.koji.weburl}/taskinfo?taskID=6474')
            channel = yield task.channel
            self.assertEqual(channel.id, 1)
            self.assertEqual((yield task.channel.total_capacity()), 69.5)
            self.assertEqual((yield task.estimate_completion()),
                             task.completed)
            self.assertEqual((yield task.estimate_duration()), task.duration)
            self.assertIsInstance((yield task.estimate_descendents()),
                                  datetime)
            found = yield task.descendents(method='buildArch',
                                           state=task_states.FAILED)
            [child] = found
            self.assertEqual((child.arch, child.arches, child.tag),
                             ('aarch64', ['aarch64'], 40))
            try:
                yield child.estimate_descendents()
            except NoDescendentsError as error:
                self.assertIsInstance(error, KojiException)
            else:
                self.fail('it has none')

        self.do(program)

    def test_channel(self) -> None:
        """What a channel knows."""
        def program() -> Any:
            channel = yield self.koji.getChannel('default')
            hosts = yield channel.hosts(enabled=True)
            self.assertTrue(all(host.enabled for host in hosts))
            tasks = yield channel.tasks(state=[task_states.FREE])
            self.assertEqual({task.state for task in tasks}, {0})
            self.assertEqual((yield channel.total_capacity()), 69.5)

        self.do(program)

    def test_states(self) -> None:
        """States have names, and groups."""
        self.assertEqual(task_states.to_str(task_states.OPEN), 'OPEN')
        self.assertEqual(build_states.to_str(build_states.COMPLETE),
                         'COMPLETE')
        self.assertEqual(task_states.to_str(999), '(unknown state 999)')
        self.assertEqual(build_states.to_str(999), '(unknown state 999)')
        self.assertEqual(set(task_states.ACTIVE_GROUP), {
            task_states.FREE, task_states.OPEN, task_states.ASSIGNED})
        self.assertEqual(set(task_states.DONE_GROUP), {
            task_states.CLOSED, task_states.CANCELED, task_states.FAILED})

    def test_cache(self) -> None:
        """Names are kept in files."""
        path = folder(self)
        self.patch(os, 'environ', {**os.environ, 'XDG_CACHE_HOME': path})

        def program() -> Any:
            cache = self.koji.cache
            self.assertEqual((yield cache.user_name(2)), 'alice')
            self.assertEqual((yield cache.tag_name(40)), 'f44-build')
            self.assertEqual(cache.filename('user', 2),
                             f'{path}/txkoji/fakehub/user/2')
            self.assertEqual(cache.get_name('user', 2), 'alice')
            cache.put_name('user', 3, 'robert')
            self.assertEqual((yield cache.user_name(3)), 'robert')
            self.assertEqual((yield cache.get_or_load_name(
                'tag', 40, self.koji.getTag)), 'f44-build')
            other = Cache(self.koji, directory=path + '/other')
            other.put_name('user', 2, 'zoe')
            self.assertEqual((yield other.user_name(2)), 'zoe')

        self.do(program)

    def test_estimates(self) -> None:
        """Averages."""
        def program() -> Any:
            average = yield average_build_duration(self.koji, 'ceph')
            self.assertIsInstance(average, timedelta)
            averages = yield average_build_durations(
                self.koji, ['bash', 'ceph'])
            self.assertEqual(list(averages)[1], average)
            last = yield average_last_builds(self.koji, 'ceph', limit=1)
            self.assertIsInstance(last, timedelta)

        self.do(program)

    def test_multicall(self) -> None:
        """Many calls as one, gone through as one goes through a list."""
        def program() -> Any:
            many = self.koji.MultiCall()
            self.assertIsInstance(many, MultiCall)
            many.getUser(2)
            many.getTag('none', strict=True)
            results = yield many()
            self.assertIsInstance(results, KojiMultiCallIterator)
            names = []
            iterator = iter(results)
            names.append(next(iterator).name)
            self.assertRaises(KojiException, next, iterator)
            self.assertEqual(names, ['alice'])

        self.do(program)

    def test_version(self) -> None:
        """The package knows its version, the one that is installed."""
        try:
            installed = metadata.version('txkoji')
        except metadata.PackageNotFoundError:
            self.skipTest('txkoji is not installed, only in the path')
        self.assertEqual(installed, txkoji.__version__)

    def test_nothing(self) -> None:
        """Nothing stays nothing."""
        self.assertIsNone(Build.fromDict(None))

    def test_exceptions(self) -> None:
        """Logins have an exception of their own."""
        self.assertTrue(issubclass(KojiLoginException, KojiException))
