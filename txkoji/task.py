"""`Task` and `Channel`. They are in one module, since each gives the other."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal, overload

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.builds.of_tasks import builds_of
from txkoji.estimates.completion import completion, descendents_completion
from txkoji.estimates.durations import task_durations
from txkoji.exceptions import (
    GenericError,
    KojiException,
    TaskCanceled,
    TaskFailed,
    from_fault,
)
from txkoji.files.file import File
from txkoji.files.task_output import output_of
from txkoji.resource import Resource, existing, hub_of, id_of
from txkoji.rows import Host
from txkoji.task_requests.row import TaskRow

#: Maximum depth of nested tasks.
GENERATIONS = 10


class NoDescendentsError(KojiException):
    """The task has no descendents, so that nothing can be estimated."""


class Channel(Resource):
    """
    A channel, which assigns its tasks to its hosts.

    The channel of `Task.channel` has its id and perhaps its name only;
    ``koji.getChannel(id)`` gets the others.
    """

    __slots__ = ()

    page = 'channelinfo?channelID'

    #: A comment of the administrators.
    comment: str | None
    #: The description.
    description: str | None
    #: Whether its tasks are done.
    enabled: bool | None
    #: The id.
    id: int
    #: The name.
    name: str | None

    def hosts(self, **kwargs: Any) -> Deferred[list[Host]]:
        """
        List the builders of the channel.

        :param kwargs: further arguments of ``listHosts``, such as
                       ``enabled=True``.
        :returns: a Deferred that fires with a list of `Host`.
        """
        return hub_of(self).call('listHosts', channelID=id_of(self), **kwargs)

    def tasks(self, **kwargs: Any) -> Deferred[list[Task]]:
        """
        List the tasks of the channel.

        :param kwargs: options of ``listTasks``, such as
                       ``state=[task_states.OPEN]``.
        :returns: a Deferred that fires with a list of `Task`.
        """
        return hub_of(self).listTasks(
            {**kwargs, 'channel_id': id_of(self)})

    @overload
    def total_capacity(self, by_arch: Literal[False] = False
                       ) -> Deferred[float]: ...

    @overload
    def total_capacity(self, by_arch: Literal[True]
                       ) -> Deferred[dict[str, float]]: ...

    def total_capacity(self, by_arch: bool = False) -> Deferred[Any]:
        """
        Add up the capacities of the available builders.

        See `Host.is_available`. The load of a builder is the sum of the
        weights of its open tasks.

        :param by_arch: whether to add up each architecture. A builder of two
                        architectures counts for both.
        :returns: a Deferred that fires with a float, or with a dictionary of
                  floats by architecture.
        """
        def add_up(hosts: list[Host]) -> float | dict[str, float]:
            hosts = [host for host in hosts if host.is_available]
            if not by_arch:
                return sum(map(_capacity, hosts), 0.0)
            total: dict[str, float] = {}
            for host in hosts:
                for arch in (host.arches or '').split():
                    total[arch] = total.get(arch, 0.0) + _capacity(host)
            return total

        return self.hosts(enabled=True, ready=True).addCallback(add_up)


def _capacity(host: Host) -> float:
    return host.capacity or 0.0


class Task(TaskRow):
    """
    A task: a unit of work for a builder.

    `TaskRow` has the members and properties that need no call.
    """

    __slots__ = ()

    @property
    def channel(self) -> Channel | None:
        """
        The `Channel` of the task, or None.

        Without a call, it has its id, and its name if the row of the task has
        that.
        """
        if self.channel_id is None:
            return None
        row: dict[str, Any] = {'id': self.channel_id}
        if self.get('channel_name') is not None:
            row['name'] = self.get('channel_name')
        return Channel.attached(row, self.connection)

    def find_scratch(self) -> Deferred[bool | None]:
        """
        Find out whether the task belongs to a scratch build.

        The request of the task says so, or else that of its parent, which is
        asked for.

        :returns: a Deferred that fires with a bool; with None if unknown.
        """
        return Deferred.fromCoroutine(self._find_scratch())

    async def _find_scratch(self) -> bool | None:
        task: Task | None = (
            self if self.params is not None
            else await hub_of(self).getTaskInfo(id_of(self)))
        # Broken answers may contain a circle.
        for _ in range(GENERATIONS):
            if task is None or task.is_scratch is not None \
                    or task.parent is None:
                break
            task = await hub_of(self).getTaskInfo(task.parent)
        return None if task is None else task.is_scratch

    def wait(self, timeout: float | None = None) -> Deferred[Task]:
        """
        Wait until the task has finished.

        :param timeout: seconds; None for no limit.
        :returns: a Deferred that fires with a new `Task`, which may have
                  failed.
        :raises CallTimeout: when the time is over. The task goes on.
        """
        return hub_of(self).wait(self, timeout)

    def get_result(self) -> Deferred[Any]:
        """
        Get the result of the finished task.

        :returns: a Deferred that fires with the result.
        :raises TaskFailed: if the task failed. Its ``__cause__`` is the error
                            of the task.
        :raises TaskCanceled: if the task was canceled.
        :raises GenericError: if the task has not finished.
        """
        return Deferred.fromCoroutine(self._get_result())

    async def _get_result(self) -> Any:
        koji = hub_of(self)
        task = await self._look_again()
        result = refusal = None
        if task.state != task_states.CANCELED:
            try:
                result = await koji.call('getTaskResult', task.id,
                                         raise_fault=False)
            except GenericError as error:
                refusal = error
            if task.state not in task_states.DONE_GROUP:
                # The task may have ended since the first look.
                task = await self._look_again()
        if task.state == task_states.CANCELED:
            raise TaskCanceled(f'task {task.id} was canceled', task=task,
                               method=task.method)
        if refusal is not None:
            raise refusal
        if task.state == task_states.FAILED:
            cause = fault_of(result)
            raise TaskFailed(f'task {task.id} failed: {cause or "unknown"}',
                             task=task, method=task.method) from cause
        return result

    async def _look_again(self) -> Task:
        """Get the current state of the task."""
        task: Task = existing(await hub_of(self).getTaskInfo(id_of(self)),
                              'task', id_of(self))
        return task

    def estimate_duration(self) -> Deferred[timedelta | None]:
        """
        Estimate the time from start to end, or tell it.

        See `txkoji.estimates.task_durations`. For a task of a package, it is
        the hub's average, without the time in the queue.

        :returns: a Deferred that fires with a timedelta; with None if the hub
                  knows no similar tasks.
        """
        return Deferred.fromCoroutine(self._estimate_duration())

    async def _estimate_duration(self) -> timedelta | None:
        if self.completed is not None:
            return self.duration
        [duration] = await task_durations(hub_of(self), [self])
        return duration

    def estimate_completion(self) -> Deferred[datetime | None]:
        """
        Estimate the time of the end, or tell it.

        An open task has begun, and takes the usual time (see
        `estimate_duration`). If that time has passed, the estimate is now. A
        ``build`` goes on with its ``buildArch`` tasks and the import after
        them, or still with its source package. If one of these tasks has
        failed, the build ends with the last of the open ones (some hubs cancel
        these, others do not), or at once.

        For a task in the queue, the queue of its channel is played forward,
        together with the channels that share its hosts: the tasks ahead, the
        tasks that the builds among them will start, the hosts with their
        capacities and architectures, and each host's open tasks. Not foreseen
        are later tasks with a higher priority, failures, and packages for some
        architectures only (except packages whose last build was noarch). For
        queued tasks other than builds, only their own weight counts. The
        estimate asks the hub for all open and queued tasks, and for the
        averages of their packages, which takes a large hub seconds.

        :returns: a Deferred that fires with an aware datetime in UTC. It fires
                  with None if the hub knows no similar tasks, if it does not
                  tell the start or the channel of the task, or if no host can
                  run the task: all that could are disabled, not ready or
                  silent (`Host.is_available`), or the channel is disabled.
        :raises AnswerError: if the hub's answers about hosts and tasks are
                             invalid.
        """
        return Deferred.fromCoroutine(completion(self))

    def estimate_descendents(self) -> Deferred[datetime | None]:
        """
        Estimate the end of the tasks that this task has started.

        For a ``build``, it is the end of its ``buildArch`` tasks with the
        import after them.

        :returns: a Deferred that fires as that of `estimate_completion`.
        :raises NoDescendentsError: if the task has started none.
        """
        return Deferred.fromCoroutine(self._estimate_descendents())

    async def _estimate_descendents(self) -> datetime | None:
        try:
            return await descendents_completion(self)
        except LookupError:
            raise NoDescendentsError(
                f'task {id_of(self)} has no descendents to tell anything from'
                ) from None

    def get_children(self) -> Deferred[list[Task]]:
        """
        Get the tasks that this task has started itself.

        :returns: a Deferred that fires with a list of `Task`.
        """
        return hub_of(self).getTaskChildren(id_of(self))

    def descendents(self, method: str | None = None,
                    state: int | None = None) -> Deferred[list[Task]]:
        """
        Get the tasks that this task has started, directly or indirectly.

        :param method: a method of tasks, such as "buildArch"; None for all.
        :param state: a state, such as `task_states.FREE`; None for all.
        :returns: a Deferred that fires with a list of `Task`.
        """
        def chosen(tasks: list[Task]) -> list[Task]:
            return [task for task in tasks
                    if method in (None, task.method)
                    and state in (None, task.state)]

        return hub_of(self).getTaskDescendents(id_of(self)).addCallback(chosen)

    def output(self) -> Deferred[list[File]]:
        """
        List the output files of the task, for download.

        The files are logs and, for a step of a build, packages. For a finished
        scratch build, the packages and logs of its steps are included, from
        the hub's folder for scratch builds.

        :returns: a Deferred that fires with a list of `txkoji.files.File`.
                  (Without a topurl, use `Connection.download_task_output`.)
        """
        return Deferred.fromCoroutine(output_of(self))

    def builds(self) -> Deferred[list[Any]]:
        """
        List the builds of the task.

        A task of a build, such as ``buildArch``, has the builds of its parent.
        The builds of container tasks, which content generators import, are
        found by the result of the task; they are known when it is closed.

        :returns: a Deferred that fires with a list of `Build`; an empty one
                  for scratch builds, and for other tasks.
        """
        return Deferred.fromCoroutine(builds_of(self))

    def failure(self) -> Deferred[Any]:
        """
        Find out why the task failed.

        :returns: a Deferred that fires with a
                  `txkoji.submissions.failure.TaskFailure`; with None if the
                  task has succeeded, or if nothing has failed yet.
        """
        return hub_of(self).find_failure(id_of(self))


def fault_of(result: Any) -> KojiException | None:
    """Make the error of a failed task from its result; None if it is none."""
    if isinstance(result, dict):
        code, text = result.get('faultCode'), result.get('faultString')
        if isinstance(code, int) and isinstance(text, str):
            return from_fault(code, text)
    return None
