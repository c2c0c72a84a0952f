"""A repository of a tag, as `getRepo` and `repoInfo` give it."""
from __future__ import annotations

from datetime import datetime
from typing import Optional

from txkoji.resource import Resource


class Repo(Resource):
    """A repository that packages are built with."""

    __slots__ = ()

    members = frozenset([
        'begin_event', 'begin_ts', 'create_event', 'create_ts',
        'creation_time', 'creation_ts', 'custom_opts', 'dist', 'end_event',
        'end_ts', 'id', 'opts', 'state', 'state_time', 'state_ts', 'tag_id',
        'tag_name', 'task_id', 'task_state'])
    page = 'repoinfo?repoID'

    @property
    def created(self) -> Optional[datetime]:
        """When it was made, in UTC, or None."""
        return self._time('creation')
