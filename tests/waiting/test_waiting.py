"""Waiting for tasks."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.web.resource import Resource

from tests.support import FailingNetwork, HubTestCase, Odd
from txkoji import build_states, task_states
from txkoji.build import Build
from txkoji.exceptions import (
    AnswerError,
    AuthError,
    BuildError,
    CallTimeout,
    ConnectionClosed,
    GenericError,
    HTTPError,
    KojiException,
    TaskCanceled,
    TaskFailed,
)
from txkoji.task import Task
from txkoji.testing.memory import MemoryNetwork
from txkoji.waiting import tasks
from txkoji.waiting.polling import DOUBTFUL

#: Seconds between two looks.
INTERVAL = 6


class WaitingTestCase(HubTestCase):
    """With open tasks that the test ends."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.rows = {row['id']: row for row in self.hub.tables.tasks}
        self.open = sorted(number for number, row in self.rows.items()
                           if row['state'] == task_states.OPEN)

    def turn(self, seconds: float = 0) -> None:
        """Let time pass."""
        self.hub.clock.advance(seconds)

    def end(self, task_id: int, state: int = task_states.CLOSED) -> None:
        """End a task."""
        self.rows[task_id]['state'] = state

    def polls(self) -> list[Any]:
        """The ids that were asked for, each time."""
        return [args[0] for method, args, _ in self.hub.calls
                if method == 'getTaskInfo']


class WaitTests(WaitingTestCase):
    """Waiting for tasks."""

    def test_one(self) -> None:
        """It fires with the task, when that is finished."""
        number = self.open[0]
        waiting = self.koji.wait(number)
        self.turn()
        self.turn(INTERVAL)
        self.assertNoResult(waiting)
        self.end(number, task_states.FAILED)
        self.turn(INTERVAL)
        task = self.get(waiting)
        self.assertIsInstance(task, Task)
        self.assertEqual((task.id, task.state_name), (number, 'FAILED'))
        self.assertIs(task.connection, self.koji)
        self.assertIsNotNone(task.title)
        self.assertEqual(self.polls(), [[number]] * 3)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_finished(self) -> None:
        """One that is finished already fires in the next turn."""
        task = self.get(self.koji.getTaskInfo(6474))
        for waiting in (self.koji.wait(task), task.wait()):
            self.turn()
            self.assertEqual(self.get(waiting), task)

    def test_many(self) -> None:
        """Of many it is a list, in the order that was given."""
        first, second = self.open[:2]
        waiting = self.koji.wait([second, 6474, first, second])
        self.turn()
        self.end(second)
        self.turn(INTERVAL)
        self.assertNoResult(waiting)
        self.end(first)
        self.turn(INTERVAL)
        self.assertEqual([task.id for task in self.get(waiting)],
                         [second, 6474, first, second])
        self.assertEqual(self.polls()[-1], [first])
        waiting = self.koji.wait([])
        self.assertEqual(self.get(waiting), [])

    def test_five_hundred(self) -> None:
        """Many tasks take one request a poll, which gets no rows."""
        for number in range(10000, 10500):
            self.hub.tables.tasks.append(
                {**self.rows[self.open[0]], 'id': number})
        self.rows = {row['id']: row for row in self.hub.tables.tasks}
        self.hub.tables.refresh()
        waiting = [self.koji.wait(number) for number in range(10000, 10500)]
        self.turn()
        for number in range(10):
            self.turn(INTERVAL)
        self.assertEqual(self.hub.requests, 11)
        self.assertEqual(self.polls(), [])
        self.assertEqual(
            [args[0] for method, args, _ in self.hub.calls
             if method == 'taskFinished'], [*range(10000, 10500)] * 11)
        # The hub is away for ten polls.
        self.hub.misbehave('offline')
        for number in range(5):
            self.turn(INTERVAL)
        self.hub.behave()
        self.hub.misbehave('dropped-before')
        for number in range(10000, 10250):
            self.end(number)
        for number in range(5):
            self.turn(INTERVAL)
        self.assertFalse(any(each.called for each in waiting))
        self.hub.behave()
        self.turn(INTERVAL)
        self.assertEqual([self.get(each).id for each in waiting[:250]],
                         list(range(10000, 10250)))
        self.assertEqual(self.polls(), [list(range(10000, 10250))])
        self.assertFalse(any(each.called for each in waiting[250:]))
        for each in waiting[250:]:
            each.cancel()
            self.fail_of(each, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def add_tasks(self, count: int) -> range:
        """Add open tasks to the hub."""
        ids = range(10000, 10000 + count)
        row = self.rows[self.open[0]]
        self.hub.tables.tasks += [{**row, 'id': number} for number in ids]
        self.hub.tables.refresh()
        self.rows = {row['id']: row for row in self.hub.tables.tasks}
        return ids

    def test_turns(self) -> None:
        """Of thousands of tasks, those that have waited longest are asked."""
        self.patch(tasks, 'LARGEST', 150)
        ids = self.add_tasks(400)
        waiting = [self.koji.wait([*ids, 99999])]
        for _ in range(3):
            self.turn(INTERVAL)
        asked = [args[0] for method, args, _ in self.hub.calls
                 if method == 'taskFinished']
        self.assertEqual(asked[:300], [*ids[:300]])
        self.assertEqual(asked[300:401], [*ids[300:], 99999])
        error = self.fail_of(waiting[0], GenericError)
        self.assertEqual(str(error), 'No such task: 99999')

    def test_halves(self) -> None:
        """A round that is too slow for the hub is tried in halves."""
        self.patch(tasks, 'LARGEST', 400)
        koji = self.hub.connection(timeout=10, max_retries=30)
        ids = self.add_tasks(400)
        waiting = koji.wait(ids)
        self.hub.misbehave('slow', seconds=20, times=1)
        self.turn()
        self.turn(10)
        self.turn(0)
        asked = [args[0] for method, args, _ in self.hub.calls
                 if method == 'taskFinished']
        self.assertEqual(asked, [*ids[:200]])
        # It grows again, by a hundred.
        self.hub.calls.clear()
        self.turn(INTERVAL)
        asked = [args[0] for method, args, _ in self.hub.calls
                 if method == 'taskFinished']
        self.assertEqual(asked, [*ids[:100], *ids[200:]])
        waiting.cancel()
        self.fail_of(waiting, CancelledError)

    def test_events(self) -> None:
        """While events wake waiters, rounds come less often."""
        number = self.open[0]
        waiting = self.koji.wait(number)
        self.turn()
        self.koji.task_changed(number)
        self.turn(2)
        self.turn(INTERVAL - 2)
        count = len(self.polls())
        for _ in range(4):
            self.turn(INTERVAL)
        self.assertEqual(len(self.polls()), count)
        self.turn(INTERVAL)
        self.assertEqual(len(self.polls()), count + 1)
        self.turn(300)
        count = len(self.polls())
        for _ in range(4):
            self.turn(INTERVAL)
        self.assertEqual(len(self.polls()), count + 4)
        waiting.cancel()
        self.fail_of(waiting, CancelledError)

    def test_own(self) -> None:
        """Each who waits has a task of its own."""
        number = self.open[0]
        waiting = [self.koji.wait(number) for _ in range(3)]
        self.end(number)
        self.turn()
        tasks = [self.get(each) for each in waiting]
        tasks[0]['label'] = 'changed'
        self.assertEqual(tasks[1], tasks[2])
        self.assertNotEqual(tasks[0], tasks[1])
        self.assertEqual(self.hub.requests, 1)

    def test_later(self) -> None:
        """Who comes later is asked for at once, with the others."""
        first, second = self.open[:2]
        self.koji.wait(first)
        self.turn()
        self.end(second)
        waiting = self.koji.wait(second)
        self.turn(1)
        self.assertEqual(self.get(waiting).id, second)
        self.assertEqual(self.polls(), [[first], [second]])
        self.turn(INTERVAL - 1)
        self.assertEqual(self.polls()[2:], [[first]])

    def test_rate(self) -> None:
        """Many who come one after the other are asked for together."""
        for number in range(100):
            self.koji.wait(self.open[number % len(self.open)])
            self.turn(0.01)
        self.assertLessEqual(self.hub.requests, 3)
        for number in range(600):
            self.koji.task_changed(self.open[0])
            self.turn(0.01)
        self.assertLessEqual(self.hub.requests, 11)

    def test_again(self) -> None:
        """Who waits again in a callback is asked for again."""
        self.hub.fault('getTaskInfo', 1002, 'not allowed')
        errors: list[str] = []

        def again(failure: Any) -> Any:
            errors.append(str(failure.value))
            self.hub.forget('getTaskInfo')
            return self.koji.wait(self.open[0])

        waiting = self.koji.wait(self.open[0]).addErrback(again)
        self.turn()
        self.assertEqual(errors, ['not allowed'])
        self.end(self.open[0])
        self.turn(INTERVAL)
        self.assertEqual(self.get(waiting).id, self.open[0])
        waiting = self.koji.wait(6474).addCallback(
            lambda task: self.koji.wait(6474))
        self.turn()
        self.assertNoResult(waiting)
        self.turn(1)
        self.get(waiting)
        self.assertNotIn([], self.polls())

    def test_odd_exception(self) -> None:
        """Whatever an agent fails with: it is told."""
        koji = self.hub.connection(network=FailingNetwork(Odd(1, 2)))
        waiting = koji.wait(6474)
        self.turn()
        self.fail_of(waiting, Odd)

    def test_for_good(self) -> None:
        """What will not pass is an error: at once, or after some times."""
        class Front(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                request.setResponseCode(status)
                return b'<html>no</html>'

        koji = self.hub.connection(
            network=MemoryNetwork(Front(), self.hub.clock))
        for status, kind, polls in [(404, HTTPError, 0), (403, HTTPError, 0),
                                    (500, HTTPError, DOUBTFUL),
                                    (200, AnswerError, DOUBTFUL)]:
            waiting = koji.wait(6474)
            for _ in range(polls):
                self.turn()
                self.assertNoResult(waiting)
                self.turn(INTERVAL)
            self.turn()
            self.fail_of(waiting, kind)
        status = 503
        waiting = koji.wait(6474)
        for _ in range(100):
            self.turn(INTERVAL)
        self.assertNoResult(waiting)
        waiting.cancel()
        self.fail_of(waiting, CancelledError)

    def test_database(self) -> None:
        """A fault that a hub has while it restarts is no end."""
        self.hub.fault('getTaskInfo', 1, 'psycopg2.OperationalError')
        waiting = self.koji.wait(6474)
        self.turn()
        self.assertNoResult(waiting)
        self.hub.forget('getTaskInfo')
        self.turn(INTERVAL)
        self.get(waiting)

    def test_news(self) -> None:
        """News from elsewhere spares the wait for the next turn."""
        number = self.open[0]
        waiting = self.koji.wait(number)
        self.turn()
        self.end(number)
        self.koji.task_changed(self.open[1])
        self.turn(2)
        self.assertNoResult(waiting)
        self.koji.with_options(timeout=5).task_changed(number)
        self.turn()
        self.assertEqual(self.get(waiting).id, number)
        self.koji.task_changed(number)

    def test_timeout(self) -> None:
        """The time may be limited; the task goes on."""
        waiting = self.koji.wait(self.open[0], timeout=20)
        self.turn()
        for _ in range(4):
            self.turn(5)
        error = self.fail_of(waiting, CallTimeout)
        self.assertIn('within 20 seconds', str(error))
        waiting = self.koji.wait(self.open[0], timeout=-1)
        self.turn()
        self.fail_of(waiting, CallTimeout)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        self.assertEqual(self.koji.stats.waiting, 0)

    def test_cancelled(self) -> None:
        """Cancelling stops the waiting, also in the middle of a poll."""
        self.hub.misbehave('slow', seconds=5)
        waiting = [self.koji.wait(number) for number in self.open[:2]]
        self.turn()
        for each in waiting:
            self.assertEqual(self.koji.stats.in_flight, 1)
            each.cancel()
            self.fail_of(each, CancelledError)
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.hub.behave()
        again = self.koji.wait(6474)
        self.turn()
        self.get(again)

    def test_cancelled_by_the_first(self) -> None:
        """Who hears of a task may cancel the wait for others."""
        first, second = self.open[:2]
        waiting = [self.koji.wait(number)
                   for number in (first, first, second)]
        waiting[0].addCallback(
            lambda _: [each.cancel() for each in waiting[1:]])
        self.end(first)
        self.turn()
        self.get(waiting[0])
        for each in waiting[1:]:
            self.fail_of(each, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        again = self.koji.wait(6474)
        self.turn()
        self.get(again)

    def test_no_such_task(self) -> None:
        """A task that there is not is an error, for its own caller."""
        waiting = [self.koji.wait(999999), self.koji.wait(6474),
                   self.koji.wait([self.open[0], 999999])]
        self.turn()
        self.fail_of(waiting[0], GenericError)
        self.get(waiting[1])
        self.fail_of(waiting[2], GenericError)
        self.fail_of(self.koji.wait('x'), TypeError)
        good = self.koji.wait(self.open[0])
        for number in (2**64, 2**31, 0, -5):
            self.fail_of(self.koji.wait(number), GenericError)
        self.turn()
        self.assertNoResult(good)
        good.cancel()
        self.fail_of(good, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_other_errors(self) -> None:
        """What will not pass by itself is told."""
        self.hub.fault('getTaskInfo', 1002, 'logins are not allowed')
        waiting = [self.koji.wait(number) for number in self.open[:2]]
        self.turn()
        for each in waiting:
            self.fail_of(each, AuthError)
        self.hub.respond('getTaskInfo', [])
        waiting = [self.koji.wait(self.open[0])]
        self.turn()
        self.fail_of(waiting[0], KojiException)

    def test_closed(self) -> None:
        """Closing the Connection ends it."""
        waiting = [self.koji.wait(number) for number in self.open[:2]]
        self.turn()
        self.get(self.koji.close())
        for each in waiting:
            self.fail_of(each, ConnectionClosed)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        self.fail_of(self.koji.wait(6474), ConnectionClosed)


class BuildsTests(WaitingTestCase):
    """Waiting for builds."""

    def building(self, task_id: int | None) -> Any:
        """Make a build that is under way, and get it."""
        number = self.hub.add_build('hello-1-1', state='BUILDING',
                                    task_id=task_id)
        [self.row] = [row for row in self.hub.tables.builds
                      if row['id'] == number]
        return self.get(self.koji.getBuild(number))

    def test_task(self) -> None:
        """A build is finished after its task, when the hub says so."""
        number = self.open[0]
        build = self.building(number)
        waiting = self.koji.wait(build)
        self.turn()
        self.end(number)
        self.turn(INTERVAL)
        self.assertNoResult(waiting)
        self.row['state'] = build_states.COMPLETE
        self.turn(INTERVAL)
        self.assertEqual(self.get(waiting).state_name, 'COMPLETE')
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_without_task(self) -> None:
        """A reserved build is polled itself."""
        build = self.building(None)
        waiting = self.koji.wait([build, 6474])
        self.turn()
        self.turn(INTERVAL)
        self.assertNoResult(waiting)
        self.row['state'] = build_states.FAILED
        self.turn(INTERVAL)
        self.turn()
        found, task = self.get(waiting)
        self.assertEqual((found.state_name, task.id), ('FAILED', 6474))

    def test_finished(self) -> None:
        """A finished build fires at once, as it is on the hub."""
        build = self.get(self.koji.getBuild(5356))
        waiting = self.koji.wait(build)
        self.turn()
        self.assertEqual(self.get(waiting), build)

    def test_invalid(self) -> None:
        """A build without an id is refused."""
        self.fail_of(self.koji.wait(Build({'name': 'x'})), ValueError)
        self.fail_of(self.koji.wait([Build({'name': 'x'})]), ValueError)


class ResultTests(WaitingTestCase):
    """What tasks give."""

    def result(self, task_id: int) -> Any:
        """Get the result of a task."""
        return self.get(self.koji.getTaskInfo(task_id)).get_result()

    def test_good(self) -> None:
        """It is the task's result."""
        self.assertEqual(self.get(self.result(6475))['srpm'],
                         'tasks/6475/6475/nodejs22-14.0-1.fc44.src.rpm')
        self.assertIsNone(self.get(self.result(6465)))

    def test_failed(self) -> None:
        """Of a failed task: TaskFailed, with what it failed with."""
        error = self.fail_of(self.result(6477), TaskFailed)
        self.assertEqual(error.task.id, 6477)
        self.assertIs(type(error.__cause__), BuildError)
        self.assertEqual(error.__cause__.faultCode, 1005)
        self.assertIn('task 6477 failed: BuildError: error building',
                      str(error))
        self.assertNotIsInstance(error, GenericError)
        self.assertIsNone(error.faultCode)

    def test_containers(self) -> None:
        """Also with codes that Koji itself does not have."""
        row = self.rows[6477]
        row['result'] = {'faultCode': 2001, 'faultString': 'image failed'}
        error = self.fail_of(self.result(6477), TaskFailed)
        self.assertEqual(error.__cause__.faultCode, 2001)

    def test_canceled(self) -> None:
        """Of a canceled task: TaskCanceled."""
        error = self.fail_of(self.result(6527), TaskCanceled)
        self.assertEqual(error.task.id, 6527)
        self.assertIn('task 6527 was canceled', str(error))

    def test_meanwhile(self) -> None:
        """Of one that ends while it is asked for, what it ended with."""
        number = self.open[0]
        task = self.get(self.koji.getTaskInfo(number))
        for state, kind in [(task_states.FAILED, TaskFailed),
                            (task_states.CANCELED, TaskCanceled)]:
            self.end(number, task_states.OPEN)
            self.hub.respond('getTaskResult', lambda *args, **kwargs: (
                self.end(number, state), {'faultCode': 1005,
                                          'faultString': 'boom'})[1])
            self.fail_of(task.get_result(), kind)

    def test_failed_oddly(self) -> None:
        """One that failed with nothing failed, too."""
        self.rows[6477]['result'] = None
        error = self.fail_of(self.result(6477), TaskFailed)
        self.assertIsNone(error.__cause__)

    def test_not_finished(self) -> None:
        """Of one that is not finished, the hub's own word."""
        error = self.fail_of(self.result(6528), GenericError)
        self.assertEqual(str(error), 'Task 6528 is not finished')

    def test_call_failed(self) -> None:
        """That a call fails is another thing."""
        task = self.get(self.koji.getTaskInfo(6477))
        self.hub.fault('getTaskResult', 1005, 'odd')
        self.fail_of(task.get_result(), BuildError)


class WatchTests(WaitingTestCase):
    """A live view."""

    def collect(self, items: Any) -> Any:
        """Goes through them; gives the list that it fills, and its end."""
        found: list[Any] = []

        async def loop() -> None:
            async for change in items:
                found.append((change.task.id, change.old, change.new))

        return found, Deferred.fromCoroutine(loop())

    def test_watch(self) -> None:
        """First all tasks as they are, then what changes, until the end."""
        parent = self.rows[6474]
        children = [row for row in self.rows.values()
                    if row['parent'] == 6474]
        for row in [parent, *children]:
            row['state'] = task_states.FREE
        found, end = self.collect(self.koji.watch(6474))
        self.assertEqual(found[0], (6474, None, 'FREE'))
        self.assertEqual({number for number, _, _ in found[1:]},
                         {row['id'] for row in children})
        del found[:]
        self.turn(INTERVAL)
        self.assertEqual(found, [])
        parent['state'] = children[0]['state'] = task_states.OPEN
        self.turn(INTERVAL)
        self.assertEqual(found, [(6474, 'FREE', 'OPEN'),
                                 (children[0]['id'], 'FREE', 'OPEN')])
        self.hub.misbehave('offline', times=3)
        parent['state'] = task_states.CLOSED
        for _ in range(3):
            self.turn(INTERVAL)
        self.assertNoResult(end)
        self.turn(INTERVAL)
        self.get(end)
        self.assertEqual(found[-1], (6474, 'OPEN', 'CLOSED'))
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_all_end_at_once(self) -> None:
        """The last changes of descendents come, too."""
        tree = [row for row in self.rows.values()
                if 6474 in (row['parent'], row['id'])]
        for row in tree:
            row['state'] = task_states.OPEN
        self.hub.misbehave('slow', seconds=1)
        found, end = self.collect(self.koji.watch(6474))
        for _ in range(3):
            self.turn(1)
        self.turn(INTERVAL - 0.5)
        for row in tree:
            row['state'] = task_states.CLOSED
        for _ in range(INTERVAL):
            self.turn(1)
        self.get(end)
        self.assertEqual({number for number, _, new in found
                          if new == 'CLOSED'}, {row['id'] for row in tree})

    def test_impatient(self) -> None:
        """Who waits for a change for a short while each time gets it."""
        self.rows[6474]['state'] = task_states.OPEN
        changes = self.koji.watch(6474)
        for _ in range(6):
            self.get(changes.next_item())
        self.rows[6474]['state'] = task_states.CLOSED
        found = []
        for _ in range(4):
            waiting = changes.next_item()
            waiting.addCallbacks(found.append, lambda failure: None)
            self.turn(2)
            waiting.cancel()
        self.assertEqual([change.new for change in found], ['CLOSED'])

    def test_finished(self) -> None:
        """Of a task that is finished they are its tasks as they are."""
        task = self.get(self.koji.getTaskInfo(6474))
        found, end = self.collect(self.koji.watch(task))
        self.get(end)
        self.assertEqual(len(found), 6)

    def test_no_such_task(self) -> None:
        """A task that there is not is an error."""
        self.fail_of(self.koji.watch(999999).next_item(), GenericError)

    def test_aclose(self) -> None:
        """It can be left at any time."""
        self.rows[6474]['state'] = task_states.OPEN
        changes = self.koji.watch(6474)
        for _ in range(6):
            self.get(changes.next_item())
        waiting = changes.next_item()
        self.get(changes.aclose())
        self.fail_of(waiting, StopAsyncIteration)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_closed(self) -> None:
        """Closing the Connection ends it."""
        self.rows[6474]['state'] = task_states.OPEN
        changes = self.koji.watch(6474)
        for _ in range(6):
            self.get(changes.next_item())
        waiting = changes.next_item()
        self.get(self.koji.close())
        self.fail_of(waiting, ConnectionClosed)
