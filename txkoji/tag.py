"""A tag, as `getTag` and `listTags` give it."""
from __future__ import annotations

from txkoji.resource import Resource


class Tag(Resource):
    """A tag: what builds are in."""

    __slots__ = ()

    members = frozenset([
        'arches', 'blocked', 'config_inheritance', 'extra', 'extra_arches',
        'id', 'locked',
        'maven_include_all', 'maven_support', 'name', 'owner_id',
        'owner_name', 'perm', 'perm_id'])
    page = 'taginfo?tagID'
