"""
Measure the comparison of two tags of 20,000 builds each.

Run it as ``python -m tests.bench.tags``. It prints the numbers of the same and
of the different builds, the milliseconds that the reactor is held, the MB that
the process has grown by, the MB of the answers, and the seconds.
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

#: Number of builds that only one tag has.
DIFFERENT = 1000


class TwoTags(StreamingHub):
    """Streams the builds of two tags, which have most of them in common."""

    def render_POST(self, request: Any) -> int:
        """Answer a call."""
        answered = super().render_POST(request)
        if b'<int>2</int>' in request.content.read():
            self.streams[-1].first = DIFFERENT
        return answered


async def serve(reactor: Any) -> None:
    """Be the hub."""
    port = reactor.listenTCP(0, Site(TwoTags(reactor, BUILDS),
                                     reactor=reactor), interface='127.0.0.1')
    print(f'http://127.0.0.1:{port.getHost().port}/kojihub', flush=True)
    await Deferred()


async def measure(reactor: Any) -> None:
    """Compare the tags."""
    server = subprocess.Popen([sys.executable, '-m', __spec__.name, 'serve'],
                              stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    received = []
    koji = Connection(Profile('bench', server=server.stdout.readline()
                              .strip()))
    koji = koji.with_options(
        progress=lambda items, size, total: received.append(size))
    held = 0.0
    last = time.perf_counter()
    going = True

    def tick() -> None:
        nonlocal held, last
        now = time.perf_counter()
        held = max(held, now - last)
        last = now
        if going:
            reactor.callLater(0, tick)

    tag = Tag.attached({'id': 1, 'name': 'here'}, koji)
    # The first rows import, connect, and teach the layout of a row.
    async for row in koji.iterate('listTagged', 1):
        if row.id == 1000:
            break
    del row
    gc.collect()
    before = memory()
    # A collection is Python's, and not ours to set.
    gc.disable()
    tick()
    held, last, start = 0.0, time.perf_counter(), time.perf_counter()
    diff = await tag.diff(2)
    took, longest = time.perf_counter() - start, held
    going = False
    gc.enable()
    print(diff.same, len(diff.here) + len(diff.there),
          f'{1000 * longest:.1f} {(memory() - before) / 2**20:.1f}'
          f' {sum(sorted(received)[-2:]) / 2**20:.1f} {took:.2f}')
    await koji.close()
    server.terminate()
    server.wait()
    server.stdout.close()


def memory() -> int:
    """The peak of the memory of this process, in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024


if __name__ == '__main__':
    main = serve if sys.argv[1:] == ['serve'] else measure
    react(lambda reactor: Deferred.fromCoroutine(main(reactor)))
