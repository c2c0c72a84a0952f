"""
Who we are: login, callnum, renewal, logout.

The hub's rules for these are in kojihub/auth.py.
"""
from __future__ import annotations

import re
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from typing import Any, Awaitable, Dict, List, Optional, Tuple
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, fail
from twisted.logger import Logger
from twisted.web.iweb import IAgent

from txkoji.exceptions import (AuthError, AuthExpired, ConfigurationError,
                               GenericError, HTTPError, KojiException,
                               KojiLoginException, LoginHTTPError,
                               ParameterError, TransportError)
from txkoji.hub.decoder import Decoder
from txkoji.hub.identity import Identity, identified
from txkoji.hub.login import Credentials
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import Retries
from txkoji.hub.shared import Shared
from txkoji.hub.transport import Request, Transport
from txkoji.hub.turns import Turns
from txkoji.hub.xmlrpc import encode_call


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
        self._credentials: Optional[Credentials] = None
        self._login: Shared[None] = Shared()
        self._joining: Optional[Credentials] = None
        self._renewal: Shared[None] = Shared()
        self.address = settings.server
        self.identity: Optional[Identity] = None
        self.callnum = 0
        self.changing = Turns(1)

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
        lost: List[TransportError] = []
        sent_in: Optional[Identity] = None
        callnum: Optional[int] = None
        renewed = False
        while True:
            if self._renewal.busy:
                await self._renew(request, lost)
            identity = self.identity
            if identity is None and signed_in:
                raise _unless_lost(KojiLoginException(
                    f'{request.method}: logged out before it was sent',
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
                await self._begin(credentials, self._secure(allow_http))
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
        url, headers = identity.sign(self.address, self.callnum)
        try:
            # Done twice it is an AuthError, and done.
            await self._transport.post(self.request('logout'), url, headers,
                                       again=True)
        except AuthError as error:
            return not isinstance(error, AuthExpired)
        return True

    def request(self, method: str, args: Any = (), kwargs: Any = {}
                ) -> Request:
        """A call that has to do with sessions, and harms nobody twice."""
        return Request(method, encode_call(method, args, kwargs), Decoder,
                       read=True, timeout=self._settings.auth_timeout,
                       deadline=float('inf'), secret=True)

    def _secure(self, allow_http: bool) -> str:
        """The URL that credentials may go to."""
        url = urlsplit(self.address)
        if url.scheme == 'https':
            return self.address
        if not allow_http:
            return 'https' + self.address[len('http'):]
        if not _on_this_machine(url.hostname or ''):
            raise ConfigurationError(
                f'profile {self._settings.name!r}: credentials may go over'
                ' plain http to this machine only, not to'
                f' {without_secrets(self.address)}')
        return self.address

    async def _begin(self, credentials: Credentials, address: str) -> None:
        """Begin a new session on the hub."""
        try:
            answer = await self._ask(credentials, address, None)
        except TransportError as error:
            if address != self.address:
                error.args = (f'{error}; the server of the profile is http,'
                              ' but credentials go over https only',)
            raise
        identity = _session(answer)
        await self._check(identity, address)
        self.address = address
        self._credentials = credentials
        self.identity = identity

    async def _renew_with(self, why: AuthError, lost: bool) -> None:
        """
        Go on after the hub refused our session: in the same if it has only
        expired, and else in a new one.

        :param why: what the hub said.
        :param lost: whether the answer to a call in it was lost, which only
                     the same session can say more of.
        """
        self._log.info('renewing the session: {why}', why=str(why))
        assert self._credentials is not None
        if not (isinstance(why, AuthExpired)
                and await self._go_on(self._credentials)):
            await self._begin(self._credentials, self.address)
        self._retries.stats.renewals += 1

    async def _go_on(self, credentials: Credentials) -> bool:
        """
        Go on in a session that has expired. The callnum goes on, too, since
        the hub does not forget it.

        :returns: whether the hub can do that.
        """
        assert self.identity is not None
        try:
            answer = await self._ask(credentials, self.address, self.identity)
        except (AuthError, ParameterError) as error:
            if error.faultCode is None:
                raise
            # The hub knows it no longer, or not how to renew one.
            self._log.warn('it cannot be renewed: {error}', error=str(error))
            return False
        identity = identified(answer)
        if identity is None or identity.id != self.identity.id:
            return False
        self.identity = replace(self.identity, key=identity.key)
        return True

    async def _ask(self, credentials: Credentials, address: str,
                   identity: Optional[Identity]) -> Any:
        """
        Ask for a session.

        :param identity: the one to renew.
        """
        async def post(method: str, args: Tuple[Any, ...],
                       kwargs: Dict[str, Any], *, below: str = '',
                       agent: Optional[IAgent] = None) -> Any:
            return await self._post(self.request(method, args, kwargs),
                                    address.rstrip('/') + below, identity,
                                    agent)

        try:
            return await credentials.log_in(post, self._transport,
                                            identity is not None)
        except HTTPError as error:
            raise LoginHTTPError(str(error), status=error.status,
                                 method=error.method, url=error.url
                                 ) from error

    async def _check(self, identity: Identity, address: str) -> None:
        """
        Ask who we are: hubs where sessions in URLs are disabled, and those
        that never see our headers, would take us for nobody, and not say so.
        """
        try:
            user = await self._post(self.request('getLoggedInUser'), address,
                                    identity)
        except GenericError as error:
            if isinstance(error, AuthError) or identity.in_url:
                raise
            # It is an odd hub, which at least looks for sessions.
            return
        if user is None:
            raise KojiLoginException(
                f'the hub at {without_secrets(address)} does not accept the'
                ' session that it gave (DisableURLSessions is set there, or'
                ' a front server takes it away)')

    async def _post(self, request: Request, url: str,
                    identity: Optional[Identity],
                    agent: Optional[IAgent] = None) -> Any:
        """A call around logging in: without a callnum, or waiting its turn."""
        headers = None
        if identity is not None:
            url, headers = identity.sign(url, None)
        return await self._retries.run(
            request.method, lambda: self._transport.post(
                request, url, headers, again=False, agent=agent),
            lost=True, late=False)


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

    async def begin(self) -> None:
        """
        Begin it.

        :raises KojiLoginException: if the other one has no session.
        """
        master = self._master
        answer = await master.send(master.request('subsession'), True)
        made_by = master.identity
        if made_by is None:
            raise KojiLoginException('logged out meanwhile')
        self.address = master.address
        self.identity = replace(_session(answer), in_url=made_by.in_url)

    async def _renew_with(self, why: AuthError, lost: bool) -> None:
        # A new one takes no other login.
        credentials = self._master._credentials
        if not (lost and isinstance(why, AuthExpired)
                and credentials is not None
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


def _session(answer: Any) -> Identity:
    """The session that a hub gives."""
    identity = identified(answer)
    if identity is None:
        raise KojiLoginException('the hub gave no session')
    return identity


def _another() -> KojiLoginException:
    return KojiLoginException(
        'logged in in another way already: logout() first')


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
