"""
Whom we trust, and the certificate that we show.
"""
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
from service_identity.hazmat import (
    DNS_ID,
    IPAddress_ID,
    verify_service_identity,
)
from service_identity.pyopenssl import extract_patterns
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

#: The names that ``openssl rehash`` gives to certificates.
_HASHED = re.compile(r'[0-9a-f]{8}\.[0-9]+')

#: A certificate of ours with what OpenSSL trusts it for.
_TRUSTED = re.compile(b'-----BEGIN TRUSTED CERTIFICATE-----'
                      b'(.*?)-----END TRUSTED CERTIFICATE-----', re.DOTALL)


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
    options: dict[str, Any] = field(repr=False, compare=False)


@implementer(IPolicyForHTTPS)
class HubPolicy:
    """
    Verify a hub, its host name included, against the profile's `serverca`,
    or those that ``REQUESTS_CA_BUNDLE`` or ``CURL_CA_BUNDLE`` name, or the
    system's. A `serverca` goes before
    `no_ssl_verify`, as in Koji's client.

    Twisted's policies make a TLS context for each request; this one makes at
    most two: one that shows our certificate, to the hub, and one that does
    not, to other servers.

    :param shown: what to show to the hub, if it asks for a certificate.
    :param tls_1_2: whether to speak nothing newer than TLS 1.2.
    """

    _log = Logger()

    def __init__(self, settings: Profile,
                 shown: ClientCertificate | None = None, *,
                 tls_1_2: bool = False) -> None:
        self._settings = settings
        self._verify = bool(settings.serverca) or not settings.no_ssl_verify
        self._tls_1_2 = tls_1_2
        self._shown = {} if shown is None else shown.options
        self._hub = urlsplit(settings.server).hostname
        self._creators: dict[tuple[bytes, int], _Creator] = {}
        self._contexts: dict[bool, SSL.Context] = {}
        self._reasons: MutableMapping[SSL.Connection, str] = (
            WeakKeyDictionary())
        if not self._verify:
            self._log.warn('profile {name!r} says no_ssl_verify: anybody can'
                           ' pass for {server}', name=settings.name,
                           server=without_secrets(settings.server))

    def creatorForNetloc(self, hostname: bytes, port: int) -> _Creator:
        """
        Make TLS connections to a host: by the same creator each time.

        :raises ConfigurationError: if `serverca` cannot be read.
        """
        creator = self._creators.get((hostname, port))
        if creator is None:
            host = hostname.decode('ascii').strip('[]').lower()
            creator = self._creators[hostname, port] = _Creator(
                host, self._context(host == self._hub),
                self._reasons if self._verify else None)
        return creator

    def reason(self, connection: SSL.Connection) -> str | None:
        """Why a server was not trusted, or None where that is not known."""
        return self._reasons.get(connection)

    def _context(self, is_hub: bool) -> SSL.Context:
        context = self._contexts.get(is_hub)
        if context is None:
            context = self._contexts[is_hub] = self._new_context(
                self._shown if is_hub else {})
        return context

    def _new_context(self, shown: dict[str, Any]) -> SSL.Context:
        name, authorities = self._authorities()
        trust: Any = None
        if self._verify:
            # Those of a file or a directory are loaded by OpenSSL, below.
            trust = (trustRootFromCertificates([]) if authorities
                     else platformTrust())
        context = CertificateOptions(trustRoot=trust, **shown).getContext()
        if self._tls_1_2:
            # Twisted 24.10 takes lowerMaximumSecurityTo for "less than".
            context.set_options(SSL.OP_NO_TLSv1_3)
        if authorities:
            load_authorities(context, name, authorities)
        return context

    def _authorities(self) -> tuple[str, str]:
        """
        Say where the certificates are that we trust: where Koji's client,
        through requests, looks for them.

        :returns: what names the place, for the text of an error, and its
                  path; empty for the system's.
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
    Make TLS connections to a host, which is verified in the handshake, before
    a certificate of ours is shown to it.

    :param host: its name or address, in lower case.
    :param reasons: gets why the host was not trusted; None if it is not to
                    be verified.
    """

    def __init__(self, host: str, context: SSL.Context,
                 reasons: MutableMapping[SSL.Connection, str] | None
                 ) -> None:
        self._context = context
        self._reasons = reasons
        # Certificates have neither the dot at the end nor the zone.
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
        connection = SSL.Connection(self._context, None)
        if not self._is_address:
            connection.set_tlsext_host_name(self._host.encode('ascii'))
        if self._reasons is not None:
            connection.set_verify(SSL.VERIFY_PEER, self._verify)
        return connection

    def _verify(self, connection: SSL.Connection, certificate: crypto.X509,
                error: int, depth: int, good: int) -> bool:
        """
        Take what OpenSSL found of one certificate of the chain; of the last,
        which is the server's own, also look at the host. (An exception here
        would end the handshake, too, but nobody would see it.)
        """
        assert self._reasons is not None
        if not good:
            self._reasons[connection] = self._explain(error, depth)
        elif depth == 0 and not self._is_for_host(certificate):
            good = False
            self._reasons[connection] = (
                f'the certificate is for another host than {self._host}')
        return bool(good)

    def _is_for_host(self, certificate: crypto.X509) -> bool:
        try:
            verify_service_identity(extract_patterns(certificate),
                                    [self._identity], [])
        except (VerificationError, CertificateError):
            return False
        return True

    def _explain(self, error: int, depth: int) -> str:
        if error in _UNKNOWN:
            return (f'the certificate of {self._host} is signed by nobody'
                    ' whom the serverca of the profile, or the system, trusts'
                    ' (unknown CA)')
        whose = (f'the certificate of {self._host}' if depth == 0 else
                 f'an issuer of the certificate of {self._host}')
        return f'{whose} {_REASONS.get(error, f"is bad (OpenSSL: {error})")}'


#: OpenSSL's numbers (x509_vfy.h) for a chain that ends at nobody we trust.
_UNKNOWN = (2, 18, 19, 20, 21)

#: OpenSSL's numbers -> what it says of a certificate.
_REASONS = {
    9: 'is not valid yet; is the clock of this machine right?',
    10: 'has expired',
    23: 'was revoked',
    26: 'is not made for this purpose',
    28: 'is rejected by the serverca of the profile, or the system, or is'
        ' trusted there for something else only',
}


def load_authorities(context: SSL.Context, name: str, path: str) -> None:
    """
    Let a context trust the certificates at a path, as OpenSSL does: of a PEM
    file, all of them, and those marked as trusted or rejected for what they
    are marked for; of a directory, those with the names of ``openssl
    rehash``.

    :param name: what names the path, for the text of an error.
    :raises ConfigurationError: if there is nothing at the path, it cannot be
                                read, or it holds no certificate.
    """
    def wrong(what: str) -> ConfigurationError:
        return ConfigurationError(f'{name} {path} {what}')

    # pyOpenSSL lets no context be changed whose ciphers were chosen.
    store: Any = context.get_cert_store()
    try:
        # OpenSSL finds nothing wrong with a directory that is not there.
        if not os.path.isdir(path):
            with open(path, 'rb'):
                store.load_locations(path)
        elif any(map(_HASHED.fullmatch, os.listdir(path))):
            store.load_locations(None, path)
        else:
            raise wrong('is a directory without hashed certificates; call'
                        ' "openssl rehash" for it')
    except OSError as error:
        raise wrong(f'cannot be read: {error.strerror}') from error
    except crypto.Error as error:
        raise wrong('holds no certificate that can be read') from error


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


def _without_trust(text: bytes) -> bytes:
    """
    Make plain certificates of those that say what they are trusted for, which
    means nothing for our own.

    :raises ValueError: if one cannot be read.
    """
    def plain(found: re.Match[bytes]) -> bytes:
        data = b64decode(found[1])
        # Behind the certificate, which is one DER sequence.
        encoded = b64encode(data[:_der_length(data)])
        return (b'-----BEGIN CERTIFICATE-----\n' + encoded
                + b'\n-----END CERTIFICATE-----')

    return _TRUSTED.sub(plain, text)


def _der_length(data: bytes) -> int:
    """How many bytes the first DER value has, with tag and length."""
    length = data[1] if len(data) > 1 else 0
    if length < 128:
        return 2 + length
    size = length - 128
    return 2 + size + int.from_bytes(data[2:2 + size], 'big')
