"""A build target, as `getBuildTarget` gives it."""
from __future__ import annotations

from txkoji.resource import Resource


class BuildTarget(Resource):
    """A build target: where builds are made, and tagged."""

    __slots__ = ()

    members = frozenset([
        'build_tag', 'build_tag_name', 'dest_tag', 'dest_tag_name', 'id',
        'name'])
    page = 'buildtargetinfo?targetID'
