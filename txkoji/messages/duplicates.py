"""Duplicates of messages, which have equal keys."""
from __future__ import annotations

from collections import OrderedDict
from collections.abc import Hashable
from hashlib import blake2b
from typing import Any

from txkoji.messages.builds import BuildStateChange
from txkoji.messages.message import Message
from txkoji.messages.tasks import TaskStateChange

#: The number of keys that are remembered, to drop duplicates.
REMEMBERED = 10000


def duplicate_key(event: Message) -> Hashable | None:
    """
    Make a key that is equal for duplicates of a message.

    :returns: the key. None if duplicates of the message cannot be told from
              other messages.
    """
    if event.id is not None:
        return event.id
    if isinstance(event, TaskStateChange):
        found: Any = event.task
    elif isinstance(event, BuildStateChange):
        found = event.build
    else:
        return None
    return (event.kind, str(found.id), event.old, event.new,
            str(found.get('host_id')), *(
        str(found.get(f'{name}_{form}'))
        for name in ('create', 'creation', 'start', 'completion')
        for form in ('ts', 'time')))


class Remembered:
    """
    The last `REMEMBERED` keys that were added.

    Their digests are kept: the keys would take several megabytes.
    """

    def __init__(self) -> None:
        #: The oldest first.
        self._digests: OrderedDict[bytes, None] = OrderedDict()

    def __contains__(self, key: Hashable) -> bool:
        return _digest_of(key) in self._digests

    def add(self, key: Hashable) -> None:
        """Add a key, and forget the oldest one if there are too many."""
        self._digests[_digest_of(key)] = None
        if len(self._digests) > REMEMBERED:
            self._digests.popitem(last=False)


def _digest_of(key: Hashable) -> bytes:
    """Make a digest of a key of texts, which two keys never share."""
    return blake2b(repr(key).encode('utf-8', 'backslashreplace'),
                   digest_size=16).digest()
