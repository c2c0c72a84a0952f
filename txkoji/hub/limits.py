"""Time limits: the deadline of an operation, and the close of a Connection."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.python.failure import Failure

from txkoji.exceptions import CallTimeout, KojiException
from txkoji.hub.outcome import Outcome
from txkoji.hub.profile import without_secrets
from txkoji.hub.session.session import Session
from txkoji.hub.transport import Transport, connection_closed


class Limits:
    """
    The running operations of a Connection, which end at a deadline or close.

    :param transport: counts the operations in its statistics.
    :param session: the session of the login, for the URL in error texts, and
                    for the errors of logins that operations wait for.

    :ivar closed: whether the Connection is closed. Operations that are
                  canceled then fail with `ConnectionClosed`.
    """

    def __init__(self, transport: Transport, session: Session) -> None:
        self._transport = transport
        self._session = session
        self._running: set[Deferred[Any]] = set()
        self.closed = False

    def apply(self, running: Deferred[Any], method: str,
              deadline: float | None, has_started: Callable[[], bool],
              outcome: Outcome | None = None) -> Deferred[Any]:
        """
        Cancel an operation at a deadline, or in `cancel_all`.

        :param running: the Deferred of the operation.
        :param method: the hub method, or another name of the operation.
        :param deadline: seconds; None for no limit.
        :param has_started: tells whether a result has begun to arrive, so
                            that the deadline no longer counts.
        :param outcome: the attempts, if the operation is a call.
        :returns: a Deferred that fires with the result of the operation.
        :raises CallTimeout: at the deadline.
        :raises ConnectionClosed: if the Connection is closed meanwhile.
        """
        if running.called and not running.paused:
            return running
        stats = self._transport.stats
        stats.waiting += 1
        limit = _Deadline(running, has_started)
        timer = None if deadline is None else (
            self._transport.reactor.callLater(max(0, deadline), limit.expire))
        self._running.add(running)

        def finish(result: Any) -> Any:
            stats.waiting -= 1
            self._running.discard(running)
            if timer is not None and timer.active():
                timer.cancel()
            if isinstance(result, Failure) and result.check(CancelledError):
                if self.closed:
                    return Failure(self.closed_error(method, outcome))
                if limit.expired:
                    return Failure(
                        self._timeout_error(method, deadline, outcome))
            return result

        return running.addBoth(finish)

    def cancel_all(self) -> None:
        """Cancel all running operations."""
        for running in list(self._running):
            running.cancel()

    def closed_error(self, method: str, outcome: Outcome | None = None
                     ) -> KojiException:
        """
        Make the error of an operation on a closed Connection.

        :param outcome: the attempts, if the operation is a call.
        """
        return self._add_outcome(
            connection_closed(method, self._session.address), outcome)

    def _timeout_error(self, method: str, deadline: float | None,
                       outcome: Outcome | None) -> KojiException:
        url = without_secrets(self._session.address)
        error = self._add_outcome(CallTimeout(
            f'{method} at {url}: not done within {deadline:g} seconds,'
            ' including the time in the queue and all attempts',
            method=method, url=url), outcome)
        self._transport.stats.record_error(error)
        return error

    def _add_outcome(self, error: KojiException, outcome: Outcome | None
                     ) -> KojiException:
        if outcome is None:
            return error
        return outcome.add_to(error, self._session.logins)


class _Deadline:
    """
    The deadline of a Deferred.

    :param running: the Deferred, which is canceled at the deadline.
    :param has_started: tells whether the deadline no longer counts.

    :ivar expired: whether the Deferred was canceled.
    """

    def __init__(self, running: Deferred[Any], has_started: Callable[[], bool]
                 ) -> None:
        self._running = running
        self._has_started = has_started
        self.expired = False

    def expire(self) -> None:
        """Cancel the Deferred, unless a result has begun to arrive."""
        if not self._has_started():
            self.expired = True
            self._running.cancel()
