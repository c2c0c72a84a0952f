"""
How the hub filters, orders and cuts rows (kojihub/db.py, ``QueryProcessor``).
"""
from __future__ import annotations

from typing import Any, Callable, Iterable, List, Optional

from txkoji.exceptions import GenericError
from txkoji.testing.tables import Row, seconds


def query(rows: Iterable[Row], options: Optional[Row]) -> Any:
    """
    Apply query options as the hub does (kojihub/db.py, ``QueryProcessor``):
    ``order``, ``offset`` and ``limit`` (0 is none), then ``countOnly`` or
    ``asList``.
    """
    options = options or {}
    found = page(rows, options)
    if options.get('countOnly'):
        return len(found)
    if options.get('asList'):
        return [list(row.values()) for row in found]
    return found


def page(rows: Iterable[Row], options: Row) -> List[Row]:
    """A part of the rows, in the order that is asked for."""
    found = list(rows)
    for column in reversed((options.get('order') or '').split(',')):
        backwards = column.startswith('-')
        column = column.lstrip('-')
        if not column:
            continue
        if found and column not in found[0]:
            raise GenericError(f'Invalid order: {column}')
        # As in PostgreSQL, NULL is greater than everything.
        found.sort(key=_sorted_by(column), reverse=backwards)
    first = options.get('offset') or 0
    limit = options.get('limit')
    return found[first:first + limit if limit else None]


def _sorted_by(column: str) -> Callable[[Row], Any]:
    def key(row: Row) -> Any:
        value = row[column]
        return (value is None, 0 if value is None else value)
    return key


def among(rows: Iterable[Row], column: str, wanted: Any, null: bool = False
          ) -> Iterable[Row]:
    """
    The rows with a value, or one of a list. No value is no filter, but with
    `null` it is the value NULL.
    """
    if wanted is None and not null:
        return rows
    if isinstance(wanted, (list, tuple)):
        return [row for row in rows if row[column] in wanted]
    return [row for row in rows if row[column] == wanted]


def between(rows: Iterable[Row], column: str, after: Any, before: Any
            ) -> Iterable[Row]:
    """The rows with a time after and before others, where those are given."""
    if after is None and before is None:
        return rows
    first, last = _moment(after), _moment(before)
    found = []
    for row in rows:
        time = seconds(row[column])
        if time is None or (first is not None and time <= first) \
                or (last is not None and time >= last):
            continue
        found.append(row)
    return found


def _moment(time: Any) -> Optional[float]:
    return seconds(time) if isinstance(time, str) else time
