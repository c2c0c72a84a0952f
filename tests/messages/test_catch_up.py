"""`CatchUp`: what a broker did not deliver."""
from __future__ import annotations

import json
from argparse import Namespace
from datetime import timedelta
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs, formatEvent

from tests.messages.test_polling import SEEN, PollTestCase, name_of
from tests.support import folder, write
from txkoji.exceptions import ConfigurationError
from txkoji.messages import parse
from txkoji.messages.fedora import is_sent
from txkoji.messages.listening import NotHandled
from txkoji.messages.polling.catch_up import CatchUp
from txkoji.testing.bus import FEDORA, PROTON
from txkoji.testing.tasks import Tasks


class Broker:
    """
    A listener whose broker has outages: then its messages are lost.

    :ivar up: whether the broker delivers messages.
    :ivar fed: the Deferreds of the messages, in order.
    """

    def __init__(self, catch_up: Any) -> None:
        self._catch_up = catch_up
        self.up = False
        self.fed: list[Deferred[Any]] = []

    def connect(self) -> None:
        """Deliver messages from now on."""
        self.up = True
        self._catch_up.connected()

    def receive(self, message: Any) -> None:
        """Get a message of the hub."""
        if self.up:
            self.fed.append(self._catch_up.feed(message))


class CatchUpTestCase(PollTestCase):
    """A listener that catches up."""

    style = PROTON
    wants = staticmethod(lambda event: True)

    def setUp(self) -> None:
        """Listen to a broker, which delivers."""
        super().setUp()
        self.broker: Any = None
        self.listen()
        self.broker.connect()
        self.settle()

    def listen(self, state: str | None = None) -> None:
        """Listen to a broker that is down."""
        koji = self.koji
        self.catch_up = CatchUp(
            koji.client, lambda message: parse(message, koji),
            koji.events.dispatch, self.wants, state)
        self.get(self.catch_up.load())
        if self.broker is not None:
            self.broker.up = False
        self.broker = Broker(self.catch_up)
        self.hub.publish_to(self.broker.receive, self.style)
        self.addCleanup(self.catch_up.stop)

    def settle(self) -> None:
        """Let requests be answered."""
        self.hub.clock.pump([0.1] * 20)

    def heard(self) -> list[tuple[Any, ...]]:
        """What was heard; and forget it."""
        self.settle()
        found = [name_of(event) for event in self.polled
                 if event.kind in SEEN]
        self.polled.clear()
        return found

    async def tag_and_untag(self, number: int) -> None:
        """Tag a build, as an administrator, and take it out."""
        koji = self.hub.connection('kojiadmin')
        await koji.login()
        await koji.tagBuildBypass('dest', number)
        await koji.untagBuildBypass('dest', number)


class CatchUpTests(CatchUpTestCase):
    """Messages of protonmsg."""

    def happen(self) -> list[tuple[Any, ...]]:
        """Let something of each kind happen, said on the bus."""
        number = self.new_task()
        self.hub.cancel_task(number)
        repo = self.begin_repo('build')
        self.hub.repos.done(repo)
        self.hub.world.commit()
        return [('task', number, 'CANCELED'),
                ('repo', repo, 'RepoInit', 'build'),
                ('repo', repo, 'RepoDone', 'build')]

    def new_task(self) -> int:
        """Make a task, said on the bus."""
        self.hub.world.begin()
        number = Tasks(self.hub.world).make('newRepo', ['build'], 1)
        self.hub.world.commit()
        return number

    def test_nothing(self) -> None:
        """Messages are handed on as they come, and nothing else is."""
        number = self.new_task()
        self.assertEqual(self.heard(), [('task', number, 'FREE')])
        self.broker.connect()
        self.assertEqual(self.heard(), [])

    def test_outage(self) -> None:
        """What happens in an outage is heard after it, and no more."""
        self.happen()
        self.hub.builders.start(duration=60)
        self.get(self.submit('one'))
        self.pass_time(200)
        self.hub.builders.stop()
        before = self.new_task()
        self.heard()
        self.broker.up = False
        missed = self.happen()
        self.hub.cancel_task(before)
        self.pass_time(3600, step=60)
        self.assertEqual(self.heard(), [])
        self.broker.connect()
        self.assertEqual(sorted(self.heard()), sorted(
            [*missed, ('task', before, 'CANCELED')]))
        self.broker.connect()
        self.assertEqual(self.heard(), [])

    def test_tags(self) -> None:
        """Tagged builds that were heard are not heard again."""
        build = self.hub.add_build('one-1-1')
        self.broker.connect()
        self.heard()
        self.get(self.tag_and_untag(build))
        tagged = [('build', build, 'Tag', 'dest'),
                  ('build', build, 'Untag', 'dest')]
        self.assertEqual(self.heard(), tagged)
        self.broker.up = False
        self.get(self.tag_and_untag(build))
        self.broker.connect()
        self.assertEqual(self.heard(), tagged)

    def test_tagged_again(self) -> None:
        """Of a build that is tagged again, the later event is handed on."""
        build = self.hub.add_build('one-1-1')
        self.broker.connect()
        self.heard()
        self.get(self.tag_and_untag(build))
        self.heard()
        self.broker.up = False
        self.pass_time(60)
        lost = self.hub.now()
        self.get(self.tag_and_untag(build))
        # A hub lists the rows in the order of its disk.
        self.hub.tables.taggings.reverse()
        self.broker.connect()
        self.settle()
        self.assertEqual([event.kind for event in self.polled],
                         ['Tag', 'Untag'])
        self.assertTrue(all(event.time.timestamp() >= lost
                            for event in self.polled))

    def test_first(self) -> None:
        """What was missed is handed on before the messages that follow."""
        self.broker.up = False
        missed = self.new_task()
        self.broker.connect()
        later = self.new_task()
        self.assertEqual(self.heard(), [('task', missed, 'FREE'),
                                        ('task', later, 'FREE')])

    def test_hub_away(self) -> None:
        """While the hub cannot be asked, messages wait."""
        self.broker.up = False
        missed = self.new_task()
        self.hub.misbehave('offline')
        with capturedLogs() as logs:
            self.broker.connect()
            later = self.new_task()
            self.assertEqual(self.heard(), [])
        self.assertIn('goes on after', formatEvent(logs[-1]))
        self.assertNoResult(self.broker.fed[-1])
        self.hub.behave()
        self.pass_time(31)
        # What happened meanwhile the hub tells, too.
        self.assertEqual(self.heard(), [
            ('task', missed, 'FREE'), ('task', later, 'FREE'),
            ('task', later, 'FREE')])
        self.assertIs(self.successResultOf(self.broker.fed[-1]), True)

    def test_hub_away_again(self) -> None:
        """Nothing is missed if the hub cannot be asked at a later time."""
        self.new_task()
        self.heard()
        self.broker.up = False
        missed = self.new_task()
        self.hub.misbehave('offline', method='getLastEvent', times=3)
        with capturedLogs():
            self.broker.connect()
            self.pass_time(100)
        self.assertEqual(self.heard(), [('task', missed, 'FREE')])

    def test_lost_again(self) -> None:
        """A broker that is lost while the hub is asked is asked for again."""
        self.broker.up = False
        first = self.new_task()
        self.broker.connect()
        self.broker.up = False
        second = self.new_task()
        self.broker.connect()
        self.assertEqual(self.heard(), [('task', first, 'FREE'),
                                        ('task', second, 'FREE')])

    def test_not_handled(self) -> None:
        """What nobody handled is handed on again, before what follows."""
        def refuse(event: Any) -> None:
            if refusing:
                # As a stream does that was closed.
                raise NotHandled

        refusing = True
        self.koji.events.subscribe(refuse)
        self.broker.up = False
        missed = self.new_task()
        self.broker.connect()
        self.new_task()
        self.heard()
        refusing = False
        self.pass_time(31)
        self.assertEqual(self.heard()[0], ('task', missed, 'FREE'))
        self.assertIs(self.successResultOf(self.broker.fed[-1]), True)

    def work(self) -> Deferred[None]:
        """Work on the events that come now, until a Deferred fires."""
        working: Deferred[None] = Deferred()
        subscription = self.koji.events.subscribe(lambda event: working)
        self.addCleanup(subscription.cancel)
        self.subscription = subscription
        return working

    def miss_while_working(self) -> tuple[Deferred[None], int]:
        """Work on an event for two hours of an outage, and miss a task."""
        working = self.work()
        self.new_task()
        self.subscription.cancel()
        self.broker.up = False
        missed = self.new_task()
        self.pass_time(7200, step=60)
        return working, missed

    def test_slow(self) -> None:
        """A message that was worked on in an outage does not hide others."""
        working, missed = self.miss_while_working()
        working.callback(None)
        self.hub.history.event()
        self.pass_time(70)
        self.heard()
        self.broker.connect()
        self.assertEqual(self.heard(), [('task', missed, 'FREE')])

    def test_slow_hub_away(self) -> None:
        """Nor does one that was worked on while the hub could not tell."""
        working, missed = self.miss_while_working()
        self.hub.history.event()
        self.hub.misbehave('offline')
        with capturedLogs():
            self.broker.connect()
            self.pass_time(20)
            working.callback(None)
            self.pass_time(70)
        self.heard()
        self.hub.behave()
        self.pass_time(60)
        self.assertIn(('task', missed, 'FREE'), self.heard())

    def test_wrong_clock(self) -> None:
        """Nothing is missed if the clock of the program is wrong."""
        now = self.koji.client.now
        for hours in 5, -5:
            self.patch(self.koji.client, 'now',
                       lambda: now() + timedelta(hours=hours))
            self.new_task()
            self.pass_time(100)
            self.heard()
            self.broker.up = False
            missed = self.new_task()
            self.hub.history.event()
            self.pass_time(60)
            self.broker.connect()
            self.assertEqual(self.heard(), [('task', missed, 'FREE')])

    def tag_again(self, build: int) -> None:
        """Untag a build in an outage, and tag it again."""
        self.broker.up = False
        self.hub.history.untag_build(2, build)
        self.hub.history.tag_build(2, build)
        self.broker.connect()
        self.assertEqual(self.heard(), [('build', build, 'Untag', 'dest'),
                                        ('build', build, 'Tag', 'dest')])

    def test_redelivered(self) -> None:
        """A message that comes twice does not stand for two events."""
        build = self.hub.add_build('one-1-1')
        for key in None, 'ID:7':
            self.broker.connect()
            self.heard()
            self.hub.history.tag_build(2, build)
            for again in False, True:
                self.get(self.catch_up.feed((
                    Namespace(routing_key='x', redelivered=again),
                    Namespace(headers={'type': 'Tag', 'tag': 'dest'},
                              message_id=key, timestamp=None),
                    json.dumps({'build': {'id': build, 'name': 'one'},
                                'tag': {'id': 2, 'name': 'dest'}}))))
            self.heard()
            self.tag_again(build)
            self.hub.history.untag_build(2, build)

    def test_in_progress(self) -> None:
        """A message that the hub told of, too, does not stand for more."""
        build = self.hub.add_build('one-1-1')
        self.broker.connect()
        self.heard()
        working = self.work()
        self.broker.receive((
            {'type': 'Tag', 'tag': 'dest'},
            {'build': {'id': build, 'name': 'one'},
             'tag': {'id': 2, 'name': 'dest'}}))
        self.subscription.cancel()
        self.hub.history.tag_build(2, build)
        self.broker.connect()
        self.heard()
        working.callback(None)
        self.heard()
        self.tag_again(build)

    def test_waited(self) -> None:
        """Nor does one that waited while the hub was asked."""
        build = self.hub.add_build('one-1-1')
        self.broker.connect()
        self.heard()
        self.hub.misbehave('offline', times=1)
        with capturedLogs():
            self.broker.connect()
            self.settle()
        self.hub.history.tag_build(2, build)
        self.broker.receive((
            {'type': 'Tag', 'tag': 'dest'},
            {'build': {'id': build, 'name': 'one'},
             'tag': {'id': 2, 'name': 'dest'}}))
        self.pass_time(31)
        self.assertEqual(self.heard(), [('build', build, 'Tag', 'dest')] * 2)
        self.tag_again(build)

    def test_waited_long(self) -> None:
        """The time when a message came counts, however long it waited."""
        self.new_task()
        self.heard()
        self.broker.up = False
        self.new_task()
        working = self.work()
        self.broker.connect()
        self.settle()
        self.subscription.cancel()
        self.new_task()
        self.broker.up = False
        missed = self.new_task()
        self.pass_time(3600, step=60)
        working.callback(None)
        self.hub.history.event()
        self.pass_time(70)
        self.heard()
        self.hub.history.event()
        self.broker.connect()
        self.assertIn(('task', missed, 'FREE'), self.heard())

    def test_close(self) -> None:
        """The end waits for events in progress, for half a minute."""
        for hung in False, True:
            self.listen(None)
            self.broker.connect()
            self.settle()
            self.broker.up = False
            self.new_task()
            working = self.work()
            self.broker.connect()
            self.settle()
            self.catch_up.stop()
            closed = Deferred.fromCoroutine(self.catch_up.close())
            self.pass_time(29)
            self.assertNoResult(closed)
            if hung:
                self.pass_time(2)
            else:
                working.callback(None)
                self.settle()
            self.successResultOf(closed)
            self.subscription.cancel()

    def test_stop(self) -> None:
        """A message that waits at the end is not handled."""
        self.hub.misbehave('offline')
        self.broker.connect()
        self.new_task()
        self.assertNoResult(self.broker.fed[-1])
        self.catch_up.stop()
        self.assertIsNone(self.successResultOf(self.broker.fed[-1]))
        self.assertEqual(self.heard(), [])

    def test_state(self) -> None:
        """With a file, what happens between two runs is heard."""
        path = folder(self) + '/state.json'
        self.catch_up.stop()
        self.listen(path)
        self.broker.connect()
        self.settle()
        known = self.new_task()
        self.heard()
        self.pass_time(100)
        self.catch_up.stop()
        self.get(self.catch_up.close())
        self.broker.up = False
        missed = self.new_task()
        self.hub.cancel_task(known)
        self.pass_time(86400, step=3600)
        self.listen(path)
        self.broker.connect()
        self.assertEqual(sorted(self.heard()), sorted([
            ('task', known, 'CANCELED'), ('task', missed, 'FREE')]))

    def test_wrong_state(self) -> None:
        """A wrong state file, or one without use, is an error at once."""
        path = write(folder(self) + '/state.json', '{}')
        events = self.koji.events
        for listen in [
                lambda: events.listen_amqp('amqp://127.0.0.1:1', state=path,
                                           catch_up=True),
                lambda: events.listen_amqp('amqp://127.0.0.1:1', state=path),
                lambda: events.listen_fedora_messaging(state=path),
                lambda: events.listen_fedora_messaging(state=path,
                                                       catch_up=True)]:
            self.failureResultOf(listen(), ConfigurationError)


class FedoraCatchUpTests(CatchUpTestCase):
    """Messages of koji-fedoramessaging, which are fewer."""

    style = FEDORA
    wants = staticmethod(is_sent)

    def test_outage(self) -> None:
        """Scratch builds, builds and tags are caught up with, and no more."""
        self.hub.builders.start(duration=60)
        self.build(scratch=True)
        self.build(scratch=False)
        self.heard()
        self.broker.connect()
        self.assertEqual(self.heard(), [])
        self.broker.up = False
        self.build(scratch=True)
        self.build(scratch=False)
        self.broker.connect()
        self.assertEqual(sorted(name[::2] for name in self.heard()), [
            ('build', 'COMPLETE'), ('build', 'Tag'), ('task', 'CLOSED')])

    def build(self, scratch: bool) -> None:
        """Build a package."""
        async def submit() -> None:
            if self.bus.session_id is None:
                await self.bus.login()
            await self.bus.build('git+https://src.example.com/rpms/one#1',
                                 'candidate', {'scratch': scratch})

        self.get(submit())
        self.pass_time(200)
