"""
`Task`, as `getTaskInfo`, `listTasks` and others give it, and `Channel`, as
`getChannel` gives it. (They are in one module, since each gives the other.)
"""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.estimates.averages import task_durations
from txkoji.estimates.completion import descendents_completion, task_completion
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
from txkoji.task_requests.row import TaskRow

#: A task is within no more tasks than this.
GENERATIONS = 10


class NoDescendentsError(KojiException):
    """The task has no descendents to tell anything from."""


class Channel(Resource):
    """
    A channel: the tasks in it are done by the hosts in it. That of
    `Task.channel` knows its id, and not the rest: ``koji.getChannel(id)``
    asks for that.
    """

    __slots__ = ()

    members = frozenset(['id', 'name', 'description', 'enabled', 'comment'])
    page = 'channelinfo?channelID'

    def hosts(self, **kwargs: Any) -> Deferred[Any]:
        """
        The builders of this channel.

        :param kwargs: more arguments of the hub's ``listHosts``, such as
                       ``enabled=True``.
        :returns: a Deferred that fires with a list of `Host`.
        """
        return hub_of(self).listHosts(channelID=id_of(self), **kwargs)

    def tasks(self, **kwargs: Any) -> Deferred[Any]:
        """
        The tasks of this channel.

        :param kwargs: options of the hub's ``listTasks``, such as
                       ``state=[task_states.OPEN]``.
        :returns: a Deferred that fires with a list of `Task`.
        """
        return hub_of(self).listTasks(
            opts={**kwargs, 'channel_id': id_of(self)})

    def total_capacity(self, by_arch: bool = False) -> Deferred[Any]:
        """
        What the builders of this channel can do at once: the sum of the
        capacities of those that are enabled, ready, and not silent (see
        `Host.is_available`). The weights of the tasks that they work on add
        up to their load.

        :param by_arch: whether to tell it for each architecture; a builder
                        of two counts for both.
        :returns: a Deferred that fires with a float, or with a dictionary of
                  these.
        """
        def add_up(hosts: list[Any]) -> Any:
            hosts = [host for host in hosts if host.is_available]
            if not by_arch:
                return sum(map(_capacity, hosts), 0.0)
            total: dict[str, float] = {}
            for host in hosts:
                for arch in (host.get('arches') or '').split():
                    total[arch] = total.get(arch, 0.0) + _capacity(host)
            return total

        return self.hosts(enabled=True, ready=True).addCallback(add_up)


def _capacity(host: Any) -> float:
    return host.get('capacity') or 0.0


class Task(TaskRow):
    """
    A task: something that a builder does, did, or is to do. See `TaskRow` for
    the members and properties that need no hub.
    """

    __slots__ = ()

    @property
    def channel(self) -> Channel | None:
        """
        The `Channel` that it is in, or None. Nobody is asked for it: it
        knows its id, and its name where the row of the task has that.
        """
        if self.channel_id is None:
            return None
        row = {'id': self.channel_id}
        if self.get('channel_name') is not None:
            row['name'] = self.get('channel_name')
        return Channel.attached(row, self.connection)

    def find_scratch(self) -> Deferred[bool | None]:
        """
        Find out whether it belongs to a scratch build: by its own request,
        or else by that of its parent, which is asked for.

        :returns: a Deferred that fires with that; with None if nobody knows.
        """
        return Deferred.fromCoroutine(self._find_scratch())

    async def _find_scratch(self) -> bool | None:
        task: Task | None = (
            self if self.params is not None
            else await hub_of(self).getTaskInfo(id_of(self)))
        # A hub that lies could make a circle of them.
        for _ in range(GENERATIONS):
            if task is None or task.is_scratch is not None \
                    or task.parent is None:
                break
            task = await hub_of(self).getTaskInfo(task.parent)
        return None if task is None else task.is_scratch

    def wait(self, timeout: float | None = None) -> Deferred[Any]:
        """
        Wait until it is finished.

        :param timeout: seconds; None for as long as it takes.
        :returns: a Deferred that fires with a new `Task`, which may have
                  failed.
        :raises CallTimeout: when the time is over. The task goes on.
        """
        return hub_of(self).wait(self, timeout)

    def get_result(self) -> Deferred[Any]:
        """
        Get what it gave.

        :returns: a Deferred that fires with it, if it is finished.
        :raises TaskFailed: if it failed, with what it failed as its
                            ``__cause__``; `TaskCanceled` if it was canceled.
        :raises GenericError: if it is not finished yet.
        """
        return Deferred.fromCoroutine(self._get_result())

    async def _get_result(self) -> Any:
        koji = hub_of(self)
        task = await self._look_again()
        result = refusal = None
        if task.state != task_states.CANCELED:
            try:
                result = await koji.getTaskResult(task.id, raise_fault=False)
            except GenericError as error:
                refusal = error
            if task.state not in task_states.DONE_GROUP:
                # It may have ended meanwhile.
                task = await self._look_again()
        if task.state == task_states.CANCELED:
            raise TaskCanceled(f'task {task.id} was canceled', task=task,
                               method=task.method)
        if refusal is not None:
            raise refusal
        if task.state == task_states.FAILED:
            cause = _fault(result)
            raise TaskFailed(f'task {task.id} failed: {cause or "unknown"}',
                             task=task, method=task.method) from cause
        return result

    async def _look_again(self) -> Task:
        """Ask for the task as it is now."""
        task: Task = existing(await hub_of(self).getTaskInfo(id_of(self)),
                              'task', id_of(self))
        return task

    def estimate_duration(self) -> Deferred[timedelta | None]:
        """
        Estimate how long it takes from its start to its end, or tell how
        long it took. See `txkoji.estimates.task_durations`: for a package
        that is the hub's average, without the time in the queue.

        :returns: a Deferred that fires with a timedelta, or with None if
                  nothing is known of such tasks.
        """
        return Deferred.fromCoroutine(self._estimate_duration())

    async def _estimate_duration(self) -> timedelta | None:
        if self.completed is not None:
            return self.duration
        [duration] = await task_durations(hub_of(self), [self])
        return duration

    def estimate_completion(self) -> Deferred[datetime | None]:
        """
        Estimate when it will be done, or tell when it was.

        One that goes on began, and takes as long as such tasks do (see
        `estimate_duration`). If that is over, the estimate is now, which
        means: any moment, or much later; it has outlived all that is known.
        A ``build`` goes on with its ``buildArch`` tasks and the import after
        these, or still with its source package. When one of these has
        failed, it ends with the last of those that go on (on some hubs the
        others are canceled then, on others they are not); if none does, it
        fails now.

        For one that waits, the queue of its channel is played forward, with
        those of the channels that share its hosts: the tasks before it, what
        the builds among them will start, the hosts with their capacities and
        architectures, and what these work on. What somebody asks for later,
        and goes first, is not foreseen, nor what fails or is canceled, nor
        which packages are for some architectures only (but whether a package
        was built for none, lately). Of others that wait and are no builds,
        their own weight counts, not what they will start. This asks the hub
        for all tasks that are open or wait, and for the averages of their
        packages: seconds of its time, if it is a large one.

        :returns: a Deferred that fires with an aware datetime in UTC; with
                  None if nothing is known of such tasks, if the hub does not
                  say when it began, or in which channel it waits, or if
                  there is no host for it: because all that could do it are
                  disabled, not ready or silent (`Host.is_available`), or
                  because its channel is disabled.
        :raises AnswerError: if what the hub says of others makes no sense.
        """
        return Deferred.fromCoroutine(task_completion(self))

    def estimate_descendents(self) -> Deferred[datetime | None]:
        """
        Estimate when the tasks that it has started will be done; of a
        ``build``, its ``buildArch`` tasks with the import after these.

        :returns: a Deferred that fires as that of `estimate_completion`.
        :raises NoDescendentsError: if it has started none.
        """
        return Deferred.fromCoroutine(self._estimate_descendents())

    async def _estimate_descendents(self) -> datetime | None:
        try:
            return await descendents_completion(self)
        except LookupError:
            raise NoDescendentsError(
                f'task {id_of(self)} has no descendents to tell anything from'
                ) from None

    def get_children(self) -> Deferred[Any]:
        """
        The tasks that it has started itself.

        :returns: a Deferred that fires with a list of `Task`.
        """
        return hub_of(self).getTaskChildren(id_of(self))

    def descendents(self, method: str | None = None,
                    state: int | None = None) -> Deferred[Any]:
        """
        Find the tasks that it has started, those that they have started,
        and so on.

        :param method: only those of this method, such as "buildArch".
        :param state: only those in this state, such as `task_states.FREE`.
        :returns: a Deferred that fires with a list of `Task`.
        """
        def chosen(tasks: list[Task]) -> list[Task]:
            return [task for task in tasks
                    if method in (None, task.method)
                    and state in (None, task.state)]

        return hub_of(self).getTaskDescendents(id_of(self)).addCallback(chosen)

    def output(self) -> Deferred[list[File]]:
        """
        The files that it has put out, to be downloaded: logs and, of the
        steps of a build, packages. Of a scratch build that is done, also
        what its steps have made, where the hub puts it for people.

        :returns: a Deferred that fires with a list of `txkoji.files.File`.
                  (Without a topurl, `Connection.download_task_output` gets
                  them by their names.)
        """
        return Deferred.fromCoroutine(output_of(self))


def _fault(result: Any) -> KojiException | None:
    """What a task failed with, as the hub keeps it."""
    if isinstance(result, dict):
        code, text = result.get('faultCode'), result.get('faultString')
        if isinstance(code, int) and isinstance(text, str):
            return from_fault(code, text)
    return None
