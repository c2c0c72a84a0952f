"""
Kerberos: tokens for HTTP Negotiate, made off the reactor's thread.

The tokens are requests-gssapi's, an extra: ``txkoji[gssapi]``.
"""
from __future__ import annotations

import os
import re
import threading
from functools import partial
from typing import Any, Callable, Optional, TypeVar

from twisted.internet.defer import Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.threadpool import ThreadPool
from twisted.web.client import URI
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IResponse
from zope.interface import implementer

from txkoji.exceptions import GSSAPIAuthError
from txkoji.hub.body import discard

T = TypeVar('T')

#: What is wrong, by words that are in the text, and what to do. (GSSAPI gives
#: Kerberos' own numbers new ones, which are not the same in each process.)
_ADVICE = [
    ('Ticket expired', 'the ticket has expired: run kinit'),
    ('Ticket not yet valid', 'the ticket is not valid yet: is the clock'
                             ' right?'),
    ('Clock skew', 'the clocks of this machine and of the Kerberos server'
                   ' differ too much: set them right'),
    ('Client .* not found in Kerberos database',
     'Kerberos does not know the principal: is its name right?'),
    ('Server .* not found in Kerberos database',
     'Kerberos does not know the service HTTP of this host: is the server of'
     ' the profile the canonical name of the hub? (See'
     ' dns_canonicalize_hostname and rdns in krb5.conf.)'),
    ('Preauthentication failed|Password incorrect|integrity check',
     'the keytab has an old key: get a new one'),
    ('keytab', 'the keytab cannot be read, or lacks the principal'),
    ('Cannot contact any KDC', 'the Kerberos server (KDC) cannot be reached'),
    ('Cannot find KDC|default realm',
     'there is no Kerberos server known for the realm: see krb5.conf'),
    ('[Nn]o (Kerberos )?credentials',
     'there is no ticket: run kinit, or name a keytab'),
]


@implementer(IAgent)
class NegotiateAgent:
    """
    An agent that says with each request who we are, by Kerberos, and checks
    that the server is who it says where it tells.

    :param agent: posts the requests.
    :param principal: whose ticket; None for the one that there is.
    :param keytab: the path of a keytab to get one with.
    :param ccache: where tickets are kept; None for the usual place.
    :raises GSSAPIAuthError: if requests-gssapi is not installed.
    """

    def __init__(self, agent: IAgent, reactor: Any, *,
                 principal: Optional[str], keytab: Optional[str],
                 ccache: Optional[str]) -> None:
        try:
            import requests_gssapi
        except ImportError as error:
            raise GSSAPIAuthError(
                'to log in with Kerberos, install txkoji[gssapi]; it is built'
                " with Kerberos' headers, which are in libkrb5-dev on Debian"
                ' and in krb5-devel on Fedora') from error
        self._library = requests_gssapi
        self._agent = agent
        self._reactor = reactor
        self._principal = principal
        self._store = {}
        if keytab:
            self._store['client_keytab'] = os.path.expanduser(keytab)
        if ccache:
            self._store['ccache'] = ccache
        self._threads = _Threads(0, 1, 'txkoji Kerberos')
        self._threads.start()

    def request(self, method: bytes, uri: bytes, headers: Any = None,
                bodyProducer: Any = None) -> Any:
        return Deferred.fromCoroutine(
            self._request(method, uri, headers, bodyProducer))

    def close(self) -> None:
        """
        Let the threads go: each ends with the step that it is in, however
        long that takes, and nobody waits for it.
        """
        self._threads.adjustPoolsize(0, 0)

    async def _request(self, method: bytes, uri: bytes, headers: Any,
                       body: Any) -> IResponse:
        # Of its own for each login, since it keeps a context for each host.
        maker = self._library.HTTPSPNEGOAuth(
            mutual_authentication=self._library.OPTIONAL)
        host = URI.fromBytes(uri).host.decode('ascii').strip('[]')
        token = await self._step(lambda: self._token(maker, host))
        headers = Headers(dict((headers or Headers()).getAllRawHeaders()))
        headers.setRawHeaders(b'Authorization', [token.encode('ascii')])
        response = await self._agent.request(method, uri, headers, body)
        answer = _Answer(uri, response)
        try:
            if response.code == 200 and answer.has_token and not (
                    await self._step(lambda: self._proven(maker, answer,
                                                          host))):
                raise GSSAPIAuthError(
                    f'the server at {host} could not prove by Kerberos who it'
                    ' is: do not trust it')
        except BaseException:
            discard(response)
            raise
        return response

    def _step(self, function: Callable[[], T]) -> Deferred[T]:
        """
        Do a thing that may block, in a thread of ours. If the Deferred is
        cancelled its result, when it comes, is thrown away.
        """
        return deferToThreadPool(self._reactor, self._threads, function)

    def _token(self, maker: Any, host: str) -> str:
        """Make the first token; the KDC may have to be asked."""
        import gssapi
        try:
            maker.creds = self._credentials(gssapi)
            token: str = maker.generate_request_header(None, host,
                                                       is_preemptive=True)
        except gssapi.exceptions.GSSError as error:
            raise _explained(error, host) from error
        except self._library.exceptions.SPNEGOExchangeError as error:
            raise _explained(error, host) from error
        return token

    def _proven(self, maker: Any, answer: _Answer, host: str) -> bool:
        """Whether the token of the server proves who it is."""
        import gssapi
        try:
            return bool(maker.authenticate_server(answer)
                        and maker.context[host].complete)
        except (ValueError, gssapi.exceptions.GSSError):
            # It is no base64, or no token.
            return False

    def _credentials(self, gssapi: Any) -> Any:
        """What to make it of; None for whatever the process has."""
        if not self._principal and not self._store:
            return None
        name = None
        if self._principal:
            name = gssapi.Name(self._principal,
                               gssapi.NameType.kerberos_principal)
        return gssapi.Credentials(name=name, usage='initiate',
                                  store=self._store or None)


class _Threads(ThreadPool):
    """Threads that a process does not wait for when it ends."""

    threadFactory: Any = partial(threading.Thread, daemon=True)


class _Answer:
    """An answer as requests-gssapi looks at it."""

    def __init__(self, uri: bytes, response: IResponse) -> None:
        answers = response.headers.getRawHeaders(b'www-authenticate') or []
        self.url = uri.decode('ascii')
        self.headers = {'www-authenticate':
                        b', '.join(answers).decode('latin-1')}

    @property
    def has_token(self) -> bool:
        """Whether the server lets itself be checked."""
        scheme, _, token = self.headers['www-authenticate'].partition(' ')
        return scheme.lower() == 'negotiate' and bool(token.strip())


def _explained(error: Any, host: str) -> GSSAPIAuthError:
    """Say what to do."""
    text = str(error)
    for words, advice in _ADVICE:
        if re.search(words, text):
            break
    else:
        advice = 'see the text, and krb5.conf'
    return GSSAPIAuthError(f'no Kerberos token for {host}: {advice} ({text})')
