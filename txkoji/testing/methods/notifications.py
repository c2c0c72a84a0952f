"""The hub methods about notifications of builds."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import entry, number, strict_user
from txkoji.testing.tables import Row

#: The domain of people's addresses (the hub's EmailDomain).
DOMAIN = 'example.test'


class NotificationMethods(Methods):
    """Notifications of builds."""

    def _me(self) -> int:
        if self.caller.user_id is None:
            raise GenericError('Not logged-in')
        return self.caller.user_id

    def _user(self, info: Any) -> int:
        found: int = (self._me() if info is None
                      else strict_user(self.tables, info)['id'])
        return found

    def _parts(self, package: Any, tag: Any) -> Row:
        """Get the ids of a package and a tag, of which either may be None."""
        found = {}
        for name, table, info in [('package_id', 'packages', package),
                                  ('tag_id', 'tags', tag)]:
            row = None if info is None else entry(self.tables, table, info)
            found[name] = row and row['id']
        return found

    def _check(self, user_id: Any, what: str) -> Row:
        me = self._me()
        whose = strict_user(self.tables, user_id)
        if me != whose['id'] and not self.caller.has('admin'):
            raise GenericError(f'user {self.caller.name} cannot create {what}'
                               f' for user {whose["name"]}')
        return whose

    @export()
    def getBuildNotifications(self, userID: Any = None) -> Any:
        whose = self._user(userID)
        return [dict(row) for row in self.tables.notifications
                if row['user_id'] == whose]

    @export()
    def getBuildNotification(self, id: Any, strict: bool = False) -> Any:
        found = self.tables.by_id('notifications').get(number(id))
        if found is None and strict:
            raise GenericError(f'No notification with ID {id} found')
        return found and dict(found)

    @export()
    def createNotification(self, user_id: Any, package_id: Any, tag_id: Any,
                           success_only: Any) -> None:
        whose = self._check(user_id, 'notifications')
        parts = self._parts(package_id, tag_id)
        row = {'user_id': whose['id'], **parts,
               'success_only': bool(success_only),
               'email': f'{whose["name"]}@{DOMAIN}'}
        if any(row.items() <= each.items()
               for each in self.tables.notifications):
            raise GenericError('notification already exists')
        self.world.add('notifications', row)

    def _mine(self, table: str, info: Any, verb: str, what: str) -> Row:
        row = self.tables.by_id(table).get(number(info))
        if row is None:
            raise GenericError(f'No notification with ID {info} found'
                               if table == 'notifications' else
                               f'No notification block with ID {info}'
                               ' found')
        me = self._me()
        if row['user_id'] != me and not self.caller.has('admin'):
            raise GenericError(f'user {me} cannot {verb} {what} for user'
                               f' {row["user_id"]}')
        return row

    @export()
    def updateNotification(self, id: Any, package_id: Any, tag_id: Any,
                           success_only: Any) -> None:
        row = self._mine('notifications', id, 'update', 'notifications')
        self.world.change(row, success_only=bool(success_only),
                          **self._parts(package_id, tag_id))

    @export()
    def deleteNotification(self, id: Any) -> None:
        row = self._mine('notifications', id, 'delete', 'notifications')
        self.world.remove('notifications', row)

    # Blocks

    @export()
    def getBuildNotificationBlocks(self, userID: Any = None) -> Any:
        whose = self._user(userID)
        return [dict(row) for row in self.tables.notification_blocks
                if row['user_id'] == whose]

    @export()
    def getBuildNotificationBlock(self, id: Any, strict: bool = False
                                  ) -> Any:
        found = self.tables.by_id('notification_blocks').get(number(id))
        if found is None and strict:
            raise GenericError(f'No notification block with ID {id} found')
        return found and dict(found)

    @export()
    def createNotificationBlock(self, user_id: Any, package_id: Any = None,
                                tag_id: Any = None) -> None:
        whose = self._check(user_id, 'notification blocks')
        row = {'user_id': whose['id'], **self._parts(package_id, tag_id)}
        if any(row.items() <= each.items()
               for each in self.tables.notification_blocks):
            raise GenericError('notification already exists')
        self.world.add('notification_blocks', row)

    @export()
    def deleteNotificationBlock(self, id: Any) -> None:
        row = self._mine('notification_blocks', id, 'delete',
                         'notification blocks')
        self.world.remove('notification_blocks', row)
