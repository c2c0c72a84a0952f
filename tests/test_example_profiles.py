"""The examples with ``--profile``, on a hub of another process."""
from __future__ import annotations

import glob
import json
import os
import subprocess
import sys
from http.server import BaseHTTPRequestHandler, HTTPServer
from threading import Thread
from typing import Any

from tests.example_runs import ROOT, ExamplesCase
from tests.support import folder, write


class ProfileTests(ExamplesCase):
    """Builds and tags with ``--profile``, on a hub of another process."""

    def setUp(self) -> None:
        """Start the hub, and write its profile."""
        super().setUp()
        self.home = folder(self)
        hub = subprocess.Popen(
            [sys.executable, '-m', 'txkoji.testing', '--tls', '--builders',
             '--duration', '1', '--certificates', folder(self)],
            stdout=subprocess.PIPE, text=True, cwd=ROOT,
            env={**os.environ, 'PYTHONPATH': ROOT})
        self.addCleanup(hub.wait)
        self.addCleanup(hub.terminate)
        assert hub.stdout is not None
        self.addCleanup(hub.stdout.close)
        lines = []
        for line in hub.stdout:
            lines.append(line)
            if line.startswith('# Others'):
                break
        write(f'{self.home}/.koji/config',
              ''.join(lines) + 'poll_interval = 1\n')

    def run_here(self, name: str, *arguments: str) -> str:
        """Run an example with the profile."""
        return self.run_example(name, *arguments, '--profile', 'fakehub',
                                environ={'HOME': self.home})

    def test_tag_diff(self) -> None:
        """Two tags."""
        self.assertIn('bash                     4.17.1',
                      self.run_here('tag_diff'))

    def test_side_tag(self) -> None:
        """A side tag, with a build in it."""
        text = self.run_here('side_tag', '--source',
                             'git+https://src.example.test/rpms/zsh.git#1')
        self.assertIn('Built: zsh-1.0-1', text)
        self.assertIn('is removed', text)

    def test_scratch_build(self) -> None:
        """A package from the command line to its files."""
        place = folder(self)
        path = write(folder(self) + '/hello-2-1.src.rpm', b'a package')
        self.run_here('scratch_build', path, 'f44-candidate', place)
        # Each is where it is on the server: scratch/USER/task_ID.
        [task] = glob.glob(place + '/scratch/*/task_*')
        self.assertLessEqual({'hello-2-1.src.rpm', 'hello-2-1.x86_64.rpm',
                              'logs'}, set(os.listdir(task)))
        self.assertEqual(sorted(os.listdir(task + '/logs/x86_64')),
                         ['build.log', 'root.log'])

    def test_why_failed(self) -> None:
        """The reasons of a failure, posted to a web hook."""
        posted = []

        class Hook(BaseHTTPRequestHandler):
            """Takes a post."""

            def do_POST(self) -> None:
                """Keep what is posted."""
                size = int(self.headers['Content-Length'])
                posted.append(json.loads(self.rfile.read(size)))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Say nothing."""

        with HTTPServer(('127.0.0.1', 0), Hook) as server:
            thread = Thread(target=server.handle_request)
            thread.start()
            text = self.run_here(
                'why_failed', '6474', '--hook',
                f'http://127.0.0.1:{server.server_port}/')
            thread.join()
        self.assertIn('Task 6477 FAILED: buildArch (', text)
        self.assertIn('The hook says 204', text)
        self.assertEqual([post['text'] for post in posted],
                         [text.partition('The hook says')[0]])
