"""`EventStats`: the statistics of the events of a Connection."""
from __future__ import annotations

from bisect import bisect_left
from dataclasses import dataclass, field, replace
from datetime import datetime

#: The upper bounds of the counters of `Lag`, in seconds. A broker delivers
#: within seconds, a poll within its interval, and both later after an outage.
BOUNDS = (0.1, 0.5, 1, 5, 10, 30, 60, 120, 300, 600, 1800, 3600, 21600)


@dataclass
class Lag:
    """
    A histogram of the seconds between events and their handing on.

    Clocks differ: an event from the future has no lag.

    :ivar counts: the number of events up to each of `BOUNDS`, and not up to
                  the bound before. At last, the number above all bounds.
    :ivar sum: the sum of the seconds.
    :ivar last: the seconds of the last event, or None.
    """

    counts: list[int] = field(default_factory=lambda: [0] * (len(BOUNDS) + 1))
    sum: float = 0.0
    last: float | None = None

    def observe(self, seconds: float) -> None:
        """Add an event."""
        seconds = max(0.0, seconds)
        self.counts[bisect_left(BOUNDS, seconds)] += 1
        self.sum += seconds
        self.last = seconds


@dataclass
class EventStats:
    """
    The statistics of the events of a Connection.

    :ivar in_progress: the number of events that subscribers work on.
    :ivar handled: the number of events that all their subscribers have
                   handled.
    :ivar failed: the number of events that a subscriber failed with.
    :ivar returned: the number of events that were not handled, so that their
                    source has to keep them.
    :ivar duplicates: the number of events that were dropped as duplicates.
    :ivar malformed: the number of messages that were dropped as malformed.
    :ivar reconnects: how often listeners have connected to their brokers
                      again.
    :ivar lag: the `Lag` of the events whose time is known.
    :ivar last_time: when an event was last handed on, in UTC, or None.
    """

    in_progress: int = 0
    handled: int = 0
    failed: int = 0
    returned: int = 0
    duplicates: int = 0
    malformed: int = 0
    reconnects: int = 0
    lag: Lag = field(default_factory=Lag)
    last_time: datetime | None = None

    def begin(self, time: datetime | None, now: datetime) -> None:
        """
        Count an event that is handed on.

        :param time: when the event happened; None if that is unknown.
        """
        self.in_progress += 1
        self.last_time = now
        if time is not None:
            self.lag.observe((now - time).total_seconds())

    def end(self, succeeded: bool | None) -> None:
        """
        Count the end of an event that was handed on.

        :param succeeded: as of the Deferred of `Events.feed`.
        """
        self.in_progress -= 1
        if succeeded is None:
            self.returned += 1
        elif succeeded:
            self.handled += 1
        else:
            self.failed += 1

    def copy(self, reconnects: int) -> EventStats:
        """Copy the statistics as they are just now."""
        return replace(self, reconnects=reconnects, lag=replace(
            self.lag, counts=list(self.lag.counts)))
