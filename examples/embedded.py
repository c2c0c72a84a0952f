"""
The connection of the examples.

With ``--profile NAME`` it is one to your own hub, otherwise to a hub that is
embedded in the example, with sample data.
"""
from __future__ import annotations

import argparse
from collections.abc import Callable, Coroutine, Mapping
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from txkoji import Connection
from txkoji.exceptions import ConfigurationError
from txkoji.testing import FakeHub


def run(main: Callable[[Connection, argparse.Namespace],
                       Coroutine[Deferred[Any], Any, None]],
        description: str | None, flags: Mapping[str, str] | None = None,
        user: str = 'alice', prepare: Callable[[FakeHub], None] | None = None,
        **defaults: str | None) -> None:
    """
    Run an example, and end the process when it is done.

    :param main: a coroutine function that takes a Connection and options.
    :param description: what it does, for ``--help``.
    :param user: who logs in to the embedded hub.
    :param prepare: is called with the embedded hub, to put more into it.
    :param flags: its options that take a value, each with a help text.
    :param defaults: its arguments, each with the one for the embedded hub.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument('--profile', help="a profile in Koji's configuration"
                        ' (default: the embedded hub)')
    for name, default in defaults.items():
        parser.add_argument(name, nargs='?', default=default)
    for name, text in (flags or {}).items():
        parser.add_argument(name, help=text)
    options = parser.parse_args()
    given: Connection | None = None
    if options.profile:
        try:
            given = Connection(options.profile)
        except ConfigurationError as error:
            parser.error(str(error))

    async def connected(reactor: Any) -> None:
        hub = FakeHub(reactor=reactor)
        koji = given
        if koji is None:
            koji = hub.connection(user=user, poll_interval=0.3)
            if prepare is not None:
                prepare(hub)
        try:
            await main(koji, options)
        finally:
            await koji.close()

    react(lambda reactor: Deferred.fromCoroutine(connected(reactor)))
