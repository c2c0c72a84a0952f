"""
The outcome of a call, as far as the client can know it.

A write that fails was either never sent (its error is also a `NotSent`), or
refused (the hub's fault), or carried out while its answer was lost
(`RetryError`), or nobody knows (any other error).
"""
from __future__ import annotations

from txkoji.exceptions import (
    KojiException,
    RetryError,
    ServerOffline,
    TransportError,
    not_sent,
)
from txkoji.hub.faults import Source, source_of


class Outcome:
    """
    The attempts of a call, of which one may be under way.

    :ivar sent: whether the request of the attempt under way has been sent.
    :ivar last: the error of the last attempt, or None.
    :ivar lost: the error of the last attempt that was sent and has no answer,
                or None. The hub may have carried it out.
    """

    __slots__ = ('sent', 'last', 'lost')

    def __init__(self) -> None:
        self.sent = False
        self.last: KojiException | None = None
        self.lost: TransportError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the hub may have carried out the call."""
        return self.sent or self.lost is not None

    def answered(self) -> None:
        """Forget the attempts: the last one had its answer."""
        self.sent = False
        self.last = self.lost = None

    def failed(self, error: KojiException) -> None:
        """Take the error of the attempt under way, which has ended."""
        self.last = error
        if self.sent and isinstance(error, TransportError):
            self.lost = error
        self.sent = False

    def error(self, error: KojiException, method: str) -> KojiException:
        """
        Get the error that a write fails with.

        :param error: the error that ended it.
        :param method: the hub method.
        :returns: the error of the lost answer, whose ``__cause__`` is
                  `error`, if that says nothing of the attempt before it.
        """
        if self.lost is None:
            # Of an attempt, it is the hub's answer. Else something that the
            # call needed went wrong before it could be sent.
            return error if error is self.last and not (
                isinstance(error, TransportError)) else not_sent(error)
        if error is self.last and (
                isinstance(error, RetryError)
                or source_of(error, method) is Source.METHOD):
            return error
        why = self.last if error is self.lost else error
        if why is not self.lost:
            self.lost.__cause__ = why
        return self.lost

    def ended(self, error: KojiException, other: Outcome) -> KojiException:
        """
        Get the error of a call that was ended.

        :param error: the reason.
        :param other: the attempts of a login, a renewal or a second session,
                      for which the call may have waited.
        :returns: the error, which says what became of the call, and the error
                  of the last attempt, which is its ``__cause__``.
        """
        if self.is_unknown:
            text = 'it was sent, and may have been carried out'
        else:
            text = 'it was not sent'
            error = not_sent(error)
        last = self.last
        if not self.sent and not isinstance(last, (TransportError,
                                                   ServerOffline)):
            last = other.last or last
        if last is not None:
            text += f'; last: {last}'
            error.__cause__ = last
        error.args = (f'{error}; {text}',)
        return error
