"""
The types of results: one table, for single calls and for multicalls.

Results of methods that are not in the table stay Munch, lists and plain
values.
"""
from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from txkoji.build import Build
from txkoji.package import Package
from txkoji.repo import Repo
from txkoji.resource import Hub, Resource
from txkoji.rows import BuildTarget, Host, Tag, User
from txkoji.rpm import RPM
from txkoji.task import Channel, Task

#: Makes a rich object of a result, for a connection.
Reader = Callable[[Any, Hub], Any]


def row_maker(method: str, connection: Hub
              ) -> Callable[[], Resource] | None:
    """
    Get the constructor of a method's rows, for a decoder.

    A decoder types rows while they arrive: typing thousands at the end would
    hold the reactor.

    :param method: the hub method.
    :param connection: the connection of the rich objects.
    :returns: a function that makes an empty row, or None if the results are no
              rows.
    """
    kind = ROWS.get(method)
    if kind is None:
        return None
    return lambda: kind.attached({}, connection)


def typed(method: str, value: Any, connection: Hub) -> Any:
    """
    Give the result of a hub method its type.

    Rows that have their type already stay as they are.

    :param method: the hub method.
    :param value: the result, as the hub sent it.
    :param connection: the connection of the rich objects.
    """
    kind = ROWS.get(method)
    if kind is not None:
        return _rows(kind, value, connection)
    read = OTHERS.get(method)
    return value if read is None else read(value, connection)


def _rows(kind: type[Resource], value: Any, connection: Hub) -> Any:
    """Type a row or a list of rows; other values (None, a count) stay."""
    if type(value) is list and value and type(value[0]) is not kind:
        return [_rows(kind, row, connection) for row in value]
    if isinstance(value, dict) and type(value) is not kind:
        return kind.attached(value, connection)
    return value


def _descendents(value: Any, connection: Hub) -> Any:
    """
    Flatten the hub's mapping of ids to children to one list.

    Children of the first task come first, each followed by its descendents.
    """
    if not isinstance(value, dict):
        return value
    rows = {key: [row for row in children if isinstance(row, dict)]
            for key, children in value.items() if isinstance(children, list)}
    children = {str(row.get('id')) for key in rows for row in rows[key]}
    waiting = [row for key in reversed(rows) if key not in children
               for row in reversed(rows[key])]
    tasks: list[Task] = []
    # Broken answers may contain a circle.
    seen = set()
    while waiting:
        row = waiting.pop()
        key = str(row.get('id'))
        if key not in seen:
            seen.add(key)
            tasks.append(Task.attached(row, connection))
            waiting.extend(reversed(rows.get(key, [])))
    return tasks


def _side_by_side(*kinds: type[Resource] | None) -> Reader:
    """
    Make a reader of several lists in one result.

    :param kinds: the class of the rows of each list; None for lists that stay
                  as they are.
    """
    def read(value: Any, connection: Hub) -> Any:
        if not isinstance(value, list) or len(value) != len(kinds):
            return value
        return [rows if kind is None else _rows(kind, rows, connection)
                for kind, rows in zip(kinds, value)]

    return read


def _rpms_and_builds(value: Any, connection: Hub) -> Any:
    """Type RPMs and builds in one result, and set the build of each RPM."""
    value = _side_by_side(RPM, Build)(value, connection)
    if isinstance(value, list) and len(value) == 2 and all(
            isinstance(rows, list) for rows in value):
        rpms, found = value
        builds: dict[int | None, Build] = {
            build.id: build for build in found if isinstance(build, Build)}
        for rpm in rpms:
            if isinstance(rpm, RPM):
                rpm.of(builds.get(rpm.build_id))
    return value


def _members(**kinds: type[Resource]) -> Reader:
    """
    Make a reader of a dictionary with rows as members.

    :param kinds: the class of each such member.
    """
    def read(value: Any, connection: Hub) -> Any:
        if isinstance(value, dict):
            for name, kind in kinds.items():
                if name in value:
                    value[name] = _rows(kind, value[name], connection)
        return value

    return read


def _seconds(value: Any, connection: Hub) -> Any:
    if isinstance(value, (int, float)):
        try:
            return timedelta(seconds=value)
        except (OverflowError, ValueError):
            # Infinite, or not a number.
            return None
    return value


#: Methods with a row, or a list of rows, as the result.
ROWS: dict[str, type[Resource]] = {
    'CGImport': Build,
    'createSideTag': Tag,
    'getActiveRepos': Repo,
    'getBuild': Build,
    'getBuildConfig': Tag,
    'getBuildTarget': BuildTarget,
    'getBuildTargets': BuildTarget,
    'getChannel': Channel,
    'getGroupMembers': User,
    'getHost': Host,
    'getLatestBuilds': Build,
    'getLoggedInUser': User,
    'getPackage': Package,
    'getPackageConfig': Package,
    'getRepo': Repo,
    'getRPM': RPM,
    'getTag': Tag,
    'getTaskChildren': Task,
    'getTaskInfo': Task,
    'getUser': User,
    'host.completeBuild': Build,
    'host.getHost': Host,
    'host.openTask': Task,
    'listBuildRPMs': RPM,
    'listBuilds': Build,
    'listChannels': Channel,
    'listHosts': Host,
    'listPackages': Package,
    'listRPMs': RPM,
    'listSideTags': Tag,
    'listTagged': Build,
    'listTags': Tag,
    'listTasks': Task,
    'listUsers': User,
    'promoteBuild': Build,
    'repo.get': Repo,
    'repo.query': Repo,
    'repoInfo': Repo,
    'untaggedBuilds': Build,
}

#: Methods with other results that contain rows.
OTHERS: dict[str, Reader] = {
    'getAverageBuildDuration': _seconds,
    'getLatestRPMS': _rpms_and_builds,
    'getTaskDescendents': _descendents,
    'host.getLoadData': _side_by_side(Host, Task),
    'listTaggedArchives': _side_by_side(None, Build),
    'listTaggedRPMS': _rpms_and_builds,
    'repo.checkRequest': _members(repo=Repo, task=Task),
    'repo.request': _members(repo=Repo),
}
