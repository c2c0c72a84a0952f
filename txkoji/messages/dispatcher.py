"""
`Events`: hands on what the message bus says to whoever wants to know.
"""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, fail, maybeDeferred, succeed
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import ConnectionClosed, MessageError
from txkoji.hub.deferreds import SingleFlight, gather
from txkoji.messages.classes import (
    BuildStateChange,
    Message,
    TaskStateChange,
    parse,
)
from txkoji.messages.subscription import Kinds, Subscription

if TYPE_CHECKING:
    from txkoji.messages.amqp import AMQPListener
    from txkoji.messages.fedora import FedoraListener

#: So many messages are remembered, to know one that comes once more.
REMEMBERED = 10000


class Events:
    """
    What the message bus says, for those who subscribed. It is
    ``Connection.events``::

        def built(event):
            print(event.build.nvr, event.url)

        koji.events.subscribe(built, kind='BuildStateChange', new='COMPLETE',
                              package='ceph')
        koji.events.listen_amqp('amqps://bot:secret@broker.example.com/')

    Delivery is at least once, and without an order: a message may come late,
    again (after an outage of the broker, or of this process), after one that
    was sent later, or, where the broker keeps no queue, not at all. One that
    came before is dropped if the broker gives it a name. Without a name, only
    changes of the state of tasks and builds are compared: somebody may well
    tag, untag and tag a build again.

    Those who wait for a task with ``Connection.wait`` are woken by what is
    heard here.

    :param client: its owner is the connection that events go on with.
    :param wake: is called with the id of each task that has changed.

    :ivar owner: the connection. When it is closed, listening ends.
    """

    _log = Logger()

    def __init__(self, client: HubClient, wake: Callable[[int], None]
                 ) -> None:
        self.owner = client.owner
        self._wake = wake
        self._subscriptions: list[Subscription] = []
        self._seen: OrderedDict[Hashable, None] = OrderedDict()
        #: Those that somebody works on.
        self._working: dict[Hashable, SingleFlight[bool]] = {}
        self._closed = False
        self._listeners: list[Any] = []

    def subscribe(self, callback: Callable[[Any], Any], kind: Kinds = None,
                  **match: Any) -> Subscription:
        """
        Call a function with each event of some kinds.

        :param callback: is called with each event, an object of
            `txkoji.messages`. It may give a Deferred, or be a coroutine
            function: a message is done with when that has fired. If it fails,
            that is logged, and the others hear of the event all the same.
        :param kind: such as "TaskStateChange", "Tag", or a class of
                     `txkoji.messages`; or several of these. None for all.
        :param match: values that members of the event must have: such as
            ``package='ceph'``, ``new=['COMPLETE', 'FAILED']``, or
            ``instance='primary'``. Of several values one is enough. The
            members that can be matched, of each kind, are listed in
            `txkoji.messages.subscription`; each of the given kinds must have
            them.
        :returns: a `Subscription`, which can be cancelled.
        :raises ValueError: if there is no such kind, or it has no such member
            that can be matched, or a state that it never is in is given. The
            text names the nearest.
        :raises TypeError: if `callback` is not callable.
        """
        subscription = Subscription(callback, kind, match, self._leave)
        self._subscriptions.append(subscription)
        return subscription

    def _leave(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def feed(self, message: Any) -> Deferred[bool]:
        """
        Take a message from any broker library, and let the subscribers know.
        What is no message of Koji is logged, and dropped.

        :param message: see `messages.parse`.
        :returns: a Deferred that fires when all of them are done: with True,
                  or with False if one has failed.
        """
        try:
            event = parse(message, self.owner)
        except MessageError as error:
            self._log.warn('dropped a message: {error}', error=error)
            return succeed(True)
        return self.dispatch(event)

    def dispatch(self, event: Message) -> Deferred[bool]:
        """
        Let the subscribers know of an event, unless they do already.

        :param event: one that `messages.parse` has made.
        :returns: a Deferred that fires when all of them are done: with True,
                  or with False if one has failed. Then it is not known the
                  next time.
        """
        return Deferred.fromCoroutine(self._dispatch(event))

    async def _dispatch(self, event: Message) -> bool:
        key = _key(event)
        if key is None:
            return await self._tell_all(event)
        if key in self._seen:
            return True
        if key in self._working:
            # Somebody works on it just now, who may fail.
            return await self._working[key].wait()
        work = self._working[key] = SingleFlight()
        try:
            good = await work.run(lambda: self._tell_all(event))
        finally:
            self._working.pop(key, None)
        if good:
            self._seen[key] = None
            if len(self._seen) > REMEMBERED:
                self._seen.popitem(last=False)
        return good

    async def _tell_all(self, event: Message) -> bool:
        if isinstance(event, TaskStateChange) and isinstance(
                event.task.id, int):
            self._wake(event.task.id)
        told: list[Deferred[bool]] = [
            self._tell(subscription, event)
            for subscription in list(self._subscriptions)
            if subscription.wants(event)
            and subscription in self._subscriptions]
        done: list[bool] = await gather(told)
        return all(done)

    def _tell(self, subscription: Subscription, event: Message
              ) -> Deferred[bool]:
        def failed(failure: Any) -> bool:
            self._log.failure('a subscriber failed with {event!r}',
                              failure=failure, event=event)
            return False

        told: Deferred[Any] = maybeDeferred(subscription.callback, event)
        return told.addCallbacks(lambda _: True, failed)

    # Listening

    def listen_amqp(self, url: str, queue: str = '',
                    topics: Iterable[str] = ('#',), **options: Any
                    ) -> Deferred[AMQPListener]:
        """
        Listen to a broker of AMQP 0-9-1, such as RabbitMQ, with pika (extra
        ``txkoji[amqp]``). A connection that is lost is taken up again. A
        message is acknowledged when the subscribers are done with it.

        With a queue of a name, that the broker keeps, nothing is lost while
        this process is away; and several processes may share it: each message
        goes to one of them, and if that dies, to another.

        :param url: ``amqp://USER:PASSWORD@HOST:PORT/VHOST``, or ``amqps://``.
        :param queue: its name; an empty one for a queue of this connection's.
        :param topics: the topics that it is to get, of the exchange; ``#``
                       stands for any words, ``*`` for one.
        :param options: see `txkoji.messages.amqp.AMQPListener`.
        :returns: a Deferred that fires with the listener, when it hears.
        :raises ListenError: if the broker does not let us in, or closes the
                             connection when we try, or has no such queue. (If
                             it is away, we wait for it.)
        """
        from txkoji.messages.amqp import AMQPListener
        return self._listen(AMQPListener(self.feed, url, queue, topics,
                                         **options))

    def listen_fedora_messaging(self, **options: Any
                                ) -> Deferred[FedoraListener]:
        """
        Listen with fedora-messaging (extra ``txkoji[fedora-messaging]``),
        which has a configuration of its own. It takes up lost connections
        again, and acknowledges a message when the subscribers, which are
        called in the reactor's thread as ever, are done with it.

        :param options: see `txkoji.messages.fedora.FedoraListener`.
        :returns: a Deferred that fires with the listener, when it hears.
        :raises ListenError: if the broker does not let us in, or has no such
                             queue.
        """
        from txkoji.messages.fedora import FedoraListener
        return self._listen(FedoraListener(self.feed, **options))

    def _listen(self, listener: Any) -> Deferred[Any]:
        if self._closed:
            return fail(ConnectionClosed('the Connection was closed'))
        self._listeners.append(listener)

        def failed(failure: Any) -> Any:
            if listener in self._listeners:
                self._listeners.remove(listener)
            return failure

        started: Deferred[Any] = listener.start()
        return started.addErrback(failed)

    async def close(self) -> None:
        """Stop listening, when the subscribers are done, or too slow."""
        self._closed = True
        listeners, self._listeners = self._listeners, []
        for listener in listeners:
            # One that cannot be stopped is no reason not to stop the others.
            try:
                await listener.stop()
            except Exception:
                self._log.failure('a listener could not be stopped')


def _key(event: Message) -> Hashable | None:
    """What a message is known by when it comes again, if it is."""
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
