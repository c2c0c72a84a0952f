"""
Hear of events for months, as a daemon: python daemon.py daemon.ini

The configuration file, with all options and their defaults:

    [daemon]
    profile = koji
    # poll, or the URL of a broker: amqps://USER:PASSWORD@HOST/
    source = poll
    interval = 60
    # Without a state file, a restart misses events. A broker needs
    # the name of a queue, too.
    state =
    queue =
    login = no
    kinds = BuildStateChange TagUntag
    packages =
    tags =
    # Gets each event by POST, as JSON; without it, events are printed.
    hook =
    # Where /health and /metrics are. After so many seconds without a
    # round, or without the broker, /health answers 503.
    listen = tcp:9300:interface=127.0.0.1
    patience = 300

SIGTERM ends it when the events in hand are handled. For systemd:

    [Unit]
    After=network-online.target
    Wants=network-online.target
    [Service]
    Type=simple
    ExecStart=/opt/koji/bin/python /opt/koji/daemon.py /etc/daemon.ini
    Restart=on-failure
    RestartSec=30
    TimeoutStopSec=60
    DynamicUser=yes
    StateDirectory=koji-daemon
    [Install]
    WantedBy=multi-user.target

With twistd: KOJI_DAEMON=daemon.ini twistd -ny daemon.py

Without a file, it shows a build on the embedded hub.
"""
from __future__ import annotations

import os
import sys
from argparse import Namespace
from configparser import ConfigParser, Error, SectionProxy
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry
from twisted.application.service import Application, Service
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import serverFromString
from twisted.internet.error import CannotListenError
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.web.resource import Resource
from twisted.web.server import Request, Site

from txkoji import Connection
from txkoji.messages import Message
from txkoji.messages.listening import NotHandled
from txkoji.metrics import KojiCollector
from txkoji.testing import FakeHub

DEFAULTS = {
    'profile': '', 'source': 'poll', 'interval': '60', 'state': '',
    'queue': '', 'login': 'no', 'kinds': 'BuildStateChange TagUntag',
    'packages': '', 'tags': '', 'hook': '', 'patience': '300',
    'listen': 'tcp:9300:interface=127.0.0.1'}


class Daemon(Service):
    """Hears of events, and passes them on."""

    log = Logger()

    def __init__(self, koji: Connection, options: SectionProxy) -> None:
        self.koji = koji
        self.options = options
        self.stopping = False
        self.source: Any = None
        self.good: datetime = koji.now()
        self.ports: list[Any] = []
        self.patience = options.getfloat('patience')
        for kind in options['kinds'].split():
            koji.events.subscribe(self.handle, kind, **self.wanted(kind))

    def wanted(self, kind: str) -> dict[str, list[str]]:
        """Choose events of a kind, by the members that the kind has."""
        found = {}
        if self.options['packages'] and not kind.startswith('Repo'):
            found['package'] = self.options['packages'].split()
        if self.options['tags'] and kind.startswith(
                ('Tag', 'Untag', 'Package', 'Repo')):
            found['tag'] = self.options['tags'].split()
        return found

    async def start(self) -> None:
        """Begin to serve the pages, and to hear of events."""
        from prometheus_client.twisted import MetricsResource
        from twisted.internet import reactor
        registry = CollectorRegistry()
        registry.register(KojiCollector(self.koji))
        root = Resource()
        root.putChild(b'health', Health(self))
        root.putChild(b'metrics', MetricsResource(registry))
        endpoint = serverFromString(reactor, self.options['listen'])
        self.ports.append(await endpoint.listen(Site(root)))
        events, options = self.koji.events, self.options
        state = options['state'] or None
        if options.getboolean('login'):
            await self.koji.login()
        if options['source'] == 'poll':
            self.source = await events.poll(
                options.getfloat('interval'), state=state,
                packages=options['packages'].split() or None,
                tags=options['tags'].split() or None)
        else:
            self.source = await events.listen_amqp(
                options['source'], options['queue'], state=state,
                catch_up=state is not None)

    async def stop(self) -> None:
        """Finish the events in hand, save the state, and log out."""
        self.stopping = True
        await self.koji.close(logout=True)
        for port in self.ports:
            await port.stopListening()

    def age(self) -> float:
        """Count the seconds since the last round, or with the broker."""
        now = self.koji.now()
        if self.source is not None:
            # A poll has rounds, and a broker is heard or not.
            self.good = getattr(self.source, 'last_round', None) or (
                now if getattr(self.source, 'hearing', False) else self.good)
        return (now - self.good).total_seconds()

    async def handle(self, event: Message) -> None:
        """Pass an event on, however long it takes."""
        if not self.options['hook']:
            print(event.time, event.kind, event.event, event.package,
                  event.url, flush=True)
            return
        while (error := await self.post(event)) is not None:
            self.log.warn('{event} waits: {error}', event=event, error=error)
            await deferLater(self.koji.client.reactor, 5)
            if self.stopping:
                # The state file, or the broker, keeps it for the next time.
                raise NotHandled

    async def post(self, event: Message) -> object:
        """Post an event to the hook; gives the error, if any."""
        import treq
        try:
            response = await treq.post(self.options['hook'], timeout=30, json={
                'kind': event.kind, 'event': event.event, 'url': event.url,
                'time': event.time and event.time.isoformat(),
                'package': event.package, 'body': event.body})
            await treq.content(response)
        except CancelledError:
            raise
        except Exception as error:
            return error
        # An event that is refused with another status stays refused.
        return response.code if response.code >= 500 else None

    # As a service of twistd

    def startService(self) -> None:
        """Start, and stop twistd if that fails."""
        def failed(failure: Any) -> None:
            from twisted.internet import reactor
            if not self.stopping:
                self.log.failure('not started', failure=failure)
                reactor.stop()

        super().startService()
        Deferred.fromCoroutine(self.start()).addErrback(failed)

    def stopService(self) -> Deferred[None]:
        """Stop."""
        super().stopService()
        return Deferred.fromCoroutine(self.stop())


class Health(Resource):
    """Tells whether events flow."""

    isLeaf = True

    def __init__(self, daemon: Daemon) -> None:
        super().__init__()
        self.daemon = daemon

    def render_GET(self, request: Request) -> bytes:
        """Answer 200, or 503 if that was too long ago."""
        age = self.daemon.age()
        if self.daemon.source is None or age > self.daemon.patience:
            request.setResponseCode(503)
        return b'%d seconds since the source was heard\n' % age


def configured(path: str | None, koji: Connection | None = None) -> Daemon:
    """Make a daemon; a wrong file ends the program with a line."""
    parser = ConfigParser(interpolation=None)
    parser['daemon'] = DEFAULTS
    options = parser['daemon']
    try:
        if path is not None:
            with open(path) as file:
                parser.read_file(file)
        unknown = {*parser.sections(), *options} - {'daemon', *DEFAULTS}
        if unknown:
            raise ValueError(f'unknown: {", ".join(sorted(unknown))}')
        for name in ('interval', 'patience'):
            options.getfloat(name)
        options.getboolean('login')
        if koji is None or path is not None:
            koji = Connection(options['profile'])
        return Daemon(koji, options)
    except (OSError, Error, ValueError) as error:
        sys.exit(' '.join(f'{path}: {error}'.split()))


async def serve(koji: Connection, options: Namespace) -> None:
    """Run until SIGTERM, or until a build on the embedded hub is done."""
    daemon = configured(options.config, koji)
    embedded = options.config is None and options.profile is None
    if embedded:
        daemon.options.update(interval='1', listen='tcp:0:interface=127.0.0.1')
    try:
        await daemon.start()
        if embedded:
            await koji.login()
            await koji.wait(await koji.build(
                'git+https://src.example.test/rpms/bash#1', 'f44-candidate'))
            await deferLater(koji.client.reactor, 2)
        else:
            await Deferred()
    except CancelledError:
        # SIGTERM is no error.
        pass
    except (CannotListenError, ValueError) as error:
        sys.exit(f'{error}')
    finally:
        await daemon.stop()


def prepare(hub: FakeHub) -> None:
    """Let the embedded hub build in two seconds."""
    hub.builders.start(duration=2)


if __name__ == '__main__':
    from embedded import run
    run(serve, __doc__, prepare=prepare, arguments={
        'config': (None, 'the configuration file (default: none)')})
elif 'KOJI_DAEMON' in os.environ:
    application = Application('koji-daemon')
    configured(os.environ['KOJI_DAEMON']).setServiceParent(application)
