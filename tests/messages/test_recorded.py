"""Every recorded message, in the form of every library."""
from __future__ import annotations

import json
from typing import Any

from stomp.utils import Frame as StompPyFrame

from tests.messages.samples import (
    MessagesTestCase,
    first,
    forms,
    plain,
    proton,
    recorded,
    undecoded,
)
from tests.recordings import files
from txkoji import messages
from txkoji.build import Build
from txkoji.repo import Repo
from txkoji.task import Task

#: End of a topic -> class, event, states before and after. Source: Koji's
#: plugin (plugins/hub/protonmsg.py).
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

#: Event -> package, tag, user and page of its first recorded message.
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


class RecordedTests(MessagesTestCase):
    """Recorded messages of Koji's own plugin."""

    def test_events(self) -> None:
        """Each recorded message has the class and the states of its event."""
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
        """Rich objects have the hub's data, and the connection."""
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
        """Each message knows its package, its tag, its user and its page."""
        self.hub.tables.users.append({'id': 99, 'name': 'x'})
        for event, expected in DETAILS.items():
            self.assertEqual(self.details(self.parse(plain(first(event)))),
                             expected, event)

    def test_more(self) -> None:
        """Members of only one class have the values of the message."""
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
        """A new task has the request, and its unknown times are None."""
        event: Any = self.parse(plain(first('task.free')))
        self.assertEqual((event.task.package, event.task.target),
                         ('zsh', 'f44-candidate'))
        self.assertIsNone(event.task.created)
        self.assertIsNone(event.task.host_id)
        self.assertIs(event.task.is_scratch, False)

    def test_libraries(self) -> None:
        """A message is equal in the forms of all libraries."""
        for each in recorded('events'):
            expected = self.all_of(self.parse(plain(each)))
            for form, message in forms(each):
                self.assertEqual(self.all_of(self.parse(message)), expected,
                                 (form, each['event']))

    def test_ids(self) -> None:
        """``id`` is the broker's identifier of the message, or None."""
        ids = {form: self.parse(message).id
               for form, message in forms(first('build.tag'))
               if 'proton' not in form}
        self.assertEqual(ids, {
            'plain': None, 'no topic': None, 'decoded': None,
            'no properties': None, 'stompest': 'ID:1', 'stomp.py': 'ID:1',
            'older stomp.py': 'ID:1', 'pika': '5',
            'pika, with its channel': '5'})

    def test_proton(self) -> None:
        """``id`` is the identifier of a message of qpid-proton."""
        if proton is None:
            self.skipTest('python-qpid-proton is missing')
        message = proton.Message(body='{}', address='koji.x.y', id='7')
        self.assertEqual((self.parse(message).id, self.parse(message).event),
                         ('7', 'koji.x.y'))

    def test_undecoded(self) -> None:
        """Messages of AMQP 1.0 that RabbitMQ did not decode are equal."""
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
        """Undecoded sections in STOMP frames are decoded."""
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
        """A byte "{" in the length of a section does not begin the JSON."""
        text = json.dumps({'a': 'x' * (0x17b - 9)})
        self.assertEqual(len(text), 0x17b)
        event = self.parse({'headers': {'destination': '/topic/koji.x'},
                            'body': '\0Sw\xb1\0\0\x01{' + text})
        self.assertEqual(event.body, json.loads(text))

    def test_stomp(self) -> None:
        """STOMP frames, whose headers are text, are equal to other forms."""
        for each in recorded('stomp'):
            event = self.parse(StompPyFrame('MESSAGE', each['headers'],
                                            each['body']))
            again = self.parse(each)
            self.assertEqual(self.all_of(event), self.all_of(again))
            expected = next(other for other in recorded('events')
                            if other['body'] == event.body)
            self.assertEqual(self.all_of(event),
                             self.all_of(self.parse(plain(expected))))

    def test_qpid(self) -> None:
        """Messages of Koji's older plugin for qpid are equal."""
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
        """Without a connection, pages are None and calls fail."""
        event: Any = messages.parse(plain(first('task.closed')))
        self.assertIsNone(event.url)
        self.failureResultOf(event.user(), ValueError)
        self.assertIsNone(self.get(messages.parse(
            plain(first('repo.done'))).user()))
