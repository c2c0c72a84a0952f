"""
Rich objects without methods of their own: `Tag`, `BuildTarget`, `User` and
`Host`.
"""
from __future__ import annotations

from datetime import datetime, timedelta

from txkoji.resource import Resource, now_for, time_of

#: A host that was not heard of for so long takes no tasks. They report every
#: 15 seconds; this is long enough for clocks that differ by some minutes.
SILENT = timedelta(minutes=30)


class Tag(Resource):
    """A tag: what builds are in."""

    __slots__ = ()

    members = frozenset([
        'arches', 'blocked', 'config_inheritance', 'extra', 'extra_arches',
        'id', 'locked',
        'maven_include_all', 'maven_support', 'name', 'owner_id',
        'owner_name', 'perm', 'perm_id'])
    page = 'taginfo?tagID'


class BuildTarget(Resource):
    """A build target: where builds are made, and tagged."""

    __slots__ = ()

    members = frozenset([
        'build_tag', 'build_tag_name', 'dest_tag', 'dest_tag_name', 'id',
        'name'])
    page = 'buildtargetinfo?targetID'


class User(Resource):
    """A user: who builds."""

    __slots__ = ()

    members = frozenset([
        'authtype', 'id', 'krb_principal', 'krb_principals', 'name',
        'status', 'usertype'])
    page = 'userinfo?userID'


class Host(Resource):
    """A host: what does the tasks."""

    __slots__ = ()

    members = frozenset([
        'arches', 'capacity', 'comment', 'description', 'enabled', 'id',
        'name', 'ready', 'task_load', 'update_ts', 'user_id'])
    page = 'hostinfo?hostID'

    @property
    def updated(self) -> datetime | None:
        """When it was last heard of, in UTC, or None."""
        return time_of(self, 'update')

    @property
    def is_available(self) -> bool:
        """
        Whether it takes tasks, as far as the hub says: it is enabled, ready,
        and was heard of in the last half hour. (Hubs before 1.34 let a host
        that is silent be ready for ever.)
        """
        heard = self.updated
        return (self.enabled is not False and self.ready is not False
                and (heard is None or now_for(self) - heard < SILENT))
