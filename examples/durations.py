"""
Tabulate how long builds of a package took, or plot it (--plot).

The plot needs matplotlib.
"""
from __future__ import annotations

import sys
from argparse import Namespace

from embedded import run

from txkoji import Connection, build_states
from txkoji.build import Build
from txkoji.estimates import average_build_duration, average_last_builds


async def show(koji: Connection, options: Namespace) -> None:
    """Print the durations."""
    builds = await koji.listBuilds(
        options.package, state=build_states.COMPLETE,
        queryOpts={'order': '-completion_time', 'limit': 20})
    builds = [build for build in reversed(builds)
              if build.duration is not None]
    if not builds:
        sys.exit(f'There is no build of {options.package}.')
    for build in builds:
        print(f'{build.started:%Y-%m-%d %H:%M}  {minutes(build):7.1f} min'
              f'  {build.nvr}')
    print(len(builds), 'builds of', options.package)
    print('On average they take',
          await average_build_duration(koji, options.package),
          'and the last five took',
          await average_last_builds(koji, options.package))
    if options.plot:
        plot(builds, options)


def minutes(build: Build) -> float:
    """Get the duration of a build in minutes."""
    assert build.duration is not None
    return build.duration.total_seconds() / 60


def plot(builds: list[Build], options: Namespace) -> None:
    """Draw the durations."""
    try:
        from matplotlib.figure import Figure
    except ImportError:
        sys.exit('--plot needs matplotlib: pip install txkoji[plot]')
    figure = Figure(figsize=(9, 4), layout='constrained')
    axes = figure.add_subplot()
    axes.bar([build.nvr for build in builds], [minutes(build)
                                               for build in builds])
    axes.set_title(f'Builds of {options.package}')
    axes.set_ylabel('minutes')
    axes.tick_params('x', rotation=90)
    figure.savefig(options.plot)
    print('There is a chart in', options.plot)


run(show, __doc__, arguments={'package': ('bash', 'the name of a package')},
    flags={'--plot': 'a file for a chart, such as chart.png'})
