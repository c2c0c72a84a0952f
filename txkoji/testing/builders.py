"""The builders of a FakeHub: they open tasks and end them, after a while."""
from __future__ import annotations

import heapq
from collections.abc import Callable, Mapping
from itertools import count
from typing import Any

from txkoji import task_states
from txkoji.exceptions import KojiException
from txkoji.testing.clocks import LazyReactor
from txkoji.testing.dispatch import code_of
from txkoji.testing.repos import Repos
from txkoji.testing.tables import Row
from txkoji.testing.tasks import Tasks
from txkoji.testing.work import Steps, Work
from txkoji.testing.world import World

#: Seconds until a free task is opened, and that an architecture takes.
PICKUP, DURATION = 3.0, 60.0

#: Seconds after which a task that no host can take is looked at again.
AGAIN = 30.0


class Builders:
    """
    Builders, which are off until `start`.

    What they do is done at its time: when that comes, on a clock that a test
    moves, or at the next request, on Twisted's reactor. (With a bus that
    somebody listens to, or on a port, they also act between requests.)

    :param world: the hub's.
    :param clock: the hub's.

    :ivar running: whether they are on.
    :ivar between: whether they act between requests.
    :ivar moment: the time of what they just do; None if they do nothing.
    """

    def __init__(self, world: World, clock: Any) -> None:
        self._world = world
        self._clock = clock
        self._work = Work(world, self._seconds, self._failure,
                          lambda: self._pace)
        self._pace = 1.0
        self._asked = False
        self._due: list[tuple[float, int, Callable[[], None]]] = []
        self._count = count()
        self._steps: dict[int, Steps] = {}
        self._waiting: dict[int, list[int]] = {}
        self._durations: dict[str, float] = {}
        self._failures: dict[tuple[str, str | None], str] = {}
        self._duration = DURATION
        self._timer: Any = None
        self.running: bool = False
        self.between: bool = not isinstance(clock, LazyReactor)
        self.moment: float | None = None

    def start(self, *, duration: float = DURATION,
              durations: Mapping[str, float] | None = None,
              old: bool = False) -> None:
        """
        Let builders take the tasks that come.

        :param duration: seconds that an architecture of a build takes; all
                         else is as much faster, or slower.
        :param durations: the same of packages, by name.
        :param old: whether also those that are free now.
        """
        self.running = True
        self._duration = duration
        self._pace = duration / DURATION
        self._durations.update(durations or {})
        for row in self._world.tables.tasks if old else ():
            if row['state'] in (task_states.FREE, task_states.ASSIGNED):
                self._pick_up(row['id'])
        self._set_timer()

    def stop(self) -> None:
        """Let no builder do anything any more; what is open stays so."""
        self.running = False
        self._due.clear()
        self._steps.clear()
        self._waiting.clear()
        self._set_timer()

    def fail(self, package: str, arch: str | None = None,
             text: str | None = None) -> None:
        """
        Let the builds of a package fail from now on.

        :param arch: on this architecture only.
        :param text: what the task says then.
        """
        self._failures[package, arch] = text or (
            'error building package'
            f'{f" (arch {arch})" if arch else ""}, mock exited with status 1;'
            ' see build.log for more information')

    def mend(self, package: str) -> None:
        """Let the builds of a package succeed from now on."""
        for key in list(self._failures):
            if key[0] == package:
                del self._failures[key]

    def _seconds(self, package: str, arch: str) -> float:
        return self._durations.get(package, self._duration)

    def _failure(self, package: str, arch: str) -> str | None:
        return self._failures.get((package, arch),
                                  self._failures.get((package, None)))

    # What happens

    def hear(self, details: Row) -> None:
        """Hear that the state of a task changed."""
        if not self.running:
            return
        number = details['info']['id']
        if details['new'] in ('FREE', 'ASSIGNED'):
            self._pick_up(number)
        elif details['new'] in ('CLOSED', 'FAILED', 'CANCELED'):
            self._steps.pop(number, None)
            self._waiting.pop(number, None)
            self._wake(details['info']['parent'])

    def _pick_up(self, number: int) -> None:
        self._later(PICKUP * self._pace, lambda: self._open(number))

    def _open(self, number: int) -> None:
        row = self._world.tables.by_id('tasks').get(number)
        if row is None or row['state'] not in (task_states.FREE,
                                               task_states.ASSIGNED):
            return
        host = (row['host_id'] if row['state'] == task_states.ASSIGNED
                else host_for(self._world, row))
        if host is None:
            self._later(AGAIN, lambda: self._open(number))
            return
        Tasks(self._world).open(row, host)
        self._steps[number] = self._work.of(row)
        self._go_on(number)

    def _go_on(self, number: int) -> None:
        """Do the next step of a task."""
        steps = self._steps.get(number)
        row = self._world.tables.by_id('tasks').get(number)
        if steps is None or row is None \
                or row['state'] != task_states.OPEN:
            return
        tasks = Tasks(self._world)
        try:
            step = next(steps)
        except StopIteration as end:
            tasks.end(row, task_states.CLOSED, [end.value])
        except KojiException as fault:
            tasks.end(row, task_states.FAILED, {
                'faultCode': code_of(fault), 'faultString': str(fault)})
        else:
            if isinstance(step, list):
                self._waiting[number] = step
                tasks.wait(row, step)
                self._wake(number)
            else:
                self._later(step, lambda: self._go_on(number))

    def _wake(self, number: int | None) -> None:
        """Let a task go on whose subtasks have ended, or one has failed."""
        numbers = self._waiting.get(number or 0)
        if number is None or numbers is None:
            return
        tasks = self._world.tables.by_id('tasks')
        states = [tasks[each]['state'] for each in numbers]
        if all(state in task_states.DONE_GROUP for state in states) \
                or task_states.FAILED in states:
            del self._waiting[number]
            Tasks(self._world).awaited(tasks[number])
            self._later(0, lambda: self._go_on(number))

    # In time

    def _later(self, seconds: float, action: Callable[[], None]) -> None:
        heapq.heappush(self._due, (self._world.now() + seconds,
                                   next(self._count), action))
        self._set_timer()

    def catch_up(self) -> None:
        """Do all that was due until now, each at its time."""
        if not self._due or self.moment is not None:
            return
        now = self._world.now()
        try:
            while self._due and self._due[0][0] <= now:
                self.moment, _, action = heapq.heappop(self._due)
                self._world.begin()
                self._world.tables.refresh()
                action()
                self._world.commit()
        finally:
            self.moment = None
        self._set_timer()

    def _set_timer(self) -> None:
        if self.moment is not None:
            return
        timer, self._timer = self._timer, None
        if timer is not None and timer.active():
            timer.cancel()
        if self._due and self.between:
            delay = max(0, self._due[0][0] - self._world.now())
            self._timer = self._clock.callLater(delay, self.catch_up)

    def look(self) -> None:
        """See whether somebody waits for a repository, as kojira does."""
        if not self.running or self._asked:
            return
        tasks = self._world.tables.by_id('tasks')
        for row in self._world.tables.repo_requests:
            task = tasks.get(row['task_id'])
            if row['active'] and (task is None or task['state'] in (
                    task_states.FAILED, task_states.CANCELED)):
                self._asked = True
                self._later(PICKUP * self._pace, self._check_queue)
                return

    def _check_queue(self) -> None:
        self._asked = False
        Repos(self._world).check_queue()

    def live(self) -> None:
        """Act between requests, too."""
        self.between = True
        self._set_timer()


def host_for(world: World, task: Row) -> int | None:
    """Get the least busy host that may take a task, or None."""
    tables = world.tables
    members = {row['host_id'] for row in tables.active('host_channels')
               if row['channel_id'] == task['channel_id']}
    load: dict[int, int] = {}
    for row in tables.where('tasks', 'state', task_states.OPEN):
        load[row['host_id']] = load.get(row['host_id'], 0) + 1
    fitting = [row['id'] for row in tables.hosts
               if row['enabled'] and row['ready'] and row['id'] in members
               and task['arch'] in (*(row['arches'] or '').split(),
                                    'noarch')]
    return min(fitting, key=lambda each: load.get(each, 0), default=None)
