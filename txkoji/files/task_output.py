"""The output files of tasks, as the hub serves them under its topurl."""
from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from txkoji import task_states
from txkoji.files.file import File
from txkoji.files.listings import read_listing
from txkoji.files.paths import normalize_path, scratch_path, task_path
from txkoji.resource import existing, hub_of, id_of
from txkoji.task_requests.row import TaskRow

#: Methods of the tasks that make the source package of a build.
SOURCE_METHODS = ('buildSRPMFromSCM', 'rebuildSRPM')


async def output_of(task: TaskRow) -> list[File]:
    """List the output files of a task; see `Task.output`."""
    koji, number = hub_of(task), id_of(task)
    task = existing(await koji.getTaskInfo(number), 'task', number)
    listing = await koji.call('listTaskOutput', number, stat=True,
                              all_volumes=True)
    done = task.state in task_states.DONE_GROUP
    files = [File(koji, task_path(number, normalize_path(each.name),
                                  each.volume),
                  # Until the task has finished, the files may grow.
                  size=each.size if done else None)
             for each in read_listing(listing)]
    if task.is_scratch and task.method == 'build' and (
            task.state == task_states.CLOSED):
        files += await _scratch_files(task)
    return files


async def _scratch_files(task: TaskRow) -> list[File]:
    """
    List the files of a scratch build.

    The hub moves the output of the subtasks to a folder of the user
    (kojihub/kojihub.py, ``moveBuildToScratch``).
    """
    koji = hub_of(task)
    subtasks = [each for each in await koji.getTaskDescendents(id_of(task))
                if each.state == task_states.CLOSED
                and each.method in ('buildArch', *SOURCE_METHODS)]
    many = koji.MultiCall(strict=True)
    for subtask in subtasks:
        many.call('getTaskResult', subtask.id)
    results = await many() if subtasks else []
    user = task.owner_name
    if user is None:
        user = (await koji.call('getUser', task.owner, strict=True)).name
    # A dictionary drops duplicates, and keeps the order.
    paths: dict[str, None] = {}
    for subtask, result in zip(subtasks, results):
        for name in _result_names(subtask, result):
            paths[scratch_path(user, task.id, name)] = None
    return [File(koji, path) for path in paths]


def _result_names(subtask: TaskRow, result: Any) -> Iterator[str]:
    """Name the files of a subtask, as they are in the scratch build."""
    if not isinstance(result, dict):
        return
    if subtask.method in SOURCE_METHODS:
        if isinstance(result.get('srpm'), str):
            yield posixpath.basename(result['srpm'])
        return
    for kind, folder in [('rpms', ''), ('srpms', ''),
                         # The hub goes by the label, which is the requested
                         # architecture. The subtask may run as noarch.
                         ('logs', f'logs/{subtask.label or subtask.arch}/')]:
        paths = result.get(kind)
        for path in paths if isinstance(paths, list) else ():
            if isinstance(path, str):
                yield folder + posixpath.basename(path)
