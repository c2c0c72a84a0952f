"""
`FakeHub`: a Koji hub within a Twisted process.
"""
from __future__ import annotations

import copy
import inspect
import os
import traceback
from collections.abc import Callable
from datetime import datetime, timezone
from functools import cache, partial
from random import Random
from typing import Any

from twisted.internet.defer import CancelledError, Deferred
from twisted.internet.endpoints import SSL4ServerEndpoint, TCP4ServerEndpoint
from twisted.internet.interfaces import IProtocolNegotiationFactory
from twisted.internet.task import Clock, deferLater
from twisted.logger import Logger
from twisted.protocols.policies import WrappingFactory
from twisted.web.resource import Resource
from twisted.web.server import Site
from zope.interface import implementer

from txkoji.connection import Connection
from txkoji.exceptions import (
    FAULTS,
    GenericError,
    KojiException,
    ParameterError,
)
from txkoji.files.paths import task_path
from txkoji.hub.codec.xmlrpc import (
    encode_answer,
    encode_fault,
    split_arguments,
)
from txkoji.hub.profile import Profile
from txkoji.testing.files import Files, FilesResource
from txkoji.testing.history import History
from txkoji.testing.imports import Imports
from txkoji.testing.memory import MemoryNetwork
from txkoji.testing.methods import RootExports, call
from txkoji.testing.methods.repos import RepoExports
from txkoji.testing.misbehaviour import MISBEHAVIOURS, Misbehaviour
from txkoji.testing.repos import Repos
from txkoji.testing.sessions import ClientIdentity, Credentials, Sessions
from txkoji.testing.tables import RECORDED, SAMPLE, Tables
from txkoji.testing.uploads import Uploads
from txkoji.testing.web import HubResource

#: A log of the sample; of all other files, it knows the names only.
LOG = 'packages/rhceph-container/8/40/data/logs/orchestrator.log'

#: The versions that brought arguments of methods, by method and name.
SINCE = {('getTaskInfo', 'strict'): (1, 17),
         ('getAverageBuildDuration', 'age'): (1, 23)}

#: The versions that brought methods; "repo" is all whose names begin so.
METHODS_SINCE = {'getKojiVersion': (1, 23), 'repo': (1, 35),
                 'tagFirstChangeEvent': (1, 35),
                 'tagLastChangeEvent': (1, 35)}


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
    :param front: whether it is behind a front server, whose headers
                  ``Remote-User`` (of Kerberos), and ``SSL-Client-Verify``
                  with ``SSL-Client-S-DN-CN`` (of a certificate) it believes.
    :param folder: where it keeps its files; None for in memory.

    :ivar tables: what it knows; a test may change the rows.
    :ivar files: its tree of files (`txkoji.testing.files.Files`): what was
                 uploaded, put out, imported, or put there by a test; served
                 under ``/kojifiles``.
    :ivar takes_files: whether it takes files as they are, not in calls only.
    :ivar calls: what it was asked, as (method, args, kwargs), each call of a
                 multicall as one, after the ``system.multicall`` itself.
    :ivar requests: how many requests it got.
    :ivar clock: its reactor.
    :ivar history: its events: puts builds into tags, and takes them out
                   (`txkoji.testing.history.History`).
    :ivar repos: its repositories, and the requests for them, which a test
                 fulfills with ``hub.repos.make(tag_id)``
                 (`txkoji.testing.repos.Repos`).
    :ivar sessions: who is logged in, and who may (`Sessions`).
    :ivar version: what it calls itself, and does: hubs before 1.17 have no
                   ``strict`` in getTaskInfo, before 1.31 they look for
                   sessions in the URL only, before 1.32 they do not renew,
                   before 1.35 their answers have no ``Koji-Version``, and
                   they know no requests for repositories.
    :ivar resource: its Twisted Web resource, to serve it in another way than
                    `listen` does.
    """

    _log = Logger()

    def __init__(self, *, sample: bool = True, reactor: Any = None,
                 front: bool = False, folder: str | None = None) -> None:
        self.clock: Clock | Any = Clock() if reactor is None else reactor
        self._started = self.clock.seconds()
        self.tables: Tables = Tables(sample)
        self.version = '1.35.3'
        self.front = front
        self.sessions: Sessions = Sessions(
            self.tables, self.now, self._version)
        self.calls: list[tuple[str, tuple[Any, ...], dict[str, Any]]] = []
        self.requests: int = 0
        self.resource: Resource = self._site(None)
        self.serving: set[Deferred[None]] = set()
        self.files: Files = Files(folder)
        if sample:
            self.files.write(LOG, b'It was built.\n')
        self.takes_files = True
        self.history: History = History(self.tables, self.now)
        self.repos: Repos = Repos(self.tables, self.now, self.history)
        self._own = RootExports(self.tables, self.now, self._perform,
                                self.files, self.repos)
        self._repo_exports = RepoExports(self.tables, self.now, self.repos)
        self._imports = Imports(self.tables, self.files, self.now)
        self._uploads = Uploads(self.tables, self.files, self.now)
        self._system: dict[str, Callable[..., Any]] = {
            'system.listMethods': lambda: sorted(
                filter(self._exists, known_methods())),
            'getKojiVersion': lambda: self.version,
        }
        self._taught: dict[str, Callable[..., Any]] = {}
        self._troubles: list[Misbehaviour] = []
        self._ports: list[tuple[Any, Any, WrappingFactory]] = []

    def now(self) -> float:
        """Its time, in seconds since 1970: that of the recording, and on."""
        return RECORDED + self.clock.seconds() - self._started

    def _version(self) -> tuple[int, ...]:
        return tuple(int(part) for part in self.version.split('.'))

    # To be reached

    def connection(self, user: str | None = 'alice', **kwargs: Any
                   ) -> Connection:
        """
        Give a Connection to it that goes over memory: without sockets, and
        without waiting. Its time limits go by `clock`, its durations and
        estimates by `now`, and it does not retry (unless it is given
        `max_retries`), so that a test sees each error.

        :param user: whom ``login()`` logs in, as with a client certificate;
                     None for nobody.
        :param kwargs: for the Connection, and settings of its profile.
        """
        settings = {name: kwargs.pop(name) for name in list(kwargs)
                    if name in Profile.__dataclass_fields__
                    and name != 'timeout'}
        profile = Profile(**{
            'name': 'fakehub', 'server': 'https://hub.example.test/kojihub',
            'weburl': 'http://hub.example.test/koji',
            'topurl': 'https://hub.example.test/kojifiles', 'max_retries': 0,
            'authtype': 'ssl', **settings})
        kwargs.setdefault('reactor', self.clock)
        kwargs.setdefault('now', lambda: datetime.fromtimestamp(
            self.now(), timezone.utc))
        if 'network' not in kwargs:
            kwargs['network'] = MemoryNetwork(self._site(user), self.clock)
        return Connection(profile, **kwargs)

    def _site(self, user: str | None) -> Resource:
        """What is served, to one who has a certificate of a user."""
        root = Resource()
        root.putChild(b'kojihub', HubResource(self, user))
        root.putChild(b'kojifiles', FilesResource(self))
        return root

    def listen(self, port: int = 0, *, tls: Any = None, reactor: Any = None
               ) -> Deferred[str]:
        """
        Serve it on this machine.

        :param port: where; 0 for any port that is free.
        :param tls: a server's `CertificateOptions`, to serve it over https;
                    with ``trustRoot=`` clients log in by certificate.
        :param reactor: None for Twisted's own.
        :returns: a Deferred that fires with its URL.
        """
        if reactor is None:
            from twisted.internet import reactor
        factory = _Served(Site(self.resource, reactor=reactor))

        def serving(listening: Any) -> str:
            self._ports.append((reactor, listening, factory))
            place = 'http://127.0.0.1' if tls is None else 'https://localhost'
            return f'{place}:{listening.getHost().port}/kojihub'

        endpoint: Any = TCP4ServerEndpoint(reactor, port,
                                           interface='127.0.0.1')
        if tls is not None:
            endpoint = SSL4ServerEndpoint(reactor, port, tls,
                                          interface='127.0.0.1')
        listening: Deferred[Any] = endpoint.listen(factory)
        return listening.addCallback(serving)

    def stop(self) -> Deferred[None]:
        """
        Serve no longer: the port is closed, and all connections to it.

        :returns: a Deferred that fires when that is done.
        """
        return Deferred.fromCoroutine(self._stop())

    async def _stop(self) -> None:
        for served in list(self.serving):
            served.cancel()
        ports, self._ports = self._ports, []
        for reactor, listening, factory in ports:
            await listening.stopListening()
            for connection in list(factory.protocols):
                connection.transport.abortConnection()
            # Connections are lost in the next turn.
            await deferLater(reactor, 0, lambda: None)

    def put_out(self, task_id: int, name: str, data: bytes,
                volume: str | None = None) -> None:
        """
        Let a task put out a file, or add to one that it has.

        :param task_id: the task's id.
        :param name: the file's, with the folders that it is in.
        :param data: what comes at its end.
        :param volume: where it is; None for the usual volume.
        """
        path = task_path(task_id, name)
        self.files.write(path, data, volume,
                         self.files.size(path, volume) or 0)

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

    def misbehave(self, kind: str, *, method: str | None = None,
                  times: int | None = None, chance: float = 1,
                  seconds: float | Callable[[], float] = 60,
                  text: str = 'server is offline',
                  data: bytes = b'<html>502 \xff</html>',
                  random: Random | None = None) -> None:
        """
        Be a bad hub from now on.

        :param kind: ``offline`` (a fault 1014 with `text`), ``slow`` (an
            answer after `seconds`, a number or what gives one; a call with a
            callnum holds up its session meanwhile), ``dropped-before`` and
            ``dropped-after`` (the connection breaks before, or after, the
            call was carried out), ``truncated`` (it breaks in the middle of
            the answer), or
            ``garbage`` (`data` for an answer).
        :param method: only in requests of this method; "upload" is for
                       pieces of files that come as they are, "GET" for files
                       under the topurl.
        :param times: only so many times; None for until `behave`.
        :param chance: in how many of these, from 0 to 1.
        :param random: decides that; None for one that always decides alike.
        :raises ValueError: if there is no such kind.
        """
        if kind not in MISBEHAVIOURS:
            raise ValueError(f'{kind!r} is none of {", ".join(MISBEHAVIOURS)}')
        self._troubles.append(
            Misbehaviour(kind, method, times, chance, seconds, text, data,
                    random or Random(1)))

    def behave(self) -> None:
        """Be a good hub again."""
        self._troubles.clear()

    # To answer

    def trouble(self, kind: str, method: str) -> Misbehaviour | None:
        """Whether, and how, to misbehave in this request."""
        for trouble in self._troubles:
            if trouble.strikes(kind, method):
                return trouble
        return None

    async def answer(self, method: str, params: list[Any],
                     peer: ClientIdentity = ClientIdentity(),
                     data: bytes | None = None) -> bytes:
        """
        Carry out a call.

        :param data: of a file that is uploaded, in the place of a call.
        :returns: the body of the answer, or of the fault.
        """
        self.requests += 1
        self.tables.refresh()
        offline = self.trouble('offline', method)
        if offline:
            return encode_fault(1014, offline.text)
        args, kwargs = split_arguments(params)
        try:
            entered = await self.sessions.enter(peer, method)
        except KojiException as fault:
            return encode_fault(_code(fault), str(fault))
        good = False
        try:
            slow = self.trouble('slow', method)
            if slow:
                await deferLater(self.clock, slow.seconds, lambda: None)
            if data is None:
                found = await self._perform(method, args, kwargs, entered)
            else:
                found = self._take_file(entered, args[0], data)
            answer = encode_answer(found)
            good = True
            return answer
        except KojiException as fault:
            return encode_fault(_code(fault), str(fault))
        except CancelledError:
            raise
        except Exception as error:
            self._log_failure(method)
            return encode_fault(1, f'{type(error)}: {error}')
        finally:
            entered.leave(args, kwargs, good)

    def _take_file(self, entered: Credentials, fields: dict[str, str],
                   data: bytes) -> Any:
        self.calls.append(('upload', (fields,), {}))
        user = None if entered.row is None else entered.row.user_id
        return self._uploads.take(user, fields, data)

    async def _perform(self, method: str, args: Any, kwargs: Any,
                       entered: Credentials | None = None) -> Any:
        self.calls.append(copy.deepcopy((method, tuple(args), kwargs)))
        function = self._function(method, entered)
        if method not in self._taught:
            self._refuse_news(method, kwargs)
        if function is None:
            if method in known_methods() and self._exists(method):
                raise KojiException(
                    f'this fake hub has no answer for {method}: teach it one'
                    ' with respond()', faultCode=1)
            raise GenericError(f'Invalid method: {method}')
        value = call(function, args, kwargs)
        while inspect.isawaitable(value):
            value = await value
        return value

    def _refuse_news(self, method: str, kwargs: dict[str, Any]) -> None:
        """
        Refuse arguments that hubs of this version do not have.

        :raises ParameterError: as for any name that a method does not have.
        """
        for name in kwargs:
            if self._version() < SINCE.get((method, name), ()):
                raise ParameterError(
                    f'RootExports.{method}() got an unexpected keyword'
                    f' argument {name!r}')

    def _function(self, method: str, entered: Credentials | None
                  ) -> Callable[..., Any] | None:
        """What carries out a method, for whom."""
        if method in self._taught:
            return self._taught[method]
        if not self._exists(method):
            return None
        if method in ('system.multicall', 'multiCall'):
            return partial(self._multicall, entered)
        if entered is not None and method in entered.names:
            return entered.names[method]
        user = None
        if entered is not None and entered.row is not None:
            user = entered.row.user_id
        for owned in (self._imports, self._uploads):
            if method in owned.NAMES:
                return partial(getattr(owned, method), user)
        if method.startswith('repo.'):
            return self._repo_exports.function(method, user)
        if method in self._system:
            return self._system[method]
        if method.startswith('_'):
            return None
        return getattr(self._own, method, None)

    def _exists(self, method: str) -> bool:
        """Whether a hub of this version has a method."""
        family = METHODS_SINCE.get(method.split('.')[0], ())
        return self._version() >= METHODS_SINCE.get(method, family)

    async def _multicall(self, entered: Credentials | None,
                         calls: list[dict[str, Any]]) -> list[Any]:
        results: list[Any] = []
        for entry in calls:
            try:
                method = entry['methodName']
                args, kwargs = split_arguments(entry['params'])
            except Exception as error:
                results.append(_entry_fault(error))
                continue
            try:
                results.append([await self._perform(method, args, kwargs,
                                                    entered)])
            except CancelledError:
                raise
            except Exception as error:
                if not isinstance(error, KojiException):
                    self._log_failure(method)
                results.append(_entry_fault(error))
        return results

    def _log_failure(self, method: str) -> None:
        """Log an exception of Python's, which a test of trial's fails of."""
        self._log.failure('{method} failed on the fake hub', method=method)


@implementer(IProtocolNegotiationFactory)
class _Served(WrappingFactory):
    """Knows its connections, and tells those over TLS what it speaks."""

    noisy = False

    def acceptableProtocols(self) -> list[bytes]:
        return [b'http/1.1']


#: exception -> code
_CODES: dict[type, int] = {kind: code for code, kind in FAULTS.items()}


def _entry_fault(error: Exception) -> dict[str, Any]:
    """What the hub says of one call of many that failed."""
    return {'faultCode': _code(error),
            'faultString': ', '.join(map(str, error.args)),
            'traceback': traceback.format_exception(
                type(error), error, error.__traceback__)}


def _code(error: Exception) -> int:
    """The number to send: of an exception made by hand, that of its class."""
    code: int | None = getattr(error, 'faultCode', None)
    return _CODES.get(type(error), 1) if code is None else code


@cache
def known_methods() -> frozenset[str]:
    """The names of all methods of the hub that the sample is of."""
    with open(os.path.join(SAMPLE, 'methods.txt')) as file:
        return frozenset(file.read().split())
