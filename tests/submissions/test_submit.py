"""Starting builds, and seeing them through."""
from __future__ import annotations

import os
from io import BytesIO
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import formatEvent, globalLogPublisher

from tests.support import HubTestCase, folder, write
from txkoji import build_states, task_states
from txkoji.exceptions import (
    ActionNotAllowed,
    BuildError,
    CallTimeout,
    GenericError,
    ServerOffline,
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
        self.get(self.koji.login())
        self.rows = self.hub.tables.tasks
        self.target = self.get(self.koji.getBuildTarget(TARGET))
        del self.hub.calls[:]

    def step(self, parent: int, method: str, label: str, **options: Any
             ) -> int:
        """Make a task below another one, which is opened if need be."""
        if self.rows_by_id[parent]['state'] == task_states.FREE:
            self.hub.open_task(parent)
        return self.hub.add_task(method, [], parent=parent, label=label,
                                 owner='alice', **options)

    @property
    def rows_by_id(self) -> dict[int, Any]:
        """The rows of the tasks."""
        return {row['id']: row for row in self.rows}

    def finish(self, number: int) -> None:
        """Let a task be closed, and the poller see that."""
        self.hub.finish_task(number)
        self.hub.clock.advance(INTERVAL)

    def fail_with(self, number: int, text: str) -> None:
        """Let a task fail, and the poller see that."""
        self.hub.fail_task(number, text)
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
        self.hub.add_user('alice', perms=['admin'])
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
        made = self.hub.add_build('zsh-9-1', task_id=number)
        self.finish(number)
        build = self.get(done)
        self.assertEqual((build.id, build.nvr, build.owner_name),
                         (made, 'zsh-9-1', 'kojiadmin'))
        self.assertEqual(submission.task.state, task_states.CLOSED)

    def test_no_build(self) -> None:
        """A task that made no build is an error."""
        submission = self.submit(SOURCE, TARGET)
        self.finish(submission.task.id)
        self.assertIn('no build', str(self.fail_of(
            self.ended(submission), GenericError)))

    def test_scratch(self) -> None:
        """The end of a scratch build is its files."""
        submission = self.submit(SOURCE, TARGET, scratch=True)
        number = submission.task.id
        self.step(number, 'buildArch', 'x86_64', state='CLOSED', result={
            'rpms': ['tasks/1/1/zsh-1-1.x86_64.rpm'],
            'srpms': [], 'logs': ['tasks/1/1/build.log']})
        self.finish(number)
        files = self.get(self.ended(submission))
        self.assertIsInstance(files[0], File)
        self.assertEqual([file.path for file in files], [
            f'scratch/alice/task_{number}/zsh-1-1.x86_64.rpm',
            f'scratch/alice/task_{number}/logs/x86_64/build.log'])

    def test_failed(self) -> None:
        """A failed build is TaskFailed, which leads to the steps."""
        submission = self.submit(SOURCE, TARGET)
        self.fail_with(submission.task.id, 'see root.log')
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
        step = self.step(number, 'buildArch', 'x86_64', state='OPEN')
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
        error = self.fail_of(self.koji.submit_build(
            SOURCE, TARGET, channel='x'), GenericError)
        self.assertEqual(str(error), 'No such channel: x')

    def test_task_unseen(self) -> None:
        """A task that cannot be asked for is known by its id."""
        self.hub.fault('getTaskInfo', 1, 'a bad moment')
        submission = self.submit(SOURCE, TARGET)
        self.assertEqual(submission.task.id, self.rows[-1]['id'])


class LifeTests(SubmitTestCase):
    """Builds that the hub's own builders carry out."""

    def setUp(self) -> None:
        """Let builders take tasks."""
        super().setUp()
        self.hub.builders.start(duration=10)

    def ended(self, started: Any) -> Any:
        """Wait until a submission has ended."""
        done = started.done()
        for _ in range(40):
            self.hub.clock.advance(INTERVAL)
            if done.called:
                break
        return done

    def test_build(self) -> None:
        """A source becomes a build, which is in the tag."""
        build = self.get(self.ended(self.submit(SOURCE, TARGET)))
        self.assertEqual((build.package_name, build.owner_name, build.source),
                         ('zsh', 'alice', SOURCE))
        self.assertIn(DEST, [tag.name for tag in self.get(build.tags())])

    def test_scratch(self) -> None:
        """An uploaded package becomes files, each of which is there."""
        path = write(folder(self) + '/zsh-99-1.src.rpm', b'a package')
        submission = self.submit(None, TARGET, srpm=path, scratch=True,
                                 arch_override='x86_64')
        files = self.get(self.ended(submission))
        self.assertEqual(sorted(file.name for file in files), [
            'build.log', 'root.log', 'zsh-99-1.src.rpm',
            'zsh-99-1.x86_64.rpm'])
        for file in files:
            self.assertTrue(self.get(file.exists()), file.path)
        self.assertEqual(self.get(self.koji.listBuilds(
            taskID=submission.task.id)), [])

    def test_failed(self) -> None:
        """A failure leads to its log, and to a text with the log's end."""
        self.hub.builders.fail('zsh', 's390x')
        error = self.fail_of(self.ended(self.submit(SOURCE, TARGET)),
                             TaskFailed)
        failure = self.get(error.failure())
        [step] = failure.steps
        self.assertEqual((step.arch, step.logs[0].name),
                         ('s390x', 'build.log'))
        self.assertTrue(self.get(step.logs[0].exists()))
        text = self.get(failure.summary())
        self.assertIn('| error: error building package (arch s390x)', text)
        self.assertIn(f'on {step.host} (s390x)', text)

    def test_canceled(self) -> None:
        """Of a canceled build, the canceled tasks are known."""
        self.hub.builders.start(duration=60)
        submission = self.submit(SOURCE, TARGET)
        done = submission.done()
        # The source package takes 20 seconds, the architectures 60.
        self.hub.clock.pump([INTERVAL] * 8)
        self.get(submission.cancel())
        self.hub.clock.advance(INTERVAL)
        error = self.fail_of(done, TaskCanceled)
        failure = self.get(error.failure())
        self.assertEqual(failure.steps, [])
        self.assertEqual(
            {task.method for task in failure.canceled},
            {'build', 'buildArch'})
        self.assertTrue(all(task.completed for task in failure.canceled))
        [build] = self.get(self.koji.listBuilds(taskID=submission.task.id))
        self.assertEqual(build.state, build_states.CANCELED)

    def test_chain(self) -> None:
        """A chain gives its builds."""
        for row in self.hub.tables.targets:
            if row['name'] == TARGET:
                row['dest_tag'] = row['build_tag']
        chain = self.get(self.koji.submit_chain([SOURCE, SOURCE], TARGET))
        builds = self.get(self.ended(chain))
        self.assertEqual([build.package_name for build in builds],
                         ['zsh', 'zsh'])


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
        self.hub.add_user('alice', perms=['admin'])
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
        self.assertIn('scratch=True', self.refused(
            ValueError, SOURCE, TARGET, opts={'scratch': True}))
        self.refused(ValueError, SOURCE, TARGET, srpm='x-1-1.src.rpm')
        self.refused(ValueError, SOURCE, None)
        self.refused(ValueError, None, TARGET, srpm='x-1-1.x86_64.rpm')
        self.refused(ValueError, None, TARGET, srpm=BytesIO(b''))
        self.assertEqual(self.hub.calls, [])
        # Both say the same.
        self.assertTrue(self.submit(SOURCE, TARGET, scratch=True,
                                    opts={'scratch': True}).is_scratch)


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
        text = self.refused(BuildError, None, TARGET, srpm=self.path)
        self.assertIn('my-zsh', text)
        self.assertIn(self.target.dest_tag_name, text)
        self.assertEqual(self.called('checkTagPackage'), [
            ((self.target.dest_tag, 'my-zsh'), {})])
        self.assertEqual(self.hub.files.names('work/cli-build'), [])
        self.submit(None, TARGET, srpm=self.path, scratch=True)
        self.list_package()
        with open(self.path, 'rb') as file:
            self.submit(None, TARGET, srpm=file)

    def list_package(self) -> None:
        """Let the destination list the package."""
        admin = self.hub.connection('kojiadmin')
        self.get(admin.login())
        self.get(admin.packageListAdd(self.target.dest_tag, 'my-zsh',
                                      'alice'))

    def test_blocked(self) -> None:
        """A package that the tag blocks is refused, too."""
        self.list_package()
        admin = self.hub.connection('kojiadmin')
        self.get(admin.login())
        self.get(admin.packageListBlock(self.target.dest_tag, 'my-zsh'))
        self.assertIn('blocked', self.refused(BuildError, None, TARGET,
                                              srpm=self.path))

    def test_missing(self) -> None:
        """A file that is not there is an OSError, and no build."""
        os.unlink(self.path)
        self.refused(OSError, None, TARGET, srpm=self.path, scratch=True)


    def test_offline(self) -> None:
        """A hub that does not take the file gets no build of it."""
        self.hub.misbehave('offline', method='upload')
        self.refused(ServerOffline, None, TARGET, srpm=self.path,
                     scratch=True)

    def test_canceled(self) -> None:
        """A cancellation in the middle of the upload makes no task."""
        self.hub.misbehave('slow', method='upload', seconds=5)
        submitting = self.koji.submit_build(None, TARGET, srpm=self.path,
                                            scratch=True)
        self.assertNoResult(submitting)
        self.assertEqual(self.koji.stats.in_flight, 1)
        submitting.cancel()
        self.fail_of(submitting, CancelledError)
        self.hub.clock.advance(10)
        self.assertEqual(self.koji.stats.in_flight, 0)
        self.assertEqual(self.called('build'), [])
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_canceled_by_listener(self) -> None:
        """The listener of the progress may cancel it, too."""
        def cancel(done: int, total: int) -> None:
            started.cancel()

        self.hub.misbehave('slow', method='upload', seconds=5)
        started: Deferred[Any] = self.koji.submit_build(
            None, TARGET, srpm=self.path, scratch=True, progress=cancel)
        self.hub.clock.advance(5)
        self.fail_of(started, CancelledError)
        self.assertEqual(self.called('build'), [])


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

    def test_made(self) -> None:
        """A task that is there, and is being asked for, is canceled."""
        self.hub.misbehave('slow', method='getTaskInfo', seconds=5)
        submitting: Deferred[Any] = self.koji.submit_build(SOURCE, TARGET)
        self.assertEqual(len(self.called('build')), 1)
        submitting.cancel()
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        self.assertEqual(self.rows[-1]['state'], task_states.CANCELED)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_unknown(self) -> None:
        """A lost answer to a canceled submission is logged."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.hub.misbehave('dropped-after', method='build')
        submitting = self.start(5)
        submitting.cancel()
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        self.assertIn('build was canceled; the hub may have carried it out',
                      '\n'.join(str(formatEvent(event)) for event in events))

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
        for name in ('zsh-9-1', 'zsh-9-2'):
            step = self.step(number, 'build', name, state='CLOSED')
            wanted.append(self.hub.add_build(name, task_id=step))
        self.step(number, 'waitrepo', 'wait', state='CLOSED')
        self.finish(number)
        self.assertEqual([build.id for build in self.get(self.ended(chain))],
                         wanted)

    def test_failed(self) -> None:
        """A failed chain is TaskFailed."""
        chain = self.get(self.koji.submit_chain([SOURCE], TARGET))
        self.fail_with(chain.task.id, 'x')
        self.fail_of(self.ended(chain), TaskFailed)

    def test_canceled(self) -> None:
        """A chain whose caller cancels is canceled, too."""
        self.hub.misbehave('slow', method='chainBuild', seconds=5)
        submitting = self.koji.submit_chain([SOURCE], TARGET)
        submitting.cancel()
        self.hub.clock.advance(5)
        self.fail_of(submitting, CancelledError)
        self.assertEqual((self.rows[-1]['method'], self.rows[-1]['state']),
                         ('chainbuild', task_states.CANCELED))

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
