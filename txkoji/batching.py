"""Batching: single calls share requests."""
from __future__ import annotations

import copy
from collections import deque
from collections.abc import Callable
from time import perf_counter
from typing import TYPE_CHECKING, Any

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.arguments import with_ids
from txkoji.client import HubClient
from txkoji.exceptions import (
    AnswerError,
    AuthError,
    ConfigurationError,
    HTTPError,
    KojiException,
    ServerOffline,
    copy_of,
)
from txkoji.hub.codec.xmlrpc import encode_entry
from txkoji.hub_methods import add_hint
from txkoji.multicall import BATCH, ask_many, cut
from txkoji.stored_call import read_entry

if TYPE_CHECKING:
    from txkoji.methods import DeferredMethods
else:
    from txkoji.hub_methods import DescribedMethods as DeferredMethods

#: Methods whose answers can be of any length, unless they have a limit.
UNBOUNDED = frozenset([
    'countAndFilterResults', 'filterResults', 'getLatestBuilds',
    'getLatestRPMS', 'getTaskDescendents', 'listArchives', 'listBuildroots',
    'listBuilds', 'listPackages', 'listRPMs', 'listTagged',
    'listTaggedArchives', 'listTaggedRPMS', 'listTasks', 'queryHistory',
    'untaggedBuilds',
])

#: The largest limit of ``queryOpts`` that counts as one.
LONG = 1000

#: Seconds of one turn of the reactor for answering the callers of one call.
SLICE = 0.005


class Batched(DeferredMethods):
    """
    A view of a connection that batches reads.

    Calls look like single calls. Reads of one turn of the reactor are sent as
    multicalls. Each caller has a Deferred of its own, with its own result or
    error, and can cancel it. A call that is made twice is sent once; each
    caller gets an object of its own.

    Writes are sent alone, and so are calls whose answers can be of any length,
    such as ``listTagged``, or ``listTasks`` without a limit. If a request
    fails as a whole, and one of its calls may be the reason, each of its calls
    is sent again, alone.

    :param client: sends the calls.
    :param window: seconds to collect calls. 0 means this turn of the reactor.
    :raises ConfigurationError: if the window is below 0.
    """

    _log = Logger()

    def __init__(self, client: HubClient, window: float = 0) -> None:
        if not window >= 0:
            raise ConfigurationError(
                f'window must not be less than 0, nor {window}')
        self._client = client
        self._window = window
        self._forget()

    def _forget(self) -> None:
        self._pending: dict[bytes, _PendingCall] = {}
        self._waiting: Deferred[Any] | None = None

    def _call(self, method: str, /, *args: Any, **kwargs: Any
              ) -> Deferred[Any]:
        """Call a hub method; see `Connection.call`."""
        try:
            args, kwargs = with_ids(method, args, kwargs)
            if _unbounded(method, args, kwargs) or not self._client.is_read(
                    method, args, kwargs):
                return self._client.call(method, *args, **kwargs)
            body = encode_entry(method, args, kwargs)
            call = self._pending.get(body)
            if call is None:
                # The caller may change the arguments before the call is sent.
                args, kwargs = copy.deepcopy((args, kwargs))
        except Exception:
            return fail(Failure())
        if call is None:
            call = self._pending[body] = _PendingCall(
                method, args, kwargs, body, self._left,
                self._client.reactor)
        answer = call.wait()
        if self._waiting is None:
            self._waiting = self._client.run(
                self._wait(), 'batched', self._client.options.deadline)
            self._waiting.addCallbacks(self._send_all, self._fail_all)
        return answer

    # A type checker has the signatures of `txkoji.methods` for these.
    if not TYPE_CHECKING:
        call = _call

        def listBuilds(self, packageID=None, *args, **kwargs):
            """List builds; see `Connection.listBuilds`."""
            if isinstance(packageID, str):
                # This takes two calls.
                return self._client.listBuilds(packageID, *args, **kwargs)
            return self.call('listBuilds', packageID, *args, **kwargs)

    async def _wait(self) -> None:
        await deferLater(self._client.reactor, self._window)

    def _left(self) -> None:
        """Stop collecting, if all callers have canceled."""
        if self._waiting is not None and not any(
                call.wanted for call in self._pending.values()):
            self._waiting.cancel()

    def _fail_all(self, failure: Failure) -> None:
        """Fail all pending calls, which were not sent."""
        error: Any = failure.value
        calls = list(self._pending.values())
        self._forget()
        for call in calls:
            call.fail(error)

    def _send_all(self, result: None) -> None:
        calls = [call for call in self._pending.values()
                     if call.wanted]
        self._forget()
        for request in cut(calls, BATCH):
            if len(request) == 1:
                self._send_alone(request[0])
            else:
                self._send_together(request)

    def _send_alone(self, call: _PendingCall) -> None:
        """Send a pending call alone."""
        asked = self._client.call(call.method, *call.args,
                                **call.kwargs)
        call.left = asked.cancel
        asked.addCallbacks(call.succeed,
                           lambda failure: call.fail(failure.value))

    def _send_together(self, calls: list[_PendingCall]) -> None:
        """Send pending calls in one request."""
        asked = Deferred.fromCoroutine(
            ask_many(self._client, calls, read=True))

        def left() -> None:
            if not any(call.wanted for call in calls):
                asked.cancel()

        def answered(entries: list[Any]) -> None:
            for call, entry in zip(calls, entries):
                try:
                    value = read_entry(call.method, entry,
                                       self._client.owner)
                except Exception as error:
                    add_hint(error, call.method)
                    call.fail(error)
                else:
                    call.succeed(value)

        def failed(failure: Failure) -> None:
            error: Any = failure.value
            again = _could_be_one(error)
            if again:
                self._log.info(
                    'asking {count} calls one by one, after {error}',
                    count=len(calls), error=str(error))
            for call in calls:
                if again and call.wanted:
                    self._send_alone(call)
                else:
                    call.fail(error)

        for call in calls:
            call.left = left
        asked.addCallbacks(answered, failed)


class _PendingCall:
    """
    A call that is not answered yet, and its callers.

    :ivar body: the encoded call.
    :ivar left: is called when all callers have canceled.
    """

    def __init__(self, method: str, args: Any, kwargs: Any, body: bytes,
                 left: Callable[[], Any], reactor: Any) -> None:
        self.method = method
        self.args = args
        self.kwargs = kwargs
        self.body = body
        self.left = left
        self._reactor = reactor
        self._waiting: deque[Deferred[Any]] = deque()

    @property
    def wanted(self) -> bool:
        """Whether a caller waits for it."""
        return bool(self._waiting)

    def wait(self) -> Deferred[Any]:
        """
        Add a caller.

        :returns: a Deferred for the caller, which fires with the result.
        """
        waiting: Deferred[Any] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def _leave(self, waiting: Deferred[Any]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting:
            self.left()

    def succeed(self, value: Any) -> None:
        """Give each caller an object of its own."""
        self.left = _nothing
        if len(self._waiting) == 1:
            self._waiting.popleft().callback(value)
        elif self._waiting:
            # Callers may change their objects: copy one that no caller has.
            self._answer(copy.deepcopy(value))

    def _answer(self, value: Any) -> None:
        """Answer callers for a slice of time, the others in later turns."""
        end = perf_counter() + SLICE
        while self._waiting:
            self._waiting.popleft().callback(copy.deepcopy(value))
            if perf_counter() > end and self._waiting:
                self._reactor.callLater(0, self._answer, value)
                return

    def fail(self, error: Exception) -> None:
        """Give each caller an exception of its own."""
        self.left = _nothing
        while self._waiting:
            self._waiting.popleft().errback(copy_of(error))


def _nothing() -> None:
    """Do nothing."""


def _unbounded(method: str, args: Any, kwargs: dict[str, Any]) -> bool:
    """Tell whether the answer can be of any length."""
    if method not in UNBOUNDED:
        return False
    if method == 'getLatestBuilds':
        # A package has one latest build.
        return not (kwargs.get('package') or any(args[2:3]))
    options: Any = kwargs.get('queryOpts', kwargs.get('filterOpts'))
    if method == 'listTasks' and len(args) > 1:
        options = args[1]
    if not isinstance(options, dict):
        return True
    limit = options.get('limit')
    return not (options.get('countOnly')
                or (isinstance(limit, int) and 0 < limit <= LONG))


def _could_be_one(error: Exception) -> bool:
    """
    Tell whether one call may be the reason that a request failed.

    The reason may be a fault, a request that the hub cannot read, or an answer
    that is too large.
    """
    if isinstance(error, HTTPError):
        return error.status in (400, 413)
    if isinstance(error, (AuthError, ServerOffline)):
        return False
    return isinstance(error, AnswerError) or (
        isinstance(error, KojiException) and error.faultCode is not None)
