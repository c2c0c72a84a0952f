"""
The hub methods about tasks.
"""
from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from txkoji import task_states
from txkoji.exceptions import GenericError, ParameterError, from_fault
from txkoji.hub.codec.xmlrpc import encode_answer, encode_call, encode_fault
from txkoji.testing.methods.base import Methods
from txkoji.testing.queries import among, between, query
from txkoji.testing.tables import Row


class TaskMethods(Methods):
    """Tasks, their requests and results."""

    def getTaskInfo(self, task_id: Any, request: bool = False,
                    strict: bool = False) -> Any:
        if isinstance(task_id, list):
            return [self.getTaskInfo(number, request, strict)
                    for number in task_id]
        if not isinstance(task_id, int):
            raise ParameterError(f'Invalid type for id value: {task_id!r}')
        row = self._find_task(task_id)
        if row is None:
            if strict:
                raise GenericError('query returned no rows')
            return None
        return self._tables.task(row, request)

    def taskFinished(self, taskId: int) -> bool:
        row = self._find_task(taskId)
        if row is None:
            raise GenericError('query returned no rows')
        return row['state'] in task_states.DONE_GROUP

    def getTaskChildren(self, task_id: int, request: bool = False,
                        strict: bool = False) -> Any:
        if strict:
            self.getTaskInfo(task_id, strict=True)
        return [self._tables.task(row, request)
                for row in among(self._tables.tasks, 'parent', task_id)]

    def getTaskDescendents(self, task_id: int, request: bool = False) -> Any:
        found: dict[str, list[Row]] = {}
        waiting = [task_id]
        while waiting:
            number = waiting.pop()
            children = self.getTaskChildren(number, request)
            found[str(number)] = children
            waiting += [row['id'] for row in children]
        return found

    def getTaskRequest(self, taskId: int) -> Any:
        row = self._find_task(taskId)
        if row is None:
            raise GenericError(f'No such task: {taskId}')
        return row['request']

    def getTaskResult(self, taskId: int, raise_fault: bool = True) -> Any:
        row = self._find_task(taskId)
        if row is None:
            raise GenericError(f'No such task: {taskId}')
        if row['state'] == task_states.CANCELED:
            raise GenericError(f'Task {taskId} is canceled')
        if row['state'] not in task_states.DONE_GROUP:
            raise GenericError(f'Task {taskId} is not finished')
        result = row['result']
        if isinstance(result, dict):
            if raise_fault:
                raise from_fault(result['faultCode'], result['faultString'])
            return result
        return result[0] if result else None

    def listTasks(self, opts: Any = None, queryOpts: Any = None) -> Any:
        opts = opts or {}
        tables = self._tables
        rows: Iterable[Row] = tables.tasks
        for column in ('arch', 'state', 'owner', 'host_id', 'channel_id',
                       'parent', 'method'):
            if column in opts:
                rows = among(rows, column, opts[column], null=True)
            if f'not_{column}' in opts:
                unwanted = list(among(rows, column, opts[f'not_{column}'],
                                      null=True))
                rows = [row for row in rows if row not in unwanted]
        for column, option in [('create_time', 'created'),
                               ('start_time', 'started'),
                               ('completion_time', 'complete')]:
            rows = between(rows, column, opts.get(option + 'After'),
                           opts.get(option + 'Before'))
        found = []
        for row in rows:
            joined = tables.task(row)
            joined.update(self._owner(row))
            joined['request'] = row['request']
            joined['result'] = row['result']
            if not opts.get('decode'):
                joined['request'] = _request_xml(row)
                joined['result'] = _result_xml(row)
            found.append(joined)
        return query(found, queryOpts)

    def _find_task(self, number: int) -> Row | None:
        for row in self._tables.tasks:
            if row['id'] == number:
                return row
        return None

    def _owner(self, task: Row) -> Row:
        owner = task['owner']
        user = None if owner is None else self._tables.find('users', owner)
        return {'owner_name': user and user['name'],
                'owner_type': user and user['usertype']}


def _request_xml(task: Row) -> str:
    return encode_call(task['method'], task['request'] or []).decode()


def _result_xml(task: Row) -> str | None:
    result = task['result']
    if result is None:
        return None
    if isinstance(result, dict):
        return encode_fault(result['faultCode'],
                            result['faultString']).decode()
    return encode_answer(result[0]).decode()
