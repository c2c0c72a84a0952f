"""TLS: the authorities to trust, and the client certificate to show."""
from __future__ import annotations

import os
import re
from base64 import b64decode, b64encode
from collections.abc import MutableMapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from OpenSSL import SSL, crypto
from service_identity import CertificateError, VerificationError
from service_identity.cryptography import extract_patterns
from service_identity.hazmat import (
    DNS_ID,
    IPAddress_ID,
    verify_service_identity,
)
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (
    CertificateOptions,
    platformTrust,
    trustRootFromCertificates,
)
from twisted.logger import Logger
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from txkoji.exceptions import ConfigurationError
from txkoji.hub.profile import Profile, without_secrets

#: The file names that ``openssl rehash`` gives to certificates.
_HASHED = re.compile(r'[0-9a-f]{8}\.[0-9]+')

#: A certificate to which OpenSSL has added the purposes it is trusted for.
_TRUSTED = re.compile(b'-----BEGIN TRUSTED CERTIFICATE-----'
                      b'(.*?)-----END TRUSTED CERTIFICATE-----', re.DOTALL)


@dataclass(frozen=True)
class ClientCertificate:
    """
    A client certificate, and its key.

    :ivar path: the path of their PEM file.
    :ivar text: the contents of the file.
    :ivar options: the keyword arguments of Twisted's `CertificateOptions`:
                   the certificate, the key and the issuers in the file.
    """

    path: str
    text: bytes = field(repr=False)
    options: dict[str, Any] = field(repr=False, compare=False)


@implementer(IPolicyForHTTPS)
class HubPolicy:
    """
    A policy that verifies servers, and shows a certificate to the hub.

    The certificate of a server, and the host name in it, are verified against
    the profile's ``serverca``. Without a ``serverca``, the authorities are
    those of ``REQUESTS_CA_BUNDLE``, of ``CURL_CA_BUNDLE``, or of the system.
    With the option `no_ssl_verify` nothing is verified, unless the profile has
    a ``serverca``, as in Koji's client.

    Twisted's policies make a TLS context for each request. This policy makes
    at most two: one for the hub, with the client certificate, and one for
    other servers, without it.

    :param settings: the profile.
    :param certificate: the client certificate to show to the hub, if the hub
                        asks for one.
    :param tls_1_2: whether to limit TLS to version 1.2.
    """

    _log = Logger()

    def __init__(self, settings: Profile,
                 certificate: ClientCertificate | None = None, *,
                 tls_1_2: bool = False) -> None:
        self._settings = settings
        self._verify = bool(settings.serverca) or not settings.no_ssl_verify
        self._tls_1_2 = tls_1_2
        self._options = {} if certificate is None else certificate.options
        self._hub = urlsplit(settings.server).hostname
        self._creators: dict[tuple[bytes, int], _Creator] = {}
        self._contexts: dict[bool, SSL.Context] = {}
        #: The texts of the verification errors.
        self._errors: MutableMapping[SSL.Connection, str] = (
            WeakKeyDictionary())
        if not self._verify:
            self._log.warn('profile {name!r} has no_ssl_verify: any server'
                           ' can pass for {server}', name=settings.name,
                           server=without_secrets(settings.server))

    def creatorForNetloc(self, hostname: bytes, port: int) -> _Creator:
        """
        Get the creator of TLS connections to a host.

        :returns: the same creator each time.
        :raises ConfigurationError: if the authorities cannot be read.
        """
        creator = self._creators.get((hostname, port))
        if creator is None:
            host = hostname.decode('ascii').strip('[]').lower()
            creator = self._creators[hostname, port] = _Creator(
                host, self._context(host == self._hub),
                self._errors if self._verify else None)
        return creator

    def verify_error(self, connection: SSL.Connection) -> str | None:
        """Say why a verification failed, or None if it is not known."""
        return self._errors.get(connection)

    def _context(self, is_hub: bool) -> SSL.Context:
        context = self._contexts.get(is_hub)
        if context is None:
            context = self._contexts[is_hub] = self._new_context(
                self._options if is_hub else {})
        return context

    def _new_context(self, options: dict[str, Any]) -> SSL.Context:
        name, authorities = self._authorities()
        trust: Any = None
        if self._verify:
            # `load_authorities` adds those of a file or a directory.
            trust = (trustRootFromCertificates([]) if authorities
                     else platformTrust())
        context = CertificateOptions(trustRoot=trust, **options).getContext()
        if self._tls_1_2:
            # In Twisted 25.5, lowerMaximumSecurityTo excludes the version.
            context.set_options(SSL.OP_NO_TLSv1_3)
        if authorities:
            load_authorities(context, name, authorities)
        return context

    def _authorities(self) -> tuple[str, str]:
        """
        Find the file or directory of the authorities to trust.

        Koji's client looks at the same places, through requests.

        :returns: the name of the setting, for error texts, and the path. Both
                  are empty for the authorities of the system.
        """
        if self._settings.serverca:
            return (f'profile {self._settings.name!r}: serverca',
                    self._settings.serverca)
        if self._verify:
            for name in ('REQUESTS_CA_BUNDLE', 'CURL_CA_BUNDLE'):
                if os.environ.get(name):
                    return name, os.environ[name]
        return '', ''


@implementer(IOpenSSLClientConnectionCreator)
class _Creator:
    """
    A creator of TLS connections to one host.

    The host is verified in the handshake, before a client certificate is
    shown to the host.

    :param host: the name or the address of the host, in lower case.
    :param errors: gets the texts of verification errors. None means that the
                   host is not verified.
    """

    def __init__(self, host: str, context: SSL.Context,
                 errors: MutableMapping[SSL.Connection, str] | None
                 ) -> None:
        self._context = context
        self._errors = errors
        # A certificate has neither the final dot nor the zone of an address.
        self._host = host.removesuffix('.').partition('%')[0]
        try:
            ip_address(self._host)
        except ValueError:
            self._is_address = False
            self._identity: Any = DNS_ID(self._host)
        else:
            self._is_address = True
            self._identity = IPAddress_ID(self._host)

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        """Make a TLS connection, which verifies the host."""
        connection = SSL.Connection(self._context, None)
        if not self._is_address:
            connection.set_tlsext_host_name(self._host.encode('ascii'))
        if self._errors is not None:
            connection.set_verify(SSL.VERIFY_PEER, self._verify)
        return connection

    def _verify(self, connection: SSL.Connection, certificate: crypto.X509,
                error: int, depth: int, good: int) -> bool:
        """
        Note the error of a certificate in the chain; called by OpenSSL.

        The host is checked with the certificate of the server, at depth 0. An
        exception here would end the handshake as well, but its text would be
        lost.
        """
        assert self._errors is not None
        if not good:
            self._errors[connection] = self._error_text(error, depth)
        elif depth == 0 and not self._is_for_host(certificate):
            good = False
            self._errors[connection] = (
                f'the certificate is for another host than {self._host}')
        return bool(good)

    def _is_for_host(self, certificate: crypto.X509) -> bool:
        try:
            verify_service_identity(
                extract_patterns(certificate.to_cryptography()),
                [self._identity], [])
        except (VerificationError, CertificateError):
            return False
        return True

    def _error_text(self, error: int, depth: int) -> str:
        if error in _UNKNOWN_CA:
            return (f'the certificate of {self._host} is signed by an unknown'
                    ' CA; does the serverca of the profile, or the system,'
                    ' have this CA?')
        whose = (f'the certificate of {self._host}' if depth == 0 else
                 f'an issuer of the certificate of {self._host}')
        return f'{whose} {_TEXTS.get(error, f"is bad (OpenSSL: {error})")}'


#: OpenSSL's numbers (x509_vfy.h) for a chain that does not end at a trusted
#: authority.
_UNKNOWN_CA = (2, 18, 19, 20, 21)

#: OpenSSL's numbers -> what is wrong with a certificate.
_TEXTS = {
    9: 'is not valid yet; is the clock of this machine right?',
    10: 'has expired',
    23: 'was revoked',
    26: 'is not made for this purpose',
    28: 'is rejected by the serverca of the profile, or the system, or is'
        ' trusted there for something else only',
}


def load_authorities(context: SSL.Context, name: str, path: str) -> None:
    """
    Let a context trust the certificates at a path.

    In a PEM file, all certificates are trusted. A certificate that OpenSSL
    has marked as trusted or rejected counts for its marked purposes only. In
    a directory, those with a file name of ``openssl rehash`` are trusted.

    :param name: the setting that has the path, for error texts.
    :raises ConfigurationError: if the path does not exist, cannot be read, or
                                has no certificate.
    """
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f'{name} {path} {what}')

    # Use the store: pyOpenSSL does not let us change a context whose ciphers
    # are set.
    store: Any = context.get_cert_store()
    try:
        # OpenSSL does not complain about a directory that does not exist.
        if not os.path.isdir(path):
            with open(path, 'rb'):
                store.load_locations(path)
        elif any(map(_HASHED.fullmatch, os.listdir(path))):
            store.load_locations(None, path)
        else:
            raise wrong('is a directory without hashed certificates; run'
                        ' "openssl rehash" on it')
    except OSError as error:
        raise wrong(f'cannot be read: {error.strerror}') from error
    except crypto.Error as error:
        raise wrong('holds no certificate that can be read') from error


def read_client_certificate(path: str, profile: str) -> ClientCertificate:
    """
    Read a client certificate and its key from a PEM file.

    :param profile: the name of the profile, for error texts.
    :raises ConfigurationError: if the certificate or its key cannot be used.
    """
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f'profile {profile!r}: cert {path} {what}')

    try:
        with open(path, 'rb') as file:
            text = file.read()
    except OSError as error:
        raise wrong(f'cannot be read: {error.strerror}') from error
    try:
        own, *chain = x509.load_pem_x509_certificates(_without_trust(text))
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
        raise wrong('has a key that does not match its first certificate')
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


def _without_trust(text: bytes) -> bytes:
    """
    Make plain certificates of trusted ones.

    The purposes that OpenSSL trusts a certificate for do not matter for a
    client certificate.

    :raises ValueError: if a certificate cannot be read.
    """
    def plain(found: re.Match[bytes]) -> bytes:
        data = b64decode(found[1])
        # The purposes follow the certificate, which is one DER value.
        encoded = b64encode(data[:_der_length(data)])
        return (b'-----BEGIN CERTIFICATE-----\n' + encoded
                + b'\n-----END CERTIFICATE-----')

    return _TRUSTED.sub(plain, text)


def _der_length(data: bytes) -> int:
    """Count the bytes of the first DER value, with its tag and length."""
    length = data[1] if len(data) > 1 else 0
    if length < 128:
        return 2 + length
    size = length - 128
    return 2 + size + int.from_bytes(data[2:2 + size], 'big')
