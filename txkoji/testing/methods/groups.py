"""The hub methods about groups of packages."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import entry, entry_id, event_number, strict_tag
from txkoji.testing.tables import Row, holds, unversioned

#: What a group of a tag may be set to.
CONFIG = ('exported', 'display_name', 'is_default', 'uservisible',
          'description', 'langonly', 'biarchonly', 'blocked')


class GroupMethods(Methods):
    """Groups of packages in tags."""

    @export('readTagGroups')
    def getTagGroups(self, tag: Any, event: Any = None, inherit: bool = True,
                     incl_pkgs: bool = True, incl_reqs: bool = True,
                     incl_blocked: bool = False) -> Any:
        event_number(self.tables, event)
        number = entry_id(self.tables, 'tags', tag)
        found: dict[int, Row] = {}
        for place, _ in inheritance.places(self.tables, number, event,
                                           inherit):
            for row in self._rows('tag_groups', place, event):
                found.setdefault(row['group_id'], {
                    **unversioned(row),
                    'name': self.tables.name('groups', row['group_id']),
                    'packagelist': [], 'grouplist': []})
            for table, member, key in [
                    ('group_packages', 'packagelist', 'package'),
                    ('group_reqs', 'grouplist', 'req_id')]:
                for row in self._rows(table, place, event):
                    group = found.get(row['group_id'])
                    if group is not None:
                        self._put(group[member], row, key)
        groups = []
        for group in found.values():
            if group['blocked'] and not incl_blocked:
                continue
            for member, wanted in [('packagelist', incl_pkgs),
                                   ('grouplist', incl_reqs)]:
                group[member] = [
                    row for row in group[member]
                    if wanted and (incl_blocked or not row['blocked'])]
            groups.append(group)
        return groups

    def _rows(self, table: str, tag: int, event: int | None) -> list[Row]:
        return [row for row in self.tables.where(table, 'tag_id', tag)
                if holds(row, event)]

    def _put(self, rows: list[Row], row: Row, key: str) -> None:
        if any(each[key] == row[key] for each in rows):
            return
        joined = unversioned(row)
        if key == 'req_id':
            joined['name'] = self.tables.name('groups', row['req_id'])
        rows.append(joined)

    def _change(self, table: str, keys: Row, values: Row | None) -> None:
        """End a row, and make another of it."""
        for row in self._rows(table, keys['tag_id'], None):
            if keys.items() <= row.items():
                if values is not None and values.items() <= row.items():
                    return
                self.world.revoke(row, self.caller.user_id)
        if values is not None:
            self.world.create(table, {**keys, **values}, self.caller.user_id)

    def _place(self, taginfo: Any, grpinfo: Any) -> Row:
        return {'tag_id': strict_tag(self.tables, taginfo)['id'],
                'group_id': entry_id(self.tables, 'groups', grpinfo)}

    def _held(self, taginfo: Any, grpinfo: Any) -> Row:
        """Get the same; the group has to be in the tag."""
        keys = self._place(taginfo, grpinfo)
        known = self.getTagGroups(keys['tag_id'], incl_blocked=True)
        if keys['group_id'] not in [row['group_id'] for row in known]:
            raise GenericError(f'group {grpinfo} not present in tag'
                               f' {taginfo}')
        return keys

    @export('grplist_add', perm='tag')
    def groupListAdd(self, taginfo: Any, grpinfo: Any, block: bool = False,
                     force: bool = False, **opts: Any) -> None:
        tag = strict_tag(self.tables, taginfo)
        group = entry(self.tables, 'groups', grpinfo, strict=False)
        if group is None:
            group = self.world.add('groups', {'name': grpinfo})
        old: Row = next((row for row in self.getTagGroups(
            tag['id'], incl_blocked=True)
            if row['group_id'] == group['id']), {})
        if old.get('blocked') and not force:
            raise GenericError(f'group {group["name"]} is blocked in tag'
                               f' {tag["name"]}')
        usual: Row = {'exported': True, 'display_name': group['name'],
                      'is_default': None, 'uservisible': True,
                      'description': None, 'langonly': None,
                      'biarchonly': False}
        values = {**usual, **{name: old[name] for name in CONFIG
                              if name in old}, **opts}
        self._change('tag_groups', {'tag_id': tag['id'],
                                    'group_id': group['id']},
                     {**{name: values[name] for name in usual},
                      'blocked': bool(block)})

    @export('grplist_block', perm='tag')
    def groupListBlock(self, taginfo: Any, grpinfo: Any) -> None:
        self.groupListAdd(taginfo, grpinfo, block=True)

    @export('grplist_unblock', perm='tag')
    def groupListUnblock(self, taginfo: Any, grpinfo: Any) -> None:
        self._change('tag_groups', self._place(taginfo, grpinfo), None)

    @export('grplist_remove', perm='tag')
    def groupListRemove(self, taginfo: Any, grpinfo: Any,
                        force: bool = False) -> None:
        keys = self._place(taginfo, grpinfo)
        if not force and not any(
                keys.items() <= row.items()
                for row in self._rows('tag_groups', keys['tag_id'], None)):
            raise GenericError(f'No group: {grpinfo} found for tag:'
                               f' {taginfo}')
        self._change('tag_groups', keys, None)

    @export('grp_pkg_add', perm='tag')
    def groupPackageListAdd(self, taginfo: Any, grpinfo: Any, pkg_name: Any,
                            block: bool = False, force: bool = False,
                            **opts: Any) -> None:
        keys = self._held(taginfo, grpinfo)
        self._change('group_packages', {**keys, 'package': pkg_name}, {
            'type': 'mandatory', 'basearchonly': None, 'requires': None,
            **opts, 'blocked': bool(block)})

    @export('grp_pkg_block', perm='tag')
    def groupPackageListBlock(self, taginfo: Any, grpinfo: Any, pkg_name: Any
                              ) -> None:
        self.groupPackageListAdd(taginfo, grpinfo, pkg_name, block=True)

    @export('grp_pkg_unblock', perm='tag')
    def groupPackageListUnblock(self, taginfo: Any, grpinfo: Any,
                                pkg_name: Any) -> None:
        self.groupPackageListRemove(taginfo, grpinfo, pkg_name)

    @export('grp_pkg_remove', perm='tag')
    def groupPackageListRemove(self, taginfo: Any, grpinfo: Any,
                               pkg_name: Any, force: bool = False) -> None:
        self._change('group_packages', {
            **self._place(taginfo, grpinfo), 'package': pkg_name}, None)

    @export('grp_req_add', perm='tag')
    def groupReqListAdd(self, taginfo: Any, grpinfo: Any, reqinfo: Any,
                        block: bool = False, force: bool = False, **opts: Any
                        ) -> None:
        keys = self._held(taginfo, grpinfo)
        keys['req_id'] = entry_id(self.tables, 'groups', reqinfo)
        self._change('group_reqs', keys, {
            'type': 'mandatory', 'is_metapkg': False, **opts,
            'blocked': bool(block)})

    @export('grp_req_block', perm='tag')
    def groupReqListBlock(self, taginfo: Any, grpinfo: Any, reqinfo: Any
                          ) -> None:
        self.groupReqListAdd(taginfo, grpinfo, reqinfo, block=True)

    @export('grp_req_unblock', perm='tag')
    def groupReqListUnblock(self, taginfo: Any, grpinfo: Any, reqinfo: Any
                            ) -> None:
        self.groupReqListRemove(taginfo, grpinfo, reqinfo)

    @export('grp_req_remove', perm='tag')
    def groupReqListRemove(self, taginfo: Any, grpinfo: Any, reqinfo: Any,
                           force: bool = False) -> None:
        self._change('group_reqs', {
            **self._place(taginfo, grpinfo),
            'req_id': entry_id(self.tables, 'groups', reqinfo)}, None)
