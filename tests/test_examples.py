"""The examples, on the embedded hub."""
from __future__ import annotations

import os

from tests.example_runs import ROOT, ExamplesCase, frames
from tests.support import folder, write
from txkoji.files.paths import task_path


class ExamplesTests(ExamplesCase):
    """What each example shows."""

    def test_tour(self) -> None:
        """The tour."""
        text = self.run_example('tour')
        self.assertIn('buildArch s390x', text)
        self.assertIn("fault 1000: No such tagInfo: 'no-such-tag'", text)

    def test_whoami(self) -> None:
        """Logging in and out."""
        self.assertIn('We are alice in session 1', self.run_example('whoami'))

    def test_helpers(self) -> None:
        """Failures, tags and builds."""
        self.assertIn('nothing provides libuv-devel',
                      self.run_example('why_failed'))
        self.assertIn('bash                     4.17.1',
                      self.run_example('tag_diff'))
        self.assertIn('-side-73 is removed', self.run_example('side_tag'))
        files = self.run_example('scratch_build').split(
            'CLOSED    build (')[1]
        self.assertIn('.src.rpm', files)
        self.assertIn('/logs/x86_64/build.log', files)
        self.assertNotIn('404', files)

    def test_watch_task(self) -> None:
        """A task that fails, and one that succeeds."""
        process = self.start('watch_task')
        text, errors = process.communicate()
        self.assertIn('-> FAILED    buildArch (nodejs22-14.0-1.fc44.src.rpm,',
                      text)
        self.assertIn('task 6474 failed: BuildError', errors)
        self.assertEqual((process.returncode, errors.count('\n')), (1, 1))
        self.assertIn('Its result is', self.run_example('watch_task', '6475'))

    def test_watch_tree(self) -> None:
        """On a terminal it is a tree in which open tasks move."""
        text = self.run_on_terminal(60, 'watch_task')
        shown = frames(text)
        self.assertGreater(len(shown), 10)
        last = [line.split() for line in shown[-1] if line]
        self.assertEqual(last[0][:3], ['✘', '6474', 'FAILED'])
        self.assertEqual([line[:3] for line in last[1:6]], [
            ['✔', '6475', 'CLOSED'], ['✔', '6476', 'CLOSED'],
            ['✘', '6477', 'FAILED'], ['✔', '6478', 'CLOSED'],
            ['✔', '6479', 'CLOSED']])
        marks = {line[0] for frame in shown for line in frame
                 if '6474 OPEN' in line}
        self.assertGreater(len(marks), 3)

    def test_watch_plainly(self) -> None:
        """On a terminal without rich, each change is a line."""
        place = os.path.dirname(write(folder(self) + '/rich.py',
                                      'raise ImportError'))
        text = self.run_on_terminal(
            60, 'watch_task', environ={'PYTHONPATH': f'{place}:{ROOT}'})
        self.assertTrue(text.startswith("pip install 'txkoji[progress]'"))
        self.assertIn('OPEN     -> FAILED    build (f44-candidate', text)
        self.assertIn('task 6474 failed', text)

    def test_estimate(self) -> None:
        """A task that waits, and one that is over."""
        text = self.run_example('estimate')
        self.assertIn('nodejs22-14.0-1.fc44.src.rpm) is FREE', text)
        self.assertIn('it will be done at 20', text)
        self.assertIn('after 13 other tasks', text)
        self.assertIn('it will be done at 2026-11-21',
                      self.run_example('estimate', '6474'))

    def test_durations(self) -> None:
        """Builds, as a table and as a chart."""
        path = folder(self) + '/chart.png'
        text = self.run_example('durations', '--plot', path)
        self.assertIn('14.4 min  bash-4.17.0-5.fc43', text)
        self.assertIn('6 builds of bash', text)
        with open(path, 'rb') as file:
            self.assertEqual(file.read(4), b'\x89PNG')

    def test_container_tasks(self) -> None:
        """What builds containers."""
        text = self.run_example('container_tasks')
        self.assertIn('CLOSED    rhceph-container for ceph-8.0-rhel-9', text)
        self.assertIn('will be done at', text)

    def test_irc_bot(self) -> None:
        """A bot, which talks to itself where there is no server."""
        text = self.run_example('irc_bot')
        self.assertIn('<koji> ceph-100.0-1.fc44,draft_5423 of alice', text)
        self.assertIn('is FREE, done in about', text)
        self.assertIn('There is no build of no-such-thing.', text)

    def test_cache(self) -> None:
        """Names, which are kept."""
        text = self.run_example('cache')
        self.assertIn('alice', text)
        self.assertIn('.cache/txkoji/fakehub/user/ID', text)

    def test_user(self) -> None:
        """A user."""
        self.assertIn('alice is user 2', self.run_example('user'))

    def test_latest_build(self) -> None:
        """A build."""
        self.assertIn('bash-4.17.1', self.run_example('latest_build'))

    def test_from_web(self) -> None:
        """A link."""
        self.assertIn('Task with', self.run_example('from_web'))

    def test_tagged(self) -> None:
        """A tag, and an empty one."""
        self.assertIn('30 packages in f44-updates-testing',
                      self.run_example('tagged'))
        self.assertIn('0 packages', self.run_example('tagged', 'empty-tag'))

    def test_multicall(self) -> None:
        """Many calls as one."""
        text = self.run_example('multicall')
        self.assertIn('was built by', text)
        self.assertIn('20 packages, and 0 faults', text)

    def test_iterate(self) -> None:
        """Long lists."""
        text = self.run_example('iterate')
        self.assertIn('people', text)
        self.assertIn('page 1 of failed builds', text)

    def test_download_logs(self) -> None:
        """Logs of a task, and of a build."""
        path = folder(self)
        text = self.run_example('download_logs', '6474', path)
        self.assertIn('4 files are in', text)
        with open(os.path.join(path, task_path(6476, 'root.log'))) as file:
            self.assertIn('Installed', file.read())
        self.assertIn('orchestrator.log', self.run_example(
            'download_logs', 'rhceph-container-8-40'))

    def test_follow_log(self) -> None:
        """A log, to its end."""
        text = self.run_example('follow_log')
        self.assertIn('==> task 6385: build.log <==\nunpacking ...', text)
        self.assertIn('packing ...\nTask 6383 is CLOSED', text)

    def test_import_build(self) -> None:
        """A build that is made up."""
        text = self.run_example('import_build')
        self.assertIn('example-image-1-1 is COMPLETE', text)
        self.assertIn('1/1/images/disk.tar.gz', text)
