"""
A Koji hub for tests: of programs that use txkoji, and of txkoji itself.

`FakeHub` is a hub in memory. ``python -m txkoji.testing`` serves one.

With pytest, use the fixtures ``fakehub`` and ``fakehub_connection``, which are
there wherever txkoji is installed. The marker ``fakehub`` runs a coroutine
function::

    @pytest.mark.fakehub
    async def test_tag(fakehub, fakehub_connection):
        tag = await fakehub_connection.getTag('f44')
        assert fakehub.calls == [('getTag', ('f44',), {})]

In other functions, `run` runs a coroutine, and moves the clock of the hub
while the coroutine waits::

    def test_tag(fakehub, fakehub_connection):
        assert run(fakehub_connection.getTag('f44'), fakehub).id == 33

With trial or unittest, derive test cases from `HubTestCase`, which has a hub
and a connection, and runs tests that are coroutine functions::

    class TagTests(HubTestCase):
        async def test_tag(self):
            tag = await self.koji.getTag('f44')
            self.assertEqual(tag.id, 33)

With pytest-twisted, and with trial's ``TestCase``, Twisted's reactor runs: use
``FakeHub()``, which waits on the reactor.
"""
from txkoji.testing.case import HubTestCase
from txkoji.testing.hub import FakeHub
from txkoji.testing.running import run

__all__ = ['FakeHub', 'HubTestCase', 'run']
