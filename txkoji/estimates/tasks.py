"""Tasks of a forecast."""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import inf

from txkoji import task_states
from txkoji.estimates.durations import DurationKey
from txkoji.estimates.queue import Priority, QueuedTask
from txkoji.estimates.scatter import Scatter
from txkoji.task_requests.row import TaskRow
from txkoji.task_requests.subjects import canonical_arch

#: The architecture of tasks that run on any host.
NOARCH = 'noarch'

#: The methods of tasks that create the source package of a build.
SRPM_METHODS = ('buildSRPMFromSCM', 'rebuildSRPM')

#: The states of tasks that have not started.
WAITING = (task_states.FREE, task_states.ASSIGNED)

#: The priority of a task if nobody asks for another (``PRIO_DEFAULT`` of
#: koji/__init__.py).
DEFAULT_PRIORITY = 20


@dataclass(eq=False, kw_only=True)
class ForecastTask(QueuedTask):
    """
    A task of the hub, or a task that a build will start.

    :ivar method: the method of the task.
    :ivar keys: the keys of the average duration.
    :ivar arch: the canonical architecture of a ``buildArch`` task.
    :ivar build: the id of the ``build`` task that the task belongs to, or is.
    :ivar is_virtual: True if the task waits in the queue, but is no load.
    :ivar average: the seconds that the task takes on average.
    :ivar package_average: the seconds that the slowest architecture of a
                           ``buildArch`` task takes on average.
    :ivar scatter: the scatter of the duration, as a fraction of the average;
                   None if unknown.
    """

    method: str
    keys: Sequence[DurationKey]
    arch: str | None = None
    build: int | None = None
    is_virtual: bool = False
    average: float = 0.0
    package_average: float = 0.0
    scatter: Scatter | None = None


@dataclass(eq=False, kw_only=True)
class HubTask(ForecastTask):
    """
    A task of the hub.

    :ivar row: the row of the task.
    :ivar package: the package of a ``build`` or ``buildArch`` task.
    :ivar target: the target of a ``build`` task.
    :ivar arches: the architectures of a scratch build that overrides those of
                  its tag; None for all architectures of the tag.
    """

    row: TaskRow
    package: str | None = None
    target: str | None = None
    arches: list[str] | None = None


def hub_task(row: TaskRow, keys: Sequence[DurationKey]) -> HubTask:
    """
    Make a `HubTask`, still without duration and weight.

    :param row: the row of the task.
    :param keys: the keys of the average duration.
    """
    arch = canonical_arch(row.get('arch') or NOARCH)
    task = HubTask(
        requirement=(row.channel_id or 0, arch), weight=0.0, seconds=0.0,
        priority=priority_of(row), method=row.method or '', keys=keys,
        row=row)
    if task.method == 'build':
        task.build = row.id
    elif task.method in ('buildArch', *SRPM_METHODS):
        task.build = row.parent
    if task.method in ('build', 'buildArch') and keys:
        task.package = keys[0].name
    if task.method == 'buildArch':
        task.arch = arch_of(row)
    elif task.method == 'build':
        task.target = row.target
        # The hub ignores arch_override in other builds.
        task.arches = row.arches if row.is_scratch else None
    return task


def arch_of(row: TaskRow) -> str | None:
    """Return the canonical architecture in the request of a task, or None."""
    arch = row.arch
    return None if arch is None else canonical_arch(arch)


def priority_of(row: TaskRow) -> Priority:
    """
    Return the position of a task in the queue.

    A message of a new task has no creation time. This task goes last.
    """
    priority, created = row.get('priority'), row.created
    return (DEFAULT_PRIORITY if priority is None else priority,
            inf if created is None else created.timestamp(), row.id)
