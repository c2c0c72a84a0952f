"""A hub as it was at an event."""
from __future__ import annotations

from datetime import datetime, timedelta, timezone
from typing import Any

from twisted.internet.defer import CancelledError

from tests.recordings import recordings
from tests.support import HubTestCase
from txkoji import history
from txkoji.build import Build
from txkoji.exceptions import ConfigurationError, GenericError, TransportError
from txkoji.history import EVENT, NEEDED, HistoryView

#: A tag of the sample.
TAG = 40


class ViewTestCase(HubTestCase):
    """With a hub that has an event of an hour ago, and one of just now."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.before = self.hub.history.event()
        self.before_time = self.time()
        self.hub.clock.advance(1800)
        build = self.get(self.koji.listBuilds(
            'zsh', state=1, queryOpts={'limit': 1}))[0]
        self.after = self.hub.history.tag_build(TAG, build.build_id)
        self.hub.clock.advance(1800)
        self.nvr = build.nvr
        del self.hub.calls[:]

    def time(self) -> datetime:
        """The hub's time."""
        return datetime.fromtimestamp(self.hub.now(), timezone.utc)

    def tagged(self, view: HistoryView, *args: Any, **kwargs: Any
               ) -> list[str]:
        """The builds of the tag."""
        return [build.nvr for build in self.get(
            view.listTagged(TAG, *args, **kwargs))]

    def asked(self, method: str = 'listTagged') -> list[Any]:
        """The arguments of the calls of a method."""
        return [call[1:] for call in self.hub.calls if call[0] == method]


class EventTests(ViewTestCase):
    """The event of a view."""

    def test_id(self) -> None:
        """It may be given by its id."""
        view = self.koji.at(self.before)
        self.assertNotIn(self.nvr, self.tagged(view))
        self.assertIn(self.nvr, self.tagged(self.koji.at(self.after)))
        self.assertEqual(self.get(view.find_event()),
                         (self.before, self.before_time))
        self.assertIn(f'at {self.before}', repr(view))

    def test_datetime(self) -> None:
        """It may be the last one before a time."""
        view = self.koji.at(self.before_time + timedelta(seconds=1))
        self.assertEqual(self.get(view.find_event()).id, self.before)
        self.assertNotIn(self.nvr, self.tagged(view))
        self.assertEqual(self.get(self.koji.at(self.time()).find_event()).id,
                         self.after)

    def test_once(self) -> None:
        """It is found once, also for calls at the same time."""
        self.hub.misbehave('slow', method='getEvent', seconds=5)
        view = self.koji.at(self.before)
        calls = [view.listTagged(TAG), view.getInheritanceData(TAG),
                 view.find_event()]
        self.hub.clock.advance(5)
        for call in calls:
            self.get(call)
        self.assertEqual(len(self.asked('getEvent')), 1)

    def test_unknown(self) -> None:
        """It has to exist: for later events a hub gives the present."""
        for when in (999999, datetime(1960, 1, 1, tzinfo=timezone.utc)):
            self.fail_of(self.koji.at(when).getTag(TAG), GenericError)
        self.assertEqual(self.asked('getTag'), [])

    def test_wrong(self) -> None:
        """Times of no zone, the future, and other values are refused."""
        for when in (datetime(2026, 1, 1), self.time() + timedelta(minutes=1)):
            with self.assertRaises(ValueError):
                self.koji.at(when)
        for when in ('2026', 1.5, None, True):
            with self.assertRaises(TypeError):
                self.koji.at(when)  # type: ignore[arg-type]


class CallTests(ViewTestCase):
    """The calls of a view."""

    def test_place(self) -> None:
        """The event is in its place, wherever the other arguments are."""
        view = self.koji.at(self.before)
        self.tagged(view)
        self.tagged(view, inherit=True)
        self.tagged(view, None, True)
        self.get(view.getBuildTarget('f44-candidate', None, True))
        self.assertEqual(self.asked(), [
            ((TAG,), {'event': self.before}),
            ((TAG,), {'inherit': True, 'event': self.before}),
            ((TAG, self.before, True), {})])
        self.assertEqual(self.asked('getBuildTarget'), [
            (('f44-candidate', self.before, True), {})])

    def test_types(self) -> None:
        """Results are rich objects, and go on with the connection."""
        view = self.koji.at(self.before)
        build = self.get(view.listTagged('f43-updates'))[0]
        self.assertIsInstance(build, Build)
        self.assertIs(build.connection, self.koji)
        options = self.koji.with_options(timeout=5).at(self.before)
        self.assertIs(self.get(options.listTagged('f43-updates'))[0]
                      .connection, self.koji)

    def test_refused(self) -> None:
        """Methods that would answer from the present are refused."""
        view = self.koji.at(self.before)
        for call in (view.getRepo(TAG), view.call('repo.get', TAG),
                     view.getBuild(1), view.getTaskInfo(6474),
                     view.newRepo(TAG), view.snapshotTag('x'),
                     view.listPackages(), view.listPackages(userID=1),
                     view.listPackages(None), view.listChannels(),
                     view.tagChangedSinceEvent(1, [TAG]),
                     view.listTagged(TAG, event=1),
                     view.listTagged(TAG, 1), view.getTag(TAG, False, 'auto')):
            self.fail_of(call, ConfigurationError)
        self.assertEqual(self.hub.calls, [])
        self.get(view.listPackages(TAG))
        self.get(view.listPackages(tagID=TAG))
        self.get(view.listChannels(hostID=1))

    def test_list(self) -> None:
        """The methods are the reads of the hub that have an event."""
        specs = {row['name']: row['argspec'][0]
                 for row in recordings()['_listapi'].answer}
        own = ('getRepo',)
        self.assertEqual(
            {name: spec.index('event') for name, spec in specs.items()
             if spec and 'event' in spec and name[:3] in ('get', 'lis')
             and name not in own}, EVENT)
        for name, needed in NEEDED.items():
            self.assertEqual(specs[name][0], needed)

    def test_faults(self) -> None:
        """The hub's refusal is the caller's, and is not kept."""
        view = self.koji.at(self.before)
        self.fail_of(view.listTagged('nosuch'), GenericError)
        self.hub.misbehave('garbage', method='listTagged', times=1)
        self.fail_of(view.listTagged(TAG), TransportError)
        self.tagged(view)
        self.fail_of(view.listTagged({1: 2}), TypeError)


class KeptTests(ViewTestCase):
    """Answers are kept."""

    def test_kept(self) -> None:
        """The same call is not made again; another one is."""
        view = self.koji.at(self.before)
        for _ in range(3):
            self.tagged(view)
        self.tagged(view, inherit=True)
        self.assertEqual(len(self.asked()), 2)
        self.tagged(self.koji.at(self.before))
        self.assertEqual(len(self.asked()), 3)

    def test_none(self) -> None:
        """That there is none is an answer, too."""
        view = self.koji.at(self.before)
        for _ in range(2):
            self.assertIsNone(self.get(view.getBuildTarget('nosuch')))
        self.assertEqual(len(self.asked('getBuildTarget')), 1)

    def test_lists(self) -> None:
        """Each caller has a list of its own."""
        view = self.koji.at(self.after)
        wanted = self.tagged(view)
        for _ in range(2):
            self.get(view.listTagged(TAG)).clear()
        self.assertEqual(self.tagged(view), wanted)

    def test_recent(self) -> None:
        """Of an event of the last ten minutes, nothing is kept."""
        event = self.hub.history.event()
        view = self.koji.at(event)
        self.tagged(view)
        self.hub.clock.advance(599)
        self.tagged(view)
        self.assertEqual(len(self.asked()), 2)
        self.hub.clock.advance(1)
        self.tagged(view)
        self.tagged(view)
        self.assertEqual(len(self.asked()), 3)

    def test_shared(self) -> None:
        """The same calls at the same time are one; each can be canceled."""
        self.hub.misbehave('slow', method='listTagged', seconds=5)
        view = self.koji.at(self.before)
        calls = [view.listTagged(TAG) for _ in range(3)]
        calls[0].cancel()
        self.fail_of(calls[0], CancelledError)
        self.hub.clock.advance(5)
        first, second = map(self.get, calls[1:])
        self.assertEqual(first, second)
        self.assertIsNot(first, second)
        self.assertEqual(len(self.asked()), 1)

    def test_canceled(self) -> None:
        """When all callers are gone, the call is; a later one is made."""
        self.hub.misbehave('slow', method='listTagged', seconds=5)
        view = self.koji.at(self.before)
        calls = [view.listTagged(TAG) for _ in range(2)]
        for call in calls:
            call.cancel()
            self.fail_of(call, CancelledError)
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.hub.behave()
        self.tagged(view)

    def test_bounded(self) -> None:
        """The answers that were not asked for longest are dropped."""
        self.patch(history, 'KEPT', 2)
        view = self.koji.at(self.before)
        for tag in (1, 2, 1, 3):
            self.get(view.getInheritanceData(tag))
        self.get(view.getInheritanceData(1))
        self.assertEqual(len(self.asked('getInheritanceData')), 3)
        self.get(view.getInheritanceData(2))
        self.assertEqual(len(self.asked('getInheritanceData')), 4)
