"""Statistics of calls and events, and their metrics for Prometheus."""
from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.openmetrics.exposition import generate_latest
from prometheus_client.openmetrics.parser import text_string_to_metric_families
from twisted.internet.defer import Deferred, succeed
from twisted.internet.error import ConnectionLost
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.support import folder, write
from txkoji import build_states, task_states
from txkoji.hub.stats import LONGEST, METHODS, OTHERS, Stats
from txkoji.messages import amqp
from txkoji.messages.amqp_consumer import State
from txkoji.messages.listening import NotHandled
from txkoji.messages.stats import BOUNDS, Lag
from txkoji.metrics import KojiCollector
from txkoji.testing import FakeHub

ROOT = os.path.dirname(os.path.dirname(__file__))


def scraped(*connections: Any) -> dict[tuple[str, tuple[str, ...]], float]:
    """Get the samples as a server gets them: name and labels -> value."""
    registry = CollectorRegistry()
    registry.register(KojiCollector(*connections))
    text = generate_latest(registry).decode()
    return {(sample.name, (sample.labels.pop('profile'),
                           *sample.labels.values())): sample.value
            for family in text_string_to_metric_families(text)
            for sample in family.samples}


class CallsTests(SynchronousTestCase):
    """Calls by method."""

    def setUp(self) -> None:
        """Make a hub."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)

    def test_methods(self) -> None:
        """Each call counts once by its method, also one that fails."""
        self.successResultOf(self.koji.getTag('f44'))
        self.successResultOf(self.koji.getTag('f43'))
        self.failureResultOf(self.koji.getTaskInfo('x'))
        self.failureResultOf(self.koji.createTag('x'))
        self.assertEqual(self.koji.stats.calls, {
            'getTag': 2, 'getTaskInfo': 1, 'createTag': 1})

    def test_multicall(self) -> None:
        """A multicall is one call."""
        many = self.koji.MultiCall()
        many.getTag('f44')
        many.getTag('f43')
        self.successResultOf(many())
        self.assertEqual(self.koji.stats.calls, {'system.multicall': 1})

    def test_retries(self) -> None:
        """A call that is sent again counts once, and so do its retries."""
        koji = self.hub.connection(max_retries=3)
        self.addCleanup(koji.close)
        self.hub.misbehave('dropped-before', times=1)
        self.successResultOf(koji.getTag('f44'))
        self.assertEqual((koji.stats.calls['getTag'], koji.stats.retries),
                         (1, 1))

    def test_copy(self) -> None:
        """The numbers that a program got do not change any more."""
        before = self.koji.stats
        self.successResultOf(self.koji.getTag('f44'))
        self.assertEqual(before.calls, {})

    def test_bounded(self) -> None:
        """Any names of methods make no more than so many counters."""
        stats = Stats()
        for number in range(METHODS + 10):
            stats.count_call(f'method{number}')
        stats.count_call('method0')
        self.assertEqual(len(stats.calls), METHODS + 1)
        self.assertEqual((stats.calls['method0'], stats.calls[OTHERS]),
                         (2, 10))

    def test_strange_names(self) -> None:
        """A long name, or one that cannot be shown, is one of the others."""
        stats = Stats()
        for name in ('x' * (LONGEST + 1), 'a\nb', 'a\x00'):
            stats.count_call(name)
        self.assertEqual(stats.calls, {OTHERS: 3})


class EventsTests(SynchronousTestCase):
    """Events, and how late they are."""

    def setUp(self) -> None:
        """Let a subscriber hear of builds, as it likes."""
        self.clock = Clock()
        self.hub = FakeHub(clock=self.clock)
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)
        self.answer: Any = None
        self.koji.events.subscribe(lambda event: self.answer,
                                   kind='BuildStateChange')

    def built(self, *, ago: float, number: int = 1) -> Any:
        """Make a message about a build that ended some seconds ago."""
        return ({'type': 'BuildStateChange', 'attribute': 'state'}, {
            'attribute': 'state', 'old': build_states.BUILDING,
            'new': build_states.COMPLETE, 'info': {
                'id': number, 'name': 'bash', 'version': '1',
                'release': '1', 'completion_ts': self.hub.now() - ago}})

    def test_fates(self) -> None:
        """Each event counts once, by what became of it."""
        feed = self.koji.events.feed
        self.assertTrue(self.successResultOf(feed(self.built(ago=1))))
        self.assertTrue(self.successResultOf(feed(self.built(ago=1))))

        def fail(error: Exception) -> None:
            failing: Deferred[None] = Deferred()
            failing.errback(error)
            self.answer = failing

        fail(ValueError())
        self.assertIs(False, self.successResultOf(
            feed(self.built(ago=1, number=2))))
        self.flushLoggedErrors(ValueError)
        fail(NotHandled())
        self.assertIsNone(self.successResultOf(
            feed(self.built(ago=1, number=3))))
        self.successResultOf(feed(({'type': 'BuildStateChange'}, {})))
        stats = self.koji.events.stats
        self.assertEqual(
            (stats.handled, stats.duplicates, stats.failed, stats.returned,
             stats.malformed, stats.in_progress), (1, 1, 1, 1, 1, 0))

    def test_in_progress(self) -> None:
        """An event is in progress until its subscribers are finished."""
        self.answer = Deferred()
        handled = self.koji.events.feed(self.built(ago=1))
        self.assertEqual(self.koji.events.stats.in_progress, 1)
        self.answer.callback(None)
        self.successResultOf(handled)
        self.assertEqual(self.koji.events.stats.in_progress, 0)

    def test_lag(self) -> None:
        """The lag is the time between an event and its handing on."""
        for number, ago in enumerate((0.25, 45, 45, 10**6, -5)):
            self.koji.events.feed(self.built(ago=ago, number=number))
        lag = self.koji.events.stats.lag
        self.assertEqual({bound: count for bound, count in zip(
            [*BOUNDS, None], lag.counts) if count},
            {0.1: 1, 0.5: 1, 60: 2, None: 1})
        self.assertAlmostEqual(lag.sum, 10**6 + 90.25, places=3)
        self.assertEqual(lag.last, 0)

    def test_copy(self) -> None:
        """The numbers that a program got do not change any more."""
        before = self.koji.events.stats
        self.koji.events.feed(self.built(ago=1))
        self.assertEqual((before.handled, before.lag), (0, Lag()))


class Connector:
    """A broker that lets everybody in."""

    address = 'broker'

    def __init__(self, *args: Any) -> None:
        """There is nothing to keep."""

    def connect(self) -> Deferred[Any]:
        """Connect."""
        return succeed(None)


class Consumer:
    """
    A consumer whose connection is lost when a test says so.

    :cvar lost: those of the connections so far.
    """

    state = State.CONSUMING
    lost: list[Deferred[None]] = []

    def __init__(self, *args: Any) -> None:
        self.lost.append(Deferred())

    async def run(self, opened: Any) -> None:
        """Consume until the connection is lost."""
        opened()
        await self.lost[-1]

    def cancel(self) -> None:
        """End."""
        self.state = State.CLOSED
        self.lost[-1].callback(None)


class ReconnectsTests(SynchronousTestCase):
    """Listeners that lose their brokers."""

    def test_counted(self) -> None:
        """Each connection after the first one counts, also in the end."""
        clock = Clock()
        koji = FakeHub(clock=clock).connection()
        self.patch(amqp, 'Connector', Connector)
        self.patch(amqp, 'Consumer', Consumer)
        self.patch(Consumer, 'lost', [])
        listening = koji.events.listen_amqp('amqp://broker/', reactor=clock)
        self.successResultOf(listening)
        for number in range(3):
            self.assertEqual(koji.events.stats.reconnects, number)
            Consumer.lost[-1].errback(ConnectionLost())
            clock.advance(60)
        self.assertEqual(scraped(koji)[
            'txkoji_listener_reconnects_total', ('fakehub',)], 3)
        self.successResultOf(koji.close())
        self.assertEqual(koji.events.stats.reconnects, 3)


class TimesTests(SynchronousTestCase):
    """When the events of messages happened."""

    def setUp(self) -> None:
        """Hear of all events of a hub."""
        self.clock = Clock()
        self.hub = FakeHub(clock=self.clock)
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)
        self.heard: list[Any] = []
        self.koji.events.subscribe(self.heard.append)

    def test_states(self) -> None:
        """A change of a state happened at the time of that state."""
        self.hub.publish_to(self.koji.events)
        began = self.hub.now()
        self.clock.advance(10)
        number = self.hub.add_task()
        self.clock.advance(10)
        self.hub.open_task(number)
        self.clock.advance(10)
        self.hub.finish_task(number)
        self.assertEqual(
            [(event.new, event.time and event.time.timestamp() - began)
             for event in self.heard if event.kind == 'TaskStateChange'],
            [('OPEN', 20), ('CLOSED', 30)])

    def test_poll(self) -> None:
        """A poll knows the time of all of its events."""
        polling = self.koji.events.poll(10)
        self.clock.pump([0.1] * 50)
        self.successResultOf(polling)
        self.clock.advance(1)
        moment = self.hub.now()
        self.hub.history.tag_build(40, 5356)
        self.hub.add_task()
        self.clock.pump([0.5] * 50)
        self.assertEqual(
            sorted((event.event, event.time.timestamp())
                   for event in self.heard),
            [('FREE', moment), ('Tag', moment)])
        lag = self.koji.events.stats.lag
        self.assertEqual(sum(lag.counts), 2)
        self.assertGreater(lag.sum, 0)

    def test_sent(self) -> None:
        """Of other events, the broker may know when the hub sent them."""
        class Method:
            routing_key = 'x'

        class Properties:
            headers = {'type': 'Tag', 'tag': 'f44', 'user': 'alice'}
            message_id = None
            timestamp: Any = 1700000000

        body = (b'{"build": {"id": 1, "name": "x", "version": "1",'
                b' "release": "1"}, "tag": {"name": "f44"}}')
        for timestamp in (1700000000, 0, None, 10**30, 'x'):
            Properties.timestamp = timestamp
            self.koji.events.feed((Method(), Properties(), body))
        self.assertEqual(
            [event.time and event.time.timestamp() for event in self.heard],
            [1700000000, None, None, None, None])

    def test_malformed(self) -> None:
        """A time that nobody can read is unknown."""
        self.koji.events.feed(({'type': 'TaskStateChange'}, {
            'attribute': 'state', 'old': 'OPEN', 'new': 'CLOSED', 'info': {
                'id': 1, 'state': task_states.CLOSED,
                'completion_ts': 'x'}}))
        [event] = self.heard
        self.assertIsNone(event.time)
        self.assertEqual(self.koji.events.stats.handled, 1)


class MetricsTests(SynchronousTestCase):
    """What Prometheus reads."""

    def setUp(self) -> None:
        """Make a hub."""
        self.hub = FakeHub(clock=Clock())
        self.koji = self.hub.connection()
        self.addCleanup(self.koji.close)

    def test_fresh(self) -> None:
        """Before the first call, all counters are 0."""
        found = scraped(self.koji)
        self.assertEqual(found['txkoji_retries_total', ('fakehub',)], 0)
        self.assertEqual(set(found.values()), {0})

    def test_calls(self) -> None:
        """Calls have their methods, and an error its time."""
        self.successResultOf(self.koji.getTag('f44'))
        waiting = self.koji.wait(6480)
        found = scraped(self.koji)
        self.assertEqual(found['txkoji_calls_total', ('fakehub', 'getTag')],
                         1)
        self.assertGreater(found['txkoji_calls_waiting', ('fakehub',)], 0)
        waiting.cancel()
        self.failureResultOf(waiting)
        self.hub.misbehave('dropped-before')
        self.failureResultOf(self.koji.getTag('f44'))
        self.assertGreater(scraped(self.koji)[
            'txkoji_last_error_timestamp_seconds', ('fakehub',)], 10**9)

    def test_events(self) -> None:
        """Events have their fates, and their lags are a histogram."""
        heard: list[Any] = []
        self.koji.events.subscribe(heard.append)
        self.hub.publish_to(self.koji.events)
        number = self.hub.add_task()
        self.hub.open_task(number)
        found = scraped(self.koji)
        self.assertEqual(
            found['txkoji_events_total', ('fakehub', 'handled')], len(heard))
        self.assertEqual(
            [found['txkoji_event_lag_seconds_bucket', ('fakehub', bound)]
             for bound in ('0.1', '21600.0', '+Inf')], [1, 1, 1])
        self.assertEqual(found['txkoji_event_lag_seconds_count',
                               ('fakehub',)], 1)
        self.assertEqual(
            found['txkoji_last_event_timestamp_seconds', ('fakehub',)],
            self.hub.now())

    def test_several(self) -> None:
        """Connections to several hubs are told apart by their profiles."""
        other = FakeHub(clock=Clock()).connection(name='other')
        self.addCleanup(other.close)
        self.successResultOf(other.getTag('f44'))
        found = scraped(self.koji, other)
        self.assertEqual(found['txkoji_calls_total', ('other', 'getTag')], 1)
        self.assertNotIn(('txkoji_calls_total', ('fakehub', 'getTag')), found)
        for wrong in ([], [other, other]):
            self.assertRaises(ValueError, KojiCollector, *wrong)

    def test_missing(self) -> None:
        """Without prometheus-client, the error says what to install."""
        place = folder(self)
        write(place + '/prometheus_client/__init__.py',
              'raise ImportError("none here")')
        done = subprocess.run(
            [sys.executable, '-c', 'import txkoji.metrics'], text=True,
            env={**os.environ, 'PYTHONPATH': f'{place}:{ROOT}'},
            stderr=subprocess.PIPE)
        self.assertEqual(
            done.stderr.strip().split('\n')[-1],
            "ImportError: txkoji.metrics needs prometheus-client: pip install"
            " 'txkoji[metrics]'")
