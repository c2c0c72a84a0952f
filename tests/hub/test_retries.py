"""Retries after an outage: of which calls, when, and how often."""
from __future__ import annotations

from typing import Any
from unittest import mock

from twisted.internet.defer import CancelledError, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.support import FailingNetwork, HubTestCase
from txkoji import Connection, Profile
from txkoji.exceptions import (
    AnswerError,
    CallTimeout,
    ConnectionFailed,
    GenericError,
    HTTPError,
    KojiException,
    ProxyError,
    ServerOffline,
    TLSError,
)
from txkoji.hub.backoff import Backoff
from txkoji.hub.retries import Retries
from txkoji.hub.stats import Stats
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource


class ScheduleTests(SynchronousTestCase):
    """The delays and the number of retries."""

    def setUp(self) -> None:
        """Make a clock, and a list for the times of attempts."""
        self.clock = Clock()
        self.stats = Stats()
        self.attempts: list[float] = []

    def run_with(self, errors: list[Any], retry_lost: bool = True,
                 retry_timeouts: bool = True, **settings: Any) -> Any:
        """Make attempts that fail with some errors, and then succeed."""
        retries = self.retries(**settings)

        def attempt(fail_if_away: bool) -> Any:
            self.attempts.append(self.clock.seconds())
            return fail(errors.pop(0)) if errors else succeed('done')

        return retries.run('getTag', attempt, retry_lost=retry_lost,
                           retry_timeouts=retry_timeouts)

    def retries(self, **settings: Any) -> Retries:
        """Make the retries of a profile."""
        profile = Profile('p', server='http://h', **settings)
        return Retries(profile, lambda: self.clock, self.stats, Backoff(
            profile.retry_interval, lambda: self.clock))

    def test_schedule(self) -> None:
        """The first retry is immediate; later delays double at random."""
        done = self.run_with([ConnectionFailed('x') for _ in range(9)],
                             retry_interval=4)
        for _ in range(400):
            self.clock.advance(0.1)
        self.assertEqual(self.successResultOf(done), 'done')
        waits = [after - before for before, after in
                 zip(self.attempts, self.attempts[1:])]
        self.assertEqual(waits[0], 0)
        for wait, longest in zip(waits[1:], [0.5, 1, 2, 4, 4, 4, 4, 4]):
            self.assertGreater(wait, longest / 2 - 0.01)
            self.assertLess(wait, longest + 0.2)
        # Random delays keep the clients of a hub from retrying at once.
        self.assertGreater(len({round(wait, 3) for wait in waits[4:]}), 1)

    def test_number(self) -> None:
        """After max_retries the last error is raised."""
        errors: list[Any] = [ConnectionFailed(str(number))
                             for number in range(9)]
        done = self.run_with(errors, max_retries=3)
        self.clock.pump([1] * 10)
        error = self.failureResultOf(done, ConnectionFailed).value
        self.assertRegex(str(error), r'^3 \(4 attempts in [23] seconds\)$')
        self.assertEqual(len(self.attempts), 4)

    def test_what(self) -> None:
        """Outages and timeouts are retried, and other errors are not."""
        for error, again in [
                (ConnectionFailed('x'), True), (CallTimeout('x'), True),
                *[(HTTPError('x', status=status), True)
                  for status in (408, 429, 500, 502, 503, 504)],
                *[(ProxyError('x', status=status), True)
                  for status in (None, 502, 503, 504)],
                *[(ProxyError('x', status=status), False)
                  for status in (403, 407)],
                *[(HTTPError('x', status=status), False)
                  for status in (301, 400, 401, 403, 404, 405, 413, 501)],
                (TLSError('x'), False), (AnswerError('x'), False),
                (GenericError('x', faultCode=1000), False),
                (KojiException('x', faultCode=1), False),
                (ServerOffline('x', faultCode=1014), False)]:
            self.attempts.clear()
            done = self.run_with([error])
            self.clock.advance(1)
            if again:
                self.assertEqual(self.successResultOf(done), 'done')
            else:
                self.assertIs(self.failureResultOf(done).value, error)
            self.assertEqual(len(self.attempts), 1 + again, repr(error))

    def test_not_lost(self) -> None:
        """Without the option an error of its kind is not retried."""
        for error, options in [
                (ConnectionFailed('x'), {'retry_lost': False}),
                (HTTPError('x', status=502), {'retry_lost': False}),
                (CallTimeout('x'), {'retry_timeouts': False})]:
            done = self.run_with([error], **options)
            self.failureResultOf(done, type(error))
        self.assertEqual(len(self.attempts), 3)

    def test_offline(self) -> None:
        """With offline_retry an offline hub is retried without end."""
        done = self.run_with(
            [ServerOffline('x', faultCode=1014) for _ in range(100)],
            offline_retry=True, offline_retry_interval=7, max_retries=2,
            retry_lost=False)
        for _ in range(100):
            self.assertNoResult(done)
            self.clock.advance(7)
        self.assertEqual(self.successResultOf(done), 'done')
        self.assertEqual(self.attempts,
                         [number * 7 for number in range(101)])

    def test_task_offline(self) -> None:
        """The ServerOffline of a task is not retried."""
        done = self.retries(offline_retry=True).run(
            'getTaskResult', lambda fail_if_away: fail(ServerOffline('x')),
            retry_lost=True, retry_timeouts=True)
        self.failureResultOf(done, ServerOffline)

    def test_offline_between(self) -> None:
        """ServerOffline resets the number of failures."""
        lost = ConnectionFailed('x')
        done = self.run_with(
            [lost, lost, ServerOffline('x', faultCode=1014), lost, lost],
            offline_retry=True, max_retries=2)
        self.clock.pump([1] * 50)
        self.assertEqual(self.successResultOf(done), 'done')

    def test_statuses(self) -> None:
        """The delay after a status is Retry-After, 600 seconds at most."""
        for retry_after, least, most in [(None, 0.25, 0.5), (7.0, 7, 7),
                                         (10.0**9, 600, 600)]:
            self.attempts.clear()
            done = self.run_with([HTTPError('x', status=503,
                                            retry_after=retry_after)])
            self.clock.pump([0.01] * int(most * 101))
            self.assertEqual(self.successResultOf(done), 'done')
            self.assertGreaterEqual(self.attempts[1] - self.attempts[0],
                                    least - 0.01)
            self.assertLess(self.attempts[1] - self.attempts[0], most + 0.03)

    def test_logged(self) -> None:
        """Only the first retry is logged as a warning."""
        events: list[dict[str, Any]] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.run_with([ConnectionFailed('the plug is out'),
                       HTTPError('busy', status=503)])
        self.clock.advance(1)
        texts = [event['log_format'].format(**event) for event in events
                 if event['log_level'] is LogLevel.warn]
        self.assertEqual(texts, [
            'getTag: trying again, up to 30 times, 20 seconds apart at most,'
            ' after ConnectionFailed: the plug is out'])
        self.assertEqual(self.stats.retries, 2)
        self.assertEqual(self.stats.last_error, 'HTTPError: busy')


class CallsTests(HubTestCase):
    """Retries of the calls of a Connection."""

    def test_anonymous(self) -> None:
        """A read is retried without a login, too."""
        koji = self.hub.connection(max_retries=3)
        self.hub.misbehave('dropped-after', times=2)
        call = koji.getTag('f44')
        self.hub.clock.advance(1)
        self.assertEqual(self.get(call).name, 'f44')
        self.assertEqual(self.hub.requests, 3)

    def test_anon_retry(self) -> None:
        """Without anon_retry a read is retried after a login only."""
        koji = self.hub.connection(max_retries=3, anon_retry=False)
        self.hub.misbehave('dropped-after')
        self.fail_of(koji.getTag('f44'), ConnectionFailed)
        self.assertEqual(self.hub.requests, 1)
        self.hub.behave()
        self.get(koji.login())
        self.hub.misbehave('dropped-before', times=1)
        self.assertEqual(self.get(koji.getTag('f44')).name, 'f44')

    def test_timeout(self) -> None:
        """A read that timed out is retried until its deadline."""
        koji = self.hub.connection(max_retries=3, timeout=10)
        self.hub.misbehave('slow', seconds=60, times=1)
        call = koji.getTag('f44')
        self.hub.clock.advance(10)
        self.assertEqual(self.get(call).name, 'f44')
        self.hub.misbehave('slow', seconds=60)
        call = koji.with_options(deadline=25).getTag('f44')
        for _ in range(3):
            self.assertNoResult(call)
            self.hub.clock.advance(10)
        error = self.fail_of(call, CallTimeout)
        self.assertIn('not done within 25 seconds', str(error))

    def test_offline(self) -> None:
        """Reads and writes wait for an offline hub."""
        koji = self.hub.connection(offline_retry=True,
                                   offline_retry_interval=5)
        self.hub.respond('build', 7)
        self.get(koji.login())
        self.hub.misbehave('offline')
        calls = [koji.getTag('f44'), koji.build('x')]
        self.hub.clock.pump([5] * 3)
        self.hub.behave()
        self.hub.clock.advance(5)
        self.assertEqual(self.get(calls[0]).name, 'f44')
        self.assertEqual(self.get(calls[1]), 7)

    def test_offline_deadline(self) -> None:
        """The deadline ends the wait for an offline hub."""
        koji = self.hub.connection(offline_retry=True, deadline=60)
        self.hub.misbehave('offline')
        call = koji.getTag('f44')
        self.hub.clock.advance(60)
        self.fail_of(call, CallTimeout)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """Canceling a call ends the wait for the next attempt."""
        koji = self.hub.connection(max_retries=9)
        self.hub.misbehave('dropped-before')
        call = koji.getTag('f44')
        self.assertEqual(koji.stats.waiting, 1)
        call.cancel()
        self.fail_of(call, Exception)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_front_server(self) -> None:
        """A busy front server is asked again."""
        class Busy(Resource):
            isLeaf = True
            statuses = [502, 503, 504, 429]

            def render_POST(self, request: Any) -> bytes:
                if self.statuses:
                    request.setResponseCode(self.statuses.pop(0))
                    return b'<html>busy</html>'
                return (b'<?xml version="1.0"?>\n<methodResponse>\n<params>\n'
                        b'<param>\n<value><int>1</int></value>\n</param>\n'
                        b'</params>\n</methodResponse>\n')

        koji = Connection(Profile('p', server='http://h/hub'),
                          network=MemoryNetwork(Busy(), self.hub.clock),
                          reactor=self.hub.clock)
        call = koji.getAPIVersion()
        self.hub.clock.pump([0.1] * 100)
        self.assertEqual(self.get(call), 1)
        self.assertEqual(koji.stats.retries, 4)


class AwayTests(HubTestCase):
    """A hub that is away gets one probe, not a storm."""

    def setUp(self) -> None:
        """Connect to a front server that is busy."""
        super().setUp()
        self.requests = 0
        self.status: int | None = 503
        self.koji = self.busy()
        self.calls: list[Any] = []

    def busy(self, **settings: Any) -> Connection:
        """Make a Connection to a front server with `self.status`."""
        test = self

        class Front(HubResource):
            def render(self, request: Any) -> Any:
                test.requests += 1
                if test.status is None:
                    return super().render(request)
                request.setResponseCode(test.status)
                return b'<html>busy</html>'

        return self.hub.connection(
            network=MemoryNetwork(Front(self.hub), self.hub.clock),
            **{'max_retries': 30, **settings})

    def ask(self, count: int) -> None:
        """Make a number of reads."""
        self.calls += [self.koji.getTag('f44') for _ in range(count)]

    def pass_time(self, seconds: float) -> None:
        """Advance the clock in small steps."""
        self.hub.clock.pump([0.05] * int(seconds / 0.05))

    def check_done(self) -> None:
        """Check that all reads are answered."""
        for call in self.calls:
            self.assertEqual(self.get(call).id, 33)

    def test_storm(self) -> None:
        """A thousand reads send few requests to a busy server."""
        self.ask(1000)
        self.pass_time(10)
        # The reads that were in flight, and a probe after each pause.
        self.assertLess(self.requests, 20 + 10)
        self.ask(100)
        self.pass_time(1)
        self.assertLess(self.requests, 20 + 11)
        self.status = None
        self.pass_time(20)
        self.check_done()

    def test_refused(self) -> None:
        """A thousand reads open few connections that are refused."""
        network = FailingNetwork(ConnectionRefusedError())
        attempts: list[int] = []
        with mock.patch.object(network, 'endpoint', side_effect=(
                lambda *args: attempts.append(1) or network)):
            self.koji = self.hub.connection(network=network, max_retries=30)
            self.ask(1000)
            self.pass_time(10)
        self.assertLess(len(attempts), 20 + 20 + 10)
        for call in self.calls:
            call.cancel()
            self.fail_of(call, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_given_up(self) -> None:
        """Each failed probe uses up an attempt of all reads."""
        self.koji = self.busy(max_retries=3)
        self.ask(50)
        self.pass_time(120)
        for call in self.calls:
            error = self.fail_of(call, HTTPError)
            self.assertEqual(error.status, 503)
        self.assertLess(self.requests, 20 + 10)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_not_tried_again(self) -> None:
        """A call without retries does not wait for the hub."""
        self.ask(5)
        koji = self.koji.with_options(write=True)
        self.assertEqual(self.fail_of(koji.getTag('f44'), HTTPError).status,
                         503)
        self.status = None
        self.assertEqual(self.get(koji.getTag('f44')).id, 33)
        # The answer tells all waiting calls that the hub is back.
        for call in self.calls[2:]:
            self.get(call)
        del self.calls[2:]
        self.pass_time(1)
        self.check_done()

    def test_probe_cancelled(self) -> None:
        """If the probe is canceled, another call probes."""
        self.hub.misbehave('slow', method='getTag', seconds=60, times=1)
        self.ask(5)
        self.status = None
        self.pass_time(1)
        self.assertEqual(self.hub.requests, 1)
        # The third consecutive failure was the first call to wait.
        probe = self.calls.pop(2)
        probe.cancel()
        self.fail_of(probe, CancelledError)
        self.check_done()

    def test_alive(self) -> None:
        """A hub that answers other calls is not away."""
        self.koji = self.hub.connection(max_retries=30)
        self.hub.misbehave('dropped-before', method='getUser')
        self.hub.misbehave('slow', method='getTag', seconds=0.1)
        poisoned = self.koji.getUser('alice')
        for _ in range(100):
            self.ask(10)
            self.pass_time(0.1)
        self.pass_time(2)
        self.check_done()
        self.assertNoResult(poisoned)
        self.hub.behave()
        self.pass_time(30)
        self.assertEqual(self.get(poisoned).name, 'alice')

    def test_failed(self) -> None:
        """Status 500 is retried, and the hub does not count as away."""
        self.status = None
        self.koji = self.busy(authtype='password', server='https://h/kojihub')
        self.hub.sessions.passwords['bob'] = 'x'
        self.get(self.koji.login(user='bob', password='x'))
        self.hub.respond('build', 7)
        self.get(self.koji.build('first'))
        self.status = 500
        calls = [self.koji.getTag('f44'), self.koji.build('x')]
        self.status = None
        self.ask(1)
        self.assertEqual(self.get(self.calls[0]).id, 33)
        self.pass_time(1)
        self.assertEqual(self.get(calls[0]).id, 33)
        self.assertEqual(self.get(calls[1]), 7)

    def test_offline(self) -> None:
        """A hub that says that it is offline gets one probe, too."""
        self.koji = self.hub.connection(offline_retry=True,
                                        offline_retry_interval=5)
        self.hub.misbehave('offline')
        self.ask(1000)
        self.pass_time(20)
        self.assertLess(self.hub.requests, 20 + 6)
        self.hub.behave()
        self.pass_time(6)
        self.check_done()


class StatsTests(HubTestCase):
    """The statistics of a Connection."""

    def test_calls(self) -> None:
        """Requests in flight and waiting calls are counted."""
        koji = self.hub.connection(max_connections=3)
        self.hub.misbehave('slow', seconds=5)
        calls = [koji.getTag('f44') for _ in range(10)]
        stats = koji.stats
        self.assertEqual((stats.in_flight, stats.waiting), (3, 7))
        for _ in range(4):
            self.hub.clock.advance(5)
        for call in calls:
            self.get(call)
        self.assertEqual((koji.stats.in_flight, koji.stats.waiting), (0, 0))
        # The earlier copy does not change.
        self.assertEqual((stats.in_flight, stats.waiting), (3, 7))

    def test_errors(self) -> None:
        """An outage is the last error, and a refusal is not."""
        self.assertEqual((self.koji.stats.last_error,
                          self.koji.stats.last_error_time), (None, None))
        self.fail_of(self.koji.getTag('nosuch', strict=True))
        self.assertIsNone(self.koji.stats.last_error)
        self.hub.misbehave('offline')
        self.fail_of(self.koji.getTag('f44'))
        stats = self.koji.stats
        self.assertEqual(stats.last_error,
                         'ServerOffline: server is offline')
        assert stats.last_error_time is not None
        self.assertEqual(stats.last_error_time.utcoffset().total_seconds(), 0)


class VersionTests(HubTestCase):
    """The hub's version."""

    def test_from_answers(self) -> None:
        """The version is read in the headers of any answer."""
        self.hub.version = '1.36.1'
        self.get(self.koji.getTag('f44'))
        self.assertEqual(self.get(self.koji.hub_version()), '1.36.1')
        self.assertEqual(self.hub.requests, 1)

    def test_asked(self) -> None:
        """A hub without the header is asked once."""
        self.hub.version = '1.33.0'
        for _ in range(2):
            self.assertEqual(self.get(self.koji.hub_version()), '1.33.0')
        self.assertEqual(self.hub.requests, 1)

    def test_unknown(self) -> None:
        """A hub without the method has no known version."""
        self.hub.version = '1.22.0'
        self.hub.fault('getKojiVersion', 1000,
                       'Invalid method: getKojiVersion')
        self.assertIsNone(self.get(self.koji.hub_version()))
        self.hub.fault('getKojiVersion', 1004, 'no')
        self.fail_of(self.koji.hub_version(), GenericError)
