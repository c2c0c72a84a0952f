"""The small rich objects: `Tag`, `BuildTarget`, `User` and `Host`."""
from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.resource import Resource, hub_of, id_of, now_for, time_of
from txkoji.tags.diff import TagDiff, diff_tags

#: A host takes no tasks after this time without a report. Hosts report every
#: 15 seconds; clocks may differ by some minutes.
SILENT = timedelta(minutes=30)


class Tag(Resource):
    """A tag, which contains builds."""

    __slots__ = ()

    page = 'taginfo?tagID'

    #: Its architectures, with spaces between.
    arches: str | None
    #: Whether the package is blocked, in the tags of a package.
    blocked: bool | None
    #: What it inherits, of getBuildConfig.
    config_inheritance: dict[str, Any] | None
    #: Its further options.
    extra: dict[str, Any] | None
    #: The package's, in the tags of a package.
    extra_arches: str | None
    #: The id.
    id: int
    #: Whether it is locked.
    locked: bool | None
    #: Whether it has all builds for Maven.
    maven_include_all: bool | None
    #: Whether it has repositories for Maven.
    maven_support: bool | None
    #: The name.
    name: str
    #: The package's owner, in the tags of a package.
    owner_id: int | None
    #: The name of that owner.
    owner_name: str | None
    #: The permission that it takes to tag builds.
    perm: str | None
    #: The id of that permission.
    perm_id: int | None
    #: The event that it was asked at.
    query_event: int | None
    #: The event of its deletion or next change.
    revoke_event: int | None
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

    page = 'buildtargetinfo?targetID'

    #: The id of the tag to build in.
    build_tag: int
    #: The name of that tag.
    build_tag_name: str
    #: The id of the tag for the finished build.
    dest_tag: int
    #: The name of that tag.
    dest_tag_name: str
    #: The id.
    id: int
    #: The name.
    name: str


class User(Resource):
    """A user of the hub."""

    __slots__ = ()

    page = 'userinfo?userID'

    #: How the session was logged in, of getLoggedInUser.
    authtype: int | None
    #: The names of the groups, if asked for.
    groups: list[str] | None
    #: The id.
    id: int
    #: The Kerberos principal of the session.
    krb_principal: str | None
    #: The Kerberos principals.
    krb_principals: list[str] | None
    #: The name.
    name: str
    #: 0 for an enabled user, 1 for a disabled one.
    status: int | None
    #: 0 for a person, 1 for a builder, 2 for a group.
    usertype: int | None


class Host(Resource):
    """A builder, which runs tasks."""

    __slots__ = ()

    page = 'hostinfo?hostID'

    #: Its architectures, with spaces between.
    arches: str | None
    #: The sum of weights that it takes.
    capacity: float | None
    #: A comment of the administrators.
    comment: str | None
    #: The description.
    description: str | None
    #: Whether it is to work.
    enabled: bool | None
    #: The id.
    id: int
    #: The name.
    name: str
    #: Whether it takes further tasks.
    ready: bool | None
    #: The weights of its tasks.
    task_load: float | None
    #: `updated` in seconds since 1970.
    update_ts: float | None
    #: The id of its user.
    user_id: int | None

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
