"""Subscriptions: kinds of events, and values that must match."""
from __future__ import annotations

import json
import re
from typing import Any

from twisted.internet.defer import Deferred

from tests.messages.samples import EventsTestCase, message
from tests.recordings import files
from txkoji import messages
from txkoji.messages import subscription
from txkoji.messages.duplicates import Remembered


class SubscriptionTests(EventsTestCase):
    """The choice of events."""

    EVENTS = ('task.free', 'task.closed', 'build.complete', 'build.tag',
              'build.untag', 'package.add', 'repo.done')

    def test_all(self) -> None:
        """A subscriber that names no kind gets all events."""
        self.hear()
        self.assertEqual(self.feed(*self.EVENTS), [True] * 7)
        self.assertEqual(self.kinds, [
            'TaskStateChange', 'TaskStateChange', 'BuildStateChange', 'Tag',
            'Untag', 'PackageListChange', 'RepoDone'])
        self.assertIs(self.heard[2].build.connection, self.koji)

    def test_kinds(self) -> None:
        """A subscriber that names kinds gets only events of the kinds."""
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
                    messages.parse({**message(each), 'id': str(kind) + each},
                                   self.koji)))
            self.assertEqual(self.kinds, expected)
            self.heard.clear()
            subscription.cancel()
            subscription.cancel()
        for wrong in ('Tags', 5, int):
            error = self.assertRaises(ValueError, self.hear, kind=wrong)
            self.assertIn('BuildStateChange', str(error))

    def test_match(self) -> None:
        """A subscriber gets only events with the given values."""
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
                self.get(hub.events.feed(message(each)))
            self.assertEqual(len(heard), expected, match)

    def test_fedora(self) -> None:
        """Members of the body outside the objects can be matched."""
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
            self.events._seen = Remembered()

    def test_others(self) -> None:
        """A message of another program has no kind, and matches by topic."""
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
        """A value that is added to a given collection later matches, too."""
        watched = {'bash'}
        self.hear(package=watched)
        self.feed('build.tag')
        watched.add('zsh')
        self.feed('build.untag')
        self.assertEqual(self.kinds, ['Untag'])

    def test_no_match(self) -> None:
        """A match that never succeeds is an error that names the nearest."""
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
        """A callback that is not callable is an error."""
        for wrong in ('BuildStateChange', None, 5):
            self.assertRaises(TypeError, self.events.subscribe, wrong)
        self.assertEqual(self.events._subscriptions, [])

    def test_own_class(self) -> None:
        """A program's own subclass has the members of its base class."""
        class Mine(messages.TagUntag):
            pass

        self.hear(kind=Mine, package='zsh')
        self.assertRaises(ValueError, self.hear, kind=Mine, target='x')
        self.get(self.events.dispatch(
            Mine.from_frame({'properties': {}, 'topic': 'x',
                             'body': message('build.tag')['body']})))
        self.assertEqual(self.kinds, ['Mine'])

    def test_documented(self) -> None:
        """The documentation lists the members that can be matched."""
        listed, of_builds = subscription.__doc__.split(
            'Members of a build are ')
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
        """Matching sends no request to the hub."""
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
        """A task whose package is unknown matches no package."""
        self.hear(source='x', package='x')
        self.get(self.events.feed(({'type': 'TaskStateChange'}, {
            'info': {'method': 'build', 'request': ['x', 'y']}})))
        self.assertEqual(self.heard, [])

    def test_odd_values(self) -> None:
        """A value that cannot be hashed matches nothing and raises nothing."""
        self.events.subscribe(self.fail, owner_name={'alice', 'bob'})
        self.hear()
        each = message('build.complete')
        each['body']['info']['owner_name'] = {}
        self.assertIs(self.get(self.events.feed(each)), True)
        each = message('task.closed')
        each['body']['info']['id'] = [1]
        self.assertIs(self.get(self.events.feed(each)), True)
        self.assertEqual(len(self.heard), 2)

    def test_cancel_other(self) -> None:
        """A subscription that an earlier subscriber canceled is not called."""
        self.events.subscribe(lambda event: other.cancel())
        other = self.events.subscribe(self.fail)
        self.assertEqual(self.feed('build.tag'), [True])

    def test_cancel(self) -> None:
        """A subscriber that cancels itself gets no further event."""
        def once(event: Any) -> None:
            self.heard.append(event)
            subscription.cancel()

        subscription = self.events.subscribe(once)
        self.feed('build.tag', 'build.untag')
        self.assertEqual(self.kinds, ['Tag'])
