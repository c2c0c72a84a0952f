"""
How tags inherit builds from each other (kojihub/kojihub.py,
``readFullInheritance`` and ``readTaggedBuilds``), on the tables of a FakeHub.
"""
from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

from txkoji.testing.tables import Row, Tables, holds, unversioned


class _Way(NamedTuple):
    """How a tag was reached, and what that leaves of it."""

    depth: int
    left: int | None
    noconfig: bool
    filters: tuple[str, ...]

    def covers(self, other: _Way) -> bool:
        """Whether everything that is seen by the other is seen by this."""
        deep = self.left is None or (
            other.left is not None and self.left >= other.left)
        return (deep and set(self.filters) <= set(other.filters)
                and self.noconfig <= other.noconfig)


def links(tables: Tables, tag: int, event: int | None = None) -> list[Row]:
    """What a tag inherits from directly, as `getInheritanceData` has it."""
    found = [{**unversioned(row),
              'name': tables.name('tags', row['parent_id'])}
             for row in tables.active('inheritance', event)
             if row['child_id'] == tag]
    return sorted(found, key=lambda row: int(row['priority']))


def full(tables: Tables, tag: int, event: int | None = None) -> list[Row]:
    """What a tag inherits from, in order, as `getFullInheritance` has it."""
    found: list[Row] = []
    seen: dict[int, list[_Way]] = {}
    _follow(tables, tag, event, _Way(1, None, False, ()), [tag], seen, found)
    return found


def _follow(tables: Tables, tag: int, event: int | None, way: _Way,
            above: list[int], seen: dict[int, list[_Way]],
            found: list[Row]) -> None:
    if way.left is not None and way.left < 1:
        return
    for link in links(tables, tag, event):
        parent = link['parent_id']
        if parent in above or (link['intransitive'] and len(above) > 1):
            continue
        left = way.left if way.left is None else way.left - 1
        if link['maxdepth'] is not None:
            left = min(link['maxdepth'], link['maxdepth'] if left is None
                       else left)
        filters = way.filters
        if link['pkg_filter']:
            filters += (link['pkg_filter'],)
        next_way = _Way(way.depth + 1, left,
                        way.noconfig or bool(link['noconfig']), filters)
        if any(old.covers(next_way) for old in seen.get(parent, ())):
            continue
        seen.setdefault(parent, []).append(next_way)
        found.append({**link, 'currdepth': way.depth, 'nextdepth': left,
                      'filter': list(filters)})
        _follow(tables, parent, event, next_way, [*above, parent], seen,
                found)


def tagged(tables: Tables, tag: int, *, inherit: bool, latest: int,
           wanted: Callable[[Row, Row], bool],
           event: int | None = None) -> list[tuple[Row, Row]]:
    """
    The builds in a tag, and with `inherit` in those that it inherits from.

    :param latest: how many of each package, the last tagged first; 0 for
                   all.
    :param wanted: says of a build and its tagging whether to look at it.
    :param event: at which event; None for now.
    :returns: a list of (build, tagging), newest first within each tag. A
              build is there once, for the first tag that has it.
    """
    places: list[tuple[int, list[str]]] = [(tag, [])]
    if inherit:
        places += [(row['parent_id'], row['filter'])
                   for row in full(tables, tag, event)]
    builds = {row['id']: row for row in tables.builds}
    blocked = _blocked(tables, [place for place, _ in places], event)
    count: dict[int, int] = {}
    seen = set()
    found = []
    for place, filters in places:
        taggings = [row for row in tables.taggings
                    if row['tag_id'] == place and holds(row, event)]
        taggings.sort(key=lambda row: (row['create_event'], row['build_id']),
                      reverse=True)
        for tagging in taggings:
            build = builds[tagging['build_id']]
            number = build['package_id']
            name = tables.name('packages', number) or ''
            if (build['id'] in seen or number in blocked
                    or not wanted(build, tagging)
                    or not all(re.match(each, name) for each in filters)
                    or (latest and count.get(number, 0) >= latest)):
                continue
            seen.add(build['id'])
            count[number] = count.get(number, 0) + 1
            found.append((build, tagging))
    return found


def _blocked(tables: Tables, places: list[int], event: int | None) -> Any:
    """The packages that are blocked in the first tag that lists them."""
    listed: dict[int, bool] = {}
    for place in places:
        for row in tables.active('tag_packages', event):
            if row['tag_id'] == place:
                listed.setdefault(row['package_id'], bool(row['blocked']))
    return {number for number, blocked in listed.items() if blocked}
