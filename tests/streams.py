"""
A hub that streams any number of builds, and a program that reads them.

The program tells how much memory that took.
"""
from __future__ import annotations

import resource
import sys
from typing import Any

from twisted.internet.defer import Deferred
from twisted.internet.interfaces import IPushProducer
from twisted.internet.task import react
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Site
from zope.interface import implementer

from txkoji import Connection, Profile
from txkoji.hub.codec.xmlrpc import encode_answer

#: Bytes that it writes at once.
CHUNK = 65536


@implementer(IPushProducer)
class Stream:
    """
    An answer, written as fast as it is read.

    :ivar first: the id of the first build.
    :ivar written: how many builds so far.
    :ivar going: whether the other side reads on.
    :ivar lost: fires when the connection is lost.
    """

    def __init__(self, request: Any, count: int, break_after: int | None,
                 reactor: Any) -> None:
        self._request = request
        self._count = count
        self._break_after = break_after
        self._reactor = reactor
        self.going = True
        self._ended = False
        self._timer: Any = None
        self.first = self.written = 0
        self.lost: Deferred[Any] = Deferred()
        self._head, self._tail = encode_answer(['?']).split(
            b'<value><string>?</string></value>\n')
        self._build = encode_answer(BUILD).split(b'<param>\n')[1].split(
            b'</param>')[0]

    def begin(self) -> None:
        """Send the first bytes."""
        self._request.notifyFinish().addBoth(self._lost)
        self._request.registerProducer(self, True)
        self._request.write(self._head)
        self._go_on()

    def pauseProducing(self) -> None:
        """Pause sending."""
        self.going = False

    def resumeProducing(self) -> None:
        """Resume sending."""
        self.going = True
        if self._timer is None:
            self._go_on()

    def stopProducing(self) -> None:
        """Stop sending."""
        self.going = False

    def _lost(self, result: Any) -> None:
        self._ended = True
        self.lost.callback(None)

    def _go_on(self) -> None:
        self._timer = None
        if self._ended or not self.going:
            return
        if self.written == self._break_after:
            self._request.transport.abortConnection()
            return
        many = min(CHUNK // len(self._build), self._count - self.written)
        if self._break_after is not None:
            many = min(many, self._break_after - self.written)
        self._request.write(b''.join(
            self._build.replace(b'4711', b'%d' % (self.first + number))
            for number in range(self.written, self.written + many)))
        self.written += many
        if self.written == self._count:
            self._request.write(self._tail)
            self._request.unregisterProducer()
            self._request.finish()
        else:
            self._timer = self._reactor.callLater(0, self._go_on)


#: What the hub says of a build in a tag; each number 4711 is replaced.
BUILD = {
    'build_id': 4711, 'completion_time': '2026-11-12 14:18:03.938854+00:00',
    'create_event': 4711, 'creation_event_id': 90422,
    'creation_time': '2026-11-12 12:38:41.692308+00:00', 'draft': False,
    'epoch': None, 'id': 4711, 'name': 'package-4711',
    'nvr': 'package-4711-4711-1.fc43', 'owner_id': 12, 'owner_name': 'releng',
    'package_id': 4711, 'package_name': 'package-4711', 'promoter_id': None,
    'promoter_name': None, 'promotion_time': None, 'release': '1.fc43',
    'start_time': '2026-11-12 12:38:41.692308+00:00', 'state': 1,
    'tag_id': 55, 'tag_name': 'f43-updates', 'task_id': 4711,
    'version': '4711',
    'volume_id': 0, 'volume_name': 'DEFAULT'}


class StreamingHub(Resource):
    """
    Streams builds to whoever asks for whatever.

    :param count: how many.
    :param break_after: after how many the connection breaks.
    :ivar streams: the answers.
    """

    isLeaf = True

    def __init__(self, reactor: Any, count: int,
                 break_after: int | None = None) -> None:
        Resource.__init__(self)
        self._reactor = reactor
        self._count = count
        self._break_after = break_after
        self.streams: list[Stream] = []

    def render_POST(self, request: Any) -> int:
        """Answer a call."""
        stream = Stream(request, self._count, self._break_after,
                        self._reactor)
        stream.first = self.first_of(request.content.read())
        self.streams.append(stream)
        stream.begin()
        return NOT_DONE_YET

    def first_of(self, body: bytes) -> int:
        """Find the id of the first build to stream, by the call."""
        return 0


async def measure(reactor: Any) -> None:
    """Go through a number of builds; print that, and the memory's peak."""
    hub = StreamingHub(reactor, int(sys.argv[1]))
    port = reactor.listenTCP(0, Site(hub, reactor=reactor),
                             interface='127.0.0.1')
    koji = Connection(Profile(
        'p', server=f'http://127.0.0.1:{port.getHost().port}/kojihub'))
    total = 0
    async for build in koji.iterate('listTagged', 'f43'):
        assert build.id == total
        total += 1
    await koji.close()
    await port.stopListening()
    print(total, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)


if __name__ == '__main__':
    react(lambda reactor: Deferred.fromCoroutine(measure(reactor)))
