"""Retries after an outage: of which calls, how soon and how often."""
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
from txkoji.hub.backoff import Backoff, HubAway, Snapshot
from txkoji.hub.faults import Source, source_of
from txkoji.hub.profile import Profile
from txkoji.hub.stats import Stats

#: Makes an attempt. The argument says whether the attempt has to fail with
#: `HubAway` if the hub goes away while the attempt is queued.
Attempt = Callable[[bool], 'Deferred[Any]']

#: Statuses of front servers that are busy, or cannot reach the hub.
BUSY_STATUSES = (408, 429, 502, 503, 504)

#: The status of a front server whose hub failed. The failure may be permanent,
#: or the hub's database may have been restarted.
SERVER_ERROR = 500

#: The most seconds of a ``Retry-After`` header that are waited.
MAX_RETRY_AFTER = 600


class Retries:
    """
    The retries of calls to a server, by the options of a profile.

    `max_retries` retries follow the first attempt, `retry_interval` seconds
    apart at most. If `offline_retry` is set, retries go on without end while
    the hub says that it is offline.

    :param settings: the profile.
    :param get_reactor: gets the reactor. It is called when there is something
                        to wait for.

    :ivar stats: counts retries, and keeps the last error.
    :ivar backoff: the pauses while the hub is away.
    """

    def __init__(self, settings: Profile, get_reactor: Callable[[], Any],
                 stats: Stats, backoff: Backoff) -> None:
        self._settings = settings
        self._get_reactor = get_reactor
        self.stats = stats
        self.backoff = backoff

    def run(self, method: str, attempt: Attempt, *, retry_lost: bool,
            retry_timeouts: bool,
            has_started: Callable[[], bool] = lambda: False) -> Deferred[Any]:
        """
        Make attempts. The first is made at once, unless the hub is away.

        :param method: the hub method, for the log.
        :param attempt: makes an attempt.
        :param retry_lost: whether to retry after the connection broke, or the
                           front server could not reach the hub. The hub may
                           have carried out the call before.
        :param retry_timeouts: whether to retry after an attempt timed out.
        :param has_started: tells whether the caller has received a part of
                            the answer, so that retries are too late.
        :returns: a Deferred that fires with the result of an attempt.
        :raises KojiException: the error of the last attempt.
        """
        call = _RetriedCall(self, self._settings, method, attempt, retry_lost,
                            retry_timeouts, has_started)
        fail_if_away = (retry_lost and self._settings.max_retries > 0
                        or self._settings.offline_retry)
        if fail_if_away and self.backoff.is_away:
            return Deferred.fromCoroutine(call.retry())
        snapshot = self.backoff.snapshot()
        return attempt(fail_if_away).addErrback(call.retry_first, snapshot)

    def pause(self, seconds: float) -> Deferred[None]:
        """Wait for some seconds."""
        return deferLater(self._get_reactor(), seconds, lambda: None)

    def seconds(self) -> float:
        """Get the reactor's time, in seconds."""
        seconds: float = self._get_reactor().seconds()
        return seconds


class _RetriedCall:
    """The attempts of one call."""

    _log = Logger()

    def __init__(self, retries: Retries, settings: Profile, method: str,
                 attempt: Attempt, retry_lost: bool, retry_timeouts: bool,
                 has_started: Callable[[], bool]) -> None:
        self._retries = retries
        self._settings = settings
        self._method = method
        self._attempt = attempt
        self._retry_lost = retry_lost
        self._retry_timeouts = retry_timeouts
        self._has_started = has_started
        self._failures = 0
        self._start_time = retries.seconds()
        self._last_error: KojiException | None = None

    def retry_first(self, failure: Failure, snapshot: Snapshot) -> Any:
        """
        Retry after the first attempt has failed, if that is allowed.

        :param snapshot: the counters at the start of the first attempt.
        """
        error: Any = failure.value
        if isinstance(error, HubAway):
            return Deferred.fromCoroutine(self.retry())
        if not (isinstance(error, KojiException)
                and self._should_retry(error)):
            return failure
        return Deferred.fromCoroutine(self.retry(error, snapshot))

    async def retry(self, error: KojiException | None = None,
                    snapshot: Snapshot | None = None) -> Any:
        """
        Make attempts until one is answered.

        :param error: the error of the attempt before. None means that no
                      attempt was made, because the hub is away.
        :param snapshot: the counters at the start of the attempt before.
        :returns: the result of the attempt that was answered.
        """
        backoff = self._retries.backoff
        while True:
            if error is not None and snapshot is not None:
                is_probe = await self._wait_after(error, snapshot)
                self._retries.stats.retries += 1
            else:
                is_probe = await self._wait_for_hub()
            snapshot = backoff.snapshot()
            try:
                return await self._attempt(not is_probe)
            except HubAway:
                error = None
            except KojiException as found:
                if not self._should_retry(found):
                    if is_probe and not self._record_outage(found, snapshot):
                        backoff.probe_next()
                    self._add_attempts(found)
                    raise
                error = found
            except BaseException:
                if is_probe:
                    backoff.probe_next()
                raise

    def _should_retry(self, error: KojiException) -> bool:
        """Record an error, and check whether a retry is allowed."""
        if isinstance(error, (TransportError, ServerOffline, AuthError)):
            self._retries.stats.record_error(error)
        if isinstance(error, ServerOffline):
            return (self._settings.offline_retry
                    and source_of(error, self._method) is Source.HUB)
        if not isinstance(error, TransportError):
            return False
        if self._has_started() or self._failures >= self._settings.max_retries:
            return False
        if isinstance(error, CallTimeout):
            return self._retry_timeouts
        return self._retry_lost and (outage(error) or _is_server_error(error))

    async def _wait_after(self, error: KojiException, snapshot: Snapshot
                          ) -> bool:
        """
        Wait between an error and the next attempt.

        :returns: whether the next attempt is a probe.
        """
        backoff = self._retries.backoff
        self._last_error = error
        if isinstance(error, ServerOffline):
            self._failures = 0
            delay: float = self._settings.offline_retry_interval
            away = backoff.record_failure(snapshot, error, pause=delay,
                                          hub_says_offline=True)
        else:
            self._failures += 1
            delay = self._delay_after(error)
            away = self._record_outage(error, snapshot)
        self._log_retry(error)
        if not away and delay:
            await self._retries.pause(delay)
            away = backoff.is_away
        return away and await self._wait_for_hub()

    def _record_outage(self, error: KojiException, snapshot: Snapshot
                       ) -> bool:
        """
        Record an error with the backoff, if the error may be an outage.

        :returns: whether the hub is away. It is not if the error is no
                  outage.
        """
        if not isinstance(error, TransportError) or not (
                outage(error) or isinstance(error, CallTimeout)):
            # A hub that fails one call with status 500 may answer others.
            return False
        return self._retries.backoff.record_failure(
            snapshot, error, pause=self._delay_after(error))

    async def _wait_for_hub(self) -> bool:
        """
        Wait until the hub is back, or until this call has to probe.

        :returns: whether the next attempt is a probe.
        """
        try:
            return await self._retries.backoff.wait(
                self._settings.max_retries - self._failures)
        except KojiException as error:
            found = self._last_error or error
            self._add_attempts(found)
            raise found

    def _delay_after(self, error: KojiException) -> float:
        """Get the seconds to wait after an error, if the hub is not away."""
        backoff = self._retries.backoff
        if isinstance(error, HTTPError):
            if error.retry_after is not None:
                return min(error.retry_after, MAX_RETRY_AFTER)
            return backoff.delay(self._failures)
        if self._failures == 1 and not backoff.is_away:
            return 0
        return backoff.delay(max(1, self._failures - 1))

    def _log_retry(self, error: KojiException) -> None:
        if self._failures != 1:
            self._log.info('{method}: trying again after {kind}: {error}',
                           method=self._method, kind=type(error).__name__,
                           error=str(error))
            return
        self._log.warn(
            '{method}: trying again, up to {times} times, {interval:g} seconds'
            ' apart at most, after {kind}: {error}', method=self._method,
            times=self._settings.max_retries,
            interval=self._settings.retry_interval,
            kind=type(error).__name__, error=str(error))

    def _add_attempts(self, error: KojiException) -> None:
        """Add the number of attempts to the text of the last error."""
        if self._failures and isinstance(error, TransportError):
            seconds = self._retries.seconds() - self._start_time
            error.args = (f'{error} ({self._failures + 1} attempts in'
                          f' {seconds:.0f} seconds)',)


def _is_server_error(error: KojiException) -> bool:
    return isinstance(error, HTTPError) and error.status == SERVER_ERROR


def outage(error: TransportError) -> bool:
    """
    Check whether an error is an outage, which may pass.

    Timeouts and TLS errors are not outages.
    """
    if isinstance(error, ProxyError):
        # A proxy that cannot reach the hub may also answer with status 500.
        return error.status is None or error.status in (SERVER_ERROR,
                                                        *BUSY_STATUSES)
    return isinstance(error, ConnectionFailed) or (
        isinstance(error, HTTPError) and error.status in BUSY_STATUSES)
