"""The small rich objects: `Tag`, `BuildTarget`, `User` and `Host`."""
from __future__ import annotations

from datetime import datetime, timedelta

from twisted.internet.defer import Deferred

from txkoji.resource import Resource, hub_of, id_of, now_for, time_of
from txkoji.tags.diff import TagDiff, diff_tags

#: A host takes no tasks after this time without a report. Hosts report every
#: 15 seconds; clocks may differ by some minutes.
SILENT = timedelta(minutes=30)


class Tag(Resource):
    """A tag, which contains builds."""

    __slots__ = ()

    members = frozenset([
        'arches', 'blocked', 'config_inheritance', 'extra', 'extra_arches',
        'id', 'locked',
        'maven_include_all', 'maven_support', 'name', 'owner_id',
        'owner_name', 'perm', 'perm_id'])
    page = 'taginfo?tagID'

    def diff(self, other: Tag | int | str, *, inherit: bool = False,
             latest: bool = False, event: int | None = None,
             other_event: int | None = None) -> Deferred[TagDiff]:
        """
        Compare the builds of the tag with those of another one.

        For example::

            diff = await tag.diff('f44-updates')
            for package in diff.packages:
                print(package.package, package.here, package.there)

        Both lists are read while they arrive, and only the differences stay in
        memory, so that tags may have any number of builds.

        :param other: the other `Tag`, its id or its name. It may be the same
                      tag, at another event.
        :param inherit: whether inherited builds count.
        :param latest: whether only the latest build of each package counts.
        :param event: the id of the event that this tag is read at; None for
                      now.
        :param other_event: likewise, of the other tag.
        :returns: a Deferred that fires with a `TagDiff`.
        :raises GenericError: if there is no such tag.
        """
        there = id_of(other) if isinstance(other, Tag) else other
        return Deferred.fromCoroutine(diff_tags(
            hub_of(self), id_of(self), there, inherit=inherit, latest=latest,
            event=event, other_event=other_event))


class BuildTarget(Resource):
    """A build target: a tag to build in, and a tag for the finished build."""

    __slots__ = ()

    members = frozenset([
        'build_tag', 'build_tag_name', 'dest_tag', 'dest_tag_name', 'id',
        'name'])
    page = 'buildtargetinfo?targetID'


class User(Resource):
    """A user of the hub."""

    __slots__ = ()

    members = frozenset([
        'authtype', 'id', 'krb_principal', 'krb_principals', 'name',
        'status', 'usertype'])
    page = 'userinfo?userID'


class Host(Resource):
    """A builder, which runs tasks."""

    __slots__ = ()

    members = frozenset([
        'arches', 'capacity', 'comment', 'description', 'enabled', 'id',
        'name', 'ready', 'task_load', 'update_ts', 'user_id'])
    page = 'hostinfo?hostID'

    @property
    def updated(self) -> datetime | None:
        """The time of its last report to the hub, in UTC, or None."""
        return time_of(self, 'update')

    @property
    def is_available(self) -> bool:
        """
        Whether it takes tasks, as far as the hub knows.

        A host takes tasks if it is enabled, is ready, and reported in the last
        half hour. (On hubs before 1.34, a silent host stays ready.)
        """
        heard = self.updated
        return (self.enabled is not False and self.ready is not False
                and (heard is None or now_for(self) - heard < SILENT))
