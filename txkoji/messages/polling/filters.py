"""`Filters`: what a poll asks for."""
from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

#: A name, several names, or None for all.
Wanted = str | Iterable[str] | None


class Filters(NamedTuple):
    """
    What a poll asks for. None means all, and an empty collection none.

    :ivar tags: names of tags.
    :ivar packages: names of packages.
    :ivar owners: names of users.
    :ivar methods: names of the methods of tasks.
    """

    tags: frozenset[str] | None = None
    packages: frozenset[str] | None = None
    owners: frozenset[str] | None = None
    methods: frozenset[str] | None = None

    @classmethod
    def of(cls, **wanted: Wanted) -> Filters:
        """
        Make filters of names.

        :raises TypeError: if a name is no text.
        """
        return cls(**{name: _names(name, value)
                      for name, value in wanted.items()})

    def state(self) -> dict[str, list[str] | None]:
        """Get the filters as values that JSON has."""
        return {name: None if names is None else sorted(names)
                for name, names in self._asdict().items()}

    def wants_package(self, name: str | None) -> bool:
        """Tell whether events of a package are wanted."""
        return self.packages is None or name in self.packages

    def wants_owner(self, name: str | None) -> bool:
        """Tell whether events of the tasks and builds of a user are."""
        return self.owners is None or name in self.owners

    def wants_method(self, name: str) -> bool:
        """Tell whether events of the tasks of a method are wanted."""
        return self.methods is None or name in self.methods


def _names(name: str, wanted: Wanted) -> frozenset[str] | None:
    if wanted is None:
        return None
    names = frozenset([wanted] if isinstance(wanted, str) else wanted)
    for each in names:
        if not isinstance(each, str):
            raise TypeError(f'{name} are names, not {each!r}')
    return names
