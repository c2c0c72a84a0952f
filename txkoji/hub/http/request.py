"""A request, and its encoding as HTTP/1.1."""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from txkoji.hub.http.body import Sink
from txkoji.hub.http.network import Route
from txkoji.hub.http.parser import Head
from txkoji.hub.http.proxy import Proxy
from txkoji.hub.outcome import Outcome

#: The names and values of headers.
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(eq=False)
class Request:
    """
    A call, ready to be sent.

    :ivar method: the hub method, for error texts.
    :ivar body: the XML. With a `query`, a chunk of a file.
    :ivar new_sink: makes the sink of an answer.
    :ivar read: whether the call changes nothing on the hub, or does no harm
                if it is made twice.
    :ivar timeout: seconds for one attempt: connecting, headers and body.
    :ivar deadline: seconds for all attempts and the pauses between them.
    :ivar retry_timeouts: whether to send a read again after its attempt timed
                          out.
    :ivar query: the query to append to the URL, which describes the chunk.
    :ivar secret: whether the answer has a secret, which no error may show.
    :ivar streamed: whether the answer is not kept in memory. Its size is not
                    limited then.
    :ivar urgent: whether to send the request at once, even if the limit of
                  requests in flight is reached.
    :ivar own_connection: whether to use a new connection, and to close it
                          afterwards.
    :ivar tls_1_2: whether to limit TLS on this connection to version 1.2.
    :ivar headers: additional headers.
    :ivar count: is called with the number of bytes of each piece of the
                 answer.
    :ivar begun: tells whether the program has received a part of the answer.
                 The request cannot be sent again then.
    :ivar on_head: is called with the head of an answer with status 200.
    :ivar outcome: the known outcome of the attempts.
    """

    method: str
    body: bytes = field(repr=False)
    new_sink: Callable[[], Sink]
    read: bool
    timeout: float
    deadline: float
    retry_timeouts: bool = True
    query: str = ''
    secret: bool = False
    streamed: bool = False
    urgent: bool = False
    own_connection: bool = False
    tls_1_2: bool = False
    headers: Headers = field(default=(), repr=False)
    count: Callable[[int], Any] = int
    begun: Callable[[], bool] = lambda: False
    on_head: Callable[[Head], Any] = bool
    outcome: Outcome = field(default_factory=Outcome)


class Target(NamedTuple):
    """
    The parts of a URL that a request needs.

    :ivar route: the server to connect to.
    :ivar host: the value of the ``Host`` header.
    :ivar path: the path and the query.
    """

    route: Route
    host: str
    path: str


@lru_cache(maxsize=64)
def parse_target(address: str) -> Target:
    """Split a URL into its parts."""
    parts = urlsplit(address)
    secure = parts.scheme == 'https'
    path = parts.path or '/'
    if parts.query:
        path += f'?{parts.query}'
    return Target(
        Route(secure, parts.hostname or '',
              parts.port or (443 if secure else 80)),
        parts.netloc.rpartition('@')[2], path)


#: The headers of every request, up to the value of the Content-Type.
_COMMON_HEADERS = (b'User-Agent: txkoji/1\r\nAccept-Encoding: gzip\r\n'
                   b'Content-Type: ')


def encode_request(request: Request, target: Target, headers: Headers,
                   proxy: Proxy | None) -> bytes:
    """
    Encode a request.

    :param target: the URL to send the request to.
    :param headers: headers to send with those of the request.
    :param proxy: the proxy for a URL with http, or None.
    :returns: the head and the body.
    """
    path, content_type = target.path, b'text/xml'
    if request.query:
        path += ('&' if '?' in path else '?') + request.query
        content_type = b'application/octet-stream'
    lines = [b'Host: ' + target.host.encode('ascii'),
             _COMMON_HEADERS + content_type,
             b'Content-Length: %d' % len(request.body)]
    if proxy is not None:
        path = f'http://{target.host}{path}'
        if proxy.authorization:
            lines.append(b'Proxy-Authorization: ' + proxy.authorization)
    lines += [b'%b: %b' % header for header in headers]
    lines += [b'%b: %b' % header for header in request.headers]
    return b'POST %b HTTP/1.1\r\n%b\r\n\r\n%b' % (
        path.encode('ascii'), b'\r\n'.join(lines), request.body)
