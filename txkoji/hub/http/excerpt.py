"""The first bytes of an answer, to be shown in an error."""
from __future__ import annotations

from collections.abc import Callable
from typing import Any

from twisted.internet.defer import Deferred

from txkoji.hub.http.body import Sink
from txkoji.hub.http.errors import EXCERPT


class ExcerptSink:
    """
    A sink that counts bytes, keeps the first ones and passes all of them on.

    :param sink: takes the bytes; None if they are not needed.
    :param count: is called with the number of bytes of each piece.

    :ivar data: the first bytes.
    """

    def __init__(self, sink: Sink | None = None,
                 count: Callable[[int], Any] = int) -> None:
        self._sink = sink
        self._count = count
        self.data = b''

    def feed(self, data: bytes) -> Deferred[None] | None:
        """Take the next bytes; see `Sink.feed`."""
        if len(self.data) < EXCERPT:
            self.data = (self.data + data[:EXCERPT])[:EXCERPT]
        self._count(len(data))
        return None if self._sink is None else self._sink.feed(data)

    def close(self) -> Any:
        """Finish; see `Sink.close`."""
        return None if self._sink is None else self._sink.close()

    def __str__(self) -> str:
        text = repr(self.data.decode('utf-8', 'replace'))
        return text if len(text) <= EXCERPT else text[:EXCERPT] + "...'"
