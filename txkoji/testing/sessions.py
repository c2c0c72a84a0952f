"""The sessions of a FakeHub, with the rules of kojihub/auth.py."""
from __future__ import annotations

import random
import string
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timezone
from urllib.parse import parse_qs

from txkoji.exceptions import (
    AuthError,
    AuthExpired,
    AuthLockError,
    KojiException,
    RetryError,
    SequenceError,
)
from txkoji.hub.deferreds import FairSemaphore
from txkoji.testing.tables import Row, Tables

#: Kinds of logging in, by the hub's numbers.
PASSWORD, SSL, GSSAPI = 0, 2, 3

#: May be called again with the callnum of a call that was carried out.
RETRY_WHITELIST = (
    'host.taskWait', 'host.taskUnwait', 'host.taskSetWait', 'host.updateHost',
    'host.setBuildRootState', 'repoExpire', 'repoDelete', 'repoProblem')

#: May be called in a session that has expired, and leave its callnum alone.
LOGINS = ('login', 'sslLogin')


@dataclass(frozen=True)
class ClientIdentity:
    """
    Who sends a request, as far as the front server knows.

    :ivar address: where from.
    :ivar remote_user: whom Kerberos says it is.
    :ivar certified: the name in a client certificate that was verified.
    :ivar subject: the whole name there; None for the hub's usual one.
    :ivar headers: the session, as the request's headers have it.
    :ivar query: the same, as the URL has it.
    """

    address: str = '127.0.0.1'
    remote_user: str | None = None
    certified: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)
    query: str = ''
    subject: str | None = None


@dataclass(eq=False)
class HubSession:
    """A row of the hub's table of sessions; a test may change it."""

    #: The id of the session.
    id: int
    #: The key of the session.
    key: str
    #: The id of the user.
    user_id: int
    #: The number of the way to log in.
    authtype: int
    #: The address that the user has.
    hostip: str
    #: The time of the login, in seconds since 1970.
    start_time: float
    #: The id of the session that this is a subsession of.
    master: int | None = None
    #: The time of the last renewal, in seconds since 1970.
    renew_time: float | None = None
    #: The time of the last call, in seconds since 1970.
    update_time: float | None = None
    #: The number of the last write.
    callnum: int | None = None
    #: Whether the session has expired.
    expired: bool = False
    #: Whether the user has logged out.
    closed: bool = False
    #: Whether other sessions of the user are locked.
    exclusive: bool = False
    #: Held by a call with a callnum.
    lock: FairSemaphore = field(default_factory=lambda: FairSemaphore(1),
                                repr=False)


class Sessions:
    """
    The sessions of a hub.

    :ivar rows: all of them, also closed ones.
    :ivar passwords: user name -> password, of those that may log in so.
    :ivar proxies: the names that may log in other users: principals, or
                   common names of certificates (``ProxyPrincipals`` and
                   ``ProxyDNs``).
    :ivar renewal_timeout: minutes until a session expires
                           (``SessionRenewalTimeout``); 0 for never.
    :ivar url_sessions: whether sessions in the URL are looked at (False is
                        ``DisableURLSessions``).
    """

    def __init__(self, tables: Tables, now: Callable[[], float],
                 version: Callable[[], tuple[int, ...]]) -> None:
        self._tables = tables
        self._now = now
        self._version = version
        self._random = random.Random(1)
        self.rows: list[HubSession] = []
        self.passwords: dict[str, str] = {}
        self.proxies: list[str] = ['kojiadmin']
        self.renewal_timeout = 1440
        self.url_sessions = True

    def expire(self) -> None:
        """Let all of them expire."""
        for row in self.rows:
            row.expired = True

    async def enter(self, peer: ClientIdentity, method: str) -> Credentials:
        """
        Find whose call it is, and wait until it may begin.

        The row is locked until `Credentials.leave`, if the call has a callnum.
        """
        found = self._arguments(peer)
        if found is None:
            return Credentials(self, peer, None, None, method)
        number, key, callnum = found
        rows = [row for row in self.rows if row.id == number]
        if rows:
            await rows[0].lock.acquire()
        try:
            self._check(rows[0] if rows else None, key, callnum, peer, method)
        except BaseException:
            if rows:
                rows[0].lock.release()
            raise
        if callnum is None:
            rows[0].lock.release()
        return Credentials(self, peer, rows[0], callnum, method)

    def _arguments(self, peer: ClientIdentity
                   ) -> tuple[int, str, int | None] | None:
        """Get the session that a request names: id, key and callnum."""
        headers = peer.headers
        if 'id' in headers and self._version() >= (1, 31):
            if 'key' not in headers:
                raise KojiException("<class 'KeyError'>:"
                                    " 'HTTP_KOJI_SESSION_KEY'", faultCode=1)
            callnum = headers.get('callnum')
            try:
                return (int(headers['id']), headers['key'],
                        None if callnum is None else int(callnum))
            except ValueError as error:
                raise KojiException(f'{type(error)}: {error}',
                                    faultCode=1) from error
        if not peer.query or not self.url_sessions:
            return None
        try:
            query = parse_qs(peer.query, strict_parsing=True)
        except ValueError as error:
            raise KojiException(f'{type(error)}: {error}',
                                faultCode=1) from error
        try:
            number, key = int(query['session-id'][0]), query['session-key'][0]
        except KeyError as error:
            raise AuthError(f'{error} not specified in session args'
                            ) from error
        text = query.get('callnum', [None])[0]
        try:
            return number, key, None if text is None else int(text)
        except ValueError as error:
            raise AuthError(f'Invalid callnum: {text!r}') from error

    def _check(self, row: HubSession | None, key: str,
               callnum: int | None, peer: ClientIdentity, method: str) -> None:
        if row is None or row.closed or row.key != key \
                or row.hostip != peer.address:
            raise AuthError('Invalid session or bad credentials')
        begun = row.start_time if row.renew_time is None else row.renew_time
        limit = self.renewal_timeout * 60
        if limit and self._now() > begun + limit:
            row.expired = True
        if row.expired:
            for other in self.rows:
                if other.master == row.id:
                    other.expired = True
        self._check_user(row)
        if row.expired and method not in LOGINS:
            raise AuthExpired(f'session "{row.id}" has expired')
        if callnum is not None:
            if callnum >= 2**31:
                raise KojiException('integer out of range', faultCode=1)
            if row.callnum is not None and callnum < row.callnum:
                raise SequenceError(
                    f'{row.callnum} > {callnum} (session {row.id})')
            if callnum == row.callnum and method not in RETRY_WHITELIST:
                raise RetryError(f'unable to retry call {callnum} (method'
                                 f' {method}) for session {row.id}')
        row.update_time = self._now()
        for other in self.rows:
            if (other.exclusive and not other.closed and other is not row
                    and other.user_id == row.user_id
                    and row.master != other.id
                    and method not in LOGINS + ('exclusiveSession',
                                                'logout')):
                raise AuthLockError('User locked by another session')

    def _check_user(self, row: HubSession) -> None:
        for user in self._tables.where('users', 'id', row.user_id):
            if user['status'] != 0:
                raise AuthError(f'logins by {user["name"]} are not allowed')

    def create(self, user_id: int, authtype: int, peer: ClientIdentity,
               master: int | None = None) -> Row:
        """Make a session: what the hub says of it."""
        row = HubSession(
            id=max((row.id for row in self.rows), default=0) + 1,
            key=self._key(user_id), user_id=user_id, authtype=authtype,
            hostip=peer.address, start_time=self._now(),
            update_time=self._now(), master=master)
        self.rows.append(row)
        return self._info(row)

    def renew(self, row: HubSession) -> Row | None:
        """Give a session a new key."""
        for master in self.rows:
            if master.id == row.master and master.closed:
                return None
        row.key = self._key(row.user_id)
        row.renew_time = self._now()
        row.expired = False
        return self._info(row)

    def close(self, row: HubSession) -> None:
        """Close a session, and its subsessions."""
        for each in self.rows:
            if each is row or each.master == row.id:
                each.closed = True

    def user(self, name: str) -> Row:
        """Get the user of a name; a new one, if there is none yet."""
        for row in self._tables.users:
            if row['name'] == name or name in (row['krb_principals'] or ()):
                return row
        numbers = [row['id'] for row in self._tables.users]
        user, at, _ = name.partition('@')
        new = {'id': max(numbers, default=0) + 1, 'name': user, 'status': 0,
               'usertype': 0, 'krb_principals': [name] if at else []}
        self._tables.users.append(new)
        return new

    def _key(self, user_id: int) -> str:
        letters = string.ascii_letters + string.digits
        return f'{user_id}-' + ''.join(self._random.choices(letters, k=19))

    def _info(self, row: HubSession) -> Row:
        info: Row = {'session-id': row.id, 'session-key': row.key}
        if self._version() >= (1, 31):
            info['header-auth'] = True
        return info


class Credentials:
    """
    A call, and whose it is.

    :ivar sessions: the sessions of the hub.
    :ivar peer: who sends it.
    :ivar row: the session, or None for an anonymous call.
    :ivar callnum: the call's number, if it has one.
    """

    def __init__(self, sessions: Sessions, peer: ClientIdentity,
                 row: HubSession | None, callnum: int | None,
                 method: str) -> None:
        self.sessions = sessions
        self.peer = peer
        self.callnum = callnum
        self.row = row
        self._method = method

    @property
    def user_id(self) -> int | None:
        """The user's id, or None for an anonymous call."""
        return (None if self.row is None or self.row.closed
                else self.row.user_id)

    def leave(self, changed: bool) -> None:
        """
        End the call.

        :param changed: whether it changed anything, and stays so.
        """
        if self.row is None or self.callnum is None:
            return
        if changed and self._method not in LOGINS:
            self.row.callnum = self.callnum
        self.row.lock.release()

    def own(self) -> HubSession:
        """
        Get the session of a call that needs one.

        :raises AuthError: if it has none.
        """
        if self.row is None:
            raise AuthError('Not logged in')
        return self.row

    def log_in(self, name: str, authtype: int, renew: bool = False
               ) -> Row | None:
        """
        Log a user in.

        :returns: what the hub says of the session; None if it cannot be
                  renewed.
        """
        if self.row is not None and not renew:
            raise AuthError('Already logged in')
        user = self.sessions.user(name)
        if user['status'] != 0:
            raise AuthError(f'logins by {user["name"]} are not allowed')
        if self.row is not None:
            return self.sessions.renew(self.row)
        return self.sessions.create(user['id'], authtype, self.peer)

    def certified(self) -> tuple[str, int]:
        """
        Get the name that the front server vouches for, and how.

        :raises AuthError: if it does for none.
        """
        if self.peer.remote_user is not None:
            return self.peer.remote_user, GSSAPI
        if self.peer.certified is not None:
            return self.peer.certified, SSL
        raise AuthError('could not verify client: NONE')

    def describe(self, row: HubSession, details: bool) -> Row:
        """Get a session, as ``getSessionInfo`` has it."""
        info: Row = {
            'authtype': row.authtype, 'callnum': row.callnum,
            'exclusive': row.exclusive or None, 'expired': row.expired,
            'master': row.master, 'user_id': row.user_id}
        for name in ('renew', 'start', 'update'):
            seconds = getattr(row, name + '_time')
            info[name + '_ts'] = seconds
            info[name + '_time'] = None if seconds is None else str(
                datetime.fromtimestamp(seconds, timezone.utc))
        if details:
            info.update(hostip=row.hostip, id=row.id)
        return info
