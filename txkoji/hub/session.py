"""
Who we are: login, callnum, renewal, logout.

The hub's rules for these are in kojihub/auth.py.
"""
from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from typing import Any, Awaitable, List, Optional

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger

from txkoji.exceptions import (AuthError, AuthExpired, KojiException,
                               KojiLoginException, TransportError)
from txkoji.hub.attempt import Request
from txkoji.hub.credentials import Credentials
from txkoji.hub.identity import Identity
from txkoji.hub.login import LoginDesk, session_of
from txkoji.hub.profile import Profile
from txkoji.hub.retries import Retries
from txkoji.hub.shared import Shared
from txkoji.hub.transport import Transport
from txkoji.hub.turns import Turns


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
        self._desk = LoginDesk(settings, transport, retries)
        self._credentials: Optional[Credentials] = None
        self._login: Shared[None] = Shared()
        self._joining: Optional[Credentials] = None
        self._renewal: Shared[None] = Shared()
        self.address = settings.server
        self.identity: Optional[Identity] = None
        self.callnum = 0
        self.changing = Turns(1)

    @property
    def credentials(self) -> Optional[Credentials]:
        """As whom we are logged in, or None."""
        return self._credentials

    # To send calls

    async def send(self, request: Request, signed_in: bool) -> Any:
        """
        Send a call, and go on where the session had to be renewed.

        :param signed_in: whether it is to be made as a user, and not without
                          a session.
        :returns: what the request's sink makes of the answer.
        :raises TransportError: if there is no good answer.
        :raises AuthError: if the session is gone, and cannot be renewed.
        :raises KojiLoginException: if we have logged out.
        """
        who = self.credentials
        lost: List[TransportError] = []
        sent_in: Optional[Identity] = None
        callnum: Optional[int] = None
        renewed = False
        while True:
            if self._renewal.busy:
                await self._renew(request, lost)
            identity = self.identity
            if signed_in and (identity is None or self.credentials != who):
                # Neither as nobody, nor as somebody else.
                raise _unless_lost(KojiLoginException(
                    f'{request.method}: logged out before it was sent; login()'
                    ' again',
                    method=request.method), request, lost)
            if identity and not request.read:
                if callnum is None:
                    callnum = self.callnum
                    self.callnum += 1
                elif lost and sent_in and sent_in.id != identity.id:
                    # Nobody could refuse to do it twice in another session.
                    raise lost[-1]
                sent_in = identity
            try:
                return await self._attempts(request, identity, callnum, lost)
            except AuthError as error:
                if identity is None or renewed or not is_gone(error):
                    raise
                refusal = error
            if self.identity is identity:
                # Else it was renewed while this call was on its way.
                renewed = True
                await self._renew(request, lost, refusal)

    async def _renew(self, request: Request, lost: List[TransportError],
                     why: Optional[AuthError] = None) -> None:
        """
        Wait for the renewal that all calls share.

        :param why: what the hub said; None if it is under way.
        """
        try:
            if why is None:
                await self._renewal.wait()
            else:
                await self._renewal.join(partial(
                    self._renew_with, why, bool(lost)))
        except KojiException as error:
            found = _unless_lost(error, request, lost)
            if found is error:
                raise
            raise found from error

    def _attempts(self, request: Request, identity: Optional[Identity],
                  callnum: Optional[int], lost: List[TransportError]
                  ) -> Awaitable[Any]:
        """
        Send it, and again after an outage, if that cannot do it twice.

        :param lost: gets the errors of attempts that may have been done.
        """
        url, headers = self.address, None
        if identity is not None:
            url, headers = identity.sign(url, callnum)

        async def attempt() -> Any:
            try:
                return await self._transport.post(request, url, headers,
                                                  again=request.read)
            except TransportError as error:
                lost.append(error)
                raise

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
        return self._login.join(lambda: self._log_in(credentials, allow_http))

    async def _log_in(self, credentials: Credentials, allow_http: bool
                      ) -> None:
        await self.changing.acquire()
        try:
            if self.identity is None:
                await self._begin(credentials, self._desk.secure(
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
        return await self._desk.end(identity, self.address, self.callnum)

    async def _begin(self, credentials: Credentials, address: str) -> None:
        """Begin a new session on the hub."""
        self.identity = await self._desk.begin(credentials, address)
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
        renewed = await self._desk.renew(credentials, self.address,
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
        self._master = master

    @property
    def credentials(self) -> Optional[Credentials]:
        return self._master.credentials

    async def begin(self) -> None:
        """
        Begin it.

        :raises KojiLoginException: if the other one has no session.
        """
        master = self._master
        answer = await master.send(self._desk.request('subsession'), True)
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


def is_gone(error: AuthError) -> bool:
    """Whether it is about our session, and not about what was asked."""
    return isinstance(error, AuthExpired) or (
        type(error) is AuthError
        and re.search('session|not logged in', str(error), re.I) is not None)


def _unless_lost(error: KojiException, request: Request,
                 lost: List[TransportError]) -> KojiException:
    """
    What a call failed with: of a write whose answer was lost, that it was,
    since it may have been done.
    """
    return lost[-1] if lost and not request.read else error


def _another() -> KojiLoginException:
    return KojiLoginException(
        'logged in in another way already: logout() first')
