"""The ways to log in: the choice of one, and the login calls."""
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

#: The path of logins by certificate or Kerberos, below the hub's URL. Front
#: servers ask for a certificate or a token there.
SSL_LOGIN = '/ssllogin'

#: A path of a file.
Path = str | os.PathLike[str]

_log = Logger()


#: A character that XML cannot carry.
_NOT_XML = re.compile('[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff'
                      '\ufffe\uffff]')

#: The arguments of a login, with the type and a name of the type.
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

#: The arguments that are paths.
_PATHS = ('cert', 'keytab')


class Post(Protocol):
    """A function that sends a login call, with retries after an outage."""

    async def __call__(self, method: str, args: tuple[Any, ...],
                       kwargs: dict[str, Any], *, suffix: str = '',
                       negotiation: Negotiation | None = None,
                       **more: Any) -> Any:
        """
        Send a call.

        :param suffix: a path to add to the hub's URL.
        :param negotiation: adds a Kerberos token to the request.
        :param more: further fields of the `Request`.
        :returns: the result of the call.
        """


class Credentials(Protocol):
    """The credentials of a user, and the way to log in with them."""

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        """
        Log in.

        :param post: sends the login call.
        :param renew: whether to renew the session that ``post`` sends along.
        :returns: the hub's answer, with id and key of the session.
        """


@dataclass(frozen=True)
class PasswordLogin:
    """A user's name and password (``login`` in kojihub/kojixmlrpc.py)."""

    #: The name of the user.
    user: str
    #: The password, which no text shows.
    password: Secret

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        """Log in; see `Credentials.log_in`."""
        return await post('login', (self.user, self.password),
                          _renew_arguments(renew))


@dataclass(frozen=True)
class CertificateLogin:
    """
    A client certificate (``sslLogin`` in kojihub/auth.py).

    :ivar profile: the profile's name, for error texts.
    :ivar cert: the path of a PEM file with a certificate and its key; empty
                if the network that was passed in shows a certificate itself.
    :ivar proxyuser: the user to log in instead of the certificate's, or None.
    :ivar proxyauthtype: the authentication type of `proxyuser`, or None.
    """

    profile: str
    cert: str
    proxyuser: str | None = None
    proxyauthtype: int | None = None

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        """Log in; see `Credentials.log_in`."""
        if transport.network.needs_tls:
            # Read the file at each login: certificates are replaced at times.
            transport.show_certificate(self._read())
        args, kwargs = _ssl_login_arguments(
            self.proxyuser, self.proxyauthtype, renew)
        try:
            return await post('sslLogin', args, kwargs, suffix=SSL_LOGIN,
                              own_connection=True)
        except TLSError as error:
            if not CERTIFICATE_ALERT.search(str(error)):
                raise
            raise self._login_error(
                error, 'the server does not accept') from error
        except HTTPError as error:
            if error.status != 403:
                raise
            forbidden = error
        # A server may ask for the certificate after it has read the URL. Over
        # TLS 1.3 clients with pyOpenSSL cannot answer that; over TLS 1.2 they
        # can.
        try:
            return await post('sslLogin', args, kwargs, suffix=SSL_LOGIN,
                              own_connection=True, tls_1_2=True)
        except (TLSError, HTTPError) as error:
            if isinstance(error, HTTPError) and error.status != 403:
                raise
            # A TLSError may mean that the server does not support TLS 1.2.
            raise self._login_error(
                forbidden, 'the server does not accept, or has no way to get'
                ' over its version of TLS,') from error

    def _login_error(self, error: TransportError, reason: str
                     ) -> KojiLoginException:
        return KojiLoginException(
            f'{error}; {reason} the certificate of {self.cert}',
            method=error.method, url=error.url)

    def _read(self) -> Any:
        """Read the certificate."""
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
    A Kerberos ticket (``sslLogin``, on a server that asks for Negotiate).

    :ivar principal: the principal of the ticket; None for the principal of
                     the ticket cache.
    :ivar keytab: the path of a keytab to get a ticket with, or None.
    :ivar ccache: the name of the ticket cache; None for the default cache.
    :ivar proxyuser: the user to log in instead of the principal's, or None.
    :ivar proxyauthtype: the authentication type of `proxyuser`, or None.
    """

    principal: str | None = None
    keytab: str | None = None
    ccache: str | None = None
    proxyuser: str | None = None
    proxyauthtype: int | None = None

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        """Log in; see `Credentials.log_in`."""
        from txkoji.hub.session.kerberos import Negotiation
        args, kwargs = _ssl_login_arguments(
            self.proxyuser, self.proxyauthtype, renew)
        negotiation = Negotiation(transport.reactor, principal=self.principal,
                                  keytab=self.keytab, ccache=self.ccache)
        try:
            return await post('sslLogin', args, kwargs, suffix=SSL_LOGIN,
                              negotiation=negotiation)
        except HTTPError as error:
            if error.status != 401:
                raise
            raise GSSAPIAuthError(
                f'{error}; the server does not accept the ticket: does the hub'
                ' know this principal, does the server have the right key for'
                ' the service HTTP, and is its clock right?',
                method=error.method,
                url=error.url) from error
        finally:
            negotiation.close()


def check_arguments(given: Mapping[str, Any]) -> None:
    """
    Check the names and the types of the arguments of a login.

    :param given: the values by name. None is the same as no value.
    :raises ConfigurationError: if there is no such argument, or if its value
                                cannot be sent. The text does not show the
                                value, which may be secret.
    """
    for name, value in given.items():
        if name not in _ARGUMENTS:
            close = get_close_matches(name, _ARGUMENTS, 1)
            hint = f' Did you mean {close[0]!r}?' if close else ''
            raise ConfigurationError(
                f'login() has no argument {name!r}.{hint} It takes'
                f' {", ".join(sorted(_ARGUMENTS))}')
        problem = None if value is None else _problem(name, value)
        if problem is not None:
            raise ConfigurationError(f'login(): {name} {problem}')


def _problem(name: str, value: Any) -> str | None:
    """
    Describe what is wrong with an argument, such as "must be text".

    :returns: the description, or None if nothing is wrong.
    """
    kind, type_name = _ARGUMENTS[name]
    if not isinstance(value, kind) or (kind is int
                                       and isinstance(value, bool)):
        return f'must be {type_name}, not of type {type(value).__name__}'
    if name in _PATHS:
        return path_problem(os.fsdecode(value))
    if isinstance(value, str) and _NOT_XML.search(value):
        return ('must not hold a control character, or another character that'
                ' XML cannot carry')
    return None


def choose(settings: Profile, authtype: str | None = None, *,
           user: str | None = None, password: str | None = None,
           cert: Path | None = None, principal: str | None = None,
           keytab: Path | None = None, ccache: str | None = None,
           proxyuser: str | None = None,
           proxyauthtype: int | None = None) -> Credentials | None:
    """
    Choose a way to log in, as Koji's command does.

    The rules are those of ``activate_session`` in koji_cli/lib.py.

    :param settings: the profile, for arguments that are not given.
    :returns: the credentials; None for no login.
    :raises ConfigurationError: if there is no such ``authtype``, or an
                                argument is missing.
    """
    authtype = authtype or settings.authtype
    if authtype == 'noauth':
        return None
    path = (os.path.expanduser(os.fsdecode(cert)) if cert
            else settings.cert)
    if authtype is None:
        authtype = _default_authtype(path, user, password)
    if authtype == 'ssl':
        if user or password:
            _log.warn('profile {name!r}: logging in with the certificate'
                      ' {cert}; for user and password, call'
                      ' login("password", ...)', name=settings.name,
                      cert=path)
        return CertificateLogin(settings.name, path, proxyuser, proxyauthtype)
    if authtype == 'password':
        return _password_login(settings.name, user, password, proxyuser)
    if authtype != 'kerberos':
        raise ConfigurationError(
            f'profile {settings.name!r}: authtype {authtype!r} is none of'
            ' noauth, ssl, password, kerberos')
    return KerberosLogin(principal or settings.principal,
                         os.fsdecode(keytab) if keytab else settings.keytab,
                         ccache, proxyuser, proxyauthtype)


def _default_authtype(cert: str, user: str | None, password: str | None
                      ) -> str:
    """Choose a type: by the certificate's file, then by the password."""
    if cert and os.path.isfile(cert):
        return 'ssl'
    return 'password' if user and password else 'kerberos'


def _password_login(profile: str, user: str | None, password: str | None,
                    proxyuser: str | None) -> PasswordLogin:
    """
    Make the credentials of a login with a password.

    :param profile: the profile's name, for error texts.
    """
    if not user or not password:
        raise ConfigurationError(
            f'profile {profile!r}: to log in with a password, call'
            ' login("password", user=..., password=...)')
    if proxyuser:
        raise ConfigurationError(
            f'profile {profile!r}: a login with a password cannot act for'
            ' another user (proxyuser)')
    return PasswordLogin(user, Secret(password))


def _ssl_login_arguments(proxyuser: str | None, proxyauthtype: int | None,
                         renew: bool
                         ) -> tuple[tuple[str | None], dict[str, Any]]:
    """Get the positional and named arguments of ``sslLogin``."""
    kwargs = _renew_arguments(renew)
    if proxyauthtype is not None:
        kwargs['proxyauthtype'] = proxyauthtype
    return (proxyuser,), kwargs


def _renew_arguments(renew: bool) -> dict[str, Any]:
    """Get the named arguments of a login that renews a session or does not."""
    # Hubs before 1.32 know neither of the two arguments.
    return {'renew': True, 'exclusive': False} if renew else {}
