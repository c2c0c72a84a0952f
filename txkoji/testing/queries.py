"""Filters, orders and limits of rows (kojihub/db.py, ``QueryProcessor``)."""
from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any

from txkoji.exceptions import KojiException
from txkoji.testing.lookups import crash
from txkoji.testing.tables import Row, seconds


def query(rows: Iterable[Row], options: Any) -> Any:
    """
    Apply ``queryOpts`` as the hub does (kojihub/db.py, ``QueryProcessor``).

    They are ``order`` (several columns, with commas), ``offset`` and ``limit``
    (0 means no limit), then ``countOnly``, which ignores the order, or
    ``asList``.

    :raises KojiException: a fault 1, where the database complains.
    """
    options = options or {}
    if not isinstance(options, dict):
        raise crash(f"<class 'AttributeError'>: {type(options).__name__!r}"
                    " object has no attribute 'get'")
    found = list(rows)
    if not options.get('countOnly'):
        for column in reversed((options.get('order') or '').split(',')):
            name = column.lstrip('-')
            if found and name and name not in found[0]:
                raise crash(f"<class 'Exception'>: Invalid order: {name}")
            if name:
                _sort(found, column)
    first, limit = options.get('offset') or 0, options.get('limit')
    for value in (limit, first):
        if isinstance(value, str):
            raise crash("<class 'TypeError'>: '<' not supported between"
                        " instances of 'str' and 'int'")
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
        # The hub's queries have their columns by name.
        return [[row[name] for name in sorted(row)] for row in found]
    return found


def part(rows: Iterable[Row], options: Row) -> list[Row]:
    """
    Apply ``filterOpts`` as the hub does (``filterResults``).

    They are an ``order`` of one column, and Python's own slices.

    :raises KojiException: a fault 1, if there is no such column.
    """
    found = list(rows)
    order = options.get('order')
    if order:
        if found and order.lstrip('-') not in found[0]:
            raise crash(f"<class 'KeyError'>: {order.lstrip('-')!r}")
        _sort(found, order)
    return found[options.get('offset') or 0:][:options.get('limit')]


def unanswered(method: str, **arguments: Any) -> None:
    """
    Refuse arguments that a hub knows and the tables cannot answer.

    :raises KojiException: as for a method that there is no answer for.
    """
    for name, value in arguments.items():
        if value is not None and value is not False:
            raise KojiException(
                f'this fake hub has no answer for {method}({name}=): teach it'
                ' one with respond()', faultCode=1)


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
    Get the rows with a value, or one of a list.

    No value is no filter, but with ``null`` it is the value NULL.
    """
    if wanted is None and not null:
        return rows
    if isinstance(wanted, (list, tuple)):
        if not wanted:
            raise crash("<class 'psycopg2.errors.SyntaxError'>: syntax error"
                        ' at or near ")"\n')
        return [row for row in rows if row[column] in wanted]
    return [row for row in rows if row[column] == wanted]


def integers(value: Any) -> Any:
    """
    Get a number, or a list of some, for a column of integers.

    :raises KojiException: as the database does, for others.
    """
    for each in value if isinstance(value, (list, tuple)) else [value]:
        if isinstance(each, str) and not re.fullmatch(r'\s*-?\d+\s*', each):
            raise crash("<class 'psycopg2.errors.InvalidTextRepresentation'>:"
                        ' invalid input syntax for type integer:'
                        f' "{each}"\n')
    return int(value) if isinstance(value, str) else value


def between(rows: Iterable[Row], column: str, after: Any, before: Any
            ) -> Iterable[Row]:
    """Get the rows with a time between two others, if these are given."""
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


def like(pattern: str) -> re.Pattern[str]:
    """Get a glob as the hub gives it to the database: letters alike."""
    return re.compile(''.join(
        '.*' if each == '*' else '.' if each == '?' else re.escape(each)
        for each in pattern), re.IGNORECASE | re.DOTALL)
