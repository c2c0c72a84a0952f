"""`EventStream`: events for an ``async for`` loop."""
from __future__ import annotations

import weakref
from collections import deque
from typing import Any, TypeVar

from twisted.internet.defer import Deferred, fail, succeed

from txkoji.exceptions import StreamOverflow
from txkoji.iterators import AsyncItems
from txkoji.messages.listening import NotHandled
from txkoji.messages.message import Message
from txkoji.messages.subscription import Kinds, Subscription

#: The class of the events of a stream.
Event = TypeVar('Event', bound=Message)


class EventStream(AsyncItems[Event]):
    """
    Events, one after the other; `Events.stream` makes it.

    An event is handled when the next one is asked for, or when the stream is
    closed without an error. The events that still wait then are not handled:
    a broker keeps them.

    :param kind: the kinds of the events.
    :param match: the members that the events must have.
    :param limit: the most events that may wait.
    :param unsubscribe: is called with the subscription at the end.

    :ivar subscription: chooses the events.
    """

    def __init__(self, kind: Kinds, match: dict[str, Any], limit: int,
                 unsubscribe: Any) -> None:
        # First: __del__ needs them, also if the subscription is refused.
        self._over = True
        #: Fires when the last given event is handled.
        self._handled: Deferred[None] | None = None
        #: The events that wait, and what fires when they are handled.
        self._events: deque[tuple[Event, Deferred[None]]] = deque()
        #: Those who wait for an event.
        self._askers: deque[Deferred[Event]] = deque()
        self._limit = limit
        self._error: StreamOverflow | None = None
        self._inlet = _Inlet(self)
        self.subscription: Subscription = Subscription(
            self._inlet, kind, match, unsubscribe)
        self._over = False

    def take(self, event: Event) -> Deferred[None]:
        """
        Let an event wait for the loop.

        :returns: a Deferred that fires when the event is handled.
        """
        if len(self._events) >= self._limit:
            self._error = StreamOverflow(
                f'events.stream: {self._limit} events wait, which is the'
                ' limit. Take them faster, choose fewer kinds, or pass a'
                ' higher limit')
            self.end()
            return fail(NotHandled())
        handled: Deferred[None] = Deferred()
        self._events.append((event, handled))
        self._serve()
        return handled

    def _serve(self) -> None:
        """Give an event to one who waits."""
        if self._askers and self._events:
            event, self._handled = self._events.popleft()
            asker = self._askers.popleft()
            self._hold()
            asker.callback(event)

    def _hold(self) -> None:
        """Stay alive while a loop waits here, which only Deferreds know."""
        self._inlet.held = self if self._askers else None

    def next_item(self) -> Deferred[Event]:
        """
        Get the next event; the one before it is handled then.

        :returns: a Deferred that fires with the event. At the end, it fails
                  with `StopAsyncIteration`. Canceling it loses no event.
        :raises StreamOverflow: if more events came than may wait.
        """
        self._settle()
        if not self._events and self._over:
            return fail(self._error or StopAsyncIteration())
        asker: Deferred[Event] = Deferred(self._leave)
        self._askers.append(asker)
        self._hold()
        self._serve()
        return asker

    def _leave(self, asker: Deferred[Event]) -> None:
        self._askers.remove(asker)
        self._hold()

    def _settle(self) -> None:
        """Let the last given event be handled."""
        handled, self._handled = self._handled, None
        if handled is not None:
            handled.callback(None)

    def end(self) -> None:
        """Take no more events; those that wait can still be read."""
        if self._over:
            return
        self._over = True
        self.subscription.cancel()
        askers, self._askers = self._askers, deque()
        self._hold()
        for asker in askers:
            asker.errback(self._error or StopAsyncIteration())

    def stop(self) -> None:
        """Close the stream; its last event is handled."""
        self.end()
        self._settle()
        waiting, self._events = self._events, deque()
        for _, handled in waiting:
            handled.errback(NotHandled())

    async def __aexit__(self, kind: object = None, *error: object) -> None:
        handled, self._handled = self._handled, None
        self.stop()
        if handled is not None:
            if kind is None:
                handled.callback(None)
            else:
                handled.errback(NotHandled())

    def __del__(self) -> None:
        self.stop()


class _Inlet:
    """
    The subscriber of a stream, which does not keep the stream alive.

    A loop that was left has nobody to read its stream.

    :ivar held: the stream, while a loop waits for an event.
    """

    def __init__(self, stream: EventStream[Any]) -> None:
        self._stream = weakref.ref(stream)
        self.held: EventStream[Any] | None = None

    def __call__(self, event: Message) -> Deferred[None]:
        stream = self._stream()
        return succeed(None) if stream is None else stream.take(event)
