"""
Run the daemon of the examples for long, on a bad day, and print a table.

Run it as ``python -m tests.soak 3600``, for an hour.

A hub with builders has work. Daemon A runs the whole time, and is measured.
Daemon B, with a state file of its own, is killed and started again all the
time. Both reach the hub through proxies that harm connections, and the hub's
port is closed at times. Each event that they pass on goes to a hook, and is
compared with what the hub said on its bus.

The exit status is 1 if an event was missed, doubled by A or invented, if a
daemon did not end in order, or, after 20 minutes or more, if A has grown since
the tenth minute: its traced memory by more than 2 %, or its resident memory by
more than 5 %, by the least of five rows of the table.
"""
from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from typing import Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import LoopingCall, deferLater, react
from twisted.web.resource import Resource
from twisted.web.server import Site

from tests.chaos.proxy import FAULTS, Fault, Proxy
from tests.soak.daemons import Daemon, Hook, behind, compared, missed
from tests.soak.world import World

#: Faults of the proxies: all but those that change an answer, which nobody
#: can notice without TLS.
HARM = tuple(kind for kind in FAULTS
             if kind not in ('corrupt', 'duplicate', 'omit'))

#: Bytes that pass, on average, before a connection is harmed. A round of a
#: poll reads all tasks of ten minutes, which are several megabytes here. It
#: begins anew after an answer that cannot be read.
PASS = 5 * 10**6

#: Seconds between builds, between rounds of the daemons, and between restarts
#: of the hub; how long the hub is away; and how long B lives at most.
WORK, INTERVAL, RESTART, AWAY, LIFE = 0.4, 10.0, 60.0, 4.0, 30.0

#: How often memory is looked at for a row, within two intervals.
LOOKS = 12

#: When the memory is compared with that of the end, in seconds; and how much
#: more traced and resident memory there may be at the end.
WARM, LONG, TRACED, RESIDENT = 600, 1200, 1.02, 1.05

#: Rows that are compared, by the least of each number: a round that waits for
#: the hub has the answers that it got so far.
ROWS = 5

#: How many of the missed events are shown.
SHOWN = 20

#: Seconds to catch up in the end.
REST = 120


@dataclass
class Row:
    """
    A row of the table.

    :ivar seconds: since the start.
    :ivar traced: memory of A as tracemalloc counts it, in bytes.
    :ivar resident: memory of A as the system counts it, in bytes.
    :ivar descriptors: open descriptors of A.
    :ivar deferreds: live Deferreds of A.
    :ivar lag: the mean lag of events since the last row, in seconds.
    :ivar events: events of the hub so far.
    :ivar behind: the age of the oldest event that B has not passed on, in
                  seconds.
    """

    seconds: float
    traced: int
    resident: int
    descriptors: int
    deferreds: int
    lag: float
    events: int
    behind: float


HEAD = (f'{"seconds":>8} {"traced MiB":>11} {"RSS MiB":>8} {"fds":>4}'
        f' {"Deferreds":>9} {"lag s":>6} {"events":>7} {"B starts":>8}'
        f' {"B behind":>8} {"faults":>6} {"retries":>7}')


class Soak:
    """
    The hub, the proxies and the daemons.

    :param reactor: the reactor.
    :param folder: for the files of the daemons.
    """

    def __init__(self, reactor: Any, folder: str) -> None:
        self._reactor = reactor
        self._folder = folder
        self._random = Random(1)
        self._calm = False
        self._lag = (0.0, 0.0)
        self.began = time.monotonic()
        self.world = World(reactor)
        self.hooks = {'A': Hook(), 'B': Hook()}
        self.daemons: dict[str, Daemon] = {}
        self.proxies: list[Proxy] = []
        self.rows: list[Row] = []
        #: Exit statuses, of those that were asked to end.
        self.statuses: Counter[int | None] = Counter()
        self.port = 0
        #: Fire when work that is done again and again has ended.
        self._works: list[Deferred[Any]] = []

    def seconds(self) -> float:
        """Tell the seconds since the start."""
        return time.monotonic() - self.began

    def choose(self) -> Fault | None:
        """Choose the fault of a new connection."""
        if self._calm:
            return None
        return Fault(self._random.choice(HARM),
                     int(self._random.expovariate(1 / PASS)),
                     self._random.uniform(0.1, 3))

    async def start(self) -> None:
        """Start all parts, and wait until both daemons hear of events."""
        self.port = urlsplit(await self.world.hub.listen(
            reactor=self._reactor)).port or 0
        root = Resource()
        endpoint: Any = TCP4ServerEndpoint(self._reactor, 0,
                                           interface='127.0.0.1')
        site = await endpoint.listen(Site(root))
        for name, hook in self.hooks.items():
            root.putChild(name.encode(), hook)
            proxy = Proxy(self._reactor, self.port, self.choose)
            self.proxies.append(proxy)
            folder = f'{self._folder}/{name}'
            os.makedirs(folder)
            self.daemons[name] = Daemon(
                self._reactor, folder, await proxy.listen(),
                f'http://127.0.0.1:{site.getHost().port}/{name}',
                INTERVAL, probed=name == 'A')
            self.daemons[name].start()
        for daemon in self.daemons.values():
            await self.until_healthy(daemon)
        self.world.hear()
        self.began = time.monotonic()

    async def until_healthy(self, daemon: Daemon) -> None:
        """Wait until a daemon hears of events."""
        while True:
            daemon.check()
            try:
                await daemon.get('health')
            except OSError:
                await deferLater(self._reactor, 0.2)
            else:
                return

    async def until_answering(self, daemon: Daemon) -> None:
        """Wait until a daemon handles signals, and shows its pages."""
        while True:
            daemon.check()
            try:
                await daemon.get('metrics')
            except OSError:
                await deferLater(self._reactor, 0.2)
            else:
                return

    async def restart_hub(self) -> None:
        """Let the hub be away for a while."""
        await self.world.restart(self.port, self._random.uniform(0, AWAY))

    async def kill(self) -> None:
        """Let B live for a while, and end it: mostly without a warning."""
        daemon = self.daemons['B']
        await deferLater(self._reactor, self._random.uniform(1, LIFE))
        if self._random.random() < 0.7:
            await daemon.end('KILL')
        else:
            await self.until_answering(daemon)
            self.statuses[await daemon.end('TERM')] += 1
        daemon.start()

    async def look(self) -> None:
        """Add a row, and print it."""
        daemon = self.daemons['A']
        daemon.check()
        for _ in range(LOOKS):
            daemon.probe()
            await deferLater(self._reactor, 2 * INTERVAL / LOOKS)
        metrics = await daemon.metrics()
        # A round needs memory, and so the least is that between rounds.
        probed = min(daemon.probed(LOOKS), key=lambda each: each['traced'])
        old, self._lag = self._lag, (
            metrics['txkoji_event_lag_seconds_sum'],
            metrics['txkoji_event_lag_seconds_count'])
        seconds, count = (new - old for new, old in zip(self._lag, old))
        row = Row(self.seconds(), probed['traced'], daemon.resident(),
                  daemon.descriptors(), probed['deferreds'],
                  seconds / count if count else 0.0,
                  self.world.truth.total(),
                  behind(self.world, self.hooks['B']))
        self.rows.append(row)
        faults = sum(proxy.done.total() for proxy in self.proxies)
        print(f'{row.seconds:8.0f} {row.traced / 2**20:11.2f}'
              f' {row.resident / 2**20:8.1f} {row.descriptors:4}'
              f' {row.deferreds:9} {row.lag:6.1f} {row.events:7}'
              f' {self.daemons["B"].starts:8} {row.behind:8.0f} {faults:6}'
              f' {metrics["txkoji_retries_total"]:7.0f}', flush=True)

    async def run(self, seconds: float) -> None:
        """Let all go on for a while."""
        print(HEAD, flush=True)
        ended: Deferred[None] = deferLater(self._reactor, seconds)
        with (self.again(self.world.submit, WORK, ended),
              self.again(self.restart_hub, RESTART, ended),
              self.again(self.kill, 0.1, ended),
              self.again(self.look, max(5.0, min(60.0, seconds / 10)),
                         ended)):
            await ended
        # What is under way, such as a restart, comes to its end.
        for work in self._works:
            await work

    @contextmanager
    def again(self, work: Any, interval: float, ended: Deferred[None]
              ) -> Iterator[None]:
        """Do something again and again; an error ends the waiting."""
        def failed(failure: Any) -> None:
            failure.printTraceback(file=sys.stderr)
            ended.cancel()

        looping = LoopingCall(lambda: Deferred.fromCoroutine(work()))
        looping.clock = self._reactor
        self._works.append(
            looping.start(interval, now=False).addErrback(failed))
        try:
            yield
        finally:
            if looping.running:
                looping.stop()

    async def rest(self) -> None:
        """Let the work end, and the daemons catch up; end them."""
        self._calm = True
        end = self.seconds() + REST
        while self.seconds() < end and (self.world.open_tasks() or any(
                compared(self.world, hook)['missed']
                for hook in self.hooks.values())):
            await deferLater(self._reactor, 1)
        # Two more rounds, for what would come twice.
        await deferLater(self._reactor, 2 * INTERVAL)
        await self.look()
        for daemon in self.daemons.values():
            self.statuses[await daemon.end('TERM')] += 1
        for proxy in self.proxies:
            await proxy.stop()
        await self.world.close()
        await self.world.hub.stop()

    def judge(self) -> bool:
        """Print what was found; tell whether all is well."""
        good = set(self.statuses) == {0}
        for name, hook in self.hooks.items():
            found = compared(self.world, hook)
            daemon = self.daemons[name]
            for key in missed(self.world, hook)[:SHOWN]:
                print(f'{name} missed {key}, of'
                      f' {time.time() - self.world.needed[key]:.0f} s ago')
            print(f'{name}: of {len(self.world.needed)} events,'
                  f' {found["missed"]} missed; {found["doubled"]} doubled,'
                  f' {found["invented"]} invented; {daemon.starts} starts;'
                  f' {daemon.log().count("Traceback")} tracebacks in its log')
            good = good and not found['missed'] and not found['invented'] and (
                name == 'B' or not found['doubled'])
        print('exit statuses of those that were asked to end:',
              dict(self.statuses))
        print('harm by the proxies:', dict(sum(
            (proxy.done for proxy in self.proxies), Counter())))
        last = self.rows[-ROWS:]
        warm = [row for row in self.rows if row.seconds >= WARM][:ROWS] or last
        for text, member, limit in [('traced memory', 'traced', TRACED),
                                    ('RSS', 'resident', RESIDENT)]:
            old, new = (min(getattr(row, member) for row in rows)
                        for rows in (warm, last))
            print(f'{text} of A from {last[0].seconds:.0f} s on, over that'
                  f' from {warm[0].seconds:.0f} s on: {new / old:.4f}'
                  f' (limit: {limit})')
            good = good and (last[-1].seconds < LONG or new / old <= limit)
        return good


async def main(reactor: Any, options: argparse.Namespace) -> None:
    """Run for some seconds."""
    with tempfile.TemporaryDirectory() as temporary:
        soak = Soak(reactor, options.folder or temporary)
        await soak.start()
        await soak.run(options.seconds)
        await soak.rest()
        if not soak.judge():
            sys.exit(1)
        print('all is well')


if __name__ == '__main__':
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('seconds', type=float, nargs='?', default=600,
                        help='how long (default: %(default)s)')
    parser.add_argument('--folder', help='keep the files of the daemons here')
    parsed = parser.parse_args()
    react(lambda reactor: Deferred.fromCoroutine(main(reactor, parsed)))
