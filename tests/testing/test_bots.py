"""Bots, tested on a FakeHub: at most ten lines of setting up, no raw rows."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import Clock
from twisted.trial.unittest import SynchronousTestCase

from tests.testing.bots.follower import Follower
from tests.testing.bots.scratch import ScratchBuilder
from tests.testing.bots.tagger import Tagger
from txkoji.testing import FakeHub


class BotTestCase(SynchronousTestCase):
    """With a hub that is alive."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        self.hub = FakeHub(sample=False, clock=Clock())
        self.hub.add_user('bot')
        self.hub.add_host('builder', arches='x86_64 s390x')
        self.hub.add_target('prod')
        self.hub.builders.start(duration=5)
        self.koji = self.hub.connection('bot')
        self.successResultOf(self.koji.login())

    def done(self, work: Any) -> Any:
        """What a coroutine gives after a while."""
        waiting = Deferred.fromCoroutine(work)
        self.hub.clock.pump([5] * 40)
        return self.successResultOf(waiting)


class TaggerTests(BotTestCase):
    """The bot that tags."""

    def test_checks(self) -> None:
        """What passed is moved, what did not is untagged, the rest waits."""
        self.hub.add_tag('pending')
        self.hub.add_tag('passed', packages=['good', 'slow'])
        for name in ('good', 'bad', 'slow', 'unknown'):
            self.hub.add_build(f'{name}-1-1', tags=['pending'])
        verdicts = {'good': True, 'bad': False, 'unknown': True}
        bot = Tagger(self.koji, 'pending', 'passed',
                     lambda build: verdicts.get(build.name))
        self.assertEqual(self.done(bot.run()), ['good-1-1'])
        left = self.successResultOf(self.koji.listTagged('pending'))
        self.assertEqual([build.name for build in left], ['unknown', 'slow'])
        self.assertEqual(bot.refused, {
            'unknown-1-1': 'Package unknown not in list for passed'})


class ScratchTests(BotTestCase):
    """The bot that builds changes."""

    def test_report(self) -> None:
        """The report has the end of the log of what failed."""
        self.hub.builders.fail('tool', text='no such header')
        bot = ScratchBuilder(self.koji, 'prod')
        source = 'git+https://src.example.test/rpms/{}.git#1'
        report = self.done(bot.build(source.format('tool')))
        self.assertEqual(list(report), ['x86_64'])
        self.assertTrue(report['x86_64'].endswith('error: no such header\n'))
        self.assertEqual(self.done(bot.build(source.format('other'))), {})


class FollowerTests(BotTestCase):
    """The daemon."""

    def test_bus(self) -> None:
        """A build that is tagged leads to a repository with it."""
        self.hub.add_tag('dest', packages=['tool'])
        self.hub.add_tag('dest-build', parents=['dest'])
        self.hub.add_target('dest')
        self.hub.publish_to(self.koji.events)
        bot = Follower(self.koji, 'dest', 'dest-build')
        self.successResultOf(self.koji.build(
            'git+https://src.example.test/rpms/tool.git#1', 'dest'))
        self.hub.clock.pump([5] * 60)
        self.assertEqual(bot.built, {'bot': 1})
        [request] = bot.requests
        found = self.successResultOf(self.koji.repo.checkRequest(request))
        self.assertEqual(found['repo'].tag_name, 'dest-build')
