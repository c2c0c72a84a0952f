"""The difference of two tags."""
from __future__ import annotations

import os
import subprocess
import sys
from typing import Any

from twisted.internet.defer import CancelledError
from twisted.trial.unittest import TestCase

from tests.support import HubTestCase
from txkoji.exceptions import ConnectionFailed, GenericError
from txkoji.rows import Tag
from txkoji.tags.diff import PACKAGES, TagDiff

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(__file__)))

#: Two tags of the sample, with builds of the same packages.
HERE, THERE = 'f43-updates', 'f44-updates-testing'


class DiffTests(HubTestCase):
    """Of tags of the sample, and of taught answers."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.here = self.get(self.koji.getTag(HERE))
        self.there = self.get(self.koji.getTag(THERE))

    def diff(self, other: Any = THERE, **options: Any) -> TagDiff:
        """Get the difference to another tag."""
        found = self.get(self.here.diff(other, **options))
        assert isinstance(found, TagDiff)
        return found

    def listed(self, tag: str, **options: Any) -> set[str]:
        """The builds of a tag, by a call."""
        return {build.nvr for build in self.get(
            self.koji.listTagged(tag, **options))}

    def test_builds(self) -> None:
        """The builds are those that one list has, and the other has not."""
        for options in ({}, {'latest': True}, {'inherit': True},
                        {'inherit': True, 'latest': True}):
            here = self.listed(HERE, **options)
            there = self.listed(THERE, **options)
            diff = self.diff(**options)
            self.assertEqual({each.nvr for each in diff.here}, here - there)
            self.assertEqual({each.nvr for each in diff.there}, there - here)
            self.assertEqual(diff.same, len(here & there))
            self.assertTrue(diff)
            self.assertGreater(len(diff.packages), 10)
            names = [each.package for each in diff.packages]
            self.assertEqual(names, sorted(set(names)))
            self.assertIn(f'{diff.same} builds the same', repr(diff))

    def test_rows(self) -> None:
        """A build has what tells it, and its tag."""
        diff = self.diff()
        found = {each.nvr: each for each in diff.here}
        for row in self.get(self.koji.listTagged(HERE)):
            build = found.get(row.nvr)
            if build is not None:
                self.assertEqual(
                    build, (row.build_id, row.nvr, row.epoch, row.version,
                            row.release, HERE))

    def test_other(self) -> None:
        """The other tag is a Tag, an id or a name."""
        wanted = self.diff().there
        for other in (self.there, self.there.id):
            self.assertEqual(self.diff(other).there, wanted)

    def test_same(self) -> None:
        """A tag does not differ from itself."""
        diff = self.diff(HERE)
        self.assertFalse(diff)
        self.assertEqual((diff.packages, diff.same),
                         ([], len(self.listed(HERE))))

    def test_events(self) -> None:
        """A tag differs from itself at another event."""
        before = max(row['id'] for row in self.hub.tables.events)
        build = self.get(self.koji.listTagged(THERE))[0]
        self.hub.history.tag_build(self.here.id, build.build_id)
        diff = self.diff(HERE, event=before)
        self.assertEqual((diff.here, [each.nvr for each in diff.there]),
                         ([], [build.nvr]))
        self.assertEqual(
            [each.nvr for each in self.diff(HERE, other_event=before).here],
            [build.nvr])

    def test_twice(self) -> None:
        """A build that comes twice counts once, on either side."""
        row = {'package_name': 'x', 'version': '1', 'release': '1'}
        rows = {1: ['a', 'b', 'a'], 2: ['b', 'b', 'c']}
        self.hub.respond('listTagged', lambda tag, **kwargs: [
            {**row, 'build_id': ord(name), 'nvr': name, 'tag_name': name}
            for name in rows[tag]])
        diff = self.get(Tag.attached({'id': 1}, self.koji).diff(2))
        [package] = diff.packages
        self.assertEqual(
            ([each.nvr for each in package.here],
             [each.nvr for each in package.there], diff.same),
            (['a'], ['c'], 1))

    def test_many(self) -> None:
        """Thousands of packages are sorted in several turns."""
        row = {'version': '1', 'release': '1', 'tag_name': 'x'}
        count = 2 * PACKAGES + 1
        self.hub.respond('listTagged', lambda tag, **kwargs: [
            {**row, 'build_id': tag * count + number, 'nvr': 'x',
             'package_name': f'{number * 7 % count}'}
            for number in range(count)])
        comparing = Tag.attached({'id': 1}, self.koji).diff(2)
        self.assertNoResult(comparing)
        self.hub.clock.advance(0)
        diff = self.get(comparing)
        self.assertEqual([each.package for each in diff.packages],
                         sorted(map(str, range(count))))
        self.assertEqual((len(diff.here), len(diff.there)), (count, count))

    def test_canceled_sorting(self) -> None:
        """A cancellation ends the sorting, too."""
        row = {'version': '1', 'release': '1', 'tag_name': 'x', 'nvr': 'x'}
        self.hub.respond('listTagged', lambda tag, **kwargs: [
            {**row, 'build_id': number, 'package_name': str(number)}
            for number in range((2 - tag) * 2 * PACKAGES)])
        comparing = Tag.attached({'id': 1}, self.koji).diff(2)
        self.assertNoResult(comparing)
        comparing.cancel()
        self.fail_of(comparing, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_streamed(self) -> None:
        """There is one call for each tag, and no list in memory."""
        del self.hub.calls[:]
        self.diff()
        self.assertEqual([call[0] for call in self.hub.calls],
                         ['listTagged'] * 2)

    def test_wrong(self) -> None:
        """There have to be such tags; the other call is ended."""
        error = self.fail_of(self.here.diff('nosuch'), GenericError)
        self.assertIn('nosuch', str(error))
        self.hub.misbehave('truncated', method='listTagged', times=1)
        self.fail_of(self.here.diff(THERE), ConnectionFailed)
        self.assertEqual(self.koji.stats.in_flight, 0)
        with self.assertRaises(ValueError):
            self.here.diff(Tag())

    def test_canceled(self) -> None:
        """A cancellation ends both calls."""
        self.hub.misbehave('slow', method='listTagged')
        comparing = self.here.diff(THERE)
        self.assertEqual(self.koji.stats.in_flight, 2)
        comparing.cancel()
        self.fail_of(comparing, CancelledError)
        self.assertEqual(self.koji.stats.in_flight, 0)


class LargeTests(TestCase):
    """Tags of 20,000 builds each."""

    def test_large(self) -> None:
        """They hold neither the reactor nor the memory."""
        done = subprocess.run(
            [sys.executable, '-m', 'tests.bench.tags'], cwd=ROOT, text=True,
            capture_output=True)
        self.assertEqual((done.returncode, done.stderr), (0, ''))
        lines = [[float(number) for number in line.split()]
                 for line in done.stdout.splitlines()]
        self.assertEqual([(same, different) for same, different, *_ in lines],
                         [(19000, 2000), (0, 40000)])
        for _, _, worked, _, grown, received, _ in lines:
            # Milliseconds of work, however busy the machine is.
            self.assertLess(worked, 10)
            # MB.
            self.assertGreater(received, 80)
            self.assertLess(grown, 60)
