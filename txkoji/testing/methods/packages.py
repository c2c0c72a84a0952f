"""The hub methods about packages, and which of them tags list."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    entry,
    entry_id,
    event_number,
    strict_user,
    tag as find_tag,
)
from txkoji.testing.queries import query
from txkoji.testing.rows import package_entry
from txkoji.testing.tables import Row, holds
from txkoji.testing.tagging import Tagging


class PackageMethods(Methods):
    """Packages."""

    @export('lookup_package')
    def getPackage(self, info: Any, strict: bool = False,
                   create: bool = False) -> Any:
        found = entry(self.tables, 'packages', info, strict)
        if found is None and create:
            if not isinstance(info, str):
                raise GenericError('Name must be a string')
            found = self.world.add('packages', {'name': info})
        return found

    @export()
    def getPackageID(self, name: Any, strict: bool = False) -> Any:
        found = entry(self.tables, 'packages', name, strict)
        return found and found['id']

    @export()
    def listPackagesSimple(self, prefix: Any = None, queryOpts: Any = None
                           ) -> Any:
        return query([{'package_id': row['id'], 'package_name': row['name']}
                      for row in self.tables.packages
                      if row['name'].startswith(prefix or '')], queryOpts)

    @export()
    def listPackages(self, tagID: Any = None, userID: Any = None,
                     pkgID: Any = None, prefix: Any = None,
                     inherited: bool = False, with_dups: bool = False,
                     event: Any = None, queryOpts: Any = None,
                     with_owners: bool = True, with_blocked: bool = True
                     ) -> Any:
        if (tagID, userID, pkgID) == (None, None, None):
            return self.listPackagesSimple(prefix, queryOpts)
        event_number(self.tables, event)
        rows: Iterable[Row]
        if tagID is not None:
            number = entry_id(self.tables, 'tags', tagID)
            rows = self._rows(number, event, inherited, with_dups)
        else:
            rows = self.tables.active('tag_packages', event)
        owner = None if userID is None else strict_user(
            self.tables, userID)['id']
        package = None if pkgID is None else entry_id(
            self.tables, 'packages', pkgID)
        found = [package_entry(self.tables, row, inheritance.owner_of(
            self.tables, row, event)) for row in rows
            if (with_blocked or not row['blocked'])
            and package in (None, row['package_id'])]
        found = [row for row in found if owner in (None, row['owner_id'])
                 and (row['package_name'] or '').startswith(prefix or '')]
        if not with_owners:
            found = [{name: row[name] for name in row
                      if not name.startswith('owner_')} for row in found]
        return query(found, queryOpts)

    def _rows(self, tag: int, event: int | None, inherited: bool,
              dups: bool) -> list[Row]:
        if not dups:
            rows = inheritance.listed(self.tables, tag, event,
                                      inherited).values()
        else:
            rows = [row for place, _ in inheritance.places(  # type: ignore
                self.tables, tag, event, inherited)
                for row in self.tables.where('tag_packages', 'tag_id', place)
                if holds(row, event)]
        names = self.tables.name
        if inheritance.recorded(self.tables, tag):
            return list(rows)
        return sorted(rows, key=lambda row: names(
            'packages', row['package_id']) or '')

    @export()
    def checkTagPackage(self, tag: Any, pkg: Any) -> bool:
        found = find_tag(self.tables, tag)
        package = entry(self.tables, 'packages', pkg, strict=False)
        if found is None or package is None:
            return False
        return Tagging(self.world).refusal(found, package['id']) is None

    @export()
    def getPackageConfig(self, tag: Any, pkg: Any, event: Any = None) -> Any:
        event_number(self.tables, event)
        found = find_tag(self.tables, tag, event)
        package = entry(self.tables, 'packages', pkg, strict=False)
        if found is None or package is None:
            return None
        row = inheritance.listed(self.tables, found['id'], event,
                                 package=package['id']).get(package['id'])
        return row and package_entry(
            self.tables, row, inheritance.owner_of(self.tables, row, event))

    @export('pkglist_add')
    def packageListAdd(self, taginfo: Any, pkginfo: Any, owner: Any = None,
                       block: Any = None, extra_arches: Any = None,
                       force: bool = False, update: bool = False) -> None:
        Tagging(self.world).add_package(
            self.caller, taginfo, pkginfo, owner, block, extra_arches, force,
            update)

    @export('pkglist_remove')
    def packageListRemove(self, taginfo: Any, pkginfo: Any,
                          force: bool = False) -> None:
        Tagging(self.world).remove_package(self.caller, taginfo, pkginfo,
                                           force)

    @export('pkglist_block')
    def packageListBlock(self, taginfo: Any, pkginfo: Any,
                         force: bool = False) -> None:
        Tagging(self.world).block_package(self.caller, taginfo, pkginfo,
                                          force)

    @export('pkglist_unblock')
    def packageListUnblock(self, taginfo: Any, pkginfo: Any,
                           force: bool = False) -> None:
        Tagging(self.world).unblock_package(self.caller, taginfo, pkginfo,
                                            force)

    @export('pkglist_setowner')
    def packageListSetOwner(self, taginfo: Any, pkginfo: Any, owner: Any,
                            force: bool = False) -> None:
        Tagging(self.world).add_package(
            self.caller, taginfo, pkginfo, owner, force=force, update=True)

    @export('pkglist_setarches')
    def packageListSetArches(self, taginfo: Any, pkginfo: Any, arches: Any,
                             force: bool = False) -> None:
        Tagging(self.world).add_package(
            self.caller, taginfo, pkginfo, arches=arches, force=force,
            update=True)
