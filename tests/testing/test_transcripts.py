"""
FakeHub against transcripts: step by step, what a stateful hub said, it says.

Run ``python -m tests.testing.test_transcripts`` for the steps of each that
match, and ``... NAME`` for those of one that do not.
"""
from __future__ import annotations

import sys

from twisted.trial.unittest import SynchronousTestCase

from tests.transcripts import RARE, replay, transcripts

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

    def test_enough(self) -> None:
        """Of the steps that are not rare, nearly all match."""
        steps = sum(len(each['steps'])
                    for name, each in transcripts().items()
                    if name not in RARE)
        missed = sum(name not in RARE for name, _ in DIFFERENT)
        self.assertGreaterEqual(100 * (steps - missed), ENOUGH * steps)


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
