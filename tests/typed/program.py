"""A program of a user, which has no mistake in its types."""
from __future__ import annotations

import sys
from collections.abc import Generator
from datetime import timedelta
from typing import Any

from twisted.internet.defer import (
    Deferred,
    ensureDeferred,
    gatherResults,
    inlineCallbacks,
)
from twisted.internet.task import react

from txkoji import Connection, KojiException, Profile, task_states
from txkoji.build import Build
from txkoji.rows import Tag, User
from txkoji.structs import Archive, Event, Inheritance, RepoAnswer
from txkoji.task import Task


async def builds_of(koji: Connection, tag: str) -> dict[str, timedelta]:
    """The durations of the builds in a tag, by name-version-release."""
    found: dict[str, timedelta] = {}
    async for build in koji.iterate('listTagged', tag, inherit=True):
        if build.duration is not None:
            found[build.nvr] = build.duration
    return found


async def parents_of(koji: Connection, tag: str) -> list[str]:
    """The names of the parents of a tag."""
    event: Event = await koji.getLastEvent(strict=True)
    parents: list[Inheritance] = await koji.getInheritanceData(
        tag, event=event.id)
    return [parent.name for parent in sorted(
        parents, key=lambda parent: parent.priority)]


async def owner_of(koji: Connection, build: Build) -> str:
    """The owner of a build, with principals."""
    owner: User = await koji.getUser(build.owner_id, strict=True)
    return f'{owner.name} ({", ".join(owner.krb_principals or [])})'


async def images_of(koji: Connection, build: Build) -> list[str]:
    """The files of the images of a build."""
    images: list[Archive] = await koji.listArchives(
        buildID=build.id, type='image')
    return [f'{image.filename}: {image.size / 2**20:.0f} MiB'
            for image in images if not image.metadata_only]


async def rebuild(koji: Connection, build: Build) -> Build | None:
    """Build something again, and wait for the new build."""
    if build.source is None:
        return None
    target = await build.target()
    number: int = await koji.build(build.source, target or 'f44',
                                   {'scratch': False})
    async for change in koji.watch(number):
        print(change.task.title, change.old, change.new)
    task: Task = await koji.wait(number, timeout=3600)
    if task.state != task_states.CLOSED:
        raise KojiException(f'{task.title}: {task.state_name}')
    if task.build_id is None:
        return None
    return await koji.getBuild(task.build_id)


async def scratch(koji: Connection, source: str) -> list[str]:
    """The packages of a scratch build."""
    submission = await koji.submit_build(source, 'f44', scratch=True)
    return [file.path for file in await submission.done()
            if file.path.endswith('.rpm')]


async def kept(koji: Connection, source: str) -> str:
    """The name of a new build, in a side tag."""
    async with koji.side_tag('f44-build') as tag:
        submission = await koji.submit_build(source, tag.name)
        build = await submission.done()
    return build.nvr


async def repository(koji: Connection, tag: Tag) -> str | None:
    """The page of a new repository of a tag."""
    answer: RepoAnswer = await koji.repo.request(tag.id, min_event='last')
    if answer.repo is not None:
        return answer.repo.url
    repo = await koji.wait_repo(tag.name, timeout=3600)
    return repo.url


async def tasks_of(koji: Connection, numbers: list[int]) -> list[str]:
    """Titles of tasks, by calls that are sent together."""
    batched = koji.batched()
    users = await gatherResults([
        batched.getUser(name, strict=True) for name in ('alice', 'bob')])
    tasks = await koji.getTaskInfo(numbers)
    names = {user.id: user.name for user in users}
    return [f'{task.title} of {names.get(task.owner, "?")}'
            for task in tasks if task is not None]


async def sizes(koji: Connection) -> list[tuple[str, int]]:
    """How many builds there are in some tags, in one request."""
    many = koji.MultiCall(strict=True)
    tags = [many.getTag(name, strict=True) for name in ('f43', 'f44')]
    lengths = [many.listBuilds(queryOpts={'countOnly': True})]
    latest = many.getLatestBuilds('f44', package='ceph')
    await many()
    for build in latest.result:
        print(build.nvr, build.completed)
    return [(tag.result.name, length.result)
            for tag, length in zip(tags, lengths)]


async def pages(koji: Connection) -> int:
    """The sum of the sizes of packages, by pages."""
    total = 0
    async for page in koji.with_options(page_size=100).pages(
            'listRPMs', arches='x86_64'):
        total += sum(rpm.size or 0 for rpm in page)
    return total


async def capacities(koji: Connection) -> dict[str, float]:
    """The capacities of channels."""
    found = {}
    for channel in await koji.listChannels():
        hosts = await channel.hosts(enabled=True)
        if hosts and channel.name is not None:
            found[channel.name] = await channel.total_capacity()
    return found


@inlineCallbacks
def old_style(koji: Connection) -> Generator[Deferred[Any], Any, str]:
    """A name, by inlineCallbacks: what is yielded is not typed."""
    build = yield koji.getBuild('ceph-9.22.53-11.fc43', strict=True)
    return str(build.nvr)


def own_method(koji: Connection) -> Deferred[Any]:
    """A method of a plugin that nobody knows."""
    return koji.call('ourPluginMethod', 1, flavor='sweet')


async def main(profile: str) -> None:
    """Show all that."""
    koji = Connection(Profile(profile, server='https://koji.example.com/hub'))
    async with koji:
        await koji.login()
        build = await koji.getBuild('ceph-9.22.53-11.fc43', strict=True)
        print(await owner_of(koji, build), await images_of(koji, build))
        print(await builds_of(koji, 'f43'), await parents_of(koji, 'f43'))
        tag = await koji.getTag('f44')
        if tag is not None:
            print(await repository(koji, tag))
        tasks = await koji.listTasks({'method': 'build'},
                                     queryOpts={'limit': 10, 'order': '-id'})
        print(await tasks_of(koji, [task.id for task in tasks]))
        rpms, builds = await koji.listTaggedRPMS('f44', latest=True)
        print([rpm.nvr for rpm in rpms], [each.nvr for each in builds])
        print(await pages(koji), await sizes(koji), await capacities(koji))
        print(await rebuild(koji, build), await old_style(koji))
        print(await scratch(koji, 'git+https://example.com/x#1'),
              await kept(koji, 'git+https://example.com/x#1'))


if __name__ == '__main__':
    react(lambda reactor: ensureDeferred(main(sys.argv[1])))
