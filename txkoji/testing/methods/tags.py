"""
The hub methods about tags, targets and packages.
"""
from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.methods.base import Methods, unknown
from txkoji.testing.queries import among, query
from txkoji.testing.tables import Row, holds, unversioned


class TagMethods(Methods):
    """Tags, targets and packages."""

    def getTag(self, tagInfo: Any, strict: bool = False, event: Any = None,
               blocked: bool = False) -> Any:
        unknown('getTag', event=None if event == 'auto' else event)
        found = self._tables.find('tags', tagInfo)
        if found is None and strict:
            raise GenericError(f'No such tagInfo: {tagInfo!r}')
        return found and {**found, 'extra': found['extra'] or {}}

    def listTags(self, build: Any = None, package: Any = None,
                 perms: bool = True, queryOpts: Any = None,
                 pattern: Any = None) -> Any:
        tables = self._tables
        hidden = ['extra'] if perms else ['extra', 'perm', 'perm_id']
        rows: Iterable[Row] = [
            {name: row[name] for name in row if name not in hidden}
            for row in tables.tags]
        if build is not None:
            found = self._find_build(build, strict=True)
            places = {row['tag_id'] for row in tables.active('taggings')
                      if found and row['build_id'] == found['id']}
            rows = [row for row in rows if row['id'] in places]
        if package is not None:
            rows = self._listing_tags(rows, self._id('packages', package))
        if pattern is not None:
            rows = [row for row in rows
                    if fnmatch.fnmatchcase(row['name'], pattern)]
        return query(rows, queryOpts)

    def getInheritanceData(self, tag: Any, event: Any = None) -> Any:
        return inheritance.links(self._tables, self._id('tags', tag), event)

    def getFullInheritance(self, tag: Any, event: Any = None,
                           reverse: bool = False, **kwargs: Any) -> Any:
        unknown('getFullInheritance', reverse=reverse, **kwargs)
        return inheritance.full(self._tables, self._id('tags', tag), event)

    def getBuildTarget(self, info: Any, event: Any = None,
                       strict: bool = False) -> Any:
        found = self._tables.find('targets', info)
        if found is None or not holds(found, event):
            if strict:
                raise GenericError(f'No such build target: {info!r}')
            return None
        return self._tables.target(found)

    def getBuildTargets(self, info: Any = None, event: Any = None,
                        buildTagID: Any = None, destTagID: Any = None,
                        queryOpts: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.active('targets', event)
        if info is not None:
            rows = among(rows, 'id', self._id('targets', info))
        for column, tag in [('build_tag', buildTagID),
                            ('dest_tag', destTagID)]:
            if tag is not None:
                rows = among(rows, column, self._id('tags', tag))
        return query([self._tables.target(row) for row in rows], queryOpts)

    def getPackage(self, info: Any, strict: bool = False,
                   create: bool = False) -> Any:
        found = self._tables.find('packages', info)
        if found is None and strict:
            raise GenericError(f'No such package: {info!r}')
        return found

    def getPackageID(self, name: Any, strict: bool = False) -> Any:
        found = self.getPackage(name, strict)
        return found and found['id']

    def listPackagesSimple(self, prefix: Any = None, queryOpts: Any = None
                           ) -> Any:
        return query([{'package_id': row['id'], 'package_name': row['name']}
                      for row in self._tables.packages
                      if row['name'].startswith(prefix or '')], queryOpts)

    def listPackages(self, tagID: Any = None, userID: Any = None,
                     pkgID: Any = None, prefix: Any = None,
                     inherited: bool = False, with_dups: bool = False,
                     event: Any = None, queryOpts: Any = None,
                     with_owners: bool = True, with_blocked: bool = True
                     ) -> Any:
        if (tagID, userID, pkgID) == (None, None, None):
            return self.listPackagesSimple(prefix, queryOpts)
        tables = self._tables
        rows: Iterable[Row] = tables.active('tag_packages', event)
        if tagID is not None:
            places = [self._id('tags', tagID)]
            if inherited:
                places += [row['parent_id'] for row
                           in inheritance.full(tables, places[0], event)]
            rows = _listed(rows, places, with_dups)
        if userID is not None:
            rows = among(rows, 'owner_id', self._id('users', userID))
        if pkgID is not None:
            rows = among(rows, 'package_id', self._id('packages', pkgID))
        found = [{**unversioned(row),
                  'package_name': tables.name('packages', row['package_id']),
                  'tag_name': tables.name('tags', row['tag_id']),
                  'owner_name': tables.name('users', row['owner_id'])}
                 for row in rows if with_blocked or not row['blocked']]
        if not with_owners:
            found = [{name: row[name] for name in row
                      if not name.startswith('owner_')} for row in found]
        return query([row for row in found if (row['package_name'] or ''
                                               ).startswith(prefix or '')],
                     queryOpts)

    def _listing_tags(self, tags: Iterable[Row], package: int) -> list[Row]:
        found = []
        for tag in tags:
            for row in self._tables.active('tag_packages'):
                if (row['tag_id'], row['package_id']) == (tag['id'], package):
                    found.append({
                        **tag,
                        'blocked': row['blocked'],
                        'extra_arches': row['extra_arches'],
                        'owner_id': row['owner_id'],
                        'owner_name': self._tables.name('users',
                                                        row['owner_id'])})
        return found


def _listed(rows: Iterable[Row], places: list[int], dups: bool
            ) -> list[Row]:
    """Packages of the first of some tags that lists them, or of all."""
    found: list[Row] = []
    seen = set()
    for place in places:
        for row in rows:
            if row['tag_id'] == place and (
                    dups or row['package_id'] not in seen):
                seen.add(row['package_id'])
                found.append(row)
    return found
