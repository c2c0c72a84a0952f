"""
Measure estimates: their calls and pauses, their errors, and their intervals.

Run it as ``python -m tests.bench.estimates``. With ``--before PATH``, the
requests and pauses of another checkout of the library are beside ours.

The errors in a full channel are compared with the rule "creation, 45 seconds,
and the average of the package". Eight of ten intervals should be right.
"""
from __future__ import annotations

import argparse
import gc
import json
import os
import subprocess
import sys
from collections import Counter
from datetime import datetime, timedelta, timezone
from statistics import median, quantiles
from time import perf_counter, process_time
from typing import Any

from twisted.internet.defer import Deferred, gatherResults
from twisted.internet.task import react

SEEDS = 20
TIMES = (1200, 3600, 6000, 9000, 14400)
TASKS = 4

#: Simulated builds for each kind of hub, and the builds at each time.
INTERVALS, AT_ONCE = 1000, 10

#: The queue whose estimates hold the reactor.
BUILDS, HOSTS, RUNNING, PACKAGES = 1000, 300, 600, 400
ARCHES = ['x86_64', 'aarch64', 'ppc64le', 's390x']

#: Numbers of tasks that are estimated at once.
NUMBERS = (1, 10, 50, 1000)

#: Each measurement is the median of so many.
ROUNDS = 3


def line(name: str, samples: list[Any]) -> None:
    """Print a row of the table of errors."""
    ours = [abs(sample.error) for sample in samples]
    simple = [abs(sample.simple) for sample in samples]
    cells: list[Any] = [
        len(samples), median(sample.wait for sample in samples),
        median(ours), median(simple), f'{median(ours) / median(simple):.2f}',
        median(sample.error for sample in samples),
        median(sample.simple for sample in samples),
        quantiles(ours, n=10)[-1], quantiles(simple, n=10)[-1]]
    print(f'{name:24}' + ''.join(
        f'{cell if isinstance(cell, str) else round(cell):>9}'
        for cell in cells))


def errors() -> None:
    """Print the errors of estimates in a full channel."""
    from tests.simulation import measure
    print(f'{SEEDS} seeds; seconds; of ours and of the simple rule')
    print(f'{"":24}' + ''.join(f'{title:>9}' for title in (
        'tasks', 'wait', 'median', 'simple', 'ratio', 'bias', 'simple',
        '90th', 'simple')))
    start = perf_counter()
    for scheduler, who in ((True, 'hub assigns'), (False, 'hosts take')):
        samples = [sample for seed in range(SEEDS) for sample in measure(
            seed, scheduler=scheduler, times=TIMES, tasks=TASKS)]
        line(who, samples)
        for method in ('build', 'buildArch'):
            line(f'{who}: {method}', [sample for sample in samples
                                      if sample.row['method'] == method])
    print(f'in {perf_counter() - start:.0f} s')


def intervals() -> None:
    """Print how many of 1,000 builds end within their intervals."""
    from tests.simulation import calibrate
    print(f'\nof {INTERVALS} builds{"within":>15}{"before":>9}{"after":>9}'
          '   (percent within, by what the build did)')
    for scheduler, freed in ((True, 3600.0), (False, 3600.0),
                             (True, 400.0), (False, 400.0)):
        found: list[Any] = []
        seed = 0
        while len(found) < INTERVALS:
            found += calibrate(seed, scheduler=scheduler, times=TIMES,
                               builds=AT_ONCE, freed=freed)
            seed += 1
        del found[INTERVALS:]
        counts = Counter(each.state for each in found)
        within = Counter(each.state for each in found if each.is_within)
        who = 'hub assigns' if scheduler else 'hosts take'
        print(f'{who}, a task is lost every {freed:.0f} s:'
              f'{within.total():>6}'
              f'{sum(each.earliest > 0 for each in found):>9}'
              f'{sum(each.latest < 0 for each in found):>9}   ' + ', '.join(
                  f'{state} {within[state] / counts[state]:.0%}'
                  for state in sorted(counts)) + f'; {seed} seeds')


def make_hub(reactor: Any) -> Any:
    """Make a hub with a long queue."""
    from txkoji.testing import FakeHub
    hub = FakeHub(reactor=reactor)
    now = datetime.now(timezone.utc)
    tables = hub.tables
    tables.hosts[:] = [
        {'id': number, 'name': f'builder{number}', 'user_id': 1,
         'arches': ARCHES[number % 4], 'capacity': 6.0, 'enabled': True,
         'ready': True} for number in range(1, HOSTS + 1)]
    tables.host_channels[:] = [{'host_id': host['id'], 'channel_id': 1}
                               for host in tables.hosts]
    for tag in tables.tags:
        if tag['name'] == 'f44-build':
            tag['arches'] = ' '.join(ARCHES)
    rows: list[Any] = []

    def add(method: str, state: int, request: list[Any], arch: str,
            times: tuple[float | None, ...], **columns: Any) -> None:
        create, start, completion = (
            None if minutes is None
            else str(now - timedelta(minutes=minutes)) for minutes in times)
        rows.append({
            'id': len(rows) + 1, 'method': method, 'state': state,
            'request': request, 'arch': arch, 'channel_id': 1,
            'priority': 20, 'weight': 1.0, 'parent': None, 'waiting': None,
            'owner': 1, 'label': None, 'awaited': None, 'result': None,
            'host_id': None, 'create_time': create, 'start_time': start,
            'completion_time': completion, **columns})

    for number in range(500 + RUNNING):
        old = number < 500
        arch = ARCHES[number % 4]
        minutes = number % 50 + 5
        add('buildArch', 2 if old else 1,
            [f'tasks/1/1/p{number % PACKAGES}-1-1.fc44.src.rpm', 40, arch,
             True, {}], arch,
            (500, 400, 400 - minutes) if old else (500, minutes % 20, None),
            parent=10**6 + number // 4,
            host_id=None if old else number % HOSTS + 1, weight=1.8)
    for number in range(BUILDS):
        add('build', 0, [f'git+https://src.example.test/p{number % PACKAGES}'
                         '.git#0a1b2c3d', 'f44-candidate', {}], 'noarch',
            (300 - number / 10, None, None))
    tables.tasks[:] = rows
    hub.respond('getAverageBuildDuration',
                lambda name: 600 + 97 * int(name[1:]) % 4000)
    hub.respond('getPackageID', lambda name: int(name[1:]) + 1)
    [model] = hub.connection().listBuilds(queryOpts={'limit': 1}).result
    hub.respond('listBuilds', lambda number, **_: [
        {**model, 'state': 1, 'task_id': 1, 'start_ts': 1e9,
         'completion_ts': 1e9 + 300 + (97 * number + 31 * index) % 4000}
        for index in range(20)])
    hub.respond('getRequests', lambda: hub.requests, plugin=True)
    return hub


def serve() -> None:
    """Be the hub."""
    from twisted.internet import reactor
    make_hub(reactor).listen().addCallback(print, flush=True)
    reactor.run()  # type: ignore[attr-defined]


async def watch(reactor: Any, work: Any) -> tuple[float, float]:
    """
    Wait for some work.

    :returns: the longest time that this process computed between two turns of
              the reactor, and the whole time, in seconds. (Other processes do
              not count.)
    """
    gc.collect()
    # A collection is Python's, and not ours to set.
    gc.disable()
    held, last, going = 0.0, process_time(), True

    def tick() -> None:
        nonlocal held, last
        now = process_time()
        held, last = max(held, now - last), now
        if going:
            reactor.callLater(0, tick)

    start = perf_counter()
    tick()
    await work()
    going = False
    took = perf_counter() - start
    tick()
    gc.enable()
    return held, took


async def ask(reactor: Any, url: str) -> None:
    """Be a client: print the requests, pauses and seconds of estimates."""
    from txkoji import Connection, Profile
    from txkoji.estimates import task_durations
    koji = Connection(Profile('bench', server=url))
    builds = [task async for task in koji.iterate(
        'listTasks', {'state': [0]}, queryOpts={'order': 'id'})]
    last = builds[::-1]
    works: dict[str, Any] = {
        'estimate_completion(), 1 task': last[0].estimate_completion,
        'estimate_completion(), 10 tasks': lambda: gatherResults(
            [task.estimate_completion() for task in last[:10]])}
    if hasattr(Connection, 'estimate'):
        works.update({
            f'estimate(), {number} tasks':
            lambda number=number: koji.estimate(last[:number])
            for number in NUMBERS})
    works[f'task_durations(), {NUMBERS[-1]} tasks'] = (
        lambda: task_durations(koji, last[:NUMBERS[-1]]))
    results = {}
    for name, work in works.items():
        found = []
        for _ in range(ROUNDS if not name.startswith('estimate(), 1000')
                       else 1):
            before = await koji.call('getRequests')
            held, took = await watch(reactor, work)
            requests = await koji.call('getRequests') - before - 1
            found.append((requests, held * 1000, took))
        results[name] = [median(column) for column in zip(*found)]
    print(json.dumps(results))
    await koji.close()


def pauses(before: str | None) -> None:
    """Print the requests and pauses of estimates in a long queue."""
    server = subprocess.Popen(
        [sys.executable, '-m', 'tests.bench.estimates', 'serve'],
        stdout=subprocess.PIPE, text=True)
    assert server.stdout is not None
    url = server.stdout.readline().strip()
    found = []
    for path in (before, os.getcwd()):
        if path is not None:
            done = subprocess.run(
                [sys.executable, os.path.abspath(__file__), 'ask', url],
                env={**os.environ, 'PYTHONPATH': path}, text=True,
                stdout=subprocess.PIPE, check=True)
            found.append(json.loads(done.stdout))
    server.terminate()
    server.communicate()
    print(f'\n{BUILDS:,} queued builds, {HOSTS} hosts'.ljust(36) + ''.join(
        f'{title:>11}' for title in ('requests', 'held ms', 'seconds')))
    *others, ours = found
    for name, numbers in ours.items():
        print(f'{name:35}' + ''.join(f'{number:>11.2f}'
                                     for number in numbers))
        for other in others:
            if name in other:
                print(f'{"  before":35}' + ''.join(
                    f'{number:>11.2f}' for number in other[name]))
                print(f'{"  ratio":35}' + ''.join(
                    f'{new / old:>11.2f}'
                    for new, old in zip(numbers, other[name])))


def main() -> None:
    """Print the tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument('role', nargs='?', choices=['serve', 'ask'])
    parser.add_argument('url', nargs='?')
    parser.add_argument('--before', metavar='PATH')
    parser.add_argument('--only-pauses', action='store_true')
    options = parser.parse_args()
    if options.role == 'serve':
        serve()
    elif options.role == 'ask':
        react(lambda reactor: Deferred.fromCoroutine(
            ask(reactor, options.url)))
    else:
        pauses(options.before)
        if not options.only_pauses:
            intervals()
            errors()


if __name__ == '__main__':
    main()
