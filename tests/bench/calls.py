"""
Measure calls per second over TLS 1.3, beside other clients.

Run it as ``python -m tests.bench.calls``.

Each client is a process of its own, and so is the server, which answers every
request with the recorded bytes of a task. All calls have 50 in flight, but
for those of clients that cannot. Rounds are interleaved; a row is the median
of them.
"""
from __future__ import annotations

import asyncio
import json
import os
import resource
import ssl
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import local
from typing import Any
from urllib.request import urlopen
from xmlrpc import client as library

import trustme

from tests.recordings import recordings
from txkoji.hub.deferreds import gather

#: Calls in flight, and calls of a round.
FLIGHT = 50
CALLS = 4000
ROUNDS = 5

TASK = 'getTaskInfo.build'
NUMBER = 6474


# The server

class Server(asyncio.Protocol):
    """
    A server that answers each request with the same bytes.

    It answers a request without a body with the number of connections since
    the last such request.
    """

    answer = b''
    connections = 0

    def connection_made(self, transport: Any) -> None:
        """Keep the transport."""
        Server.connections += 1
        self.transport = transport
        self.data = b''

    def data_received(self, data: bytes) -> None:
        """Receive bytes."""
        self.data += data
        while True:
            end = self.data.find(b'\r\n\r\n')
            if end < 0:
                return
            head = self.data[:end].lower()
            if head.startswith(b'get'):
                self.transport.write(respond(b'%d' % (Server.connections - 1)))
                self.transport.close()
                Server.connections = 0
                return
            start = head.find(b'content-length:') + 15
            length = int(head[start:].split(b'\r\n', 1)[0])
            if len(self.data) < end + 4 + length:
                return
            body = self.data[end + 4:end + 4 + length]
            self.data = self.data[end + 4 + length:]
            if body.count(b'getTaskInfo') > 1:
                # Many calls as one.
                self.transport.write(many(body.count(b'getTaskInfo')))
            else:
                self.transport.write(self.answer)


def respond(body: bytes) -> bytes:
    """Make an answer."""
    return (b'HTTP/1.1 200 OK\r\nContent-Type: text/xml\r\n'
            b'Content-Length: %d\r\n\r\n%s' % (len(body), body))


def many(count: int, known: dict[int, bytes] = {}) -> bytes:
    """So many answers in one."""
    if count not in known:
        body = recordings()[TASK].response
        begin, end = body.index(b'<value>'), body.rindex(b'</param>')
        known[count] = respond(
            body[:begin] + b'<value><array><data>\n' + count * (
                b'<value><array><data>\n' + body[begin:end].strip()
                + b'\n</data></array></value>\n')
            + b'</data></array></value>\n' + body[end:])
    return known[count]


async def serve(folder: str) -> None:
    """The process of the server."""
    authority = trustme.CA()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    authority.issue_cert('localhost').configure_cert(context)
    authority.cert_pem.write_to_path(folder + '/ca.pem')
    Server.answer = respond(recordings()[TASK].response)
    server = await asyncio.get_running_loop().create_server(
        Server, '127.0.0.1', 0, ssl=context)
    port = server.sockets[0].getsockname()[1]
    print(f'https://localhost:{port}/kojihub', flush=True)
    await server.serve_forever()


@contextmanager
def server(folder: str) -> Iterator[str]:
    """A server, by its URL; its certificate is in a folder."""
    process = subprocess.Popen(
        [sys.executable, '-m', 'tests.bench.calls', 'serve', folder],
        stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    yield process.stdout.readline().strip()
    process.terminate()
    process.communicate()


# The clients: each gives a function that makes so many calls.

Calls = Callable[[int], Any]


def twisted_run(make: Callable[[Any], Any], count: int) -> None:
    """Measure a client of Twisted's: `make` gives what makes one call."""
    from twisted.internet.defer import Deferred
    from twisted.internet.task import react

    async def run(reactor: Any) -> None:
        call = make(reactor)

        async def calls(number: int) -> None:
            work = iter(range(number))

            async def some() -> None:
                for _ in work:
                    await call()

            await gather([Deferred.fromCoroutine(some())
                            for _ in range(FLIGHT)])

        await calls(FLIGHT * 4)
        with Measured(count):
            await calls(count)

    react(lambda reactor: Deferred.fromCoroutine(run(reactor)))


class Measured:
    """Print what a block took, for the parent process."""

    def __init__(self, count: int) -> None:
        self._count = count

    def __enter__(self) -> None:
        self._start, self._cpu = time.perf_counter(), time.process_time()

    def __exit__(self, *error: Any) -> None:
        cpu = time.process_time() - self._cpu
        wall = time.perf_counter() - self._start
        memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        print(json.dumps({'rate': self._count / wall,
                          'cpu': 1e6 * cpu / self._count,
                          'memory': memory}))


def txkoji(url: str, ca: str, count: int) -> None:
    """txkoji"""
    from txkoji import Connection, Profile

    def make(reactor: Any) -> Any:
        koji = Connection(Profile('bench', server=url, serverca=ca),
                          max_connections=FLIGHT)
        return lambda: koji.getTaskInfo(NUMBER)

    twisted_run(make, count)


def txkoji_batched(url: str, ca: str, count: int) -> None:
    """txkoji, batched()"""
    from txkoji import Connection, Profile

    def make(reactor: Any) -> Any:
        koji = Connection(Profile('bench', server=url,
                                  serverca=ca)).batched()
        return lambda: koji.getTaskInfo(NUMBER)

    twisted_run(make, count)


def bare_protocol(url: str, ca: str, count: int) -> None:
    """limit: bare Twisted protocol, our decoding"""
    from twisted.internet.defer import Deferred
    from twisted.internet.endpoints import HostnameEndpoint, wrapClientTLS
    from twisted.internet.protocol import Factory, Protocol
    from twisted.internet.ssl import Certificate, optionsForClientTLS

    from txkoji import Connection, Profile
    from txkoji.hub.codec.decoder import Decoder
    from txkoji.hub.codec.xmlrpc import encode_call
    from txkoji.results import row_maker
    koji = Connection(Profile('bench', server=url))
    free: list[Any] = []

    class Client(Protocol):
        def call(self) -> Any:
            body = encode_call('getTaskInfo', (NUMBER,), {'request': True})
            self.transport.write(  # type: ignore[union-attr]
                b'POST /kojihub HTTP/1.1\r\nHost: localhost\r\nContent-Type:'
                b' text/xml\r\nContent-Length: %d\r\n\r\n%s' % (
                    len(body), body))
            self.data = b''
            self.done: Any = Deferred()
            return self.done

        def dataReceived(self, data: bytes) -> None:
            self.data += data
            end = self.data.find(b'\r\n\r\n')
            if end < 0 or not self.data.endswith(b'</methodResponse>\n'):
                return
            decoder = Decoder(row_maker('getTaskInfo', koji))
            decoder.feed(self.data[end + 4:])
            free.append(self)
            self.done.callback(decoder.close())

    def make(reactor: Any) -> Any:
        with open(ca) as file:
            authority = Certificate.loadPEM(file.read())
        endpoint = wrapClientTLS(
            optionsForClientTLS('localhost', authority),
            HostnameEndpoint(reactor, 'localhost',
                             int(url.split(':')[2].split('/')[0])))

        def call() -> Any:
            if free:
                return free.pop().call()
            return endpoint.connect(Factory.forProtocol(Client)).addCallback(
                lambda client: client.call())

        return call

    twisted_run(make, count)


def proxy(url: str, ca: str, count: int) -> None:
    """twisted.web.xmlrpc.Proxy"""
    from twisted.web.xmlrpc import Proxy

    def make(reactor: Any) -> Any:
        remote = Proxy(url.encode(), allowNone=True)
        return lambda: remote.callRemote('getTaskInfo', NUMBER)

    twisted_run(make, count)


def treq_pool(url: str, ca: str, count: int) -> None:
    """treq on a pool, xmlrpc.client"""
    import treq
    from twisted.internet.ssl import Certificate, optionsForClientTLS
    from twisted.web.client import Agent, HTTPConnectionPool
    from twisted.web.iweb import IPolicyForHTTPS
    from zope.interface import implementer
    with open(ca) as file:
        authority = Certificate.loadPEM(file.read())

    @implementer(IPolicyForHTTPS)
    class Policy:
        def creatorForNetloc(self, hostname: bytes, port: int) -> Any:
            return optionsForClientTLS(hostname.decode(), authority)

    def make(reactor: Any) -> Any:
        pool = HTTPConnectionPool(reactor)
        pool.maxPersistentPerHost = FLIGHT
        http = treq.client.HTTPClient(Agent(reactor, Policy(), pool=pool))

        async def ask() -> Any:
            response = await http.post(
                url, library.dumps((NUMBER,), 'getTaskInfo').encode(),
                headers={'Content-Type': 'text/xml'})
            return library.loads(await response.content())[0][0]

        from twisted.internet.defer import Deferred
        return lambda: Deferred.fromCoroutine(ask())

    twisted_run(make, count)


def aiohttp_session(url: str, ca: str, count: int) -> None:
    """aiohttp, xmlrpc.client"""
    import aiohttp

    async def run() -> None:
        context = ssl.create_default_context(cafile=ca)
        async with aiohttp.ClientSession(connector=aiohttp.TCPConnector(
                ssl=context, limit=FLIGHT)) as session:
            async def ask() -> Any:
                async with session.post(
                        url, data=library.dumps((NUMBER,), 'getTaskInfo'),
                        headers={'Content-Type': 'text/xml'}) as response:
                    return library.loads(await response.read())[0][0]

            async def calls(number: int) -> None:
                work = iter(range(number))

                async def some() -> None:
                    for _ in work:
                        await ask()

                await asyncio.gather(*(some() for _ in range(FLIGHT)))

            await calls(FLIGHT * 4)
            with Measured(count):
                await calls(count)

    asyncio.run(run())


def client_session(url: str, ca: str, count: int) -> None:
    """koji.ClientSession, alone"""
    import koji
    session = koji.ClientSession(url, {'serverca': ca})
    for _ in range(10):
        session.getTaskInfo(NUMBER)
    with Measured(count):
        for _ in range(count):
            session.getTaskInfo(NUMBER)


def client_threads(url: str, ca: str, count: int) -> None:
    """koji.ClientSession, 20 threads"""
    import koji
    own = local()

    def ask(number: int) -> Any:
        if not hasattr(own, 'session'):
            own.session = koji.ClientSession(url, {'serverca': ca})
        return own.session.getTaskInfo(NUMBER)

    with ThreadPoolExecutor(20) as pool:
        list(pool.map(ask, range(200)))
        with Measured(count):
            list(pool.map(ask, range(count)))


def client_multicall(url: str, ca: str, count: int) -> None:
    """koji.ClientSession, multicall of 100"""
    import koji
    session = koji.ClientSession(url, {'serverca': ca})
    session.getTaskInfo(NUMBER)
    with Measured(count):
        with session.multicall(batch=100) as calls:
            for _ in range(count):
                calls.getTaskInfo(NUMBER)


def server_proxy(url: str, ca: str, count: int) -> None:
    """xmlrpc.client.ServerProxy"""
    server = library.ServerProxy(
        url, allow_none=True, context=ssl.create_default_context(cafile=ca))
    server.getTaskInfo(NUMBER)
    with Measured(count):
        for _ in range(count):
            server.getTaskInfo(NUMBER)


#: Each, and in which part of the calls it is quick enough to measure it.
CLIENTS: dict[Callable[..., None], float] = {
    txkoji: 1, txkoji_batched: 4, client_threads: .25, client_session: .25,
    client_multicall: 1, proxy: .1, server_proxy: .25, treq_pool: .25,
    aiohttp_session: 1, bare_protocol: 1}


def measure(names: list[str]) -> None:
    """Run all of them, in turns, and print a table."""
    with tempfile.TemporaryDirectory() as folder, server(folder) as url:
        rows: dict[Any, list[dict[str, float]]] = {
            run: [] for run in CLIENTS if not names or run.__name__ in names}
        for _ in range(ROUNDS):
            for run in rows:
                done = subprocess.run(
                    [sys.executable, '-W', 'ignore', '-m', __spec__.name,
                     run.__name__, url, folder + '/ca.pem',
                     str(int(CALLS * CLIENTS[run]))],
                    stdout=subprocess.PIPE, text=True, check=True, timeout=60,
                    # For those that trust the system's certificates only.
                    env={**os.environ, 'SSL_CERT_FILE': folder + '/ca.pem'})
                context = ssl.create_default_context(cafile=folder + '/ca.pem')
                with urlopen(url, context=context) as count:
                    rows[run].append({
                        **json.loads(done.stdout.split('\n')[-2]),
                        'connections': int(count.read())})
    found = {run.__name__: {
        key: statistics.median(row[key] for row in rows[run])
        for key in ('rate', 'cpu', 'memory', 'connections')} for run in rows}
    print(f'{"getTaskInfo over TLS 1.3":44} {"calls/s":>8} {"CPU us":>8}'
          f' {"MB":>5} {"connections":>11}')
    for run in rows:
        row = found[run.__name__]
        print(f'{run.__doc__:44} {row["rate"]:8.0f} {row["cpu"]:8.0f}'
              f' {row["memory"]:5.0f} {row["connections"]:11.0f}')
    if names:
        return
    ours = found['txkoji']
    for text, ratio, target in [
            ('calls/s, of koji.ClientSession in 20 threads',
             ours['rate'] / found['client_threads']['rate'], 'at least 7'),
            ('calls/s, of aiohttp with xmlrpc.client',
             ours['rate'] / found['aiohttp_session']['rate'],
             'at least 1.4'),
            ('calls/s, of twisted.web.xmlrpc.Proxy',
             ours['rate'] / found['proxy']['rate'], 'at least 11'),
            ('CPU per call of twisted.web.xmlrpc.Proxy, times ours',
             found['proxy']['cpu'] / ours['cpu'], 'at least 10'),
            ('CPU per call, times that of a bare protocol',
             ours['cpu'] / found['bare_protocol']['cpu'], 'at most 2.2')]:
        print(f'{text:60} {ratio:6.2f}   target: {target}')


if __name__ == '__main__':
    if sys.argv[1:2] == ['serve']:
        asyncio.run(serve(sys.argv[2]))
    elif len(sys.argv) == 5:
        globals()[sys.argv[1]](*sys.argv[2:4], int(sys.argv[4]))
    else:
        measure(sys.argv[1:])
