"""Rich objects: what they are, and what they never do."""
from __future__ import annotations

import contextlib
import copy
import json
import pickle
from collections.abc import Iterator
from datetime import datetime, timedelta, timezone
from typing import Any
from xmlrpc.client import Fault

from munch import Munch
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import recordings
from txkoji.build import Build
from txkoji.builds.archives import BuildArchive
from txkoji.channel import Channel
from txkoji.package import Package
from txkoji.resource import Resource, from_text, from_timestamp
from txkoji.results import ROWS, typed
from txkoji.rows import BuildTarget, Host, Tag, User
from txkoji.task import Task
from txkoji.testing import FakeHub

#: Members of the hub's rows that a name of ours hides, and why.
HIDDEN = {
    (Task, 'arch'): 'what the task is for; the scheduler\'s is task["arch"]',
    (Build, 'task_id'): 'the same, and found for containers, too',
}


class Broken(Resource):
    """An object with a bug."""

    __slots__ = ()

    @property
    def broken(self) -> Any:
        """Raise AttributeError."""
        return self.no_such_name


class ObjectTests(SynchronousTestCase):
    """A dictionary of the hub's data, with a connection beside it."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        self.koji = FakeHub(clock=Clock()).connection()
        self.build = self.successResultOf(
            self.koji.getBuild('rhceph-container-8-40'))
        self.sent = recordings()['getBuild.osbs'].answer

    def test_hubs_data_only(self) -> None:
        """Comparing, listing, copying, JSON: the hub's data, no more."""
        self.assertEqual(self.build, self.sent)
        self.assertEqual(dict(self.build), self.sent)
        self.assertEqual(set(self.build), set(self.sent))
        self.assertEqual(json.loads(json.dumps(self.build)), self.sent)
        self.assertEqual(self.build.toDict(), self.sent)
        self.assertNotIn('connection', repr(self.build))
        self.assertTrue(repr(self.build).startswith('Build({'))

    def test_nested(self) -> None:
        """What is within is plain Munch."""
        self.assertIs(type(self.build.extra), Munch)
        self.assertIs(type(self.build.extra.osbs_build), Munch)
        made = Build.fromDict(self.sent)
        self.assertIs(type(made), Build)
        self.assertIs(type(made.extra.osbs_build), Munch)

    def test_copies(self) -> None:
        """Copies keep type and connection; deep ones are deep."""
        for make in (Build.copy, copy.copy, copy.deepcopy):
            again = make(self.build)
            self.assertIs(type(again), Build)
            self.assertEqual(again, self.build)
            self.assertIsNot(again, self.build)
            self.assertIs(again.connection, self.koji)
            self.assertEqual(again.url, self.build.url)
            again.state = 99
            self.assertEqual(self.build.state, 1)
            self.assertIs(type(again.extra), Munch)
            self.assertEqual(again.extra is self.build.extra,
                             make is not copy.deepcopy)

    def test_pickle(self) -> None:
        """Pickling keeps the type, and drops the connection."""
        for protocol in range(pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(self.build, protocol))
            self.assertIs(type(again), Build)
            self.assertEqual(again, self.sent)
            self.assertIs(type(again.extra), Munch)
            self.assertIsNone(again.connection)
            self.assertIsNone(again.url)

    def test_by_hand(self) -> None:
        """They can be made as any dictionary, and given a connection."""
        for made in [Task(id=1, method='build'), Task({'id': 1}),
                     Task([('id', 1)])]:
            self.assertIsNone(made.connection)
            self.assertIsNone(made.url)
            made.connection = self.koji
            self.assertNotIn('connection', made)
            self.assertEqual(
                made.url, 'http://hub.example.test/koji/taskinfo?taskID=1')

    def test_without_connection(self) -> None:
        """Without a connection, what needs one says so."""
        error = self.assertRaises(ValueError, Build(id=1).tags)
        self.assertIn('set its .connection', str(error))

    def test_attributes(self) -> None:
        """Members are attributes; names of ours cannot be overwritten."""
        task = Task(id=1)
        task.weight = 2.0
        self.assertEqual(task, {'id': 1, 'weight': 2.0})
        del task.weight
        self.assertEqual(task, {'id': 1})
        error = self.assertRaises(AttributeError, setattr, task, 'url', 'x')
        self.assertIn("['url']", str(error))
        self.assertIn('id', dir(task))
        self.assertIn('duration', dir(task))

    def test_missing(self) -> None:
        """Members that a row may lack are None, other names are errors."""
        task = Task(id=1)
        self.assertIsNone(task.completion_ts)
        self.assertFalse(hasattr(task, 'no_such_member'))
        error = self.assertRaises(AttributeError, lambda: task.nonsense)
        self.assertEqual(str(error), "this Task has no 'nonsense'")

    def test_bug_in_property(self) -> None:
        """A bug in a property is not taken for a missing member."""
        error = self.assertRaises(RuntimeError, lambda: Broken().broken)
        self.assertIn('no_such_name', str(error))
        self.assertIsInstance(error.__cause__, AttributeError)

    def test_weburl(self) -> None:
        """The web address may end with a slash, or be missing."""
        for weburl, url in [
                ('https://k/koji/', 'https://k/koji/buildinfo?buildID=5411'),
                ('https://k', 'https://k/buildinfo?buildID=5411'),
                (None, None)]:
            self.build.connection = FakeHub(clock=Clock()).connection(
                weburl=weburl)
            self.assertEqual(self.build.url, url)


class PropertiesTests(SynchronousTestCase):
    """Properties say what is known."""

    def test_silent(self) -> None:
        """No property of any rich object asks a hub, or gives a Deferred."""
        hub = FakeHub(clock=Clock())
        koji = hub.connection()
        answers = [(recording.call[0], recording.answer)
                   for recording in recordings().values() if recording.call]
        answers.append(('repoInfo', {'id': 5, 'creation_ts': 5.0}))
        seen = set()
        for method, answer in answers:
            if method not in ROWS or isinstance(answer, Fault):
                continue
            rows = typed(method, answer, koji)
            for row in rows[:20] if isinstance(rows, list) else [rows]:
                if not isinstance(row, Resource):
                    continue
                seen.add(type(row))
                for name in dir(type(row)):
                    if isinstance(getattr(type(row), name), property):
                        with contextlib.suppress(ValueError):
                            value = getattr(row, name)
                            self.assertNotIsInstance(value, Deferred)
        self.assertEqual(seen, set(ROWS.values()))
        self.assertEqual(hub.requests, 0)


class NamesTests(SynchronousTestCase):
    """No name of ours hides a member that the hub has."""

    def rows(self, value: Any) -> Iterator[Any]:
        """Every dictionary in an answer."""
        if isinstance(value, dict):
            yield value
            value = list(value.values())
        if isinstance(value, list):
            for item in value:
                yield from self.rows(item)

    def members(self, kind: type[Resource], methods: Any) -> set[str]:
        """Collect the members of recorded rows."""
        found: set[str] = set()
        for recording in recordings().values():
            if recording.call and recording.call[0] in methods:
                answer = recording.answer
                if isinstance(answer, dict) and 'id' not in answer:
                    answer = [row for rows in answer.values() for row in rows]
                if isinstance(answer, dict):
                    answer = [answer]
                if isinstance(answer, list):
                    found.update(*[row for row in answer
                                   if isinstance(row, dict)])
        self.assertTrue(found)
        return found

    def test_hidden(self) -> None:
        """Each recorded member is what its attribute gives."""
        for kind, methods in [
                (Build, ['getBuild', 'listBuilds', 'listTagged',
                         'getLatestBuilds']),
                (Task, ['getTaskInfo', 'listTasks', 'getTaskChildren',
                        'getTaskDescendents']),
                (Channel, ['getChannel', 'listChannels']),
                (Host, ['getHost', 'listHosts']),
                (Tag, ['getTag', 'listTags']),
                (User, ['getUser', 'listUsers', 'getLoggedInUser']),
                (BuildTarget, ['getBuildTarget', 'getBuildTargets']),
                (Package, ['getPackage', 'listPackages']),
                (BuildArchive, ['listArchives'])]:
            members = self.members(kind, methods)
            if kind.members and kind not in (Build, Task, Package):
                self.assertLessEqual(members, kind.members)
            names = {name for name in members if hasattr(kind, name)}
            self.assertEqual(names, {name for owner, name in HIDDEN
                                     if owner is kind})

    def test_any_struct(self) -> None:
        """No recorded struct at all has a member that Resource hides."""
        found = set()
        for recording in recordings().values():
            if recording.call and recording.call[0] != '_listapi':
                for row in self.rows(recording.answer):
                    found |= {name for name in row
                              if name not in ('url',) and hasattr(Resource,
                                                                  name)}
        self.assertEqual(found, set())


class TimeTests(SynchronousTestCase):
    """Times of the hub's, in all forms that it has."""

    def test_forms(self) -> None:
        """Floats, and texts with and without a zone: aware, in UTC."""
        time = datetime(2026, 11, 12, 14, 18, 3, 938854, timezone.utc)
        for text in ['2026-11-12 14:18:03.938854+00:00',
                     '2026-11-12 14:18:03.938854',
                     '2026-11-12 16:18:03.938854+02:00']:
            found = from_text(text)
            self.assertEqual(found, time)
            self.assertIs(found and found.tzinfo, timezone.utc)
        self.assertEqual(from_timestamp(1794493083.938854), time)
        self.assertEqual(from_text('2026-11-12 14:18:03'),
                         time.replace(microsecond=0))
        self.assertEqual(from_timestamp(0),
                         datetime(1970, 1, 1, tzinfo=timezone.utc))

    def test_no_times(self) -> None:
        """What is no time is None."""
        for value in ['', 'now', '2026', [], 5, None,
                      '0001-01-01 00:00:00+14:00']:
            self.assertIsNone(from_text(value))
        for value in [1e300, float('nan'), float('inf'), 'now', []]:
            self.assertIsNone(from_timestamp(value))

    def test_zero(self) -> None:
        """Zero is a time."""
        self.assertEqual(Task(create_ts=0, create_time='2026-11-12').created,
                         datetime(1970, 1, 1, tzinfo=timezone.utc))

    def test_duration(self) -> None:
        """From start to end, or to now; None if unknown; never negative."""
        start = datetime(2026, 1, 1, tzinfo=timezone.utc)
        end = start + timedelta(hours=2)
        late = start + timedelta(hours=3, seconds=5)
        koji = FakeHub(clock=Clock()).connection(
            now=lambda: start + timedelta(hours=3))
        for started, completed, state, took in [
                (start, end, 2, timedelta(hours=2)),
                (None, end, 2, None), (start, None, 3, None),
                (None, None, 1, None), (start, None, 0, None),
                (start, None, 1, timedelta(hours=3)),
                (start, start, 2, timedelta()),
                # Our clock is behind the hub's.
                (late, None, 1, timedelta()),
                # An import of something that was made elsewhere.
                (end, start, 1, None)]:
            task = Task.attached({
                'start_time': started and str(started), 'state': state,
                'completion_time': completed and str(completed)}, koji)
            self.assertEqual(task.duration, took)

    def test_now(self) -> None:
        """Without a connection it is the time of this machine."""
        begun = Task(start_ts=datetime.now(timezone.utc).timestamp() - 3600,
                     state=1)
        self.assertGreaterEqual(begun.duration, timedelta(hours=1))
        self.assertEqual(Task(start_ts=4e9, state=1).duration, timedelta())
