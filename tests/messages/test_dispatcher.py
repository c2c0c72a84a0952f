"""`Events`: calls of subscribers, duplicates, and the start of listeners."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from tests.messages.samples import EventsTestCase, message
from txkoji.exceptions import ConnectionClosed, ListenError
from txkoji.messages import duplicates


class DispatchTests(EventsTestCase):
    """The end of a dispatch, and errors of subscribers."""

    def test_done(self) -> None:
        """A message is handled when all subscribers are finished."""
        waiting: Deferred[None] = Deferred()
        self.events.subscribe(lambda event: waiting)

        async def hear(event: Any) -> None:
            self.heard.append(event)

        self.events.subscribe(hear)
        done = self.events.feed(message('build.tag'))
        self.assertNoResult(done)
        self.assertEqual(self.kinds, ['Tag'])
        waiting.callback(None)
        self.assertIs(self.get(done), True)

    def test_failing(self) -> None:
        """An error of a subscriber is logged, and the others are called."""
        for error in (ValueError('no'), AttributeError('neither')):
            def fail(event: Any, error: Exception = error) -> None:
                raise error

            self.events.subscribe(fail)
        self.hear()
        self.assertEqual(self.feed('build.tag'), [False])
        self.assertEqual(self.kinds, ['Tag'])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)
        self.assertEqual(len(self.flushLoggedErrors(AttributeError)), 1)

    def test_no_message(self) -> None:
        """A malformed message is dropped as handled."""
        self.hear()
        self.assertIs(self.get(self.events.feed(({}, b'{'))), True)
        self.assertEqual(self.heard, [])

    def test_wait(self) -> None:
        """A message about a task wakes `Connection.wait`."""
        self.hub.tables.tasks.append({
            'id': 6924, 'method': 'buildSRPMFromSCM', 'state': 1,
            'request': ['git+https://x/rpms/zsh#1', 40, {}]})
        waiting = self.koji.wait(6924)
        self.hub.clock.pump([0, 2])
        self.hub.tables.tasks[-1]['state'] = 2
        self.assertNoResult(waiting)
        self.feed('task.closed')
        self.hub.clock.advance(0)
        self.assertEqual(self.get(waiting).state_name, 'CLOSED')

    def test_view(self) -> None:
        """A view and a new session of a Connection share its events."""
        self.assertIs(self.koji.with_options(timeout=5).events, self.events)
        self.get(self.koji.login())
        other = self.get(self.koji.new_session())
        self.assertIs(other.events, self.events)
        self.get(other.close())
        self.hear()
        self.assertEqual(self.feed('build.tag'), [True])


class DuplicateTests(EventsTestCase):
    """Duplicates."""

    def test_by_id(self) -> None:
        """A message with the identifier of an earlier one is dropped."""
        self.hear()
        for each in ('build.tag', 'task.closed', 'package.add'):
            for key in ('1', '1', '2'):
                self.get(self.events.feed({**message(each),
                                           'id': each + key}))
        self.assertEqual(len(self.heard), 6)

    def test_without_id(self) -> None:
        """Without identifiers, only equal changes of state are dropped."""
        self.hear()
        self.feed('task.closed', 'task.closed', 'build.complete',
                  'build.complete', 'build.building', 'task.free',
                  'task.free')
        self.assertEqual(len(self.heard), 4)
        self.heard.clear()
        self.feed('build.tag', 'build.untag', 'build.tag', 'package.add',
                  'package.add', 'repo.done', 'repo.done')
        self.assertEqual(len(self.heard), 7)

    def test_other_times(self) -> None:
        """A change of state with another start time is not a duplicate."""
        self.hear()
        each = message('task.open')
        for start in (1.0, 1.0, 2.0):
            each['body']['info']['start_ts'] = start
            self.get(self.events.feed(each))
        self.assertEqual(len(self.heard), 2)

    def test_failed(self) -> None:
        """A message that a subscriber failed to handle is not a duplicate."""
        def fail_once(event: Any) -> None:
            self.heard.append(event)
            if len(self.heard) == 1:
                raise ValueError

        self.events.subscribe(fail_once)
        self.assertEqual(self.feed('task.closed', 'task.closed',
                                   'task.closed'), [False, True, True])
        self.assertEqual(len(self.heard), 2)
        self.flushLoggedErrors(ValueError)

    def test_under_way(self) -> None:
        """A duplicate of a message in progress has the same result."""
        for good in (True, False):
            waiting: Deferred[None] = Deferred()
            subscription = self.events.subscribe(lambda event: waiting)
            tagged = {**message('build.tag'), 'id': str(good)}
            both = [self.events.feed(tagged) for _ in range(2)]
            for each in both:
                self.assertNoResult(each)
            if good:
                waiting.callback(None)
            else:
                waiting.errback(ValueError())
            self.assertEqual([self.get(each) for each in both], [good] * 2)
            self.flushLoggedErrors(ValueError)
            subscription.cancel()

    def test_other_host(self) -> None:
        """A task that is assigned to another host is not a duplicate."""
        self.hear()
        each = message('task.assigned')
        for host in (1, 1, 2):
            each['body']['info']['host_id'] = host
            self.get(self.events.feed(each))
        self.assertEqual(len(self.heard), 2)

    def test_forgotten(self) -> None:
        """Only a limited number of messages is remembered."""
        self.patch(duplicates, 'REMEMBERED', 3)
        self.hear()
        for key in ('1', '2', '3', '4', '2', '1'):
            self.get(self.events.feed({**message('build.tag'), 'id': key}))
        self.assertEqual([event.id for event in self.heard],
                         ['1', '2', '3', '4', '1'])


class ListenTests(EventsTestCase):
    """Errors of listeners before they connect."""

    def test_urls(self) -> None:
        """A malformed URL is an error that does not show the password."""
        for url in ('', 'http://h/', 'amqp:', 'amqp://u:secret@h:x/',
                    'amqps://u:secret@:5/', 5,
                    'amqps://u:secret@h/?ssl_options=foo bar',
                    "amqps://u:secret@h/?ssl_options={'cafile':'/none'}"):
            error = self.fail_of(self.events.listen_amqp(url), ListenError)
            self.assertNotIn('secret', str(error))
            self.assertIn('amqps://', str(error))
        self.get(self.koji.close())
        self.fail_of(self.events.listen_amqp('amqp://h/'), ConnectionClosed)
