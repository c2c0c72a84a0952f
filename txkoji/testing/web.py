"""HTTP for a FakeHub, as a resource of Twisted Web."""
from __future__ import annotations

import re
from typing import Any

from cryptography.x509.oid import NameOID
from munch import unmunchify
from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.interfaces import ISSLTransport
from twisted.python.failure import Failure
from twisted.web import http
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request

from txkoji.exceptions import AnswerError
from txkoji.hub.codec.xmlrpc import decode_call, split_arguments
from txkoji.hub.reads import is_read
from txkoji.testing.served import Served
from txkoji.testing.sessions import ClientIdentity

#: What a hub takes: bytes of one request (kojihub's ``MaxRequestLength``).
MAX_REQUEST = 4194304

#: A call that names no method.
NAMELESS = re.compile(rb'<methodName>\s*</methodName>|<methodName\s*/>')

#: Versions whose answers do not tell it.
OLD = tuple(f'1.{minor}.' for minor in range(35))

#: Versions that look for callnums under another name than clients send.
DEAF = tuple(f'1.{minor}.' for minor in range(31, 36))


class HubResource(Resource):
    """
    What is served under ``/kojihub``.

    :param user: who is taken to show a certificate; None for whoever does.
    """

    #: All paths below are requests to the hub.
    isLeaf = True

    def __init__(self, hub: Served, user: str | None = None) -> None:
        Resource.__init__(self)
        self._hub = hub
        self._user = user

    def render(self, request: Any) -> Any:
        """Answer a request."""
        if not self._hub.version.startswith(OLD):
            request.setHeader(b'Koji-Version', self._hub.version.encode())
        if request.method != b'POST':
            request.setHeader(b'Allow', b'POST')
            return _refuse(request, 405,
                           'Method Not Allowed\nThis is an XML-RPC server.'
                           ' Only POST requests are accepted.\n')
        body = request.content.read()
        data: bytes | None = None
        if (self._hub.takes_files and request.getHeader('Content-Type')
                == 'application/octet-stream'):
            # Of any length, and also empty.
            method, data = 'upload', body
            params: list[Any] = [{
                name.decode(): values[0].decode() for name, values in
                http.parse_qs(request.uri.partition(b'?')[2]).items()}]
        elif not body:
            return _refuse(request, 400, 'Invalid request: Empty request\n')
        elif len(body) > MAX_REQUEST:
            return _refuse(request, 400,
                           'Invalid request: Request too long\n')
        else:
            try:
                method, params = decode_call(body)
                params = unmunchify(params)
            except AnswerError as error:
                if NAMELESS.search(body):
                    method, params = '', []
                    return self._begin(request, method, params, None)
                why = error.__context__ or error
                return _refuse(request, 400, f'Invalid request: {why}\n')
        return self._begin(request, method, params, data)

    def _begin(self, request: Any, method: str, params: list[Any],
               data: bytes | None) -> Any:
        """Carry out a request."""
        served = Deferred.fromCoroutine(
            self._serve(request, method, params, data))
        if not served.called:
            self._hub.serving.add(served)
            served.addBoth(self._late, served)
            if is_read(method, *split_arguments(params)):
                # A hub carries out a write even if nobody waits for it.
                request.notifyFinish().addErrback(lambda _: served.cancel())
        return NOT_DONE_YET

    def _late(self, result: Any, served: Deferred[None]) -> Any:
        self._hub.serving.discard(served)
        if isinstance(result, Failure):
            result.trap(CancelledError)

    def _peer(self, request: Any) -> ClientIdentity:
        """Who it is, and the session that the request names."""
        headers = {}
        known = [('callnum', 'Koji-Callnum'), ('id', 'Koji-Session-Id'),
                 ('key', 'Koji-Session-Key')]
        if not self._hub.version.startswith(DEAF):
            known.append(('callnum', 'Koji-Session-Callnum'))
        for name, header in known:
            text = request.getHeader(header)
            if text is not None:
                headers[name] = text
        remote_user = certified = None
        if request.path.endswith(b'/ssllogin'):
            # Elsewhere the front servers of hubs do not ask.
            certified = self._user or _certified(request.transport)
            if self._hub.front:
                remote_user = request.getHeader('Remote-User') or None
                if request.getHeader('SSL-Client-Verify') == 'SUCCESS':
                    certified = request.getHeader('SSL-Client-S-DN-CN')
        query = request.uri.partition(b'?')[2].decode('ascii')
        return ClientIdentity(request.getClientAddress().host, remote_user,
                              certified, headers, query)

    async def _serve(self, request: Any, method: str, params: list[Any],
                     data: bytes | None) -> None:
        hub = self._hub
        gone: list[Any] = []
        request.notifyFinish().addErrback(gone.append)
        if hub.trouble('dropped-before', method):
            request.transport.abortConnection()
            return
        body = await hub.answer(method, params, self._peer(request), data)
        if gone:
            return
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


def _certified(transport: Any) -> str | None:
    """Get the common name in the certificate that a client showed."""
    if not ISSLTransport.providedBy(transport) or not hasattr(
            transport, 'getPeerCertificate'):
        return None
    shown: Any = transport.getPeerCertificate()
    if shown is None:
        return None
    [name] = shown.to_cryptography().subject.get_attributes_for_oid(
        NameOID.COMMON_NAME)
    return str(name.value)


def _refuse(request: Request, status: int, text: str) -> bytes:
    request.setResponseCode(status)
    request.setHeader(b'Content-Type', b'text/plain')
    return text.encode()
