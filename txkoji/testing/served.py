"""What the resources of a FakeHub need of it."""
from __future__ import annotations

from typing import Any, Protocol

from twisted.internet.defer import Deferred

from txkoji.testing.misbehaviour import Misbehaviour
from txkoji.testing.sessions import ClientIdentity


class Served(Protocol):
    """A hub, as far as it is served."""

    #: The version of the hub.
    version: str
    #: Whether the hub takes files as they are, not in calls only.
    takes_files: bool
    #: Whether a front server sends the identity of the client.
    front: bool
    #: The reactor of the hub.
    clock: Any
    #: The files of the hub.
    files: Any
    #: The calls so far: (method, args, kwargs).
    calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]]
    #: The requests that are being answered.
    serving: set[Deferred[None]]

    def trouble(self, kind: str, method: str) -> Misbehaviour | None:
        """Whether, and how, to misbehave in a request."""

    async def answer(self, method: str, params: list[Any],
                     peer: ClientIdentity = ClientIdentity(),
                     data: bytes | None = None) -> bytes:
        """Carry out a request, and give the body of the answer."""
