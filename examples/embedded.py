"""
The connection of the examples.

With ``--profile NAME`` it is one to your own hub, otherwise to a hub that is
embedded in the example, with sample data.
"""
import argparse

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.task import deferLater, react

from txkoji import Connection
from txkoji.exceptions import ConfigurationError
from txkoji.testing import FakeHub


def run(main, description, flags=(), user='alice', prepare=None, **defaults):
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
    for name, text in dict(flags).items():
        parser.add_argument(name, help=text)
    options = parser.parse_args()
    koji = None
    if options.profile:
        try:
            koji = Connection(options.profile)
        except ConfigurationError as error:
            parser.error(str(error))

    async def connected(reactor, koji=koji):
        # Control-C is handled when the reactor runs.
        await deferLater(reactor, 0)
        hub = FakeHub(reactor=reactor)
        if koji is None:
            koji = hub.connection(user=user, poll_interval=0.3)
            if prepare is not None:
                prepare(hub)
        try:
            await main(koji, options)
        finally:
            await koji.close()

    def start(reactor):
        running = Deferred.fromCoroutine(connected(reactor))
        # Control-C stops the reactor: cancel the example, and let it clean up.
        reactor.addSystemEventTrigger('before', 'shutdown', cancel, running)
        return running.addErrback(lambda failure: failure.trap(CancelledError))

    react(start)


def cancel(running):
    """Cancel what is running; gives a Deferred that fires at the end of it."""
    ended = Deferred()
    running.addBoth(ended.callback)
    running.cancel()
    return ended
