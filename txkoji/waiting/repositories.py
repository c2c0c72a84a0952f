"""Waiting for repositories of tags."""
from __future__ import annotations

import re
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, fail

from txkoji.batching import Batched
from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiLoginException
from txkoji.hub.deferreds import gather
from txkoji.multicall import MultiCall
from txkoji.repo import Repo
from txkoji.waiting.polling import key_of, poll

#: The first hub version that makes repositories on request.
REQUESTS_SINCE = (1, 35)

#: The id of an event, or "last" for the tag's last change.
MinEvent = None | int | str


def wait_for_repo(client: HubClient, tag: Any, nvrs: Any,
                  after_event: int | None, timeout: float | None,
                  min_event: MinEvent, request: bool | None
                  ) -> Deferred[Repo]:
    """Wait for a repository; see `Connection.wait_repo`."""
    try:
        wanted = _Wanted.checked(tag, nvrs, after_event, min_event)
        if request and not client.is_logged_in:
            raise KojiLoginException(
                f'wait_repo: the hub takes a request for a repository of'
                f' {wanted.tag!r} only from a user: login() first, or wait'
                ' with request=None', method='repo.request')
    except Exception:
        return fail()

    async def wait() -> Any:
        version = await poll(client, lambda: _version(client))
        if version >= REQUESTS_SINCE:
            asks = client.is_logged_in if request is None else request
            return await _RepoWait(client, wanted, asks).run()
        if request:
            raise GenericError(
                'wait_repo: hubs make repositories on request since Koji 1.35,'
                f' and this hub is older ({_told(version)}): wait with'
                ' request=None', method='repo.request')
        return await poll(client, lambda: _find_on_old_hub(client, wanted))

    return client.run(wait(), 'the wait for a repository', timeout)


class _Wanted(NamedTuple):
    """
    The repository to wait for.

    :ivar tag: the id or the name of the tag.
    :ivar nvrs: the builds that it has to contain.
    :ivar min_event: its first possible event, "last", or None.
    """

    tag: Any
    nvrs: list[str]
    min_event: MinEvent

    @classmethod
    def checked(cls, tag: Any, nvrs: Any, after_event: int | None,
                min_event: MinEvent) -> _Wanted:
        """
        Make one from the caller's arguments.

        :raises ValueError: if an argument is invalid.
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
        return cls(key_of(tag), nvrs, min_event)

    def young_enough(self, repo: Repo) -> bool:
        """Tell whether a repository is not of an event before that."""
        return not isinstance(self.min_event, int) or bool(
            repo.create_event >= self.min_event)


class _RepoWait:
    """
    A wait on a hub that creates repositories on request.

    :param client: asks the hub.
    :param wanted: the repository to wait for.
    :param asks: whether to request a repository, if there is none.
    """

    def __init__(self, client: HubClient, wanted: _Wanted, asks: bool) -> None:
        self._client = client
        self._wanted = wanted
        self._asks = asks
        self._request_id: int | None = None

    async def run(self) -> Repo:
        """Wait for the repository."""
        client, wanted = self._client, self._wanted
        if wanted.min_event == 'last':
            await self._at_last_change()
        # In a list, since poll() goes on after None.
        [found] = await poll(client, self._look_first)
        if found is None and wanted.nvrs:
            await poll(client, self._look_for_builds)
            await self._at_last_change()
        if found is None:
            found = await poll(client, self._look_at_request if self._asks
                               else self._get)
        repo: Repo = found
        return repo

    async def _at_last_change(self) -> None:
        """
        From now on, want a repository of the tag's last change, or later.

        The last change is asked for once: in a tag that changes often, there
        may never be a repository of its last change.
        """
        async def look() -> Any:
            return await self._client.call('tagLastChangeEvent',
                                         self._wanted.tag)

        event = await poll(self._client, look)
        before = self._wanted.min_event
        if isinstance(before, int):
            event = max(event, before)
        self._wanted = self._wanted._replace(min_event=event)

    async def _get(self) -> Any:
        """Get the newest suitable repository with default options."""
        return await self._client.call('repo.get', self._wanted.tag,
                                     min_event=self._wanted.min_event)

    async def _look_first(self) -> list[Any]:
        repo = await self._get()
        if repo is not None and not await _has_builds(
                self._client, self._wanted, repo.create_event):
            repo = None
        return [repo]

    async def _look_for_builds(self) -> bool | None:
        return await _has_builds(self._client, self._wanted, None) or None

    async def _look_at_request(self) -> Any:
        """Request a repository, or look at the request."""
        client, wanted = self._client, self._wanted
        if self._request_id is None:
            answer = await self._make_request()
        else:
            answer = await client.call('repo.checkRequest', self._request_id)
        repo, request = answer['repo'], answer['request']
        if repo is not None and wanted.young_enough(repo):
            return repo
        if repo is not None:
            # An earlier request, of another user.
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
        last = (await self._client.call('getLastEvent'))['id']
        # A repeated request gets the same repository, so that the call can be
        # retried like a read. The hub refuses events of the future: then
        # any new repository will do.
        return await self._client.with_options(write=False).call(
            'repo.request', self._wanted.tag, min_event=min(event, last),
            force=event > last)


async def _has_builds(client: HubClient, wanted: _Wanted, event: int | None
                      ) -> bool:
    """Tell whether all builds are in the tag, now or at an event."""
    if not wanted.nvrs:
        return True
    many = MultiCall(client, strict=True)
    for package in sorted({nvr.rsplit('-', 2)[0] for nvr in wanted.nvrs}):
        many.listTagged(wanted.tag, event=event, inherit=True,
                        package=package)
    return {build.nvr for builds in await many()
            for build in builds}.issuperset(wanted.nvrs)


async def _find_on_old_hub(client: HubClient, wanted: _Wanted
                           ) -> Repo | None:
    """Get the newest suitable repository on a hub before 1.35."""
    repo = await client.getRepo(wanted.tag)
    if repo is None or not wanted.young_enough(repo):
        return None
    event = repo.create_event
    if wanted.min_event == 'last' and await _changed(client, wanted.tag,
                                                     event):
        return None
    return repo if await _has_builds(client, wanted, event) else None


async def _changed(client: HubClient, tag: Any, event: int) -> bool:
    """Tell whether a tag, or a parent of it, changed after an event."""
    batched = Batched(client)
    answers: list[Deferred[Any]] = [
        batched.getTag(tag, strict=True), batched.getFullInheritance(tag)]
    found, parents = await gather(answers)
    return await client.tagChangedSinceEvent(
        event, [found.id, *(row['parent_id'] for row in parents)])


async def _version(client: HubClient) -> Any:
    """Get the hub's version as numbers; empty if the hub does not tell."""
    found = re.match(r'(\d+)\.(\d+)', await client.hub_version() or '')
    return tuple(map(int, found.groups())) if found else ()


def _told(version: Any) -> str:
    return '.'.join(map(str, version)) or 'it does not say its version'
