"""A bot that submits scratch builds, and reports the logs of failures."""
from __future__ import annotations

from base64 import b64decode
from typing import Any

from txkoji import task_states

#: The end of a log that is reported.
TAIL = 200


class ScratchBuilder:
    """
    Builds changes before they are merged.

    :param koji: a Connection that is logged in.
    :param target: the target that it builds for.
    """

    def __init__(self, koji: Any, target: str) -> None:
        self._koji = koji
        self._target = target

    async def build(self, source: str) -> dict[str, str]:
        """
        Build a change.

        :returns: the end of the log of each architecture that failed.
        """
        number = await self._koji.build(source, self._target,
                                        {'scratch': True})
        await self._koji.wait(number)
        report = {}
        for task in await self._koji.getTaskChildren(number):
            if task.state == task_states.FAILED:
                report[task.label] = await self._tail(task)
        return report

    async def _tail(self, task: Any) -> str:
        names = await self._koji.listTaskOutput(task.id)
        if 'build.log' not in names:
            return 'no log'
        data = await self._koji.downloadTaskOutput(task.id, 'build.log')
        return b64decode(data).decode('utf-8', 'replace')[-TAIL:]
