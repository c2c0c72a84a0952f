"""
Who we are: login, callnum, renewal, logout.

The hub's rules for these are in kojihub/auth.py.
"""
from __future__ import annotations

from dataclasses import replace
from ipaddress import ip_address
from typing import Any, Dict, Optional, Tuple
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred
from twisted.logger import Logger
from twisted.web.iweb import IAgent

from txkoji.exceptions import (AuthError, AuthExpired, ConfigurationError,
                               HTTPError, KojiException,
                               KojiLoginException,
                               ParameterError, TransportError)
from txkoji.hub.decoder import Decoder
from txkoji.hub.identity import Identity, identified
from txkoji.hub.login import Credentials
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import BUSY, Retries
from txkoji.hub.shared import Shared
from txkoji.hub.transport import Request, Transport
from txkoji.hub.xmlrpc import encode_call


class Session:
    """
    Who makes the calls of a Connection.

    :param settings: the profile.
    :param transport: posts what logging in takes.
    :param retries: asks again after an outage.
    :param master: the session that this one is a subsession of.

    :ivar address: the hub's URL.
    :ivar identity: the session on the hub, or None.
    :ivar callnum: the number of the next write in it.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries, master: Optional[Session] = None
                 ) -> None:
        self._settings = settings
        self._transport = transport
        self._retries = retries
        self._credentials: Optional[Credentials] = None
        self._renewal: Shared[None] = Shared()
        self._master = master
        self.address: str = (settings.server if master is None
                             else master.address)
        self.identity: Optional[Identity] = None
        self.callnum = 0

    @property
    def credentials(self) -> Optional[Credentials]:
        """As whom we are logged in, and how; or None."""
        return self._credentials

    def next_callnum(self) -> int:
        """A number for a write; never the same twice."""
        self.callnum += 1
        return self.callnum - 1

    async def login(self, credentials: Credentials, allow_http: bool) -> None:
        """
        Begin a session.

        :param allow_http: whether credentials may go in the clear, too, to a
                           hub on this machine.
        :raises AuthError: if the hub does not accept the credentials.
        :raises KojiLoginException: if it gives no session, or does not know
                                    the one that it gave.
        """
        await self._begin(credentials, self._secure(allow_http))
        self.callnum = 0

    async def renew(self, why: AuthError, *, lost: bool) -> None:
        """
        Go on after the hub refused our session: in the same if it has only
        expired, and else in a new one. Calls at the same time share it.

        A subsession that has expired is made anew from its master, which
        takes no other login, unless a call is waiting for what only the same
        session can tell.

        :param why: what the hub said.
        :param lost: whether the answer to a call of it was lost.
        :raises AuthError: if the credentials are no longer good.
        """
        await self._renewal.join(lambda: self._renew(
            why, lost or self._master is None))

    def renewed(self) -> Optional[Deferred[None]]:
        """Wait for the renewal that is under way; None if there is none."""
        return self._renewal.wait() if self._renewal.busy else None

    async def logout(self) -> None:
        """End the session on the hub, which may have dropped it before."""
        renewing = self.renewed()
        if renewing is not None:
            try:
                await renewing
            except KojiException:
                # Then the hub has closed it.
                pass
        identity, self.identity = self.identity, None
        self._credentials = None
        if identity is None:
            return
        url, headers = identity.sign(self.address, self.callnum)
        try:
            await self._transport.post(self.request('logout'), url, headers,
                                       stats=self._retries.stats, again=False)
        except AuthError:
            pass

    def request(self, method: str, args: Any = (), kwargs: Any = {}
                ) -> Request:
        """A call that has to do with sessions."""
        return Request(method, encode_call(method, args, kwargs), Decoder,
                       read=False, timeout=self._settings.auth_timeout,
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
        try:
            answer = await self._ask(credentials, address, None)
        except TransportError as error:
            if address != self.address:
                error.args = (f'{error}; the server of the profile is http,'
                              ' but credentials go over https only',)
            raise
        identity = identified(answer)
        if identity is None:
            raise KojiLoginException('the hub gave no session')
        if self._master is not None and self._master.identity is not None:
            identity = replace(identity, in_url=self._master.identity.in_url)
        elif identity.in_url:
            await self._check(identity, address)
        self.address = address
        self._credentials = credentials
        self.identity = identity

    async def _renew(self, why: AuthError, same: bool) -> None:
        if self._master is None:
            self._retries.stats.renewals += 1
        self._log.info('renewing the session: {why}', why=str(why))
        assert self._credentials is not None and self.identity is not None
        if same and isinstance(why, AuthExpired):
            try:
                answer = await self._ask(self._credentials, self.address,
                                         self.identity)
            except (AuthError, ParameterError) as error:
                if error.faultCode is None:
                    raise
                # The hub knows it no longer, or not how to renew one.
                self._log.warn('it cannot be renewed: {error}',
                               error=str(error))
                answer = None
            identity = identified(answer)
            if identity is not None and identity.id == self.identity.id:
                # The hub goes on from the number that it has.
                self.identity = replace(self.identity, key=identity.key)
                return
        await self._begin(self._credentials, self.address)

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
            if error.status is None or error.status >= 500 \
                    or error.status in BUSY:
                raise
            raise KojiLoginException(
                str(error), method=error.method, url=error.url) from error

    async def _check(self, identity: Identity, address: str) -> None:
        """
        Ask who we are, since hubs where sessions in URLs are disabled do not
        say so.
        """
        if await self._post(self.request('getLoggedInUser'), address,
                            identity) is None:
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
                request, url, headers, stats=self._retries.stats,
                again=False, agent=agent),
            lost=True, late=False)


def is_gone(error: AuthError) -> bool:
    """Whether it is about our session, and not about what was asked."""
    return isinstance(error, AuthExpired) or (
        type(error) is AuthError and 'Invalid session' in str(error))


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
