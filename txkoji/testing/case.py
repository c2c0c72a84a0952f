"""`HubTestCase`: a base class for tests with trial or unittest."""
from __future__ import annotations

from collections.abc import Coroutine
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from txkoji.connection import Connection
from txkoji.testing.hub import FakeHub
from txkoji.testing.running import run

T = TypeVar('T')


class HubTestCase(SynchronousTestCase):
    """
    A test case with a hub in memory, and a connection to it.

    Tests may be coroutine functions. The clock of the hub moves while they
    wait, so that no test takes long::

        class BotTests(HubTestCase):
            async def test_builds(self):
                self.hub.builders.start(duration=60)
                await self.koji.login()
                task = await self.koji.build('git+https://x#1', 'f44')
                await self.koji.wait(task)

    A method ``setUp`` of a subclass calls that of this class first.

    :ivar hub: the hub.
    :ivar koji: a connection to the hub, which is closed after the test.
    """

    def __init__(self, methodName: str = 'runTest') -> None:
        super().__init__(methodName)  # type: ignore[no-untyped-call]
        test = getattr(self, methodName, None)
        if iscoroutinefunction(test):
            @wraps(test)
            def synchronous() -> None:
                self.get(test())

            setattr(self, methodName, synchronous)

    def setUp(self) -> None:
        """Make the hub and the connection."""
        super().setUp()
        self.hub: FakeHub = self.make_hub()
        self.koji: Connection = self.hub.connection()
        self.addCleanup(lambda: self.get(self.koji.close()))

    def make_hub(self) -> FakeHub:
        """Make the hub; a subclass may make another one, with a clock."""
        return FakeHub(clock=Clock())

    def get(self, work: Coroutine[Any, Any, T] | Deferred[T]) -> T:
        """
        Run a coroutine or a call, and get the result; see `run`.

        :raises Exception: that of the coroutine or the call.
        """
        return run(work, self.hub)
