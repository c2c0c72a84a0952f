"""The user of the session, with permissions and groups."""
from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from txkoji.exceptions import KojiLoginException, ParameterError
from txkoji.resource import Hub
from txkoji.rows import User

#: The permission that allows everything.
ADMIN = 'admin'


@dataclass(frozen=True)
class CurrentUser:
    """
    The user of the session.

    :ivar user: the user.
    :ivar permissions: the names of the user's permissions, with those of the
                       user's groups.
    :ivar groups: the names of the groups that the user is a member of; None
                  if the hub is too old to tell them.
    """

    user: User
    permissions: frozenset[str]
    groups: tuple[str, ...] | None

    @property
    def name(self) -> str:
        """The user's name."""
        return str(self.user.name)

    def has_permission(self, permission: str) -> bool:
        """
        Tell whether the hub allows what a permission allows.

        An administrator may do everything, also without the permission. (Tags
        with a permission of their own are an exception: there an
        administrator needs the permission.)

        :param permission: its name, such as "sign".
        """
        return permission in self.permissions or ADMIN in self.permissions


async def whoami(hub: Hub) -> CurrentUser:
    """
    Ask for the user of the session; see `Connection.whoami`.

    :param hub: the connection.
    """
    many = hub.MultiCall()
    many.call('getLoggedInUser')
    many.call('getPerms')
    many.call('getUser', groups=True)
    results = await many()
    user: User | None = results[0]
    if user is None:
        raise KojiLoginException('whoami: not logged in; call login() first',
                                 method='getLoggedInUser')
    permissions = frozenset(results[1])
    try:
        groups = results[2].get('groups')
    except ParameterError:
        # Older hubs have no such argument.
        groups = None
    return CurrentUser(user, permissions,
                       None if groups is None else _names(groups))


def _names(groups: list[Any]) -> tuple[str, ...]:
    """Give the names of groups, which are rows or only names."""
    return tuple(sorted(
        str(group['name'] if isinstance(group, Mapping) else group)
        for group in groups))
