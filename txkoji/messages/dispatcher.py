"""`Events`: dispatches messages of a message bus to subscribers."""
from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TYPE_CHECKING, Any, overload
from weakref import WeakSet

from twisted.internet.defer import (
    CancelledError,
    Deferred,
    fail,
    maybeDeferred,
    succeed,
)
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import (
    ConfigurationError,
    ConnectionClosed,
    MessageError,
)
from txkoji.hub.deferreds import SingleFlight, gather
from txkoji.messages.duplicates import Remembered, duplicate_key
from txkoji.messages.listening import Listener, NotHandled
from txkoji.messages.message import Message
from txkoji.messages.parse import parse
from txkoji.messages.polling.filters import Wanted
from txkoji.messages.stats import EventStats
from txkoji.messages.stream import Event, EventStream
from txkoji.messages.subscription import Kinds, Subscription
from txkoji.messages.tasks import TaskStateChange
from txkoji.resource import Hub

if TYPE_CHECKING:
    from txkoji.messages.amqp import AMQPListener
    from txkoji.messages.fedora import FedoraListener
    from txkoji.messages.polling.catch_up import CatchUp
    from txkoji.messages.polling.poller import HubPoller


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
        self._client = client
        self.owner: Hub = client.owner
        self._wake = wake
        self._subscriptions: list[Subscription] = []
        #: The keys of handled messages.
        self._seen = Remembered()
        #: Key of a message in progress -> the work of its subscribers.
        self._in_progress: dict[Hashable, SingleFlight[bool | None]] = {}
        self._closed = False
        self._streams: WeakSet[EventStream[Any]] = WeakSet()
        self._listeners: list[Listener] = []
        self._stats = EventStats()

    @property
    def stats(self) -> EventStats:
        """The current numbers of the events, for a status page."""
        return self._stats.copy(self._stats.reconnects + sum(
            listener.reconnects for listener in self._listeners))

    def subscribe(self, callback: Callable[[Any], Any], kind: Kinds = None,
                  **match: Any) -> Subscription:
        """
        Call a function with each event of some kinds.

        :param callback: the function to call with each event, an object of
            `txkoji.messages`. The function may return a Deferred or be a
            coroutine function. The message is handled when the Deferred has
            fired. An error is logged, and does not affect other subscribers.
            Do not wait here for ``close()`` of the connection or ``stop()``
            of a listener: they wait for the function, for half a minute.
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

    @overload
    def stream(self, kind: type[Event], *, limit: int = 1000, **match: Any
               ) -> EventStream[Event]: ...

    @overload
    def stream(self, kind: Kinds = None, *, limit: int = 1000, **match: Any
               ) -> EventStream[Any]: ...

    def stream(self, kind: Kinds = None, *, limit: int = 1000, **match: Any
               ) -> EventStream[Any]:
        """
        Read events in a loop.

        For example::

            async with koji.events.stream('Tag', tag='f44') as events:
                async for event in events:
                    print(event.build.nvr)

        The listener of a broker acknowledges an event when the loop asks for
        the next one, or ends. If the loop fails within ``async with``, the
        event is not handled. A stream that is left without ``async with``
        counts its last event as handled.

        The broker holds back what it has more than its ``prefetch``, and a
        poll what it has more than 20, so that a slow loop does not fill the
        memory.

        :param kind: as of `subscribe`.
        :param limit: the most events that may wait for the loop. If more
                      come, the stream ends with `StreamOverflow`.
        :param match: as of `subscribe`.
        :returns: an `EventStream`, for ``async for`` or its ``next_item()``.
                  It ends when the connection is closed.
        :raises ValueError: as of `subscribe`, or if the limit is not above 0.
        """
        if not isinstance(limit, int) or limit < 1:
            raise ConfigurationError('events.stream: limit is a number above'
                                     f' 0, not {limit!r}')
        stream: EventStream[Any] = EventStream(kind, match, limit,
                                               self._unsubscribe)
        self._subscriptions.append(stream.subscription)
        self._streams.add(stream)
        if self._closed:
            stream.end()
        return stream

    def _unsubscribe(self, subscription: Subscription) -> None:
        if subscription in self._subscriptions:
            self._subscriptions.remove(subscription)

    def feed(self, message: Any) -> Deferred[bool | None]:
        """
        Parse a message of any broker library, and call the subscribers.

        A message that `txkoji.messages.parse` refuses is logged and dropped.

        :param message: see `txkoji.messages.parse`.
        :returns: a Deferred that fires when all subscribers have handled the
                  message: with True, or with False if one has failed. With
                  None if the source has to keep the message: a stream was
                  closed before it came to it, or the connection is closed.
        """
        event = self._read(message)
        return succeed(True) if event is None else self.dispatch(event)

    def _read(self, message: Any) -> Message | None:
        """Parse a message; log a malformed one, and return None."""
        try:
            return parse(message, self.owner)
        except MessageError as error:
            self._stats.malformed += 1
            self._log.warn('dropped a message: {error}', error=error)
            return None

    def dispatch(self, event: Message) -> Deferred[bool | None]:
        """
        Call the subscribers with an event, unless it is a duplicate.

        :param event: an object of `txkoji.messages.parse`.
        :returns: a Deferred that fires when all subscribers have handled the
                  event, as of `feed`. An event that was not handled, or
                  failed, is not a duplicate when it comes again.
        """
        if self._closed:
            # The streams are at their ends. A broker may still deliver.
            return succeed(None)
        return Deferred.fromCoroutine(self._dispatch(event))

    async def _dispatch(self, event: Message) -> bool | None:
        key = duplicate_key(event)
        if key is None:
            return await self._notify_all(event)
        if key in self._seen:
            self._stats.duplicates += 1
            return True
        if key in self._in_progress:
            self._stats.duplicates += 1
            # Wait for the first delivery: its subscribers may still fail.
            return await self._in_progress[key].wait()
        work = self._in_progress[key] = SingleFlight()
        try:
            succeeded = await work.run(lambda: self._notify_all(event))
        finally:
            self._in_progress.pop(key, None)
        if succeeded:
            self._seen.add(key)
        return succeeded

    async def _notify_all(self, event: Message) -> bool | None:
        """Call all subscribers that want an event, and wait for them."""
        if isinstance(event, TaskStateChange) and isinstance(
                event.task.id, int):
            self._wake(event.task.id)
        succeeded: bool | None = None
        self._stats.begin(event.time, self._client.now())
        try:
            results = await gather([
                self._notify(subscription, event)
                for subscription in list(self._subscriptions)
                if subscription.wants(event)
                # An earlier subscriber may have canceled the subscription.
                and subscription in self._subscriptions])
            succeeded = None if None in results else all(results)
        finally:
            self._stats.end(succeeded)
        return succeeded

    def _notify(self, subscription: Subscription, event: Message
                ) -> Deferred[bool | None]:
        """
        Call a subscriber.

        :returns: a Deferred that fires when the subscriber is finished: with
                  False if the subscriber failed, and with None if it did not
                  handle the event.
        """
        def failed(failure: Any) -> bool | None:
            if failure.check(NotHandled):
                return None
            self._log.failure('a subscriber failed with {event!r}',
                              failure=failure, event=event)
            return False

        call: Deferred[Any] = maybeDeferred(subscription.callback, event)
        return call.addCallbacks(lambda _: True, failed)

    # Listening

    def listen_amqp(self, url: str, queue: str = '',
                    topics: Iterable[str] = ('#',), *,
                    catch_up: bool = False, state: str | None = None,
                    **options: Any) -> Deferred[AMQPListener]:
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
                      this connection alone. The queue and its messages end
                      with the process. With ``catch_up`` and ``state``, the
                      next process asks for what happened since ten minutes
                      before the last handled message.
        :param topics: the topics of the exchange to bind the queue to. In a
                       topic, ``#`` stands for any words, ``*`` for one word.
        :param catch_up: whether to ask the hub, whenever the broker begins to
                         deliver, for what has happened since the last
                         message. It is delivered before the messages that
                         follow, and some of it again. See
                         `txkoji.messages.polling` for what can be found.
        :param state: with ``catch_up``, the path of a file that notes what was
                      heard: the hub is then asked also at the start, for what
                      has happened since the last run.
        :param options: see `txkoji.messages.amqp.AMQPListener`.
        :returns: a Deferred that fires with the listener when the listener
                  consumes. The listener waits for a broker that cannot be
                  reached.
        :raises ListenError: if the broker refuses the login or the queue, or
                             closes the connection during the login.
        :raises ConfigurationError: if the state file cannot be used.
        """
        from txkoji.messages.amqp import AMQPListener
        try:
            catching_up = self._catch_up(catch_up, state, lambda event: True)
        except ConfigurationError:
            return fail()
        return self._listen(AMQPListener(
            self.feed, url, queue, topics, catch_up=catching_up, **options))

    def _catch_up(self, wanted: bool, state: str | None,
                  wants: Callable[[Message], bool]) -> CatchUp | None:
        """
        Make a `CatchUp`, if one is wanted.

        :param wants: tells whether the broker has messages of an event.
        :raises ConfigurationError: if there is a state file without it.
        """
        if not wanted:
            if state is not None:
                raise ConfigurationError('listen: a state file needs'
                                         ' catch_up=True')
            return None
        from txkoji.messages.polling.catch_up import CatchUp
        return CatchUp(self._client, self._read, self.dispatch, wants, state)

    def listen_fedora_messaging(self, *, catch_up: bool = False,
                                state: str | None = None, **options: Any
                                ) -> Deferred[FedoraListener]:
        """
        Listen with fedora-messaging, and its configuration.

        Needs fedora-messaging (extra ``txkoji[fedora-messaging]``).
        fedora-messaging connects again after the connection is lost, and
        acknowledges a message when the subscribers have handled the message.
        The subscribers are called in the reactor's thread.

        :param catch_up: as of `listen_amqp`. The hub is asked at the start,
                         and every ten minutes.
        :param state: as of `listen_amqp`.
        :param options: see `txkoji.messages.fedora.FedoraListener`.
        :returns: a Deferred that fires with the listener when the listener
                  consumes.
        :raises ListenError: if the broker refuses the login, or has no such
                             queue.
        :raises ConfigurationError: if the state file cannot be used.
        """
        from txkoji.messages.fedora import FedoraListener, is_sent
        try:
            catching_up = self._catch_up(catch_up, state, is_sent)
        except ConfigurationError:
            return fail()
        return self._listen(FedoraListener(self.feed, catch_up=catching_up,
                                           **options))

    def poll(self, interval: float = 60, *, tags: Wanted = None,
             packages: Wanted = None, owners: Wanted = None,
             methods: Wanted = None, state: str | None = None,
             window: float = 600) -> Deferred[HubPoller]:
        """
        Hear of events without a broker: ask the hub, again and again.

        A round is one request to the hub, and another for the rows of what
        has changed. `txkoji.messages.polling` says which events a poll finds,
        and which it cannot see.

        Events are delivered at least once, those of a build or task in order.
        The next round begins when the subscribers have handled all events.
        Polling goes on through outages of the hub.

        Without ``state``, or at the first start, events from now on are
        delivered. A poll and a listener on one Connection deliver events
        twice: use ``catch_up=True`` of the listener.

        :param interval: the seconds from one round to the next.
        :param tags: the names of tags: of taggings, lists of packages and
                     repositories, only those of these tags. The states of
                     tasks and builds have no tag. As for the next parameters,
                     one name or several; None means all, and an empty list
                     none.
        :param packages: the names of packages: only builds of these, and
                         their changes in tags.
        :param owners: the names of users: only their tasks and builds.
        :param methods: the methods of tasks, such as "build".
        :param state: the path of a file, of this poll alone. The poll notes
                      there which events it has delivered. After a restart it
                      delivers the events that happened meanwhile.
        :param window: the seconds that each round looks back, in the hub's
                       time, and at least one. The hub numbers an event before
                       it commits it; an event that is committed later than
                       that is missed.
        :returns: a Deferred that fires with the poller when the first round
                  is over. Canceling the Deferred stops the poller. It waits
                  for a hub that cannot be reached.
        :raises ConfigurationError: if a number is not positive, or the state
                                    file cannot be used.
        :raises GenericError: if the hub has no such tag or user.
        :raises TypeError: if a name is not a text.
        """
        from txkoji.messages.polling.poller import HubPoller
        try:
            poller = HubPoller(
                self._client, self.feed, interval, tags=tags,
                packages=packages, owners=owners, methods=methods,
                state=state, window=window)
        except Exception:
            return fail()
        return self._listen(poller)

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
        self._stats.reconnects += sum(
            listener.reconnects for listener in listeners)
        stopping = [maybeDeferred(listener.stop).addErrback(
            lambda failure: self._log.failure(
                'a listener could not be stopped', failure=failure))
            for listener in listeners]
        for stream in list(self._streams):
            stream.end()
        await gather(stopping)
