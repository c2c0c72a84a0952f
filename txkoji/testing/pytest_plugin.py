"""
A plugin of pytest, which finds it wherever txkoji is installed.

It has the fixtures `fakehub` and `fakehub_connection`, and the marker
``fakehub`` for tests that are coroutine functions::

    @pytest.mark.fakehub
    async def test_tag(fakehub_connection):
        tag = await fakehub_connection.getTag('f44')
        assert tag.arches.split()[0] == 'x86_64'

With ``asyncio_mode = auto``, pytest-asyncio runs all coroutine functions: call
`txkoji.testing.run` there. ``-p no:txkoji`` turns the plugin off.
"""
from __future__ import annotations

import inspect
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from txkoji.connection import Connection
    from txkoji.testing.hub import FakeHub


def pytest_configure(config: pytest.Config) -> None:
    """Describe the marker."""
    config.addinivalue_line(
        'markers', 'fakehub: run this coroutine function with the hub of the'
                   ' fixture fakehub, whose clock moves while it waits')


@pytest.fixture
def fakehub() -> FakeHub:
    """Give a Koji hub in memory, with sample data and a clock of its own."""
    from twisted.internet.task import Clock

    from txkoji.testing.hub import FakeHub
    return FakeHub(clock=Clock())


@pytest.fixture
def fakehub_connection(fakehub: FakeHub) -> Iterator[Connection]:
    """Give a connection to the hub of the fixture fakehub."""
    from txkoji.testing.running import run
    koji = fakehub.connection()
    yield koji
    run(koji.close(), fakehub)


@pytest.hookimpl(tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> bool | None:
    """Run a coroutine function that has the marker."""
    test = pyfuncitem.obj
    if (pyfuncitem.get_closest_marker('fakehub') is None
            or not inspect.iscoroutinefunction(test)):
        return None
    from txkoji.testing.running import run
    hub: Any = pyfuncitem.funcargs.get('fakehub')
    if hub is None:
        pytest.fail('a test with the marker fakehub needs the fixture fakehub'
                    ' or fakehub_connection', pytrace=False)
    run(test(**{name: pyfuncitem.funcargs[name]
                for name in inspect.signature(test).parameters}), hub)
    return True
