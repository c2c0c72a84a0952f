"""Waiting until tasks and builds are finished."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from twisted.internet.defer import Deferred, fail

from txkoji import build_states
from txkoji.batching import Batched
from txkoji.build import Build
from txkoji.hub.deferreds import gather
from txkoji.resource import existing, id_of
from txkoji.task import Task
from txkoji.waiting.polling import poll
from txkoji.waiting.tasks import Poller, TaskOrId, task_number


def wait_for(poller: Poller, things: TaskOrId | Build | Iterable[Any],
             timeout: float | None) -> Deferred[Any]:
    """Wait until tasks or builds are finished; see `Connection.wait`."""
    if isinstance(things, (str, bytes)):
        return fail(TypeError(f'a task has a number, not {things!r}'))
    if isinstance(things, (int, Task, Build)):
        return poller.client.run(_wait(poller, things), 'the wait', timeout)
    several = list(things)

    async def wait_for_all() -> list[Task | Build]:
        for thing in several:
            _check(thing)
        return await gather([Deferred.fromCoroutine(_wait(poller, thing))
                             for thing in several])

    return poller.client.run(wait_for_all(), 'the wait', timeout)


async def _wait(poller: Poller, thing: TaskOrId | Build) -> Task | Build:
    _check(thing)
    if isinstance(thing, Build):
        return await _wait_for_build(poller, thing)
    return await poller.wait(task_number(thing))


def _check(thing: TaskOrId | Build) -> None:
    """
    Check that a thing can be waited for.

    :raises TypeError: if the thing is no task; ValueError if a build has no
                       id; GenericError if no task can have its id.
    """
    if isinstance(thing, Build):
        id_of(thing)
    else:
        task_number(thing)


async def _wait_for_build(poller: Poller, build: Build) -> Build:
    """
    Wait until a build is not BUILDING any more.

    Its task is polled together with other tasks. A build without a task, such
    as a reserved one, is polled itself.
    """
    number = id_of(build)
    batched = Batched(poller.client)
    if build.task_id is not None and build.state == build_states.BUILDING:
        await poller.wait(build.task_id)

    async def look() -> Build | None:
        found: Build = existing(await batched.getBuild(number), 'build',
                                number)
        return None if found.state == build_states.BUILDING else found

    finished: Build = await poll(poller.client, look)
    return finished
