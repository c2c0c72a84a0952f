"""FakeHub: taught, misbehaving, queried; and its tables' own logic."""
from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from datetime import timedelta
from typing import Any

from hypothesis import given, settings, strategies as st
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks, succeed
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests import make_sample
from tests.support import HubTestCase, folder, write
from txkoji import Connection, Profile
from txkoji.exceptions import (
    AnswerError,
    ConnectionFailed,
    GenericError,
    HTTPError,
    KojiException,
    ParameterError,
    ServerOffline,
    TagError,
)
from txkoji.testing import FakeHub
from txkoji.testing.methods import known_methods
from txkoji.testing.queries import query


class SampleTests(SynchronousTestCase):
    """The sample data."""

    def test_made_of_recordings(self) -> None:
        """The files are what the recordings give."""
        for name, text in make_sample.sample().items():
            with open(os.path.join(make_sample.FOLDER, name),
                      encoding='utf-8') as file:
                self.assertEqual(file.read(), text, name)

    def test_empty(self) -> None:
        """A hub may know nothing."""
        koji = FakeHub(clock=Clock(), sample=False).connection()
        self.assertEqual(self.successResultOf(koji.listTags()), [])
        self.assertIsNone(self.successResultOf(koji.getBuild('a-1-1')))
        self.assertEqual(self.successResultOf(koji.getLastEvent()).id, 1)
        self.assertIsNone(self.successResultOf(
            koji.getAverageBuildDuration('a')))

    def test_of_its_own(self) -> None:
        """What a test changes in a hub, another hub does not see."""
        one, other = FakeHub(clock=Clock()), FakeHub(clock=Clock())
        one.tables.tags[0]['name'] = 'renamed'
        one.tables.tags.append({'id': 999, 'name': 'more'})
        one.tables.tags[39]['extra']['more'] = True
        self.assertNotIn('more', other.tables.tags[39]['extra'])
        for hub, name, number in [(one, 'renamed', 999), (other, 'f40', None)]:
            koji = hub.connection()
            self.assertEqual(self.successResultOf(koji.getTag(1)).name, name)
            more = self.successResultOf(koji.getTag('more'))
            self.assertEqual(more and more.id, number)
        self.assertRaises(AttributeError, getattr, one.tables, 'nosuch')

    def test_time(self) -> None:
        """Its Connections go by its time: that of the sample, and on."""
        hub = FakeHub(clock=Clock())
        koji = hub.connection()
        [task] = self.successResultOf(koji.listTasks(
            {'state': [1]}, queryOpts={'limit': 1, 'order': '-id'}))
        self.assertLess(task.duration, timedelta(hours=12))
        before = task.duration
        hub.clock.advance(600)
        self.assertEqual(task.duration - before, timedelta(minutes=10))
        host = self.successResultOf(koji.getHost(1))
        hub.clock.advance(86400)
        later = self.successResultOf(koji.getHost(1))
        self.assertEqual(later.updated - host.updated, timedelta(days=1))
        self.assertIn(later, self.successResultOf(koji.listHosts()))

    def test_rows_added(self) -> None:
        """A build that a test adds is found as any other."""
        hub = FakeHub(clock=Clock())
        hub.tables.builds.append({
            'id': 9001, 'package_id': 1, 'version': '1', 'release': '2',
            'state': 1, 'task_id': None, 'owner_id': 2,
            'creation_time': '2026-11-22 10:00:00+00:00'})
        hub.tables.taggings.append({'tag_id': 33, 'build_id': 9001,
                                    'create_event': 99999})
        koji = hub.connection()
        build = self.successResultOf(koji.getBuild('ceph-1-2'))
        self.assertEqual((build.id, build.owner_name, build.source),
                         (9001, 'alice', None))
        [found] = self.successResultOf(koji.listTagged('f44', package='ceph'))
        self.assertEqual(found.id, 9001)
        self.assertEqual(self.successResultOf(koji.listBuilds(
            'ceph', createdAfter='2026-11-22 09:00:00+00:00')), [
                self.successResultOf(koji.listBuilds(1))[-1]])


class TeachingTests(HubTestCase):
    """respond(), fault(), calls."""

    def test_values(self) -> None:
        """A value, a callable, a Deferred, a coroutine."""
        async def later(number: int) -> int:
            return number + 1

        for answer, result in [
                (5, 5), (None, None), (lambda number: number * 2, 8),
                (lambda number: succeed([number]), [4]), (later, 5)]:
            self.hub.respond('getRepo', answer)
            self.assertEqual(self.get(self.koji.getRepo(4)), result)
        self.assertEqual(self.hub.calls, [('getRepo', (4,), {})] * 5)
        self.assertEqual(self.hub.requests, 5)

    def test_late(self) -> None:
        """An answer may come later."""
        waiting: Deferred[Any] = Deferred()
        self.hub.respond('getRepo', lambda: waiting)
        call = self.koji.getRepo()
        self.assertNoResult(call)
        waiting.callback('now')
        self.assertEqual(self.get(call), 'now')

    def test_faults(self) -> None:
        """A fault by code, or by an exception that is raised."""
        def refuse() -> None:
            raise TagError('no')

        self.hub.fault('getTag', 1003, 'no')
        self.hub.respond('getUser', refuse)
        for method in ('getTag', 'getUser'):
            error = self.fail_of(self.koji.call(method), TagError)
            self.assertEqual((error.faultCode, str(error)), (1003, 'no'))

    def test_bugs(self) -> None:
        """What a callable does wrong is a fault, as on a hub; and logged."""
        for answer, text in [(lambda: 1 / 0, 'division by zero'),
                             (lambda: object(), 'XML-RPC cannot carry')]:
            self.hub.respond('getRepo', answer)
            error = self.fail_of(self.koji.getRepo())
            self.assertEqual(error.faultCode, 1)
            self.assertIn(text, str(error))
            self.assertEqual(len(self.flushLoggedErrors()), 1)

    def test_arguments(self) -> None:
        """A callable that does not take the arguments: ParameterError."""
        self.hub.respond('getRepo', lambda number: number)
        self.fail_of(self.koji.getRepo(), ParameterError)
        self.fail_of(self.koji.getRepo(1, 2), ParameterError)
        self.fail_of(self.koji.getRepo(name=1), ParameterError)

    def test_forget(self) -> None:
        """What it was taught can be forgotten."""
        self.hub.respond('getTag', 'taught')
        self.assertEqual(self.get(self.koji.getTag('f44')), 'taught')
        self.hub.respond('system.multicall', 'taught')
        for method in ('getTag', 'system.multicall', 'multiCall', 'nosuch'):
            self.hub.forget(method)
        self.assertEqual(self.get(self.koji.getTag('f44')).id, 33)
        self.assertEqual(self.get(self.koji.multiCall([])), [])
        self.assertEqual(
            self.get(self.koji.call('system.multicall', [])), [])
        self.assertRaises(TypeError, self.hub.fault, 'getTag', '1000', 'text')

    def test_calls_stay(self) -> None:
        """What is written down is what was asked, whatever comes of it."""
        self.hub.respond('getRepo', lambda numbers: numbers.append(9))
        self.get(self.koji.getRepo([1]))
        self.assertEqual(self.hub.calls, [('getRepo', ([1],), {})])

    def test_arguments_it_cannot_answer(self) -> None:
        """An argument that the tables cannot answer is not passed over."""
        koji = self.koji
        for call in [koji.listRPMs(hostID=1), koji.listBuilds(typeInfo={}),
                     koji.listArchives(imageID=1),
                     koji.getRPM(1, multi=True)]:
            error = self.fail_of(call)
            self.assertEqual(error.faultCode, 1)
            self.assertIn('respond()', str(error))

    def test_unknown(self) -> None:
        """An unknown method; and one that only a real hub knows."""
        error = self.fail_of(self.koji.nosuch(), GenericError)
        self.assertEqual(str(error), 'Invalid method: nosuch')
        error = self.fail_of(self.koji.getRPMDeps(1))
        self.assertEqual(error.faultCode, 1)
        self.assertIn('respond()', str(error))
        for name in ('_perform', '__init__', '_tables', 'tagged', 'caller',
                     'new_tag', 'host._mine', 'make', 'world'):
            self.fail_of(self.koji.call(name), GenericError)
        self.assertIn('getBuild', self.get(
            self.koji.call('system.listMethods')))
        self.assertIn('repo.request', known_methods())

    def test_multicall(self) -> None:
        """An entry a call: values, faults, and unknown methods."""
        self.hub.fault('tagBuild', 1003, 'no')
        entries = self.get(self.koji.call('system.multicall', [
            {'methodName': 'getAPIVersion', 'params': []},
            {'methodName': 'tagBuild', 'params': [1, 2]},
            {'methodName': 'getTag', 'params': [
                'nosuch', {'strict': True, '__starstar': True}]},
            {'methodName': 'nosuch', 'params': []}]))
        self.assertEqual(entries[0], [1])
        self.assertEqual([entry.faultCode for entry in entries[1:]],
                         [1003, 1000, 1000])
        self.assertEqual(entries[2].faultString, "No such tagInfo: 'nosuch'")
        self.assertEqual([name for name, _, _ in self.hub.calls], [
            'system.multicall', 'getAPIVersion', 'tagBuild', 'getTag',
            'nosuch'])
        self.assertEqual(self.hub.requests, 1)
        self.hub.respond('boom', lambda: 1 / 0, plugin=True,
                         anonymous=True)
        entries = self.get(self.koji.call('multiCall', [
            {}, {'methodName': 'boom', 'params': []},
            {'methodName': 'getAPIVersion', 'params': []}]))
        self.assertEqual([entry.faultCode for entry in entries[:2]], [1, 1])
        self.assertEqual(entries[1].faultString, 'division by zero')
        self.assertEqual(entries[2], [1])
        # With its traceback, as of a single call.
        [error] = self.flushLoggedErrors(ZeroDivisionError)
        self.assertIn('test_fakehub', error.getTraceback())


class TroubleTests(HubTestCase):
    """misbehave()."""

    def check(self, kind: str, error: Any, carried_out: int) -> None:
        """Check an answer."""
        self.hub.misbehave(kind, method='getTag', times=2)
        for _ in range(2):
            self.fail_of(self.koji.getTag(1), error)
            self.assertEqual(self.get(self.koji.getAPIVersion()), 1)
        self.assertEqual(self.get(self.koji.getTag(1)).id, 1)
        tags = [call for call in self.hub.calls if call[0] == 'getTag']
        self.assertEqual(len(tags), carried_out + 1)

    def test_offline(self) -> None:
        """A fault 1014, for one method and so many times."""
        self.check('offline', ServerOffline, 0)

    def test_dropped_before(self) -> None:
        """The connection breaks, and the call was not carried out."""
        self.check('dropped-before', ConnectionFailed, 0)

    def test_dropped_after(self) -> None:
        """The connection breaks, and the call was carried out."""
        self.check('dropped-after', ConnectionFailed, 2)

    def test_truncated(self) -> None:
        """The answer ends in the middle."""
        self.check('truncated', ConnectionFailed, 2)

    def test_garbage(self) -> None:
        """The answer is nonsense."""
        self.check('garbage', AnswerError, 2)

    def test_slow(self) -> None:
        """The answer comes later, by the hub's clock."""
        self.hub.misbehave('slow', seconds=30)
        call = self.koji.getTag(1)
        self.hub.clock.advance(29)
        self.assertNoResult(call)
        self.hub.clock.advance(1)
        self.assertEqual(self.get(call).id, 1)

    def test_behave(self) -> None:
        """Until it is told to behave."""
        self.hub.misbehave('offline', text='planned outage')
        for _ in range(5):
            error = self.fail_of(self.koji.getTag(1), ServerOffline)
            self.assertEqual(str(error), 'planned outage')
        self.hub.behave()
        self.get(self.koji.getTag(1))

    def test_unknown(self) -> None:
        """A kind that there is not is a ValueError at once."""
        error = self.assertRaises(ValueError, self.hub.misbehave, 'late')
        self.assertIn('truncated', str(error))


class QueryTests(HubTestCase):
    """Orders, limits, filters."""

    @settings(derandomize=True, deadline=None, max_examples=50)
    @given(st.data())
    def test_pages(self, data: st.DataObject) -> None:
        """Any page is a slice of the whole, and countOnly its length."""
        method, args, order = data.draw(st.sampled_from([
            ('listBuilds', [1], '-build_id'), ('listBuilds', [1], 'nvr'),
            ('listBuilds', [1], 'completion_ts,-build_id'),
            ('listTasks', [], '-id'),
            ('listTasks', [{'method': 'build'}], 'priority,create_time,id'),
            ('listTags', [], 'name'), ('listPackages', [], '-package_name'),
            ('listUsers', [], 'name'),
            ('getBuildTargets', [], 'dest_tag,-id')]))
        whole = self.get(self.koji.call(method, *args,
                                        queryOpts={'order': order}))
        offset = data.draw(st.integers(0, len(whole) + 3))
        limit = data.draw(st.integers(0, 50))
        options = {'order': order, 'offset': offset, 'limit': limit}
        expected = whole[offset:offset + limit if limit else None]
        self.assertEqual(self.get(self.koji.call(
            method, *args, queryOpts=options)), expected)
        self.assertEqual(self.get(self.koji.call(
            method, *args, queryOpts={**options, 'countOnly': True})),
            len(expected))
        self.assertEqual(self.get(self.koji.count(method, *args)),
                         len(whole))
        if ',' in order:
            return
        # Equal rows stay in the order in which the hub had them.
        whole = self.get(self.koji.filterResults(
            method, *args, filterOpts={'order': order}))
        expected = whole[offset:offset + limit]
        self.assertEqual(self.get(self.koji.filterResults(
            method, *args, filterOpts=options)), expected)
        self.assertEqual(self.get(self.koji.countAndFilterResults(
            method, *args, filterOpts=options)), [len(whole), expected])

    def test_order(self) -> None:
        """Several columns, backwards or not; NULL is the greatest."""
        rows = [{'a': 1, 'b': None}, {'a': 1, 'b': 5}, {'a': None, 'b': 7}]
        for order, expected in [
                ('a,b', [rows[1], rows[0], rows[2]]),
                ('-a,b', [rows[2], rows[1], rows[0]]),
                ('a,-b', [rows[0], rows[1], rows[2]]),
                ('', rows), (None, rows)]:
            self.assertEqual(query(rows, {'order': order}), expected)
        self.assertEqual(query(rows[1:2], {'asList': True}), [[1, 5]])
        error = self.assertRaises(KojiException, query, rows,
                                  {'order': '-c'})
        self.assertEqual((error.faultCode, str(error)),
                         (1, "<class 'Exception'>: Invalid order: c"))

    def test_refused(self) -> None:
        """The database's complaints are faults 1; a count needs no order."""
        for options, text in [
                ({'order': 'nosuch'}, "<class 'Exception'>: Invalid order:"
                                      ' nosuch'),
                ({'limit': -1}, "<class 'psycopg2.errors.InvalidRowCountIn"
                                "LimitClause'>: LIMIT must not be negative\n"),
                ({'offset': -1}, "<class 'psycopg2.errors.InFailedSql"
                                 "Transaction'>: current transaction is"
                                 ' aborted, commands ignored until end of'
                                 ' transaction block\n')]:
            error = self.fail_of(self.koji.listTags(queryOpts=options))
            self.assertEqual((error.faultCode, str(error)), (1, text))
        for options, count in [({'order': 'nosuch'}, 8), ({'limit': 3}, 3),
                               ({'offset': 3}, 5), ({'limit': 0}, 8)]:
            self.assertEqual(self.get(self.koji.listTags(
                pattern='f44*', queryOpts={'countOnly': True, **options})),
                count)

    def test_filter_refused(self) -> None:
        """FilterResults takes one key; 0 is no rows, where None is all."""
        for order in ('build_id,tag_id', '-nosuch'):
            error = self.fail_of(self.koji.filterResults(
                'listTagged', 'f43-updates', filterOpts={'order': order}))
            self.assertEqual((error.faultCode, str(error)), (
                1, f"<class 'KeyError'>: {order.lstrip('-')!r}"))
        for limit, count in [(0, 0), (None, 72), (5, 5)]:
            self.assertEqual(len(self.get(self.koji.filterResults(
                'listTags', filterOpts={'limit': limit}))), count)

    def test_every_row(self) -> None:
        """A listed build, and getBuild by id, NVR and dictionary, agree."""
        listed = self.get(self.koji.listBuilds(queryOpts={
            'order': '-build_id', 'limit': 150}))
        for row in listed:
            parts = {name: row[name] for name in ('name', 'version',
                                                  'release')}
            for info in (row.build_id, row.nvr, parts, {'id': row.build_id}):
                build = self.get(self.koji.getBuild(info))
                self.assertEqual({name: build[name] for name in row}, row)
        for task in self.get(self.koji.listTasks(queryOpts={'limit': 50})):
            same = self.get(self.koji.getTaskInfo(task.id))
            self.assertEqual({name: task[name] for name in same}, same)

    def test_filters(self) -> None:
        """Each filter gives exactly the rows that fit."""
        builds = self.get(self.koji.listBuilds())
        tasks = self.get(self.koji.listTasks())
        time = 1795000000.0
        for options, fits in [
                (dict(userID='alice'), lambda b: b.owner_name == 'alice'),
                (dict(state=0), lambda b: b.state == 0),
                (dict(taskID=-1), lambda b: b['task_id'] is not None),
                (dict(prefix='python-d'),
                 lambda b: b.name.startswith('python-d')),
                (dict(pattern='*.fc44'), lambda b: b.nvr.endswith('.fc44')),
                (dict(source='*/ceph.git#*'),
                 lambda b: '/ceph.git#' in str(b.source)),
                (dict(draft=True), lambda b: b.draft),
                (dict(volumeID='DEFAULT'), lambda b: b.volume_id == 0),
                (dict(completeAfter=time),
                 lambda b: (b.completion_ts or 0) > time),
                (dict(createdBefore=time), lambda b: b.creation_ts < time),
                (dict(promotedAfter=time, promoter='alice'),
                 lambda b: False)]:
            found = self.get(self.koji.listBuilds(**options))
            self.assertEqual(found, [b for b in builds if fits(b)], options)
        for opts, fits in [
                (dict(method='buildArch', state=[2, 5]),
                 lambda t: t.method == 'buildArch' and t.state in (2, 5)),
                (dict(not_method='build'), lambda t: t.method != 'build'),
                (dict(owner=2), lambda t: t.owner == 2),
                (dict(not_state=[2]), lambda t: t.state != 2),
                (dict(parent=None), lambda t: t.parent is None),
                (dict(arch='s390x'), lambda t: t['arch'] == 's390x'),
                (dict(channel_id=9, host_id=9),
                 lambda t: t.channel_id == 9 and t.host_id == 9),
                (dict(createdAfter=time), lambda t: t.create_ts > time),
                (dict(startedBefore=time),
                 lambda t: (t.start_ts or time) < time),
                (dict(completeAfter='2026-11-21 00:00:00+00:00'),
                 lambda t: str(t.completion_time) > '2026-11-21'
                 and t.completion_time)]:
            found = self.get(self.koji.listTasks(opts))
            self.assertTrue(found, opts)
            self.assertEqual(found, [t for t in tasks if fits(t)], opts)

    def test_wrong_names(self) -> None:
        """What is not there, in the hub's words."""
        koji = self.koji
        for call, text in [
                (koji.getTag(0, strict=True), 'No such tagInfo: 0'),
                (koji.getPackage('x', strict=True),
                 'No such entry in table package: x'),
                (koji.getBuildTarget('x', strict=True),
                 'No such build target: x'),
                (koji.getHost('x', strict=True), 'Invalid hostInfo: x'),
                (koji.getUser('x', strict=True), "No such user: 'x'"),
                (koji.getUser(), 'No user provided'),
                (koji.getRPM('x', strict=True), 'invalid format: x'),
                (koji.getTaskResult(1), 'No such task'),
                (koji.getTaskRequest(1), 'query returned no rows'),
                (koji.getTaskChildren(1, strict=True),
                 'query returned no rows'),
                (koji.getTaskInfo('x'), "Invalid type for value 'x': <class"
                 " 'str'>, expected type <class 'int'>"),
                (koji.getBuild([1]),
                 "Invalid type for argument: <class 'list'>"),
                (koji.getBuild('x'), 'invalid format: x')]:
            self.assertEqual(str(self.fail_of(call, GenericError)), text)
        self.assertEqual(self.get(koji.listTagged('x', strict=False)), [])

    def test_more_lists(self) -> None:
        """Options that no recording has."""
        koji = self.koji
        tags = self.get(koji.listTags(pattern='f44-*'))
        self.assertEqual(len(tags), 7)
        users = self.get(koji.listUsers(userType=1))
        self.assertEqual(len(users), 11)
        self.assertEqual(self.get(koji.getUser({'id': 2})).name, 'alice')
        hosts = self.get(koji.listHosts(arches='s390x', ready=True,
                                        queryOpts={'limit': 1}))
        self.assertEqual({host.ready for host in hosts}, {True})
        self.assertEqual(len(self.get(koji.listChannels(enabled=False))), 1)
        target = self.get(koji.getBuildTargets('f44-candidate'))
        self.assertEqual([each.id for each in target], [10])
        self.assertTrue(self.get(koji.getBuildTargets(destTagID='f44')))
        packages = self.get(koji.listPackages(
            'f44', userID='bob', with_owners=False, with_blocked=False))
        self.assertNotIn('owner_name', packages[0])
        self.assertEqual(self.get(koji.listRPMs(
            5391, arches='src'))[0].nvr, 'ceph-99.0-1.fc44')
        self.assertEqual(self.get(koji.getArchive(1)).build_id, 5411)
        self.assertIsNone(self.get(koji.getArchive(99)))
        self.fail_of(koji.getArchive(99, strict=True), GenericError)
        self.assertNotIn('krb_principals', self.get(
            koji.getUser('alice', krb_princs=False)))
        self.assertNotIn('perm', self.get(koji.listTags(perms=False))[0])
        early = self.get(koji.listTagged('f43-updates', event=13000))
        self.assertTrue(0 < len(early) < 3350)
        builds = self.get(koji.listTagged(
            'f43-updates', owner='alice', prefix='py', latest=2, extra=True))
        self.assertEqual({build.owner_name for build in builds}, {'alice'})
        self.assertIn('extra', builds[0])
        self.assertEqual(self.get(koji.getFullInheritance('f44')), [])
        self.assertEqual(self.get(koji.getTaskResult(6477, False)).faultCode,
                         1005)


#: A small world of tags: links as (child, parent, priority, maxdepth,
#: intransitive, filter), taggings, and blocked packages.
LINKS = st.lists(st.tuples(
    st.integers(1, 6), st.integers(1, 6), st.integers(0, 20),
    st.none() | st.integers(0, 3), st.booleans(),
    st.sampled_from(['', '', '', '^a', 'b$'])),
    max_size=9, unique_by=(lambda link: link[:2], lambda link: link[2]))
TAGGINGS = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 12)),
                    unique=True, max_size=25)
#: Of each build: state, owner, draft, whether it is an image.
BUILDS = st.lists(st.tuples(st.sampled_from([1, 1, 1, 3]), st.integers(1, 2),
                            st.booleans(), st.booleans()),
                  min_size=12, max_size=12)
FILTERS = st.fixed_dictionaries({}, optional={
    'owner': st.integers(1, 2), 'draft': st.booleans(),
    'type': st.just('image'), 'package': st.sampled_from(['a', 'b']),
    'prefix': st.just('a')})
BLOCKED = st.lists(st.tuples(st.integers(1, 6), st.integers(1, 4),
                             st.booleans()),
                   unique_by=lambda row: row[:2], max_size=4)
PACKAGES = {1: 'a', 2: 'ab', 3: 'b', 4: 'c'}


def build_package(build: int) -> int:
    """Get the package of a build."""
    return build % 4 + 1


def walk(links: Any, tag: int) -> list[tuple[int, set[int]]]:
    """
    Walk all paths of the inheritance, in order, unlike FakeHub does it.

    With each tag come the packages that its first path lets through, and the
    further packages of later paths.
    """
    paths: list[tuple[int, set[int]]] = [(tag, set(PACKAGES))]

    def go(path: list[int], seen: set[int], left: float) -> None:
        for child, parent, _, depth, intransitive, pattern in sorted(
                links, key=lambda link: link[2]):
            if child != path[-1] or parent in path or left < 1:
                continue
            if intransitive and len(path) > 1:
                continue
            passed = {number for number in seen
                      if re.match(pattern, PACKAGES[number])}
            paths.append((parent, passed))
            go([*path, parent], passed,
               min(left - 1, float('inf') if depth is None else depth))

    go([tag], set(PACKAGES), float('inf'))
    return paths


class InheritanceTests(HubTestCase):
    """listTagged agrees with the tags' inheritance."""

    def world(self, links: Any, taggings: Any, blocked: Any,
              builds: Any = ((1, 1, False, False),) * 12) -> Any:
        """Make a hub of links and taggings."""
        hub = FakeHub(clock=Clock(), sample=False)
        tables = hub.tables
        for name in ('tags', 'packages'):
            getattr(tables, name).extend(
                {'id': number, 'name': PACKAGES.get(number, str(number))
                 if name == 'packages' else f'tag{number}'}
                for number in range(1, 7))
        tables.users.extend({'id': number, 'name': str(number)}
                            for number in (1, 2))
        for number, (state, owner, draft, image) in enumerate(builds, 1):
            tables.builds.append({
                'id': number, 'package_id': build_package(number),
                'version': '1', 'release': str(number), 'state': state,
                'owner_id': owner, 'draft': draft})
            if image:
                tables.build_types.append({
                    'build_id': number, 'type': 'image', 'info': {}})
        for child, parent, priority, depth, intransitive, pattern in links:
            tables.inheritance.append({
                'child_id': child, 'parent_id': parent, 'priority': priority,
                'maxdepth': depth, 'intransitive': intransitive,
                'noconfig': False, 'pkg_filter': pattern})
        for event, (tag, build) in enumerate(taggings):
            tables.taggings.append({'tag_id': tag, 'build_id': build,
                                    'create_event': event})
        for tag, package, is_blocked in blocked:
            tables.tag_packages.append({
                'tag_id': tag, 'package_id': package, 'blocked': is_blocked,
                'owner_id': None, 'extra_arches': None})
        return hub.connection()

    @settings(derandomize=True, deadline=None, max_examples=300)
    @given(LINKS, TAGGINGS, BLOCKED, BUILDS, FILTERS, st.booleans(),
           st.sampled_from([0, 1, 2]))
    def test_model(self, links: Any, taggings: Any, blocked: Any,
                   builds: Any, filters: Any, inherit: bool, latest: int
                   ) -> None:
        """Builds are those of the tags on all paths, in their order."""
        koji = self.world(links, taggings, blocked, builds)

        def asked_for(build: int) -> bool:
            state, owner, draft, image = builds[build - 1]
            name = PACKAGES[build_package(build)]
            return (state == 1 and filters.get('owner', owner) == owner
                    and filters.get('draft', draft) == draft
                    and (image or 'type' not in filters)
                    and filters.get('package', name) == name
                    and name.startswith(filters.get('prefix', '')))

        paths = walk(links, 1) if inherit else walk([], 1)
        listed: dict[int, bool] = {}
        # Lists of packages are inherited in any case.
        for tag, passed in walk(links, 1):
            for place, package, is_blocked in blocked:
                if place == tag and package in passed:
                    listed.setdefault(package, is_blocked)
        expected: list[tuple[int, int]] = []
        for tag, passed in paths:
            for place, build in reversed(taggings):
                package = build_package(build)
                if place != tag or package not in passed \
                        or not asked_for(build):
                    continue
                if listed.get(package) or build in dict(expected):
                    continue
                if latest and sum(build_package(other) == package
                                  for other, _ in expected) >= latest:
                    continue
                expected.append((build, tag))
        found = self.get(koji.listTagged(1, inherit=inherit, latest=latest,
                                         **filters))
        self.assertEqual([(row.id, row.tag_id) for row in found], expected)

    def test_order(self) -> None:
        """Links are followed by priority, and depth counts."""
        links = [(1, 2, 10, None, False, ''), (1, 3, 5, 1, False, ''),
                 (3, 4, 0, None, False, ''), (4, 5, 0, None, False, '')]
        koji = self.world(links, [], [])
        self.assertEqual(
            [(row.parent_id, row.currdepth, row.nextdepth)
             for row in self.get(koji.getFullInheritance(1))],
            [(3, 1, 1), (4, 2, 0), (2, 1, None)])

    def test_circle(self) -> None:
        """Tags that inherit from each other do not hang it."""
        links = [(1, 2, 0, None, False, ''), (2, 1, 0, None, False, '')]
        koji = self.world(links, [(2, 4), (1, 5)], [])
        found = self.get(koji.listTagged(1, inherit=True))
        self.assertEqual([row.id for row in found], [5, 4])


class ServingTests(TestCase):
    """FakeHub on a port."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.hub = FakeHub(clock=Clock())
        self.server = yield self.hub.listen()
        self.addCleanup(self.hub.stop)

    @inlineCallbacks
    def test_listen(self) -> Any:
        """It is served on loopback, until it is stopped."""
        self.assertTrue(self.server.startswith('http://127.0.0.1:'))
        koji = Connection(Profile('p', server=self.server,
                                  max_retries=0))
        self.addCleanup(koji.close)
        self.assertEqual((yield koji.getTag('f44')).id, 33)
        yield self.hub.stop()
        yield self.assertFailure(koji.getTag('f44'), ConnectionFailed)

    @inlineCallbacks
    def test_clock(self) -> Any:
        """With the real reactor for its clock, slow is slow."""
        hub = FakeHub(reactor=reactor)
        hub.misbehave('slow', seconds=0.001)
        koji = hub.connection()
        self.assertEqual((yield koji.getTag('f44')).id, 33)
        self.assertIs(hub.clock, reactor)

    @inlineCallbacks
    def test_http(self) -> Any:
        """What is not a request is refused as the hub refuses it."""
        import requests

        def ask(method: str, data: bytes) -> Any:
            response = requests.request(method, self.server, data=data)
            return (response.status_code, response.text,
                    response.headers['Content-Type'],
                    response.headers['Koji-Version'])

        for method, data, status, text in [
                ('GET', b'', 405, 'Method Not Allowed\nThis is an XML-RPC'
                 ' server. Only POST requests are accepted.\n'),
                ('POST', b'', 400, 'Invalid request: Empty request\n'),
                ('POST', b'hello', 400,
                 'Invalid request: syntax error: line 1, column 0\n'),
                ('POST', b'x' * 4194305, 400,
                 'Invalid request: Request too long\n')]:
            answer = yield deferToThread(ask, method, data)
            self.assertEqual(answer, (status, text, 'text/plain', '1.36.0'))

    @inlineCallbacks
    def test_too_long(self) -> Any:
        """A request over the hub's limit is an error that says so."""
        koji = self.hub.connection()
        error = yield self.assertFailure(koji.echo('x' * 4194304), HTTPError)
        self.assertIn('Request too long', str(error))

    def test_command(self) -> None:
        """Python -m txkoji.testing serves one, and prints the profile."""
        process = subprocess.Popen(
            [sys.executable, '-m', 'txkoji.testing', '--profile', 'tryout'],
            stdout=subprocess.PIPE, text=True)
        assert process.stdout is not None
        text = ''
        while 'weburl' not in text:
            line: str | None = process.stdout.readline()
            self.assertTrue(line, text)
            text += line or ''
        path = write(folder(self) + '/koji.conf', text)
        koji = Connection(Profile('x', server='http://x'))
        self.assertIsNone(koji.lookup('tryout', 'nosuch'))
        from txkoji.hub.profile import read_profile
        profile = read_profile('tryout', [path])
        tag = koji_tag(profile.server)
        process.send_signal(signal.SIGTERM)
        process.communicate()
        self.assertEqual(tag['name'], 'f44')
        self.assertEqual(profile.weburl,
                         profile.server.replace('kojihub', 'koji'))


def koji_tag(server: str) -> Any:
    """Ask with Koji's own client."""
    import koji
    session = koji.ClientSession(server)
    try:
        return session.getTag('f44')
    finally:
        session.rsession.close()
