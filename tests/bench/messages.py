"""
Measure the reading of messages, beside the decoding of their JSON.

Run it as ``python -m tests.bench.messages``. It shows medians of interleaved
rounds.
"""
from __future__ import annotations

import json
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

from tests.recordings import files
from txkoji.messages import parse

COUNT = 10000
ROUNDS = 7


def main() -> None:
    """Print the table."""
    recorded = [json.loads(line) for line in
                files()['messages/events.jsonl'].splitlines()]
    each = [(one['properties'], json.dumps(one['body']).encode(),
             one['address']) for one in recorded]
    some = (each * (COUNT // len(each) + 1))[:COUNT]

    def decode(message: Any) -> None:
        json.loads(message[1])

    times: list[list[float]] = [[], []]
    for _ in range(ROUNDS):
        for function, taken in zip((decode, parse), times):
            taken.append(timed(function, some))
    plain, ours = map(median, times)
    print(f'{COUNT} recorded messages, medians of {ROUNDS} rounds')
    print(f'json.loads of the bodies   {plain:6.3f} s'
          f'  {COUNT / plain:9.0f} a second')
    print(f'messages.parse             {ours:6.3f} s'
          f'  {COUNT / ours:9.0f} a second')
    print(f'times as long              {ours / plain:6.2f}    (at most 5)')


def timed(function: Callable[[Any], Any], messages: list[Any]) -> float:
    """Time a function on all messages."""
    start = perf_counter()
    for message in messages:
        function(message)
    return perf_counter() - start


if __name__ == '__main__':
    main()
