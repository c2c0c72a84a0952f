"""
Measure a thousand calls, single and batched, beside Koji's own client.

Run it as ``python -m tests.bench.many``.
"""
from __future__ import annotations

import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import local
from typing import Any

import koji
from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react
from twisted.internet.threads import deferToThread

from txkoji import Connection, Profile
from txkoji.testing import FakeHub

#: Tasks that the hub has, and some that it has not.
TASKS = range(5500, 6500)

ROUNDS = 5


def singles_of(ours: Connection) -> Any:
    """A call each, all at once."""
    return gatherResults([ours.getTaskInfo(number) for number in TASKS])


def batched_of(ours: Connection) -> Any:
    """The same, with one word changed."""
    batched = ours.batched()
    return gatherResults([batched.getTaskInfo(number) for number in TASKS])


def multicall_of(url: str) -> Any:
    """Koji's client: its multicall."""
    def run() -> list[Any]:
        session = koji.ClientSession(url)
        with session.multicall(batch=100) as many:
            calls = [many.getTaskInfo(number, request=True)
                     for number in TASKS]
        session.rsession.close()
        return [call.result for call in calls]

    return deferToThread(run)


def threads_of(url: str) -> Any:
    """Koji's client: single calls in 20 threads, with a session each."""
    own = local()
    sessions: list[Any] = []

    def ask(number: int) -> Any:
        if not hasattr(own, 'session'):
            own.session = koji.ClientSession(url)
            sessions.append(own.session)
        return own.session.getTaskInfo(number, request=True)

    def run() -> list[Any]:
        with ThreadPoolExecutor(20) as pool:
            found = list(pool.map(ask, TASKS))
        for session in sessions:
            session.rsession.close()
        return found

    return deferToThread(run)


async def measure(reactor: Any) -> None:
    """Run all of them in turns, and print a table."""
    server = subprocess.Popen(
        [sys.executable, '-m', 'tests.bench.many', 'serve'],
        stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    ours = Connection(Profile('bench', server=url))
    runs: dict[str, Callable[[], Any]] = {
        'txkoji, single calls': lambda: singles_of(ours),
        'txkoji, batched()': lambda: batched_of(ours),
        'koji.ClientSession, multicall(batch=100)': lambda: multicall_of(url),
        'koji.ClientSession, single calls in 20 threads':
            lambda: threads_of(url)}
    rows: dict[str, list[Any]] = {name: [] for name in runs}
    answers = {}
    for _ in range(ROUNDS):
        for name, run in runs.items():
            before = await ours.getRequests()
            start, cpu = time.perf_counter(), time.process_time()
            answers[name] = await run()
            wall, cpu = time.perf_counter() - start, time.process_time() - cpu
            # The question itself is one, too.
            requests = await ours.getRequests() - before - 1
            rows[name].append((wall, cpu, requests))
    print(f'{"1,000 getTaskInfo":48} {"wall s":>8} {"CPU s":>8}'
          f' {"requests":>9}')
    for name in runs:
        wall, cpu, requests = map(statistics.median, zip(*rows[name]))
        print(f'{name:48} {wall:8.2f} {cpu:8.2f} {requests:9.0f}')
    first, *others = [[task and dict(task) for task in found]
                      for found in answers.values()]
    print('all answers are equal:', all(each == first for each in others))
    await ours.close()
    server.terminate()
    server.communicate()


def serve() -> None:
    """The other process."""
    from twisted.internet import reactor
    hub = FakeHub(reactor=reactor)
    hub.respond('getRequests', lambda: hub.requests, plugin=True)
    hub.listen().addCallback(print, flush=True)
    reactor.run()


if __name__ == '__main__':
    if sys.argv[1:] == ['serve']:
        serve()
    else:
        react(lambda reactor: Deferred.fromCoroutine(measure(reactor)))
