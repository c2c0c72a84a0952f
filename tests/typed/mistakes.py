"""Mistakes, each of which a type checker has to find."""
from __future__ import annotations

from txkoji import Connection
from txkoji.build import Build
from txkoji.rows import Host, Tag, User
from txkoji.rpm import RPM
from txkoji.task import Task


async def names(koji: Connection) -> None:
    """Names of hub methods."""
    await koji.getTga('f44')  # wrong
    await koji.getbuild('x')  # wrong
    await koji.listTag()  # wrong
    await koji.repo.reqest('f44')  # wrong
    await koji.host.openTask(1)  # wrong
    await koji.batched().getTga('f44')  # wrong
    koji.MultiCall().getTga('f44')  # wrong
    await koji.getTag.name  # wrong
    await koji.login_()  # wrong
    koji.urll  # wrong


async def arguments(koji: Connection) -> None:
    """Arguments of hub methods."""
    await koji.getBuild('x', strickt=True)  # wrong
    await koji.getBuild()  # wrong
    await koji.getBuild('x', strict='yes')  # wrong
    await koji.getTag(None)  # wrong
    await koji.getTag('x', False, 1, False, 5)  # wrong
    await koji.getTaskInfo('12')  # wrong
    await koji.listTagged('f44', lastest=True)  # wrong
    await koji.listBuilds(pakageID=1)  # wrong
    await koji.listTasks(queryOpts='-id')  # wrong
    await koji.tagBuild('f44')  # wrong
    await koji.build('src', 'target', priority='high')  # wrong
    await koji.repo.request()  # wrong
    await koji.batched().getUser('x', stric=True)  # wrong
    koji.MultiCall().getUser('x', stric=True)  # wrong
    await koji.search('x', 'tag', 'globb')  # wrong
    await koji.taskFinished([1, 2])  # wrong


async def results(koji: Connection) -> None:
    """Results of hub methods."""
    print((await koji.getBuild('x')).nvr)  # wrong
    print((await koji.getBuild('x', strict=True)).nvrs)  # wrong
    for tag in await koji.listTags():
        print(tag.nmae)  # wrong
    print((await koji.repo.request('x')).requests)  # wrong
    for archive in await koji.listArchives():
        print(archive.file_name)  # wrong
    count: int = await koji.listTags()  # wrong
    print(count + 1)
    print(koji.getBuild('x').nvr)  # wrong
    async for build in koji.iterate('listTagged', 'x'):
        print(build.nam)  # wrong
    async for page in koji.pages('listTagged', 'x'):
        print(page.nvr)  # wrong
    print(koji.MultiCall().getTag('x', strict=True).name)  # wrong
    print((await koji.call('getTag', 'x', strict=True)).nmae)  # wrong
    print((await koji.getTaskInfo([1]))[0].id)  # wrong


async def members(build: Build, task: Task, tag: Tag, user: User, host: Host,
                  rpm: RPM) -> None:
    """Members of rows."""
    print(build.owner_nam)  # wrong
    print(build.epoch + 1)  # wrong
    print(build.created.year)  # wrong
    print(task.owner + 'x')  # wrong
    print(task.titel)  # wrong
    print(tag.arches.split())  # wrong
    print(user.mail)  # wrong
    print(host.capacity * 2)  # wrong
    print(rpm.nvra)  # wrong
    build.nvrr = 'x'  # wrong
    build.nvr = 1  # wrong
    print((await build.task()).id)  # wrong
    print((await build.tags()).name)  # wrong


async def features(koji: Connection, build: Build) -> None:
    """Our own features."""
    print((await koji.wait(1))[0])  # wrong
    await koji.wait('1')  # wrong
    await koji.wait_repo('x', time_out=1)  # wrong
    await koji.wait_tagged([1.5], 'x')  # wrong
    async for change in koji.watch(1):
        print(change.newer)  # wrong
    koji.with_options(time=1)  # wrong
    print((await build.estimate_duration()).seconds)  # wrong


async def builds(koji: Connection, tag: Tag) -> None:
    """Builds from start to end, and tags as a whole."""
    scratch = await koji.submit_build('x', 'f44', scratch=True)
    print((await scratch.done()).nvr)  # wrong
    submission = await koji.submit_build('x', 'f44')
    for file in await submission.done():
        print(file.path)  # wrong
    await koji.submit_build('x', 'f44', scrach=True)  # wrong
    print((await tag.diff('f44')).packages[0].nvr)  # wrong
    print((await koji.side_tags.list()).name)  # wrong
