"""
Whom we trust, and the certificate we show: a policy for Twisted's Agent.
"""
from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, timezone
from typing import Any, Dict, List, MutableMapping, Optional, Tuple
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (Certificate, CertificateOptions,
                                  TLSVersion, optionsForClientTLS,
                                  platformTrust, trustRootFromCertificates)
from twisted.logger import Logger
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import directlyProvides, implementer, providedBy

from txkoji.exceptions import ConfigurationError
from txkoji.hub.profile import Profile, without_secrets


@dataclass(frozen=True)
class ClientCertificate:
    """
    A certificate of ours, and its key.

    :ivar path: the file that holds them.
    :ivar text: what is in it.
    :ivar options: both, and the certificates above it that the file has, as
                   Twisted's `CertificateOptions` takes them.
    """

    path: str
    text: bytes = field(repr=False)
    options: Dict[str, Any] = field(repr=False, compare=False)


@implementer(IPolicyForHTTPS)
class HubPolicy:
    """
    Verify a hub, its host name included, against the profile's `serverca`,
    or the system's certificates where there is none. A `serverca` goes before
    `no_ssl_verify`, as in Koji's client.

    Twisted's policies make a TLS context for each request; this one makes it
    once for each host.

    :param shown: what to show to the hub, if it asks for a certificate.
    :param tls_1_2: whether to speak nothing newer than TLS 1.2.
    :raises ConfigurationError: if `serverca` cannot be read.
    """

    _log = Logger()

    def __init__(self, settings: Profile,
                 shown: Optional[ClientCertificate] = None, *,
                 tls_1_2: bool = False) -> None:
        self._creators: Dict[Tuple[bytes, int], Any] = {}
        self._verify = bool(settings.serverca) or not settings.no_ssl_verify
        self._options: Dict[str, Any] = {}
        self._shown = {} if shown is None else shown.options
        self._hub = urlsplit(settings.server).hostname
        if tls_1_2:
            self._options['lowerMaximumSecurityTo'] = TLSVersion.TLSv1_2
        if settings.serverca:
            trust: Any = trustRootFromCertificates(
                read_certificates(settings.serverca, settings.name))
        else:
            trust = platformTrust()
        self._trust = _Telling(trust)
        if not self._verify:
            self._log.warn('profile {name!r} says no_ssl_verify: anybody can'
                           ' pass for {server}', name=settings.name,
                           server=without_secrets(settings.server))

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """The same creator each time for the same host and port."""
        creator = self._creators.get((hostname, port))
        if creator is None:
            name = hostname.decode('ascii')
            options = self._options
            if name.lower() == self._hub:
                options = {**self._shown, **options}
            if self._verify:
                trust: Any = self._trust
                creator = optionsForClientTLS(
                    name, trust, extraCertificateOptions=options)
            else:
                creator = _Unverified(name, options)
            self._creators[hostname, port] = creator
        return creator

    def reason(self, connection: SSL.Connection) -> Optional[str]:
        """Why the hub was not trusted, or None where that is not known."""
        return self._trust.reasons.get(connection)


class _Telling:
    """
    A trust root that notes why a hub is not trusted: OpenSSL has but one text
    for all that can be wrong, but it tells the hub more, in an alert.
    """

    def __init__(self, trust: Any) -> None:
        self._trust = trust
        directlyProvides(self, providedBy(trust))
        self.reasons: MutableMapping[SSL.Connection, str] = (
            WeakKeyDictionary())

    def _addCACertsToContext(self, context: SSL.Context) -> None:
        self._trust._addCACertsToContext(context)
        context.set_info_callback(self._note)

    def _note(self, connection: SSL.Connection, where: int, number: int
              ) -> None:
        if where & SSL.SSL_CB_ALERT and where & SSL.SSL_CB_WRITE:
            reason = _REASONS.get(number & 255)
            if reason is not None:
                self.reasons[connection] = reason


#: TLS alert (RFC 8446, section 6.2) -> what it says of the other side.
_REASONS = {
    42: 'the certificate of the hub is not good, or not valid yet; is the'
        ' clock of this machine right?',
    44: 'the certificate of the hub was revoked',
    45: 'the certificate of the hub has expired',
    48: 'the certificate of the hub is signed by nobody whom the serverca of'
        ' the profile, or the system, trusts (unknown CA)',
}


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """Make TLS connections to a host whose certificate is not looked at."""

    def __init__(self, hostname: str, options: Any) -> None:
        self._hostname = hostname
        self._context = CertificateOptions(verify=False, **options
                                           ).getContext()

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._hostname.encode('ascii'))
        return connection


def read_client_certificate(path: str, profile: str) -> ClientCertificate:
    """
    Read a certificate of ours and its key, from one PEM file.

    :param profile: the profile's name, for the text of an error.
    :raises ConfigurationError: if the file cannot be read, lacks one of the
        two, or they do not fit each other; if the key is encrypted; if the
        certificate has expired, or is not valid yet.
    """
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f'profile {profile!r}: cert {path} {what}')

    try:
        with open(path, 'rb') as file:
            text = file.read()
    except OSError as error:
        raise wrong(f'cannot be read: {error.strerror}') from error
    try:
        own, *chain = x509.load_pem_x509_certificates(text)
    except ValueError as error:
        raise wrong('holds no certificate that can be read') from error
    try:
        key: Any = load_pem_private_key(text, None)
    except TypeError as error:
        raise wrong('has an encrypted key; decrypt it, for example with'
                    ' "openssl pkey"') from error
    except (ValueError, UnsupportedAlgorithm) as error:
        raise wrong('holds no private key that can be read; it must have both'
                    ' the certificate and its key') from error
    if key.public_key() != own.public_key():
        raise wrong('has a key that is not that of its first certificate')
    now = datetime.now(timezone.utc)
    if now > own.not_valid_after_utc:
        raise wrong(f'expired on {own.not_valid_after_utc:%Y-%m-%d}; get a'
                    ' new one')
    if now < own.not_valid_before_utc:
        raise wrong('is not valid before'
                    f' {own.not_valid_before_utc:%Y-%m-%d %H:%M} UTC; is the'
                    ' clock of this machine right?')
    return ClientCertificate(path, text, {
        'certificate': own, 'privateKey': key, 'extraCertChain': chain})


def read_certificates(path: str, profile: str) -> List[Certificate]:
    """
    Read all certificates of a PEM file.

    :param profile: the profile's name, for the text of an error.
    :raises ConfigurationError: if there is no such file, it cannot be read,
                                or it holds no certificate.
    """
    try:
        with open(path, 'rb') as file:
            found = x509.load_pem_x509_certificates(file.read())
    except OSError as error:
        raise ConfigurationError(
            f'profile {profile!r}: serverca {path} cannot be read:'
            f' {error.strerror}') from error
    except ValueError as error:
        raise ConfigurationError(
            f'profile {profile!r}: serverca {path} holds no certificate that'
            ' can be read') from error
    return [Certificate(crypto.X509.from_cryptography(certificate))
            for certificate in found]
