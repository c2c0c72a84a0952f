"""
What the libraries of message brokers hand over, in one form: `Frame`. None of
them is imported here: their objects are known by their attributes.
"""
from __future__ import annotations

import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any, NamedTuple

from munch import Munch, munchify

from txkoji.exceptions import MessageError
from txkoji.messages import amqp1

#: Bytes of a body; none of Koji's is nearly as large.
MAX_BODY = 64 * 2**20

#: The header in which RabbitMQ hands on application properties of AMQP 1.0.
UNDECODED = 'x-amqp-1.0-app-properties'


class Frame(NamedTuple):
    """
    A message.

    :ivar properties: its application properties, or headers: numbers may be
                      text, by the way that it came.
    :ivar body: its decoded body.
    :ivar topic: where it was sent to, or None.
    :ivar id: what it is known by to the broker, or None.
    """

    properties: dict[str, Any]
    body: Munch
    topic: str | None = None
    id: str | None = None


def read_frame(message: Any) -> Frame:
    """
    Read a message of any of the libraries.

    :param message: a frame of stompest or stomp.py; a message of qpid-proton
        or of fedora-messaging; (method, properties, body) of pika, also with
        the channel before them; (properties, body, topic), of which the
        topic may be left out; or a dictionary of these, of the headers and
        body of a STOMP frame, or of an answer of datagrepper.
    :raises MessageError: if it is none of these, or its body is no JSON
                          object.
    """
    try:
        return _read(message)
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        raise MessageError(f'this is no message of Koji: {error}',
                           original=message) from error


def _read(message: Any) -> Frame:
    if isinstance(message, Mapping):
        if 'headers' in message and not {'properties', 'topic'} & {*message}:
            return _stomp(message['headers'], message.get('body'))
        if 'msg' in message and 'body' not in message:
            # As datanommer keeps messages, and datagrepper gives them.
            return _frame(message.get('headers'), message['msg'],
                          message.get('topic'), message.get('msg_id'))
        return _frame(message.get('properties'), message.get('body'),
                      message.get('topic', message.get('address')),
                      message.get('id'))
    if isinstance(message, tuple):
        if len(message) in (3, 4) and hasattr(message[-3], 'routing_key'):
            method, properties, body = message[-3:]
            return _frame(properties.headers, body, method.routing_key,
                          properties.message_id)
        if len(message) not in (2, 3):
            raise ValueError('a tuple of other things')
        if len(message) == 2 and 'destination' in (message[0] or ()):
            # Of older stomp.py: its listeners got headers and body.
            return _stomp(*message)
        return _frame(*message)
    if hasattr(message, 'topic'):
        # fedora-messaging, whose headers have nothing to say.
        return _frame({}, message.body, message.topic, message.id)
    if hasattr(message, 'headers'):
        return _stomp(message.headers, message.body)
    return _frame(message.properties, message.body,
                  message.address or message.subject, message.id)


def _stomp(headers: Any, body: Any) -> Frame:
    """Of STOMP, where what is null is an empty text."""
    headers = {key: None if value == '' else value
               for key, value in dict(headers).items()}
    return _frame(headers, body, headers.get('destination'),
                  headers.get('message-id'))


def _frame(properties: Any, body: Any, topic: Any = None, key: Any = None
           ) -> Frame:
    properties = dict(properties or {})
    undecoded = properties.pop(UNDECODED, None)
    if isinstance(undecoded, bytes):
        properties.update(amqp1.decode_section(undecoded))
    if topic is not None and not isinstance(topic, str):
        raise TypeError('its topic is no text')
    return Frame(properties, _body(body), topic,
                 None if key is None else str(key))


def _body(body: Any) -> Munch:
    if isinstance(body, (bytearray, memoryview)):
        body = bytes(body)
    if isinstance(body, bytes) and body.startswith(b'\0S'):
        body = amqp1.decode_section(body)
    elif isinstance(body, str) and body.startswith('\0S'):
        body = _after_section(body)
    if isinstance(body, (bytes, str)):
        if len(body) > MAX_BODY:
            raise ValueError(f'a body of more than {MAX_BODY} bytes')
        body = json.loads(body, object_hook=_munch)
    else:
        body = munchify(body)
    if not isinstance(body, Munch):
        raise ValueError('its body is no JSON object')
    return body


def _after_section(body: str) -> str:
    """
    The JSON in a section of AMQP 1.0, after a library took all of it for
    text: a type and a length, which may look like anything, are before it.
    """
    for start in range(3, min(len(body), 10)):
        if body[start] == '{':
            with suppress(ValueError):
                json.loads(body[start:])
                return body[start:]
    return body[3:]


def _munch(data: dict[str, Any]) -> Munch:
    """Without going by each member in Python, as Munch does."""
    new = Munch.__new__(Munch)
    dict.update(new, data)
    return new
