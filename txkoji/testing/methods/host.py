"""The hub methods of builders: those whose names begin with ``host.``."""
from __future__ import annotations

from typing import Any

from munch import unmunchify

from txkoji import build_states, task_states
from txkoji.exceptions import GenericError, KojiException
from txkoji.hub.codec.xmlrpc import decode_answer
from txkoji.testing import rows
from txkoji.testing.builds import Builds
from txkoji.testing.calls import Methods, export
from txkoji.testing.content_generators import Content
from txkoji.testing.lookups import (
    crash,
    number,
    strict_build,
    strict_tag,
    strict_task,
)
from txkoji.testing.methods.tasks import request_xml, result_of
from txkoji.testing.repos import Repos
from txkoji.testing.tables import RECORDED, Row
from txkoji.testing.tagging import Tagging
from txkoji.testing.tasks import Tasks


class HostMethods(Methods):
    """The methods of builders."""

    prefix = 'host.'
    says = 'HostExports'

    @export()
    def getID(self) -> int:
        return int(self.caller.host()['id'])

    @export()
    def getHost(self) -> Row:
        return self.caller.host()

    @export()
    def isEnabled(self) -> bool:
        return bool(self.caller.host()['enabled'])

    @export()
    def updateHost(self, task_load: Any, ready: Any, data: Any = None
                   ) -> None:
        # A host that is ready goes on reporting from here.
        moment = RECORDED if ready else self.world.now()
        self.world.change(self.caller.host(), task_load=float(task_load),
                          ready=bool(ready), update_ts=moment)

    @export()
    def getLoadData(self) -> Any:
        self.caller.host()
        hosts = []
        for row in self.tables.hosts:
            if row['enabled'] and row['ready']:
                channels = [each['channel_id']
                            for each in self.tables.active('host_channels')
                            if each['host_id'] == row['id']]
                hosts.append({**row, 'channels': channels,
                              'update_ts': self.world.now()})
        return [hosts, [rows.task(row) for row in self.tables.tasks
                        if row['state'] in (task_states.OPEN,
                                            task_states.FREE,
                                            task_states.ASSIGNED)]]

    @export()
    def getTasks(self) -> Any:
        host = self.caller.host()
        return [{'id': row['id'], 'state': row['state']}
                for row in self.tables.tasks if row['host_id'] == host['id']
                and row['state'] == task_states.ASSIGNED]

    @export()
    def getHostTasks(self) -> Any:
        host = self.caller.host()
        return [{**{name: row[name] for name in (
            'state', 'waiting', 'weight', 'method', 'id', 'channel_id')}}
            for row in self.tables.tasks if row['host_id'] == host['id']
            and row['state'] in (task_states.OPEN, task_states.ASSIGNED)]

    # Tasks

    def _mine(self, info: Any) -> Row:
        """Get a task that the host works on."""
        return Tasks(self.world).of_host(info, self.caller.host()['id'])

    @export()
    def openTask(self, task_id: Any) -> Any:
        host = self.caller.host()
        row = strict_task(self.tables, task_id)
        if not Tasks(self.world).open(row, host['id']):
            return None
        return {**rows.task(row), 'request': request_xml(row)}

    @export()
    def closeTask(self, task_id: Any, response: Any) -> None:
        row = self._mine(task_id)
        Tasks(self.world).end(row, task_states.CLOSED, _decoded(response))

    @export()
    def failTask(self, task_id: Any, response: Any) -> None:
        row = self._mine(task_id)
        Tasks(self.world).end(row, task_states.FAILED, _decoded(response))

    @export()
    def freeTasks(self, tasks: Any) -> None:
        host = self.caller.host()
        for info in tasks:
            row = strict_task(self.tables, info)
            if row['host_id'] == host['id'] and row['state'] in (
                    task_states.OPEN, task_states.ASSIGNED):
                Tasks(self.world).free(row)

    @export()
    def refuseTask(self, task_id: Any, soft: bool = True, msg: str = ''
                   ) -> None:
        host = self.caller.host()
        row = strict_task(self.tables, task_id)
        if row['host_id'] != host['id'] \
                or row['state'] != task_states.ASSIGNED:
            return
        self.world.add('refusals', {
            'task_id': row['id'], 'host_id': host['id'], 'soft': soft,
            'by_host': True, 'msg': msg, 'time': self.world.moment()})
        Tasks(self.world).free(row)

    @export()
    def setTaskWeight(self, task_id: Any, weight: Any) -> None:
        self.world.change(self._mine(task_id), weight=float(weight))

    @export()
    def subtask(self, method: Any, arglist: Any, parent: Any, **opts: Any
                ) -> int:
        row = self._mine(parent)
        label = opts.get('label')
        for child in Tasks(self.world).children(row['id']):
            if label is not None and child['label'] == label:
                return int(child['id'])
        return Tasks(self.world).make(
            method, list(arglist), row['owner'], parent=row['id'],
            **{name: opts[name] for name in (
                'label', 'channel', 'priority', 'arch', 'assign')
               if name in opts})

    @export()
    def subtask2(self, _parent: Any, _taskopts: Any, _method: Any,
                 *args: Any, **opts: Any) -> int:
        request = list(args)
        if opts:
            request.append({**opts, '__starstar': True})
        return self.subtask(_method, request, _parent, **_taskopts)

    @export()
    def taskSetWait(self, parent: Any, tasks: Any) -> None:
        Tasks(self.world).wait(self._mine(parent), tasks)

    @export()
    def taskWait(self, parent: Any) -> Any:
        return list(Tasks(self.world).awaited(self._mine(parent)))

    @export()
    def taskWaitResults(self, parent: Any, tasks: Any = None,
                        canfail: Any = None) -> Any:
        row = self._mine(parent)
        results = []
        for child in Tasks(self.world).children(row['id']):
            if tasks is not None and child['id'] not in tasks:
                continue
            if tasks is None and child['state'] not in \
                    task_states.DONE_GROUP:
                continue
            if child['state'] == task_states.CANCELED:
                raise GenericError(f'Task {child["id"]} is canceled')
            results.append([child['id'], result_of(
                child, child['id'] not in (canfail or ()))])
        return results

    # Builds

    @export()
    def initBuild(self, data: Any) -> int:
        host = self.caller.host()
        if 'task_id' not in data:
            raise crash("<class 'KeyError'>: 'task_id'")
        Tasks(self.world).of_host(data['task_id'], host['id'])
        return int(Builds(self.world).begin(
            {'state': build_states.BUILDING, **data},
            self.caller.user_id)['id'])

    @export()
    def completeBuild(self, task_id: Any, build_id: Any, srpm: Any,
                      rpms: Any, brmap: Any = None, logs: Any = None) -> Row:
        self._mine(task_id)
        row = strict_build(self.tables, build_id)
        if row['state'] != build_states.BUILDING:
            raise GenericError('Unable to complete build: state is'
                               f' {build_states.to_str(row["state"])}')
        content = Content(self.world)
        build = rows.build(self.tables, row)
        for path in [srpm, *rpms]:
            content.import_rpm(build, path, (brmap or {}).get(path))
        content.import_logs(build, logs or {})
        Builds(self.world).set_state(row, build_states.COMPLETE)
        build = rows.build(self.tables, row)
        self.world.announce('Import', type='build', build=build,
                            task_id=task_id, build_id=row['id'])
        return build

    @export()
    def failBuild(self, task_id: Any, build_id: Any) -> None:
        self._mine(task_id)
        row = strict_build(self.tables, build_id)
        if row['state'] != build_states.BUILDING:
            raise GenericError('Unable to fail build: state is'
                               f' {build_states.to_str(row["state"])}')
        Builds(self.world).set_state(row, build_states.FAILED)

    @export()
    def moveBuildToScratch(self, task_id: Any, srpm: Any, rpms: Any,
                           logs: Any = None) -> None:
        row = self._mine(task_id)
        paths, logs = [srpm, *rpms], logs or {}
        for path in [*paths, *sum(logs.values(), [])]:
            if self.world.files.size(f'work/{path}') is None:
                raise GenericError(f'uploaded file missing: work/{path}')
        Builds(self.world).keep_scratch(row, paths, logs)

    @export()
    def tagBuild(self, task_id: Any, tag: Any, build: Any,
                 force: bool = False, fromtag: Any = None) -> None:
        row = self._mine(task_id)
        rules = Tagging(self.world)
        if fromtag:
            rules.untag(fromtag, build, row['owner'], force=force)
        rules.tag(tag, build, row['owner'], force)

    @export()
    def tagNotification(self, is_successful: Any, tag_id: Any, from_id: Any,
                        build_id: Any, user_id: Any,
                        ignore_success: bool = False,
                        failure_msg: str = '') -> None:
        self.caller.host()

    # Repositories

    @export()
    def repoInit(self, tag: Any, task_id: Any = None, event: Any = None,
                 opts: Any = None) -> Any:
        if task_id is None:
            self.caller.host()
        else:
            self._mine(task_id)
        found = strict_tag(self.tables, tag)
        return Repos(self.world).begin(
            found['id'], event, opts=opts or {}, task_id=task_id)

    @export()
    def repoDone(self, repo_id: Any, data: Any, expire: bool = False,
                 repo_json_updates: Any = None) -> None:
        self.caller.host()
        Repos(self.world).done(number(repo_id), expire)


def _decoded(response: Any) -> Any:
    """Get the result in the text of an answer, as rows of tasks have it."""
    try:
        return [unmunchify(decode_answer(response.encode()))]
    except KojiException as fault:
        return {'faultCode': fault.faultCode, 'faultString': str(fault)}
