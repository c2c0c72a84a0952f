"""
`HubClient`: sends calls to a hub with their options, and types the results.

Features stand on it; `txkoji.connection.Connection` is the facade above.
"""
from __future__ import annotations

import copy
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import TYPE_CHECKING, Any, Protocol, TypeVar

from twisted.internet.defer import Deferred, fail
from twisted.python.failure import Failure

from txkoji.arguments import with_ids
from txkoji.call import Caller
from txkoji.exceptions import GenericError
from txkoji.hub.calls import Calls
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.http.body import Sink
from txkoji.hub.http.network import Network
from txkoji.hub.http.request import Request
from txkoji.hub.profile import Profile
from txkoji.hub.reads import check_call, is_read
from txkoji.hub.session.credentials import check_arguments, choose
from txkoji.hub.session.secret import Secret
from txkoji.hub.session.session_info import SessionInfo
from txkoji.hub.stats import Stats
from txkoji.hub.transport import Transport
from txkoji.hub_methods import add_hint
from txkoji.iterators import AsyncItems
from txkoji.options import Options
from txkoji.resource import CallCollector, Hub, Names
from txkoji.results import row_maker, typed

if TYPE_CHECKING:
    from txkoji.methods import DeferredMethods
else:
    from txkoji.hub_methods import DescribedMethods as DeferredMethods

Self = TypeVar('Self', bound='HubClient')

class HasClient(Protocol):
    """A `Connection`, or its `HubClient`."""

    @property
    def client(self) -> HubClient:
        """The client that features stand on."""


class HubClient(DeferredMethods):
    """
    A client of a Koji hub.

    :param owner: the connection that results go on with: their
                  ``.connection``.
    :param settings: the profile.
    :param calls: sends the calls.
    :param transport: posts requests.
    :param options: the options of its calls.
    :param now: tells the time, as an aware datetime in UTC.

    :ivar owner: the connection that results go on with.
    :ivar settings: the profile.
    :ivar options: the options of its calls.
    :ivar now: tells the time, as an aware datetime in UTC.
    :ivar client: the HubClient itself, as `Connection.client`.
    """

    def __init__(self, owner: Hub, settings: Profile, calls: Calls,
                 transport: Transport, options: Options,
                 now: Callable[[], datetime]) -> None:
        self.owner = owner
        self.settings = settings
        self.options = options
        self.now = now
        self._calls = calls
        self._transport = transport
        self._count: Callable[[int], Any] = int

    @classmethod
    def connected(cls: type[Self], owner: Hub, settings: Profile, *,
                  reactor: Any, network: Network | None, proxy: str | None,
                  max_connections: int, max_body: int, options: Options,
                  now: Callable[[], datetime]) -> Self:
        """
        Make a client with a transport of its own.

        The parameters are those of `Connection`.
        """
        transport = Transport(
            settings, reactor=reactor, network=network, proxy=proxy,
            max_connections=max_connections, max_body=max_body)
        return cls(owner, settings, Calls(settings, transport), transport,
                   options, now)

    def __repr__(self) -> str:
        return f'<HubClient of {self.owner!r}>'

    # Calls

    def call(self, method: str, /, *args: Any, **kwargs: Any
             ) -> Deferred[Any]:
        """Call any hub method; see `Connection.call`."""
        try:
            args, kwargs = with_ids(method, args, kwargs)
            method = check_call(method, args, kwargs)
        except Exception:
            return fail()
        return self._call(method, args, kwargs)

    def _call(self, method: str, args: Any, kwargs: Any) -> Deferred[Any]:
        try:
            body = encode_call(method, args, kwargs)
        except Exception:
            return fail()
        owner = self.owner

        def explain(failure: Failure) -> Failure:
            add_hint(failure.value, method)
            return failure

        return self.send(
            method, body, lambda: Decoder(row_maker(method, owner)),
            read=self.is_read(method, args, kwargs)
        ).addCallbacks(lambda value: typed(method, value, owner), explain)

    if not TYPE_CHECKING:

        def listBuilds(self, packageID=None, *args, **kwargs):
            """List builds; see `Connection.listBuilds`."""
            return Deferred.fromCoroutine(
                self._list_builds(packageID, args, kwargs))

    async def _list_builds(self, package: int | str | None,
                           args: tuple[Any, ...], kwargs: dict[str, Any]
                           ) -> Any:
        if isinstance(package, str):
            package = await self.call('getPackageID', package)
            if package is None:
                options = kwargs.get('queryOpts') or {}
                return 0 if options.get('countOnly') else []
        if package is not None:
            args = (package, *args)
        elif args:
            args = (None, *args)
        return await self.call('listBuilds', *args, **kwargs)

    def is_read(self, method: str, args: Any, kwargs: Any) -> bool:
        """
        Tell whether a call is a read, which changes nothing on the hub.

        The option ``write`` decides, or else the hub method.
        """
        write = self.options.write
        return is_read(method, args, kwargs) if write is None else not write

    def send(self, method: str, body: bytes, new_sink: Callable[[], Sink], *,
             read: bool, **fields: Any) -> Deferred[Any]:
        """
        Send a request with the options of this client.

        :param method: the hub method.
        :param body: the encoded call.
        :param new_sink: makes a consumer of an answer, for each attempt.
        :param read: whether the call is a read.
        :param fields: further fields of a `Request`.
        :returns: a Deferred that fires with the result of the sink.
        """
        return self._calls.call(Request(
            method, body, new_sink, read=read, count=self._count, **fields,
            timeout=self.options.timeout, deadline=self.options.deadline,
            retry_timeouts=self.options.retry_timeouts))

    def get(self, url: str, headers: dict[bytes, bytes], *,
            on_head: Callable[[Any], Any], sink: Sink,
            has_started: Callable[[], bool], method: str = 'GET'
            ) -> Deferred[None]:
        """
        Get a file from a server, without a session.

        :param url: its URL.
        :param headers: request headers, such as a ``Range``.
        :param on_head: is called with the head of the response.
        :param sink: consumes the bytes.
        :param has_started: tells whether bytes have arrived.
        :param method: "GET", or "HEAD" for the head only.
        :returns: a Deferred that fires with None at the end of the file.
        """
        return self._calls.get(
            url, headers, timeout=self.options.timeout,
            deadline=self.options.deadline, on_head=on_head, sink=sink,
            has_started=has_started, method=method)

    def run(self, work: Coroutine[Any, Any, Any], name: str,
            deadline: float | None) -> Deferred[Any]:
        """
        Run a coroutine within a deadline, and until the connection is closed.

        :param name: of the work, for the texts of errors.
        :param deadline: seconds; None for no limit.
        :returns: a Deferred that fires with the result of the coroutine.
        :raises CallTimeout: when the deadline has passed.
        :raises ConnectionClosed: if the connection was, or is, closed.
        """
        return self._calls.run(work, name, deadline)

    # Views

    def with_options(self: Self, **options: Any) -> Self:
        """Give a view with other options; see `Connection.with_options`."""
        view = copy.copy(self)
        view.options = self.options.updated(**options)
        return view

    def counting(self: Self, count: Callable[[int], Any]) -> Self:
        """
        Give a view that counts the bytes of answers.

        :param count: is called with the number of bytes, each time some have
                      arrived.
        """
        view = copy.copy(self)
        view._count = count
        return view

    # The reactor, the session

    @property
    def client(self: Self) -> Self:
        """The client itself."""
        return self

    @property
    def reactor(self) -> Any:
        """The reactor, for timers and threads."""
        return self._transport.reactor

    @property
    def given_reactor(self) -> Any:
        """The reactor that was passed in, or None."""
        return self._transport.given_reactor

    @property
    def url(self) -> str:
        """The hub's URL; of a hub with http, that with https after login."""
        return self._calls.session.address

    @property
    def session_info(self) -> SessionInfo | None:
        """The session on the hub, or None when not logged in."""
        return self._calls.identity

    @property
    def is_logged_in(self) -> bool:
        """Whether calls are made as a user."""
        return self.session_info is not None

    @property
    def callnum(self) -> int | None:
        """The number of the next write, or None when not logged in."""
        return self._calls.callnum

    @property
    def stats(self) -> Stats:
        """The numbers of the connection, as they are just now."""
        return self._calls.stats()

    async def login(self, authtype: str | None = None, *,
                    allow_http: bool = False, **given: Any) -> bool:
        """Log in; see `Connection.login`."""
        if isinstance(given.get('password'), str):
            given['password'] = Secret(given['password'])
        check_arguments({'authtype': authtype, 'allow_http': allow_http,
                         **given})
        credentials = choose(self.settings, authtype, **given)
        if credentials is None:
            return False
        await self._calls.login(credentials, allow_http=allow_http,
                                deadline=self.options.deadline)
        return True

    def logout(self, session_id: int | None = None) -> Deferred[None]:
        """End a session on the hub; see `Connection.logout`."""
        ours = self.session_info
        if session_id is None or (ours and session_id == ours.id):
            return self._calls.logout(self.options.deadline)
        return self._call('logout', (session_id,), {})

    async def new_session(self: Self, owner: Hub) -> Self:
        """
        Make a client with a session of its own for writes.

        :param owner: the connection that its results go on with.
        :raises KojiLoginException: if not logged in.
        """
        client = copy.copy(self)
        client.owner = owner
        client._calls = await self._calls.new_session(self.options.deadline)
        return client

    async def close(self, logout: bool = False) -> None:
        """
        Close all connections; calls fail with `ConnectionClosed`.

        :param logout: whether to end the session on the hub first.
        """
        await self._calls.close(logout)

    async def hub_version(self) -> str | None:
        """
        Get the hub's version, such as "1.35.3".

        :returns: None for hubs before 1.23, which do not tell.
        """
        if self._transport.hub_version is None:
            try:
                version = await self.call('getKojiVersion')
            except GenericError as error:
                if 'Invalid method' not in str(error):
                    raise
                return None
            self._transport.hub_version = str(version)
        return self._transport.hub_version

    # Other members of a `Hub`

    @property
    def profile(self) -> str:
        """The name of the profile."""
        return self.settings.name

    @property
    def weburl(self) -> str | None:
        """The address of kojiweb, or None."""
        return self.settings.weburl

    @property
    def cache(self) -> Names:
        """The names of users and tags, by id."""
        return self.owner.cache

    def MultiCall(self, **options: Any) -> CallCollector:
        """Collect calls; see `Connection.MultiCall`."""
        return self.owner.MultiCall(**options)

    def batched(self) -> Caller[Deferred[Any]]:
        """Give a view for batched calls; see `Connection.batched`."""
        return self.owner.batched()

    def iterate(self, method: str, /, *args: Any, **kwargs: Any
                ) -> AsyncItems[Any]:
        """Iterate over a long list; see `Connection.iterate`."""
        return self.owner.iterate(method, *args, **kwargs)

    def wait(self, tasks: Any, timeout: float | None = None
             ) -> Deferred[Any]:
        """Wait until tasks are finished; see `Connection.wait`."""
        return self.owner.wait(tasks, timeout)

    def download(self, file: Any, destination: Any, **options: Any
                 ) -> Deferred[int]:
        """Download a file; see `Connection.download`."""
        return self.owner.download(file, destination, **options)

    def file_exists(self, file: Any) -> Deferred[bool]:
        """Ask whether a file is there; see `Connection.file_exists`."""
        return self.owner.file_exists(file)
    def find_failure(self, task: Any) -> Deferred[Any]:
        """Find out why a task failed; see `Connection.find_failure`."""
        return self.owner.find_failure(task)
