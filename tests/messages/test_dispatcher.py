"""Hearing of what the message bus says."""
from __future__ import annotations

import json
import re
from typing import Any

from twisted.internet.defer import Deferred

from tests.recordings import files
from tests.support import HubTestCase
from txkoji import messages
from txkoji.exceptions import ConnectionClosed, ListenError
from txkoji.messages import dispatcher as events, subscription


def recorded(event: str, number: int = 0) -> dict[str, Any]:
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
        self.heard: list[Any] = []

    def hear(self, **kwargs: Any) -> Any:
        return self.events.subscribe(self.heard.append, **kwargs)

    def feed(self, *recordings: str) -> list[bool]:
        return [self.get(self.events.feed(recorded(each)))
                for each in recordings]

    @property
    def kinds(self) -> list[str]:
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
                ({'action': 'add'}, 1), ({'tag_name': 'f44-build'}, 1),
                ({'attribute': 'state'}, 3), ({'update': False}, 1),
                ({'state_name': ['COMPLETE', 'CLOSED']}, 4),
                ({'state': 1}, 3), ({'old': None, 'parent': None}, 1),
                ({'epoch': None, 'kind': 'Tag'}, 1),
                ({'package': {'zsh': 1}.keys(), 'kind': 'Tag'}, 1),
                ({'new': (each for each in ['CLOSED'])}, 1)]:
            hub = self.hub.connection()
            heard: list[Any] = []
            hub.events.subscribe(heard.append, **match)
            for each in self.EVENTS:
                self.get(hub.events.feed(recorded(each)))
            self.assertEqual(len(heard), expected, match)

    def test_fedora(self) -> None:
        """What fedora-messaging has beside the objects can be matched, too."""
        for match, expected in [
                ({'kind': 'BuildStateChange', 'instance': 'primary'}, 2),
                ({'kind': 'BuildStateChange', 'instance': 'riscv'}, 0),
                ({'kind': 'BuildStateChange', 'target': 'f44-candidate'}, 1),
                ({'instance': 'primary'}, 10), ({'owner': 'alice'}, 2),
                ({'owner': 2}, 2), ({'arch': 'x86_64'}, 1),
                ({'srpm': 'zsh-5.9-1.fc44.src.rpm'}, 2)]:
            subscription = self.hear(**match)
            for line in files()['messages/fedora-messaging.jsonl'].split(
                    b'\n')[:10]:
                self.get(self.events.dispatch(messages.parse(
                    {**json.loads(line), 'id': None}, self.koji)))
            self.assertEqual(len(self.heard), expected, match)
            self.heard.clear()
            subscription.cancel()
            # Changes of state would be known the next time.
            self.events._seen.clear()

    def test_others(self) -> None:
        """Messages of other programs are heard of, and are of no kind."""
        self.hear(kind='BuildStateChange')
        for count, topic in enumerate(['coreos.build.state.change',
                                       'jenkins.build.failed'], 1):
            topic = 'org.fedoraproject.prod.' + topic
            self.events.subscribe(self.heard.append, topic=topic)
            self.assertIs(self.get(self.events.feed(
                ({}, {'build_id': '44.1', 'build': 3}, topic))), True)
            self.assertEqual([event.event for event in self.heard], [topic])
            self.heard.clear()

    def test_live(self) -> None:
        """A collection that the program changes later is the one that counts.
        """
        watched = {'bash'}
        self.hear(package=watched)
        self.feed('build.tag')
        watched.add('zsh')
        self.feed('build.untag')
        self.assertEqual(self.kinds, ['Untag'])

    def test_no_match(self) -> None:
        """What would never match is refused, and the nearest is named."""
        self.events.subscribe(self.fail)
        known = len(self.events._subscriptions)
        for match, named in [
                ({'user': 'x'}, 'have to be asked for'),
                ({'id': 5}, 'of the message'),
                ({'pakcage': 'x'}, "'package'"),
                ({'kind': 'BuildStateChange', 'packge': 'x'}, "'package'"),
                ({'kind': 'BuildStateChange', 'tag': 'x'}, 'BuildStateChange'),
                ({'kind': 'TaskStateChange', 'channel': 1}, "'channel_id'"),
                ({'kind': 'TaskStateChange', 'tag': 'f44'}, 'asked for'),
                ({'kind': 'Tag', 'target': 'f44'}, "'tag'"),
                ({'kind': 'Import', 'instance': 'primary'}, 'Import'),
                ({'kind': messages.RepoInit, 'expire': True}, 'RepoInit'),
                ({'kind': ['TagUntag', 'BuildStateChange'], 'new': 'X'},
                 'TagUntag'),
                ({'files': []}, 'cannot be matched'),
                ({'kind': 'BuildStateChange', 'state': 'COMPLETE'},
                 "state_name='COMPLETE'"),
                ({'kind': 'Untag', 'state': 'Complete'},
                 "state_name='COMPLETE'"),
                ({'state': 'OPEN'}, "state_name='OPEN'"),
                ({'state': 17}, 'never 17'),
                ({'new': 'COMPLET'}, "'COMPLETE'"),
                ({'new': 'complete'}, "'COMPLETE'"),
                ({'kind': 'BuildStateChange', 'new': 'CLOSED'}, "'CANCELED'"),
                ({'kind': 'BuildStateChange', 'new': 1}, 'never 1'),
                ({'kind': 'TaskStateChange', 'new': ['CLOSED', 'FAIL']},
                 "'FAILED'"),
                ({'kind': 'TaskStateChange', 'event': 'TaskStateChange'},
                 "'CLOSED'"),
                ({'kind': 'BuildStateChnage'}, "is 'BuildStateChange'"),
                ({'kind': []}, 'no kind')]:
            error = self.assertRaises(ValueError, self.hear, **match)
            self.assertIn(named, str(error))
        self.assertEqual(len(self.events._subscriptions), known)

    def test_no_callback(self) -> None:
        """What cannot be called is no subscriber."""
        for wrong in ('BuildStateChange', None, 5):
            self.assertRaises(TypeError, self.events.subscribe, wrong)
        self.assertEqual(self.events._subscriptions, [])

    def test_own_class(self) -> None:
        """A class that a program has derived is matched as the one above."""
        class Mine(messages.TagUntag):
            pass

        self.hear(kind=Mine, package='zsh')
        self.assertRaises(ValueError, self.hear, kind=Mine, target='x')
        self.get(self.events.dispatch(
            Mine.from_frame({'properties': {}, 'topic': 'x',
                             'body': recorded('build.tag')['body']})))
        self.assertEqual(self.kinds, ['Mine'])

    def test_documented(self) -> None:
        """What can be matched is what the documentation lists."""
        listed, of_builds = subscription.__doc__.split('Members of a build are ')
        builds = re.findall(r'\w+', of_builds.split('.')[0])
        for kind, text in re.findall(r'\* ``(\w+)``: ([^*]+)', listed):
            names = {'event', 'topic'}
            for part in text.split(';'):
                if part.strip() == 'members of a build':
                    names |= {*builds}
                else:
                    names |= {*re.findall(r'\w+', part.split(':')[-1])}
            cls = getattr(messages, kind)
            self.assertEqual(subscription._member_names(cls), sorted(names))
            self.assertIn(cls, subscription.MATCHABLE)
        self.assertEqual(listed.count('* ``'),
                         len({*messages.KINDS.values()}))

    def test_no_request(self) -> None:
        """Nothing that can be matched is asked for."""
        lines = [*files()['messages/events.jsonl'].splitlines(),
                 *files()['messages/fedora-messaging.jsonl'].splitlines()]
        for line in lines:
            each = json.loads(line)
            event = messages.parse(
                (each.get('properties'), each['body'],
                 each.get('address') or each['topic']), self.koji)
            for name in subscription._member_names(type(event)):
                for value in subscription._values_of(event, name):
                    self.assertNotIsInstance(value, Deferred)
        self.hub.clock.advance(0)
        self.assertEqual(self.hub.calls, [])

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
