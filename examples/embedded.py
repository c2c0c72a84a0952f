"""
The parts that all examples share: the command line, and the connection.

With ``--profile NAME`` the connection goes to your own hub, otherwise to a hub
that is embedded in the example, with sample data.
"""
from __future__ import annotations

import argparse
import asyncio
import os
import shutil
import sys
import tempfile
import textwrap
from collections.abc import Awaitable, Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from twisted.internet.defer import CancelledError, Deferred, FirstError
from twisted.internet.error import (
    CannotListenError,
    ConnectError,
    ConnectingCancelledError,
)
from twisted.internet.task import deferLater, react
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)
from twisted.web.client import ResponseFailed

from txkoji import Connection
from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub

#: The exit status of a program that Ctrl-C has ended: 128 and the signal.
INTERRUPTED = 130

#: The exceptions of a program that Ctrl-C has ended.
CANCELED = (CancelledError, ConnectingCancelledError, KeyboardInterrupt,
            asyncio.CancelledError)

Example = Callable[[Connection, argparse.Namespace], Awaitable[None]]
Prepare = Callable[[FakeHub], None]


def run(example: Example, description: str | None, *, user: str = 'alice',
        prepare: Prepare | None = None,
        arguments: Mapping[str, tuple[Any, str]] = {},
        flags: Mapping[str, str] = {},
        switches: Mapping[str, str] = {}) -> None:
    """
    Run an example, and end the process as `plainly` does.

    The connection is closed in each case.

    :param example: a coroutine function that takes a Connection and the
                    options of the command line.
    :param description: the text for ``--help``.
    :param user: the user who logs in to the embedded hub.
    :param prepare: adds something to the embedded hub.
    :param arguments: see `parse`, as for the others.
    """
    options = parse(description, arguments, flags, switches)

    async def guarded(reactor: Any) -> None:
        with plainly():
            # Begin when the reactor runs, and handles Ctrl-C.
            await deferLater(reactor, 0)
            async with connect(options, user, prepare) as koji:
                await example(koji, options)

    def main(reactor: Any) -> Deferred[None]:
        ended: Deferred[None] = Deferred()

        def stop() -> Deferred[None]:
            running.cancel()
            return ended

        def end(result: Any) -> Any:
            ended.callback(None)
            return result

        running = Deferred.fromCoroutine(guarded(reactor))
        running.addBoth(end)
        reactor.addSystemEventTrigger('before', 'shutdown', stop)
        return running

    if sys.stderr is not None:
        # Retries during an outage are warnings.
        globalLogBeginner.beginLoggingTo([FilteringLogObserver(
            textFileLogObserver(sys.stderr),
            [LogLevelFilterPredicate(LogLevel.warn)])],
            redirectStandardIO=False)
    with plainly():
        react(main)


@contextmanager
def plainly() -> Iterator[None]:
    """
    End the process without a traceback.

    An error of Koji, of the network, of a file or of an argument ends the
    process with status 1 and one line on stderr, as ``sys.exit(text)`` in an
    example does. Ctrl-C and a closed pipe end it without a word.
    """
    try:
        try:
            yield
        finally:
            # Also if the example ends by sys.exit().
            print(end='', flush=True)
    except BrokenPipeError:
        # At its exit, Python flushes the rest to nobody.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(1)
    except FirstError as error:
        # gatherResults() wraps the error of one of its Deferreds.
        sys.exit(INTERRUPTED if error.subFailure.check(*CANCELED)
                 else one_line(error.subFailure.getErrorMessage()))
    except CANCELED:
        sys.exit(INTERRUPTED)
    except (KojiException, OSError, ValueError, CannotListenError,
            ConnectError, ResponseFailed) as error:
        sys.exit(one_line(f'{error}'))


def one_line(text: str) -> str:
    """Fold a text into a line."""
    return ' '.join(text.split())


def connect(options: argparse.Namespace, user: str = 'alice',
            prepare: Prepare | None = None) -> Connection:
    """Make a connection: to the hub of a profile, or to the embedded hub."""
    if options.profile:
        return Connection(options.profile)
    hub = FakeHub()
    koji = hub.connection(user=user, poll_interval=0.3)
    hub.publish_to(koji.events)
    if prepare is not None:
        prepare(hub)
    return koji


def source_package() -> str:
    """Make up a source package for the embedded hub; get its path."""
    path = os.path.join(tempfile.mkdtemp(), 'hello-1.0-1.fc44.src.rpm')
    with open(path, 'wb') as file:
        file.write(b'no real package\n' * 1000)
    return path


def parse(description: str | None,
          arguments: Mapping[str, tuple[Any, str]] = {},
          flags: Mapping[str, str] = {},
          switches: Mapping[str, str] = {}) -> argparse.Namespace:
    """
    Read the command line.

    :param arguments: the positional arguments: for each name, the default for
                      the embedded hub, and a help text. If the default is an
                      int, the value is one, too.
    :param flags: the options with a value: for each name, a help text.
    :param switches: the options without a value.
    """
    parser = argparse.ArgumentParser(
        description=fitted(description or ''),
        formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('--profile', help="a profile in Koji's configuration"
                        ' (default: the embedded hub)')
    for name, (default, text) in arguments.items():
        kind = int if isinstance(default, int) else str
        if default is not None:
            text += ' (default: %(default)s)'
        parser.add_argument(name, nargs='?', default=default, help=text,
                            type=kind)
    for name, text in flags.items():
        parser.add_argument(name, help=text)
    for name, text in switches.items():
        parser.add_argument(name, help=text, action='store_true')
    return parser.parse_args()


def fitted(text: str) -> str:
    """Fold the paragraphs that are too wide for the terminal."""
    width = max(20, shutil.get_terminal_size().columns - 2)
    return '\n\n'.join(
        textwrap.fill(paragraph, width)
        if max(map(len, paragraph.split('\n'))) > width else paragraph
        for paragraph in text.strip('\n').split('\n\n'))


class NoProgress:
    """The absence of a progress bar: where rich, or a terminal, is missing."""

    def __enter__(self) -> NoProgress:
        return self

    def __exit__(self, *error: object) -> None:
        """There is nothing to remove."""

    def add_task(self, description: str, total: float | None = None) -> int:
        """Begin a bar, and get its number."""
        return 0

    def update(self, task: int, **fields: Any) -> None:
        """Move a bar."""


def progress() -> Any:
    """
    Make progress bars on stderr, with rich.

    They are gone when the ``with`` block ends.

    :returns: a ``rich.progress.Progress``, or a `NoProgress` if rich is not
              installed, or if stderr is no terminal.
    """
    if sys.stderr is None or not sys.stderr.isatty():
        return NoProgress()
    try:
        from rich.console import Console
        from rich.progress import (
            BarColumn,
            DownloadColumn,
            Progress,
            SpinnerColumn,
            TextColumn,
            TimeElapsedColumn,
        )
    except ImportError:
        return NoProgress()
    return Progress(
        SpinnerColumn(), TextColumn('{task.description}'), BarColumn(None),
        DownloadColumn(), TimeElapsedColumn(), transient=True, expand=True,
        console=Console(stderr=True))
