"""Recorded messages, and test cases for messages and events."""
from __future__ import annotations

import json
from base64 import b64decode
from collections.abc import Iterator
from copy import deepcopy
from functools import cache
from typing import Any

import pika
from stomp.utils import Frame as StompPyFrame
from stompest.protocol import StompFrame

from tests.recordings import files
from tests.support import HubTestCase
from txkoji import messages

try:
    import proton
except ImportError:
    proton = None

WEB = 'http://hub.example.test/koji/'


@cache
def recorded(name: str = 'events') -> list[Any]:
    """Read the lines of a recording."""
    return [json.loads(line)
            for line in files()[f'messages/{name}.jsonl'].splitlines()]


def first(event: str) -> dict[str, Any]:
    """Find the first recorded message of an event."""
    found: dict[str, Any] = next(
        each for each in recorded('events') if each['event'] == event)
    return found


def plain(each: dict[str, Any]) -> Any:
    """Make (properties, body, topic) of a recorded message."""
    return (each['properties'], json.dumps(each['body']), each['address'])


def stomp_headers(each: dict[str, Any]) -> dict[str, str]:
    """Make headers of properties, as ActiveMQ does: all values are text."""
    headers = {'destination': each['address'].replace('/topic/', 'topic://'),
               'message-id': 'ID:1'}
    for name, value in each['properties'].items():
        headers[name] = '' if value is None else str(value)
    return headers


def forms(each: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Yield a recorded message in the form of each library."""
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
    """Make pika's form of an AMQP 1.0 message that RabbitMQ 3 passed on."""
    headers = {
        name: value.encode() if isinstance(value, str)
        else b64decode(value['base64'])
        for name, value in each['properties']['headers'].items()}
    return (pika.spec.Basic.Deliver(routing_key=each['routing_key']),
            pika.BasicProperties(headers=headers,
                                 type=each['properties']['type']),
            b64decode(each['body_base64']))


class MessagesTestCase(HubTestCase):
    """A test case with a connection, and tools to compare messages."""

    def parse(self, message: Any) -> messages.Message:
        """Parse a message."""
        return messages.parse(message, self.koji)

    def all_of(self, event: Any) -> Any:
        """List all public values of a message."""
        objects = {name: getattr(event, name) for name in (
            'build', 'task', 'repo', 'rpm', 'action', 'type', 'sigkey',
            'sighash', 'draft_release', 'target_release', 'expire')
            if hasattr(event, name)}
        return (type(event), event.kind, event.event, event.old, event.new,
                event.url, event.package, event.body, objects,
                event.tag if not callable(event.tag) else None)

    def details(self, event: Any) -> tuple[str | None, ...]:
        """List package, tag, user and page of a message."""
        tag = event.tag
        if callable(tag):
            tag = self.now(tag())
        url = event.url
        if url is not None:
            self.assertEqual(url[:len(WEB)], WEB)
            url = url[len(WEB):]
        return event.package, tag, self.now(event.user()), url

    def now(self, call: Any) -> Any:
        """Get the result of a call, which may send a request to the hub."""
        self.hub.clock.advance(0)
        return self.get(call)


def message(event: str, number: int = 0) -> dict[str, Any]:
    """Find a recorded message, as properties, body and topic."""
    each = [each for each in recorded('events')
            if each['event'] == event][number]
    # A test may change the message.
    return deepcopy({'properties': each['properties'], 'body': each['body'],
                     'topic': each['address']})


class EventsTestCase(HubTestCase):
    """A test case with `Events`, and a list of the events that were heard."""

    def setUp(self) -> None:
        """Start without subscriptions."""
        super().setUp()
        self.events = self.koji.events
        self.heard: list[Any] = []

    def hear(self, **kwargs: Any) -> Any:
        """Subscribe to events, and append them to `heard`."""
        return self.events.subscribe(self.heard.append, **kwargs)

    def feed(self, *recordings: str) -> list[bool]:
        """Feed recorded messages, and return the results."""
        return [self.get(self.events.feed(message(each)))
                for each in recordings]

    @property
    def kinds(self) -> list[str]:
        """The kinds of the events that were heard."""
        return [event.kind for event in self.heard]
