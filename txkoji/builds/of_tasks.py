"""
The builds that a task makes.

They are `Build`; that class knows `Task`, and so is not named here.
"""
from __future__ import annotations

from typing import Any

from txkoji import task_states
from txkoji.builds.extra import number_of, within
from txkoji.resource import Hub, Resource, hub_of, id_of

#: Tasks whose builds are imported by content generators: the hub does not
#: connect the build to the task, but the task's result names the build.
IMPORTING = frozenset(['buildContainer', 'buildSourceContainer',
                       'osbuildImage'])

#: A task has hardly more ancestors: a build task below a chain build, with
#: tasks for each architecture, is the third generation.
GENERATIONS = 10


async def builds_of(task: Resource) -> list[Any]:
    """
    Ask for the builds of a task, or else of the nearest of its ancestors.

    :param task: the task.
    """
    hub = hub_of(task)
    current = task
    for _ in range(GENERATIONS):
        number = id_of(current)
        builds: list[Any] = await hub.call('listBuilds', taskID=number)
        if not builds and current.get('method') in IMPORTING and (
                current.get('state') == task_states.CLOSED):
            builds = await _imported(hub, number)
        parent = current.get('parent')
        if builds or parent is None:
            return builds
        current = await hub.call('getTaskInfo', parent, strict=True)
    return []


async def _imported(hub: Hub, task_id: int) -> list[Any]:
    """Ask for the builds that a task's result names."""
    result = await hub.call('getTaskResult', task_id)
    named = within(result, 'koji_builds')
    numbers = [number_of(each) for each in (
        named if isinstance(named, list)
        else [within(result, 'koji', 'build')])]
    many = hub.MultiCall(strict=True)
    wanted = [number for number in numbers if number is not None]
    for number in wanted:
        many.call('getBuild', number)
    found = await many() if wanted else []
    # A build may have been deleted with its record.
    return [build for build in found if build is not None]
