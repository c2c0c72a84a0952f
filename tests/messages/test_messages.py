"""What the message bus says, as objects."""
from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from functools import cache
from typing import Any

import pika
from fedora_messaging.message import Message as FedoraMessage
from hypothesis import given, settings, strategies as st
from stomp.utils import Frame as StompPyFrame
from stompest.protocol import StompFrame
from twisted.trial.unittest import SynchronousTestCase

from tests.recordings import files
from tests.support import HubTestCase
from txkoji import messages
from txkoji.build import Build
from txkoji.exceptions import MessageError
from txkoji.messages import amqp1
from txkoji.repo import Repo
from txkoji.task import Task

try:
    import proton
except ImportError:
    proton = None

WEB = 'http://hub.example.test/koji/'

#: What a topic ends with -> class, event, states before and after. Written
#: from what Koji's plugin sends (plugins/hub/protonmsg.py).
EVENTS = {
    'task.free': ('TaskStateChange', 'FREE', {None}, 'FREE'),
    'task.assigned': ('TaskStateChange', 'ASSIGNED', {'FREE'}, 'ASSIGNED'),
    'task.open': ('TaskStateChange', 'OPEN', {'FREE', 'ASSIGNED'}, 'OPEN'),
    'task.closed': ('TaskStateChange', 'CLOSED', {'OPEN'}, 'CLOSED'),
    'task.failed': ('TaskStateChange', 'FAILED', {'OPEN'}, 'FAILED'),
    'task.canceled': ('TaskStateChange', 'CANCELED',
                      {'FREE', 'OPEN', 'ASSIGNED'}, 'CANCELED'),
    'build.building': ('BuildStateChange', 'BUILDING',
                       {None, 'FAILED', 'CANCELED'}, 'BUILDING'),
    'build.complete': ('BuildStateChange', 'COMPLETE', {None, 'BUILDING'},
                       'COMPLETE'),
    'build.failed': ('BuildStateChange', 'FAILED', {'BUILDING'}, 'FAILED'),
    'build.canceled': ('BuildStateChange', 'CANCELED', {'BUILDING'},
                       'CANCELED'),
    'build.deleted': ('BuildStateChange', 'DELETED', {'COMPLETE'},
                      'DELETED'),
    'build.tag': ('TagUntag', 'Tag', {None}, None),
    'build.untag': ('TagUntag', 'Untag', {None}, None),
    'build.promote': ('BuildPromote', 'BuildPromote', {None}, None),
    'import.build': ('Import', 'Import', {None}, None),
    'import.rpm': ('Import', 'Import', {None}, None),
    'import.archive': ('Import', 'Import', {None}, None),
    'import.image': ('Import', 'Import', {None}, None),
    'import.cg': ('Import', 'Import', {None}, None),
    'sign.rpm': ('RPMSign', 'RPMSign', {None}, None),
    'package.add': ('PackageListChange', 'PackageListChange', {None}, None),
    'package.update': ('PackageListChange', 'PackageListChange', {None},
                       None),
    'package.block': ('PackageListChange', 'PackageListChange', {None}, None),
    'package.unblock': ('PackageListChange', 'PackageListChange', {None},
                        None),
    'package.remove': ('PackageListChange', 'PackageListChange', {None},
                       None),
    'repo.init': ('RepoInit', 'RepoInit', {None}, None),
    'repo.done': ('RepoDone', 'RepoDone', {None}, None),
}

#: Of the first of some: the package, the tag, who, and the page.
DETAILS = {
    'task.free': ('zsh', 'f44-updates-candidate', 'alice',
                  'taskinfo?taskID=6923'),
    'task.closed': ('zsh', 'f44-build', 'alice', 'taskinfo?taskID=6924'),
    'task.failed': ('zsh', 'f44-build', 'bob', 'taskinfo?taskID=6928'),
    'build.building': ('zsh', None, 'alice', 'buildinfo?buildID=5454'),
    'build.deleted': ('zsh', None, 'alice', 'buildinfo?buildID=5457'),
    'build.tag': ('zsh', 'f44-updates-candidate', 'alice',
                  'buildinfo?buildID=5454'),
    'build.untag': ('zsh', 'f44-updates-candidate', 'kojiadmin',
                    'buildinfo?buildID=5454'),
    'build.promote': ('zsh', None, 'kojiadmin', 'buildinfo?buildID=5458'),
    'import.build': ('zsh', None, None, 'buildinfo?buildID=5454'),
    'import.cg': ('nginx-container', None, None, 'buildinfo?buildID=5460'),
    'sign.rpm': ('libfoo', None, None, 'buildinfo?buildID=5459'),
    'package.add': ('msgtest-32444', 'f44', 'kojiadmin',
                    'packageinfo?packageID=335'),
    'repo.init': (None, 'f44-build', None, 'repoinfo?repoID=19'),
    'repo.done': (None, 'f44-build', None, 'repoinfo?repoID=19'),
}

#: What fedora-messaging has of them, in order: class, event, states,
#: package, tag, who, and the page.
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


@cache
def recorded(name: str) -> list[Any]:
    """The lines of a recording."""
    return [json.loads(line)
            for line in files()[f'messages/{name}.jsonl'].splitlines()]


def first(event: str) -> dict[str, Any]:
    """The first recorded message of an event."""
    found: dict[str, Any] = next(
        each for each in recorded('events') if each['event'] == event)
    return found


def plain(each: dict[str, Any]) -> Any:
    """As properties, body and topic."""
    return (each['properties'], json.dumps(each['body']), each['address'])


def stomp_headers(each: dict[str, Any]) -> dict[str, str]:
    """As ActiveMQ makes headers of properties: text."""
    headers = {'destination': each['address'].replace('/topic/', 'topic://'),
               'message-id': 'ID:1'}
    for name, value in each['properties'].items():
        headers[name] = '' if value is None else str(value)
    return headers


def forms(each: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """A recorded message, as each library hands it over."""
    text = json.dumps(each['body'])
    topic = each['address'].replace('/topic/', '').replace('/', '.')
    yield 'plain', plain(each)
    yield 'no topic', (each['properties'], text.encode())
    yield 'decoded', {'properties': each['properties'], 'body': each['body']}
    yield 'no properties', ({}, text, each['address'])
    yield 'stompest', StompFrame('MESSAGE', stomp_headers(each),
                                 text.encode())
    yield 'stomp.py', StompPyFrame('MESSAGE', stomp_headers(each), text)
    properties = pika.BasicProperties(
        headers={name: value for name, value in each['properties'].items()},
        message_id='5')
    method = pika.spec.Basic.Deliver(routing_key=topic)
    yield 'older stomp.py', (stomp_headers(each), text)
    yield 'pika', (method, properties, text.encode())
    yield 'pika, with its channel', (object(), method, properties,
                                     text.encode())
    if proton is not None:
        message = proton.Message(body=text, properties=each['properties'])
        yield 'qpid-proton', message
        copy = proton.Message()
        copy.decode(message.encode())
        yield 'qpid-proton, decoded', copy


def undecoded(each: dict[str, Any]) -> Any:
    """A message of AMQP 1.0, as pika has it of RabbitMQ 3."""
    headers = {
        name: value.encode() if isinstance(value, str)
        else b64decode(value['base64'])
        for name, value in each['properties']['headers'].items()}
    return (pika.spec.Basic.Deliver(routing_key=each['routing_key']),
            pika.BasicProperties(headers=headers,
                                 type=each['properties']['type']),
            b64decode(each['body_base64']))


class MessagesTestCase(HubTestCase):
    """With a connection, and what can be compared of an event."""

    def parse(self, message: Any) -> messages.Message:
        return messages.parse(message, self.koji)

    def all_of(self, event: Any) -> Any:
        """All that a reader sees of an event."""
        objects = {name: getattr(event, name) for name in (
            'build', 'task', 'repo', 'rpm', 'action', 'type', 'sigkey',
            'sighash', 'draft_release', 'target_release', 'expire')
            if hasattr(event, name)}
        return (type(event), event.kind, event.event, event.old, event.new,
                event.url, event.package, event.body, objects,
                event.tag if not callable(event.tag) else None)

    def details(self, event: Any) -> tuple[str | None, ...]:
        """The package, the tag, who, and the page."""
        tag = event.tag
        if callable(tag):
            tag = self.now(tag())
        url = event.url
        if url is not None:
            self.assertEqual(url[:len(WEB)], WEB)
            url = url[len(WEB):]
        return event.package, tag, self.now(event.user()), url

    def now(self, call: Any) -> Any:
        """What a call gives, which may ask for a name first."""
        self.hub.clock.advance(0)
        return self.get(call)


class RecordedTests(MessagesTestCase):
    """Every recorded message, as every library has it."""

    def test_events(self) -> None:
        """Each is the event that it is."""
        seen = set()
        for each in recorded('events'):
            kind, name, before, after = EVENTS[each['event']]
            event = self.parse(plain(each))
            self.assertEqual(type(event).__name__, kind)
            self.assertEqual((event.event, event.new), (name, after))
            self.assertIn(event.old, before, each['event'])
            self.assertEqual(event.topic, each['address'])
            seen.add(each['event'])
        self.assertEqual(seen, set(EVENTS))

    def test_objects(self) -> None:
        """Their objects are what the hub sent, and go on."""
        for each in recorded('events'):
            event: Any = self.parse(plain(each))
            body, properties = each['body'], each['properties']
            if event.kind == 'TaskStateChange':
                self.assertIsInstance(event.task, Task)
                self.assertEqual(event.task, body['info'])
                self.assertEqual(event.task.state_name, event.new)
                found = event.task
            elif event.kind.startswith('Repo'):
                self.assertIsInstance(event.repo, Repo)
                self.assertEqual(event.repo.id, properties['repo_id'])
                self.assertEqual(event.tag, properties['tag'])
                found = event.repo
            elif event.kind == 'PackageListChange':
                self.assertEqual((event.tag, event.package, event.action),
                                 (properties['tag'], properties['package'],
                                  properties['action']))
                continue
            else:
                self.assertIsInstance(event.build, Build)
                self.assertEqual(
                    [event.build[name]
                     for name in ('name', 'version', 'release')],
                    [properties[name]
                     for name in ('name', 'version', 'release')])
                found = event.build
            self.assertIs(found.connection, self.koji)

    def test_details(self) -> None:
        """What each is about, who did it, and where to look."""
        self.hub.tables.users.append({'id': 99, 'name': 'x'})
        for event, expected in DETAILS.items():
            self.assertEqual(self.details(self.parse(plain(first(event)))),
                             expected, event)

    def test_more(self) -> None:
        """What only some have."""
        event: Any = self.parse(plain(first('build.promote')))
        self.assertEqual((event.draft_release, event.target_release),
                         ('1.fc44,draft_5458', '1.fc44'))
        event = self.parse(plain(first('sign.rpm')))
        self.assertEqual((event.sigkey, event.rpm.arch),
                         ('2c6b5a2c', 'noarch'))
        self.assertEqual(event.sighash, 'cd79add359d423a755a08a5ee390e4ec')
        event = self.parse(plain(first('import.archive')))
        self.assertEqual((event.type, event.body.archive.btype),
                         ('archive', 'image'))
        done = [self.parse(plain(each)).expire  # type: ignore[attr-defined]
                for each in recorded('events') if each['event'] == 'repo.done']
        self.assertEqual(sorted(done), [False, True])

    def test_free(self) -> None:
        """A task that is new has its request as XML, and few members."""
        event: Any = self.parse(plain(first('task.free')))
        self.assertEqual((event.task.package, event.task.target),
                         ('zsh', 'f44-candidate'))
        self.assertIsNone(event.task.created)
        self.assertIsNone(event.task.host_id)
        self.assertIs(event.task.is_scratch, False)

    def test_libraries(self) -> None:
        """They are equal, whatever library hands them over."""
        for each in recorded('events'):
            expected = self.all_of(self.parse(plain(each)))
            for form, message in forms(each):
                self.assertEqual(self.all_of(self.parse(message)), expected,
                                 (form, each['event']))

    def test_ids(self) -> None:
        """The broker's name of a message is kept, where it gives one."""
        ids = {form: self.parse(message).id
               for form, message in forms(first('build.tag'))
               if 'proton' not in form}
        self.assertEqual(ids, {
            'plain': None, 'no topic': None, 'decoded': None,
            'no properties': None, 'stompest': 'ID:1', 'stomp.py': 'ID:1',
            'older stomp.py': 'ID:1', 'pika': '5',
            'pika, with its channel': '5'})

    def test_proton(self) -> None:
        """A message of qpid-proton has its name, too."""
        if proton is None:
            self.skipTest('python-qpid-proton is missing')
        message = proton.Message(body='{}', address='koji.x.y', id='7')
        self.assertEqual((self.parse(message).id, self.parse(message).event),
                         ('7', 'koji.x.y'))

    def test_undecoded(self) -> None:
        """Messages that RabbitMQ handed on undecoded are the same."""
        by_body = {json.dumps(each['body'], sort_keys=True): each
                   for each in recorded('events')}
        for each in recorded('amqp091'):
            event = self.parse(undecoded(each))
            expected = by_body[json.dumps(event.body, sort_keys=True)]
            self.assertEqual(event.properties['type'],
                             expected['properties']['type'])
            self.assertEqual(
                {name: event.properties[name]
                 for name in expected['properties']}, expected['properties'])
            self.assertEqual(self.all_of(event),
                             self.all_of(self.parse(plain(expected))))

    def test_undecoded_stomp(self) -> None:
        """So are those that stomp.py got of it."""
        found = 0
        for part in files()['messages/stomp-raw-rabbitmq.bin'].split(
                b'MESSAGE\n')[1:]:
            head, _, body = part.partition(b'\n\n')
            headers = dict(line.split(b':', 1) for line in head.split(b'\n'))
            body = body[:int(headers[b'content-length'])]
            topic = headers[b'destination'].decode()
            for form in (body, body.decode('utf-8', 'replace')):
                event = self.parse({'headers': {'destination': topic},
                                    'body': form})
                kind, name, *_ = EVENTS[topic.partition('koji.')[2]]
                self.assertEqual((type(event).__name__, event.event),
                                 (kind, name))
                found += 1
        self.assertGreater(found, 2)

    def test_undecoded_length(self) -> None:
        """A length that looks like the beginning of JSON is none."""
        text = json.dumps({'a': 'x' * (0x17b - 9)})
        self.assertEqual(len(text), 0x17b)
        event = self.parse({'headers': {'destination': '/topic/koji.x'},
                            'body': '\0Sw\xb1\0\0\x01{' + text})
        self.assertEqual(event.body, json.loads(text))

    def test_stomp(self) -> None:
        """Frames of a broker that decodes are the same, but for text."""
        for each in recorded('stomp'):
            event = self.parse(StompPyFrame('MESSAGE', each['headers'],
                                            each['body']))
            again = self.parse(each)
            self.assertEqual(self.all_of(event), self.all_of(again))
            expected = next(other for other in recorded('events')
                            if other['body'] == event.body)
            self.assertEqual(self.all_of(event),
                             self.all_of(self.parse(plain(expected))))

    def test_fedora(self) -> None:
        """Messages of fedora-messaging say the same in another shape."""
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
        """And so do their objects, times included."""
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
        """Of a build that was promoted it says hardly anything."""
        event: Any = self.parse((
            {}, {'instance': 'primary', 'base_url': 'https://x'},
            'org.fedoraproject.prod.buildsys.build.promote'))
        self.assertIs(type(event), messages.BuildPromote)
        self.assertEqual((event.build, event.url, event.package,
                          event.draft_release, self.get(event.user())),
                         (None,) * 5)

    def test_qpid(self) -> None:
        """Koji's older plugin tells it in the subject, or in properties."""
        for event in ('task.closed', 'build.complete', 'build.tag',
                      'repo.done', 'package.add', 'import.rpm'):
            each = first(event)
            kind = each['properties']['type']
            expected = self.all_of(self.parse(plain(each)))
            for message in [
                    ({}, each['body'], f'koji.{kind}.zsh.5_9'),
                    ({'type': kind}, each['body'], 'koji.event')]:
                self.assertEqual(self.all_of(self.parse(message)), expected)

    def test_no_connection(self) -> None:
        """Without a connection there are no pages, and no calls."""
        event: Any = messages.parse(plain(first('task.closed')))
        self.assertIsNone(event.url)
        self.failureResultOf(event.user(), ValueError)
        self.assertIsNone(self.get(messages.parse(
            plain(first('repo.done'))).user()))


#: What koji-fedoramessaging says of a finished build, and of a signed RPM.
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


class FedoraTests(MessagesTestCase):
    """What fedora-messaging leaves out, and what it has beside."""

    def fedora(self, topic: str, body: Any) -> Any:
        return self.parse(({}, body, f'org.fedoraproject.prod.{topic}'))

    def test_sign_without_build(self) -> None:
        """An RPM that came without its build has the id of it."""
        event = self.fedora('buildsys.rpm.sign', SIGNED)
        self.assertIs(type(event), messages.RPMSign)
        self.assertEqual((event.sigkey, event.rpm.name), (
            '0123abcd', 'tool-libs'))
        self.assertEqual((event.build, event.build.id, event.url), (
            {'build_id': 1001}, 1001, WEB + 'buildinfo?buildID=1001'))
        self.assertIs(event.build.connection, self.koji)
        self.assertIsNone(event.package)

    def test_sign_of_no_build(self) -> None:
        """An RPM that is of no build here leaves the build unknown."""
        for build_id in (None, 'x'):
            event = self.fedora('buildsys.rpm.sign', {
                **SIGNED, 'rpm': {**SIGNED['rpm'], 'build_id': build_id}})
            self.assertEqual((event.build, event.package, event.url),
                             (None,) * 3)

    def test_import_without_build(self) -> None:
        """So has an import: an RPM, an archive, or a whole build."""
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
        """A build of which nothing is said has no name and no page."""
        event: Any = self.parse(({'type': 'Tag'}, {'build': {}, 'tag': 'x'}))
        self.assertEqual((event.build, event.package, event.url),
                         ({}, None, None))

    def test_source(self) -> None:
        """A build has its source, and its commit, from the request."""
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
        """A build that was made of something else has no source."""
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
        """The task of a finished build knows its target and its children."""
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
        """A scratch build is known by its task."""
        event = self.fedora('buildsys.task.state.change', {
            'old': 'OPEN', 'new': 'CLOSED', 'owner': 'jdoe', 'info': {
                'id': 3001, 'method': 'build', 'owner': 7, 'request': [
                    'cli-build/1700000000.1.AbCd/tool-1.0-1.fc44.src.rpm',
                    'rawhide', {'scratch': True}]}})
        self.assertEqual((event.event, event.task.is_scratch, event.task.nvr),
                         ('CLOSED', True, 'tool-1.0-1.fc44'))

    def test_older(self) -> None:
        """Forms of fedmsg that lack what each kind needs are malformed."""
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
        """A message that datanommer has kept is the same event."""
        for each, *headers in ([first('task.closed'), 'type'],
                               [first('build.tag'), 'type', 'tag']):
            event = self.parse({
                'topic': each['address'], 'msg': each['body'],
                'msg_id': '2026-1', 'headers': {
                    name: each['properties'][name] for name in headers}})
            self.assertEqual(self.all_of(event),
                             self.all_of(self.parse(plain(each))))
            self.assertEqual(event.id, '2026-1')


class OthersTests(MessagesTestCase):
    """Messages of other programs, on topics that end as Koji's do."""

    def test_fedora(self) -> None:
        """Of the topics of fedora-messaging those of buildsys are Koji's."""
        for topic, body in [
                ('coreos.build.state.change', {
                    'build_id': '44.20260101.91.0', 'state': 'FINISHED'}),
                ('coreos.build.state.change', COMPLETE),
                ('bodhi.repo.done', {'repo': 'f44-updates'}),
                ('jenkins.build.failed', {'project': 'tool', 'build': 3}),
                ('jenkins.build.failed', {'info': {'id': 5, 'name': 'x'}}),
                ('pkgdb.package.update', {'package': 'tool'}),
                ('ci.koji-build.build.complete', {'info': {}}),
                ('robosign.rpm.sign', SIGNED), ('x.sign.rpm', SIGNED),
                ('bodhi.Import.x', {'build': {'id': 5}}),
                ('copr.buildsys.tag', {'build_id': 5})]:
            for prefix in ('org.fedoraproject.prod.', 'org.centos.stg.',
                           '/topic/org.fedoraproject.prod.'):
                event = self.parse(({}, body, prefix + topic))
                self.assertIs(type(event), messages.Message, topic)
                self.assertEqual((event.event, event.body),
                                 (prefix + topic, body))
                self.assertIsNone(event.package)

    def test_others(self) -> None:
        """Elsewhere the body has to be as one of Koji's own plugin, too."""
        for end, kind in [
                ('build.complete', 'info'), ('task.failed', 'info'),
                ('build.tag', 'build'), ('build.untag', 'build'),
                ('build.promote', 'build'), ('import.rpm', 'build'),
                ('sign.rpm', 'rpm'), ('package.add', 'package'),
                ('repo.init', 'tag'), ('repo.done', 'repo'),
                ('RPMSign.x', 'rpm'), ('Import.x', 'build')]:
            for body in ({}, {kind: 'x'}, {kind: 5, 'build_id': 'x'}):
                for prefix in ('VirtualTopic.eng.ci.', 'topic://x.', ''):
                    event = self.parse(({}, body, prefix + end))
                    self.assertIs(type(event), messages.Message, end)
        self.assertIs(type(self.parse(
            ({}, COMPLETE, 'coreos.build.state.change'))), messages.Message)

    def test_prefixes(self) -> None:
        """Whatever a hub puts before its topics, they are Koji's."""
        for prefix in ('VirtualTopic.eng.brew', 'org.example.stg', 'buildsys',
                       '/topic/koji', 'koji.eng.prod'):
            for event in ('task.closed', 'build.complete', 'repo.done'):
                each = first(event)
                found = self.parse(({}, each['body'], f'{prefix}.{event}'))
                self.assertEqual(found.kind, each['properties']['type'])
        for prefix in ('', 'org.fedoraproject.prod.', 'org.centos.prod.',
                       '/topic/VirtualTopic.x.', 'local.'):
            found = self.parse(({}, COMPLETE,
                                prefix + 'buildsys.build.state.change'))
            self.assertEqual(found.kind, 'BuildStateChange')

    def test_operators(self) -> None:
        """Builds on the message bus of Red Hat are known, imported or not."""
        for info, task_id in [
                ({'extra': {'container_koji_task_id': 3001}}, 3001),
                ({'extra': {'typeinfo': {'module': {}}}}, None)]:
            event: Any = self.parse({'headers': {
                'destination': '/topic/VirtualTopic.eng.brew.build.complete',
                'type': 'BuildStateChange', 'old': 'BUILDING',
                'new': 'COMPLETE', 'epoch': 'null'}, 'body': {
                    'old': 0, 'new': 1, 'info': {
                        'id': 1001, 'task_id': None, **info}}})
            self.assertEqual((event.event, event.build.id,
                              event.build.task_id),
                             ('COMPLETE', 1001, task_id))


class OldNamesTests(MessagesTestCase):
    """What programs for the older library use."""

    def test_from_frame(self) -> None:
        """Each class reads its frames, which may have few headers."""
        for event, cls in [('task.closed', messages.TaskStateChange),
                           ('build.complete', messages.BuildStateChange),
                           ('build.tag', messages.TagUntag),
                           ('build.untag', messages.TagUntag)]:
            each = first(event)
            expected = self.all_of(self.parse(plain(each)))
            headers = stomp_headers(each)
            for body in (json.dumps(each['body']),
                         json.dumps(each['body']).encode()):
                for kept in (headers, {
                        name: headers[name] for name in ('type', 'new')
                        if name in headers}):
                    frame = StompFrame('MESSAGE', kept, body)
                    self.assertEqual(
                        self.all_of(cls.from_frame(frame, self.koji)),
                        expected)
        only_new = StompFrame('MESSAGE', {'new': 'CLOSED'}, json.dumps(
            first('task.closed')['body']))
        self.assertEqual(
            messages.TaskStateChange.from_frame(only_new, self.koji).event,
            'CLOSED')

    def test_other(self) -> None:
        """A frame of another kind is an error."""
        frame = StompFrame('MESSAGE', stomp_headers(first('build.tag')),
                           json.dumps(first('build.tag')['body']))
        error = self.assertRaises(
            MessageError, messages.TaskStateChange.from_frame, frame,
            self.koji)
        self.assertIs(error.original, frame)
        self.assertIs(type(messages.Message.from_frame(frame)),
                      messages.TagUntag)
        init, done = [{'properties': {}, 'topic': f'koji.repo.{name}',
                       'body': first(f'repo.{name}')['body']}
                      for name in ('init', 'done')]
        self.assertRaises(MessageError, messages.RepoDone.from_frame, init)
        self.assertIs(type(messages.RepoInit.from_frame(done)),
                      messages.RepoDone)
        self.assertIn('is a Tag message, not a TaskStateChange', str(error))

    def test_task_tag(self) -> None:
        """The tag of a task is asked for where it is not in the request."""
        for request, method, expected in [
                ([36, 4494, False, None], 'tagBuild', 'f44-updates-testing'),
                (['git+https://x/rpms/x#1', 'f44-candidate', {}], 'build',
                 'f44-updates-candidate'),
                (['f44-build'], 'newRepo', 'f44-build'),
                (['git+https://x/rpms/x#1', 'none', {}], 'build', None),
                ([5], 'sleep', None)]:
            event: Any = messages.parse(({'type': 'TaskStateChange'}, {
                'info': {'method': method, 'request': request}}), self.koji)
            self.assertEqual(self.now(event.tag()), expected, method)


class UnknownTests(MessagesTestCase):
    """What is not known, and what is no message of Koji."""

    def test_unknown(self) -> None:
        """An event that is not known is a plain Message, with all of it."""
        for message in [({'type': 'Commit'}, '{"a": 1}', 'koji.commit'),
                        ({'type': 'Commit'}, {'a': 1}, 'x.build.complete'),
                        ({}, '{"a": 1}', 'org.example.bodhi.update')]:
            event = self.parse(message)
            self.assertIs(type(event), messages.Message)
            self.assertEqual(event.body.a, 1)
            self.assertIn(event.event, ('Commit', 'org.example.bodhi.update'))
            self.assertEqual((event.old, event.new, event.url, event.tag,
                              event.package, self.get(event.user())),
                             (None,) * 6)
        by_name = messages.parse(connection=self.koji, topic='koji.commit',
                                 body=b'{}', properties={'type': 'Commit'})
        self.assertEqual(by_name.event, 'Commit')

    def test_no_messages(self) -> None:
        """Anything else is an error, which says why and keeps it."""
        task = {'type': 'TaskStateChange'}
        for message, reason in [
                (None, 'not a JSON object'), (5, 'attribute'),
                ('text', 'attribute'), ((), 'got 0 items'),
                ({}, 'not a JSON object'), (({}, b'{}'), 'neither a type'),
                (({}, b'[]', 'x'), 'not a JSON object'),
                (({}, b'\xff', 'x'), 'codec'),
                (({}, b'{', 'x'), 'Expecting'), (({}, b'', 'x'), 'Expecting'),
                (({}, b'{}', 5), 'topic'), ((5, b'{}', 'x'), 'iterable'),
                (({}, '[' * 100000, 'x'), 'recursion'),
                (({}, b'\0Sw\xb1\xff\xff\xff\xffx', 'x'), 'cut off'),
                (({}, '\0Sw garbled', 'x'), 'Expecting'),
                ((task, b'{}'), "no 'info'"),
                ((task, b'{"info": 5}'), "no 'info'"),
                (({'type': 'Tag'}, b'{}'), 'no build'),
                (({'type': 'Import'}, b'{"type": "cg"}'), "no 'metadata'"),
                (({'type': 'Import'}, b'{"type": "cg", "metadata": {}}'),
                 'no build'),
                (({'type': 'RepoInit'}, b'{}'), 'no repository'),
                (({'type': 'PackageListChange'}, b'{}'), 'no tag'),
                (({'type': 'RPMSign'}, b'{"build": {}}'), "no 'rpm'")]:
            error = self.assertRaises(MessageError, self.parse, message)
            self.assertIn(reason, str(error), message)
            if message is not None:
                self.assertIs(error.original, message)

    def test_large(self) -> None:
        """A body that is far too large is refused unread."""
        body = b'{"a": "' + b'x' * 2**26 + b'"}'
        error = self.assertRaises(MessageError, self.parse, ({}, body, 'x'))
        self.assertIn('more than', str(error))

    @settings(derandomize=True, max_examples=300, deadline=None)
    @given(st.binary(max_size=60))
    def test_random(self, data: bytes) -> None:
        """Random bytes are an event or an error."""
        for message in (({}, data, 'koji.task.free'),
                        ({'x-amqp-1.0-app-properties': data}, b'{}', 'x'),
                        ({}, b'\0Sw' + data, 'x')):
            try:
                self.parse(message)
            except MessageError:
                pass

    JSON = st.recursive(
        st.none() | st.booleans() | st.integers() | st.floats()
        | st.text(max_size=5),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(
            st.sampled_from(['info', 'build', 'tag', 'id', 'name', 'state',
                             'request', 'method', 'old', 'new', 'user',
                             'start_time', 'metadata', 'repo', 'type', 'x']),
            inner, max_size=6), max_leaves=20)

    @settings(derandomize=True, max_examples=300, deadline=None)
    @given(st.sampled_from(sorted(messages.KINDS)), JSON, JSON)
    def test_random_json(self, kind: str, body: Any, properties: Any) -> None:
        """Random JSON is an event that can be read, or an error."""
        if not isinstance(properties, dict):
            properties = {}
        try:
            event: Any = self.parse(({**properties, 'type': kind}, body))
        except MessageError:
            return
        repr((event, event.event, event.url, event.package, event.old))
        if not callable(event.tag):
            self.get(event.user())

    def test_truncated(self) -> None:
        """A message that is cut off anywhere is an error."""
        method, properties, body = undecoded(recorded('amqp091')[0])
        header = properties.headers['x-amqp-1.0-app-properties']
        for end in range(3, len(body)):
            self.assertRaises(MessageError, self.parse,
                              (method, properties, body[:end]))
        for end in range(len(header)):
            self.assertRaises(ValueError, amqp1.decode_section, header[:end])


class EncodingTests(SynchronousTestCase):
    """Sections of AMQP 1.0."""

    def test_types(self) -> None:
        """Every type that a property can have."""
        for data, value in [
                (b'\x40', None), (b'\x41', True), (b'\x42', False),
                (b'\x56\x01', True), (b'\x43', 0), (b'\x44', 0),
                (b'\x50\xff', 255), (b'\x51\xff', -1), (b'\x52\x07', 7),
                (b'\x53\x07', 7), (b'\x54\xfe', -2), (b'\x55\xfe', -2),
                (b'\x60\x01\x00', 256), (b'\x61\xff\xff', -1),
                (b'\x70\0\0\x01\0', 256), (b'\x71\xff\xff\xff\xff', -1),
                (b'\x80' + b'\0' * 7 + b'\x05', 5),
                (b'\x81' + b'\xff' * 8, -1), (b'\x83' + b'\0' * 8, 0),
                (b'\x72\x3f\x80\0\0', 1.0),
                (b'\x82\x3f\xf0' + b'\0' * 6, 1.0),
                (b'\xa0\x02ab', b'ab'), (b'\xb0\0\0\0\x02ab', b'ab'),
                (b'\xa1\x02\xc3\xa4', 'ä'), (b'\xb1\0\0\0\x01a', 'a'),
                (b'\xa3\x01a', 'a'), (b'\x45', []),
                (b'\xc0\x03\x02\x41\x40', [True, None]),
                (b'\xd0\0\0\0\x05\0\0\0\x01\x41', [True]),
                (b'\xc1\x05\x02\xa1\x01a\x43', {'a': 0})]:
            self.assertEqual(amqp1.decode_section(b'\0Sw' + data), value)

    def test_bad(self) -> None:
        """What cannot be, or could take long."""
        deep = b'\x45'
        for _ in range(amqp1.DEPTH + 2):
            deep = b'\xc0' + bytes([len(deep) + 1, 1]) + deep
        self.assertRaises(ValueError, amqp1.decode_section, b'\0Sw' + deep)
        for data in (b'', b'x', b'\0Sw', b'\0Sw\x99', b'\0Sw\x40\x40',
                     b'\0Sw\xf0\0\0\0\x05\xff\xff\xff\xff\x40',
                     b'\0Sw\xd0\0\0\0\x05\xff\xff\xff\xff\x40',
                     b'\0Sw\xc1\x03\x01\x40', b'\0Sw\xc1\x05\x02\x45\x40',
                     b'\0Sw\xa1\x01\xff', b'\0Sw' + b'\xc0\xff\x01' * 100):
            self.assertRaises(ValueError, amqp1.decode_section, data)
