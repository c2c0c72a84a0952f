"""Certificates for a FakeHub that is served over TLS."""
from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from ipaddress import ip_address
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from twisted.internet.ssl import Certificate, CertificateOptions

#: How long they hold.
VALID = timedelta(days=3650)

#: The names of the server.
HOSTS = ('localhost', '127.0.0.1', '::1')

#: What an authority's key is for.
SIGNING = x509.KeyUsage(
    digital_signature=False, content_commitment=False, key_encipherment=False,
    data_encipherment=False, key_agreement=False, key_cert_sign=True,
    crl_sign=True, encipher_only=False, decipher_only=False)


class Authority:
    """
    An authority, with its files in a folder.

    :param folder: where it keeps its certificates; those that are there are
                   used again.

    :ivar path: the file with its own certificate.
    """

    def __init__(self, folder: str) -> None:
        self._folder = folder
        os.makedirs(folder, mode=0o700, exist_ok=True)
        self.path: str = os.path.join(folder, 'ca.pem')
        key_path = os.path.join(folder, 'ca.key.pem')
        if os.path.exists(self.path) and os.path.exists(key_path):
            with open(key_path, 'rb') as file:
                self._key: Any = serialization.load_pem_private_key(
                    file.read(), None)
            with open(self.path, 'rb') as file:
                self._certificate = x509.load_pem_x509_certificate(
                    file.read())
            return
        self._key = ec.generate_private_key(ec.SECP256R1())
        name = _name('FakeHub')
        self._certificate = _builder(name, name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), critical=True
        ).add_extension(SIGNING, critical=True).add_extension(
            x509.SubjectKeyIdentifier.from_public_key(self._key.public_key()),
            critical=False).sign(self._key, hashes.SHA256())
        _write(key_path, _private(self._key))
        _write(self.path, _public(self._certificate))

    def issue(self, name: str, server: bool = False) -> str:
        """
        Issue a certificate to a user, or to a server.

        :returns: a file with the certificate and its key.
        """
        path = os.path.join(self._folder, f'{name}.pem')
        if os.path.exists(path):
            return path
        key = ec.generate_private_key(ec.SECP256R1())
        usage = (ExtendedKeyUsageOID.SERVER_AUTH if server
                 else ExtendedKeyUsageOID.CLIENT_AUTH)
        # Python 3.13 takes none that does not say whose key signed it.
        signer = x509.AuthorityKeyIdentifier.from_issuer_public_key(
            self._key.public_key())
        builder = _builder(_name(name), self._certificate.subject, key
                           ).add_extension(x509.ExtendedKeyUsage([usage]),
                                           critical=False).add_extension(
            signer, critical=False)
        if server:
            builder = builder.add_extension(x509.SubjectAlternativeName([
                x509.IPAddress(ip_address(host)) if host[0] in '1:'
                else x509.DNSName(host) for host in HOSTS]), critical=False)
        certificate = builder.sign(self._key, hashes.SHA256())
        _write(path, _public(certificate) + _private(key))
        return path

    def options(self) -> Any:
        """
        Get the TLS options of a server that asks for certificates.

        Clients may have none.
        """
        with open(self.issue('localhost', server=True), 'rb') as file:
            own = file.read()
        with open(self.path, 'rb') as file:
            trusted = Certificate.loadPEM(file.read())
        # The types of CertificateOptions name objects of pyOpenSSL, which are
        # deprecated there.
        key: Any = serialization.load_pem_private_key(own, None)
        certificate: Any = x509.load_pem_x509_certificate(own)
        # With a trustRoot, a certificate would be required.
        return CertificateOptions(
            privateKey=key, certificate=certificate, verify=True,
            caCerts=[trusted.original], requireCertificate=False)


def _name(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _builder(subject: x509.Name, issuer: x509.Name, key: Any
             ) -> x509.CertificateBuilder:
    now = datetime.now(timezone.utc)
    return (x509.CertificateBuilder().subject_name(subject)
            .issuer_name(issuer).public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + VALID))


def _private(key: Any) -> bytes:
    data: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption())
    return data


def _public(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)


def _write(path: str, data: bytes) -> None:
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, 'wb') as file:
        file.write(data)
