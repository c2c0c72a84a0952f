"""A builder, as `getHost` and `listHosts` give it."""
from __future__ import annotations

from datetime import datetime, timedelta

from txkoji.resource import Resource

#: A host that was not heard of for so long takes no tasks. They report every
#: 15 seconds; this is long enough for clocks that differ by some minutes.
SILENT = timedelta(minutes=30)


class Host(Resource):
    """A host: what does the tasks."""

    __slots__ = ()

    members = frozenset([
        'arches', 'capacity', 'comment', 'description', 'enabled', 'id',
        'name', 'ready', 'task_load', 'update_ts', 'user_id'])
    page = 'hostinfo?hostID'

    @property
    def updated(self) -> datetime | None:
        """When it was last heard of, in UTC, or None."""
        return self._time('update')

    @property
    def is_available(self) -> bool:
        """
        Whether it takes tasks, as far as the hub says: it is enabled, ready,
        and was heard of in the last half hour. (Hubs before 1.34 let a host
        that is silent be ready for ever.)
        """
        heard = self.updated
        return (self.enabled is not False and self.ready is not False
                and (heard is None or self._now() - heard < SILENT))
