"""Waiting until builds are in a tag."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred

from txkoji import build_states
from txkoji.batching import Batched
from txkoji.build import Build
from txkoji.client import HubClient
from txkoji.exceptions import BuildError
from txkoji.hub.deferreds import gather
from txkoji.waiting.polling import key_of, poll

#: States of a build that will not be tagged.
LOST = (build_states.DELETED, build_states.FAILED, build_states.CANCELED)

#: A build, its id or its name-version-release.
BuildKey = Build | int | str


def wait_until_tagged(client: HubClient, builds: Any, tag: Any,
                      timeout: float | None, inherit: bool
                      ) -> Deferred[list[Build]]:
    """Wait for builds to be in a tag; see `Connection.wait_tagged`."""
    if isinstance(builds, (str, int, dict)):
        builds = [builds]
    wait = _TagWait(client, [key_of(build) for build in builds], key_of(tag),
                    inherit)
    return client.run(wait.run(), 'the wait for builds in a tag',
                           timeout)


class _TagWait:
    """
    A wait for builds in a tag.

    :param client: asks the hub.
    :param builds: their ids or NVRs.
    :param tag: the id or the name of the tag.
    :param inherit: whether inherited builds count.
    """

    def __init__(self, client: HubClient, builds: list[Any], tag: Any,
                 inherit: bool) -> None:
        self._client = client
        self._builds = builds
        self._tag = tag
        self._inherit = inherit
        #: Builds whose failure ends the wait. A build that failed before may
        #: be built again under its NVR, with the same id.
        self._good = {build for build in builds if isinstance(build, int)}

    async def run(self) -> list[Any]:
        """Wait for the builds."""
        async def look_for_tag() -> Any:
            return await self._client.getTag(self._tag, strict=True)

        self._tag = await poll(self._client, look_for_tag)
        found: list[Any] = await poll(self._client, self._look)
        return found

    async def _look(self) -> list[Any] | None:
        batched = Batched(self._client)
        found = await gather([batched.getBuild(
            build, strict=isinstance(build, int)) for build in self._builds])
        for wanted, build in zip(self._builds, found):
            self._check(wanted, build)
        if None in found:
            # A build does not exist yet.
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
