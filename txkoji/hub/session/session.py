"""
Who we are: login, callnum, renewal, logout.

The hub's rules for these are in kojihub/auth.py.
"""
from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Any

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
from txkoji.hub.session.authenticator import Authenticator, session_of
from txkoji.hub.session.credentials import Credentials
from txkoji.hub.session.session_info import SessionInfo
from txkoji.hub.transport import Transport


class Session:
    """
    What login makes, and what calls are sent in.

    :param settings: the profile.
    :param transport: posts requests.
    :param retries: sends them again after an outage.

    :ivar address: the hub's URL.
    :ivar identity: the session on the hub, or None.
    :ivar callnum: the number of the next write in it.
    :ivar changing: the turn of who logs in or out.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries) -> None:
        self._settings = settings
        self._transport = transport
        self._retries = retries
        self._authenticator = Authenticator(settings, transport, retries)
        self._credentials: Credentials | None = None
        self._login: SingleFlight[None] = SingleFlight()
        self._joining: Credentials | None = None
        self._renewal: SingleFlight[None] = SingleFlight()
        self.address = settings.server
        self.identity: SessionInfo | None = None
        self.callnum = 0
        self.changing = FairSemaphore(1)

    @property
    def credentials(self) -> Credentials | None:
        """As whom we are logged in, or None."""
        return self._credentials

    @property
    def logins(self) -> Outcome:
        """What is known of the requests that have to do with logging in."""
        return self._authenticator.outcome

    # To send calls

    def send(self, request: Request, signed_in: bool) -> Deferred[Any]:
        """
        Send a call, and go on where the session had to be renewed.

        :param signed_in: whether it is to be made as a user, and not without
                          a session.
        :returns: a Deferred that fires with what the request's sink makes of
                  the answer.
        :raises TransportError: if there is no good answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises KojiLoginException: if we have logged out.
        """
        identity = self.identity
        if not request.read or self._renewal.busy or (
                signed_in and identity is None):
            return Deferred.fromCoroutine(
                self._send(request, signed_in, self.credentials))
        # A read that meets no trouble takes no coroutine.
        call: Deferred[Any] = self._attempts(request, identity, None)
        if identity is None:
            return call
        return call.addErrback(self._refused, request, signed_in, identity,
                               self.credentials)

    def _refused(self, failure: Failure, request: Request, signed_in: bool,
                 identity: SessionInfo, who: Credentials | None) -> Any:
        """Go on after the first attempts of a read have failed."""
        if not failure.check(AuthError):
            return failure
        error: Any = failure.value
        return Deferred.fromCoroutine(self._send(
            request, signed_in, who, (identity, error)))

    async def _send(self, request: Request, signed_in: bool,
                    who: Credentials | None,
                    refusal: tuple[SessionInfo, AuthError] | None = None
                    ) -> Any:
        """
        Send a call; see `send`.

        :param who: as whom.
        :param refusal: the session in which it was refused before, and the
                        fault.
        """
        sent_in: SessionInfo | None = None
        callnum: int | None = None
        renewed = False
        while True:
            if refusal is not None:
                identity, error = refusal
                if renewed or not await self._is_gone(error, request,
                                                      identity):
                    raise error
                if self.identity is identity:
                    # Else it was renewed while this call was on its way.
                    renewed = True
                    await self._renewal.run(partial(
                        self._renew_with, error,
                        request.outcome.lost is not None))
            elif self._renewal.busy:
                await self._renewal.wait()
            current = self.identity
            if signed_in and (current is None or self.credentials != who):
                # Neither as nobody, nor as somebody else.
                raise KojiLoginException(
                    f'{request.method}: logged out before it was sent; login()'
                    ' again', method=request.method)
            if current and not request.read:
                if callnum is None:
                    callnum = self.callnum
                    self.callnum += 1
                elif (request.outcome.lost and sent_in
                      and sent_in.id != current.id):
                    # Nobody could refuse to do it twice in another session.
                    raise request.outcome.lost
                sent_in = current
            try:
                return await self._attempts(request, current, callnum)
            except AuthError as found:
                if current is None:
                    raise
                refusal = current, found

    async def _is_gone(self, error: AuthError, request: Request,
                       identity: SessionInfo) -> bool:
        """
        Whether the hub refused a call since the session has expired, or is
        not known to it.

        :param error: the fault of the call.
        """
        if not is_session_gone(error):
            return False
        if source_of(error, request.method) is Source.SESSION:
            return True
        # It may be the fault of a task, which had a session of its own.
        try:
            await self._authenticator.check(identity, self.address)
        except AuthError as refusal:
            return is_session_gone(refusal)
        return False

    def _attempts(self, request: Request, identity: SessionInfo | None,
                  callnum: int | None) -> Deferred[Any]:
        """Send it, and again after an outage, if that cannot do it twice."""
        url = self.address
        headers: Headers = ()
        if identity is not None:
            url, headers = identity.sign(url, callnum)

        def attempt(patient: bool) -> Deferred[Any]:
            return self._transport.post(request, url, headers,
                                        again=request.read, patient=patient)

        if request.read:
            repeat = identity is not None or self._settings.anon_retry
        else:
            repeat = callnum is not None
        return self._retries.run(request.method, attempt, lost=repeat,
                                 late=repeat and request.read,
                                 begun=request.begun)

    # To begin and to end

    def login(self, credentials: Credentials, allow_http: bool
              ) -> Deferred[None]:
        """
        Log in. Who asks at the same time shares one login.

        :param credentials: as whom, and how.
        :param allow_http: whether to do so in the clear, too, if the hub is
                           on this machine.
        :returns: a Deferred that fires when that is done.
        :raises AuthError: if the hub does not accept the credentials.
        :raises KojiLoginException: if it gives no session, or does not know
                                    the one that it gave; or if we are logged
                                    in in another way.
        """
        if self._login.busy and self._joining != credentials:
            return fail(_another())
        self._joining = credentials
        return self._login.run(lambda: self._log_in(credentials, allow_http))

    async def _log_in(self, credentials: Credentials, allow_http: bool
                      ) -> None:
        await self.changing.acquire()
        try:
            if self.identity is None:
                await self._begin(credentials, self._authenticator.secure(
                    self.address, allow_http))
                self.callnum = 0
            elif self._credentials != credentials:
                raise _another()
        finally:
            self.changing.release()

    async def end(self) -> bool:
        """
        End the session on the hub, which may have dropped it before.

        :returns: whether it is known to be closed there, and so its
                  subsessions; it is not if it had expired.
        """
        if self._renewal.busy:
            try:
                await self._renewal.wait()
            except KojiException:
                # Then the hub has closed it.
                pass
        identity, self.identity = self.identity, None
        self._credentials = None
        if identity is None:
            return True
        return await self._authenticator.end(
            identity, self.address, self.callnum)

    async def settle(self) -> None:
        """Wait for the end of sessions that a failed login left over."""
        await self._authenticator.settle()

    async def _begin(self, credentials: Credentials, address: str) -> None:
        """Begin a new session on the hub."""
        self.identity = await self._authenticator.begin(credentials, address)
        self.address = address
        self._credentials = credentials

    async def _renew_with(self, why: AuthError, lost: bool) -> None:
        """
        Go on after the hub refused our session.

        :param why: what the hub said.
        :param lost: whether the answer to a call in it was lost, which only
                     the same session can say more of.
        """
        self._log.info('renewing the session: {why}', why=str(why))
        await self._regain(isinstance(why, AuthExpired), lost)
        self._retries.stats.renewals += 1

    async def _regain(self, expired: bool, lost: bool) -> None:
        """Go on in the same session if it has expired, or in a new one."""
        assert self._credentials is not None
        if not (expired and await self._go_on(self._credentials)):
            await self._begin(self._credentials, self.address)

    async def _go_on(self, credentials: Credentials) -> bool:
        """Go on in a session that has expired, if the hub can do that."""
        assert self.identity is not None
        renewed = await self._authenticator.renew(credentials, self.address,
                                         self.identity)
        if renewed is not None:
            self.identity = renewed
        return renewed is not None


class Subsession(Session):
    """
    A session that is made by another one, with what that one logged in with
    (``subsession`` in kojihub/auth.py).

    :param master: the other one.
    """

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries, master: Session) -> None:
        super().__init__(settings, transport, retries)
        self._authenticator = master._authenticator
        self._master = master

    @property
    def credentials(self) -> Credentials | None:
        return self._master.credentials

    async def begin(self) -> None:
        """
        Begin it.

        :raises KojiLoginException: if the other one has no session.
        """
        master = self._master
        answer = await master.send(
            self._authenticator.request('subsession'), True)
        made_by = master.identity
        if made_by is None:
            raise KojiLoginException('logged out meanwhile; login() again')
        self.address = master.address
        self.identity = replace(session_of(answer), in_url=made_by.in_url)

    async def _regain(self, expired: bool, lost: bool) -> None:
        # A new one takes no other login.
        credentials = self.credentials
        if not (lost and expired and credentials is not None
                and await self._go_on(credentials)):
            await self.begin()


def _another() -> KojiLoginException:
    return KojiLoginException(
        'logged in in another way already: logout() first')
