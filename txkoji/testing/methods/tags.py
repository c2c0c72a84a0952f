"""The hub methods that read tags, and what they inherit."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing import inheritance
from txkoji.testing.calls import Methods, export
from txkoji.testing.history import History
from txkoji.testing.lookups import (
    build_row,
    crash,
    entry,
    entry_id,
    event_number,
    strict_tag,
    strict_user,
    tag as find_tag,
)
from txkoji.testing.queries import integers, like, query
from txkoji.testing.rows import tag_extra
from txkoji.testing.tables import Row, holds, unversioned


class TagMethods(Methods):
    """Tags."""

    @export('get_tag')
    def getTag(self, tagInfo: Any, strict: bool = False, event: Any = None,
               blocked: bool = False) -> Any:
        revoked = None
        if event == 'auto':
            event, revoked = self._last(tagInfo)
        event_number(self.tables, event)
        found = find_tag(self.tables, tagInfo, event, blocked)
        if found is None and strict:
            raise GenericError(f'No such tagInfo: {tagInfo!r}')
        if found and revoked is not None:
            found['revoke_event'] = revoked
        return found

    def _last(self, info: Any) -> tuple[int | None, int | None]:
        """Get the event before a tag was deleted, and that of the deletion."""
        found = entry(self.tables, 'tags', info, strict=False)
        if found is None or not found.get('revoke_event'):
            return None, None
        return found['revoke_event'] - 1, found['revoke_event']

    @export('get_tag_id')
    def getTagID(self, info: Any, strict: bool = False, create: bool = False
                 ) -> Any:
        found = entry(self.tables, 'tags', info, strict=strict)
        if found is None and create:
            # It makes one, of nobody, that is as good as deleted.
            found = self.world.create('tags', {
                'id': self.new_id(), 'name': info, 'arches': None,
                'locked': False, 'maven_support': False, 'extra': None,
                'maven_include_all': False, 'perm': None, 'perm_id': None},
                self.caller.user_id)
            self.world.revoke(found, None)
        return found and found['id']

    def new_id(self) -> int:
        """Get an id for a new tag."""
        return 1 + max((row['id'] for row in self.tables.tags), default=0)

    @export('list_tags', lazy=True)
    def listTags(self, build: Any = None, package: Any = None,
                 perms: bool = True, queryOpts: Any = None,
                 pattern: Any = None) -> Any:
        if build is not None and package is not None:
            raise GenericError('only one of build and package may be'
                               ' specified')
        hidden = ['extra'] if perms else ['extra', 'perm', 'perm_id']
        rows: Iterable[Row] = [
            {name: value for name, value in unversioned(row).items()
             if name not in hidden}
            for row in self.tables.active('tags')]
        if build is not None:
            found = build_row(self.tables, build)
            if found is None:
                raise GenericError(f'No such build: {build}')
            places = {row['tag_id'] for row in self.tables.where(
                'taggings', 'build_id', found['id']) if holds(row)}
            rows = [row for row in rows if row['id'] in places]
        if package is not None:
            known = entry(self.tables, 'packages', package, strict=False)
            if known is None:
                raise GenericError(f'No such package: {package}')
            rows = self._listing_tags(rows, known['id'])
        if pattern is not None:
            wanted = like(pattern)
            rows = [row for row in rows if wanted.fullmatch(row['name'])]
        return query(rows, queryOpts)

    def _listing_tags(self, tags: Iterable[Row], package: int) -> list[Row]:
        found = []
        for tag in tags:
            for row in self.tables.where('tag_packages', 'tag_id',
                                         tag['id']):
                if row['package_id'] == package and holds(row):
                    owner = inheritance.owner_of(self.tables, row)
                    found.append({
                        **tag, 'blocked': row['blocked'],
                        'extra_arches': row['extra_arches'],
                        'owner_id': owner,
                        'owner_name': self.tables.name('users', owner)})
        return found

    @export('get_inheritance_data')
    def getInheritanceData(self, tag: Any, event: Any = None) -> Any:
        event_number(self.tables, event)
        return inheritance.links(
            self.tables, entry_id(self.tables, 'tags', tag), event)

    @export()
    def getFullInheritance(self, tag: Any, event: Any = None,
                           reverse: bool = False) -> Any:
        event_number(self.tables, event)
        return inheritance.full(
            self.tables, entry_id(self.tables, 'tags', tag), event, reverse)

    @export('get_build_config')
    def getBuildConfig(self, tag: Any, event: Any = None) -> Any:
        found = strict_tag(self.tables, tag, event)
        origins: Row = {}
        arches = None
        own = set(found['extra'])
        blocked = {row['key'] for row in self.tables.where(
            'tag_extra', 'tag_id', found['id'])
            if row['value'] is None and holds(row, event)}
        for link in inheritance.full(self.tables, found['id'], event):
            if link['noconfig']:
                continue
            place = find_tag(self.tables, link['parent_id'], event)
            if place is None:
                continue
            origin = {'id': place['id'], 'name': place['name']}
            if not found['arches'] and place['arches']:
                found['arches'], arches = place['arches'], origin
            for name, value in place['extra'].items():
                if name not in own | blocked and name not in origins:
                    found['extra'][name] = value
                    origins[name] = origin
        found['config_inheritance'] = {'extra': origins, 'arches': arches}
        return found

    @export('tag_last_change_event')
    def tagLastChangeEvent(self, tag: Any, before: Any = None,
                           inherit: bool = True) -> Any:
        return History(self.world).last_change(self._any(tag), before,
                                               inherit)

    @export('tag_first_change_event')
    def tagFirstChangeEvent(self, tag: Any, after: Any = None,
                            inherit: bool = True) -> Any:
        return History(self.world).first_change(
            self._any(tag), after, inherit and after is not None)

    def _any(self, info: Any) -> int:
        """Get the id of a tag, also of one that is deleted."""
        found = entry(self.tables, 'tags', info, strict=False)
        if found is None:
            raise GenericError(f'No such tagInfo: {info!r}')
        return int(found['id'])

    @export('tag_changed_since_event')
    def tagChangedSinceEvent(self, event: Any, taglist: list[int]) -> Any:
        if not taglist:
            raise crash("<class 'psycopg2.errors.SyntaxError'>: syntax error"
                        ' at or near ")"\n')
        return History(self.world).changed_since(integers(event), taglist)

    @export()
    def getAllArches(self) -> Any:
        """Every architecture of a host."""
        return list(dict.fromkeys(
            arch for row in self.tables.hosts
            for arch in (row['arches'] or '').split()))

    @export('list_side_tags')
    def listSideTags(self, basetag: Any = None, user: Any = None,
                     queryOpts: Any = None) -> Any:
        owner = None if user is None else strict_user(self.tables, user)['id']
        base = None if basetag is None else strict_tag(
            self.tables, basetag)['id']
        parents = {row['child_id']: row['parent_id']
                   for row in self.tables.active('inheritance')}
        found = []
        for row in self.tables.active('tags'):
            extra = tag_extra(self.tables, row)
            if (extra.get('sidetag') and base in (
                    None, parents.get(row['id']))
                    and owner in (None, extra.get('sidetag_user_id'))):
                number = extra.get('sidetag_user_id')
                found.append({
                    'id': row['id'], 'name': row['name'],
                    'user_id': str(number),
                    'user_name': self.tables.name('users', number)})
        return query(found, queryOpts)
