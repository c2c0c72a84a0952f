"""
What tasks have put out: the files that the hub has of them.
"""
from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any

from txkoji import task_states
from txkoji.files.file import File
from txkoji.files.listings import read_listing
from txkoji.files.paths import below, scratch_path, task_path
from txkoji.resource import existing, hub_of, id_of
from txkoji.task_requests.row import TaskRow

#: Tasks within a build that make a source package.
SOURCES = ('buildSRPMFromSCM', 'rebuildSRPM')


async def output_of(task: TaskRow) -> list[File]:
    """The files that a task has put out; see `Task.output`."""
    koji, number = hub_of(task), id_of(task)
    task = existing(await koji.getTaskInfo(number), 'task', number)
    listing = await koji.call('listTaskOutput', number, stat=True,
                              all_volumes=True)
    done = task.state in task_states.DONE_GROUP
    files = [File(koji, task_path(number, below(each.name), each.volume),
                  # What grows has no size yet.
                  size=each.size if done else None)
             for each in read_listing(listing)]
    if task.is_scratch and task.method == 'build' and (
            task.state == task_states.CLOSED):
        files += await _scratch(task)
    return files


async def _scratch(task: TaskRow) -> list[File]:
    """
    What the steps of a scratch build have made, where the hub puts it
    (kojihub/kojihub.py, ``moveBuildToScratch``).
    """
    koji = hub_of(task)
    steps = [step for step in await koji.getTaskDescendents(id_of(task))
             if step.state == task_states.CLOSED
             and step.method in ('buildArch', *SOURCES)]
    many = koji.MultiCall(strict=True)
    for step in steps:
        many.call('getTaskResult', step.id)
    results = await many() if steps else []
    user = task.owner_name
    if user is None:
        user = (await koji.call('getUser', task.owner, strict=True)).name
    found: dict[str, None] = {}
    for step, result in zip(steps, results):
        for name in _names(step, result):
            found[scratch_path(user, task.id, name)] = None
    return [File(koji, path) for path in found]


def _names(step: TaskRow, result: Any) -> Iterator[str]:
    """The names of what a step has made, in the folder of the build."""
    if not isinstance(result, dict):
        return
    if step.method in SOURCES:
        if isinstance(result.get('srpm'), str):
            yield posixpath.basename(result['srpm'])
        return
    for kind, folder in [('rpms', ''), ('srpms', ''),
                         # By the name of the step, not what it runs on.
                         ('logs', f'logs/{step.label or step.arch}/')]:
        paths = result.get(kind)
        for path in paths if isinstance(paths, list) else ():
            if isinstance(path, str):
                yield folder + posixpath.basename(path)
