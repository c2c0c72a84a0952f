"""
The pauses between attempts while a hub is away.

All calls of a Connection share the pauses. After each pause one call probes
whether the hub is back.
"""
from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IDelayedCall

from txkoji.exceptions import KojiException, copy_of

#: Seconds before the second retry. The first retry after a broken connection
#: is immediate.
DELAY = 0.5

#: The number of consecutive failures after which the hub counts as away.
FAILURES_UNTIL_AWAY = 3


class HubAway(Exception):
    """A call was not sent, because the hub went away while it was queued."""


class Snapshot(NamedTuple):
    """
    The counters of a `Backoff` at the start of an attempt.

    :ivar answers: the number of attempts that the hub has answered.
    :ivar pauses: the number of pauses that have begun.
    """

    answers: int
    pauses: int


class Backoff:
    """
    The pauses of a Connection while its hub is away.

    The hub is away when consecutive attempts fail, and no other attempt is
    answered meanwhile. Calls then wait here. After the pause one call is sent
    as a probe. If the hub answers the probe, all other calls are sent, too.
    If the probe fails, a longer pause begins.

    :param max_delay: seconds of the longest pause.
    :param get_reactor: gets the reactor. It is called when there is something
                        to wait for.
    """

    def __init__(self, max_delay: float, get_reactor: Callable[[], Any]
                 ) -> None:
        self._max_delay = max_delay
        self._get_reactor = get_reactor
        self._answers = 0
        self._pauses = 0
        #: The number of pauses since the hub went away.
        self._pauses_while_away = 0
        self._consecutive_failures = 0
        self._away = False
        self._probing = False
        self._timer: IDelayedCall | None = None
        self._waiters: deque[_Waiter] = deque()

    @property
    def is_away(self) -> bool:
        """Whether the hub is away, so that calls have to wait."""
        return self._away

    def snapshot(self) -> Snapshot:
        """Get the counters before an attempt, for `record_failure`."""
        return Snapshot(self._answers, self._pauses)

    def delay(self, failures: int) -> float:
        """
        Choose a random delay after consecutive failures.

        :param failures: the number of failures.
        :returns: seconds, between half and all of the exponential delay.
        """
        # The exponent is limited, because 2.0 ** 1024 overflows.
        longest: float = min(DELAY * 2 ** min(failures - 1, 30),
                             self._max_delay)
        return longest * random.uniform(0.5, 1)

    def record_answer(self) -> None:
        """Record that the hub has answered an attempt."""
        self._answers += 1
        self._consecutive_failures = 0
        if self._away:
            self._resume_all()

    def record_failure(self, snapshot: Snapshot, error: KojiException, *,
                       pause: float, hub_says_offline: bool = False) -> bool:
        """
        Record that an attempt has failed.

        :param snapshot: the counters at the start of the attempt.
        :param error: the error of the attempt.
        :param pause: seconds of the next pause. A longer pause may be chosen.
        :param hub_says_offline: whether the hub answered that it is offline.
                                 The pause then has exactly this length, and
                                 no call that waits loses an attempt.
        :returns: whether the hub is away.
        """
        if snapshot.answers != self._answers:
            return self._away
        self._consecutive_failures += 1
        if not (self._away or hub_says_offline
                or self._consecutive_failures >= FAILURES_UNTIL_AWAY):
            return False
        if snapshot.pauses == self._pauses:
            self._pauses += 1
            self._pauses_while_away += 1
            self._away = True
            self._probing = False
            self._stop_timer()
            if not hub_says_offline:
                pause = max(pause, self.delay(self._pauses_while_away))
                self._use_up_attempts(error)
            self._timer = self._get_reactor().callLater(pause, self._probe)
        return True

    def wait(self, attempts: int) -> Deferred[bool]:
        """
        Wait until the hub is back, or until the caller has to probe.

        :param attempts: the number of probes that may fail meanwhile.
        :returns: a Deferred that fires when the call may be sent: with True
                  if the call is the probe, else with False. The Deferred
                  fails with the error of the last probe after too many.
        """
        waiter = _Waiter(self, attempts)
        self._waiters.append(waiter)
        return waiter.deferred

    def remove(self, waiter: _Waiter) -> None:
        """Remove a call that no longer waits."""
        self._waiters.remove(waiter)
        if not self._waiters and not self._probing:
            # No call is left to probe: the next call may be sent at once.
            self._resume_all()

    def probe_next(self) -> None:
        """Let the next call probe, because the probe was given up."""
        if self._probing:
            self._probe()

    def _resume_all(self) -> None:
        self._away = self._probing = False
        self._pauses_while_away = 0
        self._stop_timer()
        # The callback of a waiter may find the hub away again.
        while self._waiters and not self._away:
            self._waiters.popleft().resume(False)

    def _probe(self) -> None:
        self._stop_timer()
        self._probing = bool(self._waiters)
        if self._waiters:
            self._waiters.popleft().resume(True)
        else:
            self._resume_all()

    def _use_up_attempts(self, error: KojiException) -> None:
        """Take one attempt from each call that waits."""
        for waiter in list(self._waiters):
            waiter.attempts -= 1
            if waiter.attempts < 0:
                self._waiters.remove(waiter)
                waiter.fail(copy_of(error))

    def _stop_timer(self) -> None:
        if self._timer is not None:
            if self._timer.active():
                self._timer.cancel()
            self._timer = None


class _Waiter:
    """
    A call that waits for the hub.

    :ivar attempts: the number of probes that may still fail.
    :ivar deferred: the Deferred of `Backoff.wait`.
    """

    def __init__(self, backoff: Backoff, attempts: int) -> None:
        self.attempts = attempts
        self.deferred: Deferred[bool] = Deferred(
            lambda deferred: backoff.remove(self))

    def resume(self, is_probe: bool) -> None:
        """Let the call be sent."""
        self.deferred.callback(is_probe)

    def fail(self, error: KojiException) -> None:
        """Let the call fail."""
        self.deferred.errback(error)
