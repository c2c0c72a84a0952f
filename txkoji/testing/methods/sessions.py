"""The hub methods about sessions."""
from __future__ import annotations

from typing import Any

from txkoji.exceptions import (
    AuthError,
    AuthLockError,
    GenericError,
    ParameterError,
)
from txkoji.testing.calls import Methods, export
from txkoji.testing.sessions import GSSAPI, PASSWORD, Credentials
from txkoji.testing.tables import Row

#: What stands behind the name in the certificates of people.
SUBJECT = 'CN={},O=Example'


class SessionMethods(Methods):
    """Sessions, and logging in."""

    @property
    def credentials(self) -> Credentials:
        """Whose call it is."""
        found = self.caller.credentials
        assert found is not None
        return found

    @export('Session.login', crash=True)
    def login(self, user: Any, password: Any, opts: Any = None,
              **renewing: Any) -> Any:
        self._check_renewing('login', renewing)
        known = self.credentials
        if known.row is not None and not renewing.get('renew'):
            raise AuthError('Already logged in')
        passwords = known.sessions.passwords
        if password is None or passwords.get(user) != password:
            raise AuthError('invalid username or password')
        return known.log_in(user, PASSWORD, bool(renewing.get('renew')))

    @export('Session.sslLogin', crash=True)
    def sslLogin(self, proxyuser: Any = None, proxyauthtype: Any = None,
                 renew: Any = None, exclusive: Any = None) -> Any:
        self._check_renewing('sslLogin', {
            name: value for name, value in [
                ('exclusive', exclusive), ('renew', renew)]
            if value is not None})
        known = self.credentials
        if known.row is not None and not renew:
            raise AuthError('Already logged in')
        name, authtype = known.certified()
        if proxyuser:
            if name not in known.sessions.proxies:
                who = (name if authtype == GSSAPI
                       else known.peer.subject or SUBJECT.format(name))
                raise AuthError(
                    f'{who} is not authorized to login other users')
            name = proxyuser
        return known.log_in(name, authtype, bool(renew))

    def _check_renewing(self, method: str, renewing: Row) -> None:
        if renewing and self.world.version() < (1, 32):
            first = sorted(renewing)[0]
            raise ParameterError(f'{method}() got an unexpected keyword'
                                 f' argument {first!r}')

    @export()
    def subsession(self) -> Any:
        known = self.credentials
        row = known.own()
        return known.sessions.create(row.user_id, row.authtype, known.peer,
                                     master=row.master or row.id)

    @export()
    def logout(self, session_id: Any = None) -> None:
        known = self.credentials
        row = known.own()
        for each in known.sessions.rows:
            if session_id == each.id:
                if each.user_id != row.user_id \
                        and not self.caller.has('admin'):
                    raise GenericError('only admins or owner may logout'
                                       ' other session')
                row = each
        known.sessions.close(row)

    @export()
    def logoutChild(self, session_id: Any) -> None:
        known = self.credentials
        row = known.own()
        for each in known.sessions.rows:
            if each.id == session_id and each.master == row.id:
                known.sessions.close(each)

    @export()
    def exclusiveSession(self, force: bool = False) -> None:
        known = self.credentials
        row = known.row
        if row is None:
            return
        if row.master is not None:
            raise GenericError('subsessions cannot become exclusive')
        if row.exclusive:
            raise GenericError('session is already exclusive')
        for other in known.sessions.rows:
            if other.exclusive and not other.closed and other is not row \
                    and other.user_id == row.user_id:
                if not force:
                    raise AuthLockError('Cannot get exclusive session')
                known.sessions.close(other)
        row.exclusive = True

    @export()
    def sharedSession(self) -> None:
        if self.credentials.row is not None:
            self.credentials.row.exclusive = False

    @export()
    def getLoggedInUser(self) -> Any:
        row = self.credentials.row
        if row is None or row.closed:
            return None
        user = self.tables.by_id('users')[row.user_id]
        principals = user['krb_principals'] or [None]
        return {**user, 'authtype': row.authtype,
                'krb_principal': principals[0]}
