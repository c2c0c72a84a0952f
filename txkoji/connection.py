"""
`Connection`: hub methods as attributes, rich results, links to kojiweb.
"""
from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from twisted.internet.defer import CancelledError, Deferred, fail

from txkoji.batching import Batched
from txkoji.cache import MAX_AGE, Cache
from txkoji.call import HubMethods
from txkoji.exceptions import ConfigurationError, GenericError
from txkoji.files import cg_import as imports, uploads
from txkoji.files.cg_import import Import
from txkoji.files.downloads import Destination, Download
from txkoji.files.follow import Follow, LogPoller
from txkoji.files.uploads import Local, Uploaded
from txkoji.hub import config_files, profile as profiles
from txkoji.hub.calls import Calls
from txkoji.hub.codec.decoder import Decoder
from txkoji.hub.codec.xmlrpc import encode_call
from txkoji.hub.http.body import Sink
from txkoji.hub.http.network import Network
from txkoji.hub.http.request import Request
from txkoji.hub.profile import Profile, read_profile
from txkoji.hub.reads import check_call, is_read
from txkoji.hub.session.credentials import check_arguments, choose
from txkoji.hub.session.secret import Secret
from txkoji.hub.stats import Stats
from txkoji.hub.transport import Transport
from txkoji.messages.dispatcher import Events
from txkoji.multicall import BATCH, MultiCall
from txkoji.progress import ByteListener, Listener, Transfer
from txkoji.resource import system_time
from txkoji.results import row_maker, typed
from txkoji.streaming import Items, Pages
from txkoji.waiting.repositories import (
    MinEvent,
    wait_for_repo,
    wait_until_tagged,
)
from txkoji.waiting.tasks import Changes, Poller, TaskOrId, wait_for
from txkoji.web import path_below, read_link

#: Arguments that count things, and so are integers.
_WHOLE = ('max_connections', 'page_size')

#: Where profiles are looked for; replace it to look elsewhere.
PROFILES = config_files.PROFILES

Self = TypeVar('Self', bound='Connection')


@dataclass(frozen=True)
class Options:
    """What `Connection.with_options` sets."""

    timeout: float
    deadline: float
    write: bool | None = None
    progress: Listener | None = None
    page_size: int = 1000


class Connection(HubMethods[Deferred[Any]]):
    """
    A Koji hub. Every attribute that is not listed here is a method of the
    hub, and gives a Deferred::

        koji = Connection('fedora')
        build = await koji.getBuild('ceph-9.22.53-11.fc43')

    Results are Munch, lists and plain values; builds, tasks, channels,
    packages, hosts, tags, users, build targets, RPMs and repositories are
    `Build`, `Task` and so on. A Deferred fails with an exception of
    `txkoji.exceptions`; cancelling it ends the request.

    :param profile: the name of a profile in Koji's configuration files, or a
                    `Profile`.
    :param reactor: for connections and time limits; None for Twisted's own,
                    which is imported at the first call.
    :param network: opens connections, as `txkoji.hub.http.network.Network`
                    says; None for the sockets of the reactor.
    :param proxy: the URL of a forward proxy, such as
                  "http://user:password@proxy.example.com:3128"; empty for
                  none; None for those of the environment: ``https_proxy``,
                  ``http_proxy``, ``all_proxy`` and ``no_proxy``.
    :param timeout: seconds for one attempt, from connecting to the last byte
                    of the answer; of a file under the topurl, for each
                    silence. None for the profile's.
    :param deadline: seconds for a call with its wait for its turn and all its
                     attempts.
    :param max_connections: how many requests may be under way at once; more
                            wait for their turn.
    :param max_body: bytes of an answer, after inflating: a larger one is an
                     `AnswerError`. (Files, and the lists of `iterate`, are
                     not kept, and may be of any size.)
    :param cache_max_age: seconds after which the names of users and tags in
                          `cache` are asked for anew, and so a renamed one is
                          noticed; infinity for never. (``cache.forget()``
                          does it at once.)
    :param now: gives the time, as an aware datetime in UTC, for durations
                and estimates; None for the clock of this machine.
    :raises ConfigurationError: (a ValueError) if there is no such profile, it
                                is not usable, or a limit is no number or not
                                more than 0.

    :ivar profile: the profile's name.
    :ivar settings: the `Profile`.
    :ivar weburl: the address of kojiweb, or None.
    :ivar now: gives the time, as an aware datetime in UTC.
    :ivar serverca: the path of the certificates that the hub is verified
                    against, a PEM file or a directory of ``openssl rehash``;
                    None for the system's.
    """

    def __init__(self, profile: str | Profile, *, reactor: Any = None,
                 network: Network | None = None,
                 proxy: str | None = None,
                 timeout: float | None = None,
                 deadline: float = 3600,
                 max_connections: int = 20,
                 max_body: int = 512 * 2**20,
                 cache_max_age: float = MAX_AGE,
                 now: Callable[[], datetime] | None = None) -> None:
        if not isinstance(profile, Profile):
            profile = read_profile(profile, PROFILES)
        self.settings = profile
        self.profile = profile.name
        self.weburl = profile.weburl
        self.serverca = profile.serverca or None
        self.now = system_time if now is None else now
        self._options = Options(
            timeout=profile.timeout if timeout is None else timeout,
            deadline=deadline)
        for name, number in [('timeout', self._options.timeout),
                             ('deadline', deadline),
                             ('max_connections', max_connections),
                             ('max_body', max_body),
                             ('cache_max_age', cache_max_age)]:
            _check_number(name, number, f'profile {profile.name!r}: ')
        self._transport = Transport(
            profile, reactor=reactor, network=network, proxy=proxy,
            max_connections=max_connections, max_body=max_body)
        self._calls = Calls(profile, self._transport)
        self._whole: Connection | None = None
        self._cache: Cache | None = None
        self._cache_max_age = cache_max_age
        #: One for this and for those that `new_session` gives.
        self._events: list[Events | None] = [None]
        self._poller = Poller()
        self._log_poller = LogPoller()
        self._count: Callable[[int], Any] = int

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
        if method == 'logout':
            return self.logout(*args, **kwargs)
        return self._call(method, args, kwargs)

    def _call(self, method: str, args: Any, kwargs: Any) -> Deferred[Any]:
        try:
            method = check_call(method, args, kwargs)
        except Exception:
            return fail()
        return self._ask(method, args, kwargs)

    def _ask(self, method: str, args: Any, kwargs: Any) -> Deferred[Any]:
        """Send a call, and type its result."""
        try:
            body = encode_call(method, args, kwargs)
        except Exception:
            return fail()
        owner = self._owner
        return self._send(
            method, body, lambda: Decoder(row_maker(method, owner)),
            read=self._is_read(method, args, kwargs)
        ).addCallback(lambda value: typed(method, value, owner))

    @property
    def _owner(self: Self) -> Self:
        """What results go on with: of a view, what it is a view of."""
        owner: Any = self._whole
        return self if owner is None else owner

    def _is_read(self, method: str, args: Any, kwargs: Any) -> bool:
        """Whether a call changes nothing on the hub, or is said not to."""
        write = self._options.write
        return is_read(method, args, kwargs) if write is None else not write

    def _send(self, method: str, body: bytes, new_sink: Callable[[], Sink],
              *, read: bool, **more: Any) -> Deferred[Any]:
        """
        Send a request, with what `with_options` said of it.

        :param more: what else a `Request` has.
        """
        return self._calls.call(Request(
            method, body, new_sink, read=read, count=self._count, **more,
            timeout=self._options.timeout, deadline=self._options.deadline))

    def _counting(self: Self, count: Callable[[int], Any]) -> Self:
        """A view of which somebody is told how many bytes come, each time."""
        return self._copy(_whole=self._owner, _count=count)

    # Many calls, long lists

    def MultiCall(self, *, strict: bool = False, batch: int = BATCH,
                  concurrency: int = 1) -> MultiCall:
        """
        Collect calls, to send them as one::

            many = koji.MultiCall()
            many.getBuild('bash-5.2.37-1.fc43')
            many.getTag('f43')
            for result in await many():
                print(result)

        See `txkoji.multicall.MultiCall`.

        :param strict: whether it fails if one of the calls fails.
        :param batch: how many calls may go in one request.
        :param concurrency: how many requests may be under way at once, if no
                            call changes anything on the hub.
        """
        return MultiCall(self, strict=strict, batch=batch,
                         concurrency=concurrency)

    def batched(self, window: float = 0) -> Batched:
        """
        Give a view of this Connection, on which reads that are made together
        go out together::

            batched = koji.batched()
            tasks = await gatherResults(
                [batched.getTaskInfo(number) for number in range(500)])

        are five requests. See `txkoji.batching.Batched`.

        :param window: seconds to wait for more of them; 0 for this turn of
                       the reactor.
        """
        return Batched(self, window)

    def iterate(self, method: str, /, *args: Any, **kwargs: Any) -> Items:
        """
        Go through a long list while it arrives, and keep none of it::

            async for build in koji.iterate('listTagged', 'f43'):
                print(build.nvr)

        See `txkoji.streaming.Items`, also for programs of inlineCallbacks.

        :param method: a hub method that gives a list; the other arguments are
                       its own.
        :raises ValueError: if ``queryOpts`` ask for a count.
        """
        return Items(self, method, args, kwargs)

    def pages(self, method: str, /, *args: Any, **kwargs: Any) -> Pages:
        """
        Go through a list a page at a time, each of which is asked for when it
        is wanted::

            async for builds in koji.pages('listBuilds', state=1):
                print(len(builds))

        A page has up to 1,000 items, or the ``page_size`` of `with_options`.
        An item that is in the list all the time is in exactly one page, also
        if others come and go between the pages, unless ``queryOpts`` ask for
        an order other than by id. See `txkoji.streaming.Pages`.

        :param method: a hub method that gives a list; the other arguments are
                       its own.
        :raises ValueError: if ``queryOpts`` ask for a count; as a
                            `ConfigurationError` if it is not known how to
                            order the results.
        """
        return Pages(self, method, args, kwargs)

    # Files

    def upload(self, local: Local, path: str, name: str | None = None, *,
               overwrite: bool = False, volume: str | None = None,
               progress: ByteListener | None = None
               ) -> Deferred[Uploaded]:
        """
        Upload a file of any size, in pieces of the profile's
        ``upload_blocksize``, each of which is compared with what the hub has
        got. You have to be logged in. A piece whose answer was lost is sent
        again, to the same place; pieces are queued with the other writes of
        the session. A hub that does not see the file yet, or still holds the
        lock of a broken upload, is asked again for about a minute.

        Pieces are raw uploads. Hubs that do not take these get them in calls
        (so they do if ``use_fast_upload`` of the profile is off), which
        cannot replace a file.

        :param local: the name of the file, or one that is open in binary
                      mode, which is read in another thread and not closed.
        :param path: the folder on the hub, below its folder for uploads, such
                     as "cli-build/1795000013.123456.kAbcDEfg". A folder is
                     of the user who uploads to it first.
        :param name: its name there; None for that of the local file.
        :param overwrite: whether to replace a file that is there. Without it,
                          that is refused.
        :param volume: the volume; None for the default.
        :param progress: is told, after each piece, how many bytes are on the
                         hub, and of how many, or None.
        :returns: a Deferred that fires with an `Uploaded`. Cancelling it
                  fails with `UploadCanceled`, which says how much is there;
                  `progress` may do so, too.
        :raises ActionNotAllowed: before anything is sent, if we are not
                                  logged in.
        :raises UploadError: if it does not arrive, changes meanwhile, has no
                             place, or is to replace a file where that cannot
                             be; OSError if it cannot be read.
        :raises GenericError: if the hub refuses it: there is such a file
                              already, or the folder is somebody else's.
        """
        transfer = Transfer(progress)
        return transfer.run(uploads.upload(
            self, local, path, name, overwrite=overwrite, volume=volume,
            progress=transfer.report))

    def download_task_output(
            self, task_id: int, name: str, destination: Destination, *,
            offset: int = 0, volume: str | None = None,
            progress: ByteListener | None = None) -> Deferred[int]:
        """
        Get a file that a task has put out, such as a log, in pieces: never
        the whole in memory. A piece that does not come is asked for again.

        :param task_id: the task's id.
        :param name: the file's, as ``listTaskOutput`` gives it.
        :param destination: the name of a file, which is there when all of it
            is, and takes the place of one that is there; or one that is open
            in binary mode, to which the pieces are written as they come. They
            are written in another thread.
        :param offset: where to begin, in bytes.
        :param volume: the volume that it is on; None for the default.
        :param progress: is told, after each piece, how many bytes are here,
                         and of how many, or None.
        :returns: a Deferred that fires with how many bytes that were.
        :raises GenericError: if there is no such task or file.
        :raises TransportError: if a piece does not come.
        :raises DownloadError: if it ends too early; OSError if it cannot be
                               written; ValueError if `offset` is less than 0.
        """
        transfer = Transfer(progress)
        return transfer.run(Download(
            self, task_id, name, offset=offset, volume=volume,
            progress=transfer.report).run(destination))

    def cg_import(self, metadata: Any, files: imports.Files, *,
                  cg: str | None = None, reserve: bool = True,
                  token: str | None = None,
                  directory: str | None = None, concurrency: int = 4,
                  progress: ByteListener | None = None
                  ) -> Deferred[Any]:
        """
        Import a build that a content generator has made: reserve it (the
        hub's ``CGInitBuild``), upload its files, and import it
        (``CGImport``). If one of these fails, or is cancelled, the
        reservation is given back (``CGRefundBuild``). A hub that does not see
        yet what was uploaded, as those on network file systems, is asked
        again, for about a minute. Metadata that is too long for a call (4 MiB
        as XML) is uploaded beside the files. You have to be logged in.

        Cancelling it while the hub imports does not stop the hub.

        :param metadata: a dictionary, or JSON, as Koji's documentation of
                         content generators describes it.
        :param files: the paths of the files that are its ``output``: a list,
                      or a dictionary by their ``filename`` in the metadata.
        :param cg: the content generator; None for the one that made all
                   ``buildroots`` of the metadata.
        :param reserve: whether to reserve the build. One that has a
                        ``build_id`` in the metadata is reserved already.
        :param token: of that reservation, which is the caller's to give
                      back.
        :param directory: the folder on the hub to upload to, below its folder
                          for uploads; None for a new one.
        :param concurrency: how many files may be uploaded side by side, each
                            in a session of its own.
        :param progress: is told how many bytes of all files are on the hub,
                         and of how many.
        :returns: a Deferred that fires with the `Build`.
        :raises KojiImportError: if the metadata is malformed, or the files
                                 are not what it says: nothing is sent then,
                                 nor where one of the next two is raised.
        :raises ActionNotAllowed: if we are not logged in.
        :raises TypeError: if XML-RPC cannot carry the metadata; ValueError if
                           `concurrency` is less than 1.
        :raises GenericError: if the hub refuses it; UploadError if a file
                              does not arrive; OSError if one cannot be read.
        """
        transfer = Transfer(progress)

        async def run() -> Any:
            return await Import(
                self, metadata, files, cg=cg, reserve=reserve, token=token,
                directory=directory, concurrency=concurrency,
                progress=transfer.report).run()

        return transfer.run(run())

    def follow(self, task_id: TaskOrId, *, descendents: bool = False,
               names: str = '*log') -> Follow:
        """
        Go through the lines of a task's logs, while they grow and until the
        task, and what else is followed, is finished::

            async for line in koji.follow(6476):
                print(line.text)

        All that are followed are asked for together, every ``poll_interval``
        seconds (an option of the profile), also after an outage of the hub.
        See `txkoji.files.follow.Follow`.

        :param task_id: the task's id, or the task.
        :param descendents: whether to follow the logs of its descendents,
                            too.
        :param names: a pattern for the names of the logs, as of a shell's
                      files.
        :raises TypeError: at once, if that is no task; GenericError, if no
                           task has such an id.
        """
        return Follow(self, task_id, descendents=descendents, names=names)

    # Waiting

    def wait(self, tasks: Any, timeout: float | None = None
             ) -> Deferred[Any]:
        """
        Wait until tasks are finished. That a task fails is no failure of
        this; see `Task.get_result`. However many are waited for, one call
        asks for all of them every ``poll_interval`` seconds (an option of
        the profile), also after an outage of the hub.

        :param tasks: a task or its id, or a list of these.
        :param timeout: seconds; None for as long as it takes.
        :returns: a Deferred that fires with a `Task`, or with a list of them
                  in the given order. Cancelling it cancels no task.
        :raises CallTimeout: when the time is over. The tasks go on.
        :raises GenericError: if there is no such task.
        :raises KojiException: if the hub refuses, or cannot be reached for
                               another reason than an outage.
        """
        return wait_for(self, tasks, timeout)

    def task_changed(self, task_id: int) -> None:
        """
        Let who waits for a task know at once that it may have changed, as
        whoever hears the message bus can tell.

        :param task_id: its id.
        """
        self._owner._poller.wake(task_id)

    def watch(self, task: TaskOrId) -> Changes:
        """
        Go through the changes of a task and its descendents, until it is
        finished. See `txkoji.waiting.tasks.Changes`.

        :param task: the task, or its id.
        :raises TypeError: at once, if that is no task; GenericError, if no
                           task has such an id.
        """
        return Changes(self, task)

    def wait_repo(self, tag: int | str, nvrs: Iterable[str] = (),
                  after_event: int | None = None,
                  timeout: float | None = None, *,
                  min_event: MinEvent = None,
                  request: bool | None = None) -> Deferred[Any]:
        """
        Wait until there is a repository of a tag to build with, as Koji's own
        ``wait-repo`` does.

        One that is there already may be enough. Otherwise the builds are
        waited for, until they are in the tag, and then a repository that is
        no older than its last change. Since Koji 1.35 hubs make repositories
        of most tags only if somebody requests one; a repository with options
        of its own does not count there.

        :param tag: the id or the name of the tag.
        :param nvrs: builds (as name-version-release) that are to be in the
                     repository. A later build of the same package does not
                     matter.
        :param after_event: the same as a `min_event` that is greater by one.
        :param timeout: seconds; None for as long as it takes.
        :param min_event: the first event of the hub that the repository may
                          be of, or "last" for that of the last change of the
                          tag until now. None is "last" without `nvrs`, and
                          any with `nvrs`.
        :param request: whether to request a repository. None is to do so if
                        we are logged in and the hub is 1.35 or later, and
                        only to look for one otherwise.
        :returns: a Deferred that fires with a `Repo`.
        :raises CallTimeout: when the time is over.
        :raises ValueError: if both `after_event` and `min_event` are given,
                            or an argument makes no sense.
        :raises KojiLoginException: if `request` is true, and we are not logged
                                    in.
        :raises GenericError: if the request ends without a repository (the
                              text names its task), there is no such tag, or
                              `request` is true and the hub is older than
                              1.35.
        """
        return wait_for_repo(self, tag, nvrs, after_event, timeout, min_event,
                             request)

    def wait_tagged(self, builds: Iterable[Any], tag: int | str,
                    timeout: float | None = None, *,
                    inherit: bool = False) -> Deferred[Any]:
        """
        Wait until builds are in a tag.

        :param builds: them, or one: a `Build`, an id or a
                       name-version-release each. One of a
                       name-version-release need not be begun yet.
        :param tag: the id or the name of the tag.
        :param timeout: seconds; None for as long as it takes.
        :param inherit: whether builds count that the tag inherits.
        :returns: a Deferred that fires with a list of `Build`.
        :raises CallTimeout: when the time is over.
        :raises BuildError: if a build fails, is canceled or is deleted
                            meanwhile, and at once if a `Build` or an id is of
                            such a one. (By its name-version-release one that
                            failed before may be built again.)
        :raises GenericError: if there is no such tag, or no build of an id.
        """
        return wait_until_tagged(self, builds, tag, timeout, inherit)

    # Options

    def with_options(self: Self, *, write: bool | None = None,
                     timeout: float | None = None,
                     deadline: float | None = None,
                     progress: Listener | None = None,
                     page_size: int | None = None) -> Self:
        """
        Give a view of this Connection, for calls that need something else::

            await koji.with_options(timeout=30).getTag('f44')

        What is not given stays as it is. Results go on with the Connection,
        not with the view.

        :param write: whether the calls change something on the hub, for those
                      that we take for the contrary: methods of plugins, for
                      one.
        :param timeout: seconds for one attempt.
        :param deadline: seconds for the call with all its attempts.
        :param progress: is told now and then how far `iterate`, `pages` or a
                         `MultiCall` has come: how many items have arrived,
                         how many bytes, and of how many items, where that is
                         known, else None.
        :param page_size: how many items `pages` asks for at once.
        :raises ConfigurationError: if a number is none or not more than 0, or
                                    another value has the wrong type.
        """
        given: dict[str, Any] = {
            'write': write, 'timeout': timeout, 'deadline': deadline,
            'progress': progress, 'page_size': page_size}
        for name in ('timeout', 'deadline', 'page_size'):
            if given[name] is not None:
                _check_number(name, given[name])
        if write is not None and not isinstance(write, bool):
            raise ConfigurationError('write must be True, False or None, not'
                                     f' {write!r}')
        if progress is not None and not callable(progress):
            raise ConfigurationError('progress must be a function, not'
                                     f' {progress!r}')
        return self._copy(
            _whole=self._owner, _options=replace(self._options, **{
                name: value for name, value in given.items()
                if value is not None}))

    def _copy(self: Self, **members: Any) -> Self:
        copied = object.__new__(type(self))
        copied.__dict__.update(self.__dict__, **members)
        return copied

    # The session

    @property
    def url(self) -> str:
        """The hub's URL; of a hub with http, that with https after login."""
        return self._calls.session.address

    @property
    def session_id(self) -> int | None:
        """The session on the hub, or None when not logged in."""
        identity = self._calls.identity
        return None if identity is None else identity.id

    @property
    def session_key(self) -> str | None:
        """Its key, which is a secret, or None."""
        identity = self._calls.identity
        return None if identity is None else identity.key

    @property
    def callnum(self) -> int | None:
        """The number of the next write, or None when not logged in."""
        return self._calls.callnum

    @property
    def stats(self) -> Stats:
        """What a daemon's page wants to show, as it is just now."""
        return self._calls.stats()

    def login(self, authtype: str | None = None, *,
              allow_http: bool = False, **given: Any) -> Deferred[bool]:
        """
        Log in, in the way that the profile says, or as Koji's own command
        chooses: with the certificate of the profile's ``cert`` if that file
        exists, else with user and password if these are given, or else with
        Kerberos. The server is verified first. From then on calls are made as
        the user; the session is renewed when it expires, with the same
        credentials.

        Calls at the same time share one login, and one that is logged in
        already fires at once.

        :param authtype: "ssl", "kerberos", "password" or "noauth"; None for
                         the profile's.
        :param allow_http: whether credentials may go in the clear to a hub
                           with a http URL on this machine; any other is moved
                           to https.
        :param given: what the profile does not have, or other than there:
            ``user``, ``password``; ``cert`` (the path of a PEM file with
            certificate and key); ``principal``, ``keytab`` (a path),
            ``ccache`` (a name such as "FILE:/tmp/cc"); ``proxyuser`` (a user
            to act for, if the hub allows it) and ``proxyauthtype``.
        :returns: a Deferred that fires with True, or with False for "noauth".
        :raises GSSAPIAuthError: if Kerberos does not work, and why.
        :raises AuthError: if the hub does not accept who we are.
        :raises KojiLoginException: if its server does not (a
                                    `LoginHTTPError`, for one), or we are
                                    logged in as somebody else.
        :raises ConfigurationError: if the certificate is not usable, something
                                    is not given, or there is no such argument.
        """
        if isinstance(given.get('password'), str):
            given['password'] = Secret(given['password'])
        return Deferred.fromCoroutine(
            self._log_in(authtype, allow_http, given))

    async def _log_in(self, authtype: str | None, allow_http: bool,
                      given: dict[str, Any]) -> bool:
        check_arguments({'authtype': authtype, 'allow_http': allow_http,
                         **given})
        credentials = choose(self.settings, authtype, **given)
        if credentials is None:
            return False
        await self._calls.login(credentials, allow_http=allow_http,
                                deadline=self._options.deadline)
        return True

    def logout(self, session_id: int | None = None) -> Deferred[None]:
        """
        End the session on the hub, after the writes before it. Reads are
        anonymous again; writes that wait fail.

        :param session_id: another session, to be ended in its place: one of
                           the same user, or any for an administrator.
        :returns: a Deferred that fires when that is done, and at once when
                  not logged in.
        """
        if session_id is None or session_id == self.session_id:
            return self._calls.logout(self._options.deadline)
        return self._ask('logout', (session_id,), {})

    def new_session(self: Self) -> Deferred[Self]:
        """
        Get another Connection, logged in as the same user: its writes run
        beside ours, where those of one Connection run one after the other.
        It shares our network connections, and is closed with us.

        :returns: a Deferred that fires with it.
        :raises KojiLoginException: if we are not logged in.
        """
        return Deferred.fromCoroutine(self._new_session())

    async def _new_session(self: Self) -> Self:
        calls = await self._calls.new_session(self._options.deadline)
        return self._owner._copy(_calls=calls, _poller=Poller(),
                                 _log_poller=LogPoller())

    def hub_version(self) -> Deferred[str | None]:
        """
        Get the hub's version, such as "1.35.3".

        :returns: a Deferred that fires with it; with None for hubs before
                  1.23, which do not say.
        """
        return Deferred.fromCoroutine(self._hub_version())

    async def _hub_version(self) -> str | None:
        if self._transport.hub_version is None:
            try:
                version = await self._call('getKojiVersion', (), {})
            except GenericError as error:
                if 'Invalid method' not in str(error):
                    raise
                return None
            self._transport.hub_version = str(version)
        return self._transport.hub_version

    def close(self, logout: bool = False) -> Deferred[None]:
        """
        End everything: first those who listen to the message bus, who finish
        what they work on, or have 30 seconds for it; calls that wait fail
        with `ConnectionClosed`, as do new ones. A Connection that is not
        closed, only forgotten, does nothing on the network: its session stays
        until the hub drops it.

        :param logout: whether to end the session on the hub first.
        :returns: a Deferred that fires when no connection is left open.
                  Cancelling it waits for nobody, and closes what is open.
        """
        return Deferred.fromCoroutine(self._close(logout))

    async def _close(self, logout: bool) -> None:
        [events] = self._events
        try:
            if events is not None and events.owner is self._owner:
                await events.close()
        except CancelledError:
            # Nobody waits for more; but all is to be closed.
            logout = False
            raise
        finally:
            await self._calls.close(logout)

    # Hub methods that we ask in a way of our own (with those of `HubMethods`)

    def listBuilds(self, packageID: int | str | None = None, *args: Any,
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

    @property
    def cache(self) -> Cache:
        """The names of users and tags, by their ids: a `Cache`."""
        owner = self._owner
        if owner._cache is None:
            owner._cache = Cache(owner, max_age=owner._cache_max_age,
                                 reactor=owner._transport.given_reactor)
        return owner._cache

    @property
    def events(self) -> Events:
        """What the message bus says, for those who subscribe: `Events`."""
        owner = self._owner
        [events] = owner._events
        if events is None:
            events = owner._events[0] = Events(owner)
        return events

    # Profiles

    def lookup(self, profile: str, setting: str) -> str | None:
        """
        Look up a setting in Koji's configuration files.

        :param profile: the name of any profile.
        :param setting: the option, such as "weburl".
        :returns: its text there, or None. (For values with their types and
                  defaults, see `settings`.)
        :raises ConfigurationError: if a file is malformed.
        """
        parser = config_files.read_files(PROFILES)
        return config_files.setting(parser, profile, setting, PROFILES)

    # Links

    @classmethod
    def connect_from_web(cls: type[Self], url: str, **kwargs: Any
                         ) -> Self | None:
        """
        Find the profile whose kojiweb a link is to.

        :param url: the link, such as one that was pasted into a chat.
        :param kwargs: for the Connection.
        :returns: a Connection, or None if the link is to none of them.
        :raises ConfigurationError: if a file is malformed.
        """
        parser = config_files.read_files(PROFILES)
        found: list[tuple[int, Profile]] = []
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
                    Brackets, quotation marks and punctuation around it make
                    no difference; a text with more in it is no link.
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


def _check_number(name: str, number: Any, place: str = '') -> None:
    """
    Refuse what is no limit.

    :param place: what to begin the error's text with.
    :raises ConfigurationError: if it is no number, or not more than 0.
    """
    problem = profiles.number_problem(number, whole=name in _WHOLE)
    if problem is not None:
        raise ConfigurationError(f'{place}{name} {problem}')
