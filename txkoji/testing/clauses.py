"""Queries in clauses, as ``repo.query`` takes them (``QueryView``)."""
from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

from txkoji.exceptions import ParameterError
from txkoji.testing.queries import integers, query
from txkoji.testing.tables import Row

#: How a clause compares.
OPERATORS: dict[str, Callable[[Any, Any], bool]] = {
    '=': lambda a, b: bool(a == b), '!=': lambda a, b: bool(a != b),
    '<': lambda a, b: a is not None and bool(a < b),
    '>': lambda a, b: a is not None and bool(a > b),
    '<=': lambda a, b: a is not None and bool(a <= b),
    '>=': lambda a, b: a is not None and bool(a >= b),
    'IS': lambda a, b: a is b, 'IS NOT': lambda a, b: a is not b,
    'ISNOT': lambda a, b: a is not b,
    'IN': lambda a, b: a in b, 'NOT IN': lambda a, b: a not in b}


def view(rows: Iterable[Row], clauses: Any, fields: Any, opts: Any,
          default: Sequence[str], columns: Sequence[str],
          known: Sequence[str]) -> Any:
    """
    Carry out a query.

    :param default: the fields that it gives.
    :param columns: those for "*".
    :param known: all, which are those for "**".
    """
    found = list(rows)
    for clause in clauses:
        check = _clause(clause, known)
        found = [row for row in found if check(row)]
    names = default if fields is None else fields
    names = {'*': columns, '**': known}.get(names, names) if isinstance(
        names, str) else names
    order = [name.lstrip('-') for name in
             ((opts or {}).get('order') or '').split(',') if name]
    for name in [*names, *order]:
        _check_field(name, known)
    if (opts or {}).get('countOnly'):
        return query(found, opts)
    return [{name: row[name] for name in names}
            for row in query(found, opts)]


def _check_field(name: str, known: Sequence[str]) -> None:
    if name not in known:
        raise ParameterError(f'Invalid field for query {name}')


def _clause(clause: Any, known: Sequence[str]) -> Callable[[Row], bool]:
    """
    Make a function that tells whether a row fits a clause.

    :raises ParameterError: if the clause is invalid.
    """
    if not isinstance(clause, (list, tuple)) or len(clause) not in (2, 3):
        raise ParameterError(f'Invalid clause: {clause}')
    name, value = clause[0], clause[-1]
    operator = clause[1].upper() if len(clause) == 3 else '='
    _check_field(name, known)
    if operator not in OPERATORS:
        raise ParameterError(f'Invalid operator: {operator}')
    if name.endswith('id') or name.endswith('_event'):
        value = integers(value)
    return lambda row: OPERATORS[operator](row[name], value)
