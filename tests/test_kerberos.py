"""Logging in with Kerberos: a real KDC, and a real httpd that asks for it."""
from __future__ import annotations

import atexit
import os
import signal
import subprocess
import sys
import threading
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.servers import (HttpdTestCase, missing_kerberos, new_realm,
                           server_context, shifted)
from txkoji import Connection, KojiLoginException
from txkoji.exceptions import CallTimeout, GSSAPIAuthError

#: A program that logs in while the KDC does not answer, and ends.
IMPATIENT = '''
import sys, threading
from twisted.internet.task import react
from twisted.internet.defer import ensureDeferred
from txkoji import Connection, Profile
from txkoji.exceptions import CallTimeout

async def main(reactor):
    koji = Connection(Profile('p', server=sys.argv[1], serverca=sys.argv[2],
                              authtype='kerberos', auth_timeout=0.2))
    try:
        await koji.login(keytab=sys.argv[3], principal=sys.argv[4],
                         ccache='MEMORY:impatient')
    except CallTimeout:
        print('timed out')
    await koji.close()
    print([thread.daemon for thread in threading.enumerate()
           if 'Kerberos' in thread.name])

react(lambda reactor: ensureDeferred(main(reactor)))
'''


class KerberosTestCase(HttpdTestCase):
    """With a realm for the class, and an httpd that knows its keys."""

    skip = missing_kerberos()

    #: Made by the first test of each class, since trial has no other place.
    realm: Any = None

    @classmethod
    def make_realm(cls) -> None:
        cls.realm = new_realm()
        atexit.register(cls.realm.stop)
        cls.realm.addprinc('HTTP/localhost')
        cls.realm.extract_keytab('HTTP/localhost', cls.realm.keytab)
        cls.realm.extract_keytab(cls.realm.user_princ,
                                 cls.realm.client_keytab)

    #: Whom httpd lets in.
    users = 'user@KRBTEST.COM'

    @inlineCallbacks
    def setUp(self) -> Any:
        if self.realm is None:
            self.make_realm()
        self.keytab = self.realm.keytab
        yield super().setUp()
        # Where Kerberos looks for what nobody names.
        nothing = 'FILE:' + os.path.join(self.folder, 'nothing')
        self.set_environment(
            KRB5_CONFIG=self.realm.env['KRB5_CONFIG'], KRB5CCNAME=nothing,
            KRB5_CLIENT_KTNAME=nothing)

    def set_environment(self, **values: str) -> None:
        patch = mock.patch.dict(os.environ, values)
        patch.start()
        self.addCleanup(patch.stop)

    def kinit(self, name: str = 'tickets', **kwargs: Any) -> str:
        """Get a ticket; gives the name of the cache that it is in."""
        cache = 'FILE:' + os.path.join(self.folder, name)
        env = {**self.realm.env, 'KRB5CCNAME': cache,
               **kwargs.pop('env', {})}
        self.realm.kinit(self.realm.user_princ,
                         flags=['-k', '-t', self.realm.client_keytab],
                         env=env, **kwargs)
        return cache

    def negotiate(self, server: str = '', **settings: Any) -> Connection:
        """A Connection that logs in with Kerberos."""
        return self.connect(server or self.httpd.url('kerberos'),
                            **{'authtype': 'kerberos', **settings})

    @inlineCallbacks
    def check_user(self, koji: Connection) -> Any:
        user = yield koji.getLoggedInUser()
        self.assertEqual((user.name, user.authtype), ('user', 3))

    @inlineCallbacks
    def check_refused(self, text: str, koji: Connection, **given: Any
                      ) -> Any:
        """login() fails, and the error's text says this."""
        error = yield self.assertFailure(koji.login(**given),
                                         GSSAPIAuthError)
        self.assertIsInstance(error, KojiLoginException)
        self.assertIn(text, str(error))
        self.assertIsNone(koji.session_id)
        self.assertEqual(self.hub.requests, 0)


class KerberosTests(KerberosTestCase):
    """With a ticket, or a way to get one."""

    @inlineCallbacks
    def test_ticket(self) -> Any:
        """With the ticket that the process has."""
        self.set_environment(KRB5CCNAME=self.kinit())
        koji = self.negotiate()
        before = dict(os.environ)
        self.assertIs((yield koji.login()), True)
        self.assertEqual(dict(os.environ), before)
        yield self.check_user(koji)
        # One request to log in: nobody was asked for a token first.
        self.assertEqual(self.httpd.requests.count('ssllogin'), 1)

    @inlineCallbacks
    def test_cache(self) -> Any:
        """With a ticket in a cache that login() is told of."""
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit())
        yield self.check_user(koji)

    @inlineCallbacks
    def test_keytab(self) -> Any:
        """With the keytab and the principal of the profile."""
        koji = self.negotiate(keytab=self.realm.client_keytab,
                              principal=self.realm.user_princ)
        yield koji.login(ccache='MEMORY:own')
        yield self.check_user(koji)
        self.hub.sessions.expire()
        yield self.check_user(koji)
        self.assertEqual(koji.stats.renewals, 1)

    @inlineCallbacks
    def test_keytab_alone(self) -> Any:
        """A keytab has a principal in it."""
        koji = self.negotiate()
        yield koji.login(keytab=self.realm.client_keytab,
                         ccache='MEMORY:alone')
        yield self.check_user(koji)

    @inlineCallbacks
    def test_no_longer(self) -> Any:
        """If the ticket is gone when the session expires, that is said."""
        cache = self.kinit()
        koji = self.negotiate()
        yield koji.login(ccache=cache)
        os.remove(cache[len('FILE:'):])
        self.hub.sessions.expire()
        for _ in range(2):
            error = yield self.assertFailure(koji.getLoggedInUser(),
                                             GSSAPIAuthError)
            self.assertIn('run kinit', str(error))
        self.kinit()
        yield self.check_user(koji)

    @inlineCallbacks
    def test_chosen(self) -> Any:
        """Without an authtype, and without a certificate, it is Kerberos."""
        koji = self.negotiate(authtype=None)
        yield koji.login(ccache=self.kinit())
        yield self.check_user(koji)

    @inlineCallbacks
    def test_proxyuser(self) -> Any:
        """A principal that may do so logs in another user."""
        self.hub.sessions.proxies.append(self.realm.user_princ)
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit(), proxyuser='alice')
        user = yield koji.getLoggedInUser()
        self.assertEqual(user.name, 'alice')

    @inlineCallbacks
    def test_threads(self) -> Any:
        """No thread is left after a login."""
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit())
        for thread in threading.enumerate():
            if 'Kerberos' in thread.name:
                thread.join()

    def test_no_ticket(self) -> Any:
        """Where there is none, the error says what to do."""
        return self.check_refused('run kinit', self.negotiate())

    def test_no_cache(self) -> Any:
        """A cache that is not there is none."""
        return self.check_refused('run kinit', self.negotiate(),
                                  ccache='FILE:/nosuch')

    def test_no_keytab(self) -> Any:
        """A keytab that is not there is no way either."""
        return self.check_refused('keytab', self.negotiate(),
                                  keytab='/nosuch', ccache='MEMORY:x')

    def test_unknown_principal(self) -> Any:
        """A principal that the keytab does not have."""
        return self.check_refused(
            'keytab', self.negotiate(), principal='nobody@KRBTEST.COM',
            keytab=self.realm.client_keytab, ccache='MEMORY:y')

    def test_unknown_service(self) -> Any:
        """A host that Kerberos does not know."""
        koji = self.negotiate(self.httpd.url('kerberos', '127.0.0.1'))
        return self.check_refused(
            'does not know the service HTTP of this host', koji,
            ccache=self.kinit())

    def test_unknown_realm(self) -> Any:
        """Settings that name no such realm."""
        path = os.path.join(self.folder, 'krb5.conf')
        with open(path, 'w') as file:
            file.write('[libdefaults]\ndns_lookup_kdc = false\n')
        self.set_environment(KRB5_CONFIG=path)
        return self.check_refused(
            'krb5.conf', self.negotiate(), ccache='MEMORY:z',
            principal=self.realm.user_princ, keytab=self.realm.client_keytab)

    @inlineCallbacks
    def test_server_not_proven(self) -> Any:
        """A server that cannot prove who it is is not believed."""
        class Liar(Resource):
            isLeaf = True

            def __init__(self, token: bytes) -> None:
                Resource.__init__(self)
                self.token = token

            def render_POST(self, request: Any) -> bytes:
                request.setHeader(b'WWW-Authenticate',
                                  b'Negotiate ' + self.token)
                return b'<methodResponse/>'

        cache = self.kinit()
        context = server_context(self.authority.authority, 'localhost')
        for token in [b'AAAA', b'=x=', b'oRQwEqADCgEAoQsGCSqGSIb3EgECAg==']:
            port = reactor.listenSSL(0, Site(Liar(token), reactor=reactor),
                                     context, interface='127.0.0.1')
            self.addCleanup(port.stopListening)
            koji = self.negotiate('https://localhost:'
                                  f'{port.getHost().port}/kojihub')
            yield self.check_refused('could not prove', koji, ccache=cache)


class NotLetInTests(KerberosTestCase):
    """An httpd that does not let the user in."""

    users = 'other@KRBTEST.COM'

    def test_refused(self) -> Any:
        """Its 401 is an error that says what may be wrong."""
        return self.check_refused('does the hub know this principal',
                                  self.negotiate(), ccache=self.kinit())


class ClockTests(KerberosTestCase):
    """A KDC that lives two days ago."""

    @classmethod
    def make_realm(cls) -> None:
        super().make_realm()
        cls.realm.stop_kdc()
        cls.past = shifted(-2)
        cls.realm.start_kdc(env={**cls.realm.env, **cls.past})

    def test_expired(self) -> Any:
        """A ticket that has expired: get another one."""
        cache = self.kinit(env=self.past)
        return self.check_refused('the ticket has expired: run kinit',
                                  self.negotiate(), ccache=cache)

    def test_skew(self) -> Any:
        """Clocks that differ: set them right."""
        return self.check_refused(
            'differ too much', self.negotiate(), ccache='MEMORY:skew',
            principal=self.realm.user_princ, keytab=self.realm.client_keytab)


class SlowTests(KerberosTestCase):
    """A KDC that does not answer."""

    @inlineCallbacks
    def setUp(self) -> Any:
        yield super().setUp()
        kdc = self.realm._kdc_proc.pid
        os.kill(kdc, signal.SIGSTOP)
        self.addCleanup(os.kill, kdc, signal.SIGCONT)
        self.resume = lambda: os.kill(kdc, signal.SIGCONT)

    def begin(self, koji: Connection, cache: str) -> Any:
        return koji.login(ccache='MEMORY:' + cache,
                          keytab=self.realm.client_keytab,
                          principal=self.realm.user_princ)

    @inlineCallbacks
    def test_others_go_on(self) -> Any:
        """Other calls go on, and the login ends when its time is over."""
        koji = self.negotiate(auth_timeout=0.5)
        login = self.begin(koji, 'slow')
        for number in range(1, 11):
            tag = yield koji.getTag(number)
            self.assertEqual(tag.id, number)
        self.assertFalse(login.called)
        self.assertEqual(reactor.getThreadPool().working, [])
        yield self.assertFailure(login, CallTimeout)
        self.assertIsNone(koji.session_id)
        # The step is still under way; that it ends is nobody's concern.
        [thread] = [thread for thread in threading.enumerate()
                    if 'Kerberos' in thread.name]
        yield koji.close()
        self.resume()
        thread.join()

    @inlineCallbacks
    def test_cancelled(self) -> Any:
        """A login can be cancelled, and another one begun."""
        koji = self.negotiate()
        login = self.begin(koji, 'cancelled')
        login.cancel()
        yield self.assertFailure(login, CancelledError)
        self.resume()
        yield self.begin(koji, 'again')
        yield self.check_user(koji)

    def test_process_ends(self) -> None:
        """A program ends, though a step that it began does not."""
        done = subprocess.run(
            [sys.executable, '-c', IMPATIENT, self.httpd.url('kerberos'),
             self.authority.path, self.realm.client_keytab,
             self.realm.user_princ], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stdout, 'timed out\n[True]\n')
        self.assertEqual(done.returncode, 0)
