"""`Follow`: the lines of growing logs of tasks."""
from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterable, Iterator
from fnmatch import fnmatchcase
from itertools import islice
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

#: The most bytes of a log that are read at once.
CHUNK_SIZE = 32768

#: Bytes that are read again before the new ones, to notice a log that was
#: written anew.
OVERLAP = 64

#: The most bytes of a line. A longer line is split.
MAX_LINE = 16384

#: The ends of lines: usual ones, and those with a lone carriage return. One
#: at the end of what was read may be followed by a newline.
LINE_END = re.compile(rb'\n')
LINE_END_OR_RETURN = re.compile(rb'\n|\r(?=[^\n])')

#: The most lines that are decoded at once.
MAX_LINES = 500

#: Number of logs that are read at once.
CONCURRENT = 16


class LogLine(NamedTuple):
    """
    A line of a log.

    :ivar task_id: the id of the task.
    :ivar name: the name of the log.
    :ivar text: the line, without its end. Bytes that are not UTF-8 become
                replacement characters.
    :ivar volume: the name of the log's volume.
    :ivar cut: whether the line is longer than 16384 bytes, and goes on in the
               next line of the log.
    :ivar restarted: whether the log was truncated, or written anew, before
                     this line.
    """

    task_id: int
    name: str
    text: str
    volume: str = DEFAULT
    cut: bool = False
    restarted: bool = False


class LogPoller:
    """
    The poll timer of all iterations over logs on a connection.

    All iterations poll in the same turn of the reactor, so that their calls
    share requests. Iterations that make the same call share the call.
    """

    def __init__(self, client: HubClient) -> None:
        self._client = client
        self._waiting: list[Deferred[None]] = []
        #: Waiters of the current poll that have not been called yet.
        self._due: list[Deferred[None]] = []
        self._timer: Any = None
        self._batched = Batched(client)
        #: The calls under way, by hub method and task id.
        self._calls: dict[tuple[str, int], SingleFlight[Any]] = {}

    async def call(self, method: str, task_id: int, **options: Any) -> Any:
        """
        Call a hub method for a task, and share the call.

        :param method: a hub method that takes the id of the task.
        :param options: named arguments of the hub method.
        :returns: the result.
        """
        batched, key = self._batched, (method, task_id)
        shared = self._calls.setdefault(key, SingleFlight())

        async def call() -> Any:
            try:
                return await batched.call(method, task_id, **options)
            finally:
                del self._calls[key]

        return await shared.run(call)

    def next_poll(self) -> Deferred[None]:
        """
        Wait for the next poll.

        :returns: a Deferred that fires with None after at most
                  ``poll_interval`` seconds.
        """
        waiting: Deferred[None] = Deferred(self._cancel)
        self._waiting.append(waiting)
        if self._timer is None:
            self._timer = self._client.reactor.callLater(
                self._client.settings.poll_interval, self._poll)
        return waiting

    def _cancel(self, waiting: Deferred[None]) -> None:
        if waiting in self._due:
            self._due.remove(waiting)
            return
        self._waiting.remove(waiting)
        if not self._waiting:
            self._timer.cancel()
            self._timer = None

    def _poll(self) -> None:
        self._timer = None
        self._due += self._waiting
        self._waiting.clear()
        while self._due:
            self._due.pop(0).callback(None)


class Follow(Polled[LogLine]):
    """
    An iteration over the lines of a task's logs, while they grow.

    Each line is a `LogLine`. The iteration ends when all followed tasks have
    finished::

        async for line in koji.follow(6476):
            print(line.text)

    The lines of one log keep their order. Several logs are read at once, and
    take turns. A log is read only as fast as the program takes the lines.

    :param client: the client that calls the hub.
    :param poller: the poll timer of the connection.
    :param task: the task, or its id.
    :param descendents: whether to follow the descendents of the task, too.
    :param names: a shell pattern for the names of the logs.
    :param split_at_returns: whether a lone carriage return ends a line, too.
    """

    _log = Logger()

    def __init__(self, client: HubClient, poller: LogPoller,
                 task: TaskOrId, *, descendents: bool, names: str,
                 split_at_returns: bool) -> None:
        super().__init__(client, 'the logs of a task')
        self._poller = poller
        self._task_id = task_number(task)
        self._descendents = descendents
        self._names = names
        self._line_end = (LINE_END_OR_RETURN if split_at_returns
                          else LINE_END)
        self._logs: dict[tuple[int, str, str], _TaskLog] = {}
        #: The logs with bytes, or lines, that have not been read.
        self._unread: deque[_TaskLog] = deque()
        #: The ids of tasks that had finished before their last listing.
        self._finished: set[int] = set()
        #: Whether the last poll succeeded.
        self._is_polled = False
        #: Whether all followed tasks have finished.
        self._is_ended = False
        self._budget = OutageBudget()

    async def look(self) -> None:
        """Read and poll until a line is found, or all logs have ended."""
        while not self.found and not self.over:
            if self._unread:
                await self._retry_outages(self._read_some())
            elif self._is_ended:
                for log in self._logs.values():
                    self.found.extend(log.rest())
                self.over = True
            else:
                if self._is_polled:
                    await self._poller.next_poll()
                self._is_polled = await self._retry_outages(
                    self._list_logs())

    async def _retry_outages(self, work: Any) -> bool:
        """
        Await a coroutine; after an outage, wait for the next poll.

        :returns: whether the coroutine succeeded.
        """
        try:
            await work
        except KojiException as error:
            if not self._budget.allows(error):
                raise
            self._log.warn('following logs goes on after {error}',
                           error=str(error))
            await self._poller.next_poll()
            return False
        self._budget.reset()
        return True

    async def _list_logs(self) -> None:
        """List the logs of all followed tasks, with their sizes."""
        call = self._poller.call
        # The states come before the listings: the log of a finished task no
        # longer grows.
        tasks = [existing(await call('getTaskInfo', self._task_id),
                          'task', self._task_id)]
        if self._descendents:
            tasks += await call('getTaskDescendents', self._task_id)
        tasks = [task for task in tasks if task.id not in self._finished]
        listings = await gather([Deferred.fromCoroutine(
            call('listTaskOutput', task.id, stat=True, all_volumes=True))
            for task in tasks])
        for task, listing in zip(tasks, listings):
            for name, volume, size in read_listing(listing):
                if fnmatchcase(name, self._names):
                    self._update_log((task.id, name, volume), size)
            if task.state in task_states.DONE_GROUP:
                self._finished.add(task.id)
        self._is_ended = self._finished.issuperset(
            task.id for task in tasks)

    def _update_log(self, key: tuple[int, str, str], size: int) -> None:
        """
        Note the listed size of a log.

        :param key: the task id, the name and the volume of the log.
        """
        log = self._logs.get(key)
        if log is None:
            log = self._logs[key] = _TaskLog(*key, self._line_end)
        if size < log.offset:
            self.found.extend(log.restart())
        log.size = size
        if size > log.offset and log not in self._unread:
            self._unread.append(log)

    async def _read_some(self) -> None:
        """Find more lines of several logs at once."""
        await gather([Deferred.fromCoroutine(self._read(log))
                      for log in list(islice(self._unread, CONCURRENT))])

    async def _read(self, log: _TaskLog) -> None:
        """Find more lines of a log, after reading a chunk if need be."""
        if not log.has_lines and not await self._read_chunk(log):
            return
        self.found.extend(log.lines())
        if not log.has_lines:
            self._unread.remove(log)
            if log.offset < log.size:
                # The other logs have their turn first.
                self._unread.append(log)

    async def _read_chunk(self, log: _TaskLog) -> bool:
        """
        Read a chunk of a log.

        :returns: False if the log was written anew, and has to be read from
                  its beginning.
        """
        try:
            data = await read_piece(
                self.client, log.task_id, log.name,
                log.offset - len(log.overlap), CHUNK_SIZE,
                **({} if log.volume == DEFAULT
                   else {'volume': log.volume}))
        except GenericError as error:
            if type(error) is not GenericError:
                raise
            # The log is gone. A poll lists the log again if it comes back.
            self._log.info('{name} of task {task}: {error}',
                           name=log.name, task=log.task_id,
                           error=str(error))
            data = log.overlap
        if not data.startswith(log.overlap):
            self.found.extend(log.restart())
            return False
        if len(data) == len(log.overlap):
            # The log is shorter than its listed size.
            log.size = log.offset
        log.add(data[len(log.overlap):])
        return True


class _TaskLog:
    """
    A log of a task, and its bytes that have been read.

    :ivar offset: the next byte to read.
    :ivar overlap: the last bytes that have been read.
    :ivar size: bytes of the log, as it was listed.
    :ivar has_lines: whether `lines` may find more lines.
    """

    def __init__(self, task_id: int, name: str, volume: str,
                 line_end: re.Pattern[bytes]) -> None:
        self._line_end = line_end
        self.task_id = task_id
        self.name = name
        self.volume = volume
        self.offset = self.size = 0
        self.overlap = b''
        self.has_lines = False
        self._data = b''
        #: Where the next line begins in the data.
        self._line_start = 0
        self._restarted = False

    def add(self, data: bytes) -> None:
        """Add bytes that have been read."""
        self.offset += len(data)
        self.overlap = (self.overlap + data)[-OVERLAP:]
        self._data = self._data[self._line_start:] + data
        self._line_start = 0
        self.has_lines = True

    def lines(self) -> list[LogLine]:
        """Take the next lines that are complete, or too long."""
        found: list[LogLine] = []
        while self.has_lines and len(found) < MAX_LINES:
            match = self._line_end.search(
                self._data, self._line_start, self._line_start + MAX_LINE + 1)
            if match is not None:
                found.append(self._line(match.start()))
                self._line_start = match.end()
            elif len(self._data) - self._line_start > MAX_LINE:
                end = self._line_start + MAX_LINE
                # Do not split a character: UTF-8 has up to three
                # continuation bytes.
                for _ in range(3):
                    if self._data[end] & 0xc0 == 0x80:
                        end -= 1
                found.append(self._line(end, cut=True))
                self._line_start = end
            else:
                self.has_lines = False
        return found

    def rest(self) -> Iterable[LogLine]:
        """Take the last line, if the log does not end with a newline."""
        if self._line_start < len(self._data):
            yield self._line(len(self._data))
        self._data, self._line_start = b'', 0

    def restart(self) -> Iterator[LogLine]:
        """Take the last line, and read the log from its beginning."""
        yield from self.rest()
        self.offset = 0
        self.overlap = b''
        self._restarted = True

    def _line(self, end: int, cut: bool = False) -> LogLine:
        text = self._data[self._line_start:end].decode('utf-8', 'replace')
        restarted, self._restarted = self._restarted, False
        return LogLine(self.task_id, self.name, text.rstrip('\r'),
                       self.volume, cut, restarted)
