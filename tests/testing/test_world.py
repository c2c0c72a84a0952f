"""FakeHub as a world: made by a test, alive, heard on the bus, kept."""
from __future__ import annotations

import subprocess
import sys
from typing import Any

from twisted.internet import reactor
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.support import HubTestCase, folder
from txkoji.exceptions import (
    ActionNotAllowed,
    BuildError,
    GenericError,
    TagError,
)
from txkoji.testing import FakeHub

SOURCE = 'git+https://src.example.test/rpms/zsh.git#1'


class WorldTestCase(HubTestCase):
    """With a hub, and a Connection of a user."""

    user = 'alice'

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.koji = self.hub.connection(self.user)
        self.get(self.koji.login())


class MakingTests(SynchronousTestCase):
    """add_tag() and the like."""

    def get(self, call: Any) -> Any:
        """Get the result of a call."""
        return self.successResultOf(call)

    def test_empty(self) -> None:
        """A world of one's own begins empty, and has what was made."""
        hub = FakeHub(sample=False, clock=Clock())
        hub.add_user('ann', perms=['tag'], groups=['team'])
        hub.add_host('b1', arches='x86_64 s390x')
        hub.add_tag('base', packages=['tool'], owner='ann')
        hub.add_tag('prod', parents=['base'], extra={'a': 1})
        target = hub.add_target('prod')
        build = hub.add_build('tool-1.0-1', owner='ann', tags=['prod'],
                              rpms=['src', 'x86_64'],
                              logs={'x86_64/build.log': b'good'})
        task = hub.add_task(owner='ann', state='FAILED',
                            fault=(1005, 'no'))
        koji = hub.connection('ann')
        [found] = self.get(koji.listTagged('prod'))
        self.assertEqual((found.id, found.owner_name), (build, 'ann'))
        self.assertEqual(self.get(koji.getTag('prod')).extra, {'a': 1})
        self.assertEqual(self.get(koji.getBuildTarget('prod')).id, target)
        self.assertEqual(self.get(koji.getUserGroups('ann'))[0].name, 'team')
        self.assertEqual([host.arches for host in self.get(
            koji.listHosts(channelID='default'))], ['x86_64 s390x noarch'])
        self.assertEqual(len(self.get(koji.listRPMs(build))), 2)
        self.assertEqual(self.get(koji.getRPMHeaders(
            'tool-1.0-1.x86_64', headers=['name'])), {'name': 'tool'})
        self.assertEqual(len(self.get(koji.getBuildLogs(build))), 1)
        error = self.failureResultOf(koji.getTaskResult(task), BuildError)
        self.assertEqual(str(error.value), 'no')
        self.assertEqual(hub.messages, [])

    def test_wrong(self) -> None:
        """A wrong name is an error, and leaves nothing behind."""
        hub = FakeHub(clock=Clock())
        self.assertRaises(GenericError, hub.add_tag, 'x', parents=['nosuch'])
        self.assertIsNone(self.get(hub.connection().getTag('x')))

    def test_saved(self) -> None:
        """A world is kept in a file: rows, files, sessions, and time."""
        path = folder(self) + '/state'
        hub = FakeHub(clock=Clock())
        koji = hub.connection()
        self.get(koji.login())
        hub.add_tag('mine')
        hub.put_out(6476, 'x.log', b'one')
        hub.clock.advance(100)
        hub.save(path)
        other = FakeHub.load(path, clock=Clock())
        self.assertEqual(other.now(), hub.now())
        new = other.connection()
        self.assertEqual(self.get(new.getTag('mine')).name, 'mine')
        self.assertEqual(self.get(new.getTag('f43')).id, 25)
        self.assertIn('x.log', self.get(new.listTaskOutput(6476)))
        self.assertEqual(other.sessions.rows[0].key,
                         hub.sessions.rows[0].key)


    def test_slice(self) -> None:
        """A slice of a hub answers for its tags as that hub does."""
        real = FakeHub(clock=Clock())
        koji = real.connection()
        hub = self.get(FakeHub.from_hub(koji, ['f44-build', 'f43-updates'],
                                        clock=Clock()))
        path = folder(self) + '/slice'
        hub.save(path)
        ours = FakeHub.load(path, clock=Clock()).connection()
        for method, *args in [
                ('getTag', 'f44-build'), ('getTag', 'f43'),
                ('listTagged', 'f43-updates'), ('getBuild', 5391),
                ('listPackages', 'f44'), ('getFullInheritance', 'f44-build'),
                ('getUser', 'alice'), ('listBuildRPMs', 1100)]:
            wanted = self.get(koji.call(method, *args))
            if args[0] in ('f43', 5391):
                self.assertIsNone(self.get(ours.call(method, *args)), args)
            else:
                self.assertEqual(self.get(ours.call(method, *args)), wanted,
                                 args)


class RulesTests(WorldTestCase):
    """What a hub refuses."""

    user = 'kojiadmin'

    def test_nobody(self) -> None:
        """A write of nobody is refused, a taught answer for one too."""
        koji = self.hub.connection()
        self.hub.respond('tagBuild', 1)
        self.fail_of(koji.tagBuild('a', 'b'), ActionNotAllowed)
        self.fail_of(koji.createTag('x'), ActionNotAllowed)
        self.hub.respond('tagBuild', 1, anonymous=True)
        self.assertEqual(self.get(koji.tagBuild('a', 'b')), 1)

    def test_names(self) -> None:
        """Only names of the hub can be taught."""
        error = self.assertRaises(ValueError, self.hub.respond, 'tagBiuld', 1)
        self.assertIn('did you mean tagBuild?', str(error))
        self.assertRaises(ValueError, self.hub.fault, 'nosuch', 1000, 'x')
        self.hub.respond('myPlugin', 5, plugin=True, anonymous=True)
        self.assertEqual(self.get(self.koji.myPlugin()), 5)

    def test_caller(self) -> None:
        """A taught callable may know who calls."""
        self.hub.respond('getRepo', lambda tag, *, caller: [tag,
                                                            caller.name])
        self.assertEqual(self.get(self.koji.getRepo('x')),
                         ['x', 'kojiadmin'])

    def test_undone(self) -> None:
        """Of a call that fails nothing stays; of a multicall, the rest."""
        self.hub.add_tag('mine', packages=['zsh'])
        many = self.koji.MultiCall()
        many.createTag('one')
        many.massTag('mine', ['zsh-2.0.1-2.fc43', 'no-such-1-1'])
        many.createTag('two')
        results = self.get(many())
        self.assertEqual(len(results.faults), 1)
        self.assertEqual(self.get(self.koji.listTagged('mine')), [])
        for name in ('one', 'two'):
            self.assertEqual(self.get(self.koji.getTag(name)).name, name)
        self.assertEqual([message.kind for message in self.hub.messages], [])

    def test_event(self) -> None:
        """Methods with an event answer as of that one."""
        self.hub.add_tag('mine', packages=['zsh'])
        self.get(self.koji.tagBuildBypass('mine', 'zsh-2.0.1-2.fc43'))
        then = self.get(self.koji.getLastEvent()).id
        self.get(self.koji.untagBuild('mine', 'zsh-2.0.1-2.fc43'))
        self.get(self.koji.packageListSetOwner('mine', 'zsh', 'bob'))
        self.get(self.koji.editTag2('mine', locked=True, extra={'x': 1}))
        self.assertEqual(self.get(self.koji.listTagged('mine')), [])
        self.assertEqual(len(self.get(self.koji.listTagged(
            'mine', event=then))), 1)
        old = self.get(self.koji.getTag('mine', event=then))
        self.assertEqual((old.locked, old.extra), (False, {}))
        owners = [self.get(self.koji.listPackages('mine', event=event)
                           )[0].owner_name for event in (then, None)]
        self.assertEqual(owners, ['kojiadmin', 'bob'])

    def test_locked(self) -> None:
        """A lock stops all but an admin who forces it."""
        self.hub.add_tag('mine', packages=['zsh'], locked=True)
        build = 'zsh-2.0.1-2.fc43'
        self.assertEqual(str(self.fail_of(self.koji.tagBuild(
            'mine', build), ActionNotAllowed)), 'tag is locked')
        self.get(self.koji.tagBuild('mine', build, force=True))
        self.assertEqual(str(self.fail_of(self.koji.tagBuild(
            'mine', 'bash-4.17.0-4.fc43'), ActionNotAllowed)),
            'tag is locked')

    def test_package(self) -> None:
        """A package that is not listed, or blocked, cannot be tagged."""
        self.hub.add_tag('mine')
        build = 'zsh-2.0.1-2.fc43'
        self.assertEqual(str(self.fail_of(self.koji.tagBuild(
            'mine', build), TagError)), 'Package zsh not in list for mine')
        self.get(self.koji.packageListAdd('mine', 'zsh', 'bob'))
        self.get(self.koji.packageListBlock('mine', 'zsh'))
        self.assertEqual(str(self.fail_of(self.koji.tagBuild(
            'mine', build), TagError)), 'Package zsh blocked in mine')
        self.get(self.koji.packageListUnblock('mine', 'zsh'))
        self.get(self.koji.tagBuild('mine', build))

    def test_side_tag(self) -> None:
        """A side tag has a target, is its owner's, and can be removed."""
        self.hub.add_tag('base-build')
        koji = self.hub.connection('alice')
        self.get(koji.login())
        made = self.get(koji.createSideTag('base-build'))
        self.assertEqual(made.name, f'base-build-side-{made.id}')
        self.assertEqual(self.get(koji.getBuildTarget(
            made.name)).build_tag, made.id)
        self.assertEqual([tag.id for tag in self.get(koji.listSideTags(
            user='alice'))], [made.id])
        bob = self.hub.connection('bob')
        self.get(bob.login())
        self.fail_of(bob.removeSideTag(made.id), ActionNotAllowed)
        self.get(koji.removeSideTag(made.id))
        self.assertIsNone(self.get(koji.getTag(made.name)))

    def test_draft(self) -> None:
        """A draft is promoted by its owner, once."""
        osbs = self.hub.connection('osbs')
        self.get(osbs.login())
        made = self.get(osbs.CGInitBuild('osbs', {
            'name': 'tool', 'version': '1', 'release': '1', 'draft': True}))
        self.hub.tables.builds[-1]['state'] = 1
        nvr = f'tool-1-1,draft_{made["build_id"]}'
        self.assertTrue(self.get(osbs.getBuild(nvr)).draft)
        self.assertEqual(self.get(osbs.promoteBuild(nvr)).nvr, 'tool-1-1')
        self.assertIn('Not a draft build', str(self.fail_of(
            osbs.promoteBuild('tool-1-1'), GenericError)))

    def test_version(self) -> None:
        """A hub of another version does as that one."""
        hub = FakeHub(clock=Clock(), version='1.35.3')
        koji = hub.connection('osbs')
        self.get(koji.login())
        self.assertEqual(str(self.fail_of(koji.CGInitBuild('osbs', {
            'name': 'x', 'version': '1', 'release': '1', 'draft': True}),
            GenericError)), 'Draft build not supported')
        self.assertEqual(self.get(koji.hub_version()), '1.35.3')


class LifeTests(WorldTestCase):
    """Tasks that are opened, and end."""

    def test_steps(self) -> None:
        """A test opens and ends tasks, which waiters hear of."""
        good, bad = (self.get(self.koji.build(SOURCE, 'f44-candidate'))
                     for _ in range(2))
        waiting = self.koji.wait(bad)
        self.hub.open_task(good, 'builder01.example.test')
        self.assertEqual(self.get(self.koji.getTaskInfo(good)).state, 1)
        self.hub.finish_task(good, ['done'])
        self.assertEqual(self.get(self.koji.getTaskResult(good)), ['done'])
        self.hub.fail_task(bad, 'mock said no')
        self.hub.clock.pump([10] * 5)
        self.assertEqual(self.get(waiting).state_name, 'FAILED')
        error = self.fail_of(self.koji.getTaskResult(bad), BuildError)
        self.assertEqual(str(error), 'mock said no')
        self.assertRaises(ValueError, self.hub.open_task, good)
        self.assertRaises(ValueError, self.hub.finish_task, good)

    def test_builders(self) -> None:
        """Builders make a build as kojid does: subtasks, RPMs, a tag."""
        self.hub.builders.start(duration=100)
        task = self.get(self.koji.build(SOURCE, 'f44-candidate'))
        log = ''
        for _ in range(30):
            self.hub.clock.advance(10)
            for child in self.get(self.koji.getTaskChildren(task)):
                if child.label == 's390x' and child.state == 1:
                    now = self.get(self.koji.listTaskOutput(
                        child.id, stat=True))['build.log'].st_size
                    self.assertGreaterEqual(int(now), len(log))
                    log = ' ' * int(now)
        self.assertTrue(log)
        children = self.get(self.koji.getTaskChildren(task))
        self.assertEqual(
            sorted(child.label for child in children),
            ['aarch64', 'ppc64le', 's390x', 'srpm', 'tag', 'x86_64'])
        self.assertEqual({child.state for child in children}, {2})
        [build] = self.get(self.koji.listBuilds(taskID=task))
        self.assertEqual(build.nvr, 'zsh-1.0-1.fc44')
        self.assertEqual(len(self.get(self.koji.listBuildRPMs(
            build.build_id))), 5)
        self.assertEqual(self.get(self.koji.getLatestBuilds(
            'f44-updates-candidate', package='zsh'))[0].nvr, build.nvr)

    def test_failure(self) -> None:
        """A package that is to fail does, and so does its build."""
        self.hub.builders.start(durations={'zsh': 5})
        self.hub.builders.fail('zsh', 's390x')
        task = self.get(self.koji.build(SOURCE, 'f44-candidate'))
        self.hub.clock.pump([5] * 30)
        error = self.fail_of(self.koji.getTaskResult(task), BuildError)
        self.assertIn('s390x', str(error))
        [build] = self.get(self.koji.listBuilds(taskID=task))
        self.assertEqual(build.state_name, 'FAILED')
        self.hub.builders.mend('zsh')
        task = self.get(self.koji.build(SOURCE, 'f44-candidate',
                                        {'scratch': True}))
        self.hub.clock.pump([5] * 30)
        self.assertIsNone(self.get(self.koji.getTaskResult(task)))
        self.assertEqual(self.get(self.koji.listBuilds(taskID=task)), [])

    def test_chain(self) -> None:
        """A chain builds one after the other."""
        self.hub.builders.start(duration=5)
        task = self.get(self.koji.chainBuild(
            [[SOURCE], [SOURCE.replace('zsh', 'bash')]], 'f44-candidate'))
        self.hub.clock.pump([1] * 200)
        self.assertEqual(len(self.get(self.koji.getTaskResult(task))[
            'builds']), 2)

    def test_repository(self) -> None:
        """A repository that is asked for is made."""
        self.hub.builders.start(duration=5)
        waiting = self.koji.wait_repo('f44-build')
        self.hub.clock.pump([5] * 30)
        self.assertEqual(self.get(waiting).tag_name, 'f44-build')

    def test_canceled(self) -> None:
        """Of a task that is canceled nothing more is done."""
        self.hub.builders.start()
        task = self.get(self.koji.build(SOURCE, 'f44-candidate'))
        self.hub.clock.advance(40)
        self.get(self.koji.cancelTask(task))
        self.hub.clock.pump([10] * 20)
        children = self.get(self.koji.getTaskChildren(task))
        self.assertEqual({child.state for child in children} - {2}, {3})

    def test_off(self) -> None:
        """Without builders nothing happens by itself."""
        task = self.get(self.koji.build(SOURCE, 'f44-candidate'))
        self.hub.clock.pump([10] * 20)
        self.assertEqual(self.get(self.koji.getTaskInfo(task)).state, 0)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])


class LookupTests(SynchronousTestCase):
    """How rows are found while they change."""

    def test_moved(self) -> None:
        """A row is found by what it is now, within the same call, too."""
        hub = FakeHub(clock=Clock())
        tables, world = hub.tables, hub.world
        row = tables.where('tasks', 'state', 0)[0]
        world.change(row, state=1)
        self.assertNotIn(row, tables.where('tasks', 'state', 0))
        self.assertIn(row, tables.where('tasks', 'state', 1))
        world.change(tables.by_id('packages')[1], name='other')
        self.assertEqual(tables.name('packages', 1), 'other')
        world.undo()
        self.assertIn(row, tables.where('tasks', 'state', 0))
        self.assertEqual(tables.name('packages', 1), 'ceph')
        self.assertNotIn('other', tables.by_name('packages'))

    def test_undone(self) -> None:
        """What was added, removed and revoked is as before."""
        hub = FakeHub(clock=Clock())
        before = {name: [dict(row) for row in getattr(hub.tables, name)]
                  for name in ('tags', 'taggings', 'events', 'packages')}
        world = hub.world
        world.add('packages', {'name': 'new'})
        world.remove('packages', hub.tables.packages[5])
        world.revoke(hub.tables.taggings[0], 1)
        world.replace('tags', hub.tables.tags[3], 1, locked=True)
        world.undo()
        for name, rows in before.items():
            self.assertEqual(getattr(hub.tables, name), rows, name)


class BusTests(WorldTestCase):
    """What it says on the bus."""

    user = 'kojiadmin'

    def test_events(self) -> None:
        """What is done arrives as events, in both styles."""
        for style, kinds in [
                ('protonmsg', ['PackageListChange', 'Tag', 'TaskStateChange',
                               'TaskStateChange', 'Untag']),
                ('fedora', ['PackageListChange', 'Tag', 'Untag'])]:
            hub = FakeHub(clock=Clock())
            koji = hub.connection('kojiadmin')
            self.get(koji.login())
            seen: list[Any] = []
            koji.events.subscribe(seen.append)
            hub.publish_to(koji.events, style)
            hub.add_tag('mine')
            self.get(koji.packageListAdd('mine', 'zsh', 'bob'))
            self.get(koji.tagBuildBypass('mine', 'zsh-2.0.1-2.fc43'))
            task = self.get(koji.makeTask('sleep', [5]))
            self.get(koji.cancelTask(task))
            self.get(koji.untagBuild('mine', 'zsh-2.0.1-2.fc43'))
            self.assertEqual([
                'Tag' if event.event == 'Tag' else
                'Untag' if event.event == 'Untag' else type(event).__name__
                for event in seen], kinds)
            self.assertEqual(seen[1].build.nvr, 'zsh-2.0.1-2.fc43')
            self.assertEqual(seen[1].tag, 'mine')

    def test_topics(self) -> None:
        """Messages have the topics and properties of protonmsg."""
        task = self.get(self.koji.build(SOURCE, 'f44'))
        self.hub.fail_task(task)
        self.assertEqual([message.topic for message in self.hub.messages], [
            f'topic://koji.task.{state}'
            for state in ('free', 'open', 'failed')])
        self.assertEqual(self.hub.messages[-1].properties, {
            'type': 'TaskStateChange', 'id': task, 'parent': None,
            'method': 'build', 'attribute': 'state', 'old': 'OPEN',
            'new': 'FAILED'})

    def test_refused(self) -> None:
        """What was refused is not said; a style that is none is an error."""
        self.fail_of(self.koji.createTag('f44'))
        self.assertEqual(self.hub.messages, [])
        self.assertRaises(ValueError, self.hub.publish_to, print, 'x')


class ReactorTests(TestCase):
    """A hub that waits on Twisted's reactor, as in an asynchronous test."""

    timeout = 30

    async def test_waits(self) -> None:
        """Batches, waiting and following go on by themselves."""
        hub = FakeHub()
        koji = hub.connection(poll_interval=0.01)
        batched = koji.batched()
        self.assertEqual((await batched.getTag('f44')).id, 33)
        await koji.login()
        hub.builders.start(duration=0.1)
        task = await koji.build(SOURCE, 'f44-candidate')
        self.assertTrue(await koji.wait(task))
        self.assertEqual((await koji.listBuilds(taskID=task))[0].nvr,
                         'zsh-1.0-1.fc44')
        # (trial complains of what is left in the reactor.)
        await koji.close()

    def test_at_once(self) -> None:
        """What has not to wait is answered within the call."""
        koji = FakeHub().connection()
        self.assertEqual(self.successResultOf(koji.getTag('f44')).id, 33)
        self.assertEqual(reactor.getDelayedCalls(), [])

    def test_late_import(self) -> None:
        """The reactor is imported at the first wait, and not before."""
        done = subprocess.run([sys.executable, '-c', '''
import sys
from txkoji.testing import FakeHub
hub = FakeHub()
hub.add_tag('x')
hub.now()
koji = hub.connection()
assert 'twisted.internet.reactor' not in sys.modules
'''], stderr=subprocess.PIPE, text=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))

