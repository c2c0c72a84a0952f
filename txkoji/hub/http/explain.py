"""
What an exception of Twisted or of OpenSSL means.
"""
from __future__ import annotations

import re
from typing import Any

from twisted.internet import error

from txkoji.exceptions import ConnectionFailed, TLSError
from txkoji.hub.http.connection import NotTrusted

#: In OpenSSL's words: a server does not accept our certificate. Over TLS 1.3
#: it says so after the handshake.
REFUSAL = re.compile('alert .*(certificate|unknown ca)')

#: In OpenSSL's words: the other side speaks no TLS.
_NO_TLS = ('wrong version number', 'packet length too long', 'http request',
           'record layer failure', 'unexpected message')


def explain(found: Exception, sent: bool = False) -> tuple[Any, str]:
    """
    Find what an exception means.

    :param sent: whether the request was sent, and so the handshake is over.
    :returns: a class of ours and a text; None and '' for what is not about
              the connection.
    """
    if isinstance(found, NotTrusted):
        return TLSError, f'certificate verify failed: {found}'
    if isinstance(found, error.DNSLookupError):
        return ConnectionFailed, 'no such host'
    if isinstance(found, (error.ConnectionClosed, error.ConnectionLost)):
        return ConnectionFailed, ('the connection broke before the whole'
                                  ' answer was there')
    if isinstance(found, (error.ConnectError, OSError)):
        return ConnectionFailed, f'no connection: {_say(found)}'
    return _explain_tls(found, sent)


def _explain_tls(found: Exception, sent: bool) -> tuple[Any, str]:
    # It is imported where TLS is spoken only.
    from OpenSSL import SSL
    if not isinstance(found, SSL.Error):
        return None, ''
    # It holds a list of (library, function, reason).
    reasons = found.args[0] if found.args else []
    text = ', '.join(reason[-1] for reason in reasons) or 'no reason is known'
    if sent and not REFUSAL.search(text):
        # Something on the way has damaged what came, or what was sent.
        return ConnectionFailed, f'the connection broke: {text}'
    if any(words in text for words in _NO_TLS):
        text += '; does the server speak plain http on this port?'
    return TLSError, f'TLS failed: {text}'


def _say(found: Exception) -> str:
    return str(found).rstrip('.') or type(found).__name__
