"""
Measure what waiting, following logs and polling cost at scale.

Run it as ``python -m tests.bench.scale``. The hub is in this process, on a
port; for the logs it answers after 50 ms. Beside each is the simplest way to
do the same: one call for all, one log after the other, a call for each table.
"""
from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any
from unittest import TestResult

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import deferLater, react

from tests.messages.test_polling import ManyTests
from txkoji import Connection, Profile
from txkoji.testing import FakeHub
from txkoji.testing.tables import time_text

TASKS, LOGS, EVENTS = 3000, 100, 10000

#: Seconds between two rounds, and until the hub answers.
INTERVAL, LATENCY = 1.0, 0.05


class CountingHub(FakeHub):
    """
    A hub that counts.

    :ivar sizes: the bytes of its answers.
    :ivar asked: when it was asked first.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.sizes: list[int] = []
        self.asked: float | None = None

    async def answer(self, *args: Any, **kwargs: Any) -> bytes:
        """Answer, and count that."""
        if self.asked is None:
            self.asked = time.perf_counter()
        body = await super().answer(*args, **kwargs)
        self.sizes.append(len(body))
        return body


class Measured:
    """
    The cost of something that was done.

    :ivar requests: the number of requests.
    :ivar kilobytes: those of the answers.
    :ivar seconds: how long it took.
    """

    def __init__(self, hub: CountingHub) -> None:
        self._hub = hub
        self.requests, self.kilobytes, self.seconds = 0, 0.0, 0.0

    async def run(self, work: Any) -> Any:
        """Await something, and measure that from its first request on."""
        self._hub.sizes.clear()
        self._hub.asked = None
        result = await work
        self.seconds = time.perf_counter() - (self._hub.asked or 0)
        self.requests = len(self._hub.sizes)
        self.kilobytes = sum(self._hub.sizes) / 1000
        return result

    def __str__(self) -> str:
        return (f'{self.requests:4} requests {self.kilobytes:9.1f} kB'
                f' {self.seconds * 1000:8.0f} ms')


async def connect(hub: CountingHub) -> Connection:
    """Connect to a hub on a port."""
    url = await hub.listen()
    return Connection(Profile('bench', server=url, poll_interval=INTERVAL))


def show(title: str, ours: Any, other: str, theirs: Any) -> None:
    """Print two lines, and the ratio of the kilobytes and the times."""
    print(f'{title:44} {ours}')
    print(f'  beside: {other:34} {theirs}'
          f'  ({theirs.kilobytes / ours.kilobytes:.1f} times the bytes,'
          f' {theirs.seconds / ours.seconds:.1f} the time)')


async def measure_waiting(reactor: Any) -> None:
    """Wait for many tasks: a round."""
    hub = CountingHub(sample=False, reactor=reactor)
    tasks = [hub.add_task(state='OPEN') for _ in range(TASKS)]
    koji = await connect(hub)
    waiting = koji.wait(tasks)
    ours, theirs = Measured(hub), Measured(hub)
    # The first round is under way at once.
    await ours.run(deferLater(reactor, INTERVAL * 0.9))
    await ours.run(deferLater(reactor, INTERVAL))
    waiting.cancel()
    waiting.addErrback(lambda _: None)
    await theirs.run(koji.getTaskInfo(tasks, request=True))
    ours.seconds = theirs.seconds
    show(f'wait for {TASKS:,} tasks, a round', ours,
         'one getTaskInfo of all', theirs)
    await koji.close()
    await hub.stop()


async def measure_following(reactor: Any) -> None:
    """Follow many logs: the time until each has given its new line."""
    hub = CountingHub(sample=False, reactor=reactor)
    parent = hub.add_task(state='OPEN')
    tasks = [hub.add_task('buildArch', ['x', 'y', 'z', False, {}],
                          parent=parent, state='OPEN') for _ in range(LOGS)]
    for task in tasks:
        hub.put_out(task, 'build.log', b'a line of a log\n' * 100)
    koji = await connect(hub)
    hub.misbehave('slow', seconds=LATENCY)
    ours, theirs = Measured(hub), Measured(hub)

    lines = koji.follow(parent, descendents=True)

    async def read(number: int) -> None:
        for _ in range(number):
            await lines.next_item()

    async def read_each() -> None:
        for task in tasks:
            await koji.listTaskOutput(task, stat=True)
            await koji.downloadTaskOutput(task, 'build.log')

    await read(LOGS * 100)
    for task in tasks:
        hub.put_out(task, 'build.log', b'another line\n')
    await ours.run(read(LOGS))
    await lines.aclose()
    await theirs.run(read_each())
    show(f'follow {LOGS} logs, {LATENCY * 1000:.0f} ms away, a round', ours,
         'one log after the other', theirs)
    await koji.close()
    await hub.stop()


async def measure_polling(reactor: Any) -> None:
    """Poll a hub where nothing happens, and where much has."""
    hub = CountingHub(sample=False, reactor=reactor)
    hub.add_tag('tag')
    for number in range(100):
        hub.add_task(state='CLOSED')
        hub.add_build(f'package{number}-1-1', tags=['tag'])
    for row in hub.tables.tasks + hub.tables.builds:
        for name in 'create_time', 'creation_time', 'completion_time':
            row[name] = time_text(hub.now() - 3600)
    hub.tables.events.append({'id': 1000, 'ts': hub.now() - 1800})
    hub.tables.events.append({'id': 1001, 'ts': hub.now()})
    koji = await connect(hub)
    heard: list[Any] = []
    koji.events.subscribe(heard.append)
    await koji.events.poll(INTERVAL)
    quiet, busy, single = Measured(hub), Measured(hub), Measured(hub)
    await deferLater(reactor, INTERVAL / 2)
    await quiet.run(deferLater(reactor, INTERVAL))
    tasks = [hub.add_task() for _ in range(200)]
    await busy.run(until(reactor, lambda: len(heard) >= len(tasks)))
    last = await koji.getLastEvent()
    await single.run(gatherResults([
        koji.getLastEvent(), *[
            koji.queryHistory(tables=[table], afterEvent=last.id)
            for table in ('tag_listing', 'tag_packages',
                          'tag_package_owners')],
        koji.listTasks({}, queryOpts={'order': '-id', 'limit': 50}),
        koji.listBuilds(queryOpts={'order': '-build_id', 'limit': 50}),
        koji.listBuilds(completeAfter=hub.now() - 600),
        koji.listBuilds(state=0), koji.getActiveRepos()]))
    print(f'{"poll, a round without events":44} {quiet.requests:4} requests'
          f' {quiet.kilobytes:9.1f} kB')
    print(f'{"  beside: a call for each list":44} {single}')
    print(f'{"poll, a round with 200 new tasks":44} {busy}')
    await koji.close()
    await hub.stop()


async def until(reactor: Any, reached: Callable[[], bool]) -> None:
    """Wait for something, a moment after the other."""
    while not reached():
        await deferLater(reactor, 0.005)


def measure_events() -> None:
    """Hear many events by polling and on the bus."""
    class Tests(ManyTests):
        number = EVENTS

    test = Tests('test_many')
    result = TestResult()
    start = time.perf_counter()
    test.run(result)
    found = ('none missed, in order' if result.wasSuccessful()
             else result.failures)
    print(f'{EVENTS:,} events on the bus: {len(test.polled):,} of them seen by'
          f' polling; {found} ({time.perf_counter() - start:.0f} s)')


async def measure(reactor: Any) -> None:
    """Print all tables."""
    await measure_waiting(reactor)
    await measure_following(reactor)
    await measure_polling(reactor)
    measure_events()


if __name__ == '__main__':
    react(lambda reactor: Deferred.fromCoroutine(measure(reactor)))
