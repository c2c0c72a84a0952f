"""The parts that all listeners share."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol

from twisted.application.internet import backoffPolicy
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

#: Seconds that `Listener.stop` waits for subscribers.
GRACE = 30

#: `Events.feed`: takes a message of any broker library. The Deferred fires
#: when the message is handled: with False if a subscriber failed. With None,
#: the message is not handled, and the broker has to keep it.
Feed = Callable[[Any], Deferred[bool | None]]

_log = Logger()


class Listener(Protocol):
    """
    A source of messages, which feeds `Events`.

    :ivar reconnects: how often it has connected to its broker again.
    """

    reconnects: int

    def start(self) -> Deferred[Any]:
        """
        Start listening.

        :returns: a Deferred that fires with the listener when it listens.
        :raises ListenError: if listening is not possible.
        """

    def stop(self) -> Deferred[None]:
        """
        Stop listening, and wait for messages in progress.

        :returns: a Deferred that fires with None when listening has ended.
        """


class NotHandled(Exception):
    """A subscriber did not handle an event: its source has to keep it."""


class CatchingUp(Protocol):
    """Asks the hub for what a broker did not deliver: a `CatchUp`."""

    def feed(self, message: Any) -> Deferred[bool | None]:
        """Hand on a message, after what the hub is asked for."""

    async def load(self) -> None:
        """Read the state file."""

    def connected(self) -> None:
        """Hear that the broker delivers messages from now on."""

    def stop(self) -> None:
        """Begin no more."""

    async def close(self) -> None:
        """Save what was heard."""


class Backoff:
    """
    The pauses between attempts to connect, which grow with each failure.

    :param reactor: waits.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self._policy = backoffPolicy()
        self._failures = 0

    def reset(self) -> None:
        """Forget earlier failures, after a success."""
        self._failures = 0

    def wait(self) -> Deferred[None]:
        """
        Wait before the next attempt.

        :returns: a Deferred that fires with None after the pause. Canceling
                  the Deferred ends the pause.
        """
        self._failures += 1
        return deferLater(self._reactor, self._policy(self._failures))


def deliver(feed: Feed, message: Any) -> Deferred[bool | None]:
    """
    Feed a message, and log an error.

    :returns: a Deferred that fires when the message is handled: with False if
              a subscriber failed, or the feed itself. With None if it is not
              handled, also since the delivery was canceled.
    """
    def failed(failure: Failure) -> bool | None:
        if failure.check(CancelledError):
            return None
        _log.failure('a message was not handled', failure=failure)
        return False

    return feed(message).addErrback(failed)
