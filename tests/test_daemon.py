"""The daemon of the examples: as a process, with a hub on a port."""
from __future__ import annotations

import json
import os
import runpy
import socket
import subprocess
import sys
from typing import Any
from urllib.error import HTTPError
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

import txkoji.connection
from tests.programs import ROOT, Program
from tests.servers import free_ports
from tests.support import folder, write
from txkoji.testing import FakeHub

DAEMON = 'examples/daemon.py'


class DaemonProgram(Program):
    """
    The daemon.

    :ivar status: its exit status; None if a signal has killed it.
    :ivar errors: its lines on stderr.
    """

    status: int | None = None

    def __init__(self, *args: Any, **environ: str) -> None:
        self.errors: list[str] = []
        super().__init__(*args, **environ)

    def errReceived(self, data: bytes) -> None:
        """Keep the errors."""
        self.errors += filter(None, data.decode().split('\n'))

    def processEnded(self, reason: Any) -> None:
        """Keep the exit status."""
        self.status = reason.value.exitCode
        super().processEnded(reason)


class Hook(Resource):
    """
    A hook, which refuses events as long as it is told to.

    :ivar events: the events that it took.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()
        self.status = 200
        self.events: list[Any] = []
        self._asked: Deferred[None] | None = None

    def asked(self) -> Deferred[None]:
        """Wait for the next event, taken or not."""
        self._asked = Deferred()
        return self._asked

    def render_POST(self, request: Any) -> bytes:
        """Take an event."""
        request.setResponseCode(self.status)
        request.setHeader('Connection', 'close')
        if self.status == 200:
            self.events.append(json.load(request.content))
        asked, self._asked = self._asked, None
        if asked is not None:
            asked.callback(None)
        return b''


class DaemonCase(TestCase):
    """A hub on a port, and the file of a daemon."""

    timeout = 120

    @inlineCallbacks
    def setUp(self) -> Any:
        """Serve a hub, and write a configuration."""
        self.folder = folder(self)
        self.hub = FakeHub(reactor=reactor)
        server = yield self.hub.listen()
        self.hub_port = int(server.split(':')[2].split('/')[0])
        self.addCleanup(self.hub.stop)
        write(self.folder + '/.koji/config',
              f'[away]\nserver = {server}\nretry_interval = 1\n')
        [self.port] = free_ports(1)
        self.path = self.configure()

    def configure(self, **options: Any) -> str:
        """Write a configuration; gives its path."""
        options = {
            'profile': 'away', 'interval': 0.1, 'patience': 60,
            'state': self.folder + '/state',
            'listen': f'tcp:{self.port}:interface=127.0.0.1', **options}
        return write(self.folder + '/daemon.ini', '[daemon]\n' + ''.join(
            f'{name} = {value}\n' for name, value in options.items()))

    def start(self, *before: str, **environ: str) -> DaemonProgram:
        """Start the daemon."""
        return DaemonProgram(self, *(before or (DAEMON, self.path)),
                             HOME=self.folder, XDG_CACHE_HOME='', **environ)

    def get(self, page: str) -> Deferred[tuple[int, str]]:
        """Get the status and the text of a page."""
        def read() -> tuple[int, str]:
            try:
                with urlopen(f'http://127.0.0.1:{self.port}/{page}') as found:
                    return found.status, found.read().decode()
            except HTTPError as error:
                with error:
                    return error.code, error.read().decode()
            except OSError:
                # It does not listen yet.
                return 0, ''

        return deferToThread(read)

    @inlineCallbacks
    def until(self, program: DaemonProgram, status: int) -> Any:
        """Wait until /health of a daemon has a status."""
        while (yield self.get('health'))[0] != status:
            self.assertFalse(program.ended.called, program.errors)

    @inlineCallbacks
    def end(self, program: DaemonProgram, status: int | None = 0) -> Any:
        """Let a daemon end in order."""
        program.process.signalProcess('TERM')
        yield program.ended
        self.assertEqual((program.status, program.errors), (status, []))


class RunTests(DaemonCase):
    """What it does while it runs."""

    @inlineCallbacks
    def test_poll(self) -> Any:
        """It prints events, shows its health and its numbers, and ends."""
        program = self.start()
        yield self.until(program, 200)
        self.hub.history.tag_build(40, 5356)
        yield program.wait(1)
        self.assertRegex(program.lines[0], r'^20\S+ \S+ Tag Tag ceph ')
        _, text = yield self.get('metrics')
        found = {sample.name: sample.value
                 for family in text_string_to_metric_families(text)
                 for sample in family.samples
                 if sample.labels.get('result', 'handled') == 'handled'}
        self.assertEqual(found['txkoji_events_total'], 1)
        self.assertEqual(found['txkoji_event_lag_seconds_count'], 1)
        yield self.end(program)
        with open(self.folder + '/state') as file:
            self.assertIn('Tag', file.read())

    @inlineCallbacks
    def test_restart(self) -> Any:
        """What happens while it does not run is printed after the start."""
        program = self.start()
        yield self.until(program, 200)
        yield self.end(program)
        self.hub.history.tag_build(40, 5356)
        program = self.start()
        yield program.wait(1)
        yield self.end(program)
        program = self.start()
        yield self.until(program, 200)
        self.hub.history.untag_build(40, 5356)
        yield program.wait(1)
        self.assertIn(' Untag ', program.lines[0])
        yield self.end(program)

    @inlineCallbacks
    def test_filters(self) -> Any:
        """It prints events of the kinds, packages and tags in its file."""
        tags = {row['id']: row['name'] for row in self.hub.tables.tags}
        self.path = self.configure(
            kinds='Tag RepoInit', packages='ceph bash', tags=tags[40])
        program = self.start()
        yield self.until(program, 200)
        self.hub.history.tag_build(26, 5356)
        self.hub.history.tag_build(40, 5355)
        self.hub.history.tag_build(40, 5356)
        self.hub.history.untag_build(40, 5356)
        yield program.wait(1)
        yield self.end(program)
        [line] = program.lines
        self.assertIn(' Tag ceph ', line)

    @inlineCallbacks
    def test_health(self) -> Any:
        """Without the hub, /health answers 503 before long."""
        yield self.hub.stop()
        self.path = self.configure(patience=1)
        program = self.start()
        yield self.until(program, 503)
        yield self.hub.listen(self.hub_port)
        yield self.until(program, 200)
        yield self.hub.stop()
        yield self.until(program, 503)
        self.assertIn('was heard', (yield self.get('health'))[1])
        program.process.signalProcess('TERM')
        yield program.ended
        # There were warnings about the outage.
        self.assertEqual(program.status, 0)

    @inlineCallbacks
    def test_stop_at_start(self) -> Any:
        """SIGTERM ends it also while it waits for the hub."""
        yield self.hub.stop()
        program = self.start()
        yield self.until(program, 503)
        program.process.signalProcess('TERM')
        yield program.ended
        self.assertEqual(program.status, 0)
        self.assertNotIn('Traceback', ' '.join(program.errors))

    @inlineCallbacks
    def test_embedded(self) -> Any:
        """Without a file, it passes on a build of the embedded hub."""
        program = self.start(DAEMON)
        yield program.ended
        self.assertEqual((program.status, program.errors), (0, []))
        self.assertIn(' BuildStateChange COMPLETE bash ',
                      '\n'.join(program.lines))


class HookTests(DaemonCase):
    """Events that it posts."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Serve a hook."""
        yield super().setUp()
        self.hook = Hook()
        endpoint: Any = TCP4ServerEndpoint(reactor, 0, interface='127.0.0.1')
        port = yield endpoint.listen(Site(self.hook))
        self.addCleanup(port.stopListening)
        self.path = self.configure(
            hook=f'http://127.0.0.1:{port.getHost().port}/')

    @inlineCallbacks
    def test_posted(self) -> Any:
        """An event is posted as JSON."""
        program = self.start()
        yield self.until(program, 200)
        asked = self.hook.asked()
        self.hub.history.tag_build(40, 5356)
        yield asked
        yield self.end(program)
        [event] = self.hook.events
        self.assertEqual((event['kind'], event['package'],
                          event['body']['build']['build_id']),
                         ('Tag', 'ceph', 5356))

    @inlineCallbacks
    def test_kept(self) -> Any:
        """An event that the hook does not take is kept for the next run."""
        self.hook.status = 500
        program = self.start()
        yield self.until(program, 200)
        asked = self.hook.asked()
        self.hub.history.tag_build(40, 5356)
        yield asked
        program.process.signalProcess('TERM')
        yield program.ended
        self.assertEqual(program.status, 0)
        self.assertIn('waits: 500', program.errors[0])
        self.hook.status = 200
        asked = self.hook.asked()
        program = self.start()
        yield asked
        yield self.end(program)
        self.assertEqual(len(self.hook.events), 1)

    @inlineCallbacks
    def test_refused(self) -> Any:
        """An event that the hook refuses for ever holds up no other."""
        self.hook.status = 400
        program = self.start()
        yield self.until(program, 200)
        asked = self.hook.asked()
        self.hub.history.tag_build(40, 5356)
        yield asked
        self.hook.status = 200
        asked = self.hook.asked()
        self.hub.history.tag_build(40, 5357)
        yield asked
        yield self.end(program)
        self.assertEqual(len(self.hook.events), 1)


class TwistdTests(DaemonCase):
    """Under twistd."""

    def twistd(self) -> DaemonProgram:
        """Start it."""
        return self.start(
            '-c', 'from twisted.scripts.twistd import run; run()', '-noy',
            DAEMON, '--pidfile=', KOJI_DAEMON=self.path)

    @inlineCallbacks
    def test_runs(self) -> Any:
        """It runs, and ends in order."""
        program = self.twistd()
        yield self.until(program, 200)
        program.process.signalProcess('TERM')
        yield program.ended
        # twistd ends by the signal that it got.
        self.assertIsNone(program.status)
        self.assertNotIn('Traceback', '\n'.join(program.lines))
        self.assertTrue(os.path.exists(self.folder + '/state'))

    @inlineCallbacks
    def test_wrong(self) -> Any:
        """A wrong file is one line on stderr."""
        self.path = self.configure(interval='x')
        program = self.twistd()
        yield program.ended
        self.assertEqual(program.status, 1)
        [line] = program.errors
        self.assertIn("could not convert string to float: 'x'", line)

    @inlineCallbacks
    def test_not_started(self) -> Any:
        """An error of the start ends twistd, and is in the log."""
        self.path = self.configure(tags='no-such-tag')
        program = self.twistd()
        yield program.ended
        log = '\n'.join(program.lines)
        self.assertIn('the daemon ends: No such tagInfo:'
                      " 'no-such-tag'", log)
        self.assertNotIn('Traceback', log)


class WrongTests(SynchronousTestCase):
    """Files that cannot be used."""

    def refuse(self, text: str | None) -> str:
        """Start the daemon with a file; gives its line on stderr."""
        home = folder(self)
        path = home + '/daemon.ini'
        write(home + '/.koji/config',
              '[koji]\nserver = http://127.0.0.1:1/kojihub\nmax_retries=0\n')
        if text is not None:
            write(path, text)
        done = subprocess.run(
            [sys.executable, DAEMON, path], cwd=ROOT,
            env={**os.environ, 'HOME': home, 'PYTHONPATH': ROOT}, text=True,
            stdin=subprocess.DEVNULL, capture_output=True)
        self.assertEqual((done.returncode, done.stdout), (1, ''))
        self.assertEqual(done.stderr.count('\n'), 1, done.stderr)
        return done.stderr.replace(path, 'FILE').strip()

    def test_files(self) -> None:
        """A wrong file is one line on stderr, and status 1."""
        for text, said in [
                (None, 'No such file'),
                ('[daemon]\npatiense = 5', 'FILE: unknown options: patiense'),
                ('[daemon]\nlisten = tcp:0\nsource = x', 'an AMQP broker'),
                ('[daemon]\nlisten = tcp:0\nstate = /nonexistent/x',
                 '/nonexistent/x cannot be written'),
                ('[daemon]\nlisten = tcp:99999', 'listen: '),
                ('[daemon]\nlisten = tcp', 'listen: '),
                ('[daemon]\nlisten = tcp:0:foo=3', 'listen: '),
                ('[daemon]\nlisten = x', "listen: Unknown endpoint type"),
                ('[daemon]\nlisten = tcp:0\ninterval = 0', 'at least 0.1')]:
            self.assertIn(said, self.refuse(text))

    def test_values(self) -> None:
        """So are a section and values that nobody can read."""
        place = os.path.join(ROOT, DAEMON)
        path = folder(self) + '/daemon.ini'
        self.patch(txkoji.connection, 'PROFILES', [write(
            folder(self) + '/koji', '[koji]\nserver = http://x/kojihub\n')])
        for text, said in [
                ('', 'no section [daemon]'),
                ('x', 'no section headers'),
                ('[daemon]\ninterval = x',
                 "interval: could not convert string to float: 'x'"),
                ('[daemon]\npatience = nan', 'patience: a number'),
                ('[daemon]\npatience = 0', 'patience: a number'),
                ('[daemon]\nkinds =', 'kinds: name one'),
                ('[daemon]\nhook = example.com', 'hook: a URL'),
                ('[daemon]\nhook = ftp://x/', 'hook: a URL'),
                ('[daemon]\nhook = http://x:y/', 'Port could not be cast'),
                ('[daemon]\nlogin = x', 'Not a boolean: x'),
                ('[daemon]\nprofile = x', "profile 'x'"),
                ('[daemon]\nkinds = Tog', "nearest is 'Tag'")]:
            configured = runpy.run_path(place)['configured']
            write(path, text)
            error = self.assertRaises(SystemExit, configured, path)
            self.assertIn(said, str(error))
            self.assertNotIn('\n', str(error))

    def test_port_in_use(self) -> None:
        """A port that another program has is one line, too."""
        with socket.socket() as taken:
            taken.bind(('127.0.0.1', 0))
            taken.listen()
            number = taken.getsockname()[1]
            self.assertIn('Address already in use', self.refuse(
                f'[daemon]\nlisten = tcp:{number}:interface=127.0.0.1'))
