"""Parsing: foreign and malformed messages, and `from_frame`."""
from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings, strategies as st
from stompest.protocol import StompFrame

from tests.messages.samples import (
    MessagesTestCase,
    first,
    plain,
    recorded,
    stomp_headers,
    undecoded,
)
from tests.messages.test_fedora import COMPLETE, SIGNED
from txkoji import messages
from txkoji.exceptions import MessageError
from txkoji.messages import amqp1, kinds


class OthersTests(MessagesTestCase):
    """Messages of other programs on topics like Koji's."""

    def test_fedora(self) -> None:
        """Topics of fedora-messaging outside of buildsys are not Koji's."""
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
        """A body without the object of its kind is not a message of Koji."""
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
        """The kind is found for any prefix of the topic."""
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
        """The task id of a build is read from its extra data."""
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
    """The names of the older library."""

    def test_from_frame(self) -> None:
        """``from_frame`` reads frames with all or few headers."""
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
        """``from_frame`` refuses a frame of another class."""
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
        """``tag()`` asks the hub for a tag that is not in the request."""
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
    """Unknown events, and objects that are not messages."""

    def test_kinds(self) -> None:
        """Each kind has a class, and a member of the body."""
        self.assertEqual({*messages.KINDS}, {*kinds.BODY_MEMBERS})

    def test_unknown(self) -> None:
        """A message about an unknown event is a plain Message."""
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
        """Anything else is an error with a reason and the original."""
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
        """A body above the size limit is an error."""
        body = b'{"a": "' + b'x' * 2**26 + b'"}'
        error = self.assertRaises(MessageError, self.parse, ({}, body, 'x'))
        self.assertIn('more than', str(error))

    @settings(derandomize=True, max_examples=300, deadline=None)
    @given(st.binary(max_size=60))
    def test_random(self, data: bytes) -> None:
        """Random bytes are a message or a MessageError."""
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
        """Random JSON is a readable message or a MessageError."""
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
        """A message that is cut off at any byte is an error."""
        method, properties, body = undecoded(recorded('amqp091')[0])
        header = properties.headers['x-amqp-1.0-app-properties']
        for end in range(3, len(body)):
            self.assertRaises(MessageError, self.parse,
                              (method, properties, body[:end]))
        for end in range(len(header)):
            self.assertRaises(ValueError, amqp1.decode_section, header[:end])
