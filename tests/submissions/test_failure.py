"""Why a task failed."""
from __future__ import annotations

from typing import Any

from tests.support import HubTestCase
from txkoji import build_states, task_states
from txkoji.exceptions import (
    BuildError,
    ConnectionFailed,
    GenericError,
    TaskFailed,
)
from txkoji.submissions.failure import TaskFailure

#: A failed build of the sample, with its failed step for aarch64, and a
#: successful step.
FAILED, STEP, GOOD = 6474, 6477, 6476

#: A canceled build of the sample, with the canceled steps.
CANCELED, CANCELED_STEPS = 6093, [6097, 6098]


class FailureTestCase(HubTestCase):
    """With the rows of tasks."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.rows = {row['id']: row for row in self.hub.tables.tasks}

    def failure(self, task: Any) -> TaskFailure:
        """Get the failure of a task, which has one."""
        found = self.get(self.koji.find_failure(task))
        self.assertIsInstance(found, TaskFailure)
        assert isinstance(found, TaskFailure)
        return found


class FindTests(FailureTestCase):
    """From a task to its failed steps."""

    def test_step(self) -> None:
        """The step is the task that failed first, with arch and host."""
        failure = self.failure(FAILED)
        self.assertEqual(failure.task.id, FAILED)
        self.assertIsInstance(failure.error, BuildError)
        [step] = failure.steps
        self.assertEqual((step.task.id, step.arch), (STEP, 'aarch64'))
        self.assertEqual(step.host, self.get(
            self.koji.getHost(self.rows[STEP]['host_id'])).name)
        self.assertIn('see root.log', str(step.error))
        self.assertEqual(failure.canceled, [])
        self.assertIn('1 failed, 0 canceled', repr(failure))

    def test_requests(self) -> None:
        """It takes two requests, however many steps there are."""
        for number in (6475, 6476, 6478):
            self.rows[number].update(
                state=task_states.FAILED, result={
                    'faultCode': 1, 'faultString': 'x'})
        del self.hub.calls[:]
        self.hub.requests = 0
        failure = self.failure(FAILED)
        self.assertEqual([step.task.id for step in failure.steps],
                         [6475, 6476, 6477, 6478])
        self.assertEqual(self.hub.requests, 2)

    def test_itself(self) -> None:
        """A task without failed children is the step itself."""
        failure = self.failure(6524)
        self.assertEqual([step.task.id for step in failure.steps], [6524])

    def test_deep(self) -> None:
        """A failed task above a failed one is no step, however deep."""
        self.rows[6524]['parent'] = STEP
        self.assertEqual([step.task.id for step
                          in self.failure(FAILED).steps], [6524])

    def test_logs(self) -> None:
        """The log that the error names is first, then those of mock."""
        for name in ('state.log', 'hw_info.log', 'build.log', 'root.log',
                     'mock_output.log', 'x.src.rpm', 'checkout.log'):
            self.hub.put_out(STEP, name, b'x')
        [step] = self.failure(FAILED).steps
        names = [log.name for log in step.logs]
        self.assertEqual(names, [
            'root.log', 'build.log', 'mock_output.log', 'hw_info.log',
            'checkout.log', 'state.log'])
        self.assertEqual(step.logs[0].size, 1)
        self.assertIn(f'/work/tasks/{STEP}/{STEP}/root.log',
                      step.logs[0].url or '')
        for text, first in [('see state.log for more', 'state.log'),
                            ('see build.log or root.log', 'build.log'),
                            ('nothing', 'root.log')]:
            self.rows[STEP]['result'] = {'faultCode': 1005,
                                         'faultString': text}
            [step] = self.failure(FAILED).steps
            self.assertEqual(step.logs[0].name, first)

    def test_volumes(self) -> None:
        """A log on another volume has its path there."""
        self.hub.put_out(STEP, 'root.log', b'x', 'vol3')
        [step] = self.failure(FAILED).steps
        self.assertTrue(step.logs[0].path.startswith('vol/vol3/work/'))

    def test_canceled(self) -> None:
        """Of a canceled task, the canceled ones are listed by their ends."""
        failure = self.failure(CANCELED)
        self.assertEqual((failure.error, failure.steps), (None, []))
        self.assertEqual(
            sorted(task.id for task in failure.canceled),
            [CANCELED, *CANCELED_STEPS])
        ends = [task.completed for task in failure.canceled]
        self.assertEqual(ends, sorted(ends))

    def test_none(self) -> None:
        """A task that succeeded, or goes on well, has no failure."""
        self.assertIsNone(self.get(self.koji.find_failure(GOOD)))
        self.rows[FAILED]['state'] = task_states.CLOSED
        self.assertIsNone(self.get(self.koji.find_failure(FAILED)))
        for number in (FAILED, STEP):
            self.rows[number]['state'] = task_states.OPEN
        self.assertIsNone(self.get(self.koji.find_failure(FAILED)))

    def test_running(self) -> None:
        """A task that still runs has the steps that failed until now."""
        self.rows[FAILED]['state'] = task_states.OPEN
        failure = self.failure(FAILED)
        self.assertIsNone(failure.error)
        self.assertEqual([step.task.id for step in failure.steps], [STEP])

    def test_wrong(self) -> None:
        """There has to be such a task."""
        self.fail_of(self.koji.find_failure(999999), GenericError)
        self.fail_of(self.koji.find_failure('x'), TypeError)  # type: ignore

    def test_circle(self) -> None:
        """Tasks that are each other's parents end."""
        self.rows[FAILED]['parent'] = STEP
        self.hub.respond('getTaskDescendents', {
            str(FAILED): [self.rows[STEP]], str(STEP): [self.rows[FAILED]]})
        self.failure(FAILED)

    def test_refused(self) -> None:
        """Answers that the hub refuses are left out; outages are errors."""
        self.hub.fault('getHost', 1000, 'Invalid hostInfo')
        self.hub.fault('listTaskOutput', 1, 'PermissionError')
        [step] = self.failure(FAILED).steps
        self.assertEqual((step.host, step.logs), (None, []))
        self.hub.fault('getTaskResult', 1005, 'as older hubs say it')
        self.assertIsInstance(self.failure(FAILED).error, BuildError)
        # The second request breaks, or the first one.
        self.hub.respond('getTaskDescendents', self.then_drop)
        self.fail_of(self.koji.find_failure(FAILED), ConnectionFailed)
        self.fail_of(self.koji.find_failure(FAILED), ConnectionFailed)

    def then_drop(self, task_id: int, request: bool = False) -> Any:
        """Answer as the hub method does, and break later connections."""
        self.hub.misbehave('dropped-before')
        return {str(task_id): [self.rows[STEP]]}

    def test_methods(self) -> None:
        """Tasks, builds and TaskFailed have it."""
        task = self.get(self.koji.getTaskInfo(FAILED))
        self.assertEqual(self.get(task.failure()).task, task)
        error = self.fail_of(task.get_result(), TaskFailed)
        self.assertEqual(self.get(error.failure()).task, task)
        build = self.get(self.koji.listBuilds(state=1, queryOpts={
            'limit': 1}))[0]
        build['task_id'] = FAILED
        self.assertIsNone(self.get(build.failure()))
        build['state'] = build_states.FAILED
        self.assertEqual(self.get(build.failure()).task, task)
        build['task_id'] = None
        build['extra'] = None
        self.assertIsNone(self.get(build.failure()))


class SummaryTests(FailureTestCase):
    """The page of text."""

    def summary(self, task: int = FAILED, **options: Any) -> str:
        """Make the text."""
        text = self.get(self.failure(task).summary(**options))
        assert isinstance(text, str)
        return text

    def test_text(self) -> None:
        """It has titles, times, error, links, and the end of the log."""
        self.hub.put_out(STEP, 'root.log', b''.join(
            b'line %d\n' % number for number in range(5000)))
        text = self.summary()
        self.assertIn('Task 6474 FAILED: build (', text)
        self.assertIn('Task 6477 FAILED: buildArch (', text)
        self.assertEqual(text.count('mock exited with status 1'), 1)
        self.assertIn('taskinfo?taskID=6477', text)
        self.assertIn('    root.log: https://hub.example.test/kojifiles/work/'
                      'tasks/6477/6477/root.log\n', text)
        self.assertEqual(
            [line for line in text.split('\n') if '|' in line],
            [f'    | line {number}' for number in range(4980, 5000)])
        self.assertRegex(text, r'ended at 2026-11-\d\d \d\d:\d\d:\d\d UTC,'
                               r' after \d+:\d\d:\d\d\n')

    def test_lines(self) -> None:
        """The number of lines is the caller's; 0 reads no log."""
        self.hub.put_out(STEP, 'root.log', b'one\ntwo\nthree')
        self.assertIn('| two\n    | three\n', self.summary(lines=2))
        self.assertNotIn('one', self.summary(lines=2))
        del self.hub.calls[:]
        self.assertNotIn('three', self.summary(lines=0))
        self.assertNotIn('downloadTaskOutput',
                         [call[0] for call in self.hub.calls])

    def test_bounded(self) -> None:
        """Of a large log, only the end is read."""
        self.hub.put_out(STEP, 'root.log', b'x' * 10**6 + b'\nend\n')
        self.assertIn('| end\n', self.summary())
        [call] = [call for call in self.hub.calls
                  if call[0] == 'downloadTaskOutput']
        self.assertEqual(call[2]['size'], 2**14)

    def test_unprintable(self) -> None:
        """Bytes that are no text, and control characters, do no harm."""
        self.hub.put_out(STEP, 'root.log', b'a\x1b[31m\xff\x07b\tc\n',
                         'vol3')
        self.assertIn('| a[31m\ufffdb', self.summary())

    def test_gone(self) -> None:
        """A log that cannot be read is mentioned, and the text goes on."""
        self.hub.put_out(STEP, 'root.log', b'x')
        self.hub.fault('downloadTaskOutput', 1000, 'no file "root.log"')
        self.assertIn('(root.log cannot be read: no file "root.log")',
                      self.summary())

    def test_many(self) -> None:
        """Only the first five steps have the end of a log."""
        for number in range(7):
            self.hub.tables.tasks.append({
                **self.rows[STEP], 'id': 90000 + number})
            self.hub.put_out(90000 + number, 'root.log', b'x\n')
        self.hub.put_out(STEP, 'root.log', b'x\n')
        text = self.summary()
        self.assertEqual(text.count('| x'), 5)
        self.assertEqual(text.count('buildArch'), 8)

    def test_canceled(self) -> None:
        """Of a canceled build, the canceled tasks are shown."""
        text = self.summary(CANCELED)
        self.assertEqual(text.count('CANCELED'), 3)
        self.assertNotIn('None', text)

    def test_traceback(self) -> None:
        """Of a traceback, the last lines are shown."""
        self.rows[STEP]['result'] = {
            'faultCode': 1, 'faultString': '\n'.join(
                f'frame {number}' for number in range(50))}
        text = self.summary()
        self.assertIn('frame 49', text)
        self.assertNotIn('frame 39\n', text)
