"""Starting builds, and seeing them through."""
from __future__ import annotations

import os
import secrets
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import partial
from typing import Any, Generic, NamedTuple, Protocol, TypeVar

from twisted.internet.defer import Deferred

from txkoji.build import Build
from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiException
from txkoji.files.file import File
from txkoji.files.follow import Follow
from txkoji.files.uploads import Local, upload
from txkoji.multicall import MultiCall
from txkoji.progress import ByteListener
from txkoji.submissions.checks import Target, check_chain, check_target
from txkoji.task import Task
from txkoji.undo import LIMIT, call_or_undo
from txkoji.waiting.changes import Changes
from txkoji.waiting.tasks import TaskOrId

#: Groups of sources of a chain build.
Groups = Sequence[str | Sequence[str]]

Product = TypeVar('Product')


class Watcher(Protocol):
    """The methods of a `Connection` that see a task through."""

    def wait(self, tasks: Any, timeout: float | None = None
             ) -> Deferred[Any]:
        """Wait until tasks have finished."""

    def watch(self, task: TaskOrId) -> Changes:
        """Iterate over the state changes of a task."""

    def follow(self, task_id: TaskOrId, *, descendents: bool = ...,
               names: str = ...) -> Follow:
        """Iterate over the lines of a task's logs."""


class Order(NamedTuple):
    """
    The arguments of a submission.

    :ivar target: the name of the build target, or None.
    :ivar opts: the options of the hub method.
    :ivar priority: added to Koji's default priority; None for the same.
    :ivar channel: the name of a channel, or None.
    :ivar is_scratch: whether the build is not kept.
    """

    target: str | None
    opts: dict[str, Any]
    priority: int | None
    channel: str | None
    is_scratch: bool = False

    @property
    def named(self) -> dict[str, Any]:
        """The named arguments of the hub method."""
        named = {'priority': self.priority, 'channel': self.channel}
        return {name: value for name, value in named.items()
                if value is not None}


class _Started:
    """
    A task that was submitted.

    :ivar task: the `Task`, as it was when it was last asked for.
    """

    def __init__(self, client: HubClient, koji: Watcher, task: Task) -> None:
        self.task: Task = task
        self.client: HubClient = client
        self.koji: Watcher = koji

    def __repr__(self) -> str:
        return f'<{type(self).__name__} of task {self.task.id}>'

    def changes(self) -> Changes:
        """Iterate over its state changes; see `Connection.watch`."""
        return self.koji.watch(self.task)

    def logs(self, names: str = '*log') -> Follow:
        """
        Iterate over the lines of its logs while they grow.

        The logs of its steps are included. See `Connection.follow`.

        :param names: a shell pattern for the names of the logs.
        """
        return self.koji.follow(self.task, descendents=True, names=names)

    def cancel(self) -> Deferred[None]:
        """
        Cancel the task and its steps.

        :returns: a Deferred that fires with None.
        :raises ActionNotAllowed: if the task is another user's.
        """
        canceled: Deferred[None] = self.client.cancelTask(self.task.id)
        return canceled

    async def wait_for_task(self, timeout: float | None) -> Task:
        """
        Wait for the end of the task.

        :raises TaskFailed: if it failed.
        """
        task: Task = await self.koji.wait(self.task, timeout)
        self.task = task
        await task.get_result()
        return task


class Submission(_Started, Generic[Product]):
    """
    A build that was submitted.

    For example::

        submission = await koji.submit_build(source, 'f44', scratch=True)
        async for line in submission.logs():
            print(line.text)
        files = await submission.done()

    Its type parameter is that of the result: ``Submission[Build]``, or, of a
    scratch build, ``Submission[list[File]]``.

    :param find: finds the result, when the task is closed.
    :ivar task: its `Task`, as it was when it was last asked for.
    :ivar is_scratch: whether the build is not kept.
    """

    def __init__(self, client: HubClient, koji: Watcher, task: Task,
                 is_scratch: bool,
                 find: Callable[[Task], Awaitable[Product]]) -> None:
        super().__init__(client, koji, task)
        self.is_scratch: bool = is_scratch
        self._find = find

    def done(self, timeout: float | None = None) -> Deferred[Product]:
        """
        Wait until the build is done.

        :param timeout: seconds; None for no limit.
        :returns: a Deferred that fires with the `Build`; of a scratch build,
                  with its files, each a `txkoji.files.file.File`. Canceling it
                  cancels no task; see `cancel`.
        :raises TaskFailed: if the build failed; `TaskFailed.failure` finds out
                            why.
        :raises TaskCanceled: if the task was canceled.
        :raises CallTimeout: when the time is over. The task goes on.
        """
        return Deferred.fromCoroutine(self._done(timeout))

    async def _done(self, timeout: float | None) -> Product:
        return await self._find(await self.wait_for_task(timeout))


class ChainSubmission(_Started):
    """
    A chain build that was submitted.

    :ivar task: its `Task`, as it was when it was last asked for.
    """

    def done(self, timeout: float | None = None) -> Deferred[list[Build]]:
        """
        Wait until all builds are done.

        :param timeout: seconds; None for no limit.
        :returns: a Deferred that fires with the builds, in order of their
                  tasks. Canceling it cancels no task; see `cancel`.
        :raises TaskFailed: if a build failed. Builds of earlier groups stay.
        :raises TaskCanceled: if the task was canceled.
        :raises CallTimeout: when the time is over. The task goes on.
        """
        return Deferred.fromCoroutine(self._done(timeout))

    async def _done(self, timeout: float | None) -> list[Build]:
        task = await self.wait_for_task(timeout)
        steps = await task.descendents(method='build')
        return await _builds_of(
            self.client, sorted(steps, key=lambda step: step.id))


async def submit_build(client: HubClient, koji: Watcher, source: str | None,
                       order: Order, srpm: Local | None,
                       progress: ByteListener
                       ) -> Submission[Build] | Submission[list[File]]:
    """Start a build; see `Connection.submit_build`."""
    if (source is None) == (srpm is None):
        raise ValueError('submit_build: give either a source or a srpm')
    if order.opts.get('scratch') and not order.is_scratch:
        # The type of the submission depends on the argument.
        raise ValueError('submit_build: for a scratch build, give scratch=True'
                         ' instead of the option')
    if order.target is None and 'repo_id' not in order.opts:
        raise ValueError('submit_build: without a target, give a repo_id in'
                         ' opts')
    if order.target is None:
        # As Koji's command does it: there is no tag to put the build in.
        order = order._replace(opts={**order.opts, 'skip_tag': True})
    name = None if srpm is None else _name_of(srpm)
    await check_target(client, _target(order, name))
    if srpm is not None:
        source = await _upload(client, srpm, name, progress)
    task = await _start(client, 'build', source, order)
    if order.is_scratch:
        return Submission(client, koji, task, True, _files_of)
    return Submission(client, koji, task, False, partial(_build_of, client))


async def submit_chain(client: HubClient, koji: Watcher, groups: Groups,
                       order: Order) -> ChainSubmission:
    """Start a chain build; see `Connection.submit_chain`."""
    sources = [[group] if isinstance(group, str) else list(group)
               for group in groups]
    await check_chain(client, _target(order, None), sources)
    return ChainSubmission(client, koji, await _start(
        client, 'chainBuild', sources, order))


def options(opts: Mapping[str, Any] | None, **named: Any) -> dict[str, Any]:
    """
    Join the options of a build.

    :param opts: further options of the hub method.
    :param named: options that are left out if they are None or False.
    """
    arches = named.get('arch_override')
    if arches is not None and not isinstance(arches, str):
        named['arch_override'] = ' '.join(arches)
    return {**(opts or {}),
            **{name: value for name, value in named.items() if value}}


def _target(order: Order, srpm: str | None) -> Target:
    """Make the facts of an order that the checks need."""
    return Target(
        order.target, order.priority,
        is_tagged=not (order.is_scratch or order.opts.get('skip_tag')),
        may_be_tag='repo_id' in order.opts,
        package=None if srpm is None else srpm.rsplit('-', 2)[0])


def _name_of(srpm: Local) -> str:
    """
    Get the name of a source package.

    :raises ValueError: if it is none.
    """
    place: Any = getattr(srpm, 'name', srpm)
    name = (os.path.basename(os.fspath(place))
            if isinstance(place, (str, os.PathLike)) else None)
    if not isinstance(name, str) or not name.endswith('.src.rpm') \
            or name.count('-') < 2:
        raise ValueError(f'submit_build: {place!r} is no source package, whose'
                         ' name is name-version-release.src.rpm')
    return name


async def _upload(client: HubClient, srpm: Local, name: str | None,
                  progress: ByteListener) -> str:
    """
    Upload a source package to a new folder, named as Koji's command names it.

    :returns: its path, as a source for the hub.
    """
    folder = (f'cli-build/{client.now().timestamp():.6f}.'
              f'{secrets.token_hex(4)}')
    uploaded = await upload(client, srpm, folder, name, progress=progress)
    return f'{uploaded.path}/{uploaded.name}'


async def _start(client: HubClient, method: str, source: Any, order: Order
                 ) -> Task:
    """Make the task; if this is canceled, the task is canceled, too."""
    async def start() -> Task:
        number = await client.call(method, source, order.target, order.opts,
                                   **order.named)
        try:
            task: Task | None = await client.getTaskInfo(number)
        except KojiException:
            # The task is there: the caller must get to know its id.
            task = None
        return task or Task.attached({'id': number}, client.owner)

    patient = client.with_options(deadline=LIMIT)
    return await call_or_undo(
        client, Deferred.fromCoroutine(start()),
        lambda task: patient.cancelTask(task.id), method,
        lambda task: f'task {task.id}')


async def _files_of(task: Task) -> list[File]:
    """Get the files of a scratch build."""
    return await task.output()


async def _build_of(client: HubClient, task: Task) -> Build:
    """
    Get the build of a task.

    :raises GenericError: if there is none.
    """
    builds = await _builds_of(client, [task])
    if not builds:
        raise GenericError(f'task {task.id} is closed, and the hub knows no'
                           ' build of it', method='listBuilds')
    return builds[0]


async def _builds_of(client: HubClient, tasks: list[Task]) -> list[Build]:
    """Get the builds of tasks."""
    many = MultiCall(client, strict=True)
    for task in tasks:
        many.listBuilds(taskID=task.id)
    found = [build.build_id for builds in await many() for build in builds]
    # These rows lack members that others have.
    for number in found:
        many.getBuild(number, strict=True)
    return list(await many())
