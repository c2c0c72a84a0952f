"""Keys of messages, which are equal for duplicates."""
from __future__ import annotations

from collections.abc import Hashable
from hashlib import blake2b
from typing import Any

from txkoji.messages.builds import BuildStateChange
from txkoji.messages.message import Message
from txkoji.messages.tasks import TaskStateChange


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


def digest_of(key: Hashable) -> bytes:
    """Make a digest of a key of texts, which two keys never share."""
    return blake2b(repr(key).encode('utf-8', 'backslashreplace'),
                   digest_size=16).digest()
