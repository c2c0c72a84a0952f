"""`Deliverer`: hands on what the rounds of polling find."""
from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater
from twisted.logger import Logger

from txkoji.client import HubClient
from txkoji.exceptions import KojiException
from txkoji.hub.deferreds import FairSemaphore, gather, in_thread, shield
from txkoji.messages.listening import Feed, deliver
from txkoji.messages.polling import state as state_file
from txkoji.messages.polling.changes import Change, Rows
from txkoji.messages.polling.rounds import Rounds

#: Changes whose rows are asked for, and that are handed on, at once.
PART = 500

#: Things whose events are handed on side by side.
PARALLEL = 20

#: Seconds until subscribers are called slow, in the log.
SLOW = 300

#: Seconds, in the hub's time, after which the state is saved without events.
SAVED_EVERY = 60


class Deliverer:
    """
    Hands on what rounds find, and saves what was handed on.

    :param client: asks the hub.
    :param feed: takes the messages.
    :param rounds: the rounds.
    :param path: the path of the state file; None for none.
    """

    _log = Logger()

    def __init__(self, client: HubClient, feed: Feed, rounds: Rounds,
                 path: str | None) -> None:
        self._client = client
        self._feed = feed
        self._rounds = rounds
        self._path = path
        self._saved_at = 0.0
        #: One thread writes at a time.
        self._saving = FairSemaphore(1)
        #: What can be canceled without losing an event.
        self._interruptible: Deferred[Any] | None = None
        #: The timer of the warning about slow subscribers.
        self._warning: Any = None
        #: The things of which an event was not handled in the round. Later
        #: events of them wait for the next one.
        self._postponed: set[Any] = set()
        self.stopping: bool = False

    def stop(self) -> None:
        """Begin no more; only events in progress are handed on."""
        self.stopping = True
        if self._interruptible is not None:
            self._interruptible.cancel()

    async def abandon(self) -> None:
        """Wait no longer for events in progress."""
        self._end_warning()
        await self.save()
        # Another process may have the file from now on.
        self._path = None

    async def interruptible(self, work: Any) -> Any:
        """
        Do something that `stop` cancels.

        :param work: a coroutine or a Deferred.
        :raises CancelledError: when stopped.
        """
        self._interruptible = (work if isinstance(work, Deferred)
                               else Deferred.fromCoroutine(work))
        if self.stopping:
            self._interruptible.cancel()
        try:
            return await self._interruptible
        finally:
            self._interruptible = None

    async def load(self) -> bool:
        """
        Go on where the last process has ended.

        :returns: whether there was a state file.
        :raises ConfigurationError: if the file cannot be used.
        """
        if self._path is None:
            return False
        return bool(await in_thread(self._client.reactor, self._load,
                                    self._path))

    def _load(self, path: str) -> bool:
        saved = state_file.load(path, self._client.settings.server)
        if saved is not None:
            self._rounds.restore(saved)
        return saved is not None

    async def prepare(self) -> None:
        """
        Look up the filters, and begin anew unless a state was loaded.

        :raises KojiException: if the hub refuses, or the state cannot be
                               saved.
        """
        await self._rounds.prepare()
        if not self._rounds.begun:
            await self._rounds.begin()
        # A file that cannot be written is an error now, not at the first
        # event.
        await self.save()

    async def round(self) -> bool:
        """
        Ask what has happened, and hand all of it on.

        :returns: whether all was handled. The next round finds the rest
                  again.
        :raises KojiException: if the hub cannot be asked, or the state not be
                               saved.
        """
        rounds = self._rounds
        while True:
            self._postponed.clear()
            changes = await self.interruptible(rounds.look())
            for start in range(0, len(changes), PART):
                part = changes[start:start + PART]
                rows = await self.interruptible(rounds.rows(part))
                try:
                    await self._hand_on(part, rows)
                except Exception:
                    # Not `finally`: a program that ends without a close
                    # awaits nothing any more.
                    await self.save()
                    raise
                await self.save()
                if self.stopping:
                    return False
            if self._postponed:
                return False
            rounds.move_on()
            if not rounds.behind:
                break
        if rounds.time - self._saved_at > SAVED_EVERY:
            await self.save()
        return True

    async def _hand_on(self, changes: list[Change], rows: Rows) -> None:
        """Hand on changes: those of a thing one after the other."""
        things: dict[Any, list[Change]] = {}
        for change in changes:
            things.setdefault(change.thing, []).append(change)
        waiting = iter(things.values())
        self._warning = self._client.reactor.callLater(SLOW, self._warn)
        try:
            await gather([Deferred.fromCoroutine(
                self._hand_on_some(waiting, rows)) for _ in range(PARALLEL)])
        finally:
            self._end_warning()

    def _end_warning(self) -> None:
        if self._warning is not None and self._warning.active():
            self._warning.cancel()

    def _warn(self) -> None:
        self._log.warn('subscribers have worked for {seconds} s on the events'
                       ' of a round; polling waits for them', seconds=SLOW)

    async def _hand_on_some(self, waiting: Iterator[list[Change]], rows: Rows
                            ) -> None:
        for changes in waiting:
            for change in changes:
                if self.stopping:
                    return
                if change.thing not in self._postponed:
                    await self._hand_on_one(change, rows)
            # Other work of the reactor comes in between.
            await deferLater(self._client.reactor, 0)

    async def _hand_on_one(self, change: Change, rows: Rows) -> None:
        try:
            message = change.message(rows)
        except Exception:
            # The others must not wait for one that nobody can read.
            self._log.failure('dropped a change of {thing}',
                              thing=change.thing)
            message = None
        if message is not None:
            message['time'] = change.time
        if message is None or await deliver(self._feed, message) is not None:
            change.remember(rows)
        else:
            self._postponed.add(change.thing)

    async def save(self) -> None:
        """
        Save what was handed on.

        :raises ConfigurationError: if the file cannot be written.
        """
        await self._saving.acquire()
        try:
            if self._path is not None:
                self._saved_at = self._rounds.time
                await shield(in_thread(
                    self._client.reactor, state_file.save, self._path,
                    self._client.settings.server, self._rounds.state()))
        finally:
            self._saving.release()

    def report(self, error: Exception) -> None:
        """Log the error of a round; the next round asks again."""
        if isinstance(error, KojiException):
            self._log.warn('polling goes on after {error}', error=str(error))
        elif not isinstance(error, CancelledError):
            self._log.failure('polling goes on after an error')
