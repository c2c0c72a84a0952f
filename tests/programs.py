"""Programs of ours, run by tests."""
from __future__ import annotations

import os
import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import Deferred
from twisted.internet.error import ProcessDone, ProcessTerminated
from twisted.internet.protocol import ProcessProtocol
from twisted.trial.unittest import TestCase

ROOT = os.path.dirname(os.path.dirname(__file__))


class Program(ProcessProtocol):
    """
    A Python program of ours, whose lines one can wait for.

    It is killed after the test.

    :param args: for Python.
    :param environ: for the environment.
    """

    def __init__(self, test: TestCase, *args: str, **environ: str) -> None:
        self.lines: list[str] = []
        self._rest = b''
        self._waiting: list[tuple[int, Deferred[None]]] = []
        self.ended: Deferred[Any] = Deferred()
        self.ended.addErrback(lambda failure: failure.trap(
            ProcessDone, ProcessTerminated))
        self.process = reactor.spawnProcess(
            self, sys.executable, [sys.executable, '-W', 'ignore', *args],
            env={**os.environ, 'PYTHONPATH': ROOT, **environ}, path=ROOT)
        test.addCleanup(self.kill)

    def outReceived(self, data: bytes) -> None:
        """Keep the output."""
        *lines, self._rest = (self._rest + data).split(b'\n')
        self.lines += [line.decode() for line in lines]
        for number, waiting in list(self._waiting):
            if len(self.lines) >= number:
                self._waiting.remove((number, waiting))
                waiting.callback(None)

    def errReceived(self, data: bytes) -> None:
        """Keep the errors."""
        sys.stderr.write(data.decode())

    def processEnded(self, reason: Any) -> None:
        """Tell that the program has ended."""
        self.ended.errback(reason)

    def wait(self, number: int) -> Deferred[None]:
        """Wait until it has printed so many lines."""
        waiting: Deferred[None] = Deferred()
        self._waiting.append((number, waiting))
        self.outReceived(b'')
        return waiting

    def kill(self) -> Deferred[Any]:
        """Kill the program."""
        if self.process.pid is not None:
            self.process.signalProcess('KILL')
        return self.ended
