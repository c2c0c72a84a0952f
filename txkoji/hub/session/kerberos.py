"""
Kerberos: tokens for HTTP Negotiate, made off the reactor's thread.

The tokens are requests-gssapi's, an extra: ``txkoji[gssapi]``.
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

#: What is wrong, by words that are in the text, and what to do. (GSSAPI gives
#: Kerberos' own numbers new ones, which are not the same in each process.)
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
     'the keytab lacks the principal, or has no key for it of a type that is'
     ' wanted: see klist -ek'),
    ('Keytab .*nonexistent or empty|Key table file .*not found',
     'there is no such keytab, or it is empty: is its path right?'),
    ('Permission denied',
     'the keytab, or the ticket cache, may not be read by this user'),
    ('Unsupported key table format|Bad format in keytab',
     'the keytab is none: get a new one'),
    ('Cannot contact any KDC|Resource temporarily unavailable',
     'the Kerberos server (KDC) cannot be reached'),
    ('Cannot find KDC|default realm|Cannot determine realm',
     'there is no realm known for it, or no Kerberos server for the realm: see'
     ' default_realm, realms and domain_realm in krb5.conf (a realm is found'
     ' by the name of a host, not by its address)'),
    ('cannot be canonicalized',
     'the name of the host cannot be looked up: is it right, and does DNS'
     ' work?'),
    ('does not match desired name',
     'the ticket cache has a ticket of another principal, and that goes before'
     ' a keytab: name a cache of its own (ccache=), or run kdestroy'),
    ("Can't find client principal", _NO_TICKET_OF_PRINCIPAL),
    ('[Cc]ache permissions|[Cc]ache I/O',
     'the ticket cache cannot be read: may this user read it?'),
    ('Failed to store credentials',
     'the ticket cache cannot be written: does its folder exist?'),
    ('Unknown credential cache type',
     'there is no such kind of ticket cache: its name is such as'
     ' "FILE:/tmp/cc"'),
    ('[Cc]redentials cache error|in credentials cache|cache format version',
     'the ticket cache is broken, or is none: run kdestroy, and kinit'),
    ('Malformed representation of principal',
     'the principal is none: one is such as "bot@EXAMPLE.COM"'),
    ('[Nn]o (Kerberos )?credentials (cache|available)'
     '|[Cc]ache (file .*)?(not found|is empty)'
     '|Matching credential not found|cannot find mechanisms', _NO_TICKET),
]


class Negotiation:
    """
    Say by Kerberos who we are, with a request, and check that the server is
    who it says where it tells.

    :param principal: whose ticket; None for the one that there is.
    :param keytab: the path of a keytab to get one with.
    :param ccache: where tickets are kept; None for the usual place.
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
        # A process does not wait for them when it ends.
        threads.threadFactory = partial(threading.Thread, daemon=True)
        threads.start()
        self._threads = threads

    def close(self) -> None:
        """
        Let the threads go: each ends with the step that it is in, however
        long that takes, and nobody waits for it.
        """
        self._threads.adjustPoolsize(0, 0)

    async def run(self, request: Request, url: str,
                  post: Callable[[Request], Awaitable[T]]) -> T:
        """
        Post a request with a token, and check the token in the answer.

        :param url: where it is posted to.
        :param post: posts it.
        :returns: the answer.
        :raises GSSAPIAuthError: if there is no token, or the server cannot
                                 prove who it is.
        :raises CallTimeout: if that takes longer than the request may.
        """
        # Of its own for each login, since it keeps a context for each host.
        maker = self._library.HTTPSPNEGOAuth(
            mutual_authentication=self._library.OPTIONAL)
        host = urlsplit(url).hostname or ''
        heads: list[Head] = []
        # The token is in no variable, since tracebacks may show these.
        try:
            answer = await post(replace(
                request, on_head=heads.append, headers=(_authorization(
                    await self._step(request, host,
                                     lambda: self._token(maker, host))),)))
        except KojiException:
            # Nor is a fault to be believed before.
            await self._verify(request, url, maker, heads)
            raise
        await self._verify(request, url, maker, heads)
        return answer

    async def _verify(self, request: Request, url: str, maker: Any,
                      heads: list[Head]) -> None:
        """
        Check the token in the head of the answer, if there is one.

        :raises GSSAPIAuthError: if it proves nothing.
        """
        host = urlsplit(url).hostname or ''
        for head in heads:
            shown = _Answer(url, head)
            if shown.has_token and not await self._step(
                    request, host, lambda: self._proven(maker, shown, host)):
                raise GSSAPIAuthError(
                    f'the server at {host} could not prove by Kerberos who it'
                    ' is: do not trust it')

    def _step(self, request: Request, host: str, function: Callable[[], T]
              ) -> Deferred[T]:
        """
        Do a thing that may block, in a thread of ours. If the Deferred is
        cancelled its result, when it comes, is thrown away.
        """
        def late(result: Any, seconds: float) -> Any:
            if isinstance(result, Failure) and result.check(CancelledError):
                raise CallTimeout(
                    f'no Kerberos token for {host} within {seconds:g} seconds:'
                    ' can the Kerberos server (KDC) be reached?',
                    method=request.method)
            return result

        return deferToThreadPool(
            self._reactor, self._threads, function
        ).addTimeout(request.timeout, self._reactor, late)

    def _token(self, maker: Any, host: str) -> str:
        """Make the first token; the KDC may have to be asked."""
        import gssapi
        try:
            maker.creds = self._credentials(gssapi)
            token: str = maker.generate_request_header(None, host,
                                                       is_preemptive=True)
        except gssapi.exceptions.GSSError as error:
            raise self._explained(error, host) from error
        except self._library.exceptions.SPNEGOExchangeError as error:
            raise self._explained(
                self._reason(gssapi, maker) or error, host) from error
        return token

    def _reason(self, gssapi: Any, maker: Any) -> Exception | None:
        """
        What is wrong with the credentials that the process has; None if
        nothing is, or we have others. Negotiation alone only says that there
        is no mechanism.
        """
        if maker.creds is not None:
            return None
        try:
            gssapi.Credentials(usage='initiate',
                               mechs=[gssapi.MechType.kerberos])
        except gssapi.exceptions.GSSError as error:
            found: Exception = error
            return found
        return None

    def _explained(self, error: Exception, host: str) -> GSSAPIAuthError:
        """Say what to do."""
        # C's strings are not all cut where they end.
        text = re.sub('[\x00-\x1f\x7f]+', ' ', str(error)).strip()
        return GSSAPIAuthError(f'no Kerberos token for {host}:'
                               f' {advice(text, self._keytab)} ({text})')

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


class _Answer:
    """An answer as requests-gssapi looks at it."""

    def __init__(self, url: str, head: Head) -> None:
        self.url = url
        self.headers = {'www-authenticate': head.get(b'www-authenticate')}

    @property
    def has_token(self) -> bool:
        """Whether the server lets itself be checked."""
        scheme, _, token = self.headers['www-authenticate'].partition(' ')
        return scheme.lower() == 'negotiate' and bool(token.strip())


def _authorization(token: str) -> tuple[bytes, bytes]:
    """The header with a token."""
    return b'Authorization', SecretBytes(token, 'ascii')


def advice(text: str, keytab: str | None = None) -> str:
    """
    Say what is wrong, and what to do.

    :param text: what GSSAPI or Kerberos says of it.
    :param keytab: the keytab that was to be used, if one was.
    """
    # The major text is "no credentials" for most of what can be wrong.
    cause = re.sub(r'.*Minor \(\d+\): ', '', text)
    for words, found in _ADVICE:
        if re.search(words, cause):
            break
    else:
        return 'see the text, and krb5.conf'
    if keytab and found in (_NO_TICKET, _NO_TICKET_OF_PRINCIPAL):
        return _about_keytab(keytab)
    return found


def _about_keytab(name: str) -> str:
    """
    Say why a keytab was of no use: Kerberos only says that there is no
    ticket.

    :param name: its path, or a name with a type, as "FILE:/etc/x.keytab".
    """
    kind, _, path = name.rpartition(':')
    if kind in ('', 'FILE', 'WRFILE'):
        try:
            with open(path, 'rb'):
                pass
        except OSError as error:
            return f'the keytab {path} cannot be read: {error.strerror}'
    return (f'the keytab {name} is none, is empty or lacks the principal (see'
            ' klist -k)')
