"""Requests to one hub, over pooled and verified connections."""
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
from txkoji.hub.loops import check_loop
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import outage
from txkoji.hub.stats import Stats

if TYPE_CHECKING:
    from txkoji.hub.http.files import FileClient, FileHead
    from txkoji.hub.http.tls import ClientCertificate


class Transport:
    """
    The requests to one hub, and the downloads of its files.

    :param settings: the profile, with the hub and the certificates to trust.
    :param reactor: for connections and time limits. None means Twisted's
                    global reactor, which is imported when it is needed.
    :param network: opens connections. None means the reactor's sockets.
    :param proxy: see `txkoji.hub.http.proxy.Proxies`. A given network uses
                  no proxy, unless ``proxy`` names one.
    :param max_connections: the number of requests that may be in flight at
                            once. Further requests are queued.
    :param max_body: the most bytes of an answer, after decompression.

    :ivar hub_version: the hub's version, from the headers of answers, or
                       None.
    :ivar stats: the statistics of the Connection.
    :ivar backoff: the pauses while the hub is away.
    """

    _log = Logger()

    def __init__(self, settings: Profile, *, reactor: Any = None,
                 network: Network | None = None,
                 proxy: str | None = None, max_connections: int,
                 max_body: int) -> None:
        self.hub_version: str | None = None
        self.stats: Stats = Stats()
        self.backoff: Backoff = Backoff(
            settings.retry_interval, lambda: self.reactor)
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
        #: The URLs of redirects by the old URLs, all without a query.
        self._redirects: dict[str, str] = {}
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
        """The network, which opens connections."""
        if self._network is None:
            self._network = Sockets(self.reactor)
        return self._network

    @property
    def pool(self) -> Pool:
        """The pool of connections."""
        if self._pool is None:
            check_loop(self.reactor)
            self._pool = Pool(self.reactor, self._settings, self.network,
                              self._proxies, self._max_connections)
        return self._pool

    @property
    def connections(self) -> int:
        """The number of open connections."""
        return 0 if self._pool is None else self._pool.connections

    def show_certificate(self, certificate: ClientCertificate) -> None:
        """Show a client certificate to a hub that asks for one."""
        self.pool.show_certificate(certificate)

    def post(self, request: Request, address: str, headers: Headers = (), *,
             resend: bool, fail_if_away: bool = False) -> Deferred[Any]:
        """
        Post a request, and feed the request's sink with the answer.

        :param address: the URL.
        :param headers: additional headers.
        :param resend: whether to send the request once more over a new
                       connection, if a pooled connection turns out to be
                       closed.
        :param fail_if_away: whether to fail with `HubAway`, and not to send
                             the request, if the hub goes away while the
                             request is queued.
        :returns: a Deferred that fires with the result of the sink.
                  Canceling the Deferred closes the connection.
        :raises TransportError: if there is no valid answer.
        :raises ConnectionClosed: if `close()` was called.
        """
        if self._pool is None:
            try:
                check_loop(self.reactor)
            except RuntimeError:
                return fail()
        slot = _RequestSlot(self._slots)
        if request.urgent or slot.try_acquire():
            return self._send(request, address, headers, resend, slot)
        return slot.acquire().addCallback(lambda _: self._send_queued(
            request, address, headers, resend, slot, fail_if_away))

    def _send_queued(self, request: Request, address: str, headers: Headers,
                     resend: bool, slot: _RequestSlot, fail_if_away: bool
                     ) -> Deferred[Any]:
        if fail_if_away and self.backoff.is_away:
            slot.release()
            return fail(HubAway())
        return self._send(request, address, headers, resend, slot)

    def _send(self, request: Request, address: str, headers: Headers,
              resend: bool, slot: _RequestSlot) -> Deferred[Any]:
        if self._closed:
            slot.release()
            return fail(connection_closed(request.method, address))
        self.stats.in_flight += 1
        base, mark, query = address.partition('?')
        url = self._redirects.get(base, base) + mark + query
        exchange = Exchange(
            request, url, headers, pool=self.pool, reactor=self.reactor,
            resend=resend,
            max_body=inf if request.streamed else self._max_body,
            stats=self.stats, on_head=self._read_version,
            on_pause=slot.release)
        self._exchanges.add(exchange)
        return exchange.start().addBoth(
            self._finish, exchange, request, address, headers, resend, slot)

    def _finish(self, result: Any, exchange: Exchange, request: Request,
                address: str, headers: Headers, resend: bool,
                slot: _RequestSlot) -> Any:
        self.stats.in_flight -= 1
        self._exchanges.discard(exchange)
        error = result.value if isinstance(result, Failure) else None
        if isinstance(error, HTTPError) and self._follow(address, error):
            request.outcome.sent = False
            return self._send(request, address, headers, resend, slot)
        slot.release()
        if error is None:
            request.outcome.record_answer()
            self.backoff.record_answer()
        elif isinstance(error, KojiException):
            request.outcome.record_error(error)
            if isinstance(error, HTTPError):
                is_answer = not outage(error)
            else:
                is_answer = not isinstance(error, (TransportError,
                                                   ServerOffline))
            if is_answer:
                self.backoff.record_answer()
        return result

    def _follow(self, address: str, error: HTTPError) -> bool:
        """
        Record a redirect within the hub's host, from http to https at most.

        :param address: the URL that the request was sent to.
        :returns: whether to follow the redirect. Each URL is redirected once.
        """
        old = address.partition('?')[0]
        if (error.status not in (307, 308) or not error.location
                or old in self._redirects):
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
        self._redirects[old] = new
        return True

    def _read_version(self, head: Head) -> None:
        """Read the hub's version in the head of an answer."""
        version = head.get(b'koji-version')
        if version:
            self.hub_version = version

    async def get(self, url: str, headers: Mapping[bytes, bytes], *,
                  timeout: float, on_head: Callable[[FileHead], Any],
                  sink: Sink, method: str) -> None:
        """Get a file; see `txkoji.hub.http.files.FileClient.get`."""
        if self._files is None:
            from txkoji.hub.http.files import FileClient
            self._files = FileClient(self.reactor, self.pool, self.network)
        await self._files.get(url, headers, timeout=timeout, on_head=on_head,
                              sink=sink, method=method)

    async def close(self) -> None:
        """
        End all requests, and close all connections.

        The requests fail with `ConnectionClosed`. The coroutine ends when no
        connection is open.
        """
        self._closed = True
        for exchange in list(self._exchanges):
            exchange.abort(connection_closed(exchange.method,
                                             exchange.address))
        if self._files is not None:
            await self._files.close()
        if self._pool is not None:
            await self._pool.close()


class _RequestSlot:
    """
    The slot of one request in a `FairSemaphore`, which is released once.

    The slot is released at the end of the request; or earlier, when the
    reader of the answer pauses, which may be for long.
    """

    __slots__ = ('_semaphore', '_acquired')

    def __init__(self, semaphore: FairSemaphore) -> None:
        self._semaphore = semaphore
        self._acquired = False

    def try_acquire(self) -> bool:
        """Acquire the slot, if one is free; return whether one was."""
        self._acquired = self._semaphore.try_acquire()
        return self._acquired

    def acquire(self) -> Deferred[None]:
        """Acquire the slot. Wait if no slot is free."""
        return self._semaphore.acquire().addCallback(self._set_acquired)

    def _set_acquired(self, _: None) -> None:
        self._acquired = True

    def release(self) -> None:
        """Release the slot, if it is acquired."""
        if self._acquired:
            self._acquired = False
            self._semaphore.release()


def connection_closed(method: str, address: str) -> ConnectionClosed:
    """
    Make the error of a call to a Connection that was closed.

    :param method: the hub method.
    :param address: the hub's URL.
    """
    url = without_secrets(address)
    return ConnectionClosed(
        f'{method}: the connection to {url} was closed; make a new one',
        method=method, url=url)
