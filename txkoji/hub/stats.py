"""The statistics of a Connection."""
from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import datetime, timezone

#: The most methods that are counted by name, and the longest such name. Hubs
#: have about 300 methods, but a program may call any name.
METHODS, LONGEST = 500, 100

#: The name that calls of further methods are counted under.
OTHERS = 'others'


@dataclass
class Stats:
    """
    Statistics of a Connection and of all Connections that share its login.

    :ivar in_flight: the number of requests that are in flight.
    :ivar waiting: the number of operations that wait: calls that are queued,
                   or wait for a login or for the next attempt, and waits for
                   tasks, builds or repositories.
    :ivar calls: hub method -> the number of calls so far, each without its
                 retries. A multicall is one call of ``system.multicall``.
                 The first `METHODS` names are counted, and all others as
                 `OTHERS`.
    :ivar retries: the number of retries so far.
    :ivar renewals: the number of renewed or replaced sessions so far.
    :ivar connections: the number of open connections, including idle ones.
    :ivar last_error: the type and the text of the last error of a connection,
                      an answer or a session, or None. Other faults are
                      ordinary answers.
    :ivar last_error_time: the time of the last error, in UTC, or None.
    """

    in_flight: int = 0
    waiting: int = 0
    calls: Counter[str] = field(default_factory=Counter)
    retries: int = 0
    renewals: int = 0
    connections: int = 0
    last_error: str | None = None
    last_error_time: datetime | None = None

    def count_call(self, method: str) -> None:
        """Count a call of a hub method."""
        calls = self.calls
        if method not in calls and (
                len(calls) >= METHODS or len(method) > LONGEST
                or not method.isprintable()):
            method = OTHERS
        calls[method] += 1

    def copy(self, *, waiting: int, connections: int) -> Stats:
        """Copy the statistics as they are just now."""
        return replace(self, calls=Counter(self.calls), waiting=waiting,
                       connections=connections)

    def record_error(self, error: Exception) -> None:
        """Record an error as the last error."""
        self.last_error = f'{type(error).__name__}: {error}'
        self.last_error_time = datetime.now(timezone.utc)
