"""Listings of a task's output files, as ``listTaskOutput`` returns them."""
from __future__ import annotations

from typing import Any, NamedTuple


class OutputFile(NamedTuple):
    """
    A file in the output of a task.

    :ivar name: the path in the folder of the task's output.
    :ivar volume: the name of the file's volume.
    :ivar size: bytes of the file at the time of the listing.
    """

    name: str
    volume: str
    size: int


def read_listing(answer: Any) -> list[OutputFile]:
    """
    Read the result of ``listTaskOutput`` with ``stat`` and ``all_volumes``.

    Malformed entries are left out.
    """
    outputs = []
    if isinstance(answer, dict):
        for name, volumes in answer.items():
            if not isinstance(volumes, dict):
                continue
            for volume, stat in volumes.items():
                size = stat.get('st_size') if isinstance(stat, dict) else None
                # The hub sends the size as text, since an integer of XML-RPC
                # has 32 bits.
                text = str(size)
                if text.isascii() and text.isdigit() and len(text) < 20:
                    outputs.append(OutputFile(name, volume, int(text)))
    return outputs
