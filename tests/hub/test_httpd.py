"""Logging in with a certificate, through a real Apache httpd."""
from __future__ import annotations

import os
from datetime import datetime, timedelta, timezone
from typing import Any

from cryptography.x509 import load_pem_x509_certificate
from twisted.internet.defer import inlineCallbacks
from twisted.trial.unittest import SynchronousTestCase

from tests.servers import Authority, HttpdTestCase, in_form
from tests.support import folder
from txkoji import Connection, KojiLoginException
from txkoji.exceptions import ConfigurationError, TLSError
from txkoji.hub.http.tls import read_client_certificate

YESTERDAY = datetime.now(timezone.utc) - timedelta(days=1)
LONG_AGO = YESTERDAY - timedelta(days=30)


class CertificateTestCase(HttpdTestCase):
    """A client certificate of alice."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Issue the certificate."""
        yield super().setUp()
        self.alice = self.authority.issue('alice', common_name='alice')

    def show(self, kind: str, **settings: Any) -> Connection:
        """Make a Connection with the certificate."""
        return self.connect(self.httpd.url(kind),
                            **{'cert': self.alice, **settings})


class CertificateTests(CertificateTestCase):
    """Servers that ask for a certificate at different times."""

    @inlineCallbacks
    def check(self, kind: str) -> Any:
        """Check login, calls, renewal and logout."""
        koji = self.show(kind)
        self.hub.respond('build', 7)
        self.assertIsNone((yield koji.getLoggedInUser()))
        self.assertIs((yield koji.login()), True)
        user = yield koji.getLoggedInUser()
        self.assertEqual((user.name, user.authtype), ('alice', 2))
        self.assertEqual((yield koji.build('x')), 7)
        self.hub.sessions.expire()
        user = yield koji.getLoggedInUser()
        self.assertEqual(user.name, 'alice')
        self.assertEqual(koji.stats.renewals, 1)
        yield koji.close(logout=True)
        self.assertTrue(all(row.closed for row in self.hub.sessions.rows))

    def test_stock(self) -> Any:
        """A server that asks at /ssllogin gets TLS 1.2."""
        return self.check('stock')

    def test_eager(self) -> Any:
        """A server may ask in the handshake."""
        return self.check('eager')

    def test_modern(self) -> Any:
        """A server may ask in a handshake of TLS 1.3."""
        return self.check('modern')

    @inlineCallbacks
    def test_hopeless(self) -> Any:
        """The error says if the server cannot get the certificate."""
        koji = self.show('hopeless')
        error = yield self.assertFailure(koji.login(), KojiLoginException)
        self.assertIn('has no way to get', str(error))
        self.assertIn('403', str(error))
        self.assertIn(self.alice, str(error))
        self.assertEqual(self.hub.requests, 0)
        self.assertIn('/kojihub/ssllogin', self.httpd.requests)

    @inlineCallbacks
    def test_no_certificate(self) -> Any:
        """A login without a certificate is an error."""
        koji = self.show('eager', cert='')
        yield self.assertFailure(koji.login('ssl'), ConfigurationError)
        self.assertEqual(self.hub.requests, 0)

    @inlineCallbacks
    def test_strange_certificate(self) -> Any:
        """A server refuses a certificate of another authority."""
        other = folder(self)
        stranger = Authority(other).issue('alice', common_name='alice')
        for kind in ['stock', 'eager', 'modern']:
            koji = self.show(kind, cert=stranger)
            error = yield self.assertFailure(koji.login(),
                                             KojiLoginException)
            self.assertIn('does not accept', str(error))
            self.assertIn(stranger, str(error))
            self.assertIsNone(koji.session_id)
        self.assertEqual(self.hub.calls, [])

    @inlineCallbacks
    def test_replaced(self) -> Any:
        """A replaced certificate is read again for a renewal."""
        koji = self.show('eager')
        yield koji.login()
        os.replace(self.authority.issue('new', common_name='bob'),
                   self.alice)
        self.hub.sessions.close(self.hub.sessions.rows[0])
        user = yield koji.getLoggedInUser()
        self.assertEqual(user.name, 'bob')

    @inlineCallbacks
    def test_other_connections(self) -> Any:
        """The TLS 1.2 connection is used for the login only."""
        koji = self.show('stock')
        yield koji.login()
        yield koji.getLoggedInUser()
        [handle] = [connection.tls
                    for connection in koji.client._transport.pool._open]
        self.assertEqual(handle.get_protocol_version_name(), 'TLSv1.3')


class OpenSSLFormTests(CertificateTestCase):
    """A client certificate in OpenSSL's trusted form."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Convert the certificate."""
        yield super().setUp()
        with open(self.alice, 'rb') as file:
            text = file.read()
        own = text.index(b'-----BEGIN CERTIFICATE')
        self.alice = self.authority.write('trusted.pem', text[:own] + in_form(
            text, 'server'))

    @inlineCallbacks
    def test_log_in(self) -> Any:
        """The certificate logs in."""
        for kind in ('stock', 'eager', 'modern'):
            koji = self.show(kind)
            yield koji.login()
            self.assertEqual((yield koji.getLoggedInUser()).name, 'alice')

    def test_chain(self) -> None:
        """The chain is read in order, and broken files are refused."""
        with open(self.alice, 'rb') as file:
            text = file.read()
        with open(self.authority.path, 'rb') as file:
            root = file.read()
        path = self.authority.write('chain.pem', text + root
                                    + in_form(root, 'any'))
        options = read_client_certificate(path, 'p').options
        plain = load_pem_x509_certificate(root)
        self.assertEqual(options['extraCertChain'], [plain, plain])
        self.assertEqual(options['certificate'].issuer, plain.subject)
        wreck = text.replace(b'TRUSTED CERTIFICATE-----\nMII',
                             b'TRUSTED CERTIFICATE-----\n')
        for end in (b'', b'-----BEGIN TRUSTED CERTIFICATE-----\n\n'
                    b'-----END TRUSTED CERTIFICATE-----\n'):
            path = self.authority.write('wreck.pem', wreck + end)
            with self.assertRaises(ConfigurationError) as caught:
                read_client_certificate(path, 'p')
            self.assertIn('holds no certificate', str(caught.exception))


class UntrustedTestCase(CertificateTestCase):
    """A server that is not trusted gets no certificate or request."""

    @inlineCallbacks
    def check(self, text: str, **settings: Any) -> Any:
        """Check that the login fails with a text."""
        for kind in ['stock', 'eager', 'modern']:
            koji = self.show(kind, **settings)
            error = yield self.assertFailure(koji.login(), TLSError)
            self.assertIn(text, str(error))
            self.assertEqual(error.url, koji.url + '/ssllogin')
        self.assertEqual(self.httpd.requests, '')


class WrongAuthorityTests(UntrustedTestCase):
    """A server with a certificate of another authority."""

    def test_refused(self) -> Any:
        """The error says "unknown CA"."""
        other = Authority(folder(self)).path
        return self.check('unknown CA', serverca=other)


class WrongNameTests(UntrustedTestCase):
    """A server with a trusted certificate for another host."""

    names = ('hub.example.test',)

    def test_refused(self) -> Any:
        """The error says "for another host"."""
        return self.check('for another host')


class ExpiredTests(UntrustedTestCase):
    """A server with an expired certificate."""

    certificate = {'not_before': LONG_AGO, 'not_after': YESTERDAY}

    def test_refused(self) -> Any:
        """The error says "has expired"."""
        return self.check('has expired')


class FileTests(SynchronousTestCase):
    """Files with client certificates."""

    def setUp(self) -> None:
        """Issue a certificate, and split the file."""
        self.authority = Authority(folder(self))
        self.good = self.authority.issue('good', common_name='alice')
        with open(self.good, 'rb') as file:
            text = file.read()
        begin = text.index(b'-----BEGIN CERTIFICATE')
        self.key, self.certificate = text[:begin], text[begin:]

    def check(self, data: bytes, what: str) -> None:
        """Check the error text of a file."""
        path = self.authority.write('bad.pem', data)
        with self.assertRaises(ConfigurationError) as caught:
            read_client_certificate(path, 'p')
        self.assertIn(f"profile 'p': cert {path} {what}",
                      str(caught.exception))

    def test_good(self) -> None:
        """Key and certificate are read in either order."""
        read = read_client_certificate(self.good, 'p')
        self.assertEqual(read, read_client_certificate(self.good, 'p'))
        self.assertNotIn('PRIVATE', repr(read))
        turned = self.authority.write('turned.pem',
                                      self.certificate + self.key)
        read_client_certificate(turned, 'p')

    def test_missing(self) -> None:
        """A missing file, or a folder, is an error."""
        for path in [self.good + 'x', os.path.dirname(self.good)]:
            with self.assertRaises(ConfigurationError) as caught:
                read_client_certificate(path, 'p')
            self.assertIn('cannot be read', str(caught.exception))

    def test_nonsense(self) -> None:
        """A file without a certificate is an error."""
        self.check(b'', 'holds no certificate')
        self.check(b'\xff\0nonsense', 'holds no certificate')
        self.check(self.key, 'holds no certificate')
        self.check(self.certificate.replace(b'MII', b'AAA') + self.key,
                   'holds no certificate')

    def test_without_key(self) -> None:
        """A file without a key, or with a broken one, is an error."""
        self.check(self.certificate, 'holds no private key')
        self.check(self.certificate + self.key.replace(b'M', b'N'),
                   'holds no private key')

    def test_encrypted(self) -> None:
        """A file with an encrypted key is an error."""
        from cryptography.hazmat.primitives import serialization as forms
        key: Any = forms.load_pem_private_key(self.key, None)
        encrypted = key.private_bytes(
            forms.Encoding.PEM, forms.PrivateFormat.PKCS8,
            forms.BestAvailableEncryption(b'secret'))
        self.check(self.certificate + encrypted, 'has an encrypted key')

    def test_other_key(self) -> None:
        """A file with the key of another certificate is an error."""
        with open(self.authority.issue('other'), 'rb') as file:
            other = file.read()
        key = other[:other.index(b'-----BEGIN CERTIFICATE')]
        self.check(self.certificate + key, 'has a key that does not match')

    def test_expired(self) -> None:
        """A certificate outside its period of validity is an error."""
        path = self.authority.issue('old', not_before=LONG_AGO,
                                    not_after=YESTERDAY)
        with open(path, 'rb') as file:
            self.check(file.read(), 'expired on')
        tomorrow = datetime.now(timezone.utc) + timedelta(days=1)
        path = self.authority.issue('new', not_before=tomorrow,
                                    not_after=tomorrow + timedelta(days=9))
        with open(path, 'rb') as file:
            self.check(file.read(), 'is not valid before')
