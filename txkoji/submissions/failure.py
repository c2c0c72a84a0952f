"""From a failed task to its failed steps, and to the logs to look at."""
from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred

from txkoji import task_states
from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiException
from txkoji.files.file import File
from txkoji.files.listings import OutputFile, read_listing
from txkoji.files.paths import normalize_path, task_path
from txkoji.multicall import MultiCall
from txkoji.resource import existing
from txkoji.stored_call import StoredCall
from txkoji.submissions.summary import Part, summarize
from txkoji.task import Task, fault_of

#: Logs in the order that a person looks at them. The first ones are of mock:
#: making the buildroot, then building in it.
ORDER = ('root.log', 'build.log', 'mock_output.log', 'hw_info.log')

#: A log that is named in the text of a fault, such as "see root.log for more
#: information".
_NAMED = re.compile(r'[\w+.-]+\.log\b')


class FailedStep(NamedTuple):
    """
    A task that failed by itself, not because of a task below it.

    :ivar task: the `Task`.
    :ivar error: the task's error, such as a `BuildError`; None if unknown.
    :ivar arch: the architecture of its request, or else that of its builder's
                choice; None if unknown.
    :ivar host: the name of the builder; None if unknown.
    :ivar logs: its logs, each a `txkoji.files.file.File`, in the order to look
                at them: those that the error names, then root.log, build.log,
                mock_output.log and hw_info.log, then the others.
    """

    task: Task
    error: KojiException | None
    arch: str | None
    host: str | None
    logs: list[File]


class TaskFailure:
    """
    Why a task failed.

    :ivar task: the `Task`.
    :ivar error: its error; None if it was canceled, or still runs.
    :ivar steps: the tasks that failed by themselves, each a `FailedStep`: the
                 task itself, or tasks below it.
    :ivar canceled: the canceled tasks, in order of their ends. (The hub does
                    not record the user who canceled a task.)
    """

    def __init__(self, client: HubClient, task: Task,
                 error: KojiException | None, steps: list[FailedStep],
                 canceled: list[Task], outputs: list[list[OutputFile]]
                 ) -> None:
        self.task = task
        self.error = error
        self.steps = steps
        self.canceled = canceled
        self._client = client
        self._outputs = outputs

    def __repr__(self) -> str:
        return (f'<TaskFailure of task {self.task.id}: {len(self.steps)}'
                f' failed, {len(self.canceled)} canceled>')

    def summary(self, lines: int = 20) -> Deferred[str]:
        """
        Make a page of text: titles, times, errors and the ends of logs.

        :param lines: number of lines of the first log of each step.
        :returns: a Deferred that fires with the text.
        :raises TransportError: if the end of a log does not arrive. (A log
                                that the hub cannot read is mentioned.)
        """
        parts = [Part(step.task, step.error, step.arch, step.host, step.logs,
                      outputs[0] if outputs else None)
                 for step, outputs in zip(self.steps, self._outputs)]
        return Deferred.fromCoroutine(summarize(
            self._client, self.task, self.error, parts, self.canceled, lines))


async def find_failure(client: HubClient, task_id: int) -> TaskFailure | None:
    """Find out why a task failed; see `Connection.find_failure`."""
    many = MultiCall(client, strict=True)
    root = many.getTaskInfo(task_id)
    below_root = many.getTaskDescendents(task_id)
    await many()
    task: Task = existing(root.result, 'task', task_id)
    tasks = {each.id: each for each in [task, *below_root.result]}
    failed = [each for _, each in sorted(tasks.items())
              if each.state == task_states.FAILED]
    canceled = sorted(
        (each for each in tasks.values()
         if each.state == task_states.CANCELED),
        key=lambda each: (each.completed is None, each.completed, each.id))
    if task.state == task_states.CLOSED or not failed and not canceled:
        return None
    above = _ancestors(failed, tasks)
    return await _look(client, task, [each for each in failed
                                      if each.id not in above], canceled)


def _ancestors(failed: Iterable[Task], tasks: dict[int, Task]) -> set[int]:
    """Find the tasks that have a failed task below them."""
    found: set[int] = set()
    for task in failed:
        parent = task.parent
        while parent in tasks and parent not in found:
            found.add(parent)
            parent = tasks[parent].parent
    return found


async def _look(client: HubClient, task: Task, failed: list[Task],
                canceled: list[Task]) -> TaskFailure:
    """Ask for the errors, the hosts and the logs, in one request."""
    many = MultiCall(client)
    results = {each.id: many.getTaskResult(each.id, raise_fault=False)
               for each in [task, *failed]
               if each.state == task_states.FAILED}
    listings = [many.listTaskOutput(each.id, stat=True, all_volumes=True)
                for each in failed]
    hosts = {each.host_id: many.getHost(each.host_id)
             for each in failed if each.host_id is not None}
    await many()
    errors = {number: _error(call) for number, call in results.items()}
    steps, outputs = [], []
    for each, listing in zip(failed, listings):
        error = errors[each.id]
        logs = _logs(read_listing(_answer(listing)), str(error or ''))
        host = (None if each.host_id is None
                else _answer(hosts[each.host_id]))
        steps.append(FailedStep(
            each, error, each.arch or each.get('arch'),
            host.name if host else None,
            [File(client.owner, task_path(each.id, normalize_path(log.name),
                                          log.volume), size=log.size)
             for log in logs]))
        outputs.append(logs)
    return TaskFailure(client, task, errors.get(task.id), steps, canceled,
                       outputs)


def _error(call: StoredCall[Any]) -> KojiException | None:
    """Get the error of a failed task."""
    try:
        return fault_of(call.result)
    except GenericError as error:
        # Hubs without raise_fault= raise the task's own error.
        return error


def _answer(call: StoredCall[Any]) -> Any:
    """Get the answer to a call; None if the hub refused it."""
    try:
        return call.result
    except KojiException as error:
        if error.faultCode is None:
            raise
        return None


def _logs(outputs: list[OutputFile], error: str) -> list[OutputFile]:
    """
    Choose the logs of a task, in the order to look at them.

    :param error: the text of the task's error.
    """
    order = [*_NAMED.findall(error), *ORDER]

    def rank(output: OutputFile) -> tuple[int, bool, str]:
        name = output.name.rpartition('/')[2]
        place = order.index(name) if name in order else len(order)
        # An empty log explains nothing.
        return place, output.size == 0, output.name

    return sorted((output for output in outputs
                   if output.name.endswith('.log')), key=rank)
