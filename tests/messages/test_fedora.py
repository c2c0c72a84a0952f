"""Messages of koji-fedoramessaging."""
from __future__ import annotations

import json
from typing import Any

import pika
from fedora_messaging.message import Message as FedoraMessage

from tests.messages.samples import (
    WEB,
    MessagesTestCase,
    first,
    plain,
    recorded,
)
from txkoji import messages
from txkoji.exceptions import MessageError
from txkoji.task import Task

#: Class, event, states, package, tag, user and page of the recorded messages,
#: in their order.
FEDORA = [
    ('BuildStateChange', 'COMPLETE', 'BUILDING', 'COMPLETE', 'zsh', None,
     'alice', 'buildinfo?buildID=5444'),
    ('BuildStateChange', 'BUILDING', None, 'BUILDING', 'zsh', None, 'alice',
     'buildinfo?buildID=5444'),
    ('TaskStateChange', 'CLOSED', 'OPEN', 'CLOSED', 'zsh',
     'f44-updates-candidate', 'alice', 'taskinfo?taskID=6580'),
    ('TaskStateChange', 'FREE', None, 'FREE', 'zsh', 'f44-updates-candidate',
     'alice', 'taskinfo?taskID=6580'),
    ('TagUntag', 'Tag', None, None, 'zsh', 'f44-updates-pending', 'bodhi',
     'buildinfo?buildID=5444'),
    ('TagUntag', 'Untag', None, None, 'zsh', 'f44-updates-testing-pending',
     'bodhi', 'buildinfo?buildID=5444'),
    ('RepoInit', 'RepoInit', None, None, None, 'f44-build', None,
     'repoinfo?repoID=9'),
    ('RepoDone', 'RepoDone', None, None, None, 'f44-build', None,
     'repoinfo?repoID=9'),
    ('PackageListChange', 'PackageListChange', None, None, 'zsh', 'f44',
     None, 'packageinfo?packageID=zsh'),
    ('RPMSign', 'RPMSign', None, None, 'zsh', None, None,
     'buildinfo?buildID=5444'),
]

#: Bodies about a finished build, and about a signed RPM.
COMPLETE = {
    'name': 'tool', 'version': '1.0', 'release': '1.fc44', 'epoch': None,
    'attribute': 'state', 'old': 0, 'new': 1, 'build_id': 1001,
    'task_id': 3001, 'owner': 'jdoe', 'instance': 'primary',
    'request': ['git+https://src.example.org/rpms/tool.git#0123456789abcdef',
                'rawhide', {}]}
SIGNED = {
    'sigkey': '0123abcd', 'sighash': '00ff', 'instance': 'primary',
    'rpm': {'id': 2001, 'name': 'tool-libs', 'version': '1.0',
            'release': '1.fc44', 'arch': 'x86_64', 'build_id': 1001}}


class RecordedFedoraTests(MessagesTestCase):
    """Recorded messages of koji-fedoramessaging."""

    def test_fedora(self) -> None:
        """Each recorded message has the class and the values of its event."""
        for each, expected in zip(recorded('fedora-messaging'), FEDORA):
            message = FedoraMessage(topic=each['topic'], body=each['body'],
                                    headers=each['headers'])
            message.id = each['id']
            for form in (message, each, (
                    pika.spec.Basic.Deliver(routing_key=each['topic']),
                    pika.BasicProperties(headers=each['headers'],
                                         message_id=each['id']),
                    json.dumps(each['body']).encode())):
                event = self.parse(form)
                self.assertEqual(
                    (type(event).__name__, event.event, event.old, event.new,
                     *self.details(event)), expected)
                self.assertEqual(event.id, each['id'])

    def test_fedora_objects(self) -> None:
        """Rich objects of flat messages have names, states and times."""
        build: Any = self.parse(recorded('fedora-messaging')[0])
        self.assertEqual(build.build.nvr, 'zsh-5.9-1.fc44')
        self.assertEqual(build.build.state_name, 'COMPLETE')
        self.assertEqual(build.build.owner_name, 'alice')
        self.assertEqual(build.build.completed.isoformat(),
                         '2026-11-22T07:18:18.682273+00:00')
        task: Any = self.parse(recorded('fedora-messaging')[2])
        self.assertEqual(task.task.duration.total_seconds(), 180)
        self.assertEqual(task.task.created.timestamp(), 1795331690)
        sign: Any = self.parse(recorded('fedora-messaging')[9])
        self.assertEqual(sign.build.creation_ts, 1795331690)

    def test_fedora_promote(self) -> None:
        """A message about a promotion has no build."""
        event: Any = self.parse((
            {}, {'instance': 'primary', 'base_url': 'https://x'},
            'org.fedoraproject.prod.buildsys.build.promote'))
        self.assertIs(type(event), messages.BuildPromote)
        self.assertEqual((event.build, event.url, event.package,
                          event.draft_release, self.get(event.user())),
                         (None,) * 5)


class FedoraTests(MessagesTestCase):
    """Members that koji-fedoramessaging leaves out, or adds."""

    def fedora(self, topic: str, body: Any) -> Any:
        """Parse a message on a topic of Fedora."""
        return self.parse(({}, body, f'org.fedoraproject.prod.{topic}'))

    def test_sign_without_build(self) -> None:
        """A signed RPM without a build has a build with only the id."""
        event = self.fedora('buildsys.rpm.sign', SIGNED)
        self.assertIs(type(event), messages.RPMSign)
        self.assertEqual((event.sigkey, event.rpm.name), (
            '0123abcd', 'tool-libs'))
        self.assertEqual((event.build, event.build.id, event.url), (
            {'build_id': 1001}, 1001, WEB + 'buildinfo?buildID=1001'))
        self.assertIs(event.build.connection, self.koji)
        self.assertIsNone(event.package)

    def test_sign_of_no_build(self) -> None:
        """The build of a signed RPM without a build id is None."""
        for build_id in (None, 'x'):
            event = self.fedora('buildsys.rpm.sign', {
                **SIGNED, 'rpm': {**SIGNED['rpm'], 'build_id': build_id}})
            self.assertEqual((event.build, event.package, event.url),
                             (None,) * 3)

    def test_import_without_build(self) -> None:
        """An import has a build with the id."""
        for body in ({'type': 'rpm', 'rpm': {'build_id': 5}},
                     {'type': 'archive', 'archive': {'build_id': 5}},
                     {'type': 'build', 'build_id': 5, 'task_id': 6}):
            event = self.parse(({'type': 'Import'}, body))
            self.assertEqual((event.build.id, event.type),
                             (5, body['type']))
        event = self.parse(({'type': 'Import'}, {
            'type': 'cg', 'metadata': {'build': {'name': 'tool'}}}))
        self.assertEqual((event.build.id, event.package), (None, 'tool'))

    def test_empty_build(self) -> None:
        """A build without members has no package and no page."""
        event: Any = self.parse(({'type': 'Tag'}, {'build': {}, 'tag': 'x'}))
        self.assertEqual((event.build, event.package, event.url),
                         ({}, None, None))

    def test_source(self) -> None:
        """The source and commit of a build are read from the request."""
        task = {'id': 3001, 'method': 'build', 'children': [
            {'id': 3002, 'method': 'buildArch', 'children': []}]}
        for body in ({**COMPLETE, 'task': task}, {**COMPLETE, 'task': None},
                     {**COMPLETE, 'request': None, 'task': {
                         **task, 'request': COMPLETE['request']}}):
            event = self.fedora('buildsys.build.state.change', body)
            self.assertEqual(event.build.source, COMPLETE['request'][0])
            self.assertEqual(event.build.gitbuildhash, '0123456789abcdef')
            self.assertEqual((event.event, event.build.id, event.build.nvr),
                             ('COMPLETE', 1001, 'tool-1.0-1.fc44'))

    def test_no_source(self) -> None:
        """A build whose request begins with no URL has no source."""
        for request in (None, [], ['cli-build/1/tool-1.0-1.src.rpm', 'x', {}],
                        ['image', '44', ['x86_64'], 'f44'], [5]):
            event = self.fedora('buildsys.build.state.change',
                                {**COMPLETE, 'request': request})
            self.assertIsNone(event.build.source)
            self.assertIsNone(event.task)
        told = first('build.complete')
        event = self.parse((told['properties'], {
            **told['body'], 'request': COMPLETE['request']}))
        self.assertEqual(event.build, told['body']['info'])

    def test_task_of_build(self) -> None:
        """The task of a finished build has its target and its children."""
        event = self.fedora('buildsys.build.state.change', {
            **COMPLETE, 'task': {
                'id': 3001, 'method': 'build', 'create_time': 1795331690.0,
                'children': [{'id': 3002, 'children': []}]}})
        self.assertIsInstance(event.task, Task)
        self.assertIs(event.task.connection, self.koji)
        self.assertEqual((event.task.target, event.task.package),
                         ('rawhide', 'tool'))
        self.assertEqual(event.task.created.timestamp(), 1795331690)
        self.assertEqual([task.id for task in event.task.children], [3002])
        self.assertIsNone(self.parse(plain(first('build.complete'))).task)

    def test_scratch(self) -> None:
        """A task message tells scratch builds apart."""
        event = self.fedora('buildsys.task.state.change', {
            'old': 'OPEN', 'new': 'CLOSED', 'owner': 'jdoe', 'info': {
                'id': 3001, 'method': 'build', 'owner': 7, 'request': [
                    'cli-build/1700000000.1.AbCd/tool-1.0-1.fc44.src.rpm',
                    'rawhide', {'scratch': True}]}})
        self.assertEqual((event.event, event.task.is_scratch, event.task.nvr),
                         ('CLOSED', True, 'tool-1.0-1.fc44'))

    def test_older(self) -> None:
        """A message that lacks a required member is an error."""
        for topic, body in [
                ('repo.done', {'instance': 'primary'}),
                ('tag', {'tag': 'f44', 'name': 'tool', 'version': '1.0',
                         'release': '1.fc44', 'instance': 'primary'}),
                ('task.state.change', {'old': 'OPEN', 'new': 'FAILED',
                                       'id': 3001, 'method': 'buildArch'}),
                ('rpm.sign', {'sigkey': '0123abcd', 'info': {
                    'build_id': 1001, 'name': 'tool'}})]:
            self.assertRaises(MessageError, self.fedora, f'buildsys.{topic}',
                              body)

    def test_envelope(self) -> None:
        """A message in datanommer's form is equal to other forms."""
        for each, *headers in ([first('task.closed'), 'type'],
                               [first('build.tag'), 'type', 'tag']):
            event = self.parse({
                'topic': each['address'], 'msg': each['body'],
                'msg_id': '2026-1', 'headers': {
                    name: each['properties'][name] for name in headers}})
            self.assertEqual(self.all_of(event),
                             self.all_of(self.parse(plain(each))))
            self.assertEqual(event.id, '2026-1')
