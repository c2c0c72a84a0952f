"""
What a daemon's page wants to show of a Connection.
"""
from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timezone


@dataclass
class Stats:
    """
    Numbers of a Connection, as they are just now; of all that share one login
    together.

    :ivar in_flight: calls that are on the wire.
    :ivar waiting: calls that wait: for their turn, for a login, for the next
                   attempt, or for what somebody waits for.
    :ivar retries: how many attempts had to be made again, so far.
    :ivar renewals: how often a session, of login or of writes, was renewed or
                    made anew, so far.
    :ivar connections: how many connections are open, idle ones too.
    :ivar last_error: the last error on the way to the hub, of an attempt or
                      of our session, as text, or None. What the hub refuses
                      for other reasons is an answer, and not counted.
    :ivar last_error_time: when that was, in UTC.
    """

    in_flight: int = 0
    waiting: int = 0
    retries: int = 0
    renewals: int = 0
    connections: int = 0
    last_error: str | None = None
    last_error_time: datetime | None = None

    def remember(self, error: Exception) -> None:
        """Let it be the last error."""
        self.last_error = f'{type(error).__name__}: {error}'
        self.last_error_time = datetime.now(timezone.utc)
