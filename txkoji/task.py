"""A task, as `getTaskInfo`, `listTasks` and others give it."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.channel import Channel
from txkoji.estimates.averages import task_durations
from txkoji.estimates.forecast import descendents_completion, task_completion
from txkoji.exceptions import (
    AnswerError,
    GenericError,
    KojiException,
    TaskCanceled,
    TaskFailed,
    from_fault,
)
from txkoji.files.task_output import output_of
from txkoji.files.topurl import File
from txkoji.hub.codec.xmlrpc import decode_call
from txkoji.resource import Timed, existing
from txkoji.task_requests import layouts as task_methods, titles as task_titles
from txkoji.task_requests.layouts import Layout

#: A task is within no more tasks than this.
GENERATIONS = 10


class NoDescendentsError(KojiException):
    """The task has no descendents to tell anything from."""


class Task(Timed):
    """
    A task: something that a builder does, did, or is to do.

    What it is about (`package`, `target`, `tag`, `arch` and so on) is read
    from its request, which Connection asks for. It is None where the request
    is missing or malformed, the method unknown, or the request does not say;
    only a source that names no package makes `package` raise ValueError.
    """

    __slots__ = ()

    members = frozenset([
        'awaited', 'channel_id', 'completion_time', 'completion_ts',
        'create_time', 'create_ts', 'host_id', 'id', 'label', 'method',
        'owner', 'owner_name', 'owner_type', 'parent', 'priority', 'request',
        'result', 'start_time', 'start_ts', 'state', 'waiting', 'weight'])
    page = 'taskinfo?taskID'
    states = task_states.NAMES
    running = task_states.OPEN

    @property
    def created(self) -> datetime | None:
        """When it was asked for, in UTC, or None."""
        return self._time('create')

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

    @property
    def params(self) -> list[Any] | None:
        """
        The parameters of its request, as a list. Named ones are in a last
        dictionary that has a ``__starstar``, as the hub keeps them.
        """
        request = self.get('request')
        if isinstance(request, str):
            try:
                _, request = decode_call(request.encode())
            except (AnswerError, ValueError):
                return None
        return request if isinstance(request, list) else None

    @property
    def package(self) -> str | None:
        """
        The name of the package that it is about.

        :raises ValueError: if its source cannot be read.
        """
        layout, named = self._request()
        return task_methods.find_package(named, layout)

    @property
    def source(self) -> str | None:
        """
        What it builds from: the URL of a source repository, or the path of a
        ``.src.rpm``.
        """
        layout, named = self._request()
        return task_methods.find_source(named, layout)

    @property
    def nvr(self) -> str | None:
        """
        The name-version-release that it is about, where the request has one.
        (That of a ``.src.rpm`` may differ from that of the build in its
        dist tag.)
        """
        layout, named = self._request()
        return task_methods.find_nvr(named, layout)

    @property
    def options(self) -> dict[str, Any] | None:
        """The options that it was asked for with, such as ``scratch``."""
        layout, named = self._request()
        return task_methods.find_options(named) if layout.params else None

    @property
    def title(self) -> str | None:
        """
        The line that Koji's own tools show of the task: its method, and its
        most important parameters. (The hub's column is ``label``.)
        """
        method = self.get('method')
        if not isinstance(method, str):
            return None
        return task_titles.title(method, self.get('arch'), self.params)

    @property
    def target(self) -> str | None:
        """The name of the target that it builds for."""
        return _text(self._find('target'))

    @property
    def tag(self) -> Any:
        """
        The tag that it is about: a name, or an id where the request has no
        name.
        """
        tag = self._find('tag')
        return tag if isinstance(tag, (str, int)) else None

    @property
    def arch(self) -> str | None:
        """
        The architecture that it is for. (The hub's column, which decides
        about the builder, is ``task['arch']``.)
        """
        return _text(self._find('arch'))

    @property
    def arches(self) -> list[str] | None:
        """The architectures that it is for."""
        layout, named = self._request()
        return task_methods.find_arches(named, layout)

    @property
    def build_id(self) -> int | None:
        """
        The id of the build that it is about, or of the one that it made
        where its result says so.
        """
        layout, named = self._request()
        number = task_methods.find_build(named, layout)
        if number is None:
            number = task_methods.result_build(self.get('result'))
        return number

    @property
    def is_scratch(self) -> bool | None:
        """
        Whether it is a scratch build, which is not kept. None where its
        request does not say so, as that of a ``buildArch``, which `parent`
        would know: see `find_scratch`.
        """
        params = self.params
        if params is None:
            return None
        if task_methods.find_scratch(params):
            return True
        if self._is_told_by_parent and 'scratch' not in (self.options or {}):
            return None
        return False

    @property
    def _is_told_by_parent(self) -> bool:
        """Whether the parent's request says whether it is for scratch."""
        method = self.get('method')
        return method in ('buildArch', 'vmExec') or (
            method == 'wrapperRPM' and self.parent is not None)

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
            else await self._koji.getTaskInfo(self._key))
        # A hub that lies could make a circle of them.
        for _ in range(GENERATIONS):
            if task is None or task.is_scratch is not None \
                    or task.parent is None:
                break
            task = await self._koji.getTaskInfo(task.parent)
        return None if task is None else task.is_scratch

    def wait(self, timeout: float | None = None) -> Deferred[Any]:
        """
        Wait until it is finished.

        :param timeout: seconds; None for as long as it takes.
        :returns: a Deferred that fires with a new `Task`, which may have
                  failed.
        :raises CallTimeout: when the time is over. The task goes on.
        """
        return self._koji.wait(self, timeout)

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
        koji = self._koji
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
        task: Task = existing(await self._koji.getTaskInfo(self._key),
                              'task', self._key)
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
        [duration] = await task_durations(self._koji, [self])
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
                f'task {self._key} has no descendents to tell anything from'
                ) from None

    def get_children(self) -> Deferred[Any]:
        """
        The tasks that it has started itself.

        :returns: a Deferred that fires with a list of `Task`.
        """
        return self._koji.getTaskChildren(self._key)

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

        return self._koji.getTaskDescendents(self._key).addCallback(chosen)

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

    def _request(self) -> tuple[Layout, dict[str, Any]]:
        """Its request's layout, and the parameters by their names."""
        method = self.get('method')
        params = self.params
        layout = (task_methods.METHODS.get(method)
                  if isinstance(method, str) else None)
        if layout is None or params is None:
            return Layout(''), {}
        return layout, task_methods.parameters(layout, params)

    def _find(self, what: str) -> Any:
        layout, named = self._request()
        return task_methods.find(named, getattr(layout, what))


def _fault(result: Any) -> KojiException | None:
    """What a task failed with, as the hub keeps it."""
    if isinstance(result, dict):
        code, text = result.get('faultCode'), result.get('faultString')
        if isinstance(code, int) and isinstance(text, str):
            return from_fault(code, text)
    return None


def _text(value: Any) -> str | None:
    """Text as it is; None for what should be text, and is not."""
    return value if isinstance(value, str) else None
