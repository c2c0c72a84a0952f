"""Outages: what is tried again, when, and for how long."""
from __future__ import annotations

from typing import Any, Dict, List

from twisted.internet.defer import Deferred, fail, succeed
from twisted.internet.task import Clock
from twisted.logger import LogLevel, globalLogPublisher
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from tests.support import HubTestCase
from txkoji import Connection, Profile
from txkoji.exceptions import (AnswerError, CallTimeout, ConnectionFailed,
                               GenericError, HTTPError, KojiException,
                               ServerOffline, TLSError)
from txkoji.hub.retries import Retries
from txkoji.hub.stats import Stats
from txkoji.testing.web import MemoryAgent


class ScheduleTests(SynchronousTestCase):
    """How soon, and how often."""

    def setUp(self) -> None:
        self.clock = Clock()
        self.stats = Stats()
        self.attempts: List[float] = []

    def run_with(self, errors: List[Any], lost: bool = True,
                 late: bool = True, **settings: Any) -> Any:
        """Make attempts that fail with these, and then succeed."""
        retries = Retries(Profile('p', server='http://h', **settings),
                          lambda: self.clock, self.stats)

        def attempt() -> Any:
            self.attempts.append(self.clock.seconds())
            return fail(errors.pop(0)) if errors else succeed('done')

        return Deferred.fromCoroutine(
            retries.run('getTag', attempt, lost=lost, late=late))

    def test_schedule(self) -> None:
        """At once, after half a second at most, after one, two and so on."""
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
        # They are not all alike, or all clients of a hub would come at once.
        self.assertGreater(len({round(wait, 3) for wait in waits[4:]}), 1)

    def test_number(self) -> None:
        """No more than max_retries; the last error is the error."""
        errors: List[Any] = [ConnectionFailed(str(number))
                             for number in range(9)]
        done = self.run_with(errors, max_retries=3)
        self.clock.pump([1] * 10)
        error = self.failureResultOf(done, ConnectionFailed).value
        self.assertEqual((str(error), len(self.attempts)), ('3', 4))

    def test_what(self) -> None:
        """What may go away by itself is tried again, and nothing else."""
        for error, again in [
                (ConnectionFailed('x'), True), (CallTimeout('x'), True),
                *[(HTTPError('x', status=status), True)
                  for status in (408, 429, 502, 503, 504)],
                *[(HTTPError('x', status=status), False)
                  for status in (301, 400, 401, 403, 404, 405, 413, 500)],
                (TLSError('x'), False), (AnswerError('x'), False),
                (GenericError('x', faultCode=1000), False),
                (KojiException('x', faultCode=1), False),
                (ServerOffline('x', faultCode=1014), False)]:
            self.attempts.clear()
            done = self.run_with([error])
            if again:
                self.assertEqual(self.successResultOf(done), 'done')
            else:
                self.assertIs(self.failureResultOf(done).value, error)
            self.assertEqual(len(self.attempts), 1 + again, repr(error))

    def test_not_lost(self) -> None:
        """What may have been done is not tried again, unless it may be."""
        for error, options in [(ConnectionFailed('x'), {'lost': False}),
                               (HTTPError('x', status=502), {'lost': False}),
                               (CallTimeout('x'), {'late': False})]:
            done = self.run_with([error], **options)
            self.failureResultOf(done, type(error))
        self.assertEqual(len(self.attempts), 3)

    def test_offline(self) -> None:
        """A hub that is offline is waited for, where the profile says so."""
        done = self.run_with(
            [ServerOffline('x', faultCode=1014) for _ in range(100)],
            offline_retry=True, offline_retry_interval=7, max_retries=2,
            lost=False)
        for _ in range(100):
            self.assertNoResult(done)
            self.clock.advance(7)
        self.assertEqual(self.successResultOf(done), 'done')
        self.assertEqual(self.attempts,
                         [number * 7 for number in range(101)])

    def test_task_offline(self) -> None:
        """A task that found its hub offline is not waited for."""
        retries = Retries(Profile('p', server='http://h', offline_retry=True),
                          lambda: self.clock, self.stats)
        done = Deferred.fromCoroutine(retries.run(
            'getTaskResult', lambda: fail(ServerOffline('x')), lost=True,
            late=True))
        self.failureResultOf(done, ServerOffline)

    def test_offline_between(self) -> None:
        """After the hub was offline, outages are counted anew."""
        lost = ConnectionFailed('x')
        done = self.run_with(
            [lost, lost, ServerOffline('x', faultCode=1014), lost, lost],
            offline_retry=True, max_retries=2)
        self.clock.pump([1] * 50)
        self.assertEqual(self.successResultOf(done), 'done')

    def test_logged(self) -> None:
        """Each is logged, with what went wrong, and counted."""
        events: List[Dict[str, Any]] = []
        globalLogPublisher.addObserver(events.append)
        self.addCleanup(globalLogPublisher.removeObserver, events.append)
        self.run_with([ConnectionFailed('the plug is out'),
                       HTTPError('busy', status=503)])
        self.clock.advance(1)
        texts = [event['log_format'].format(**event) for event in events
                 if event['log_level'] is LogLevel.warn]
        self.assertEqual(len(texts), 2)
        self.assertIn('getTag: trying again in 0.0 seconds, after'
                      ' ConnectionFailed: the plug is out', texts[0])
        self.assertIn('HTTPError: busy', texts[1])
        self.assertEqual(self.stats.retries, 2)
        self.assertEqual(self.stats.last_error, 'HTTPError: busy')


class CallsTests(HubTestCase):
    """The calls of a Connection."""

    def test_anonymous(self) -> None:
        """A read is tried again without a login, too."""
        koji = self.hub.connection(max_retries=3)
        self.hub.misbehave('dropped-after', times=2)
        call = koji.getTag('f44')
        self.hub.clock.advance(1)
        self.assertEqual(self.get(call).name, 'f44')
        self.assertEqual(self.hub.requests, 3)

    def test_anon_retry(self) -> None:
        """But not where the profile says that it is not to be."""
        koji = self.hub.connection(max_retries=3, anon_retry=False)
        self.hub.misbehave('dropped-after')
        self.fail_of(koji.getTag('f44'), ConnectionFailed)
        self.assertEqual(self.hub.requests, 1)
        self.hub.behave()
        self.get(koji.login())
        self.hub.misbehave('dropped-before', times=1)
        self.assertEqual(self.get(koji.getTag('f44')).name, 'f44')

    def test_timeout(self) -> None:
        """A read that took too long is asked again, within its deadline."""
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
        """A hub that is offline is waited for, by writes too."""
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
        """It is not waited for longer than the deadline."""
        koji = self.hub.connection(offline_retry=True, deadline=60)
        self.hub.misbehave('offline')
        call = koji.getTag('f44')
        self.hub.clock.advance(60)
        self.fail_of(call, CallTimeout)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_cancelled(self) -> None:
        """One can stop waiting for the next attempt."""
        koji = self.hub.connection(max_retries=9)
        self.hub.misbehave('dropped-before')
        call = koji.getTag('f44')
        self.assertEqual(koji.stats.waiting, 1)
        call.cancel()
        self.fail_of(call, Exception)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_front_server(self) -> None:
        """A front server that has lost its hub is asked again."""
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
                          agent=MemoryAgent(Busy()), reactor=self.hub.clock)
        call = koji.getAPIVersion()
        self.hub.clock.pump([0.1] * 100)
        self.assertEqual(self.get(call), 1)
        self.assertEqual(koji.stats.retries, 4)


class StatsTests(HubTestCase):
    """What a daemon shows."""

    def test_calls(self) -> None:
        """Calls on the wire, and those that wait."""
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
        # What was given is not changed any more.
        self.assertEqual((stats.in_flight, stats.waiting), (3, 7))

    def test_errors(self) -> None:
        """The last error on the way to the hub, and when it was."""
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
    """What the hub calls itself."""

    def test_from_answers(self) -> None:
        """It is in each answer, so it need not be asked for."""
        self.hub.version = '1.36.1'
        self.get(self.koji.getTag('f44'))
        self.assertEqual(self.get(self.koji.hub_version()), '1.36.1')
        self.assertEqual(self.hub.requests, 1)

    def test_asked(self) -> None:
        """Older hubs are asked, once."""
        self.hub.version = '1.33.0'
        for _ in range(2):
            self.assertEqual(self.get(self.koji.hub_version()), '1.33.0')
        self.assertEqual(self.hub.requests, 1)

    def test_unknown(self) -> None:
        """Those that do not know it are of no version."""
        self.hub.version = '1.22.0'
        self.hub.fault('getKojiVersion', 1000,
                       'Invalid method: getKojiVersion')
        self.assertIsNone(self.get(self.koji.hub_version()))
        self.hub.fault('getKojiVersion', 1004, 'no')
        self.fail_of(self.koji.hub_version(), GenericError)
