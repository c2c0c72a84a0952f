"""
The inheritance of packages and builds, on the tables of a FakeHub.

The rules are those of kojihub/kojihub.py, ``readFullInheritance``,
``readPackageList`` and ``readTaggedBuilds``.
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
    """Get the direct parents of a tag, as ``getInheritanceData`` does."""
    found = [{**unversioned(row),
              'name': tables.name('tags', row['parent_id'])}
             for row in tables.active('inheritance', event)
             if row['child_id'] == tag]
    return sorted(found, key=lambda row: int(row['priority']))


def _heirs(tables: Tables, tag: int, event: int | None) -> list[Row]:
    """Get the same from the other side: which tags inherit from a tag."""
    found = []
    for row in tables.active('inheritance', event):
        if row['parent_id'] == tag:
            row = unversioned(row)
            row['tag_id'] = row.pop('child_id')
            found.append({**row, 'name': tables.name('tags', row['tag_id'])})
    return sorted(found, key=lambda row: int(row['priority']))


def full(tables: Tables, tag: int, event: int | None = None,
         reverse: bool = False) -> list[Row]:
    """
    Get all parents of a tag, as ``getFullInheritance`` does.

    :param reverse: whether to get the descendants instead.
    """
    walk = _Walk(tables, event, reverse)
    walk.follow(tag, _Way(1, None, False, ()), [tag])
    return walk.found


class _Walk:
    """A walk along the links of tags."""

    def __init__(self, tables: Tables, event: int | None, reverse: bool
                 ) -> None:
        self._tables = tables
        self._event = event
        self._reverse = reverse
        self._seen: dict[int, list[_Way]] = {}
        self.found: list[Row] = []

    def follow(self, tag: int, way: _Way, above: list[int]) -> None:
        if way.left is not None and way.left < 1:
            return
        read = _heirs if self._reverse else links
        for link in read(self._tables, tag, self._event):
            other = link['tag_id' if self._reverse else 'parent_id']
            cut = (link['intransitive'] and len(above) > 1
                   and not self._reverse)
            if other in above or cut:
                continue
            next_way = self._next(link, way)
            if next_way is None or any(
                    old.covers(next_way) for old in self._seen.get(other, ())):
                continue
            self._seen.setdefault(other, []).append(next_way)
            self.found.append({
                **link, 'currdepth': way.depth, 'nextdepth': next_way.left,
                'filter': list(next_way.filters)})
            if link['intransitive'] and self._reverse:
                continue
            self.follow(other, next_way, [*above, other])

    def _next(self, link: Row, way: _Way) -> _Way | None:
        if self._reverse:
            limit = link['maxdepth']
            if limit is not None and limit < way.depth - 1:
                return None
            left = None
        else:
            left = way.left if way.left is None else way.left - 1
            if link['maxdepth'] is not None:
                left = min(link['maxdepth'],
                           link['maxdepth'] if left is None else left)
        filters = way.filters
        if link['pkg_filter']:
            filters += (link['pkg_filter'],)
        return _Way(way.depth + 1, left,
                    way.noconfig or bool(link['noconfig']), filters)


def places(tables: Tables, tag: int, event: int | None = None,
           inherit: bool = True) -> list[tuple[int, list[str]]]:
    """Get the tags in which packages are looked for, with their filters."""
    found: list[tuple[int, list[str]]] = [(tag, [])]
    if inherit:
        found += [(row['parent_id'], row['filter'])
                  for row in full(tables, tag, event)]
    return found


def listed(tables: Tables, tag: int, event: int | None = None,
           inherit: bool = True, package: int | None = None
           ) -> dict[int, Row]:
    """
    Get the packages of a tag: for each its row of ``tag_packages``.

    :param package: only this one.
    """
    found: dict[int, Row] = {}
    for place, filters in places(tables, tag, event, inherit):
        for row in tables.where('tag_packages', 'tag_id', place):
            number = row['package_id']
            if (package not in (None, number) or number in found
                    or not holds(row, event)):
                continue
            name = tables.name('packages', number) or ''
            if all(re.match(each, name) for each in filters):
                found[number] = row
    return found


def owner_of(tables: Tables, row: Row, event: int | None = None
             ) -> int | None:
    """Who owned the package of a row of ``tag_packages``."""
    for each in tables.where('tag_package_owners', 'tag_id', row['tag_id']):
        if each['package_id'] == row['package_id'] and holds(each, event):
            return int(each['owner'])
    owner: int | None = row['owner_id']
    return owner


def recorded(tables: Tables, tag: int) -> bool:
    """Whether a tag is of the sample, which lists not all its packages."""
    return any(row.get('create_event') is None
               for row in tables.where('tags', 'id', tag))


def tagged(tables: Tables, tag: int, *, inherit: bool, latest: int,
           wanted: Callable[[Row, Row], bool],
           event: int | None = None) -> list[tuple[Row, Row]]:
    """
    Get the builds in a tag, and with ``inherit`` in the tags it inherits from.

    :param latest: how many of each package, the last tagged first; 0 for
                   all.
    :param wanted: says of a build and its tagging whether to look at it.
    :param event: at which event; None for now.
    :returns: a list of (build, tagging), newest first within each tag.
    """
    known = _Listing(tables, tag, event)
    count: dict[int, int] = {}
    seen = set()
    found = []
    builds = tables.by_id('builds')
    for place, filters in places(tables, tag, event, inherit):
        taggings = [row for row in tables.where('taggings', 'tag_id', place)
                    if holds(row, event)]
        taggings.sort(key=lambda row: (row['create_event'], row['build_id']),
                      reverse=True)
        for tagging in taggings:
            build = builds[tagging['build_id']]
            number = build['package_id']
            if (build['id'] in seen or not known.has(number)
                    or not wanted(build, tagging)
                    or not _passes(tables, number, filters)
                    or (latest and count.get(number, 0) >= latest)):
                continue
            seen.add(build['id'])
            count[number] = count.get(number, 0) + 1
            found.append((build, tagging))
    return found


def _passes(tables: Tables, package: int, filters: list[str]) -> bool:
    name = tables.name('packages', package) or ''
    return all(re.match(each, name) for each in filters)


class _Listing:
    """Which packages are listed in a tag, and not blocked."""

    def __init__(self, tables: Tables, tag: int, event: int | None) -> None:
        self._rows = listed(tables, tag, event)
        self._whole = not any(
            recorded(tables, place)
            for place, _ in places(tables, tag, event))

    def has(self, package: int) -> Any:
        row = self._rows.get(package)
        if row is None:
            return not self._whole
        return not row['blocked']
