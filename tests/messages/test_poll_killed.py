"""Polling in a program that is killed again and again."""
from __future__ import annotations

from random import Random
from typing import Any

from twisted.internet import reactor
from twisted.internet.defer import inlineCallbacks
from twisted.internet.task import LoopingCall, deferLater
from twisted.trial.unittest import TestCase

from tests.messages.test_polling import SEEN, name_of
from tests.programs import Program
from tests.support import folder
from txkoji.messages import parse
from txkoji.testing import FakeHub

KILLS = 50

#: A program that prints what it hears, and takes a while for each event.
LISTENER = '''
import sys
from twisted.internet import defer, task
from txkoji import Connection, Profile
from tests.messages.test_polling import name_of

async def main(reactor, server, state):
    koji = Connection(Profile('test', server=server), reactor=reactor)

    def hear(event):
        print(name_of(event), flush=True)
        return task.deferLater(reactor, 0.01)

    koji.events.subscribe(hear)
    await koji.events.poll(0.1, state=state)
    print('started', flush=True)
    await defer.Deferred()

task.react(lambda *args: defer.Deferred.fromCoroutine(main(*args)),
           sys.argv[1:])
'''


class KilledTests(TestCase):
    """A program that is killed at random moments."""

    timeout = 180

    def make_hub(self) -> FakeHub:
        """Make a hub whose builds take seconds."""
        hub = FakeHub(sample=False, reactor=reactor)
        hub.add_tag('build')
        hub.add_tag('dest', packages=['one', 'two'])
        hub.add_target('candidate', 'build', 'dest')
        hub.add_host('builder')
        hub.builders.start(duration=2)
        hub.builders.fail('two')
        return hub

    @inlineCallbacks
    def test_killed(self) -> Any:
        """
        No event is missed, however often the program is killed.

        One that was handed on when the program was killed may come again, to
        the next program.
        """
        random = Random(5)
        hub = self.make_hub()
        server = yield hub.listen()
        self.addCleanup(hub.stop)
        user = hub.connection()
        self.addCleanup(user.close)
        yield user.login()
        state = folder(self) + '/state.json'
        # The first one begins, before anything happens.
        first = Program(self, '-c', LISTENER, server, state)
        yield first.wait(1)

        def build() -> Any:
            return user.build('git+https://src.example.com/rpms/'
                              f'{random.choice(["one", "one", "two"])}#1',
                              'candidate')

        building = LoopingCall(build)
        building.start(0.3)
        runs = [first]
        for _ in range(KILLS):
            yield deferLater(reactor, random.uniform(0.2, 1.2))
            yield runs[-1].kill()
            runs.append(Program(self, '-c', LISTENER, server, state))
        building.stop()
        yield self.until_heard(hub, runs)
        self.check(hub, [[line for line in run.lines if line != 'started']
                         for run in runs])

    @inlineCallbacks
    def until_heard(self, hub: FakeHub, runs: list[Program]) -> Any:
        """Wait until all tasks have ended, and the last program knows it."""
        while hub.world.tables.where('tasks', 'state', 1):
            yield deferLater(reactor, 0.2)
        heard = 0
        while heard != len(runs[-1].lines):
            heard = len(runs[-1].lines)
            yield deferLater(reactor, 2)

    def check(self, hub: FakeHub, runs: list[list[str]]) -> None:
        """Compare what was heard with what the hub said."""
        sent: dict[Any, list[Any]] = {}
        for message in hub.messages:
            if message.kind in SEEN:
                name = name_of(parse(message.as_frame()))
                sent.setdefault(name[:2], []).append(str(name))
        heard = [line for run in runs for line in run]
        for names in sent.values():
            self.assertIn(names[-1], heard)
            for name in names:
                if "'Tag'" in name:
                    self.assertIn(name, heard)
        runs = [run for run in runs if run]
        for run in runs:
            self.assertEqual(len(run), len(set(run)))
        for line in heard:
            places = [number for number, run in enumerate(runs)
                      if line in run]
            # A program may be killed before it comes to what the last one
            # did not save.
            for before, after in zip(places, places[1:]):
                self.assertLessEqual(after - before, 2, line)
