"""The hub methods about users, their permissions and groups."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.testing.caller import GROUP, groups_of, permissions
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    USER,
    check_name,
    entry,
    strict_user,
    user as find_user,
)
from txkoji.testing.queries import among, query
from txkoji.testing.tables import Row, holds

#: The states of a user (koji.USER_STATUS).
ALLOWED, BLOCKED = 0, 1


class PeopleMethods(Methods):
    """Users and groups."""

    @export('get_user')
    def getUser(self, userInfo: Any = None, strict: bool = False,
                krb_princs: bool = True, groups: bool = False) -> Any:
        if userInfo is None:
            userInfo = self.caller.user_id
            if userInfo is None:
                raise GenericError('No user provided')
        found = find_user(self.tables, userInfo)
        if found is None:
            if strict:
                raise GenericError(f'No such user: {userInfo!r}')
            return None
        if not krb_princs:
            del found['krb_principals']
        if groups:
            found['groups'] = sorted(
                self.tables.name('users', number) or ''
                for number in groups_of(self.tables, found['id']))
        return found

    @export('list_users')
    def listUsers(self, userType: Any = 0, prefix: Any = None,
                  queryOpts: Any = None, perm: Any = None,
                  inherited_perm: bool = False) -> Any:
        rows = [row for row in among(self.tables.users, 'usertype', userType)
                if row['name'].startswith(prefix or '')]
        if perm is not None:
            entry(self.tables, 'permissions', perm)
            rows = [row for row in rows if perm in permissions(
                self.tables, row['id'], inherited_perm)]
        return query([dict(row) for row in rows], queryOpts)

    @export(perm='admin')
    def createUser(self, username: Any, status: Any = None,
                   krb_principal: Any = None) -> int:
        check_name(username, USER)
        if username in self.tables.by_name('users'):
            raise GenericError(f'user already exists: {username}')
        if krb_principal and find_user(self.tables, krb_principal):
            raise GenericError('user with this Kerberos principal already'
                               f' exists: {krb_principal}')
        if status not in (None, ALLOWED, BLOCKED):
            raise GenericError(f'invalid status: {status}')
        return int(self.world.add('users', {
            'name': username, 'status': status or ALLOWED, 'usertype': 0,
            'krb_principals': [krb_principal] if krb_principal else []
        })['id'])

    @export('edit_user', perm='admin')
    def editUser(self, userInfo: Any, name: Any = None,
                 krb_principal_mappings: Any = None) -> None:
        row = self._row(userInfo)
        if name and name != row['name']:
            check_name(name, USER)
            taken = self.tables.by_name('users').get(name)
            if taken is not None:
                raise GenericError(f'Name {name} already taken by user'
                                   f' {taken["id"]}')
            self.world.change(row, name=name)
        principals = list(row['krb_principals'] or [])
        for pair in krb_principal_mappings or ():
            if pair.get('old'):
                if pair['old'] not in principals:
                    raise GenericError('Cannot remove non-existent Kerberos'
                                       f" principals: {pair['old']}")
                principals.remove(pair['old'])
            if pair.get('new'):
                principals.append(pair['new'])
        self.world.change(row, krb_principals=principals)

    def _row(self, info: Any) -> Row:
        return self.tables.by_id('users')[
            strict_user(self.tables, info)['id']]

    @export(perm='admin')
    def enableUser(self, username: Any) -> None:
        self.world.change(self._known(username), status=ALLOWED)

    @export(perm='admin')
    def disableUser(self, username: Any) -> None:
        self.world.change(self._known(username), status=BLOCKED)

    def _known(self, info: Any) -> Row:
        found = find_user(self.tables, info)
        if found is None:
            raise GenericError(f'unknown user: {info}')
        return self.tables.by_id('users')[found['id']]

    # Permissions

    @export()
    def getAllPerms(self) -> Any:
        return [dict(row) for row in self.tables.permissions]

    @export()
    def getUserPerms(self, userID: Any = None, with_groups: bool = True
                     ) -> Any:
        number = self.caller.user_id
        if userID is not None:
            number = strict_user(self.tables, userID)['id']
        if number is None:
            raise GenericError('No user provided')
        return permissions(self.tables, number, with_groups)

    @export()
    def getUserPermsInheritance(self, userID: Any) -> Any:
        number = strict_user(self.tables, userID)['id']
        found: dict[str, list[str | None]] = {}
        for perm in permissions(self.tables, number, groups=False):
            found.setdefault(perm, []).append(None)
        for group in groups_of(self.tables, number):
            for perm in permissions(self.tables, group, groups=False):
                found.setdefault(perm, []).append(
                    self.tables.name('users', group))
        return found

    @export()
    def getPerms(self) -> Any:
        number = self.caller.user_id
        return [] if number is None else permissions(self.tables, number)

    @export()
    def hasPerm(self, perm: Any, strict: bool = False) -> bool:
        if strict and perm not in self.tables.by_name('permissions'):
            raise GenericError(f'No such permission {perm} defined')
        return self.caller.has(perm)

    @export('grant_permission', perm='admin')
    def grantPermission(self, userinfo: Any, permission: Any,
                        create: bool = False, description: Any = None
                        ) -> None:
        user = strict_user(self.tables, userinfo)
        held = entry(self.tables, 'permissions', permission,
                     strict=not create)
        if held is None:
            held = self.world.add('permissions', {
                'name': permission, 'description': description})
        for row in self._granted(user['id'], held['id']):
            raise GenericError(f'user {userinfo} already has permission:'
                               f' {held["name"]}' if row else '')
        self.world.create('user_perms', {
            'user_id': user['id'], 'perm_id': held['id']},
            self.caller.user_id)

    @export('revoke_permission', perm='admin')
    def revokePermission(self, userinfo: Any, permission: Any) -> None:
        user = strict_user(self.tables, userinfo)
        held = entry(self.tables, 'permissions', permission)
        assert held is not None
        rows = self._granted(user['id'], held['id'])
        if not rows:
            raise GenericError(f'user {userinfo} does not have permission:'
                               f' {held["name"]}')
        self.world.revoke(rows[0], self.caller.user_id)

    def _granted(self, user_id: int, perm_id: int) -> list[Row]:
        return [row for row in self.tables.active('user_perms')
                if (row['user_id'], row['perm_id']) == (user_id, perm_id)]

    # Groups

    @export('new_group', perm='admin')
    def newGroup(self, name: Any) -> int:
        check_name(name)
        if find_user(self.tables, name):
            raise GenericError(f'user/group already exists: {name}')
        return int(self.world.add('users', {
            'name': name, 'status': ALLOWED, 'usertype': GROUP,
            'krb_principals': []})['id'])

    @export('add_group_member', perm='admin')
    def addGroupMember(self, group: Any, user: Any, strict: bool = True
                       ) -> None:
        place, who = self._group(group), strict_user(self.tables, user)
        if who['usertype'] == GROUP:
            raise GenericError("Groups cannot be members of other groups")
        if self._memberships(place['id'], who['id']):
            if strict:
                raise GenericError('User already in group')
            return
        self.world.create('user_groups', {
            'user_id': who['id'], 'group_id': place['id']},
            self.caller.user_id)

    @export('drop_group_member', perm='admin')
    def dropGroupMember(self, group: Any, user: Any) -> None:
        place, who = self._group(group), strict_user(self.tables, user)
        rows = self._memberships(place['id'], who['id'])
        if not rows:
            raise GenericError(f'No such user in group: {group}')
        self.world.revoke(rows[0], self.caller.user_id)

    def _group(self, info: Any) -> Row:
        found = find_user(self.tables, info)
        if found is None or found['usertype'] != GROUP:
            raise GenericError(f'Not a group: {info}')
        return found

    def _memberships(self, group: int, user: int) -> list[Row]:
        return [row for row in self.tables.where('user_groups', 'group_id',
                                                 group)
                if row['user_id'] == user and holds(row)]

    @export('get_user_groups')
    def getUserGroups(self, user: Any) -> Any:
        number = strict_user(self.tables, user)['id']
        return [{'id': each, 'name': self.tables.name('users', each)}
                for each in sorted(groups_of(self.tables, number))]

    @export('get_group_members')
    def getGroupMembers(self, group: Any) -> Any:
        found = find_user(self.tables, group)
        if found is None or found['usertype'] != GROUP:
            raise GenericError(f'No such group: {group}')
        users = self.tables.by_id('users')
        return [{name: users[row['user_id']][name] for name in (
            'id', 'name', 'usertype', 'krb_principals')}
            for row in self.tables.where('user_groups', 'group_id',
                                         found['id']) if holds(row)]

    # Sessions of others

    @export()
    def showSession(self) -> str:
        if self.caller.session is None:
            return ('session: not logged in (no session header or session'
                    ' args)')
        return f'session {self.caller.session.id}: {self.caller.session!r}'

    @export()
    def getSessionInfo(self, details: bool = False, user_id: Any = None
                       ) -> Any:
        credentials = self.caller.credentials
        if credentials is None or credentials.row is None:
            return None
        if user_id is None:
            return credentials.describe(credentials.row, details)
        number = strict_user(self.tables, user_id)['id']
        if number != self.caller.user_id and not self.caller.has('admin'):
            raise ActionNotAllowed('only admins or owners may see all active'
                                   ' sessions')
        found = []
        for row in credentials.sessions.rows:
            if row.user_id == number and not row.closed:
                info = credentials.describe(row, details)
                if row is credentials.row and credentials.callnum is not None:
                    info['callnum'] = credentials.callnum
                found.append(info)
        return found
