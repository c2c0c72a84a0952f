"""
The hub methods about users, hosts and channels.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError
from txkoji.testing.methods.base import Methods, unknown
from txkoji.testing.queries import among, query
from txkoji.testing.tables import RECORDED, Row


class PeopleMethods(Methods):
    """Users, builders, channels and content generators."""

    def getUser(self, userInfo: Any = None, strict: bool = False,
                krb_princs: bool = True, groups: bool = False) -> Any:
        unknown('getUser', groups=groups)
        if isinstance(userInfo, dict):
            userInfo = userInfo.get('id', userInfo.get('name'))
        found = None
        if userInfo is not None:
            found = self._tables.find('users', userInfo)
        for row in self._tables.users:
            if found is None and userInfo in (row['krb_principals'] or ()):
                found = dict(row)
        if found is None and (strict or userInfo is None):
            raise GenericError(f'No such user: {userInfo!r}')
        if found is not None and not krb_princs:
            del found['krb_principals']
        return found

    def listUsers(self, userType: Any = 0, prefix: Any = None,
                  queryOpts: Any = None, perm: Any = None,
                  inherited_perm: bool = False) -> Any:
        unknown('listUsers', perm=perm)
        return query([row for row in among(self._tables.users, 'usertype',
                                           userType)
                      if row['name'].startswith(prefix or '')], queryOpts)

    def getHost(self, hostInfo: Any, strict: bool = False, event: Any = None
                ) -> Any:
        unknown('getHost', event=event)
        found = self._tables.find('hosts', hostInfo)
        if found is None and strict:
            raise GenericError(f'Invalid hostInfo: {hostInfo!r}')
        return found and self._host(found)

    def listHosts(self, arches: Any = None, channelID: Any = None,
                  ready: Any = None, enabled: Any = None, userID: Any = None,
                  queryOpts: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.hosts
        if arches is not None:
            wanted = [arches] if isinstance(arches, str) else arches
            rows = [row for row in rows
                    if set(wanted) & set((row['arches'] or '').split())]
        if channelID is not None:
            number = self._id('channels', channelID)
            members = {row['host_id']
                       for row in self._tables.active('host_channels')
                       if row['channel_id'] == number}
            rows = [row for row in rows if row['id'] in members]
        if userID is not None:
            rows = among(rows, 'user_id', userID)
        for column, value in [('ready', ready), ('enabled', enabled)]:
            if value is not None:
                rows = [row for row in rows if bool(row[column]) == value]
        # The hub takes queryOpts here, and does not look at them.
        return [self._host(row) for row in rows]

    def _host(self, row: Row) -> Row:
        """A host as it is now: one that is ready goes on reporting."""
        if not row['ready'] or row['update_ts'] is None:
            return row
        return {**row,
                'update_ts': row['update_ts'] + (self._now() - RECORDED)}

    def getChannel(self, channelInfo: Any, strict: bool = False) -> Any:
        found = self._tables.find('channels', channelInfo)
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    def listChannels(self, hostID: Any = None, event: Any = None,
                     enabled: Any = None) -> Any:
        rows: Iterable[Row] = self._tables.channels
        if hostID is not None:
            number = self._id('hosts', hostID)
            places = {row['channel_id']
                      for row in self._tables.active('host_channels', event)
                      if row['host_id'] == number}
            rows = [row for row in rows if row['id'] in places]
        return [row for row in rows
                if enabled is None or bool(row['enabled']) == enabled]

    def listCGs(self) -> Any:
        return {row['name']: {'id': row['id'], 'users': row['users']}
                for row in self._tables.cgs}
