"""The hub methods that change tags, and what they inherit."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    arches_text,
    check_name,
    crash,
    entry,
    entry_id,
    of_type,
    strict_tag,
    tag as find_tag,
)
from txkoji.testing.tables import Row, holds, unversioned

#: The members of a link of tags, which a new one must have.
LINK = ('parent_id', 'priority', 'maxdepth', 'intransitive', 'noconfig',
        'pkg_filter')

#: The tables with rows about tags, and the columns of these.
OF_TAGS = (('tag_extra', 'tag_id'), ('inheritance', 'child_id'),
           ('inheritance', 'parent_id'), ('targets', 'build_tag'),
           ('targets', 'dest_tag'), ('taggings', 'tag_id'),
           ('tag_packages', 'tag_id'), ('tag_package_owners', 'tag_id'),
           ('tag_external_repos', 'tag_id'), ('tag_groups', 'tag_id'),
           ('group_packages', 'tag_id'), ('group_reqs', 'tag_id'))


class TagChanges(Methods):
    """Changes of tags."""

    @export('create_tag', perm='tag')
    def createTag(self, name: Any, parent: Any = None, arches: Any = None,
                  perm: Any = None, locked: bool = False,
                  maven_support: bool = False,
                  maven_include_all: bool = False, extra: Any = None) -> Any:
        return self.new_tag(name, parent, arches, perm, locked=locked,
                            maven_support=maven_support,
                            maven_include_all=maven_include_all, extra=extra)

    def new_tag(self, name: Any, parent: Any = None, arches: Any = None,
                perm: Any = None, extra: Any = None, **config: Any) -> int:
        """
        Make a tag.

        :returns: its id; that of a deleted tag of the name, if there is one.
        """
        check_name(name)
        arches = arches_text(arches)
        if find_tag(self.tables, name) is not None:
            raise GenericError(f"A tag with the name '{name}' already exists")
        above = None
        if parent:
            above = find_tag(self.tables, parent)
            if above is None:
                raise GenericError(f"Parent tag '{parent}' could not be"
                                   ' found')
        held = None if perm is None else entry(self.tables, 'permissions',
                                               perm)
        old = entry(self.tables, 'tags', name, strict=False)
        number = old['id'] if old else 1 + max(
            (row['id'] for row in self.tables.tags), default=0)
        # The hub has "" where nothing was given.
        self.world.create('tags', {
            'id': number, 'name': name, 'arches': arches or '',
            'locked': False, 'maven_support': False,
            'maven_include_all': False, **config,
            'perm_id': held and held['id'], 'perm': held and held['name'],
            'extra': None}, self.caller.user_id)
        for key, value in (extra or {}).items():
            self._put_extra(number, key, [value])
        if above is not None:
            self.world.create('inheritance', {
                'child_id': number, 'parent_id': above['id'], 'priority': 0,
                'maxdepth': None, 'intransitive': False, 'noconfig': False,
                'pkg_filter': ''}, self.caller.user_id)
        return int(number)

    def _put_extra(self, tag_id: int, key: str, value: list[Any] | None
                   ) -> None:
        """Set a key; without a list of a value, block it."""
        self._drop_extra(tag_id, key)
        self.world.create('tag_extra', {
            'tag_id': tag_id, 'key': key, 'value': value},
            self.caller.user_id)

    def _drop_extra(self, tag_id: int, key: str) -> None:
        self._own_extra(tag_id)
        for row in self.tables.where('tag_extra', 'tag_id', tag_id):
            if row['key'] == key and holds(row):
                self.world.revoke(row, self.caller.user_id)

    def _own_extra(self, tag_id: int) -> None:
        """Let the extra of a tag of the sample be rows of its own."""
        row = self.tables.by_id('tags').get(tag_id)
        if row is not None and row.get('extra'):
            for key, value in row['extra'].items():
                self.world.add('tag_extra', {
                    'id': None, 'tag_id': tag_id, 'key': key,
                    'value': [value]})
            self.world.change(row, extra=None)

    @export('edit_tag', perm='tag')
    def editTag2(self, tagInfo: Any, **kwargs: Any) -> None:
        self.edit(tagInfo, kwargs)

    @export('old_edit_tag', perm='tag')
    def editTag(self, tagInfo: Any, name: Any, arches: Any, locked: Any,
                permissionID: Any, extra: Any = None) -> None:
        self.edit(tagInfo, {'name': name, 'arches': arches, 'locked': locked,
                            'perm_id': permissionID, 'extra': extra or {}})

    def edit(self, info: Any, wanted: Row) -> None:
        """Change a tag. Names that a tag does not have are ignored."""
        for key in ('remove_extra', 'block_extra'):
            if wanted.get(key):
                of_type(wanted[key], list)
        tag = strict_tag(self.tables, info)
        if 'perm' in wanted:
            wanted.setdefault('perm_id', wanted['perm'])
        if wanted.get('perm_id') is not None:
            wanted['perm_id'] = entry_id(self.tables, 'permissions',
                                         wanted['perm_id'])
        name: Any = wanted.get('name')
        if name and name != tag['name']:
            self._rename(tag['id'], name)
        if wanted.get('arches') and wanted['arches'] != tag['arches']:
            wanted['arches'] = arches_text(wanted['arches'])
        changes: Row = {key: wanted[key] for key in (
            'perm_id', 'arches', 'locked', 'maven_support',
            'maven_include_all') if key in wanted
            and wanted[key] != tag[key]}
        if changes:
            if 'perm_id' in changes:
                changes['perm'] = self.tables.name('permissions',
                                                   changes['perm_id'])
            self.world.replace('tags', self.tables.by_id('tags')[tag['id']],
                               self.caller.user_id, **changes)
        self._edit_extra(tag, wanted)

    def _rename(self, tag_id: int, name: Any) -> None:
        check_name(name)
        taken = entry(self.tables, 'tags', name, strict=False)
        if taken is not None:
            raise GenericError(f'Name {name} already taken by tag'
                               f' {taken["id"]}')
        # Its name is not versioned.
        for row in list(self.tables.where('tags', 'id', tag_id)):
            self.world.change(row, name=name)

    def _edit_extra(self, tag: Row, wanted: Row) -> None:
        removed = wanted.get('remove_extra') or []
        blocked = wanted.get('block_extra') or []
        extra = wanted.get('extra') or {}
        both = sorted({*removed, *blocked} & set(extra))
        if both:
            raise GenericError('Can not both add/update and remove tag-extra:'
                               f" '{both[-1]}'")
        for key, value in extra.items():
            if key not in tag['extra'] or tag['extra'][key] != value:
                self._put_extra(tag['id'], key, [value])
        for key in blocked:
            self._put_extra(tag['id'], key, None)
        unknown = [key for key in removed if key not in tag['extra']]
        if unknown:
            raise GenericError(f'Tag: {tag["name"]} doesn\'t have extra:'
                               f' {", ".join(unknown)}')
        for key in removed:
            self._drop_extra(tag['id'], key)

    @export('delete_tag', perm='tag')
    def deleteTag(self, tagInfo: Any) -> None:
        self.delete(strict_tag(self.tables, tagInfo)['id'])

    def delete(self, tag_id: int) -> None:
        """Delete a tag: all rows about it hold no longer."""
        self._own_extra(tag_id)
        self.world.revoke(self.tables.by_id('tags')[tag_id],
                          self.caller.user_id)
        for table, column in OF_TAGS:
            for row in list(self.tables.where(table, column, tag_id)):
                if holds(row):
                    self.world.revoke(row, self.caller.user_id)

    @export('writeInheritanceData', perm='tag')
    def setInheritanceData(self, tag: Any, data: Any, clear: bool = False
                           ) -> None:
        number = entry_id(self.tables, 'tags', tag)
        changes = data if isinstance(data, (list, tuple)) else [data]
        links = {row['parent_id']: row
                 for row in self.tables.active('inheritance')
                 if row['child_id'] == number}
        new: dict[int, Row | None] = {}
        for change in changes:
            if not isinstance(change, dict):
                raise crash(f"<class 'AttributeError'>:"
                            f' {type(change).__name__!r} object has no'
                            " attribute 'get'")
            parent, link = self._link(change, links, clear)
            new[parent] = link
        kept = {} if clear else {
            parent: unversioned(row) for parent, row in links.items()}
        kept.update(new)  # type: ignore[arg-type]
        wanted = {parent: row for parent, row in kept.items()
                  if row is not None}
        self._check_priorities(number, wanted)
        for parent, row in links.items():
            if wanted.get(parent) != unversioned(row):
                self.world.revoke(row, self.caller.user_id)
        for parent, link in wanted.items():
            old = links.get(parent)
            if old is None or unversioned(old) != link:
                self.world.create('inheritance', {
                    **link, 'child_id': number}, self.caller.user_id)

    def _link(self, change: Row, links: dict[int, Row], clear: bool
              ) -> tuple[int, Row | None]:
        """Get the parent that a change is about, and the link to it then."""
        parent = change.get('parent_id')
        if change.get('delete link'):
            if parent in links:
                return int(parent), None
            raise GenericError('Existing parent not found:'
                               f' {parent}')
        for name in LINK:
            if name not in change:
                raise GenericError(f'No value for {name}')
        above = strict_tag(self.tables, parent)
        child = next(iter(links.values()), {}).get('child_id')
        link: Row = {name: change[name] for name in LINK}
        if above['id'] in links:
            link = {**unversioned(links[above['id']]), **link}
        elif child is not None:
            link['child_id'] = child
        return int(above['id']), link

    def _check_priorities(self, number: int, wanted: dict[int, Row]) -> None:
        by_priority: dict[Any, list[int]] = {}
        for parent, row in wanted.items():
            by_priority.setdefault(row['priority'], []).append(parent)
        for priority, parents in by_priority.items():
            if len(parents) > 1:
                raise GenericError(
                    f'Multiple parent tags ({parents!r}) cannot have the same'
                    f' priority value ({priority}) on child tag {number}')


class SideTagMethods(TagChanges):
    """Side tags, of the plugin sidetag_hub."""

    @export('createSideTag')
    def createSideTag(self, basetag: Any, debuginfo: bool = False,
                      suffix: Any = None) -> Any:
        if suffix:
            raise GenericError(f'{suffix} suffix is not allowed for sidetag')
        user_id = self.caller.login()
        base = strict_tag(self.tables, basetag)
        number = 1 + max(row['id'] for row in self.tables.tags)
        name = f'{base["name"]}-side-{number}'
        extra: Row = {'sidetag': True, 'sidetag_user': self.caller.name,
                      'sidetag_user_id': user_id}
        if debuginfo:
            extra['with_debuginfo'] = True
        made = self.new_tag(name, base['id'], base['arches'], extra=extra)
        self.world.create('targets', {
            'id': 1 + max((row['id'] for row in self.tables.targets),
                          default=0),
            'name': name, 'build_tag': made, 'dest_tag': made}, user_id)
        return {'name': name, 'id': made}

    @export('removeSideTag')
    def removeSideTag(self, sidetag: Any) -> None:
        tag = self._mine(sidetag)
        target = self.tables.by_name('targets').get(tag['name'])
        if target is None:
            raise GenericError('Target is missing for sidetag')
        if {target['build_tag'], target['dest_tag']} != {tag['id']}:
            raise GenericError('Target does not match sidetag')
        self.world.revoke(target, self.caller.user_id)
        self.delete(tag['id'])

    @export('editSideTag')
    def editSideTag(self, sidetag: Any, debuginfo: Any = None,
                    rpm_macros: Any = None, remove_rpm_macros: Any = None
                    ) -> None:
        tag = self._mine(sidetag)
        parent = next(row['parent_id']
                      for row in self.tables.active('inheritance')
                      if row['child_id'] == tag['id'])
        allowed = strict_tag(self.tables, parent)['extra']
        extra: Row = {}
        if debuginfo is not None:
            if not allowed.get('sidetag_debuginfo_allowed'):
                raise GenericError('Debuginfo setting is not allowed in'
                                   ' parent tag.')
            extra['with_debuginfo'] = bool(debuginfo)
        if rpm_macros is not None or remove_rpm_macros is not None:
            if not allowed.get('sidetag_rpm_macros_allowed'):
                raise GenericError('RPM macros change is not allowed in'
                                   ' parent tag.')
            of_type(rpm_macros, dict, null=True)
            of_type(remove_rpm_macros, list, null=True)
        extra.update({f'rpm.macro.{name}': value
                      for name, value in (rpm_macros or {}).items()})
        self.edit(tag['id'], {'extra': extra, 'remove_extra': [
            f'rpm.macro.{name}' for name in remove_rpm_macros or ()]})

    def _mine(self, info: Any) -> Row:
        """
        Get a side tag of the caller's.

        :raises ActionNotAllowed: if it is somebody else's.
        """
        user_id = self.caller.login()
        tag = strict_tag(self.tables, info)
        if not tag['extra'].get('sidetag'):
            raise GenericError(f'Not a sidetag: {tag["name"]}')
        if tag['extra'].get('sidetag_user_id') != user_id \
                and not self.caller.has('admin'):
            raise ActionNotAllowed('This is not your sidetag')
        return tag
