"""
The agent under treq, for the downloads of files.

treq asks for gzip and decompresses it, which would break checksums and ranges.
So this agent asks for the bytes as they are, and hides their coding from treq.
"""
from __future__ import annotations

from typing import Any

from twisted.web.client import URI, Agent, HTTPConnectionPool, ProxyAgent
from twisted.web.http_headers import Headers
from twisted.web.iweb import IAgent, IAgentEndpointFactory, IResponse
from zope.interface import implementer

from txkoji.hub.http.network import Network, Route
from txkoji.hub.http.pool import Pool

#: The header that the agent moves the Content-Encoding to.
_CODING = b'x-txkoji-content-encoding'


@implementer(IAgent)
class FileAgent:
    """
    An agent that asks for the bytes of a file as they are.

    :param pool: has the proxies, and makes the endpoints.
    :param network: opens the connections to proxies.
    :param connections: Twisted's pool, which keeps the connections.
    """

    def __init__(self, reactor: Any, pool: Pool, network: Network,
                 connections: HTTPConnectionPool) -> None:
        self._reactor = reactor
        self._pool = pool
        self._network = network
        self._connections = connections
        self._direct = Agent.usingEndpointFactory(
            reactor, _EndpointFactory(pool), connections)

    def request(self, method: bytes, uri: bytes,
                headers: Headers | None = None,
                bodyProducer: Any = None) -> Any:
        """Send a request, through a proxy if the route has one."""
        headers = Headers(dict((headers or Headers()).getAllRawHeaders()))
        headers.setRawHeaders(b'Accept-Encoding', [b'identity'])
        headers.setRawHeaders(b'User-Agent', [b'txkoji/1'])
        route = route_of(URI.fromBytes(uri))
        proxy = None if route.secure else self._pool.find_proxy(route)
        agent: Any = self._direct
        if proxy is not None:
            agent = ProxyAgent(
                self._network.endpoint(proxy.host, proxy.port),
                self._reactor, self._connections)
            if proxy.authorization:
                headers.setRawHeaders(b'Proxy-Authorization',
                                      [proxy.authorization])
        with self._network.writing():
            response = agent.request(method, uri, headers, bodyProducer)
        return response.addCallback(_hide_coding)


@implementer(IAgentEndpointFactory)
class _EndpointFactory:
    """A factory that takes the endpoints from our pool."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    def endpointForURI(self, uri: URI) -> Any:
        """Get an endpoint for the server of a URI."""
        return self._pool.endpoint(route_of(uri))


def route_of(uri: URI) -> Route:
    """Get the route to the server of a URI."""
    return Route(uri.scheme == b'https',
                 uri.host.decode('ascii').strip('[]'), uri.port)


def _hide_coding(response: IResponse) -> IResponse:
    values = response.headers.getRawHeaders(b'content-encoding')
    if values:
        response.headers.setRawHeaders(_CODING, values)
        response.headers.removeHeader(b'content-encoding')
    return response


def coding_of(response: IResponse) -> str:
    """Get the Content-Encoding of a response; empty if there is none."""
    values = response.headers.getRawHeaders(_CODING) or []
    return b','.join(values).decode('latin-1').strip().lower()
