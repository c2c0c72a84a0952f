"""Events by polling, compared with those that the hub sends on the bus."""
from __future__ import annotations

import json
import os
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock, deferLater
from twisted.logger import capturedLogs, formatEvent

from tests.support import folder, write
from txkoji import build_states, task_states
from txkoji.exceptions import (
    ConfigurationError,
    ConnectionClosed,
    GenericError,
)
from txkoji.messages.listening import NotHandled
from txkoji.messages.polling import deliverer, state, tags, tasks
from txkoji.testing import FakeHub, HubTestCase

#: Kinds of events that a poll can see.
SEEN = ('TaskStateChange', 'BuildStateChange', 'Tag', 'Untag',
        'PackageListChange', 'RepoInit', 'RepoDone')


def name_of(event: Any) -> tuple[Any, ...]:
    """What an event is about, and what happened."""
    kind = event.kind
    if kind == 'TaskStateChange':
        return 'task', event.task.id, event.new
    if kind == 'BuildStateChange':
        return 'build', event.build.id, event.new
    if kind in ('Tag', 'Untag'):
        return 'build', event.build.id, kind, event.tag
    if kind == 'PackageListChange':
        return 'package', event.package, event.tag, event.action
    return 'repo', event.repo.id, kind, event.tag


class PollTestCase(HubTestCase):
    """A hub that is polled, and whose messages are heard on the bus."""

    def setUp(self) -> None:
        """Subscribe to both, on a connection each."""
        super().setUp()
        self.polled: list[Any] = []
        self.sent: list[Any] = []
        self.koji.events.subscribe(self.polled.append)
        self.bus = self.hub.connection()
        self.bus.events.subscribe(self.sent.append)
        self.hub.publish_to(self.bus.events)

    def poll(self, **options: Any) -> Any:
        """Start to poll, each ten seconds."""
        return self.get(self.koji.events.poll(10, **options))

    def pass_time(self, seconds: float, step: float = 0.5) -> None:
        """Let some time pass."""
        for _ in range(round(seconds / step)):
            self.hub.clock.advance(step)

    def names(self) -> list[tuple[Any, ...]]:
        """The polled events, after another round; and forget them."""
        self.pass_time(12)
        found = [name_of(event) for event in self.polled]
        self.polled.clear()
        return found

    def begin_repo(self, tag: str) -> int:
        """Begin to make a repository."""
        self.hub.world.begin()
        number, _ = self.hub.repos.begin(
            self.hub.tables.by_name('tags')[tag]['id'], opts={}, task_id=None)
        self.hub.world.commit()
        return number

    async def submit(self, name: str, number: int = 1) -> list[int]:
        """Start builds of a package, each from another commit."""
        if self.bus.session_id is None:
            await self.bus.login()
        return [await self.bus.build(
            f'git+https://src.example.com/rpms/{name}#{each}', 'candidate')
            for each in range(number)]

    def make_hub(self) -> FakeHub:
        """Make a hub with a target, a package and a builder."""
        hub = FakeHub(sample=False, clock=Clock())
        hub.add_tag('build', arches='x86_64 aarch64')
        hub.add_tag('dest', packages=['one', 'two'])
        hub.add_target('candidate', 'build', 'dest')
        hub.add_host('builder', arches='x86_64 aarch64')
        return hub


def by_thing(events: list[Any]) -> dict[Any, list[Any]]:
    """List what happened to each task, build, package and repository."""
    found: dict[Any, list[Any]] = {}
    for event in events:
        if event.kind in SEEN:
            name = name_of(event)
            found.setdefault(name[:2], []).append(name[2:])
    return found


class ManyTests(PollTestCase):
    """Many events, by polling and on the bus at once."""

    #: Events on the bus. The bench has 10,000.
    number = 3000

    def test_many(self) -> None:
        """
        Polling finds all that it can see: each once, and in order.

        States that came and went between two rounds it cannot see. It sees
        the last state of each task, build and repository, and all that
        happens to tags.
        """
        self.poll()
        self.hub.builders.start(duration=60)
        self.hub.builders.fail('two', 'aarch64')
        while len(self.sent) < self.number:
            self.get(self.submit('one', 20))
            self.get(self.submit('two', 5))
            self.pass_time(10, step=2)
        self.pass_time(300, step=2)
        sent, polled = by_thing(self.sent), by_thing(self.polled)
        self.assertEqual(set(polled), set(sent))
        for thing, all_changes in sent.items():
            changes = polled[thing]
            self.assertEqual(changes, [each for each in all_changes
                                       if each in changes])
            self.assertEqual(changes[-1], all_changes[-1])
            for each in all_changes:
                if len(each) > 1 and each[0] != 'RepoInit':
                    # What tags have in them, not a state.
                    self.assertIn(each, changes)


class RoundTests(PollTestCase):
    """The rounds of a poll."""

    def test_from_now(self) -> None:
        """Without a state file, events from now on are handed on."""
        self.hub.add_task(state='OPEN')
        self.hub.add_build('one-1-1', tags=['dest'])
        self.poll()
        self.assertEqual(self.names(), [])

    def test_requests(self) -> None:
        """A round without events is one request, and not a large one."""
        self.poll()
        before = self.hub.requests
        self.pass_time(100)
        self.assertEqual(self.hub.requests - before, 10)

    def test_task(self) -> None:
        """The states of a task are handed on, with what it is asked."""
        self.poll()
        number = self.hub.add_task('newRepo', ['build'])
        self.assertEqual(self.names(), [('task', number, 'FREE')])
        self.hub.open_task(number)
        self.pass_time(12)
        event = self.polled.pop()
        self.assertEqual((event.old, event.new), ('FREE', 'OPEN'))
        self.assertEqual(event.task.request, ['build'])
        self.assertEqual(self.get(event.tag()), 'build')
        self.hub.cancel_task(number)
        self.assertEqual(self.names(), [('task', number, 'CANCELED')])
        self.assertEqual(self.names(), [])

    def test_meanwhile(self) -> None:
        """A task that is as it was, when its row comes, is no event."""
        number = self.hub.add_task(state='OPEN')
        self.pass_time(3600, step=600)
        self.poll()
        row = self.hub.tables.by_id('tasks')[number]
        asked: list[bool] = []

        def info(ids: Any, request: bool = False) -> Any:
            asked.append(request)
            return [{**row, 'state': task_states.OPEN if request
                     else task_states.FREE}]

        self.hub.respond('getTaskInfo', info)
        self.assertEqual(self.names(), [])
        self.assertEqual(asked, [False, True])

    def test_older_tasks(self) -> None:
        """A task that was open before is watched, too."""
        number = self.hub.add_task(state='OPEN')
        self.pass_time(3600, step=600)
        self.poll()
        self.hub.fail_task(number)
        self.assertEqual(self.names(), [('task', number, 'FAILED')])

    def test_many_tasks(self) -> None:
        """More new tasks than a page has are all found."""
        self.poll()
        numbers = [self.hub.add_task() for _ in range(620)]
        self.assertEqual(sorted(self.names()),
                         [('task', number, 'FREE') for number in numbers])

    def test_turns(self) -> None:
        """More open tasks than a round asks for take turns."""
        self.patch(tasks, 'OPEN_TASKS', 4)
        numbers = [self.hub.add_task(state='OPEN') for _ in range(10)]
        self.pass_time(3600, step=600)
        self.poll()
        for number in numbers:
            self.hub.finish_task(number)
        found = self.names() + self.names() + self.names()
        self.assertEqual(sorted(found), [
            ('task', number, 'CLOSED') for number in numbers])

    def test_build_again(self) -> None:
        """A failed build that is made again keeps its id, and is heard."""
        number = self.hub.add_build('one-1-1', state='FAILED')
        self.poll()
        for name in 'FAILED', 'CANCELED', 'COMPLETE':
            self.hub.add_build('one-1-1', state='BUILDING')
            self.assertEqual(self.names(), [('build', number, 'BUILDING')])
            self.hub.tables.builds[0].update(
                state=getattr(build_states, name),
                completion_time=self.hub.world.moment())
            self.assertEqual(self.names(), [('build', number, name)])

    def test_imported(self) -> None:
        """
        A build that ends at a time long past is heard.

        The time of completion of an imported build is from elsewhere.
        """
        number = self.hub.add_build('one-1-1', state='BUILDING')
        self.poll()
        [row] = self.hub.tables.builds
        row.update(state=1, completion_time='2020-01-01 00:00:00+00:00')
        self.assertEqual(self.names(), [('build', number, 'COMPLETE')])
        self.assertEqual(self.names(), [])

    def test_deleted(self) -> None:
        """A deleted build is not heard of, and does no harm."""
        self.hub.add_build('one-1-1', state='BUILDING')
        self.poll()
        [row] = self.hub.tables.builds
        row.update(state=2)
        self.hub.tables.builds.clear()
        self.assertEqual(self.names(), [])
        self.hub.add_build('one-2-1', state='DELETED')
        self.assertEqual(self.names(), [])

    def test_tags(self) -> None:
        """Tagged and untagged builds are heard, with tag and user."""
        number = self.hub.add_build('one-1-1')
        self.poll()
        self.get(self.tag(number))
        self.pass_time(12)
        event = self.polled.pop()
        self.assertEqual(name_of(event), ('build', number, 'Tag', 'dest'))
        self.assertEqual(event.build.owner_name, 'kojiadmin')
        self.assertEqual(self.get(event.user()), 'kojiadmin')
        self.get(self.bus.untagBuild('dest', 'one-1-1'))
        self.assertEqual(self.names(), [('build', number, 'Untag', 'dest')])

    async def tag(self, number: int) -> None:
        """Tag a build, as an administrator."""
        self.bus = self.hub.connection('kojiadmin')
        await self.bus.login()
        await self.bus.tagBuildBypass('dest', number)

    def test_again(self) -> None:
        """A build that is tagged, untagged and tagged is heard so often."""
        number = self.hub.add_build('one-1-1')
        self.poll()
        tag = self.hub.tables.by_name('tags')['dest']['id']
        for _ in range(3):
            self.hub.history.tag_build(tag, number)
            self.hub.history.untag_build(tag, number)
        self.assertEqual([name[2] for name in self.names()],
                         ['Tag', 'Untag'] * 3)

    def test_forced(self) -> None:
        """A build that is tagged again is untagged first, in one event."""
        number = self.hub.add_build('one-1-1', tags=['dest'])
        koji = self.hub.connection('kojiadmin')
        self.get(koji.login())
        self.poll()
        self.get(koji.tagBuildBypass('dest', 'one-1-1', force=True))
        # A hub lists the rows in the order of its disk.
        self.hub.tables.taggings.reverse()
        self.assertEqual(self.names(), [('build', number, 'Untag', 'dest'),
                                        ('build', number, 'Tag', 'dest')])

    def test_packages(self) -> None:
        """Changes of the list of packages are heard."""
        koji = self.hub.connection('kojiadmin')
        self.hub.add_user('alice')
        self.poll()

        async def change() -> list[Any]:
            await koji.login()
            heard = []
            for call in [
                    koji.packageListAdd('build', 'one', 'kojiadmin'),
                    koji.packageListBlock('build', 'one'),
                    koji.packageListUnblock('build', 'one'),
                    koji.packageListSetOwner('build', 'one', 'alice'),
                    koji.packageListSetArches('build', 'one', 'x86_64'),
                    koji.packageListRemove('build', 'one')]:
                await call
                await deferLater(self.hub.clock, 12)
                heard += [event.action for event in self.polled]
                self.polled.clear()
            return heard

        self.assertEqual(self.get(change()), [
            'add', 'block', 'unblock', 'update', 'update', 'remove'])

    def test_repositories(self) -> None:
        """The making of a repository is heard."""
        self.poll()
        number = self.begin_repo('build')
        self.assertEqual(self.names(), [('repo', number, 'RepoInit',
                                         'build')])
        self.hub.repos.done(number)
        self.pass_time(12)
        event = self.polled.pop()
        self.assertEqual(name_of(event), ('repo', number, 'RepoDone',
                                          'build'))
        self.assertFalse(event.expire)
        self.assertEqual(self.names(), [])

    def test_old_hub(self) -> None:
        """Hubs without ``repo.query`` are asked for active repositories."""
        self.hub.version = '1.34.0'
        self.begin_repo('build')
        self.poll()
        number = self.begin_repo('build')
        self.assertEqual(self.names(), [('repo', number, 'RepoInit',
                                         'build')])
        self.hub.repos.done(number)
        self.assertEqual(self.names(), [('repo', number, 'RepoDone',
                                         'build')])
        self.assertEqual(self.names(), [])


class LateTests(PollTestCase):
    """Transactions that take long."""

    def test_late(self) -> None:
        """What is committed after events with higher numbers is heard."""
        number = self.hub.add_build('one-1-1')
        other = self.hub.add_build('one-2-1')
        tag = self.hub.tables.by_name('tags')['dest']['id']
        self.poll()
        late = self.hub.hold_back(
            lambda: self.hub.history.tag_build(tag, number))
        self.hub.history.tag_build(tag, other)
        task = self.hub.hold_back(self.hub.add_task)
        after = self.hub.add_task()
        build = self.hub.hold_back(lambda: self.hub.add_build('one-3-1'))
        self.assertEqual(sorted(self.names()), [
            ('build', other, 'Tag', 'dest'), ('task', after, 'FREE')])
        self.pass_time(400)
        for held in late, task, build:
            held.commit()
        self.assertEqual(sorted(self.names()), [
            ('build', number, 'Tag', 'dest'),
            ('build', other + 1, 'COMPLETE'), ('task', after - 1, 'FREE')])
        self.assertEqual(self.names(), [])

    def test_no_window(self) -> None:
        """Without a window, what is committed at once is heard."""
        self.poll(window=0)
        for number in range(3):
            build = self.hub.add_build(f'one-{number}-1', tags=['dest'])
            task = self.hub.add_task()
            self.assertEqual(sorted(self.names()), [
                ('build', build, 'COMPLETE'), ('build', build, 'Tag', 'dest'),
                ('task', task, 'FREE')])

    def test_too_late(self) -> None:
        """An event that is committed after the window is missed."""
        number = self.hub.add_build('one-1-1')
        tag = self.hub.tables.by_name('tags')['dest']['id']
        self.poll(window=60)
        late = self.hub.hold_back(
            lambda: self.hub.history.tag_build(tag, number))
        for _ in range(10):
            self.hub.history.event()
            self.pass_time(12)
        late.commit()
        self.assertEqual(self.names(), [])


class FilterTests(PollTestCase):
    """What a poll asks for."""

    def kinds(self, **filters: Any) -> list[Any]:
        """What is polled with a filter, of what happens."""
        for name in 'alice', 'bob':
            self.hub.add_user(name)
        self.hub.add_tag('other', packages=['one', 'two'])
        self.poll(**filters)
        other = self.hub.tables.by_name('tags')['other']['id']
        for name, owner in [('one', 'alice'), ('two', 'bob')]:
            self.hub.add_task('build', owner=owner)
            self.hub.add_task('newRepo', ['build'], owner=owner)
            self.hub.history.tag_build(other, self.hub.add_build(
                f'{name}-1-1', owner=owner, tags=['dest']))
        self.begin_repo('other')
        return sorted((name[0], *name[2:]) if name[0] != 'task' else name
                      for name in self.names())

    def test_tags(self) -> None:
        """``tags`` chooses tagged builds and repositories."""
        found = self.kinds(tags='dest', owners=[], methods=())
        self.assertEqual(found, [('build', 'Tag', 'dest')] * 2)

    def test_renamed(self) -> None:
        """A tag that is renamed is the same tag."""
        self.poll(tags='dest')
        [tag] = [row for row in self.hub.tables.tags
                 if row['name'] == 'dest']
        tag['name'] = 'new'
        build = self.hub.add_build('one-1-1', tags=['new'])
        repo = self.begin_repo('new')
        self.assertEqual(sorted(self.names()), [
            ('build', build, 'COMPLETE'), ('build', build, 'Tag', 'new'),
            ('repo', repo, 'RepoInit', 'new')])

    def test_packages(self) -> None:
        """``packages`` chooses builds, and what happens to them."""
        found = self.kinds(packages=['one'], methods=[])
        self.assertEqual(found, [
            ('build', 'COMPLETE'), ('build', 'Tag', 'dest'),
            ('build', 'Tag', 'other'), ('repo', 'RepoInit', 'other')])

    def test_owners(self) -> None:
        """``owners`` chooses tasks and builds."""
        found = self.kinds(owners='bob', tags=[])
        self.assertEqual(found, [('build', 'COMPLETE'), ('task', 3, 'FREE'),
                                 ('task', 4, 'FREE')])

    def test_methods(self) -> None:
        """``methods`` chooses tasks."""
        found = self.kinds(methods=['newRepo'], tags=[], packages=[])
        self.assertEqual(found, [('task', 2, 'FREE'), ('task', 4, 'FREE')])

    def test_several_methods(self) -> None:
        """Several methods are no matter, which the hub itself cannot ask."""
        self.hub.add_task('createrepo', state='OPEN')
        opened = self.hub.add_task('build', state='OPEN')
        found = self.kinds(methods=['newRepo', 'build'], tags=[],
                           packages=[], owners='bob')
        self.assertEqual(found, [('task', 5, 'FREE'), ('task', 6, 'FREE')])
        self.hub.fail_task(opened)
        self.assertEqual(self.names(), [])

    def test_unknown(self) -> None:
        """A name that the hub does not know is its error."""
        for filters in {'tags': 'nosuch'}, {'owners': ['nosuch']}:
            with self.assertRaisesRegex(GenericError, 'nosuch'):
                self.poll(**filters)

    def test_wrong(self) -> None:
        """Wrong options are refused at once."""
        for options in ({'window': -1}, {'window': 'long'},
                        {'window': float('inf')}):
            with self.assertRaises(ConfigurationError):
                self.poll(**options)
        with self.assertRaisesRegex(ConfigurationError, 'interval'):
            self.get(self.koji.events.poll(0))
        with self.assertRaisesRegex(TypeError, 'tags'):
            self.poll(tags=[40])


class HandOnTests(PollTestCase):
    """How events are handed on."""

    def test_waits(self) -> None:
        """Events of a thing wait for each other, and the round for all."""
        self.poll()
        waiting: list[Deferred[None]] = []

        def hear(event: Any) -> Deferred[None]:
            waiting.append(Deferred())
            return waiting[-1]

        self.koji.events.subscribe(hear)
        number = self.hub.add_build('one-1-1', tags=['dest'])
        task = self.hub.add_task()
        found = self.names()
        self.assertEqual(sorted(found), [('build', number, 'COMPLETE'),
                                         ('task', task, 'FREE')])
        before = self.hub.requests
        self.pass_time(100)
        self.assertEqual(self.hub.requests, before)
        for each in waiting:
            each.callback(None)
        self.assertEqual(self.names(), [('build', number, 'Tag', 'dest')])

    def test_slow(self) -> None:
        """Subscribers that take minutes are named in the log."""
        self.poll()
        self.koji.events.subscribe(lambda event: Deferred())
        self.hub.add_task()
        with capturedLogs() as logs:
            self.pass_time(320)
        self.assertIn('subscribers have worked for 300 s',
                      formatEvent(logs[-1]))

    def test_overdue(self) -> None:
        """A round that took longer than the interval is followed by one."""
        clock = self.hub.clock

        def seconds() -> float:
            # The time of a reactor goes on by itself.
            clock.rightNow += 1e-6
            return float(clock.rightNow)

        def call_later(delay: float, *args: Any) -> Any:
            # As a reactor does.
            assert delay >= 0, delay
            return begin_timer(delay, *args)

        begin_timer = clock.callLater
        self.patch(clock, 'seconds', seconds)
        self.patch(clock, 'callLater', call_later)
        self.koji.events.subscribe(
            lambda event: deferLater(clock, 25, lambda: None))
        self.poll()
        for number in range(2):
            self.hub.add_task()
            self.pass_time(40)
            self.assertEqual(len(self.polled), number + 1)

    def test_failing(self) -> None:
        """An event is handed on when a subscriber has failed, too."""
        def fail(event: Any) -> None:
            raise ValueError('no')

        self.koji.events.subscribe(fail)
        self.poll()
        number = self.hub.add_task()
        self.assertEqual(self.names(), [('task', number, 'FREE')])
        self.assertEqual(self.names(), [])
        self.assertEqual(len(self.flushLoggedErrors(ValueError)), 1)

    def test_not_handled(self) -> None:
        """An event that nobody handled comes again, however late."""
        def refuse(event: Any) -> None:
            if refusing and event.kind == 'Tag':
                # As a stream does that was closed.
                raise NotHandled

        refusing = True
        self.koji.events.subscribe(refuse)
        self.poll()
        build = self.hub.add_build('one-1-1', tags=['dest'])
        for _ in range(3):
            self.pass_time(900, step=10)
            self.hub.add_task()
        refusing = False
        self.polled.clear()
        self.assertIn(('build', build, 'Tag', 'dest'), self.names())
        self.assertEqual(self.names(), [])

    def test_unreadable(self) -> None:
        """A row that nobody can read is dropped, and the others go on."""
        self.poll()
        number = self.hub.add_task()
        self.hub.respond('getTaskInfo', [{'id': number}])
        build = self.hub.add_build('one-1-1')
        self.assertEqual(self.names(), [('build', build, 'COMPLETE')])
        self.assertEqual(len(self.flushLoggedErrors(KeyError)), 1)

    def test_outage(self) -> None:
        """After an outage of the hub, all is heard that happened in it."""
        self.poll()
        self.hub.misbehave('offline')
        number = self.hub.add_task()
        with capturedLogs() as logs:
            self.assertEqual(self.names(), [])
        self.assertIn('polling goes on', formatEvent(logs[-1]))
        self.pass_time(3600, step=10)
        self.hub.behave()
        self.assertEqual(self.names(), [('task', number, 'FREE')])

    def test_start_in_outage(self) -> None:
        """A poll begins when the hub is there."""
        self.hub.misbehave('offline')
        started = self.koji.events.poll(10)
        self.pass_time(100)
        self.assertNoResult(started)
        self.hub.behave()
        self.pass_time(12)
        self.assertIsNotNone(self.successResultOf(started).last_round)

    def test_cancel(self) -> None:
        """Canceling the start ends the poll."""
        self.hub.misbehave('offline')
        started = self.koji.events.poll(10)
        started.cancel()
        self.failureResultOf(started, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_stop(self) -> None:
        """Stopping waits for events in progress, and begins no others."""
        poller = self.poll()
        waiting: Deferred[None] = Deferred()
        self.koji.events.subscribe(lambda event: waiting)
        for number in range(30):
            self.hub.add_task()
        self.assertEqual(len(self.names()), 20)
        stopped = poller.stop()
        self.assertNoResult(stopped)
        waiting.callback(None)
        self.assertEqual(self.names(), [])
        self.successResultOf(stopped)

    def test_stop_hung(self) -> None:
        """A subscriber that hangs delays the end for half a minute."""
        poller = self.poll()
        self.koji.events.subscribe(lambda event: Deferred())
        self.hub.add_task()
        self.names()
        stopped = poller.stop()
        self.pass_time(29)
        self.assertNoResult(stopped)
        self.pass_time(2)
        self.successResultOf(stopped)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_close(self) -> None:
        """Closing the connection ends the poll; later ones are refused."""
        self.poll()
        self.get(self.koji.close())
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        self.failureResultOf(self.koji.events.poll(), ConnectionClosed)


class StateTests(PollTestCase):
    """The state file."""

    def setUp(self) -> None:
        """Choose a file."""
        super().setUp()
        self.path = folder(self) + '/state.json'

    def restart(self) -> None:
        """End the poll, and begin another."""
        self.get(self.koji.close())
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)
        self.koji.events.subscribe(self.polled.append)
        self.poll(state=self.path)

    def test_restart(self) -> None:
        """What happens while nobody polls is heard afterwards, once."""
        task = self.hub.add_task()
        build = self.hub.add_build('one-1-1', state='BUILDING')
        self.poll(state=self.path)
        tag = self.hub.tables.by_name('tags')['dest']['id']
        self.hub.history.tag_build(tag, build)
        repo = self.begin_repo('build')
        self.names()
        self.get(self.koji.close())
        self.hub.cancel_task(task)
        self.hub.history.untag_build(tag, build)
        self.hub.tables.builds[0].update(
            state=3, completion_time=self.hub.world.moment())
        self.hub.repos.done(repo)
        self.pass_time(86400, step=3600)
        self.restart()
        self.assertEqual(sorted(self.names()), [
            ('build', build, 'FAILED'), ('build', build, 'Untag', 'dest'),
            ('repo', repo, 'RepoDone', 'build'), ('task', task, 'CANCELED')])
        self.restart()
        self.assertEqual(self.names(), [])

    def test_canceled(self) -> None:
        """Events in progress are kept when the start is canceled."""
        self.poll(state=self.path)
        self.get(self.koji.close())
        task = self.hub.add_task()
        self.koji = self.hub.connection()
        working: list[Any] = []

        def work(event: Any) -> Deferred[None]:
            working.append(event)
            return Deferred()

        self.koji.events.subscribe(work)
        starting = self.koji.events.poll(10, state=self.path)
        self.pass_time(5)
        self.assertEqual(len(working), 1)
        starting.cancel()
        self.assertIsInstance(self.failureResultOf(starting).value,
                              CancelledError)
        self.pass_time(5)
        self.flushLoggedErrors(CancelledError)
        self.restart()
        self.assertEqual(self.names(), [('task', task, 'FREE')])

    def test_behind(self) -> None:
        """More events than a round reads are all heard, also in parts."""
        self.patch(tags, 'EVENTS', 10)
        build = self.hub.add_build('one-1-1', tags=['dest'])
        self.poll(state=self.path)
        self.get(self.koji.close())
        tag = self.hub.tables.by_name('tags')['dest']['id']
        for _ in range(40):
            self.hub.history.untag_build(tag, build)
            self.hub.history.tag_build(tag, build)
        self.pass_time(7200, step=60)
        self.restart()
        self.assertEqual(self.names(), [
            ('build', build, 'Untag', 'dest'),
            ('build', build, 'Tag', 'dest')] * 40)

    def test_broken_off(self) -> None:
        """After an outage in the middle of a long history, none is missed."""
        self.patch(tags, 'EVENTS', 10)
        self.patch(deliverer, 'PART', 3)
        build = self.hub.add_build('one-1-1', tags=['dest'])
        self.poll(state=self.path)
        self.get(self.koji.close())
        tag = self.hub.tables.by_name('tags')['dest']['id']
        for _ in range(20):
            self.hub.history.untag_build(tag, build)
            self.hub.history.tag_build(tag, build)
        tasks = [self.hub.add_task() for _ in range(7)]
        self.pass_time(7200, step=60)
        # The window of the next round begins after all of it.
        self.hub.history.event()
        tasks.append(self.hub.add_task())
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)

        def hear(event: Any) -> None:
            if len(self.polled) in (0, 8, 20):
                self.hub.misbehave('offline', times=1)
            self.polled.append(event)

        self.koji.events.subscribe(hear)
        with capturedLogs():
            self.koji.events.poll(10, state=self.path)
            self.pass_time(120)
        found = [name_of(event) for event in self.polled]
        self.assertEqual(sorted(found), sorted([
            ('build', build, 'Untag', 'dest'),
            ('build', build, 'Tag', 'dest')] * 20
            + [('task', number, 'FREE') for number in tasks]))

    def test_other_files(self) -> None:
        """A file that is no state file of the hub is refused."""
        for text, said in [('', 'cannot be read'), ('{}', 'no state file'),
                           ('{"form": 1, "hub": "x"}', 'use a file for each'),
                           ('[' * 10000, 'cannot be read'),
                           ('{"form": 1, "hub": "%s", "since": []}'
                            % self.koji.url, 'malformed')]:
            write(self.path, text)
            with self.assertRaisesRegex(ConfigurationError, said):
                self.poll(state=self.path)
            with open(self.path, encoding='utf-8') as file:
                self.assertEqual(file.read(), text)

    def test_damaged(self) -> None:
        """A file with values that cannot be used is refused at once."""
        self.hub.add_build('one-1-1', state='BUILDING')
        self.hub.add_task()
        self.begin_repo('build')
        self.poll(state=self.path)
        self.get(self.koji.close())
        with open(self.path, encoding='utf-8') as file:
            good = json.load(file)
        for name in 'since', 'tasks', 'builds', 'tags', 'repositories':
            for value in None, 5, ['x'], [['x'] * 4], [[1, ['x'] * 3]]:
                write(self.path, json.dumps({**good, name: value}))
                self.koji = self.hub.connection()
                with self.assertRaisesRegex(ConfigurationError, 'malformed'):
                    self.poll(state=self.path)
                self.get(self.koji.close())

    def test_unwritable(self) -> None:
        """A file that cannot be written is an error at once."""
        with self.assertRaisesRegex(ConfigurationError, 'cannot be written'):
            self.poll(state='/nonexistent/state')
        self.poll(state=self.path)
        self.get(self.koji.close())
        # No file can be made here any more.
        os.mkdir(self.path + '.new')
        self.koji = self.hub.connection()
        with self.assertRaisesRegex(ConfigurationError, 'cannot be written'):
            self.poll(state=self.path)

    def test_full(self) -> None:
        """While the file cannot be written, events are handed on, once."""
        self.poll(state=self.path)

        def refuse(*args: Any) -> None:
            raise ConfigurationError('no space')

        self.patch(state, 'save', refuse)
        number = self.hub.add_task()
        self.assertEqual(self.names(), [('task', number, 'FREE')])
        self.assertEqual(self.names(), [])
