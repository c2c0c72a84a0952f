"""
Pass events on, for months: a daemon.

Run it as "python daemon.py daemon.ini". The file, with all options
and their defaults:

    [daemon]
    profile = koji
    # "poll", or the URL of a broker: amqps://USER:PASSWORD@HOST/
    source = poll
    interval = 60
    # Without this file, a restart misses events. A broker needs the
    # name of a queue, too.
    state =
    queue =
    login = no
    kinds = BuildStateChange TagUntag
    packages =
    tags =
    # Gets each event by POST, as JSON. Without it, events are printed.
    hook =
    # Where /health and /metrics are. /health answers 503 when for so
    # many seconds no round has ended, or no broker was there.
    listen = tcp:9300:interface=127.0.0.1
    patience = 300

SIGTERM ends it when the events in hand are handled. For systemd:

    [Unit]
    Wants=network-online.target
    After=network-online.target
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

With twistd: "KOJI_DAEMON=daemon.ini twistd -ny daemon.py".

Without a file it passes on a build of the embedded hub, and ends.
"""
from __future__ import annotations

import os
import sys
from argparse import Namespace
from configparser import ConfigParser, Error
from dataclasses import dataclass, field, fields
from typing import Any
from urllib.parse import urlsplit

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
from txkoji.exceptions import KojiException
from txkoji.messages import Message
from txkoji.messages.listening import NotHandled
from txkoji.metrics import KojiCollector
from txkoji.testing import FakeHub


@dataclass
class Settings:
    """The options of the configuration file."""

    profile: str = 'koji'
    source: str = 'poll'
    interval: float = 60.0
    state: str = ''
    queue: str = ''
    login: bool = False
    kinds: list[str] = field(
        default_factory=lambda: ['BuildStateChange', 'TagUntag'])
    packages: list[str] = field(default_factory=list)
    tags: list[str] = field(default_factory=list)
    hook: str = ''
    listen: str = 'tcp:9300:interface=127.0.0.1'
    patience: float = 300.0


def read(path: str) -> Settings:
    """Read the configuration file."""
    parser = ConfigParser(interpolation=None)
    with open(path) as file:
        parser.read_file(file)
    if 'daemon' not in parser:
        raise ValueError('no section [daemon]')
    section, settings = parser['daemon'], Settings()
    known = {each.name for each in fields(settings)}
    if unknown := [name for name in section if name not in known]:
        raise ValueError(f'unknown options: {", ".join(unknown)}')
    for name, text in section.items():
        default: Any = getattr(settings, name)
        try:
            setattr(settings, name, text.split() if isinstance(default, list)
                    else section.getboolean(name) if isinstance(default, bool)
                    else type(default)(text))
        except ValueError as error:
            raise ValueError(f'{name}: {error}') from None
    check(settings)
    return settings


def check(settings: Settings) -> None:
    """Refuse options with which no event could be passed on."""
    if not settings.kinds:
        raise ValueError('kinds: name one, or leave the option out')
    if not settings.patience > 0:
        raise ValueError('patience: a number of seconds above 0')
    if settings.hook:
        parts = urlsplit(settings.hook)
        # Reading a wrong port is an error.
        if parts.port == 0 or parts.scheme not in ('http', 'https') or (
                not parts.hostname):
            raise ValueError('hook: a URL of http or https')


class Daemon(Service):
    """Hears of events, and passes them on."""

    log = Logger()

    def __init__(self, koji: Connection, settings: Settings) -> None:
        self.koji = koji
        self.settings = settings
        self.stopping = False
        self.source: Any = None
        self.port: Any = None
        #: Fails if events can be passed on no more.
        self.ended: Deferred[None] = Deferred()
        #: When the source was last heard.
        self.heard = koji.now()
        for kind in settings.kinds:
            koji.events.subscribe(self.handle, kind, **self.match(kind))

    def match(self, kind: str) -> dict[str, list[str]]:
        """Choose events of a kind, by the members that the kind has."""
        match = {}
        if self.settings.packages and not kind.startswith('Repo'):
            match['package'] = self.settings.packages
        if self.settings.tags and kind.startswith(
                ('Tag', 'Untag', 'Package', 'Repo')):
            match['tag'] = self.settings.tags
        return match

    async def start(self) -> None:
        """Begin to serve the pages, and to hear of events."""
        from prometheus_client.twisted import MetricsResource
        from twisted.internet import reactor
        registry = CollectorRegistry()
        registry.register(KojiCollector(self.koji))
        root = Resource()
        root.putChild(b'health', Health(self))
        root.putChild(b'metrics', MetricsResource(registry))
        settings, events = self.settings, self.koji.events
        try:
            endpoint = serverFromString(reactor, settings.listen)
            self.port = await endpoint.listen(Site(root))
        except (ArithmeticError, CannotListenError, LookupError, OSError,
                TypeError, ValueError) as error:
            raise ValueError(f'listen: {error!s:.200}') from error
        if settings.login:
            await self.koji.login()
        if settings.source == 'poll':
            self.source = await events.poll(
                settings.interval, state=settings.state or None,
                packages=settings.packages or None,
                tags=settings.tags or None)
        else:
            self.source = await events.listen_amqp(
                settings.source, settings.queue, catch_up=settings.state != '',
                state=settings.state or None)

    async def stop(self) -> None:
        """Finish the events in hand, save the state, and log out."""
        self.stopping = True
        await self.koji.close(logout=True)
        if self.port is not None:
            await self.port.stopListening()

    def age(self) -> float:
        """Count the seconds since the source was heard."""
        now = self.koji.now()
        if self.source is not None and self.settings.source == 'poll':
            self.heard = self.source.last_round
        elif self.source is not None and self.source.hearing:
            self.heard = now
        return (now - self.heard).total_seconds()

    async def handle(self, event: Message) -> None:
        """Pass an event on, however long that takes."""
        if not self.settings.hook:
            try:
                print(event.time, event.kind, event.event, event.package,
                      event.url, flush=True)
            except OSError as closed:
                # Nobody reads the output any more.
                if not self.ended.called:
                    self.ended.errback(closed)
                raise NotHandled from closed
            return
        while (error := await self.post(event)) is not None:
            self.log.warn('{event} waits: {error}', event=event, error=error)
            await deferLater(self.koji.client.reactor, 5)
            if self.stopping:
                # The state file, or the broker, keeps it for the next time.
                raise NotHandled

    async def post(self, event: Message) -> object:
        """Post an event to the hook; gives the error, or None."""
        import treq
        try:
            response = await treq.post(self.settings.hook, timeout=30, json={
                'kind': event.kind, 'event': event.event, 'url': event.url,
                'time': event.time and event.time.isoformat(),
                'package': event.package, 'body': event.body})
            await treq.content(response)
        except CancelledError:
            raise
        except Exception as error:
            return error
        # What is refused with a lower status is refused for ever.
        return response.code if response.code >= 500 else None

    # As a service of twistd

    def startService(self) -> None:
        """Start; end twistd if that fails."""
        def failed(failure: Any) -> None:
            from twisted.internet import reactor
            if self.stopping:
                return
            if failure.check(KojiException, OSError, ValueError):
                self.log.critical('the daemon ends: {error}',
                                  error=failure.value)
            else:
                self.log.failure('the daemon ends', failure=failure)
            reactor.stop()

        super().startService()
        self.ended.addErrback(failed)
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
        """Answer 200, or 503 if the source was not heard for long."""
        age = self.daemon.age()
        if self.daemon.source is None or age > self.daemon.settings.patience:
            request.setResponseCode(503)
        return b'The source was heard %d seconds ago.\n' % age


def configured(path: str) -> Daemon:
    """Make a daemon; a wrong file ends the program with a line."""
    try:
        settings = read(path)
        return Daemon(Connection(settings.profile), settings)
    except (OSError, Error, ValueError) as error:
        sys.exit(' '.join(f'{path}: {error}'.split()))


async def serve(koji: Connection, options: Namespace) -> None:
    """Run until SIGTERM, or until a build on the embedded hub is done."""
    embedded = options.config is None and options.profile is None
    if options.config is not None:
        daemon = configured(options.config)
    else:
        daemon = Daemon(koji, Settings(
            profile=koji.profile, interval=1 if embedded else 60,
            listen='tcp:0:interface=127.0.0.1'))
    ended = daemon.ended
    # SIGTERM cancels what is awaited here: not the start, which may have
    # events in hand.
    starting = Deferred.fromCoroutine(daemon.start())
    if embedded:
        starting.addCallback(lambda _: Deferred.fromCoroutine(show(koji)))
        starting.addCallback(lambda _: None if ended.called
                             else ended.callback(None))
    starting.addErrback(lambda failure: None if ended.called
                        else ended.errback(failure))
    try:
        await ended
    except CancelledError:
        # SIGTERM is no error.
        pass
    except ValueError as error:
        sys.exit(' '.join(f'{error}'.split()))
    finally:
        await daemon.stop()


async def show(koji: Connection) -> None:
    """Make a build, and wait until its events are passed on."""
    await koji.login()
    await koji.wait(await koji.build(
        'git+https://src.example.test/rpms/bash#1', 'f44-candidate'))
    await deferLater(koji.client.reactor, 2)


def prepare(hub: FakeHub) -> None:
    """Let the embedded hub build in a second."""
    hub.builders.start(duration=1)


if __name__ == '__main__':
    from embedded import run
    run(serve, __doc__, prepare=prepare, arguments={
        'config': (None, 'the configuration file (default: none)')})
elif 'KOJI_DAEMON' in os.environ:
    application = Application('koji-daemon')
    configured(os.environ['KOJI_DAEMON']).setServiceParent(application)
