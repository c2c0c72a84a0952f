"""Tests of downloads of task output."""
from __future__ import annotations

import io
import os
from random import Random
from typing import Any

from tests.support import HubTestCase, folder
from txkoji.exceptions import (
    AnswerError,
    ConnectionFailed,
    DownloadError,
    GenericError,
)
from txkoji.files import downloads

TASK = 6476


class DownloadTests(HubTestCase):
    """A log of two and a half chunks is downloaded."""

    def setUp(self) -> None:
        """Put out a log."""
        super().setUp()
        self.patch(downloads, 'CHUNK_SIZE', 1024)
        self.data = Random(1).randbytes(2548)
        self.hub.put_out(TASK, 'build.log', self.data)
        self.folder = folder(self)
        self.path = self.folder + '/x.log'

    def download(self, name: str = 'build.log', destination: Any = None,
                 **kwargs: Any) -> Any:
        """Download the log."""
        return self.koji.download_task_output(
            TASK, name, destination or self.path, **kwargs)

    def here(self) -> bytes:
        """Read the downloaded file."""
        with open(self.path, 'rb') as file:
            return file.read()

    def test_whole(self) -> None:
        """The file arrives in chunks, and progress is reported."""
        seen: list[tuple[int, Any]] = []
        self.assertEqual(self.get(self.download(
            progress=lambda *each: seen.append(each))), 2548)
        self.assertEqual(self.here(), self.data)
        self.assertEqual(seen, [(1024, 2548), (2048, 2548), (2548, 2548)])
        self.assertEqual(os.listdir(self.folder), ['x.log'])

    def test_writer(self) -> None:
        """Open files, offsets and volumes work."""
        self.hub.put_out(TASK, 'a/b.log', b'elsewhere', 'vol3')
        for name, kwargs, expected in [
                ('build.log', {}, self.data),
                ('build.log', {'offset': 1500}, self.data[1500:]),
                ('build.log', {'offset': 2548}, b''),
                ('a/b.log', {'volume': 'vol3'}, b'elsewhere')]:
            file = io.BytesIO()
            self.assertEqual(self.get(self.download(name, file, **kwargs)),
                             len(expected))
            self.assertEqual(file.getvalue(), expected)

    def test_even(self) -> None:
        """Empty files, and files of whole chunks, are complete."""
        for size in (0, 1024, 2048):
            self.hub.put_out(TASK, f'{size}.log', bytes(size))
            self.assertEqual(self.get(self.download(f'{size}.log')), size)
            self.assertEqual(len(self.here()), size)

    def test_lost(self) -> None:
        """A chunk that is lost is requested again."""
        self.koji = self.hub.connection(max_retries=5, retry_interval=1)
        self.hub.misbehave('truncated', method='downloadTaskOutput', times=3)
        waiting = self.download()
        self.hub.clock.pump([1] * 10)
        self.assertEqual(self.get(waiting), 2548)
        self.assertEqual(self.here(), self.data)

    def test_failing(self) -> None:
        """A failed download leaves the old file as it was."""
        with open(self.path, 'wb') as file:
            file.write(b'old')
        self.hub.misbehave('dropped-after', method='downloadTaskOutput')
        self.fail_of(self.download(), ConnectionFailed)
        self.hub.behave()
        for answer, kind in [('', DownloadError), ('!', AnswerError),
                             (5, AnswerError), ('QUJD' * 1000, AnswerError)]:
            self.hub.respond('downloadTaskOutput', answer)
            self.fail_of(self.download(), kind)
        self.hub.forget('downloadTaskOutput')
        self.fail_of(self.download('none'), GenericError)
        self.fail_of(self.koji.download_task_output(1, 'x', self.path),
                     GenericError)
        self.assertEqual(self.here(), b'old')
        self.assertEqual(os.listdir(self.folder), ['x.log'])

    def test_cancel(self) -> None:
        """A canceled download leaves no file."""
        self.hub.misbehave('slow', method='downloadTaskOutput')
        waiting = self.download()
        self.assertNoResult(waiting)
        waiting.cancel()
        self.failureResultOf(waiting)
        self.assertEqual(os.listdir(self.folder), [])
        self.assertEqual(self.koji.stats.in_flight, 0)

    def test_places(self) -> None:
        """If the destination is not usable, nothing is requested."""
        self.fail_of(self.download(destination=self.folder),
                     IsADirectoryError)
        self.fail_of(self.download(destination=self.path + '/none/x'),
                     FileNotFoundError)
        self.assertEqual(self.hub.calls, [])

    def test_full(self) -> None:
        """An error of the destination fails the download."""
        class Full(io.BytesIO):
            def write(self, data: Any) -> int:
                raise OSError(28, 'No space left on device')

        self.fail_of(self.download(destination=Full()), OSError)
