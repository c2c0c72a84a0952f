"""Side tags."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.logger import formatEvent, globalLogPublisher

from tests.support import HubTestCase
from txkoji.exceptions import (
    ActionNotAllowed,
    CallTimeout,
    ConnectionFailed,
    GenericError,
)
from txkoji.rows import Tag
from txkoji.undo import LIMIT

#: A tag of the sample to make side tags of.
BASE = 'f44-build'


class Oops(Exception):
    """An error of a program."""


class SideTagTestCase(HubTestCase):
    """With a hub that has side tags, and a program that uses one."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.respond('createSideTag', self.create)
        self.hub.respond('removeSideTag', self.remove)
        self.get(self.koji.login())
        del self.hub.calls[:]
        self.events: list[Any] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)
        self.used: list[Tag] = []

    def create(self, basetag: Any, debuginfo: bool = False,
               suffix: Any = None) -> Any:
        """Create a tag, as the hub method does."""
        base = self.hub.tables.find('tags', basetag)
        if base is None:
            raise GenericError(f'No such tagInfo: {basetag!r}')
        number = 1 + max(row['id'] for row in self.hub.tables.tags)
        name = f'{base["name"]}-side-{number}'
        self.hub.tables.tags.append({
            **base, 'id': number, 'name': name, 'extra': {'sidetag': True}})
        return {'name': name, 'id': number}

    def remove(self, sidetag: Any) -> None:
        """Remove a tag, as the hub method does."""
        found = self.hub.tables.find('tags', sidetag)
        if found is None:
            raise GenericError(f'No such tagInfo: {sidetag!r}')
        self.hub.tables.tags[:] = [
            row for row in self.hub.tables.tags if row['id'] != found['id']]

    @property
    def left(self) -> list[str]:
        """The side tags that the hub has."""
        return [row['name'] for row in self.hub.tables.tags
                if '-side-' in row['name']]

    @property
    def logged(self) -> str:
        """What was logged."""
        return '\n'.join(str(formatEvent(event)) for event in self.events)

    def use(self, work: Any = None, **options: Any) -> Deferred[Any]:
        """
        Use a side tag.

        :param work: something to wait for with the tag; or an exception to
                     raise.
        """
        async def run() -> None:
            async with self.koji.side_tag(BASE, **options) as tag:
                self.used.append(tag)
                if isinstance(work, Exception):
                    raise work
                await (work or Deferred.fromCoroutine(self.nothing()))

        return Deferred.fromCoroutine(run())

    async def nothing(self) -> None:
        """Do nothing."""

    def make_repo(self) -> None:
        """Let the hub make the repository, and the connection see it."""
        self.hub.repos.make(self.hub.tables.tags[-1]['id'])
        self.hub.clock.advance(6)


class UseTests(SideTagTestCase):
    """A tag for a while."""

    def test_use(self) -> None:
        """It is created, has a repository, is used, and is removed."""
        work: Deferred[None] = Deferred()
        using = self.use(work)
        self.assertEqual((self.used, len(self.left)), ([], 1))
        [request] = self.hub.tables.repo_requests[-1:]
        self.assertEqual(request['tag_id'], self.hub.tables.tags[-1]['id'])
        self.make_repo()
        [tag] = self.used
        self.assertIsInstance(tag, Tag)
        self.assertEqual([tag.name], self.left)
        self.assertEqual(tag.extra, {'sidetag': True})
        work.callback(None)
        self.get(using)
        self.assertEqual(self.left, [])

    def test_options(self) -> None:
        """Options that are not given are not sent, for older plugins."""
        self.get(self.use(wait_repo=False))
        self.get(self.use(wait_repo=False, debuginfo=True, suffix='x'))
        self.assertEqual(
            [(args, kwargs) for name, args, kwargs in self.hub.calls
             if name == 'createSideTag'],
            [((BASE,), {}), ((BASE,), {'debuginfo': True, 'suffix': 'x'})])

    def test_error(self) -> None:
        """After an error of the program the tag is removed."""
        self.fail_of(self.use(Oops(), wait_repo=False), Oops)
        self.assertEqual(self.left, [])

    def test_canceled(self) -> None:
        """A program that is canceled leaves no tag."""
        using = self.use(Deferred(), wait_repo=False)
        self.assertEqual(len(self.left), 1)
        using.cancel()
        self.fail_of(using, CancelledError)
        self.assertEqual(self.left, [])
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_canceled_waiting(self) -> None:
        """Nor does one that is canceled before there is a repository."""
        using = self.use()
        using.cancel()
        self.fail_of(using, CancelledError)
        self.assertEqual((self.left, self.used), ([], []))

    def test_timeout(self) -> None:
        """Without a repository in time, the tag is removed."""
        using = self.use(timeout=20)
        self.hub.clock.pump([6] * 4)
        self.fail_of(using, CallTimeout)
        self.assertEqual(self.left, [])

    def test_canceled_creating(self) -> None:
        """A tag that the hub makes for nobody is removed."""
        self.hub.misbehave('slow', method='createSideTag', seconds=5)
        using = self.use()
        using.cancel()
        self.assertNoResult(using)
        self.hub.clock.advance(5)
        self.fail_of(using, CancelledError)
        self.assertIn('removeSideTag', [call[0] for call in self.hub.calls])
        self.assertEqual(self.left, [])

    def test_canceled_removing(self) -> None:
        """A removal under way goes on, and the caller hears of the cancel."""
        self.hub.misbehave('slow', method='removeSideTag', seconds=5)
        using = self.use(wait_repo=False)
        using.cancel()
        self.assertNoResult(using)
        self.hub.clock.advance(5)
        self.fail_of(using, CancelledError)
        self.assertEqual(self.left, [])

    def test_removed_already(self) -> None:
        """A tag that the hub has removed itself is no error."""
        async def run() -> None:
            async with self.koji.side_tag(BASE, wait_repo=False) as tag:
                self.remove(tag.id)

        self.get(Deferred.fromCoroutine(run()))
        self.assertNotIn('is left', self.logged)

    def test_twice(self) -> None:
        """One object is one tag at a time."""
        side_tag = self.koji.side_tag(BASE, wait_repo=False)

        async def run() -> None:
            async with side_tag:
                async with side_tag:
                    pass

        self.fail_of(Deferred.fromCoroutine(run()), RuntimeError)
        self.assertEqual(self.left, [])


class LeftTests(SideTagTestCase):
    """A tag that cannot be removed."""

    def test_refused(self) -> None:
        """At the end of the program's work, that is an error."""
        self.hub.fault('removeSideTag', 1004, 'This is not your sidetag')
        self.fail_of(self.use(wait_repo=False), ActionNotAllowed)
        self.assertIn(f'side tag {self.left[0]} is left: This is not your',
                      self.logged)

    def test_after_error(self) -> None:
        """After an error, the program sees its own; the name is logged."""
        self.hub.fault('removeSideTag', 1000, 'Target is missing')
        self.fail_of(self.use(Oops(), wait_repo=False), Oops)
        self.assertIn(f'side tag {self.left[0]} is left: Target is missing',
                      self.logged)

    def test_limit(self) -> None:
        """A hub that does not answer is given up."""
        self.hub.misbehave('slow', method='removeSideTag',
                           seconds=10 * LIMIT)
        using = self.use(Deferred(), wait_repo=False)
        using.cancel()
        self.assertNoResult(using)
        self.hub.clock.advance(LIMIT)
        self.fail_of(using, CancelledError)
        self.assertIn(f'side tag {self.left[0]} is left', self.logged)

    def test_unknown(self) -> None:
        """A lost answer to a canceled creation is logged."""
        self.hub.misbehave('slow', method='createSideTag', seconds=5)
        self.hub.misbehave('dropped-after', method='createSideTag')
        using = self.use()
        using.cancel()
        self.hub.clock.advance(5)
        self.fail_of(using, CancelledError)
        self.assertIn(f'createSideTag of {BASE} was canceled; the hub may'
                      ' have', self.logged)

    def test_destroyed(self) -> None:
        """A coroutine that Python destroys logs the name."""
        async def run() -> None:
            async with self.koji.side_tag(BASE, wait_repo=False):
                await Deferred()

        coroutine = run()
        while True:
            waiting = coroutine.send(None)
            if not waiting.called:  # type: ignore[union-attr]
                break
        coroutine.close()
        self.assertIn(f'side tag {self.left[0]} is left', self.logged)


class RefusedTests(SideTagTestCase):
    """Side tags that cannot be created."""

    def test_login(self) -> None:
        """One has to be logged in; nothing is sent."""
        self.koji = self.hub.connection()
        self.fail_of(self.use(), ActionNotAllowed)
        self.assertEqual(self.hub.calls, [])

    def test_no_plugin(self) -> None:
        """A hub without the plugin is told from one that refuses."""
        for method in ('createSideTag', 'listSideTags', 'editSideTag'):
            self.hub.fault(method, 1000, f'Invalid method: {method}')
        for call in (self.use(), self.koji.side_tags.list(),
                     self.koji.side_tags.edit('x')):
            error = self.fail_of(call, GenericError)
            self.assertIn('sidetag_hub is missing (Invalid', str(error))
            self.assertEqual(error.faultCode, 1000)

    def test_refused(self) -> None:
        """What the hub refuses is the caller's; there is no tag."""
        self.fail_of(self.koji.side_tags.create('nosuch'), GenericError)
        self.hub.fault('createSideTag', 1004, 'policy violation (sidetag)')
        self.fail_of(self.use(), ActionNotAllowed)
        self.hub.misbehave('dropped-before', method='createSideTag')
        self.fail_of(self.use(), ConnectionFailed)


class SideTagsTests(SideTagTestCase):
    """The calls by themselves."""

    def test_list(self) -> None:
        """They are listed as tags, with their owners."""
        self.hub.respond('listSideTags', [{
            'id': 9, 'name': 'x-side-9', 'user_id': '2',
            'user_name': 'alice'}])
        [tag] = self.get(self.koji.side_tags.list(BASE, user='alice'))
        self.assertIsInstance(tag, Tag)
        self.assertEqual(tag.user_name, 'alice')
        self.assertEqual(self.hub.calls,
                         [('listSideTags', (BASE, 'alice'), {})])

    def test_edit(self) -> None:
        """Only what is given is sent."""
        self.hub.respond('editSideTag', None)
        tag = self.get(self.koji.side_tags.create(BASE))
        self.get(self.koji.side_tags.edit(tag, debuginfo=False,
                                          rpm_macros={'dist': '.x'}))
        self.get(self.koji.side_tags.edit(tag.name,
                                          remove_rpm_macros=['dist']))
        self.assertEqual(
            [call[1:] for call in self.hub.calls if call[0] == 'editSideTag'],
            [((tag.id,), {'debuginfo': False, 'rpm_macros': {'dist': '.x'}}),
             ((tag.name,), {'remove_rpm_macros': ['dist']})])

    def test_unseen(self) -> None:
        """A tag that cannot be asked for has its name and id."""
        self.hub.fault('getTag', 1, 'a bad moment')
        tag = self.get(self.koji.side_tags.create(BASE))
        self.assertEqual([tag.name], self.left)
        self.get(self.koji.side_tags.remove(tag))
        self.assertEqual(self.left, [])
