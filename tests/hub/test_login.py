"""Logging in: the choice of credentials, TLS, and shared logins."""
from __future__ import annotations

import pathlib
from typing import Any
from unittest import mock
from unittest.mock import Mock

from twisted.internet.defer import CancelledError
from twisted.internet.task import Clock
from twisted.logger import eventAsText, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.support import HubTestCase, StallingNetwork
from txkoji import KojiLoginException
from txkoji.exceptions import (
    AuthError,
    AuthLockError,
    CallTimeout,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GSSAPIAuthError,
    HTTPError,
)
from txkoji.hub.profile import Profile
from txkoji.hub.session import credentials as logins
from txkoji.testing import FakeHub
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource


class Unasked:
    """A `Negotiation` that adds no token."""

    def run(self, request: Any, url: str, post: Any) -> Any:
        """Post the request as it is."""
        return post(request)

    def close(self) -> None:
        """Do nothing."""


class LoginTests(HubTestCase):
    """Logging in."""

    def test_login(self) -> None:
        """After login() calls are made as the user."""
        self.assertIsNone(self.get(self.koji.getLoggedInUser()))
        self.assertEqual((self.koji.session_id, self.koji.session_key,
                          self.koji.callnum), (None, None, None))
        self.assertIs(self.get(self.koji.login()), True)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        [row] = self.hub.sessions.rows
        self.assertEqual((self.koji.session_id, self.koji.session_key,
                          self.koji.callnum), (row.id, row.key, 0))

    def test_new_user(self) -> None:
        """The hub creates an unknown user at the first login."""
        koji = self.hub.connection(user='zoe')
        self.get(koji.login())
        self.assertEqual(self.get(koji.getUser('zoe')).name, 'zoe')

    def test_noauth(self) -> None:
        """With "noauth" login() sends nothing, and gives False."""
        koji = self.hub.connection(authtype='noauth')
        self.assertIs(self.get(koji.login()), False)
        self.assertIs(self.get(self.koji.login('noauth')), False)
        self.assertEqual(self.hub.requests, 0)

    def test_password(self) -> None:
        """A user's name and password log the user in."""
        self.hub.sessions.passwords['bob'] = 'secret'
        self.get(self.koji.login('password', user='bob', password='secret'))
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'bob')

    def test_wrong_password(self) -> None:
        """A wrong password is an AuthError, without a retry."""
        koji = self.hub.connection(max_retries=5)
        error = self.fail_of(
            koji.login('password', user='bob', password='wrong'), AuthError)
        self.assertEqual(error.faultCode, 1002)
        self.assertNotIn('wrong', str(error))
        self.assertEqual(self.hub.requests, 1)

    def test_nobody(self) -> None:
        """A login without a certificate fails."""
        koji = self.hub.connection(user=None)
        self.fail_of(koji.login(), AuthError)
        self.assertIsNone(koji.session_id)

    def test_proxyuser(self) -> None:
        """`proxyuser` logs in another user, if the hub allows that."""
        error = self.fail_of(self.koji.login(proxyuser='bob'), AuthError)
        self.assertIn('not authorized to login other users', str(error))
        self.hub.sessions.proxies.append('alice')
        self.get(self.koji.login(proxyuser='bob'))
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'bob')

    def test_shared(self) -> None:
        """Concurrent callers share one login, and can cancel alone."""
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        calls = [self.koji.login() for _ in range(5)]
        self.assertEqual(len(set(map(id, calls))), 5)
        calls[0].cancel()
        self.fail_of(calls[0], CancelledError)
        self.hub.clock.advance(5)
        self.assertEqual([self.get(call) for call in calls[1:]], [True] * 4)
        self.assertEqual(len(self.hub.sessions.rows), 1)
        self.assertIs(self.get(self.koji.login()), True)
        self.assertEqual(len(self.hub.sessions.rows), 1)

    def test_all_cancelled(self) -> None:
        """When all callers have canceled, a new login can begin."""
        self.hub.misbehave('slow', method='sslLogin', seconds=5, times=1)
        calls = [self.koji.login() for _ in range(2)]
        for call in calls:
            call.cancel()
            self.fail_of(call, CancelledError)
        self.assertIsNone(self.koji.session_id)
        self.assertIs(self.get(self.koji.login()), True)

    def test_shared_failure(self) -> None:
        """A failed login fails for all callers."""
        koji = self.hub.connection(user=None)
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        calls = [koji.login() for _ in range(3)]
        self.hub.clock.advance(5)
        for call in calls:
            self.fail_of(call, AuthError)

    def test_another(self) -> None:
        """Other credentials need a logout first."""
        self.get(self.koji.login())
        self.hub.sessions.passwords['bob'] = 'x'
        self.fail_of(self.koji.login('password', user='bob', password='x'),
                     KojiLoginException)
        self.get(self.koji.logout())
        self.get(self.koji.login('password', user='bob', password='x'))

    def test_time_limit(self) -> None:
        """A login times out after auth_timeout, without a retry."""
        koji = self.hub.connection(auth_timeout=7, max_retries=5)
        self.hub.misbehave('slow', seconds=60)
        call = koji.login()
        self.hub.clock.advance(7)
        self.fail_of(call, CallTimeout)
        self.assertEqual(self.hub.requests, 1)

    def test_abandoned(self) -> None:
        """The session of a failed or canceled login is ended."""
        other = self.hub.connection()
        self.get(other.login())
        self.hub.sessions.rows[0].exclusive = True
        koji = self.hub.connection()
        self.fail_of(koji.login(), AuthLockError)
        self.assertTrue(self.hub.sessions.rows[1].closed)
        self.assertFalse(self.hub.sessions.rows[0].closed)
        self.assertIsNone(koji.session_id)
        self.hub.sessions.rows[0].exclusive = False
        self.hub.misbehave('slow', method='getLoggedInUser', seconds=5)
        login = koji.login()
        login.cancel()
        self.fail_of(login, CancelledError)
        self.hub.clock.advance(5)
        self.assertTrue(self.hub.sessions.rows[2].closed)

    def test_abandoned_closed(self) -> None:
        """close() ends the logout of an unused session, too."""
        network = StallingNetwork(MemoryNetwork(
            HubResource(self.hub, 'alice'), self.hub.clock), 2)
        koji = self.hub.connection(network=network)
        self.hub.misbehave('slow', method='getLoggedInUser', seconds=5)
        login = koji.login()
        login.cancel()
        self.fail_of(login, CancelledError)
        self.assertEqual(len(network.stalled), 1)
        self.get(koji.close())
        self.assertTrue(network.stalled[0].called)
        self.hub.clock.advance(5)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_abandoned_awaited(self) -> None:
        """close(logout=True) waits for the logout of an unused session."""
        self.hub.misbehave('slow', method='getLoggedInUser', seconds=5)
        self.hub.misbehave('slow', method='logout', seconds=5)
        login = self.koji.login()
        login.cancel()
        self.fail_of(login, CancelledError)
        closing = self.koji.close(logout=True)
        self.assertNoResult(closing)
        self.hub.clock.advance(5)
        self.get(closing)
        self.assertTrue(self.hub.sessions.rows[0].closed)

    def test_not_queued(self) -> None:
        """A login is sent at once while other calls fill the queue."""
        koji = self.hub.connection(max_connections=1)
        self.hub.misbehave('slow', method='getTag', seconds=60)
        calls = [koji.getTag('f44') for _ in range(3)]
        self.assertIs(self.get(koji.login()), True)
        for call in calls:
            self.assertNoResult(call)
        self.get(koji.close())
        for call in calls:
            self.fail_of(call, ConnectionClosed)

    def test_outage(self) -> None:
        """A login is retried after an outage."""
        koji = self.hub.connection(max_retries=3)
        self.hub.misbehave('dropped-before', times=2)
        call = koji.login()
        self.hub.clock.advance(1)
        self.assertIs(self.get(call), True)

    def test_no_session(self) -> None:
        """An answer without a valid session fails the login."""
        for answer in [None, {}, {'session-id': 1},
                       {'session-id': '1', 'session-key': 'x'},
                       {'session-id': 1, 'session-key': 'x\r\nX: y'}]:
            self.hub.respond('sslLogin', answer)
            self.fail_of(self.koji.login(), KojiLoginException)
            self.assertIsNone(self.koji.session_id)

    def test_front_server(self) -> None:
        """An HTTP status at a login is a KojiLoginException."""
        class Front(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                request.setResponseCode(status)
                return b'<html>no</html>'

        for authtype in ('ssl', 'password', 'kerberos'):
            for status, kind in [(401, KojiLoginException),
                                 (403, KojiLoginException),
                                 (404, KojiLoginException),
                                 (429, HTTPError), (500, HTTPError),
                                 (503, HTTPError)]:
                koji = self.hub.connection(network=MemoryNetwork(
                    Front(), self.hub.clock))
                with mock.patch('txkoji.hub.session.kerberos.Negotiation',
                                return_value=Unasked()):
                    error = self.fail_of(koji.login(
                        authtype, user='bob', password='x'), kind)
                self.assertIsInstance(error, KojiLoginException)
                self.assertIn(f'HTTP status {status}', str(error))
                self.assertIsNone(koji.session_id)
                self.assertEqual(isinstance(error, GSSAPIAuthError),
                                 (authtype, status) == ('kerberos', 401))

    def test_proxyauthtype(self) -> None:
        """`proxyauthtype` is sent to the hub."""
        self.hub.sessions.proxies.append('alice')
        self.get(self.koji.login(proxyuser='bob', proxyauthtype=2))
        self.assertEqual(self.hub.calls[0], (
            'sslLogin', ('bob',), {'proxyauthtype': 2}))

    def test_chosen(self) -> None:
        """The credentials are chosen as Koji's command does."""
        there = __file__
        for settings, given, expected in [
                ({'authtype': 'noauth', 'cert': there}, {}, None),
                ({'cert': there}, {}, logins.CertificateLogin),
                ({'cert': there}, {'user': 'a', 'password': 'b'},
                 logins.CertificateLogin),
                ({'cert': '/nosuch'}, {'user': 'a', 'password': 'b'},
                 logins.PasswordLogin),
                ({}, {'user': 'a', 'password': 'b'}, logins.PasswordLogin),
                ({'cert': '/nosuch'}, {}, logins.KerberosLogin),
                ({}, {'user': 'a'}, logins.KerberosLogin),
                ({'authtype': 'kerberos', 'cert': there}, {},
                 logins.KerberosLogin),
                ({'authtype': 'ssl', 'cert': '/nosuch'}, {},
                 logins.CertificateLogin),
                ({'authtype': 'password'}, {'user': 'a', 'password': 'b'},
                 logins.PasswordLogin),
                ({'authtype': 'ssl'}, {'authtype': 'kerberos'},
                 logins.KerberosLogin)]:
            profile = Profile('p', server='https://h', **settings)
            chosen = logins.choose(profile, **given)
            self.assertIs(chosen if chosen is None else type(chosen),
                          expected, (settings, given))

    def test_not_chosen(self) -> None:
        """An unknown authtype or a missing argument is an error."""
        for settings, text in [({'authtype': 'magic'}, "'magic' is none of"),
                               ({'authtype': 'password'}, 'password=...')]:
            profile = Profile('p', server='https://h', **settings)
            with self.assertRaises(ConfigurationError) as caught:
                logins.choose(profile)
            self.assertIn(text, str(caught.exception))

    def test_no_such_argument(self) -> None:
        """The error of an unknown argument suggests a known one."""
        for name, hint in [('usr', "Did you mean 'user'?"),
                           ('passwd', "Did you mean 'password'?"),
                           ('key_tab', "Did you mean 'keytab'?"),
                           ('renew', 'It takes allow_http, authtype, ')]:
            error = self.fail_of(
                self.koji.login('password', password='x', **{name: 'hunter2'}),
                ConfigurationError)
            self.assertIn(f'login() has no argument {name!r}. {hint}',
                          str(error))
            self.assertNotIn('hunter2', str(error))
        self.assertEqual(self.hub.requests, 0)

    def test_bad_arguments(self) -> None:
        """The error of a wrong type names argument and type."""
        for given, wanted in [
                (dict(user=5), 'user must be text'),
                (dict(password=b'hunter2'), 'password must be text'),
                (dict(password=Mock()), 'password must be text'),
                (dict(proxyuser=['hunter2']), 'proxyuser must be text'),
                (dict(authtype=True), 'authtype must be text'),
                (dict(principal=b'x'), 'principal must be text'),
                (dict(ccache=1), 'ccache must be text'),
                (dict(cert=5), 'cert must be a path'),
                (dict(keytab=b'/x'), 'keytab must be a path'),
                (dict(proxyauthtype='2'), 'proxyauthtype must be an integer'),
                (dict(proxyauthtype=True), 'proxyauthtype must be an integer'),
                (dict(allow_http='no'), 'allow_http must be True or False'),
                (dict(cert='x\0'), 'cert must not hold a NUL')]:
            error = self.fail_of(self.koji.login(**given), ConfigurationError)
            self.assertIn(f'login(): {wanted}', str(error))
            self.assertNotIn('hunter2', str(error))
        self.assertEqual(self.hub.requests, 0)

    def test_paths(self) -> None:
        """Paths may be text or pathlib objects."""
        here = pathlib.Path(__file__)
        profile = Profile('p', server='https://h')
        self.assertEqual(logins.choose(profile, 'ssl', cert=here),
                         logins.choose(profile, 'ssl', cert=__file__))
        self.assertEqual(logins.choose(profile, keytab=here),
                         logins.KerberosLogin(None, __file__))

    def test_contents_for_path(self) -> None:
        """A key that is passed as a path is not shown."""
        key = '-----BEGIN PRIVATE KEY-----\nhunter2\n'
        for name in ('cert', 'keytab'):
            error = self.fail_of(self.koji.login(**{name: key}),
                                 ConfigurationError)
            self.assertIn(f'{name} must be the path of a file', str(error))
            self.assertNotIn('hunter2', str(error))
            with self.assertRaises(ConfigurationError) as caught:
                Profile('p', server='https://h', **{name: key})
            self.assertNotIn('hunter2', str(caught.exception))

    def test_password_unused(self) -> None:
        """A certificate is used before a password, with a warning."""
        events: list[Any] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        logins.choose(Profile('p', server='https://h', cert=__file__),
                      user='bob', password='secret')
        [event] = events
        text = eventAsText(event)
        self.assertIn('for user and password, call login("password"', text)
        self.assertNotIn('secret', text)

    def test_password_proxy(self) -> None:
        """A password login with `proxyuser` is an error."""
        with self.assertRaises(ConfigurationError):
            logins.choose(Profile('p', server='https://h'), user='a',
                          password='b', proxyuser='c')

    def test_stripped(self) -> None:
        """login() fails if a front server removes session headers."""
        class Front(HubResource):
            def render(self, request: Any) -> Any:
                for name in ('Id', 'Key', 'Callnum'):
                    request.requestHeaders.removeHeader(
                        'Koji-Session-' + name)
                return super().render(request)

        koji = self.hub.connection(
            network=MemoryNetwork(Front(self.hub, 'alice'), self.hub.clock),
            server='https://h/kojihub')
        error = self.fail_of(koji.login(), KojiLoginException)
        self.assertIn('a front server takes it away', str(error))
        self.assertIsNone(koji.session_id)

    def test_odd_hub(self) -> None:
        """login() succeeds on a hub without getLoggedInUser."""
        self.hub.fault('getLoggedInUser', 1000, 'Invalid method')
        self.assertIs(self.get(self.koji.login()), True)
        self.assertIsNotNone(self.koji.session_id)

    def test_kerberos_settings(self) -> None:
        """Arguments of a login override principal and keytab."""
        profile = Profile('p', server='https://h', principal='a', keytab='k')
        self.assertEqual(logins.choose(profile, ccache='FILE:x'),
                         logins.KerberosLogin('a', 'k', 'FILE:x'))
        self.assertEqual(logins.choose(profile, principal='b'),
                         logins.KerberosLogin('b', 'k'))

    def test_without_gssapi(self) -> None:
        """Without requests-gssapi the error names the extra."""
        with mock.patch.dict('sys.modules', {'requests_gssapi': None}):
            error = self.fail_of(self.koji.login('kerberos'), AuthError)
        self.assertIn('txkoji[gssapi]', str(error))
        self.assertIn('libkrb5-dev', str(error))


class ClearTextTests(SynchronousTestCase):
    """Credentials are sent over TLS."""

    def setUp(self) -> None:
        """Give bob a password."""
        self.hub = FakeHub(clock=Clock())
        self.hub.sessions.passwords['bob'] = 'x'

    def log_in(self, server: str, **kwargs: Any) -> Any:
        """Log in with a password to a hub at a URL."""
        network = MemoryNetwork(HubResource(self.hub, None), self.hub.clock)
        self.koji = self.hub.connection(server=server, network=network)
        return self.koji.login('password', user='bob', password='x', **kwargs)

    def test_moved(self) -> None:
        """A login moves a hub with http to https."""
        self.successResultOf(self.log_in('http://hub.example.test/kojihub'))
        self.assertEqual(self.koji.url, 'https://hub.example.test/kojihub')
        self.assertIn('https:', repr(self.koji))
        self.assertEqual(
            self.successResultOf(self.koji.getLoggedInUser()).name, 'bob')

    def test_root(self) -> None:
        """A hub at the root of its host can be logged in to."""
        for server in ['https://hub.example.test', 'http://hub.example.test/']:
            self.successResultOf(self.log_in(server))
            self.assertEqual(self.koji.url, 'https://hub.example.test/')
            self.assertEqual(
                self.successResultOf(self.koji.getLoggedInUser()).name, 'bob')

    def test_not_moved(self) -> None:
        """If https fails, the URL stays, and the error says why."""
        self.hub.misbehave('dropped-before')
        error = self.failureResultOf(
            self.log_in('http://hub.example.test/kojihub'),
            ConnectionFailed).value
        self.assertIn('over https only', str(error))
        self.assertEqual(self.koji.url, 'http://hub.example.test/kojihub')

    def test_loopback(self) -> None:
        """`allow_http` is for hubs on this machine only."""
        for host in ['127.0.0.1', '[::1]', 'localhost']:
            server = f'http://{host}/kojihub'
            self.successResultOf(self.log_in(server, allow_http=True))
            self.assertEqual(self.koji.url, server)
        self.failureResultOf(
            self.log_in('http://hub.example.test/kojihub', allow_http=True),
            ConfigurationError)
