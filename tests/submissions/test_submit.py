"""Starting builds, and seeing them through."""
from __future__ import annotations

import os
from io import BytesIO
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import formatEvent, globalLogPublisher

from tests.support import HubTestCase, folder, write
from txkoji import task_states
from txkoji.exceptions import (
    ActionNotAllowed,
    BuildError,
    CallTimeout,
    GenericError,
    TaskCanceled,
    TaskFailed,
)
from txkoji.files.file import File
from txkoji.submissions.submit import ChainSubmission, Submission
from txkoji.undo import LIMIT

SOURCE = 'git+https://src.example.test/rpms/zsh.git#9a2f7fc'

#: A target of the sample, with its destination.
TARGET, DEST = 'f44-candidate', 'f44-updates-candidate'

#: Seconds between two looks.
INTERVAL = 6


class SubmitTestCase(HubTestCase):
    """With a hub that makes tasks of builds."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.respond('build', self.make_build)
        self.hub.respond('chainBuild', self.make_chain)
        self.hub.respond('cancelTask', self.cancel_task)
        self.hub.respond('hasPerm', False)
        self.hub.respond('checkTagPackage', True)
        self.get(self.koji.login())
        self.rows = self.hub.tables.tasks
        self.target = self.get(self.koji.getBuildTarget(TARGET))
        del self.hub.calls[:]

    def make_build(self, src: str, target: str, opts: Any = None,
                   priority: Any = None, channel: Any = None) -> int:
        """Make a task, as the hub method does."""
        return self.make_task('build', [src, target, opts])

    def make_chain(self, srcs: Any, target: str, opts: Any = None,
                   priority: Any = None, channel: Any = None) -> int:
        """Make a task, as the hub method does."""
        return self.make_task('chainbuild', [srcs, target, opts])

    def make_task(self, method: str, request: Any, **columns: Any) -> int:
        """Make a task."""
        number = 1 + max(row['id'] for row in self.rows)
        self.rows.append({'id': number, 'method': method, 'request': request,
                          'state': task_states.FREE, 'owner': 2, **columns})
        return number

    def cancel_task(self, number: int) -> None:
        """Cancel a task."""
        self.row(number)['state'] = task_states.CANCELED

    def row(self, number: int) -> Any:
        """Find the row of a task."""
        [row] = [row for row in self.rows if row['id'] == number]
        return row

    def end(self, number: int, state: int, result: Any = None) -> None:
        """End a task, and let the poller see that."""
        self.row(number).update(state=state, result=result)
        self.hub.clock.advance(INTERVAL)

    def ended(self, started: Any) -> Any:
        """Wait for a submission that has ended."""
        done = started.done()
        # The poller asks in the next turn of the reactor.
        self.hub.clock.advance(0)
        return done

    def called(self, method: str) -> list[Any]:
        """Find the calls of a method."""
        return [(args, kwargs) for name, args, kwargs in self.hub.calls
                if name == method]

    def submit(self, *args: Any, **kwargs: Any) -> Submission:
        """Submit a build."""
        found = self.get(self.koji.submit_build(*args, **kwargs))
        assert isinstance(found, Submission)
        return found

    def refused(self, kind: Any, *args: Any, **kwargs: Any) -> str:
        """Get the text of a refusal, before which no task is made."""
        error = self.fail_of(self.koji.submit_build(*args, **kwargs), kind)
        self.assertEqual(self.called('build'), [])
        return str(error)


class BuildTests(SubmitTestCase):
    """Builds of sources."""

    def test_call(self) -> None:
        """The hub gets source, target and the options that are set."""
        submission = self.submit(SOURCE, TARGET)
        self.submit(SOURCE, TARGET, scratch=True, wait_repo=True,
                    arch_override=['x86_64', 's390x'], priority=5,
                    channel='image', opts={'fail_fast': False})
        self.assertEqual(self.called('build'), [
            ((SOURCE, TARGET, {}), {}),
            ((SOURCE, TARGET, {
                'fail_fast': False, 'scratch': True, 'wait_repo': True,
                'arch_override': 'x86_64 s390x'}),
             {'priority': 5, 'channel': 'image'})])
        self.assertEqual(submission.task.source, SOURCE)
        self.assertFalse(submission.is_scratch)
        self.assertIn(str(submission.task.id), repr(submission))

    def test_requests(self) -> None:
        """A scratch build is checked with one request."""
        self.hub.respond('hasPerm', True)
        self.submit(SOURCE, TARGET, scratch=True, priority=-5)
        self.submit(SOURCE, TARGET, scratch=True, priority=-5)
        # The first write takes a session of its own.
        self.assertEqual([name for name, _, _ in self.hub.calls], [
            'system.multicall', 'getBuildTarget', 'hasPerm', 'subsession',
            'build', 'getTaskInfo',
            'system.multicall', 'getBuildTarget', 'hasPerm', 'build',
            'getTaskInfo'])

    def test_build(self) -> None:
        """The end is the build, with all its members."""
        submission = self.submit(SOURCE, TARGET)
        number = submission.task.id
        done = submission.done()
        self.assertNoResult(done)
        build = self.hub.tables.builds[-1]
        build['task_id'] = number
        self.end(number, task_states.CLOSED, [None])
        self.assertEqual(self.get(done).id, build['id'])
        self.assertEqual(submission.task.state, task_states.CLOSED)

    def test_no_build(self) -> None:
        """A task that made no build is an error."""
        submission = self.submit(SOURCE, TARGET)
        self.end(submission.task.id, task_states.CLOSED, [None])
        self.assertIn('no build', str(self.fail_of(
            self.ended(submission), GenericError)))

    def test_scratch(self) -> None:
        """The end of a scratch build is its files."""
        submission = self.submit(SOURCE, TARGET, scratch=True)
        number = submission.task.id
        self.make_task('buildArch', ['x', 40, 'x86_64', True, {}],
                       parent=number, label='x86_64',
                       state=task_states.CLOSED, result=[{
                           'rpms': ['tasks/1/1/zsh-1-1.x86_64.rpm'],
                           'srpms': [], 'logs': ['tasks/1/1/build.log']}])
        self.end(number, task_states.CLOSED, [None])
        files = self.get(self.ended(submission))
        self.assertIsInstance(files[0], File)
        self.assertEqual([file.path for file in files], [
            f'scratch/alice/task_{number}/zsh-1-1.x86_64.rpm',
            f'scratch/alice/task_{number}/logs/x86_64/build.log'])

    def test_failed(self) -> None:
        """A failed build is TaskFailed, which leads to the steps."""
        submission = self.submit(SOURCE, TARGET)
        self.end(submission.task.id, task_states.FAILED, {
            'faultCode': 1005, 'faultString': 'see root.log'})
        error = self.fail_of(self.ended(submission), TaskFailed)
        self.assertIsInstance(error.__cause__, BuildError)
        [step] = self.get(error.failure()).steps
        self.assertEqual(step.task.id, submission.task.id)

    def test_cancel(self) -> None:
        """Cancel cancels the task; giving up waiting does not."""
        submission = self.submit(SOURCE, TARGET)
        done = submission.done()
        done.cancel()
        self.fail_of(done, CancelledError)
        self.fail_of(self.timed_out(submission), CallTimeout)
        self.assertEqual(self.called('cancelTask'), [])
        self.get(submission.cancel())
        self.fail_of(self.ended(submission), TaskCanceled)

    def timed_out(self, submission: Submission) -> Any:
        """Wait for a second."""
        done = submission.done(timeout=1)
        self.hub.clock.advance(1)
        return done

    def test_follow(self) -> None:
        """The changes and the logs are those of the task and its steps."""
        submission = self.submit(SOURCE, TARGET)
        number = submission.task.id
        changes = submission.changes()
        self.assertEqual(self.get(changes.next_item()).task.id, number)
        step = self.make_task('buildArch', [], parent=number,
                              state=task_states.OPEN)
        self.hub.put_out(step, 'build.log', b'hello\n')
        next_line = submission.logs().next_item()
        self.hub.clock.pump([0] * 5)
        line = self.get(next_line)
        self.assertEqual((line.task_id, line.text), (step, 'hello'))
        self.assertEqual(self.later(submission.logs('root*')), [])

    def later(self, logs: Any) -> list[Any]:
        """Get what there is at once."""
        item = logs.next_item()
        self.hub.clock.pump([0] * 5)
        if item.called:
            return [self.get(item)]
        logs.stop()
        self.failureResultOf(item)
        return []

    def test_refused_by_hub(self) -> None:
        """A fault of the hub's is the caller's."""
        self.hub.fault('build', 1000, 'No such channel: x')
        self.fail_of(self.koji.submit_build(SOURCE, TARGET, channel='x'),
                     GenericError)

    def test_task_unseen(self) -> None:
        """A task that cannot be asked for is known by its id."""
        self.hub.fault('getTaskInfo', 1, 'a bad moment')
        submission = self.submit(SOURCE, TARGET)
        self.assertEqual(submission.task.id, self.rows[-1]['id'])


class CheckTests(SubmitTestCase):
    """Mistakes, which are refused before a task is made."""

    def test_login(self) -> None:
        """One has to be logged in; nothing is sent."""
        self.koji = self.hub.connection()
        self.refused(ActionNotAllowed, SOURCE, TARGET)
        self.assertEqual(self.hub.calls, [])

    def test_target(self) -> None:
        """The target has to exist, unless a repository is given."""
        self.assertIn("'nosuch'", self.refused(GenericError, SOURCE,
                                               'nosuch'))
        self.submit(SOURCE, 'f44', opts={'repo_id': 1})
        self.submit(SOURCE, None, opts={'repo_id': 1})
        self.assertEqual(self.called('build')[1][0][1:], (
            None, {'repo_id': 1, 'skip_tag': True}))

    def test_priority(self) -> None:
        """A priority below 0 needs an administrator."""
        self.assertIn('-5', self.refused(ActionNotAllowed, SOURCE, TARGET,
                                         priority=-5))
        self.hub.respond('hasPerm', lambda perm: perm == 'admin')
        self.submit(SOURCE, TARGET, priority=-5)

    def test_locked(self) -> None:
        """A locked tag takes scratch builds, and builds without tagging."""
        for row in self.hub.tables.tags:
            if row['id'] == self.target.dest_tag:
                row['locked'] = True
        self.assertIn('locked', self.refused(ActionNotAllowed, SOURCE,
                                             TARGET))
        self.submit(SOURCE, TARGET, scratch=True)
        self.submit(SOURCE, TARGET, opts={'skip_tag': True})

    def test_arguments(self) -> None:
        """Arguments that contradict each other are refused."""
        self.refused(ValueError, None, TARGET)
        self.refused(ValueError, SOURCE, TARGET, srpm='x-1-1.src.rpm')
        self.refused(ValueError, SOURCE, None)
        self.refused(ValueError, None, TARGET, srpm='x-1-1.x86_64.rpm')
        self.refused(ValueError, None, TARGET, srpm=BytesIO(b''))
        self.assertEqual(self.hub.calls, [])


class PackageTests(SubmitTestCase):
    """Source packages, which are uploaded first."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.path = write(folder(self) + '/my-zsh-5.9-1.src.rpm',
                          b'a package' * 100)

    def test_upload(self) -> None:
        """It is in a new folder, whose path is the source."""
        told: list[Any] = []
        self.submit(None, TARGET, srpm=self.path, scratch=True,
                    progress=lambda *numbers: told.append(numbers))
        self.submit(None, TARGET, srpm=self.path, scratch=True)
        sources = [args[0] for args, _ in self.called('build')]
        self.assertRegex(sources[0], r'^cli-build/179\d{7}\.\d{6}\.[0-9a-f]{8}'
                                     r'/my-zsh-5.9-1.src.rpm$')
        self.assertNotEqual(*sources)
        self.assertEqual(self.hub.files.size('work/' + sources[0]), 900)
        self.assertEqual(told[-1], (900, 900))

    def test_listed(self) -> None:
        """Before it is uploaded, the tag is asked for its package."""
        self.hub.respond('checkTagPackage', False)
        text = self.refused(BuildError, None, TARGET, srpm=self.path)
        self.assertIn('my-zsh', text)
        self.assertIn(self.target.dest_tag_name, text)
        self.assertEqual(self.called('checkTagPackage'), [
            ((self.target.dest_tag, 'my-zsh'), {})])
        self.assertEqual(self.hub.files.names('work/cli-build'), [])
        self.submit(None, TARGET, srpm=self.path, scratch=True)
        self.hub.respond('checkTagPackage', True)
        with open(self.path, 'rb') as file:
            self.submit(None, TARGET, srpm=file)

    def test_missing(self) -> None:
        """A file that is not there is an OSError, and no build."""
        os.unlink(self.path)
        self.refused(OSError, None, TARGET, srpm=self.path, scratch=True)


class UndoTests(SubmitTestCase):
    """A caller who cancels leaves no task."""

    def start(self, seconds: float) -> Any:
        """Submit a build to a slow hub."""
        self.hub.misbehave('slow', method='build', seconds=seconds)
        return self.koji.submit_build(SOURCE, TARGET, scratch=True)

    def test_canceled(self) -> None:
        """The task that the hub makes all the same is canceled."""
        submitting = self.start(5)
        submitting.cancel()
        submitting.cancel()
        self.assertNoResult(submitting)
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        self.assertEqual(self.rows[-1]['method'], 'build')
        self.assertEqual(self.called('cancelTask'),
                         [((self.rows[-1]['id'],), {})])
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_refused(self) -> None:
        """A hub that refuses has made none."""
        self.hub.fault('build', 1000, 'no')
        submitting = self.start(5)
        submitting.cancel()
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        self.assertEqual(self.called('cancelTask'), [])

    def test_limit(self) -> None:
        """A hub that does not answer is given up."""
        submitting = self.start(10 * LIMIT)
        submitting.cancel()
        self.hub.clock.advance(LIMIT)
        self.fail_of(submitting, CancelledError)

    def test_not_undone(self) -> None:
        """A task that cannot be canceled is logged, with its id."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.hub.fault('cancelTask', 1004, 'Cannot cancel task, not owner')
        submitting = self.start(5)
        submitting.cancel()
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        texts = [formatEvent(event) for event in events]
        self.assertIn(
            f'build was canceled, and task {self.rows[-1]["id"]} is left:'
            ' Cannot cancel task, not owner', texts)

    def test_while_checking(self) -> None:
        """Before the build is sent, nothing is to undo."""
        self.hub.misbehave('slow', method='system.multicall', seconds=5)
        submitting: Deferred[Any] = self.koji.submit_build(SOURCE, TARGET)
        submitting.cancel()
        self.fail_of(submitting, CancelledError)
        self.assertEqual(self.called('build'), [])


class ChainTests(SubmitTestCase):
    """Chain builds."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        # A target that builds with its own results.
        for row in self.hub.tables.targets:
            if row['name'] == TARGET:
                row['dest_tag'] = row['build_tag']

    def refused_chain(self, kind: Any, sources: Any,
                      target: str = TARGET, **options: Any) -> str:
        """Get the text of a refusal, before which no task is made."""
        error = self.fail_of(
            self.koji.submit_chain(sources, target, **options), kind)
        self.assertEqual(self.called('chainBuild'), [])
        return str(error)

    def test_call(self) -> None:
        """A source that is no list is a group of its own."""
        self.get(self.koji.submit_chain(
            [SOURCE, ('zsh-1-1', SOURCE)], TARGET, priority=5))
        self.assertEqual(self.called('chainBuild'), [
            (([[SOURCE], ['zsh-1-1', SOURCE]], TARGET, {}),
             {'priority': 5})])

    def test_builds(self) -> None:
        """The end is the builds, in order of their tasks."""
        chain = self.get(self.koji.submit_chain([SOURCE], TARGET))
        self.assertIsInstance(chain, ChainSubmission)
        number = chain.task.id
        wanted = []
        for build in self.hub.tables.builds[-2:]:
            build['task_id'] = self.make_task(
                'build', [], parent=number, state=task_states.CLOSED)
            wanted.append(build['id'])
        self.make_task('waitrepo', [], parent=number)
        self.end(number, task_states.CLOSED, [None])
        self.assertEqual([build.id for build in self.get(self.ended(chain))],
                         wanted)

    def test_failed(self) -> None:
        """A failed chain is TaskFailed."""
        chain = self.get(self.koji.submit_chain([SOURCE], TARGET))
        self.end(chain.task.id, task_states.FAILED, {
            'faultCode': 1005, 'faultString': 'x'})
        self.fail_of(self.ended(chain), TaskFailed)

    def test_sources(self) -> None:
        """Packages, empty groups and other values are refused."""
        for sources in ([], [[]], [[SOURCE], []], ['cli-build/x-1-1.src.rpm'],
                        ['x-1-1.src.rpm'], ['zsh'], [[7]], ['a/b-1-1']):
            self.refused_chain(ValueError, sources)
        self.assertEqual(self.hub.calls, [])

    def test_target(self) -> None:
        """The build tag has to inherit from the destination."""
        for row in self.hub.tables.targets:
            if row['name'] == TARGET:
                row['dest_tag'] = 1
        self.assertIn('does not inherit', self.refused_chain(
            GenericError, [SOURCE]))
        self.refused_chain(GenericError, [SOURCE], 'nosuch')
        self.refused_chain(ValueError, [SOURCE], None)  # type: ignore
        self.refused_chain(ActionNotAllowed, [SOURCE], priority=-1)
