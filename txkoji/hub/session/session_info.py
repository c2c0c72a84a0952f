"""The id and the key of a session, and the headers of a call in it."""
from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlencode

from txkoji.hub.session.secret import Secret, SecretBytes


@dataclass(frozen=True)
class SessionInfo:
    """
    A session on the hub.

    :ivar id: the session's id.
    :ivar key: the session's key, which is secret.
    :ivar in_url: whether the hub is old, and reads id and key in the URL only.
    """

    id: int
    key: str = field(repr=False)
    in_url: bool

    def sign(self, address: str, callnum: int | None
             ) -> tuple[str, tuple[tuple[bytes, bytes], ...]]:
        """
        Get the URL and the headers of a call in this session.

        :param address: the hub's URL.
        :param callnum: the callnum of a write; None for a read.
        """
        if self.in_url:
            query: dict[str, Any] = {'session-id': self.id,
                                     'session-key': self.key}
            if callnum is not None:
                query['callnum'] = callnum
            return Secret(f'{address}?{urlencode(query)}'), ()
        headers = ((b'Koji-Session-Id', b'%d' % self.id),
                   (b'Koji-Session-Key', SecretBytes(self.key, 'ascii')))
        if callnum is None:
            return address, headers
        number = b'%d' % callnum
        # Hubs from 1.31 to 1.35.3 read the second header only.
        return address, (*headers, (b'Koji-Session-Callnum', number),
                         (b'Koji-Callnum', number))


def read_session(answer: Any) -> SessionInfo | None:
    """
    Read the session in the hub's answer to a login.

    :returns: the session, or None if the answer is no session.
    """
    if not isinstance(answer, dict):
        return None
    number, key = answer.get('session-id'), answer.get('session-key')
    # A key with spaces or line ends could add headers.
    if not isinstance(number, int) or not isinstance(key, str) \
            or not re.fullmatch('[!-~]+', key):
        return None
    return SessionInfo(number, key, not answer.get('header-auth'))
