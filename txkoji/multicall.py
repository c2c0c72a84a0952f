"""
Many calls in one request, which the hub takes as ``system.multicall``.
"""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any, Protocol, TypeVar

from twisted.internet.defer import CancelledError, Deferred, fail

from txkoji.call import HubMethods
from txkoji.client import HasClient, HubClient
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    KojiException,
    NotSent,
    copy_of,
    from_fault,
)
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_entry, encode_multicall
from txkoji.hub.deferreds import gather
from txkoji.hub.reads import MULTICALL, check_call
from txkoji.progress import Progress
from txkoji.resource import Hub
from txkoji.results import typed

#: Calls in a request, where nobody says how many: what Koji's own tools take.
BATCH = 100

#: Bytes of a request of many calls. The hub takes 4 MiB (its option
#: ``MaxRequestLength``), and front servers may take less.
MAX_REQUEST = 2**20


class StoredCall:
    """
    One of many calls, and what became of it.

    :ivar method: the hub method.
    :ivar args: its positional arguments.
    :ivar kwargs: its named arguments.
    :ivar body: all that, encoded; nothing once there is a result.
    """

    def __init__(self, method: str, args: Any, kwargs: Any, body: bytes
                 ) -> None:
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.body = body
        self._value: Any = None
        self.error: Exception | None = NotSent(
            f'{method} has no result yet: the multicall was not called, or is'
            ' under way', method=method)

    @property
    def result(self) -> Any:
        """
        What the call gave.

        :raises NotSent: if it was not sent, or not answered yet.
        :raises KojiException: if it failed.
        """
        if self.error is not None:
            # One of its own for each who asks, or its traceback would grow.
            raise copy_of(self.error)
        return self._value

    def succeed(self, value: Any) -> None:
        """Take the result."""
        self._value, self.error, self.body = value, None, b''

    def fail(self, error: Exception) -> None:
        """Take an error."""
        self.error, self.body = error, b''

    def take(self, entry: Any, hub: Hub) -> None:
        """Take the hub's answer."""
        try:
            self.succeed(read_entry(self.method, entry, hub))
        except Exception as error:
            self.fail(error)

    def __repr__(self) -> str:
        return f'<{type(self).__name__} {self.method}>'


class MultiCallResults(Sequence[Any]):
    """
    The results of many calls, in their order. One that failed raises its
    exception when it is reached, and the next one can be asked for then.
    """

    def __init__(self, calls: Sequence[StoredCall]) -> None:
        self._calls = calls
        self._next = iter(self)

    def __len__(self) -> int:
        return len(self._calls)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [call.result for call in self._calls[index]]
        return self._calls[index].result

    def __iter__(self) -> Iterator[Any]:
        return _Results(self._calls)

    def __next__(self) -> Any:
        return next(self._next)

    @property
    def faults(self) -> list[Exception]:
        """The exceptions of those that failed, in order."""
        return [call.error for call in self._calls if call.error is not None]

    def __repr__(self) -> str:
        return (f'<{type(self).__name__}: {len(self)} results,'
                f' {len(self.faults)} faults>')


class _Results(Iterator[Any]):
    """Goes on after a result that raises, which a generator would not."""

    def __init__(self, calls: Sequence[StoredCall]) -> None:
        self._calls = iter(calls)

    def __next__(self) -> Any:
        return next(self._calls).result


#: What the older library called it.
KojiMultiCallIterator = MultiCallResults


class MultiCall(HubMethods[StoredCall]):
    """
    Many calls as one. Hub methods are attributes, as of a `Connection`, but
    are only written down; calling the multicall itself sends them::

        many = koji.MultiCall()
        build = many.getBuild('bash-5.2.37-1.fc43')
        tag = many.getTag('f43')
        results = yield many()
        for result in results:
            print(result)
        print(build.result.owner_name)

    Each call gives a `StoredCall`, whose ``result`` is there afterwards; it
    is the same as in the `MultiCallResults`. Calls that are no good at all
    (no such value in XML-RPC) are refused when they are written down.

    They are sent in requests of ``batch`` calls, and less than 1 MiB, one
    after the other. If none of them changes anything on the hub they are
    reads, as single calls are, and several requests may be under way at once.
    Else each request has a callnum; and when one of the requests fails as a
    whole, those after it are not sent, which their results say (`NotSent`).

    :param connection: the Connection, or its `HubClient`.
    :param strict: whether to fail with the first error of a call, and to send
                   nothing after it.
    :param batch: how many calls may go in one request.
    :param concurrency: how many requests may be under way at once, if no call
                        changes anything.
    """

    def __init__(self, connection: HasClient, *, strict: bool = False,
                 batch: int = BATCH, concurrency: int = 1) -> None:
        self._client = connection.client
        self._strict = strict
        self._batch = batch
        self._concurrency = concurrency
        self._forget()

    def _forget(self) -> None:
        self._calls: list[StoredCall] = []
        self._read = True

    def __len__(self) -> int:
        return len(self._calls)

    def __bool__(self) -> bool:
        return True

    def call(self, method: str, /, *args: Any, **kwargs: Any) -> StoredCall:
        """
        Write down a call of any hub method, also one that has a name of ours.

        :returns: where its result will be.
        :raises TypeError: on arguments that XML-RPC cannot carry.
        """
        method = check_call(method, args, kwargs)
        stored = StoredCall(method, args, kwargs,
                            encode_entry(method, args, kwargs))
        self._calls.append(stored)
        self._read = self._read and self._client.is_read(
            method, args, kwargs)
        return stored

    def __call__(self, *, strict: bool | None = None,
                 batch: int | None = None,
                 concurrency: int | None = None
                 ) -> Deferred[MultiCallResults]:
        """
        Send the calls, which are forgotten here: the next ones are others.

        :param strict: see the class; so are the others. None for what was
                       said when it was made.
        :returns: a Deferred that fires with the `MultiCallResults` when all
                  are there. What goes wrong with a request is the error of
                  all calls in it. Cancelling it sends no more.
        :raises KojiException: if `strict`, what a call failed with.
        :raises ConfigurationError: if a number is not more than 0.
        """
        strict = self._strict if strict is None else strict
        batch = self._batch if batch is None else batch
        concurrency = (self._concurrency if concurrency is None
                       else concurrency)
        for name, number in [('batch', batch), ('concurrency', concurrency)]:
            if not isinstance(number, int) or not number > 0:
                return fail(ConfigurationError(
                    f'{name} must be a number, more than 0, not {number!r}'))
        sending = _Sending(self._client, self._calls, self._read,
                           strict=strict, batch=batch, concurrency=concurrency)
        self._forget()
        return Deferred.fromCoroutine(sending.send())


class _Sending:
    """Calls on their way."""

    def __init__(self, client: HubClient, calls: list[StoredCall],
                 read: bool, *, strict: bool, batch: int, concurrency: int
                 ) -> None:
        self._progress = Progress(client.options.progress, len(calls))
        self._client = client.counting(self._progress.count)
        self._calls = calls
        self._read = read
        self._strict = strict
        self._batch = batch
        self._concurrency = concurrency if read else 1
        #: Whether to send no more.
        self._over = False

    async def send(self) -> MultiCallResults:
        requests = cut(self._calls, self._batch)
        # Each of these takes the next request when it is done with one.
        senders = [Deferred.fromCoroutine(self._send_some(requests))
                   for _ in range(self._concurrency)]
        try:
            await gather(senders)
        finally:
            for request in requests:
                for call in request:
                    call.fail(NotSent(
                        f'{call.method} was not sent, since a request before'
                        ' it failed, or the multicall was cancelled',
                        method=call.method))
        results = MultiCallResults(self._calls)
        if self._strict and results.faults:
            raise copy_of(results.faults[0])
        return results

    async def _send_some(self, requests: Iterator[list[StoredCall]]) -> None:
        while not self._over:
            calls = next(requests, None)
            if calls is None:
                return
            try:
                await self._send_one(calls)
            except CancelledError as error:
                self._fail(calls, error)
                raise
            except Exception as error:
                self._fail(calls, error)
                self._over = self._over or not self._read
                if not isinstance(error, KojiException):
                    raise
            if self._strict and any(call.error for call in calls):
                self._over = True

    async def _send_one(self, calls: list[StoredCall]) -> None:
        entries = await ask_many(self._client, calls, self._read)
        for call, entry in zip(calls, entries):
            call.take(entry, self._client.owner)
        self._progress.add_items(len(calls))

    def _fail(self, calls: list[StoredCall], error: Exception) -> None:
        self._over = self._over or isinstance(error, CancelledError)
        for call in calls:
            call.fail(copy_of(error))


class Encoded(Protocol):
    """A call that is encoded as one of many."""

    @property
    def body(self) -> bytes:
        """Its bytes."""


Stored = TypeVar('Stored', bound=Encoded)


def cut(calls: Iterable[Stored], batch: int) -> Iterator[list[Stored]]:
    """
    Cut a list of calls into requests, each small enough for a hub.

    :param batch: how many calls may be in one.
    """
    request: list[Stored] = []
    size = 0
    for call in calls:
        if request and (len(request) >= batch
                        or size + len(call.body) > MAX_REQUEST):
            yield request
            request, size = [], 0
        request.append(call)
        size += len(call.body)
    if request:
        yield request


async def ask_many(client: HubClient, calls: Sequence[Encoded], read: bool
                   ) -> list[Any]:
    """
    Send one request of many calls.

    :param read: whether no call in it changes anything on the hub.
    :returns: what the hub says of each.
    :raises KojiException: if it fails as a whole.
    """
    entries = await client.send(
        MULTICALL[0], encode_multicall(call.body for call in calls),
        Decoder, read=read)
    if not isinstance(entries, list) or len(entries) != len(calls):
        raise AnswerError(
            f'{MULTICALL[0]}: the answer to {len(calls)} calls has not as many'
            ' results', method=MULTICALL[0])
    return entries


def read_entry(method: str, entry: Any, hub: Hub) -> Any:
    """
    Read what the hub says of one of many calls (kojihub/kojixmlrpc.py,
    ``multiCall``): its result in a list, or its fault.

    :param hub: the connection that rich objects go on with.
    :raises KojiException: the fault.
    """
    if type(entry) is list and len(entry) == 1:
        return typed(method, entry[0], hub)
    if isinstance(entry, dict):
        code, text = entry.get('faultCode'), entry.get('faultString')
        if type(code) is int and isinstance(text, str):
            raise from_fault(code, text, method)
    raise AnswerError(f'{method}: the answer is neither a result nor a fault',
                      method=method)
