"""
A session on the hub: its id and key, and how calls name it.
"""
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

    :ivar id: its number.
    :ivar key: the secret that goes with it.
    :ivar in_url: whether the hub is old, and looks for it in the URL only.
    """

    id: int
    key: str = field(repr=False)
    in_url: bool

    def sign(self, address: str, callnum: int | None
             ) -> tuple[str, tuple[tuple[bytes, bytes], ...]]:
        """The URL and the headers of a call in this session."""
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
        # Hubs from 1.31 to 1.35.3 look at the second only.
        return address, (*headers, (b'Koji-Session-Callnum', number),
                         (b'Koji-Callnum', number))


def read_session(answer: Any) -> SessionInfo | None:
    """
    Read the hub's answer to a login.

    :returns: None if it is no session.
    """
    if not isinstance(answer, dict):
        return None
    number, key = answer.get('session-id'), answer.get('session-key')
    if not isinstance(number, int) or not isinstance(key, str) \
            or not re.fullmatch('[!-~]+', key):
        return None
    return SessionInfo(number, key, not answer.get('header-auth'))
