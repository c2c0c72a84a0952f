"""
Requests to one hub, over kept and verified connections, so many at once.
"""
from __future__ import annotations

from collections.abc import Callable, Mapping
from math import inf
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    ConnectionClosed,
    HTTPError,
    KojiException,
    ServerOffline,
    TransportError,
)
from txkoji.hub.backoff import Backoff, HubAway
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.http.body import Sink
from txkoji.hub.http.exchange import Exchange
from txkoji.hub.http.network import Network, Sockets
from txkoji.hub.http.parser import Head
from txkoji.hub.http.pool import Pool
from txkoji.hub.http.proxy import Proxies
from txkoji.hub.http.request import Headers, Request
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import outage
from txkoji.hub.stats import Stats

if TYPE_CHECKING:
    from txkoji.hub.http.files import FileClient, FileHead
    from txkoji.hub.http.tls import ClientCertificate


class Transport:
    """
    Post requests to one hub, and get its files.

    :param settings: whose hub, and whom to trust there.
    :param reactor: for connections and time limits; None for Twisted's own,
                    which is imported when it is first needed.
    :param network: opens connections; None for the reactor's sockets.
    :param proxy: see `txkoji.hub.http.proxy.Proxies`. Another network has no
                  proxy unless it is named.
    :param max_connections: how many requests may be under way at once; the
                            others are queued.
    :param max_body: bytes of an answer, inflated.

    :ivar hub_version: what the hub calls itself in its answers, or None.
    :ivar stats: numbers of its requests, and of who makes them.
    :ivar backoff: the pauses while the hub is away.
    """

    _log = Logger()

    def __init__(self, settings: Profile, *, reactor: Any = None,
                 network: Network | None = None,
                 proxy: str | None = None, max_connections: int,
                 max_body: int) -> None:
        self.hub_version: str | None = None
        self.stats = Stats()
        self.backoff = Backoff(settings.retry_interval, lambda: self.reactor)
        self._settings = settings
        self._reactor = reactor
        self._network = network
        if network is not None and proxy is None:
            proxy = ''
        self._proxies = Proxies(proxy)
        self._max_connections = max_connections
        self._max_body = max_body
        self._slots = FairSemaphore(max_connections)
        self._exchanges: set[Exchange] = set()
        self._pool: Pool | None = None
        self._files: FileClient | None = None
        #: URLs, without a query, and where the hub has moved them to.
        self._moved: dict[str, str] = {}
        self._closed = False

    @property
    def reactor(self) -> Any:
        """The reactor."""
        if self._reactor is None:
            from twisted.internet import reactor
            self._reactor = reactor
        return self._reactor

    @property
    def given_reactor(self) -> Any:
        """The reactor that was passed in, or None."""
        return self._reactor

    @property
    def network(self) -> Network:
        """What opens connections."""
        if self._network is None:
            self._network = Sockets(self.reactor)
        return self._network

    @property
    def pool(self) -> Pool:
        """The connections."""
        if self._pool is None:
            self._pool = Pool(self.reactor, self._settings, self.network,
                              self._proxies, self._max_connections)
        return self._pool

    @property
    def connections(self) -> int:
        """How many are open."""
        return 0 if self._pool is None else self._pool.connections

    def show_certificate(self, shown: ClientCertificate) -> None:
        """Show a certificate of ours to a hub that asks for one."""
        self.pool.show_certificate(shown)

    def post(self, request: Request, address: str, headers: Headers = (), *,
             again: bool, patient: bool = False) -> Deferred[Any]:
        """
        Post a request, and feed its sink with the answer while it arrives.

        :param address: the URL.
        :param headers: what to send beside the usual ones.
        :param again: whether it may be sent once more where a kept connection
                      turns out to be dead.
        :param patient: whether it is to fail with `HubAway`, and not to be
                        sent, if the hub goes away while it is queued.
        :returns: a Deferred that fires with what the sink makes of the
                  answer. Cancelling it closes the connection.
        :raises TransportError: if there is no good answer.
        :raises ConnectionClosed: if `close()` was called.
        """
        slot = _Slot(self._slots)
        if request.urgent or slot.take():
            return self._start(request, address, headers, again, slot)
        return slot.wait().addCallback(lambda _: self._leave_queue(
            request, address, headers, again, slot, patient))

    def _leave_queue(self, request: Request, address: str, headers: Headers,
                     again: bool, slot: _Slot, patient: bool
                     ) -> Deferred[Any]:
        if patient and self.backoff.is_away:
            slot.release()
            return fail(HubAway())
        return self._start(request, address, headers, again, slot)

    def _start(self, request: Request, address: str, headers: Headers,
               again: bool, slot: _Slot) -> Deferred[Any]:
        if self._closed:
            slot.release()
            return fail(closed(request.method, address))
        self.stats.in_flight += 1
        base, mark, query = address.partition('?')
        moved = self._moved.get(base, base) + mark + query
        exchange = Exchange(
            request, moved, headers, pool=self.pool, reactor=self.reactor,
            resend=again,
            max_body=inf if request.streamed else self._max_body,
            stats=self.stats, on_head=self._see, on_pause=slot.release)
        self._exchanges.add(exchange)
        return exchange.start().addBoth(
            self._ended, exchange, request, address, headers, again, slot)

    def _ended(self, result: Any, exchange: Exchange, request: Request,
               address: str, headers: Headers, again: bool, slot: _Slot
               ) -> Any:
        self.stats.in_flight -= 1
        self._exchanges.discard(exchange)
        error = result.value if isinstance(result, Failure) else None
        if isinstance(error, HTTPError) and self._has_moved(address, error):
            request.outcome.sent = False
            return self._start(request, address, headers, again, slot)
        slot.release()
        if error is None:
            request.outcome.answered()
            self.backoff.answered()
        elif isinstance(error, KojiException):
            request.outcome.failed(error)
            if isinstance(error, HTTPError):
                is_back = not outage(error)
            else:
                is_back = not isinstance(error, (TransportError,
                                                 ServerOffline))
            if is_back:
                self.backoff.answered()
        return result

    def _has_moved(self, address: str, error: HTTPError) -> bool:
        """
        Remember where the hub has moved to, within its own host, and from
        http to https at most. It may do so once.

        :param address: the URL that a request went to.
        """
        old = address.partition('?')[0]
        if (error.status not in (307, 308) or not error.location
                or old in self._moved):
            return False
        try:
            new = urljoin(old, error.location).partition('?')[0]
            before, after = urlsplit(old), urlsplit(new)
            same = (before.scheme, before.port) == (after.scheme, after.port)
            if (after.hostname != before.hostname or not new.isascii()
                    or after.username is not None or new == old
                    or not (same or (before.scheme, after.scheme) == (
                        'http', 'https'))):
                return False
        except ValueError:
            return False
        self._log.info('the hub has moved from {old} to {new}',
                       old=without_secrets(old), new=without_secrets(new))
        self._moved[old] = new
        return True

    def _see(self, head: Head) -> None:
        """Take what every answer tells of the hub."""
        version = head.get(b'koji-version')
        if version:
            self.hub_version = version

    async def get(self, url: str, headers: Mapping[bytes, bytes], *,
                  timeout: float, show: Callable[[FileHead], Any],
                  sink: Sink) -> None:
        """Get a file; see `txkoji.hub.http.files.FileClient.get`."""
        if self._files is None:
            from txkoji.hub.http.files import FileClient
            self._files = FileClient(self.reactor, self.pool, self.network)
        await self._files.get(url, headers, timeout=timeout, on_head=show,
                              sink=sink)

    async def close(self) -> None:
        """
        End all requests, which fail with `ConnectionClosed`, and close all
        connections, until none is open.
        """
        self._closed = True
        for exchange in list(self._exchanges):
            exchange.abort(closed(exchange.method, exchange.address))
        if self._files is not None:
            await self._files.close()
        if self._pool is not None:
            await self._pool.close()


class _Slot:
    """
    One of the requests that may be under way.

    It is given back once: at the end, or when who reads the answer holds it
    up, which may be for long.
    """

    __slots__ = ('_slots', '_taken')

    def __init__(self, slots: FairSemaphore) -> None:
        self._slots = slots
        self._taken = False

    def take(self) -> bool:
        """Take one, if there is one."""
        self._taken = self._slots.try_acquire()
        return self._taken

    def wait(self) -> Deferred[None]:
        """Wait for one."""
        return self._slots.acquire().addCallback(self._take)

    def _take(self, _: None) -> None:
        self._taken = True

    def release(self) -> None:
        """Give it back."""
        if self._taken:
            self._taken = False
            self._slots.release()


def closed(method: str, address: str) -> ConnectionClosed:
    """The error of a call to a Connection that was closed."""
    url = without_secrets(address)
    return ConnectionClosed(f'{method}: the connection to {url} was closed',
                            method=method, url=url)
