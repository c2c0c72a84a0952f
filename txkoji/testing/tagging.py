"""The tagging of builds, and the package lists of tags."""
from __future__ import annotations

from typing import Any

from txkoji import build_states
from txkoji.exceptions import ActionNotAllowed, GenericError, TagError
from txkoji.testing import inheritance, rows
from txkoji.testing.caller import Caller, permissions
from txkoji.testing.lookups import (
    arches_text,
    entry,
    strict_build,
    strict_tag,
    strict_user,
)
from txkoji.testing.tables import Row, holds, unversioned
from txkoji.testing.world import World


class Tagging:
    """
    Tagging, with the rules of kojihub/kojihub.py.

    :param world: where the tags are.
    """

    def __init__(self, world: World) -> None:
        self._world = world
        self._tables = world.tables

    # Access

    def check(self, tag: Row, user_id: int, force: bool = False) -> None:
        """
        Check whether a user may tag with a tag.

        :raises ActionNotAllowed: if not.
        """
        allowed, override, reason = self.access(tag, user_id)
        if not allowed and not (override and force):
            raise ActionNotAllowed(reason)

    def access(self, tag: Row, user_id: int) -> tuple[bool, bool, str]:
        """Whether a user may, whether by force, and why not."""
        has = permissions(self._tables, user_id)
        if tag['locked']:
            return False, 'admin' in has, 'tag is locked'
        if tag['perm_id'] and tag['perm'] not in has:
            return (False, 'admin' in has,
                    f'tag requires {tag["perm"]} permission')
        return True, 'admin' in has, ''

    # Builds

    def tag(self, info: Any, build: Any, user_id: int, force: bool = False
            ) -> None:
        """
        Put a build into a tag.

        :raises TagError: if it is there, or not complete.
        """
        tag = strict_tag(self._tables, info)
        row = strict_build(self._tables, build)
        self.check(tag, user_id, force)
        self.put(tag, row, user_id, force)

    def put(self, tag: Row, row: Row, user_id: int, force: bool = False
            ) -> None:
        """Put a build into a tag, whoever asks; fails as ``tag``."""
        self.complete(row)
        old = self._tagging(tag['id'], row['id'])
        if old is not None:
            if not force:
                raise TagError(f'build {self._nvr(row)} already tagged'
                               f' ({tag["name"]})')
            self._world.revoke(old, user_id)
        self._world.create('taggings', {
            'tag_id': tag['id'], 'build_id': row['id']}, user_id)
        self._say('Tag', tag, row, user_id, force=force)

    def untag(self, info: Any, build: Any, user_id: int, strict: bool = True,
              force: bool = False) -> None:
        """
        Take a build out of a tag.

        :raises TagError: if it is not there, and ``strict``.
        """
        tag = strict_tag(self._tables, info)
        row = strict_build(self._tables, build)
        self.check(tag, user_id, force)
        old = self._tagging(tag['id'], row['id'])
        if old is None:
            if strict:
                raise TagError(f'build {self._nvr(row)} not in tag'
                               f' {tag["name"]}')
            return
        self._world.revoke(old, user_id)
        self._say('Untag', tag, row, user_id, force=force, strict=strict)

    def complete(self, row: Row) -> None:
        """
        Check that a build is complete.

        :raises TagError: if it is not.
        """
        if row['state'] != build_states.COMPLETE:
            raise TagError(f'build {self._nvr(row)} not complete: state'
                           f' {build_states.to_str(row["state"])}')

    def _tagging(self, tag_id: int, build_id: int) -> Row | None:
        for row in self._tables.where('taggings', 'build_id', build_id):
            if row['tag_id'] == tag_id and holds(row):
                return row
        return None

    def _nvr(self, row: Row) -> str:
        name = self._tables.name('packages', row['package_id'])
        return f'{name}-{row["version"]}-{row["release"]}'

    def _say(self, kind: str, tag: Row, row: Row, user_id: int,
             **details: Any) -> None:
        self._world.announce(
            kind, tag=tag, build=rows.build(self._tables, row),
            user=self._tables.find('users', user_id), **details)

    # Lists of packages

    def refusal(self, tag: Row, package: int) -> str | None:
        """Why no build of a package may be in a tag; None if it may."""
        listed = inheritance.listed(self._tables, tag['id'], package=package)
        row = listed.get(package)
        name = self._tables.name('packages', package)
        if row is not None:
            return f'Package {name} blocked in {tag["name"]}' \
                if row['blocked'] else None
        if self._in_sample(tag['id'], package):
            return None
        return f'Package {name} not in list for {tag["name"]}'

    def _in_sample(self, tag: int, package: int) -> bool:
        """Whether a tag of the sample has builds of a package."""
        builds = self._tables.by_id('builds')
        return inheritance.recorded(self._tables, tag) and any(
            row.get('creator_id') is None
            and builds[row['build_id']]['package_id'] == package
            for row in self._tables.where('taggings', 'tag_id', tag))

    def policy(self, caller: Caller, force: bool) -> None:
        """
        Check the default policy about lists of packages.

        :raises ActionNotAllowed: if the caller may not change them.
        """
        caller.login()
        if not (caller.may('tag') or (force and caller.has('admin'))):
            raise ActionNotAllowed(
                'policy violation (package_list): Only admin/tag can do this'
                ' via default policy')

    def add_package(self, caller: Caller, info: Any, package: Any,
                    owner: Any = None, block: Any = None,
                    arches: Any = None, force: bool = False,
                    update: bool = False, free: bool = False) -> None:
        """
        Put a package on the list of a tag, or change it there.

        :param free: whether not to ask the policy.
        :raises GenericError: if it cannot be there.
        """
        tag = strict_tag(self._tables, info)
        row = entry(self._tables, 'packages', package, strict=False)
        if row is None and not isinstance(package, str):
            raise GenericError(f'No such package: {package}')
        if owner is not None:
            owner = strict_user(self._tables, owner)['id']
        if not free:
            self.policy(caller, force)
        if row is None:
            row = self._world.add('packages', {'name': package})
        if arches is not None:
            arches = arches_text(arches)
        old = inheritance.listed(self._tables, tag['id'],
                                 package=row['id']).get(row['id'])
        self._put_package(caller, tag, row, old, owner, block, arches, force,
                          update)

    def _put_package(self, caller: Caller, tag: Row, package: Row,
                     old: Row | None, owner: Any, block: Any, arches: Any,
                     force: bool, update: bool) -> None:
        changed = moved = False
        if old is None:
            if update and not force:
                raise GenericError(f'cannot update: tag {tag["name"]} has no'
                                   f' data for package {package["name"]}')
            block = bool(block)
        else:
            was = inheritance.owner_of(self._tables, old)
            owner = was if owner is None else owner
            moved = was != owner
            block = bool(old['blocked'] if block is None else block)
            arches = old['extra_arches'] if arches is None else arches
            changed = (bool(old['blocked']), old['extra_arches']) != (
                block, arches)
            if not changed and not moved and not force:
                return
            if old['blocked'] and not block and not force:
                raise GenericError(f'package {package["name"]} is blocked in'
                                   f' tag {tag["name"]}')
        if owner is None:
            if not force:
                raise GenericError('owner not specified')
            owner = caller.user_id
        if old is None or changed:
            self._revoke_package(caller, tag['id'], package['id'])
            self._world.create('tag_packages', {
                'tag_id': tag['id'], 'package_id': package['id'],
                'owner_id': owner, 'blocked': block, 'extra_arches': arches},
                caller.user_id)
            self._own(caller, tag['id'], package['id'], owner)
        elif moved:
            self._own(caller, tag['id'], package['id'], owner)
        action = 'update' if update else 'block' if block else 'add'
        self._world.announce(
            'PackageListChange', action=action, tag=tag, package=package,
            owner=owner, block=block, extra_arches=arches, force=force,
            update=update, user=self._user(caller))

    def _own(self, caller: Caller, tag_id: int, package: int, owner: int
             ) -> None:
        """Let a user own a package, in the history of owners too."""
        for row in self._tables.where('tag_package_owners', 'tag_id', tag_id):
            if row['package_id'] == package and holds(row):
                self._world.revoke(row, caller.user_id)
        self._world.create('tag_package_owners', {
            'tag_id': tag_id, 'package_id': package, 'owner': owner},
            caller.user_id)

    def _revoke_package(self, caller: Caller, tag_id: int, package: int
                        ) -> Row | None:
        for row in self._tables.where('tag_packages', 'tag_id', tag_id):
            if row['package_id'] == package and holds(row):
                self._world.revoke(row, caller.user_id)
                return row
        return None

    def remove_package(self, caller: Caller, info: Any, package: Any,
                       force: bool = False) -> None:
        """Take a package off the list of a tag."""
        tag = strict_tag(self._tables, info)
        row = entry(self._tables, 'packages', package)
        assert row is not None
        self.policy(caller, force)
        self._revoke_package(caller, tag['id'], row['id'])
        self._world.announce('PackageListChange', action='remove', tag=tag,
                             package=row, user=self._user(caller))

    def block_package(self, caller: Caller, info: Any, package: Any,
                      force: bool = False) -> None:
        """Block a package in a tag."""
        tag = strict_tag(self._tables, info)
        row = entry(self._tables, 'packages', package)
        assert row is not None
        listed = inheritance.listed(self._tables, tag['id'],
                                    package=row['id'])
        if not listed and not inheritance.recorded(self._tables, tag['id']):
            raise GenericError(f'Package {row["name"]} is not in tag listing'
                               f' for {tag["name"]}')
        self.add_package(caller, info, package, block=True, force=force)

    def unblock_package(self, caller: Caller, info: Any, package: Any,
                        force: bool = False) -> None:
        """Unblock a package in a tag."""
        tag = strict_tag(self._tables, info)
        row = entry(self._tables, 'packages', package)
        assert row is not None
        self.policy(caller, force)
        number = row['id']
        old = inheritance.listed(self._tables, tag['id'],
                                 package=number).get(number)
        if old is None:
            raise GenericError('no data (blocked or otherwise) for package'
                               f' {row["name"]} in tag {tag["name"]}')
        if not old['blocked']:
            raise GenericError(f'package {row["name"]} NOT blocked in tag'
                               f' {tag["name"]}')
        if old['tag_id'] == tag['id']:
            self._revoke_package(caller, tag['id'], number)
        above = inheritance.listed(self._tables, tag['id'],
                                   package=number).get(number)
        if above is None or above['blocked']:
            owner = inheritance.owner_of(self._tables, old)
            self._world.create('tag_packages', {
                **unversioned(old), 'tag_id': tag['id'], 'owner_id': owner,
                'blocked': False}, caller.user_id)
            self._own(caller, tag['id'], number, owner or 0)
        self._world.announce('PackageListChange', action='unblock', tag=tag,
                             package=row, user=self._user(caller))

    def _user(self, caller: Caller) -> Row | None:
        return caller.user_id and self._tables.find(  # type: ignore
            'users', caller.user_id)
