"""
`FakeHub`: a Koji hub within a Twisted process.
"""
from __future__ import annotations

import copy
import inspect
import os
import traceback
from functools import lru_cache
from typing import Any, Callable, Dict, FrozenSet, List, Optional, Tuple

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import TCP4ServerEndpoint
from twisted.internet.task import Clock, deferLater
from twisted.logger import Logger
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import Site

from txkoji.connection import Connection
from txkoji.exceptions import FAULTS, GenericError, KojiException
from txkoji.hub.profile import Profile
from txkoji.hub.xmlrpc import encode_answer, encode_fault, split_arguments
from txkoji.testing.methods import RootExports, call
from txkoji.testing.tables import SAMPLE, Tables
from txkoji.testing.web import HubResource, MemoryAgent

#: When the sample was recorded, in seconds since 1970.
RECORDED = 1795331086.0

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
        self.resource.putChild(b'kojihub', HubResource(self))
        self._own = RootExports(self.tables, self.now, self._perform)
        self._system: Dict[str, Callable[..., Any]] = {
            'system.multicall': self._multicall,
            'multiCall': self._multicall,
            'system.listMethods': lambda: sorted(known_methods()),
        }
        self._taught: Dict[str, Callable[..., Any]] = {}
        self._troubles: List[Trouble] = []
        self._agents: List[MemoryAgent] = []
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
            kwargs['agent'] = MemoryAgent(self.resource)
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
                       (So does any other exception, with code 1, as on a hub;
                       it is also logged, and fails a test of trial's.)
        """
        self._taught[method] = (answer if callable(answer)
                                else lambda *args, **kwargs: answer)

    def fault(self, method: str, code: int, text: str) -> None:
        """
        Teach it to answer a hub method with a fault.

        :raises TypeError: if the code is no number, or the text no text.
        """
        if not isinstance(code, int) or not isinstance(text, str):
            raise TypeError('a fault has a number and a text, not'
                            f' {code!r} and {text!r}')

        def refuse(*args: Any, **kwargs: Any) -> None:
            raise KojiException(text, faultCode=code)
        self._taught[method] = refuse

    def forget(self, method: str) -> None:
        """Answer a hub method as before it was taught."""
        self._taught.pop(method, None)

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
        self._troubles.append(
            Trouble(kind, method, times, seconds, text, data))

    def behave(self) -> None:
        """Be a good hub again."""
        self._troubles.clear()

    # To answer

    def trouble(self, kind: str, method: str) -> Optional[Trouble]:
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
        self.calls.append(copy.deepcopy((method, tuple(args), kwargs)))
        function = self._taught.get(method) or self._system.get(method)
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
            try:
                args, kwargs = split_arguments(entry['params'])
                results.append([
                    await self._perform(entry['methodName'], args, kwargs)])
            except CancelledError:
                raise
            except Exception as error:
                results.append({
                    'faultCode': _code(error),
                    'faultString': ', '.join(map(str, error.args)),
                    'traceback': traceback.format_exception(
                        type(error), error, error.__traceback__)})
        return results

    def flush(self) -> None:
        """Let Connections over memory see what was answered late."""
        for agent in self._agents:
            agent.flush()


class Trouble:
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


#: exception -> code
_CODES: Dict[type, int] = {kind: code for code, kind in FAULTS.items()}


def _code(error: Exception) -> int:
    """The number to send: of an exception made by hand, that of its class."""
    code: Optional[int] = getattr(error, 'faultCode', None)
    return _CODES.get(type(error), 1) if code is None else code


@lru_cache(maxsize=None)
def known_methods() -> FrozenSet[str]:
    """The names of all methods of the hub that the sample is of."""
    with open(os.path.join(SAMPLE, 'methods.txt')) as file:
        return frozenset(file.read().split())
