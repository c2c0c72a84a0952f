"""
A request, and how it is written.
"""
from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Any, NamedTuple
from urllib.parse import urlsplit

from txkoji.hub.http.body import Sink
from txkoji.hub.http.connection import Head
from txkoji.hub.http.network import Route
from txkoji.hub.http.proxy import Proxy
from txkoji.hub.outcome import Outcome

#: Names and values of headers.
Headers = tuple[tuple[bytes, bytes], ...]


@dataclass(eq=False)
class Request:
    """
    A call, as it is to be sent.

    :ivar method: the hub method, for the texts of errors.
    :ivar body: the XML; or a piece of a file, with a `query` in the URL that
                says which.
    :ivar new_sink: makes what takes an answer.
    :ivar read: whether the call changes nothing on the hub, or at least does
                no harm if it is made twice.
    :ivar timeout: seconds for one attempt: connecting, headers and body.
    :ivar deadline: seconds for all of them, and the waiting between.
    :ivar secret: whether the answer holds what no error may show.
    :ivar streamed: whether the answer is not kept, and so may be of any size.
    :ivar urgent: whether it goes out at once, however many others do.
    :ivar alone: whether it wants a connection of its own.
    :ivar tls_1_2: whether that is to speak nothing newer than TLS 1.2.
    :ivar headers: what to send beside the usual ones.
    :ivar count: is told how many bytes of the answer have come, each time.
    :ivar begun: whether somebody has got a part of the answer, so that it
                 cannot be asked for again.
    :ivar take_head: takes the head of the answer, if it is a 200.
    :ivar outcome: what is known of its attempts.
    """

    method: str
    body: bytes = field(repr=False)
    new_sink: Callable[[], Sink]
    read: bool
    timeout: float
    deadline: float
    query: str = ''
    secret: bool = False
    streamed: bool = False
    urgent: bool = False
    alone: bool = False
    tls_1_2: bool = False
    headers: Headers = field(default=(), repr=False)
    count: Callable[[int], Any] = int
    begun: Callable[[], bool] = lambda: False
    take_head: Callable[[Head], Any] = bool
    outcome: Outcome = field(default_factory=Outcome)


class Target(NamedTuple):
    """
    A URL, taken apart.

    :ivar route: the host to connect to.
    :ivar host: the value of the ``Host`` header.
    :ivar path: the path, with the query.
    """

    route: Route
    host: str
    path: str


@lru_cache(maxsize=64)
def parse_target(address: str) -> Target:
    """Take a URL apart."""
    parts = urlsplit(address)
    secure = parts.scheme == 'https'
    path = parts.path or '/'
    if parts.query:
        path += f'?{parts.query}'
    return Target(
        Route(secure, parts.hostname or '',
              parts.port or (443 if secure else 80)),
        parts.netloc.rpartition('@')[2], path)


#: What every request has, and the beginning of what says its kind.
_USUAL = b'User-Agent: txkoji/1\r\nAccept-Encoding: gzip\r\nContent-Type: '


def encode_request(request: Request, target: Target, headers: Headers,
                   proxy: Proxy | None) -> bytes:
    """
    Write a request.

    :param target: where to.
    :param headers: what to send beside the usual ones, and the request's.
    :param proxy: the proxy that is asked for a URL with http, or None.
    """
    path, kind = target.path, b'text/xml'
    if request.query:
        path += ('&' if '?' in path else '?') + request.query
        kind = b'application/octet-stream'
    lines = [b'Host: ' + target.host.encode('ascii'), _USUAL + kind,
             b'Content-Length: %d' % len(request.body)]
    if proxy is not None:
        path = f'http://{target.host}{path}'
        if proxy.authorization:
            lines.append(b'Proxy-Authorization: ' + proxy.authorization)
    lines += [b'%b: %b' % header for header in headers]
    lines += [b'%b: %b' % header for header in request.headers]
    return b'POST %b HTTP/1.1\r\n%b\r\n\r\n%b' % (
        path.encode('ascii'), b'\r\n'.join(lines), request.body)
