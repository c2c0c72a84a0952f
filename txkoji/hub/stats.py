"""The statistics of a Connection."""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass
class Stats:
    """
    Statistics of a Connection and of all Connections that share its login.

    :ivar in_flight: the number of requests that are in flight.
    :ivar waiting: the number of operations that wait: calls that are queued,
                   or wait for a login or for the next attempt, and waits for
                   tasks, builds or repositories.
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
    retries: int = 0
    renewals: int = 0
    connections: int = 0
    last_error: str | None = None
    last_error_time: datetime | None = None

    def record_error(self, error: Exception) -> None:
        """Record an error as the last error."""
        self.last_error = f'{type(error).__name__}: {error}'
        self.last_error_time = datetime.now(timezone.utc)
