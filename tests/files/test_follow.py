"""Tests of following logs."""
from __future__ import annotations

from typing import Any

from twisted.internet.defer import CancelledError, Deferred

from tests.support import HubTestCase
from txkoji import task_states
from txkoji.exceptions import ActionNotAllowed, GenericError
from txkoji.files import follow
from txkoji.files.follow import LogLine

TASK, CHILD = 6474, 6476


class FollowTests(HubTestCase):
    """A running task has a log that grows."""

    def setUp(self) -> None:
        """Open a task and its child."""
        super().setUp()
        self.koji = self.hub.connection(poll_interval=6)
        for number in (TASK, CHILD):
            self.set_state(number, task_states.OPEN)
        self.lines: list[LogLine] = []
        self.ended: list[Any] = []

    def set_state(self, number: int, state: int) -> None:
        """Set the state of a task."""
        [row] = [row for row in self.hub.tables.tasks if row['id'] == number]
        row['state'] = state

    def follow(self, task: Any = TASK, **kwargs: Any) -> Any:
        """Follow a task, and keep the lines."""
        following = self.koji.follow(task, **kwargs)

        async def go() -> None:
            async for line in following:
                self.lines.append(line)

        Deferred.fromCoroutine(go()).addBoth(self.ended.append)
        self.pass_time(0)
        return following

    def pass_time(self, seconds: float = 6) -> None:
        """Advance the clock, and let batched calls go out."""
        self.hub.clock.advance(seconds)
        # Batched calls go out in the next turn of the reactor.
        self.hub.clock.pump([0] * 5)

    def texts(self) -> list[str]:
        """Take the lines since the last call."""
        texts = [line.text for line in self.lines]
        self.lines.clear()
        return texts

    def put(self, data: bytes, number: int = TASK, name: str = 'build.log',
            volume: Any = None) -> None:
        """Append to a log."""
        self.hub.put_out(number, name, data, volume)

    def cut_off(self, data: bytes) -> None:
        """Write the log anew."""
        path = f'work/tasks/{TASK}/{TASK}/build.log'
        self.hub.files.write(path, data)

    def test_grows(self) -> None:
        """A line comes when complete, the last line at the end."""
        self.put(b'one\ntw')
        self.follow()
        self.assertEqual(self.lines, [
            LogLine(TASK, 'build.log', 'one', 'DEFAULT', False, False)])
        self.texts()
        self.put(b'o\r\nthr')
        self.pass_time(5)
        self.assertEqual(self.texts(), [])
        self.pass_time(1)
        self.assertEqual(self.texts(), ['two'])
        self.put(b'ee\n\nend')
        self.set_state(TASK, task_states.CLOSED)
        self.pass_time()
        self.assertEqual(self.texts(), ['three', '', 'end'])
        self.assertEqual(self.ended, [None])

    def test_returns(self) -> None:
        """A lone carriage return ends a line, if that is wanted."""
        for wanted, texts in [(False, [['10%\r50%\r99%', 'done', 'end'], []]),
                              (True, [['10%', '50%', '99%', 'done'],
                                      ['end']])]:
            self.set_state(TASK, task_states.OPEN)
            self.cut_off(b'10%\r50%\r99%\r\ndone\r')
            self.follow(split_at_returns=wanted)
            found = self.texts()
            self.put(b'\n')
            self.pass_time()
            found += self.texts()
            self.put(b'end\r')
            self.pass_time()
            found += self.texts()
            self.put(b'\n')
            self.set_state(TASK, task_states.CLOSED)
            self.pass_time()
            self.assertEqual(found + self.texts(), sum(texts, []))

    def test_finished(self) -> None:
        """The logs of a finished task are read to their ends."""
        self.put(b'all\n')
        self.set_state(TASK, task_states.FAILED)
        self.follow()
        self.assertEqual((self.texts(), self.ended), (['all'], [None]))
        self.set_state(CHILD, task_states.CANCELED)
        self.follow(CHILD)
        self.assertEqual((self.texts(), len(self.ended)), ([], 2))

    def test_which(self) -> None:
        """A pattern selects the logs, on all volumes."""
        self.put(b'1\n', name='x.rpm')
        self.put(b'2\n', name='noarch/mock.log', volume='vol3')
        self.follow()
        self.assertEqual([(line.name, line.volume) for line in self.lines],
                         [('noarch/mock.log', 'vol3')])
        self.lines.clear()
        self.follow(names='x.*')
        self.assertEqual(self.texts(), ['1'])

    def test_descendents(self) -> None:
        """The logs of descendents are followed on request."""
        self.put(b'parent\n')
        self.put(b'child\n', CHILD)
        self.follow(self.get(self.koji.getTaskInfo(TASK)))
        self.assertEqual(self.texts(), ['parent'])
        self.follow(descendents=True)
        self.assertEqual([(line.task_id, line.text) for line in self.lines],
                         [(TASK, 'parent'), (CHILD, 'child')])
        self.lines.clear()
        self.set_state(CHILD, task_states.CLOSED)
        self.put(b'more', CHILD)
        self.pass_time()
        self.set_state(TASK, task_states.CLOSED)
        self.pass_time()
        self.assertEqual(self.texts(), ['more'])
        self.assertEqual(self.ended, [None, None])

    def test_restarted(self) -> None:
        """A log that is written anew is read from its beginning."""
        self.put(b'old line\nol')
        self.follow()
        for new in (b'new\n', b'a new one, and a longer one\n'):
            self.lines.clear()
            self.cut_off(new)
            self.pass_time()
            self.put(b'more\n')
            self.pass_time()
            self.assertEqual([(line.text, line.restarted)
                              for line in self.lines[-2:]],
                             [(new.decode().strip(), True), ('more', False)])

    def test_gone(self) -> None:
        """A log that is gone is read on when it is back."""
        self.put(b'one\n')
        self.follow()
        self.hub.fault('downloadTaskOutput', 1000, 'no file')
        self.put(b'two\n')
        self.pass_time()
        self.assertEqual((self.texts(), self.ended), (['one'], []))
        self.hub.forget('downloadTaskOutput')
        self.pass_time()
        self.assertEqual(self.texts(), ['two'])

    def test_long(self) -> None:
        """A long line is split, but no character is."""
        self.patch(follow, 'MAX_LINE', 10)
        self.put('abcdefghi\u20ac\u20ac\u20ac9\n0123456789\nx'.encode())
        self.follow()
        self.assertEqual([(line.text, line.cut) for line in self.lines], [
            ('abcdefghi', True), ('\u20ac\u20ac\u20ac9', False),
            ('0123456789', False)])

    def test_bytes(self) -> None:
        """Bytes that are not UTF-8 become replacement characters."""
        self.patch(follow, 'MAX_LINE', 10)
        self.put(b'\xff\x80\n' + b'\x80' * 25 + b'\n')
        self.follow()
        self.assertEqual(
            ''.join(self.texts()), '\ufffd' * 27)

    def test_large(self) -> None:
        """A large log is read in chunks, and only on demand."""
        self.patch(follow, 'CHUNK_SIZE', 1000)
        whole = [f'line {number}' for number in range(5000)]
        self.put('\n'.join(whole).encode() + b'\n')
        following = self.koji.follow(TASK)
        first = following.next_item()
        self.pass_time(0)
        self.assertEqual(self.get(first).text, 'line 0')
        reads = [call for call in self.hub.calls
                 if call[0] == 'downloadTaskOutput']
        self.assertEqual(len(reads), 1)
        self.follow()
        self.assertEqual(self.texts(), whole)

    def test_together(self) -> None:
        """All followed tasks are polled in common requests."""
        tasks = [row['id'] for row in self.hub.tables.tasks[-30:]]
        for number in tasks:
            self.set_state(number, task_states.OPEN)
            self.follow(number)
        self.pass_time()
        before = self.hub.requests
        for _ in range(3):
            self.pass_time()
        # Each poll has a request for the tasks and one for the listings.
        self.assertEqual(self.hub.requests, before + 6)

    def test_same(self) -> None:
        """Iterations over the same task share its calls."""
        for _ in range(5):
            self.follow(descendents=True)
        before = self.hub.requests
        # Answers take time, so that the calls are simultaneous.
        self.hub.misbehave('slow', seconds=0.1)
        self.pass_time()
        self.hub.clock.pump([0.1] * 10)
        # One for the task, its descendents, and the listings each.
        self.assertEqual(self.hub.requests, before + 3)

    def test_survivors(self) -> None:
        """The descendents of a failed task are still followed."""
        self.follow(descendents=True)
        self.set_state(TASK, task_states.FAILED)
        self.pass_time()
        self.put(b'the reason\n', CHILD)
        self.set_state(CHILD, task_states.CANCELED)
        self.pass_time()
        self.assertEqual((self.texts(), self.ended), (['the reason'], [None]))

    def test_outage(self) -> None:
        """After an outage, no line is missing."""
        self.put(b'one\n')
        self.follow()
        self.hub.misbehave('offline')
        self.put(b'two\n')
        self.pass_time()
        self.pass_time()
        self.hub.behave()
        self.hub.misbehave('dropped-before', method='downloadTaskOutput',
                           times=1)
        self.pass_time()
        self.pass_time()
        self.assertEqual((self.texts(), self.ended), (['one', 'two'], []))

    def test_errors(self) -> None:
        """A refusal of the hub, or a wrong task, ends with an error."""
        self.follow(99999)
        self.assertIsInstance(self.ended[0].value, GenericError)
        self.hub.fault('listTaskOutput', 1004, 'not yours')
        self.follow()
        self.assertIsInstance(self.ended[1].value, ActionNotAllowed)
        with self.assertRaises(TypeError):
            self.koji.follow('6476')  # type: ignore[arg-type]

    def test_left(self) -> None:
        """A closed iteration leaves no timer; no item is lost."""
        self.put(b'one\n')
        following = self.koji.follow(TASK)
        first = following.next_item()
        self.pass_time(0)
        self.get(first)
        waiting = following.next_item()
        waiting.cancel()
        self.fail_of(waiting, CancelledError)
        self.put(b'two\n')
        waiting = following.next_item()
        self.pass_time()
        self.assertEqual(self.get(waiting).text, 'two')
        waiting = following.next_item()
        following.aclose()
        self.fail_of(waiting, StopAsyncIteration)
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_closed(self) -> None:
        """Closing the connection ends the iteration."""
        self.follow()
        self.get(self.koji.close())
        self.assertIn('closed', str(self.ended[0].value))
        self.assertEqual(self.hub.clock.getDelayedCalls(), [])

    def test_concurrent(self) -> None:
        """Several logs are read at once, up to a limit."""
        names = [f'{number}.log' for number in range(20)]
        for name in names:
            self.put(b'one\n', name=name)
        self.hub.misbehave('slow', method='downloadTaskOutput', seconds=1)
        following = self.follow()
        started = [args[1] for method, args, _ in self.hub.calls
                   if method == 'downloadTaskOutput']
        self.assertEqual(started, [])
        self.assertEqual(self.koji.stats.in_flight, follow.CONCURRENT)
        self.pass_time(1)
        self.assertEqual(len(self.texts()), follow.CONCURRENT)
        self.pass_time(1)
        self.assertEqual(len(self.texts()), 20 - follow.CONCURRENT)
        self.get(following.aclose())

    def test_turns(self) -> None:
        """Several logs are read in turns."""
        self.patch(follow, 'CHUNK_SIZE', 100)
        for name in ('a.log', 'b.log'):
            self.put(b'0123456789\n' * 20, name=name)
        self.follow()
        seen: list[tuple[str, int]] = []
        for line in self.lines:
            if seen and seen[-1][0] == line.name:
                seen[-1] = (line.name, seen[-1][1] + 1)
            else:
                seen.append((line.name, 1))
        self.assertGreater(len(seen), 4)
        self.assertEqual(len(self.lines), 40)
