"""Waiting for repositories of tags, and for builds in tags."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from koji import ClientSession
from koji.util import RepoWatcher
from twisted.internet import reactor
from twisted.internet.defer import CancelledError, inlineCallbacks
from twisted.internet.task import LoopingCall
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase
from txkoji import Connection, Profile, build_states
from txkoji.build import Build
from txkoji.exceptions import (
    ActionNotAllowed,
    BuildError,
    CallTimeout,
    ConnectionClosed,
    GenericError,
    KojiLoginException,
)
from txkoji.repo import Repo
from txkoji.testing import FakeHub

#: Seconds between two looks.
INTERVAL = 6

#: f44-build, a tag that it inherits from, and one that it does not.
TAG, PARENT, ELSEWHERE = 40, 39, 26

#: A package with builds in the sample, none of them in f44-build.
PACKAGE = 'zsh'


class ReposTestCase(HubTestCase):
    """With builds of one package, oldest first."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.old, self.new = self.get(self.koji.listBuilds(
            PACKAGE, state=build_states.COMPLETE,
            queryOpts={'order': '-build_id', 'limit': 2}))
        self.rows = {row['id']: row for row in self.hub.tables.builds}
        del self.hub.calls[:]

    def turn(self, seconds: float = 0) -> None:
        """Let time pass."""
        self.hub.clock.advance(seconds)

    def turns(self, count: int = 3) -> None:
        """Let several rounds pass."""
        for _ in range(count):
            self.turn(INTERVAL)

    def ends_with_next(self, waiting: Any, event: int | None = None) -> None:
        """Check that a wait ends with the next repository, of an event."""
        number = self.hub.repos.make(TAG, event)
        self.turns(1)
        self.assertEqual(self.get(waiting).id, number)

    def tag(self, build: Any, tag_id: int = TAG) -> int:
        """Tag a build."""
        return self.hub.history.tag_build(tag_id, build.id)

    def calls(self, method: str) -> list[Any]:
        """What a method was called with."""
        return [(*args, kwargs) for name, args, kwargs in self.hub.calls
                if name == method]

    def check_quiet(self) -> None:
        """Check that nothing is left in the reactor."""
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])
        self.assertEqual(self.koji.stats.waiting, 0)


class LookingTests(ReposTestCase):
    """Without a request: nobody is logged in."""

    def check_old(self) -> None:
        """What is true of hubs that make repositories by themselves."""
        self.assertEqual(self.calls('repo.request'), [])
        self.check_quiet()

    def test_current(self) -> None:
        """Without builds, one of the tag's last change is enough at once."""
        self.tag(self.old)
        number = self.hub.repos.make(TAG)
        repo = self.get(self.koji.wait_repo('f44-build'))
        self.assertIsInstance(repo, Repo)
        self.assertIs(repo.connection, self.koji)
        self.assertEqual((repo.id, repo.tag_name), (number, 'f44-build'))
        self.assertEqual(repo.url,
                         f'http://hub.example.test/koji/repoinfo?repoID'
                         f'={number}')
        self.check_old()

    def test_outdated(self) -> None:
        """Without builds, one from before the last change is not enough."""
        for tag_id in (TAG, PARENT):
            self.hub.repos.make(TAG)
            self.tag(self.old, tag_id)
            waiting = self.koji.wait_repo('f44-build')
            self.turns()
            self.assertNoResult(waiting)
            self.ends_with_next(waiting)
        self.check_old()

    def test_busy(self) -> None:
        """A tag that changes at every look has a good one all the same."""
        waiting = self.koji.wait_repo('f44-build')
        event = self.get(self.koji.getLastEvent()).id
        for _ in range(3):
            self.tag(self.old)
            self.hub.history.untag_build(TAG, self.old.id)
            self.turns(1)
        self.assertNoResult(waiting)
        number = self.hub.repos.make(TAG, event)
        self.tag(self.new)
        self.turns(1)
        self.assertEqual(self.get(waiting).id, number)
        self.assertEqual(len(self.calls('tagLastChangeEvent')), 1)
        self.check_old()

    def test_overtaken(self) -> None:
        """With builds, one is enough that has them, though not as latest."""
        self.tag(self.old)
        self.tag(self.new)
        number = self.hub.repos.make(TAG)
        # Which lags behind from now on.
        self.hub.history.untag_build(TAG, self.old.id)
        repo = self.get(self.koji.wait_repo('f44-build',
                                            [self.old.nvr, self.new.nvr]))
        self.assertEqual(repo.id, number)
        for one in (self.old.nvr, self.old, [self.old]):
            self.assertEqual(self.get(self.koji.wait_repo(TAG, one)), repo)
        self.assertEqual(self.calls('tagLastChangeEvent'), [])
        self.check_old()

    def test_builds(self) -> None:
        """Builds are waited for, and then a repository of that or later."""
        self.hub.repos.make(TAG)
        waiting = self.koji.wait_repo('f44-build', [self.old.nvr])
        self.turns()
        self.hub.repos.make(TAG)
        self.turns()
        self.assertNoResult(waiting)
        self.assertEqual(self.calls('tagLastChangeEvent'), [])
        event = self.tag(self.old, PARENT)
        self.hub.misbehave('offline', times=1)
        self.turns()
        self.assertNoResult(waiting)
        self.tag(self.new)
        self.ends_with_next(waiting, event)
        self.assertEqual(len(self.calls('tagLastChangeEvent')), 1)
        self.check_old()

    def test_options(self) -> None:
        """One that was made with options of its own does not count."""
        self.hub.repos.make(TAG, opts={'debuginfo': True})
        waiting = self.koji.wait_repo('f44-build', request=False)
        self.turns()
        self.assertNoResult(waiting)
        self.ends_with_next(waiting)
        self.check_old()

    def test_events(self) -> None:
        """min_event is the first one that it may be of; after_event is not."""
        number = self.hub.repos.make(TAG)
        event = self.hub.tables.repos[0]['create_event']
        self.tag(self.old)
        for events in ({'min_event': event}, {'after_event': event - 1},
                       {'min_event': 1, 'nvrs': []}):
            self.assertEqual(self.get(self.koji.wait_repo(
                TAG, **events)).id, number)
        self.assertEqual(self.get(self.koji.wait_repo(TAG, (), event - 1)).id,
                         number)
        self.hub.tables.repos[0]['create_event'] = event
        for events in ({'after_event': event}, {'min_event': event + 1},
                       {'min_event': 'last'},
                       {'nvrs': [self.old.nvr], 'min_event': 'last'}):
            waiting = self.koji.wait_repo(TAG, **events)
            self.turns()
            self.assertNoResult(waiting)
            waiting.cancel()
            self.fail_of(waiting, CancelledError)
        self.check_old()

    def test_never(self) -> None:
        """With request=False there is none, also where we are logged in."""
        self.get(self.koji.login())
        waiting = self.koji.wait_repo(TAG, request=False)
        self.turns()
        self.assertNoResult(waiting)
        waiting.cancel()
        self.fail_of(waiting, CancelledError)
        self.check_old()

    def test_refused(self) -> None:
        """Arguments without a sense, before anything is sent."""
        for kwargs, text in [
                ({'after_event': 5, 'min_event': 6}, 'one of both'),
                ({'min_event': 'first'}, "not 'first'"),
                ({'nvrs': ['zsh']}, "'zsh' is no name-version-release"),
                ({'nvrs': [5]}, '5 is no name-version-release')]:
            error = self.fail_of(self.koji.wait_repo(TAG, **kwargs),
                                 ValueError)
            self.assertIn(text, str(error))
        self.assertEqual(self.hub.calls, [])
        for request in (None, False):
            self.fail_of(self.koji.wait_repo('no-such', request=request),
                         GenericError)

    def test_ended(self) -> None:
        """The time may be limited; and it can be cancelled, or closed."""
        waiting = self.koji.wait_repo(TAG, timeout=30)
        for _ in range(6):
            self.turn(5)
        self.fail_of(waiting, CallTimeout)
        waiting = self.koji.wait_repo(TAG, [self.old.nvr])
        self.turns(1)
        waiting.cancel()
        self.fail_of(waiting, CancelledError)
        waiting = self.koji.wait_repo(TAG)
        self.get(self.koji.close())
        self.fail_of(waiting, ConnectionClosed)
        self.check_quiet()


class RequestTests(ReposTestCase):
    """With a request, as alice."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.get(self.koji.login())

    @property
    def requests(self) -> list[dict[str, Any]]:
        """Get the requests on the hub."""
        return self.hub.tables.repo_requests

    def test_requested(self) -> None:
        """Whoever is logged in requests one, once, and gets it."""
        event = self.tag(self.old)
        waiting = self.koji.wait_repo('f44-build')
        self.turns()
        self.assertNoResult(waiting)
        [request] = self.requests
        self.assertEqual((request['min_event'], request['opts'],
                          request['owner'], request['at_event']),
                         (event, {}, 2, None))
        self.tag(self.new)
        number = self.hub.repos.make(TAG)
        self.turns(1)
        repo = self.get(waiting)
        self.assertIsInstance(repo, Repo)
        self.assertIs(repo.connection, self.koji)
        self.assertEqual(repo.id, number)
        self.assertEqual(len(self.calls('repo.request')), 1)
        self.check_quiet()

    def test_there(self) -> None:
        """None is requested where one is there that will do."""
        self.tag(self.old)
        number = self.hub.repos.make(TAG)
        for kwargs in ({}, {'request': True}, {'nvrs': [self.old.nvr]}):
            self.assertEqual(self.get(self.koji.wait_repo(
                TAG, **kwargs)).id, number)
        self.assertEqual(self.requests, [])

    def test_builds(self) -> None:
        """None is requested before the builds are in the tag."""
        self.hub.repos.make(TAG)
        waiting = self.koji.wait_repo(TAG, [self.old.nvr], request=True)
        self.turns()
        self.assertEqual(self.requests, [])
        event = self.tag(self.old)
        self.turns()
        self.assertEqual([row['min_event'] for row in self.requests], [event])
        self.ends_with_next(waiting)

    def test_event_to_come(self) -> None:
        """After the hub's last event: any new one, and none of before."""
        old = self.hub.repos.make(TAG)
        event = self.get(self.koji.getLastEvent()).id
        waiting = self.koji.wait_repo(TAG, after_event=event)
        self.turns()
        self.assertNoResult(waiting)
        self.assertEqual([row['min_event'] for row in self.requests], [event])
        # Of a request that somebody had made before.
        self.requests[0].update(active=False, repo_id=old)
        self.turns()
        self.assertNoResult(waiting)
        self.assertEqual(len(self.requests), 2)
        self.ends_with_next(waiting)

    def test_in_vain(self) -> None:
        """A request that ends without a repository: its task is named."""
        waiting = self.koji.wait_repo('f44-build')
        self.turns()
        self.requests[0].update(active=False, tries=4, task_id=6477)
        self.turns(1)
        error = self.fail_of(waiting, GenericError)
        self.assertEqual(
            str(error), "wait_repo: request 1 for a repository of tag"
            " 'f44-build' has ended without one, after 4 tries; the last was"
            ' task 6477: see why that failed')
        self.check_quiet()

    def test_outages(self) -> None:
        """A request whose answer is lost is made again, and is the same."""
        for kind in ('dropped-before', 'dropped-after', 'offline'):
            del self.requests[:]
            self.tag(self.old)
            self.hub.misbehave(kind, method='repo.request', times=1)
            waiting = self.koji.wait_repo(TAG)
            self.turns()
            self.hub.misbehave(kind, method='repo.checkRequest', times=1)
            self.turns()
            self.assertNoResult(waiting)
            self.assertEqual(len(self.requests), 1)
            self.hub.repos.make(TAG)
            self.turns()
            self.get(waiting)

    def test_anonymous(self) -> None:
        """A request that must be made by nobody is an error, and not sent."""
        koji = self.hub.connection(None)
        error = self.fail_of(koji.wait_repo(TAG, request=True),
                             KojiLoginException)
        self.assertIn('login() first', str(error))
        self.assertEqual(self.calls('repo.get'), [])

    def test_not_allowed(self) -> None:
        """What the hub says of a request is said."""
        self.hub.fault('repo.request', 1004, 'not you')
        error = self.fail_of(self.koji.wait_repo(TAG), ActionNotAllowed)
        self.assertEqual(str(error), 'not you')


class OldHubTests(ReposTestCase):
    """Hubs before 1.35."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.version = '1.34.1'
        self.koji = self.hub.connection()
        self.get(self.koji.login())
        del self.hub.calls[:]

    def check_wait(self, make: Callable[[], int | None], **kwargs: Any
                   ) -> None:
        """It waits until a second repository is made."""
        waiting = self.koji.wait_repo('f44-build', **kwargs)
        self.turns()
        self.assertNoResult(waiting)
        number = make()
        self.turns(2)
        self.assertEqual(self.get(waiting).id, number)
        self.assertEqual([name for name, _, _ in self.hub.calls
                          if name.startswith('repo.')
                          or name == 'tagLastChangeEvent'], [])

    def found(self, waiting: Any) -> Any:
        """What is found at the first look."""
        self.turn()
        return self.get(waiting)

    def make(self) -> int:
        """Make a repository."""
        return self.hub.repos.make(TAG)

    def test_current(self) -> None:
        """One is enough if neither tag nor parents have changed since."""
        number = self.make()
        self.assertEqual(self.found(self.koji.wait_repo('f44-build')).id,
                         number)
        for tag_id in (TAG, PARENT):
            self.tag(self.old, tag_id)
            self.check_wait(self.make)
        self.tag(self.old, 1)
        self.found(self.koji.wait_repo('f44-build'))
        self.check_wait(self.make, min_event=self.get(
            self.koji.getLastEvent()).id)

    def test_builds(self) -> None:
        """Builds need be in it, not the latest; it may lag."""
        self.tag(self.old)
        self.tag(self.new)
        number = self.make()
        self.hub.history.untag_build(TAG, self.new.id)
        repo = self.found(self.koji.wait_repo('f44-build', [self.old.nvr]))
        self.assertEqual(repo.id, number)
        self.assertIsInstance(repo, Repo)
        self.hub.history.untag_build(TAG, self.old.id)
        self.make()

        def make() -> int:
            self.tag(self.old)
            return self.make()

        self.check_wait(make, nvrs=[self.old.nvr])
        self.tag(self.new)
        self.check_wait(self.make, nvrs=[self.old.nvr], min_event='last')

    def test_none(self) -> None:
        """There may be none yet."""
        self.check_wait(self.make)
        self.fail_of(self.koji.wait_repo('no-such'), GenericError)

    def test_without_version(self) -> None:
        """So it is on hubs that do not say their version."""
        for version in ('1.22.0', '1.9'):
            self.hub.version = version
            koji = self.hub.connection()
            self.make()
            self.found(koji.wait_repo('f44-build'))

    def test_no_requests(self) -> None:
        """A request that must be made is an error there."""
        error = self.fail_of(self.koji.wait_repo(TAG, request=True),
                             GenericError)
        self.assertIn('since Koji 1.35', str(error))
        self.assertIn('(1.34)', str(error))


class TaggedTests(ReposTestCase):
    """Builds that are to arrive in a tag."""

    def test_arriving(self) -> None:
        """They are given when all are there; one may not be begun yet."""
        row = dict(self.rows[self.old.id])
        self.hub.tables.builds.remove(self.rows[self.old.id])
        waiting = self.koji.wait_tagged([self.old.nvr, Build(id=self.new.id)],
                                        'f44-build')
        self.tag(self.new)
        self.turns()
        self.hub.tables.builds.append(row)
        self.turns()
        self.assertNoResult(waiting)
        self.tag(self.old)
        self.turns(1)
        found = self.get(waiting)
        self.assertEqual([build.id for build in found],
                         [self.old.id, self.new.id])
        self.assertIsInstance(found[0], Build)
        self.check_quiet()

    def test_there(self) -> None:
        """One that is there is found at once, by the tag's id, too."""
        tag = self.get(self.koji.getTag(26))
        for builds, where in [([5356], 'f43-updates'), ([5356], 26),
                              (5356, tag), ('ceph-9.22.53-11.fc43', 26),
                              (Build(nvr='ceph-9.22.53-11.fc43'), 26)]:
            waiting = self.koji.wait_tagged(builds, where)
            self.turn()
            self.turn()
            self.assertEqual(self.get(waiting)[0].id, 5356)
        waiting = self.koji.wait_tagged([99999999], 'f44')
        self.turn()
        self.fail_of(waiting, GenericError)
        self.fail_of(self.koji.wait_tagged([5356], 'nosuch'), GenericError)

    def test_inherited(self) -> None:
        """Builds that the tag inherits count if that is wanted."""
        self.tag(self.old, PARENT)
        self.tag(self.new)
        both = [self.old, self.new]
        direct = self.koji.wait_tagged(both, TAG)
        found = self.koji.wait_tagged(both, TAG, inherit=True)
        self.turns()
        self.assertNoResult(direct)
        self.assertEqual([build.id for build in self.get(found)],
                         [self.old.id, self.new.id])
        self.tag(self.old)
        self.turns(1)
        self.get(direct)

    def test_failed(self) -> None:
        """By its id, one that failed is an error at once, or when it does."""
        for state in ('FAILED', 'CANCELED', 'DELETED'):
            number = getattr(build_states, state)
            for build in (self.old, self.old.id, [self.new, self.old]):
                self.rows[self.old.id]['state'] = build_states.BUILDING
                waiting = self.koji.wait_tagged(build, 'f44-build')
                self.turns()
                self.assertNoResult(waiting)
                self.rows[self.old.id]['state'] = number
                self.turns(1)
                error = self.fail_of(waiting, BuildError)
                waiting = self.koji.wait_tagged(build, 'f44-build')
                self.turn()
                self.fail_of(waiting, BuildError)
            self.assertEqual(
                str(error), f'wait_tagged: build {self.old.nvr} (id'
                f' {self.old.id}) is {state}: it will not be tagged with'
                ' f44-build')
        self.check_quiet()

    def test_made_again(self) -> None:
        """By its NVR, one that failed before may be made again, but once."""
        row = self.rows[self.old.id]
        row['state'] = build_states.FAILED
        waiting = [self.koji.wait_tagged(self.old.nvr, TAG) for _ in range(2)]
        self.turns()
        row['state'] = build_states.BUILDING
        self.turns()
        self.assertNoResult(waiting[0])
        row['state'] = build_states.FAILED
        self.turns(1)
        self.fail_of(waiting[0], BuildError)
        self.fail_of(waiting[1], BuildError)
        self.check_quiet()

    def test_ended(self) -> None:
        """The time may be limited; and it can be cancelled."""
        waiting = self.koji.wait_tagged([5356], 'f44', timeout=-1)
        self.turn()
        self.fail_of(waiting, CallTimeout)
        waiting = self.koji.wait_tagged(['x-1-1'], 'f44')
        self.turns()
        waiting.cancel()
        self.fail_of(waiting, CancelledError)
        self.check_quiet()


class PeerTests(TestCase):
    """Koji's own wait for a repository beside ours, on the same hub."""

    @inlineCallbacks
    def setUp(self) -> Any:
        """Set up what the tests share."""
        self.hub = FakeHub(reactor=reactor)
        self.server = yield self.hub.listen()
        self.addCleanup(self.hub.stop)
        self.hub.sessions.passwords['alice'] = 'secret'
        self.koji = Connection(Profile('p', server=self.server,
                                       poll_interval=0.02))
        self.addCleanup(self.koji.close)
        self.old, self.new = yield self.koji.listBuilds(
            PACKAGE, state=build_states.COMPLETE,
            queryOpts={'order': '-build_id', 'limit': 2})
        self.made: list[int] = []
        self.moments = LoopingCall(self.go_on)
        self.todo: list[Callable[[], Any]] = []

    def go_on(self) -> None:
        """Let something happen on the hub, when both have looked."""
        if self.todo and len(self.hub.calls) > 20:
            del self.hub.calls[:]
            self.todo.pop(0)()

    def make(self) -> None:
        """Make a repository."""
        self.made.append(self.hub.repos.make(TAG))

    def watch(self, nvrs: list[str], login: bool) -> Any:
        """What Koji's wait gives; in a thread, since it blocks."""
        session = ClientSession(self.server, {
            'anon_retry': False, 'user': 'alice', 'password': 'secret'})
        try:
            if login:
                session.login()
            watcher = RepoWatcher(session, 'f44-build', nvrs=nvrs,
                                  min_event=None if nvrs else 'last')
            watcher.PAUSE, watcher.TIMEOUT = 0.02, 0.2
            return watcher.waitrepo(anon=not login)
        finally:
            session.rsession.close()

    @inlineCallbacks
    def compare(self, nvrs: list[str], login: bool = False) -> Any:
        """Let both wait, and compare what they found."""
        if login:
            yield self.koji.login('password', user='alice',
                                  password='secret', allow_http=True)
        going = self.moments.start(0.01)
        theirs = deferToThread(self.watch, nvrs, login)
        ours = self.koji.wait_repo('f44-build', nvrs, timeout=60)
        expected = yield theirs
        found = yield ours
        self.moments.stop()
        yield going
        self.assertEqual(found, expected)
        self.assertEqual(found.id, self.made[-1])

    @inlineCallbacks
    def test_there(self) -> Any:
        """Both are content with the same one that is there."""
        self.hub.history.tag_build(TAG, self.old.id)
        self.make()
        for login in (False, True):
            yield self.compare([], login)
            yield self.compare([self.old.nvr], login)
        self.assertEqual(self.hub.tables.repo_requests, [])

    @inlineCallbacks
    def test_coming(self) -> Any:
        """Both wait for the next one where one is outdated."""
        self.make()
        self.hub.history.tag_build(TAG, self.old.id)
        self.todo = [self.make]
        yield self.compare([])

    @inlineCallbacks
    def test_builds(self) -> Any:
        """Both wait for a build that is overtaken, and then for its repo."""
        self.make()
        self.todo = [
            self.make,
            lambda: self.hub.history.tag_build(PARENT, self.old.id),
            lambda: self.hub.history.tag_build(PARENT, self.new.id),
            self.make]
        yield self.compare([self.old.nvr])

    @inlineCallbacks
    def test_request(self) -> Any:
        """Both request the same one, once the build is there."""
        self.make()
        self.todo = [
            lambda: self.hub.history.tag_build(TAG, self.old.id),
            self.make]
        yield self.compare([self.old.nvr], login=True)
        [request] = self.hub.tables.repo_requests
        self.assertEqual(request['repo_id'], self.made[-1])
