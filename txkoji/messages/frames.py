"""
`Frame`: the messages of all broker libraries, in one form.

No broker library is imported here. Their objects are recognized by their
attributes.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from munch import Munch, munchify

from txkoji.exceptions import MessageError
from txkoji.messages import amqp1

#: The limit for bytes of a body. Koji's bodies are far smaller.
MAX_BODY = 64 * 2**20

#: The header in which RabbitMQ passes application properties of AMQP 1.0 on,
#: without decoding them.
UNDECODED_HEADER = 'x-amqp-1.0-app-properties'


class Frame(NamedTuple):
    """
    A decoded message.

    :ivar properties: the application properties, or headers. Numbers may be
                      text: STOMP has no other type.
    :ivar body: the decoded body.
    :ivar topic: the topic that the message was sent to, or None.
    :ivar id: the broker's identifier of the message, or None.
    :ivar time: when the event happened, or the message was sent, in seconds
                since 1970, or None.
    """

    properties: dict[str, Any]
    body: Munch
    topic: str | None = None
    id: str | None = None
    time: float | None = None


def read_frame(message: Any) -> Frame:
    """
    Decode a message of any broker library.

    :param message: see `txkoji.messages.parse`.
    :raises MessageError: if the argument is not a message, or the body is not
                          a JSON object.
    """
    try:
        return _read(message)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise MessageError(f'not a message of Koji: {error}',
                           original=message) from error


def _read(message: Any) -> Frame:
    """Decode a message, by the type and the attributes that it has."""
    if isinstance(message, Mapping):
        return _read_mapping(message)
    if isinstance(message, tuple):
        return _read_tuple(message)
    if hasattr(message, 'topic'):
        # The headers of fedora-messaging have no properties of Koji's.
        return _frame({}, message.body, message.topic, message.id)
    if hasattr(message, 'headers'):
        return _read_stomp(message.headers, message.body)
    # A message of qpid-proton.
    return _frame(message.properties, message.body,
                  message.address or message.subject, message.id)


def _read_mapping(message: Mapping[str, Any]) -> Frame:
    if 'headers' in message and not {'properties', 'topic'} & {*message}:
        return _read_stomp(message['headers'], message.get('body'))
    if 'msg' in message and 'body' not in message:
        # datanommer stores messages in this form, and datagrepper answers so.
        return _frame(message.get('headers'), message['msg'],
                      message.get('topic'), message.get('msg_id'))
    return _frame(message.get('properties'), message.get('body'),
                  message.get('topic', message.get('address')),
                  message.get('id'), message.get('time'))


def _read_tuple(message: tuple[Any, ...]) -> Frame:
    if len(message) in (3, 4) and hasattr(message[-3], 'routing_key'):
        # pika's callbacks get a channel before the method.
        method, properties, body = message[-3:]
        return _frame(properties.headers, body, method.routing_key,
                      properties.message_id, properties.timestamp)
    if len(message) not in (2, 3):
        raise ValueError('expected (method, properties, body) or'
                         f' (properties, body, topic), got {len(message)}'
                         ' items')
    if len(message) == 2 and 'destination' in (message[0] or ()):
        # Listeners of older stomp.py get headers and body.
        return _read_stomp(*message)
    return _frame(*message)


def _read_stomp(headers: Any, body: Any) -> Frame:
    """Decode a STOMP frame. ActiveMQ sends null as an empty header."""
    headers = {key: None if value == '' else value
               for key, value in dict(headers).items()}
    return _frame(headers, body, headers.get('destination'),
                  headers.get('message-id'))


def _frame(properties: Any, body: Any, topic: Any = None, key: Any = None,
           time: Any = None) -> Frame:
    """Make a frame, and decode its parts."""
    properties = dict(properties or {})
    undecoded = properties.pop(UNDECODED_HEADER, None)
    if isinstance(undecoded, bytes):
        properties.update(amqp1.decode_section(undecoded))
    if topic is not None and not isinstance(topic, str):
        raise TypeError('the topic is not a text')
    return Frame(properties, _decode_body(body), topic,
                 None if key is None else str(key),
                 time if isinstance(time, (int, float)) else None)


def _decode_body(body: Any) -> Munch:
    if isinstance(body, (bytearray, memoryview)):
        body = bytes(body)
    if isinstance(body, bytes) and body.startswith(b'\0S'):
        body = amqp1.decode_section(body)
    elif isinstance(body, str) and body.startswith('\0S'):
        body = _strip_section(body)
    if isinstance(body, (bytes, str)):
        if len(body) > MAX_BODY:
            raise ValueError(f'the body has more than {MAX_BODY} bytes')
        body = json.loads(body, object_hook=_to_munch)
    else:
        body = munchify(body)
    if not isinstance(body, Munch):
        raise ValueError('the body is not a JSON object')
    return body


def _strip_section(body: str) -> str:
    """
    Strip the header of a section of AMQP 1.0 from JSON.

    Some libraries decode the whole section as text. The header has a type and
    a length. A byte of the length may equal "{".
    """
    for start in range(3, min(len(body), 10)):
        if body[start] == '{':
            with suppress(ValueError):
                json.loads(body[start:])
                return body[start:]
    return body[3:]


def _to_munch(data: dict[str, Any]) -> Munch:
    """Make a Munch. Its constructor is slow: it sets each member alone."""
    new = Munch.__new__(Munch)
    dict.update(new, data)
    return new
