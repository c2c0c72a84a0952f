"""
A hub that is away, and when it may be asked again: by one call at a time, for
all that wait.
"""
from __future__ import annotations

import random
from collections import deque
from collections.abc import Callable
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from txkoji.exceptions import KojiException, copy_of

#: Seconds before the second retry; the first, of a broken connection, is
#: immediate.
DELAY = 0.5

#: Attempts that fail, one after the other, before the hub is taken to be
#: away.
IN_A_ROW = 3


class HubAway(Exception):
    """A call was not sent, since the hub went away while it was queued."""


class Mark(NamedTuple):
    """What was known of the hub when an attempt began."""

    answers: int
    rounds: int


class Backoff:
    """
    The pauses of a Connection while its hub is away.

    The hub is away when some attempts in a row fail, and none has an answer
    meanwhile. Then calls wait here. When the pause is over one of them is let
    through, to probe; if that has an answer, so are all the others, and if
    not there is a longer pause.

    :param longest: seconds of the longest pause.
    :param get_reactor: gives the reactor, once there is something to wait
                        for.
    """

    _log = Logger()

    def __init__(self, longest: float, get_reactor: Callable[[], Any]
                 ) -> None:
        self._longest = longest
        self._get_reactor = get_reactor
        self._answers = 0
        self._log_poller = 0
        self._failures = 0
        self._in_a_row = 0
        self._away = False
        self._probing = False
        self._timer: Any = None
        self._waiting: deque[_Waiter] = deque()

    @property
    def is_away(self) -> bool:
        """Whether calls have to wait."""
        return self._away

    def mark(self) -> Mark:
        """Say what is known of the hub, for `failed`."""
        return Mark(self._answers, self._log_poller)

    def delay(self, failures: int) -> float:
        """
        Say how long to wait after some failures in a row.

        :returns: seconds, some more or less at each time.
        """
        # The exponent has a limit, since numbers have.
        longest: float = min(DELAY * 2 ** min(failures - 1, 30),
                             self._longest)
        return longest * random.uniform(0.5, 1)

    def answered(self) -> None:
        """Take note that the hub has answered an attempt."""
        self._answers += 1
        self._in_a_row = 0
        if self._away:
            self._back()

    def _back(self) -> None:
        """Let all go on."""
        self._away = self._probing = False
        self._failures = 0
        self._stop()
        while self._waiting and not self._away:
            self._waiting.popleft().go_on(False)

    def failed(self, mark: Mark, error: KojiException, *,
               pause: float, says_so: bool = False) -> bool:
        """
        Take note that an attempt has failed.

        :param mark: what was known when it began.
        :param pause: seconds until the next one, at least; it is longer each
                      time.
        :param says_so: whether the hub itself says that it is offline. Then
                        the pause is as long as it is, and the calls that wait
                        have all their attempts left.
        :returns: whether the hub is away.
        """
        if mark.answers != self._answers:
            return self._away
        self._in_a_row += 1
        if not (self._away or says_so or self._in_a_row >= IN_A_ROW):
            return False
        if mark.rounds == self._log_poller:
            self._log_poller += 1
            self._failures += 1
            self._away = True
            self._probing = False
            self._stop()
            if not says_so:
                pause = max(pause, self.delay(self._failures))
                self._count(error)
            self._timer = self._get_reactor().callLater(pause, self._probe)
        return True

    def wait(self, attempts: int) -> Deferred[bool]:
        """
        Wait for the hub.

        :param attempts: how many more probes may fail.
        :returns: a Deferred that fires when the call may be made, with
                  whether it is the probe. It fails with the error of the last
                  probe when there were too many.
        """
        waiter = _Waiter(self, attempts)
        self._waiting.append(waiter)
        return waiter.waiting

    def left(self, waiter: _Waiter) -> None:
        """Let one go that waits no longer."""
        self._waiting.remove(waiter)
        if not self._waiting and not self._probing:
            # Nobody is left to probe for: the next call may.
            self._back()

    def pass_on(self) -> None:
        """Let another call probe: the one that did has given up."""
        if self._probing:
            self._probe()

    def _probe(self) -> None:
        self._stop()
        self._probing = bool(self._waiting)
        if self._waiting:
            self._waiting.popleft().go_on(True)
        else:
            self._back()

    def _count(self, error: KojiException) -> None:
        for waiter in list(self._waiting):
            waiter.attempts -= 1
            if waiter.attempts < 0:
                self._waiting.remove(waiter)
                waiter.give_up(copy_of(error))

    def _stop(self) -> None:
        if self._timer is not None:
            if self._timer.active():
                self._timer.cancel()
            self._timer = None


class _Waiter:
    """
    A call that waits.

    :ivar attempts: how many more probes may fail.
    """

    def __init__(self, backoff: Backoff, attempts: int) -> None:
        self.attempts = attempts
        self.waiting: Deferred[bool] = Deferred(
            lambda waiting: backoff.left(self))

    def go_on(self, is_probe: bool) -> None:
        """Let it be made."""
        self.waiting.callback(is_probe)

    def give_up(self, error: KojiException) -> None:
        """Tell it that there is no use."""
        self.waiting.errback(error)
