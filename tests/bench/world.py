"""
How long a FakeHub takes: ``python -m tests.bench.world``.

To be imported, to be made, and for a thousand builds to be tagged, beside a
thousand taught answers; the least of some rounds.
"""
from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

from twisted.internet.task import Clock

from txkoji.testing import FakeHub

ROUNDS = 5
BUILDS, BATCH = 1000, 100

IMPORT = '''
import time
start = time.perf_counter()
from txkoji.testing import FakeHub
print(time.perf_counter() - start)
'''


def imported() -> float:
    """Seconds of importing it."""
    return float(subprocess.run([sys.executable, '-c', IMPORT], check=True,
                                stdout=subprocess.PIPE).stdout)


def made() -> float:
    """Seconds of making one."""
    begin = time.perf_counter()
    for _ in range(100):
        FakeHub()
    return (time.perf_counter() - begin) / 100


def tagged(taught: bool) -> float:
    """Seconds of a thousand tagBuild, in MultiCalls."""
    hub = FakeHub(clock=Clock())
    koji = hub.connection()
    koji.login()
    if taught:
        hub.respond('tagBuild', 1)
    builds = [row['id'] for row in hub.tables.builds
              if row['state'] == 1][:BUILDS]
    begin = time.perf_counter()
    for first in range(0, BUILDS, BATCH):
        many = koji.MultiCall()
        for build in builds[first:first + BATCH]:
            many.tagBuild('f43-updates', build)
        answers: list[Any] = []
        many().addBoth(answers.append)
        assert len(answers[0]) == BATCH
    return time.perf_counter() - begin


def measure() -> None:
    """Print a table."""
    for text, run in [('import txkoji.testing', imported),
                      ('FakeHub()', made),
                      ('1,000 tagBuild, taught', lambda: tagged(True)),
                      ('1,000 tagBuild', lambda: tagged(False))]:
        least = min(run() for _ in range(ROUNDS))
        print(f'{text:30} {least * 1000:10.2f} ms')


if __name__ == '__main__':
    measure()
