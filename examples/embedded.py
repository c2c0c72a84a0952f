"""
The parts that all examples share: the command line, and the connection.

With ``--profile NAME`` the connection goes to your own hub, otherwise to a hub
that is embedded in the example, with sample data.
"""
from __future__ import annotations

import argparse
import os
import shutil
import sys
import textwrap
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater, react
from twisted.logger import (
    FilteringLogObserver,
    LogLevel,
    LogLevelFilterPredicate,
    globalLogBeginner,
    textFileLogObserver,
)

from txkoji import Connection
from txkoji.exceptions import KojiException
from txkoji.testing import FakeHub

#: The exit status of a program that Ctrl-C has ended: 128 and the signal.
INTERRUPTED = 130

Example = Callable[[Connection, argparse.Namespace], Awaitable[None]]


def run(example: Example, description: str | None, *, user: str = 'alice',
        prepare: Callable[[FakeHub], None] | None = None,
        arguments: Mapping[str, tuple[Any, str]] = {},
        flags: Mapping[str, str] = {}) -> None:
    """
    Run an example, and end the process.

    An error of Koji ends the process with status 1 and one line on stderr, as
    ``sys.exit(text)`` in an example does. Ctrl-C and a closed pipe end it
    without a word. The connection is closed in each case.

    :param example: a coroutine function that takes a Connection and the
                    options of the command line.
    :param description: the text for ``--help``.
    :param user: the user who logs in to the embedded hub.
    :param prepare: adds something to the embedded hub.
    :param arguments: the positional arguments: for each name, the default for
                      the embedded hub, and a help text. If the default is an
                      int, the value is one, too.
    :param flags: the options: for each name, a help text.
    """
    options = parse(description, arguments, flags)

    async def guarded(reactor: Any) -> None:
        try:
            # Begin when the reactor runs, and handles Ctrl-C.
            await deferLater(reactor, 0)
            await connected(reactor, options, example, user, prepare)
            print(end='', flush=True)
        except CancelledError:
            sys.exit(INTERRUPTED)
        except BrokenPipeError:
            # At its exit, Python flushes the rest to nobody.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(1)
        except (KojiException, OSError) as error:
            sys.exit(' '.join(f'{error}'.split()))

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
    try:
        react(main)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)


async def connected(
        reactor: Any, options: argparse.Namespace, example: Example,
        user: str, prepare: Callable[[FakeHub], None] | None) -> None:
    """Call an example with a connection, and close the connection."""
    if options.profile:
        koji = Connection(options.profile)
    else:
        hub = FakeHub(reactor=reactor)
        koji = hub.connection(user=user, poll_interval=0.3)
        if prepare is not None:
            prepare(hub)
    async with koji:
        await example(koji, options)


def parse(description: str | None,
          arguments: Mapping[str, tuple[Any, str]],
          flags: Mapping[str, str]) -> argparse.Namespace:
    """Read the command line."""
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
