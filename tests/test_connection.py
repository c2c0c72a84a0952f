"""Connection: hub methods as attributes, typed results, links."""
from __future__ import annotations

import pickle
from datetime import datetime, timedelta, timezone
from typing import Any
from unittest import mock

from hypothesis import given, settings, strategies as st
from munch import Munch
from twisted.internet.defer import (
    CancelledError,
    Deferred,
    ensureDeferred,
    inlineCallbacks,
)
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

import txkoji
import txkoji.connection
from tests.recordings import recordings
from tests.support import HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.build import Build
from txkoji.call import Call
from txkoji.exceptions import (
    ConfigurationError,
    ConnectionClosed,
    GenericError,
    ParameterError,
    TagError,
)
from txkoji.package import Package
from txkoji.repo import Repo
from txkoji.rows import Host, Tag, User
from txkoji.rpm import RPM
from txkoji.task import Task
from txkoji.testing import FakeHub
from txkoji.web import PAGES, path_below, read_link

WEB = 'http://hub.example.test/koji'


class CallTests(HubTestCase):
    """Calls."""

    def test_attributes(self) -> None:
        """Every attribute is a method of the hub, dotted ones, too."""
        self.hub.respond('repo.get', lambda *args, **kwargs: [args, kwargs])
        for call in [self.koji.repo.get('f44-build', min_event=5),
                     self.koji.call('repo.get', 'f44-build', min_event=5)]:
            self.assertEqual(self.get(call),
                             [['f44-build'], {'min_event': 5}])
        self.assertEqual(self.hub.calls[0],
                         ('repo.get', ('f44-build',), {'min_event': 5}))
        self.assertIsInstance(self.koji.repo, Call)
        self.assertEqual(
            repr(self.koji.repo.get),
            "<repo.get of <Connection 'fakehub' to"
            ' https://hub.example.test/kojihub>>')

    def test_names_of_ours(self) -> None:
        """Any name and any keyword can be called and sent."""
        self.hub.respond('close', lambda **kwargs: kwargs, anonymous=True,
                         plugin=True)
        self.assertEqual(self.get(self.koji.call(
            'close', method=2, args=3)), {'method': 2, 'args': 3})
        self.hub.respond('keyword', lambda **kwargs: kwargs, anonymous=True,
                         plugin=True)
        self.assertEqual(self.get(self.koji.keyword(self=1)), {'self': 1})

    def test_private(self) -> None:
        """Private names are no methods of the hub."""
        for owner in (self.koji, self.koji.repo):
            for name in ('_private', '__wrapped__', '_listapi'):
                self.assertRaises(AttributeError, getattr, owner, name)
        self.get(self.koji.echo(1))
        self.assertRaises(Exception, pickle.dumps, self.koji.getBuild)

    def test_repr(self) -> None:
        """repr() says profile and hub."""
        koji = Connection(Profile('p', server='https://h/hub'))
        self.assertEqual(repr(koji), "<Connection 'p' to https://h/hub>")

    def test_attributes_of_the_profile(self) -> None:
        """What a program can ask of a Connection without a call."""
        koji = Connection(Profile('p', server='https://h/hub',
                                  weburl='https://h/koji', serverca='/ca'))
        self.assertEqual(
            (koji.profile, koji.url, koji.weburl, koji.serverca),
            ('p', 'https://h/hub', 'https://h/koji', '/ca'))
        self.assertEqual(koji.settings.max_retries, 30)
        self.assertEqual((koji.session_id, koji.session_key, koji.callnum),
                         (None, None, None))
        self.assertIsNone(Connection(Profile('p', server='https://h')
                                     ).serverca)

    def test_faults(self) -> None:
        """A fault is typed by its code, and knows the method."""
        self.hub.fault('tagBuild', 1003, 'Package x not in list for y')
        error = self.fail_of(self.koji.tagBuild('y', 'x-1-1'), TagError)
        self.assertEqual(str(error), 'Package x not in list for y')
        self.assertEqual((error.faultCode, error.method, error.url),
                         (1003, 'tagBuild', self.koji.url))
        self.assertIsInstance(error, GenericError)
        self.assertIsInstance(error, txkoji.KojiException)
        error = self.fail_of(self.koji.getBuild())
        self.assertIs(type(error), ParameterError)

    def test_bad_limits(self) -> None:
        """A limit that is none, or allows nothing, is said at once."""
        nan = float('nan')
        for name, values in [
                ('timeout', [0, -1, nan, '5', b'5', True, [], 10**400]),
                ('deadline', [0, -1, nan, '5', None, False]),
                ('max_connections', [0, nan, '5', 2.5, None, True]),
                ('max_body', [0, -1, nan, '5', None])]:
            for value in values:
                error = self.assertRaises(
                    ConfigurationError, self.hub.connection, **{name: value})
                self.assertRegex(str(error), f"^profile '.*': {name} (must be"
                                             ' |is too large)')
        self.hub.connection(timeout=0.5, deadline=float('inf'),
                            max_body=float('inf'))

    def test_bad_options(self) -> None:
        """So are options of a view that are none."""
        nan = float('nan')
        for name, values in [
                ('timeout', [0, nan, '5', True]), ('deadline', [-1, nan, '5']),
                ('page_size', [0, nan, '5', 2.5]),
                ('write', ['no', 0, 1]), ('progress', ['no', 5, False])]:
            for value in values:
                error = self.assertRaises(
                    ConfigurationError, self.koji.with_options,
                    **{name: value})
                self.assertIn(f'{name} must be', str(error))

    def test_bad_arguments(self) -> None:
        """What cannot be carried fails before anything is sent."""
        self.fail_of(self.koji.getBuild(object()), TypeError)
        self.fail_of(self.koji.getBuild(2**64), OverflowError)
        self.fail_of(self.koji.call(5), TypeError)
        self.fail_of(self.koji.call('a\x00b'), TypeError)
        self.assertEqual(self.hub.requests, 0)

    def test_ways_to_wait(self) -> None:
        """yield, await and callbacks work alike, each with its own."""
        @inlineCallbacks
        def with_yield() -> Any:
            build = yield self.koji.getBuild(5356)
            return build.nvr

        async def with_await() -> Any:
            return (await self.koji.getBuild(5356)).nvr

        for waiting in [with_yield(), ensureDeferred(with_await()),
                        self.koji.getBuild(5356).addCallback(
                            lambda build: build.nvr)]:
            self.assertEqual(self.get(waiting), 'ceph-9.22.53-11.fc43')
        self.assertIsInstance(self.koji.getBuild(1), Deferred)

    def test_now(self) -> None:
        """Its time is what it is given, or this machine's; views share it."""
        time = datetime(2026, 1, 1, tzinfo=timezone.utc)
        hub = FakeHub(clock=Clock())
        koji = hub.connection(now=lambda: time)
        self.successResultOf(koji.login())
        for each in (koji, koji.with_options(timeout=5),
                     self.successResultOf(koji.new_session())):
            self.assertEqual(each.now(), time)
        before = datetime.now(timezone.utc)
        koji = Connection(koji.settings, reactor=hub.clock)
        self.assertGreaterEqual(koji.now(), before)
        self.assertIs(koji.now().tzinfo, timezone.utc)

    def test_cancel(self) -> None:
        """A cancelled call fails with CancelledError, and the hub sees it."""
        self.hub.misbehave('slow')
        call = self.koji.getBuild(1)
        call.cancel()
        self.fail_of(call, CancelledError)
        self.hub.clock.advance(60)
        self.assertEqual(self.hub.calls, [])

    def test_reactor(self) -> None:
        """Without a reactor, Twisted's own is taken at the first call."""
        from twisted.internet import reactor
        network = mock.Mock(needs_tls=False, keep_alive=False)
        network.endpoint.return_value.connect.return_value = Deferred()
        koji = Connection(Profile('p', server='http://h/hub'),
                          network=network)
        self.assertIsNone(koji.client._transport._reactor)
        call = koji.getAPIVersion()
        self.assertIs(koji.client._transport.reactor, reactor)
        self.get(koji.close())
        self.fail_of(call, ConnectionClosed)

    def test_close_unused(self) -> None:
        """One that was never used can be closed, and stays so."""
        self.get(self.koji.close())
        self.get(self.koji.close())
        self.assertEqual(self.koji.stats.connections, 0)
        self.fail_of(self.koji.getAPIVersion(), ConnectionClosed)
        self.assertEqual(self.hub.requests, 0)


#: What some methods give (of each row, only what is looked at), and of what
#: kind the rows in it are, in order.
ROWS = [
    ('createSideTag', {'id': 1, 'name': 't'}, [Tag]),
    ('getActiveRepos', [{'id': 1, 'tag_id': 2}], [Repo]),
    ('getBuildConfig', {'id': 1, 'config_inheritance': {}}, [Tag]),
    ('getGroupMembers', [{'id': 1, 'usertype': 0}], [User]),
    ('getLatestRPMS', [[{'id': 1}], [{'id': 2}]], [RPM, Build]),
    ('getPackageConfig', {'package_id': 1, 'blocked': False}, [Package]),
    ('host.completeBuild', {'id': 1, 'nvr': 'n-1-1'}, [Build]),
    ('host.getHost', {'id': 1, 'name': 'h'}, [Host]),
    ('host.getLoadData', [[{'id': 1}], [{'id': 2}]], [Host, Task]),
    ('host.openTask', {'id': 1, 'method': 'sleep'}, [Task]),
    ('listSideTags', [{'id': 1, 'name': 't'}], [Tag]),
    ('listTaggedArchives', [[{'id': 1}], [{'id': 2}]], [Munch, Build]),
    ('listTaggedRPMS', [[{'id': 1}], [{'id': 2}]], [RPM, Build]),
    ('promoteBuild', {'id': 1, 'draft': False}, [Build]),
    ('repo.checkRequest', {'repo': None, 'request': {'id': 1},
                           'task': {'id': 2}}, [type(None), Munch, Task]),
    ('repo.checkRequest', {'repo': {'id': 3}, 'request': {'id': 1}},
     [Repo, Munch]),
    ('repo.get', {'id': 1, 'tag_name': 't'}, [Repo]),
    ('repo.query', [{'id': 1, 'state': 1}], [Repo]),
    ('repo.request', {'repo': {'id': 1}, 'request': None,
                      'duplicate': False}, [Repo, type(None), bool]),
    ('untaggedBuilds', [{'id': 1, 'name': 'n'}], [Build]),
]


class ResultTests(HubTestCase):
    """What calls give back."""

    def test_rows(self) -> None:
        """Rows of builds, tasks and others have their type everywhere."""
        def flat(value: Any) -> Any:
            if isinstance(value, list):
                return [each for row in value for each in flat(row)]
            if type(value) is Munch and 'repo' in value:
                return list(value.values())
            return [value]

        for method, answer, kinds in ROWS:
            self.hub.respond(method, answer, anonymous=True, plugin=True)
            many = self.koji.MultiCall()
            many.call(method)
            [found] = self.get(many())
            for value in (self.get(self.koji.call(method)), found):
                self.assertEqual(value, answer)
                self.assertEqual([type(row) for row in flat(value)], kinds,
                                 method)
                for row in flat(value):
                    self.assertIs(getattr(row, 'connection', self.koji),
                                  self.koji)
            for odd in (None, [], [None, 5], {}, 5):
                self.hub.respond(method, odd, anonymous=True, plugin=True)
                self.assertEqual(self.get(self.koji.call(method)), odd)

    def test_rpms(self) -> None:
        """RPMs that come with their builds know them, and so their files."""
        build = self.get(self.koji.getBuild(5356))
        self.hub.respond('listTaggedRPMS', [
            [{'id': 1, 'name': 'ceph', 'version': '1', 'release': '2',
              'arch': 'x86_64', 'build_id': 5356}, {'build_id': 6}],
            [dict(build)]])
        [rpm, other], _ = self.get(self.koji.listTaggedRPMS('f43'))
        self.assertEqual(rpm.build, build)
        self.assertTrue(rpm.url.endswith('/x86_64/ceph-1-2.x86_64.rpm'))
        self.assertIsNone(other.url)

    def check(self, value: Any, kind: type, count: int) -> None:
        """Check the types of rows."""
        self.assertIs(type(value), list)
        self.assertEqual([type(row) for row in value], [kind] * count)
        for row in value:
            self.assertIs(row.connection, self.koji)

    def test_types(self) -> None:
        """Methods of the table give rich objects."""
        koji = self.koji
        options = {'limit': 2, 'order': 'build_id'}
        self.assertIs(type(self.get(koji.getBuild(5356))), Build)
        self.check(self.get(koji.listBuilds(queryOpts=options)), Build, 2)
        self.check(self.get(koji.getTaskChildren(6474)), Task, 5)
        self.check(self.get(koji.listTasks(queryOpts={'limit': 3})), Task, 3)
        self.check(self.get(koji.listPackages(prefix='ceph')), Package, 1)
        self.check(self.get(koji.listTagged('f43-maven')), Build, 1)

    def test_none(self) -> None:
        """None stays None, also within a list; so do counts."""
        koji = self.koji
        for call in [koji.getBuild('no-such-build'), koji.getTaskInfo(10**8),
                     koji.getChannel('nosuch'), koji.getPackage('nosuch'),
                     koji.getAverageBuildDuration('nosuch')]:
            self.assertIsNone(self.get(call))
        tasks = self.get(koji.getTaskInfo([6474, 10**8, 6475]))
        self.assertEqual([task and task.id for task in tasks],
                         [6474, None, 6475])
        self.assertEqual(self.get(koji.listTasks(
            {'method': 'buildArch', 'parent': 6474},
            queryOpts={'countOnly': True})), 4)

    def test_request(self) -> None:
        """Tasks come with their requests, unless that is unwanted."""
        koji = self.koji
        for call in [koji.getTaskInfo(6476), koji.getTaskInfo([6476]),
                     koji.getTaskChildren(6474), koji.listTasks(),
                     koji.getTaskDescendents(6474)]:
            found = self.get(call)
            task = found[-1] if isinstance(found, list) else found
            self.assertIs(type(task.request), list)
        for call in [koji.getTaskInfo(6476, request=False),
                     koji.getTaskInfo(6476, False),
                     koji.getTaskInfo(6476, strict=True, request=False)]:
            self.assertNotIn('request', self.get(call))
        [task] = self.get(koji.listTasks({'decode': False},
                                         {'limit': 1, 'order': '-id'}))
        self.assertIn('<methodCall>', task.request)
        self.assertEqual(task.target, 'f44-candidate')

    def test_options_are_not_changed(self) -> None:
        """The options that a caller passes are left alone."""
        opts = {'method': 'build'}
        self.get(self.koji.listTasks(opts))
        self.assertEqual(opts, {'method': 'build'})

    def test_list_builds(self) -> None:
        """ListBuilds takes a name or an id, of what exists or not."""
        by_name = self.get(self.koji.listBuilds('ceph', state=1))
        self.assertEqual([name for name, _, _ in self.hub.calls],
                         ['getPackageID', 'listBuilds'])
        by_id = self.get(self.koji.listBuilds(1, state=1))
        self.assertEqual(by_name, by_id)
        self.assertEqual(by_name, self.get(
            self.koji.listBuilds(packageID='ceph', state=1)))
        self.assertEqual({build.package_name for build in by_id}, {'ceph'})
        self.assertEqual(self.get(self.koji.listBuilds('nosuch')), [])
        self.assertEqual(self.get(self.koji.listBuilds(
            'nosuch', queryOpts={'countOnly': True})), 0)
        alice = self.get(self.koji.listBuilds(None, 'alice'))
        self.assertEqual({build.owner_name for build in alice}, {'alice'})

    def test_average(self) -> None:
        """The average duration is a timedelta."""
        self.assertEqual(self.get(self.koji.getAverageBuildDuration('ceph')),
                         timedelta(seconds=6112.74121))

    def test_descendents(self) -> None:
        """The hub's mapping is one list, whatever the hub sends."""
        def task(number: int) -> Any:
            return {'id': number}
        for answer, numbers in [
                ({}, []), ({'1': []}, []), (None, None),
                ({'1': [task(2), task(3)], '2': [task(4)], '3': [],
                  '4': [task(5)], '5': []}, [2, 4, 5, 3]),
                ({'1': [task(2)], '2': [task(3)], '3': [task(2)]}, [2, 3]),
                ({'1': 'x', '2': [5, task(7)], 'y': None}, [7])]:
            self.hub.respond('getTaskDescendents',
                             lambda *args, answer=answer, **kwargs: answer)
            found = self.get(self.koji.getTaskDescendents(1))
            self.assertEqual(
                found and [each.id for each in found], numbers)

    def test_odd_values(self) -> None:
        """What is no row is left as it is."""
        for method in ['getBuild', 'listTasks', 'getAverageBuildDuration',
                       'getTaskDescendents']:
            for value in ['text', [], [1, [2]], None]:
                self.hub.respond(method,
                                 lambda *args, value=value, **kw: value)
                self.assertEqual(self.get(self.koji.call(method)), value)

    def test_user(self) -> None:
        """Other results equal what the hub sent."""
        user = self.get(self.koji.getUser('alice'))
        self.assertEqual(user, Munch(recordings()['getUser'].answer))
        self.assertEqual(user.krb_principals, ['alice@EXAMPLE.TEST'])


class LinkTests(HubTestCase):
    """Links to kojiweb."""

    def test_every_page(self) -> None:
        """Each page of a single object, by id and by name."""
        hub = self.hub
        for method in ['getArchive', 'getBuildroot', 'getExternalRepo',
                       'getRPMFile', 'getArchiveFile', 'repoInfo',
                       'repo.checkRequest']:
            hub.respond(method, lambda *args: {'asked': list(args)})
        for link, found in [
                ('archiveinfo?archiveID=4', {'asked': [4]}),
                ('buildinfo?buildID=5356', 5356),
                ('buildrootinfo?buildrootID=4', {'asked': [4]}),
                ('buildtargetinfo?targetID=10', 10),
                ('buildtargetinfo?name=f44-candidate', 10),
                ('channelinfo?channelID=9', 9),
                ('externalrepoinfo?extrepoID=4', {'asked': [4]}),
                ('externalrepoinfo?extrepoID=epel', {'asked': ['epel']}),
                ('fileinfo?rpmID=4&filename=/a%20b', {'asked': [4, '/a b']}),
                ('fileinfo?archiveID=4&filename=/b', {'asked': [4, '/b']}),
                ('getfile?taskID=6475&name=root.log', 6475),
                ('hostinfo?hostID=4', 4),
                ('hostinfo?hostID=builder01.example.test', 1),
                ('hostinfo?userID=18', 1),
                ('hostinfo?userID=builder01.example.test', 1),
                ('packageinfo?packageID=1', 1),
                ('packageinfo?packageID=ceph', 1),
                ('repoinfo?repoID=4', {'asked': [4]}),
                ('reporequest?reqID=4', {'asked': [4]}),
                ('rpminfo?rpmID=13', 13),
                ('taginfo?tagID=26', 26),
                ('taginfo?tagID=f43-updates', 26),
                ('taskinfo?taskID=6475', 6475),
                ('taskstatus?taskID=6475', 6475),
                ('userinfo?userID=2', 2),
                ('userinfo?userID=alice', 2),
                ('userinfo?userID=alice%40EXAMPLE.TEST', 2),
                ('watchlogs?taskID=6475', 6475)]:
            value = self.get(self.koji.from_web(f'{WEB}/{link}'))
            self.assertEqual(value if 'asked' in value else value.id, found,
                             link)

    def test_types(self) -> None:
        """They are as typed as those of a call."""
        task = self.get(self.koji.from_web(WEB + '/taskinfo?taskID=6475'))
        self.assertIsInstance(task, Task)
        self.assertEqual(task.package, 'nodejs22')
        self.assertEqual(self.get(self.koji.from_web(task.url)), task)

    def test_forms(self) -> None:
        """The same page in other words."""
        for weburl in [WEB, WEB + '/']:
            for link in [
                    WEB + '/taskinfo?taskID=1',
                    'https://hub.example.test/koji/taskinfo?taskID=1',
                    'http://hub.example.test:80/koji/taskinfo?taskID=1',
                    'https://hub.example.test:443/koji/taskinfo?taskID=1',
                    'HTTP://Hub.Example.Test/koji/taskinfo?taskID=1#logs',
                    ' ' + WEB + '/taskinfo?taskID=1\n',
                    WEB + '/taskinfo?start=5&taskID=1&x=',
                    WEB + '/taskinfo?taskID=1&taskID=1',
                    WEB + '//taskinfo?taskID=1', WEB + '/taskinfo/?taskID=1',
                    WEB + '///taskinfo//?taskID=1',
                    'http://hub.example.test//koji/taskinfo?taskID=1',
                    WEB + '/taskinfo?start=5&amp;taskID=1',
                    WEB + '/taskinfo?start=5&amp;amp;taskID=1&#38;x=1',
                    WEB + '/taskinfo?taskID=1&amp;start=5).']:
                self.assertEqual(read_link(weburl, link),
                                 ('getTaskInfo', (1,), {}), link)

    def test_around(self) -> None:
        """Brackets, quotation marks and punctuation are not of the link."""
        link = WEB + '/taskinfo?taskID=1'
        for text in ['{}>', '{})', '{}.', '{},', '{};', '{}:', '{}!', '{}?',
                     '{}...', '{}).', '{}>,', '{}]', '{}"', "{}'", '<{}>',
                     '({})', '[{}].', '"{}",', '\u201c{}\u201d', '`{}`',
                     '**{}**', '{}\u2026', ' <{}> \n']:
            self.assertEqual(read_link(WEB, text.format(link)),
                             ('getTaskInfo', (1,), {}), text)
            self.assertEqual(path_below(WEB, text.format(WEB + '/x')), 'x')
        self.assertEqual(read_link(WEB, WEB + '/taginfo?tagID=f44).'),
                         ('getTag', ('f44',), {}))

    def test_brackets(self) -> None:
        """A bracket that was opened within the link belongs to it."""
        for name, end in [('/a(b)', ''), ('/a(b)', ')'), ('/a[1]', '].'),
                          ('/a{b}', ',')]:
            self.assertEqual(
                read_link(WEB, f'{WEB}/fileinfo?rpmID=4&filename={name}{end}'),
                ('getRPMFile', (4, name), {}))

    def test_more(self) -> None:
        """A text that has more in it than a link is None."""
        for text in ['/buildinfo?buildID=24284 is cool',
                     '/taginfo?tagID=f44 is cool', '/taginfo?tagID=f44\tx',
                     '/taskinfo?taskID=1#logs and more',
                     '/taskinfo?taskID=1\n2', '/taskinfo?taskID=1&x=1 is',
                     '/taginfo?tagID=f44>f44</a>', '/taginfo?tagID="f44" x',
                     '/taskinfo?taskID=1, ' + WEB + '/taskinfo?taskID=1']:
            self.assertIsNone(self.get(self.koji.from_web(WEB + text)), text)
            self.assertIsNone(path_below(WEB, WEB + text))
        for text in ['see {}', '[x]({})', '<a href="{}">x</a>', '{} {}']:
            link = WEB + '/taskinfo?taskID=1'
            self.assertIsNone(read_link(WEB, text.format(link, link)))
        self.assertEqual(self.hub.calls, [])

    def test_unreadable(self) -> None:
        """What cannot be read is None, and nothing is asked."""
        for link in [
                None, 5, b'http://hub.example.test/koji/taskinfo?taskID=1',
                '', 'taskinfo?taskID=1', WEB, WEB + '/', WEB + '/taskinfo',
                WEB + '/taskinfo?', WEB + '/taskinfo?taskID',
                WEB + '/taskinfo?taskID=', WEB + '/taskinfo?taskID=x',
                WEB + '/taskinfo?taskID=-1', WEB + '/taskinfo?taskID=1.0',
                WEB + '/taskinfo?taskID=+1', WEB + '/taskinfo?taskID=1_0',
                WEB + '/taskinfo?taskID=%D9%A1', WEB + '/taskinfo?taskID=0x1',
                WEB + '/taskinfo?taskID=1&taskID=2',
                WEB + '/taskinfo?taskID=2147483648',
                WEB + '/taskinfo?taskID=' + '1' * 5000,
                WEB + '/buildinfo?buildID=ceph-9.22.53-11.fc43',
                WEB + '/taginfo?tagID=%00', WEB + '/userinfo?userID=a%07',
                WEB + '/userinfo?userID=%EF%BF%BF',
                WEB + '/buildtargetinfo?targetID=f44',
                WEB + '/fileinfo?rpmID=4', WEB + '/fileinfo?filename=/a',
                WEB + '/tasks?state=all', WEB + '/search?terms=x',
                WEB + '/targetinfo?targetID=1', WEB + '/TASKINFO?taskID=1',
                WEB + '/taskinfo/x?taskID=1', WEB + '/x/taskinfo?taskID=1',
                WEB + 'x/taskinfo?taskID=1',
                'http://hub.example.test/taskinfo?taskID=1',
                'http://hub.example.test:8080/koji/taskinfo?taskID=1',
                'http://hub.example.test.evil.example/koji/taskinfo?taskID=1',
                'http://evil.example/koji/taskinfo?taskID=1',
                'http://evil.example/' + WEB + '/taskinfo?taskID=1',
                'http://hub.example.test@evil.example/koji/taskinfo?taskID=1',
                'http://me@hub.example.test/koji/taskinfo?taskID=1',
                'ftp://hub.example.test/koji/taskinfo?taskID=1',
                '//hub.example.test/koji/taskinfo?taskID=1',
                'http://hub.example.test:x/koji/taskinfo?taskID=1',
                'http://[hub.example.test/koji/taskinfo?taskID=1',
                'http://hub.example.test/koji/taskinfo?' + '&' * 2000]:
            self.assertIsNone(self.get(self.koji.from_web(link)), link)
        self.assertEqual(self.hub.calls, [])

    def test_name_of_digits(self) -> None:
        """Where a page takes names only, digits are a name."""
        self.assertEqual(read_link(WEB, WEB + '/buildtargetinfo?name=5'),
                         ('getBuildTarget', ('5',), {}))

    def test_missing(self) -> None:
        """A page of nothing is None."""
        for link in ['taskinfo?taskID=999999999', 'buildinfo?buildID=0',
                     'hostinfo?userID=1', 'taginfo?tagID=nosuch']:
            self.assertIsNone(self.get(self.koji.from_web(f'{WEB}/{link}')))

    def test_no_weburl(self) -> None:
        """Without a weburl no link can be read."""
        koji = self.hub.connection(weburl=None)
        self.assertIsNone(self.get(koji.from_web(
            WEB + '/taskinfo?taskID=6475')))

    @settings(derandomize=True, deadline=None)
    @given(st.text() | st.builds(
        lambda page, text: f'{WEB}/{page}?{text}',
        st.sampled_from(sorted(PAGES)), st.text()))
    def test_anything(self, link: str) -> None:
        """No text at all makes it fail."""
        question = read_link(WEB, link)
        if question is not None:
            [page] = [pages for name, pages in PAGES.items()
                      if f'/{name}?' in link]
            self.assertIn(question.method, [each.method for each in page])


class ProfilesByLinkTests(SynchronousTestCase):
    """Connection.connect_from_web."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        path = write(folder(self) + '/koji.conf', '''
[brew]
server = https://brew.example.com/hub
weburl = https://brew.example.com/
[koji]
server = https://koji.example.com/hub
weburl = http://koji.example.com/koji
[inner]
server = https://inner.example.com/hub
weburl = https://koji.example.com/koji/inner/
[twin]
server = https://twin.example.com/hub
weburl = https://koji.example.com/koji/
[no-server]
weburl = https://odd.example.com/koji
[bad]
server = https://bad.example.com/hub
weburl = https://bad.example.com/koji
timeout = soon
[no-web]
server = https://noweb.example.com/hub
''')
        self.patch(txkoji.connection, 'PROFILES', [path])

    def test_found(self) -> None:
        """The profile whose site has the page."""
        for link, name in [
                ('https://koji.example.com/koji/taskinfo?taskID=1', 'koji'),
                ('http://koji.example.com/koji/x', 'koji'),
                ('https://koji.example.com/koji/inner/x', 'inner'),
                ('https://brew.example.com/taskinfo?taskID=1', 'brew'),
                ('https://brew.example.com//taskinfo?taskID=1', 'brew'),
                ('<https://koji.example.com//koji//inner/x>.', 'inner')]:
            koji = Connection.connect_from_web(link)
            self.assertEqual(koji and koji.profile, name)

    def test_arguments(self) -> None:
        """Arguments for the Connection are passed on; subclasses stay."""
        class Mine(Connection):
            pass
        network = mock.Mock()
        koji = Mine.connect_from_web('https://brew.example.com/',
                                     network=network)
        self.assertIsInstance(koji, Mine)
        self.assertIs(koji and koji.client._transport.network, network)

    def test_not_found(self) -> None:
        """None for a link to none of them."""
        for link in ['https://koji.example.com/kojifoo/x', 'x', '', None,
                     'https://odd.example.com/koji/x',
                     'https://bad.example.com/koji/x',
                     'https://koji.example.com/koji', 'http://[x/koji/',
                     'https://koji.example.com/koji/x is cool']:
            self.assertIsNone(Connection.connect_from_web(link))
