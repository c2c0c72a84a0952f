"""A bot that tags builds which passed their checks."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from txkoji.exceptions import TagError


class Tagger:
    """
    Moves builds from one tag to another, once they passed their checks.

    :param koji: a Connection that is logged in.
    :param pending: the tag in which builds wait.
    :param passed: the tag for those that passed.
    :param check: says of a build whether it passed; None for not yet.
    """

    def __init__(self, koji: Any, pending: str, passed: str,
                 check: Callable[[Any], bool | None]) -> None:
        self._koji = koji
        self._pending = pending
        self._passed = passed
        self._check = check
        self.refused: dict[str, str] = {}

    async def run(self) -> list[str]:
        """Look once; the NVRs of the builds that were moved."""
        moving = {}
        for build in await self._koji.listTagged(self._pending):
            verdict = self._check(build)
            if verdict is None:
                continue
            if not verdict:
                await self._koji.untagBuild(self._pending, build.nvr)
                continue
            try:
                moving[build.nvr] = await self._koji.moveBuild(
                    self._pending, self._passed, build.nvr)
            except TagError as error:
                self.refused[build.nvr] = str(error)
        tasks = await self._koji.wait(list(moving.values()))
        return [nvr for nvr, task in zip(moving, tasks)
                if task.state_name == 'CLOSED']
