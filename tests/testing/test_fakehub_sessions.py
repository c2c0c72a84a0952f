"""FakeHub's sessions against the recordings, and against their own rules."""
from __future__ import annotations

from types import SimpleNamespace
from typing import Any
from urllib.parse import parse_qs, urlsplit
from xmlrpc.client import Fault, loads

import treq
from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.client import Agent
from twisted.web.http_headers import Headers

from tests.recordings import Recording, recordings
from tests.support import HubTestCase
from txkoji import KojiException
from txkoji.exceptions import AuthLockError, GenericError
from txkoji.hub.codec.xmlrpc import decode_answer
from txkoji.testing import FakeHub
from txkoji.testing.hub import RECORDED
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.sessions import ClientIdentity, HubSession
from txkoji.testing.web import HubResource

#: What was so of the session when these were recorded; None: that it was not
#: there. The user has the number 2.
STATES: dict[str, Any] = {
    'callnum.higher-gap': {'callnum': 10},
    'callnum.lower': {'callnum': 10},
    'callnum.lower-after-readonly-500': {'callnum': 10},
    'callnum.out-of-range': {'callnum': 10},
    'callnum.retry-after-lost-answer': {'callnum': 7},
    'callnum.same-after-dml': {'callnum': 10},
    'callnum.same-after-dml-readonly': {'callnum': 10},
    'fault.build-not-logged-in': None,
    'logout': {},
    'logout.anonymous': None,
    'session.after-renew': {},
    'session.after-renew-old-key': {'key': 'another'},
    'session.anonymous-call-after-logout': {'closed': True},
    'session.bad-id': None,
    'session.bad-key': {'key': 'another'},
    'session.call-after-logout': {'closed': True},
    'session.expired': {'expired': True},
    'session.expired-by-age': {'start_time': RECORDED - 86401},
    'session.expired-by-age-anonymous-method': {
        'start_time': RECORDED - 86401},
    'session.garbage-callnum-header': {},
    'session.garbage-callnum-url': {},
    'session.getSessionInfo': {},
    'session.header-id-without-key': {'key': 'another'},
    'session.login-again': {},
    'session.url-query-garbage': None,
    'session.url-query-not-a-session': None,
    'sslLogin': None,
    'sslLogin.no-cert-8445': None,
    'sslLogin.renew': {'expired': True},
    'sslLogin.renew-dead-session': {'closed': True},
}


class ReplayTests(SynchronousTestCase):
    """Recorded requests about sessions: their answers are the same."""

    def check(self, name: str) -> None:
        """Check an answer."""
        recording = recordings()[name]
        hub = FakeHub(clock=Clock())
        hub.fault('build', 1004, 'you must be logged in for this operation')
        sent = recording.meta['request_headers']
        address = recording.meta['url'].replace('-shortsession', '')
        url = urlsplit(address)
        query = parse_qs(url.query)
        state = STATES[name]
        if state is not None:
            hub.sessions.rows.append(HubSession(**{
                'id': int(sent.get('Koji-Session-Id')
                          or query['session-id'][0]),
                'key': (sent.get('Koji-Session-Key')
                        or query.get('session-key', [''])[0]),
                'user_id': 2, 'authtype': 2, 'hostip': '127.0.0.1',
                'start_time': RECORDED, **state}))
        user = 'alice' if url.port == 8443 else None
        network = MemoryNetwork(hub._site(user), hub.clock)
        agent = Agent.usingEndpointFactory(hub.clock, SimpleNamespace(
            endpointForURI=lambda uri: network.endpoint('h', 443)))
        with network.writing():
            asked = agent.request(
                b'POST', address.encode(),
                Headers({key: [value] for key, value in sent.items()}),
                Body(recording.request))
        response = self.successResultOf(asked)
        data = self.successResultOf(treq.content(response))
        self.compare(recording, data)

    def compare(self, recording: Recording, body: bytes) -> None:
        """Compare an answer with the recorded one."""
        expected = recording.answer
        try:
            [answer] = loads(body, use_builtin_types=True)[0]
        except Fault as fault:
            self.assertIsInstance(expected, Fault)
            self.assertEqual(fault.faultCode, expected.faultCode)
            if not expected.faultString.startswith('Traceback'):
                self.assertEqual(fault.faultString, expected.faultString)
            return
        if isinstance(expected, dict) and 'session-key' in expected:
            self.assertEqual(set(answer), set(expected))
            self.assertRegex(answer['session-key'], '^2-[A-Za-z0-9]{19}$')
        elif isinstance(expected, dict) and 'start_ts' in expected:
            self.assertEqual(
                {key: value for key, value in answer.items()
                 if not key.endswith(('_ts', '_time'))},
                {key: value for key, value in expected.items()
                 if not key.endswith(('_ts', '_time'))})
            self.assertEqual(set(answer), set(expected))
        else:
            self.assertEqual(answer, expected)


class Body:
    """The body of a request."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.length = len(data)

    def startProducing(self, consumer: Any) -> Deferred[None]:
        """Send the body."""
        consumer.write(self.data)
        done: Deferred[None] = Deferred()
        done.callback(None)
        return done

    def stopProducing(self) -> None:
        """All is written."""


def add_tests() -> None:
    """A test for each, so that each has its own line when it fails."""
    for name in STATES:
        def test(self: ReplayTests, name: str = name) -> None:
            self.check(name)
        test.__doc__ = f'The answer to {name} is the same.'
        setattr(ReplayTests,
                'test_' + name.replace('.', '_').replace('-', '_'), test)


add_tests()


class RulesTests(HubTestCase):
    """What else a hub does with sessions."""

    def enter(self, user: str = 'alice') -> Any:
        """Log in: a Connection, and the row of its session."""
        koji = self.hub.connection(user=user)
        self.get(koji.login())
        return koji, self.hub.sessions.rows[-1]

    def ask(self, row: HubSession, method: str, *args: Any,
            callnum: Any = None) -> Any:
        """Ask in a session, with any callnum."""
        headers = {'id': str(row.id), 'key': row.key}
        if callnum is not None:
            headers['callnum'] = str(callnum)
        answer = Deferred.fromCoroutine(self.hub.answer(
            method, list(args), ClientIdentity(headers=headers)))
        return answer.addCallback(decode_answer)

    def test_lock(self) -> None:
        """A call with a callnum holds up all others of its session."""
        _, row = self.enter()
        building: Deferred[int] = Deferred()
        self.hub.respond('build', lambda *args: building)
        build = self.ask(row, 'build', 'x', callnum=5)
        others = [self.ask(row, 'getTag', 1), self.ask(row, 'getTag', 1,
                                                       callnum=6)]
        for other in others:
            self.assertNoResult(other)
        building.callback(1)
        self.assertEqual(self.get(build), 1)
        for other in others:
            self.assertEqual(self.get(other).id, 1)

    def test_no_lock(self) -> None:
        """A call without one holds up nobody."""
        _, row = self.enter()
        self.hub.misbehave('slow', method='listTags', seconds=5)
        slow = self.ask(row, 'listTags')
        self.assertEqual(self.get(self.ask(row, 'getTag', 1)).id, 1)
        self.assertNoResult(slow)
        self.hub.clock.advance(5)
        self.get(slow)

    def test_whitelist(self) -> None:
        """Some may be called again, with the callnum of the first time."""
        _, row = self.enter()
        self.hub.respond('repoExpire', None)
        self.hub.respond('host.taskWait', None)
        for method in ['repoExpire', 'host.taskWait']:
            for _ in range(2):
                self.assertIsNone(self.get(self.ask(row, method,
                                                    callnum=5)))

    def test_stored(self) -> None:
        """The callnum is kept of what was changed: not of reads or faults."""
        _, row = self.enter()
        self.hub.respond('build', 1)
        self.hub.fault('cancelTask', 1000, 'no')
        for method, args, stored in [
                ('getTag', [1], None), ('cancelTask', [1], None),
                ('system.multicall', [[]], None),
                ('system.multicall', [[{'methodName': 'build',
                                        'params': ['x']}]], 7),
                ('build', ['x'], 7)]:
            self.ask(row, method, *args, callnum=7).addErrback(
                lambda failure: failure.trap(GenericError))
            self.assertEqual(row.callnum, stored, method)

    def test_exclusive(self) -> None:
        """An exclusive session shuts out the others of its user."""
        first, row = self.enter()
        second, other = self.enter()
        bob, _ = self.enter('bob')
        self.get(self.ask(row, 'exclusiveSession'))
        self.fail_of(second.getTag(1), AuthLockError)
        self.fail_of(self.ask(other, 'exclusiveSession'), AuthLockError)
        self.get(bob.getTag(1))
        self.get(first.getTag(1))
        self.get(self.ask(row, 'sharedSession'))
        self.get(second.getTag(1))
        self.get(self.ask(row, 'exclusiveSession'))
        self.get(self.ask(other, 'exclusiveSession', True))
        self.assertTrue(row.closed)
        inner = self.get(self.ask(other, 'subsession'))
        child = [each for each in self.hub.sessions.rows
                 if each.id == inner['session-id']][0]
        self.fail_of(self.ask(child, 'exclusiveSession'), GenericError)

    def test_logout_other(self) -> None:
        """A user may end an own session by its number."""
        _, row = self.enter()
        _, other = self.enter()
        _, bobs = self.enter('bob')
        self.fail_of(self.ask(row, 'logout', bobs.id), GenericError)
        self.get(self.ask(row, 'logout', other.id))
        self.assertEqual((row.closed, other.closed, bobs.closed),
                         (False, True, False))

    def test_address(self) -> None:
        """A session belongs to an address."""
        _, row = self.enter()
        row.hostip = '192.0.2.1'
        self.fail_of(self.ask(row, 'getTag', 1), KojiException)

    def test_front(self) -> None:
        """A front server says who it is, and is believed if it is one."""
        for front in (False, True):
            hub = FakeHub(clock=Clock(), front=front)
            peer = HubResource(hub)._peer(Request({
                'Remote-User': 'bob@EXAMPLE.TEST',
                'SSL-Client-Verify': 'SUCCESS',
                'SSL-Client-S-DN-CN': 'carol'}))
            self.assertEqual(
                (peer.remote_user, peer.certified),
                ('bob@EXAMPLE.TEST', 'carol') if front else (None, None))

    def test_chance(self) -> None:
        """What it does now and then it does by chance, and the same chance."""
        outcomes = []
        for _ in range(2):
            hub = FakeHub(clock=Clock())
            koji = hub.connection()
            hub.misbehave('offline', chance=0.5)
            outcomes.append([
                isinstance(self.get(koji.getTag(1).addErrback(
                    lambda failure: None)), dict) for _ in range(20)])
        self.assertEqual(outcomes[0], outcomes[1])
        self.assertEqual(set(outcomes[0]), {True, False})


class Request:
    """A request to log in, with headers."""

    path = b'/kojihub/ssllogin'
    uri = path
    transport = None

    def __init__(self, headers: dict[str, str]) -> None:
        self._headers = headers

    def getHeader(self, name: str) -> Any:
        """Get a header."""
        return self._headers.get(name)

    def getClientAddress(self) -> Any:
        """Get the address of the client."""
        class Address:
            host = '127.0.0.1'
        return Address
