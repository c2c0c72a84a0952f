"""`BaseDownload`: the position, the end and the progress of a download."""
from __future__ import annotations

from abc import ABC, abstractmethod
from typing import Any

from txkoji.exceptions import DownloadError
from txkoji.files.destinations import Destination, save
from txkoji.progress import ByteListener


class BaseDownload(ABC):
    """
    A download of a file, from an offset to the end.

    :param reactor: the reactor, whose threads write the destination.
    :param name: the name of the file, for the texts of errors.
    :param offset: the first byte to download.
    :param progress: a function to report progress to.

    :ivar offset: the next byte to download.
    :ivar total: bytes of the whole file; None if unknown.
    """

    def __init__(self, reactor: Any, name: str, offset: int,
                 progress: ByteListener) -> None:
        self.offset = offset
        self.total: int | None = None
        self._reactor = reactor
        self._name = name
        self._start = offset
        self._progress = progress

    async def run(self, destination: Destination) -> int:
        """
        Download the file into its destination.

        :returns: the number of downloaded bytes.
        :raises ValueError: if the first byte is below 0.
        """
        if self._start < 0:
            raise ValueError(f'offset must be at least 0, not {self._start}')
        await save(self._reactor, destination, self.fetch)
        return self.offset - self._start

    @abstractmethod
    async def fetch(self, output: Any) -> None:
        """
        Download the file into an open file.

        When this ends, also by a failure or a cancellation, the open file is
        no longer used.
        """

    def report(self) -> None:
        """Report the progress."""
        self._progress(
            self.offset - self._start,
            None if self.total is None else self.total - self._start)

    def past_end(self) -> DownloadError:
        """Make the error of an offset behind the end of the file."""
        return DownloadError(f'{self._name} has no byte {self.offset}')

    def check_complete(self) -> None:
        """
        Check that the last byte has arrived, if the total is known.

        :raises DownloadError: if the file is shorter or longer than the total.
        """
        if self.total not in (None, self.offset):
            raise DownloadError(f'{self._name} ended after {self.offset} of'
                                f' {self.total} bytes')
