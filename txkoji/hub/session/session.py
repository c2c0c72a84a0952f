"""
Sessions: login, signed calls, renewal and logout.

The hub's rules for sessions are in kojihub/auth.py.
"""
from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any, NamedTuple

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    AuthError,
    AuthExpired,
    KojiException,
    KojiLoginException,
)
from txkoji.hub.deferreds import FairSemaphore, SingleFlight
from txkoji.hub.faults import Source, is_session_gone, source_of
from txkoji.hub.http.request import Headers, Request
from txkoji.hub.outcome import Outcome
from txkoji.hub.profile import Profile
from txkoji.hub.retries import Retries
from txkoji.hub.session.authenticator import Authenticator, require_session
from txkoji.hub.session.credentials import Credentials
from txkoji.hub.session.session_info import SessionInfo
from txkoji.hub.transport import Transport


class _Refusal(NamedTuple):
    """An AuthError of the hub, and the session of the refused call."""

    info: SessionInfo
    error: AuthError


class Session:
    """
    A session on the hub, and the calls in it.

    Without a login calls are anonymous.

    :param settings: the profile.
    :param transport: posts requests.
    :param retries: retries calls after an outage.
    :param authenticator: begins, renews and ends sessions.

    :ivar address: the hub's URL.
    :ivar info: id and key of the session, or None.
    :ivar callnum: the callnum of the next write.
    :ivar login_lock: is held by a login or a logout.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries, authenticator: Authenticator) -> None:
        self._settings = settings
        self._transport = transport
        self._retries = retries
        self._authenticator = authenticator
        self._credentials: Credentials | None = None
        self._login: SingleFlight[None] = SingleFlight()
        #: The credentials of the current or the last `login()`.
        self._login_credentials: Credentials | None = None
        self._renewal: SingleFlight[None] = SingleFlight()
        self.address: str = settings.server
        self.info: SessionInfo | None = None
        self.callnum: int = 0
        self.login_lock: FairSemaphore = FairSemaphore(1)

    @property
    def credentials(self) -> Credentials | None:
        """The credentials of the login, or None."""
        return self._credentials

    @property
    def logins(self) -> Outcome:
        """The attempts to begin, to renew and to end sessions."""
        return self._authenticator.outcome

    def subsession(self) -> Subsession:
        """Make a subsession of this session, without beginning it."""
        return Subsession(self._settings, self._transport, self._retries,
                          self._authenticator, self)

    # Calls

    def send(self, request: Request, as_user: bool) -> Deferred[Any]:
        """
        Send a call. Renew the session if needed.

        :param as_user: whether to fail rather than to send the call
                        anonymously.
        :returns: a Deferred that fires with the result of the request's sink.
        :raises TransportError: if there is no valid answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises KojiLoginException: if a logout came before the call was sent.
        """
        info = self.info
        if not request.read or self._renewal.busy or (
                as_user and info is None):
            return Deferred.fromCoroutine(
                self._send(request, as_user, self.credentials))
        # Make no coroutine for a read that succeeds: that takes less time.
        call: Deferred[Any] = self._run_attempts(request, info, None)
        if info is None:
            return call
        return call.addErrback(self._resend_read, request, as_user, info,
                               self.credentials)

    def _resend_read(self, failure: Failure, request: Request, as_user: bool,
                     info: SessionInfo, credentials: Credentials | None
                     ) -> Any:
        """Send a refused read again, if the session is gone."""
        if not failure.check(AuthError):
            return failure
        error: Any = failure.value
        return Deferred.fromCoroutine(self._send(
            request, as_user, credentials, _Refusal(info, error)))

    async def _send(self, request: Request, as_user: bool,
                    credentials: Credentials | None,
                    refusal: _Refusal | None = None) -> Any:
        """
        Send a call; see `send`.

        :param credentials: the credentials when the call was made.
        :param refusal: the refusal of the call, if it was sent before.
        """
        sent_in: SessionInfo | None = None
        callnum: int | None = None
        renewed = False
        while True:
            if refusal is not None:
                if renewed:
                    raise refusal.error
                renewed = await self._renew_after(refusal, request)
            elif self._renewal.busy:
                await self._renewal.wait()
            info = self.info
            if as_user and (info is None or self.credentials != credentials):
                # Send the call neither anonymously nor as another user.
                raise logged_out(request.method)
            if info and not request.read:
                if callnum is None:
                    callnum = self._next_callnum()
                elif (request.outcome.unanswered and sent_in
                      and sent_in.id != info.id):
                    # Another session cannot tell whether the call was done.
                    raise request.outcome.unanswered
                sent_in = info
            try:
                return await self._run_attempts(request, info, callnum)
            except AuthError as error:
                if info is None:
                    raise
                refusal = _Refusal(info, error)

    def _next_callnum(self) -> int:
        callnum = self.callnum
        self.callnum += 1
        return callnum

    async def _renew_after(self, refusal: _Refusal, request: Request) -> bool:
        """
        Renew the session after the hub refused a call.

        :returns: whether the session was renewed here. False means that
                  another call had it renewed meanwhile.
        :raises AuthError: the refusal, if the session is not gone.
        """
        if not await self._is_gone(refusal, request):
            raise refusal.error
        if self.info is not refusal.info:
            return False
        await self._renewal.run(partial(
            self._renew, refusal.error,
            request.outcome.unanswered is not None))
        return True

    async def _is_gone(self, refusal: _Refusal, request: Request) -> bool:
        """Check whether a call was refused because the session is gone."""
        if not is_session_gone(refusal.error):
            return False
        if source_of(refusal.error, request.method) is Source.SESSION:
            return True
        # The fault may be that of a task, which had its own session.
        try:
            await self._authenticator.check(refusal.info, self.address)
        except AuthError as error:
            return is_session_gone(error)
        return False

    def _run_attempts(self, request: Request, info: SessionInfo | None,
                      callnum: int | None) -> Deferred[Any]:
        """Send a call, and retry if the hub cannot carry it out twice."""
        url = self.address
        headers: Headers = ()
        if info is not None:
            url, headers = info.sign(url, callnum)

        def attempt(fail_if_away: bool) -> Deferred[Any]:
            return self._transport.post(request, url, headers,
                                        resend=request.read,
                                        fail_if_away=fail_if_away)

        if request.read:
            retry = info is not None or self._settings.anon_retry
        else:
            retry = callnum is not None
        return self._retries.run(
            request.method, attempt, retry_lost=retry,
            retry_timeouts=retry and request.read and request.retry_timeouts,
            has_started=request.begun)

    # Begin and end

    def login(self, credentials: Credentials, allow_http: bool
              ) -> Deferred[None]:
        """
        Log in. Concurrent callers share one login.

        :param credentials: the credentials.
        :param allow_http: whether to send credentials unencrypted to a hub on
                           this machine.
        :returns: a Deferred that fires with None when the session has begun.
        :raises AuthError: if the hub does not accept the credentials.
        :raises KojiLoginException: if the hub gives no session, or does not
                                    accept the new session; or if other
                                    credentials are logged in.
        """
        if self._login.busy and self._login_credentials != credentials:
            return fail(_other_login())
        self._login_credentials = credentials
        return self._login.run(lambda: self._log_in(credentials, allow_http))

    async def _log_in(self, credentials: Credentials, allow_http: bool
                      ) -> None:
        await self.login_lock.acquire()
        try:
            if self.info is None:
                await self._begin(credentials,
                                  self._authenticator.login_address(
                                      self.address, allow_http))
                self.callnum = 0
            elif self._credentials != credentials:
                raise _other_login()
        finally:
            self.login_lock.release()

    async def end(self) -> bool:
        """
        End the session on the hub.

        :returns: whether the session is certain to have ended on the hub, and
                  its subsessions with it. That is not certain of a session
                  that had expired.
        """
        if self._renewal.busy:
            try:
                await self._renewal.wait()
            except KojiException:
                # The hub has ended the session already.
                pass
        info, self.info = self.info, None
        self._credentials = None
        if info is None:
            return True
        return await self._authenticator.end(info, self.address, self.callnum)

    async def wait_for_logouts(self) -> None:
        """Wait until the sessions of failed logins have ended."""
        await self._authenticator.wait_for_logouts()

    async def _begin(self, credentials: Credentials, address: str) -> None:
        """Begin a new session on the hub."""
        self.info = await self._authenticator.begin(credentials, address)
        self.address = address
        self._credentials = credentials

    async def _renew(self, error: AuthError, answer_lost: bool) -> None:
        """
        Renew the session, or begin a new one.

        :param error: the hub's refusal.
        :param answer_lost: whether the answer to a call in the session was
                            lost. Only the same session can tell whether the
                            hub carried out that call.
        """
        self._log.info('renewing the session: {why}', why=str(error))
        await self._renew_or_begin(isinstance(error, AuthExpired), answer_lost)
        self._retries.stats.renewals += 1

    async def _renew_or_begin(self, expired: bool, answer_lost: bool) -> None:
        """Renew the session if it has expired; else begin a new one."""
        assert self._credentials is not None
        if not (expired and await self._renew_expired(self._credentials)):
            await self._begin(self._credentials, self.address)

    async def _renew_expired(self, credentials: Credentials) -> bool:
        """
        Renew the session.

        :returns: whether the hub can renew sessions, and has renewed this one.
        """
        assert self.info is not None
        renewed = await self._authenticator.renew(credentials, self.address,
                                                  self.info)
        if renewed is not None:
            self.info = renewed
        return renewed is not None


class Subsession(Session):
    """
    A session that the hub makes for another session.

    The subsession has the user of its master (``subsession`` in
    kojihub/auth.py).

    :param master: the other session, that of the login.
    """

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries, authenticator: Authenticator,
                 master: Session) -> None:
        super().__init__(settings, transport, retries, authenticator)
        self._master = master

    @property
    def credentials(self) -> Credentials | None:
        """The credentials of the master, or None."""
        return self._master.credentials

    async def begin(self) -> None:
        """
        Begin the subsession on the hub.

        :raises KojiLoginException: if the master has no session.
        """
        master = self._master
        answer = await master.send(
            self._authenticator.request('subsession'), True)
        master_info = master.info
        if master_info is None:
            raise KojiLoginException(
                'logout() was called meanwhile; login() again')
        self.address: str = master.address
        self.info: SessionInfo = replace(
            require_session(answer), in_url=master_info.in_url)

    async def _renew_or_begin(self, expired: bool, answer_lost: bool) -> None:
        # A new subsession takes no login, but a renewal does.
        credentials = self.credentials
        if not (answer_lost and expired and credentials is not None
                and await self._renew_expired(credentials)):
            await self.begin()


def logged_out(method: str) -> KojiLoginException:
    """Make the error of a call that a logout came before."""
    return KojiLoginException(
        f'{method}: not sent, because logout() was called before; login()'
        ' again', method=method)


def _other_login() -> KojiLoginException:
    return KojiLoginException(
        'logged in with other credentials already; logout() first')
