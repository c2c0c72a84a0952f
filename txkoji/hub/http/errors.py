"""The errors of HTTP: from exceptions of Twisted and OpenSSL, and statuses."""
from __future__ import annotations

import re
from datetime import datetime, timezone
from email.utils import parsedate_to_datetime
from typing import Any

from twisted.internet import error

from txkoji.exceptions import ConnectionFailed, TLSError
from txkoji.hub.http.connection import VerificationFailed
from txkoji.hub.http.parser import Head
from txkoji.hub.profile import without_secrets

#: The most characters of a location or an answer that an error text shows.
EXCERPT = 200

#: The text of a connection that was closed too soon.
BROKEN = 'the connection broke before the whole answer was there'

#: OpenSSL's text when a server does not accept the client certificate. Over
#: TLS 1.3, the server says so after the handshake.
CERTIFICATE_ALERT = re.compile('alert .*(certificate|unknown ca)')

#: OpenSSL's texts when the server does not speak TLS.
_NO_TLS = ('wrong version number', 'packet length too long', 'http request',
           'record layer failure', 'unexpected message')


def translate_error(found: Exception, sent: bool = False) -> tuple[Any, str]:
    """
    Translate an exception of Twisted or OpenSSL.

    :param sent: whether the request was sent. The TLS handshake is over then.
    :returns: the exception class of txkoji, and the text; or None and an
              empty text, if the exception is not about the connection.
    """
    if isinstance(found, VerificationFailed):
        return TLSError, f'certificate verify failed: {found}'
    if isinstance(found, error.DNSLookupError):
        return ConnectionFailed, 'no such host'
    if isinstance(found, (error.ConnectionClosed, error.ConnectionLost)):
        return ConnectionFailed, BROKEN
    if isinstance(found, (error.ConnectError, OSError)):
        return ConnectionFailed, f'no connection: {_text_of(found)}'
    return _translate_tls_error(found, sent)


def _translate_tls_error(found: Exception, sent: bool) -> tuple[Any, str]:
    # Programs that do not use TLS do not import OpenSSL.
    from OpenSSL import SSL
    if not isinstance(found, SSL.Error):
        return None, ''
    # The argument is a list of (library, function, reason).
    reasons = found.args[0] if found.args else []
    text = ', '.join(reason[-1] for reason in reasons) or 'no reason is known'
    if sent and not CERTIFICATE_ALERT.search(text):
        # The bytes were damaged on the way to us or to the server.
        return ConnectionFailed, f'the connection broke: {text}'
    if any(words in text for words in _NO_TLS):
        text += '; does the server speak plain http on this port?'
    return TLSError, f'TLS failed: {text}'


def _text_of(found: Exception) -> str:
    return str(found).rstrip('.') or type(found).__name__


def redirect_text(location: str, setting: str) -> str:
    """
    Describe the target of a redirect, for the text of an error.

    :param location: the value of the ``Location`` header.
    :param setting: the setting of the profile that has the old URL.
    """
    to = without_secrets(location)[:EXCERPT] or 'nowhere'
    return f' to {to}; is the {setting} of the profile right?'


def retry_after(head: Head) -> float | None:
    """
    Get the seconds of a ``Retry-After`` header.

    :returns: the seconds, also if the header has a date; or None, if there is
              no valid header.
    """
    text = head.get(b'retry-after')
    if not text:
        return None
    if text.isdecimal() and text.isascii():
        return float(text[:9])
    try:
        then = parsedate_to_datetime(text)
        # Use the clock of the server, if the answer has its time.
        date = head.get(b'date')
        now = (parsedate_to_datetime(date) if date
               else datetime.now(timezone.utc))
        return max(0.0, (then - now).total_seconds())
    except (TypeError, ValueError):
        return None
