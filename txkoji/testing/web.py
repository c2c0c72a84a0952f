"""
HTTP for a FakeHub: what it is asked and answers as a Twisted Web resource,
and an agent that asks it over memory.
"""
from __future__ import annotations

from typing import TYPE_CHECKING, Any, List

from munch import unmunchify
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.internet.task import deferLater
from twisted.python.failure import Failure
from twisted.web.iweb import IAgent
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request
from zope.interface import implementer

from txkoji.exceptions import AnswerError
from txkoji.hub.xmlrpc import decode_call

if TYPE_CHECKING:
    from txkoji.testing.hub import FakeHub

#: What a hub takes: bytes of one request (kojihub's ``MaxRequestLength``).
MAX_REQUEST = 4194304


class HubResource(Resource):
    """What is served under ``/kojihub``."""

    isLeaf = True

    def __init__(self, hub: FakeHub) -> None:
        Resource.__init__(self)
        self._hub = hub

    def render(self, request: Any) -> Any:
        request.setHeader(b'Koji-Version', b'1.35.3')
        if request.method != b'POST':
            request.setHeader(b'Allow', b'POST')
            return _refuse(request, 405,
                           'Method Not Allowed\nThis is an XML-RPC server.'
                           ' Only POST requests are accepted.\n')
        body = request.content.read()
        if not body:
            return _refuse(request, 400, 'Invalid request: Empty request\n')
        if len(body) > MAX_REQUEST:
            return _refuse(request, 400,
                           'Invalid request: Request too long\n')
        try:
            method, params = decode_call(body)
            params = unmunchify(params)
        except AnswerError as error:
            why = error.__context__ or error
            return _refuse(request, 400, f'Invalid request: {why}\n')
        served = Deferred.fromCoroutine(self._serve(request, method, params))
        if not served.called:
            served.addBoth(self._late)
            gone = request.notifyFinish()
            gone.addErrback(lambda reason: served.cancel())
        return NOT_DONE_YET

    def _late(self, result: Any) -> None:
        self._hub.flush()

    async def _serve(self, request: Any, method: str, params: List[Any]
                     ) -> None:
        hub = self._hub
        slow = hub.trouble('slow', method)
        if slow:
            await deferLater(hub.clock, slow.seconds, lambda: None)
        if hub.trouble('dropped-before', method):
            request.transport.abortConnection()
            return
        body = await hub.answer(method, params)
        if hub.trouble('dropped-after', method):
            request.transport.abortConnection()
            return
        garbage = hub.trouble('garbage', method)
        if garbage:
            body = garbage.data
        request.setHeader(b'Content-Type', b'text/xml')
        request.setHeader(b'Content-Length', b'%d' % len(body))
        if hub.trouble('truncated', method):
            request.write(body[:len(body) // 2])
            request.transport.loseConnection()
            return
        request.write(body)
        request.finish()


@implementer(IAgent)
class MemoryAgent:
    """A real Agent, a real Site, and memory between them."""

    def __init__(self, resource: Resource) -> None:
        self._agent = RequestTraversalAgent(resource)

    def request(self, method: bytes, uri: bytes, headers: Any = None,
                bodyProducer: Any = None) -> Any:
        response = self._agent.request(method, uri, headers, bodyProducer)
        self._agent.flush()
        # So that the hub sees it, too, when a request is cancelled.
        return response.addErrback(self._failed)

    def _failed(self, failure: Failure) -> Failure:
        self._agent.flush()
        return failure

    def flush(self) -> None:
        self._agent.flush()


def _refuse(request: Request, status: int, text: str) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b'Content-Type', b'text/plain')
    return text.encode()
