"""
A request and its answer, over kept and verified connections, within
a time limit.
"""
from __future__ import annotations

from math import inf
from typing import TYPE_CHECKING, Any, Mapping, Optional

from twisted.internet.defer import Deferred, succeed
from twisted.web.iweb import IAgent, IResponse

from txkoji.exceptions import ConnectionClosed, KojiException
from txkoji.hub.attempt import Alike, Attempt, Request
from txkoji.hub.pool import Pool
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.stats import Stats
from txkoji.hub.turns import Turns

if TYPE_CHECKING:
    from txkoji.hub.tls import ClientCertificate


class Transport:
    """
    Post requests to one hub, and get its files.

    :param settings: whose hub, and whom to trust there.
    :param reactor: for connections and time limits; None for Twisted's own,
                    which is imported when it is first needed.
    :param agent: posts the requests. None for one of our own, with a pool of
                  kept connections; who passes one in closes it, too.
    :param max_connections: how many requests may be under way at once; the
                            others wait their turn.
    :param max_body: bytes of an answer, inflated.

    :ivar hub_version: what the hub calls itself in its answers, or None.
    :ivar stats: numbers of its requests, and of who makes them.
    """

    def __init__(self, settings: Profile, *, reactor: Any = None,
                 agent: Optional[IAgent] = None, max_connections: int,
                 max_body: int) -> None:
        self.hub_version: Optional[str] = None
        self.stats = Stats()
        self._settings = settings
        self._reactor = reactor
        self._max_connections = max_connections
        self._max_body = max_body
        self._places = Turns(max_connections)
        self._pool: Optional[Pool] = None
        self._agent = agent
        self._alike = Alike()
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
    def makes_connections(self) -> bool:
        """Whether they are our own, and not those of an agent passed in."""
        return self._agent is None or self._pool is not None

    @property
    def agent(self) -> IAgent:
        """What posts the requests."""
        if self._agent is None:
            self._pool = Pool(self.reactor, self._settings,
                              self._max_connections)
            self._agent = self._pool.agent
        return self._agent

    @property
    def connections(self) -> int:
        """How many are open, of our own."""
        return 0 if self._pool is None else self._pool.connections

    def show_certificate(self, shown: ClientCertificate) -> None:
        """Show a certificate of ours to servers that ask for one."""
        self.agent
        if self._pool is not None:
            self._pool.show_certificate(shown)

    def one_time_agent(self, *, tls_1_2: bool = False) -> IAgent:
        """
        An agent whose connections were not used before, and are not again.

        :param tls_1_2: whether to speak nothing newer than TLS 1.2.
        """
        agent = self.agent
        return agent if self._pool is None else self._pool.one_time_agent(
            tls_1_2)

    async def post(self, request: Request, address: str,
                   headers: Optional[Mapping[bytes, bytes]] = None, *,
                   again: bool,
                   agent: Optional[IAgent] = None) -> Any:
        """
        Post a request (or get a file), and feed its sink with the answer
        while it arrives.

        :param address: the URL.
        :param headers: what to send beside the usual ones.
        :param again: whether it may be sent once more where a kept connection
                      turns out to be dead.
        :param agent: what to post it with; None for the usual one.
        :returns: what the sink makes of the answer. Cancelling closes the
                  connection.
        :raises TransportError: if there is no good answer.
        :raises ConnectionClosed: if `close()` was called.
        """
        if self._closed:
            raise closed(request.method, address)
        await self._places.acquire()
        self.stats.in_flight += 1
        try:
            answer = await Attempt(
                request, address, headers, agent=agent or self.agent,
                pool=None if agent else self._pool, reactor=self.reactor,
                max_body=inf if request.streamed else self._max_body,
                stats=self.stats, alike=self._alike, seen=self._see
            ).in_time(again)
            request.outcome.answered()
            return answer
        except KojiException as error:
            request.outcome.failed(error)
            raise
        finally:
            self.stats.in_flight -= 1
            self._places.release()

    def _see(self, response: IResponse) -> None:
        """Take what every answer tells of the hub."""
        version = response.headers.getRawHeaders(b'koji-version')
        if version:
            self.hub_version = version[0].decode('latin-1')

    def close(self) -> Deferred[None]:
        """
        Let go of all connections. (Who asks for this ends the requests.)

        :returns: a Deferred that fires when no connection of ours is open.
        """
        self._closed = True
        if self._pool is None:
            return succeed(None)
        return self._pool.close()


def closed(method: str, address: str) -> ConnectionClosed:
    """The error of a call to a Connection that was closed."""
    url = without_secrets(address)
    return ConnectionClosed(f'{method}: the connection to {url} was closed',
                            method=method, url=url)
