"""
Waiting for repositories of tags, and for builds in tags.
"""
from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any, NamedTuple

from twisted.internet.defer import Deferred, fail

from txkoji import build_states
from txkoji.exceptions import BuildError, GenericError, KojiLoginException
from txkoji.hub.deferreds import gather
from txkoji.repo import Repo
from txkoji.waiting.tasks import poll

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: The first hub version that makes repositories on request.
REQUESTS_SINCE = (1, 35)

#: States of a build that will not be tagged.
LOST = (build_states.DELETED, build_states.FAILED, build_states.CANCELED)

#: "last" is for the last event at which the tag changed.
MinEvent = None | int | str


def wait_for_repo(koji: Connection, tag: Any, nvrs: Any,
                  after_event: int | None, timeout: float | None,
                  min_event: MinEvent, request: bool | None
                  ) -> Deferred[Any]:
    """Wait for a repository; see `Connection.wait_repo`."""
    try:
        wanted = _Wanted.checked(tag, nvrs, after_event, min_event)
        if request and koji.session_id is None:
            raise KojiLoginException(
                f'wait_repo: the hub takes a request for a repository of'
                f' {wanted.tag!r} only from a user: login() first, or wait'
                ' with request=None', method='repo.request')
    except Exception:
        return fail()

    async def wait() -> Any:
        version = await poll(koji, lambda: _version(koji))
        if version >= REQUESTS_SINCE:
            asks = koji.session_id is not None if request is None else request
            return await _RepoWait(koji, wanted, asks).run()
        if request:
            raise GenericError(
                'wait_repo: hubs make repositories on request since Koji 1.35,'
                f' and this hub is older ({_told(version)}): wait with'
                ' request=None', method='repo.request')
        return await poll(koji, lambda: _find_on_old_hub(koji, wanted))

    return koji._calls.run(wait(), 'the wait for a repository', timeout)


class _Wanted(NamedTuple):
    """
    The repository that somebody waits for.

    :ivar tag: the id or the name of the tag.
    :ivar nvrs: the builds that it is to have.
    :ivar min_event: the first event that it may be of, "last", or None.
    """

    tag: Any
    nvrs: list[str]
    min_event: MinEvent

    @classmethod
    def checked(cls, tag: Any, nvrs: Any, after_event: int | None,
                min_event: MinEvent) -> _Wanted:
        """
        Make one of the caller's arguments.

        :raises ValueError: if they make no sense.
        """
        if isinstance(nvrs, (str, dict)):
            nvrs = [nvrs]
        nvrs = [nvr.get('nvr') if isinstance(nvr, dict) else nvr
                for nvr in nvrs]
        for nvr in nvrs:
            if not isinstance(nvr, str) or nvr.count('-') < 2:
                raise ValueError(f'wait_repo: {nvr!r} is no'
                                 ' name-version-release')
        if after_event is not None:
            if min_event is not None:
                raise ValueError(
                    'wait_repo: after_event=N is min_event=N+1; give one of'
                    ' both')
            min_event = after_event + 1
        if min_event is None and not nvrs:
            min_event = 'last'
        if not (min_event is None or min_event == 'last'
                or isinstance(min_event, int)):
            raise ValueError('wait_repo: min_event is the id of an event, or'
                             f' "last", not {min_event!r}')
        return cls(_key(tag), nvrs, min_event)

    def young_enough(self, repo: Repo) -> bool:
        """Whether a repository is not of an event before the first one."""
        return not isinstance(self.min_event, int) or bool(
            repo.create_event >= self.min_event)


class _RepoWait:
    """
    A wait for a repository on a hub that makes them on request.

    :param koji: the Connection.
    :param wanted: what is waited for.
    :param asks: whether to request one, if there is none.
    """

    def __init__(self, koji: Connection, wanted: _Wanted, asks: bool) -> None:
        self._koji = koji
        self._wanted = wanted
        self._asks = asks
        self._request_id: int | None = None

    async def run(self) -> Repo:
        """Wait for it."""
        koji, wanted = self._koji, self._wanted
        if wanted.min_event == 'last':
            await self._at_last_change()
        # In a list, since None would be looked for again.
        [found] = await poll(koji, self._look_first)
        if found is None and wanted.nvrs:
            await poll(koji, self._look_for_builds)
            await self._at_last_change()
        if found is None:
            found = await poll(koji, self._look_at_request if self._asks
                               else self._get)
        repo: Repo = found
        return repo

    async def _at_last_change(self) -> None:
        """
        From now on want one of the last change of the tag, or later. That is
        asked for once: in a tag that changes often, there may never be a
        repository of its last change.
        """
        async def look() -> Any:
            return await self._koji.call('tagLastChangeEvent',
                                         self._wanted.tag)

        event = await poll(self._koji, look)
        before = self._wanted.min_event
        if isinstance(before, int):
            event = max(event, before)
        self._wanted = self._wanted._replace(min_event=event)

    async def _get(self) -> Any:
        """The newest repository that is made as usual, if it will do."""
        return await self._koji.call('repo.get', self._wanted.tag,
                                     min_event=self._wanted.min_event)

    async def _look_first(self) -> list[Any]:
        repo = await self._get()
        if repo is not None and not await _has_builds(
                self._koji, self._wanted, repo.create_event):
            repo = None
        return [repo]

    async def _look_for_builds(self) -> bool | None:
        return await _has_builds(self._koji, self._wanted, None) or None

    async def _look_at_request(self) -> Any:
        """Make a request, if there is none, or else see what became of it."""
        koji, wanted = self._koji, self._wanted
        if self._request_id is None:
            answer = await self._make_request()
        else:
            answer = await koji.call('repo.checkRequest', self._request_id)
        repo, request = answer['repo'], answer['request']
        if repo is not None and wanted.young_enough(repo):
            return repo
        if repo is not None:
            # One of just before, that somebody else had requested.
            self._request_id = None
        elif not request['active']:
            raise GenericError(
                f'wait_repo: request {request["id"]} for a repository of tag'
                f' {wanted.tag!r} has ended without one, after'
                f' {request["tries"]} tries; the last was task'
                f' {request["task_id"]}: see why that failed',
                method='repo.request')
        else:
            self._request_id = request['id']
        return None

    async def _make_request(self) -> Any:
        event = self._wanted.min_event
        assert isinstance(event, int)
        last = (await self._koji.call('getLastEvent'))['id']
        # Whoever asks again is given the same request, so that it may be
        # asked again as reads are. An event that is yet to come the hub does
        # not take: any new repository is of one.
        return await self._koji.with_options(write=False).call(
            'repo.request', self._wanted.tag, min_event=min(event, last),
            force=event > last)


async def _has_builds(koji: Connection, wanted: _Wanted, event: int | None
                      ) -> bool:
    """Whether all builds are in the tag: now, or as of an event."""
    if not wanted.nvrs:
        return True
    many = koji.MultiCall(strict=True)
    for package in sorted({nvr.rsplit('-', 2)[0] for nvr in wanted.nvrs}):
        many.listTagged(wanted.tag, event=event, inherit=True,
                        package=package)
    return {build.nvr for builds in await many()
            for build in builds}.issuperset(wanted.nvrs)


async def _find_on_old_hub(koji: Connection, wanted: _Wanted
                           ) -> Repo | None:
    """The newest repository of a tag on a hub before 1.35, if it will do."""
    repo: Repo | None = await koji.getRepo(wanted.tag)
    if repo is None or not wanted.young_enough(repo):
        return None
    event = repo.create_event
    if wanted.min_event == 'last' and await _changed(koji, wanted.tag, event):
        return None
    return repo if await _has_builds(koji, wanted, event) else None


async def _changed(koji: Connection, tag: Any, event: int) -> bool:
    """Whether a tag, or one that it inherits from, changed after an event."""
    batched = koji.batched()
    found, parents = await gather([
        batched.getTag(tag, strict=True), batched.getFullInheritance(tag)])
    changed: bool = await koji.call(
        'tagChangedSinceEvent', event,
        [found.id, *(row['parent_id'] for row in parents)])
    return changed


async def _version(koji: Connection) -> Any:
    """The hub's version as numbers; none of a hub that does not say."""
    found = re.match(r'(\d+)\.(\d+)', await koji.hub_version() or '')
    return tuple(map(int, found.groups())) if found else ()


def _told(version: Any) -> str:
    return '.'.join(map(str, version)) or 'it does not say its version'


def wait_until_tagged(koji: Connection, builds: Any, tag: Any,
                      timeout: float | None, inherit: bool
                      ) -> Deferred[Any]:
    """Wait for builds to be in a tag; see `Connection.wait_tagged`."""
    if isinstance(builds, (str, int, dict)):
        builds = [builds]
    wait = _TagWait(koji, [_key(build) for build in builds], _key(tag),
                    inherit)
    return koji._calls.run(wait.run(), 'the wait for builds in a tag',
                           timeout)


class _TagWait:
    """
    A wait for builds to be in a tag.

    :param builds: their ids or NVRs.
    :param tag: the id or the name of the tag.
    :param inherit: whether builds count that it inherits.
    """

    def __init__(self, koji: Connection, builds: list[Any], tag: Any,
                 inherit: bool) -> None:
        self._koji = koji
        self._builds = builds
        self._tag = tag
        self._inherit = inherit
        #: Those for which failing is the end. A build that is waited for by
        #: its NVR, and failed before, may be made again, under the same id.
        self._good = {build for build in builds if isinstance(build, int)}

    async def run(self) -> list[Any]:
        """Wait for them."""
        async def look_for_tag() -> Any:
            return await self._koji.getTag(self._tag, strict=True)

        self._tag = await poll(self._koji, look_for_tag)
        found: list[Any] = await poll(self._koji, self._look)
        return found

    async def _look(self) -> list[Any] | None:
        batched = self._koji.batched()
        found = await gather([batched.getBuild(
            build, strict=isinstance(build, int)) for build in self._builds])
        for wanted, build in zip(self._builds, found):
            self._check(wanted, build)
        if None in found:
            # It is not even begun.
            return None
        there = await gather([Deferred.fromCoroutine(
            self._is_there(batched, build)) for build in found])
        return found if all(there) else None

    def _check(self, wanted: Any, build: Any) -> None:
        if build is None:
            return
        if build.state not in LOST:
            self._good.add(wanted)
        elif wanted in self._good:
            raise BuildError(
                f'wait_tagged: build {build.nvr} (id {build.id}) is'
                f' {build_states.to_str(build.state)}: it will not be tagged'
                f' with {self._tag.name}', method='getBuild')

    async def _is_there(self, batched: Any, build: Any) -> bool:
        tags = await batched.listTags(build.id)
        if any(tag.id == self._tag.id for tag in tags):
            return True
        if not self._inherit:
            return False
        builds = await batched.listTagged(self._tag.id, inherit=True,
                                          package=build.package_name)
        return any(each.id == build.id for each in builds)


def _key(thing: Any) -> Any:
    """The id of a row of the hub, or its NVR; anything else stays."""
    if not isinstance(thing, dict):
        return thing
    number = thing.get('build_id', thing.get('id'))
    return thing.get('nvr') if number is None else number
