"""
Requests to begin, to renew, to check and to end sessions.

The hub's rules for sessions are in kojihub/auth.py.
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
    The requests of a Connection to begin, to renew and to end sessions.

    :param settings: the profile.
    :param transport: posts requests.
    :param retries: retries requests after an outage.

    :ivar outcome: the attempts of the requests.
    """

    _log = Logger()

    def __init__(self, settings: Profile, transport: Transport,
                 retries: Retries) -> None:
        self._settings = settings
        self._transport = transport
        self._retries = retries
        self.outcome = Outcome()
        #: The logouts that run in the background.
        self._logouts: set[Deferred[Any]] = set()

    def request(self, method: str, args: Any = (), kwargs: Any = {}
                ) -> Request:
        """
        Make a request about sessions, which is sent without a callnum.

        :param method: the hub method. It may be called twice without harm.
        """
        return Request(method, encode_call(method, args, kwargs), Decoder,
                       read=True, timeout=self._settings.auth_timeout,
                       deadline=float('inf'), secret=True, urgent=True,
                       outcome=self.outcome)

    def login_address(self, address: str, allow_http: bool) -> str:
        """
        Get the URL for a login, with https instead of http.

        :param address: the hub's URL.
        :param allow_http: whether to keep http, if the hub is on this
                           machine.
        :raises ConfigurationError: if ``allow_http`` is set, and the hub is on
                                    another machine.
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
        :raises KojiLoginException: if the hub gives no session, or does not
                                    accept the new session.
        """
        try:
            answer = await self._log_in(credentials, address, None)
        except TransportError as error:
            if address != self._settings.server:
                error.args = (f'{error}; the server of the profile is http,'
                              ' but credentials go over https only',)
            raise
        info = require_session(answer)
        try:
            await self.check(info, address)
        except BaseException:
            # No call would ever use or end the session.
            self._end_in_background(info, address)
            raise
        return info

    def _end_in_background(self, info: SessionInfo, address: str) -> None:
        """End a session on the hub without waiting for the answer."""
        def finish(result: Any) -> None:
            self._logouts.discard(ending)
            if isinstance(result, Failure):
                self._log.warn('session {number} may still be open on the hub:'
                               ' {error}', number=info.id,
                               error=str(result.value))

        ending = Deferred.fromCoroutine(self.end(info, address, 0))
        self._logouts.add(ending)
        ending.addBoth(finish)

    async def wait_for_logouts(self) -> None:
        """Wait until the logouts in the background have ended."""
        await DeferredList(list(self._logouts))

    async def renew(self, credentials: Credentials, address: str,
                    info: SessionInfo) -> SessionInfo | None:
        """
        Renew a session that has expired.

        The hub keeps the callnum of the session, so callnums go on from there.

        :returns: the session with a new key, or None if the hub cannot renew
                  the session.
        :raises KojiException: if the login cannot be sent, or if there is no
                               valid answer.
        """
        try:
            answer = await self._log_in(credentials, address, info)
        except (AuthError, ParameterError) as error:
            if error.faultCode is None:
                raise
            # The hub does not know the session, or does not accept the login,
            # or is too old to renew sessions.
            self._log.warn('session {number} cannot be renewed: {error}',
                           number=info.id, error=str(error))
            return None
        renewed = read_session(answer)
        if renewed is None or renewed.id != info.id:
            return None
        return replace(info, key=renewed.key)

    async def end(self, info: SessionInfo, address: str, callnum: int
                  ) -> bool:
        """
        End a session on the hub.

        :param callnum: the callnum of the logout.
        :returns: whether the session is certain to have ended on the hub, and
                  its subsessions with it. That is not certain of a session
                  that had expired.
        """
        url, headers = info.sign(address, callnum)
        try:
            # A second logout is an AuthError, which means that the first one
            # was carried out.
            await self._transport.post(self.request('logout'), url, headers,
                                       resend=True)
        except AuthError as error:
            return not isinstance(error, AuthExpired)
        return True

    async def _log_in(self, credentials: Credentials, address: str,
                      info: SessionInfo | None) -> Any:
        """
        Log in with credentials.

        :param info: the session to renew; None for a new session.
        :returns: the hub's answer.
        """
        async def post(method: str, args: tuple[Any, ...],
                       kwargs: dict[str, Any], *, suffix: str = '',
                       negotiation: Negotiation | None = None,
                       **more: Any) -> Any:
            return await self._post(
                replace(self.request(method, args, kwargs), **more),
                address.rstrip('/') + suffix if suffix else address, info,
                negotiation,
                [value for value in args if isinstance(value, Secret)])

        try:
            return await credentials.log_in(post, self._transport,
                                            info is not None)
        except HTTPError as error:
            raise LoginHTTPError(str(error), status=error.status,
                                 method=error.method, url=error.url
                                 ) from error

    async def check(self, info: SessionInfo, address: str) -> None:
        """
        Check that the hub accepts a session.

        A hub ignores the session if sessions in URLs are disabled, or if a
        front server removes the headers. Calls would then be anonymous,
        without an error.

        :raises AuthError: if the hub does not know the session.
        :raises KojiLoginException: if the hub ignores the session.
        """
        try:
            user = await self._post(self.request('getLoggedInUser'), address,
                                    info)
        except GenericError as error:
            if isinstance(error, AuthError) or info.in_url:
                raise
            # A hub without this method does look for sessions in headers.
            return
        if user is None:
            raise KojiLoginException(
                f'the hub at {without_secrets(address)} ignores the new'
                ' session (DisableURLSessions is set there, or a front server'
                ' takes it away)')

    async def _post(self, request: Request, url: str,
                    info: SessionInfo | None,
                    negotiation: Negotiation | None = None,
                    secrets: Sequence[Secret] = ()) -> Any:
        """
        Post a request in a session, with retries after an outage.

        :param info: the session; None for a request without a session.
        :param negotiation: adds a Kerberos token to the request.
        :param secrets: the arguments to remove from the text of a fault. Hubs
                        with ``KojiTraceback = extended`` show all arguments.
        """
        headers: Headers = ()
        if info is not None:
            url, headers = info.sign(url, None)
        post = partial(self._transport.post, address=url, headers=headers,
                       resend=False)

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
                # The frames of the decoder have the text of the fault, too.
                raise error.with_traceback(None)

        return await self._retries.run(
            request.method,
            lambda fail_if_away: Deferred.fromCoroutine(attempt()),
            retry_lost=True, retry_timeouts=False)


def require_session(answer: Any) -> SessionInfo:
    """
    Read the session in the hub's answer to a login.

    :raises KojiLoginException: if the answer is no session.
    """
    info = read_session(answer)
    if info is None:
        raise KojiLoginException('the hub gave no session')
    return info


def _on_this_machine(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == 'localhost'
