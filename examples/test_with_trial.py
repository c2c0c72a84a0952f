"""Test a program with trial: ``trial examples/test_with_trial.py``."""
from twisted.trial.unittest import TestCase

from txkoji import Connection
from txkoji.exceptions import ServerOffline
from txkoji.testing import FakeHub, HubTestCase


async def failures(koji: Connection, task_id: int) -> list[str | None]:
    """List the architectures that failed, when a task is over: a program."""
    await koji.wait(task_id)
    return [task.arch for task in await koji.getTaskDescendents(task_id)
            if task.state_name == 'FAILED']


class FailuresTests(HubTestCase):
    """With a hub whose clock moves while a test waits."""

    async def test_failure(self) -> None:
        """An architecture that failed is listed. The hour takes no time."""
        self.hub.builders.start(duration=3600)
        self.hub.builders.fail('zsh', arch='s390x')
        await self.koji.login()
        task = await self.koji.build('git+https://x/zsh#1', 'f44-candidate')
        self.assertEqual(await failures(self.koji, task), ['s390x'])

    def test_outage(self) -> None:
        """A hub that is offline is an error that says so."""
        self.hub.misbehave('offline', times=1)
        self.assertRaises(ServerOffline, self.get, self.koji.getTag('f44'))


class ReactorTests(TestCase):
    """With trial's reactor, on which time is spent."""

    async def test_failure(self) -> None:
        """A task that is over."""
        koji = FakeHub().connection()
        self.assertEqual(await failures(koji, 6474), ['aarch64'])
