"""The certificates that a hub is verified against, compared with OpenSSL."""
from __future__ import annotations

import os
import shutil
import subprocess
from typing import Any
from unittest import mock

import requests
import trustme
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificate
from twisted.internet import reactor
from twisted.internet.defer import Deferred, inlineCallbacks
from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
from twisted.internet.interfaces import IHandshakeListener
from twisted.internet.protocol import Factory, Protocol
from twisted.internet.ssl import CertificateOptions
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.web.client import URI
from twisted.web.server import Site
from zope.interface import implementer

from tests.hub.test_wire import WireTestCase
from tests.servers import in_form, server_context
from tests.support import folder, write
from txkoji import Profile
from txkoji.exceptions import ConfigurationError, TLSError
from txkoji.hub.http.tls import HubPolicy
from txkoji.testing import FakeHub


def read(path: str) -> bytes:
    """The contents of a file."""
    with open(path, 'rb') as file:
        return file.read()


def get(url: str, path: str) -> bool:
    """Whether the requests library trusts a server."""
    with requests.Session() as session:
        session.trust_env = False
        try:
            session.get(url, verify=path)
        except requests.exceptions.SSLError:
            return False
    return True


@implementer(IHandshakeListener)
class Handshake(Protocol):
    """A client that fires `done` of its factory after the handshake."""

    def handshakeCompleted(self) -> None:
        """Close the connection."""
        self.transport.loseConnection()

    def connectionLost(self, reason: Any = None) -> None:
        """Fire `done` with pyOpenSSL's connection."""
        self.factory.done.callback(self.transport.getHandle())


class TrustTests(WireTestCase):
    """The forms of `serverca`, compared with the requests library."""

    if shutil.which('openssl') is None:
        skip = "Debian's package openssl is missing"

    @inlineCallbacks
    def test_environment(self) -> Any:
        """Without a serverca, the variables of requests and curl are used."""
        good = write(self.folder + '/root.pem', self.root)
        other = write(self.folder + '/other.pem', self.other)
        hashed = self.folder + '/hashed'
        write(hashed + '/root.pem', self.root)
        subprocess.run(['openssl', 'rehash', hashed], check=True)
        for environment, settings, kind in [
                ({'REQUESTS_CA_BUNDLE': good}, {}, None),
                ({'CURL_CA_BUNDLE': good}, {}, None),
                ({'CURL_CA_BUNDLE': hashed}, {}, None),
                ({'REQUESTS_CA_BUNDLE': good, 'CURL_CA_BUNDLE': other}, {},
                 None),
                ({'REQUESTS_CA_BUNDLE': '', 'CURL_CA_BUNDLE': good}, {},
                 None),
                ({'SSL_CERT_FILE': good}, {}, None),
                ({'REQUESTS_CA_BUNDLE': other}, {'serverca': good}, None),
                ({'REQUESTS_CA_BUNDLE': other}, {'no_ssl_verify': True},
                 None),
                ({'REQUESTS_CA_BUNDLE': other}, {}, TLSError),
                ({'REQUESTS_CA_BUNDLE': good}, {'serverca': other}, TLSError),
                ({'REQUESTS_CA_BUNDLE': '/no/such'}, {},
                 ConfigurationError)]:
            with mock.patch.dict(os.environ, environment, clear=True):
                call = self.connect(self.direct, **settings).getAPIVersion()
                if kind is None:
                    self.assertEqual((yield call), 1, environment)
                else:
                    error = yield self.assertFailure(call, kind)
        self.assertIn('REQUESTS_CA_BUNDLE /no/such', str(error))

    @inlineCallbacks
    def setUp(self) -> Any:
        """Serve a hub with certificates of a root, and of an issuer."""
        self.folder = folder(self)
        root = trustme.CA()
        self.root = root.cert_pem.bytes()
        self.middle = root.create_child_ca()
        self.other = trustme.CA().cert_pem.bytes()
        self.site = site = Site(FakeHub(clock=Clock()).resource,
                                reactor=reactor)
        port = yield self.serve(site, server_context(self.middle, 'localhost'))
        self.server = f'https://localhost:{port}/kojihub'
        port = yield self.serve(site, server_context(root, 'localhost'))
        self.direct = f'https://localhost:{port}/kojihub'

    @inlineCallbacks
    def check(self, path: str, good: bool, why: str = 'verify failed') -> Any:
        """Both txkoji and requests trust the hub, or neither does."""
        theirs = yield deferToThread(get, self.direct, path)
        self.assertIs(theirs, good, path)
        koji = self.connect(self.direct, serverca=path)
        if good:
            self.assertEqual((yield koji.getAPIVersion()), 1)
        else:
            error = yield self.assertFailure(koji.getAPIVersion(), TLSError)
            self.assertIn(why, str(error))

    def bundle(self, *parts: bytes) -> str:
        """Write certificates to one file, and return its path."""
        return write(os.path.join(self.folder, 'bundle.pem'), b''.join(parts))

    def directory(self, *parts: bytes) -> str:
        """Write certificates to a hashed directory, and return its path."""
        path = os.path.join(self.folder, 'certs.d')
        shutil.rmtree(path, ignore_errors=True)
        for number, part in enumerate(parts):
            write(os.path.join(path, f'{number}.pem'), part)
        subprocess.run(['openssl', 'rehash', path], check=True)
        return path

    @inlineCallbacks
    def test_forms(self) -> Any:
        """A certificate is trusted for the purposes it is marked for."""
        for form, good, why in [
                ('plain', True, ''), ('any', True, ''), ('server', True, ''),
                ('no-mail', True, ''),
                ('mail', False, 'trusted there for something else only'),
                ('no-server', False, 'is rejected by the serverca'),
                ('both', False, 'is rejected by the serverca')]:
            root = in_form(self.root, form)
            yield self.check(self.bundle(root), good, why)
            yield self.check(self.directory(root), good, why)

    @inlineCallbacks
    def test_bundles(self) -> Any:
        """Every certificate of a bundle is used, in any form."""
        trusted = in_form(self.root, 'server')
        for parts, good in [
                ((self.other, trusted), True), ((trusted, self.other), True),
                ((in_form(self.other, 'server'), self.root), True),
                ((in_form(self.other, 'no-server'), self.root), True),
                ((self.other, in_form(self.other, 'server')), False),
                ((self.other, in_form(self.root, 'no-server')), False),
                ((b'# Root of all\n\xc3\xa9\n', trusted), True),
                ((trusted.replace(b'\n', b'\r\n'),), True),
                ((self.root.replace(b' CERT', b' X509 CERT'),), True)]:
            yield self.check(self.bundle(*parts), good)

    @inlineCallbacks
    def test_directories(self) -> Any:
        """Hashed certificates of a directory are used, also later ones."""
        yield self.check(self.directory(self.other, self.root), True)
        yield self.check(self.directory(self.other), False, 'unknown CA')
        # One that comes later is found, too.
        path = self.directory(self.other)
        write(os.path.join(path, 'new.pem'), self.root)
        yield self.check(path, False, 'unknown CA')
        subprocess.run(['openssl', 'rehash', path], check=True)
        yield self.check(path, True)

    @inlineCallbacks
    def test_names(self) -> Any:
        """A host name is verified in lower case, without its final dot."""
        path = self.bundle(self.root)
        policy = HubPolicy(Profile('p', server=self.direct, serverca=path))
        port = URI.fromBytes(self.direct.encode()).port
        for host, good in [(b'localhost', True), (b'LocalHost.', True),
                           (b'other', False), (b'127.0.0.1', False),
                           (b'[::1]', False)]:
            reason = yield self.shake_hands(policy, host, port)
            self.assertIs(reason is None, good, (host, reason))

    @inlineCallbacks
    def shake_hands(self, policy: HubPolicy, host: bytes, port: int) -> Any:
        """
        Connect to a local port as to a host.

        :returns: the text of the verification error, or None.
        """
        factory = Factory.forProtocol(Handshake)
        factory.done = Deferred()
        yield wrapClientTLS(
            policy.creatorForNetloc(host, port),
            HostnameEndpoint(reactor, '127.0.0.1', port)).connect(factory)
        connection = yield factory.done
        return policy.verify_error(connection)

    @inlineCallbacks
    def test_own_certificate(self) -> Any:
        """A serverca can be the hub's own certificate, for its host only."""
        path = os.path.join(self.folder, 'own.pem')
        subprocess.run(
            ['openssl', 'req', '-x509', '-newkey', 'rsa:2048', '-noenc',
             '-keyout', path + '.key', '-out', path, '-subj', '/CN=localhost',
             '-addext', 'subjectAltName=DNS:localhost'],
            stderr=subprocess.DEVNULL, check=True)
        own, key = [read(name) for name in (path, path + '.key')]
        port = yield self.serve(self.site, CertificateOptions(
            privateKey=load_pem_private_key(key, None),
            certificate=load_pem_x509_certificate(own)))
        for form in ('plain', 'server'):
            policy = HubPolicy(Profile(
                'p', server=self.direct,
                serverca=self.bundle(in_form(own, form))))
            for host, why in [(b'localhost', None),
                              (b'other', 'the certificate is for another host'
                                         ' than other')]:
                reason = yield self.shake_hands(policy, host, port)
                self.assertEqual(reason, why)

    @inlineCallbacks
    def test_issuer(self) -> Any:
        """The error of a rejected issuer names the issuer, not the hub."""
        path = self.bundle(in_form(self.middle.cert_pem.bytes(), 'no-server'))
        koji = self.connect(self.server, serverca=path)
        error = yield self.assertFailure(koji.getAPIVersion(), TLSError)
        self.assertIn('an issuer of the certificate of localhost is rejected',
                      str(error))
        # One that is marked as trusted needs no root above it.
        path = self.bundle(in_form(self.middle.cert_pem.bytes(), 'server'))
        koji = self.connect(self.server, serverca=path)
        self.assertEqual((yield koji.getAPIVersion()), 1)
