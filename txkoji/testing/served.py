"""What the resources of a FakeHub need of it."""
from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred

from txkoji.testing.misbehaviour import Misbehaviour
from txkoji.testing.sessions import ClientIdentity


class Served(Protocol):
    """A hub, as far as it is served."""

    version: str
    takes_files: bool
    front: bool
    clock: Any
    files: Any
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]]
    serving: set[Deferred[None]]

    def trouble(self, kind: str, method: str) -> Misbehaviour | None:
        """Whether, and how, to misbehave in a request."""

    async def answer(self, method: str, params: list[Any],
                     peer: ClientIdentity = ClientIdentity(),
                     data: bytes | None = None) -> bytes:
        """Carry out a request, and give the body of the answer."""
