"""`Events`: dispatches messages of a message bus to subscribers."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    fail,
    maybeDeferred,
    succeed,
)
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import ConnectionClosed, MessageError
from txkoji.hub.deferreds import SingleFlight, gather
from txkoji.messages.builds import BuildStateChange
from txkoji.messages.listening import Listener
from txkoji.messages.message import Message
from txkoji.messages.parse import parse
from txkoji.messages.subscription import Kinds, Subscription
from txkoji.messages.tasks import TaskStateChange
from txkoji.resource import Hub

if TYPE_CHECKING:
    from txkoji.messages.amqp import AMQPListener
    from txkoji.messages.fedora import FedoraListener

#: The number of handled messages that are remembered, to drop duplicates.
REMEMBERED = 10000


class Events:
    """
    The dispatcher of messages to subscribers, as ``Connection.events``.

    Subscribe a function to some events, and listen to a broker::

        def built(event):
            print(event.build.nvr, event.url)

        koji.events.subscribe(built, kind='BuildStateChange', new='COMPLETE',
                              package='ceph')
        koji.events.listen_amqp('amqps://bot:secret@broker.example.com/')

    Messages are delivered at least once, in any order. A message may come
    late, after a younger message, or again: after an outage of the broker or
    of this process. A message may be lost if the broker keeps no queue for
    this process.

    A duplicate is dropped if the broker gives identifiers to messages.
    Without identifiers, only changes of the states of tasks and builds are
    compared with earlier ones: users do tag, untag and tag a build again.

    A message about a task makes ``Connection.wait`` look at the task at once.

    :param client: the client whose owner is the connection of the messages.
    :param wake: a function to call with the id of each changed task.

    :ivar owner: the connection. Listening ends when the connection is closed.
    """

    _log = Logger()

    def __init__(self, client: HubClient, wake: Callable[[int], None]
                 ) -> None:
        self.owner: Hub = client.owner
        self._wake = wake
        self._subscriptions: list[Subscription] = []
        #: Keys of handled messages, the oldest first.
        self._seen: OrderedDict[Hashable, None] = OrderedDict()
        #: Key of a message in progress -> the work of its subscribers.
        self._in_progress: dict[Hashable, SingleFlight[bool]] = {}
        self._closed = False
        self._listeners: list[Listener] = []

    def subscribe(self, callback: Callable[[Any], Any], kind: Kinds = None,
                  **match: Any) -> Subscription:
        """
        Call a function with each event of some kinds.

        :param callback: the function to call with each event, an object of
            `txkoji.messages`. The function may return a Deferred or be a
            coroutine function. The message is handled when the Deferred has
            fired. An error is logged, and does not affect other subscribers.
        :param kind: "TaskStateChange", "Tag" or another kind, a class of
            `txkoji.messages`, or several of them. None means all kinds.
        :param match: member of the event -> the value that the member must
            have, or several values, such as ``package='ceph'``,
            ``new=['COMPLETE', 'FAILED']`` or ``instance='primary'``.
            `txkoji.messages.subscription` lists the members of each kind.
            Each of the given kinds must have the member.
        :returns: a `Subscription`, which can be canceled.
        :raises ValueError: if a kind is unknown, a member of a kind cannot be
            matched, or a value is a state that the event never has. The text
            names the nearest name or state.
        :raises TypeError: if ``callback`` is not callable.
        """
        subscription = Subscription(callback, kind, match,
                                    self._unsubscribe)
        self._subscriptions.append(subscription)
        return subscription

    def _unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def feed(self, message: Any) -> Deferred[bool]:
        """
        Parse a message of any broker library, and call the subscribers.

        A message that `txkoji.messages.parse` refuses is logged and dropped.

        :param message: see `txkoji.messages.parse`.
        :returns: a Deferred that fires when all subscribers have handled the
                  message: with True, or with False if one has failed.
        """
        try:
            event = parse(message, self.owner)
        except MessageError as error:
            self._log.warn('dropped a message: {error}', error=error)
            return succeed(True)
        return self.dispatch(event)

    def dispatch(self, event: Message) -> Deferred[bool]:
        """
        Call the subscribers with an event, unless it is a duplicate.

        :param event: an object of `txkoji.messages.parse`.
        :returns: a Deferred that fires when all subscribers have handled the
                  event: with True, or with False if one has failed. An event
                  that failed is not a duplicate when it comes again.
        """
        return Deferred.fromCoroutine(self._dispatch(event))

    async def _dispatch(self, event: Message) -> bool:
        key = _duplicate_key(event)
        if key is None:
            return await self._notify_all(event)
        if key in self._seen:
            return True
        if key in self._in_progress:
            # Wait for the first delivery: its subscribers may still fail.
            return await self._in_progress[key].wait()
        work = self._in_progress[key] = SingleFlight()
        try:
            succeeded = await work.run(lambda: self._notify_all(event))
        finally:
            self._in_progress.pop(key, None)
        if succeeded:
            self._seen[key] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return succeeded

    async def _notify_all(self, event: Message) -> bool:
        """Call all subscribers that want an event, and wait for them."""
        if isinstance(event, TaskStateChange) and isinstance(
                event.task.id, int):
            self._wake(event.task.id)
        calls: list[Deferred[bool]] = [
            self._notify(subscription, event)
            for subscription in list(self._subscriptions)
            if subscription.wants(event)
            # An earlier subscriber may have canceled the subscription.
            and subscription in self._subscriptions]
        results: list[bool] = await gather(calls)
        return all(results)

    def _notify(self, subscription: Subscription, event: Message
                ) -> Deferred[bool]:
        """
        Call a subscriber.

        :returns: a Deferred that fires when the subscriber is finished: with
                  False if the subscriber failed.
        """
        def failed(failure: Any) -> bool:
            self._log.failure('a subscriber failed with {event!r}',
                              failure=failure, event=event)
            return False

        call: Deferred[Any] = maybeDeferred(subscription.callback, event)
        return call.addCallbacks(lambda _: True, failed)

    # Listening

    def listen_amqp(self, url: str, queue: str = '',
                    topics: Iterable[str] = ('#',), **options: Any
                    ) -> Deferred[AMQPListener]:
        """
        Listen to a broker of AMQP 0-9-1, such as RabbitMQ.

        Needs pika (extra ``txkoji[amqp]``). The listener connects again after
        the connection is lost. The listener acknowledges a message when the
        subscribers have handled the message.

        A queue with a name is durable: the broker keeps messages while this
        process does not run. Several processes may share the queue. The
        broker delivers each message to one process, and to another process if
        the first one dies.

        :param url: ``amqp://USER:PASSWORD@HOST:PORT/VHOST``, or ``amqps://``.
        :param queue: the name of the queue. An empty name makes a queue for
                      this connection alone.
        :param topics: the topics of the exchange to bind the queue to. In a
                       topic, ``#`` stands for any words, ``*`` for one word.
        :param options: see `txkoji.messages.amqp.AMQPListener`.
        :returns: a Deferred that fires with the listener when the listener
                  consumes. The listener waits for a broker that cannot be
                  reached.
        :raises ListenError: if the broker refuses the login or the queue, or
                             closes the connection during the login.
        """
        from txkoji.messages.amqp import AMQPListener
        return self._listen(AMQPListener(self.feed, url, queue, topics,
                                         **options))

    def listen_fedora_messaging(self, **options: Any
                                ) -> Deferred[FedoraListener]:
        """
        Listen with fedora-messaging, and its configuration.

        Needs fedora-messaging (extra ``txkoji[fedora-messaging]``).
        fedora-messaging connects again after the connection is lost, and
        acknowledges a message when the subscribers have handled the message.
        The subscribers are called in the reactor's thread.

        :param options: see `txkoji.messages.fedora.FedoraListener`.
        :returns: a Deferred that fires with the listener when the listener
                  consumes.
        :raises ListenError: if the broker refuses the login, or has no such
                             queue.
        """
        from txkoji.messages.fedora import FedoraListener
        return self._listen(FedoraListener(self.feed, **options))

    def _listen(self, listener: Listener) -> Deferred[Any]:
        """
        Start a listener, and stop it when the connection is closed.

        :raises ConnectionClosed: if the connection is closed already.
        """
        if self._closed:
            return fail(ConnectionClosed('the Connection was closed'))
        self._listeners.append(listener)

        def failed(failure: Any) -> Any:
            # A canceled listener is still closing its connection to the
            # broker, which close() waits for.
            if listener in self._listeners and not failure.check(
                    CancelledError):
                self._listeners.remove(listener)
            return failure

        started: Deferred[Any] = listener.start()
        return started.addErrback(failed)

    async def close(self) -> None:
        """Stop all listeners, and wait for messages in progress."""
        self._closed = True
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            # An error of one listener must not keep the others running.
            try:
                await listener.stop()
            except Exception:
                self._log.failure('a listener could not be stopped')


def _duplicate_key(event: Message) -> Hashable | None:
    """
    Make a key that is equal for duplicates of a message.

    :returns: the key. None if duplicates of the message cannot be told from
              other messages.
    """
    if event.id is not None:
        return event.id
    if isinstance(event, TaskStateChange):
        found: Any = event.task
    elif isinstance(event, BuildStateChange):
        found = event.build
    else:
        return None
    return (event.kind, str(found.id), event.old, event.new,
            str(found.get('host_id')), *(
        str(found.get(f'{name}_{form}'))
        for name in ('create', 'creation', 'start', 'completion')
        for form in ('ts', 'time')))
