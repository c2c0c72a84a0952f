"""The changes of a tag."""
from __future__ import annotations

from datetime import datetime, timezone
from typing import Any

from tests.support import HubTestCase
from txkoji.exceptions import AnswerError, GenericError
from txkoji.tags.changes import ROWS, TABLES, TagChange
from txkoji.testing.rows import build as joined_build

#: A tag of the sample, a tag that it inherits from, and another tag.
TAG, PARENT, OTHER = 40, 39, 1


class ChangesTests(HubTestCase):
    """With a hub that has a history of taggings."""

    def setUp(self) -> None:
        """Set up what the tests share."""
        super().setUp()
        self.hub.respond('queryHistory', self.query)
        #: Further rows, by table.
        self.rows: dict[str, list[dict[str, Any]]] = {}
        self.start = self.hub.history.event()
        self.build = self.get(self.koji.getBuild('ceph-9.22.53-11.fc43'))

    def query(self, tables: Any = None, tag: Any = None,
              afterEvent: Any = None, after: Any = None) -> Any:
        """Answer from the tables, as the hub method does."""
        hub = self.hub.tables
        times = {row['id']: row['ts'] for row in hub.events}
        found = {table: list(self.rows.get(table, [])) for table in tables}
        for row in hub.taggings:
            events = [row.get('create_event'), row.get('revoke_event')]
            stamps = [None if each is None else times.get(each, 0.0)
                      for each in events]
            if row['tag_id'] != tag or not any(
                    (afterEvent is not None and each > afterEvent)
                    or (after is not None and stamp > after)
                    for each, stamp in zip(events, stamps)
                    if each is not None):
                continue
            build = joined_build(hub, next(
                each for each in hub.builds if each['id'] == row['build_id']))
            found['tag_listing'].append({
                'tag_id': tag, 'tag.name': hub.name('tags', tag),
                'build_id': build['id'], 'name': build['name'],
                'version': build['version'], 'release': build['release'],
                'create_event': events[0], 'create_ts': stamps[0],
                'creator_name': 'alice', 'revoke_event': events[1],
                'revoke_ts': stamps[1], 'active': events[1] is None,
                'revoker_name': None if events[1] is None else 'bob'})
        return {table: rows for table, rows in found.items()
                if rows or table == 'tag_listing'}

    def changes(self, since: Any, **options: Any) -> list[TagChange]:
        """List the changes of the tag."""
        found = self.get(self.koji.changes(TAG, since, **options))
        assert isinstance(found, list)
        return found

    def test_builds(self) -> None:
        """A build that comes and goes is two changes, oldest first."""
        history = self.hub.history
        came = history.tag_build(TAG, self.build.id)
        self.hub.clock.advance(100)
        went = history.untag_build(TAG, self.build.id)
        first, second = self.changes(self.start)
        now = datetime.fromtimestamp(self.hub.now(), timezone.utc)
        self.assertEqual(first[:6], (
            came, first.time, 'alice', 'f44-build', 'tag_listing', True))
        self.assertEqual(second[:6], (
            went, now, 'bob', 'f44-build', 'tag_listing', False))
        self.assertEqual((first.nvr, first.package),
                         (self.build.nvr, 'ceph'))
        # Only the end is after the beginning.
        self.assertEqual(self.changes(came), [second])
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
        for row in self.hub.tables.inheritance:
            if row['child_id'] == TAG:
                row['revoke_event'] = self.hub.history.event()
        self.assertEqual(
            [each.event for each in self.changes(self.start, inherit=True)],
            events[:2])

    def row(self, **members: Any) -> dict[str, Any]:
        """Make a row that begins now."""
        return {'tag_id': TAG, 'tag.name': 'f44-build', 'revoke_event': None,
                'create_event': self.start + 1, 'create_ts': 1.0,
                'revoke_ts': None, **members}

    def test_tables(self) -> None:
        """All tables of the tag are asked for, or those that one wants."""
        self.rows = {
            'tag_packages': [self.row(**{'package.name': 'zsh'})],
            'tag_config': [
                self.row(arches='x86_64'),
                self.row(arches='', create_event=1,
                         revoke_event=self.start + 1, revoke_ts=1.0)]}
        found = self.changes(self.start)
        self.assertEqual(
            [(each.table, each.begins, each.package, each.nvr)
             for each in found],
            [('tag_config', False, None, None),
             ('tag_packages', True, 'zsh', None),
             ('tag_config', True, None, None)])
        self.changes(self.start, tables=['tag_listing'])
        self.assertEqual(
            [call[2]['tables'] for call in self.hub.calls
             if call[0] == 'queryHistory'], [list(TABLES), ['tag_listing']])

    def test_children(self) -> None:
        """That another tag inherits from it is no change of the tag."""
        self.rows = {'tag_inheritance': [
            self.row(parent_id=PARENT), self.row(tag_id=1, parent_id=TAG)]}
        [change] = self.changes(self.start)
        self.assertEqual(change.row['parent_id'], PARENT)

    def test_recorded(self) -> None:
        """A row of a real hub is understood."""
        self.hub.respond('queryHistory', RECORDED)
        [change] = self.get(self.koji.changes('f43-updates', 13422))
        self.assertEqual(change.nvr, 'ceph-9.22.53-11.fc43')
        self.assertEqual((change.user, change.begins), ('kojiadmin', True))

    def test_many(self) -> None:
        """Thousands of rows are read in several turns of the reactor."""
        self.rows = {'tag_extra': [self.row()] * (2 * ROWS)}
        listing = self.koji.changes(TAG, self.start)
        self.assertNoResult(listing)
        self.hub.clock.pump([0] * 3)
        self.assertEqual(len(self.get(listing)), 2 * ROWS)

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
