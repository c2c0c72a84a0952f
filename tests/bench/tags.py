"""
Measure the comparison of two tags of 20,000 builds each.

Run it as ``python -m tests.bench.tags``. It compares tags that have most of
their builds in common, and then tags that have none. For each pair, it prints
a line: the numbers of the same and of the different builds, the milliseconds
that a turn of the reactor works at most, those that it takes at most, the MB
that the process has grown by, the MB of the answers, and the seconds.

A turn takes longer than it works if other processes need the processors.
"""
from __future__ import annotations

import gc
import resource
import subprocess
import sys
import time
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react
from twisted.web.server import Site

from tests.streams import StreamingHub
from txkoji import Connection, Profile
from txkoji.rows import Tag

BUILDS = 20000

#: The id of the first build of each tag but the first one, by the tag's id.
FIRST = {2: 1000, 3: BUILDS}


class SomeTags(StreamingHub):
    """Streams the builds of tags."""

    def first_of(self, body: bytes) -> int:
        """Find the id of the first build, by the tag."""
        return next((first for tag, first in FIRST.items()
                     if b'<int>%d</int>' % tag in body), 0)


class Turns:
    """
    Watches the turns of the reactor.

    :ivar worked: the seconds that a turn has worked at most.
    :ivar took: the seconds that a turn has taken at most.
    """

    def __init__(self, reactor: Any) -> None:
        self._reactor = reactor
        self.worked = self.took = 0.0
        self._last = self._now()
        self._timer = reactor.callLater(0, self._tick)

    def _now(self) -> tuple[float, float]:
        return time.thread_time(), time.perf_counter()

    def _tick(self) -> None:
        now = self._now()
        self.worked = max(self.worked, now[0] - self._last[0])
        self.took = max(self.took, now[1] - self._last[1])
        self._last = now
        self._timer = self._reactor.callLater(0, self._tick)

    def stop(self) -> None:
        """Watch no more; the turn of this call counts."""
        self._timer.cancel()
        self._tick()
        self._timer.cancel()


async def serve(reactor: Any) -> None:
    """Be the hub."""
    port = reactor.listenTCP(0, Site(SomeTags(reactor, BUILDS),
                                     reactor=reactor), interface='127.0.0.1')
    print(f'http://127.0.0.1:{port.getHost().port}/kojihub', flush=True)
    await Deferred()


async def measure(reactor: Any) -> None:
    """Compare the tags."""
    server = subprocess.Popen([sys.executable, '-m', __spec__.name, 'serve'],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    koji = Connection(Profile('bench', server=server.stdout.readline()
                              .strip()))
    # The first rows import, connect, and teach the layout of a row.
    async for row in koji.iterate('listTagged', 1):
        if row.id == 1000:
            break
    del row
    for other in FIRST:
        await compare(reactor, koji, other)
    await koji.close()
    server.terminate()
    server.wait()
    server.stdout.close()


async def compare(reactor: Any, koji: Connection, other: int) -> None:
    """Compare a tag with another one, and print a line."""
    received: list[int] = []
    tag = Tag.attached({'id': 1, 'name': 'here'}, koji.with_options(
        progress=lambda items, size, total: received.append(size)))
    gc.collect()
    before = memory()
    # A collection is Python's, and not ours to set.
    gc.disable()
    turns, start = Turns(reactor), time.perf_counter()
    diff = await tag.diff(other)
    different = len(diff.here) + len(diff.there)
    turns.stop()
    seconds = time.perf_counter() - start
    gc.enable()
    print(diff.same, different,
          f'{1000 * turns.worked:.1f} {1000 * turns.took:.1f}'
          f' {(memory() - before) / 2**20:.1f}'
          f' {sum(sorted(received)[-2:]) / 1e6:.1f} {seconds:.2f}')


def memory() -> int:
    """The peak of the memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == '__main__':
    main = serve if sys.argv[1:] == ['serve'] else measure
    react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
