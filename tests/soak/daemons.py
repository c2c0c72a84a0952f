"""Daemons in processes of their own, and what they have passed on."""
from __future__ import annotations

import json
import os
import signal
import sys
import time
from collections import Counter
from typing import Any
from urllib.request import urlopen

from prometheus_client.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred
from twisted.internet.protocol import ProcessProtocol
from twisted.internet.threads import deferToThread
from twisted.web.resource import Resource

from tests.servers import free_ports
from tests.soak.world import Key, World, key_of
from tests.support import write

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

CONFIG = '''\
[daemon]
profile = soak
source = poll
interval = {interval}
state = {folder}/state.json
kinds = TaskStateChange BuildStateChange TagUntag
hook = {hook}
listen = tcp:{port}:interface=127.0.0.1
patience = 60
'''

PROFILE = '''\
[soak]
server = http://127.0.0.1:{port}/kojihub
retry_interval = 5
'''


class Hook(Resource):
    """
    The hook of a daemon.

    :ivar seen: how often it got each event.
    """

    isLeaf = True

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.seen: Counter[Key] = Counter()

    def render_POST(self, request: Any) -> bytes:
        """Take an event."""
        event = json.load(request.content)
        key = key_of(event['kind'], event['body'])
        if key is not None:
            self.seen[key] += 1
        return b''


class Daemon(ProcessProtocol):
    """
    The daemon of the examples, as a user starts it.

    :param reactor: starts processes.
    :param folder: for its files.
    :param hub: the port of the hub, or of a proxy.
    :param hook: the URL of its hook.
    :param interval: the seconds from one round of its poll to the next.
    :param probed: whether to measure it.
    """

    def __init__(self, reactor: Any, folder: str, hub: int, hook: str,
                 interval: float, probed: bool) -> None:
        self._reactor = reactor
        self._folder = folder
        [self._port] = free_ports(1)
        write(f'{folder}/.koji/config', PROFILE.format(port=hub))
        self._config = write(f'{folder}/daemon.ini', CONFIG.format(
            interval=interval, folder=folder, hook=hook, port=self._port))
        self._environ = {
            **os.environ, 'HOME': folder, 'PYTHONPATH': ROOT}
        self._probe = f'{folder}/probe'
        if probed:
            self._environ.update(
                PYTHONPATH=f'{os.path.dirname(__file__)}/probe:{ROOT}',
                SOAK_PROBE=self._probe)
        self._process: Any = None
        self._ended: Deferred[int | None] = Deferred()
        self.starts = 0

    def start(self) -> None:
        """Start it."""
        self.starts += 1
        self._ended = Deferred()
        with open(f'{self._folder}/log', 'ab') as log, \
                open(os.devnull) as none:
            self._process = self._reactor.spawnProcess(
                self, sys.executable, [sys.executable, f'{ROOT}/examples/'
                                       'daemon.py', self._config],
                env=self._environ, childFDs={
                    0: none.fileno(), 1: log.fileno(), 2: log.fileno()})

    def processEnded(self, reason: Any) -> None:
        """Tell the exit status: None for a killed process."""
        self._ended.callback(reason.value.exitCode)

    def end(self, name: str) -> Deferred[int | None]:
        """
        Send a signal, and wait for the end.

        :param name: "KILL" or "TERM".
        :returns: a Deferred that fires with the exit status, or with None if
                  the signal killed the process.
        """
        self._process.signalProcess(name)
        return self._ended

    def check(self) -> None:
        """
        Check that it runs.

        :raises RuntimeError: if it has ended by itself.
        """
        if self._ended.called:
            raise RuntimeError(f'the daemon ended by itself: {self.log()}')

    @property
    def pid(self) -> int:
        """The number of the process."""
        return int(self._process.pid)

    def log(self) -> str:
        """Read the log."""
        with open(f'{self._folder}/log', errors='replace') as file:
            return file.read()

    def get(self, page: str) -> Deferred[str]:
        """Get a page of the daemon."""
        def read() -> str:
            with urlopen(f'http://127.0.0.1:{self._port}/{page}',
                         timeout=30) as answer:
                return str(answer.read().decode())

        return deferToThread(read)

    async def metrics(self) -> dict[str, float]:
        """Get its metrics: name -> the sum of the values."""
        found: dict[str, float] = {}
        for family in text_string_to_metric_families(
                await self.get('metrics')):
            for sample in family.samples:
                found[sample.name] = sample.value + found.get(
                    sample.name, 0)
        return found

    def probe(self) -> None:
        """Let it note what it keeps; see `probed`."""
        os.kill(self.pid, signal.SIGUSR1)

    def probed(self, number: int) -> list[dict[str, int]]:
        """Read what it noted last, so many times."""
        with open(self._probe) as file:
            return [json.loads(line)
                    for line in file.read().splitlines()[-number:]]

    def resident(self) -> int:
        """Get the resident memory, in bytes."""
        with open(f'/proc/{self.pid}/statm') as file:
            return int(file.read().split()[1]) * os.sysconf('SC_PAGE_SIZE')

    def descriptors(self) -> int:
        """Count the open descriptors."""
        return len(os.listdir(f'/proc/{self.pid}/fd'))


def missed(world: World, hook: Hook) -> list[Key]:
    """List what a daemon has not passed on so far, the oldest first."""
    return [key for key in world.needed if key not in hook.seen]


def behind(world: World, hook: Hook) -> float:
    """Tell the age of the oldest event that is missed so far, in seconds."""
    first = next((moment for key, moment in world.needed.items()
                  if key not in hook.seen), None)
    return 0.0 if first is None else time.time() - first


def compared(world: World, hook: Hook) -> dict[str, int]:
    """Compare what a daemon has passed on with the truth."""
    return {
        'missed': len(missed(world, hook)),
        'doubled': sum(max(0, count - max(1, world.truth[key]))
                       for key, count in hook.seen.items()),
        'invented': sum(key not in world.truth for key in hook.seen)}
