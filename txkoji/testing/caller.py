"""Who calls a FakeHub, and what they may."""
from __future__ import annotations

from txkoji.exceptions import ActionNotAllowed, AuthError
from txkoji.testing.sessions import Credentials, HubSession
from txkoji.testing.tables import Row, Tables

#: The kind of a user that is a group (koji.USERTYPES).
NORMAL, HOST, GROUP = range(3)


class Caller:
    """
    Who calls.

    :param tables: what the hub knows.
    :param user_id: the user; None for nobody.
    :param credentials: the session, if it is a call over one.
    """

    def __init__(self, tables: Tables, user_id: int | None,
                 credentials: Credentials | None = None) -> None:
        self.tables = tables
        self.user_id = user_id
        self.credentials = credentials

    @property
    def session(self) -> HubSession | None:
        """The session of the call."""
        return None if self.credentials is None else self.credentials.row

    @property
    def name(self) -> str | None:
        """The user's name."""
        return self.tables.name('users', self.user_id)

    def has(self, perm: str) -> bool:
        """Whether the user has a permission itself."""
        return (self.user_id is not None
                and perm in permissions(self.tables, self.user_id))

    def may(self, perm: str) -> bool:
        """Whether the user has a permission, or is an admin."""
        return self.has(perm) or self.has('admin')

    def login(self) -> int:
        """
        Give the user's id.

        :raises ActionNotAllowed: if it is nobody.
        """
        if self.user_id is None:
            raise ActionNotAllowed('you must be logged in for this operation')
        return self.user_id

    def require(self, perm: str) -> None:
        """
        Go on for those only who have a permission.

        :raises ActionNotAllowed: for others.
        """
        if perm == 'login':
            self.login()
        elif not self.may(perm):
            who = ('user not logged in' if self.user_id is None
                   else f'logged in as {self.name}')
            raise ActionNotAllowed(f'{perm} permission required ({who})')

    def host(self) -> Row:
        """
        Give the host that it is.

        :raises AuthError: if it is none, or its session is shared.
        """
        if self.user_id is None:
            raise AuthError('Not logged-in')
        for row in self.tables.hosts:
            if row['user_id'] == self.user_id:
                if self.session is not None and not self.session.exclusive:
                    raise AuthError('This method requires an exclusive'
                                    ' session')
                return row
        raise AuthError(f'User {self.user_id} is not a host')


def permissions(tables: Tables, user_id: int, groups: bool = True
                ) -> list[str]:
    """
    Get the permissions of a user, by name.

    :param groups: whether with those of its groups.
    """
    whose = {user_id}
    if groups:
        whose |= groups_of(tables, user_id)
    names = tables.by_id('permissions')
    found: list[str] = []
    for row in tables.active('user_perms'):
        name = names[row['perm_id']]['name']
        if row['user_id'] in whose and name not in found:
            found.append(name)
    return found


def groups_of(tables: Tables, user_id: int) -> set[int]:
    """Get the groups that a user is in, by id."""
    return {row['group_id'] for row in tables.active('user_groups')
            if row['user_id'] == user_id}
