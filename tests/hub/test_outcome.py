"""The outcome of a write: not sent, refused, done, or unknown."""
from __future__ import annotations

import copy
import pickle
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.error import ConnectionRefusedError
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import FailingNetwork, HubTestCase
from txkoji.exceptions import (
    FAULTS,
    AuthError,
    CallTimeout,
    ConnectionClosed,
    ConnectionFailed,
    GenericError,
    HTTPError,
    KojiException,
    KojiLoginException,
    NotSent,
    RetryError,
    ServerOffline,
    TLSError,
    copy_of,
    from_fault,
)
from txkoji.hub.faults import Source, source_of
from txkoji.hub.outcome import Outcome, not_sent
from txkoji.testing import FakeHub


class OutcomeTestCase(HubTestCase):
    """A logged-in Connection to a hub whose builds the test ends."""

    settings: dict[str, Any] = {'max_retries': 3}

    def setUp(self) -> None:
        """Log in, and let the hub take builds."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection(**self.settings)
        self.get(self.koji.login())
        self.builds: list[Deferred[int]] = []
        self.hub.respond('build', self.begin)

    def begin(self, *args: Any, **kwargs: Any) -> Deferred[int]:
        """Answer a build when the test fires the Deferred."""
        self.builds.append(Deferred())
        return self.builds[-1]

    def asked(self, method: str) -> int:
        """Count the hub's calls to a method."""
        return sum(name == method for name, _, _ in self.hub.calls)


class LostTests(OutcomeTestCase):
    """The first answer is lost, and the second attempt is answered."""

    def lose(self, code: int, text: str = 'so it is') -> Any:
        """Get the error of a write with a lost answer and a fault."""
        self.hub.misbehave('dropped-before', method='build', times=1)
        self.hub.fault('build', code, text)
        return self.fail_of(self.koji.build('x'))

    def test_faults_of_the_hub(self) -> None:
        """A fault before the method does not tell the outcome."""
        for code in (1, 1002, 1006, 1007, 1008, 1014):
            error = self.lose(code)
            self.assertIsInstance(error, ConnectionFailed)
            self.assertNotIsInstance(error, NotSent)
            self.assertEqual(error.__cause__.faultCode, code)

    def test_faults_of_the_method(self) -> None:
        """A fault of the method means that the write was refused."""
        for code in (1000, 1001, 1003, 1004, 1005, 1009, 1019, 2001):
            error = self.lose(code)
            self.assertEqual(error.faultCode, code)
            self.assertIs(type(error), FAULTS.get(code, KojiException))

    def test_session_gone(self) -> None:
        """An unknown session does not tell the outcome."""
        error = self.lose(1002, 'Invalid session or bad credentials')
        self.assertIsInstance(error, ConnectionFailed)
        self.assertIsInstance(error.__cause__, AuthError)
        self.assertEqual(self.asked('build'), 1)

    def test_out_of_attempts(self) -> None:
        """The last error is the cause of the unanswered error."""
        error = ConnectionFailed('broken')
        refused = ConnectionFailed('refused')
        status = HTTPError('HTTP status 503', status=503)
        outcome = Outcome()
        outcome.sent = True
        outcome.record_error(error)
        for later in (refused, status):
            outcome.record_error(later)
            self.assertIs(outcome.error_of_write(later, 'build'), error)
            self.assertIs(error.__cause__, later)


class NotSentTests(OutcomeTestCase):
    """The error of a write that was not sent is a NotSent."""

    def check(self, call: Any, kind: Any) -> Any:
        """Check that a call fails with an error and a NotSent."""
        error = self.fail_of(call, kind)
        self.assertIsInstance(error, NotSent)
        return error

    def check_unknown(self, call: Any, kind: Any) -> Any:
        """Check that a call fails with an error that is no NotSent."""
        error = self.fail_of(call, kind)
        self.assertNotIsInstance(error, NotSent)
        return error

    def test_deadline(self) -> None:
        """At the deadline a queued write is a NotSent."""
        first = self.koji.with_options(deadline=10).build('x')
        second = self.koji.with_options(deadline=9).build('y')
        self.hub.clock.pump([9, 1])
        self.assertIn('the call was sent, and may have been carried out',
                      str(self.check_unknown(first, CallTimeout)))
        self.assertIn('the call was not sent',
                      str(self.check(second, CallTimeout)))

    def test_close(self) -> None:
        """At close() a queued write is a NotSent."""
        first, second = self.koji.build('x'), self.koji.build('y')
        self.get(self.koji.close())
        self.assertIn('may have been carried out',
                      str(self.check_unknown(first, ConnectionClosed)))
        self.assertIn('not sent', str(self.check(second, ConnectionClosed)))
        self.check(self.koji.build('z'), ConnectionClosed)

    def test_lost_before(self) -> None:
        """A write that waits for a retry is no NotSent."""
        self.hub.misbehave('dropped-before', method='build')
        call = self.koji.build('x')
        self.get(self.koji.close())
        error = self.check_unknown(call, ConnectionClosed)
        self.assertIsInstance(error.__cause__, ConnectionFailed)

    def test_no_connection(self) -> None:
        """A write without a connection is a NotSent."""
        koji = self.hub.connection(
            network=FailingNetwork(ConnectionRefusedError()), max_retries=3)
        call = koji.build('x')
        self.hub.clock.pump([1] * 4)
        self.check(call, ConnectionFailed)

    def test_second_session(self) -> None:
        """A write without the subsession is a NotSent."""
        self.hub.fault('subsession', 1002, 'no')
        self.check(self.koji.build('x'), AuthError)
        self.hub.misbehave('offline', method='subsession')
        self.check(self.koji.build('x'), ServerOffline)

    def test_renewal(self) -> None:
        """A write whose renewal failed is a NotSent."""
        self.hub.sessions.expire()
        self.hub.fault('sslLogin', 1002, 'logins are not allowed')
        calls = [self.koji.build('x'), self.koji.build('y')]
        for call in calls:
            self.assertIn('not allowed', str(self.check(call, AuthError)))

    def test_logged_out(self) -> None:
        """A write that is queued behind a logout is a NotSent."""
        first = self.koji.build('x')
        out = self.koji.logout()
        queued = self.koji.build('y')
        self.builds[0].callback(1)
        self.get(first)
        self.get(out)
        self.check(queued, KojiLoginException)
        self.assertEqual(self.asked('build'), 1)

    def test_multicall(self) -> None:
        """The calls of an unsent multicall are NotSent."""
        first = self.koji.build('x')
        many = self.koji.MultiCall()
        stored = many.build('y')
        done = many()
        self.get(self.koji.close())
        self.get(done)
        self.fail_of(first, ConnectionClosed)
        self.assertIsInstance(stored.error, ConnectionClosed)
        self.assertIsInstance(stored.error, NotSent)

    def test_refused(self) -> None:
        """A fault is no NotSent."""
        self.hub.fault('build', 1000, 'no')
        self.check_unknown(self.koji.build('x'), GenericError)


class LastAttemptTests(OutcomeTestCase):
    """The error that ends a call has the last attempt's error."""

    settings = {'max_retries': 9}

    def test_deadline(self) -> None:
        """The deadline of a read, a write or a login has the error."""
        self.hub.misbehave('dropped-before')
        for call in (self.koji.with_options(deadline=2).getTag('f44'),
                     self.koji.with_options(deadline=2).build('x'),
                     self.hub.connection(max_retries=9).with_options(
                         deadline=2).login()):
            self.hub.clock.pump([0.1] * 30)
            error = self.fail_of(call, CallTimeout)
            self.assertIsInstance(error.__cause__, ConnectionFailed)
            self.assertIn('; last: ', str(error))
            self.assertIn(str(error.__cause__), str(error))

    def test_close(self) -> None:
        """The error at close() has the error."""
        self.hub.misbehave('dropped-before')
        call = self.koji.getTag('f44')
        self.get(self.koji.close())
        error = self.fail_of(call, ConnectionClosed)
        self.assertIsInstance(error.__cause__, ConnectionFailed)
        self.assertIn('; last: ', str(error))


class TaskFaultTests(OutcomeTestCase):
    """The fault of a task is not a fault of the session."""

    settings = {'max_retries': 3, 'offline_retry': True}

    def test_task(self) -> None:
        """The fault of a task is raised, without a renewal."""
        for code, text in [(1007, 'session "77" has expired'),
                           (1002, 'Invalid session or bad credentials'),
                           (1014, 'server is offline')]:
            self.hub.fault('getTaskResult', code, text)
            error = self.fail_of(self.koji.getTaskResult(6474))
            self.assertEqual((error.faultCode, str(error)), (code, text))
        self.assertEqual(self.asked('sslLogin'), 1)
        self.assertEqual(len(self.hub.sessions.rows), 1)
        self.assertEqual(self.koji.stats.renewals, 0)

    def test_session(self) -> None:
        """An expired session is renewed for getTaskResult, too."""
        self.hub.respond('getTaskResult', 'done')
        self.hub.sessions.expire()
        self.assertEqual(self.get(self.koji.getTaskResult(6474)), 'done')
        self.assertEqual(self.koji.stats.renewals, 1)

    def test_table(self) -> None:
        """The code and the method tell the source of a fault."""
        for code, method, source in [
                (1000, 'getTag', Source.METHOD),
                (1007, 'getTag', Source.SESSION),
                (1014, 'getTag', Source.HUB),
                (1, 'getTag', Source.UNKNOWN),
                (1005, 'getTaskResult', Source.METHOD),
                (1007, 'getTaskResult', Source.UNKNOWN)]:
            self.assertIs(source_of(from_fault(code, 'x'), method), source)
        self.assertIs(source_of(TLSError('x'), 'getTag'), Source.UNKNOWN)


class NotSentErrorTests(SynchronousTestCase):
    """Errors that are also a NotSent."""

    def test_kept(self) -> None:
        """The error keeps its class, and can be copied and pickled."""
        cause = KojiException('why')
        plain = HTTPError('no', status=503, method='build', url='https://x')
        plain.__cause__ = cause
        error = not_sent(plain)
        self.assertNotIsInstance(plain, NotSent)
        self.assertIs(error.__cause__, cause)
        self.assertIs(not_sent(error), error)
        for found in (error, copy.copy(error), copy_of(error),
                      pickle.loads(pickle.dumps(error))):
            self.assertIsInstance(found, HTTPError)
            self.assertIsInstance(found, NotSent)
            self.assertEqual(vars(found), vars(plain))
            self.assertEqual(str(found), 'no')
            self.assertEqual(repr(found), repr(plain))

    def test_all(self) -> None:
        """An error of every class can be a NotSent."""
        for kind in (KojiException, *FAULTS.values(), CallTimeout,
                     ConnectionClosed, ConnectionFailed, TLSError, RetryError):
            error = not_sent(kind('x'))
            self.assertIsInstance(error, kind)
            self.assertIsInstance(error, NotSent)
