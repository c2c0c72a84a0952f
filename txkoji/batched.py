"""
Single calls that go out as few requests, without anybody having to think of
it.
"""
from __future__ import annotations

import copy
from typing import TYPE_CHECKING, Any, Dict, List, Optional, Tuple

from twisted.internet.defer import Deferred, fail
from twisted.internet.task import deferLater
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.call import HubMethods
from txkoji.exceptions import (AnswerError, AuthError, ConfigurationError,
                               HTTPError, KojiException, ServerOffline)
from txkoji.hub.xmlrpc import EntryEncoder
from txkoji.multicall import (BATCH, StoredCall, another, ask_many, cut,
                              read_entry)

if TYPE_CHECKING:
    from txkoji.connection import Connection

#: Methods whose answers may be of any length, unless they are given a limit.
UNBOUNDED = frozenset([
    'getTaskDescendents', 'listArchives', 'listBuilds', 'listPackages',
    'listRPMs', 'listTagged', 'listTaggedArchives', 'listTaggedRPMS',
    'listTasks', 'queryHistory', 'untaggedBuilds',
])


class Batched(HubMethods['Deferred[Any]']):
    """
    A view of a Connection on which calls look like single calls, and are
    answered like single calls; but those that read, and are made in the same
    turn of the reactor, go out as few requests of many calls.

    Each caller has a Deferred of its own, with its own result or its own
    error, and may cancel it. A call that is made twice is asked once, and
    answered with an object for each. What changes something on the hub goes
    out alone, as ever, and so does what may have an answer of any length
    (such as ``listTagged``, or ``listTasks`` without a limit).

    If a request fails as a whole, and it could be because of one call in it,
    each call in it goes out once more, alone.

    :param koji: the Connection.
    :param window: seconds to wait for more calls; 0 for this turn of the
                   reactor.
    :raises ConfigurationError: if that is less than 0.
    """

    _log = Logger()

    def __init__(self, koji: Connection, window: float = 0) -> None:
        if not window >= 0:
            raise ConfigurationError(
                f'window must not be less than 0, nor {window}')
        self._koji = koji
        self._window = window
        self._forget()

    def _forget(self) -> None:
        self._questions: Dict[bytes, _Question] = {}
        self._encoder = EntryEncoder()

    def call(self, method: str, /, *args: Any, **kwargs: Any
             ) -> Deferred[Any]:
        """
        Call any hub method; see `Connection.call`.
        """
        if _unbounded(method, args, kwargs) or not self._koji._is_read(
                method, args, kwargs):
            return self._koji.call(method, *args, **kwargs)
        try:
            body = self._encoder.encode(method, args, kwargs)
        except Exception:
            return fail(Failure())
        first = not self._questions
        question = self._questions.get(body)
        if question is None:
            question = self._questions[body] = _Question(
                method, args, kwargs, body)
        waiting = question.wait()
        if first:
            self._koji._calls.run(
                self._wait(), 'batched', self._koji._options.deadline
            ).addCallbacks(self._ask_all, self._fail_all)
        return waiting

    def listBuilds(self, packageID: Any = None, *args: Any, **kwargs: Any
                   ) -> Deferred[Any]:
        """List builds; see `Connection.listBuilds`."""
        if isinstance(packageID, str):
            # For this it asks twice.
            return self._koji.listBuilds(packageID, *args, **kwargs)
        return self.call('listBuilds', packageID, *args, **kwargs)

    async def _wait(self) -> None:
        await deferLater(self._koji._transport.reactor, self._window)

    def _fail_all(self, failure: Failure) -> None:
        """The Connection was closed before it began."""
        error: Any = failure.value
        questions = list(self._questions.values())
        self._forget()
        for question in questions:
            question.fail(error)

    def _ask_all(self, result: None) -> None:
        questions = [question for question in self._questions.values()
                     if question.wanted]
        self._forget()
        for request in cut(questions, BATCH):
            if len(request) == 1:
                self._ask_one(request[0])
            else:
                self._ask(request)

    def _ask_one(self, question: _Question) -> None:
        """Ask it as a plain call."""
        asked = self._koji.call(question.method, *question.args,
                                **question.kwargs)
        question.asked = asked
        asked.addCallbacks(question.succeed,
                           lambda failure: question.fail(failure.value))

    def _ask(self, questions: List[_Question]) -> None:
        """Ask them in one request."""
        asked = Deferred.fromCoroutine(
            ask_many(self._koji, questions, read=True))
        shared = _Shared(asked, questions)
        for question in questions:
            question.asked = shared

        def answered(entries: List[Any]) -> None:
            for question, entry in zip(questions, entries):
                question.take(entry, self._koji._owner)

        def failed(failure: Failure) -> None:
            error: Any = failure.value
            if _could_be_one(error):
                self._log.info(
                    'asking {count} calls one by one, after {error}',
                    count=len(questions), error=str(error))
            for question in questions:
                if _could_be_one(error) and question.wanted:
                    self._ask_one(question)
                else:
                    question.fail(error)

        asked.addCallbacks(answered, failed)


class _Question(StoredCall):
    """
    A call, and all who wait for it.

    :ivar asked: what to cancel when nobody does any longer.
    """

    asked: Any = None

    def __init__(self, *args: Any) -> None:
        super().__init__(*args)
        self._waiting: List[Deferred[Any]] = []

    @property
    def wanted(self) -> bool:
        """Whether somebody waits."""
        return bool(self._waiting)

    def wait(self) -> Deferred[Any]:
        waiting: Deferred[Any] = Deferred(self._leave)
        self._waiting.append(waiting)
        return waiting

    def _leave(self, waiting: Deferred[Any]) -> None:
        self._waiting.remove(waiting)
        if not self._waiting and self.asked is not None:
            self.asked.cancel()

    def succeed(self, value: Any) -> None:
        waiting, self._waiting = self._waiting, []
        # All copies first: who gets one may change it.
        values = [value, *(copy.deepcopy(value) for _ in waiting[1:])]
        for each, own in zip(waiting, values):
            each.callback(own)

    def fail(self, error: Exception) -> None:
        waiting, self._waiting = self._waiting, []
        for each in waiting:
            each.errback(another(error))

    def take(self, entry: Any, koji: Connection) -> None:
        try:
            value = read_entry(self.method, entry, koji)
        except KojiException as error:
            self.fail(error)
        else:
            self.succeed(value)


class _Shared:
    """A request that is cancelled when nobody waits for any call in it."""

    def __init__(self, asked: Deferred[Any], questions: List[_Question]
                 ) -> None:
        self._asked = asked
        self._questions = questions

    def cancel(self) -> None:
        if not any(question.wanted for question in self._questions):
            self._asked.cancel()


def _unbounded(method: str, args: Tuple[Any, ...], kwargs: Dict[str, Any]
               ) -> bool:
    """Whether the answer may be of any length."""
    if method not in UNBOUNDED:
        return False
    options: Optional[Any] = kwargs.get('queryOpts')
    if method == 'listTasks' and len(args) > 1:
        options = args[1]
    return not (isinstance(options, dict)
                and (options.get('limit') or options.get('countOnly')))


def _could_be_one(error: Exception) -> bool:
    """
    Whether a single call may be why a request failed as a whole: a fault, a
    request that the hub does not read, an answer that is too large.
    """
    if isinstance(error, HTTPError):
        return error.status in (400, 413)
    if isinstance(error, (AuthError, ServerOffline)):
        return False
    return isinstance(error, AnswerError) or (
        isinstance(error, KojiException) and error.faultCode is not None)
