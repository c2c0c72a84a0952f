"""
The calls of a Connection: each in its turn, in time, and at most once.

A call that carries a callnum makes all others of its session wait on the hub
until it ends, and one that is lower than another before it is refused
(kojihub/auth.py). So calls that only read carry none and go out side by side,
in the session that login made; those that write go out one after the other,
in a session of their own, so that no read has to wait for them.
"""
from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, Awaitable, Coroutine, List, Optional, Set

from twisted.internet import defer
from twisted.internet.defer import (CancelledError, Deferred, DeferredLock,
                                    fail, succeed)
from twisted.logger import Logger

from txkoji.exceptions import (AuthError, CallTimeout, GenericError,
                               KojiException, KojiLoginException,
                               ServerOffline, TransportError)
from txkoji.hub.identity import Identity
from txkoji.hub.login import Credentials, Post
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import Retries
from txkoji.hub.session import Session, is_gone
from txkoji.hub.shared import Shared
from txkoji.hub.stats import Stats
from txkoji.hub.transport import Request, Transport, closed

#: Hub methods that would go round our session, and what to do instead.
REFUSED = {
    'login': 'use login() of the Connection',
    'sslLogin': 'use login() of the Connection',
    'subsession': 'use new_session() of the Connection',
    'exclusiveSession': "it is for Koji's own daemons, and shuts out every"
                        ' other session of the user',
}


def check_method(method: str) -> None:
    """
    Refuse hub methods that would change the session behind our back.

    :raises KojiLoginException: and what to use.
    """
    if method in REFUSED:
        raise KojiLoginException(
            f'{method} cannot be called like this: {REFUSED[method]}',
            method=method)


class Calls:
    """
    The calls of a Connection.

    :param settings: the profile.
    :param transport: posts them.
    :param deadline: seconds for a login, with all its attempts.
    :param master: those of the Connection that this one shares its login
                   with.

    :ivar session: what login made.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 deadline: float, master: Optional[Calls] = None) -> None:
        self._settings = settings
        self._transport = transport
        self._deadline = deadline
        self._master = master
        self._children: List[Calls] = []
        self._stats = Stats()
        self._retries = Retries(settings, lambda: transport.reactor,
                                self._stats)
        self.session: Session = master.session if master else Session(
            settings, transport, self._retries)
        self._writer: Optional[Session] = None
        self._writes = DeferredLock()
        self._login: Shared[None] = Shared()
        self._joining: Optional[Credentials] = None
        self._running: Set[Deferred[Any]] = set()
        self._closed = False

    @property
    def identity(self) -> Optional[Identity]:
        """The session on the hub, or None."""
        session = self.session if self._master is None else self._writer
        return None if session is None else session.identity

    @property
    def callnum(self) -> Optional[int]:
        """The number of the next write, or None."""
        if self.identity is None:
            return None
        return 0 if self._writer is None else self._writer.callnum

    def stats(self) -> Stats:
        """Numbers of just now."""
        return replace(self._stats, connections=self._transport.connections,
                       waiting=max(0, len(self._running)
                                   - self._stats.in_flight))

    def call(self, request: Request) -> Deferred[Any]:
        """
        Make a call, as whom we are logged in.

        :returns: a Deferred that fires with what the request's sink makes of
                  the answer.
        :raises TransportError: if there is no good answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises ConnectionClosed: if `close()` was, or is, called.
        """
        return self._run(self._in_turn(request), request.method,
                         request.deadline)

    def login(self, credentials: Credentials, *, allow_http: bool = False
              ) -> Deferred[None]:
        """
        Log in. Callers at the same time share one login.

        :param credentials: as whom, and how.
        :param allow_http: whether to do so in the clear, too, if the hub is
                           on this machine.
        :raises KojiLoginException: if we are logged in as somebody else, or
                                    the hub does not let us.
        :raises AuthError: if the hub does not accept the credentials.
        """
        known = self.session.credentials
        if self._login.busy:
            known = self._joining
        if known is not None and known != credentials:
            return fail(KojiLoginException(
                'logged in in another way already: logout() first'))
        if known is not None and not self._login.busy:
            return succeed(None)

        async def begin() -> None:
            await self._run(self.session.login(credentials, allow_http),
                            'login', self._deadline)

        self._joining = credentials
        return self._login.join(begin)

    def logout(self) -> Deferred[None]:
        """
        End the session on the hub, once the writes before have ended.

        :returns: a Deferred that fires when that is done.
        """
        if self.identity is None:
            return succeed(None)
        return self._run(self._logout(), 'logout', self._deadline)

    async def new_session(self) -> Calls:
        """
        Get others that write in a session of their own, beside ours.

        :raises KojiLoginException: if we are not logged in.
        """
        if self.session.identity is None:
            raise KojiLoginException('not logged in: login() first')
        child = Calls(self._settings, self._transport, self._deadline,
                      master=self._master or self)
        await child._run(child._writing(), 'subsession', self._deadline)
        (self._master or self)._children.append(child)
        return child

    async def close(self, logout: bool = False) -> None:
        """
        End everything: calls fail with ConnectionClosed.

        :param logout: whether to end the session on the hub, too.
        """
        self._closed = True
        for child in list(self._children):
            await child.close()
        for running in list(self._running):
            running.cancel()
        if logout:
            try:
                await self._end_session()
            except KojiException as error:
                self._log.warn('closed without logging out: {error}',
                               error=str(error))
        if self._master is None:
            await self._transport.close()
        elif self in self._master._children:
            self._master._children.remove(self)

    def _run(self, work: Coroutine[Any, Any, Any], method: str,
             deadline: float) -> Deferred[Any]:
        """Do it within the deadline, and until this is closed."""
        running = Deferred.fromCoroutine(
            self._limited(work, method, deadline))
        if not running.called:
            self._running.add(running)
            running.addBoth(self._ran, running)
        return running

    def _ran(self, result: Any, running: Deferred[Any]) -> Any:
        self._running.discard(running)
        return result

    async def _limited(self, work: Coroutine[Any, Any, Any], method: str,
                       deadline: float) -> Any:
        if self._closed:
            work.close()
            raise closed(method, self.session.address)
        waiting = Deferred.fromCoroutine(work)
        if not waiting.called:
            waiting.addTimeout(deadline, self._transport.reactor)
        try:
            return await waiting
        except defer.TimeoutError:
            url = without_secrets(self.session.address)
            raise CallTimeout(
                f'{method} at {url}: not done within {deadline:g} seconds,'
                ' with all waiting and all attempts', method=method,
                url=url) from None
        except CancelledError:
            if not self._closed:
                raise
            raise closed(method, self.session.address) from None

    async def _in_turn(self, request: Request) -> Any:
        signed_in = (self.session.identity is not None
                     or self._master is not None)
        if request.read or not signed_in:
            return await self._send(request, self.session, signed_in)
        await self._writes.acquire()
        try:
            if self.session.identity is None:
                raise _logged_out(request)
            return await self._send(request, await self._writing(), True)
        finally:
            self._writes.release()

    async def _writing(self) -> Session:
        """The session to write in, a subsession of the one of login."""
        if self._writer is None:
            writer = Session(self._settings, self._transport, self._retries,
                             self.session)
            try:
                await writer.login(_Subsession(self), True)
            except (GenericError, KojiLoginException) as error:
                if self._master is not None or isinstance(
                        error, (AuthError, ServerOffline)):
                    raise
                # Reads will wait for writes; that is all.
                self._log.warn('the hub gives no second session: {error}',
                               error=str(error))
                writer = self.session
            self._writer = writer
        return self._writer

    async def _logout(self) -> None:
        await self._writes.acquire()
        try:
            await self._end_session()
        finally:
            self._writes.release()

    async def _end_session(self) -> None:
        """End it on the hub, which ends its subsessions, too."""
        writer, self._writer = self._writer, None
        session = self.session if self._master is None else writer
        if session is not None:
            await session.logout()

    async def _send(self, request: Request, session: Session,
                    signed_in: bool) -> Any:
        """
        Send it, and go on where the session had to be renewed.

        :param signed_in: whether we were, when the call was begun.
        """
        lost: List[TransportError] = []
        sent_in: Optional[Identity] = None
        callnum: Optional[int] = None
        renewed = False
        while True:
            renewing = session.renewed()
            if renewing is not None:
                await renewing
            identity = session.identity
            if identity is None and signed_in:
                raise _logged_out(request)
            if identity and not request.read:
                if callnum is None:
                    callnum = session.next_callnum()
                elif lost and sent_in and sent_in.id != identity.id:
                    # It may have been done, in a session that is no more:
                    # nobody could refuse to do it twice.
                    raise lost[-1]
                sent_in = identity
            try:
                return await self._attempts(request, identity, callnum, lost)
            except AuthError as error:
                if identity is None or renewed or not is_gone(error):
                    raise
                if session.identity is identity:
                    # Else it was renewed while this call was on its way.
                    renewed = True
                    await session.renew(error, lost=bool(lost))

    def _attempts(self, request: Request, identity: Optional[Identity],
                  callnum: Optional[int], lost: List[TransportError]
                  ) -> Awaitable[Any]:
        """
        Send it, and again after an outage, if that cannot do it twice.

        :param lost: gets the errors of attempts that may have been done.
        """
        url, headers = self.session.address, None
        if identity is not None:
            url, headers = identity.sign(url, callnum)

        async def attempt() -> Any:
            try:
                return await self._transport.post(
                    request, url, headers, stats=self._stats,
                    again=request.read or callnum is not None)
            except TransportError as error:
                lost.append(error)
                raise

        if request.read:
            repeat = identity is not None or self._settings.anon_retry
        else:
            repeat = callnum is not None
        return self._retries.run(request.method, attempt, lost=repeat,
                                 late=repeat and request.read)


@dataclass(frozen=True)
class _Subsession:
    """By another session of ours (``subsession`` in kojihub/auth.py)."""

    calls: Calls

    async def log_in(self, post: Post, transport: Transport, renew: bool
                     ) -> Any:
        session = self.calls.session
        if session.credentials is None:
            raise KojiLoginException('not logged in: login() first')
        if renew:
            return await session.credentials.log_in(post, transport, True)
        # To do this twice harms nobody, so it needs no callnum.
        return await self.calls._send(
            replace(session.request('subsession'), read=True), session, True)


def _logged_out(request: Request) -> KojiLoginException:
    return KojiLoginException(
        f'{request.method}: logged out before it was sent',
        method=request.method)
