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

SOURCE = 'git+https://src.example.test/rpms/zsh.git#9a2f7fc'


class Oops(Exception):
    """An error of a program."""


class SideTagTestCase(HubTestCase):
    """With a hub that has side tags, and a program that uses one."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.get(self.koji.login())
        del self.hub.calls[:]
        self.events: list[Any] = []
        globalLogPublisher.addObserver(self.events.append)
        self.addCleanup(globalLogPublisher.removeObserver, self.events.append)
        self.used: list[Tag] = []

    @property
    def left(self) -> list[str]:
        """The side tags that the hub has, each with its target."""
        found = {row['name'] for row in self.hub.tables.active('tags')
                 if '-side-' in row['name']}
        self.assertEqual(found, {
            row['name'] for row in self.hub.tables.active('targets')
            if '-side-' in row['name']})
        return sorted(found)

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
        self.assertEqual((tag.extra['sidetag'], tag.extra['sidetag_user']),
                         (True, 'alice'))
        [parent] = self.get(self.koji.getInheritanceData(tag.id))
        self.assertEqual(parent.name, BASE)
        work.callback(None)
        self.get(using)
        self.assertEqual(self.left, [])

    def test_options(self) -> None:
        """Options that are not given are not sent, for older plugins."""
        self.get(self.use(wait_repo=False))
        self.get(self.use(wait_repo=False, debuginfo=True))
        self.assertIs(self.used[1].extra['with_debuginfo'], True)
        error = self.fail_of(self.use(wait_repo=False, suffix='x'),
                             GenericError)
        self.assertIn('x suffix is not allowed', str(error))
        self.assertEqual(
            [(args, kwargs) for name, args, kwargs in self.hub.calls
             if name == 'createSideTag'],
            [((BASE,), {}), ((BASE,), {'debuginfo': True}),
             ((BASE,), {'suffix': 'x'})])
        self.assertEqual(self.left, [])

    def test_build(self) -> None:
        """A build in it is in its list, and stays when the tag is gone."""
        self.hub.builders.start(duration=5)
        found: list[Any] = []

        async def run() -> None:
            async with self.koji.side_tag(BASE) as tag:
                submission = await self.koji.submit_build(SOURCE, tag.name)
                build = await submission.done()
                found.extend([build, await self.koji.listTagged(tag.id)])

        using = Deferred.fromCoroutine(run())
        for _ in range(60):
            self.hub.clock.advance(6)
        self.get(using)
        build, builds = found
        self.assertEqual([each.nvr for each in builds], [build.nvr])
        self.assertEqual(self.left, [])
        self.assertEqual(self.get(self.koji.getBuild(build.id)).nvr,
                         build.nvr)

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

    def test_canceled_phases(self) -> None:
        """In whatever call it is canceled, no tag is left, and no timer."""
        for method in ('createSideTag', 'getTag', 'repo.request',
                       'repo.checkRequest', 'removeSideTag'):
            self.hub.misbehave('slow', method=method, seconds=20)
            del self.hub.calls[:]
            using = self.use(None if method != 'removeSideTag' else Oops(),
                             wait_repo=method != 'removeSideTag')
            self.hub.clock.advance(6)
            self.assertEqual(self.koji.stats.in_flight, 1, method)
            using.cancel()
            self.hub.clock.advance(40)
            self.fail_of(using, CancelledError)
            self.assertEqual((self.left, self.koji.stats.in_flight),
                             ([], 0), method)
            self.assertEqual(self.hub.clock.getDelayedCalls(), [], method)
            self.hub.behave()
        self.assertNotIn('is left', self.logged)

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
                await self.koji.removeSideTag(tag.id)

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

    def give_away(self) -> None:
        """Let the side tag be another user's."""
        [tag] = self.used
        admin = self.hub.connection('kojiadmin')
        self.get(admin.login())
        self.get(admin.editTag2(tag.id, extra={'sidetag_user_id': 1}))

    def test_refused(self) -> None:
        """At the end of the program's work, that is an error."""
        work: Deferred[None] = Deferred()
        using = self.use(work, wait_repo=False)
        self.give_away()
        work.callback(None)
        self.fail_of(using, ActionNotAllowed)
        self.assertIn(f'side tag {self.left[0]} is left: This is not your',
                      self.logged)

    def test_after_error(self) -> None:
        """After an error, the program sees its own; the name is logged."""
        work: Deferred[None] = Deferred()
        using = self.use(work, wait_repo=False)
        self.give_away()
        work.errback(Oops())
        self.fail_of(using, Oops)
        self.assertIn(f'side tag {self.left[0]} is left: This is not your',
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
        releng = self.hub.connection('releng')
        self.get(releng.login())
        other = self.get(releng.side_tags.create(BASE))
        mine = self.get(self.koji.side_tags.create(BASE))
        for options, wanted in [({}, [other, mine]),
                                ({'user': 'alice'}, [mine]),
                                ({'base': BASE, 'user': 'releng'}, [other]),
                                ({'base': 'f43-build'}, [])]:
            found = self.get(self.koji.side_tags.list(**options))
            self.assertEqual([tag.name for tag in found],
                             [tag.name for tag in wanted])
        [tag] = self.get(self.koji.side_tags.list(user='alice'))
        self.assertIsInstance(tag, Tag)
        self.assertEqual((tag.id, tag.user_name), (mine.id, 'alice'))
        self.fail_of(self.koji.side_tags.list('nosuch'), GenericError)

    def allow(self) -> None:
        """Let the base tag allow its side tags to be changed."""
        admin = self.hub.connection('kojiadmin')
        self.get(admin.login())
        self.get(admin.editTag2(BASE, extra={
            'sidetag_debuginfo_allowed': True,
            'sidetag_rpm_macros_allowed': True}))

    def test_edit(self) -> None:
        """Only what is given is sent."""
        self.allow()
        tag = self.get(self.koji.side_tags.create(BASE))
        self.get(self.koji.side_tags.edit(tag, debuginfo=False,
                                          rpm_macros={'dist': '.x'}))
        extra = self.get(self.koji.getTag(tag.id)).extra
        self.assertEqual((extra['with_debuginfo'], extra['rpm.macro.dist']),
                         (False, '.x'))
        self.get(self.koji.side_tags.edit(tag.name,
                                          remove_rpm_macros=['dist']))
        self.assertNotIn('rpm.macro.dist',
                         self.get(self.koji.getTag(tag.id)).extra)
        self.assertEqual(
            [call[1:] for call in self.hub.calls if call[0] == 'editSideTag'],
            [((tag.id,), {'debuginfo': False, 'rpm_macros': {'dist': '.x'}}),
             ((tag.name,), {'remove_rpm_macros': ['dist']})])

    def test_not_allowed(self) -> None:
        """The hub's refusals say why, and leave the tag as it was."""
        tag = self.get(self.koji.side_tags.create(BASE))
        error = self.fail_of(self.koji.side_tags.edit(tag, debuginfo=True),
                             GenericError)
        self.assertIn('not allowed in parent tag', str(error))
        self.fail_of(self.koji.side_tags.edit(BASE, debuginfo=True),
                     GenericError)
        self.fail_of(self.koji.side_tags.remove(BASE), GenericError)
        releng = self.hub.connection('releng')
        self.get(releng.login())
        self.fail_of(releng.side_tags.remove(tag), ActionNotAllowed)
        self.assertEqual(self.left, [tag.name])

    def test_unseen(self) -> None:
        """A tag that cannot be asked for has its name and id."""
        self.hub.fault('getTag', 1, 'a bad moment')
        tag = self.get(self.koji.side_tags.create(BASE))
        self.assertEqual([tag.name], self.left)
        self.get(self.koji.side_tags.remove(tag))
        self.assertEqual(self.left, [])
