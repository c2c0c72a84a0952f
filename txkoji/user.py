"""A user, as `getUser` and `listUsers` give it."""
from __future__ import annotations

from txkoji.resource import Resource


class User(Resource):
    """A user: who builds."""

    __slots__ = ()

    members = frozenset([
        'authtype', 'id', 'krb_principal', 'krb_principals', 'name',
        'status', 'usertype'])
    page = 'userinfo?userID'
