"""
The outcome of a call, as far as the client knows.

A write that fails has one of four outcomes:

* It was not sent. The error is also a `NotSent`.
* It was refused. The error is a `GenericError` with a `faultCode`.
* It was carried out, and the answer was lost. The error is a `RetryError`.
* Unknown. The error is any other error.
"""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import (
    KojiException,
    NotSent,
    RetryError,
    ServerOffline,
    TransportError,
    copy_of,
)
from txkoji.hub.faults import Source, source_of


class Outcome:
    """
    The attempts of a call. One attempt may be in progress.

    :ivar sent: whether the request of the current attempt has been sent.
    :ivar last_error: the error of the last attempt, or None.
    :ivar unanswered: the error of the last attempt that was sent and not
                      answered, or None. The hub may have carried out that
                      attempt.
    """

    __slots__ = ('sent', 'last_error', 'unanswered')

    def __init__(self) -> None:
        self.sent = False
        self.last_error: KojiException | None = None
        self.unanswered: TransportError | None = None

    @property
    def is_unknown(self) -> bool:
        """Whether the hub may have carried out the call."""
        return self.sent or self.unanswered is not None

    def record_answer(self) -> None:
        """Record that the hub answered: earlier errors do not matter."""
        self.sent = False
        self.last_error = self.unanswered = None

    def record_error(self, error: KojiException) -> None:
        """Record the error of the current attempt, which has ended."""
        self.last_error = error
        if self.sent and isinstance(error, TransportError):
            self.unanswered = error
        self.sent = False

    def error_of_write(self, error: KojiException, method: str
                       ) -> KojiException:
        """
        Get the error that a write fails with.

        :param error: the error that ended the write.
        :param method: the hub method.
        :returns: `unanswered` with ``error`` as ``__cause__``, if there is an
                  unanswered attempt and ``error`` does not tell its outcome.
        """
        unanswered = self.unanswered
        is_of_attempt = error is self.last_error
        if unanswered is None:
            if is_of_attempt and not isinstance(error, TransportError):
                # No attempt is unanswered, and the error is the answer.
                return error
            return not_sent(error)
        if is_of_attempt and (isinstance(error, RetryError)
                              or source_of(error, method) is Source.METHOD):
            return error
        cause = self.last_error if error is unanswered else error
        if cause is not unanswered:
            unanswered.__cause__ = cause
        return unanswered

    def add_to(self, error: KojiException, logins: Outcome) -> KojiException:
        """
        Add the outcome to the error of a call that a deadline or close ended.

        :param error: the error.
        :param logins: the attempts to log in, to renew a session or to begin
                       one. The call may have waited for such an attempt.
        :returns: the error with the outcome and the last attempt's error in
                  the text. The last attempt's error is the ``__cause__``.
        """
        if self.is_unknown:
            text = 'the call was sent, and may have been carried out'
        else:
            text = 'the call was not sent'
            error = not_sent(error)
        last = self.last_error
        if not self.sent and not isinstance(last, (TransportError,
                                                   ServerOffline)):
            last = logins.last_error or last
        if last is not None:
            text += f'; last: {last}'
            error.__cause__ = last
        error.args = (f'{error}; {text}',)
        return error


def not_sent(error: KojiException) -> KojiException:
    """
    Make an error that is also a `NotSent`.

    :param error: the reason why a call was not sent.
    :returns: an exception of the same class and with the same attributes,
              which is also a `NotSent`.
    """
    if isinstance(error, NotSent):
        return error
    found: KojiException = copy_of(error)
    found.__class__ = _not_sent_class(type(error))
    return found


#: The subclasses of `NotSent`, by the other class that they are derived from.
_NOT_SENT_CLASSES: dict[type[KojiException], type[KojiException]] = {}


def _not_sent_class(kind: type[KojiException]) -> type[KojiException]:
    """Get the subclass of a class of errors and of `NotSent`."""
    if issubclass(NotSent, kind):
        return NotSent
    if kind in _NOT_SENT_CLASSES:
        return _NOT_SENT_CLASSES[kind]

    def reduce(self: KojiException) -> tuple[Any, ...]:
        # Pickle finds a class by its name, which is the name of `kind`.
        return _unpickle, (kind, self.args, self.__dict__)

    _NOT_SENT_CLASSES[kind] = type(kind.__name__, (kind, NotSent), {
        '__module__': kind.__module__, '__doc__': kind.__doc__,
        '__reduce__': reduce})
    return _NOT_SENT_CLASSES[kind]


def _unpickle(kind: type[KojiException], args: Any, attributes: Any
              ) -> KojiException:
    """Make an error of the subclass of ``kind`` and `NotSent`."""
    error = _not_sent_class(kind)(*args)
    error.__dict__.update(attributes)
    return error
