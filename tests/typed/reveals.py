"""The types that a checker finds, each in a comment."""
from __future__ import annotations

from txkoji import Connection
from txkoji.build import Build
from txkoji.files.file import File
from txkoji.messages import TagUntag
from txkoji.nvr import NVR, NVRA, compare
from txkoji.repo import Repo
from txkoji.rows import Tag
from txkoji.task import Channel, Task


async def rows(koji: Connection) -> None:
    """Rows, with ``strict`` and without."""
    reveal_type(await koji.getBuild('x'))  # Build | None
    reveal_type(await koji.getBuild('x', strict=True))  # Build
    reveal_type(await koji.getBuild('x', True))  # Build
    reveal_type(await koji.getUser('x', strict=True))  # User
    reveal_type(await koji.getTaskInfo(1))  # Task | None
    reveal_type(await koji.getTaskInfo([1, 2]))  # list[Task | None]
    reveal_type(await koji.getTaskInfo([1, 2], strict=True))  # list[Task]
    reveal_type(await koji.getTaskDescendents(1))  # list[Task]
    reveal_type(await koji.getRPM('x'))  # RPM | None
    reveal_type(await koji.getRPM('x', multi=True))  # list[RPM]
    reveal_type(await koji.getLastEvent())  # Event
    reveal_type(await koji.getLastEvent(strict=False))  # Event | None


async def lists(koji: Connection) -> None:
    """Lists, and their lengths."""
    reveal_type(await koji.listTags())  # list[Tag]
    reveal_type(await koji.listTags(queryOpts={'countOnly': True}))  # int
    reveal_type(await koji.listTags(queryOpts={'limit': 1}))  # list[Tag]
    reveal_type(await koji.listTaggedRPMS('x'))  # tuple[list[RPM], list[Build]]
    reveal_type(await koji.listArchives(buildID=1))  # list[Archive]
    reveal_type(await koji.listTaskOutput(1))  # list[str]
    reveal_type(await koji.listTaskOutput(1, all_volumes=True))  # dict[str, list[str]]
    reveal_type(await koji.getInheritanceData('x'))  # list[Inheritance]
    reveal_type(await koji.repo.query([]))  # list[Repo]


async def plain(koji: Connection) -> None:
    """Plain values."""
    reveal_type(await koji.getAverageBuildDuration('x'))  # timedelta | None
    reveal_type(await koji.tagBuild('x', 'y'))  # int
    reveal_type(await koji.repo.request('x'))  # RepoAnswer
    reveal_type((await koji.repo.request('x')).request)  # RepoRequest | None
    reveal_type(await koji.getLastHostUpdate(1, ts=True))  # float | None
    reveal_type(await koji.buildContainer('x', 'y'))  # int


async def by_name(koji: Connection) -> None:
    """The name of the method as a literal."""
    reveal_type(await koji.call('getTag', 'x'))  # Tag | None
    reveal_type(await koji.call('getTag', 'x', strict=True))  # Tag
    reveal_type(await koji.call('listTags', queryOpts={'countOnly': True}))  # int
    reveal_type(await koji.call('pluginMethod'))  # Any
    reveal_type(koji.iterate('listTagged', 'x'))  # Items[Build]
    reveal_type(koji.iterate('pluginMethod'))  # Items[Any]
    reveal_type(koji.pages('listTasks'))  # Pages[Task]
    async for task in koji.iterate('listTasks'):
        reveal_type(task)  # Task
    async for builds in koji.pages('listBuilds'):
        reveal_type(builds)  # list[Build]


async def together(koji: Connection) -> None:
    """Many calls as one."""
    many = koji.MultiCall()
    reveal_type(many.getTag('x'))  # StoredCall[Tag | None]
    reveal_type(many.getTag('x', strict=True).result)  # Tag
    reveal_type(many.repo.get('x').result)  # Repo | None
    reveal_type(many.call('getBuild', 'x').result)  # Build | None
    reveal_type(await koji.batched().getUser('x'))  # User | None


async def members(build: Build, task: Task, channel: Channel) -> None:
    """Members and features of rows."""
    reveal_type(build.nvr)  # str
    reveal_type(build.epoch)  # int | None
    reveal_type(build.duration)  # timedelta | None
    reveal_type(build['extra_member'])  # Any
    reveal_type(await build.tags())  # list[Tag]
    reveal_type(await build.task())  # Task | None
    reveal_type(task.parent)  # int | None
    reveal_type(await task.descendents())  # list[Task]
    reveal_type(await channel.hosts())  # list[Host]
    reveal_type(await channel.total_capacity(by_arch=True))  # dict[str, float]


async def features(koji: Connection, file: File) -> None:
    """Our own features."""
    reveal_type(await koji.wait(1))  # Task
    reveal_type(await koji.wait([1, 2]))  # list[Task]
    reveal_type(await koji.wait_repo('x'))  # Repo
    reveal_type(await koji.wait_tagged(['x-1-1'], 'y'))  # list[Build]
    async for change in koji.watch(1):
        reveal_type(change)  # TaskChange
    async for line in koji.follow(1):
        reveal_type(line.text)  # str
    reveal_type(koji.with_options(timeout=1))  # Connection
    reveal_type(await koji.download(file, 'name'))  # int


async def builds(koji: Connection, either: bool) -> None:
    """Builds from start to end."""
    submission = await koji.submit_build('x', 'f44')
    reveal_type(submission)  # Submission[Build]
    reveal_type(submission.task)  # Task
    reveal_type(await submission.done())  # Build
    scratch = await koji.submit_build(None, 'f44', srpm='x', scratch=True)
    reveal_type(scratch)  # Submission[list[File]]
    reveal_type(await scratch.done(timeout=60))  # list[File]
    unknown = await koji.submit_build('x', 'f44', scratch=either)
    reveal_type(await unknown.done())  # Build | list[File]
    chain = await koji.submit_chain(['x'], 'f44')
    reveal_type(await chain.done())  # list[Build]
    async for change in scratch.changes():
        reveal_type(change)  # TaskChange
    async for line in scratch.logs():
        reveal_type(line.text)  # str
    reveal_type(await koji.find_failure(1))  # TaskFailure | None


async def tags(koji: Connection, tag: Tag) -> None:
    """Tags as a whole."""
    diff = await tag.diff('f44')
    reveal_type(diff.packages[0].here[0].nvr)  # str
    reveal_type(diff.there[0].epoch)  # int | None
    reveal_type((await koji.changes('f44', since=1))[0].nvr)  # str | None
    async with koji.side_tag('f44') as side:
        reveal_type(side)  # Tag
    reveal_type(await koji.side_tags.list())  # list[Tag]
    reveal_type(await koji.side_tags.create('f44'))  # Tag


async def contents(build: Build, repo: Repo) -> None:
    """What builds and repositories are made of."""
    reveal_type(build.image)  # Image | None
    reveal_type(build.module)  # Module | None
    reveal_type((await build.archives())[0].image)  # ArchImage | None
    signatures = await build.signatures()
    reveal_type(signatures.keys)  # frozenset[str]
    reveal_type((await build.signed_copies('x')).missing)  # tuple[File, ...]
    reveal_type(await build.write_signed_copies('x'))  # list[RPM]
    reveal_type(await repo.builds())  # list[Build]
    reveal_type(repo.arch_url('x86_64'))  # str | None


async def others(koji: Connection) -> None:
    """Names, links, users and the past."""
    reveal_type(NVR.parse('bash-5.2-1'))  # NVR
    reveal_type(NVRA.parse('bash-5.2-1.src'))  # NVRA
    reveal_type(compare('1', '2'))  # int
    reveal_type(await koji.whoami())  # CurrentUser
    reveal_type(await koji.find_links('x'))  # list[Link]
    reveal_type(await koji.at(1).getTag('x', strict=True))  # Tag


async def events(koji: Connection) -> None:
    """Events of a loop, and of a poll."""
    reveal_type(await koji.events.stream(TagUntag).next_item())  # TagUntag
    reveal_type(await koji.events.stream('Tag').next_item())  # Any
    reveal_type(await koji.events.poll())  # HubPoller
