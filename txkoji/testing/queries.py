"""
How the hub filters, orders and cuts rows (kojihub/db.py, ``QueryProcessor``).
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from txkoji.exceptions import KojiException
from txkoji.testing.tables import Row, seconds


def query(rows: Iterable[Row], options: Row | None) -> Any:
    """
    Apply ``queryOpts`` as the hub does (kojihub/db.py, ``QueryProcessor``):
    ``order`` (several columns, with commas), ``offset`` and ``limit`` (0 is
    no limit), then ``countOnly``, which does not look at the order, or
    ``asList``.

    :raises KojiException: a fault 1, where the database complains.
    """
    options = options or {}
    found = list(rows)
    if not options.get('countOnly'):
        for column in reversed((options.get('order') or '').split(',')):
            name = column.lstrip('-')
            if found and name and name not in found[0]:
                raise crash(f"<class 'Exception'>: Invalid order: {name}")
            if name:
                _sort(found, column)
    first, limit = options.get('offset') or 0, options.get('limit')
    if limit and limit < 0:
        raise crash("<class 'psycopg2.errors.InvalidRowCountInLimitClause'>:"
                    ' LIMIT must not be negative\n')
    if first < 0:
        raise crash("<class 'psycopg2.errors.InFailedSqlTransaction'>: current"
                    ' transaction is aborted, commands ignored until end of'
                    ' transaction block\n')
    found = found[first:first + limit if limit else None]
    if options.get('countOnly'):
        return len(found)
    if options.get('asList'):
        return [list(row.values()) for row in found]
    return found


def part(rows: Iterable[Row], options: Row) -> list[Row]:
    """
    Apply ``filterOpts`` as the hub does (``filterResults``): an ``order`` of
    one column, and Python's own slices.

    :raises KojiException: a fault 1, if there is no such column.
    """
    found = list(rows)
    order = options.get('order')
    if order:
        if found and order.lstrip('-') not in found[0]:
            raise crash(f"<class 'KeyError'>: {order.lstrip('-')!r}")
        _sort(found, order)
    return found[options.get('offset') or 0:][:options.get('limit')]


def crash(text: str) -> KojiException:
    """What the hub says of an exception in its own code: a fault 1."""
    return KojiException(text, faultCode=1)


def _sort(rows: list[Row], column: str) -> None:
    # As in PostgreSQL, NULL is greater than everything.
    rows.sort(key=_sorted_by(column.lstrip('-')),
              reverse=column.startswith('-'))


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


def _moment(time: Any) -> float | None:
    return seconds(time) if isinstance(time, str) else time
