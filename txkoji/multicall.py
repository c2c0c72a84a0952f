"""Many calls in one request, which the hub takes as ``system.multicall``."""
from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from twisted.internet.defer import CancelledError, Deferred, fail

from txkoji.arguments import with_ids
from txkoji.client import HasClient, HubClient
from txkoji.exceptions import (
    AnswerError,
    ConfigurationError,
    KojiException,
    NotSent,
    copy_of,
)
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_entry, encode_multicall
from txkoji.hub.deferreds import gather
from txkoji.hub.reads import MULTICALL, check_call
from txkoji.hub_methods import add_hint
from txkoji.progress import Progress
from txkoji.stored_call import StoredCall

if TYPE_CHECKING:
    from txkoji.stored_methods import StoredMethods
else:
    from txkoji.hub_methods import DescribedMethods as StoredMethods

#: Default number of calls in a request, as in Koji's own tools.
BATCH = 100

#: Maximum bytes of a request. The hub takes 4 MiB (its option
#: ``MaxRequestLength``), and front servers may take less.
MAX_REQUEST = 2**20


class MultiCallResults(Sequence[Any]):
    """
    The results of a multicall, in the order of its calls.

    Iterating raises the error of a failed call, and can go on afterwards.
    """

    def __init__(self, calls: Sequence[StoredCall[Any]]) -> None:
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
        """The errors of the failed calls, in order."""
        return [call.error for call in self._calls if call.error is not None]

    def __repr__(self) -> str:
        return (f'<{type(self).__name__}: {len(self)} results,'
                f' {len(self.faults)} faults>')


class _Results(Iterator[Any]):
    """An iterator that goes on after an error, which no generator does."""

    def __init__(self, calls: Sequence[StoredCall[Any]]) -> None:
        self._calls = iter(calls)

    def __next__(self) -> Any:
        return next(self._calls).result


#: The name in txkoji 0.10.
KojiMultiCallIterator = MultiCallResults


class MultiCall(StoredMethods):
    """
    Calls that are collected, to be sent as one.

    Hub methods are attributes, as of a `Connection`. Calling them only stores
    the calls; calling the multicall itself sends them::

        many = koji.MultiCall()
        build = many.getBuild('bash-5.2.37-1.fc43')
        tag = many.getTag('f43')
        results = yield many()
        for result in results:
            print(result)
        print(build.result.owner_name)

    Each call returns a `StoredCall`, which has the ``result`` afterwards; the
    `MultiCallResults` have the same. A call with arguments that XML-RPC cannot
    carry is refused at once.

    The calls are sent in requests of ``batch`` calls and less than 1 MiB, one
    request after the other. If all calls are reads, requests can be
    simultaneous. Otherwise each request has a callnum; if a request fails as a
    whole, later ones are not sent, and the errors of their calls are
    `NotSent`.

    :param connection: the Connection, or its `HubClient`.
    :param strict: whether to fail with the first error of a call, and to send
                   no further requests.
    :param batch: maximum number of calls in a request.
    :param concurrency: number of simultaneous requests, if all calls are
                        reads.
    """

    def __init__(self, connection: HasClient, *, strict: bool = False,
                 batch: int = BATCH, concurrency: int = 1) -> None:
        self._client = connection.client
        self._strict = strict
        self._batch = batch
        self._concurrency = concurrency
        self._forget()

    def _forget(self) -> None:
        self._calls: list[StoredCall[Any]] = []
        self._read = True

    def __len__(self) -> int:
        return len(self._calls)

    def __bool__(self) -> bool:
        return True

    def _store(self, method: str, /, *args: Any, **kwargs: Any
               ) -> StoredCall[Any]:
        """
        Store a call of a hub method, given by name.

        :returns: the `StoredCall`, which gets the result.
        :raises TypeError: if XML-RPC cannot carry an argument.
        """
        args, kwargs = with_ids(method, args, kwargs)
        method = check_call(method, args, kwargs)
        stored: StoredCall[Any] = StoredCall(
            method, args, kwargs, encode_entry(method, args, kwargs))
        self._calls.append(stored)
        self._read = self._read and self._client.is_read(
            method, args, kwargs)
        return stored

    # A type checker has the signatures of `txkoji.stored_methods` for this.
    if not TYPE_CHECKING:
        call = _store

    def __call__(self, *, strict: bool | None = None,
                 batch: int | None = None,
                 concurrency: int | None = None
                 ) -> Deferred[MultiCallResults]:
        """
        Send the stored calls, and forget them.

        :param strict: None for that of the constructor, as for the other
                       parameters.
        :returns: a Deferred that fires with the `MultiCallResults`. If a
                  request fails, its error is that of all its calls. Canceling
                  it sends no further requests.
        :raises KojiException: with ``strict``, the error of a call.
        :raises ConfigurationError: if a number is not above 0.
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
    """The sending of a multicall's calls."""

    def __init__(self, client: HubClient, calls: list[StoredCall[Any]],
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
        """Send all requests, some of them simultaneously."""
        requests = cut(self._calls, self._batch)
        # Each sender takes the next request when its last one is answered.
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

    async def _send_some(self, requests: Iterator[list[StoredCall[Any]]]
                         ) -> None:
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

    async def _send_one(self, calls: list[StoredCall[Any]]) -> None:
        entries = await ask_many(self._client, calls, self._read)
        for call, entry in zip(calls, entries):
            call.take(entry, self._client.owner)
            if call.error is not None:
                add_hint(call.error, call.method)
        self._progress.add_items(len(calls))

    def _fail(self, calls: list[StoredCall[Any]], error: Exception) -> None:
        self._over = self._over or isinstance(error, CancelledError)
        for call in calls:
            call.fail(copy_of(error))


class Encoded(Protocol):
    """A call that is encoded for a multicall."""

    @property
    def body(self) -> bytes:
        """The encoded call."""


Stored = TypeVar('Stored', bound=Encoded)


def cut(calls: Iterable[Stored], batch: int) -> Iterator[list[Stored]]:
    """
    Divide calls into requests that a hub accepts.

    :param batch: maximum number of calls in a request.
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

    :param read: whether all calls are reads.
    :returns: the hub's entry for each call.
    :raises KojiException: if the request fails as a whole.
    """
    entries = await client.send(
        MULTICALL[0], encode_multicall(call.body for call in calls),
        Decoder, read=read)
    if not isinstance(entries, list) or len(entries) != len(calls):
        raise AnswerError(
            f'{MULTICALL[0]}: the answer to {len(calls)} calls has not as many'
            ' results', method=MULTICALL[0])
    return entries
