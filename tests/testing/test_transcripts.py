"""
FakeHub against transcripts: step by step, what a stateful hub said, it says.

Run ``python -m tests.testing.test_transcripts`` for the steps of each that
match, and ``... NAME`` for those of one that do not.
"""
from __future__ import annotations

import sys
from typing import Any
from unittest import SkipTest

from twisted.internet.defer import inlineCallbacks
from twisted.internet.threads import deferToThread
from twisted.trial.unittest import SynchronousTestCase, TestCase

from tests.support import folder
from tests.transcripts import (
    RARE,
    ClientReplay,
    Different,
    replay,
    transcripts,
)
from txkoji.testing import FakeHub
from txkoji.testing.certificates import Authority

#: Steps that FakeHub answers otherwise, and why.
DIFFERENT = {
    ('host-errors', 27): 'the channels of a host are in the order of the'
                         ' hub\'s disk',
    ('multicall-lazy', 7): 'FakeHub shows no line of the SQL that is wrong',
    ('package-add', 32): 'the rows are in the order of the hub\'s disk',
}

#: Of a hundred steps that programs make, so many must match.
ENOUGH = 95


class TranscriptTests(SynchronousTestCase):
    """Each transcript on a FakeHub of its own."""

    def check(self, name: str) -> None:
        """Check an answer."""
        different = {number: text for number, text
                     in enumerate(replay(transcripts()[name])) if text}
        known = {number for other, number in DIFFERENT if other == name}
        self.assertEqual(set(different), known, different)

    def test_older(self) -> None:
        """A hub 1.35.3 does otherwise where its README says so."""
        different = set()
        for name, transcript in transcripts().items():
            for number, text in enumerate(replay(transcript,
                                                 version='1.35.3')):
                if text is not None and (name, number) not in DIFFERENT:
                    different.add(name)
        self.assertEqual(different, {'callnums', 'cg-import', 'expired',
                                     'session-info'})

    def test_enough(self) -> None:
        """Of the steps that are not rare, nearly all match."""
        steps = sum(len(each['steps'])
                    for name, each in transcripts().items()
                    if name not in RARE)
        missed = sum(name not in RARE for name, _ in DIFFERENT)
        self.assertGreaterEqual(100 * (steps - missed), ENOUGH * steps)


class ClientTests(TestCase):
    """The same with Koji's own client, over TLS."""

    timeout = 300

    @inlineCallbacks
    def test_client(self) -> Any:
        """What it can say matches as well."""
        try:
            import koji
        except ImportError:
            raise SkipTest('Koji\'s client is missing') from None
        authority = Authority(folder(self))
        for name, transcript in transcripts().items():
            if name in RARE:
                continue
            hub = FakeHub()
            url = yield hub.listen(tls=authority.options())

            def connect(user: str | None, url: str = url) -> Any:
                client = koji.ClientSession(url, {
                    'serverca': authority.path, 'timeout': 30})
                if user is not None:
                    client.ssl_login(authority.issue(user), None,
                                     authority.path)
                return client

            run = ClientReplay(hub, connect)
            if all(map(run.can, transcript['steps'])):
                different = yield deferToThread(self.replay, run, transcript)
                known = {number for other, number in DIFFERENT
                         if other == name}
                self.assertEqual(set(different), known, (name, different))
            yield hub.stop()

    def replay(self, run: ClientReplay, transcript: Any) -> dict[int, str]:
        """How steps differ."""
        found = {}
        for number, step in enumerate(transcript['steps']):
            try:
                run.step(step)
            except Different as error:
                found[number] = str(error)
        run.close()
        return found


def add_tests() -> None:
    """A test for each, so that each has its own line when it fails."""
    for name, transcript in transcripts().items():
        def test(self: TranscriptTests, name: str = name) -> None:
            self.check(name)
        test.__doc__ = transcript['what']
        setattr(TranscriptTests, 'test_' + name.replace('-', '_'), test)


def show(wanted: list[str]) -> None:
    """Print which steps match, by transcript."""
    count = {True: [0, 0], False: [0, 0]}
    for name, transcript in transcripts().items():
        found = replay(transcript)
        good = found.count(None)
        kind = count[name in RARE]
        kind[0] += good
        kind[1] += len(found)
        print(f'{name:20} {good:3} of {len(found):3}'
              f'{"  rare" if name in RARE else ""}')
        for number, text in enumerate(found):
            if text is not None and name in wanted:
                print(f'    {number} {transcript["steps"][number]["method"]}:'
                      f' {text}')
    for rare, (good, steps) in count.items():
        print(f'{"rare" if rare else "not rare"}: {good} of {steps}')


add_tests()

if __name__ == '__main__':
    show(sys.argv[1:])
