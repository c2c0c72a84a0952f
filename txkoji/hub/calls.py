"""
The calls of a Connection: each in its turn, in time, and writes at most once.

A call that carries a callnum makes all others of its session wait on the hub
until it ends, and one that is lower than another before it is refused
(kojihub/auth.py). So calls that only read carry none and go out side by side,
in the session that login made; those that write go out one after the other,
in a session of their own, so that no read has to wait for them.
"""
from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from twisted.internet.defer import CancelledError, Deferred, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    AuthError,
    CallTimeout,
    KojiException,
    KojiLoginException,
    ServerOffline,
    not_sent,
)
from txkoji.hub.backoff import Backoff
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.http.body import Sink
from txkoji.hub.http.request import Request
from txkoji.hub.outcome import Outcome
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import Retries
from txkoji.hub.session.credentials import Credentials
from txkoji.hub.session.session import Session, Subsession
from txkoji.hub.session.session_info import SessionInfo
from txkoji.hub.stats import Stats
from txkoji.hub.transport import Transport, closed

if TYPE_CHECKING:
    from txkoji.hub.http.files import FileHead


class Calls:
    """
    The calls of a Connection.

    :param settings: the profile.
    :param transport: posts them.
    :param master: those of the Connection that this one shares its login
                   with.

    :ivar session: what login made.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 master: Calls | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._master = master
        self._children: WeakSet[Calls] = WeakSet()
        self._retries: Retries
        if master is None:
            self._retries = Retries(settings, lambda: transport.reactor,
                                    transport.stats, transport.backoff)
            self.session = Session(settings, transport, self._retries)
        else:
            self._retries = master._retries
            self.session = master.session
        self._writer: Session | None = None
        self._writes = FairSemaphore(1)
        self._running: set[Deferred[Any]] = set()
        #: Whether the session of a child was ended.
        self._ended = False
        self._closed = False

    @property
    def identity(self) -> SessionInfo | None:
        """The session on the hub, or None."""
        session = self.session if self._master is None else self._writer
        return None if session is None else session.identity

    @property
    def callnum(self) -> int | None:
        """The number of the next write, or None."""
        if self.identity is None:
            return None
        return 0 if self._writer is None else self._writer.callnum

    def stats(self) -> Stats:
        """Numbers of just now."""
        stats = self._transport.stats
        return replace(stats, connections=self._transport.connections,
                       waiting=max(0, stats.waiting - stats.in_flight))

    def call(self, request: Request) -> Deferred[Any]:
        """
        Make a call, as whom we are logged in.

        :returns: a Deferred that fires with what the request's sink makes of
                  the answer.
        :raises TransportError: if there is no good answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises ConnectionClosed: if `close()` was, or is, called.
        """
        if not request.read:
            return self.run(self._write(request), request.method,
                            request.deadline, request.begun, request.outcome)
        try:
            self._check_open(request)
        except KojiException:
            return fail()
        return self._limit(
            self.session.send(request, self._is_signed_in), request.method,
            request.deadline, request.begun, request.outcome)

    def get(self, url: str, headers: dict[bytes, bytes], *, timeout: float,
            deadline: float, show: Callable[[FileHead], Any], sink: Sink,
            begun: Callable[[], bool]) -> Deferred[None]:
        """
        Get a file, from wherever that is, and as nobody.

        :param url: its address.
        :param headers: what to send, such as a ``Range``.
        :param timeout: seconds for each silence of the server.
        :param deadline: seconds until some of it is here.
        :param show: is shown the head of the response.
        :param sink: takes the bytes as they come.
        :param begun: whether some of it is here.
        :returns: a Deferred that fires with None when all of it was given.
        :raises TransportError: if it does not come.
        :raises ConnectionClosed: if `close()` was, or is, called.
        """
        if self._closed:
            return fail(not_sent(closed('GET', self.session.address)))

        def attempt(patient: bool) -> Deferred[None]:
            return Deferred.fromCoroutine(self._transport.get(
                url, headers, timeout=timeout, show=show, sink=sink))

        # Its server is not the hub: it may be away alone.
        retries = Retries(
            self._settings, lambda: self._transport.reactor,
            self._transport.stats, Backoff(self._settings.retry_interval,
                                           lambda: self._transport.reactor))
        return self._limit(
            retries.run('GET', attempt, lost=True, late=True, begun=begun),
            'GET', deadline, begun)

    def login(self, credentials: Credentials, *, allow_http: bool,
              deadline: float) -> Deferred[None]:
        """
        Log in; see `Session.login`.

        :param deadline: seconds for it, with all its attempts.
        """
        async def log_in() -> None:
            await self.session.login(credentials, allow_http)
            self._ended = False

        return self.run(log_in(), 'login', deadline,
                        outcome=self.session.logins)

    def logout(self, deadline: float) -> Deferred[None]:
        """
        End the session on the hub, once the writes before have ended.

        :returns: a Deferred that fires when that is done.
        """
        return self.run(self._logout(), 'logout', deadline)

    async def new_session(self, deadline: float) -> Calls:
        """
        Get others that write in a session of their own, beside ours.

        :raises KojiLoginException: if we are not logged in.
        """
        if self.session.identity is None:
            raise KojiLoginException('new_session: not logged in; login()'
                                     ' first', method='subsession')
        master = self._master or self
        child = Calls(self._settings, self._transport, master)
        await self.run(child._writing(), 'subsession', deadline)
        master._children.add(child)
        return child

    async def close(self, logout: bool = False) -> None:
        """
        End everything: calls fail with ConnectionClosed.

        :param logout: whether to end the session on the hub, too, and to wait
                       for the end of those that a login left over.
        """
        self._closed = True
        ending: Deferred[None] | None = None
        if logout:
            # A renewal under way goes on for this.
            ending = Deferred.fromCoroutine(self._end_session())
        try:
            for child in list(self._children):
                await child.close()
            for running in list(self._running):
                running.cancel()
            if ending is not None:
                await ending
                await self.session.settle()
        except KojiException as error:
            self._log.warn('closed without logging out: {error}',
                           error=str(error))
        finally:
            # Also if this is cancelled.
            if self._master is None:
                await self._transport.close()

    def run(self, work: Coroutine[Any, Any, Any], method: str,
            deadline: float | None,
            begun: Callable[[], bool] = lambda: False,
            outcome: Outcome | None = None) -> Deferred[Any]:
        """
        Do something within a deadline, and until this is closed.

        :param method: its name, for the texts of errors.
        :param deadline: seconds; None for as long as it takes.
        :param begun: whether the deadline does not count any longer.
        :param outcome: what is known of the attempts, if it is a call.
        :returns: a Deferred that fires with what it gives.
        :raises CallTimeout: when the time is over.
        :raises ConnectionClosed: if `close()` was, or is, called.
        """
        if self._closed:
            work.close()
            return fail(not_sent(closed(method, self.session.address)))
        return self._limit(Deferred.fromCoroutine(work), method, deadline,
                           begun, outcome)

    def _limit(self, running: Deferred[Any], method: str,
               deadline: float | None, begun: Callable[[], bool],
               outcome: Outcome | None = None) -> Deferred[Any]:
        """End something at a deadline, and when this is closed; see `run`."""
        if running.called and not running.paused:
            return running
        stats = self._transport.stats
        stats.waiting += 1
        limit = _Deadline(running, begun)
        timer = None if deadline is None else (
            self._transport.reactor.callLater(max(0, deadline), limit.end))
        self._running.add(running)

        def ran(result: Any) -> Any:
            stats.waiting -= 1
            self._running.discard(running)
            if timer is not None and timer.active():
                timer.cancel()
            if isinstance(result, Failure) and result.check(CancelledError):
                if self._closed:
                    return Failure(self._with_outcome(closed(
                        method, self.session.address), outcome))
                if limit.late:
                    return Failure(self._too_late(method, deadline, outcome))
            return result

        return running.addBoth(ran)

    def _too_late(self, method: str, deadline: float | None,
                  outcome: Outcome | None) -> KojiException:
        url = without_secrets(self.session.address)
        error = self._with_outcome(CallTimeout(
            f'{method} at {url}: not done within {deadline:g} seconds, with'
            ' all waiting and all attempts', method=method, url=url), outcome)
        self._transport.stats.remember(error)
        return error

    def _with_outcome(self, error: KojiException, outcome: Outcome | None
                      ) -> KojiException:
        if outcome is None:
            return error
        return outcome.ended(error, self.session.logins)

    @property
    def _is_signed_in(self) -> bool:
        return self.session.identity is not None or self._master is not None

    async def _in_turn(self, request: Request) -> Any:
        if not self._is_signed_in:
            return await self.session.send(request, False)
        await self._writes.acquire()
        try:
            self._check_open(request)
            return await (await self._writing()).send(request, True)
        finally:
            self._writes.release()

    async def _write(self, request: Request) -> Any:
        try:
            return await self._in_turn(request)
        except KojiException as error:
            found = request.outcome.error(error, request.method)
            if found is error:
                raise
            raise found

    def _check_open(self, request: Request) -> None:
        """Whether the call may still be sent."""
        if self._closed:
            raise self._with_outcome(
                closed(request.method, self.session.address), request.outcome)
        if self._ended:
            raise KojiLoginException(
                f'{request.method}: logged out before it was sent; login()'
                ' again',
                method=request.method)

    async def _writing(self) -> Session:
        """The session to write in, a subsession of the one of login."""
        if self._writer is None:
            writer = Subsession(self._settings, self._transport,
                                self._retries, self.session)
            try:
                await writer.begin()
            except KojiException as error:
                if (self._master is not None or error.method != 'subsession'
                        or error.faultCode is None
                        or isinstance(error, (AuthError, ServerOffline))):
                    raise
                # Reads will wait for writes; that is all.
                self._log.warn('the hub gives no second session: {error}',
                               error=str(error))
                self._writer = self.session
            else:
                self._writer = writer
        return self._writer

    async def _logout(self) -> None:
        session = self.session
        if self._master is None:
            await session.changing.acquire()
        try:
            await self._writes.acquire()
            try:
                await self._end_session()
            finally:
                self._writes.release()
        finally:
            if self._master is None:
                session.changing.release()

    async def _end_session(self) -> None:
        """End it on the hub, which ends its subsessions, too."""
        writer, self._writer = self._writer, None
        if self._master is not None:
            self._ended = True
            if writer is not None:
                await writer.end()
            return
        for child in self._children:
            child._ended = True
            child._writer = None
        if not await self.session.end() and writer is not None:
            await writer.end()


class _Deadline:
    """
    The end of the time for something.

    :ivar late: whether it has come.
    """

    def __init__(self, running: Deferred[Any], begun: Callable[[], bool]
                 ) -> None:
        self._running = running
        self._begun = begun
        self.late = False

    def end(self) -> None:
        """End it, unless somebody has begun to get it."""
        if not self._begun():
            self.late = True
            self._running.cancel()
