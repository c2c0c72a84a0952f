"""The changes of a tag."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from twisted.internet.defer import CancelledError

from tests.support import HubTestCase
from txkoji.exceptions import AnswerError, GenericError
from txkoji.tags.changes import ROWS, TABLES, TagChange

#: A tag of the sample, a tag that it inherits from, and another tag.
TAG, PARENT, OTHER = 40, 39, 1


class ChangesTests(HubTestCase):
    """With a hub that has a history of taggings."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.start = self.hub.history.event()
        self.build = self.get(self.koji.getBuild('ceph-9.22.53-11.fc43'))
        self.admin = self.hub.connection('kojiadmin')
        self.get(self.admin.login())

    def changes(self, since: Any, **options: Any) -> list[TagChange]:
        """List the changes of the tag."""
        found = self.get(self.koji.changes(TAG, since, **options))
        assert isinstance(found, list)
        return found

    def test_builds(self) -> None:
        """A build that comes and goes is two changes, oldest first."""
        self.hub.add_user('alice', perms=['tag'])
        self.get(self.koji.login())
        self.get(self.koji.tagBuildBypass(TAG, self.build.id))
        came = self.get(self.koji.getLastEvent()).id
        self.hub.clock.advance(100)
        self.get(self.admin.untagBuildBypass(TAG, self.build.id))
        went = self.get(self.koji.getLastEvent()).id
        first, second = self.changes(self.start)
        now = datetime.fromtimestamp(self.hub.now(), timezone.utc)
        self.assertEqual(first[:6], (
            came, first.time, 'alice', 'f44-build', 'tag_listing', True))
        self.assertEqual(second[:6], (
            went, now, 'kojiadmin', 'f44-build', 'tag_listing', False))
        self.assertEqual((first.nvr, first.package),
                         (self.build.nvr, 'ceph'))
        # Only the end is after the beginning.
        [end] = self.changes(came)
        self.assertEqual(end[:6], second[:6])
        self.assertEqual(self.changes(went), [])

    def test_datetime(self) -> None:
        """The beginning may be a time."""
        self.hub.history.tag_build(TAG, self.build.id)
        noon = datetime.fromtimestamp(self.hub.now() + 50, timezone.utc)
        self.hub.clock.advance(100)
        went = self.hub.history.untag_build(TAG, self.build.id)
        self.assertEqual([each.event for each in self.changes(noon)], [went])
        self.assertEqual([each.event for each in self.changes(
            noon, inherit=True)], [went])
        # Before the first event, nothing was inherited.
        listing = self.koji.changes(
            TAG, datetime(1960, 1, 1, tzinfo=timezone.utc), inherit=True)
        self.hub.clock.pump([0] * 20)
        self.assertEqual(self.get(listing)[-1].event, went)

    def test_inherit(self) -> None:
        """By inheritance, the changes of parents count, old ones too."""
        events = [self.hub.history.tag_build(tag, self.build.id)
                  for tag in (PARENT, TAG, OTHER)]
        self.assertEqual([each.event for each in self.changes(self.start)],
                         events[1:2])
        found = self.changes(self.start, inherit=True)
        self.assertEqual([each.event for each in found], events[:2])
        self.assertEqual(found[0].tag, self.get(self.koji.getTag(PARENT)).name)
        parents = self.get(self.koji.getInheritanceData(TAG))
        self.get(self.admin.setInheritanceData(TAG, [
            {**parent, 'delete link': True} for parent in parents]))
        found = self.changes(self.start, inherit=True)
        self.assertEqual([each.event for each in found][:2], events[:2])
        # The parents of the beginning count, and so does their loss.
        self.assertEqual({(each.table, each.begins) for each in found[2:]},
                         {('tag_inheritance', False)})

    def test_tables(self) -> None:
        """All tables of the tag are asked for, or those that one wants."""
        self.hub.add_package('tool')
        self.get(self.admin.packageListAdd(TAG, 'tool', 'alice'))
        self.get(self.admin.editTag2(TAG, arches='x86_64', extra={'x': 1}))
        found = self.changes(self.start)
        self.assertEqual(
            [(each.table, each.begins, each.package, each.nvr)
             for each in found if each.table != 'tag_package_owners'],
            [('tag_packages', True, 'tool', None),
             ('tag_config', False, None, None),
             ('tag_config', True, None, None),
             ('tag_extra', True, None, None)])
        self.changes(self.start, tables=['tag_listing'])
        self.assertEqual(
            [call[2]['tables'] for call in self.hub.calls
             if call[0] == 'queryHistory'], [list(TABLES), ['tag_listing']])

    def test_children(self) -> None:
        """That another tag inherits from it is no change of the tag."""
        self.hub.add_tag('child', parents=['f44-build'])
        self.assertEqual(self.changes(self.start), [])
        [change] = self.get(self.koji.changes(
            'child', self.start, tables=['tag_inheritance']))
        self.assertEqual(change.row['parent_id'], TAG)

    def test_recorded(self) -> None:
        """A row of a real hub is understood."""
        self.hub.respond('queryHistory', RECORDED)
        [change] = self.get(self.koji.changes('f43-updates', 13422))
        self.assertEqual(change.nvr, 'ceph-9.22.53-11.fc43')
        self.assertEqual((change.user, change.begins), ('kojiadmin', True))

    def test_many(self) -> None:
        """Thousands of rows are read in several turns of the reactor."""
        for _ in range(2 * ROWS):
            self.hub.history.tag_build(TAG, self.build.id)
        listing = self.koji.changes(TAG, self.start)
        self.assertNoResult(listing)
        self.hub.clock.pump([0] * 3)
        self.assertEqual(len(self.get(listing)), 2 * ROWS)

    def test_canceled(self) -> None:
        """A cancellation ends the call, or the reading of the rows."""
        for method in ('getTag', 'system.multicall'):
            self.hub.misbehave('slow', method=method, seconds=5)
            listing = self.koji.changes(TAG, self.start)
            self.assertEqual(self.koji.stats.in_flight, 1)
            listing.cancel()
            self.fail_of(listing, CancelledError)
            self.assertEqual(self.koji.stats.in_flight, 0)
            self.hub.clock.advance(5)
            self.hub.behave()
        for _ in range(ROWS):
            self.hub.history.tag_build(TAG, self.build.id)
        listing = self.koji.changes(TAG, self.start)
        self.assertNoResult(listing)
        listing.cancel()
        self.fail_of(listing, CancelledError)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_wrong(self) -> None:
        """The tag has to exist; the beginning has to be one."""
        self.fail_of(self.koji.changes('nosuch', 1), GenericError)
        del self.hub.calls[:]
        self.fail_of(self.koji.changes(TAG, datetime(2026, 1, 1)), ValueError)
        for since in ('2026', None, True, 1.5):
            self.fail_of(self.koji.changes(TAG, since),  # type: ignore
                         TypeError)
        self.assertEqual(self.hub.calls, [])
        self.hub.respond('queryHistory', [])
        self.fail_of(self.koji.changes(TAG, 1), AnswerError)


#: As a real hub answered ``queryHistory(build=5356)``.
RECORDED = {'tag_listing': [{
    'active': True, 'build.state': 1, 'build_id': 5356,
    'create_event': 13423, 'create_ts': 1794723724.769231, 'creator_id': 1,
    'creator_name': 'kojiadmin', 'epoch': 2, 'name': 'ceph',
    'release': '11.fc43', 'revoke_event': None, 'revoke_ts': None,
    'revoker_id': None, 'revoker_name': None, 'tag.name': 'f43-updates',
    'tag_id': 26, 'version': '9.22.53'}]}
