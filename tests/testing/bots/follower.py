"""A daemon that follows the bus, and asks for repositories of tags."""
from __future__ import annotations

from typing import Any


class Follower:
    """
    A bot that requests a repository after each tagging of a build.

    It counts the builds of each user.

    :param koji: a Connection that is logged in.
    :param dest: the tag whose builds it follows.
    :param build_tag: the tag of which it wants repositories.
    """

    def __init__(self, koji: Any, dest: str, build_tag: str) -> None:
        self._koji = koji
        self._build_tag = build_tag
        self.requests: list[int] = []
        self.built: dict[str, int] = {}
        koji.events.subscribe(self._tagged, kind='Tag', tag=dest)
        koji.events.subscribe(self._built, kind='BuildStateChange',
                              new='COMPLETE')

    async def _tagged(self, event: Any) -> None:
        asked = await self._koji.repo.request(self._build_tag, 'last')
        if asked['request'] is not None:
            self.requests.append(asked['request'].id)

    def _built(self, event: Any) -> None:
        owner = event.build.owner_name
        self.built[owner] = self.built.get(owner, 0) + 1
