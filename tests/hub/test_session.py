"""Sessions: the order of calls, renewal, and lost answers."""
from __future__ import annotations

import enum
import gc
from typing import Any
from unittest import mock

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import HubTestCase
from txkoji import KojiLoginException
from txkoji.exceptions import (
    ActionNotAllowed,
    AuthError,
    AuthExpired,
    CallTimeout,
    ConfigurationError,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
    KojiException,
    RetryError,
    ServerOffline,
)
from txkoji.hub.deferreds import SingleFlight
from txkoji.hub.session.session_info import SessionInfo, read_session
from txkoji.testing import FakeHub


class SessionTestCase(HubTestCase):
    """A logged-in Connection to a hub whose builds the test ends."""

    #: Settings of the profile.
    settings: dict[str, Any] = {}

    def setUp(self) -> None:
        """Log in, and let the hub take builds."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection(**self.settings)
        self.get(self.koji.login())
        self.hub.respond('build', self.begin)
        self.builds: list[Deferred[int]] = []

    def begin(self, *args: Any, **kwargs: Any) -> Deferred[int]:
        """Answer a build when the test fires the Deferred."""
        self.builds.append(Deferred())
        return self.builds[-1]

    def asked(self, *methods: str) -> list[Any]:
        """Get the arguments of the hub's calls to some methods."""
        return [args for method, args, _ in self.hub.calls
                if method in methods]

    def end_slowly(self, seconds: float = 5, **kwargs: Any) -> None:
        """Let the hub answer with a delay."""
        self.hub.forget('build')
        self.hub.respond('build', lambda *args: 7)
        self.hub.misbehave('slow', seconds=seconds, **kwargs)


class OrderTests(SessionTestCase):
    """Writes are sent one after the other, and reads at once."""

    def test_order(self) -> None:
        """Writes are sent one after the other, each with a callnum."""
        calls = [self.koji.build(number) for number in range(3)]
        for number, call in enumerate(calls):
            self.assertEqual(len(self.builds), number + 1)
            self.builds[number].callback(number * 10)
            self.assertEqual(self.get(call), number * 10)
            self.assertEqual(self.hub.sessions.rows[-1].callnum, number)
        self.assertEqual(self.koji.callnum, 3)

    def test_reads_do_not_wait(self) -> None:
        """A read is answered while a write is in progress."""
        call = self.koji.build('x')
        self.assertEqual(self.get(self.koji.getTag('f44')).name, 'f44')
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertNoResult(call)
        self.builds[0].callback(1)
        self.assertEqual(self.get(call), 1)

    def test_one_session_only(self) -> None:
        """If the hub gives no subsession, reads wait for writes."""
        self.hub.fault('subsession', 1000, 'Invalid method: subsession')
        write = self.koji.build('x')
        read = self.koji.getTag('f44')
        self.assertNoResult(read)
        self.builds[0].callback(1)
        self.assertEqual(self.get(write), 1)
        self.assertEqual(self.get(read).name, 'f44')
        self.get(self.koji.getTag('f44'))
        again = self.koji.build('y')
        self.builds[1].callback(2)
        self.assertEqual(self.get(again), 2)
        self.assertEqual(self.asked('subsession'), [()])

    def test_reads_have_no_callnum(self) -> None:
        """Reads are sent without a callnum, and in the login's session."""
        for number in range(3):
            self.get(self.koji.getTag('f44'))
        self.assertEqual(self.koji.callnum, 0)
        self.assertEqual(len(self.hub.sessions.rows), 1)

    def test_cancelled_waiting(self) -> None:
        """A queued write can be canceled, and later writes are sent."""
        calls = [self.koji.build(number) for number in range(3)]
        calls[1].cancel()
        self.fail_of(calls[1], CancelledError)
        self.builds[0].callback(0)
        self.get(calls[0])
        self.builds[1].callback(2)
        self.assertEqual(self.get(calls[2]), 2)
        self.assertEqual(self.asked('build'), [(0,), (2,)])

    def test_cancelled_under_way(self) -> None:
        """After a canceled write the hub answers the next write."""
        calls = [self.koji.build(number) for number in range(2)]
        calls[0].cancel()
        self.fail_of(calls[0], CancelledError)
        self.builds[0].callback(0)
        self.builds[1].callback(1)
        self.assertEqual(self.get(calls[1]), 1)

    def test_refused(self) -> None:
        """After a refused write the next write is sent."""
        self.hub.fault('cancelTask', 1004, 'Cannot cancel task, not owner')
        calls = [self.koji.cancelTask(1), self.koji.build('x')]
        self.fail_of(calls[0], ActionNotAllowed)
        self.builds[0].callback(1)
        self.assertEqual(self.get(calls[1]), 1)

    def test_many(self) -> None:
        """A thousand queued writes or reads are all answered."""
        self.hub.respond('createTag', lambda number: number)
        first = self.koji.build('x')
        calls = [self.koji.createTag(number) for number in range(1000)]
        self.builds[0].callback(1)
        self.get(first)
        self.assertEqual([self.get(call) for call in calls],
                         list(range(1000)))
        koji = self.hub.connection(max_connections=1)
        self.hub.misbehave('slow', times=1, seconds=5)
        reads = [koji.getTag(1) for _ in range(1000)]
        self.hub.clock.advance(5)
        for read in reads:
            self.assertEqual(self.get(read).id, 1)

    def test_deadline(self) -> None:
        """The deadline includes the time in the queue."""
        first = self.koji.build('x')
        second = self.koji.with_options(deadline=10).build('y')
        self.hub.clock.advance(10)
        error = self.fail_of(second, CallTimeout)
        self.assertIn('not done within 10 seconds', str(error))
        self.assertNoResult(first)
        self.builds[0].callback(1)
        self.assertEqual(self.get(first), 1)
        self.assertEqual(self.asked('build'), [('x',)])

    def test_without_login(self) -> None:
        """Without a login a write is sent without a callnum."""
        koji = self.hub.connection()
        self.hub.respond('cancelTask', 1, anonymous=True)
        self.assertEqual(self.get(koji.cancelTask(1)), 1)
        self.assertIsNone(koji.callnum)


class OptionsTests(SessionTestCase):
    """Views of a Connection with other options."""

    def test_write(self) -> None:
        """The option `write` overrides whether a call is a write."""
        self.hub.respond('plugin.query', 1, plugin=True)
        self.get(self.koji.with_options(write=False).plugin.query())
        self.assertEqual(self.koji.callnum, 0)
        self.get(self.koji.plugin.query())
        self.get(self.koji.with_options(write=True).getTag('f44'))
        self.assertEqual(self.koji.callnum, 2)

    def test_view(self) -> None:
        """A view keeps the other options, and shares the session."""
        view = self.koji.with_options(timeout=5).with_options(deadline=7)
        options = view.client.options
        self.assertEqual((options.timeout, options.deadline),
                         (5, 7))
        self.assertEqual(view.session_id, self.koji.session_id)
        task = self.get(view.getTaskInfo(6474))
        self.assertIs(task.connection, self.koji)

    def test_timeout(self) -> None:
        """The timeout of a view is for the view's calls only."""
        self.hub.misbehave('slow', seconds=60)
        calls = [self.koji.with_options(timeout=5).getTag('f44'),
                 self.koji.getTag('f44')]
        self.hub.clock.advance(5)
        self.fail_of(calls[0], CallTimeout)
        self.hub.clock.advance(55)
        self.assertEqual(self.get(calls[1]).name, 'f44')

    def test_bad(self) -> None:
        """A limit that is not positive raises ConfigurationError."""
        for name in ('timeout', 'deadline'):
            for value in (0, -1, float('nan')):
                with self.assertRaises(ConfigurationError):
                    self.koji.with_options(**{name: value})


class ExpiryTests(SessionTestCase):
    """Sessions that have expired, or that the hub does not know."""

    settings = {'max_retries': 3}

    def renewals(self) -> list[Any]:
        """Get the arguments of the logins that renewed a session."""
        return [kwargs for method, _, kwargs in self.hub.calls
                if method == 'sslLogin' and kwargs.get('renew')]

    def test_one_renewal(self) -> None:
        """Fifty reads in an expired session share one renewal."""
        key, number = self.koji.session_key, self.koji.session_id
        self.end_slowly(method='sslLogin')
        self.hub.sessions.expire()
        calls = [self.koji.getTag(number) for number in range(1, 51)]
        self.hub.clock.advance(5)
        self.assertEqual([self.get(call).id for call in calls],
                         list(range(1, 51)))
        self.assertEqual(self.renewals(),
                         [{'renew': True, 'exclusive': False}])
        self.assertEqual(self.koji.session_id, number)
        self.assertNotEqual(self.koji.session_key, key)
        self.assertEqual(self.koji.stats.renewals, 1)
        self.assertEqual(len(self.hub.sessions.rows), 1)

    def test_writes_too(self) -> None:
        """Reads and writes share one renewal, and no write is repeated."""
        self.end_slowly(seconds=1)
        first = self.koji.build('x')
        self.hub.clock.pump([1] * 3)
        self.get(first)
        self.hub.sessions.expire()
        calls = []
        for number in range(1, 26):
            calls += [self.koji.getTag(number), self.koji.build(number)]
        self.hub.clock.pump([1] * 100)
        for call in calls:
            self.get(call)
        self.assertEqual(len(self.renewals()), 1)
        self.assertEqual(len(self.asked('sslLogin')), 2)
        self.assertEqual(self.asked('build'),
                         [('x',)] + [(number,) for number in range(1, 26)])
        self.assertEqual(self.koji.callnum, 26)

    def test_writer_alone(self) -> None:
        """A new subsession is begun without a login, and counted."""
        self.end_slowly(seconds=1)
        for number in range(2):
            write = self.koji.build(number)
            self.hub.clock.pump([1] * 3)
            self.assertEqual(self.get(write), 7)
            self.assertEqual(self.koji.stats.renewals, number)
            self.hub.sessions.close(self.hub.sessions.rows[-1])
        self.assertEqual(self.renewals(), [])

    def test_late_answer(self) -> None:
        """A late refusal after a renewal causes no second renewal."""
        self.hub.misbehave('slow', method='listTags', seconds=5)
        self.hub.respond('listTags', mock.Mock(side_effect=[
            AuthExpired('session "1" has expired'), []]))
        late = self.koji.listTags()
        self.hub.sessions.expire()
        self.get(self.koji.getTag('f44'))
        self.hub.clock.pump([5, 5])
        self.assertEqual(self.get(late), [])
        self.assertEqual(len(self.renewals()), 1)

    def test_lost_and_expired(self) -> None:
        """A lost write is sent again in the renewed session."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.hub.sessions.expire()
        self.builds[0].callback(5)
        self.hub.clock.advance(1)
        self.fail_of(call, RetryError)
        self.assertEqual(len(self.builds), 1)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 0)

    def test_lost_and_gone(self) -> None:
        """A lost write is not sent again in a new session."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.hub.sessions.close(self.hub.sessions.rows[-1])
        self.builds[0].callback(5)
        self.hub.clock.advance(1)
        self.fail_of(call, ConnectionFailed)
        self.assertEqual(len(self.builds), 1)
        # The next write is sent in a new session.
        call = self.koji.build('y')
        self.builds[1].callback(6)
        self.assertEqual(self.get(call), 6)

    def test_callnum_goes_on(self) -> None:
        """The callnum goes on after a renewal."""
        for number in range(2):
            call = self.koji.build(number)
            self.builds[number].callback(number)
            self.get(call)
        self.hub.sessions.expire()
        call = self.koji.build(2)
        self.builds[2].callback(2)
        self.assertEqual(self.get(call), 2)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 2)

    def test_old_hub(self) -> None:
        """A hub that cannot renew sessions gets a new login."""
        self.hub.version = '1.31.1'
        self.hub.sessions.expire()
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertEqual(len(self.hub.sessions.rows), 2)

    def test_gone(self) -> None:
        """Ten reads in a session that is gone share one new login."""
        self.hub.sessions.close(self.hub.sessions.rows[0])
        self.end_slowly(method='sslLogin')
        calls = [self.koji.getLoggedInUser() for _ in range(10)]
        self.hub.clock.advance(5)
        for call in calls:
            self.assertEqual(self.get(call).name, 'alice')
        self.assertEqual(len(self.hub.sessions.rows), 2)
        self.assertEqual(self.koji.session_id, self.hub.sessions.rows[1].id)
        self.assertEqual(self.renewals(), [])

    def test_gone_under_writes(self) -> None:
        """A write keeps its callnum in a new session."""
        for number in range(2):
            call = self.koji.build(number)
            self.builds[number].callback(number)
            self.get(call)
        for row in self.hub.sessions.rows:
            row.closed = True
        call = self.koji.build(2)
        self.builds[2].callback(2)
        self.assertEqual(self.get(call), 2)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 2)
        self.assertEqual(len(self.builds), 3)

    def test_not_good_any_more(self) -> None:
        """If the renewal is refused, each call fails with the fault."""
        self.hub.sessions.expire()
        for row in self.hub.tables.users:
            if row['name'] == 'alice':
                row['status'] = 1
        for _ in range(2):
            error = self.fail_of(self.koji.getLoggedInUser(), AuthError)
            self.assertIn('logins by alice are not allowed', str(error))
        self.fail_of(self.koji.build('x'), AuthError)
        self.assertEqual(self.builds, [])

    def test_other_words(self) -> None:
        """Several texts of AuthError mean that the session is gone."""
        for text in ['invalid session or bad credentials',
                     'unknown session', 'Session is closed',
                     'Not logged in']:
            self.hub.respond('getTag', mock.Mock(
                side_effect=[AuthError(text), 5]))
            self.assertEqual(self.get(self.koji.getTag(1)), 5)
        self.hub.fault('getTag', 1002, 'logins by bob are not allowed')
        self.fail_of(self.koji.getTag(1), AuthError)
        self.assertEqual(len(self.hub.sessions.rows), 5)

    def test_closing(self) -> None:
        """A callback may close the Connection when a renewal fails."""
        self.hub.sessions.expire()
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        calls = [self.koji.getTag(1) for _ in range(3)]
        calls[0].addErrback(lambda failure: self.koji.close())
        self.hub.fault('sslLogin', 1002, 'no longer')
        self.hub.clock.pump([5, 5])
        self.get(calls[0])
        for call in calls[1:]:
            self.fail_of(call, KojiException)

    def test_never_ends(self) -> None:
        """A call that is refused again after a renewal fails."""
        self.hub.fault('getTag', 1007, 'session "1" has expired')
        self.fail_of(self.koji.getTag('f44'), AuthExpired)
        self.assertEqual(len(self.renewals()), 1)

    def test_no_answer(self) -> None:
        """After a failed renewal the next call renews the session."""
        self.hub.sessions.expire()
        self.hub.misbehave('garbage', method='sslLogin', times=1)
        calls = [self.koji.getLoggedInUser() for _ in range(2)]
        for call in calls[:1]:
            self.fail_of(call)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')

    def test_age(self) -> None:
        """A session that is older than a day is renewed."""
        self.hub.clock.advance(1441 * 60)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertEqual(len(self.renewals()), 1)

    def test_without_login(self) -> None:
        """Without a login AuthExpired causes no renewal."""
        koji = self.hub.connection()
        self.hub.fault('getTag', 1007, 'session "1" has expired')
        self.fail_of(koji.getTag('f44'), AuthExpired)
        self.assertEqual(self.renewals(), [])

    def test_password(self) -> None:
        """A session of a password login is renewed with the password."""
        self.hub.sessions.passwords['bob'] = 'x'
        koji = self.hub.connection()
        self.get(koji.login('password', user='bob', password='x'))
        self.hub.sessions.expire()
        self.assertEqual(self.get(koji.getLoggedInUser()).name, 'bob')
        self.assertEqual(self.hub.calls[-2], (
            'login', ('bob', 'x'), {'renew': True, 'exclusive': False}))


class SecondSessionTests(SessionTestCase):
    """The subsession for writes, which a hub may refuse."""

    def test_trouble(self) -> None:
        """A failed renewal does not count as a refused subsession."""
        self.hub.sessions.expire()
        self.hub.fault('sslLogin', 1000, 'temporary trouble')
        self.fail_of(self.koji.build(1), GenericError)
        self.hub.forget('sslLogin')
        write = self.koji.build(1)
        self.assertEqual(self.get(self.koji.getTag(1)).id, 1)
        self.builds[0].callback(1)
        self.assertEqual(self.get(write), 1)

    def test_any_fault(self) -> None:
        """Any fault counts as a refused subsession."""
        self.hub.fault('subsession', 1, "<class 'NotImplementedError'>")
        write = self.koji.build(1)
        self.builds[0].callback(1)
        self.assertEqual(self.get(write), 1)

    def test_offline(self) -> None:
        """A hub that is offline has not refused the subsession."""
        self.hub.misbehave('offline', method='subsession', times=1)
        self.fail_of(self.koji.build(1), ServerOffline)
        self.hub.respond('build', 2)
        self.assertEqual(self.get(self.koji.build(1)), 2)
        self.assertEqual(len(self.hub.sessions.rows), 2)


class LostTests(SessionTestCase):
    """Writes whose connection broke."""

    settings = {'max_retries': 3}

    def test_done(self) -> None:
        """A lost write that was carried out fails with RetryError."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.builds[0].callback(1)
        error = self.fail_of(call, RetryError)
        self.assertIn('unable to retry call 0 (method build)', str(error))
        self.assertEqual(len(self.builds), 1)

    def test_not_done(self) -> None:
        """A lost write is sent again with the same callnum."""
        self.hub.misbehave('dropped-before', method='build', times=2)
        call = self.koji.build('x')
        self.hub.clock.advance(1)
        self.builds[0].callback(1)
        self.assertEqual(self.get(call), 1)
        self.assertEqual(self.koji.callnum, 1)
        self.assertEqual(self.koji.stats.retries, 2)

    def test_given_up(self) -> None:
        """After max_retries a write fails, and the next one is sent."""
        self.hub.misbehave('dropped-before', method='build', times=4)
        calls = [self.koji.build(number) for number in range(2)]
        self.hub.clock.pump([1] * 4)
        self.fail_of(calls[0], ConnectionFailed)
        self.builds[0].callback(1)
        self.assertEqual(self.get(calls[1]), 1)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 1)

    def test_too_late(self) -> None:
        """A write that timed out is not sent again."""
        call = self.koji.with_options(timeout=5).build('x')
        self.hub.clock.advance(5)
        self.fail_of(call, CallTimeout)
        self.builds[0].callback(1)
        self.hub.clock.advance(60)
        self.assertEqual(len(self.builds), 1)

    def test_anonymous(self) -> None:
        """A lost write without a callnum is not sent again."""
        koji = self.hub.connection(max_retries=3)
        self.hub.misbehave('dropped-before', method='build', times=1)
        self.fail_of(koji.build('x'), ConnectionFailed)
        self.assertEqual(self.builds, [])


class OldHubTests(SynchronousTestCase):
    """Hubs that read the session in the URL."""

    def test_url(self) -> None:
        """Calls, callnums, renewal and logout work with the URL."""
        hub = FakeHub(clock=Clock())
        hub.version = '1.30.0'
        koji = hub.connection()
        self.successResultOf(koji.login())
        self.assertEqual(
            self.successResultOf(koji.getLoggedInUser()).name, 'alice')
        hub.respond('build', 1)
        for number in range(2):
            self.successResultOf(koji.build('x'))
            self.assertEqual(hub.sessions.rows[-1].callnum, number)
        hub.sessions.expire()
        self.assertEqual(
            self.successResultOf(koji.getLoggedInUser()).name, 'alice')
        self.successResultOf(koji.logout())

    def test_ignored(self) -> None:
        """login() fails if the hub ignores sessions in URLs."""
        hub = FakeHub(clock=Clock())
        hub.version = '1.30.0'
        hub.sessions.url_sessions = False
        koji = hub.connection()
        error = self.failureResultOf(koji.login(), KojiLoginException).value
        self.assertIn('DisableURLSessions', str(error))
        self.assertIsNone(koji.session_id)


class SessionInfoTests(SynchronousTestCase):
    """The session in the headers or the URL of a call."""

    def test_headers(self) -> None:
        """The headers have id, key and, under two names, the callnum."""
        url, headers = SessionInfo(5, 'secret', False).sign('https://h/hub', 7)
        self.assertEqual(url, 'https://h/hub')
        self.assertEqual(dict(headers), {
            b'Koji-Session-Id': b'5', b'Koji-Session-Key': b'secret',
            b'Koji-Session-Callnum': b'7', b'Koji-Callnum': b'7'})

    def test_url(self) -> None:
        """For old hubs the URL has id and key, and quotes the key."""
        signed = SessionInfo(5, 'se&ret', True).sign('https://h/hub', None)
        self.assertEqual(signed, (
            'https://h/hub?session-id=5&session-key=se%26ret', ()))

    def test_answers(self) -> None:
        """An answer without a valid id and key is no session."""
        self.assertEqual(
            read_session({'session-id': 5, 'session-key': 'x'}),
            SessionInfo(5, 'x', True))
        for answer in [None, 5, {'session-id': 5}, {'session-key': 'x'},
                       {'session-id': 5, 'session-key': 'a b'}]:
            self.assertIsNone(read_session(answer))


class Method(str, enum.Enum):
    """A str whose str() is not its value."""

    LOGOUT = 'logout'


class RefusedTests(SessionTestCase):
    """Hub methods that begin or end sessions."""

    def test_refused(self) -> None:
        """The methods are refused with advice, and not sent."""
        for method, text in [('sslLogin', 'login()'),
                             ('subsession', 'new_session()'),
                             ('exclusiveSession', 'daemons')]:
            error = self.fail_of(getattr(self.koji, method)(),
                                 KojiLoginException)
            self.assertIn(text, str(error))
        self.fail_of(self.koji.call('login', 'a', 'b'), KojiLoginException)
        self.assertEqual(self.asked('sslLogin', 'login', 'subsession'),
                         [(None,)])

    def test_within_others(self) -> None:
        """The methods are refused in multicalls and in wrappers, too."""
        logout = {'methodName': 'logout', 'params': []}
        for method, args in [
                ('system.multicall', [[logout]]),
                ('multiCall', [[{'methodName': 'getTag', 'params': [1]},
                                {'methodName': 'exclusiveSession',
                                 'params': [True]}]]),
                ('system.multicall', [[{'methodName': 'multiCall',
                                        'params': [[logout]]}]]),
                ('filterResults', ['subsession']),
                ('count', ['system.multicall', [logout]])]:
            for call in (self.koji.call, self.koji.batched().call):
                self.fail_of(call(method, *args), KojiLoginException)
            for collect in (self.koji.MultiCall().call, self.koji.iterate):
                self.assertRaises(KojiLoginException, collect, method, *args)
        for name in ('logout', Method.LOGOUT):
            self.assertRaises(KojiLoginException,
                              self.koji.MultiCall().call, name)
            self.assertRaises(KojiLoginException, self.koji.iterate, name)
        self.assertEqual(self.asked('logout', 'subsession', 'multiCall',
                                    'system.multicall', 'filterResults'), [])
        self.assertFalse(self.hub.sessions.rows[0].closed)
        entries = self.get(self.koji.call('system.multicall', [
            {'methodName': 'getTag', 'params': [1]}, {}, 'odd']))
        self.assertEqual(entries[0][0].id, 1)

    def test_odd_name(self) -> None:
        """A method name that is no str raises TypeError."""
        for call in (self.koji.call, self.koji.batched().call):
            self.fail_of(call(7), TypeError)
        self.assertRaises(TypeError, self.koji.MultiCall().call, None)

    def test_logout(self) -> None:
        """call("logout") logs the Connection out."""
        self.get(self.koji.call('logout'))
        self.assertIsNone(self.koji.session_id)
        self.assertTrue(self.hub.sessions.rows[0].closed)

    def test_logout_other(self) -> None:
        """logout() with another session's id ends that session."""
        other = self.hub.connection()
        self.get(other.login())
        self.get(self.koji.logout(other.session_id))
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [False, True, False])
        self.get(self.koji.call('logout', session_id=self.koji.session_id))
        self.assertIsNone(self.koji.session_id)


class LogoutTests(SessionTestCase):
    """Logging out, and closing."""

    settings = {'max_retries': 3}

    def test_logout(self) -> None:
        """After logout() both sessions are closed; calls are anonymous."""
        call = self.koji.build('x')
        self.builds[0].callback(1)
        self.get(call)
        self.get(self.koji.logout())
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [True, True])
        self.assertEqual((self.koji.session_id, self.koji.session_key,
                          self.koji.callnum), (None, None, None))
        self.assertIsNone(self.get(self.koji.getLoggedInUser()))
        self.get(self.koji.logout())

    def test_after_writes(self) -> None:
        """Writes before a logout are sent, and later ones fail."""
        first = self.koji.build('x')
        out = self.koji.logout()
        second = self.koji.build('y')
        self.assertNoResult(out)
        self.builds[0].callback(1)
        self.assertEqual(self.get(first), 1)
        self.get(out)
        self.fail_of(second, KojiLoginException)
        self.assertEqual(len(self.builds), 1)

    def test_twice(self) -> None:
        """Two concurrent logouts send one call."""
        write = self.koji.build('x')
        outs = [self.koji.logout(), self.koji.logout()]
        self.builds[0].callback(1)
        for call in [write, *outs]:
            self.get(call)
        self.assertEqual(len(self.asked('logout')), 1)

    def test_then_login(self) -> None:
        """A login waits for a logout before it, and then logs in."""
        write = self.koji.build('x')
        out = self.koji.logout()
        again = self.koji.login()
        self.assertNoResult(again)
        self.builds[0].callback(1)
        for call in (write, out, again):
            self.get(call)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')

    def test_during_login(self) -> None:
        """A logout waits for a login before it, and ends the session."""
        koji = self.hub.connection()
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        login = koji.login()
        out = koji.logout()
        self.assertNoResult(out)
        self.hub.clock.advance(5)
        self.get(login)
        self.get(out)
        self.assertIsNone(koji.session_id)
        self.assertTrue(self.hub.sessions.rows[-1].closed)

    def test_expired(self) -> None:
        """If the session has expired, the subsession is ended, too."""
        write = self.koji.build('x')
        self.builds[0].callback(1)
        self.get(write)
        self.hub.sessions.rows[0].expired = True
        self.get(self.koji.logout())
        other = self.hub.sessions.rows[1]
        self.assertTrue(other.closed or other.expired)

    def test_close_in_renewal(self) -> None:
        """close(logout=True) ends a session that is being renewed."""
        self.hub.sessions.expire()
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        read = self.koji.getTag(1)
        closing = self.koji.close(logout=True)
        self.fail_of(read, ConnectionClosed)
        self.assertNoResult(closing)
        self.hub.clock.advance(5)
        self.get(closing)
        self.assertTrue(self.hub.sessions.rows[0].closed)

    def test_many_writes(self) -> None:
        """A thousand writes after a logout fail."""
        first = self.koji.build('x')
        out = self.koji.logout()
        writes = [self.koji.build(number) for number in range(1000)]
        self.builds[0].callback(1)
        self.get(first)
        self.get(out)
        for write in writes:
            self.fail_of(write, KojiLoginException)
        self.get(self.koji.login())
        write = self.koji.build('y')
        self.builds[1].callback(2)
        self.assertEqual(self.get(write), 2)

    def test_renewal_fails(self) -> None:
        """logout() succeeds if a renewal before it fails."""
        self.hub.sessions.expire()
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        read = self.koji.getTag('f44')
        out = self.koji.logout()
        self.hub.fault('sslLogin', 1002, 'logins are not allowed')
        self.hub.clock.pump([5, 5])
        self.fail_of(read, AuthError)
        self.get(out)
        self.assertIsNone(self.koji.session_id)

    def test_dropped_before(self) -> None:
        """logout() succeeds if the hub has dropped the session."""
        self.hub.sessions.close(self.hub.sessions.rows[0])
        self.get(self.koji.logout())

    def test_renewal_under_way(self) -> None:
        """logout() waits for a renewal, and ends the renewed session."""
        self.hub.sessions.expire()
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        read = self.koji.getTag('f44')
        out = self.koji.logout()
        self.assertNoResult(out)
        self.hub.clock.advance(5)
        self.get(out)
        self.get(read)
        self.assertTrue(self.hub.sessions.rows[0].closed)
        self.assertIsNone(self.koji.session_id)

    def test_reads_under_way(self) -> None:
        """A read is not sent anonymously after a logout."""
        self.hub.misbehave('dropped-before', method='getTag', times=2)
        read = self.koji.getTag('f44')
        self.get(self.koji.logout())
        self.hub.clock.advance(1)
        self.fail_of(read, KojiLoginException)
        self.assertEqual(self.asked('getTag'), [])

    def test_somebody_else(self) -> None:
        """A read is not sent as another user after a new login."""
        self.hub.sessions.passwords['bob'] = 'x'
        self.hub.misbehave('dropped-before', method='getTag', times=2)
        read = self.koji.getTag('f44')
        self.get(self.koji.logout())
        self.get(self.koji.login('password', user='bob', password='x'))
        self.hub.clock.advance(1)
        self.fail_of(read, KojiLoginException)
        self.assertEqual(self.asked('getTag'), [])

    def test_login_again(self) -> None:
        """After a second login callnums start at 0."""
        call = self.koji.build('x')
        self.builds[0].callback(1)
        self.get(call)
        self.get(self.koji.logout())
        self.get(self.koji.login())
        self.assertEqual(self.koji.callnum, 0)
        call = self.koji.build('y')
        self.builds[1].callback(2)
        self.assertEqual(self.get(call), 2)

    def test_close(self) -> None:
        """close() logs out only if `logout` is true."""
        requests = self.hub.requests
        other = self.hub.connection()
        self.get(other.login())
        self.get(other.close())
        self.assertEqual(self.hub.requests, requests + 2)
        waiting = self.koji.build('x')
        self.get(self.koji.close(logout=True))
        self.fail_of(waiting, ConnectionClosed)
        self.assertTrue(self.hub.sessions.rows[0].closed)
        self.assertFalse(self.hub.sessions.rows[1].closed)
        self.builds[0].callback(1)

    def test_close_cancelled(self) -> None:
        """A canceled close() still closes all connections."""
        self.hub.misbehave('slow', method='logout')
        closing = self.koji.close(logout=True)
        self.assertNoResult(closing)
        closing.cancel()
        self.fail_of(closing, CancelledError)
        self.fail_of(self.koji.getTag('f44'), ConnectionClosed)
        self.assertTrue(self.koji.client._transport._closed)

    def test_close_listening_cancelled(self) -> None:
        """A close() canceled while events end closes connections."""
        listening: Deferred[None] = Deferred()
        events = self.koji.events
        with mock.patch.object(events, 'close', lambda: listening):
            closing = self.koji.close(logout=True)
            closing.cancel()
        self.fail_of(closing, CancelledError)
        self.assertTrue(self.koji.client._transport._closed)

    def test_close_queue(self) -> None:
        """Queued writes fail at close(), and are not sent."""
        writes = [self.koji.build(number) for number in range(50)]
        self.get(self.koji.close())
        for write in writes:
            self.fail_of(write, ConnectionClosed)
        self.builds[0].callback(1)
        self.assertEqual(self.asked('build'), [(0,)])

    def test_close_offline(self) -> None:
        """close(logout=True) succeeds while the hub is offline."""
        self.hub.misbehave('offline')
        self.get(self.koji.close(logout=True))
        self.fail_of(self.koji.getTag('f44'), ConnectionClosed)
        self.fail_of(self.koji.login('password', user='a', password='b'))

    def test_dropped(self) -> None:
        """A Connection that is garbage collected sends nothing."""
        requests = self.hub.requests
        del self.koji
        gc.collect()
        self.assertEqual(self.hub.requests, requests)
        self.assertFalse(self.hub.sessions.rows[0].closed)


class NewSessionTests(SessionTestCase):
    """Connections made by new_session()."""

    settings = {'max_retries': 9}

    def test_writes_side_by_side(self) -> None:
        """Writes in two sessions do not wait for each other."""
        other = self.get(self.koji.new_session())
        self.assertNotEqual(other.session_id, self.koji.session_id)
        self.assertEqual(other.callnum, 0)
        calls = [self.koji.build(1), other.build(2)]
        self.assertEqual(len(self.builds), 2)
        self.builds[1].callback(2)
        self.assertEqual(self.get(calls[1]), 2)
        self.builds[0].callback(1)
        self.assertEqual(self.get(calls[0]), 1)
        self.assertEqual(self.get(other.getLoggedInUser()).name, 'alice')
        self.assertEqual((self.koji.callnum, other.callnum), (1, 1))

    def test_not_logged_in(self) -> None:
        """new_session() fails when not logged in."""
        koji = self.hub.connection()
        error = self.fail_of(koji.new_session(), KojiLoginException)
        self.assertIn('not logged in; login() first', str(error))
        self.get(self.koji.logout())
        self.fail_of(self.koji.new_session(), KojiLoginException)

    def test_refused(self) -> None:
        """new_session() fails if the hub refuses the subsession."""
        self.hub.fault('subsession', 1000, 'no')
        self.fail_of(self.koji.new_session(), GenericError)

    def test_expiry(self) -> None:
        """All sessions of a login share one renewal."""
        other = self.get(self.koji.new_session())
        self.end_slowly(seconds=1)
        for koji in (self.koji, other):
            call = koji.build('x')
            self.hub.clock.pump([1] * 3)
            self.get(call)
        self.hub.sessions.expire()
        calls = [koji.build('y') for koji in (self.koji, other) * 3]
        self.hub.clock.pump([1] * 20)
        for call in calls:
            self.assertEqual(self.get(call), 7)
        self.assertEqual(len(self.asked('sslLogin')), 2)

    def test_logout(self) -> None:
        """Only the logout of the first Connection ends all sessions."""
        other = self.get(self.koji.new_session())
        self.get(other.logout())
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [False, True])
        third = self.get(self.koji.new_session())
        self.get(self.koji.logout())
        self.assertTrue(self.hub.sessions.rows[-1].closed)
        for call in (third.build('x'), third.getLoggedInUser()):
            self.fail_of(call, KojiLoginException)
        self.assertEqual(self.builds, [])

    def test_lost(self) -> None:
        """A lost write is not a NotSent after the login's logout."""
        other = self.get(self.koji.new_session())
        self.hub.misbehave('dropped-after', method='build', times=2)
        write = other.build('x')
        self.builds[0].callback(1)
        self.get(self.koji.logout())
        self.hub.clock.pump([1] * 5)
        self.fail_of(write, ConnectionFailed)

    def test_logout_alone(self) -> None:
        """After its own logout a Connection fails until login()."""
        other = self.get(self.koji.new_session())
        first = other.build(1)
        out = other.logout()
        second = other.build(2)
        self.builds[0].callback(1)
        self.get(first)
        self.get(out)
        self.fail_of(second, KojiLoginException)
        self.fail_of(other.getLoggedInUser(), KojiLoginException)
        self.get(other.login())
        self.assertEqual(self.get(other.getLoggedInUser()).name, 'alice')

    def test_login_together(self) -> None:
        """Two Connections that share a login log in once."""
        other = self.get(self.koji.new_session())
        self.get(self.koji.logout())
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        logins = [self.koji.login(), other.login()]
        self.hub.clock.advance(5)
        for login in logins:
            self.get(login)
        self.assertEqual(len(self.hub.sessions.rows), 3)

    def test_close_before(self) -> None:
        """close() ends a new_session() in progress."""
        self.hub.misbehave('slow', method='subsession', seconds=5)
        asked = self.koji.new_session()
        self.get(self.koji.close())
        self.fail_of(asked, ConnectionClosed)
        self.assertEqual([call for call in self.hub.clock.getDelayedCalls()
                          if call.time > 5], [])

    def test_dropped(self) -> None:
        """The first Connection does not keep the others alive."""
        self.get(self.koji.new_session())
        gc.collect()
        self.assertEqual(len(self.koji.client._calls._children), 0)

    def test_of_view(self) -> None:
        """A new session has none of the options of a view."""
        view = self.koji.with_options(write=False, timeout=5)
        other = self.get(view.new_session())
        self.hub.respond('createTag', 1)
        self.get(other.createTag('x'))
        self.assertEqual(other.callnum, 1)

    def test_close(self) -> None:
        """A Connection is closed alone, or with the first one."""
        other = self.get(self.koji.new_session())
        third = self.get(other.new_session())
        self.get(other.close(logout=True))
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [False, True, False])
        self.fail_of(other.getTag('f44'), ConnectionClosed)
        self.get(third.getTag('f44'))
        waiting = third.build('x')
        self.get(self.koji.close())
        self.fail_of(waiting, ConnectionClosed)
        self.fail_of(third.getTag('f44'), ConnectionClosed)
        self.builds[0].callback(1)


class SingleFlightTests(SynchronousTestCase):
    """SingleFlight: one operation for concurrent callers."""

    def setUp(self) -> None:
        """Make an operation that the test ends."""
        self.cancelled: list[Any] = []
        self.work: Deferred[int] = Deferred(self.cancelled.append)
        self.flight: SingleFlight[int] = SingleFlight()
        self.started = 0

    async def start(self) -> int:
        """Count the runs of the operation."""
        self.started += 1
        return await self.work

    def test_each_its_own(self) -> None:
        """The operation runs once, and each caller has a Deferred."""
        waiting = [self.flight.run(self.start) for _ in range(3)]
        self.assertEqual(len({id(each) for each in waiting}), 3)
        self.assertTrue(self.flight.busy)
        self.work.callback(5)
        self.assertEqual([self.successResultOf(each) for each in waiting],
                         [5, 5, 5])
        self.assertEqual((self.started, self.flight.busy), (1, False))

    def test_failure(self) -> None:
        """Every caller gets the error of the operation."""
        waiting = [self.flight.run(self.start), self.flight.wait()]
        self.work.errback(ValueError())
        for each in waiting:
            self.failureResultOf(each, ValueError)

    def test_cancel_others(self) -> None:
        """A callback may cancel another caller's Deferred."""
        waiting = [self.flight.run(self.start) for _ in range(3)]
        waiting[0].addCallback(lambda _: waiting[1].cancel())
        self.work.callback(5)
        self.failureResultOf(waiting[1], CancelledError)
        self.assertEqual(self.successResultOf(waiting[2]), 5)

    def test_cancel(self) -> None:
        """The operation is canceled with the last caller's Deferred."""
        waiting = [self.flight.run(self.start) for _ in range(2)]
        waiting[0].cancel()
        self.failureResultOf(waiting[0], CancelledError)
        self.assertNoResult(waiting[1])
        waiting[1].cancel()
        self.failureResultOf(waiting[1], CancelledError)
        self.assertEqual(self.cancelled, [self.work])
        self.assertFalse(self.flight.busy)
