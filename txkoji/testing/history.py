"""The events of a FakeHub, and the changes of tags that they stand for."""
from __future__ import annotations

from collections.abc import Sequence

from txkoji.testing import inheritance
from txkoji.testing.tables import VERSION
from txkoji.testing.world import World

#: Versioned tables whose rows are part of a tag, and the column of the tag.
PARTS = {'inheritance': 'child_id', 'tag_packages': 'tag_id',
         'taggings': 'tag_id', 'tags': 'id', 'tag_extra': 'tag_id',
         'tag_external_repos': 'tag_id', 'tag_groups': 'tag_id',
         'group_packages': 'tag_id', 'group_reqs': 'tag_id'}


class History:
    """
    What changed at which event.

    Rows of versioned tables are not removed, but revoked, so that a hub can
    tell how things were. A change of a tag that is in none of these tables
    (the import of an RPM, for one) is a row of the table ``tag_updates``.

    :param world: what changes.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables

    def event(self) -> int:
        """Make a new event, and return its id."""
        return self._world.new_event()

    def tag_build(self, tag_id: int, build_id: int) -> int:
        """
        Put a build into a tag.

        :returns: the event.
        """
        event = self.event()
        self._world.create('taggings', {'tag_id': tag_id,
                                        'build_id': build_id}, 1)
        return event

    def untag_build(self, tag_id: int, build_id: int) -> int:
        """
        Take a build out of a tag.

        :returns: the event.
        """
        event = self.event()
        for row in self._tables.active('taggings'):
            if (row['tag_id'], row['build_id']) == (tag_id, build_id):
                self._world.revoke(row, 1)
        return event

    def last_change(self, tag_id: int, before: int | None = None,
                    inherit: bool = True) -> int | None:
        """
        Get the last event at which a tag, or a parent of it, changed.

        :param before: only events before this one.
        """
        return max((event for event in self._changes(tag_id, inherit)
                    if before is None or event < before), default=None)

    def first_change(self, tag_id: int, after: int | None = None,
                     inherit: bool = True) -> int | None:
        """
        Get the first event at which a tag, or a parent of it, changed.

        :param after: only events after this one.
        """
        return min((event for event in self._changes(tag_id, inherit)
                    if after is None or event > after), default=None)

    def changed_since(self, event: int, tag_ids: Sequence[int]) -> bool:
        """Whether one of some tags changed after an event."""
        return any(each > event for each in self._events_of(tag_ids))

    def _changes(self, tag_id: int, inherit: bool) -> list[int]:
        tags = [tag_id]
        if inherit:
            tags += [row['parent_id']
                     for row in inheritance.full(self._tables, tag_id)]
        return self._events_of(tags)

    def _events_of(self, tag_ids: Sequence[int]) -> list[int]:
        found = []
        for tag in tag_ids:
            if inheritance.recorded(self._tables, tag):
                # When it was made the sample does not say: at first.
                found.append(1)
            for table, column in PARTS.items():
                for row in self._tables.where(table, column, tag):
                    found += [row[name] for name in VERSION[:2]
                              if row.get(name) is not None]
            found += [row['update_event'] for row in self._tables.where(
                'tag_updates', 'tag_id', tag)]
        return found
