"""
Asking a hub for a session, for another key of it, and to end it.

The hub's side of this is in kojihub/auth.py.
"""
from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from ipaddress import ip_address
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from twisted.internet.defer import Deferred, DeferredList
from twisted.logger import Logger
from twisted.python.failure import Failure

from txkoji.exceptions import (
    AuthError,
    AuthExpired,
    ConfigurationError,
    GenericError,
    HTTPError,
    KojiException,
    KojiLoginException,
    LoginHTTPError,
    ParameterError,
    TransportError,
)
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.http.request import Headers, Request
from txkoji.hub.outcome import Outcome
from txkoji.hub.profile import Profile, without_secrets
from txkoji.hub.retries import Retries
from txkoji.hub.session.credentials import Credentials
from txkoji.hub.session.secret import Secret
from txkoji.hub.session.session_info import SessionInfo, read_session
from txkoji.hub.transport import Transport

if TYPE_CHECKING:
    from txkoji.hub.session.kerberos import Negotiation


class Authenticator:
    """
    Where sessions are asked for. It keeps none of them.

    :param settings: the profile.
    :param transport: posts requests.
    :param retries: sends them again after an outage.

    :ivar outcome: what is known of its requests.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries) -> None:
        self._settings = settings
        self._transport = transport
        self._retries = retries
        self.outcome = Outcome()
        #: The logouts that nobody waits for.
        self._abandoned: set[Deferred[Any]] = set()

    def request(self, method: str, args: Any = (), kwargs: Any = {}
                ) -> Request:
        """A call that has to do with sessions, and harms nobody twice."""
        return Request(method, encode_call(method, args, kwargs), Decoder,
                       read=True, timeout=self._settings.auth_timeout,
                       deadline=float('inf'), secret=True, urgent=True,
                       outcome=self.outcome)

    def secure(self, address: str, allow_http: bool) -> str:
        """
        Where credentials may go to.

        :param address: the hub's URL.
        :param allow_http: whether they may go in the clear, to a hub on this
                           machine.
        :raises ConfigurationError: if they would go in the clear elsewhere.
        """
        url = urlsplit(address)
        if url.scheme == 'https':
            return address
        if not allow_http:
            return 'https' + address[len('http'):]
        if not _on_this_machine(url.hostname or ''):
            raise ConfigurationError(
                f'profile {self._settings.name!r}: credentials may go over'
                ' plain http to this machine only, not to'
                f' {without_secrets(address)}')
        return address

    async def begin(self, credentials: Credentials, address: str
                    ) -> SessionInfo:
        """
        Begin a new session.

        :param address: the hub's URL.
        :raises AuthError: if the hub does not accept the credentials.
        :raises KojiLoginException: if it gives no session, or does not know
                                    the one that it gave.
        """
        try:
            answer = await self._ask(credentials, address, None)
        except TransportError as error:
            if address != self._settings.server:
                error.args = (f'{error}; the server of the profile is http,'
                              ' but credentials go over https only',)
            raise
        identity = session_of(answer)
        try:
            await self.check(identity, address)
        except BaseException:
            # Nobody would ever use it, nor end it.
            self._abandon(identity, address)
            raise
        return identity

    def _abandon(self, identity: SessionInfo, address: str) -> None:
        """Begin to end a session that is of no use; nobody waits for it."""
        def ended(result: Any) -> None:
            self._abandoned.discard(ending)
            if isinstance(result, Failure):
                self._log.warn('session {number} may still be open on the hub:'
                               ' {error}', number=identity.id,
                               error=str(result.value))

        ending = Deferred.fromCoroutine(self.end(identity, address, 0))
        self._abandoned.add(ending)
        ending.addBoth(ended)

    async def settle(self) -> None:
        """Wait until sessions of no use have ended, or cannot be."""
        await DeferredList(list(self._abandoned))

    async def renew(self, credentials: Credentials, address: str,
                    old: SessionInfo) -> SessionInfo | None:
        """
        Renew a session that has expired. Its callnum goes on, since the hub
        does not forget it.

        :returns: the same session with another key, or None if the hub cannot
                  do that.
        :raises AuthError: if the credentials are no longer good.
        """
        try:
            answer = await self._ask(credentials, address, old)
        except (AuthError, ParameterError) as error:
            if error.faultCode is None:
                raise
            # The hub knows it no longer, or not how to renew one.
            self._log.warn('it cannot be renewed: {error}', error=str(error))
            return None
        identity = read_session(answer)
        if identity is None or identity.id != old.id:
            return None
        return replace(old, key=identity.key)

    async def end(self, identity: SessionInfo, address: str, callnum: int
                  ) -> bool:
        """
        End a session on the hub, which may have dropped it before.

        :returns: whether it is known to be closed there, and so its
                  subsessions; it is not if it had expired.
        """
        url, headers = identity.sign(address, callnum)
        try:
            # Done twice it is an AuthError, and done.
            await self._transport.post(self.request('logout'), url, headers,
                                       again=True)
        except AuthError as error:
            return not isinstance(error, AuthExpired)
        return True

    async def _ask(self, credentials: Credentials, address: str,
                   identity: SessionInfo | None) -> Any:
        """
        Ask for a session.

        :param identity: the one to renew.
        """
        async def post(method: str, args: tuple[Any, ...],
                       kwargs: dict[str, Any], *, below: str = '',
                       negotiation: Negotiation | None = None,
                       **more: Any) -> Any:
            return await self._post(
                replace(self.request(method, args, kwargs), **more),
                address.rstrip('/') + below if below else address, identity,
                negotiation,
                [value for value in args if isinstance(value, Secret)])

        try:
            return await credentials.log_in(post, self._transport,
                                            identity is not None)
        except HTTPError as error:
            raise LoginHTTPError(str(error), status=error.status,
                                 method=error.method, url=error.url
                                 ) from error

    async def check(self, identity: SessionInfo, address: str) -> None:
        """
        Ask the hub who we are in a session: hubs where sessions in URLs are
        disabled, and those that never see our headers, would take us for
        nobody, and not say so.

        :raises AuthError: if the hub does not know the session.
        :raises KojiLoginException: if it takes us for nobody.
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
                    identity: SessionInfo | None,
                    negotiation: Negotiation | None = None,
                    secrets: Sequence[Secret] = ()) -> Any:
        """
        Send a call around logging in: without a callnum, and not queued.

        :param secrets: what must not be seen in a fault: hubs with
                        ``KojiTraceback = extended`` tell in its text what
                        they were called with.
        """
        headers: Headers = ()
        if identity is not None:
            url, headers = identity.sign(url, None)
        post = partial(self._transport.post, address=url, headers=headers,
                       again=False)

        async def attempt() -> Any:
            try:
                if negotiation is None:
                    return await post(request)
                return await negotiation.run(request, url, post)
            except KojiException as error:
                if error.faultCode is None or not secrets:
                    raise
                for secret in secrets:
                    error.args = (secret.removed_from(str(error)),)
                # What decoded the fault has its text, too.
                raise error.with_traceback(None)

        return await self._retries.run(
            request.method,
            lambda patient: Deferred.fromCoroutine(attempt()),
            lost=True, late=False)


def session_of(answer: Any) -> SessionInfo:
    """
    The session that a hub gives.

    :raises KojiLoginException: if it gives none.
    """
    identity = read_session(answer)
    if identity is None:
        raise KojiLoginException('the hub gave no session')
    return identity


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
