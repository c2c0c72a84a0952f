"""Logging in with Kerberos, against a real KDC and a real httpd."""
from __future__ import annotations

import atexit
import os
import shutil
import signal
import subprocess
import sys
import threading
from traceback import TracebackException
from typing import Any
from unittest import mock

from twisted.internet import reactor
from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.servers import (
    HttpdTestCase,
    Tinyproxy,
    missing_kerberos,
    missing_tinyproxy,
    new_realm,
    server_context,
    shifted,
)
from tests.support import folder, write
from txkoji import Connection, KojiLoginException
from txkoji.exceptions import CallTimeout, GSSAPIAuthError
from txkoji.hub.session.kerberos import advice

#: Error texts of GSSAPI and Kerberos, with words of the advice.
TEXTS = [
    ('No Kerberos credentials available (default cache: FILE:/tmp/krb5cc_0)',
     'there is no ticket: run kinit'),
    ('No Kerberos credentials available (default cache:'
     ' KEYRING:persistent:1000)', 'there is no ticket: run kinit'),
    ('No Kerberos credentials available (default cache: KCM:)',
     'there is no ticket: run kinit'),
    ('No credentials cache found (filename: /tmp/krb5cc_1000)',
     'there is no ticket: run kinit'),
    ("Credentials cache file '/tmp/krb5cc_1000' not found",
     'there is no ticket: run kinit'),
    ('Credential cache is empty', 'there is no ticket: run kinit'),
    ('SPNEGO cannot find mechanisms to negotiate',
     'there is no ticket: run kinit'),
    ('Matching credential not found (filename: /tmp/krb5cc_0)',
     'there is no ticket: run kinit'),
    ("Can't find client principal bot@EXAMPLE.COM in cache collection",
     'the principal has no ticket'),
    ('Ticket expired', 'the ticket has expired'),
    ('Ticket not yet valid', 'the ticket is not valid yet'),
    ('Clock skew too great', 'the clocks of this machine'),
    ('Server not found in Kerberos database', 'does not know the service'),
    ('Server HTTP/hub.example.com@EXAMPLE.COM not found in Kerberos database',
     'does not know the service'),
    ('Server krbtgt/OTHER.COM@EXAMPLE.COM not found in Kerberos database',
     'no way to the realm'),
    ("Client 'bot@EXAMPLE.COM' not found in Kerberos database",
     'does not know the principal'),
    ('Client not found in Kerberos database', 'does not know the principal'),
    ("Cannot contact any KDC for realm 'EXAMPLE.COM'", '(KDC) cannot be'),
    ('Resource temporarily unavailable', '(KDC) cannot be reached'),
    ('Cannot find KDC for realm "EXAMPLE.COM"', 'realm'),
    ('Configuration file does not specify default realm', 'default_realm'),
    ('Cannot determine realm for numeric host address', 'not by its address'),
    ("Key table file '/etc/bot.keytab' not found", 'is no such keytab'),
    ('Keytab FILE:/etc/bot.kt is nonexistent or empty', 'is no such keytab'),
    ('Permission denied', 'the keytab, or the ticket cache, may not be read'),
    ('Keytab contains no suitable keys for bot/host.example.com@EXAMPLE.COM',
     'the keytab lacks the principal'),
    ('No key table entry found for bot/host.example.com@EXAMPLE.COM',
     'the keytab lacks the principal'),
    ('Preauthentication failed', 'the keytab has an old key'),
    ('Password incorrect', 'the keytab has an old key'),
    ('Decrypt integrity check failed', 'the keytab has an old key'),
    ('KDC has no support for encryption type', 'no encryption type in common'),
    ("Client's credentials have been revoked", 'is locked'),
    ("Client's entry in database has expired", 'account of the principal has'
     ' expired'),
    ('Password has expired', 'kpasswd'),
    ('KDC policy rejects request', 'the policy of the Kerberos server'),
    ('Credentials cache permissions incorrect', 'cache cannot be read'),
    ('Credentials cache I/O operation failed XXX', 'cache cannot be read'),
    ('Internal credentials cache error', 'the ticket cache is broken'),
    ('Bad format in credentials cache', 'the ticket cache is broken'),
    ('Unsupported credentials cache format version number (filename: /tmp/x)',
     'the ticket cache is broken'),
    ('Unknown credential cache type', 'no such kind of ticket cache'),
    ('Failed to store credentials: No credentials cache found',
     'the ticket cache cannot be written'),
    ('Principal in credential cache does not match desired name',
     'a ticket of another principal'),
    ('Hostname cannot be canonicalized', 'the name of the host cannot be'),
    ('Malformed representation of principal', 'the principal is malformed'),
    ('Cannot allocate memory', 'see the text'),
    ('Invalid credential was supplied', 'see the text'),
]

#: The major text of most errors.
MAJOR = ('Major (458752): No credentials were supplied, or the credentials'
         ' were unavailable or inaccessible, Minor (2529639107): ')

#: A program that logs in while the KDC does not answer, and exits.
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


class AdviceTests(SynchronousTestCase):
    """The advice for error texts of Kerberos."""

    def test_texts(self) -> None:
        """Each text has its advice, whatever the major text is."""
        for text, words in TEXTS:
            for whole in (text, MAJOR + text,
                          f'stepping context failed: {MAJOR}{text} )'):
                self.assertIn(words, advice(whole))
        self.assertIn('see the text', advice('whatever'))

    def test_keytab(self) -> None:
        """With a keytab a missing ticket is the keytab's fault."""
        path = write(os.path.join(folder(self), 'bot.keytab'), 'rubbish')
        for text in ('No credentials cache found',
                     "Can't find client principal bot@X in cache collection"):
            for keytab in (path, 'FILE:' + path, 'MEMORY:bot'):
                self.assertIn(f'the keytab {keytab} is not a keytab file, is'
                              ' empty, or lacks the principal',
                              advice(text, keytab))
            for keytab in (path + 'x', f'FILE:{path}x'):
                self.assertEqual(
                    advice(text, keytab), f'the keytab {path}x cannot be read:'
                                          ' No such file or directory')
        self.assertIn('the keytab has an old key',
                      advice('Preauthentication failed', path))


class KerberosTestCase(HttpdTestCase):
    """A realm for the class, and an httpd with its keys."""

    skip = missing_kerberos()

    #: The realm. The first test of each class makes it.
    realm: Any = None

    @classmethod
    def make_realm(cls) -> None:
        """Make the realm, with the keys of httpd and a user."""
        cls.realm = new_realm()
        atexit.register(cls.realm.stop)
        cls.realm.addprinc('HTTP/localhost')
        cls.realm.extract_keytab('HTTP/localhost', cls.realm.keytab)
        cls.realm.extract_keytab(cls.realm.user_princ,
                                 cls.realm.client_keytab)

    #: The users that httpd lets in.
    users = 'user@KRBTEST.COM'

    @inlineCallbacks
    def setUp(self) -> Any:
        """Start httpd, and set the environment of Kerberos."""
        if self.realm is None:
            self.make_realm()
        self.keytab = self.realm.keytab
        yield super().setUp()
        # The default cache and keytab do not exist.
        nothing = 'FILE:' + os.path.join(self.folder, 'nothing')
        self.set_environment(
            KRB5_CONFIG=self.realm.env['KRB5_CONFIG'], KRB5CCNAME=nothing,
            KRB5_CLIENT_KTNAME=nothing)

    def set_environment(self, **values: str) -> None:
        """Set environment variables for the test."""
        patch = mock.patch.dict(os.environ, values)
        patch.start()
        self.addCleanup(patch.stop)

    def kinit(self, name: str = 'tickets', **kwargs: Any) -> str:
        """Get a ticket, and return the name of its cache."""
        cache = 'FILE:' + os.path.join(self.folder, name)
        env = {**self.realm.env, 'KRB5CCNAME': cache,
               **kwargs.pop('env', {})}
        self.realm.kinit(self.realm.user_princ,
                         flags=['-k', '-t', self.realm.client_keytab],
                         env=env, **kwargs)
        return cache

    def negotiate(self, server: str = '', **settings: Any) -> Connection:
        """Make a Connection that logs in with Kerberos."""
        return self.connect(server or self.httpd.url('kerberos'),
                            **{'authtype': 'kerberos', **settings})

    @inlineCallbacks
    def check_user(self, koji: Connection) -> Any:
        """Check that the user of the ticket is logged in."""
        user = yield koji.getLoggedInUser()
        self.assertEqual((user.name, user.authtype), ('user', 3))

    @inlineCallbacks
    def check_refused(self, text: str, koji: Connection, **given: Any
                      ) -> Any:
        """Check that login() fails with a text."""
        error = yield self.assertFailure(koji.login(**given),
                                         GSSAPIAuthError)
        self.assertIsInstance(error, KojiLoginException)
        self.assertIn(text, str(error))
        self.assertTrue(str(error).isprintable(), ascii(str(error)))
        self.assertIsNone(koji.session_id)
        self.assertEqual(self.hub.requests, 0)
        return error


class KerberosTests(KerberosTestCase):
    """Logins with a ticket, or with a keytab."""

    @inlineCallbacks
    def test_proxy(self) -> Any:
        """A login goes through a forward proxy."""
        missing = missing_tinyproxy()
        if missing is not None:
            self.skipTest(missing)
        proxy = Tinyproxy(self.folder)
        proxy.start()
        self.addCleanup(proxy.stop)
        self.set_environment(KRB5CCNAME=self.kinit())
        koji = self.negotiate(proxy=proxy.url)
        yield koji.login()
        yield self.check_user(koji)
        self.assertIn('CONNECT localhost', proxy.stop())

    @inlineCallbacks
    def test_ticket(self) -> Any:
        """The default ticket of the process logs in."""
        self.set_environment(KRB5CCNAME=self.kinit())
        koji = self.negotiate()
        before = dict(os.environ)
        self.assertIs((yield koji.login()), True)
        self.assertEqual(dict(os.environ), before)
        yield self.check_user(koji)
        # The login took one request: the token was sent without a challenge.
        self.assertEqual(self.httpd.requests.count('ssllogin'), 1)

    @inlineCallbacks
    def test_cache(self) -> Any:
        """A ticket in the cache of `ccache` logs in."""
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit())
        yield self.check_user(koji)

    @inlineCallbacks
    def test_keytab(self) -> Any:
        """Keytab and principal of the profile log in and renew."""
        koji = self.negotiate(keytab=self.realm.client_keytab,
                              principal=self.realm.user_princ)
        yield koji.login(ccache='MEMORY:own')
        yield self.check_user(koji)
        self.hub.sessions.expire()
        yield self.check_user(koji)
        self.assertEqual(koji.stats.renewals, 1)

    @inlineCallbacks
    def test_keytab_alone(self) -> Any:
        """A keytab without a principal logs in."""
        koji = self.negotiate()
        yield koji.login(keytab=self.realm.client_keytab,
                         ccache='MEMORY:alone')
        yield self.check_user(koji)

    @inlineCallbacks
    def test_no_longer(self) -> Any:
        """A renewal without a ticket fails until there is one."""
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
        """Without authtype and certificate Kerberos is chosen."""
        koji = self.negotiate(authtype=None)
        yield koji.login(ccache=self.kinit())
        yield self.check_user(koji)

    @inlineCallbacks
    def test_proxyuser(self) -> Any:
        """An allowed principal logs in another user."""
        self.hub.sessions.proxies.append(self.realm.user_princ)
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit(), proxyuser='alice')
        user = yield koji.getLoggedInUser()
        self.assertEqual(user.name, 'alice')

    @inlineCallbacks
    def test_threads(self) -> Any:
        """The threads of a login end."""
        koji = self.negotiate()
        yield koji.login(ccache=self.kinit())
        for thread in threading.enumerate():
            if 'Kerberos' in thread.name:
                thread.join()

    def test_no_ticket(self) -> Any:
        """Without a ticket the error says to run kinit."""
        return self.check_refused('run kinit', self.negotiate())

    def test_no_cache(self) -> Any:
        """A missing cache is the same as no ticket."""
        return self.check_refused('run kinit', self.negotiate(),
                                  ccache='FILE:/nosuch')

    @inlineCallbacks
    def test_rubbish_cache(self) -> Any:
        """A file of another kind is a broken cache."""
        for number, data in enumerate([b'rubbish', b'\5\4rubbish']):
            cache = 'FILE:' + write(
                os.path.join(self.folder, f'rubbish{number}'), data)
            yield self.check_refused('the ticket cache is broken',
                                     self.negotiate(), ccache=cache)
            self.set_environment(KRB5CCNAME=cache)
            yield self.check_refused('the ticket cache is broken',
                                     self.negotiate())

    def test_odd_cache(self) -> Any:
        """An unknown kind of cache is an error."""
        return self.check_refused('no such kind of ticket cache',
                                  self.negotiate(), ccache='NOSUCH:x')

    @inlineCallbacks
    def test_other_principal(self) -> Any:
        """A ticket of another principal is an error."""
        cache = self.kinit()
        keytab = self.new_principal('other')
        yield self.check_refused(
            'a ticket of another principal', self.negotiate(), ccache=cache,
            principal='other@KRBTEST.COM', keytab=keytab)

    @inlineCallbacks
    def test_no_keytab(self) -> Any:
        """A missing keytab, or a folder, is an error."""
        for path, why in [('/nosuch', 'No such file or directory'),
                          ('/', 'Is a directory')]:
            yield self.check_refused(
                f'the keytab {path} cannot be read: {why}', self.negotiate(),
                keytab=path, ccache='MEMORY:x')

    @inlineCallbacks
    def test_rubbish_keytab(self) -> Any:
        """An empty keytab, or another file, is an error."""
        for number, data in enumerate([b'', b'rubbish']):
            path = write(os.path.join(self.folder, f'{number}.keytab'), data)
            yield self.check_refused(
                f'the keytab {path} is not a keytab file, is empty, or',
                self.negotiate(), keytab=path, ccache='MEMORY:r')

    @inlineCallbacks
    def test_keytab_not_needed(self) -> Any:
        """With a valid ticket the keytab is not read."""
        koji = self.negotiate(keytab='/nosuch')
        yield koji.login(ccache=self.kinit())
        yield self.check_user(koji)

    def test_unknown_principal(self) -> Any:
        """A principal that the keytab lacks is an error."""
        return self.check_refused(
            'lacks the principal', self.negotiate(),
            principal='nobody@KRBTEST.COM', keytab=self.realm.client_keytab,
            ccache='MEMORY:y')

    def new_principal(self, name: str, *changes: str) -> str:
        """
        Make a principal, and change it.

        :param changes: commands of kadmin.
        :returns: the path of a keytab that was made before the changes.
        """
        principal = f'{name}@KRBTEST.COM'
        keytab = os.path.join(self.folder, name + '.keytab')
        self.realm.addprinc(principal, 'secret')
        self.realm.extract_keytab(principal, keytab)
        for change in changes:
            self.realm.run([shutil.which('kadmin.local'), '-q',
                            f'{change} {principal}'])
        return keytab

    @inlineCallbacks
    def test_accounts(self) -> Any:
        """Each problem of an account has its own advice."""
        for name, change, words in [
                ('gone', 'delprinc -force', 'does not know the principal'),
                ('locked', 'modprinc -allow_tix', 'the principal is locked'),
                ('late', 'modprinc -expire yesterday',
                 'account of the principal has expired'),
                ('stale', 'modprinc -pwexpire yesterday', 'kpasswd'),
                ('changed', 'cpw -pw other', 'the keytab has an old key')]:
            keytab = self.new_principal(name, change)
            yield self.check_refused(
                words, self.negotiate(), principal=name + '@KRBTEST.COM',
                keytab=keytab, ccache='MEMORY:' + name)

    def test_malformed_principal(self) -> Any:
        """A malformed principal is an error."""
        return self.check_refused('the principal is malformed',
                                  self.negotiate(), principal='user@@x')

    def test_unknown_service(self) -> Any:
        """A host that Kerberos does not know is an error."""
        koji = self.negotiate(self.httpd.url('kerberos', '127.0.0.1'))
        return self.check_refused(
            'does not know the service HTTP of this host', koji,
            ccache=self.kinit())

    def test_unknown_realm(self) -> Any:
        """Without settings of the realm the error names krb5.conf."""
        path = os.path.join(self.folder, 'krb5.conf')
        with open(path, 'w') as file:
            file.write('[libdefaults]\ndns_lookup_kdc = false\n')
        self.set_environment(KRB5_CONFIG=path)
        return self.check_refused(
            'krb5.conf', self.negotiate(), ccache='MEMORY:z',
            principal=self.realm.user_princ, keytab=self.realm.client_keytab)

    @inlineCallbacks
    def test_server_not_proven(self) -> Any:
        """A server with a bad token is refused; no error shows ours."""
        tokens: list[str] = []

        class Liar(Resource):
            isLeaf = True

            def __init__(self, token: bytes) -> None:
                Resource.__init__(self)
                self.token = token

            def render_POST(self, request: Any) -> bytes:
                tokens.append(request.getHeader('Authorization'))
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
            error = yield self.check_refused(
                'could not prove its identity', koji, ccache=cache)
            shown = ''.join(TracebackException.from_exception(
                error, capture_locals=True).format())
            self.assertIn('in run', shown)
            self.assertNotIn(tokens.pop()[:40], shown)


class NotLetInTests(KerberosTestCase):
    """An httpd that refuses the user."""

    users = 'other@KRBTEST.COM'

    def test_refused(self) -> Any:
        """The error of a status 401 says what may be wrong."""
        return self.check_refused('does the hub know this principal',
                                  self.negotiate(), ccache=self.kinit())


class ClockTests(KerberosTestCase):
    """A KDC whose clock is two days slow."""

    @classmethod
    def make_realm(cls) -> None:
        """Start the KDC with another time."""
        super().make_realm()
        cls.realm.stop_kdc()
        cls.past = shifted(-2)
        cls.realm.start_kdc(env={**cls.realm.env, **cls.past})

    def test_expired(self) -> Any:
        """The error of an expired ticket says to run kinit."""
        cache = self.kinit(env=self.past)
        return self.check_refused('the ticket has expired: run kinit',
                                  self.negotiate(), ccache=cache)

    def test_skew(self) -> Any:
        """The error of different clocks says to set them."""
        return self.check_refused(
            'differ too much', self.negotiate(), ccache='MEMORY:skew',
            principal=self.realm.user_princ, keytab=self.realm.client_keytab)


class SlowTests(KerberosTestCase):
    """A KDC that does not answer."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Stop the process of the KDC."""
        yield super().setUp()
        kdc = self.realm._kdc_proc.pid
        os.kill(kdc, signal.SIGSTOP)
        self.addCleanup(os.kill, kdc, signal.SIGCONT)
        self.resume = lambda: os.kill(kdc, signal.SIGCONT)

    def begin(self, koji: Connection, cache: str) -> Any:
        """Begin a login with the keytab."""
        return koji.login(ccache='MEMORY:' + cache,
                          keytab=self.realm.client_keytab,
                          principal=self.realm.user_princ)

    @inlineCallbacks
    def test_others_go_on(self) -> Any:
        """Other calls are answered until the login times out."""
        koji = self.negotiate(auth_timeout=0.5)
        login = self.begin(koji, 'slow')
        for number in range(1, 11):
            tag = yield koji.getTag(number)
            self.assertEqual(tag.id, number)
        self.assertFalse(login.called)
        self.assertEqual(reactor.getThreadPool().working, [])
        yield self.assertFailure(login, CallTimeout)
        self.assertIsNone(koji.session_id)
        # The thread still waits for the KDC.
        [thread] = [thread for thread in threading.enumerate()
                    if 'Kerberos' in thread.name]
        yield koji.close()
        self.resume()
        thread.join()

    @inlineCallbacks
    def test_cancelled(self) -> Any:
        """After a canceled login another login succeeds."""
        koji = self.negotiate()
        login = self.begin(koji, 'cancelled')
        login.cancel()
        yield self.assertFailure(login, CancelledError)
        self.resume()
        yield self.begin(koji, 'again')
        yield self.check_user(koji)

    def test_process_ends(self) -> None:
        """A process exits while its thread waits for the KDC."""
        done = subprocess.run(
            [sys.executable, '-c', IMPATIENT, self.httpd.url('kerberos'),
             self.authority.path, self.realm.client_keytab,
             self.realm.user_princ], stdout=subprocess.PIPE, text=True)
        self.assertEqual(done.stdout, 'timed out\n[True]\n')
        self.assertEqual(done.returncode, 0)
