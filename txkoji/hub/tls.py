"""
Whom we trust: a policy for Twisted's Agent, made of a profile.
"""
from __future__ import annotations

from typing import Any, Dict, List, Tuple

from cryptography import x509
from OpenSSL import SSL, crypto
from twisted.internet.interfaces import IOpenSSLClientConnectionCreator
from twisted.internet.ssl import (Certificate, CertificateOptions,
                                  platformTrust, trustRootFromCertificates)
from twisted.logger import Logger
from twisted.web.client import BrowserLikePolicyForHTTPS
from twisted.web.iweb import IPolicyForHTTPS
from zope.interface import implementer

from txkoji.exceptions import ConfigurationError
from txkoji.hub.profile import Profile, without_secrets


@implementer(IPolicyForHTTPS)
class HubPolicy:
    """
    Verify a hub, its host name included, against the profile's `serverca`,
    or the system's certificates where there is none. A `serverca` goes before
    `no_ssl_verify`, as in Koji's client.

    Twisted's policies make a TLS context for each request; this one makes it
    once for each host.

    :raises ConfigurationError: if `serverca` cannot be read.
    """

    _log = Logger()

    def __init__(self, settings: Profile) -> None:
        self._creators: Dict[Tuple[bytes, int], Any] = {}
        self._verify = bool(settings.serverca) or not settings.no_ssl_verify
        if settings.serverca:
            trust: Any = trustRootFromCertificates(
                read_certificates(settings.serverca, settings.name))
        else:
            trust = platformTrust()
        self._policy = BrowserLikePolicyForHTTPS(trust)
        if not self._verify:
            self._log.warn('profile {name!r} says no_ssl_verify: anybody can'
                           ' pass for {server}', name=settings.name,
                           server=without_secrets(settings.server))

    def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
        """The same creator each time for the same host and port."""
        creator = self._creators.get((hostname, port))
        if creator is None:
            if self._verify:
                creator = self._policy.creatorForNetloc(hostname, port)
            else:
                creator = _Unverified(hostname.decode('ascii'))
            self._creators[hostname, port] = creator
        return creator


@implementer(IOpenSSLClientConnectionCreator)
class _Unverified:
    """Make TLS connections to a host whose certificate is not looked at."""

    def __init__(self, hostname: str) -> None:
        self._hostname = hostname
        self._context = CertificateOptions(verify=False).getContext()

    def clientConnectionForTLS(self, protocol: Any) -> SSL.Connection:
        connection = SSL.Connection(self._context, None)
        connection.set_tlsext_host_name(self._hostname.encode('ascii'))
        return connection


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
