"""What several tests need."""
from __future__ import annotations

import os
import shutil
import tempfile
from typing import Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub


def folder(test: SynchronousTestCase) -> str:
    """A folder of a test's own, gone after it."""
    path = os.path.realpath(tempfile.mkdtemp())
    test.addCleanup(shutil.rmtree, path)
    return path


def write(path: str, text: Any) -> str:
    """Write a file, and the folders that it is in."""
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, 'wb') as file:
        file.write(text if isinstance(text, bytes) else text.encode())
    return path


class HubTestCase(SynchronousTestCase):
    """With a hub, and a Connection to it over memory."""

    def setUp(self) -> None:
        """Make a hub, and a Connection to it."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection()

    def get(self, call: Any) -> Any:
        """What a call gave."""
        return self.successResultOf(call)

    def fail_of(self, call: Any, kind: Any = KojiException) -> Any:
        """The exception that a call failed with."""
        failure: Any = SynchronousTestCase.failureResultOf(self, call, kind)
        return failure.value


class Odd(Exception):
    """One that cannot be made again from its arguments."""

    def __init__(self, one: int, two: int) -> None:
        super().__init__()


class FailingNetwork:
    """
    A network in which connecting fails.

    :param error: the exception that it fails with.
    """

    needs_tls = keep_alive = False

    def __init__(self, error: Exception) -> None:
        self._error = error

    def endpoint(self, host: str, port: int) -> Any:
        """Get an endpoint, which is this network."""
        return self

    def connect(self, factory: Any) -> Any:
        """Fail to connect."""
        return fail(self._error)


class StallingNetwork:
    """
    A network in which connecting takes for ever after some times.

    :param network: connects these times.
    :param times: how many they are.

    :ivar stalled: the Deferreds of the others.
    """

    needs_tls = keep_alive = False

    def __init__(self, network: Any, times: int) -> None:
        self._network = network
        self._times = times
        self.stalled: list[Deferred[Any]] = []

    def endpoint(self, host: str, port: int) -> Any:
        """Get an endpoint: one that connects, or this network."""
        self._times -= 1
        if self._times >= 0:
            return self._network.endpoint(host, port)
        return self

    def connect(self, factory: Any) -> Any:
        """Connect for ever."""
        connecting: Deferred[Any] = Deferred()
        self.stalled.append(connecting)
        return connecting
