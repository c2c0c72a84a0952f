"""The daemon of the examples, with a real broker."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import inlineCallbacks
from twisted.internet.threads import deferToThread

from tests.brokers import BrokerTestCase
from tests.support import folder
from tests.test_daemon import DaemonCase

TAG = ('koji.build.tag', {'type': 'Tag', 'tag': 'f44', 'user': 'alice'}, {
    'tag': {'id': 33, 'name': 'f44'}, 'user': {'id': 2, 'name': 'alice'},
    'build': {'id': 5356, 'name': 'ceph', 'version': '1', 'release': '1'}})


class BrokerTests(DaemonCase, BrokerTestCase):
    """A daemon that listens to a broker."""

    @inlineCallbacks
    def test_broker(self) -> Any:
        """It hears the broker, also after the broker was away, and ends."""
        yield DaemonCase.setUp(self)
        self.path = self.configure(
            source=self.broker.url(), queue='daemon', patience=1,
            state=folder(self) + '/state')
        program = self.start()
        yield self.until(program, 200)
        yield self.publish([(*TAG, '1')])
        yield program.wait(1)
        self.broker.stop()
        yield self.until(program, 503)
        yield deferToThread(self.broker.start)
        yield self.until(program, 200)
        yield self.publish([(*TAG, '2')])
        yield program.wait(2)
        _, text = yield self.get('metrics')
        self.assertRegex(
            text, r'txkoji_listener_reconnects_total{\S+} 1\.0\n')
        program.process.signalProcess('TERM')
        yield program.ended
        self.assertEqual(program.status, 0)
        self.assertEqual([line.split()[2:4] for line in program.lines],
                         [['Tag', 'ceph']] * 2)
