"""Serve a FakeHub on a port of this machine: ``python -m txkoji.testing``."""
from __future__ import annotations

import argparse
import os
import tempfile
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.task import LoopingCall, react

from txkoji.testing import FakeHub

#: The profile to reach the hub by.
PROFILE = '''\
[{name}]
server = {url}
weburl = {web}
topurl = {top}
'''

#: The lines of the profile for a hub over TLS.
CERTIFIED = '''\
serverca = {ca}
authtype = ssl
cert = {cert}
# Or, in place of the last two lines, with a password:
# authtype = password
# user = {user}
# password = {password}
# Others: {others}
'''

#: Users who get certificates, and the password of all of them.
USERS = ('alice', 'bob', 'kojiadmin', 'kojira', 'releng')
PASSWORD = 'fakehub'

#: Seconds between two savings of the state.
SAVING = 5


async def serve(reactor: Any, options: argparse.Namespace) -> None:
    """Serve until the process ends, and print the profile to use."""
    hub = _hub(reactor, options)
    tls, certified = None, ''
    if options.tls:
        tls, certified = _certify(hub, options)
    if options.builders:
        hub.builders.start(duration=options.duration)
    url = await hub.listen(options.port, tls=tls, reactor=reactor)
    print(PROFILE.format(name=options.profile, url=url,
                         web=url.replace('/kojihub', '/koji'),
                         top=url.replace('/kojihub', '/kojifiles'))
          + certified, flush=True)
    ended: Deferred[None] = Deferred()
    if options.state:
        saving = LoopingCall(hub.save, options.state)
        saving.clock = reactor
        saving.start(SAVING)
        reactor.addSystemEventTrigger('before', 'shutdown', hub.save,
                                      options.state)
    reactor.addSystemEventTrigger('before', 'shutdown', hub.stop)
    await ended


def _hub(reactor: Any, options: argparse.Namespace) -> FakeHub:
    if options.state and os.path.exists(options.state):
        return FakeHub.load(options.state, reactor=reactor,
                            folder=options.folder)
    return FakeHub(reactor=reactor, folder=options.folder)


def _certify(hub: FakeHub, options: argparse.Namespace) -> tuple[Any, str]:
    """Make certificates; what to listen with, and the end of a profile."""
    from txkoji.testing.certificates import Authority
    folder = options.certificates or (
        f'{options.state}.certificates' if options.state
        else tempfile.mkdtemp(prefix='fakehub-'))
    authority = Authority(os.path.abspath(folder))
    for user in USERS:
        authority.issue(user)
        hub.sessions.passwords[user] = PASSWORD
    return authority.options(), CERTIFIED.format(
        ca=authority.path, cert=authority.issue(USERS[0]), user=USERS[0],
        password=PASSWORD, others=', '.join(map(authority.issue, USERS[1:])))


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
    parser.add_argument('--tls', action='store_true',
                        help='serve it over https, and make certificates for'
                             ' users to log in with')
    parser.add_argument('--certificates', metavar='FOLDER',
                        help='where to keep these (default: beside the state,'
                             ' or a new folder)')
    parser.add_argument('--builders', action='store_true',
                        help='let builders open tasks and end them')
    parser.add_argument('--duration', type=float, default=20,
                        metavar='SECONDS',
                        help='how long these build (default: %(default)s)')
    parser.add_argument('--state', metavar='FILE',
                        help='keep what it knows in a file between runs')
    options = parser.parse_args(arguments)
    react(lambda reactor: Deferred.fromCoroutine(serve(reactor, options)))


if __name__ == '__main__':
    main()
