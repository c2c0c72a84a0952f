"""
Lets a program of ours tell what it keeps, without a change to the program.

Python imports this module at its start, if its folder is in PYTHONPATH. On
SIGUSR1 the process writes a line of JSON to the file $SOAK_PROBE.
"""
import gc
import json
import os
import signal
import sys
import tracemalloc
from types import FrameType


def tell(number: int, frame: FrameType | None) -> None:
    """Write what the process keeps just now."""
    gc.collect()
    traced, _ = tracemalloc.get_traced_memory()
    deferred = getattr(sys.modules.get('twisted.internet.defer'), 'Deferred',
                       type(None))
    count = sum(issubclass(type(each), deferred) for each in gc.get_objects())
    with open(os.environ['SOAK_PROBE'], 'a') as file:
        file.write(json.dumps({'traced': traced, 'deferreds': count}) + '\n')


if 'SOAK_PROBE' in os.environ:
    tracemalloc.start()
    signal.signal(signal.SIGUSR1, tell)
