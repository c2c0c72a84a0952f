"""The hub methods that read tasks."""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji import task_states
from txkoji.exceptions import GenericError
from txkoji.hub.codec.xmlrpc import encode_answer, encode_call, encode_fault
from txkoji.testing import rows as joins
from txkoji.testing.calls import Methods, export
from txkoji.testing.lookups import (
    PlainFault,
    crash,
    number,
    strict_task,
    task_row,
)
from txkoji.testing.queries import among, between, integers, query
from txkoji.testing.tables import Row

#: The columns by which tasks are listed; those that are numbers.
COLUMNS = ('arch', 'state', 'owner', 'host_id', 'channel_id', 'parent',
           'method')
NUMBERS = ('owner', 'host_id', 'channel_id', 'parent')


class TaskMethods(Methods):
    """Tasks, their requests and results."""

    @export()
    def getTaskInfo(self, task_id: Any, request: bool = False,
                    strict: bool = False) -> Any:
        if isinstance(task_id, list):
            return [self.getTaskInfo(each, request, strict)
                    for each in task_id]
        row = task_row(self.tables, task_id,
                       'query returned no rows' if strict else None)
        return row and joins.task(row, request)

    @export()
    def getTaskChildren(self, task_id: int, request: bool = False,
                        strict: bool = False) -> Any:
        row = task_row(self.tables, task_id,
                       'query returned no rows' if strict else None)
        parent = number(task_id) if row is None else row['id']
        return [joins.task(row, request)
                for row in self.tables.where('tasks', 'parent', parent)]

    @export()
    def getTaskDescendents(self, task_id: int, request: bool = False) -> Any:
        found: dict[str, list[Row]] = {}
        waiting = [number(task_id)]
        while waiting:
            parent = waiting.pop()
            children = self.getTaskChildren(parent, request)
            found[str(parent)] = children
            waiting += [row['id'] for row in children]
        return found

    @export()
    def getTaskRequest(self, taskId: int) -> Any:
        return strict_task(self.tables, taskId)['request']

    @export()
    def getTaskResult(self, taskId: int, raise_fault: bool = True) -> Any:
        row = strict_task(self.tables, taskId, 'No such task')
        if row['state'] == task_states.CANCELED:
            raise GenericError(f'Task {row["id"]} is canceled')
        if row['state'] not in task_states.DONE_GROUP:
            raise GenericError(f'Task {row["id"]} is not finished')
        return result_of(row, raise_fault)

    @export()
    def taskFinished(self, taskId: int) -> bool:
        row = strict_task(self.tables, taskId)
        return row['state'] in task_states.DONE_GROUP

    @export(lazy=True)
    def listTasks(self, opts: Any = None, queryOpts: Any = None) -> Any:
        opts = opts or {}
        rows: Iterable[Row] = self.tables.tasks
        for column in COLUMNS:
            if column in opts:
                rows = among(rows, column, _wanted(column, opts[column]),
                             null=True)
            if f'not_{column}' in opts:
                unwanted = list(among(rows, column, opts[f'not_{column}'],
                                      null=True))
                rows = [row for row in rows if row not in unwanted]
        for column, option in [('create_time', 'created'),
                               ('start_time', 'started'),
                               ('completion_time', 'complete')]:
            rows = between(rows, column, opts.get(option + 'After'),
                           opts.get(option + 'Before'))
        if (queryOpts or {}).get('countOnly'):
            return query(rows, queryOpts)
        found = []
        for row in rows:
            joined = joins.task(row)
            joined.update(self._owner(row))
            joined['request'] = row['request']
            joined['result'] = row['result']
            if not opts.get('decode'):
                joined['request'] = request_xml(row)
                joined['result'] = _result_xml(row)
            found.append(joined)
        return query(found, queryOpts)

    def _owner(self, task: Row) -> Row:
        owner = task['owner']
        user = None if owner is None else self.tables.find('users', owner)
        return {'owner_name': user and user['name'],
                'owner_type': user and user['usertype']}


def result_of(row: Row, raise_fault: bool = True) -> Any:
    """
    Get the result of a task that has ended.

    :raises KojiException: its fault, if it failed.
    """
    result = row['result']
    if isinstance(result, dict):
        if raise_fault:
            raise PlainFault(result['faultString'],
                             faultCode=result['faultCode'])
        return result
    return result[0] if result else None


def request_xml(task: Row) -> str:
    """Get the request of a task as the hub's database has it."""
    return encode_call(task['method'], task['request'] or []).decode()


def _result_xml(task: Row) -> str | None:
    result = task['result']
    if result is None:
        return None
    if isinstance(result, dict):
        return encode_fault(result['faultCode'],
                            result['faultString']).decode()
    return encode_answer(result[0]).decode()


def _wanted(column: str, value: Any) -> Any:
    """Get a value to compare a column with, as the database reads it."""
    if column == 'state' and isinstance(value, str):
        # The hub puts it into a list.
        raise crash("<class 'psycopg2.errors.SyntaxError'>: syntax error at"
                    f' or near "\'{value}\'"\n')
    if column == 'method' and isinstance(value, list):
        raise crash("<class 'psycopg2.errors.UndefinedFunction'>: operator"
                    ' does not exist: text = text[]\n')
    return integers(value) if column in NUMBERS else value
