"""`Message`, the base of all classes of messages, and the table of them."""
from __future__ import annotations

from collections.abc import Callable
from contextlib import suppress
from datetime import datetime, timezone
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, succeed

from txkoji.exceptions import MessageError
from txkoji.messages.fields import Fields
from txkoji.messages.frames import Frame, read_frame
from txkoji.messages.kinds import kind_of
from txkoji.resource import Hub

Self = TypeVar('Self', bound='Message')
MessageType = TypeVar('MessageType', bound='type[Message]')

#: Kind -> class of its messages. `message_class` adds the entries.
KINDS: dict[str, type[Message]] = {}


def message_class(*kinds: str) -> Callable[[MessageType], MessageType]:
    """
    Add a class to `KINDS`, as a decorator.

    :param kinds: the kinds of the messages that the class reads.
    """
    def add(cls: MessageType) -> MessageType:
        for kind in kinds:
            KINDS[kind] = cls
        return cls

    return add


class Message:
    """
    A message about an event.

    A message about an unknown event, and a message of another program, are
    plain `Message` objects.

    :ivar kind: the kind of the event: the name of the class, or a narrower
                one, such as "Tag" or "Untag" of a `TagUntag`.
    :ivar properties: the application properties or headers of the message.
                      Numbers in them may be text.
    :ivar body: the body, as Munch.
    :ivar topic: the topic that the message was sent to, or None.
    :ivar id: the broker's identifier of the message, or None. A poll makes an
              identifier of the event.
    :ivar connection: the Connection that rich objects of the message use, or
                      None.
    """

    #: The name of the tag and of the package, and the names of the states
    #: before and after the event. None if the message has none.
    tag: Any = None
    package: str | None = None
    old: str | None = None
    new: str | None = None

    def __init__(self, frame: Frame, connection: Hub | None = None,
                 kind: str | None = None) -> None:
        self.kind: str = kind or type(self).__name__
        self.properties: dict[str, Any] = frame.properties
        self.body: Any = frame.body
        self.topic: str | None = frame.topic
        self.id: str | None = frame.id
        self._sent_at = frame.time
        self.connection = connection
        self._fields = Fields(frame, connection)
        self._read(self._fields)

    @classmethod
    def from_frame(cls: type[Self], frame: Any,
                   connection: Hub | None = None) -> Self:
        """
        Read a message of this class.

        :param frame: a frame of a STOMP library, or anything that
                      `txkoji.messages.parse` takes.
        :param connection: the Connection that rich objects of the message
                           use.
        :raises MessageError: if the frame is a message of another class, is
                              malformed, or is not a message of Koji.
        """
        read = read_frame(frame)
        kind = kind_of(read)
        found: Any = cls if kind is None else KINDS[kind]
        if not issubclass(found, cls):
            raise MessageError(f'the frame is a {kind} message, not a'
                               f' {cls.__name__}', original=frame)
        made: Self = make_message(found, read, connection, kind, frame)
        return made

    def _read(self, fields: Fields) -> None:
        """
        Set the members of the class.

        :raises ValueError: if the message lacks a field that it must have.
        """

    @property
    def event(self) -> str:
        """The event, in a word."""
        if type(self) is Message:
            return str(self.properties.get('type') or self.topic)
        return self.kind

    @property
    def time(self) -> datetime | None:
        """
        When the event happened, in UTC. None if the message does not tell.

        A poll knows the time. Of a broker's messages, those about the states
        of tasks and builds tell the time, and others if the broker has noted
        when the message was sent.
        """
        with suppress(ValueError, TypeError, OverflowError, OSError):
            if self._sent_at:
                return datetime.fromtimestamp(self._sent_at, timezone.utc)
            return self._changed_at()
        return None

    def _changed_at(self) -> datetime | None:
        """Find the time of the event in the object of the event."""
        return None

    @property
    def url(self) -> str | None:
        """The page on kojiweb of the object of the event, or None."""
        return None

    def user(self) -> Deferred[str | None]:
        """
        Get the name of the user that caused the event.

        :returns: a Deferred that fires with the name, or with None if the
                  message has none.
        """
        return succeed(self._fields.name('user'))

    def __repr__(self) -> str:
        return f'<{self.event} {self.topic}>' if self.topic else (
            f'<{self.event}>')


def make_message(cls: type[Self], frame: Frame, connection: Hub | None,
                 kind: str | None, original: Any) -> Self:
    """
    Make a message of a class.

    :param original: the object that a broker library delivered.
    :raises MessageError: if the message is malformed.
    """
    try:
        return cls(frame, connection, kind)
    except (ValueError, TypeError, AttributeError) as error:
        raise MessageError(f'malformed {kind or cls.__name__} message:'
                           f' {error}', original=original) from error
