"""
What hub methods give back: one table, for single calls and for many as one.
A method that is not in it gives Munch, lists and plain values, as they came.
"""
from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any, Callable, Dict, List, Type

from txkoji.build import Build
from txkoji.channel import Channel
from txkoji.package import Package
from txkoji.resource import Resource
from txkoji.task import Task

if TYPE_CHECKING:
    from txkoji.connection import Connection

Reader = Callable[[Any, 'Connection'], Any]


def typed(method: str, value: Any, connection: Connection) -> Any:
    """
    Give the result of a hub method its type.

    :param method: the hub method.
    :param value: what the hub sent.
    :param connection: for the rich objects to go on with.
    """
    read = RESULTS.get(method)
    return value if read is None else read(value, connection)


def _rows(kind: Type[Resource]) -> Reader:
    """A row, or a list of rows; anything else (None, a count) stays."""
    def read(value: Any, connection: Connection) -> Any:
        if isinstance(value, list):
            return [read(row, connection) for row in value]
        if isinstance(value, dict):
            return kind.attached(value, connection)
        return value
    return read


def _descendents(value: Any, connection: Connection) -> Any:
    """
    The hub's mapping of each id to its children, as one flat list: children
    first come first, each followed by its own descendents.
    """
    if not isinstance(value, dict):
        return value
    rows = {key: [row for row in children if isinstance(row, dict)]
            for key, children in value.items() if isinstance(children, list)}
    children = {str(row.get('id')) for key in rows for row in rows[key]}
    waiting = [row for key in reversed(rows) if key not in children
               for row in reversed(rows[key])]
    tasks: List[Task] = []
    # A hub that lies could make a circle of them.
    seen = set()
    while waiting:
        row = waiting.pop()
        key = str(row.get('id'))
        if key not in seen:
            seen.add(key)
            tasks.append(Task.attached(row, connection))
            waiting.extend(reversed(rows.get(key, [])))
    return tasks


def _seconds(value: Any, connection: Connection) -> Any:
    if isinstance(value, (int, float)):
        return timedelta(seconds=value)
    return value


RESULTS: Dict[str, Reader] = {
    'getAverageBuildDuration': _seconds,
    'getBuild': _rows(Build),
    'getChannel': _rows(Channel),
    'getLatestBuilds': _rows(Build),
    'getPackage': _rows(Package),
    'getTaskChildren': _rows(Task),
    'getTaskDescendents': _descendents,
    'getTaskInfo': _rows(Task),
    'listBuilds': _rows(Build),
    'listChannels': _rows(Channel),
    'listPackages': _rows(Package),
    'listTagged': _rows(Build),
    'listTasks': _rows(Task),
}
