"""
Kerberos tokens for HTTP Negotiate, made outside the reactor's thread.

requests-gssapi makes the tokens. It comes with the extra ``txkoji[gssapi]``.
"""
from __future__ import annotations

import os
import re
import threading
from collections.abc import Awaitable, Callable
from dataclasses import replace
from functools import partial
from typing import Any, TypeVar
from urllib.parse import urlsplit

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.threads import deferToThreadPool
from twisted.python.failure import Failure
from twisted.python.threadpool import ThreadPool

from txkoji.exceptions import CallTimeout, GSSAPIAuthError, KojiException
from txkoji.hub.http.parser import Head
from txkoji.hub.http.request import Request
from txkoji.hub.session.secret import SecretBytes

T = TypeVar('T')

_NO_TICKET = 'there is no ticket: run kinit, or name a keytab'
_NO_TICKET_OF_PRINCIPAL = ('the principal has no ticket: run kinit for it, or'
                           ' name its keytab')

#: Advice by a pattern of the error text. The numbers of the errors are of no
#: use: GSSAPI maps Kerberos' numbers differently in each process.
_ADVICE = [
    ('Ticket expired', 'the ticket has expired: run kinit'),
    ('Ticket not yet valid', 'the ticket is not valid yet: is the clock'
                             ' right?'),
    ('Clock skew', 'the clocks of this machine and of the Kerberos server'
                   ' differ too much: set them right'),
    (r'Client (\S+ )?not found in Kerberos database',
     'Kerberos does not know the principal: is its name right?'),
    ('Server krbtgt/.* not found in Kerberos database',
     'Kerberos knows no way to the realm of this host: see domain_realm and'
     ' capaths in krb5.conf'),
    (r'Server (\S+ )?not found in Kerberos database',
     'Kerberos does not know the service HTTP of this host: is the server of'
     ' the profile the canonical name of the hub? (See'
     ' dns_canonicalize_hostname and rdns in krb5.conf.)'),
    ('KDC policy|user2user only',
     'the policy of the Kerberos server forbids it: ask its administrator'),
    ('credentials have been revoked',
     'the account of the principal is locked: ask the administrator of'
     ' Kerberos'),
    ('entry in database has expired',
     'the account of the principal has expired: ask the administrator of'
     ' Kerberos'),
    ('Password has expired',
     'the password of the principal has expired: change it with kpasswd, and'
     ' get a new keytab'),
    ('Preauthentication failed|Password incorrect|integrity check',
     'the keytab has an old key: get a new one'),
    ('encryption type',
     'the Kerberos server and this machine, or the keytab, have no encryption'
     ' type in common: get a new keytab, or see permitted_enctypes in'
     ' krb5.conf'),
    ('no suitable keys|No key table entry found',
     'the keytab lacks the principal, or has no key of the right type for the'
     ' principal: see klist -ek'),
    ('Keytab .*nonexistent or empty|Key table file .*not found',
     'there is no such keytab, or it is empty: is its path right?'),
    ('Permission denied',
     'the keytab, or the ticket cache, may not be read by this user'),
    ('Unsupported key table format|Bad format in keytab',
     'the keytab is not a keytab file: get a new one'),
    ('Cannot contact any KDC|Resource temporarily unavailable',
     'the Kerberos server (KDC) cannot be reached'),
    ('Cannot find KDC|default realm|Cannot determine realm',
     'no realm is known for the host, or no Kerberos server for the realm: see'
     ' default_realm, realms and domain_realm in krb5.conf (a realm is found'
     ' by the name of a host, not by its address)'),
    ('cannot be canonicalized',
     'the name of the host cannot be looked up: is it right, and does DNS'
     ' work?'),
    ('does not match desired name',
     'the ticket cache has a ticket of another principal, which is used'
     ' before a keytab: name another cache (ccache=), or run kdestroy'),
    ("Can't find client principal", _NO_TICKET_OF_PRINCIPAL),
    ('[Cc]ache permissions|[Cc]ache I/O',
     'the ticket cache cannot be read: may this user read it?'),
    ('Failed to store credentials',
     'the ticket cache cannot be written: does its folder exist?'),
    ('Unknown credential cache type',
     'there is no such kind of ticket cache; an example of a name is'
     ' "FILE:/tmp/cc"'),
    ('[Cc]redentials cache error|in credentials cache|cache format version',
     'the ticket cache is broken, or is another kind of file: run kdestroy,'
     ' and kinit'),
    ('Malformed representation of principal',
     'the principal is malformed; an example is "bot@EXAMPLE.COM"'),
    ('[Nn]o (Kerberos )?credentials (cache|available)'
     '|[Cc]ache (file .*)?(not found|is empty)'
     '|Matching credential not found|cannot find mechanisms', _NO_TICKET),
]


class Negotiation:
    """
    The Kerberos authentication of one login, in both directions.

    The client sends a token with the request. If the server answers with a
    token, that token has to prove the server's identity.

    :param reactor: the reactor, for the time limit.
    :param principal: the principal of the ticket; None for the principal of
                      the ticket cache.
    :param keytab: the path of a keytab to get a ticket with, or None.
    :param ccache: the name of the ticket cache; None for the default cache.
    :raises GSSAPIAuthError: if requests-gssapi is not installed.
    """

    def __init__(self, reactor: Any, *, principal: str | None,
                 keytab: str | None, ccache: str | None) -> None:
        try:
            import requests_gssapi
        except ImportError as error:
            raise GSSAPIAuthError(
                'to log in with Kerberos, install txkoji[gssapi]; it is built'
                " with Kerberos' headers, which are in libkrb5-dev on Debian"
                ' and in krb5-devel on Fedora') from error
        self._library = requests_gssapi
        self._reactor = reactor
        self._principal = principal
        self._keytab = os.path.expanduser(keytab) if keytab else None
        self._store = {}
        if self._keytab:
            self._store['client_keytab'] = self._keytab
        if ccache:
            self._store['ccache'] = ccache
        threads: Any = ThreadPool(0, 1, 'txkoji Kerberos')
        # A process that exits does not wait for daemon threads.
        threads.threadFactory = partial(threading.Thread, daemon=True)
        threads.start()
        self._threads = threads

    def close(self) -> None:
        """
        Stop the threads without waiting for them.

        A thread ends after its current function, which may take long.
        """
        self._threads.adjustPoolsize(0, 0)

    async def run(self, request: Request, url: str,
                  post: Callable[[Request], Awaitable[T]]) -> T:
        """
        Post a request with a token, and check the token in the answer.

        :param url: the URL of the request.
        :param post: posts a request.
        :returns: the result of ``post``.
        :raises GSSAPIAuthError: if no token can be made, or the server cannot
                                 prove its identity.
        :raises CallTimeout: if a step with Kerberos takes longer than the
                             timeout of the request.
        """
        # Each login needs a new object, because the object keeps a context
        # for each host.
        spnego = self._library.HTTPSPNEGOAuth(
            mutual_authentication=self._library.OPTIONAL)
        host = urlsplit(url).hostname or ''
        heads: list[Head] = []
        # No variable holds the token, because tracebacks may show variables.
        try:
            answer = await post(replace(
                request, on_head=heads.append, headers=(_authorization(
                    await self._in_thread(
                        request, host,
                        lambda: self._make_token(spnego, host))),)))
        except KojiException:
            # A fault is an answer, too: verify the server first.
            await self._verify(request, url, spnego, heads)
            raise
        await self._verify(request, url, spnego, heads)
        return answer

    async def _verify(self, request: Request, url: str, spnego: Any,
                      heads: list[Head]) -> None:
        """
        Check the token in the head of the answer, if there is one.

        :raises GSSAPIAuthError: if the token does not prove the server's
                                 identity.
        """
        host = urlsplit(url).hostname or ''
        for head in heads:
            response = _Response(url, head)
            if response.has_token and not await self._in_thread(
                    request, host,
                    lambda: self._proves_identity(spnego, response, host)):
                raise GSSAPIAuthError(
                    f'the server at {host} could not prove its identity by'
                    ' Kerberos: do not trust it')

    def _in_thread(self, request: Request, host: str,
                   function: Callable[[], T]) -> Deferred[T]:
        """
        Call a function that may block in a thread.

        :returns: a Deferred that fires with the result of the function. If
                  the Deferred is canceled, the result is dropped.
        :raises CallTimeout: after the timeout of the request.
        """
        def on_timeout(result: Any, seconds: float) -> Any:
            if isinstance(result, Failure) and result.check(CancelledError):
                raise CallTimeout(
                    f'no Kerberos token for {host} within {seconds:g} seconds:'
                    ' can the Kerberos server (KDC) be reached?',
                    method=request.method)
            return result

        return deferToThreadPool(
            self._reactor, self._threads, function
        ).addTimeout(request.timeout, self._reactor, on_timeout)

    def _make_token(self, spnego: Any, host: str) -> str:
        """Make the token for a server. This may send a request to the KDC."""
        import gssapi
        try:
            spnego.creds = self._credentials(gssapi)
            token: str = spnego.generate_request_header(None, host,
                                                       is_preemptive=True)
        except gssapi.exceptions.GSSError as error:
            raise self._token_error(error, host) from error
        except self._library.exceptions.SPNEGOExchangeError as error:
            raise self._token_error(
                self._credentials_error(gssapi, spnego) or error, host
            ) from error
        return token

    def _credentials_error(self, gssapi: Any, spnego: Any) -> Exception | None:
        """
        Get the error of the default credentials.

        The error of Negotiate only says that there is no mechanism.

        :returns: the error; None if the credentials are good, or are not the
                  default credentials.
        """
        if spnego.creds is not None:
            return None
        try:
            gssapi.Credentials(usage='initiate',
                               mechs=[gssapi.MechType.kerberos])
        except gssapi.exceptions.GSSError as error:
            found: Exception = error
            return found
        return None

    def _token_error(self, error: Exception, host: str) -> GSSAPIAuthError:
        """Make an error with advice."""
        # Some texts have bytes behind the end of the C string.
        text = re.sub('[\x00-\x1f\x7f]+', ' ', str(error)).strip()
        return GSSAPIAuthError(f'no Kerberos token for {host}:'
                               f' {advice(text, self._keytab)} ({text})')

    def _proves_identity(self, spnego: Any, response: _Response, host: str
                         ) -> bool:
        """Check whether the server's token proves the server's identity."""
        import gssapi
        try:
            return bool(spnego.authenticate_server(response)
                        and spnego.context[host].complete)
        except (ValueError, gssapi.exceptions.GSSError):
            # The text is not base64, or the bytes are no token.
            return False

    def _credentials(self, gssapi: Any) -> Any:
        """Get the credentials; None for the default credentials."""
        if not self._principal and not self._store:
            return None
        name = None
        if self._principal:
            name = gssapi.Name(self._principal,
                               gssapi.NameType.kerberos_principal)
        return gssapi.Credentials(name=name, usage='initiate',
                                  store=self._store or None)


class _Response:
    """
    The response of a server, in the form that requests-gssapi reads.

    :param url: the URL of the request.
    :param head: the head of the response.
    """

    def __init__(self, url: str, head: Head) -> None:
        self.url = url
        self.headers = {'www-authenticate': head.get(b'www-authenticate')}

    @property
    def has_token(self) -> bool:
        """Whether the server sent a token."""
        scheme, _, token = self.headers['www-authenticate'].partition(' ')
        return scheme.lower() == 'negotiate' and bool(token.strip())


def _authorization(token: str) -> tuple[bytes, bytes]:
    """Make the header with a token."""
    return b'Authorization', SecretBytes(token, 'ascii')


def advice(text: str, keytab: str | None = None) -> str:
    """
    Find advice for an error: what is wrong, and what to do.

    :param text: the error text of GSSAPI or Kerberos.
    :param keytab: the keytab that was given, or None.
    """
    # The major text of most errors is "no credentials", whatever is wrong.
    cause = re.sub(r'.*Minor \(\d+\): ', '', text)
    for words, found in _ADVICE:
        if re.search(words, cause):
            break
    else:
        return 'see the text, and krb5.conf'
    if keytab and found in (_NO_TICKET, _NO_TICKET_OF_PRINCIPAL):
        return _keytab_advice(keytab)
    return found


def _keytab_advice(name: str) -> str:
    """
    Find advice for a keytab that gave no ticket.

    Kerberos' error only says that there is no ticket.

    :param name: the path, or a name with a type, as "FILE:/etc/x.keytab".
    """
    kind, _, path = name.rpartition(':')
    if kind in ('', 'FILE', 'WRFILE'):
        try:
            with open(path, 'rb'):
                pass
        except OSError as error:
            return f'the keytab {path} cannot be read: {error.strerror}'
    return (f'the keytab {name} is not a keytab file, is empty, or lacks the'
            ' principal (see klist -k)')
