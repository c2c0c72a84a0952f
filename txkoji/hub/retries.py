"""
Ask again after an outage: for what, how soon and how often.
"""
from __future__ import annotations

import random
from typing import Any, Awaitable, Callable, TypeVar

from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.exceptions import (AuthError, CallTimeout, ConnectionFailed,
                               HTTPError, KojiException, ServerOffline,
                               TransportError)
from txkoji.hub.faults import Source, source_of
from txkoji.hub.profile import Profile
from txkoji.hub.stats import Stats

T = TypeVar('T')

#: Statuses of front servers that are busy, or have lost the hub.
BUSY = (408, 429, 502, 503, 504)

#: Seconds before the second retry; the first is immediate.
DELAY = 0.5


class Retries:
    """
    Make attempts until one has an answer, as the profile says: `max_retries`
    of them after the first, up to `retry_interval` seconds apart; and while
    the hub says that it is offline, without end if `offline_retry` is set.

    :param settings: the profile.
    :param get_reactor: gives the reactor, once there is something to wait
                        for.
    :ivar stats: counts them.
    """

    _log = Logger()

    def __init__(self, settings: Profile, get_reactor: Callable[[], Any],
                 stats: Stats) -> None:
        self._settings = settings
        self._get_reactor = get_reactor
        self.stats = stats

    async def run(self, method: str, attempt: Callable[[], Awaitable[T]], *,
                  lost: bool, late: bool,
                  begun: Callable[[], bool] = lambda: False) -> T:
        """
        Make attempts.

        :param method: the hub method, for the log.
        :param attempt: makes one.
        :param lost: whether to make another when the connection broke, or
                     the front server has no hub: the call may have been
                     carried out.
        :param late: whether to make another when the time for one is over.
        :param begun: whether it is too late for another, since somebody has
                      got a part of the answer.
        :raises KojiException: the last attempt's, when there is to be no
                               other.
        """
        failed = 0
        while True:
            try:
                return await attempt()
            except AuthError as error:
                self.stats.remember(error)
                raise
            except ServerOffline as error:
                self.stats.remember(error)
                if (not self._settings.offline_retry
                        or source_of(error, method) is not Source.HUB):
                    raise
                failed = 0
                delay: float = self._settings.offline_retry_interval
                self._note(method, error, delay)
            except TransportError as error:
                self.stats.remember(error)
                if begun() or failed >= self._settings.max_retries or not (
                        late if isinstance(error, CallTimeout)
                        else lost and outage(error)):
                    raise
                delay = self._delay(failed)
                failed += 1
                self._note(method, error, delay)
            if delay:
                await deferLater(self._get_reactor(), delay)

    def _delay(self, failed: int) -> float:
        """How long to wait after so many failures, and one more."""
        if not failed:
            return 0
        # The exponent has a limit, since numbers have.
        longest: float = min(DELAY * 2 ** min(failed - 1, 30),
                             self._settings.retry_interval)
        return longest * random.uniform(0.5, 1)

    def _note(self, method: str, error: KojiException, delay: float) -> None:
        self.stats.retries += 1
        self._log.warn('{method}: trying again in {delay:.1f} seconds, after'
                       ' {kind}: {error}', method=method, delay=delay,
                       kind=type(error).__name__, error=str(error))


def outage(error: TransportError) -> bool:
    """Whether an error may go away by itself: not time-outs, nor TLS."""
    return isinstance(error, ConnectionFailed) or (
        isinstance(error, HTTPError) and error.status in BUSY)
