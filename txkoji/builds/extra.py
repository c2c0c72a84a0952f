"""
Reading the ``extra`` of builds and archives.

Content generators fill it with what they like, so that every member may be
missing or of another type: then it is None, or empty.
"""
from __future__ import annotations

from collections.abc import Mapping


def within(value: object, *names: str) -> object:
    """Go down into dictionaries; None where there is none."""
    for name in names:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def text_of(value: object) -> str | None:
    """Give a text; None for anything else, and for an empty one."""
    return value if isinstance(value, str) and value else None


def number_of(value: object) -> int | None:
    """Give an id, which may be written as text; None for anything else."""
    if isinstance(value, str) and value.isascii() and value.isdecimal():
        # More digits than any id has.
        return int(value) if len(value) <= 10 else None
    return value if type(value) is int else None


def texts_of(value: object) -> tuple[str, ...]:
    """Give the texts of a list."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(each for each in value if isinstance(each, str))


def numbers_of(value: object) -> tuple[int, ...]:
    """Give the ids of a list."""
    if not isinstance(value, (list, tuple)):
        return ()
    return tuple(number for number in map(number_of, value)
                 if number is not None)


def mapping_of(value: object) -> Mapping[str, str]:
    """Give the texts of a dictionary, by their names."""
    if not isinstance(value, dict):
        return {}
    return {name: each for name, each in value.items()
            if isinstance(each, str)}
