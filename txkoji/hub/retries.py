"""
Ask again after an outage: for what, how soon and how often.
"""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    AuthError,
    CallTimeout,
    ConnectionFailed,
    HTTPError,
    KojiException,
    ProxyError,
    ServerOffline,
    TransportError,
)
from txkoji.hub.backoff import Backoff, HubAway, Mark
from txkoji.hub.faults import Source, source_of
from txkoji.hub.profile import Profile
from txkoji.hub.stats import Stats

#: Makes an attempt.
Attempt = Callable[[bool], 'Deferred[Any]']

#: Statuses of front servers that are busy, or have lost the hub.
BUSY = (408, 429, 502, 503, 504)

#: Seconds that a server may have us wait; it is asked again after these,
#: whatever its ``Retry-After`` says.
LONGEST_WAIT = 600

#: The status of a front server whose hub failed: it may be for good, or the
#: hub's database may have been started anew.
FAILED = 500


class Retries:
    """
    Make attempts until one has an answer, as the profile says: `max_retries`
    of them after the first, up to `retry_interval` seconds apart; and while
    the hub says that it is offline, without end if `offline_retry` is set.

    :param settings: the profile.
    :param get_reactor: gives the reactor, once there is something to wait
                        for.

    :ivar stats: counts them.
    :ivar backoff: the pauses while the hub is away.
    """

    _log = Logger()

    def __init__(self, settings: Profile, get_reactor: Callable[[], Any],
                 stats: Stats, backoff: Backoff) -> None:
        self._settings = settings
        self._get_reactor = get_reactor
        self.stats = stats
        self.backoff = backoff

    def run(self, method: str, attempt: Attempt, *, lost: bool,
            late: bool, begun: Callable[[], bool] = lambda: False
            ) -> Deferred[Any]:
        """
        Make attempts. The first goes straight out, unless the hub is away.

        :param method: the hub method, for the log.
        :param attempt: makes one. It is told whether that is to fail with
                        `HubAway` if the hub goes away while it is queued.
        :param lost: whether to make another when the connection broke, or
                     the front server has no hub: the call may have been
                     carried out.
        :param late: whether to make another when the time for one is over.
        :param begun: whether it is too late for another, since somebody has
                      got a part of the answer.
        :returns: a Deferred that fires with the answer.
        :raises KojiException: the last attempt's error, when there is to be
                               no other.
        """
        tries = _Tries(self, self._settings, method, attempt, lost, late,
                       begun)
        patient = (lost and self._settings.max_retries > 0
                   or self._settings.offline_retry)
        if patient and self.backoff.is_away:
            return Deferred.fromCoroutine(tries.go_on())
        mark = self.backoff.mark()
        return attempt(patient).addErrback(tries.first_failed, mark)

    def pause(self, seconds: float) -> Deferred[None]:
        """Wait for a while."""
        return deferLater(self._get_reactor(), seconds, lambda: None)

    def seconds(self) -> float:
        """The reactor's time."""
        seconds: float = self._get_reactor().seconds()
        return seconds


class _Tries:
    """The attempts of one call."""

    _log = Retries._log

    def __init__(self, retries: Retries, settings: Profile, method: str,
                 attempt: Attempt, lost: bool, late: bool,
                 begun: Callable[[], bool]) -> None:
        self._retries = retries
        self._settings = settings
        self._method = method
        self._attempt = attempt
        self._lost = lost
        self._late = late
        self._begun = begun
        self._failed = 0
        self._since = retries.seconds()
        self._last: KojiException | None = None

    def first_failed(self, failure: Failure, mark: Mark) -> Any:
        """Take the failure of the first attempt."""
        error: Any = failure.value
        if isinstance(error, HubAway):
            return Deferred.fromCoroutine(self.go_on())
        if not (isinstance(error, KojiException) and self._may_go_on(error)):
            return failure
        return Deferred.fromCoroutine(self.go_on(error, mark))

    def _may_go_on(self, error: KojiException) -> bool:
        """Whether there is to be another attempt after an error."""
        if isinstance(error, ServerOffline):
            self._retries.stats.remember(error)
            return (self._settings.offline_retry
                    and source_of(error, self._method) is Source.HUB)
        if not isinstance(error, TransportError):
            if isinstance(error, AuthError):
                self._retries.stats.remember(error)
            return False
        self._retries.stats.remember(error)
        if self._begun() or self._failed >= self._settings.max_retries:
            return False
        if isinstance(error, CallTimeout):
            return self._late
        return self._lost and (outage(error) or _is_failed(error))

    async def go_on(self, error: KojiException | None = None,
                    mark: Mark | None = None) -> Any:
        """
        Make attempts until one has an answer.

        :param error: of the attempt before; None if there was none, since the
                      hub was away.
        :param mark: what was known of the hub when it began.
        """
        backoff = self._retries.backoff
        while True:
            if error is not None and mark is not None:
                is_probe = await self._pause(error, mark)
                self._retries.stats.retries += 1
            else:
                is_probe = await self._wait()
            mark = backoff.mark()
            try:
                return await self._attempt(not is_probe)
            except HubAway:
                error = None
            except KojiException as found:
                if not self._may_go_on(found):
                    if is_probe and not self._is_away(found, mark):
                        backoff.pass_on()
                    self._sum_up(found)
                    raise
                error = found
            except BaseException:
                if is_probe:
                    backoff.pass_on()
                raise

    async def _pause(self, error: KojiException, mark: Mark) -> bool:
        """
        Wait as long as is right after an error.

        :returns: whether the next attempt is to probe.
        """
        backoff = self._retries.backoff
        self._last = error
        if isinstance(error, ServerOffline):
            self._failed = 0
            delay: float = self._settings.offline_retry_interval
            away = backoff.failed(mark, error, pause=delay, says_so=True)
        else:
            self._failed += 1
            delay = self._delay(error)
            away = self._is_away(error, mark)
        self._note(error)
        if not away and delay:
            await self._retries.pause(delay)
            away = backoff.is_away
        return away and await self._wait()

    def _is_away(self, error: KojiException, mark: Mark) -> bool:
        """
        Take note of an error of an attempt.

        :returns: whether the hub is away.
        """
        if not isinstance(error, TransportError) or not (
                outage(error) or isinstance(error, CallTimeout)):
            # One that answers with 500 may answer all others.
            return False
        return self._retries.backoff.failed(
            mark, error, pause=self._delay(error))

    async def _wait(self) -> bool:
        """
        Wait until the hub is back, or it is our turn to probe.

        :returns: whether it is that.
        """
        try:
            return await self._retries.backoff.wait(
                self._settings.max_retries - self._failed)
        except KojiException as error:
            found = self._last or error
            self._sum_up(found)
            raise found

    def _delay(self, error: KojiException) -> float:
        """The seconds to wait after an error, if the hub is not away."""
        if isinstance(error, HTTPError):
            if error.retry_after is not None:
                return min(error.retry_after, LONGEST_WAIT)
            return self._retries.backoff.delay(self._failed)
        backoff = self._retries.backoff
        if self._failed == 1 and not backoff.is_away:
            return 0
        return backoff.delay(max(1, self._failed - 1))

    def _note(self, error: KojiException) -> None:
        if self._failed != 1:
            self._log.info('{method}: trying again after {kind}: {error}',
                           method=self._method, kind=type(error).__name__,
                           error=str(error))
            return
        left = self._settings.max_retries
        self._log.warn(
            '{method}: trying again, up to {left} times, {longest:g} seconds'
            ' apart at most, after {kind}: {error}', method=self._method,
            left=left, longest=self._settings.retry_interval,
            kind=type(error).__name__, error=str(error))

    def _sum_up(self, error: KojiException) -> None:
        """Say in the text of the last error how many there were."""
        if self._failed and isinstance(error, TransportError):
            seconds = self._retries.seconds() - self._since
            error.args = (f'{error} ({self._failed + 1} attempts in'
                          f' {seconds:.0f} seconds)',)


def _is_failed(error: KojiException) -> bool:
    return isinstance(error, HTTPError) and error.status == FAILED


def outage(error: TransportError) -> bool:
    """Whether an error may go away by itself: not time-outs, nor TLS."""
    if isinstance(error, ProxyError):
        # It says 500, too, if it cannot reach the hub.
        return error.status is None or error.status in (FAILED, *BUSY)
    return isinstance(error, ConnectionFailed) or (
        isinstance(error, HTTPError) and error.status in BUSY)
