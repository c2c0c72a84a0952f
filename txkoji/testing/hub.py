"""
`FakeHub`: a Koji hub within a Twisted process.
"""
from __future__ import annotations

import inspect
import os
import traceback
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple

from munch import unmunchify
from treq.testing import RequestTraversalAgent
from twisted.internet.defer import Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock, deferLater
from twisted.logger import Logger
from twisted.protocols.policies import WrappingFactory
from twisted.python.failure import Failure
from twisted.web.iweb import IAgent
from twisted.web.resource import Resource
from twisted.web.server import NOT_DONE_YET, Request, Site
from zope.interface import implementer

from txkoji.connection import Connection
from txkoji.exceptions import AnswerError, GenericError, KojiException
from txkoji.hub.profile import Profile
from txkoji.hub.xmlrpc import (decode_call, encode_answer, encode_fault,
                               split_arguments)
from txkoji.testing.methods import RootExports, call
from txkoji.testing.tables import SAMPLE, Tables

#: When the sample was recorded, in seconds since 1970.
RECORDED = 1795331086.0

#: What a hub takes: bytes of one request (kojihub's ``MaxRequestLength``).
MAX_REQUEST = 4194304

#: What `FakeHub.misbehave` knows.
TROUBLES = ('offline', 'slow', 'dropped-before', 'dropped-after',
            'truncated', 'garbage')


class FakeHub:
    """
    A Koji hub for tests. It answers as a hub does, from tables that hold a
    sample of a real one; it can be taught other answers; and it writes down
    what it was asked::

        hub = FakeHub()
        koji = hub.connection()
        build = self.successResultOf(koji.getBuild(5356))
        self.assertEqual(hub.calls, [('getBuild', (5356,), {})])

    :param sample: whether it knows the sample, or nothing.
    :param reactor: its clock; None for a `Clock` of its own, which stands
                    still until a test moves it.

    :ivar tables: what it knows; a test may change the rows.
    :ivar calls: what it was asked, as (method, args, kwargs), each call of a
                 multicall as one, after the ``system.multicall`` itself.
    :ivar requests: how many requests it got.
    :ivar clock: its reactor.
    :ivar resource: its Twisted Web resource, to serve it in another way than
                    `listen` does.
    """

    _log = Logger()

    def __init__(self, *, sample: bool = True, reactor: Any = None) -> None:
        self.clock = Clock() if reactor is None else reactor
        self._started = self.clock.seconds()
        self.tables = Tables(sample)
        self.calls: List[Tuple[str, Tuple[Any, ...], Dict[str, Any]]] = []
        self.requests = 0
        self.resource = Resource()
        self.resource.putChild(b'kojihub', _Hub(self))
        self._own = RootExports(self.tables, self.now, self._perform)
        self._taught: Dict[str, Callable[..., Any]] = {
            'system.multicall': self._multicall,
            'multiCall': self._multicall,
            'system.listMethods': lambda: sorted(known_methods()),
        }
        self._troubles: List[_Trouble] = []
        self._agents: List[_MemoryAgent] = []
        self._ports: List[Tuple[Any, Any, WrappingFactory]] = []

    def now(self) -> float:
        """Its time, in seconds since 1970: that of the recording, and on."""
        return RECORDED + self.clock.seconds() - self._started

    # To be reached

    def connection(self, **kwargs: Any) -> Connection:
        """
        Give a Connection to it that goes over memory: without sockets, and
        without waiting. Its time limits go by `clock`.

        :param kwargs: for the Connection, and settings of its profile.
        """
        settings = {name: kwargs.pop(name) for name in list(kwargs)
                    if name in Profile.__dataclass_fields__
                    and name != 'timeout'}
        root = 'http://hub.example.test'
        profile = Profile(**{
            'name': 'fakehub', 'server': root + '/kojihub',
            'weburl': root + '/koji', **settings})
        kwargs.setdefault('reactor', self.clock)
        if 'agent' not in kwargs:
            kwargs['agent'] = _MemoryAgent(self.resource)
            self._agents.append(kwargs['agent'])
        return Connection(profile, **kwargs)

    def listen(self, port: int = 0, *, reactor: Any = None) -> Deferred[str]:
        """
        Serve it on this machine.

        :param port: where; 0 for any port that is free.
        :param reactor: None for Twisted's own.
        :returns: a Deferred that fires with its URL.
        """
        if reactor is None:
            from twisted.internet import reactor
        factory = WrappingFactory(Site(self.resource, reactor=reactor))

        def serving(listening: Any) -> str:
            self._ports.append((reactor, listening, factory))
            return f'http://127.0.0.1:{listening.getHost().port}/kojihub'

        endpoint = TCP4ServerEndpoint(reactor, port, interface='127.0.0.1')
        listening: Deferred[Any] = endpoint.listen(factory)
        return listening.addCallback(serving)

    def stop(self) -> Deferred[None]:
        """
        Serve no longer: the port is closed, and all connections to it.

        :returns: a Deferred that fires when that is done.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        ports, self._ports = self._ports, []
        for reactor, listening, factory in ports:
            await listening.stopListening()
            for connection in list(factory.protocols):
                connection.transport.abortConnection()
            # Connections are lost in the next turn.
            await deferLater(reactor, 0, lambda: None)

    # To be taught

    def respond(self, method: str, answer: Any) -> None:
        """
        Teach it a hub method.

        :param method: the name.
        :param answer: a value, or a callable that takes the arguments of the
                       call and gives a value, or a Deferred of one; a
                       `KojiException` that it raises goes out as a fault.
        """
        self._taught[method] = (answer if callable(answer)
                                else lambda *args, **kwargs: answer)

    def fault(self, method: str, code: int, text: str) -> None:
        """Teach it to answer a hub method with a fault."""
        def refuse(*args: Any, **kwargs: Any) -> None:
            raise KojiException(text, faultCode=code)
        self._taught[method] = refuse

    def misbehave(self, kind: str, *, method: Optional[str] = None,
                  times: Optional[int] = None, seconds: float = 60,
                  text: str = 'server is offline',
                  data: bytes = b'<html>502 \xff</html>') -> None:
        """
        Be a bad hub from now on.

        :param kind: ``offline`` (a fault 1014 with `text`), ``slow`` (an
            answer after `seconds`), ``dropped-before`` and ``dropped-after``
            (the connection breaks before, or after, the call was carried
            out), ``truncated`` (it breaks in the middle of the answer), or
            ``garbage`` (`data` for an answer).
        :param method: only in requests of this method.
        :param times: only so many times; None for until `behave`.
        :raises ValueError: if there is no such kind.
        """
        if kind not in TROUBLES:
            raise ValueError(f'{kind!r} is none of {", ".join(TROUBLES)}')
        self._troubles.append(_Trouble(kind, method, times, seconds, text,
                                       data))

    def behave(self) -> None:
        """Be a good hub again."""
        self._troubles.clear()

    # To answer

    def trouble(self, kind: str, method: str) -> Optional[_Trouble]:
        """Whether, and how, to misbehave in this request."""
        for trouble in self._troubles:
            if trouble.strikes(kind, method):
                return trouble
        return None

    async def answer(self, method: str, params: List[Any]) -> bytes:
        """Carry out a call: the body of the answer, or of the fault."""
        self.requests += 1
        self.tables.refresh()
        offline = self.trouble('offline', method)
        if offline:
            return encode_fault(1014, offline.text)
        args, kwargs = split_arguments(params)
        try:
            return encode_answer(await self._perform(method, args, kwargs))
        except KojiException as fault:
            return encode_fault(_code(fault), str(fault))
        except Exception as error:
            self._log.failure('{method} failed on the fake hub',
                              method=method)
            return encode_fault(1, f'{type(error)}: {error}')

    async def _perform(self, method: str, args: Any, kwargs: Any) -> Any:
        self.calls.append((method, tuple(args), kwargs))
        function = self._taught.get(method)
        if function is None and not method.startswith('_'):
            function = getattr(self._own, method, None)
        if function is None:
            if method in known_methods():
                raise KojiException(
                    f'this fake hub has no answer for {method}: teach it one'
                    ' with respond()', faultCode=1)
            raise GenericError(f'Invalid method: {method}')
        value = call(function, args, kwargs)
        while inspect.isawaitable(value):
            value = await value
        return value

    async def _multicall(self, calls: List[Dict[str, Any]]) -> List[Any]:
        results: List[Any] = []
        for entry in calls:
            args, kwargs = split_arguments(entry['params'])
            try:
                results.append([
                    await self._perform(entry['methodName'], args, kwargs)])
            except KojiException as fault:
                results.append({
                    'faultCode': _code(fault), 'faultString': str(fault),
                    'traceback': traceback.format_exception(
                        type(fault), fault, fault.__traceback__)})
        return results

    def flush(self) -> None:
        """Let Connections over memory see what was answered late."""
        for agent in self._agents:
            agent.flush()


class _Trouble:
    """One way of misbehaving."""

    def __init__(self, kind: str, method: Optional[str],
                 times: Optional[int], seconds: float, text: str,
                 data: bytes) -> None:
        self._kind = kind
        self._method = method
        self._times = times
        self.seconds = seconds
        self.text = text
        self.data = data

    def strikes(self, kind: str, method: str) -> bool:
        if (kind != self._kind or self._method not in (None, method)
                or self._times == 0):
            return False
        if self._times is not None:
            self._times -= 1
        return True


class _Hub(Resource):
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
class _MemoryAgent:
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


def _code(fault: KojiException) -> int:
    """The number to send: of an exception made by hand, that of its class."""
    from txkoji.exceptions import FAULTS
    if fault.faultCode is not None:
        return fault.faultCode
    codes = {kind: code for code, kind in FAULTS.items()}
    return codes.get(type(fault), 1)


@lru_cache(maxsize=None)
def known_methods() -> FrozenSet[str]:
    """The names of all methods of the hub that the sample is of."""
    with open(os.path.join(SAMPLE, 'methods.txt')) as file:
        return frozenset(file.read().split())
