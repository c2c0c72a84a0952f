"""Koji's own client logs in to a FakeHub, as ours does."""
from __future__ import annotations

from typing import Any

import koji
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from cryptography.x509 import load_pem_x509_certificates
from twisted.internet import reactor, ssl
from twisted.internet.defer import inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.servers import Authority
from tests.support import folder
from txkoji import Connection, Profile
from txkoji.testing import FakeHub


class PeerLoginTests(TestCase):
    """The same hub, and the same things done by both."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.authority = Authority(folder(self))
        self.alice = self.authority.issue('alice', common_name='alice')
        with open(self.authority.issue('hub', 'localhost'), 'rb') as file:
            text = file.read()
        own, *chain = load_pem_x509_certificates(text)
        with open(self.authority.path, 'rb') as file:
            trusted = ssl.Certificate.loadPEM(file.read())
        self.hub = FakeHub(reactor=reactor)
        self.hub.respond('build', 7)
        self.hub.sessions.passwords['bob'] = 'x'
        self.server = yield self.hub.listen(tls=ssl.CertificateOptions(
            certificate=own, extraCertChain=chain,
            privateKey=load_pem_private_key(text, None),
            trustRoot=ssl.trustRootFromCertificates([trusted])))
        self.addCleanup(self.hub.stop)

    def forget(self, session: Any) -> None:
        """
        Close a session of Koji's client after the test.

        When it is destroyed it would log out, in this thread, in which the hub
        is.
        """
        self.addCleanup(session.rsession.close)
        self.addCleanup(setattr, session, 'logged_in', False)

    def clients(self) -> Any:
        """A session of Koji's client, and a Connection."""
        theirs = koji.ClientSession(
            self.server, {'serverca': self.authority.path, 'max_retries': 0,
                          'user': 'bob', 'password': 'x'})
        theirs.opts['cert'] = self.alice
        self.forget(theirs)
        ours = Connection(Profile(
            'test', server=self.server, serverca=self.authority.path,
            cert=self.alice, max_retries=0))
        self.addCleanup(ours.close)
        return theirs, ours

    @inlineCallbacks
    def test_certificate(self) -> Any:
        """With a certificate: who it is, a write, a renewal, the end."""
        theirs, ours = self.clients()
        self.assertTrue((yield deferToThread(
            theirs.ssl_login, self.alice, None, self.authority.path)))
        self.assertTrue((yield ours.login()))
        for _ in range(2):
            user: dict[str, Any] = yield deferToThread(theirs.getLoggedInUser)
            self.assertEqual(user, (yield ours.getLoggedInUser()))
            self.assertEqual((user['name'], user['authtype']), ('alice', 2))
            self.hub.sessions.expire()
        self.assertEqual((yield deferToThread(theirs.build, 'x')), 7)
        self.assertEqual((yield ours.build('x')), 7)
        yield deferToThread(theirs.logout)
        yield ours.logout()
        self.assertTrue(all(row.closed for row in self.hub.sessions.rows))

    @inlineCallbacks
    def test_password(self) -> Any:
        """With a password."""
        theirs, ours = self.clients()
        # It shows its certificate all the same, or the hub hangs up.
        theirs.rsession.cert = self.alice
        self.assertTrue((yield deferToThread(theirs.login)))
        yield ours.login()
        yield ours.logout()
        yield ours.login('password', user='bob', password='x')
        user = yield deferToThread(theirs.getLoggedInUser)
        self.assertEqual(user, (yield ours.getLoggedInUser()))
        self.assertEqual((user['name'], user['authtype']), ('bob', 0))

    @inlineCallbacks
    def test_subsession(self) -> Any:
        """A session of a session."""
        theirs, ours = self.clients()
        yield deferToThread(theirs.ssl_login, self.alice, None,
                            self.authority.path)
        yield ours.login()
        other = yield deferToThread(theirs.subsession)
        self.forget(other)
        user = yield deferToThread(other.getLoggedInUser)
        self.assertEqual(user['name'], 'alice')
        child = yield ours.new_session()
        yield deferToThread(theirs.logout)
        yield ours.logout()
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [True] * 4)
        yield child.close()
