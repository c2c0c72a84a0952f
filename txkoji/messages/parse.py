"""`parse`: a message of any broker library, as an object."""
from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from txkoji.exceptions import MessageError
from txkoji.messages.frames import read_frame
from txkoji.messages.kinds import kind_of
from txkoji.messages.message import KINDS, Message, make_message
from txkoji.resource import Hub


def parse(message: Any = None, connection: Hub | None = None, *,
          properties: Mapping[str, Any] | None = None, body: Any = None,
          topic: str | None = None) -> Message:
    """
    Read a message.

    :param message: the object that a broker library delivers: a frame of
        stompest or stomp.py; a message of qpid-proton or fedora-messaging;
        (method, properties, body) of pika, with or without the channel before
        them. Or (properties, body, topic), where the topic is optional. Or a
        dictionary: of "properties", "body", "topic" and "id"; of "headers"
        and "body", as in STOMP; or of "topic", "headers" and "msg", as
        datagrepper answers.
    :param connection: the Connection that rich objects of the message use.
    :param properties: application properties or headers, in place of
                       `message`.
    :param body: the body, in place of `message`: JSON as bytes or text, or
                 decoded.
    :param topic: the topic, in place of `message`.
    :returns: an object of the class of the event, such as
              `BuildStateChange`. A plain `Message` for an unknown event and
              for a message of another program. (Koji's topics of
              fedora-messaging are those below ``buildsys``.)
    :raises MessageError: if the argument is not a message, or a message of
                          Koji is malformed. The error has the argument as
                          ``original``.
    """
    if message is None:
        message = {'properties': properties, 'body': body, 'topic': topic}
    frame = read_frame(message)
    kind = kind_of(frame)
    if kind is None and frame.topic is None and not isinstance(
            frame.properties.get('type'), str):
        raise MessageError('not a message of Koji: it has neither a type nor'
                           ' a topic', original=message)
    return make_message(Message if kind is None else KINDS[kind], frame,
                        connection, kind, message)
