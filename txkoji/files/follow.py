"""
Following the logs of tasks while they grow.
"""
from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred
from twisted.logger import Logger

from txkoji import task_states
from txkoji.batching import Batched
from txkoji.client import HubClient
from txkoji.exceptions import GenericError, KojiException
from txkoji.files.downloads import read_piece
from txkoji.files.listings import read_listing
from txkoji.files.paths import DEFAULT
from txkoji.hub.deferreds import SingleFlight, gather
from txkoji.resource import existing
from txkoji.waiting.polling import OutageBudget, Polled
from txkoji.waiting.tasks import TaskOrId, task_number

#: Bytes that are read of a log at once.
PIECE = 32768

#: So many bytes before those that are new are read again, to see whether it
#: is still the same log.
KNOWN = 64

#: Bytes of a line; a longer one comes in pieces.
LONGEST = 16384

#: So many lines are made at once.
LINES = 500


class LogLine(NamedTuple):
    """
    A line of a log.

    :ivar task_id: the task's id.
    :ivar name: that of the log.
    :ivar text: the line, without its end; bytes that are no UTF-8 are shown
                as replacement characters.
    :ivar volume: the volume that the log is on.
    :ivar cut: whether it is too long (`LONGEST` bytes), and goes on in the
               next one of this log.
    :ivar restarted: whether the log began anew with this line: it was cut
                     off, or written again from its beginning.
    """

    task_id: int
    name: str
    text: str
    volume: str = DEFAULT
    cut: bool = False
    restarted: bool = False


class LogPoller:
    """
    One clock for all who follow something on a Connection: they look in the
    same turn of the reactor, so that what they ask goes out as one request,
    and what several ask is asked once.
    """

    def __init__(self, client: HubClient) -> None:
        self._client = client
        self._waiting: list[Deferred[None]] = []
        self._due: list[Deferred[None]] = []
        self._timer: Any = None
        self._batched = Batched(client)
        self._asked: dict[tuple[str, int], SingleFlight[Any]] = {}

    async def ask(self, method: str, task_id: int, **options: Any) -> Any:
        """
        Ask the hub about a task.

        :param method: a hub method that takes its id.
        :param options: what else it takes.
        :returns: what it gives.
        """
        batched, key = self._batched, (method, task_id)
        shared = self._asked.setdefault(key, SingleFlight())

        async def call() -> Any:
            try:
                return await batched.call(method, task_id, **options)
            finally:
                del self._asked[key]

        return await shared.run(call)

    def next(self) -> Deferred[None]:
        """
        Wait for the next round.

        :returns: a Deferred that fires after at most ``poll_interval``
                  seconds.
        """
        waiting: Deferred[None] = Deferred(self._leave)
        self._waiting.append(waiting)
        if self._timer is None:
            self._timer = self._client.reactor.callLater(
                self._client.settings.poll_interval, self._begin)
        return waiting

    def _leave(self, waiting: Deferred[None]) -> None:
        if waiting in self._due:
            self._due.remove(waiting)
            return
        self._waiting.remove(waiting)
        if not self._waiting:
            self._timer.cancel()
            self._timer = None

    def _begin(self) -> None:
        self._timer = None
        self._due += self._waiting
        self._waiting.clear()
        while self._due:
            self._due.pop(0).callback(None)


class Follow(Polled[LogLine]):
    """
    The lines of a task's logs, each a `LogLine`, while they grow and until
    all tasks that are followed are finished::

        async for line in koji.follow(6476):
            print(line.text)

    The lines of each log come in their order; those of several logs take
    turns. No more is read than somebody wants.

    :param client: asks the hub.
    :param poller: the clock.
    :param task: the task, or its id.
    :param descendents: whether to follow those of its descendents, too.
    :param names: a pattern for the names of the logs.
    """

    _log = Logger()

    def __init__(self, client: HubClient, poller: LogPoller,
                 task: TaskOrId, *, descendents: bool, names: str) -> None:
        super().__init__(client, 'the logs of a task')
        self._poller = poller
        self._task_id = task_number(task)
        self._descendents = descendents
        self._names = names
        self._logs: dict[tuple[int, str, str], _Log] = {}
        #: Those that have more than was read.
        self._unread: deque[_Log] = deque()
        #: Tasks that were finished when their logs were last looked for.
        self._finished: set[int] = set()
        self._begun = self._ended = False
        self._budget = OutageBudget()

    async def look(self) -> None:
        while not self.found and not self.over:
            if self._unread:
                await self._retry_outages(self._read(self._unread[0]))
            elif self._ended:
                for log in self._logs.values():
                    self.found.extend(log.rest())
                self.over = True
            else:
                if self._begun:
                    await self._poller.next()
                self._begun = await self._retry_outages(self._list())

    async def _retry_outages(self, work: Any) -> bool:
        """
        Do something, and bear an outage.

        :returns: whether it was done.
        """
        try:
            await work
        except KojiException as error:
            if not self._budget.allows(error):
                raise
            self._log.warn('following logs goes on after {error}',
                           error=str(error))
            await self._poller.next()
            return False
        self._budget.reset()
        return True

    async def _list(self) -> None:
        """See which logs there are, and how long they are."""
        ask = self._poller.ask
        # In this order: what is finished puts nothing out afterwards.
        tasks = [existing(await ask('getTaskInfo', self._task_id),
                          'task', self._task_id)]
        if self._descendents:
            tasks += await ask('getTaskDescendents', self._task_id)
        tasks = [task for task in tasks if task.id not in self._finished]
        listings = await gather([Deferred.fromCoroutine(
            ask('listTaskOutput', task.id, stat=True, all_volumes=True))
            for task in tasks])
        for task, listing in zip(tasks, listings):
            for name, volume, size in read_listing(listing):
                if fnmatchcase(name, self._names):
                    self._see((task.id, name, volume), size)
            if task.state in task_states.DONE_GROUP:
                self._finished.add(task.id)
        self._ended = self._finished.issuperset(task.id for task in tasks)

    def _see(self, key: tuple[int, str, str], size: int) -> None:
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = _Log(*key)
        if size < log.offset:
            self.found.extend(log.restart())
        log.size = size
        if size > log.offset and log not in self._unread:
            self._unread.append(log)

    async def _read(self, log: _Log) -> None:
        """Read a piece of a log, or give more lines of that which was."""
        if not log.waiting:
            try:
                data = await read_piece(
                    self.client, log.task_id, log.name,
                    log.offset - len(log.known), PIECE,
                    **({} if log.volume == DEFAULT
                       else {'volume': log.volume}))
            except GenericError as error:
                if type(error) is not GenericError:
                    raise
                # It is gone; if it comes back, it is listed again.
                self._log.info('{name} of task {task}: {error}',
                               name=log.name, task=log.task_id,
                               error=str(error))
                data = log.known
            if not data.startswith(log.known):
                self.found.extend(log.restart())
                return
            if len(data) == len(log.known):
                # It is not as long as it was said to be.
                log.size = log.offset
            log.take(data[len(log.known):])
        self.found.extend(log.lines())
        if not log.waiting:
            self._unread.popleft()
            if log.offset < log.size:
                # After the others.
                self._unread.append(log)


class _Log:
    """
    A log, and how much of it was read.

    :ivar offset: so many bytes.
    :ivar known: the last of them.
    :ivar size: how long it is, as far as we know.
    :ivar waiting: whether there are lines that were not given yet.
    """

    def __init__(self, task_id: int, name: str, volume: str) -> None:
        self.task_id = task_id
        self.name = name
        self.volume = volume
        self.offset = self.size = 0
        self.known = b''
        self.waiting = False
        self._data = b''
        self._begin = 0
        self._restarted = False

    def take(self, data: bytes) -> None:
        """Take what was read."""
        self.offset += len(data)
        self.known = (self.known + data)[-KNOWN:]
        self._data = self._data[self._begin:] + data
        self._begin = 0
        self.waiting = True

    def lines(self) -> list[LogLine]:
        """Give some of the lines that are whole, or too long to be."""
        found: list[LogLine] = []
        while self.waiting and len(found) < LINES:
            end = self._data.find(b'\n', self._begin,
                                  self._begin + LONGEST + 1)
            if end >= 0:
                found.append(self._line(end))
                self._begin = end + 1
            elif len(self._data) - self._begin > LONGEST:
                end = self._begin + LONGEST
                # Not within a character, which has four bytes at most.
                for _ in range(3):
                    if self._data[end] & 0xc0 == 0x80:
                        end -= 1
                found.append(self._line(end, cut=True))
                self._begin = end
            else:
                self.waiting = False
        return found

    def rest(self) -> Iterable[LogLine]:
        """Give the last line, which has no end."""
        if self._begin < len(self._data):
            yield self._line(len(self._data))
        self._data, self._begin = b'', 0

    def restart(self) -> Iterator[LogLine]:
        """Begin anew, and give what is left."""
        yield from self.rest()
        self.offset = 0
        self.known = b''
        self._restarted = True

    def _line(self, end: int, cut: bool = False) -> LogLine:
        text = self._data[self._begin:end].decode('utf-8', 'replace')
        restarted, self._restarted = self._restarted, False
        return LogLine(self.task_id, self.name, text.rstrip('\r'),
                       self.volume, cut, restarted)
