"""
Listings of the files of a task, as ``listTaskOutput`` gives them.
"""
from __future__ import annotations

from typing import Any, NamedTuple


class Output(NamedTuple):
    """
    A file of a task, as ``listTaskOutput`` gives it.

    :ivar name: with the folders that it is in.
    :ivar volume: the volume that it is on.
    :ivar size: in bytes, just then.
    """

    name: str
    volume: str
    size: int


def read_listing(answer: Any) -> list[Output]:
    """
    Read what ``listTaskOutput`` gives with ``stat`` and ``all_volumes``;
    what makes no sense is left out.
    """
    outputs = []
    if isinstance(answer, dict):
        for name, volumes in answer.items():
            if not isinstance(volumes, dict):
                continue
            for volume, stat in volumes.items():
                size = stat.get('st_size') if isinstance(stat, dict) else None
                # It is a text, since it may be too large for XML-RPC.
                text = str(size)
                if text.isascii() and text.isdigit() and len(text) < 20:
                    outputs.append(Output(name, volume, int(text)))
    return outputs
