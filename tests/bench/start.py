"""
How long it takes to begin: ``python -m tests.bench.start``.

Each measurement is a process of its own; rounds are interleaved, and a row is
the median of them. The first is not counted: it writes Python's bytecode.
"""
from __future__ import annotations

import os
import statistics
import subprocess
import sys
import tempfile

from tests.bench.calls import server

ROUNDS = 15

IMPORT = '''
import time
start = time.perf_counter()
import {}
print(time.perf_counter() - start)
'''

OURS = '''
import time
start = time.perf_counter()
from twisted.internet.defer import Deferred
from twisted.internet.task import react
from txkoji import Connection, Profile

async def main():
    koji = Connection(Profile('bench', server={url!r}, serverca={ca!r}))
    await koji.getTaskInfo(6474)
    print(time.perf_counter() - start)

react(lambda reactor: Deferred.fromCoroutine(main()))
'''

THEIRS = '''
import time
start = time.perf_counter()
import koji
koji.ClientSession({url!r}, {{'serverca': {ca!r}}}).getTaskInfo(6474)
print(time.perf_counter() - start)
'''


def measure() -> None:
    """Run all of them, in turns, and print a table."""
    with tempfile.TemporaryDirectory() as folder, server(folder) as url:
        ca = folder + '/ca.pem'
        programs = {
            'import txkoji': IMPORT.format('txkoji'),
            'import twisted.web.client, munch': IMPORT.format(
                'twisted.web.client, munch'),
            'txkoji: first answer over TLS': OURS.format(url=url, ca=ca),
            'koji.ClientSession: first answer over TLS': THEIRS.format(
                url=url, ca=ca)}
        took: dict[str, list[float]] = {name: [] for name in programs}
        environ = {**os.environ, 'PYTHONPYCACHEPREFIX': folder + '/pyc'}
        environ.pop('PYTHONDONTWRITEBYTECODE', None)
        for _ in range(ROUNDS + 1):
            for name, program in programs.items():
                done = subprocess.run(
                    [sys.executable, '-W', 'ignore', '-c', program],
                    stdout=subprocess.PIPE, text=True, check=True, timeout=60,
                    env=environ)
                took[name].append(1000 * float(done.stdout))
    ours, base, *_ = [statistics.median(times[1:])
                      for times in took.values()]
    for name, times in took.items():
        print(f'{name:62} {statistics.median(times[1:]):6.0f} ms')
    print(f'{"import txkoji, times the other import":62}'
          f' {ours / base:6.2f}      target: at most 1.3')


if __name__ == '__main__':
    measure()
