"""
Test a program that uses Koji with pytest.

Run ``pytest examples/test_with_pytest.py``. Its fixtures are there wherever
txkoji is installed.
"""
import pytest

from txkoji import Connection
from txkoji.exceptions import GenericError
from txkoji.testing import FakeHub, run


async def retag(koji: Connection, name: str, old: str, new: str) -> str:
    """Move the latest build of a package to another tag: a program."""
    [build] = await koji.listTagged(old, latest=True, package=name)
    task = await koji.wait(await koji.moveBuild(old, new, build))
    return f'{build.nvr}: {task.state_name}'


@pytest.mark.fakehub
async def test_retag(fakehub: FakeHub, fakehub_connection: Connection) -> None:
    """A build is in the new tag. No time is spent on waiting for the task."""
    fakehub.add_tag('stable', packages=['zsh'])
    fakehub.add_tag('testing')
    fakehub.add_build('zsh-6.0-1.fc45', tags=['testing'])
    fakehub.builders.start(duration=3600)
    await fakehub_connection.login()
    assert await retag(fakehub_connection, 'zsh', 'testing',
                       'stable') == 'zsh-6.0-1.fc45: CLOSED'
    [build] = await fakehub_connection.listTagged('stable')
    assert build.name == 'zsh'


def test_refused(fakehub: FakeHub, fakehub_connection: Connection) -> None:
    """A test that is no coroutine function gets results with run()."""
    with pytest.raises(GenericError, match="No such tagInfo: 'none'"):
        run(retag(fakehub_connection, 'zsh', 'none', 'stable'), fakehub)
