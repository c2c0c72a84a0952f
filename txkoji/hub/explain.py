"""
What is behind an exception of Twisted's HTTP client.
"""
from __future__ import annotations

from typing import Any, Iterator, List

from twisted.internet import error
from twisted.python.failure import Failure
from twisted.web.client import ResponseFailed

from txkoji.exceptions import (AnswerError, CallTimeout, ConnectionFailed,
                               TLSError)
from txkoji.hub.pool import EndlessHead, NotTrusted


def explain(found: Exception) -> Any:
    """
    Find what is behind an exception of Twisted's client.

    :returns: a class of ours and a text; None and '' for what is not about
              the connection.
    """
    from OpenSSL import SSL
    causes = list(_causes(found))
    for kinds, kind, text in [
        ((EndlessHead,), AnswerError, 'the answer is not HTTP: {}'),
        ((NotTrusted,), TLSError, 'certificate verify failed: {}'),
        ((SSL.Error,), TLSError, 'TLS failed: {}'),
        ((error.TimeoutError,), CallTimeout, 'connecting took too long'),
        ((error.DNSLookupError,), ConnectionFailed, 'no such host'),
        ((error.ConnectError, OSError), ConnectionFailed,
         'no connection: {}'),
        ((error.ConnectionClosed,), ConnectionFailed,
         'the connection broke before the whole answer was there'),
    ]:
        for cause in causes:
            if isinstance(cause, kinds):
                return kind, text.format(_say(cause))
    if isinstance(found, ResponseFailed):
        return AnswerError, f'the answer is not HTTP: {_say(causes[0])}'
    return None, ''


def _causes(found: Any) -> Iterator[BaseException]:
    """What Twisted's client wrapped, inmost first, then the wrapping."""
    reasons: List[Failure] = getattr(found, 'reasons', [])
    for reason in reasons:
        yield from _causes(reason.value)
    yield found


def _say(cause: BaseException) -> str:
    from OpenSSL import SSL
    if isinstance(cause, SSL.Error):
        # It holds a list of (library, function, reason).
        reasons = cause.args[0] if cause.args else []
        return ', '.join(reason[-1] for reason in reasons)
    return str(cause).rstrip('.') or type(cause).__name__
