"""`EventStream`: events for a loop, with back-pressure."""
from __future__ import annotations

import gc
from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from tests.messages.samples import EventsTestCase, message
from txkoji.exceptions import ConfigurationError, StreamOverflow


class StreamTests(EventsTestCase):
    """Streams of events."""

    def start(self, event: str = 'build.tag') -> Deferred[Any]:
        """Feed a recorded message."""
        return self.events.feed(message(event))

    def test_loop(self) -> None:
        """A loop reads the events that it wants, in order."""
        stream = self.events.stream(['Tag', 'Untag'])
        found: list[str] = []

        async def read() -> None:
            async for event in stream:
                found.append(event.kind)

        done = Deferred.fromCoroutine(read())
        for event in 'build.tag', 'task.closed', 'build.untag':
            self.start(event)
        self.assertEqual(found, ['Tag', 'Untag'])
        self.assertNoResult(done)
        self.get(self.koji.close())
        self.successResultOf(done)

    def test_handled(self) -> None:
        """An event is handled when the next one is asked for."""
        stream = self.events.stream()
        first, second = self.start(), self.start('build.untag')
        self.assertEqual(self.get(stream.next_item()).kind, 'Tag')
        self.assertNoResult(first)
        self.assertEqual(self.get(stream.next_item()).kind, 'Untag')
        self.assertIs(self.successResultOf(first), True)
        self.assertNoResult(second)
        asked = stream.next_item()
        self.assertIs(self.successResultOf(second), True)
        asked.cancel()
        self.failureResultOf(asked, CancelledError)
        third = self.start('build.complete')
        self.assertEqual(self.get(stream.next_item()).event, 'COMPLETE')
        self.assertNoResult(third)

    def test_left(self) -> None:
        """Events that a closed stream has not given are not handled."""
        for leave in 'aclose', 'stop':
            stream = self.events.stream()
            first, second = self.start(), self.start('build.untag')
            self.get(stream.next_item())
            getattr(stream, leave)()
            self.assertIs(self.successResultOf(first), True)
            self.assertIsNone(self.successResultOf(second))
            self.failureResultOf(stream.next_item(), StopAsyncIteration)
            self.assertIs(self.get(self.start()), True)

    def test_failed(self) -> None:
        """An event whose loop fails is not handled."""
        async def read() -> None:
            async with self.events.stream() as stream:
                async for event in stream:
                    raise ValueError(event.kind)

        done = Deferred.fromCoroutine(read())
        self.assertIsNone(self.successResultOf(self.start()))
        self.failureResultOf(done, ValueError)

    def test_abandoned(self) -> None:
        """A stream that nobody can read any more takes no events."""
        async def read() -> Any:
            async for event in self.events.stream():
                return event.kind

        done = Deferred.fromCoroutine(read())
        gc.collect()
        waiting = self.start()
        self.assertEqual(self.successResultOf(done), 'Tag')
        gc.collect()
        self.assertIs(self.successResultOf(waiting), True)
        self.assertIs(self.successResultOf(self.start()), True)

    def test_overflow(self) -> None:
        """More events than may wait end the stream, with a clear word."""
        stream = self.events.stream(limit=2)
        fed = [self.start(each) for each in (
            'build.tag', 'build.untag', 'build.complete', 'task.closed')]
        self.assertIsNone(self.successResultOf(fed[2]))
        self.assertIs(self.successResultOf(fed[3]), True)
        self.assertEqual(self.get(stream.next_item()).kind, 'Tag')
        self.assertEqual(self.get(stream.next_item()).kind, 'Untag')
        error = self.failureResultOf(stream.next_item(), StreamOverflow)
        self.assertIn('2 events wait', str(error.value))

    def test_closed(self) -> None:
        """A stream of a closed connection is at its end."""
        self.get(self.koji.close())
        self.failureResultOf(self.events.stream().next_item(),
                             StopAsyncIteration)

    def test_after_close(self) -> None:
        """An event that comes after the close is not handled."""
        self.hear()
        self.get(self.koji.close())
        self.assertIsNone(self.get(self.start()))
        self.assertEqual(self.heard, [])

    def test_refused(self) -> None:
        """A wrong kind, member or limit is refused at once."""
        with self.assertRaises(ValueError):
            self.events.stream('Tagg')
        with self.assertRaises(ValueError):
            self.events.stream('Tag', branch='x')
        with self.assertRaises(ConfigurationError):
            self.events.stream(limit=0)
