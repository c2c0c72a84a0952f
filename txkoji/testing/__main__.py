"""
Serve a FakeHub on a port of this machine: ``python -m txkoji.testing``.
"""
from __future__ import annotations

import argparse
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import react

from txkoji.testing import FakeHub

PROFILE = '''\
[{name}]
server = {url}
weburl = {web}
topurl = {top}
'''


async def serve(reactor: Any, options: argparse.Namespace) -> None:
    """Serve until the process ends, and print the profile to use."""
    hub = FakeHub(reactor=reactor, folder=options.folder)
    url = await hub.listen(options.port, reactor=reactor)
    print(PROFILE.format(name=options.profile, url=url,
                         web=url.replace('/kojihub', '/koji'),
                         top=url.replace('/kojihub', '/kojifiles')),
          flush=True)
    ended: Deferred[None] = Deferred()
    reactor.addSystemEventTrigger('before', 'shutdown', hub.stop)
    await ended


def main(arguments: list[str] | None = None) -> None:
    """Read the command line, and serve."""
    parser = argparse.ArgumentParser(
        prog='python -m txkoji.testing',
        description='Serve a Koji hub with sample data on this machine, and'
                    ' print the profile to reach it by, for a file in'
                    ' ~/.koji/config.d/.')
    parser.add_argument('--port', type=int, default=0, metavar='PORT',
                        choices=range(65536),
                        help='the port (default: any that is free)')
    parser.add_argument('--profile', default='fakehub',
                        help='the name in the profile (default: %(default)s)')
    parser.add_argument('--folder',
                        help='where to keep its files (default: in memory)')
    options = parser.parse_args(arguments)
    react(lambda reactor: Deferred.fromCoroutine(serve(reactor, options)))


if __name__ == '__main__':
    main()
