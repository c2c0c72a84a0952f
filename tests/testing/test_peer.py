"""Koji's own client beside ours: the same answers, read by both."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any
from xmlrpc.client import Binary, DateTime, Fault

import koji
from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.recordings import Recording, recordings
from tests.testing.test_fakehub_replay import covered
from txkoji import Connection, Profile
from txkoji.exceptions import KojiException
from txkoji.results import typed
from txkoji.testing import FakeHub

#: A value, or a fault's code and text.
Outcome = Any


class Canned(Resource):
    """The bytes of the recorded answer that the path names."""

    isLeaf = True

    def render_POST(self, request: Any) -> bytes:
        """Answer a call."""
        recording = recordings()[request.postpath[0].decode()]
        request.setHeader(b'Content-Type', b'text/xml')
        return recording.response


def plain(value: Any) -> Any:
    """A value of Koji's client as ours gives it."""
    if isinstance(value, Binary):
        return value.data
    if isinstance(value, DateTime):
        return str(value)
    if isinstance(value, list):
        return [plain(item) for item in value]
    if isinstance(value, dict):
        return {name: plain(item) for name, item in value.items()
                if name != 'traceback'}
    return value


def ours(value: Any) -> Any:
    """A value of ours in the same form."""
    if hasattr(value, 'strftime'):
        return value.strftime('%Y%m%dT%H:%M:%S')
    if isinstance(value, list):
        return [ours(item) for item in value]
    if isinstance(value, dict):
        return {name: ours(item) for name, item in value.items()
                if name != 'traceback'}
    return value


def ask_with_koji(server: str, calls: list[Any]) -> list[Outcome]:
    """Ask with Koji's client; it blocks, so in a thread."""
    found = []
    for path, method, args, kwargs in calls:
        session = koji.ClientSession(server + path, {'anon_retry': False})
        try:
            found.append(plain(session.callMethod(method, *args, **kwargs)))
        except (Fault, koji.GenericError) as fault:
            code = getattr(fault, 'faultCode', None)
            text = getattr(fault, 'faultString', None) or str(fault)
            found.append((code, text))
        session.rsession.close()
    return found


class PeerTests(TestCase):
    """The same server, asked by both."""

    @inlineCallbacks
    def compare(self, server: str, calls: dict[str, Any]) -> Any:
        """Ask both clients, and compare what they got, call by call."""
        theirs = yield deferToThread(ask_with_koji, server,
                                     list(calls.values()))
        for (name, call), expected in zip(calls.items(), theirs):
            path, method, args, kwargs = call
            connection = Connection(
                Profile('test', server=server + path, max_retries=0))
            try:
                value = yield connection.call(method, *args, **kwargs)
                found = ours(value)
            except KojiException as fault:
                found = (fault.faultCode, str(fault))
            yield connection.close()
            self.assertEqual(found, typed(method, expected, connection), name)
        return len(calls)

    def calls(self, path: Callable[[Recording], str],
              chosen: Callable[[Recording], bool]) -> dict[str, tuple]:
        """Compare the calls of both clients."""
        return {name: (path(recording), *recording.call)
                for name, recording in recordings().items()
                if recording.call is not None and chosen(recording)}

    @inlineCallbacks
    def test_recordings(self) -> Any:
        """Every recorded answer reads the same with both."""
        endpoint = TCP4ServerEndpoint(reactor, 0, interface='127.0.0.1')
        port = yield endpoint.listen(Site(Canned(), reactor=reactor))
        self.addCleanup(port.stopListening)
        server = f'http://127.0.0.1:{port.getHost().port}'

        def whole(recording: Recording) -> bool:
            # Of login calls, Koji's client makes something of its own.
            return (recording.meta['http_status'] == 200
                    and recording.answer is not None
                    and recording.anonymous
                    and recording.call[0] not in ('sslLogin', 'logout'))

        count = yield self.compare(server, self.calls(
            lambda recording: '/' + recording.name, whole))
        self.assertGreater(count, 150)

    @inlineCallbacks
    def test_fake_hub(self) -> Any:
        """What FakeHub answers reads the same with both."""
        hub = FakeHub(clock=Clock())
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        count = yield self.compare(server, self.calls(
            lambda recording: '', covered))
        self.assertGreater(count, 150)
