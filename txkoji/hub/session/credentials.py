"""
The ways to log in: which one to take, and what to send.
"""
from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Protocol

from twisted.logger import Logger

from txkoji.exceptions import (
    ConfigurationError,
    GSSAPIAuthError,
    HTTPError,
    KojiLoginException,
    TLSError,
    TransportError,
)
from txkoji.hub.http.errors import CERTIFICATE_ALERT
from txkoji.hub.profile import Profile, path_problem
from txkoji.hub.session.secret import Secret
from txkoji.hub.transport import Transport

if TYPE_CHECKING:
    from txkoji.hub.session.kerberos import Negotiation

#: Where front servers ask who we are, below the hub's own URL.
SSL_LOGIN = '/ssllogin'

Path = str | os.PathLike[str]

_log = Logger()


#: What XML cannot carry.
_NOT_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff'
                      '\ufffe\uffff]')

#: The arguments of a login, and what they must be.
_ARGUMENTS: dict[str, tuple[Any, str]] = {
    'allow_http': (bool, 'True or False'),
    'authtype': (str, 'text'),
    'ccache': (str, 'text'),
    'cert': ((str, os.PathLike), 'a path'),
    'keytab': ((str, os.PathLike), 'a path'),
    'password': (str, 'text'),
    'principal': (str, 'text'),
    'proxyauthtype': (int, 'an integer'),
    'proxyuser': (str, 'text'),
    'user': (str, 'text'),
}

_PATHS = ('cert', 'keytab')


class Post(Protocol):
    """How a login is sent: once more after an outage, and in time."""

    async def __call__(self, method: str, args: tuple[Any, ...],
                       kwargs: dict[str, Any], *, below: str = '',
                       negotiation: Negotiation | None = None,
                       **more: Any) -> Any:
        """
        Send a call, and give its result.

        :param below: what to add to the hub's URL.
        :param negotiation: says by Kerberos who we are.
        :param more: what else the `Request` has.
        """


class Credentials(Protocol):
    """Who we say that we are, and how we show it."""

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        """
        Log in.

        :param renew: whether to renew a session, which `post` names.
        :returns: what the hub says: id and key of the session.
        """


@dataclass(frozen=True)
class PasswordLogin:
    """With a user's name and password (``login`` in kojihub/kojixmlrpc.py)."""

    user: str
    password: Secret

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        return await post('login', (self.user, self.password),
                          _renewing(renew))


@dataclass(frozen=True)
class CertificateLogin:
    """
    With a client certificate (``sslLogin`` in kojihub/auth.py).

    :ivar profile: the profile's name, for errors.
    :ivar cert: the path of a PEM file with a certificate and its key; empty
                where the network, which was passed in, shows one.
    """

    profile: str
    cert: str
    proxyuser: str | None = None
    proxyauthtype: int | None = None

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        if transport.network.needs_tls:
            # At each login, since certificates are replaced now and then.
            transport.show_certificate(self._read())
        args, kwargs = _ssl_login(self, renew)
        try:
            return await post('sslLogin', args, kwargs, below=SSL_LOGIN,
                              own_connection=True)
        except TLSError as error:
            if not CERTIFICATE_ALERT.search(str(error)):
                raise
            raise self._refused(
                error, 'the server does not accept') from error
        except HTTPError as error:
            if error.status != 403:
                raise
            refused = error
        # Over TLS 1.3 a server that asks for the certificate only when it has
        # seen the URL has no way to get it from pyOpenSSL's clients; over
        # TLS 1.2 it has.
        try:
            return await post('sslLogin', args, kwargs, below=SSL_LOGIN,
                              own_connection=True, tls_1_2=True)
        except (TLSError, HTTPError) as error:
            if isinstance(error, HTTPError) and error.status != 403:
                raise
            # (TLSError: it may speak no TLS 1.2.)
            raise self._refused(
                refused, 'the server does not accept, or has no way to get'
                ' over the TLS that it speaks,') from error

    def _refused(self, error: TransportError, what: str
                 ) -> KojiLoginException:
        return KojiLoginException(
            f'{error}; {what} the certificate of {self.cert}',
            method=error.method, url=error.url)

    def _read(self) -> Any:
        if not self.cert:
            raise ConfigurationError(
                f'profile {self.profile!r}: to log in with a certificate there'
                ' must be a cert: the path of a PEM file with the certificate'
                ' and its key')
        from txkoji.hub.http.tls import read_client_certificate
        return read_client_certificate(self.cert, self.profile)


@dataclass(frozen=True)
class KerberosLogin:
    """
    With a Kerberos ticket (``sslLogin``, behind a server that asks for
    Negotiate).

    :ivar principal: whose ticket; None for that of the cache.
    :ivar keytab: where to get one with, the path of a file.
    :ivar ccache: where tickets are kept; None for where Kerberos keeps them.
    """

    principal: str | None = None
    keytab: str | None = None
    ccache: str | None = None
    proxyuser: str | None = None
    proxyauthtype: int | None = None

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        from txkoji.hub.session.kerberos import Negotiation
        args, kwargs = _ssl_login(self, renew)
        negotiation = Negotiation(transport.reactor, principal=self.principal,
                                  keytab=self.keytab, ccache=self.ccache)
        try:
            return await post('sslLogin', args, kwargs, below=SSL_LOGIN,
                              negotiation=negotiation)
        except HTTPError as error:
            if error.status != 401:
                raise
            raise GSSAPIAuthError(
                f'{error}; it does not accept the ticket: does the hub know'
                ' this principal, has its server the right key for the service'
                ' HTTP, and is its clock right?', method=error.method,
                url=error.url) from error
        finally:
            negotiation.close()


def check_arguments(given: Mapping[str, Any]) -> None:
    """
    Refuse arguments of a login that there are not, or that cannot be sent.
    Their values are not shown, since they may be secret.

    :param given: name -> value; None is as good as not given.
    :raises ConfigurationError: and which one.
    """
    for name, value in given.items():
        if name not in _ARGUMENTS:
            near = get_close_matches(name, _ARGUMENTS, 1)
            hint = f' Did you mean {near[0]!r}?' if near else ''
            raise ConfigurationError(
                f'login() has no argument {name!r}.{hint} It takes'
                f' {", ".join(sorted(_ARGUMENTS))}')
        problem = None if value is None else _problem(name, value)
        if problem is not None:
            raise ConfigurationError(f'login(): {name} {problem}')


def _problem(name: str, value: Any) -> str | None:
    """What is wrong with an argument: "must be text"; None if it is good."""
    kind, wanted = _ARGUMENTS[name]
    if not isinstance(value, kind) or (kind is int
                                       and isinstance(value, bool)):
        return f'must be {wanted}, not of type {type(value).__name__}'
    if name in _PATHS:
        return path_problem(os.fsdecode(value))
    if isinstance(value, str) and _NOT_XML.search(value):
        return ('must not hold a control character, nor another that XML'
                ' cannot carry')
    return None


def choose(settings: Profile, authtype: str | None = None, *,
           user: str | None = None, password: str | None = None,
           cert: Path | None = None, principal: str | None = None,
           keytab: Path | None = None, ccache: str | None = None,
           proxyuser: str | None = None,
           proxyauthtype: int | None = None) -> Credentials | None:
    """
    Choose a way, as Koji's command does (``activate_session`` in
    koji_cli/lib.py).

    :param settings: a profile, for what is not given.
    :returns: None if it is not to log in at all.
    :raises ConfigurationError: if there is no such way, or it lacks a thing.
    """
    authtype = authtype or settings.authtype
    if authtype == 'noauth':
        return None
    path = (os.path.expanduser(os.fsdecode(cert)) if cert
            else settings.cert)
    if authtype == 'ssl' or (authtype is None and path
                             and os.path.isfile(path)):
        if user or password:
            _log.warn('profile {name!r}: logging in with the certificate'
                      ' {cert}; for user and password, call'
                      ' login("password", ...)', name=settings.name,
                      cert=path)
        return CertificateLogin(settings.name, path, proxyuser, proxyauthtype)
    if authtype == 'password' or (authtype is None and user and password):
        if not user or not password:
            raise ConfigurationError(
                f'profile {settings.name!r}: to log in with a password, call'
                ' login("password", user=..., password=...)')
        if proxyuser:
            raise ConfigurationError(
                f'profile {settings.name!r}: who logs in with a password'
                ' cannot act for another user')
        return PasswordLogin(user, Secret(password))
    if authtype not in ('kerberos', None):
        raise ConfigurationError(
            f'profile {settings.name!r}: authtype {authtype!r} is none of'
            ' noauth, ssl, password, kerberos')
    return KerberosLogin(principal or settings.principal,
                         os.fsdecode(keytab) if keytab else settings.keytab,
                         ccache, proxyuser, proxyauthtype)


def _ssl_login(who: Any, renew: bool) -> Any:
    """The arguments of ``sslLogin``."""
    kwargs = _renewing(renew)
    if who.proxyauthtype is not None:
        kwargs['proxyauthtype'] = who.proxyauthtype
    return (who.proxyuser,), kwargs


def _renewing(renew: bool) -> dict[str, Any]:
    # Hubs before 1.32 know neither of these, so they are sent when needed.
    return {'renew': True, 'exclusive': False} if renew else {}
