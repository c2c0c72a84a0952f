"""What polling must not miss, double or mix up, in rare moments."""
from __future__ import annotations

import json
from typing import Any

from twisted.internet.defer import Deferred
from twisted.logger import capturedLogs

from tests.messages.test_polling import PollTestCase, name_of
from tests.support import folder, write
from txkoji import build_states
from txkoji.exceptions import GenericError
from txkoji.messages.listening import NotHandled
from txkoji.messages.polling import changes, deliverer, tags, tasks
from txkoji.task_states import ASSIGNED, FREE, OPEN


class EdgeTestCase(PollTestCase):
    """A hub whose last event is a while ago, and a state file."""

    def setUp(self) -> None:
        """Choose a file."""
        super().setUp()
        self.path = folder(self) + '/state.json'
        self.tag = self.hub.tables.by_name('tags')['dest']['id']

    def pass_window(self) -> None:
        """Let what there is become older than the window."""
        self.pass_time(3600, step=600)
        self.hub.history.event()

    def restart(self, **options: Any) -> None:
        """End the poll, and begin another."""
        self.get(self.koji.close())
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)
        self.koji.events.subscribe(self.polled.append)
        self.poll(state=self.path, **options)


class StartTests(EdgeTestCase):
    """The first round."""

    def test_broken_off(self) -> None:
        """An outage during the start changes nothing of what is heard."""
        old = self.hub.add_task(state='OPEN')
        self.pass_window()
        self.hub.add_task(state='OPEN')
        for method in 'getLastEvent', 'listTasks', 'system.multicall':
            self.hub.misbehave('offline', method=method, times=1)
        with capturedLogs():
            self.koji.events.poll(10)
            self.pass_time(60)
        self.assertEqual(self.names(), [])
        self.hub.finish_task(old)
        self.assertEqual(self.names(), [('task', old, 'CLOSED')])

    def test_older_repository(self) -> None:
        """A repository that was begun long before is heard when it is done."""
        number = self.begin_repo('build')
        self.pass_window()
        self.poll()
        self.hub.repos.done(number)
        self.assertEqual(self.names(), [('repo', number, 'RepoDone',
                                         'build')])

    def test_no_event(self) -> None:
        """A hub that has no event yet can be polled."""
        self.hub.respond('getLastEvent',
                         lambda before=None, strict=True: None)
        self.poll()
        number = self.hub.add_task()
        self.assertEqual(self.names(), [('task', number, 'FREE')])

    def test_no_owners(self) -> None:
        """An older hub without the table of owners can be polled."""
        def answer(tables: list[str], **options: Any) -> Any:
            if 'tag_package_owners' in tables:
                raise GenericError('No such history table:'
                                   ' tag_package_owners')
            return {table: [] for table in tables}

        self.hub.respond('queryHistory', answer)
        self.poll()
        number = self.hub.add_task()
        self.assertEqual(self.names(), [('task', number, 'FREE')])

    def test_pages(self) -> None:
        """Open tasks are found, though others end between two pages."""
        for module in tasks, changes:
            self.patch(module, 'MAX_PAGE', 10)
        for _ in range(60):
            self.hub.add_task(state='OPEN')
        self.pass_window()
        answer = self.hub.answer

        async def answer_and_end(method: str, *args: Any) -> bytes:
            body = await answer(method, *args)
            if method == 'listTasks':
                for row in [row for row in self.hub.tables.tasks
                            if row['state'] == OPEN][-2:]:
                    self.hub.finish_task(row['id'])
            return body

        self.patch(self.hub, 'answer', answer_and_end)
        self.poll()
        self.names()
        self.patch(self.hub, 'answer', answer)
        left = [row['id'] for row in self.hub.tables.tasks
                if row['state'] == OPEN]
        self.assertGreater(len(left), 20)
        for number in left:
            self.hub.finish_task(number)
        self.assertEqual(sorted(self.names()), [
            ('task', number, 'CLOSED') for number in left])


class OrderTests(EdgeTestCase):
    """The order and the number of events."""

    def test_same_time(self) -> None:
        """Changes of one transaction are heard in the order of events."""
        number = self.hub.add_build('one-1-1')
        self.poll()
        for _ in range(3):
            self.hub.history.tag_build(self.tag, number)
            self.hub.history.untag_build(self.tag, number)
        self.hub.history.tag_build(self.tag, number)
        for event in self.hub.tables.events[-7:]:
            event['ts'] = self.hub.now()
        # A hub does not sort them.
        self.hub.tables.taggings.reverse()
        self.assertEqual([name[2] for name in self.names()],
                         ['Tag', 'Untag'] * 3 + ['Tag'])

    def test_postponed(self) -> None:
        """After an event that nobody handled, those of its build wait."""
        refused: list[Any] = []

        def refuse(event: Any) -> None:
            if event.kind == 'Untag' and not refused:
                refused.append(event)
                # As a stream does that was closed.
                raise NotHandled
            heard.append(name_of(event)[2])

        heard: list[Any] = []
        self.koji.events.subscribe(refuse)
        self.patch(deliverer, 'PART', 2)
        self.poll()
        number = self.hub.add_build('one-1-1', tags=['dest'])
        self.hub.history.untag_build(self.tag, number)
        self.hub.history.tag_build(self.tag, number)
        self.names()
        self.assertEqual(heard, ['COMPLETE', 'Tag'])
        self.names()
        self.assertEqual(heard, ['COMPLETE', 'Tag', 'Untag', 'Tag'])

    def test_close(self) -> None:
        """All polls stop at once, though one waits for its subscribers."""
        working: Deferred[None] = Deferred()
        self.koji.events.subscribe(lambda event: working, 'TaskStateChange')
        self.poll()
        self.poll(methods=[])
        self.hub.add_task()
        self.names()
        closing = self.koji.close()
        self.hub.add_build('one-1-1')
        self.assertEqual(self.names(), [])
        self.assertNoResult(closing)
        working.callback(None)
        self.pass_time(1)
        self.successResultOf(closing)

    def test_freed(self) -> None:
        """A task that is freed again and again is heard as often."""
        self.poll()
        number = self.hub.add_task()
        self.names()
        [row] = self.hub.tables.tasks
        for _ in range(3):
            row.update(state=ASSIGNED, host_id=1)
            self.assertEqual(self.names(), [('task', number, 'ASSIGNED')])
            row.update(state=FREE, host_id=None)
            self.assertEqual(self.names(), [('task', number, 'FREE')])

    def test_same_event(self) -> None:
        """A build that changes without a new event is heard each time."""
        number = self.hub.add_build('one-1-1', state='BUILDING')
        self.poll()
        [row] = self.hub.tables.builds
        for _ in range(3):
            for state in 'FAILED', 'BUILDING', 'COMPLETE', 'CANCELED':
                row.update(state=getattr(build_states, state),
                           completion_time=self.hub.world.moment())
                self.assertEqual(self.names(), [('build', number, state)])

    def test_two_polls(self) -> None:
        """Two polls of a Connection hand on each event once, with an id."""
        self.poll()
        self.poll()
        build = self.hub.add_build('one-1-1', tags=['dest'])
        task = self.hub.add_task()
        repo = self.begin_repo('build')
        self.pass_time(12)
        self.assertEqual(len({event.id for event in self.polled}), 4)
        self.assertEqual(sorted(self.names()), [
            ('build', build, 'COMPLETE'), ('build', build, 'Tag', 'dest'),
            ('repo', repo, 'RepoInit', 'build'), ('task', task, 'FREE')])


class FilterChangeTests(EdgeTestCase):
    """A state file of a process that had other filters."""

    def test_owners(self) -> None:
        """Old open tasks of the new owner are watched, and no others."""
        tasks_of = {}
        for name in 'alice', 'bob':
            self.hub.add_user(name)
            tasks_of[name] = self.hub.add_task(owner=name, state='OPEN')
        self.pass_window()
        self.poll(state=self.path, owners='alice')
        self.restart(owners='bob')
        for number in tasks_of.values():
            self.hub.finish_task(number)
        self.assertEqual(self.names(), [
            ('task', tasks_of['bob'], 'CLOSED')])

    def test_known(self) -> None:
        """What was watched before goes on from where it was."""
        number = self.hub.add_task(owner='kojiadmin')
        self.pass_window()
        self.poll(state=self.path, owners='kojiadmin')
        self.get(self.koji.close())
        self.hub.open_task(number)
        young = self.hub.add_task()
        self.restart()
        self.assertEqual(sorted(self.names()), [
            ('task', number, 'OPEN'), ('task', young, 'FREE')])

    def test_packages_and_tags(self) -> None:
        """Builds and repositories that are not wanted are not heard of."""
        self.hub.add_build('one-1-1', state='BUILDING')
        repo = self.begin_repo('build')
        self.pass_window()
        self.poll(state=self.path)
        self.restart(packages='two', tags='dest')
        [row] = self.hub.tables.builds
        row.update(state=1, completion_time='2020-01-01 00:00:00+00:00')
        self.hub.repos.done(repo)
        self.assertEqual(self.names(), [])


class LongTests(EdgeTestCase):
    """A history that is longer than a round reads."""

    def setUp(self) -> None:
        """Let few events be many."""
        super().setUp()
        self.patch(tags, 'EVENTS', 10)
        self.patch(tags, 'ROWS', 3)
        self.build = self.hub.add_build('one-1-1', tags=['dest'])

    def happen(self) -> None:
        """Let 80 events happen in two hours, while nobody polls."""
        self.poll(state=self.path)
        self.get(self.koji.close())
        for _ in range(40):
            self.hub.history.untag_build(self.tag, self.build)
            self.hub.history.tag_build(self.tag, self.build)
            self.pass_time(180, step=60)

    def test_read_once(self) -> None:
        """It is read once, and the file keeps only what comes again."""
        self.happen()
        self.hub.calls.clear()
        self.restart()
        self.assertEqual(len(self.names()), 80)
        after = [kwargs['afterEvent'] for method, _, kwargs in self.hub.calls
                 if method == 'queryHistory']
        # The last round is the next.
        self.assertEqual(after[:-1], sorted(after[:-1]))
        self.assertLess(len(after), 12)
        with open(self.path, encoding='utf-8') as file:
            self.assertLess(len(json.load(file)['tags']), 20)

    def test_killed(self) -> None:
        """A process that dies in it begins in it again."""
        self.happen()
        killed: list[str] = []

        def hear(event: Any) -> None:
            self.polled.append(event)
            if len(self.polled) == 55:
                with open(self.path, encoding='utf-8') as file:
                    killed.append(file.read())

        self.koji = self.hub.connection()
        self.koji.events.subscribe(hear)
        self.poll(state=self.path)
        heard = {event.id for event in self.polled[:55]}
        self.get(self.koji.close())
        write(self.path, killed[0])
        self.polled.clear()
        self.restart()
        again = {event.id for event in self.polled}
        self.assertEqual(len(heard | again), 80)
        # Those of the part under way.
        self.assertLessEqual(len(heard & again), 10)
