"""
The queues of channels, played forward: when will which task be done, if the
hosts go on as Koji's scheduler (kojihub/scheduler.py) lets them. Nothing here
asks a hub: these are numbers.
"""
from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from heapq import heappop, heappush
from itertools import count

#: Tasks that a host works on at once, at most (``maxjobs`` of kojid).
MAX_JOBS = 15

#: Seconds from when a host could take a task until it does: the hub gives
#: tasks out once a minute or more often, and hosts look every 15 seconds.
DELAY = 20.0

#: What a task needs of a host: a channel, and an architecture.
Requirement = tuple[int, str]

#: Priority, time of creation and id: the lower one goes first.
Priority = tuple[int, float, int]


@dataclass(eq=False)
class HostSlots:
    """
    A host, with what it works on.

    :ivar capacity: the sum of the weights that it takes.
    :ivar offers: what it can do.
    """

    capacity: float
    offers: frozenset[Requirement]
    load: float = 0.0
    jobs: int = 0

    @property
    def room(self) -> float:
        """
        What is left of its capacity. A host takes the next task while that
        is more than 0: what is to come weighs 1 until it is begun, and five
        more than the capacity are allowed.
        """
        return self.capacity - self.load if self.jobs < MAX_JOBS else 0.0


@dataclass(eq=False)
class QueuedTask:
    """
    A task that waits, or is worked on, or will be made.

    :ivar need: what it needs.
    :ivar weight: what it will add to the load of its host.
    :ivar seconds: how long it takes.
    :ivar rank: the lowest is next.
    :ivar then: what is made when it is done.
    :ivar ends: when it is done, in seconds since 1970; None until that is
                known.
    """

    need: Requirement
    weight: float
    seconds: float
    rank: Priority
    then: list[QueuedTask] = field(default_factory=list)
    ends: float | None = None


class ChannelQueue:
    """
    What waits in channels, and what their hosts work on.

    :param seats: the hosts.
    :param now: the time, in seconds since 1970.
    """

    def __init__(self, seats: Iterable[HostSlots], now: float) -> None:
        self._seats: dict[Requirement, list[HostSlots]] = {}
        for seat in seats:
            for need in seat.offers:
                self._seats.setdefault(need, []).append(seat)
        #: How many hosts have room, for each need.
        self._open = Counter({
            need: sum(seat.room > 0 for seat in offering)
            for need, offering in self._seats.items()})
        self._now = now
        #: What waits, by what it needs, the next first. All hosts that offer
        #: that treat them alike, so only the first can be the next.
        self._waiting: dict[
            Requirement, list[tuple[Priority, int, QueuedTask]]] = {}
        #: What is worked on, the next to end first.
        self._working: list[tuple[
            float, int, QueuedTask, HostSlots | None]] = []
        self._numbers = count()

    def work(self, job: QueuedTask, seat: HostSlots | None, ends: float
             ) -> None:
        """
        Add what is worked on.

        :param seat: the host, or None for one that does not matter.
        :param ends: when it will be done, in seconds since 1970.
        """
        if seat is not None:
            self._load(seat, job.weight, 1)
        job.ends = ends
        heappush(self._working, (ends, next(self._numbers), job, seat))

    def _load(self, seat: HostSlots, weight: float, jobs: int) -> None:
        before = seat.room > 0
        seat.load += weight
        seat.jobs += jobs
        change = (seat.room > 0) - before
        if change:
            for need in seat.offers:
                self._open[need] += change

    def add(self, job: QueuedTask) -> None:
        """Add what waits. (Those that go first are to be added first.)"""
        waiting = self._waiting.setdefault(job.need, [])
        if waiting or self._open[job.need] <= 0:
            heappush(waiting, (job.rank, next(self._numbers), job))
        else:
            self._begin(job, max(self._seats[job.need],
                                 key=lambda seat: seat.room))

    def play(self, until: Iterable[QueuedTask] = ()) -> None:
        """
        Let time go by, so that each job gets its end. Those that no host can
        do have none.

        :param until: those that are asked for: then it stops. None for all.
        """
        wanted = set(until)
        asked = bool(wanted)
        while self._working and (wanted or not asked):
            self._now, _, job, seat = heappop(self._working)
            wanted.discard(job)
            if seat is not None:
                self._load(seat, -job.weight, -1)
            for made in job.then:
                priority, _, number = made.rank
                made.rank = priority, self._now, number
                self.add(made)
            if seat is not None:
                self._fill(seat)

    def _fill(self, seat: HostSlots) -> None:
        """Give a host the next tasks, while it has room."""
        while seat.room > 0:
            queues = [self._waiting[need] for need in seat.offers
                      if self._waiting.get(need)]
            if not queues:
                return
            *_, job = heappop(min(queues, key=lambda queue: queue[0]))
            self._begin(job, seat)

    def _begin(self, job: QueuedTask, seat: HostSlots) -> None:
        self.work(job, seat, self._now + DELAY + job.seconds)
