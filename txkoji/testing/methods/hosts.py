"""The hub methods about hosts and channels."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji.exceptions import GenericError, ParameterError
from txkoji.testing.caller import HOST
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import check_name, entry, entry_id, number
from txkoji.testing.queries import among
from txkoji.testing.tables import RECORDED, Row, holds, time_text

#: What `editHost` may change.
EDITABLE = ('user_id', 'name', 'arches', 'capacity', 'description', 'comment')


class HostsMethods(Methods):
    """Hosts and channels."""

    @export('get_host')
    def getHost(self, hostInfo: Any, strict: bool = False, event: Any = None
                ) -> Any:
        found = self.tables.find('hosts', hostInfo)
        if found is None and strict:
            raise GenericError(f'Invalid hostInfo: {hostInfo}')
        return found and self._host(found)

    @export()
    def listHosts(self, arches: Any = None, channelID: Any = None,
                  ready: Any = None, enabled: Any = None, userID: Any = None,
                  queryOpts: Any = None) -> Any:
        rows: Iterable[Row] = self.tables.hosts
        if arches is not None:
            wanted = [arches] if isinstance(arches, str) else arches
            rows = [row for row in rows
                    if set(wanted) & set((row['arches'] or '').split())]
        if channelID is not None:
            place = entry_id(self.tables, 'channels', channelID)
            members = {row['host_id']
                       for row in self.tables.active('host_channels')
                       if row['channel_id'] == place}
            rows = [row for row in rows if row['id'] in members]
        if userID is not None:
            rows = among(rows, 'user_id', userID)
        for column, value in [('ready', ready), ('enabled', enabled)]:
            if value is not None:
                rows = [row for row in rows if bool(row[column]) == value]
        # The hub takes queryOpts here, and does not look at them.
        return [self._host(row) for row in rows]

    def _host(self, row: Row) -> Row:
        """Get a host as it is now: one that is ready goes on reporting."""
        if not row['ready'] or row['update_ts'] is None:
            return dict(row)
        return {**row, 'update_ts': row['update_ts'] + (self.world.now()
                                                        - RECORDED)}

    @export()
    def getLastHostUpdate(self, hostID: Any, ts: bool = False) -> Any:
        row = self.tables.by_id('hosts').get(number(hostID))
        if row is None or row['update_ts'] is None:
            return None
        moment = self._host(row)['update_ts']
        return moment if ts else time_text(moment)

    @export('add_host', perm='host')
    def addHost(self, hostname: Any, arches: Any, krb_principal: Any = None,
                force: bool = False) -> int:
        check_name(hostname)
        if self.tables.find('hosts', hostname):
            raise GenericError(f'host already exists: {hostname}')
        old = self.tables.by_name('users').get(hostname)
        if old is not None and not force:
            raise GenericError(f'user already exists: {hostname}')
        user = old or self.world.add('users', {
            'name': hostname, 'status': 0, 'usertype': HOST,
            'krb_principals': [krb_principal] if krb_principal else []})
        row = self.world.add('hosts', {
            'name': hostname, 'user_id': user['id'],
            'arches': (arches if isinstance(arches, str)
                       else ' '.join(arches)),
            'capacity': 2.0, 'task_load': 0.0, 'enabled': True,
            'ready': False, 'description': None, 'comment': None,
            'update_ts': None})
        default = self.tables.by_name('channels').get('default')
        if default is not None:
            self.world.create('host_channels', {
                'host_id': row['id'], 'channel_id': default['id']},
                self.caller.user_id)
        return int(row['id'])

    @export('edit_host', perm='host')
    def editHost(self, hostInfo: Any, **kw: Any) -> bool:
        row = self._row(hostInfo, f'Invalid hostInfo: {hostInfo}')
        changes = {name: value for name, value in kw.items()
                   if name in EDITABLE and row[name] != value}
        if not changes:
            return False
        self.world.change(row, **changes)
        return True

    def _row(self, info: Any, said: str | None = None) -> Row:
        found = self.tables.find('hosts', info)
        if found is None:
            raise GenericError(said or f'host does not exist: {info}')
        return self.tables.by_id('hosts')[found['id']]

    @export(perm='host')
    def enableHost(self, hostname: Any) -> None:
        self.world.change(self._row(hostname), enabled=True)

    @export(perm='host')
    def disableHost(self, hostname: Any) -> None:
        self.world.change(self._row(hostname), enabled=False)

    # Channels

    @export('get_channel')
    def getChannel(self, channelInfo: Any, strict: bool = False) -> Any:
        found = self.tables.find('channels', channelInfo)
        if found is None and strict:
            raise GenericError('query returned no rows')
        return found

    @export('list_channels')
    def listChannels(self, hostID: Any = None, event: Any = None,
                     enabled: Any = None) -> Any:
        if event is not None and hostID is None:
            raise ParameterError('list_channels with event and not host is'
                                 ' not allowed')
        rows: Iterable[Row] = self.tables.channels
        if hostID is not None:
            host = self._row(hostID, f'Invalid hostInfo: {hostID}')['id']
            places = {row['channel_id']
                      for row in self.tables.active('host_channels', event)
                      if row['host_id'] == host}
            rows = [row for row in rows if row['id'] in places]
        return [dict(row) for row in rows
                if enabled is None or bool(row['enabled']) == enabled]

    @export('add_host_to_channel', perm='host')
    def addHostToChannel(self, hostname: Any, channel_name: Any,
                         create: bool = False, force: bool = False) -> None:
        host = self._row(hostname)
        channel = entry(self.tables, 'channels', channel_name, strict=False)
        if channel is None:
            if not create:
                raise GenericError(f'channel does not exist: {channel_name}')
            channel = self._new_channel(channel_name, None)
        if self._subscribed(host['id'], channel['id']):
            raise GenericError(f'host {hostname} is already subscribed to'
                               f' the {channel_name} channel')
        self.world.create('host_channels', {
            'host_id': host['id'], 'channel_id': channel['id']},
            self.caller.user_id)

    @export('remove_host_from_channel', perm='host')
    def removeHostFromChannel(self, hostname: Any, channel_name: Any
                              ) -> None:
        host = self._row(hostname)
        channel = entry(self.tables, 'channels', channel_name, strict=False)
        if channel is None:
            raise GenericError(f'channel does not exist: {channel_name}')
        rows = self._subscribed(host['id'], channel['id'])
        if not rows:
            raise GenericError(f'host {hostname} is not subscribed to the'
                               f' {channel_name} channel')
        self.world.revoke(rows[0], self.caller.user_id)

    def _subscribed(self, host: int, channel: int) -> list[Row]:
        return [row for row in self.tables.where('host_channels', 'host_id',
                                                 host)
                if row['channel_id'] == channel and holds(row)]

    @export('add_channel', perm='admin')
    def addChannel(self, channel_name: Any, description: Any = None) -> int:
        check_name(channel_name)
        old = self.tables.by_name('channels').get(channel_name)
        if old is not None:
            raise GenericError(f'channel {channel_name} already exists'
                               f' (id={old["id"]})')
        return int(self._new_channel(channel_name, description)['id'])

    def _new_channel(self, name: Any, description: Any) -> Row:
        return self.world.add('channels', {
            'name': name, 'description': description, 'enabled': True,
            'comment': None})

    def _channel(self, info: Any) -> Row:
        found = self.tables.find('channels', info)
        if found is None:
            raise GenericError('query returned no rows')
        return self.tables.by_id('channels')[found['id']]

    @export('edit_channel', perm='admin')
    def editChannel(self, channelInfo: Any, **kw: Any) -> bool:
        row = self._channel(channelInfo)
        changes = {name: value for name, value in kw.items()
                   if name in ('name', 'description', 'comment')
                   and row[name] != value}
        if not changes:
            return False
        if 'name' in changes:
            check_name(changes['name'])
            taken = self.tables.by_name('channels').get(changes['name'])
            if taken is not None:
                raise GenericError(f'channel {changes["name"]} already exists'
                                   f' (id={taken["id"]})')
        self.world.change(row, **changes)
        return True

    @export(perm='admin')
    def enableChannel(self, channelname: Any, comment: Any = None) -> None:
        self._enable(channelname, True, comment)

    @export(perm='admin')
    def disableChannel(self, channelname: Any, comment: Any = None) -> None:
        self._enable(channelname, False, comment)

    def _enable(self, info: Any, enabled: bool, comment: Any) -> None:
        changes: Row = {'enabled': enabled}
        if comment is not None:
            changes['comment'] = comment
        self.world.change(self._channel(info), **changes)
