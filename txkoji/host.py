"""A builder, as `getHost` and `listHosts` give it."""
from __future__ import annotations

from datetime import datetime
from typing import Optional

from txkoji.resource import Resource


class Host(Resource):
    """A host: what does the tasks."""

    __slots__ = ()

    members = frozenset([
        'arches', 'capacity', 'comment', 'description', 'enabled', 'id',
        'name', 'ready', 'task_load', 'update_ts', 'user_id'])
    page = 'hostinfo?hostID'

    @property
    def updated(self) -> Optional[datetime]:
        """When it was last heard of, in UTC, or None."""
        return self._time('update')
