"""Hearing of what the message bus says."""
from __future__ import annotations

import json
from typing import Any, Dict, List

from twisted.internet.defer import Deferred

from tests.recordings import files
from tests.support import HubTestCase
from txkoji import events, messages
from txkoji.exceptions import ConnectionClosed, ListenError


def recorded(event: str, number: int = 0) -> Dict[str, Any]:
    """A recorded message, as properties, body and topic."""
    found = [json.loads(line) for line in
             files()['messages/events.jsonl'].splitlines()]
    each = [each for each in found if each['event'] == event][number]
    return {'properties': each['properties'], 'body': each['body'],
            'topic': each['address']}


class EventsTestCase(HubTestCase):
    """With somebody who hears of things."""

    def setUp(self) -> None:
        super().setUp()
        self.events = self.koji.events
        self.heard: List[Any] = []

    def hear(self, **kwargs: Any) -> Any:
        return self.events.subscribe(self.heard.append, **kwargs)

    def feed(self, *recordings: str) -> List[bool]:
        return [self.get(self.events.feed(recorded(each)))
                for each in recordings]

    @property
    def kinds(self) -> List[str]:
        return [event.kind for event in self.heard]


class SubscribeTests(EventsTestCase):
    """Who hears of what."""

    EVENTS = ('task.free', 'task.closed', 'build.complete', 'build.tag',
              'build.untag', 'package.add', 'repo.done')

    def test_all(self) -> None:
        """Without a kind one hears of all, in their objects."""
        self.hear()
        self.assertEqual(self.feed(*self.EVENTS), [True] * 7)
        self.assertEqual(self.kinds, [
            'TaskStateChange', 'TaskStateChange', 'BuildStateChange', 'Tag',
            'Untag', 'PackageListChange', 'RepoDone'])
        self.assertIs(self.heard[2].build.connection, self.koji)

    def test_kinds(self) -> None:
        """Or only of some kinds."""
        for kind, expected in [
                ('TagUntag', ['Tag', 'Untag']), ('Untag', ['Untag']),
                (messages.TagUntag, ['Tag', 'Untag']),
                (['Tag', messages.RepoDone], ['Tag', 'RepoDone']),
                (messages.RepoInit, ['RepoDone']),
                ('RepoDone', ['RepoDone']), ('Message', [
                    'TaskStateChange', 'TaskStateChange', 'BuildStateChange',
                    'Tag', 'Untag', 'PackageListChange', 'RepoDone'])]:
            subscription = self.hear(kind=kind)
            for each in self.EVENTS:
                self.get(self.events.dispatch(
                    messages.parse({**recorded(each), 'id': str(kind) + each},
                                   self.koji)))
            self.assertEqual(self.kinds, expected)
            self.heard.clear()
            subscription.cancel()
            subscription.cancel()
        for wrong in ('Tags', 5, int):
            error = self.assertRaises(ValueError, self.hear, kind=wrong)
            self.assertIn('BuildStateChange', str(error))

    def test_match(self) -> None:
        """Or of those that are about something."""
        for match, expected in [
                ({'new': 'CLOSED'}, 1), ({'new': ['CLOSED', 'COMPLETE']}, 2),
                ({'package': 'zsh', 'kind': 'TaskStateChange'}, 2),
                ({'tag': 'f44-updates-candidate'}, 2), ({'tag': 'x'}, 0),
                ({'method': 'build'}, 1), ({'owner_name': 'alice'}, 3),
                ({'no_such_member': None}, 0), ({'action': 'add'}, 1),
                ({'tag_name': 'f44-build'}, 1)]:
            hub = self.hub.connection()
            heard: List[Any] = []
            hub.events.subscribe(heard.append, **match)
            for each in self.EVENTS:
                self.get(hub.events.feed(recorded(each)))
            self.assertEqual(len(heard), expected, match)

    def test_no_match(self) -> None:
        """What would never match is refused."""
        for name in ('user', 'id'):
            error = self.assertRaises(ValueError, self.hear, **{name: 'x'})
            self.assertIn('cannot be matched', str(error))

    def test_unreadable(self) -> None:
        """A task whose package cannot be read matches none."""
        self.hear(source='x', package='x')
        self.get(self.events.feed(({'type': 'TaskStateChange'}, {
            'info': {'method': 'build', 'request': ['x', 'y']}})))
        self.assertEqual(self.heard, [])

    def test_odd_values(self) -> None:
        """What cannot be compared stops nobody."""
        self.events.subscribe(self.fail, owner_name={'alice', 'bob'})
        self.hear()
        each = recorded('build.complete')
        each['body']['info']['owner_name'] = {}
        self.assertIs(self.get(self.events.feed(each)), True)
        each = recorded('task.closed')
        each['body']['info']['id'] = [1]
        self.assertIs(self.get(self.events.feed(each)), True)
        self.assertEqual(len(self.heard), 2)

    def test_cancel_other(self) -> None:
        """One that another subscriber has cancelled is not called."""
        self.events.subscribe(lambda event: other.cancel())
        other = self.events.subscribe(self.fail)
        self.assertEqual(self.feed('build.tag'), [True])

    def test_cancel(self) -> None:
        """Who cancels hears no more; so can a subscriber, in the middle."""
        def once(event: Any) -> None:
            self.heard.append(event)
            subscription.cancel()

        subscription = self.events.subscribe(once)
        self.feed('build.tag', 'build.untag')
        self.assertEqual(self.kinds, ['Tag'])


class DispatchTests(EventsTestCase):
    """When it is done, and what goes wrong."""

    def test_done(self) -> None:
        """A message is done with when all subscribers are."""
        waiting: Deferred[None] = Deferred()
        self.events.subscribe(lambda event: waiting)

        async def hear(event: Any) -> None:
            self.heard.append(event)

        self.events.subscribe(hear)
        done = self.events.feed(recorded('build.tag'))
        self.assertNoResult(done)
        self.assertEqual(self.kinds, ['Tag'])
        waiting.callback(None)
        self.assertIs(self.get(done), True)

    def test_failing(self) -> None:
        """One that fails stops nobody, and is logged."""
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
        """What is no message is done with."""
        self.hear()
        self.assertIs(self.get(self.events.feed(({}, b'{'))), True)
        self.assertEqual(self.heard, [])

    def test_wait(self) -> None:
        """Who waits for a task is woken."""
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
        """A view of a Connection has the same events, and so has a session.
        """
        self.assertIs(self.koji.with_options(timeout=5).events, self.events)
        self.get(self.koji.login())
        other = self.get(self.koji.new_session())
        self.assertIs(other.events, self.events)
        self.get(other.close())
        self.hear()
        self.assertEqual(self.feed('build.tag'), [True])


class DuplicateTests(EventsTestCase):
    """Messages that come more than once."""

    def test_by_id(self) -> None:
        """One with a name is heard once."""
        self.hear()
        for each in ('build.tag', 'task.closed', 'package.add'):
            for key in ('1', '1', '2'):
                self.get(self.events.feed({**recorded(each),
                                           'id': each + key}))
        self.assertEqual(len(self.heard), 6)

    def test_without_id(self) -> None:
        """Without one, changes of state are compared; others never are."""
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
        """A task that was freed, and begun again, is heard of again."""
        self.hear()
        each = recorded('task.open')
        for start in (1.0, 1.0, 2.0):
            each['body']['info']['start_ts'] = start
            self.get(self.events.feed(each))
        self.assertEqual(len(self.heard), 2)

    def test_failed(self) -> None:
        """One that went wrong may come again."""
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
        """One that comes while somebody works on it waits for that, too."""
        for good in (True, False):
            waiting: Deferred[None] = Deferred()
            subscription = self.events.subscribe(lambda event: waiting)
            message = {**recorded('build.tag'), 'id': str(good)}
            both = [self.events.feed(message) for _ in range(2)]
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
        """A task that is assigned once more is heard of again."""
        self.hear()
        each = recorded('task.assigned')
        for host in (1, 1, 2):
            each['body']['info']['host_id'] = host
            self.get(self.events.feed(each))
        self.assertEqual(len(self.heard), 2)

    def test_forgotten(self) -> None:
        """Those that came long ago are forgotten."""
        self.patch(events, 'REMEMBERED', 3)
        self.hear()
        for key in ('1', '2', '3', '4', '2', '1'):
            self.get(self.events.feed({**recorded('build.tag'), 'id': key}))
        self.assertEqual([event.id for event in self.heard],
                         ['1', '2', '3', '4', '1'])


class ListenTests(EventsTestCase):
    """What can be told without a broker."""

    def test_urls(self) -> None:
        """A URL that is none is an error, which does not show it."""
        for url in ('', 'http://h/', 'amqp:', 'amqp://u:secret@h:x/',
                    'amqps://u:secret@:5/', 5,
                    'amqps://u:secret@h/?ssl_options=foo bar',
                    "amqps://u:secret@h/?ssl_options={'cafile':'/none'}"):
            error = self.fail_of(self.events.listen_amqp(url), ListenError)
            self.assertNotIn('secret', str(error))
            self.assertIn('amqps://', str(error))
        self.get(self.koji.close())
        self.fail_of(self.events.listen_amqp('amqp://h/'), ConnectionClosed)
