"""
`Connection`: hub methods as attributes, rich results, links to kojiweb.
"""
from __future__ import annotations

from typing import Any, List, Optional, Tuple, Type, TypeVar, Union

from twisted.internet.defer import Deferred, succeed
from twisted.web.iweb import IAgent

from txkoji.call import Call, check_public
from txkoji.exceptions import ConfigurationError
from txkoji.hub import profile as profiles
from txkoji.hub.decoder import Decoder
from txkoji.hub.profile import Profile, read_profile
from txkoji.hub.reads import is_read
from txkoji.hub.transport import Transport
from txkoji.hub.xmlrpc import encode_call
from txkoji.results import row_maker, typed
from txkoji.web import path_below, read_link

#: Where profiles are looked for; replace it to look elsewhere.
PROFILES = profiles.PROFILES

Self = TypeVar('Self', bound='Connection')


class Connection:
    """
    A Koji hub. Every attribute that is not listed here is a method of the
    hub, and gives a Deferred::

        koji = Connection('fedora')
        build = await koji.getBuild('ceph-9.22.53-11.fc43')

    Results are Munch, lists and plain values; builds, tasks, channels and
    packages are `Build`, `Task`, `Channel` and `Package`. A Deferred fails
    with an exception of `txkoji.exceptions`; cancelling it ends the request.

    :param profile: the name of a profile in Koji's configuration files, or a
                    `Profile`.
    :param reactor: for connections and time limits; None for Twisted's own,
                    which is imported at the first call.
    :param agent: a Twisted `IAgent` to post requests with; None for one of
                  our own, which keeps connections and verifies the hub as the
                  profile says.
    :param timeout: seconds for one request, from connecting to the last byte
                    of the answer; None for the profile's.
    :param max_connections: how many requests may be under way at once; more
                            wait for their turn.
    :param max_body: bytes of an answer, after inflating: a larger one is an
                     `AnswerError`.
    :raises ConfigurationError: (a ValueError) if there is no such profile,
                                or it is not usable.

    :ivar profile: the profile's name.
    :ivar settings: the `Profile`.
    :ivar url: the hub's URL.
    :ivar weburl: the address of kojiweb, or None.
    :ivar serverca: the path of the certificates that the hub is verified
                    against, or None for the system's.
    :ivar session_id: the session on the hub, or None when not logged in.
    :ivar session_key: its key.
    :ivar callnum: the number of its next call.
    """

    session_id: Optional[int] = None
    session_key: Optional[str] = None
    callnum: Optional[int] = None

    def __init__(self, profile: Union[str, Profile], *, reactor: Any = None,
                 agent: Optional[IAgent] = None,
                 timeout: Optional[float] = None,
                 max_connections: int = 20,
                 max_body: int = 512 * 2**20) -> None:
        if not isinstance(profile, Profile):
            profile = read_profile(profile, PROFILES)
        self.settings = profile
        self.profile = profile.name
        self.url = profile.server
        self.weburl = profile.weburl
        self.serverca = profile.serverca or None
        self._reactor = reactor
        self._agent = agent
        self._timeout = profile.timeout if timeout is None else timeout
        self._max_connections = max_connections
        self._max_body = max_body
        for name, number in [('timeout', self._timeout),
                             ('max_connections', max_connections),
                             ('max_body', max_body)]:
            if not number > 0:
                raise ConfigurationError(f'profile {profile.name!r}: {name}'
                                         f' must be more than 0, not {number}')
        self._transport: Optional[Transport] = None
        self._closed = False

    def __getattr__(self, name: str) -> Call[Deferred[Any]]:
        check_public(self, name)
        return Call(self, name)

    def __repr__(self) -> str:
        server = profiles.without_secrets(self.url)
        return f'<Connection {self.profile!r} to {server}>'

    # Calls

    def call(self, method: str, /, *args: Any, **kwargs: Any
             ) -> Deferred[Any]:
        """
        Call any hub method, also one that has a name of ours.

        :param method: its name, such as "getTag" or "repo.get".
        :param args: its arguments: None, bool, int, float, str, bytes,
                     datetime, and lists and dictionaries of these.
        :param kwargs: its named arguments.
        :returns: a Deferred that fires with the result.
        :raises GenericError: the hub's own complaint; the class (see
                              `txkoji.exceptions`) depends on its code.
        :raises TransportError: if no good answer comes back.
        :raises TypeError: on arguments that XML-RPC cannot carry.
        """
        return Deferred.fromCoroutine(self._call(method, args, kwargs))

    async def _call(self, method: str, args: Any, kwargs: Any) -> Any:
        body = encode_call(method, args, kwargs)
        value = await self._connected().post(
            method, body, Decoder(row_maker(method, self)),
            again=is_read(method, args, kwargs))
        return typed(method, value, self)

    def _connected(self) -> Transport:
        if self._transport is None:
            reactor = self._reactor
            if reactor is None:
                from twisted.internet import reactor
            self._transport = Transport(
                self.settings, reactor=reactor, agent=self._agent,
                timeout=self._timeout, max_connections=self._max_connections,
                max_body=self._max_body)
            if self._closed:
                self._transport.close()
        return self._transport

    def close(self) -> Deferred[None]:
        """
        End everything: calls that wait fail with `ConnectionClosed`, as do
        new ones.

        :returns: a Deferred that fires when no connection is left open. (An
                  agent that was passed in keeps its own.)
        """
        self._closed = True
        if self._transport is None:
            return succeed(None)
        return self._transport.close()

    # Hub methods that we ask in a way of our own

    def getTaskInfo(self, task_id: Union[int, List[int]], *args: Any,
                    **kwargs: Any) -> Deferred[Any]:
        """
        Get a task, with its request.

        :param task_id: its id, or a list of ids.
        :param args: ``request`` and ``strict``, see the hub's method.
        :returns: a Deferred that fires with a `Task` or None, or with a list
                  of them.
        """
        return self.call('getTaskInfo', task_id, *args,
                         **_with_request(args, kwargs))

    def getTaskChildren(self, task_id: int, *args: Any, **kwargs: Any
                        ) -> Deferred[Any]:
        """
        Get the tasks that a task has started, with their requests.

        :returns: a Deferred that fires with a list of `Task`.
        """
        return self.call('getTaskChildren', task_id, *args,
                         **_with_request(args, kwargs))

    def getTaskDescendents(self, task_id: int, *args: Any, **kwargs: Any
                           ) -> Deferred[Any]:
        """
        Get the tasks that a task has started, those that they have started,
        and so on, with their requests.

        :returns: a Deferred that fires with one flat list of `Task`, in
                  which each knows its ``parent``.
        """
        return self.call('getTaskDescendents', task_id, *args,
                         **_with_request(args, kwargs))

    def listTasks(self, opts: Any = None, *args: Any, **kwargs: Any
                  ) -> Deferred[Any]:
        """
        List tasks, with their requests decoded.

        :param opts: what tasks: ``{'method': 'build', 'state': [0, 1]}``;
                     see the hub's method for more.
        :param kwargs: ``queryOpts``: ``{'limit': 10, 'order': '-id'}``.
        :returns: a Deferred that fires with a list of `Task`.
        """
        if opts is None or isinstance(opts, dict):
            opts = {'decode': True, **(opts or {})}
        return self.call('listTasks', opts, *args, **kwargs)

    def listBuilds(self, packageID: Union[int, str, None] = None, *args: Any,
                   **kwargs: Any) -> Deferred[Any]:
        """
        List builds.

        :param packageID: only those of this package, by id or name. (Older
                          hubs know the id only, so a name is looked up.)
        :param kwargs: ``state``, ``userID``, ``queryOpts`` and so on; see
                       the hub's method.
        :returns: a Deferred that fires with a list of `Build`; an empty one
                  if there is no such package.
        """
        return Deferred.fromCoroutine(
            self._list_builds(packageID, args, kwargs))

    async def _list_builds(self, package: Any, args: Any, kwargs: Any) -> Any:
        if isinstance(package, str):
            package = await self.call('getPackageID', package)
            if package is None:
                options = kwargs.get('queryOpts') or {}
                return 0 if options.get('countOnly') else []
        if package is not None:
            args = (package, *args)
        elif args:
            args = (None, *args)
        return await self._call('listBuilds', args, kwargs)

    # Profiles

    def lookup(self, profile: str, setting: str) -> Optional[str]:
        """
        Look up a setting in Koji's configuration files.

        :param profile: the name of any profile.
        :param setting: the option, such as "weburl".
        :returns: its text there, or None. (For values with their types and
                  defaults, see `settings`.)
        :raises ConfigurationError: if a file is malformed.
        """
        parser = profiles.read_files(PROFILES)
        return profiles.setting(parser, profile, setting, PROFILES)

    # Links

    @classmethod
    def connect_from_web(cls: Type[Self], url: str, **kwargs: Any
                         ) -> Optional[Self]:
        """
        Find the profile whose kojiweb a link is to.

        :param url: the link, such as one that was pasted into a chat.
        :param kwargs: for the Connection.
        :returns: a Connection, or None if the link is to none of them.
        :raises ConfigurationError: if a file is malformed.
        """
        parser = profiles.read_files(PROFILES)
        found: List[Tuple[int, Profile]] = []
        for name in parser.sections():
            try:
                profile = profiles.profile_from(parser, name, PROFILES)
            except ConfigurationError:
                continue
            below = path_below(profile.weburl, url)
            if below is not None:
                found.append((len(below), profile))
        if not found:
            return None
        # Of sites within sites the inmost, of equal ones the first.
        return cls(min(found, key=lambda pair: pair[0])[1], **kwargs)

    def from_web(self, url: str) -> Deferred[Any]:
        """
        Get what a page of kojiweb is about.

        :param url: a link to a page of a single object: a build, a task, a
                    tag and so on, by id or, where the page takes it, by name.
        :returns: a Deferred that fires with what the hub has, or with None
                  if there is no such thing or the link cannot be read.
        """
        return Deferred.fromCoroutine(self._from_web(url))

    async def _from_web(self, url: str) -> Any:
        question = read_link(self.weburl, url)
        if question is None:
            return None
        method: Any = self
        for name in question.method.split('.'):
            method = getattr(method, name)
        found = await method(*question.args, **question.kwargs)
        if question.method == 'listHosts':
            return found[0] if found else None
        return found


def _with_request(args: Any, kwargs: Any) -> Any:
    """Ask for the requests of tasks, where the caller does not say."""
    return kwargs if args else {'request': True, **kwargs}
