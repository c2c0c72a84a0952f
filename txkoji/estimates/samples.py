"""Random ends of tasks and builds, from repeated play."""
from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from random import Random
from statistics import quantiles

from txkoji.estimates.architectures import ArchScatter
from txkoji.estimates.forecast import Starts
from txkoji.estimates.scatter import ENOUGH, Scatter
from txkoji.estimates.subjects import Subject
from txkoji.resource import from_timestamp

#: The number of plays with random durations (our choice). With 39 plays, the
#: 10th and the 90th percentile are those of a play, the 4th and the 36th.
PLAYS = 39

#: The number of draws of a build for each play (our choice).
DRAWS = 5

#: The seed of the random numbers: the same queue has the same estimates.
SEED = 1


class Sample:
    """
    The random ends of a task or a build, one or some for each play.

    Without architectures, the shares of the random durations are 1/40, 2/40
    and so on to 39/40, in random order. So the percentiles of a task that
    waits for nothing are those of its durations.

    :param subject: the task or the build.
    :param scatter: the scatter of its duration, in seconds.
    :param arches: the scatter of single architectures, or None.
    :param random: draws the order and the durations.
    :param now: the current time, in seconds since 1970.
    """

    def __init__(self, subject: Subject, scatter: Scatter,
                 arches: ArchScatter | None, random: Random, now: float
                 ) -> None:
        self._subject = subject
        self._scatter = scatter
        self._random = random
        self._now = now
        self._order = random.sample(range(PLAYS), PLAYS)
        self._ends: list[float] = []
        #: The scatter of a task on an average architecture.
        self._tasks: Scatter | None = None
        if arches is not None and subject.arches and not subject.is_over:
            self._tasks = arches.fit(subject.keys[0], scatter, subject.arches)
            self._begun = subject.begun(arches, now)
            self._slowness = {leg: arches.slowness(leg.arch)
                              for leg in subject.legs}

    def draw(self, number: int, starts: Starts) -> None:
        """
        Draw an end.

        A task that does not start in the play, since it is canceled or since
        no host is there, has none.

        :param number: the number of the play.
        :param starts: the starts of the waiting parts in the play.
        """
        if any(leg not in starts for leg in self._subject.legs):
            return
        if self._tasks is None:
            share = (self._order[number] + 1) / (PLAYS + 1)
            self._ends.append(self._subject.draw_end(
                self._scatter, share, starts, self._now))
            return
        parts = [*self._begun, *(
            (start, slowness, max(0.0, self._now - start) / slowness)
            for leg, slowness in self._slowness.items()
            for start in [starts[leg]])]
        for _ in range(DRAWS):
            self._ends.append(max([self._now, *(
                start + slowness * self._tasks.quantile_above(
                    least, self._random.random())
                for start, slowness, least in parts)]))

    def range(self) -> tuple[datetime, datetime] | None:
        """Find the 10th and the 90th percentile; None if unknown."""
        if len(self._ends) < ENOUGH:
            # No host can run the task, or nearly all plays cancel it.
            return None
        first, *_, last = map(from_timestamp, quantiles(self._ends, n=10))
        return None if first is None or last is None else (first, last)


class Samples:
    """
    The random ends of many tasks and builds.

    :param arches: the scatter of single architectures, or None.
    :param now: the current time, in seconds since 1970.

    :ivar random: the source of all random numbers.
    """

    def __init__(self, arches: ArchScatter | None, now: float) -> None:
        self.random: Random = Random(SEED)
        self._arches = arches
        self._now = now
        self._samples: dict[Subject, Sample] = {}

    def add(self, subject: Subject, scatter: Scatter) -> None:
        """
        Add a task or a build.

        :param scatter: the scatter of its duration.
        """
        self._samples[subject] = Sample(
            subject, scatter, self._arches, self.random, self._now)

    def draw(self, number: int, starts: Starts) -> Iterator[None]:
        """
        Draw an end of each task, in steps.

        :param number: the number of the play.
        :param starts: the starts of the waiting parts in the play.
        """
        for sample in self._samples.values():
            sample.draw(number, starts)
            yield

    def take_range(self, subject: Subject
                   ) -> tuple[datetime, datetime] | None:
        """
        Find the earliest and the latest end of a task, and forget the task.

        :returns: None if unknown.
        """
        # A sample has hundreds of numbers. To free those of many tasks at once
        # would hold the reactor.
        sample = self._samples.pop(subject, None)
        return None if sample is None else sample.range()
