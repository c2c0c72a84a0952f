"""
The calls of a Connection: reads in parallel, writes one after the other.

The hub locks the session of a call with a callnum until the call ends, and
refuses a callnum that is lower than an earlier one (kojihub/auth.py). So reads
are sent without a callnum, in the session of the login. Writes are sent one
after the other with a callnum, in a subsession, so that no read waits for
them.
"""
from __future__ import annotations

from collections.abc import Callable, Coroutine
from typing import TYPE_CHECKING, Any
from weakref import WeakSet

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger

from txkoji.exceptions import (
    AuthError,
    KojiException,
    KojiLoginException,
    ServerOffline,
)
from txkoji.hub.backoff import Backoff
from txkoji.hub.deferreds import FairSemaphore
from txkoji.hub.http.body import Sink
from txkoji.hub.http.request import Request
from txkoji.hub.limits import Limits
from txkoji.hub.outcome import Outcome, not_sent
from txkoji.hub.profile import Profile
from txkoji.hub.retries import Retries
from txkoji.hub.session.authenticator import Authenticator
from txkoji.hub.session.credentials import Credentials
from txkoji.hub.session.session import Session, logged_out
from txkoji.hub.session.session_info import SessionInfo
from txkoji.hub.stats import Stats
from txkoji.hub.transport import Transport

if TYPE_CHECKING:
    from txkoji.hub.http.files import FileHead


class Calls:
    """
    The calls of a Connection.

    :param settings: the profile.
    :param transport: posts requests.
    :param parent: the calls of the Connection whose login is shared; None for
                   a Connection with its own login.

    :ivar session: the session of the login.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 parent: Calls | None = None) -> None:
        self._settings = settings
        self._transport = transport
        self._parent = parent
        self._children: WeakSet[Calls] = WeakSet()
        if parent is None:
            retries = Retries(settings, lambda: transport.reactor,
                              transport.stats, transport.backoff)
            self.session: Session = Session(
                settings, transport, retries,
                Authenticator(settings, transport, retries))
        else:
            self.session = parent.session
        #: The session for writes, or None.
        self._writer: Session | None = None
        self._write_lock = FairSemaphore(1)
        self._limits = Limits(transport, self.session)
        #: Whether a child's session has ended, so that calls fail.
        self._logged_out = False

    @property
    def identity(self) -> SessionInfo | None:
        """The session on the hub, or None."""
        session = self.session if self._parent is None else self._writer
        return None if session is None else session.info

    @property
    def callnum(self) -> int | None:
        """The callnum of the next write, or None when not logged in."""
        if self.identity is None:
            return None
        return 0 if self._writer is None else self._writer.callnum

    def stats(self) -> Stats:
        """Get a copy of the current statistics."""
        stats = self._transport.stats
        return stats.copy(connections=self._transport.connections,
                          waiting=max(0, stats.waiting - stats.in_flight))

    def call(self, request: Request) -> Deferred[Any]:
        """
        Make a call, as the logged-in user or anonymously.

        :returns: a Deferred that fires with the result of the request's sink.
        :raises TransportError: if there is no valid answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises ConnectionClosed: if `close()` was called, or is called before
                                  the answer.
        """
        self._transport.stats.count_call(request.method)
        if not request.read:
            return self.run(self._write(request), request.method,
                            request.deadline, request.begun, request.outcome)
        try:
            self._check_open(request)
        except KojiException:
            return fail()
        return self._limits.apply(
            self.session.send(request, self._is_logged_in), request.method,
            request.deadline, request.begun, request.outcome)

    def get(self, url: str, headers: dict[bytes, bytes], *, timeout: float,
            deadline: float, on_head: Callable[[FileHead], Any], sink: Sink,
            has_started: Callable[[], bool], method: str = 'GET'
            ) -> Deferred[None]:
        """
        Get a file anonymously, from the hub or from another server.

        :param url: the URL.
        :param headers: additional headers, such as a ``Range``.
        :param timeout: seconds for each silence of the server.
        :param deadline: seconds until the first bytes.
        :param on_head: is called with the head of the response.
        :param sink: takes the bytes as they arrive.
        :param has_started: tells whether bytes have arrived.
        :param method: "GET", or "HEAD" for the head only.
        :returns: a Deferred that fires with None when ``sink`` has all bytes.
        :raises TransportError: if the file does not arrive.
        :raises ConnectionClosed: if `close()` was called, or is called
                                  meanwhile.
        """
        if self._limits.closed:
            return fail(not_sent(self._limits.closed_error(method)))

        def attempt(fail_if_away: bool) -> Deferred[None]:
            return Deferred.fromCoroutine(self._transport.get(
                url, headers, timeout=timeout, on_head=on_head, sink=sink,
                method=method))

        # The file server may be away while the hub is not.
        retries = Retries(
            self._settings, lambda: self._transport.reactor,
            self._transport.stats, Backoff(self._settings.retry_interval,
                                           lambda: self._transport.reactor))
        return self._limits.apply(
            retries.run(method, attempt, retry_lost=True, retry_timeouts=True,
                        has_started=has_started),
            method, deadline, has_started)

    def login(self, credentials: Credentials, *, allow_http: bool,
              deadline: float) -> Deferred[None]:
        """
        Log in; see `Session.login`.

        :param deadline: seconds for the login with all attempts.
        """
        async def log_in() -> None:
            await self.session.login(credentials, allow_http)
            self._logged_out = False

        return self.run(log_in(), 'login', deadline,
                        outcome=self.session.logins)

    def logout(self, deadline: float) -> Deferred[None]:
        """
        End the session on the hub, after the writes that are queued.

        :param deadline: seconds for the logout, with the wait for writes.
        :returns: a Deferred that fires with None when the session has ended
                  on the hub.
        """
        return self.run(self._logout(), 'logout', deadline)

    async def new_session(self, deadline: float) -> Calls:
        """
        Begin another session for writes, in parallel to this one.

        :returns: calls that share the login and write in the new session.
        :raises KojiLoginException: when not logged in.
        """
        if self.session.info is None:
            raise KojiLoginException('new_session: not logged in; login()'
                                     ' first', method='subsession')
        parent = self._parent or self
        child = Calls(self._settings, self._transport, parent)
        await self.run(child.begin_writes(), 'subsession', deadline)
        parent.add_child(child)
        return child

    def add_child(self, child: Calls) -> None:
        """Add calls that share this login, and are closed with this one."""
        self._children.add(child)

    async def close(self, logout: bool = False) -> None:
        """
        End all calls, which fail with ConnectionClosed.

        :param logout: whether to end the session on the hub first, and the
                       sessions of failed logins.
        """
        self._limits.closed = True
        ending: Deferred[None] | None = None
        if logout:
            # Begin before the calls are canceled: the logout waits for a
            # renewal in progress, which then goes on.
            ending = Deferred.fromCoroutine(self._end_session())
        try:
            for child in list(self._children):
                await child.close()
            self._limits.cancel_all()
            if ending is not None:
                await ending
                await self.session.wait_for_logouts()
        except KojiException as error:
            self._log.warn('closed without logging out: {error}',
                           error=str(error))
        finally:
            # Close the connections also if this coroutine is canceled.
            if self._parent is None:
                await self._transport.close()

    def run(self, work: Coroutine[Any, Any, Any], method: str,
            deadline: float | None,
            has_started: Callable[[], bool] = lambda: False,
            outcome: Outcome | None = None) -> Deferred[Any]:
        """
        Run a coroutine until a deadline, or until `close()`.

        :param method: a name of the coroutine, for error texts.
        :param deadline: seconds; None for no limit.
        :param has_started: tells whether a result has begun to arrive, so
                            that the deadline no longer counts.
        :param outcome: the attempts, if the coroutine makes a call.
        :returns: a Deferred that fires with the result of the coroutine.
        :raises CallTimeout: at the deadline.
        :raises ConnectionClosed: if `close()` was called, or is called
                                  meanwhile.
        """
        if self._limits.closed:
            work.close()
            return fail(not_sent(self._limits.closed_error(method)))
        return self._limits.apply(Deferred.fromCoroutine(work), method,
                                  deadline, has_started, outcome)

    @property
    def _is_logged_in(self) -> bool:
        return self.session.info is not None or self._parent is not None

    async def _write(self, request: Request) -> Any:
        """Send a write after the writes before it."""
        try:
            return await self._send_write(request)
        except KojiException as error:
            found = request.outcome.error_of_write(error, request.method)
            if found is error:
                raise
            raise found

    async def _send_write(self, request: Request) -> Any:
        if not self._is_logged_in:
            return await self.session.send(request, False)
        await self._write_lock.acquire()
        try:
            self._check_open(request)
            writer = await self._get_writer()
            return await writer.send(request, True)
        finally:
            self._write_lock.release()

    def _check_open(self, request: Request) -> None:
        """
        Check that a call may be sent.

        :raises ConnectionClosed: if `close()` was called.
        :raises KojiLoginException: if the session has ended.
        """
        if self._limits.closed:
            raise self._limits.closed_error(request.method, request.outcome)
        if self._logged_out:
            raise logged_out(request.method)

    async def begin_writes(self) -> None:
        """
        Begin the session for writes.

        :raises KojiException: if the hub gives no subsession.
        """
        await self._get_writer()

    async def _get_writer(self) -> Session:
        """Get the session for writes, and begin a subsession if needed."""
        if self._writer is None:
            subsession = self.session.subsession()
            try:
                await subsession.begin()
            except KojiException as error:
                if (self._parent is not None or error.method != 'subsession'
                        or error.faultCode is None
                        or isinstance(error, (AuthError, ServerOffline))):
                    raise
                # Without a subsession the only loss is that reads wait for
                # writes.
                self._log.warn('the hub gives no second session: {error}',
                               error=str(error))
                self._writer = self.session
            else:
                self._writer = subsession
        return self._writer

    async def _logout(self) -> None:
        login_lock = self.session.login_lock
        if self._parent is None:
            await login_lock.acquire()
        try:
            await self._write_lock.acquire()
            try:
                await self._end_session()
            finally:
                self._write_lock.release()
        finally:
            if self._parent is None:
                login_lock.release()

    async def _end_session(self) -> None:
        """
        End the session on the hub.

        The end of the login's session ends the subsessions, too.
        """
        writer, self._writer = self._writer, None
        if self._parent is not None:
            self._logged_out = True
            if writer is not None:
                await writer.end()
            return
        for child in self._children:
            child.mark_logged_out()
        if not await self.session.end() and writer is not None:
            await writer.end()

    def mark_logged_out(self) -> None:
        """Let further calls fail, because the login's session ends."""
        self._logged_out = True
        self._writer = None
