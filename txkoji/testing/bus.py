"""What a FakeHub says on the message bus, as the hub's plugins say it."""
from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from txkoji import build_states
from txkoji.testing.tables import Row, Tables

#: The styles of messages: of the plugin protonmsg, and of
#: koji-fedoramessaging.
PROTON, FEDORA = 'protonmsg', 'fedora'

#: How addresses begin.
PREFIX = 'topic://koji'
FEDORA_PREFIX = 'org.fedoraproject.prod.buildsys'

#: The ends of the topics of koji-fedoramessaging, by kind.
FEDORA_TOPICS = {
    'TaskStateChange': 'task.state.change',
    'BuildStateChange': 'build.state.change', 'Tag': 'tag',
    'Untag': 'untag', 'PackageListChange': 'package.list.change',
    'RepoInit': 'repo.init', 'RepoDone': 'repo.done',
    'RPMSign': 'rpm.sign', 'BuildPromote': 'build.promote'}

#: Members that koji-fedoramessaging leaves out wherever they are.
DROPPED = ('weight', 'start_ts', 'create_ts', 'completion_ts')


@dataclass(frozen=True)
class BusMessage:
    """
    A message on the bus.

    :ivar kind: what happened, such as "TaskStateChange".
    :ivar id: what the broker knows it by.
    :ivar topic: where it is sent to.
    :ivar properties: its application properties.
    :ivar body: its body, decoded.
    """

    kind: str
    id: str
    topic: str
    properties: Row
    body: Row

    def as_frame(self) -> Row:
        """Get the message as `txkoji.messages.parse` takes it."""
        return {'properties': self.properties, 'body': self.body,
                'topic': self.topic, 'id': self.id}


class Bus:
    """
    The bus of a hub.

    :param tables: what the hub knows.

    :ivar messages: all that was said, as protonmsg says it.
    """

    def __init__(self, tables: Tables) -> None:
        self._tables = tables
        self._receivers: list[tuple[Callable[[Any], Any], str]] = []
        self._count = 0
        self.messages: list[BusMessage] = []

    @property
    def heard(self) -> bool:
        """Whether somebody listens."""
        return bool(self._receivers)

    def publish_to(self, receive: Callable[[Any], Any], style: str) -> None:
        """Hand on each message from now on."""
        if style not in (PROTON, FEDORA):
            raise ValueError(f'{style!r} is none of {PROTON}, {FEDORA}')
        self._receivers.append((receive, style))

    def say(self, kind: str, details: Row) -> None:
        """Say what was done."""
        if details.get('attribute', 'state') != 'state':
            # Only changes of states are sent.
            return
        self._count += 1
        proton = self._proton(kind, copy.deepcopy(details))
        if proton is None:
            return
        self.messages.append(proton)
        for receive, style in list(self._receivers):
            message: BusMessage | None = proton
            if style == FEDORA:
                message = self._fedora(kind, copy.deepcopy(details))
            if message is not None:
                receive(message.as_frame())

    # As protonmsg

    def _proton(self, kind: str, details: Row) -> BusMessage | None:
        properties: Row = {'type': kind}
        topic = kind
        if kind == 'TaskStateChange':
            info = details['info']
            properties.update(
                {name: info[name] for name in ('id', 'parent', 'method')},
                attribute='state', old=details['old'], new=details['new'])
            topic = f'task.{details["new"].lower()}'
        elif kind == 'BuildStateChange':
            old, new = details['old'], details['new']
            properties.update(
                _nvr(details['info']), attribute='state',
                old=None if old is None else build_states.to_str(old),
                new=build_states.to_str(new))
            topic = f'build.{build_states.to_str(new).lower()}'
        elif kind in ('Tag', 'Untag'):
            properties.update(_nvr(details['build']),
                              tag=details['tag']['name'],
                              user=details['user']['name'])
            topic = f'build.{kind.lower()}'
        elif kind == 'PackageListChange':
            properties.update(tag=details['tag']['name'],
                              package=details['package']['name'],
                              action=details['action'],
                              user=details['user']['name'])
            topic = f'package.{details["action"]}'
        else:
            topic = self._others(kind, details, properties)
        if kind == 'RPMSign' and not details['sigkey']:
            return None
        return BusMessage(kind, f'ID:{self._count}', f'{PREFIX}.{topic}',
                          properties, details)

    def _others(self, kind: str, details: Row, properties: Row) -> str:
        """Fill properties, and give the end of the topic."""
        if kind == 'Import':
            properties.update(_nvr(details['build']),
                              importType=details['type'])
            return f'import.{details["type"]}'
        if kind == 'RPMSign':
            rpm = details['rpm']
            properties.update(
                _nvr(details['build']), sigkey=details['sigkey'],
                **{f'rpm_{name}': rpm[name] for name in (
                    'name', 'version', 'release', 'arch')})
            return 'sign.rpm'
        if kind == 'BuildPromote':
            build = details['build']
            properties.update(
                _nvr(build), build_id=build['id'],
                user=details['user']['name'],
                draft_release=details['draft_release'],
                target_release=details['target_release'])
            return 'build.promote'
        repo = details.get('repo') or details
        tag = repo.get('tag_name') or (repo.get('tag') or {}).get('name')
        properties.update(tag=tag, repo_id=repo.get('id',
                                                    repo.get('repo_id')),
                          task_id=repo['task_id'])
        if kind == 'RepoDone':
            properties['expire'] = details['expire']
        return 'repo.init' if kind == 'RepoInit' else 'repo.done'

    # As koji-fedoramessaging

    def _fedora(self, kind: str, details: Row) -> BusMessage | None:
        body = self._fedora_body(kind, details)
        if kind not in FEDORA_TOPICS or body is None:
            return None
        body.update(instance='primary')
        return BusMessage(kind, f'ID:{self._count}',
                          f'{FEDORA_PREFIX}.{FEDORA_TOPICS[kind]}', {},
                          _without(body))

    def _fedora_body(self, kind: str, details: Row) -> Row | None:
        if kind == 'TaskStateChange':
            return self._fedora_task(details)
        if kind == 'BuildStateChange':
            build = details['info']
            task = self._tables.by_id('tasks').get(build['task_id'])
            return {
                **_nvr(build), 'epoch': build['epoch'], 'attribute': 'state',
                'old': details['old'], 'new': details['new'],
                'build_id': build['id'], 'task_id': build['task_id'],
                'owner': build['owner_name'],
                'creation_time': build['creation_time'],
                'completion_time': build['completion_time'],
                'request': task and task['request'],
                'task': task and {name: task[name] for name in (
                    'id', 'method', 'request')} | {'children': []}}
        if kind in ('Tag', 'Untag'):
            build = details['build']
            return {**_nvr(build), 'tag': details['tag']['name'],
                    'tag_id': details['tag']['id'], 'build_id': build['id'],
                    'user': details['user']['name'],
                    'owner': build['owner_name']}
        if kind == 'PackageListChange':
            return {**{name: details.get(name) for name in (
                'action', 'block', 'extra_arches', 'force', 'update')},
                'tag': details['tag']['name'],
                'package': details['package']['name'],
                'owner': self._tables.name('users', details.get('owner'))}
        if kind in ('RepoInit', 'RepoDone'):
            repo = details.get('repo') or details
            tag = repo.get('tag') or {}
            return {'tag': repo.get('tag_name', tag.get('name')),
                    'tag_id': repo.get('tag_id', tag.get('id')),
                    'repo_id': repo.get('id', repo.get('repo_id'))}
        if kind == 'RPMSign':
            return details if details['sigkey'] else None
        return {} if kind == 'BuildPromote' else None

    def _fedora_task(self, details: Row) -> Row | None:
        """Get a task, if it is a scratch build by itself."""
        info = details['info']
        request = info.get('request') or []
        if info['parent'] is not None or not request or not isinstance(
                request[-1], dict) or 'scratch' not in request[-1] \
                or details['new'] == 'FREE':
            return None
        return {'id': info['id'], 'method': info['method'],
                'attribute': 'state', 'old': details['old'],
                'new': details['new'], 'srpm': request[0],
                'owner': self._tables.name('users', info['owner']),
                'info': {**info, 'children': [], 'host_name':
                         self._tables.name('hosts', info['host_id'])}}


def _nvr(build: Row) -> Row:
    return {name: build[name] for name in ('name', 'version', 'release')}


def _without(value: Any) -> Any:
    """Get a value without the members that are dropped."""
    if isinstance(value, dict):
        return {name: _without(each) for name, each in value.items()
                if name not in DROPPED}
    if isinstance(value, list):
        return [_without(each) for each in value]
    return value
