"""
Measure the errors of estimates in a full channel.

They are compared with the rule "creation, 45 seconds, and the average of the
package": ``python -m tests.bench.estimates``.
"""
from __future__ import annotations

from statistics import median, quantiles
from time import perf_counter
from typing import Any

from tests.simulation import Sample, measure

SEEDS = 20
TIMES = (1200, 3600, 6000, 9000, 14400)
TASKS = 4


def line(name: str, samples: list[Sample]) -> None:
    """Print a row of the table."""
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


def main() -> None:
    """Print the table."""
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


if __name__ == '__main__':
    main()
