"""Secrets are sent where they are needed, and shown nowhere."""
from __future__ import annotations

import io
import traceback
from typing import Any
from unittest import mock

from twisted.internet.task import Clock
from twisted.logger import eventAsText, globalLogPublisher
from twisted.python.failure import Failure
from twisted.trial.unittest import SynchronousTestCase
from twisted.web.resource import Resource

from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.web import HubResource

PASSWORD = 'correct-horse-battery'


class SecretsTests(SynchronousTestCase):
    """All texts that a program can see, searched for secrets."""

    def setUp(self) -> None:
        """Collect the log and the URLs."""
        self.hub = FakeHub(clock=Clock())
        self.hub.sessions.passwords['bob'] = PASSWORD
        self.seen: list[str] = []
        self.urls: list[bytes] = []
        self.secrets = {PASSWORD}
        globalLogPublisher.addObserver(self.log)
        self.addCleanup(globalLogPublisher.removeObserver, self.log)
        self.koji = self.hub.connection(max_retries=1)
        render = HubResource.render

        def rendered(resource: Any, request: Any) -> Any:
            self.urls.append(request.uri)
            return render(resource, request)

        patch = mock.patch.object(HubResource, 'render', rendered)
        patch.start()
        self.addCleanup(patch.stop)

    def log(self, event: dict[str, Any]) -> None:
        """Collect a log event."""
        self.seen.append(eventAsText(event))
        self.seen.append(repr(event))

    def see(self, failure: Failure) -> None:
        """Collect all texts of an error."""
        error: Any = failure.value
        self.assertIsInstance(error, KojiException)
        self.seen += [str(error), repr(error), repr(vars(error)),
                      failure.getTraceback(),
                      failure.getTraceback(detail='verbose'),
                      *traceback.format_exception(error),
                      # The form of services that collect errors.
                      *traceback.TracebackException.from_exception(
                          error, capture_locals=True).format()]
        out = io.StringIO()
        failure.printDetailedTraceback(out)
        self.seen.append(out.getvalue())

    def ask(self, call: Any) -> Any:
        """Wait for a call, and collect its error."""
        call.addErrback(self.see)
        self.hub.clock.pump([1] * 40)
        self.successResultOf(call)
        self.secrets |= {row.key for row in self.hub.sessions.rows}

    def live(self) -> None:
        """Take a session through logins, outages, renewals and faults."""
        koji, hub = self.koji, self.hub
        self.ask(koji.login('password', user='bob', password='wrong'))
        self.ask(koji.login('password', user='bob', password=PASSWORD))
        for given in [dict(password=PASSWORD + '\0'), dict(password=PASSWORD),
                      dict(user='\x01', password=PASSWORD), dict(usr='bob')]:
            self.ask(hub.connection().login('password', **{
                'user': 'bob', 'password': PASSWORD, **given}))
        hub.respond('build', 7)
        self.ask(koji.build('x'))
        self.ask(koji.new_session())
        for kind in ('offline', 'slow', 'dropped-before', 'dropped-after',
                     'truncated', 'garbage'):
            hub.misbehave(kind, data=b'nonsense')
            view = koji.with_options(timeout=10, deadline=30)
            self.ask(view.build('x'))
            self.ask(view.getTag('f44'))
            self.ask(view.getSessionInfo())
            hub.sessions.expire()
            self.ask(view.getLoggedInUser())
            hub.behave()
        for ending in (hub.sessions.expire, self.forget):
            ending()
            self.ask(koji.getLoggedInUser())
            self.ask(koji.build('x'))
        # A malformed answer to a login may hold a key.
        hub.sessions.expire()
        for row in list(hub.sessions.rows):
            hub.misbehave('garbage', method='login',
                          data=f'<session-key>{row.key}'.encode())
            self.ask(koji.getLoggedInUser())
            hub.sessions.expire()
            hub.misbehave('garbage', method='login', data=(
                '<methodResponse><params><param><value><int>1'
                f'{row.key}</int></value></param></params></methodResponse>'
            ).encode())
        self.ask(koji.getLoggedInUser())
        hub.behave()
        hub.fault('login', 1, 'Traceback: whatever')
        self.forget()
        self.ask(koji.build('x'))
        # A hub with KojiTraceback = extended shows all variables.
        for code in (1, 1000, 1002, 1014):
            hub.fault('login', code, f'password = {PASSWORD}')
            self.ask(koji.build('x'))
            self.ask(hub.connection().login('password', user='bob',
                                            password=PASSWORD))
        hub.forget('login')
        self.seen += [repr(koji), repr(vars(koji)), repr(koji.client._calls),
                      repr(koji.client._calls.session.info),
                      repr(koji.client._calls.session._credentials),
                      repr(koji.client._calls.session._authenticator.request(
                          'logout')),
                      repr(koji.stats), repr(koji.build)]
        self.ask(koji.logout())
        self.ask(koji.close())

    def forget(self) -> None:
        """Let the hub forget all sessions."""
        for row in self.hub.sessions.rows:
            row.closed = True

    def check(self) -> None:
        """Check that no text has a secret."""
        self.live()
        self.assertGreater(len(self.secrets), 4)
        self.assertGreater(len(self.seen), 100)
        for secret in self.secrets:
            for text in self.seen:
                self.assertNotIn(secret, text)

    def test_echo(self) -> None:
        """The page of a server that echoes requests is not shown."""
        class Echo(Resource):
            isLeaf = True

            def render_POST(self, request: Any) -> bytes:
                request.setResponseCode(status)
                return b'<html>%s %s' % (
                    request.uri, request.getHeader(
                        b'Koji-Session-Key') or b'')

        for version in ('1.30.0', '1.35.3'):
            self.hub.version = version
            koji = self.hub.connection()
            self.ask(koji.login())
            transport = koji.client._transport
            transport.pool._network = MemoryNetwork(Echo(), self.hub.clock)
            for status in (200, 400, 502):
                self.ask(koji.getTag('f44'))
            self.seen.append(str(koji.stats.last_error))
        for secret in self.secrets:
            for text in self.seen:
                self.assertNotIn(secret[:10], text)

    def test_headers(self) -> None:
        """With headers no URL has a secret."""
        self.check()
        for url in self.urls:
            self.assertEqual(url, b'/kojihub')

    def test_url(self) -> None:
        """With an old hub only the URL of a request has the key."""
        self.hub.version = '1.30.0'
        self.check()
        self.assertTrue(any(b'session-key' in url for url in self.urls))
