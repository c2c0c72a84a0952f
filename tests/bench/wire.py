"""
Decoding and encoding, beside Python's library: ``python -m tests.bench.wire``.

Every row is the median of interleaved rounds in this process; what is held of
the reactor is measured with the answer coming over a socket from another one.
"""
from __future__ import annotations

import gc
import statistics
import subprocess
import sys
import time
import tracemalloc
from collections.abc import Callable
from functools import partial
from pyexpat import ParserCreate
from typing import Any
from xmlrpc import client

from munch import munchify
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.recordings import recordings
from txkoji import Connection, Profile
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.expat import ExpatDecoder
from txkoji.hub.codec.xmlrpc import encode_call, encode_entry, encode_multicall
from txkoji.results import row_maker

CHUNK = 65536


def medians(rounds: int, **runs: Callable[[], Any]) -> dict[str, float]:
    """CPU milliseconds of each, interleaved, without garbage collection."""
    taken: dict[str, list[float]] = {name: [] for name in runs}
    for _ in range(rounds):
        for name, run in runs.items():
            gc.collect()
            gc.disable()
            start = time.process_time()
            run()
            taken[name].append(time.process_time() - start)
            gc.enable()
    return {name: 1000 * statistics.median(times)
            for name, times in taken.items()}


def decode(decoder: Any, data: bytes, size: int = CHUNK) -> Any:
    """An answer in the chunks that a socket gives."""
    for start in range(0, len(data), size):
        decoder.feed(data[start:start + size])
    return decoder.close()


def stream(decoder: Any, data: bytes, size: int = CHUNK) -> Any:
    """The same, with the items taken as they come."""
    for start in range(0, len(data), size):
        decoder.feed(data[start:start + size])
        decoder.take()
    return decoder.close()


def line(what: str, value: str, target: str = '') -> None:
    """Print a line of the table."""
    print(f'{what:62} {value:>9}   {target}'.rstrip(), flush=True)


def decoding() -> None:
    """An answer of 7 MB and a small one, to rich objects."""
    koji = Connection(Profile('bench', server='http://localhost/'))
    for name, rounds, times, target in [('listTagged.big', 9, 1, 11),
                                        ('getTaskInfo.build', 9, 300, 5)]:
        data = recordings()[name].response
        method = name.partition('.')[0]

        def bare() -> None:
            ParserCreate().Parse(data, True)

        def repeated(run: Callable[[], Any]) -> Callable[[], None]:
            def many() -> None:
                for _ in range(times):
                    run()
            return many

        took = medians(
            rounds,
            library=repeated(lambda: munchify(
                client.loads(data, use_builtin_types=True)[0][0])),
            bare=repeated(bare),
            expat=repeated(lambda: decode(
                ExpatDecoder(row=row_maker(method, koji)), data)),
            ours=repeated(lambda: decode(
                Decoder(row_maker(method, koji)), data)))
        line(f'decode {name}, {len(data)} bytes',
             f'{took["ours"] / times:.2f} ms')
        line('  munchify(xmlrpc.client.loads()): times ours',
             f'{took["library"] / took["ours"]:.2f}',
             f'target: at least {target}')
        line('  ours: times pyexpat without handlers',
             f'{took["ours"] / took["bare"]:.2f}',
             'target: at most 1' if times == 1 else '')
        line('  by our expat alone: times ours',
             f'{took["expat"] / took["ours"]:.2f}')


def by_rows() -> None:
    """Where rows are learned, and where not, beside tokens alone."""
    koji = Connection(Profile('bench', server='http://localhost/'))
    for name, read, size, target in [
            ('listTagged.big', decode, CHUNK, 0.7),
            ('listTagged.big', stream, CHUNK, 0.7),
            # A record of TLS; what comes over a slow line; a segment of TCP.
            ('listTagged.big', decode, 16384, 0.8),
            ('listTagged.big', decode, 4096, 1.05),
            ('listTagged.big', decode, 1400, 1.05),
            ('listTasks.500', decode, CHUNK, 1.05),
            ('listBuilds.package-all', decode, CHUNK, 1.05),
            ('multicall.100-getTaskInfo', decode, CHUNK, 1.05),
            ('listTagged.latest', decode, CHUNK, 1.05),
            ('listTags', decode, CHUNK, 1.05)]:
        data = recordings()[name].response
        make = partial(row_maker, name.partition('.')[0], koji)
        times = range(max(1, 500000 // len(data)))
        took = medians(
            11,
            tokens=lambda: [read(Decoder(make(), learn_after=sys.maxsize),
                                 data, size) for _ in times],
            rows=lambda: [read(Decoder(make()), data, size) for _ in times])
        line(f'{read.__name__} {name}, {size} B a piece: times tokens',
             f'{took["rows"] / took["tokens"]:.2f}',
             f'target: at most {target}')


def encoding() -> None:
    """One call, and thousands in one."""
    kwargs = {'request': True}
    one = (6474, {**kwargs, '__starstar': True})
    many = ([{'methodName': 'getTaskInfo',
              'params': [number, {**kwargs, '__starstar': True}]}
             for number in range(2000)],)

    def gather() -> bytes:
        return encode_multicall(encode_entry('getTaskInfo', (number,), kwargs)
                                for number in range(2000))

    assert encode_call('getTaskInfo', one) == client.dumps(
        one, 'getTaskInfo', allow_none=True).encode()
    assert gather() == client.dumps(
        many, 'system.multicall', allow_none=True).encode()
    for text, times, library, ours in [
            ('one call', 2000,
             lambda: client.dumps(one, 'getTaskInfo', allow_none=True),
             lambda: encode_call('getTaskInfo', (6474,), kwargs)),
            ('2000 calls in one', 5,
             lambda: client.dumps(many, 'system.multicall', allow_none=True),
             gather)]:
        took = medians(15, library=lambda: [library() for _ in range(times)],
                       ours=lambda: [ours() for _ in range(times)])
        line(f'encode {text}: xmlrpc.client.dumps(), times ours',
             f'{took["library"] / took["ours"]:.2f}', 'target: at least 1')


def memory() -> None:
    """What decoding needs beside its result."""
    koji = Connection(Profile('bench', server='http://localhost/'))
    data = recordings()['listTagged.big'].response
    tracemalloc.start()
    decoder = Decoder(row_maker('listTagged', koji))
    for start in range(0, len(data), CHUNK):
        decoder.feed(data[start:start + CHUNK])
    result = decoder.close()
    del decoder
    size, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    line(f'memory of {len(result)} builds', f'{size / 2**20:.1f} MB')
    line('  the most while decoding, beyond that',
         f'{(peak - size) / 2**20:.1f} MB', 'target: at most 3')


async def holding(reactor: Any) -> None:
    """The longest time that nothing else could run."""
    server = subprocess.Popen([sys.executable, '-m', __spec__.name, 'serve'],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    koji = Connection(Profile('bench', server=server.stdout.readline()
                              .strip()))
    longest = {'held': 0.0, 'gc': 0.0}
    last = [time.perf_counter()]
    began = [0.0]
    going = [True]

    def tick() -> None:
        now = time.perf_counter()
        longest['held'] = max(longest['held'], now - last[0])
        last[0] = now
        if going[0]:
            reactor.callLater(0, tick)

    def collecting(phase: str, info: Any) -> None:
        if phase == 'start':
            began[0] = time.perf_counter()
        else:
            longest['gc'] = max(longest['gc'],
                                time.perf_counter() - began[0])

    await koji.getAPIVersion()
    tick()
    gc.collect()
    gc.disable()
    last[0] = time.perf_counter()
    longest['held'] = 0
    builds = await koji.listTagged('f43-updates')
    held = longest['held']
    gc.enable()
    gc.callbacks.append(collecting)
    await koji.listTagged('f43-updates')
    gc.callbacks.remove(collecting)
    going[0] = False
    start = time.perf_counter()
    munchify(client.loads(recordings()['listTagged.big'].response)[0][0])
    library = time.perf_counter() - start
    line(f'{len(builds)} builds over a socket: the reactor is held for',
         f'{1000 * held:.1f} ms', 'target: at most 5')
    line('  by one garbage collection meanwhile (not ours to set)',
         f'{1000 * longest["gc"]:.1f} ms')
    line('  by munchify(xmlrpc.client.loads()) at the end',
         f'{1000 * library:.1f} ms')
    line('  that, times what ours holds it for', f'{library / held:.0f}',
         'target: at least 100')
    await koji.close()
    server.terminate()
    server.communicate()


class Canned(Resource):
    """The 7 MB, or a number for every other method."""

    isLeaf = True

    def render_POST(self, request: Any) -> bytes:
        """Answer a call."""
        name = 'listTagged.big'
        if b'listTagged' not in request.content.read():
            name = 'getAPIVersion'
        return recordings()[name].response


def serve() -> None:
    """The other process."""
    from twisted.internet import reactor
    port = reactor.listenTCP(0, Site(Canned()), interface='127.0.0.1')
    recordings()
    print(f'http://127.0.0.1:{port.getHost().port}/', flush=True)
    reactor.run()


if __name__ == '__main__':
    if sys.argv[1:] == ['serve']:
        serve()
    else:
        decoding()
        by_rows()
        encoding()
        memory()
        react(lambda reactor: Deferred.fromCoroutine(holding(reactor)))
