"""Sessions: calls in turn, renewed sessions, and nothing done twice."""
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
    """Logged in, with a hub whose builds end when the test says so."""

    #: Settings of the profile.
    settings: dict[str, Any] = {}

    def setUp(self) -> None:
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection(**self.settings)
        self.get(self.koji.login())
        self.hub.respond('build', self.begin)
        self.begun: list[Deferred[int]] = []

    def begin(self, *args: Any, **kwargs: Any) -> Deferred[int]:
        self.begun.append(Deferred())
        return self.begun[-1]

    def asked(self, *methods: str) -> list[Any]:
        """The arguments of the calls of some methods that the hub got."""
        return [args for method, args, _ in self.hub.calls
                if method in methods]

    def end_slowly(self, seconds: float = 5, **kwargs: Any) -> None:
        """Let all that is asked take a while."""
        self.hub.forget('build')
        self.hub.respond('build', lambda *args: 7)
        self.hub.misbehave('slow', seconds=seconds, **kwargs)


class OrderTests(SessionTestCase):
    """Writes wait for each other, and reads for nobody."""

    def test_order(self) -> None:
        """Writes go out one after the other, each with its callnum."""
        calls = [self.koji.build(number) for number in range(3)]
        for number, call in enumerate(calls):
            self.assertEqual(len(self.begun), number + 1)
            self.begun[number].callback(number * 10)
            self.assertEqual(self.get(call), number * 10)
            self.assertEqual(self.hub.sessions.rows[-1].callnum, number)
        self.assertEqual(self.koji.callnum, 3)

    def test_reads_do_not_wait(self) -> None:
        """A read is answered while a write holds up its session."""
        call = self.koji.build('x')
        self.assertEqual(self.get(self.koji.getTag('f44')).name, 'f44')
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertNoResult(call)
        self.begun[0].callback(1)
        self.assertEqual(self.get(call), 1)

    def test_one_session_only(self) -> None:
        """Where the hub gives no second session, reads wait for writes."""
        self.hub.fault('subsession', 1000, 'Invalid method: subsession')
        write = self.koji.build('x')
        read = self.koji.getTag('f44')
        self.assertNoResult(read)
        self.begun[0].callback(1)
        self.assertEqual(self.get(write), 1)
        self.assertEqual(self.get(read).name, 'f44')
        self.get(self.koji.getTag('f44'))
        again = self.koji.build('y')
        self.begun[1].callback(2)
        self.assertEqual(self.get(again), 2)
        self.assertEqual(self.asked('subsession'), [()])

    def test_reads_have_no_callnum(self) -> None:
        """So that the hub locks nothing for them."""
        for number in range(3):
            self.get(self.koji.getTag('f44'))
        self.assertEqual(self.koji.callnum, 0)
        self.assertEqual(len(self.hub.sessions.rows), 1)

    def test_cancelled_waiting(self) -> None:
        """A write can be cancelled while it waits; the others go on."""
        calls = [self.koji.build(number) for number in range(3)]
        calls[1].cancel()
        self.fail_of(calls[1], CancelledError)
        self.begun[0].callback(0)
        self.get(calls[0])
        self.begun[1].callback(2)
        self.assertEqual(self.get(calls[2]), 2)
        self.assertEqual(self.asked('build'), [(0,), (2,)])

    def test_cancelled_under_way(self) -> None:
        """The hub carries a write out all the same; the next one waits."""
        calls = [self.koji.build(number) for number in range(2)]
        calls[0].cancel()
        self.fail_of(calls[0], CancelledError)
        self.begun[0].callback(0)
        self.begun[1].callback(1)
        self.assertEqual(self.get(calls[1]), 1)

    def test_refused(self) -> None:
        """A write that the hub refuses does not hold up the next."""
        self.hub.fault('cancelTask', 1004, 'Cannot cancel task, not owner')
        calls = [self.koji.cancelTask(1), self.koji.build('x')]
        self.fail_of(calls[0], ActionNotAllowed)
        self.begun[0].callback(1)
        self.assertEqual(self.get(calls[1]), 1)

    def test_many(self) -> None:
        """However many wait, each gets its turn."""
        self.hub.respond('createTag', lambda number: number)
        first = self.koji.build('x')
        calls = [self.koji.createTag(number) for number in range(1000)]
        self.begun[0].callback(1)
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
        """The deadline counts the wait for one's turn, too."""
        first = self.koji.build('x')
        second = self.koji.with_options(deadline=10).build('y')
        self.hub.clock.advance(10)
        error = self.fail_of(second, CallTimeout)
        self.assertIn('not done within 10 seconds', str(error))
        self.assertNoResult(first)
        self.begun[0].callback(1)
        self.assertEqual(self.get(first), 1)
        self.assertEqual(self.asked('build'), [('x',)])

    def test_without_login(self) -> None:
        """Without a login the hub says what it thinks of a write."""
        koji = self.hub.connection()
        self.hub.respond('cancelTask', 1, anonymous=True)
        self.assertEqual(self.get(koji.cancelTask(1)), 1)
        self.assertIsNone(koji.callnum)


class OptionsTests(SessionTestCase):
    """Views of a Connection."""

    def test_write(self) -> None:
        """What we take for a write may be said to be a read, and v. v."""
        self.hub.respond('plugin.query', 1, plugin=True)
        self.get(self.koji.with_options(write=False).plugin.query())
        self.assertEqual(self.koji.callnum, 0)
        self.get(self.koji.plugin.query())
        self.get(self.koji.with_options(write=True).getTag('f44'))
        self.assertEqual(self.koji.callnum, 2)

    def test_view(self) -> None:
        """A view is the same Connection, and leaves what is not said."""
        view = self.koji.with_options(timeout=5).with_options(deadline=7)
        self.assertEqual((view._options.timeout, view._options.deadline),
                         (5, 7))
        self.assertEqual(view.session_id, self.koji.session_id)
        task = self.get(view.getTaskInfo(6474))
        self.assertIs(task.connection, self.koji)

    def test_timeout(self) -> None:
        """The limits of a view are for its calls only."""
        self.hub.misbehave('slow', seconds=60)
        calls = [self.koji.with_options(timeout=5).getTag('f44'),
                 self.koji.getTag('f44')]
        self.hub.clock.advance(5)
        self.fail_of(calls[0], CallTimeout)
        self.hub.clock.advance(55)
        self.assertEqual(self.get(calls[1]).name, 'f44')

    def test_bad(self) -> None:
        """A limit that is none is refused at once."""
        for name in ('timeout', 'deadline'):
            for value in (0, -1, float('nan')):
                with self.assertRaises(ConfigurationError):
                    self.koji.with_options(**{name: value})


class ExpiryTests(SessionTestCase):
    """Sessions that have expired, or that the hub no longer knows."""

    settings = {'max_retries': 3}

    def renewals(self) -> list[Any]:
        """The logins that renewed a session."""
        return [kwargs for method, _, kwargs in self.hub.calls
                if method == 'sslLogin' and kwargs.get('renew')]

    def test_one_renewal(self) -> None:
        """Fifty calls that meet the expiry share one renewal."""
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
        """Reads and writes together take one renewal, and one login."""
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
        """The session of writes may be renewed alone, which counts, too."""
        self.end_slowly(seconds=1)
        for number in range(2):
            write = self.koji.build(number)
            self.hub.clock.pump([1] * 3)
            self.assertEqual(self.get(write), 7)
            self.assertEqual(self.koji.stats.renewals, number)
            self.hub.sessions.close(self.hub.sessions.rows[-1])
        self.assertEqual(self.renewals(), [])

    def test_late_answer(self) -> None:
        """One who hears of the expiry when all is renewed just goes on."""
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
        """A lost write is asked for again in the same session, renewed."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.hub.sessions.expire()
        self.begun[0].callback(5)
        self.hub.clock.advance(1)
        self.fail_of(call, RetryError)
        self.assertEqual(len(self.begun), 1)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 0)

    def test_lost_and_gone(self) -> None:
        """If there is no such session any longer, it is not sent again."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.hub.sessions.close(self.hub.sessions.rows[-1])
        self.begun[0].callback(5)
        self.hub.clock.advance(1)
        self.fail_of(call, ConnectionFailed)
        self.assertEqual(len(self.begun), 1)
        # The next write goes on.
        call = self.koji.build('y')
        self.begun[1].callback(6)
        self.assertEqual(self.get(call), 6)

    def test_callnum_goes_on(self) -> None:
        """Renewal is no reason to count from 0 again."""
        for number in range(2):
            call = self.koji.build(number)
            self.begun[number].callback(number)
            self.get(call)
        self.hub.sessions.expire()
        call = self.koji.build(2)
        self.begun[2].callback(2)
        self.assertEqual(self.get(call), 2)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 2)

    def test_old_hub(self) -> None:
        """Where hubs cannot renew there is a new login."""
        self.hub.version = '1.31.1'
        self.hub.sessions.expire()
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertEqual(len(self.hub.sessions.rows), 2)

    def test_gone(self) -> None:
        """A session that the hub has dropped is made anew, once for all."""
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
        """A write goes on in a new session, with the number that it had."""
        for number in range(2):
            call = self.koji.build(number)
            self.begun[number].callback(number)
            self.get(call)
        for row in self.hub.sessions.rows:
            row.closed = True
        call = self.koji.build(2)
        self.begun[2].callback(2)
        self.assertEqual(self.get(call), 2)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 2)
        self.assertEqual(len(self.begun), 3)

    def test_not_good_any_more(self) -> None:
        """If the credentials do no longer do, each call fails with that."""
        self.hub.sessions.expire()
        for row in self.hub.tables.users:
            if row['name'] == 'alice':
                row['status'] = 1
        for _ in range(2):
            error = self.fail_of(self.koji.getLoggedInUser(), AuthError)
            self.assertIn('logins by alice are not allowed', str(error))
        self.fail_of(self.koji.build('x'), AuthError)
        self.assertEqual(self.begun, [])

    def test_other_words(self) -> None:
        """A hub may say it in other words."""
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
        """Who closes all when the first call fails closes all."""
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
        """A hub whose sessions expire at once is asked twice, not for ever."""
        self.hub.fault('getTag', 1007, 'session "1" has expired')
        self.fail_of(self.koji.getTag('f44'), AuthExpired)
        self.assertEqual(len(self.renewals()), 1)

    def test_no_answer(self) -> None:
        """A renewal that gets no answer fails its calls, not the next."""
        self.hub.sessions.expire()
        self.hub.misbehave('garbage', method='sslLogin', times=1)
        calls = [self.koji.getLoggedInUser() for _ in range(2)]
        for call in calls[:1]:
            self.fail_of(call)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')

    def test_age(self) -> None:
        """Sessions expire by the hub's clock."""
        self.hub.clock.advance(1441 * 60)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')
        self.assertEqual(len(self.renewals()), 1)

    def test_without_login(self) -> None:
        """Who is not logged in has nothing to renew."""
        koji = self.hub.connection()
        self.hub.fault('getTag', 1007, 'session "1" has expired')
        self.fail_of(koji.getTag('f44'), AuthExpired)
        self.assertEqual(self.renewals(), [])

    def test_password(self) -> None:
        """A session of a password is renewed with it."""
        self.hub.sessions.passwords['bob'] = 'x'
        koji = self.hub.connection()
        self.get(koji.login('password', user='bob', password='x'))
        self.hub.sessions.expire()
        self.assertEqual(self.get(koji.getLoggedInUser()).name, 'bob')
        self.assertEqual(self.hub.calls[-2], (
            'login', ('bob', 'x'), {'renew': True, 'exclusive': False}))


class SecondSessionTests(SessionTestCase):
    """The session to write in, which hubs give, or do not give."""

    def test_trouble(self) -> None:
        """Trouble with the login is no reason to do without it."""
        self.hub.sessions.expire()
        self.hub.fault('sslLogin', 1000, 'temporary trouble')
        self.fail_of(self.koji.build(1), GenericError)
        self.hub.forget('sslLogin')
        write = self.koji.build(1)
        self.assertEqual(self.get(self.koji.getTag(1)).id, 1)
        self.begun[0].callback(1)
        self.assertEqual(self.get(write), 1)

    def test_any_fault(self) -> None:
        """A hub may refuse it with any fault."""
        self.hub.fault('subsession', 1, "<class 'NotImplementedError'>")
        write = self.koji.build(1)
        self.begun[0].callback(1)
        self.assertEqual(self.get(write), 1)

    def test_offline(self) -> None:
        """A hub that is offline has not refused it."""
        self.hub.misbehave('offline', method='subsession', times=1)
        self.fail_of(self.koji.build(1), ServerOffline)
        self.hub.respond('build', 2)
        self.assertEqual(self.get(self.koji.build(1)), 2)
        self.assertEqual(len(self.hub.sessions.rows), 2)


class LostTests(SessionTestCase):
    """Writes whose connection broke."""

    settings = {'max_retries': 3}

    def test_done(self) -> None:
        """It was done, the answer is gone: RetryError says so."""
        self.hub.misbehave('dropped-after', method='build', times=1)
        call = self.koji.build('x')
        self.begun[0].callback(1)
        error = self.fail_of(call, RetryError)
        self.assertIn('unable to retry call 0 (method build)', str(error))
        self.assertEqual(len(self.begun), 1)

    def test_not_done(self) -> None:
        """It was not done: it is sent again, with the same callnum."""
        self.hub.misbehave('dropped-before', method='build', times=2)
        call = self.koji.build('x')
        self.hub.clock.advance(1)
        self.begun[0].callback(1)
        self.assertEqual(self.get(call), 1)
        self.assertEqual(self.koji.callnum, 1)
        self.assertEqual(self.koji.stats.retries, 2)

    def test_given_up(self) -> None:
        """After all its attempts it fails, and the next has its turn."""
        self.hub.misbehave('dropped-before', method='build', times=4)
        calls = [self.koji.build(number) for number in range(2)]
        self.hub.clock.pump([1] * 4)
        self.fail_of(calls[0], ConnectionFailed)
        self.begun[0].callback(1)
        self.assertEqual(self.get(calls[1]), 1)
        self.assertEqual(self.hub.sessions.rows[-1].callnum, 1)

    def test_too_late(self) -> None:
        """A write whose time is over is not sent again."""
        call = self.koji.with_options(timeout=5).build('x')
        self.hub.clock.advance(5)
        self.fail_of(call, CallTimeout)
        self.begun[0].callback(1)
        self.hub.clock.advance(60)
        self.assertEqual(len(self.begun), 1)

    def test_anonymous(self) -> None:
        """Without a callnum nothing could refuse it: it is not sent again."""
        koji = self.hub.connection(max_retries=3)
        self.hub.misbehave('dropped-before', method='build', times=1)
        self.fail_of(koji.build('x'), ConnectionFailed)
        self.assertEqual(self.begun, [])


class OldHubTests(SynchronousTestCase):
    """Hubs that look for the session in the URL."""

    def test_url(self) -> None:
        """There it is, and nowhere else."""
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
        """A hub that does not look there either: login() finds out."""
        hub = FakeHub(clock=Clock())
        hub.version = '1.30.0'
        hub.sessions.url_sessions = False
        koji = hub.connection()
        error = self.failureResultOf(koji.login(), KojiLoginException).value
        self.assertIn('DisableURLSessions', str(error))
        self.assertIsNone(koji.session_id)


class IdentityTests(SynchronousTestCase):
    """How a call names its session."""

    def test_headers(self) -> None:
        """In headers; the callnum twice, for hubs that look at one only."""
        url, headers = SessionInfo(5, 'secret', False).sign('https://h/hub', 7)
        self.assertEqual(url, 'https://h/hub')
        self.assertEqual(dict(headers), {
            b'Koji-Session-Id': b'5', b'Koji-Session-Key': b'secret',
            b'Koji-Session-Callnum': b'7', b'Koji-Callnum': b'7'})

    def test_url(self) -> None:
        """In the URL, for hubs that look there only."""
        signed = SessionInfo(5, 'se&ret', True).sign('https://h/hub', None)
        self.assertEqual(signed, (
            'https://h/hub?session-id=5&session-key=se%26ret', ()))

    def test_answers(self) -> None:
        """What a hub gives as a session is looked at."""
        self.assertEqual(
            read_session({'session-id': 5, 'session-key': 'x'}),
            SessionInfo(5, 'x', True))
        for answer in [None, 5, {'session-id': 5}, {'session-key': 'x'},
                       {'session-id': 5, 'session-key': 'a b'}]:
            self.assertIsNone(read_session(answer))


class Method(str, enum.Enum):
    LOGOUT = 'logout'


class RefusedTests(SessionTestCase):
    """Hub methods that would go round our session."""

    def test_refused(self) -> None:
        """They are refused, with a word on what to use."""
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
        """They are refused within a multicall, and by another method, too."""
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
        """A hub method has a name."""
        for call in (self.koji.call, self.koji.batched().call):
            self.fail_of(call(7), TypeError)
        self.assertRaises(TypeError, self.koji.MultiCall().call, None)

    def test_logout(self) -> None:
        """The hub's logout() is ours."""
        self.get(self.koji.call('logout'))
        self.assertIsNone(self.koji.session_id)
        self.assertTrue(self.hub.sessions.rows[0].closed)

    def test_logout_other(self) -> None:
        """The hub's logout() of another session is the hub's."""
        other = self.hub.connection()
        self.get(other.login())
        self.get(self.koji.logout(other.session_id))
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [False, True, False])
        self.get(self.koji.call('logout', session_id=self.koji.session_id))
        self.assertIsNone(self.koji.session_id)


class LogoutTests(SessionTestCase):
    """Logging out."""

    settings = {'max_retries': 3}

    def test_logout(self) -> None:
        """Afterwards there is no session, and calls are anonymous."""
        call = self.koji.build('x')
        self.begun[0].callback(1)
        self.get(call)
        self.get(self.koji.logout())
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [True, True])
        self.assertEqual((self.koji.session_id, self.koji.session_key,
                          self.koji.callnum), (None, None, None))
        self.assertIsNone(self.get(self.koji.getLoggedInUser()))
        self.get(self.koji.logout())

    def test_after_writes(self) -> None:
        """The writes before it are made; those after it are not."""
        first = self.koji.build('x')
        out = self.koji.logout()
        second = self.koji.build('y')
        self.assertNoResult(out)
        self.begun[0].callback(1)
        self.assertEqual(self.get(first), 1)
        self.get(out)
        self.fail_of(second, KojiLoginException)
        self.assertEqual(len(self.begun), 1)

    def test_twice(self) -> None:
        """Who logs out twice at once does so once."""
        write = self.koji.build('x')
        outs = [self.koji.logout(), self.koji.logout()]
        self.begun[0].callback(1)
        for call in [write, *outs]:
            self.get(call)
        self.assertEqual(len(self.asked('logout')), 1)

    def test_then_login(self) -> None:
        """A login waits for a logout, and is one."""
        write = self.koji.build('x')
        out = self.koji.logout()
        again = self.koji.login()
        self.assertNoResult(again)
        self.begun[0].callback(1)
        for call in (write, out, again):
            self.get(call)
        self.assertEqual(self.get(self.koji.getLoggedInUser()).name, 'alice')

    def test_during_login(self) -> None:
        """A logout waits for a login, and ends it."""
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
        """If the session has expired, the other one is ended, too."""
        write = self.koji.build('x')
        self.begun[0].callback(1)
        self.get(write)
        self.hub.sessions.rows[0].expired = True
        self.get(self.koji.logout())
        other = self.hub.sessions.rows[1]
        self.assertTrue(other.closed or other.expired)

    def test_close_in_renewal(self) -> None:
        """Closing lets a renewal end, and ends what it gave."""
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
        """However many writes are behind it, all of them hear of it."""
        first = self.koji.build('x')
        out = self.koji.logout()
        writes = [self.koji.build(number) for number in range(1000)]
        self.begun[0].callback(1)
        self.get(first)
        self.get(out)
        for write in writes:
            self.fail_of(write, KojiLoginException)
        self.get(self.koji.login())
        write = self.koji.build('y')
        self.begun[1].callback(2)
        self.assertEqual(self.get(write), 2)

    def test_renewal_fails(self) -> None:
        """If the session cannot be renewed, it has ended anyhow."""
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
        """That the hub has dropped the session is no error."""
        self.hub.sessions.close(self.hub.sessions.rows[0])
        self.get(self.koji.logout())

    def test_renewal_under_way(self) -> None:
        """The renewed session is ended, not the one before."""
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
        """A read that finds its session closed does not go on anonymously."""
        self.hub.misbehave('dropped-before', method='getTag', times=2)
        read = self.koji.getTag('f44')
        self.get(self.koji.logout())
        self.hub.clock.advance(1)
        self.fail_of(read, KojiLoginException)
        self.assertEqual(self.asked('getTag'), [])

    def test_somebody_else(self) -> None:
        """Nor does it go on as somebody else."""
        self.hub.sessions.passwords['bob'] = 'x'
        self.hub.misbehave('dropped-before', method='getTag', times=2)
        read = self.koji.getTag('f44')
        self.get(self.koji.logout())
        self.get(self.koji.login('password', user='bob', password='x'))
        self.hub.clock.advance(1)
        self.fail_of(read, KojiLoginException)
        self.assertEqual(self.asked('getTag'), [])

    def test_login_again(self) -> None:
        """One can log in again, and counts from 0."""
        call = self.koji.build('x')
        self.begun[0].callback(1)
        self.get(call)
        self.get(self.koji.logout())
        self.get(self.koji.login())
        self.assertEqual(self.koji.callnum, 0)
        call = self.koji.build('y')
        self.begun[1].callback(2)
        self.assertEqual(self.get(call), 2)

    def test_close(self) -> None:
        """Closing logs out when asked to, and else sends nothing."""
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
        self.begun[0].callback(1)

    def test_close_cancelled(self) -> None:
        """Closing that is cancelled waits for nobody, and closes all."""
        self.hub.misbehave('slow', method='logout')
        closing = self.koji.close(logout=True)
        self.assertNoResult(closing)
        closing.cancel()
        self.fail_of(closing, CancelledError)
        self.fail_of(self.koji.getTag('f44'), ConnectionClosed)
        self.assertTrue(self.koji._transport._closed)

    def test_close_listening_cancelled(self) -> None:
        """So does closing that waits for those who listen."""
        listening: Deferred[None] = Deferred()
        events = self.koji.events
        with mock.patch.object(events, 'close', lambda: listening):
            closing = self.koji.close(logout=True)
            closing.cancel()
        self.fail_of(closing, CancelledError)
        self.assertTrue(self.koji._transport._closed)

    def test_close_queue(self) -> None:
        """What waits for its turn when all is closed is not sent."""
        writes = [self.koji.build(number) for number in range(50)]
        self.get(self.koji.close())
        for write in writes:
            self.fail_of(write, ConnectionClosed)
        self.begun[0].callback(1)
        self.assertEqual(self.asked('build'), [(0,)])

    def test_close_offline(self) -> None:
        """A hub that does not answer does not keep it from closing."""
        self.hub.misbehave('offline')
        self.get(self.koji.close(logout=True))
        self.fail_of(self.koji.getTag('f44'), ConnectionClosed)
        self.fail_of(self.koji.login('password', user='a', password='b'))

    def test_dropped(self) -> None:
        """A Connection that is only forgotten sends nothing."""
        requests = self.hub.requests
        del self.koji
        gc.collect()
        self.assertEqual(self.hub.requests, requests)
        self.assertFalse(self.hub.sessions.rows[0].closed)


class NewSessionTests(SessionTestCase):
    """Connections with a session of their own."""

    settings = {'max_retries': 9}

    def test_writes_side_by_side(self) -> None:
        """Their writes do not wait for ours."""
        other = self.get(self.koji.new_session())
        self.assertNotEqual(other.session_id, self.koji.session_id)
        self.assertEqual(other.callnum, 0)
        calls = [self.koji.build(1), other.build(2)]
        self.assertEqual(len(self.begun), 2)
        self.begun[1].callback(2)
        self.assertEqual(self.get(calls[1]), 2)
        self.begun[0].callback(1)
        self.assertEqual(self.get(calls[0]), 1)
        self.assertEqual(self.get(other.getLoggedInUser()).name, 'alice')
        self.assertEqual((self.koji.callnum, other.callnum), (1, 1))

    def test_not_logged_in(self) -> None:
        """There must be a session."""
        koji = self.hub.connection()
        error = self.fail_of(koji.new_session(), KojiLoginException)
        self.assertIn('not logged in; login() first', str(error))
        self.get(self.koji.logout())
        self.fail_of(self.koji.new_session(), KojiLoginException)

    def test_refused(self) -> None:
        """If the hub gives none, that is the error."""
        self.hub.fault('subsession', 1000, 'no')
        self.fail_of(self.koji.new_session(), GenericError)

    def test_expiry(self) -> None:
        """All of them take one renewal."""
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
        """Logging out ends its own session; the first one's ends all."""
        other = self.get(self.koji.new_session())
        self.get(other.logout())
        self.assertEqual([row.closed for row in self.hub.sessions.rows],
                         [False, True])
        third = self.get(self.koji.new_session())
        self.get(self.koji.logout())
        self.assertTrue(self.hub.sessions.rows[-1].closed)
        for call in (third.build('x'), third.getLoggedInUser()):
            self.fail_of(call, KojiLoginException)
        self.assertEqual(self.begun, [])

    def test_lost(self) -> None:
        """A lost write of it is not said to be unsent when all log out."""
        other = self.get(self.koji.new_session())
        self.hub.misbehave('dropped-after', method='build', times=2)
        write = other.build('x')
        self.begun[0].callback(1)
        self.get(self.koji.logout())
        self.hub.clock.pump([1] * 5)
        self.fail_of(write, ConnectionFailed)

    def test_logout_alone(self) -> None:
        """What waits behind its logout fails, and so does what comes then."""
        other = self.get(self.koji.new_session())
        first = other.build(1)
        out = other.logout()
        second = other.build(2)
        self.begun[0].callback(1)
        self.get(first)
        self.get(out)
        self.fail_of(second, KojiLoginException)
        self.fail_of(other.getLoggedInUser(), KojiLoginException)
        self.get(other.login())
        self.assertEqual(self.get(other.getLoggedInUser()).name, 'alice')

    def test_login_together(self) -> None:
        """Both may log in at once: it is one login."""
        other = self.get(self.koji.new_session())
        self.get(self.koji.logout())
        self.hub.misbehave('slow', method='sslLogin', seconds=5)
        logins = [self.koji.login(), other.login()]
        self.hub.clock.advance(5)
        for login in logins:
            self.get(login)
        self.assertEqual(len(self.hub.sessions.rows), 3)

    def test_close_before(self) -> None:
        """One that is under way ends when all is closed."""
        self.hub.misbehave('slow', method='subsession', seconds=5)
        asked = self.koji.new_session()
        self.get(self.koji.close())
        self.fail_of(asked, ConnectionClosed)
        self.assertEqual([call for call in self.hub.clock.getDelayedCalls()
                          if call.time > 5], [])

    def test_dropped(self) -> None:
        """One that is forgotten is forgotten."""
        self.get(self.koji.new_session())
        gc.collect()
        self.assertEqual(len(self.koji._calls._children), 0)

    def test_of_view(self) -> None:
        """It has no options of a view."""
        view = self.koji.with_options(write=False, timeout=5)
        other = self.get(view.new_session())
        self.hub.respond('createTag', 1)
        self.get(other.createTag('x'))
        self.assertEqual(other.callnum, 1)

    def test_close(self) -> None:
        """It is closed with the first, or alone."""
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
        self.begun[0].callback(1)


class SharedTests(SynchronousTestCase):
    """Work that several wait for."""

    def setUp(self) -> None:
        self.cancelled: list[Any] = []
        self.work: Deferred[int] = Deferred(self.cancelled.append)
        self.shared: SingleFlight[int] = SingleFlight()
        self.started = 0

    async def start(self) -> int:
        self.started += 1
        return await self.work

    def test_each_its_own(self) -> None:
        """It is done once, and each gets a Deferred that nobody else has."""
        waiting = [self.shared.run(self.start) for _ in range(3)]
        self.assertEqual(len({id(each) for each in waiting}), 3)
        self.assertTrue(self.shared.busy)
        self.work.callback(5)
        self.assertEqual([self.successResultOf(each) for each in waiting],
                         [5, 5, 5])
        self.assertEqual((self.started, self.shared.busy), (1, False))

    def test_failure(self) -> None:
        """All hear of a failure."""
        waiting = [self.shared.run(self.start), self.shared.wait()]
        self.work.errback(ValueError())
        for each in waiting:
            self.failureResultOf(each, ValueError)

    def test_cancel_others(self) -> None:
        """Who hears of it may cancel for the others."""
        waiting = [self.shared.run(self.start) for _ in range(3)]
        waiting[0].addCallback(lambda _: waiting[1].cancel())
        self.work.callback(5)
        self.failureResultOf(waiting[1], CancelledError)
        self.assertEqual(self.successResultOf(waiting[2]), 5)

    def test_cancel(self) -> None:
        """When the last has left, the work is cancelled."""
        waiting = [self.shared.run(self.start) for _ in range(2)]
        waiting[0].cancel()
        self.failureResultOf(waiting[0], CancelledError)
        self.assertNoResult(waiting[1])
        waiting[1].cancel()
        self.failureResultOf(waiting[1], CancelledError)
        self.assertEqual(self.cancelled, [self.work])
        self.assertFalse(self.shared.busy)
